//! Who loads a value that the cache does not have.
//!
//! Without protection every reader that misses loads: a key that is read `L` times a second and takes `d` to load costs
//! `1 + L d` loads each time it expires.

use super::{Way, chosen, secs, words};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

const EACH: Entry = Entry {
    id: "each",
    name: "Every miss",
    summary: told("Every reader that misses loads the value: a popular key costs the store one load for each of them."),
    source: told("Cache stampede, thundering herd."),
    params: &[],
    defect: false,
};

const SINGLE_FLIGHT: Entry = Entry {
    id: "single-flight",
    name: "Single flight",
    summary: told("One load for each key at a time; the others wait for it and share its answer, or its error."),
    source: told(
        "golang.org/x/sync/singleflight; nginx proxy_cache_lock, whose waiters go alone after 5 s and cache nothing.",
    ),
    params: &[
        ParamSpec::choice(
            "scope",
            "One load for each",
            &[("process", "Process"), ("cache", "Cache")],
            "process",
            "Each replica of a service that loads, or all of them together. A cache in front of its store is one process for each node.",
        ),
        ParamSpec::number(
            "longest_wait",
            "Longest wait",
            Unit::Seconds,
            5.0,
            0.0,
            3_600.0,
            "Who has waited for so long loads alone, and caches nothing; 0 = waits as long as it takes.",
        ),
    ],
    defect: false,
};

const LEASE: Entry = Entry {
    id: "lease",
    name: "Lease",
    summary: told(
        "A miss gets a token, one for each key at a time; only its holder may fill. The others look again a little later, and a delete voids the token.",
    ),
    source: told(
        "Facebook, \"Scaling Memcache\", NSDI 2013: one token for a key every 10 s. Stale fills are refused, because a delete in between voids the token.",
    ),
    params: &[
        ParamSpec::number(
            "interval",
            "Next token after",
            Unit::Seconds,
            10.0,
            0.001,
            3_600.0,
            "If the holder of a token never fills, another reader gets one after this long.",
        ),
        ParamSpec::number(
            "retry",
            "Look again after",
            Unit::Seconds,
            0.01,
            0.000_1,
            60.0,
            "Readers without a token look again after this long.",
        ),
        ParamSpec::flag(
            "stale",
            "Take the old value",
            false,
            "Readers without a token take the value that was just deleted, if it is still there, instead of waiting.",
        ),
    ],
    defect: false,
};

/// All ways: a new one is a line here.
static WAYS: &[Way<Settings>] = &[
    Way { entry: EACH, read: |_| Settings::Each },
    Way { entry: SINGLE_FLIGHT, read: read_flight },
    Way { entry: LEASE, read: read_lease },
];

/// All of them, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    words(WAYS)
}

/// Who shares one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Process,
    Cache,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    Each,
    SingleFlight {
        scope: Scope,
        /// `None`: as long as it takes.
        longest_wait: Option<SimDuration>,
    },
    Lease {
        interval: SimDuration,
        retry: SimDuration,
        stale: bool,
    },
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    chosen(WAYS, choice)
}

fn read_flight(reader: &Reader<'_>) -> Settings {
    let scope = if reader.choice("scope") == "cache" { Scope::Cache } else { Scope::Process };
    let wait = secs(reader, "longest_wait");
    Settings::SingleFlight { scope, longest_wait: (wait > SimDuration::ZERO).then_some(wait) }
}

fn read_lease(reader: &Reader<'_>) -> Settings {
    let (interval, retry) = (secs(reader, "interval"), secs(reader, "retry"));
    Settings::Lease { interval, retry, stale: reader.flag("stale") }
}
