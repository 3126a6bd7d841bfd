//! A gateway: a balancer of requests that first decides whom to let in.

use super::balancer::{BACKENDS, CHECKS, RETRY_ELSEWHERE, STRATEGY, balancing_params};
use super::{Category, Outputs, StationKind};
use crate::model::money::{per_million, prices};
use crate::model::params::{Entry, ParamSpec, told};
use crate::model::read::Reader;
use crate::model::system::plan::StationConfig;

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "gateway",
        name: "Gateway",
        summary: told("The front door: limits the rate, sheds excess load, and routes the rest by path and operation."),
        source: told(
            "An API gateway as nginx, Envoy or AWS API Gateway: rate limit, then load shedding, then routing by the longest matching path.",
        ),
        params: balancing_params!(
            ParamSpec::variant(
                "rate_limit",
                "Rate limit",
                crate::model::admission::limit::entries,
                "off",
                "How many requests are let in over time, no matter how busy the stations behind it are.",
            ),
            ParamSpec::variant(
                "shedding",
                "Load shedding",
                crate::model::admission::shed::gateway_entries,
                "off",
                "Which requests are turned away because too many are in flight behind the gateway.",
            ),
            STRATEGY,
            RETRY_ELSEWHERE
            ;
            per_million(prices::GATEWAY_REQUESTS_HELP)
        ),
        defect: false,
    },
    category: Category::Routing,
    icon: "shield",
    accepts_input: true,
    outputs: Outputs::Required,
    groups: &[
        ("", &["rate_limit", "shedding", "strategy", "retry_elsewhere", "health_checks"]),
        CHECKS,
        BACKENDS,
        ("Price", &["request_price"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a balancer of requests, with admission control in front.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    super::balancer::plan(reader)
}
