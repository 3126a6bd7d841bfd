//! Replication and failover in whole runs: how long commits wait, what failovers lose, when they come.

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{ReplicationLook, System};
use headroom::topology::document::{Document, Fault, NodeId, ScheduledFault};

use crate::fixture::{add, constant, end, on_all_cores, run, run_to, start, system, variant, wire};

/// Poisson writes (or a share of them) straight to a database with so many replicas that apply in `apply`.
fn database(
    seed: u64,
    rate: f64,
    secs: f64,
    replicas: f64,
    apply: f64,
    params: &[(&str, Value)],
) -> (Document, NodeId) {
    let mut document = Document { seed, run_length_secs: secs, ..Document::default() };
    let clients = [
        ("profile", variant("constant", &[("rate", rate)])),
        ("write_share", Value::from(1.0)),
        ("keys", Value::from(1_000.0)),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let copies = [("count", replicas), ("apply_time", apply)];
    let mut all = vec![
        ("read_replicas", variant("fixed", &copies)),
        ("read_time", constant(0.0)),
        ("write_time", constant(0.0)),
        ("connections", Value::from(10_000.0)),
    ];
    all.extend(params.iter().cloned());
    let database = add(&mut document, "database", "Database", &all);
    wire(&mut document, clients, database, &[("latency", constant(0.0))]);
    (document, database)
}

fn spread(id: &str, params: &[(&str, f64)]) -> Value {
    let params = params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value));
    Value::Variant(Variant::new(id, params.with("spread", "exponential")))
}

fn writes(system: &System, database: NodeId) -> ReplicationLook {
    *system.look_at_read_replicas(database).unwrap().replication.unwrap()
}

/// The k-th fastest of n exponential flushes of mean d takes d(H_n - H_(n-k)) on the average.
#[test]
fn a_commit_waits_for_the_kth_of_n_as_long_as_the_closed_form_says() {
    for (n, k) in [(1.0, 1.0), (3.0, 1.0), (3.0, 2.0), (5.0, 3.0), (5.0, 5.0)] {
        let (d, ship, count) = (0.1, 0.01, 20_000.0);
        let replication = spread("synchronous", &[("flush", d), ("replicas", k)]);
        // Far apart, so that no write waits for the one before.
        let (document, _) = database(5, 0.2, count / 0.2, n, 0.0, &[("replication", replication)]);
        let found = run(&document).totals().run.times.mean().unwrap();
        let terms = |power: i32| ((n - k) as u32 + 1..=n as u32).map(|i| f64::from(i).powi(-power)).sum::<f64>();
        let (expected, deviation) = (d * terms(1), d * terms(2).sqrt());
        // 99.99 %, and a thousandth for writes that are close all the same.
        let slack = 4.0 * deviation / count.sqrt() + 0.001 * expected;
        assert!((found - expected).abs() < slack, "{k} of {n}: {found}, not {expected} +- {slack}");
        // The network adds a round trip.
        let fixed = variant("synchronous", &[("flush", d), ("replicas", k), ("ship", ship)]);
        let (document, _) = database(5, 1.0, 100.0, n, 0.0, &[("replication", fixed)]);
        let found = run(&document).totals().run.times.mean().unwrap();
        assert!((found - (d + 2.0 * ship)).abs() < 1e-3, "{found}");
    }
}

/// Remote apply waits for the applying thread, too, and then a read there finds the write.
#[test]
fn what_was_applied_before_the_answer_is_found_by_the_next_read() {
    let stale = |mode: &str| {
        let replication = variant(mode, &[("ship", 0.01), ("replicas", 2.0)]);
        let (mut document, database) = database(5, 2.0, 200.0, 2.0, 0.1, &[("replication", replication)]);
        for node in document.nodes.values_mut().filter(|node| node.kind == "source") {
            std::rc::Rc::make_mut(node).params.set("keys", 1.0);
        }
        let readers = [("profile", variant("constant", &[("rate", 50.0)])), ("keys", Value::from(1.0))];
        let readers = add(&mut document, "source", "Readers", &readers);
        wire(&mut document, readers, database, &[("latency", constant(0.0))]);
        let system = run(&document);
        (system.look_at_read_replicas(database).unwrap().stale, system.totals().run.percentile_offered(100.0).unwrap())
    };
    let (flushed, applied) = (stale("synchronous"), stale("remote-apply"));
    assert!(flushed.0 > 500 && applied.0 == 0, "{flushed:?} {applied:?}");
    assert!(flushed.1 < 0.022 && applied.1 > 0.119, "{flushed:?} {applied:?}");
}

/// With no replica left, synchronous writes hang and hold their connections; semi-synchronous ones go on after 10 s.
#[test]
fn without_replicas_synchronous_writes_hang_and_semi_synchronous_ones_do_not() {
    for (mode, hang) in [("synchronous", true), ("remote-apply", true), ("semi-synchronous", false)] {
        let params = [("replication", variant(mode, &[("ship", 0.001)]))];
        let (document, database) = database(5, 10.0, 60.0, 1.0, 0.0, &params);
        let mut system = system(&document);
        run_to(&mut system, 20.0);
        start(&mut system, "kill", FaultTarget::Replica(database, 1), &[]);
        run_to(&mut system, 50.0);
        let look = writes(&system, database);
        assert_eq!((look.waiting > 250, look.fallen.is_some()), (hang, !hang), "{mode}: {look:?}");
        end(&mut system, "kill", FaultTarget::Replica(database, 1));
        run_to(&mut system, 100.0);
        let (look, run) = (writes(&system, database), &system.totals().run);
        assert_eq!((look.waiting, look.fallen, look.lost), (0, None, 0), "{mode}: {look:?}");
        assert_eq!((run.completed(), look.acknowledged), (run.offered, run.offered), "{mode}");
    }
}

