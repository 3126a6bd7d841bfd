//! A CDN at work (L3): an edge cache for each region that asks, perhaps a shield between them and the origin.
//!
//! An edge stands where its caller stands, so its answers are near, and what it fetches travels from there. Misses of one
//! object at one edge become one fetch; the others wait for it and share what comes, an error too. With a shield, the
//! fetches of all edges meet there once more. An object's age is passed on: its copies expire together.

use super::memory::{Held, HeldLook};
use super::{Deed, Store};
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::geography::Region;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Phase, Stage, Verb};
use crate::model::system::counts::Count;
use crate::model::system::plan::{EdgeCaches as Settings, Operation, PoolConfig, PoolKind};
use crate::model::system::slab::Key;
use crate::model::system::spots::Spots;
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// The place of the shield among the places with a memory: no spot has it.
const SHIELD: u8 = u8::MAX;

/// A memory for each place that has kept something, and the fetches that are under way.
#[derive(Clone, Debug)]
pub(super) struct EdgeCaches {
    settings: Settings,
    policy: crate::model::eviction::Settings,
    capacity: u32,
    places: Ordered<u8, Held>,
    /// By place and key: who waits, the one that fetches first.
    fetches: Ordered<(u8, u64), Vec<Key>>,
    /// Errors that an edge answers with, until then.
    errors: Ordered<(u8, u64), (SimTime, Reason)>,
    seed: u64,
    station: u32,
    watched: bool,
}

/// A turn of a fetch that goes by the shield.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) enum EdgeTurn {
    /// The edge's question arrives at the shield.
    AtShield,
    /// The shield's answer is back at the edge: what came, and until when it is valid.
    Back { outcome: Outcome, reason: Reason, until: SimTime },
}

impl Store for EdgeCaches {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        let held: usize = self.places.values().map(Held::bytes).sum();
        held + self.errors.len() * 64 + self.fetches.values().map(|waiting| 64 + waiting.len() * 8).sum::<usize>()
    }

    fn is_one_address(&self) -> bool {
        false
    }

    fn entries(&self) -> Option<usize> {
        Some(self.places.values().map(|held| held.memory().len()).sum())
    }

    /// Fetches under way end with the replica; a cache that is flushed goes on with them.
    fn clear(&mut self, replica: Option<u32>) {
        self.places.clear();
        self.errors.clear();
        if replica.is_some() {
            self.fetches.clear();
        }
    }

    fn watch(&mut self, on: bool) {
        self.watched = on;
        for held in self.places.values_mut() {
            held.watch(on);
        }
    }

    fn look_at_memory(&self) -> Vec<HeldLook> {
        let errors = |place: u8| self.errors.range((place, 0)..=(place, u64::MAX)).count();
        let look = |(place, held): (&u8, &Held)| HeldLook {
            place: place_name(*place),
            errors: errors(*place),
            ..held.look(u32::from(*place))
        };
        self.places.iter().map(look).collect()
    }
}

/// Where a memory is, in words.
fn place_name(place: u8) -> String {
    match place {
        SHIELD => "origin shield".to_owned(),
        0 => "edge".to_owned(),
        _ => format!("edge in {}", Region(place - 1).info().id),
    }
}

impl EdgeCaches {
    fn place(&mut self, place: u8) -> &mut Held {
        let Self { places, policy, capacity, seed, station, watched, .. } = self;
        let learns = places.is_empty();
        places.or_insert_with(place, || {
            let mut held = Held::new(policy, *capacity, *seed, *station, u32::from(place)).learning(learns);
            held.watch(*watched);
            held
        })
    }
}

