//! The way of an attempt: sent over an edge, received by a station, answered, heard by its caller or given up.
//!
//! A **request** is what a user wants; an **attempt** is one try to get something over one connection. A request has at least
//! one attempt, and more with retries, balancers in between, and calls further down.
//!
//! 1. `send` books the attempt at the connection, starts the time-out, draws the latency.
//! 2. `reach`: it arrives at its station. A balancer picks and sends on; a station that works goes to `admit`.
//! 3. `admit`: a free slot, else a waiting place, else `Rejected`; a dead replica refuses at once. Where no balancer chose a
//!    replica, any of them is taken at random, dead or alive, unless they share one queue: then the first with a free slot works.
//! 4. The work is served, the handler calls the stations behind it, and the slot is held until the last answer is in. That is
//!    how one slow station fills those in front of it.
//! 5. `respond` books the outcome at the station and sends the answer back with a latency of its own.
//! 6. `conclude` books the outcome at the connection as its caller sees it, retries after a back-off, or tells the caller.
//! 7. When the first attempt of a request is concluded for good, the request ends: trace hash, totals, percentiles.
//!
//! A caller that times out stops listening, but the work goes on unless its connection cancels: it holds its slot to the end,
//! and nobody hears its answer. A user who runs out of patience leaves the same way. A retry is a fresh attempt; at a balancer
//! it chooses anew, and elsewhere if it can.
//!
//! **Invariant:** ledgers are conserved at every moment. User requests: offered = sum over outcomes + in flight. Attempts, for
//! each connection: sent = sum over outcomes + in flight. Health checks stand in neither, though they take slots. Outcomes and
//! reasons are closed sets (`outcome.rs`); a reason is that of the first cause, carried up through every caller.

use super::System;
use super::attempt::{Attempt, Caller, Phase, Request, Stage, Verb};
use super::caching::Carried;
use super::counts::Count;
use super::event::Event;
use super::plan::Operation;
use super::policy::After;
use super::slab::Key;
use super::slab::NONE;
use super::spots::NOWHERE;
use super::station::Kind;
use super::trail::Mark;
use crate::engine::rng::{DrawKey, mix};
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};

/// How long the operating system keeps trying to reach a host that does not answer, where no time-out is set:
/// Linux `tcp_syn_retries` = 6 gives 127 s.
pub const UNREACHABLE_AFTER: SimDuration = SimDuration::from_secs(127);

/// Purposes of an attempt's draws; each is a child key, so that none shifts another.
pub(super) mod purpose {
    pub const DEMAND: u64 = 1;
    pub const LATENCY_OUT: u64 = 2;
    pub const LATENCY_BACK: u64 = 3;
    pub const BACKOFF: u64 = 4;
    pub const ERROR: u64 = 5;
    pub const PROBABILITY: u64 = 6;
    pub const ONE_OF: u64 = 7;
    pub const RETRY: u64 = 8;
    pub const CALL: u64 = 9;
    pub const FOLLOW_UP: u64 = 10;
    pub const CONNECTION: u64 = 11;
    pub const HANDSHAKE: u64 = 12;
    pub const LOSS_OUT: u64 = 13;
    pub const LOSS_BACK: u64 = 14;
    pub const JITTER: u64 = 15;
    pub const CANCEL: u64 = 16;
    pub const COPY: u64 = 17;
    pub const EVENT: u64 = 18;
    pub const LIFETIME: u64 = 19;
    pub const EARLY: u64 = 20;
    pub const RENEW: u64 = 21;
    pub const FLUSH: u64 = 22;
    pub const MISSING: u64 = 23;
    pub const SEARCH: u64 = 24;
    pub const SHIP: u64 = 25;
    pub const QUORUM: u64 = 26;
    pub const SCATTER: u64 = 27;
    pub const DELIVERY: u64 = 30;
}

