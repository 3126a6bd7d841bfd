//! A ring: each shard owns many points on a circle, and a key belongs to the first point at or after its hash. Few points:
//! uneven shares; many: nearly even ones, and a shard that leaves hands its keys to many others.
//!
//! Source: Karger et al., STOC 1997. Points are the hashes of "node-3_0", "node-3_1", …. With v points each, n shards: the
//! relative standard deviation of a share is sqrt((n−1)/(vn+1)). The other hash is Cassandra's: MurmurHash3 (x64, 128 bits,
//! the first half) whose bytes after the last full block are sign-extended, `num_tokens` 16. Vectors in
//! `tests/vectors/moved_fractions.json` and `tests/vectors/cassandra_tokens.json`.

use std::rc::Rc;

use super::{Placement, SHARDS, Scheme, name_of, text_of};
use crate::model::balancer::hashing::xxh64;
use crate::model::balancer::key_ring::KeyRing;
use crate::model::params::{Entry, ParamSpec, told};

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "ring",
        name: "Consistent hashing on a ring",
        summary: told(
            "Shards have many points on a circle; a key belongs to the next point. A new shard takes a little from every other one.",
        ),
        source: told("Karger et al., STOC 1997; Cassandra's tokens."),
        params: &[
            SHARDS,
            ParamSpec::count(
                "points",
                "Points for each shard",
                100.0,
                1.0,
                1_000.0,
                "Virtual nodes, or tokens. The more, the more even: with 10 shards and 100 points a share deviates by 9.5 %.",
            ),
            ParamSpec::choice(
                "hash",
                "Hash",
                &[("xxh64", "XXH64"), ("murmur3", "MurmurHash3, as Cassandra has it")],
                "xxh64",
                "What places keys and points on the circle.",
            ),
        ],
        defect: false,
    },
    build: |reader, numbers| {
        let hash = if reader.choice("hash") == "murmur3" { Hash::Murmur3 } else { Hash::Xxh64 };
        Box::new(Ring::of(numbers, reader.count("points"), hash))
    },
};

/// What places keys and points on the circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Xxh64,
    Murmur3,
}

impl Hash {
    /// The place of some bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Xxh64 => xxh64(0, bytes),
            // Tokens are signed: the smallest comes first.
            Self::Murmur3 => (token(bytes) as u64) ^ (1 << 63),
        }
    }

    /// A place, as the system that it comes from writes it.
    fn words(self, place: u64) -> String {
        match self {
            Self::Xxh64 => format!("{place:#018x}"),
            Self::Murmur3 => format!("token {}", (place ^ (1 << 63)).cast_signed()),
        }
    }
}

/// Points of shards.
#[derive(Clone, Debug)]
pub struct Ring {
    numbers: Rc<[u32]>,
    points: u32,
    hash: Hash,
    ring: KeyRing,
}

impl Ring {
    /// The ring of shards with these numbers, each with so many points.
    #[must_use]
    pub fn of(numbers: &[u32], points: u32, hash: Hash) -> Self {
        let point = |number: u32, point: u32| {
            let mut text = name_of(number);
            text.sign(b'_');
            text.decimal(u64::from(point));
            (hash.of(text.as_bytes()), number)
        };
        let all = numbers.iter().flat_map(|number| (0..points).map(move |at| point(*number, at)));
        Self { numbers: numbers.into(), points, hash, ring: KeyRing::of_points(all.collect()) }
    }

    /// The shard that a place belongs to.
    #[must_use]
    pub fn owner_at(&self, place: u64) -> u32 {
        self.ring.owner_at(place).unwrap_or(self.numbers[0])
    }
}

impl Placement for Ring {
    fn owner(&self, key: u64) -> u32 {
        self.owner_at(self.hash.of(text_of(key).as_bytes()))
    }

    fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(Self::of(numbers, self.points, self.hash))
    }

    fn explain(&self, key: u64) -> String {
        let place = self.hash.of(text_of(key).as_bytes());
        let (point, _) = self.ring.point_at(place).unwrap_or_default();
        let (place, point) = (self.hash.words(place), self.hash.words(point));
        format!("key {key} hashes to {place}; the next point on the ring is {point}")
    }

    fn shares(&self) -> Vec<(u32, f64)> {
        self.ring.shares()
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// Cassandra's token of a partition key: see the module's words.
#[must_use]
pub fn token(key: &[u8]) -> i64 {
    let first = |k: u64| k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
    let second = |k: u64| k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let mut blocks = key.chunks_exact(16);
    for block in &mut blocks {
        let half = |from: usize| block[from..from + 8].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        h1 = (h1 ^ first(half(0))).rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 = (h2 ^ second(half(8))).rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let rest = blocks.remainder();
    // Java's bytes are signed, and Cassandra has kept what that did to the tail.
    let extended = |byte: u8| i64::from(byte.cast_signed()).cast_unsigned();
    let gather = |bytes: &[u8]| (0_u32..).zip(bytes).fold(0, |word, (at, byte)| word ^ extended(*byte) << (8 * at));
    if rest.len() > 8 {
        h2 ^= second(gather(&rest[8..]));
    }
    if !rest.is_empty() {
        h1 ^= first(gather(&rest[..rest.len().min(8)]));
    }
    let length = key.len() as u64;
    (h1, h2) = (h1 ^ length, h2 ^ length);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    let (h1, h2) = (finish(h1), finish(h2));
    let token = h1.wrapping_add(h2).cast_signed();
    if token == i64::MIN { i64::MAX } else { token }
}

const fn finish(mut k: u64) -> u64 {
    k = (k ^ k >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    k = (k ^ k >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ k >> 33
}
