//! Exponential: the time to the next event of a memoryless process. −mean·ln(1 − u).

use super::{DistError, check_mean};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Density e^(−x/mean)/mean; variance mean²; scv 1.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    /// `mean` >= 0.
    ///
    /// # Errors
    /// If `mean` is negative or not finite.
    pub fn new(mean: f64) -> Result<Self, DistError> {
        Ok(Self { mean: check_mean(mean)? })
    }

    /// One draw.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        math::standard_exponential(draws.next_unit()) * self.mean
    }

    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }
}
