//! Scalers at work: they are told what a metrics server would know, and replicas come and go as they decide.
//!
//! A replica that is not ready yet is a [`Pod`] here and nothing to anybody else: no balancer sees it, no request
//! reaches it. When it is ready it becomes one of the pool's replicas; when it leaves it drains, as any other does.
//!
//! A scaler (`model/scaler/`) knows no clock: it is told the time and what a metrics server would know, and answers with a number,
//! the sentences that lead to it, and what limited it (`Decision`). A scaler's number is overruled when the drawing's number of
//! replicas changes, as applying a manifest with a number does. `market.rs` is where spot machines come from: in a shortage it
//! takes back those of a region and lends none, so that what is ordered stays Pending, and is not paid for. Reserved machines, as
//! many as are drawn, are paid for whether they run or not; what runs beyond them is paid on demand.
//!
//! New versions follow from the faults in force: which version a service is to have is computed from them, and how many replicas
//! of which there are at a time is decided anew whenever one becomes ready, dies or is gone. As in Kubernetes, replicas that
//! drain are no longer counted.
//!
//! **Invariant:** nothing is paid for that is not asked for. A pool without a scaler, an instance or stages of a start has no
//! `Scaling`, its replicas no `Body`, and their common path is one look at an `Option` longer.

mod body;
mod course;
mod elsewhere;
mod life;
mod look;
mod market;
mod rollout;
#[cfg(test)]
pub(super) mod tests;

use std::collections::VecDeque;

pub use body::Body;
use course::Course;
pub use course::CoursePoint;
pub use life::Pod;
pub use life::Stage;
pub use look::{ReplicaLook, ScalingLook};
pub use rollout::RolloutLook;
use rollout::{Rollout, Version};

use super::System;
use super::fleet::{Fleet, Member};
use super::plan::{Arrivals, PoolConfig, ScalingConfig};
use super::slab::NONE;
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::money::{self, Item, Purchase};
use crate::model::scaler::calendar::Calendar;
use crate::model::scaler::instance::Instance;
use crate::model::scaler::nodes::Nodes;
use crate::model::scaler::{self, Decision, Ladder, Measured, Scaler, Seen, StoreSeen};
use crate::model::system::timer::{FleetTurn, Timer, schedule};

/// A metrics server asks this often.
const SCRAPE_EVERY: SimDuration = SimDuration::from_secs(15);
/// The first time, so that a scaler that looks every 15 s finds measurements that are 5 s old.
const SCRAPE_FIRST: SimDuration = SimDuration::from_secs(10);
/// CPU is the mean over this long, and so are rates unless a scaler says otherwise.
pub(super) const WINDOW: SimDuration = SimDuration::from_secs(30);
/// Label of the draws of starts.
const STARTS: u64 = 0x5ca1e;

/// How many replicas are held, and have been.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    now: u32,
    since: SimTime,
    /// [count x ns]
    ns: u128,
    most: u32,
    /// The run's length has passed: nothing counts any more.
    closed: Option<SimTime>,
}

impl Held {
    pub(super) fn set(&mut self, count: u32, now: SimTime) {
        self.ns = self.ns_until(now);
        (self.now, self.since) = (count, now);
        if self.closed.is_none() {
            self.most = self.most.max(count);
        }
    }

    pub(super) fn close(&mut self, now: SimTime) {
        self.closed = Some(now);
    }

    fn ns_until(&self, now: SimTime) -> u128 {
        let now = self.closed.map_or(now, |closed| closed.min(now));
        self.ns + u128::from(self.now) * u128::from(now.since(self.since).0)
    }

    /// Replica-hours within the run, warm-up and drain left out.
    pub fn hours(&self, now: SimTime) -> f64 {
        self.ns_until(now) as f64 / 3.6e12
    }

    /// How many now, and the most there have been within the run.
    pub const fn count(&self) -> (u32, u32) {
        (self.now, self.most)
    }

    pub(super) fn restart(&mut self, now: SimTime) {
        (self.ns, self.since, self.most) = (0, now, self.now);
    }
}

