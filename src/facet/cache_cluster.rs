//! A cache's nodes, where it may have several.

use serde::{Deserialize, Serialize};

use super::member::{self, MemberStage};
use super::{Look, Show, StateLine};
use crate::model::system::CacheClusterLook;
use crate::model::system::counts::Count;

/// Buckets of hits that are sent.
const BUCKETS: usize = 120;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheCluster {
    /// A glance has no looks of the rule.
    pub look: CacheClusterLook,
    /// Hits over look-ups in each of the last buckets, oldest first, NaN where there were none; not at a glance.
    pub hits: Vec<f32>,
    /// Width of a bucket [s].
    pub bucket_secs: f64,
}

impl Show for CacheCluster {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let mut seen = look.system.look_at_cache_cluster(look.node())?;
        let buckets = look.station.meter.series();
        let shown = &buckets[buckets.len().saturating_sub(BUCKETS)..];
        let ratio = |hits: u64, lookups: u64| if lookups > 0 { hits as f32 / lookups as f32 } else { f32::NAN };
        let mut hits = Vec::new();
        if look.whole {
            hits =
                shown.iter().map(|bucket| ratio(bucket.counts[Count::Hits], bucket.counts[Count::Lookups])).collect();
        } else {
            seen.syncs.clear();
        }
        Some(Self { look: seen, hits, bucket_secs: buckets.last().map_or(1.0, |bucket| bucket.secs()) })
    }

    fn state_line(&self) -> Option<StateLine> {
        let stages: Vec<MemberStage> = self.look.nodes.iter().map(MemberStage::of_node).collect();
        Some(member::line(&stages, "node", "nodes"))
    }
}
