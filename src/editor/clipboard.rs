//! A part of a document on its way: copied nodes with the edges between them, also as text for the system clipboard.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;
use serde_json::Value as Json;

use super::hit;
use super::session::Selection;
use crate::engine::sort;
use crate::topology::document::{Area, AreaId, AreaKind, Change, Document, Edge, EdgeId, Node, NodeId, Point};
use crate::topology::format;

/// Nodes and the edges between them, and areas with what stands in them. Ids are those of the document copied from; pasting gives fresh ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clip {
    /// Marks the text as ours, and its version.
    headroom_clip: u32,
    pub nodes: BTreeMap<NodeId, Node>,
    pub edges: BTreeMap<EdgeId, Edge>,
    pub areas: BTreeMap<AreaId, Area>,
}

const VERSION: u32 = 1;
/// More nodes than this are refused: a paste is a hand's work, not a flood.
const NODES_MAX: usize = 500;

impl Clip {
    /// Copies the selected nodes and areas, zones and nodes within those areas, and the edges whose both ends are copied.
    /// `None` where neither node nor area is selected.
    #[must_use]
    pub fn copy(document: &Document, selection: &Selection) -> Option<Self> {
        let nodes = document.nodes.iter().filter(|(id, node)| {
            selection.nodes.contains(id) || selection.areas.iter().any(|area| document.stands_in(node, *area))
        });
        let nodes: BTreeMap<NodeId, Node> = sort::map(nodes.map(|(id, node)| (*id, (**node).clone())));
        let areas = document.areas.iter().filter(|(id, area)| {
            let chosen = |id: &AreaId| selection.areas.contains(id);
            chosen(id) || matches!(&area.kind, AreaKind::Zone { within } if chosen(within))
        });
        let areas: BTreeMap<AreaId, Area> = sort::map(areas.map(|(id, area)| (*id, (**area).clone())));
        if nodes.is_empty() && areas.is_empty() {
            return None;
        }
        let both = |edge: &Edge| nodes.contains_key(&edge.from) && nodes.contains_key(&edge.to);
        let edges = document.edges.iter().filter(|(_, edge)| both(edge));
        let edges = sort::map(edges.map(|(id, edge)| (*id, (**edge).clone())));
        Some(Self { headroom_clip: VERSION, nodes, edges, areas })
    }

    /// Whether a point lies on one of the cards that were copied: pasting there would only cover them.
    #[must_use]
    pub fn lies_under(&self, document: &Document, at: Point) -> bool {
        let under = hit::node_at(document, at);
        under.is_some_and(|id| {
            self.nodes.get(&id).zip(document.nodes.get(&id)).is_some_and(|(copied, there)| *copied == **there)
        })
    }

    /// JSON text for the system clipboard.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a clip is plain data")
    }

    /// Reads text from the clipboard; `None` where it is not a clip of ours (any other text someone copied).
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut json: Json = serde_json::from_str(text).ok()?;
        if json.as_object_mut()?.remove("headroom_clip")? != VERSION {
            return None;
        }
        // Read as an edit that puts all of it: one reader for everything that is drawn.
        let change = format::change_from_json(&serde_json::json!({ "edit": json }).to_string()).ok()?;
        let Change::Edit(edit) = change else { return None };
        let (nodes, edges, areas) = (put(edit.nodes)?, put(edit.edges)?, put(edit.areas)?);
        let clip = Self { headroom_clip: VERSION, nodes, edges, areas };
        let ends: BTreeSet<NodeId> = sort::set(clip.nodes.keys().copied());
        let sound = !(clip.nodes.is_empty() && clip.areas.is_empty())
            && clip.nodes.len() <= NODES_MAX
            && clip.areas.len() <= NODES_MAX
            && clip.areas.values().all(|area| [area.at, area.size].iter().all(|p| p.x.is_finite() && p.y.is_finite()))
            && clip.nodes.values().all(|node| node.at.x.is_finite() && node.at.y.is_finite())
            && clip
                .edges
                .values()
                .all(|edge| edge.from != edge.to && ends.contains(&edge.from) && ends.contains(&edge.to));
        sound.then_some(clip)
    }
}

/// What an edit puts; `None` if it takes anything away.
fn put<K: Ord, T: Clone>(edited: BTreeMap<K, Option<Rc<T>>>) -> Option<BTreeMap<K, T>> {
    let mut put = BTreeMap::new();
    for (id, thing) in edited {
        put.insert(id, Rc::unwrap_or_clone(thing?));
    }
    Some(put)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Params;

    fn clip() -> Clip {
        let at = Point { x: 8.0, y: 16.0 };
        let area = Area {
            kind: AreaKind::Region { region: "eu-west-1".to_owned() },
            label: "Europe".to_owned(),
            at,
            size: Point { x: 400.0, y: 300.0 },
        };
        let node = |kind: &str, params| Node {
            kind: kind.to_owned(),
            label: kind.to_owned(),
            role: None,
            at,
            area: Some(AreaId(3)),
            params,
        };
        let params = Params::new().with("replicas", 3.0).with("queue", "shared");
        let edge = Edge { from: NodeId(1), to: NodeId(2), params: Params::new().with("path", "/menu") };
        Clip {
            headroom_clip: VERSION,
            nodes: sort::map([(NodeId(1), node("source", Params::new())), (NodeId(2), node("service", params))]),
            edges: sort::map([(EdgeId(1), edge)]),
            areas: sort::map([(AreaId(3), area)]),
        }
    }

    #[test]
    fn a_clip_comes_back_from_its_text() {
        assert_eq!(Clip::from_text(&clip().to_text()), Some(clip()));
    }

    #[test]
    fn other_texts_are_no_clips() {
        let text = clip().to_text();
        let without_areas = r#"{"headroom_clip":1,"nodes":{"1":{"kind":"source","label":"A","at":{"x":0,"y":0}}}}"#;
        assert!(Clip::from_text(without_areas).is_some(), "as it was written before there were areas");
        for other in [
            "apiVersion: apps/v1".to_owned(),
            "{}".to_owned(),
            r#"{"headroom_clip":1,"nodes":{}}"#.to_owned(),
            r#"{"headroom_clip":1,"nodes":{"1":null}}"#.to_owned(),
            text.replace("\"headroom_clip\":1", "\"headroom_clip\":2"),
            text.replace("\"to\":2", "\"to\":9"),
            text.replace("\"x\":8.0", "\"x\":1e999"),
        ] {
            assert_eq!(Clip::from_text(&other), None, "{other}");
        }
    }
}
