//! Outlier detection: takes backends out of rotation by what their answers show, after Envoy's
//! `source/common/upstream/outlier_detection_impl.cc`.
//!
//! Pure, without a clock or a queue of its own: the balancer reports every answer and calls [`Detector::sweep`]
//! once per interval. Backends go by their index in the balancer's table.

mod choice;

use std::fmt;

pub use choice::{entries, failure_entries, rate_entries, read};

use crate::engine::time::{SimDuration, SimTime};

/// What decides; the defaults are Envoy's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Errors in a row that eject; 0: none do.
    pub consecutive_errors: u32,
    /// Time between two sweeps.
    pub interval: SimDuration,
    /// The first ejection lasts this long, the next one twice as long, and so on.
    pub base_ejection: SimDuration,
    /// No ejection lasts longer (nor is one shorter than `base_ejection`).
    pub max_ejection: SimDuration,
    /// At most this share of all backends is out at a time, 0..1.
    pub max_ejected_share: f64,
    /// One backend may be ejected however small the share is.
    pub always_eject_one: bool,
    /// A good health check of a backend that is believed well ends its ejection.
    pub good_check_returns: bool,
    pub success_rate: Option<SuccessRate>,
    pub failure_percentage: Option<FailurePercentage>,
}

/// Ejects who succeeds clearly less often than the others do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRate {
    /// Fewer backends with enough requests are not compared.
    pub minimum_hosts: u32,
    /// Requests in one interval that make a backend's rate count.
    pub request_volume: u64,
    /// Ejected is who lies this many standard deviations below the mean.
    pub stdev_factor: f64,
}

/// Ejects who fails more often than a fixed share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailurePercentage {
    /// Share of failures that ejects, 0..1.
    pub threshold: f64,
    pub minimum_hosts: u32,
    pub request_volume: u64,
}

impl Settings {
    /// Of so many backends, how many may be out at a time.
    #[must_use]
    pub fn ejectable_of(&self, all: u32) -> u32 {
        let cap = (1..=all).take_while(|out| self.fits(*out, all)).count() as u32;
        cap.max(u32::from(self.always_eject_one)).min(all)
    }

    /// Whether `out` of `all` stay within the largest share.
    fn fits(&self, out: u32, all: u32) -> bool {
        // The slack takes what a share in binary loses: 29 of 100 are 29 %.
        100.0 * f64::from(out) / f64::from(all) <= self.max_ejected_share * 100.0 + 1e-9
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consecutive_errors: 5,
            interval: SimDuration::from_secs(10),
            base_ejection: SimDuration::from_secs(30),
            max_ejection: SimDuration::from_secs(300),
            max_ejected_share: 0.1,
            always_eject_one: false,
            good_check_returns: false,
            success_rate: Some(SuccessRate::default()),
            failure_percentage: None,
        }
    }
}

impl Default for SuccessRate {
    fn default() -> Self {
        Self { minimum_hosts: 5, request_volume: 100, stdev_factor: 1.9 }
    }
}

impl Default for FailurePercentage {
    fn default() -> Self {
        Self { threshold: 0.85, minimum_hosts: 5, request_volume: 50 }
    }
}

/// Which rule spoke, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    ConsecutiveErrors {
        count: u32,
    },
    /// Both 0..1.
    SuccessRate {
        rate: f64,
        threshold: f64,
    },
    /// Both 0..1.
    FailurePercentage {
        share: f64,
        threshold: f64,
    },
}

impl fmt::Display for Rule {
    /// What came before the ejection: "5 errors in a row".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveErrors { count: 1 } => write!(f, "1 error"),
            Self::ConsecutiveErrors { count } => write!(f, "{count} errors in a row"),
            Self::SuccessRate { rate, threshold } => write!(
                f,
                "a success rate of {:.1} % where the others put the limit at {:.1} %",
                rate * 100.0,
                threshold * 100.0
            ),
            Self::FailurePercentage { share, threshold } => {
                write!(f, "{:.1} % failures where {:.1} % is the limit", share * 100.0, threshold * 100.0)
            }
        }
    }
}

/// What became of a backend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    Ejected {
        host: u32,
        rule: Rule,
        lasts: SimDuration,
    },
    /// A rule spoke, but the share of ejected backends would have become too large.
    Spared {
        host: u32,
        rule: Rule,
        /// Not told before, or long ago.
        first: bool,
    },
    /// Its time is over.
    Returned {
        host: u32,
    },
}

/// An ejection in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ejection {
    pub since: SimTime,
    pub lasts: SimDuration,
    pub rule: Rule,
}

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    present: bool,
    ejection: Option<Ejection>,
    /// The rule that would have ejected it since the last sweep, had the cap allowed it.
    spared: Option<(SimTime, Rule)>,
    /// Ejections counted against healthy intervals: how many times the base the next one lasts, less one.
    multiplier: u32,
    errors_in_a_row: u32,
    /// Of the current interval.
    requests: u64,
    successes: u64,
}

