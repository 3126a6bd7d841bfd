//! What is sent of a database's read replicas, and of a cache's nodes.

use serde::{Deserialize, Serialize};

use super::scaling::SyncFrame;

/// Where a read replica or a node is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartStage {
    /// A read replica copies the data.
    Copying,
    /// It applies what was written meanwhile.
    CatchingUp,
    /// A node of a cache is on its way.
    Joining,
    #[default]
    Serving,
    /// A fault holds it down.
    Dead,
    /// It ends what it holds.
    Leaving,
}

impl PartStage {
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

    /// A short one for style sheets.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Copying | Self::Joining => "life-pulling",
            Self::CatchingUp => "life-warming",
            Self::Serving => "life-ready",
            Self::Dead => "life-dead",
            Self::Leaving => "life-draining",
        }
    }

    /// Whether it is on its way, or leaves.
    #[must_use]
    pub const fn changes(self) -> bool {
        !matches!(self, Self::Serving | Self::Dead)
    }
}

/// The read replicas of a database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopiesFrame {
    pub by_rule: bool,
    pub wanted: u32,
    /// By ascending number.
    pub copies: Vec<CopyFrame>,
    /// Looks of the rule, oldest first; only while watched.
    pub syncs: Vec<SyncFrame>,
    /// Reads answered since the start, and how many of them were stale.
    pub reads: u64,
    pub stale: u64,
    /// How old the write was that the stalest of them did not know of [s].
    pub worst_secs: f64,
    /// Of one of them [USD/h].
    pub price: f64,
}

/// One read replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopyFrame {
    pub number: u32,
    pub stage: PartStage,
    pub since_ns: u64,
    /// Copying: how far it is, 0..1.
    pub progress: f64,
    /// Id of its region; empty: where its primary is.
    pub region: String,
    /// Age of the oldest write that it lacks [s], and how many it lacks.
    pub lag_secs: f64,
    pub behind: u64,
    pub reads: u64,
    pub stale: u64,
}

/// The nodes of a cache.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterFrame {
    pub by_rule: bool,
    pub wanted: u32,
    /// By ascending number.
    pub nodes: Vec<NodeFrame>,
    pub change: Option<MovedFrame>,
    /// Changes so far, and look-ups that missed because their key had moved.
    pub changes: u32,
    pub misses: u64,
    /// Looks of the rule, oldest first; only while watched.
    pub syncs: Vec<SyncFrame>,
    /// Of one of them [USD/h].
    pub price: f64,
    /// Hits over look-ups in each of the last buckets, oldest first, NaN where there were none; only while watched.
    pub hits: Vec<f32>,
    /// Width of a bucket [s].
    pub bucket_secs: f64,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeFrame {
    pub number: u32,
    pub stage: PartStage,
    pub since_ns: u64,
    /// Joining: how far it is, 0..1.
    pub progress: f64,
    /// Of the keys, 0..1.
    pub share: f64,
    pub entries: u64,
    pub capacity: u64,
    pub lookups: u64,
    pub hits: u64,
}

/// What the last change of the nodes moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedFrame {
    pub at_ns: u64,
    pub from: u32,
    pub to: u32,
    /// Shares of the keys, 0..1: what moved, and what had to.
    pub share: f64,
    pub ideal: f64,
    pub held: u64,
    pub moved: u64,
    pub misses: u64,
}
