//! Who loads what a cache lacks: every reader, one for all, the one with the lease, or nobody who waits.
//!
//! In front of a cache that stands beside its store, the service loads; a cache that has a store behind itself loads by
//! itself. Both go the same way here: `cache` is the service's connection to the cache, or [`NONE`].

use super::{CachingTurn, Carried};
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};
use crate::model::pattern::load::{Scope, Settings};
use crate::model::pattern::renewal::Sight;
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Caller, Phase, Stage, Verb};
use crate::model::system::flow::purpose;
use crate::model::system::slab::{Key, NONE};
use crate::model::system::timer::Timer;

/// A load under way for a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Flight {
    /// Who waits for it, in the order in which they came.
    followers: Vec<Key>,
}

/// A load in the background.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) struct Renewal {
    /// The cache, whose load it is, and the key: where its flight is found.
    station: u32,
    scope: u32,
    key: u64,
    /// The service's connection to the cache, or [`NONE`], and the node that asked.
    cache: u32,
    replica: u32,
}

impl System {
    /// The cache for which an attempt loads.
    fn cache_of(&self, ix: u32, cache: u32) -> u32 {
        if cache == NONE { self.attempts[ix].station } else { self.edges[cache as usize].to }
    }

    /// Whose loads are one load.
    fn scope_of(&self, ix: u32, cache: u32) -> Option<u32> {
        let Settings::SingleFlight { scope, .. } = self.caching(self.cache_of(ix, cache))?.config.loads else {
            return None;
        };
        Some(if cache != NONE && scope == Scope::Cache { NONE } else { self.attempts[ix].replica })
    }

    /// Whose loads in the background are one: those of a node, or of all who use the cache.
    fn background_scope(&self, ix: u32, cache: u32) -> u32 {
        if cache == NONE { self.attempts[ix].replica } else { NONE }
    }

