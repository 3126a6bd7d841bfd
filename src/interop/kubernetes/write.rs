//! Writes manifests that `kubectl apply` accepts.

use std::fmt::Write;

use super::{
    Amounts, Autoscaler, Container, Deployment, Manifest, MetricName, Portion, Probe, Strategy, write_quantity,
};
use crate::model::scaler::hpa::SECOND;
use crate::model::scaler::hpa::behavior::{Amount, Rules, Select};
use crate::model::scaler::hpa::calculator::{Metric, Resource, Timing};

/// Lines with their indentation.
#[derive(Debug, Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, depth: usize, text: impl std::fmt::Display) {
        writeln!(self.text, "{:depth$}{text}", "", depth = depth * 2).expect("a string takes what is written to it");
    }
}

/// Text in quotes, as JSON has it, which YAML reads alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name that Kubernetes accepts: lower-case letters, digits, and hyphens between them, at most 63.
#[must_use]
pub(super) fn object_name(label: &str) -> String {
    let mut name = String::new();
    for sign in label.chars() {
        if sign.is_ascii_alphanumeric() {
            name.push(sign.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(63);
    let name = name.trim_end_matches('-');
    if name.is_empty() { "service".to_owned() } else { name.to_owned() }
}

/// All Deployments, then all autoscalers. Autoscaled Deployments state no number of replicas: an apply would reset it.
#[must_use]
pub fn write(manifest: &Manifest) -> String {
    let mut objects = Vec::new();
    for deployment in &manifest.deployments {
        let scaled = manifest.autoscalers.iter().any(|scaler| scaler.target == deployment.name);
        objects.push(write_deployment(deployment, scaled));
    }
    objects.extend(manifest.autoscalers.iter().map(write_autoscaler));
    objects.join("---\n")
}

fn portion(portion: Portion) -> String {
    match portion {
        Portion::Pods(pods) => pods.to_string(),
        Portion::Percent(percent) => format!("\"{percent}%\""),
    }
}

fn write_deployment(deployment: &Deployment, scaled: bool) -> String {
    let mut lines = Lines::default();
    let name = object_name(&deployment.name);
    lines.line(0, "apiVersion: apps/v1");
    lines.line(0, "kind: Deployment");
    lines.line(0, "metadata:");
    lines.line(1, format_args!("name: {}", quoted(&name)));
    lines.line(0, "spec:");
    if let Some(replicas) = deployment.replicas.filter(|_| !scaled) {
        lines.line(1, format_args!("replicas: {replicas}"));
    }
    if deployment.min_ready_secs > 0 {
        lines.line(1, format_args!("minReadySeconds: {}", deployment.min_ready_secs));
    }
    lines.line(1, "strategy:");
    match deployment.strategy {
        Strategy::Recreate => lines.line(2, "type: Recreate"),
        Strategy::Rolling { max_surge, max_unavailable } => {
            lines.line(2, "type: RollingUpdate");
            lines.line(2, "rollingUpdate:");
            lines.line(3, format_args!("maxSurge: {}", portion(max_surge)));
            lines.line(3, format_args!("maxUnavailable: {}", portion(max_unavailable)));
        }
    }
    lines.line(1, "selector:");
    lines.line(2, "matchLabels:");
    lines.line(3, format_args!("app: {}", quoted(&name)));
    lines.line(1, "template:");
    lines.line(2, "metadata:");
    lines.line(3, "labels:");
    lines.line(4, format_args!("app: {}", quoted(&name)));
    lines.line(2, "spec:");
    lines.line(3, format_args!("terminationGracePeriodSeconds: {}", deployment.grace_secs));
    lines.line(3, "containers:");
    for container in &deployment.containers {
        write_container(&mut lines, container, &name);
    }
    lines.text
}

fn write_container(lines: &mut Lines, container: &Container, deployment: &str) {
    let name = if container.name.is_empty() { deployment.to_owned() } else { object_name(&container.name) };
    let image = if container.image.is_empty() { format!("{name}:latest") } else { container.image.clone() };
    lines.line(3, format_args!("- name: {}", quoted(&name)));
    lines.line(4, format_args!("image: {}", quoted(&image)));
    if container.requests != Amounts::default() || container.limits != Amounts::default() {
        lines.line(4, "resources:");
        // Kubernetes refuses a request above its limit.
        let within = |request: Option<i64>, limit: Option<i64>| {
            request.map(|request| limit.map_or(request, |limit| request.min(limit)))
        };
        let requests = Amounts {
            cpu_milli: within(container.requests.cpu_milli, container.limits.cpu_milli),
            memory_bytes: within(container.requests.memory_bytes, container.limits.memory_bytes),
        };
        for (key, amounts) in [("requests", requests), ("limits", container.limits)] {
            if amounts == Amounts::default() {
                continue;
            }
            lines.line(5, format_args!("{key}:"));
            if let Some(milli) = amounts.cpu_milli {
                lines.line(6, format_args!("cpu: {}", quoted(&write_quantity(milli, false))));
            }
            if let Some(bytes) = amounts.memory_bytes {
                lines.line(6, format_args!("memory: {}", quoted(&write_quantity(bytes * 1_000, true))));
            }
        }
    }
    if let Some(Probe { initial_delay_secs, period_secs, timeout_secs, success_threshold, failure_threshold }) =
        container.readiness
    {
        lines.line(4, "readinessProbe:");
        // A probe must say how it asks; the simulation has but one way.
        lines.line(5, "httpGet:");
        lines.line(6, "path: /healthz");
        lines.line(6, "port: 8080");
        lines.line(5, format_args!("initialDelaySeconds: {initial_delay_secs}"));
        lines.line(5, format_args!("periodSeconds: {period_secs}"));
        lines.line(5, format_args!("timeoutSeconds: {timeout_secs}"));
        lines.line(5, format_args!("successThreshold: {success_threshold}"));
        lines.line(5, format_args!("failureThreshold: {failure_threshold}"));
    }
}

fn write_autoscaler(autoscaler: &Autoscaler) -> String {
    let mut lines = Lines::default();
    let settings = &autoscaler.settings;
    lines.line(0, "apiVersion: autoscaling/v2");
    lines.line(0, "kind: HorizontalPodAutoscaler");
    lines.line(0, "metadata:");
    lines.line(1, format_args!("name: {}", quoted(&object_name(&autoscaler.name))));
    lines.line(0, "spec:");
    lines.line(1, "scaleTargetRef:");
    lines.line(2, "apiVersion: apps/v1");
    lines.line(2, "kind: Deployment");
    lines.line(2, format_args!("name: {}", quoted(&object_name(&autoscaler.target))));
    lines.line(1, format_args!("minReplicas: {}", settings.min));
    lines.line(1, format_args!("maxReplicas: {}", settings.max));
    lines.line(1, "metrics:");
    for (metric, name) in settings.metrics.iter().zip(&autoscaler.names) {
        write_metric(&mut lines, metric, name);
    }
    if let Some(behavior) = &settings.behavior {
        let usual = Timing::default();
        lines.line(1, "behavior:");
        let up = (settings.timing.tolerance_up != usual.tolerance_up).then_some(settings.timing.tolerance_up);
        let down = (settings.timing.tolerance_down != usual.tolerance_down).then_some(settings.timing.tolerance_down);
        write_rules(&mut lines, "scaleUp", &behavior.up, up);
        write_rules(&mut lines, "scaleDown", &behavior.down, down);
    }
    lines.text
}

fn write_rules(lines: &mut Lines, key: &str, rules: &Rules, tolerance: Option<f64>) {
    lines.line(2, format_args!("{key}:"));
    if let Some(window) = rules.window {
        lines.line(3, format_args!("stabilizationWindowSeconds: {}", window / SECOND));
    }
    if let Some(tolerance) = tolerance {
        let milli = (tolerance * 1_000.0).round() as i64;
        lines.line(3, format_args!("tolerance: {}", quoted(&write_quantity(milli, false))));
    }
    let select = match rules.select {
        Select::Max => "Max",
        Select::Min => "Min",
        Select::Disabled => "Disabled",
    };
    lines.line(3, format_args!("selectPolicy: {select}"));
    lines.line(3, "policies:");
    for policy in &rules.policies {
        let (kind, value) = match policy.amount {
            Amount::Pods(value) => ("Pods", value),
            Amount::Percent(value) => ("Percent", value),
        };
        lines.line(3, format_args!("- type: {kind}"));
        lines.line(4, format_args!("value: {value}"));
        lines.line(4, format_args!("periodSeconds: {}", policy.period / SECOND));
    }
}

fn write_metric(lines: &mut Lines, metric: &Metric, name: &MetricName) {
    let kind = match name {
        MetricName::Resource => "Resource",
        MetricName::ContainerResource { .. } => "ContainerResource",
        MetricName::Pods { .. } => "Pods",
        MetricName::Object { .. } => "Object",
        MetricName::External { .. } => "External",
    };
    lines.line(1, format_args!("- type: {kind}"));
    let block = format!("{}{}", kind[..1].to_lowercase(), &kind[1..]);
    lines.line(2, format_args!("{block}:"));
    match name {
        MetricName::Resource | MetricName::ContainerResource { .. } => {
            let memory = matches!(
                metric,
                Metric::Utilization { resource: Resource::Memory, .. }
                    | Metric::ResourceAverage { resource: Resource::Memory, .. }
            );
            lines.line(3, format_args!("name: {}", if memory { "memory" } else { "cpu" }));
            if let MetricName::ContainerResource { container } = name {
                lines.line(3, format_args!("container: {}", quoted(container)));
            }
        }
        MetricName::Pods { metric } | MetricName::External { metric } => write_metric_name(lines, metric),
        MetricName::Object { metric, kind, name } => {
            write_metric_name(lines, metric);
            lines.line(3, "describedObject:");
            lines.line(4, format_args!("kind: {}", quoted(kind)));
            lines.line(4, format_args!("name: {}", quoted(name)));
        }
    }
    lines.line(3, "target:");
    let (kind, key, value) = match metric {
        Metric::Utilization { percent, .. } => ("Utilization", "averageUtilization", percent.to_string()),
        Metric::ResourceAverage { resource, milli } => {
            let quantity = write_quantity(*milli, *resource == Resource::Memory);
            ("AverageValue", "averageValue", quoted(&quantity))
        }
        Metric::PodsAverage { milli } | Metric::ValuePerPod { milli } => {
            ("AverageValue", "averageValue", quoted(&write_quantity(*milli, false)))
        }
        Metric::Value { milli } => ("Value", "value", quoted(&write_quantity(*milli, false))),
    };
    lines.line(4, format_args!("type: {kind}"));
    lines.line(4, format_args!("{key}: {value}"));
}

fn write_metric_name(lines: &mut Lines, metric: &str) {
    lines.line(3, "metric:");
    lines.line(4, format_args!("name: {}", quoted(metric)));
}
