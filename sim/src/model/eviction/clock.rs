//! CLOCK: a second chance for what was asked for.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};
use crate::model::params::ParamSpec;

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "clock",
        "CLOCK",
        "First in, first out with second chances: an entry that was asked for goes round again, for as often as its counter says.",
        "Corbató, \"A Paging Experiment with the Multics System\", 1968. A new entry's counter is 0; a request raises it, a turn lowers it.",
        &[ParamSpec::count(
            "bits",
            "Bits of the counter",
            1.0,
            1.0,
            8.0,
            "An entry gets at most 2^bits - 1 more chances.",
        )],
    ),
    way: Way::Built(|params, capacity, _| {
        let most = (1_u32 << params.count("bits")) - 1;
        Box::new(Cache::under(Clock { list: List::new(), most: most as u8 }, capacity))
    }),
};

/// The note: chances left.
#[derive(Clone, Debug)]
struct Clock {
    list: List,
    most: u8,
}

impl Policy for Clock {
    type Note = u8;

    fn fresh(&self) -> Self {
        Self { list: List::new(), ..*self }
    }

    fn hit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        let chances = shelf.note_mut(slot);
        *chances = chances.saturating_add(1).min(self.most);
    }

    fn evict(&mut self, shelf: &mut Shelf<u8>) -> Option<u64> {
        loop {
            let slot = self.list.oldest();
            let chances = shelf.note_mut(slot);
            if *chances == 0 {
                return shelf.drop_oldest(&mut self.list);
            }
            *chances -= 1;
            shelf.renew_place(&mut self.list, slot);
        }
    }

    fn account(&self, shelf: &Shelf<u8>, _incoming: u64) -> Account {
        let mut account = Account::new("It is the first in the round with no chances left.");
        let round = shelf.listed(&self.list).map(|slot| (shelf.key(slot), u32::from(shelf.note(slot))));
        account.add_by_chances(round, "chance");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        shelf.link(&mut self.list, slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        shelf.drop_from(&mut self.list, slot);
    }
}
