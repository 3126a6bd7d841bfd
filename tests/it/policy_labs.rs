//! The labs on retries, breakers and hedging: what their prose claims, computed from their documents or measured by
//! running them. How they are lost and won is in `lessons.rs`, for all lessons alike.

use std::collections::BTreeSet;
use std::rc::Rc;

use headroom::lesson::catalog;
use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::Report;
use headroom::topology::document::{Document, EdgeId, NodeId};

use crate::lessons::{numbers, read, report};

/// A lab with its prose, and the numbers of it that have been checked.
struct Lab {
    slug: &'static str,
    prose: &'static str,
    start: Document,
    solutions: Vec<(&'static str, Document)>,
    said: BTreeSet<String>,
}

impl Lab {
    fn open(slug: &str) -> Self {
        let files = catalog::lesson(slug).expect("the lab exists");
        let (_, start, solutions) = read(files);
        let prose = &files.text[files.text.find("## ").expect("prose has sections")..];
        Self { slug: files.slug, prose, start, solutions, said: BTreeSet::new() }
    }

    /// The prose says these words, and they are so.
    #[track_caller]
    fn says(&mut self, words: &str, so: bool) {
        assert!(self.prose.contains(words), "{}: the prose does not say: {words}", self.slug);
        assert!(so, "{}: it is not so: {words}", self.slug);
        self.said.extend(numbers(words));
    }

    /// The prose says these words, and the figure that they give is right to within `tolerance`, a share of it.
    #[track_caller]
    fn claims(&mut self, words: &str, said: f64, found: f64, tolerance: f64) {
        let so = (found - said).abs() <= tolerance * said;
        assert!(so, "{}: \"{words}\" says {said}, but it is {found}", self.slug);
        self.says(words, so);
    }

    /// No number of the prose is left over.
    #[track_caller]
    fn is_checked(&self) {
        let left_over: Vec<String> = numbers(self.prose).difference(&self.said).cloned().collect();
        assert!(left_over.is_empty(), "{}: numbers that nobody computed: {left_over:?}", self.slug);
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
