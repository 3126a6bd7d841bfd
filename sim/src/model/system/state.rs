//! What the system is made of while it runs: events, requests, attempts, stations, replicas, edges.

use std::collections::{BTreeMap, VecDeque};

use super::admission::Guard;
use super::broker::Broker;
use super::cache_cluster::Cluster;
use super::heap::Allocator;
use super::link::Link;
use super::meter::Meter;
use super::plan::{BalancerConfig, EdgePlan, Operation, PoolConfig, SourceConfig, Standing};
use super::policies::PolicyState;
use super::read_replicas::Copies;
use super::scaling::{Body, Scaling};
use super::slab::Key;
use crate::engine::heap::{Entry, Heap};
use crate::engine::rng::{DrawKey, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::{BackendView, Strategy};
use crate::model::discipline::Waiting;
use crate::model::fault::{Effect, FaultKind};
use crate::model::geography::Region;
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::lru::Lru;
use crate::model::money::{Ledger, Tariff};
use crate::model::outcome::{Outcome, Reason};
use crate::model::outlier::Detector;
use crate::model::priority::Priority;

/// No index.
pub const NONE: u32 = u32::MAX;

/// What can happen. Small and plain: it travels through the event queue by value.
///
/// The tag fills a word: next to a smaller one the compiler packs a flag, and moves the rest in two overlapping parts,
/// which the processor cannot read back as fast (4 % of a run).
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// An open-loop source sends; stale when `generation` is not the source's.
    Arrive {
        source: u32,
        generation: u32,
    },
    /// A closed-loop user has thought enough.
    UserReady {
        source: u32,
        user: u32,
    },
    /// An attempt reaches its station.
    Reach {
        attempt: u32,
    },
    /// The next demand of a replica is served; stale when `generation` is not the replica's.
    Work {
        replica: u32,
        generation: u32,
    },
    /// An answer reaches the caller.
    Answer {
        attempt: u32,
    },
    /// The caller stops waiting; stale once the attempt is freed.
    TimeOut {
        attempt: Key,
    },
    /// A user's patience is over; stale once the request is answered.
    Leave {
        request: Key,
    },
    /// The attempt has waited its turn in front of its station.
    Pass {
        attempt: Key,
    },
    /// A resolver has the address that the attempt waits for.
    Resolved {
        attempt: Key,
    },
    /// A caller asks the registry who is there; stale when `generation` is not the balancer's.
    Poll {
        station: u32,
        caller: u32,
        generation: u32,
    },
    /// The wait before a retry is over.
    Retry {
        attempt: u32,
    },
    /// A try has not got through within the connect time-out; stale once it has, or is freed.
    ConnectTimeOut {
        attempt: Key,
    },
    /// The caller gives up on a call with all its tries; stale once the call is done.
    GiveUp {
        call: Key,
    },
    /// A call has been out for longer than usual; stale likewise.
    Hedge {
        call: Key,
    },
    /// A station hears that nobody wants the answer; stale once the attempt is freed.
    Cancel {
        attempt: Key,
    },
    /// A place may be free at the gate of a connection.
    Room {
        edge: u32,
        whose: u32,
    },
    /// A try has stood before a gate for as long as it may; stale once it has gone.
    Waited {
        attempt: Key,
    },
    /// The gate before which a try stands is no more; stale likewise.
    Released {
        attempt: Key,
    },
    /// A balancer asks its backends how they are.
    Check {
        station: u32,
        generation: u32,
    },
    /// A scaler looks; stale when `generation` is not the scaling's.
    Scale {
        station: u32,
        generation: u32,
    },
    /// A metrics server asks the replicas of a pool; stale likewise.
    Scrape {
        station: u32,
        generation: u32,
    },
    /// A stage of a replica's life is over; stale when `generation` is not the pod's.
    Pod {
        station: u32,
        number: u32,
        generation: u32,
    },
    /// A stage of the life of a read replica, or of a cache's node, is over; stale when `generation` is not its own.
    Part {
        station: u32,
        number: u32,
        generation: u32,
    },
    /// Whoever decides how many of them there are looks; stale likewise.
    Parts {
        station: u32,
        generation: u32,
    },
    /// A service's rollout may have something to do.
    Roll {
        station: u32,
    },
    /// A spot machine is about to be taken away.
    Interrupt {
        station: u32,
        number: u32,
    },
    /// A replica's garbage is collected; stale when `generation` is not its memory's.
    Collected {
        replica: u32,
        generation: u32,
    },
    /// A replica has taken more memory than it may.
    OutOfMemory {
        replica: u32,
    },
    /// An interval of a balancer's outlier detection ends.
    Sweep {
        station: u32,
        generation: u32,
    },
    /// The oldest append of a broker's partition is done; stale when `generation` is not the partition's.
    Appended {
        station: u32,
        partition: u32,
        generation: u32,
    },
    /// A broker writes to disk what is only in memory; stale when `generation` is not the broker's.
    Flush {
        station: u32,
        generation: u32,
    },
    /// Consumers commit their offsets; stale likewise.
    Commit {
        station: u32,
        generation: u32,
    },
    /// A consumer group may have something to do.
    Consumers {
        station: u32,
        group: u32,
    },
    /// A timetabled fault starts or ends.
    Fault {
        index: u32,
        starts: bool,
    },
    /// A fault with a course of its own goes on; stale once it is lifted.
    FaultStep {
        serial: u32,
    },
    /// A statistics bucket closes.
    Tick,
    WarmUpEnds,
    SourcesStop,
    DrainEnds,
}

