//! DNS as a balancer: hands out addresses, which resolvers keep for the time to live on behalf of their clients.

use super::balancer::config;
use super::balancer::{CHECK, CHECK_TIMEOUT, CHECKS, CONCURRENT, FALL, HEALTH_CHECKS, PANIC_THRESHOLD, RISE};
use super::{Category, Outputs, StationKind};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::{Layer, NameConfig, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "dns",
        name: "DNS",
        summary: told(
            "Hands out a backend's address; resolvers keep the answer for its time to live, no matter what happens meanwhile.",
        ),
        source: told(
            "RFC 1035 (time to live). Checks every 30 s, three failures: Amazon Route 53, which also answers with all of them when none is healthy.",
        ),
        params: &[
            ParamSpec::variant(
                "strategy",
                "Strategy",
                crate::model::name_strategy_entries,
                "round-robin",
                "Which address the next answer gives. DNS sees neither requests in flight nor response times, so only strategies that need none are offered.",
            ),
            ParamSpec::number(
                "ttl",
                "Time to live",
                Unit::Seconds,
                60.0,
                0.0,
                86_400.0,
                "How long a resolver keeps an answer. A dead address is used until it runs out.",
            ),
            ParamSpec::number(
                "lookup_time",
                "Look-up",
                Unit::Seconds,
                0.02,
                0.0,
                10.0,
                "How long a resolver takes to get an answer that it does not have.",
            ),
            HEALTH_CHECKS,
            ParamSpec::number(
                "check_interval",
                "Check every",
                Unit::Seconds,
                30.0,
                0.1,
                3_600.0,
                "Time between two checks of a backend.",
            ),
            CHECK_TIMEOUT,
            RISE,
            FALL,
            CHECK,
            CONCURRENT,
            PANIC_THRESHOLD,
            ParamSpec::flag(
                "panic_mode",
                "Panic mode",
                true,
                "With no healthy backend left, answer with any of them rather than with none.",
            ),
        ],
        defect: false,
    },
    category: Category::Routing,
    icon: "signpost",
    accepts_input: true,
    outputs: Outputs::Required,
    groups: &[
        ("", &["strategy", "ttl", "lookup_time", "health_checks"]),
        CHECKS,
        ("Failing backends", &["panic_mode", "panic_threshold"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a balancer of names.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    config(reader, Layer::Names(NameConfig { ttl: secs("ttl"), lookup: secs("lookup_time") }))
}
