//! A cache in the memory of each replica of a service (L1), as it can be set.

use crate::engine::time::SimDuration;
use crate::model::eviction;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// A cache that each replica has for itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Most entries that each replica holds.
    pub capacity: u32,
    /// No entry is older than this; `None`: only as the answer that it came with says.
    pub ttl: Option<SimDuration>,
    pub eviction: eviction::Settings,
    /// What an entry takes of the replica's memory [bytes].
    pub entry_bytes: u64,
}

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Replicas keep nothing between requests."),
    source: "",
    params: &[],
    defect: false,
};

static ON: Entry = Entry {
    id: "on",
    name: "In each replica",
    summary: told(
        "Each replica keeps answers in its own memory, and calls no other station while it has them. A write clears only the entry of the replica that made it, so the others may answer with the old value until their entries expire.",
    ),
    source: told(
        "Two levels as Caffeine in front of Redis: an entry lives for the least of its time to live and what is left of the answer that it came with. A look-up takes no time.",
    ),
    params: &[
        ParamSpec::count(
            "capacity",
            "Entries per replica",
            1_000.0,
            1.0,
            1_000_000.0,
            "Most entries that each replica holds.",
        ),
        ParamSpec::number(
            "ttl",
            "Time to live",
            Unit::Seconds,
            300.0,
            0.0,
            1_000_000.0,
            "An entry is valid at most this long; one that came from a cache no longer than it was valid there. 0 = no limit of its own.",
        ),
        ParamSpec::variant(
            "eviction",
            "Eviction policy",
            eviction::entries,
            "lru",
            "Which entry leaves when a replica's cache is full.",
        ),
        ParamSpec::number(
            "entry_kb",
            "Size of an entry, kB",
            Unit::Plain,
            1.0,
            0.0,
            100_000.0,
            "Memory of the replica that an entry takes; acts where the replica's memory is modeled.",
        ),
    ],
    defect: false,
};

/// Whether replicas have caches, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// What the choice says; `None`: replicas keep nothing.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    if choice.id != ON.id {
        return None;
    }
    let reader = Reader::new(&ON, &choice.params);
    let ttl = reader.number("ttl");
    Some(Settings {
        capacity: reader.count("capacity"),
        ttl: (ttl > 0.0).then(|| SimDuration::from_secs_f64(ttl)),
        eviction: eviction::read(&reader.variant("eviction").1),
        entry_bytes: (reader.number("entry_kb") * 1_000.0) as u64,
    })
}
