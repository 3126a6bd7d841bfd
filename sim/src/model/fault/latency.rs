//! Messages on an edge take longer.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "latency",
    name: "Add latency",
    summary: told(
        "Every message on the connection takes longer, each way, by a time that may vary from message to message.",
    ),
    source: told(
        "Congested or re-routed network path; delay and jitter as in netem (uniform about the delay, never below zero).",
    ),
    params: &[
        ParamSpec::number("extra", "Added, one way", Unit::Seconds, 0.1, 0.0, 60.0, "Added to each direction."),
        ParamSpec::number(
            "jitter",
            "Varies by up to",
            Unit::Seconds,
            0.0,
            0.0,
            60.0,
            "Each message takes longer or shorter by up to this much, uniformly; messages may overtake each other.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Network,
    icon: "timer",
    targets: Targets::Edges,
    one_replica: false,
    once: false,
    effect: |params| Effect::Latency {
        secs: super::number(&ENTRY, params, "extra"),
        jitter: super::number(&ENTRY, params, "jitter"),
    },
    summary_of_all: None,
    lift_label: "Remove the latency",
};
