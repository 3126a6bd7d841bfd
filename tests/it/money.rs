//! Money and objectives, against sums that somebody could do on a sheet of paper.

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::protocol::money::{MoneyKind, MoneyLine};
use headroom::runner::frame::{FrameBuilder, Pace};
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::document::{Area, AreaId, AreaKind, Document, Edge, Node, NodeId, Point};
use headroom::topology::format::Run;

fn variant(id: &str, params: Params) -> Value {
    Value::Variant(Variant::new(id, params))
}

fn add(document: &mut Document, kind: &str, label: &str, area: Option<AreaId>, params: Params) -> NodeId {
    let (kind, label) = (kind.to_owned(), label.to_owned());
    document.add_node(Node { kind, label, role: None, area, at: Point::default(), params })
}

fn wire(document: &mut Document, from: NodeId, to: NodeId) {
    document.add_edge(Edge { from, to, params: Params::new() });
}

fn fixed(secs: f64) -> Value {
    variant("deterministic", Params::new().with("mean", secs))
}

/// Customers (10/s, sharp), a shop of two machines in one zone, a database in another, in one region.
fn shop() -> Document {
    let mut document = Document { run_length_secs: 360.0, transfer_costs: true, ..Document::default() };
    let frame =
        |kind: AreaKind| Area { kind, label: String::new(), at: Point::default(), size: Point { x: 9.0, y: 9.0 } };
    let region = document.add_area(frame(AreaKind::Region { region: "us-east-1".to_owned() }));
    let here = document.add_area(frame(AreaKind::Zone { within: region }));
    let there = document.add_area(frame(AreaKind::Zone { within: region }));
    let profile = variant("constant", Params::new().with("rate", 10.0));
    let customers = Params::new()
        .with("arrivals", variant("regular", Params::new()))
        .with("profile", profile)
        .with("write_share", 0.0)
        .with("request_kilobytes", 2.0)
        .with("answer_kilobytes", 50.0);
    let customers = add(&mut document, "source", "Customers", None, customers);
    let machine = Params::new().with("size", "m5.xlarge").with("purchase", "spot");
    let shop = Params::new()
        .with("replicas", 2.0)
        .with("instance", variant("machine", machine))
        .with("request_price", 0.2)
        .with("service_time", fixed(0.01));
    let shop = add(&mut document, "service", "Shop", Some(here), shop);
    let store = Params::new().with("price", 0.24).with("request_price", 0.25).with("read_time", fixed(0.002));
    let store = add(&mut document, "database", "Store", Some(there), store);
    wire(&mut document, customers, shop);
    wire(&mut document, shop, store);
    document
}

fn open(document: &Document) -> Session {
    let (session, problems) = Session::open(&Run::new(document.clone()));
    session.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn money(session: &mut Session) -> headroom::protocol::money::MoneyFrame {
    let pace = Pace {
        run: Default::default(),
        status: Default::default(),
        jump: 0,
        speed: 0.0,
        speed_reached: 0.0,
        clock: SimTime::ZERO,
        wall_ms: 0.0,
    };
    *FrameBuilder::default().build(session.system_mut(), pace).money.expect("the first frame tells of money")
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} instead of {expected}");
}

/// Goal: the bill is that of a spreadsheet, line by line: quantity, price, cost; and all sums of it agree: the report's,
/// the stations', the buckets of the chart.
#[test]
fn a_bill_is_what_a_spreadsheet_makes_of_it() {
    let mut session = open(&shop());
    session.advance(SimTime::from_secs_f64(360.0), u64::MAX);
    // Regular arrivals: one every 0.1 s, the first at 0.1 s. What is under way at the end is counted where it is.
    let bill = money(&mut session);
    let report = Report::of(session.system(), session.document(), 0);
    let line = |node: u32, kind: MoneyKind| -> MoneyLine {
        let found: Vec<&MoneyLine> = bill.lines.iter().filter(|line| (line.node, line.kind) == (node, kind)).collect();
        assert_eq!(found.len(), 1, "{kind:?} at {node}: {:?}", bill.lines);
        found[0].clone()
    };
    let hours = 0.1;
    let calls = |node: u32| {
        let station = report.whole.stations.iter().find(|station| station.node.0 == node).expect("a station");
        (station.get("arrivals").0, station.outcomes().completed as f64)
    };
    let ((to_shop, from_shop), (to_store, from_store)) = (calls(2), calls(3));
    assert!((to_shop - 3_600.0).abs() <= 1.0 && (to_store - to_shop).abs() <= 1.0);
    let sheet = [
        // quantity, price
        (line(2, MoneyKind::Spot), 2.0 * hours, 0.192 * 0.35),
        (line(2, MoneyKind::Requests), to_shop / 1e6, 0.2),
        (line(2, MoneyKind::Internet), from_shop * 50e3 / 1e9, 0.09),
        (line(3, MoneyKind::Station), hours, 0.24),
        (line(3, MoneyKind::Requests), to_store / 1e6, 0.25),
        (line(3, MoneyKind::Zones), (to_store * 2e3 + from_store * 50e3) / 1e9, 0.02),
    ];
    assert_eq!(bill.lines.len(), sheet.len(), "{:?}", bill.lines);
    let mut total = 0.0;
    for (line, quantity, price) in &sheet {
        // A call may be on the wire, or an answer on its way: 1 of 3,600.
        assert!((line.quantity - quantity).abs() <= quantity * 3e-4, "{line:?} instead of {quantity}");
        close(line.price, *price);
        close(line.cost, line.quantity * line.price);
        total += line.cost;
    }
    close(bill.total, total);
    close(report.whole.cost.0, total);
    close(report.whole.stations.iter().filter_map(|station| station.get("cost").get()).sum(), total);
    close(report.whole.cost_per_hour.0, total / hours);
    close(report.whole.cost_per_million.0, total * 1e6 / report.whole.outcomes.completed as f64);
    let pace_of_chart: f64 = {
        let stations = &session.system();
        [2, 3]
            .iter()
            .map(|node| stations.station_meter(NodeId(*node)).unwrap().whole(SimTime::from_secs_f64(360.0)).cost)
            .sum()
    };
    close(pace_of_chart, total);
}

