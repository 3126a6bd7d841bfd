//! A balancer of connections (L4): chooses a backend when a connection is opened; all that comes over it goes there.

use super::balancer::{BACKENDS, CHECKS, STRATEGY, balancing_params, config};
use super::positive;
use super::{Category, Outputs, StationKind};
use crate::model::money::{hourly, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::{ConnectionConfig, Layer, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "l4-balancer",
        name: "Connection balancer",
        summary: told(
            "Chooses a backend for each connection (L4): every request that comes over it goes to the same one.",
        ),
        source: told(
            "TCP mode of HAProxy and AWS Network Load Balancer (idle time-out 350 s). Requests share a connection as in HTTP/2; opening one costs one round trip more.",
        ),
        params: balancing_params!(
            STRATEGY,
            ParamSpec::count(
                "connections",
                "Connections per caller",
                20.0,
                1.0,
                1_000.0,
                "Connections that each caller keeps open: all clients of one node together, or each replica of a service.",
            ),
            ParamSpec::number(
                "lifetime",
                "Longest life",
                Unit::Seconds,
                0.0,
                0.0,
                86_400.0,
                "A connection is closed when it is older than this, and the next request opens another; 0 = never.",
            ),
            ParamSpec::number(
                "idle_timeout",
                "Idle time-out",
                Unit::Seconds,
                350.0,
                0.0,
                86_400.0,
                "A connection is closed when nothing came over it for this long; 0 = never.",
            ),
            ParamSpec::count(
                "requests_per_connection",
                "Requests per connection",
                0.0,
                0.0,
                1_000_000.0,
                "A connection is closed after this many requests; 0 = never, 1 = no keep-alive.",
            ),
            ParamSpec::flag(
                "cut_when_down",
                "Cut when down",
                false,
                "Close the connections to a backend as soon as it is believed dead. Otherwise they last until they break.",
            )
            ;
            hourly(prices::BALANCER_HELP)
        ),
        defect: false,
    },
    category: Category::Routing,
    icon: "cable",
    accepts_input: true,
    outputs: Outputs::Required,
    groups: &[
        ("", &["strategy", "connections", "lifetime", "cut_when_down", "health_checks"]),
        ("Connections", &["idle_timeout", "requests_per_connection"]),
        CHECKS,
        BACKENDS,
        ("Price", &["price"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a balancer of connections.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let connections = ConnectionConfig {
        per_caller: reader.count("connections"),
        lifetime: positive(reader.number("lifetime")),
        idle: positive(reader.number("idle_timeout")),
        requests: reader.count("requests_per_connection"),
        cut_when_down: reader.flag("cut_when_down"),
    };
    config(reader, Layer::Connections(connections))
}
