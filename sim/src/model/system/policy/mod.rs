//! Policies of a connection at work: `model/policy` decides, here it is asked and told.
//!
//! A **call** is what a caller wants over a connection, with all its tries; a **ticket** is what one try carries. Both lie
//! beside the attempts, and only for connections that have policies. At a balancer a call goes over the connection that
//! was chosen for each try; the terms of the call (rate limit, deadline, overall time-out, budget, hedging) are those of
//! the connection by which it began, the terms of a try (breaker, limit, time-outs) those of its own.
//!
//! What a policy refuses was never sent: it is in no ledger of attempts, and is counted by reason beside it.
//! Health checks, and what nobody waits for, pass by all policies.
//!
//! What a caller does besides sending and waiting stands on the connection, in this order: rate limit, deadline, retry and
//! hedge; then for each try: breaker, bulkhead or pool, time-out, network. The machines know no clock.
//!
//! - A refusal by breaker or bulkhead is not tried again, except that a balancer with retries left chooses anew at once.
//! - A breaker hears how each try ended; a try that was canceled or never sent says nothing. `consecutive` ignores results of
//!   an older generation; the windows, after resilience4j, do not.
//! - A deadline is an absolute moment. A station that was told of it looks at it on arrival, when work would begin, and before
//!   each call.
//! - A cancellation is a message with a latency of its own. What waits leaves its queue, work in progress stops and frees its
//!   slot, and calls further down are canceled over connections that do so. What a broker has taken stays taken.
//! - The registry of a mesh, and how late its callers learn from it, is that of a balancer in the callers.

#[cfg(test)]
mod check;
mod ends;
mod gates;
mod state;
mod words;

#[cfg(test)]
pub(super) use check::check;
use state::LIVE_MAX;
pub(super) use state::{Call, Ticket};
pub use state::{PolicyCounts, PolicyState};

use super::System;
use super::attempt::{Caller, Phase, Verb};
use super::event::Event;
use super::plan::Layer;
use super::slab::Key;
use super::slab::NONE;
use super::trail::Mark;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::admission::Permit;
use crate::model::outcome::{Outcome, Reason};
use crate::model::policy::PolicyPlan;
use crate::model::policy::hedge::Hedger;

/// What follows from the end of a try.
pub(super) enum After {
    /// Its caller waits on, or has heard already.
    Silence,
    Tell,
    /// With this number.
    Retry(u8),
}

impl System {
    /// Whether a try may be put on the wire now; if not, it waits or has been refused.
    #[inline(never)]
    pub(super) fn clears(&mut self, ix: u32) -> bool {
        let attempt = &self.attempts[ix];
        if attempt.verb == Verb::Probe
            || matches!(
                attempt.caller,
                Caller::None | Caller::Probe { .. } | Caller::Delivery(_) | Caller::Renewal(_) | Caller::Flush
            )
        {
            return true;
        }
        let begins = attempt.policy == NONE || self.tickets[attempt.policy].call == NONE;
        if begins && !self.begin_call(ix) {
            return false;
        }
        let ticket = self.attempts[ix].policy;
        if self.calls[self.tickets[ticket].call].deadline <= self.now {
            self.refuse(ix, Outcome::TimedOut, Reason::DeadlinePassed);
            return false;
        }
        self.passes_breaker(ix) && self.passes_gate(ix)
    }

