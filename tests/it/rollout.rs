//! New versions of a service, against timelines computed by hand, and what must hold when things go wrong meanwhile.

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::Outcome;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{LiveFault, ScalingLook, Stage, System};
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, run_to, system, variant, wire};

/// Ten replicas that start in 20 s (5 s of image, 10 s of boot, found by the probe at 15 s) and finish within a second.
fn service(rollout: Value, replicas: f64) -> (Document, NodeId) {
    let mut document = Document { seed: 3, run_length_secs: 400.0, ..Document::default() };
    let arrivals = variant("regular", &[]);
    let profile = variant("constant", &[("rate", 20.0)]);
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", profile)]);
    let start = Params::new().with("pull", constant(5.0)).with("boot", constant(10.0)).with("probe_every", 5.0);
    let params = [
        ("replicas", Value::from(replicas)),
        ("slots", Value::from(50.0)),
        ("service_time", constant(1.0)),
        ("start_up", Value::Variant(Variant::new("staged", start))),
        ("rollout", rollout),
    ];
    let service = add(&mut document, "service", "Service", &params);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    (document, service)
}

fn new_version(service: NodeId, params: Params) -> LiveFault {
    LiveFault::Start { kind: "new-version".to_owned(), target: FaultTarget::Node(service), params }
}

fn roll_back(service: NodeId) -> LiveFault {
    LiveFault::End { kind: "new-version".to_owned(), target: FaultTarget::Node(service) }
}

/// Old ones that are ready, new ones that are, and all that are neither leaving nor gone.
fn counts(look: &ScalingLook) -> (usize, usize, usize) {
    let ready = |new: bool| {
        look.replicas
            .iter()
            .filter(move |replica| replica.is_new == new && replica.stage == Stage::Ready && !replica.dead)
    };
    let staying = look.replicas.iter().filter(|replica| replica.stage != Stage::Leaving).count();
    (ready(false).count(), ready(true).count(), staying)
}

/// 25 % of ten are 3 more, rounded up, and 2 missing, rounded down: 13 at most, 8 at least.
#[test]
fn ten_replicas_roll_as_computed_by_hand() {
    let (document, service) = service(variant("rolling", &[]), 10.0);
    let mut system = system(&document);
    run_to(&mut system, 50.0);
    system.apply_fault(&new_version(service, Params::new()));
    let at = |system: &mut System, secs: f64| {
        run_to(system, secs);
        counts(&system.look_at_scaling(service).unwrap())
    };
    assert_eq!(at(&mut system, 49.999), (10, 0, 10));
    // At once 3 start and 2 leave; in their place 2 more start: 8 serve, 5 are on their way.
    assert_eq!(at(&mut system, 50.5), (8, 0, 13));
    let rollout = system.look_at_scaling(service).unwrap().rollout.unwrap();
    assert_eq!((rollout.surge, rollout.missing, rollout.counts.new, rollout.counts.old), (3, 2, 5, 8));
    assert_eq!(at(&mut system, 64.9), (8, 0, 13));
    // 5 are ready: 5 old ones leave, and the 5 that are still to come start.
    assert_eq!(at(&mut system, 65.5), (3, 5, 13));
    assert_eq!(at(&mut system, 79.9), (3, 5, 13));
    // These are ready, too: the last 3 leave.
    assert_eq!(at(&mut system, 80.5), (0, 10, 10));
    assert_eq!(system.look_at_scaling(service).unwrap().rollout, None);
    // They drain for as long as their last requests take.
    assert_eq!(at(&mut system, 82.0), (0, 10, 10));
    let look = system.look_at_scaling(service).unwrap();
    assert!(look.replicas.iter().all(|replica| replica.is_new));
    run_to(&mut system, 500.0);
    let run = &system.totals().run;
    assert_eq!((run.completed(), run.in_flight()), (run.offered, 0), "nobody noticed");
}

#[test]
fn one_at_a_time_without_surge_takes_as_many_turns_as_there_are() {
    let rolling = Params::new()
        .with("max_surge", 0.0)
        .with("max_unavailable", 1.0)
        .with("max_unavailable_in", "replicas")
        .with("min_ready", 5.0);
    let (document, service) = service(Value::Variant(Variant::new("rolling", rolling)), 3.0);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    system.apply_fault(&new_version(service, Params::new()));
    let mut course = Vec::new();
    // A replica is ready 15 s after its order, and counts 5 s later.
    for secs in [10.5, 24.9, 25.5, 29.9, 30.5, 49.9, 50.5, 69.9, 70.5] {
        run_to(&mut system, secs);
        course.push(counts(&system.look_at_scaling(service).unwrap()));
    }
    let expected = [(2, 0, 3), (2, 0, 3), (2, 1, 3), (2, 1, 3), (1, 1, 3), (1, 2, 3), (0, 2, 3), (0, 3, 3), (0, 3, 3)];
    assert_eq!(course, expected);
    assert_eq!(system.look_at_scaling(service).unwrap().rollout, None);
}

