//! Measures one station, or the whole system: counts, levels over time, times; in buckets that double as the run grows.

use std::rc::Rc;

use super::counts::{Count, Counts};
use super::spans::RUN;
use crate::engine::stats::{OpenBucket, SparseHistogram, WindowHistogram};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::money::{Bill, Way, transfer_cost};
use crate::model::outcome::Outcome;

/// Buckets are merged in pairs when there are this many: memory stays bounded whatever the run length.
pub const BUCKETS_MAX: usize = 600;

/// What happened within one bucket of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    pub from: SimTime,
    pub to: SimTime,
    pub counts: Counts,
    /// Ended, by outcome.
    pub by_outcome: [u64; 6],
    /// Integrals over the bucket [count x s]: busy slots, slots there were, waiting requests.
    pub busy_secs: f64,
    pub slot_secs: f64,
    pub queue_secs: f64,
    /// What the station cost [USD].
    pub cost: f64,
    /// Requests that were there when the bucket closed.
    pub in_flight: u64,
    pub memory: MemoryUse,
    /// Times of those Completed.
    pub times: SparseHistogram,
}

/// Memory over a bucket: counts within it, levels at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// [bytes]: in use at the end, the most that was in use, taken from the machines at the end.
    pub used: u64,
    pub most: u64,
    pub reserved: u64,
    /// Allocated within the bucket [bytes].
    pub allocated: u64,
    pub collections: u64,
    /// Replicas together stood still for so long [ns].
    pub paused_ns: u64,
}

impl MemoryUse {
    fn absorb(&mut self, next: &Self) {
        (self.used, self.reserved) = (next.used, next.reserved);
        self.most = self.most.max(next.most);
        self.allocated = self.allocated.wrapping_add(next.allocated);
        self.collections = self.collections.wrapping_add(next.collections);
        self.paused_ns = self.paused_ns.wrapping_add(next.paused_ns);
    }

    /// See [`Bucket::owed`].
    const fn owed(&self) -> Self {
        Self {
            allocated: self.allocated.wrapping_neg(),
            collections: self.collections.wrapping_neg(),
            paused_ns: self.paused_ns.wrapping_neg(),
            ..*self
        }
    }
}

impl Bucket {
    /// Width [s].
    #[must_use]
    pub fn secs(&self) -> f64 {
        self.to.since(self.from).as_secs_f64()
    }

    /// What came.
    #[must_use]
    pub fn arrivals(&self) -> u64 {
        self.counts[Count::Arrivals]
    }

    /// Busy share of slots, 0..1; NaN where there are no slots.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        if self.slot_secs > 0.0 { self.busy_secs / self.slot_secs } else { f64::NAN }
    }

    /// This bucket and the `next` one as one.
    #[must_use]
    pub fn merge(&self, next: &Self) -> Self {
        let mut merged = Self { times: self.times.merged(&next.times), ..*self };
        merged.absorb(next);
        merged
    }

    /// Takes in what happened in `next`, but for the times. Counts may be owed: see [`SpanSum`].
    fn absorb(&mut self, next: &Self) {
        for (sum, more) in self.by_outcome.iter_mut().zip(next.by_outcome) {
            *sum = sum.wrapping_add(more);
        }
        self.to = next.to;
        self.counts.absorb(&next.counts);
        self.busy_secs += next.busy_secs;
        self.slot_secs += next.slot_secs;
        self.queue_secs += next.queue_secs;
        self.cost += next.cost;
        self.in_flight = next.in_flight;
        self.memory.absorb(&next.memory);
    }

    /// What has to be added to this bucket to have nothing: a span that begins within it owes what was there before.
    fn owed(&self) -> Self {
        Self {
            from: self.to,
            to: self.to,
            counts: self.counts.owed(),
            by_outcome: self.by_outcome.map(u64::wrapping_neg),
            busy_secs: -self.busy_secs,
            slot_secs: -self.slot_secs,
            queue_secs: -self.queue_secs,
            cost: -self.cost,
            memory: self.memory.owed(),
            ..Self::default()
        }
    }
}

