//! Rendezvous hashing: every shard draws a number from the key and its own name, and the highest wins.
//!
//! Source: Thaler and Ravishankar, 1998; the number is XXH64(key) xor XXH64(name), mixed by the finalizer of SplitMix64.
//! Vectors in `tests/vectors/moved_fractions.json`. (The balancer of the same name mixes as dgryski/go-rendezvous does.)

use super::{Placement, SHARDS, Scheme, name_of, text_of};
use crate::engine::rng::mix;
use crate::model::balancer::hashing::xxh64;
use crate::model::params::{Entry, told};

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "rendezvous",
        name: "Rendezvous hash",
        summary: told(
            "Every shard draws a number for the key, and the highest wins: even, and only what must move does; each look-up asks all.",
        ),
        source: told("Thaler and Ravishankar, 1998."),
        params: &[SHARDS],
        defect: false,
    },
    build: |_, numbers| Box::new(Rendezvous::of(numbers)),
};

/// Shards and the hashes of their names.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    numbers: Vec<u32>,
    names: Vec<u64>,
}

impl Rendezvous {
    #[must_use]
    pub fn of(numbers: &[u32]) -> Self {
        let names = numbers.iter().map(|number| xxh64(0, name_of(*number).as_bytes()));
        Self { numbers: numbers.to_vec(), names: names.collect() }
    }

    /// The place of a key's hash, and the number drawn there.
    fn best(&self, hash: u64) -> (usize, u64) {
        let drawn = self.names.iter().map(|name| mix(hash ^ name)).enumerate();
        drawn.fold((0, 0), |best, (at, drawn)| if drawn > best.1 { (at, drawn) } else { best })
    }

    /// The shard that a key's hash belongs to.
    #[must_use]
    pub fn owner_at(&self, hash: u64) -> u32 {
        self.numbers[self.best(hash).0]
    }
}

impl Placement for Rendezvous {
    fn owner(&self, key: u64) -> u32 {
        self.owner_at(xxh64(0, text_of(key).as_bytes()))
    }

    fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(Self::of(numbers))
    }

    fn explain(&self, key: u64) -> String {
        let hash = xxh64(0, text_of(key).as_bytes());
        let (_, drawn) = self.best(hash);
        let count = self.numbers.len();
        format!(
            "key {key} hashes to {hash:#018x}; of the {count} numbers that the shards draw for it {drawn:#018x} is the highest"
        )
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}
