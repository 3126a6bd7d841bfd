//! The running example's breaker as its text has it: kept for "spot the bug".

use super::{Breaker, Cell, Kind, Look, SCOPE, State, Why, open_for, secs};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, told};

static ENTRY: Entry = Entry {
    id: "naive",
    name: "Failures in a row, as first written",
    summary: told("Half-open, it lets every call through; any success closes it, and every failure prolongs it."),
    source: told("The running example's service mesh, unchanged."),
    params: &[
        ParamSpec::count("failures", "Failures in a row", 5.0, 1.0, 10_000.0, "So many failures open it."),
        open_for(30.0),
        SCOPE,
    ],
    defect: true,
};

pub(super) const KIND: Kind = Kind {
    entry: &ENTRY,
    build: |reader, now| Box::new(Naive::new(reader.count("failures"), secs(reader, "open_for"), now)),
};

/// The breaker: no limit on probes, no generations, its time counted from the last failure.
#[derive(Clone, Debug)]
pub struct Naive {
    threshold: u32,
    open_for: SimDuration,
    state: State,
    why: Why,
    since: SimTime,
    failures: u32,
    last_failure: SimTime,
}

impl Naive {
    #[must_use]
    pub const fn new(threshold: u32, open_for: SimDuration, now: SimTime) -> Self {
        Self { threshold, open_for, state: State::Closed, why: Why::Fresh, since: now, failures: 0, last_failure: now }
    }

    /// Failures counted since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    const fn turn(&mut self, state: State, why: Why, now: SimTime) {
        self.state = state;
        self.why = why;
        self.since = now;
    }
}

impl Breaker for Naive {
    fn acquire(&mut self, now: SimTime) -> Option<u64> {
        if self.state == State::Open {
            if now.since(self.last_failure) <= self.open_for {
                return None;
            }
            self.turn(State::HalfOpen, Why::WaitOver, now);
        }
        Some(0)
    }

    fn result(&mut self, _pass: u64, good: bool, _took: SimDuration, now: SimTime) {
        if good {
            self.failures = 0;
            match self.state {
                State::Closed => {}
                State::HalfOpen => self.turn(State::Closed, Why::ProbesPassed(1), now),
                State::Open => self.turn(State::Closed, Why::LateSuccess, now),
            }
            return;
        }
        self.failures += 1;
        self.last_failure = now;
        if self.failures >= self.threshold && self.state != State::Open {
            let probe = self.state == State::HalfOpen;
            self.turn(State::Open, if probe { Why::ProbeFailed } else { Why::FailuresInARow(self.failures) }, now);
        }
    }

    fn release(&mut self, _pass: u64, _now: SimTime) {}

    fn state(&self) -> State {
        self.state
    }

    fn why(&self) -> Why {
        self.why
    }

    fn look(&self, _now: SimTime) -> Look {
        let cell =
            |at: u32| Cell { calls: u32::from(at < self.failures), failed: u32::from(at < self.failures), slow: 0 };
        Look {
            state: self.state,
            since: self.since,
            why: self.why,
            until: (self.state == State::Open).then(|| self.last_failure + self.open_for),
            cells: (0..self.threshold.min(64)).map(cell).collect(),
            sum: Cell { calls: self.failures, failed: self.failures, slow: 0 },
            in_a_row: Some((self.failures, self.threshold)),
            shares: None,
            probes: None,
        }
    }

    fn box_clone(&self) -> Box<dyn Breaker> {
        Box::new(self.clone())
    }
}
