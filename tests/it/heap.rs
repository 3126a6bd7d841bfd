//! Objects in a running system: what allocating costs a request, what a collection costs everybody, and what a pool
//! changes of both. The machine itself is tested beside its code.

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::profiler::Part;
use headroom::model::system::System;
use headroom::model::system::spans::{DRAIN, RUN};
use headroom::topology::document::Document;

use crate::fixture::{add, constant, system, variant, wire};

/// 10 requests a second, evenly, each 20 ms of work on one of 2 slots. Each takes 2 objects of 1 MB, 1 ms to allocate one,
/// and nothing besides; 10 MB alive; collected at 4 MB of garbage: 3 ms, 100 ms per 100 MB alive.
fn document(pool: Option<f64>) -> Document {
    let mut document = Document { run_length_secs: 10.0, ..Document::default() };
    let load = [
        ("arrivals", Value::Variant(Variant::new("regular", Params::new()))),
        ("profile", variant("constant", &[("rate", 10.0)])),
    ];
    let clients = add(&mut document, "source", "Clients", &load);
    let objects = variant(
        "on",
        &[
            ("per_request", 2.0),
            ("object_kb", 1_000.0),
            ("allocation_time", 0.001),
            ("scratch_kb", 0.0),
            ("base_mb", 10.0),
            ("collect_mb", 4.0),
            ("pause", 0.003),
            ("pause_alive", 0.1),
            ("pause_garbage", 0.0),
        ],
    );
    let mut service = vec![("slots", Value::from(2.0)), ("service_time", constant(0.02)), ("objects", objects)];
    service.extend(pool.map(|size| ("object_pool", variant("fixed", &[("size", size)]))));
    let service = add(&mut document, "service", "Service", &service);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    document
}

fn ran(document: &Document) -> System {
    let mut system = system(document);
    system.start_profile(f64::INFINITY);
    system.advance(SimTime::NEVER, u64::MAX);
    system
}

fn parts(system: &System, part: Part) -> f64 {
    let profile = system.profile().expect("it was started");
    profile.stations.values().map(|station| station.parts[part as usize].total()).sum()
}

/// Without a pool: 22 ms each. Every second request leaves 4 MB of garbage and the collector runs with 10 MB alive, for
/// 3 + 10 = 13 ms; as it begins when a request is done, nobody is held up, and the next comes 78 ms later.
#[test]
fn allocating_takes_time_and_nobody_is_held_up_where_nobody_is_there() {
    let system = ran(&document(None));
    let run = &system.totals().run;
    assert_eq!(run.completed(), run.offered);
    let mean = run.times.mean().expect("requests were completed");
    assert!((mean - 0.022).abs() < 1e-9, "{mean}");
    assert_eq!(parts(&system, Part::Paused), 0.0);
    let memory = system.station_meter(system.profile().expect("started").ranking()[0].0).expect("it is there");
    let whole = memory.whole(system.now()).memory;
    assert_eq!(whole.collections, run.offered / 2);
    assert_eq!(whole.paused_ns, run.offered / 2 * 13_000_000);
    assert_eq!(whole.allocated, 10_000_000 + run.offered * 2_000_000);
}

/// With a pool of 2 nothing is ever allocated again, and nothing collected.
#[test]
fn a_pool_of_the_right_size_allocates_nothing() {
    let system = ran(&document(Some(2.0)));
    let mean = system.totals().run.times.mean().expect("requests were completed");
    assert!((mean - 0.020).abs() < 1e-9, "{mean}");
    let node = system.profile().expect("started").ranking()[0].0;
    let whole = system.station_meter(node).expect("it is there").whole(system.now()).memory;
    assert_eq!((whole.collections, whole.used, whole.allocated), (0, 12_000_000, 12_000_000));
}

