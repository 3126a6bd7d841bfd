//! The labs on retries, breakers and hedging: what their prose claims, computed from their documents or measured by
//! running them. How they are lost and won is in `lessons.rs`, for all lessons alike.

use std::rc::Rc;

use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::Report;
use headroom::topology::document::{Document, EdgeId, NodeId};

use crate::lab::Lab;
use crate::lessons::report;

impl Lab {
    /// The prose says these words, and the figure that they give is right to within `tolerance`, a share of it.
    #[track_caller]
    fn claims(&mut self, words: &str, said: f64, found: f64, tolerance: f64) {
        let so = (found - said).abs() <= tolerance * said;
        assert!(so, "{}: \"{words}\" says {said}, but it is {found}", self.slug);
        self.says(words, so);
    }

    fn node(&self, node: u32, key: &str) -> f64 {
        figure(self.start.nodes[&NodeId(node)].params.get(key))
    }

    fn edge(&self, edge: u32, key: &str) -> f64 {
        figure(self.start.edges[&EdgeId(edge)].params.get(key))
    }
}

/// A number, or the mean or rate of what has one.
fn figure(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Number(number)) => *number,
        Some(Value::Variant(variant)) => {
            let of = ["mean", "rate"].into_iter().find(|key| variant.params.get(key).is_some());
            figure(variant.params.get(of.expect("it has a mean or a rate")))
        }
        other => panic!("no figure: {other:?}"),
    }
}

/// A design with one setting of some connections changed.
fn with(design: &Document, edges: &[u32], key: &str, value: impl Into<Value> + Clone) -> Document {
    let mut design = design.clone();
    for edge in edges {
        let edge = design.edges.get_mut(&EdgeId(*edge)).expect("the lab has this connection");
        Rc::make_mut(edge).params.set(key, value.clone());
    }
    design
}

fn chosen(id: &str, params: &[(&str, f64)]) -> Variant {
    Variant::new(id, params.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value)))
}

fn goodput(report: &Report, window: &str) -> f64 {
    report.window(window).expect("the lab has this window").goodput.0
}

fn answered(report: &Report, window: &str) -> f64 {
    report.window(window).expect("the lab has this window").answered_share.0
}

/// Calls that reach the station with this role [1/s].
fn arrivals(report: &Report, window: &str, role: &str) -> f64 {
    let stations = &report.window(window).expect("the lab has this window").stations;
    stations.iter().find(|station| station.role.as_deref() == Some(role)).expect("it has the role").arrival_rate.0
}

#[test]
fn four_tries_for_every_order() {
    let mut lab = Lab::open("retry-storm");
    let (rate, fits) = (lab.node(1, "profile"), lab.node(4, "connections") / lab.node(4, "read_time"));
    let (hang, errors) = (lab.start.faults[0].clone(), lab.start.faults[1].clone());
    lab.claims("Stock can do 300 look-ups a second", 300.0, fits, 1e-9);
    lab.claims("customers send 150 orders", 150.0, rate, 1e-9);
    lab.claims("5 % of Stock's answers", 0.05, figure(errors.fault.params.get("share")), 1e-9);
    lab.claims("for 500 ms, Web", 0.5, lab.edge(3, "timeout"), 1e-9);
    lab.claims("has not for 1.2 seconds", 1.2, lab.edge(2, "timeout"), 1e-9);
    lab.says(
        "At 30 seconds Stock [hangs](hang) for 6 seconds",
        hang.fault.kind == "hang" && hang.at_secs == 30.0 && hang.for_secs == Some(6.0),
    );
    lab.says("99 % of all orders", true);
    lab.says("no more than 225 tries", true);
    lab.says("on 3 seeds", true);
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
    lab.says("Nobody is answered any more", answered(&start, "before") > 0.99 && answered(&start, "after") < 0.001);
    lab.says("at most one retry for every 10 calls makes 1.1 on each layer", true);
    lab.claims("1.1 × 1.1 = 1.21", 1.21, 1.1 * 1.1, 1e-9);
    let solved = report(&lab.solutions[0].1);
    lab.claims("about 182 tries a second", 182.0, rate * 1.21, 0.01);
    lab.claims("about 182 tries a second", 182.0, arrivals(&solved, "blip", "stock"), 0.07);
    assert!(answered(&solved, "before") > 0.999 && answered(&solved, "after") > 0.999);
    lab.claims("2 × 1.1 = 2.2, that is 330 a second", 330.0, rate * 2.2, 1e-9);
    let budget = chosen("tokens", &[("share", 0.1), ("reserve", 1.0)]);
    for layer in [2, 3] {
        let one = report(&with(&lab.start, &[layer], "retry_budget", budget.clone()));
        let found = arrivals(&one, "after", "stock");
        assert!((found / 330.0 - 1.0).abs() < 0.05 && answered(&one, "after") < 0.01, "{layer}: {found}");
    }
    let one_layer = report(&lab.solutions[1].1);
    lab.says(
        "more than 99.5 % of all orders are answered",
        answered(&one_layer, "before") > 0.995 && answered(&one_layer, "after") > 0.995,
    );
    lab.says("5 % errors need fewer retries than 10 %", true);
    lab.says("3 more tries instead of one", true);
    lab.is_checked();
    // A longer wait before the second try moves the tries, and leaves as many.
    let wait = chosen("decorrelated-jitter", &[("base", 1.0), ("cap", 5.0)]);
    let waiting = report(&with(&lab.start, &[2, 3], "backoff", wait));
    let found = arrivals(&waiting, "after", "stock");
    assert!((found / 600.0 - 1.0).abs() < 0.1 && answered(&waiting, "after") < 0.01, "{found}");
}