/// A user's request. What can be derived from its draws (operation, key, client) is, on demand.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub draws: DrawKey,
    pub ordinal: u64,
    pub source: u32,
    /// Closed loop: whose it is.
    pub user: u32,
    pub born: SimTime,
    /// Order-sensitive hash of the stations visited so far.
    pub visited: u64,
    /// Attempts that still refer to it.
    pub refs: u32,
    pub done: bool,
    /// A message that every service fails on.
    pub poison: bool,
    pub operation: Operation,
    pub priority: Priority,
    /// Its newest attempt that its user waits for; [`NONE`] before the first.
    pub attempt: u32,
    /// Where its client is; see [`super::spots`].
    pub spot: u8,
    /// Arrived after the warm-up.
    pub counted: bool,
    /// Asks for the hot key.
    pub hot: bool,
    /// Where its time goes is written down; see [`super::profiler`].
    pub profiled: bool,
}

/// Who waits for an attempt's answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// Nobody.
    None,
    /// The user.
    Client,
    /// An attempt that stands at a station and waits.
    Parent(Key),
    /// A broker: what it delivered.
    Delivery(Key),
    /// A balancer's health check.
    Probe { balancer: u32, backend: u32 },
}

/// What is asked of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Request,
    /// Cache: is it there?
    Get,
    /// Cache: keep this.
    Fill,
    /// Cache: forget this.
    Invalidate,
    /// Are you well?
    Probe,
    /// A message that its consumer has processed before: recognized, and skipped.
    Repeat,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits to be sent (again).
    Backoff,
    /// Waits at its caller for room among the connection's open calls.
    Held,
    /// On its way to the station.
    Out,
    Queued,
    /// Its demand is being served.
    Working,
    /// Holds its slot (if it has one) and waits for calls of its own.
    Waiting,
    /// On its way back.
    Back,
    /// Swallowed by a partition; only a time-out can end it.
    Lost,
}

/// What a handler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Calls whose answers only matter by success.
    Plain,
    /// A cache look-up; on a miss the store follows.
    Looking { store: u32, cache: u32 },
    /// The store, to fill the cache with its answer.
    Loading { cache: u32 },
    /// A write to the store, to invalidate the cache after it.
    Storing { cache: u32 },
}

