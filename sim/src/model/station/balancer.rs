//! A balancer of requests (L7): passes each request on to one of its backends, chosen by a strategy among those it
//! believes healthy.

use super::{Category, Outputs, StationKind};
use crate::engine::time::SimDuration;
use crate::model::money::{hourly, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::{BalancerConfig, CheckConfig, Layer, StationConfig};
use crate::model::{balancer, outlier, slow_start};

/// The strategy of a balancer that sees what it sends and what comes back.
pub(super) const STRATEGY: ParamSpec = ParamSpec::variant(
    "strategy",
    "Strategy",
    crate::model::strategy_entries,
    "round-robin",
    "How a backend is chosen among those believed healthy.",
);
pub(super) const RETRY_ELSEWHERE: ParamSpec = ParamSpec::flag(
    "retry_elsewhere",
    "Retry elsewhere",
    true,
    "A retry (set on the connection to the backend) goes to a backend that has not been tried for this request, as long as there is one.",
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
pub(super) const CHECK: ParamSpec = ParamSpec::choice(
    "check",
    "Checks ask",
    &[("shallow", "/healthz: the process answers"), ("deep", "/ready: asks what stands behind it, too")],
    "shallow",
    "A deep check also asks every station behind the backend, and fails if one of them does: one broken database then takes out every backend at once.",
);
pub(super) const CONCURRENT: ParamSpec = ParamSpec::count(
    "concurrent",
    "Checks at once",
    0.0,
    0.0,
    1_000.0,
    "Most checks under way at a time; the others follow as answers come in. 0 = all at once.",
);
pub(super) const OUTLIER_DETECTION: ParamSpec = ParamSpec::variant(
    "outlier_detection",
    "Outlier detection",
    crate::model::outlier::entries,
    "off",
    "Takes backends out of rotation by the errors in their answers, without sending them checks.",
);
pub(super) const SLOW_START: ParamSpec = ParamSpec::variant(
    "slow_start",
    "Slow start",
    crate::model::slow_start::entries,
    "off",
    "Gives a backend that is new or was down its share little by little, so that it can warm up.",
);
pub(super) const PANIC_THRESHOLD: ParamSpec = ParamSpec::number(
    "panic_threshold",
    "Panic below",
    Unit::Share,
    0.0,
    0.0,
    1.0,
    "When a smaller share of the backends than this is believed healthy, all of them are used: some errors are better than all traffic on a few. 0 = never; Envoy's default is 50 %.",
);
pub(super) const PANIC_MODE: ParamSpec = ParamSpec::flag(
    "panic_mode",
    "Panic mode",
    false,
    "With no healthy backend left, send to all of them rather than answer with an error.",
);

/// The checks of a balancer beside whether it checks at all.
pub(super) const CHECKS: (&str, &[&str]) =
    ("Health checks", &["check_interval", "check_timeout", "rise", "fall", "check", "concurrent"]);
/// What a balancer does about backends that fail, and about those that are back.
pub(super) const BACKENDS: (&str, &[&str]) =
    ("Failing and new backends", &["outlier_detection", "slow_start", "panic_mode", "panic_threshold"]);

/// Parameters of a balancer: its own, then those that all have, then its price.
macro_rules! balancing_params {
    ($($own:expr),* ; $($price:expr),*) => {
        &[
            $($own,)*
            $crate::model::station::balancer::HEALTH_CHECKS,
            $crate::model::station::balancer::CHECK_INTERVAL,
            $crate::model::station::balancer::CHECK_TIMEOUT,
            $crate::model::station::balancer::RISE,
            $crate::model::station::balancer::FALL,
            $crate::model::station::balancer::CHECK,
            $crate::model::station::balancer::CONCURRENT,
            $crate::model::station::balancer::OUTLIER_DETECTION,
            $crate::model::station::balancer::SLOW_START,
            $crate::model::station::balancer::PANIC_MODE,
            $crate::model::station::balancer::PANIC_THRESHOLD,
            $($price),*
        ]
    };
}
pub(super) use balancing_params;

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "balancer",
        name: "Balancer",
        summary: told("Chooses a backend for each request (L7) by a strategy; checks their health."),
        source: told(
            "Active checks after HAProxy and nginx: interval, time-out, rise, fall. Outlier detection, slow start and the panic threshold after Envoy. Routing by the longest matching path after nginx.",
        ),
        params: balancing_params!(
            STRATEGY,
            RETRY_ELSEWHERE
            ;
            hourly(prices::BALANCER_HELP)
        ),
        defect: false,
    },
    category: Category::Routing,
    icon: "network",
    accepts_input: true,
    outputs: Outputs::Required,
    groups: &[
        ("", &["strategy", "retry_elsewhere", "health_checks", "slow_start"]),
        CHECKS,
        ("Failing backends", &["outlier_detection", "panic_mode", "panic_threshold"]),
        ("Price", &["price"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a balancer of requests.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    config(reader, Layer::Requests { elsewhere: reader.flag(RETRY_ELSEWHERE.key) })
}

/// What all balancers have.
pub(super) fn config(reader: &Reader<'_>, layer: Layer) -> StationConfig {
    let (_, strategy) = reader.variant("strategy");
    let names = matches!(layer, Layer::Names(_));
    StationConfig::Balancer(BalancerConfig {
        layer,
        // A strategy that cannot be built is an error of the document; see `check`.
        strategy: if balancer::check(&strategy).is_ok() { strategy } else { balancer::default_variant() },
        checks: reader.flag("health_checks").then(|| CheckConfig {
            interval: SimDuration::from_secs_f64(reader.number("check_interval")),
            timeout: SimDuration::from_secs_f64(reader.number("check_timeout")),
            rise: reader.count("rise"),
            fall: reader.count("fall"),
            deep: reader.choice("check") == "deep",
            concurrent: reader.count("concurrent"),
        }),
        // DNS hears of no answer and shares out no requests.
        outliers: (!names).then(|| outlier::read(&reader.variant("outlier_detection").1)).flatten(),
        slow_start: (!names).then(|| slow_start::read(&reader.variant("slow_start").1)).flatten(),
        panic_mode: reader.flag("panic_mode"),
        panic_threshold: reader.number("panic_threshold"),
    })
}
