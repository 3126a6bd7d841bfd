//! Strategies: how a balancer chooses among the backends that it believes healthy.
//!
//! Adding one: a file, its `mod`, a line in [`REGISTRY`]. Health is a filter in front of every strategy, applied by the
//! caller through [`BackendView::eligible`].

mod adaptive;
mod cpu_weighted;
mod geographic;
mod hashed;
pub(in crate::model) mod hashing;
mod ip_hash;
mod key_hash;
pub mod key_ring;
mod least_connections;
mod maglev;
mod modulo;
mod peak_ewma;
mod power_of_d_choices;
mod random;
mod rendezvous;
mod ring_hash;
mod round_robin;
mod smooth_weighted;
mod smooth_weighted_round_robin;
#[cfg(test)]
mod tests;
mod weighted_least_request;
mod weighted_round_robin;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::geography::{Country, Region};
use super::params::{Entry, Params, Variant};
use super::registry::registry;
use crate::engine::rng::Stream;
use crate::engine::time::{SimDuration, SimTime};

/// What a balancer knows of a backend: never the truth, always its own view.
#[derive(Clone, Copy, Debug)]
pub struct BackendView {
    /// Believed healthy, and accepting requests: it has its place in tables made for [`PickContext::version`].
    pub listed: bool,
    /// Listed, and this request may go there; it may not where an earlier attempt failed or while the backend sits out.
    pub eligible: bool,
    /// Relative share of requests; 0 for one that has left or that this list never held.
    pub weight: u32,
    /// Requests that this balancer has sent and not yet seen answered; at a balancer of connections: those open.
    pub outstanding: u32,
    /// Where it stands, if anywhere.
    pub region: Option<Region>,
    /// Its stable name, independent of its place in the list: what hashing strategies hash.
    pub host: u64,
    /// Smoothed response time as seen by this balancer [s]; NaN before the first answer.
    pub response_time: f64,
    /// Smoothed share of answers that were errors [0..1].
    pub error_rate: f64,
    /// Busy share of its slots as its answers report it, smoothed [0..1]; NaN before the first answer.
    pub utilization: f64,
}

impl Default for BackendView {
    fn default() -> Self {
        Self {
            listed: true,
            eligible: true,
            weight: 1,
            outstanding: 0,
            region: None,
            host: 0,
            response_time: f64::NAN,
            error_rate: 0.0,
            utilization: f64::NAN,
        }
    }
}

/// What a balancer sees of the request at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestView {
    /// The client's IPv4 address, first octet in the highest byte; 0 for a strategy that does not read it.
    pub client_ipv4: u32,
    /// The item that is asked for; 0 for a strategy that does not read it.
    pub key: u64,
    /// The client's country; unknown for a strategy that does not read it.
    pub country: Country,
    /// Try number, 0 first.
    pub attempt: u32,
}

/// What a strategy reads of a request; what nobody reads is not worked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    pub client: bool,
    pub key: bool,
    pub country: bool,
}

/// Everything that a pick may depend on.
#[derive(Debug)]
pub struct PickContext<'a> {
    /// In a fixed order: index = what a pick returns.
    pub backends: &'a [BackendView],
    /// Changes whenever a backend comes, goes, or changes its weight or whether it is listed: when tables must be made
    /// anew.
    pub version: u64,
    pub request: RequestView,
    pub now: SimTime,
    /// The balancer's own random numbers.
    pub stream: &'a mut Stream,
}

/// An answer, or giving up on one, as the balancer hears of it.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub backend: u32,
    pub took: SimDuration,
    /// It completed.
    pub good: bool,
    pub now: SimTime,
}

crate::model::registry::told_by_name!(Strategy);

/// A way of choosing. Its state lives and dies with its balancer.
pub trait Strategy {
    /// Index of the chosen backend; `None` if none is eligible. Never allocates once the number of backends is settled.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32>;

    /// What a pick reads of the request.
    fn reads(&self) -> Reads {
        Reads::default()
    }

    /// Hears of every answer. What [`BackendView`] holds needs no state here.
    fn answered(&mut self, _answer: &Answer) {}

    /// Why the next pick will fall as it does, without picking: `label` names a backend to people. What it says is true
    /// of the very next pick for the same context, and asking changes nothing. On demand only, so it may allocate.
    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation;

    /// What can be drawn of its inside. On demand only.
    fn picture(&self, _cx: &PickContext<'_>) -> Picture {
        Picture::None
    }

    /// Where a request falls on its circle, 0..1; `None` for a strategy without one.
    fn place(&self, _request: &RequestView) -> Option<f64> {
        None
    }

    /// A copy with all its state, for checkpoints.
    fn box_clone(&self) -> Box<dyn Strategy>;
}

/// A strategy's inside, to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Picture {
    #[default]
    None,
    /// Points on a circle, ascending: (place 0..1, backend); each owns the stretch before it.
    Ring(Vec<(f64, u32)>),
    /// Owner of each of the table's entries; the last few may be left out of a drawing, never of the table.
    Table(Vec<u32>),
}

impl Clone for Box<dyn Strategy> {
    fn clone(&self) -> Self {
        self.box_clone()
    }
}

