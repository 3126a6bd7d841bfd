//! Whom chance picks.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::Shelf;
use super::{EvictionKind, Way, entry};
use crate::engine::rng::Stream;

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry("random", "Random", "Any entry leaves, each as likely as another. Needs no order at all.", "", &[]),
    way: Way::Built(|_, capacity, stream| {
        Box::new(Cache::under(Random { slots: Vec::new(), stream: stream.clone() }, capacity))
    }),
};

/// The note: its place in `slots`.
#[derive(Clone, Debug)]
struct Random {
    slots: Vec<u32>,
    stream: Stream,
}

impl Policy for Random {
    type Note = u32;

    fn fresh(&self) -> Self {
        Self { slots: Vec::new(), stream: self.stream.clone() }
    }

    fn hit(&mut self, _shelf: &mut Shelf<u32>, _slot: u32) {}

    fn evict(&mut self, shelf: &mut Shelf<u32>) -> Option<u64> {
        let slot = self.slots[self.stream.below(self.slots.len() as u32) as usize];
        let key = shelf.key(slot);
        self.forget(shelf, slot);
        Some(key)
    }

    fn account(&self, _shelf: &Shelf<u32>, _incoming: u64) -> Account {
        Account::new("Chance picked it: every entry was as likely as any other.")
    }

    fn admit(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        *shelf.note_mut(slot) = self.slots.len() as u32;
        self.slots.push(slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        let place = shelf.note(slot);
        self.slots.swap_remove(place as usize);
        if let Some(&moved) = self.slots.get(place as usize) {
            *shelf.note_mut(moved) = place;
        }
        shelf.take_out(slot);
    }

    fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}
