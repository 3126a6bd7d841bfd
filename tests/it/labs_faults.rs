//! The labs on failures that spread: what their prose claims, computed from their documents or measured by running them.
//! How they are lost and won is in `lessons.rs`, for all lessons alike.

use std::rc::Rc;

use headroom::model::ids::FaultTarget;
use headroom::model::params::{Params, Value};
use headroom::runner::report::Report;
use headroom::topology::document::{Document, EdgeId, Fault, NodeId, ScheduledFault, Window};

use crate::lab::Lab;
use crate::lessons::report;

impl Lab {
    fn is(&self, node: u32, key: &str, value: f64) -> bool {
        self.start.nodes[&NodeId(node)].params.get(key) == Some(&Value::Number(value))
    }

    fn edge_is(&self, edge: u32, key: &str, value: f64) -> bool {
        self.start.edges[&EdgeId(edge)].params.get(key) == Some(&Value::Number(value))
    }

    fn with_edge(&self, edge: u32, key: &str, value: impl Into<Value>) -> Document {
        let mut document = self.start.clone();
        Rc::make_mut(document.edges.get_mut(&EdgeId(edge)).expect("the lab has it")).params.set(key, value);
        document
    }
}

fn near(found: f64, said: f64, tolerance: f64) -> bool {
    (found - said).abs() <= tolerance * said
}

fn goodput(report: &Report, window: &str) -> f64 {
    report.window(window).expect("the lab has this window").goodput.0
}

fn answered(report: &Report, window: &str) -> f64 {
    report.window(window).expect("the lab has this window").answered_share.0
}

#[test]
fn down_for_good() {
    let mut lab = Lab::open("metastable-failure");
    // Each order holds a slot for the shop's own work and for the database.
    let (rate, capacity) = (260.0, 4.0 * 8.0 / (0.06 + 0.02));
    lab.says("260 orders a second and could do 400", near(capacity, 400.0, 1e-9));
    lab.says("wait 1 second for an answer", lab.edge_is(1, "timeout", 1.0));
    lab.says("up to 3 times", lab.edge_is(1, "retries", 3.0));
    lab.says("5 % of all answers are errors", lab.start.faults[1].fault.kind == "error-rate");
    lab.says("At 40 seconds the stock database is slow for 10 seconds", lab.start.faults[0].at_secs == 40.0);
    lab.says("99 % of all orders", true);
    lab.says("on 3 seeds", true);
    lab.says("up to 4 times", true);
    lab.says("That is 1,040 a second", near(4.0 * rate, 1_040.0, 1e-9));
    let start = report(&lab.start);
    lab.says("goodput is 0", answered(&start, "before") > 0.99 && goodput(&start, "long after") == 0.0);
    lab.says("one retry for every 10 calls", goodput(&report(&lab.solutions[0].1), "long after") > 250.0);
    lab.is_checked();
    // Without retries the usual errors reach the customers.
    let none = report(&lab.with_edge(1, "retries", 0.0));
    assert!(near(answered(&none, "before"), 0.95, 0.01) && near(answered(&none, "long after"), 0.95, 0.01));
}

/// Down on every seed until load is cut, and well from then on.
#[test]
fn a_metastable_failure_outlives_its_trigger_until_load_is_cut() {
    let lab = Lab::open("metastable-failure");
    for seed in 1..=20 {
        let mut document = Document { seed, ..lab.start.clone() };
        let cut = Fault {
            kind: "traffic".to_owned(),
            target: FaultTarget::Node(NodeId(1)),
            params: Params::new().with("factor", 0.1),
        };
        document.faults.push(ScheduledFault { at_secs: 100.0, for_secs: Some(20.0), fault: cut });
        document.windows = [("down", 60.0, 100.0), ("up", 125.0, 150.0)]
            .map(|(name, from_secs, to_secs)| Window { name: name.to_owned(), from_secs, to_secs })
            .to_vec();
        let report = report(&document);
        assert_eq!(answered(&report, "down"), 0.0, "seed {seed}: it stays down, ten seconds after the trigger and on");
        assert!(answered(&report, "up") > 0.999, "seed {seed}: {}", answered(&report, "up"));
        assert!(goodput(&report, "up") > 240.0, "seed {seed}: {}", goodput(&report, "up"));
    }
}

