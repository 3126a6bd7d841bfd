//! The "cluster" workload through the product's own model, from a document, with all its statistics on.
//!
//! Open Poisson arrivals, round robin over 10 services of 8 slots, exponential service of mean 1 s, utilization 0.8,
//! 50 ms constant latency each way. Health checks are off: the reference programs have none.

mod support;

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::topology::compile::compile;
use headroom::topology::document::{Document, Edge, Node, NodeId, Point};

const SERVICES: u32 = 10;
const SLOTS: f64 = 8.0;
const ARRIVAL_RATE: f64 = 64.0;
const RUN_LENGTH_SECS: f64 = 1_000_000.0 / ARRIVAL_RATE;

fn main() {
    support::measure("Headroom", 5, run);
}

fn run(seed: u64) -> support::Work {
    let (system, problems) = compile(&cluster(seed + 1));
    let Some(mut system) = system else { panic!("{problems:?}") };
    system.advance(SimTime::NEVER, u64::MAX);
    let tally = &system.totals().run;
    let completed = "every request of this workload is completed";
    support::Work {
        requests: tally.completed(),
        mean_secs: tally.times.mean().expect(completed),
        p99_secs: tally.times.percentile(99.0).expect(completed),
    }
}

fn cluster(seed: u64) -> Document {
    let mut document = Document { seed, run_length_secs: RUN_LENGTH_SECS, ..Document::default() };
    let variant = |id: &str, key: &str, value: f64| Value::Variant(Variant::new(id, Params::new().with(key, value)));
    let latency = |secs: f64| Params::new().with("latency", variant("deterministic", "mean", secs));
    let clients = Params::new().with("profile", variant("constant", "rate", ARRIVAL_RATE));
    let clients = add(&mut document, "source", clients);
    let balancer = Params::new()
        .with("strategy", Value::Variant(Variant::new("round-robin", Params::new())))
        .with("health_checks", false);
    let balancer = add(&mut document, "balancer", balancer);
    document.add_edge(Edge { from: clients, to: balancer, params: latency(0.0) });
    for _ in 0..SERVICES {
        let service = Params::new()
            .with("slots", SLOTS)
            .with("queue_limit", 1_000_000.0)
            .with("service_time", variant("exponential", "mean", 1.0));
        let service = add(&mut document, "service", service);
        document.add_edge(Edge { from: balancer, to: service, params: latency(0.050) });
    }
    document
}

fn add(document: &mut Document, kind: &str, params: Params) -> NodeId {
    let label = format!("{kind} {}", document.nodes.len());
    document.add_node(Node { kind: kind.to_owned(), label, role: None, area: None, at: Point::default(), params })
}
