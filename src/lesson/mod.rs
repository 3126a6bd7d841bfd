//! Lessons: data that the page walks through and a simulation grades.
//!
//! A lesson is a folder `www/lessons/SLUG`: `lesson.toml` (this module's [`Lesson`]), `text.md` (its prose), `start.json`
//! (the system that fails), solutions. Goals, locks and budgets are data; nothing about a single lesson is written in
//! code, and no list names it.
//!
//! What orders and names it is read by the build alone (`build/course/lessons.rs`), also from `lesson.toml`:
//! `order = 20` (its place in its chapter), `[[solution]]` with `name` and `file` (the first is the one that ablations
//! are done to), and `also = ["old-name"]` (other names by which links find it).
//!
//! A goal is a metric, a place, an optional window, an operator and a number; never a closure. The same rules (`rules.rs`) lock
//! the editor and refuse a design in grading, however it was made. Final seeds are unseen by the author of a design and the same
//! for everybody who grades it: a hash of lesson, version and what decides a result in the design. Faults move and change their
//! victim by seed, so a design cannot be built around one film.

pub mod catalog;
pub mod curve;
#[cfg(embeds_course)]
mod embedded;
pub mod goal;
pub mod grade;
pub mod guard;
mod marks;
pub mod metric;
pub mod prediction;
pub mod progress;
pub mod rules;
pub mod text;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use goal::Goal;
use prediction::Prediction;

/// Version of the shape of `lesson.toml`.
pub const FORMAT_VERSION: u32 = 1;

/// One lesson, without its prose and documents.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub format_version: u32,
    /// Rises when the goals or the world change: a pass counts for the version that was passed.
    pub version: u32,
    /// kebab-case, unique, stable: names the lesson in links and progress. The folder's name; the file does not say it.
    pub slug: String,
    /// Id of the chapter that it belongs to, see [`catalog::Index`].
    pub chapter: String,
    pub title: String,
    /// One sentence for the list of lessons.
    pub summary: String,
    /// Glossary ids of what it teaches.
    pub teaches: Vec<String>,
    /// Where the question and its figures come from.
    pub source: String,
    /// About how long it takes [min].
    pub minutes: u32,
    /// Seeds to practice on, known to the learner.
    pub seeds: Vec<u64>,
    /// Registry ids (kinds of station, strategies) that may be added or chosen; empty = all.
    #[serde(default)]
    pub allow: Vec<String>,
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
    #[serde(rename = "goal")]
    pub goals: Vec<Goal>,
    /// From a nudge to nearly the answer.
    #[serde(rename = "hint")]
    pub hints: Vec<Hint>,
    pub prediction: Option<Prediction>,
    #[serde(default)]
    pub lock: Lock,
    #[serde(default)]
    pub budget: Budget,
    #[serde(rename = "final")]
    pub finals: Finals,
    /// Each of these, done to the stored solution, must make it fail: else the lesson teaches nothing.
    #[serde(default, rename = "ablation")]
    pub ablations: Vec<Ablation>,
}

/// One page of the lesson's card.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub kind: StepKind,
    /// Id of a section of `text.md`.
    pub section: String,
}

/// What the learner does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Reads the question.
    Brief,
    /// Places a bet: see [`Prediction`].
    Predict,
    /// Watches the start document fail.
    Meet,
    /// Changes the system.
    Build,
    /// Has it graded.
    Grade,
    /// Reads why, after the pass.
    Explain,
    /// Reads the interviewer's next question, then its answer.
    FollowUp,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    pub text: String,
}

/// What is the world and stays as it is in the start document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lock {
    /// Clients, their number and all their parameters.
    pub traffic: bool,
    /// The timetable of faults.
    pub faults: bool,
    /// Run length, warm-up, the limit for goodput, windows.
    pub run: bool,
    /// The region or zone of every station of the start. (Regions and zones themselves always stay; clients stand where
    /// they stood if `traffic` is locked.)
    pub places: bool,
    /// Roles of stations that must stay.
    pub keep: Vec<String>,
    /// `kind.key` (`edge.key` for connections; `kind.*`: all of them; `kind.key.part`: one parameter of what is chosen
    /// there): as in the start document; at the default on what is new.
    pub params: Vec<String>,
    /// What may be chosen for `kind.key`; what the start has there may stay.
    pub choices: BTreeMap<String, Vec<String>>,
    /// `[from, to]` by role: a path must lead from one to the other.
    pub paths: Vec<[String; 2]>,
}

