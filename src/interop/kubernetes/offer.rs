//! What a pasted text of manifests offers, line by line; and a service as a text to take away.

use std::fmt::Write;

use super::{
    Adopted, Autoscaler, Container, Deployment, Manifest, MetricName, Part, Place, Places, Portion, Strategy, Weight,
    from_service, read, to_scaler, to_service, write,
};
use crate::model::params::{Params, Value};
use crate::model::read::Reader;
use crate::model::scaler::hpa::behavior::{Amount, Rules, Select};
use crate::model::scaler::hpa::calculator::{Metric, Resource};
use crate::model::scaler::hpa::{SECOND, Settings};
use crate::model::scaler::{instance, kubernetes, nodes};
use crate::model::station::service;
use crate::protocol::manifest::{
    Fact, ManifestAnswer, ManifestAsk, NoteFrame, NoteWeight, Offered, Understood, Written,
};

/// Answers the page.
#[must_use]
pub fn answer(ask: &ManifestAsk) -> ManifestAnswer {
    match ask {
        ManifestAsk::Read { text, stations } => ManifestAnswer::Read(understand(text, stations)),
        ManifestAsk::Write { label, params_json, stations } => {
            // The page packed them itself.
            let params: Params = serde_json::from_str(params_json).unwrap_or_default();
            ManifestAnswer::Written(export(label, &params, stations))
        }
    }
}

/// What a text says, as services that can be made of it; everything that is left out or wrong by its line.
/// `stations` of the drawing (number, label) are recognized where a metric is of one of them.
#[must_use]
pub fn understand(text: &str, stations: &[(u32, String)]) -> Understood {
    let manifest = read(text);
    let mut found = Understood::default();
    let note = |place: Place, path: &str, weight: Weight, text: &str| NoteFrame {
        line: place.line as u32,
        path: path.to_owned(),
        weight: match weight {
            Weight::Error => NoteWeight::Error,
            Weight::Warning => NoteWeight::Warning,
            Weight::Info => NoteWeight::Info,
        },
        text: text.to_owned(),
    };
    found.notes = manifest.notes.iter().map(|said| note(said.place, &said.path, said.weight, &said.text)).collect();
    let start = Place { line: 1, column: 1 };
    let mut scaled = vec![false; manifest.autoscalers.len()];
    for (deployment, places) in manifest.deployments.iter().zip(&manifest.deployment_places) {
        let mut scaler = None;
        for (at, autoscaler) in manifest.autoscalers.iter().enumerate() {
            if autoscaler.target != deployment.name {
                continue;
            }
            scaled[at] = true;
            if scaler.replace(at).is_some() {
                let place = manifest.autoscaler_places[at].of("spec.scaleTargetRef").unwrap_or(start);
                let text = format!("a second autoscaler for {}: the two would fight; take one out", deployment.name);
                found.notes.push(note(place, "spec.scaleTargetRef", Weight::Error, &text));
            }
        }
        let scaler = scaler.map(|at| (&manifest.autoscalers[at], &manifest.autoscaler_places[at]));
        let adopted = to_service(deployment, scaler.map(|(autoscaler, _)| autoscaler), stations);
        found.take(&deployment.name, &adopted, Some((deployment, places)), scaler, &note);
    }
    for (at, autoscaler) in manifest.autoscalers.iter().enumerate().filter(|(at, _)| !scaled[*at]) {
        let places = &manifest.autoscaler_places[at];
        let place = places.of("spec.scaleTargetRef.name").unwrap_or(start);
        let text = format!(
            "the Deployment {} is not in this text: only the scaler is taken; add the Deployment for its CPU and memory",
            autoscaler.target
        );
        found.notes.push(note(place, "spec.scaleTargetRef.name", Weight::Warning, &text));
        let adopted = to_scaler(autoscaler, stations);
        found.take(&autoscaler.target, &adopted, None, Some((autoscaler, places)), &note);
    }
    if found.services.is_empty() && found.errors() == 0 && !text.trim().is_empty() {
        let text = "there is neither a Deployment nor a HorizontalPodAutoscaler in it; paste one of them, or both";
        found.notes.push(note(start, "", Weight::Error, text));
    }
    found.notes.sort_by_key(|note| (note.weight, note.line));
    found
}

