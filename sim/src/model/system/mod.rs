//! The running system: stations, edges, requests and attempts, driven by one event queue.
//!
//! Built from a [`plan::Plan`]; rebuilt to match a newer one while it runs ([`System::rebuild`]).
//! A checkpoint is a clone.

pub mod admission;
pub mod attempt;
pub mod balancer;
pub mod broker;
mod caching;
pub mod counts;
pub mod data;
mod discipline;
pub mod edge;
mod event;
pub mod exemplars;
pub mod faults;
mod fleet;
mod flow;
pub mod heap;
pub mod inside;
mod journey;
pub mod link;
mod log;
pub mod meter;
mod money;
pub mod plan;
pub mod policy;
pub mod pool;
mod profiler;
mod rebuild;
pub mod scaling;
pub mod slab;
pub mod source;
pub mod spans;
mod spots;
pub mod station;
mod stop;
#[cfg(test)]
mod tests;
mod timer;
mod totals;
mod trail;
mod view;
mod wire;

use std::collections::BTreeMap;

pub use caching::{CachingLook, WritesLook};
pub use data::cache_cluster::{CacheClusterLook, CacheNodeLook, CacheNodeStage, KeysMoved};
pub use data::memory::{HeldLook, SizesLook, Victim};
pub use data::quorum::{Heard, NodeLook, OperationLook, QuorumLook, QuorumNodeStage, WordLook};
pub use data::read_replicas::{
    LostWrite, ReadReplicaLook, ReadReplicaStage, ReadReplicasLook, ReplicationLook, SessionsLook,
};
pub use data::shards::{MoveLook, MoveStage, ShardLook, ShardStage, ShardsLook, ShardsMoved};
pub use flow::UNREACHABLE_AFTER;
pub use log::{LogEntry, LogTone};
pub use pool::rows::RowsLook;
pub use scaling::{CoursePoint, ReplicaLook, RolloutLook, ScalingLook, Stage};
pub use stop::{CALLS_MAX, Stop};
pub use totals::{Tally, Totals};

use self::attempt::{Attempt, Request};
use self::edge::{Edge, HopSample};
use self::event::Event;
use self::faults::ActiveFault;
use self::meter::{BUCKETS_MAX, Meter};
use self::plan::{Plan, RunPlan};
use self::policy::{Call, Ticket};
use self::pool::replica::Replica;
use self::slab::Slab;
use self::spans::Spans;
use self::spots::Spots;
use self::station::Station;
use self::timer::{FaultTurn, Timer};
use crate::engine::event_queue::EventQueue;
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::engine::trace::TraceHash;
use crate::model::ids::{AreaId, EdgeId, FaultTarget, NodeId};
use crate::model::params::Params;

/// First width of a statistics bucket, unless the run is so long that this would be too fine.
const BUCKET: SimDuration = SimDuration::from_secs(1);

/// First width of a statistics bucket in a run of so long: the width at the end is at most four times as much, so that
/// the first minutes look as the last ones, and a run of hours does not merge its past again and again.
fn first_bucket(run_length: SimDuration) -> SimDuration {
    let mut bucket = BUCKET;
    while bucket.0.saturating_mul(4 * BUCKETS_MAX as u64) < run_length.0 {
        bucket = SimDuration(bucket.0 * 2);
    }
    bucket
}

/// A replica and what a balancer knows of it, on the average [bytes].
const MEMBER_BYTES: usize = 350;

/// Log lines kept until somebody takes them.
const LOG_MAX: usize = 1_000;

/// A timetabled fault, as the system needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedFault {
    pub at: SimTime,
    pub lasts: Option<SimDuration>,
    pub kind: String,
    pub target: FaultTarget,
    pub params: Params,
}

/// A live change that is not an edit of the drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveFault {
    Start { kind: String, target: FaultTarget, params: Params },
    End { kind: String, target: FaultTarget },
}

