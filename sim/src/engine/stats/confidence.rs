//! Confidence intervals for the mean over independent replications.

use crate::engine::math;

/// Mean of a metric over replications, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Mean over the replications.
    pub mean: f64,
    /// The true mean lies within `mean ± half_width` with the confidence asked for.
    pub half_width: f64,
}

impl Interval {
    /// The interval for the mean of `values`, one per independent replication.
    ///
    /// `confidence` 0..1 holds for all `family` >= 1 intervals together (Bonferroni's inequality): each single one is
    /// computed at 1 − (1 − confidence)/family.
    /// `None` with fewer than two values: one replication says nothing of its own error.
    ///
    /// Source: Law, "Simulation Modeling and Analysis", 5th ed. 2015, 9.4.1 (replication/deletion) and 9.5 (several
    /// measures at once).
    #[must_use]
    pub fn of_mean(values: &[f64], confidence: f64, family: u32) -> Option<Self> {
        if values.len() < 2 {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
        let error_each = (1.0 - confidence) / f64::from(family.max(1));
        let quantile = student_t_quantile(1.0 - error_each / 2.0, n - 1.0);
        Some(Self { mean, half_width: quantile * (variance / n).sqrt() })
    }

    /// Whether `value` lies within the interval.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }
}

/// Share of Student's t distribution with `freedom` > 0 degrees of freedom that lies below `t`.
///
/// Source: Abramowitz and Stegun 26.7.1, through the regularized incomplete beta function.
#[must_use]
pub fn student_t_share_below(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// Quantile of Student's t distribution: the t below which a share `p` (0..1) of it lies.
///
/// By bisection of [`student_t_share_below`] in the lower tail, where it keeps its relative precision.
#[must_use]
pub fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return match p {
            0.0 => f64::NEG_INFINITY,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    let tail = p.min(1.0 - p);
    let share_beyond = |t: f64| student_t_share_below(-t, freedom);
    let (mut low, mut high) = (0.0, 1.0);
    while share_beyond(high) > tail {
        low = high;
        high *= 2.0;
    }
    // 60 halvings take an interval as wide as its lower end down to the last bit.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if share_beyond(middle) > tail { low = middle } else { high = middle }
    }
    let t = f64::midpoint(low, high);
    if p < 0.5 { -t } else { t }
}

/// Regularized incomplete beta function I_x(a, b), a > 0, b > 0, 0 <= x <= 1.
///
/// Source: continued fraction of NIST DLMF 8.17.22, evaluated by Lentz's method (as modified by Thompson and Barnett).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly only on this side of the mode.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    const TINY: f64 = 1e-300;
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * math::ln(x) + b * math::ln(1.0 - x);
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / nonzero(1.0 + coefficient * d);
            c = nonzero(1.0 + coefficient / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    math::exp(log_front) * fraction / a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values with closed forms: t(1) is Cauchy, tan(π(p − ½)); t(2) is (2p − 1)/√(2p(1 − p)); many degrees approach
    /// the normal. The last two stand in every printed table.
    #[test]
    fn quantiles_of_student_t_agree_with_closed_forms_and_tables() {
        let near = |freedom: f64, p: f64, expected: f64, tolerance: f64| {
            let t = student_t_quantile(p, freedom);
            assert!((t / expected - 1.0).abs() < tolerance, "t({freedom}) at {p}: {t}, not {expected}");
        };
        for p in [0.6, 0.9, 0.975, 0.999, 0.999_95] {
            let cauchy = libm::tan(std::f64::consts::PI * (p - 0.5));
            near(1.0, p, cauchy, 1e-9);
            near(2.0, p, (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt(), 1e-9);
            near(1e6, p, math::normal_quantile(p), 1e-5);
        }
        near(29.0, 0.975, 2.045_229_6, 1e-7);
        near(30.0, 0.9995, 3.645_958_6, 1e-7);
        assert!((student_t_quantile(0.025, 29.0) + student_t_quantile(0.975, 29.0)).abs() < 1e-12);
        assert!(student_t_quantile(0.5, 5.0).abs() < 1e-9);
        assert!(student_t_quantile(2.0, 5.0).is_nan());
    }

    /// Coverage: of 2,000 intervals for the mean of 10 uniforms at 95 %, between 93 % and 97 % hold the truth (standard
    /// deviation of the share 0.5 %).
    #[test]
    fn intervals_hold_the_true_mean_as_often_as_promised() {
        let mut stream = crate::engine::rng::Stream::new(4, 4);
        let hits = (0..2_000)
            .filter(|_| {
                let values: Vec<f64> = (0..10).map(|_| stream.unit()).collect();
                Interval::of_mean(&values, 0.95, 1).expect("ten values").contains(0.5)
            })
            .count();
        assert!((1_860..=1_940).contains(&hits), "{hits}");
    }

    #[test]
    fn a_family_of_intervals_is_wider_and_one_value_gives_none() {
        let values = [1.0, 2.0, 3.0, 4.0];
        let alone = Interval::of_mean(&values, 0.95, 1).expect("four values");
        let family = Interval::of_mean(&values, 0.95, 5).expect("four values");
        assert!((alone.mean - 2.5).abs() < 1e-12 && (family.mean - 2.5).abs() < 1e-12);
        // t(3) at 97.5 % is 3.18245, at 99.5 % 5.84091; the standard error is √(5/3/4).
        assert!((alone.half_width / (3.182_446_3 * (5.0_f64 / 12.0).sqrt()) - 1.0).abs() < 1e-6);
        assert!((family.half_width / (5.840_909_3 * (5.0_f64 / 12.0).sqrt()) - 1.0).abs() < 1e-6);
        assert_eq!(Interval::of_mean(&[1.0], 0.95, 1), None);
    }
}
