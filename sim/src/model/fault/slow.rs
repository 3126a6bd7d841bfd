//! Work at a station takes longer.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "slow",
    name: "Slow down",
    summary: told("Work takes longer, also work already begun."),
    source: told("Gray failure: Huang et al., HotOS 2017."),
    params: &[ParamSpec::number(
        "factor",
        "Times as long",
        Unit::Factor,
        4.0,
        1.0,
        1_000.0,
        "How much longer work takes.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "turtle",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |params| Effect::Slow { factor: super::number(&ENTRY, params, "factor") },
    summary_of_all: None,
    lift_label: "Back to normal speed",
};
