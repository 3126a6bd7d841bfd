//! Faults in force and what follows from them; several on one target combine as `Effect` says.

use super::System;
use super::state::{ActiveFault, Kind, LogTone, NONE};
use crate::engine::time::SimDuration;
use crate::model::fault::{self, Effect};
use crate::model::ids::FaultTarget;
use crate::model::outcome::{Outcome, Reason};
use crate::model::params::Params;

impl System {
    /// A fault starts. Unknown kinds and missing targets do nothing: `topology::check` has named them.
    pub(super) fn start_fault(&mut self, kind: &str, target: FaultTarget, params: &Params, scheduled: Option<u32>) {
        let Some(kind) = fault::find(kind) else { return };
        let effect = (kind.effect)(params);
        self.active.push(ActiveFault { kind, effect, target, since: self.now, scheduled });
        let text = format!("{}: {}{}", self.target_name(target), kind.entry.name, describe(effect));
        let tone = if effect.is_failure() { LogTone::Bad } else { LogTone::Info };
        self.log(tone, self.target_node(target), text);
        self.apply_effects();
    }

    /// Ends faults of a kind on a target, or the one that the timetable started.
    pub(super) fn end_faults(&mut self, matches: impl Fn(&ActiveFault) -> bool) {
        let (ended, kept): (Vec<ActiveFault>, Vec<ActiveFault>) =
            std::mem::take(&mut self.active).into_iter().partition(|active| matches(active));
        self.active = kept;
        for active in &ended {
            let text = format!("{}: {}", self.target_name(active.target), active.kind.lift_label);
            let tone = if active.effect.is_failure() { LogTone::Good } else { LogTone::Info };
            self.log(tone, self.target_node(active.target), text);
        }
        if !ended.is_empty() {
            self.apply_effects();
        }
    }

    /// Makes every replica, edge and source be as the faults in force say.
    pub(super) fn apply_effects(&mut self) {
        for replica_ix in 0..self.replicas.len() as u32 {
            let replica = &self.replicas[replica_ix as usize];
            if replica.removed {
                continue;
            }
            let (node, stands) = {
                let station = &self.stations[replica.station as usize];
                (station.id, station.stands)
            };
            let number = replica.number;
            let (mut down, mut drained, mut slow, mut errors) = (false, false, 1.0, 0.0f64);
            for active in &self.active {
                let hit = match active.target {
                    FaultTarget::Node(target) => target == node,
                    FaultTarget::Replica(target, which) => target == node && which == number,
                    FaultTarget::Area(area) => stands.is_some_and(|stands| stands.is_in(area)),
                    FaultTarget::Edge(_) => false,
                };
                if hit {
                    match active.effect {
                        Effect::Down => down = true,
                        Effect::Drain => drained = true,
                        Effect::Slow { factor } => slow *= factor,
                        Effect::Errors { share } => errors = errors.max(share),
                        Effect::ExtraLatency { .. } | Effect::Partition | Effect::Traffic { .. } => {}
                    }
                }
            }
            let was_dead = replica.dead;
            self.replicas[replica_ix as usize].error_share = errors;
            self.set_slow(replica_ix, slow);
            self.set_drained(replica_ix, drained);
            if down && !was_dead {
                self.kill_replica(replica_ix);
            } else if !down && was_dead {
                self.revive_replica(replica_ix);
            }
        }
        self.tell_draining();
        for station_ix in 0..self.stations.len() as u32 {
            self.apply_outage(station_ix);
        }
        for edge_ix in 0..self.edges.len() {
            let id = self.edges[edge_ix].plan.id;
            let (mut partitioned, mut extra) = (false, 0.0);
            for active in self.active.iter().filter(|active| active.target == FaultTarget::Edge(id)) {
                match active.effect {
                    Effect::Partition => partitioned = true,
                    Effect::ExtraLatency { secs } => extra += secs,
                    _ => {}
                }
            }
            self.edges[edge_ix].partitioned = partitioned;
            self.edges[edge_ix].extra = SimDuration::from_secs_f64(extra);
        }
        for station_ix in 0..self.stations.len() as u32 {
            let id = self.stations[station_ix as usize].id;
            let mut factor = 1.0;
            for active in self.active.iter().filter(|active| active.target == FaultTarget::Node(id)) {
                if let Effect::Traffic { factor: times } = active.effect {
                    factor *= times;
                }
            }
            if let Kind::Source(source) = &self.stations[station_ix as usize].kind
                && source.traffic_factor != factor
            {
                self.settle_gap(station_ix);
                if let Kind::Source(source) = &mut self.stations[station_ix as usize].kind {
                    source.traffic_factor = factor;
                }
                self.start_source(station_ix, false);
            }
        }
    }

    /// A balancer dies or comes back as a whole.
    fn apply_outage(&mut self, ix: u32) {
        let station = &self.stations[ix as usize];
        if station.removed || !matches!(station.kind, Kind::Balancer(_)) {
            return;
        }
        let down = self.active.iter().any(|active| {
            active.effect == Effect::Down
                && match active.target {
                    FaultTarget::Node(id) => id == station.id,
                    FaultTarget::Area(area) => station.stands.is_some_and(|stands| stands.is_in(area)),
                    FaultTarget::Replica(..) | FaultTarget::Edge(_) => false,
                }
        });
        if std::mem::replace(&mut self.stations[ix as usize].down, down) || !down {
            return;
        }
        if let Kind::Balancer(balancer) = &mut self.stations[ix as usize].kind {
            balancer.break_all();
        }
        for held in self.held_by(|attempt| attempt.station == ix) {
            self.respond(held, Outcome::Failed, Reason::ReplicaDied);
        }
    }

    /// How log lines call a target.
    pub(crate) fn target_name(&self, target: FaultTarget) -> String {
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

    fn target_node(&self, target: FaultTarget) -> Option<crate::model::ids::NodeId> {
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
        match &self.stations[replica.station as usize].kind {
            Kind::Pool(pool) if pool.replicas.len() > 1 => format!(" replica {}", replica.number + 1),
            _ => String::new(),
        }
    }
}

fn describe(effect: Effect) -> String {
    match effect {
        Effect::Down | Effect::Drain | Effect::Partition => String::new(),
        Effect::Slow { factor } | Effect::Traffic { factor } => format!(" ({factor}×)"),
        Effect::Errors { share } => format!(" ({} %)", share * 100.0),
        Effect::ExtraLatency { secs } => format!(" ({} ms)", secs * 1000.0),
    }
}