impl System {
    /// A fresh attempt over `edge`, not sent yet.
    pub(super) fn new_attempt(&mut self, request: u32, edge: u32, caller: Caller, verb: Verb, base: DrawKey) -> u32 {
        if request != NONE {
            self.requests[request].refs += 1;
        }
        let (from_spot, spot) = if self.spots.used { self.spots_of(request, edge, caller) } else { (NOWHERE, NOWHERE) };
        let attempt = Attempt {
            request,
            edge,
            station: self.edges[edge as usize].to,
            replica: NONE,
            backend: NONE,
            via: NONE,
            caller,
            draws: base,
            base,
            sent_at: self.now,
            reached_at: self.now,
            verb,
            phase: Phase::Backoff,
            stage: Stage::Plain,
            outcome: Outcome::Completed,
            reason: Reason::None,
            from_spot,
            spot,
            handshake: false,
            try_no_next: 0,
            load: f32::NAN,
            policy: NONE,
            tried: 0,
            try_no: 0,
            step: 0,
            program: 0,
            pending: 0,
            deep: false,
            detached: false,
            found: false,
        };
        let ix = self.attempts.insert(attempt).ix;
        if let Caller::Client = caller {
            self.requests[request].attempt = ix;
        }
        if self.values.is_some() {
            self.carry(ix, Carried::default());
        }
        self.note(ix, Mark::Made);
        ix
    }

    /// Where an attempt starts, and where it goes: what stands nowhere stands where its caller stands.
    fn spots_of(&self, request: u32, edge: u32, caller: Caller) -> (u8, u8) {
        let from = match caller {
            Caller::Client => self.requests[request].spot,
            Caller::Parent(parent) => self.attempts.get(parent).map_or(NOWHERE, |parent| parent.spot),
            Caller::Probe { balancer, .. } => self.stations[balancer as usize].spot,
            Caller::Delivery(_) => self.stations[self.edges[edge as usize].from as usize].spot,
            Caller::None | Caller::Renewal(_) | Caller::Flush | Caller::Coordinator { .. } | Caller::Scatter(_) => {
                NOWHERE
            }
        };
        (from, self.spot_or(edge, from))
    }

    /// The spot at the other end of an edge, coming from a spot.
    pub(super) fn spot_or(&self, edge: u32, from: u8) -> u8 {
        match self.stations[self.edges[edge as usize].to as usize].spot {
            NOWHERE => from,
            spot => spot,
        }
    }

    /// The attempt arrives at its station.
    pub(super) fn reach(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &mut self.attempts[ix];
        attempt.reached_at = now;
        let (station_ix, request, probe) = (attempt.station, attempt.request, attempt.verb == Verb::Probe);
        let policy = attempt.policy;
        let station = &mut self.stations[station_ix as usize];
        if request != NONE {
            let request = &mut self.requests[request];
            request.visited = mix(request.visited ^ u64::from(station.id.0));
        }
        self.note(ix, Mark::Reached);
        let station = &self.stations[station_ix as usize];
        if station.removed || (station.down && !self.goes_on_without(ix)) {
            let reason = if station.removed { Reason::Removed } else { Reason::ConnectionRefused };
            self.respond(ix, Outcome::Failed, reason);
            return;
        }
        let station = &mut self.stations[station_ix as usize];
        if !probe {
            station.meter.count(Count::Arrivals, 1);
        }
        if policy != NONE
            && let Some((outcome, reason)) = self.useless(ix)
        {
            self.respond(ix, outcome, reason);
            return;
        }
        let station = &self.stations[station_ix as usize];
        if station.admission.is_some() && !probe {
            self.enter(ix);
        } else {
            self.take_in(ix);
        }
    }

    /// The station takes the attempt up.
    #[inline]
    pub(super) fn take_in(&mut self, ix: u32) {
        match &self.stations[self.attempts[ix].station as usize].kind {
            Kind::Balancer(_) => self.balance(ix, 0),
            Kind::Pool(_) => self.admit(ix),
            Kind::Broker(_) => self.publish(ix),
            Kind::Source(_) => self.respond(ix, Outcome::Failed, Reason::NoRoute),
        }
    }

