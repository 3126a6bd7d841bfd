//! Kubernetes manifests: the running example's own, everything that may be written, everything that may be wrong.

use headroom::interop::kubernetes::{
    MetricName, Portion, Strategy, Weight, export, from_service, read, understand, write,
};
use headroom::model::params::Value;
use headroom::model::scaler::hpa::SECOND;
use headroom::model::scaler::hpa::behavior::{Amount, Policy, Rules, Select};
use headroom::model::scaler::hpa::calculator::{Metric, Resource};
use headroom::protocol::manifest::{NoteWeight, Understood};

/// The facts of the course's manifest, in this project's own order.
const GATEWAY: &str = r#"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: api-gateway-hpa }
spec:
  minReplicas: 3
  maxReplicas: 50
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: go-coffee-api-gateway }
  behavior:
    scaleDown:
      policies: [{ type: Percent, value: 10, periodSeconds: 60 }]
      stabilizationWindowSeconds: 300
    scaleUp:
      policies: [{ type: Percent, value: 100, periodSeconds: 60 }]
      stabilizationWindowSeconds: 60
  metrics:
  - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }
  - { type: Resource, resource: { name: memory, target: { type: Utilization, averageUtilization: 80 } } }
  - type: Pods
    pods:
      metric: { name: http_requests_per_second }
      target: { type: AverageValue, averageValue: "100" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: go-coffee-api-gateway }
spec:
  selector: { matchLabels: { app: api-gateway } }
  replicas: 3
  template:
    metadata: { labels: { app: api-gateway } }
    spec:
      containers:
      - name: api-gateway
        image: go-coffee/api-gateway:latest
        env:
        - { name: PRODUCER_GRPC_ADDRESS, value: "producer-service:50051" }
        ports: [{ containerPort: 8080 }]
        resources:
          limits: { cpu: 500m, memory: 512Mi }
          requests: { cpu: 250m, memory: 256Mi }
"#;

#[test]
fn the_running_examples_manifest_is_read_whole() {
    let manifest = read(GATEWAY);
    assert_eq!(manifest.errors().collect::<Vec<_>>(), Vec::<&headroom::interop::kubernetes::Note>::new());
    let [deployment] = manifest.deployments.as_slice() else { panic!("{manifest:?}") };
    assert_eq!((deployment.name.as_str(), deployment.replicas), ("go-coffee-api-gateway", Some(3)));
    assert_eq!(deployment.cpu_request_milli(), Some(250));
    assert_eq!(deployment.memory_request_bytes(), Some(256 << 20));
    assert_eq!(deployment.containers[0].limits.cpu_milli, Some(500));
    let quarter = Portion::Percent(25);
    assert_eq!(deployment.strategy, Strategy::Rolling { max_surge: quarter, max_unavailable: quarter });
    let [scaler] = manifest.autoscalers.as_slice() else { panic!("{manifest:?}") };
    assert_eq!(scaler.target, deployment.name);
    assert_eq!((scaler.settings.min, scaler.settings.max), (3, 50));
    assert_eq!(
        scaler.settings.metrics,
        [
            Metric::Utilization { resource: Resource::Cpu, percent: 70 },
            Metric::Utilization { resource: Resource::Memory, percent: 80 },
            Metric::PodsAverage { milli: 100_000 },
        ]
    );
    assert_eq!(scaler.names[2], MetricName::Pods { metric: "http_requests_per_second".to_owned() });
    let rules = |window: i64, percent| Rules {
        window: Some(window * SECOND),
        select: Select::Max,
        policies: vec![Policy { amount: Amount::Percent(percent), period: 60 * SECOND }],
    };
    let behavior = scaler.settings.behavior.as_ref().unwrap();
    assert_eq!((&behavior.up, &behavior.down), (&rules(60, 100), &rules(300, 10)));
    // What was left out is named, each with its line.
    let left: Vec<_> = manifest.notes.iter().map(|note| (note.place.line, note.path.as_str(), note.weight)).collect();
    assert_eq!(
        left,
        [
            (8, "spec.scaleTargetRef.apiVersion", Weight::Info),
            (28, "spec.selector", Weight::Info),
            (31, "spec.template.metadata", Weight::Info),
            (36, "spec.template.spec.containers[0].env", Weight::Info),
            (38, "spec.template.spec.containers[0].ports", Weight::Info),
        ]
    );
}

