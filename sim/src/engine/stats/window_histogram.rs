//! Times to three significant digits, for the many stations and spans of a run: small, quick to clear, added and taken
//! away without loss; and sparse snapshots to about two digits, for the many short buckets of a chart.

use super::histogram::LONGEST_NS;
use super::percentile_rank;
use crate::engine::time::{NANOS_PER_SEC, SimDuration};

/// Sub-buckets per power of two = 2^10: as wide as those of [`super::Histogram`], at most 1/1024 of their value.
const FINE_BITS: u32 = 10;
const PER_PAGE: usize = 1 << FINE_BITS;
/// A page for the times below 2^10 ns, one for each power of two up to the longest time.
const PAGES: usize = (LONGEST_NS.ilog2() - FINE_BITS + 2) as usize;
const WORDS: usize = PER_PAGE / 64;

/// Sub-buckets per power of two of a snapshot = 2^7: buckets are at most 1/128 of their value wide.
const PRECISION_BITS: u32 = 7;
const PER_OCTAVE: u64 = 1 << PRECISION_BITS;

/// Page and place on it of a time [ns].
#[inline]
const fn place_of(ns: u64) -> (usize, usize) {
    let ns = if ns < LONGEST_NS { ns } else { LONGEST_NS };
    if ns < PER_PAGE as u64 {
        return (0, ns as usize);
    }
    let shift = ns.ilog2() - FINE_BITS;
    (shift as usize + 1, (ns >> shift) as usize & (PER_PAGE - 1))
}

/// Shortest time [ns] at a place.
const fn lowest_at(page: usize, at: usize) -> u64 {
    if page == 0 { at as u64 } else { ((PER_PAGE + at) as u64) << (page - 1) }
}

/// Longest time [ns] at a place.
const fn highest_at(page: usize, at: usize) -> u64 {
    if page == 0 { at as u64 } else { lowest_at(page, at) + (1 << (page - 1)) - 1 }
}

/// Snapshot's bucket of a time [ns]; buckets are ordered as their times.
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

/// The counts of one power of two.
#[derive(Clone, Debug)]
struct Page {
    counts: [u32; PER_PAGE],
    /// One bit per count that is not 0.
    used: [u64; WORDS],
}

impl Page {
    const fn new() -> Self {
        Self { counts: [0; PER_PAGE], used: [0; WORDS] }
    }

    #[inline]
    const fn count(&mut self, at: usize, more: u32) {
        self.counts[at] = self.counts[at].wrapping_add(more);
        self.used[at / 64] |= 1 << (at % 64);
    }

    /// Places in use, ascending.
    fn in_use(&self) -> impl Iterator<Item = usize> {
        self.used.iter().enumerate().flat_map(|(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(word * 64 + bit)
            })
        })
    }
}

/// Distribution of the times recorded since the last reset, to within 0.1 %: bucket by bucket that of
/// [`super::Histogram`].
///
/// 4 kB for each power of two in which there are times. Recording is O(1); a snapshot or a reset costs by the number of
/// buckets in use.
#[derive(Clone, Debug)]
pub struct WindowHistogram {
    pages: [Option<Box<Page>>; PAGES],
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
    pub const fn new() -> Self {
        Self { pages: [const { None }; PAGES], count: 0, sum_ns: 0 }
    }

    /// Counts one time.
    #[inline]
    pub fn record(&mut self, time: SimDuration) {
        let (page, at) = place_of(time.0);
        match &mut self.pages[page] {
            Some(page) => page.count(at, 1),
            None => self.page(page).count(at, 1),
        }
        self.count = self.count.wrapping_add(1);
        self.sum_ns = self.sum_ns.wrapping_add(u128::from(time.0));
    }

    #[cold]
    fn page(&mut self, page: usize) -> &mut Page {
        self.pages[page].get_or_insert_with(|| Box::new(Page::new()))
    }