/// What scales a pool.
#[derive(Clone, Debug)]
pub struct Scaling {
    pub config: ScalingConfig,
    pub scaler: Option<Box<dyn Scaler>>,
    /// What the drawing says; a scaler is overruled whenever that changes.
    set: u32,
    /// The instance that the drawing says.
    drawn: Option<Instance>,
    /// All that are not gone yet, and how many there shall be.
    pub pods: Fleet<Pod>,
    course: Course,
    /// Replicas that ended lately: (number, when), newest last.
    gone: VecDeque<(u32, SimTime)>,
    /// (when, requests that had come), newest last.
    arrivals: VecDeque<(SimTime, u64)>,
    /// Requests that had come when the station's own count began again.
    arrived_before: u64,
    arrived_last: u64,
    pub rate: Option<Measured>,
    pub waiting: Option<Measured>,
    /// Other stations that the scaler wants to know of.
    elsewhere: Vec<elsewhere::Elsewhere>,
    pub nodes: Option<Nodes>,
    /// Numbers of the replicas that still have to get another size.
    resizing: VecDeque<u32>,
    resize_takes: SimDuration,
    recalled: bool,
    draws: DrawKey,
    /// The version that is wanted, and its way in.
    version: Version,
    rollout: Option<Rollout>,
    /// It is going to be looked at.
    roll_due: bool,
    /// Replicas that are held: ordered, and not gone yet.
    pub held: Held,
}

impl Scaling {
    fn new(config: &ScalingConfig, set: u32, node: u32, seed: u64, now: SimTime) -> Self {
        Self {
            config: config.clone(),
            scaler: scaler::build(&config.scaler),
            set,
            drawn: config.instance,
            pods: Fleet::new(set, now),
            course: Course::default(),
            gone: VecDeque::new(),
            arrivals: VecDeque::from([(now, 0)]),
            arrived_before: 0,
            arrived_last: 0,
            rate: None,
            waiting: None,
            elsewhere: Vec::new(),
            nodes: config.nodes.map(|settings| Nodes::new(settings, now)),
            resizing: VecDeque::new(),
            resize_takes: SimDuration::ZERO,
            recalled: false,
            draws: DrawKey::new(seed).child(STARTS).child(u64::from(node)),
            version: Version::FIRST,
            rollout: None,
            roll_due: false,
            held: Held::default(),
        }
    }

    /// Notes how things are, to be shown.
    pub(super) fn note_course(&mut self, now: SimTime) {
        let ready = |pod: &&Member<Pod>| pod.stage == Stage::Ready && pod.is_ready();
        self.course.note(CoursePoint {
            at: now,
            wanted: self.pods.wanted,
            ready: self.pods.iter().filter(ready).count() as u32,
            all: self.pods.len() as u32,
            rate: self.rate.map(|rate| rate.value),
        });
    }

    /// What runs and is paid by the hour: nodes, or else the machines that replicas are.
    pub(super) fn items(&self) -> Vec<(Item, u32)> {
        if let (Some(nodes), Some((size, purchase))) = (&self.nodes, self.config.node_size) {
            return vec![(Item::Machine(size, purchase), nodes.nodes().len() as u32)];
        }
        let mut items: Vec<(Item, u32)> = Vec::new();
        // Reserved machines are paid whether they run or not; what runs beyond them is paid on demand.
        let mut covered = 0;
        let reserved = self.drawn.and_then(|instance| instance.size).filter(|(_, paid)| *paid == Purchase::Reserved);
        if let Some((size, _)) = reserved {
            items.push((Item::Machine(size, Purchase::Reserved), self.set));
            covered = self.set;
        }
        // Who waits for a machine has none yet.
        let had = self.pods.iter().filter(|pod| pod.stage != Stage::Pending);
        for (size, purchase) in had.filter_map(|pod| pod.instance.and_then(|instance| instance.size)) {
            if covered > 0 && reserved.is_some_and(|(reserved, _)| reserved == size) {
                covered -= 1;
                continue;
            }
            let machine = Item::Machine(size, if reserved.is_some() { Purchase::OnDemand } else { purchase });
            match items.iter_mut().find(|(item, _)| *item == machine) {
                Some((_, count)) => *count += 1,
                None => items.push((machine, 1)),
            }
        }
        items
    }
}

impl System {
    pub(super) fn scaling(&mut self, station: u32) -> Option<&mut Scaling> {
        self.stations[station as usize].pool_mut().and_then(|pool| pool.scaling.as_deref_mut())
    }