#[test]
fn what_is_written_is_read_back() {
    let everything = r#"
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: { name: shop }
  spec:
    minReadySeconds: 5
    strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 2, maxUnavailable: "0%" } }
    template:
      spec:
        terminationGracePeriodSeconds: 12
        containers:
        - { name: shop, image: "shop:1", resources: { limits: { cpu: 1500m, memory: 1Gi } }, readinessProbe: { httpGet: { path: /healthz, port: 8080 }, initialDelaySeconds: 3, periodSeconds: 4 } }
        - { name: side, image: "side:2", resources: { requests: { cpu: "0.1", memory: 1000 } } }
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: { name: shop-scaler }
  spec:
    scaleTargetRef: { kind: Deployment, name: shop }
    minReplicas: 0
    maxReplicas: 9
    metrics:
    - { type: ContainerResource, containerResource: { name: memory, container: shop, target: { type: AverageValue, averageValue: 200Mi } } }
    - { type: Object, object: { metric: { name: hits }, describedObject: { kind: Ingress, name: front }, target: { type: Value, value: 2k } } }
    - { type: External, external: { metric: { name: queue }, target: { type: AverageValue, averageValue: 1500m } } }
    behavior:
      scaleUp: { selectPolicy: Disabled, tolerance: "0.05" }
      scaleDown: { selectPolicy: Min, policies: [{ type: Pods, value: 2, periodSeconds: 30 }, { type: Percent, value: 50, periodSeconds: 90 }] }
"#;
    for text in [everything, GATEWAY] {
        let mut first = read(text);
        assert_eq!(first.errors().count(), 0, "{:#?}", first.notes);
        let again = read(&write(&first));
        assert_eq!(again.notes.iter().filter(|note| note.weight != Weight::Info).count(), 0, "{:#?}", again.notes);
        // An autoscaled Deployment states no number of replicas.
        for deployment in &mut first.deployments {
            deployment.replicas = None;
        }
        assert_eq!(
            (again.deployments, again.autoscalers),
            (first.deployments, first.autoscalers),
            "{}",
            write(&read(text))
        );
    }
}

/// What is wrong is named by its line, with a remedy; and nothing panics.
#[test]
fn what_is_wrong_is_named_by_its_line() {
    let scaler = |spec: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: a\nspec:\n  scaleTargetRef: {{kind: Deployment, name: b}}\n{spec}"
        )
    };
    for (text, line, words) in [
        ("a: [".to_owned(), 2, "this is no YAML"),
        ("a: 1\na: 2".to_owned(), 2, "duplicated key"),
        ("- 1".to_owned(), 1, "a mapping belongs here, not a list"),
        ("metadata:\n  name: x".to_owned(), 1, "does not say what it is"),
        ("kind: Service\napiVersion: v1".to_owned(), 1, "Service left out"),
        ("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler".to_owned(), 1, "write apiVersion: autoscaling/v2"),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {}".to_owned(), 3, "no name"),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}".to_owned(), 1, "is missing"),
        (scaler("  minReplicas: 3"), 6, "is missing"),
        (scaler("  maxReplicas: 0"), 7, "raise it"),
        (scaler("  maxReplicas: \"5\""), 7, "without quotes"),
        (scaler("  maxReplicas: 5\n  minReplicas: 0"), 8, "needs an Object or External metric"),
        (scaler("  maxReplicas: 5\n  replicas: 2"), 8, "misspelled"),
        (scaler("  maxReplicas: 5\n  metrics:\n  - type: Disk"), 9, "Resource, ContainerResource, Pods"),
        (
            scaler(
                "  maxReplicas: 5\n  metrics:\n  - type: Pods\n    pods: {metric: {name: q}, target: {type: AverageValue, averageValue: 1x}}",
            ),
            10,
            "no quantity",
        ),
        (
            scaler(
                "  maxReplicas: 5\n  behavior:\n    scaleUp:\n      policies:\n      - {type: Pods, value: 0, periodSeconds: 5}",
            ),
            11,
            "above 0",
        ),
        (
            scaler("  maxReplicas: 5\n  behavior:\n    scaleUp:\n      stabilizationWindowSeconds: 3601"),
            10,
            "at most 3600",
        ),
    ] {
        let manifest = read(&text);
        let found = manifest.notes.iter().any(|note| note.place.line == line && note.text.contains(words));
        assert!(found, "{text}\n{:#?}", manifest.notes);
    }
    assert_eq!(read("").notes, []);
    assert_eq!(read("---\n---\n").notes, []);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Damaged manifests give notes, not panics, and what is read from them can be written and read again.
    #[test]
    fn damaged_manifests_do_not_panic(from in 0..GATEWAY.len(), length in 0usize..40, put in "[-a-z0-9:\\[\\]{}\"% \n&*]{0,6}") {
        let (from, to) = (from, (from + length).min(GATEWAY.len()));
        let damaged = format!("{}{put}{}", &GATEWAY[..from], &GATEWAY[to..]);
        let manifest = read(&damaged);
        let again = read(&write(&manifest));
        proptest::prop_assert_eq!(again.errors().count(), 0, "{}\n{:#?}", write(&manifest), again.notes);
    }
}

