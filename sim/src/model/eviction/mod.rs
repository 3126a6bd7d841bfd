//! Eviction: what leaves a full cache. One file and one line in the registry each.
//!
//! Every policy lies on the same shelf ([`shelf`]) and under the same rules ([`cache`]): an entry expires when it is asked
//! for after its time, a fill of what is there counts as a request, what is forgotten leaves without a trace in the order.
//! The least recently used order stands beside the others, without a pointer: the common path pays one look at a tag.

mod account;
mod arc;
mod cache;
mod clock;
pub mod curve;
mod fifo;
mod lfu;
mod lirs;
mod lru;
pub mod optimum;
mod random;
mod s3_fifo;
mod score;
mod shelf;
mod sieve;
mod slru;
#[cfg(test)]
mod tests;
mod tiny_lfu;
mod two_queues;

pub use account::{Account, Candidate};
pub use cache::Cache;
pub use lru::Lru;

use super::params::{Entry, ParamSpec, Params, Variant};
use super::read::Reader;
use super::registry::registry;
use crate::engine::rng::Stream;
use crate::engine::time::SimTime;

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A valid entry.
    Hit,
    /// Nothing of that key.
    Miss,
    /// An entry whose time was over; it is gone now.
    Expired,
}

crate::model::registry::told_by_name!(Machine);

/// A memory under some policy; [`Cache`] says what each of these means.
pub trait Machine {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn capacity(&self) -> usize;

    fn get(&mut self, key: u64, now: SimTime) -> Lookup;

    fn insert(&mut self, key: u64, valid_until: SimTime) -> Option<u64>;

    fn valid_until(&self, key: u64) -> Option<SimTime>;

    fn account(&self, key: u64) -> Option<Account>;

    fn remove(&mut self, key: u64) -> bool;

    fn clear(&mut self);

    fn set_capacity(&mut self, capacity: usize) -> usize;

    fn entries(&self) -> Box<dyn Iterator<Item = (u64, SimTime)> + '_>;

    fn bytes(&self) -> usize;

    fn boxed(&self) -> Box<dyn Machine>;
}

impl Clone for Box<dyn Machine> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// Makes a memory of parameters, for a number of entries; what it leaves to chance it draws from the stream.
type Build = fn(&Reader<'_>, usize, &Stream) -> Box<dyn Machine>;

/// How a kind of memory is made.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Lru,
    Built(Build),
}

/// One policy.
#[derive(Clone, Copy, Debug)]
pub struct EvictionKind {
    pub entry: Entry,
    pub way: Way,
}

const fn entry_of(kind: &EvictionKind) -> Entry {
    kind.entry
}

registry! {
    /// All policies, in the order of the menu.
    pub static REGISTRY: [EvictionKind];
    static ENTRIES: [Entry] = entry_of;
    lru::KIND,
    fifo::KIND,
    lfu::KIND,
    clock::KIND,
    sieve::KIND,
    s3_fifo::KIND,
    two_queues::KIND,
    arc::KIND,
    slru::KIND,
    lirs::KIND,
    tiny_lfu::KIND,
    random::KIND,
    score::KIND,
}

/// All policies, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    ENTRIES.iter().collect()
}

const fn entry(
    id: &'static str,
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    params: &'static [ParamSpec],
) -> Entry {
    Entry { id, name, summary, source, params, defect: false }
}

/// A share of the capacity, whole entries.
fn part(capacity: usize, share: f64) -> usize {
    (capacity as f64 * share) as usize
}

/// A policy as the choice says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(Variant);

impl Default for Settings {
    fn default() -> Self {
        Self(Variant::new(lru::KIND.entry.id, Params::new()))
    }
}

/// What the choice says; least recently used where it says nothing known.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    if ENTRIES.iter().any(|known| known.id == choice.id) { Settings(choice.clone()) } else { Settings::default() }
}

impl Settings {
    /// The policy's words.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        let entry = ENTRIES.iter().find(|entry| entry.id == self.0.id);
        entry.expect("read() makes settings of known kinds only")
    }

    /// An empty memory.
    #[must_use]
    pub fn build(&self, capacity: usize, stream: &Stream) -> Memory {
        let kind = REGISTRY.iter().find(|kind| kind.entry.id == self.0.id);
        match kind.expect("read() makes settings of known kinds only") {
            EvictionKind { way: Way::Lru, .. } => Memory::Lru(Lru::new(capacity)),
            EvictionKind { entry, way: Way::Built(build) } => {
                Memory::Other(build(&Reader::new(entry, &self.0.params), capacity, stream))
            }
        }
    }
}

/// A cache's memory.
#[derive(Clone, Debug)]
pub enum Memory {
    Lru(Lru),
    Other(Box<dyn Machine>),
}

/// The same question to whichever it is.
macro_rules! ask {
    ($memory:expr, $of:ident => $answer:expr) => {
        match $memory {
            Self::Lru($of) => $answer,
            Self::Other($of) => $answer,
        }
    };
}

impl Memory {
    /// Number of entries held; see [`Cache::len`].
    #[must_use]
    pub fn len(&self) -> usize {
        ask!(self, memory => memory.len())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        ask!(self, memory => memory.capacity())
    }

    /// See [`Cache::get`].
    #[inline]
    pub fn get(&mut self, key: u64, now: SimTime) -> Lookup {
        ask!(self, memory => memory.get(key, now))
    }

    /// See [`Cache::insert`].
    #[inline]
    pub fn insert(&mut self, key: u64, valid_until: SimTime) -> Option<u64> {
        ask!(self, memory => memory.insert(key, valid_until))
    }

    /// See [`Cache::valid_until`].
    #[must_use]
    pub fn valid_until(&self, key: u64) -> Option<SimTime> {
        ask!(self, memory => memory.valid_until(key))
    }

    /// See [`Cache::account`].
    #[must_use]
    pub fn account(&self, key: u64) -> Option<Account> {
        ask!(self, memory => memory.account(key))
    }

    /// See [`Cache::remove`].
    pub fn remove(&mut self, key: u64) -> bool {
        ask!(self, memory => memory.remove(key))
    }

    /// See [`Cache::clear`].
    pub fn clear(&mut self) {
        ask!(self, memory => memory.clear());
    }

    /// See [`Cache::set_capacity`].
    pub fn set_capacity(&mut self, capacity: usize) -> usize {
        ask!(self, memory => memory.set_capacity(capacity))
    }

    /// See [`Cache::entries`].
    #[must_use]
    pub fn entries(&self) -> Box<dyn Iterator<Item = (u64, SimTime)> + '_> {
        match self {
            Self::Lru(memory) => Machine::entries(memory),
            Self::Other(memory) => memory.entries(),
        }
    }

    /// The same entries under another policy, which knows nothing of them yet but the order in which they come: from the
    /// least to the most recently used where that is known.
    pub fn move_to(&mut self, settings: &Settings, stream: &Stream) {
        let mut other = settings.build(self.capacity(), stream);
        let held: Vec<(u64, SimTime)> = match self {
            Self::Lru(memory) => memory.entries_oldest_first().collect(),
            Self::Other(memory) => memory.entries().collect(),
        };
        for (key, valid_until) in held {
            other.insert(key, valid_until);
        }
        *self = other;
    }

    /// Memory taken [bytes].
    #[must_use]
    pub fn bytes(&self) -> usize {
        ask!(self, memory => memory.bytes())
    }
}
