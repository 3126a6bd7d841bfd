//! What an older Headroom kept in the browser's local storage: one draft, a shelf of six, a design for each lesson.

use serde::Deserialize;

use super::record::{Drawing, DrawingId, Source};

pub const DRAFT: &str = "headroom.draft";
pub const SHELF: &str = "headroom.shelf";
/// In front of a lesson's slug.
pub const LESSON: &str = "headroom.lesson.";

/// A draft on the shelf.
#[derive(Deserialize)]
struct Shelved {
    title: String,
    run_json: String,
}

/// The drawings under one of the old keys. Each has an id made of its content (a lesson's design: of its lesson), so that
/// reading them again after an interruption adds nothing. Empty documents are left out; `None`: the text cannot be read and
/// stays where it is.
#[must_use]
pub fn drawings(key: &str, text: &str, now_ms: u64) -> Option<Vec<Drawing>> {
    let found = if key == DRAFT {
        vec![Drawing::of_text(text.to_owned(), "Draft", Source::Earlier, now_ms)]
    } else if key == SHELF {
        let shelf: Vec<Shelved> = serde_json::from_str(text).ok()?;
        // The shelf has its newest first; a millisecond keeps that order in the list.
        let shelved = shelf.into_iter().enumerate().map(|(place, shelved)| {
            Drawing::of_text(shelved.run_json, &shelved.title, Source::Earlier, now_ms.saturating_sub(1 + place as u64))
        });
        shelved.collect()
    } else {
        let slug = key.strip_prefix(LESSON)?;
        let id = DrawingId::of_lesson(slug);
        let mut drawing = Drawing::of_text(text.to_owned(), slug, Source::Lesson(slug.to_owned()), now_ms);
        drawing.meta.id = DrawingId::parse(id.as_str())?;
        vec![drawing]
    };
    let readable_and_empty = |drawing: &Drawing| {
        drawing.meta.stations == 0 && crate::topology::format::Run::from_json(&drawing.text).is_ok()
    };
    Some(found.into_iter().filter(|drawing| !readable_and_empty(drawing)).collect())
}
