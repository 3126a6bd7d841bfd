//! Spare machines run out, as they do when everybody needs more.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "spot-shortage",
    name: "Spot shortage",
    summary: told(
        "The provider needs its spare machines itself: every spot machine in the region or zone is taken back, and until it is over there are none to be had. A station outside all regions buys from the same market.",
    ),
    source: told(
        "Amazon EC2 Spot: capacity that is not there is not sold, and what was sold is taken back with two minutes of notice. Machines bought on demand and reserved ones stay.",
    ),
    params: &[ParamSpec::number(
        "notice",
        "Notice",
        Unit::Seconds,
        120.0,
        0.0,
        3_600.0,
        "With the notice a machine leaves the rotation; it has this long to finish what it holds.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Place,
    icon: "receipt",
    targets: Targets::Areas,
    one_replica: false,
    once: false,
    effect: |params| Effect::Shortage { notice: super::number(&ENTRY, params, "notice") },
    summary_of_all: None,
    lift_label: "Supply again",
};
