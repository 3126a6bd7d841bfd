//! A cache's memory, and where it is all there is: one store.
//!
//! Where somebody watches, it keeps an account of who left lately and why: at most so many a second, since looking for the
//! nearest competitors takes longer than evicting. The first memory of a station also learns its miss-ratio curve.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Deed, Found, Store};
use crate::engine::rng::Stream;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::eviction::curve::Curve;
use crate::model::eviction::{self, Account, Lookup, Memory};
use crate::model::ids::NodeId;
use crate::model::system::System;
use crate::model::system::plan::{PoolConfig, PoolKind};

/// Accounts kept.
const TOLD: usize = 12;
/// Keys that a miss-ratio curve samples at most: with so many a second curve is within a few percent of the first.
const SAMPLED: usize = 20_000;
/// Points of a miss-ratio curve as it is drawn.
const POINTS: usize = 48;
/// Time between two accounts, at least.
const TOLD_EVERY: SimDuration = SimDuration(50_000_000);

/// An entry that had to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Victim {
    /// In a look: when, by the time of the run. Kept by the cache's own clock.
    pub at: SimTime,
    pub key: u64,
    /// What came in its place.
    pub incoming: u64,
    pub account: Account,
}

/// Entries under a policy.
#[derive(Clone, Debug)]
pub(super) struct Held {
    memory: Memory,
    policy: eviction::Settings,
    /// Evictions since the start.
    evictions: u64,
    /// Who left lately; `None`: nobody watches.
    victims: Option<Box<Victims>>,
    /// What other sizes would miss; `None`: nobody watches, or another memory of the station learns it.
    learned: Learned,
    /// It is the one that learns.
    learns: bool,
}

/// What a watched memory learns of the requests for it. A copy of the state, kept to go back to, begins anew.
#[derive(Debug, Default)]
struct Learned(Option<Box<Learning>>);

impl Clone for Learned {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|_| Box::default()))
    }
}

#[derive(Debug)]
struct Learning {
    curve: Curve,
    asked: u64,
    missed: u64,
}

impl Default for Learning {
    fn default() -> Self {
        Self { curve: Curve::limited(SAMPLED), asked: 0, missed: 0 }
    }
}

#[derive(Clone, Debug, Default)]
struct Victims {
    lately: VecDeque<Victim>,
    told_at: Option<SimTime>,
}

impl Held {
    /// What a cache's plan asks for, empty; `number` tells the members of one cache apart.
    pub(super) fn new(policy: &eviction::Settings, capacity: u32, seed: u64, station: u32, number: u32) -> Self {
        let memory = policy.build(capacity as usize, &chance(seed, station, number));
        Self { memory, policy: policy.clone(), evictions: 0, victims: None, learned: Learned(None), learns: false }
    }

    /// Lets it learn what other sizes would miss, while somebody watches: one memory of a station is enough.
    pub(super) fn learning(mut self, learns: bool) -> Self {
        self.learns = learns;
        self
    }

    /// Follows a changed plan. Entries stay, also under another policy, as far as there is room for them.
    pub(super) fn fit(&mut self, policy: &eviction::Settings, capacity: u32, seed: u64, station: u32, number: u32) {
        if self.policy != *policy {
            self.policy = policy.clone();
            self.memory.move_to(&self.policy, &chance(seed, station, number));
        }
        self.memory.set_capacity(capacity as usize);
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Does something with an entry; tells whether it was there, and valid.
    #[inline]
    pub(super) fn work(&mut self, key: u64, deed: Deed, clock: SimTime) -> bool {
        match deed {
            Deed::Get => {
                let hit = self.memory.get(key, clock) == Lookup::Hit;
                if let Some(learning) = &mut self.learned.0 {
                    learning.take(key, hit);
                }
                return hit;
            }
            Deed::Fill(valid_until) => {
                self.fill(key, valid_until, clock);
            }
            Deed::Forget => return self.memory.remove(key),
        }
        false
    }

    /// Puts an entry in; the key that left for it.
    #[inline]
    pub(super) fn fill(&mut self, key: u64, valid_until: SimTime, clock: SimTime) -> Option<u64> {
        if self.victims.is_some() {
            return self.fill_watched(key, valid_until, clock);
        }
        let evicted = self.memory.insert(key, valid_until);
        self.evictions += u64::from(evicted.is_some());
        evicted
    }

    #[cold]
    fn fill_watched(&mut self, key: u64, valid_until: SimTime, clock: SimTime) -> Option<u64> {
        let victims = self.victims.as_mut()?;
        let due = victims.told_at.is_none_or(|told_at| clock < told_at || clock.since(told_at) >= TOLD_EVERY);
        let account = if due { self.memory.account(key) } else { None };
        let evicted = self.memory.insert(key, valid_until);
        self.evictions += u64::from(evicted.is_some());
        if let Some((key_evicted, account)) = evicted.zip(account) {
            victims.told_at = Some(clock);
            if victims.lately.len() == TOLD {
                victims.lately.pop_front();
            }
            victims.lately.push_back(Victim { at: clock, key: key_evicted, incoming: key, account });
        }
        evicted
    }

    pub(super) fn remove(&mut self, key: u64) {
        self.memory.remove(key);
    }

    pub(super) fn clear(&mut self) {
        self.memory.clear();
    }

    pub(super) fn watch(&mut self, on: bool) {
        if self.victims.is_some() != on {
            self.victims = on.then(Box::default);
            self.learned.0 = (on && self.learns).then(Box::default);
        }
    }

    /// Memory that a checkpoint takes [bytes].
    pub(super) fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// What there is to see.
    pub(super) fn look(&self, number: u32) -> HeldLook {
        let victims = self.victims.as_ref().map(|victims| victims.lately.iter().cloned().collect());
        HeldLook {
            number,
            policy: self.policy.entry().name.to_owned(),
            entries: self.memory.len(),
            capacity: self.memory.capacity(),
            evictions: self.evictions,
            victims: victims.unwrap_or_default(),
            sizes: self.learned.0.as_ref().and_then(|learning| learning.look(self.memory.capacity())),
            ..HeldLook::default()
        }
    }
}

impl Learning {
    #[cold]
    fn take(&mut self, key: u64, hit: bool) {
        self.curve.ask(key);
        self.asked += 1;
        self.missed += u64::from(!hit);
    }

