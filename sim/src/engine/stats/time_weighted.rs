//! Averages over time of a level: number in system, busy slots, queue length.

use crate::engine::time::SimTime;

/// A whole-numbered level over time and the area below it, in exact integer arithmetic: no drift however long the run.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeWeighted {
    level: u64,
    /// Since when the level is what it is.
    since: SimTime,
    /// Area up to `since` [level x ns].
    area: u128,
}

/// A moment from which a mean is taken later on; see [`TimeWeighted::mark`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LevelMark {
    at: SimTime,
    area: u128,
}

impl TimeWeighted {
    /// Level 0 from time 0 on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The level at present.
    #[inline]
    #[must_use]
    pub const fn level(&self) -> u64 {
        self.level
    }

    /// From `now` on the level is `level`. `now` must not lie before the last change.
    #[inline]
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.area = self.area_up_to(now);
        self.since = now;
        self.level = level;
    }

    /// Remembers `now` as the start of an average. `now` must not lie before the last change.
    #[must_use]
    pub fn mark(&self, now: SimTime) -> LevelMark {
        LevelMark { at: now, area: self.area_up_to(now) }
    }

    /// Mean level from `mark` to `now`; the present level if no time has passed.
    #[must_use]
    pub fn mean_since(&self, mark: LevelMark, now: SimTime) -> f64 {
        let span = now.since(mark.at).0;
        if span == 0 {
            return self.level as f64;
        }
        (self.area_up_to(now) - mark.area) as f64 / span as f64
    }

    #[inline]
    fn area_up_to(&self, now: SimTime) -> u128 {
        debug_assert!(now >= self.since, "time runs forward");
        let span = now.since(self.since).0;
        // The product of two 32-bit numbers fits 64 bits: the common case spares the long multiplication.
        if (span | self.level) >> 32 == 0 {
            self.area + u128::from(span * self.level)
        } else {
            self.area + u128::from(span) * u128::from(self.level)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::{NANOS_PER_SEC, SimDuration};

    #[test]
    fn the_mean_weighs_each_level_by_its_time() {
        let at = SimTime;
        let mut level = TimeWeighted::new();
        level.set(at(10), 4);
        level.set(at(30), 1);
        let mark = level.mark(at(40));
        assert!((level.mean_since(LevelMark::default(), at(40)) - (4.0 * 20.0 + 10.0) / 40.0).abs() < 1e-12);
        level.set(at(40), 0);
        level.set(at(60), 3);
        assert!((level.mean_since(mark, at(70)) - 1.0).abs() < 1e-12);
        assert!((level.mean_since(level.mark(at(70)), at(70)) - 3.0).abs() < 1e-12);
    }

    /// A million changes over years, with spans on both sides of the short multiplication.
    #[test]
    fn long_runs_do_not_drift() {
        let mut level = TimeWeighted::new();
        let mut now = SimTime::ZERO;
        for n in 0..1_000_000_u64 {
            level.set(now, 1_000_000_007 * (n % 2));
            now += SimDuration(if n % 1000 < 2 { 100 * NANOS_PER_SEC } else { 1 });
        }
        level.set(now, 0);
        assert!((level.mean_since(LevelMark::default(), now) / 500_000_003.5 - 1.0).abs() < 1e-15);
    }
}
