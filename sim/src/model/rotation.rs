//! Why a backend is out of rotation: the closed set of reasons.

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
