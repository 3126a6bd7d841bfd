//! Memory that a program allocates for its requests, a pool that uses objects again, and a garbage collector that stops
//! the world.
//!
//! Each request takes a number of objects: from the pool where one is free, else newly allocated, which takes time. When
//! it is done the pool keeps them up to its size; what it does not keep is garbage. When there is enough garbage the
//! collector runs: nothing else does meanwhile, and for the longer, the more is alive that it has to go through. So a
//! pool saves collections, and makes each of them longer.
//!
//! Plain counts; it knows no clock. Bytes are whole numbers, so that sums are exact.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

const KB: f64 = 1_000.0;
const MB: f64 = 1_000_000.0;

/// What a replica's program allocates, keeps and collects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Objects that each request takes, and the size of one [bytes].
    pub per_request: u32,
    pub object: u64,
    /// Objects that the pool keeps at most; 0: there is no pool.
    pub pool: u32,
    /// The pool is full when the replica starts.
    pub filled: bool,
    /// Time to allocate one object.
    pub allocation: SimDuration,
    /// What each request allocates besides, which no pool keeps [bytes].
    pub scratch: u64,
    /// What is alive besides objects [bytes].
    pub base: u64,
    /// The collector runs when there is so much garbage [bytes].
    pub threshold: u64,
    /// A collection stops everything for so long, and for so long per 100 MB alive and per 100 MB of garbage.
    pub pause: SimDuration,
    pub pause_alive: SimDuration,
    pub pause_garbage: SimDuration,
}

static OFF: Entry = Entry {
    id: "off",
    name: "Not modelled",
    summary: told("Memory costs no time: nothing is allocated, nothing is collected."),
    source: "",
    params: &[],
    defect: false,
};

static ON: Entry = Entry {
    id: "on",
    name: "Objects and a collector",
    summary: told("Requests take objects and leave garbage; a collector stops the replica to clear it away."),
    source: told(
        "The collector is a stop-the-world one whose pause grows with what is alive. All times are round numbers to see the effect with, not measurements of any runtime.",
    ),
    params: &[
        ParamSpec::count(
            "per_request",
            "Objects per request",
            4.0,
            0.0,
            10_000.0,
            "Buffers and the like that a request needs from the start of its work to its answer.",
        ),
        ParamSpec::number(
            "object_kb",
            "Size of an object, kB",
            Unit::Plain,
            64.0,
            0.001,
            1_000_000.0,
            "Memory that one object takes.",
        ),
        ParamSpec::number(
            "allocation_time",
            "Time to allocate one",
            Unit::Seconds,
            0.000_05,
            0.0,
            10.0,
            "Added to the request's work for every object that the pool did not have.",
        ),
        ParamSpec::number(
            "scratch_kb",
            "Other garbage per request, kB",
            Unit::Plain,
            32.0,
            0.0,
            1_000_000.0,
            "What else a request allocates and leaves behind; no pool keeps it.",
        ),
        ParamSpec::number(
            "base_mb",
            "Alive besides, MB",
            Unit::Plain,
            50.0,
            0.0,
            1_000_000.0,
            "What the program keeps in memory anyway: code, configuration, caches of its own. Where the service has an instance with memory, this takes the place of its memory when idle.",
        ),
        ParamSpec::number(
            "collect_mb",
            "Collects after, MB",
            Unit::Plain,
            100.0,
            0.001,
            1_000_000.0,
            "The collector runs when there is this much garbage.",
        ),
        ParamSpec::number(
            "pause",
            "Pause at least",
            Unit::Seconds,
            0.002,
            0.0,
            60.0,
            "A collection stops the replica for at least this long.",
        ),
        ParamSpec::number(
            "pause_alive",
            "Pause per 100 MB alive",
            Unit::Seconds,
            0.02,
            0.0,
            60.0,
            "All that is alive has to be gone through, whether or not it is in use.",
        ),
        ParamSpec::number(
            "pause_garbage",
            "Pause per 100 MB of garbage",
            Unit::Seconds,
            0.005,
            0.0,
            60.0,
            "What it takes to clear the garbage away.",
        ),
    ],
    defect: false,
};

static NO_POOL: Entry = Entry {
    id: "off",
    name: "None",
    summary: told("Every object is newly allocated, and becomes garbage when its request is done."),
    source: "",
    params: &[],
    defect: false,
};

