//! Session guarantees: what a client that has written, or read, may count on when it reads from a replica.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// What lets a client read its own writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnWrites {
    Nothing,
    /// The primary answers it for so long after each of its writes.
    Window(SimDuration),
    /// A replica waits until it has applied the client's last write.
    Token,
}

/// What keeps a client from reading what is older than what it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monotonic {
    Nothing,
    /// Its reads go to one replica.
    Sticky,
    /// A replica waits until it has applied what the client has read.
    Token,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub own: OwnWrites,
    pub monotonic: Monotonic,
    /// The longest that a replica waits before the primary answers instead.
    pub timeout: SimDuration,
}

const MONOTONIC: ParamSpec = ParamSpec::choice(
    "monotonic",
    "Monotonic reads",
    &[("none", "none"), ("sticky", "one replica for each client"), ("token", "position token")],
    "none",
    "What keeps a client from reading something older than what it has read before. One replica: until it is gone. Token: a replica waits until it has applied what the client has read.",
);

const TIMEOUT: ParamSpec = ParamSpec::number(
    "timeout",
    "A replica waits at most",
    Unit::Seconds,
    1.0,
    0.0,
    3_600.0,
    "Only with a token: a read holds its connection until the replica has applied enough; after this long the primary answers it.",
);

static WAYS: [Entry; 4] = [
    Entry {
        id: "off",
        name: "Not looked at",
        summary: told("It is not known which client has written or read what."),
        source: "",
        params: &[],
        defect: false,
    },
    Entry {
        id: "none",
        name: "None, but counted",
        summary: told(
            "Reads go anywhere. Counted is how many do not find the client's own write, and how many go back in time.",
        ),
        source: told(
            "Exponential lag of mean d: a read t after the own write, from a replica, misses it with exp(-t/d); fixed lag: if t is shorter.",
        ),
        params: &[MONOTONIC, TIMEOUT],
        defect: false,
    },
    Entry {
        id: "window",
        name: "Primary after a write",
        summary: told(
            "After each write of a client the primary answers its reads for a while; a replica that lags longer than that still misses it.",
        ),
        source: told("Sticky primary by time, as in Rails' multiple databases (2 s by default)."),
        params: &[
            ParamSpec::number(
                "window",
                "For",
                Unit::Seconds,
                2.0,
                0.0,
                3_600.0,
                "Time after a client's write in which the primary answers its reads.",
            ),
            MONOTONIC,
            TIMEOUT,
        ],
        defect: false,
    },
    Entry {
        id: "token",
        name: "Position token",
        summary: told(
            "A client brings the position of its last write along; a replica waits until it has applied it, then the primary answers.",
        ),
        source: told("MySQL WAIT_FOR_EXECUTED_GTID_SET, MaxScale causal_reads, MongoDB causal sessions."),
        params: &[MONOTONIC, TIMEOUT],
        defect: false,
    },
];

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    WAYS.iter().collect()
}

/// What the choice says; `None`: nobody looks.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = WAYS[1..].iter().find(|entry| entry.id == choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    let secs = |key: &str| SimDuration::from_secs_f64(reader.number(key));
    Some(Settings {
        own: match entry.id {
            "window" => OwnWrites::Window(secs("window")),
            "token" => OwnWrites::Token,
            _ => OwnWrites::Nothing,
        },
        monotonic: match reader.choice("monotonic") {
            "sticky" => Monotonic::Sticky,
            "token" => Monotonic::Token,
            _ => Monotonic::Nothing,
        },
        timeout: secs("timeout"),
    })
}
