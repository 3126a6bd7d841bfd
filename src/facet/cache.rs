//! What a cache holds, at any level, how often that helped, and who had to leave.

use serde::{Deserialize, Serialize};

use super::words::percent;
use super::{Bar, Look, Show};
use crate::model::system::HeldLook;
use crate::model::system::plan::PoolKind;
use crate::model::system::pool::state::Pool;

/// Where in the way of a request a cache stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// L1: in each replica of a service.
    Local,
    /// L2: a cache station.
    #[default]
    Shared,
    /// L3: the edges of a CDN.
    Edge,
    /// L4: results of a database.
    Results,
}

impl Level {
    fn of(pool: &Pool) -> Self {
        match pool.config.kind {
            PoolKind::Service => Self::Local,
            PoolKind::Database => Self::Results,
            PoolKind::Cache { .. } if pool.config.edge_caches.is_some() => Self::Edge,
            PoolKind::Cache { .. } => Self::Shared,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cache {
    pub level: Level,
    /// Hits over look-ups within the run, warm-up and drain left out, 0..1; `None`: nothing was looked up yet.
    pub hit_ratio: Option<f64>,
    pub entries: u32,
    /// A memory for each of its nodes; empty at a glance.
    pub memories: Vec<HeldLook>,
}

impl Show for Cache {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let pool = look.pool()?;
        let results = pool.query_cache.as_ref().map(|results| results.entries());
        let entries = results.or_else(|| pool.data.entries())?;
        let hit_ratio = look.station.meter.hit_ratio();
        let memories = if look.whole { look.system.look_at_cache(look.node()) } else { Vec::new() };
        Some(Self { level: Level::of(pool), hit_ratio, entries: entries as u32, memories })
    }

    fn bar(&self) -> Option<Bar> {
        let ratio = self.hit_ratio.filter(|_| matches!(self.level, Level::Shared | Level::Edge))?;
        let (share, value) = (ratio.clamp(0.0, 1.0), format!("{} hit", percent(ratio)));
        Some(Bar { share, strains: false, value, tells_queue: false })
    }
}
