//! Log-normal: e^(μ + σ·z) with z standard normal; the usual fit for measured service times.
//!
//! Source: Limpert, Stahel, Abbt, "Log-normal Distributions across the Sciences", BioScience 51(5), 2001.

use super::{DistError, check, check_mean};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Given by mean and scv: σ² = ln(1 + scv), and a median of mean/√(1 + scv).
#[derive(Clone, Copy, Debug)]
pub struct LogNormal {
    mean: f64,
    scv: f64,
    median: f64,
    sigma: f64,
}

impl LogNormal {
    /// `mean` >= 0, `scv` >= 0 (0 = constant).
    ///
    /// # Errors
    /// If either is negative or not finite.
    pub fn new(mean: f64, scv: f64) -> Result<Self, DistError> {
        check("scv", scv, scv >= 0.0, "must be finite and not negative")?;
        let mean = check_mean(mean)?;
        Ok(Self { mean, scv, median: mean / (1.0 + scv).sqrt(), sigma: math::ln(1.0 + scv).sqrt() })
    }

    /// One draw.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        // The middle of the draw's step, so that neither end gives an infinite quantile.
        let u = draws.next_unit() + 0.5 / (1_u64 << 53) as f64;
        // The addition may round the topmost step up to 1.
        self.median * math::exp(self.sigma * math::normal_quantile(u.min(1.0 - f64::EPSILON / 2.0)))
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
