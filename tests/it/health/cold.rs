//! Cold starts of replicas that are revived or added.

use super::*;

/// One request a second, 0.1 s of work, cold for four requests at five times the work.
fn document() -> (Document, NodeId) {
    let mut document = Document { seed: 1, run_length_secs: 30.0, ..Document::default() };
    let clients = regular(&mut document, 1.0);
    let service = add(
        &mut document,
        "service",
        "Service",
        &[
            ("service_time", constant(0.1)),
            ("slots", Value::from(1.0)),
            ("warm_up_requests", Value::from(4.0)),
            ("cold_factor", Value::from(5.0)),
        ],
    );
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    (document, service)
}

#[test]
fn a_revived_replica_warms_up_request_by_request() {
    let (document, service) = document();
    let mut system = system(&document);
    assert_eq!(next_completion(&mut system), 1.1, "who is there at the start is warm");
    assert_eq!(next_completion(&mut system), 2.1);
    start(&mut system, "kill", FaultTarget::Node(service), &[]);
    end(&mut system, "kill", FaultTarget::Node(service));
    let moments: Vec<f64> = (0..6).map(|_| next_completion(&mut system)).collect();
    assert_eq!(moments, [3.5, 4.4, 5.3, 6.2, 7.1, 8.1]);
}

#[test]
fn an_added_replica_is_cold_and_the_old_one_stays_warm() {
    let (mut document, service) = document();
    let mut system = system(&document);
    run_to(&mut system, 1.5);
    set(&mut document, service, "replicas", 2.0);
    system.rebuild(&plan(&document).0.expect("it can run"));
    // Without a balancer each request goes to either replica.
    let took: Vec<f64> = (2..=21).map(|at| ((next_completion(&mut system) - f64::from(at)) * 10.0).round()).collect();
    let slow: Vec<f64> = took.iter().copied().filter(|took| *took > 1.0).collect();
    assert_eq!(slow, [5.0, 4.0, 3.0, 2.0], "tenths of a second: {took:?}");
}

#[test]
fn checks_warm_nothing() {
    let (mut document, service) = document();
    let clients = *document.nodes.keys().next().expect("a source");
    document.edges.clear();
    let balancer = add(&mut document, "balancer", "Balancer", &[("check_interval", Value::from(0.1))]);
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 0.05);
    start(&mut system, "kill", FaultTarget::Node(service), &[]);
    end(&mut system, "kill", FaultTarget::Node(service));
    // The request at 1 s waits for the check that came at the same moment: 1 ms of work.
    let first = next_completion(&mut system);
    assert!((1.5..1.503).contains(&first), "{first}");
}
