//! Who is in rotation: what the table says of each backend, and what each picker makes of it.
//!
//! A balancer never sees the truth. It sees `BackendView`: believed healthy, its own count of outstanding requests, smoothed
//! response time and error share of what came back to it. Health is a filter in front of every strategy: the balancer marks
//! which backends are listed and, of those, which are eligible for the request at hand. A strategy chooses among the eligible
//! and keeps its tables (rings, Maglev's table, schedules) for the listed, so that passing one over for a single request moves
//! nothing else. `PickContext::version` changes whenever that set or its weights do; strategies make their tables anew then,
//! not for each request. The inspector shows belief beside truth, and only the inspector knows both.

use super::{Terms, strategy_of};
use crate::engine::rng::Stream;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::{self, BackendView};
use crate::model::outlier::Detector;
use crate::model::rotation::OutOfRotation;
use crate::model::slow_start::SlowStart;
use crate::model::system::balancer::state::{Backend, Balancer, Known, Memory, Picker};
use crate::model::system::plan::{BalancerConfig, Layer};

/// Weights in slow start are whole: this many stand for a weight of 1 with its full share.
const LEVELS: u32 = 100;

/// The strategy that serves a weight of a hundred by a hundred picks in a row: finer weights would ruin it.
const BURSTS: &str = "weighted-round-robin";

impl Backend {
    /// Whether it would be chosen, as far as the table knows.
    pub const fn usable(&self) -> bool {
        self.out_of_rotation().is_none()
    }

    /// What keeps it from being chosen: what somebody decided before what is suspected.
    pub const fn out_of_rotation(&self) -> Option<OutOfRotation> {
        if self.removed {
            Some(OutOfRotation::Removed)
        } else if self.weight == 0 {
            Some(OutOfRotation::NoWeight)
        } else if self.draining {
            Some(OutOfRotation::Draining)
        } else if !self.healthy {
            Some(OutOfRotation::FailedChecks)
        } else if self.ejected {
            Some(OutOfRotation::Ejected)
        } else {
            None
        }
    }

    /// Whether it belongs to those among whom the healthy are counted.
    fn counts(&self) -> bool {
        self.out_of_rotation().is_none_or(OutOfRotation::is_suspicion)
    }
}

impl Picker {
    /// A picker that has heard of all `backends` and believes in none yet.
    pub(super) fn new(config: &BalancerConfig, backends: &[Backend], edges: Option<Vec<u32>>, now: SimTime) -> Self {
        let mut picker = Self {
            strategy: strategy_of(config),
            views: Vec::new(),
            version: 0,
            edges,
            known: Vec::new(),
            detector: None,
            by_weight: by_weight(config),
            weights_due: SimTime::NEVER,
            mine: 0,
            well: 0,
        };
        if matches!(config.layer, Layer::Callers(_)) {
            picker.detector = config.outliers.map(|settings| Box::new(Detector::new(settings, now)));
        }
        for backend in backends {
            picker.push(backend);
        }
        picker
    }

    pub(super) fn push(&mut self, backend: &Backend) {
        self.views.push(BackendView {
            listed: false,
            eligible: false,
            weight: 0,
            host: backend.host,
            region: backend.region,
            ..BackendView::default()
        });
        self.known.push(Known::default());
    }

    /// Goes by another strategy from now on.
    pub(super) fn adopt(&mut self, config: &BalancerConfig) {
        self.strategy = strategy_of(config);
        self.by_weight = by_weight(config);
    }

    /// Takes over what the table says of a backend.
    pub(super) fn learn(&mut self, at: usize, backend: &Backend, allowed: bool, slow: Option<SlowStart>, now: SimTime) {
        let allowed = allowed && self.edges.as_ref().is_none_or(|edges| edges.contains(&backend.edge));
        let known = &mut self.known[at];
        let before = known.mine && known.well;
        let after = allowed && backend.usable();
        if after && !before {
            // Whom it hears of for the first time may have been there for long.
            known.rising = if known.heard { now } else { backend.rotated_in };
        }
        let mine = allowed && backend.counts();
        self.mine = self.mine + usize::from(mine) - usize::from(known.mine);
        *known = Known {
            heard: true,
            mine,
            well: after,
            // Who is not on the list has no share of it, or a hash modulo all weights would still count it. Draining takes
            // it off, as deregistration does; a failed check does not.
            weight: if allowed && !backend.removed && !backend.draining { backend.weight } else { 0 },
            rising: known.rising,
        };
        if let Some(detector) = &mut self.detector {
            detector.set_present(at as u32, allowed && !backend.removed);
        }
        if self.views[at].region != backend.region {
            self.views[at].region = backend.region;
            self.version += 1;
        }
        self.settle(at, slow, now);
    }

