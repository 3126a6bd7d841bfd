//! Replicas that are not ready yet, under Kubernetes' HPA.

use super::*;

/// A service of one core a replica under Kubernetes' HPA, behind one queue, so that all are busy while anybody waits.
fn under_hpa(profile: Value, target: f64, replicas: f64, boot: f64, pull: f64, more: &[(&str, f64)]) -> ScalingLook {
    let row = Value::List(vec![Value::from("cpu_percent"), Value::from(target)]);
    let behavior = Params::new().with("down_window", 0.0);
    let mut hpa = Params::new()
        .with("max", 20.0)
        .with("metrics", Value::List(vec![row]))
        .with("behavior", Variant::new("rules", behavior));
    for (key, value) in more {
        hpa.set(key, *value);
    }
    let start_up = Params::new().with("pull", constant(pull)).with("boot", constant(boot));
    let service = [
        ("replicas", Value::from(replicas)),
        ("slots", Value::from(1.0)),
        ("queue", Value::from("shared")),
        ("queue_limit", Value::from(20.0)),
        ("service_time", constant(0.1)),
        ("scaler", Value::Variant(Variant::new("hpa", hpa))),
        ("start_up", Value::Variant(Variant::new("staged", start_up))),
    ];
    let (document, service) = regular(profile, &service, 420.0);
    let mut system = system(&document);
    run_to(&mut system, 420.0);
    system.look_at_scaling(service).unwrap()
}

/// A step up by five at 60 s, on 2 replicas that do 10/s each, for a target of 70 %. Replicas are pulled for 10 s and boot
/// for 20 s. Measurements come at 10, 25, 40 … s over 30 s, evaluations at 15, 30, 45 … s.
///
/// | at | measured | what the controller makes of it |
/// | --- | --- | --- |
/// | 75 s | 40 to 70 s: (20 × 60 % + 10 × 100 %) / 30 = 73 % | 1.04 of the target: kept |
/// | 90 s | 55 to 85 s: (5 × 60 % + 25 × 100 %) / 30 = 93 % | 1.33 × 2 → 3, ready at 120 s |
/// | 105 to 150 s | 100 % of 2; the third is not ready, or was not measured for all of 30 s since it is | with it at 0 %, 66 %: kept |
/// | 165 s | 100 % of 3, the third from 130 to 160 s | 1.43 × 3 → 5, ready at 195 s |
/// | 180 to 225 s | 100 % of 3 | with the others at 0 %, 60 %: the other way, so kept |
/// | 240 s | 100 % of 5, the newest from 205 to 235 s | 1.43 × 5 → 8 |
/// | later | 60/s on 8 are 75 % | within 10 %: kept |
#[test]
fn a_new_replicas_cpu_counts_after_a_whole_window() {
    let step = || steps(12.0, 60.0, 60.0);
    let look = under_hpa(step(), 70.0, 2.0, 20.0, 10.0, &[]);
    assert_eq!(changes(&look), [(90.0, 3), (165.0, 5), (240.0, 8)]);
    let kept: Vec<&str> =
        look.syncs.iter().filter(|sync| sync.at == at(105.0)).map(|sync| sync.why[0].as_str()).collect();
    assert_eq!(
        kept,
        [
            "CPU, % of the request: 100 % over 70 % = 1.429, 0.943 with 1 not ready and 0 not measured counted in; close enough to 1, so 3."
        ]
    );
    // Beyond the first 30 s of a replica everything measured counts: at 150 s that of the third from 115 to 145 s, of
    // which it was busy for 25 s: 94 % of 3 are 4.03.
    let look = under_hpa(step(), 70.0, 2.0, 20.0, 10.0, &[("cpu_initialization", 30.0)]);
    assert_eq!(changes(&look)[..2], [(90.0, 3), (150.0, 5)]);
}

/// 2 replicas at 95 % of a target of 60 % ask for 4 at 15 s; the two new ones boot for 100 s, and from 20 s on there is
/// next to nothing to do.
///
/// | at | measured | what the controller makes of it |
/// | --- | --- | --- |
/// | 15 s | 0 to 10 s: 95 % | 1.58 × 2 → 4 |
/// | 30 s | 0 to 25 s: (20 × 95 % + 5 × 10 %) / 25 = 78 % | with 2 not ready at 0 %, 39 %: the other way, so kept |
/// | 45 s | 10 to 40 s: (10 × 95 % + 20 × 10 %) / 30 = 38 % | 0.63 × 2 → 2: who is not ready has no say in this |
/// | 60 s | 25 to 55 s: 10 % | 0.17 × 2 → 1 |
#[test]
fn replicas_that_boot_do_not_hold_up_scaling_down() {
    let fall = || steps(19.0, 2.0, 20.0);
    let look = under_hpa(fall(), 60.0, 2.0, 100.0, 0.0, &[]);
    assert_eq!(changes(&look), [(15.0, 4), (45.0, 2), (60.0, 1)]);
    // A pull is as good as a boot.
    let look = under_hpa(fall(), 60.0, 2.0, 60.0, 40.0, &[]);
    assert_eq!(changes(&look), [(15.0, 4), (45.0, 2), (60.0, 1)]);
}

/// The same, but a replica's first time lasts 10 s only. One that has never been ready is still unready, unless
/// `initial_readiness` says that it has been: then its 0 % count, and 39 % of 4 ask for 3 already at 30 s.
#[test]
fn initial_readiness_says_who_has_never_been_ready() {
    let fall = |delay: f64| {
        let flags = [("cpu_initialization", 10.0), ("initial_readiness", delay)];
        changes(&under_hpa(steps(19.0, 2.0, 20.0), 60.0, 2.0, 100.0, 0.0, &flags))
    };
    assert_eq!(fall(30.0), [(15.0, 4), (45.0, 2), (60.0, 1)]);
    assert_eq!(fall(0.0), [(15.0, 4), (30.0, 3), (45.0, 2), (60.0, 1)]);
}
