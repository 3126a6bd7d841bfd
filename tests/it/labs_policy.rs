//! The labs on retries, breakers and hedging: what their prose claims, computed from their documents or measured by
//! running them. How they are lost and won is in `lessons.rs`, for all lessons alike.

use headroom::model::params::Value;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::variant;
use crate::lab::{
    Lab, answered, answered_of, arrivals, edge_part, goodput, near, plain, rows, station, window, with_edges,
};
use crate::lessons::report;

#[test]
fn four_tries_for_every_order() {
    let mut lab = Lab::open("retry-storm");
    let rate = lab.number("customers", "profile");
    let fits = lab.number("stock", "connections") / lab.number("stock", "read_time");
    let hang = lab.fault("hang").clone();
    lab.claims("Stock can do 300 lookups a second", 300.0, fits, 1e-9);
    lab.claims("customers send 150 orders", 150.0, rate, 1e-9);
    lab.claims("5 % of Stock's answers", 0.05, lab.fault_number("error-rate", "share"), 1e-9);
    lab.claims("for 500 ms, Web", 0.5, lab.edge(3, "timeout"), 1e-9);
    lab.claims("has not for 1.2 seconds", 1.2, lab.edge(2, "timeout"), 1e-9);
    lab.says(
        "At 30 seconds Stock [hangs](hang) for 6 seconds",
        hang.fault.kind == "hang" && hang.at_secs == 30.0 && hang.for_secs == Some(6.0),
    );
    lab.says(
        "99 % of all orders are answered before and after",
        ["before", "after"].iter().all(|during| lab.goal("answered_share.mean", during) == 0.99),
    );
    lab.says("no more than 225 tries", lab.goal("arrival_rate.mean", "blip") == 225.0);
    lab.says("before 30 seconds, while it hangs", hang.at_secs == 30.0);
    let tries = 1.0 + lab.edge(2, "retries");
    assert_eq!(lab.edge(2, "retries"), lab.edge(3, "retries"));
    lab.claims("2 × 2 = 4", 4.0, tries * tries, 1e-9);
    lab.claims("with a third layer it would be 8", 8.0, tries * tries * tries, 1e-9);
    lab.claims("From 150 orders come 600 tries", 600.0, rate * tries * tries, 1e-9);
    let start = report(&lab.start);
    for window in ["blip", "after"] {
        let found = arrivals(&start, window, "stock");
        assert!((found / 600.0 - 1.0).abs() < 0.1, "{window}: {found}");
    }
    lab.says("No one is answered any more", answered(&start, "before") > 0.99 && answered(&start, "after") < 0.001);
    lab.says("Stock can do 300, so when it is healthy again", near(fits, 300.0, 1e-9));
    let [upper, lower] = [2, 3].map(|layer| 1.0 + edge_part(lab.solution(), layer, "retry_budget", "tokens", "share"));
    lab.says("at most one retry for every 10 calls makes 1.1 on each layer", (upper, lower) == (1.1, 1.1));
    lab.claims("1.1 × 1.1 = 1.21", 1.21, upper * lower, 1e-9);
    lab.says("The backlog of those 6 seconds", hang.for_secs == Some(6.0));
    let solved = report(lab.solution());
    lab.claims("about 182 tries a second", 182.0, rate * upper * lower, 0.01);
    lab.claims("about 182 tries a second", 182.0, arrivals(&solved, "blip", "stock"), 0.07);
    assert!(answered(&solved, "before") > 0.999 && answered(&solved, "after") > 0.999);
    lab.claims("2 × 1.1 = 2.2, that is 330 a second", 330.0, rate * tries * upper, 1e-9);
    let budget = variant("tokens", &[("share", 0.1), ("reserve", 1.0)]);
    for layer in [2, 3] {
        let one = report(&with_edges(&lab.start, &[layer], "retry_budget", budget.clone()));
        let found = arrivals(&one, "after", "stock");
        assert!((found / 330.0 - 1.0).abs() < 0.05 && answered(&one, "after") < 0.01, "{layer}: {found}");
    }
    let one_layer = report(&lab.solutions[1].1);
    lab.says(
        "more than 99.5 % of all orders are answered",
        answered(&one_layer, "before") > 0.995 && answered(&one_layer, "after") > 0.995,
    );
    let (errors, budget) = (lab.fault_number("error-rate", "share"), lower - 1.0);
    lab.says("5 % errors need fewer retries than 10 %", errors == 0.05 && near(budget, 0.1, 1e-9));
    lab.is_checked();
    // A longer wait before the second try moves the tries, and leaves as many.
    let wait = variant("decorrelated-jitter", &[("base", 1.0), ("cap", 5.0)]);
    let waiting = report(&with_edges(&lab.start, &[2, 3], "backoff", wait));
    let found = arrivals(&waiting, "after", "stock");
    assert!((found / 600.0 - 1.0).abs() < 0.1 && answered(&waiting, "after") < 0.01, "{found}");
}

