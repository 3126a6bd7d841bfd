//! `MurmurHash2` (32 bits) with the seed that Kafka's default partitioner uses: which partition a key belongs to.

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;

const fn scramble(word: u32) -> u32 {
    let word = word.wrapping_mul(M);
    (word ^ (word >> 24)).wrapping_mul(M)
}

/// The hash of some bytes.
#[must_use]
pub fn murmur2(bytes: &[u8]) -> u32 {
    let mut hash = SEED ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        hash = hash.wrapping_mul(M) ^ scramble(word);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// The partition of a key among `partitions`: its decimal text is hashed, the sign bit is dropped, the rest is divided.
#[must_use]
pub fn partition_of(key: u64, partitions: u32) -> u32 {
    let mut digits = [0u8; 20];
    let mut first = digits.len();
    let mut left = key;
    loop {
        first -= 1;
        digits[first] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    (murmur2(&digits[first..]) & 0x7fff_ffff) % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Apache Kafka's own test of its hash (`UtilsTest.testMurmur2`).
    #[test]
    fn it_hashes_as_kafka_does() {
        let cases: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (text, hash) in cases {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
        assert_eq!(partition_of(21, 7), (-973_932_308i32 as u32 & 0x7fff_ffff) % 7, "keys are hashed as decimal text");
    }

    #[test]
    fn keys_spread_evenly() {
        let mut counts = [0u32; 8];
        for key in 0..80_000 {
            counts[partition_of(crate::engine::rng::mix(key), 8) as usize] += 1;
        }
        // Chi-square with 7 degrees of freedom: 24.3 at 99.9 %.
        let chi: f64 = counts.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi < 24.3, "{counts:?}");
    }
}
