//! Slots: the CRC-16 of the key names one of 16,384 slots, and a table says which shard has it. When a shard comes, the
//! fullest give up slots until all have as many, one more or less.
//!
//! Source: Redis Cluster (redis/redis `src/cluster.h`, `keyHashSlot`): CRC-16/XMODEM of what stands between the first `{` and
//! the first `}` behind it, or of the whole key. Vectors in `tests/vectors/redis_slots.json`.

use std::rc::Rc;

use super::{Placement, SHARDS, Scheme, text_of};
use crate::model::params::{Entry, told};

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "slots",
        name: "Hash slots",
        summary: told(
            "The CRC-16 of a key names one of 16,384 slots, and a table says which shard has it: what moves is planned slot by slot.",
        ),
        source: told("Redis Cluster."),
        params: &[SHARDS],
        defect: false,
    },
    build: |_, numbers| Box::new(Slots::of(numbers)),
};

/// Slots that there are.
pub const SLOTS: usize = 16_384;

/// Who has which slot.
#[derive(Clone, Debug)]
pub struct Slots {
    numbers: Rc<[u32]>,
    table: Rc<[u32]>,
}

/// The slot of a key.
#[must_use]
pub fn slot(key: &[u8]) -> u16 {
    let tag = || {
        let open = key.iter().position(|byte| *byte == b'{')? + 1;
        let length = key[open..].iter().position(|byte| *byte == b'}')?;
        (length > 0).then(|| &key[open..open + length])
    };
    crc16(tag().unwrap_or(key)) % SLOTS as u16
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let once = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| once(crc))
    })
}

impl Slots {
    /// The slots in equal stretches, as `redis-cli --cluster create` deals them out.
    #[must_use]
    pub fn of(numbers: &[u32]) -> Self {
        let table = (0..SLOTS).map(|slot| numbers[slot * numbers.len() / SLOTS]);
        Self { numbers: numbers.into(), table: table.collect() }
    }

    /// The same slots over other shards; no more of them move than must.
    #[must_use]
    pub fn moved_to(&self, numbers: &[u32]) -> Self {
        let (even, more) = (SLOTS / numbers.len(), SLOTS % numbers.len());
        let mut room: Vec<usize> = (0..numbers.len()).map(|at| even + usize::from(at < more)).collect();
        let mut table = self.table.to_vec();
        let mut homeless = Vec::new();
        for (slot, owner) in table.iter().enumerate() {
            match numbers.binary_search(owner) {
                Ok(at) if room[at] > 0 => room[at] -= 1,
                _ => homeless.push(slot),
            }
        }
        let mut homeless = homeless.into_iter();
        for (number, room) in numbers.iter().zip(room) {
            for slot in homeless.by_ref().take(room) {
                table[slot] = *number;
            }
        }
        Self { numbers: numbers.into(), table: table.into() }
    }

    /// The shard that has a slot.
    #[must_use]
    pub fn owner_of(&self, slot: u16) -> u32 {
        self.table[usize::from(slot)]
    }
}

impl Placement for Slots {
    fn owner(&self, key: u64) -> u32 {
        self.owner_of(slot(text_of(key).as_bytes()))
    }

    fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(self.moved_to(numbers))
    }

    fn explain(&self, key: u64) -> String {
        format!("key {key} falls into slot {} of {SLOTS}", slot(text_of(key).as_bytes()))
    }

    fn shares(&self) -> Vec<(u32, f64)> {
        let share = |number: &u32| self.table.iter().filter(|owner| *owner == number).count() as f64 / SLOTS as f64;
        self.numbers.iter().map(|number| (*number, share(number))).collect()
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}