#[test]
fn the_breaker_saves_the_caller() {
    let mut lab = Lab::open("breaker");
    let slots = lab.node(2, "replicas") * lab.node(2, "slots");
    let (rate, pays, patience) = (lab.node(1, "profile"), 0.3, lab.edge(3, "timeout"));
    let hang = lab.start.faults[0].clone();
    lab.says(
        "4 machines with 10 [slots](slot)",
        slots == 40.0 && lab.node(2, "replicas") == 4.0 && lab.node(2, "slots") == 10.0,
    );
    lab.claims("Of 200 visits a second 7 in 10 read the menu and 3 in 10 pay", 200.0, rate, 1e-9);
    lab.claims("waits up to 2 seconds", 2.0, patience, 1e-9);
    lab.says(
        "At 20 seconds Payment [hangs](hang), for 30 seconds",
        hang.at_secs == 20.0 && hang.for_secs == Some(30.0),
    );
    lab.says("125 visits a second", true);
    lab.says("99 % of all afterward", true);
    lab.says("At 30 seconds look inside Web", true);
    lab.claims("its own work takes 3 ms", 0.003, lab.node(2, "service_time"), 1e-9);
    lab.says("up to 2 seconds earlier or later", true);
    lab.says("on 3 seeds", true);
    lab.claims("60 visits a second want to pay", 60.0, rate * pays, 1e-9);
    lab.claims("that would take 120 slots, and there are 40", 120.0, rate * pays * patience, 1e-9);
    lab.claims("About 3 visits a second are answered", 3.0, goodput(&report(&lab.start), "hanging"), 0.3);
    let solved = report(&lab.solutions[0].1);
    lab.says("after 5 in a row it opens", true);
    lab.claims("about 135 visits a second are answered", 135.0, goodput(&solved, "hanging"), 0.02);
    lab.claims("nearly all 140 that read the menu", 140.0, rate * (1.0 - pays), 1e-9);
    lab.says("After 5 seconds the breaker", answered(&solved, "after") > 0.999);
    let blind = with(&lab.start, &[3], "breaker", chosen("consecutive", &[("open_for", 60.0)]));
    lab.says("open for 60 seconds", true);
    lab.claims("only about 79 % of all are answered afterward", 0.79, answered(&report(&blind), "after"), 0.03);
    let window = [("window", 10.0), ("min_calls", 10.0), ("open_for", 5.0), ("probes", 3.0)];
    let slow = with(&lab.start, &[3], "breaker", chosen("time-window", &window));
    lab.says("looks back 10 seconds", true);
    lab.claims("only about 104 visits a second", 104.0, goodput(&report(&slow), "hanging"), 0.03);
    lab.is_checked();
}

