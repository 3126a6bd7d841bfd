//! Where entries lie: a slab found through an open-addressing table with a fixed hash, linked into lists by those who
//! decide what leaves.
//!
//! The same in every run (`HashMap` seeds its hash from entropy), and small: 24 bytes for an entry, at most 11 for its
//! place in the table, and what a policy notes of it.

use crate::engine::rng::mix;
use crate::engine::time::SimTime;

/// No slot: the end of a list, or an empty place in the table.
pub(super) const NONE: u32 = u32::MAX;

/// `older` of a slot that is free.
const FREE: u32 = u32::MAX - 1;

/// Entries by key, each with a note of `N`.
#[derive(Clone, Debug)]
pub struct Shelf<N> {
    lines: Lines,
    /// One for each slot, apart from the items: a byte stays a byte.
    notes: Vec<N>,
}

/// What is the same for every note: made once, however many policies there are.
#[derive(Clone, Debug)]
struct Lines {
    items: Vec<Item>,
    /// Slots by hash of key, linear probing; length a power of two, or empty.
    table: Vec<u32>,
    /// The first free slot; the others follow through `newer`.
    free: u32,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    key: u64,
    /// Last moment at which the entry is valid.
    valid_until: SimTime,
    newer: u32,
    older: u32,
}

/// Some of the entries in an order.
#[derive(Clone, Copy, Debug)]
pub struct List {
    newest: u32,
    oldest: u32,
    len: usize,
}

impl List {
    pub(super) const fn new() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// [`NONE`] where it is empty.
    pub(super) const fn oldest(&self) -> u32 {
        self.oldest
    }
}

impl<N: Copy + Default> Shelf<N> {
    pub(super) const fn new() -> Self {
        let lines = Lines { items: Vec::new(), table: Vec::new(), free: NONE, len: 0 };
        Self { lines, notes: Vec::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.lines.len
    }

    pub(super) fn key(&self, slot: u32) -> u64 {
        self.lines.items[slot as usize].key
    }

    pub(super) fn valid_until(&self, slot: u32) -> SimTime {
        self.lines.items[slot as usize].valid_until
    }

    pub(super) fn renew(&mut self, slot: u32, valid_until: SimTime) {
        self.lines.items[slot as usize].valid_until = valid_until;
    }

    pub(super) fn note(&self, slot: u32) -> N {
        self.notes[slot as usize]
    }

    pub(super) fn note_mut(&mut self, slot: u32) -> &mut N {
        &mut self.notes[slot as usize]
    }

    /// The next one toward the newest of its list; [`NONE`] behind the newest.
    pub(super) fn newer(&self, slot: u32) -> u32 {
        self.lines.items[slot as usize].newer
    }

    /// Slots with entries, in no order that means anything.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        let items = &self.lines.items;
        (0..items.len() as u32).filter(|&slot| items[slot as usize].older != FREE)
    }

    /// Slots of a list, oldest first.
    pub(super) fn listed(&self, list: &List) -> impl Iterator<Item = u32> + Clone + '_ {
        self.listed_from(list.oldest)
    }

    /// Slots from one of a list to its newest; none from [`NONE`] on.
    pub(super) fn listed_from(&self, mut slot: u32) -> impl Iterator<Item = u32> + Clone + '_ {
        std::iter::from_fn(move || {
            let item = self.lines.items.get(slot as usize)?;
            Some(std::mem::replace(&mut slot, item.newer))
        })
    }

    /// Memory taken [bytes].
    pub(super) fn bytes(&self) -> usize {
        self.lines.items.capacity() * size_of::<Item>()
            + self.notes.capacity() * size_of::<N>()
            + self.lines.table.capacity() * size_of::<u32>()
    }

    pub(super) fn find(&self, key: u64) -> Option<u32> {
        self.lines.find(key)
    }

    /// Puts in a key that is not there; it stands in no list yet. `most`: the shelf never grows beyond so many.
    pub(super) fn add(&mut self, key: u64, valid_until: SimTime, most: usize) -> u32 {
        let slot = self.lines.add(key, valid_until, most);
        match self.notes.get_mut(slot as usize) {
            Some(note) => *note = N::default(),
            None => {
                self.notes.reserve_exact(self.lines.items.capacity() - self.notes.len());
                self.notes.push(N::default());
            }
        }
        slot
    }

    /// Takes out an entry that stands in no list any more; its key.
    pub(super) fn take_out(&mut self, slot: u32) -> u64 {
        self.lines.take_out(slot)
    }

    pub(super) fn link(&mut self, list: &mut List, slot: u32) {
        self.lines.link(list, slot);
    }

    pub(super) fn unlink(&mut self, list: &mut List, slot: u32) {
        self.lines.unlink(list, slot);
    }

    /// Makes one of the list its newest.
    pub(super) fn renew_place(&mut self, list: &mut List, slot: u32) {
        if slot != list.newest {
            self.unlink(list, slot);
            self.link(list, slot);
        }
    }

    /// Takes the oldest off the list; it stays on the shelf.
    pub(super) fn pop(&mut self, list: &mut List) -> Option<u32> {
        let slot = list.oldest;
        if slot == NONE {
            return None;
        }
        self.unlink(list, slot);
        Some(slot)
    }

    /// Takes an entry off its list and out.
    pub(super) fn drop_from(&mut self, list: &mut List, slot: u32) -> u64 {
        self.unlink(list, slot);
        self.take_out(slot)
    }

    /// Takes the oldest of the list out; its key.
    pub(super) fn drop_oldest(&mut self, list: &mut List) -> Option<u64> {
        let slot = self.pop(list)?;
        Some(self.take_out(slot))
    }
}

