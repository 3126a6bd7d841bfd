//! A balancer: passes each request on to one of its backends, chosen by a strategy among those it believes healthy.

use super::{Category, Outputs, StationKind};
use crate::model::params::{Entry, ParamSpec, Unit};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "balancer",
        name: "Balancer",
        summary: "Spreads requests over backends by a strategy; checks their health.",
        source: "Active checks after HAProxy and nginx: interval, time-out, rise, fall.",
        params: &[
            ParamSpec::variant(
                "strategy",
                "Strategy",
                crate::model::strategy_entries,
                "round-robin",
                "How a backend is chosen among those believed healthy.",
            ),
            ParamSpec::flag(
                "health_checks",
                "Health checks",
                true,
                "Ask every replica regularly how it is. The questions are real requests and take capacity.",
            ),
            ParamSpec::number(
                "check_interval",
                "Check every",
                Unit::Seconds,
                5.0,
                0.1,
                3_600.0,
                "Time between two checks of a replica.",
            ),
            ParamSpec::number(
                "check_timeout",
                "Check time-out",
                Unit::Seconds,
                1.0,
                0.001,
                600.0,
                "A check without an answer for this long counts as failed.",
            ),
            ParamSpec::count("rise", "Rise", 2.0, 1.0, 100.0, "Good checks in a row that bring a backend back."),
            ParamSpec::count("fall", "Fall", 3.0, 1.0, 100.0, "Failed checks in a row that take a backend out."),
            ParamSpec::flag(
                "panic_mode",
                "Panic mode",
                false,
                "With no healthy backend left, send to all of them rather than answer with an error.",
            ),
        ],
        defect: false,
    },
    category: Category::Routing,
    accepts_input: true,
    outputs: Outputs::Required,
};
