//! Passive checks: what answers say of the backends, judged by outlier detection.

use super::super::System;
use super::super::balancer::state::{Balancer, Memory, Picker};
use super::super::log::LogTone;
use crate::engine::time::SimTime;
use crate::model::outlier::{self, Detector};
use crate::model::rotation::OutOfRotation;
use crate::model::system::timer::{BalancerTurn, Timer};

/// Why a backend gets nothing, since when, with the numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct OutNote {
    pub why: OutOfRotation,
    /// Unknown for what the drawing says.
    pub since: Option<SimTime>,
    pub words: String,
}

/// Whose detector spoke: the balancer's own, or that of a caller.
type Watcher = Option<u32>;

impl Balancer {
    /// Begins or ends to watch the backends, or goes by other settings.
    pub(super) fn watch_outliers(&mut self, now: SimTime) {
        let callers = matches!(self.memory, Memory::Callers(_));
        let settings = self.config.outliers;
        let slow = self.config.slow_start;
        for picker in &mut self.pickers {
            picker.detector = match (picker.detector.take(), settings.filter(|_| callers)) {
                (Some(mut detector), Some(settings)) => {
                    detector.set_settings(settings);
                    Some(detector)
                }
                (None, Some(settings)) => {
                    let mut detector = Box::new(Detector::new(settings, now));
                    for (at, known) in picker.known.iter().enumerate() {
                        detector.set_present(at as u32, known.mine);
                    }
                    Some(detector)
                }
                (_, None) => None,
            };
            for at in 0..picker.views.len() {
                picker.settle(at, slow, now);
            }
        }
        match (&mut self.detector, settings.filter(|_| !callers)) {
            (Some(detector), Some(settings)) => detector.set_settings(settings),
            (detector, settings) => *detector = settings.map(|settings| Box::new(Detector::new(settings, now))),
        }
        for at in 0..self.backends.len() {
            if self.detector.is_none() {
                self.backends[at].ejected = false;
            }
            self.refresh(at, now);
        }
    }

    /// All detectors count their intervals from now.
    pub(in crate::model::system) fn rephase_outliers(&mut self, now: SimTime) {
        let own = self.detector.iter_mut();
        for detector in own.chain(self.pickers.iter_mut().filter_map(|picker| picker.detector.as_mut())) {
            detector.rephase(now);
        }
    }

    fn detector(&mut self, watcher: Watcher) -> Option<&mut Detector> {
        match watcher {
            None => self.detector.as_deref_mut(),
            Some(caller) => self.pickers.get_mut(caller as usize)?.detector.as_deref_mut(),
        }
    }

    /// Why a backend gets nothing.
    pub fn out_note(&self, at: usize) -> Option<OutNote> {
        let backend = &self.backends[at];
        let why = backend.out_of_rotation()?;
        let (since, words) = match why {
            OutOfRotation::Removed => (None, "it was removed".to_owned()),
            OutOfRotation::NoWeight => (None, "its weight is 0".to_owned()),
            OutOfRotation::Draining => (Some(backend.drained_at), "draining: it finishes what it has".to_owned()),
            OutOfRotation::FailedChecks => {
                let words = self.config.checks.map_or_else(
                    || "believed down".to_owned(),
                    |checks| {
                        format!(
                            "believed down: {} health checks failed in a row; back after {} good ones, {} so far",
                            checks.fall, checks.rise, backend.good_run
                        )
                    },
                );
                (Some(backend.since), words)
            }
            OutOfRotation::Ejected => return ejected_note(self.detector.as_deref()?, at),
        };
        Some(OutNote { why, since, words })
    }

    /// Why a caller that balances for itself gives a backend nothing, where that is its own finding.
    pub fn caller_note(&self, picker: u32, at: usize) -> Option<OutNote> {
        ejected_note(self.pickers[picker as usize].detector.as_deref()?, at)
    }

    /// What outlier detection says of a backend that the table keeps in rotation; nothing if it has nothing to say.
    pub fn outlier_note(&self, at: usize) -> Option<String> {
        let host = at as u32;
        if let Some(detector) = self.detector.as_deref() {
            let (_, rule) = detector.spared(host)?;
            return Some(format!("would be ejected after {rule}, but {}", cap_words(detector)));
        }
        let watching = self.pickers.iter().filter_map(|picker: &Picker| picker.detector.as_deref());
        let (mut callers, mut ejected, mut spared) = (0, 0, None);
        for detector in watching {
            callers += 1;
            ejected += u32::from(detector.ejection(host).is_some());
            spared = spared.or_else(|| detector.spared(host).map(|(_, rule)| (rule, cap_words(detector))));
        }
        if ejected > 0 {
            return Some(format!("ejected by {ejected} of {callers} callers"));
        }
        spared.map(|(rule, cap)| format!("a caller would eject it after {rule}, but {cap}"))
    }
}

/// An ejection in force, in words.
fn ejected_note(detector: &Detector, at: usize) -> Option<OutNote> {
    let ejection = detector.ejection(at as u32)?;
    let (back, lasts) = (detector.returns_at(at as u32)?, ejection.lasts.as_secs_f64());
    let words = format!("ejected for {lasts} s after {}; back at {back}, at the next sweep", ejection.rule);
    Some(OutNote { why: OutOfRotation::Ejected, since: Some(ejection.since), words })
}