    /// Counts everything that `other` recorded; costs by the number of buckets in use there.
    pub fn add(&mut self, other: &Self) {
        for (number, page) in other.pages.iter().enumerate() {
            let Some(page) = page else { continue };
            let mut in_use = page.in_use().peekable();
            if in_use.peek().is_some() {
                let own = self.page(number);
                in_use.for_each(|at| own.count(at, page.counts[at]));
            }
        }
        self.count = self.count.wrapping_add(other.count);
        self.sum_ns = self.sum_ns.wrapping_add(other.sum_ns);
    }

    /// Number of times recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Memory that it takes [bytes].
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.pages.iter().flatten().count() * size_of::<Page>()
    }

    /// Exact mean [s]; `None` if nothing is recorded.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / NANOS_PER_SEC as f64 / self.count as f64)
    }

    /// What was recorded since the last reset, to two digits.
    #[must_use]
    pub fn snapshot(&self) -> SparseHistogram {
        // As many buckets at most as times: a few need no second look at the size.
        let mut buckets: Vec<SparseBucket> =
            Vec::with_capacity(if self.count <= 32 { self.count as usize } else { 64 });
        for (number, page) in self.pages.iter().enumerate() {
            let Some(page) = page else { continue };
            for at in page.in_use() {
                let count = u64::from(page.counts[at]);
                let bucket = bucket_of(lowest_at(number, at));
                match buckets.last_mut() {
                    Some(last) if last.bucket() == bucket => *last = SparseBucket::new(bucket, last.count() + count),
                    _ => buckets.push(SparseBucket::new(bucket, count)),
                }
            }
        }
        buckets.shrink_to_fit();
        SparseHistogram { buckets, count: self.count, sum_ns: self.sum_ns }
    }

    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self) {
        for page in self.pages.iter_mut().flatten() {
            for word in 0..WORDS {
                let mut left = std::mem::take(&mut page.used[word]);
                while left != 0 {
                    page.counts[word * 64 + left.trailing_zeros() as usize] = 0;
                    left &= left - 1;
                }
            }
        }
        self.count = 0;
        self.sum_ns = 0;
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
        let pages = self.pages.iter().enumerate().filter_map(|(number, page)| Some((number, page.as_deref()?)));
        let buckets = pages.flat_map(|(number, page)| {
            let range = move |at| (lowest_at(number, at), highest_at(number, at));
            page.in_use().map(move |at| (range(at), u64::from(page.counts[at])))
        });
        percentile(buckets, self.count, p, unanswered)
    }
}

/// Number of a snapshot's buckets: one for each nanosecond up to 2^7, then 2^7 for each power of two.
const BUCKETS: usize = ((42 - PRECISION_BITS + 1) << PRECISION_BITS) as usize;
const BUCKET_WORDS: usize = BUCKETS / 64;

/// What is recorded until a chart's bucket closes, to about two digits: the next [`SparseHistogram`].
///
/// 19 kB whatever is recorded. Recording is O(1); taking costs by the number of buckets in use.
#[derive(Clone, Debug)]
pub struct OpenBucket {
    /// Counts by bucket, length [`BUCKETS`].
    counts: Vec<u32>,
    /// One bit for each bucket whose count is not 0, length [`BUCKET_WORDS`].
    used: Vec<u64>,
    count: u64,
    sum_ns: u128,
}

