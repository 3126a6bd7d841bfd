//! Least frequently used.

use super::account::{Account, COMPETITORS, times};
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};
use crate::engine::ordered::Ordered;

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "lfu",
        "Least frequently used",
        "The entry that was asked for the least leaves first. What was popular once stays for long.",
        "Counts are forgotten with the entry; of equals, the one that reached its count first leaves.",
        &[],
    ),
    way: Way::Built(|_, capacity, _| Box::new(Cache::under(Frequency(Ordered::new()), capacity))),
};

/// Entries by how often they were asked for, each list in the order in which that count was reached. The note: the count.
#[derive(Clone, Debug)]
struct Frequency(Ordered<u32, List>);

impl Frequency {
    fn leave(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        let count = shelf.note(slot);
        let Some(list) = self.0.get_mut(&count) else { return };
        shelf.unlink(list, slot);
        if list.len() == 0 {
            self.0.remove(&count);
        }
    }

    fn enter(&mut self, shelf: &mut Shelf<u32>, slot: u32, count: u32) {
        *shelf.note_mut(slot) = count;
        shelf.link(self.0.or_insert_with(count, List::new), slot);
    }
}

impl Policy for Frequency {
    type Note = u32;

    fn fresh(&self) -> Self {
        Self(Ordered::new())
    }

    fn hit(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        let count = shelf.note(slot).saturating_add(1);
        self.leave(shelf, slot);
        self.enter(shelf, slot, count);
    }

    fn evict(&mut self, shelf: &mut Shelf<u32>) -> Option<u64> {
        let slot = self.0.first()?.1.oldest();
        self.leave(shelf, slot);
        Some(shelf.take_out(slot))
    }

    fn account(&self, shelf: &Shelf<u32>, _incoming: u64) -> Account {
        let mut account =
            Account::new("It was asked for the least; of equals, the one that reached its count first leaves.");
        let by_count = self.0.values().flat_map(|list| shelf.listed(list));
        for slot in by_count.take(COMPETITORS + 1) {
            account.add(shelf.key(slot), times(shelf.note(slot)));
        }
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        self.enter(shelf, slot, 1);
    }

    fn forget(&mut self, shelf: &mut Shelf<u32>, slot: u32) {
        self.leave(shelf, slot);
        shelf.take_out(slot);
    }

    /// At most a list for each count that there is: few, as counts are skewed.
    fn bytes(&self) -> usize {
        self.0.len() * 2 * size_of::<(u32, List)>()
    }
}
