//! A replica takes requests and never answers.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, told};

static ENTRY: Entry = Entry {
    id: "hang",
    name: "Hang",
    summary: told(
        "It takes connections and requests and never answers: slots and waiting places fill, and only time-outs free its callers. Lifted, it goes on where it stood.",
    ),
    source: told(
        "A frozen process (SIGSTOP, a deadlock): the kernel still accepts connections. Gray failure: Huang et al., HotOS 2017.",
    ),
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Machine,
    icon: "hourglass",
    targets: Targets::Stations,
    one_replica: true,
    once: false,
    effect: |_| Effect::Hang,
    summary_of_all: Some(
        "Every replica takes requests and never answers: slots and waiting places fill, and only time-outs free its callers. Lifted, they go on where they stood.",
    ),
    lift_label: "Let it go on",
};
