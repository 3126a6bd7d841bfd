//! Queue disciplines against queueing theory, by the method of `theory.rs`; what a gateway lets in against its limit; and
//! that changing the discipline of a full queue loses nobody.

use headroom::engine::stats::Interval;
use headroom::engine::time::SimTime;
use headroom::model::analytic::{self, Class};
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::System;
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, exponential, run, single_queue, source, system, variant, wire};

/// Figures in this file: LIFO 2, processor sharing 3, priorities 2 times 2.
const FAMILY: u32 = 9;
const CONFIDENCE: f64 = 0.999;

fn replications() -> u64 {
    if std::env::var_os("HEADROOM_FULL").is_some() { 120 } else { 40 }
}

#[track_caller]
fn check(what: &str, values: &[f64], theory: f64) {
    let interval = Interval::of_mean(values, CONFIDENCE, FAMILY).expect("many replications");
    let Interval { mean, half_width } = interval;
    assert!(interval.contains(theory), "{what}: {mean} ± {half_width} does not hold {theory}");
    assert!(half_width <= 0.02 * theory, "{what}: ± {half_width} is more than 2 % of {theory}: run longer");
}

fn named(id: &str) -> Value {
    Value::Variant(Variant::new(id, Params::new()))
}

fn queue(rate: f64, discipline: &str, service_time: Value, requests: f64, seed: u64) -> Document {
    let service = [
        ("slots", Value::from(1.0)),
        ("service_time", service_time),
        ("queue_limit", Value::from(1e6)),
        ("discipline", named(discipline)),
    ];
    Document { warm_up_secs: 500.0, ..single_queue(rate, &service, 500.0 + requests / rate, seed) }
}

/// Mean and second moment of the sojourn times of all that a station (or source) has seen answered.
fn moments(system: &System, node: NodeId) -> (f64, f64) {
    let times = system.station_meter(node).expect("it is part of the system").whole(system.now()).times;
    let (mut count, mut sum) = (0.0, 0.0);
    for (from, to, requests) in times.buckets() {
        let middle = f64::midpoint(from, to);
        count += requests as f64;
        sum += requests as f64 * middle * middle;
    }
    (times.mean().expect("requests were completed"), sum / count)
}

fn moments_at_the_service(document: &Document) -> (f64, f64) {
    moments(&run(document), document.node_by_role("Service").expect("the fixture labels it so"))
}

/// Last come, first served: the mean of first come, first served, and a larger second moment.
#[test]
fn lifo_waits_as_long_on_average_and_varies_more() {
    let (mut means, mut squares) = (Vec::new(), Vec::new());
    for seed in 1..=replications() {
        let (mean, square) = moments_at_the_service(&queue(0.5, "lifo", exponential(1.0), 300_000.0, seed));
        means.push(mean);
        squares.push(square);
    }
    check("LIFO, mean", &means, analytic::mm1(0.5, 1.0).expect("stable").sojourn_time);
    let theory = |last_come_first| analytic::mm1_sojourn_time_second_moment(0.5, 1.0, last_come_first).expect("stable");
    check("LIFO, second moment", &squares, theory(true));
    // By hand: waits of mean 1 and second moment 4 or 8, and a service of second moment 2.
    assert!((theory(false) - 8.0).abs() < 1e-12 && (theory(true) - 12.0).abs() < 1e-12);
}

/// Processor sharing does not care how service times vary.
#[test]
fn processor_sharing_depends_on_the_mean_alone() {
    let theory = analytic::mg1_ps_sojourn_time(0.6, 1.0).expect("stable");
    let wild = variant("hyperexponential", &[("mean", 1.0), ("scv", 4.0)]);
    for (name, time) in [("M/M/1-PS", exponential(1.0)), ("M/D/1-PS", constant(1.0)), ("M/H2/1-PS", wild)] {
        let mean = |seed| moments_at_the_service(&queue(0.6, "processor-sharing", time.clone(), 100_000.0, seed)).0;
        check(name, &(1..=replications()).map(mean).collect::<Vec<f64>>(), theory);
    }
}

