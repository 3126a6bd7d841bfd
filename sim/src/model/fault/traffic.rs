//! Clients send more, or less.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "traffic",
    name: "Traffic × k",
    summary: told("Clients send k times as much; where users wait for their answers, there are k times as many users."),
    source: told("Flash crowd."),
    params: &[ParamSpec::number(
        "factor",
        "Times",
        Unit::Factor,
        10.0,
        0.0,
        1_000.0,
        "What the arrival rate is multiplied by; in a closed loop, the number of users.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Traffic,
    icon: "trending-up",
    targets: Targets::Sources,
    one_replica: false,
    once: false,
    effect: |params| Effect::Traffic { factor: super::number(&ENTRY, params, "factor") },
    summary_of_all: None,
    lift_label: "Back to the plan",
};
