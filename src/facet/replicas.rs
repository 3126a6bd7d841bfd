//! What the replicas of a station are called, where they are listed one by one.

use serde::{Deserialize, Serialize};

use super::member::MemberStage;
use super::{Look, Show};
use crate::model::system::QuorumNodeStage;

/// Names for [`crate::protocol::StationFrame::replicas`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replicas {
    /// What they are together.
    pub title: String,
    /// In their order; those beyond the list are simply counted.
    pub names: Vec<String>,
}

impl Show for Replicas {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let count = look.pool().filter(|_| look.whole)?.replicas.len();
        let serves = |stage| matches!(stage, MemberStage::Serving | MemberStage::Dead);
        let (mut title, mut names) = (None, Vec::new());
        if let Some(replicas) = look.system.look_at_read_replicas(look.node()) {
            let serving = replicas.replicas.iter().filter(|replica| serves(MemberStage::of_read_replica(replica)));
            let mut all: Vec<(u32, String)> =
                serving.map(|replica| (replica.number, replica.number.to_string())).collect();
            all.push((replicas.primary, "P".to_owned()));
            all.sort();
            names = all.into_iter().map(|(_, name)| name).collect();
            title = Some("The primary (P) and who serves beside it".to_owned());
        } else if let Some(shards) = look.system.look_at_shards(look.node()) {
            let serving = shards.shards.iter().filter(|shard| serves(MemberStage::of_shard(shard)));
            names = serving.map(|shard| (shard.number + 1).to_string()).collect();
            title = Some(format!("{count} shards"));
        } else if let Some(store) = look.system.look_at_quorum(look.node()) {
            let serving = store.nodes.iter().filter(|node| node.stage == QuorumNodeStage::Serving);
            names = serving.map(|node| (node.number + 1).to_string()).collect();
            title = Some(format!("{count} nodes"));
        } else if let Some(nodes) = look.system.look_at_cache_cluster(look.node()) {
            let serving = nodes.nodes.iter().filter(|node| serves(MemberStage::of_node(node)));
            names = serving.map(|node| (node.number + 1).to_string()).collect();
            title = Some(format!("{count} nodes"));
        }
        let title = match count {
            0 => return None,
            1 => "Its one replica".to_owned(),
            _ => title.unwrap_or_else(|| format!("{count} replicas")),
        };
        Some(Self { title, names })
    }
}
