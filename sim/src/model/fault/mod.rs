//! Faults: what can go wrong, live or on a timetable. One file and one line in the registry each.

mod bandwidth;
mod clock_jump;
mod drain;
mod error_rate;
mod failover;
mod flush;
mod hang;
pub mod harm;
mod hot_key;
mod isolate;
mod kill;
mod latency;
mod loss;
mod new_version;
mod noisy_neighbor;
mod outage;
mod partition;
mod pause;
mod poison;
mod rollout;
mod shortage;
mod slow;
mod spot;
mod traffic;
pub mod words;

use super::params::{Entry, Params};
use super::read::Reader;
use super::station::{Category, StationKind};

/// What a fault may be aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// What works: a service, cache or database, or one of its replicas.
    Stations,
    /// The same, and what passes requests on.
    Servers,
    /// What runs a program that can be deployed anew.
    Services,
    Caches,
    Databases,
    /// Databases and quorum stores.
    Stores,
    /// What lets things expire by its clock: caches and DNS.
    Clocks,
    Edges,
    Sources,
    /// A region or zone with everything in it.
    Areas,
    /// Message brokers.
    Brokers,
}

impl Targets {
    /// Whether a station of this kind is one of them.
    #[must_use]
    pub fn include(self, kind: &StationKind) -> bool {
        let works = kind.accepts_input && kind.category != Category::Routing;
        match self {
            Self::Stations => works,
            Self::Servers => kind.accepts_input,
            Self::Services => works && kind.category == Category::Compute,
            Self::Caches => works && kind.category == Category::Cache,
            Self::Databases => kind.entry.id == "database",
            Self::Stores => matches!(kind.entry.id, "database" | "quorum"),
            Self::Clocks => kind.accepts_input && kind.entry.params.iter().any(|spec| spec.key == "ttl"),
            Self::Sources => !kind.accepts_input,
            Self::Brokers => kind.category == Category::Messaging,
            Self::Edges | Self::Areas => false,
        }
    }

    /// Them in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stations => "a service, a cache or a database",
            Self::Servers => "a station that takes requests",
            Self::Services => "a service",
            Self::Caches => "a cache",
            Self::Databases => "a database",
            Self::Stores => "a database or a quorum store",
            Self::Clocks => "a cache or DNS",
            Self::Edges => "a connection",
            Self::Sources => "clients",
            Self::Areas => "a region or a zone",
            Self::Brokers => "a message broker",
        }
    }
}

/// What a fault is about: the menus' order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Machine,
    Network,
    Traffic,
    Data,
    Deploy,
    Place,
}

impl Group {
    pub const ALL: [Self; 6] = [Self::Machine, Self::Network, Self::Traffic, Self::Data, Self::Deploy, Self::Place];

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Machine => "Machine",
            Self::Network => "Network",
            Self::Traffic => "Traffic",
            Self::Data => "Data",
            Self::Deploy => "Operations",
            Self::Place => "Place",
        }
    }
}

/// What a fault in force does. Several on one target add up as each variant says.
///
/// Those with a course of their own (pauses, bursts, a deployment) follow [`harm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// The replica (or every replica of the node) is dead.
    Down,
    /// It takes requests, and nothing that it holds goes on.
    Hang,
    /// Work takes `factor` times as long; factors multiply.
    Slow { factor: f64 },
    /// This share of finished work is answered with an error, 0..1; the largest wins.
    Errors { share: f64 },
    /// It stands still for `lasts` at every multiple of `every` since the start [s]; pauses of several may overlap.
    Pause { every: f64, lasts: f64 },
    /// Bursts of mean length `burst` [s], `calm` [s] apart on average, that take up to this share of the CPU; slows
    /// multiply.
    Steal { share: f64, burst: f64, calm: f64 },
    /// Out of rotation for `notice`, then dead for `replacement` [s].
    Spot { notice: f64, replacement: f64 },
    /// Spot machines are taken back with so much notice, and none can be had [s].
    Shortage { notice: f64 },
    /// Replica after replica is drained, restarts, and answers a share with errors; the next follows after `soak` [s].
    /// The largest share wins.
    Rollout { drain: f64, restart: f64, soak: f64, errors: f64 },
    /// A new version replaces the old one, as the service says; a share of its answers are errors, or it never becomes
    /// ready. The newest wins.
    NewVersion { errors: f64, ready: bool },
    /// Dead until the failure is noticed and a standby promoted [s].
    Failover { detection: f64, promotion: f64 },
    /// A member of a database reaches no other, only this share of the clients, 0..1; the largest wins.
    Isolate { clients: f64 },
    /// Added to every traversal, give or take up to `jitter` [s]; sums.
    Latency { secs: f64, jitter: f64 },
    /// These shares of the requests and of the answers are lost; what several lose is lost independently.
    Loss { out: f64, back: f64 },
    /// Each direction of the link carries so much [bit/s]; the smallest wins.
    Bandwidth { bits_per_sec: f64 },
    /// The arrival rate is multiplied, in a closed loop the number of users; factors multiply.
    Traffic { factor: f64 },
    /// This share of the requests born meanwhile asks for one key; the largest wins.
    HotKey { share: f64 },
    /// The cache is empty, once.
    Flush,
    /// The clock that lets entries expire is ahead [s]; sums.
    ClockJump { secs: f64 },
    /// The replica (or every replica of the node) gets nothing new.
    Drain,
    /// This share of the messages published is such that every service fails on them, 0..1; the largest wins.
    Poison { share: f64 },
}

impl Effect {
    /// Whether something is broken by it; else it is what an operator does on purpose.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Drain => false,
            Self::NewVersion { errors, ready } => errors > 0.0 || !ready,
            _ => true,
        }
    }
}

/// One kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultKind {
    pub entry: &'static Entry,
    pub group: Group,
    /// Name of its icon in the page's set.
    pub icon: &'static str,
    pub targets: Targets,
    /// Whether it may be aimed at one replica alone.
    pub one_replica: bool,
    /// It acts at its start and is over: it has no length, and nothing to lift.
    pub once: bool,
    /// What it does, given its parameters (defaults where missing).
    pub effect: fn(&Params) -> Effect,
    /// What it does to a station of several replicas as a whole, where the entry's summary speaks of one alone.
    pub summary_of_all: Option<&'static str>,
    /// The verb that ends it, e.g. "Revive".
    pub lift_label: &'static str,
}

/// By their ids.
impl PartialEq for FaultKind {
    fn eq(&self, other: &Self) -> bool {
        self.entry.id == other.entry.id
    }
}

/// All kinds, in the order of the menu.
pub static REGISTRY: &[FaultKind] = &[
    kill::KIND,
    hang::KIND,
    slow::KIND,
    error_rate::KIND,
    pause::KIND,
    noisy_neighbor::KIND,
    spot::KIND,
    latency::KIND,
    loss::KIND,
    bandwidth::KIND,
    partition::KIND,
    traffic::KIND,
    hot_key::KIND,
    flush::KIND,
    failover::KIND,
    isolate::KIND,
    clock_jump::KIND,
    drain::KIND,
    rollout::KIND,
    new_version::KIND,
    poison::KIND,
    outage::KIND,
    shortage::KIND,
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