/// The running example's manifest becomes a service that behaves so, and goes out as a manifest that says the same.
#[test]
fn a_manifest_becomes_a_service_and_a_manifest_again() {
    use headroom::interop::kubernetes::to_service;
    use headroom::model::scaler::{instance, kubernetes};

    let manifest = read(GATEWAY);
    let adopted = to_service(&manifest.deployments[0], manifest.autoscalers.first(), &[]);
    assert_eq!(
        texts(&adopted),
        [
            "left out: the program itself is not run; how long it works is the service's own setting",
            "http_requests_per_second is measured as requests per second of each replica",
        ]
    );
    let variant = |key: &str| match adopted.params.get(key) {
        Some(headroom::model::params::Value::Variant(variant)) => variant.clone(),
        other => panic!("{key}: {other:?}"),
    };
    assert_eq!(kubernetes::settings(&variant("scaler").params), manifest.autoscalers[0].settings);
    let container = instance::read(&variant("instance")).unwrap();
    assert_eq!((container.cpu_request, container.vcpu), (0.25, 0.5));
    assert_eq!((container.memory_request, container.memory), (256.0 * 1_048_576.0, 512.0 * 1_048_576.0));
    assert!(adopted.params.get("start_up").is_none(), "it states no probe: pods are ready at once");

    let out = from_service("go-coffee API gateway", &adopted.params, &[]);
    let again = read(&write(&out));
    assert_eq!(again.errors().count(), 0, "{:?}", again.notes);
    assert_eq!(again.deployments[0].name, "go-coffee-api-gateway");
    assert_eq!(again.autoscalers[0].settings, manifest.autoscalers[0].settings);
    assert_eq!(again.autoscalers[0].names, manifest.autoscalers[0].names);
    assert_eq!(again.deployments[0].containers[0].limits, manifest.deployments[0].containers[0].limits);
}

fn texts(adopted: &headroom::interop::kubernetes::Adopted) -> Vec<&str> {
    adopted.notes.iter().map(|note| note.text.as_str()).collect()
}

#[test]
fn how_new_versions_come_in_goes_to_the_service_and_back() {
    use headroom::interop::kubernetes::{Deployment, to_service};
    use headroom::model::scaler::rollout;

    let mut deployment = Deployment::new("shop");
    deployment.min_ready_secs = 10;
    deployment.strategy = Strategy::Rolling { max_surge: Portion::Pods(2), max_unavailable: Portion::Percent(0) };
    let adopted = to_service(&deployment, None, &[]);
    let Some(Value::Variant(told)) = adopted.params.get("rollout") else { panic!("{:?}", adopted.params) };
    assert_eq!(rollout::read(told).bounds(10), (2, 0));
    for strategy in [deployment.strategy, Strategy::Recreate, Strategy::default()] {
        deployment.strategy = strategy;
        let again = read(&write(&from_service("shop", &to_service(&deployment, None, &[]).params, &[])));
        assert_eq!((again.deployments[0].strategy, again.deployments[0].min_ready_secs), (strategy, 10));
    }
}

