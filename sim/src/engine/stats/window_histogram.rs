//! Times to about two significant digits, for the many short windows of a chart: small, quick to clear, and kept as
//! sparse snapshots that merge without loss.

use super::percentile_rank;
use crate::engine::time::{NANOS_PER_SEC, SimDuration};

/// Sub-buckets per power of two = 2^7: buckets are at most 1/128 of their value wide.
const PRECISION_BITS: u32 = 7;
const PER_OCTAVE: u64 = 1 << PRECISION_BITS;
/// Longest time that is told apart [ns]: 2^42, about 73 minutes.
const LONGEST_NS: u64 = (1 << 42) - 1;
/// Number of buckets: one per nanosecond up to 2^7, then 2^7 per power of two up to 2^42.
const BUCKETS: usize = ((42 - PRECISION_BITS + 1) << PRECISION_BITS) as usize;
/// Words of the bitmap of buckets in use.
const WORDS: usize = BUCKETS / 64;

/// Bucket of a time [ns]; buckets are ordered as their times.
#[inline]
fn bucket_of(ns: u64) -> usize {
    let ns = ns.min(LONGEST_NS);
    if ns < PER_OCTAVE {
        return ns as usize;
    }
    let shift = ns.ilog2() - PRECISION_BITS;
    (u64::from(shift) * PER_OCTAVE + (ns >> shift)) as usize
}

/// Longest time [ns] in a bucket.
fn highest_in(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PER_OCTAVE {
        return bucket;
    }
    let shift = bucket / PER_OCTAVE - 1;
    ((bucket - shift * PER_OCTAVE + 1) << shift) - 1
}

/// Shortest time [ns] in a bucket.
fn lowest_in(bucket: usize) -> u64 {
    if bucket == 0 { 0 } else { highest_in(bucket - 1) + 1 }
}

/// Distribution of the times recorded since the last reset, to within 0.8 %.
///
/// 19 kB whatever is recorded. Recording is O(1); a snapshot or a reset costs by the number of buckets in use.
#[derive(Clone, Debug)]
pub struct WindowHistogram {
    /// Counts by bucket, length [`BUCKETS`].
    counts: Vec<u32>,
    /// One bit per bucket whose count is not 0, length [`WORDS`].
    used: Vec<u64>,
    count: u64,
    sum_ns: u128,
}

impl Default for WindowHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl WindowHistogram {
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS], used: vec![0; WORDS], count: 0, sum_ns: 0 }
    }

    /// Counts one time.
    #[inline]
    pub fn record(&mut self, time: SimDuration) {
        let bucket = bucket_of(time.0);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.used[bucket / 64] |= 1 << (bucket % 64);
        self.count += 1;
        self.sum_ns += u128::from(time.0);
    }

    /// Counts everything that `other` recorded; costs by the number of buckets in use there.
    pub fn add(&mut self, other: &SparseHistogram) {
        for sparse in &other.buckets {
            let bucket = sparse.bucket();
            let count = u32::try_from(sparse.count()).unwrap_or(u32::MAX);
            self.counts[bucket] = self.counts[bucket].saturating_add(count);
            self.used[bucket / 64] |= 1 << (bucket % 64);
        }
        self.count += other.count;
        self.sum_ns += other.sum_ns;
    }

    /// Number of times recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Number of buckets in use.
    fn in_use(&self) -> usize {
        self.used.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// What was recorded since the last reset.
    #[must_use]
    pub fn snapshot(&self) -> SparseHistogram {
        let mut buckets = Vec::with_capacity(self.in_use());
        buckets
            .extend(used_buckets(&self.used).map(|bucket| SparseBucket::new(bucket, u64::from(self.counts[bucket]))));
        SparseHistogram { buckets, count: self.count, sum_ns: self.sum_ns }
    }

    /// What was recorded since the last reset, and a reset.
    #[must_use]
    pub fn take(&mut self) -> SparseHistogram {
        // So few times need no counting of their buckets.
        let most = if self.count <= 32 { self.count as usize } else { self.in_use() };
        let mut buckets = Vec::with_capacity(most);
        for (word, bits) in self.used.iter_mut().enumerate() {
            let mut left = std::mem::take(bits);
            while left != 0 {
                let bucket = word * 64 + left.trailing_zeros() as usize;
                buckets.push(SparseBucket::new(bucket, u64::from(std::mem::take(&mut self.counts[bucket]))));
                left &= left - 1;
            }
        }
        SparseHistogram { buckets, count: std::mem::take(&mut self.count), sum_ns: std::mem::take(&mut self.sum_ns) }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        for (word, bits) in self.used.iter_mut().enumerate() {
            let mut left = std::mem::take(bits);
            while left != 0 {
                self.counts[word * 64 + left.trailing_zeros() as usize] = 0;
                left &= left - 1;
            }
        }
        self.count = 0;
        self.sum_ns = 0;
    }

    /// Percentile `p` (0..100) [s] over the recorded times and `unanswered` ones that count as infinitely long;
    /// `None` if there are neither.
    #[must_use]
    pub fn percentile_with_unanswered(&self, p: f64, unanswered: u64) -> Option<f64> {
        let buckets = used_buckets(&self.used).map(|bucket| (bucket, u64::from(self.counts[bucket])));
        percentile(buckets, self.count, p, unanswered)
    }
}

/// Buckets in use, ascending.
fn used_buckets(used: &[u64]) -> impl Iterator<Item = usize> {
    used.iter().enumerate().flat_map(|(word, bits)| {
        let mut left = *bits;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(word * 64 + bit)
        })
    })
}

/// A bucket (upper 16 bits) and its count (lower 48 bits) in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SparseBucket(u64);

impl SparseBucket {
    const COUNT_BITS: u32 = 48;

