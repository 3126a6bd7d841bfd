//! The simulation against queueing theory, through the product's own way: document, compile, run.
//!
//! Method. Each case runs in independent replications on seeds fixed beforehand (1 to 40; 1 to 120 with
//! `HEADROOM_FULL`), each after a warm-up that is left out. For every figure the confidence interval of its mean over
//! the replications is computed by Student's t at 99.9 % *for all figures of this file together* (Bonferroni). The test
//! demands both that the interval holds the closed form and that its half-width is at most 2 % of it: the first alone
//! would pass with few and noisy runs, the second alone with a wrong model. If the model is right, the file fails for
//! one choice of seeds in a thousand, and as the seeds are fixed, for ever or never.

use headroom::engine::stats::Interval;
use headroom::engine::time::SimTime;
use headroom::model::analytic::{self, QueueMeans};
use headroom::model::outcome::Outcome;
use headroom::model::params::Value;
use headroom::topology::document::Document;

use crate::fixture::{add, constant, exponential, single_queue, source, system, variant, wire};

/// Figures in this file: 6 queues without limit with 4 each, one with a limit with 5, Little's law with 2.
const FAMILY: u32 = 31;
const CONFIDENCE: f64 = 0.999;

fn replications() -> u64 {
    if std::env::var_os("HEADROOM_FULL").is_some() { 120 } else { 40 }
}

/// What a replication measured between its warm-up and its end.
struct Measured {
    sojourn_time: f64,
    utilization: f64,
    queue_length: f64,
    /// Completions per second.
    throughput: f64,
    /// Share of arrivals rejected.
    blocking: f64,
}

/// Runs the station labelled "Service" of `document` once.
fn measure(document: &Document) -> Measured {
    let service = document.node_by_role("Service").expect("the fixture labels it so");
    let mut system = system(document);
    let end = SimTime::from_secs_f64(document.run_length_secs);
    system.advance(end, u64::MAX);
    // Levels are averaged while the source sends; draining would pull them down.
    let levels = system.station_meter(service).expect("it is part of the system").whole(end);
    system.advance(SimTime::NEVER, u64::MAX);
    let tally = &system.totals().run;
    assert_eq!(tally.in_flight(), 0, "the run drains");
    Measured {
        sojourn_time: tally.times.mean().expect("requests were completed"),
        utilization: levels.utilization(),
        queue_length: levels.queue_secs / levels.secs(),
        throughput: tally.completed() as f64 / levels.secs(),
        blocking: tally.by_outcome[Outcome::Rejected.index()] as f64 / tally.offered as f64,
    }
}

fn replicate(document: impl Fn(u64) -> Document) -> Vec<Measured> {
    (1..=replications()).map(|seed| measure(&document(seed))).collect()
}

#[track_caller]
fn check(what: &str, values: impl Iterator<Item = f64>, theory: f64) {
    let values: Vec<f64> = values.collect();
    let interval = Interval::of_mean(&values, CONFIDENCE, FAMILY).expect("many replications");
    let Interval { mean, half_width } = interval;
    assert!(interval.contains(theory), "{what}: {mean} ± {half_width} does not hold {theory}");
    assert!(half_width <= 0.02 * theory, "{what}: ± {half_width} is more than 2 % of {theory}: run longer");
}

/// A queue without limit, its rates in units of one service time of 1 s; `length` in requests after the warm-up.
fn open_queue(rate: f64, slots: u32, service_time: &Value, length: f64, seed: u64) -> Document {
    let service = [
        ("slots", Value::from(f64::from(slots))),
        ("service_time", service_time.clone()),
        ("queue_limit", Value::from(1e6)),
    ];
    // From empty, a queue settles within some relaxation times, 1/(1 − √ρ)² service times each: 500 s are at least ten.
    let warm_up_secs = 500.0;
    let document = single_queue(rate, &service, warm_up_secs + length / rate, seed);
    Document { warm_up_secs, ..document }
}

#[track_caller]
fn check_open_queue(name: &str, rate: f64, theory: QueueMeans, document: impl Fn(u64) -> Document) {
    let runs = replicate(document);
    check(&format!("{name}, sojourn time"), runs.iter().map(|run| run.sojourn_time), theory.sojourn_time);
    check(&format!("{name}, queue length"), runs.iter().map(|run| run.queue_length), theory.queue_length);
    check(&format!("{name}, utilization"), runs.iter().map(|run| run.utilization), theory.utilization);
    check(&format!("{name}, throughput"), runs.iter().map(|run| run.throughput), rate);
}

#[test]
fn mm1() {
    let theory = analytic::mm1(0.7, 1.0).expect("stable");
    check_open_queue("M/M/1", 0.7, theory, |seed| open_queue(0.7, 1, &exponential(1.0), 120_000.0, seed));
}

