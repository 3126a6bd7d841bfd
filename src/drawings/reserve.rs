//! The reserve: the newest version of a drawing that the store has not confirmed yet, kept where writing takes effect at
//! once, and put into the store by the next page that opens.

use serde::{Deserialize, Serialize};

use super::record::{Drawing, DrawingId, Meta};

/// What the keys of all entries begin with.
pub const PREFIX: &str = "headroom.reserve.";

/// A version under way into the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The stored version that it builds on; 0 for a new drawing.
    pub based_on: u64,
    pub drawing: Drawing,
}

/// The key of a drawing's entry.
#[must_use]
pub fn key(id: &DrawingId) -> String {
    format!("{PREFIX}{}", id.as_str())
}

impl Entry {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an entry is plain data")
    }

    /// `None`: it cannot be read, and stays where it is.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What to do with an entry that a page has left behind.
#[derive(Clone, Debug, PartialEq)]
pub enum Replay {
    /// The store has it, or something later by the same hand.
    Drop,
    /// It becomes the newest version.
    Write(Box<Drawing>),
    /// Another tab has written since: it becomes a drawing of its own.
    Apart(Box<Drawing>),
}

/// Decides that from what is stored.
#[must_use]
pub fn replay(entry: Entry, stored: Option<&Meta>) -> Replay {
    let Entry { based_on, drawing } = entry;
    match stored {
        Some(stored) if stored.writer == drawing.meta.writer && stored.revision >= drawing.meta.revision => {
            Replay::Drop
        }
        Some(stored) if stored.revision > based_on => {
            let id = DrawingId::of_text(&drawing.text);
            let title = format!("{} (recovered)", drawing.meta.title);
            let changed_ms = drawing.meta.changed_ms;
            Replay::Apart(Box::new(drawing.copied(id, title, changed_ms)))
        }
        _ => Replay::Write(Box::new(drawing)),
    }
}
