//! Sliding log: remembers when each request was let in. Exact at every moment, at the price of one entry for each.

use std::collections::VecDeque;

use super::{LIMIT, Limiter, LimiterKind, PER, Permit, Reading, WINDOW, in_words};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, told};
use crate::model::read::Reader;

pub(super) const KIND: LimiterKind = LimiterKind {
    entry: Entry {
        id: "sliding-log",
        name: "Sliding log",
        summary: told("Remembers every request of the last window: exact at every moment, at the cost of memory."),
        source: told(
            "One timestamp for each request let in, as with a sorted set in Redis. Refused requests are not counted.",
        ),
        params: &[LIMIT, WINDOW, PER],
        defect: false,
    },
    build: |params| Box::new(SlidingLog::new(params)),
};

#[derive(Clone, Debug)]
struct SlidingLog {
    limit: usize,
    window: SimDuration,
    /// Those let in, oldest first.
    log: VecDeque<SimTime>,
}

impl SlidingLog {
    fn new(params: &Reader<'_>) -> Self {
        let window = SimDuration::from_secs_f64(params.number("window"));
        Self { limit: params.count("limit") as usize, window, log: VecDeque::new() }
    }

    /// How many of the log lie within the window, and when the oldest of as many as the limit leaves it.
    fn counted(&self, now: SimTime) -> (usize, SimDuration) {
        let gone = self.log.partition_point(|at| now.since(*at) >= self.window);
        let count = self.log.len() - gone;
        let blocking = count.checked_sub(self.limit).and_then(|over| self.log.get(gone + over));
        let left = blocking.map_or(SimDuration::ZERO, |at| (*at + self.window).since(now));
        (count, left)
    }
}

impl Limiter for SlidingLog {
    fn permit(&mut self, now: SimTime) -> Permit {
        while self.log.front().is_some_and(|at| now.since(*at) >= self.window) {
            self.log.pop_front();
        }
        if self.log.len() >= self.limit {
            return Permit::Refused { retry_after: self.counted(now).1 };
        }
        self.log.push_back(now);
        Permit::Go
    }

    fn reading(&self, now: SimTime) -> Reading {
        let (count, left) = self.counted(now);
        let window = in_words(self.window);
        let mut words = format!("{count} of {} in the last {window}", self.limit);
        if count >= self.limit {
            words += &format!(", the oldest of them leaves in {}", in_words(left));
        }
        Reading { used: count as f64, limit: self.limit as f64, full: count >= self.limit, words }
    }

    fn is_idle(&self, now: SimTime) -> bool {
        self.counted(now).0 == 0
    }

    fn retune(&mut self, params: &Reader<'_>) {
        let Self { limit, window, .. } = Self::new(params);
        (self.limit, self.window) = (limit, window);
    }

    fn boxed(&self) -> Box<dyn Limiter> {
        Box::new(self.clone())
    }
}
