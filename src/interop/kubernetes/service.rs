//! Manifests as parameters of a service, and back.

use super::{Amounts, Autoscaler, Container, Deployment, Manifest, MetricName, Portion, Probe, Strategy, Weight};
use crate::engine::time::SimDuration;
use crate::model::params::{ParamKind, ParamSpec, Params, Value, Variant, find_entry};
use crate::model::read::Reader;
use crate::model::scaler::hpa::calculator::Metric;
use crate::model::scaler::instance::MIB;
use crate::model::scaler::{instance, kubernetes, rollout, start_up};
use crate::model::station::service;

/// What a service is told, and what of the manifest it cannot be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adopted {
    pub params: Params,
    pub notes: Vec<Remark>,
}

/// Which of two objects is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Deployment,
    Autoscaler,
}

/// What is left out or taken otherwise, and which value of the manifest that is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub part: Part,
    /// E.g. `spec.metrics[2]`.
    pub path: String,
    pub weight: Weight,
    pub text: String,
}

/// Where remarks are collected.
#[derive(Debug)]
struct Remarks<'a> {
    part: Part,
    list: &'a mut Vec<Remark>,
}

impl Remarks<'_> {
    fn say(&mut self, weight: Weight, path: impl Into<String>, text: impl Into<String>) {
        self.list.push(Remark { part: self.part, path: path.into(), weight, text: text.into() });
    }
}

const CONTAINERS: &str = "spec.template.spec.containers";

/// Parameters of a service that behaves as a Deployment, and the autoscaler on it, say. `stations` of the drawing (number,
/// label) are those that a metric may be of.
#[must_use]
pub fn to_service(deployment: &Deployment, autoscaler: Option<&Autoscaler>, stations: &[(u32, String)]) -> Adopted {
    let mut adopted = Adopted::default();
    let mut remarks = Remarks { part: Part::Deployment, list: &mut adopted.notes };
    let least = autoscaler.map_or(1, |autoscaler| autoscaler.settings.min.max(1) as u32);
    let mut params = Params::new().with("replicas", f64::from(deployment.replicas.unwrap_or(least)));
    if let Some(container) = container(deployment, &mut remarks) {
        params.set("instance", container);
    } else if autoscaler.is_some_and(|autoscaler| autoscaler.settings.metrics.iter().any(of_a_resource)) {
        let text = "states no requests, so in a cluster a scaler on CPU or memory has nothing to go by; here a slot counts as a core. Write resources.requests";
        remarks.say(Weight::Warning, CONTAINERS, text);
    }
    if let Some(start) = start(deployment, &mut remarks) {
        params.set("start_up", start);
    }
    for (index, container) in deployment.containers.iter().enumerate() {
        if !container.image.is_empty() {
            let text = "left out: the program itself is not run; how long it works is the service's own setting";
            remarks.say(Weight::Info, format!("{CONTAINERS}[{index}].image"), text);
        }
    }
    let versions = versions(deployment);
    if versions != rollout::Settings::default() {
        params.set("rollout", rollout::to_variant(&versions));
    }
    if let Some(autoscaler) = autoscaler {
        let mut remarks = Remarks { part: Part::Autoscaler, list: &mut adopted.notes };
        params.set("scaler", scaler(autoscaler, stations, &mut remarks));
    }
    fit("", service::KIND.entry.params, &mut params, &mut adopted.notes);
    adopted.params = params;
    adopted
}

/// How new versions come in.
fn versions(deployment: &Deployment) -> rollout::Settings {
    let portion = |portion: Portion| match portion {
        Portion::Pods(pods) => rollout::Portion::Replicas(pods),
        Portion::Percent(percent) => rollout::Portion::Percent(percent),
    };
    rollout::Settings {
        way: match deployment.strategy {
            Strategy::Recreate => rollout::Way::Recreate,
            Strategy::Rolling { max_surge, max_unavailable } => {
                rollout::Way::Rolling { max_surge: portion(max_surge), max_unavailable: portion(max_unavailable) }
            }
        },
        min_ready: SimDuration::from_secs(u64::from(deployment.min_ready_secs)),
        ..rollout::Settings::default()
    }
}

/// The same of an autoscaler whose Deployment is not there: the scaler alone.
#[must_use]
pub fn to_scaler(autoscaler: &Autoscaler, stations: &[(u32, String)]) -> Adopted {
    let mut adopted = Adopted::default();
    let mut remarks = Remarks { part: Part::Autoscaler, list: &mut adopted.notes };
    let mut params = Params::new().with("scaler", scaler(autoscaler, stations, &mut remarks));
    fit("", service::KIND.entry.params, &mut params, &mut adopted.notes);
    adopted.params = params;
    adopted
}

