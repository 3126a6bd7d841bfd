//! Random numbers, portable and reproducible.
//!
//! Two kinds. What belongs to a request (its interarrival time, its key, the work it demands) is *counter-based*:
//! a [`DrawKey`] derived from who asks for what gives the n-th number without any state, so that adding a node,
//! a retry or a fork leaves every other draw as it was. What a node decides for itself (a random pick, a jitter)
//! comes from a [`Stream`] that the node owns.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// 2^64 divided by the golden ratio, odd: spreads consecutive counters over all bits.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Sets the names of parts apart from the counters of draws: no label in use is this far from a counter.
const LABELS: u64 = 0xd1b5_4a32_d192_ed03;

/// Every input bit flips every output bit with a probability close to one half; a bijection.
///
/// Source: Stafford, "Better Bit Mixing - Improving on MurmurHash3's 64-bit Finalizer", 2011, variant 13;
/// the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#[inline]
#[must_use]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The upper 53 bits as a number in [0, 1).
#[inline]
#[must_use]
fn unit_from_bits(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Names a set of random numbers, which are functions of the key and a counter alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawKey(u64);

impl DrawKey {
    /// The root of all draws of a run.
    #[inline]
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(mix(mix(seed) ^ GOLDEN))
    }

    /// The key of a part, named by `label`: `root.child(source).child(ordinal)`.
    #[inline]
    #[must_use]
    pub const fn child(self, label: u64) -> Self {
        Self(mix(self.0 ^ mix(label.wrapping_add(LABELS))))
    }

    /// The `n`-th 64 random bits under this key.
    ///
    /// Two rounds of [`mix`]; the inner one does not wait for the key, so a chain of keys stays short.
    #[inline]
    #[must_use]
    pub const fn bits(self, n: u64) -> u64 {
        mix(self.0 ^ mix(n.wrapping_add(GOLDEN)))
    }

    /// The `n`-th number under this key, uniform in [0, 1) in steps of 2^-53.
    #[inline]
    #[must_use]
    pub fn unit(self, n: u64) -> f64 {
        unit_from_bits(self.bits(n))
    }

    /// The numbers under this key one after the other, from the 0-th on.
    #[inline]
    #[must_use]
    pub const fn sequence(self) -> DrawSeq {
        DrawSeq { key: self, n: 0 }
    }
}

/// Numbers under one [`DrawKey`], in order.
#[derive(Clone, Copy, Debug)]
pub struct DrawSeq {
    key: DrawKey,
    n: u64,
}

impl DrawSeq {
    /// 64 random bits.
    #[inline]
    pub fn next_bits(&mut self) -> u64 {
        let bits = self.key.bits(self.n);
        self.n += 1;
        bits
    }

    /// Uniform in [0, 1) in steps of 2^-53.
    #[inline]
    pub fn next_unit(&mut self) -> f64 {
        unit_from_bits(self.next_bits())
    }
}