#[test]
fn what_a_service_cannot_be_told_is_said() {
    use headroom::interop::kubernetes::{Deployment, to_service};

    let mut deployment = Deployment::new("shop");
    deployment.min_ready_secs = 10;
    deployment.grace_secs = 60;
    deployment.containers[0].limits.cpu_milli = Some(2_000);
    deployment.containers.push(deployment.containers[0].clone());
    let adopted = to_service(&deployment, None, &[]);
    assert_eq!(
        texts(&adopted),
        [
            "the 2 containers of a pod are taken as one, with all their CPU and memory",
            "no memory request is stated: 256 MiB are assumed; write one",
            "no memory limit is stated: none is simulated",
            "left out: without a readiness probe a replica starts at once and may finish for 30 s; write a readinessProbe, or choose a start in the service's settings",
        ]
    );
}

/// (line, weight, text) of all notes.
fn lines(found: &Understood) -> Vec<(u32, NoteWeight, &str)> {
    found.notes.iter().map(|note| (note.line, note.weight, note.text.as_str())).collect()
}

#[test]
fn the_course_s_manifest_is_offered_as_one_service_with_every_omission_by_line() {
    let found = understand(GATEWAY, &[]);
    assert!(found.sound(), "{:#?}", found.notes);
    let [offered] = found.services.as_slice() else { panic!("{found:?}") };
    assert_eq!(offered.name, "go-coffee-api-gateway");
    let fact = |what: &str| {
        let facts = offered.facts.iter().filter(|fact| fact.what == what);
        facts.map(|fact| (fact.line, fact.value.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(fact("Replicas to begin with"), [(29, "3")]);
    assert_eq!(fact("CPU of a replica"), [(39, "0.25 cores requested, at most 0.5 cores")]);
    assert_eq!(fact("Memory of a replica"), [(39, "256 MiB requested, at most 512 MiB")]);
    assert_eq!(fact("Readiness"), [(0, "no probe: ready as soon as it runs")]);
    assert_eq!(fact("Scaler"), [(7, "Kubernetes HPA, 3 to 50 replicas")]);
    assert_eq!(
        fact("Goes by"),
        [
            (17, "CPU at 70 % of the request"),
            (18, "memory at 80 % of the request"),
            (19, "http_requests_per_second at 100 in each replica"),
        ]
    );
    assert_eq!(fact("Up"), [(13, "at most 100 % in 60 s; the smallest number of the last 60 s counts")]);
    assert_eq!(fact("Down"), [(10, "at most 10 % in 60 s; the largest number of the last 300 s counts")]);
    let named: Vec<_> = found.notes.iter().map(|note| (note.line, note.path.as_str())).collect();
    assert_eq!(
        named,
        [
            (8, "spec.scaleTargetRef.apiVersion"),
            (19, "spec.metrics[2]"),
            (28, "spec.selector"),
            (31, "spec.template.metadata"),
            (35, "spec.template.spec.containers[0].image"),
            (36, "spec.template.spec.containers[0].env"),
            (38, "spec.template.spec.containers[0].ports"),
        ]
    );
    assert!(found.notes.iter().all(|note| note.weight == NoteWeight::Info));
}

#[test]
fn what_does_not_go_together_is_named_by_its_line() {
    let scaler = |name: &str, target: &str, spec: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  scaleTargetRef:\n    kind: Deployment\n    name: {target}\n{spec}"
        )
    };
    // A scaler without its Deployment comes alone.
    let alone = understand(&scaler("a", "shop", "  maxReplicas: 5\n"), &[]);
    assert!(alone.sound());
    assert_eq!((alone.services.len(), alone.services[0].name.as_str()), (1, "shop"));
    assert!(!alone.services[0].params_json.contains("replicas\":"), "{}", alone.services[0].params_json);
    assert!(lines(&alone).iter().any(|(line, weight, text)| {
        (*line, *weight) == (7, NoteWeight::Warning) && text.contains("the Deployment shop is not in this text")
    }));
    // Out of what can be simulated: the nearest is taken, and said.
    let many = understand(&scaler("a", "shop", "  maxReplicas: 5000\n"), &[]);
    assert!(many.sound());
    assert!(lines(&many).contains(&(
        8,
        NoteWeight::Warning,
        "At most is 5000 there, and 1 to 1000 here: 1000 is taken"
    )));
    // Two scalers on one Deployment.
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [{name: shop}]}}}\n";
    let text = [deployment, &scaler("a", "shop", "  maxReplicas: 5\n"), &scaler("b", "shop", "  maxReplicas: 9\n")]
        .join("---\n");
    let two = understand(&text, &[]);
    assert!(!two.sound());
    let (line, weight, text) = lines(&two)[0];
    assert_eq!((line, weight), (19, NoteWeight::Error), "{text}");
    // More asked for than allowed, which a cluster refuses.
    let greedy =
        deployment.replace("{name: shop}]", "{name: shop, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]");
    assert!(lines(&understand(&greedy, &[]))[0].2.starts_with("requests more CPU than its limit"));
    // Nothing that could be used.
    let other = understand("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n", &[]);
    assert!(!other.sound());
    assert_eq!(other.notes[0].weight, NoteWeight::Error);
    assert_eq!(understand("  \n", &[]), Understood::default());
}

