//! Kubernetes' autoscaler against the upstream controller's own test cases and against a reference model's trajectories.

use headroom::model::scaler::hpa::behavior::{
    Amount, Asked, Behavior, Change, Log, Policy, Rules, Select, by_factor, by_rates, changed_within, down_limit,
    up_limit,
};
use headroom::model::scaler::hpa::calculator::{
    Failure, Metric, Phase, Pod, Proposal, Reading, Resource, Sample, Timing, propose,
};
use headroom::model::scaler::hpa::{Hpa, Nanos, SECOND, Settings};
use serde_json::Value;

use crate::vectors::load as read;

/// Seconds in nanoseconds.
fn nanos(secs: &Value) -> Nanos {
    (secs.as_f64().unwrap() * SECOND as f64) as Nanos
}

fn int(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn rules(value: &Value, default: Rules) -> Rules {
    if value.is_null() {
        return default;
    }
    let policies: Vec<Policy> = list(&value["policies"])
        .iter()
        .map(|policy| Policy {
            amount: match policy["type"].as_str().unwrap() {
                "Pods" => Amount::Pods(int(&policy["value"])),
                _ => Amount::Percent(int(&policy["value"])),
            },
            period: nanos(&policy["periodSeconds"]),
        })
        .collect();
    Rules {
        window: value.get("stabilizationWindowSeconds").map(nanos).or(default.window),
        select: match value["selectPolicy"].as_str() {
            Some("Min") => Select::Min,
            Some("Disabled") => Select::Disabled,
            _ => Select::Max,
        },
        policies: if policies.is_empty() { default.policies } else { policies },
    }
}

fn behavior(case: &Value) -> Behavior {
    Behavior { up: rules(&case["scale_up"], Rules::up()), down: rules(&case["scale_down"], Rules::down()) }
}

fn changes(value: &Value) -> Vec<Change> {
    let change = |row: &Value| Change {
        replicas: int(&row[0]),
        at: nanos(&row[1]),
        outdated: row[2].as_bool().unwrap_or(false),
    };
    list(value).iter().map(change).collect()
}

fn pods(case: &Value) -> Vec<Pod> {
    list(&case["pods"])
        .iter()
        .map(|pod| Pod {
            phase: match pod["phase"].as_str().unwrap() {
                "Pending" => Phase::Pending,
                "Failed" => Phase::Failed,
                _ => Phase::Running,
            },
            deleted: pod["deleted"].as_bool().unwrap(),
            started: Some(nanos(&pod["start"])),
            ready: Some((pod["ready"] == "True", nanos(&pod["ready_ltt"]))),
            request_milli: case["pod_requests_milli"][pod["name"].as_str().unwrap()].as_i64(),
        })
        .collect()
}

fn samples(case: &Value) -> Reading {
    let sample = |pod: &Value| {
        let metric = case["pod_metrics"].get(pod["name"].as_str().unwrap())?;
        Some(Sample { milli: metric["value"].as_i64()?, at: nanos(&metric["ts"]), window: nanos(&metric["window"]) })
    };
    Reading::Pods(list(&case["pods"]).iter().map(sample).collect())
}

/// The upstream tests' clock and flags.
const NOW: Nanos = 1_000_000 * SECOND;
fn upstream_timing() -> Timing {
    Timing { cpu_initialization: 120 * SECOND, initial_readiness: 10 * SECOND, ..Timing::default() }
}

#[test]
fn one_metric_asks_for_what_the_controller_computes() {
    let vectors = read("hpa_upstream_cases.json");
    let cases = list(&vectors["replica_calculator"]);
    assert_eq!(cases.len(), 41);
    for case in cases {
        let name = &case["name"];
        let total = || Reading::Total(list(&case["levels_milli"]).iter().map(|level| level.as_i64().unwrap()).sum());
        let milli = |key: &str| case[key].as_i64().unwrap();
        let (metric, reading) = match case["kind"].as_str().unwrap() {
            "Resource" => {
                assert_eq!(case["resource"], "cpu");
                let percent = int(&case["target_utilization_pct"]);
                (Metric::Utilization { resource: Resource::Cpu, percent }, samples(case))
            }
            "Pods" => (Metric::PodsAverage { milli: milli("target_milli") }, samples(case)),
            "ObjectValue" | "ExternalValue" => (Metric::Value { milli: milli("target_milli") }, total()),
            _ => (Metric::ValuePerPod { milli: milli("target_average_milli") }, total()),
        };
        assert_eq!(nanos(&case["now"]), NOW);
        let timing = upstream_timing();
        let proposal = propose(&metric, &reading, &pods(case), int(&case["current_replicas"]), &timing, NOW);
        let expected = &case["expected"];
        match proposal {
            Err(failure) => {
                assert!(
                    failure.label().contains(expected["error_contains"].as_str().unwrap().trim_end_matches(" for")),
                    "{name}: {failure:?}"
                );
            }
            Ok(Proposal { replicas, value, mean_milli, .. }) => {
                assert_eq!(i64::from(replicas), expected["replicas"], "{name}");
                let key = if case["kind"] == "Resource" { "utilization_pct" } else { "usage_milli" };
                assert_eq!(value, expected[key], "{name}");
                if case["kind"] == "Resource" {
                    assert_eq!(mean_milli, expected["raw_average_milli"], "{name}");
                }
            }
        }
    }
}

#[test]
fn the_whole_loop_ends_where_the_controller_does() {
    let vectors = read("hpa_upstream_cases.json");
    let cases = list(&vectors["controller_cpu"]);
    assert_eq!(cases.len(), 25);
    for case in cases {
        let name = &case["name"];
        let target = Metric::Utilization { resource: Resource::Cpu, percent: int(&case["target_utilization_pct"]) };
        let mut settings = Settings::new(int(&case["min"]), int(&case["max"]), vec![target]);
        settings.timing = upstream_timing();
        // The upstream test package sets the factor to 8.
        settings.scale_up_factor = 8.0;
        if !case["scale_up"].is_null() || !case["scale_down"].is_null() {
            settings.behavior = Some(behavior(case));
        }
        let mut hpa = match case["recommendations"].as_array() {
            None => Hpa::new(settings),
            Some(log) => {
                let log: Vec<_> = log.iter().map(|row| (int(&row[0]), NOW + nanos(&row[1]))).collect();
                Hpa::with_recommendations(settings, &log)
            }
        };
        let sync = hpa.sync(NOW, int(&case["current"]), &pods(case), &[samples(case)]);
        assert_eq!(i64::from(sync.desired), case["expected"]["replicas"], "{name}: {sync:?}");
        if let Some(proposal) = case["metric_proposal"].as_i64().filter(|_| !sync.proposals.is_empty()) {
            assert_eq!(sync.proposed.map(|(replicas, _)| i64::from(replicas)), Some(proposal), "{name}");
        }
    }
}

fn asked(case: &Value) -> Asked {
    let [current, desired, min, max] = ["current", "desired", "min", "max"].map(|key| int(&case[key]));
    Asked { current, desired, min, max }
}

#[test]
fn steps_are_limited_as_in_the_controller() {
    let vectors = read("hpa_upstream_cases.json");
    for case in list(&vectors["convert_with_rules"]) {
        let factor = |key: &str| case[key].as_f64().unwrap();
        let step = by_factor(asked(case), factor("scale_up_limit_factor"), factor("scale_up_limit_minimum"));
        assert_eq!(i64::from(step.replicas), case["expected"]["replicas"], "{}", case["name"]);
        assert_eq!(step.limit.name(), case["expected"]["reason"], "{}", case["name"]);
    }
    let cases = list(&vectors["convert_with_behavior_rate"]);
    assert_eq!(cases.len(), 28);
    for case in cases {
        let log = Log {
            ups: changes(&case["scale_up_events"]),
            downs: changes(&case["scale_down_events"]),
            ..Log::default()
        };
        let step = by_rates(asked(case), &behavior(case), &log, 0);
        assert_eq!(i64::from(step.replicas), case["expected"]["replicas"], "{}", case["name"]);
        assert_eq!(step.limit.name(), case["expected"]["reason"], "{}", case["name"]);
    }
}

#[test]
fn recommendations_are_stabilized_and_places_used_again() {
    let vectors = read("hpa_upstream_cases.json");
    let log_of = |case: &Value| {
        let log: Vec<_> = list(&case["recommendations"]).iter().map(|row| (int(&row[0]), nanos(&row[1]))).collect();
        Log::of(&log)
    };
    for case in list(&vectors["stabilize_no_behavior"]) {
        let mut log = log_of(case);
        let stabilized = log.stabilize_down(int(&case["desired"]), 0, nanos(&case["window_s"]));
        assert_eq!(i64::from(stabilized), case["expected"]["stabilized"], "{}", case["name"]);
        assert_eq!(log.recommendations.len() as u64, case["expected"]["log_length"], "{}", case["name"]);
    }
    for case in list(&vectors["stabilize_with_behavior_current"]) {
        let mut log = log_of(case);
        let (up, down) = (nanos(&case["up_window_s"]), nanos(&case["down_window_s"]));
        let stabilized = log.stabilize(int(&case["current"]), int(&case["desired"]), 0, up, down);
        assert_eq!(i64::from(stabilized), case["expected"]["stabilized"], "{}", case["name"]);
        if let Some(expected) = case["expected"]["log"].as_array() {
            let left: Vec<i32> = log.recommendations.iter().map(|(replicas, _)| *replicas).collect();
            assert_eq!(left, expected.iter().map(int).collect::<Vec<_>>(), "{}", case["name"]);
        }
    }
    for case in list(&vectors["store_scale_events"]) {
        let mut log = Log { ups: changes(&case["prev_events"]), ..Log::default() };
        let change = i64::from(changed_within(&log.ups, 60 * SECOND, 0));
        assert_eq!(change, case["expected"]["change_in_last_60s"], "{}", case["name"]);
        let behavior = (!case["rules"].is_null())
            .then(|| Behavior { up: rules(&case["rules"], Rules::up()), down: Rules::down() });
        log.scaled(behavior.as_ref(), 10, 10 + int(&case["replica_change"]), 0);
        let left: Vec<_> = log.ups.iter().map(|change| (i64::from(change.replicas), change.outdated)).collect();
        let expected: Vec<_> = list(&case["expected"]["events"])
            .iter()
            .map(|row| (row[0].as_i64().unwrap(), row[1].as_bool().unwrap()))
            .collect();
        assert_eq!(left, expected, "{}", case["name"]);
    }
}

/// Pods that all run and are ready since long, each requesting one core.
fn steady(count: usize) -> Vec<Pod> {
    let pod = Pod {
        phase: Phase::Running,
        deleted: false,
        started: Some(-10_000 * SECOND),
        ready: Some((true, -9_000 * SECOND)),
        request_milli: Some(1_000),
    };
    vec![pod; count]
}

fn sample(milli: i64) -> Option<Sample> {
    Some(Sample { milli, at: 0, window: 30 * SECOND })
}

#[test]
fn the_floats_are_the_controllers_own() {
    let vectors = read("hpa_generated.json");
    for case in list(&vectors["edge_cases"]) {
        let rule =
            |amount| Rules { window: None, select: Select::Max, policies: vec![Policy { amount, period: SECOND }] };
        let cpu = |percent| Metric::Utilization { resource: Resource::Cpu, percent };
        let ask = |percent, readings: Vec<Option<Sample>>, pods: usize, current: i32| {
            let reading = Reading::Pods(readings);
            propose(&cpu(percent), &reading, &steady(pods), current, &Timing::default(), 0).unwrap().replicas
        };
        let replicas = match case["fn"].as_str().unwrap() {
            "down_limit_percent" => {
                down_limit(int(&case["current"]), &rule(Amount::Percent(int(&case["percent"]))), &Log::default(), 0)
            }
            "up_limit_percent" => {
                up_limit(int(&case["current"]), &rule(Amount::Percent(int(&case["percent"]))), &Log::default(), 0)
            }
            "resource_tolerance_edge" => {
                let current = int(&case["current"]);
                let used = vec![sample(i64::from(int(&case["utilization"])) * 10); current as usize];
                ask(int(&case["target"]), used, current as usize, current)
            }
            "missing_pods_high_target" => {
                let pods = int(&case["pods"]);
                let reported = list(&case["reported_milli"]).iter().map(|milli| sample(milli.as_i64().unwrap()));
                let mut reported: Vec<_> = reported.collect();
                reported.resize(pods as usize, None);
                ask(int(&case["target_pct"]), reported, pods as usize, pods)
            }
            other => panic!("{other}?"),
        };
        assert_eq!(i64::from(replicas), case["expected"], "{case}");
    }
}

#[test]
fn trajectories_are_the_reference_models() {
    let vectors = read("hpa_generated.json");
    let trajectories = list(&vectors["trajectories"]);
    assert_eq!(trajectories.len(), 9);
    for case in trajectories {
        // A metric that asks for exactly the number in the vector, no matter how many there are now.
        let metric = Metric::ValuePerPod { milli: 1_000 };
        let mut settings = Settings::new(int(&case["min"]), int(&case["max"]), vec![metric]);
        (settings.timing.tolerance_up, settings.timing.tolerance_down) = (0.0, 0.0);
        settings.behavior = case["has_behavior"].as_bool().unwrap().then(|| behavior(case));
        let mut hpa = Hpa::new(settings);
        let mut current = int(&case["start"]);
        for row in list(&case["rows"]) {
            assert_eq!(current, int(&row[1]), "{} at {}", case["name"], row[0]);
            let reading = Reading::Total(row[2].as_i64().unwrap() * 1_000);
            let sync = hpa.sync(nanos(&row[0]), current, &steady(current as usize), &[reading]);
            assert_eq!(
                (sync.desired, sync.limit.name()),
                (int(&row[3]), row[4].as_str().unwrap()),
                "{} at {}",
                case["name"],
                row[0]
            );
            current = sync.desired;
        }
    }
}

#[test]
fn with_a_metric_gone_it_scales_up_on_the_others_and_never_down() {
    let metrics = || vec![Metric::ValuePerPod { milli: 1_000 }, Metric::PodsAverage { milli: 1_000 }];
    let one = |total: i64, other: Reading| {
        let mut settings = Settings::new(1, 50, metrics());
        settings.downscale_window = 0;
        let mut hpa = Hpa::new(settings);
        hpa.sync(0, 4, &steady(4), &[Reading::Total(total), other])
    };
    let up = one(8_000, Reading::Unavailable);
    assert_eq!((up.desired, up.proposals[1]), (8, Err(Failure::NoMetrics)));
    let down = one(2_000, Reading::Unavailable);
    assert_eq!((down.desired, down.limit.name()), (4, "FailedGetMetrics"));
    let largest = one(2_000, Reading::Pods(vec![sample(1_500); 4]));
    assert_eq!((largest.desired, largest.proposed), (6, Some((6, 1))));
    let nothing = one(0, Reading::Unavailable);
    assert_eq!(nothing.desired, 4);
}
