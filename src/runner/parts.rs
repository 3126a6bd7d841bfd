//! A database's read replicas and a cache's nodes, as the page shows them.

use super::scaling::syncs;
use crate::model::system::meter::Meter;
use crate::model::system::{ClusterLook, CopiesLook, CopyStage, NodeStage};
use crate::protocol::parts::{ClusterFrame, CopiesFrame, CopyFrame, MovedFrame, NodeFrame, PartStage};

/// Buckets of hits that are sent.
const BUCKETS: usize = 120;

/// What there is to see of read replicas; `whole`: with every look of the rule.
pub(super) fn copies(look: &CopiesLook, whole: bool) -> Box<CopiesFrame> {
    let copy = |copy: &crate::model::system::CopyLook| CopyFrame {
        number: copy.number,
        stage: match copy.stage {
            _ if copy.dead => PartStage::Dead,
            CopyStage::Copying => PartStage::Copying,
            CopyStage::CatchingUp => PartStage::CatchingUp,
            CopyStage::Serving => PartStage::Serving,
            CopyStage::Leaving => PartStage::Leaving,
        },
        since_ns: copy.since.0,
        progress: copy.progress,
        region: copy.region.to_owned(),
        lag_secs: copy.lag.as_secs_f64(),
        behind: copy.behind as u64,
        reads: copy.reads,
        stale: copy.stale,
    };
    Box::new(CopiesFrame {
        by_rule: look.by_rule,
        wanted: look.wanted,
        copies: look.copies.iter().map(copy).collect(),
        syncs: if whole { syncs(&look.syncs) } else { Vec::new() },
        reads: look.reads,
        stale: look.stale,
        worst_secs: look.worst.as_secs_f64(),
        price: look.price,
    })
}

/// What there is to see of a cache's nodes; `whole`: with every look of the rule, and the course of the hits.
pub(super) fn cluster(look: &ClusterLook, meter: &Meter, whole: bool) -> Box<ClusterFrame> {
    let node = |node: &crate::model::system::NodeLook| NodeFrame {
        number: node.number,
        stage: match node.stage {
            _ if node.dead => PartStage::Dead,
            NodeStage::Joining => PartStage::Joining,
            NodeStage::Serving => PartStage::Serving,
            NodeStage::Leaving => PartStage::Leaving,
        },
        since_ns: node.since.0,
        progress: node.progress,
        share: node.share,
        entries: node.entries as u64,
        capacity: node.capacity as u64,
        lookups: node.lookups,
        hits: node.hits,
    };
    let buckets = meter.series();
    let shown = &buckets[buckets.len().saturating_sub(BUCKETS)..];
    let ratio = |hits: u64, lookups: u64| if lookups > 0 { hits as f32 / lookups as f32 } else { f32::NAN };
    let hits = || shown.iter().map(|bucket| ratio(bucket.hits, bucket.lookups)).collect();
    Box::new(ClusterFrame {
        by_rule: look.by_rule,
        wanted: look.wanted,
        nodes: look.nodes.iter().map(node).collect(),
        change: look.change.map(|change| MovedFrame {
            at_ns: change.at.0,
            from: change.from,
            to: change.to,
            share: change.share,
            ideal: change.ideal,
            held: change.held,
            moved: change.moved,
            misses: change.misses,
        }),
        changes: look.changes,
        misses: look.misses,
        syncs: if whole { syncs(&look.syncs) } else { Vec::new() },
        price: look.price,
        hits: if whole { hits() } else { Vec::new() },
        bucket_secs: buckets.last().map_or(1.0, |bucket| bucket.secs()),
    })
}