/// One try to get an answer over one edge.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Index of the request; [`NONE`] for health checks.
    pub request: u32,
    pub edge: u32,
    pub station: u32,
    /// Index of the replica, [`NONE`] until chosen.
    pub replica: u32,
    /// Index in the calling balancer's table, else [`NONE`].
    pub backend: u32,
    /// By what it was chosen there: the picker; at a balancer of connections, the connection.
    pub via: u32,
    pub caller: Caller,
    /// Draws of this try, and of the call's first try.
    pub draws: DrawKey,
    pub base: DrawKey,
    pub sent_at: SimTime,
    pub reached_at: SimTime,
    pub verb: Verb,
    pub phase: Phase,
    pub stage: Stage,
    pub outcome: Outcome,
    pub reason: Reason,
    /// Where its caller stands, and where it goes; see [`super::spots`].
    pub from_spot: u8,
    pub spot: u8,
    /// The connection for it is opened first: one round trip more.
    pub handshake: bool,
    /// At a balancer of names, waiting for an address: the try to go on with.
    pub try_no_next: u8,
    /// Busy share of the replica's slots as the answer left, for balancers; NaN: nobody said.
    pub load: f32,
    /// Index of its ticket, where policies are at work; see [`super::policies`].
    pub policy: u32,
    /// Standing at a balancer: backends tried, one bit each of the first 64.
    pub tried: u64,
    /// Try number, 0 first.
    pub try_no: u8,
    /// Next step of the handler.
    pub step: u16,
    pub program: u16,
    /// Calls of its own not answered yet.
    pub pending: u16,
    /// A health check that asks what stands behind, too.
    pub deep: bool,
    /// Nobody waits for it any more: zombie work.
    pub detached: bool,
    /// A cache had it.
    pub found: bool,
}

/// One step of a handler.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Call(u32),
    Parallel(Vec<u32>),
    OneOf(Vec<u32>),
    /// Cache first, store on a miss; writes go to the store, then invalidate.
    Aside {
        cache: u32,
        store: u32,
    },
}

#[derive(Clone, Debug)]
pub struct Station {
    pub id: NodeId,
    pub label: String,
    pub removed: bool,
    pub stands: Option<Standing>,
    /// The same, as a number; see [`super::spots`].
    pub(super) spot: u8,
    /// Dead as a whole: what has no replicas.
    pub down: bool,
    /// How far its clock is ahead of the truth [ns].
    pub(super) clock_ahead: i64,
    pub kind: Kind,
    pub meter: Meter,
    /// What it costs, and has cost since the warm-up.
    pub tariff: Tariff,
    pub ledger: Ledger,
    /// Who is let in; `None`: everybody.
    pub guard: Option<Box<Guard>>,
    /// Outgoing edges, by ascending id.
    pub(super) out: Vec<u32>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Source(Box<Source>),
    Balancer(Box<Balancer>),
    Pool(Box<Pool>),
    Broker(Box<Broker>),
}

#[derive(Clone, Debug)]
pub struct Source {
    pub config: SourceConfig,
    pub(super) draws: DrawKey,
    pub(super) ordinal: u64,
    /// The draws of the newest requests whose gaps have begun, with their ordinals: needed again when they come.
    pub(super) recent: [(u64, DrawKey); 2],
    /// The request after them, drawn one gap ahead: nobody waits for the result then.
    pub(super) ahead: Drawn,
    pub(super) generation: u32,
    pub(super) traffic_factor: f64,
    /// Share of the requests that ask for the hot key.
    pub(super) hot_share: f64,
    /// Arrivals (in units of the expected number) until the next one, as seen at `since`.
    pub(super) left: f64,
    pub(super) since: SimTime,
    /// Closed loop: which users are thinking or waiting.
    pub(super) active: Vec<bool>,
    pub(super) key_sampler: Option<crate::engine::dist::Zipf>,
}

/// What is drawn for a request before it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub ordinal: u64,
    pub draws: DrawKey,
    /// Expected number of arrivals between the one before and this one.
    pub gap: f64,
}

/// A backend as its balancer knows it.
#[derive(Clone, Debug)]
pub struct Backend {
    pub edge: u32,
    /// Index of the replica; [`NONE`]: whichever the station chooses.
    pub replica: u32,
    pub host: u64,
    pub region: Option<Region>,
    /// The weight that it was given.
    pub weight: u32,
    pub removed: bool,
    pub healthy: bool,
    pub since: SimTime,
    pub good_run: u32,
    pub bad_run: u32,
    /// An operator takes it out; since when it is so, or not.
    pub draining: bool,
    pub drained_at: SimTime,
    /// By the balancer's own outlier detection.
    pub ejected: bool,
    /// Whether it is in rotation, and when it last came in; at the start of the run: it was there before.
    pub(super) in_rotation: bool,
    pub(super) rotated_in: SimTime,
    pub selections: u64,
    /// Requests sent there and not yet answered, by whomever.
    pub in_flight: u32,
    /// Smoothed over all answers: response time [s], NaN before the first; share of errors 0..1.
    pub response_time: f64,
    pub error_rate: f64,
}

