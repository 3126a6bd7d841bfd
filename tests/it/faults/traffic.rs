//! Faults of the traffic: crowds and hot keys.

use super::*;

/// Each user's turn takes a second: 0.9 s of thought and 0.1 s of work, with a slot for everybody.
#[test]
fn in_a_closed_loop_more_traffic_is_more_users() {
    let mut document = document();
    let think = Params::new().with("users", 50.0).with("think_time", constant(0.9));
    let arrivals = Value::Variant(Variant::new("closed", think));
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals)]);
    let service = [("slots", Value::from(1_000.0)), ("service_time", constant(0.1))];
    let service = add(&mut document, "service", "Service", &service);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    document.run_length_secs = 100.0;
    let mut system = system(&document);
    let mut in_ten_seconds = |from: f64, factor: Option<f64>| {
        match factor {
            Some(factor) => start(&mut system, "traffic", FaultTarget::Node(clients), &[("factor", factor)]),
            None => end(&mut system, "traffic", FaultTarget::Node(clients)),
        }
        system.advance(SimTime::from_secs_f64(from + 2.5), u64::MAX);
        let before = system.totals().run.offered;
        system.advance(SimTime::from_secs_f64(from + 12.5), u64::MAX);
        system.totals().run.offered - before
    };
    assert_eq!(in_ten_seconds(0.0, Some(1.0)), 500);
    assert_eq!(in_ten_seconds(13.0, Some(3.0)), 1_500);
    assert_eq!(in_ten_seconds(26.0, None), 500);
    assert_eq!(in_ten_seconds(39.0, Some(0.5)), 250);
    assert_eq!(in_ten_seconds(52.0, Some(0.0)), 0);
    assert_eq!(in_ten_seconds(65.0, None), 500);
}

#[test]
fn a_hot_key_is_one_that_nobody_asked_for_before() {
    let mut document = document();
    let clients = clients(&mut document, 1.0);
    set(&mut document, clients, "keys", 1_000_000.0);
    set(&mut document, clients, "key_skew", 0.0);
    let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0))]);
    let store = add(&mut document, "database", "Store", &[("read_time", constant(0.5))]);
    wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
    wire(&mut document, cache, store, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    assert_eq!(ends(&mut system, 2.7), [good(1.5), good(2.5)]);
    start(&mut system, "hot-key", FaultTarget::Node(clients), &[("share", 1.0)]);
    assert_eq!(ends(&mut system, 5.2), [good(3.5), good(4.0), good(5.0)], "one miss, then hits");
    end(&mut system, "hot-key", FaultTarget::Node(clients));
    assert_eq!(ends(&mut system, 6.7), [good(6.5)]);
}

#[test]
fn a_share_of_the_requests_is_hot() {
    let mut document = document();
    let clients = clients(&mut document, 100.0);
    set(&mut document, clients, "keys", 1_000_000.0);
    set(&mut document, clients, "key_skew", 0.0);
    let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0))]);
    let store = add(&mut document, "database", "Store", &[("read_time", constant(0.001))]);
    wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
    wire(&mut document, cache, store, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    start(&mut system, "hot-key", FaultTarget::Node(clients), &[("share", 0.3)]);
    system.advance(SimTime::from_secs_f64(100.0), u64::MAX);
    let to_store = system.station_meter(store).expect("it is there").recent(system.now(), 1_000.0).arrivals();
    // Of 10,000, 30 % hit but for the first one; the standard error is 0.46 %, four of them.
    assert!((to_store as f64 / 10_000.0 - 0.7).abs() < 0.019, "{to_store}");
}
