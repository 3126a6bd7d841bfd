//! What the autoscaler can be told, as a table of parameters, and the settings that the controller has of it; both ways,
//! since manifests are read and written.

use super::super::hpa::behavior::{Amount, Behavior, Policy, Rules, Select};
use super::super::hpa::calculator::{Metric, Resource, Timing};
use super::super::hpa::{Nanos, SECOND, Settings};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant};
use crate::model::read::Reader;

/// Bytes of a MiB.
pub(super) const MIB: f64 = 1_048_576.0;

pub(super) const KINDS: &[(&str, &str)] = &[
    ("cpu_percent", "CPU, % of the request"),
    ("cpu_average", "CPU, cores per replica"),
    ("memory_percent", "Memory, % of the request"),
    ("memory_average", "Memory, MiB per replica"),
    ("pods_requests", "Requests/s per replica, each asked"),
    ("pods_in_flight", "Requests in flight per replica, each asked"),
    ("object_requests", "Requests/s in all (Object)"),
    ("object_requests_average", "Requests/s in total, shared out (Object)"),
    ("external_waiting", "Waiting requests in total (External)"),
    ("external_waiting_average", "Waiting requests in total, shared out (External)"),
];

pub(super) fn default_metrics() -> Value {
    Value::List(vec![metric_row("cpu_percent", 80.0)])
}

/// A row of the table of metrics.
#[must_use]
pub fn metric_row(kind: &str, target: f64) -> Value {
    Value::List(vec![Value::from(kind), Value::from(target)])
}

pub(super) fn default_up() -> Value {
    Value::List(vec![policy_row("pods", 4.0, 15.0), policy_row("percent", 100.0, 15.0)])
}

pub(super) fn default_down() -> Value {
    Value::List(vec![policy_row("percent", 100.0, 15.0)])
}

/// A row of a table of policies.
#[must_use]
pub fn policy_row(unit: &str, value: f64, period: f64) -> Value {
    Value::List(vec![Value::from(unit), Value::from(value), Value::from(period)])
}

pub(super) const SOURCE: &str = "Kubernetes, autoscaling/v2, with the controller's defaults.";

pub(super) static PLAIN: Entry = Entry {
    id: "none",
    name: "None given",
    summary: "At most twice the number (or 4) in one step up; down after the longest recommendation of 5 minutes.",
    source: SOURCE,
    params: &[],
    defect: false,
};

pub(super) const POLICY_COLUMNS: &[ParamSpec] = &[
    ParamSpec::choice("unit", "Unit", &[("pods", "replicas"), ("percent", "% of them")], "percent", "What is counted."),
    ParamSpec::count("value", "At most", 100.0, 1.0, 1_000_000.0, "Largest change within the period."),
    ParamSpec::number("period", "Within", Unit::Seconds, 60.0, 1.0, 1_800.0, "The period."),
];

pub(super) const SELECT: &[(&str, &str)] =
    &[("max", "the largest change"), ("min", "the smallest change"), ("disabled", "none at all")];

pub(super) static RULES: Entry = Entry {
    id: "rules",
    name: "Given",
    summary: "Windows and rates for either direction.",
    source: SOURCE,
    params: &[
        ParamSpec::number(
            "up_window",
            "Up: looks back",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "The smallest recommendation of this long counts for scaling up.",
        ),
        ParamSpec {
            key: "up_policies",
            label: "Up: rates",
            help: "How many replicas may be added within a period.",
            kind: ParamKind::Table { columns: POLICY_COLUMNS, default: default_up, rows_max: 10 },
        },
        ParamSpec::choice("up_select", "Up: of several rates", SELECT, "max", "Which of the rates counts."),
        ParamSpec::number(
            "down_window",
            "Down: looks back",
            Unit::Seconds,
            300.0,
            0.0,
            3_600.0,
            "The largest recommendation of this long counts for scaling down.",
        ),
        ParamSpec {
            key: "down_policies",
            label: "Down: rates",
            help: "How many replicas may leave within a period.",
            kind: ParamKind::Table { columns: POLICY_COLUMNS, default: default_down, rows_max: 10 },
        },
        ParamSpec::choice("down_select", "Down: of several rates", SELECT, "max", "Which of the rates counts."),
    ],
    defect: false,
};

/// Rules for how fast it goes, as a choice for parameters.
#[must_use]
pub fn behaviors() -> Vec<&'static Entry> {
    vec![&PLAIN, &RULES]
}

