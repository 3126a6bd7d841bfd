//! Faults in force and what follows from them; several on one target combine as `Effect` says.
//!
//! **Invariant:** faults are data: an `Effect` out of a closed set, and a rule how several on one target combine. The state of
//! replicas, connections and sources is always computed anew from all faults in force, so the order in which they are lifted
//! does not matter. Pauses, bursts, interruptions, failovers and deployments have a course of their own
//! (`model/fault/harm.rs`): a pure function of the time since the fault's start says what it does and when that changes, and one
//! event stands for the next change. Bursts are drawn from the seed by what is hit and since when; loss and jitter by the
//! message that they hit, so a fault shifts no other draw.
//!
//! - **Hang and pause** stop a replica's virtual clock, and what is answered to it meanwhile is heard when it goes on;
//!   connections are still accepted, as by the kernel for a frozen process.
//! - **A dead DNS server** answers no new question, while resolvers go on with what they hold; a dead registry tells nothing new.
//! - **Clocks** that jump judge the lifetimes of a cache's entries and of resolvers' answers, nothing else.
//! - **A failover** is the primary's, and loses no write that was answered: its standby is replicated without loss. Read replicas
//!   serve on, and none of them is promoted, unless the database fails over by itself (`data/read_replicas/failover.rs`).
//! - **Who is cut off** reaches no other of its database, and is reached by a share of the clients alone.
//! - **Rolling back** a deployment takes no time.

use super::System;
use super::attempt::Phase;
use super::balancer::state::Memory;
use super::link::Link;
use super::log::LogTone;
use super::plan::Standing;
use super::slab::NONE;
use crate::engine::rng::DrawKey;
use crate::engine::time::SimTime;
use crate::model::fault::harm::{self, Harm};
use crate::model::fault::{self, Effect, FaultKind};
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::outcome::{Outcome, Reason};
use crate::model::params::Params;
use crate::model::system::timer::{FaultTurn, Timer};

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

/// Label of the draws of faults.
const FAULTS: u64 = 0xfa17;

impl ActiveFault {
    /// Draws of a course with bursts: by what is hit and since when, so that the timetable's order does not matter.
    fn draws(&self, seed: u64) -> DrawKey {
        let (sort, id, number) = match self.target {
            FaultTarget::Node(id) => (0, id.0, 0),
            FaultTarget::Replica(id, number) => (1, id.0, number),
            FaultTarget::Edge(id) => (2, id.0, 0),
            FaultTarget::Area(id) => (3, id.0, 0),
        };
        let target = DrawKey::new(seed).child(FAULTS).child(sort).child(u64::from(id)).child(u64::from(number));
        target.child(self.since.0)
    }

    /// Whether it hits a station as a whole, or one of its replicas.
    pub(super) fn hits(&self, station: NodeId, number: u32, stands: Option<Standing>) -> bool {
        match self.target {
            FaultTarget::Replica(target, which) => target == station && which == number,
            _ => self.hits_station(station, stands),
        }
    }

    fn hits_station(&self, station: NodeId, stands: Option<Standing>) -> bool {
        match self.target {
            FaultTarget::Node(target) => target == station,
            FaultTarget::Area(area) => stands.is_some_and(|stands| stands.is_in(area)),
            FaultTarget::Replica(..) | FaultTarget::Edge(_) => false,
        }
    }
}

impl System {
    /// A fault of the timetable begins.
    pub(super) fn start_timetabled(&mut self, index: u32) {
        let super::TimedFault { kind, target, params, .. } = self.timetable[index as usize].clone();
        self.start_fault(&kind, target, &params, Some(index));
    }

    /// A fault of the timetable ends.
    pub(super) fn end_timetabled(&mut self, index: u32) {
        self.end_faults(|active| active.scheduled == Some(index));
    }

    /// A fault starts. Unknown kinds and missing targets do nothing: `topology::check` has named them.
    pub(super) fn start_fault(&mut self, kind: &str, target: FaultTarget, params: &Params, scheduled: Option<u32>) {
        let Some(kind) = fault::find(kind) else { return };
        let effect = (kind.effect)(params);
        let target = self.aim_at_primary(effect, target);
        let text = fault::words::struck(effect, &self.target_name(target), matches!(target, FaultTarget::Area(_)));
        let tone = if effect.is_failure() { LogTone::Bad } else { LogTone::Info };
        self.log(tone, self.target_node(target), text);
        if kind.once {
            self.strike_once(effect, target);
            return;
        }
        let serial = self.faults_begun;
        self.faults_begun = self.faults_begun.wrapping_add(1);
        let since = self.now;
        let mut active =
            ActiveFault { kind, effect, target, since, scheduled, serial, spell: 0, spell_ends: since, level: 0.0 };
        if let Some((level, lasts)) = harm::spell(effect, active.draws(self.seed), 0) {
            (active.level, active.spell_ends) = (level, since + lasts);
        }
        self.active.push(active);
        self.plan_step(self.active.len() - 1);
        self.apply_effects();
        if let Effect::Shortage { notice } = effect {
            self.recall_spot_machines(target, notice);
        }
    }

