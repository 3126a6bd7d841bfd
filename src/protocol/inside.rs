//! What is sent of the inside of the one balancer that somebody looks into, a few times a second.

use serde::{Deserialize, Serialize};

/// No backend.
pub const NOBODY: u32 = u32::MAX;

/// Requests worth asking about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lately {
    /// Slowest first.
    pub slow: Vec<Exemplar>,
    /// Newest first.
    pub failed: Vec<Exemplar>,
}

/// One request that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemplar {
    pub source: u32,
    /// Counted from 0 by its source.
    pub ordinal: u64,
    pub at_ns: u64,
    pub took_ns: u64,
    /// Indices: see `model::outcome`.
    pub outcome: u8,
    pub reason: u8,
}

/// A balancer's inside. Backends are named by `BackendFrame::index`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    pub node: u32,
    pub at_ns: u64,
    /// The strategy's rule in a sentence.
    pub rule: String,
    /// Whose view is shown where there are several (routes, callers): which of how many; else (1, 1).
    pub view: (u32, u32),
    /// Newest first.
    pub choices: Vec<Choice>,
    /// Whom it would choose next if nothing else changed; empty for strategies that depend on more than their list.
    pub next: Vec<u32>,
    /// One per backend that could be chosen; empty where the rule needs none or they depend on the request.
    pub scores: Vec<Score>,
    pub keys: Option<Keys>,
    pub picture: Option<Picture>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub at_ns: u64,
    pub source: u32,
    pub ordinal: u64,
    pub backend: u32,
    pub try_no: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub backend: u32,
    pub value: f64,
    pub formula: String,
}

/// What a strategy goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sample {
    Items,
    Clients,
    Countries,
}

/// Where some sample keys go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    pub what: Sample,
    /// What each of them is called; empty for those without a name.
    pub names: Vec<String>,
    /// Backend of each key; [`NOBODY`]: none.
    pub owners: Vec<u32>,
    /// Their places on the ring, 0..1; empty where there is none.
    pub places: Vec<f32>,
    pub change: Option<KeysMoved>,
}

/// What the last change of the set of backends did to the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeysMoved {
    pub at_ns: u64,
    /// Backend of each key before.
    pub before: Vec<u32>,
    /// How many had to move for the new shares to be fair.
    pub ideal: f64,
}

/// A strategy's ring or table, thinned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub ring: bool,
    /// Points on the ring, or entries of the table.
    pub size: u32,
    /// Owners at equal steps.
    pub cells: Vec<u32>,
    /// (backend, share of ring or table 0..1).
    pub shares: Vec<(u32, f64)>,
    /// Share that changed its owner with the last change of the set of backends, and the least that had to; 0..1.
    pub moved: Option<(f64, f64)>,
}
