//! The trace hash: one number that tells whether two runs were the same.

use crate::engine::rng::mix;

/// Fingerprint of all departures of a run in their order.
///
/// Covers which request left, when, how, and what it visited; never sequence numbers of events, positions, labels,
/// sampling or void timers, so that observing a run does not change its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TraceHash(u64);

impl TraceHash {
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }

    /// Takes in one departure: the request (`source`, `ordinal`), its time [ns], its outcome and a fingerprint of the
    /// stations that it visited.
    #[inline]
    pub fn add(&mut self, source: u32, ordinal: u64, departure_ns: u64, outcome: u8, visited: u64) {
        // Four odd multipliers with no relation to each other (leading digits of the square roots of 2, 3, 5 and 7), so
        // that equal sums of different departures are a matter of chance; the non-linear mix makes the order count.
        let record = ordinal
            .wrapping_mul(0x6a09_e667_f3bc_c909)
            .wrapping_add(departure_ns.wrapping_mul(0xbb67_ae85_84ca_a73b))
            .wrapping_add(visited.wrapping_mul(0x3c6e_f372_fe94_f82b))
            .wrapping_add((u64::from(source) << 8 | u64::from(outcome)).wrapping_mul(0xa54f_f53a_5f1d_36f1));
        self.0 = mix(self.0 ^ record).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }

    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(departures: &[(u32, u64, u64, u8, u64)]) -> u64 {
        let mut hash = TraceHash::new();
        for &(source, ordinal, departure_ns, outcome, visited) in departures {
            hash.add(source, ordinal, departure_ns, outcome, visited);
        }
        hash.value()
    }

    #[test]
    fn every_field_and_the_order_count() {
        let (a, b) = ((1, 7, 1_000, 0, 9), (1, 8, 1_000, 0, 9));
        let base = hash(&[a, b]);
        assert_eq!(base, hash(&[a, b]));
        let others = [
            hash(&[b, a]),
            hash(&[a]),
            hash(&[a, b, b]),
            hash(&[(2, 7, 1_000, 0, 9), b]),
            hash(&[(1, 6, 1_000, 0, 9), b]),
            hash(&[(1, 7, 1_001, 0, 9), b]),
            hash(&[(1, 7, 1_000, 1, 9), b]),
            hash(&[(1, 7, 1_000, 0, 8), b]),
            hash(&[(0, 0, 0, 0, 0), a, b]),
        ];
        for (n, other) in others.iter().enumerate() {
            assert_ne!(base, *other, "variant {n}");
            assert!(!others[..n].contains(other), "variant {n}");
        }
    }
}
