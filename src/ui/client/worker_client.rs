//! The worker as the page holds it: spawned, listened to, watched, replaced when it is gone.
//!
//! What is said to it is decided in [`crate::conversation`]; here are the browser's means.

mod time;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use yew::Callback;

use super::frames::FrameCell;
use super::programs::{self, Loading};
use super::run_view::{Answer, Health, Inquiry, Note, RunView};
use super::watchdog::Watchdog;
use super::worker_link::WorkerLink;
use crate::conversation::{Conversation, News};
use crate::lesson::goal::{Goal, GoalResult};
use crate::protocol::{BUILD, FromWorker, RunStatus, Speed, ToWorker};
use crate::topology::document::{Change, Diagnostic, Document, Input, NodeId};
use crate::ui::browser::{self, Listener, Timer};
use crate::ui::shared::Shared;

/// How often the worker is asked whether it lives [ms]; it is given up after two silent answers.
const HEARTBEAT_MS: i32 = 2_000;
const MISSED_MAX: u32 = 2;
/// A step that was said to take so long is waited for so many times as long: machines differ, and others are at work.
const PATIENCE: u32 = 4;
/// Views are told of news at most this often [ms].
const VIEW_EVERY_MS: f64 = 100.0;
/// What is cut off need not be told of where it is this little [ns]: what was under way when the change was made.
const CUT_MIN_NS: u64 = 400_000_000;
/// Workers lost in a row, without a run getting anywhere, after which the page stops trying.
const LOST_MAX: u32 = 3;

/// The running simulation: commands go in, [`RunView`]s come out. Cheap to clone; equal if it is the same one.
#[derive(Clone)]
pub struct Simulation(Rc<Inner>);

impl PartialEq for Simulation {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation").finish_non_exhaustive()
    }
}

/// What the page wants to be told of.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    /// At most ten times a second.
    pub view: Callback<RunView>,
    /// A recorded change of a shared run was applied: the editor's document should follow.
    pub recorded: Callback<Change>,
    /// The answer to [`Simulation::export`]: run as JSON, trace hash.
    pub exported: Callback<(String, String)>,
    /// It was asked to run and cannot: why.
    pub obstacle: Callback<Diagnostic>,
    /// Something was changed at a moment of the past [ns]: what had been played from there to another one is void.
    pub cut: Callback<(u64, u64)>,
}

struct Inner {
    frames: Rc<FrameCell>,
    talk: RefCell<Conversation>,
    link: RefCell<Option<WorkerLink>>,
    view: RefCell<RunView>,
    listeners: RefCell<Listeners>,
    told_at_ms: RefCell<f64>,
    trailing: RefCell<Option<Timer>>,
    watchdog: RefCell<Watchdog>,
    /// The next edit begins the run anew (playing or not): it is a new seed.
    restart_with_edit: Cell<Option<bool>>,
    /// Hears how the run did on the goals that were asked about last.
    judged: RefCell<Callback<Vec<GoalResult>>>,
    _timer: RefCell<Option<Timer>>,
    _loading: RefCell<Option<Listener>>,
}

impl Simulation {
    /// Spawns the worker and watches over it.
    #[must_use]
    pub fn start(frames: Rc<FrameCell>) -> Self {
        let simulation = Self(Rc::new(Inner {
            frames,
            talk: RefCell::default(),
            link: RefCell::default(),
            view: RefCell::default(),
            listeners: RefCell::default(),
            told_at_ms: RefCell::new(f64::NEG_INFINITY),
            trailing: RefCell::default(),
            watchdog: RefCell::default(),
            restart_with_edit: Cell::new(None),
            judged: RefCell::default(),
            _timer: RefCell::default(),
            _loading: RefCell::default(),
        }));
        simulation.spawn();
        let (watched, loading) = (Rc::downgrade(&simulation.0), Rc::downgrade(&simulation.0));
        *simulation.0._loading.borrow_mut() = Some(programs::listen(move |so_far| {
            if let Some(inner) = loading.upgrade() {
                Self(inner).loading(so_far);
            }
        }));
        *simulation.0._timer.borrow_mut() = Some(Timer::every(HEARTBEAT_MS, move || {
            if let Some(inner) = watched.upgrade() {
                Self(inner).heartbeat();
            }
        }));
        simulation
    }

