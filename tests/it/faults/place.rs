//! Zones and regions that fail as a whole.

use super::*;

fn area(kind: AreaKind) -> Area {
    Area { kind, label: "Area".to_owned(), at: Point::default(), size: Point::default() }
}

#[test]
fn an_outage_takes_a_zone_or_a_whole_region() {
    let served = |area: AreaId| {
        let (mut document, service, _) = shop(1.0, 0.1, 4.0, 0.0);
        let region = document.add_area(super::place::area(AreaKind::Region { region: "eu-west-1".to_owned() }));
        let zone = document.add_area(super::place::area(AreaKind::Zone { within: region }));
        std::rc::Rc::make_mut(document.nodes.get_mut(&service).expect("it is there")).area = Some(zone);
        let other = document.add_area(super::place::area(AreaKind::Zone { within: region }));
        assert_eq!((region, zone, other), (AreaId(1), AreaId(2), AreaId(3)));
        let mut system = system(&document);
        start(&mut system, "outage", FaultTarget::Area(area), &[]);
        system.advance(SimTime::from_secs_f64(3.5), u64::MAX);
        system.totals().run.completed()
    };
    assert_eq!([1, 2, 3].map(|area| served(AreaId(area))), [0, 0, 3], "the region, its zone, the other zone");
}
