//! Where faults can be aimed on the canvas. Nothing here names a kind.

use std::collections::BTreeMap;

use super::catalog;
use super::edit::target_name;
use super::geometry::Curve;
use super::hit;
use super::places;
use super::session::Target;
use crate::conversation::Hand;
use crate::model::fault::{self, FaultKind, Targets, words};
use crate::model::params::Params;
use crate::model::station;
use crate::topology::document::{Change, Document, EdgeId, Fault, FaultTarget, Point};

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

/// Whether a fault has something to be said before it strikes: its numbers, or which replica it hits.
#[must_use]
pub fn asks(document: &Document, fault: &Fault) -> bool {
    let Some(kind) = fault::find(&fault.kind) else { return false };
    !kind.entry.params.is_empty() || (kind.one_replica && members(document, fault.target) > 1)
}

/// Whether both are the same kind of fault on the same target: then lifting one lifts the other.
#[must_use]
pub fn same(a: &Fault, b: &Fault) -> bool {
    (&a.kind, a.target) == (&b.kind, b.target)
}

/// When a fault that a hand let loose is over [ns], if it lasts so many seconds; `None`: no hand did.
#[must_use]
pub fn over_at(hands: &[Hand], fault: &Fault, lasts_secs: f64) -> Option<u64> {
    let begun =
        hands.iter().rev().find(|hand| matches!(&hand.input.change, Change::Inject(known) if same(known, fault)))?;
    Some(begun.at_ns?.saturating_add((lasts_secs * 1e9).round() as u64))
}

/// Whether the fault that a hand let loose last was lifted since.
#[must_use]
pub fn lifted(hands: &[Hand], fault: &Fault) -> bool {
    let latest = hands.iter().rev().find_map(|hand| match &hand.input.change {
        Change::Inject(known) if same(known, fault) => Some(false),
        Change::Lift { kind, target } if (kind, *target) == (&fault.kind, fault.target) => Some(true),
        _ => None,
    });
    latest == Some(true)
}

/// How many members a station has that is hit as a whole or in part; 1 for all else.
#[must_use]
pub fn members(document: &Document, target: FaultTarget) -> usize {
    match place(target) {
        Target::Node(id) => document.nodes.get(&id).map_or(1, |node| catalog::members(node)),
        Target::Edge(_) | Target::Area(_) => 1,
    }
}

/// What a fault hits, in words: "Orders replica 3".
#[must_use]
pub fn hit_words(document: &Document, target: FaultTarget) -> String {
    let label = |id| document.nodes.get(&id).map_or("a station", |node| node.label.as_str());
    match target {
        FaultTarget::Node(id) => label(id).to_owned(),
        FaultTarget::Replica(id, replica) => format!("{} {}", label(id), catalog::member_of(document, id, replica)),
        FaultTarget::Edge(id) => match document.edges.get(&id) {
            Some(edge) => format!("{} → {}", label(edge.from), label(edge.to)),
            None => "A connection".to_owned(),
        },
        FaultTarget::Area(_) => target_name(document, place(target)),
    }
}

/// A fault that begins, as a sentence: "Orders replica 3 was killed".
#[must_use]
pub fn struck(document: &Document, kind: &str, target: FaultTarget, params: &Params) -> String {
    let name = hit_words(document, target);
    match fault::find(kind) {
        Some(kind) => words::struck((kind.effect)(params), &name, matches!(target, FaultTarget::Area(_))),
        None => name,
    }
}

/// What was changed while it ran, as a sentence.
#[must_use]
pub fn sentence(document: &Document, change: &Change) -> String {
    match change {
        Change::Inject(fault) => struck(document, &fault.kind, fault.target, &fault.params),
        Change::Lift { kind, target } => {
            let (name, place) = (hit_words(document, *target), matches!(target, FaultTarget::Area(_)));
            fault::find(kind)
                .map_or_else(|| name.clone(), |kind| words::lifted((kind.effect)(&Params::new()), &name, place))
        }
        Change::Edit(edit) => {
            let nodes = edit.nodes.keys().map(|id| FaultTarget::Node(*id));
            let edges = edit.edges.keys().map(|id| FaultTarget::Edge(*id));
            let areas = edit.areas.keys().map(|id| FaultTarget::Area(*id));
            let mut all = nodes.chain(edges).chain(areas);
            match (all.next(), all.count()) {
                (Some(one), 0) => format!("{} was changed", hit_words(document, one)),
                (Some(one), more) => format!("{} and {more} more were changed", hit_words(document, one)),
                (None, _) => "The design was changed".to_owned(),
            }
        }
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
