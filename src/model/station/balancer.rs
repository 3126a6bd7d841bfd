//! A balancer of requests (L7): passes each request on to one of its backends, chosen by a strategy among those it
//! believes healthy.

use super::{Category, Outputs, StationKind};
use crate::model::params::{Entry, ParamSpec, Unit};

/// The strategy of a balancer that sees what it sends and what comes back.
pub(super) const STRATEGY: ParamSpec = ParamSpec::variant(
    "strategy",
    "Strategy",
    crate::model::strategy_entries,
    "round-robin",
    "How a backend is chosen among those believed healthy.",
);
pub(super) const HEALTH_CHECKS: ParamSpec = ParamSpec::flag(
    "health_checks",
    "Health checks",
    true,
    "Ask every replica regularly how it is. The questions are real requests and take capacity.",
);
pub(super) const CHECK_INTERVAL: ParamSpec = ParamSpec::number(
    "check_interval",
    "Check every",
    Unit::Seconds,
    5.0,
    0.1,
    3_600.0,
    "Time between two checks of a replica.",
);
pub(super) const CHECK_TIMEOUT: ParamSpec = ParamSpec::number(
    "check_timeout",
    "Check time-out",
    Unit::Seconds,
    1.0,
    0.001,
    600.0,
    "A check without an answer for this long counts as failed.",
);
pub(super) const RISE: ParamSpec =
    ParamSpec::count("rise", "Rise", 2.0, 1.0, 100.0, "Good checks in a row that bring a backend back.");
pub(super) const FALL: ParamSpec =
    ParamSpec::count("fall", "Fall", 3.0, 1.0, 100.0, "Failed checks in a row that take a backend out.");
pub(super) const PANIC_MODE: ParamSpec = ParamSpec::flag(
    "panic_mode",
    "Panic mode",
    false,
    "With no healthy backend left, send to all of them rather than answer with an error.",
);

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "balancer",
        name: "Balancer",
        summary: "Chooses a backend for each request (L7) by a strategy; checks their health.",
        source: "Active checks after HAProxy and nginx: interval, time-out, rise, fall. Routing by the longest matching path after nginx.",
        params: &[
            STRATEGY,
            ParamSpec::flag(
                "retry_elsewhere",
                "Retry elsewhere",
                true,
                "A retry (set on the connection to the backend) goes to a backend that has not been tried for this request, as long as there is one.",
            ),
            HEALTH_CHECKS,
            CHECK_INTERVAL,
            CHECK_TIMEOUT,
            RISE,
            FALL,
            PANIC_MODE,
        ],
        defect: false,
    },
    category: Category::Routing,
    icon: "network",
    accepts_input: true,
    outputs: Outputs::Required,
};
