//! How tries and calls end: answered, given up, cancelled, retried or not, with what breaker, gate and budget hear of it.

use super::super::System;
use super::super::attempt::{Attempt, Caller, Phase, Verb};
use super::super::event::Event;
use super::super::slab::Key;
use super::super::slab::NONE;
use super::super::trail::Mark;
use super::{After, Ticket};
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};

impl System {
    /// Books with breaker, gate and budget that a try is over; [`Outcome::Abandoned`] says nothing of the other end.
    pub(super) fn settle_ticket(&mut self, ix: u32, outcome: Outcome, took: SimDuration) {
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

    pub(super) fn return_charge(&mut self, call: u32) {
        let edge = self.calls[call].edge;
        if let Some(budget) = self.edges[edge as usize].policy.as_mut().and_then(|state| state.budget.as_mut()) {
            budget.returned();
        }
    }

    /// A try is over, as its caller sees it. `retries`: how many its connection allows; `None`: no more.
    #[inline(never)]
    pub(in crate::model::system) fn try_ended(&mut self, ix: u32, outcome: Outcome, retries: Option<u8>) -> After {
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
        let (edge_ix, call_took) = (call.edge, now.since(call.sent_at));
        let good = outcome == Outcome::Completed;
        if good || gone {
            if let Some(state) = self.edges[edge_ix as usize].policy.as_mut().filter(|_| good) {
                state.counts.hedges_won += u64::from(hedge);
                if let Some(hedger) = &mut state.hedger {
                    hedger.answered(call_took);
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
    pub(super) fn withdraw(&mut self, call_ix: u32, ix: u32) -> bool {
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
    pub(super) fn end_call(&mut self, call_ix: u32) {
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
    pub(super) fn drop_others(&mut self, call_ix: u32) {
        let live = std::mem::take(&mut self.calls[call_ix].live);
        for key in live.into_iter().flatten() {
            self.drop_try(key, Outcome::Abandoned, Reason::Cancelled);
        }
    }

    /// Gives up on a try: it goes on for nobody, or is cancelled, or was never sent.
    pub(super) fn drop_try(&mut self, key: Key, outcome: Outcome, reason: Reason) {
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
        self.book_end(ix, outcome);
        self.settle_ticket(ix, outcome, self.now.since(sent_at));
        self.detach(ix);
    }

    /// Nobody listens for the answer of an attempt any more.
    pub(in crate::model::system) fn detach(&mut self, ix: u32) {
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

    pub(super) fn send_cancel(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let way = self.spots.way(attempt.from_spot, attempt.spot);
        let edge = &mut self.edges[attempt.edge as usize];
        if let Some(state) = &mut edge.policy {
            state.counts.cancels += 1;
        }
        let draws = attempt.draws.child(super::super::flow::purpose::CANCEL);
        let id = u64::from(edge.plan.id.0);
        if edge
            .link
            .as_ref()
            .is_some_and(|link| draws.child(super::super::flow::purpose::LOSS_OUT).unit(id) < link.lost_out)
        {
            return;
        }
        let latency = edge.latency(draws, super::super::flow::purpose::LATENCY_OUT) + way;
        let attempt = self.attempts.key(ix);
        self.queue.push(self.now + latency, Event::Cancel { attempt });
    }

    /// The other end hears that nobody wants the answer.
    pub(in crate::model::system) fn cancelled(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(key).filter(|attempt| attempt.detached) else {
            self.quiet = true;
            return;
        };
        if self.stations[attempt.station as usize].broker().is_some() {
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
    }

    /// What an attempt has called is cancelled in turn, over connections that do so.
    pub(super) fn cancel_children(&mut self, parent: Key) {
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
    pub(in crate::model::system) fn give_up_call(&mut self, key: Key) {
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
    }

    /// Tells the caller of a call how it ended, if it still waits.
    pub(super) fn tell(&mut self, caller: Caller, request: u32, balanced: bool, outcome: Outcome, reason: Reason) {
        if matches!(caller, Caller::Parent(_)) && self.is_gone(caller) {
            return;
        }
        self.hand_up(caller, request, balanced, false, outcome, reason);
    }

    /// Whether the caller of a try that waits has heard meanwhile how its call ended.
    pub(in crate::model::system) fn is_over(&self, ix: u32) -> bool {
        match self.call_of(ix) {
            NONE => false,
            call => self.calls[call].done,
        }
    }

    /// An attempt is freed: what it carries goes with it.
    #[inline(never)]
    pub(in crate::model::system) fn drop_ticket(&mut self, ix: u32) {
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
                // It only waited; the one that goes in its place is paid for.
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

    pub(super) fn leave_call(&mut self, call_ix: u32) {
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
}
