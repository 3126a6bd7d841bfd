//! LIRS: by the time between the last two requests.

use super::account::{Account, COMPETITORS, ranked};
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry, part};
use crate::engine::time::SimTime;
use crate::model::params::{ParamSpec, Unit};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "lirs",
        "LIRS",
        "Goes by how many other keys were asked for between an entry's last two requests. Those with few stay; all others pass through a small queue, and are remembered for a while after they left.",
        "Jiang, Zhang, \"LIRS: An Efficient Low Inter-reference Recency Set Replacement Policy\", SIGMETRICS 2002, as in libCacheSim 0.3.5: the stack holds at most twice the capacity; a hit in the queue of what the stack has forgotten also makes room in the stack.",
        &[ParamSpec::number(
            "queue",
            "Queue",
            Unit::Share,
            0.01,
            0.0,
            0.9,
            "Share of the entries that pass through, at least one.",
        )],
    ),
    way: Way::Built(|params, capacity, _| Box::new(Cache::under(Lirs::new(params.number("queue")), capacity))),
};

/// What is known of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Note {
    /// It stands in the stack, by the shelf's own links.
    stacked: bool,
    /// It stays: few others came between its last two requests.
    stays: bool,
    /// It has left.
    gone: bool,
    /// It is held, but the queue had no room for it: the stack alone has it.
    loose: bool,
}

#[derive(Clone, Debug)]
struct Lirs {
    share: f64,
    capacity: usize,
    queue_most: usize,
    stays_most: usize,
    /// What was asked for, latest first, also of what has left.
    stack: List,
    stays: usize,
    queue: Keys,
    gone: Keys,
    /// Loose entries: beyond the capacity, seldom more than one or two, as in the reference.
    loose: usize,
    /// The entry that comes in was remembered.
    returns: bool,
}

/// Keys in an order of their own.
#[derive(Clone, Debug)]
struct Keys {
    shelf: Shelf<()>,
    list: List,
}

impl Keys {
    const fn new() -> Self {
        Self { shelf: Shelf::new(), list: List::new() }
    }

    const fn len(&self) -> usize {
        self.list.len()
    }

    fn push(&mut self, key: u64) {
        let slot = self.shelf.add(key, SimTime::ZERO, usize::MAX);
        self.shelf.link(&mut self.list, slot);
    }

    fn remove(&mut self, key: u64) -> bool {
        let found = self.shelf.find(key);
        if let Some(slot) = found {
            self.shelf.drop_from(&mut self.list, slot);
        }
        found.is_some()
    }

    fn renew(&mut self, key: u64) -> bool {
        let found = self.shelf.find(key);
        if let Some(slot) = found {
            self.shelf.renew_place(&mut self.list, slot);
        }
        found.is_some()
    }

    fn oldest(&self) -> Option<u64> {
        (self.list.len() > 0).then(|| self.shelf.key(self.list.oldest()))
    }

    fn pop(&mut self) -> Option<u64> {
        self.shelf.drop_oldest(&mut self.list)
    }
}

impl Lirs {
    const fn new(share: f64) -> Self {
        Self {
            share,
            capacity: 0,
            queue_most: 0,
            stays_most: 0,
            stack: List::new(),
            stays: 0,
            queue: Keys::new(),
            gone: Keys::new(),
            loose: 0,
            returns: false,
        }
    }

    fn stack(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        shelf.note_mut(slot).stacked = true;
        shelf.link(&mut self.stack, slot);
    }

    /// Takes an entry out of the stack; one that is nowhere else leaves for good.
    fn unstack(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        shelf.unlink(&mut self.stack, slot);
        let note = shelf.note_mut(slot);
        note.stacked = false;
        let Note { gone, loose, .. } = *note;
        if gone {
            self.gone.remove(shelf.key(slot));
        }
        self.loose -= usize::from(loose);
        if gone || loose {
            shelf.take_out(slot);
        }
    }

    /// The bottom of the stack is one that stays.
    fn prune(&mut self, shelf: &mut Shelf<Note>) {
        while self.stack.len() > 1 && !shelf.note(self.stack.oldest()).stays {
            self.unstack(shelf, self.stack.oldest());
        }
    }

    /// The oldest of the queue leaves; the stack remembers it. `spared` is held on in the stack.
    fn evict_queued(&mut self, shelf: &mut Shelf<Note>, spared: Option<u32>) -> Option<u64> {
        let key = self.queue.pop()?;
        let slot = shelf.find(key)?;
        if spared == Some(slot) {
            shelf.note_mut(slot).loose = true;
            self.loose += 1;
        } else if shelf.note(slot).stacked {
            shelf.note_mut(slot).gone = true;
            self.gone.push(key);
        } else {
            shelf.take_out(slot);
        }
        Some(key)
    }

