//! A connection's policies, as the page shows them.

use crate::engine::time::SimTime;
use crate::model::policy::breaker::{Look, State};
use crate::model::system::System;
use crate::model::system::edge::Edge;
use crate::protocol::mesh::{BREAKERS_MAX, BreakerFrame, BreakerState, CELLS_MAX, GateFrame, PolicyFrame, RateFrame};

/// What there is to see of a connection's policies; `None` where it has none.
pub(super) fn policies(system: &System, ix: u32, edge: &Edge) -> Option<Box<PolicyFrame>> {
    let (state, plan) = (edge.policy.as_ref()?, edge.plan.policy.as_ref()?);
    let now = system.now();
    let counts = state.counts;
    let mut breakers: Vec<BreakerFrame> = state
        .breakers
        .iter()
        .map(|(whose, breaker)| {
            let kind = plan.breaker.as_ref().map_or("", |settings| settings.name());
            breaker_frame(&breaker.look(now), system.whose_breaker(ix, *whose), kind, now)
        })
        .collect();
    if let (true, Some(settings)) = (breakers.is_empty(), &plan.breaker) {
        // Nobody has asked it yet.
        breakers.push(breaker_frame(&settings.build(now).look(now), String::new(), settings.name(), now));
    }
    breakers.sort_by_key(|breaker| std::cmp::Reverse(breaker.state));
    let breakers_open = breakers.iter().filter(|breaker| breaker.state == BreakerState::Open).count() as u32;
    let breakers_all = breakers.len() as u32;
    breakers.truncate(BREAKERS_MAX);
    let gate = plan.bulkhead.map(|settings| {
        let (open, waiting) = state.fullest_gate();
        GateFrame {
            open,
            waiting,
            limit: settings.limit,
            places: settings.waiting,
            each: settings.per_caller.then_some(state.gate_count()),
        }
    });
    let limit = state.limit.as_ref().map(|limit| {
        let (_, reading) = limit.fullest(now);
        RateFrame { name: limit.name().to_owned(), used: reading.used, of: reading.limit, words: reading.words }
    });
    let budget = state.budget.as_ref().map(|budget| {
        let balance = budget.balance(state.open_calls, now);
        (balance.left, balance.of)
    });
    Some(Box::new(PolicyFrame {
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

fn breaker_frame(look: &Look, whose: String, kind: &str, now: SimTime) -> BreakerFrame {
    // Open, but its wait is over: the next call is a probe.
    let due = look.until.is_some_and(|until| now > until);
    let state = match look.state {
        State::Closed => BreakerState::Closed,
        State::Open if due => BreakerState::HalfOpen,
        State::Open => BreakerState::Open,
        State::HalfOpen => BreakerState::HalfOpen,
    };
    let from = look.cells.len().saturating_sub(CELLS_MAX);
    BreakerFrame {
        whose,
        kind: kind.to_owned(),
        state,
        since_ns: look.since.0,
        why: look.why.to_string(),
        left_ns: look.until.filter(|_| !due).map(|until| (until.since(now).0, until.since(look.since).0)),
        by_second: look.cells.iter().any(|cell| cell.calls > 1),
        cells: look.cells[from..].iter().map(|cell| (cell.calls, cell.failed, cell.slow)).collect(),
        sum: (look.sum.calls, look.sum.failed, look.sum.slow),
        in_a_row: look.in_a_row,
        shares: look.shares,
        probes: look.probes,
    }
}
