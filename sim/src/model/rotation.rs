//! Why a backend is out of rotation: the closed set of reasons.
//!
//! A backend is out of rotation for one of a closed set of reasons: removed, weight 0, draining, failed checks, ejected. What is
//! only suspected (failed checks, ejected), panic brings back; what somebody decided, it does not.
//!
//! - **Outlier detection** (`model/outlier/`) is pure and knows no clock: it is told of every answer, and that an interval is
//!   over. A balancer has one for its table; callers that balance for themselves have one each. An ejected backend returns at
//!   the first sweep after its time, unless told that a good health check ends an ejection (which is Envoy's default).
//! - **Slow start** (`model/slow_start.rs`) counts from when a picker saw a backend come into rotation; a backend that was there
//!   when the run began has its full share. Where a strategy goes by weights, weights are counted in hundredths and a rising
//!   backend has fewer of them; else it is left out of a share of the picks, drawn from the balancer's own numbers. Plain
//!   weighted round robin is treated like the latter: weights in hundredths would make bursts of a hundred.
//! - **Draining** needs no check: balancers are told at once, callers at their next look into the registry.
//! - **Cold start**: a replica that is added or revived serves its first requests more slowly, with or without slow start.

use serde::{Deserialize, Serialize};

/// What keeps a backend from being chosen, as its balancer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfRotation {
    /// It was taken off the drawing.
    Removed,
    /// Its connection's weight is 0.
    NoWeight,
    /// An operator takes it out: it finishes what it has.
    Draining,
    /// Too many checks failed in a row.
    FailedChecks,
    /// Outlier detection has ejected it.
    Ejected,
}

impl OutOfRotation {
    pub const ALL: [Self; 5] = [Self::Removed, Self::NoWeight, Self::Draining, Self::FailedChecks, Self::Ejected];

    /// The word for it in a table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::NoWeight => "weight 0",
            Self::Draining => "draining",
            Self::FailedChecks => "believed down",
            Self::Ejected => "ejected",
        }
    }

    /// Whether panic brings it back: what is only suspected, never what somebody decided.
    #[must_use]
    pub const fn is_suspicion(self) -> bool {
        matches!(self, Self::FailedChecks | Self::Ejected)
    }
}
