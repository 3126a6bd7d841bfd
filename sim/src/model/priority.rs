//! How much a request matters, as its client says.

use serde::{Deserialize, Serialize};

/// Classes, the most important first: the smaller, the more it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Priority {
    High = 0,
    #[default]
    Normal = 1,
    Low = 2,
}

impl Priority {
    /// All, the most important first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// As options of a parameter: (id, label).
    pub const OPTIONS: &'static [(&'static str, &'static str)] =
        &[("high", "high"), ("normal", "normal"), ("low", "low")];

    /// The word for it, on the page and in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.word() == word)
    }

    /// Its place in counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
