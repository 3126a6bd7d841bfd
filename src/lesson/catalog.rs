//! What comes with Headroom: its lessons and its gallery.
//!
//! Nothing is listed here. The build (`build/course/`) reads and checks the folders `www/lessons/SLUG`, the chapters in
//! `www/lessons/chapters.toml` and the files `www/scenarios/ID.json`, and makes files of them: the list of everything
//! ([`Index`]), one for each lesson ([`LessonFiles`]) and one for each scenario (a saved run). The page fetches these
//! files when they are wanted; native programs carry the same files within.

use serde::Deserialize;

use super::text::{Section, sections};
use super::{Lesson, LessonError};
use crate::topology::document::Document;
use crate::topology::format::{ENGINE, LoadError, Run};

#[cfg(embeds_course)]
pub use super::embedded::{BuiltInLesson, BuiltInScenario, CHAPTERS, LESSONS, SCENARIOS, lesson, scenario};

/// The list of everything: what can be shown of lessons and scenarios without opening them, and where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// In the order of the course.
    pub chapters: Vec<Chapter>,
    /// In the order of the course.
    pub lessons: Vec<Listing>,
    /// In the order of the gallery: the tour of a first visit, what a visit begins with after that, the rest.
    pub scenarios: Vec<Scene>,
    /// Name of the glossary's file, see [`crate::glossary::Glossary::from_json`].
    pub glossary: String,
}

/// Lessons that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// kebab-case, stable: what `lesson.toml` names.
    pub id: String,
    pub title: String,
    /// One line for the list of lessons.
    pub summary: String,
    /// What one of its lessons is called, before its number.
    pub lesson: String,
}

/// A lesson as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// kebab-case, stable: the folder's name, by which links and progress name the lesson.
    pub slug: String,
    /// As the course counts it, e.g. `5.1`. It follows from the order of the lessons: there is no gap.
    pub number: String,
    /// Other names by which links find it.
    pub also: Vec<String>,
    /// Id of its chapter.
    pub chapter: String,
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// About how long it takes [min].
    pub minutes: u32,
    /// Name of its file, see [`LessonFiles::from_json`].
    pub file: String,
}

/// A scenario as the gallery shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// kebab-case, stable: names the scenario in links and on the command line.
    pub id: String,
    pub title: String,
    /// What to look at and what to try.
    pub notes: String,
    /// Name of its file: a saved run, see [`built_in`].
    pub file: String,
    /// The same run, of the first alone: a first visit waits for no file more.
    #[serde(default)]
    pub run: Option<String>,
}

/// A lesson's file: all that opening it takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonFiles {
    /// `lesson.toml` as JSON, see [`Lesson::from_json`].
    #[serde(rename = "lesson")]
    pub json: String,
    /// The system that fails: a saved run.
    pub start: String,
    /// As the build stores it, see [`sections`].
    pub prose: String,
}

impl Index {
    /// Reads the file.
    ///
    /// # Errors
    /// Names what is not of this shape, with its place in the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Finds a lesson by slug, or by another name that links may still use.
    #[must_use]
    pub fn lesson(&self, name: &str) -> Option<&Listing> {
        self.lessons.iter().find(|lesson| lesson.slug == name || lesson.also.iter().any(|also| also == name))
    }

    /// Finds a chapter by id.
    #[must_use]
    pub fn chapter(&self, id: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.id == id)
    }

    /// Finds a scenario by id.
    #[must_use]
    pub fn scenario(&self, id: &str) -> Option<&Scene> {
        self.scenarios.iter().find(|scenario| scenario.id == id)
    }

    /// What a lesson is called in the course, e.g. "Lab 3".
    #[must_use]
    pub fn name(&self, lesson: &Listing) -> String {
        let sort = self.chapter(&lesson.chapter).map_or("Practice", |chapter| &chapter.lesson);
        format!("{sort} {}", lesson.number)
    }
}

/// Reads a run that comes with Headroom: it belongs to the engine it comes with.
///
/// # Errors
/// As [`Run::from_json`]. Those that come with this build always can be read (a test opens each of them).
pub fn built_in(json: &str) -> Result<Run, LoadError> {
    Run::from_json(json).map(|run| Run { engine: ENGINE.to_owned(), ..run })
}

impl LessonFiles {
    /// Reads the file.
    ///
    /// # Errors
    /// Names what is not of this shape, with its place in the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Reads `lesson.toml`.
    ///
    /// # Errors
    /// As [`Lesson::from_json`]. Those that come with this build always can be read (a test opens each of them).
    pub fn lesson(&self) -> Result<Lesson, LessonError> {
        Lesson::from_json(&self.json)
    }

    /// The prose, by sections.
    #[must_use]
    pub fn sections(&self) -> Vec<Section<'_>> {
        sections(&self.prose)
    }

    /// The system that fails.
    ///
    /// # Errors
    /// As [`built_in`].
    pub fn start(&self) -> Result<Document, LoadError> {
        built_in(&self.start).map(|run| run.document)
    }
}
