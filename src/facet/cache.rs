//! What a cache holds, and how often that helped.

use serde::{Deserialize, Serialize};

use super::words::percent;
use super::{Bar, Look, Show};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cache {
    /// Hits over look-ups within the run, warm-up and drain left out, 0..1; `None`: nothing was looked up yet.
    pub hit_ratio: Option<f64>,
    pub entries: u32,
}

impl Show for Cache {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let pool = look.pool()?;
        let entries = pool.data.entries()?;
        let hit_ratio = look.station.meter.hit_ratio();
        Some(Self { hit_ratio, entries: entries as u32 })
    }

    fn bar(&self) -> Option<Bar> {
        let ratio = self.hit_ratio?;
        let (share, value) = (ratio.clamp(0.0, 1.0), format!("{} hit", percent(ratio)));
        Some(Bar { share, strains: false, value, tells_queue: false })
    }
}