#[test]
fn recreate_is_an_outage_of_a_whole_start() {
    let (document, service) = service(variant("recreate", &[]), 4.0);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    system.apply_fault(&new_version(service, Params::new()));
    let at = |system: &mut System, secs: f64| {
        run_to(system, secs);
        counts(&system.look_at_scaling(service).unwrap())
    };
    assert_eq!(at(&mut system, 10.5), (0, 0, 0), "the old ones drain for a second");
    assert_eq!(at(&mut system, 11.5), (0, 0, 4));
    assert_eq!(at(&mut system, 26.5), (0, 4, 4));
    run_to(&mut system, 500.0);
    let failed = system.totals().run.by_outcome[Outcome::Failed.index()];
    // From 10 s to 26 s nobody serves 20 requests a second.
    assert!((315..=322).contains(&failed), "{failed}");
}

/// A version that never becomes ready stalls with 8 old ones left; after its deadline it has failed, and lifting it brings
/// the old one back.
#[test]
fn a_bad_version_stalls_until_it_is_rolled_back() {
    let (document, service) = service(variant("rolling", &[("deadline", 60.0)]), 10.0);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    system.apply_fault(&new_version(service, Params::new().with("ready", "never")));
    for secs in [11.0, 69.0] {
        run_to(&mut system, secs);
        let look = system.look_at_scaling(service).unwrap();
        assert_eq!((counts(&look), look.rollout.unwrap().failed), ((8, 0, 13), false));
    }
    run_to(&mut system, 71.0);
    let look = system.look_at_scaling(service).unwrap();
    assert_eq!((counts(&look), look.rollout.unwrap().failed), ((8, 0, 13), true));
    system.apply_fault(&roll_back(service));
    run_to(&mut system, 72.0);
    let look = system.look_at_scaling(service).unwrap();
    // What never served goes, and the two that are missing start again.
    assert_eq!((counts(&look), look.rollout.unwrap().back), ((8, 0, 10), true));
    run_to(&mut system, 87.5);
    let look = system.look_at_scaling(service).unwrap();
    assert_eq!((counts(&look), look.rollout), ((10, 0, 10), None));
    run_to(&mut system, 500.0);
    let run = &system.totals().run;
    assert_eq!(run.completed(), run.offered);
}

/// A version that is ready, but answers half of its requests with errors, is rolled out all the same.
#[test]
fn a_version_that_lies_about_its_health_reaches_everybody() {
    let (document, service) = service(variant("rolling", &[]), 10.0);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    system.apply_fault(&new_version(service, Params::new().with("errors", 0.5)));
    run_to(&mut system, 100.0);
    let failed = |system: &System| system.totals().run.by_outcome[Outcome::Failed.index()] as f64;
    let before = failed(&system);
    run_to(&mut system, 200.0);
    // Of 2,000 requests half: a standard error of 22; four of them.
    assert!((failed(&system) - before - 1_000.0).abs() < 90.0, "{}", failed(&system) - before);
    system.apply_fault(&roll_back(service));
    run_to(&mut system, 250.0);
    let before = failed(&system);
    run_to(&mut system, 500.0);
    assert_eq!(failed(&system), before);
}

/// Through kills and scaling meanwhile: never more than desired and the surge, and, as long as nothing is killed, never
/// fewer ready than desired less those that may be missing.
#[test]
fn the_bounds_hold_at_every_moment() {
    for (surge, missing) in [(0.0, 1.0), (1.0, 0.0), (2.0, 2.0), (10.0, 0.0)] {
        for kills in [false, true] {
            let rolling = Params::new()
                .with("max_surge", surge)
                .with("max_surge_in", "replicas")
                .with("max_unavailable", missing)
                .with("max_unavailable_in", "replicas");
            let (document, service) = service(Value::Variant(Variant::new("rolling", rolling)), 6.0);
            let mut system = system(&document);
            run_to(&mut system, 5.0);
            system.apply_fault(&new_version(service, Params::new()));
            for tenth in 51..4_000 {
                run_to(&mut system, f64::from(tenth) / 10.0);
                if kills && tenth % 170 == 0 {
                    let look = system.look_at_scaling(service).unwrap();
                    let victim = look.replicas[tenth as usize % look.replicas.len()].number;
                    let target = FaultTarget::Replica(service, victim);
                    let kind = || "kill".to_owned();
                    system.apply_fault(&LiveFault::Start { kind: kind(), target, params: Params::new() });
                    system.apply_fault(&LiveFault::End { kind: kind(), target });
                }
                let (old, new, staying) = counts(&system.look_at_scaling(service).unwrap());
                assert!(staying <= 6 + surge as usize, "{staying} at {tenth}");
                assert!(kills || old + new + missing as usize >= 6, "{old} and {new} at {tenth}");
            }
            let look = system.look_at_scaling(service).unwrap();
            assert_eq!((look.rollout, counts(&look).2), (None, 6), "{surge} {missing} {kills}");
        }
    }
}

