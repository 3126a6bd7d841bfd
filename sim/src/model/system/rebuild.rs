//! Makes the running system match a plan: at the start from nothing, later from what runs.
//!
//! Stations and edges keep their state under their ids. What the plan no longer names is marked removed, never moved,
//! so that everything under way still finds its place.
//!
//! Stations and connections keep their state under their ids; what the plan no longer names is marked removed, never moved, so
//! that everything under way still finds its place. A replica that is taken away drains first.

use super::System;
use super::admission::AdmissionControl;
use super::balancer::Terms;
use super::balancer::state::Balancer;
use super::broker::Broker;
use super::data::{self, Data};
use super::edge::Edge;
use super::meter::Meter;
use super::plan::{Carries, EdgePlan, Layer, Plan, PoolConfig, PoolKind, StationConfig, StationPlan};
use super::pool::TargetKind;
use super::pool::state::Pool;
use super::slab::NONE;
use super::source::Source;
use super::spans::EdgeTally;
use super::station::{Kind, Station};
use crate::engine::dist::Dist;
use crate::engine::ordered::Ordered;
use crate::engine::rng::Stream;
use crate::engine::sort;
use crate::engine::time::SimDuration;
use crate::model::discipline::Waiting;
use crate::model::ids::FaultTarget;
use crate::model::money::{Ledger, Tariff};
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::timer::{BalancerTurn, Timer, schedule};

impl System {
    /// Makes the system match `plan` from now on.
    pub fn rebuild(&mut self, plan: &Plan) {
        let mut fresh_sources = Vec::new();
        self.areas.clone_from(&plan.areas);
        // Parts of a store may stand elsewhere than anything that is drawn.
        self.spots.used = plan.stations.iter().any(|station| match &station.config {
            StationConfig::Pool(config) => data::may_stand_elsewhere(config),
            _ => false,
        });
        for station in &plan.stations {
            self.put_station(station, &mut fresh_sources);
        }
        self.settle_values(plan);
        let gone: Vec<u32> = self
            .by_node
            .iter()
            .filter(|&(id, _)| plan.stations.binary_search_by_key(id, |station| station.id).is_err())
            .map(|(_, ix)| *ix)
            .collect();
        if self.spots.used {
            self.spots.measure();
        }
        for edge in &plan.edges {
            self.put_edge(edge);
        }
        for (id, ix) in self.by_edge.iter() {
            self.edges[*ix as usize].removed = plan.edges.binary_search_by_key(id, |edge| edge.id).is_err();
        }
        for ix in 0..self.stations.len() as u32 {
            self.rewire(ix);
        }
        for ix in gone {
            self.remove_station(ix);
        }
        for ix in 0..self.stations.len() as u32 {
            self.expand_backends(ix);
        }
        for ix in 0..self.stations.len() as u32 {
            self.fit_broker(ix);
        }
        self.apply_effects();
        for (station, fresh) in fresh_sources {
            self.start_source(station, fresh);
        }
    }

    fn put_station(&mut self, plan: &StationPlan, sources: &mut Vec<(u32, bool)>) {
        let now = self.now;
        if let Some(&ix) = self.by_node.get(&plan.id) {
            let station = &mut self.stations[ix as usize];
            let same_kind = match (&station.kind, &plan.config) {
                (Kind::Source(_), StationConfig::Source(_)) => true,
                (Kind::Balancer(balancer), StationConfig::Balancer(config)) => {
                    std::mem::discriminant(&balancer.config.layer) == std::mem::discriminant(&config.layer)
                }
                (Kind::Pool(pool), StationConfig::Pool(config)) => {
                    std::mem::discriminant(&pool.config.kind) == std::mem::discriminant(&config.kind)
                }
                (Kind::Broker(_), StationConfig::Broker(_)) => true,
                _ => false,
            };
            if same_kind && !station.removed {
                station.label.clone_from(&plan.label);
                station.stands = plan.stands;
                station.spot = self.spots.of(plan.stands);
                self.set_admission(ix, &plan.admission);
                self.update_station(ix, &plan.config, sources);
                self.set_tariff(ix, plan.tariff);
                return;
            }
            self.remove_station(ix);
        }
        let ix = self.stations.len() as u32;
        let kind = match &plan.config {
            StationConfig::Source(config) => {
                sources.push((ix, true));
                Kind::Source(Box::new(Source::new(config, plan.id, self.seed)))
            }
            StationConfig::Balancer(config) => Kind::Balancer(Box::new(Balancer::new(config, plan.id, self.seed))),
            StationConfig::Pool(config) => Kind::Pool(Box::new(Pool::new(config, plan.id.0, self.seed))),
            StationConfig::Broker(config) => Kind::Broker(Box::new(Broker::new(config, now, &self.spans))),
        };
        self.stations.push(Station {
            id: plan.id,
            label: plan.label.clone(),
            removed: false,
            stands: plan.stands,
            spot: self.spots.of(plan.stands),
            down: false,
            clock_ahead: 0,
            kind,
            meter: Meter::new(now, self.spans.open()),
            tariff: Tariff::default(),
            ledger: Ledger::default(),
            admission: AdmissionControl::new(&plan.admission),
            out: Vec::new(),
        });
        self.by_node.insert(plan.id, ix);
        match &plan.config {
            StationConfig::Pool(config) => self.resize_pool(ix, config),
            StationConfig::Balancer(_) => self.restart_checks(ix),
            StationConfig::Broker(_) => self.start_broker(ix),
            StationConfig::Source(_) => {}
        }
        self.set_tariff(ix, plan.tariff);
    }