#[test]
fn mmc() {
    let theory = analytic::mmc(3.5, 1.0, 5).expect("stable");
    check_open_queue("M/M/5", 3.5, theory, |seed| open_queue(3.5, 5, &exponential(1.0), 400_000.0, seed));
}

#[test]
fn md1() {
    let theory = analytic::md1(0.7, 1.0).expect("stable");
    check_open_queue("M/D/1", 0.7, theory, |seed| open_queue(0.7, 1, &constant(1.0), 60_000.0, seed));
}

#[test]
fn mg1_erlang() {
    let theory = analytic::mg1(0.7, 1.0, 0.25).expect("stable");
    let erlang = variant("erlang", &[("mean", 1.0), ("stages", 4.0)]);
    check_open_queue("M/E4/1", 0.7, theory, |seed| open_queue(0.7, 1, &erlang, 80_000.0, seed));
}

#[test]
fn mg1_hyperexponential() {
    let theory = analytic::mg1(0.5, 1.0, 4.0).expect("stable");
    let wild = variant("hyperexponential", &[("mean", 1.0), ("scv", 4.0)]);
    check_open_queue("M/H2/1", 0.5, theory, |seed| open_queue(0.5, 1, &wild, 250_000.0, seed));
}

#[test]
fn mg1_lognormal() {
    let theory = analytic::mg1(0.5, 1.0, 1.0).expect("stable");
    let lognormal = variant("lognormal", &[("mean", 1.0), ("scv", 1.0)]);
    check_open_queue("M/LN/1", 0.5, theory, |seed| open_queue(0.5, 1, &lognormal, 120_000.0, seed));
}

/// Three slots and seven waiting places under more than they can carry.
#[test]
fn mmck() {
    let (rate, slots, waiting_places) = (3.2, 3, 7);
    let theory = analytic::mmck(rate, 1.0, slots, slots + waiting_places).expect("valid");
    let runs = replicate(|seed| {
        let limit = ("queue_limit", Value::from(f64::from(waiting_places)));
        let slots = ("slots", Value::from(f64::from(slots)));
        let service = [slots, limit, ("service_time", exponential(1.0))];
        Document { warm_up_secs: 500.0, ..single_queue(rate, &service, 500.0 + 60_000.0 / rate, seed) }
    });
    check("M/M/3/10, blocking", runs.iter().map(|run| run.blocking), theory.blocking);
    check("M/M/3/10, sojourn time", runs.iter().map(|run| run.sojourn_time), theory.sojourn_time);
    check("M/M/3/10, queue length", runs.iter().map(|run| run.queue_length), theory.queue_length);
    check("M/M/3/10, utilization", runs.iter().map(|run| run.utilization), theory.utilization);
    check("M/M/3/10, throughput", runs.iter().map(|run| run.throughput), theory.throughput);
}

/// Little's law, L = λW, where no closed form helps: log-normal work behind a balancer, with latency, at two replicas
/// with queues of their own. L is integrated over time at the station, λ and W are counted by request: different code.
#[test]
fn littles_law_at_a_station_and_in_the_system() {
    let mut at_the_station = Vec::new();
    let mut in_queue = Vec::new();
    for seed in 1..=replications() {
        let mut document = Document { seed, run_length_secs: 4_000.0, warm_up_secs: 100.0, ..Document::default() };
        let clients = source(&mut document, 20.0);
        let balancer = add(&mut document, "balancer", "Balancer", &[("health_checks", Value::from(false))]);
        let time = variant("lognormal", &[("mean", 0.25), ("scv", 2.0)]);
        let service = [("replicas", Value::from(2.0)), ("slots", Value::from(3.0)), ("service_time", time)];
        let service = add(&mut document, "service", "Service", &service);
        wire(&mut document, clients, balancer, &[("latency", exponential(0.05))]);
        wire(&mut document, balancer, service, &[("latency", constant(0.01))]);
        let mut system = system(&document);
        let end = SimTime::from_secs_f64(document.run_length_secs);
        system.advance(end, u64::MAX);
        let levels = system.station_meter(service).expect("it is part of the system").whole(end);
        let stay = levels.times.mean().expect("requests were completed");
        let rate = levels.arrivals() as f64 / levels.secs();
        let number = (levels.busy_secs + levels.queue_secs) / levels.secs();
        at_the_station.push(number / (rate * stay));
        in_queue.push(levels.queue_secs / levels.arrivals() as f64 / (stay - 0.25));
    }
    check("L over λW at the station", at_the_station.into_iter(), 1.0);
    check("waiting by queue length over waiting by time", in_queue.into_iter(), 1.0);
}