#[test]
fn the_breaker_saves_the_caller() {
    let mut lab = Lab::open("breaker");
    let (machines, each) = (lab.number("web", "replicas"), lab.number("web", "slots"));
    let slots = machines * each;
    let (rate, patience) = (lab.number("customers", "profile"), lab.edge(3, "timeout"));
    let [reads, pays] = [0, 1].map(|row| match &rows(&lab.start, 1, "paths")[row] {
        Value::List(cells) => plain(cells.get(1)) / 10.0,
        other => panic!("no row: {other:?}"),
    });
    let hang = lab.fault("hang").clone();
    lab.says("4 machines with 10 [slots](slot)", (machines, each) == (4.0, 10.0));
    lab.says(
        "Of 200 visits a second 7 in 10 read the menu and 3 in 10 pay",
        rate == 200.0 && (reads, pays) == (0.7, 0.3),
    );
    lab.claims("waits up to 2 seconds", 2.0, patience, 1e-9);
    lab.says(
        "At 20 seconds Payment [hangs](hang), for 30 seconds",
        hang.at_secs == 20.0 && hang.for_secs == Some(30.0),
    );
    lab.says("125 visits a second", lab.goal("goodput.mean", "hanging") == 125.0);
    lab.says("99 % of all afterward", lab.goal("answered_share.mean", "after") == 0.99);
    lab.says("At 30 seconds look inside Web", hang.at_secs < 30.0 && hang.at_secs + hang.for_secs.unwrap() > 30.0);
    lab.claims("its own work takes 3 ms", 0.003, lab.number("web", "service_time"), 1e-9);
    lab.claims("60 visits a second want to pay", 60.0, rate * pays, 1e-9);
    lab.says("holds a slot of Web for 2 seconds", patience == 2.0);
    lab.says("that would take 120 slots, and there are 40", near(rate * pays * patience, 120.0, 1e-9) && slots == 40.0);
    lab.claims("About 3 visits a second are answered", 3.0, goodput(&report(&lab.start), "hanging"), 0.3);
    let solved = report(lab.solution());
    let breaker = |key: &str| edge_part(lab.solution(), 3, "breaker", "consecutive", key);
    let (failures, open_for) = (breaker("failures"), breaker("open_for"));
    lab.says("after 5 in a row it opens", failures == 5.0);
    lab.claims("about 135 visits a second are answered", 135.0, goodput(&solved, "hanging"), 0.02);
    lab.claims("nearly all 140 that read the menu", 140.0, rate * reads, 1e-9);
    lab.says("Lost are the first 2 seconds", patience == 2.0);
    lab.says("After 5 seconds the breaker", open_for == 5.0 && answered(&solved, "after") > 0.999);
    lab.says("the breaker waits another 5 seconds", open_for == 5.0);
    let blind = with_edges(&lab.start, &[3], "breaker", variant("consecutive", &[("open_for", 60.0)]));
    lab.says("open for 60 seconds", edge_part(&blind, 3, "breaker", "consecutive", "open_for") == 60.0);
    lab.claims("only about 79 % of all are answered afterward", 0.79, answered(&report(&blind), "after"), 0.03);
    let window = [("window", 10.0), ("min_calls", 10.0), ("open_for", 5.0), ("probes", 3.0)];
    let slow = with_edges(&lab.start, &[3], "breaker", variant("time-window", &window));
    lab.says("looks back 10 seconds", edge_part(&slow, 3, "breaker", "time-window", "window") == 10.0);
    lab.claims("only about 104 visits a second", 104.0, goodput(&report(&slow), "hanging"), 0.03);
    lab.is_checked();
}

