//! Stations that work: replicas with slots and queues, demands served through virtual time, handlers that call on.

use super::System;
use super::cache_cluster::memory_of;
use super::flow::purpose;
use super::lines::Line;
use super::plan::{CallMode, Operation, PoolConfig, PoolKind};
use super::state::{Caller, Event, Job, Jobs, Kind, NONE, Parked, Phase, Pool, Replica, Stage, Step, Verb};
use super::trail::Mark;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::discipline::Waiting;
use crate::model::lru::Lookup;
use crate::model::outcome::{Outcome, Reason};

/// `ns` times `times` over `over`. Out of line, or the compiler computes it also at normal speed, to throw it away.
#[cold]
fn scaled(ns: u64, times: f64, over: f64) -> u64 {
    (ns as f64 * times / over) as u64
}

/// What one of so many slots makes of all.
fn share_of(slots: u32) -> f32 {
    1.0 / slots.max(1) as f32
}

impl Replica {
    pub(super) fn new(station: u32, number: u32, slots: u32, now: SimTime) -> Self {
        Self {
            station,
            number,
            dead: false,
            draining: false,
            removed: false,
            slots,
            slot_share: share_of(slots),
            busy: 0,
            queue: Waiting::Fifo(std::collections::VecDeque::new()),
            takes: slots,
            beyond: 0,
            body: None,
            allocator: None,
            drained: false,
            cold: 0,
            warm_at: SimTime::ZERO,
            slow: 1.0,
            pace: 1.0,
            error_share: 0.0,
            bad_version: 0.0,
            frozen: false,
            no_primary: false,
            parked: Vec::new(),
            jobs: Jobs::default(),
            virtual_now: 0,
            synced: now,
            generation: 0,
        }
    }

    /// Gives it another number of slots.
    pub(super) fn set_slots(&mut self, slots: u32) {
        (self.slots, self.slot_share) = (slots, share_of(slots));
    }

    /// Busy share of its slots, 0..1.
    #[inline]
    pub(super) fn load(&self) -> f32 {
        self.busy.min(self.slots) as f32 * self.slot_share
    }

    /// Whether new work may go there, in truth.
    pub(crate) const fn open(&self) -> bool {
        !self.dead && !self.draining && !self.removed
    }

    /// Whether whoever chooses freely may choose it: open, and nobody takes it out of rotation.
    pub(crate) const fn takes_new(&self) -> bool {
        self.open() && !self.drained
    }

    /// Why a dead replica takes nothing.
    const fn refusal(&self) -> Reason {
        if self.no_primary { Reason::NoPrimary } else { Reason::ConnectionRefused }
    }

    /// Brings the virtual clock up to `now`.
    pub(super) fn sync(&mut self, now: SimTime) {
        let passed = if self.frozen { 0 } else { now.since(self.synced).0 };
        if let Some(body) = &mut self.body {
            body.use_up(passed, self.jobs.len());
        }
        self.virtual_now += if self.pace == 1.0 { passed } else { scaled(passed, 1.0, self.pace) };
        self.synced = now;
    }

    /// When the demand that is done first will be done.
    fn next_due(&self) -> Option<SimTime> {
        if self.frozen {
            return None;
        }
        let left = self.jobs.next_due()?.saturating_sub(self.virtual_now);
        let left = if self.pace == 1.0 { left } else { scaled(left, self.pace, 1.0) + 1 };
        Some(self.synced + SimDuration(left))
    }
}

/// Cold replicas. While one is cold by the clock, its count is one more than the requests that it has to serve: so that
/// the one look at the count tells whether it is cold at all.
impl Replica {
    /// It begins to serve, cold.
    pub(super) fn chills(&mut self, config: &PoolConfig, now: SimTime) {
        let by_time = config.warm_up > SimDuration::ZERO;
        self.warm_at = if by_time { now + config.warm_up } else { SimTime::ZERO };
        self.cold = config.warm_up_requests + u32::from(by_time);
    }

    /// The numbers may have been lowered.
    pub(super) fn chills_no_more_than(&mut self, config: &PoolConfig, now: SimTime) {
        let requests = self.cold_requests().min(config.warm_up_requests);
        let until = now + config.warm_up;
        self.warm_at = if until > now { self.warm_at.min(until) } else { SimTime::ZERO };
        self.cold = requests + u32::from(self.warm_at > SimTime::ZERO);
    }

    /// Requests that it has to serve until it is warm by their number.
    pub(crate) const fn cold_requests(&self) -> u32 {
        self.cold - (self.warm_at.0 > 0) as u32
    }

