//! Client-side balancing: every caller chooses for itself, by what a registry told it when it last asked.

use super::balancer::{BACKENDS, CHECKS, STRATEGY, balancing_params, config};
use super::{Category, Outputs, StationKind};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::{CallerConfig, Layer, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "client-balancer",
        name: "Client-side balancer",
        summary: told(
            "Every caller chooses a backend itself, by its own counts and by what the registry told it when it last asked.",
        ),
        source: told(
            "Registry polled every 30 s: Netflix Eureka's default. Subsets: Beyer et al., \"Site Reliability Engineering\", ch. 20.",
        ),
        params: balancing_params!(
            STRATEGY,
            ParamSpec::number(
                "refresh",
                "Asks the registry every",
                Unit::Seconds,
                30.0,
                0.1,
                3_600.0,
                "Until it asks again, a caller knows nothing of what came, went or died.",
            ),
            ParamSpec::count(
                "subset",
                "Subset",
                0.0,
                0.0,
                1_000.0,
                "Backends that each caller uses, so that it need not hold connections to all; 0 = all of them.",
            ),
            ParamSpec::count(
                "callers",
                "Callers",
                10.0,
                1.0,
                200.0,
                "How many callers the clients of one node make. The replicas of a service are one caller each.",
            )
            ;
        ),
        defect: false,
    },
    category: Category::Routing,
    icon: "waypoints",
    accepts_input: true,
    outputs: Outputs::Required,
    groups: &[("", &["strategy", "refresh", "subset", "callers", "health_checks"]), CHECKS, BACKENDS],
    ..StationKind::PLAIN
};

/// What runs: a balancer in the callers.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let callers = CallerConfig {
        clients: reader.count("callers"),
        refresh: SimDuration::from_secs_f64(reader.number("refresh")),
        subset: reader.count("subset"),
    };
    config(reader, Layer::Callers(callers))
}
