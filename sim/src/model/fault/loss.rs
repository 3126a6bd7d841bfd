//! A share of the messages is lost.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "loss",
    name: "Lose messages",
    summary: told(
        "A share of the messages is lost, each independently; no lower layer sends them again, so callers learn of it only by their time-out.",
    ),
    source: told("Random loss as in netem, seen above a transport that has given up."),
    params: &[
        ParamSpec::number(
            "requests",
            "Requests lost",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Share of the requests that never arrive.",
        ),
        ParamSpec::number(
            "answers",
            "Answers lost",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Share of the answers that never come back: the work is done for no one.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Network,
    icon: "wifi-off",
    targets: Targets::Edges,
    one_replica: false,
    once: false,
    effect: |params| Effect::Loss {
        out: super::number(&ENTRY, params, "requests"),
        back: super::number(&ENTRY, params, "answers"),
    },
    summary_of_all: None,
    lift_label: "Stop the loss",
};
