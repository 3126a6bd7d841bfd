//! Where faults can be aimed on the canvas. Nothing here names a kind.

use std::collections::BTreeMap;

use super::geometry::Curve;
use super::hit;
use super::places;
use super::session::Target;
use crate::model::fault::{FaultKind, Targets};
use crate::model::station;
use crate::topology::document::{Document, EdgeId, FaultTarget, Point};

/// How near a dropped fault must be to a connection [screen px].
pub const DROP_REACH: f64 = 28.0;

/// Whether a fault can hit the target at all.
#[must_use]
pub fn suits(document: &Document, target: Target, kind: &FaultKind) -> bool {
    match target {
        Target::Edge(id) => kind.targets == Targets::Edges && document.edges.contains_key(&id),
        Target::Area(id) => kind.targets == Targets::Areas && document.areas.contains_key(&id),
        Target::Node(id) => document
            .nodes
            .get(&id)
            .and_then(|node| station::find(&node.kind))
            .is_some_and(|station| kind.targets.include(station)),
    }
}

/// All that a fault can hit, as a whole.
#[must_use]
pub fn targets(document: &Document, kind: &FaultKind) -> Vec<Target> {
    let nodes = document.nodes.keys().map(|id| Target::Node(*id));
    let edges = document.edges.keys().map(|id| Target::Edge(*id));
    let areas = document.areas.keys().map(|id| Target::Area(*id));
    nodes.chain(edges).chain(areas).filter(|target| suits(document, *target, kind)).collect()
}

/// The target as a whole, as faults name it.
#[must_use]
pub const fn whole(target: Target) -> FaultTarget {
    match target {
        Target::Node(id) => FaultTarget::Node(id),
        Target::Edge(id) => FaultTarget::Edge(id),
        Target::Area(id) => FaultTarget::Area(id),
    }
}

/// What a target of a fault is on the canvas.
#[must_use]
pub const fn place(target: FaultTarget) -> Target {
    match target {
        FaultTarget::Node(id) | FaultTarget::Replica(id, _) => Target::Node(id),
        FaultTarget::Edge(id) => Target::Edge(id),
        FaultTarget::Area(id) => Target::Area(id),
    }
}

/// What a fault dropped there would hit: the card under the pointer, the nearest connection, the innermost frame.
#[must_use]
pub fn aimed_at(
    document: &Document,
    curves: &BTreeMap<EdgeId, Curve>,
    at_world: Point,
    reach: f64,
    kind: &FaultKind,
) -> Option<Target> {
    let target = match kind.targets {
        Targets::Edges => curves
            .iter()
            .map(|(id, curve)| (*id, curve.distance_to(at_world)))
            .filter(|(_, far)| *far <= DROP_REACH * reach)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(id, _)| Target::Edge(id)),
        Targets::Areas => places::innermost(document, at_world, None).map(Target::Area),
        _ => hit::node_at(document, at_world).map(Target::Node),
    };
    target.filter(|target| suits(document, *target, kind))
}
