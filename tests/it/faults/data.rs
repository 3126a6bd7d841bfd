//! Faults of caches, clocks and databases.

use super::*;

/// A cache in front of a store that takes half a second; one key, so that only the first request misses.
fn cached(ttl: f64) -> (Document, NodeId, NodeId) {
    let mut document = document();
    let clients = clients(&mut document, 1.0);
    let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0)), ("ttl", Value::from(ttl))]);
    let store = add(&mut document, "database", "Store", &[("read_time", constant(0.5))]);
    wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
    wire(&mut document, cache, store, &[("latency", constant(0.0))]);
    (document, cache, store)
}

#[test]
fn a_flush_forgets_everything_once() {
    let (document, cache, _) = cached(0.0);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
    start(&mut system, "cache-flush", FaultTarget::Node(cache), &[]);
    assert_eq!(ends(&mut system, 5.2), [good(3.5), good(4.0), good(5.0)]);
}

#[test]
fn entries_expire_by_the_clock_that_jumped() {
    let (document, cache, _) = cached(10.0);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
    let target = FaultTarget::Node(cache);
    start(&mut system, "clock-jump", target, &[("ahead", 20.0)]);
    assert_eq!(ends(&mut system, 4.5), [good(3.5), good(4.0)], "too early");
    end(&mut system, "clock-jump", target);
    // Filled at 3.5 by a clock that showed 23.5, so it holds until that clock shows 33.5.
    let missed: Vec<f64> =
        ends(&mut system, 36.2).into_iter().map(|end| end.0).filter(|at| at.fract() != 0.0).collect();
    assert_eq!(missed, [34.5], "twenty seconds too long");
}

#[test]
fn a_clock_that_is_behind_keeps_what_is_stale() {
    let (document, cache, _) = cached(2.5);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
    start(&mut system, "clock-jump", FaultTarget::Node(cache), &[("ahead", -100.0)]);
    let missed = |system: &mut System, secs: f64| {
        ends(system, secs).into_iter().map(|end| end.0).filter(|at| at.fract() != 0.0).collect::<Vec<f64>>()
    };
    // Filled at 1.5 for 2.5 s, and a hundred more.
    assert_eq!(missed(&mut system, 106.2), [105.5]);
}

#[test]
fn resolvers_judge_answers_by_the_clock_that_jumped() {
    let mut document = document();
    let clients = clients(&mut document, 1.0);
    set(&mut document, clients, "resolvers", 1.0);
    let dns = add(
        &mut document,
        "dns",
        "DNS",
        &[("ttl", Value::from(60.0)), ("lookup_time", Value::from(0.05)), ("health_checks", Value::from(false))],
    );
    let service = add(&mut document, "service", "Service", &[("service_time", constant(0.1))]);
    wire(&mut document, clients, dns, &[("latency", constant(0.0))]);
    wire(&mut document, dns, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.5), [good(1.15), good(2.1)]);
    start(&mut system, "clock-jump", FaultTarget::Node(dns), &[("ahead", 3_600.0)]);
    assert_eq!(ends(&mut system, 4.5), [good(3.15), good(4.1)], "one more look-up");
}

#[test]
fn a_standby_takes_over_once_the_failure_is_noticed() {
    let mut document = document();
    let clients = clients(&mut document, 1.0);
    let database = add(&mut document, "database", "Database", &[("read_time", constant(0.7))]);
    wire(&mut document, clients, database, &[("latency", constant(0.0))]);
    let target = FaultTarget::Node(database);
    plan(&mut document, "failover", target, (1.5, 4.8), &[("detection", 1.0), ("promotion", 1.0)]);
    plan(&mut document, "failover", target, (4.9, 6.5), &[("detection", 100.0)]);
    let mut system = system(&document);
    let died = (1.5, Outcome::Failed, Reason::ReplicaDied);
    let nobody = |at| (at, Outcome::Failed, Reason::NoPrimary);
    assert_eq!(ends(&mut system, 4.9), [died, nobody(2.0), nobody(3.0), good(4.7)]);
    assert_eq!(ends(&mut system, 6.5), [nobody(5.0), nobody(6.0)]);
    assert_eq!(ends(&mut system, 7.9), [good(7.7)], "the old primary came back before anybody took over");
}
