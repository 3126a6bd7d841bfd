//! A crew: workers of their own that take one job after another, gone when the last is done or the crew is dropped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::worker_link::WorkerLink;
use crate::protocol::{BUILD, FromWorker, PROTOCOL, ToWorker};
use crate::ui::browser;

/// Workers at once, at most: each simulates at full speed.
const WORKERS_MAX: usize = 4;

/// What a crew does.
pub trait Work: 'static {
    /// Begins sentences: "Grading".
    const NAME: &'static str;
    type Job: 'static;

    /// What a worker is told to do a job; `number`: of the job, 0 first.
    fn ask(&self, number: usize, job: Self::Job) -> ToWorker;

    /// A worker said something.
    fn hear(&self, message: FromWorker) -> Heard;

    /// The crew cannot go on, in plain words; told once.
    fn fail(&self, message: String);
}

/// What a worker's message means for the crew.
#[derive(Debug)]
pub enum Heard {
    /// It goes on with its job.
    Working,
    /// It can have another.
    Done,
    /// It cannot be done, in plain words.
    Failed(String),
}

/// A crew at work; dropped = stopped.
pub struct Crew<W: Work>(#[allow(dead_code, reason = "held for its drop")] Rc<Inner<W>>);

impl<W: Work> std::fmt::Debug for Crew<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Crew").field(&W::NAME).finish()
    }
}

struct Inner<W: Work> {
    work: W,
    /// Jobs that nobody has begun, with their numbers.
    waiting: RefCell<VecDeque<(usize, W::Job)>>,
    links: RefCell<Vec<WorkerLink>>,
    failed: Cell<bool>,
}

impl<W: Work> Crew<W> {
    /// Begins with the first `jobs`, as many as there are workers for.
    #[must_use]
    pub fn start(work: W, jobs: Vec<W::Job>) -> Self {
        // One processor is left to the page and the run on the screen.
        let processors = browser::window().navigator().hardware_concurrency() as usize;
        let workers = processors.saturating_sub(1).clamp(1, WORKERS_MAX).min(jobs.len());
        let inner = Rc::new(Inner {
            work,
            waiting: RefCell::new(jobs.into_iter().enumerate().collect()),
            links: RefCell::default(),
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
                        inner.fail(format!("{} broke: {message}", W::NAME));
                    }
                },
            );
            match link {
                Ok(link) => inner.links.borrow_mut().push(link),
                Err(message) => inner.fail(message),
            }
        }
        Self(inner)
    }
}

impl<W: Work> Inner<W> {
    fn heard(&self, index: usize, message: FromWorker) {
        match message {
            FromWorker::Ready { protocol, build } if protocol == PROTOCOL && build == BUILD => self.next(index),
            FromWorker::Ready { build, .. } => {
                self.fail(format!(
                    "Page and simulation come from different versions ({BUILD}, {build}). Reload the page."
                ));
            }
            FromWorker::Panicked { message } => self.fail(format!("{} broke: {message}", W::NAME)),
            message => match self.work.hear(message) {
                Heard::Working => {}
                Heard::Done => self.next(index),
                Heard::Failed(message) => self.fail(message),
            },
        }
    }

    /// Gives the worker its next job, if any is left.
    fn next(&self, index: usize) {
        let Some((number, job)) = self.waiting.borrow_mut().pop_front() else { return };
        if let Some(link) = self.links.borrow().get(index) {
            link.send(&self.work.ask(number, job));
        }
    }

    fn fail(&self, message: String) {
        if !self.failed.replace(true) {
            self.waiting.borrow_mut().clear();
            self.work.fail(message);
        }
    }
}
