//! Least recently used.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};
use crate::engine::time::SimTime;

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "lru",
        "Least recently used",
        "The entry that nobody has asked for the longest leaves first. A scan of many new keys pushes everything out.",
        "",
        &[],
    ),
    way: Way::Lru,
};

/// Memory whose least recently used entry leaves first: at most 35 bytes an entry.
///
/// All operations cost O(1) on average.
pub type Lru = Cache<Recency>;

/// Entries in the order of their last use.
#[derive(Clone, Debug)]
pub struct Recency(List);

impl Cache<Recency> {
    /// An empty memory for `capacity` entries (0 counts as 1).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::under(Recency(List::new()), capacity)
    }

    /// Keys from the least to the most recently used.
    pub fn keys_oldest_first(&self) -> impl Iterator<Item = u64> {
        self.entries_oldest_first().map(|(key, _)| key)
    }

    /// Entries from the least to the most recently used.
    pub fn entries_oldest_first(&self) -> impl Iterator<Item = (u64, SimTime)> {
        let (shelf, Recency(list)) = self.parts();
        shelf.listed(list).map(|slot| (shelf.key(slot), shelf.valid_until(slot)))
    }
}

impl Policy for Recency {
    type Note = ();

    fn fresh(&self) -> Self {
        Self(List::new())
    }

    fn hit(&mut self, shelf: &mut Shelf<()>, slot: u32) {
        shelf.renew_place(&mut self.0, slot);
    }

    fn evict(&mut self, shelf: &mut Shelf<()>) -> Option<u64> {
        shelf.drop_oldest(&mut self.0)
    }

    fn account(&self, shelf: &Shelf<()>, _incoming: u64) -> Account {
        let mut account = Account::new("It has gone unasked for the longest.");
        account.add_oldest(shelf, &self.0, "least recently used");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<()>, slot: u32) {
        shelf.link(&mut self.0, slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<()>, slot: u32) {
        shelf.drop_from(&mut self.0, slot);
    }
}
