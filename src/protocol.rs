//! Messages between the page and its worker: closed enums and plain data, no behavior.
//!
//! Both ends are built from the same source; [`PROTOCOL`] and the build id are compared at the handshake.
//! Messages travel as `postcard` bytes; frames in a transferred buffer, at most two in flight.
//! A document travels as its JSON text (`topology::format`), since `Value` needs a self-describing format.

pub mod broker;
pub mod door;
pub mod heap;
pub mod inside;
pub mod manifest;
pub mod mesh;
pub mod money;
pub mod parts;
pub mod profile;
pub mod scaling;

use serde::{Deserialize, Serialize};

use self::broker::BrokerFrame;
use self::inside::{Inside, Lately};
use self::manifest::{ManifestAnswer, ManifestAsk};
use self::profile::ProfileFrame;
use crate::model::rotation::OutOfRotation;
use crate::topology::document::{Diagnostic, EdgeId, NodeId};

/// Changes whenever a message changes shape.
pub const PROTOCOL: u32 = 3;

/// Names what page and worker were built from: equal in both, or one of them comes from an old cache.
/// Set by `build/main.rs`; a build without the page has the version alone.
pub const BUILD: &str = match option_env!("HEADROOM_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};

/// Which load a message belongs to; answers to an older load are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RunId(pub u32);

/// Simulated seconds per wall second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    /// 0.01 to 100.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

/// Page to worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Start anew with this run. `run_json` is a whole shared run (`topology::format::Run` as JSON): document and input log.
    /// After a crash or on seek, `until_event` replays silently up to that event (progress is reported by frames).
    Load {
        run: RunId,
        run_json: String,
        until_event: Option<u64>,
    },
    Play {
        run: RunId,
        speed: Speed,
    },
    Pause {
        run: RunId,
    },
    /// One event while paused.
    Step {
        run: RunId,
    },
    /// A `topology::document::Change` as JSON. Latest wins for edits still waiting.
    Change {
        run: RunId,
        change_json: String,
    },
    /// Jump to a moment [ns].
    Seek {
        run: RunId,
        to_ns: u64,
    },
    /// Send this node's series instead of the system's; `None`: the system's.
    Watch {
        run: RunId,
        node: Option<NodeId>,
    },
    /// Send this balancer's inside with the frames; `None`: none.
    LookInto {
        run: RunId,
        node: Option<NodeId>,
    },
    /// Send where the time went with the frames, or no longer.
    Profile {
        run: RunId,
        on: bool,
    },
    /// Asks for [`FromWorker::Explained`]: why the request with this number (from 0) of a source went as it did.
    /// A newer question takes an older one's place.
    Explain {
        run: RunId,
        source: NodeId,
        ordinal: u64,
    },
    /// The answer is not wanted any more.
    ForgetExplain {
        run: RunId,
    },
    /// Asks for [`FromWorker::RunJson`]: the run with its input log, for a link.
    Export {
        run: RunId,
    },
    /// Grade a design on one seed (the page spreads seeds over a pool). JSON in, JSON out (`lesson::grade`).
    Grade {
        job: u32,
        lesson: String,
        document_json: String,
        seed: u64,
    },
    /// Reads or writes a Kubernetes manifest; belongs to no run.
    Manifest {
        job: u32,
        ask: ManifestAsk,
    },
    /// Run a document to its end as fast as possible, watching one node. Nothing else is under way in such a worker.
    Race {
        job: u32,
        document_json: String,
        node: NodeId,
    },
    /// A frame was taken: another may be sent.
    FrameTaken {
        run: RunId,
    },
    Ping {
        id: u32,
    },
    /// Answers with a panic: for the test of the watchdog.
    Crash,
}

/// Worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// First of all.
    Ready {
        protocol: u32,
        build: String,
    },
    /// The answer to `Load`: what stands in the way, if anything.
    Loaded {
        run: RunId,
        diagnostics: String,
        runs: bool,
    },
    /// A change was applied before event `at_event`, or refused with diagnostics (JSON) and the old system goes on.
    Changed {
        run: RunId,
        at_event: u64,
        refused: Option<String>,
        input_json: Option<String>,
    },
    Frame(Box<Frame>),
    RunJson {
        run: RunId,
        run_json: String,
        trace_hash: String,
    },
    /// The run is being replayed to explain a request: how far that is, 0..1.
    Explaining {
        run: RunId,
        share: f64,
    },
    /// The journey of a request (`model::journey::Journey` as JSON), or why there is none, in words.
    Explained {
        run: RunId,
        source: NodeId,
        ordinal: u64,
        journey: Result<String, String>,
    },
    /// The run reached its end and drained: the final report as JSON (`runner::Report`).
    Finished {
        run: RunId,
        report_json: String,
    },
    Graded {
        job: u32,
        seed: u64,
        result_json: String,
    },
    /// The answer to [`ToWorker::Manifest`].
    Manifest {
        job: u32,
        answer: ManifestAnswer,
    },
    /// How far a race's run is, 0..1.
    Racing {
        job: u32,
        share: f64,
    },
    /// What came out of it (`runner::what_if::Finish` as JSON), or what stood in the way, in words.
    Raced {
        job: u32,
        finish_json: Result<String, String>,
    },
    Pong {
        id: u32,
    },
    /// The simulation is broken; the worker must be replaced.
    Panicked {
        message: String,
    },
}

/// What the worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RunStatus {
    #[default]
    Paused,
    Running,
    /// Going forward to a past point (after a crash or a seek).
    Replaying,
    Finished,
}

/// The fate of a request or an attempt, as an index into counters: see `model::outcome::Outcome`.
pub type OutcomeIx = u8;
/// How many outcomes there are.
pub const OUTCOMES: usize = 6;

