//! An edge carries nothing.

use super::{Effect, FaultKind, Targets};
use crate::model::params::Entry;

static ENTRY: Entry = Entry {
    id: "partition",
    name: "Partition",
    summary: "Nothing gets through on the connection, either way; callers learn of it only by their time-out.",
    source: "Network partition: Bailis and Kingsbury, \"The Network is Reliable\", ACM Queue 2014.",
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    targets: Targets::Edges,
    effect: |_| Effect::Partition,
    summary_of_all: None,
    lift_label: "Heal",
};
