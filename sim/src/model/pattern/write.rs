//! What becomes of a cache's entry when its key is written.

use super::{Way, buffer, chosen, secs, words};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

const DELETE: Entry = Entry {
    id: "delete",
    name: "Delete",
    summary: told(
        "The writer deletes the entry: a service after the store has committed, a cache in front of its store as the write passes.",
    ),
    source: told(
        "Cache-aside. A cache in front of its store deletes before the commit: a read in between puts the old value back.",
    ),
    params: &[],
    defect: false,
};

const EXPIRE: Entry = Entry {
    id: "expire",
    name: "Wait for expiry",
    summary: told("Nothing: readers get the old value until its time to live is over."),
    source: told(
        "Time to live alone. Of the hits, 1 - (1 - exp(-mT))/(mT) are stale, with m writes a second to the key and a time to live of T.",
    ),
    params: &[],
    defect: false,
};

const TWICE: Entry = Entry {
    id: "twice",
    name: "Delete twice",
    summary: told("Deletes the entry, and once more a little later: an old value that was put in meanwhile goes, too."),
    source: told("Delayed double delete. It helps against loads that take less than the wait."),
    params: &[ParamSpec::number(
        "after",
        "Second delete after",
        Unit::Seconds,
        0.5,
        0.0,
        3_600.0,
        "From the commit to the second delete.",
    )],
    defect: false,
};

const EVENT: Entry = Entry {
    id: "event",
    name: "Delete by event",
    summary: told("The store tells of each commit; the cache deletes the entry when it hears of it."),
    source: told(
        "Change data capture, as in Facebook's mcsqueal (NSDI 2013). What is lost stays until its time to live is over.",
    ),
    params: &[
        ParamSpec::number(
            "delay",
            "Arrives after",
            Unit::Seconds,
            0.1,
            0.0,
            3_600.0,
            "From the commit until the cache hears of it.",
        ),
        ParamSpec::number("loss", "Lost", Unit::Share, 0.0, 0.0, 1.0, "Share of the events that never arrive."),
    ],
    defect: false,
};

const THROUGH: Entry = Entry {
    id: "through",
    name: "Write through",
    summary: told(
        "Store and cache take the write in one step that is acknowledged once both have it; a write takes the time of both.",
    ),
    source: told(
        "Write-through. A cache in front of its store lets writers of one key take turns; beside its store, two services may put them in another order.",
    ),
    params: &[],
    defect: false,
};

const BEHIND: Entry = Entry {
    id: "behind",
    name: "Write behind",
    summary: told(
        "The cache acknowledges a write from memory, and stores it later, many at once. Only a cache in front of its store can; a crash loses what is not stored.",
    ),
    source: told(
        "Write-back. Of m writes a second to a key, m/(1 + m delay) reach the store. Beside its store a cache deletes instead.",
    ),
    params: &[
        ParamSpec::count(
            "batch",
            "Keys at once",
            100.0,
            1.0,
            100_000.0,
            "A flush begins once so many keys wait, and carries at most as many, as one write.",
        ),
        ParamSpec::number(
            "delay",
            "Longest wait",
            Unit::Seconds,
            1.0,
            0.001,
            3_600.0,
            "A flush begins at the latest when a key has waited this long.",
        ),
        ParamSpec::count(
            "room",
            "Keys that may wait",
            10_000.0,
            1.0,
            1_000_000.0,
            "Beyond that a write goes to the store by itself, and is answered after it.",
        ),
    ],
    defect: false,
};

/// All ways: a new one is a line here.
static WAYS: &[Way<Settings>] = &[
    Way { entry: DELETE, read: |_| Settings::Delete },
    Way { entry: EXPIRE, read: |_| Settings::Expire },
    Way { entry: TWICE, read: |reader| Settings::Twice { after: secs(reader, "after") } },
    Way { entry: EVENT, read: |reader| Settings::Event { delay: secs(reader, "delay"), loss: reader.number("loss") } },
    Way { entry: THROUGH, read: |_| Settings::Through },
    Way { entry: BEHIND, read: read_behind },
];

/// All of them, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    words(WAYS)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Settings {
    Delete,
    Expire,
    Twice {
        after: SimDuration,
    },
    Through,
    Behind(buffer::Settings),
    /// Events arrive `delay` after the commit, but for a share `loss` of them (0..1).
    Event {
        delay: SimDuration,
        loss: f64,
    },
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    chosen(WAYS, choice)
}

fn read_behind(reader: &Reader<'_>) -> Settings {
    let (batch, room) = (reader.count("batch"), reader.count("room"));
    Settings::Behind(buffer::Settings { batch, delay: secs(reader, "delay"), room })
}
