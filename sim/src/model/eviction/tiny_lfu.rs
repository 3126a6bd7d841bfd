//! W-TinyLFU: a sketch of frequencies guards the door.

use twox_hash::XxHash64;

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::slru::Segments;
use super::{EvictionKind, Way, entry, part};
use crate::model::params::{ParamSpec, Unit};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "w-tinylfu",
        "W-TinyLFU",
        "New entries pass through a small window. One that leaves it gets into the main part only if it was asked for more often than the one that would have to leave, by a sketch that also remembers keys that are gone, and slowly forgets.",
        "Einziger, Friedman, Manes, \"TinyLFU: A Highly Efficient Cache Admission Policy\", 2017, as in libCacheSim 0.3.5: main part in two segments of 20 and 80 %, counts halved after 32 hits per entry. Caffeine also adapts the window and lets a few in by chance.",
        &[ParamSpec::number(
            "window",
            "Window",
            Unit::Share,
            0.01,
            0.0,
            0.9,
            "Share of the entries in the window, at least one.",
        )],
    ),
    way: Way::Built(|params, capacity, _| Box::new(Cache::under(Tiny::new(params.number("window")), capacity))),
};

/// The note of an entry in the window; others have their segment's.
const IN_WINDOW: u8 = u8::MAX;

#[derive(Clone, Debug)]
struct Tiny {
    share: f64,
    main_most: usize,
    window: List,
    main: Segments,
    sketch: Sketch,
}

impl Tiny {
    fn new(share: f64) -> Self {
        Self {
            share,
            main_most: 0,
            window: List::new(),
            main: Segments::new(vec![1.0, 4.0]),
            sketch: Sketch::default(),
        }
    }
}

impl Policy for Tiny {
    type Note = u8;

    fn fresh(&self) -> Self {
        Self::new(self.share)
    }

    fn resize(&mut self, capacity: usize) {
        self.main_most = capacity - part(capacity, self.share).max(1);
        self.main.resize(self.main_most);
        self.sketch.resize(self.main_most.max(1));
    }

    fn hit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        if shelf.note(slot) == IN_WINDOW {
            shelf.renew_place(&mut self.window, slot);
        } else {
            self.main.hit(shelf, slot);
            self.sketch.add(shelf.key(slot));
            self.sketch.age();
        }
    }

    fn evict(&mut self, shelf: &mut Shelf<u8>) -> Option<u64> {
        while let Some(candidate) = shelf.pop(&mut self.window) {
            let key = shelf.key(candidate);
            let room = self.main.len() < self.main_most;
            let weakest = if room { None } else { self.main.next_victim() };
            let mut evicted = None;
            if room {
                self.main.admit(shelf, candidate);
            } else if weakest.is_some_and(|slot| self.sketch.count(key) > self.sketch.count(shelf.key(slot))) {
                evicted = self.main.evict(shelf);
                self.main.admit(shelf, candidate);
            } else {
                evicted = Some(shelf.take_out(candidate));
            }
            self.sketch.add(key);
            if evicted.is_some() {
                return evicted;
            }
        }
        self.main.evict(shelf)
    }

    fn account(&self, shelf: &Shelf<u8>, _incoming: u64) -> Account {
        let mut account = Account::new("The main part still has room; what the window pushes out goes there.");
        if self.main.len() < self.main_most {
            return account;
        }
        let count = |slot: u32| self.sketch.count(shelf.key(slot));
        let seen = |slot: u32| match count(slot) {
            0 => "not seen lately".to_owned(),
            1 => "seen about once".to_owned(),
            times => format!("seen about {times} times"),
        };
        let weakest = self.main.next_victim();
        let candidate = shelf.listed(&self.window).next();
        let (leaves, stays, rule) = match (candidate, weakest) {
            (Some(candidate), Some(weakest)) if count(candidate) > count(weakest) => (
                weakest,
                Some(candidate),
                "One that leaves the window was seen more often than the weakest of the main part.",
            ),
            (Some(candidate), weakest) => (
                candidate,
                weakest,
                "It left the window, and was not seen more often than the weakest of the main part.",
            ),
            (None, Some(weakest)) => (weakest, None, "It is the weakest of the main part."),
            (None, None) => return account,
        };
        account.rule = rule.to_owned();
        account.add(shelf.key(leaves), seen(leaves));
        if let Some(stays) = stays {
            account.add(shelf.key(stays), format!("{}: it stays", seen(stays)));
        }
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        *shelf.note_mut(slot) = IN_WINDOW;
        shelf.link(&mut self.window, slot);
        self.sketch.add(shelf.key(slot));
    }

    fn forget(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        if shelf.note(slot) == IN_WINDOW {
            shelf.drop_from(&mut self.window, slot);
        } else {
            self.main.forget(shelf, slot);
        }
    }

    fn bytes(&self) -> usize {
        self.sketch.counts.capacity() * size_of::<u16>()
    }
}

/// How often keys were seen, roughly: each in ten of the counters, the least of which is nearest to the truth.
///
/// Sized and hashed as in the reference, so that the same keys disturb one another.
#[derive(Clone, Debug, Default)]
struct Sketch {
    counts: Vec<u16>,
    entries: usize,
    hits: usize,
}

/// Counters of a key.
const ROWS: u32 = 10;

/// Counters for each entry, so that one key in a thousand is counted too high: -ln 0.001 / (ln 2)².
const PER_ENTRY: f64 = 14.377_587_566_051_16;

/// The reference's seeds.
const SEEDS: [u64; 2] = [0x1234_5678, 0x1234_4321];

impl Sketch {
    /// A sketch of another size begins anew.
    fn resize(&mut self, entries: usize) {
        self.entries = entries;
        let length = ((PER_ENTRY * entries as f64).ceil() as usize).max(2 * ROWS as usize);
        if length != self.counts.len() {
            self.counts = vec![0; length];
        }
    }

    fn places(&self, key: u64) -> impl Iterator<Item = usize> + use<> {
        let [first, step] = SEEDS.map(|seed| XxHash64::oneshot(seed, &key.to_le_bytes()) as u32);
        let length = self.counts.len();
        (0..ROWS).map(move |row| first.wrapping_add(row.wrapping_mul(step)) as usize % length)
    }

    fn count(&self, key: u64) -> u16 {
        self.places(key).map(|place| self.counts[place]).min().unwrap_or(0)
    }

    fn add(&mut self, key: u64) {
        for place in self.places(key) {
            self.counts[place] = self.counts[place].saturating_add(1);
        }
    }

    /// One more hit; after 32 for each entry all counts are halved.
    fn age(&mut self) {
        self.hits += 1;
        if self.hits >= 32 * self.entries {
            self.hits = 0;
            for count in &mut self.counts {
                *count >>= 1;
            }
        }
    }
}