/// A crash at a random moment of each of 200 runs.
fn crashes(rate: f64, params: &[(&str, Value)], failover: &[(&str, f64)]) -> Vec<ReplicationLook> {
    let runs: Vec<u64> = (0..200).collect();
    on_all_cores(&runs, |seed| {
        let params = [params, &[("failover", variant("automatic", failover))]].concat();
        let (mut document, database) = database(*seed, rate, 60.0, 2.0, 0.002, &params);
        // Evenly over a period of the probes, in an order that has nothing to do with the seeds' draws.
        let at_secs = 20.0 + (*seed * 83 % 200) as f64 / 200.0 * 5.0;
        let fault = Fault { kind: "kill".to_owned(), target: FaultTarget::Replica(database, 0), params: Params::new() };
        document.faults.push(ScheduledFault { at_secs, for_secs: None, fault });
        let system = run(&document);
        let look = writes(&system, database);
        assert_eq!(look.promotions, 1, "{look:?}");
        assert_eq!(look.acknowledged, look.stored + look.superseded + look.lost, "{look:?}");
        let run = &system.totals().run;
        assert_eq!(look.acknowledged, run.completed(), "{look:?}");
        assert_eq!(look.unknown, run.by_reason[Reason::ReplicaDied.index()], "{look:?}");
        assert_eq!(run.by_outcome[Outcome::TimedOut.index()], 0);
        look
    })
}

/// Expected: the rate of writes times the time that one is on its way. Synchronous replication loses none.
#[test]
fn a_failover_loses_what_was_on_its_way() {
    let (rate, ship) = (200.0, 0.05);
    let failover = [("every", 1.0), ("misses", 2.0), ("timeout", 0.5), ("promotion", 1.0)];
    let asynchronous = [("replication", variant("asynchronous", &[("ship", ship)]))];
    let lost = crashes(rate, &asynchronous, &failover);
    let mean = lost.iter().map(|look| look.lost as f64).sum::<f64>() / lost.len() as f64;
    // Poisson: four standard errors.
    let slack = 4.0 * (rate * ship / lost.len() as f64).sqrt();
    assert!((mean - rate * ship).abs() < slack, "{mean}, not {} +- {slack}", rate * ship);
    for mode in ["synchronous", "semi-synchronous", "remote-apply"] {
        let replication = [("replication", variant(mode, &[("ship", ship)]))];
        let looks = crashes(20.0, &replication, &failover);
        assert!(looks.iter().all(|look| look.lost == 0), "{mode}");
        let unknown = looks.iter().map(|look| look.unknown).sum::<u64>();
        assert!(unknown > 200, "those that wait get no answer: {unknown}");
    }
}

/// Probes every i, k misses, a time-out of o: noticed within (k-1)i + o and k i + o, evenly between; then promoted.
#[test]
fn a_crash_is_noticed_within_the_bounds_of_its_probes() {
    let (every, misses, timeout, promotion) = (5.0, 3.0, 1.0, 2.0);
    let failover = [("every", every), ("misses", misses), ("timeout", timeout), ("promotion", promotion)];
    let looks = crashes(1.0, &[], &failover);
    let noticed = looks.iter().map(|look| look.without.as_secs_f64() - promotion);
    let (least, most) = ((misses - 1.0) * every + timeout, misses * every + timeout);
    let mut sum = 0.0;
    for took in noticed {
        assert!(took >= least - 1e-6 && took <= most + 1e-6, "{took}");
        sum += took / 200.0;
    }
    // The crashes are spread evenly over a period, so the mean is exact but for half a step.
    assert!((sum - f64::midpoint(least, most)).abs() < 0.02, "{sum}");
}

/// A primary that answers again before anyone has taken over stays the primary.
#[test]
fn a_short_crash_promotes_nobody() {
    let failover = variant("automatic", &[("every", 1.0), ("misses", 2.0), ("timeout", 0.5), ("promotion", 5.0)]);
    let (document, database) = database(5, 10.0, 30.0, 1.0, 0.0, &[("failover", failover)]);
    let mut system = system(&document);
    run_to(&mut system, 10.2);
    start(&mut system, "kill", FaultTarget::Replica(database, 0), &[]);
    run_to(&mut system, 14.0);
    assert_eq!(writes(&system, database).promoting, Some(1));
    end(&mut system, "kill", FaultTarget::Replica(database, 0));
    system.advance(SimTime::NEVER, u64::MAX);
    let (look, replicas) = (writes(&system, database), system.look_at_read_replicas(database).unwrap());
    assert_eq!((look.promotions, look.lost, look.promoting, replicas.primary), (0, 0, None, 0));
    assert!((look.without.as_secs_f64() - 4.8).abs() < 0.2, "until the next probe: {look:?}");
}