const fn of_a_resource(metric: &Metric) -> bool {
    matches!(metric, Metric::Utilization { .. } | Metric::ResourceAverage { .. })
}

/// Brings what is outside of what can be set into it, and says so.
fn fit(before: &str, specs: &[ParamSpec], params: &mut Params, notes: &mut Vec<Remark>) {
    for spec in specs {
        let key = format!("{before}{}", spec.key);
        if let Some(value) = params.0.get_mut(spec.key) {
            fit_value(&key, spec, value, notes);
        }
    }
}

fn fit_value(key: &str, spec: &ParamSpec, value: &mut Value, notes: &mut Vec<Remark>) {
    let mut say = |text: String| {
        let (part, path) = path_of(key);
        notes.push(Remark { part, path, weight: Weight::Warning, text });
    };
    match (spec.kind, value) {
        (ParamKind::Number { min, max, .. }, Value::Number(number)) if !(min..=max).contains(number) => {
            let nearest = number.clamp(min, max);
            say(format!("{} is {number} there, and {min} to {max} here: {nearest} is taken", spec.label));
            *number = nearest;
        }
        (ParamKind::Variant { registry, .. }, Value::Variant(variant)) => {
            if let Some(entry) = find_entry(&registry(), &variant.id) {
                fit(&format!("{key}."), entry.params, &mut variant.params, notes);
            }
        }
        (ParamKind::Table { columns, rows_max, .. }, Value::List(rows)) => {
            if rows.len() > rows_max {
                say(format!("{}: the first {rows_max} of {} are taken", spec.label, rows.len()));
                rows.truncate(rows_max);
            }
            for (at, row) in rows.iter_mut().enumerate() {
                let Value::List(cells) = row else { continue };
                for (column, cell) in columns.iter().zip(cells) {
                    fit_value(&format!("{key}[{at}]"), column, cell, notes);
                }
            }
        }
        _ => {}
    }
}

/// Which value of a manifest a parameter comes from.
fn path_of(key: &str) -> (Part, String) {
    let resources = |what: &str| (Part::Deployment, format!("{CONTAINERS}[0].resources.{what}"));
    let probe = |what: &str| (Part::Deployment, format!("{CONTAINERS}[0].readinessProbe.{what}"));
    match key {
        "instance.cpu_request" => resources("requests.cpu"),
        "instance.cpu_limit" => resources("limits.cpu"),
        "instance.memory_request" => resources("requests.memory"),
        "instance.memory_limit" => resources("limits.memory"),
        "start_up.probe_delay" => probe("initialDelaySeconds"),
        "start_up.probe_every" => probe("periodSeconds"),
        "start_up.grace" => (Part::Deployment, "spec.template.spec.terminationGracePeriodSeconds".to_owned()),
        "scaler.min" => (Part::Autoscaler, "spec.minReplicas".to_owned()),
        "scaler.max" => (Part::Autoscaler, "spec.maxReplicas".to_owned()),
        _ if key.starts_with("rollout") => (Part::Deployment, "spec.strategy".to_owned()),
        _ => {
            if let Some(row) = key.strip_prefix("scaler.metrics") {
                return (Part::Autoscaler, format!("spec.metrics{row}"));
            }
            for (ours, theirs) in [("up", "scaleUp"), ("down", "scaleDown")] {
                if let Some(rest) = key.strip_prefix(&format!("scaler.behavior.{ours}_")) {
                    let rest = match rest.split_at(rest.find('[').unwrap_or(rest.len())) {
                        ("policies", row) => format!("policies{row}"),
                        ("window", _) => "stabilizationWindowSeconds".to_owned(),
                        (other, _) => other.to_owned(),
                    };
                    return (Part::Autoscaler, format!("spec.behavior.{theirs}.{rest}"));
                }
            }
            let part = if key.starts_with("scaler") { Part::Autoscaler } else { Part::Deployment };
            (part, format!("spec.{key}"))
        }
    }
}

/// CPU and memory that stand for "no limit": the most that can be set.
fn no_limit(key: &str) -> f64 {
    let container = find_entry(&instance::entries(), "container");
    let spec = container.and_then(|entry| entry.params.iter().find(|spec| spec.key == key));
    match spec.map(|spec| spec.kind) {
        Some(ParamKind::Number { max, .. }) => max,
        _ => f64::INFINITY,
    }
}

