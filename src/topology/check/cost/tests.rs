use super::super::check as check_all;
use crate::model::params::{Params, Value, Variant};
use crate::topology::document::{Diagnostic, Document, Edge, EdgeId, Node, NodeId, Place, Point, Severity};

fn choice(id: &str, params: Params) -> Value {
    Value::Variant(Variant::new(id, params))
}

fn rate(rate: f64) -> Params {
    Params::new().with("profile", choice("constant", Params::new().with("rate", rate)))
}

fn users(count: f64, think: f64) -> Params {
    let think = choice("deterministic", Params::new().with("mean", think));
    Params::new().with("arrivals", choice("closed", Params::new().with("users", count).with("think_time", think)))
}

fn add(document: &mut Document, kind: &str, params: Params) -> NodeId {
    let label = format!("{kind} {}", document.nodes.len() + 1);
    document.add_node(Node { kind: kind.to_owned(), label, role: None, area: None, at: Point::default(), params })
}

fn wire(document: &mut Document, from: NodeId, to: NodeId) -> EdgeId {
    document.add_edge(Edge { from, to, params: Params::new() })
}

/// Clients, a balancer, services with so many replicas.
fn crowd(clients: Params, services: u32, replicas: f64) -> Document {
    let mut document = Document::default();
    let source = add(&mut document, "source", clients);
    let balancer = add(&mut document, "balancer", Params::new());
    wire(&mut document, source, balancer);
    for _ in 0..services {
        let service = add(&mut document, "service", Params::new().with("replicas", replicas));
        wire(&mut document, balancer, service);
    }
    document
}

#[track_caller]
fn only(document: &Document) -> Diagnostic {
    let mut problems = check_all(document);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.swap_remove(0)
}

#[test]
fn half_a_million_replicas_are_refused_with_what_they_would_cost() {
    let problem = only(&crowd(rate(100.0), 490, 1_000.0));
    assert_eq!((problem.severity, problem.code.as_str()), (Severity::Error, "too-many-members"));
    assert_eq!(problem.place, Place::Node(NodeId(3)));
    assert!(problem.message.contains("490,000 members at 490 stations"), "{}", problem.message);
    assert!(problem.message.contains("MB of memory"), "{}", problem.message);
    assert_eq!(only(&crowd(rate(100.0), 100, 1_000.0)).code, "too-many-members");
    let problem = only(&crowd(rate(100.0), 40, 1_000.0));
    assert_eq!((problem.severity, problem.code.as_str()), (Severity::Warning, "many-members"));
    assert!(problem.message.contains("about 40 MB of memory"), "{}", problem.message);
    assert_eq!(check_all(&crowd(rate(100.0), 20, 1_000.0)), []);
}

#[test]
fn a_closed_loop_in_which_nothing_takes_time_is_refused() {
    let nothing = || choice("deterministic", Params::new().with("mean", 0.0));
    let still = |think: f64, service: Value, latency: Value| {
        let mut document = Document::default();
        let source = add(&mut document, "source", users(50.0, think));
        let front = add(&mut document, "balancer", Params::new().with("health_checks", false));
        let service = add(&mut document, "service", Params::new().with("service_time", service));
        for (from, to) in [(source, front), (front, service)] {
            let params = Params::new().with("latency", latency.clone());
            document.add_edge(Edge { from, to, params });
        }
        document
    };
    let problem = only(&still(0.0, nothing(), nothing()));
    assert_eq!((problem.severity, problem.code.as_str()), (Severity::Error, "stands-still"));
    assert_eq!(problem.place, Place::Node(NodeId(1)));
    let millisecond = || choice("exponential", Params::new().with("mean", 0.001));
    assert_eq!(check_all(&still(0.0, millisecond(), nothing())), [], "work takes time");
    assert_eq!(check_all(&still(0.0, nothing(), millisecond())), [], "the way takes time");
    assert_eq!(check_all(&still(0.1, nothing(), nothing())), [], "users think");
    // Hardly any time is not none: then it is told how long it takes.
    let hardly = choice("deterministic", Params::new().with("mean", 1e-7));
    assert_eq!(only(&still(0.0, nothing(), hardly)).code, "too-much-work");
}

#[test]
fn ways_that_part_and_meet_again_multiply() {
    let layers = |count: u32| {
        let mut document = Document::default();
        let source = add(&mut document, "source", rate(1.0));
        let mut above = vec![add(&mut document, "service", Params::new())];
        wire(&mut document, source, above[0]);
        for _ in 0..count {
            let below = vec![
                add(&mut document, "service", Params::new().with("calls", "parallel")),
                add(&mut document, "service", Params::new().with("calls", "parallel")),
            ];
            for from in &above {
                for to in &below {
                    wire(&mut document, *from, *to);
                }
            }
            above = below;
        }
        document
    };
    assert_eq!(check_all(&layers(5)), []);
    let problem = only(&layers(30));
    assert_eq!((problem.severity, problem.code.as_str()), (Severity::Error, "too-many-calls"));
    assert!(problem.message.contains("makes 2,100,000,000 calls"), "{}", problem.message);
}

#[test]
fn absurd_rates_and_checks_are_named_with_the_time_they_take() {
    let spike = Params::new().with("base", 1e6).with("factor", 1_000.0);
    let problem = only(&crowd(Params::new().with("profile", choice("spike", spike)), 1, 1.0));
    assert_eq!((problem.severity, problem.code.as_str()), (Severity::Error, "too-much-work"));
    assert!(problem.message.contains("sends up to 1,000,000,000 requests/s"), "{}", problem.message);
    assert_eq!(only(&crowd(rate(1e6), 1, 1.0)).severity, Severity::Warning);
    assert_eq!(check_all(&crowd(rate(100_000.0), 1, 1.0)), [], "such a rate can be watched");

    let mut checks = crowd(rate(10.0), 10, 1_000.0);
    for _ in 0..40 {
        let balancer = add(&mut checks, "balancer", Params::new().with("check_interval", 0.1));
        wire(&mut checks, NodeId(1), balancer);
        for service in 3..13 {
            wire(&mut checks, balancer, NodeId(service));
        }
    }
    let problem = only(&checks);
    assert_eq!(problem.code, "much-work");
    assert!(problem.message.contains("checks 10,000 backends every 0.1 s"), "{}", problem.message);
}

/// Users who wait ask less often: a full house is no storm.
#[test]
fn what_can_be_answered_bounds_what_users_ask() {
    assert_eq!(check_all(&crowd(users(900.0, 0.0), 1, 1.0)), []);
}
