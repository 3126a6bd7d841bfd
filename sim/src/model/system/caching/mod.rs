//! How caches are used: which version of a value they hold, who loads what they lack, what a write does to them.
//!
//! An attempt that reads brings a value along: the version that the store had as it began to read (as a statement sees
//! what was committed before it began). Its caller takes it over, up to the cache that keeps it. A write is committed as its
//! work at the store is done. Nobody pays for that in a system without a cache, a database and writes.

mod behind;
mod entry;
mod load;
mod look;
#[cfg(test)]
mod tests;
pub mod versions;
mod write;

use std::collections::VecDeque;

use behind::{Behind, Flush, Ledger};
use load::Flight;
pub(super) use load::Renewal;
pub use look::{CachingLook, WritesLook};
use versions::{Version, Versions};

use super::System;
use super::attempt::Verb;
use super::plan::{Plan, PoolKind, StationConfig};
use super::slab::{Key, Slab};
use crate::engine::key_map::KeyMap;
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::pattern::Settings;
use crate::model::pattern::fill::Tombstones;
use crate::model::pattern::lease::Leases;
use crate::model::pattern::renewal::{Sight, Times};

/// What caches and stores say of values, in the whole system.
#[derive(Clone, Debug)]
pub(super) struct Values {
    versions: Versions,
    /// By index of the attempt: what it brings along.
    carried: Vec<Carried>,
    /// Loads in the background.
    renewals: Slab<Renewal>,
    /// Writes of many keys at once that caches send, by index of their request.
    flushes: Ordered<u32, Flush>,
}

/// What an attempt brings along.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    /// The value that was read or written last on its way.
    pub value: Option<Version>,
    /// Of a look-up: what to make of what was found, and the lease that came with it; 0: none.
    sight: Sight,
    token: u32,
    /// Of a load: since when, or how long it took.
    began: SimTime,
    took: SimDuration,
    /// Of a look-up: there was a value that was fresh, and it is loaded all the same.
    early: bool,
    /// Others wait for its load, or for its write.
    leads: bool,
    /// It has waited for another's load for too long: what it loads is not kept.
    alone: bool,
}

/// What a cache knows beside its entries.
#[derive(Clone, Debug, Default)]
pub struct Caching {
    config: Settings,
    /// By key, of what was put in; older ones may be of entries that have left.
    notes: KeyMap<Note>,
    tombstones: Tombstones,
    leases: Leases,
    /// Values that were deleted not long ago, and until when they may be taken all the same.
    deleted: KeyMap<(Note, SimTime)>,
    /// Loads under way that others wait for, or that go on in the background: by whose they are (a replica, or
    /// [`super::slab::NONE`]: everybody's) and key.
    flights: Ordered<(u32, u64), Flight>,
    /// Keys under which there is nothing, by node, in the order in which that was learned; some have left since.
    negative: Ordered<u32, (VecDeque<u64>, KeyMap<()>)>,
    /// Write-through: who waits to write a key that is being written.
    writing: Ordered<u64, VecDeque<Key>>,
    /// Write-behind: what each node has not stored, by replica.
    behind: Ordered<u32, Behind>,
    ledger: Ledger,
    tally: Tally,
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug)]
struct Note {
    value: Option<Version>,
    times: Times,
}

/// What has happened since the start.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Hits, and those of them on an old value: a newer one had been committed before they were asked for.
    hits: u64,
    stale: u64,
    /// Hits that said that there is nothing.
    nothing: u64,
    /// How stale the stalest one was.
    worst: SimDuration,
    /// Values put in, those of them that were old as they came, and those refused.
    fills: u64,
    old_fills: u64,
    refused: u64,
    lost_events: u64,
    /// Readers that waited for another's load; looks of readers without a lease; those who took a deleted value.
    joined: u64,
    waits: u64,
    took_deleted: u64,
    /// Loads begun before the end of freshness, or in the background; old values answered because a load failed.
    early: u64,
    renewals: u64,
    on_error: u64,
}

/// A turn of what a cache, or somebody who uses it, does by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum CachingTurn {
    /// It hears of a commit.
    Event { key: u64, version: Version },
    /// An entry is deleted once more.
    Again { key: u64 },
    /// A reader without a lease looks again.
    Look { attempt: Key },
    /// The next writer of a key has its turn.
    Write { key: u64 },
    /// A node may have writes to store.
    Flush { replica: u32 },
    /// A reader has waited for another's load for as long as it may.
    Alone { attempt: Key },
}

