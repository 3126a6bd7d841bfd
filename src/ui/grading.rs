//! Grading: the seeds of an examination spread over a few workers, gone when done or dropped.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use yew::Callback;

use super::browser;
use super::worker_client::WorkerLink;
use crate::lesson::grade::SeedResult;
use crate::protocol::{BUILD, FromWorker, PROTOCOL, ToWorker};
use crate::topology::document::Document;
use crate::topology::format::Run;

/// Workers at once, at most: each simulates at full speed.
const WORKERS_MAX: usize = 4;

/// What grading has to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Graded {
    /// One more seed is done; in the order in which they end.
    Seed(SeedResult),
    /// It cannot go on, in plain words.
    Failed(String),
}

/// A grading under way; dropped = stopped.
pub struct Grading(#[allow(dead_code, reason = "held for its drop")] Rc<Inner>);

impl std::fmt::Debug for Grading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grading").finish_non_exhaustive()
    }
}

struct Inner {
    lesson: String,
    document_json: String,
    waiting: RefCell<VecDeque<u64>>,
    links: RefCell<Vec<WorkerLink>>,
    told: Callback<Graded>,
    failed: RefCell<bool>,
}

impl Grading {
    /// Grades `design` in the lesson `slug` on every one of `seeds`.
    #[must_use]
    pub fn start(slug: &str, design: &Document, seeds: Vec<u64>, told: Callback<Graded>) -> Self {
        // One processor is left to the page itself.
        let processors = browser::window().navigator().hardware_concurrency() as usize;
        let workers = processors.saturating_sub(1).clamp(1, WORKERS_MAX).min(seeds.len());
        let inner = Rc::new(Inner {
            lesson: slug.to_owned(),
            document_json: Run::new(design.clone()).to_json(),
            waiting: RefCell::new(seeds.into()),
            links: RefCell::default(),
            told,
            failed: RefCell::new(false),
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
                        inner.fail(&format!("Grading broke: {message}"));
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
            FromWorker::Graded { result_json, .. } => match serde_json::from_str(&result_json) {
                Ok(result) => {
                    self.told.emit(Graded::Seed(result));
                    self.next(index);
                }
                Err(_) => self.fail(&format!("Grading gave no result: {result_json}")),
            },
            FromWorker::Panicked { message } => self.fail(&format!("Grading broke: {message}")),
            _ => {}
        }
    }

    /// Gives the worker its next seed, if any is left.
    fn next(&self, index: usize) {
        let Some(seed) = self.waiting.borrow_mut().pop_front() else { return };
        if let Some(link) = self.links.borrow().get(index) {
            link.send(&ToWorker::Grade {
                job: index as u32,
                lesson: self.lesson.clone(),
                document_json: self.document_json.clone(),
                seed,
            });
        }
    }

    fn fail(&self, message: &str) {
        if !self.failed.replace(true) {
            self.waiting.borrow_mut().clear();
            self.told.emit(Graded::Failed(message.to_owned()));
        }
    }
}
