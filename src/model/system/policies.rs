//! Policies of a connection at work: `model/policy` decides, here it is asked and told.
//!
//! A **call** is what a caller wants over a connection, with all its tries; a **ticket** is what one try carries. Both lie
//! beside the attempts, and only for connections that have policies. At a balancer a call goes over whichever connection
//! was chosen for each try; the terms of the call (rate limit, deadline, overall time-out, budget, hedging) are those of
//! the connection by which it began, the terms of a try (breaker, limit, time-outs) those of its own.
//!
//! What a policy refuses was never sent: it is in no ledger of attempts, and is counted by reason beside it.
//! Health checks, and what nobody waits for, pass by all policies.

use std::collections::BTreeMap;

use super::System;
use super::journey::Mark;
use super::plan::Layer;
use super::slab::Key;
use super::state::{Attempt, Caller, Edge, Event, Kind, LogTone, NONE, Phase, Verb};
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::admission::{Permit, RateLimit};
use crate::model::outcome::{Outcome, Reason};
use crate::model::policy::PolicyPlan;
use crate::model::policy::breaker::{Breaker, Scope, State};
use crate::model::policy::budget::Budget;
use crate::model::policy::bulkhead::{Entered, Gate};
use crate::model::policy::hedge::Hedger;

/// Tries of a call under way at a time: the first and three hedges.
const LIVE_MAX: usize = 4;

/// What a connection's policies remember.
#[derive(Clone, Debug)]
pub(crate) struct PolicyState {
    pub(crate) limit: Option<Box<RateLimit>>,
    /// By whose they are; see [`Scope`].
    pub(crate) breakers: BTreeMap<u32, Box<dyn Breaker>>,
    pub(crate) budget: Option<Box<dyn Budget>>,
    pub(crate) hedger: Option<Hedger>,
    /// By whose they are: a replica of the caller, or [`NONE`] for all.
    pub(super) gates: BTreeMap<u32, Gate<Key>>,
    /// Rise when breakers, or gates, are replaced: tickets from before mean nothing to them.
    breaker_epoch: u64,
    gate_epoch: u64,
    pub(crate) counts: PolicyCounts,
    /// Calls that have not ended.
    pub(crate) open_calls: u32,
}

/// What a connection's policies did since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PolicyCounts {
    pub(crate) calls: u64,
    /// Tries sent that were not their call's first.
    pub(crate) again: u64,
    pub(crate) rate_limited: u64,
    pub(crate) past_deadline: u64,
    pub(crate) circuit_open: u64,
    pub(crate) bulkhead_full: u64,
    /// Retries and hedges for which the budget had nothing left.
    pub(crate) unpaid: u64,
    pub(crate) hedges: u64,
    pub(crate) hedges_won: u64,
    pub(crate) cancels: u64,
}

impl PolicyState {
    pub(super) fn new(plan: &PolicyPlan, now: SimTime) -> Self {
        Self {
            limit: plan.rate_limit.as_ref().map(|settings| Box::new(RateLimit::new(settings))),
            breakers: BTreeMap::new(),
            budget: plan.budget.as_ref().map(|settings| settings.build(now)),
            hedger: plan.hedging.map(Hedger::new),
            gates: BTreeMap::new(),
            breaker_epoch: now.0,
            gate_epoch: now.0,
            counts: PolicyCounts::default(),
            open_calls: 0,
        }
    }

    /// Goes by another plan from now on; what is still true stays. Tells who waited at a gate that is no more.
    fn update(&mut self, old: &PolicyPlan, new: &PolicyPlan, now: SimTime) -> Vec<Key> {
        let mut released = Vec::new();
        match (&mut self.limit, &new.rate_limit) {
            (Some(limit), Some(settings)) => limit.reconfigure(settings),
            (limit, settings) => *limit = settings.as_ref().map(|settings| Box::new(RateLimit::new(settings))),
        }
        if old.breaker != new.breaker {
            self.breakers.clear();
            self.breaker_epoch = now.0.max(self.breaker_epoch + 1);
        }
        if old.budget != new.budget {
            self.budget = new.budget.as_ref().map(|settings| settings.build(now));
        }
        if old.hedging != new.hedging {
            self.hedger = new.hedging.map(Hedger::new);
        }
        let scope = |plan: &PolicyPlan| plan.bulkhead.map(|bulkhead| bulkhead.per_caller);
        if scope(old) != scope(new) {
            released = self.gates.values_mut().flat_map(|gate| gate.waiting.drain(..)).collect();
            self.gates.clear();
            self.gate_epoch = now.0.max(self.gate_epoch + 1);
        }
        released
    }