pub static ENTRY: Entry = Entry {
    id: "hpa",
    name: "Kubernetes HPA",
    summary: "The horizontal pod autoscaler: the largest of what its metrics ask for, held back by windows and rates.",
    source: SOURCE,
    params: &[
        ParamSpec::count("min", "At least", 1.0, 1.0, 1_000.0, "Never fewer replicas than this (minReplicas)."),
        ParamSpec::count("max", "At most", 10.0, 1.0, 1_000.0, "Never more replicas than this (maxReplicas)."),
        ParamSpec {
            key: "metrics",
            label: "Metrics",
            help: "What is measured, and its target. Each asks for a number of replicas; the largest counts.",
            kind: ParamKind::Table {
                columns: &[
                    ParamSpec::choice("metric", "Metric", KINDS, "cpu_percent", "What is measured."),
                    ParamSpec::number(
                        "target",
                        "Target",
                        Unit::Plain,
                        80.0,
                        0.001,
                        1_000_000_000.0,
                        "What it should be, in the metric's unit.",
                    ),
                    ParamSpec::station(
                        "of",
                        "Of",
                        "Object and External: the station at which it is measured, e.g. a broker's waiting messages or a client's requests. The others are measured at each replica.",
                    ),
                ],
                default: default_metrics,
                rows_max: 10,
            },
        },
        ParamSpec::variant(
            "behavior",
            "Behavior",
            behaviors,
            "none",
            "How fast a recommendation is followed. A manifest without it is not the same as one with all defaults.",
        ),
        ParamSpec::number(
            "tolerance_up",
            "Tolerance up",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Measured over target may be this much above 1 before replicas are added.",
        ),
        ParamSpec::number(
            "tolerance_down",
            "Tolerance down",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Measured over target may be this much below 1 before replicas leave.",
        ),
        ParamSpec::number(
            "pods_window",
            "Requests/s measured over",
            Unit::Seconds,
            30.0,
            15.0,
            3_600.0,
            "A replica's requests per second are a mean over this long, asked for every 15 s: short ones jump, long ones lag. Requests in flight are what they are at that moment.",
        ),
        ParamSpec::number(
            "sync",
            "Evaluates every",
            Unit::Seconds,
            15.0,
            1.0,
            3_600.0,
            "Time between two evaluations (a flag of the controller).",
        ),
        ParamSpec::number(
            "downscale_window",
            "Controller looks back",
            Unit::Seconds,
            300.0,
            0.0,
            3_600.0,
            "How far back a larger recommendation holds up scaling down, where the behavior says nothing (a flag of the controller).",
        ),
        ParamSpec::number(
            "cpu_initialization",
            "CPU counts after",
            Unit::Seconds,
            300.0,
            0.0,
            3_600.0,
            "For this long after its start, a replica's CPU counts only once it is ready and has been measured for a whole window since (a flag of the controller).",
        ),
        ParamSpec::number(
            "initial_readiness",
            "Readiness counts after",
            Unit::Seconds,
            30.0,
            0.0,
            3_600.0,
            "A replica that turned unready within this time of its start counts as never having been ready (a flag of the controller).",
        ),
    ],
    defect: false,
};

/// What a row of metrics measures.
pub(super) fn metric(kind: &str, target: f64) -> Metric {
    let milli = (target * 1_000.0).round() as i64;
    match kind {
        "cpu_average" => Metric::ResourceAverage { resource: Resource::Cpu, milli },
        "memory_percent" => Metric::Utilization { resource: Resource::Memory, percent: target.round().max(1.0) as i32 },
        "memory_average" => {
            Metric::ResourceAverage { resource: Resource::Memory, milli: (target * MIB * 1_000.0).round() as i64 }
        }
        "pods_requests" | "pods_in_flight" => Metric::PodsAverage { milli },
        "object_requests" | "external_waiting" => Metric::Value { milli },
        "object_requests_average" | "external_waiting_average" => Metric::ValuePerPod { milli },
        _ => Metric::Utilization { resource: Resource::Cpu, percent: target.round().max(1.0) as i32 },
    }
}

/// A metric as it is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// An id of the table's choice.
    pub kind: &'static str,
    pub target: f64,
    /// Number of the node at which it is measured; 0: the service itself.
    pub of: u32,
}

impl Row {
    /// Whether it is one number for all, measured at a station.
    #[must_use]
    pub fn is_from_outside(&self) -> bool {
        self.kind.starts_with("object") || self.kind.starts_with("external")
    }
}

/// The metrics that are chosen.
#[must_use]
pub fn rows(params: &Params) -> Vec<Row> {
    metrics(&Reader::new(&ENTRY, params))
}

pub(super) fn metrics(reader: &Reader<'_>) -> Vec<Row> {
    let row = |cells: Vec<Value>| match cells.as_slice() {
        [Value::Text(kind), Value::Number(target), of] if *target > 0.0 => {
            let kind = KINDS.iter().find(|(id, _)| id == kind).map(|(id, _)| *id)?;
            let mut row = Row { kind, target: *target, of: 0 };
            if let Value::Number(of) = of
                && row.is_from_outside()
            {
                row.of = of.clamp(0.0, f64::from(u32::MAX)) as u32;
            }
            Some(row)
        }
        _ => None,
    };
    let rows: Vec<_> = reader.rows("metrics").into_iter().filter_map(row).collect();
    if rows.is_empty() { vec![Row { kind: "cpu_percent", target: 80.0, of: 0 }] } else { rows }
}

