//! The labs on failures that spread: what their prose claims, computed from their documents or measured by running them.
//! How they are lost and won is in `lessons.rs`, for all lessons alike.

use headroom::model::ids::FaultTarget;
use headroom::model::params::Params;
use headroom::topology::document::{Document, Fault, NodeId, ScheduledFault, Window};

use crate::lab::{Lab, answered, edge_part, edge_setting, goodput, near, plain, rows, with_edges};
use crate::lessons::report;

/// How many of ten visits go each of two ways.
fn ways(lab: &Lab) -> (f64, f64) {
    let share = |row: usize| match &rows(&lab.start, 1, "paths")[row] {
        headroom::model::params::Value::List(cells) => plain(cells.get(1)),
        other => panic!("no row: {other:?}"),
    };
    (share(0), share(1))
}

#[test]
fn down_for_good() {
    let mut lab = Lab::open("metastable-failure");
    // Each order holds a slot for the shop's own work and for the database.
    let hold = lab.number("shop", "service_time") + lab.number("stock", "read_time");
    let capacity = lab.number("shop", "replicas") * lab.number("shop", "slots") / hold;
    let (rate, retries) = (lab.number("customers", "profile"), lab.edge(1, "retries"));
    let slow = lab.fault("slow").clone();
    lab.says("260 orders a second and can handle 400", rate == 260.0 && near(capacity, 400.0, 1e-9));
    lab.says("wait 1 second for an answer", lab.edge(1, "timeout") == 1.0);
    lab.says("try again, up to 3 times", retries == 3.0);
    lab.says("5 % of all answers are errors", lab.fault_number("error-rate", "share") == 0.05);
    lab.says(
        "At 40 seconds the stock database is slow for 10 seconds",
        (slow.at_secs, slow.for_secs) == (40.0, Some(10.0)),
    );
    lab.says(
        "99 % of all orders are answered long after the trigger is gone, and 99 % before it",
        ["long after", "before"].iter().all(|during| lab.goal("answered_share.mean", during) == 0.99),
    );
    lab.says("arrives up to 4 times", 1.0 + retries == 4.0);
    lab.says(
        "That is 1,040 a second for a shop that can do 400",
        near((1.0 + retries) * rate, 1_040.0, 1e-9) && near(capacity, 400.0, 1e-9),
    );
    let start = report(&lab.start);
    lab.says("goodput is 0", answered(&start, "before") > 0.99 && goodput(&start, "long after") == 0.0);
    let budget = edge_part(lab.solution(), 1, "retry_budget", "tokens", "share");
    let solved = report(lab.solution());
    lab.says("one retry for every 10 calls", budget == 0.1 && goodput(&solved, "long after") > 250.0);
    lab.says("The same 5 % of errors", lab.fault_number("error-rate", "share") == 0.05);
    lab.is_checked();
    // Without retries the usual errors reach the customers.
    let none = report(&with_edges(&lab.start, &[1], "retries", 0.0));
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
    let (rate, work) = (lab.number("visitors", "profile"), lab.number("suggestions", "service_time"));
    let (machines, slots) = (lab.number("storefront", "replicas"), lab.number("storefront", "slots"));
    let (slow, slower, patience) =
        (lab.fault("slow").clone(), lab.fault_number("slow", "factor"), lab.edge(3, "timeout"));
    lab.says("has 4 machines with 10 [slots](slot) each", (machines, slots) == (4.0, 10.0));
    lab.says(
        "Of 300 visits a second 7 in 10 buy and 3 in 10 want suggestions",
        rate == 300.0 && ways(&lab) == (7.0, 3.0),
    );
    lab.says(
        "For 30 seconds suggestions take 100 times as long as usual, 1 second instead of 10 ms",
        slow.for_secs == Some(30.0) && slower == 100.0 && work == 0.01 && near(work * slower, 1.0, 1e-9),
    );
    lab.says("190 visits a second", lab.goal("goodput.mean", "slow") == 190.0);
    lab.says("at 25 seconds", slow.at_secs == 25.0);
    let want = rate * ways(&lab).1 / 10.0;
    lab.says(
        "90 visits a second want suggestions, and each holds a slot for 1 second",
        near(want, 90.0, 1e-9) && patience == 1.0,
    );
    lab.says("that is 90 slots, and there are 40", near(want * patience, 90.0, 1e-9) && machines * slots == 40.0);
    let start = goodput(&report(&lab.start), "slow");
    lab.says("Of 300 visits a second about 7 are answered", rate == 300.0 && near(start, 7.0, 0.2));
    let open = edge_part(lab.solution(), 3, "bulkhead", "on", "limit");
    lab.says("at most 4 calls", open == 4.0);
    lab.says("at least 6 slots", slots - open == 6.0);
    let solved = goodput(&report(lab.solution()), "slow");
    lab.says("About 212 visits a second are answered now", near(solved, 212.0, 0.02));
    lab.is_checked();
}

