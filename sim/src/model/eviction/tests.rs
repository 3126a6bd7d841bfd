//! Every policy against plain lists, on random operations; and what all of them promise.

use super::*;
use crate::model::eviction::shelf::{List, NONE, Shelf};

/// A memory of a policy with its defaults, or with one parameter told.
fn memory(id: &str, capacity: usize, told: &[(&str, f64)]) -> Memory {
    let params = told.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value));
    read(&Variant::new(id, params)).build(capacity, &Stream::new(6, 1))
}

/// One request of a trace: a look-up, and on a miss a fill.
fn request(memory: &mut Memory, key: u64) -> bool {
    let hit = memory.get(key, SimTime::ZERO) == Lookup::Hit;
    if !hit {
        memory.insert(key, SimTime::NEVER);
    }
    hit
}

/// An entry of the obvious implementations.
#[derive(Clone, Copy)]
struct Plain {
    key: u64,
    until: SimTime,
    /// Requests since it came, or chances, or whether it was asked for: what the policy counts.
    count: u32,
    /// When that count was reached.
    reached: u64,
}

/// The obvious memory: a list, and a function that picks who leaves.
struct PlainMemory {
    list: Vec<Plain>,
    capacity: usize,
    step: u64,
    hand: usize,
    touch: fn(&mut PlainMemory, usize),
    pick: fn(&mut PlainMemory) -> usize,
}

impl PlainMemory {
    fn take(&mut self, at: usize) -> Plain {
        if at < self.hand {
            self.hand -= 1;
        }
        self.list.remove(at)
    }

    fn get(&mut self, key: u64, now: SimTime) -> Lookup {
        self.step += 1;
        let Some(at) = self.list.iter().position(|entry| entry.key == key) else { return Lookup::Miss };
        if now > self.list[at].until {
            self.take(at);
            return Lookup::Expired;
        }
        (self.touch)(self, at);
        Lookup::Hit
    }

    fn insert(&mut self, key: u64, until: SimTime) -> Option<u64> {
        self.step += 1;
        if let Some(at) = self.list.iter().position(|entry| entry.key == key) {
            self.list[at].until = until;
            (self.touch)(self, at);
            return None;
        }
        let evicted = (self.list.len() >= self.capacity).then(|| {
            let at = (self.pick)(self);
            self.take(at).key
        });
        if self.hand == self.list.len() {
            // Behind the newest: it begins again at the oldest, not at who comes now.
            self.hand = 0;
        }
        self.list.push(Plain { key, until, count: 0, reached: self.step });
        evicted
    }
}

/// Policies whose rule fits into a line or two.
fn plain(id: &str, capacity: usize) -> PlainMemory {
    type Rules = (fn(&mut PlainMemory, usize), fn(&mut PlainMemory) -> usize);
    let (touch, pick): Rules = match id {
        "lru" => (
            |memory, at| {
                let entry = memory.list.remove(at);
                memory.list.push(entry);
            },
            |_| 0,
        ),
        "fifo" => (|_, _| {}, |_| 0),
        "lfu" => (
            |memory, at| {
                memory.list[at].count += 1;
                memory.list[at].reached = memory.step;
            },
            |memory| {
                let places = 0..memory.list.len();
                places.min_by_key(|&at| (memory.list[at].count, memory.list[at].reached)).expect("it is full")
            },
        ),
        "clock" => (
            |memory, at| memory.list[at].count = 1,
            |memory| {
                while memory.list[0].count > 0 {
                    let mut entry = memory.list.remove(0);
                    entry.count -= 1;
                    memory.list.push(entry);
                }
                0
            },
        ),
        "sieve" => (
            |memory, at| memory.list[at].count = 1,
            |memory| {
                memory.hand %= memory.list.len();
                while memory.list[memory.hand].count > 0 {
                    memory.list[memory.hand].count = 0;
                    memory.hand = (memory.hand + 1) % memory.list.len();
                }
                memory.hand
            },
        ),
        other => panic!("no plain {other}"),
    };
    PlainMemory { list: Vec::new(), capacity, step: 0, hand: 0, touch, pick }
}