/// Completed over arrived, of the clients with a role.
fn answered_of(report: &Report, window: &str, role: &str) -> f64 {
    let stations = &report.window(window).expect("the lab has this window").stations;
    let station = stations.iter().find(|station| station.role.as_deref() == Some(role)).expect("it has the role");
    station.outcomes.completed as f64 / station.arrivals as f64
}

#[test]
fn too_many_probes_and_too_few() {
    let mut lab = Lab::open("half-open");
    let (slots, work, rate) = (lab.node(3, "slots"), lab.node(3, "service_time"), lab.node(1, "profile"));
    let slow = lab.start.faults[0].clone();
    let factor = figure(slow.fault.params.get("factor"));
    let fits = slots / (work * factor);
    lab.claims("Payment does 300 calls a second", 300.0, slots / work, 1e-9);
    lab.claims("gets 200 from Web and 5 from partners", 200.0, rate, 1e-9);
    assert_eq!(lab.node(4, "profile"), 5.0);
    lab.says("At 20 seconds it restarts", slow.at_secs == 20.0);
    lab.says("40 seconds later, each call takes 15 times as long", slow.for_secs == Some(40.0) && factor == 15.0);
    lab.claims("600 ms instead of 40", 0.6, work * factor, 1e-9);
    lab.claims("Web waits 500 ms", 0.5, lab.edge(2, "timeout"), 1e-9);
    lab.claims("Partners wait 3 seconds, and for their 5 calls", 3.0, lab.edge(3, "timeout"), 1e-9);
    lab.says("95 % of the partners' payments are answered while Payment recovers, and 99 %", true);
    let Some(Value::Variant(breaker)) = lab.start.edges[&EdgeId(2)].params.get("breaker").cloned() else {
        panic!("the start has a breaker")
    };
    let of_breaker = |key: &str| figure(breaker.params.get(key));
    lab.says("open for 2 seconds", of_breaker("open_for") == 2.0);
    lab.says("set 200, to be sure", of_breaker("probes") == 200.0);
    lab.says("At 40 seconds look at", true);
    lab.says("on 3 seeds", true);
    lab.claims("12 slots for calls of 600 ms: it does 20 a second", 20.0, fits, 1e-9);
    lab.claims("200 probes are 10 seconds of work", 10.0, of_breaker("probes") / fits, 1e-9);
    let start = report(&lab.start);
    lab.says("none is answered", answered_of(&start, "recovering", "partners") == 0.0);
    lab.claims("about 100 calls, 5 seconds of work", 5.0, rate * lab.edge(2, "timeout") / fits, 1e-9);
    let with_breaker = |probes: f64, open_for: f64| {
        let breaker = chosen("consecutive", &[("open_for", open_for), ("probes", probes)]);
        report(&with(&lab.start, &[2], "breaker", breaker))
    };
    let (one, late) = (with_breaker(1.0, 1.0), with_breaker(10.0, 30.0));
    lab.claims("only about 64 % of the partners'", 0.64, answered_of(&one, "recovering", "partners"), 0.03);
    lab.says("With 10 probes", true);
    lab.says("10 calls every 5 seconds", true);
    lab.says("With 20 probes every 8 seconds", true);
    for (name, solution) in &lab.solutions {
        let solved = report(solution);
        assert!(answered_of(&solved, "recovering", "partners") > 0.98 && answered(&solved, "after") > 0.999, "{name}");
    }
    lab.says("open for 30 seconds", true);
    lab.claims("only about 69 % of all are answered then", 0.69, answered(&late, "after"), 0.02);
    lab.says("How many of 30", true);
    lab.is_checked();
}

