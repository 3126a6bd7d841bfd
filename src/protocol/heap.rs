//! What is sent of a station's memory: objects, the pool, the collector.

use serde::{Deserialize, Serialize};

/// All replicas of a station together, and each of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeapFrame {
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
    pub replicas: Vec<HeapReplicaFrame>,
}

/// One replica's memory now [bytes].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeapReplicaFrame {
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