    pub fn listen(&self, listeners: Listeners) {
        *self.0.listeners.borrow_mut() = listeners;
        self.tell();
    }

    #[must_use]
    pub fn frames(&self) -> Rc<FrameCell> {
        self.0.frames.clone()
    }

    /// Begins a run, from its own document or from a shared one with recorded inputs.
    pub fn open(&self, document: Rc<Document>, inputs: Vec<Input>, play: bool) {
        self.0.watchdog.borrow_mut().lost = 0;
        self.say(|talk| talk.open(document, inputs, play));
        self.forget();
    }

    /// The editor's document changed.
    pub fn edited(&self, document: Rc<Document>) {
        self.say(|talk| talk.edited(document));
        if let Some(play) = self.0.restart_with_edit.take() {
            self.restart_now(play);
        }
    }

    /// Runs on; a finished run starts anew, as with [`Simulation::restart`]. What cannot run says why instead.
    pub fn play(&self) {
        if self.refuses() {
            return;
        }
        let finished = self.0.talk.borrow().finished();
        if finished {
            self.restart(true);
        } else {
            self.say(Conversation::play);
        }
    }

    /// Whether something keeps it from running; then that is told.
    fn refuses(&self) -> bool {
        let obstacle = self.0.talk.borrow().obstacle();
        let refuses = obstacle.is_some();
        if let Some(obstacle) = obstacle {
            let listener = self.0.listeners.borrow().obstacle.clone();
            listener.emit(obstacle);
        }
        refuses
    }

    pub fn pause(&self) {
        self.say(Conversation::pause);
    }

    /// Stops at once: pauses what runs, gives up what is being prepared.
    pub fn stop(&self) {
        let Some(members) = self.0.view.borrow().preparing else { return self.pause() };
        self.say(Conversation::pause);
        drop(self.0.link.borrow_mut().take());
        self.0.talk.borrow_mut().worker_lost();
        {
            let mut view = self.0.view.borrow_mut();
            view.preparing = None;
            view.health = Health::Failed(format!(
                "Stopped while {members} members were being prepared. Your design is safe. Change it or press Restart."
            ));
        }
        self.tell();
    }

    #[must_use]
    pub fn playing(&self) -> bool {
        self.0.talk.borrow().playing()
    }

    /// Runs if it stands, stands if it runs.
    pub fn toggle(&self) {
        let playing = self.0.talk.borrow().playing();
        if playing { self.pause() } else { self.play() }
    }

    pub fn step(&self) {
        if !self.refuses() {
            self.say(Conversation::step);
        }
    }

    pub fn set_speed(&self, speed: Speed) {
        self.say(|talk| talk.set_speed(speed));
    }

    /// Sends the series of this station (`None`: of the whole system), until it is no longer asked for.
    pub fn watch(&self, node: Option<NodeId>) {
        self.0.talk.borrow_mut().watch(node);
        self.send_outgoing();
    }

    pub fn unwatch(&self, node: Option<NodeId>) {
        self.0.talk.borrow_mut().unwatch(node);
        self.send_outgoing();
    }

    /// Sends the whole inside of this station, until nobody looks into it any more.
    pub fn look_into(&self, node: NodeId) {
        self.0.talk.borrow_mut().look_into(node);
        self.send_outgoing();
    }

    pub fn look_away(&self, node: NodeId) {
        self.0.talk.borrow_mut().look_away(node);
        self.send_outgoing();
    }

    /// Whether to send where the time went.
    pub fn profile(&self, on: bool) {
        self.0.talk.borrow_mut().profile(on);
        self.send_outgoing();
    }

    /// Asks why a request went as it did; the answer comes with the views.
    pub fn explain(&self, source: NodeId, ordinal: u64) {
        let asked = self.0.talk.borrow_mut().explain(source, ordinal);
        if asked {
            let answer = Answer::Waiting(0.0);
            self.0.view.borrow_mut().inquiry = Some(Shared::new(Inquiry { source, ordinal, answer }));
        }
        self.send_outgoing();
        self.tell();
    }