pub(super) fn nanos(secs: f64) -> Nanos {
    (secs * SECOND as f64).round() as Nanos
}

pub(super) fn rules(reader: &Reader<'_>, direction: &str) -> Rules {
    let key = |name: &str| format!("{direction}_{name}");
    let policy = |cells: Vec<Value>| match cells.as_slice() {
        [Value::Text(unit), Value::Number(value), Value::Number(period)] => {
            let value = value.clamp(0.0, 1e6) as i32;
            let amount = if unit == "pods" { Amount::Pods(value) } else { Amount::Percent(value) };
            Some(Policy { amount, period: nanos(*period) })
        }
        _ => None,
    };
    Rules {
        window: Some(nanos(reader.number(&key("window")))),
        select: match reader.choice(&key("select")) {
            "min" => Select::Min,
            "disabled" => Select::Disabled,
            _ => Select::Max,
        },
        policies: reader.rows(&key("policies")).into_iter().filter_map(policy).collect(),
    }
}

/// The parameters as the controller's settings.
#[must_use]
pub fn settings(params: &Params) -> Settings {
    let reader = Reader::new(&ENTRY, params);
    let min = reader.count("min") as i32;
    let rows = metrics(&reader);
    let mut settings = Settings::new(
        min,
        (reader.count("max") as i32).max(min),
        rows.iter().map(|row| metric(row.kind, row.target)).collect(),
    );
    let (entry, behavior) = reader.variant("behavior");
    settings.behavior = (entry.id == RULES.id).then(|| {
        let reader = Reader::new(entry, &behavior.params);
        Behavior { up: rules(&reader, "up"), down: rules(&reader, "down") }
    });
    settings.timing = Timing {
        tolerance_up: reader.number("tolerance_up"),
        tolerance_down: reader.number("tolerance_down"),
        cpu_initialization: nanos(reader.number("cpu_initialization")),
        initial_readiness: nanos(reader.number("initial_readiness")),
    };
    settings.downscale_window = nanos(reader.number("downscale_window"));
    settings
}

/// Settings as parameters; the rows that have no name here (ratios of custom metrics) come out as requests per second.
#[must_use]
pub fn to_variant(settings: &Settings) -> Variant {
    let secs = |nanos: Nanos| nanos as f64 / SECOND as f64;
    let row = |metric: &Metric| match *metric {
        Metric::Utilization { resource: Resource::Cpu, percent } => metric_row("cpu_percent", f64::from(percent)),
        Metric::Utilization { resource: Resource::Memory, percent } => metric_row("memory_percent", f64::from(percent)),
        Metric::ResourceAverage { resource: Resource::Cpu, milli } => metric_row("cpu_average", milli as f64 / 1e3),
        Metric::ResourceAverage { resource: Resource::Memory, milli } => {
            metric_row("memory_average", milli as f64 / 1e3 / MIB)
        }
        Metric::PodsAverage { milli } => metric_row("pods_requests", milli as f64 / 1e3),
        Metric::Value { milli } => metric_row("object_requests", milli as f64 / 1e3),
        Metric::ValuePerPod { milli } => metric_row("object_requests_average", milli as f64 / 1e3),
    };
    let mut params = Params::new()
        .with("min", f64::from(settings.min))
        .with("max", f64::from(settings.max))
        .with("metrics", Value::List(settings.metrics.iter().map(row).collect()))
        .with("tolerance_up", settings.timing.tolerance_up)
        .with("tolerance_down", settings.timing.tolerance_down)
        .with("downscale_window", secs(settings.downscale_window))
        .with("cpu_initialization", secs(settings.timing.cpu_initialization))
        .with("initial_readiness", secs(settings.timing.initial_readiness));
    if let Some(behavior) = &settings.behavior {
        let mut given = Params::new();
        for (direction, rules) in [("up", &behavior.up), ("down", &behavior.down)] {
            let policy = |policy: &Policy| match policy.amount {
                Amount::Pods(pods) => policy_row("pods", f64::from(pods), secs(policy.period)),
                Amount::Percent(percent) => policy_row("percent", f64::from(percent), secs(policy.period)),
            };
            let select = match rules.select {
                Select::Max => "max",
                Select::Min => "min",
                Select::Disabled => "disabled",
            };
            let window = rules.window.unwrap_or(settings.downscale_window);
            given.set(&format!("{direction}_window"), secs(window));
            given.set(&format!("{direction}_policies"), Value::List(rules.policies.iter().map(policy).collect()));
            given.set(&format!("{direction}_select"), select);
        }
        params.set("behavior", Variant::new(RULES.id, given));
    }
    Variant::new(ENTRY.id, params)
}

/// What each of the metrics measures, by the ids of the table's choice.
#[must_use]
pub fn kinds_of(params: &Params) -> Vec<&'static str> {
    rows(params).into_iter().map(|row| row.kind).collect()
}

pub(super) fn span(params: &Params, key: &str) -> SimDuration {
    SimDuration::from_secs_f64(Reader::new(&ENTRY, params).number(key))
}
