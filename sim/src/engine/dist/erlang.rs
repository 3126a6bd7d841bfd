//! Erlang: the sum of k independent exponential stages, −(mean/k)·ln Π(1 − uᵢ).

use super::{DistError, check, check_mean};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Less variable than exponential: variance mean²/k; scv 1/k.
#[derive(Clone, Copy, Debug)]
pub struct Erlang {
    mean: f64,
    stages: u32,
}

impl Erlang {
    /// `mean` >= 0 of the whole, `stages` k >= 1.
    ///
    /// # Errors
    /// If `mean` is negative or not finite, or `stages` is 0.
    pub fn new(mean: f64, stages: u32) -> Result<Self, DistError> {
        check("stages", f64::from(stages), stages >= 1, "must be at least 1")?;
        Ok(Self { mean: check_mean(mean)?, stages })
    }

    /// As many draws as stages.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        let mut sum = 0.0;
        let mut left = self.stages;
        while left > 0 {
            // One logarithm for up to 16 stages: (2^-53)^16 is still far above the smallest number.
            let group = left.min(16);
            let product = (0..group).fold(1.0, |product, _| product * (1.0 - draws.next_unit()));
            sum -= math::ln(product);
            left -= group;
        }
        sum * self.mean / f64::from(self.stages)
    }

    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub fn scv(&self) -> f64 {
        1.0 / f64::from(self.stages)
    }
}