    /// Nobody asks any more.
    pub fn forget_explain(&self) {
        self.0.view.borrow_mut().inquiry = None;
        self.say(Conversation::forget_explain);
    }

    /// Asks how the run that has ended did on these goals; a newer question takes an older one's place.
    pub fn judge(&self, goals: Vec<Goal>, answer: Callback<Vec<GoalResult>>) {
        *self.0.judged.borrow_mut() = answer;
        self.0.talk.borrow_mut().judge(goals);
        self.send_outgoing();
    }

    /// Asks for the run as a link carries it; the answer comes to [`Listeners::exported`].
    pub fn export(&self) {
        self.say(Conversation::export);
    }

    /// Somebody wants to know why a service has the replicas that it has: its inside, once open, shows the evaluation of
    /// that moment [ns]; `None`: the latest that changed the number.
    pub fn ask_count(&self, node: NodeId, at_ns: Option<u64>) {
        self.0.view.borrow_mut().count_asked = Some((node, at_ns));
        self.tell();
    }

    /// It was shown.
    pub fn count_answered(&self) {
        self.0.view.borrow_mut().count_asked = None;
        self.tell();
    }

    /// Makes the worker panic: for the test of the watchdog.
    pub fn crash(&self) {
        if let Some(link) = self.0.link.borrow().as_ref() {
            link.send(&ToWorker::Crash);
        }
    }

    pub fn dismiss_note(&self) {
        self.0.view.borrow_mut().note = None;
        self.tell();
    }

    fn say(&self, speak: impl FnOnce(&mut Conversation)) {
        speak(&mut self.0.talk.borrow_mut());
        self.send_outgoing();
        self.tell();
    }

    fn send_outgoing(&self) {
        let messages = self.0.talk.borrow_mut().take_outgoing();
        if let Some(link) = self.0.link.borrow().as_ref() {
            for message in &messages {
                link.send(message);
            }
        }
    }

    /// What the views know of an earlier run goes.
    fn forget(&self) {
        self.0.frames.clear();
        self.0.watchdog.borrow_mut().patience_ms = 0;
        self.0.view.borrow_mut().begin_run();
        if self.0.link.borrow().is_none() {
            self.revive();
        } else if self.0.view.borrow().loading.stalled {
            programs::again();
        }
        self.tell();
    }

    fn spawn(&self) {
        self.0.view.borrow_mut().loading = Loading::now();
        let (heard, broke) = (Rc::downgrade(&self.0), Rc::downgrade(&self.0));
        let link = WorkerLink::spawn(
            move |message| {
                if let Some(inner) = heard.upgrade() {
                    Self(inner).heard(message);
                }
            },
            move |message| {
                if let Some(inner) = broke.upgrade() {
                    Self(inner).lost_soon(message);
                }
            },
        );
        match link {
            Ok(link) => *self.0.link.borrow_mut() = Some(link),
            Err(message) => self.0.view.borrow_mut().health = Health::Failed(message),
        }
        let lost = self.0.watchdog.borrow().lost;
        *self.0.watchdog.borrow_mut() = Watchdog { lost, ..Watchdog::default() };
        self.tell();
    }

    /// The program has got on, or has stalled.
    fn loading(&self, so_far: Loading) {
        if self.0.view.borrow().health == Health::Starting {
            self.0.view.borrow_mut().loading = so_far;
            self.tell();
        }
    }

    /// After a failure, or while nothing comes: asks for the program anew, and goes on with what was to run. A run that
    /// broke again and again begins anew instead.
    pub fn try_again(&self) {
        if self.0.link.borrow().is_some() {
            programs::again();
        } else if self.0.watchdog.borrow().ready {
            self.restart_now(true);
        } else {
            self.revive();
        }
    }

    /// Spawns a worker in the place of the one given up.
    fn revive(&self) {
        self.0.view.borrow_mut().health = Health::Starting;
        self.spawn();
    }