/// Two classes of clients at one server.
fn two_classes(discipline: &str, seed: u64) -> (f64, f64) {
    let mut document = Document { seed, run_length_secs: 300_500.0, warm_up_secs: 500.0, ..Document::default() };
    let mut clients = |word: &str| {
        let row = Value::List(vec![Value::from(word), Value::Number(1.0), Value::from("")]);
        let params = [("profile", variant("constant", &[("rate", 0.3)])), ("priorities", Value::List(vec![row]))];
        add(&mut document, "source", word, &params)
    };
    let (high, low) = (clients("high"), clients("low"));
    let service = [
        ("slots", Value::from(1.0)),
        ("service_time", exponential(1.0)),
        ("queue_limit", Value::from(1e6)),
        ("discipline", named(discipline)),
    ];
    let service = add(&mut document, "service", "Service", &service);
    for clients in [high, low] {
        wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    }
    let system = run(&document);
    (moments(&system, high).0, moments(&system, low).0)
}

#[test]
fn priorities_wait_as_cobham_says() {
    let class = Class { arrival_rate: 0.3, service_time: 1.0, scv: 1.0 };
    for (discipline, preemption) in [("priority", false), ("preemptive-priority", true)] {
        let theory = analytic::mg1_priority_sojourn_times(&[class; 2], preemption).expect("stable");
        let runs: Vec<(f64, f64)> = (1..=replications()).map(|seed| two_classes(discipline, seed)).collect();
        check(&format!("{discipline}, high"), &runs.iter().map(|run| run.0).collect::<Vec<f64>>(), theory[0]);
        check(&format!("{discipline}, low"), &runs.iter().map(|run| run.1).collect::<Vec<f64>>(), theory[1]);
    }
    // By hand: half the work in service is 0.6; the high class alone makes 0.3.
    let by_hand = |preemption| analytic::mg1_priority_sojourn_times(&[class; 2], preemption).expect("stable");
    let near = |times: Vec<f64>, expected: [f64; 2]| {
        assert!(times.iter().zip(expected).all(|(time, expected)| (time - expected).abs() < 1e-12), "{times:?}");
    };
    near(by_hand(false), [1.0 + 0.6 / 0.7, 1.0 + 0.6 / (0.7 * 0.4)]);
    near(by_hand(true), [1.0 + 0.3 / 0.7, 1.0 / 0.7 + 0.6 / (0.7 * 0.4)]);
    // The same demand, first come, first served: the mean over both classes is what it is without priorities.
    let fifo = analytic::mm1(0.6, 1.0).expect("stable").sojourn_time;
    let [high, low] = by_hand(false).try_into().expect("two classes");
    assert!((f64::midpoint(high, low) - fifo).abs() < 1e-12);
}

/// A full queue goes through all disciplines, one after the other: everybody is answered, nobody twice.
#[test]
fn changing_the_discipline_of_a_full_queue_loses_nobody() {
    for shared in ["per_replica", "shared"] {
        let service = [
            ("replicas", Value::from(2.0)),
            ("slots", Value::from(2.0)),
            ("service_time", exponential(0.05)),
            ("queue_limit", Value::from(1e6)),
            ("queue", Value::from(shared)),
        ];
        let mut document = single_queue(100.0, &service, 40.0, 5);
        let node = document.node_by_role("Service").expect("the fixture labels it so");
        let mut system = system(&document);
        let disciplines: Vec<&str> = headroom::model::discipline::entries().iter().map(|entry| entry.id).collect();
        for step in 0..60_u64 {
            system.advance(SimTime::from_secs_f64(0.5 * (step + 1) as f64), u64::MAX);
            let mut service = (*document.nodes[&node]).clone();
            // The two that drop would be no proof that nobody is lost.
            let kept: Vec<&&str> =
                disciplines.iter().filter(|id| !["codel", "controlled-delay"].contains(*id)).collect();
            service.params.set("discipline", Variant::new(kept[(step * 5 % 6) as usize], Params::new()));
            document.nodes.insert(node, service.into());
            let (plan, problems) = plan(&document);
            system.rebuild(&plan.unwrap_or_else(|| panic!("{problems:#?}")));
        }
        system.advance(SimTime::NEVER, u64::MAX);
        let totals = &system.totals().run;
        assert!(totals.offered > 3_500, "{}", totals.offered);
        assert_eq!(totals.completed(), totals.offered, "{shared}: everybody is answered");
    }
}

