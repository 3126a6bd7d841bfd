//! First in, first out.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "fifo",
        "First in, first out",
        "The entry that came first leaves first, however often it is asked for.",
        "",
        &[],
    ),
    way: Way::Built(|_, capacity, _| Box::new(Cache::under(Arrival(List::new()), capacity))),
};

/// Entries in the order in which they came.
#[derive(Clone, Debug)]
struct Arrival(List);

impl Policy for Arrival {
    type Note = ();

    fn fresh(&self) -> Self {
        Self(List::new())
    }

    fn hit(&mut self, _shelf: &mut Shelf<()>, _slot: u32) {}

    fn evict(&mut self, shelf: &mut Shelf<()>) -> Option<u64> {
        shelf.drop_oldest(&mut self.0)
    }

    fn account(&self, shelf: &Shelf<()>, _incoming: u64) -> Account {
        let mut account = Account::new("It came first, however often it was asked for.");
        account.add_oldest(shelf, &self.0, "oldest");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<()>, slot: u32) {
        shelf.link(&mut self.0, slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<()>, slot: u32) {
        shelf.drop_from(&mut self.0, slot);
    }
}
