//! Active health checks: real requests through the simulated network, and what is concluded from their answers.
//!
//! **Invariant:** health checks are real requests. They travel over the connection, take a slot or a waiting place, cost work,
//! and may be lost or late; a balancer changes its mind only after `rise` good or `fall` bad ones in a row. Until then a dead
//! replica gets its share: that gap is what there is to see. A balancer that is itself checked answers well as long as it
//! believes that one of its backends does, or uses all of them in panic. A deep check, once served, holds its slot and asks
//! every station behind with a check of its own, and is good only if all of those are; what it asks is not asked further.

use super::super::System;
use super::super::attempt::{Caller, Verb};
use super::super::balancer::state::Backend;
use super::super::log::LogTone;
use super::super::slab::NONE;
use crate::engine::time::SimDuration;
use crate::model::ids::NodeId;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::timer::{BalancerTurn, Timer};

impl System {
    /// A health check of the balancer itself: it is healthy as long as it believes that a backend is.
    pub(super) fn answer_for_backends(&mut self, ix: u32) {
        let station = self.attempts[ix].station;
        let well = self.balancer_mut(station).is_some_and(|balancer| {
            balancer.config.panic_mode
                || balancer.config.panic_threshold > 0.0
                || balancer.backends.iter().any(Backend::usable)
        });
        if well {
            self.respond(ix, Outcome::Completed, Reason::None);
        } else {
            self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
        }
    }

    /// Asks every backend how it is, and plans the next round. All are asked at the same time, unless only so many
    /// checks may be under way at a time: then the others follow, in the order of the table, as answers come in. A round
    /// that takes longer than the interval is finished first, and the one due meanwhile falls out.
    pub(in crate::model::system) fn check_backends(&mut self, station: u32, generation: u32) {
        let Some(balancer) = self.balancer_mut(station) else { return };
        if balancer.generation != generation {
            return;
        }
        let Some(checks) = balancer.config.checks else { return };
        let down = self.stations[station as usize].down;
        let Some(balancer) = self.balancer_mut(station) else { return };
        if !down && (checks.concurrent == 0 || (balancer.to_check.is_empty() && balancer.checks_out == 0)) {
            balancer.to_check.extend(0..balancer.backends.len() as u32);
            self.send_checks(station);
        }
        self.schedule(
            self.now + checks.interval,
            Timer::Balancer { station, turn: BalancerTurn::Check { generation } },
        );
    }

    /// Sends as many of the checks that are due as may be under way.
    fn send_checks(&mut self, station: u32) {
        loop {
            let Some(balancer) = self.balancer_mut(station) else { return };
            let Some(checks) = balancer.config.checks else { return };
            if checks.concurrent > 0 && balancer.checks_out >= checks.concurrent {
                return;
            }
            let Some(backend) = balancer.to_check.pop_front() else { return };
            let Backend { edge, replica, removed, .. } = balancer.backends[backend as usize];
            if removed {
                continue;
            }
            balancer.checks_out += 1;
            balancer.probes_sent += 1;
            let draws = balancer.probe_draws.child(balancer.probes_sent);
            let caller = Caller::Probe { balancer: station, backend };
            let probe = self.new_attempt(NONE, edge, caller, Verb::Probe, draws);
            self.attempts[probe].replica = replica;
            self.attempts[probe].deep = checks.deep;
            self.send(probe);
        }
    }

    /// How long the sender of a health check waits for its answer. What a deep check asks in turn has as long as the
    /// check.
    pub(in crate::model::system) fn probe_timeout(&self, ix: u32) -> Option<SimDuration> {
        let caller = match self.attempts[ix].caller {
            Caller::Parent(parent) => self.attempts.get(parent)?.caller,
            caller => caller,
        };
        let Caller::Probe { balancer, .. } = caller else { return None };
        let checks = self.stations[balancer as usize].balancer()?.config.checks;
        Some(checks.map_or(SimDuration::from_secs(1), |checks| checks.timeout))
    }

    /// A health check was answered, or was not.
    pub(in crate::model::system) fn probe_done(&mut self, station: u32, backend: u32, good: bool) {
        let now = self.now;
        let Some(balancer) = self.balancer_mut(station) else { return };
        balancer.checks_out -= 1;
        self.send_checks(station);
        let Some(balancer) = self.balancer_mut(station) else { return };
        let Some(checks) = balancer.config.checks else { return };
        let believed = &mut balancer.backends[backend as usize];
        if believed.removed {
            return;
        }
        if good {
            believed.good_run += 1;
            believed.bad_run = 0;
        } else {
            believed.bad_run += 1;
            believed.good_run = 0;
        }
        let flips = if believed.healthy { believed.bad_run >= checks.fall } else { believed.good_run >= checks.rise };
        if !flips {
            if good && believed.healthy {
                self.watch_check(station, backend);
            }
            return;
        }
        believed.healthy = !believed.healthy;
        believed.since = now;
        let healthy = believed.healthy;
        balancer.refresh(backend as usize, now);
        let name = self.backend_label(self.balancer(station), backend);
        let who = self.stations[station as usize].label.as_str();
        let (tone, text) = if healthy {
            (LogTone::Good, format!("{who} sends to {name} again: health checks passed {} times in a row", checks.rise))
        } else {
            (LogTone::Bad, format!("{who} took {name} out: health checks failed {} times in a row", checks.fall))
        };
        let node = self.backend_node(station, backend);
        self.log(tone, node, text);
        self.note_panic(station);
    }

    /// The station behind a balancer's backend.
    pub(super) fn backend_node(&self, station: u32, backend: u32) -> Option<NodeId> {
        let edge = self.balancer(station).backends[backend as usize].edge;
        Some(self.stations[self.edges[edge as usize].to as usize].id)
    }

    /// Tells every balancer whom operators take out of rotation.
    pub(in crate::model::system) fn tell_draining(&mut self) {
        let now = self.now;
        for station in 0..self.stations.len() as u32 {
            if self.stations[station as usize].balancer().is_none() {
                continue;
            }
            for at in 0..self.balancer(station).backends.len() {
                let Backend { edge, replica, .. } = self.balancer(station).backends[at];
                let draining = self.drains(self.edges[edge as usize].to, replica);
                if let Some(balancer) = self.balancer_mut(station) {
                    balancer.set_draining(at, draining, now);
                }
            }
            self.note_panic(station);
        }
    }

    /// Whether a replica, or with [`NONE`] all of a station's, are being drained.
    fn drains(&self, station: u32, replica: u32) -> bool {
        if replica != NONE {
            return self.replicas[replica as usize].drained;
        }
        let drained = |ix: &u32| self.replicas[*ix as usize].drained;
        let pool = self.stations[station as usize].pool();
        pool.is_some_and(|pool| !pool.replicas.is_empty() && pool.replicas.iter().all(drained))
    }
}
