//! Kubernetes' horizontal pod autoscaler as a choice for parameters; [`super::hpa`] computes it.

use super::hpa::behavior::{Amount, Behavior, Policy, Rules, Select};
use super::hpa::calculator::{Kept, Metric, Pod, Proposal, Reading, Resource, Sample, Timing};
use super::hpa::{Hpa, Nanos, SECOND, Settings, Sync};
use super::{Decision, Limit, LookBack, Measured, MetricSeen, ReplicaSeen, Scaler, Seen, check_range, oldest};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant};
use crate::model::read::Reader;

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

const KINDS: &[(&str, &str)] = &[
    ("cpu_percent", "CPU, % of the request"),
    ("cpu_average", "CPU, cores per replica"),
    ("memory_percent", "Memory, % of the request"),
    ("memory_average", "Memory, MiB per replica"),
    ("pods_requests", "Requests/s per replica, each asked"),
    ("pods_in_flight", "Requests in flight per replica, each asked"),
    ("object_requests", "Requests/s in all (Object)"),
    ("object_requests_average", "Requests/s in all, shared out (Object)"),
    ("external_waiting", "Waiting requests in all (External)"),
    ("external_waiting_average", "Waiting requests in all, shared out (External)"),
];

fn default_metrics() -> Value {
    Value::List(vec![metric_row("cpu_percent", 80.0)])
}

/// A row of the table of metrics.
#[must_use]
pub fn metric_row(kind: &str, target: f64) -> Value {
    Value::List(vec![Value::from(kind), Value::from(target)])
}

fn default_up() -> Value {
    Value::List(vec![policy_row("pods", 4.0, 15.0), policy_row("percent", 100.0, 15.0)])
}

fn default_down() -> Value {
    Value::List(vec![policy_row("percent", 100.0, 15.0)])
}

/// A row of a table of policies.
#[must_use]
pub fn policy_row(unit: &str, value: f64, period: f64) -> Value {
    Value::List(vec![Value::from(unit), Value::from(value), Value::from(period)])
}

const SOURCE: &str = "Kubernetes, autoscaling/v2, with the controller's defaults.";

static PLAIN: Entry = Entry {
    id: "none",
    name: "None given",
    summary: "At most twice the number (or 4) in one step up; down after the longest recommendation of 5 minutes.",
    source: SOURCE,
    params: &[],
    defect: false,
};

const POLICY_COLUMNS: &[ParamSpec] = &[
    ParamSpec::choice("unit", "Unit", &[("pods", "replicas"), ("percent", "% of them")], "percent", "What is counted."),
    ParamSpec::count("value", "At most", 100.0, 1.0, 1_000_000.0, "Largest change within the period."),
    ParamSpec::number("period", "Within", Unit::Seconds, 60.0, 1.0, 1_800.0, "The period."),
];

const SELECT: &[(&str, &str)] =
    &[("max", "the largest change"), ("min", "the smallest change"), ("disabled", "none at all")];