    /// The terms of a call: rate limit, deadline, overall time-out, budget. Tells whether it may go on at once.
    fn begin_call(&mut self, ix: u32) -> bool {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (edge_ix, caller, request) = (attempt.edge, attempt.caller, attempt.request);
        let balanced = attempt.backend != NONE;
        let call = Call {
            edge: edge_ix,
            caller,
            request,
            verb: attempt.verb,
            base: attempt.base,
            balanced,
            refs: 0,
            deadline: SimTime::NEVER,
            sent_at: SimTime::NEVER,
            done: false,
            tries: 0,
            retries: 0,
            hedges: 0,
            next_is_hedge: false,
            charged: false,
            live: [None; LIVE_MAX],
        };
        let inherited = match caller {
            Caller::Parent(parent) => self.deadline_of(parent.ix),
            _ => SimTime::NEVER,
        };
        let key = self.calls.insert(call);
        if let Caller::Parent(parent) = caller
            && balanced
        {
            let ticket = self.ticket_of(parent.ix);
            self.tickets[ticket].onward = key.ix;
            self.calls[key.ix].refs += 1;
        }
        self.join(ix, key.ix);
        let edge = &mut self.edges[edge_ix as usize];
        let (Some(plan), Some(state)) = (&edge.plan.policy, &mut edge.policy) else { return true };
        state.counts.calls += 1;
        state.open_calls += 1;
        if let Some(budget) = &mut state.budget {
            budget.call(now);
        }
        let own = plan.deadline.map_or(SimTime::NEVER, |deadline| now + deadline);
        let deadline = if plan.pass_deadline { own.min(inherited) } else { own };
        self.calls[key.ix].deadline = deadline;
        let gives_up = plan.overall_timeout.map_or(SimTime::NEVER, |overall| now + overall).min(deadline);
        let limited = state.limit.is_some();
        if limited {
            let client = if request == NONE { 0 } else { u64::from(self.request_ipv4(request)) };
            let limit = self.edges[edge_ix as usize].policy.as_mut().and_then(|state| state.limit.as_mut());
            match limit.map_or(Permit::Go, |limit| limit.permit(now, client)) {
                Permit::Go => {}
                Permit::Wait(wait) => {
                    if gives_up < SimTime::NEVER {
                        self.queue.push(gives_up.max(now), Event::GiveUp { call: key });
                    }
                    self.remark(ix, "Rate limit", |_| format!("its turn comes in {}", in_words(wait)));
                    self.not_asked(ix);
                    self.queue.push(now + wait, Event::Retry { attempt: ix });
                    return false;
                }
                Permit::Refused { .. } => {
                    self.refuse(ix, Outcome::Rejected, Reason::RateLimited);
                    return false;
                }
            }
        }
        if gives_up > now && gives_up < SimTime::NEVER {
            self.queue.push(gives_up, Event::GiveUp { call: key });
        }
        true
    }

    /// A try is put on the wire: if it is its call's first, the time until a hedge begins.
    pub(super) fn await_hedge(&mut self, ix: u32) {
        let call_ix = self.call_of(ix);
        if call_ix == NONE || self.calls[call_ix].sent_at != SimTime::NEVER {
            return;
        }
        self.calls[call_ix].sent_at = self.now;
        let edge = self.calls[call_ix].edge;
        let state = self.edges[edge as usize].policy.as_ref();
        if let Some(wait) = state.and_then(|state| state.hedger.as_ref()).and_then(Hedger::delay) {
            self.hedge_after(wait, self.calls.key(call_ix));
        }
    }

    /// A hedge goes out when a try has taken longer than `wait`: a nanosecond more, so that an answer that takes exactly as
    /// long is heard first, however the events of that moment are ordered.
    fn hedge_after(&mut self, wait: SimDuration, call: Key) {
        self.queue.push(self.now + wait + SimDuration(1), Event::Hedge { call });
    }

    /// The ticket of an attempt, made if it has none.
    fn ticket_of(&mut self, ix: u32) -> u32 {
        if self.attempts[ix].policy == NONE {
            let blank = Ticket {
                call: NONE,
                onward: NONE,
                breaker_epoch: 0,
                gate_epoch: 0,
                breaker: None,
                gate: None,
                line: None,
                charged: false,
                hedge: false,
                cancelled: false,
            };
            self.attempts[ix].policy = self.tickets.insert(blank).ix;
        }
        self.attempts[ix].policy
    }

    /// The attempt is a try of the call from now on.
    pub(super) fn join(&mut self, ix: u32, call_ix: u32) {
        let key = self.attempts.key(ix);
        let number = self.attempts[ix].try_no;
        let ticket = self.ticket_of(ix);
        let call = &mut self.calls[call_ix];
        call.refs += 1;
        call.tries = call.tries.max(number + 1);
        if let Some(free) = call.live.iter_mut().find(|live| live.is_none()) {
            *free = Some(key);
        }
        let ticket = &mut self.tickets[ticket];
        ticket.call = call_ix;
        ticket.hedge = std::mem::take(&mut call.next_is_hedge);
        ticket.charged = std::mem::take(&mut call.charged);
        if ticket.hedge {
            self.note(ix, Mark::Hedge);
        }
    }

    /// A balancer sends a try on: of the call under way, if there is one.
    pub(super) fn join_onward(&mut self, standing: u32, ix: u32) {
        let onward = self.tickets[self.attempts[standing].policy].onward;
        if onward != NONE {
            self.join(ix, onward);
        }
    }

    /// The call that an attempt is a try of.
    pub(super) fn call_of(&self, ix: u32) -> u32 {
        match self.attempts[ix].policy {
            NONE => NONE,
            ticket => self.tickets[ticket].call,
        }
    }