#[test]
fn work_for_nobody() {
    let mut lab = Lab::open("pass-the-deadline");
    let (slots, work) =
        (lab.number("kitchen", "replicas") * lab.number("kitchen", "slots"), lab.number("kitchen", "service_time"));
    let (rate, factor) = (lab.number("visitors", "profile"), lab.fault_number("traffic", "factor"));
    let (begins, lasts) = lab.traffic(factor);
    lab.says("100 orders a second come in, the kitchen can do 160", rate == 100.0 && near(slots / work, 160.0, 1e-9));
    lab.says("longer than 500 ms", lab.edge(1, "timeout") == 0.5);
    lab.says("At 20 seconds 3 times as many come, for 10 seconds", begins == [20.0] && (factor, lasts) == (3.0, 10.0));
    lab.says("95 orders a second", lab.goal("goodput.mean", "after the rush") == 95.0);
    lab.says("During the rush 300 orders a second", near(rate * factor, 300.0, 1e-9));
    lab.says(
        "In 10 seconds about 1,400 orders pile up",
        lasts == 10.0 && near((rate * factor - slots / work) * lasts, 1_400.0, 1e-9),
    );
    lab.says("goodput is 0", goodput(&report(&lab.start), "after the rush") == 0.0);
    let solved = goodput(&report(lab.solution()), "after the rush");
    lab.says("Then all 100 orders a second are answered in time", near(solved, 100.0, 0.001));
    let alone = goodput(&report(&with_edges(&lab.start, &[1], "deadline", 0.5)), "after the rush");
    lab.says("About 88 orders a second", near(alone, 88.0, 0.02));
    lab.is_checked();
}

#[test]
fn whose_time_out_ends_first() {
    let mut lab = Lab::open("shorter-downstream");
    let (rate, machines) = (lab.number("customers", "profile"), lab.number("stock", "replicas"));
    let (patience, waits, retries) = (lab.edge(1, "timeout"), lab.edge(2, "timeout"), lab.edge(2, "retries"));
    let hang = lab.fault("hang").clone();
    lab.says("Customers leave after 300 ms", patience == 0.3);
    lab.says("one of 4 stock machines, waits up to 1 second", machines == 4.0 && waits == 1.0);
    lab.says("up to 2 times", retries == 2.0);
    lab.says("about 10 ms", lab.number("stock", "service_time") == 0.01);
    lab.says("For 30 seconds", hang.for_secs == Some(30.0));
    lab.says("190 of 200 orders a second", lab.goal("goodput.mean", "one hangs") == 190.0 && rate == 200.0);
    lab.says("How many of its 200 orders", rate == 200.0);
    lab.says(
        "At 25 seconds look at the shop: its own work takes 2 ms",
        hang.at_secs == 25.0 && lab.number("shop", "service_time") == 0.002,
    );
    lab.says("1 in 4 calls meets the machine that hangs", machines == 4.0);
    lab.says("The shop waits for 1 second, though its customer left after 300 ms", waits == 1.0 && patience == 0.3);
    let start = goodput(&report(&lab.start), "one hangs");
    assert!(start < 100.0, "most of them are lost: {start}");
    let tries = |design: &Document| (edge_setting(design, 2, "timeout"), edge_setting(design, 2, "retries"));
    let (short, more) = tries(lab.solution());
    lab.says(
        "With 80 ms and 2 more tries all three are over after 240 ms",
        (short, more) == (0.08, 2.0) && near(short * (1.0 + more), 0.24, 1e-9),
    );
    lab.says(
        "all three met the machine that hangs: 1 in 64",
        near(machines.recip().powf(1.0 + more), 1.0 / 64.0, 1e-9),
    );
    let solved = goodput(&report(lab.solution()), "one hangs");
    lab.says("About 197 orders a second", near(solved, 197.0, 0.01));
    let many = goodput(&report(lab.solution_where(|design| tries(design) == (0.05, 4.0))), "one hangs");
    lab.says("With 50 ms and 4 more tries it is nearly all of them", many > 199.0);
    let alone = with_edges(&with_edges(&lab.start, &[2], "timeout", short), &[2], "retries", 0.0);
    lab.says(
        "with 80 ms and no second try a quarter is lost",
        short == 0.08 && near(goodput(&report(&alone), "one hangs"), 150.0, 0.03),
    );
    lab.is_checked();
}
