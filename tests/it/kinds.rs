//! Kinds of balancer (requests, connections, names, callers) and the ways between places, to the last nanosecond where
//! it can be computed by hand.

use headroom::engine::time::SimDuration;
use headroom::model::geography::{self, Nearness, find_region};
use headroom::model::ids::{EdgeId, FaultTarget, NodeId};
use headroom::model::params::{Params, Value};
use headroom::runner::report::Report;
use headroom::runner::simulate;
use headroom::topology::document::{Area, AreaId, AreaKind, Document, Fault, Point, ScheduledFault, Window};

use crate::fixture::{add, constant, variant, wire};

/// Requests at regular times, 10 a second, for a minute.
fn regular(document: &mut Document, params: &[(&str, Value)]) -> NodeId {
    let mut all = vec![("arrivals", variant("regular", &[])), ("profile", variant("constant", &[("rate", 10.0)]))];
    all.extend(params.iter().cloned());
    add(document, "source", "Clients", &all)
}

/// A service without queueing, whose work takes no time.
fn instant(document: &mut Document, label: &str) -> NodeId {
    add(document, "service", label, &[("service_time", constant(0.0)), ("slots", Value::from(100.0))])
}

struct Drawn {
    document: Document,
    balancer: NodeId,
    /// To the backends.
    edges: Vec<EdgeId>,
    backends: Vec<NodeId>,
}

/// Clients, a balancer of a kind, and services behind it; `latency` on the wires behind it.
fn drawn(kind: &str, balancer: &[(&str, Value)], clients: &[(&str, Value)], services: usize, latency: f64) -> Drawn {
    let mut document = Document { seed: 5, run_length_secs: 60.0, ..Document::default() };
    let source = regular(&mut document, clients);
    let balancer = add(&mut document, kind, "Balancer", balancer);
    wire(&mut document, source, balancer, &[("latency", constant(0.0))]);
    let (mut edges, mut backends) = (Vec::new(), Vec::new());
    for number in 0..services {
        let service = instant(&mut document, &format!("S{number}"));
        edges.push(wire(&mut document, balancer, service, &[("latency", constant(latency))]));
        backends.push(service);
    }
    Drawn { document, balancer, edges, backends }
}

impl Drawn {
    fn fault(&mut self, kind: &str, target: FaultTarget, from: f64, to: Option<f64>) {
        let fault = Fault { kind: kind.to_owned(), target, params: Params::new() };
        let for_secs = to.map(|to| to - from);
        self.document.faults.push(ScheduledFault { at_secs: from, for_secs, fault });
    }

    fn kill(&mut self, backend: usize, from: f64, to: Option<f64>) {
        self.fault("kill", FaultTarget::Node(self.backends[backend]), from, to);
    }

    fn window(&mut self, name: &str, from_secs: f64, to_secs: f64) {
        self.document.windows.push(Window { name: name.to_owned(), from_secs, to_secs });
    }