    /// Makes the views follow from what is known, after something about backend `at` has changed.
    pub(super) fn settle(&mut self, at: usize, slow: Option<SlowStart>, now: SimTime) {
        match slow {
            Some(slow) => self.settle_all(slow, now),
            None => self.see(at, self.known[at].weight),
        }
    }

    /// Makes the strategy see a backend as it is known, with this weight.
    fn see(&mut self, at: usize, weight: u32) {
        let known = &self.known[at];
        let ejected = self.detector.as_ref().is_some_and(|detector| detector.ejection(at as u32).is_some());
        let eligible = known.mine && known.well && !ejected;
        let view = &mut self.views[at];
        if (view.listed, view.weight) != (eligible, weight) {
            self.well = self.well + usize::from(eligible) - usize::from(view.eligible);
            (view.listed, view.eligible, view.weight) = (eligible, eligible, weight);
            self.version += 1;
        }
    }

    /// The same for all, with the weights that slow start gives them by now. Once it is on, weights are counted in
    /// hundredths also while nobody rises: strategies that remember who is ahead would else misjudge it by a hundred.
    pub(super) fn settle_all(&mut self, slow: SlowStart, now: SimTime) {
        let rising = self.known.iter().any(|known| known.rises(slow, now));
        self.weights_due = if rising {
            // Finer steps than those of the weights would change nothing.
            now + SimDuration((slow.window.0 / u64::from(LEVELS)).max(1))
        } else {
            SimTime::NEVER
        };
        for at in 0..self.views.len() {
            let known = &self.known[at];
            let weight = if self.by_weight {
                let level = (known.factor(slow, now) * f64::from(LEVELS)).max(1.0) as u32;
                known.weight.saturating_mul(level)
            } else {
                known.weight
            };
            self.see(at, weight);
        }
    }

    /// Whether somebody's share is still growing.
    pub(super) fn is_rising(&self) -> bool {
        self.weights_due != SimTime::NEVER
    }

    /// Share of its weight that slow start gives a backend, 1 where there is none.
    pub fn share_of(&self, at: usize, slow: Option<SlowStart>, now: SimTime) -> f64 {
        slow.map_or(1.0, |slow| self.known[at].factor(slow, now))
    }

    /// Those believed well, without those in slow start whose turn it is not: each takes part in the share of picks that
    /// it has by now.
    pub(super) fn in_turn(&self, slow: SlowStart, stream: &mut Stream, now: SimTime) -> Vec<BackendView> {
        let seen = self.views.iter().zip(&self.known);
        seen.map(|(view, known)| {
            let sits_out = view.eligible && known.rises(slow, now) && stream.unit() >= known.factor(slow, now);
            BackendView { eligible: view.eligible && !sits_out, ..*view }
        })
        .collect()
    }

    /// Those, or in panic all, that a request was not sent to before; `tried`: one bit each for the first 64.
    pub(super) fn untried(&self, tried: u64, panic: bool) -> Vec<BackendView> {
        let mut views = if panic { self.all() } else { self.views.clone() };
        for (at, view) in views.iter_mut().enumerate().take(64) {
            view.eligible &= tried >> at & 1 == 0;
        }
        views
    }

    /// Whether so few are believed well that all are to be used.
    pub(super) fn in_panic(&self, threshold: f64) -> bool {
        threshold > 0.0 && self.mine > 0 && (self.well as f64) < threshold * self.mine as f64
    }

    /// All backends, as panic sees them: eligible but for those that somebody took out.
    pub(super) fn all(&self) -> Vec<BackendView> {
        let seen = self.views.iter().zip(&self.known);
        seen.map(|(view, known)| BackendView { listed: known.mine, eligible: known.mine, ..*view }).collect()
    }
}

impl Known {
    /// Whether it is in slow start.
    fn rises(&self, slow: SlowStart, now: SimTime) -> bool {
        self.mine && self.well && self.rising > SimTime::ZERO && now.since(self.rising) < slow.window
    }

