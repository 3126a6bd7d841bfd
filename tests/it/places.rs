//! Regions and zones in a running system: what stands in them goes dark with them, and nothing else does.

use headroom::engine::time::SimTime;
use headroom::model::ids::{AreaId, NodeId};
use headroom::model::outcome::Outcome;
use headroom::model::params::{Params, Value};
use headroom::runner::session::Session;
use headroom::topology::document::{Area, AreaKind, Change, Document, Edit, Fault, FaultTarget, Point, ScheduledFault};
use headroom::topology::format::Run;

use crate::fixture::{add, source, wire};

fn area(document: &mut Document, kind: AreaKind) -> AreaId {
    document.add_area(Area { kind, label: "Area".to_owned(), at: Point::default(), size: Point::default() })
}

fn stand(document: &mut Document, node: NodeId, area: Option<AreaId>) {
    std::rc::Rc::make_mut(document.nodes.get_mut(&node).unwrap()).area = area;
}

/// Clients, an unchecked balancer, and two services: one in a zone of a region, the other in another zone of it.
fn two_zones() -> (Document, [NodeId; 2], AreaId, [AreaId; 2]) {
    let mut document = Document { run_length_secs: 30.0, ..Document::default() };
    let clients = source(&mut document, 100.0);
    let balancer = add(&mut document, "balancer", "Balancer", &[("health_checks", Value::Bool(false))]);
    wire(&mut document, clients, balancer, &[]);
    let shops = ["Left", "Right"].map(|label| add(&mut document, "service", label, &[]));
    let region = area(&mut document, AreaKind::Region { region: "eu-west-1".to_owned() });
    let zones = [(); 2].map(|()| area(&mut document, AreaKind::Zone { within: region }));
    for (shop, zone) in shops.into_iter().zip(zones) {
        wire(&mut document, balancer, shop, &[]);
        stand(&mut document, shop, Some(zone));
    }
    (document, shops, region, zones)
}

fn outage(area: AreaId) -> Fault {
    Fault { kind: "outage".to_owned(), target: FaultTarget::Area(area), params: Params::new() }
}

/// Share of the requests offered between 10 s and 20 s that failed, with `area` dark meanwhile.
fn failed_share(mut document: Document, area: AreaId) -> f64 {
    let planned = ScheduledFault { at_secs: 10.0, for_secs: Some(10.0), fault: outage(area) };
    document.faults.push(planned);
    let system = crate::fixture::run(&document);
    let run = &system.totals().run;
    // A third of the run's 30 s.
    3.0 * run.by_outcome[Outcome::Failed.index()] as f64 / run.offered as f64
}

#[test]
fn an_outage_of_a_zone_hits_what_stands_in_it_and_that_of_its_region_hits_all() {
    let (document, shops, region, zones) = two_zones();
    let half = failed_share(document.clone(), zones[0]);
    assert!((0.4..0.6).contains(&half), "{half}");
    let all = failed_share(document.clone(), region);
    assert!((0.9..1.1).contains(&all), "{all}");
    // Moved out, the left one is out of reach: only the right one still stands in the region.
    let mut moved = document;
    stand(&mut moved, shops[0], None);
    let half = failed_share(moved.clone(), region);
    assert!((0.4..0.6).contains(&half), "{half}");
    assert_eq!(failed_share(moved, zones[0]), 0.0);
}

#[test]
fn a_station_moved_into_a_dark_zone_while_it_runs_is_dark_and_moved_out_again_works() {
    let (document, shops, _, zones) = two_zones();
    let (session, problems) = Session::open(&Run::new(document));
    let mut session = session.unwrap_or_else(|| panic!("{problems:#?}"));
    session.apply(Change::Inject(outage(zones[0]))).unwrap();
    let dead = |session: &Session| {
        let run = &session.system().totals().run;
        (run.offered, run.by_outcome[Outcome::Failed.index()])
    };
    for (until, place, expected) in [(5.0, Some(zones[0]), 0.5), (10.0, Some(zones[0]), 1.0), (15.0, None, 0.5)] {
        let mut after = session.document().clone();
        if expected == 1.0 || place.is_none() {
            stand(&mut after, shops[1], place);
        }
        let edit = Edit::between(session.document(), &after);
        session.apply(Change::Edit(edit)).unwrap();
        let before = dead(&session);
        session.advance(SimTime::from_secs_f64(until), u64::MAX);
        let after = dead(&session);
        let share = (after.1 - before.1) as f64 / (after.0 - before.0) as f64;
        assert!((expected - 0.1..=expected + 0.1).contains(&share), "{share} until {until} s");
    }
    // The log replays, with every move in it.
    let (again, _) = Session::open(&session.export());
    let mut again = again.unwrap();
    again.advance(SimTime::NEVER, session.system().events());
    assert_eq!(again.system().trace_hash(), session.system().trace_hash());
}
