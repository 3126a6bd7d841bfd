//! What the browser keeps for the learner beside drawings (see `drawings/`): progress, panels, where the last visit ended.
//! Nothing leaves the machine.

use super::browser;
use crate::drawings::Address;
use crate::editor::PersistedSession;

const SESSION: &str = "headroom.session";
const PLACE: &str = "headroom.place";
/// Where an older Headroom kept the lesson of the last visit.
const LESSON_PLACE: &str = "headroom.lesson";
const PROGRESS: &str = "headroom.progress";
/// Whether the tour was seen or skipped; `www/boot.js` reads it, too.
const TOURED: &str = "headroom.tour";

/// Remembers where the person is, to come back there: in a drawing or a lesson.
pub fn keep_place(address: &Address) {
    if address.is_a_place() {
        // A failure costs one click at the next visit.
        let _ = browser::store(PLACE, &address.to_string());
    } else {
        browser::forget(PLACE);
    }
    browser::forget(LESSON_PLACE);
}

/// Where the last visit ended.
#[must_use]
pub fn place() -> Option<Address> {
    let kept = browser::stored(PLACE).map(|fragment| Address::parse(&fragment));
    kept.or_else(|| browser::stored(LESSON_PLACE).map(Address::Lesson)).filter(Address::is_a_place)
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

/// Whether the tour was seen or skipped.
#[must_use]
pub fn toured() -> bool {
    browser::stored(TOURED).is_some()
}

/// The tour does not come back by itself.
pub fn keep_toured() {
    // A failure costs one press at the next visit.
    let _ = browser::store(TOURED, "done");
}