    /// Begins, changes or ends the scaling of a pool; tells how many replicas it has to have at once.
    pub(super) fn fit_scaling(&mut self, ix: u32, config: &PoolConfig) -> u32 {
        let (now, seed) = (self.now, self.seed);
        let node = self.stations[ix as usize].id.0;
        let Some(pool) = self.stations[ix as usize].pool_mut() else { return config.replicas };
        // A new version outlasts what scales the service.
        let versions =
            pool.scaling.as_ref().is_some_and(|scaling| scaling.rollout.is_some() || scaling.version != Version::FIRST);
        let plain = (config.scaling.is_none() && versions).then(|| Box::new(ScalingConfig::plain()));
        let Some(wished) = config.scaling.as_ref().or(plain.as_ref()) else {
            // What has not begun to serve never will; the others stay as they are.
            if let Some(ended) = pool.scaling.take() {
                for pod in ended.pods.iter() {
                    if let Some(replica) = self.replicas.get_mut(pod.replica as usize) {
                        replica.body = None;
                    }
                }
            }
            return config.replicas;
        };
        let Some(scaling) = &mut pool.scaling else {
            let scaling = Scaling::new(wished, config.replicas, node, seed, now);
            let (every, first) = (scaling.scaler.as_ref().map(|scaler| scaler.interval()), SCRAPE_FIRST);
            pool.scaling = Some(Box::new(scaling));
            self.schedule(now + first, Timer::Fleet { station: ix, turn: FleetTurn::Scrape { generation: 0 } });
            if let Some(every) = every {
                self.schedule(now + every, Timer::Fleet { station: ix, turn: FleetTurn::Look { generation: 0 } });
            }
            return config.replicas;
        };
        let mut wished = wished.as_ref().clone();
        if std::mem::replace(&mut scaling.drawn, wished.instance) == wished.instance {
            // The size that a scaler has chosen since stays.
            wished.instance = scaling.config.instance;
        }
        let before = std::mem::replace(&mut scaling.config, wished.clone());
        if before.scaler.id == wished.scaler.id {
            if let Some(scaler) = &mut scaling.scaler {
                scaler.adopt(&wished.scaler.params);
            }
        } else {
            scaling.scaler = scaler::build(&wished.scaler);
            scaling.recalled = false;
        }
        if before.scaler != wished.scaler {
            scaling.pods.generation = scaling.pods.generation.wrapping_add(1);
            let generation = scaling.pods.generation;
            schedule(
                &mut self.queue,
                &mut self.timers,
                now + SCRAPE_EVERY,
                Timer::Fleet { station: ix, turn: FleetTurn::Scrape { generation } },
            );
            if let Some(scaler) = &scaling.scaler {
                schedule(
                    &mut self.queue,
                    &mut self.timers,
                    now + scaler.interval(),
                    Timer::Fleet { station: ix, turn: FleetTurn::Look { generation } },
                );
            }
        }
        match (&mut scaling.nodes, wished.nodes) {
            (Some(nodes), Some(settings)) => nodes.set(settings, now),
            (nodes, settings) => *nodes = settings.map(|settings| Nodes::new(settings, now)),
        }
        pool.replicas.len() as u32
    }

    /// After a pool was fitted to a plan: its replicas get bodies, and its number is what the drawing now says, if that
    /// has changed.
    pub(super) fn settle_scaling(&mut self, ix: u32, config: &PoolConfig) {
        let scaled = self.stations[ix as usize].pool().filter(|pool| pool.scaling.is_some());
        let Some(replicas) = scaled.map(|pool| pool.replicas.clone()) else { return };
        for replica_ix in replicas {
            self.adopt_replica(ix, replica_ix);
        }
        let Some(scaling) = self.scaling(ix) else { return };
        if std::mem::replace(&mut scaling.set, config.replicas) != config.replicas {
            scaling.pods.wanted = config.replicas;
        }
        let wanted = scaling.pods.wanted;
        self.reembody(ix);
        self.scale::<Pod>(ix, wanted, &[]);
        self.rebill(ix);
    }

