//! The machine behind both kinds of window, after resilience4j: opens by the share of failed or of slow calls.

use super::{Breaker, Cell, Look, State, Why, open_for, secs};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{ParamSpec, Unit};
use crate::model::read::Reader;

pub(super) const SOURCE: &str = "resilience4j's CircuitBreaker, with its defaults.";

pub(super) const MIN_CALLS: ParamSpec = ParamSpec::count(
    "min_calls",
    "Calls at least",
    100.0,
    1.0,
    100_000.0,
    "With fewer results in the window nothing is decided. In a window of calls, never more than it holds.",
);
pub(super) const FAILURE_SHARE: ParamSpec = ParamSpec::number(
    "failure_share",
    "Share of failures",
    Unit::Share,
    0.5,
    0.001,
    1.0,
    "At least this share of failed calls opens it.",
);
pub(super) const SLOW_AFTER: ParamSpec = ParamSpec::number(
    "slow_after",
    "Slow after",
    Unit::Seconds,
    60.0,
    0.001,
    3_600.0,
    "A call that takes longer counts as slow, whether it ends well or not.",
);
pub(super) const SLOW_SHARE: ParamSpec = ParamSpec::number(
    "slow_share",
    "Share of slow calls",
    Unit::Share,
    1.0,
    0.001,
    1.0,
    "At least this share of slow calls opens it.",
);
pub(super) const OPEN_FOR: ParamSpec = open_for(60.0);
pub(super) const OPEN_FACTOR: ParamSpec = ParamSpec::number(
    "open_factor",
    "Each time longer",
    Unit::Factor,
    1.0,
    1.0,
    10.0,
    "Opened again by its probes, it stays open this many times as long as the last time; 1 = always as long.",
);
pub(super) const PROBES: ParamSpec = ParamSpec::count(
    "probes",
    "Probes",
    10.0,
    1.0,
    10_000.0,
    "Half-open, this many calls may begin; the shares of failed and slow ones among them then close or open it. A probe that never ends keeps its place.",
);

/// The parameters of a kind of window: how large it is, then what both kinds have.
macro_rules! rates_params {
    ($window:expr) => {
        &[
            $window,
            $crate::model::policy::breaker::rates::MIN_CALLS,
            $crate::model::policy::breaker::rates::FAILURE_SHARE,
            $crate::model::policy::breaker::rates::SLOW_AFTER,
            $crate::model::policy::breaker::rates::SLOW_SHARE,
            $crate::model::policy::breaker::rates::OPEN_FOR,
            $crate::model::policy::breaker::rates::OPEN_FACTOR,
            $crate::model::policy::breaker::rates::PROBES,
            $crate::model::policy::breaker::SCOPE,
        ]
    };
}
pub(super) use rates_params;

/// When it opens, for how long, what closes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub min_calls: u32,
    /// Share of failures that opens it, 0..1.
    pub failure_share: f64,
    /// Calls that take strictly longer are slow.
    pub slow_after: SimDuration,
    /// Share of slow calls that opens it, 0..1.
    pub slow_share: f64,
    pub open_for: SimDuration,
    /// The wait grows by this factor with each opening that no closing came before.
    pub open_factor: f64,
    /// Calls that may begin while half-open, at least 1.
    pub probes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_calls: 100,
            failure_share: 0.5,
            slow_after: SimDuration::from_secs(60),
            slow_share: 1.0,
            open_for: SimDuration::from_secs(60),
            open_factor: 1.0,
            probes: 10,
        }
    }
}

impl Settings {
    pub(super) fn read(reader: &Reader<'_>) -> Self {
        Self {
            min_calls: reader.count("min_calls"),
            failure_share: reader.number("failure_share"),
            slow_after: secs(reader, "slow_after"),
            slow_share: reader.number("slow_share"),
            open_for: secs(reader, "open_for"),
            open_factor: reader.number("open_factor"),
            probes: reader.count("probes"),
        }
    }
}

/// The latest results, of which a breaker takes shares.
pub trait Window: Clone + std::fmt::Debug + Send {
    /// Results that it can hold; `None`: any number.
    fn capacity(&self) -> Option<u32>;
    fn record(&mut self, failed: bool, slow: bool, now: SimTime);
    fn sum(&self) -> Cell;
    /// Oldest first, as seen at `now`; those still to come are empty.
    fn cells(&self, now: SimTime) -> Vec<Cell>;
    fn clear(&mut self);
}

/// The last so many results.
#[derive(Clone, Debug)]
pub struct LastCalls {
    size: u32,
    ring: std::collections::VecDeque<Cell>,
    sum: Cell,
}

impl LastCalls {
    #[must_use]
    pub fn new(size: u32) -> Self {
        Self { size: size.max(1), ring: std::collections::VecDeque::new(), sum: Cell::default() }
    }
}

impl Window for LastCalls {
    fn capacity(&self) -> Option<u32> {
        Some(self.size)
    }

    fn record(&mut self, failed: bool, slow: bool, _now: SimTime) {
        if self.ring.len() == self.size as usize
            && let Some(old) = self.ring.pop_front()
        {
            self.sum.take(old);
        }
        let cell = Cell { calls: 1, failed: u32::from(failed), slow: u32::from(slow) };
        self.ring.push_back(cell);
        self.sum.add(cell);
    }

    fn sum(&self) -> Cell {
        self.sum
    }

    fn cells(&self, _now: SimTime) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self.ring.iter().copied().collect();
        cells.resize(self.size as usize, Cell::default());
        cells
    }

    fn clear(&mut self) {
        self.ring.clear();
        self.sum = Cell::default();
    }
}

