//! Opens after so many failures in a row, as the running example's and gobreaker do.

use super::{Breaker, Cell, Kind, Look, SCOPE, State, Why, open_for, secs};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "consecutive",
    name: "Failures in a row",
    summary: told("Opens after a number of failures in a row; after a wait, a few probes decide."),
    source: told(
        "The running example's thresholds (5 failures, 30 s); probes, generations and the optional share after github.com/sony/gobreaker v2.",
    ),
    params: &[
        ParamSpec::count(
            "failures",
            "Failures in a row",
            5.0,
            0.0,
            10_000.0,
            "This many failures without a success between them open it; 0 = never.",
        ),
        open_for(30.0),
        ParamSpec::count(
            "probes",
            "Probes",
            1.0,
            1.0,
            10_000.0,
            "Half-open, at most this many calls may begin; as many successes in a row close it, one failure opens it again.",
        ),
        ParamSpec::number(
            "clear_every",
            "Forgets every",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "Closed, it counts from nothing again after this time; 0 = never.",
        ),
        ParamSpec::number(
            "failure_share",
            "Or share of failures",
            Unit::Share,
            0.0,
            0.0,
            1.0,
            "Also opens at a failure when at least this share of the calls since it last forgot have failed; 0 = not used.",
        ),
        ParamSpec::count(
            "min_calls",
            "Share from",
            10.0,
            1.0,
            100_000.0,
            "The share counts only from this many calls on.",
        ),
        SCOPE,
    ],
    defect: false,
};

pub(super) const KIND: Kind = Kind {
    entry: &ENTRY,
    build: |reader, now| {
        let share = reader.number("failure_share");
        let clear = secs(reader, "clear_every");
        Box::new(Consecutive::new(
            Settings {
                failures: reader.count("failures"),
                open_for: secs(reader, "open_for"),
                probes: reader.count("probes"),
                clear_every: (clear > SimDuration::ZERO).then_some(clear),
                share: (share > 0.0).then(|| (reader.count("min_calls"), share)),
            },
            now,
        ))
    },
};

/// When it opens, for how long, what closes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Failures in a row that open it; 0: they never do.
    pub failures: u32,
    pub open_for: SimDuration,
    /// Calls that may begin while half-open, and successes in a row that close it; at least 1.
    pub probes: u32,
    /// Closed, it counts from nothing again strictly after this time.
    pub clear_every: Option<SimDuration>,
    /// Opens at a failure, too, when at least this share of at least so many calls failed.
    pub share: Option<(u32, f64)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { failures: 5, open_for: SimDuration::from_secs(30), probes: 1, clear_every: None, share: None }
    }
}

/// What was counted in the current generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls begun.
    pub requests: u32,
    pub successes: u32,
    pub failures: u32,
    /// Ended in a way that says nothing.
    pub excluded: u32,
    pub successes_in_a_row: u32,
    pub failures_in_a_row: u32,
}

/// The breaker.
///
/// Every change of state, and every forgetting, begins a generation; results of calls from an earlier one are ignored.
#[derive(Clone, Debug)]
pub struct Consecutive {
    settings: Settings,
    state: State,
    why: Why,
    since: SimTime,
    generation: u64,
    counts: Counts,
    /// Closed: forgets after this. Open: half-open after this.
    expires: SimTime,
}

impl Consecutive {
    #[must_use]
    pub fn new(settings: Settings, now: SimTime) -> Self {
        let mut breaker = Self {
            settings,
            state: State::Closed,
            why: Why::Fresh,
            since: now,
            generation: 0,
            counts: Counts::default(),
            expires: SimTime::NEVER,
        };
        breaker.begin_generation(now);
        breaker
    }

    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Goes by the time alone: forgets, or becomes half-open.
    pub fn settle(&mut self, now: SimTime) -> State {
        if now > self.expires {
            match self.state {
                State::Closed => self.begin_generation(now),
                State::Open => self.turn(State::HalfOpen, Why::WaitOver, now),
                State::HalfOpen => {}
            }
        }
        self.state
    }