/// Random operations, step by step against the obvious implementation, with keys that share their low bits.
#[test]
fn simple_policies_behave_like_a_plain_list() {
    for id in ["lru", "fifo", "lfu", "clock", "sieve"] {
        for capacity in [1, 2, 7, 100] {
            let (mut memory, mut plain) = (memory(id, capacity, &[]), plain(id, capacity));
            let mut stream = Stream::new(6, 1);
            for step in 0..20_000_u64 {
                let now = SimTime(step);
                let key = u64::from(stream.below(150)) << 32;
                match stream.below(10) {
                    0..=4 => assert_eq!(memory.get(key, now), plain.get(key, now), "{id}, {step}"),
                    5..=8 => {
                        let until = SimTime(step + u64::from(stream.below(400)));
                        assert_eq!(memory.insert(key, until), plain.insert(key, until), "{id}, {step}");
                    }
                    _ => {
                        let at = plain.list.iter().position(|entry| entry.key == key);
                        assert_eq!(memory.remove(key), at.is_some());
                        if let Some(at) = at {
                            plain.take(at);
                        }
                    }
                }
                assert_eq!(memory.len(), plain.list.len(), "{id}, {step}");
            }
        }
    }
}

/// Whatever happens, each of them finds what it was given until that has left by its own word, and never holds too much.
#[test]
fn every_policy_keeps_what_it_says_that_it_keeps() {
    for kind in REGISTRY {
        let id = kind.entry.id;
        let drops_as_others_rise = ["slru", "w-tinylfu", "lirs"].contains(&id);
        for capacity in [1, 2, 3, 10, 100] {
            let mut memory = memory(id, capacity, &[]);
            let mut stream = Stream::new(9, 2);
            let mut capacity = capacity;
            for step in 0..20_000_u64 {
                let now = SimTime(step);
                let key = u64::from(stream.below(40) * stream.below(40)) << 32;
                let (before, len): (Vec<(u64, SimTime)>, usize) = (memory.entries().collect(), memory.len());
                let held = before.iter().find(|entry| entry.0 == key);
                match stream.below(100) {
                    0..=49 => {
                        let expected = match held {
                            None => Lookup::Miss,
                            Some((_, until)) if now > *until => Lookup::Expired,
                            Some(_) => Lookup::Hit,
                        };
                        assert_eq!(memory.get(key, now), expected, "{id}, {step}");
                        let gone = before.len() - memory.entries().count();
                        assert!(
                            gone <= usize::from(expected == Lookup::Expired) || drops_as_others_rise,
                            "{id}, {step}"
                        );
                    }
                    50..=89 => {
                        let until = SimTime(step + u64::from(stream.below(400)));
                        let evicted = memory.insert(key, until);
                        let after: Vec<(u64, SimTime)> = memory.entries().collect();
                        assert!(after.contains(&(key, until)), "{id}, {step}");
                        if let Some(evicted) = evicted {
                            assert!(held.is_none() && before.iter().any(|entry| entry.0 == evicted), "{id}, {step}");
                            assert!(after.iter().all(|entry| entry.0 != evicted), "{id}, {step}");
                        }
                    }
                    90..=96 => assert_eq!(memory.remove(key), held.is_some(), "{id}, {step}"),
                    97..=98 if capacity > 1 => {
                        capacity = 1 + stream.below(120) as usize;
                        let left = memory.set_capacity(capacity);
                        assert_eq!(left, len - memory.len(), "{id}, {step}");
                    }
                    _ if step % 7 == 0 => {
                        memory.clear();
                        assert!(memory.is_empty());
                    }
                    _ => {}
                }
                assert!(memory.len() <= capacity, "{id}, {step}: {} of {capacity}", memory.len());
                let loose = memory.entries().count() - memory.len();
                assert!(loose <= if id == "lirs" { 12 } else { 0 }, "{id}, {step}: {loose}");
                assert_eq!(memory.capacity(), capacity);
            }
        }
    }
}

#[test]
fn a_copy_goes_on_as_the_original_does() {
    for kind in REGISTRY {
        let mut stream = Stream::new(1, 3);
        let mut original = memory(kind.entry.id, 50, &[]);
        let mut keys = || u64::from(stream.below(20) * stream.below(20));
        for _ in 0..2_000 {
            request(&mut original, keys());
        }
        let mut copy = original.clone();
        for _ in 0..2_000 {
            let key = keys();
            assert_eq!(request(&mut original, key), request(&mut copy, key), "{}", kind.entry.id);
        }
    }
}

