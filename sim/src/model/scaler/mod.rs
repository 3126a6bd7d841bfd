//! Scalers: how many replicas there should be, or how large. Pure: told the time and what was measured, they answer with
//! a number, the sentences that lead to it, and what limited it.
//!
//! A new one is a file here and a line in [`REGISTRY`].

pub mod cache_cluster;
pub mod calendar;
pub mod forecast;
pub mod horizontal;
pub mod hpa;
pub mod instance;
pub mod kubernetes;
pub mod manual;
pub mod nodes;
pub mod predictive;
pub mod read_replicas;
pub mod rollout;
pub mod scheduled;
pub mod start_up;
pub mod vertical;

use serde::{Deserialize, Serialize};

use self::calendar::Calendar;
use self::hpa::Nanos;
use self::hpa::calculator::Phase;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::money::SizePrice;
use crate::model::params::{Entry, Params, Value, Variant, find_entry, told};
use crate::model::read::Reader;
use crate::model::registry::registry;

/// One measurement, with its age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub value: f64,
    /// When it was taken.
    pub at: SimTime,
    /// Over how long.
    pub window: SimDuration,
}

/// A replica as a scaler sees it. Times are nanoseconds; below 0: before the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplicaSeen {
    /// Counted from 0 within its station, never used twice.
    pub number: u32,
    pub phase: Phase,
    /// Since when a node has it, its image to be pulled included; `None`: no node has taken it up yet.
    pub started: Option<Nanos>,
    /// Whether it is ready, and since when that is so.
    pub ready: (bool, Nanos),
    /// [cores]
    pub cpu: Option<Measured>,
    /// [bytes]
    pub memory: Option<Measured>,
    /// [1/s]
    pub requests: Option<Measured>,
    /// Requests in work or waiting there.
    pub in_flight: Option<Measured>,
    /// What it requests [cores], [bytes]; `None`: it says nothing.
    pub cpu_request: Option<f64>,
    pub memory_request: Option<f64>,
}

impl ReplicaSeen {
    /// CPU as a share of the request, where both are known.
    #[must_use]
    pub fn cpu_share(&self) -> Option<f64> {
        Some(self.cpu?.value / self.cpu_request.filter(|request| *request > 0.0)?)
    }

    /// Memory as a share of the request, where both are known.
    #[must_use]
    pub fn memory_share(&self) -> Option<f64> {
        Some(self.memory?.value / self.memory_request.filter(|request| *request > 0.0)?)
    }
}

/// Another station as a scaler sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSeen {
    /// Number of its node.
    pub node: u32,
    /// What it is called: for sentences only.
    pub label: String,
    /// Requests per second that arrive (that are sent, where it is a source).
    pub rate: Option<Measured>,
    /// Requests that wait there; at a broker, messages: those for this service alone, if it consumes them.
    pub waiting: Option<Measured>,
}

/// The sizes there are, smallest first, and which one is in use.
#[derive(Clone, Copy, Debug)]
pub struct Ladder<'a> {
    pub sizes: &'a [SizePrice],
    pub now: usize,
}

/// What those that scale a store are told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StoreSeen {
    /// Parts that serve now, read replicas with their primary.
    pub serving: u32,
    /// Per second, lately.
    pub reads: f64,
    pub writes: f64,
    /// Connections in use, as a mean over those that serve.
    pub connections: f64,
    /// Valid entries over all entries that there is room for, 0..1.
    pub memory: f64,
    /// Busy share, 0..1.
    pub cpu: f64,
}

impl StoreSeen {
    /// As all that is known of a station.
    #[must_use]
    pub const fn seen(self, now: SimTime, calendar: Calendar, current: u32) -> Seen<'static> {
        Seen {
            now,
            calendar,
            current,
            replicas: &[],
            arrived: 0,
            rate: None,
            waiting: None,
            elsewhere: &[],
            ladder: None,
            store: self,
        }
    }
}