impl Lines {
    #[inline(never)]
    fn find(&self, key: u64) -> Option<u32> {
        self.place_of(key).map(|place| self.table[place])
    }

    #[inline(never)]
    fn add(&mut self, key: u64, valid_until: SimTime, most: usize) -> u32 {
        let item = Item { key, valid_until, newer: NONE, older: NONE };
        let slot = if self.free == NONE {
            self.grow_if_full(most);
            self.items.push(item);
            (self.items.len() - 1) as u32
        } else {
            let slot = self.free;
            self.free = self.items[slot as usize].newer;
            self.items[slot as usize] = item;
            slot
        };
        self.len += 1;
        self.write_to_table(key, slot);
        slot
    }

    #[inline(never)]
    fn take_out(&mut self, slot: u32) -> u64 {
        let key = self.items[slot as usize].key;
        let place = self.place_of(key).expect("every entry stands in the table");
        self.close_gap(place);
        self.items[slot as usize] = Item { key, valid_until: SimTime::ZERO, newer: self.free, older: FREE };
        self.free = slot;
        self.len -= 1;
        key
    }

    #[inline(never)]
    fn link(&mut self, list: &mut List, slot: u32) {
        let older = std::mem::replace(&mut list.newest, slot);
        match self.items.get_mut(older as usize) {
            Some(item) => item.newer = slot,
            None => list.oldest = slot,
        }
        let item = &mut self.items[slot as usize];
        (item.newer, item.older) = (NONE, older);
        list.len += 1;
    }

    #[inline(never)]
    fn unlink(&mut self, list: &mut List, slot: u32) {
        let Item { newer, older, .. } = self.items[slot as usize];
        match self.items.get_mut(newer as usize) {
            Some(item) => item.older = older,
            None => list.newest = older,
        }
        match self.items.get_mut(older as usize) {
            Some(item) => item.newer = newer,
            None => list.oldest = newer,
        }
        list.len -= 1;
    }

    fn home(&self, key: u64) -> usize {
        mix(key) as usize & (self.table.len() - 1)
    }

    /// Place in the table of `key`'s slot.
    fn place_of(&self, key: u64) -> Option<usize> {
        if self.table.is_empty() {
            return None;
        }
        let mut place = self.home(key);
        loop {
            match self.table[place] {
                NONE => return None,
                slot if self.items[slot as usize].key == key => return Some(place),
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

    /// Room for one more, where no slot is free: doubles, but never beyond `most`; the table stays at most three
    /// quarters full.
    fn grow_if_full(&mut self, most: usize) {
        let len = self.items.len();
        if len == self.items.capacity() {
            let more = len.max(16).min(most.saturating_sub(len)).max(1);
            self.items.reserve_exact(more);
        }
        if (len + 1) * 4 > self.table.len() * 3 {
            let places = (self.table.len() * 2).max(16);
            self.table.clear();
            self.table.reserve_exact(places);
            self.table.resize(places, NONE);
            for slot in 0..len {
                self.write_to_table(self.items[slot].key, slot as u32);
            }
        }
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
                let home = self.home(self.items[slot as usize].key);
                // It may move if its home does not lie cyclically within (gap, place].
                if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(gap) & mask) {
                    break;
                }
            }
            self.table[gap] = self.table[place];
            gap = place;
        }
    }
}
