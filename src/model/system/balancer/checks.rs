//! Active health checks: real requests through the simulated network, and what is concluded from their answers.

use super::super::System;
use super::super::state::{Backend, Caller, Event, Kind, LogTone, NONE, Verb};
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};

impl System {
    /// A health check of the balancer itself: it is well as long as it believes that a backend is.
    pub(super) fn answer_for_backends(&mut self, ix: u32) {
        let station = self.attempts[ix].station;
        let well = self
            .balancer_mut(station)
            .is_some_and(|balancer| balancer.config.panic_mode || balancer.backends.iter().any(Backend::usable));
        if well {
            self.respond(ix, Outcome::Completed, Reason::None);
        } else {
            self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
        }
    }

    /// Asks every backend how it is, all at the same time, and plans the next round.
    pub(in crate::model::system) fn check_backends(&mut self, station: u32, generation: u32) {
        let Some(balancer) = self.balancer_mut(station) else { return };
        if balancer.generation != generation {
            return;
        }
        let Some(checks) = balancer.config.checks else { return };
        let down = self.stations[station as usize].down;
        let Some(balancer) = self.balancer_mut(station) else { return };
        for backend in 0..balancer.backends.len() as u32 {
            let Some(balancer) = self.balancer_mut(station) else { return };
            let Backend { edge, replica, removed, .. } = balancer.backends[backend as usize];
            if removed || down {
                continue;
            }
            balancer.probes_sent += 1;
            let draws = balancer.probe_draws.child(balancer.probes_sent);
            let caller = Caller::Probe { balancer: station, backend };
            let probe = self.new_attempt(NONE, edge, caller, Verb::Probe, draws);
            self.attempts[probe].replica = replica;
            self.send(probe);
        }
        self.queue.push(self.now + checks.interval, Event::Check { station, generation });
    }

    /// How long the balancer waits for a health check.
    pub(in crate::model::system) fn probe_timeout(&self, ix: u32) -> Option<SimDuration> {
        let Caller::Probe { balancer, .. } = self.attempts[ix].caller else { return None };
        match &self.stations[balancer as usize].kind {
            Kind::Balancer(balancer) => {
                Some(balancer.config.checks.map_or(SimDuration::from_secs(1), |checks| checks.timeout))
            }
            _ => None,
        }
    }

    /// A health check was answered, or was not.
    pub(in crate::model::system) fn probe_done(&mut self, station: u32, backend: u32, good: bool) {
        let now = self.now;
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
            return;
        }
        believed.healthy = !believed.healthy;
        believed.since = now;
        let (healthy, edge, replica) = (believed.healthy, believed.edge, believed.replica);
        balancer.refresh(backend as usize);
        let target = &self.stations[self.edges[edge as usize].to as usize];
        let (id, label) = (target.id, target.label.clone());
        let which = self.replica_suffix(replica);
        let (tone, text) = if healthy {
            (LogTone::Good, format!("health check: {label}{which} up after {} good answers", checks.rise))
        } else {
            (LogTone::Bad, format!("health check: {label}{which} down after {} failures", checks.fall))
        };
        self.log(tone, Some(id), text);
    }
}