impl System {
    /// A request has been taken up at an edge.
    #[cold]
    pub(in crate::model::system) fn at_edge(&mut self, ix: u32, origin: u32) {
        let Attempt { station, request, verb, spot, .. } = self.attempts[ix];
        let (key, operation) = (self.request_key(request), self.requests[request].operation);
        let clock = self.clock(station, self.now);
        let place = self.spots.region_spot(spot);
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        let kept = operation == Operation::Static || (edges.settings.all_reads && operation == Operation::Read);
        if verb == Verb::Fill || verb == Verb::Invalidate || operation == Operation::Write {
            // An edge forgets what it has passed a write on for; the others do not hear of it.
            edges.place(place).remove(key);
        }
        if verb == Verb::Fill || verb == Verb::Invalidate {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        if !kept {
            self.call(ix, origin, Verb::Request, Stage::Plain);
            return;
        }
        let hit = edges.place(place).work(key, Deed::Get, clock);
        let error = edges.errors.get(&(place, key)).filter(|(until, _)| clock <= *until).copied();
        self.requests[request].cacheable = true;
        let meter = &mut self.stations[station as usize].meter;
        meter.count(Count::Lookups, 1);
        meter.count(Count::Hits, u64::from(hit));
        self.note(ix, Mark::AtEdge { hit, cached_error: error.is_some() && !hit });
        if hit {
            self.tell_edge_lifetime(ix, place, clock);
            self.finish_work(ix, Outcome::Completed, Reason::None);
        } else if let Some((_, reason)) = error {
            self.finish_work(ix, Outcome::Failed, reason);
        } else {
            self.attempts[ix].stage = Stage::Fetching { origin };
            if self.joins_fetch(ix, place) {
                self.fetch(ix);
            }
        }
    }

    /// Puts a request among those that wait for an object at a place; whether it is the one to fetch it.
    fn joins_fetch(&mut self, ix: u32, place: u8) -> bool {
        let attempt = &mut self.attempts[ix];
        attempt.phase = Phase::Waiting;
        let (station, request) = (attempt.station, attempt.request);
        let (key, me) = (self.request_key(request), self.attempts.key(ix));
        let Some(edges) = self.store::<EdgeCaches>(station) else { return true };
        let waiting = edges.fetches.or_default((place, key));
        waiting.push(me);
        waiting.len() == 1
    }

    /// Fetches an object for an edge: from the shield, or from the origin.
    fn fetch(&mut self, ix: u32) {
        let Attempt { station, spot, stage, .. } = self.attempts[ix];
        let Stage::Fetching { origin } = stage else { return };
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        if let Some(region) = edges.settings.shield {
            let way = self.spots.way(spot, Spots::of_region(region));
            let attempt = self.attempts.key(ix);
            self.schedule(self.now + way, Timer::Edge { attempt, turn: EdgeTurn::AtShield });
        } else {
            self.call(ix, origin, Verb::Request, stage);
        }
    }

    /// A fetch that goes by the shield comes to its next turn.
    pub(in crate::model::system) fn edge_due(&mut self, attempt: Key, turn: EdgeTurn) {
        let waits = |attempt: &&Attempt| attempt.phase == Phase::Waiting;
        if self.attempts.get(attempt).filter(waits).is_none() {
            self.quiet = true;
            return;
        }
        match turn {
            EdgeTurn::AtShield => self.at_shield(attempt.ix),
            EdgeTurn::Back { outcome, reason, until } => self.fetched(attempt.ix, outcome, reason, until),
        }
    }

    fn at_shield(&mut self, ix: u32) {
        let Attempt { station, request, stage, spot, .. } = self.attempts[ix];
        let Stage::Fetching { origin } = stage else { return };
        let (key, clock, now) = (self.request_key(request), self.clock(station, self.now), self.now);
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        let Some(region) = edges.settings.shield else {
            // It has been switched off meanwhile.
            self.call(ix, origin, Verb::Request, stage);
            return;
        };
        let shield = edges.place(SHIELD);
        if shield.work(key, Deed::Get, clock) {
            let until = shield.memory().valid_until(key).unwrap_or(SimTime::NEVER);
            let until = if until == SimTime::NEVER { until } else { now + until.since(clock) };
            let turn = EdgeTurn::Back { outcome: Outcome::Completed, reason: Reason::None, until };
            let back = self.spots.way(Spots::of_region(region), spot);
            let attempt = self.attempts.key(ix);
            self.schedule(now + back, Timer::Edge { attempt, turn });
        } else if self.joins_fetch(ix, SHIELD) {
            // The call leaves from where the shield stands.
            self.attempts[ix].spot = Spots::of_region(region);
            self.call(ix, origin, Verb::Request, Stage::Shielding { origin });
            self.attempts[ix].spot = spot;
        }
    }

    /// The origin has answered the shield: all edges that wait there hear of it.
    pub(in crate::model::system) fn shielded(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let Attempt { station, request, .. } = self.attempts[ix];
        let until = self.until_by_origin(ix);
        let (key, clock, now) = (self.request_key(request), self.clock(station, self.now), self.now);
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        if outcome == Outcome::Completed {
            let here = if until == SimTime::NEVER { until } else { clock + until.since(now) };
            edges.place(SHIELD).work(key, Deed::Fill(here), clock);
        }
        let from = edges.settings.shield;
        let mut waiting = edges.fetches.remove(&(SHIELD, key)).unwrap_or_default();
        if waiting.is_empty() {
            waiting.push(self.attempts.key(ix));
        }
        for attempt in waiting {
            let Some(edge) = self.attempts.get(attempt).filter(|edge| edge.phase == Phase::Waiting) else { continue };
            let (origin, spot) = match edge.stage {
                Stage::Fetching { origin } | Stage::Shielding { origin } => (origin, edge.spot),
                _ => continue,
            };
            self.attempts[attempt.ix].stage = Stage::Fetching { origin };
            let back = from.map_or(SimDuration::ZERO, |region| self.spots.way(Spots::of_region(region), spot));
            self.schedule(now + back, Timer::Edge { attempt, turn: EdgeTurn::Back { outcome, reason, until } });
        }
    }

    /// The origin has answered an edge.
    pub(in crate::model::system) fn fetched_from_origin(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let until = self.until_by_origin(ix);
        self.fetched(ix, outcome, reason, until);
    }

    /// Until when what the origin has sent is valid, by its own word and the time to live.
    fn until_by_origin(&mut self, ix: u32) -> SimTime {
        let told = self.lifetimes.remove(&ix).unwrap_or(SimTime::NEVER);
        let PoolKind::Cache { ttl, .. } = self.pool(self.attempts[ix].station).config.kind else { return told };
        ttl.map_or(told, |ttl| told.min(self.now + ttl))
    }

    /// An edge has an answer: it keeps it, and everybody who waits for it there is answered.
    fn fetched(&mut self, ix: u32, outcome: Outcome, reason: Reason, until: SimTime) {
        let Attempt { station, request, spot, .. } = self.attempts[ix];
        let (key, clock, now) = (self.request_key(request), self.clock(station, self.now), self.now);
        let place = self.spots.region_spot(spot);
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        if outcome == Outcome::Completed {
            let here = if until == SimTime::NEVER { until } else { clock + until.since(now) };
            edges.place(place).work(key, Deed::Fill(here), clock);
            edges.errors.remove(&(place, key));
        } else if let Some(ttl) = edges.settings.error_ttl {
            edges.errors.retain(|_, (until, _)| *until >= clock);
            edges.errors.insert((place, key), (clock + ttl, reason));
        }
        let mut waiting = edges.fetches.remove(&(place, key)).unwrap_or_default();
        let me = self.attempts.key(ix);
        if !waiting.contains(&me) {
            waiting.insert(0, me);
        }
        for attempt in waiting {
            if self.attempts.get(attempt).is_some_and(|attempt| attempt.phase == Phase::Waiting) {
                self.attempts[attempt.ix].stage = Stage::Plain;
                if outcome == Outcome::Completed {
                    self.tell_edge_lifetime(attempt.ix, place, clock);
                }
                let outcome = if outcome == Outcome::Completed { outcome } else { Outcome::Failed };
                self.finish_work(attempt.ix, outcome, reason);
            }
        }
    }

    fn tell_edge_lifetime(&mut self, ix: u32, place: u8, clock: SimTime) {
        let Attempt { station, request, .. } = self.attempts[ix];
        if !self.has_lifetimes {
            return;
        }
        let key = self.request_key(request);
        let Some(edges) = self.store::<EdgeCaches>(station) else { return };
        let until = edges.place(place).memory().valid_until(key);
        if let Some(until) = until.filter(|until| *until != SimTime::NEVER) {
            self.lifetimes.insert(ix, self.now + until.since(clock));
        }
    }

    /// A request ends that may wait at an edge, or fetch for others: the next one fetches in its place.
    #[cold]
    pub(in crate::model::system) fn leaves_edge(&mut self, ix: u32) {
        let Attempt { station, request, spot, stage, .. } = self.attempts[ix];
        if !matches!(stage, Stage::Fetching { .. } | Stage::Shielding { .. }) {
            return;
        }
        self.attempts[ix].stage = Stage::Plain;
        let (key, me) = (self.request_key(request), self.attempts.key(ix));
        let own = self.spots.region_spot(spot);
        for place in [SHIELD, own] {
            let Some(edges) = self.store::<EdgeCaches>(station) else { return };
            let Some(waiting) = edges.fetches.get_mut(&(place, key)) else { continue };
            let Some(at) = waiting.iter().position(|one| *one == me) else { continue };
            waiting.remove(at);
            let next = if at == 0 { waiting.first().copied() } else { None };
            if waiting.is_empty() {
                edges.fetches.remove(&(place, key));
            }
            match next.filter(|next| self.attempts.get(*next).is_some_and(|next| next.phase == Phase::Waiting)) {
                Some(_) if place == SHIELD => {
                    // It asks the shield anew, which now has nobody who fetches.
                    let Some(edges) = self.store::<EdgeCaches>(station) else { return };
                    let others = edges.fetches.remove(&(SHIELD, key)).unwrap_or_default();
                    for other in others {
                        if self.attempts.get(other).is_some_and(|other| other.phase == Phase::Waiting) {
                            self.schedule(self.now, Timer::Edge { attempt: other, turn: EdgeTurn::AtShield });
                        }
                    }
                }
                Some(next) => self.fetch(next.ix),
                None => {}
            }
        }
    }
}

/// Begins, changes or ends the caches of a CDN.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let (seed, watched, station) = (system.seed, system.watched, system.stations[ix as usize].id.0);
    let (PoolKind::Cache { capacity, .. }, Some(settings)) = (config.kind, config.edge_caches.as_deref()) else {
        return;
    };
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    if let Some(edges) = pool.data.of_mut::<EdgeCaches>() {
        (edges.settings, edges.capacity, edges.policy) = (*settings, capacity, config.eviction.clone());
        for (place, held) in edges.places.iter_mut() {
            held.fit(&config.eviction, capacity, seed, station, u32::from(*place));
        }
    } else {
        let (policy, settings) = (config.eviction.clone(), *settings);
        let (places, fetches, errors) = (Ordered::new(), Ordered::new(), Ordered::new());
        pool.data.set(EdgeCaches { settings, policy, capacity, places, fetches, errors, seed, station, watched });
    }
    (system.has_edge_caches, system.has_lifetimes) = (true, true);
}