    fn update_station(&mut self, ix: u32, config: &StationConfig, sources: &mut Vec<(u32, bool)>) {
        if matches!(config, StationConfig::Source(_)) {
            self.settle_gap(ix);
        }
        let now = self.now;
        let station = &mut self.stations[ix as usize];
        match (&mut station.kind, config) {
            (Kind::Source(source), StationConfig::Source(config)) => {
                source.reconfigure(config);
                sources.push((ix, false));
            }
            (Kind::Balancer(balancer), StationConfig::Balancer(config)) => {
                if balancer.reconfigure(config, now) {
                    self.restart_checks(ix);
                }
            }
            (Kind::Pool(_), StationConfig::Pool(config)) => self.resize_pool(ix, config),
            (Kind::Broker(_), StationConfig::Broker(config)) => self.reconfigure_broker(ix, config),
            _ => unreachable!("a station whose kind changed is replaced"),
        }
    }

    /// Health checks and sweeps begin (again): the first one interval from now.
    fn restart_checks(&mut self, ix: u32) {
        let Some(balancer) = self.stations[ix as usize].balancer_mut() else { return };
        balancer.generation = balancer.generation.wrapping_add(1);
        balancer.to_check.clear();
        balancer.rephase_outliers(self.now);
        if let Some(outliers) = balancer.config.outliers {
            let timer = Timer::Balancer { station: ix, turn: BalancerTurn::Sweep { generation: balancer.generation } };
            schedule(&mut self.queue, &mut self.timers, self.now + outliers.interval, timer);
        }
        if let Some(checks) = balancer.config.checks {
            let timer = Timer::Balancer { station: ix, turn: BalancerTurn::Check { generation: balancer.generation } };
            schedule(&mut self.queue, &mut self.timers, self.now + checks.interval, timer);
        }
        if let Layer::Callers(config) = balancer.config.layer {
            let generation = balancer.generation;
            for caller in 0..balancer.callers() {
                let timer = Timer::Balancer { station: ix, turn: BalancerTurn::Poll { caller, generation } };
                self.schedule(self.now + config.refresh, timer);
            }
        }
    }

    /// Gives a pool the replicas, slots and entries that its configuration asks for.
    fn resize_pool(&mut self, ix: u32, config: &PoolConfig) {
        let Some(pool) = self.stations[ix as usize].pool_mut() else { return };
        let before = std::mem::replace(&mut pool.config, config.clone()).discipline;
        // The parts of a store come and go in their own ways.
        let parts = pool.data.is_one_address().then_some(pool.replicas.len() as u32);
        let replicas = parts.unwrap_or_else(|| self.fit_scaling(ix, config));
        self.drop_surplus(ix, replicas as usize);
        self.grow_pool(ix, config, replicas as usize);
        self.settle_heaps(ix, config.objects);
        self.set_discipline(ix, &before);
        self.settle_scaling(ix, config);
        self.settle_data(ix, config);
        self.has_rows |= config.row_locks.is_some() || config.queries.is_some();
        let Some(pool) = self.stations[ix as usize].pool() else { return };
        for replica_ix in pool.replicas.clone() {
            self.pull(replica_ix);
        }
    }

