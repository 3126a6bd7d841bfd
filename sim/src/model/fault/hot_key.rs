//! Many ask for the same thing.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "hot-key",
    name: "Hot key",
    summary: told("A share of the requests asks for one and the same item, the one that was least popular before."),
    source: told("Celebrity or hot-shard problem; Nishtala et al., \"Scaling Memcache at Facebook\", NSDI 2013."),
    params: &[ParamSpec::number(
        "share",
        "Share of requests",
        Unit::Share,
        0.5,
        0.0,
        1.0,
        "How many of the requests born meanwhile ask for it.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Traffic,
    icon: "flame",
    targets: Targets::Sources,
    one_replica: false,
    once: false,
    effect: |params| Effect::HotKey { share: super::number(&ENTRY, params, "share") },
    summary_of_all: None,
    lift_label: "Back to the usual keys",
};
