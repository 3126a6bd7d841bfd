//! The running system against what must hold for every drawing: ledgers, order, determinism, faults.

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::Outcome;
use headroom::model::params::{Params, Value};
use headroom::model::system::LiveFault;
use headroom::topology::document::Document;

use crate::fixture::{add, constant, exponential, run, single_queue, source, system, variant, wire};

fn mm1(seed: u64) -> Document {
    single_queue(
        8.0,
        &[("slots", Value::from(1.0)), ("service_time", exponential(0.1)), ("queue_limit", Value::from(1e6))],
        2_000.0,
        seed,
    )
}

/// M/M/1 at utilization 0.8: W = 1/(10 - 8) = 0.5 s. One long run is within a loose band; theory.rs is exact about it.
#[test]
fn a_single_queue_behaves_like_one() {
    let system = run(&mm1(1));
    let tally = &system.totals().run;
    assert_eq!(tally.in_flight(), 0);
    assert_eq!(tally.completed(), tally.offered);
    let mean = tally.times.mean().expect("requests completed");
    assert!((0.3..0.8).contains(&mean), "{mean}");
}

/// The same document gives the same trace, another seed another.
#[test]
fn same_seed_same_trace() {
    assert_eq!(run(&mm1(7)).trace_hash(), run(&mm1(7)).trace_hash());
    assert_ne!(run(&mm1(7)).trace_hash(), run(&mm1(8)).trace_hash());
}

fn shop() -> Document {
    let mut document = Document { seed: 3, run_length_secs: 60.0, ..Document::default() };
    let clients = source(&mut document, 300.0);
    let balancer = add(&mut document, "balancer", "Balancer", &[("check_interval", Value::from(1.0))]);
    let database = add(
        &mut document,
        "database",
        "Database",
        &[("connections", Value::from(20.0)), ("read_time", exponential(0.004))],
    );
    wire(&mut document, clients, balancer, &[("timeout", Value::from(2.0)), ("retries", Value::from(1.0))]);
    for label in ["A", "B", "C"] {
        let service =
            add(&mut document, "service", label, &[("replicas", Value::from(2.0)), ("slots", Value::from(4.0))]);
        wire(&mut document, balancer, service, &[]);
        wire(&mut document, service, database, &[("timeout", Value::from(0.5))]);
    }
    document
}

/// Cut into slices of any size, a run is the same run.
#[test]
fn slices_change_nothing() {
    let whole = run(&shop());
    for slice in [1, 7, 1_000] {
        let mut sliced = system(&shop());
        while !sliced.finished() {
            sliced.advance(SimTime::NEVER, slice);
        }
        assert_eq!(sliced.trace_hash(), whole.trace_hash());
        assert_eq!(sliced.events(), whole.events());
    }
    let mut by_time = system(&shop());
    let mut until = 0.0;
    while !by_time.finished() {
        until += 0.37;
        by_time.advance(SimTime::from_secs_f64(until), u64::MAX);
    }
    assert_eq!(by_time.trace_hash(), whole.trace_hash());
}

/// A killed service gets requests until the checks notice: some fail, then none do, then it is back.
#[test]
fn the_balancer_learns_of_a_death_only_by_its_checks() {
    let document = shop();
    let victim = document.node_by_role("B").expect("there is a B");
    let mut system = system(&document);
    system.advance(SimTime::from_secs_f64(10.2), u64::MAX);
    let target = FaultTarget::Node(victim);
    system.apply_fault(&LiveFault::Start { kind: "kill".into(), target, params: Params::new() });
    let ends = |system: &headroom::model::system::System| system.totals().run.by_outcome;
    system.advance(SimTime::from_secs_f64(13.5), u64::MAX);
    let noticed = ends(&system);
    system.advance(SimTime::from_secs_f64(20.0), u64::MAX);
    assert_eq!(
        ends(&system)[Outcome::Failed.index()],
        noticed[Outcome::Failed.index()],
        "nothing fails once it is out"
    );
    let log: Vec<String> = system.take_log().into_iter().map(|entry| entry.text).collect();
    assert!(
        log.contains(&"Balancer took B replica 1 out: health checks failed 3 times in a row".to_owned()),
        "{log:?}"
    );
    system.apply_fault(&LiveFault::End { kind: "kill".into(), target });
    system.advance(SimTime::NEVER, u64::MAX);
    let log: Vec<String> = system.take_log().into_iter().map(|entry| entry.text).collect();
    assert!(
        log.contains(&"Balancer sends to B replica 1 again: health checks passed 2 times in a row".to_owned()),
        "{log:?}"
    );
    assert_eq!(system.held(), (0, system.held().1), "no request outlives the run");
}

/// Slowing down acts on work already begun: two constant seconds of work, half done, then four times as slow.
#[test]
fn slowness_stretches_work_under_way() {
    let mut document = single_queue(1.0, &[("slots", Value::from(1.0)), ("service_time", constant(2.0))], 1.5, 1);
    let clients = *document.nodes.keys().next().expect("a source");
    let mut node = (*document.nodes[&clients]).clone();
    node.params.set("arrivals", variant("regular", &[]));
    document.nodes.insert(clients, node.into());
    let service = document.node_by_role("Service").expect("a service");
    let mut system = system(&document);
    // Arrives at 1 s, would be done at 3 s.
    system.advance(SimTime::from_secs_f64(1.99), u64::MAX);
    let params = Params::new().with("factor", 4.0);
    system.apply_fault(&LiveFault::Start { kind: "slow".into(), target: FaultTarget::Node(service), params });
    let applied = system.now().as_secs_f64();
    system.advance(SimTime::NEVER, u64::MAX);
    let done = 1.0 + system.totals().run.times.mean().expect("it was served");
    let expected = applied + (3.0 - applied) * 4.0;
    assert!((done - expected).abs() < 1e-6, "{done} instead of {expected}");
}