    /// The station is done with the attempt: its answer travels back.
    pub(super) fn respond(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        if self.has_parts && self.attempts[ix].verb == Verb::Part {
            self.part_ended(ix, outcome, reason);
            return;
        }
        if self.values.is_some() {
            self.leave_flight(ix);
        }
        if self.has_edge_caches {
            self.leaves_edge(ix);
        }
        let now = self.now;
        let attempt = &mut self.attempts[ix];
        attempt.outcome = outcome;
        attempt.reason = reason;
        attempt.phase = Phase::Back;
        if self.has_heaps {
            self.return_objects(ix);
        }
        if self.has_rows {
            self.unlock(ix);
        }
        self.note(ix, Mark::Answered(outcome, reason));
        let attempt = &mut self.attempts[ix];
        let (edge_ix, station_ix, draws) = (attempt.edge, attempt.station, attempt.draws);
        if attempt.backend != NONE && attempt.replica != NONE {
            let replica = &self.replicas[attempt.replica as usize];
            attempt.load = replica.load();
        }
        let way = self.spots.way(attempt.spot, attempt.from_spot);
        let (probe, nobody, detached) =
            (attempt.verb == Verb::Probe, matches!(attempt.caller, Caller::None), attempt.detached);
        let stay = now.since(attempt.reached_at);
        let caller = attempt.caller;
        if !probe {
            let station = &mut self.stations[station_ix as usize];
            station.meter.answered(outcome, stay);
            if station.admission.is_some() {
                self.tell_admission(ix, outcome);
            }
        }
        let edge = &self.edges[edge_ix as usize];
        if let (true, Some(latency), None, false, Caller::Parent(_) | Caller::Client) =
            (self.plain, edge.constant, &edge.link, detached, caller)
        {
            // Nothing below concerns it but the way.
            let latency = latency + edge.hop + way;
            if self.watched && !probe {
                self.sample_hop(ix, edge_ix, true, outcome, (now, now + latency));
            }
            if latency == SimDuration::ZERO {
                self.answer(ix);
            } else {
                self.queue.push_after(now, latency, Event::Answer { attempt: ix });
            }
            return;
        }
        if let Caller::Delivery(delivery) = caller
            && outcome == Outcome::Completed
        {
            self.processed(delivery);
        }
        if nobody || (detached && reason == Reason::Cancelled) {
            if !detached {
                self.book_end(ix, outcome);
            }
            self.free(ix);
            return;
        }
        if self.transfers {
            self.pay_for_data(ix, true);
        }
        let lost = self.loses(ix, edge_ix, true);
        let edge = &self.edges[edge_ix as usize];
        if lost {
            if detached {
                self.free(ix);
                return;
            }
            self.attempts[ix].phase = Phase::Lost;
            if !probe && edge.plan.timeout.is_none() {
                let key = self.attempts.key(ix);
                self.queue.push_after(now, UNREACHABLE_AFTER, Event::TimeOut { attempt: key });
            }
            self.note(ix, Mark::LostBack);
            return;
        }
        let latency = edge.latency(draws, purpose::LATENCY_BACK) + way;
        let latency = latency + self.on_the_link(ix, edge_ix, true);
        if self.watched && !probe {
            self.sample_hop(ix, edge_ix, true, outcome, (now, now + latency));
        }
        if latency == SimDuration::ZERO {
            self.answer(ix);
        } else {
            self.travel(edge_ix, latency, Event::Answer { attempt: ix });
        }
    }

    /// The answer is back: the caller hears it, if it still listens.
    pub(super) fn answer(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        if attempt.detached {
            self.free(ix);
            return;
        }
        let (outcome, reason) = (attempt.outcome, attempt.reason);
        self.conclude(ix, outcome, reason);
        self.free(ix);
    }

    /// The caller's patience is over.
    pub(super) fn time_out(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(key) else {
            self.quiet = true;
            return;
        };
        if attempt.detached || attempt.phase == Phase::Backoff {
            return;
        }
        let set = attempt.verb == Verb::Probe || self.edges[attempt.edge as usize].plan.timeout.is_some();
        let reason = if set { Reason::TimeOut } else { Reason::Unreachable };
        self.give_up_try(key.ix, reason);
    }

    /// The caller does not wait for this try any longer.
    fn give_up_try(&mut self, ix: u32, reason: Reason) {
        self.attempts[ix].detached = true;
        self.conclude(ix, Outcome::TimedOut, reason);
        self.detach(ix);
    }

    /// The connect time-out is over: has the try got through?
    pub(super) fn connect_timed_out(&mut self, key: Key) {
        let waits = |attempt: &&Attempt| !attempt.detached && matches!(attempt.phase, Phase::Out | Phase::Lost);
        if self.attempts.get(key).filter(waits).is_some() {
            self.give_up_try(key.ix, Reason::ConnectTimeOut);
        } else {
            self.quiet = true;
        }
    }

