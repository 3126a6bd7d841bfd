//! A new version is rolled out, replica after replica, and it is bad.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "rolling-deploy",
    name: "Rolling deploy",
    summary: told(
        "Replica after replica leaves the rotation, restarts and comes back cold with a new version, which answers a share of its requests with errors. Lifting it rolls all of them back at once.",
    ),
    source: told(
        "Kubernetes' RollingUpdate with one replica unavailable at a time; Beyer et al., \"Site Reliability Engineering\": about 70 % of outages come from changes.",
    ),
    params: &[
        ParamSpec::number(
            "errors",
            "Errors of the new version",
            Unit::Share,
            0.2,
            0.0,
            1.0,
            "Share of the answers of restarted replicas that are errors; 0 = the new version is good.",
        ),
        ParamSpec::number(
            "restart",
            "A restart takes",
            Unit::Seconds,
            10.0,
            0.0,
            3_600.0,
            "How long a replica is down; what it still holds is lost.",
        ),
        ParamSpec::number(
            "drain",
            "Drained before",
            Unit::Seconds,
            5.0,
            0.0,
            3_600.0,
            "How long a replica is out of rotation before its restart, to finish what it has; 0 = it is cut off.",
        ),
        ParamSpec::number(
            "soak",
            "Then waits",
            Unit::Seconds,
            5.0,
            0.0,
            3_600.0,
            "Time between one replica being back and the next one leaving.",
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
    effect: |params| Effect::Rollout {
        drain: super::number(&ENTRY, params, "drain"),
        restart: super::number(&ENTRY, params, "restart"),
        soak: super::number(&ENTRY, params, "soak"),
        errors: super::number(&ENTRY, params, "errors"),
    },
    summary_of_all: None,
    lift_label: "Roll back",
};
