//! A race on the page: the same document under several scalers, each in a worker of its own, gone when done or dropped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use yew::Callback;

use super::browser;
use super::worker_client::WorkerLink;
use crate::protocol::{BUILD, FromWorker, PROTOCOL, ToWorker};
use crate::runner::what_if::Finish;
use crate::topology::document::{Document, NodeId};
use crate::topology::format::Run;

/// Workers at once, at most: each simulates at full speed.
const WORKERS_MAX: usize = 4;

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
pub struct Race(#[allow(dead_code, reason = "held for its drop")] Rc<Inner>);

impl std::fmt::Debug for Race {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Race").finish_non_exhaustive()
    }
}

struct Inner {
    node: NodeId,
    /// Entrants that have not begun: their number, and their document.
    waiting: RefCell<VecDeque<(usize, Document)>>,
    links: RefCell<Vec<WorkerLink>>,
    told: Callback<Told>,
    failed: Cell<bool>,
}

impl Race {
    /// Runs every one of `documents` and watches `node`; they are told of by their index.
    #[must_use]
    pub fn start(node: NodeId, documents: Vec<Document>, told: Callback<Told>) -> Self {
        // One processor is left to the page and the run on the screen.
        let processors = browser::window().navigator().hardware_concurrency() as usize;
        let workers = processors.saturating_sub(1).clamp(1, WORKERS_MAX).min(documents.len());
        let inner = Rc::new(Inner {
            node,
            waiting: RefCell::new(documents.into_iter().enumerate().collect()),
            links: RefCell::default(),
            told,
            failed: Cell::new(false),
        });
        for index in 0..workers {
            let (heard, broke) = (Rc::downgrade(&inner), Rc::downgrade(&inner));
            let link = WorkerLink::spawn(
                move |message| {
                    if let Some(inner) = heard.upgrade() {
                        inner.heard(index, message);
                    }
                },
                move |message| {
                    if let Some(inner) = broke.upgrade() {
                        inner.fail(&format!("The race broke: {message}"));
                    }
                },
            );
            match link {
                Ok(link) => inner.links.borrow_mut().push(link),
                Err(message) => inner.fail(&message),
            }
        }
        Self(inner)
    }
}

impl Inner {
    fn heard(&self, index: usize, message: FromWorker) {
        match message {
            FromWorker::Ready { protocol, build } if protocol == PROTOCOL && build == BUILD => self.next(index),
            FromWorker::Ready { build, .. } => {
                self.fail(&format!(
                    "Page and simulation come from different versions ({BUILD}, {build}). Reload the page."
                ));
            }
            FromWorker::Racing { job, share } => self.told.emit(Told::Share(job as usize, share)),
            FromWorker::Raced { job, finish_json: Ok(json) } => match serde_json::from_str(&json) {
                Ok(finish) => {
                    self.told.emit(Told::Finished(job as usize, Rc::new(finish)));
                    self.next(index);
                }
                Err(_) => self.fail("The race gave no result."),
            },
            FromWorker::Raced { finish_json: Err(words), .. } => self.fail(&words),
            FromWorker::Panicked { message } => self.fail(&format!("The race broke: {message}")),
            _ => {}
        }
    }

    /// Gives the worker its next run, if any is left.
    fn next(&self, index: usize) {
        let Some((job, document)) = self.waiting.borrow_mut().pop_front() else { return };
        if let Some(link) = self.links.borrow().get(index) {
            let document_json = Run::new(document).to_json();
            link.send(&ToWorker::Race { job: job as u32, document_json, node: self.node });
        }
    }

    fn fail(&self, message: &str) {
        if !self.failed.replace(true) {
            self.waiting.borrow_mut().clear();
            self.told.emit(Told::Failed(message.to_owned()));
        }
    }
}
