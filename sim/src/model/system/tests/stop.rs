//! What can never come to its end is stopped, at the same event in any slices.

use super::*;
use crate::engine::dist::Dist;
use crate::model::system::plan::{Arrivals, Plan, StationConfig};
use crate::model::system::stop::Stop;

/// Clients and a service, as a plan: what `check` would refuse can be built of it.
fn a_plan(change: impl Fn(&mut StationConfig)) -> Plan {
    let mut document = Document { run_length_secs: 3.0, ..Document::default() };
    for (kind, label) in [("source", "Clients"), ("service", "Shop")] {
        let (kind, label) = (kind.to_owned(), label.to_owned());
        document.add_node(Node { kind, label, role: None, area: None, at: Point::default(), params: Params::new() });
    }
    document.add_edge(Edge { from: NodeId(1), to: NodeId(2), params: Params::new() });
    let (plan, problems) = plan(&document);
    let mut plan = plan.unwrap_or_else(|| panic!("{problems:#?}"));
    for station in &mut plan.stations {
        change(&mut station.config);
    }
    for edge in &mut plan.edges {
        edge.latency = Dist::Constant(0.0);
    }
    plan
}

/// Run to its end with lower limits: events of an instant, calls.
fn in_slices(plan: &Plan, slice: u64, (instant_max, calls_max): (u64, usize)) -> System {
    let mut system = System::new(plan, Vec::new(), 7);
    (system.lookout.events_max, system.lookout.instant_max) = (instant_max, instant_max);
    system.lookout.calls_max = calls_max;
    while !system.finished() {
        system.advance(SimTime::NEVER, slice);
    }
    system
}

#[test]
fn a_clock_that_stands_still_is_stopped() {
    let plan = a_plan(|config| match config {
        StationConfig::Source(source) => {
            source.arrivals = Arrivals::Closed { users: 3_000, think_time: Dist::Constant(0.0) };
        }
        StationConfig::Pool(pool) => {
            (pool.read_time, pool.write_time) = (Dist::Constant(0.0), Dist::Constant(0.0));
        }
        _ => {}
    });
    let mut system = in_slices(&plan, u64::MAX, (300_000, 1_000_000));
    let Some(Stop::StandsStill { events }) = system.stopped() else { panic!("{:?}", system.stopped()) };
    assert!(events > 300_000 && system.now() < SimTime::from_secs_f64(0.01), "{events} at {:?}", system.now());
    assert!(system.take_log().iter().any(|line| line.text.contains("the clock hardly moved")));
    let sliced = in_slices(&plan, 1_777, (300_000, 1_000_000));
    assert_eq!((sliced.events(), sliced.trace_hash()), (system.events(), system.trace_hash()), "in slices");
}

#[test]
fn more_calls_than_memory_holds_are_stopped() {
    let plan = a_plan(|config| match config {
        StationConfig::Source(source) => {
            let rate = Params::new().with("rate", 100_000.0);
            source.arrivals =
                Arrivals::Regular(crate::model::profile::Profile::build(&crate::model::profile::CONSTANT, &rate));
        }
        StationConfig::Pool(pool) => {
            (pool.read_time, pool.queue_limit) = (Dist::Constant(3_600.0), 1_000_000);
        }
        _ => {}
    });
    let limits = (u64::MAX >> 16, 150_000);
    let system = in_slices(&plan, u64::MAX, limits);
    assert!(matches!(system.stopped(), Some(Stop::TooManyCalls { calls: 150_001.. })), "{:?}", system.stopped());
    assert_eq!(in_slices(&plan, 999, limits).events(), system.events(), "in slices");
    let whole = in_slices(&plan, u64::MAX, (limits.0, 400_000));
    assert_eq!(whole.stopped(), None, "below the limit nothing is stopped");
}
