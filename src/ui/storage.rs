//! What the browser keeps for the learner: the draft, a shelf of earlier drafts, designs in lessons, progress, panels.
//! Nothing leaves the machine.

use serde::{Deserialize, Serialize};

use super::browser;
use super::shell::Origin;
use crate::editor::PersistedSession;
use crate::topology::document::Document;
use crate::topology::format::Run;

const DRAFT: &str = "headroom.draft";
const SHELF: &str = "headroom.shelf";
const SESSION: &str = "headroom.session";
const PLACE: &str = "headroom.lesson";
const PROGRESS: &str = "headroom.progress";
/// Earlier drafts kept; the oldest goes first.
const SHELF_MAX: usize = 6;

/// An earlier draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelved {
    pub title: String,
    pub run_json: String,
}

/// Where a document of this origin is kept, if it is the learner's to keep.
#[must_use]
pub fn key_of(origin: &Origin) -> String {
    match origin {
        Origin::Lesson(slug) => format!("headroom.lesson.{slug}"),
        Origin::Draft | Origin::Scenario(_) | Origin::Link | Origin::File => DRAFT.to_owned(),
    }
}

/// Keeps a document under `key`. Fails with what to tell the learner.
pub fn keep(key: &str, document: &Document) -> Result<(), &'static str> {
    browser::store(key, &Run::new(document.clone()).to_json())
}

/// What is kept under `key`; `None` if there is nothing or it cannot be read (it then stays where it is).
#[must_use]
pub fn kept(key: &str) -> Option<Document> {
    Run::from_json(&browser::stored(key)?).ok().map(|run| run.document)
}

/// The draft of the last visit, if it holds anything.
#[must_use]
pub fn draft() -> Option<Document> {
    kept(DRAFT).filter(|document| !document.nodes.is_empty())
}

/// Remembers whether the learner is in a lesson, to come back there.
pub fn keep_place(origin: &Origin) {
    match origin {
        // A failure costs one click at the next visit.
        Origin::Lesson(slug) => drop(browser::store(PLACE, slug)),
        _ => browser::forget(PLACE),
    }
}

/// The lesson of the last visit, if it ended in one.
#[must_use]
pub fn lesson_of_last_visit() -> Option<String> {
    browser::stored(PLACE)
}

#[must_use]
pub fn shelf() -> Vec<Shelved> {
    browser::stored(SHELF).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Moves the draft onto the shelf, newest first: another document is about to take its place.
pub fn shelve_draft() -> Result<(), &'static str> {
    let Some(draft) = draft() else { return Ok(()) };
    let mut shelf = shelf();
    let run_json = Run::new(draft.clone()).to_json();
    shelf.retain(|shelved| shelved.run_json != run_json);
    shelf.insert(0, Shelved { title: draft.title, run_json });
    shelf.truncate(SHELF_MAX);
    browser::store(SHELF, &serde_json::to_string(&shelf).expect("a shelf is plain data"))?;
    browser::forget(DRAFT);
    Ok(())
}

/// Panels, theme and camera of the last visit.
#[must_use]
pub fn session() -> Option<PersistedSession> {
    serde_json::from_str(&browser::stored(SESSION)?).ok()
}

/// A failure is not told: nothing of worth is lost.
pub fn keep_session(session: &PersistedSession) {
    let _ = browser::store(SESSION, &serde_json::to_string(session).expect("a session is plain data"));
}

/// Lesson progress as text; its shape belongs to `lesson::progress`.
#[must_use]
pub fn progress() -> Option<String> {
    browser::stored(PROGRESS)
}

/// Keeps lesson progress. Fails with what to tell the learner.
pub fn keep_progress(text: &str) -> Result<(), &'static str> {
    browser::store(PROGRESS, text)
}