    /// What acts at its start and is over.
    fn strike_once(&mut self, effect: Effect, target: FaultTarget) {
        let (Effect::Flush, FaultTarget::Node(node)) = (effect, target) else { return };
        if let Some(&ix) = self.by_node.get(&node)
            && let Some(pool) = self.stations[ix as usize].pool_mut()
        {
            pool.data.clear(None);
            if let Some(caching) = &mut pool.caching {
                caching.clear();
            }
            if let Some(results) = &mut pool.query_cache {
                results.clear(None);
            }
            self.lose_all_writes(ix);
        }
    }

    /// Plans the next change of a fault with a course of its own.
    fn plan_step(&mut self, at: usize) {
        let active = &self.active[at];
        let places = match active.target {
            FaultTarget::Node(node) => self
                .by_node
                .get(&node)
                .and_then(|ix| self.stations[*ix as usize].pool())
                .map_or(0, |pool| pool.replicas.len() as u32),
            _ => 1,
        };
        let next = if active.spell_ends > self.now {
            Some(active.spell_ends)
        } else {
            let elapsed = self.now.since(active.since);
            active.effect.next_change(elapsed, places).map(|after| active.since + after)
        };
        if let Some(next) = next {
            let serial = active.serial;
            self.schedule(next, Timer::Fault(FaultTurn::Steps { serial }));
        }
    }

    /// A fault with a course of its own goes on.
    pub(super) fn step_fault(&mut self, serial: u32) {
        let (now, seed) = (self.now, self.seed);
        let Some(at) = self.active.iter().position(|active| active.serial == serial) else {
            self.quiet = true;
            return;
        };
        let active = &mut self.active[at];
        if let Some((level, lasts)) = harm::spell(active.effect, active.draws(seed), active.spell + 1) {
            active.spell += 1;
            (active.level, active.spell_ends) = (level, now + lasts);
        }
        self.plan_step(at);
        self.apply_effects();
    }

    /// Ends faults of a kind on a target, or the one that the timetable started.
    pub(super) fn end_faults(&mut self, matches: impl Fn(&ActiveFault) -> bool) {
        let (ended, kept): (Vec<ActiveFault>, Vec<ActiveFault>) =
            std::mem::take(&mut self.active).into_iter().partition(|active| matches(active));
        self.active = kept;
        for active in &ended {
            let place = matches!(active.target, FaultTarget::Area(_));
            let text = fault::words::lifted(active.effect, &self.target_name(active.target), place);
            let tone = if active.effect.is_failure() { LogTone::Good } else { LogTone::Info };
            self.log(tone, self.target_node(active.target), text);
        }
        if !ended.is_empty() {
            self.apply_effects();
        }
        if ended.iter().any(|active| matches!(active.effect, Effect::Shortage { .. })) {
            self.hand_out_spot_machines();
        }
    }

    /// Makes every replica, station, edge and source be as the faults in force say.
    pub(super) fn apply_effects(&mut self) {
        for replica_ix in 0..self.replicas.len() as u32 {
            if !self.replicas[replica_ix as usize].removed {
                self.apply_harm(replica_ix);
            }
        }
        self.tell_draining();
        for station_ix in 0..self.stations.len() as u32 {
            self.apply_outage(station_ix);
            self.apply_clock(station_ix);
            self.apply_to_broker(station_ix);
            self.apply_versions(station_ix);
        }
        for edge_ix in 0..self.edges.len() {
            let edge = &self.edges[edge_ix];
            let target = FaultTarget::Edge(edge.plan.id);
            let effects = self.active.iter().filter(|active| active.target == target).map(|active| active.effect);
            self.edges[edge_ix].link = Link::under(effects, edge.link.as_deref());
        }
        for station_ix in 0..self.stations.len() as u32 {
            self.apply_traffic(station_ix);
        }
    }

    pub(super) fn apply_harm(&mut self, replica_ix: u32) {
        let replica = &self.replicas[replica_ix as usize];
        let (number, was_dead) = (replica.number, replica.dead);
        let station = &self.stations[replica.station as usize];
        let (node, stands) = (station.id, station.stands);
        let place =
            station.pool().map_or(0, |pool| pool.replicas.iter().position(|ix| *ix == replica_ix).unwrap_or(0) as u32);
        let stands = if self.has_spread_data { self.standing_of(replica_ix, stands) } else { stands };
        let mut harm = Harm::NONE;
        for active in self.active.iter().filter(|active| active.hits(node, number, stands)) {
            if self.has_spread_data && self.spares(replica_ix, active.effect) {
                continue;
            }
            harm.add(active.effect, self.now.since(active.since), place, active.level);
        }
        if self.has_spread_data {
            self.bear(replica_ix, stands, &mut harm);
        }
        let replica = &mut self.replicas[replica_ix as usize];
        harm.down |= replica.body.as_ref().is_some_and(|body| body.crashed);
        harm.frozen |= replica.allocator.as_ref().is_some_and(|it| it.collecting) && !harm.down;
        replica.error_share = harm.errors;
        replica.bad_version = harm.bad_version.max(replica.body.as_ref().map_or(0.0, |body| body.errors));
        replica.no_primary = harm.no_primary;
        self.set_cut(replica_ix, harm.cut);
        self.set_pace(replica_ix, harm.slow, harm.frozen);
        self.set_drained(replica_ix, harm.drained);
        if harm.down && !was_dead {
            self.kill_replica(replica_ix);
        } else if !harm.down && was_dead {
            self.revive_replica(replica_ix);
        }
    }

