//! What a handler does once its demand is served: it asks a cache, calls on, waits for the answers, and ends.
//!
//! What a handler does follows from the wiring. A service with a cache and a store behind it asks the cache first, the store on
//! a miss, and fills the cache without waiting (cache-aside); a write goes to the store and then clears the cache's entry. To
//! such a service a broken cache is a miss. A cache that has a store behind *itself* reads through, and its callers depend on
//! it. A service whose replicas have caches of their own asks those first; they keep what came. Hits are never a parameter: keys are drawn, entries are evicted and expire.

use crate::engine::time::SimTime;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Caller, Phase, Stage, Verb};
use crate::model::system::counts::Count;
use crate::model::system::data::{Deed, Found, Verdict};
use crate::model::system::flow::purpose;
use crate::model::system::plan::{CallMode, Operation, PoolKind};
use crate::model::system::pool::replica::Parked;
use crate::model::system::pool::state::{Pool, Step};
use crate::model::system::slab::NONE;
use crate::model::system::trail::Mark;

impl Pool {
    /// The handler that the outgoing edges make: a cache with a store behind the same service is asked first, the other
    /// stations follow by ascending edge id. Replicas that keep answers themselves (`keeps`) do so also where there is only a
    /// store, or a cache that has one.
    pub(in crate::model::system) fn program(mode: CallMode, keeps: bool, out: &[(u32, TargetKind)]) -> Vec<Step> {
        let of = |wanted: TargetKind| out.iter().find(|(_, kind)| *kind == wanted).map(|(edge, _)| *edge);
        let mut steps = Vec::new();
        let mut rest: Vec<u32> = out.iter().map(|(edge, _)| *edge).collect();
        if let (Some(cache), Some(store)) = (of(TargetKind::Cache), of(TargetKind::Store)) {
            steps.push(Step::Aside { cache, store });
            rest.retain(|edge| *edge != cache && *edge != store);
        } else if let Some(store) = of(TargetKind::Store).or(of(TargetKind::Through)).filter(|_| keeps) {
            steps.push(Step::Aside { cache: NONE, store });
            rest.retain(|edge| *edge != store);
        }
        match mode {
            CallMode::Sequence => steps.extend(rest.into_iter().map(Step::Call)),
            CallMode::Parallel if !rest.is_empty() => steps.push(Step::Parallel(rest)),
            CallMode::OneOf if !rest.is_empty() => steps.push(Step::OneOf(rest)),
            CallMode::Parallel | CallMode::OneOf => {}
        }
        steps
    }
}

/// What stands at the other end of an edge, as far as a handler cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model::system) enum TargetKind {
    /// A cache that has no store of its own.
    Cache,
    Store,
    /// A cache that has one.
    Through,
    Other,
}

impl System {
    /// An answer for a caller that is frozen waits.
    #[cold]
    pub(super) fn park(&mut self, ix: u32, outcome: Outcome, reason: Reason, found: bool) {
        let (replica, caller) = (self.attempts[ix].replica, self.attempts.key(ix));
        self.replicas[replica as usize].parked.push(Parked { caller, outcome, reason, found });
    }

