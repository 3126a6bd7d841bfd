//! What the page sees of a run.

use serde::{Deserialize, Serialize};

use super::money::MoneyFrame;
use super::profile::ProfileFrame;
use super::{RunId, RunStatus};
use crate::facet::balancer::{Backend, Balancer};
use crate::facet::policy::Policies;
use crate::facet::{self, Facet};
use crate::figure;
use crate::model::system::exemplars::Exemplar;
use crate::topology::document::{EdgeId, NodeId};

/// The fate of a request or an attempt, as an index into counters: see `model::outcome::Outcome`.
pub type OutcomeIx = u8;
/// How many outcomes there are.
pub const OUTCOMES: usize = 6;

/// What the page sees, sent at most once per animation frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub run: RunId,
    pub status: RunStatus,
    /// The latest jump that was heard of, 0 before the first.
    pub jump: u32,
    /// Simulated span that this frame covers [ns].
    pub from_ns: u64,
    pub now_ns: u64,
    /// Events processed since the start.
    pub events: u64,
    /// Simulated seconds per wall second, as asked for; 0 = as fast as possible.
    pub speed: f64,
    /// Simulated seconds per wall second, as reached lately.
    pub speed_reached: f64,
    /// One dot stands for this many traversals.
    pub dots_per: u32,
    pub totals: Totals,
    pub recent: Recent,
    pub stations: Vec<StationFrame>,
    pub edges: Vec<EdgeFrame>,
    /// Sampled hops that started within this frame's span.
    pub hops: Vec<Hop>,
    /// Log lines since the last frame.
    pub log: Vec<LogLine>,
    /// Series for the charts, of all that is watched: present at most four times a second.
    pub series: Vec<Series>,
    /// Costs and the objective: present at most four times a second.
    pub money: Option<Box<MoneyFrame>>,
    /// Requests worth asking about: present at most four times a second.
    pub exemplars: Option<Exemplars>,
    /// The stations that are looked into, as a whole: present at most four times a second.
    pub insides: Vec<Inside>,
    /// Where the time went: present at most four times a second.
    pub profile: Option<Box<ProfileFrame>>,
    /// Faults in force now: index into the document's timetable, or live ones as text.
    pub faults: Vec<ActiveFault>,
}

/// Requests worth asking about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exemplars {
    /// Slowest first.
    pub slow: Vec<Exemplar>,
    /// Newest first.
    pub failed: Vec<Exemplar>,
}

/// User requests since the start (warm-up left out); conserved: offered = sum of outcomes + in flight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub offered: u64,
    pub by_outcome: [u64; OUTCOMES],
    /// Completed in time.
    pub good: u64,
    pub in_flight: u64,
    /// Over completed requests [s]; NaN where there are none yet.
    pub sojourn_mean: f64,
    pub sojourn_p50: f64,
    pub sojourn_p99: f64,
    /// Over all offered requests [s]: those without an answer count as infinite. NaN where none was offered.
    pub p99_offered: f64,
}

impl Totals {
    /// The figures of all of it as if it were one recent span of `secs` [s]; what a station did is not among them.
    /// NaN where there is nothing to divide by.
    #[must_use]
    pub fn as_recent(&self, secs: f64) -> Recent {
        let rate = |count: u64| if secs > 0.0 { count as f64 / secs } else { f64::NAN };
        let ended: u64 = self.by_outcome.iter().sum();
        Recent {
            span_secs: secs,
            arrival_rate: rate(self.offered),
            throughput: rate(self.by_outcome[0]),
            goodput: rate(self.good),
            error_share: if ended == 0 { f64::NAN } else { 1.0 - self.by_outcome[0] as f64 / ended as f64 },
            p50: self.sojourn_p50,
            p99: self.sojourn_p99,
            p99_offered: self.p99_offered,
            utilization: f64::NAN,
            busiest: None,
        }
    }
}

/// Over the last few simulated seconds (`span_secs`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    pub span_secs: f64,
    /// [1/s]
    pub arrival_rate: f64,
    pub throughput: f64,
    pub goodput: f64,
    /// Share of ended requests that did not complete, 0..1; NaN where none ended.
    pub error_share: f64,
    /// [s], of requests completed; NaN where there are none.
    pub p50: f64,
    pub p99: f64,
    /// [s], of all that ended: those without an answer count as infinite; NaN where none ended.
    pub p99_offered: f64,
    /// Of the busiest station, 0..1, and which it is.
    pub utilization: f64,
    pub busiest: Option<NodeId>,
}

/// How a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReplicaState {
    #[default]
    Ready,
    Starting,
    Draining,
    Dead,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplicaFrame {
    pub state: ReplicaState,
    pub busy: u32,
    pub slots: u32,
    pub queue: u32,
    /// 1 = normal; 4 = takes four times as long.
    pub slow_factor: f64,
    /// Error rate injected, 0..1.
    pub error_rate: f64,
    /// Cold, while it warms up.
    pub warming: Option<Warming>,
}

