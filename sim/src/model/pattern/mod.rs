//! How a cache is used: what becomes of its entries when their keys are written, which fills it takes, who loads
//! what is missing, how long entries live. Words and parameters of each choice, and what a run needs to know of it; [`super::system`] does it.

pub mod buffer;
pub mod fill;
pub mod lease;
pub mod load;
pub mod negative;
pub mod renewal;
pub mod write;

use super::params::{Entry, ParamSpec, Unit, Variant};
use super::read::Reader;
use crate::engine::time::SimDuration;

/// What is written stays in the cache until its time is over, or not.
pub const WRITES: ParamSpec = ParamSpec::variant(
    "writes",
    "After a write",
    write::entries,
    "delete",
    "What becomes of an entry when its key is written.",
);

/// Which fills are taken.
pub const FILLS: ParamSpec =
    ParamSpec::variant("fills", "Fills", fill::entries, "any", "Which values that were loaded the cache keeps.");

/// Who loads what is missing.
pub const LOADS: ParamSpec = ParamSpec::variant(
    "loads",
    "Loads",
    load::entries,
    "each",
    "Who loads a value that is missing, when many ask for it at once.",
);

/// Loads before a value is missing.
pub const RENEWAL: ParamSpec = ParamSpec::variant(
    "renewal",
    "Renewal",
    renewal::entries,
    "off",
    "Whether values are loaded anew before they are missing.",
);

/// What is remembered of items that do not exist.
pub const NEGATIVE: ParamSpec = ParamSpec::variant(
    "negative",
    "Negative caching",
    negative::entries,
    "off",
    "Whether the cache remembers that there is no such item; see the database's missing items.",
);

/// Times to live that differ.
pub const JITTER: ParamSpec = ParamSpec::number(
    "ttl_jitter",
    "Spread of the time to live",
    Unit::Share,
    0.0,
    0.0,
    1.0,
    "Each entry lives up to this share longer or shorter, so that what was filled together does not expire together.",
);

/// One way to do it: words and parameters, and what those say.
#[derive(Clone, Copy, Debug)]
struct Way<S> {
    entry: Entry,
    read: fn(&Reader<'_>) -> S,
}

/// The words of some ways, in the order of the menu.
fn words<S>(ways: &'static [Way<S>]) -> Vec<&'static Entry> {
    ways.iter().map(|way| &way.entry).collect()
}

/// What a choice among ways says; the first of them where it is none.
fn chosen<S>(ways: &'static [Way<S>], choice: &Variant) -> S {
    let way = ways.iter().find(|way| way.entry.id == choice.id).unwrap_or(&ways[0]);
    (way.read)(&Reader::new(&way.entry, &choice.params))
}

/// A time that a parameter says.
fn secs(reader: &Reader<'_>, key: &str) -> SimDuration {
    SimDuration::from_secs_f64(reader.number(key))
}

/// How a cache is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Share of its time to live by which an entry's may be longer or shorter, 0..1.
    pub jitter: f64,
    pub writes: write::Settings,
    pub fills: fill::Settings,
    pub loads: load::Settings,
    pub renewal: renewal::Settings,
    /// `None`: it is not remembered that there is nothing.
    pub negative: Option<negative::Settings>,
}

impl Default for Settings {
    /// Everything goes in, and a write deletes.
    fn default() -> Self {
        Self {
            jitter: 0.0,
            writes: write::Settings::Delete,
            fills: fill::Settings::Any,
            loads: load::Settings::Each,
            renewal: renewal::Settings::Off,
            negative: None,
        }
    }
}

/// What a cache's parameters say.
#[must_use]
pub fn read(reader: &Reader<'_>) -> Settings {
    Settings {
        jitter: reader.number(JITTER.key),
        writes: write::read(&reader.variant(WRITES.key).1),
        fills: fill::read(&reader.variant(FILLS.key).1),
        loads: load::read(&reader.variant(LOADS.key).1),
        renewal: renewal::read(&reader.variant(RENEWAL.key).1),
        negative: negative::read(&reader.variant(NEGATIVE.key).1),
    }
}
