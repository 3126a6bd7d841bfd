//! Leaky bucket: every request pours in a drop, drops leak out at a fixed rate, what does not fit is refused.
//!
//! As a shaper, a request goes when its own drop leaks out: evenly spaced. As a meter, it goes at once, and the bucket only
//! measures: then it decides as a token bucket of one more token would.

use super::{Limiter, LimiterKind, PER, Permit, RATE, Reading, at_least, in_words};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, told};
use crate::model::read::Reader;

pub(super) const KIND: LimiterKind = LimiterKind {
    entry: Entry {
        id: "leaky-bucket",
        name: "Leaky bucket",
        summary: told(
            "Requests drip out at a fixed rate, evenly spaced; a burst waits in the bucket, what does not fit is refused.",
        ),
        source: told("nginx's limit_req: rate, burst (default 0), and nodelay, which makes a meter of the shaper."),
        params: &[
            RATE,
            ParamSpec::count(
                "burst",
                "Bucket size",
                20.0,
                0.0,
                100_000.0,
                "Requests beyond the rate that fit in. 0 = each must be spaced from the last.",
            ),
            ParamSpec::choice(
                "excess",
                "What is in the bucket",
                &[("wait", "waits its turn (shaper)"), ("pass", "passes at once (meter)")],
                "wait",
                "A shaper turns a burst into waiting; a meter lets the burst through and only counts it.",
            ),
            PER,
        ],
        defect: false,
    },
    build: |params| Box::new(LeakyBucket::new(params)),
};

/// Rounding may leave a place that is free a hair too small.
const HAIR: f64 = 1e-6;

#[derive(Clone, Debug)]
struct LeakyBucket {
    /// Drops per second.
    rate: f64,
    size: f64,
    shapes: bool,
    /// Drops, as of the last request let in; before the first one: so few that it does not count.
    drops: f64,
    at: SimTime,
}

impl LeakyBucket {
    fn new(params: &Reader<'_>) -> Self {
        Self {
            rate: params.number("rate"),
            size: params.number("burst"),
            shapes: params.choice("excess") == "wait",
            drops: -1.0,
            at: SimTime::ZERO,
        }
    }

    /// Drops at `now`, less those that a request finds gone: -1 says that there has been nothing for long enough.
    fn drops(&self, now: SimTime) -> f64 {
        (self.drops - now.since(self.at).as_secs_f64() * self.rate).max(-1.0)
    }
}

impl Limiter for LeakyBucket {
    fn permit(&mut self, now: SimTime) -> Permit {
        // The first drop after a pause is the one that leaks out at once: it fills nothing.
        let drops = self.drops(now) + 1.0;
        if drops > self.size + HAIR {
            return Permit::Refused { retry_after: at_least((drops - self.size) / self.rate) };
        }
        self.drops = drops;
        self.at = now;
        let wait = if self.shapes { at_least(drops / self.rate) } else { SimDuration::ZERO };
        if wait == SimDuration::ZERO { Permit::Go } else { Permit::Wait(wait) }
    }

    fn reading(&self, now: SimTime) -> Reading {
        let drops = self.drops(now);
        let over = drops + 1.0 - self.size;
        let words = if over > HAIR {
            let place = in_words(at_least(over / self.rate));
            format!("bucket full: {:.1} of {} places taken, the next one free in {place}", drops.max(0.0), self.size)
        } else {
            format!("{:.1} of {} places taken", drops.max(0.0), self.size)
        };
        Reading { used: drops.max(0.0), limit: self.size, full: over > HAIR, words }
    }

    fn is_idle(&self, now: SimTime) -> bool {
        self.drops(now) <= -1.0
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.rate = params.number("rate");
        self.size = params.number("burst");
        self.shapes = params.choice("excess") == "wait";
    }

    fn boxed(&self) -> Box<dyn Limiter> {
        Box::new(self.clone())
    }
}
