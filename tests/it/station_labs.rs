//! The labs on queues, limits and shedding: what their prose claims, measured by running their documents. How they are
//! lost and won is in `lessons.rs`, for all lessons alike.

use std::rc::Rc;

use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::{Report, WindowReport};

use crate::lab::Lab;
use crate::lessons::report;

impl Lab {
    /// The start with one parameter of all nodes of a kind changed.
    fn with(&self, kind: &str, key: &str, value: impl Into<Value> + Clone) -> Report {
        let mut document = self.start.clone();
        for node in document.nodes.values_mut().filter(|node| node.kind == kind) {
            Rc::make_mut(node).params.set(key, value.clone());
        }
        report(&document)
    }

    fn number(&self, role: &str, key: &str) -> f64 {
        let id = self.start.node_by_role(role).expect("it has the role");
        match self.start.nodes[&id].params.get(key) {
            Some(Value::Number(number)) => *number,
            Some(Value::Variant(variant)) => ["mean", "rate"]
                .into_iter()
                .find_map(|key| match variant.params.get(key) {
                    Some(Value::Number(number)) => Some(*number),
                    _ => None,
                })
                .expect("it has a mean or a rate"),
            other => panic!("{role}.{key} is {other:?}"),
        }
    }

    /// Of a fault that multiplies traffic: times, starts, spans.
    fn traffic(&self, factor: f64) -> (Vec<f64>, f64) {
        let of = |params: &Params| params.get("factor") == Some(&Value::Number(factor));
        let faults: Vec<_> = self.start.faults.iter().filter(|fault| of(&fault.fault.params)).collect();
        let span = faults.first().and_then(|fault| fault.for_secs).unwrap_or(f64::NAN);
        (faults.iter().map(|fault| fault.at_secs).collect(), span)
    }
}

fn window<'a>(report: &'a Report, name: &str) -> &'a WindowReport {
    report.windows.iter().find(|window| window.name == name).expect("the lab has this window")
}

fn answered(report: &Report, name: &str) -> f64 {
    report.window(name).expect("the lab has this window").answered_share.0
}

fn goodput(report: &Report, name: &str) -> f64 {
    report.window(name).expect("the lab has this window").goodput.0
}

fn p99(report: &Report, name: &str) -> f64 {
    report.window(name).expect("the lab has this window").sojourn_time_offered.p99.0
}

/// Completed over arrived, of the clients with a role.
fn answered_of(report: &Report, name: &str, role: &str) -> f64 {
    let stations = &window(report, name).span.stations;
    let station = stations.iter().find(|station| station.role.as_deref() == Some(role)).expect("it has the role");
    station.outcomes.completed as f64 / station.arrivals as f64
}

fn chosen(id: &str, params: &[(&str, f64)]) -> Variant {
    Variant::new(id, params.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value)))
}

#[test]
fn the_newest_first() {
    let mut lab = Lab::open("newest-first");
    let (slots, work, rate) = (lab.number("newsroom", "slots"), 0.1, lab.number("readers", "profile"));
    let (begins, lasts) = lab.traffic(1.6);
    assert_eq!(lab.number("newsroom", "service_time"), work);
    lab.says(
        "10 slots, an article takes 100 ms: 100 readers a second can be served, and 80 come",
        slots / work == 100.0 && rate == 80.0,
    );
    lab.says(
        "At 15 seconds something happens in the world, and for 20 seconds 1.6 times as many",
        begins == [15.0] && lasts == 20.0,
    );
    lab.says("128 readers a second, and 100 can be served", rate * 1.6 == 128.0);
    lab.says("its 1,000 waiting places", lab.number("newsroom", "queue_limit") == 1_000.0);
    lab.says("70 % of all readers are answered during the rush, and 95 % after it", true);
    lab.says("on 3 seeds", true);
    lab.says("grows by 28 readers a second", (rate * 1.6 - slots / work - 28.0).abs() < 1e-9);
    lab.says("more than 100 long", 4.0 * 28.0 > 100.0);
    lab.says("Only 20 places a second become free", slots / work - rate == 20.0);
    let start = report(&lab.start);
    lab.says("About one reader in five is answered", (answered(&start, "rush") - 0.2).abs() < 0.05);
    lab.says("hardly anybody is answered, though no more come than always", answered(&start, "after") < 0.05);
    let newest = report(&lab.solutions[0].1);
    lab.says("In the rush about 80 % are answered", (answered(&newest, "rush") - 0.8).abs() < 0.03);
    lab.says("After the rush all is well at once", answered(&newest, "after") > 0.99);
    let sharing = lab.with("service", "discipline", chosen("processor-sharing", &[]));
    lab.says("Why is that no better than first come, first served?", answered(&sharing, "rush") < 0.3);
    let few = lab.with("service", "queue_limit", 50.0);
    lab.says("cut the waiting places to 50", answered(&few, "rush") > 0.7);
    lab.is_checked();
}

