//! Faults of what passes requests on.

use super::*;

fn behind(kind: &str, settings: &[(&str, Value)]) -> (Document, NodeId) {
    let mut document = document();
    let clients = clients(&mut document, 1.0);
    let balancer = add(&mut document, kind, "Front", settings);
    let service = add(&mut document, "service", "Service", &[("service_time", constant(0.6))]);
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
    (document, balancer)
}

#[test]
fn a_balancer_dies_with_all_that_it_passes_on() {
    let (document, balancer) = behind("balancer", &[]);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.5), [good(1.6)]);
    start(&mut system, "kill", FaultTarget::Node(balancer), &[]);
    assert_eq!(ends(&mut system, 3.5), [(3.0, Outcome::Failed, Reason::ConnectionRefused)]);
    assert_eq!(system.totals().run.by_reason[Reason::ReplicaDied.index()], 1, "the one of 2 s");
    end(&mut system, "kill", FaultTarget::Node(balancer));
    assert_eq!(ends(&mut system, 4.9), [good(4.6)]);
}

#[test]
fn resolvers_go_on_with_the_answers_of_a_dead_dns_server() {
    let (mut document, dns) = behind(
        "dns",
        &[("ttl", Value::from(2.5)), ("lookup_time", Value::from(0.05)), ("health_checks", Value::from(false))],
    );
    set(&mut document, NodeId(1), "resolvers", 1.0);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 1.7), [good(1.65)], "it was looked up first");
    start(&mut system, "kill", FaultTarget::Node(dns), &[]);
    // The answer came at 1.05 and holds until 3.55.
    let refused = (4.0, Outcome::Failed, Reason::ConnectionRefused);
    assert_eq!(ends(&mut system, 4.5), [good(2.6), good(3.6), refused]);
    end(&mut system, "kill", FaultTarget::Node(dns));
    assert_eq!(ends(&mut system, 5.9), [good(5.65)]);
}

#[test]
fn callers_that_choose_themselves_need_no_registry() {
    let (document, registry) =
        behind("client-balancer", &[("refresh", Value::from(0.5)), ("callers", Value::from(1.0))]);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 1.7), [good(1.6)]);
    start(&mut system, "kill", FaultTarget::Node(registry), &[]);
    assert_eq!(ends(&mut system, 3.7), [good(2.6), good(3.6)]);
}
