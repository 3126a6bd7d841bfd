//! Distributions of times [s], sampled by inversion wherever an inverse exists.
//!
//! Inversion keeps samples monotone in their draw: two runs that share their random numbers but differ in a mean
//! differ by that mean alone, which is what makes comparisons sharp.

mod empirical;
mod erlang;
mod exponential;
mod hyper_exponential;
mod log_normal;
mod pareto;
mod zipf;

use std::fmt;

pub use empirical::Empirical;
pub use erlang::Erlang;
pub use exponential::Exponential;
pub use hyper_exponential::HyperExponential;
pub use log_normal::LogNormal;
pub use pareto::Pareto;
pub use zipf::Zipf;

use crate::engine::rng::DrawSeq;

/// A distribution of non-negative numbers, as a rule seconds.
#[derive(Clone, Debug)]
pub enum Dist {
    /// Always the same.
    Constant(f64),
    Exponential(Exponential),
    Erlang(Erlang),
    LogNormal(LogNormal),
    Pareto(Pareto),
    HyperExponential(HyperExponential),
    Empirical(Empirical),
}

/// Parameters with which a distribution does not exist.
#[derive(Clone, Debug, PartialEq)]
pub struct DistError {
    /// Key of the parameter at fault, as in the registry of distributions.
    pub param: &'static str,
    /// The value given.
    pub value: f64,
    /// What it must be, as the end of a sentence: "must be above 0".
    pub must: &'static str,
}

impl fmt::Display for DistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} but {}", self.param, self.value, self.must)
    }
}

impl std::error::Error for DistError {}

impl Dist {
    /// Always `value` >= 0.
    ///
    /// # Errors
    /// If `value` is negative or not finite.
    pub fn constant(value: f64) -> Result<Self, DistError> {
        check("value", value, value >= 0.0, "must not be negative").map(Self::Constant)
    }

    /// See [`Exponential::new`].
    ///
    /// # Errors
    /// As there.
    pub fn exponential(mean: f64) -> Result<Self, DistError> {
        Exponential::new(mean).map(Self::Exponential)
    }

    /// See [`Erlang::new`].
    ///
    /// # Errors
    /// As there.
    pub fn erlang(mean: f64, stages: u32) -> Result<Self, DistError> {
        Erlang::new(mean, stages).map(Self::Erlang)
    }

    /// See [`LogNormal::new`].
    ///
    /// # Errors
    /// As there.
    pub fn log_normal(mean: f64, scv: f64) -> Result<Self, DistError> {
        LogNormal::new(mean, scv).map(Self::LogNormal)
    }

    /// See [`Pareto::new`].
    ///
    /// # Errors
    /// As there.
    pub fn pareto(mean: f64, shape: f64) -> Result<Self, DistError> {
        Pareto::new(mean, shape).map(Self::Pareto)
    }

    /// See [`HyperExponential::new`].
    ///
    /// # Errors
    /// As there.
    pub fn hyper_exponential(mean: f64, scv: f64) -> Result<Self, DistError> {
        HyperExponential::new(mean, scv).map(Self::HyperExponential)
    }

    /// See [`Empirical::new`].
    ///
    /// # Errors
    /// As there.
    pub fn empirical(rows: &[(f64, f64)]) -> Result<Self, DistError> {
        Empirical::new(rows).map(Self::Empirical)
    }

    /// One sample [s]. Finite and not negative.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(dist) => dist.sample(draws),
            Self::Erlang(dist) => dist.sample(draws),
            Self::LogNormal(dist) => dist.sample(draws),
            Self::Pareto(dist) => dist.sample(draws),
            Self::HyperExponential(dist) => dist.sample(draws),
            Self::Empirical(dist) => dist.sample(draws),
        }
    }

    /// The mean [s].
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(dist) => dist.mean(),
            Self::Erlang(dist) => dist.mean(),
            Self::LogNormal(dist) => dist.mean(),
            Self::Pareto(dist) => dist.mean(),
            Self::HyperExponential(dist) => dist.mean(),
            Self::Empirical(dist) => dist.mean(),
        }
    }

    /// Squared coefficient of variation: variance over squared mean. 0 = always the same, 1 = exponential,
    /// infinite where no variance exists. 0 by convention where the mean is 0.
    #[must_use]
    pub fn scv(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential(_) => 1.0,
            Self::Erlang(dist) => dist.scv(),
            Self::LogNormal(dist) => dist.scv(),
            Self::Pareto(dist) => dist.scv(),
            Self::HyperExponential(dist) => dist.scv(),
            Self::Empirical(dist) => dist.scv(),
        }
    }
}

