//! The ledger of user requests: offered = sum over outcomes + in flight, always.

use super::plan::{RunPlan, WindowPlan};
use crate::engine::stats::Histogram;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::{Outcome, Reason};

/// Requests that arrived within a span, whenever they ended.
#[derive(Clone, Debug)]
pub struct Tally {
    pub offered: u64,
    pub by_outcome: [u64; 6],
    /// By `Reason`; those Completed stand under `Reason::None`.
    pub by_reason: [u64; Reason::ALL.len()],
    pub good: u64,
    /// Looked up in a cache, and those of them for which no database had to read.
    pub cacheable: u64,
    pub cached: u64,
    /// Times of those Completed.
    pub times: Histogram,
}

impl Tally {
    fn new() -> Self {
        Self {
            offered: 0,
            by_outcome: [0; 6],
            by_reason: [0; Reason::ALL.len()],
            good: 0,
            cacheable: 0,
            cached: 0,
            times: Histogram::new(),
        }
    }

    fn ended(&mut self, outcome: Outcome, reason: Reason, took: SimDuration, good: bool) {
        self.by_outcome[outcome.index()] += 1;
        self.by_reason[reason.index()] += 1;
        if outcome == Outcome::Completed {
            self.times.record(took);
            self.good += u64::from(good);
        }
    }

    /// Not ended yet.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.offered - self.by_outcome.iter().sum::<u64>()
    }

    /// Completed.
    #[must_use]
    pub const fn completed(&self) -> u64 {
        self.by_outcome[Outcome::Completed as usize]
    }

    /// Of the requests that were looked up in a cache, those for which no database had to read, 0..1; `None`: there were none.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        (self.cacheable > 0).then(|| self.cached as f64 / self.cacheable as f64)
    }

    /// Completed in time over offered, 0..1; `None` if nothing was offered.
    #[must_use]
    pub fn good_share(&self) -> Option<f64> {
        (self.offered > 0).then(|| self.good as f64 / self.offered as f64)
    }

    /// Completed over offered, 0..1; `None` if nothing was offered.
    #[must_use]
    pub fn answered_share(&self) -> Option<f64> {
        (self.offered > 0).then(|| self.completed() as f64 / self.offered as f64)
    }

    /// Percentile `p` of the time in system [s] over all offered requests; those not Completed count as infinite.
    #[must_use]
    pub fn percentile_offered(&self, p: f64) -> Option<f64> {
        self.times.percentile_with_unanswered(p, self.offered - self.completed())
    }
}

/// A tally for the whole run after its warm-up, and one for each named window.
#[derive(Clone, Debug)]
pub struct Totals {
    pub run: Tally,
    pub windows: Vec<(WindowPlan, Tally)>,
    good_within: SimDuration,
    /// All requests ever, warm-up included.
    pub ever_offered: u64,
    pub ever_ended: u64,
}

impl Totals {
    pub(super) fn new(plan: &RunPlan) -> Self {
        Self {
            run: Tally::new(),
            windows: plan.windows.iter().map(|window| (window.clone(), Tally::new())).collect(),
            good_within: plan.good_within.unwrap_or(SimDuration(u64::MAX)),
            ever_offered: 0,
            ever_ended: 0,
        }
    }

    fn windows_at(&mut self, born: SimTime) -> impl Iterator<Item = &mut Tally> {
        self.windows
            .iter_mut()
            .filter(move |(window, _)| born.0 >= window.from.0 && born.0 < window.to.0)
            .map(|(_, tally)| tally)
    }

    #[inline]
    pub(super) fn offered(&mut self, born: SimTime, counted: bool) {
        self.ever_offered += 1;
        self.run.offered += u64::from(counted);
        for tally in self.windows_at(born) {
            tally.offered += 1;
        }
    }

    /// Books that a request was looked up in a cache, and whether no database had to read for it.
    #[cold]
    pub(super) fn looked_up(&mut self, born: SimTime, counted: bool, cached: bool) {
        let book = |tally: &mut Tally| {
            tally.cacheable += 1;
            tally.cached += u64::from(cached);
        };
        if counted {
            book(&mut self.run);
        }
        self.windows_at(born).for_each(book);
    }

    /// Books an end; tells whether it was good.
    #[inline]
    pub(super) fn ended(
        &mut self,
        outcome: Outcome,
        reason: Reason,
        born: SimTime,
        now: SimTime,
        counted: bool,
    ) -> bool {
        self.ever_ended += 1;
        let took = now.since(born);
        let good = outcome == Outcome::Completed && took <= self.good_within;
        if counted {
            self.run.ended(outcome, reason, took, good);
        }
        for tally in self.windows_at(born) {
            tally.ended(outcome, reason, took, good);
        }
        good
    }
}
