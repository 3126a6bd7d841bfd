//! What the quorum scenario's notes promise.

use headroom::engine::time::SimTime;
use headroom::lesson::catalog::SCENARIOS;
use headroom::runner::report::Report;
use headroom::runner::session::Session;

/// The strict store refuses while two nodes are silent and never reads stale; the sloppy one answers, and reads old values
/// until the hints are handed over.
#[test]
fn a_strict_store_refuses_and_a_sloppy_one_reads_old_values() {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.id == "quorum").unwrap();
    let mut session = Session::open(&scenario.run().unwrap()).0.unwrap();
    session.advance(SimTime::NEVER, u64::MAX);
    let report = Report::of(session.system(), session.document(), 0);
    let of = |window: usize, label: &str, figure: &str| {
        let stations = &report.windows[window].span.stations;
        stations.iter().find(|station| station.label == label).unwrap().get(figure).get().unwrap()
    };
    let failed = |window: usize, label: &str| {
        let stations = &report.windows[window].span.stations;
        stations.iter().find(|station| station.label == label).unwrap().outcomes().failed
    };
    assert!(failed(0, "Strict store") > 500 && failed(0, "Sloppy store") == 0);
    assert!(failed(1, "Strict store") == 0, "all are back");
    for window in [0, 1] {
        assert!(of(window, "Strict store", "stale_reads") == 0.0);
        assert!(of(window, "Sloppy store", "stale_reads") > 10.0);
    }
}