    /// Whether the next request takes longer there than it will some day.
    pub(crate) fn is_cold(&self, now: SimTime) -> bool {
        self.cold_requests() > 0 || self.warm_at > now
    }

    /// It has served one more.
    #[cold]
    #[inline(never)]
    fn warms(&mut self, now: SimTime) {
        let requests = self.cold_requests().saturating_sub(1);
        if self.warm_at <= now {
            self.warm_at = SimTime::ZERO;
        }
        self.cold = requests + u32::from(self.warm_at > SimTime::ZERO);
    }

    /// How many times as long a request takes there.
    #[cold]
    #[inline(never)]
    pub(crate) fn cold_factor(&self, config: &PoolConfig, now: SimTime) -> f64 {
        let share = |left: f64, all: f64| if all > 0.0 { (left / all).min(1.0) } else { 0.0 };
        let by_requests = share(f64::from(self.cold_requests()), f64::from(config.warm_up_requests));
        let by_time = share(self.warm_at.since(now).as_secs_f64(), config.warm_up.as_secs_f64());
        1.0 + (config.cold_factor - 1.0) * by_requests.max(by_time)
    }
}

impl Pool {
    /// The handler that the outgoing edges make: a cache with a store behind the same service is asked first, the other
    /// stations follow by ascending edge id.
    pub(super) fn program(mode: CallMode, out: &[(u32, TargetKind)]) -> Vec<Step> {
        let of = |wanted: TargetKind| out.iter().find(|(_, kind)| *kind == wanted).map(|(edge, _)| *edge);
        let mut steps = Vec::new();
        let mut rest: Vec<u32> = out.iter().map(|(edge, _)| *edge).collect();
        if let (Some(cache), Some(store)) = (of(TargetKind::Cache), of(TargetKind::Store)) {
            steps.push(Step::Aside { cache, store });
            rest.retain(|edge| *edge != cache && *edge != store);
        }
        match mode {
            CallMode::Sequence => steps.extend(rest.into_iter().map(Step::Call)),
            CallMode::Parallel if !rest.is_empty() => steps.push(Step::Parallel(rest)),
            CallMode::OneOf if !rest.is_empty() => steps.push(Step::OneOf(rest)),
            CallMode::Parallel | CallMode::OneOf => {}
        }
        steps
    }
}

/// What stands at the other end of an edge, as far as a handler cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    /// A cache that has no store of its own.
    Cache,
    Store,
    Other,
}

impl System {
    pub(super) fn pool(&self, station: u32) -> &Pool {
        match &self.stations[station as usize].kind {
            Kind::Pool(pool) => pool,
            _ => unreachable!("only pools admit work"),
        }
    }

    pub(super) fn pool_mut(&mut self, station: u32) -> &mut Pool {
        match &mut self.stations[station as usize].kind {
            Kind::Pool(pool) => pool,
            _ => unreachable!("only pools admit work"),
        }
    }

