//! Times to three significant digits, for totals: `hdrhistogram` stores the counts, the ranks are counted here.

use super::percentile_rank;
use crate::engine::time::{NANOS_PER_SEC, SimDuration};

/// Longest time that is told apart [ns]: one hour. Longer ones count as one hour (but in full in the mean).
pub(super) const LONGEST_NS: u64 = 3_600 * NANOS_PER_SEC;

/// Distribution of recorded times, to three significant digits from 1 ns to 1 h.
///
/// Memory grows with the longest value recorded to at most 270 kB.
/// Percentiles follow the Java HdrHistogram, whose rank rule differs from the crate's at some percentiles.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
    /// Exact, where the buckets' own mean would be off by their width.
    sum_ns: u128,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    #[must_use]
    pub fn new() -> Self {
        let counts = hdrhistogram::Histogram::new(3).expect("3 significant digits are within the crate's 0 to 5");
        Self { counts, sum_ns: 0 }
    }

    /// Counts one time.
    #[inline]
    pub fn record(&mut self, time: SimDuration) {
        self.counts.record(time.0.min(LONGEST_NS)).expect("the histogram resizes itself up to the longest time");
        self.sum_ns += u128::from(time.0);
    }

    /// Number of times recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Time [ns] that the share `p` (0..100) of all recorded ones does not exceed, rounded up to the end of its bucket
    /// (for `p` = 0: the smallest time, rounded down); 0 if nothing is recorded.
    #[must_use]
    pub fn value_at(&self, p: f64) -> u64 {
        self.value_at_rank(percentile_rank(p, self.count()), p == 0.0).unwrap_or(0)
    }

    /// Percentile `p` (0..100) [s] over the recorded times and `unanswered` ones that count as infinitely long.
    ///
    /// `None` if there are neither.
    #[must_use]
    pub fn percentile_with_unanswered(&self, p: f64, unanswered: u64) -> Option<f64> {
        let offered = self.count() + unanswered;
        if offered == 0 {
            return None;
        }
        let value = self.value_at_rank(percentile_rank(p, offered), p == 0.0);
        Some(value.map_or(f64::INFINITY, |ns| SimDuration(ns).as_secs_f64()))
    }

    /// Percentile `p` (0..100) [s] over the recorded times; `None` if there are none.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<f64> {
        self.percentile_with_unanswered(p, 0)
    }

    fn value_at_rank(&self, rank: u64, lowest: bool) -> Option<u64> {
        let mut running = 0;
        for bucket in self.counts.iter_recorded() {
            running += bucket.count_at_value();
            if running >= rank {
                let highest = bucket.value_iterated_to();
                return Some(if lowest { self.counts.lowest_equivalent(highest) } else { highest });
            }
        }
        None
    }

    /// Exact mean [s] of the recorded times; `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum_ns as f64 / NANOS_PER_SEC as f64 / self.count() as f64)
    }

    /// Longest recorded time [ns], rounded up to the end of its bucket; 0 if nothing is recorded.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.value_at(100.0)
    }

    /// Adds everything that `other` recorded.
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("the histogram resizes itself");
        self.sum_ns += other.sum_ns;
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.counts.reset();
        self.sum_ns = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unanswered_requests_count_as_infinitely_long() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.percentile_with_unanswered(99.0, 0), None);
        assert_eq!(histogram.percentile_with_unanswered(50.0, 1), Some(f64::INFINITY));
        for _ in 0..99 {
            histogram.record(SimDuration::from_millis(10));
        }
        let ten_ms = histogram.percentile(50.0).expect("99 values");
        assert!((ten_ms - 0.010).abs() < 0.000_01);
        assert_eq!(histogram.percentile_with_unanswered(99.0, 1), Some(ten_ms));
        assert_eq!(histogram.percentile_with_unanswered(99.0, 2), Some(f64::INFINITY));
    }

    #[test]
    fn merging_equals_recording_together_and_the_mean_is_exact() {
        let (mut a, mut b, mut both) = (Histogram::new(), Histogram::new(), Histogram::new());
        for n in 1..=1_000_u64 {
            let time = SimDuration(n * n * 7_919);
            if n % 3 == 0 {
                a.record(time)
            } else {
                b.record(time)
            }
            both.record(time);
        }
        a.merge(&b);
        for p in [0.0, 1.0, 50.0, 99.0, 99.9, 100.0] {
            assert_eq!(a.value_at(p), both.value_at(p));
        }
        // Σ n² = n(n+1)(2n+1)/6
        assert_eq!(a.mean(), Some(333_833_500.0 * 7_919.0 / 1e9 / 1_000.0));
        a.clear();
        assert!(a.is_empty() && a.mean().is_none() && a.value_at(50.0) == 0);
    }

    #[test]
    fn times_beyond_an_hour_stay_countable() {
        let mut histogram = Histogram::new();
        histogram.record(SimDuration::from_secs(7_200));
        assert_eq!(histogram.count(), 1);
        assert!((histogram.percentile(50.0).expect("one value") - 3_600.0).abs() < 4.0);
        assert_eq!(histogram.mean(), Some(7_200.0));
    }
}