    /// Gates that anybody has come to.
    pub(crate) fn gate_count(&self) -> u32 {
        self.gates.len() as u32
    }

    /// Open calls at the fullest gate, and who waits there.
    pub(crate) fn fullest_gate(&self) -> (u32, u32) {
        let gates = self.gates.values().map(|gate| (gate.open, gate.waiting.len() as u32));
        gates.max().unwrap_or((0, 0))
    }
}

/// A call with all its tries.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The connection by which it began.
    edge: u32,
    caller: Caller,
    request: u32,
    verb: Verb,
    base: DrawKey,
    /// Its caller is a balancer, which chooses anew for each try.
    balanced: bool,
    /// Tickets that refer to it.
    refs: u32,
    /// Nobody needs the answer after this.
    pub(super) deadline: SimTime,
    /// Its caller knows how it ended.
    done: bool,
    /// The number of the next try.
    tries: u8,
    retries: u8,
    hedges: u8,
    next_is_hedge: bool,
    /// The budget was charged for a try that is not made yet.
    charged: bool,
    /// Tries that have not ended, those that wait to be sent included.
    live: [Option<Key>; LIVE_MAX],
}

/// What a try carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// The call that it is a try of; [`NONE`]: it came over a connection without policies.
    pub(super) call: u32,
    /// Standing at a balancer: the call that it sends on from there.
    onward: u32,
    breaker_epoch: u64,
    gate_epoch: u64,
    /// Whose breaker let it through, and with what pass.
    breaker: Option<(u32, u64)>,
    /// The gate that it is in.
    gate: Option<u32>,
    /// The gate that it stands before.
    line: Option<u32>,
    charged: bool,
    hedge: bool,
    /// Cancelled on its way.
    cancelled: bool,
}

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
            || matches!(attempt.caller, Caller::None | Caller::Probe { .. } | Caller::Delivery(_))
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

    /// The terms of a call: rate limit, deadline, overall time-out, budget, hedging. Tells whether it may go on at once.
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
        let hedge_after = state.hedger.as_ref().and_then(Hedger::delay);
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
        if let Some(wait) = hedge_after {
            self.queue.push(now + wait, Event::Hedge { call: key });
        }
        true
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

    fn passes_breaker(&mut self, ix: u32) -> bool {
        let now = self.now;
        let edge_ix = self.attempts[ix].edge;
        let plan = self.edges[edge_ix as usize].plan.policy.as_ref();
        let Some(settings) = plan.and_then(|policy| policy.breaker.clone()) else { return true };
        let whose = match settings.scope {
            Scope::Connection => NONE,
            Scope::Backend => self.attempts[ix].replica,
            Scope::Caller => self.calling_slot(ix),
        };
        let Some(state) = self.edges[edge_ix as usize].policy.as_mut() else { return true };
        let epoch = state.breaker_epoch;
        let breaker = state.breakers.entry(whose).or_insert_with(|| settings.build(now));
        let before = breaker.state();
        let pass = breaker.acquire(now);
        self.tell_turn(edge_ix, whose, before);
        let Some(pass) = pass else {
            self.remark(ix, "Circuit breaker", |system| system.breaker_words(edge_ix, whose));
            self.refuse(ix, Outcome::Rejected, Reason::CircuitOpen);
            return false;
        };
        let ticket = self.attempts[ix].policy;
        let ticket = &mut self.tickets[ticket];
        (ticket.breaker, ticket.breaker_epoch) = (Some((whose, pass)), epoch);
        true
    }

    /// The replica of the caller, as a number; [`NONE`] for clients and balancers.
    fn calling_slot(&self, ix: u32) -> u32 {
        match self.attempts[ix].caller {
            Caller::Parent(parent) => self.attempts.get(parent).map_or(NONE, |parent| parent.replica),
            _ => NONE,
        }
    }

    fn passes_gate(&mut self, ix: u32) -> bool {
        let edge_ix = self.attempts[ix].edge;
        let plan = self.edges[edge_ix as usize].plan.policy.as_ref();
        let Some(settings) = plan.and_then(|policy| policy.bulkhead) else { return true };
        let whose = if settings.per_caller { self.calling_slot(ix) } else { NONE };
        let key = self.attempts.key(ix);
        let Some(state) = self.edges[edge_ix as usize].policy.as_mut() else { return true };
        let epoch = state.gate_epoch;
        let entered = state.gates.entry(whose).or_default().enter(key, &settings);
        let ticket = self.attempts[ix].policy;
        let ticket = &mut self.tickets[ticket];
        ticket.gate_epoch = epoch;
        match entered {
            Entered::In => {
                ticket.gate = Some(whose);
                true
            }
            Entered::Waits(behind) => {
                ticket.line = Some(whose);
                self.attempts[ix].phase = Phase::Held;
                self.note(ix, Mark::Held { behind });
                self.queue.push(self.now + settings.longest_wait, Event::Waited { attempt: key });
                false
            }
            Entered::Full => {
                self.remark(ix, "Open calls", |_| {
                    format!("{} calls are open, and all {} waiting places taken", settings.limit, settings.waiting)
                });
                self.refuse(ix, Outcome::Rejected, Reason::BulkheadFull);
                false
            }
        }
    }

    /// A place may be free at a gate.
    pub(super) fn room(&mut self, edge_ix: u32, whose: u32) {
        loop {
            let edge = &mut self.edges[edge_ix as usize];
            let Some(settings) = edge.plan.policy.as_ref().and_then(|policy| policy.bulkhead) else { return };
            let gate = edge.policy.as_mut().and_then(|state| state.gates.get_mut(&whose));
            let Some(next) = gate.and_then(|gate| gate.next(settings.limit)) else { return };
            let ticket = self.attempts[next.ix].policy;
            let ticket = &mut self.tickets[ticket];
            (ticket.line, ticket.gate) = (None, Some(whose));
            self.leave_line(next.ix);
        }
    }

    /// Whoever stood in line goes, if it is still worth it.
    fn leave_line(&mut self, ix: u32) {
        let call = self.call_of(ix);
        let (done, caller) = (self.calls[call].done, self.attempts[ix].caller);
        if done || self.is_gone(caller) {
            self.not_asked(ix);
            self.free(ix);
        } else if self.calls[call].deadline <= self.now {
            self.refuse(ix, Outcome::TimedOut, Reason::DeadlinePassed);
        } else {
            self.put_on_wire(ix);
        }
    }

    /// The gate before which it stood is no more.
    pub(super) fn released(&mut self, key: Key) {
        if self.attempts.get(key).is_none_or(|attempt| attempt.phase != Phase::Held) {
            self.quiet = true;
            return;
        }
        let ticket = self.attempts[key.ix].policy;
        self.tickets[ticket].line = None;
        self.leave_line(key.ix);
        self.finish_if_drained();
    }

    /// It has stood in line for as long as it may.
    pub(super) fn waited(&mut self, key: Key) {
        if self.attempts.get(key).is_none_or(|attempt| attempt.phase != Phase::Held) {
            self.quiet = true;
            return;
        }
        self.remark(key.ix, "Open calls", |_| "it has waited for as long as it may".to_owned());
        self.refuse(key.ix, Outcome::Rejected, Reason::BulkheadFull);
    }

    /// Whether whoever waited for the answer does not any more.
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
        self.finish_if_drained();
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

    /// Books with breaker, gate and budget that a try is over; [`Outcome::Abandoned`] says nothing of the other end.
    fn settle_ticket(&mut self, ix: u32, outcome: Outcome, took: SimDuration) {
        let now = self.now;
        let edge_ix = self.attempts[ix].edge;
        let key = self.attempts.key(ix);
        let ticket_ix = self.attempts[ix].policy;
        let ticket = &mut self.tickets[ticket_ix];
        let (breaker, gate, line) = (ticket.breaker.take(), ticket.gate.take(), ticket.line.take());
        let (charged, call) = (std::mem::take(&mut ticket.charged), ticket.call);
        let (breaker_epoch, gate_epoch) = (ticket.breaker_epoch, ticket.gate_epoch);
        if let Some(state) = &mut self.edges[edge_ix as usize].policy {
            let mut before = None;
            let breaker = breaker.filter(|_| state.breaker_epoch == breaker_epoch);
            let same_gates = state.gate_epoch == gate_epoch;
            let (gate, line) = (gate.filter(|_| same_gates), line.filter(|_| same_gates));
            if let Some((whose, pass)) = breaker
                && let Some(breaker) = state.breakers.get_mut(&whose)
            {
                before = Some((whose, breaker.state()));
                if outcome == Outcome::Abandoned {
                    breaker.release(pass, now);
                } else {
                    breaker.result(pass, outcome == Outcome::Completed, took, now);
                }
            }
            if let Some(gate) = line.and_then(|whose| state.gates.get_mut(&whose)) {
                gate.give_up(&key);
            }
            if let Some(whose) = gate
                && let Some(gate) = state.gates.get_mut(&whose)
            {
                gate.leave();
                if !gate.waiting.is_empty() {
                    self.queue.push(now, Event::Room { edge: edge_ix, whose });
                }
            }
            if let Some((whose, before)) = before {
                self.tell_turn(edge_ix, whose, before);
            }
        }
        if call != NONE && charged {
            self.return_charge(call);
        }
    }

    fn return_charge(&mut self, call: u32) {
        let edge = self.calls[call].edge;
        if let Some(budget) = self.edges[edge as usize].policy.as_mut().and_then(|state| state.budget.as_mut()) {
            budget.returned();
        }
    }

    /// A try is over, as its caller sees it. `retries`: how many its connection allows; `None`: no more.
    #[inline(never)]
    pub(super) fn try_ended(&mut self, ix: u32, outcome: Outcome, retries: Option<u8>) -> After {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (took, try_no, caller) = (now.since(attempt.sent_at), attempt.try_no, attempt.caller);
        let call_ix = self.call_of(ix);
        if call_ix == NONE {
            return match retries {
                Some(retries) if try_no < retries => After::Retry(try_no + 1),
                _ => After::Tell,
            };
        }
        self.settle_ticket(ix, outcome, took);
        let hedge = self.tickets[self.attempts[ix].policy].hedge;
        let gone = self.is_gone(caller) || outcome == Outcome::Abandoned;
        let call = &mut self.calls[call_ix];
        call.forget(self.attempts.key(ix));
        if call.done {
            return After::Silence;
        }
        let edge_ix = call.edge;
        let good = outcome == Outcome::Completed;
        if good || gone {
            if let Some(state) = self.edges[edge_ix as usize].policy.as_mut().filter(|_| good) {
                state.counts.hedges_won += u64::from(hedge);
                if let Some(hedger) = &mut state.hedger {
                    hedger.answered(took);
                }
            }
            self.end_call(call_ix);
            self.drop_others(call_ix);
            return if self.is_gone(caller) { After::Silence } else { After::Tell };
        }
        if call.live.iter().any(Option::is_some) {
            self.look_at_live(call_ix);
            return After::Silence;
        }
        let may = retries.is_some_and(|retries| call.retries < retries) && call.deadline > now;
        if !may || !self.withdraw(call_ix, ix) {
            self.end_call(call_ix);
            return After::Tell;
        }
        let call = &mut self.calls[call_ix];
        call.retries += 1;
        After::Retry(call.tries)
    }

    /// Pays for a try more out of the budget, if there is one.
    fn withdraw(&mut self, call_ix: u32, ix: u32) -> bool {
        let now = self.now;
        let call = &mut self.calls[call_ix];
        let Some(state) = self.edges[call.edge as usize].policy.as_mut() else { return true };
        let open = state.open_calls;
        let Some(budget) = &mut state.budget else { return true };
        if budget.withdraw(open, now) {
            call.charged = true;
            return true;
        }
        state.counts.unpaid += 1;
        self.remark(ix, "Retry budget", |_| "nothing is left for another try".to_owned());
        false
    }

    /// The caller knows how the call ended.
    fn end_call(&mut self, call_ix: u32) {
        let call = &mut self.calls[call_ix];
        if std::mem::replace(&mut call.done, true) {
            return;
        }
        if let Some(state) = &mut self.edges[call.edge as usize].policy {
            // A plan that came while it was open has not counted it.
            state.open_calls = state.open_calls.saturating_sub(1);
        }
    }

    /// All tries of a call that still are under way are needed no more.
    fn drop_others(&mut self, call_ix: u32) {
        let live = std::mem::take(&mut self.calls[call_ix].live);
        for key in live.into_iter().flatten() {
            self.drop_try(key, Outcome::Abandoned, Reason::Cancelled);
        }
    }

    /// Gives up on a try: it goes on for nobody, or is cancelled, or was never sent.
    fn drop_try(&mut self, key: Key, outcome: Outcome, reason: Reason) {
        let Some(attempt) = self.attempts.get(key) else { return };
        let (ix, edge_ix, phase, sent_at) = (key.ix, attempt.edge, attempt.phase, attempt.sent_at);
        if phase == Phase::Backoff || attempt.detached {
            // It finds out when its wait is over.
            return;
        }
        self.note(ix, Mark::Heard(outcome, reason));
        if phase == Phase::Held {
            self.not_asked(ix);
            self.settle_ticket(ix, Outcome::Abandoned, SimDuration::ZERO);
            self.free(ix);
            return;
        }
        let station = self.edges[edge_ix as usize].from;
        if self.attempts[ix].backend != NONE {
            if outcome == Outcome::Abandoned {
                self.backend_not_asked(station, ix);
            } else {
                self.backend_answered(station, ix, outcome, reason);
            }
        }
        let edge = &mut self.edges[edge_ix as usize];
        edge.by_outcome[outcome.index()] += 1;
        edge.in_flight -= 1;
        self.settle_ticket(ix, outcome, self.now.since(sent_at));
        self.detach(ix);
    }

    /// Nobody listens for the answer of an attempt any more.
    pub(super) fn detach(&mut self, ix: u32) {
        let attempt = &mut self.attempts[ix];
        attempt.detached = true;
        let (edge_ix, lost, policy) = (attempt.edge, attempt.phase == Phase::Lost, attempt.policy);
        if attempt.verb != Verb::Probe {
            self.edges[edge_ix as usize].zombies += 1;
        }
        if lost {
            self.free(ix);
        } else if policy != NONE
            && self.edges[edge_ix as usize].plan.policy.as_ref().is_some_and(|policy| policy.cancel)
        {
            self.send_cancel(ix);
        }
    }

    fn send_cancel(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let way = self.spots.way(attempt.from_spot, attempt.spot);
        let edge = &mut self.edges[attempt.edge as usize];
        if let Some(state) = &mut edge.policy {
            state.counts.cancels += 1;
        }
        let draws = attempt.draws.child(super::flow::purpose::CANCEL);
        let id = u64::from(edge.plan.id.0);
        if edge.link.as_ref().is_some_and(|link| draws.child(super::flow::purpose::LOSS_OUT).unit(id) < link.lost_out) {
            return;
        }
        let latency = edge.latency(draws, super::flow::purpose::LATENCY_OUT) + way;
        let attempt = self.attempts.key(ix);
        self.queue.push(self.now + latency, Event::Cancel { attempt });
    }

    /// The other end hears that nobody wants the answer.
    pub(super) fn cancelled(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(key).filter(|attempt| attempt.detached) else {
            self.quiet = true;
            return;
        };
        if matches!(self.stations[attempt.station as usize].kind, Kind::Broker(_)) {
            // What a broker has taken, it has taken.
            self.quiet = true;
            return;
        }
        match attempt.phase {
            Phase::Out => {
                let ticket = attempt.policy;
                self.tickets[ticket].cancelled = true;
            }
            Phase::Queued | Phase::Working | Phase::Waiting => {
                self.cancel_children(key);
                self.withdraw_from_station(key.ix);
                self.respond(key.ix, Outcome::Abandoned, Reason::Cancelled);
            }
            Phase::Backoff | Phase::Held | Phase::Back | Phase::Lost => self.quiet = true,
        }
        self.finish_if_drained();
    }

    /// What an attempt has called is cancelled in turn, over connections that do so.
    fn cancel_children(&mut self, parent: Key) {
        if self.attempts[parent.ix].phase != Phase::Waiting {
            return;
        }
        let of = |attempt: &Attempt| matches!(attempt.caller, Caller::Parent(key) if key == parent);
        let children: Vec<u32> = self.attempts.indices().filter(|ix| of(&self.attempts[*ix])).collect();
        for child in children {
            let attempt = &self.attempts[child];
            let call = self.call_of(child);
            let cancels = self.edges[attempt.edge as usize].plan.policy.as_ref().is_some_and(|policy| policy.cancel);
            if call == NONE || attempt.verb == Verb::Probe || !(cancels || attempt.phase == Phase::Held) {
                continue;
            }
            let key = self.attempts.key(child);
            self.end_call(call);
            self.calls[call].forget(key);
            self.drop_try(key, Outcome::Abandoned, Reason::Cancelled);
        }
    }

    /// The caller's patience with the whole call is over, or its deadline has come.
    pub(super) fn give_up_call(&mut self, key: Key) {
        let Some(call) = self.calls.get(key).filter(|call| !call.done) else {
            self.quiet = true;
            return;
        };
        let (caller, request, balanced) = (call.caller, call.request, call.balanced);
        let reason = if call.deadline <= self.now { Reason::DeadlinePassed } else { Reason::TimeOut };
        // Both must outlive the tries that are dropped now.
        self.calls[key.ix].refs += 1;
        if request != NONE {
            self.requests[request].refs += 1;
        }
        self.end_call(key.ix);
        let live = std::mem::take(&mut self.calls[key.ix].live);
        for one in live.into_iter().flatten() {
            self.drop_try(one, Outcome::TimedOut, reason);
        }
        self.tell(caller, request, balanced, Outcome::TimedOut, reason);
        self.leave_call(key.ix);
        if request != NONE {
            self.release_request(request);
        }
        self.finish_if_drained();
    }

    /// Tells the caller of a call how it ended, if it still waits.
    fn tell(&mut self, caller: Caller, request: u32, balanced: bool, outcome: Outcome, reason: Reason) {
        match caller {
            Caller::Client => self.finish_request(request, outcome, reason),
            Caller::Parent(_) if self.is_gone(caller) => {}
            Caller::Parent(parent) if balanced => {
                self.attempts[parent.ix].found = false;
                self.respond(parent.ix, outcome, reason);
            }
            Caller::Parent(parent) => self.call_answered(parent.ix, outcome, reason, false),
            Caller::None | Caller::Probe { .. } | Caller::Delivery(_) => {}
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
            self.queue.push(self.now + wait, Event::Hedge { call: key });
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
        matches!(&self.stations[station as usize].kind, Kind::Balancer(balancer) if matches!(balancer.config.layer, Layer::Names(_)))
    }

    /// A try goes out. If it has not got through within the connect time-out, it ends.
    pub(super) fn watch_connect(&mut self, ix: u32, lost: bool, latency: SimDuration) {
        let edge = &mut self.edges[self.attempts[ix].edge as usize];
        if let Some(state) = &mut edge.policy {
            state.counts.again += u64::from(self.attempts[ix].try_no > 0);
        }
        let wait = edge.plan.policy.as_ref().and_then(|policy| policy.connect_timeout);
        if let Some(wait) = wait.filter(|wait| lost || latency > *wait)
            && self.attempts[ix].verb != Verb::Probe
            && !matches!(self.attempts[ix].caller, Caller::None)
        {
            let attempt = self.attempts.key(ix);
            self.queue.push(self.now + wait, Event::ConnectTimeOut { attempt });
        }
    }

    /// Whether the caller of a try that waits has heard meanwhile how its call ended.
    pub(super) fn is_over(&self, ix: u32) -> bool {
        match self.call_of(ix) {
            NONE => false,
            call => self.calls[call].done,
        }
    }

    /// An attempt is freed: what it carries goes with it.
    #[inline(never)]
    pub(super) fn drop_ticket(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        if attempt.detached && attempt.verb != Verb::Probe {
            self.edges[attempt.edge as usize].zombies -= 1;
        }
        let ticket_ix = attempt.policy;
        if ticket_ix == NONE {
            return;
        }
        let Ticket { call, onward, charged, hedge, .. } = self.tickets[ticket_ix];
        if call != NONE {
            if charged && !self.calls[call].done {
                // It only waited; whoever goes in its place is paid for.
                self.tickets[ticket_ix].charged = false;
                let call = &mut self.calls[call];
                call.charged = true;
                call.next_is_hedge |= hedge;
            }
            self.settle_ticket(ix, Outcome::Abandoned, SimDuration::ZERO);
            let key = self.attempts.key(ix);
            self.calls[call].forget(key);
            self.leave_call(call);
        }
        if onward != NONE {
            self.leave_call(onward);
        }
        self.attempts[ix].policy = NONE;
        self.tickets.remove(ticket_ix);
    }

    fn leave_call(&mut self, call_ix: u32) {
        let call = &mut self.calls[call_ix];
        call.refs -= 1;
        if call.refs == 0 {
            let charged = std::mem::take(&mut call.charged);
            self.end_call(call_ix);
            if charged {
                self.return_charge(call_ix);
            }
            self.calls.remove(call_ix);
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

    /// Logs that a breaker turned.
    fn tell_turn(&mut self, edge_ix: u32, whose: u32, before: State) {
        let Some(breaker) = self.breaker_at(edge_ix, whose) else { return };
        let (state, why) = (breaker.state(), breaker.why());
        if state == before {
            return;
        }
        let (tone, word) = match state {
            State::Open => (LogTone::Bad, "opened"),
            State::HalfOpen => (LogTone::Info, "is half-open"),
            State::Closed => (LogTone::Good, "closed"),
        };
        let node = self.stations[self.edges[edge_ix as usize].from as usize].id;
        let name = self.breaker_name(edge_ix, whose);
        self.log(tone, Some(node), format!("circuit breaker {name} {word}: {why}"));
    }

    fn breaker_at(&self, edge_ix: u32, whose: u32) -> Option<&dyn Breaker> {
        let state = self.edges[edge_ix as usize].policy.as_ref()?;
        state.breakers.get(&whose).map(|breaker| &**breaker)
    }

    /// "Shop → Stock", with the replica whose breaker it is.
    fn breaker_name(&self, edge_ix: u32, whose: u32) -> String {
        let edge = &self.edges[edge_ix as usize];
        let label = |station: u32| self.stations[station as usize].label.as_str();
        let caller = self.whose_is(edge_ix, whose, Scope::Caller);
        let backend = self.whose_is(edge_ix, whose, Scope::Backend);
        format!("{}{caller} → {}{backend}", label(edge.from), label(edge.to))
    }

    /// Whose breaker it is, where there are several: "Shop replica 2 → Stock".
    pub(crate) fn whose_breaker(&self, edge_ix: u32, whose: u32) -> String {
        if whose == NONE { String::new() } else { self.breaker_name(edge_ix, whose) }
    }

    /// " replica 2" where it is one of several of that side.
    fn whose_is(&self, edge_ix: u32, whose: u32, scope: Scope) -> String {
        let plan = &self.edges[edge_ix as usize].plan;
        let ours = plan.policy.as_ref().and_then(|policy| policy.breaker.as_ref()).map(|settings| settings.scope);
        if ours == Some(scope) { self.replica_suffix(whose) } else { String::new() }
    }

    /// Why a breaker lets nobody through, in words.
    fn breaker_words(&self, edge_ix: u32, whose: u32) -> String {
        let Some(breaker) = self.breaker_at(edge_ix, whose) else { return String::new() };
        let look = breaker.look(self.now);
        let since = look.since;
        match (look.state, look.until, look.probes) {
            (State::Open, Some(until), _) => format!(
                "the circuit breaker has been open since {since}, after {}; probes may go in {}",
                look.why,
                in_words(until.since(self.now))
            ),
            (_, _, Some((used, of))) => {
                format!("the circuit breaker is half-open, and {used} of {of} probes are under way or done")
            }
            _ => format!("the circuit breaker has been open since {since}"),
        }
    }
}

impl Edge {
    /// Attempts sent, and how many of them were not their call's first.
    pub(crate) fn sent_again(&self) -> (u64, u64) {
        (self.sent, self.policy.as_ref().map_or(self.retries, |state| state.counts.again))
    }
}

impl Call {
    /// A try is over.
    fn forget(&mut self, key: Key) {
        for live in &mut self.live {
            if *live == Some(key) {
                *live = None;
            }
        }
    }
}

/// A span of time in words.
fn in_words(span: SimDuration) -> String {
    let secs = span.as_secs_f64();
    if secs >= 1.0 { format!("{secs:.1} s") } else { format!("{:.1} ms", secs * 1e3) }
}

/// Every count of the policies, counted anew from what is really there.
#[cfg(test)]
pub(super) fn check(system: &System) {
    for (ix, edge) in system.edges.iter().enumerate() {
        let Some(state) = &edge.policy else { continue };
        let calls = system.calls.indices().map(|call| &system.calls[call]);
        let open = calls.filter(|call| call.edge as usize == ix && !call.done).count();
        assert!(open >= state.open_calls as usize, "open calls over edge {:?}", edge.plan.id);
        let tickets = || {
            let carried = system.attempts.indices().filter(|attempt| {
                let attempt = &system.attempts[*attempt];
                attempt.policy != NONE && attempt.edge as usize == ix
            });
            carried.map(|attempt| &system.tickets[system.attempts[attempt].policy])
        };
        for (whose, gate) in &state.gates {
            let inside =
                tickets().filter(|ticket| ticket.gate == Some(*whose) && ticket.gate_epoch == state.gate_epoch);
            assert_eq!(inside.count(), gate.open as usize, "open calls at a gate of edge {:?}", edge.plan.id);
            let waiting =
                tickets().filter(|ticket| ticket.line == Some(*whose) && ticket.gate_epoch == state.gate_epoch);
            assert_eq!(waiting.count(), gate.waiting.len(), "waiting at a gate of edge {:?}", edge.plan.id);
        }
    }
    for attempt in system.attempts.indices() {
        let held = system.attempts[attempt].phase == Phase::Held;
        let stands = system.attempts[attempt].policy != NONE && {
            system.tickets[system.attempts[attempt].policy].line.is_some()
        };
        assert!(!held || stands, "whoever waits stands somewhere");
    }
    for call in system.calls.indices() {
        let referring = system.tickets.indices().filter(|ticket| {
            let ticket = &system.tickets[*ticket];
            ticket.call == call || ticket.onward == call
        });
        let refs: usize = referring
            .map(|ticket| {
                let ticket = &system.tickets[ticket];
                usize::from(ticket.call == call) + usize::from(ticket.onward == call)
            })
            .sum();
        assert_eq!(refs, system.calls[call].refs as usize, "references to a call");
    }
}