impl Default for OpenBucket {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenBucket {
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS], used: vec![0; BUCKET_WORDS], count: 0, sum_ns: 0 }
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

    /// What was recorded since it was last taken.
    #[must_use]
    pub fn snapshot(&self) -> SparseHistogram {
        self.clone().take()
    }

    /// What was recorded since this was last called; nothing is left.
    #[must_use]
    pub fn take(&mut self) -> SparseHistogram {
        // So few times need no counting of their buckets.
        let in_use = || self.used.iter().map(|word| word.count_ones() as usize).sum();
        let most = if self.count <= 32 { self.count as usize } else { in_use() };
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

    /// Memory that it takes [bytes].
    #[must_use]
    pub const fn bytes(&self) -> usize {
        size_of::<Self>() + BUCKETS * size_of::<u32>() + BUCKET_WORDS * size_of::<u64>()
    }
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
        let range = |bucket| (lowest_in(bucket), highest_in(bucket));
        percentile(self.buckets.iter().map(|b| (range(b.bucket()), b.count())), self.count, p, unanswered)
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

/// `buckets`: ascending, each with its shortest and longest time [ns], and its count.
fn percentile(buckets: impl Iterator<Item = ((u64, u64), u64)>, count: u64, p: f64, unanswered: u64) -> Option<f64> {
    let offered = count + unanswered;
    if offered == 0 {
        return None;
    }
    let rank = percentile_rank(p, offered);
    let mut running = 0;
    for ((lowest, highest), count) in buckets {
        running += count;
        if running >= rank {
            return Some(SimDuration(if p == 0.0 { lowest } else { highest }).as_secs_f64());
        }
    }
    Some(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;
    use crate::engine::stats::Histogram;

    #[test]
    fn places_and_buckets_cover_every_time_once_and_in_order_and_are_narrow() {
        let mut next = 0;
        for (page, at) in (0..PAGES).flat_map(|page| (0..PER_PAGE).map(move |at| (page, at))) {
            let (lowest, highest) = (lowest_at(page, at), highest_at(page, at));
            assert_eq!(lowest, next);
            assert!((highest - lowest) as f64 <= lowest as f64 / 1024.0);
            if highest <= LONGEST_NS {
                assert_eq!((place_of(lowest), place_of(highest)), ((page, at), (page, at)));
                assert_eq!(bucket_of(lowest), bucket_of(highest), "a place lies within one bucket");
            }
            next = highest + 1;
        }
        assert!(next > LONGEST_NS);
        for bucket in 0..=bucket_of(LONGEST_NS) {
            let (lowest, highest) = (lowest_in(bucket), highest_in(bucket));
            assert_eq!(bucket_of(lowest), bucket);
            assert_eq!(bucket_of(highest.min(LONGEST_NS)), bucket);
            assert!((highest - lowest) as f64 <= lowest as f64 / 128.0);
        }
    }

    #[test]
    fn snapshots_and_sums_merge_exactly() {
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
            added.add(&window);
            window.reset();
            assert_eq!(window.snapshot(), SparseHistogram::default());
        }
        assert_eq!(merged, total.snapshot());
        assert_eq!(added.snapshot(), total.snapshot());
        assert_eq!(merged.count(), 5_000);
        for p in [0.0, 1.0, 50.0, 99.0, 99.9, 100.0] {
            assert_eq!(added.percentile(p), total.percentile(p));
        }
        assert_eq!(added.mean(), total.mean());
    }

    /// Goal: a station's percentiles are those of the system, whose histogram is another program's.
    #[test]
    fn percentiles_are_those_of_the_totals() {
        let mut stream = Stream::new(9, 1);
        let (mut window, mut totals) = (WindowHistogram::new(), Histogram::new());
        for _ in 0..20_000 {
            let time = SimDuration(stream.next_bits() >> stream.below(64));
            window.record(time);
            totals.record(time);
        }
        for p in (0..=1_000).map(|tenth| f64::from(tenth) / 10.0) {
            for unanswered in [0, 1, 777, 40_000] {
                let (told, expected) = (
                    window.percentile_with_unanswered(p, unanswered),
                    totals.percentile_with_unanswered(p, unanswered),
                );
                assert_eq!(told, expected, "p{p} with {unanswered} unanswered");
            }
        }
        assert_eq!(window.mean(), totals.mean());
        assert_eq!(window.percentile_with_unanswered(99.0, 2_000_000), Some(f64::INFINITY));
        assert_eq!(WindowHistogram::new().percentile_with_unanswered(99.0, 0), None);
    }

    #[test]
    fn snapshots_are_within_a_bucket_of_the_sorted_values() {
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
    }
}