#[test]
fn a_tuned_scaler_goes_out_with_what_a_manifest_cannot_say() {
    use headroom::model::params::{Params, Variant};

    let scaler = Params::new()
        .with("min", 2.0)
        .with("max", 9.0)
        .with("sync", 5.0)
        .with("tolerance_up", 0.2)
        .with("tolerance_down", 0.2);
    let params = Params::new()
        .with("scaler", Variant::new("hpa", scaler))
        .with("instance", Variant::new("container", Params::new()));
    let written = export("Checkout", &params, &[]);
    for line in [
        "#   --horizontal-pod-autoscaler-sync-period=5s",
        "#   --horizontal-pod-autoscaler-tolerance=0.2",
        "  minReplicas: 2",
        "            cpu: \"250m\"",
    ] {
        assert!(written.text.lines().any(|there| there == line), "{line}\n{}", written.text);
    }
    assert_eq!(written.notes.len(), 3, "{:?}", written.notes);
    // It reads back as what it was.
    let again = understand(&written.text, &[]);
    assert!(again.sound(), "{:#?}", again.notes);
    assert_eq!(again.services[0].name, "checkout");
    let by_hand = export("Checkout", &Params::new().with("scaler", Variant::new("manual", Params::new())), &[]);
    assert!(!by_hand.text.contains("HorizontalPodAutoscaler"));
    assert!(by_hand.notes[0].contains("no scaler of Kubernetes"), "{:?}", by_hand.notes);
}

/// Metrics of other stations name them, both ways.
#[test]
fn metrics_of_other_stations_go_out_and_come_back() {
    use headroom::model::params::{Params, Value, Variant};
    use headroom::model::scaler::kubernetes::{Row, rows};

    let row =
        |kind: &str, target: f64, of: f64| Value::List(vec![Value::from(kind), Value::from(target), Value::from(of)]);
    let metrics = vec![
        row("external_waiting_average", 30.0, 4.0),
        row("object_requests", 200.0, 1.0),
        Value::List(vec![Value::from("cpu_percent"), Value::from(70.0)]),
    ];
    let scaler = Params::new().with("metrics", Value::List(metrics));
    let params = Params::new().with("scaler", Variant::new("hpa", scaler.clone()));
    let stations = [(1, "Web clients".to_owned()), (4, "Orders".to_owned()), (7, "Orders by mail".to_owned())];
    let written = export("Workers", &params, &stations);
    assert!(written.text.contains("name: \"orders_queue_length\""), "{}", written.text);
    assert!(written.text.contains("name: \"web-clients\""), "{}", written.text);
    let again = understand(&written.text, &stations);
    let back: Params = serde_json::from_str(&again.services[0].params_json).unwrap();
    let Some(Value::Variant(back)) = back.get("scaler") else { panic!("{back:?}") };
    assert_eq!(rows(&back.params), rows(&scaler));
    assert_eq!(rows(&scaler)[0], Row { kind: "external_waiting_average", target: 30.0, of: 4 });
    assert!(
        lines(&again)
            .iter()
            .any(|(.., text)| *text == "orders_queue_length is measured as requests that wait at Orders")
    );
    // Nobody of that name: of the service itself, and that is said.
    let alone = understand(&written.text, &[]);
    assert!(
        lines(&alone)
            .iter()
            .any(|(.., text)| text.ends_with("of the service itself; choose another station in the table of metrics"))
    );
}
