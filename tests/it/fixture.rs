//! Documents for tests, built in a line or two.

use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::System;
use headroom::topology::compile::compile;
use headroom::topology::document::{Document, Edge, EdgeId, Node, NodeId, Point};

pub fn variant(id: &str, params: &[(&str, f64)]) -> Value {
    let mut all = Params::new();
    for (key, value) in params {
        all.set(key, *value);
    }
    Value::Variant(Variant::new(id, all))
}

pub fn exponential(mean: f64) -> Value {
    variant("exponential", &[("mean", mean)])
}

pub fn constant(secs: f64) -> Value {
    variant("deterministic", &[("mean", secs)])
}

pub fn add(document: &mut Document, kind: &str, label: &str, params: &[(&str, Value)]) -> NodeId {
    let mut all = Params::new();
    for (key, value) in params {
        all.set(key, value.clone());
    }
    document.add_node(Node {
        kind: kind.to_owned(),
        label: label.to_owned(),
        role: None,
        area: None,
        at: Point::default(),
        params: all,
    })
}

pub fn wire(document: &mut Document, from: NodeId, to: NodeId, params: &[(&str, Value)]) -> EdgeId {
    let mut all = Params::new();
    for (key, value) in params {
        all.set(key, value.clone());
    }
    document.add_edge(Edge { from, to, params: all })
}

pub fn source(document: &mut Document, rate: f64) -> NodeId {
    add(document, "source", "Clients", &[("profile", variant("constant", &[("rate", rate)]))])
}

/// One source, one service, no latency.
pub fn single_queue(rate: f64, service: &[(&str, Value)], secs: f64, seed: u64) -> Document {
    let mut document = Document { seed, run_length_secs: secs, ..Document::default() };
    let clients = source(&mut document, rate);
    let service = add(&mut document, "service", "Service", service);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    document
}

#[track_caller]
pub fn system(document: &Document) -> System {
    let (system, problems) = compile(document);
    system.unwrap_or_else(|| panic!("{problems:#?}"))
}

/// Runs to the end.
#[track_caller]
pub fn run(document: &Document) -> System {
    let mut system = system(document);
    system.advance(headroom::engine::time::SimTime::NEVER, u64::MAX);
    assert!(system.finished());
    system
}
