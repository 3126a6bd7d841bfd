//! A replica, or a whole station, is taken out of rotation: not a failure, an operation.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, told};

static ENTRY: Entry = Entry {
    id: "drain",
    name: "Drain",
    summary: told(
        "Takes it out of rotation: it finishes what it has, gets nothing new. Balancers are told at once and take it off their lists.",
    ),
    source: told("Connection draining: AWS deregistration, HAProxy's drain state, kubectl drain."),
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Deploy,
    icon: "log-out",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |_| Effect::Drain,
    summary_of_all: Some(
        "Takes every replica out of rotation: they finish what they have, get nothing new. Balancers are told at once.",
    ),
    lift_label: "Put back",
};
