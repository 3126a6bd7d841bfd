//! Opens by shares among the last so many calls.

use super::Kind;
use super::rates::{LastCalls, Rates, SOURCE, rates_params};
use crate::model::params::{Entry, ParamSpec, told};

static ENTRY: Entry = Entry {
    id: "count-window",
    name: "Share of the last calls",
    summary: told("Opens when too large a share of the last calls failed, or was slow."),
    source: SOURCE,
    params: rates_params!(ParamSpec::count(
        "window",
        "Window",
        100.0,
        1.0,
        1_000.0,
        "How many of the latest calls count."
    )),
    defect: false,
};

pub(super) const KIND: Kind =
    Kind { entry: &ENTRY, build: |reader, now| Rates::build(reader, LastCalls::new(reader.count("window")), now) };
