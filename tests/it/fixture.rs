//! Documents for tests, built in a line or two.

use std::sync::atomic::{AtomicUsize, Ordering};

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{LiveFault, System};
use headroom::topology::compile::compile;
use headroom::topology::document::{Document, Edge, EdgeId, Node, NodeId, Point};

fn numbers(params: &[(&str, f64)]) -> Params {
    params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value))
}

pub fn variant(id: &str, params: &[(&str, f64)]) -> Value {
    Value::Variant(Variant::new(id, numbers(params)))
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

/// Clients that send every `1/rate` seconds, the first after that time.
pub fn regular(document: &mut Document, rate: f64) -> NodeId {
    let clients = source(document, rate);
    set(document, clients, "arrivals", variant("regular", &[]));
    clients
}

pub fn set(document: &mut Document, node: NodeId, key: &str, value: impl Into<Value>) {
    let node = document.nodes.get_mut(&node).expect("the node is there");
    std::rc::Rc::make_mut(node).params.set(key, value);
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
    system.advance(SimTime::NEVER, u64::MAX);
    assert!(system.finished());
    system
}

/// Runs until so many seconds of simulated time.
pub fn run_to(system: &mut System, secs: f64) {
    system.advance(SimTime::from_secs_f64(secs), u64::MAX);
}

/// A fault begins now.
pub fn start(system: &mut System, kind: &str, target: FaultTarget, params: &[(&str, f64)]) {
    system.apply_fault(&LiveFault::Start { kind: kind.to_owned(), target, params: numbers(params) });
}

/// A fault that [`start`] began is lifted.
pub fn end(system: &mut System, kind: &str, target: FaultTarget) {
    system.apply_fault(&LiveFault::End { kind: kind.to_owned(), target });
}

/// Works on each item, on every core; results in the items' order.
pub fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, Into::into);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(at) else { break done };
                        done.push((at, work(item)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