static POOL: Entry = Entry {
    id: "fixed",
    name: "Of a fixed size",
    summary: told(
        "Keeps objects for the next request; what it does not have is allocated, what it has no room for is garbage.",
    ),
    source: told(
        "The course's object pool: a channel of fixed size that is asked first and discards what it has no room for.",
    ),
    params: &[
        ParamSpec::count(
            "size",
            "Keeps",
            64.0,
            0.0,
            10_000_000.0,
            "Objects that each replica keeps for the next request, at most.",
        ),
        ParamSpec::flag(
            "filled",
            "Filled at the start",
            true,
            "The pool is full when the replica starts, so its memory is alive from then on. Otherwise it fills with what comes back.",
        ),
    ],
    defect: false,
};

/// What requests take of memory, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// What is kept of it, likewise.
#[must_use]
pub fn pool_entries() -> Vec<&'static Entry> {
    vec![&NO_POOL, &POOL]
}

/// What the choices say; `None`: memory is not modelled.
#[must_use]
pub fn read(objects: &Variant, pool: &Variant) -> Option<Settings> {
    if objects.id != ON.id {
        return None;
    }
    let reader = Reader::new(&ON, &objects.params);
    let keeps = Reader::new(&POOL, &pool.params);
    let has_pool = pool.id == POOL.id;
    let bytes = |key, unit: f64| (reader.number(key) * unit).round() as u64;
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    Some(Settings {
        per_request: reader.count("per_request"),
        object: bytes("object_kb", KB),
        pool: if has_pool { keeps.count("size") } else { 0 },
        filled: has_pool && keeps.flag("filled"),
        allocation: secs("allocation_time"),
        scratch: bytes("scratch_kb", KB),
        base: bytes("base_mb", MB),
        threshold: bytes("collect_mb", MB).max(1),
        pause: secs("pause"),
        pause_alive: secs("pause_alive"),
        pause_garbage: secs("pause_garbage"),
    })
}

/// What has been counted since the replica began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that the pool had, that it had not, and that it had no room for.
    pub hits: u64,
    pub misses: u64,
    pub discards: u64,
    /// [bytes], the filling of the pool included.
    pub allocated: u64,
    pub collections: u64,
    pub paused: SimDuration,
    pub longest_pause: SimDuration,
}

impl Counts {
    /// Adds another replica's.
    pub fn absorb(&mut self, other: &Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.discards += other.discards;
        self.allocated += other.allocated;
        self.collections += other.collections;
        self.paused = self.paused + other.paused;
        self.longest_pause = self.longest_pause.max(other.longest_pause);
    }
}

/// A replica's memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Heap {
    settings: Settings,
    /// Objects in the pool, and in requests.
    free: u32,
    in_use: u64,
    /// What a cache of the replica's own keeps [bytes].
    kept: u64,
    garbage: u64,
    /// The most that was in use at a time: a program does not give memory back.
    reserved: u64,
    counts: Counts,
}

