//! Grading: the seeds of an examination spread over a few workers.

use std::rc::Rc;

use yew::Callback;

use crate::lesson::catalog::LessonFiles;
use crate::lesson::grade::SeedResult;
use crate::protocol::{FromWorker, ToWorker};
use crate::topology::document::Document;
use crate::topology::format::Run;
use crate::ui::client::crew::{Crew, Heard, Work};

/// What grading has to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Graded {
    /// One more seed is done; in the order in which they end.
    Seed(SeedResult),
    /// It cannot go on, in plain words.
    Failed(String),
}

/// A grading under way; dropped = stopped.
pub type Grading = Crew<Examination>;

/// What the workers of a grading do.
#[derive(Debug)]
pub struct Examination {
    files: Rc<LessonFiles>,
    document_json: String,
    told: Callback<Graded>,
}

/// Grades `design` in a lesson on every one of `seeds`.
#[must_use]
pub fn start(files: Rc<LessonFiles>, design: &Document, seeds: Vec<u64>, told: Callback<Graded>) -> Grading {
    let document_json = Run::new(design.clone()).to_json();
    Crew::start(Examination { files, document_json, told }, seeds)
}

impl Work for Examination {
    const NAME: &'static str = "Grading";
    type Job = u64;

    fn ask(&self, number: usize, seed: u64) -> ToWorker {
        let (lesson_json, start_json) = (self.files.json.clone(), self.files.start.clone());
        let (job, document_json) = (number as u32, self.document_json.clone());
        ToWorker::Grade { job, lesson_json, start_json, document_json, seed }
    }

    fn hear(&self, message: FromWorker) -> Heard {
        let FromWorker::Graded { result_json, .. } = message else { return Heard::Working };
        match serde_json::from_str(&result_json) {
            Ok(result) => {
                self.told.emit(Graded::Seed(result));
                Heard::Done
            }
            Err(_) => Heard::Failed(format!("Grading gave no result: {result_json}")),
        }
    }

    fn fail(&self, message: String) {
        self.told.emit(Graded::Failed(message));
    }
}