    /// A station without replicas dies or comes back as a whole. Of a DNS server only look-ups under way are lost, and of
    /// a registry nothing: what is under way goes past it.
    fn apply_outage(&mut self, ix: u32) {
        let station = &self.stations[ix as usize];
        if station.removed || station.balancer().is_none() {
            return;
        }
        let (id, stands) = (station.id, station.stands);
        let hit = |active: &ActiveFault| active.effect == Effect::Down && active.hits_station(id, stands);
        let down = self.active.iter().any(hit);
        if std::mem::replace(&mut self.stations[ix as usize].down, down) || !down {
            return;
        }
        let mut spared = [None, None];
        if let Some(balancer) = self.stations[ix as usize].balancer_mut() {
            balancer.break_all();
            spared = match balancer.memory {
                Memory::Names(_) => [Some(Phase::Waiting), None],
                Memory::Callers(_) => [Some(Phase::Waiting), Some(Phase::Queued)],
                Memory::Routes(_) | Memory::Connections(_) => [None, None],
            };
        }
        for held in self.held_by(|attempt| attempt.station == ix && !spared.contains(&Some(attempt.phase))) {
            self.respond(held, Outcome::Failed, Reason::ReplicaDied);
        }
    }

    fn apply_clock(&mut self, ix: u32) {
        let id = self.stations[ix as usize].id;
        let ahead: f64 = self
            .active
            .iter()
            .filter(|active| active.target == FaultTarget::Node(id))
            .map(|active| if let Effect::ClockJump { secs } = active.effect { secs } else { 0.0 })
            .sum();
        self.stations[ix as usize].clock_ahead = (ahead * 1e9) as i64;
    }

    fn apply_traffic(&mut self, station_ix: u32) {
        let station = &mut self.stations[station_ix as usize];
        let target = FaultTarget::Node(station.id);
        let Some(source) = station.source_mut() else { return };
        let (mut factor, mut hot) = (1.0, 0.0f64);
        for active in self.active.iter().filter(|active| active.target == target) {
            match active.effect {
                Effect::Traffic { factor: times } => factor *= times,
                Effect::HotKey { share } => hot = hot.max(share),
                _ => {}
            }
        }
        source.hot_share = hot;
        if source.traffic_factor != factor {
            self.settle_gap(station_ix);
            if let Some(source) = self.stations[station_ix as usize].source_mut() {
                source.traffic_factor = factor;
            }
            self.start_source(station_ix, false);
        }
    }

    /// How log lines call a target.
    pub fn target_name(&self, target: FaultTarget) -> String {
        let label = |id| self.by_node.get(&id).map_or("?", |ix| self.stations[*ix as usize].label.as_str());
        match target {
            FaultTarget::Node(id) => label(id).to_owned(),
            FaultTarget::Replica(id, number) => format!("{} replica {}", label(id), number + 1),
            FaultTarget::Area(id) => self.areas.get(&id).cloned().unwrap_or_else(|| "?".to_owned()),
            FaultTarget::Edge(id) => self.by_edge.get(&id).map_or_else(
                || "?".to_owned(),
                |ix| {
                    let edge = &self.edges[*ix as usize];
                    format!("{} → {}", self.stations[edge.from as usize].label, self.stations[edge.to as usize].label)
                },
            ),
        }
    }

    fn target_node(&self, target: FaultTarget) -> Option<NodeId> {
        match target {
            FaultTarget::Node(id) | FaultTarget::Replica(id, _) => Some(id),
            FaultTarget::Area(_) => None,
            FaultTarget::Edge(id) => {
                self.by_edge.get(&id).map(|ix| self.stations[self.edges[*ix as usize].to as usize].id)
            }
        }
    }

    /// " replica 2" where a station has several.
    pub(super) fn replica_suffix(&self, replica_ix: u32) -> String {
        if replica_ix == NONE {
            return String::new();
        }
        let replica = &self.replicas[replica_ix as usize];
        let several = self.stations[replica.station as usize].pool().is_some_and(|pool| pool.replicas.len() > 1);
        if several { format!(" replica {}", replica.number + 1) } else { String::new() }
    }
}
