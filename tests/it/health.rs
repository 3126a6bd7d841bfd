//! Cold replicas, health checks, outliers, slow start, draining: through a document, at the moments worked out by hand.

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::params::{Params, Value};
use headroom::model::system::{LiveFault, System};
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, source, system, variant, wire};

/// Clients that send every `1/rate` seconds, the first after that time.
fn regular(document: &mut Document, rate: f64) -> NodeId {
    let clients = source(document, rate);
    set(document, clients, "arrivals", variant("regular", &[]));
    clients
}

fn set(document: &mut Document, node: NodeId, key: &str, value: impl Into<Value>) {
    let mut changed = (*document.nodes[&node]).clone();
    changed.params.set(key, value);
    document.nodes.insert(node, changed.into());
}

fn to(system: &mut System, secs: f64) {
    system.advance(SimTime::from_secs_f64(secs), u64::MAX);
}

fn start(system: &mut System, kind: &str, target: FaultTarget, params: Params) {
    system.apply_fault(&LiveFault::Start { kind: kind.to_owned(), target, params });
}

fn end(system: &mut System, kind: &str, target: FaultTarget) {
    system.apply_fault(&LiveFault::End { kind: kind.to_owned(), target });
}

/// The moment at which the next request completes, to a tenth of a millisecond.
fn next_completion(system: &mut System) -> f64 {
    let before = system.totals().run.completed();
    loop {
        let now = system.now().as_secs_f64();
        assert!(!system.finished(), "nothing completed until {now} s");
        system.advance(SimTime::NEVER, 1);
        if system.totals().run.completed() > before {
            return (system.now().as_secs_f64() * 1e4).round() / 1e4;
        }
    }
}

mod cold {
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
        start(&mut system, "kill", FaultTarget::Node(service), Params::new());
        end(&mut system, "kill", FaultTarget::Node(service));
        let moments: Vec<f64> = (0..6).map(|_| next_completion(&mut system)).collect();
        assert_eq!(moments, [3.5, 4.4, 5.3, 6.2, 7.1, 8.1]);
    }

    #[test]
    fn an_added_replica_is_cold_and_the_old_one_stays_warm() {
        let (mut document, service) = document();
        let mut system = system(&document);
        to(&mut system, 1.5);
        set(&mut document, service, "replicas", 2.0);
        system.rebuild(&plan(&document).0.expect("it can run"));
        // Without a balancer each request goes to either replica.
        let took: Vec<f64> =
            (2..=21).map(|at| ((next_completion(&mut system) - f64::from(at)) * 10.0).round()).collect();
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
        to(&mut system, 0.05);
        start(&mut system, "kill", FaultTarget::Node(service), Params::new());
        end(&mut system, "kill", FaultTarget::Node(service));
        // The request at 1 s waits for the check that came at the same moment: 1 ms of work.
        let first = next_completion(&mut system);
        assert!((1.5..1.503).contains(&first), "{first}");
    }
}