/// What happened within a span of the run, from its first to its last nanosecond.
///
/// A span that begins within a bucket begins with minus what the bucket holds so far, so that the whole bucket can be
/// added when it closes: no bucket is cut for a span's sake.
#[derive(Clone, Debug, Default)]
pub struct SpanSum {
    /// But for its times.
    pub bucket: Bucket,
    /// Times of those Completed.
    pub times: WindowHistogram,
    /// Data that crossed each border [bytes].
    pub bytes: [u64; 3],
    open: bool,
}

impl SpanSum {
    /// Adds another span: what happened in it happened in this one, too.
    #[cfg(test)]
    pub(super) fn add(&mut self, other: &Self) {
        self.add_bucket(&other.bucket, other.bytes);
        self.times.add(&other.times);
    }

    /// Adds a bucket, whose times were recorded here as they came.
    fn add_bucket(&mut self, bucket: &Bucket, bytes: [u64; 3]) {
        self.bucket.absorb(bucket);
        for (sum, more) in self.bytes.iter_mut().zip(bytes) {
            *sum = sum.wrapping_add(more);
        }
    }
}

/// The instrument. Closed buckets are shared, so that a checkpoint costs no copy of the past.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Levels now.
    busy: u32,
    queue: u32,
    slots: u32,
    /// Integrals within the open bucket [count x ns].
    busy_ns: u64,
    slot_ns: u64,
    queue_ns: u64,
    changed: SimTime,
    /// What the station costs, since the open bucket began.
    bill: Bill,
    /// Requests there, as last looked at.
    pub(super) in_flight: u64,
    pub(super) memory: MemoryUse,
    /// [USD] for a million requests; the first of the open bucket's that costs so much, and what those before it cost.
    per_million: f64,
    priced_from: u64,
    priced_before: f64,
    /// What crossed a border within the open bucket [bytes].
    bytes: [u64; 3],
    opened: SimTime,
    counts: Counts,
    /// What had come since the warm-up when the open bucket began.
    arrived_before: u64,
    by_outcome: [u64; 6],
    times: OpenBucket,
    series: Vec<Rc<Bucket>>,
    /// By span (see [`super::spans`]), but for the open bucket; `None`: it has not begun, or ended before this was here.
    spans: Vec<Option<Box<SpanSum>>>,
}

impl Meter {
    /// `spans`: whether each span is open; none are measured beyond those.
    #[must_use]
    pub(super) fn new(now: SimTime, spans: &[bool]) -> Self {
        let begun = || {
            let bucket = Bucket { from: now, to: now, ..Bucket::default() };
            Some(Box::new(SpanSum { bucket, open: true, ..SpanSum::default() }))
        };
        Self {
            busy: 0,
            queue: 0,
            slots: 0,
            busy_ns: 0,
            slot_ns: 0,
            queue_ns: 0,
            changed: now,
            bill: Bill::default(),
            in_flight: 0,
            memory: MemoryUse::default(),
            per_million: 0.0,
            priced_from: 0,
            priced_before: 0.0,
            bytes: [0; 3],
            opened: now,
            counts: Counts::default(),
            arrived_before: 0,
            by_outcome: [0; 6],
            times: OpenBucket::new(),
            series: Vec::new(),
            spans: spans.iter().map(|open| if *open { begun() } else { None }).collect(),
        }
    }

    /// What has come since the warm-up ended, or before it since the start; in the drain, too.
    #[must_use]
    pub fn arrivals_counted(&self) -> u64 {
        self.arrived_before + self.counts[Count::Arrivals]
    }

    /// Slots busy now.
    #[must_use]
    pub const fn busy(&self) -> u32 {
        self.busy
    }

    /// Requests waiting now.
    #[must_use]
    pub const fn queue(&self) -> u32 {
        self.queue
    }

    /// Slots there are now, on replicas that live.
    #[must_use]
    pub const fn slot_count(&self) -> u32 {
        self.slots
    }

    /// Something that is counted happened so many times.
    #[inline]
    pub(super) fn count(&mut self, what: Count, times: u64) {
        self.counts[what] = self.counts[what].wrapping_add(times);
    }

