//! Balancing: chooses among backends by belief, keeps that belief by health checks and by what comes back.
//!
//! One table of backends, and one or several pickers that choose from it: a balancer of requests has one for each route,
//! a balancer in the callers one for each caller. `layers.rs` says for what is chosen, `checks.rs` how health is believed.

mod checks;
mod layers;

use super::System;
use super::flow::purpose;
use super::plan::{BalancerConfig, Layer};
use super::state::{Backend, Balancer, Caller, Connections, Kind, Memory, Phase, Picker, Verb};
use crate::engine::rng::{DrawKey, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::{self, Answer, BackendView, PickContext, Reads, RequestView, Strategy};
use crate::model::geography::{Country, Region};
use crate::model::ids::NodeId;
use crate::model::journey::Among;
use crate::model::outcome::{Outcome, Reason};

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

impl Backend {
    /// Whether it would be chosen, as far as the table knows.
    pub(crate) const fn usable(&self) -> bool {
        !self.removed && self.healthy && self.weight > 0
    }
}

impl Memory {
    fn new(layer: Layer) -> Self {
        match layer {
            Layer::Requests { .. } => Self::Routes(std::collections::BTreeMap::new()),
            Layer::Connections(_) => Self::Connections(Connections::default()),
            Layer::Names(_) => Self::Names(std::collections::BTreeMap::new()),
            Layer::Callers(_) => Self::Callers(std::collections::BTreeMap::new()),
        }
    }
}

impl Picker {
    /// A picker that has heard of all `backends` and believes in none yet.
    fn new(config: &BalancerConfig, backends: &[Backend], edges: Option<Vec<u32>>) -> Self {
        let view = |backend: &Backend| BackendView {
            listed: false,
            eligible: false,
            weight: 0,
            host: backend.host,
            region: backend.region,
            ..BackendView::default()
        };
        Self { strategy: strategy_of(config), views: backends.iter().map(view).collect(), version: 0, edges }
    }

    /// Takes over what the table says of a backend.
    fn learn(&mut self, backend: usize, known: &Backend, allowed: bool) {
        let allowed = allowed && self.edges.as_ref().is_none_or(|edges| edges.contains(&known.edge));
        let view = &mut self.views[backend];
        // Who is not on the list has no share of it, or a hash modulo all weights would still count it.
        let weight = if allowed && !known.removed { known.weight } else { 0 };
        let news = (known.usable() && allowed, weight, known.region);
        if (view.listed, view.weight, view.region) != news {
            (view.listed, view.weight, view.region) = news;
            view.eligible = view.listed;
            self.version += 1;
        }
    }
}

impl Balancer {
    pub(super) fn new(config: &BalancerConfig, id: NodeId, seed: u64) -> Self {
        let mut pickers = Vec::new();
        if !matches!(config.layer, Layer::Callers(_)) {
            pickers.push(Picker::new(config, &[], None));
        }
        Self {
            config: config.clone(),
            stream: Stream::new(seed, u64::from(id.0)),
            probe_draws: DrawKey::new(seed).child(u64::from(id.0)),
            probes_sent: 0,
            generation: 0,
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

    /// Takes new parameters; tells whether periodic work must start anew.
    pub(super) fn reconfigure(&mut self, config: &BalancerConfig) -> bool {
        let strategy_changed = self.config.strategy != config.strategy;
        let periods_changed = self.config.checks != config.checks || self.config.layer != config.layer;
        self.config = config.clone();
        if strategy_changed {
            for picker in &mut self.pickers {
                picker.strategy = strategy_of(config);
            }
        }
        periods_changed
    }

    /// Tells the pickers what the table now says of a backend; callers will ask for themselves.
    fn refresh(&mut self, backend: usize) {
        if matches!(self.memory, Memory::Callers(_)) {
            return;
        }
        for picker in &mut self.pickers {
            picker.learn(backend, &self.backends[backend], true);
        }
    }

    /// A backend that was not there before; believed well until it is found not to be.
    pub(super) fn add_backend(&mut self, edge: u32, replica: u32, terms: Terms, now: SimTime) {
        let Terms { weight, host, region } = terms;
        self.backends.push(Backend {
            edge,
            replica,
            host,
            region,
            weight,
            removed: false,
            healthy: true,
            since: now,
            good_run: 0,
            bad_run: 0,
            selections: 0,
            in_flight: 0,
            response_time: f64::NAN,
            error_rate: 0.0,
        });
        for picker in &mut self.pickers {
            picker.views.push(BackendView {
                listed: false,
                eligible: false,
                weight: 0,
                host,
                region,
                ..BackendView::default()
            });
        }
        self.refresh(self.backends.len() - 1);
    }

    /// What the drawing says of a backend; `None`: it is gone.
    pub(super) fn update_backend(&mut self, backend: usize, terms: Option<Terms>) {
        let known = &mut self.backends[backend];
        known.removed = terms.is_none();
        if let Some(terms) = terms {
            (known.weight, known.region) = (terms.weight, terms.region);
        }
        self.refresh(backend);
    }

    /// What a picker's strategy sees when it chooses among some. `tried`: one bit each for the first 64 backends.
    pub(in crate::model::system) fn views_among(&self, picker: u32, among: Among, tried: u64) -> Vec<BackendView> {
        let views = self.pickers[picker as usize].views.iter().enumerate();
        let view = |(at, view): (usize, &BackendView)| match among {
            Among::Untried => {
                let untried = at >= 64 || tried >> at & 1 == 0;
                BackendView { eligible: view.eligible && untried, ..*view }
            }
            Among::Eligible => *view,
            Among::All => BackendView { listed: view.weight > 0, eligible: view.weight > 0, ..*view },
        };
        views.map(view).collect()
    }

    /// The view that stands for all where one is shown.
    pub(crate) fn shown_picker(&self, backend: usize) -> Option<&Picker> {
        self.pickers.iter().rev().find(|picker| picker.views[backend].eligible).or_else(|| self.pickers.first())
    }
}

/// What the drawing says of a backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) weight: u32,
    pub(super) host: u64,
    pub(super) region: Option<Region>,
}

impl System {
    fn balancer(&self, station: u32) -> &Balancer {
        match &self.stations[station as usize].kind {
            Kind::Balancer(balancer) => balancer,
            _ => unreachable!("only balancers balance"),
        }
    }

    fn balancer_mut(&mut self, station: u32) -> Option<&mut Balancer> {
        match &mut self.stations[station as usize].kind {
            Kind::Balancer(balancer) => Some(balancer),
            _ => None,
        }
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
                None => self.respond(ix, Outcome::Failed, Reason::NoRoute),
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
            self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
            return;
        };
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        balancer.pickers[picker as usize].views[backend as usize].outstanding += 1;
        self.go_to(ix, backend, picker, try_no, false);
    }

    /// The strategy's choice for the request that stands at the balancer, among the first of these who offer anybody:
    /// those that a retry has not tried yet, those believed well, all of them in panic.
    fn pick(&mut self, ix: u32, picker: u32, try_no: u8) -> Option<u32> {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, request, tried) = (attempt.station, attempt.request, attempt.tried);
        let balancer = self.balancer(station);
        let panic_mode = balancer.config.panic_mode;
        let elsewhere = matches!(balancer.config.layer, Layer::Requests { elsewhere: true }) && try_no > 0;
        let reads = balancer.pickers[picker as usize].strategy.reads();
        let request = self.request_view(request, reads, u32::from(try_no));
        for among in [Among::Untried, Among::Eligible, Among::All] {
            let asked = match among {
                Among::Untried => elsewhere,
                Among::Eligible => true,
                Among::All => panic_mode,
            };
            if !asked {
                continue;
            }
            self.note_choice(ix, picker, request, among);
            let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
            let others = (among != Among::Eligible).then(|| balancer.views_among(picker, among, tried));
            let picker = &mut balancer.pickers[picker as usize];
            let mut context = PickContext {
                backends: others.as_deref().unwrap_or(&picker.views),
                version: version_among(among, picker.version),
                stream: &mut balancer.stream,
                request,
                now,
            };
            let picked = picker.strategy.pick(&mut context);
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
        self.note_chosen(ix, backend, call);
        if self.lately.station == Some(station) {
            self.keep_choice(ix, backend, try_no);
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
        match balancer.config.layer {
            Layer::Requests { .. } | Layer::Callers(_) => {
                let picker = &mut balancer.pickers[via as usize];
                let view = &mut picker.views[backend as usize];
                view.outstanding -= 1;
                smooth(&mut view.response_time, took.as_secs_f64());
                view.error_rate += NEWEST * (failed - view.error_rate);
                if let Some(load) = load {
                    smooth(&mut view.utilization, f64::from(load) / f64::from(u8::MAX));
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
            }
            // Nobody tells it.
            Layer::Names(_) => {}
        }
    }
}

/// Version of the list for a choice among some: a table of all is not the table of those believed well.
pub(in crate::model::system) const fn version_among(among: Among, version: u64) -> u64 {
    match among {
        Among::Untried | Among::Eligible => version,
        Among::All => version | 1 << 63,
    }
}

/// Time until a moment.
fn until(now: SimTime, then: SimTime) -> SimDuration {
    if then > now { then.since(now) } else { SimDuration::ZERO }
}