    fn look(&self, capacity: usize) -> Option<SizesLook> {
        if !self.curve.tells() {
            return None;
        }
        let most = (self.curve.keys() as usize).clamp(2 * capacity, 8 * capacity);
        let sizes: Vec<usize> = (0..=POINTS).map(|at| (most * at) / POINTS).collect();
        let marks = [capacity / 2, capacity, capacity * 2];
        let [Some(half), Some(set), Some(twice)] = marks.map(|size| self.curve.miss_ratio(size)) else { return None };
        Some(SizesLook {
            most,
            misses: self.curve.miss_ratios(&sizes),
            at: [half, set, twice],
            asked: self.asked,
            missed: self.missed,
            keys: self.curve.keys(),
        })
    }
}

/// What a memory that evicts the least recently used would miss at other sizes, by the requests since somebody watches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizesLook {
    /// The largest size that is drawn [entries].
    pub most: usize,
    /// Misses over look-ups, 0..1, at sizes from 0 to `most` in even steps. Entries that expire are not counted: with a time
    /// to live more is missed.
    pub misses: Vec<f64>,
    /// At half the size that is set, at that size and at twice the size.
    pub at: [f64; 3],
    /// Look-ups that were seen, and those of them that missed in fact.
    pub asked: u64,
    pub missed: u64,
    /// Distinct keys among them, or an estimate from the sample.
    pub keys: f64,
}

/// Where a policy that leaves something to chance draws from: a stream of its own for each member of a cache.
fn chance(seed: u64, station: u32, number: u32) -> Stream {
    Stream::new(seed, u64::from(station) | (u64::from(number) + 1) << 32)
}

/// What there is to see of a memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldLook {
    /// Whose it is, where there are several.
    pub number: u32,
    /// Name of its policy.
    pub policy: String,
    pub entries: usize,
    pub capacity: usize,
    /// Entries that left for others since the start.
    pub evictions: u64,
    /// Some of those who left lately, newest last; empty where nobody watches.
    pub victims: Vec<Victim>,
    /// What other sizes would miss, where this memory learns it.
    pub sizes: Option<SizesLook>,
    /// Where it is, in words; empty where that goes without saying.
    pub place: String,
    /// An edge cache: errors that it answers with for now.
    pub errors: usize,
    /// A cache of results: those that writes have dropped since the start.
    pub dropped: u64,
}

impl Store for Held {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn is_one_address(&self) -> bool {
        false
    }

    fn entries(&self) -> Option<usize> {
        Some(self.memory.len())
    }

    fn work(&mut self, _replica: u32, key: u64, deed: Deed, clock: SimTime) -> Found {
        Found { hit: self.work(key, deed, clock), moved: false }
    }

    fn valid_until(&self, _replica: u32, key: u64) -> Option<SimTime> {
        self.memory.valid_until(key)
    }

    fn clear(&mut self, _replica: Option<u32>) {
        self.clear();
    }

    fn watch(&mut self, on: bool) {
        self.watch(on);
    }

    fn look_at_memory(&self) -> Vec<HeldLook> {
        vec![self.look(0)]
    }
}

impl System {
    /// Looks into what a cache holds, a memory for each of its parts; empty where there is no cache.
    #[must_use]
    pub fn look_at_cache(&self, node: NodeId) -> Vec<HeldLook> {
        let Some(station) = self.station_index(node) else { return Vec::new() };
        let results = self.stations[station as usize].pool().and_then(|pool| pool.query_cache.as_ref());
        let mut looks = match results {
            Some(results) => results.look(),
            None => self.data(station).map_or_else(Vec::new, super::Store::look_at_memory),
        };
        // How long ago, by the clock that wrote it; a clock that was set back since leaves no time before now.
        let clock = self.clock(station, self.now);
        for victim in looks.iter_mut().flat_map(|look| &mut look.victims) {
            let ago = clock.0.saturating_sub(victim.at.0);
            victim.at = SimTime(self.now.0.saturating_sub(ago));
        }
        looks
    }
}

/// Gives a cache the memory that its configuration asks for; several nodes have theirs.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let PoolKind::Cache { capacity, .. } = config.kind else { return };
    if config.edge_caches.is_some() {
        return;
    }
    let (seed, watched) = (system.seed, system.watched);
    let id = system.stations[ix as usize].id.0;
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    if pool.data.0.is_none() {
        pool.data.set(Held::new(&config.eviction, capacity, seed, id, 0).learning(true));
    } else if let Some(held) = pool.data.of_mut::<Held>() {
        held.fit(&config.eviction, capacity, seed, id, 0);
    }
    pool.data.watch(watched);
}
