//! A cache's memory: the least recently used entry leaves first, entries expire.
//!
//! A slab of entries linked in order of use, found through an open-addressing table with a fixed hash: the same
//! evictions in every run, and at most 35 bytes per entry (`HashMap` seeds its hash from entropy).

use crate::engine::rng::mix;
use crate::engine::time::SimTime;

/// No entry: the end of a list, or an empty place in the table.
const NONE: u32 = u32::MAX;

/// Least recently used memory over 64-bit keys with a time to live.
///
/// All operations cost O(1) on average. Memory grows with the number of entries held.
#[derive(Clone, Debug)]
pub struct Lru {
    capacity: usize,
    /// Entries in use; the order of use runs through `newer` and `older`.
    entries: Vec<Entry>,
    /// Slots of `entries` by hash of key, linear probing; length a power of two, or empty.
    table: Vec<u32>,
    newest: u32,
    oldest: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    /// Last moment at which the entry is valid.
    valid_until: SimTime,
    newer: u32,
    older: u32,
}

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A valid entry, now the most recently used.
    Hit,
    /// Nothing of that key.
    Miss,
    /// An entry whose time was over; it is gone now.
    Expired,
}

impl Lru {
    /// An empty memory for `capacity` entries, 1 to about 4 billion (0 counts as 1).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, NONE as usize - 1);
        Self { capacity, entries: Vec::new(), table: Vec::new(), newest: NONE, oldest: NONE }
    }

    /// Number of entries held, expired ones that nobody has asked for included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Most entries that it may hold.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Looks `key` up. An entry expires when `now` is strictly after the last moment of its validity.
    pub fn get(&mut self, key: u64, now: SimTime) -> Lookup {
        let Some(place) = self.find(key) else { return Lookup::Miss };
        let slot = self.table[place];
        if now > self.entries[slot as usize].valid_until {
            self.remove_at(place);
            return Lookup::Expired;
        }
        if slot != self.newest {
            self.unlink(slot);
            self.link_newest(slot);
        }
        Lookup::Hit
    }

    /// Puts `key` in (or renews it) as the most recently used, valid until `valid_until` inclusive.
    ///
    /// Returns the key that had to leave for it: the least recently used one, even if others have expired unnoticed, as
    /// in caches that expire on access.
    pub fn insert(&mut self, key: u64, valid_until: SimTime) -> Option<u64> {
        if let Some(place) = self.find(key) {
            let slot = self.table[place];
            self.entries[slot as usize].valid_until = valid_until;
            self.unlink(slot);
            self.link_newest(slot);
            return None;
        }
        let evicted = if self.entries.len() >= self.capacity { self.evict() } else { None };
        self.grow_if_full();
        let slot = self.entries.len() as u32;
        self.entries.push(Entry { key, valid_until, newer: NONE, older: NONE });
        self.link_newest(slot);
        self.write_to_table(key, slot);
        evicted
    }

    /// Takes `key` out; whether it was there.
    pub fn remove(&mut self, key: u64) -> bool {
        let found = self.find(key);
        if let Some(place) = found {
            self.remove_at(place);
        }
        found.is_some()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    /// Changes the capacity; the least recently used entries leave until the rest fits. Returns how many left.
    pub fn set_capacity(&mut self, capacity: usize) -> usize {
        self.capacity = capacity.clamp(1, NONE as usize - 1);
        let excess = self.entries.len().saturating_sub(self.capacity);
        for _ in 0..excess {
            self.evict();
        }
        excess
    }

    /// Keys from the least to the most recently used.
    pub fn keys_oldest_first(&self) -> impl Iterator<Item = u64> {
        let mut slot = self.oldest;
        std::iter::from_fn(move || {
            let entry = self.entries.get(slot as usize)?;
            slot = entry.newer;
            Some(entry.key)
        })
    }

    /// Keys with the last moments at which they are valid, in no order that means anything.
    pub fn entries(&self) -> impl Iterator<Item = (u64, SimTime)> + '_ {
        self.entries.iter().map(|entry| (entry.key, entry.valid_until))
    }

    fn evict(&mut self) -> Option<u64> {
        let key = self.entries.get(self.oldest as usize)?.key;
        self.remove(key);
        Some(key)
    }

    fn home(&self, key: u64) -> usize {
        mix(key) as usize & (self.table.len() - 1)
    }

    /// Place in the table of `key`'s slot.
    fn find(&self, key: u64) -> Option<usize> {
        if self.table.is_empty() {
            return None;
        }
        let mut place = self.home(key);
        loop {
            match self.table[place] {
                NONE => return None,
                slot if self.entries[slot as usize].key == key => return Some(place),
                _ => place = (place + 1) & (self.table.len() - 1),
            }
        }
    }

    fn write_to_table(&mut self, key: u64, slot: u32) {
        let mut place = self.home(key);
        while self.table[place] != NONE {
            place = (place + 1) & (self.table.len() - 1);
        }
        self.table[place] = slot;
    }

    /// Room for one more entry: doubles, but never beyond the capacity; the table stays at most three quarters full.
    fn grow_if_full(&mut self) {
        let len = self.entries.len();
        if len == self.entries.capacity() {
            self.entries.reserve_exact(len.max(16).min(self.capacity - len).max(1));
        }
        if (len + 1) * 4 > self.table.len() * 3 {
            let places = (self.table.len() * 2).max(16);
            self.table.clear();
            self.table.reserve_exact(places);
            self.table.resize(places, NONE);
            for slot in 0..len {
                self.write_to_table(self.entries[slot].key, slot as u32);
            }
        }
    }

    /// Removes the entry whose slot stands at `place` in the table.
    fn remove_at(&mut self, place: usize) {
        let slot = self.table[place];
        self.unlink(slot);
        self.close_gap(place);
        // The last entry moves into the free slot, and everything that points at it follows.
        let last = (self.entries.len() - 1) as u32;
        if slot != last {
            let place = self.find(self.entries[last as usize].key).expect("every entry stands in the table");
            self.table[place] = slot;
            let Entry { newer, older, .. } = self.entries[last as usize];
            match self.entries.get_mut(newer as usize) {
                Some(entry) => entry.older = slot,
                None => self.newest = slot,
            }
            match self.entries.get_mut(older as usize) {
                Some(entry) => entry.newer = slot,
                None => self.oldest = slot,
            }
        }
        self.entries.swap_remove(slot as usize);
    }

    /// Empties `gap` and moves later members of its run forward, so that no search breaks off early.
    /// (Knuth, The Art of Computer Programming, vol. 3, 6.4, algorithm R.)
    fn close_gap(&mut self, mut gap: usize) {
        let mask = self.table.len() - 1;
        let mut place = gap;
        loop {
            self.table[gap] = NONE;
            loop {
                place = (place + 1) & mask;
                let slot = self.table[place];
                if slot == NONE {
                    return;
                }
                let home = self.home(self.entries[slot as usize].key);
                // It may move if its home does not lie cyclically within (gap, place].
                if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(gap) & mask) {
                    break;
                }
            }
            self.table[gap] = self.table[place];
            gap = place;
        }
    }

    fn unlink(&mut self, slot: u32) {
        let Entry { newer, older, .. } = self.entries[slot as usize];
        match self.entries.get_mut(newer as usize) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
        match self.entries.get_mut(older as usize) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, slot: u32) {
        let older = std::mem::replace(&mut self.newest, slot);
        match self.entries.get_mut(older as usize) {
            Some(entry) => entry.newer = slot,
            None => self.oldest = slot,
        }
        let entry = &mut self.entries[slot as usize];
        (entry.newer, entry.older) = (NONE, older);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;

    /// The obvious LRU: a list, most recent last.
    #[derive(Default)]
    struct Plain(Vec<(u64, SimTime)>);

    impl Plain {
        fn get(&mut self, key: u64, now: SimTime) -> Lookup {
            let Some(index) = self.0.iter().position(|entry| entry.0 == key) else { return Lookup::Miss };
            let entry = self.0.remove(index);
            if now > entry.1 {
                return Lookup::Expired;
            }
            self.0.push(entry);
            Lookup::Hit
        }

        fn insert(&mut self, key: u64, valid_until: SimTime, capacity: usize) -> Option<u64> {
            let known = self.0.iter().position(|entry| entry.0 == key);
            let evicted = match known {
                Some(index) => {
                    self.0.remove(index);
                    None
                }
                None => (self.0.len() >= capacity).then(|| self.0.remove(0).0),
            };
            self.0.push((key, valid_until));
            evicted
        }
    }

    /// Random operations, step by step against the obvious implementation, with keys that share their low bits.
    #[test]
    fn it_behaves_like_a_plain_list() {
        let mut stream = Stream::new(6, 1);
        for capacity in [1, 2, 7, 100] {
            let (mut lru, mut plain) = (Lru::new(capacity), Plain::default());
            for step in 0..20_000_u64 {
                let now = SimTime(step);
                let key = u64::from(stream.below(150)) << 32;
                match stream.below(10) {
                    0..=4 => assert_eq!(lru.get(key, now), plain.get(key, now)),
                    5..=8 => {
                        let until = SimTime(step + u64::from(stream.below(400)));
                        assert_eq!(lru.insert(key, until), plain.insert(key, until, capacity));
                    }
                    _ => {
                        let before = plain.0.len();
                        plain.0.retain(|entry| entry.0 != key);
                        assert_eq!(lru.remove(key), plain.0.len() < before);
                    }
                }
                assert_eq!(lru.len(), plain.0.len());
                if step % 50 == 0 {
                    assert!(lru.keys_oldest_first().eq(plain.0.iter().map(|entry| entry.0)));
                }
            }
        }
    }

    #[test]
    fn an_entry_is_valid_up_to_its_last_moment_and_not_after() {
        let mut lru = Lru::new(10);
        lru.insert(1, SimTime(100));
        assert_eq!(lru.get(1, SimTime(100)), Lookup::Hit);
        assert_eq!(lru.get(1, SimTime(101)), Lookup::Expired);
        assert_eq!(lru.get(1, SimTime(101)), Lookup::Miss);
        lru.insert(2, SimTime::NEVER);
        assert_eq!(lru.get(2, SimTime(u64::MAX - 1)), Lookup::Hit);
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

    #[test]
    fn a_full_memory_takes_at_most_forty_bytes_an_entry() {
        for capacity in [1_000, 49_153, 100_000, 786_433, 1_000_000] {
            let mut lru = Lru::new(capacity);
            for key in 0..capacity as u64 * 2 {
                lru.insert(key, SimTime::NEVER);
            }
            assert_eq!(lru.len(), capacity);
            let bytes = lru.entries.capacity() * size_of::<Entry>() + lru.table.capacity() * size_of::<u32>();
            assert!(bytes <= 40 * capacity, "{capacity}: {bytes} bytes");
        }
    }
}