/// How many may be out at a time, and why no more.
fn cap_words(detector: &Detector) -> String {
    let (all, _) = detector.counts();
    let share = detector.settings().max_ejected_share * 100.0;
    let backends = if all == 1 { "1 backend".to_owned() } else { format!("{all} backends") };
    match detector.ejectable() {
        0 => format!("the maximum ejected share of {share} % of {backends} ejects none"),
        1 => format!("the maximum ejected share of {share} % of {backends} lets 1 be out at a time"),
        more => format!("the maximum ejected share of {share} % of {backends} lets {more} be out at a time"),
    }
}

impl System {
    /// Outlier detection hears of an answer, or of giving up on one.
    pub(super) fn watch_answer(&mut self, station: u32, watcher: Watcher, backend: u32, good: bool) {
        let now = self.now;
        let Some(balancer) = self.balancer_mut(station) else { return };
        let Some(detector) = balancer.detector(watcher) else { return };
        if let Some(event) = detector.answered(backend, good, now) {
            self.outlier_event(station, watcher, event);
        }
    }

    /// Outlier detection hears that a backend that is believed well answered a health check well.
    pub(super) fn watch_check(&mut self, station: u32, backend: u32) {
        let detector = self.balancer_mut(station).and_then(|balancer| balancer.detector.as_deref_mut());
        if let Some(event) = detector.and_then(|detector| detector.good_check(backend)) {
            self.outlier_event(station, None, event);
        }
    }

    /// The end of an interval of outlier detection, and the beginning of the next.
    pub(in crate::model::system) fn sweep_outliers(&mut self, station: u32, generation: u32) {
        self.quiet = true;
        let now = self.now;
        let Some(balancer) = self.balancer_mut(station).filter(|balancer| balancer.generation == generation) else {
            return;
        };
        let Some(settings) = balancer.config.outliers else { return };
        let watchers = std::iter::once(None).chain((0..balancer.pickers.len() as u32).map(Some));
        for watcher in watchers.collect::<Vec<Watcher>>() {
            let Some(detector) = self.balancer_mut(station).and_then(|balancer| balancer.detector(watcher)) else {
                continue;
            };
            for event in detector.sweep(now) {
                self.outlier_event(station, watcher, event);
                self.quiet = false;
            }
        }
        self.schedule(now + settings.interval, Timer::Balancer { station, turn: BalancerTurn::Sweep { generation } });
    }

    /// Acts on what a detector found, and tells.
    fn outlier_event(&mut self, station: u32, watcher: Watcher, event: outlier::Event) {
        let now = self.now;
        let Some(balancer) = self.balancer_mut(station) else { return };
        let (outlier::Event::Ejected { host, .. }
        | outlier::Event::Spared { host, .. }
        | outlier::Event::Returned { host }) = event;
        let cap = balancer.detector(watcher).map(|detector| cap_words(detector)).unwrap_or_default();
        let slow = balancer.config.slow_start;
        match (watcher, event) {
            (_, outlier::Event::Spared { .. }) => {}
            (None, _) => {
                balancer.backends[host as usize].ejected = matches!(event, outlier::Event::Ejected { .. });
                balancer.refresh(host as usize, now);
            }
            (Some(caller), _) => {
                let picker = &mut balancer.pickers[caller as usize];
                if matches!(event, outlier::Event::Returned { .. }) {
                    picker.known[host as usize].rising = now;
                }
                picker.settle(host as usize, slow, now);
            }
        }
        let name = self.backend_label(self.balancer(station), host);
        let label = self.stations[station as usize].label.as_str();
        let who = watcher.map_or_else(|| label.to_owned(), |caller| format!("{label} (caller {})", caller + 1));
        let (tone, text) = match event {
            outlier::Event::Ejected { rule, lasts, .. } => {
                (LogTone::Bad, format!("{who} ejected {name} for {} s after {rule}", lasts.as_secs_f64()))
            }
            outlier::Event::Spared { first: false, .. } => return,
            outlier::Event::Spared { rule, .. } => {
                (LogTone::Info, format!("{who} would eject {name} after {rule}, but {cap}"))
            }
            outlier::Event::Returned { .. } => {
                (LogTone::Good, format!("{who} sends to {name} again: its ejection is over"))
            }
        };
        let node = self.backend_node(station, host);
        self.log(tone, node, text);
        self.note_panic(station);
    }

    /// Tells when a balancer begins or ends to use all backends because too few are believed healthy.
    pub(super) fn note_panic(&mut self, station: u32) {
        let Some(balancer) = self.balancer_mut(station) else { return };
        let panics = balancer.panics();
        let threshold = balancer.config.panic_threshold * 100.0;
        if std::mem::replace(&mut balancer.panicking, panics) == panics {
            return;
        }
        let (id, label) = (self.stations[station as usize].id, self.stations[station as usize].label.clone());
        let (tone, text) = if panics {
            (
                LogTone::Bad,
                format!("{label}: fewer than {threshold} % of its backends are believed healthy, so it uses all"),
            )
        } else {
            (
                LogTone::Good,
                format!("{label}: {threshold} % of its backends are believed healthy again, so it uses only those"),
            )
        };
        self.log(tone, Some(id), text);
    }
}