/// What may be spent at most; absent = without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Replicas x slots, over all services, with as many replicas as the scaler may run.
    pub slots: Option<u32>,
    /// Over all services, as many as the scaler may run.
    pub replicas: Option<u32>,
    /// Over all caches and their nodes, as many as there may be.
    pub cache_entries: Option<u32>,
    /// Over all databases and their read replicas, as many as there may be.
    pub connections: Option<u32>,
}

/// The examination: runs on seeds that nobody has seen and everybody can compute.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finals {
    /// How many seeds.
    pub seeds: u32,
    /// How many of them must pass.
    pub pass: u32,
    /// The stored solutions reach every goal with at least this margin, on every seed tried: nobody fails by chance who
    /// does as they do.
    pub solution_margin: f64,
    /// In graded runs, each fault starts earlier or later by up to this much, as the seed decides [s].
    #[serde(default)]
    pub fault_shift_secs: f64,
    /// In graded runs, a fault aimed at a replica hits the one that the seed decides.
    #[serde(default)]
    pub any_replica: bool,
}

/// One thing taken away from a solution.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ablation {
    /// What is missing then, in words.
    pub without: String,
    /// `kind.key` of the parameter that is set, on every station of that kind.
    pub param: String,
    pub value: crate::model::params::Value,
}

/// Why a lesson cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LessonError {
    /// Not of this shape; the message names the field. (What is no TOML does not build.)
    Syntax(String),
    NewerFormat {
        found: u32,
    },
    /// A metric or parameter that does not exist, a step that is missing, or a number that cannot be.
    Content(String),
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => f.write_str(message),
            Self::NewerFormat { found } => {
                write!(f, "this lesson needs a newer Headroom (form {found}; this one knows form {FORMAT_VERSION})")
            }
            Self::Content(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for LessonError {}

impl Lesson {
    /// Reads `lesson.toml`, which the build has turned into JSON. The build has checked what it reads itself: chapter,
    /// terms, sections, solutions.
    ///
    /// # Errors
    /// Names the field; also what refers to nothing (see [`LessonError::Content`]).
    pub fn from_json(text: &str) -> Result<Self, LessonError> {
        let lesson: Self = serde_json::from_str(text).map_err(|error| LessonError::Syntax(error.to_string()))?;
        if lesson.format_version > FORMAT_VERSION {
            return Err(LessonError::NewerFormat { found: lesson.format_version });
        }
        lesson.check()?;
        Ok(lesson)
    }

    fn check(&self) -> Result<(), LessonError> {
        let require = |holds: bool, message: &str| {
            if holds { Ok(()) } else { Err(LessonError::Content(format!("{}: {message}", self.slug))) }
        };
        require(self.format_version >= 1 && self.version >= 1, "versions count from 1")?;
        require(!self.seeds.is_empty(), "there is no seed to practice on")?;
        require(!self.goals.is_empty(), "there is no goal")?;
        require(!self.hints.is_empty(), "there is no hint")?;
        require(self.steps.iter().any(|step| step.kind == StepKind::Grade), "no step grades")?;
        require(
            (1..=100).contains(&self.finals.seeds) && (1..=self.finals.seeds).contains(&self.finals.pass),
            "the finals need 1 to 100 seeds, and as many or fewer passes",
        )?;
        require(self.finals.fault_shift_secs >= 0.0, "a fault's shift is negative")?;
        for goal in &self.goals {
            goal.check().map_err(|message| LessonError::Content(format!("{}: goal: {message}", self.slug)))?;
        }
        let predicts = self.steps.iter().any(|step| step.kind == StepKind::Predict);
        require(
            predicts == self.prediction.is_some(),
            "a step to predict needs [prediction], and the other way round",
        )?;
        if let Some(prediction) = &self.prediction {
            prediction.check().map_err(|message| LessonError::Content(format!("{}: bet: {message}", self.slug)))?;
        }
        let chosen = self.lock.choices.keys();
        for param in self.lock.params.iter().chain(chosen).chain(self.ablations.iter().map(|ablation| &ablation.param))
        {
            require(rules::param_exists(param), &format!("there is no parameter \"{param}\""))?;
        }
        for id in self.allow.iter().chain(self.lock.choices.values().flatten()) {
            require(rules::id_exists(id), &format!("no registry has \"{id}\""))?;
        }
        Ok(())
    }
}