impl Caching {
    /// Memory that a checkpoint takes [bytes], roughly.
    pub(super) fn bytes(&self) -> usize {
        let behind: usize = self.behind.values().map(|behind| behind.buffer.bytes()).sum();
        behind + self.notes.bytes() + self.tombstones.bytes() + self.leases.bytes() + self.deleted.bytes()
    }

    /// Everything is forgotten.
    pub(super) fn clear(&mut self) {
        self.notes.clear();
        self.tombstones.clear();
        self.leases.clear();
        self.deleted.clear();
        self.negative.clear();
    }
}

impl Values {
    const fn new() -> Self {
        Self { versions: Versions::new(), carried: Vec::new(), renewals: Slab::new(), flushes: Ordered::new() }
    }

    /// Memory that a checkpoint takes [bytes], roughly.
    pub(super) fn bytes(&self) -> usize {
        self.versions.bytes() + self.carried.capacity() * size_of::<Carried>()
    }
}

/// Whether anybody has to know of versions: there is something that keeps copies, something that stores, and writes.
fn is_wanted(plan: &Plan) -> bool {
    let pools = || {
        plan.stations.iter().filter_map(|station| match &station.config {
            StationConfig::Pool(config) => Some(config),
            _ => None,
        })
    };
    let writes = plan.stations.iter().any(|station| match &station.config {
        StationConfig::Source(config) => config.write_share > 0.0,
        _ => false,
    });
    let caches = || pools().filter(|config| matches!(config.kind, PoolKind::Cache { .. }));
    let stores = pools().any(|config| config.kind == PoolKind::Database);
    let missing = pools().any(|config| config.missing > 0.0);
    caches().any(|config| config.caching.is_some() || missing) || (writes && stores && caches().next().is_some())
}

impl System {
    /// From now on versions are known, if a plan asks for that.
    pub(super) fn settle_values(&mut self, plan: &Plan) {
        if self.values.is_none() && is_wanted(plan) {
            self.values = Some(Box::new(Values::new()));
        }
        if self.values.is_none() {
            return;
        }
        for station in &mut self.stations {
            let Some(pool) = station.pool_mut() else { continue };
            if !matches!(pool.config.kind, PoolKind::Cache { .. }) {
                continue;
            }
            let config = pool.config.caching.as_deref().cloned().unwrap_or_default();
            pool.caching.get_or_insert_default().config = config;
        }
    }

    fn caching(&self, station: u32) -> Option<&Caching> {
        self.stations[station as usize].pool()?.caching.as_deref()
    }

    fn caching_mut(&mut self, station: u32) -> Option<&mut Caching> {
        self.stations[station as usize].pool_mut()?.caching.as_deref_mut()
    }

    /// What an attempt brings along.
    pub(super) fn carried(&self, ix: u32) -> Carried {
        let values = self.values.as_deref();
        values.and_then(|values| values.carried.get(ix as usize)).copied().unwrap_or_default()
    }

    /// From now on it brings that along.
    #[cold]
    #[inline(never)]
    pub(super) fn carry(&mut self, ix: u32, carried: Carried) {
        let Some(values) = &mut self.values else { return };
        let place = ix as usize;
        if values.carried.len() <= place {
            values.carried.resize(place + 1, Carried::default());
        }
        values.carried[place] = carried;
    }

    /// A caller hears a good answer: what that brings, the caller has.
    #[cold]
    #[inline(never)]
    pub(super) fn take_over(&mut self, parent: u32, child: u32) {
        let (brought, mut has) = (self.carried(child), self.carried(parent));
        has.value = brought.value;
        if self.attempts[child].verb == Verb::Get {
            (has.sight, has.token, has.early) = (brought.sight, brought.token, brought.early);
        }
        self.carry(parent, has);
    }

    /// What a cache, or somebody who uses it, does by itself is due.
    pub(super) fn caching_due(&mut self, station: u32, turn: CachingTurn) {
        match turn {
            CachingTurn::Event { key, version } => self.heard_of(station, key, version),
            CachingTurn::Again { key } => self.forget_entry(station, key, 0),
            CachingTurn::Look { attempt } => self.look_again(station, attempt),
            CachingTurn::Write { key } => self.write_next(station, key),
            CachingTurn::Flush { replica } => self.flush_due(station, replica),
            CachingTurn::Alone { attempt } => self.go_alone(attempt),
        }
    }
}
