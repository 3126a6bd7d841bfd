//! What stations do: sources send, balancers choose, services and databases work, caches remember; faults hit them.

#![cfg_attr(not(test), deny(clippy::disallowed_types, clippy::disallowed_methods))]

pub mod admission;
pub mod analytic;
pub mod balancer;
pub mod broker;
pub mod discipline;
pub mod distribution;
pub mod edge;
pub mod eviction;
pub mod fault;
pub mod geography;
pub mod heap;
pub mod ids;
pub mod journey;

pub mod level;
pub mod money;
mod nanos;
pub mod objective;
pub mod outcome;
pub mod outlier;
pub mod params;
pub mod pattern;
pub mod policy;
pub mod priority;
pub mod profile;
pub mod profiler;
pub mod read;
mod registry;
pub mod replication;
pub mod rotation;
pub mod scaler;
pub mod sharding;
pub mod slow_start;
pub mod station;
pub mod system;

use crate::model::params::told;
use params::Entry;

/// All distributions, as a choice for parameters.
#[must_use]
pub fn distribution_entries() -> Vec<&'static Entry> {
    distribution::entries()
}

/// Users who never leave.
static ENDLESS: Entry = Entry {
    id: "endless",
    name: "Endless",
    summary: told("Users wait for their answer as long as it takes."),
    source: "",
    params: &[],
    defect: false,
};

/// How long users wait, as a choice for parameters: for ever, or a time of any distribution.
#[must_use]
pub fn patience_entries() -> Vec<&'static Entry> {
    std::iter::once(&ENDLESS).chain(distribution::entries()).collect()
}

/// Strategies that need not see what comes back, as a choice for parameters.
#[must_use]
pub fn name_strategy_entries() -> Vec<&'static Entry> {
    balancer::blind_entries()
}

/// All balancing strategies that are not defects, as a choice for parameters.
#[must_use]
pub fn strategy_entries() -> Vec<&'static Entry> {
    balancer::entries()
}
