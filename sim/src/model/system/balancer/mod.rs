//! Balancing: chooses among backends by belief, keeps that belief by health checks and by what comes back.
//!
//! One table of backends, and one or several pickers that choose from it: a balancer of requests has one for each route,
//! a balancer in the callers one for each caller. `layers.rs` says for what is chosen, `checks.rs` how health is believed.

mod belief;
mod checks;
mod layers;
mod outliers;
pub mod state;

use super::System;
use super::attempt::{Caller, Phase, Verb};
use super::balancer::state::{Balancer, Connections, Memory, Picker};
use super::flow::purpose;
use super::plan::{BalancerConfig, Layer};
use super::slab::NONE;
use crate::engine::ordered::Ordered;
use crate::engine::rng::{DrawKey, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::{self, Answer, BackendView, PickContext, Reads, RequestView, Strategy};
use crate::model::geography::{Country, Region};
use crate::model::ids::NodeId;
use crate::model::journey::Among;
use crate::model::outcome::{Outcome, Reason};
use crate::model::outlier::Detector;

/// Weight of the newest answer in the balancer's moving averages of response time, error rate and utilization.
const NEWEST: f64 = 0.1;

/// The strategy that the configuration names.
fn strategy_of(config: &BalancerConfig) -> Box<dyn Strategy> {
    balancer::build(&config.strategy).expect("compile() plans only strategies that can be built")
}

/// Moves a moving average towards a new value; NaN: there was none before.
fn smooth(average: &mut f64, value: f64) {
    *average = if average.is_nan() { value } else { *average + NEWEST * (value - *average) };
}

impl Memory {
    fn new(layer: Layer) -> Self {
        match layer {
            Layer::Requests { .. } => Self::Routes(Ordered::new()),
            Layer::Connections(_) => Self::Connections(Connections::default()),
            Layer::Names(_) => Self::Names(Ordered::new()),
            Layer::Callers(_) => Self::Callers(Ordered::new()),
        }
    }
}

impl Balancer {
    pub(super) fn new(config: &BalancerConfig, id: NodeId, seed: u64) -> Self {
        let mut pickers = Vec::new();
        if !matches!(config.layer, Layer::Callers(_)) {
            pickers.push(Picker::new(config, &[], None, SimTime::ZERO));
        }
        Self {
            config: config.clone(),
            stream: Stream::new(seed, u64::from(id.0)),
            probe_draws: DrawKey::new(seed).child(u64::from(id.0)),
            probes_sent: 0,
            to_check: std::collections::VecDeque::new(),
            checks_out: 0,
            generation: 0,
            detector: config
                .outliers
                .filter(|_| !matches!(config.layer, Layer::Callers(_)))
                .map(|settings| Box::new(Detector::new(settings, SimTime::ZERO))),
            panicking: false,
            routed: false,
            backends: Vec::new(),
            pickers,
            memory: Memory::new(config.layer),
        }
    }

    /// Its connections changed: routes are found anew.
    pub(super) fn rewire(&mut self, routed: bool) {
        self.routed = routed;
        if let Memory::Routes(routes) = &mut self.memory {
            routes.clear();
        }
    }
}

/// What the drawing says of a backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) weight: u32,
    pub(super) host: u64,
    pub(super) region: Option<Region>,
}

/// Among whom a strategy is asked to choose.
#[derive(Clone, Debug)]
pub(in crate::model::system) struct Offer {
    pub(in crate::model::system) among: Among,
    /// What it sees; `None`: its picker's own views.
    pub(in crate::model::system) views: Option<Vec<BackendView>>,
    pub(in crate::model::system) version: u64,
}

impl System {
    fn balancer(&self, station: u32) -> &Balancer {
        let Some(balancer) = self.stations[station as usize].balancer() else { unreachable!("only balancers balance") };
        balancer
    }

    fn balancer_mut(&mut self, station: u32) -> Option<&mut Balancer> {
        self.stations[station as usize].balancer_mut()
    }

