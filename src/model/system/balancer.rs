//! Balancing: chooses among backends by belief, keeps that belief by health checks and by what comes back.

use super::System;
use super::flow::purpose;
use super::plan::BalancerConfig;
use super::state::{Backend, Balancer, Caller, Event, Kind, LogTone, NONE, Phase, Verb};
use crate::engine::rng::{DrawKey, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::{self, Answer, BackendView, PickContext, Reads, RequestView, Strategy};
use crate::model::geography::Country;
use crate::model::ids::NodeId;
use crate::model::outcome::{Outcome, Reason};

/// Weight of the newest answer in the balancer's moving averages of response time and error rate.
const NEWEST: f64 = 0.1;

/// The strategy that the configuration names.
pub(super) fn strategy_of(config: &BalancerConfig) -> Box<dyn Strategy> {
    balancer::build(&config.strategy).expect("compile() plans only strategies that can be built")
}

impl Balancer {
    pub(super) fn new(config: &BalancerConfig, id: NodeId, seed: u64) -> Self {
        Self {
            config: config.clone(),
            strategy: strategy_of(config),
            stream: Stream::new(seed, u64::from(id.0)),
            probe_draws: DrawKey::new(seed).child(u64::from(id.0)),
            probes_sent: 0,
            generation: 0,
            version: 0,
            backends: Vec::new(),
            views: Vec::new(),
        }
    }

    /// Brings what the strategy sees of a backend in line with what is believed.
    fn refresh(&mut self, backend: usize) {
        let believed = &self.backends[backend];
        self.views[backend].eligible = !believed.removed && believed.healthy && self.views[backend].weight > 0;
        self.version += 1;
    }

    pub(super) fn add_backend(&mut self, edge: u32, replica: u32, weight: u32, host: u64, now: SimTime) {
        self.backends.push(Backend {
            edge,
            replica,
            removed: false,
            healthy: true,
            since: now,
            good_run: 0,
            bad_run: 0,
            selections: 0,
        });
        self.views.push(BackendView { eligible: weight > 0, weight, host, ..BackendView::default() });
        self.version += 1;
    }

    pub(super) fn update_backend(&mut self, backend: usize, removed: bool, weight: u32) {
        self.backends[backend].removed = removed;
        self.views[backend].weight = weight;
        self.refresh(backend);
    }
}

impl System {
    fn balancer_mut(&mut self, station: u32) -> Option<&mut Balancer> {
        match &mut self.stations[station as usize].kind {
            Kind::Balancer(balancer) => Some(balancer),
            _ => None,
        }
    }

    /// Sends the request that stands at the balancer on to a backend.
    pub(super) fn balance(&mut self, ix: u32, try_no: u8) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, request, draws) = (attempt.station, attempt.request, attempt.draws);
        if attempt.verb == Verb::Probe {
            self.answer_for_backends(ix);
            return;
        }
        let Kind::Balancer(balancer) = &self.stations[station as usize].kind else {
            unreachable!("only balancers balance")
        };
        let view = self.request_view(request, balancer.strategy.reads(), u32::from(try_no));
        let Kind::Balancer(balancer) = &mut self.stations[station as usize].kind else {
            unreachable!("only balancers balance")
        };
        let mut context = PickContext {
            backends: &balancer.views,
            version: balancer.version,
            stream: &mut balancer.stream,
            request: view,
            now,
        };
        let mut picked = balancer.strategy.pick(&mut context);
        if picked.is_none() && balancer.config.panic_mode {
            let all: Vec<BackendView> = balancer
                .views
                .iter()
                .zip(&balancer.backends)
                .map(|(view, backend)| BackendView { eligible: !backend.removed && view.weight > 0, ..*view })
                .collect();
            let mut context = PickContext {
                backends: &all,
                // Not the table of the eligible.
                version: balancer.version | 1 << 63,
                stream: &mut balancer.stream,
                request: view,
                now,
            };
            picked = balancer.strategy.pick(&mut context);
        }
        let Some(backend) = picked else {
            self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
            return;
        };
        balancer.views[backend as usize].outstanding += 1;
        balancer.backends[backend as usize].selections += 1;
        let (edge, replica) = (balancer.backends[backend as usize].edge, balancer.backends[backend as usize].replica);
        let caller = Caller::Parent(self.attempts.key(ix));
        self.attempts[ix].phase = Phase::Waiting;
        // The draws pass through: what a request costs does not depend on who was chosen, nor on there being a balancer.
        let call = self.new_attempt(request, edge, caller, Verb::Request, draws);
        let attempt = &mut self.attempts[call];
        attempt.replica = replica;
        attempt.backend = backend;
        attempt.try_no = try_no;
        if try_no > 0 {
            attempt.draws = draws.child(purpose::RETRY).child(u64::from(try_no));
        }
        self.send(call);
    }

    /// What a strategy reads of a request.
    fn request_view(&self, request: u32, reads: Reads, attempt: u32) -> RequestView {
        RequestView {
            client_ipv4: if reads.client { self.request_ipv4(request) } else { 0 },
            key: if reads.key { self.request_key(request) } else { 0 },
            country: if reads.country { self.request_country(request) } else { Country::default() },
            attempt,
        }
    }

    /// A health check of the balancer itself: it is well as long as it believes that a backend is.
    fn answer_for_backends(&mut self, ix: u32) {
        let station = self.attempts[ix].station;
        let well = self
            .balancer_mut(station)
            .is_some_and(|balancer| balancer.config.panic_mode || balancer.views.iter().any(|view| view.eligible));
        if well {
            self.respond(ix, Outcome::Completed, Reason::None);
        } else {
            self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
        }
    }

    /// The strategy's scores of its backends as they are now, by index; empty where it has none.
    pub(crate) fn balancer_scores(&self, node: NodeId) -> Vec<(u32, f64)> {
        let Some(ix) = self.station_index(node) else { return Vec::new() };
        let Kind::Balancer(balancer) = &self.stations[ix as usize].kind else { return Vec::new() };
        let mut stream = balancer.stream.clone();
        let context = PickContext {
            backends: &balancer.views,
            version: balancer.version,
            stream: &mut stream,
            request: RequestView::default(),
            now: self.now,
        };
        let explanation = balancer.strategy.explain(&context, &|backend| format!("backend {}", backend + 1));
        explanation.scores.iter().map(|score| (score.backend, score.value)).collect()
    }

    /// What the balancer learns from an answer, or from giving up on one.
    pub(super) fn backend_answered(&mut self, station: u32, backend: u32, outcome: Outcome, took: SimDuration) {
        let now = self.now;
        let Some(balancer) = self.balancer_mut(station) else { return };
        let view = &mut balancer.views[backend as usize];
        view.outstanding -= 1;
        let secs = took.as_secs_f64();
        view.response_time =
            if view.response_time.is_nan() { secs } else { view.response_time + NEWEST * (secs - view.response_time) };
        let failed = if outcome == Outcome::Completed { 0.0 } else { 1.0 };
        view.error_rate += NEWEST * (failed - view.error_rate);
        let answer = Answer { backend, took, good: outcome == Outcome::Completed, now };
        balancer.strategy.answered(&answer);
    }

    /// Asks every backend how it is, all at the same time, and plans the next round.
    pub(super) fn check_backends(&mut self, station: u32, generation: u32) {
        let Some(balancer) = self.balancer_mut(station) else { return };
        if balancer.generation != generation {
            return;
        }
        let Some(checks) = balancer.config.checks else { return };
        for backend in 0..balancer.backends.len() as u32 {
            let Some(balancer) = self.balancer_mut(station) else { return };
            let Backend { edge, replica, removed, .. } = balancer.backends[backend as usize];
            if removed {
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
    pub(super) fn probe_timeout(&self, ix: u32) -> Option<SimDuration> {
        let Caller::Probe { balancer, .. } = self.attempts[ix].caller else { return None };
        match &self.stations[balancer as usize].kind {
            Kind::Balancer(balancer) => {
                Some(balancer.config.checks.map_or(SimDuration::from_secs(1), |checks| checks.timeout))
            }
            _ => None,
        }
    }

    /// A health check was answered, or was not.
    pub(super) fn probe_done(&mut self, station: u32, backend: u32, good: bool) {
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
