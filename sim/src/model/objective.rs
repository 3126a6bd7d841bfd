//! A service-level objective: what the service is meant to keep, and whether it did over a slice of a run.

use crate::engine::stats::SparseHistogram;
use crate::engine::time::SimDuration;

/// Judged slices are at least this wide [s]: in less, one slow request in a quiet moment would be a miss.
const SLICE_MIN: f64 = 8.0;
/// Statistics are kept in at most this many buckets, whose width doubles from 1 s.
const BUCKETS: f64 = 600.0;

/// What is to be kept; `None`: that does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Objective {
    /// The 99th percentile of the completed is at most this [s].
    pub p99_secs: Option<f64>,
    /// Of all that ended, at least this share was completed, 0..1.
    pub answered_share: Option<f64>,
}

impl Objective {
    /// What counts where nothing is said.
    pub const DEFAULT_P99: f64 = 0.5;
    pub const DEFAULT_ANSWERED: f64 = 0.99;

    /// Width of a judged slice in a run of such a length [s]: a power of two.
    #[must_use]
    pub fn slice_secs(run_length: SimDuration) -> f64 {
        let mut width = SLICE_MIN;
        while run_length.as_secs_f64() / width >= BUCKETS {
            width *= 2.0;
        }
        width
    }

    /// Whether anything counts.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.p99_secs.is_some() || self.answered_share.is_some()
    }

    /// Whether a slice missed it; `None`: there was nothing to judge.
    ///
    /// `arrived`: requests that came; `ended`: those that ended, `completed` those of them that were answered well, in
    /// `times`. Where requests come and none ends, it is missed.
    #[must_use]
    pub fn missed(&self, arrived: u64, ended: u64, completed: u64, times: &SparseHistogram) -> Option<bool> {
        if !self.is_some() || (arrived == 0 && ended == 0) {
            return None;
        }
        let unanswered = self.answered_share.is_some_and(|share| (completed as f64) < share * ended as f64);
        let late = self.p99_secs.is_some_and(|limit| times.percentile(99.0).is_some_and(|p99| p99 > limit));
        Some(ended == 0 || unanswered || late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::stats::WindowHistogram;

    fn times(millis: &[u64]) -> SparseHistogram {
        let mut histogram = WindowHistogram::new();
        for ms in millis {
            histogram.record(SimDuration::from_millis(*ms));
        }
        histogram.snapshot()
    }

    #[test]
    fn a_slice_is_missed_by_late_answers_by_missing_ones_and_by_silence() {
        let objective = Objective { p99_secs: Some(0.5), answered_share: Some(0.99) };
        let fast = times(&[100; 100]);
        let judge =
            |arrived, ended, completed, times: &SparseHistogram| objective.missed(arrived, ended, completed, times);
        assert_eq!(judge(100, 100, 100, &fast), Some(false));
        assert_eq!(judge(100, 101, 100, &fast), Some(false), "99.01 % are enough");
        assert_eq!(judge(100, 102, 100, &fast), Some(true), "98.04 % are not");
        assert_eq!(judge(100, 100, 100, &times(&[600; 100])), Some(true));
        assert_eq!(judge(50, 0, 0, &times(&[])), Some(true), "they come and none goes");
        assert_eq!(judge(0, 0, 0, &times(&[])), None, "nobody asked");
        assert_eq!(Objective::default().missed(9, 9, 0, &fast), None, "nothing is asked for");
        let share = Objective { p99_secs: None, ..objective };
        assert_eq!(share.missed(100, 100, 100, &times(&[900; 100])), Some(false));
    }

    #[test]
    fn slices_grow_with_the_run() {
        let slice = |secs| Objective::slice_secs(SimDuration::from_secs(secs));
        assert_eq!([60, 1_440, 4_799, 4_800, 86_400].map(slice), [8.0, 8.0, 8.0, 16.0, 256.0]);
    }
}