    /// While too many stay, the bottom of the stack goes to the queue.
    fn make_room(&mut self, shelf: &mut Shelf<Note>, spared: Option<u32>) {
        while self.stays >= self.stays_most && self.stays > 0 {
            self.demote(shelf, spared);
        }
    }

    fn demote(&mut self, shelf: &mut Shelf<Note>, spared: Option<u32>) {
        self.prune(shelf);
        let slot = self.stack.oldest();
        self.stays -= 1;
        shelf.note_mut(slot).stays = false;
        self.unstack(shelf, slot);
        while self.queue.len() >= self.queue_most {
            self.evict_queued(shelf, spared);
        }
        self.queue.push(shelf.key(slot));
        self.prune(shelf);
    }

    fn keep(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        self.make_room(shelf, None);
        shelf.note_mut(slot).stays = true;
        self.stays += 1;
    }

    fn limit_stack(&mut self, shelf: &mut Shelf<Note>) {
        while self.stack.len() > 2 * self.capacity {
            let Some(slot) = self.gone.oldest().and_then(|key| shelf.find(key)) else { break };
            self.unstack(shelf, slot);
        }
    }
}

impl Policy for Lirs {
    type Note = Note;

    fn fresh(&self) -> Self {
        Self::new(self.share)
    }

    fn resize(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.queue_most = part(capacity, self.share).max(1);
        self.stays_most = capacity - self.queue_most;
    }

    fn is_ghost(&self, shelf: &Shelf<Note>, slot: u32) -> bool {
        shelf.note(slot).gone
    }

    fn ghosts(&self) -> (usize, usize) {
        (self.gone.len() + self.loose, self.capacity * 2)
    }

    fn hit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let key = shelf.key(slot);
        let Note { stacked, stays, loose, .. } = shelf.note(slot);
        if stays {
            shelf.renew_place(&mut self.stack, slot);
            self.prune(shelf);
        } else if stacked && self.stays_most > 0 {
            shelf.renew_place(&mut self.stack, slot);
            self.queue.remove(key);
            self.loose -= usize::from(loose);
            shelf.note_mut(slot).loose = false;
            self.keep(shelf, slot);
        } else {
            self.queue.renew(key);
            if stacked {
                shelf.renew_place(&mut self.stack, slot);
            } else {
                self.stack(shelf, slot);
                self.make_room(shelf, Some(slot));
            }
        }
        self.limit_stack(shelf);
    }

    fn recall(&mut self, shelf: &mut Shelf<Note>, ghost: u32) {
        shelf.unlink(&mut self.stack, ghost);
        self.gone.remove(shelf.key(ghost));
        shelf.take_out(ghost);
        self.returns = true;
    }

    fn evict(&mut self, shelf: &mut Shelf<Note>) -> Option<u64> {
        if self.queue.len() == 0 {
            self.demote(shelf, None);
        }
        self.evict_queued(shelf, None)
    }

    fn account(&self, shelf: &Shelf<Note>, _incoming: u64) -> Account {
        let mut account =
            Account::new("Too many other keys came between its last two requests, and it is first in the small queue.");
        if self.queue.len() == 0 {
            account.rule =
                "The small queue is empty: of those that stay, the one unasked for the longest leaves.".to_owned();
            let staying = shelf.listed(&self.stack).filter(|slot| shelf.note(*slot).stays);
            for (at, slot) in staying.take(COMPETITORS + 1).enumerate() {
                account.add(shelf.key(slot), ranked(at, "least recently used"));
            }
            return account;
        }
        account.add_oldest(&self.queue.shelf, &self.queue.list, "in the small queue");
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        self.stack(shelf, slot);
        let returns = std::mem::take(&mut self.returns);
        if self.stays < self.stays_most || (returns && self.stays_most > 0) {
            self.keep(shelf, slot);
        } else {
            self.queue.push(shelf.key(slot));
        }
        self.limit_stack(shelf);
    }

    fn forget(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let note = shelf.note(slot);
        let key = shelf.key(slot);
        self.queue.remove(key);
        if note.stacked {
            shelf.unlink(&mut self.stack, slot);
        }
        self.stays -= usize::from(note.stays);
        self.loose -= usize::from(note.loose);
        shelf.take_out(slot);
        if note.stays {
            self.prune(shelf);
        }
    }

    fn bytes(&self) -> usize {
        self.queue.shelf.bytes() + self.gone.shelf.bytes()
    }
}
