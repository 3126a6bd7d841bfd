//! Outlier detection against the reference model of Envoy's: `tests/vectors/outlier_envoy.json`.

use headroom::engine::time::{SimDuration, SimTime};
use headroom::model::outlier::{Detector, Event, FailurePercentage, Rule, Settings, SuccessRate};
use serde_json::Value;

use crate::vectors;

fn number(text: &str) -> f64 {
    text.trim_matches(|sign: char| !sign.is_ascii_digit()).parse().unwrap()
}

fn detector(settings: Settings, hosts: u64) -> Detector {
    let mut detector = Detector::new(settings, SimTime::ZERO);
    for host in 0..hosts as u32 {
        detector.set_present(host, true);
    }
    detector
}

fn fail(detector: &mut Detector, host: u32, times: u32, now: SimTime) -> Vec<Event> {
    (0..times).filter_map(|_| detector.answered(host, false, now)).collect()
}

const fn millis(at: u64) -> SimTime {
    SimTime(at * 1_000_000)
}

#[test]
fn the_defaults_are_envoys() {
    let defaults = &vectors::load("outlier_envoy.json")["defaults"];
    let wanted = |key: &str| defaults[key].as_f64().unwrap();
    let ours = Settings::default();
    let rate = ours.success_rate.unwrap();
    let failures = FailurePercentage::default();
    for (key, value) in [
        ("consecutive_5xx", f64::from(ours.consecutive_errors)),
        ("interval_ms", ours.interval.as_secs_f64() * 1e3),
        ("base_ejection_time_ms", ours.base_ejection.as_secs_f64() * 1e3),
        ("max_ejection_percent", ours.max_ejected_share * 100.0),
        ("success_rate_minimum_hosts", f64::from(rate.minimum_hosts)),
        ("success_rate_request_volume", rate.request_volume as f64),
        ("success_rate_stdev_factor", rate.stdev_factor * 1e3),
        ("failure_percentage_threshold", failures.threshold * 100.0),
        ("failure_percentage_minimum_hosts", f64::from(failures.minimum_hosts)),
        ("failure_percentage_request_volume", failures.request_volume as f64),
    ] {
        assert_eq!(value, wanted(key), "{key}");
    }
    assert_eq!(ours.max_ejection, SimDuration::from_secs(300));
    assert_eq!(Value::Bool(ours.always_eject_one), defaults["always_eject_one_host"]);
    assert!(ours.failure_percentage.is_none() && wanted("enforcing_failure_percentage") == 0.0);
}

/// The first scenario: one backend fails in bouts; how long it is out each time.
fn bouts(events: &[Value]) {
    let settings = Settings {
        base_ejection: SimDuration::from_secs(10),
        max_ejected_share: 1.0,
        success_rate: None,
        ..Settings::default()
    };
    let mut detector = detector(settings, 1);
    let mut told = Vec::new();
    let moments: Vec<u64> = events.iter().filter(|row| row[1] == "eject").map(|row| row[0].as_u64().unwrap()).collect();
    for at in (0..=310_000).step_by(10_000) {
        // A sweep and a bout at one moment: the sweep comes first.
        let mut happened = if at == 0 { Vec::new() } else { detector.sweep(millis(at)) };
        if moments.contains(&at) {
            happened.extend(fail(&mut detector, 0, 5, millis(at)));
        }
        told.extend(happened.into_iter().map(|event| (at, event)));
    }
    assert_eq!(told.len(), events.len());
    for ((at, event), row) in told.into_iter().zip(events) {
        assert_eq!(at, row[0].as_u64().unwrap());
        match event {
            Event::Ejected { host: 0, rule: Rule::ConsecutiveErrors { count: 5 }, lasts } => {
                assert_eq!(
                    (row[1].as_str(), Some(lasts.0 / 1_000_000)),
                    (Some("eject"), row[4].as_u64()),
                    "at {at} ms"
                );
            }
            Event::Returned { host: 0 } => assert_eq!(row[1], "uneject", "at {at} ms"),
            other => panic!("{other:?} at {at} ms"),
        }
    }
}

/// All backends fail at once: how many go.
fn all_fail(scenario: &Value, name: &str) {
    let (_, tail) = name.split_once("max_ejection_percent ").unwrap();
    let percent = number(tail.split(',').next().unwrap());
    let settings = Settings {
        max_ejected_share: percent / 100.0,
        always_eject_one: name.ends_with("always_eject_one_host True"),
        ..Settings::default()
    };
    let hosts = scenario["hosts"].as_u64().unwrap();
    let mut detector = detector(settings, hosts);
    let events: Vec<Event> = (0..hosts as u32).flat_map(|host| fail(&mut detector, host, 5, millis(1))).collect();
    let ejected = events.iter().filter(|event| matches!(event, Event::Ejected { .. })).count();
    assert_eq!(Some(ejected as u64), scenario["ejected"].as_u64(), "{name}");
    assert_eq!(Some((events.len() - ejected) as u64), scenario["overflow"].as_u64(), "{name}");
    assert_eq!(Some(u64::from(detector.ejectable())), scenario["ejected"].as_u64(), "{name}: what it says it may");
}

