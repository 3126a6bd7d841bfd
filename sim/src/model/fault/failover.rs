//! The primary of a database dies, and a standby takes over.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "failover",
    name: "Failover",
    summary: told(
        "The primary dies with all that it held; until the failure is noticed and the standby promoted, requests are answered with an error. Then the standby serves, with every write that was answered: replication without loss is assumed.",
    ),
    source: told("Amazon RDS Multi-AZ: typically 60 to 120 s, with a standby that is replicated synchronously."),
    params: &[
        ParamSpec::number(
            "detection",
            "Until noticed",
            Unit::Seconds,
            30.0,
            0.0,
            3_600.0,
            "How long it takes until someone notices that the primary is gone.",
        ),
        ParamSpec::number(
            "promotion",
            "Promotion takes",
            Unit::Seconds,
            30.0,
            0.0,
            3_600.0,
            "How long the standby needs to take over.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Data,
    icon: "replace",
    targets: Targets::Databases,
    one_replica: false,
    once: false,
    effect: |params| Effect::Failover {
        detection: super::number(&ENTRY, params, "detection"),
        promotion: super::number(&ENTRY, params, "promotion"),
    },
    summary_of_all: None,
    lift_label: "Primary back",
};