/// Goal: data is free unless the document says that it is paid for, and then by the border that it crosses.
#[test]
fn data_is_paid_for_by_the_border_it_crosses_and_only_if_so_said() {
    let kinds = |document: &Document| {
        let mut session = open(document);
        session.advance(SimTime::NEVER, u64::MAX);
        let lines = money(&mut session).lines;
        let data = [MoneyKind::Zones, MoneyKind::Regions, MoneyKind::Internet];
        let found = lines.iter().filter(|line| data.contains(&line.kind)).map(|line| (line.node, line.kind));
        (found.collect::<Vec<_>>(), session.system().trace_hash())
    };
    let zones = shop();
    let free = Document { transfer_costs: false, ..zones.clone() };
    let mut regions = zones.clone();
    let far = AreaKind::Region { region: "eu-west-1".to_owned() };
    let far = regions.add_area(Area { kind: far, label: String::new(), at: Point::default(), size: Point::default() });
    std::rc::Rc::make_mut(regions.nodes.get_mut(&NodeId(3)).unwrap()).area = Some(far);
    let mut together = zones.clone();
    std::rc::Rc::make_mut(together.nodes.get_mut(&NodeId(3)).unwrap()).area = Some(AreaId(2));
    assert_eq!(kinds(&free).0, []);
    assert_eq!(kinds(&zones).0, [(2, MoneyKind::Internet), (3, MoneyKind::Zones)]);
    assert_eq!(kinds(&regions).0, [(2, MoneyKind::Internet), (3, MoneyKind::Regions)]);
    assert_eq!(kinds(&together).0, [(2, MoneyKind::Internet)]);
    assert_eq!(kinds(&free).1, kinds(&zones).1, "prices decide nothing");
}

/// Goal: the warm-up is not paid for, in any of the sums.
#[test]
fn the_warm_up_is_not_on_the_bill() {
    let mut session = open(&Document { warm_up_secs: 180.0, ..shop() });
    session.advance(SimTime::from_secs_f64(360.0), u64::MAX);
    let bill = money(&mut session);
    let spot = bill.lines.iter().find(|line| line.kind == MoneyKind::Spot).expect("machines");
    close(spot.quantity, 0.1);
    let report = Report::of(session.system(), session.document(), 0);
    close(report.whole.cost.0, bill.total);
    let requests = bill.lines.iter().find(|line| (line.node, line.kind) == (2, MoneyKind::Requests)).expect("requests");
    assert!((requests.quantity * 1e6 - 1_800.0).abs() <= 1.5, "{requests:?}");
}

/// Goal: minutes lost are those in which the service could not answer: a planned outage of 80 s, in slices of 8 s.
#[test]
fn minutes_lost_are_those_of_the_outage() {
    use headroom::topology::document::{Fault, FaultTarget, ScheduledFault};
    let mut document = shop();
    let fault = Fault { kind: "kill".to_owned(), target: FaultTarget::Node(NodeId(2)), params: Params::new() };
    document.faults.push(ScheduledFault { at_secs: 80.0, for_secs: Some(80.0), fault });
    let lost = |document: &Document| {
        let mut session = open(document);
        session.advance(SimTime::NEVER, u64::MAX);
        let bill = money(&mut session);
        let report = Report::of(session.system(), session.document(), 0);
        close(bill.missed_secs / 60.0, report.whole.slo_minutes_lost.0);
        close(bill.judged_secs, 360.0);
        report.whole.slo_minutes_lost.0
    };
    let minutes = lost(&document);
    assert!((80.0 / 60.0..=88.0 / 60.0).contains(&minutes), "{minutes}");
    close(lost(&Document { faults: Vec::new(), ..document.clone() }), 0.0);
    // A limit that no answer keeps: the time on the wire and at work is 13 ms at least.
    close(lost(&Document { slo_p99_secs: Some(0.001), faults: Vec::new(), ..document.clone() }), 6.0);
    // With the share left out and nobody late, refusals do not count; where nothing at all is answered, it is missed.
    let late_only = Document { slo_answered_share: Some(0.0), slo_p99_secs: Some(5.0), ..document };
    close(lost(&late_only), 0.0);
}
