//! What policies keep: of a connection, of a call with all its tries, of a try.

use crate::engine::ordered::Ordered;
use crate::engine::rng::DrawKey;
use crate::engine::time::SimTime;
use crate::model::admission::RateLimit;
use crate::model::policy::PolicyPlan;
use crate::model::policy::breaker::Breaker;
use crate::model::policy::budget::Budget;
use crate::model::policy::bulkhead::Gate;
use crate::model::policy::hedge::Hedger;
use crate::model::system::attempt::{Caller, Verb};
use crate::model::system::slab::Key;

/// Tries of a call under way at a time: the first and three hedges.
pub(super) const LIVE_MAX: usize = 4;

/// What a connection's policies remember.
#[derive(Clone, Debug)]
pub struct PolicyState {
    pub limit: Option<Box<RateLimit>>,
    /// By whose they are: a replica of the caller, or of the callee, or [`NONE`](crate::model::system::slab::NONE) for all.
    pub breakers: Ordered<u32, Box<dyn Breaker>>,
    pub budget: Option<Box<dyn Budget>>,
    pub hedger: Option<Hedger>,
    /// By whose they are: a replica of the caller, or [`NONE`](crate::model::system::slab::NONE) for all.
    pub(in crate::model::system) gates: Ordered<u32, Gate<Key>>,
    /// Rise when breakers, or gates, are replaced: tickets from before mean nothing to them.
    pub(super) breaker_epoch: u64,
    pub(super) gate_epoch: u64,
    pub counts: PolicyCounts,
    /// Calls that have not ended.
    pub open_calls: u32,
}

/// What a connection's policies did since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyCounts {
    pub calls: u64,
    pub rate_limited: u64,
    pub past_deadline: u64,
    pub circuit_open: u64,
    pub bulkhead_full: u64,
    /// Retries and hedges for which the budget had nothing left.
    pub unpaid: u64,
    pub hedges: u64,
    pub hedges_won: u64,
    pub cancels: u64,
}

impl PolicyState {
    pub(in crate::model::system) fn new(plan: &PolicyPlan, now: SimTime) -> Self {
        Self {
            limit: plan.rate_limit.as_ref().map(|settings| Box::new(RateLimit::new(settings))),
            breakers: Ordered::new(),
            budget: plan.budget.as_ref().map(|settings| settings.build(now)),
            hedger: plan.hedging.map(Hedger::new),
            gates: Ordered::new(),
            breaker_epoch: now.0,
            gate_epoch: now.0,
            counts: PolicyCounts::default(),
            open_calls: 0,
        }
    }

    /// Goes by another plan from now on; what is still true stays. Tells who waited at a gate that is no more.
    pub(super) fn update(&mut self, old: &PolicyPlan, new: &PolicyPlan, now: SimTime) -> Vec<Key> {
        let mut released = Vec::new();
        match (&mut self.limit, &new.rate_limit) {
            (Some(limit), Some(settings)) => limit.reconfigure(settings),
            (limit, settings) => *limit = settings.as_ref().map(|settings| Box::new(RateLimit::new(settings))),
        }
        if old.breaker != new.breaker {
            self.breakers.clear();
            self.breaker_epoch = now.0.max(self.breaker_epoch + 1);
        }
        if old.budget != new.budget {
            self.budget = new.budget.as_ref().map(|settings| settings.build(now));
        }
        if old.hedging != new.hedging {
            self.hedger = new.hedging.map(Hedger::new);
        }
        let scope = |plan: &PolicyPlan| plan.bulkhead.map(|bulkhead| bulkhead.per_caller);
        if scope(old) != scope(new) {
            released = self.gates.values_mut().flat_map(|gate| gate.waiting.drain(..)).collect();
            self.gates.clear();
            self.gate_epoch = now.0.max(self.gate_epoch + 1);
        }
        released
    }

    /// Gates that anybody has come to.
    pub fn gate_count(&self) -> u32 {
        self.gates.len() as u32
    }

    /// Open calls at the fullest gate, and who waits there.
    pub fn fullest_gate(&self) -> (u32, u32) {
        let gates = self.gates.values().map(|gate| (gate.open, gate.waiting.len() as u32));
        gates.max().unwrap_or((0, 0))
    }
}

/// A call with all its tries.
#[derive(Clone, Debug)]
pub(in crate::model::system) struct Call {
    /// The connection by which it began.
    pub(super) edge: u32,
    pub(super) caller: Caller,
    pub(super) request: u32,
    pub(super) verb: Verb,
    pub(super) base: DrawKey,
    /// Its caller is a balancer, which chooses anew for each try.
    pub(super) balanced: bool,
    /// Tickets that refer to it.
    pub(super) refs: u32,
    /// Nobody needs the answer after this.
    pub(in crate::model::system) deadline: SimTime,
    /// When its first try was put on the wire; [`SimTime::NEVER`]: not yet.
    pub(super) sent_at: SimTime,
    /// Its caller knows how it ended.
    pub(super) done: bool,
    /// The number of the next try.
    pub(super) tries: u8,
    pub(super) retries: u8,
    pub(super) hedges: u8,
    pub(super) next_is_hedge: bool,
    /// The budget was charged for a try that is not made yet.
    pub(super) charged: bool,
    /// Tries that have not ended, those that wait to be sent included.
    pub(super) live: [Option<Key>; LIVE_MAX],
}

/// What a try carries.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) struct Ticket {
    /// The call that it is a try of; [`NONE`](crate::model::system::slab::NONE): it came over a connection without policies.
    pub(in crate::model::system) call: u32,
    /// Standing at a balancer: the call that it sends on from there.
    pub(super) onward: u32,
    pub(super) breaker_epoch: u64,
    pub(super) gate_epoch: u64,
    /// Whose breaker let it through, and with what pass.
    pub(super) breaker: Option<(u32, u64)>,
    /// The gate that it is in.
    pub(super) gate: Option<u32>,
    /// The gate that it stands before.
    pub(super) line: Option<u32>,
    pub(super) charged: bool,
    pub(super) hedge: bool,
    /// Cancelled on its way.
    pub(super) cancelled: bool,
}

impl Call {
    /// A try is over.
    pub(super) fn forget(&mut self, key: Key) {
        for live in &mut self.live {
            if *live == Some(key) {
                *live = None;
            }
        }
    }
}
