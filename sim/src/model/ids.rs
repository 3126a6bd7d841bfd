//! Stable names of the things in a system: given once, never reused within a document.

use crate::engine::ordered::Rank;
use serde::{Deserialize, Serialize};

/// A node's stable number.
///
/// Random draws are keyed by it, so that adding a node leaves the others' draws unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// An edge's stable number; see [`NodeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EdgeId(pub u32);

/// The stable number of a region or zone on the canvas; see [`NodeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AreaId(pub u32);

impl Rank for NodeId {
    fn rank(&self) -> u128 {
        self.0.rank()
    }
}

impl Rank for EdgeId {
    fn rank(&self) -> u128 {
        self.0.rank()
    }
}

/// What a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    Node(NodeId),
    /// One replica of a node, counted from 0.
    Replica(NodeId, u32),
    Edge(EdgeId),
    /// Everything that stands in a region or zone.
    Area(AreaId),
}
