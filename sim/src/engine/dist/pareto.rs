//! Pareto (type I): a power-law tail, P(X > x) = (x_min/x)^α for x >= x_min. Sampled as x_min·(1 − u)^(−1/α).
//!
//! Source: Crovella and Bestavros, "Self-Similarity in World Wide Web Traffic", IEEE/ACM ToN 5(6), 1997:
//! sizes and times on the web fit α between 1 and 2.

use super::{DistError, check, check_mean};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Mean α·x_min/(α − 1); scv 1/(α(α − 2)) for α > 2, else infinite.
#[derive(Clone, Copy, Debug)]
pub struct Pareto {
    mean: f64,
    shape: f64,
    minimum: f64,
}

impl Pareto {
    /// `mean` >= 0, `shape` α > 1 (no mean exists at or below 1).
    ///
    /// # Errors
    /// If `mean` is negative, `shape` is not above 1, or either is not finite.
    pub fn new(mean: f64, shape: f64) -> Result<Self, DistError> {
        check("shape", shape, shape > 1.0, "must be above 1, or no mean exists")?;
        let mean = check_mean(mean)?;
        Ok(Self { mean, shape, minimum: mean * (shape - 1.0) / shape })
    }

    /// One draw.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        self.minimum * math::pow(1.0 - draws.next_unit(), -1.0 / self.shape)
    }

    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub fn scv(&self) -> f64 {
        if self.shape > 2.0 { 1.0 / (self.shape * (self.shape - 2.0)) } else { f64::INFINITY }
    }
}
