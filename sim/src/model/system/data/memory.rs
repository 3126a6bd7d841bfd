//! A cache's memory where all entries lie in one.

use super::{Deed, Found, Store};
use crate::engine::time::SimTime;
use crate::model::eviction::{Lookup, Lru};
use crate::model::system::System;
use crate::model::system::plan::{PoolConfig, PoolKind};

/// What is done with an entry, wherever it lies.
pub(super) fn work(memory: &mut Lru, key: u64, deed: Deed, clock: SimTime) -> bool {
    match deed {
        Deed::Get => return memory.get(key, clock) == Lookup::Hit,
        Deed::Fill(valid_until) => {
            memory.insert(key, valid_until);
        }
        Deed::Forget => {
            memory.remove(key);
        }
    }
    false
}

/// Bytes that a checkpoint takes, roughly.
pub(super) fn bytes(memory: &Lru) -> usize {
    memory.len() * 40
}

impl Store for Lru {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        bytes(self)
    }

    fn is_one_address(&self) -> bool {
        false
    }

    fn entries(&self) -> Option<usize> {
        Some(self.len())
    }

    fn work(&mut self, _replica: u32, key: u64, deed: Deed, clock: SimTime) -> Found {
        Found { hit: work(self, key, deed, clock), moved: false }
    }

    fn clear(&mut self, _replica: Option<u32>) {
        Self::clear(self);
    }
}

/// Gives a cache the memory that its configuration asks for; several nodes have theirs.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let PoolKind::Cache { capacity, .. } = config.kind else { return };
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    if pool.data.0.is_none() {
        pool.data.set(Lru::new(capacity as usize));
    } else if let Some(memory) = pool.data.of_mut::<Lru>() {
        memory.set_capacity(capacity as usize);
    }
}
