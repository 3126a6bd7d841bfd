//! Machines that are lent cheaply, and a market that runs dry.

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::Stage;
use headroom::topology::document::{
    Area, AreaId, AreaKind, Document, Fault, FaultTarget, NodeId, Point, ScheduledFault,
};

use crate::fixture::{add, constant, system, variant, wire};

/// Four machines at 10 requests a second; from 100 s to 160 s the market is short, with 20 s of notice.
fn shop(purchase: &str, area: Option<AreaId>) -> (Document, NodeId) {
    let mut document = Document { seed: 1, run_length_secs: 300.0, ..Document::default() };
    for (id, region) in [(AreaId(1), "us-east-1"), (AreaId(2), "eu-west-1")] {
        let kind = AreaKind::Region { region: region.to_owned() };
        let at = Point::default();
        document
            .areas
            .insert(id, Area { kind, label: region.to_owned(), at, size: Point { x: 100.0, y: 100.0 } }.into());
    }
    let arrivals = Value::Variant(Variant::new("regular", Params::new()));
    let profile = variant("constant", &[("rate", 10.0)]);
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", profile)]);
    let machine = Params::new().with("size", "m5.large").with("purchase", purchase);
    let start_up = Params::new().with("boot", constant(10.0)).with("probe_every", 1.0);
    let service = [
        ("replicas", Value::from(4.0)),
        ("instance", Value::Variant(Variant::new("machine", machine))),
        ("start_up", Value::Variant(Variant::new("staged", start_up))),
        ("service_time", constant(0.05)),
    ];
    let service = add(&mut document, "service", "Service", &service);
    std::rc::Rc::make_mut(document.nodes.get_mut(&service).expect("just added")).area = area;
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let fault = Fault {
        kind: "spot-shortage".to_owned(),
        target: FaultTarget::Area(AreaId(1)),
        params: Params::new().with("notice", 20.0),
    };
    document.faults.push(ScheduledFault { at_secs: 100.0, for_secs: Some(60.0), fault });
    (document, service)
}

/// (seconds, ready, pending, USD an hour)
fn course(document: &Document, service: NodeId, moments: &[f64]) -> Vec<(f64, usize, usize, f64)> {
    let mut system = system(document);
    let mut course = Vec::new();
    for &at in moments {
        system.advance(SimTime::from_secs_f64(at), u64::MAX);
        let look = system.look_at_scaling(service).expect("it has machines");
        let count = |stage| look.replicas.iter().filter(|replica| replica.stage == stage).count();
        course.push((at, count(Stage::Ready), count(Stage::Pending), look.cost_per_hour));
    }
    system.advance(SimTime::NEVER, u64::MAX);
    let run = &system.totals().run;
    assert_eq!(run.by_outcome.iter().sum::<u64>(), run.offered, "everybody had an answer or an error");
    course
}

/// By hand: taken at 100 s with nothing to finish, so gone at once; wanted again at 160 s, pulled and booted at 170 s.
#[test]
fn a_shortage_takes_spot_machines_and_lends_none_until_it_is_over() {
    let (document, service) = shop("spot", Some(AreaId(1)));
    let spot = 0.096 * 0.35;
    let found = course(&document, service, &[99.0, 103.0, 159.0, 165.0, 175.0]);
    let expected = [
        (99.0, 4, 0, 4.0 * spot),
        (103.0, 0, 4, 0.0),
        (159.0, 0, 4, 0.0),
        (165.0, 0, 0, 4.0 * spot),
        (175.0, 4, 0, 4.0 * spot),
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0, found.1, found.2), (expected.0, expected.1, expected.2));
        assert!((found.3 - expected.3).abs() < 1e-12, "{found:?}");
    }
}

#[test]
fn a_shortage_takes_nothing_else_and_nothing_elsewhere() {
    let four = |purchase: &str, area: Option<u32>| {
        let (document, service) = shop(purchase, area.map(AreaId));
        course(&document, service, &[99.0, 103.0, 159.0])
            .iter()
            .all(|(_, ready, pending, _)| (*ready, *pending) == (4, 0))
    };
    assert!(four("on_demand", Some(1)) && four("reserved", Some(1)) && four("spot", Some(2)));
    assert!(!four("spot", None), "who stands nowhere buys from the same market");
}

/// Reserved machines are paid for whether they run or not; what runs beyond them is paid on demand.
#[test]
fn reserved_machines_are_paid_for_all_day() {
    let (mut document, service) = shop("reserved", None);
    let rows = [("0 0 * * *", 4.0), ("0 1 * * *", 1.0), ("0 2 * * *", 6.0)];
    let rows =
        rows.iter().map(|(when, replicas)| Value::List(vec![Value::from(*when), Value::from(*replicas)])).collect();
    let plan = Variant::new("scheduled", Params::new().with("plan", Value::List(rows)));
    std::rc::Rc::make_mut(document.nodes.get_mut(&service).expect("it is there"))
        .params
        .set("scaler", Value::Variant(plan));
    document.day_secs = Some(24.0 * 50.0);
    let found = course(&document, service, &[40.0, 95.0, 150.0]);
    let (reserved, on_demand) = (4.0 * 0.096 * 0.63, 0.096);
    for (found, (ready, cost)) in found.iter().zip([(4, reserved), (1, reserved), (6, reserved + 2.0 * on_demand)]) {
        assert_eq!(found.1, ready, "{found:?}");
        assert!((found.3 - cost).abs() < 1e-12, "{found:?} of {cost}");
    }
}