    /// A slot, a waiting place, or a refusal.
    pub(super) fn admit(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station_ix, chosen, probe) = (attempt.station, attempt.replica, attempt.verb == Verb::Probe);
        let Kind::Pool(pool) = &mut self.stations[station_ix as usize].kind else {
            unreachable!("only pools admit work")
        };
        if pool.config.shared_queue {
            self.admit_shared(ix, station_ix);
            return;
        }
        let limit = pool.config.queue_limit as usize;
        let replica_ix = if chosen != NONE {
            chosen
        } else if pool.replicas.len() == 1 {
            pool.replicas[0]
        } else if pool.replicas.is_empty() {
            self.respond(ix, Outcome::Failed, Reason::ConnectionRefused);
            return;
        } else if pool.copies.is_some() {
            // The primary, unless one was chosen as the read was sent.
            pool.replicas[0]
        } else if pool.cluster.is_some() {
            self.node_of(ix, station_ix)
        } else {
            // No balancer on this edge: any replica, at random, dead or alive, but none that is being drained.
            let n = pool.stream.below(pool.replicas.len() as u32) as usize;
            let from_there = pool.replicas[n..].iter().chain(&pool.replicas[..n]).copied();
            let replicas = &self.replicas;
            let taken = from_there.into_iter().find(|ix| !replicas[*ix as usize].drained);
            taken.unwrap_or(pool.replicas[n])
        };
        self.attempts[ix].replica = replica_ix;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.dead || replica.removed {
            let reason = replica.refusal();
            self.respond(ix, Outcome::Failed, reason);
        } else if chosen == NONE && replica.drained && !probe {
            // Whoever was sent here on purpose, over a connection that is open, still gets an answer.
            self.respond(ix, Outcome::Rejected, Reason::Draining);
        } else if replica.busy < replica.takes {
            self.start(ix, replica_ix);
        } else if !matches!(replica.queue, Waiting::Fifo(_)) {
            self.line_up(ix, Line::Of(replica_ix), limit);
        } else if replica.queue.len() < limit {
            let behind = replica.queue.len() as u32;
            if let Waiting::Fifo(queue) = &mut replica.queue {
                queue.push_back(ix);
            }
            self.attempts[ix].phase = Phase::Queued;
            self.note(ix, Mark::Queued { behind });
            self.stations[station_ix as usize].meter.level(self.now, 0, 1);
            if self.replicas[replica_ix as usize].body.is_some() {
                self.weigh(replica_ix);
            }
        } else {
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
        }
    }

    fn admit_shared(&mut self, ix: u32, station_ix: u32) {
        let pool = self.pool(station_ix);
        let (limit, waiting) = (pool.config.queue_limit as usize, pool.shared.len());
        let (mut any_open, mut any_new) = (false, false);
        let mut free = None;
        for &replica_ix in &pool.replicas {
            let replica = &self.replicas[replica_ix as usize];
            any_open |= replica.open();
            any_new |= replica.takes_new();
            if replica.takes_new() && replica.busy < replica.takes {
                free = Some(replica_ix);
                break;
            }
        }
        if let Some(replica_ix) = free {
            self.start(ix, replica_ix);
        } else if !any_open {
            let first = self.pool(station_ix).replicas.first();
            let reason = first.map_or(Reason::ConnectionRefused, |ix| self.replicas[*ix as usize].refusal());
            self.respond(ix, Outcome::Failed, reason);
        } else if !any_new {
            self.respond(ix, Outcome::Rejected, Reason::Draining);
        } else if !matches!(self.pool(station_ix).shared, Waiting::Fifo(_)) {
            self.line_up(ix, Line::Shared(station_ix), limit);
        } else if waiting < limit {
            if let Waiting::Fifo(queue) = &mut self.pool_mut(station_ix).shared {
                queue.push_back(ix);
            }
            self.attempts[ix].phase = Phase::Queued;
            self.note(ix, Mark::Queued { behind: waiting as u32 });
            self.stations[station_ix as usize].meter.level(self.now, 0, 1);
            if self.pool(station_ix).scaling.is_some() {
                self.weigh_all(station_ix);
            }
        } else {
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
        }
    }

    /// The attempt takes a slot and its demand is served.
    pub(super) fn start(&mut self, ix: u32, replica_ix: u32) {
        let now = self.now;
        let demand =
            if self.interrupted.is_empty() { self.demand(ix, replica_ix) } else { self.demand_left(ix, replica_ix) };
        let demand = if self.has_heaps { SimDuration(demand.0 + self.take_objects(ix, replica_ix).0) } else { demand };
        self.note(ix, Mark::Started { replica: replica_ix, demand });
        if self.has_heaps {
            self.note_if_paused(ix, replica_ix);
        }
        let attempt = &mut self.attempts[ix];
        attempt.replica = replica_ix;
        attempt.phase = Phase::Working;
        let station = attempt.station;
        self.stations[station as usize].meter.level(now, 1, 0);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.busy += 1;
        replica.sync(now);
        let due = replica.virtual_now + demand.0;
        let first = replica.jobs.next_due().is_none_or(|next| due < next);
        replica.jobs.push(due, ix);
        if replica.body.is_some() {
            self.begin_in_body(ix, replica_ix);
        } else if matches!(replica.queue, Waiting::Nobody) {
            self.share_out(replica_ix);
        } else if first {
            self.schedule_work(replica_ix);
        }
    }

    /// CPU demand of the attempt at its station, on a replica that may still be cold.
    pub(super) fn demand(&self, ix: u32, replica_ix: u32) -> SimDuration {
        let attempt = &self.attempts[ix];
        let config = &self.pool(attempt.station).config;
        match (attempt.verb, attempt.caller) {
            (Verb::Probe, _) => return config.check_time,
            (Verb::Repeat, Caller::Delivery(delivery)) => return self.recognition_time(delivery),
            _ => {}
        }
        let dist = if self.requests[attempt.request].operation == Operation::Write {
            &config.write_time
        } else {
            &config.read_time
        };
        let secs = dist.sample(&mut attempt.draws.child(purpose::DEMAND).sequence());
        let replica = &self.replicas[replica_ix as usize];
        let demand = SimDuration::from_secs_f64(if replica.cold == 0 {
            secs
        } else {
            secs * replica.cold_factor(config, self.now)
        });
        if attempt.policy == NONE { demand } else { SimDuration(demand.0 + self.proxy_work(ix).0) }
    }

    pub(super) fn schedule_work(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        replica.generation = replica.generation.wrapping_add(1);
        if let Some(due) = replica.next_due() {
            self.queue.push(due, Event::Work { replica: replica_ix, generation: replica.generation });
        }
    }

    /// The next demand of a replica is served.
    pub(super) fn work(&mut self, replica_ix: u32, generation: u32) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.generation != generation {
            self.quiet = true;
            return;
        }
        replica.sync(now);
        let Some(Job { due, attempt: ix, .. }) = replica.jobs.pop() else { return };
        // Rounding at changed speeds may leave the clock a nanosecond short.
        replica.virtual_now = replica.virtual_now.max(due);
        if replica.body.is_some() || matches!(replica.queue, Waiting::Nobody) {
            self.share_out(replica_ix);
        } else {
            self.schedule_work(replica_ix);
        }
        self.worked(ix);
    }

    /// Changes how long work takes, including work already begun; frozen, it takes for ever.
    pub(super) fn set_pace(&mut self, replica_ix: u32, slow: f64, frozen: bool) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.slow == slow && replica.frozen == frozen {
            return;
        }
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        (replica.slow, replica.frozen) = (slow, frozen);
        self.share_out(replica_ix);
        if frozen {
            return;
        }
        // What was answered meanwhile is heard now, in the order in which it came.
        for Parked { caller, outcome, reason, found } in std::mem::take(&mut self.replicas[replica_ix as usize].parked)
        {
            if self.attempts.get(caller).is_some_and(|caller| caller.phase == Phase::Waiting) {
                self.call_answered(caller.ix, outcome, reason, found);
            }
        }
    }

    /// An answer for a caller that is frozen waits.
    #[cold]
    fn park(&mut self, ix: u32, outcome: Outcome, reason: Reason, found: bool) {
        let (replica, caller) = (self.attempts[ix].replica, self.attempts.key(ix));
        self.replicas[replica as usize].parked.push(Parked { caller, outcome, reason, found });
    }

    /// What a station's clock shows at a moment.
    pub(crate) fn clock(&self, station: u32, at: SimTime) -> SimTime {
        // Clocks do not begin at zero, or they could not be behind at the start.
        const EPOCH: u64 = 1 << 60;
        SimTime((at.0.saturating_add(EPOCH)).saturating_add_signed(self.stations[station as usize].clock_ahead))
    }

    /// The demand is served: the handler goes on.
    fn worked(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station_ix, replica_ix, verb, request) = (attempt.station, attempt.replica, attempt.verb, attempt.request);
        if verb == Verb::Probe {
            self.probe_worked(ix);
            return;
        }
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.cold != 0 {
            replica.warms(self.now);
        }
        self.note(ix, Mark::Worked);
        let writes = self.requests[request].operation == Operation::Write;
        if matches!(self.pool(station_ix).config.kind, PoolKind::Cache { .. }) {
            self.cache_worked(ix, station_ix, verb, writes);
            return;
        }
        if verb == Verb::Repeat {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        let program = self.pool(station_ix).program;
        self.attempts[ix].program = program;
        self.continue_handler(ix);
    }

    /// A health check is served. A deep one is well only if all that stands behind the station says so, too.
    fn probe_worked(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let behind = if attempt.deep { self.stations[attempt.station as usize].out.clone() } else { Vec::new() };
        if behind.is_empty() {
            self.finish_work(ix, Outcome::Completed, Reason::None);
            return;
        }
        self.attempts[ix].stage = Stage::Plain;
        self.call_all_as(ix, &behind, Verb::Probe);
    }

    fn cache_worked(&mut self, ix: u32, station_ix: u32, verb: Verb, writes: bool) {
        let now = self.clock(station_ix, self.now);
        let replica_ix = self.attempts[ix].replica;
        let key = self.request_key(self.attempts[ix].request);
        let store = self.stations[station_ix as usize].out.first().copied();
        let pool = self.pool_mut(station_ix);
        let PoolKind::Cache { ttl, .. } = pool.config.kind else { unreachable!("called for caches only") };
        let expires = ttl.map_or(SimTime::NEVER, |ttl| now + ttl);
        // A node that leaves while it is asked has forgotten everything.
        let mut cache = memory_of(&mut pool.cache, &mut pool.cluster, replica_ix);
        match verb {
            Verb::Fill => {
                if let Some(cache) = cache {
                    cache.insert(key, expires);
                }
                self.finish_work(ix, Outcome::Completed, Reason::None);
            }
            Verb::Invalidate => {
                cache.map(|cache| cache.remove(key));
                self.finish_work(ix, Outcome::Completed, Reason::None);
            }
            Verb::Request if writes => {
                cache.map(|cache| cache.remove(key));
                match store {
                    Some(store) => self.call(ix, store, Verb::Request, Stage::Plain),
                    None => self.finish_work(ix, Outcome::Completed, Reason::None),
                }
            }
            Verb::Get | Verb::Request | Verb::Probe | Verb::Repeat => {
                let hit = cache.as_mut().is_some_and(|cache| cache.get(key, now) == Lookup::Hit);
                pool.lookups += 1;
                pool.hits += u64::from(hit);
                let cluster = pool.cluster.as_mut();
                let moved = cluster.is_some_and(|cluster| cluster.looked_up(replica_ix, key, hit, now));
                if moved {
                    self.note(ix, Mark::KeyMoved);
                }
                self.stations[station_ix as usize].meter.looked_up(hit);
                if hit {
                    self.attempts[ix].found = true;
                    self.finish_work(ix, Outcome::Completed, Reason::None);
                } else if let Some(store) = store {
                    self.call(ix, store, Verb::Request, Stage::Loading { cache: NONE });
                } else {
                    self.finish_work(ix, Outcome::Completed, Reason::None);
                }
            }
        }
    }

    /// Runs the handler's steps until one waits, or all are done.
    fn continue_handler(&mut self, ix: u32) {
        loop {
            let attempt = &self.attempts[ix];
            let (station_ix, request, step_no) = (attempt.station, attempt.request, attempt.step);
            let pool = self.pool(station_ix);
            // A handler that was rewired meanwhile ends what it had begun without further calls.
            let step = if attempt.program == pool.program { pool.steps.get(step_no as usize).cloned() } else { None };
            let Some(step) = step else {
                self.finish_work(ix, Outcome::Completed, Reason::None);
                return;
            };
            if self.attempts[ix].policy != NONE
                && let Some((outcome, reason)) = self.useless(ix)
            {
                self.finish_work(ix, outcome, reason);
                return;
            }
            self.attempts[ix].step += 1;
            let operation = self.requests[request].operation;
            match step {
                Step::Aside { cache, store } => {
                    if operation == Operation::Write {
                        self.call(ix, store, Verb::Request, Stage::Storing { cache });
                    } else {
                        self.call(ix, cache, Verb::Get, Stage::Looking { store, cache });
                    }
                    return;
                }
                Step::Call(edge) => {
                    if self.takes(ix, edge, operation) {
                        self.call(ix, edge, Verb::Request, Stage::Plain);
                        return;
                    }
                }
                Step::Parallel(edges) => {
                    let edges: Vec<u32> = edges.into_iter().filter(|edge| self.takes(ix, *edge, operation)).collect();
                    if !edges.is_empty() {
                        self.call_all(ix, &edges);
                        return;
                    }
                }
                Step::OneOf(edges) => {
                    if let Some(edge) = self.one_of(ix, &edges, operation) {
                        self.call(ix, edge, Verb::Request, Stage::Plain);
                        return;
                    }
                }
            }
        }
    }

    /// Whether requests like this one go over the connection: by operation and path.
    fn carries(&self, ix: u32, edge: u32, operation: Operation) -> bool {
        let plan = &self.edges[edge as usize].plan;
        plan.carries.takes(operation)
            && (plan.path.is_empty() || {
                let request = self.attempts[ix].request;
                self.path_text(self.requests[request].source, self.request_path(request)).starts_with(&plan.path)
            })
    }

    /// Whether this request causes this call.
    fn takes(&self, ix: u32, edge: u32, operation: Operation) -> bool {
        let plan = &self.edges[edge as usize].plan;
        self.carries(ix, edge, operation)
            && (plan.probability >= 1.0
                || self.attempts[ix].draws.child(purpose::PROBABILITY).unit(u64::from(plan.id.0)) < plan.probability)
    }

    fn one_of(&self, ix: u32, edges: &[u32], operation: Operation) -> Option<u32> {
        let weight = |edge: u32| {
            if self.carries(ix, edge, operation) { self.edges[edge as usize].plan.probability } else { 0.0 }
        };
        let total: f64 = edges.iter().map(|edge| weight(*edge)).sum();
        let mut point = self.attempts[ix].draws.child(purpose::ONE_OF).unit(0) * total;
        let mut last = None;
        for &edge in edges {
            let weight = weight(edge);
            if weight > 0.0 {
                last = Some(edge);
                if point < weight {
                    break;
                }
                point -= weight;
            }
        }
        last
    }

    /// One call; the slot stays held until its answer.
    fn call(&mut self, ix: u32, edge: u32, verb: Verb, stage: Stage) {
        self.attempts[ix].stage = stage;
        self.call_all_as(ix, &[edge], verb);
    }

    fn call_all(&mut self, ix: u32, edges: &[u32]) {
        self.attempts[ix].stage = Stage::Plain;
        self.call_all_as(ix, edges, Verb::Request);
    }

    fn call_all_as(&mut self, ix: u32, edges: &[u32], verb: Verb) {
        let attempt = &mut self.attempts[ix];
        attempt.phase = Phase::Waiting;
        attempt.pending = edges.len() as u16;
        // The first failure among the calls is kept here until all have answered.
        attempt.outcome = Outcome::Completed;
        let (request, draws) = (attempt.request, attempt.draws);
        let caller = Caller::Parent(self.attempts.key(ix));
        for &edge in edges {
            let base = draws.child(purpose::CALL).child(u64::from(self.edges[edge as usize].plan.id.0));
            let call = self.new_attempt(request, edge, caller, verb, base);
            self.send(call);
        }
    }

    /// A call that nobody waits for: filling or clearing a cache.
    fn follow_up(&mut self, ix: u32, edge: u32, verb: Verb) {
        let attempt = &self.attempts[ix];
        let base = attempt.draws.child(purpose::FOLLOW_UP).child(u64::from(self.edges[edge as usize].plan.id.0));
        let from = attempt.spot;
        let call = self.new_attempt(attempt.request, edge, Caller::None, verb, base);
        let spot = self.spot_or(edge, from);
        let attempt = &mut self.attempts[call];
        (attempt.from_spot, attempt.spot) = (from, spot);
        self.send(call);
    }

    /// One of the handler's calls was answered (or given up).
    pub(super) fn call_answered(&mut self, ix: u32, outcome: Outcome, reason: Reason, found: bool) {
        let replica = self.attempts[ix].replica;
        if replica != NONE && self.replicas[replica as usize].frozen {
            self.park(ix, outcome, reason, found);
            return;
        }
        let attempt = &mut self.attempts[ix];
        attempt.pending -= 1;
        let good = outcome == Outcome::Completed;
        match attempt.stage {
            Stage::Looking { store, cache } => {
                if good && found {
                    self.go_on(ix);
                } else {
                    // A broken cache is a miss: the store still knows.
                    self.call(ix, store, Verb::Request, Stage::Loading { cache });
                }
            }
            Stage::Loading { cache } if good => {
                if cache == NONE {
                    self.fill_own(ix);
                } else {
                    self.follow_up(ix, cache, Verb::Fill);
                    self.go_on(ix);
                }
            }
            Stage::Storing { cache } if good => {
                self.follow_up(ix, cache, Verb::Invalidate);
                self.go_on(ix);
            }
            Stage::Plain | Stage::Loading { .. } | Stage::Storing { .. } => {
                if !good && attempt.outcome == Outcome::Completed {
                    attempt.outcome = Outcome::Failed;
                    attempt.reason = reason;
                }
                if attempt.pending == 0 {
                    let (outcome, reason, probe) = (attempt.outcome, attempt.reason, attempt.verb == Verb::Probe);
                    if outcome == Outcome::Completed && !probe {
                        self.go_on(ix);
                    } else {
                        self.finish_work(ix, outcome, reason);
                    }
                }
            }
        }
    }

    /// After an answer: the next step, or for a cache the end.
    fn go_on(&mut self, ix: u32) {
        let station = self.attempts[ix].station;
        if matches!(self.pool(station).config.kind, PoolKind::Cache { .. }) {
            self.finish_work(ix, Outcome::Completed, Reason::None);
        } else {
            self.continue_handler(ix);
        }
    }

    /// A read-through cache keeps what its store answered.
    fn fill_own(&mut self, ix: u32) {
        let attempt = &mut self.attempts[ix];
        attempt.found = true;
        let (station, request, replica) = (attempt.station, attempt.request, attempt.replica);
        let now = self.clock(station, self.now);
        let key = self.request_key(request);
        let pool = self.pool_mut(station);
        let kind = pool.config.kind;
        let cache = memory_of(&mut pool.cache, &mut pool.cluster, replica);
        if let (Some(cache), PoolKind::Cache { ttl, .. }) = (cache, kind) {
            cache.insert(key, ttl.map_or(SimTime::NEVER, |ttl| now + ttl));
        }
        self.finish_work(ix, Outcome::Completed, Reason::None);
    }

    /// The handler is done: the slot goes to the next in line, the answer goes back.
    fn finish_work(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let attempt = &self.attempts[ix];
        let (replica_ix, draws) = (attempt.replica, attempt.draws);
        let poison = self.poisoned && outcome == Outcome::Completed && self.is_poison(ix);
        let replica = &self.replicas[replica_ix as usize];
        let (share, bad) = (replica.error_share, replica.bad_version);
        let good = outcome == Outcome::Completed;
        let errs = |share: f64, n: u64| good && share > 0.0 && draws.child(purpose::ERROR).unit(n) < share;
        let (broken, bad) = (errs(share, 0), errs(bad, 1));
        if self.has_heaps {
            self.return_objects(ix);
        }
        if self.has_copies && good && !broken && !bad && !poison {
            self.settle_data(ix);
        }
        self.release(replica_ix);
        if poison {
            self.respond(ix, Outcome::Failed, Reason::Poison);
        } else if broken || bad {
            self.respond(ix, Outcome::Failed, if broken { Reason::InjectedError } else { Reason::BadVersion });
        } else {
            self.respond(ix, outcome, reason);
        }
    }

    /// Frees a slot and starts whoever waited longest.
    fn release(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        replica.busy -= 1;
        let station = replica.station;
        self.stations[station as usize].meter.level(self.now, -1, 0);
        if self.replicas[replica_ix as usize].beyond > 0 {
            self.count_beyond(replica_ix);
        }
        self.pull(replica_ix);
    }

    /// Starts waiting requests while slots are free.
    pub(super) fn pull(&mut self, replica_ix: u32) {
        let mut given_up = Vec::new();
        self.pull_next(replica_ix, &mut given_up);
        if !given_up.is_empty() {
            self.give_up(&given_up, Reason::WaitedTooLong);
        }
    }

    fn pull_next(&mut self, replica_ix: u32, given_up: &mut Vec<u32>) {
        let now = self.now;
        loop {
            let replica = &mut self.replicas[replica_ix as usize];
            if replica.dead || replica.busy >= replica.takes {
                return;
            }
            let station = replica.station;
            let next = match replica.queue.pop(now, given_up) {
                Some(next) => next,
                None if replica.draining => {
                    if replica.busy == 0 && !std::mem::replace(&mut replica.removed, true) && replica.body.is_some() {
                        self.replica_gone(replica_ix);
                    }
                    return;
                }
                // The shared queue is for those in rotation, as long as there are some.
                None if replica.drained && self.anybody_takes_new(station) => return,
                None => match self.pool_mut(station).shared.pop(now, given_up) {
                    Some(next) => next,
                    None => return,
                },
            };
            let entry = &mut self.stations[station as usize];
            entry.meter.level(now, 0, -1);
            if entry.guard.is_some() {
                self.tell_wait(next);
            }
            if self.attempts[next].policy != NONE
                && let Some((outcome, reason)) = self.useless(next)
            {
                // Nobody needs it any more: no work for it.
                self.respond(next, outcome, reason);
                continue;
            }
            self.start(next, replica_ix);
        }
    }

    /// Takes an attempt out of the station where it waits, is worked on, or waits for its calls.
    pub(super) fn withdraw_from_station(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station_ix, replica_ix, phase) = (attempt.station, attempt.replica, attempt.phase);
        let Kind::Pool(pool) = &mut self.stations[station_ix as usize].kind else { return };
        if phase == Phase::Queued {
            let own = self.replicas.get_mut(replica_ix as usize).is_some_and(|replica| replica.queue.remove(ix));
            if own || pool.shared.remove(ix) {
                self.stations[station_ix as usize].meter.level(now, 0, -1);
            }
            return;
        }
        if phase == Phase::Working {
            let replica = &mut self.replicas[replica_ix as usize];
            replica.sync(now);
            replica.jobs.remove(ix);
            if replica.body.is_some() || matches!(replica.queue, Waiting::Nobody) {
                self.share_out(replica_ix);
            } else {
                self.schedule_work(replica_ix);
            }
        }
        // The answer must not find it here when the slot goes to the next.
        self.attempts[ix].phase = Phase::Back;
        if self.has_heaps {
            self.return_objects(ix);
        }
        self.release(replica_ix);
    }

    fn anybody_takes_new(&self, station: u32) -> bool {
        self.pool(station).replicas.iter().any(|ix| self.replicas[*ix as usize].takes_new())
    }

    /// An operator takes the replica out of rotation, or puts it back.
    pub(super) fn set_drained(&mut self, replica_ix: u32, drained: bool) {
        if std::mem::replace(&mut self.replicas[replica_ix as usize].drained, drained) != drained {
            let station = self.replicas[replica_ix as usize].station;
            self.pull_all(station);
            self.consumers_changed(station);
        }
    }

    /// Starts what waits in a shared queue wherever it now may.
    fn pull_all(&mut self, station: u32) {
        if !self.pool(station).shared.is_empty() {
            for replica_ix in self.pool(station).replicas.clone() {
                self.pull(replica_ix);
            }
        }
    }

    /// The replica dies: all that it holds is lost, callers see a broken connection.
    pub(super) fn kill_replica(&mut self, replica_ix: u32) {
        let now = self.now;
        self.drop_heap(replica_ix);
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.dead = true;
        (replica.cold, replica.warm_at) = (0, SimTime::ZERO);
        replica.sync(now);
        replica.generation = replica.generation.wrapping_add(1);
        replica.jobs.clear();
        replica.parked.clear();
        let waiting = replica.queue.take_all().len() as u32;
        let (busy, waiting) = (replica.busy - replica.beyond, waiting + replica.beyond);
        (replica.busy, replica.beyond) = (0, 0);
        let station_ix = replica.station;
        // The slots of one that was draining had left the count already; dead, it will never be back.
        replica.removed |= replica.draining;
        let slots = if replica.draining { 0 } else { replica.slots };
        let meter = &mut self.stations[station_ix as usize].meter;
        meter.level(now, -(busy as i32), -(waiting as i32));
        meter.slots(now, -(slots as i32));
        let pool = self.pool_mut(station_ix);
        if let Some(cache) = memory_of(&mut pool.cache, &mut pool.cluster, replica_ix) {
            cache.clear();
        }
        let all_dead = pool.replicas.clone().iter().all(|&other| !self.replicas[other as usize].open());
        let mut victims = self.held_by(|attempt| attempt.replica == replica_ix && attempt.station == station_ix);
        if all_dead {
            // Nobody is left to serve the shared queue.
            let shared = self.pool_mut(station_ix).shared.take_all();
            self.stations[station_ix as usize].meter.level(now, 0, -(shared.len() as i32));
            victims.extend(shared);
        }
        for ix in victims {
            self.respond(ix, Outcome::Failed, Reason::ReplicaDied);
        }
        if self.replicas[replica_ix as usize].body.is_some() {
            self.body_died(replica_ix);
        }
        self.pull_all(station_ix);
        self.consumers_changed(station_ix);
    }

    /// The replica comes back, empty.
    pub(super) fn revive_replica(&mut self, replica_ix: u32) {
        let now = self.now;
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.dead = false;
        replica.sync(now);
        let (station, slots) = (replica.station, replica.slots);
        if let Kind::Pool(pool) = &self.stations[station as usize].kind {
            self.replicas[replica_ix as usize].chills(&pool.config, now);
        }
        self.stations[station as usize].meter.slots(now, slots as i32);
        if self.replicas[replica_ix as usize].body.is_some() {
            self.body_revived(replica_ix);
        }
        self.pull(replica_ix);
        self.consumers_changed(station);
    }

    /// Attempts that stand at a station (queued, working or waiting) and match, in order of their slots.
    pub(super) fn held_by(&self, matches: impl Fn(&super::state::Attempt) -> bool) -> Vec<u32> {
        self.attempts
            .indices()
            .filter(|&ix| {
                let attempt = &self.attempts[ix];
                matches!(attempt.phase, Phase::Queued | Phase::Working | Phase::Waiting) && matches(attempt)
            })
            .collect()
    }
}
