//! The bound: what a memory that knows the future would hit.

use std::collections::{BTreeMap, BTreeSet};

/// Hits of Belady's optimum on a recorded trace: what is asked for again the latest leaves. Like every policy, it keeps
/// what was just asked for, and none of them hits more with as many entries.
///
/// Takes time of order n log n for n requests. With no entries there are no hits.
#[must_use]
pub fn hits(trace: &[u64], capacity: usize) -> usize {
    // The next request of each key; one that never comes has a place of its own behind all others.
    let mut next: Vec<usize> = (trace.len()..trace.len() * 2).collect();
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, key) in trace.iter().enumerate().rev() {
        if let Some(again) = seen.insert(*key, at) {
            next[at] = again;
        }
    }
    // Entries by their next request.
    let mut held: BTreeSet<usize> = BTreeSet::new();
    let mut hits = 0;
    for (at, &again) in next.iter().enumerate() {
        if held.remove(&at) {
            hits += 1;
        } else if held.len() >= capacity {
            held.pop_last();
        }
        if capacity > 0 {
            held.insert(again);
        }
    }
    hits
}
