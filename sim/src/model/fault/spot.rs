//! A machine that was rented cheaply is taken back.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "spot-interruption",
    name: "Spot interruption",
    summary: told(
        "The provider takes the machine back: with the notice it leaves the rotation and finishes what it can, then it dies; a replacement comes up empty and cold.",
    ),
    source: told("Amazon EC2 Spot: two minutes of notice; Google Cloud and Azure give 30 s."),
    params: &[
        ParamSpec::number(
            "notice",
            "Notice",
            Unit::Seconds,
            120.0,
            0.0,
            3_600.0,
            "Time between the warning and the end.",
        ),
        ParamSpec::number(
            "replacement",
            "Replacement",
            Unit::Seconds,
            60.0,
            0.0,
            86_400.0,
            "Time between the end and the replacement being there.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "receipt",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |params| Effect::Spot {
        notice: super::number(&ENTRY, params, "notice"),
        replacement: super::number(&ENTRY, params, "replacement"),
    },
    summary_of_all: Some(
        "The provider takes every replica back: with the notice they leave the rotation and finish what they can, then they die; replacements come up empty and cold.",
    ),
    lift_label: "Give it back",
};