impl Understood {
    fn take(
        &mut self,
        name: &str,
        adopted: &Adopted,
        deployment: Option<(&Deployment, &Places)>,
        autoscaler: Option<(&Autoscaler, &Places)>,
        note: &impl Fn(Place, &str, Weight, &str) -> NoteFrame,
    ) {
        for remark in &adopted.notes {
            let places = match remark.part {
                Part::Deployment => deployment.map(|(_, places)| places),
                Part::Autoscaler => autoscaler.map(|(_, places)| places),
            };
            let place = places.and_then(|places| places.of(&remark.path)).unwrap_or(Place { line: 1, column: 1 });
            self.notes.push(note(place, &remark.path, remark.weight, &remark.text));
        }
        let mut facts = Facts::default();
        if let Some((deployment, places)) = deployment {
            facts.deployment(deployment, places, &adopted.params);
        }
        match autoscaler {
            Some((autoscaler, places)) => facts.autoscaler(autoscaler, places),
            None if self.errors() > 0 => facts.add("Scaler", "none that could be read".to_owned(), None),
            None => facts.add("Scaler", "none in this text: the service keeps its own".to_owned(), None),
        }
        self.services.push(Offered {
            name: name.to_owned(),
            facts: facts.0,
            params_json: serde_json::to_string(&adopted.params).expect("parameters are plain data"),
        });
    }
}

#[derive(Debug, Default)]
struct Facts(Vec<Fact>);

impl Facts {
    fn add(&mut self, what: &str, value: String, place: Option<Place>) {
        self.0.push(Fact { what: what.to_owned(), value, line: place.map_or(0, |place| place.line as u32) });
    }

    fn deployment(&mut self, deployment: &Deployment, places: &Places, params: &Params) {
        let replicas = match params.get("replicas") {
            Some(Value::Number(replicas)) => *replicas,
            _ => 1.0,
        };
        self.add("Replicas to begin with", replicas.to_string(), places.exactly("spec.replicas"));
        let resources = places.exactly("spec.template.spec.containers[0].resources");
        let sum = |of: fn(&Container) -> Option<i64>| deployment.containers.iter().map(of).sum::<Option<i64>>();
        let words = |request: Option<String>, limit: Option<String>| match (request, limit) {
            (None, None) => "nothing stated".to_owned(),
            (Some(request), None) => format!("{request} requested, no limit"),
            (None, Some(limit)) => format!("at most {limit}"),
            (Some(request), Some(limit)) => format!("{request} requested, at most {limit}"),
        };
        let cores = |milli: i64| format!("{} core{}", milli as f64 / 1e3, if milli == 1_000 { "" } else { "s" });
        let mib = |bytes: i64| format!("{} MiB", bytes as f64 / instance::MIB);
        let cpu =
            words(deployment.cpu_request_milli().map(cores), sum(|container| container.limits.cpu_milli).map(cores));
        self.add("CPU of a replica", cpu, resources);
        let memory =
            words(deployment.memory_request_bytes().map(mib), sum(|container| container.limits.memory_bytes).map(mib));
        self.add("Memory of a replica", memory, resources);
        let probe =
            deployment.containers.iter().enumerate().find_map(|(at, container)| Some((at, container.readiness?)));
        match probe {
            Some((at, probe)) => self.add(
                "Readiness",
                format!("first probe after {} s, then every {} s", probe.initial_delay_secs, probe.period_secs),
                places.exactly(&format!("spec.template.spec.containers[{at}].readinessProbe")),
            ),
            None => self.add("Readiness", "no probe: ready as soon as it runs".to_owned(), None),
        }
        let portion = |portion: Portion| match portion {
            Portion::Pods(pods) => pods.to_string(),
            Portion::Percent(percent) => format!("{percent} %"),
        };
        let strategy = match deployment.strategy {
            Strategy::Recreate => "all old ones first, then the new ones".to_owned(),
            Strategy::Rolling { max_surge, max_unavailable } => {
                format!("{} more, {} fewer at a time", portion(max_surge), portion(max_unavailable))
            }
        };
        self.add("A new version", strategy, places.exactly("spec.strategy"));
    }