/// The whole state of a run.
#[derive(Clone, Debug)]
pub struct System {
    now: SimTime,
    queue: EventQueue<Event>,
    events: u64,
    seed: u64,
    run: RunPlan,
    finished: bool,
    lookout: stop::Lookout,
    sources_stopped: bool,
    requests: Slab<Request>,
    attempts: Slab<Attempt>,
    /// What brokers have handed out; lives as long as the attempt.
    deliveries: Slab<broker::Delivery>,
    /// Whether there ever was a broker, and a poison message.
    has_brokers: bool,
    poisoned: bool,
    /// Whether there ever was a database with read replicas.
    has_spread_data: bool,
    /// Versions of values; `None`: nobody has to know.
    values: Option<Box<caching::Values>>,
    /// Nothing that all messages share makes their way a longer one; see [`System::look_if_plain`].
    plain: bool,
    /// Every time that a message was processed: group, message, partition, offset.
    #[cfg(test)]
    effects: Vec<(u32, u64, u32, u64)>,
    /// What comes seldom, until it is due.
    timers: Slab<Timer>,
    /// What policies remember of calls and of their tries.
    calls: Slab<Call>,
    tickets: Slab<Ticket>,
    stations: Vec<Station>,
    replicas: Vec<Replica>,
    edges: Vec<Edge>,
    /// Some replica's memory is modelled.
    has_heaps: bool,
    /// Whether there ever was a database that locks rows, or whose reads may lack an index; and the rows.
    has_rows: bool,
    rows: pool::rows::Rows,
    /// Work that was interrupted, by attempt: what is left of it.
    interrupted: Ordered<u32, SimDuration>,
    /// Some service has a cache in each replica.
    has_local_caches: bool,
    /// Some database caches results, and there is a CDN.
    has_query_caches: bool,
    has_edge_caches: bool,
    /// Nodes or shards work on parts of a request.
    has_parts: bool,
    /// Somebody wants to know until when answers are valid.
    has_lifetimes: bool,
    /// Until when the answers on their way are valid, by attempt: where somebody wants to know.
    lifetimes: Ordered<u32, SimTime>,
    /// Answers that are held back, by attempt and its generation: how many words are missing, and since when it waits.
    held: Ordered<(u32, u32), (u32, SimTime)>,
    by_node: Ordered<NodeId, u32>,
    by_edge: Ordered<EdgeId, u32>,
    areas: BTreeMap<AreaId, String>,
    spots: Spots,
    /// Data that crosses a border is paid for.
    transfers: bool,
    timetable: Vec<TimedFault>,
    active: Vec<ActiveFault>,
    faults_begun: u32,
    totals: Totals,
    /// The whole system: arrivals at sources, ends of user requests.
    meter: Meter,
    spans: Spans,
    bucket: SimDuration,
    trace: TraceHash,
    watched: bool,
    dots_per: u32,
    hops: Vec<HopSample>,
    log: Vec<LogEntry>,
    quiet: bool,
    /// Follows one request, while somebody asks why it went as it did, or many, to add up where time goes.
    recorder: Option<Box<journey::Recorder>>,
    /// Requests worth asking about.
    exemplars: exemplars::Exemplars,
}