#[test]
fn a_queue_that_stands() {
    let mut lab = Lab::open("standing-queue");
    let (rate, fits) = (lab.number("fans", "profile"), lab.number("tickets", "slots") / 0.1);
    assert_eq!(lab.number("tickets", "service_time"), 0.1);
    let (bursts, burst) = lab.traffic(4.0);
    let (rush, lasts) = lab.traffic(1.7);
    lab.says("Tickets has 20 slots, an order takes 100 ms: 200 a second can be served. 140 come, and an answer is good within 400 ms", rate == 140.0 && fits == 200.0 && lab.start.good_within_secs == Some(0.4));
    lab.says(
        "At 8, 11, 14 and 17 seconds there is a burst: for 0.1 seconds 4 times as many",
        bursts == [8.0, 11.0, 14.0, 17.0] && burst == 0.1,
    );
    lab.says("At 25 seconds a rush begins, of 1.7 times as many for 30 seconds", rush == [25.0] && lasts == 30.0);
    lab.says("Keep p99 within 450 ms and answer 99.1 % while bursts come, and answer 150 a second", true);
    lab.says("During the rush 238 come and 200 can be served", (rate * 1.7 - 238.0).abs() < 1e-9);
    lab.says("There are 1,000 waiting places", lab.number("tickets", "queue_limit") == 1_000.0);
    lab.says("In the rush 38 a second must go unanswered", (rate * 1.7 - fits - 38.0).abs() < 1e-9);
    lab.says("on 3 seeds", true);
    let start = report(&lab.start);
    lab.says("fewer than 20 answers a second are in time", goodput(&start, "rush") < 20.0);
    let codel = |target: f64, interval: f64| {
        lab.with("service", "discipline", chosen("codel", &[("target", target), ("interval", interval)]))
    };
    let (network, slow, both) = (codel(0.005, 0.1), codel(0.1, 1.0), codel(0.15, 0.1));
    lab.says(
        "With the defaults of networks, 5 ms and 100 ms, it drops about 1 % of the requests around bursts",
        (answered(&network, "bursts") - 0.99).abs() < 0.005,
    );
    lab.says(
        "With an interval of a whole second it spares every burst, but in the rush",
        answered(&slow, "bursts") > 0.999 && goodput(&slow, "rush") < 40.0,
    );
    lab.says(
        "A target of 150 ms, half as long again as one order, with an interval of 100 ms does both",
        answered(&both, "bursts") > 0.991 && p99(&both, "bursts") < 0.45 && goodput(&both, "rush") > 170.0,
    );
    let newest = lab.with("service", "discipline", chosen("lifo", &[]));
    lab.says("serves the rush, too", goodput(&newest, "rush") > 180.0);
    lab.says("p99 is above 450 ms", p99(&newest, "bursts") > 0.45);
    let few = lab.with("service", "queue_limit", 40.0);
    lab.says("set the waiting places to 40", goodput(&few, "rush") > 150.0 && answered(&few, "bursts") > 0.991);
    lab.is_checked();
}