#[test]
fn an_entry_is_valid_up_to_its_last_moment_and_not_after() {
    for kind in REGISTRY {
        let mut memory = memory(kind.entry.id, 10, &[]);
        memory.insert(1, SimTime(100));
        assert_eq!(memory.get(1, SimTime(100)), Lookup::Hit);
        assert_eq!(memory.get(1, SimTime(101)), Lookup::Expired);
        assert_eq!(memory.get(1, SimTime(101)), Lookup::Miss);
        memory.insert(2, SimTime::NEVER);
        assert_eq!(memory.get(2, SimTime(u64::MAX - 1)), Lookup::Hit);
    }
}

#[test]
fn shrinking_keeps_the_most_recent_and_clearing_keeps_the_capacity() {
    let mut lru = Lru::new(5);
    for key in 0..5 {
        lru.insert(key, SimTime::NEVER);
    }
    lru.get(0, SimTime::ZERO);
    assert_eq!(lru.set_capacity(2), 3);
    assert!(lru.keys_oldest_first().eq([4, 0]));
    lru.clear();
    assert!(lru.is_empty());
    assert_eq!(lru.capacity(), 2);
}

/// Full memories under a skewed load, ghosts and sketches included.
#[test]
fn memory_stays_within_what_is_stated_per_entry() {
    let stated = [
        ("lru", 35),
        ("fifo", 35),
        ("clock", 36),
        ("sieve", 36),
        ("lfu", 40),
        ("random", 44),
        ("slru", 36),
        ("2q", 60),
        ("s3-fifo", 72),
        ("arc", 72),
        ("w-tinylfu", 68),
        ("lirs", 140),
        ("score", 80),
    ];
    assert_eq!(stated.len(), REGISTRY.len());
    for (id, most) in stated {
        for capacity in [1_000, 49_153, 100_000] {
            let mut memory = memory(id, capacity, &[]);
            let mut stream = Stream::new(4, 5);
            for key in 0..capacity as u64 * 4 {
                request(&mut memory, key);
                request(&mut memory, u64::from(stream.below(capacity as u32 * 2)));
            }
            assert!(memory.len() > capacity * 9 / 10, "{id}: {}", memory.len());
            let each = memory.bytes() as f64 / capacity as f64;
            assert!(each <= f64::from(most), "{id}, {capacity}: {each}");
        }
    }
}

/// The bound is one: nobody hits more, and on a loop that is one too long it keeps all but one place.
#[test]
fn nobody_beats_the_optimum() {
    let mut stream = Stream::new(2, 7);
    let trace: Vec<u64> = (0..10_000).map(|_| u64::from(stream.below(30) * stream.below(30))).collect();
    for capacity in [1, 5, 20, 100] {
        let bound = optimum::hits(&trace, capacity);
        for kind in REGISTRY {
            let mut memory = memory(kind.entry.id, capacity, &[]);
            let hits = trace.iter().filter(|key| request(&mut memory, **key)).count();
            assert!(hits <= bound, "{}, {capacity}: {hits} of {bound}", kind.entry.id);
        }
    }
    assert_eq!(optimum::hits(&[1, 2, 3, 1, 2, 3, 1, 2, 3], 2), 3);
    assert_eq!(optimum::hits(&[1, 1, 1], 0), 0);
}

/// Parameters say what they say.
#[test]
fn parameters_change_who_leaves() {
    for (id, told) in [
        ("clock", [("bits", 3.0)]),
        ("s3-fifo", [("small", 0.5)]),
        ("s3-fifo", [("ghosts", 0.0)]),
        ("s3-fifo", [("promote", 1.0)]),
        ("2q", [("first", 0.7)]),
        ("2q", [("ghosts", 0.0)]),
        ("slru", [("segments", 2.0)]),
        ("lirs", [("queue", 0.5)]),
        ("w-tinylfu", [("window", 0.6)]),
        ("score", [("drawn", 1.0)]),
    ] {
        let mut stream = Stream::new(3, 8);
        let (mut plain, mut other) = (memory(id, 60, &[]), memory(id, 60, &told));
        let mut differ = 0;
        for _ in 0..5_000 {
            let key = u64::from(stream.below(20) * stream.below(20));
            differ += usize::from(request(&mut plain, key) != request(&mut other, key));
        }
        assert!(differ > 20, "{id} {told:?}: {differ}");
    }
}

