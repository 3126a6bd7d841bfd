//! The page's side of its talk with the worker: which message follows which. Pure, no browser.
//!
//! It holds what a replaced worker must be told to stand where the lost one stood, sends one edit at a time
//! (the newest wins; each is a difference from what the worker last accepted, so none is lost by skipping),
//! and drops answers to older loads.
//!
//! The watchdog: every 2 s the page asks the worker whether it lives, and gives it up after two silent answers, or when it
//! throws. A worker that has much to prepare says so first, with how long a step may take: it is given that much longer, since
//! slow is not dead. It never concludes anything while the page is hidden, or before the worker is ready. A lost worker is replaced, and
//! the new one replays document, seed and log up to where the old one stood; after three losses in a row without getting anywhere
//! the page stops trying and says so.

pub mod manifests;
#[cfg(test)]
mod tests;
mod time;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

pub use self::time::Hand;
use crate::lesson::goal::{Goal, GoalResult};
use crate::model::journey::Journey;
use crate::protocol::{BUILD, Ending, Frame, FromWorker, PROTOCOL, RunId, RunStatus, Speed, ToWorker};
use crate::topology::check;
use crate::topology::document::{Change, Diagnostic, Document, Edit, Input, NodeId, Severity};
use crate::topology::format::{self, Run};

/// Something the page should show or act on.
#[derive(Debug)]
pub enum News {
    Frame(Box<Frame>),
    /// The document was read: what stands in the way, and whether it runs at all.
    Loaded {
        diagnostics: Vec<Diagnostic>,
        runs: bool,
    },
    /// A change was refused; the system goes on as it was.
    Refused(Vec<Diagnostic>),
    /// A change was applied; nothing is refused any more. What had been played after its moment [ns] is void.
    Applied {
        void_after_ns: u64,
    },
    /// A recorded change of the run was applied, which the page's document does not hold yet.
    Recorded(Change),
    /// The run as a link carries it.
    Exported {
        run_json: String,
        trace_hash: String,
    },
    Finished(Ending),
    /// How the run that has ended did on the goals that were asked about.
    Judged(Vec<GoalResult>),
    /// The worker makes a system of so many members; a step of it may take so long [ms].
    Preparing {
        members: u32,
        step_ms: u32,
    },
    /// The worker broke and says why.
    Panicked(String),
    /// The worker comes from another build: the page must be loaded anew.
    WrongBuild(String),
    /// How far the replay for an explanation is, 0..1.
    Explaining(f64),
    /// The journey of a request, or why there is none.
    Explained {
        source: NodeId,
        ordinal: u64,
        journey: Result<Box<Journey>, String>,
    },
    /// The answer to a ping.
    Pong(u32),
}

/// A change that the worker has been sent and has not answered yet.
#[derive(Debug)]
enum Waiting {
    Edit {
        change: Change,
        document: Rc<Document>,
    },
    Fault {
        change: Change,
        /// The step that begins with it, which can be taken back.
        step: Option<u32>,
    },
}

impl Waiting {
    fn change(&self) -> &Change {
        match self {
            Self::Edit { change, .. } | Self::Fault { change, .. } => change,
        }
    }
}

/// See the module's words.
#[derive(Debug)]
pub struct Conversation {
    run: RunId,
    ready: bool,
    /// A load was sent and not answered.
    loading: bool,
    /// The document that the run began with.
    base: Rc<Document>,
    /// Changes since, as the worker stamped them, and recorded ones still to come.
    hands: Rc<Vec<Hand>>,
    /// What they were before each step by hand, latest last: the way back.
    earlier: Vec<(u32, Rc<Vec<Hand>>)>,
    /// The step to be taken back as soon as the worker has answered it.
    take_back: Option<u32>,
    /// The document that the worker's system stands for.
    accepted: Rc<Document>,
    /// The newest document of the editor.
    wanted: Rc<Document>,
    waiting: VecDeque<Waiting>,
    /// Faults asked for while the worker is on its way to a moment: they belong there.
    held: Vec<(Change, Option<u32>)>,
    /// The system takes over what the editor's document says; not after going back, until a hand changes something there.
    follows: bool,
    /// Jumps sent; the moment [ns] of the one under way, and of the one that follows it.
    jumps: u32,
    jumping: Option<u64>,
    next_jump: Option<u64>,
    /// The clock as last heard [ns].
    now_ns: u64,
    playing: bool,
    speed: Speed,
    /// Whose series are watched (`None`: the whole system's), and which stations are looked into; each by how many.
    watched: BTreeMap<Option<NodeId>, usize>,
    looked_into: BTreeMap<NodeId, usize>,
    profiles: bool,
    events: u64,
    status: RunStatus,
    /// Where a replaced worker must get to before it goes on.
    until_event: Option<u64>,
    outgoing: Vec<ToWorker>,
}

