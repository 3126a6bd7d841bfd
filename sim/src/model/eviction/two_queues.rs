//! 2Q: what comes for the first time waits in a queue of its own.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry, part};
use crate::model::params::{ParamSpec, Unit};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "2q",
        "2Q",
        "New entries pass through a queue, first in, first out, and are remembered as ghosts. What comes back while it is remembered goes to a second queue, whose least recently used entry leaves first.",
        "Johnson, Shasha, \"2Q: A Low Overhead High Performance Buffer Management Replacement Algorithm\", VLDB 1994, the full version with its shares.",
        &[
            ParamSpec::number(
                "first",
                "First queue",
                Unit::Share,
                0.25,
                0.01,
                0.9,
                "Share of the entries that pass through before anything leaves the second queue.",
            ),
            ParamSpec::number(
                "ghosts",
                "Ghosts",
                Unit::Share,
                0.5,
                0.0,
                4.0,
                "Keys remembered after they left the first queue, as a share of the capacity.",
            ),
        ],
    ),
    way: Way::Built(|params, capacity, _| {
        Box::new(Cache::under(TwoQueues::new(params.number("first"), params.number("ghosts")), capacity))
    }),
};

/// Which queue an entry stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    First,
    Second,
    Ghost,
}

#[derive(Clone, Debug)]
struct TwoQueues {
    first_share: f64,
    ghost_share: f64,
    first_most: usize,
    ghosts_most: usize,
    first: List,
    second: List,
    gone: List,
    /// The entry that comes in was remembered.
    returns: bool,
}

impl TwoQueues {
    const fn new(first_share: f64, ghost_share: f64) -> Self {
        let empty = List::new();
        Self {
            first_share,
            ghost_share,
            first_most: 0,
            ghosts_most: 0,
            first: empty,
            second: empty,
            gone: empty,
            returns: false,
        }
    }

    fn limit_ghosts(&mut self, shelf: &mut Shelf<Place>) {
        while self.gone.len() > self.ghosts_most {
            shelf.drop_oldest(&mut self.gone);
        }
    }
}

impl Policy for TwoQueues {
    type Note = Place;

    fn fresh(&self) -> Self {
        Self::new(self.first_share, self.ghost_share)
    }

    fn resize(&mut self, capacity: usize) {
        self.first_most = part(capacity, self.first_share);
        self.ghosts_most = part(capacity, self.ghost_share);
    }

    fn is_ghost(&self, shelf: &Shelf<Place>, slot: u32) -> bool {
        shelf.note(slot) == Place::Ghost
    }

    fn ghosts(&self) -> (usize, usize) {
        (self.gone.len(), self.ghosts_most)
    }

    fn hit(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        if shelf.note(slot) == Place::Second {
            shelf.renew_place(&mut self.second, slot);
        }
    }

    fn recall(&mut self, shelf: &mut Shelf<Place>, ghost: u32) {
        shelf.drop_from(&mut self.gone, ghost);
        self.returns = true;
    }

    fn evict(&mut self, shelf: &mut Shelf<Place>) -> Option<u64> {
        if self.first.len() <= self.first_most && self.second.len() > 0 {
            return shelf.drop_oldest(&mut self.second);
        }
        let slot = shelf.pop(&mut self.first)?;
        let key = shelf.key(slot);
        *shelf.note_mut(slot) = Place::Ghost;
        shelf.link(&mut self.gone, slot);
        self.limit_ghosts(shelf);
        Some(key)
    }

    fn account(&self, shelf: &Shelf<Place>, _incoming: u64) -> Account {
        let (rule, list) = if self.first.len() <= self.first_most && self.second.len() > 0 {
            ("The first queue is within its share, so the second one gives: least recently used first.", &self.second)
        } else {
            ("It passed through the first queue and was not asked for after it was forgotten.", &self.first)
        };
        let mut account = Account::new(rule);
        account.add_oldest(shelf, list, "oldest of its queue");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        if std::mem::take(&mut self.returns) {
            *shelf.note_mut(slot) = Place::Second;
            shelf.link(&mut self.second, slot);
        } else {
            shelf.link(&mut self.first, slot);
        }
        self.limit_ghosts(shelf);
    }

    fn forget(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        let list = if shelf.note(slot) == Place::Second { &mut self.second } else { &mut self.first };
        shelf.drop_from(list, slot);
    }
}
