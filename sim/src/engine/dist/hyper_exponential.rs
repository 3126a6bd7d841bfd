//! Hyperexponential with two branches: mostly short, sometimes long; more variable than exponential.
//!
//! Balanced means: each branch contributes half of the mean. p = (1 + √((scv − 1)/(scv + 1)))/2, rates 2p/mean and
//! 2(1 − p)/mean.
//! Source: Morse, "Queues, Inventories and Maintenance", 1958; Tijms, "A First Course in Stochastic Models", 2003,
//! appendix B.

use super::{DistError, check, check_mean};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Given by mean and scv >= 1.
#[derive(Clone, Copy, Debug)]
pub struct HyperExponential {
    mean: f64,
    scv: f64,
    /// Probability of the short branch.
    short_share: f64,
    short_mean: f64,
    long_mean: f64,
}

impl HyperExponential {
    /// `mean` >= 0, `scv` >= 1 (1 = exponential).
    ///
    /// # Errors
    /// If `mean` is negative, `scv` below 1, or either is not finite.
    pub fn new(mean: f64, scv: f64) -> Result<Self, DistError> {
        check("scv", scv, scv >= 1.0, "must be at least 1 (use erlang for less)")?;
        let mean = check_mean(mean)?;
        let short_share = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
        Ok(Self {
            mean,
            scv,
            short_share,
            short_mean: mean / (2.0 * short_share),
            long_mean: mean / (2.0 * (1.0 - short_share)),
        })
    }

    /// Two draws: which branch, and how long.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        let mean = if draws.next_unit() < self.short_share { self.short_mean } else { self.long_mean };
        math::standard_exponential(draws.next_unit()) * mean
    }

    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub const fn scv(&self) -> f64 {
        self.scv
    }
}