static RULES: Entry = Entry {
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
            "Looks every",
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
            "For so long after its start, a replica's CPU counts only once it is ready and has been measured for a whole window since (a flag of the controller).",
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
fn metric(kind: &str, target: f64) -> Metric {
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

fn metrics(reader: &Reader<'_>) -> Vec<Row> {
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

fn nanos(secs: f64) -> Nanos {
    (secs * SECOND as f64).round() as Nanos
}

fn rules(reader: &Reader<'_>, direction: &str) -> Rules {
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

#[derive(Clone, Debug)]
struct Kubernetes {
    hpa: Hpa,
    rows: Vec<Row>,
    sync: SimDuration,
    pods_window: SimDuration,
}

/// What each of the metrics measures, by the ids of the table's choice.
#[must_use]
pub fn kinds_of(params: &Params) -> Vec<&'static str> {
    rows(params).into_iter().map(|row| row.kind).collect()
}

fn span(params: &Params, key: &str) -> SimDuration {
    SimDuration::from_secs_f64(Reader::new(&ENTRY, params).number(key))
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(Kubernetes {
        hpa: Hpa::new(settings(params)),
        rows: rows(params),
        sync: span(params, "sync"),
        pods_window: span(params, "pods_window"),
    })
}

pub(super) fn check(params: &Params) -> Option<(&'static str, String)> {
    check_range(&ENTRY, params)
}

/// Thousandths of a measurement; bytes are whole, and so are their thousands.
fn sample(measured: Option<Measured>) -> Option<Sample> {
    measured.map(|measured| Sample {
        milli: (measured.value * 1_000.0).round() as i64,
        at: measured.at.0 as Nanos,
        window: measured.window.0 as Nanos,
    })
}

/// What the metrics server says of one metric.
fn reading(row: Row, seen: &Seen<'_>) -> Reading {
    let of_pods = |of: fn(&ReplicaSeen) -> Option<Measured>| {
        Reading::Pods(seen.replicas.iter().map(|replica| sample(of(replica))).collect())
    };
    let total = |measured: Option<Measured>| {
        sample(measured).map_or(Reading::Unavailable, |sample| Reading::Total(sample.milli))
    };
    match row.kind {
        "cpu_percent" | "cpu_average" => of_pods(|replica| replica.cpu),
        "memory_percent" | "memory_average" => of_pods(|replica| replica.memory),
        "pods_requests" => of_pods(|replica| replica.requests),
        "pods_in_flight" => of_pods(|replica| replica.in_flight),
        _ => total(from_outside(row, seen)),
    }
}

/// What an Object or External metric is at its station.
fn from_outside(row: Row, seen: &Seen<'_>) -> Option<Measured> {
    let (rate, waiting) = match row.of {
        0 => (seen.rate, seen.waiting),
        of => seen.elsewhere.iter().find(|station| station.node == of).map(|there| (there.rate, there.waiting))?,
    };
    if row.kind.starts_with("object") { rate } else { waiting }
}

/// What a metric is called, with the station that it is of.
fn name_of(row: Row, seen: &Seen<'_>) -> String {
    let label = label_of(row.kind);
    match seen.elsewhere.iter().find(|station| station.node == row.of) {
        Some(station) if row.of > 0 => format!("{label} of {}", station.label),
        None if row.of > 0 => format!("{label} of a station that is gone"),
        _ => label.to_owned(),
    }
}

/// When the oldest measurement that goes into a metric was taken, and over how long.
fn measured(row: Row, seen: &Seen<'_>) -> Option<(SimTime, SimDuration)> {
    let of_pods = |of: fn(&ReplicaSeen) -> Option<Measured>| oldest(seen.replicas.iter().filter_map(of));
    match row.kind {
        "cpu_percent" | "cpu_average" => of_pods(|replica| replica.cpu),
        "memory_percent" | "memory_average" => of_pods(|replica| replica.memory),
        "pods_requests" => of_pods(|replica| replica.requests),
        "pods_in_flight" => of_pods(|replica| replica.in_flight),
        _ => oldest(from_outside(row, seen).into_iter()),
    }
}

/// What the table calls a metric.
fn label_of(kind: &str) -> &'static str {
    KINDS.iter().find(|(id, _)| *id == kind).map_or("", |(_, label)| label)
}

/// A pod as the controller sees it, for a metric of this resource.
fn pod(replica: &ReplicaSeen, memory: bool) -> Pod {
    let request = if memory { replica.memory_request } else { replica.cpu_request };
    Pod {
        phase: replica.phase,
        deleted: false,
        started: replica.started,
        ready: replica.started.map(|_| replica.ready),
        request_milli: request.map(|request| (request * 1_000.0).round() as i64),
    }
}

impl Kubernetes {
    fn sync(&mut self, seen: &Seen<'_>) -> Sync {
        // What a pod requests depends on the resource, so metrics of memory bring pods of their own.
        let cpu: Vec<Pod> = seen.replicas.iter().map(|replica| pod(replica, false)).collect();
        let memory: Vec<Pod> = seen.replicas.iter().map(|replica| pod(replica, true)).collect();
        let readings: Vec<Reading> = self.rows.iter().map(|row| reading(*row, seen)).collect();
        let of_row = |row: &Row| if row.kind == "memory_percent" { memory.as_slice() } else { cpu.as_slice() };
        let pods_of: Vec<&[Pod]> = self.rows.iter().map(of_row).collect();
        self.hpa.sync_each(seen.now.0 as Nanos, seen.current as i32, &pods_of, &readings)
    }

    fn sentence(&self, at: usize, proposal: &Proposal, seen: &Seen<'_>) -> String {
        let kind = self.rows[at].kind;
        let name = name_of(self.rows[at], seen);
        let milli = |milli: i64| {
            let value = milli as f64 / 1e3;
            format!("{:.2}", if kind.starts_with("memory") { value / MIB } else { value })
        };
        let measured = match self.hpa.settings().metrics[at] {
            Metric::Utilization { percent, .. } => format!("{} % over {percent} %", proposal.value),
            Metric::ResourceAverage { milli: target, .. }
            | Metric::PodsAverage { milli: target }
            | Metric::Value { milli: target }
            | Metric::ValuePerPod { milli: target } => format!("{} over {}", milli(proposal.value), milli(target)),
        };
        let mut text = format!("{name}: {measured} = {:.3}", proposal.ratio);
        if let Some(adjusted) = proposal.adjusted {
            let (unready, missing) = (proposal.unready, proposal.missing);
            text += &format!(", {adjusted:.3} with {unready} not ready and {missing} not measured counted in");
        }
        text += &match proposal.kept {
            Some(Kept::Tolerance) => format!("; close enough to 1, so {}.", proposal.replicas),
            Some(Kept::Flipped) => format!("; that points the other way, so {}.", proposal.replicas),
            None => {
                let ratio = proposal.adjusted.unwrap_or(proposal.ratio);
                format!("; {ratio:.3} × {} → {}.", proposal.times, proposal.replicas)
            }
        };
        text
    }

    /// What each metric said, with the age of what was measured.
    fn metrics(&self, sync: &Sync, seen: &Seen<'_>) -> Vec<MetricSeen> {
        let proposals = sync.proposals.iter().zip(&self.rows).zip(&self.hpa.settings().metrics);
        let one = |((proposal, row), metric): ((&Result<Proposal, _>, &Row), &Metric)| {
            let unit = if row.kind.starts_with("memory") { MIB } else { 1.0 };
            let (share, target) = match *metric {
                Metric::Utilization { percent, .. } => (1.0, f64::from(percent)),
                Metric::ResourceAverage { milli, .. }
                | Metric::PodsAverage { milli }
                | Metric::Value { milli }
                | Metric::ValuePerPod { milli } => (1e3 * unit, milli as f64 / 1e3 / unit),
            };
            let proposal = proposal.as_ref().ok();
            MetricSeen {
                name: name_of(*row, seen),
                value: proposal.map(|proposal| proposal.value as f64 / share),
                target,
                measured: measured(*row, seen),
                asks: proposal.map(|proposal| proposal.replicas.max(0) as u32),
            }
        };
        proposals.map(one).collect()
    }

    fn explain(&self, sync: &Sync, seen: &Seen<'_>) -> Vec<String> {
        let mut why = Vec::new();
        for (at, proposal) in sync.proposals.iter().enumerate() {
            match proposal {
                Ok(proposal) => why.push(self.sentence(at, proposal, seen)),
                Err(failure) => why.push(format!("{}: {}.", name_of(self.rows[at], seen), failure.label())),
            }
        }
        if let Some((proposed, _)) = sync.proposed {
            if sync.proposals.len() > 1 {
                why.push(format!("The largest is {proposed}."));
            }
            if let Some(stabilized) = sync.stabilized.filter(|stabilized| *stabilized != proposed) {
                why.push(format!("Earlier recommendations make it {stabilized}."));
            }
        }
        let limit = Limit::Kubernetes(sync.limit);
        if !limit.label().is_empty() {
            why.push(format!(
                "{} of {}: limited by {} ({}).",
                sync.desired,
                sync.current,
                limit.label(),
                sync.limit.name()
            ));
        }
        why
    }
}

impl Scaler for Kubernetes {
    fn interval(&self) -> SimDuration {
        self.sync
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let sync = self.sync(seen);
        let whole = |replicas: i32| replicas.max(0) as u32;
        Decision {
            proposed: sync.proposed.map(|(replicas, _)| whole(replicas)),
            stabilized: sync.stabilized.map(whole),
            desired: whole(sync.desired),
            limit: Limit::Kubernetes(sync.limit),
            why: self.explain(&sync, seen),
            metrics: self.metrics(&sync, seen),
            ..Decision::keep(seen)
        }
    }

    fn adopt(&mut self, params: &Params) {
        self.hpa.set(settings(params));
        self.rows = rows(params);
        (self.sync, self.pods_window) = (span(params, "sync"), span(params, "pods_window"));
    }

    fn watches(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.of).filter(|of| *of > 0).collect()
    }

    fn requests_window(&self) -> Option<SimDuration> {
        Some(self.pods_window)
    }

    fn looks_back(&self) -> LookBack {
        let settings = self.hpa.settings();
        let span = |nanos: Nanos| SimDuration(nanos.max(0) as u64);
        match &settings.behavior {
            None => LookBack { up: SimDuration::ZERO, down: span(settings.downscale_window) },
            Some(behavior) => {
                let window = |rules: &Rules| span(rules.window.unwrap_or(settings.downscale_window));
                LookBack { up: window(&behavior.up), down: window(&behavior.down) }
            }
        }
    }

    fn window(&self, now: SimTime) -> Vec<(u32, SimTime)> {
        let LookBack { up, down } = self.looks_back();
        let since = now.0 as Nanos - up.max(down).0 as Nanos;
        let mut kept: Vec<(u32, SimTime)> = (self.hpa.log().recommendations.iter())
            .filter(|(_, at)| *at > since)
            .map(|(replicas, at)| ((*replicas).max(0) as u32, SimTime((*at).max(0) as u64)))
            .collect();
        kept.sort_by_key(|(_, at)| *at);
        kept
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{replicas, secs, seen};
    use super::*;

    #[test]
    fn the_defaults_are_the_controllers() {
        assert_eq!(settings(&Params::new()), Settings::new(1, 10, vec![Settings::default_metric()]));
        let rules = Params::new().with("behavior", Variant::new("rules", Params::new()));
        let down = Rules { window: Some(300 * SECOND), ..Rules::down() };
        assert_eq!(settings(&rules).behavior, Some(Behavior { up: Rules::up(), down }));
    }

    #[test]
    fn settings_become_parameters_and_come_back() {
        let mut given = Settings::new(
            3,
            50,
            vec![
                Metric::Utilization { resource: Resource::Cpu, percent: 70 },
                Metric::Utilization { resource: Resource::Memory, percent: 80 },
                Metric::ResourceAverage { resource: Resource::Memory, milli: 256 * 1_048_576 * 1_000 },
                Metric::PodsAverage { milli: 100_000 },
                Metric::ValuePerPod { milli: 2_500 },
            ],
        );
        let policy = |amount| vec![Policy { amount, period: 60 * SECOND }];
        let up = Rules { window: Some(60 * SECOND), select: Select::Max, policies: policy(Amount::Percent(100)) };
        let down = Rules { window: Some(300 * SECOND), select: Select::Min, policies: policy(Amount::Pods(2)) };
        given.behavior = Some(Behavior { up, down });
        given.timing.tolerance_up = 0.05;
        let variant = to_variant(&given);
        assert_eq!(settings(&variant.params), given);
        assert_eq!(super::super::check(&variant), None);
        let wrong = Params::new().with("min", 5.0).with("max", 2.0);
        assert_eq!(check(&wrong).map(|(param, _)| param), Some("max"));
    }

    #[test]
    fn it_says_how_the_number_came_about() {
        let params = Params::new()
            .with("max", 50.0)
            .with("metrics", Value::List(vec![metric_row("cpu_percent", 70.0), metric_row("memory_percent", 80.0)]));
        let mut scaler = build(&params);
        // 92 % of one core each, and 40 % of 1,000 bytes.
        let mut pods = replicas(&[0.92; 3], secs(15));
        for replica in &mut pods {
            if let Some(measured) = &mut replica.memory {
                measured.value = 400.0;
            }
        }
        let decision = scaler.decide(&seen(secs(15), &pods));
        assert_eq!((decision.proposed, decision.desired), (Some(4), 4));
        assert_eq!(
            decision.why,
            [
                "CPU, % of the request: 92 % over 70 % = 1.314; 1.314 × 3 → 4.",
                "Memory, % of the request: 40 % over 80 % = 0.500; 0.500 × 3 → 2.",
                "The largest is 4.",
            ]
        );
        assert_eq!(scaler.window(secs(20)), [(3, secs(15)), (4, secs(15))]);
    }
}
