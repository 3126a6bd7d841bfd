//! CRC-32 of the key, modulo the number of shards: as even as can be, and nearly every key moves when that number changes.
//!
//! Source: CRC-32 (IEEE 802.3, as in zlib), read as an unsigned number. From N to M shards a share of
//! 1 − min(N, M)/lcm(N, M) moves. Vectors in `tests/vectors/moved_fractions.json`.

use super::{Placement, SHARDS, Scheme, text_of};
use crate::model::balancer::hashing::crc32;
use crate::model::params::{Entry, told};

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "modulo",
        name: "CRC-32 modulo",
        summary: told(
            "The CRC-32 of a key modulo the number of shards: even, but nearly all keys move when that number changes.",
        ),
        source: told("CRC-32 (IEEE 802.3) modulo N."),
        params: &[SHARDS],
        defect: false,
    },
    build: |_, numbers| Box::new(Modulo(numbers.to_vec())),
};

#[derive(Clone, Debug)]
struct Modulo(Vec<u32>);

/// The place of a key among `shards`.
#[must_use]
pub fn place(key: &[u8], shards: u32) -> u32 {
    crc32(&[key]) % shards.max(1)
}

/// The greatest common divisor.
const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Share of the keys that move when `from` shards become `to`, 0..1.
#[must_use]
pub fn expected_to_move(from: u32, to: u32) -> f64 {
    let lcm = f64::from(from) / f64::from(gcd(from, to).max(1)) * f64::from(to);
    1.0 - f64::from(from.min(to)) / lcm
}

impl Placement for Modulo {
    fn owner(&self, key: u64) -> u32 {
        self.0[place(text_of(key).as_bytes(), self.0.len() as u32) as usize]
    }

    fn numbers(&self) -> &[u32] {
        &self.0
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(Self(numbers.to_vec()))
    }

    fn explain(&self, key: u64) -> String {
        let (crc, count) = (crc32(&[text_of(key).as_bytes()]), self.0.len());
        format!("key {key} has the CRC-32 {crc}; modulo {count} that is {}", crc % count as u32)
    }

    fn expected_to_move(&self, from: u32, to: u32) -> f64 {
        expected_to_move(from, to)
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}