impl Cell {
    pub(super) const fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    pub(super) const fn take(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// A breaker over a window.
///
/// As in resilience4j there are no generations: a late result counts in the state that it finds. While open it changes
/// the window and nothing else. Probes have a window of their own, as long as there are probes.
#[derive(Clone, Debug)]
pub struct Rates<W> {
    settings: Settings,
    window: W,
    probes: LastCalls,
    /// Half-open: places for probes that are left.
    places: u32,
    state: State,
    why: Why,
    since: SimTime,
    until: SimTime,
    /// Openings since it was last closed.
    openings: u32,
    /// Calls refused since the counted results began.
    refused: u64,
    /// Open: what is shown are the probes that opened it again, not the window.
    by_probes: bool,
}

impl<W: Window> Rates<W> {
    pub const fn new(settings: Settings, window: W, probes: LastCalls, now: SimTime) -> Self {
        Self {
            settings,
            window,
            probes,
            places: 0,
            state: State::Closed,
            why: Why::Fresh,
            since: now,
            until: SimTime::ZERO,
            openings: 0,
            refused: 0,
            by_probes: false,
        }
    }

    /// What the parameters say, over `window`.
    pub(super) fn build(reader: &Reader<'_>, window: W, now: SimTime) -> Box<dyn Breaker>
    where
        W: 'static,
    {
        let settings = Settings::read(reader);
        Box::new(Self::new(settings, window, LastCalls::new(settings.probes), now))
    }

    /// Calls refused since the results that are counted now began.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Sums of the results that decide now, and shares of failed and of slow calls [0..1], once there are enough.
    #[must_use]
    pub fn shares(&self) -> (Cell, Option<(f64, f64)>) {
        let sum = if self.by_probes { self.probes.sum() } else { self.window.sum() };
        let of = |part: u32| f64::from(part) / f64::from(sum.calls);
        (sum, (sum.calls > 0 && sum.calls >= self.enough()).then(|| (of(sum.failed), of(sum.slow))))
    }

    /// Results from which on there is something to decide.
    fn enough(&self) -> u32 {
        let capacity = if self.by_probes { Some(self.settings.probes) } else { self.window.capacity() };
        self.settings.min_calls.min(capacity.unwrap_or(u32::MAX))
    }

    /// Why the results open it; `None`: they do not. Nothing where there are too few.
    fn verdict(&self) -> Option<Option<Why>> {
        let (sum, shares) = self.shares();
        let (failed, slow) = shares?;
        // The slack takes what a share in binary loses.
        Some(if failed >= self.settings.failure_share - 1e-9 {
            Some(Why::Failures { failed: sum.failed, of: sum.calls })
        } else if slow >= self.settings.slow_share - 1e-9 {
            Some(Why::Slow { slow: sum.slow, of: sum.calls })
        } else {
            None
        })
    }

    fn turn(&mut self, state: State, why: Why, now: SimTime) {
        self.state = state;
        self.why = why;
        self.since = now;
        match state {
            State::Closed => {
                self.window.clear();
                self.openings = 0;
                self.refused = 0;
                self.by_probes = false;
            }
            State::Open => {
                let wait = (0..self.openings.min(64))
                    .fold(self.settings.open_for.as_secs_f64(), |wait, _| (wait * self.settings.open_factor).min(1e9));
                self.openings += 1;
                self.until = now + SimDuration::from_secs_f64(wait);
            }
            State::HalfOpen => {
                self.probes = LastCalls::new(self.settings.probes);
                self.places = self.settings.probes;
                self.refused = 0;
                self.by_probes = true;
            }
        }
    }
}

impl<W: Window + 'static> Breaker for Rates<W> {
    fn acquire(&mut self, now: SimTime) -> Option<u64> {
        if self.state == State::Open && now > self.until {
            self.turn(State::HalfOpen, Why::WaitOver, now);
        }
        let passes = match self.state {
            State::Closed => true,
            State::Open => false,
            State::HalfOpen => {
                let free = self.places > 0;
                self.places = self.places.saturating_sub(1);
                free
            }
        };
        if !passes {
            self.refused += 1;
        }
        passes.then_some(0)
    }

    fn result(&mut self, _pass: u64, good: bool, took: SimDuration, now: SimTime) {
        let slow = took > self.settings.slow_after;
        if self.by_probes {
            self.probes.record(!good, slow, now);
        } else {
            self.window.record(!good, slow, now);
        }
        match (self.state, self.verdict()) {
            (State::Closed | State::HalfOpen, Some(Some(why))) => self.turn(State::Open, why, now),
            (State::HalfOpen, Some(None)) => {
                let probes = self.probes.sum().calls;
                self.turn(State::Closed, Why::ProbesPassed(probes), now);
            }
            _ => {}
        }
    }

    fn release(&mut self, _pass: u64, _now: SimTime) {
        if self.state == State::HalfOpen {
            self.places = (self.places + 1).min(self.settings.probes);
        }
    }

    fn state(&self) -> State {
        self.state
    }

    fn why(&self) -> Why {
        self.why
    }

    fn look(&self, now: SimTime) -> Look {
        let (sum, _) = self.shares();
        Look {
            state: self.state,
            since: self.since,
            why: self.why,
            until: (self.state == State::Open).then_some(self.until),
            cells: if self.by_probes { self.probes.cells(now) } else { self.window.cells(now) },
            sum,
            in_a_row: None,
            shares: Some((self.settings.failure_share, Some(self.settings.slow_share), self.enough())),
            probes: (self.state == State::HalfOpen).then(|| (self.settings.probes - self.places, self.settings.probes)),
        }
    }

    fn box_clone(&self) -> Box<dyn Breaker> {
        Box::new(self.clone())
    }
}
