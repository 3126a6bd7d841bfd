//! A replica, or a whole station, dies.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, told};

static ENTRY: Entry = Entry {
    id: "kill",
    name: "Kill",
    summary: told(
        "The replica dies: what it held is lost, connections are refused until it is revived. A balancer dies as a whole; of a DNS server or a registry only new questions fail, since callers go on with what they were told.",
    ),
    source: told("Process crash: connection reset, then connection refused."),
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "skull",
    targets: Targets::Servers,
    one_replica: true,
    once: false,
    effect: |_| Effect::Down,
    summary_of_all: Some("Every replica dies: what they held is lost, connections are refused until they are revived."),
    lift_label: "Revive",
};