/// How cold a replica is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Warming {
    /// Times as long as a warm one takes for the next request.
    pub factor: f64,
    /// Requests to be served until it is warm, and time to pass until then [s].
    pub left: u32,
    pub secs: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StationFrame {
    pub node: NodeId0,
    pub busy: u32,
    pub slots: u32,
    pub queue: u32,
    /// Waiting places over all queues; `None` = unlimited.
    pub queue_capacity: Option<u32>,
    /// Recent busy share of slots, 0..1; NaN where the notion has no meaning (source, balancer).
    pub utilization: f64,
    /// Recent rates [1/s]: what came in, what was answered well.
    pub arrival_rate: f64,
    pub throughput: f64,
    /// Recent time at the station incl. what it waited for [s]; NaN where nothing was answered.
    pub p50: f64,
    pub p99: f64,
    pub replicas: Vec<ReplicaFrame>,
    /// What else there is to see of it, at a glance.
    pub facets: Vec<Facet>,
}

impl StationFrame {
    /// The facet of this type, if the station has it.
    #[must_use]
    pub fn facet<T: facet::Part>(&self) -> Option<&T> {
        facet::find(&self.facets)
    }

    /// A balancer's backends; empty for any other station.
    #[must_use]
    pub fn backends(&self) -> &[Backend] {
        self.facet::<Balancer>().map_or(&[], |balancer| &balancer.backends)
    }
}

/// The whole inside of a station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    pub node: NodeId,
    pub facets: Vec<Facet>,
}

/// `NodeId` with a default, for empty frames.
pub type NodeId0 = u32;

/// Counters of one edge; each direction's traversals since `dots_per` last changed are true to the dots:
/// |dots x dots_per - traversals| < dots_per.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeFrame {
    pub edge: u32,
    /// Attempts sent since the start; conserved: sent = sum of outcomes + in flight.
    pub sent: u64,
    pub by_outcome: [u64; OUTCOMES],
    pub in_flight: u64,
    pub retries: u64,
    /// Recent attempts [1/s].
    pub rate: f64,
    /// Recent attempts per call; NaN where there were none.
    pub amplification: f64,
    /// Attempts still under way that nobody waits for any more.
    pub zombies: u64,
    pub policy: Option<Box<Policies>>,
    pub partitioned: bool,
    /// Added by a fault [s].
    pub extra_latency: f64,
    pub out_since: u64,
    pub out_dots: u64,
    pub back_since: u64,
    pub back_dots: u64,
}

/// One drawn traversal of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    pub edge: EdgeId,
    /// Whose: the source and the number that it gave the request, from 0.
    pub source: u32,
    pub ordinal: u64,
    /// False: from caller to callee (outcome not known yet). True: the answer coming back.
    pub back: bool,
    pub outcome: OutcomeIx,
    pub start_ns: u64,
    pub end_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogLevel {
    Info,
    Good,
    Bad,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    pub at_ns: u64,
    pub level: LogLevel,
    pub node: Option<NodeId>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    pub kind: String,
    /// `topology::document::FaultTarget` as JSON.
    pub target_json: String,
    pub since_ns: u64,
    pub text: String,
    /// Its place in the timetable; `None`: it was let loose by hand.
    pub scheduled: Option<u32>,
}

/// Figures over time; all columns of the same length, one row per bucket, oldest first. NaN = nothing to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Whose: `None` = the whole system.
    pub node: Option<u32>,
    /// Width of a bucket [s]; doubles as the run grows.
    pub bucket_secs: f64,
    /// Start of each bucket [s].
    pub at_secs: Vec<f64>,
    /// By figure, in the order of [`figure::charted`]; one that is [`figure::Without::AbsentAtZero`] and never more is empty.
    pub columns: Vec<Vec<f32>>,
}

impl Series {
    /// The column of the figure with this id; empty where there is none.
    #[must_use]
    pub fn column(&self, id: &str) -> &[f32] {
        let place = figure::charted().position(|spec| spec.id == id);
        place.and_then(|place| self.columns.get(place)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_as_one_span_give_the_rates_of_the_whole_run() {
        let totals = Totals {
            offered: 600,
            by_outcome: [480, 120, 0, 0, 0, 0],
            good: 300,
            sojourn_p99: 0.2,
            ..Totals::default()
        };
        let whole = totals.as_recent(60.0);
        assert_eq!((whole.arrival_rate, whole.throughput, whole.goodput), (10.0, 8.0, 5.0));
        assert!((whole.error_share - 0.2).abs() < 1e-12);
        assert_eq!(whole.p99, 0.2);
        let nothing = Totals::default().as_recent(0.0);
        assert!(nothing.arrival_rate.is_nan() && nothing.error_share.is_nan(), "nothing is claimed");
    }
}