#[test]
fn a_shelf_uses_free_places_again() {
    let mut shelf: Shelf<u8> = Shelf::new();
    let mut list = List::new();
    for key in 0..100 {
        let slot = shelf.add(key, SimTime::NEVER, 10);
        shelf.link(&mut list, slot);
        if list.len() > 10 {
            assert_eq!(shelf.drop_oldest(&mut list), Some(key - 10));
        }
    }
    assert_eq!((shelf.len(), shelf.slots().count()), (10, 10));
    assert!(shelf.listed(&list).map(|slot| shelf.key(slot)).eq(90..100));
    assert_eq!(shelf.newer(shelf.find(99).expect("it is there")), NONE);
    assert_eq!(shelf.find(89), None);
}

/// What is told ahead is what happens: the first of the candidates is the key that leaves, and telling changes nothing.
#[test]
fn an_account_names_the_one_that_leaves() {
    for kind in REGISTRY {
        let id = kind.entry.id;
        for capacity in [1, 2, 7, 40] {
            let mut memory = memory(id, capacity, &[]);
            let mut stream = Stream::new(9, capacity as u64);
            let (mut named, mut unnamed) = (0, 0);
            for step in 0..6_000_u64 {
                let key = u64::from(stream.below(12) * stream.below(capacity as u32 + 12));
                match stream.below(30) {
                    0 => drop(memory.remove(key)),
                    1 if step % 7 == 0 => drop(memory.set_capacity(capacity.max(2) - 1 + stream.below(2) as usize)),
                    _ if memory.get(key, SimTime::ZERO) == Lookup::Hit => {}
                    _ => {
                        let account = memory.account(key);
                        let mut untold = memory.clone();
                        let evicted = memory.insert(key, SimTime::NEVER);
                        assert_eq!(untold.insert(key, SimTime::NEVER), evicted, "{id}: telling changes nothing");
                        assert_eq!(account.is_some(), evicted.is_some(), "{id}, {capacity}, step {step}");
                        let Some(account) = account else { continue };
                        assert!(account.rule.ends_with('.'), "{id}: {}", account.rule);
                        let Some(first) = account.candidates.first() else {
                            unnamed += 1;
                            continue;
                        };
                        assert_eq!(Some(first.key), evicted, "{id}, {capacity}, step {step}: {account:?}");
                        named += 1;
                    }
                }
            }
            let blind = id == "random" || (id == "w-tinylfu" && unnamed * 10 < named);
            assert!(blind || unnamed == 0, "{id}, {capacity}: {unnamed} of {}", named + unnamed);
            assert!(id == "random" || named > 500, "{id}, {capacity}: {named}");
        }
    }
}

/// Another policy takes over what is held; of recency it keeps the order.
#[test]
fn entries_stay_when_the_policy_changes() {
    for from in REGISTRY {
        for to in REGISTRY {
            let mut changing = memory(from.entry.id, 20, &[]);
            for key in 0..60 {
                request(&mut changing, key % 23);
            }
            let held =
                |memory: &Memory| memory.entries().map(|(key, _)| key).collect::<std::collections::BTreeSet<_>>();
            let before = held(&changing);
            changing.move_to(&read(&Variant::new(to.entry.id, Params::new())), &Stream::new(1, 1));
            assert_eq!(held(&changing), before, "{} to {}", from.entry.id, to.entry.id);
        }
    }
    let mut changing = memory("lru", 3, &[]);
    for key in [1, 2, 3, 1] {
        request(&mut changing, key);
    }
    changing.move_to(&read(&Variant::new("fifo", Params::new())), &Stream::new(1, 1));
    assert_eq!([4, 5, 6].map(|key| changing.insert(key, SimTime::NEVER)), [Some(2), Some(3), Some(1)]);
}
