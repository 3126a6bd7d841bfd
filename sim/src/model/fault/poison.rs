//! Messages that nobody can process.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "poison",
    name: "Poison messages",
    summary: told("A share of the messages published is malformed: every service that works on one fails, each time."),
    source: told(
        "Enterprise messaging's poison message: Hohpe and Woolf, \"Enterprise Integration Patterns\" (Invalid Message Channel, Dead Letter Channel).",
    ),
    params: &[ParamSpec::number(
        "share",
        "Share of messages",
        Unit::Share,
        0.01,
        0.0,
        1.0,
        "How many of the messages are poison. They stay so, however often they are delivered.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Data,
    icon: "flask-conical",
    targets: Targets::Brokers,
    one_replica: false,
    once: false,
    effect: |params| Effect::Poison { share: super::number(&ENTRY, params, "share") },
    summary_of_all: None,
    lift_label: "No more poison",
};
