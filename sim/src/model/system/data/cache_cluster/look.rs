//! A look into the nodes of a cache: nothing is decided.

use serde::{Deserialize, Serialize};

use super::{CacheCluster, CacheNodeStage, KeysMoved};
use crate::engine::time::SimTime;
use crate::model::ids::NodeId;
use crate::model::scaler::Decision;
use crate::model::scaler::cache_cluster::Number;
use crate::model::system::System;

/// What there is to see of a cache's nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheClusterLook {
    pub by_rule: bool,
    pub wanted: u32,
    pub nodes: Vec<CacheNodeLook>,
    pub change: Option<KeysMoved>,
    /// Changes so far, and look-ups that have missed because a key had moved.
    pub changes: u32,
    pub misses: u64,
    /// Looks of the rule, newest last.
    pub syncs: Vec<Decision>,
    /// What each node costs [USD/h].
    pub price: f64,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheNodeLook {
    pub number: u32,
    pub stage: CacheNodeStage,
    pub since: SimTime,
    /// Joining: how far it is, 0..1.
    pub progress: f64,
    pub dead: bool,
    /// Of the keys, 0..1.
    pub share: f64,
    pub entries: usize,
    pub capacity: usize,
    pub lookups: u64,
    pub hits: u64,
}

impl System {
    /// Looks into the nodes of a cache; `None`: it is one.
    #[must_use]
    pub fn look_at_cache_cluster(&self, node: NodeId) -> Option<CacheClusterLook> {
        let now = self.now;
        let pool = self.stations[self.station_index(node)? as usize].pool()?;
        let cluster = pool.data.of::<CacheCluster>()?;
        let shares = cluster.ring.shares();
        let join = cluster.config.join.as_secs_f64();
        let seen = cluster.nodes.iter().map(|node| CacheNodeLook {
            number: node.number,
            stage: node.stage,
            since: node.since,
            progress: if node.stage == CacheNodeStage::Joining && join > 0.0 {
                (now.since(node.since).as_secs_f64() / join).min(1.0)
            } else {
                1.0
            },
            dead: self.replicas.get(node.replica as usize).is_some_and(|replica| replica.dead),
            share: shares.iter().find(|(number, _)| *number == node.number).map_or(0.0, |(_, share)| *share),
            entries: node.memory.memory().len(),
            capacity: node.memory.memory().capacity(),
            lookups: node.lookups,
            hits: node.hits,
        });
        Some(CacheClusterLook {
            by_rule: matches!(cluster.config.number, Number::ByLoad(_)),
            wanted: cluster.nodes.wanted,
            nodes: seen.collect(),
            change: cluster.change,
            changes: cluster.changes,
            misses: cluster.misses,
            syncs: cluster.nodes.decisions.iter().cloned().collect(),
            price: pool.config.price,
        })
    }
}
