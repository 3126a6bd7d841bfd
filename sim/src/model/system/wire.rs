//! Putting an attempt on the wire: nearly all take the plain way, over a connection of constant latency, without policies
//! and faults, in a run in which nobody follows a request. It asks once what the other way asks step by step.

use super::System;
use super::attempt::{Phase, Request, Verb};
use super::edge::HopSample;
use super::event::Event;
use super::flow::{UNREACHABLE_AFTER, purpose};
use super::slab::NONE;
use super::spots::NOWHERE;
use super::trail::Mark;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Outcome;

impl System {
    /// Sends the attempt, once the connection's policies let it go.
    pub(super) fn send(&mut self, ix: u32) {
        if self.edges[self.attempts[ix].edge as usize].policy.is_none() || self.clears(ix) {
            self.put_on_wire(ix);
        }
    }

    /// Puts the attempt on the wire and starts its time-out.
    #[inline]
    pub(super) fn put_on_wire(&mut self, ix: u32) {
        if !self.put_on_plain_wire(ix) {
            self.put_on_any_wire(ix);
        }
    }

    /// Nearly all go this way: over a connection of constant latency without policies and faults. `false`: not this one.
    #[inline]
    fn put_on_plain_wire(&mut self, ix: u32) -> bool {
        debug_assert_eq!(self.plain, self.is_plain(), "whatever changes it looks again");
        let now = self.now;
        let attempt = &mut self.attempts[ix];
        let edge_ix = attempt.edge;
        let edge = &mut self.edges[edge_ix as usize];
        let (true, Some(latency), None, None) = (self.plain, edge.constant, &edge.link, &edge.policy) else {
            return false;
        };
        if attempt.verb == Verb::Probe
            || attempt.handshake
            || attempt.policy != NONE
            || attempt.from_spot != NOWHERE
            || attempt.spot != NOWHERE
        {
            return false;
        }
        attempt.sent_at = now;
        edge.sent += 1;
        edge.in_flight += 1;
        edge.retries += u64::from(attempt.try_no > 0);
        let (latency, timeout) = (latency + edge.hop, edge.plan.timeout);
        if let Some(wait) = timeout {
            let key = self.attempts.key(ix);
            self.queue.push_after(now, wait, Event::TimeOut { attempt: key });
        }
        if self.watched {
            self.sample_hop(ix, edge_ix, false, Outcome::Completed, (now, now + latency));
        }
        if latency == SimDuration::ZERO {
            self.reach(ix);
        } else {
            self.attempts[ix].phase = Phase::Out;
            self.queue.push_after(now, latency, Event::Reach { attempt: ix });
        }
        true
    }

    fn put_on_any_wire(&mut self, ix: u32) {
        let now = self.now;
        if self.has_spread_data {
            self.choose_part(ix);
        }
        let attempt = &mut self.attempts[ix];
        attempt.sent_at = now;
        let (edge_ix, verb, draws) = (attempt.edge, attempt.verb, attempt.draws);
        let has_ticket = attempt.policy != NONE;
        let (from_spot, spot, handshake) = (attempt.from_spot, attempt.spot, attempt.handshake);
        let again = attempt.try_no > 0;
        let probe_timeout = if verb == Verb::Probe { self.probe_timeout(ix) } else { None };
        let edge = &mut self.edges[edge_ix as usize];
        let timeout = probe_timeout.or(edge.plan.timeout);
        if verb != Verb::Probe {
            edge.sent += 1;
            edge.in_flight += 1;
            edge.retries += u64::from(again);
            if self.spans.divided() {
                self.book_sent(ix, again);
            }
        }
        let lost = self.loses(ix, edge_ix, false);
        let edge = &self.edges[edge_ix as usize];
        let has_policy = edge.policy.is_some();
        let mut latency = edge.latency(draws, purpose::LATENCY_OUT) + self.spots.way(from_spot, spot);
        if handshake {
            let there = edge.latency(draws, purpose::HANDSHAKE);
            let back = edge.latency(draws.child(purpose::HANDSHAKE), purpose::HANDSHAKE);
            latency = latency + there + back + self.spots.way(from_spot, spot) + self.spots.way(spot, from_spot);
        }
        if !lost {
            latency = latency + self.on_the_link(ix, edge_ix, false);
        }
        if self.transfers {
            self.pay_for_data(ix, false);
        }
        let waits = timeout.or(lost.then_some(UNREACHABLE_AFTER));
        if let Some(wait) = waits {
            let key = self.attempts.key(ix);
            self.queue.push_after(now, wait, Event::TimeOut { attempt: key });
        }
        if self.watched && verb != Verb::Probe {
            self.sample_hop(ix, edge_ix, false, Outcome::Completed, (now, now + latency));
        }
        if has_policy {
            self.watch_connect(ix, lost, latency);
        }
        if has_ticket {
            self.await_hedge(ix);
        }
        self.note(ix, Mark::Sent { lost });
        if lost {
            self.attempts[ix].phase = Phase::Lost;
        } else if latency == SimDuration::ZERO {
            self.reach(ix);
        } else {
            self.attempts[ix].phase = Phase::Out;
            self.travel(edge_ix, latency, Event::Reach { attempt: ix });
        }
    }

    /// Schedules an arrival at the other end of an edge.
    #[inline]
    pub(super) fn travel(&mut self, edge: u32, latency: SimDuration, arrival: Event) {
        let edge = &self.edges[edge as usize];
        if edge.constant.is_some() && edge.link.is_none() {
            self.queue.push_after(self.now, latency, arrival);
        } else {
            self.queue.push(self.now + latency, arrival);
        }
    }

    /// Draws one in `dots_per` traversals of each direction.
    pub(super) fn sample_hop(
        &mut self,
        ix: u32,
        edge_ix: u32,
        back: bool,
        outcome: Outcome,
        (start, end): (SimTime, SimTime),
    ) {
        let edge = &mut self.edges[edge_ix as usize];
        let (since, dots) =
            if back { (&mut edge.back_since, &mut edge.back_dots) } else { (&mut edge.out_since, &mut edge.out_dots) };
        *since += 1;
        if *since % u64::from(self.dots_per) != 0 {
            return;
        }
        *dots += 1;
        let request = self.attempts[ix].request;
        let Request { source, ordinal, .. } = self.requests[request];
        self.hops.push(HopSample { edge: edge_ix, source, ordinal, back, outcome, start, end });
    }
}