/// One interval of `requests` answers for each backend, `good` of them good; who is ejected at its end.
fn sweep(settings: Settings, answers: &[(u64, u64)]) -> Vec<Event> {
    let mut detector =
        detector(Settings { consecutive_errors: 0, max_ejected_share: 1.0, ..settings }, answers.len() as u64);
    for (host, (requests, good)) in answers.iter().enumerate() {
        for request in 0..*requests {
            detector.answered(host as u32, request < *good, millis(5_000));
        }
    }
    detector.sweep(millis(10_000))
}

fn ejected(events: &[Event]) -> Vec<u64> {
    events
        .iter()
        .map(|event| match event {
            Event::Ejected { host, .. } => u64::from(*host),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn success_rates(scenario: &Value) {
    let rates: Vec<u64> =
        scenario["success_rates"].as_array().unwrap().iter().map(|rate| rate.as_u64().unwrap()).collect();
    let wanted: Vec<u64> = scenario["ejected"].as_array().unwrap().iter().map(|host| host.as_u64().unwrap()).collect();
    let events = sweep(Settings::default(), &rates.iter().map(|rate| (100, *rate)).collect::<Vec<_>>());
    assert_eq!(ejected(&events), wanted, "{rates:?}");
    for event in events {
        let Event::Ejected { host, rule: Rule::SuccessRate { rate, threshold }, .. } = event else {
            panic!("{event:?}")
        };
        assert_eq!((rate * 100.0).round() as u64, rates[host as usize]);
        assert!((threshold * 100.0 - scenario["threshold"].as_f64().unwrap()).abs() < 1e-9, "{threshold}");
    }
}

#[test]
fn every_scenario_of_the_reference_comes_out_the_same() {
    let file = vectors::load("outlier_envoy.json");
    let mut seen = 0;
    for scenario in file["scenarios"].as_array().unwrap() {
        let name = scenario["name"].as_str().unwrap();
        seen += 1;
        if let Some(events) = scenario["events"].as_array() {
            bouts(events);
        } else if name.starts_with("all ") {
            all_fail(scenario, name);
        } else if name.starts_with("success-rate sweep") {
            success_rates(scenario);
        } else if name.starts_with("ejected at t=3 s") {
            let mut detector = detector(Settings { max_ejected_share: 1.0, ..Settings::default() }, 1);
            fail(&mut detector, 0, 5, millis(3_000));
            let back = scenario["unejected_at_ms"].as_u64().unwrap();
            assert_eq!(detector.returns_at(0), Some(millis(back)));
            let returns = |at| detector.sweep(millis(at)).is_empty();
            assert_eq!((10_000..=back).step_by(10_000).map(returns).collect::<Vec<_>>(), [true, true, true, false]);
        } else if name.starts_with("4 failures") {
            let mut detector = detector(Settings { max_ejected_share: 1.0, ..Settings::default() }, 1);
            let mut events = fail(&mut detector, 0, 4, millis(1));
            events.extend(detector.answered(0, true, millis(1)));
            events.extend(fail(&mut detector, 0, 4, millis(1)));
            assert_eq!(Some(events.len() as u64), scenario["after_9"].as_u64());
            events.extend(fail(&mut detector, 0, 1, millis(1)));
            assert_eq!(Some(events.len() as u64), scenario["after_10"].as_u64());
        } else if name.starts_with("success-rate: bad host has 99") {
            let events = sweep(Settings::default(), &[(99, 0), (100, 100), (100, 100), (100, 100), (100, 100)]);
            assert_eq!(Some(events.len() as u64), scenario["ejected"].as_u64());
        } else if name.starts_with("failure percentage >= 85") {
            let settings = Settings {
                success_rate: None,
                failure_percentage: Some(FailurePercentage::default()),
                ..Settings::default()
            };
            let answers = [(100, 15), (100, 16), (100, 100), (100, 100), (100, 100)];
            let wanted: Vec<u64> =
                scenario["ejected"].as_array().unwrap().iter().map(|host| host.as_u64().unwrap()).collect();
            assert_eq!(ejected(&sweep(settings, &answers)), wanted);
        } else {
            panic!("no test reads {name:?}");
        }
    }
    assert!(seen > 20, "{seen} scenarios");
}

#[test]
fn the_worked_example_of_the_reference_gives_its_threshold() {
    // {50, 100, 100, 100, 100}: mean 90, deviation 20, so with 1.9 deviations a backend below 52 goes.
    let answers = [(100, 50), (100, 100), (100, 100), (100, 100), (100, 100)];
    let events = sweep(Settings { success_rate: Some(SuccessRate::default()), ..Settings::default() }, &answers);
    let [Event::Ejected { host: 0, rule: Rule::SuccessRate { rate, threshold }, .. }] = events[..] else {
        panic!("{events:?}")
    };
    assert!((rate - 0.5).abs() < 1e-12 && (threshold - 0.52).abs() < 1e-12);
}