/// What a picker was last told of a backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// It was told anything at all.
    pub(super) heard: bool,
    /// It belongs to those that the picker chooses among, well or not.
    pub(super) mine: bool,
    /// Believed well besides.
    pub(super) well: bool,
    pub(super) weight: u32,
    /// Since when its share grows in slow start; at the start of the run: it has its share.
    pub(super) rising: SimTime,
}

/// One chooser with its own view: a balancer has one for each route, a balancer in the callers one for each caller.
#[derive(Clone, Debug)]
pub struct Picker {
    pub strategy: Box<dyn Strategy>,
    /// What the strategy sees, parallel to the balancer's `backends`.
    pub views: Vec<BackendView>,
    /// See `PickContext::version`.
    pub version: u64,
    /// Edges that it may use, ascending; `None`: all.
    pub(super) edges: Option<Vec<u32>>,
    /// What the views follow from, parallel to them.
    pub(super) known: Vec<Known>,
    /// Its own outlier detection: every caller has one.
    pub detector: Option<Box<Detector>>,
    /// Its strategy goes by weights.
    pub(super) by_weight: bool,
    /// When weights in slow start are due again; never: nobody is in slow start.
    pub(super) weights_due: SimTime,
}

#[derive(Clone, Debug)]
pub struct Balancer {
    pub config: BalancerConfig,
    pub(super) stream: Stream,
    pub(super) probe_draws: DrawKey,
    pub(super) probes_sent: u64,
    /// Backends still to be asked in this round, where not all are asked at once.
    pub(super) to_check: VecDeque<u32>,
    /// Checks sent and not yet answered or given up.
    pub(super) checks_out: u32,
    pub(super) generation: u32,
    /// Outlier detection over all that it sends; callers have their own.
    pub detector: Option<Box<Detector>>,
    /// So few are believed well that all are used.
    pub panicking: bool,
    /// Its connections tell paths or operations apart.
    pub(super) routed: bool,
    /// Append-only while it runs, so that answers under way find their backend.
    pub backends: Vec<Backend>,
    pub pickers: Vec<Picker>,
    pub memory: Memory,
}

/// What a balancer keeps between requests.
#[derive(Clone, Debug)]
pub enum Memory {
    /// Which picker serves which kind of request (source, path, operation); [`NONE`]: none does.
    Routes(BTreeMap<(u32, u16, u8), u32>),
    Connections(Connections),
    /// What each resolver was told.
    Names(BTreeMap<Asker, Told>),
    /// Which picker is whose.
    Callers(BTreeMap<Asker, u32>),
}

/// Somebody who asks a balancer: station, and which part of it (client group, resolver, replica's number).
pub type Asker = (u32, u32);

#[derive(Clone, Debug, Default)]
pub struct Connections {
    pub by_asker: BTreeMap<Asker, u32>,
    pub list: Vec<Connection>,
    /// No open connection can end by age or idleness before this.
    pub(super) next_end: SimTime,
}

#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// [`NONE`]: closed.
    pub backend: u32,
    pub opened: SimTime,
    pub used: SimTime,
    pub requests: u32,
}

/// An answer that a resolver keeps.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub backend: u32,
    /// When the answer is there.
    pub ready: SimTime,
    pub expires: SimTime,
}

#[derive(Clone, Debug)]
pub struct Pool {
    pub config: PoolConfig,
    /// Indices of its replicas that are not removed, by ascending number.
    pub replicas: Vec<u32>,
    pub(super) next_number: u32,
    pub shared: Waiting,
    pub(super) stream: Stream,
    pub(super) steps: Vec<Step>,
    pub(super) program: u16,
    pub cache: Option<Lru>,
    /// Who decides how many replicas there are; `None`: the drawing does.
    pub scaling: Option<Box<Scaling>>,
    /// A database's read replicas; `None`: it is told of none.
    pub copies: Option<Box<Copies>>,
    /// A cache's nodes; `None`: it is one.
    pub cluster: Option<Box<Cluster>>,
    pub lookups: u64,
    pub hits: u64,
}

/// The demands being served, by the virtual time at which they are done and, of one time, in the order of their start.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    /// All that there is to know of a job is in its key: small entries are what makes it fast.
    heap: Heap<()>,
    /// Wraps: after 2^32 starts two that are done in the same nanosecond may change places.
    started: u32,
}