#[test]
fn too_many_probes_and_too_few() {
    let mut lab = Lab::open("half-open");
    let [slots, work] = ["slots", "service_time"].map(|key| lab.number("payment", key));
    let (rate, partners) = (lab.number("customers", "profile"), lab.number("partners", "profile"));
    let (slow, factor) = (lab.fault("slow").clone(), lab.fault_number("slow", "factor"));
    let fits = slots / (work * factor);
    lab.claims("Payment does 300 calls a second", 300.0, slots / work, 1e-9);
    lab.says("gets 200 from Web and 5 from partners", (rate, partners) == (200.0, 5.0));
    lab.says("At 20 seconds it restarts", slow.at_secs == 20.0);
    lab.says("40 seconds later, each call takes 15 times as long", slow.for_secs == Some(40.0) && factor == 15.0);
    lab.says("600 ms instead of 40", near(work * factor, 0.6, 1e-9) && work == 0.04);
    lab.claims("Web waits 500 ms", 0.5, lab.edge(2, "timeout"), 1e-9);
    lab.says("Partners wait 3 seconds, and for their 5 calls", lab.edge(3, "timeout") == 3.0 && partners == 5.0);
    lab.says(
        "95 % of the partners' payments are answered while Payment recovers, and 99 %",
        lab.goal("answered_share.mean", "recovering") == 0.95 && lab.goal("answered_share.mean", "after") == 0.99,
    );
    let [open_for, probes] = ["open_for", "probes"].map(|key| edge_part(&lab.start, 2, "breaker", "count-window", key));
    lab.says("open for 2 seconds", open_for == 2.0);
    lab.says("set 200, to be sure", probes == 200.0);
    let ends = slow.at_secs + slow.for_secs.unwrap();
    lab.says("At 40 seconds look at", (slow.at_secs..ends).contains(&40.0));
    lab.says(
        "12 slots for calls of 600 ms: it does 20 a second",
        slots == 12.0 && near(work * factor, 0.6, 1e-9) && near(fits, 20.0, 1e-9),
    );
    lab.says("200 probes are 10 seconds of work", probes == 200.0 && near(probes / fits, 10.0, 1e-9));
    lab.says("given up after 500 ms", lab.edge(2, "timeout") == 0.5);
    lab.says("and 2 seconds later come the next 200", (open_for, probes) == (2.0, 200.0));
    let start = report(&lab.start);
    lab.says("none is answered", answered_of(&start, "recovering", "partners") == 0.0);
    let pass = rate * lab.edge(2, "timeout");
    lab.says("about 100 calls, 5 seconds of work", near(pass, 100.0, 1e-9) && near(pass / fits, 5.0, 1e-9));
    let with_breaker = |probes: f64, open_for: f64| {
        let breaker = variant("consecutive", &[("open_for", open_for), ("probes", probes)]);
        report(&with_edges(&lab.start, &[2], "breaker", breaker))
    };
    let (one, late) = (with_breaker(1.0, 1.0), with_breaker(10.0, 30.0));
    lab.claims("only about 64 % of the partners'", 0.64, answered_of(&one, "recovering", "partners"), 0.03);
    let of = |design: &Document| ["probes", "open_for"].map(|key| edge_part(design, 2, "breaker", "consecutive", key));
    lab.says("With 10 probes", of(lab.solution()) == [10.0, 5.0]);
    lab.says("10 calls every 5 seconds", of(lab.solution()) == [10.0, 5.0]);
    lab.says(
        "With 20 probes every 8 seconds it works as well",
        lab.solutions.iter().any(|(_, design)| of(design) == [20.0, 8.0]),
    );
    for (name, solution) in &lab.solutions {
        let solved = report(solution);
        assert!(answered_of(&solved, "recovering", "partners") > 0.98 && answered(&solved, "after") > 0.999, "{name}");
    }
    lab.claims(
        "open for 30 seconds, the breaker keeps Web away long after Payment is healthy, and only about 69 % of all are \
         answered then",
        0.69,
        answered(&late, "after"),
        0.02,
    );
    lab.is_checked();
}

