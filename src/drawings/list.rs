//! The list of one's own drawings: what it shows, in which order, and how copies are called.

use std::collections::BTreeSet;

use super::record::{Meta, Source};

/// How long a deleted drawing can be brought back [ms]: thirty days.
pub const KEPT_DELETED_MS: u64 = 30 * 24 * 3_600_000;

/// Whether it belongs in the list at all: a design in a lesson is opened with its lesson.
#[must_use]
pub fn is_listed(meta: &Meta) -> bool {
    !matches!(meta.source, Source::Lesson(_))
}

/// Whether a deleted drawing has had its time.
#[must_use]
pub fn is_spent(meta: &Meta, now_ms: u64) -> bool {
    meta.deleted_ms.is_some_and(|deleted_ms| now_ms.saturating_sub(deleted_ms) > KEPT_DELETED_MS)
}

/// The drawings whose title holds every word of `search`, the latest change first.
#[must_use]
pub fn shown<'a>(all: &'a [Meta], search: &str) -> Vec<&'a Meta> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let matches = |meta: &Meta| {
        let title = meta.title.to_lowercase();
        words.iter().all(|word| title.contains(word.as_str()))
    };
    let mut shown: Vec<&Meta> =
        all.iter().filter(|meta| is_listed(meta) && meta.deleted_ms.is_none() && matches(meta)).collect();
    shown.sort_by(|a, b| b.changed_ms.cmp(&a.changed_ms).then_with(|| a.id.cmp(&b.id)));
    shown
}

/// The deleted ones, the latest deleted first.
#[must_use]
pub fn deleted(all: &[Meta]) -> Vec<&Meta> {
    let mut deleted: Vec<&Meta> = all.iter().filter(|meta| is_listed(meta) && meta.deleted_ms.is_some()).collect();
    deleted.sort_by(|a, b| b.deleted_ms.cmp(&a.deleted_ms).then_with(|| a.id.cmp(&b.id)));
    deleted
}

/// A title for a copy that no other drawing has: "Shop (copy)", "Shop (copy 2)".
#[must_use]
pub fn copy_title(title: &str, all: &[Meta]) -> String {
    let taken: BTreeSet<&str> =
        all.iter().filter(|meta| meta.deleted_ms.is_none()).map(|meta| meta.title.as_str()).collect();
    let stem = match title.rfind(" (copy") {
        Some(at) if title.ends_with(')') => &title[..at],
        _ => title,
    };
    let first = format!("{stem} (copy)");
    if !taken.contains(first.as_str()) {
        return first;
    }
    (2_u32..)
        .map(|number| format!("{stem} (copy {number})"))
        .find(|title| !taken.contains(title.as_str()))
        .unwrap_or(first)
}
