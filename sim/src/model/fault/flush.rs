//! A cache forgets everything.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, told};

static ENTRY: Entry = Entry {
    id: "cache-flush",
    name: "Flush",
    summary: told("The cache forgets everything at this moment; what asks for it next misses. It acts once."),
    source: told(
        "FLUSHALL, or a restart of the cache; Nishtala et al., \"Scaling Memcache at Facebook\", NSDI 2013, on cold caches.",
    ),
    params: &[],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Data,
    icon: "eraser",
    targets: Targets::Caches,
    one_replica: false,
    once: true,
    effect: |_| Effect::Flush,
    summary_of_all: None,
    lift_label: "Done",
};
