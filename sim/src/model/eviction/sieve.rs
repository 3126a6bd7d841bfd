//! SIEVE: a hand that walks from old to new and spares what was asked for.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, NONE, Shelf};
use super::{EvictionKind, Way, entry};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "sieve",
        "SIEVE",
        "A hand walks from the oldest entry to the newest, spares once what was asked for and takes the first that was not. What is spared keeps its place.",
        "Zhang, Yang, Yue, Vigfusson, Rashmi, \"SIEVE is Simpler than LRU\", NSDI 2024.",
        &[],
    ),
    way: Way::Built(|_, capacity, _| Box::new(Cache::under(Sieve { list: List::new(), hand: NONE }, capacity))),
};

/// The note: it was asked for since the hand last passed.
#[derive(Clone, Debug)]
struct Sieve {
    list: List,
    /// Who is looked at next; [`NONE`]: the oldest.
    hand: u32,
}

impl Policy for Sieve {
    type Note = bool;

    fn fresh(&self) -> Self {
        Self { list: List::new(), hand: NONE }
    }

    fn hit(&mut self, shelf: &mut Shelf<bool>, slot: u32) {
        *shelf.note_mut(slot) = true;
    }

    fn evict(&mut self, shelf: &mut Shelf<bool>) -> Option<u64> {
        loop {
            let slot = if self.hand == NONE { self.list.oldest() } else { self.hand };
            self.hand = shelf.newer(slot);
            if !std::mem::take(shelf.note_mut(slot)) {
                return Some(shelf.drop_from(&mut self.list, slot));
            }
        }
    }

    fn account(&self, shelf: &Shelf<bool>, _incoming: u64) -> Account {
        let mut account =
            Account::new("It is the first that the hand meets that was not asked for since the hand last passed.");
        let ahead = shelf.listed_from(self.hand);
        let behind = shelf.listed(&self.list).take_while(|slot| *slot != self.hand);
        let round = ahead.chain(behind).map(|slot| (shelf.key(slot), u32::from(shelf.note(slot))));
        account.add_by_chances(round, "request");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<bool>, slot: u32) {
        shelf.link(&mut self.list, slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<bool>, slot: u32) {
        if self.hand == slot {
            self.hand = shelf.newer(slot);
        }
        shelf.drop_from(&mut self.list, slot);
    }
}
