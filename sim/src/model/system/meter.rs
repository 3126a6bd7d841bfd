//! Measures one station, or the whole system: counts, levels over time, times; in buckets that double as the run grows.

use std::rc::Rc;

use crate::engine::stats::{SparseHistogram, WindowHistogram};
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
    pub arrivals: u64,
    /// Ended, by outcome.
    pub by_outcome: [u64; 6],
    /// Completed in time.
    pub good: u64,
    /// Integrals over the bucket [count x s]: busy slots, slots there were, waiting requests.
    pub busy_secs: f64,
    pub slot_secs: f64,
    pub queue_secs: f64,
    /// What the station cost [USD].
    pub cost: f64,
    /// Requests that were there when the bucket closed.
    pub in_flight: u64,
    pub memory: MemoryUse,
    /// Caches: look-ups, and those that found something.
    pub lookups: u64,
    pub hits: u64,
    /// Databases: reads that read replicas answered, and those that lacked a write.
    pub copy_reads: u64,
    pub stale_reads: u64,
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
        self.allocated += next.allocated;
        self.collections += next.collections;
        self.paused_ns += next.paused_ns;
    }
}

impl Bucket {
    /// Width [s].
    #[must_use]
    pub fn secs(&self) -> f64 {
        self.to.since(self.from).as_secs_f64()
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

    /// Takes in what happened in `next`, but for the times.
    fn absorb(&mut self, next: &Self) {
        for (sum, more) in self.by_outcome.iter_mut().zip(next.by_outcome) {
            *sum += more;
        }
        self.to = next.to;
        self.arrivals += next.arrivals;
        self.good += next.good;
        self.busy_secs += next.busy_secs;
        self.slot_secs += next.slot_secs;
        self.queue_secs += next.queue_secs;
        self.cost += next.cost;
        self.in_flight = next.in_flight;
        self.memory.absorb(&next.memory);
        self.lookups += next.lookups;
        self.hits += next.hits;
        self.copy_reads += next.copy_reads;
        self.stale_reads += next.stale_reads;
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
    /// What crossed a border, within the open bucket and before it [bytes].
    bytes: [u64; 3],
    whole_bytes: [u64; 3],
    opened: SimTime,
    arrivals: u64,
    by_outcome: [u64; 6],
    good: u64,
    lookups: u64,
    hits: u64,
    copy_reads: u64,
    stale_reads: u64,
    times: WindowHistogram,
    series: Vec<Rc<Bucket>>,
    /// Everything since the warm-up, but for the open bucket; without its times.
    whole: Bucket,
    /// The times that belong to `whole`, in a form to which a bucket's are added at little cost.
    whole_times: WindowHistogram,
}

impl Meter {
    #[must_use]
    pub fn new(now: SimTime) -> Self {
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
            whole_bytes: [0; 3],
            opened: now,
            arrivals: 0,
            by_outcome: [0; 6],
            good: 0,
            lookups: 0,
            hits: 0,
            copy_reads: 0,
            stale_reads: 0,
            times: WindowHistogram::new(),
            series: Vec::new(),
            whole: Bucket { from: now, to: now, ..Bucket::default() },
            whole_times: WindowHistogram::new(),
        }
    }

    /// What has come since the warm-up ended, or before it since the start.
    #[must_use]
    pub const fn arrivals_counted(&self) -> u64 {
        self.whole.arrivals + self.arrivals
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

    #[inline]
    pub(super) fn arrived(&mut self) {
        self.arrivals += 1;
    }

    /// Something ended here after `stay`.
    #[inline]
    pub(super) fn answered(&mut self, outcome: Outcome, stay: SimDuration) {
        self.by_outcome[outcome.index()] += 1;
        if outcome == Outcome::Completed {
            self.times.record(stay);
        }
    }

    /// Something was looked up here.
    #[inline]
    pub(super) fn looked_up(&mut self, hit: bool) {
        self.lookups += 1;
        self.hits += u64::from(hit);
    }

    /// A read replica has answered a read.
    pub(super) fn read_from_copy(&mut self, stale: bool) {
        self.copy_reads += 1;
        self.stale_reads += u64::from(stale);
    }

    #[inline]
    pub(super) fn good(&mut self) {
        self.good += 1;
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
        (self.per_million, self.priced_from) = (per_million, self.arrivals);
    }

    /// What the open bucket's requests cost [USD].
    fn for_requests(&self) -> f64 {
        self.priced_before + (self.arrivals - self.priced_from) as f64 * self.per_million / 1e6
    }

    /// Data crossed a border.
    pub(super) fn sent(&mut self, way: Way, bytes: u64) {
        self.bytes[way as usize] += bytes;
    }

    /// Data that crossed each border since the warm-up [bytes].
    #[must_use]
    pub fn bytes(&self) -> [u64; 3] {
        std::array::from_fn(|way| self.whole_bytes[way] + self.bytes[way])
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
            arrivals: self.arrivals,
            by_outcome: self.by_outcome,
            good: self.good,
            busy_secs: secs(self.busy_ns, self.busy),
            slot_secs: secs(self.slot_ns, self.slots),
            queue_secs: secs(self.queue_ns, self.queue),
            cost: self.bill.total(now) + self.for_requests() + transfer_cost(self.bytes),
            in_flight: self.in_flight,
            memory: self.memory,
            lookups: self.lookups,
            hits: self.hits,
            copy_reads: self.copy_reads,
            stale_reads: self.stale_reads,
            times,
        }
    }

    /// Closes the open bucket.
    pub(super) fn tick(&mut self, now: SimTime) {
        let times = self.times.take();
        let bucket = self.bucket_with(now, times);
        self.integrate(now);
        (self.busy_ns, self.slot_ns, self.queue_ns) = (0, 0, 0);
        self.bill.restart(now);
        self.memory = MemoryUse {
            used: self.memory.used,
            most: self.memory.used,
            reserved: self.memory.reserved,
            ..MemoryUse::default()
        };
        (self.arrivals, self.by_outcome, self.good) = (0, [0; 6], 0);
        (self.lookups, self.hits) = (0, 0);
        (self.copy_reads, self.stale_reads) = (0, 0);
        (self.priced_from, self.priced_before) = (0, 0.0);
        self.whole_bytes = self.bytes();
        self.bytes = [0; 3];
        self.opened = now;
        self.whole.absorb(&bucket);
        self.whole_times.add(&bucket.times);
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

    /// Forgets the totals so far (not the series): the warm-up is over.
    pub(super) fn restart(&mut self, now: SimTime) {
        self.tick(now);
        self.whole = Bucket { from: now, to: now, ..Bucket::default() };
        self.whole_times.reset();
        self.whole_bytes = [0; 3];
    }

    /// Closed buckets, oldest first.
    #[must_use]
    pub fn series(&self) -> &[Rc<Bucket>] {
        &self.series
    }

    /// Everything since the warm-up.
    #[must_use]
    pub fn whole(&self, now: SimTime) -> Bucket {
        let mut whole = self.whole.clone();
        let open = self.open_bucket(now);
        whole.absorb(&open);
        whole.times = self.whole_times.snapshot().merged(&open.times);
        whole
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