    fn autoscaler(&mut self, autoscaler: &Autoscaler, places: &Places) {
        let Settings { min, max, metrics, behavior, downscale_window, .. } = &autoscaler.settings;
        let place = places.exactly("spec.maxReplicas");
        self.add("Scaler", format!("Kubernetes HPA, {min} to {max} replicas"), place);
        for (at, (metric, name)) in metrics.iter().zip(&autoscaler.names).enumerate() {
            let place = places.exactly(&format!("spec.metrics[{at}]"));
            self.add("Goes by", metric_words(metric, name), place);
        }
        match behavior {
            None => {
                self.add("Up", "to twice as many, or 4, at a time".to_owned(), None);
                let window = downscale_window / SECOND;
                self.add("Down", format!("to the largest number of the last {window} s"), None);
            }
            Some(behavior) => {
                let down_window = behavior.down.window.unwrap_or(*downscale_window);
                let up_window = behavior.up.window.unwrap_or(0);
                self.add(
                    "Up",
                    rules_words(&behavior.up, up_window, "smallest"),
                    places.exactly("spec.behavior.scaleUp"),
                );
                let place = places.exactly("spec.behavior.scaleDown");
                self.add("Down", rules_words(&behavior.down, down_window, "largest"), place);
            }
        }
    }
}

fn metric_words(metric: &Metric, name: &MetricName) -> String {
    let resource = |resource: Resource| match resource {
        Resource::Cpu => "CPU",
        Resource::Memory => "memory",
    };
    let name = match name {
        MetricName::Resource | MetricName::ContainerResource { .. } => "",
        MetricName::Pods { metric } | MetricName::Object { metric, .. } | MetricName::External { metric } => metric,
    };
    let plain = |milli: i64| milli as f64 / 1e3;
    match *metric {
        Metric::Utilization { resource: of, percent } => format!("{} at {percent} % of the request", resource(of)),
        Metric::ResourceAverage { resource: Resource::Cpu, milli } => format!("{} cores per replica", plain(milli)),
        Metric::ResourceAverage { resource: Resource::Memory, milli } => {
            format!("{} MiB of memory per replica", plain(milli) / instance::MIB)
        }
        Metric::PodsAverage { milli } => format!("{name} at {} in each replica", plain(milli)),
        Metric::Value { milli } => format!("{name} at {} in all", plain(milli)),
        Metric::ValuePerPod { milli } => format!("{name} at {} for each replica, shared out", plain(milli)),
    }
}

fn rules_words(rules: &Rules, window: i64, which: &str) -> String {
    if rules.select == Select::Disabled {
        return "never".to_owned();
    }
    let policies = rules.policies.iter().map(|policy| {
        let period = policy.period / SECOND;
        match policy.amount {
            Amount::Pods(pods) => format!("{pods} replicas in {period} s"),
            Amount::Percent(percent) => format!("{percent} % in {period} s"),
        }
    });
    let policies: Vec<String> = policies.collect();
    let between = if rules.select == Select::Min { ", whichever is less" } else { ", whichever is more" };
    let between = if policies.len() > 1 { between } else { "" };
    let mut words = format!("at most {}{between}", policies.join(" or "));
    if window > 0 {
        // A string takes what is written to it.
        let _ = write!(words, "; the {which} number of the last {} s counts", window / SECOND);
    }
    words
}

