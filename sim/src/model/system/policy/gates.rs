//! What each try must pass before it goes out: its breaker, then the gate of a bulkhead or a pool, perhaps in line.

use super::super::System;
use super::super::attempt::{Caller, Phase};
use super::super::event::Event;
use super::super::slab::Key;
use super::super::slab::NONE;
use super::super::trail::Mark;
use crate::model::outcome::{Outcome, Reason};
use crate::model::policy::breaker::Scope;
use crate::model::policy::bulkhead::Entered;

impl System {
    pub(super) fn passes_breaker(&mut self, ix: u32) -> bool {
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
        let breaker = state.breakers.or_insert_with(whose, || settings.build(now));
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
    pub(super) fn calling_slot(&self, ix: u32) -> u32 {
        match self.attempts[ix].caller {
            Caller::Parent(parent) => self.attempts.get(parent).map_or(NONE, |parent| parent.replica),
            _ => NONE,
        }
    }

    pub(super) fn passes_gate(&mut self, ix: u32) -> bool {
        let edge_ix = self.attempts[ix].edge;
        let plan = self.edges[edge_ix as usize].plan.policy.as_ref();
        let Some(settings) = plan.and_then(|policy| policy.bulkhead) else { return true };
        let whose = if settings.per_caller { self.calling_slot(ix) } else { NONE };
        let key = self.attempts.key(ix);
        let Some(state) = self.edges[edge_ix as usize].policy.as_mut() else { return true };
        let epoch = state.gate_epoch;
        let entered = state.gates.or_default(whose).enter(key, &settings);
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
    pub(in crate::model::system) fn room(&mut self, edge_ix: u32, whose: u32) {
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

    /// The next in line goes, if it is still worth it.
    pub(super) fn leave_line(&mut self, ix: u32) {
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
    pub(in crate::model::system) fn released(&mut self, key: Key) {
        if self.attempts.get(key).is_none_or(|attempt| attempt.phase != Phase::Held) {
            self.quiet = true;
            return;
        }
        let ticket = self.attempts[key.ix].policy;
        self.tickets[ticket].line = None;
        self.leave_line(key.ix);
    }

    /// It has stood in line for as long as it may.
    pub(in crate::model::system) fn waited(&mut self, key: Key) {
        if self.attempts.get(key).is_none_or(|attempt| attempt.phase != Phase::Held) {
            self.quiet = true;
            return;
        }
        self.remark(key.ix, "Open calls", |_| "it has waited for as long as it may".to_owned());
        self.refuse(key.ix, Outcome::Rejected, Reason::BulkheadFull);
    }
}
