//! A station answers with errors.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "error-rate",
    name: "Errors",
    summary: told("A share of the answers are errors, after the work was done."),
    source: told("HTTP 500 from a broken release."),
    params: &[ParamSpec::number(
        "share",
        "Share of errors",
        Unit::Share,
        0.5,
        0.0,
        1.0,
        "How many of the answers are errors.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "bug",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |params| Effect::Errors { share: super::number(&ENTRY, params, "share") },
    summary_of_all: None,
    lift_label: "Stop the errors",
};
