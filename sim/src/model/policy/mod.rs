//! Policies of a connection: what its caller does besides sending and waiting.
//!
//! In this order: rate limit, deadline, retry and hedge; then for each try: breaker, bulkhead or pool, time-out, network.
//! Everything here is plain state that is told the time; `system/policy/` puts it to work.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod hedge;
pub mod sidecar;

use crate::engine::time::{SimDuration, SimTime};
use crate::model::admission::limit;
use crate::model::params::{Entry, Variant};
use crate::model::read::Reader;

/// One kind of machine of a registry: its words, and how one is built at a moment.
#[derive(Debug)]
pub struct Kind<T: ?Sized> {
    pub entry: &'static Entry,
    build: fn(&Reader<'_>, SimTime) -> Box<T>,
}

impl<T: ?Sized> Kind<T> {
    const fn words(&self) -> &'static Entry {
        self.entry
    }
}

/// The machine that a choice names.
///
/// # Panics
/// Never: settings are read only from an entry of the registry.
fn build<T: ?Sized>(registry: &[Kind<T>], choice: &Variant, now: SimTime) -> Box<T> {
    let kind = registry.iter().find(|kind| kind.entry.id == choice.id).expect("settings name an entry of the registry");
    (kind.build)(&Reader::new(kind.entry, &choice.params), now)
}

/// What a connection is told beyond latency, time-out and retries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyPlan {
    pub rate_limit: Option<limit::Settings>,
    /// A try that has not reached its station by then ends.
    pub connect_timeout: Option<SimDuration>,
    /// The caller gives up on the whole call, with all its tries.
    pub overall_timeout: Option<SimDuration>,
    /// The call carries a deadline this far ahead.
    pub deadline: Option<SimDuration>,
    /// The call carries on the deadline with which its caller was called.
    pub pass_deadline: bool,
    /// A caller that gives up says so.
    pub cancel: bool,
    pub breaker: Option<breaker::Settings>,
    pub budget: Option<budget::Settings>,
    pub hedging: Option<hedge::Settings>,
    pub bulkhead: Option<bulkhead::Settings>,
    pub sidecar: Option<sidecar::Settings>,
}

impl PolicyPlan {
    /// What the parameters of a connection say; `None`: nothing beyond latency, time-out and retries.
    #[must_use]
    pub fn read(reader: &Reader<'_>) -> Option<Box<Self>> {
        let secs = |key: &str| Some(SimDuration::from_secs_f64(reader.number(key))).filter(|time| time.0 > 0);
        let plan = Self {
            rate_limit: limit::read(&reader.variant("rate_limit").1),
            connect_timeout: secs("connect_timeout"),
            overall_timeout: secs("overall_timeout"),
            deadline: secs("deadline"),
            pass_deadline: reader.flag("pass_deadline"),
            cancel: reader.flag("cancel"),
            breaker: breaker::read(&reader.variant("breaker").1),
            budget: budget::read(&reader.variant("retry_budget").1),
            hedging: hedge::read(&reader.variant("hedging").1),
            bulkhead: bulkhead::read(&reader.variant("bulkhead").1),
            sidecar: sidecar::read(&reader.variant("sidecar").1),
        };
        (plan != Self::default()).then(|| Box::new(plan))
    }
}
