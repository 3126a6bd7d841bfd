//! What a report counts, against sums that somebody could do on a sheet of paper: the run without warm-up and drain, and
//! windows to the nanosecond.

use std::rc::Rc;

use headroom::model::params::{Params, Value};
use headroom::runner::report::{Report, Span, StationReport};
use headroom::runner::simulate;
use headroom::topology::document::{Document, Fault, FaultTarget, NodeId, ScheduledFault, Window};

use crate::fixture::{add, constant, single_queue, variant, wire};

/// One source that sends as a clock ticks, at 1/rate, 2/rate and so on; one service of one slot; no latency.
fn clockwork(rate: f64, service_secs: f64, run_secs: f64) -> Document {
    let mut document =
        single_queue(rate, &[("service_time", constant(service_secs)), ("slots", 1.0.into())], run_secs, 1);
    set(&mut document, "source", "arrivals", variant("regular", &[]));
    set(&mut document, "service", "queue_limit", 1_000_000.0);
    document
}

fn set(document: &mut Document, kind: &str, key: &str, value: impl Into<Value>) {
    let node = document.nodes.values_mut().find(|node| node.kind == kind).expect("it has one");
    Rc::make_mut(node).params.set(key, value);
}

fn window(document: &mut Document, name: &str, from_secs: f64, to_secs: f64) {
    document.windows.push(Window { name: name.to_owned(), from_secs, to_secs });
}

#[track_caller]
fn report(document: &Document) -> Report {
    simulate(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[track_caller]
fn at<'a>(span: &'a Span, kind: &str) -> &'a StationReport {
    span.stations.iter().find(|station| station.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[track_caller]
fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found}, expected {expected} within {within}");
}