    /// A metrics server looks at every replica.
    pub(super) fn scrape(&mut self, station: u32, generation: u32) {
        self.quiet = true;
        let now = self.now;
        let Some(scaling) = self.scaling(station) else { return };
        if scaling.pods.generation != generation || self.stations[station as usize].removed {
            return;
        }
        self.schedule(now + SCRAPE_EVERY, Timer::Fleet { station, turn: FleetTurn::Scrape { generation } });
        let arrived = self.stations[station as usize].meter.arrivals_counted();
        let waiting = f64::from(self.stations[station as usize].meter.queue());
        let Some(scaling) = self.scaling(station) else { return };
        if arrived < scaling.arrived_last {
            // The warm-up is over: the station counts from 0 again.
            scaling.arrived_before += scaling.arrived_last;
        }
        scaling.arrived_last = arrived;
        let arrived = scaling.arrived_before + arrived;
        scaling.waiting = Some(Measured { value: waiting, at: now, window: SimDuration::ZERO });
        scaling.arrivals.push_back((now, arrived));
        scaling.rate = body::rate_over(&mut scaling.arrivals, now, WINDOW);
        let replicas: Vec<u32> = scaling.pods.iter().map(|pod| pod.replica).collect();
        for replica in replicas.into_iter().filter(|replica| *replica != NONE) {
            self.scrape_replica(station, replica);
        }
        self.scrape_booting(station);
        self.scrape_elsewhere(station);
        self.sweep_nodes(station);
        if let Some(scaling) = self.scaling(station) {
            scaling.note_course(now);
        }
    }

    /// The scaler looks at what was measured.
    fn evaluate(&mut self, station: u32) -> Option<(Decision, SimDuration)> {
        let now = self.now;
        let calendar = self.run.calendar;
        self.recall_load(station, calendar);
        let elsewhere = self.seen_elsewhere(station);
        let scaling = self.scaling(station)?;
        let mut scaler = scaling.scaler.take()?;
        let replicas: Vec<_> = scaling.pods.staying().map(Member::seen).collect();
        let size = scaling.config.instance.and_then(|instance| instance.size);
        let decision = scaler.decide(&Seen {
            now,
            calendar,
            current: scaling.pods.wanted,
            replicas: &replicas,
            arrived: scaling.arrived_before + scaling.arrived_last,
            rate: scaling.rate,
            waiting: scaling.waiting,
            elsewhere: &elsewhere,
            ladder: size.map(|(now, _)| Ladder { sizes: money::SIZES, now }),
            store: StoreSeen::default(),
        });
        let every = scaler.interval();
        scaling.scaler = Some(scaler);
        Some((decision, every))
    }

    /// Tells a scaler that wants to know the load before the run what the sources' profiles say of it.
    fn recall_load(&mut self, station: u32, calendar: Calendar) {
        let Some(scaling) = self.scaling(station) else { return };
        if std::mem::replace(&mut scaling.recalled, true) {
            return;
        }
        let Some((step, count)) = scaling.scaler.as_ref().and_then(|scaler| scaler.wants_history(calendar)) else {
            return;
        };
        let (step, day) = (step.as_secs_f64(), calendar.day.as_secs_f64());
        let upstream = self.upstream(station);
        let load = |at: f64| -> f64 {
            let sources = upstream.iter().filter_map(|ix| self.stations[*ix as usize].source());
            let rates = sources.map(|source| match &source.config.arrivals {
                Arrivals::Poisson(profile) | Arrivals::Regular(profile) => profile.rate(at),
                Arrivals::Closed { .. } => 0.0,
            });
            rates.sum()
        };
        // Every day before was like the first one of the run: middle of each step, counted back from its begin.
        let days = (count as f64 * step / day).ceil();
        let begin = days * day - count as f64 * step;
        let history: Vec<f64> = (0..count).map(|at| load((begin + (at as f64 + 0.5) * step) % day)).collect();
        if let Some(scaler) = self.scaling(station).and_then(|scaling| scaling.scaler.as_mut()) {
            scaler.recall(&history);
        }
    }

    /// The station itself and all from which requests may come to it.
    fn upstream(&self, station: u32) -> Vec<u32> {
        let mut found = vec![station];
        let mut at = 0;
        while let Some(&to) = found.get(at) {
            for edge in self.edges.iter().filter(|edge| edge.to == to && !edge.removed) {
                if !found.contains(&edge.from) && !self.stations[edge.from as usize].removed {
                    found.push(edge.from);
                }
            }
            at += 1;
        }
        found
    }

    /// The station is gone, and all that it paid for.
    pub(super) fn end_scaling(&mut self, station: u32) {
        if let Some(scaling) = self.scaling(station) {
            scaling.pods.clear();
            scaling.nodes = None;
        }
        self.rebill(station);
    }
}