    fn heard(&self, message: FromWorker) {
        let ready = matches!(message, FromWorker::Ready { .. });
        self.0.watchdog.borrow_mut().ready |= ready;
        let news = self.0.talk.borrow_mut().received(message);
        self.send_outgoing();
        if ready && news.is_none() {
            let mut view = self.0.view.borrow_mut();
            if view.health == Health::Starting {
                view.health = Health::Well;
            }
        }
        let Some(news) = news else {
            self.tell_if_due(ready);
            return;
        };
        let listeners = self.0.listeners.borrow().clone();
        let (mut urgent, mut cut) = (true, None);
        match news {
            News::Frame(frame) => {
                let mut view = self.0.view.borrow_mut();
                urgent = view.frame.status != frame.status;
                if frame.status == RunStatus::Running && frame.events > 0 {
                    self.0.watchdog.borrow_mut().lost = 0;
                }
                let frame = Rc::new(*frame);
                self.0.frames.put(frame.clone(), browser::now_ms());
                view.take(frame);
            }
            News::Loaded { diagnostics, runs } => {
                let mut view = self.0.view.borrow_mut();
                view.diagnostics = Shared::new(diagnostics);
                view.runs = runs;
                view.preparing = None;
            }
            News::Refused(diagnostics) => self.0.view.borrow_mut().refused = Shared::new(diagnostics),
            News::Applied { void_after_ns } => {
                let mut view = self.0.view.borrow_mut();
                view.refused = Shared::default();
                if view.known_ns > void_after_ns + CUT_MIN_NS {
                    cut = Some((void_after_ns, view.known_ns));
                }
                view.void_after(void_after_ns);
            }
            News::Recorded(change) => listeners.recorded.emit(change),
            News::Exported { run_json, trace_hash } => listeners.exported.emit((run_json, trace_hash)),
            News::Explaining(share) => {
                let mut view = self.0.view.borrow_mut();
                if let Some(inquiry) = &view.inquiry
                    && matches!(inquiry.answer, Answer::Waiting(_))
                {
                    let (source, ordinal) = (inquiry.source, inquiry.ordinal);
                    view.inquiry = Some(Shared::new(Inquiry { source, ordinal, answer: Answer::Waiting(share) }));
                }
            }
            News::Explained { source, ordinal, journey } => {
                let mut view = self.0.view.borrow_mut();
                let wanted =
                    view.inquiry.as_ref().is_some_and(|asked| (asked.source, asked.ordinal) == (source, ordinal));
                if wanted {
                    let answer = match journey {
                        Ok(journey) => Answer::Journey(Rc::from(journey)),
                        Err(words) => Answer::None(words),
                    };
                    view.inquiry = Some(Shared::new(Inquiry { source, ordinal, answer }));
                }
            }
            News::Finished(ending) => self.0.view.borrow_mut().ending = Some(Shared::new(ending)),
            News::Judged(results) => {
                let asked = self.0.judged.borrow().clone();
                asked.emit(results);
                urgent = false;
            }
            News::Preparing { members, step_ms } => {
                self.0.watchdog.borrow_mut().patience_ms = step_ms.saturating_mul(PATIENCE);
                self.0.view.borrow_mut().preparing = Some(members);
            }
            News::Pong(id) => {
                let mut watchdog = self.0.watchdog.borrow_mut();
                if watchdog.unanswered == Some(id) {
                    watchdog.unanswered = None;
                    watchdog.missed = 0;
                }
                urgent = false;
            }
            News::Panicked(message) => self.lost_soon(message),
            News::WrongBuild(build) => {
                programs::stale();
                self.0.watchdog.borrow_mut().ready = false;
                self.lost_soon(format!(
                    "The page and the simulation come from different versions (this page {BUILD}, simulation {build}). \
                     Try again; if that does not help, reload the page."
                ));
            }
        }
        self.tell_if_due(urgent);
        if let Some(span) = cut {
            listeners.cut.emit(span);
        }
    }

