//! Bad versions on their way through the replicas.

use super::*;

#[test]
fn a_bad_version_spreads_from_replica_to_replica_until_it_is_rolled_back() {
    let mut document = document();
    let clients = clients(&mut document, 2.0);
    let balancer = add(&mut document, "balancer", "Balancer", &[("strategy", variant("round-robin", &[]))]);
    let service =
        add(&mut document, "service", "Service", &[("service_time", constant(0.1)), ("replicas", Value::from(2.0))]);
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
    set(&mut document, balancer, "health_checks", false);
    let mut system = system(&document);
    system.advance(SimTime::from_secs_f64(0.9), u64::MAX);
    let target = FaultTarget::Node(service);
    let course = [("drain", 1.0), ("restart", 2.0), ("soak", 1.0), ("errors", 1.0)];
    start(&mut system, "rolling-deploy", target, &course);
    // The first replica is away from 0.9 to 3.9; the second one serves all.
    assert!(ends(&mut system, 3.9).iter().all(|end| end.1 == Outcome::Completed));
    // Both serve from 3.9 to 4.9, and the first one is bad.
    let mixed: Vec<Outcome> = ends(&mut system, 4.7).into_iter().map(|end| end.1).collect();
    assert_eq!(mixed.len(), 2);
    assert!(mixed.contains(&Outcome::Failed) && mixed.contains(&Outcome::Completed), "{mixed:?}");
    // Then the second one is away until 7.9, and afterwards both are bad.
    let bad = |end: &End| (end.1, end.2) == (Outcome::Failed, Reason::BadVersion);
    let after = ends(&mut system, 9.0);
    assert!(after.len() == 8 && after.iter().all(bad), "{after:?}");
    end(&mut system, "rolling-deploy", target);
    assert!(ends(&mut system, 11.2).iter().skip(1).all(|end| end.1 == Outcome::Completed));
}

#[test]
fn rolled_back_in_the_middle_nothing_of_it_is_left() {
    let (mut document, service, _) = shop(1.0, 0.1, 4.0, 0.0);
    set(&mut document, service, "replicas", 1.0);
    let mut system = system(&document);
    let target = FaultTarget::Node(service);
    start(&mut system, "rolling-deploy", target, &[("drain", 1.5), ("restart", 10.0), ("errors", 1.0)]);
    let turned_away = (1.0, Outcome::Rejected, Reason::Draining);
    let refused = (2.0, Outcome::Failed, Reason::ConnectionRefused);
    assert_eq!(ends(&mut system, 2.5), [turned_away, refused]);
    end(&mut system, "rolling-deploy", target);
    assert_eq!(ends(&mut system, 30.05).len(), 27);
    assert_eq!(system.totals().run.completed(), 27, "no later step of it comes");
}