/// What the page sees, sent at most once per animation frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub run: RunId,
    pub status: RunStatus,
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
    /// Series for the charts: present at most four times a second.
    pub series: Option<Series>,
    /// Costs and the objective: present at most four times a second.
    pub money: Option<Box<money::MoneyFrame>>,
    /// Requests worth asking about: present at most four times a second.
    pub lately: Option<Lately>,
    /// The balancer that is looked into: present at most four times a second.
    pub inside: Option<Box<Inside>>,
    /// Where the time went, for whoever asks: present at most four times a second.
    pub profile: Option<Box<ProfileFrame>>,
    /// The scaler that is looked into: present at most four times a second.
    pub scaler: Option<Box<scaling::ScalerInside>>,
    /// Faults in force now: index into the document's timetable, or live ones as text.
    pub faults: Vec<ActiveFault>,
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
    /// Hits over look-ups since the start, caches only.
    pub hit_ratio: Option<f64>,
    pub entries: Option<u32>,
    pub replicas: Vec<ReplicaFrame>,
    /// Balancers only: what it believes of each backend.
    pub backends: Vec<BackendFrame>,
    /// Balancers only: so few are believed well that it uses all of them.
    pub panic: bool,
    /// Balancers that keep something between requests, only while watched.
    pub memory: Option<MemoryFrame>,
    /// Message brokers only.
    pub broker: Option<Box<BrokerFrame>>,
    /// Who is let in, where somebody is not.
    pub door: Option<Box<door::DoorFrame>>,
    /// Who is next, where it is not simply who came first.
    pub line: Option<Box<door::LineFrame>>,
    /// Its memory, where it is modelled.
    pub heap: Option<Box<heap::HeapFrame>>,
    /// What scales it, where something does.
    pub scaling: Option<Box<scaling::ScalingFrame>>,
    /// A database's read replicas, where it is told of some.
    pub copies: Option<Box<parts::CopiesFrame>>,
    /// A cache's nodes, where it may have several.
    pub cluster: Option<Box<parts::ClusterFrame>>,
}

/// What a balancer keeps between requests; lists parallel to [`StationFrame::backends`] where so said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MemoryFrame {
    /// Parallel to the backends.
    Connections(Vec<ConnectionFrame>),
    /// DNS answers that resolvers hold.
    Names {
        /// How many there are in all.
        held: u32,
        /// Resolvers that hold each backend's address; parallel to the backends.
        holders: Vec<u32>,
        answers: Vec<AnswerFrame>,
    },
    /// Callers that choose for themselves.
    Callers {
        /// How many there are in all.
        callers: u32,
        views: Vec<CallerFrame>,
    },
}

/// The connections to one backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionFrame {
    pub open: u32,
    /// Requests that came over those now open.
    pub requests: u64,
    /// Age of the oldest [ns].
    pub oldest_ns: u64,
}

/// An answer that a resolver holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerFrame {
    /// Whose resolver, in words.
    pub asker: String,
    /// Index among the backends; `None`: the address of one that is gone.
    pub backend: Option<u32>,
    /// Time to live left [ns].
    pub left_ns: u64,
    /// It is being looked up.
    pub waiting: bool,
}

/// One caller's view of the backends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallerFrame {
    pub asker: String,
    /// Whether it would use each backend, by what it was told last; parallel to the backends.
    pub uses: Vec<bool>,
    /// Its own requests in flight; parallel to the backends.
    pub outstanding: Vec<u32>,
}

/// `NodeId` with a default, for empty frames.
pub type NodeId0 = u32;

/// One line of a balancer's table: belief beside truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BackendFrame {
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
    pub out: Option<OutFrame>,
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
pub struct OutFrame {
    pub why: OutOfRotation,
    /// Since when [ns]; `None` for what the drawing says.
    pub since_ns: Option<u64>,
    /// The same with its numbers: "ejected for 30 s after 5 errors in a row; back at 00:40.000, at the next sweep".
    pub words: String,
}

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
    pub policy: Option<Box<mesh::PolicyFrame>>,
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

/// Columns of the charts; all the same length, one row per bucket, oldest first. NaN = nothing to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Whose: `None` = the whole system.
    pub node: Option<u32>,
    /// Width of a bucket [s]; doubles as the run grows.
    pub bucket_secs: f64,
    /// Start of each bucket [s].
    pub at_secs: Vec<f64>,
    /// Ended in the bucket, by outcome [1/s].
    pub by_outcome: [Vec<f32>; OUTCOMES],
    pub arrival_rate: Vec<f32>,
    pub goodput: Vec<f32>,
    /// Of requests that ended as Completed in the bucket [s].
    pub p50: Vec<f32>,
    pub p99: Vec<f32>,
    /// Busiest station's (system) or own (node) busy share, 0..1.
    pub utilization: Vec<f32>,
    /// Mean number waiting: over all stations (system) or own.
    pub queue_length: Vec<f32>,
    /// Requests there at the end of the bucket.
    pub in_flight: Vec<f32>,
    /// Modelled memory at the end of the bucket [bytes]: in use, and taken from the machines.
    pub memory: Vec<f32>,
    pub reserved: Vec<f32>,
    /// Allocated [bytes/s], and since the start [bytes].
    pub allocation_rate: Vec<f32>,
    pub allocated: Vec<f32>,
    /// Collections [1/s], and the time for which replicas together stood still [s/s].
    pub collections: Vec<f32>,
    pub paused: Vec<f32>,
    /// What all stations (system) or this one cost [USD/h]; empty where nothing has a price.
    pub cost_per_hour: Vec<f32>,
}

/// Diagnostics as they cross the border.
#[must_use]
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    serde_json::to_string(diagnostics).expect("diagnostics are plain data")
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