    /// Drains every replica beyond `wanted`, the newest first.
    fn drop_surplus(&mut self, ix: u32, wanted: usize) {
        let now = self.now;
        loop {
            let Some(pool) = self.stations[ix as usize].pool_mut() else { return };
            if pool.replicas.len() <= wanted {
                return;
            }
            let Some(last) = pool.replicas.pop() else { return };
            let replica = &mut self.replicas[last as usize];
            replica.draining = true;
            replica.removed = replica.dead || (replica.busy == 0 && replica.queue.is_empty());
            if !replica.dead {
                let slots = replica.slots;
                self.stations[ix as usize].meter.slots(now, -(slots as i32));
            }
        }
    }

    fn grow_pool(&mut self, ix: u32, config: &PoolConfig, wanted: usize) {
        let now = self.now;
        let kept = self.pool(ix).replicas.clone();
        let mut change = 0;
        for &replica_ix in &kept {
            let replica = &mut self.replicas[replica_ix as usize];
            if !replica.dead {
                change += config.slots as i32 - replica.slots as i32;
            }
            replica.set_slots(config.slots);
            replica.cap_cold_start(config, now);
        }
        for _ in kept.len()..wanted {
            let number = self.next_number(ix);
            self.join_pool(ix, number, None);
        }
        self.stations[ix as usize].meter.slots(now, change);
    }

    fn put_edge(&mut self, plan: &EdgePlan) {
        let (Some(&from), Some(&to)) = (self.by_node.get(&plan.from), self.by_node.get(&plan.to)) else { return };
        let constant = match &plan.latency {
            Dist::Constant(secs) => Some(SimDuration::from_secs_f64(*secs)),
            _ => None,
        };
        if let Some(&ix) = self.by_edge.get(&plan.id) {
            let edge = &mut self.edges[ix as usize];
            if edge.from == from && edge.to == to {
                let old = std::mem::replace(&mut edge.plan, plan.clone()).policy;
                edge.constant = constant;
                self.replan_policies(ix, old.as_deref());
                return;
            }
            // Its ends moved: what is under way keeps the old edge.
            edge.removed = true;
        }
        self.by_edge.insert(plan.id, self.edges.len() as u32);
        self.edges.push(Edge {
            plan: plan.clone(),
            from,
            to,
            removed: false,
            constant,
            link: None,
            hop: SimDuration::ZERO,
            policy: None,
            zombies: 0,
            sent: 0,
            by_outcome: [0; 6],
            in_flight: 0,
            retries: 0,
            tallies: if self.spans.divided() {
                vec![EdgeTally::default(); self.spans.arrivals().len()]
            } else {
                Vec::new()
            },
            out_since: 0,
            out_dots: 0,
            back_since: 0,
            back_dots: 0,
        });
        self.replan_policies(self.edges.len() as u32 - 1, None);
    }

    /// Lists a station's outgoing edges anew and makes the handler that follows from them.
    fn rewire(&mut self, ix: u32) {
        let mut out: Vec<u32> = (0..self.edges.len() as u32)
            .filter(|&edge| {
                let edge = &self.edges[edge as usize];
                edge.from == ix && !edge.removed
            })
            .collect();
        sort::few_by_key(&mut out, |&edge| self.edges[edge as usize].plan.id);
        let targets: Vec<(u32, TargetKind)> = out.iter().map(|&edge| (edge, self.target_kind(edge))).collect();
        let changed = self.stations[ix as usize].out != out;
        if let Some(pool) = self.stations[ix as usize].pool_mut() {
            pool.steps = Pool::program(pool.config.calls, pool.config.local_cache.is_some(), &targets);
            pool.program = pool.program.wrapping_add(u16::from(changed));
        }
        self.stations[ix as usize].out = out;
    }

    fn target_kind(&self, edge: u32) -> TargetKind {
        let target = self.edges[edge as usize].to;
        let Some(pool) = self.stations[target as usize].pool() else { return TargetKind::Other };
        match pool.config.kind {
            PoolKind::Database => TargetKind::Store,
            PoolKind::Cache { .. } => {
                let has_store = self.edges.iter().any(|edge| edge.from == target && !edge.removed);
                if has_store { TargetKind::Through } else { TargetKind::Cache }
            }
            PoolKind::Service => TargetKind::Other,
        }
    }