/// Four at a time on two slots: the one done first stops the other. Of two that begin together, both end after 22 ms,
/// in one moment; then 4 MB are garbage and the next two begin while the collector runs with 14 MB alive or with 12:
/// the pause is part of their time, told as such, and their parts are their whole time.
#[test]
fn a_collection_stops_requests_at_work() {
    let mut document = document(None);
    let clients = document.node_by_role("Clients").expect("the fixture labels it so");
    let mut node = (*document.nodes[&clients]).clone();
    node.params.set("profile", variant("constant", &[("rate", 80.0)]));
    document.nodes.insert(clients, node.into());
    let system = ran(&document);
    let profile = system.profile().expect("it was started");
    assert_eq!(profile.unaccounted, 0);
    let paused = parts(&system, Part::Paused);
    assert!(paused > 0.0);
    let node = profile.ranking()[0].0;
    let meter = system.station_meter(node).expect("it is there");
    // Requests are profiled to their end, in the drain, too.
    let spans = [RUN, DRAIN].map(|span| meter.span(span, system.now()).expect("both have begun").bucket.memory);
    let paused_ns: u64 = spans.iter().map(|memory| memory.paused_ns).sum();
    // A pause stops at most as many as there are slots.
    assert!(paused <= 2.0 * paused_ns as f64 / 1e9 + 1e-9, "{paused} of {paused_ns}");
    let work = parts(&system, Part::Work) / system.totals().run.completed() as f64;
    assert!((work - 0.022).abs() < 1e-6, "work is work, pauses are not: {work}");
}

/// A run in slices and from the start is the same run; and a kill forgets the memory, not the counts.
#[test]
fn memory_is_part_of_what_replays() {
    let mut document = document(Some(1.0));
    document.faults.push(headroom::topology::document::ScheduledFault {
        at_secs: 3.0,
        for_secs: Some(2.0),
        fault: headroom::topology::document::Fault {
            kind: "kill".to_owned(),
            target: headroom::model::ids::FaultTarget::Replica(document.node_by_role("Service").expect("labelled"), 0),
            params: Params::new(),
        },
    });
    let whole = ran(&document);
    let mut slices = system(&document);
    for step in 1..200 {
        slices.advance(SimTime::from_secs_f64(f64::from(step) * 0.37), 1_000);
        slices = slices.clone();
    }
    slices.advance(SimTime::NEVER, u64::MAX);
    assert_eq!(slices.trace_hash(), whole.trace_hash());
    assert!(whole.totals().run.completed() < whole.totals().run.offered, "some met a dead replica");
}

/// What the monitor shows at the end of each second: requests in flight are those that came and have not ended, and a
/// container takes what it takes when idle and so much for each request that it holds.
#[test]
fn every_bucket_ends_with_what_is_in_flight_and_in_memory() {
    const MIB: u64 = 1 << 20;
    let mut document = Document { run_length_secs: 30.0, ..Document::default() };
    let clients = crate::fixture::source(&mut document, 90.0);
    let container =
        variant("container", &[("base_memory", 100.0), ("request_memory", 2.0), ("memory_limit", 10_000.0)]);
    let service = [
        ("slots", Value::from(1.0)),
        ("service_time", crate::fixture::exponential(0.01)),
        ("instance", container),
        ("queue_limit", Value::from(1e6)),
    ];
    let service = add(&mut document, "service", "Service", &service);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    system.advance(SimTime::from_secs_f64(29.5), u64::MAX);
    let meter = system.station_meter(service).expect("it is there");
    assert!(meter.series().len() >= 29);
    let (mut came, mut ended, mut most) = (0, 0, 0);
    for bucket in meter.series() {
        came += bucket.arrivals();
        ended += bucket.by_outcome.iter().sum::<u64>();
        assert_eq!(bucket.in_flight, came - ended, "at {}", bucket.to);
        assert_eq!(bucket.memory.used, 100 * MIB + bucket.in_flight * 2 * MIB, "at {}", bucket.to);
        most = most.max(bucket.in_flight);
    }
    assert!(most > 3, "a queue forms: {most}");
}

/// The heap counts against a container's memory: a pool larger than that is killed, one of the right size is not.
#[test]
fn a_pool_larger_than_its_machine_is_killed() {
    let killed = |size: f64| {
        let mut document = document(Some(size));
        let service = document.node_by_role("Service").expect("the fixture labels it so");
        let mut node = (*document.nodes[&service]).clone();
        node.params.set("instance", variant("container", &[("memory_limit", 100.0), ("cpu_limit", 4.0)]));
        document.nodes.insert(service, node.into());
        let mut system = system(&document);
        system.advance(SimTime::NEVER, u64::MAX);
        let killed = system.take_log().iter().filter(|entry| entry.text.contains("out of memory")).count();
        (killed, system.totals().run.completed(), system.totals().run.offered)
    };
    // 10 MB alive besides; 2 objects of 1 MB are in use at a time.
    let (none, answered, offered) = killed(2.0);
    assert_eq!((none, answered), (0, offered));
    let (often, few, _) = killed(200.0);
    assert!(often > 0 && few < offered, "{often} times, {few} of {offered}");
}