    /// A user's patience is over: what was done for them goes on, for nobody.
    pub(super) fn leave(&mut self, request: Key) {
        let Some(&Request { done: false, attempt: ix, .. }) = self.requests.get(request) else {
            self.quiet = true;
            return;
        };
        let attempt = &mut self.attempts[ix];
        if matches!(attempt.phase, Phase::Backoff | Phase::Held) {
            // Between two tries: the next one is never sent.
            self.finish_request(request.ix, Outcome::Abandoned, Reason::ClientLeft);
            self.leave_call_of(ix);
            return;
        }
        attempt.detached = true;
        self.conclude(ix, Outcome::Abandoned, Reason::ClientLeft);
        self.detach(ix);
    }

    /// Books the end of an attempt as its caller sees it, then retries or tells the caller.
    fn conclude(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let attempt = &self.attempts[ix];
        let (edge_ix, caller, verb, try_no, backend) =
            (attempt.edge, attempt.caller, attempt.verb, attempt.try_no, attempt.backend);
        if let Caller::Probe { balancer, backend } = caller {
            self.probe_done(balancer, backend, outcome == Outcome::Completed);
            return;
        }
        if let (Verb::Probe, Caller::Parent(parent)) = (verb, caller) {
            // What a deep check asked in turn: it counts nowhere but there.
            if self.attempts.get(parent).is_some_and(|parent| parent.phase == Phase::Waiting) {
                self.call_answered(parent.ix, outcome, reason, false);
            }
            return;
        }
        self.note(ix, Mark::Heard(outcome, reason));
        let attempt = &self.attempts[ix];
        let (found, via, request, base) = (attempt.found, attempt.via, attempt.request, attempt.base);
        let policy = attempt.policy;
        self.book_end(ix, outcome);
        if let Caller::Delivery(delivery) = caller {
            // When and where to deliver it again is the broker's own affair.
            self.delivery_answered(delivery, outcome, reason);
            return;
        }
        if let Caller::Renewal(renewal) = caller {
            self.renewed(renewal, ix, outcome, reason);
            return;
        }
        if let Caller::Flush = caller {
            self.flushed(request, outcome);
            return;
        }
        let over = matches!(outcome, Outcome::Completed | Outcome::Abandoned);
        let edge = &self.edges[edge_ix as usize];
        let retries = (!over && !edge.removed).then_some(edge.plan.retries);
        let mut retry = retries.is_some_and(|retries| try_no < retries);
        let backoff = edge.plan.backoff;
        if let Caller::Parent(parent) = caller {
            if backend != NONE {
                let station = self.attempts[parent.ix].station;
                let station =
                    if self.attempts.get(parent).is_some() { station } else { self.edges[edge_ix as usize].from };
                self.backend_answered(station, ix, outcome, reason);
            }
            // The caller itself may be gone: killed, or answered already.
            if self.attempts.get(parent).is_none_or(|parent| parent.phase != Phase::Waiting) {
                if policy != NONE {
                    self.try_ended(ix, outcome, None);
                }
                return;
            }
        }
        let mut next = try_no + 1;
        if policy != NONE {
            match self.try_ended(ix, outcome, retries) {
                After::Silence => return,
                After::Tell => retry = false,
                After::Retry(number) => (retry, next) = (true, number),
            }
        }
        if retry {
            let again = self.new_attempt(request, edge_ix, caller, verb, base);
            let attempt = &mut self.attempts[again];
            attempt.try_no = next;
            attempt.draws = base.child(purpose::RETRY).child(u64::from(next));
            attempt.backend = backend;
            attempt.via = via;
            let call = if policy == NONE { NONE } else { self.call_of(ix) };
            if call != NONE {
                self.join(again, call);
            }
            let wait = SimDuration::from_secs_f64(
                backoff.wait(u32::from(next), |retry| base.child(purpose::BACKOFF).unit(u64::from(retry))),
            );
            self.queue.push(self.now + wait, Event::Retry { attempt: again });
            return;
        }
        if let (true, Caller::Parent(parent), Outcome::Completed) = (self.values.is_some(), caller, outcome) {
            self.take_over(parent.ix, ix);
        }
        if let (false, Caller::Parent(parent)) = (self.lifetimes.is_empty(), caller)
            && let Some(until) = self.lifetimes.remove(&ix)
            && (backend != NONE || self.attempts[parent.ix].stage.keeps())
        {
            self.lifetimes.insert(parent.ix, until);
        }
        self.hand_up(caller, request, backend != NONE, found, outcome, reason);
    }

