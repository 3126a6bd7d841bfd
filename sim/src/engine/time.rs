//! Simulated time: whole nanoseconds, so that sums never round and runs replay bit for bit.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment in simulated time [ns since the start of the run].
///
/// Range: 0 to about 584 years. Never wall-clock time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(pub u64);

/// A span of simulated time [ns], never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(pub u64);

/// Nanoseconds in one second.
pub const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Nanoseconds as seconds; through a signed number where it can hold them, which processors convert in one step.
#[inline]
fn secs(ns: u64) -> f64 {
    let ns = i64::try_from(ns).map_or(ns as f64, |ns| ns as f64);
    ns / NANOS_PER_SEC as f64
}

impl SimTime {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// Later than any event that can happen.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `secs` seconds after the start; see [`SimDuration::from_secs_f64`] for rounding and range.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(SimDuration::from_secs_f64(secs).0)
    }

    /// Seconds since the start of the run.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        secs(self.0)
    }

    /// Time passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Rounds to the nearest nanosecond. Negative and NaN give zero, overlong spans the longest one that can be told.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Self {
        // `as` saturates and turns NaN into 0: the same result natively and in wasm. Through a signed number, which
        // processors convert in one step, for all spans but those of centuries.
        const SIGNED: f64 = (1_u64 << 63) as f64;
        let ns = secs * NANOS_PER_SEC as f64 + 0.5;
        Self(if ns < SIGNED { (ns as i64).max(0) as u64 } else { ns as u64 })
    }

    /// Whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * NANOS_PER_SEC)
    }

    /// Whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// The span in seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        secs(self.0)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = Self;
    fn sub(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

impl Add for SimDuration {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.as_secs_f64())
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.as_secs_f64())
    }
}

/// Clock face for logs and labels: `02:13.450` (minutes, seconds, milliseconds), hours in front where there are any.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1_000_000;
        let (hours, minutes, seconds) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        if hours > 0 {
            write!(f, "{hours}:")?;
        }
        write!(f, "{minutes:02}:{seconds:02}.{:03}", millis % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_to_the_nearest_nanosecond_and_saturate() {
        assert_eq!(SimDuration::from_secs_f64(1.5), SimDuration(1_500_000_000));
        assert_eq!(SimDuration::from_secs_f64(-1.0), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(f64::NAN), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(f64::INFINITY), SimDuration(u64::MAX));
    }

    #[test]
    fn the_clock_face_shows_minutes_seconds_and_milliseconds() {
        assert_eq!(SimTime::from_secs_f64(133.45).to_string(), "02:13.450");
        assert_eq!(SimTime::from_secs_f64(3_723.0).to_string(), "1:02:03.000");
    }
}
