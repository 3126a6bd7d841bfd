//! Jump consistent hash: no table at all, evenly shared, and only the last shard can be taken away.
//!
//! Source: Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014, on the XXH64 of the key. Vectors in
//! `tests/vectors/moved_fractions.json`.

use super::{Placement, SHARDS, Scheme, text_of};
use crate::model::balancer::hashing::xxh64;
use crate::model::params::{Entry, told};

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "jump",
        name: "Jump hash",
        summary: told(
            "A few steps of a random number generator that begins with the key: even, and only what must move does.",
        ),
        source: told("Lamping and Veach, 2014."),
        params: &[SHARDS],
        defect: false,
    },
    build: |_, numbers| Box::new(Jump(numbers.to_vec())),
};

#[derive(Clone, Debug)]
struct Jump(Vec<u32>);

/// The place of a hash among `shards`.
#[must_use]
pub fn place(hash: u64, shards: u32) -> u32 {
    let (mut key, mut last, mut next) = (hash, 0_i64, 0_i64);
    while next < i64::from(shards) {
        last = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((last + 1) as f64 * ((1_u64 << 31) as f64 / ((key >> 33) + 1) as f64)) as i64;
    }
    last as u32
}

impl Placement for Jump {
    fn owner(&self, key: u64) -> u32 {
        self.0[place(xxh64(0, text_of(key).as_bytes()), self.0.len() as u32) as usize]
    }

    fn numbers(&self) -> &[u32] {
        &self.0
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(Self(numbers.to_vec()))
    }

    fn explain(&self, key: u64) -> String {
        let (hash, count) = (xxh64(0, text_of(key).as_bytes()), self.0.len() as u32);
        format!("key {key} hashes to {hash:#018x}, which jumps to place {} of {count}", place(hash, count) + 1)
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}