    /// Asks whether the worker lives. While the page is hidden browsers slow everything, so nothing is concluded.
    fn heartbeat(&self) {
        let gone = {
            let mut watchdog = self.0.watchdog.borrow_mut();
            // Before the worker is ready it cannot answer, however slow the network.
            let unready = self.0.view.borrow().health != Health::Well;
            if browser::hidden() || unready || self.0.link.borrow().is_none() {
                watchdog.unanswered = None;
                watchdog.missed = 0;
                return;
            }
            if watchdog.unanswered.is_some() {
                watchdog.missed += 1;
            }
            watchdog.missed >= MISSED_MAX + watchdog.patience_ms / HEARTBEAT_MS as u32
        };
        if gone {
            self.lost("It stopped answering.".to_owned());
            return;
        }
        // One question at a time: while it is open, silence is counted, not more questions asked.
        let mut watchdog = self.0.watchdog.borrow_mut();
        if watchdog.unanswered.is_none() {
            watchdog.next_ping += 1;
            watchdog.unanswered = Some(watchdog.next_ping);
            if let Some(link) = self.0.link.borrow().as_ref() {
                link.send(&ToWorker::Ping { id: watchdog.next_ping });
            }
        }
    }

    /// The listener that reports the loss belongs to the worker to be dropped: drop it from outside.
    fn lost_soon(&self, message: String) {
        let inner = Rc::downgrade(&self.0);
        wasm_bindgen_futures::spawn_local(async move {
            if let Some(inner) = inner.upgrade() {
                Self(inner).lost(message);
            }
        });
    }

    /// Replaces the worker and has the new one replay to where the lost one stood.
    fn lost(&self, message: String) {
        if self.0.link.borrow_mut().take().is_none() {
            return; // A second cry of a worker already given up.
        }
        let (lost, ready) = {
            let mut watchdog = self.0.watchdog.borrow_mut();
            watchdog.lost += u32::from(watchdog.ready);
            (watchdog.lost, watchdog.ready)
        };
        let at = self.0.view.borrow().frame.now_ns;
        self.0.talk.borrow_mut().worker_lost();
        {
            let seed = self.0.talk.borrow().seed();
            let mut view = self.0.view.borrow_mut();
            view.inquiry = None;
            view.preparing = None;
            let clock = crate::engine::time::SimTime(at);
            if !ready {
                // It never lived: another would meet the same end at once.
                view.health = Health::Failed(format!("{message} Your design is safe."));
                view.note = None;
            } else if lost >= LOST_MAX {
                view.note = None;
                view.health = Health::Failed(format!(
                    "The simulation failed {lost} times in a row: {message} Your design is safe. Build {BUILD}, seed {seed}. \
                     Change the design, or try again."
                ));
            } else {
                view.health = Health::Starting;
                view.note = Some(Shared::new(Note {
                    words: format!("The simulation broke and was started again. Your run is brought back to {clock}."),
                    detail: format!("{message} (build {BUILD}, seed {seed})"),
                }));
            }
        }
        if ready && lost < LOST_MAX {
            self.spawn();
        }
        self.tell();
    }

    fn tell_if_due(&self, urgent: bool) {
        let wait = *self.0.told_at_ms.borrow() + VIEW_EVERY_MS - browser::now_ms();
        if urgent || wait <= 0.0 {
            self.tell();
        } else if self.0.trailing.borrow().is_none() {
            let inner = Rc::downgrade(&self.0);
            *self.0.trailing.borrow_mut() = Some(Timer::once(wait.ceil() as i32, move || {
                if let Some(inner) = inner.upgrade() {
                    Self(inner).tell();
                }
            }));
        }
    }

    /// Tells the views now.
    fn tell(&self) {
        *self.0.told_at_ms.borrow_mut() = browser::now_ms();
        let view = {
            let talk = self.0.talk.borrow();
            let mut view = self.0.view.borrow_mut();
            view.playing = talk.playing();
            view.speed = talk.speed();
            view.needs_restart = talk.needs_restart();
            view.outdated = talk.outdated();
            view.seed = talk.seed();
            view.length_secs = talk.base().run_length_secs;
            view.warm_up_secs = talk.base().warm_up_secs;
            view.jumping = talk.jumping();
            view.hands = Shared(talk.hands().clone());
            view.clone()
        };
        let listener = self.0.listeners.borrow().view.clone();
        listener.emit(view);
        // A timer must not be dropped by its own call: by the next turn of the loop it is over.
        let inner = Rc::downgrade(&self.0);
        if self.0.trailing.borrow().is_some() {
            wasm_bindgen_futures::spawn_local(async move {
                if let Some(inner) = inner.upgrade() {
                    inner.trailing.borrow_mut().take();
                }
            });
        }
    }
}
