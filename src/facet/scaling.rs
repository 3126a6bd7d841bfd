//! What scales a station, and its replicas as they come and go.

use serde::{Deserialize, Serialize};

use super::{Look, Show, StateLine, Weight};
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::scaler::{Decision, entries};
use crate::model::system::{ReplicaLook, ScalingLook, Stage};

/// A scaler with its replicas; of the past a glance knows only the evaluation that last changed the number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Name of the kind of scaler.
    pub name: String,
    pub look: ScalingLook,
}

impl Show for Scaling {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let scaler = &look.pool()?.scaling.as_ref()?.config.scaler.id;
        let name = entries().into_iter().find(|entry| entry.id == *scaler).map_or("", |entry| entry.name).to_owned();
        let (system, node) = (look.system, look.node());
        if look.whole {
            return Some(Self { name, look: system.look_at_scaling(node)? });
        }
        let mut look = system.glance_at_scaling(node)?;
        // That the number changed is seen at a glance, not how that came about, nor what was measured of each replica.
        for decision in &mut look.syncs {
            (decision.why, decision.metrics) = (Vec::new(), Vec::new());
        }
        for replica in &mut look.replicas {
            (replica.cpu, replica.memory, replica.requests) = (None, None, None);
        }
        Some(Self { name, look })
    }

    /// How many replicas a scaler has brought about: the drawing only says how many there were to begin with.
    fn state_line(&self) -> Option<StateLine> {
        let (ready, wanted) = (self.ready(), self.look.wanted);
        let noun = if wanted == 1 { "replica" } else { "replicas" };
        let words = if ready == wanted as usize {
            format!("{wanted} {noun}")
        } else {
            format!("{ready} of {wanted} {noun} ready")
        };
        self.scales().then_some(StateLine { weight: Weight::Number, words })
    }
}

impl Scaling {
    /// Something decides about the number of replicas.
    #[must_use]
    pub fn scales(&self) -> bool {
        !matches!(self.name.as_str(), "" | "Off")
    }

    /// Replicas that serve.
    #[must_use]
    pub fn ready(&self) -> usize {
        let serves = |stage| matches!(stage, LifeStage::Ready | LifeStage::Warming);
        self.look.replicas.iter().filter(|replica| serves(LifeStage::of(replica))).count()
    }

    /// The latest evaluation that changed the number.
    #[must_use]
    pub fn moved(&self) -> Option<&Decision> {
        self.look.syncs.iter().rev().find(|sync| sync.desired != sync.current)
    }

    /// All replicas by ascending number, those among them that ended lately.
    #[must_use]
    pub fn lives(&self) -> Vec<Life<'_>> {
        let there = self.look.replicas.iter().map(|replica| Life {
            number: replica.number,
            stage: LifeStage::of(replica),
            since: replica.since,
            replica: Some(replica),
        });
        let gone = self.look.gone.iter().map(|(number, at)| Life {
            number: *number,
            stage: LifeStage::Terminated,
            since: *at,
            replica: None,
        });
        let mut lives: Vec<Life<'_>> = there.chain(gone).collect();
        sort::few_by_key(&mut lives, |life| life.number);
        lives
    }
}

/// A replica's life.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a> {
    pub number: u32,
    pub stage: LifeStage,
    pub since: SimTime,
    /// `None`: it ended.
    pub replica: Option<&'a ReplicaLook>,
}

/// Where a replica is in its life, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeStage {
    /// No node has room for it yet.
    Pending,
    /// It fetches its image.
    Pulling,
    /// It boots, and waits for its probe.
    Booting,
    /// It serves, slowly.
    Warming,
    Ready,
    /// It died, or gets another size.
    Restarting,
    /// A fault holds it down.
    Dead,
    /// It ends what it holds.
    Leaving,
    /// Its spot machine is being taken away.
    Interrupted,
    /// It ended, a moment ago.
    Terminated,
}

impl LifeStage {
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Pulling,
        Self::Booting,
        Self::Warming,
        Self::Ready,
        Self::Restarting,
        Self::Dead,
        Self::Leaving,
        Self::Interrupted,
        Self::Terminated,
    ];

    #[must_use]
    pub const fn of(replica: &ReplicaLook) -> Self {
        match replica.stage {
            Stage::Pending => Self::Pending,
            Stage::Pulling => Self::Pulling,
            Stage::Booting => Self::Booting,
            Stage::Restarting => Self::Restarting,
            Stage::Leaving if replica.interrupted => Self::Interrupted,
            Stage::Leaving => Self::Leaving,
            Stage::Ready if replica.dead => Self::Dead,
            Stage::Ready if replica.cold => Self::Warming,
            Stage::Ready => Self::Ready,
        }
    }

    /// In words; also the name of its color.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Pulling => "pulling",
            Self::Booting => "booting",
            Self::Warming => "warming",
            Self::Ready => "ready",
            Self::Restarting => "restarting",
            Self::Dead => "dead",
            Self::Leaving => "draining",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(number: u32, stage: Stage) -> ReplicaLook {
        ReplicaLook {
            number,
            stage,
            since: SimTime::ZERO,
            dead: false,
            cold: false,
            restarts: 0,
            interrupted: false,
            node: None,
            is_new: false,
            cpu: None,
            memory: None,
            requests: None,
        }
    }

    #[test]
    fn a_card_tells_how_many_a_scaler_has_brought_about() {
        let cold = ReplicaLook { cold: true, ..replica(1, Stage::Ready) };
        let replicas = vec![replica(0, Stage::Ready), cold, replica(2, Stage::Booting)];
        let look = ScalingLook { wanted: 3, replicas, ..ScalingLook::default() };
        let mut scaling = Scaling { name: "Kubernetes HPA".to_owned(), look };
        let said = |scaling: &Scaling| scaling.state_line().map(|line| line.words);
        assert_eq!(said(&scaling).as_deref(), Some("2 of 3 replicas ready"));
        scaling.look.wanted = 2;
        assert_eq!(said(&scaling).as_deref(), Some("2 replicas"));
        scaling.name = "Off".to_owned();
        assert_eq!(said(&scaling), None, "the drawing says it");
    }

    #[test]
    fn those_that_ended_lately_stand_among_the_living_in_order() {
        let replicas = vec![replica(0, Stage::Ready), replica(2, Stage::Leaving)];
        let gone = vec![(1, SimTime(5))];
        let scaling = Scaling { name: String::new(), look: ScalingLook { replicas, gone, ..ScalingLook::default() } };
        let lives = scaling.lives().iter().map(|life| (life.number, life.stage.word())).collect::<Vec<_>>();
        assert_eq!(lives, [(0, "ready"), (1, "terminated"), (2, "draining")]);
    }
}
