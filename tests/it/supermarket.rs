//! The power of two choices in the simulation against the supermarket model, through the product's own way: document,
//! compile, run.
//!
//! Method as in `theory.rs`: independent replications on seeds fixed beforehand, each after a warm-up that is left out; the
//! confidence interval of the mean, at 99.9 % for the figures of this file together, must hold the closed form, and its
//! half-width must be at most 2 % of it. The closed form is the limit of ever more queues; 400 of them miss it by about a
//! quarter of a percent at two choices and utilization 0.9 (Mitzenmacher, table 1: 1.2 % at 100, 0.2 % at 500), well within
//! the half-width.

use headroom::engine::stats::Interval;
use headroom::engine::time::SimTime;
use headroom::model::analytic::supermarket_sojourn_time;
use headroom::model::params::Value;
use headroom::topology::document::Document;

use crate::fixture::{add, constant, exponential, source, system, variant, wire};

const FAMILY: u32 = 4;
const CONFIDENCE: f64 = 0.999;
const QUEUES: f64 = 400.0;

fn replications() -> u64 {
    if std::env::var_os("HEADROOM_FULL").is_some() { 90 } else { 30 }
}

/// One balancer before replicas of one slot each. With several choices, or at half load, queues settle within some ten
/// service times, of 1 s.
fn document(strategy: Value, rate_per_queue: f64, seed: u64) -> Document {
    let (warm_up_secs, measured_secs) = if rate_per_queue > 0.8 { (50.0, 160.0) } else { (30.0, 80.0) };
    let run_length_secs = warm_up_secs + measured_secs;
    let mut document = Document { seed, run_length_secs, warm_up_secs, ..Document::default() };
    let clients = source(&mut document, rate_per_queue * QUEUES);
    let balancer = [("strategy", strategy), ("health_checks", Value::from(false))];
    let balancer = add(&mut document, "balancer", "Balancer", &balancer);
    let service = [
        ("replicas", Value::from(QUEUES)),
        ("slots", Value::from(1.0)),
        ("service_time", exponential(1.0)),
        ("queue_limit", Value::from(1e6)),
    ];
    let service = add(&mut document, "service", "Service", &service);
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
    document
}

#[track_caller]
fn check(strategy: &Value, rate: f64, choices: u32) {
    let theory = supermarket_sojourn_time(rate, 1.0, choices).expect("stable");
    let times: Vec<f64> = (1..=replications())
        .map(|seed| {
            let mut system = system(&document(strategy.clone(), rate, seed));
            system.advance(SimTime::NEVER, u64::MAX);
            system.totals().run.times.mean().expect("requests were completed")
        })
        .collect();
    let Interval { mean, half_width } = Interval::of_mean(&times, CONFIDENCE, FAMILY).expect("many replications");
    assert!((mean - theory).abs() <= half_width, "{choices} at {rate}: {mean} ± {half_width} does not hold {theory}");
    assert!(
        half_width <= 0.02 * theory,
        "{choices} at {rate}: ± {half_width} is more than 2 % of {theory}: run longer"
    );
}

fn choices(d: f64) -> Value {
    variant("power-of-d-choices", &[("d", d)])
}

/// 2.6 service times where one choice, M/M/1, takes 10.
#[test]
fn two_choices_at_nine_tenths() {
    check(&choices(2.0), 0.9, 2);
}

#[test]
fn three_choices_at_seven_tenths() {
    check(&choices(3.0), 0.7, 3);
}

#[test]
fn one_choice_is_no_choice() {
    check(&choices(1.0), 0.5, 1);
}

/// Envoy may draw the same one twice: among 400 that hardly matters.
#[test]
fn least_request_with_replacement_does_as_well() {
    check(&variant("weighted-least-request", &[("choices", 2.0)]), 0.7, 2);
}
