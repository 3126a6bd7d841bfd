//! What faults do to one replica at a moment, and when that changes: pure, in time since the fault's start.

use super::Effect;
use crate::engine::math;
use crate::engine::rng::DrawKey;
use crate::engine::time::SimDuration;

/// The state that faults put a replica into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Harm {
    pub down: bool,
    /// Down until a standby takes over: callers are told so.
    pub no_primary: bool,
    pub drained: bool,
    /// Nothing that it holds goes on.
    pub frozen: bool,
    /// Work takes this many times as long.
    pub slow: f64,
    /// Share of errors, 0..1.
    pub errors: f64,
    /// Share of errors of a new version, 0..1.
    pub bad_version: f64,
    /// It reaches no other of its station, but this share of the clients, 0..1.
    pub cut: Option<f64>,
}

impl Harm {
    /// None at all.
    pub const NONE: Self = Self {
        down: false,
        no_primary: false,
        drained: false,
        frozen: false,
        slow: 1.0,
        errors: 0.0,
        bad_version: 0.0,
        cut: None,
    };

    /// Adds what `effect` does to the replica at `place` of its station (0 first), `elapsed` after the fault's start;
    /// `level`: of a course with bursts, the share that the present one takes.
    pub fn add(&mut self, effect: Effect, elapsed: SimDuration, place: u32, level: f64) {
        let secs = SimDuration::from_secs_f64;
        match effect {
            Effect::Down => self.down = true,
            Effect::Hang => self.frozen = true,
            Effect::Drain => self.drained = true,
            Effect::Slow { factor } => self.slow *= factor,
            Effect::Errors { share } => self.errors = self.errors.max(share),
            Effect::Pause { every, lasts } => {
                self.frozen |= elapsed.0 % secs(every).0.max(1) < secs(lasts).0;
            }
            Effect::Steal { .. } => self.slow /= 1.0 - level,
            Effect::Spot { notice, replacement } => {
                // The keeper of the list takes it off with the warning, and lists the replacement once it is there.
                let (dies, back) = (secs(notice), secs(notice) + secs(replacement));
                self.drained |= elapsed < back;
                self.down |= elapsed >= dies && elapsed < back;
            }
            Effect::Rollout { drain, restart, soak, errors } => {
                let (drain, restart) = (secs(drain), secs(restart));
                let begins = (drain + restart + secs(soak)).0.saturating_mul(u64::from(place));
                let Some(passed) = elapsed.0.checked_sub(begins).map(SimDuration) else { return };
                // Off every list until it is back.
                self.drained |= passed < drain + restart;
                self.down |= passed >= drain && passed < drain + restart;
                if passed >= drain + restart {
                    self.bad_version = self.bad_version.max(errors);
                }
            }
            Effect::Failover { detection, promotion } => {
                let waits = elapsed < secs(detection) + secs(promotion);
                self.down |= waits;
                self.no_primary |= waits;
            }
            Effect::Isolate { clients } => self.cut = Some(self.cut.map_or(clients, |cut| cut.max(clients))),
            Effect::Latency { .. }
            | Effect::Loss { .. }
            | Effect::Bandwidth { .. }
            | Effect::Traffic { .. }
            | Effect::HotKey { .. }
            | Effect::Flush
            | Effect::Poison { .. }
            | Effect::NewVersion { .. }
            | Effect::Shortage { .. }
            | Effect::ClockJump { .. } => {}
        }
    }
}

impl Effect {
    /// How long after the start it changes next, strictly later than `elapsed`; `None`: never again. `places`: replicas
    /// that its station has. Bursts are drawn: see [`spell`].
    #[must_use]
    pub fn next_change(self, elapsed: SimDuration, places: u32) -> Option<SimDuration> {
        let secs = SimDuration::from_secs_f64;
        let first_after = |moments: &[SimDuration]| moments.iter().copied().filter(|at| *at > elapsed).min();
        match self {
            Self::Pause { every, lasts } => {
                let (every, lasts) = (secs(every).0.max(1), secs(lasts).0);
                if lasts == 0 || lasts >= every {
                    return None;
                }
                let base = elapsed.0 / every * every;
                first_after(&[SimDuration(base + lasts), SimDuration(base + every)])
            }
            Self::Spot { notice, replacement } => first_after(&[secs(notice), secs(notice) + secs(replacement)]),
            Self::Failover { detection, promotion } => first_after(&[secs(detection) + secs(promotion)]),
            Self::Rollout { drain, restart, soak, .. } => {
                let (drain, restart) = (secs(drain), secs(restart));
                let period = (drain + restart + secs(soak)).0;
                if period == 0 {
                    return None;
                }
                let place = elapsed.0 / period;
                if place >= u64::from(places) {
                    return None;
                }
                let base = SimDuration(place * period);
                first_after(&[base + drain, base + drain + restart, base + SimDuration(period)])
            }
            _ => None,
        }
    }
}

