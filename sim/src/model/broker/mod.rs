//! The parts of a message broker that know neither clock nor network: a partition as a consumer group sees it, who owns
//! which partition, which partition a key belongs to.

pub mod assignment;
pub mod lane;
pub mod murmur2;

use crate::engine::time::SimDuration;

/// How a broker is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Partitions of each topic, at least 1.
    pub partitions: u32,
    /// By the hash of the message's key; else in turn.
    pub by_key: bool,
    /// Messages that a partition holds at most, for each group.
    pub capacity: u32,
    /// A full partition drops its oldest message; else it refuses new ones.
    pub drop_oldest: bool,
    pub acks: Acks,
    /// Work of appending one message; a partition appends one after the other.
    pub append: SimDuration,
    /// Waiting for the disk, where the producer waits for it.
    pub flush: SimDuration,
    /// What is only in memory goes to disk this often.
    pub flush_every: SimDuration,
    pub guarantee: Guarantee,
    /// One message of a partition at a time, in order.
    pub ordered: bool,
    /// Messages that one member has at a time at most.
    pub prefetch: u32,
    /// Offsets are committed this often; `None`: each message for itself, at once.
    pub commit_every: Option<SimDuration>,
    /// A member that is not heard of for this long is out of the group.
    pub session: SimDuration,
    /// How long a group stands still while its partitions are shared out anew.
    pub rebalance: SimDuration,
    /// Only partitions that change hands stand still.
    pub cooperative: bool,
    /// Wait before the first redelivery; it doubles with each further one, up to [`REDELIVERY_CAP`].
    pub redelivery: SimDuration,
    /// After so many failed deliveries a message is put aside; `None`: never.
    pub deliveries_max: Option<u32>,
    /// What it costs a consumer to find that it knows a message already.
    pub recognize: SimDuration,
    /// The broker recognizes a message that is published again within this span.
    pub remember: SimDuration,
}

/// The longest wait before a redelivery.
pub const REDELIVERY_CAP: SimDuration = SimDuration::from_secs(60);

impl Settings {
    /// The wait before the redelivery that follows failed delivery number `failures` (1, 2, …).
    #[must_use]
    pub fn wait(&self, failures: u32) -> SimDuration {
        let times = 1u64 << failures.saturating_sub(1).min(32);
        SimDuration(self.redelivery.0.saturating_mul(times).min(REDELIVERY_CAP.0.max(self.redelivery.0)))
    }
}

/// When a producer hears that its message was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// At once, before anything was written.
    None,
    /// Once it is in the broker's memory.
    Memory,
    /// Once it is on disk, where it survives a crash.
    Flushed,
}

/// What consumers may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Acknowledged before it is processed: never twice, perhaps never.
    AtMostOnce,
    /// Acknowledged after it was processed: never lost, perhaps twice.
    AtLeastOnce,
    /// As before, and a consumer that has processed it recognizes it.
    EffectivelyOnce,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let settings = Settings { redelivery: SimDuration::from_secs(10), ..testing() };
        let waits: Vec<u64> = (1..6).map(|failures| settings.wait(failures).0 / 1_000_000_000).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60]);
    }

    fn testing() -> Settings {
        Settings {
            partitions: 1,
            by_key: true,
            capacity: 100,
            drop_oldest: false,
            acks: Acks::Memory,
            append: SimDuration::ZERO,
            flush: SimDuration::ZERO,
            flush_every: SimDuration::from_secs(1),
            guarantee: Guarantee::AtLeastOnce,
            ordered: true,
            prefetch: 1,
            commit_every: None,
            session: SimDuration::from_secs(10),
            rebalance: SimDuration::from_secs(3),
            cooperative: false,
            redelivery: SimDuration::from_secs(1),
            deliveries_max: None,
            recognize: SimDuration::ZERO,
            remember: SimDuration::from_secs(120),
        }
    }
}
