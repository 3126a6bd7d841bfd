//! A member of a database loses its way to the others.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "isolate",
    name: "Cut off",
    summary: told(
        "The replica, or of the whole database its primary, no longer reaches the others of its database, nor they it; a node of a quorum store likewise. Clients on its side go on with it alone, all others without it: with two primaries, that is a split brain.",
    ),
    source: told("Network partition with a leader on the minority side."),
    params: &[ParamSpec::number(
        "clients",
        "Clients on its side",
        Unit::Share,
        0.2,
        0.0,
        1.0,
        "Share of the clients that reach it, and nothing else of its database.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Data,
    icon: "unplug",
    targets: Targets::Stores,
    one_replica: true,
    once: false,
    effect: |params| Effect::Isolate { clients: super::number(&ENTRY, params, "clients") },
    summary_of_all: None,
    lift_label: "Heal",
};
