//! A look at how a cache is used: nothing is decided.

use serde::{Deserialize, Serialize};

use super::{Caching, Ledger};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::pattern::write;
use crate::model::system::System;

/// What there is to see of how a cache is used, since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachingLook {
    /// Hits, those of them on an old value (a newer one had been committed before they were asked for), and how stale the
    /// stalest was.
    pub hits: u64,
    pub stale: u64,
    /// Hits that said that there is no such item.
    pub nothing: u64,
    pub worst: SimDuration,
    /// Values put in, those of them that were old as they came, and those refused for being old.
    pub fills: u64,
    pub old_fills: u64,
    pub refused: u64,
    /// Events of the store that never came.
    pub lost_events: u64,
    /// Reads that waited for another's load, looks of reads without a lease, and reads that took a deleted value.
    pub joined: u64,
    pub waits: u64,
    pub took_deleted: u64,
    /// Leases out now, and loads under way that others wait for or that go on in the background.
    pub leases: usize,
    pub loading: usize,
    /// Reads that loaded before the end of freshness, loads in the background, and old values answered because a load
    /// failed.
    pub early: u64,
    pub renewals: u64,
    pub on_error: u64,
    /// Writes that it has taken itself; `None`: it takes none.
    pub writes: Option<WritesLook>,
}

/// The ledger of writes that a cache has acknowledged: acknowledged = stored + superseded + lost + waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritesLook {
    pub acknowledged: u64,
    pub stored: u64,
    /// Replaced by a later write of their key before they were stored.
    pub superseded: u64,
    pub lost: u64,
    /// Keys that are not stored yet, and how long the oldest has waited.
    pub waiting: u64,
    pub oldest: SimDuration,
    /// Writes that found no room and went to the store by themselves; flushes begun.
    pub synchronous: u64,
    pub flushes: u64,
}

impl System {
    /// Looks at how a cache is used; `None`: it is no cache, or nobody has to know how old its values are.
    #[must_use]
    pub fn look_at_caching(&self, node: NodeId) -> Option<CachingLook> {
        let caching = self.caching(self.station_index(node)?)?;
        let tally = caching.tally;
        Some(CachingLook {
            hits: tally.hits,
            stale: tally.stale,
            nothing: tally.nothing,
            worst: tally.worst,
            fills: tally.fills,
            old_fills: tally.old_fills,
            refused: tally.refused,
            lost_events: tally.lost_events,
            joined: tally.joined,
            waits: tally.waits,
            took_deleted: tally.took_deleted,
            leases: caching.leases.out(),
            loading: caching.flights.len(),
            early: tally.early,
            renewals: tally.renewals,
            on_error: tally.on_error,
            writes: caching.look_at_writes(self.now),
        })
    }
}

impl Caching {
    /// Whether it acknowledges writes from memory, or has.
    #[must_use]
    pub const fn takes_writes(&self) -> bool {
        matches!(self.config.writes, write::Settings::Behind(_)) || self.ledger.acknowledged > 0
    }

    fn look_at_writes(&self, now: SimTime) -> Option<WritesLook> {
        let Ledger { acknowledged, stored, superseded, lost, synchronous, flushes } = self.ledger;
        let oldest = self.behind.values().filter_map(|behind| behind.buffer.oldest()).min();
        self.takes_writes().then(|| WritesLook {
            acknowledged,
            stored,
            superseded,
            lost,
            waiting: self.behind.values().map(|behind| behind.buffer.len() as u64).sum(),
            oldest: oldest.map_or(SimDuration::ZERO, |since| now.since(since)),
            synchronous,
            flushes,
        })
    }
}
