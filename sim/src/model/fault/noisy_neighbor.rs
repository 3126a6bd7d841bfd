//! Somebody else on the same host takes a share of the CPU.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "noisy-neighbor",
    name: "Noisy neighbor",
    summary: told(
        "Another tenant on the same host takes CPU time in bursts; what is left makes work slower by 1 / (1 - share).",
    ),
    source: told(
        "CPU steal time (%st in top) of virtual machines that share a host; the bursts and their sizes are drawn from the seed.",
    ),
    params: &[
        ParamSpec::number(
            "share",
            "Steals up to",
            Unit::Share,
            0.8,
            0.0,
            0.99,
            "Largest share of the CPU that a burst takes; each takes between half of it and all of it.",
        ),
        ParamSpec::number(
            "burst",
            "A burst lasts",
            Unit::Seconds,
            5.0,
            0.01,
            3_600.0,
            "Mean length of a burst, exponentially distributed; the first begins at once.",
        ),
        ParamSpec::number(
            "calm",
            "Calm lasts",
            Unit::Seconds,
            10.0,
            0.01,
            3_600.0,
            "Mean time between bursts, exponentially distributed.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "volume-2",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |params| Effect::Steal {
        share: super::number(&ENTRY, params, "share"),
        burst: super::number(&ENTRY, params, "burst"),
        calm: super::number(&ENTRY, params, "calm"),
    },
    summary_of_all: Some(
        "All replicas run on one host, and another tenant there takes CPU time in bursts; what is left makes work slower by 1 / (1 - share).",
    ),
    lift_label: "Move the neighbor away",
};
