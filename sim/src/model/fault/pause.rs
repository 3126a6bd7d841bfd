//! Stop-the-world pauses.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "gc-pause",
    name: "GC pauses",
    summary: told(
        "Every now and then the process stands still: it takes requests, but nothing that it holds goes on until the pause is over.",
    ),
    source: told("Stop-the-world garbage collection; Dean and Barroso, \"The Tail at Scale\", CACM 2013."),
    params: &[
        ParamSpec::number(
            "lasts",
            "A pause lasts",
            Unit::Seconds,
            0.5,
            0.001,
            600.0,
            "How long it stands still each time.",
        ),
        ParamSpec::number(
            "every",
            "Every",
            Unit::Seconds,
            10.0,
            0.05,
            3_600.0,
            "Time from the beginning of one pause to that of the next; the first comes at once.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "circle-pause",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |params| Effect::Pause {
        every: super::number(&ENTRY, params, "every"),
        lasts: super::number(&ENTRY, params, "lasts"),
    },
    summary_of_all: Some(
        "Every now and then all replicas stand still together: they take requests, but nothing that they hold goes on until the pause is over.",
    ),
    lift_label: "Stop the pauses",
};