    /// Something ended here after `stay`.
    #[inline]
    pub(super) fn answered(&mut self, outcome: Outcome, stay: SimDuration) {
        self.by_outcome[outcome.index()] += 1;
        if outcome == Outcome::Completed {
            self.times.record(stay);
            for sum in self.spans.iter_mut().flatten().filter(|sum| sum.open) {
                sum.times.record(stay);
            }
        }
    }

    #[inline]
    fn integrate(&mut self, now: SimTime) {
        let passed = now.since(self.changed).0;
        self.busy_ns += u64::from(self.busy) * passed;
        self.slot_ns += u64::from(self.slots) * passed;
        self.queue_ns += u64::from(self.queue) * passed;
        self.changed = now;
    }

    /// Changes the number of busy slots and of waiting requests.
    #[inline]
    pub(super) fn level(&mut self, now: SimTime, busy: i32, queue: i32) {
        self.integrate(now);
        self.busy = self.busy.wrapping_add_signed(busy);
        self.queue = self.queue.wrapping_add_signed(queue);
    }

    /// Changes the number of slots there are.
    pub(super) fn slots(&mut self, now: SimTime, change: i32) {
        self.integrate(now);
        self.slots = self.slots.wrapping_add_signed(change);
    }

    /// From now on the station costs this much [USD/h].
    pub(super) fn costs(&mut self, now: SimTime, per_hour: f64) {
        if self.bill.rate() != per_hour {
            self.bill.set(per_hour, now);
        }
    }

    /// From now on a million requests cost this much [USD].
    pub(super) fn prices(&mut self, per_million: f64) {
        self.priced_before = self.for_requests();
        (self.per_million, self.priced_from) = (per_million, self.counts[Count::Arrivals]);
    }

    /// What the open bucket's requests cost [USD].
    fn for_requests(&self) -> f64 {
        self.priced_before + (self.counts[Count::Arrivals] - self.priced_from) as f64 * self.per_million / 1e6
    }

    /// Data crossed a border.
    pub(super) fn sent(&mut self, way: Way, bytes: u64) {
        self.bytes[way as usize] += bytes;
    }

    /// Data that crossed each border within the run, warm-up and drain left out [bytes].
    #[must_use]
    pub fn bytes(&self) -> [u64; 3] {
        match &self.spans[RUN] {
            Some(run) if run.open => std::array::from_fn(|way| run.bytes[way] + self.bytes[way]),
            Some(run) => run.bytes,
            None => [0; 3],
        }
    }

