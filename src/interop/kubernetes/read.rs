//! Reads manifests. Every field is either taken, named as without meaning here, or named as unknown.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::fields::{Fields, Meaningless, Notes, place_of, places};
use super::{
    Amounts, Autoscaler, Container, Deployment, Manifest, MetricName, Place, Portion, Probe, Strategy, Weight,
};
use crate::model::scaler::hpa::behavior::{Amount, Behavior, Policy, Rules, Select};
use crate::model::scaler::hpa::calculator::{Metric, Resource};
use crate::model::scaler::hpa::{Nanos, SECOND, Settings};

/// Longest text that is read [bytes].
const LONGEST: usize = 512 * 1024;
/// Levels of nesting at most.
const DEEPEST: usize = 100;

const METADATA: Meaningless = &[
    ("labels", "labels select nothing in a simulation"),
    ("annotations", "annotations mean nothing in a simulation"),
    ("namespace", "there is one namespace"),
    ("uid", "given by a cluster"),
    ("resourceVersion", "given by a cluster"),
    ("generation", "given by a cluster"),
    ("creationTimestamp", "given by a cluster"),
    ("managedFields", "given by a cluster"),
];

const OBJECT: Meaningless = &[("status", "the state of a cluster, not part of the plan")];

const ONE_VERSION: Meaningless = &[("apiVersion", "objects are found by their names")];

const POD: Meaningless = &[
    ("restartPolicy", "pods of a Deployment always restart"),
    ("dnsPolicy", "names are resolved as the drawing says"),
    ("securityContext", "rights mean nothing in a simulation"),
    ("serviceAccountName", "rights mean nothing in a simulation"),
    ("imagePullSecrets", "rights mean nothing in a simulation"),
    ("schedulerName", "there is one scheduler"),
];

const CONTAINER: Meaningless = &[
    ("ports", "connections are drawn, not numbered"),
    ("env", "settings of the program mean nothing in a simulation"),
    ("envFrom", "settings of the program mean nothing in a simulation"),
    ("command", "the program itself is not run"),
    ("args", "the program itself is not run"),
    ("workingDir", "the program itself is not run"),
    ("imagePullPolicy", "when images are pulled is a setting of the service"),
    ("volumeMounts", "there are no volumes"),
    ("securityContext", "rights mean nothing in a simulation"),
    ("terminationMessagePath", "logs are not kept"),
    ("terminationMessagePolicy", "logs are not kept"),
];

const HOW: &str = "a probe asks the replica itself, whatever the protocol";
const PROBE: Meaningless = &[("httpGet", HOW), ("tcpSocket", HOW), ("exec", HOW), ("grpc", HOW)];

/// Reads a text of one or more manifests.
#[must_use]
pub fn read(text: &str) -> Manifest {
    let mut notes = Notes::default();
    let mut manifest = Manifest::default();
    if text.len() > LONGEST {
        let place = Place { line: 1, column: 1 };
        notes.say(
            place,
            "",
            Weight::Error,
            "the text is longer than 512 kB; paste only the Deployment and its autoscaler",
        );
    } else if let Some(line) = too_deep(text) {
        let place = Place { line, column: 1 };
        let words = format!("this is nested more than {DEEPEST} levels deep, as no manifest is; take levels out");
        notes.say(place, "", Weight::Error, words);
    } else {
        match MarkedYaml::load_from_str(text) {
            Ok(documents) => {
                for document in &documents {
                    object(document, &mut manifest, &mut notes);
                }
            }
            Err(wrong) => {
                let marker = wrong.marker();
                let place = Place { line: marker.line(), column: marker.col() + 1 };
                notes.say(
                    place,
                    "",
                    Weight::Error,
                    format!("this is no YAML: {}; see whether the indentation is right", wrong.info()),
                );
            }
        }
    }
    manifest.notes = notes.0;
    manifest.notes.sort_by_key(|note| note.place);
    manifest
}

/// The line from which on a text is nested deeper than a parser should have to go: each level takes of its stack.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let levels = line.chars().take_while(|sign| " \t-?:".contains(*sign)).count() / 2;
        let mut deepest = levels;
        for sign in line.chars() {
            match sign {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(open);
        }
        (deepest > DEEPEST).then_some(number)
    })
}