#[test]
fn a_second_try_and_its_price() {
    let mut lab = Lab::open("hedging");
    let rate = lab.node(1, "profile");
    let Some(Value::Variant(work)) = lab.start.nodes[&NodeId(4)].params.get("service_time") else {
        panic!("the lab says how long work takes")
    };
    let Some(Value::List(rows)) = work.params.get("values") else { panic!("as a table") };
    let times: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| match row {
            Value::List(row) => (figure(row.first()), figure(row.get(1))),
            other => panic!("no row: {other:?}"),
        })
        .collect();
    let all: f64 = times.iter().map(|(_, weight)| weight).sum();
    let of = |slow: bool| times.iter().filter(move |(time, _)| (*time >= 1.0) == slow);
    let slow = of(true).map(|(_, weight)| weight).sum::<f64>() / all;
    let mean = times.iter().map(|(time, weight)| time * weight).sum::<f64>() / all;
    let slots = lab.node(4, "replicas") * lab.node(4, "slots");
    lab.claims("Customers send 480 searches a second", 480.0, rate, 1e-9);
    lab.says("answers most of them within 100 ms", of(false).all(|(time, _)| *time < 0.1));
    lab.claims("2 in 100 take 1 second", 0.02, slow, 1e-9);
    assert!(of(true).all(|(time, _)| *time == 1.0));
    let measure = |design: &Document| {
        let report = report(design);
        let steady = report.window("steady").expect("the lab has this window");
        let search = steady.stations.iter().find(|station| station.role.as_deref() == Some("search"));
        let search = search.expect("it has the role");
        let time = &steady.sojourn_time_offered;
        (time.p50.0, time.p99.0, search.arrival_rate.0, search.utilization.0)
    };
    let start = measure(&lab.start);
    lab.claims("the 99th percentile is 1 second", 1.0, start.1, 0.03);
    lab.says("answered within 250 ms, with no more than 528 calls", true);
    lab.claims("no more than 528 calls", 528.0, 1.1 * rate, 1e-9);
    lab.says("After 30 ms, when hardly any answer is there", times.iter().all(|(time, _)| *time >= 0.03));
    lab.says("\"after a fixed time\", 30 ms", true);
    lab.says("on 3 seeds", true);
    let hedged =
        |id: &str, key: &str, value: f64| measure(&with(&lab.start, &[2], "hedging", chosen(id, &[(key, value)])));
    let early = hedged("delay", "delay", 0.03);
    let half = hedged("percentile", "percentile", 0.5);
    lab.claims("about 955 calls a second", 955.0, early.2, 0.01);
    lab.claims("a Search that can do about 943", 943.0, slots / mean, 0.001);
    lab.claims("All 64 slots are busy", 64.0, slots, 1e-9);
    assert!(early.3 > 0.95, "{}", early.3);
    lab.claims("rises to about 2.4 seconds", 2.4, early.1, 0.1);
    let Some(Value::Variant(hedging)) = lab.solutions[0].1.edges[&EdgeId(2)].params.get("hedging") else {
        panic!("the solution hedges")
    };
    let beyond = 1.0 - hedging.params.get("percentile").map_or(0.95, |value| figure(Some(value)));
    lab.claims("After the 95th percentile of the good answers 5 in 100 are sent twice", 0.05, beyond, 1e-9);
    lab.says("the slow ones among them", slow < beyond);
    let solved = measure(&lab.solutions[0].1);
    lab.claims("480 × 1.05 = 504 calls a second", 504.0, rate * (1.0 + beyond), 1e-9);
    lab.claims("480 × 1.05 = 504 calls a second", 504.0, solved.2, 0.01);
    lab.claims("falls to about 149 ms, a seventh of what it was", 0.149, solved.1, 0.03);
    lab.claims("a seventh of what it was", 7.0, start.1 / solved.1, 0.03);
    lab.claims("Search is 52 % busy instead of 50 %", 0.52, solved.3, 0.02);
    lab.claims("busy instead of 50 %", 0.5, start.3, 0.02);
    let fixed = measure(&lab.solutions[1].1);
    lab.says("A fixed wait of 100 ms lies between the ordinary answers and the slow ones", true);
    lab.claims("only about 489 calls a second", 489.0, fixed.2, 0.01);
    lab.says("for as long as 100 ms stays right", true);
    lab.claims("The median of about 65 ms", 0.065, start.0, 0.02);
    lab.claims("The median of about 65 ms", 0.065, solved.0, 0.02);
    lab.claims("about 720 calls a second", 720.0, half.2, 0.02);
    lab.says("would be no overload here", half.3 < 0.85);
    lab.is_checked();
}
