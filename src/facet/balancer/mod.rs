//! A balancer: what it believes of each backend beside the truth, how its strategy decides, what it keeps between requests.

pub mod memory;
pub mod strategy;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use self::memory::Kept;
use self::strategy::{Follower, Strategy};
use super::{Look, Show, StateLine, Weight};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::rotation::OutOfRotation;
use crate::model::system::System;
use crate::model::system::balancer::state::Balancer as Running;
use crate::model::system::pool::replica::Replica;

/// Shares are those of this span [s], as far as it has been watched.
const RECENT_SECS: f64 = 3.0;

/// A glance has the backends alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balancer {
    pub backends: Vec<Backend>,
    /// So few are believed well that it uses all of them.
    pub panic: bool,
    /// `None` as long as it has not chosen.
    pub strategy: Option<Strategy>,
    /// Balancers that keep something between requests.
    pub kept: Option<Kept>,
}

/// One backend: belief beside truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backend {
    /// The balancer's number for it, never used twice.
    pub index: u32,
    pub edge: u32,
    pub node: u32,
    pub replica: u32,
    pub believed_healthy: bool,
    /// The truth: whether it could answer now.
    pub alive: bool,
    /// Since when it is believed so [ns].
    pub since_ns: u64,
    /// Why it gets nothing; `None`: it is in rotation.
    pub out: Option<Out>,
    /// What outlier detection has against it though it stays in.
    pub note: Option<String>,
    /// Share of its weight that slow start gives it by now, 0..1; `None`: all of it.
    pub slow_start: Option<f64>,
    /// The strategy may choose it.
    pub eligible: bool,
    pub selections: u64,
    /// Its share of the last few seconds' selections, 0..1; NaN where there were none.
    pub recent_share: f64,
    /// Recent selections [1/s]; NaN while nobody has looked for long enough.
    pub selection_rate: f64,
    pub outstanding: u32,
    /// As last measured by the balancer [s]; NaN before the first answer.
    pub response_time: f64,
    pub error_rate: f64,
    pub weight: f64,
    /// Busy share of its slots as its answers tell, 0..1; NaN where the balancer hears none.
    pub utilization: f64,
}

/// A backend out of rotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Out {
    pub why: OutOfRotation,
    /// Since when [ns]; `None` for what the drawing says.
    pub since_ns: Option<u64>,
    /// The same with its numbers: "ejected for 30 s after 5 errors in a row; back at 00:40.000, at the next sweep".
    pub words: String,
}

impl Show for Balancer {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let balancer = look.station.balancer()?;
        let shown: Vec<usize> = (0..balancer.backends.len()).filter(|at| !balancer.backends[*at].removed).collect();
        if shown.is_empty() {
            return None;
        }
        let (system, node) = (look.system, look.node());
        let memory = &mut look.memory.balancers;
        let backends = shown.iter().map(|at| backend(system, balancer, *at, memory.picks(node, *at))).collect();
        let strategy = if look.whole { memory.followers.entry(node).or_default().read(system, node) } else { None };
        let kept = if look.whole { memory::kept(system, look.at, balancer, &shown) } else { None };
        Some(Self { backends, panic: balancer.panicking, strategy, kept })
    }

    fn state_line(&self) -> Option<StateLine> {
        let out = self.backends.iter().filter(|backend| !backend.believed_healthy).count();
        let words = format!("{out} of {} backends out", self.backends.len());
        (out > 0).then_some(StateLine { weight: Weight::Trouble, words })
    }
}

fn backend(system: &System, balancer: &Running, ix: usize, picks: Picks) -> Backend {
    let backend = &balancer.backends[ix];
    let edge = system.edge_at(backend.edge);
    let target = system.station_at(edge.to);
    let replica = system.replica_at(backend.replica);
    let picker = balancer.shown_picker(ix);
    let slow_start = picker.map_or(1.0, |picker| picker.share_of(ix, balancer.config.slow_start, system.now()));
    Backend {
        index: ix as u32,
        edge: edge.plan.id.0,
        node: target.id.0,
        replica: replica.map_or(0, |replica| replica.number),
        believed_healthy: backend.healthy,
        alive: replica.is_none_or(Replica::open) && !edge.partitioned() && !target.down,
        since_ns: backend.since.0,
        out: balancer.out_note(ix).map(|note| Out {
            why: note.why,
            since_ns: note.since.map(|since| since.0),
            words: note.words,
        }),
        note: balancer.outlier_note(ix),
        slow_start: (slow_start < 1.0).then_some(slow_start),
        eligible: picker.is_some_and(|picker| picker.views[ix].eligible),
        selections: backend.selections,
        recent_share: picks.here / picks.all,
        selection_rate: if picks.secs > 0.0 { picks.here / picks.secs } else { f64::NAN },
        outstanding: backend.in_flight,
        response_time: backend.response_time,
        error_rate: backend.error_rate,
        weight: f64::from(backend.weight),
        utilization: picker.map_or(f64::NAN, |picker| picker.views[ix].utilization),
    }
}

/// Selections of the last few seconds: of one backend, and of all.
#[derive(Clone, Copy, Debug)]
struct Picks {
    here: f64,
    all: f64,
    secs: f64,
}

/// What is remembered of all balancers from frame to frame.
#[derive(Debug, Default)]
pub struct Memory {
    /// Selections of each backend at earlier moments, oldest first.
    counted: VecDeque<(SimTime, BTreeMap<NodeId, Vec<u64>>)>,
    /// Those of the last few seconds, and how many seconds these are.
    recent: BTreeMap<NodeId, Vec<u64>>,
    recent_secs: f64,
    /// Strategies that somebody has looked into.
    followers: BTreeMap<NodeId, Follower>,
}

impl Memory {
    /// Counts what was selected lately, and notices what a change of a list moved, also while nobody looks.
    pub(super) fn keep_up(&mut self, system: &System) {
        for (node, follower) in &mut self.followers {
            follower.keep_up(system, *node);
        }
        let now = system.now();
        let span = SimDuration::from_secs_f64(RECENT_SECS);
        while self.counted.get(1).is_some_and(|(at, _)| now.since(*at) >= span) {
            self.counted.pop_front();
        }
        let balancers = system.shown_stations().filter_map(|(_, station)| {
            let balancer = station.balancer()?;
            Some((station.id, balancer.backends.iter().map(|backend| backend.selections).collect::<Vec<u64>>()))
        });
        let all: BTreeMap<NodeId, Vec<u64>> = sort::map(balancers);
        self.recent.clone_from(&all);
        if let Some((_, before)) = self.counted.front() {
            for (id, counts) in &mut self.recent {
                let before = before.get(id).map_or(&[][..], Vec::as_slice);
                for (count, before) in counts.iter_mut().zip(before) {
                    *count = count.saturating_sub(*before);
                }
            }
        }
        let quarter = SimDuration::from_millis(250);
        if self.counted.back().is_none_or(|(at, _)| now.since(*at) >= quarter) {
            self.counted.push_back((now, all));
        }
        self.recent_secs = self.counted.front().map_or(0.0, |(since, _)| now.since(*since).as_secs_f64());
    }

    fn picks(&self, node: NodeId, backend: usize) -> Picks {
        let counts = self.recent.get(&node).map_or(&[][..], Vec::as_slice);
        let here = counts.get(backend).copied().unwrap_or(0) as f64;
        Picks { here, all: counts.iter().sum::<u64>() as f64, secs: self.recent_secs }
    }
}
