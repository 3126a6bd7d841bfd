//! A connection's policies: what they remember, and what they did.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::policy::breaker::{self, State};
use crate::model::system::System;

/// Breakers told one by one.
const BREAKERS_MAX: usize = 12;
/// Cells told of a breaker's window.
const CELLS_MAX: usize = 60;

/// What a connection's policies remember, and what they did since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policies {
    /// Calls begun, and those that have not ended.
    pub calls: u64,
    pub open_calls: u32,
    /// Those that let least through first; not all where there are many.
    pub breakers: Vec<Breaker>,
    /// Breakers in all.
    pub breakers_all: u32,
    /// Breakers that refuse calls.
    pub breakers_open: u32,
    pub gate: Option<Gate>,
    pub limit: Option<RateLimit>,
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

/// A circuit breaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    /// Whose it is, where there are several; else empty.
    pub whose: String,
    /// Its kind in words.
    pub kind: String,
    /// Only the latest of what it goes by; half-open as soon as the next call would be a probe.
    pub look: breaker::Look,
    /// Each cell is a second, not a call.
    pub by_second: bool,
    /// Open: time until it lets probes through.
    pub left: Option<SimDuration>,
}

/// A bulkhead or a pool of connections, the fullest of them where each caller has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub open: u32,
    pub limit: u32,
    pub waiting: u32,
    pub places: u32,
    /// How many there are, where each replica of the caller has its own.
    pub each: Option<u32>,
}

/// A rate limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    pub name: String,
    pub used: f64,
    pub of: f64,
    pub words: String,
}

/// What there is to see of the policies of the connection with this index; `None` where it has none.
#[must_use]
pub fn read(system: &System, ix: u32) -> Option<Box<Policies>> {
    let edge = system.edge_at(ix);
    let (state, plan) = (edge.policy.as_ref()?, edge.plan.policy.as_ref()?);
    let now = system.now();
    let counts = state.counts;
    let kind = plan.breaker.as_ref().map_or("", |settings| settings.name());
    let breakers = state.breakers.iter();
    let mut breakers: Vec<Breaker> = breakers
        .map(|(whose, breaker)| Breaker::of(breaker.look(now), system.whose_breaker(ix, *whose), kind, now))
        .collect();
    if let (true, Some(settings)) = (breakers.is_empty(), &plan.breaker) {
        // Nobody has asked it yet.
        breakers.push(Breaker::of(settings.build(now).look(now), String::new(), kind, now));
    }
    sort::few_by_key(&mut breakers, |breaker| Reverse(strictness(breaker.look.state)));
    let breakers_open = breakers.iter().filter(|breaker| breaker.look.state == State::Open).count() as u32;
    let breakers_all = breakers.len() as u32;
    breakers.truncate(BREAKERS_MAX);
    let gate = plan.bulkhead.map(|settings| {
        let (open, waiting) = state.fullest_gate();
        Gate {
            open,
            waiting,
            limit: settings.limit,
            places: settings.waiting,
            each: settings.per_caller.then_some(state.gate_count()),
        }
    });
    let limit = state.limit.as_ref().map(|limit| {
        let (_, reading) = limit.fullest(now);
        RateLimit { name: limit.name().to_owned(), used: reading.used, of: reading.limit, words: reading.words }
    });
    let budget = state.budget.as_ref().map(|budget| {
        let balance = budget.balance(state.open_calls, now);
        (balance.left, balance.of)
    });
    Some(Box::new(Policies {
        calls: counts.calls,
        open_calls: state.open_calls,
        breakers,
        breakers_all,
        breakers_open,
        gate,
        limit,
        budget,
        hedge_after: state.hedger.as_ref().and_then(|hedger| hedger.delay()).map(|delay| delay.as_secs_f64()),
        hedging: state.hedger.is_some(),
        hedges: counts.hedges,
        hedges_won: counts.hedges_won,
        rate_limited: counts.rate_limited,
        past_deadline: counts.past_deadline,
        circuit_open: counts.circuit_open,
        bulkhead_full: counts.bulkhead_full,
        unpaid: counts.unpaid,
        cancels: counts.cancels,
    }))
}

/// The more, the less gets through.
const fn strictness(state: State) -> u8 {
    match state {
        State::Closed => 0,
        State::HalfOpen => 1,
        State::Open => 2,
    }
}

impl Breaker {
    fn of(mut look: breaker::Look, whose: String, kind: &str, now: SimTime) -> Self {
        // Open, but its wait is over: the next call is a probe.
        if look.until.is_some_and(|until| now > until) {
            look.until = None;
            if look.state == State::Open {
                look.state = State::HalfOpen;
            }
        }
        let by_second = look.cells.iter().any(|cell| cell.calls > 1);
        look.cells.drain(..look.cells.len().saturating_sub(CELLS_MAX));
        let left = look.until.map(|until| until.since(now));
        Self { whose, kind: kind.to_owned(), look, by_second, left }
    }
}
