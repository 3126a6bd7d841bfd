//! Stations that are wired in as they are put down: into a wire, or at the loose end of one.

use std::rc::Rc;

use super::{Applied, EditCommand, EditError, Ids, check_connection, target_name};
use crate::editor::geometry::{GRID, Rect, card_rect};
use crate::editor::places;
use crate::editor::session::{Selection, Target};
use crate::lesson::guard::Guard;
use crate::model::params::Params;
use crate::topology::document::{Document, Edge, EdgeId, NodeId, Point};

/// Free on both sides of a card that was put into a wire [world units].
const ROOM: f64 = 6.0 * GRID;

/// How a new station is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wired {
    /// Into this wire.
    Into(EdgeId),
    /// This station calls it.
    CalledBy(NodeId),
}

pub(super) fn add(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    kind: &str,
    at: Point,
    wired: Wired,
) -> Result<Applied, EditError> {
    let id = NodeId(ids.node);
    let add = EditCommand::AddNode { kind: kind.to_owned(), at, label: None, params: Params::new() };
    let added = add.apply(document, ids, guard)?;
    let label = match wired {
        Wired::Into(edge) => insert(document, ids, guard, id, edge)?.label,
        Wired::CalledBy(from) => {
            let words = check_connection(document, from, id, None)?;
            document.edges.insert(ids.next_edge(), Rc::new(Edge { from, to: id, params: Params::new() }));
            format!("Add and connect {words}")
        }
    };
    Ok(Applied { label, ..added })
}

pub(super) fn insert(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    id: NodeId,
    edge: EdgeId,
) -> Result<Applied, EditError> {
    let before = document.edges.get(&edge).ok_or(EditError::Gone)?.clone();
    if guard.keep_edges.contains(&edge) {
        return Err(EditError::Locked { what: "This connection".to_owned() });
    }
    check_connection(document, before.from, id, Some(edge))?;
    check_connection(document, id, before.to, None)?;
    let name = target_name(document, Target::Node(id));
    let words = format!("Put {name} between {}", target_name(document, Target::Edge(edge)).replace(" to ", " and "));
    document.edges.insert(edge, Rc::new(Edge { to: id, ..(*before).clone() }));
    document.edges.insert(ids.next_edge(), Rc::new(Edge { from: id, to: before.to, params: Params::new() }));
    make_room(document, id, &before);
    places::put_down(document, id);
    Ok(Applied::said(words).selecting(Selection::of_nodes([id])))
}

/// Pushes all that lies beyond the wire's end away, as far as the new card needs; frames across that line grow.
fn make_room(document: &mut Document, id: NodeId, wire: &Edge) {
    let rect = |id: &NodeId| document.nodes.get(id).map(|node| card_rect(node));
    let (Some(from), Some(card), Some(to)) = (rect(&wire.from), rect(&id), rect(&wire.to)) else { return };
    let sideways = to.x >= from.right();
    if !sideways && to.y < from.bottom() {
        return;
    }
    // Along the wire: where a card begins and how long it is.
    let along = |rect: &Rect| if sideways { (rect.x, rect.width) } else { (rect.y, rect.height) };
    let ((start, size), (line, _)) = (along(&from), along(&to));
    let (at, own) = along(&card);
    let first = start + size + ROOM;
    let last = (line - own - ROOM).max(first);
    let by = (last + own + ROOM - line).max(0.0);
    let shift = |rect: Rect, by: f64| {
        if sideways { Rect { x: rect.x + by, ..rect } } else { Rect { y: rect.y + by, ..rect } }
    };
    let goal = shift(card, at.clamp(first, last) - at);
    let behind = |rect: &Rect| along(rect).0 >= line;
    for (other, node) in &mut document.nodes {
        let now = card_rect(node);
        let moved = if *other == id {
            goal
        } else if *other != wire.from && behind(&now) {
            shift(now, by)
        } else {
            continue;
        };
        Rc::make_mut(node).at = super::finite(Point { x: moved.x, y: moved.y });
    }
    let frames: Vec<_> = document.areas.iter().map(|(id, area)| (*id, places::frame(area))).collect();
    for (area, frame) in frames {
        let (begins, long) = along(&frame);
        let grown = match (begins >= line, begins + long > line, sideways) {
            (true, ..) => shift(frame, by),
            (false, true, true) => Rect { width: frame.width + by, ..frame },
            (false, true, false) => Rect { height: frame.height + by, ..frame },
            (false, false, _) => continue,
        };
        places::set_frame(document, area, grown);
    }
}