/// Random numbers that a node owns: xoshiro256++ (Blackman and Vigna, 2019).
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream named `label` of a run. Streams of different labels are independent for every purpose here.
    #[must_use]
    pub fn new(seed: u64, label: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(DrawKey::new(seed).child(label).bits(0)))
    }

    /// 64 random bits.
    #[inline]
    pub fn next_bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1) in steps of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_from_bits(self.next_bits())
    }

    /// Uniform over `0..n` without bias; 0 when `n` is 0.
    ///
    /// Source: Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        let n = u64::from(n);
        loop {
            let product = (self.next_bits() >> 32) * n;
            // Only the lowest products can be over-represented, and of those as many are refused as do not fit.
            let low = product as u32;
            if u64::from(low) >= n || low >= (1_u64 << 32).checked_rem(n).unwrap_or(0) as u32 {
                return (product >> 32) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: usize = 256;

    /// Chi-squared statistic of `count` numbers in [0, 1) over 256 equal cells, as a standard score.
    fn uniformity_score(count: usize, mut next: impl FnMut(usize) -> f64) -> f64 {
        let mut cells = [0_u32; CELLS];
        for n in 0..count {
            cells[(next(n) * CELLS as f64) as usize] += 1;
        }
        let expected = count as f64 / CELLS as f64;
        let chi_squared: f64 = cells.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        let freedom = (CELLS - 1) as f64;
        (chi_squared - freedom) / (2.0 * freedom).sqrt()
    }

    /// Method: every way in which the model walks through keys and counters must look uniform. The standard score of
    /// chi-squared with 255 degrees of freedom exceeds 5 for about one sound generator in a million.
    #[test]
    fn numbers_are_uniform_along_every_path_through_keys_and_counters() {
        let root = DrawKey::new(42);
        let mut stream = Stream::new(42, 7);
        let scores = [
            ("counter", uniformity_score(200_000, |n| root.unit(n as u64))),
            ("ordinal", uniformity_score(200_000, |n| root.child(n as u64).unit(0))),
            ("second draw", uniformity_score(200_000, |n| root.child(n as u64).unit(1))),
            ("source", uniformity_score(200_000, |n| root.child(n as u64).child(3).unit(0))),
            ("seed", uniformity_score(200_000, |n| DrawKey::new(n as u64).unit(0))),
            ("high counter", uniformity_score(200_000, |n| root.unit((n as u64) << 40))),
            ("low bits", uniformity_score(200_000, |n| (root.bits(n as u64) & 0xff) as f64 / 256.0)),
            ("stream", uniformity_score(200_000, |_| stream.unit())),
            ("stream seeds", uniformity_score(200_000, |n| Stream::new(n as u64, 1).unit())),
            ("stream labels", uniformity_score(200_000, |n| Stream::new(1, n as u64).unit())),
        ];
        for (path, score) in scores {
            assert!(score.abs() < 5.0, "{path}: standard score {score}");
        }
    }

    /// One flipped input bit flips each output bit in half of the cases. With 4,000 trials per pair of bits the share's
    /// standard deviation is 0.008; the bound leaves six of them for the largest of 8,192 pairs.
    #[test]
    fn one_flipped_bit_flips_half_of_the_output() {
        const TRIALS: u64 = 4_000;
        let check = |name: &str, f: &dyn Fn(u64, u64) -> (u64, u64)| {
            for input_bit in 0..64 {
                let mut flips = [0_u32; 64];
                for trial in 0..TRIALS {
                    let (a, b) = f(trial, 1 << input_bit);
                    let changed = a ^ b;
                    for (output_bit, count) in flips.iter_mut().enumerate() {
                        *count += u32::from(changed >> output_bit & 1 == 1);
                    }
                }
                for (output_bit, count) in flips.iter().enumerate() {
                    let share = f64::from(*count) / TRIALS as f64;
                    assert!((share - 0.5).abs() < 0.048, "{name}: bit {input_bit} -> {output_bit}: {share}");
                }
            }
        };
        check("counter", &|n, flip| (DrawKey::new(9).bits(n), DrawKey::new(9).bits(n ^ flip)));
        check("label", &|n, flip| (DrawKey::new(9).child(n).bits(0), DrawKey::new(9).child(n ^ flip).bits(0)));
    }

    /// Correlation of 200,000 pairs of independent uniforms has a standard deviation of 0.0022.
    #[test]
    fn neighbors_in_keys_and_counters_are_uncorrelated() {
        type Pair<'a> = &'a dyn Fn(u64) -> (f64, f64);
        let correlation = |pair: Pair<'_>| {
            const PAIRS: u64 = 200_000;
            let sum: f64 = (0..PAIRS).map(pair).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum();
            sum / PAIRS as f64 * 12.0
        };
        let root = DrawKey::new(5);
        let pairs: [(&str, Pair<'_>); 5] = [
            ("successive counters", &|n| (root.unit(n), root.unit(n + 1))),
            ("successive labels", &|n| (root.child(n).unit(0), root.child(n + 1).unit(0))),
            ("first and second draw", &|n| (root.child(n).unit(0), root.child(n).unit(1))),
            ("parent and child", &|n| (root.unit(n), root.child(n).unit(0))),
            ("successive seeds", &|n| (DrawKey::new(n).unit(0), DrawKey::new(n + 1).unit(0))),
        ];
        for (name, pair) in pairs {
            let r = correlation(pair);
            assert!(r.abs() < 0.012, "{name}: correlation {r}");
        }
    }

    #[test]
    fn below_covers_its_range_without_bias_and_takes_zero() {
        let mut stream = Stream::new(3, 1);
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.below(1), 0);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Standard deviation of each count: 91.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
        // A range just above half of 2^32: nearly half of the raw draws are refused; a biased method would fill the
        // lower half of the range twice as often.
        let n = (1 << 31) + 1;
        let low = (0..60_000).filter(|_| stream.below(n) < n / 2).count();
        assert!(low.abs_diff(30_000) < 750, "{low}");
    }

    /// Golden values, computed by an independent program: a changed generator changes every result ever shared.
    #[test]
    fn the_generators_never_change() {
        let key = DrawKey::new(1).child(2).child(3);
        assert_eq!([key.bits(0), key.bits(1), key.bits(u64::MAX)], GOLDEN_BITS);
        let mut stream = Stream::new(1, 2);
        assert_eq!([stream.next_bits(), stream.next_bits()], GOLDEN_STREAM);
    }

    const GOLDEN_BITS: [u64; 3] = [0xe714_ddd0_d0d7_cd3d, 0x9418_989f_8e4e_3d02, 0xa763_29b4_e6d2_a2b7];
    const GOLDEN_STREAM: [u64; 2] = [0xbe37_dfec_7599_8fe3, 0xff35_a873_3941_5844];
}