/// It works for a service of which nothing is said but how many replicas it has, and survives edits.
#[test]
fn a_plain_service_rolls_too() {
    let mut document = Document { seed: 3, run_length_secs: 60.0, ..Document::default() };
    let profile = variant("constant", &[("rate", 50.0)]);
    let clients = add(&mut document, "source", "Clients", &[("profile", profile)]);
    let params = [("replicas", Value::from(4.0)), ("service_time", constant(0.05))];
    let service = add(&mut document, "service", "Service", &params);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    system.apply_fault(&new_version(service, Params::new()));
    run_to(&mut system, 10.0);
    std::rc::Rc::make_mut(document.nodes.get_mut(&service).unwrap()).params.set("replicas", 6.0);
    system.rebuild(&headroom::topology::compile::plan(&document).0.unwrap());
    run_to(&mut system, 12.0);
    let look = system.look_at_scaling(service).unwrap();
    assert_eq!((counts(&look), look.rollout), ((0, 6, 6), None));
    run_to(&mut system, 200.0);
    let run = &system.totals().run;
    assert_eq!((run.completed(), run.in_flight()), (run.offered, 0));
}

/// A replica that serves slowly for its first ten seconds.
#[test]
fn a_replica_can_be_cold_for_a_time() {
    let mut document = Document { seed: 3, run_length_secs: 60.0, ..Document::default() };
    let arrivals = variant("regular", &[]);
    let profile = variant("constant", &[("rate", 10.0)]);
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", profile)]);
    let params = [
        ("replicas", Value::from(1.0)),
        ("slots", Value::from(50.0)),
        ("service_time", constant(0.1)),
        ("warm_up_time", Value::from(10.0)),
        ("cold_factor", Value::from(5.0)),
    ];
    let service = add(&mut document, "service", "Service", &params);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    let work = |system: &System, from: f64| {
        let meter = system.station_meter(service).unwrap();
        let buckets = meter.series().iter().filter(|bucket| bucket.from == SimTime::from_secs_f64(from));
        buckets.map(|bucket| bucket.times.percentile(50.0).unwrap()).next().unwrap()
    };
    run_to(&mut system, 20.0);
    let target = FaultTarget::Replica(service, 0);
    system.apply_fault(&LiveFault::Start { kind: "kill".to_owned(), target, params: Params::new() });
    system.apply_fault(&LiveFault::End { kind: "kill".to_owned(), target });
    run_to(&mut system, 60.0);
    assert!((work(&system, 18.0) - 0.1).abs() < 0.001, "who was there from the start is warm");
    // In the middle of the 6th second it is cold by 4.5 of 10 s: 1 + 4 × 0.45 times as slow, a little more for who began earlier.
    let halfway = work(&system, 25.0);
    assert!((halfway - 0.28).abs() < 0.03, "{halfway}");
    assert!((work(&system, 32.0) - 0.1).abs() < 0.001);
}

/// Three replicas of a core each on nodes of two: the third waits for a second node; without it, that node is idle and goes.
#[test]
fn a_node_that_is_idle_for_long_goes_and_is_no_longer_paid() {
    let container = Params::new().with("cpu_request", 1.0).with("cpu_limit", 1.0);
    let with = |replicas: f64| variant("manual", &[("replicas", replicas)]);
    let mut document = Document { seed: 3, run_length_secs: 200.0, ..Document::default() };
    let arrivals = variant("regular", &[]);
    let profile = variant("constant", &[("rate", 5.0)]);
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", profile)]);
    let params = [
        ("replicas", Value::from(1.0)),
        ("scaler", with(3.0)),
        ("instance", Value::Variant(Variant::new("container", container))),
        ("nodes", variant("pool", &[("start", 20.0), ("idle", 60.0), ("max", 3.0)])),
        ("service_time", constant(0.01)),
    ];
    let service = add(&mut document, "service", "Service", &params);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    let look = |system: &mut System, secs: f64| {
        run_to(system, secs);
        let look = system.look_at_scaling(service).unwrap();
        (look.count(Stage::Ready), look.count(Stage::Pending), look.nodes.len(), look.cost_per_hour)
    };
    // The scaler orders two more at 1 s; one fits on the first node, the other's is there at 21 s.
    assert_eq!(look(&mut system, 20.9), (2, 1, 2, 0.192));
    assert_eq!(look(&mut system, 21.1), (3, 0, 2, 0.192));
    run_to(&mut system, 30.0);
    std::rc::Rc::make_mut(document.nodes.get_mut(&service).unwrap()).params.set("scaler", with(2.0));
    system.rebuild(&headroom::topology::compile::plan(&document).0.unwrap());
    // Nodes are looked at every 15 s, from the change of the settings on: idle since 45 s, it goes at 105 s.
    assert_eq!(look(&mut system, 104.9), (2, 0, 2, 0.192));
    assert_eq!(look(&mut system, 105.1), (2, 0, 1, 0.096));
    run_to(&mut system, 300.0);
    let run = &system.totals().run;
    assert_eq!(run.completed(), run.offered);
}
