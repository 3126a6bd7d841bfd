//! Faults: what can go wrong, live or on a timetable. One file and one line in the registry each.

mod drain;
mod error_rate;
mod kill;
mod latency;
mod outage;
mod partition;
mod slow;
mod traffic;

use super::params::{Entry, Params};
use super::read::Reader;

/// What a fault may be aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// A service, cache or database, or one of its replicas.
    Stations,
    Edges,
    Sources,
    /// A region or zone with everything in it.
    Areas,
}

/// What a fault in force does. Several on one target add up as each variant says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// The replica (or every replica of the node) is dead.
    Down,
    /// Work takes `factor` times as long; factors multiply.
    Slow { factor: f64 },
    /// This share of finished work is answered with an error, 0..1; the largest wins.
    Errors { share: f64 },
    /// Added to every traversal [s]; sums.
    ExtraLatency { secs: f64 },
    /// Nothing gets through, either way.
    Partition,
    /// The arrival rate is multiplied; factors multiply.
    Traffic { factor: f64 },
    /// The replica (or every replica of the node) gets nothing new.
    Drain,
}

impl Effect {
    /// Whether something is broken by it; else it is what an operator does on purpose.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Drain)
    }
}

/// One kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultKind {
    pub entry: &'static Entry,
    pub targets: Targets,
    /// What it does, given its parameters (defaults where missing).
    pub effect: fn(&Params) -> Effect,
    /// What it does to a station of several replicas as a whole, where the entry's summary speaks of one alone.
    pub summary_of_all: Option<&'static str>,
    /// The verb that ends it, e.g. "Revive".
    pub lift_label: &'static str,
}

/// All kinds, in the order of the menu.
pub static REGISTRY: &[FaultKind] = &[
    kill::KIND,
    drain::KIND,
    slow::KIND,
    error_rate::KIND,
    latency::KIND,
    partition::KIND,
    traffic::KIND,
    outage::KIND,
];

/// Finds a kind by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static FaultKind> {
    REGISTRY.iter().find(|kind| kind.entry.id == id)
}

/// All fault entries.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    REGISTRY.iter().map(|kind| kind.entry).collect()
}

/// A number parameter of a fault, or its default.
fn number(entry: &'static Entry, params: &Params, key: &str) -> f64 {
    Reader::new(entry, params).number(key)
}