/// What a scaler is told.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub now: SimTime,
    pub calendar: Calendar,
    /// Replicas that are wanted at present: those that start are counted, those that leave are not.
    pub current: u32,
    /// By ascending number; those that leave are not among them.
    pub replicas: &'a [ReplicaSeen],
    /// Requests that have come so far.
    pub arrived: u64,
    /// Requests per second, lately.
    pub rate: Option<Measured>,
    /// Requests that wait, in all.
    pub waiting: Option<Measured>,
    /// Other stations that it asked for, see [`Scaler::watches`]; those that are not there are missing.
    pub elsewhere: &'a [StationSeen],
    /// `None`: replicas have no sizes.
    pub ladder: Option<Ladder<'a>>,
    /// Where it is a store.
    pub store: StoreSeen,
}

impl Seen<'_> {
    /// Mean over the ready replicas of which it is known, and how many those are.
    fn mean(&self, share: impl Fn(&ReplicaSeen) -> Option<f64>) -> Option<(f64, u32)> {
        let known: Vec<f64> = self.replicas.iter().filter(|replica| replica.ready.0).filter_map(share).collect();
        (!known.is_empty()).then(|| (known.iter().sum::<f64>() / known.len() as f64, known.len() as u32))
    }
}

/// What kept a number from being what the rule alone asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Nothing.
    Nothing,
    /// It may not be more.
    Max,
    /// It may not be fewer.
    Min,
    /// Only so many at a time.
    Step,
    /// The last change is too young, or a larger number was asked for not long ago.
    Wait,
    /// The largest size is reached.
    Ceiling,
    /// Nothing was measured.
    NoMetrics,
    /// Kubernetes' own words.
    Kubernetes(hpa::Limit),
}

impl Limit {
    /// What limited it, in words; empty: nothing did.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nothing | Self::Kubernetes(hpa::Limit::DesiredWithinRange) => "",
            Self::Max | Self::Kubernetes(hpa::Limit::TooManyReplicas | hpa::Limit::AboveMax) => "the maximum",
            Self::Min | Self::Kubernetes(hpa::Limit::TooFewReplicas | hpa::Limit::BelowMin) => "the minimum",
            Self::Step => "one step at a time",
            Self::Wait => "a wait after earlier numbers",
            Self::Ceiling => "the largest size",
            Self::NoMetrics | Self::Kubernetes(hpa::Limit::NoMetrics) => "missing measurements",
            Self::Kubernetes(hpa::Limit::ScaleUpLimit) => "the rate of scaling up",
            Self::Kubernetes(hpa::Limit::ScaleDownLimit) => "the rate of scaling down",
            Self::Kubernetes(hpa::Limit::Disabled) => "scaling is off at zero replicas",
        }
    }
}

/// What one metric said in an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSeen {
    /// With its unit, e.g. "CPU, % of the request".
    pub name: String,
    /// `None`: nothing was measured.
    pub value: Option<f64>,
    /// What it should be.
    pub target: f64,
    /// When the oldest measurement that went in was taken, and over how long.
    pub measured: Option<(SimTime, SimDuration)>,
    /// How many replicas it asks for by itself.
    pub asks: Option<u32>,
}

/// When the oldest of some measurements was taken, and over how long.
fn oldest(measured: impl Iterator<Item = Measured>) -> Option<(SimTime, SimDuration)> {
    measured.map(|measured| (measured.at, measured.window)).min_by_key(|(at, _)| *at)
}

/// How far back earlier numbers count, for more replicas and for fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBack {
    /// The smallest number of this long counts for scaling up.
    pub up: SimDuration,
    /// The largest number of this long counts for scaling down.
    pub down: SimDuration,
}

