//! A station's memory, as the page shows it.

use crate::model::system::System;
use crate::model::system::heap::counts;
use crate::protocol::heap::{HeapFrame, HeapReplicaFrame};

/// What there is to see; `None` where memory is not modelled.
pub(super) fn frame(system: &System, station: u32) -> Option<Box<HeapFrame>> {
    let heaps = system.heaps(station);
    let settings = *heaps.first()?.1.heap.settings();
    let counts = counts(heaps.iter().map(|(_, allocator)| *allocator));
    let replicas = heaps.iter().map(|(number, allocator)| {
        let heap = &allocator.heap;
        HeapReplicaFrame {
            number: *number,
            base: settings.base,
            in_use: heap.in_use() * settings.object,
            pooled: u64::from(heap.free()) * settings.object,
            garbage: heap.garbage(),
            reserved: heap.reserved(),
            collecting: allocator.collecting,
        }
    });
    Some(Box::new(HeapFrame {
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
    }))
}
