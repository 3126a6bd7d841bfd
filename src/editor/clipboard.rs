//! A part of a document on its way: copied nodes with the edges between them, also as text for the system clipboard.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::session::Selection;
use crate::engine::sort;
use crate::topology::document::{Area, AreaId, AreaKind, Document, Edge, EdgeId, Node, NodeId};

/// Nodes and the edges between them, and areas with what stands in them. Ids are those of the document copied from; pasting gives fresh ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Marks the text as ours, and its version.
    headroom_clip: u32,
    pub nodes: BTreeMap<NodeId, Node>,
    #[serde(default)]
    pub edges: BTreeMap<EdgeId, Edge>,
    #[serde(default)]
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

    /// JSON text for the system clipboard.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a clip is plain data")
    }

    /// Reads text from the clipboard; `None` where it is not a clip of ours (any other text someone copied).
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let clip: Self = serde_json::from_str(text).ok()?;
        let ends: BTreeSet<NodeId> = sort::set(clip.nodes.keys().copied());
        let sound = clip.headroom_clip == VERSION
            && !(clip.nodes.is_empty() && clip.areas.is_empty())
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
