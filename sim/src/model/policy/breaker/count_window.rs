//! Opens by shares among the last so many calls.

use super::rates::{
    FAILURE_SHARE, LastCalls, MIN_CALLS, OPEN_FACTOR, OPEN_FOR, PROBES, Rates, SLOW_AFTER, SLOW_SHARE, SOURCE, Settings,
};
use super::{Kind, SCOPE};
use crate::model::params::{Entry, ParamSpec};

static ENTRY: Entry = Entry {
    id: "count-window",
    name: "Share of the last calls",
    summary: "Opens when too large a share of the last calls failed, or was slow.",
    source: SOURCE,
    params: &[
        ParamSpec::count("window", "Window", 100.0, 1.0, 1_000.0, "So many of the latest calls count."),
        MIN_CALLS,
        FAILURE_SHARE,
        SLOW_AFTER,
        SLOW_SHARE,
        OPEN_FOR,
        OPEN_FACTOR,
        PROBES,
        SCOPE,
    ],
    defect: false,
};

pub(super) const KIND: Kind = Kind {
    entry: &ENTRY,
    build: |reader, now| {
        let settings = Settings::read(reader);
        let window = LastCalls::new(reader.count("window"));
        Box::new(Rates::new(settings, window, LastCalls::new(settings.probes), now))
    },
};