    const fn new(bucket: usize, count: u64) -> Self {
        Self((bucket as u64) << Self::COUNT_BITS | count)
    }

    const fn bucket(self) -> usize {
        (self.0 >> Self::COUNT_BITS) as usize
    }

    const fn count(self) -> u64 {
        self.0 & ((1 << Self::COUNT_BITS) - 1)
    }
}

/// A frozen distribution of times: only the buckets in use. Merging is exact, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparseHistogram {
    /// Ascending by bucket.
    buckets: Vec<SparseBucket>,
    count: u64,
    sum_ns: u128,
}

impl SparseHistogram {
    /// Number of times recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Exact mean [s]; `None` if nothing is recorded.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / NANOS_PER_SEC as f64 / self.count as f64)
    }

    /// Percentile `p` (0..100) [s]; `None` if nothing is recorded. Rounded up to the end of its bucket (`p` = 0: down).
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<f64> {
        self.percentile_with_unanswered(p, 0)
    }

    /// Percentile `p` (0..100) [s] over the recorded times and `unanswered` ones that count as infinitely long;
    /// `None` if there are neither.
    #[must_use]
    pub fn percentile_with_unanswered(&self, p: f64, unanswered: u64) -> Option<f64> {
        percentile(self.buckets.iter().map(|b| (b.bucket(), b.count())), self.count, p, unanswered)
    }

    /// Buckets in use, ascending: (shortest time [s], longest time [s], count).
    pub fn buckets(&self) -> impl Iterator<Item = (f64, f64, u64)> {
        let secs = |ns| SimDuration(ns).as_secs_f64();
        self.buckets.iter().map(move |b| (secs(lowest_in(b.bucket())), secs(highest_in(b.bucket())), b.count()))
    }

    /// Both distributions in one.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let (a, b) = (self.buckets.as_slice(), other.buckets.as_slice());
        let mut buckets = vec![SparseBucket(0); a.len() + b.len()];
        let (mut from_a, mut from_b) = (0, 0);
        let mut len = 0;
        // Arithmetic instead of jumps: which comes next cannot be predicted.
        while let (Some(x), Some(y), Some(merged)) = (a.get(from_a), b.get(from_b), buckets.get_mut(len)) {
            let (take_a, take_b) = (x.bucket() <= y.bucket(), y.bucket() <= x.bucket());
            let count = u64::from(take_a) * x.count() + u64::from(take_b) * y.count();
            *merged = SparseBucket::new(x.bucket().min(y.bucket()), count);
            from_a += usize::from(take_a);
            from_b += usize::from(take_b);
            len += 1;
        }
        buckets.truncate(len);
        buckets.extend_from_slice(&a[from_a..]);
        buckets.extend_from_slice(&b[from_b..]);
        Self { buckets, count: self.count + other.count, sum_ns: self.sum_ns + other.sum_ns }
    }
}

fn percentile(buckets: impl Iterator<Item = (usize, u64)>, count: u64, p: f64, unanswered: u64) -> Option<f64> {
    let offered = count + unanswered;
    if offered == 0 {
        return None;
    }
    let rank = percentile_rank(p, offered);
    let mut running = 0;
    for (bucket, count) in buckets {
        running += count;
        if running >= rank {
            let ns = if p == 0.0 { lowest_in(bucket) } else { highest_in(bucket) };
            return Some(SimDuration(ns).as_secs_f64());
        }
    }
    Some(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;

    #[test]
    fn buckets_cover_every_time_once_and_in_order_and_are_narrow() {
        for bucket in 0..BUCKETS {
            let (lowest, highest) = (lowest_in(bucket), highest_in(bucket));
            assert_eq!((bucket_of(lowest), bucket_of(highest)), (bucket, bucket));
            assert!((highest - lowest) as f64 <= lowest as f64 / 128.0);
        }
        assert_eq!(highest_in(BUCKETS - 1), LONGEST_NS);
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn snapshots_merge_exactly_and_resets_are_complete() {
        let mut stream = Stream::new(8, 1);
        let (mut window, mut total) = (WindowHistogram::new(), WindowHistogram::new());
        let (mut merged, mut added) = (SparseHistogram::default(), WindowHistogram::new());
        for _ in 0..10 {
            for _ in 0..500 {
                let time = SimDuration(stream.next_bits() >> stream.below(64));
                window.record(time);
                total.record(time);
            }
            merged = merged.merged(&window.snapshot());
            added.add(&window.snapshot());
            let taken = window.snapshot();
            assert_eq!(window.take(), taken);
            assert_eq!(window.snapshot(), SparseHistogram::default());
        }
        assert_eq!(merged, total.snapshot());
        assert_eq!(added.snapshot(), total.snapshot());
        assert_eq!(merged.count(), 5_000);
        assert_eq!(merged.percentile(99.0), total.percentile_with_unanswered(99.0, 0));
    }

    #[test]
    fn percentiles_are_within_a_bucket_of_the_sorted_values() {
        let mut stream = Stream::new(9, 1);
        let mut window = WindowHistogram::new();
        let mut times: Vec<u64> = (0..10_000).map(|_| 1_000_000 + u64::from(stream.below(500_000_000))).collect();
        for ns in &times {
            window.record(SimDuration(*ns));
        }
        times.sort_unstable();
        for p in [0.1, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0] {
            let exact = SimDuration(times[percentile_rank(p, 10_000) as usize - 1]).as_secs_f64();
            let told = window.snapshot().percentile(p).expect("values");
            assert!(told >= exact && told <= exact * (1.0 + 1.0 / 128.0), "p{p}: {told} of {exact}");
        }
        assert_eq!(window.percentile_with_unanswered(99.0, 200), Some(f64::INFINITY));
        assert_eq!(WindowHistogram::new().percentile_with_unanswered(99.0, 0), None);
    }
}
