//! What the components know of the run: renewed at most ten times a second.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::conversation::Hand;
use crate::engine::sort;
use crate::facet::Facet;
use crate::model::journey::Journey;
use crate::protocol::money::MoneyFrame;
use crate::protocol::profile::ProfileFrame;
use crate::protocol::{Ending, Exemplars, Frame, LogLine, RunStatus, Series, Speed, StationFrame};
use crate::topology::document::{Diagnostic, NodeId};
use crate::ui::client::programs::Loading;
use crate::ui::shared::Shared;

/// Log lines kept; the oldest go first.
const LOG_MAX: usize = 500;

/// From so many seconds for a simulated one on, it is said how long that takes.
const SLOW_SECS: f64 = 2.0;

/// How the worker is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Health {
    /// Not ready yet.
    #[default]
    Starting,
    Well,
    /// Given up, with what to tell the learner.
    Failed(String),
}

/// Something that happened to the simulation itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub words: String,
    /// To look it up, or to report it.
    pub detail: String,
}

/// A request that somebody asks about.
#[derive(Clone, Debug)]
pub struct Inquiry {
    pub source: NodeId,
    /// Counted from 0 by its source.
    pub ordinal: u64,
    pub answer: Answer,
}

/// What is known of it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The run is being replayed: how far that is, 0..1.
    Waiting(f64),
    Journey(Rc<Journey>),
    /// There is none: why.
    None(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    pub health: Health,
    /// How far its program is, while [`Health::Starting`].
    pub loading: Loading,
    pub frame: Shared<Frame>,
    /// The series that are watched, as they came last; `None` stands for the whole system.
    pub series: BTreeMap<Option<NodeId>, Shared<Series>>,
    pub log: Shared<Vec<LogLine>>,
    /// Costs and the objective, as they came last.
    pub money: Shared<MoneyFrame>,
    /// Requests worth asking about.
    pub exemplars: Shared<Exemplars>,
    /// The stations that are looked into, as they came last.
    pub insides: BTreeMap<NodeId, Shared<Vec<Facet>>>,
    /// Where the time went, as last sent.
    pub profile: Option<Shared<ProfileFrame>>,
    /// Whose number of replicas somebody asks about, and by which evaluation; `None`: the latest that changed it.
    pub count_asked: Option<(NodeId, Option<u64>)>,
    /// The request that somebody asks about.
    pub inquiry: Option<Shared<Inquiry>>,
    /// What the worker finds wrong with the document, before it runs.
    pub diagnostics: Shared<Vec<Diagnostic>>,
    /// Whether the document runs at all.
    pub runs: bool,
    /// Why the last change was refused; empty if it was not.
    pub refused: Shared<Vec<Diagnostic>>,
    /// Once the run has ended.
    pub ending: Option<Shared<Ending>>,
    /// The worker is making a system of so many members.
    pub preparing: Option<u32>,
    /// What a simulated second takes here [s], while that is long; infinite where the clock does not move.
    pub slow: Option<f64>,
    /// Something happened that the learner should know, e.g. the worker was replaced.
    pub note: Option<Shared<Note>>,
    pub playing: bool,
    pub speed: Speed,
    /// Seed, run length or timetable changed: they act from the next start on.
    pub needs_restart: bool,
    /// The run is over and the design has changed since: the results are those of the earlier one.
    pub outdated: bool,
    /// Of the run under way.
    pub seed: u64,
    /// Length and warm-up that the run began with [s].
    pub length_secs: f64,
    pub warm_up_secs: f64,
    /// The moment that the worker is on its way to [ns].
    pub jumping: Option<u64>,
    /// How far the run has been played [ns]: after going back, what lies between the clock and this is known.
    pub known_ns: u64,
    /// What was changed while it ran.
    pub hands: Shared<Vec<Hand>>,
    /// When the objective was missed: from and to [s], as far as the run is known.
    pub missed: Shared<Vec<(f64, f64)>>,
    /// Goes up by one with each run that is begun.
    pub runs_begun: u32,
    /// It was asked to begin anew (and to play), which would lose what a hand let loose.
    pub restart_asked: Option<bool>,
}