/// The pod as one container; `None` where it states nothing at all.
fn container(deployment: &Deployment, remarks: &mut Remarks<'_>) -> Option<Variant> {
    let sum = |of: fn(&Container) -> Option<i64>| deployment.containers.iter().map(of).sum::<Option<i64>>();
    let (cpu_limit, memory_limit) =
        (sum(|container| container.limits.cpu_milli), sum(|container| container.limits.memory_bytes));
    // What states a limit and no request requests its limit.
    let cpu_request = sum(|container| container.requests.cpu_milli.or(container.limits.cpu_milli));
    let memory_request = sum(|container| container.requests.memory_bytes.or(container.limits.memory_bytes));
    if (cpu_request, memory_request, cpu_limit, memory_limit) == (None, None, None, None) {
        return None;
    }
    if deployment.containers.len() > 1 {
        let text = format!(
            "the {} containers of a pod are taken as one, with all their CPU and memory",
            deployment.containers.len()
        );
        remarks.say(Weight::Warning, CONTAINERS, text);
    }
    let mut params = Params::new();
    let mut take = |key: &str, stated: Option<f64>, absent: f64, words: &str| {
        if stated.is_none() {
            let weight = if key.ends_with("limit") { Weight::Info } else { Weight::Warning };
            remarks.say(weight, format!("{CONTAINERS}[0].resources"), words);
        }
        params.set(key, stated.unwrap_or(absent));
    };
    let cores = |milli: i64| milli as f64 / 1e3;
    let mib = |bytes: i64| bytes as f64 / MIB;
    let (cpu_free, memory_free) = (no_limit("cpu_limit"), no_limit("memory_limit"));
    take("cpu_request", cpu_request.map(cores), 1.0, "no CPU request is stated: 1 core is assumed; write one");
    take("cpu_limit", cpu_limit.map(cores), cpu_free, "no CPU limit is stated: none is simulated");
    take(
        "memory_request",
        memory_request.map(mib),
        256.0,
        "no memory request is stated: 256 MiB are assumed; write one",
    );
    take("memory_limit", memory_limit.map(mib), memory_free, "no memory limit is stated: none is simulated");
    Some(Variant::new("container", params))
}

fn start(deployment: &Deployment, remarks: &mut Remarks<'_>) -> Option<Variant> {
    let Some((at, probe)) =
        deployment.containers.iter().enumerate().find_map(|(at, container)| Some((at, container.readiness?)))
    else {
        if deployment.grace_secs != 30 {
            let path = "spec.template.spec.terminationGracePeriodSeconds";
            let text = "left out: without a readiness probe a replica starts at once and may finish for 30 s; write a readinessProbe, or choose a start in the service's settings";
            remarks.say(Weight::Warning, path, text);
        }
        return None;
    };
    let path = format!("{CONTAINERS}[{at}].readinessProbe");
    let usual = Probe::default();
    for (key, changed) in [
        ("timeoutSeconds", probe.timeout_secs != usual.timeout_secs),
        ("successThreshold", probe.success_threshold != usual.success_threshold),
        ("failureThreshold", probe.failure_threshold != usual.failure_threshold),
    ] {
        if changed {
            let text = "left out: a replica is ready at the first probe after its boot, and unready when it dies";
            remarks.say(Weight::Warning, format!("{path}.{key}"), text);
        }
    }
    let text = "how long the image is pulled and the program boots is not in a manifest: set it in the service's start";
    remarks.say(Weight::Info, path, text);
    let params = Params::new()
        .with("probe_delay", f64::from(probe.initial_delay_secs))
        .with("probe_every", f64::from(probe.period_secs.max(1)))
        .with("grace", f64::from(deployment.grace_secs));
    Some(Variant::new("staged", params))
}

/// The station that a metric is of: the one that an object is called, or whose name is part of the metric's.
fn station_of<'a>(name: &MetricName, stations: &'a [(u32, String)]) -> Option<&'a (u32, String)> {
    let called = |label: &str| super::write::object_name(label);
    match name {
        MetricName::Object { name, .. } => {
            let mut found = stations.iter().filter(|(_, label)| called(label) == *name);
            // Of two that are called the same neither is meant.
            found.next().filter(|_| found.next().is_none())
        }
        MetricName::External { metric } => {
            let metric = metric.replace('_', "-");
            let found = stations.iter().filter(|(_, label)| metric.starts_with(&format!("{}-", called(label))));
            found.max_by_key(|(_, label)| label.len())
        }
        _ => None,
    }
}

