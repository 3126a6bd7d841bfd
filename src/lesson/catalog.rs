//! What comes with Headroom: its lessons and its gallery. Adding one: its files under `www/`, a line here.

use super::text::{Section, sections};
use super::{Lesson, LessonError};
use crate::topology::document::Document;
use crate::topology::format::{ENGINE, LoadError, Run};

/// A lesson's files, embedded.
#[derive(Clone, Copy, Debug)]
pub struct LessonFiles {
    /// As the course counts it, e.g. `5.1`.
    pub number: &'static str,
    /// The same as in `lesson.toml`.
    pub slug: &'static str,
    /// `lesson.toml` as JSON.
    pub json: &'static str,
    pub text: &'static str,
    pub start: &'static str,
    /// The stored solution first, then others that differ from it: (name, saved run).
    pub solutions: &'static [(&'static str, &'static str)],
}

/// A scenario of the gallery: a saved document that runs as it is.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// kebab-case, stable: names the scenario in links and on the command line.
    pub id: &'static str,
    pub json: &'static str,
}

/// All lessons, in the order of the course.
pub static LESSONS: &[LessonFiles] = &[LessonFiles {
    number: "5.1",
    slug: "black-friday",
    json: include_str!(concat!(env!("OUT_DIR"), "/01-black-friday.json")),
    text: include_str!("../../www/lessons/01-black-friday/text.md"),
    start: include_str!("../../www/lessons/01-black-friday/start.json"),
    solutions: &[
        ("least connections", include_str!("../../www/lessons/01-black-friday/solution.json")),
        ("adaptive, few large replicas", include_str!("../../www/lessons/01-black-friday/solution-adaptive.json")),
        ("round robin, strict checks", include_str!("../../www/lessons/01-black-friday/solution-strict-checks.json")),
        ("round robin, time-outs", include_str!("../../www/lessons/01-black-friday/solution-time-outs.json")),
    ],
}];

/// All scenarios, in the order of the gallery; the first is what a first visit shows.
pub static SCENARIOS: &[Scenario] = &[
    Scenario { id: "black-friday", json: include_str!("../../www/scenarios/black-friday.json") },
    Scenario { id: "one-queue", json: include_str!("../../www/scenarios/one-queue.json") },
    Scenario { id: "balancers", json: include_str!("../../www/scenarios/balancers.json") },
    Scenario { id: "retry-storm", json: include_str!("../../www/scenarios/retry-storm.json") },
];

/// Finds a lesson by slug.
#[must_use]
pub fn lesson(slug: &str) -> Option<&'static LessonFiles> {
    LESSONS.iter().find(|lesson| lesson.slug == slug)
}

/// Finds a scenario by id.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.id == id)
}

/// A built-in run belongs to whatever engine it comes with.
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
    pub fn sections(&self) -> Vec<Section> {
        sections(self.text)
    }

    /// The system that fails.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn start(&self) -> Result<Document, LoadError> {
        run(self.start).map(|run| run.document)
    }

    /// The stored solutions, by name.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn solutions(&self) -> Result<Vec<(&'static str, Document)>, LoadError> {
        self.solutions.iter().map(|(name, json)| run(json).map(|run| (*name, run.document))).collect()
    }
}
