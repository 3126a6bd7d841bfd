//! The reserve in the local storage; see [`crate::drawings::reserve`].

use crate::drawings::DrawingId;
use crate::drawings::reserve::{Entry, PREFIX, key};
use crate::ui::browser;

/// Keeps a version that the store has not confirmed. A failure is not told: then the store alone has to do.
pub fn keep(entry: &Entry) -> bool {
    browser::store(&key(&entry.drawing.meta.id), &entry.to_json()).is_ok()
}

/// There is nothing to put back.
pub fn forget(id: &DrawingId) {
    browser::forget(&key(id));
}

/// The store has this revision: what the reserve holds up to it is done with.
pub fn confirmed(id: &DrawingId, revision: u64) {
    let key = key(id);
    let entry = browser::stored(&key).and_then(|text| Entry::from_json(&text));
    if entry.is_some_and(|entry| entry.drawing.meta.revision <= revision) {
        browser::forget(&key);
    }
}

/// The entry of one drawing.
#[must_use]
pub fn of(id: &DrawingId) -> Option<Entry> {
    Entry::from_json(&browser::stored(&key(id))?)
}

/// All entries that can be read.
#[must_use]
pub fn all() -> Vec<Entry> {
    let keys = browser::stored_keys().into_iter().filter(|key| key.starts_with(PREFIX));
    keys.filter_map(|key| Entry::from_json(&browser::stored(&key)?)).collect()
}