/// The reason for a choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The rule in one sentence, with how ties are broken.
    pub rule: &'static str,
    /// Of eligible backends, ascending by index; empty where the rule needs no scores.
    pub scores: Vec<Score>,
    /// What happens on the way to this choice, in order, with its numbers: draws, hashes, turns. The last one names the
    /// chosen backend.
    pub steps: Vec<String>,
    /// Whom the next pick returns, if anybody.
    pub chosen: Option<u32>,
}

/// A backend's standing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub backend: u32,
    pub value: f64,
    /// The formula with its numbers filled in.
    pub formula: String,
}

/// What a strategy must have seen to choose well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but the list of backends (and their weights, if it uses them).
    List { weights: bool },
    /// The request: its key, its client, its country.
    Request { weights: bool },
    /// What came back, and what is still out.
    Answers { weights: bool },
}

impl Needs {
    /// Whether weights shift its shares: then slow start lowers the weight, else the share of picks it takes part in.
    #[must_use]
    pub const fn weights(self) -> bool {
        let (Self::List { weights } | Self::Request { weights } | Self::Answers { weights }) = self;
        weights
    }
}

/// One strategy of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    pub entry: Entry,
    /// What it goes by. A balancer that sees no answers (DNS) offers only strategies that need none.
    pub needs: Needs,
    /// Values that are each possible may exclude each other: why, in words for the person who set them.
    pub check: fn(&Params) -> Result<(), String>,
    /// Builds it from parameters that pass its check; missing ones take their defaults.
    pub build: fn(&Params) -> Box<dyn Strategy>,
}

/// The check of a strategy whose parameters never exclude each other.
fn anything(_: &Params) -> Result<(), String> {
    Ok(())
}

/// What is known of a strategy without building one.
#[derive(Clone, Copy, Debug)]
struct Choice {
    entry: Entry,
    needs: Needs,
    check: fn(&Params) -> Result<(), String>,
}

impl Choice {
    const fn of(descriptor: &Descriptor) -> Self {
        Self { entry: descriptor.entry, needs: descriptor.needs, check: descriptor.check }
    }
}

registry! {
    /// All strategies, in the order of the menu.
    pub static REGISTRY: [Descriptor];
    static CHOICES: [Choice] = Choice::of;
    round_robin::DESCRIPTOR,
    smooth_weighted_round_robin::DESCRIPTOR,
    weighted_round_robin::DESCRIPTOR,
    random::DESCRIPTOR,
    power_of_d_choices::DESCRIPTOR,
    least_connections::DESCRIPTOR,
    weighted_least_request::DESCRIPTOR,
    peak_ewma::DESCRIPTOR,
    ip_hash::DESCRIPTOR,
    key_hash::DESCRIPTOR,
    ring_hash::DESCRIPTOR,
    maglev::DESCRIPTOR,
    rendezvous::DESCRIPTOR,
    geographic::DESCRIPTOR,
    adaptive::DESCRIPTOR,
    cpu_weighted::DESCRIPTOR,
}

/// Entries of all strategies that are not defects.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    CHOICES.iter().map(|choice| &choice.entry).filter(|entry| !entry.defect).collect()
}

/// Entries of the strategies that need not see what comes back.
#[must_use]
pub fn blind_entries() -> Vec<&'static Entry> {
    let blind = |choice: &&Choice| !choice.entry.defect && !matches!(choice.needs, Needs::Answers { .. });
    CHOICES.iter().filter(blind).map(|choice| &choice.entry).collect()
}

/// What stands against a strategy as a document names it, without building it.
///
/// # Errors
/// As [`build`].
pub fn check(variant: &Variant) -> Result<(), String> {
    let choice = CHOICES.iter().find(|choice| choice.entry.id == variant.id);
    let choice = choice.ok_or_else(|| format!("there is no strategy \"{}\"", variant.id))?;
    (choice.check)(&variant.params)
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
    check(variant)?;
    let descriptor = find(&variant.id).ok_or_else(|| format!("there is no strategy \"{}\"", variant.id))?;
    Ok((descriptor.build)(&variant.params))
}

/// The strategy of a balancer that was told nothing.
#[must_use]
pub fn default_variant() -> Variant {
    Variant::new(CHOICES[0].entry.id, Params::new())
}

/// So many things are listed one by one in an explanation; of the rest only the number is told.
const LISTED_MAX: usize = 8;

/// "a", "a and b", "a, b and c"; a long list is cut short.
fn listing(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    if items.len() > LISTED_MAX {
        let rest = items.len() - LISTED_MAX;
        items.truncate(LISTED_MAX);
        items.push(format!("{rest} more"));
    }
    match items.pop() {
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
        None => String::new(),
    }
}

/// A number with a proper minus sign.
fn signed(number: i64) -> String {
    if number < 0 { format!("−{}", number.unsigned_abs()) } else { number.to_string() }
}

/// Whose the places `from..=upto` are, in words.
fn places(from: u64, upto: u64, name: &str) -> String {
    if from == upto {
        format!("Place {from} is that of {name}.")
    } else {
        format!("Places {from} to {upto} are those of {name}.")
    }
}

/// What is said where there is nobody to choose.
fn nobody() -> Vec<String> {
    vec!["No backend is eligible: there is nobody to choose.".to_owned()]
}

/// Eligible backends with their index.
fn eligible<'a>(backends: &'a [BackendView]) -> impl Iterator<Item = (u32, &'a BackendView)> + 'a {
    (0..).zip(backends).filter(|(_, backend)| backend.eligible)
}
