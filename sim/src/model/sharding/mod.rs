//! Sharding: which part of a database has which keys. Pure placements, one file and one line in the registry each.
//!
//! Keys are hashed as the text of their decimal number, so that any tool that hashes "4711" finds our number. Shards are
//! known by number, counted from 0 and never used twice; people read them counted from 1. How keys move to other shards
//! while it runs is [`copy`].

pub mod copy;
pub mod jump;
pub mod modulo;
pub mod range;
pub mod rendezvous;
pub mod ring;
pub mod slots;
#[cfg(test)]
mod tests;

use crate::engine::rng::mix;
use crate::model::balancer::hashing::Text;
use crate::model::params::{Entry, ParamSpec, Variant, find_entry, told};
use crate::model::read::Reader;
use crate::model::registry::registry;

/// Keys that are looked up to tell which share of all of them moves: a standard error of at most 0.4 %.
const SAMPLE: u64 = 16_384;

crate::model::registry::told_by_name!(Placement);

/// Which shard has which keys.
pub trait Placement {
    /// The number of the shard that has a key.
    fn owner(&self, key: u64) -> u32;

    /// The number of the shard that a write of a key goes to.
    fn owner_of_write(&self, key: u64) -> u32 {
        self.owner(key)
    }

    /// A key was asked for, in this second of the run; what that changes is told.
    fn asked(&mut self, _key: u64, _writes: bool, _second: u64, _told: &mut Vec<String>) {}

    /// This second of the run is over; what that changes. `None`: the placement changes by nobody's hand but yours.
    fn second(&mut self, _second: u64) -> Option<Vec<String>> {
        None
    }

    /// In how many parts each shard has its keys, by ascending number, where that is worth telling.
    fn parts(&self) -> Option<Vec<(u32, u32)>> {
        None
    }

    /// Memory that a checkpoint takes [bytes], roughly.
    fn bytes(&self) -> usize {
        0
    }

    /// The shards, by ascending number.
    fn numbers(&self) -> &[u32];

    /// The same scheme over other shards, by ascending number: at least one.
    fn with(&self, numbers: &[u32]) -> Box<dyn Placement>;

    /// How a key finds its shard, in words with the numbers.
    fn explain(&self, key: u64) -> String;

    /// Share of all keys that each shard is to have, 0..1, by ascending number.
    fn shares(&self) -> Vec<(u32, f64)> {
        let even = 1.0 / self.numbers().len().max(1) as f64;
        self.numbers().iter().map(|number| (*number, even)).collect()
    }

    /// Share of the keys that theory expects to move when `from` shards become `to`, 0..1: no key moves between two
    /// shards that stay. NaN: it expects nothing.
    fn expected_to_move(&self, from: u32, to: u32) -> f64 {
        f64::from(from.abs_diff(to)) / f64::from(from.max(to).max(1))
    }

    fn boxed(&self) -> Box<dyn Placement>;
}

impl Clone for Box<dyn Placement> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// One scheme.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    pub entry: Entry,
    /// The scheme over shards with these numbers, ascending: at least one.
    pub build: fn(&Reader<'_>, &[u32]) -> Box<dyn Placement>,
}

/// What is known of a scheme without building a placement.
const fn entry_of(scheme: &Scheme) -> Entry {
    scheme.entry
}

static OFF: Entry = Entry {
    id: "off",
    name: "One database",
    summary: told("All keys lie in one database."),
    source: "",
    params: &[],
    defect: false,
};

/// How many there are.
pub(super) const SHARDS: ParamSpec = ParamSpec::count(
    "shards",
    "Shards",
    4.0,
    1.0,
    64.0,
    "Databases that share the keys, each with the connections, waiting places and price set for one. When this changes while it runs, keys move.",
);

registry! {
    /// All schemes, in the order of the menu.
    pub static REGISTRY: [Scheme];
    static ENTRIES: [Entry] = entry_of;
    modulo::SCHEME,
    ring::SCHEME,
    jump::SCHEME,
    rendezvous::SCHEME,
    slots::SCHEME,
    range::SCHEME,
}

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    std::iter::once(&OFF).chain(ENTRIES.iter()).collect()
}

/// Shards as a database is told of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    scheme: Variant,
    pub shards: u32,
    pub moves: copy::Settings,
}

/// Reads that ask all shards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scatter {
    /// Of the reads, 0..1.
    pub share: f64,
    /// Answers that are waited for; 0 = those of all shards.
    pub answers: u32,
}

/// What the choices say; `None`: all keys lie in one database.
#[must_use]
pub fn read(scheme: &Variant, moves: &Variant) -> Option<Settings> {
    let entries: Vec<&'static Entry> = ENTRIES.iter().collect();
    let entry = find_entry(&entries, &scheme.id)?;
    let shards = Reader::new(entry, &scheme.params).count("shards");
    Some(Settings { scheme: scheme.clone(), shards, moves: copy::read(moves) })
}

impl Settings {
    /// The placement over shards with these numbers.
    #[must_use]
    pub fn build(&self, numbers: &[u32]) -> Box<dyn Placement> {
        let scheme = REGISTRY.iter().find(|scheme| scheme.entry.id == self.scheme.id);
        let scheme = scheme.expect("read() makes settings of known schemes only");
        (scheme.build)(&Reader::new(&scheme.entry, &self.scheme.params), numbers)
    }

    /// What the scheme is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        ENTRIES.iter().find(|entry| entry.id == self.scheme.id).map_or("", |entry| entry.name)
    }

    /// Whether another scheme, or the same with other parameters, is asked for: the number of shards apart.
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        let but_shards = |settings: &Self| {
            let mut scheme = settings.scheme.clone();
            scheme.params.0.remove("shards");
            scheme
        };
        but_shards(self) != but_shards(other)
    }
}

/// The text of a key, as it is hashed.
fn text_of(key: u64) -> Text {
    let mut text = Text::NONE;
    text.decimal(key);
    text
}

/// A shard's name, as it is hashed: "node-3".
fn name_of(number: u32) -> Text {
    let mut text = Text::NONE;
    for letter in b"node-" {
        text.sign(*letter);
    }
    text.decimal(u64::from(number));
    text
}

/// Share of the keys, 0..1, whose shard is another one in `after`, over a sample of them.
#[must_use]
pub fn moved(before: &dyn Placement, after: &dyn Placement) -> f64 {
    let moved = (0..SAMPLE).map(mix).filter(|key| before.owner(*key) != after.owner(*key)).count();
    moved as f64 / SAMPLE as f64
}
