//! Requests worth asking about: the slowest and the failed of the last moments, and the latest choices of the balancers
//! that somebody looks into. Kept only while a page watches; no result knows of it.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::System;
use crate::engine::ordered::Ordered;
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::outcome::{Outcome, Reason};

/// The slowest are those of this span, and of the one before it.
const SPAN: SimDuration = SimDuration::from_secs(3);
const SLOW_MAX: usize = 5;
const FAILED_MAX: usize = 6;
const CHOICES_MAX: usize = 12;

/// One request that ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exemplar {
    pub source: NodeId,
    pub ordinal: u64,
    pub at: SimTime,
    pub took: SimDuration,
    pub outcome: Outcome,
    pub reason: Reason,
}

/// One choice of a balancer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub at: SimTime,
    pub source: NodeId,
    pub ordinal: u64,
    pub backend: u32,
    pub try_no: u8,
}

/// What is kept.
#[derive(Clone, Debug, Default)]
pub struct Exemplars {
    /// Slowest first; those of the span that began at `since`, and those of the one before.
    slow: Vec<Exemplar>,
    slow_before: Vec<Exemplar>,
    since: SimTime,
    /// The first that failed.
    pub first_failed: Option<Exemplar>,
    /// Newest last.
    pub failed: VecDeque<Exemplar>,
    /// By the index of each balancer that is looked into, newest last.
    choices: Ordered<u32, VecDeque<Choice>>,
}

impl Exemplars {
    /// Whether this balancer's choices are kept.
    #[inline]
    pub(super) fn keeps(&self, station: u32) -> bool {
        !self.choices.is_empty() && self.choices.contains_key(&station)
    }

    fn ended(&mut self, one: Exemplar) {
        let passed = one.at.since(self.since);
        if passed >= SPAN {
            let slow = std::mem::take(&mut self.slow);
            self.slow_before = if passed < SimDuration(2 * SPAN.0) { slow } else { Vec::new() };
            self.since = one.at;
        }
        if one.outcome != Outcome::Completed {
            self.first_failed.get_or_insert(one);
            if self.failed.len() == FAILED_MAX {
                self.failed.pop_front();
            }
            self.failed.push_back(one);
        }
        if self.slow.len() < SLOW_MAX || self.slow.last().is_some_and(|last| one.took > last.took) {
            let place = self.slow.partition_point(|other| other.took >= one.took);
            self.slow.insert(place, one);
            self.slow.truncate(SLOW_MAX);
        }
    }

    /// The slowest of the last moments, slowest first.
    pub fn slowest(&self) -> Vec<Exemplar> {
        let mut all: Vec<Exemplar> = self.slow.iter().chain(&self.slow_before).copied().collect();
        sort::few_by_key(&mut all, |one| std::cmp::Reverse(one.took));
        all.truncate(SLOW_MAX);
        all
    }
}

impl System {
    /// Keeps the latest choices of these stations from now on, and of no others.
    pub fn look_into(&mut self, nodes: &BTreeSet<NodeId>) {
        let stations: BTreeSet<u32> = sort::set(nodes.iter().filter_map(|node| self.station_index(*node)));
        self.exemplars.choices.retain(|station, _| stations.contains(station));
        for station in stations {
            self.exemplars.choices.or_default(station);
        }
    }

    /// The latest choices of a balancer that is looked into, newest first.
    pub fn latest_choices(&self, node: NodeId) -> impl Iterator<Item = &Choice> {
        let kept = self.station_index(node).and_then(|station| self.exemplars.choices.get(&station));
        kept.into_iter().flatten().rev()
    }

    /// Forgets requests worth asking about: time went back, or nobody watches.
    pub(super) fn forget_lately(&mut self) {
        self.exemplars = Exemplars::default();
    }

    pub(super) fn keep_exemplar(&mut self, request: u32, outcome: Outcome, reason: Reason) {
        let request = &self.requests[request];
        let source = self.stations[request.source as usize].id;
        let (ordinal, at, took) = (request.ordinal, self.now, self.now.since(request.born));
        self.exemplars.ended(Exemplar { source, ordinal, at, took, outcome, reason });
    }

    #[cold]
    pub(super) fn keep_choice(&mut self, station: u32, attempt: u32, backend: u32, try_no: u8) {
        let request = &self.requests[self.attempts[attempt].request];
        let source = self.stations[request.source as usize].id;
        let choice = Choice { at: self.now, source, ordinal: request.ordinal, backend, try_no };
        let kept = self.exemplars.choices.or_default(station);
        if kept.len() == CHOICES_MAX {
            kept.pop_front();
        }
        kept.push_back(choice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(at_secs: f64, took_ms: u64, outcome: Outcome) -> Exemplar {
        Exemplar {
            source: NodeId(1),
            ordinal: took_ms,
            at: SimTime::from_secs_f64(at_secs),
            took: SimDuration::from_millis(took_ms),
            outcome,
            reason: Reason::None,
        }
    }

    #[test]
    fn the_slowest_of_the_last_moments_are_kept_and_older_ones_forgotten() {
        let mut lately = Exemplars::default();
        for took in [5, 90, 30, 70, 10, 20, 80] {
            lately.ended(one(1.0, took, Outcome::Completed));
        }
        let slowest = |lately: &Exemplars| lately.slowest().iter().map(|one| one.ordinal).collect::<Vec<_>>();
        assert_eq!(slowest(&lately), [90, 80, 70, 30, 20]);
        lately.ended(one(4.5, 75, Outcome::Completed));
        assert_eq!(slowest(&lately), [90, 80, 75, 70, 30], "the span before counts");
        lately.ended(one(7.6, 1, Outcome::Completed));
        assert_eq!(slowest(&lately), [75, 1], "the one before that does not");
        lately.ended(one(60.0, 2, Outcome::Completed));
        assert_eq!(slowest(&lately), [2]);
    }

    #[test]
    fn the_last_failures_are_kept() {
        let mut lately = Exemplars::default();
        for took in 0..20 {
            let outcome = if took % 2 == 0 { Outcome::Failed } else { Outcome::Completed };
            lately.ended(one(1.0, took, outcome));
        }
        assert_eq!(lately.failed.iter().map(|one| one.ordinal).collect::<Vec<_>>(), [8, 10, 12, 14, 16, 18]);
    }
}
