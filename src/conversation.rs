//! The page's side of its talk with the worker: which message follows which. Pure, no browser.
//!
//! It holds what a replaced worker must be told to stand where the lost one stood, sends one edit at a time
//! (the newest wins; each is a difference from what the worker last accepted, so none is lost by skipping),
//! and drops answers to older loads.
//!
//! The watchdog: every 2 s the page asks the worker whether it lives, and gives it up after two silent answers, or when it
//! throws. It never concludes anything while the page is hidden, or before the worker is ready. A lost worker is replaced, and
//! the new one replays document, seed and log up to where the old one stood; after three losses in a row without getting anywhere
//! the page stops trying and says so.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::protocol::manifest::{ManifestAnswer, ManifestAsk};
use crate::protocol::{BUILD, Frame, FromWorker, PROTOCOL, RunId, RunStatus, Speed, ToWorker};
use crate::topology::check;
use crate::topology::document::{
    Area, AreaId, Change, Diagnostic, Document, Edit, Fault, FaultTarget, Input, Node, NodeId, Severity,
};
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
    /// A change was applied; nothing is refused any more.
    Applied,
    /// A recorded change of the run was applied, which the page's document does not hold yet.
    Recorded(Change),
    /// The run as a link carries it.
    Exported {
        run_json: String,
        trace_hash: String,
    },
    /// The final report, `runner::Report` as JSON.
    Finished(String),
    /// The worker broke and says why.
    Panicked(String),
    /// The worker comes from another build: the page must be loaded anew.
    WrongBuild(String),
    /// How far the replay for an explanation is, 0..1.
    Explaining(f64),
    /// The journey of a request as JSON, or why there is none.
    Explained {
        source: NodeId,
        ordinal: u64,
        journey: Result<String, String>,
    },
    /// What a manifest says, or how a service is written as one.
    Manifest(ManifestAnswer),
    /// The answer to a ping.
    Pong(u32),
}

/// A change that the worker has been sent and has not answered yet.
#[derive(Debug)]
enum Waiting {
    Edit { change: Change, document: Rc<Document> },
    Fault(Change),
}

