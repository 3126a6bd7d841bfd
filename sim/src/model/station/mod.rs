//! The kinds of station: what stands in the palette, with parameters, ports and colors' category.

pub mod balancer;
pub mod broker;
pub mod cache;
pub mod cdn;
pub mod client_balancer;
pub mod database;
pub mod dns;
pub mod gateway;
pub mod l4_balancer;
pub mod queries;
pub mod quorum;
pub mod service;
pub mod source;

use std::collections::BTreeSet;

use super::distribution;
use super::ids::NodeId;
use super::params::{Entry, ParamSpec, Unit};
use super::read::Reader;
use super::registry::registry;
use super::system::plan::StationConfig;
use crate::engine::dist::Dist;
use crate::engine::time::SimDuration;

/// What sort of thing a station is: decides its tint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Client,
    Routing,
    Compute,
    Cache,
    Data,
    /// Keeps messages between those who send and those who process them.
    Messaging,
}

/// Where a station may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// It calls nobody.
    None,
    /// It may call.
    Optional,
    /// It makes no sense without.
    Required,
}

/// Titles with the keys of parameters under them.
pub type Groups = &'static [(&'static str, &'static [&'static str])];

/// One kind of station.
#[derive(Clone, Copy, Debug)]
pub struct StationKind {
    pub entry: Entry,
    pub category: Category,
    /// Name of its icon in the page's set.
    pub icon: &'static str,
    /// Whether other stations can call it.
    pub accepts_input: bool,
    pub outputs: Outputs,
    /// The most members (replicas, nodes, a primary with its read replicas) that its settings let it have.
    pub members_max: fn(&Reader<'_>) -> u32,
    /// What people call the member of a number, which counts from 0: "replica 3", "node 2".
    pub member: fn(&Reader<'_>, u32) -> String,
    /// Settings that are each possible, but do not go together.
    pub concerns: fn(&Setting<'_>) -> Vec<Concern>,
    /// Its parameters as a form shows them: titles with keys. The first group is what a newcomer sets; it has no title.
    pub groups: Groups,
    /// What it takes from the budget of a lesson.
    pub spends: &'static [Spend],
}

impl StationKind {
    /// One member, nothing that could contradict itself, nothing spent: what a kind says nothing else of.
    const PLAIN: Self = Self {
        entry: Entry { id: "", name: "", summary: "", source: "", params: &[], defect: false },
        category: Category::Compute,
        icon: "",
        accepts_input: true,
        outputs: Outputs::Required,
        members_max: |_| 1,
        member: |_, number| format!("replica {}", number + 1),
        concerns: |_| Vec::new(),
        groups: &[],
        spends: &[],
    };
}

/// What a store takes to answer a health check, as a parameter; `default` in seconds.
const fn check_time(default: f64) -> ParamSpec {
    let help = "Work of answering one health check.";
    ParamSpec::number("check_time", "Health check's work", Unit::Seconds, default, 0.0, 60.0, help)
}

/// A station as it is set, and what it can know of its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub reader: Reader<'a>,
    /// It stands in a region, or in a zone of one.
    pub in_region: bool,
    /// A connection leads on from it.
    pub calls_on: bool,
    /// All stations there are.
    pub stations: &'a BTreeSet<NodeId>,
}

/// Something that will surely not go as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// kebab-case, stable.
    pub code: &'static str,
    /// What is wrong, to be read after the station's name and a colon.
    pub words: &'static str,
    pub remedy: &'static str,
}

/// What a lesson's budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Replicas times slots per replica.
    Slots,
    Replicas,
    /// Over all nodes.
    CacheEntries,
    /// Of databases, read replicas included.
    Connections,
}

/// So much of something is spent, at the most that the settings let there be.
#[derive(Clone, Copy, Debug)]
pub struct Spend {
    pub of: Resource,
    pub amount: fn(&Reader<'_>) -> u32,
}

/// A kind, and what stands behind it when it runs.
struct Room {
    kind: StationKind,
    /// What the system is built from; missing parameters take their defaults.
    plan: fn(&Reader<'_>) -> StationConfig,
}

impl Room {
    const fn kind(&self) -> StationKind {
        self.kind
    }
}

registry! {
    static ROOMS: [Room];
    /// All kinds, in the order of the palette.
    pub static REGISTRY: [StationKind] = Room::kind;
    Room { kind: source::KIND, plan: source::plan },
    Room { kind: gateway::KIND, plan: gateway::plan },
    Room { kind: balancer::KIND, plan: balancer::plan },
    Room { kind: l4_balancer::KIND, plan: l4_balancer::plan },
    Room { kind: dns::KIND, plan: dns::plan },
    Room { kind: client_balancer::KIND, plan: client_balancer::plan },
    Room { kind: service::KIND, plan: service::plan },
    Room { kind: cache::KIND, plan: cache::plan },
    Room { kind: cdn::KIND, plan: cdn::plan },
    Room { kind: database::KIND, plan: database::plan },
    Room { kind: quorum::KIND, plan: quorum::plan },
    Room { kind: broker::KIND, plan: broker::plan },
}

/// What a station of this kind is built from.
///
/// # Panics
/// If the kind is none of the registry's.
#[must_use]
pub fn plan(kind: &StationKind, reader: &Reader<'_>) -> StationConfig {
    let room = ROOMS.iter().find(|room| room.kind.entry.id == kind.entry.id);
    (room.expect("kinds come from the registry").plan)(reader)
}

/// The distribution that a parameter names.
///
/// # Panics
/// If its values make none: the document's check refuses those.
#[must_use]
pub fn dist(reader: &Reader<'_>, key: &str) -> Dist {
    distribution::build(&reader.variant(key).1).expect("the document's check refuses parameters that make none")
}

/// A length of time [s]; `None` for 0, where that means "never" or "no limit".
#[must_use]
pub fn positive(secs: f64) -> Option<SimDuration> {
    (secs > 0.0).then(|| SimDuration::from_secs_f64(secs))
}

/// Who is next, at stations that have a queue.
const DISCIPLINE: ParamSpec = ParamSpec::variant(
    "discipline",
    "Discipline",
    crate::model::discipline::entries,
    "fifo",
    "Which of the waiting requests is served next.",
);

/// Finds a kind by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static StationKind> {
    REGISTRY.iter().find(|kind| kind.entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_in_one_group_and_the_first_holds_what_a_newcomer_sets() {
        for kind in REGISTRY {
            let mut grouped: Vec<&str> = kind.groups.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
            let mut declared: Vec<&str> = kind.entry.params.iter().map(|spec| spec.key).collect();
            grouped.sort_unstable();
            declared.sort_unstable();
            assert_eq!(grouped, declared, "{}", kind.entry.id);
            assert!((3..=5).contains(&kind.groups[0].1.len()), "{}", kind.entry.id);
        }
    }
}