fn object(yaml: &MarkedYaml<'_>, manifest: &mut Manifest, notes: &mut Notes) {
    if matches!(yaml.data, YamlData::Value(Scalar::Null)) {
        return;
    }
    let Some(mut fields) = Fields::of(yaml, "", notes) else { return };
    let version = fields.text("apiVersion", notes).unwrap_or_default();
    let Some(kind) = fields.text("kind", notes) else {
        notes.say(
            fields.place(),
            "kind",
            Weight::Error,
            "does not say what it is; write kind: Deployment or kind: HorizontalPodAutoscaler",
        );
        return;
    };
    let place = fields.place_of("kind");
    match (kind.as_str(), version.as_str()) {
        ("List", "v1") => {
            let items = fields.list("items", notes).unwrap_or_default();
            for (_, item) in items {
                object(item, manifest, notes);
            }
        }
        ("Deployment", "apps/v1") => {
            if let Some(deployment) = deployment(&mut fields, notes) {
                manifest.deployments.push(deployment);
                manifest.deployment_places.push(places(yaml));
            }
            fields.end(OBJECT, notes);
        }
        ("HorizontalPodAutoscaler", "autoscaling/v2") => {
            if let Some(autoscaler) = autoscaler(&mut fields, notes) {
                manifest.autoscalers.push(autoscaler);
                manifest.autoscaler_places.push(places(yaml));
            }
            fields.end(OBJECT, notes);
        }
        ("Deployment", _) => {
            let text = format!("apiVersion {version} of Deployment is not read; write apiVersion: apps/v1");
            notes.say(fields.place_of("apiVersion"), "apiVersion", Weight::Error, text);
        }
        ("HorizontalPodAutoscaler", _) => {
            let text = format!(
                "apiVersion {version} of HorizontalPodAutoscaler is not read; write apiVersion: autoscaling/v2 (kubectl convert does it)"
            );
            notes.say(fields.place_of("apiVersion"), "apiVersion", Weight::Error, text);
        }
        _ => {
            let text =
                format!("{kind} left out: only Deployment and HorizontalPodAutoscaler become part of a simulation");
            notes.say(place, "kind", Weight::Warning, text);
        }
    }
}

fn name(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<String> {
    let place = fields.place_of("metadata");
    let mut metadata = fields.fields("metadata", notes);
    let name = metadata.as_mut().and_then(|metadata| metadata.text("name", notes));
    if let Some(metadata) = metadata {
        metadata.end(METADATA, notes);
    }
    if name.is_none() {
        notes.say(place, "metadata.name", Weight::Error, "it has no name; write one");
    }
    name
}

/// A field that must be there; a note if it is not.
fn required<'a>(fields: &mut Fields<'a>, key: &str, notes: &mut Notes) -> Option<Fields<'a>> {
    let place = fields.place_of(key);
    let path = fields.path(key);
    let before = notes.0.len();
    let found = fields.fields(key, notes);
    if found.is_none() && notes.0.len() == before {
        notes.say(place, &path, Weight::Error, "is missing; it has to be there, see the manual of Kubernetes");
    }
    found
}

