//! Failover: when a primary counts as dead, who takes over, and what keeps the old one from taking writes.
//!
//! With probes every i, k misses and a time-out o, a crash is noticed within (k-1)i + o and k i + o.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// What keeps a primary that nobody hears of from taking writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fencing {
    /// Nothing: there may be two primaries.
    None,
    /// It stops when its lease ends, and the next one starts no earlier.
    Lease(SimDuration),
    /// The store refuses it once there is a primary with a higher number.
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub every: SimDuration,
    pub misses: u32,
    pub timeout: SimDuration,
    pub promotion: SimDuration,
    pub fencing: Fencing,
}

static OFF: Entry = Entry {
    id: "off",
    name: "None",
    summary: told("When the primary is gone, no replica takes over."),
    source: "",
    params: &[],
    defect: false,
};

static AUTOMATIC: Entry = Entry {
    id: "automatic",
    name: "Automatic",
    summary: told(
        "The primary is probed; when it does not answer, the freshest read replica applies what it has received and takes over. Writes that were answered and had not reached it are lost.",
    ),
    source: told(
        "Patroni, Orchestrator: probes, misses, promotion of the freshest; Patroni's ttl of 30 s as the lease.",
    ),
    params: &[
        ParamSpec::number(
            "every",
            "Probes every",
            Unit::Seconds,
            5.0,
            0.01,
            3_600.0,
            "Time between two probes of the primary.",
        ),
        ParamSpec::count("misses", "Dead after misses", 3.0, 1.0, 100.0, "Probes in a row that get no answer."),
        ParamSpec::number(
            "timeout",
            "A probe waits",
            Unit::Seconds,
            1.0,
            0.001,
            3_600.0,
            "A probe without an answer by then is a miss. A primary so slow that its check takes longer is missed, too.",
        ),
        ParamSpec::number(
            "promotion",
            "Promotion takes",
            Unit::Seconds,
            5.0,
            0.0,
            3_600.0,
            "Until the new primary serves and clients find it, once it has applied what it had received.",
        ),
        ParamSpec::choice(
            "fencing",
            "Fencing",
            &[("none", "none"), ("lease", "lease"), ("number", "fencing number")],
            "none",
            "What stops a primary that is cut off but alive. Lease: it stops when its lease ends, and the next one starts no earlier. Fencing number: the disks refuse it once a newer one exists. None: both take writes, and what the old one took is lost.",
        ),
        ParamSpec::number(
            "lease",
            "The lease lasts",
            Unit::Seconds,
            30.0,
            0.01,
            3_600.0,
            "Only with a lease: each probe that is answered renews it.",
        ),
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &AUTOMATIC]
}

/// What the choice says; `None`: nobody takes over.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    if choice.id != AUTOMATIC.id {
        return None;
    }
    let reader = Reader::new(&AUTOMATIC, &choice.params);
    let secs = |key: &str| SimDuration::from_secs_f64(reader.number(key));
    Some(Settings {
        every: secs("every"),
        misses: reader.count("misses"),
        timeout: secs("timeout"),
        promotion: secs("promotion"),
        fencing: match reader.choice("fencing") {
            "lease" => Fencing::Lease(secs("lease")),
            "number" => Fencing::Number,
            _ => Fencing::None,
        },
    })
}
