//! The way back from what was broken, and the ways to break something.

use super::{name, secs, struck};
use crate::editor::catalog::quantity;
use crate::editor::faults::targets;
use crate::editor::session::Target;
use crate::facet::balancer::Backend;
use crate::model::fault::{self, Effect, FaultKind};
use crate::model::params::{Params, Unit, Value};
use crate::model::station;
use crate::protocol::{Frame, ReplicaState};
use crate::topology::document::{Document, Fault, FaultTarget, NodeId};

/// One press that ends every failure in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    pub title: String,
    /// What waiting would do.
    pub wait: String,
    /// Of the button.
    pub label: String,
    /// What it lifts: kinds and targets.
    pub lifts: Vec<(&'static str, FaultTarget)>,
}

/// The repair of what is in force; `None`: nothing is broken.
#[must_use]
pub fn repair(document: &Document, frame: &Frame) -> Option<Repair> {
    let broken = struck(frame);
    let (kind, target, active) = broken.first()?;
    let lifts = broken.iter().map(|(kind, target, _)| (kind.entry.id, *target)).collect();
    let scheduled = active.scheduled.and_then(|index| document.faults.get(index as usize));
    let ends = scheduled.and_then(|planned| Some(planned.at_secs + planned.for_secs?));
    let wait = wait_for_checks(document, frame, *target)
        .or_else(|| {
            let ends = ends.filter(|ends| *ends < document.run_length_secs && *ends > secs(frame.now_ns))?;
            Some(format!("Or wait: it ends by itself at {}.", super::clock(ends)))
        })
        .unwrap_or_else(|| "Waiting does not help: it stays like this until you repair it.".to_owned());
    let several = broken.len() > 1;
    Some(Repair {
        title: if several {
            "Repair all that is broken".to_owned()
        } else {
            format!("Repair {}", name(document, *target))
        },
        wait,
        label: if several { "Repair".to_owned() } else { kind.lift_label.to_owned() },
        lifts,
    })
}

/// What the balancer in front of a target will do about it.
fn wait_for_checks(document: &Document, frame: &Frame, target: FaultTarget) -> Option<String> {
    let of_target = |backend: &&Backend| match target {
        FaultTarget::Replica(node, number) => (backend.node, backend.replica) == (node.0, number),
        FaultTarget::Node(node) => backend.node == node.0,
        _ => false,
    };
    let found = frame.stations.iter().find_map(|station| {
        let backend = station.backends().iter().find(of_target)?;
        Some((NodeId(station.node), backend))
    });
    let (id, backend) = found?;
    let node = document.nodes.get(&id)?;
    let who = &node.label;
    if backend.out.is_some() {
        return Some(format!("{who} works around it, but it is missing until you repair it."));
    }
    let entry = station::find(&node.kind)?.entry;
    let declares = |key: &str| entry.params.iter().any(|spec| spec.key == key);
    let off = node.params.get("health_checks") == Some(&Value::Bool(false));
    let checks = declares("fall") && declares("check_interval") && !off;
    checks.then(|| {
        let (fall, every) = (entry.number(&node.params, "fall"), entry.number(&node.params, "check_interval"));
        format!(
            "Or wait: {who} stops sending to it after {fall} failed health checks, one every {}.",
            quantity(every, Unit::Seconds)
        )
    })
}

/// One way to break something now.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    pub label: String,
    pub icon: &'static str,
    pub fault: Fault,
}

/// What a newcomer can break with one press: a machine, a connection, the load.
#[must_use]
pub fn breaks(document: &Document, frame: &Frame) -> Vec<Break> {
    ["kill", "latency", "traffic"].into_iter().filter_map(|id| way(document, frame, fault::find(id)?)).collect()
}

fn way(document: &Document, frame: &Frame, kind: &'static FaultKind) -> Option<Break> {
    // Where one replica of many can be hit, the first that still lives.
    let first_alive = |target: &Target| {
        let Target::Node(id) = target else { return None };
        let station = frame.stations.iter().find(|station| station.node == id.0)?;
        let alive = station.replicas.iter().position(|replica| replica.state == ReplicaState::Ready)?;
        (station.replicas.len() > 1).then_some(FaultTarget::Replica(*id, alive as u32))
    };
    let all = targets(document, kind);
    let one = all.iter().filter(|_| kind.one_replica).find_map(first_alive);
    let target = one.or_else(|| all.first().map(|target| crate::editor::faults::whole(*target)))?;
    let label = match super::effect(kind) {
        Effect::Down => format!("Kill {}", name(document, target)),
        Effect::Latency { .. } => format!("Slow down {}", name(document, target)),
        Effect::Traffic { factor } => format!("Send {factor} times the traffic"),
        _ => format!("{}: {}", kind.entry.name, name(document, target)),
    };
    let fault = Fault { kind: kind.entry.id.to_owned(), target, params: Params::new() };
    Some(Break { label, icon: kind.icon, fault })
}