#[test]
fn a_second_try_and_its_price() {
    let mut lab = Lab::open("hedging");
    let rate = lab.number("customers", "profile");
    let Some(Value::Variant(work)) = lab.start.nodes[&NodeId(4)].params.get("service_time") else {
        panic!("the lab says how long work takes")
    };
    let Some(Value::List(rows)) = work.params.get("values") else { panic!("as a table") };
    let times: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| match row {
            Value::List(row) => (plain(row.first()), plain(row.get(1))),
            other => panic!("no row: {other:?}"),
        })
        .collect();
    let all: f64 = times.iter().map(|(_, weight)| weight).sum();
    let of = |slow: bool| times.iter().filter(move |(time, _)| (*time >= 1.0) == slow);
    let slow = of(true).map(|(_, weight)| weight).sum::<f64>() / all;
    let mean = times.iter().map(|(time, weight)| time * weight).sum::<f64>() / all;
    let slots = lab.number("search", "replicas") * lab.number("search", "slots");
    lab.claims("Customers send 480 searches a second", 480.0, rate, 1e-9);
    lab.says("answers most of them within 100 ms", of(false).all(|(time, _)| *time < 0.1));
    lab.says("2 in 100 take 1 second", near(slow, 0.02, 1e-9) && of(true).all(|(time, _)| *time == 1.0));
    let measure = |design: &Document| {
        let report = report(design);
        let steady = window(&report, "steady");
        let search = station(steady, "search");
        let time = &steady.sojourn_time_offered;
        (time.p50.0, time.p99.0, search.get("arrival_rate").0, search.get("utilization").0)
    };
    let start = measure(&lab.start);
    lab.claims("the 99th percentile is 1 second", 1.0, start.1, 0.03);
    lab.says(
        "99 % of all searches are answered within 250 ms, with no more than 528 calls",
        lab.goal("sojourn_time.p99", "steady") == 0.25 && lab.goal("arrival_rate.mean", "steady") == 528.0,
    );
    lab.claims("no more than 528 calls", 528.0, 1.1 * rate, 1e-9);
    lab.says("After 30 ms, when hardly any answer is there", times.iter().all(|(time, _)| *time >= 0.03));
    let hedged = |id: &str, key: &str, value: f64| {
        measure(&with_edges(&lab.start, &[2], "hedging", variant(id, &[(key, value)])))
    };
    let early = hedged("delay", "delay", 0.03);
    let half = hedged("percentile", "percentile", 0.5);
    lab.says("What becomes of the 99th percentile?", early.1 > start.1);
    lab.says("\"after a fixed time\", 30 ms, and watch Search's slots and its queue", early.3 > 0.95);
    lab.says("After 30 ms nearly every search is sent twice", early.2 > 1.9 * rate);
    lab.claims("about 955 calls a second", 955.0, early.2, 0.01);
    lab.claims("a Search that can do about 943", 943.0, slots / mean, 0.001);
    lab.claims("All 64 slots are busy", 64.0, slots, 1e-9);
    assert!(early.3 > 0.95, "{}", early.3);
    lab.claims("The 99th percentile rises to about 2.4 seconds", 2.4, early.1, 0.1);
    let beyond = 1.0 - edge_part(lab.solution(), 2, "hedging", "percentile", "percentile");
    lab.claims("After the 95th percentile of the good answers 5 in 100 are sent twice", 0.05, beyond, 1e-9);
    lab.says("the slow ones among them", slow < beyond);
    let solved = measure(lab.solution());
    lab.claims("480 × 1.05 = 504 calls a second", 504.0, rate * (1.0 + beyond), 1e-9);
    lab.claims("480 × 1.05 = 504 calls a second", 504.0, solved.2, 0.01);
    lab.claims("the 99th percentile falls to about 149 ms, a seventh of what it was", 0.149, solved.1, 0.03);
    lab.claims("a seventh of what it was", 7.0, start.1 / solved.1, 0.03);
    lab.claims("Search is 52 % busy instead of 50 %", 0.52, solved.3, 0.02);
    lab.claims("busy instead of 50 %", 0.5, start.3, 0.02);
    let wait =
        |design: &Document| design.edges[&headroom::topology::document::EdgeId(2)].params.get("hedging").cloned();
    let hundred = variant("delay", &[("delay", 0.1)]);
    let fixed = measure(lab.solution_where(|design| wait(design).as_ref() == Some(&hundred)));
    lab.says(
        "A fixed wait of 100 ms lies between the ordinary answers and the slow ones",
        of(false).all(|(time, _)| *time < 0.1) && of(true).all(|(time, _)| *time > 0.1),
    );
    lab.claims("only about 489 calls a second", 489.0, fixed.2, 0.01);
    lab.says("for as long as 100 ms stays right", fixed.2 < solved.2);
    lab.claims("The median of about 65 ms", 0.065, start.0, 0.02);
    lab.claims("The median of about 65 ms", 0.065, solved.0, 0.02);
    lab.claims("about 720 calls a second", 720.0, half.2, 0.02);
    lab.says("would be no overload here", half.3 < 0.85);
    lab.is_checked();
}