    /// Takes a station out: what it holds fails, its replicas are gone.
    fn remove_station(&mut self, ix: u32) {
        if self.stations[ix as usize].removed {
            return;
        }
        self.stations[ix as usize].removed = true;
        match &mut self.stations[ix as usize].kind {
            Kind::Source(source) => source.generation = source.generation.wrapping_add(1),
            Kind::Balancer(balancer) => {
                balancer.generation = balancer.generation.wrapping_add(1);
                for ix in self.held_by(|attempt| attempt.station == ix) {
                    self.respond(ix, Outcome::Failed, Reason::Removed);
                }
            }
            Kind::Broker(_) => self.remove_broker(ix),
            Kind::Pool(pool) => {
                for replica_ix in pool.replicas.clone() {
                    if !self.replicas[replica_ix as usize].dead {
                        self.kill_replica(replica_ix);
                    }
                    self.replicas[replica_ix as usize].removed = true;
                }
                if let Some(pool) = self.stations[ix as usize].pool_mut() {
                    pool.replicas.clear();
                }
                self.end_scaling(ix);
                self.end_data(ix);
            }
        }
        self.rebill(ix);
        let id = self.stations[ix as usize].id;
        self.active.retain(
            |active| !matches!(active.target, FaultTarget::Node(node) | FaultTarget::Replica(node, _) if node == id),
        );
        if self.by_node.get(&id) == Some(&ix) {
            self.by_node.remove(&id);
        }
    }

    /// Matches a balancer's table to its edges and their replicas, keeping what it believes of those it knows.
    pub(super) fn expand_backends(&mut self, ix: u32) {
        let now = self.now;
        if self.stations[ix as usize].balancer().is_none() {
            return;
        }
        let mut wanted: Vec<(u32, u32)> = Vec::new();
        let mut routed = false;
        for &edge_ix in &self.stations[ix as usize].out {
            let edge = &self.edges[edge_ix as usize];
            routed |= edge.plan.carries != Carries::All || !edge.plan.path.is_empty();
            match self.stations[edge.to as usize].addressed() {
                Some(pool) => wanted.extend(pool.replicas.iter().map(|&replica| (edge_ix, replica))),
                None => wanted.push((edge_ix, NONE)),
            }
        }
        let wanted: Vec<(u32, u32, Terms)> =
            wanted.into_iter().map(|(edge, replica)| (edge, replica, self.terms(edge, replica))).collect();
        let Some(balancer) = self.stations[ix as usize].balancer_mut() else { return };
        balancer.rewire(routed);
        // By who they are: with thousands of them, looking each one up in a list would take the square of their number.
        let terms: Ordered<(u32, u32), Terms> =
            wanted.iter().map(|(edge, replica, terms)| ((*edge, *replica), *terms)).collect();
        let mut known = Ordered::new();
        for backend in 0..balancer.backends.len() {
            let who = (balancer.backends[backend].edge, balancer.backends[backend].replica);
            known.include(who);
            balancer.update_backend(backend, terms.get(&who).copied(), now);
        }
        for (edge, replica, terms) in wanted {
            if known.include((edge, replica)) {
                balancer.add_backend(edge, replica, terms, now);
            }
        }
    }

    /// What the drawing says of a backend.
    fn terms(&self, edge: u32, replica: u32) -> Terms {
        let edge = &self.edges[edge as usize];
        let station = &self.stations[edge.to as usize];
        let number = if replica == NONE { 0 } else { self.replicas[replica as usize].number };
        Terms {
            weight: edge.plan.weight,
            // A backend's name outlives rebuilds: its station's id, and its replica's number.
            host: u64::from(station.id.0) << 32 | u64::from(number),
            region: station.stands.map(|stands| stands.region),
        }
    }
}

impl Pool {
    fn new(config: &PoolConfig, id: u32, seed: u64) -> Self {
        Self {
            config: config.clone(),
            replicas: Vec::new(),
            next_number: 0,
            shared: if config.discipline.is_sharing() {
                Waiting::Fifo(std::collections::VecDeque::new())
            } else {
                config.discipline.build()
            },
            stream: Stream::new(seed, u64::from(id)),
            steps: Vec::new(),
            program: 0,
            scaling: None,
            data: Data::default(),
            caching: None,
            query_cache: None,
        }
    }
}

impl Source {
    /// Takes new parameters; the ordinal and the gap under way stay.
    fn reconfigure(&mut self, config: &super::plan::SourceConfig) {
        self.key_sampler = crate::engine::dist::Zipf::new(u64::from(config.keys), config.key_skew).ok();
        self.config = config.clone();
    }
}
