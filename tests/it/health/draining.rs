//! Drained replicas and services.

use super::*;

/// Two replicas with requests of 0.55 s, ten a second.
#[test]
fn a_drained_replica_finishes_what_it_has_and_gets_nothing_new() {
    let service = [("replicas", Value::from(2.0)), ("service_time", constant(0.55))];
    let shop = shop(10.0, &[], &service);
    let mut system = system(&shop.document);
    run_to(&mut system, 3.05);
    let target = FaultTarget::Replica(shop.service, 0);
    start(&mut system, "drain", target, &[]);
    let told = system.take_log().pop().expect("it is told");
    assert_eq!((told.tone, told.text.as_str()), (LogTone::Info, "Service replica 1 is draining: it gets nothing new"));
    let busy = |system: &System| -> Vec<u32> {
        station(system, shop.service).replicas.iter().map(|replica| replica.busy).collect()
    };
    // The five of the last 0.55 s, every other one of them.
    assert_eq!(busy(&system), [2, 3]);
    let before = frame(&system, shop.balancer).backends;
    assert_eq!(
        before[0].out.as_ref().map(|out| (out.why, out.since_ns)),
        Some((OutOfRotation::Draining, Some(3_050_000_000)))
    );
    assert!(before[0].believed_healthy);
    run_to(&mut system, 3.65);
    assert_eq!(busy(&system), [0, 5]);
    run_to(&mut system, 8.05);
    let after = frame(&system, shop.balancer).backends;
    assert_eq!(after[0].selections, before[0].selections);
    assert_eq!(after[1].selections, before[1].selections + 50);
    assert_eq!(failed(&system), 0);
    end(&mut system, "drain", target);
    run_to(&mut system, 9.05);
    assert_eq!(frame(&system, shop.balancer).backends[0].selections, before[0].selections + 5);
    run_to(&mut system, 40.0);
    assert_eq!(system.totals().run.by_outcome[1..].iter().sum::<u64>(), 0, "nothing was lost");
}

#[test]
fn a_service_drained_as_a_whole_takes_nothing_new_from_its_direct_callers() {
    let mut document = Document { seed: 1, run_length_secs: 10.0, ..Document::default() };
    let clients = regular(&mut document, 1.0);
    let service = add(&mut document, "service", "Service", &[("replicas", Value::from(3.0))]);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 2.5);
    // One alone is simply not chosen.
    start(&mut system, "drain", FaultTarget::Replica(service, 1), &[]);
    run_to(&mut system, 6.5);
    assert_eq!(system.totals().run.completed(), 6);
    start(&mut system, "drain", FaultTarget::Node(service), &[]);
    run_to(&mut system, 8.5);
    assert_eq!(system.totals().run.by_outcome[Outcome::Rejected.index()], 2);
    assert_eq!(system.totals().run.by_reason[Reason::Draining.index()], 2);
}

/// A connection that is open goes on as long as it lasts, here 5 s; the next one leads elsewhere.
#[test]
fn what_comes_over_open_connections_still_reaches_the_drained() {
    let mut shop = shop(10.0, &[], &[("replicas", Value::from(2.0))]);
    let mut node = (*shop.document.nodes[&shop.balancer]).clone();
    node.kind = "l4-balancer".to_owned();
    shop.document.nodes.insert(shop.balancer, node.into());
    for (key, value) in [("connections", 1.0), ("lifetime", 5.0)] {
        set(&mut shop.document, shop.balancer, key, value);
    }
    let mut system = system(&shop.document);
    run_to(&mut system, 2.05);
    start(&mut system, "drain", FaultTarget::Replica(shop.service, 0), &[]);
    let selections = |system: &System| -> Vec<u64> {
        frame(system, shop.balancer).backends.iter().map(|backend| backend.selections).collect()
    };
    run_to(&mut system, 5.05);
    assert_eq!(selections(&system), [50, 0]);
    run_to(&mut system, 10.05);
    assert_eq!((selections(&system), failed(&system)), (vec![50, 50], 0));
}

/// Panic is for the suspected: who was taken out on purpose stays out.
#[test]
fn panic_does_not_bring_the_drained_back() {
    let shop = shop(10.0, &[("panic_mode", Value::Bool(true))], &[("replicas", Value::from(2.0))]);
    let mut system = system(&shop.document);
    run_to(&mut system, 2.05);
    start(&mut system, "drain", FaultTarget::Node(shop.service), &[]);
    run_to(&mut system, 4.05);
    assert_eq!(failed(&system), 20);
}
