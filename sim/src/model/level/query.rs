//! A cache of a database's results (L4), as it can be set.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// A cache of results at each node of a database that takes writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Most results that a node holds; the least recently used leaves first.
    pub entries: u32,
    /// Tables, at least 1: a key's is its remainder.
    pub tables: u32,
    /// Work of answering from the cache.
    pub hit_time: SimDuration,
}

static OFF: Entry =
    Entry { id: "off", name: "Off", summary: told("Every query is executed."), source: "", params: &[], defect: false };

static ON: Entry = Entry {
    id: "on",
    name: "By statement",
    summary: told(
        "Keeps the result of each query by its text. Any write to a table drops all results of that table, so a result is never stale, and busy tables keep none for long.",
    ),
    source: told(
        "The query cache of MySQL 5.7, removed in 8.0. A result is kept only if nothing was written to its table since the query came. Read replicas have none.",
    ),
    params: &[
        ParamSpec::count("entries", "Results", 1_000.0, 1.0, 1_000_000.0, "Most results that it holds."),
        ParamSpec::count(
            "tables",
            "Tables",
            10.0,
            1.0,
            100_000.0,
            "Keys are spread over so many tables. A write drops the results of one of them.",
        ),
        ParamSpec::number(
            "hit_time",
            "Time of a hit",
            Unit::Seconds,
            0.0001,
            0.0,
            60.0,
            "Work of a query whose result is there, in place of the read time.",
        ),
    ],
    defect: false,
};

/// Whether results are cached, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// What the choice says; `None`: every query is executed.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    if choice.id != ON.id {
        return None;
    }
    let reader = Reader::new(&ON, &choice.params);
    Some(Settings {
        entries: reader.count("entries"),
        tables: reader.count("tables").max(1),
        hit_time: SimDuration::from_secs_f64(reader.number("hit_time")),
    })
}
