//! A replica, or a whole station, dies.

use super::{Effect, FaultKind, Targets};
use crate::model::params::Entry;

static ENTRY: Entry = Entry {
    id: "kill",
    name: "Kill",
    summary: "The replica dies: what it held is lost, connections are refused until it is revived.",
    source: "Process crash: connection reset, then connection refused.",
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    targets: Targets::Stations,
    effect: |_| Effect::Down,
    summary_of_all: Some("Every replica dies: what they held is lost, connections are refused until they are revived."),
    lift_label: "Revive",
};