impl Waiting {
    fn change(&self) -> &Change {
        match self {
            Self::Edit { change, .. } | Self::Fault(change) => change,
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
    inputs: Vec<Input>,
    /// The document that the worker's system stands for.
    accepted: Rc<Document>,
    /// The newest document of the editor.
    wanted: Rc<Document>,
    waiting: VecDeque<Waiting>,
    /// Faults asked for while a replaced worker catches up: they belong to the present, not to the past it replays.
    held: Vec<Change>,
    playing: bool,
    speed: Speed,
    watch: Option<NodeId>,
    /// Stations that are looked into, and by how many.
    looked_into: BTreeMap<NodeId, usize>,
    profiles: bool,
    events: u64,
    status: RunStatus,
    /// Where a replaced worker must get to before it goes on.
    until_event: Option<u64>,
    /// The question about a manifest that has no answer yet, and the number of the latest.
    manifest: Option<ManifestAsk>,
    manifest_job: u32,
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
            inputs: Vec::new(),
            accepted: empty.clone(),
            wanted: empty,
            waiting: VecDeque::new(),
            held: Vec::new(),
            playing: false,
            speed: Speed::Times(1.0),
            watch: None,
            looked_into: BTreeMap::new(),
            profiles: false,
            events: 0,
            status: RunStatus::Paused,
            until_event: None,
            manifest: None,
            manifest_job: 0,
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
        self.begun() && !same_settings(&self.base, &self.wanted)
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
        self.status == RunStatus::Finished
    }

    /// Whether anything happened that a fresh load would lose.
    fn begun(&self) -> bool {
        self.events > 0 || !self.inputs.is_empty() || !self.waiting.is_empty()
    }

    /// Begins a run: a document, with the recorded inputs of a shared run.
    pub fn open(&mut self, document: Rc<Document>, inputs: Vec<Input>, play: bool) {
        self.base = document.clone();
        self.accepted = document.clone();
        self.wanted = document;
        self.inputs = inputs;
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
        self.waiting.clear();
        self.held.clear();
        self.loading = true;
        if self.ready {
            self.send_load();
        }
    }

    fn send_load(&mut self) {
        let mut run = Run::new((*self.base).clone());
        run.inputs.clone_from(&self.inputs);
        let run_json = run.to_json();
        self.outgoing.push(ToWorker::Load { run: self.run, run_json, until_event: self.until_event });
        self.outgoing.push(ToWorker::Watch { run: self.run, node: self.watch });
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
        self.wanted = document;
        self.catch_up();
    }

    /// Sends what leads from the accepted document to the wanted one, unless an answer is awaited.
    fn catch_up(&mut self) {
        if self.loading
            || self.until_event.is_some()
            || self.waiting.iter().any(|waiting| matches!(waiting, Waiting::Edit { .. }))
        {
            return; // The newest is looked at again when the answer comes.
        }
        let edit = Edit::between(&self.accepted, &self.wanted);
        if !self.begun() {
            if edit.is_empty() && same_settings(&self.base, &self.wanted) {
                self.base = self.wanted.clone(); // Positions and labels: nothing to tell.
                self.accepted = self.wanted.clone();
            } else {
                self.restart(self.playing);
            }
        } else if !edit.is_empty() && self.status != RunStatus::Finished {
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

    /// A fault starts now.
    pub fn inject(&mut self, fault: Fault) {
        self.change(Change::Inject(fault));
    }

    /// Faults of this kind on this target end now.
    pub fn lift(&mut self, kind: &str, target: FaultTarget) {
        self.change(Change::Lift { kind: kind.to_owned(), target });
    }

    fn change(&mut self, change: Change) {
        if self.status == RunStatus::Finished {
            return;
        }
        if self.until_event.is_some() {
            self.held.push(change);
            return;
        }
        self.send_change(&change);
        self.waiting.push_back(Waiting::Fault(change));
    }

    /// Runs on; a finished run starts anew.
    pub fn play(&mut self) {
        if self.status == RunStatus::Finished {
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

    /// Which node's series to send; `None`: the system's. Whether that is another one than before.
    pub fn watch(&mut self, node: Option<NodeId>) -> bool {
        let changed = self.watch != node;
        if changed {
            self.watch = node;
            if self.ready {
                self.outgoing.push(ToWorker::Watch { run: self.run, node });
            }
        }
        changed
    }

    /// Somebody looks into this station: its whole inside is sent until as many have looked away.
    pub fn look_into(&mut self, node: NodeId) {
        let looking = self.looked_into.entry(node).or_default();
        *looking += 1;
        if *looking == 1 && self.ready {
            self.send_looks();
        }
    }

    /// Somebody looks away. Whether nobody looks into it any more.
    pub fn look_away(&mut self, node: NodeId) -> bool {
        let Some(looking) = self.looked_into.get_mut(&node) else { return true };
        *looking -= 1;
        if *looking > 0 {
            return false;
        }
        self.looked_into.remove(&node);
        if self.ready {
            self.send_looks();
        }
        true
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

    /// Asks about a manifest; a newer question takes an older one's place. Before the worker is ready it waits.
    pub fn ask_manifest(&mut self, ask: ManifestAsk) {
        self.manifest_job = self.manifest_job.wrapping_add(1);
        self.manifest = Some(ask);
        self.send_manifest();
    }

    fn send_manifest(&mut self) {
        if let Some(ask) = self.manifest.clone().filter(|_| self.ready) {
            self.outgoing.push(ToWorker::Manifest { job: self.manifest_job, ask });
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
        // It may be what the worker died of.
        self.manifest = None;
        self.run = RunId(self.run.0 + 1);
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
                self.send_manifest();
                None
            }
            FromWorker::Manifest { job, answer } => {
                let awaited = job == self.manifest_job && self.manifest.take().is_some();
                awaited.then_some(News::Manifest(answer))
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
            FromWorker::Changed { run, refused, input_json, .. } => {
                if self.current(run) {
                    self.changed(refused, input_json)
                } else {
                    None
                }
            }
            FromWorker::Frame(frame) => {
                if !self.current(frame.run) {
                    return None;
                }
                self.outgoing.push(ToWorker::FrameTaken { run: self.run });
                self.status = frame.status;
                if frame.status == RunStatus::Finished {
                    self.playing = false;
                }
                // A replaced worker counts up again; until it is there, the goal stays the old one.
                if self.until_event.is_none_or(|goal| frame.events >= goal) {
                    self.events = frame.events;
                    if self.until_event.take().is_some() {
                        for change in std::mem::take(&mut self.held) {
                            self.change(change);
                        }
                        self.catch_up();
                    }
                }
                Some(News::Frame(frame))
            }
            FromWorker::RunJson { run, run_json, trace_hash } => {
                self.current(run).then_some(News::Exported { run_json, trace_hash })
            }
            FromWorker::Finished { run, report_json } => self.current(run).then(|| {
                self.status = RunStatus::Finished;
                self.playing = false;
                News::Finished(report_json)
            }),
        }
    }

    fn current(&self, run: RunId) -> bool {
        run == self.run
    }

    fn changed(&mut self, refused: Option<String>, input_json: Option<String>) -> Option<News> {
        let input: Option<Input> = input_json.and_then(|json| format::input_from_json(&json).ok());
        // A change that nobody here asked for is one that the run had recorded.
        if let Some(input) = &input
            && self.waiting.front().is_none_or(|waiting| *waiting.change() != input.change)
        {
            if let Change::Edit(edit) = &input.change {
                let mut accepted = (*self.accepted).clone();
                edit.apply(&mut accepted);
                self.accepted = Rc::new(accepted);
            }
            return Some(News::Recorded(input.change.clone()));
        }
        let waiting = self.waiting.pop_front()?;
        let news = match refused {
            Some(diagnostics) => News::Refused(serde_json::from_str(&diagnostics).unwrap_or_default()),
            None => {
                if let Waiting::Edit { document, .. } = &waiting {
                    self.accepted = document.clone();
                }
                if let Some(input) = input {
                    // A new change makes another future: what had been recorded beyond it is void.
                    self.inputs.retain(|recorded| recorded.at_event <= input.at_event);
                    self.inputs.push(input);
                }
                News::Applied
            }
        };
        if let Waiting::Edit { document, .. } = waiting
            && !Rc::ptr_eq(&document, &self.wanted)
        {
            self.catch_up();
        }
        Some(news)
    }
}

/// The worker's run with the editor's newest title, notes, labels and places: they change no result, so the worker
/// is never told of them, but whoever opens the link should see them.
#[must_use]
pub fn dressed(mut run: Run, document: &Document) -> Run {
    run.document.title.clone_from(&document.title);
    run.document.notes.clone_from(&document.notes);
    let dress = |id: &NodeId, node: &mut Rc<Node>| {
        if let Some(seen) = document.nodes.get(id) {
            let node = Rc::make_mut(node);
            node.label.clone_from(&seen.label);
            node.at = seen.at;
        }
    };
    let dress_area = |id: &AreaId, area: &mut Rc<Area>| {
        if let Some(seen) = document.areas.get(id) {
            let area = Rc::make_mut(area);
            area.label.clone_from(&seen.label);
            (area.at, area.size) = (seen.at, seen.size);
        }
    };
    for (id, node) in &mut run.document.nodes {
        dress(id, node);
    }
    for (id, area) in &mut run.document.areas {
        dress_area(id, area);
    }
    for input in &mut run.inputs {
        if let Change::Edit(edit) = &mut input.change {
            for (id, node) in &mut edit.nodes {
                if let Some(node) = node {
                    dress(id, node);
                }
            }
            for (id, area) in &mut edit.areas {
                if let Some(area) = area {
                    dress_area(id, area);
                }
            }
        }
    }
    run
}

/// Whether two documents agree in what stands beside nodes and edges and decides a run.
fn same_settings(a: &Document, b: &Document) -> bool {
    a.seed == b.seed
        && a.run_length_secs == b.run_length_secs
        && a.warm_up_secs == b.warm_up_secs
        && a.good_within_secs == b.good_within_secs
        && a.day_secs == b.day_secs
        && a.objective() == b.objective()
        && a.transfer_costs == b.transfer_costs
        && a.windows == b.windows
        && a.faults == b.faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::document::Point;

    /// A document with one source whose parameter `n` is `value`.
    fn document(value: f64) -> Rc<Document> {
        let mut document = Document::default();
        document.add_node(Node {
            kind: "source".to_owned(),
            label: "Clients".to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params: crate::model::params::Params::new().with("rate", value),
        });
        Rc::new(document)
    }

    fn ready() -> FromWorker {
        FromWorker::Ready { protocol: PROTOCOL, build: BUILD.to_owned() }
    }

    fn frame(run: RunId, events: u64, status: RunStatus) -> FromWorker {
        FromWorker::Frame(Box::new(Frame { run, events, status, ..Frame::default() }))
    }

    /// A conversation in which a run has gone on for `events` events.
    fn running(events: u64) -> Conversation {
        let mut talk = Conversation::default();
        talk.received(ready());
        talk.open(document(1.0), Vec::new(), true);
        talk.received(FromWorker::Loaded { run: talk.run(), diagnostics: "[]".to_owned(), runs: true });
        talk.received(frame(talk.run(), events, RunStatus::Running));
        drop(talk.take_outgoing());
        talk
    }

    /// The names of the messages that wait to be sent.
    fn names(talk: &mut Conversation) -> Vec<&'static str> {
        let name = |message: &ToWorker| match message {
            ToWorker::Load { .. } => "load",
            ToWorker::Play { .. } => "play",
            ToWorker::Pause { .. } => "pause",
            ToWorker::Change { .. } => "change",
            ToWorker::Watch { .. } => "watch",
            ToWorker::Step { .. } => "step",
            ToWorker::FrameTaken { .. } => "taken",
            _ => "other",
        };
        talk.take_outgoing().iter().map(name).collect()
    }

    #[test]
    fn a_question_about_a_manifest_waits_for_the_worker_and_hears_only_the_newest_answer() {
        let ask = |text: &str| ManifestAsk::Read { text: text.to_owned(), stations: Vec::new() };
        let answer = || ManifestAnswer::Read(crate::protocol::manifest::Understood::default());
        let mut talk = Conversation::default();
        talk.ask_manifest(ask("a"));
        assert!(talk.take_outgoing().is_empty(), "nobody is there yet");
        talk.received(ready());
        assert_eq!(talk.take_outgoing(), [ToWorker::Manifest { job: 1, ask: ask("a") }]);
        talk.ask_manifest(ask("b"));
        assert!(talk.received(FromWorker::Manifest { job: 1, answer: answer() }).is_none());
        assert!(matches!(
            talk.received(FromWorker::Manifest { job: 2, answer: answer() }),
            Some(News::Manifest(ManifestAnswer::Read(_)))
        ));
        assert!(talk.received(FromWorker::Manifest { job: 2, answer: answer() }).is_none());
        // What may have killed a worker is not asked again.
        talk.ask_manifest(ask("c"));
        talk.worker_lost();
        talk.received(ready());
        assert!(!talk.take_outgoing().iter().any(|message| matches!(message, ToWorker::Manifest { .. })));
    }

    fn answer(talk: &mut Conversation, refused: Option<&str>) -> Option<News> {
        let change = talk.waiting.front().map(|waiting| waiting.change().clone()).expect("something was sent");
        let input = Input { at_event: 7, change };
        let input_json = refused.is_none().then(|| format::input_to_json(&input));
        let run = talk.run();
        talk.received(FromWorker::Changed { run, at_event: 7, refused: refused.map(str::to_owned), input_json })
    }

    #[test]
    fn nothing_is_sent_before_the_worker_is_ready() {
        let mut talk = Conversation::default();
        talk.open(document(1.0), Vec::new(), true);
        assert!(names(&mut talk).is_empty());
        talk.received(ready());
        assert_eq!(names(&mut talk), ["load", "watch", "play"]);
    }

    #[test]
    fn a_station_is_looked_into_until_the_last_one_looks_away() {
        let mut talk = running(50);
        let mut looks = |act: &dyn Fn(&mut Conversation)| {
            act(&mut talk);
            let sent = talk.take_outgoing().into_iter().map(|message| match message {
                ToWorker::LookInto { nodes, .. } => nodes.iter().map(|node| node.0).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            });
            sent.collect::<Vec<_>>()
        };
        assert_eq!(looks(&|talk| talk.look_into(NodeId(2))), [[2]]);
        assert_eq!(looks(&|talk| talk.look_into(NodeId(1))), [[1, 2]]);
        assert!(looks(&|talk| talk.look_into(NodeId(2))).is_empty(), "it is looked into already");
        assert!(looks(&|talk| assert!(!talk.look_away(NodeId(2)))).is_empty(), "another one still looks");
        assert_eq!(looks(&|talk| assert!(talk.look_away(NodeId(2)))), [[1]]);
    }

    #[test]
    fn a_replaced_worker_looks_into_the_same_stations_and_old_answers_are_dropped() {
        let mut talk = running(50);
        talk.look_into(NodeId(2));
        talk.look_into(NodeId(1));
        assert!(talk.explain(NodeId(1), 7));
        assert_eq!(names(&mut talk), ["other", "other", "other"]);
        let run = talk.run();
        let journey = Err("none".to_owned());
        let answer = FromWorker::Explained { run, source: NodeId(1), ordinal: 7, journey };
        assert!(matches!(talk.received(answer.clone()), Some(News::Explained { ordinal: 7, .. })));
        talk.worker_lost();
        assert!(!talk.explain(NodeId(1), 7), "nobody is there to answer");
        assert!(talk.received(answer).is_none());
        talk.received(ready());
        let looks = talk.take_outgoing();
        let both = |message: &ToWorker| matches!(message, ToWorker::LookInto { nodes, .. } if nodes[..] == [NodeId(1), NodeId(2)]);
        assert!(looks.iter().any(both));
    }

    #[test]
    fn a_worker_of_another_build_is_told_apart() {
        let mut talk = Conversation::default();
        let news = talk.received(FromWorker::Ready { protocol: PROTOCOL, build: "old".to_owned() });
        assert!(matches!(news, Some(News::WrongBuild(build)) if build == "old"));
    }

    #[test]
    fn an_edit_before_the_first_event_loads_anew_and_one_while_running_is_a_change() {
        let mut talk = running(0);
        talk.edited(document(2.0));
        assert_eq!(names(&mut talk), ["load", "watch", "play"]);
        let mut talk = running(50);
        talk.edited(document(2.0));
        assert_eq!(names(&mut talk), ["change"]);
    }

    #[test]
    fn moving_a_node_sends_nothing() {
        let mut talk = running(50);
        let mut moved = (*document(1.0)).clone();
        let node = moved.nodes.values_mut().next().expect("one node");
        Rc::make_mut(node).at = Point { x: 400.0, y: 20.0 };
        talk.edited(Rc::new(moved));
        assert!(names(&mut talk).is_empty());
    }

    #[test]
    fn of_edits_that_come_while_one_is_under_way_only_the_newest_is_sent() {
        let mut talk = running(50);
        for value in [2.0, 3.0, 4.0] {
            talk.edited(document(value));
        }
        assert_eq!(names(&mut talk), ["change"]);
        assert!(matches!(answer(&mut talk, None), Some(News::Applied)));
        assert_eq!(names(&mut talk), ["change"]);
        let Some(Waiting::Edit { document: sent, .. }) = talk.waiting.front() else { panic!("an edit is under way") };
        assert_eq!(**sent, *document(4.0));
    }

    #[test]
    fn after_a_refusal_the_next_edit_differs_from_what_the_worker_still_has() {
        let mut talk = running(50);
        talk.edited(document(2.0));
        drop(talk.take_outgoing());
        assert!(matches!(answer(&mut talk, Some("[]")), Some(News::Refused(_))));
        assert_eq!(*talk.accepted, *document(1.0));
        talk.edited(document(3.0));
        assert_eq!(names(&mut talk), ["change"]);
    }

    #[test]
    fn a_replaced_worker_replays_to_where_the_lost_one_stood_and_plays_on() {
        let mut talk = running(1_234);
        talk.edited(document(2.0));
        answer(&mut talk, None);
        drop(talk.take_outgoing());
        let lost = talk.run();
        talk.worker_lost();
        assert!(
            talk.received(frame(lost, 9_999, RunStatus::Running)).is_none(),
            "the lost worker's last words are dropped"
        );
        talk.received(ready());
        let sent = talk.take_outgoing();
        let ToWorker::Load { run_json, until_event, .. } = &sent[0] else { panic!("a load comes first") };
        assert_eq!(*until_event, Some(1_234));
        let run = Run::from_json(run_json).expect("what the page writes it can read");
        assert_eq!((run.document, run.inputs.len()), ((*document(1.0)).clone(), 1));
        assert!(matches!(sent.last(), Some(ToWorker::Play { .. })));
    }

    #[test]
    fn a_replaced_worker_lost_again_while_replaying_keeps_the_same_goal() {
        let mut talk = running(1_000);
        talk.worker_lost();
        talk.received(ready());
        talk.received(frame(talk.run(), 10, RunStatus::Replaying));
        talk.worker_lost();
        assert_eq!(talk.until_event, Some(1_000));
    }

    #[test]
    fn a_change_that_the_run_had_recorded_is_told_apart_from_ones_own() {
        let mut talk = running(50);
        let edit = Edit::between(&document(1.0), &document(9.0));
        let input = Input { at_event: 60, change: Change::Edit(edit) };
        let input_json = Some(format::input_to_json(&input));
        let run = talk.run();
        let news = talk.received(FromWorker::Changed { run, at_event: 60, refused: None, input_json });
        assert!(matches!(news, Some(News::Recorded(Change::Edit(_)))));
        assert_eq!(*talk.accepted, *document(9.0));
        talk.edited(document(9.0));
        assert!(names(&mut talk).is_empty(), "the page's document has caught up: nothing to send");
    }

    #[test]
    fn a_new_seed_asks_for_a_restart_once_the_run_has_begun() {
        let mut talk = running(50);
        let mut other = (*document(1.0)).clone();
        other.seed = 99;
        talk.edited(Rc::new(other));
        assert!(names(&mut talk).is_empty());
        assert!(talk.needs_restart());
        talk.restart(true);
        assert_eq!(names(&mut talk), ["load", "watch", "play"]);
        assert!(!talk.needs_restart());
    }

    #[test]
    fn a_shared_run_wears_the_newest_words_and_places() {
        let mut newest = (*document(2.0)).clone();
        newest.title = "My shop".to_owned();
        let node = newest.nodes.values_mut().next().expect("one node");
        Rc::make_mut(node).label = "Shoppers".to_owned();
        Rc::make_mut(node).at = Point { x: 7.0, y: 9.0 };
        let mut run = Run::new((*document(1.0)).clone());
        run.inputs = vec![Input { at_event: 5, change: Change::Edit(Edit::between(&document(1.0), &document(2.0))) }];
        let run = dressed(run, &newest);
        assert_eq!(run.document.title, "My shop");
        let begun = run.document.nodes.values().next().expect("one node");
        assert_eq!((begun.label.as_str(), begun.at), ("Shoppers", Point { x: 7.0, y: 9.0 }));
        assert_eq!(begun.params, document(1.0).nodes.values().next().expect("one node").params, "it began as it began");
        let Change::Edit(edit) = &run.inputs[0].change else { panic!("the edit stays an edit") };
        assert_eq!(edit.nodes.values().flatten().next().expect("one node").label, "Shoppers");
    }

    #[test]
    fn a_document_that_cannot_run_does_not_play() {
        let mut talk = Conversation::default();
        talk.received(ready());
        talk.open(Rc::new(Document::default()), Vec::new(), true);
        assert!(talk.obstacle().is_some_and(|problem| problem.severity == Severity::Error));
        talk.received(FromWorker::Loaded { run: talk.run(), diagnostics: "[]".to_owned(), runs: false });
        assert!(!talk.playing());
    }

    #[test]
    fn a_run_under_way_goes_on_whatever_the_drawing_lacks_and_once_over_it_cannot_begin_again() {
        let mut talk = running(50);
        talk.edited(Rc::new(Document::default()));
        assert!(talk.obstacle().is_none());
        talk.received(frame(talk.run(), 60, RunStatus::Finished));
        assert!(talk.obstacle().is_some());
    }

    #[test]
    fn only_another_node_is_news_to_the_charts() {
        let mut talk = running(50);
        assert!(!talk.watch(None), "the system as before");
        assert!(talk.watch(Some(NodeId(1))));
        assert!(!talk.watch(Some(NodeId(1))));
        assert_eq!(names(&mut talk), ["watch"]);
    }

    #[test]
    fn a_change_after_the_end_makes_the_results_those_of_an_earlier_design() {
        let mut talk = running(50);
        talk.received(frame(talk.run(), 60, RunStatus::Finished));
        assert!(!talk.outdated());
        talk.edited(document(2.0));
        assert!(talk.outdated());
        talk.edited(document(1.0));
        assert!(!talk.outdated(), "taken back");
        talk.edited(document(2.0));
        talk.restart(true);
        assert!(!talk.outdated());
    }

    #[test]
    fn playing_a_finished_run_starts_it_anew() {
        let mut talk = running(50);
        talk.received(frame(talk.run(), 60, RunStatus::Finished));
        assert!(!talk.playing());
        drop(talk.take_outgoing());
        talk.play();
        assert_eq!(names(&mut talk), ["load", "watch", "play"]);
    }
}