/// A demand being served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    /// Virtual time at which it is done [ns].
    pub due: u64,
    /// Greater than those of the jobs that were started before.
    pub started: u32,
    pub attempt: u32,
}

impl Jobs {
    #[inline]
    pub(super) fn push(&mut self, due: u64, attempt: u32) {
        self.started = self.started.wrapping_add(1);
        let key = u128::from(due) << 64 | u128::from(self.started) << 32 | u128::from(attempt);
        self.heap.push(Entry { key, event: () });
    }

    /// When the first is done.
    #[inline]
    pub(super) fn next_due(&self) -> Option<u64> {
        self.heap.first().map(|first| Job::from(first).due)
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Job> {
        self.heap.pop().map(|entry| Job::from(&entry))
    }

    /// Takes out the one of an attempt.
    pub(super) fn remove(&mut self, attempt: u32) -> Option<Job> {
        let job = self.iter().find(|job| job.attempt == attempt)?;
        self.heap.retain(|entry| Job::from(entry).attempt != attempt);
        Some(job)
    }

    /// In no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Job> {
        self.heap.iter().map(Job::from)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

impl From<&Entry<()>> for Job {
    #[inline]
    fn from(entry: &Entry<()>) -> Self {
        Self { due: (entry.key >> 64) as u64, started: (entry.key >> 32) as u32, attempt: entry.key as u32 }
    }
}

#[derive(Clone, Debug)]
pub struct Replica {
    pub station: u32,
    /// Counted from 0 within its station, never used twice.
    pub number: u32,
    pub dead: bool,
    /// Leaves once what it holds is done.
    pub draining: bool,
    pub removed: bool,
    pub slots: u32,
    /// 1/`slots`.
    pub(super) slot_share: f32,
    pub busy: u32,
    pub queue: Waiting,
    /// Requests that it takes at a time: its slots, or where all share them, more.
    pub(super) takes: u32,
    /// Of those in service, how many are counted as waiting: more than there are slots to share.
    pub beyond: u32,
    /// What it uses of cores and memory; `None`: nobody asks.
    pub body: Option<Box<Body>>,
    /// Its memory; `None`: nobody asks.
    pub allocator: Option<Box<Allocator>>,
    /// Out of rotation by an operator's hand: it finishes what it has.
    pub drained: bool,
    /// Not 0: it is cold; see `Replica::chills`.
    pub cold: u32,
    /// It is cold until then, too; zero: not by the clock.
    pub warm_at: SimTime,
    /// Work takes this many times as long.
    pub slow: f64,
    /// The same, also for those who share slots.
    pub(super) pace: f64,
    pub error_share: f64,
    /// Share of errors of a new version.
    pub bad_version: f64,
    /// Nothing that it holds goes on.
    pub frozen: bool,
    /// Dead, and no other has taken over yet.
    pub no_primary: bool,
    /// Answers that came while it was frozen.
    pub(super) parked: Vec<Parked>,
    pub(super) jobs: Jobs,
    /// Work done per slot so far [ns at normal speed], as of `synced`.
    pub(super) virtual_now: u64,
    pub(super) synced: SimTime,
    pub(super) generation: u32,
}

/// An answer that waits until its caller goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parked {
    pub(super) caller: Key,
    pub(super) outcome: Outcome,
    pub(super) reason: Reason,
    pub(super) found: bool,
}

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
    pub sent: u64,
    pub by_outcome: [u64; 6],
    pub in_flight: u64,
    pub retries: u64,
    pub out_since: u64,
    pub out_dots: u64,
    pub back_since: u64,
    pub back_dots: u64,
}

/// A fault in force.
#[derive(Clone, Debug)]
pub struct ActiveFault {
    pub kind: &'static FaultKind,
    pub effect: Effect,
    pub target: FaultTarget,
    pub since: SimTime,
    /// Index in the timetable, if it came from there.
    pub scheduled: Option<u32>,
    /// Counts faults from 0: no two of a run have the same.
    pub serial: u32,
    /// Where a course with bursts stands: number, end and level of the present spell.
    pub spell: u32,
    pub spell_ends: SimTime,
    pub level: f64,
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

/// How a log entry feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTone {
    Info,
    Good,
    Bad,
}

/// Something worth telling that happened in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub at: SimTime,
    pub tone: LogTone,
    pub node: Option<NodeId>,
    pub text: String,
}
