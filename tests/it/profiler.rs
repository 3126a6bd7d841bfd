//! The profiler: complete to the nanosecond, no part of what happens, and right where theory knows the answer.

use headroom::engine::stats::Interval;
use headroom::engine::time::SimTime;
use headroom::lesson::catalog::SCENARIOS;
use headroom::model::ids::NodeId;
use headroom::model::params::Value;
use headroom::model::profiler::{Part, Profile, Spread};
use headroom::runner::session::Session;
use headroom::topology::document::Document;
use headroom::topology::format::Run;

use crate::fixture::{add, constant, exponential, single_queue, source, system, wire};

/// Figures that are held against theory in this file.
const FAMILY: u32 = 6;
const SEEDS: u64 = 30;

#[track_caller]
fn check_complete(profile: &Profile, about: &str) {
    assert_eq!(profile.unaccounted, 0, "{about}");
    let whole = profile.sojourn.total();
    let own: f64 = profile.stations.values().map(|station| station.own.total()).sum();
    let parts = profile.stations.values().flat_map(|station| &station.parts).map(Spread::total).sum::<f64>();
    assert!((own - whole).abs() <= 1e-9 * whole, "{about}: {own} of {whole}");
    assert!((parts - whole).abs() <= 1e-9 * whole, "{about}: {parts} of {whole}");
}

fn profiled(document: &Document, per_second: f64) -> (Profile, u64) {
    let mut system = system(document);
    system.start_profile(per_second);
    system.advance(SimTime::NEVER, u64::MAX);
    (system.profile().expect("it was started").clone(), system.trace_hash())
}

#[test]
fn every_scenario_is_accounted_for_and_the_same_run_with_or_without() {
    let golden = include_str!("../golden/run.json");
    let texts = SCENARIOS.iter().map(|scenario| (scenario.id, scenario.run().expect("it can be read")));
    for (id, run) in texts.chain([("golden", Run::from_json(golden).expect("it can be read"))]) {
        let mut plain = Session::open(&run).0.expect("it runs");
        plain.advance(SimTime::from_secs_f64(60.0), u64::MAX);
        for per_second in [f64::INFINITY, 20.0] {
            let mut session = Session::open(&run).0.expect("it runs");
            session.system_mut().start_profile(per_second);
            session.advance(SimTime::from_secs_f64(60.0), u64::MAX);
            assert_eq!(session.system().trace_hash(), plain.system().trace_hash(), "{id}");
            let profile = session.system().profile().expect("it was started");
            check_complete(profile, id);
            if per_second.is_infinite() {
                let ended: u64 = session.system().totals().run.by_outcome.iter().sum();
                assert_eq!((profile.looked_at + profile.left_out, profile.stands_for()), (ended, ended), "{id}");
            }
        }
    }
}

/// Means over seeds fixed beforehand, each held against its closed form at 99.9 % for all of this file together.
#[track_caller]
fn check(what: &str, values: &[f64], theory: f64) {
    let interval = Interval::of_mean(values, 0.999, FAMILY).expect("many replications");
    assert!(interval.contains(theory), "{what}: {} ± {} does not hold {theory}", interval.mean, interval.half_width);
    assert!(interval.half_width <= 0.05 * theory, "{what}: ± {} of {theory}", interval.half_width);
}

/// M/M/1: a request waits ρ/(μ − λ) and is worked on for 1/μ; nothing else takes time.
#[test]
fn the_parts_of_mm1_are_those_of_theory() {
    let (lambda, mu) = (0.7, 1.0);
    let runs: Vec<Profile> = (1..=SEEDS)
        .map(|seed| {
            let service = [
                ("slots", Value::from(1.0)),
                ("service_time", exponential(1.0 / mu)),
                ("queue_limit", Value::from(1e6)),
            ];
            let document = single_queue(lambda, &service, 60_000.0, seed);
            profiled(&Document { warm_up_secs: 500.0, ..document }, f64::INFINITY).0
        })
        .collect();
    let of = |part: Part| -> Vec<f64> {
        let station = |profile: &Profile| profile.stations.values().next().expect("one station").clone();
        runs.iter().map(|profile| station(profile).parts[part as usize].mean()).collect()
    };
    let rho = lambda / mu;
    check("queue", &of(Part::Queue), rho / (mu - lambda));
    check("work", &of(Part::Work), 1.0 / mu);
    for part in [Part::Held, Part::Network, Part::Waits, Part::Lost] {
        assert!(of(part).iter().all(|mean| *mean == 0.0), "{part:?}");
    }
}

