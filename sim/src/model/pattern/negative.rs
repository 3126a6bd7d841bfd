//! Remembering that there is nothing under a key.

use super::{Way, chosen, secs, words};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};

const OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("An answer that there is no such item is not kept: every read of it goes to the store."),
    source: "",
    params: &[],
    defect: false,
};

const ON: Entry = Entry {
    id: "on",
    name: "On",
    summary: told("Keeps for a short while that there is no such item. A write of the item removes it like any entry."),
    source: told(
        "RFC 2308 (DNS). Each missing key costs L/(1 + LT) loads a second instead of L. Reads of ever new missing keys would push out good entries, hence the share.",
    ),
    params: &[
        ParamSpec::number(
            "ttl",
            "Time to live",
            Unit::Seconds,
            10.0,
            0.001,
            1_000_000.0,
            "It is kept for so long: a new item stays unknown to its readers until then, unless its write deletes the entry.",
        ),
        ParamSpec::number(
            "share",
            "Share of the entries",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "The most of a node's entries that may say so; beyond that the oldest of them leaves.",
        ),
    ],
    defect: false,
};

/// Both ways.
static WAYS: &[Way<Option<Settings>>] = &[
    Way { entry: OFF, read: |_| None },
    Way { entry: ON, read: |reader| Some(Settings { ttl: secs(reader, "ttl"), share: reader.number("share") }) },
];

/// Both of them, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    words(WAYS)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub ttl: SimDuration,
    /// Of a node's entries, 0..1.
    pub share: f64,
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    chosen(WAYS, choice)
}