/// 200 requests a second against 50 a second and 30 at once: what is let in is what the bucket holds, to the request.
#[test]
fn a_gateway_lets_in_what_its_bucket_holds() {
    let mut document = Document { seed: 3, run_length_secs: 20.0, ..Document::default() };
    let clients = source(&mut document, 200.0);
    let bucket = variant("token-bucket", &[("rate", 50.0), ("burst", 30.0)]);
    let gateway =
        add(&mut document, "gateway", "Gateway", &[("rate_limit", bucket), ("health_checks", Value::from(false))]);
    let service =
        add(&mut document, "service", "Service", &[("slots", Value::from(100.0)), ("service_time", constant(0.001))]);
    wire(&mut document, clients, gateway, &[("latency", constant(0.0))]);
    wire(&mut document, gateway, service, &[("latency", constant(0.0))]);
    let totals = run(&document).totals().run.clone();
    // The bucket never fills again, so all 30 + 20 × 50 tokens are taken but for less than one.
    assert_eq!(totals.completed(), 1_029, "30 + 20 × 50, less the one whose token comes with the end");
    assert_eq!(totals.by_outcome[Outcome::Rejected.index()], totals.offered - totals.completed());
    assert_eq!(totals.by_reason[Reason::RateLimited.index()], totals.offered - totals.completed());
}

/// A shaper lets the same burst in as a meter, but one after the other.
#[test]
fn a_shaper_turns_a_burst_into_waiting() {
    let times = |excess: &str| {
        let mut document = Document { seed: 3, run_length_secs: 30.0, ..Document::default() };
        let params = Params::new().with("rate", 100.0).with("burst", 200.0).with("excess", excess);
        let bucket = Value::Variant(Variant::new("leaky-bucket", params));
        let clients = source(&mut document, 90.0);
        let gateway =
            add(&mut document, "gateway", "Gateway", &[("rate_limit", bucket), ("health_checks", Value::from(false))]);
        let params = [("slots", Value::from(1_000.0)), ("service_time", constant(0.001))];
        let service = add(&mut document, "service", "Service", &params);
        wire(&mut document, clients, gateway, &[("latency", constant(0.0))]);
        wire(&mut document, gateway, service, &[("latency", constant(0.0))]);
        let system = run(&document);
        assert_eq!(system.totals().run.completed(), system.totals().run.offered);
        (
            system.totals().run.times.mean().expect("answers"),
            system.station_meter(gateway).expect("there").whole(system.now()).queue_secs,
        )
    };
    let ((meter, in_front), (shaper, waiting)) = (times("pass"), times("wait"));
    assert!((meter - 0.001).abs() < 1e-4 && in_front == 0.0, "{meter}, {in_front}");
    assert!(shaper > 0.02 && waiting > 10.0, "{shaper}, {waiting}");
}

/// A client that runs out of patience leaves; the work for them goes on, and their slots are not free for others.
#[test]
fn users_leave_and_their_work_goes_on() {
    let mut document = Document { seed: 1, run_length_secs: 10.0, ..Document::default() };
    let clients = add(
        &mut document,
        "source",
        "Clients",
        &[("profile", variant("constant", &[("rate", 20.0)])), ("patience", constant(0.5))],
    );
    let service =
        add(&mut document, "service", "Service", &[("slots", Value::from(5.0)), ("service_time", constant(1.0))]);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    let system = run(&document);
    let totals = &system.totals().run;
    assert_eq!(totals.by_outcome[Outcome::Abandoned.index()], totals.offered, "nobody waits a second");
    assert_eq!(totals.by_reason[Reason::ClientLeft.index()], totals.offered);
    let levels = system.station_meter(service).expect("there").whole(system.now());
    assert!(levels.by_outcome[Outcome::Completed.index()] >= 45, "the service did the work all the same");
}

