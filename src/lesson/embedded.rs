//! The files of the course, carried within: for native programs and the JavaScript interface.

use std::ops::Deref;
use std::sync::LazyLock;

use super::catalog::{Chapter, Index, LessonFiles, Listing, Scene, built_in};
use crate::topology::document::Document;
use crate::topology::format::{LoadError, Run};

/// (name, text) of each file.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/course.rs"));

/// (name, saved run)
type Solutions = &'static [(&'static str, &'static str)];

/// The stored solutions by the lesson's slug. Apart from the files: no site serves them.
static SOLUTIONS: &[(&str, Solutions)] = include!(concat!(env!("OUT_DIR"), "/solutions.rs"));

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::from_json(file("index.json")).expect("the build wrote it"));

/// All chapters, in the order of the course.
pub static CHAPTERS: LazyLock<&[Chapter]> = LazyLock::new(|| &INDEX.chapters);

/// All lessons, in the order of the course.
pub static LESSONS: LazyLock<Vec<BuiltInLesson>> = LazyLock::new(|| {
    let read = |listing: &'static Listing| {
        let files = LessonFiles::from_json(file(&listing.file)).expect("the build wrote it");
        BuiltInLesson { slug: &listing.slug, listing, files }
    };
    INDEX.lessons.iter().map(read).collect()
});

/// All scenarios, in the order of the gallery; the first is what a first visit shows.
pub static SCENARIOS: LazyLock<Vec<BuiltInScenario>> = LazyLock::new(|| {
    let read = |scene: &'static Scene| BuiltInScenario { id: &scene.id, scene, json: file(&scene.file) };
    INDEX.scenarios.iter().map(read).collect()
});

fn file(name: &str) -> &'static str {
    let found = FILES.iter().find(|(other, _)| *other == name);
    found.map(|(_, text)| *text).expect("the list names files that the build wrote beside it")
}

/// A lesson with its files.
#[derive(Clone, Debug)]
pub struct BuiltInLesson {
    /// kebab-case, stable: names the lesson in links and on the command line.
    pub slug: &'static str,
    /// As the list shows it.
    pub listing: &'static Listing,
    files: LessonFiles,
}

/// A scenario with its file.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInScenario {
    /// kebab-case, stable: names the scenario in links and on the command line.
    pub id: &'static str,
    /// As the gallery shows it.
    pub scene: &'static Scene,
    /// The saved run.
    pub json: &'static str,
}

impl Deref for BuiltInLesson {
    type Target = LessonFiles;
    fn deref(&self) -> &LessonFiles {
        &self.files
    }
}

impl BuiltInLesson {
    /// The stored solutions as saved: the first, then others that differ from it, as (name, saved run).
    #[must_use]
    pub fn stored(&self) -> Solutions {
        let found = SOLUTIONS.iter().find(|(slug, _)| *slug == self.slug);
        found.map(|(_, solutions)| *solutions).unwrap_or_default()
    }

    /// The stored solutions, by name.
    ///
    /// # Errors
    /// As [`built_in`].
    pub fn solutions(&self) -> Result<Vec<(&'static str, Document)>, LoadError> {
        self.stored().iter().map(|(name, json)| built_in(json).map(|run| (*name, run.document))).collect()
    }
}

impl BuiltInScenario {
    /// Reads the scenario.
    ///
    /// # Errors
    /// As [`built_in`].
    pub fn run(&self) -> Result<Run, LoadError> {
        built_in(self.json)
    }
}

/// Finds a lesson by slug, or by another name that links may still use.
#[must_use]
pub fn lesson(name: &str) -> Option<&'static BuiltInLesson> {
    let found = INDEX.lesson(name)?;
    LESSONS.iter().find(|lesson| lesson.slug == found.slug)
}

/// Finds a scenario by id.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static BuiltInScenario> {
    SCENARIOS.iter().find(|scenario| scenario.id == id)
}
