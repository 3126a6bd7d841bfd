//! A station's memory: objects, the pool, the collector.

use serde::{Deserialize, Serialize};

use super::{Look, Show};
use crate::model::system::heap::counts;

/// All replicas of a station together, and each of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heap {
    /// Since the start: objects that the pool had, that it had not, and that it had no room for.
    pub hits: u64,
    pub misses: u64,
    pub discards: u64,
    /// [bytes]
    pub allocated: u64,
    pub collections: u64,
    /// Pauses of all replicas together, and the longest [s].
    pub paused: f64,
    pub longest_pause: f64,
    /// Garbage at which a replica collects [bytes].
    pub threshold: u64,
    /// Objects that each replica's pool keeps at most, and the size of one [bytes].
    pub pool: u32,
    pub object: u64,
    /// By ascending number.
    pub replicas: Vec<ReplicaHeap>,
}

/// One replica's memory now [bytes].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplicaHeap {
    pub number: u32,
    /// What is alive anyway, in requests, lying in the pool, and to be collected.
    pub base: u64,
    pub in_use: u64,
    pub pooled: u64,
    pub garbage: u64,
    pub reserved: u64,
    /// The collector runs.
    pub collecting: bool,
}

impl Show for Heap {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        if !look.whole {
            return None;
        }
        let heaps = look.system.heaps(look.at);
        let settings = *heaps.first()?.1.heap.settings();
        let counts = counts(heaps.iter().map(|(_, allocator)| *allocator));
        let replicas = heaps.iter().map(|(number, allocator)| {
            let heap = &allocator.heap;
            ReplicaHeap {
                number: *number,
                base: settings.base,
                in_use: heap.in_use() * settings.object,
                pooled: u64::from(heap.free()) * settings.object,
                garbage: heap.garbage(),
                reserved: heap.reserved(),
                collecting: allocator.collecting,
            }
        });
        Some(Self {
            hits: counts.hits,
            misses: counts.misses,
            discards: counts.discards,
            allocated: counts.allocated,
            collections: counts.collections,
            paused: counts.paused.as_secs_f64(),
            longest_pause: counts.longest_pause.as_secs_f64(),
            threshold: settings.threshold,
            pool: settings.pool,
            object: settings.object,
            replicas: replicas.collect(),
        })
    }
}