impl System {
    /// A system at time zero.
    #[must_use]
    pub fn new(plan: &Plan, timetable: Vec<TimedFault>, seed: u64) -> Self {
        let mut system = Self {
            now: SimTime::ZERO,
            queue: EventQueue::new(),
            events: 0,
            seed,
            run: plan.run.clone(),
            finished: false,
            lookout: stop::Lookout::default(),
            sources_stopped: false,
            requests: Slab::new(),
            attempts: Slab::new(),
            deliveries: Slab::new(),
            timers: Slab::new(),
            has_brokers: false,
            poisoned: false,
            has_spread_data: false,
            values: None,
            plain: false,
            #[cfg(test)]
            effects: Vec::new(),
            calls: Slab::new(),
            tickets: Slab::new(),
            stations: Vec::new(),
            replicas: Vec::new(),
            edges: Vec::new(),
            has_heaps: false,
            has_rows: false,
            rows: pool::rows::Rows::default(),
            interrupted: Ordered::new(),
            has_local_caches: false,
            has_query_caches: false,
            has_edge_caches: false,
            has_parts: false,
            has_lifetimes: false,
            lifetimes: Ordered::new(),
            held: Ordered::new(),
            by_node: Ordered::new(),
            by_edge: Ordered::new(),
            areas: BTreeMap::new(),
            spots: Spots::default(),
            transfers: plan.run.transfer,
            timetable,
            active: Vec::new(),
            faults_begun: 0,
            totals: Totals::new(&plan.run),
            meter: Meter::new(SimTime::ZERO, &[]),
            spans: Spans::new(&plan.run),
            bucket: first_bucket(plan.run.run_length),
            trace: TraceHash::new(),
            watched: false,
            dots_per: 1,
            hops: Vec::new(),
            log: Vec::new(),
            quiet: false,
            recorder: None,
            exemplars: exemplars::Exemplars::default(),
        };
        // Timetabled faults come first, so that one at time zero precedes the first arrival.
        let mut starts = Vec::new();
        for (index, fault) in system.timetable.iter().enumerate() {
            let index = index as u32;
            starts.push((fault.at, Timer::Fault(FaultTurn::Begins { index })));
            if let Some(lasts) = fault.lasts {
                starts.push((fault.at + lasts, Timer::Fault(FaultTurn::Ends { index })));
            }
        }
        for (at, timer) in starts {
            system.schedule(at, timer);
        }
        system.queue.push(SimTime::ZERO + system.bucket, Event::Tick);
        if plan.run.warm_up > SimDuration::ZERO {
            system.queue.push(SimTime::ZERO + plan.run.warm_up, Event::WarmUpEnds);
        }
        system.queue.push(SimTime::ZERO + plan.run.run_length, Event::SourcesStop);
        system.cut_spans(SimTime::ZERO);
        system.look_if_plain();
        system.rebuild(plan);
        system
    }

    /// To be called when one of these changes: then messages are asked once whether their way is the plain one.
    fn look_if_plain(&mut self) {
        self.plain = self.is_plain();
    }

    fn is_plain(&self) -> bool {
        !self.has_spread_data && !self.transfers && self.recorder.is_none() && !self.spans.divided()
    }