    fn factor(&self, slow: SlowStart, now: SimTime) -> f64 {
        if self.rises(slow, now) { slow.factor(now.since(self.rising)) } else { 1.0 }
    }
}

/// Whether slow start lowers weights under the configuration's strategy, or else its share of picks.
fn by_weight(config: &BalancerConfig) -> bool {
    let strategy = balancer::find(&config.strategy.id);
    strategy.is_some_and(|strategy| strategy.needs.weights() && strategy.entry.id != BURSTS)
}

impl Balancer {
    /// Takes new parameters; tells whether periodic work must start anew.
    pub(in crate::model::system) fn reconfigure(&mut self, config: &BalancerConfig, now: SimTime) -> bool {
        let sweeps = |config: &BalancerConfig| config.outliers.map(|settings| settings.interval);
        let strategy_changed = self.config.strategy != config.strategy;
        let periods_changed = self.config.checks != config.checks
            || self.config.layer != config.layer
            || sweeps(&self.config) != sweeps(config);
        let outliers_changed = self.config.outliers != config.outliers;
        let shares_changed = strategy_changed || self.config.slow_start != config.slow_start;
        self.config = config.clone();
        if strategy_changed {
            for picker in &mut self.pickers {
                picker.adopt(config);
            }
        }
        if outliers_changed {
            self.watch_outliers(now);
        }
        if shares_changed {
            for picker in &mut self.pickers {
                picker.weights_due = SimTime::NEVER;
                for at in 0..picker.views.len() {
                    picker.settle(at, config.slow_start, now);
                }
            }
        }
        periods_changed
    }

    /// Tells the pickers what the table now says of a backend; callers will ask for themselves.
    pub(super) fn refresh(&mut self, at: usize, now: SimTime) {
        let backend = &mut self.backends[at];
        let usable = backend.usable();
        if usable && !backend.in_rotation {
            backend.rotated_in = now;
        }
        backend.in_rotation = usable;
        if let Some(detector) = &mut self.detector {
            detector.set_present(at as u32, !backend.removed);
        }
        if matches!(self.memory, Memory::Callers(_)) {
            return;
        }
        for picker in &mut self.pickers {
            picker.learn(at, &self.backends[at], true, self.config.slow_start, now);
        }
    }

    /// A backend that was not there before; believed well until it is found not to be.
    pub(in crate::model::system) fn add_backend(&mut self, edge: u32, replica: u32, terms: Terms, now: SimTime) {
        let Terms { weight, host, region } = terms;
        let backend = Backend {
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
            draining: false,
            drained_at: now,
            ejected: false,
            in_rotation: false,
            rotated_in: now,
            selections: 0,
            in_flight: 0,
            response_time: f64::NAN,
            error_rate: 0.0,
        };
        for picker in &mut self.pickers {
            picker.push(&backend);
        }
        self.backends.push(backend);
        self.refresh(self.backends.len() - 1, now);
    }

    /// What the drawing says of a backend; `None`: it is gone.
    pub(in crate::model::system) fn update_backend(&mut self, at: usize, terms: Option<Terms>, now: SimTime) {
        let known = &mut self.backends[at];
        known.removed = terms.is_none();
        if known.removed {
            known.ejected = false;
        }
        if let Some(terms) = terms {
            (known.weight, known.region) = (terms.weight, terms.region);
        }
        self.refresh(at, now);
    }

    /// An operator takes a backend out of rotation, or puts it back: balancers are told.
    pub(in crate::model::system) fn set_draining(&mut self, at: usize, draining: bool, now: SimTime) {
        let backend = &mut self.backends[at];
        if backend.draining != draining {
            (backend.draining, backend.drained_at) = (draining, now);
            self.refresh(at, now);
        }
    }

    /// The view that stands for all where one is shown.
    pub fn shown_picker(&self, backend: usize) -> Option<&Picker> {
        self.pickers.iter().rev().find(|picker| picker.views[backend].eligible).or_else(|| self.pickers.first())
    }

    /// Whether the table says that so few are healthy that all are used.
    pub fn panics(&self) -> bool {
        let counted = self.backends.iter().filter(|backend| backend.counts()).count();
        let well = self.backends.iter().filter(|backend| backend.usable()).count();
        counted > 0 && (well as f64) < self.config.panic_threshold * counted as f64
    }
}
