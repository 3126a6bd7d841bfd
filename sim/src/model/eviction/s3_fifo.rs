//! S3-FIFO: three queues, a small one on probation.

use super::account::{Account, COMPETITORS, times};
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry, part};
use crate::model::params::{ParamSpec, Unit};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "s3-fifo",
        "S3-FIFO",
        "New entries are on probation in a small queue: most leave soon and are remembered as ghosts. What is asked for again, or comes back, goes to the main queue with second chances.",
        "Yang, Zhang, Qiu, Yue, Rashmi, \"FIFO Queues are All You Need for Cache Eviction\", SOSP 2023, as in libCacheSim 0.3.5: until anything has left, what the small queue has no room for goes to the main one.",
        &[
            ParamSpec::number(
                "small",
                "Small queue",
                Unit::Share,
                0.1,
                0.01,
                0.9,
                "Share of the entries on probation.",
            ),
            ParamSpec::number(
                "ghosts",
                "Ghosts",
                Unit::Share,
                0.9,
                0.0,
                4.0,
                "Keys remembered after they left, as a share of the capacity.",
            ),
            ParamSpec::count(
                "promote",
                "Requests to stay",
                2.0,
                1.0,
                100.0,
                "An entry moves to the main queue if it was asked for so often on probation.",
            ),
        ],
    ),
    way: Way::Built(|params, capacity, _| {
        let [small, ghosts] = [params.number("small"), params.number("ghosts")];
        let promote = params.count("promote").min(255) as u8;
        Box::new(Cache::under(ThreeQueues { small, ghosts, promote, ..ThreeQueues::default() }, capacity))
    }),
};

/// Which queue an entry stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Small,
    Main,
    Ghost,
}

#[derive(Clone, Copy, Debug, Default)]
struct Note {
    place: Place,
    /// Requests since it came into its queue; in the main one: turns that it is spared.
    asked: u8,
}

#[derive(Clone, Debug)]
struct ThreeQueues {
    small: f64,
    ghosts: f64,
    promote: u8,
    small_most: usize,
    main_most: usize,
    ghosts_most: usize,
    on_probation: List,
    main: List,
    gone: List,
    /// The entry that comes in was remembered.
    returns: bool,
    /// Something has left.
    full: bool,
}

impl Default for ThreeQueues {
    fn default() -> Self {
        Self {
            small: 0.0,
            ghosts: 0.0,
            promote: 0,
            small_most: 0,
            main_most: 0,
            ghosts_most: 0,
            on_probation: List::new(),
            main: List::new(),
            gone: List::new(),
            returns: false,
            full: false,
        }
    }
}

impl ThreeQueues {
    fn evict_main(&mut self, shelf: &mut Shelf<Note>) -> Option<u64> {
        loop {
            let slot = shelf.pop(&mut self.main)?;
            let asked = shelf.note(slot).asked;
            if asked == 0 {
                return Some(shelf.take_out(slot));
            }
            shelf.note_mut(slot).asked = asked.min(3) - 1;
            shelf.link(&mut self.main, slot);
        }
    }

    fn evict_small(&mut self, shelf: &mut Shelf<Note>) -> Option<u64> {
        loop {
            let slot = shelf.pop(&mut self.on_probation)?;
            if shelf.note(slot).asked >= self.promote {
                *shelf.note_mut(slot) = Note { place: Place::Main, asked: 0 };
                shelf.link(&mut self.main, slot);
                continue;
            }
            let key = shelf.key(slot);
            shelf.note_mut(slot).place = Place::Ghost;
            shelf.link(&mut self.gone, slot);
            self.limit_ghosts(shelf);
            return Some(key);
        }
    }

    fn limit_ghosts(&mut self, shelf: &mut Shelf<Note>) {
        while self.gone.len() > self.ghosts_most {
            shelf.drop_oldest(&mut self.gone);
        }
    }
}

impl Policy for ThreeQueues {
    type Note = Note;

    fn fresh(&self) -> Self {
        Self { small: self.small, ghosts: self.ghosts, promote: self.promote, ..Self::default() }
    }

    fn resize(&mut self, capacity: usize) {
        self.small_most = part(capacity, self.small).max(1);
        self.main_most = capacity - self.small_most;
        self.ghosts_most = part(capacity, self.ghosts);
    }

    fn is_ghost(&self, shelf: &Shelf<Note>, slot: u32) -> bool {
        shelf.note(slot).place == Place::Ghost
    }

    fn ghosts(&self) -> (usize, usize) {
        (self.gone.len(), self.ghosts_most)
    }

    fn hit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let note = shelf.note_mut(slot);
        note.asked = note.asked.saturating_add(1);
    }

    fn recall(&mut self, shelf: &mut Shelf<Note>, ghost: u32) {
        shelf.drop_from(&mut self.gone, ghost);
        self.returns = true;
    }

    fn evict(&mut self, shelf: &mut Shelf<Note>) -> Option<u64> {
        self.full = true;
        if self.main.len() > self.main_most || self.on_probation.len() == 0 {
            self.evict_main(shelf)
        } else {
            self.evict_small(shelf)
        }
    }

    fn account(&self, shelf: &Shelf<Note>, _incoming: u64) -> Account {
        let asked = |slot: u32| u32::from(shelf.note(slot).asked);
        let mut probation = shelf.listed(&self.on_probation);
        let stays = |slot: u32| shelf.note(slot).asked >= self.promote;
        let all_rise = self.on_probation.len() > 0 && shelf.listed(&self.on_probation).all(stays);
        if self.main.len() > self.main_most || self.on_probation.len() == 0 || all_rise {
            let risen = shelf.listed(&self.on_probation).filter(|_| all_rise).map(|slot| (shelf.key(slot), 0));
            let main = shelf.listed(&self.main).map(|slot| (shelf.key(slot), asked(slot).min(3)));
            let mut account =
                Account::new("The main queue is too long: its first entry with no turns left to be spared leaves.");
            account.add_by_chances(main.chain(risen), "turn");
            return account;
        }
        let mut account = Account::new("It reached the end of the small queue without enough requests to stay.");
        for slot in probation.by_ref() {
            if !stays(slot) {
                account.add(shelf.key(slot), format!("on probation, {}", times(asked(slot))));
                break;
            }
        }
        for slot in probation.take(COMPETITORS) {
            let fate = if stays(slot) { ": it will stay" } else { "" };
            account.add(shelf.key(slot), format!("behind it, {}{fate}", times(asked(slot))));
        }
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let overflows = !self.full && self.on_probation.len() >= self.small_most;
        if std::mem::take(&mut self.returns) || overflows {
            shelf.note_mut(slot).place = Place::Main;
            shelf.link(&mut self.main, slot);
        } else {
            shelf.link(&mut self.on_probation, slot);
        }
        self.limit_ghosts(shelf);
    }

    fn forget(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let list = if shelf.note(slot).place == Place::Main { &mut self.main } else { &mut self.on_probation };
        shelf.drop_from(list, slot);
    }
}
