//! A memory under a policy: what is the same for all of them. Entries expire, are renewed and forgotten; the policy says
//! who leaves when one more comes.

use std::fmt::Debug;

use super::account::Account;
use super::shelf::Shelf;
use super::{Lookup, Machine};
use crate::engine::time::SimTime;

/// More entries than any cache may hold, ghosts included.
const MOST: usize = 1 << 30;

/// Who leaves. Ghosts are keys that left and are remembered: they stand on the shelf, but nobody finds them.
pub trait Policy: Clone + Debug + 'static {
    /// What it keeps of an entry.
    type Note: Copy + Default + Debug;

    /// As it was built, with nothing remembered.
    fn fresh(&self) -> Self;

    /// The time, told before each look-up.
    fn tick(&mut self, _now: SimTime) {}

    /// Entries that there is room for, 1 or more; it was told before anything else, and may change.
    fn resize(&mut self, _capacity: usize) {}

    /// Whether a slot is a ghost.
    fn is_ghost(&self, _shelf: &Shelf<Self::Note>, _slot: u32) -> bool {
        false
    }

    /// Ghosts on the shelf now, and the most that there may be.
    fn ghosts(&self) -> (usize, usize) {
        (0, 0)
    }

    /// An entry was asked for, or filled once more.
    fn hit(&mut self, shelf: &mut Shelf<Self::Note>, slot: u32);

    /// A ghost's key is about to come in: it takes the ghost off the shelf.
    fn recall(&mut self, _shelf: &mut Shelf<Self::Note>, _ghost: u32) {}

    /// Takes the one out that leaves next: its key. Called where there are entries, and again if it was none.
    fn evict(&mut self, shelf: &mut Shelf<Self::Note>) -> Option<u64>;

    /// A new entry, for which there is room, takes its place in the order.
    fn admit(&mut self, shelf: &mut Shelf<Self::Note>, slot: u32);

    /// An entry has expired or was forgotten: it takes it out.
    fn forget(&mut self, shelf: &mut Shelf<Self::Note>, slot: u32);

    /// Who would leave if a new key came now, and why.
    fn account(&self, shelf: &Shelf<Self::Note>, incoming: u64) -> Account;

    /// Memory taken beside the shelf [bytes].
    fn bytes(&self) -> usize {
        0
    }
}

/// Memory over 64-bit keys, each with a time to live.
///
/// Memory grows with the number of entries held.
#[derive(Clone, Debug)]
pub struct Cache<P: Policy> {
    capacity: usize,
    shelf: Shelf<P::Note>,
    policy: P,
}

impl<P: Policy> Cache<P> {
    /// An empty memory for `capacity` entries (0 counts as 1).
    pub(super) fn under(mut policy: P, capacity: usize) -> Self {
        let capacity = capacity.clamp(1, MOST);
        policy.resize(capacity);
        Self { capacity, shelf: Shelf::new(), policy }
    }

    /// Number of entries held, expired ones that nobody has asked for included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelf.len() - self.policy.ghosts().0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Most entries that it may hold.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Looks `key` up. An entry expires when `now` is strictly after the last moment of its validity.
    pub fn get(&mut self, key: u64, now: SimTime) -> Lookup {
        self.policy.tick(now);
        let Some(slot) = self.find(key) else { return Lookup::Miss };
        if now > self.shelf.valid_until(slot) {
            self.policy.forget(&mut self.shelf, slot);
            return Lookup::Expired;
        }
        self.policy.hit(&mut self.shelf, slot);
        Lookup::Hit
    }

    /// Puts `key` in, or renews it as if it had been asked for, valid until `valid_until` inclusive.
    ///
    /// Returns the key that had to leave for it: the policy's choice, even if others have expired unnoticed, as in
    /// caches that expire on access.
    pub fn insert(&mut self, key: u64, valid_until: SimTime) -> Option<u64> {
        if let Some(slot) = self.shelf.find(key) {
            if !self.policy.is_ghost(&self.shelf, slot) {
                self.shelf.renew(slot, valid_until);
                self.policy.hit(&mut self.shelf, slot);
                return None;
            }
            self.policy.recall(&mut self.shelf, slot);
        }
        let mut evicted = None;
        while self.len() >= self.capacity {
            evicted = self.policy.evict(&mut self.shelf).or(evicted);
        }
        let slot = self.shelf.add(key, valid_until, self.capacity + self.policy.ghosts().1);
        self.policy.admit(&mut self.shelf, slot);
        evicted
    }

    /// The last moment at which `key` is valid; `None`: it is not there. It does not count as a request.
    #[must_use]
    pub fn valid_until(&self, key: u64) -> Option<SimTime> {
        self.find(key).map(|slot| self.shelf.valid_until(slot))
    }

    /// Who would leave for `key` now, and why; `None`: nobody would.
    #[must_use]
    pub fn account(&self, key: u64) -> Option<Account> {
        (self.len() >= self.capacity && self.find(key).is_none()).then(|| self.policy.account(&self.shelf, key))
    }

    /// Takes `key` out; whether it was there.
    pub fn remove(&mut self, key: u64) -> bool {
        let found = self.find(key);
        if let Some(slot) = found {
            self.policy.forget(&mut self.shelf, slot);
        }
        found.is_some()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::under(self.policy.fresh(), self.capacity);
    }

    /// Changes the capacity; entries leave as the policy has it until the rest fits. Returns how many left.
    pub fn set_capacity(&mut self, capacity: usize) -> usize {
        self.capacity = capacity.clamp(1, MOST);
        self.policy.resize(self.capacity);
        let before = self.len();
        while self.len() > self.capacity {
            self.policy.evict(&mut self.shelf);
        }
        before - self.len()
    }

    /// Keys with the last moments at which they are valid, in no order that means anything.
    pub fn entries(&self) -> impl Iterator<Item = (u64, SimTime)> + '_ {
        let held = self.shelf.slots().filter(|&slot| !self.policy.is_ghost(&self.shelf, slot));
        held.map(|slot| (self.shelf.key(slot), self.shelf.valid_until(slot)))
    }

    /// Memory taken [bytes].
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shelf.bytes() + self.policy.bytes()
    }

    pub(super) const fn parts(&self) -> (&Shelf<P::Note>, &P) {
        (&self.shelf, &self.policy)
    }

    fn find(&self, key: u64) -> Option<u32> {
        self.shelf.find(key).filter(|&slot| !self.policy.is_ghost(&self.shelf, slot))
    }
}

impl<P: Policy> Machine for Cache<P> {
    fn len(&self) -> usize {
        self.len()
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn get(&mut self, key: u64, now: SimTime) -> Lookup {
        self.get(key, now)
    }

    fn insert(&mut self, key: u64, valid_until: SimTime) -> Option<u64> {
        self.insert(key, valid_until)
    }

    fn valid_until(&self, key: u64) -> Option<SimTime> {
        self.valid_until(key)
    }

    fn account(&self, key: u64) -> Option<Account> {
        self.account(key)
    }

    fn remove(&mut self, key: u64) -> bool {
        self.remove(key)
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn set_capacity(&mut self, capacity: usize) -> usize {
        self.set_capacity(capacity)
    }

    fn entries(&self) -> Box<dyn Iterator<Item = (u64, SimTime)> + '_> {
        Box::new(self.entries())
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}