/// A service as a manifest that `kubectl apply` accepts, and what of it a manifest cannot say.
#[must_use]
pub fn export(label: &str, params: &Params, stations: &[(u32, String)]) -> Written {
    let manifest = from_service(label, params, stations);
    let mut notes = Vec::new();
    let reader = Reader::new(&service::KIND.entry, params);
    let (entry, choice) = reader.variant("scaler");
    let mut comments = String::new();
    if entry.id == kubernetes::ENTRY.id {
        let flags = flags(&choice.params);
        if !flags.is_empty() {
            comments += "# Flags of kube-controller-manager that this was tuned with; a manifest cannot set them:\n";
            for (flag, value) in flags {
                notes.push(format!("{flag}={value} is a flag of the controller: it stands as a comment"));
                comments += &format!("#   {flag}={value}\n");
            }
        }
        tolerances(&manifest, &mut notes);
        if kubernetes::rows(&choice.params).iter().any(kubernetes::Row::is_from_outside) {
            notes.push("Object and External metrics go out under made-up names: put in those of your own".to_owned());
        }
        let window = Reader::new(&kubernetes::ENTRY, &choice.params).number("pods_window");
        if window != Reader::new(&kubernetes::ENTRY, &Params::new()).number("pods_window") {
            notes.push(format!(
                "requests per second over {window} s are a setting of the metrics' adapter, not of the manifest"
            ));
        }
    } else if entry.id == "off" {
        notes.push("it has no scaler: only its Deployment goes out".to_owned());
    } else {
        notes.push(format!("{} is no scaler of Kubernetes: only the Deployment goes out", entry.name));
    }
    if let Some(instance) = instance::read(&reader.variant("instance").1) {
        if instance.size.is_some() {
            notes.push(
                "a virtual machine goes out as a container of its size: its price is not in a manifest".to_owned(),
            );
        }
        if instance.cpu_request > instance.vcpu || instance.memory_request > instance.memory {
            notes.push("it requests more than its limit, which Kubernetes refuses: lower the request first".to_owned());
        }
    } else {
        notes.push(
            "nothing is said of the CPU and memory of a replica, so no requests go out: a scaler on CPU needs them"
                .to_owned(),
        );
    }
    if nodes::read(&reader.variant("nodes").1).is_some() {
        notes.push("nodes are the cluster's own: they are left out".to_owned());
    }
    notes.push("the image is a name to be replaced by yours".to_owned());
    Written { text: comments + &write(&manifest), notes }
}

/// Flags of the controller that differ from its defaults.
fn flags(params: &Params) -> Vec<(&'static str, String)> {
    let reader = Reader::new(&kubernetes::ENTRY, params);
    let usual = Params::new();
    let usual = Reader::new(&kubernetes::ENTRY, &usual);
    let mut flags: Vec<(&'static str, String)> = [
        ("sync", "--horizontal-pod-autoscaler-sync-period"),
        ("downscale_window", "--horizontal-pod-autoscaler-downscale-stabilization"),
        ("cpu_initialization", "--horizontal-pod-autoscaler-cpu-initialization-period"),
        ("initial_readiness", "--horizontal-pod-autoscaler-initial-readiness-delay"),
    ]
    .into_iter()
    .filter(|(key, _)| reader.number(key) != usual.number(key))
    .map(|(key, flag)| (flag, format!("{}s", reader.number(key))))
    .collect();
    let (up, down) = (reader.number("tolerance_up"), reader.number("tolerance_down"));
    // With a behavior the tolerances stand in the manifest.
    if reader.variant("behavior").0.id == "none" && up == down && up != usual.number("tolerance_up") {
        flags.push(("--horizontal-pod-autoscaler-tolerance", up.to_string()));
    }
    flags
}

fn tolerances(manifest: &Manifest, notes: &mut Vec<String>) {
    for autoscaler in &manifest.autoscalers {
        let timing = autoscaler.settings.timing;
        let usual = crate::model::scaler::hpa::calculator::Timing::default();
        let differ = timing.tolerance_up != usual.tolerance_up || timing.tolerance_down != usual.tolerance_down;
        if !differ {
            continue;
        }
        if autoscaler.settings.behavior.is_some() {
            notes.push("tolerance needs the feature gate HPAConfigurableTolerance of your cluster".to_owned());
        } else if timing.tolerance_up != timing.tolerance_down {
            notes.push(
                "two tolerances can only be said within a behavior: choose one, or make them equal; they are left out"
                    .to_owned(),
            );
        }
    }
}