impl Heap {
    /// As a replica starts.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut heap =
            Self { settings, free: 0, in_use: 0, kept: 0, garbage: 0, reserved: 0, counts: Counts::default() };
        heap.start();
        heap
    }

    fn start(&mut self) {
        self.free = if self.settings.filled { self.settings.pool } else { 0 };
        self.counts.allocated += u64::from(self.free) * self.settings.object + self.settings.base;
        self.reserved = self.used();
    }

    /// The replica begins again: its memory is fresh, what was counted stays.
    pub fn restart(&mut self) {
        (self.in_use, self.kept, self.garbage, self.reserved) = (0, 0, 0, 0);
        self.start();
    }

    /// Takes new settings; what a smaller pool has no room for is garbage.
    pub fn adopt(&mut self, settings: Settings) {
        if settings.object != self.settings.object {
            // Objects of another size are other objects.
            self.garbage += u64::from(self.free) * self.settings.object;
            self.free = 0;
        }
        self.settings = settings;
        let surplus = self.free.saturating_sub(settings.pool);
        self.free -= surplus;
        self.counts.discards += u64::from(surplus);
        self.garbage += u64::from(surplus) * settings.object;
        self.touch();
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A request begins: it takes its objects. How many those are, and how long allocating the missing ones takes.
    pub fn take(&mut self) -> (u32, SimDuration) {
        let wanted = self.settings.per_request;
        let hits = wanted.min(self.free);
        let misses = wanted - hits;
        self.free -= hits;
        self.in_use += u64::from(wanted);
        self.counts.hits += u64::from(hits);
        self.counts.misses += u64::from(misses);
        self.counts.allocated += u64::from(misses) * self.settings.object + self.settings.scratch;
        self.garbage += self.settings.scratch;
        self.touch();
        (wanted, SimDuration(self.settings.allocation.0 * u64::from(misses)))
    }

    /// A request is done with so many objects.
    pub fn give_back(&mut self, objects: u32) {
        self.in_use = self.in_use.saturating_sub(u64::from(objects));
        let kept = objects.min(self.settings.pool - self.free);
        self.free += kept;
        let discarded = u64::from(objects - kept);
        self.counts.discards += discarded;
        self.garbage += discarded * self.settings.object;
        self.touch();
    }

    /// A cache of the replica's own keeps so many bytes from now on.
    pub fn set_kept(&mut self, bytes: u64) {
        self.counts.allocated += bytes.saturating_sub(self.kept);
        self.garbage += self.kept.saturating_sub(bytes);
        self.kept = bytes;
        self.touch();
    }

    /// Whether the collector has to run.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.garbage >= self.settings.threshold
    }

    /// The collector runs: how long it stops everything.
    pub fn collect(&mut self) -> SimDuration {
        let Settings { pause, pause_alive, pause_garbage, .. } = self.settings;
        let per = |rate: SimDuration, bytes: u64| rate.0 as f64 * (bytes as f64 / (100.0 * MB));
        let takes = pause.0 as f64 + per(pause_alive, self.alive()) + per(pause_garbage, self.garbage);
        let takes = SimDuration(takes.round() as u64);
        self.garbage = 0;
        self.counts.collections += 1;
        self.counts.paused = self.counts.paused + takes;
        self.counts.longest_pause = self.counts.longest_pause.max(takes);
        takes
    }

    fn touch(&mut self) {
        self.reserved = self.reserved.max(self.used());
    }

    /// What a collection leaves [bytes]: objects in requests and in the pool, what a cache keeps, and the rest of the program.
    #[must_use]
    pub fn alive(&self) -> u64 {
        self.settings.base + self.kept + (self.in_use + u64::from(self.free)) * self.settings.object
    }

    /// Alive and garbage [bytes].
    #[must_use]
    pub fn used(&self) -> u64 {
        self.alive() + self.garbage
    }

    /// What the program has taken from the machine [bytes].
    #[must_use]
    pub const fn reserved(&self) -> u64 {
        self.reserved
    }

    #[must_use]
    pub const fn garbage(&self) -> u64 {
        self.garbage
    }

    /// Objects that lie ready in the pool.
    #[must_use]
    pub const fn free(&self) -> u32 {
        self.free
    }

    /// Objects that requests have taken.
    #[must_use]
    pub const fn in_use(&self) -> u64 {
        self.in_use
    }

    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Params;

    /// 2 objects of 10 MB per request, 1 ms to allocate one, 1 MB besides; 50 MB alive; collected at 40 MB of garbage:
    /// 2 ms, 20 ms per 100 MB alive, 5 ms per 100 MB of garbage.
    fn settings(pool: f64, filled: bool) -> Settings {
        let params = Params::new()
            .with("per_request", 2.0)
            .with("object_kb", 10_000.0)
            .with("allocation_time", 0.001)
            .with("scratch_kb", 1_000.0)
            .with("collect_mb", 40.0);
        let pool = Params::new().with("size", pool).with("filled", filled);
        read(&Variant::new("on", params), &Variant::new("fixed", pool)).expect("it is on")
    }

    const MEGA: u64 = 1_000_000;

    #[test]
    fn without_a_pool_every_object_is_allocated_and_becomes_garbage() {
        let mut heap = Heap::new(settings(0.0, true));
        assert_eq!((heap.alive(), heap.counts().allocated), (50 * MEGA, 50 * MEGA));
        assert_eq!(heap.take(), (2, SimDuration::from_millis(2)));
        // 50 + 2 x 10 alive, 1 of garbage.
        assert_eq!((heap.alive(), heap.garbage(), heap.used()), (70 * MEGA, MEGA, 71 * MEGA));
        heap.give_back(2);
        assert_eq!((heap.alive(), heap.garbage()), (50 * MEGA, 21 * MEGA));
        assert!(!heap.is_full());
        heap.take();
        heap.give_back(2);
        assert!(heap.is_full(), "42 of 40");
        // 2 ms + 20 x 0.5 + 5 x 0.42 = 14.1 ms.
        assert_eq!(heap.collect(), SimDuration(14_100_000));
        assert_eq!((heap.used(), heap.reserved()), (50 * MEGA, 92 * MEGA));
        let counts = *heap.counts();
        assert_eq!((counts.hits, counts.misses, counts.discards, counts.collections), (0, 4, 4, 1));
        assert_eq!((counts.allocated, counts.paused), (92 * MEGA, SimDuration(14_100_000)));
    }

    #[test]
    fn a_full_pool_allocates_nothing_but_scratch_and_makes_a_collection_longer() {
        let mut heap = Heap::new(settings(6.0, true));
        assert_eq!((heap.free(), heap.alive()), (6, 110 * MEGA));
        for _ in 0..3 {
            assert_eq!(heap.take(), (2, SimDuration::ZERO));
        }
        // The fourth at a time finds the pool empty.
        assert_eq!(heap.take(), (2, SimDuration::from_millis(2)));
        for _ in 0..4 {
            heap.give_back(2);
        }
        let counts = *heap.counts();
        assert_eq!((counts.hits, counts.misses, counts.discards), (6, 2, 2));
        // Garbage: 4 x 1 besides, 2 x 10 discarded.
        assert_eq!((heap.garbage(), heap.free(), heap.in_use()), (24 * MEGA, 6, 0));
        // 2 + 20 x 1.1 + 5 x 0.24 = 25.2 ms.
        assert_eq!(heap.collect(), SimDuration(25_200_000));
    }

    #[test]
    fn a_pool_that_starts_empty_fills_with_what_comes_back() {
        let mut heap = Heap::new(settings(3.0, false));
        assert_eq!(heap.free(), 0);
        heap.take();
        heap.take();
        heap.give_back(2);
        heap.give_back(2);
        assert_eq!((heap.free(), heap.counts().misses, heap.counts().discards), (3, 4, 1));
        assert_eq!(heap.take().1, SimDuration::ZERO);
    }

    #[test]
    fn a_smaller_pool_lets_go_and_a_restart_begins_afresh() {
        let mut heap = Heap::new(settings(6.0, true));
        heap.take();
        heap.adopt(settings(1.0, true));
        assert_eq!((heap.free(), heap.garbage(), heap.counts().discards), (1, 31 * MEGA, 3));
        heap.give_back(2);
        assert_eq!((heap.free(), heap.garbage()), (1, 51 * MEGA));
        heap.restart();
        assert_eq!((heap.free(), heap.in_use(), heap.garbage(), heap.reserved()), (1, 0, 0, 60 * MEGA));
        assert_eq!(heap.counts().hits, 2, "what was counted stays");
        // A request from before may still come back.
        heap.give_back(2);
        assert_eq!(heap.in_use(), 0);
    }

    /// Bytes are neither lost nor made: allocated = alive + garbage + collected.
    #[test]
    fn bytes_are_conserved() {
        let mut heap = Heap::new(settings(5.0, false));
        let (mut collected, mut out) = (0, Vec::new());
        for step in 0..500_u32 {
            if step * 7 % 5 < 3 {
                out.push(heap.take().0);
            } else if let Some(objects) = out.pop() {
                heap.give_back(objects);
            }
            if heap.is_full() {
                collected += heap.garbage();
                heap.collect();
            }
            assert_eq!(heap.counts().allocated, heap.used() + collected, "step {step}");
            assert!(heap.reserved() >= heap.used());
        }
        assert!(heap.counts().collections > 3);
    }

    #[test]
    fn off_is_nothing() {
        let named = |id: &str| Variant::new(id, Params::new());
        assert_eq!(read(&named("off"), &named("fixed")), None);
        let bare = read(&named("on"), &named("off")).expect("it is on");
        assert_eq!((bare.pool, bare.filled), (0, false));
    }
}