    /// The demand is served: the handler goes on.
    pub(super) fn worked(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station_ix, replica_ix, verb, request) = (attempt.station, attempt.replica, attempt.verb, attempt.request);
        if verb == Verb::Probe {
            self.probe_worked(ix);
            return;
        }
        if verb == Verb::Part {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.cold != 0 {
            replica.warm_up(self.now);
        }
        self.note(ix, Mark::Worked);
        let writes = self.requests[request].operation == Operation::Write;
        if matches!(self.pool(station_ix).config.kind, PoolKind::Database) && verb == Verb::Request {
            if self.has_query_caches {
                self.tell_query_cache(ix);
            }
            let from_cache = self.has_query_caches && self.attempts[ix].found;
            self.requests[request].loaded |= !writes && !from_cache;
        }
        if matches!(self.pool(station_ix).config.kind, PoolKind::Cache { .. }) {
            self.cache_worked(ix, station_ix, verb, writes);
            return;
        }
        if verb == Verb::Repeat {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        let program = self.pool(station_ix).program;
        self.attempts[ix].program = program;
        self.continue_handler(ix);
    }

    /// A health check is served. A deep one succeeds only if all that stands behind the station says so, too.
    fn probe_worked(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let behind = if attempt.deep { self.stations[attempt.station as usize].out.clone() } else { Vec::new() };
        if behind.is_empty() {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        self.attempts[ix].stage = Stage::Plain;
        self.call_all_as(ix, &behind, Verb::Probe);
    }

    /// A cache does something with an entry for an attempt that stands there.
    fn at_entry(&mut self, ix: u32, deed: Deed) -> Found {
        if self.values.is_some() {
            return self.work_on_entry(ix, deed);
        }
        let Attempt { station, replica, request, .. } = self.attempts[ix];
        let (key, clock) = (self.request_key(request), self.clock(station, self.now));
        self.pool_mut(station).data.work(replica, key, deed, clock)
    }

    fn cache_worked(&mut self, ix: u32, station_ix: u32, verb: Verb, writes: bool) {
        let store = self.stations[station_ix as usize].out.first().copied();
        if self.has_edge_caches
            && let Some(origin) = store
            && self.pool(station_ix).config.edge_caches.is_some()
        {
            self.at_edge(ix, origin);
            return;
        }
        let deed = match verb {
            Verb::Fill => Deed::Fill(self.expiry(station_ix)),
            Verb::Invalidate => Deed::Forget,
            Verb::Request if writes => {
                if let (true, Some(store)) = (self.values.is_some(), store) {
                    self.pass_write(ix, store);
                    return;
                }
                Deed::Forget
            }
            Verb::Get | Verb::Request | Verb::Probe | Verb::Repeat | Verb::Part => {
                self.look_up(ix, store);
                return;
            }
        };
        self.at_entry(ix, deed);
        match (verb, store) {
            (Verb::Request, Some(store)) => self.call(ix, store, Verb::Request, Stage::Writing),
            _ => self.finish_work(ix, Outcome::Completed, Reason::None),
        }
    }

    /// A cache looks for an entry; where it is not, and there is a store behind, it is loaded.
    pub(in crate::model::system) fn look_up(&mut self, ix: u32, store: Option<u32>) {
        let Found { hit, moved } = self.at_entry(ix, Deed::Get);
        if moved {
            self.note(ix, Mark::KeyMoved);
        }
        let versed = self.values.is_some();
        if !versed || !self.waits_for_lease(ix) {
            let station = self.attempts[ix].station;
            let meter = &mut self.stations[station as usize].meter;
            meter.count(Count::Lookups, 1);
            meter.count(Count::Hits, u64::from(hit));
        }
        let request = self.attempts[ix].request;
        if request != NONE {
            self.requests[request].cacheable = true;
        }
        if hit && self.has_lifetimes {
            self.tell_lifetime(ix);
        }
        self.attempts[ix].found |= hit;
        match store {
            Some(store) if hit && versed => {
                self.renew_if_due(ix, store, NONE);
                self.finish_work(ix, Outcome::Completed, Reason::None);
            }
            Some(store) if !hit && versed => self.load(ix, store, NONE),
            Some(store) if !hit => self.call(ix, store, Verb::Request, Stage::Loading { cache: NONE }),
            _ => self.finish_work(ix, Outcome::Completed, Reason::None),
        }
    }

    /// Runs the handler's steps until one waits, or all are done.
    fn continue_handler(&mut self, ix: u32) {
        loop {
            let attempt = &self.attempts[ix];
            let (station_ix, request, step_no) = (attempt.station, attempt.request, attempt.step);
            let pool = self.pool(station_ix);
            // A handler that was rewired meanwhile ends what it had begun without further calls.
            let step = if attempt.program == pool.program { pool.steps.get(step_no as usize).cloned() } else { None };
            let Some(step) = step else {
                self.finish_work(ix, Outcome::Completed, Reason::None);
                return;
            };
            if self.attempts[ix].policy != NONE
                && let Some((outcome, reason)) = self.useless(ix)
            {
                self.finish_work(ix, outcome, reason);
                return;
            }
            self.attempts[ix].step += 1;
            let operation = self.requests[request].operation;
            match step {
                Step::Aside { cache, store } => {
                    if operation == Operation::Write {
                        self.call(ix, store, Verb::Request, Stage::Storing { cache });
                    } else if self.has_local_caches && self.has_locally(ix)
                        || cache == NONE && !self.takes(ix, store, operation)
                    {
                        continue;
                    } else if cache == NONE {
                        self.call(ix, store, Verb::Request, Stage::KeepingLocally);
                    } else {
                        self.call(ix, cache, Verb::Get, Stage::Looking { store, cache });
                    }
                    return;
                }
                Step::Call(edge) => {
                    if self.takes(ix, edge, operation) {
                        self.call(ix, edge, Verb::Request, Stage::Plain);
                        return;
                    }
                }
                Step::Parallel(edges) => {
                    let edges: Vec<u32> = edges.into_iter().filter(|edge| self.takes(ix, *edge, operation)).collect();
                    if !edges.is_empty() {
                        self.call_all(ix, &edges);
                        return;
                    }
                }
                Step::OneOf(edges) => {
                    if let Some(edge) = self.one_of(ix, &edges, operation) {
                        self.call(ix, edge, Verb::Request, Stage::Plain);
                        return;
                    }
                }
            }
        }
    }

    /// Whether requests like this one go over the connection: by operation and path.
    fn carries(&self, ix: u32, edge: u32, operation: Operation) -> bool {
        let plan = &self.edges[edge as usize].plan;
        plan.carries.takes(operation)
            && (plan.path.is_empty() || {
                let request = self.attempts[ix].request;
                self.path_text(self.requests[request].source, self.request_path(request)).starts_with(&plan.path)
            })
    }

    /// Whether this request causes this call.
    fn takes(&self, ix: u32, edge: u32, operation: Operation) -> bool {
        let plan = &self.edges[edge as usize].plan;
        self.carries(ix, edge, operation)
            && (plan.probability >= 1.0
                || self.attempts[ix].draws.child(purpose::PROBABILITY).unit(u64::from(plan.id.0)) < plan.probability)
    }

    fn one_of(&self, ix: u32, edges: &[u32], operation: Operation) -> Option<u32> {
        let weight = |edge: u32| {
            if self.carries(ix, edge, operation) { self.edges[edge as usize].plan.probability } else { 0.0 }
        };
        let total: f64 = edges.iter().map(|edge| weight(*edge)).sum();
        let mut point = self.attempts[ix].draws.child(purpose::ONE_OF).unit(0) * total;
        let mut last = None;
        for &edge in edges {
            let weight = weight(edge);
            if weight > 0.0 {
                last = Some(edge);
                if point < weight {
                    break;
                }
                point -= weight;
            }
        }
        last
    }

    /// One call; the slot stays held until its answer.
    pub(in crate::model::system) fn call(&mut self, ix: u32, edge: u32, verb: Verb, stage: Stage) {
        self.attempts[ix].stage = stage;
        self.call_all_as(ix, &[edge], verb);
    }

    fn call_all(&mut self, ix: u32, edges: &[u32]) {
        self.attempts[ix].stage = Stage::Plain;
        self.call_all_as(ix, edges, Verb::Request);
    }

    fn call_all_as(&mut self, ix: u32, edges: &[u32], verb: Verb) {
        let attempt = &mut self.attempts[ix];
        attempt.phase = Phase::Waiting;
        attempt.pending = edges.len() as u16;
        // The first failure among the calls is kept here until all have answered.
        attempt.outcome = Outcome::Completed;
        let (request, draws) = (attempt.request, attempt.draws);
        let caller = Caller::Parent(self.attempts.key(ix));
        for &edge in edges {
            let base = draws.child(purpose::CALL).child(u64::from(self.edges[edge as usize].plan.id.0));
            let call = self.new_attempt(request, edge, caller, verb, base);
            if verb == Verb::Fill {
                self.carry(call, self.carried(ix));
            }
            self.send(call);
        }
    }

    /// A call that nobody waits for: filling or clearing a cache.
    pub(in crate::model::system) fn follow_up(&mut self, ix: u32, edge: u32, verb: Verb) {
        let attempt = &self.attempts[ix];
        let base = attempt.draws.child(purpose::FOLLOW_UP).child(u64::from(self.edges[edge as usize].plan.id.0));
        let from = attempt.spot;
        let call = self.new_attempt(attempt.request, edge, Caller::None, verb, base);
        if self.values.is_some() {
            self.carry(call, self.carried(ix));
        }
        let spot = self.spot_or(edge, from);
        let attempt = &mut self.attempts[call];
        (attempt.from_spot, attempt.spot) = (from, spot);
        self.send(call);
    }

    /// One of the handler's calls was answered (or given up).
    pub(in crate::model::system) fn call_answered(&mut self, ix: u32, outcome: Outcome, reason: Reason, found: bool) {
        let replica = self.attempts[ix].replica;
        if replica != NONE && self.replicas[replica as usize].frozen {
            self.park(ix, outcome, reason, found);
            return;
        }
        let attempt = &mut self.attempts[ix];
        attempt.pending -= 1;
        let good = outcome == Outcome::Completed;
        match attempt.stage {
            Stage::Looking { store, cache } => {
                if good && found {
                    if self.values.is_some() {
                        self.renew_if_due(ix, store, cache);
                    }
                    self.kept_locally(ix);
                    self.go_on(ix);
                } else if self.values.is_some() {
                    self.load(ix, store, cache);
                } else {
                    // A broken cache is a miss: the store still knows.
                    self.call(ix, store, Verb::Request, Stage::Loading { cache });
                }
            }
            Stage::Loading { cache } => self.loaded(ix, cache, outcome, reason),
            Stage::Following { cache, .. } => self.has_loaded(ix, cache, outcome, reason),
            Stage::Storing { cache } if good => {
                if self.has_local_caches {
                    self.forget_locally(ix);
                }
                if cache == NONE {
                    // Only the replica itself keeps what it reads.
                } else if self.values.is_none() {
                    self.follow_up(ix, cache, Verb::Invalidate);
                } else if self.stored(ix, cache) {
                    return;
                }
                self.go_on(ix);
            }
            // The store has it: a cache that is down keeps nothing.
            Stage::Keeping => self.go_on(ix),
            // Its coordinator stood still when it was about to answer.
            Stage::Coordinating => self.respond(ix, outcome, reason),
            Stage::Fetching { .. } => self.fetched_from_origin(ix, outcome, reason),
            Stage::Shielding { .. } => self.shielded(ix, outcome, reason),
            Stage::KeepingLocally if good => {
                self.kept_locally(ix);
                self.go_on(ix);
            }
            Stage::Plain
            | Stage::KeepingLocally
            | Stage::Leasing { .. }
            | Stage::InLine { .. }
            | Stage::Storing { .. }
            | Stage::Writing => {
                if attempt.stage == Stage::Writing && self.values.is_some() {
                    self.wrote(ix, good);
                }
                let attempt = &mut self.attempts[ix];
                if !good && attempt.outcome == Outcome::Completed {
                    attempt.outcome = Outcome::Failed;
                    attempt.reason = reason;
                }
                if attempt.pending == 0 {
                    let (outcome, reason, probe) = (attempt.outcome, attempt.reason, attempt.verb == Verb::Probe);
                    if outcome == Outcome::Completed && !probe {
                        self.go_on(ix);
                    } else {
                        self.finish_work(ix, outcome, reason);
                    }
                }
            }
        }
    }

    /// After an answer: the next step, or for a cache the end.
    fn go_on(&mut self, ix: u32) {
        let station = self.attempts[ix].station;
        if matches!(self.pool(station).config.kind, PoolKind::Cache { .. }) {
            self.finish_work(ix, Outcome::Completed, Reason::None);
        } else {
            self.continue_handler(ix);
        }
    }

    /// Keeps what came in the replica's own cache, if it has one.
    #[inline]
    fn kept_locally(&mut self, ix: u32) {
        if self.has_lifetimes {
            self.keep_locally(ix);
        }
    }

    /// A cache has found what it was asked for: until when that is valid travels with the answer.
    #[cold]
    fn tell_lifetime(&mut self, ix: u32) {
        let Attempt { station, replica, request, .. } = self.attempts[ix];
        let (key, clock) = (self.request_key(request), self.clock(station, self.now));
        if let Some(until) = self.pool(station).data.valid_until(replica, key).filter(|until| *until != SimTime::NEVER)
        {
            self.lifetimes.insert(ix, self.now + until.since(clock));
        }
    }

    /// A load was answered: what it brought is kept, and shared.
    fn loaded(&mut self, ix: u32, cache: u32, outcome: Outcome, reason: Reason) {
        let versed = self.values.is_some();
        let kept = !versed || self.load_answered(ix);
        if outcome == Outcome::Completed && kept {
            if cache == NONE {
                self.at_entry(ix, Deed::Fill(self.expiry(self.attempts[ix].station)));
            } else {
                self.follow_up(ix, cache, Verb::Fill);
            }
        }
        if !versed || self.tell_followers(ix, cache, outcome, reason) {
            self.has_loaded(ix, cache, outcome, reason);
        }
    }

    /// The reader has what was loaded, or nothing.
    fn has_loaded(&mut self, ix: u32, cache: u32, outcome: Outcome, reason: Reason) {
        if outcome == Outcome::Completed || (self.values.is_some() && self.takes_old(ix, cache)) {
            // Who asked a cache has it from there.
            self.attempts[ix].found |= cache == NONE;
            if self.has_lifetimes && cache == NONE {
                self.tell_lifetime(ix);
            } else if outcome == Outcome::Completed {
                self.kept_locally(ix);
            }
            self.go_on(ix);
        } else {
            self.finish_work(ix, Outcome::Failed, reason);
        }
    }

    /// The handler is done: the slot goes to the next in line, the answer goes back.
    pub(in crate::model::system) fn finish_work(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let attempt = &self.attempts[ix];
        let (replica_ix, draws) = (attempt.replica, attempt.draws);
        let poison = self.poisoned && outcome == Outcome::Completed && self.is_poison(ix);
        let replica = &self.replicas[replica_ix as usize];
        let (share, bad) = (replica.error_share, replica.bad_version);
        let good = outcome == Outcome::Completed;
        let errs = |share: f64, n: u64| good && share > 0.0 && draws.child(purpose::ERROR).unit(n) < share;
        let (broken, bad) = (errs(share, 0), errs(bad, 1));
        if self.has_heaps {
            self.return_objects(ix);
        }
        if self.values.is_some() && good && !broken && !bad && !poison {
            self.commit_version(ix);
        }
        let verdict = if self.has_spread_data && good && !broken && !bad && !poison {
            self.commit_work(ix)
        } else {
            Verdict::Answer
        };
        if verdict == Verdict::Held {
            return;
        }
        self.release(replica_ix);
        if let Verdict::Refused(reason) = verdict {
            self.respond(ix, Outcome::Rejected, reason);
            return;
        }
        if poison {
            self.respond(ix, Outcome::Failed, Reason::Poison);
        } else if broken || bad {
            self.respond(ix, Outcome::Failed, if broken { Reason::InjectedError } else { Reason::BadVersion });
        } else {
            self.respond(ix, outcome, reason);
        }
    }

    /// What held the answer back is over.
    pub(in crate::model::system) fn finish_held(&mut self, ix: u32) {
        self.release(self.attempts[ix].replica);
        self.respond(ix, Outcome::Completed, Reason::None);
    }
}