/// Two calls side by side with room for everybody, exponential at rates α and β. The one at rate α is the critical one for
/// E[X; X > Y] = 1/α − α/(α + β)² of a request's time, the other likewise; both together are E[max].
#[test]
fn of_two_calls_side_by_side_each_is_critical_for_as_long_as_theory_says() {
    let (alpha, beta) = (1.0 / 0.1, 1.0 / 0.05);
    let critical = |own: f64| 1.0 / own - own / ((alpha + beta) * (alpha + beta));
    let mut shares = [Vec::new(), Vec::new()];
    for seed in 1..=SEEDS {
        let mut document = Document { seed, run_length_secs: 200.0, ..Document::default() };
        let clients = source(&mut document, 50.0);
        let free = |time: Value| [("slots", Value::from(1_000.0)), ("service_time", time)];
        let front =
            [("slots", Value::from(1_000.0)), ("service_time", constant(0.0)), ("calls", Value::from("parallel"))];
        let front = add(&mut document, "service", "Front", &front);
        let left = add(&mut document, "service", "Left", &free(exponential(1.0 / alpha)));
        let right = add(&mut document, "service", "Right", &free(exponential(1.0 / beta)));
        for (from, to) in [(clients, front), (front, left), (front, right)] {
            wire(&mut document, from, to, &[("latency", constant(0.0))]);
        }
        let (profile, _) = profiled(&document, f64::INFINITY);
        check_complete(&profile, "side by side");
        let mean = |node: NodeId| profile.stations[&node].own.total() / profile.stands_for() as f64;
        shares[0].push(mean(left));
        shares[1].push(mean(right));
        let behind = profile.stations[&front].behind.mean();
        assert!((behind - profile.sojourn.mean()).abs() < 1e-9, "the front only waits for others");
    }
    check("the slower call", &shares[0], critical(alpha));
    check("the quicker call", &shares[1], critical(beta));
}

/// Followed are a share by hash; each stands for as many as were not: sums over all requests come out the same.
#[test]
fn a_share_of_the_requests_tells_the_same_story() {
    let service =
        [("slots", Value::from(4.0)), ("service_time", exponential(0.005)), ("queue_limit", Value::from(1e6))];
    let document = single_queue(600.0, &service, 200.0, 3);
    let (all, hash) = profiled(&document, f64::INFINITY);
    let (some, same) = profiled(&document, 100.0);
    assert_eq!(hash, same);
    assert!(some.looked_at * 7 < all.looked_at, "{} of {}", some.looked_at, all.looked_at);
    let ratio = some.stands_for() as f64 / all.stands_for() as f64;
    assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    let part = |profile: &Profile, part: Part| {
        profile.stations.values().next().expect("one station").parts[part as usize].mean()
    };
    for which in [Part::Queue, Part::Work] {
        let ratio = part(&some, which) / part(&all, which);
        assert!((ratio - 1.0).abs() < 0.06, "{which:?}: {ratio}");
    }
}

/// Going back in a run and forth again gives the same sums.
#[test]
fn going_back_takes_the_sums_along() {
    let run = SCENARIOS[0].run().expect("it can be read");
    let mut session = Session::open(&run).0.expect("it runs").with_checkpoints();
    session.system_mut().start_profile(f64::INFINITY);
    session.advance(SimTime::from_secs_f64(30.0), u64::MAX);
    let before = session.system().profile().cloned();
    session.advance(SimTime::from_secs_f64(50.0), u64::MAX);
    session.seek(SimTime::from_secs_f64(30.0));
    session.advance(SimTime::from_secs_f64(30.0), u64::MAX);
    assert!(session.system().profile().cloned() == before, "the same sums");
}
