//! A region or a zone goes dark, with everything that stands in it.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, told};

static ENTRY: Entry = Entry {
    id: "outage",
    name: "Outage",
    summary: told(
        "The region or zone goes dark: everything that stands in it dies at once, what it held is lost, and connections are refused until it is back.",
    ),
    source: told("Loss of power or cooling in a data center, or of a region as a whole."),
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Place,
    icon: "moon",
    targets: Targets::Areas,
    one_replica: false,
    once: false,
    effect: |_| Effect::Down,
    summary_of_all: None,
    lift_label: "Bring back",
};