    /// A reader has missed, and loads: itself, or it waits for another.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn load(&mut self, ix: u32, store: u32, cache: u32) {
        let (station, key) = (self.cache_of(ix, cache), self.request_key(self.attempts[ix].request));
        match self.caching(station).map_or(Settings::Each, |caching| caching.config.loads) {
            Settings::Lease { retry, .. } if self.carried(ix).sight == Sight::Wait => {
                self.wait_for_lease(ix, station, store, cache, retry);
            }
            Settings::SingleFlight { longest_wait, .. } => {
                let own = self.scope_of(ix, cache).unwrap_or(NONE);
                let scopes = [own, self.background_scope(ix, cache)];
                let flies = |scope: &u32| {
                    self.caching(station).is_some_and(|caching| caching.flights.contains_key(&(*scope, key)))
                };
                let under_way = scopes.into_iter().find(flies);
                if let Some(scope) = under_way {
                    self.join_flight(ix, (station, scope, key), Stage::Following { store, cache }, longest_wait);
                } else {
                    if let Some(caching) = self.caching_mut(station) {
                        caching.flights.insert((own, key), Flight::default());
                    }
                    let carried = self.carried(ix);
                    self.carry(ix, Carried { leads: true, ..carried });
                    self.begin_load(ix, store, cache);
                }
            }
            Settings::Each | Settings::Lease { .. } => self.begin_load(ix, store, cache),
        }
    }

    fn begin_load(&mut self, ix: u32, store: u32, cache: u32) {
        let carried = self.carried(ix);
        self.carry(ix, Carried { began: self.now, early: false, ..carried });
        let station = self.cache_of(ix, cache);
        if let (true, Some(caching)) = (carried.early, self.caching_mut(station)) {
            caching.tally.early += 1;
        }
        self.call(ix, store, Verb::Request, Stage::Loading { cache });
    }

    /// The attempt waits for something that is none of its own calls.
    pub(super) fn wait(&mut self, ix: u32, stage: Stage) -> Key {
        let attempt = &mut self.attempts[ix];
        (attempt.stage, attempt.phase, attempt.pending) = (stage, Phase::Waiting, 1);
        attempt.outcome = Outcome::Completed;
        self.attempts.key(ix)
    }

    fn join_flight(&mut self, ix: u32, flight: (u32, u32, u64), stage: Stage, longest_wait: Option<SimDuration>) {
        let (station, scope, key) = flight;
        let attempt = self.wait(ix, stage);
        let Some(caching) = self.caching_mut(station) else { return };
        caching.tally.joined += 1;
        if let Some(flight) = caching.flights.get_mut(&(scope, key)) {
            flight.followers.push(attempt);
        }
        if let Some(wait) = longest_wait {
            let turn = CachingTurn::Alone { attempt };
            self.schedule(self.now + wait, Timer::Caching { station, turn });
        }
        self.remark(ix, "Single flight", |_| {
            "another read loads this item already: it waits for that answer".to_owned()
        });
    }

    fn wait_for_lease(&mut self, ix: u32, station: u32, store: u32, cache: u32, retry: SimDuration) {
        let attempt = self.wait(ix, Stage::Leasing { store, cache });
        if let Some(caching) = self.caching_mut(station) {
            caching.tally.waits += 1;
        }
        self.schedule(self.now + retry, Timer::Caching { station, turn: CachingTurn::Look { attempt } });
        self.remark(ix, "Lease", |_| {
            format!("another read has the lease: it looks again in {:.1} ms", retry.as_secs_f64() * 1e3)
        });
    }

    /// A reader without a lease looks again.
    pub(super) fn look_again(&mut self, station: u32, attempt: Key) {
        let Some(&Attempt { stage: Stage::Leasing { store, cache }, phase: Phase::Waiting, replica, .. }) =
            self.attempts.get(attempt)
        else {
            self.quiet = true;
            return;
        };
        let ix = attempt.ix;
        if self.replicas[replica as usize].frozen {
            let turn = CachingTurn::Look { attempt };
            self.schedule(self.now + SimDuration::from_millis(100), Timer::Caching { station, turn });
        } else if cache == NONE {
            self.look_up(ix, Some(store));
        } else {
            self.call(ix, cache, Verb::Get, Stage::Looking { store, cache });
        }
    }

    /// A reader has waited for another's load for as long as it may.
    pub(super) fn go_alone(&mut self, attempt: Key) {
        let Some(&Attempt { stage: Stage::Following { store, cache }, phase: Phase::Waiting, replica, .. }) =
            self.attempts.get(attempt)
        else {
            self.quiet = true;
            return;
        };
        if !self.replicas[replica as usize].frozen {
            let carried = self.carried(attempt.ix);
            self.carry(attempt.ix, Carried { alone: true, ..carried });
            self.begin_load(attempt.ix, store, cache);
        }
    }

    /// A reader's load was answered: whether what it brought is to be kept.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn load_answered(&mut self, ix: u32) -> bool {
        let carried = self.carried(ix);
        self.carry(ix, Carried { took: self.now.since(carried.began), ..carried });
        !carried.alone
    }

    /// Those who wait for a reader's load hear of its end. Tells whether the reader still waits itself: it may have been
    /// called off on account of their answers.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn tell_followers(
        &mut self,
        ix: u32,
        cache: u32,
        outcome: Outcome,
        reason: Reason,
    ) -> bool {
        let carried = self.carried(ix);
        if !carried.leads {
            return true;
        }
        self.carry(ix, Carried { leads: false, ..carried });
        let (station, key) = (self.cache_of(ix, cache), self.request_key(self.attempts[ix].request));
        let own = self.attempts.key(ix);
        if let Some(scope) = self.scope_of(ix, cache) {
            self.flight_over(station, (scope, key), ix, outcome, reason);
        }
        self.attempts.get(own).is_some_and(|attempt| attempt.phase == Phase::Waiting)
    }

    /// A load is over: its followers share what came of it.
    fn flight_over(&mut self, station: u32, flight: (u32, u64), ix: u32, outcome: Outcome, reason: Reason) {
        let brought = self.carried(ix).value;
        let Some(flight) = self.caching_mut(station).and_then(|caching| caching.flights.remove(&flight)) else {
            return;
        };
        for follower in flight.followers {
            if self.follows_still(follower) {
                let carried = self.carried(follower.ix);
                if outcome == Outcome::Completed {
                    self.carry(follower.ix, Carried { value: brought, ..carried });
                }
                self.call_answered(follower.ix, outcome, reason, true);
            }
        }
    }

    fn follows_still(&self, follower: Key) -> bool {
        let attempt = self.attempts.get(follower);
        attempt
            .is_some_and(|attempt| attempt.phase == Phase::Waiting && matches!(attempt.stage, Stage::Following { .. }))
    }

    /// An attempt leaves its station. If others wait for its load, which nobody will hear of now, the next one loads.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn leave_flight(&mut self, ix: u32) {
        let carried = self.carried(ix);
        if carried.leads && self.attempts[ix].stage == Stage::Writing {
            self.next_writer(ix);
            return;
        }
        let (true, Stage::Loading { cache }) = (carried.leads, self.attempts[ix].stage) else { return };
        self.carry(ix, Carried { leads: false, ..carried });
        let (station, key) = (self.cache_of(ix, cache), self.request_key(self.attempts[ix].request));
        let Some(scope) = self.scope_of(ix, cache) else { return };
        let Some(mut flight) = self.caching_mut(station).and_then(|caching| caching.flights.remove(&(scope, key)))
        else {
            return;
        };
        while !flight.followers.is_empty() {
            let next = flight.followers.remove(0);
            let replica = self.attempts[next.ix].replica;
            let Stage::Following { store, cache } = self.attempts[next.ix].stage else { continue };
            if !self.follows_still(next) || self.replicas[replica as usize].dead {
                continue;
            }
            if let Some(caching) = self.caching_mut(station) {
                caching.flights.insert((scope, key), flight);
            }
            let carried = self.carried(next.ix);
            self.carry(next.ix, Carried { leads: true, ..carried });
            self.begin_load(next.ix, store, cache);
            return;
        }
    }

    /// A process dies with its loads.
    pub(in crate::model::system) fn drop_flights(&mut self, replica: u32) {
        for station in &mut self.stations {
            if let Some(caching) = station.pool_mut().and_then(|pool| pool.caching.as_deref_mut()) {
                caching.flights.retain(|(scope, _), _| *scope != replica);
            }
        }
    }

    /// A read was answered with what is there; a load in the background begins, if it is time.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn renew_if_due(&mut self, ix: u32, store: u32, cache: u32) {
        if self.carried(ix).sight != Sight::Renew {
            return;
        }
        let (station, key) = (self.cache_of(ix, cache), self.request_key(self.attempts[ix].request));
        let scope = self.background_scope(ix, cache);
        let Some(caching) = self.caching_mut(station) else { return };
        if caching.flights.contains_key(&(scope, key)) {
            return;
        }
        caching.flights.insert((scope, key), Flight::default());
        caching.tally.renewals += 1;
        let Attempt { request, draws, spot: from, replica, .. } = self.attempts[ix];
        let renewal = Renewal { station, scope, key, cache, replica };
        let Some(values) = &mut self.values else { return };
        let renewal = values.renewals.insert(renewal).ix;
        let edge_id = u64::from(self.edges[store as usize].plan.id.0);
        let base = draws.child(purpose::RENEW).child(edge_id);
        let call = self.new_attempt(request, store, Caller::Renewal(renewal), Verb::Request, base);
        let spot = self.spot_or(store, from);
        (self.attempts[call].from_spot, self.attempts[call].spot) = (from, spot);
        let token = self.carried(ix).token;
        self.carry(call, Carried { began: self.now, token, ..Carried::default() });
        self.remark(ix, "Renewal", |_| {
            "the value that is there is answered; a load in the background begins".to_owned()
        });
        self.send(call);
    }

    /// A load in the background has ended.
    #[cold]
    pub(in crate::model::system) fn renewed(&mut self, renewal: u32, ix: u32, outcome: Outcome, reason: Reason) {
        let Some(values) = &mut self.values else { return };
        let Renewal { station, scope, key, cache, replica } = values.renewals[renewal];
        values.renewals.remove(renewal);
        let flight = (scope, key);
        if !self.caching(station).is_some_and(|caching| caching.flights.contains_key(&flight)) {
            return;
        }
        if outcome == Outcome::Completed {
            let carried = self.carried(ix);
            self.carry(ix, Carried { took: self.now.since(carried.began), ..carried });
            if cache == NONE {
                self.keep(station, replica, key, ix);
            } else {
                self.attempts[ix].spot = self.attempts[ix].from_spot;
                self.follow_up(ix, cache, Verb::Fill);
            }
        }
        self.flight_over(station, flight, ix, outcome, reason);
    }

    /// A load has failed: whether the reader takes the old value instead.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn takes_old(&mut self, ix: u32, cache: u32) -> bool {
        let Sight::LoadOrTake { until } = self.carried(ix).sight else { return false };
        let station = self.cache_of(ix, cache);
        if self.clock(station, self.now) > until {
            return false;
        }
        let value = self.carried(ix).value;
        if let Some(caching) = self.caching_mut(station) {
            caching.tally.on_error += 1;
        }
        self.note_if_stale(ix, station, value);
        self.remark(ix, "Stale if error", |_| "the load failed: the old value is answered".to_owned());
        true
    }

    /// A look-up that found nothing, and has no lease to load it.
    pub(in crate::model::system) fn waits_for_lease(&self, ix: u32) -> bool {
        self.carried(ix).sight == Sight::Wait
    }
}