    fn begin_generation(&mut self, now: SimTime) {
        self.generation += 1;
        self.counts = Counts::default();
        self.expires = match self.state {
            State::Closed => self.settings.clear_every.map_or(SimTime::NEVER, |clear| now + clear),
            State::Open => now + self.settings.open_for,
            State::HalfOpen => SimTime::NEVER,
        };
    }

    fn turn(&mut self, state: State, why: Why, now: SimTime) {
        self.state = state;
        self.why = why;
        self.since = now;
        self.begin_generation(now);
    }

    /// Why a closed breaker opens at the failure just counted, if it does.
    fn trips(&self) -> Option<Why> {
        let Counts { requests, failures, failures_in_a_row, .. } = self.counts;
        if self.settings.failures > 0 && failures_in_a_row >= self.settings.failures {
            return Some(Why::FailuresInARow(failures_in_a_row));
        }
        let (min, share) = self.settings.share?;
        // The slack takes what a share in binary loses.
        let reached = f64::from(failures) / f64::from(requests.max(1)) >= share - 1e-9;
        (requests >= min && reached).then_some(Why::Failures { failed: failures, of: requests })
    }
}

impl Breaker for Consecutive {
    fn acquire(&mut self, now: SimTime) -> Option<u64> {
        match self.settle(now) {
            State::Open => return None,
            State::HalfOpen if self.counts.requests - self.counts.excluded >= self.settings.probes => return None,
            State::HalfOpen | State::Closed => {}
        }
        self.counts.requests += 1;
        Some(self.generation)
    }

    fn result(&mut self, pass: u64, good: bool, _took: SimDuration, now: SimTime) {
        self.settle(now);
        if pass != self.generation {
            return;
        }
        if good {
            self.counts.successes += 1;
            self.counts.successes_in_a_row += 1;
            self.counts.failures_in_a_row = 0;
            if self.state == State::HalfOpen && self.counts.successes_in_a_row >= self.settings.probes {
                self.turn(State::Closed, Why::ProbesPassed(self.counts.successes_in_a_row), now);
            }
            return;
        }
        self.counts.failures += 1;
        self.counts.failures_in_a_row += 1;
        self.counts.successes_in_a_row = 0;
        if self.state == State::HalfOpen {
            self.turn(State::Open, Why::ProbeFailed, now);
        } else if let Some(why) = self.trips() {
            self.turn(State::Open, why, now);
        }
    }

    fn release(&mut self, pass: u64, now: SimTime) {
        self.settle(now);
        if pass == self.generation {
            self.counts.excluded += 1;
        }
    }

    fn state(&self) -> State {
        self.state
    }

    fn why(&self) -> Why {
        self.why
    }

    fn look(&self, now: SimTime) -> Look {
        let half_open = self.state == State::HalfOpen || (self.state == State::Open && now > self.expires);
        let Counts { requests, failures, failures_in_a_row: bad, successes_in_a_row: good, .. } = self.counts;
        let (filled, row, failed) =
            if half_open { (good, self.settings.probes, 0) } else { (bad, self.settings.failures, 1) };
        let cell = |at: u32| if at < filled { Cell { calls: 1, failed, slow: 0 } } else { Cell::default() };
        Look {
            state: self.state,
            since: self.since,
            why: self.why,
            until: (self.state == State::Open).then_some(self.expires),
            cells: (0..row.min(64)).map(cell).collect(),
            sum: Cell { calls: requests, failed: failures, slow: 0 },
            in_a_row: (self.settings.failures > 0).then_some((bad, self.settings.failures)),
            shares: self.settings.share.map(|(min, share)| (share, None, min)),
            probes: half_open.then(|| (requests - self.counts.excluded, self.settings.probes)),
        }
    }

    fn box_clone(&self) -> Box<dyn Breaker> {
        Box::new(self.clone())
    }
}
