//! A race on the page: the same document under several scalers, each in a worker of its own.

use std::rc::Rc;

use yew::Callback;

use crate::protocol::{FromWorker, ToWorker};
use crate::runner::what_if::Finish;
use crate::topology::document::{Document, NodeId};
use crate::topology::format::Run;
use crate::ui::client::crew::{Crew, Heard, Work};

/// What a race has to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// How far an entrant is, 0..1.
    Share(usize, f64),
    Finished(usize, Rc<Finish>),
    /// It cannot go on, in plain words.
    Failed(String),
}

/// A race under way; dropped = stopped.
pub type Race = Crew<Racing>;

/// What the workers of a race do.
#[derive(Debug)]
pub struct Racing {
    node: NodeId,
    told: Callback<Told>,
}

/// Runs every one of `documents` and watches `node`; they are told of by their index.
#[must_use]
pub fn start(node: NodeId, documents: Vec<Document>, told: Callback<Told>) -> Race {
    Crew::start(Racing { node, told }, documents)
}

impl Work for Racing {
    const NAME: &'static str = "The race";
    type Job = Document;

    fn ask(&self, number: usize, document: Document) -> ToWorker {
        let document_json = Run::new(document).to_json();
        ToWorker::Race { job: number as u32, document_json, node: self.node }
    }

    fn hear(&self, message: FromWorker) -> Heard {
        match message {
            FromWorker::Racing { job, share } => self.told.emit(Told::Share(job as usize, share)),
            FromWorker::Raced { job, finish_json: Ok(json) } => match serde_json::from_str(&json) {
                Ok(finish) => {
                    self.told.emit(Told::Finished(job as usize, Rc::new(finish)));
                    return Heard::Done;
                }
                Err(_) => return Heard::Failed("The race gave no result.".to_owned()),
            },
            FromWorker::Raced { finish_json: Err(words), .. } => return Heard::Failed(words),
            _ => {}
        }
        Heard::Working
    }

    fn fail(&self, message: String) {
        self.told.emit(Told::Failed(message));
    }
}
