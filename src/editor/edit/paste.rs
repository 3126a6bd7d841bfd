//! Puts copies down: under fresh ids, beside what is there.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::areas::paste_areas;
use super::{EditError, Ids, finite, fresh_label, stem};
use crate::editor::clipboard::Clip;
use crate::editor::geometry::{GRID, bounds, moved, snapped};
use crate::editor::session::Selection;
use crate::editor::{places, stations};
use crate::engine::sort;
use crate::lesson::guard::Guard;
use crate::model::station;
use crate::topology::document::{Document, Edge, Node, NodeId, Point};

/// Where a clip goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spot {
    /// A little beside where it was copied.
    Beside,
    /// With its middle here.
    Around(Point),
    /// Right where it was copied.
    Same,
}

/// Puts the clip under fresh ids; gives what was put.
pub(super) fn paste(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    clip: &Clip,
    spot: Spot,
) -> Result<Selection, EditError> {
    if let Some(kinds) = &guard.kinds
        && let Some(node) = clip.nodes.values().find(|node| !kinds.contains(&node.kind))
    {
        return Err(EditError::NotInPalette { name: node.label.clone() });
    }
    if !(clip.areas.is_empty() || guard.allows_areas()) {
        return Err(EditError::NotInPalette { name: "regions and zones".to_owned() });
    }
    let nodes = sort::map(clip.nodes.iter().map(|(id, node)| (*id, Rc::new(node.clone()))));
    let areas = sort::map(clip.areas.iter().map(|(id, area)| (*id, Rc::new(area.clone()))));
    let shape = Document { nodes, areas, ..Document::default() };
    let frame = bounds(&shape).ok_or(EditError::Gone)?;
    let (mut dx, mut dy) = match spot {
        Spot::Same => (0.0, 0.0),
        Spot::Around(at) => {
            let corner = snapped(Point { x: at.x - frame.width / 2.0, y: at.y - frame.height / 2.0 });
            (corner.x - frame.x, corner.y - frame.y)
        }
        // A frame goes beside everything, not over what it was copied from.
        Spot::Beside if !clip.areas.is_empty() => {
            (bounds(document).map_or(0.0, |all| all.right() + 2.0 * GRID - frame.x), 0.0)
        }
        Spot::Beside => (2.0 * GRID, 2.0 * GRID),
    };
    // Pasting again must not bury the first copy: step aside until no corner meets another.
    let buried = |document: &Document, dx: f64, dy: f64| {
        clip.nodes.values().any(|node| {
            let corner = moved(node.at, dx, dy);
            document
                .nodes
                .values()
                .any(|other| (other.at.x - corner.x).abs() < GRID && (other.at.y - corner.y).abs() < GRID)
        })
    };
    for _ in 0..=document.nodes.len() * clip.nodes.len() {
        if spot == Spot::Same || !buried(document, dx, dy) {
            break;
        }
        dx += 2.0 * GRID;
        dy += 2.0 * GRID;
    }
    let fresh_areas = paste_areas(document, ids, clip, (dx, dy));
    let mut fresh: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for (old, node) in &clip.nodes {
        let id = ids.next_node();
        fresh.insert(*old, id);
        // A lesson's role names one node; the copy is another.
        let area = node.area.and_then(|area| fresh_areas.get(&area)).copied();
        let mut node = Node { role: None, area, at: finite(moved(node.at, dx, dy)), ..node.clone() };
        node.label = fresh_label(document, stem(&node.label));
        document.nodes.insert(id, Rc::new(node));
        places::stand(document, id);
    }
    for id in fresh.values() {
        if let Some(node) = document.nodes.get_mut(id)
            && let Some(kind) = station::find(&node.kind)
        {
            stations::renumber(kind.entry.params, &mut Rc::make_mut(node).params, &fresh);
        }
    }
    for edge in clip.edges.values() {
        let (Some(from), Some(to)) = (fresh.get(&edge.from), fresh.get(&edge.to)) else { continue };
        document.edges.insert(ids.next_edge(), Rc::new(Edge { from: *from, to: *to, params: edge.params.clone() }));
    }
    let areas = sort::set(fresh_areas.into_values());
    Ok(Selection { areas, ..Selection::of_nodes(fresh.into_values()) })
}
