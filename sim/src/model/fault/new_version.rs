//! A new version of a service comes in, as the service says: by turns, within its limits, or all at once.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;

static ENTRY: Entry = Entry {
    id: "new-version",
    name: "New version",
    summary: told(
        "New replicas start and old ones drain, within the limits that the service sets for new versions. Lifting it rolls back in the same way.",
    ),
    source: told(
        "Kubernetes' Deployment: a version that never becomes ready stalls, and stays stalled until someone rolls back.",
    ),
    params: &[
        ParamSpec::choice(
            "ready",
            "Becomes ready",
            &[("yes", "as usual"), ("never", "never")],
            "yes",
            "A version that fails its readiness probe never gets a request, and no more old replicas leave for it.",
        ),
        ParamSpec::number(
            "errors",
            "Errors of the new version",
            Unit::Share,
            0.0,
            0.0,
            1.0,
            "Share of the answers of new replicas that are errors; no probe notices.",
        ),
    ],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Deploy,
    icon: "rocket",
    targets: Targets::Services,
    one_replica: false,
    once: false,
    effect: |params| Effect::NewVersion {
        errors: super::number(&ENTRY, params, "errors"),
        ready: Reader::new(&ENTRY, params).choice("ready") != "never",
    },
    summary_of_all: None,
    lift_label: "Roll back",
};