/// Watches the backends of one balancer.
#[derive(Clone, Debug)]
pub struct Detector {
    settings: Settings,
    hosts: Vec<Host>,
    /// When the last sweep was, or the watching began.
    last_sweep: SimTime,
}

impl Detector {
    /// Begins to watch at `now`; the first sweep is due one interval later.
    #[must_use]
    pub const fn new(settings: Settings, now: SimTime) -> Self {
        Self { settings, hosts: Vec::new(), last_sweep: now }
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes by other settings from now on; what it knows stays.
    pub const fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Intervals are counted from now.
    pub const fn rephase(&mut self, now: SimTime) {
        self.last_sweep = now;
    }

    /// A backend comes (as a stranger) or goes.
    pub fn set_present(&mut self, host: u32, present: bool) {
        let at = host as usize;
        if at >= self.hosts.len() {
            self.hosts.resize(at + 1, Host::default());
        }
        if self.hosts[at].present != present {
            self.hosts[at] = Host { present, ..Host::default() };
        }
    }

    /// The ejection in force on a backend.
    #[must_use]
    pub fn ejection(&self, host: u32) -> Option<Ejection> {
        self.hosts.get(host as usize)?.ejection
    }

    /// The rule that spoke against a backend, and when, where only the largest share kept it in; forgotten at the end of
    /// the interval after.
    #[must_use]
    pub fn spared(&self, host: u32) -> Option<(SimTime, Rule)> {
        self.hosts.get(host as usize)?.spared
    }

    /// When an ejected backend returns: at the first sweep at which its time is over.
    #[must_use]
    pub fn returns_at(&self, host: u32) -> Option<SimTime> {
        let ejection = self.ejection(host)?;
        let over = ejection.since + ejection.lasts;
        let interval = self.settings.interval.0.max(1);
        let sweeps = over.since(self.last_sweep).0.div_ceil(interval).max(1);
        Some(self.last_sweep + SimDuration(sweeps.saturating_mul(interval)))
    }

    /// Backends watched, and how many of them are ejected.
    #[must_use]
    pub fn counts(&self) -> (u32, u32) {
        let present = self.hosts.iter().filter(|host| host.present);
        present.fold((0, 0), |(all, out), host| (all + 1, out + u32::from(host.ejection.is_some())))
    }

    /// Backends that may be out at a time, as things are.
    #[must_use]
    pub fn ejectable(&self) -> u32 {
        self.settings.ejectable_of(self.counts().0)
    }

    /// An answer of a backend, or giving up on one.
    pub fn answered(&mut self, host: u32, good: bool, now: SimTime) -> Option<Event> {
        let known = self.hosts.get_mut(host as usize).filter(|known| known.present)?;
        known.requests += 1;
        if good {
            known.successes += 1;
            known.errors_in_a_row = 0;
            return None;
        }
        known.errors_in_a_row += 1;
        let count = known.errors_in_a_row;
        // An ejected backend counts on until it returns: the answers still under way do not eject it twice.
        if self.settings.consecutive_errors == 0 || count < self.settings.consecutive_errors || known.ejection.is_some()
        {
            return None;
        }
        known.errors_in_a_row = 0;
        Some(self.eject(host, Rule::ConsecutiveErrors { count }, now))
    }

    /// A backend that is believed well answered a health check well.
    pub fn good_check(&mut self, host: u32) -> Option<Event> {
        let known = self.hosts.get_mut(host as usize)?;
        if !self.settings.good_check_returns || known.ejection.take().is_none() {
            return None;
        }
        (known.errors_in_a_row, known.requests, known.successes) = (0, 0, 0);
        Some(Event::Returned { host })
    }

    /// Ejects, unless the largest share says no.
    fn eject(&mut self, host: u32, rule: Rule, now: SimTime) -> Event {
        let (all, out) = self.counts();
        let allowed = self.settings.fits(out + 1, all) || (self.settings.always_eject_one && out == 0);
        let Settings { base_ejection: base, max_ejection, .. } = self.settings;
        let max = max_ejection.max(base);
        let known = &mut self.hosts[host as usize];
        if !allowed {
            let first = known.spared.replace((now, rule)).is_none();
            return Event::Spared { host, rule, first };
        }
        if u64::from(known.multiplier).saturating_mul(base.0) < max.0.saturating_add(base.0) {
            known.multiplier += 1;
        }
        let lasts = SimDuration(base.0.saturating_mul(u64::from(known.multiplier)).min(max.0));
        known.ejection = Some(Ejection { since: now, lasts, rule });
        known.spared = None;
        Event::Ejected { host, rule, lasts }
    }

    /// The end of an interval: returns whose time is over, forgives who was healthy, compares success rates.
    pub fn sweep(&mut self, now: SimTime) -> Vec<Event> {
        let mut events = Vec::new();
        for (host, known) in (0..).zip(&mut self.hosts).filter(|(_, known)| known.present) {
            match known.ejection {
                None => known.multiplier = known.multiplier.saturating_sub(1),
                Some(ejection) if now.since(ejection.since) >= ejection.lasts => {
                    known.ejection = None;
                    known.errors_in_a_row = 0;
                    events.push(Event::Returned { host });
                }
                Some(_) => {}
            }
            known.spared = known.spared.filter(|(since, _)| *since >= self.last_sweep);
        }
        if let Some(rule) = self.settings.success_rate {
            self.compare_rates(rule, now, &mut events);
        }
        if let Some(rule) = self.settings.failure_percentage {
            self.compare_failures(rule, now, &mut events);
        }
        for known in &mut self.hosts {
            (known.requests, known.successes) = (0, 0);
        }
        self.last_sweep = now;
        events
    }

    /// Backends that are not ejected and had at least `volume` requests, with their success rates.
    fn rates(&self, volume: u64) -> Vec<(u32, f64)> {
        (0..)
            .zip(&self.hosts)
            .filter(|(_, host)| host.present && host.ejection.is_none() && host.requests >= volume.max(1))
            .map(|(ix, host)| (ix, host.successes as f64 / host.requests as f64))
            .collect()
    }

    fn compare_rates(&mut self, rule: SuccessRate, now: SimTime, events: &mut Vec<Event>) {
        let rates = self.rates(rule.request_volume);
        if rates.is_empty() || (rates.len() as u64) < u64::from(rule.minimum_hosts) {
            return;
        }
        let n = rates.len() as f64;
        let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / n;
        // Of the whole population: divided by n, not by n - 1.
        let variance = rates.iter().map(|(_, rate)| (rate - mean) * (rate - mean)).sum::<f64>() / n;
        let threshold = mean - rule.stdev_factor * variance.sqrt();
        for (host, rate) in rates {
            // The slack takes rounding: equal rates do not lie below their mean.
            if rate < threshold - 1e-12 {
                events.push(self.eject(host, Rule::SuccessRate { rate, threshold }, now));
            }
        }
    }

    fn compare_failures(&mut self, rule: FailurePercentage, now: SimTime, events: &mut Vec<Event>) {
        let rates = self.rates(rule.request_volume);
        if rates.is_empty() || (rates.len() as u64) < u64::from(rule.minimum_hosts) {
            return;
        }
        for (host, rate) in rates {
            let share = 1.0 - rate;
            // The slack takes what a share in binary loses: 85 failures of 100 are 85 %.
            if share >= rule.threshold - 1e-9 {
                events.push(self.eject(host, Rule::FailurePercentage { share, threshold: rule.threshold }, now));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(at: u64) -> SimTime {
        SimTime(at * 1_000_000_000)
    }

    fn detector(settings: Settings, hosts: u32) -> Detector {
        let mut detector = Detector::new(settings, SimTime::ZERO);
        for host in 0..hosts {
            detector.set_present(host, true);
        }
        detector
    }

    /// Errors of one backend at one moment; the events that they cause.
    fn fail(detector: &mut Detector, host: u32, times: u32, now: SimTime) -> Vec<Event> {
        (0..times).filter_map(|_| detector.answered(host, false, now)).collect()
    }

    const FIVE: Rule = Rule::ConsecutiveErrors { count: 5 };

    #[test]
    fn the_fifth_error_in_a_row_ejects_and_a_good_answer_begins_anew() {
        let mut detector = detector(Settings::default(), 10);
        assert_eq!(fail(&mut detector, 3, 4, secs(1)), []);
        assert_eq!(detector.answered(3, true, secs(2)), None);
        assert_eq!(fail(&mut detector, 3, 4, secs(2)), []);
        let lasts = SimDuration::from_secs(30);
        assert_eq!(detector.answered(3, false, secs(3)), Some(Event::Ejected { host: 3, rule: FIVE, lasts }));
        assert_eq!(fail(&mut detector, 3, 20, secs(4)), [], "it is out already");
        // Out at 3 s for 30 s: over at 33 s, but looked at only every 10 s.
        assert_eq!(detector.returns_at(3), Some(secs(40)));
        for at in [10, 20, 30] {
            assert_eq!(detector.sweep(secs(at)), []);
            assert_eq!(detector.returns_at(3), Some(secs(40)));
        }
        assert_eq!(detector.sweep(secs(40)), [Event::Returned { host: 3 }]);
        assert_eq!((detector.ejection(3), detector.returns_at(3)), (None, None));
        assert_eq!(fail(&mut detector, 3, 4, secs(41)), [], "counted from nothing");
        assert_eq!(fail(&mut detector, 3, 1, secs(41)).len(), 1);
    }

    #[test]
    fn a_small_group_is_spared_until_told_otherwise() {
        let mut small = detector(Settings::default(), 4);
        assert_eq!(fail(&mut small, 0, 5, secs(1)), [Event::Spared { host: 0, rule: FIVE, first: true }]);
        assert_eq!(small.spared(0), Some((secs(1), FIVE)));
        assert_eq!((small.ejectable(), small.counts()), (0, (4, 0)));
        // Spared, its count begins anew: the next bout is told again.
        assert_eq!(fail(&mut small, 0, 9, secs(2)).len(), 1);
        small.sweep(secs(10));
        assert_eq!(small.spared(0), Some((secs(2), FIVE)), "told until the end of the next interval");
        small.sweep(secs(20));
        assert_eq!(small.spared(0), None);
        let mut one = detector(Settings { always_eject_one: true, ..Settings::default() }, 4);
        assert!(matches!(fail(&mut one, 0, 5, secs(1))[..], [Event::Ejected { host: 0, .. }]));
        assert!(matches!(fail(&mut one, 1, 5, secs(1))[..], [Event::Spared { host: 1, .. }]));
        assert_eq!(one.ejectable(), 1);
    }

    #[test]
    fn zero_errors_in_a_row_means_never() {
        let settings = Settings { consecutive_errors: 0, max_ejected_share: 1.0, ..Settings::default() };
        assert_eq!(fail(&mut detector(settings, 3), 0, 100, secs(1)), []);
    }

    #[test]
    fn who_left_and_came_back_is_a_stranger() {
        let mut detector = detector(Settings { max_ejected_share: 0.5, ..Settings::default() }, 2);
        fail(&mut detector, 0, 5, secs(1));
        assert_eq!(detector.counts(), (2, 1));
        detector.set_present(0, false);
        assert_eq!(detector.counts(), (1, 0));
        assert_eq!(detector.answered(0, false, secs(2)), None, "an answer that was still under way");
        detector.set_present(0, true);
        assert_eq!((detector.counts(), detector.ejection(0)), ((2, 0), None));
    }

    #[test]
    fn a_backend_that_keeps_failing_stays_out_longer_up_to_the_limit() {
        let settings = Settings { max_ejected_share: 1.0, ..Settings::default() };
        let mut detector = detector(settings, 1);
        let mut now = 0;
        let mut lengths = Vec::new();
        for _ in 0..14 {
            let [Event::Ejected { lasts, .. }] = fail(&mut detector, 0, 5, secs(now))[..] else { panic!("ejected") };
            lengths.push(lasts.0 / 1_000_000_000);
            now += lengths.last().expect("one was just added");
            assert_eq!(detector.sweep(secs(now)), [Event::Returned { host: 0 }]);
        }
        assert_eq!(lengths, [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300, 300]);
        // Healthy intervals count down from 11: with ten of them, the next time is the second again.
        for _ in 0..10 {
            now += 10;
            detector.sweep(secs(now));
        }
        assert!(
            matches!(fail(&mut detector, 0, 5, secs(now))[..], [Event::Ejected { lasts, .. }] if lasts.0 == 60_000_000_000)
        );
    }

    #[test]
    fn success_rates_are_compared_per_interval() {
        let mut detector = detector(Settings { consecutive_errors: 0, ..Settings::default() }, 10);
        let interval = |detector: &mut Detector, good: u32| {
            for host in 0..10 {
                for request in 0..100 {
                    detector.answered(host, host != 7 || request < good, secs(1));
                }
            }
        };
        interval(&mut detector, 99);
        // Mean 99.9 %, standard deviation 0.3 %: below 99.33 % is out.
        let events = detector.sweep(secs(10));
        let [Event::Ejected { host: 7, rule: Rule::SuccessRate { rate, threshold }, .. }] = events[..] else {
            panic!("{events:?}")
        };
        assert!((rate - 0.99).abs() < 1e-12 && (threshold - 0.9933).abs() < 1e-12);
        // While it is out the others are compared among themselves, and all are alike.
        interval(&mut detector, 0);
        assert_eq!(detector.sweep(secs(20)), []);
        // Nothing is carried over: ten requests are too few.
        for host in 0..10 {
            for _ in 0..10 {
                detector.answered(host, host != 2, secs(21));
            }
        }
        assert_eq!(detector.sweep(secs(30)), []);
    }
}