    /// Time of the last event.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Events processed so far: the ordinal that the input log speaks of.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The run is over: its length has passed and nothing is in flight, or the drain limit is reached, or it was stopped.
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.finished
    }

    /// Hash over every request that ended: its ordinal, its departure, its fate, the stations it visited.
    #[must_use]
    pub const fn trace_hash(&self) -> u64 {
        self.trace.value()
    }

    /// Whether the last event moved nothing that a person could see: bookkeeping, or a timer that had become stale.
    #[must_use]
    pub const fn quiet(&self) -> bool {
        self.quiet
    }

    /// Memory that a checkpoint takes [bytes], roughly: what is shared with its neighbors is left out.
    #[must_use]
    pub fn approximate_bytes(&self) -> usize {
        let caches = self.stations.iter().map(|station| match &station.kind {
            station::Kind::Pool(pool) => {
                let caching = pool.caching.as_ref().map_or(0, |caching| caching.bytes());
                pool.data.bytes() + caching + pool.query_cache.as_ref().map_or(0, |results| results.bytes())
            }
            station::Kind::Broker(broker) => broker.bytes(),
            _ => 0,
        });
        let measured: usize = self.stations.iter().flat_map(Station::all_meters).map(Meter::bytes_held).sum();
        self.attempts.capacity_bytes()
            + self.calls.capacity_bytes()
            + self.tickets.capacity_bytes()
            + self.requests.capacity_bytes()
            + self.queue.len() * 32
            + self.replicas.len() * MEMBER_BYTES
            + measured
            + (1 + self.totals.windows.len()) * 270_000
            + self.profile_bytes()
            + self.values.as_ref().map_or(0, |values| values.bytes())
            + caches.sum::<usize>()
    }

    /// User requests in flight.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.totals.ever_offered - self.totals.ever_ended
    }

    /// Requests and attempts held in memory, zombies included.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        (self.requests.len(), self.attempts.len())
    }

    /// The ledger of user requests.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// How the run is measured.
    #[must_use]
    pub const fn run_plan(&self) -> &RunPlan {
        &self.run
    }

    /// Processes events up to and including time `until`, at most `events_max`; tells how many there were.
    pub fn advance(&mut self, until: SimTime, events_max: u64) -> u64 {
        let mut done = 0;
        loop {
            // Spans are cut between two events, without one of their own: what is measured changes no run.
            let before = SimTime(self.spans.next().0.saturating_sub(1)).min(until);
            while done < events_max && !self.finished {
                let Some((time, event)) = self.queue.pop_until(before) else { break };
                self.now = time;
                self.events += 1;
                done += 1;
                self.handle(event);
                if self.sources_stopped {
                    self.finish_if_drained();
                }
                if self.events >= self.lookout.due {
                    self.look_out();
                }
            }
            let next = self.queue.peek_time().filter(|next| *next <= until);
            match next {
                Some(next) if done < events_max && !self.finished => self.cut_spans(next),
                _ => return done,
            }
        }
    }

    #[inline(always)]
    fn handle(&mut self, event: Event) {
        self.quiet = false;
        match event {
            Event::Reach { attempt } => self.reach(attempt),
            Event::Work { replica, generation } => self.work(replica, generation),
            Event::Answer { attempt } => self.answer(attempt),
            Event::Arrive { source, generation } => self.arrive(source, generation),
            Event::UserReady { source, user } => self.user_ready(source, user),
            Event::TimeOut { attempt } => self.time_out(attempt),
            Event::Retry { attempt } => self.retry(attempt),
            Event::ConnectTimeOut { attempt } => self.connect_timed_out(attempt),
            Event::GiveUp { call } => self.give_up_call(call),
            Event::Hedge { call } => self.hedge(call),
            Event::Cancel { attempt } => self.cancelled(attempt),
            Event::Room { edge, whose } => self.room(edge, whose),
            Event::Waited { attempt } => self.waited(attempt),
            Event::Released { attempt } => self.released(attempt),
            Event::Resolved { attempt } => self.resolved(attempt),
            Event::Pass { attempt } => self.waited_turn(attempt),
            Event::Leave { request } => self.leave(request),
            Event::Appended { station, partition, generation } => self.appended(station, partition, generation),
            Event::Timer { timer } => self.timer_due(timer),
            Event::Tick => self.tick(),
            Event::WarmUpEnds => self.end_warm_up(),
            Event::SourcesStop => {
                self.sources_stopped = true;
                for station in &mut self.stations {
                    if let Some(source) = station.source_mut() {
                        source.generation = source.generation.wrapping_add(1);
                    }
                }
                self.queue.push(self.now + self.run.drain, Event::DrainEnds);
            }
            Event::DrainEnds => self.finished = true,
        }
    }

    /// Any event may have ended the last request at once, where latencies are zero.
    fn finish_if_drained(&mut self) {
        if self.in_flight() == 0 && !self.messages_open() {
            self.finished = true;
        }
    }

    /// What is counted begins now.
    fn end_warm_up(&mut self) {
        let now = self.now;
        self.gauge();
        self.meter.restart(now);
        for station in &mut self.stations {
            station.ledger.restart(now);
            for meter in station.meters() {
                meter.restart(now);
            }
            if let Some(pool) = station.pool_mut()
                && let Some(scaling) = &mut pool.scaling
            {
                scaling.held.restart(now);
            }
        }
    }

    fn tick(&mut self) {
        self.quiet = true;
        let now = self.now;
        self.gauge();
        let meters = self.stations.iter_mut().flat_map(Station::meters);
        for meter in std::iter::once(&mut self.meter).chain(meters) {
            meter.tick(now);
        }
        for admission in self.stations.iter_mut().filter_map(|station| station.admission.as_mut()) {
            admission.tick(now);
        }
        self.profile_tick();
        // Checked on the system's own meter, which is the oldest: all halve together, so all buckets are of one width.
        if self.meter.series().len() >= BUCKETS_MAX {
            self.bucket = SimDuration(self.bucket.0 * 2);
            self.meter.halve();
            for meter in self.stations.iter_mut().flat_map(Station::meters) {
                meter.halve();
            }
            for admission in self.stations.iter_mut().filter_map(|station| station.admission.as_mut()) {
                admission.halve();
            }
        }
        self.queue.push(now + self.bucket, Event::Tick);
    }

    /// Starts or ends a fault now.
    pub fn apply_fault(&mut self, change: &LiveFault) {
        match change {
            LiveFault::Start { kind, target, params } => self.start_fault(kind, *target, params, None),
            LiveFault::End { kind, target } => {
                self.end_faults(|active| active.kind.entry.id == kind && active.target == *target);
            }
        }
    }

    /// Draws one in `dots_per` traversals from now on (`None`: none at all).
    pub fn watch(&mut self, dots_per: Option<u32>) {
        let begins = self.watched != dots_per.is_some();
        self.watched = dots_per.is_some();
        if begins {
            let on = self.watched;
            for pool in self.stations.iter_mut().filter_map(Station::pool_mut) {
                pool.data.watch(on);
                if let Some(results) = &mut pool.query_cache {
                    results.watch(on);
                }
            }
        }
        let dots_per = dots_per.unwrap_or(1).max(1);
        if begins || self.dots_per != dots_per {
            self.dots_per = dots_per;
            for edge in &mut self.edges {
                (edge.out_since, edge.out_dots, edge.back_since, edge.back_dots) = (0, 0, 0, 0);
            }
        }
    }

    /// Width of a statistics bucket [s].
    pub fn bucket_secs(&self) -> f64 {
        self.bucket.as_secs_f64()
    }

    /// One dot stands for this many traversals.
    #[must_use]
    pub const fn dots_per(&self) -> u32 {
        self.dots_per
    }

    /// What happened since the last call.
    pub fn take_log(&mut self) -> Vec<LogEntry> {
        std::mem::take(&mut self.log)
    }

    /// Forgets drawn hops and log lines that nobody has taken.
    pub fn forget_news(&mut self) {
        self.forget_sights();
        self.log.clear();
    }

    /// Forgets what was drawn on the way here; the lines of the log are kept.
    pub fn forget_sights(&mut self) {
        self.watch(None);
        self.forget_lately();
        self.hops.clear();
    }

    fn log(&mut self, tone: LogTone, node: Option<NodeId>, text: String) {
        if self.log.len() < LOG_MAX {
            self.log.push(LogEntry { at: self.now, tone, node, text });
        }
    }

    /// Index of a station, also of one that was removed.
    #[must_use]
    pub fn station_index(&self, node: NodeId) -> Option<u32> {
        self.by_node.get(&node).copied()
    }

    /// What was measured at a station, also at one that was removed.
    #[must_use]
    pub fn station_meter(&self, node: NodeId) -> Option<&Meter> {
        Some(&self.stations[self.station_index(node)? as usize].meter)
    }
}

impl Station {
    /// The run's length has passed: what is paid for and held from now on is the drain's.
    fn close_books(&mut self, now: SimTime) {
        self.ledger.close(now, self.meter.arrivals_counted());
        if let Some(pool) = self.pool_mut()
            && let Some(scaling) = &mut pool.scaling
        {
            scaling.held.close(now);
        }
    }

    /// The same, to be read.
    fn all_meters(&self) -> impl Iterator<Item = &Meter> {
        let deliveries = self.broker().map(|broker| &broker.deliveries);
        std::iter::once(&self.meter).chain(deliveries)
    }

    /// All that is measured there: a broker has a second instrument, for its deliveries.
    fn meters(&mut self) -> impl Iterator<Item = &mut Meter> {
        let broker = if let station::Kind::Broker(broker) = &mut self.kind { Some(broker) } else { None };
        std::iter::once(&mut self.meter).chain(broker.map(|broker| &mut broker.deliveries))
    }
}
