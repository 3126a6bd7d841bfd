//! The transcendental functions, the same to the last bit natively and in every browser.
//!
//! `f64::ln` and its kin go to the platform's own library and may differ in the last bit;
//! engine and model therefore use these, which go to a pinned `libm`. (`f64::sqrt` is exact everywhere.)

/// Natural logarithm; −∞ at 0, NaN below.
#[inline]
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// −ln(1 − `u`): the quantile function of the exponential distribution of mean 1, for `u` in [0, 1).
///
/// The most frequent draw of all, hence a table instead of [`ln`]: half the time, with an error below 5e-16 (relative to
/// results above 1); a `u` of 53 bits itself leaves 1.1e-16 undecided. Never negative.
///
/// Method: 1 − u = 2^k·z with z in [1, 2); the middle c of the one of 128 stretches that z falls in; then
/// ln(1 − u) = k·ln 2 + ln c + ln(1 + r) with r = (z − c)/c, |r| <= 1/256, by its series.
#[inline]
#[must_use]
pub fn standard_exponential(u: f64) -> f64 {
    let bits = (1.0 - u).to_bits();
    let k = (bits >> 52) as i64 - 1023;
    let z = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    let Stretch { middle, inverse, log } = STRETCHES[(bits >> 45) as usize & 127];
    let r = (z - middle) * inverse;
    let series = r - r * r * (0.5 - r * (1.0 / 3.0 - r * (0.25 - r * (0.2 - r * (1.0 / 6.0)))));
    (-(k as f64 * std::f64::consts::LN_2 + log + series)).max(0.0)
}

/// One of 128 equal parts of [1, 2).
#[derive(Clone, Copy)]
struct Stretch {
    middle: f64,
    inverse: f64,
    log: f64,
}

static STRETCHES: [Stretch; 128] = {
    let mut stretches = [Stretch { middle: 1.0, inverse: 1.0, log: 0.0 }; 128];
    let mut n = 0;
    while n < 128 {
        let middle = 1.0 + (n as f64 + 0.5) / 128.0;
        // ln c = 2·artanh t with t = (c − 1)/(c + 1) < 1/3, its series summed from the smallest term.
        let t = (middle - 1.0) / (middle + 1.0);
        let (mut sum, mut term) = (0.0, 20);
        while term > 0 {
            sum = sum * t * t + 1.0 / (2 * term - 1) as f64;
            term -= 1;
        }
        stretches[n] = Stretch { middle, inverse: 1.0 / middle, log: 2.0 * t * sum };
        n += 1;
    }
    stretches
};

/// e to the power of `x`.
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `base` to the power of `exponent`.
#[inline]
#[must_use]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Sine of `x` [rad].
#[inline]
#[must_use]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of `x` [rad].
#[inline]
#[must_use]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Quantile function of the standard normal distribution: the x below which a share `p` of it lies.
///
/// `p` 0..1; −∞ at 0, +∞ at 1, NaN outside. Relative error about 1e-16.
///
/// Source: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution",
/// Applied Statistics 37(3), 1988, routine PPND16.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        2.509_080_928_730_122_6e3,
        3.343_057_558_358_813e4,
        6.726_577_092_700_87e4,
        4.592_195_393_154_987e4,
        1.373_169_376_550_946e4,
        1.971_590_950_306_551_3e3,
        1.331_416_678_917_843_8e2,
        3.387_132_872_796_366_5,
    ];
    const B: [f64; 8] = [
        5.226_495_278_852_854e3,
        2.872_908_573_572_194_3e4,
        3.930_789_580_009_271e4,
        2.121_379_430_158_66e4,
        5.394_196_021_424_751e3,
        6.871_870_074_920_579e2,
        4.231_333_070_160_091e1,
        1.0,
    ];
    const C: [f64; 8] = [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ];
    const D: [f64; 8] = [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ];
    const E: [f64; 8] = [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        1.242_660_947_388_078_4e-3,
        2.653_218_952_657_612_4e-2,
        2.965_605_718_285_048_7e-1,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_103,
    ];
    const F: [f64; 8] = [
        2.044_263_103_389_939_8e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        1.487_536_129_085_061_5e-2,
        1.369_298_809_227_358e-1,
        5.998_322_065_558_88e-1,
        1.0,
    ];
    /// Highest power first.
    fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
        coefficients.iter().fold(0.0, |sum, c| sum * x + c)
    }

    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-ln(tail)).sqrt();
    let x = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distribution function, by an independent route: `erfc`.
    fn normal_share_below(x: f64) -> f64 {
        0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
    }

    #[test]
    fn the_exponential_quantile_agrees_with_the_logarithm() {
        let check = |u: f64| {
            let (fast, exact) = (standard_exponential(u), -libm::log1p(-u));
            assert!(fast >= 0.0 && (fast - exact).abs() < 5e-16 * exact.max(1.0), "{u}: {fast} of {exact}");
        };
        let step = 1.0 / (1_u64 << 53) as f64;
        for n in 0..100_000 {
            check(f64::from(n) / 1e5); // across all stretches
            check(f64::from(n) * step); // next to 0
            check(1.0 - f64::from(n + 1) * step); // next to 1
        }
        assert_eq!(standard_exponential(0.0), 0.0);
        assert!((standard_exponential(0.5) - std::f64::consts::LN_2).abs() < 1e-16);
    }

    #[test]
    fn the_normal_quantile_inverts_the_distribution_function_in_all_three_regions() {
        for x in [-7.5, -6.0, -5.0, -3.0, -1.5, -1.0, -0.3, 0.0, 0.2, 1.0, 1.2, 2.5, 4.0] {
            let back = normal_quantile(normal_share_below(x));
            assert!((back - x).abs() < 1e-10, "{x} came back as {back}");
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
    }
}
