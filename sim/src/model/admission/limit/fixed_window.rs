//! Fixed window: counts requests in windows of the clock. Cheap, and blind at the seam of two windows: a burst around it
//! may be twice the limit.

use super::{LIMIT, Limiter, LimiterKind, PER, Permit, Reading, WINDOW, in_words};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, told};
use crate::model::read::Reader;

pub(super) const KIND: LimiterKind = LimiterKind {
    entry: Entry {
        id: "fixed-window",
        name: "Fixed window",
        summary: told(
            "Counts requests within fixed intervals and starts over at each. Around a boundary, twice the limit can pass.",
        ),
        source: told(
            "One counter for each key and window, as with INCR and EXPIRE in Redis. Windows begin at whole multiples of their length.",
        ),
        params: &[LIMIT, WINDOW, PER],
        defect: false,
    },
    build: |params| Box::new(FixedWindow::new(params)),
};

#[derive(Clone, Debug)]
struct FixedWindow {
    limit: u32,
    /// Its length [ns].
    window: u64,
    /// Number of the window that `count` belongs to.
    number: u64,
    count: u32,
}

impl FixedWindow {
    fn new(params: &Reader<'_>) -> Self {
        let window = SimDuration::from_secs_f64(params.number("window")).0;
        Self { limit: params.count("limit"), window, number: 0, count: 0 }
    }

    const fn count(&self, now: SimTime) -> u32 {
        if now.0 / self.window == self.number { self.count } else { 0 }
    }

    /// Until the next window begins.
    const fn left(&self, now: SimTime) -> SimDuration {
        SimDuration(self.window - now.0 % self.window)
    }
}

impl Limiter for FixedWindow {
    fn permit(&mut self, now: SimTime) -> Permit {
        self.count = self.count(now);
        self.number = now.0 / self.window;
        if self.count >= self.limit {
            return Permit::Refused { retry_after: self.left(now) };
        }
        self.count += 1;
        Permit::Go
    }

    fn reading(&self, now: SimTime) -> Reading {
        let left = in_words(self.left(now));
        let words = format!("{} of {} in this window, the next window in {left}", self.count(now), self.limit);
        Reading {
            used: f64::from(self.count(now)),
            limit: f64::from(self.limit),
            full: self.count(now) >= self.limit,
            words,
        }
    }

    fn is_idle(&self, now: SimTime) -> bool {
        self.count(now) == 0
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