#[test]
fn two_buckets() {
    let mut lab = Lab::open("two-buckets");
    let (partner, browsers) = (lab.number("partner", "profile"), lab.number("browsers", "profile"));
    let (places, shop) = (
        lab.number("ledger", "slots") + lab.number("ledger", "queue_limit"),
        lab.number("shop", "slots") * lab.number("shop", "replicas"),
    );
    let ((_, partner_burst), (_, browser_burst)) = (lab.traffic(20.0), lab.traffic(10.0));
    lab.says(
        "20 requests a second, but now and then, for 0.2 seconds, 20 times as many: 80 at once",
        partner == 20.0 && partner_burst == 0.2 && partner * 20.0 * 0.2 == 80.0,
    );
    lab.says(
        "The ledger has 4 slots, 50 ms of work each, and 10 waiting places. It can do 80 a second",
        lab.number("ledger", "service_time") == 0.05 && places == 14.0,
    );
    lab.says(
        "40 requests a second, and in bursts for 0.1 seconds 10 times as many",
        browsers == 40.0 && browser_burst == 0.1,
    );
    lab.says("The shop has 80 slots", shop == 80.0);
    lab.says("97 % of the partner's requests answered, and the browsers' p99 down to 250 ms", true);
    lab.says("on 3 seeds", true);
    lab.says("a full bucket of 60 tokens lets 60 through in a moment, and the ledger has room for 14", places == 14.0);
    let start = report(&lab.start);
    lab.says(
        "About 73 % of the partner's requests around bursts are answered",
        (answered_of(&start, "bursts", "partner") - 0.73).abs() < 0.03,
    );
    let small = lab.with("gateway", "rate_limit", chosen("token-bucket", &[("rate", 40.0), ("burst", 10.0)]));
    lab.says("which is no better for the partner", answered_of(&small, "bursts", "partner") < 0.75);
    let solution = report(&lab.solutions[0].1);
    lab.says("and all of it is answered", answered_of(&solution, "bursts", "partner") > 0.98);
    let p99_of = |report: &Report| {
        let stations = &window(report, "bursts").span.stations;
        stations
            .iter()
            .find(|station| station.role.as_deref() == Some("browsers"))
            .expect("they are there")
            .sojourn_time
            .percentiles
            .p99
            .0
    };
    lab.says(
        "Waiting one's turn at 60 a second only makes the page slow: p99 is about 700 ms",
        (p99_of(&start) - 0.7).abs() < 0.1,
    );
    lab.is_checked();
}

#[test]
fn save_the_checkout() {
    let mut lab = Lab::open("save-the-checkout");
    let (shoppers, buyers) = (lab.number("shoppers", "profile"), lab.number("buyers", "profile"));
    let slots = lab.number("shop", "slots") * lab.number("shop", "replicas");
    let (begins, lasts) = lab.traffic(2.5);
    lab.says("2 machines with 10 slots each, and a request takes 100 ms: 200 a second. 120 a second come from window shoppers and 30 from buyers", slots == 20.0 && lab.number("shop", "service_time") == 0.1 && shoppers == 120.0 && buyers == 30.0);
    lab.says(
        "At 20 seconds somebody famous mentions the shop, and for 30 seconds 2.5 times as many",
        begins == [20.0] && lasts == 30.0,
    );
    lab.says("good within 500 ms", lab.start.good_within_secs == Some(0.5));
    lab.says("97 % of all buyers during the rush, and 150 requests a second", true);
    lab.says(
        "300 window shoppers and 30 buyers a second, for 200 places a second. Each machine lets 100 wait",
        shoppers * 2.5 == 300.0 && lab.number("shop", "queue_limit") == 100.0,
    );
    lab.says("on 3 seeds", true);
    let start = report(&lab.start);
    lab.says("four in ten buyers find it full", (1.0 - answered_of(&start, "rush", "buyers") - 0.4).abs() < 0.05);
    lab.says("hardly any answer is good", goodput(&start, "rush") < 20.0);
    let adaptive = lab.with("gateway", "shedding", chosen("gradient", &[("least", 10.0), ("most", 100.0)]));
    lab.says("nearly 200 answers a second are in time", goodput(&adaptive, "rush") > 185.0);
    lab.says(
        "three in five are let in, of either",
        ["buyers", "shoppers"].iter().all(|role| (answered_of(&adaptive, "rush", role) - 0.6).abs() < 0.05),
    );
    lab.says("130 a second", shoppers * 2.5 + buyers - slots / 0.1 == 130.0);
    lab.says("From 24 on, 60 % of a limit of 40", 0.6 * 40.0 == 24.0);
    lab.says("Since 24 requests are enough to keep the 20 slots busy", slots == 20.0);
    let solution = report(&lab.solutions[0].1);
    lab.says(
        "More than 99 % of the buyers are answered, and more than 190 requests a second",
        answered_of(&solution, "rush", "buyers") > 0.99 && goodput(&solution, "rush") > 190.0,
    );
    let wide = lab.with("gateway", "shedding", chosen("priority", &[("limit", 400.0)]));
    lab.says("With 400 the door never closes before the queue is long", goodput(&wide, "rush") < 100.0);
    let open_longer = lab.with("gateway", "shedding", chosen("priority", &[("limit", 40.0), ("low_until", 0.95)]));
    lab.says(
        "Let low priority in until 95 %",
        answered_of(&open_longer, "rush", "buyers") < answered_of(&solution, "rush", "buyers"),
    );
    lab.is_checked();
}
