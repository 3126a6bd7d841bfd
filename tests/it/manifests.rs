//! Kubernetes manifests: the running example's own, everything that may be written, everything that may be wrong.

use headroom::interop::kubernetes::{MetricName, Portion, Strategy, Weight, from_service, read, write};
use headroom::model::params::Value;
use headroom::model::scaler::hpa::SECOND;
use headroom::model::scaler::hpa::behavior::{Amount, Policy, Rules, Select};
use headroom::model::scaler::hpa::calculator::{Metric, Resource};

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
        ("metadata:\n  name: x".to_owned(), 1, "says not what it is"),
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
    let adopted = to_service(&manifest.deployments[0], manifest.autoscalers.first());
    assert_eq!(adopted.notes, ["http_requests_per_second is measured as requests per second"]);
    let variant = |key: &str| match adopted.params.get(key) {
        Some(headroom::model::params::Value::Variant(variant)) => variant.clone(),
        other => panic!("{key}: {other:?}"),
    };
    assert_eq!(kubernetes::settings(&variant("scaler").params), manifest.autoscalers[0].settings);
    let container = instance::read(&variant("instance")).unwrap();
    assert_eq!((container.cpu_request, container.vcpu), (0.25, 0.5));
    assert_eq!((container.memory_request, container.memory), (256.0 * 1_048_576.0, 512.0 * 1_048_576.0));
    assert!(adopted.params.get("start_up").is_none(), "it states no probe: pods are ready at once");

    let out = from_service("go-coffee API gateway", &adopted.params);
    let again = read(&write(&out));
    assert_eq!(again.errors().count(), 0, "{:?}", again.notes);
    assert_eq!(again.deployments[0].name, "go-coffee-api-gateway");
    assert_eq!(again.autoscalers[0].settings, manifest.autoscalers[0].settings);
    assert_eq!(again.autoscalers[0].names, manifest.autoscalers[0].names);
    assert_eq!(again.deployments[0].containers[0].limits, manifest.deployments[0].containers[0].limits);
}

#[test]
fn how_new_versions_come_in_goes_to_the_service_and_back() {
    use headroom::interop::kubernetes::{Deployment, to_service};
    use headroom::model::scaler::rollout;

    let mut deployment = Deployment::new("shop");
    deployment.min_ready_secs = 10;
    deployment.strategy = Strategy::Rolling { max_surge: Portion::Pods(2), max_unavailable: Portion::Percent(0) };
    let adopted = to_service(&deployment, None);
    let Some(Value::Variant(told)) = adopted.params.get("rollout") else { panic!("{:?}", adopted.params) };
    assert_eq!(rollout::read(told).bounds(10), (2, 0));
    for strategy in [deployment.strategy, Strategy::Recreate, Strategy::default()] {
        deployment.strategy = strategy;
        let again = read(&write(&from_service("shop", &to_service(&deployment, None).params)));
        assert_eq!((again.deployments[0].strategy, again.deployments[0].min_ready_secs), (strategy, 10));
    }
}

#[test]
fn what_a_service_cannot_be_told_is_said() {
    use headroom::interop::kubernetes::{Deployment, to_service};

    let mut deployment = Deployment::new("shop");
    deployment.containers[0].limits.cpu_milli = Some(2_000);
    deployment.containers.push(deployment.containers[0].clone());
    let adopted = to_service(&deployment, None);
    assert_eq!(
        adopted.notes,
        [
            "the 2 containers of a pod are taken as one",
            "no memory request is stated: 256 MiB are assumed",
            "no memory limit is stated: none is simulated",
        ]
    );
}
