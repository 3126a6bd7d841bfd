//! What is sent of who is let in and who is next at a station.

use serde::{Deserialize, Serialize};

/// What stands in front of a station.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DoorFrame {
    pub limit: Option<LimitFrame>,
    pub shedding: Option<SheddingFrame>,
}

/// A rate limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LimitFrame {
    pub name: String,
    /// Clients with a limit of their own; `None`: one limit for all.
    pub clients: Option<u32>,
    /// What is used up of how much, in requests; with clients of their own, by the one that used up most.
    pub used: f64,
    pub of: f64,
    /// The next request would be refused.
    pub full: bool,
    pub words: String,
    pub admitted: u64,
    pub refused: u64,
    /// Requests that wait their turn in front of the door.
    pub shaped: u32,
}

/// Load shedding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheddingFrame {
    pub name: String,
    pub inside: u32,
    /// Most that may be inside, where there is such a number.
    pub limit: Option<f64>,
    /// It turns somebody away now.
    pub sheds: bool,
    pub words: String,
    pub numbers: Vec<(String, String)>,
    /// The limit at the end of each of the last buckets, oldest first.
    pub trend: Vec<f32>,
    /// How long a bucket is [s].
    pub trend_secs: f64,
    /// Turned away since the start: at the limit, for their priority, for the wait.
    pub refused: [u64; 3],
}

/// A queue that is not first come, first served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineFrame {
    pub name: String,
    /// It does now what sets it apart: drops, serves the newest.
    pub active: bool,
    /// Of the longest queue, where there are several.
    pub words: String,
    pub numbers: Vec<(String, String)>,
    /// Number of the replica whose queue it is; `None` for a queue that all share, or the only one.
    pub replica: Option<u32>,
}