/// A priority shedder in front of what is full: the important are served, the others turned away by name.
#[test]
fn shedding_by_priority_saves_what_matters() {
    let mut document = Document { seed: 1, run_length_secs: 30.0, ..Document::default() };
    let row = |word: &str, weight: f64| Value::List(vec![Value::from(word), Value::Number(weight), Value::from("")]);
    let priorities = Value::List(vec![row("high", 1.0), row("normal", 1.0), row("low", 2.0)]);
    let clients = add(
        &mut document,
        "source",
        "Clients",
        &[("profile", variant("constant", &[("rate", 200.0)])), ("priorities", priorities)],
    );
    let shedding = variant("priority", &[("limit", 20.0), ("low_until", 0.4), ("normal_until", 0.7)]);
    let gateway =
        add(&mut document, "gateway", "Gateway", &[("shedding", shedding), ("health_checks", Value::from(false))]);
    let service =
        add(&mut document, "service", "Service", &[("slots", Value::from(10.0)), ("service_time", exponential(0.1))]);
    wire(&mut document, clients, gateway, &[("latency", constant(0.0))]);
    wire(&mut document, gateway, service, &[("latency", constant(0.0))]);
    let totals = run(&document).totals().run.clone();
    let refused = |reason: Reason| totals.by_reason[reason.index()] as f64 / totals.offered as f64;
    // 200 are offered, 100 fit, 50 of them high: of high almost none, of low most are turned away.
    assert!(refused(Reason::ConcurrencyLimit) < 0.02, "{}", refused(Reason::ConcurrencyLimit));
    assert!((0.4..0.6).contains(&refused(Reason::LowPriority)), "{}", refused(Reason::LowPriority));
}

fn regular(document: &mut Document, rate: f64, priority: &str) -> NodeId {
    let row = Value::List(vec![Value::from(priority), Value::Number(1.0), Value::from("")]);
    let params = [
        ("arrivals", named("regular")),
        ("profile", variant("constant", &[("rate", rate)])),
        ("priorities", Value::List(vec![row])),
    ];
    add(document, "source", priority, &params)
}

/// One token a second, 20 requests: the second is told how much of a token there was, and when there will be one.
#[test]
fn why_a_request_was_refused_is_told_with_its_numbers() {
    let mut document = Document { run_length_secs: 2.0, ..Document::default() };
    let clients = regular(&mut document, 20.0, "normal");
    let bucket = variant("token-bucket", &[("rate", 1.0), ("burst", 1.0)]);
    let gateway =
        add(&mut document, "gateway", "Gateway", &[("rate_limit", bucket), ("health_checks", Value::from(false))]);
    let service = add(&mut document, "service", "Service", &[("service_time", constant(0.001))]);
    wire(&mut document, clients, gateway, &[("latency", constant(0.0))]);
    wire(&mut document, gateway, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    system.follow(clients, 1);
    system.advance(SimTime::NEVER, u64::MAX);
    let journey = system.followed().expect("it was born");
    assert_eq!(journey.ended.map(|end| end.reason), Some(Reason::RateLimited));
    let said = &journey.tries[0].said;
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].who, "Rate limit, token bucket");
    assert!(said[0].words.starts_with("bucket empty: 0.") && said[0].words.ends_with("the next in 950 ms"), "{said:?}");
}

/// Work that begins at 10 s, stops at 10.5 s for one that matters more and takes a second, and is done at 12 s.
#[test]
fn interrupted_work_goes_on_where_it_stopped() {
    let mut document = Document { run_length_secs: 15.0, ..Document::default() };
    let low = regular(&mut document, 1.0 / 10.0, "low");
    let high = regular(&mut document, 1.0 / 10.5, "high");
    let service =
        [("slots", Value::from(1.0)), ("service_time", constant(1.0)), ("discipline", named("preemptive-priority"))];
    let service = add(&mut document, "service", "Service", &service);
    wire(&mut document, low, service, &[("latency", constant(0.0))]);
    wire(&mut document, high, service, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    system.follow(low, 0);
    system.advance(SimTime::NEVER, u64::MAX);
    let journey = system.followed().expect("it was born");
    let secs = |at: f64| SimTime::from_secs_f64(at).0;
    assert_eq!(journey.tries[0].interrupted, [(secs(10.5), Some(secs(11.5)))]);
    assert_eq!(journey.ended.map(|end| end.at), Some(secs(12.0)));
    let times: Vec<(&str, u64)> = journey.times().iter().map(|(kind, nanos)| (kind.word(), *nanos)).collect();
    assert_eq!(times.len(), 2);
    assert!(times.contains(&("work", secs(1.0))) && times.contains(&("queue", secs(1.0))), "{times:?}");
}
