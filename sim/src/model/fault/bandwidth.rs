//! The link is thin.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "bandwidth",
    name: "Cut bandwidth",
    summary: told(
        "Messages go over the link one after the other, each direction on its own, and take size / bandwidth; then the latency follows. Sizes are set at the clients.",
    ),
    source: told("Serialization delay of a link, first come first served."),
    params: &[ParamSpec::number(
        "mbit",
        "Mbit/s",
        Unit::Plain,
        10.0,
        0.001,
        1_000_000.0,
        "What the link carries in each direction; 1 Mbit/s carries 125 kB each second.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Network,
    icon: "gauge",
    targets: Targets::Edges,
    one_replica: false,
    once: false,
    effect: |params| Effect::Bandwidth { bits_per_sec: super::number(&ENTRY, params, "mbit") * 1e6 },
    summary_of_all: None,
    lift_label: "Full bandwidth",
};
