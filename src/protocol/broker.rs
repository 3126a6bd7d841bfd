//! What the page is told of a message broker.

use serde::{Deserialize, Serialize};

/// A broker: always what its card shows; partitions, groups in full and dead letters only while somebody looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrokerFrame {
    /// Copies of messages that are waiting or being processed, over all groups.
    pub lag: u32,
    /// Age of the oldest message that waits [ns].
    pub oldest_ns: u64,
    /// How full the fullest partition is, 0..1.
    pub fullest: f64,
    /// Time left until the last rebalance under way is over [ns].
    pub rebalance_left_ns: Option<u64>,
    /// Dead letters of all groups.
    pub dead: u64,
    /// Share of poison among new messages, 0..1.
    pub poison: f64,
    /// Publications that were recognized as repeated.
    pub recognized: u64,
    pub inside: Option<BrokerInside>,
}

/// See [`BrokerFrame`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrokerInside {
    /// Messages that a partition holds at most, for each group.
    pub capacity: u32,
    pub partitions: Vec<PartitionFrame>,
    pub groups: Vec<GroupFrame>,
    /// Newest first.
    pub dead_letters: Vec<DeadLetterFrame>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionFrame {
    pub topic: String,
    pub number: u32,
    /// Messages appended so far: the next one's offset.
    pub end: u64,
    /// What is before this offset survives a crash.
    pub flushed: u64,
    /// Being appended.
    pub appending: u32,
    /// It takes nothing new.
    pub closed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupFrame {
    /// The edge that it is, and the node that consumes.
    pub edge: u32,
    pub node: u32,
    pub name: String,
    pub members: Vec<MemberFrame>,
    /// Parallel to the broker's partitions.
    pub lanes: Vec<LaneFrame>,
    pub rebalance_left_ns: Option<u64>,
    pub ledger: LedgerFrame,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemberFrame {
    /// Number of its replica, from 0; `None`: what stands there as a whole.
    pub replica: Option<u32>,
    pub in_flight: u32,
    /// It is dead, and the broker waits this long until it believes so [ns].
    pub silent_left_ns: Option<u64>,
}

/// A partition as one group sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneFrame {
    pub subscribed: bool,
    /// Index of the member that owns it.
    pub owner: Option<u32>,
    /// It changes hands, and stands still.
    pub moving: bool,
    pub waiting: u32,
    pub in_flight: u32,
    /// Acknowledged, not committed.
    pub done: u32,
    pub committed: u64,
}

/// Copies of messages, always: published = processed + dead + lost + expired + waiting + in flight + done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerFrame {
    pub published: u64,
    pub processed: u64,
    pub dead: u64,
    pub lost: u64,
    pub expired: u64,
    pub waiting: u64,
    pub in_flight: u64,
    pub done: u64,
    pub deliveries: u64,
    pub redeliveries: u64,
    pub duplicates: u64,
    pub skipped: u64,
    pub broken_promises: u64,
    pub rebalances: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeadLetterFrame {
    pub at_ns: u64,
    /// Whose: the source's node and the request's number, from 0.
    pub source: u32,
    pub ordinal: u64,
    /// Whose consumer gave up.
    pub group: String,
    pub partition: u32,
    pub offset: u64,
    pub failures: u32,
    /// See `model::outcome::Reason`.
    pub reason: u8,
}