    /// When nobody needs the answer of an attempt any more, as far as its station was told.
    fn deadline_of(&self, ix: u32) -> SimTime {
        match self.call_of(ix) {
            NONE => SimTime::NEVER,
            call => self.calls[call].deadline,
        }
    }

    /// Why an attempt that stands at a station is not worth any work, as far as the station knows.
    pub(super) fn useless(&self, ix: u32) -> Option<(Outcome, Reason)> {
        let ticket = self.attempts[ix].policy;
        if ticket == NONE {
            None
        } else if self.tickets[ticket].cancelled {
            Some((Outcome::Abandoned, Reason::Cancelled))
        } else {
            (self.deadline_of(ix) <= self.now).then_some((Outcome::TimedOut, Reason::DeadlinePassed))
        }
    }

    /// Work that the proxies of the connection add to a request at its station.
    pub(super) fn proxy_work(&self, ix: u32) -> SimDuration {
        let plan = &self.edges[self.attempts[ix].edge as usize].plan;
        let sidecar = plan.policy.as_ref().and_then(|policy| policy.sidecar);
        sidecar.map_or(SimDuration::ZERO, |sidecar| sidecar.cpu)
    }

    /// Whether the caller has stopped waiting for the answer.
    fn is_gone(&self, caller: Caller) -> bool {
        match caller {
            Caller::Parent(parent) => self.attempts.get(parent).is_none_or(|parent| parent.phase != Phase::Waiting),
            _ => false,
        }
    }

    /// A policy refuses a try that was never sent. Where a balancer can choose anew, it does, as often as it may retry;
    /// elsewhere the call ends: it would be refused again.
    fn refuse(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let attempt = &self.attempts[ix];
        let (edge_ix, caller, request) = (attempt.edge, attempt.caller, attempt.request);
        let call_ix = self.call_of(ix);
        self.note(ix, Mark::Heard(outcome, reason));
        let edge = &mut self.edges[edge_ix as usize];
        let may_retry = edge.plan.retries;
        if let Some(state) = &mut edge.policy {
            match reason {
                Reason::RateLimited => state.counts.rate_limited += 1,
                Reason::DeadlinePassed => state.counts.past_deadline += 1,
                Reason::CircuitOpen => state.counts.circuit_open += 1,
                _ => state.counts.bulkhead_full += 1,
            }
        }
        self.not_asked(ix);
        self.settle_ticket(ix, Outcome::Abandoned, SimDuration::ZERO);
        let call = &mut self.calls[call_ix];
        call.forget(self.attempts.key(ix));
        let (done, alone) = (call.done, call.live.iter().all(Option::is_none));
        if !done && alone {
            let elsewhere = call.balanced && matches!(reason, Reason::CircuitOpen | Reason::BulkheadFull);
            if let Caller::Parent(parent) = caller
                && elsewhere
                && call.retries < may_retry
                && !self.is_gone(caller)
            {
                let call = &mut self.calls[call_ix];
                call.retries += 1;
                let number = call.tries;
                self.balance(parent.ix, number);
            } else {
                self.end_call(call_ix);
                self.tell(caller, request, self.calls[call_ix].balanced, outcome, reason);
            }
        }
        if !done && !alone {
            self.look_at_live(call_ix);
        }
        self.free(ix);
    }

    /// Of a user's tries, the newest that is still under way is the one that they wait for.
    fn look_at_live(&mut self, call_ix: u32) {
        let call = &self.calls[call_ix];
        if let (Caller::Client, Some(live)) = (call.caller, call.live.iter().flatten().next()) {
            self.requests[call.request].attempt = live.ix;
        }
    }

    /// A user has left while a try waited to be sent.
    pub(super) fn leave_call_of(&mut self, ix: u32) {
        let call = self.call_of(ix);
        if call != NONE {
            self.end_call(call);
            self.drop_others(call);
        }
    }

    /// A backend that was chosen is not asked after all: that says nothing of it.
    fn not_asked(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        if attempt.backend != NONE {
            let station = self.edges[attempt.edge as usize].from;
            self.backend_not_asked(station, ix);
        }
    }

