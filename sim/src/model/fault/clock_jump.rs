//! A clock jumps, and with it all that expires by it.

use super::{Effect, FaultKind, Group, Targets};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "clock-jump",
    name: "Clock jump",
    summary: told(
        "The clock by which entries and answers expire goes wrong: ahead, they expire too early, behind, they live too long. Lifting it sets the clock right.",
    ),
    source: told("Step of a clock by NTP or by hand; times to live judged by wall-clock time."),
    params: &[ParamSpec::number(
        "ahead",
        "Ahead by",
        Unit::Seconds,
        3_600.0,
        -86_400.0,
        86_400.0,
        "How far the clock is ahead; negative: behind.",
    )],
    defect: false,
};

pub(super) static KIND: FaultKind = FaultKind {
    entry: &ENTRY,
    group: Group::Data,
    icon: "alarm-clock",
    targets: Targets::Clocks,
    one_replica: false,
    once: false,
    effect: |params| Effect::ClockJump { secs: super::number(&ENTRY, params, "ahead") },
    summary_of_all: None,
    lift_label: "Set the clock right",
};
