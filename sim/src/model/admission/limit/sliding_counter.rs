//! Sliding counter: estimates the last window's requests from two counters, as if those of the previous window had come
//! evenly.

use super::{LIMIT, Limiter, LimiterKind, PER, Permit, Reading, WINDOW, at_least};
use crate::engine::time::{NANOS_PER_SEC, SimDuration, SimTime};
use crate::model::params::{Entry, told};
use crate::model::read::Reader;

pub(super) const KIND: LimiterKind = LimiterKind {
    entry: Entry {
        id: "sliding-counter",
        name: "Sliding counter",
        summary: told(
            "Two counters: this window's requests, and of the previous window's the share that still reaches into the last one.",
        ),
        source: told(
            "Cloudflare, \"How we built rate limiting capable of scaling to millions of domains\", 2017. Refused requests are not counted.",
        ),
        params: &[LIMIT, WINDOW, PER],
        defect: false,
    },
    build: |params| Box::new(SlidingCounter::new(params)),
};

/// Rounding may put an estimate that is exactly the limit a hair above it.
const HAIR: f64 = 1e-6;

#[derive(Clone, Debug)]
struct SlidingCounter {
    limit: f64,
    /// Its length [ns].
    window: u64,
    /// Number of the window that `count` belongs to; `before` belongs to the one before.
    number: u64,
    count: u32,
    before: u32,
}

impl SlidingCounter {
    fn new(params: &Reader<'_>) -> Self {
        let window = SimDuration::from_secs_f64(params.number("window")).0;
        Self { limit: params.number("limit").floor(), window, number: 0, count: 0, before: 0 }
    }

    /// This window's requests, and the previous one's.
    const fn counts(&self, now: SimTime) -> (u32, u32) {
        match now.0 / self.window - self.number {
            0 => (self.count, self.before),
            1 => (0, self.count),
            _ => (0, 0),
        }
    }

    /// The share of the previous window that lies within the last one, 0..1.
    fn share(&self, now: SimTime) -> f64 {
        1.0 - (now.0 % self.window) as f64 / self.window as f64
    }

    fn estimate(&self, now: SimTime) -> f64 {
        let (count, before) = self.counts(now);
        f64::from(before) * self.share(now) + f64::from(count)
    }

    /// How long until the estimate leaves room for one more.
    fn wait(&self, now: SimTime) -> SimDuration {
        let (count, before) = self.counts(now);
        let window = self.window as f64 / NANOS_PER_SEC as f64;
        let at = (now.0 % self.window) as f64 / NANOS_PER_SEC as f64;
        // The previous window's requests leave evenly: `fading` of them are at most `room` from this moment on.
        let leaves_room = |fading: u32, room: f64| {
            let share = if fading == 0 { 1.0 } else { (room / f64::from(fading)).min(1.0) };
            window * (1.0 - share)
        };
        let room = self.limit - 1.0 - f64::from(count);
        let then = if room >= 0.0 { leaves_room(before, room) } else { window + leaves_room(count, self.limit - 1.0) };
        at_least(then - at)
    }
}

impl Limiter for SlidingCounter {
    fn permit(&mut self, now: SimTime) -> Permit {
        (self.count, self.before) = self.counts(now);
        self.number = now.0 / self.window;
        if self.estimate(now) + 1.0 > self.limit + HAIR {
            return Permit::Refused { retry_after: self.wait(now) };
        }
        self.count += 1;
        Permit::Go
    }

    fn reading(&self, now: SimTime) -> Reading {
        let (count, before) = self.counts(now);
        let estimate = self.estimate(now);
        let words = format!(
            "{before} × {:.0} % + {count} = {estimate:.1} of {} in the last window, as estimated",
            self.share(now) * 100.0,
            self.limit
        );
        Reading { used: estimate, limit: self.limit, full: estimate + 1.0 > self.limit + HAIR, words }
    }

    fn is_idle(&self, now: SimTime) -> bool {
        self.counts(now) == (0, 0)
    }

    fn retune(&mut self, params: &Reader<'_>) {
        let fresh = Self::new(params);
        self.limit = fresh.limit;
        if fresh.window != self.window {
            // Counts of one length say nothing of another.
            *self = fresh;
        }
    }

    fn boxed(&self) -> Box<dyn Limiter> {
        Box::new(self.clone())
    }
}
