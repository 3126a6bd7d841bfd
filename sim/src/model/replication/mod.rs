//! How a write gets from a primary to its replicas, and when it is answered; who takes over when the primary is gone.
//! Words and parameters of each choice, and what a run needs to know of it; [`super::system`] does it.

pub mod failover;
pub mod follower;
pub mod sessions;

pub use follower::{Follower, Write};

use super::params::{Entry, ParamSpec, Unit, Variant, told};
use super::read::Reader;
use crate::engine::math;
use crate::engine::time::SimDuration;

/// When a write is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Once the primary has it.
    #[default]
    Asynchronous,
    /// Once enough replicas have received it; after so long all that wait are answered, and nothing waits until enough of
    /// them have everything again.
    SemiSynchronous { timeout: SimDuration },
    /// Once enough replicas have flushed it, however long that takes.
    Synchronous,
    /// Once enough replicas have applied it, however long that takes.
    RemoteApply,
}

/// How writes are replicated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    pub mode: Mode,
    /// Replicas that have to say that they have a write.
    pub needed: u32,
    /// One way between the primary and a replica, beside that between their places; and what a replica's flush takes.
    pub ship: SimDuration,
    pub flush: SimDuration,
    /// Both are means of exponential times.
    pub exponential: bool,
}

impl Settings {
    /// A time with this mean, by a draw in 0..1.
    #[must_use]
    pub fn time(&self, mean: SimDuration, draw: impl FnOnce() -> f64) -> SimDuration {
        if !self.exponential || mean == SimDuration::ZERO {
            return mean;
        }
        SimDuration::from_secs_f64(mean.as_secs_f64() * math::standard_exponential(draw()))
    }

    /// Whether a write waits for replicas.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.mode != Mode::Asynchronous
    }
}

const SHIP: ParamSpec = ParamSpec::number(
    "ship",
    "One way takes",
    Unit::Seconds,
    0.0,
    0.0,
    3_600.0,
    "From the primary to a replica and back, each way, beside the time between their regions. What is on its way when the primary dies is lost.",
);

const SPREAD: ParamSpec = ParamSpec::choice(
    "spread",
    "These times",
    &[("fixed", "are always the same"), ("exponential", "vary exponentially")],
    "fixed",
    "Whether the times here are fixed or the means of exponential ones.",
);

const FLUSH: ParamSpec = ParamSpec::number(
    "flush",
    "A replica flushes in",
    Unit::Seconds,
    0.001,
    0.0,
    60.0,
    "Until a write that has arrived is on the replica's disk.",
);

const REPLICAS: ParamSpec = ParamSpec::count(
    "replicas",
    "Waits for replicas",
    1.0,
    1.0,
    15.0,
    "How many of the read replicas have to have a write before it is answered: the fastest of them count.",
);

const TIMEOUT: ParamSpec = ParamSpec::number(
    "timeout",
    "Gives up after",
    Unit::Seconds,
    10.0,
    0.001,
    3_600.0,
    "When a write has waited this long, all that wait are answered, and replication is asynchronous until the replicas have everything again.",
);

static WAYS: [Entry; 4] = [
    Entry {
        id: "asynchronous",
        name: "Asynchronous",
        summary: told(
            "A write is answered once the primary has it, unless the read replicas' own setting says otherwise; a crash of the primary loses what has not reached a replica.",
        ),
        source: told("PostgreSQL without synchronous standbys, MySQL's default."),
        params: &[SHIP, SPREAD],
        defect: false,
    },
    Entry {
        id: "semi-synchronous",
        name: "Semi-synchronous",
        summary: told(
            "A write is answered, and seen by others, once enough replicas have received it; if they take too long, replication turns asynchronous without a word to the clients.",
        ),
        source: told("MySQL semi-synchronous replication: wait point AFTER_SYNC, one replica, time-out 10 s."),
        params: &[SHIP, SPREAD, REPLICAS, TIMEOUT],
        defect: false,
    },
    Entry {
        id: "synchronous",
        name: "Synchronous, k of n",
        summary: told(
            "A write is answered once enough replicas have it on disk. There is no time-out: with too few replicas, writes hang.",
        ),
        source: told(
            "PostgreSQL, synchronous_commit = on with ANY k (...). Exponential flushes of mean d make the k-th of n take d(H_n - H_(n-k)).",
        ),
        params: &[SHIP, SPREAD, FLUSH, REPLICAS],
        defect: false,
    },
    Entry {
        id: "remote-apply",
        name: "Remote apply",
        summary: told(
            "A write is answered once enough replicas have applied it, so that a read there finds it. With too few replicas, writes hang.",
        ),
        source: told("PostgreSQL, synchronous_commit = remote_apply."),
        params: &[SHIP, SPREAD, REPLICAS],
        defect: false,
    },
];

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    WAYS.iter().collect()
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    let entry = WAYS.iter().find(|entry| entry.id == choice.id).unwrap_or(&WAYS[0]);
    let reader = Reader::new(entry, &choice.params);
    let has = |key: &str| entry.params.iter().any(|spec| spec.key == key);
    let secs = |key: &str| if has(key) { SimDuration::from_secs_f64(reader.number(key)) } else { SimDuration::ZERO };
    Settings {
        mode: match entry.id {
            "semi-synchronous" => Mode::SemiSynchronous { timeout: secs("timeout") },
            "synchronous" => Mode::Synchronous,
            "remote-apply" => Mode::RemoteApply,
            _ => Mode::Asynchronous,
        },
        needed: if has("replicas") { reader.count("replicas") } else { 0 },
        ship: secs("ship"),
        flush: secs("flush"),
        exponential: reader.choice("spread") == "exponential",
    }
}
