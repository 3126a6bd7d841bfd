//! What is sent of a connection's policies.

use serde::{Deserialize, Serialize};

/// What a connection's policies remember, and what they did since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyFrame {
    /// Calls begun, and those that have not ended.
    pub calls: u64,
    pub open_calls: u32,
    /// Those that let least through first; at most [`BREAKERS_MAX`].
    pub breakers: Vec<BreakerFrame>,
    /// Breakers in all.
    pub breakers_all: u32,
    /// Breakers that refuse calls.
    pub breakers_open: u32,
    pub gate: Option<GateFrame>,
    pub limit: Option<RateFrame>,
    /// Tries beyond the first that the retry budget would pay for now, of so many.
    pub budget: Option<(f64, f64)>,
    /// A second try goes out after this [s]; `None`: too little is known yet, or nothing is hedged.
    pub hedge_after: Option<f64>,
    pub hedging: bool,
    pub hedges: u64,
    pub hedges_won: u64,
    pub rate_limited: u64,
    pub past_deadline: u64,
    pub circuit_open: u64,
    pub bulkhead_full: u64,
    /// Tries that the retry budget did not pay for.
    pub unpaid: u64,
    pub cancels: u64,
}

/// Breakers told one by one.
pub const BREAKERS_MAX: usize = 12;
/// Cells told of a breaker's window.
pub const CELLS_MAX: usize = 60;

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BreakerState {
    #[default]
    Closed,
    HalfOpen,
    Open,
}

impl BreakerState {
    /// The word for it on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }
}

/// A circuit breaker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakerFrame {
    /// Whose it is, where there are several; else empty.
    pub whose: String,
    /// Its kind in words.
    pub kind: String,
    pub state: BreakerState,
    pub since_ns: u64,
    /// Why it came into this state, in words.
    pub why: String,
    /// Open: time until it lets probes through, of how long [ns].
    pub left_ns: Option<(u64, u64)>,
    /// The latest of what it goes by, oldest first: calls, failed, slow.
    pub cells: Vec<(u32, u32, u32)>,
    /// Each cell is a second, not a call.
    pub by_second: bool,
    /// Sums over all that it goes by: calls, failed, slow.
    pub sum: (u32, u32, u32),
    /// Failures in a row, of how many.
    pub in_a_row: Option<(u32, u32)>,
    /// Shares of failed and of slow calls that open it [0..1], and from how many calls on.
    pub shares: Option<(f64, Option<f64>, u32)>,
    /// Half-open: probes begun, of how many.
    pub probes: Option<(u32, u32)>,
}

/// A bulkhead or a pool of connections, the fullest of them where each caller has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GateFrame {
    pub open: u32,
    pub limit: u32,
    pub waiting: u32,
    pub places: u32,
    /// How many there are, where each replica of the caller has its own.
    pub each: Option<u32>,
}

/// A rate limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RateFrame {
    pub name: String,
    pub used: f64,
    pub of: f64,
    pub words: String,
}
