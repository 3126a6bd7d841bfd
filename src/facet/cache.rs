//! What a cache holds, how often that helped, and who had to leave.

use serde::{Deserialize, Serialize};

use super::words::percent;
use super::{Bar, Look, Show};
use crate::model::system::HeldLook;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cache {
    /// Hits over look-ups within the run, warm-up and drain left out, 0..1; `None`: nothing was looked up yet.
    pub hit_ratio: Option<f64>,
    pub entries: u32,
    /// A memory for each of its nodes; empty at a glance.
    pub memories: Vec<HeldLook>,
}

impl Show for Cache {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let pool = look.pool()?;
        let entries = pool.data.entries()?;
        let hit_ratio = look.station.meter.hit_ratio();
        let memories = if look.whole { look.system.look_at_cache(look.node()) } else { Vec::new() };
        Some(Self { hit_ratio, entries: entries as u32, memories })
    }

    fn bar(&self) -> Option<Bar> {
        let ratio = self.hit_ratio?;
        let (share, value) = (ratio.clamp(0.0, 1.0), format!("{} hit", percent(ratio)));
        Some(Bar { share, strains: false, value, tells_queue: false })
    }
}