    #[track_caller]
    fn report(&self) -> Report {
        simulate(&self.document).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// Requests sent to each backend.
    fn sent(&self, report: &Report) -> Vec<u64> {
        let sent =
            |edge: &EdgeId| report.whole.edges.iter().find(|line| line.edge == *edge).map_or(0, |line| line.sent);
        self.edges.iter().map(sent).collect()
    }
}

fn failed(report: &Report, window: &str) -> (u64, u64) {
    let span = report.window(window).expect("the window was declared");
    (span.offered - span.outcomes.named()[0].1, span.offered)
}

const OFF: (&str, Value) = ("health_checks", Value::Bool(false));

/// One connection carries everything; without keep-alive every request is a choice of its own.
#[test]
fn a_connection_pins_its_requests() {
    let pinned = drawn("l4-balancer", &[("connections", Value::from(1.0)), OFF], &[], 2, 0.0);
    let report = pinned.report();
    assert_eq!(pinned.sent(&report), [report.whole.offered, 0]);
    let each = [("connections", Value::from(1.0)), ("requests_per_connection", Value::from(1.0)), OFF];
    let fair = drawn("l4-balancer", &each, &[], 2, 0.0);
    let sent = fair.sent(&fair.report());
    assert!(sent[0].abs_diff(sent[1]) <= 1, "{sent:?}");
}

/// Opening costs one round trip more: 10 ms each way make 40 ms for a first request and 20 ms for the others.
#[test]
fn opening_a_connection_costs_a_round_trip() {
    let clients = [("clients", Value::from(1.0))];
    let kept = drawn("l4-balancer", &[OFF], &clients, 1, 0.01).report();
    let fresh = drawn("l4-balancer", &[("requests_per_connection", Value::from(1.0)), OFF], &clients, 1, 0.01).report();
    let mean = |report: &Report| report.whole.sojourn_time.mean.get().expect("all completed");
    assert!((mean(&fresh) - 0.04).abs() < 1e-9, "{}", mean(&fresh));
    let expected = 0.02 + 0.02 / kept.whole.offered as f64;
    assert!((mean(&kept) - expected).abs() < 1e-9, "{} for {expected}", mean(&kept));
}

/// A dead backend breaks its connections; opened anew elsewhere they stay there even when it is back, unless they age.
#[test]
fn connections_come_back_to_a_revived_backend_only_by_their_age() {
    for (lifetime, comes_back) in [(0.0, false), (5.0, true)] {
        let params = [("connections", Value::from(8.0)), ("lifetime", Value::from(lifetime)), OFF];
        let mut drawn = drawn("l4-balancer", &params, &[], 2, 0.0);
        drawn.kill(1, 10.0, Some(20.0));
        drawn.window("at first", 0.0, 10.0);
        drawn.window("later", 40.0, 60.0);
        let report = drawn.report();
        assert_eq!(failed(&report, "at first").0, 0);
        assert_eq!(failed(&report, "later").0, 0);
        let sent = drawn.sent(&report);
        // In the first 10 s about half of 100 requests, in the 40 s after the revival half of 400 if it comes back.
        assert_eq!(sent[1] > 120, comes_back, "life {lifetime}: {sent:?}");
    }
}

/// Least connections counts connections here: eight over two backends are four each, no matter what they carry.
#[test]
fn least_connections_levels_connections() {
    let params = [("connections", Value::from(8.0)), ("strategy", variant("least-connections", &[])), OFF];
    let mut drawn = drawn("l4-balancer", &params, &[], 2, 0.0);
    // B is dead at first, so all connections lead to A; killed and revived, A's clients come back to the emptier B first.
    drawn.kill(1, 0.0, Some(20.0));
    drawn.kill(0, 20.0, Some(20.05));
    let report = drawn.report();
    let sent = drawn.sent(&report);
    assert!(sent[1] > 100, "connections were opened to the emptier backend: {sent:?}");
}

/// One resolver with a time to live of 30 s: its clients go to the dead backend until the answer runs out at 30.12 s,
/// though the health check knew at 11 s.
#[test]
fn a_name_fails_over_when_its_time_to_live_is_over() {
    let params = [
        ("ttl", Value::from(30.0)),
        ("check_interval", Value::from(1.0)),
        ("check_timeout", Value::from(0.5)),
        ("fall", Value::from(1.0)),
    ];
    let mut drawn = drawn("dns", &params, &[("resolvers", Value::from(1.0))], 2, 0.0);
    drawn.kill(0, 10.0, None);
    drawn.window("before", 0.0, 10.0);
    drawn.window("gap", 10.05, 30.05);
    drawn.window("after", 30.25, 60.0);
    let report = drawn.report();
    assert_eq!(failed(&report, "before").0, 0);
    let (lost, offered) = failed(&report, "gap");
    assert_eq!((lost, offered), (200, 200), "all of them went to the dead address");
    assert_eq!(failed(&report, "after").0, 0);
    // Sent at 10.0 s, 10.1 s … 30.1 s; the first answer, asked for at 0.1 s, ran out at 30.12 s.
    assert_eq!(report.whole.offered - 202, report.whole.outcomes.named()[0].1, "no other was lost");
}

/// The look-up costs its time once for each time to live: 60 s / 6 s = 10 look-ups, each awaited by the request that
/// caused it (the next one comes 100 ms later).
#[test]
fn a_look_up_delays_its_own_request() {
    let params = [("ttl", Value::from(5.95)), ("lookup_time", Value::from(0.05)), OFF];
    let drawn = drawn("dns", &params, &[("resolvers", Value::from(1.0))], 1, 0.0);
    let report = drawn.report();
    let total = report.whole.sojourn_time.mean.get().expect("all completed") * report.whole.offered as f64;
    assert!((total / 0.05 - 10.0).abs() < 0.01, "{} look-ups", total / 0.05);
}

/// Callers ask the registry every 10 s: those that have not asked since go on to the dead backend.
#[test]
fn callers_learn_of_a_death_when_they_ask() {
    let params = [
        ("refresh", Value::from(10.0)),
        ("check_interval", Value::from(1.0)),
        ("check_timeout", Value::from(0.5)),
        ("fall", Value::from(1.0)),
    ];
    let mut drawn = drawn("client-balancer", &params, &[], 2, 0.0);
    drawn.kill(0, 20.0, None);
    drawn.window("before", 0.0, 20.0);
    drawn.window("gap", 21.0, 26.0);
    drawn.window("after", 31.1, 60.0);
    let report = drawn.report();
    assert_eq!(failed(&report, "before").0, 0);
    let (lost, offered) = failed(&report, "gap");
    // Half of the callers' requests while nobody knows, fewer as they ask.
    assert!(lost > offered / 10 && lost < offered * 6 / 10, "{lost} of {offered}");
    assert_eq!(failed(&report, "after").0, 0);
}

/// One caller with a subset of two uses two of six backends; with ten callers all six are used.
#[test]
fn a_subset_limits_each_caller_not_the_service() {
    for (callers, used) in [(1.0, 2), (10.0, 6)] {
        let params = [("subset", Value::from(2.0)), ("callers", Value::from(callers)), OFF];
        let drawn = drawn("client-balancer", &params, &[], 6, 0.0);
        let sent = drawn.sent(&drawn.report());
        assert_eq!(sent.iter().filter(|sent| **sent > 0).count(), used, "{sent:?}");
    }
}

/// Paths and operations: the longest path that matches, among the connections that carry the operation.
#[test]
fn requests_are_routed_by_path_and_operation() {
    let row = |path: &str, weight: f64| Value::List(vec![Value::from(path), Value::from(weight)]);
    let paths = Value::List(vec![row("/orders", 1.0), row("/orders/history", 1.0), row("/menu", 1.0)]);
    let clients = [("paths", paths), ("write_share", Value::from(0.25))];
    let mut drawn = drawn("balancer", &[OFF], &clients, 4, 0.0);
    let set = |drawn: &mut Drawn, edge: usize, key: &str, value: &str| {
        let edge = drawn.document.edges.get_mut(&drawn.edges[edge]).expect("drawn");
        std::rc::Rc::make_mut(edge).params.set(key, value);
    };
    set(&mut drawn, 0, "path", "/orders");
    set(&mut drawn, 1, "path", "/orders/history");
    set(&mut drawn, 2, "operations", "writes");
    set(&mut drawn, 2, "path", "/menu");
    // The fourth carries what is left.
    let report = drawn.report();
    assert_eq!(report.whole.outcomes.named()[0].1, report.whole.offered);
    let sent = drawn.sent(&report);
    assert_eq!(sent.iter().sum::<u64>(), report.whole.offered);
    // 600 requests: a third, a third, a twelfth, a quarter; five standard deviations.
    for (sent, share) in sent.iter().zip([1.0 / 3.0, 1.0 / 3.0, 1.0 / 12.0, 0.25f64]) {
        let sigma = (600.0 * share * (1.0 - share)).sqrt();
        assert!((*sent as f64 - 600.0 * share).abs() < 5.0 * sigma, "{sent} for {share}");
    }
    // Without the catch-all, reads of the menu have nowhere to go.
    let last = drawn.edges.pop().expect("four");
    drawn.document.edges.remove(&last);
    let report = drawn.report();
    assert_eq!(report.whole.offered - report.whole.outcomes.named()[0].1, sent[3]);
}

/// A retry goes to a backend not tried before: with two backends, one of them broken, nothing fails. Else half of the
/// retries fall on the broken one again.
#[test]
fn a_retry_goes_elsewhere() {
    for (elsewhere, all_well) in [(true, true), (false, false)] {
        let params = [("strategy", variant("random", &[])), ("retry_elsewhere", Value::Bool(elsewhere)), OFF];
        let mut drawn = drawn("balancer", &params, &[], 2, 0.0);
        for edge in drawn.edges.clone() {
            let edge = drawn.document.edges.get_mut(&edge).expect("drawn");
            let params = &mut std::rc::Rc::make_mut(edge).params;
            params.set("retries", 1.0);
            params.set("backoff", variant("none", &[]));
        }
        drawn.kill(0, 0.0, None);
        let report = drawn.report();
        let lost = report.whole.offered - report.whole.outcomes.named()[0].1;
        assert_eq!(lost == 0, all_well, "{lost} lost");
        assert!(all_well || lost.abs_diff(150) < 60, "a quarter of 600: {lost}");
    }
}

fn region(document: &mut Document, id: &str) -> AreaId {
    let area = AreaId(document.areas.len() as u32 + 1);
    let kind = AreaKind::Region { region: id.to_owned() };
    let at = Point::default();
    document.areas.insert(area, Area { kind, label: id.to_owned(), at, size: Point { x: 400.0, y: 300.0 } }.into());
    area
}

fn zone(document: &mut Document, within: AreaId) -> AreaId {
    let area = AreaId(document.areas.len() as u32 + 1);
    let (kind, at) = (AreaKind::Zone { within }, Point::default());
    document.areas.insert(area, Area { kind, label: "zone".to_owned(), at, size: Point { x: 90.0, y: 90.0 } }.into());
    area
}

fn stand(document: &mut Document, node: NodeId, area: AreaId) {
    std::rc::Rc::make_mut(document.nodes.get_mut(&node).expect("drawn")).area = Some(area);
}

fn secs(way: SimDuration) -> f64 {
    way.as_secs_f64()
}

/// Clients in the United States, a service in Ireland: there and back over the ocean, wherever the balancer that stands
/// nowhere is drawn. Balancer in Virginia: across the street, then over the ocean.
#[test]
fn ways_between_places_add_up() {
    let (virginia, ireland) = (find_region("us-east-1").expect("known"), find_region("eu-west-1").expect("known"));
    let (ocean, street) = (geography::one_way(virginia, ireland), geography::within_region(Nearness::SameZone));
    let mean = |drawn: &Drawn| drawn.report().whole.sojourn_time.mean.get().expect("all completed");
    // The histogram keeps three digits.
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.002;
    let mut drawn = drawn("balancer", &[OFF], &[], 1, 0.003);
    assert!(near(mean(&drawn), 0.006), "nothing stands anywhere");
    let there = region(&mut drawn.document, "eu-west-1");
    let service = drawn.backends[0];
    stand(&mut drawn.document, service, there);
    let over = 0.006 + 2.0 * secs(ocean);
    assert!(near(mean(&drawn), over), "{} for {over}", mean(&drawn));
    let here = region(&mut drawn.document, "us-east-1");
    let balancer = drawn.balancer;
    stand(&mut drawn.document, balancer, here);
    let both = over + 2.0 * secs(street);
    assert!(near(mean(&drawn), both), "{} for {both}", mean(&drawn));
    // All in Ireland, service and balancer in zones of their own; the Clients node stands there too.
    let source = *drawn.document.nodes.keys().next().expect("drawn");
    let (one, two) = (zone(&mut drawn.document, there), zone(&mut drawn.document, there));
    stand(&mut drawn.document, source, one);
    stand(&mut drawn.document, balancer, one);
    stand(&mut drawn.document, service, two);
    let zones = 0.006 + 2.0 * secs(street) + 2.0 * secs(geography::within_region(Nearness::OtherZone));
    assert!(near(mean(&drawn), zones), "{} for {zones}", mean(&drawn));
}

/// An outage takes all that stands in the area, balancers too, and nothing else.
#[test]
fn an_outage_hits_what_stands_there() {
    let mut drawn = drawn("balancer", &[OFF], &[], 2, 0.0);
    let here = region(&mut drawn.document, "us-east-1");
    let (one, two) = (zone(&mut drawn.document, here), zone(&mut drawn.document, here));
    for (node, area) in [(drawn.balancer, one), (drawn.backends[0], one), (drawn.backends[1], two)] {
        stand(&mut drawn.document, node, area);
    }
    drawn.fault("outage", FaultTarget::Area(two), 10.0, Some(20.0));
    drawn.fault("outage", FaultTarget::Area(one), 30.0, Some(40.0));
    drawn.fault("outage", FaultTarget::Area(here), 50.0, None);
    for (name, from) in
        [("well", 0.0), ("two", 10.0), ("mended", 20.05), ("one", 30.0), ("again", 40.05), ("all", 50.0)]
    {
        drawn.window(name, from, from + 9.9);
    }
    let report = drawn.report();
    let share = |name| {
        let (lost, offered) = failed(&report, name);
        lost as f64 / offered as f64
    };
    assert_eq!((share("well"), share("mended"), share("again")), (0.0, 0.0, 0.0));
    assert!((share("two") - 0.5).abs() < 0.02, "round robin without checks sends it half: {}", share("two"));
    assert_eq!((share("one"), share("all")), (1.0, 1.0), "the balancer itself is dead");
}
