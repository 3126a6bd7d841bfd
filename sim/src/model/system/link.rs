//! What faults do to the messages on an edge: lost, late, one after the other over a thin link.
//!
//! Draws belong to the message, so that a fault shifts nobody else's.
//!
//! A partitioned connection carries nothing, either way or one way only: with requests lost nobody works, with answers lost the
//! work is done and nobody hears of it. The caller is not told: it learns by its time-out. Without a time-out the attempt is
//! given up after 127 s, as Linux does with `tcp_syn_retries` = 6, with its own reason (`Unreachable`): a time-out of 0 means "as
//! long as the network lets me", not "forever". The document's checks warn of a planned partition, of planned loss and of a
//! planned hang without a time-out. A thin link is one queue for each direction of a connection, however many replicas stand at
//! its ends; what is on it when the fault is lifted arrives as it would have.

use super::System;
use super::attempt::Verb;
use super::edge::Edge;
use super::flow::purpose;
use super::slab::NONE;
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::Effect;
use crate::model::outcome::Outcome;

/// Bits of 1 kB.
const KILOBYTE_BITS: f64 = 8_000.0;

/// An edge under faults; without any it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Shares of requests and of answers that are lost, 0..=1.
    pub lost_out: f64,
    pub lost_back: f64,
    pub extra: SimDuration,
    /// Give or take [s].
    pub jitter: f64,
    /// What each direction carries [bit/s]; infinite: as much as comes.
    pub bits_per_sec: f64,
    /// Until when the messages before keep each direction busy.
    free_out: SimTime,
    free_back: SimTime,
}

impl Link {
    /// What all these faults together make of the edge; `None`: nothing. What was being sent goes on.
    pub(super) fn under(effects: impl Iterator<Item = Effect>, before: Option<&Self>) -> Option<Box<Self>> {
        let (free_out, free_back) = before.map_or_else(Default::default, |link| (link.free_out, link.free_back));
        let mut link = Self {
            lost_out: 0.0,
            lost_back: 0.0,
            extra: SimDuration::ZERO,
            jitter: 0.0,
            bits_per_sec: f64::INFINITY,
            free_out,
            free_back,
        };
        let mut any = false;
        for effect in effects {
            any = true;
            match effect {
                Effect::Loss { out, back } => {
                    link.lost_out = 1.0 - (1.0 - link.lost_out) * (1.0 - out);
                    link.lost_back = 1.0 - (1.0 - link.lost_back) * (1.0 - back);
                }
                Effect::Latency { secs, jitter } => {
                    link.extra = link.extra + SimDuration::from_secs_f64(secs);
                    link.jitter += jitter;
                }
                Effect::Bandwidth { bits_per_sec } => link.bits_per_sec = link.bits_per_sec.min(bits_per_sec),
                _ => {}
            }
        }
        any.then(|| Box::new(link))
    }

    /// A latency with what is added to it.
    fn later(&self, base: SimDuration, draws: DrawKey, edge: u64) -> SimDuration {
        let base = base + self.extra;
        if self.jitter == 0.0 {
            return base;
        }
        let off = self.jitter * (2.0 * draws.child(purpose::JITTER).child(edge).unit(0) - 1.0);
        SimDuration::from_secs_f64((base.as_secs_f64() + off).max(0.0))
    }

    /// Time until a message of so many bits has left: those before it first.
    fn transmit(&mut self, now: SimTime, bits: f64, back: bool) -> SimDuration {
        if self.bits_per_sec.is_infinite() {
            return SimDuration::ZERO;
        }
        let free = if back { &mut self.free_back } else { &mut self.free_out };
        *free = (*free).max(now) + SimDuration::from_secs_f64(bits / self.bits_per_sec);
        free.since(now)
    }
}

impl Edge {
    /// Nothing gets through, either way.
    pub fn partitioned(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.lost_out >= 1.0 && link.lost_back >= 1.0)
    }

    /// Added by faults to each direction.
    pub fn extra(&self) -> SimDuration {
        self.link.as_ref().map_or(SimDuration::ZERO, |link| link.extra)
    }

    /// One-way latency of an attempt, faults included.
    #[inline]
    pub(super) fn latency(&self, draws: DrawKey, purpose: u64) -> SimDuration {
        let base = match self.constant {
            Some(latency) => latency,
            None => {
                let mut draws = draws.child(purpose).child(u64::from(self.plan.id.0)).sequence();
                SimDuration::from_secs_f64(self.plan.latency.sample(&mut draws))
            }
        };
        let base = base + self.hop;
        match &self.link {
            None => base,
            Some(link) => link.later(base, draws.child(purpose), u64::from(self.plan.id.0)),
        }
    }
}

impl System {
    /// Whether an attempt's message is lost on the edge.
    #[inline]
    pub(super) fn loses(&self, ix: u32, edge: u32, back: bool) -> bool {
        self.edges[edge as usize].link.is_some() && self.loses_under_faults(ix, edge, back)
    }

    #[cold]
    fn loses_under_faults(&self, ix: u32, edge: u32, back: bool) -> bool {
        let edge = &self.edges[edge as usize];
        let Some(link) = &edge.link else { return false };
        let (share, purpose) =
            if back { (link.lost_back, purpose::LOSS_BACK) } else { (link.lost_out, purpose::LOSS_OUT) };
        share >= 1.0 || self.attempts[ix].draws.child(purpose).unit(u64::from(edge.plan.id.0)) < share
    }

    /// Time that an attempt's message waits for the link and spends going onto it.
    #[inline]
    pub(super) fn on_the_link(&mut self, ix: u32, edge: u32, back: bool) -> SimDuration {
        if self.edges[edge as usize].link.is_none() { SimDuration::ZERO } else { self.transmitted(ix, edge, back) }
    }

    #[cold]
    fn transmitted(&mut self, ix: u32, edge: u32, back: bool) -> SimDuration {
        let (now, bits) = (self.now, self.message_bits(ix, back));
        let Some(link) = &mut self.edges[edge as usize].link else { return SimDuration::ZERO };
        link.transmit(now, bits, back)
    }

    /// What a message weighs: a good answer its answer's size, everything else a request's; health checks nothing.
    pub(super) fn message_bits(&self, ix: u32, back: bool) -> f64 {
        let attempt = &self.attempts[ix];
        if attempt.request == NONE {
            return 0.0;
        }
        let config = &self.source(self.requests[attempt.request].source).config;
        let carries = match attempt.verb {
            Verb::Request => back && attempt.outcome == Outcome::Completed,
            Verb::Get => back && attempt.found,
            Verb::Fill => !back,
            Verb::Invalidate | Verb::Probe | Verb::Repeat | Verb::Part => false,
        };
        KILOBYTE_BITS * if carries { config.answer_kilobytes } else { config.request_kilobytes }
    }
}