impl Default for RunView {
    fn default() -> Self {
        Self {
            health: Health::Starting,
            loading: Loading::default(),
            frame: Shared::default(),
            series: BTreeMap::new(),
            log: Shared::default(),
            money: Shared::default(),
            exemplars: Shared::default(),
            insides: BTreeMap::new(),
            profile: None,
            count_asked: None,
            inquiry: None,
            diagnostics: Shared::default(),
            runs: false,
            refused: Shared::default(),
            ending: None,
            preparing: None,
            slow: None,
            note: None,
            playing: false,
            speed: Speed::Times(1.0),
            needs_restart: false,
            outdated: false,
            seed: 0,
            length_secs: 0.0,
            warm_up_secs: 0.0,
            jumping: None,
            known_ns: 0,
            hands: Shared::default(),
            missed: Shared::default(),
            runs_begun: 0,
            restart_asked: None,
        }
    }
}

impl RunView {
    /// Forgets what belongs to an earlier run.
    pub fn begin_run(&mut self) {
        let health = self.health.clone();
        *self = Self {
            health,
            loading: self.loading,
            playing: self.playing,
            speed: self.speed,
            note: self.note.take(),
            runs_begun: self.runs_begun + 1,
            ..Self::default()
        };
    }

    /// Takes a frame over.
    pub fn take(&mut self, frame: Rc<Frame>) {
        let takes = 1.0 / frame.speed_reached;
        // Once said, it is said until it is clearly over: words that come and go cannot be read.
        let least = if self.slow.is_some() { SLOW_SECS / 2.0 } else { SLOW_SECS };
        let asked = match self.speed {
            Speed::Times(times) => 1.0 / times,
            Speed::Max => 0.0,
        };
        self.slow = (frame.status == RunStatus::Running && takes >= least && takes > 1.5 * asked).then_some(takes);
        // What was played before is told again on the way through it.
        let ahead = frame.now_ns >= self.known_ns;
        let news = frame.log.iter().filter(|line| line.at_ns > self.known_ns || !self.log.contains(line));
        let mut news: Vec<LogLine> = news.cloned().collect();
        if !news.is_empty() {
            let mut log = (*self.log).clone();
            log.append(&mut news);
            sort::few_by_key(&mut log, |line| line.at_ns);
            let surplus = log.len().saturating_sub(LOG_MAX);
            log.drain(..surplus);
            self.log = Shared::new(log);
        }
        self.known_ns = self.known_ns.max(frame.now_ns);
        if let Some(money) = &frame.money {
            self.money = Shared::new((**money).clone());
            if ahead {
                self.missed = Shared::new(money.missed.clone());
            }
        }
        if let Some(exemplars) = &frame.exemplars {
            self.exemplars = Shared::new(exemplars.clone());
        }
        // All that is watched and looked into comes together; what is left over, nobody wants any more.
        if frame.exemplars.is_some() {
            self.series.retain(|node, _| frame.series.iter().any(|series| series.node.map(NodeId) == *node));
            self.insides.retain(|node, _| frame.insides.iter().any(|inside| inside.node == *node));
        }
        for series in &frame.series {
            let node = series.node.map(NodeId);
            if ahead || !self.series.contains_key(&node) {
                self.series.insert(node, Shared::new(series.clone()));
            }
        }
        for inside in &frame.insides {
            self.insides.insert(inside.node, Shared::new(inside.facets.clone()));
        }
        if let Some(profile) = &frame.profile {
            self.profile = Some(Shared::new((**profile).clone()));
        }
        self.frame = Shared(frame);
    }

    /// What was played after this moment [ns] is void: something was changed there.
    pub fn void_after(&mut self, at_ns: u64) {
        if self.known_ns > at_ns {
            self.known_ns = at_ns;
            self.log = Shared::new(self.log.iter().filter(|line| line.at_ns <= at_ns).cloned().collect());
        }
    }

    /// Whether there is nothing to look at yet, because the simulation's program is still to come.
    #[must_use]
    pub fn awaited(&self) -> bool {
        self.health == Health::Starting && !self.begun()
    }

    /// Whether the run is over.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.frame.status == RunStatus::Finished
    }

    /// How far the clock is past the end, while what was under way is still answered [s]; 0 before.
    #[must_use]
    pub fn past_end_secs(&self) -> f64 {
        if self.length_secs > 0.0 { (self.frame.now_ns as f64 / 1e9 - self.length_secs).max(0.0) } else { 0.0 }
    }

    /// Whether anything has happened yet.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.frame.events > 0
    }

    /// The series of a station or the whole system, once there is something to draw.
    #[must_use]
    pub fn series_of(&self, node: Option<NodeId>) -> Option<&Shared<Series>> {
        self.series.get(&node).filter(|series| !series.at_secs.is_empty())
    }

    #[must_use]
    pub fn station(&self, node: NodeId) -> Option<&StationFrame> {
        self.frame.stations.iter().find(|station| station.node == node.0)
    }
}
