//! What is shown of a scaler. Looking decides nothing and takes no draw.

use serde::{Deserialize, Serialize};

use super::{CoursePoint, RolloutLook, Scaling, Stage, System};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::scaler::{Decision, LookBack, Measured};

/// Ended replicas are shown for so long.
const SHOWN_GONE: SimDuration = SimDuration::from_secs(30);

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScalingLook {
    /// Replicas there shall be.
    pub wanted: u32,
    /// By ascending number.
    pub replicas: Vec<ReplicaLook>,
    /// Evaluations, newest last.
    pub syncs: Vec<Decision>,
    /// Earlier numbers that still count (number, when), oldest first.
    pub window: Vec<(u32, SimTime)>,
    /// How far back they count.
    pub looks_back: LookBack,
    /// How replicas and load went so far, oldest first.
    pub course: Vec<CoursePoint>,
    /// Replicas that ended lately (number, when), oldest first.
    pub gone: Vec<(u32, SimTime)>,
    /// Of the station as a whole.
    pub rate: Option<Measured>,
    pub waiting: Option<Measured>,
    /// Numbers of the nodes and since when, or from when on, each is there.
    pub nodes: Vec<(u32, SimTime)>,
    /// Name of the instances' size; empty: none is named.
    pub size: String,
    /// [USD/h] now, and [USD] since the warm-up.
    pub cost_per_hour: f64,
    pub cost_total: f64,
    /// A version on its way in.
    pub rollout: Option<RolloutLook>,
}

/// A replica's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaLook {
    pub number: u32,
    pub stage: Stage,
    pub since: SimTime,
    /// It was ordered to serve, but is dead: a fault holds it down.
    pub dead: bool,
    /// Serves more slowly until it is warm.
    pub cold: bool,
    pub restarts: u32,
    /// Its spot machine is being taken away.
    pub interrupted: bool,
    pub node: Option<u32>,
    /// Of a version that came while it ran.
    pub is_new: bool,
    pub cpu: Option<Measured>,
    pub memory: Option<Measured>,
    pub requests: Option<Measured>,
}

impl ScalingLook {
    /// How many are in a stage.
    #[must_use]
    pub fn count(&self, stage: Stage) -> usize {
        self.replicas.iter().filter(|replica| replica.stage == stage).count()
    }
}

impl System {
    /// Looks into what scales a station; `None`: nothing does.
    #[must_use]
    pub fn look_at_scaling(&self, node: NodeId) -> Option<ScalingLook> {
        self.look(node, true)
    }

    /// The same, of the past only the evaluation that last changed the number: cheap enough for every frame.
    #[must_use]
    pub fn glance_at_scaling(&self, node: NodeId) -> Option<ScalingLook> {
        self.look(node, false)
    }

    /// The new version that is on its way into a station.
    #[must_use]
    pub fn look_at_rollout(&self, node: NodeId) -> Option<RolloutLook> {
        let pool = self.stations[self.station_index(node)? as usize].pool()?;
        pool.scaling.as_deref()?.look_at_rollout(&pool.config.rollout, self.now)
    }

    fn look(&self, node: NodeId, whole: bool) -> Option<ScalingLook> {
        let station = &self.stations[self.station_index(node)? as usize];
        let pool = station.pool()?;
        let scaling: &Scaling = pool.scaling.as_deref()?;
        let moved = |sync: &&Decision| sync.desired != sync.current;
        let syncs = if whole {
            scaling.pods.decisions.iter().cloned().collect()
        } else {
            scaling.pods.decisions.iter().rev().find(moved).into_iter().cloned().collect()
        };
        let scaler = scaling.scaler.as_ref().filter(|_| whole);
        let size = scaling.config.instance.and_then(|instance| instance.size);
        let replicas = scaling.pods.iter().map(|pod| {
            let replica = self.replicas.get(pod.replica as usize);
            ReplicaLook {
                number: pod.number,
                stage: pod.stage,
                since: pod.since,
                dead: replica.is_some_and(|replica| replica.dead),
                cold: replica.is_some_and(|replica| replica.is_cold(self.now)),
                restarts: pod.restarts,
                interrupted: pod.interrupted,
                node: pod.node,
                is_new: pod.version.number != 0,
                cpu: pod.cpu,
                memory: pod.memory,
                requests: pod.requests,
            }
        });
        Some(ScalingLook {
            wanted: scaling.pods.wanted,
            replicas: replicas.collect(),
            syncs,
            window: scaler.map(|scaler| scaler.window(self.now)).unwrap_or_default(),
            looks_back: scaler.map(|scaler| scaler.looks_back()).unwrap_or_default(),
            course: if whole { scaling.course.points().to_vec() } else { Vec::new() },
            gone: scaling.gone.iter().copied().filter(|(_, at)| self.now.since(*at) < SHOWN_GONE).collect(),
            rate: scaling.rate,
            waiting: scaling.waiting,
            nodes: scaling.nodes.iter().flat_map(|nodes| nodes.nodes()).map(|node| (node.number, node.ready)).collect(),
            size: size
                .and_then(|(at, _)| crate::model::money::SIZES.get(at))
                .map_or_else(String::new, |size| size.name.to_owned()),
            cost_per_hour: station.ledger.rate(),
            cost_total: station.ledger.lines(self.now).map(|line| line.hours * line.item.price()).sum(),
            rollout: scaling.look_at_rollout(&pool.config.rollout, self.now),
        })
    }
}
