//! ARC: between recency and frequency, by what its ghosts tell.

use super::account::Account;
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "arc",
        "ARC",
        "Two lists, of what was asked for once and of what was asked for again, each least recently used first. How the room is shared out follows from which list's ghosts come back.",
        "Megiddo, Modha, \"ARC: A Self-Tuning, Low Overhead Replacement Cache\", FAST 2003, with a target that is a real number.",
        &[],
    ),
    way: Way::Built(|_, capacity, _| Box::new(Cache::under(Adaptive::new(), capacity))),
};

/// Which list an entry stands in, as the paper calls them: T1, T2, and the ghosts of each, B1 and B2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Once,
    Again,
    OnceGone,
    AgainGone,
}

#[derive(Clone, Debug)]
struct Adaptive {
    capacity: usize,
    once: List,
    again: List,
    once_gone: List,
    again_gone: List,
    /// Room that is meant for what was asked for once.
    target: f64,
    /// The entry that comes in was remembered: there.
    returns: Option<Place>,
}

impl Adaptive {
    const fn new() -> Self {
        let empty = List::new();
        Self { capacity: 0, once: empty, again: empty, once_gone: empty, again_gone: empty, target: 0.0, returns: None }
    }

    /// One becomes a ghost (REPLACE of the paper).
    fn replace(&mut self, shelf: &mut Shelf<Place>) -> Option<u64> {
        let once = self.once.len() as f64;
        let takes_once = self.once.len() > 0
            && (once > self.target || (once >= self.target && self.returns == Some(Place::AgainGone)));
        let (slot, place, ghosts) = if takes_once || self.again.len() == 0 {
            (shelf.pop(&mut self.once)?, Place::OnceGone, &mut self.once_gone)
        } else {
            (shelf.pop(&mut self.again)?, Place::AgainGone, &mut self.again_gone)
        };
        *shelf.note_mut(slot) = place;
        shelf.link(ghosts, slot);
        Some(shelf.key(slot))
    }

    /// Ghosts within the paper's bounds, also where entries have expired or the capacity has shrunk.
    fn limit_ghosts(&mut self, shelf: &mut Shelf<Place>) {
        while self.once.len() + self.once_gone.len() > self.capacity && self.once_gone.len() > 0 {
            shelf.drop_oldest(&mut self.once_gone);
        }
        while shelf.len() > self.capacity * 2 && self.again_gone.len() > 0 {
            shelf.drop_oldest(&mut self.again_gone);
        }
    }
}

impl Policy for Adaptive {
    type Note = Place;

    fn fresh(&self) -> Self {
        Self::new()
    }

    fn resize(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.target = self.target.min(capacity as f64);
    }

    fn is_ghost(&self, shelf: &Shelf<Place>, slot: u32) -> bool {
        matches!(shelf.note(slot), Place::OnceGone | Place::AgainGone)
    }

    fn ghosts(&self) -> (usize, usize) {
        (self.once_gone.len() + self.again_gone.len(), self.capacity)
    }

    fn hit(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        if shelf.note(slot) == Place::Again {
            shelf.renew_place(&mut self.again, slot);
        } else {
            shelf.unlink(&mut self.once, slot);
            *shelf.note_mut(slot) = Place::Again;
            shelf.link(&mut self.again, slot);
        }
    }

    fn recall(&mut self, shelf: &mut Shelf<Place>, ghost: u32) {
        let (once, again) = (self.once_gone.len() as f64, self.again_gone.len() as f64);
        let place = shelf.note(ghost);
        self.returns = Some(place);
        // Room is made before the ghost goes, as in the paper: it is one of those that are counted.
        let list = if place == Place::OnceGone {
            self.target = (self.target + (again / once).max(1.0)).min(self.capacity as f64);
            &mut self.once_gone
        } else {
            self.target = (self.target - (once / again).max(1.0)).max(0.0);
            &mut self.again_gone
        };
        shelf.drop_from(list, ghost);
    }

    fn evict(&mut self, shelf: &mut Shelf<Place>) -> Option<u64> {
        if self.returns.is_some() {
            return self.replace(shelf);
        }
        if self.once.len() + self.once_gone.len() >= self.capacity {
            if self.once_gone.len() == 0 {
                return shelf.drop_oldest(&mut self.once);
            }
            shelf.drop_oldest(&mut self.once_gone);
        } else if shelf.len() >= self.capacity * 2 {
            shelf.drop_oldest(&mut self.again_gone);
        }
        self.replace(shelf)
    }

    fn account(&self, shelf: &Shelf<Place>, incoming: u64) -> Account {
        let (mut target, once) = (self.target, self.once.len());
        let ghost = shelf.find(incoming).map(|slot| shelf.note(slot));
        let [once_gone, again_gone] = [&self.once_gone, &self.again_gone].map(|list| list.len() as f64);
        match ghost {
            Some(Place::OnceGone) => target = (target + (again_gone / once_gone).max(1.0)).min(self.capacity as f64),
            Some(Place::AgainGone) => target = (target - (once_gone / again_gone).max(1.0)).max(0.0),
            _ => {}
        }
        let fills = ghost.is_none() && once + self.once_gone.len() >= self.capacity && self.once_gone.len() == 0;
        let over = once as f64 > target || (once as f64 >= target && ghost == Some(Place::AgainGone));
        let takes_once = fills || (once > 0 && over) || self.again.len() == 0;
        let (list, named) = if takes_once { (&self.once, "once") } else { (&self.again, "again") };
        let mut account = Account::new("");
        account.rule = format!(
            "{once} entries were asked for once, and {target:.1} of {} places are meant for those, so it leaves from what was asked for {named}.",
            self.capacity
        );
        account.add_oldest(shelf, list, "least recently used of its list");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        if self.returns.take().is_some() {
            *shelf.note_mut(slot) = Place::Again;
            shelf.link(&mut self.again, slot);
        } else {
            shelf.link(&mut self.once, slot);
        }
        self.limit_ghosts(shelf);
    }

    fn forget(&mut self, shelf: &mut Shelf<Place>, slot: u32) {
        let list = if shelf.note(slot) == Place::Again { &mut self.again } else { &mut self.once };
        shelf.drop_from(list, slot);
    }
}
