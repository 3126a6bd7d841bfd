//! Manifests as parameters of a service, and back.

use super::{Amounts, Autoscaler, Container, Deployment, Manifest, MetricName, Portion, Probe, Strategy};
use crate::engine::time::SimDuration;
use crate::model::params::{Params, Value, Variant};
use crate::model::read::Reader;
use crate::model::scaler::hpa::calculator::Metric;
use crate::model::scaler::instance::MIB;
use crate::model::scaler::{instance, kubernetes, rollout, start_up};
use crate::model::station::service;

/// What a service is told, and what of the manifest it cannot be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adopted {
    pub params: Params,
    pub notes: Vec<String>,
}

/// Parameters of a service that behaves as a Deployment, and the autoscaler on it, say.
#[must_use]
pub fn to_service(deployment: &Deployment, autoscaler: Option<&Autoscaler>) -> Adopted {
    let mut adopted = Adopted::default();
    let settings = autoscaler.map(|autoscaler| &autoscaler.settings);
    let least = settings.map_or(1, |settings| settings.min.max(0) as u32);
    adopted.params.set("replicas", f64::from(deployment.replicas.unwrap_or(least)));
    if let Some(container) = container(deployment, &mut adopted.notes) {
        adopted.params.set("instance", container);
    }
    if let Some(start) = start(deployment) {
        adopted.params.set("start_up", start);
    }
    if let Some(autoscaler) = autoscaler {
        adopted.params.set("scaler", scaler(autoscaler, &mut adopted.notes));
    }
    let versions = versions(deployment);
    if versions != rollout::Settings::default() {
        adopted.params.set("rollout", rollout::to_variant(&versions));
    }
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

/// The pod as one container; `None` where it states nothing at all.
fn container(deployment: &Deployment, notes: &mut Vec<String>) -> Option<Variant> {
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
        notes.push(format!("the {} containers of a pod are taken as one", deployment.containers.len()));
    }
    let mut params = Params::new();
    let mut take = |key: &str, stated: Option<f64>, absent: f64, words: &str| {
        if stated.is_none() {
            notes.push(words.to_owned());
        }
        params.set(key, stated.unwrap_or(absent));
    };
    let cores = |milli: i64| milli as f64 / 1e3;
    let mib = |bytes: i64| bytes as f64 / MIB;
    take("cpu_request", cpu_request.map(cores), 1.0, "no CPU request is stated: 1 core is assumed");
    take("cpu_limit", cpu_limit.map(cores), 1_000.0, "no CPU limit is stated: none is simulated");
    take("memory_request", memory_request.map(mib), 256.0, "no memory request is stated: 256 MiB are assumed");
    take("memory_limit", memory_limit.map(mib), 1_000_000.0, "no memory limit is stated: none is simulated");
    Some(Variant::new("container", params))
}

fn start(deployment: &Deployment) -> Option<Variant> {
    let probe = deployment.containers.iter().find_map(|container| container.readiness)?;
    let params = Params::new()
        .with("probe_delay", f64::from(probe.initial_delay_secs))
        .with("probe_every", f64::from(probe.period_secs.max(1)))
        .with("grace", f64::from(deployment.grace_secs));
    Some(Variant::new("staged", params))
}

fn scaler(autoscaler: &Autoscaler, notes: &mut Vec<String>) -> Variant {
    let mut variant = kubernetes::to_variant(&autoscaler.settings);
    let waits = |name: &str| ["queue", "lag", "wait", "backlog", "message"].iter().any(|word| name.contains(word));
    let Some(Value::List(rows)) = variant.params.0.get_mut("metrics") else { return variant };
    for ((row, name), metric) in rows.iter_mut().zip(&autoscaler.names).zip(&autoscaler.settings.metrics) {
        let Value::List(cells) = row else { continue };
        let kind = match name {
            MetricName::Pods { metric } if metric.contains("flight") || metric.contains("concurren") => {
                notes.push(format!("{metric} is measured as requests in flight"));
                "pods_in_flight"
            }
            MetricName::Pods { metric } => {
                notes.push(format!("{metric} is measured as requests per second"));
                continue;
            }
            MetricName::Object { metric: name, .. } | MetricName::External { metric: name } if waits(name) => {
                notes.push(format!("{name} is measured as requests that wait at the service"));
                if matches!(metric, Metric::Value { .. }) { "external_waiting" } else { "external_waiting_average" }
            }
            MetricName::Object { metric, .. } | MetricName::External { metric } => {
                notes.push(format!("{metric} is measured as requests per second of the service"));
                continue;
            }
            MetricName::ContainerResource { container } => {
                notes.push(format!("the metric of container {container} is taken of the whole pod"));
                continue;
            }
            MetricName::Resource => continue,
        };
        cells[0] = Value::from(kind);
    }
    variant
}

/// What `kubectl apply` would be given for a service of this name: its Deployment, and an autoscaler if it has one.
#[must_use]
pub fn from_service(label: &str, params: &Params) -> Manifest {
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
        let names = kubernetes::kinds_of(&choice.params).into_iter().map(|kind| match kind {
            "pods_requests" => MetricName::Pods { metric: "http_requests_per_second".to_owned() },
            "pods_in_flight" => MetricName::Pods { metric: "http_requests_in_flight".to_owned() },
            "object_requests" | "object_requests_average" => MetricName::Object {
                metric: "http_requests_per_second".to_owned(),
                kind: "Service".to_owned(),
                name: name.clone(),
            },
            "external_waiting" | "external_waiting_average" => {
                MetricName::External { metric: "queue_length".to_owned() }
            }
            _ => MetricName::Resource,
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
