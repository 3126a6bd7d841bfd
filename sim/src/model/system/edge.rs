//! A connection as it runs, and the traversals of it that are drawn.

use super::link::Link;
use super::plan::EdgePlan;
use super::policy::PolicyState;
use super::spans::EdgeTally;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Outcome;

#[derive(Clone, Debug)]
pub struct Edge {
    pub plan: EdgePlan,
    pub from: u32,
    pub to: u32,
    pub removed: bool,
    /// Fixed latency in ns where it is constant.
    pub(super) constant: Option<SimDuration>,
    /// What faults do to it, if any does.
    pub link: Option<Box<Link>>,
    /// What the proxies on the way add [each way].
    pub(super) hop: SimDuration,
    pub policy: Option<Box<PolicyState>>,
    /// Attempts still under way that nobody waits for any more.
    pub zombies: u64,
    /// Attempts since the start: sent, ended, under way; and of those sent, how many were not the first try.
    pub sent: u64,
    pub by_outcome: [u64; 6],
    pub in_flight: u64,
    pub retries: u64,
    /// By span (see [`super::spans`]), where there is more than one to tell apart.
    pub(super) tallies: Vec<EdgeTally>,
    pub out_since: u64,
    pub out_dots: u64,
    pub back_since: u64,
    pub back_dots: u64,
}

/// A traversal that is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HopSample {
    pub edge: u32,
    /// Index of the source's station, and the request's number.
    pub source: u32,
    pub ordinal: u64,
    pub back: bool,
    pub outcome: Outcome,
    pub start: SimTime,
    pub end: SimTime,
}
