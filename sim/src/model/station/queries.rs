//! What a database's queries cost beyond their plain time: rows that are searched for want of an index, indexes that every
//! write keeps up to date, and rows that writes lock until they commit.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

static PLAIN: Entry = Entry {
    id: "plain",
    name: "As their times say",
    summary: told("Every read and every write takes the time that is set."),
    source: "",
    params: &[],
    defect: false,
};

static INDEXES: Entry = Entry {
    id: "indexes",
    name: "By rows and indexes",
    summary: told("A read without an index searches all rows, and every index makes writes slower."),
    source: told(
        "A core searches about a million rows a second, and an index adds about a tenth to a write: rules of thumb.",
    ),
    params: &[
        ParamSpec::number(
            "rows",
            "Rows",
            Unit::Plain,
            1_000_000.0,
            0.0,
            1e12,
            "In the table. With shards, each has its even part of them.",
        ),
        ParamSpec::number(
            "scan_rate",
            "Searches, rows per second",
            Unit::Plain,
            1_000_000.0,
            1.0,
            1e12,
            "How fast one connection searches rows, one after the other.",
        ),
        ParamSpec::number(
            "unindexed",
            "Reads without an index",
            Unit::Share,
            0.0,
            0.0,
            1.0,
            "These slow queries search all rows, on top of their read time, and hold their connection meanwhile.",
        ),
        ParamSpec::count(
            "indexes",
            "Indexes",
            1.0,
            0.0,
            100.0,
            "Beside the primary key. Each write keeps all of them up to date.",
        ),
        ParamSpec::number(
            "index_cost",
            "An index adds to a write",
            Unit::Share,
            0.1,
            0.0,
            10.0,
            "Share of the write time, for each index.",
        ),
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&PLAIN, &INDEXES]
}

/// What queries cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Share of the reads that search all rows, 0..1.
    pub unindexed: f64,
    /// How long that takes [s].
    pub search: f64,
    /// How many times as long a write takes, at least 1.
    pub upkeep: f64,
}

/// What the choice says, for a database whose rows lie in so many parts; `None`: queries take their plain times.
#[must_use]
pub fn read(choice: &Variant, parts: u32) -> Option<Settings> {
    let reader = (choice.id == INDEXES.id).then(|| Reader::new(&INDEXES, &choice.params))?;
    Some(Settings {
        unindexed: reader.number("unindexed"),
        search: reader.number("rows") / f64::from(parts.max(1)) / reader.number("scan_rate"),
        upkeep: 1.0 + f64::from(reader.count("indexes")) * reader.number("index_cost"),
    })
}

static UNLOCKED: Entry = Entry {
    id: "off",
    name: "None",
    summary: told("Writes of one row go on side by side."),
    source: "",
    params: &[],
    defect: false,
};

static ROWS: Entry = Entry {
    id: "rows",
    name: "Each row, until the commit",
    summary: told(
        "A write locks its row until it is answered. Other writes of that row wait for it in line, each with a connection in its hand.",
    ),
    source: told(
        "InnoDB's exclusive row locks, with its lock wait time-out of 50 s. Each write locks one row, so there are no deadlocks.",
    ),
    params: &[ParamSpec::number(
        "longest_wait",
        "Longest wait",
        Unit::Seconds,
        50.0,
        0.001,
        3_600.0,
        "A write that has waited this long for its row fails.",
    )],
    defect: false,
};

/// What can be locked, as a choice for parameters.
#[must_use]
pub fn lock_entries() -> Vec<&'static Entry> {
    vec![&UNLOCKED, &ROWS]
}

/// How long a write waits for its row; `None`: rows are not locked.
#[must_use]
pub fn read_locks(choice: &Variant) -> Option<SimDuration> {
    let reader = (choice.id == ROWS.id).then(|| Reader::new(&ROWS, &choice.params))?;
    Some(SimDuration::from_secs_f64(reader.number("longest_wait")))
}