/// One evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub at: SimTime,
    pub current: u32,
    /// What the rule alone asks for; `None`: it has nothing to go by.
    pub proposed: Option<u32>,
    /// What is left of it after looking back at earlier numbers; `None`: that is not done.
    pub stabilized: Option<u32>,
    /// What there shall be.
    pub desired: u32,
    pub limit: Limit,
    /// How the number came about, with the numbers put in, in order.
    pub why: Vec<String>,
    /// What was measured, by those that go by metrics with targets.
    pub metrics: Vec<MetricSeen>,
    /// The size that instances shall have, an index into the ladder, and how long each is down for it; `None`: the one
    /// they have.
    pub size: Option<(usize, SimDuration)>,
    /// Who leaves first, by number; empty: the newest.
    pub leaves_first: Vec<u32>,
}

impl Decision {
    /// Nothing changes.
    #[must_use]
    pub const fn keep(seen: &Seen<'_>) -> Self {
        Self {
            at: seen.now,
            current: seen.current,
            proposed: None,
            stabilized: None,
            desired: seen.current,
            limit: Limit::Nothing,
            why: Vec::new(),
            metrics: Vec::new(),
            size: None,
            leaves_first: Vec::new(),
        }
    }

    /// Keeps `desired` between two bounds and says which one it met.
    fn clamp(&mut self, min: u32, max: u32) {
        if self.desired > max {
            (self.desired, self.limit) = (max, Limit::Max);
            self.why.push(format!("At most {max} are allowed."));
        } else if self.desired < min {
            (self.desired, self.limit) = (min, Limit::Min);
            self.why.push(format!("At least {min} are wanted."));
        }
    }
}

crate::model::registry::told_by_name!(Scaler);

/// A scaler at work.
pub trait Scaler: Send {
    /// Time between two evaluations.
    fn interval(&self) -> SimDuration;

