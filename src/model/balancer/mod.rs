//! Strategies: how a balancer chooses among the backends that it believes healthy.
//!
//! Adding one: a file, its `mod`, a line in [`REGISTRY`]. Health is a filter in front of every strategy, applied by the
//! caller through [`BackendView::eligible`].

mod adaptive;
mod ip_hash;
mod least_connections;
mod power_of_d_choices;
mod random;
mod round_robin;
mod smooth_weighted;
mod smooth_weighted_round_robin;
mod weighted_round_robin;

use std::fmt::Debug;

use super::params::{Entry, Params, Variant};
use crate::engine::rng::Stream;
use crate::engine::time::SimTime;

/// What a balancer knows of a backend: never the truth, always its own view.
#[derive(Clone, Copy, Debug)]
pub struct BackendView {
    /// Believed healthy, and accepting requests.
    pub eligible: bool,
    /// Relative share of requests, at least 1.
    pub weight: u32,
    /// Requests that this balancer has sent and not yet seen answered.
    pub outstanding: u32,
    /// Smoothed response time as seen by this balancer [s]; NaN before the first answer.
    pub response_time: f64,
    /// Smoothed share of answers that were errors [0..1].
    pub error_rate: f64,
}

impl Default for BackendView {
    fn default() -> Self {
        Self { eligible: true, weight: 1, outstanding: 0, response_time: f64::NAN, error_rate: 0.0 }
    }
}

/// What a balancer sees of the request at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestView {
    /// The client's IPv4 address, first octet in the highest byte; 0 for a strategy that does not read it.
    pub client_ipv4: u32,
}

/// Everything that a pick may depend on.
#[derive(Debug)]
pub struct PickContext<'a> {
    /// In a fixed order: index = what a pick returns.
    pub backends: &'a [BackendView],
    pub request: RequestView,
    pub now: SimTime,
    /// The balancer's own random numbers.
    pub stream: &'a mut Stream,
}

/// A way of choosing. Its state lives and dies with its balancer.
pub trait Strategy: Debug {
    /// Index of the chosen backend; `None` if none is eligible. Never allocates once the number of backends is settled.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32>;

    /// Whether a pick depends on the client's address, which is not worked out otherwise.
    fn reads_client(&self) -> bool {
        false
    }

    /// Why the next pick would fall as it does, without picking. On demand only, so it may allocate.
    fn explain(&self, cx: &PickContext<'_>) -> Explanation;

    /// A copy with all its state, for checkpoints.
    fn box_clone(&self) -> Box<dyn Strategy>;
}

impl Clone for Box<dyn Strategy> {
    fn clone(&self) -> Self {
        self.box_clone()
    }
}

/// The reason for a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The rule in one sentence.
    pub rule: &'static str,
    /// One per eligible backend, ascending by index; empty where the rule needs no scores.
    pub scores: Vec<Score>,
}

/// A backend's standing.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub backend: u32,
    pub value: f64,
    /// The formula with its numbers filled in.
    pub formula: String,
}

/// One strategy of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    pub entry: Entry,
    /// Builds it from its parameters; missing ones take their defaults.
    pub build: fn(&Params) -> Result<Box<dyn Strategy>, String>,
}

/// All strategies, in the order of the menu.
pub static REGISTRY: &[Descriptor] = &[
    round_robin::DESCRIPTOR,
    smooth_weighted_round_robin::DESCRIPTOR,
    weighted_round_robin::DESCRIPTOR,
    random::DESCRIPTOR,
    power_of_d_choices::DESCRIPTOR,
    least_connections::DESCRIPTOR,
    ip_hash::DESCRIPTOR,
    adaptive::DESCRIPTOR,
];

/// Entries of all strategies that are not defects.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    REGISTRY.iter().map(|descriptor| &descriptor.entry).filter(|entry| !entry.defect).collect()
}

/// Finds a strategy by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Descriptor> {
    REGISTRY.iter().find(|descriptor| descriptor.entry.id == id)
}

/// A strategy as a document names it.
///
/// # Errors
/// If there is none of that id, or its parameters exclude each other; in words for the person who set them.
pub fn build(variant: &Variant) -> Result<Box<dyn Strategy>, String> {
    let descriptor = find(&variant.id).ok_or_else(|| format!("there is no strategy \"{}\"", variant.id))?;
    (descriptor.build)(&variant.params)
}

/// The strategy of a balancer that was told nothing.
#[must_use]
pub fn default_variant() -> Variant {
    Variant::new(REGISTRY[0].entry.id, Params::new())
}

/// Eligible backends with their index.
fn eligible<'a>(backends: &'a [BackendView]) -> impl Iterator<Item = (u32, &'a BackendView)> + 'a {
    (0..).zip(backends).filter(|(_, backend)| backend.eligible)
}
