//! What is sent of the profiler: where the time of many requests went.

use serde::{Deserialize, Serialize};

use crate::model::profiler::Part;

/// Sums over the run since its warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileFrame {
    /// Requests looked at, those that they stand for, and one in how many is looked at now.
    pub looked_at: u64,
    pub stands_for: u64,
    pub every: u64,
    /// Left out, for they had too many tries.
    pub left_out: u64,
    /// Time in system [s]; NaN while nobody has ended.
    pub sojourn: TimesFrame,
    pub slowest: Option<ExampleFrame>,
    /// By what they took, the most first.
    pub stations: Vec<StationProfileFrame>,
}

/// Mean and 99th percentile [s].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimesFrame {
    pub mean: f64,
    pub p99: f64,
}

/// A request to ask about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExampleFrame {
    pub source: u32,
    pub ordinal: u64,
    pub took_ns: u64,
}

/// One station's share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StationProfileFrame {
    pub node: u32,
    /// Share of the whole time in system for which it is answerable, 0..1; the shares of all stations are 1 together.
    pub share: f64,
    /// The same by part; see [`Part::ALL`].
    pub shares: [f64; Part::COUNT],
    /// Of a request that came by it: time by part, all parts, and what others took for its sake.
    pub parts: [TimesFrame; Part::COUNT],
    pub own: TimesFrame,
    pub behind: TimesFrame,
    pub worst: Option<ExampleFrame>,
}