    /// Looks at what was measured and decides.
    fn decide(&mut self, seen: &Seen<'_>) -> Decision;

    /// Goes by other settings from now on; what it remembers stays.
    fn adopt(&mut self, params: &Params);

    /// How far back it wants to know the load, in equal steps: (length of a step, their number).
    fn wants_history(&self, calendar: Calendar) -> Option<(SimDuration, usize)> {
        let _ = calendar;
        None
    }

    /// Is told the load [1/s] of the steps before the run, oldest first.
    fn recall(&mut self, history: &[f64]) {
        let _ = history;
    }

    /// Numbers of the nodes of other stations that it wants to know of.
    fn watches(&self) -> Vec<u32> {
        Vec::new()
    }

    /// Over how long a replica's requests per second are taken; `None`: as its CPU.
    fn requests_window(&self) -> Option<SimDuration> {
        None
    }

    /// Time back to which earlier numbers count, and those numbers, newest last; empty where none do.
    fn window(&self, now: SimTime) -> Vec<(u32, SimTime)> {
        let _ = now;
        Vec::new()
    }

    /// How far back the numbers of [`Scaler::window`] count.
    fn looks_back(&self) -> LookBack {
        LookBack::default()
    }

    fn box_clone(&self) -> Box<dyn Scaler>;
}

impl Clone for Box<dyn Scaler> {
    fn clone(&self) -> Self {
        self.box_clone()
    }
}

/// A kind of scaler.
#[derive(Debug)]
pub struct Descriptor {
    pub entry: &'static Entry,
    build: fn(&Params) -> Box<dyn Scaler>,
    /// Values that are each possible may still be nonsense: the parameter, and why.
    check: fn(&Params) -> Option<(&'static str, String)>,
}

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("The number of replicas is what it is set to."),
    source: "",
    params: &[],
    defect: false,
};

/// What is known of a scaler without building one.
#[derive(Clone, Copy, Debug)]
struct Choice {
    entry: &'static Entry,
    check: fn(&Params) -> Option<(&'static str, String)>,
}

impl Choice {
    const fn of(descriptor: &Descriptor) -> Self {
        Self { entry: descriptor.entry, check: descriptor.check }
    }
}

registry! {
    /// All kinds of scalers, but for none at all.
    pub static REGISTRY: [Descriptor];
    static CHOICES: [Choice] = Choice::of;
    Descriptor { entry: &manual::ENTRY, build: manual::build, check: |_| None },
    Descriptor { entry: &horizontal::ENTRY, build: horizontal::build, check: horizontal::check },
    Descriptor { entry: &kubernetes::ENTRY, build: kubernetes::build, check: kubernetes::check },
    Descriptor { entry: &predictive::ENTRY, build: predictive::build, check: predictive::check },
    Descriptor { entry: &scheduled::ENTRY, build: scheduled::build, check: scheduled::check },
    Descriptor { entry: &vertical::ENTRY, build: vertical::build, check: |_| None },
}

/// As a choice for parameters, "off" first.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    std::iter::once(&OFF).chain(CHOICES.iter().map(|choice| choice.entry)).collect()
}

/// The scaler that is chosen; `None`: none.
#[must_use]
pub fn build(choice: &Variant) -> Option<Box<dyn Scaler>> {
    let descriptor = REGISTRY.iter().find(|descriptor| descriptor.entry.id == choice.id)?;
    Some((descriptor.build)(&choice.params))
}

/// What a scaler itself says against its parameters: which one, and why.
#[must_use]
pub fn check(choice: &Variant) -> Option<(&'static str, String)> {
    let known = CHOICES.iter().find(|known| known.entry.id == choice.id)?;
    (known.check)(&choice.params)
}

/// The most replicas that a scaler may bring about: its upper limit, a fixed number, the largest of its plan. `None`: it
/// names no number, so there are as many as without it.
#[must_use]
pub fn most(choice: &Variant) -> Option<u32> {
    let entry = find_entry(&entries(), &choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    let has = |key: &str| entry.params.iter().any(|spec| spec.key == key);
    let numbers = ["max", "replicas"].into_iter().filter(|key| has(key)).map(|key| reader.number(key));
    let rows = if has("plan") { reader.rows("plan") } else { Vec::new() };
    let planned = rows.into_iter().filter_map(|row| match row.last() {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    });
    numbers.chain(planned).map(|number| number.ceil() as u32).max()
}

/// What a choice of how a cache or a deployment scales says against its parameters: which one, and why.
#[must_use]
pub fn check_entry(entry: &'static Entry, params: &Params) -> Option<(&'static str, String)> {
    cache_cluster::check(entry, params).or_else(|| rollout::check(entry, params))
}

/// Whether an entry is a scaler's.
#[must_use]
pub fn is_entry(entry: &'static Entry) -> bool {
    find_entry(&entries(), entry.id).is_some_and(|found| std::ptr::eq(found, entry))
}

/// The least must not be above the most.
fn check_range(entry: &'static Entry, params: &Params) -> Option<(&'static str, String)> {
    let (min, max) = (entry.number(params, "min"), entry.number(params, "max"));
    (min > max).then(|| ("max", format!("the most ({max}) is below the least ({min})")))
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// Ready replicas with these shares of one core, measured just now.
    pub fn replicas(shares: &[f64], now: SimTime) -> Vec<ReplicaSeen> {
        let measured = |value| Some(Measured { value, at: now, window: SimDuration::from_secs(30) });
        let replica = |(number, share): (usize, &f64)| ReplicaSeen {
            number: number as u32,
            phase: Phase::Running,
            started: Some(-1_000_000 * hpa::SECOND),
            ready: (true, -1_000_000 * hpa::SECOND),
            cpu: measured(*share),
            memory: measured(0.0),
            requests: measured(0.0),
            in_flight: measured(0.0),
            cpu_request: Some(1.0),
            memory_request: Some(1_000.0),
        };
        shares.iter().enumerate().map(replica).collect()
    }

    pub fn seen(now: SimTime, replicas: &[ReplicaSeen]) -> Seen<'_> {
        Seen {
            now,
            calendar: Calendar::default(),
            current: replicas.len() as u32,
            replicas,
            arrived: 0,
            rate: None,
            waiting: None,
            elsewhere: &[],
            ladder: None,
            store: StoreSeen::default(),
        }
    }

    pub fn secs(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }
}