    /// Sends the request that stands at the balancer on to a backend.
    pub(super) fn balance(&mut self, ix: u32, try_no: u8) {
        let attempt = &self.attempts[ix];
        let (station, request) = (attempt.station, attempt.request);
        if attempt.verb == Verb::Probe {
            self.answer_for_backends(ix);
            return;
        }
        let balancer = self.balancer(station);
        match balancer.config.layer {
            Layer::Requests { .. } if !balancer.routed => self.choose(ix, 0, try_no),
            Layer::Requests { .. } => match self.route(station, request) {
                Some(picker) => self.choose(ix, picker, try_no),
                None => self.nobody_to_ask(ix, Reason::NoRoute),
            },
            Layer::Connections(config) => self.connect(ix, config, try_no),
            Layer::Names(config) => self.resolve(ix, config, try_no),
            Layer::Callers(config) => {
                let picker = self.picker_of_caller(ix, config);
                self.choose(ix, picker, try_no);
            }
        }
    }

    /// One choice for one request.
    fn choose(&mut self, ix: u32, picker: u32, try_no: u8) {
        let attempt = &self.attempts[ix];
        let station = attempt.station;
        let Some(backend) = self.pick(ix, picker, try_no) else {
            self.nobody_to_ask(ix, Reason::NoHealthyBackend);
            return;
        };
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        balancer.pickers[picker as usize].views[backend as usize].outstanding += 1;
        self.go_to(ix, backend, picker, try_no, false);
    }

