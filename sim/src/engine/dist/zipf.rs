//! Zipf: rank k of n is drawn with probability proportional to 1/k^skew; how popularity is spread over keys.
//!
//! Sampled by rejection-inversion, which needs no table: a change of n or skew while a run goes on costs nothing,
//! whatever the number of keys.
//!
//! Source: Hörmann and Derflinger, "Rejection-Inversion to Generate Variates from Monotone Discrete Distributions",
//! ACM TOMACS 6(3), 1996. Skew of web caches 0.64 to 0.83: Breslau et al., "Web Caching and Zipf-like
//! Distributions", INFOCOM 1999.

use super::{DistError, check};
use crate::engine::math;
use crate::engine::rng::DrawSeq;

/// Ranks 0 (the most popular) to n − 1.
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    items: u64,
    skew: f64,
    /// Integral of the hat up to the end of the first rank, less its whole mass.
    hat_low: f64,
    /// Integral of the hat up to n + 1/2.
    hat_high: f64,
    /// A rank this close above its inverted point is accepted without a further evaluation.
    squeeze: f64,
}

impl Zipf {
    /// `items` n >= 1, `skew` >= 0 (0 = all alike).
    ///
    /// # Errors
    /// If `items` is 0, or `skew` is negative or not finite.
    pub fn new(items: u64, skew: f64) -> Result<Self, DistError> {
        check("keys", items as f64, items >= 1, "must be at least 1")?;
        check("skew", skew, skew >= 0.0, "must be finite and not negative")?;
        let mut zipf = Self { items, skew, hat_low: 0.0, hat_high: 0.0, squeeze: 0.0 };
        zipf.hat_low = zipf.hat_integral(1.5) - 1.0;
        zipf.hat_high = zipf.hat_integral(items as f64 + 0.5);
        zipf.squeeze = 2.0 - zipf.hat_integral_inverse(zipf.hat_integral(2.5) - zipf.weight(2.0));
        Ok(zipf)
    }

    /// A rank in `0..n`. As a rule one draw, seldom more.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> u64 {
        if self.skew == 0.0 {
            return ((draws.next_unit() * self.items as f64) as u64).min(self.items - 1);
        }
        loop {
            let area = self.hat_high + draws.next_unit() * (self.hat_low - self.hat_high);
            let x = self.hat_integral_inverse(area);
            let rank = (x + 0.5).floor().clamp(1.0, self.items as f64);
            if rank - x <= self.squeeze || area >= self.hat_integral(rank + 0.5) - self.weight(rank) {
                return rank as u64 - 1;
            }
        }
    }

    #[must_use]
    pub const fn items(&self) -> u64 {
        self.items
    }

    #[must_use]
    pub const fn skew(&self) -> f64 {
        self.skew
    }

    /// x^−skew.
    fn weight(&self, x: f64) -> f64 {
        math::exp(-self.skew * math::ln(x))
    }

    /// ∫₁ˣ t^−skew dt = (x^(1−skew) − 1)/(1 − skew), continuous through skew = 1 (ln x).
    fn hat_integral(&self, x: f64) -> f64 {
        let log = math::ln(x);
        relative_expm1((1.0 - self.skew) * log) * log
    }

    fn hat_integral_inverse(&self, area: f64) -> f64 {
        // Rounding may carry the argument a hair beyond the pole of the logarithm.
        let t = (area * (1.0 - self.skew)).max(-1.0);
        math::exp(relative_ln_1p(t) * area)
    }
}

/// (e^x − 1)/x, also near 0.
fn relative_expm1(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::expm1(x) / x } else { 1.0 + x * 0.5 }
}

/// ln(1 + x)/x, also near 0.
fn relative_ln_1p(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::log1p(x) / x } else { 1.0 - x * 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::DrawKey;

    /// Chi-squared against the exact probabilities, tail ranks pooled to cells of at least 20 expected samples; as a
    /// standard score, which exceeds 5 for about one sound sampler in a million.
    #[test]
    fn ranks_have_their_exact_probabilities() {
        const SAMPLES: u64 = 200_000;
        for (items, skew) in
            [(1, 1.0), (2, 0.5), (10, 0.0), (10, 1.0), (1_000, 0.8), (1_000, 1.0), (1_000, 2.0), (100_000, 1.2)]
        {
            let zipf = Zipf::new(items, skew).expect("valid parameters");
            let mut counts = vec![0_u32; items as usize];
            for n in 0..SAMPLES {
                counts[zipf.sample(&mut DrawKey::new(77).child(n).sequence()) as usize] += 1;
            }
            let total: f64 = (1..=items).map(|k| (k as f64).powf(-skew)).sum();
            let (mut chi_squared, mut cells, mut expected, mut seen) = (0.0, 0.0, 0.0, 0.0);
            for (index, count) in counts.iter().enumerate() {
                expected += ((index + 1) as f64).powf(-skew) / total * SAMPLES as f64;
                seen += f64::from(*count);
                if expected >= 20.0 {
                    chi_squared += (seen - expected) * (seen - expected) / expected;
                    (cells, expected, seen) = (cells + 1.0, 0.0, 0.0);
                }
            }
            let freedom: f64 = cells - 1.0;
            if freedom >= 1.0 {
                let score = (chi_squared - freedom) / (2.0 * freedom).sqrt();
                assert!(score.abs() < 5.0, "n {items}, skew {skew}: standard score {score}");
            }
        }
    }

    #[test]
    fn the_largest_catalog_stays_in_range() {
        let zipf = Zipf::new(1_000_000, 0.9).expect("valid parameters");
        let largest = (0..100_000).map(|n| zipf.sample(&mut DrawKey::new(1).child(n).sequence())).max();
        assert!(largest.is_some_and(|rank| (900_000..1_000_000).contains(&rank)), "{largest:?}");
        assert!(Zipf::new(0, 1.0).is_err() && Zipf::new(5, -0.1).is_err());
    }
}
