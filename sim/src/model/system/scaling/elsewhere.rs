//! Other stations as a scaler sees them: what arrives there and what waits, looked at every 15 s like everything else.

use std::collections::VecDeque;

use super::body::rate_over;
use super::{SCRAPE_FIRST, WINDOW};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::scaler::{Measured, StationSeen};
use crate::model::system::System;

/// A station that a scaler asked for.
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    node: u32,
    /// (when, requests that had come), newest last.
    arrivals: VecDeque<(SimTime, u64)>,
    /// Requests that had come when the station's own count began again, and its count then.
    before: u64,
    last: u64,
    rate: Option<Measured>,
    waiting: Option<Measured>,
}

impl Elsewhere {
    fn new(node: u32, now: SimTime, counted: u64) -> Self {
        // From the start of the run everything is known, later only what comes from now on.
        let from_start = now.since(SimTime::ZERO) <= SCRAPE_FIRST;
        let first = if from_start { (SimTime::ZERO, 0) } else { (now, counted) };
        Self { node, arrivals: VecDeque::from([first]), before: 0, last: 0, rate: None, waiting: None }
    }

    fn look(&mut self, now: SimTime, counted: u64, waiting: u64) {
        if counted < self.last {
            // The warm-up is over: the station counts from 0 again.
            self.before += self.last;
        }
        self.last = counted;
        if self.arrivals.back().is_none_or(|(at, _)| *at < now) {
            self.arrivals.push_back((now, self.before + counted));
        }
        self.rate = rate_over(&mut self.arrivals, now, WINDOW);
        self.waiting = Some(Measured { value: waiting as f64, at: now, window: SimDuration::ZERO });
    }

    /// As a scaler is told of it.
    pub(super) fn seen(&self, label: &str) -> StationSeen {
        StationSeen { node: self.node, label: label.to_owned(), rate: self.rate, waiting: self.waiting }
    }

    pub(super) const fn node(&self) -> NodeId {
        NodeId(self.node)
    }
}

impl System {
    /// Looks at the stations that the scaler of this one wants to know of.
    pub(super) fn scrape_elsewhere(&mut self, station: u32) {
        let now = self.now;
        let Some(scaling) = self.scaling(station) else { return };
        let wanted = scaling.scaler.as_ref().map(|scaler| scaler.watches()).unwrap_or_default();
        if wanted.is_empty() {
            scaling.elsewhere.clear();
            return;
        }
        let mut known = std::mem::take(&mut scaling.elsewhere);
        let mut looked = Vec::with_capacity(wanted.len());
        for node in wanted {
            let found = self.station_index(NodeId(node)).filter(|ix| !self.stations[*ix as usize].removed);
            let Some(ix) = found.filter(|_| !looked.iter().any(|there: &Elsewhere| there.node == node)) else {
                continue;
            };
            let counted = self.stations[ix as usize].meter.arrivals_counted();
            let at = known.iter().position(|there| there.node == node);
            let mut there = at.map_or_else(|| Elsewhere::new(node, now, counted), |at| known.swap_remove(at));
            there.look(now, counted, self.waiting_for(ix, station));
            looked.push(there);
        }
        if let Some(scaling) = self.scaling(station) {
            scaling.elsewhere = looked;
        }
    }

    /// The other stations as the scaler of this one is told of them.
    pub(super) fn seen_elsewhere(&self, station: u32) -> Vec<StationSeen> {
        let Some(pool) = self.stations[station as usize].pool() else { return Vec::new() };
        let Some(scaling) = &pool.scaling else { return Vec::new() };
        let seen = |there: &Elsewhere| {
            let ix = self.station_index(there.node())?;
            Some(there.seen(&self.stations[ix as usize].label))
        };
        scaling.elsewhere.iter().filter_map(seen).collect()
    }

    /// What waits at a station; of a broker's messages those that `consumer` is to work on, if it is one.
    fn waiting_for(&self, station: u32, consumer: u32) -> u64 {
        let Some(broker) = self.stations[station as usize].broker() else {
            return u64::from(self.stations[station as usize].meter.queue());
        };
        let own = |edge: u32| self.edges.get(edge as usize).is_some_and(|edge| edge.to == consumer && !edge.removed);
        let waiting = |own_only: bool| -> u64 {
            let groups = broker.groups.iter().filter(|group| !own_only || own(group.edge));
            groups.map(|group| u64::from(group.levels.waiting)).sum()
        };
        waiting(broker.groups.iter().any(|group| own(group.edge)))
    }
}
