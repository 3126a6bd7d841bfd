//! What comes with Headroom: its lessons and its gallery.
//!
//! Nothing is listed here. The build (`build/course/`) reads and checks the folders `www/lessons/SLUG`, the chapters in
//! `www/lessons/chapters.toml` and the files `www/scenarios/ID.json`, and stores what stands in the slices below.

use super::text::{Section, sections};
use super::{Lesson, LessonError};
use crate::topology::document::Document;
use crate::topology::format::{ENGINE, LoadError, Run};

/// A lesson's files, embedded.
#[derive(Clone, Copy, Debug)]
pub struct LessonFiles {
    /// As the course counts it, e.g. `5.1`. It follows from the order of the lessons: there is no gap.
    pub number: &'static str,
    /// kebab-case, stable: the folder's name, by which links and progress name the lesson.
    pub slug: &'static str,
    /// Other names by which links find it.
    pub also: &'static [&'static str],
    /// `lesson.toml` as JSON.
    pub json: &'static str,
    pub start: &'static str,
}

/// Lessons that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// kebab-case, stable: what `lesson.toml` names.
    pub id: &'static str,
    pub title: &'static str,
    /// One line for the list of lessons.
    pub summary: &'static str,
    /// What one of its lessons is called, before its number.
    pub lesson: &'static str,
}

/// A scenario of the gallery: a saved document that runs as it is.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// kebab-case, stable: names the scenario in links and on the command line.
    pub id: &'static str,
    pub json: &'static str,
}

/// All chapters, in the order of the course.
pub static CHAPTERS: &[Chapter] = include!(concat!(env!("OUT_DIR"), "/chapters.rs"));

/// All lessons, in the order of the course.
pub static LESSONS: &[LessonFiles] = include!(concat!(env!("OUT_DIR"), "/lessons.rs"));

/// (name, saved run)
type Solutions = &'static [(&'static str, &'static str)];

/// The stored solutions by the lesson's slug. Apart from the lessons: no browser program asks for them, so that none
/// carries them.
static SOLUTIONS: &[(&str, Solutions)] = include!(concat!(env!("OUT_DIR"), "/solutions.rs"));

/// The prose by the lesson's slug. Apart from the lessons: only the page asks for it, so that the worker does not carry it.
static PROSE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/prose.rs"));

/// All scenarios, in the order of the gallery; the first is what a first visit shows.
pub static SCENARIOS: &[Scenario] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// Finds a lesson by slug, or by another name that links may still use.
#[must_use]
pub fn lesson(name: &str) -> Option<&'static LessonFiles> {
    LESSONS.iter().find(|lesson| lesson.slug == name || lesson.also.contains(&name))
}

/// Finds a chapter by id.
#[must_use]
pub fn chapter(id: &str) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|chapter| chapter.id == id)
}

/// Finds a scenario by id.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.id == id)
}

/// What is stored for a lesson.
fn of<T: Copy>(slug: &str, stored: &[(&str, T)]) -> Option<T> {
    stored.iter().find(|(other, _)| *other == slug).map(|(_, stored)| *stored)
}

/// A built-in run belongs to the engine it comes with.
fn run(json: &str) -> Result<Run, LoadError> {
    Run::from_json(json).map(|run| Run { engine: ENGINE.to_owned(), ..run })
}

impl Scenario {
    /// Reads the scenario. Built-in ones always can be read (a test opens each of them).
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn run(&self) -> Result<Run, LoadError> {
        run(self.json)
    }
}

impl LessonFiles {
    /// Reads `lesson.toml`. Built-in ones always can be read (a test opens each of them).
    ///
    /// # Errors
    /// As [`Lesson::from_json`].
    pub fn lesson(&self) -> Result<Lesson, LessonError> {
        Lesson::from_json(self.json)
    }

    /// The prose, by sections.
    #[must_use]
    pub fn sections(&self) -> Vec<Section<'static>> {
        of(self.slug, PROSE).map(sections).unwrap_or_default()
    }

    /// The system that fails.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn start(&self) -> Result<Document, LoadError> {
        run(self.start).map(|run| run.document)
    }

    /// The stored solutions as saved: the first, then others that differ from it, as (name, saved run).
    #[must_use]
    pub fn stored(&self) -> Solutions {
        of(self.slug, SOLUTIONS).unwrap_or_default()
    }

    /// The stored solutions, by name.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn solutions(&self) -> Result<Vec<(&'static str, Document)>, LoadError> {
        self.stored().iter().map(|(name, json)| run(json).map(|run| (*name, run.document))).collect()
    }
}