    /// The first try has been out for longer than usual: another one is sent beside it.
    pub(super) fn hedge(&mut self, key: Key) {
        self.quiet = true;
        let Some(call) = self.calls.get(key).filter(|call| !call.done) else { return };
        let (edge_ix, caller, balanced) = (call.edge, call.caller, call.balanced);
        let out = call.live.iter().flatten().copied().find(|one| {
            self.attempts.get(*one).is_some_and(|attempt| !matches!(attempt.phase, Phase::Backoff | Phase::Held))
        });
        let edge = &self.edges[edge_ix as usize];
        let hedger = edge.policy.as_ref().and_then(|state| state.hedger.as_ref());
        let Some((extra, wait)) = hedger.and_then(|hedger| Some((hedger.settings().extra, hedger.delay()?))) else {
            return;
        };
        let (Some(out), false) = (out, edge.removed || self.is_gone(caller)) else { return };
        if call.hedges >= extra || self.asks_for_names(caller, balanced) || !self.withdraw(key.ix, out.ix) {
            return;
        }
        self.quiet = false;
        let call = &mut self.calls[key.ix];
        call.hedges += 1;
        call.next_is_hedge = true;
        let (number, request, verb, base, more) = (call.tries, call.request, call.verb, call.base, call.hedges < extra);
        if let Some(state) = &mut self.edges[edge_ix as usize].policy {
            state.counts.hedges += 1;
        }
        if more {
            self.hedge_after(wait, key);
        }
        match caller {
            Caller::Parent(parent) if balanced => self.balance(parent.ix, number),
            _ => {
                let again = self.new_attempt(request, edge_ix, caller, verb, base);
                let attempt = &mut self.attempts[again];
                attempt.try_no = number;
                attempt.draws = base.child(super::flow::purpose::RETRY).child(u64::from(number));
                self.join(again, key.ix);
                self.send(again);
            }
        }
        if let Some(call) = self.calls.get(key) {
            // The balancer had nobody to send it to.
            if call.next_is_hedge {
                let charged = call.charged;
                let call = &mut self.calls[key.ix];
                (call.next_is_hedge, call.charged) = (false, false);
                if charged {
                    self.return_charge(key.ix);
                }
            }
        }
    }

    /// Whether a balancer is just choosing for a hedge.
    pub(super) fn is_hedging(&self, standing: u32) -> bool {
        let onward = self.tickets[self.attempts[standing].policy].onward;
        onward != NONE && self.calls[onward].next_is_hedge
    }

    /// A resolver has one answer for all: asked twice, it says the same.
    fn asks_for_names(&self, caller: Caller, balanced: bool) -> bool {
        let (Caller::Parent(parent), true) = (caller, balanced) else { return false };
        let station = self.attempts[parent.ix].station;
        self.stations[station as usize]
            .balancer()
            .is_some_and(|balancer| matches!(balancer.config.layer, Layer::Names(_)))
    }

    /// A try goes out. If it has not got through within the connect time-out, it ends.
    pub(super) fn watch_connect(&mut self, ix: u32, lost: bool, latency: SimDuration) {
        let edge = &self.edges[self.attempts[ix].edge as usize];
        let wait = edge.plan.policy.as_ref().and_then(|policy| policy.connect_timeout);
        if let Some(wait) = wait.filter(|wait| lost || latency > *wait)
            && self.attempts[ix].verb != Verb::Probe
            && !matches!(self.attempts[ix].caller, Caller::None)
        {
            let attempt = self.attempts.key(ix);
            self.queue.push(self.now + wait, Event::ConnectTimeOut { attempt });
        }
    }

    /// The connection has another plan than before.
    pub(super) fn replan_policies(&mut self, edge_ix: u32, old: Option<&PolicyPlan>) {
        let now = self.now;
        let edge = &mut self.edges[edge_ix as usize];
        edge.hop = edge
            .plan
            .policy
            .as_ref()
            .and_then(|policy| policy.sidecar)
            .map_or(SimDuration::ZERO, |sidecar| sidecar.latency);
        let (released, gates) = match (&mut edge.policy, &edge.plan.policy) {
            (None, None) => return,
            (state @ None, Some(new)) => {
                *state = Some(Box::new(PolicyState::new(new, now)));
                return;
            }
            (Some(state), new) => {
                let none = PolicyPlan::default();
                let released = state.update(old.unwrap_or(&none), new.as_deref().unwrap_or(&none), now);
                (released, state.gates.keys().copied().collect::<Vec<u32>>())
            }
        };
        if edge.plan.policy.is_none() {
            edge.policy = None;
        }
        for attempt in released {
            self.queue.push(now, Event::Released { attempt });
        }
        for whose in gates {
            self.queue.push(now, Event::Room { edge: edge_ix, whose });
        }
    }
}

/// A span of time in words.
fn in_words(span: SimDuration) -> String {
    let secs = span.as_secs_f64();
    if secs >= 1.0 { format!("{secs:.1} s") } else { format!("{:.1} ms", secs * 1e3) }
}
