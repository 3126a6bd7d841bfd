//! An edge carries nothing, both ways or one way.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, told};
use crate::model::read::Reader;

static ENTRY: Entry = Entry {
    id: "partition",
    name: "Partition",
    summary: told(
        "Nothing gets through on the connection, both ways or one way; callers learn of it only by their time-out.",
    ),
    source: told("Network partition: Bailis and Kingsbury, \"The Network is Reliable\", ACM Queue 2014."),
    params: &[ParamSpec::choice(
        "lost",
        "What is lost",
        &[("both", "everything"), ("requests", "requests only"), ("answers", "answers only")],
        "both",
        "With answers only, requests arrive and the work is done, but no one hears of it.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Network,
    icon: "unplug",
    targets: Targets::Edges,
    one_replica: false,
    once: false,
    effect: |params| match Reader::new(&ENTRY, params).choice("lost") {
        "requests" => Effect::Loss { out: 1.0, back: 0.0 },
        "answers" => Effect::Loss { out: 0.0, back: 1.0 },
        _ => Effect::Loss { out: 1.0, back: 1.0 },
    },
    summary_of_all: None,
    lift_label: "Heal",
};
