//! Messages on an edge take longer.

use super::{Effect, FaultKind, Targets};
use crate::model::params::{Entry, ParamSpec, Unit};

static ENTRY: Entry = Entry {
    id: "latency",
    name: "Add latency",
    summary: "Every message on the connection takes longer, each way.",
    source: "Congested or re-routed network path.",
    params: &[ParamSpec::number("extra", "Added, one way", Unit::Seconds, 0.1, 0.0, 60.0, "Added to each direction.")],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    targets: Targets::Edges,
    effect: |params| Effect::ExtraLatency { secs: super::number(&ENTRY, params, "extra") },
    summary_of_all: None,
    lift_label: "Remove the latency",
};