/// `value` if it is finite and `valid`.
fn check(param: &'static str, value: f64, valid: bool, must: &'static str) -> Result<f64, DistError> {
    if valid && value.is_finite() { Ok(value) } else { Err(DistError { param, value, must }) }
}

fn check_mean(mean: f64) -> Result<f64, DistError> {
    check("mean", mean, mean >= 0.0, "must be finite and not negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::DrawKey;

    /// Method: the mean of 200,000 samples lies within 5 standard errors of the stated mean, and the empirical scv
    /// within 5 %, or 10 % for the heavy tails whose fourth moment is large. A wrong formula is off by far more.
    #[test]
    fn samples_have_the_stated_mean_and_variability() {
        const SAMPLES: u64 = 200_000;
        let check = |dist: Result<Dist, DistError>, scv_tolerance: f64| {
            let dist = dist.expect("valid parameters");
            let (mut sum, mut squares) = (0.0, 0.0);
            for n in 0..SAMPLES {
                let x = dist.sample(&mut DrawKey::new(11).child(n).sequence());
                assert!(x >= 0.0 && x.is_finite(), "{dist:?}: {x}");
                sum += x;
                squares += x * x;
            }
            let mean = sum / SAMPLES as f64;
            let variance = squares / SAMPLES as f64 - mean * mean;
            let standard_error = (variance / SAMPLES as f64).sqrt();
            assert!(
                (mean - dist.mean()).abs() <= 5.0 * standard_error + 1e-12,
                "{dist:?}: mean {mean} of {}",
                dist.mean()
            );
            let scv = variance / (mean * mean);
            assert!(
                (scv - dist.scv()).abs() <= scv_tolerance * dist.scv() + 1e-9,
                "{dist:?}: scv {scv} of {}",
                dist.scv()
            );
        };
        check(Dist::constant(0.25), 0.0);
        check(Dist::exponential(0.02), 0.05);
        check(Dist::erlang(3.0, 4), 0.05);
        check(Dist::erlang(1.0, 50), 0.05);
        check(Dist::log_normal(0.1, 0.5), 0.05);
        check(Dist::log_normal(0.1, 2.0), 0.1);
        check(Dist::pareto(0.1, 9.0), 0.1);
        check(Dist::hyper_exponential(0.05, 4.0), 0.05);
        check(Dist::hyper_exponential(0.05, 1.0), 0.05);
        check(Dist::empirical(&[(0.01, 90.0), (0.1, 9.0), (1.0, 1.0)]), 0.05);
    }

    #[test]
    fn a_variance_that_does_not_exist_is_infinite() {
        assert_eq!(Dist::pareto(1.0, 2.0).expect("mean exists").scv(), f64::INFINITY);
        assert_eq!(Dist::pareto(1.0, 1.5).expect("mean exists").scv(), f64::INFINITY);
    }

    #[test]
    fn impossible_parameters_name_the_culprit() {
        let culprits = [
            (Dist::constant(-1.0), "value"),
            (Dist::constant(f64::INFINITY), "value"),
            (Dist::exponential(f64::NAN), "mean"),
            (Dist::exponential(-0.1), "mean"),
            (Dist::erlang(1.0, 0), "stages"),
            (Dist::log_normal(1.0, -1.0), "scv"),
            (Dist::pareto(1.0, 1.0), "shape"),
            (Dist::hyper_exponential(1.0, 0.9), "scv"),
            (Dist::empirical(&[]), "values"),
            (Dist::empirical(&[(1.0, 0.0)]), "weight"),
            (Dist::empirical(&[(1.0, -1.0), (2.0, 2.0)]), "weight"),
            (Dist::empirical(&[(-1.0, 1.0)]), "value"),
        ];
        for (result, param) in culprits {
            let error = result.expect_err("impossible");
            assert_eq!(error.param, param);
            assert!(error.to_string().contains(" but must"), "{error}");
        }
    }

    #[test]
    fn larger_draws_give_larger_samples() {
        for dist in [Dist::exponential(1.0), Dist::log_normal(1.0, 1.0), Dist::pareto(1.0, 2.5)] {
            let dist = dist.expect("valid parameters");
            let mut samples: Vec<(f64, f64)> = (0..1000)
                .map(|n| (DrawKey::new(1).child(n).unit(0), dist.sample(&mut DrawKey::new(1).child(n).sequence())))
                .collect();
            samples.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(samples.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{dist:?}");
        }
    }
}