    /// Gives an answer to who asked for it; `balanced`: it was a balancer, and `found`, whether a cache had the value, is
    /// passed on.
    #[inline]
    pub(super) fn hand_up(
        &mut self,
        caller: Caller,
        request: u32,
        balanced: bool,
        found: bool,
        outcome: Outcome,
        reason: Reason,
    ) {
        match caller {
            Caller::Client => self.finish_request(request, outcome, reason),
            Caller::Parent(parent) if balanced => {
                // A balancer passes on what its backend said.
                self.attempts[parent.ix].found = found;
                self.respond(parent.ix, outcome, reason);
            }
            Caller::Parent(parent) => self.call_answered(parent.ix, outcome, reason, found),
            Caller::None
            | Caller::Probe { .. }
            | Caller::Delivery(_)
            | Caller::Renewal(_)
            | Caller::Flush
            | Caller::Coordinator { .. }
            | Caller::Scatter(_) => {}
        }
    }

    /// The wait is over: the attempt goes out, if its caller still waits.
    pub(super) fn retry(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let left = matches!(attempt.caller, Caller::Client) && self.requests[attempt.request].done;
        if left || (attempt.policy != NONE && self.is_over(ix)) {
            // The user has left meanwhile, or the call has ended.
            self.free(ix);
            return;
        }
        if let Caller::Parent(parent) = attempt.caller {
            if self.attempts.get(parent).is_none_or(|parent| parent.phase != Phase::Waiting) {
                self.free(ix);
                return;
            }
            if attempt.backend != NONE {
                // A balancer chooses anew for each try.
                let try_no = attempt.try_no;
                self.free(ix);
                self.balance(parent.ix, try_no);
                return;
            }
        }
        self.send(ix);
    }

    /// Frees an attempt, and its request with the last one.
    pub(super) fn free(&mut self, ix: u32) {
        let Attempt { request, policy, detached, .. } = self.attempts[ix];
        self.note(ix, Mark::Freed);
        if let Caller::Delivery(delivery) = self.attempts[ix].caller {
            self.delivery_freed(delivery);
        }
        if policy != NONE || detached {
            self.drop_ticket(ix);
        }
        self.attempts.remove(ix);
        if !self.lifetimes.is_empty() {
            self.lifetimes.remove(&ix);
        }
        if !self.interrupted.is_empty() {
            self.interrupted.remove(&ix);
        }
        if request != NONE {
            self.release_request(request);
        }
    }

    /// One fewer refers to the request; with the last one it goes, if it is done.
    #[inline]
    pub(super) fn release_request(&mut self, ix: u32) {
        let request = &mut self.requests[ix];
        request.refs -= 1;
        if request.refs == 0 && request.done {
            self.requests.remove(ix);
        }
    }

    /// The user has an answer, or has none and never will.
    pub(super) fn finish_request(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        self.note_end(ix, outcome, reason);
        if self.watched {
            self.keep_exemplar(ix, outcome, reason);
        }
        let request = &mut self.requests[ix];
        request.done = true;
        let Request { source, user, ordinal, born, visited, counted, operation, cacheable, loaded, .. } = *request;
        let source_id = self.stations[source as usize].id;
        self.trace.add(source_id.0, ordinal, self.now.0, outcome as u8, visited);
        let good = self.totals.ended(outcome, reason, born, self.now, counted);
        let took = self.now.since(born);
        self.meter.answered(outcome, took);
        if cacheable {
            self.totals.looked_up(born, counted, !loaded);
            self.meter.count(Count::Lookups, 1);
            self.meter.count(Count::Hits, u64::from(!loaded));
        }
        let source_meter = &mut self.stations[source as usize].meter;
        source_meter.answered(outcome, took);
        if good {
            source_meter.count(Count::Good, 1);
            self.meter.count(Count::Good, 1);
        }
        if operation == Operation::Write && matches!(outcome, Outcome::TimedOut | Outcome::Abandoned) {
            // Kept or not: its client does not know.
            self.stations[source as usize].meter.count(Count::WritesUnknown, 1);
            self.meter.count(Count::WritesUnknown, 1);
        }
        if user != NONE {
            self.user_answered(source, user, ordinal);
        }
    }
}
