//! A part of a document on its way: copied nodes with the edges between them, also as text for the system clipboard.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::session::Selection;
use crate::topology::document::{Document, Edge, EdgeId, Node, NodeId};

/// Nodes and the edges between them. Ids are those of the document copied from; pasting gives fresh ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Marks the text as ours, and its version.
    headroom_clip: u32,
    pub nodes: BTreeMap<NodeId, Node>,
    #[serde(default)]
    pub edges: BTreeMap<EdgeId, Edge>,
}

const VERSION: u32 = 1;
/// More nodes than this are refused: a paste is a hand's work, not a flood.
const NODES_MAX: usize = 500;

impl Clip {
    /// Copies the selected nodes, and the edges whose both ends are selected. `None` where no node is selected.
    #[must_use]
    pub fn copy(document: &Document, selection: &Selection) -> Option<Self> {
        let nodes: BTreeMap<NodeId, Node> = document
            .nodes
            .iter()
            .filter(|(id, _)| selection.nodes.contains(id))
            .map(|(id, node)| (*id, (**node).clone()))
            .collect();
        if nodes.is_empty() {
            return None;
        }
        let edges = document
            .edges
            .iter()
            .filter(|(_, edge)| nodes.contains_key(&edge.from) && nodes.contains_key(&edge.to))
            .map(|(id, edge)| (*id, (**edge).clone()))
            .collect();
        Some(Self { headroom_clip: VERSION, nodes, edges })
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
        let ends: BTreeSet<NodeId> = clip.nodes.keys().copied().collect();
        let sound = clip.headroom_clip == VERSION
            && !clip.nodes.is_empty()
            && clip.nodes.len() <= NODES_MAX
            && clip.nodes.values().all(|node| node.at.x.is_finite() && node.at.y.is_finite())
            && clip
                .edges
                .values()
                .all(|edge| edge.from != edge.to && ends.contains(&edge.from) && ends.contains(&edge.to));
        sound.then_some(clip)
    }
}