#[test]
fn one_slow_helper() {
    let mut lab = Lab::open("bulkhead");
    lab.says("has 4 machines with 10 [slots](slot) each", lab.is(2, "replicas", 4.0) && lab.is(2, "slots", 10.0));
    lab.says("Of 300 visits a second 7 in 10 buy and 3 in 10 want suggestions", true);
    lab.says("For 30 seconds suggestions take 100 times as long as usual, 1 second instead of 10 ms", true);
    lab.says("190 visits a second", true);
    lab.says("at 25 seconds", lab.start.faults[0].at_secs == 25.0);
    lab.says("on 3 seeds", true);
    lab.says("90 visits a second want suggestions, and each holds a slot for 1 second", near(300.0 * 0.3, 90.0, 1e-9));
    lab.says("that is 90 slots, and there are 40", lab.edge_is(3, "timeout", 1.0));
    let start = goodput(&report(&lab.start), "slow");
    lab.says("Of 300 visits a second about 7 are answered", near(start, 7.0, 0.2));
    lab.says("at most 4 calls", true);
    lab.says("at least 6 slots", true);
    let solved = goodput(&report(&lab.solutions[0].1), "slow");
    lab.says("About 212 visits a second are answered now", near(solved, 212.0, 0.02));
    lab.is_checked();
}

#[test]
fn work_for_nobody() {
    let mut lab = Lab::open("pass-the-deadline");
    let (slots, work) = (8.0, 0.05);
    lab.says("100 orders a second come in, the kitchen can do 160", near(slots / work, 160.0, 1e-9));
    lab.says("longer than 500 ms", lab.edge_is(1, "timeout", 0.5));
    lab.says("At 20 seconds 3 times as many come, for 10 seconds", lab.start.faults[0].at_secs == 20.0);
    lab.says("95 orders a second", true);
    lab.says("During the rush 300 orders a second", true);
    lab.says("on 3 seeds", true);
    lab.says("In 10 seconds about 1,400 orders pile up", near((300.0 - 160.0) * 10.0, 1_400.0, 1e-9));
    lab.says("goodput is 0", goodput(&report(&lab.start), "after the rush") == 0.0);
    let solved = goodput(&report(&lab.solutions[0].1), "after the rush");
    lab.says("Then all 100 orders a second are answered in time", near(solved, 100.0, 0.001));
    let alone = goodput(&report(&lab.with_edge(1, "deadline", 0.5)), "after the rush");
    lab.says("About 88 orders a second", near(alone, 88.0, 0.02));
    lab.is_checked();
}

#[test]
fn whose_time_out_ends_first() {
    let mut lab = Lab::open("shorter-downstream");
    lab.says("Customers leave after 300 ms", lab.edge_is(1, "timeout", 0.3));
    lab.says(
        "one of 4 stock machines, waits up to 1 second",
        lab.is(3, "replicas", 4.0) && lab.edge_is(2, "timeout", 1.0),
    );
    lab.says("up to 2 times", lab.edge_is(2, "retries", 2.0));
    lab.says("about 10 ms", true);
    lab.says("For 30 seconds", lab.start.faults[0].for_secs == Some(30.0));
    lab.says("190 of 200 orders a second", true);
    lab.says("At 25 seconds look at the shop: its own work takes 2 ms", lab.start.faults[0].at_secs == 25.0);
    lab.says("on 3 seeds", true);
    lab.says("1 in 4 calls meets the machine that hangs", true);
    let start = goodput(&report(&lab.start), "one hangs");
    assert!(start < 100.0, "most of them are lost: {start}");
    lab.says("With 80 ms and 2 more tries all three are over after 240 ms", true);
    lab.says("all three met the machine that hangs: 1 in 64", near(0.25f64.powi(3), 1.0 / 64.0, 1e-9));
    let solved = goodput(&report(&lab.solutions[0].1), "one hangs");
    lab.says("About 197 orders a second", near(solved, 197.0, 0.01));
    let many = goodput(&report(&lab.solutions[1].1), "one hangs");
    lab.says("With 50 ms and 4 more tries it is nearly all of them", many > 199.0);
    let mut alone = lab.with_edge(2, "timeout", 0.08);
    Rc::make_mut(alone.edges.get_mut(&EdgeId(2)).expect("the lab has it")).params.set("retries", 0.0);
    lab.says(
        "with 80 ms and no second try a quarter is lost",
        near(goodput(&report(&alone), "one hangs"), 150.0, 0.03),
    );
    lab.is_checked();
}
