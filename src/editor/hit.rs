//! What lies under a point: geometry, no browser.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::catalog;
use super::geometry::{Curve, Rect, card_rect, distance, output_port};
use super::places::{self, Grip};
use super::session::{Selection, Target};
use crate::topology::document::{AreaId, AreaKind, Document, EdgeId, Node, NodeId, Point};

/// Reach of a port and of an edge around its line [screen px].
pub const PORT_REACH: f64 = 11.0;
/// See [`PORT_REACH`].
pub const EDGE_REACH: f64 = 8.0;
/// How much farther a finger reaches.
pub const TOUCH_REACH_FACTOR: f64 = 2.0;

/// What was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The output port of a node: a wire starts here.
    Port(NodeId),
    Node(NodeId),
    Edge(EdgeId),
    /// A side or corner of a frame.
    Side(AreaId, Grip),
    /// The strip with a frame's name.
    Head(AreaId),
    Canvas,
}

/// What lies under `at_world`: ports before cards before edges before frames (their lines and names only) before the
/// canvas.
///
/// `reach` scales the reach of ports and edges: 1/zoom for a mouse, more for a finger.
#[must_use]
pub fn hit(document: &Document, curves: &BTreeMap<EdgeId, Curve>, at_world: Point, reach: f64) -> Hit {
    let on_top = document.nodes.iter().rev();
    let port = on_top
        .clone()
        .filter(|(_, node)| catalog::makes_calls(&node.kind))
        .find(|(_, node)| distance(output_port(node), at_world) <= PORT_REACH * reach);
    if let Some((id, _)) = port {
        return Hit::Port(*id);
    }
    if let Some(id) = node_at(document, at_world) {
        return Hit::Node(id);
    }
    curves
        .iter()
        .map(|(id, curve)| (*id, curve.distance_to(at_world)))
        .filter(|(_, far)| *far <= EDGE_REACH * reach)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or_else(|| frame_at(document, at_world, reach), |(id, _)| Hit::Edge(id))
}

/// The frame whose line or name lies under the point: zones before regions, the newest first.
fn frame_at(document: &Document, at_world: Point, reach: f64) -> Hit {
    let reach = EDGE_REACH * reach;
    let zones = |zone: bool| {
        document.areas.iter().rev().filter(move |(_, area)| matches!(area.kind, AreaKind::Zone { .. }) == zone)
    };
    for (id, area) in zones(true).chain(zones(false)) {
        let frame = places::frame(area);
        // The line is taken hold of from within too, but not so far that the name has no room.
        if frame.grown(reach).contains(at_world) && !frame.grown(-reach.min(places::PAD / 2.0)).contains(at_world) {
            let near = |line: f64, at: f64| (line - at).abs() <= reach;
            let grip = Grip {
                left: near(frame.x, at_world.x),
                right: near(frame.right(), at_world.x),
                top: near(frame.y, at_world.y),
                bottom: near(frame.bottom(), at_world.y),
            };
            return Hit::Side(*id, grip);
        }
        if places::head(&frame).contains(at_world) {
            return Hit::Head(*id);
        }
    }
    Hit::Canvas
}

/// How far from its end a wire is taken hold of there [screen px].
const END_REACH: f64 = 28.0;

/// Which end of a wire lies near a point on it; `true`: the one with the arrow.
#[must_use]
pub fn end_near(curve: &Curve, at_world: Point, reach: f64) -> Option<bool> {
    let (start, end) = (distance(curve.p0, at_world), distance(curve.p3, at_world));
    (start.min(end) <= END_REACH * reach).then_some(end <= start)
}

/// The end of a selected wire under the point: it lies over ports and cards.
#[must_use]
pub fn selected_end(
    selection: &Selection,
    curves: &BTreeMap<EdgeId, Curve>,
    at_world: Point,
    reach: f64,
) -> Option<(EdgeId, bool)> {
    let Some(Target::Edge(id)) = selection.single() else { return None };
    let curve = curves.get(&id)?;
    let near = |end: Point| distance(end, at_world) <= PORT_REACH * reach;
    if near(curve.p3) { Some((id, true)) } else { near(curve.p0).then_some((id, false)) }
}

/// How near to a card's middle a wire must pass to take the card in [world units].
const TAKE_IN_REACH: f64 = 30.0;

/// The wire into which a card would go if it were put down with its middle here; `me`: the card, if it is on the canvas
/// already. Only a card that is not wired yet goes into one.
#[must_use]
pub fn takes_in(
    document: &Document,
    curves: &BTreeMap<EdgeId, Curve>,
    kind: &str,
    center_world: Point,
    me: Option<NodeId>,
) -> Option<EdgeId> {
    let wired = document.edges.values().any(|edge| Some(edge.from) == me || Some(edge.to) == me);
    let over = |(id, node): (&NodeId, &Rc<Node>)| Some(*id) != me && card_rect(node).contains(center_world);
    let fits = catalog::face(kind).accepts_input && catalog::makes_calls(kind);
    if wired || !fits || document.nodes.iter().any(over) {
        return None;
    }
    let near = curves.iter().map(|(id, curve)| (*id, curve.distance_to(center_world)));
    near.filter(|(_, far)| *far <= TAKE_IN_REACH).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(id, _)| id)
}

/// The card under the point; the newest lies on top.
#[must_use]
pub fn node_at(document: &Document, at_world: Point) -> Option<NodeId> {
    document.nodes.iter().rev().find(|(_, node)| card_rect(node).contains(at_world)).map(|(id, _)| *id)
}

/// What a marquee catches: cards that it touches, edges whose both ends it caught or whose middle lies inside, frames
/// that lie inside as a whole.
#[must_use]
pub fn caught(document: &Document, curves: &BTreeMap<EdgeId, Curve>, marquee: Rect) -> Selection {
    let nodes: Vec<NodeId> =
        document.nodes.iter().filter(|(_, node)| card_rect(node).touches(&marquee)).map(|(id, _)| *id).collect();
    let mut selection = Selection::of_nodes(nodes);
    for (id, edge) in &document.edges {
        let both = selection.nodes.contains(&edge.from) && selection.nodes.contains(&edge.to);
        let middle = curves.get(id).is_some_and(|curve| marquee.contains(curve.at(0.5)));
        if both || middle {
            selection.insert(Target::Edge(*id));
        }
    }
    for (id, area) in &document.areas {
        let frame = places::frame(area);
        if marquee.union(&frame) == marquee {
            selection.insert(Target::Area(*id));
        }
    }
    selection
}
