//! The kinds of station: what stands in the palette, with parameters, ports and colors' category.

pub mod balancer;
pub mod broker;
pub mod cache;
pub mod client_balancer;
pub mod database;
pub mod dns;
pub mod gateway;
pub mod l4_balancer;
pub mod service;
pub mod source;

use super::params::{Entry, ParamSpec};

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
}

/// All kinds, in the order of the palette.
pub static REGISTRY: &[StationKind] = &[
    source::KIND,
    gateway::KIND,
    balancer::KIND,
    l4_balancer::KIND,
    dns::KIND,
    client_balancer::KIND,
    service::KIND,
    cache::KIND,
    database::KIND,
    broker::KIND,
];

/// Who is next, at stations that have a queue.
const DISCIPLINE: ParamSpec = ParamSpec::variant(
    "discipline",
    "Discipline",
    crate::model::discipline::entries,
    "fifo",
    "Who is served next of those who wait.",
);

/// Finds a kind by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static StationKind> {
    REGISTRY.iter().find(|kind| kind.entry.id == id)
}