/// Goal: a cold cache shows in the window in which it is cold, and does not spoil the one in which it is warm.
#[test]
fn hits_are_those_of_the_span() {
    let mut document = Document { run_length_secs: 60.0, warm_up_secs: 20.0, ..Document::default() };
    let clients = [
        ("arrivals", variant("regular", &[])),
        ("profile", variant("constant", &[("rate", 420.0)])),
        ("keys", 1_000.0.into()),
        ("key_skew", 0.0.into()),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let times = |key| [(key, constant(0.0)), ("slots", 1_000.0.into())];
    let cache = add(&mut document, "cache", "Cache", &[("capacity", 2_000.0.into()), times("lookup_time")[0].clone()]);
    let store = add(&mut document, "database", "Store", &[times("read_time")[0].clone()]);
    wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
    wire(&mut document, cache, store, &[("latency", constant(0.0))]);
    window(&mut document, "cold", 0.0, 1.0);
    window(&mut document, "warm", 30.0, 60.0);
    let report = report(&document);
    let ratio = |span: &Span| at(span, "cache").get("hit_ratio").0;
    // 420 draws from 1,000 keys find 1,000 (1 - 0.999^420) = 343.1 of them: each the first time in vain.
    let cold = &report.windows[0].span;
    near(ratio(cold), 1.0 - 343.1 / 420.0, 0.04);
    for window in &report.windows {
        let (asked, missed) =
            (at(&window.span, "cache").get("arrivals").0, at(&window.span, "database").get("arrivals").0);
        near(ratio(&window.span), 1.0 - missed / asked, 1e-12);
    }
    // After 8,400 requests a key is unknown with 0.999^8400, one in 4,500; after 12,600 all are known.
    assert_eq!(ratio(&report.windows[1].span), 1.0);
    assert!(ratio(&report.whole) > 0.9999, "the warm-up is left out: {}", ratio(&report.whole));
}

/// Goal: 100/s on one slot of 50/s for a minute. What is worked off later is no work of that minute.
#[test]
fn stations_and_bills_leave_the_drain_out() {
    let mut document = clockwork(100.0, 0.02, 60.0);
    set(&mut document, "service", "instance", variant("machine", &[]));
    let report = report(&document);
    // The first comes at 0.01 s and the last at 59.99 s; then the other half is worked off until the drain ends.
    let service = at(&report.whole, "service");
    assert_eq!((report.whole.offered, service.get("arrivals").0), (5_999, 5_999.0));
    near(service.get("arrival_rate").0, 5_999.0 / 60.0, 1e-9);
    assert_eq!(service.get("arrival_rate"), report.whole.arrival_rate);
    // Busy from 0.01 s on: 2,999 done at 59.99 s, and half of the next.
    assert_eq!(service.outcomes().completed, 2_999);
    near(service.get("utilization").0, 59.99 / 60.0, 1e-9);
    // At 0.02 k s there wait k - 1, one more for the second half of each 20 ms: the sum over k = 1 to 2,999 and a rest.
    near(service.get("queue_length").0, 1_499.0, 1.0);
    // A minute of an m5.large at $0.096 an hour.
    near(report.whole.cost.0, 0.0016, 1e-12);
    near(report.whole.cost_per_hour.0, 0.096, 1e-12);
    near(report.drain_secs, 59.99, 1e-9);
    near(report.drain_cost.0, 0.096 * report.drain_secs / 3_600.0, 1e-12);
    assert!(report.to_text().contains("$0.00160 until the last requests had ended"), "{}", report.to_text());
}

/// Goal: where answers take no time, too, a run is over with its last request.
#[test]
fn a_run_ends_when_nothing_is_in_flight() {
    // Every 0.3 s, 0.15 s each: the 333rd comes at 99.9 s and is done at 100.05 s.
    let report = report(&clockwork(1.0 / 0.3, 0.15, 100.0));
    near(report.now_secs, 100.05, 1e-6);
    near(report.drain_secs, 0.05, 1e-6);
    let service = at(&report.whole, "service");
    assert_eq!((service.get("arrivals").0, report.whole.outcomes.completed), (333.0, 333));
    near(service.get("utilization").0, (332.0 * 0.15 + 0.1) / 100.0, 1e-6);
}

/// Goal: windows of stations are exact wherever they begin and end and however long the run is; here buckets are 4 s, 16 s
/// and 64 s wide at the end.
#[test]
fn windows_are_exact_in_runs_of_any_length() {
    for run_secs in [60.0, 1_300.0, 20_000.0, 80_000.0] {
        let mut document = clockwork(10.0, 0.05, run_secs);
        // Arrivals at 0.1 k s, each served for 0.05 s.
        let from = if run_secs > 100.0 { 203.0 } else { 3.0 };
        window(&mut document, "a second", from + 2.05, from + 3.05);
        window(&mut document, "half a service", from + 0.125, from + 0.225);
        window(&mut document, "many", from + 0.06, from + 50.06);
        window(&mut document, "nothing", from + 0.06, from + 0.09);
        let report = report(&document);
        let of = |name: &str| {
            let span = report.window(name).expect("it has it");
            let service = at(span, "service");
            assert_eq!(service.get("arrivals").0, span.offered as f64, "{name} in {run_secs} s");
            (service.get("arrivals").0 as u64, service.outcomes().completed, service.get("utilization").0)
        };
        let close = |found: (u64, u64, f64), expected: (u64, u64, f64)| {
            assert_eq!((found.0, found.1), (expected.0, expected.1), "{run_secs} s");
            near(found.2, expected.2, 1e-6);
        };
        close(of("a second"), (10, 10, 0.5));
        // The one of x.1 s ends at x.15 s; the next comes at x.2 s and is half done.
        close(of("half a service"), (1, 1, 0.5));
        close(of("many"), (500, 500, 0.5));
        close(of("nothing"), (0, 0, 0.0));
    }
}

/// Goal: to measure changes nothing. Spans are cut between events, never by one.
#[test]
fn windows_leave_the_run_as_it_is() {
    let plain = single_queue(50.0, &[("service_time", crate::fixture::exponential(0.015))], 700.0, 3);
    let mut measured = plain.clone();
    for from in 0..50 {
        window(&mut measured, &format!("w{from}"), f64::from(from) * 13.7, f64::from(from) * 14.2 + 5.0);
    }
    let (plain, measured) = (report(&plain), report(&measured));
    assert_eq!((&plain.trace_hash, plain.events), (&measured.trace_hash, measured.events));
    assert_eq!(plain.whole, measured.whole);
}

/// Goal: tries per request can be read off a report: attempts belong to the requests that they are for.
#[test]
fn connections_count_what_the_requests_of_the_span_sent() {
    let mut document = clockwork(100.0, 0.001, 100.0);
    document.warm_up_secs = 50.0;
    window(&mut document, "broken", 60.0, 70.0);
    window(&mut document, "before", 10.0, 60.0);
    let edge = Rc::make_mut(document.edges.values_mut().next().expect("it has one"));
    edge.params.set("latency", constant(0.3));
    edge.params.set("retries", 2.0);
    edge.params.set("backoff", variant("none", &[]));
    let service = NodeId(2);
    assert_eq!(document.nodes[&service].kind, "service");
    let params = Params::new().with("share", 1.0);
    document.faults.push(ScheduledFault {
        fault: Fault { kind: "error-rate".to_owned(), target: FaultTarget::Node(service), params },
        at_secs: 60.3,
        for_secs: Some(10.0),
    });
    let report = report(&document);
    let edge = |span: &Span| {
        let edge = span.edges[0].clone();
        assert_eq!(edge.sent, edge.outcomes.ended() + edge.in_flight);
        (edge.sent, edge.retries, edge.outcomes.completed)
    };
    // Tries reach the service 0.3, 0.901 and 1.502 s after the request; until 70.3 s all fail. So all are tried again, those
    // before 69.399 s twice, and those after 68.798 s succeed in the end.
    let broken = report.window("broken").expect("it has it");
    let (sent, retries, completed) = edge(broken);
    assert_eq!((sent, completed), (broken.offered + retries, broken.outcomes.completed));
    near(retries as f64, 1_000.0 + 939.9, 2.0);
    near(completed as f64, 120.2, 2.0);
    let before = report.window("before").expect("it has it");
    assert_eq!(edge(before), (before.offered, 0, before.offered), "nothing had to be sent again");
    let (whole_sent, whole_retries, _) = edge(&report.whole);
    assert_eq!((whole_sent, whole_retries), (report.whole.offered + retries, retries), "and the warm-up is left out");
    assert!(report.whole.offered < 5_001);
}

/// Goal: the third ledger, by publication: windows add up to the run, and what was lost stands in one place.
#[test]
fn broker_losses_stand_in_one_place() {
    let mut document = Document { run_length_secs: 40.0, warm_up_secs: 10.0, ..Document::default() };
    let clients = [("arrivals", variant("regular", &[])), ("profile", variant("constant", &[("rate", 100.0)]))];
    let clients = add(&mut document, "source", "Clients", &clients);
    let broker = [
        ("partitions", 1.0.into()),
        ("capacity", 50.0.into()),
        ("when_full", Value::from("drop_oldest")),
        ("append_time", 0.0.into()),
    ];
    let broker = add(&mut document, "broker", "Orders", &broker);
    let worker = [("service_time", constant(0.05)), ("slots", 1.0.into())];
    let worker = add(&mut document, "service", "Worker", &worker);
    wire(&mut document, clients, broker, &[("latency", constant(0.0))]);
    wire(&mut document, broker, worker, &[("latency", constant(0.0))]);
    window(&mut document, "first", 10.0, 25.0);
    window(&mut document, "second", 25.0, 40.0);
    let report = report(&document);
    let count = |span: &Span, id: &str| at(span, "broker").get(id).get().expect("it delivers");
    let whole = |id: &str| count(&report.whole, id);
    // 100/s come and 20/s are done: of 3,000 all are processed or dropped in the end.
    assert_eq!(whole("published"), report.whole.offered as f64);
    assert_eq!(whole("published"), whole("processed") + whole("lost_messages") + whole("dead_letters"));
    assert_eq!((whole("lost_messages"), whole("dead_letters")), (whole("expired"), 0.0), "nothing else was lost");
    near(whole("lost_messages"), 3_000.0 * 0.8, 60.0);
    for id in ["published", "processed", "lost_messages"] {
        let of = |window: usize| count(&report.windows[window].span, id);
        assert_eq!(of(0) + of(1), whole(id), "{id}");
    }
    // Full all the time: fifty wait or are processed.
    near(whole("lag"), 50.0, 0.5);
    let lost = headroom::lesson::metric::find("lost_messages.count").expect("there is one").0;
    assert_eq!(lost.read(&report.whole, Some(at(&report.whole, "broker")), "count").0, whole("lost_messages"));
}

/// Goal: a station without latency in front of it has the percentiles of the system, to the last digit.
#[test]
fn percentiles_of_stations_are_as_exact_as_those_of_the_system() {
    let service = variant("erlang", &[("mean", 0.02), ("stages", 4.0)]);
    let document = single_queue(20.0, &[("service_time", service), ("slots", 2.0.into())], 500.0, 4);
    let report = report(&document);
    assert_eq!(report.drain_secs, 0.0, "with this seed nothing is in flight at the end, so both count the same");
    let service = at(&report.whole, "service");
    assert_eq!(service.times("sojourn_time"), report.whole.sojourn_time);
    assert!(service.outcomes().completed > 9_000);
}