fn deployment(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Deployment> {
    let name = name(fields, notes)?;
    let mut spec = required(fields, "spec", notes)?;
    let mut deployment = Deployment::new(&name);
    deployment.replicas = spec.count("replicas", notes);
    deployment.min_ready_secs = spec.count("minReadySeconds", notes).unwrap_or(0);
    if let Some(found) = strategy(&mut spec, notes) {
        deployment.strategy = found;
    }
    let mut template = required(&mut spec, "template", notes)?;
    let mut pod = required(&mut template, "spec", notes)?;
    deployment.grace_secs = pod.count("terminationGracePeriodSeconds", notes).unwrap_or(30);
    let containers = pod.list("containers", notes).unwrap_or_default();
    if containers.is_empty() {
        notes.say(pod.place(), &pod.path("containers"), Weight::Error, "a pod has at least one container; write one");
        return None;
    }
    deployment.containers = containers.into_iter().filter_map(|(path, yaml)| container(yaml, &path, notes)).collect();
    pod.end(POD, notes);
    template.end(&[("metadata", "labels select nothing in a simulation")], notes);
    spec.end(
        &[
            ("selector", "labels select nothing in a simulation"),
            ("revisionHistoryLimit", "no history of versions is kept"),
            ("progressDeadlineSeconds", "a roll-out is watched, not judged by a clock"),
        ],
        notes,
    );
    Some(deployment)
}

fn portion(fields: &mut Fields<'_>, key: &str, default: Portion, notes: &mut Notes) -> Portion {
    let path = fields.path(key);
    let Some(yaml) = fields.take(key) else { return default };
    let found = match &yaml.data {
        YamlData::Value(Scalar::Integer(pods)) => u32::try_from(*pods).ok().map(Portion::Pods),
        YamlData::Value(Scalar::String(text)) => {
            text.strip_suffix('%').and_then(|percent| percent.parse().ok()).map(Portion::Percent)
        }
        _ => None,
    };
    found.unwrap_or_else(|| {
        notes.say(place_of(yaml), &path, Weight::Error, "a number such as 1, or a share such as \"25%\", belongs here");
        default
    })
}

fn strategy(spec: &mut Fields<'_>, notes: &mut Notes) -> Option<Strategy> {
    let mut fields = spec.fields("strategy", notes)?;
    let place = fields.place_of("type");
    let kind = fields.text("type", notes);
    let strategy = match kind.as_deref() {
        Some("Recreate") => Strategy::Recreate,
        None | Some("RollingUpdate") => {
            let quarter = Portion::Percent(25);
            let (mut max_surge, mut max_unavailable) = (quarter, quarter);
            if let Some(mut rolling) = fields.fields("rollingUpdate", notes) {
                max_surge = portion(&mut rolling, "maxSurge", quarter, notes);
                max_unavailable = portion(&mut rolling, "maxUnavailable", quarter, notes);
                let zero = |portion| matches!(portion, Portion::Pods(0) | Portion::Percent(0));
                if zero(max_surge) && zero(max_unavailable) {
                    let text = "maxSurge and maxUnavailable are both 0, so nothing could ever be replaced; raise one";
                    notes.say(rolling.place(), "spec.strategy.rollingUpdate", Weight::Error, text);
                }
                rolling.end(&[], notes);
            }
            Strategy::Rolling { max_surge, max_unavailable }
        }
        Some(other) => {
            let text = format!("there is no strategy {other}; write RollingUpdate or Recreate");
            notes.say(place, "spec.strategy.type", Weight::Error, text);
            return None;
        }
    };
    fields.end(&[], notes);
    Some(strategy)
}

fn container(yaml: &MarkedYaml<'_>, path: &str, notes: &mut Notes) -> Option<Container> {
    let mut fields = Fields::of(yaml, path, notes)?;
    let mut container = Container {
        name: fields.text("name", notes).unwrap_or_default(),
        image: fields.text("image", notes).unwrap_or_default(),
        ..Container::default()
    };
    if let Some(mut resources) = fields.fields("resources", notes) {
        container.requests = amounts(&mut resources, "requests", notes);
        container.limits = amounts(&mut resources, "limits", notes);
        // Where only a limit is given, it is the request, too.
        let Amounts { cpu_milli, memory_bytes } = container.limits;
        container.requests.cpu_milli = container.requests.cpu_milli.or(cpu_milli);
        container.requests.memory_bytes = container.requests.memory_bytes.or(memory_bytes);
        let over = |request: Option<i64>, limit: Option<i64>| matches!((request, limit), (Some(request), Some(limit)) if request > limit);
        for (what, over) in [
            ("CPU", over(container.requests.cpu_milli, cpu_milli)),
            ("memory", over(container.requests.memory_bytes, memory_bytes)),
        ] {
            if over {
                let text = format!("requests more {what} than its limit, which Kubernetes refuses; lower the request");
                notes.say(resources.place_of("requests"), &resources.path("requests"), Weight::Error, text);
            }
        }
        resources.end(&[], notes);
    }
    container.readiness = probe(&mut fields, notes);
    fields.end(CONTAINER, notes);
    Some(container)
}

fn amounts(resources: &mut Fields<'_>, key: &str, notes: &mut Notes) -> Amounts {
    let Some(mut fields) = resources.fields(key, notes) else { return Amounts::default() };
    let cpu_milli = fields.quantity("cpu", notes);
    let memory = fields.quantity("memory", notes);
    fields.end(&[("ephemeral-storage", "disks are not simulated")], notes);
    Amounts { cpu_milli, memory_bytes: memory.map(|milli| milli / 1_000) }
}

fn probe(container: &mut Fields<'_>, notes: &mut Notes) -> Option<Probe> {
    let mut fields = container.fields("readinessProbe", notes)?;
    let default = Probe::default();
    let probe = Probe {
        initial_delay_secs: fields.count("initialDelaySeconds", notes).unwrap_or(default.initial_delay_secs),
        period_secs: fields.count("periodSeconds", notes).unwrap_or(default.period_secs).max(1),
        timeout_secs: fields.count("timeoutSeconds", notes).unwrap_or(default.timeout_secs).max(1),
        success_threshold: fields.count("successThreshold", notes).unwrap_or(default.success_threshold).max(1),
        failure_threshold: fields.count("failureThreshold", notes).unwrap_or(default.failure_threshold).max(1),
    };
    fields.end(PROBE, notes);
    Some(probe)
}

fn autoscaler(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Autoscaler> {
    let name = name(fields, notes)?;
    let mut spec = required(fields, "spec", notes)?;
    let mut reference = required(&mut spec, "scaleTargetRef", notes)?;
    let kind_place = reference.place_of("kind");
    let kind = reference.text("kind", notes);
    let target = reference.text("name", notes);
    reference.end(ONE_VERSION, notes);
    if let Some(kind) = kind.filter(|kind| kind != "Deployment") {
        let text = format!("only a Deployment can be scaled here, not a {kind}");
        notes.say(kind_place, "spec.scaleTargetRef.kind", Weight::Error, text);
        return None;
    }
    let Some(target) = target else {
        notes.say(
            kind_place,
            "spec.scaleTargetRef.name",
            Weight::Error,
            "does not say what to scale; write the Deployment's name",
        );
        return None;
    };
    let min = spec.count("minReplicas", notes).unwrap_or(1);
    let said = notes.0.len();
    let max = spec.count("maxReplicas", notes);
    if max.is_none() && notes.0.len() == said {
        notes.say(spec.place(), "spec.maxReplicas", Weight::Error, "is missing; write the most replicas there may be");
    }
    let max = max.filter(|max| {
        if *max < min.max(1) {
            let text = format!("maxReplicas is {max}, which is less than minReplicas, {}; raise it", min.max(1));
            notes.say(spec.place_of("maxReplicas"), "spec.maxReplicas", Weight::Error, text);
        }
        *max >= min.max(1)
    });
    let (mut metrics, mut names) = (Vec::new(), Vec::new());
    for (path, yaml) in spec.list("metrics", notes).unwrap_or_default() {
        if let Some((metric, name)) = metric(yaml, &path, notes) {
            metrics.push(metric);
            names.push(name);
        }
    }
    if metrics.is_empty() {
        let text = "no metric can be used, so it goes by Kubernetes' default: 80 % of the requested CPU";
        notes.say(spec.place_of("metrics"), "spec.metrics", Weight::Warning, text);
        metrics.push(Settings::default_metric());
        names.push(MetricName::Resource);
    }
    let from_outside = names.iter().any(|name| matches!(name, MetricName::Object { .. } | MetricName::External { .. }));
    if min == 0 && !from_outside {
        let text = "minReplicas 0 needs an Object or External metric (and the feature gate HPAScaleToZero); write 1";
        notes.say(spec.place_of("minReplicas"), "spec.minReplicas", Weight::Error, text);
        return None;
    }
    // What else is wrong is told, too, before it is given up.
    let mut settings = Settings::new(min as i32, max.unwrap_or(min.max(1)) as i32, metrics);
    if let Some(mut fields) = spec.fields("behavior", notes) {
        settings.behavior = Some(Behavior {
            up: rules(&mut fields, "scaleUp", Rules::up(), &mut settings.timing.tolerance_up, notes),
            down: rules(&mut fields, "scaleDown", Rules::down(), &mut settings.timing.tolerance_down, notes),
        });
        fields.end(&[], notes);
    }
    spec.end(&[], notes);
    max.map(|_| Autoscaler { name, target, settings, names })
}

fn secs(count: u32) -> Nanos {
    Nanos::from(count) * SECOND
}

fn rules(behavior: &mut Fields<'_>, key: &str, default: Rules, tolerance: &mut f64, notes: &mut Notes) -> Rules {
    let Some(mut fields) = behavior.fields(key, notes) else { return default };
    let mut rules = default;
    let window_place = fields.place_of("stabilizationWindowSeconds");
    if let Some(window) = fields.count("stabilizationWindowSeconds", notes) {
        if window > 3_600 {
            let path = fields.path("stabilizationWindowSeconds");
            notes.say(window_place, &path, Weight::Error, "is at most 3600; write that, or less");
        }
        rules.window = Some(secs(window.min(3_600)));
    }
    let select_place = fields.place_of("selectPolicy");
    let select = fields.text("selectPolicy", notes);
    match select.as_deref() {
        None | Some("Max") => {}
        Some("Min") => rules.select = Select::Min,
        Some("Disabled") => rules.select = Select::Disabled,
        Some(other) => {
            let text = format!("there is no policy {other}; write Max, Min or Disabled");
            notes.say(select_place, &fields.path("selectPolicy"), Weight::Error, text);
        }
    }
    if let Some(milli) = fields.quantity("tolerance", notes) {
        *tolerance = milli as f64 / 1_000.0;
    }
    let policies: Vec<Policy> = fields
        .list("policies", notes)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(path, yaml)| policy(yaml, &path, notes))
        .collect();
    if !policies.is_empty() {
        rules.policies = policies;
    }
    fields.end(&[], notes);
    rules
}

fn policy(yaml: &MarkedYaml<'_>, path: &str, notes: &mut Notes) -> Option<Policy> {
    let mut fields = Fields::of(yaml, path, notes)?;
    let place = fields.place();
    let kind = fields.text("type", notes);
    let value = fields.count("value", notes);
    let period = fields.count("periodSeconds", notes);
    fields.end(&[], notes);
    let value = value.filter(|value| *value > 0).map(|value| value as i32);
    let period = period.filter(|period| (1..=1_800).contains(period));
    let (Some(kind), Some(value), Some(period)) = (kind, value, period) else {
        let text = "a policy has a type, a value above 0, and periodSeconds from 1 to 1800; left out";
        notes.say(place, path, Weight::Error, text);
        return None;
    };
    let amount = match kind.as_str() {
        "Pods" => Amount::Pods(value),
        "Percent" => Amount::Percent(value),
        other => {
            notes.say(place, path, Weight::Error, format!("there is no policy {other}; write Pods or Percent"));
            return None;
        }
    };
    Some(Policy { amount, period: secs(period) })
}

/// A metric's target as it is written.
#[derive(Clone, Copy, Debug)]
enum Target {
    Utilization(i32),
    AverageValue(i64),
    Value(i64),
}

fn target(source: &mut Fields<'_>, notes: &mut Notes) -> Option<Target> {
    let mut fields = required(source, "target", notes)?;
    let (place, path) = (fields.place(), fields.path("type"));
    let kind = fields.text("type", notes);
    let found = match kind.as_deref() {
        Some("Utilization") => fields
            .count("averageUtilization", notes)
            .filter(|percent| *percent > 0)
            .map(|percent| Target::Utilization(percent as i32)),
        Some("AverageValue") => {
            fields.quantity("averageValue", notes).filter(|milli| *milli > 0).map(Target::AverageValue)
        }
        Some("Value") => fields.quantity("value", notes).filter(|milli| *milli > 0).map(Target::Value),
        _ => None,
    };
    if found.is_none() {
        let text = "a target has a type (Utilization, AverageValue, Value) and, under the name that goes with it (averageUtilization, averageValue, value), a number above 0";
        notes.say(place, &path, Weight::Error, text);
    }
    fields.end(&[], notes);
    found
}

/// Name of the metric of a `pods`, `object` or `external` block.
fn metric_name(source: &mut Fields<'_>, notes: &mut Notes) -> Option<String> {
    let mut fields = required(source, "metric", notes)?;
    let name = fields.text("name", notes);
    if name.is_none() {
        notes.say(fields.place(), &fields.path("name"), Weight::Error, "a metric has a name");
    }
    fields.end(&[("selector", "a simulated metric has one series")], notes);
    name
}

fn metric(yaml: &MarkedYaml<'_>, path: &str, notes: &mut Notes) -> Option<(Metric, MetricName)> {
    let mut fields = Fields::of(yaml, path, notes)?;
    let place = fields.place();
    let kind = fields.text("type", notes);
    let block = match kind.as_deref() {
        Some("Resource") => "resource",
        Some("ContainerResource") => "containerResource",
        Some("Pods") => "pods",
        Some("Object") => "object",
        Some("External") => "external",
        _ => {
            let text = "a metric has a type: Resource, ContainerResource, Pods, Object or External";
            notes.say(place, &fields.path("type"), Weight::Error, text);
            return None;
        }
    };
    let mut source = required(&mut fields, block, notes)?;
    let path = source.path("target");
    let wrong = |notes: &mut Notes, text: &str| {
        notes.say(place, &path, Weight::Error, text);
        None
    };
    let found = match block {
        "resource" | "containerResource" => {
            let name_place = source.place_of("name");
            let resource = match source.text("name", notes).as_deref() {
                Some("cpu") => Resource::Cpu,
                Some("memory") => Resource::Memory,
                other => {
                    let text = format!("{} is not measured here; write cpu or memory", other.unwrap_or("nothing"));
                    notes.say(name_place, &source.path("name"), Weight::Error, text);
                    return None;
                }
            };
            let name = if block == "resource" {
                MetricName::Resource
            } else {
                let container = source.text("container", notes).unwrap_or_default();
                let text = "all containers of a pod are one here: the pod's use is looked at";
                notes.say(source.place_of("container"), &source.path("container"), Weight::Info, text);
                MetricName::ContainerResource { container }
            };
            match target(&mut source, notes)? {
                Target::Utilization(percent) => Some((Metric::Utilization { resource, percent }, name)),
                Target::AverageValue(milli) => Some((Metric::ResourceAverage { resource, milli }, name)),
                Target::Value(_) => {
                    wrong(notes, "a resource has a target of type Utilization or AverageValue, not Value")
                }
            }
        }
        "pods" => {
            let metric = metric_name(&mut source, notes)?;
            match target(&mut source, notes)? {
                Target::AverageValue(milli) => Some((Metric::PodsAverage { milli }, MetricName::Pods { metric })),
                _ => wrong(notes, "a metric of pods has a target of type AverageValue"),
            }
        }
        _ => {
            let metric = metric_name(&mut source, notes)?;
            let name = if block == "external" {
                MetricName::External { metric }
            } else {
                let mut object = required(&mut source, "describedObject", notes)?;
                let kind = object.text("kind", notes).unwrap_or_default();
                let name = object.text("name", notes).unwrap_or_default();
                object.end(ONE_VERSION, notes);
                MetricName::Object { metric, kind, name }
            };
            match target(&mut source, notes)? {
                Target::Value(milli) => Some((Metric::Value { milli }, name)),
                Target::AverageValue(milli) => Some((Metric::ValuePerPod { milli }, name)),
                Target::Utilization(_) => wrong(notes, "such a metric has a target of type Value or AverageValue"),
            }
        }
    };
    source.end(&[], notes);
    fields.end(&[], notes);
    found
}