fn scaler(autoscaler: &Autoscaler, stations: &[(u32, String)], remarks: &mut Remarks<'_>) -> Variant {
    let mut variant = kubernetes::to_variant(&autoscaler.settings);
    let waits = |name: &str| ["queue", "lag", "wait", "backlog", "message"].iter().any(|word| name.contains(word));
    let Some(Value::List(rows)) = variant.params.0.get_mut("metrics") else { return variant };
    for (at, ((row, name), metric)) in
        rows.iter_mut().zip(&autoscaler.names).zip(&autoscaler.settings.metrics).enumerate()
    {
        let Value::List(cells) = row else { continue };
        let mut say = |text: String| remarks.say(Weight::Info, format!("spec.metrics[{at}]"), text);
        let kind = match name {
            MetricName::Pods { metric } if metric.contains("flight") || metric.contains("concurren") => {
                say(format!("{metric} is measured as requests in flight of each replica"));
                "pods_in_flight"
            }
            MetricName::Pods { metric } => {
                say(format!("{metric} is measured as requests per second of each replica"));
                continue;
            }
            MetricName::Object { metric: said, .. } | MetricName::External { metric: said } => {
                let waiting = waits(said);
                let of = station_of(name, stations);
                let what = if waiting { "requests that wait at" } else { "requests per second of" };
                match of {
                    Some((id, label)) => {
                        say(format!("{said} is measured as {what} {label}"));
                        cells.push(Value::from(f64::from(*id)));
                    }
                    None => say(format!(
                        "{said} is measured as {what} the service itself; choose another station in the table of metrics"
                    )),
                }
                let shared = matches!(metric, Metric::ValuePerPod { .. });
                match (waiting, shared) {
                    (true, true) => "external_waiting_average",
                    (true, false) => "external_waiting",
                    (false, true) => "object_requests_average",
                    (false, false) => "object_requests",
                }
            }
            // Named where it was read.
            MetricName::ContainerResource { .. } | MetricName::Resource => continue,
        };
        cells[0] = Value::from(kind);
    }
    variant
}

/// What `kubectl apply` would be given for a service of this name: its Deployment, and an autoscaler if it has one.
#[must_use]
pub fn from_service(label: &str, params: &Params, stations: &[(u32, String)]) -> Manifest {
    let reader = Reader::new(&service::KIND.entry, params);
    let name = super::write::object_name(label);
    let mut deployment = Deployment::new(&name);
    deployment.replicas = Some(reader.count("replicas"));
    let versions = rollout::read(&reader.variant("rollout").1);
    let portion = |portion: rollout::Portion| match portion {
        rollout::Portion::Replicas(replicas) => Portion::Pods(replicas),
        rollout::Portion::Percent(percent) => Portion::Percent(percent),
    };
    deployment.strategy = match versions.way {
        rollout::Way::Recreate => Strategy::Recreate,
        rollout::Way::Rolling { max_surge, max_unavailable } => {
            Strategy::Rolling { max_surge: portion(max_surge), max_unavailable: portion(max_unavailable) }
        }
    };
    deployment.min_ready_secs = versions.min_ready.as_secs_f64().ceil() as u32;
    let container = &mut deployment.containers[0];
    if let Some(instance) = instance::read(&reader.variant("instance").1) {
        let milli = |cores: f64| (cores * 1e3).round() as i64;
        let amounts =
            |cpu: f64, memory: f64| Amounts { cpu_milli: Some(milli(cpu)), memory_bytes: Some(memory as i64) };
        container.requests = amounts(instance.cpu_request, instance.memory_request);
        container.limits = amounts(instance.vcpu, instance.memory);
        if instance.vcpu >= no_limit("cpu_limit") {
            container.limits.cpu_milli = None;
        }
        if instance.memory >= no_limit("memory_limit") * MIB {
            container.limits.memory_bytes = None;
        }
    }
    if let Some(start_up) = start_up::read(&reader.variant("start_up").1) {
        let secs = |span: crate::engine::time::SimDuration| span.as_secs_f64().ceil() as u32;
        container.readiness = Some(Probe {
            initial_delay_secs: secs(start_up.probe_delay),
            period_secs: secs(start_up.probe_every).max(1),
            ..Probe::default()
        });
        deployment.grace_secs = secs(start_up.grace);
    }
    let (entry, choice) = reader.variant("scaler");
    let mut manifest = Manifest { deployments: vec![deployment], ..Manifest::default() };
    if entry.id == kubernetes::ENTRY.id {
        let names = kubernetes::rows(&choice.params).into_iter().map(|row| {
            let other = stations.iter().find(|(id, _)| *id == row.of && row.of > 0);
            let of = other.map_or_else(|| name.clone(), |(_, label)| super::write::object_name(label));
            match row.kind {
                "pods_requests" => MetricName::Pods { metric: "http_requests_per_second".to_owned() },
                "pods_in_flight" => MetricName::Pods { metric: "http_requests_in_flight".to_owned() },
                kind if kind.starts_with("object") => MetricName::Object {
                    metric: "http_requests_per_second".to_owned(),
                    kind: "Service".to_owned(),
                    name: of,
                },
                kind if kind.starts_with("external") => {
                    MetricName::External { metric: format!("{}_queue_length", of.replace('-', "_")) }
                }
                _ => MetricName::Resource,
            }
        });
        manifest.autoscalers.push(Autoscaler {
            name: name.clone(),
            target: name.clone(),
            names: names.collect(),
            settings: kubernetes::settings(&choice.params),
        });
    }
    manifest
}
