//! The cache in each replica of a service (L1): lost with it, cleared by no write but its own.
//!
//! What lies in a cache behind (L2) is promoted on a hit, with what is left of its lifetime there; a hit here does not
//! touch it there. What leaves there stays here.

use super::memory::{Held, HeldLook};
use super::{Deed, Store};
use crate::engine::ordered::Ordered;
use crate::engine::time::SimTime;
use crate::model::level::local::Settings;
use crate::model::system::System;
use crate::model::system::counts::Count;
use crate::model::system::plan::PoolConfig;
use crate::model::system::trail::Mark;

/// Memories that are shown one by one.
const SHOWN: usize = 24;

/// A memory for each replica that has kept something.
#[derive(Clone, Debug)]
pub(super) struct LocalCaches {
    settings: Settings,
    members: Ordered<u32, Member>,
    seed: u64,
    station: u32,
    watched: bool,
}

#[derive(Clone, Debug)]
struct Member {
    number: u32,
    held: Held,
}

impl Store for LocalCaches {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        self.members.values().map(|member| member.held.bytes()).sum()
    }

    fn is_one_address(&self) -> bool {
        false
    }

    fn entries(&self) -> Option<usize> {
        Some(self.members.values().map(|member| member.held.memory().len()).sum())
    }

    fn clear(&mut self, replica: Option<u32>) {
        match replica {
            Some(replica) => drop(self.members.remove(&replica)),
            None => self.members.clear(),
        }
    }

    fn watch(&mut self, on: bool) {
        self.watched = on;
        for member in self.members.values_mut() {
            member.held.watch(on);
        }
    }

    fn look_at_memory(&self) -> Vec<HeldLook> {
        self.members.values().take(SHOWN).map(|member| member.held.look(member.number)).collect()
    }
}

impl LocalCaches {
    fn keep(&mut self, replica: u32, number: u32, key: u64, valid_until: SimTime, now: SimTime) {
        let (settings, seed, station, watched) = (&self.settings, self.seed, self.station, self.watched);
        let learns = number == 0;
        let member = self.members.or_insert_with(replica, || {
            let mut held = Held::new(&settings.eviction, settings.capacity, seed, station, number).learning(learns);
            held.watch(watched);
            Member { number, held }
        });
        member.held.work(key, Deed::Fill(valid_until), now);
    }

    fn bytes_of(&self, replica: u32) -> u64 {
        self.members.get(&replica).map_or(0, |member| member.held.memory().len() as u64 * self.settings.entry_bytes)
    }
}

impl System {
    /// Whether the replica that works on an attempt has the answer itself.
    pub(in crate::model::system) fn has_locally(&mut self, ix: u32) -> bool {
        let attempt = &self.attempts[ix];
        let (station, replica, request) = (attempt.station, attempt.replica, attempt.request);
        let (key, now) = (self.request_key(request), self.clock(station, self.now));
        let Some(caches) = self.store::<LocalCaches>(station) else { return false };
        let member = caches.members.get_mut(&replica);
        let hit = member.is_some_and(|member| member.held.work(key, Deed::Get, now));
        let meter = &mut self.stations[station as usize].meter;
        meter.count(Count::Lookups, 1);
        meter.count(Count::Hits, u64::from(hit));
        self.requests[request].cacheable = true;
        self.note(ix, Mark::AskedLocally { hit });
        hit
    }

    /// The replica keeps an answer for itself: at most for its own time to live, and no longer than the answer is valid.
    pub(in crate::model::system) fn keep_locally(&mut self, ix: u32) {
        let valid_until = self.lifetimes.remove(&ix).unwrap_or(SimTime::NEVER);
        let attempt = &self.attempts[ix];
        let (station, replica, request) = (attempt.station, attempt.replica, attempt.request);
        let (key, now) = (self.request_key(request), self.clock(station, self.now));
        let number = self.replicas[replica as usize].number;
        let left = valid_until.since(self.now);
        let Some(caches) = self.store::<LocalCaches>(station) else { return };
        let own = caches.settings.ttl.map_or(SimTime::NEVER, |ttl| now + ttl);
        let until = if valid_until == SimTime::NEVER { own } else { own.min(now + left) };
        caches.keep(replica, number, key, until, now);
        if until != SimTime::NEVER {
            self.note(ix, Mark::KeptLocally { left: until.since(now), own: until == own });
        }
        self.weigh_locally(replica);
    }

    /// A write by the replica clears its own entry.
    pub(in crate::model::system) fn forget_locally(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station, replica, key) = (attempt.station, attempt.replica, self.request_key(attempt.request));
        let now = self.clock(station, self.now);
        let Some(caches) = self.store::<LocalCaches>(station) else { return };
        if let Some(member) = caches.members.get_mut(&replica) {
            member.held.work(key, Deed::Forget, now);
            self.weigh_locally(replica);
        }
    }

    /// What a replica's entries take of its memory [bytes].
    pub(in crate::model::system) fn local_bytes(&self, replica: u32) -> u64 {
        let pool = self.stations[self.replicas[replica as usize].station as usize].pool();
        pool.and_then(|pool| pool.data.of::<LocalCaches>()).map_or(0, |caches| caches.bytes_of(replica))
    }

    /// Memories of replicas that are gone are gone.
    pub(in crate::model::system) fn sweep_local_caches(&mut self) {
        let replicas = &self.replicas;
        for pool in self.stations.iter_mut().filter_map(|station| station.pool_mut()) {
            if let Some(caches) = pool.data.of_mut::<LocalCaches>() {
                caches.members.retain(|replica, _| !replicas[*replica as usize].removed);
            }
        }
    }
}

/// Begins, changes or ends the caches of a service's replicas.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let (seed, watched, station) = (system.seed, system.watched, system.stations[ix as usize].id.0);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let Some(settings) = config.local_cache.as_deref() else {
        if pool.data.take::<LocalCaches>().is_some() {
            for replica in pool.replicas.clone() {
                system.weigh_locally(replica);
            }
        }
        return;
    };
    if let Some(caches) = pool.data.of_mut::<LocalCaches>() {
        caches.settings = settings.clone();
        for member in caches.members.values_mut() {
            let number = member.number;
            member.held.fit(&settings.eviction, settings.capacity, seed, station, number);
        }
        for replica in pool.replicas.clone() {
            system.weigh_locally(replica);
        }
    } else {
        let members = Ordered::new();
        pool.data.set(LocalCaches { settings: settings.clone(), members, seed, station, watched });
    }
    (system.has_local_caches, system.has_lifetimes) = (true, true);
}