    /// The strategy's choice for the request that stands at the balancer, among the first of these who offer anybody:
    /// those that a retry has not tried yet, those whose turn it is in slow start, those believed well, all of them in
    /// panic.
    fn pick(&mut self, ix: u32, picker: u32, try_no: u8) -> Option<u32> {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, request, tried) = (attempt.station, attempt.request, attempt.tried);
        let recorded = self.follows();
        let balancer = self.balancer_mut(station)?;
        let chooser = &mut balancer.pickers[picker as usize];
        let config = &balancer.config;
        if let Some(slow) = config.slow_start.filter(|_| now >= chooser.weights_due) {
            chooser.settle_all(slow, now);
        }
        let panic = chooser.in_panic(config.panic_threshold);
        let elsewhere = matches!(config.layer, Layer::Requests { elsewhere: true }) && try_no > 0;
        let turns = !panic && !chooser.by_weight && chooser.is_rising();
        if !(panic || elsewhere || turns || config.panic_mode || recorded) {
            // Nearly always: one choice among those believed well.
            let reads = chooser.strategy.reads();
            let request = self.request_view(request, reads, u32::from(try_no));
            let balancer = self.balancer_mut(station)?;
            let chooser = &mut balancer.pickers[picker as usize];
            return chooser.strategy.pick(&mut PickContext {
                backends: &chooser.views,
                version: chooser.version,
                stream: &mut balancer.stream,
                request,
                now,
            });
        }
        let ways = [
            elsewhere.then_some(Among::Untried),
            turns.then_some(Among::InTurn),
            Some(if panic { Among::All } else { Among::Eligible }),
            (config.panic_mode && !panic).then_some(Among::All),
        ];
        let reads = chooser.strategy.reads();
        let request = self.request_view(request, reads, u32::from(try_no));
        for among in ways.into_iter().flatten() {
            let balancer = self.balancer_mut(station)?;
            let chooser = &balancer.pickers[picker as usize];
            let offer = Offer {
                among,
                views: match among {
                    Among::Eligible => None,
                    Among::All => Some(chooser.all()),
                    Among::Untried => Some(chooser.untried(tried, panic)),
                    Among::InTurn => {
                        let slow = balancer.config.slow_start;
                        slow.map(|slow| chooser.in_turn(slow, &mut balancer.stream, now))
                    }
                },
                // A table of all is not the table of those believed well.
                version: if panic || among == Among::All { chooser.version | 1 << 63 } else { chooser.version },
            };
            self.note_choice(ix, picker, request, &offer);
            let balancer = self.balancer_mut(station)?;
            let chooser = &mut balancer.pickers[picker as usize];
            let picked = chooser.strategy.pick(&mut PickContext {
                backends: offer.views.as_deref().unwrap_or(&chooser.views),
                version: offer.version,
                stream: &mut balancer.stream,
                request,
                now,
            });
            if picked.is_some() {
                return picked;
            }
        }
        None
    }

    /// Sends the request on to a backend that was chosen.
    fn go_to(&mut self, ix: u32, backend: u32, via: u32, try_no: u8, handshake: bool) {
        let attempt = &mut self.attempts[ix];
        if backend < 64 {
            attempt.tried |= 1 << backend;
        }
        attempt.phase = Phase::Waiting;
        let (station, request, draws) = (attempt.station, attempt.request, attempt.draws);
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        let chosen = &mut balancer.backends[backend as usize];
        chosen.selections += 1;
        chosen.in_flight += 1;
        let (edge, replica) = (chosen.edge, chosen.replica);
        let caller = Caller::Parent(self.attempts.key(ix));
        // The draws pass through: what a request costs does not depend on who was chosen, nor on there being a balancer.
        let call = self.new_attempt(request, edge, caller, Verb::Request, draws);
        let attempt = &mut self.attempts[call];
        attempt.replica = replica;
        attempt.backend = backend;
        attempt.via = via;
        attempt.handshake = handshake;
        attempt.try_no = try_no;
        if try_no > 0 {
            attempt.draws = draws.child(purpose::RETRY).child(u64::from(try_no));
        }
        if self.attempts[ix].policy != NONE {
            self.join_onward(ix, call);
        }
        self.note_chosen(ix, backend, call);
        if self.exemplars.keeps(station) {
            self.keep_choice(station, ix, backend, try_no);
        }
        self.send(call);
    }

    /// There is no backend for a try: the request fails, unless another try of it is still out.
    fn nobody_to_ask(&mut self, ix: u32, reason: Reason) {
        if self.attempts[ix].policy == NONE || !self.is_hedging(ix) {
            self.respond(ix, Outcome::Failed, reason);
        }
    }

    /// A backend that was chosen is not asked after all, or its answer is not waited for: that says nothing of it.
    pub(super) fn backend_not_asked(&mut self, station: u32, ix: u32) {
        let attempt = &self.attempts[ix];
        let (backend, via) = (attempt.backend as usize, attempt.via as usize);
        let Some(balancer) = self.balancer_mut(station) else { return };
        balancer.backends[backend].in_flight -= 1;
        // What is outstanding at a balancer of connections are those, and one of names hears nothing.
        if matches!(balancer.config.layer, Layer::Requests { .. } | Layer::Callers(_)) {
            balancer.pickers[via].views[backend].outstanding -= 1;
        }
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

    /// What the balancer learns from an answer, or from giving up on one. `ix` is the attempt that went to the backend.
    pub(super) fn backend_answered(&mut self, station: u32, ix: u32, outcome: Outcome, reason: Reason) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (backend, via, sent_at, load) = (attempt.backend, attempt.via, attempt.sent_at, attempt.load);
        let Some(balancer) = self.balancer_mut(station) else { return };
        let took = now.since(sent_at);
        let good = outcome == Outcome::Completed;
        let failed = if good { 0.0 } else { 1.0 };
        let known = &mut balancer.backends[backend as usize];
        known.in_flight -= 1;
        smooth(&mut known.response_time, took.as_secs_f64());
        known.error_rate += NEWEST * (failed - known.error_rate);
        // A client that leaves says nothing of the backend.
        let mut says = (outcome != Outcome::Abandoned).then_some(good);
        let mut watcher = None;
        match balancer.config.layer {
            Layer::Requests { .. } | Layer::Callers(_) => {
                watcher = matches!(balancer.config.layer, Layer::Callers(_)).then_some(via);
                let picker = &mut balancer.pickers[via as usize];
                let view = &mut picker.views[backend as usize];
                view.outstanding -= 1;
                smooth(&mut view.response_time, took.as_secs_f64());
                view.error_rate += NEWEST * (failed - view.error_rate);
                if !load.is_nan() {
                    smooth(&mut view.utilization, f64::from(load));
                }
                picker.strategy.answered(&Answer { backend, took, good, now });
            }
            Layer::Connections(_) => {
                // It sees connections open and break, never what is said over them.
                let broken = matches!(
                    reason,
                    Reason::ConnectionRefused
                        | Reason::ReplicaDied
                        | Reason::Unreachable
                        | Reason::TimeOut
                        | Reason::Removed
                ) && !good;
                let view = &mut balancer.pickers[0].views[backend as usize];
                view.error_rate += NEWEST * (if broken { 1.0 } else { 0.0 } - view.error_rate);
                if broken {
                    balancer.close_if(via, backend, sent_at);
                }
                says = Some(!broken);
            }
            // Nobody tells it.
            Layer::Names(_) => says = None,
        }
        if let Some(good) = says.filter(|_| balancer.config.outliers.is_some()) {
            self.watch_answer(station, watcher, backend, good);
        }
    }
}

/// Time until a moment.
fn until(now: SimTime, then: SimTime) -> SimDuration {
    if then > now { then.since(now) } else { SimDuration::ZERO }
}