/// The `n`-th spell of a course with bursts: its level, and how long it lasts. Even ones are bursts, odd ones calm.
#[must_use]
pub fn spell(effect: Effect, draws: DrawKey, n: u32) -> Option<(f64, SimDuration)> {
    let Effect::Steal { share, burst, calm } = effect else { return None };
    let draws = draws.child(u64::from(n));
    let (mean, level) = if n.is_multiple_of(2) { (burst, share * (0.5 + 0.5 * draws.unit(1))) } else { (calm, 0.0) };
    let lasts = SimDuration::from_secs_f64(mean * math::standard_exponential(draws.unit(0)));
    // Two changes never share a moment: each is an event of its own.
    Some((level, lasts.max(SimDuration(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(effect: Effect, secs: f64, place: u32) -> Harm {
        let mut harm = Harm::NONE;
        harm.add(effect, SimDuration::from_secs_f64(secs), place, 0.0);
        harm
    }

    /// Every change of a course, from its start on.
    fn changes(effect: Effect, places: u32, at_most: usize) -> Vec<f64> {
        let mut elapsed = SimDuration::ZERO;
        let mut found = Vec::new();
        while let Some(next) = effect.next_change(elapsed, places) {
            assert!(next > elapsed, "time goes on");
            found.push(next.as_secs_f64());
            elapsed = next;
            if found.len() == at_most {
                break;
            }
        }
        found
    }

    #[test]
    fn a_pause_comes_at_every_multiple() {
        let pause = Effect::Pause { every: 10.0, lasts: 0.5 };
        assert_eq!(
            [0.0, 0.499, 0.5, 9.99, 10.0, 10.5].map(|secs| at(pause, secs, 0).frozen),
            [true, true, false, false, true, false]
        );
        assert_eq!(changes(pause, 1, 4), [0.5, 10.0, 10.5, 20.0]);
        assert_eq!(changes(Effect::Pause { every: 1.0, lasts: 1.0 }, 1, 4), Vec::<f64>::new());
    }

    #[test]
    fn a_rollout_takes_one_replica_after_the_other() {
        let rollout = Effect::Rollout { drain: 1.0, restart: 2.0, soak: 3.0, errors: 0.25 };
        let states = |place| {
            [0.0, 1.0, 3.0, 6.0, 7.0, 9.0].map(|secs| {
                let harm = at(rollout, secs, place);
                (harm.drained, harm.down, harm.bad_version > 0.0)
            })
        };
        let (old, drained, down, new) =
            ((false, false, false), (true, false, false), (true, true, false), (false, false, true));
        assert_eq!(states(0), [drained, down, new, new, new, new]);
        assert_eq!(states(1), [old, old, old, drained, down, new]);
        assert_eq!(changes(rollout, 2, 9), [1.0, 3.0, 6.0, 7.0, 9.0, 12.0]);
        let at_once = Effect::Rollout { drain: 0.0, restart: 0.0, soak: 0.0, errors: 1.0 };
        assert_eq!((at(at_once, 0.0, 7).bad_version, changes(at_once, 9, 3)), (1.0, vec![]));
    }

    #[test]
    fn an_interruption_warns_then_kills_then_replaces() {
        let spot = Effect::Spot { notice: 2.0, replacement: 5.0 };
        assert_eq!(
            [0.0, 1.9, 2.0, 6.9, 7.0].map(|secs| (at(spot, secs, 0).drained, at(spot, secs, 0).down)),
            [(true, false), (true, false), (true, true), (true, true), (false, false)]
        );
        assert_eq!(changes(spot, 1, 5), [2.0, 7.0]);
        let failover = Effect::Failover { detection: 3.0, promotion: 4.0 };
        assert_eq!(
            (at(failover, 6.9, 0).no_primary, at(failover, 7.0, 0), changes(failover, 1, 5)),
            (true, Harm::NONE, vec![7.0])
        );
    }

    #[test]
    fn bursts_are_drawn_and_keep_their_means() {
        let steal = Effect::Steal { share: 0.8, burst: 5.0, calm: 10.0 };
        let spells: Vec<_> = (0..20_000).map(|n| spell(steal, DrawKey::new(3), n).expect("it has bursts")).collect();
        let mean = |odd: usize| {
            let lasts = spells.iter().skip(odd).step_by(2).map(|(_, lasts)| lasts.as_secs_f64());
            lasts.sum::<f64>() / 10_000.0
        };
        // Exponential: the standard error of the mean of 10,000 is 1 %; four of them.
        assert!((mean(0) - 5.0).abs() < 0.2 && (mean(1) - 10.0).abs() < 0.4, "{} {}", mean(0), mean(1));
        assert!(spells.iter().step_by(2).all(|(level, _)| (0.4..=0.8).contains(level)));
        assert!(spells.iter().skip(1).step_by(2).all(|(level, _)| *level == 0.0));
        assert_eq!(spell(Effect::Down, DrawKey::new(3), 0), None);
    }
}