    /// Hits over look-ups within the run, warm-up and drain left out; `None` where nothing was looked up.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let run = self.spans.get(RUN)?.as_ref()?;
        let mut counts = run.bucket.counts;
        if run.open {
            counts.absorb(&self.counts);
        }
        let (lookups, hits) = (counts[Count::Lookups], counts[Count::Hits]);
        (lookups > 0).then(|| hits as f64 / lookups as f64)
    }

    /// What the station costs now by the hour [USD/h].
    #[must_use]
    pub const fn cost_per_hour(&self) -> f64 {
        self.bill.rate()
    }

    /// The open bucket as it is now.
    #[must_use]
    pub fn open_bucket(&self, now: SimTime) -> Bucket {
        self.bucket_with(now, self.times.snapshot())
    }

    fn bucket_with(&self, now: SimTime, times: SparseHistogram) -> Bucket {
        let passed = now.since(self.changed).0;
        let secs = |ns: u64, level: u32| (ns + u64::from(level) * passed) as f64 / 1e9;
        Bucket {
            from: self.opened,
            to: now,
            counts: self.counts,
            by_outcome: self.by_outcome,
            busy_secs: secs(self.busy_ns, self.busy),
            slot_secs: secs(self.slot_ns, self.slots),
            queue_secs: secs(self.queue_ns, self.queue),
            cost: self.bill.total(now) + self.for_requests() + transfer_cost(self.bytes),
            in_flight: self.in_flight,
            memory: self.memory,
            times,
        }
    }

    /// Closes the open bucket: adds it to the series, and to the spans that are open.
    pub(super) fn tick(&mut self, now: SimTime) {
        let times = self.times.take();
        let bucket = self.bucket_with(now, times);
        for sum in self.spans.iter_mut().flatten().filter(|sum| sum.open) {
            sum.add_bucket(&bucket, self.bytes);
        }
        self.integrate(now);
        (self.busy_ns, self.slot_ns, self.queue_ns) = (0, 0, 0);
        self.bill.restart(now);
        self.memory = MemoryUse {
            used: self.memory.used,
            most: self.memory.used,
            reserved: self.memory.reserved,
            ..MemoryUse::default()
        };
        self.arrived_before += self.counts[Count::Arrivals];
        (self.counts, self.by_outcome) = (Counts::default(), [0; 6]);
        (self.priced_from, self.priced_before) = (0, 0.0);
        self.bytes = [0; 3];
        self.opened = now;
        self.series.push(Rc::new(bucket));
    }

    /// Merges buckets in pairs, counted from the newest: meters that started later stay in step with older ones.
    pub(super) fn halve(&mut self) {
        let mut merged: Vec<Rc<Bucket>> = self
            .series
            .rchunks(2)
            .map(|pair| match pair {
                [one, two] => Rc::new(one.merge(two)),
                [one] => one.clone(),
                _ => unreachable!("chunks of two hold one or two"),
            })
            .collect();
        merged.reverse();
        self.series = merged;
    }

    /// Forgets the run so far (neither the series nor the windows): the warm-up is over.
    pub(super) fn restart(&mut self, now: SimTime) {
        self.tick(now);
        self.arrived_before = 0;
        if !self.spans.is_empty() {
            self.open_span(RUN, now);
        }
    }

    /// A span begins.
    pub(super) fn open_span(&mut self, span: usize, now: SimTime) {
        let bucket = self.bucket_with(now, SparseHistogram::default()).owed();
        let sum = SpanSum { bucket, bytes: self.bytes.map(u64::wrapping_neg), open: true, ..SpanSum::default() };
        self.spans[span] = Some(Box::new(sum));
    }

    /// A span ends.
    pub(super) fn close_span(&mut self, span: usize, now: SimTime) {
        let bucket = self.bucket_with(now, SparseHistogram::default());
        if let Some(sum) = &mut self.spans[span] {
            sum.add_bucket(&bucket, self.bytes);
            sum.open = false;
        }
    }

    /// What happened within a span, as far as it has come; `None` before it begins, and where it ended too early.
    #[must_use]
    pub fn span(&self, span: usize, now: SimTime) -> Option<SpanSum> {
        let mut sum = SpanSum::clone(self.spans.get(span)?.as_deref()?);
        if sum.open {
            let bucket = self.bucket_with(now, SparseHistogram::default());
            sum.add_bucket(&bucket, self.bytes);
        }
        Some(sum)
    }

    /// The run after its warm-up, as far as it has come; its times to two digits, as a bucket has them.
    #[must_use]
    pub fn whole(&self, now: SimTime) -> Bucket {
        let SpanSum { bucket, times, .. } = self.span(RUN, now).unwrap_or_default();
        Bucket { times: times.snapshot(), ..bucket }
    }

    /// Memory that it takes [bytes], but for the series.
    #[must_use]
    pub(super) fn bytes_held(&self) -> usize {
        let sums = self.spans.iter().flatten();
        size_of::<Self>() + self.times.bytes() + sums.map(|sum| size_of::<SpanSum>() + sum.times.bytes()).sum::<usize>()
    }

    /// Closed buckets, oldest first.
    #[must_use]
    pub fn series(&self) -> &[Rc<Bucket>] {
        &self.series
    }

    /// The last closed buckets that together span at least `secs` (all of them if they do not), with the open one.
    #[must_use]
    pub fn recent(&self, now: SimTime, secs: f64) -> Bucket {
        let mut sum = self.open_bucket(now);
        for bucket in self.series.iter().rev() {
            if sum.secs() >= secs {
                break;
            }
            sum = bucket.merge(&sum);
        }
        sum
    }
}