impl Default for Conversation {
    fn default() -> Self {
        let empty = Rc::new(Document::default());
        Self {
            run: RunId(0),
            ready: false,
            loading: false,
            base: empty.clone(),
            hands: Rc::default(),
            earlier: Vec::new(),
            take_back: None,
            accepted: empty.clone(),
            wanted: empty,
            waiting: VecDeque::new(),
            held: Vec::new(),
            follows: true,
            jumps: 0,
            jumping: None,
            next_jump: None,
            now_ns: 0,
            playing: false,
            speed: Speed::Times(1.0),
            watched: BTreeMap::new(),
            looked_into: BTreeMap::new(),
            profiles: false,
            events: 0,
            status: RunStatus::Paused,
            until_event: None,
            outgoing: Vec::new(),
        }
    }
}

impl Conversation {
    /// What must be sent now, oldest first.
    #[must_use]
    pub fn take_outgoing(&mut self) -> Vec<ToWorker> {
        std::mem::take(&mut self.outgoing)
    }

    #[must_use]
    pub fn playing(&self) -> bool {
        self.playing
    }

    #[must_use]
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Seed of the run under way.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.base.seed
    }

    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Events processed, as last heard.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the editor's document differs from the running one in what only a new start can change
    /// (seed, run length, warm-up, windows, timetable of faults, when an answer is good).
    #[must_use]
    pub fn needs_restart(&self) -> bool {
        self.begun() && !self.base.same_settings(&self.wanted)
    }

    /// The document that the run began with: its length and its warm-up are those of the run.
    #[must_use]
    pub fn base(&self) -> &Document {
        &self.base
    }

    /// Whether the run is over and the editor's document has changed since: what is shown belongs to the earlier one.
    #[must_use]
    pub fn outdated(&self) -> bool {
        self.status == RunStatus::Finished
            && (self.needs_restart() || !Edit::between(&self.accepted, &self.wanted).is_empty())
    }

    /// What keeps the run from being begun (again): the first error of the editor's document. A run that is under way
    /// goes on with the last document that worked.
    #[must_use]
    pub fn obstacle(&self) -> Option<Diagnostic> {
        if self.events > 0 && self.status != RunStatus::Finished {
            return None;
        }
        check::check(&self.wanted).into_iter().find(|problem| problem.severity == Severity::Error)
    }

    /// Whether the run is over: to play then means to start anew.
    #[must_use]
    pub fn finished(&self) -> bool {
        // On the way back it is not over any more.
        self.status == RunStatus::Finished && self.jumping.is_none()
    }

    /// Whether anything happened that a fresh load would lose.
    fn begun(&self) -> bool {
        self.events > 0 || !self.hands.is_empty() || !self.waiting.is_empty()
    }

    /// Begins a run: a document, with the recorded inputs of a shared run.
    pub fn open(&mut self, document: Rc<Document>, inputs: Vec<Input>, play: bool) {
        self.base = document.clone();
        self.accepted = document.clone();
        self.wanted = document;
        self.hands = Rc::new(inputs.into_iter().map(|input| Hand { input, at_ns: None }).collect());
        self.earlier.clear();
        self.playing = play;
        self.until_event = None;
        self.load();
    }

    /// Starts the editor's newest document from the beginning, without the faults and edits given while it ran
    /// (edits stand in the document already).
    pub fn restart(&mut self, play: bool) {
        self.open(self.wanted.clone(), Vec::new(), play);
    }

    fn load(&mut self) {
        self.run = RunId(self.run.0 + 1);
        self.events = 0;
        self.status = RunStatus::Paused;
        self.now_ns = 0;
        self.waiting.clear();
        self.held.clear();
        self.forget_jumps();
        self.loading = true;
        if self.ready {
            self.send_load();
        }
    }

    fn send_load(&mut self) {
        let mut run = Run::new((*self.base).clone());
        run.inputs = self.hands.iter().map(|hand| hand.input.clone()).collect();
        let run_json = run.to_json();
        self.outgoing.push(ToWorker::Load { run: self.run, run_json, until_event: self.until_event });
        self.send_watched();
        if !self.looked_into.is_empty() {
            self.send_looks();
        }
        if self.profiles {
            self.outgoing.push(ToWorker::Profile { run: self.run, on: true });
        }
        if self.playing {
            self.outgoing.push(ToWorker::Play { run: self.run, speed: self.speed });
        }
    }

    /// The editor holds another document.
    pub fn edited(&mut self, document: Rc<Document>) {
        self.follows |= !Edit::between(&self.wanted, &document).is_empty();
        self.wanted = document;
        self.catch_up();
    }

    /// Sends what leads from the accepted document to the wanted one, unless an answer is awaited.
    fn catch_up(&mut self) {
        if self.loading
            || self.until_event.is_some()
            || self.jumping.is_some()
            || self.waiting.iter().any(|waiting| matches!(waiting, Waiting::Edit { .. }))
        {
            return; // The newest is looked at again when the answer comes.
        }
        let edit = Edit::between(&self.accepted, &self.wanted);
        self.follows |= edit.is_empty();
        if !self.begun() {
            if edit.is_empty() && self.base.same_settings(&self.wanted) {
                self.base = self.wanted.clone(); // Positions and labels: nothing to tell.
                self.accepted = self.wanted.clone();
            } else {
                self.restart(self.playing);
            }
        } else if self.follows && !edit.is_empty() && self.status != RunStatus::Finished {
            let change = Change::Edit(edit);
            self.send_change(&change);
            self.waiting.push_back(Waiting::Edit { change, document: self.wanted.clone() });
        }
    }

    fn send_change(&mut self, change: &Change) {
        if self.ready {
            let change_json = format::change_to_json(change);
            self.outgoing.push(ToWorker::Change { run: self.run, change_json });
        }
    }

    /// Runs on; a finished run starts anew.
    pub fn play(&mut self) {
        if self.finished() {
            self.restart(true);
            return;
        }
        self.playing = true;
        self.send_play();
    }

    fn send_play(&mut self) {
        if self.ready {
            self.outgoing.push(ToWorker::Play { run: self.run, speed: self.speed });
        }
    }

    pub fn pause(&mut self) {
        self.playing = false;
        if self.ready {
            self.outgoing.push(ToWorker::Pause { run: self.run });
        }
    }

    /// One event; pauses first if it runs.
    pub fn step(&mut self) {
        if self.playing {
            self.pause();
        }
        if self.ready {
            self.outgoing.push(ToWorker::Step { run: self.run });
        }
    }

    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
        if self.playing {
            self.send_play();
        }
    }

    /// Somebody watches the series of this station (`None`: of the whole system), until as many have stopped.
    pub fn watch(&mut self, node: Option<NodeId>) {
        if more(&mut self.watched, node) && self.ready {
            self.send_watched();
        }
    }

    pub fn unwatch(&mut self, node: Option<NodeId>) {
        if fewer(&mut self.watched, node) && self.ready {
            self.send_watched();
        }
    }

    fn send_watched(&mut self) {
        let nodes = self.watched.keys().copied().collect();
        self.outgoing.push(ToWorker::Watch { run: self.run, nodes });
    }

    /// Somebody looks into this station: its whole inside is sent until as many have looked away.
    pub fn look_into(&mut self, node: NodeId) {
        if more(&mut self.looked_into, node) && self.ready {
            self.send_looks();
        }
    }

    pub fn look_away(&mut self, node: NodeId) {
        if fewer(&mut self.looked_into, node) && self.ready {
            self.send_looks();
        }
    }

    fn send_looks(&mut self) {
        let nodes = self.looked_into.keys().copied().collect();
        self.outgoing.push(ToWorker::LookInto { run: self.run, nodes });
    }

    /// Whether to send where the time went.
    pub fn profile(&mut self, on: bool) {
        if self.profiles != on {
            self.profiles = on;
            if self.ready {
                self.outgoing.push(ToWorker::Profile { run: self.run, on });
            }
        }
    }

    /// Asks why a request went as it did; tells whether somebody is there to answer.
    pub fn explain(&mut self, source: NodeId, ordinal: u64) -> bool {
        if self.ready {
            self.outgoing.push(ToWorker::Explain { run: self.run, source, ordinal });
        }
        self.ready
    }

    /// The answer is not wanted any more.
    pub fn forget_explain(&mut self) {
        if self.ready {
            self.outgoing.push(ToWorker::ForgetExplain { run: self.run });
        }
    }

    /// Asks how the run that has ended did on these goals.
    pub fn judge(&mut self, goals: Vec<Goal>) {
        if self.ready {
            self.outgoing.push(ToWorker::Judge { run: self.run, goals });
        }
    }

    pub fn export(&mut self) {
        if self.ready {
            self.outgoing.push(ToWorker::Export { run: self.run });
        }
    }

    /// The worker is gone. The next one, once ready, is told to get to where this one stood.
    pub fn worker_lost(&mut self) {
        self.ready = false;
        self.outgoing.clear();
        // Changes sent but not answered go with the worker, except the editor's own, which stands in `wanted`.
        self.waiting.clear();
        self.run = RunId(self.run.0 + 1);
        self.forget_jumps();
        self.loading = true;
        self.until_event = Some(self.events).filter(|events| *events > 0);
    }

    /// Takes a message in.
    pub fn received(&mut self, message: FromWorker) -> Option<News> {
        match message {
            FromWorker::Ready { protocol, build } => {
                if protocol != PROTOCOL || build != BUILD {
                    return Some(News::WrongBuild(build));
                }
                self.ready = true;
                if self.run.0 > 0 {
                    self.loading = true;
                    self.send_load();
                }
                None
            }
            FromWorker::Pong { id } => Some(News::Pong(id)),
            FromWorker::Panicked { message } => Some(News::Panicked(message)),
            // Grading and races have workers of their own.
            FromWorker::Graded { .. } | FromWorker::Racing { .. } | FromWorker::Raced { .. } => None,
            FromWorker::Explaining { run, share } => self.current(run).then_some(News::Explaining(share)),
            FromWorker::Explained { run, source, ordinal, journey } => {
                self.current(run).then_some(News::Explained { source, ordinal, journey })
            }
            FromWorker::Loaded { run, diagnostics, runs } => self.current(run).then(|| {
                self.loading = false;
                // What cannot run does not run: nothing may look as if it did.
                self.playing &= runs;
                self.catch_up();
                News::Loaded { diagnostics: serde_json::from_str(&diagnostics).unwrap_or_default(), runs }
            }),
            FromWorker::Changed { run, at_ns, refused, input_json, .. } => {
                if self.current(run) {
                    self.changed(at_ns, refused, input_json)
                } else {
                    None
                }
            }
            FromWorker::Frame(frame) => {
                if !self.current(frame.run) {
                    return None;
                }
                self.outgoing.push(ToWorker::FrameTaken { run: self.run });
                // From before the jump.
                if frame.jump != self.jumps {
                    return None;
                }
                self.status = frame.status;
                self.now_ns = frame.now_ns;
                if frame.status == RunStatus::Finished {
                    self.playing = false;
                }
                // A replaced worker counts up again; until it is there, the goal stays the old one.
                if self.until_event.is_none_or(|goal| frame.events >= goal) {
                    self.events = frame.events;
                    if self.until_event.take().is_some() {
                        self.change_held();
                        self.catch_up();
                    }
                }
                if self.jumping.is_some() && frame.status != RunStatus::Replaying {
                    self.arrived();
                }
                Some(News::Frame(frame))
            }
            FromWorker::RunJson { run, run_json, trace_hash } => {
                self.current(run).then_some(News::Exported { run_json, trace_hash })
            }
            FromWorker::Finished { run, ending } => self.current(run).then(|| {
                self.status = RunStatus::Finished;
                self.playing = false;
                News::Finished(ending)
            }),
            FromWorker::Preparing { run, members, step_ms } => {
                self.current(run).then_some(News::Preparing { members, step_ms })
            }
            FromWorker::Judged { run, results_json } => {
                let results = serde_json::from_str(&results_json).ok().filter(|_| self.current(run));
                results.map(News::Judged)
            }
        }
    }

    fn current(&self, run: RunId) -> bool {
        run == self.run
    }
}

/// One more. Whether it is the first.
fn more<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) -> bool {
    let count = counts.entry(key).or_default();
    *count += 1;
    *count == 1
}

/// One fewer. Whether it was the last.
fn fewer<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) -> bool {
    let Some(count) = counts.get_mut(&key) else { return false };
    *count -= 1;
    let last = *count == 0;
    if last {
        counts.remove(&key);
    }
    last
}
