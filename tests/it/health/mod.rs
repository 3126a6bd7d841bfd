//! Cold replicas, health checks, outliers, slow start, draining: through a document, at the moments worked out by hand.

mod checks;
mod cold;
mod draining;
mod outliers;
mod panic;
mod slow;

use headroom::engine::time::SimTime;
use headroom::facet::balancer::Balancer;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::rotation::OutOfRotation;
use headroom::model::system::{LogTone, System};
use headroom::protocol::{RunId, RunStatus, StationFrame};
use headroom::runner::frame::{FrameBuilder, Pace};
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, end, regular, run_to, set, start, system, variant, wire};

/// The moment at which the next request completes, to a tenth of a millisecond.
fn next_completion(system: &mut System) -> f64 {
    let before = system.totals().run.completed();
    loop {
        let now = system.now().as_secs_f64();
        assert!(!system.finished(), "nothing completed until {now} s");
        system.advance(SimTime::NEVER, 1);
        if system.totals().run.completed() > before {
            return (system.now().as_secs_f64() * 1e4).round() / 1e4;
        }
    }
}

/// A balancer with round robin over one service, no latency anywhere; constant work of 1 ms unless told otherwise.
struct Shop {
    document: Document,
    balancer: NodeId,
    service: NodeId,
}

fn shop(rate: f64, balancer: &[(&str, Value)], service: &[(&str, Value)]) -> Shop {
    let mut document = Document { seed: 4, run_length_secs: 100.0, ..Document::default() };
    let clients = regular(&mut document, rate);
    let balancer = add(&mut document, "balancer", "Balancer", balancer);
    let node = add(&mut document, "service", "Service", &[("service_time", constant(0.001))]);
    for (key, value) in service {
        set(&mut document, node, key, value.clone());
    }
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, node, &[("latency", constant(0.0))]);
    Shop { document, balancer, service: node }
}

fn share(value: f64) -> [(&'static str, f64); 1] {
    [("share", value)]
}

/// What the log says since it was last asked, with the moments in seconds.
fn log(system: &mut System) -> Vec<(f64, String)> {
    system.take_log().into_iter().map(|entry| (entry.at.as_secs_f64(), entry.text)).collect()
}

fn failed(system: &System) -> u64 {
    system.totals().run.by_outcome[Outcome::Failed.index()]
}

fn arrivals(system: &System, node: NodeId) -> u64 {
    system.station_meter(node).expect("it is there").whole(system.now()).arrivals()
}

/// `{"id":"on", …}` of outlier detection or slow start.
fn on(params: &[(&str, f64)]) -> Value {
    variant("on", params)
}

fn pace(system: &System) -> Pace {
    Pace {
        run: RunId(1),
        status: RunStatus::Paused,
        jump: 0,
        speed: 1.0,
        speed_reached: 1.0,
        clock: system.now(),
        wall_ms: 0.0,
    }
}

/// What the page would see of a station.
fn station(system: &System, node: NodeId) -> StationFrame {
    // Looking takes the log and the hops away: from a copy.
    let frame = FrameBuilder::default().build(&mut system.clone(), pace(system));
    frame.stations.into_iter().find(|station| station.node == node.0).expect("it is there")
}

/// What the page would see of a balancer.
fn frame(system: &System, node: NodeId) -> Balancer {
    station(system, node).facet::<Balancer>().expect("it has backends").clone()
}
