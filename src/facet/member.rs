//! Where a read replica, a shard or a cache's node is in its life, and a card's words for all of them together.

use super::{StateLine, Weight};
use crate::model::system::{CacheNodeLook, CacheNodeStage, ReadReplicaLook, ReadReplicaStage, ShardLook, ShardStage};

/// See the module's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStage {
    /// A read replica or a shard copies the data.
    Copying,
    /// It applies what was written meanwhile.
    CatchingUp,
    /// A node of a cache is on its way.
    Joining,
    Serving,
    /// A fault holds it down.
    Dead,
    /// It ends what it holds.
    Leaving,
}

impl MemberStage {
    #[must_use]
    pub const fn of_read_replica(replica: &ReadReplicaLook) -> Self {
        match replica.stage {
            _ if replica.dead => Self::Dead,
            ReadReplicaStage::Copying => Self::Copying,
            ReadReplicaStage::CatchingUp => Self::CatchingUp,
            ReadReplicaStage::Serving => Self::Serving,
            ReadReplicaStage::Leaving => Self::Leaving,
        }
    }

    #[must_use]
    pub const fn of_node(node: &CacheNodeLook) -> Self {
        match node.stage {
            _ if node.dead => Self::Dead,
            CacheNodeStage::Joining => Self::Joining,
            CacheNodeStage::Serving => Self::Serving,
            CacheNodeStage::Leaving => Self::Leaving,
        }
    }

    #[must_use]
    pub const fn of_shard(shard: &ShardLook) -> Self {
        match shard.stage {
            _ if shard.dead => Self::Dead,
            ShardStage::Copying => Self::Copying,
            ShardStage::Serving => Self::Serving,
            ShardStage::Leaving => Self::Leaving,
        }
    }

    /// In words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::CatchingUp => "catching up",
            Self::Joining => "joining",
            Self::Serving => "serving",
            Self::Dead => "dead",
            Self::Leaving => "leaving",
        }
    }

    /// Whether it is on its way, or leaves.
    #[must_use]
    pub const fn changes(self) -> bool {
        !matches!(self, Self::Serving | Self::Dead)
    }
}

/// "2 replicas · 1 copying": how many serve, and what the first of those that change does.
pub(super) fn line(stages: &[MemberStage], one: &str, many: &str) -> StateLine {
    let serving = stages.iter().filter(|stage| **stage == MemberStage::Serving).count();
    let name = if serving == 1 { one } else { many };
    let changing: Vec<MemberStage> = stages.iter().copied().filter(|stage| stage.changes()).collect();
    let words = match changing.first() {
        Some(stage) => format!("{serving} {name} · {} {}", changing.len(), stage.word()),
        None => format!("{serving} {name}"),
    };
    StateLine { weight: Weight::Parts, words }
}

#[cfg(test)]
mod tests {
    use super::MemberStage::{Copying, Dead, Leaving, Serving};
    use super::*;

    #[test]
    fn a_card_tells_who_serves_and_who_changes() {
        let said = |stages: &[MemberStage]| line(stages, "replica", "replicas").words;
        assert_eq!(said(&[Serving]), "1 replica");
        assert_eq!(said(&[Serving, Dead, Serving]), "2 replicas");
        assert_eq!(said(&[Serving, Copying, Leaving]), "1 replica · 2 copying");
    }
}
