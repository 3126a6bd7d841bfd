//! Circuit breakers: whether a call may begin, by how the last ones ended.
//!
//! Pure machines: they are told the time with every question and answer, and know no clock. One file and one line of
//! [`REGISTRY`] make another kind.

mod consecutive;
mod count_window;
mod naive;
mod rates;
mod time_window;

use std::fmt;

pub use consecutive::{Consecutive, Counts, Settings as ConsecutiveSettings};
pub use naive::Naive;
pub use rates::{LastCalls, Rates, Settings as RateSettings, Window};
pub use time_window::LastSeconds;

use serde::{Deserialize, Serialize};

use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::registry::registry;

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Lets them through.
    Closed,
    /// Refuses them.
    Open,
    /// Lets a few through, to see how they end.
    HalfOpen,
}

impl State {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }
}

/// Why a breaker changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Why {
    /// It has not changed yet.
    Fresh,
    FailuresInARow(u32),
    /// So many of so many calls failed.
    Failures {
        failed: u32,
        of: u32,
    },
    /// So many of so many calls were slow.
    Slow {
        slow: u32,
        of: u32,
    },
    /// It had been open for long enough.
    WaitOver,
    ProbeFailed,
    /// So many probes went well, or well enough.
    ProbesPassed(u32),
    /// A call that had begun before it opened ended well: what a correct breaker ignores.
    LateSuccess,
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => write!(out, "nothing has happened yet"),
            Self::FailuresInARow(1) => write!(out, "1 failure"),
            Self::FailuresInARow(count) => write!(out, "{count} failures in a row"),
            Self::Failures { failed, of } => write!(out, "{failed} of {of} calls failed"),
            Self::Slow { slow, of } => write!(out, "{slow} of {of} calls were slow"),
            Self::WaitOver => write!(out, "the wait is over"),
            Self::ProbeFailed => write!(out, "a probe failed"),
            Self::ProbesPassed(1) => write!(out, "1 probe went well"),
            Self::ProbesPassed(count) => write!(out, "{count} probes went well"),
            Self::LateSuccess => write!(out, "a call from before ended well"),
        }
    }
}

/// Results that a breaker goes by, as one cell of a row: of a single call, or of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub calls: u32,
    pub failed: u32,
    pub slow: u32,
}

/// A look into a breaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub state: State,
    /// When it came into this state, and why.
    pub since: SimTime,
    pub why: Why,
    /// Open: after this moment the next call is a probe.
    pub until: Option<SimTime>,
    /// What it goes by, oldest first; empty cells are still to come.
    pub cells: Vec<Cell>,
    /// Sums over the cells that its rule looks at.
    pub sum: Cell,
    /// Failures in a row, and how many open it, where it goes by them.
    pub in_a_row: Option<(u32, u32)>,
    /// Shares of failed and of slow calls that open it [0..1], and from how many calls on, where it goes by them.
    pub shares: Option<(f64, Option<f64>, u32)>,
    /// Half-open: probes begun, and how many may be.
    pub probes: Option<(u32, u32)>,
}

crate::model::registry::told_by_name!(Breaker);

/// A circuit breaker.
///
/// A caller that gets a pass from [`Breaker::acquire`] must give it back with [`Breaker::result`] or
/// [`Breaker::release`].
pub trait Breaker: Send {
    /// Whether a call may begin now; if so, its pass.
    fn acquire(&mut self, now: SimTime) -> Option<u64>;
    /// How a call ended, and how long it took.
    fn result(&mut self, pass: u64, good: bool, took: SimDuration, now: SimTime);
    /// A call ended in a way that says nothing: it was never sent, or nobody wants its answer any more.
    fn release(&mut self, pass: u64, now: SimTime);
    fn state(&self) -> State;
    /// Why it came into this state.
    fn why(&self) -> Why;
    fn look(&self, now: SimTime) -> Look;
    fn box_clone(&self) -> Box<dyn Breaker>;
}

impl Clone for Box<dyn Breaker> {
    fn clone(&self) -> Self {
        self.box_clone()
    }
}

/// Who shares a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything that goes over the connection.
    Connection,
    /// Each backend that a balancer chooses over the connection has its own.
    Backend,
    /// Each replica of the caller has its own.
    Caller,
}

/// A breaker as a connection is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub scope: Scope,
    choice: Variant,
}

impl Settings {
    /// A closed breaker.
    ///
    /// # Panics
    /// Never: settings are read only from an entry of the registry.
    #[must_use]
    pub fn build(&self, now: SimTime) -> Box<dyn Breaker> {
        super::build(REGISTRY, &self.choice, now)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        ENTRIES.iter().find(|entry| entry.id == self.choice.id).map_or("", |entry| entry.name)
    }
}

/// One kind of breaker of the registry.
pub type Kind = super::Kind<dyn Breaker>;

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Every call is tried, however the last ones ended."),
    source: "",
    params: &[],
    defect: false,
};

registry! {
    /// All kinds, in the order of the menu.
    pub static REGISTRY: [Kind];
    static ENTRIES: [&Entry] = Kind::words;
    consecutive::KIND,
    count_window::KIND,
    time_window::KIND,
    naive::KIND,
}

/// Off and all kinds that are not defects, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    let kinds = ENTRIES.iter().copied().filter(|entry| !entry.defect);
    std::iter::once(&OFF).chain(kinds).collect()
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = ENTRIES.iter().find(|entry| entry.id == choice.id)?;
    let scope = match Reader::new(entry, &choice.params).choice("scope") {
        "backend" => Scope::Backend,
        "caller" => Scope::Caller,
        _ => Scope::Connection,
    };
    Some(Settings { scope, choice: choice.clone() })
}

const SCOPE: ParamSpec = ParamSpec::choice(
    "scope",
    "One breaker for",
    &[
        ("connection", "the whole connection"),
        ("backend", "each backend (at a balancer)"),
        ("caller", "each replica of the caller"),
    ],
    "connection",
    "What shares one breaker: a bad backend need not cut off the others, and callers that do not talk to each other each learn for themselves.",
);

const fn open_for(default: f64) -> ParamSpec {
    ParamSpec::number(
        "open_for",
        "Open for",
        Unit::Seconds,
        default,
        0.001,
        3_600.0,
        "How long it refuses every call, counted from its opening; strictly after that the next calls are probes.",
    )
}

fn secs(reader: &Reader<'_>, key: &str) -> SimDuration {
    SimDuration::from_secs_f64(reader.number(key))
}
