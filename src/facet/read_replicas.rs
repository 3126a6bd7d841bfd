//! A database's read replicas.

use super::member::{self, MemberStage};
use super::{Look, Show, StateLine};
pub use crate::model::system::ReadReplicasLook as ReadReplicas;

impl Show for ReadReplicas {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let mut seen = look.system.look_at_read_replicas(look.node())?;
        if !look.whole {
            seen.syncs.clear();
        }
        Some(seen)
    }

    fn state_line(&self) -> Option<StateLine> {
        let stages: Vec<MemberStage> = self.replicas.iter().map(MemberStage::of_read_replica).collect();
        let mut line = member::line(&stages, "replica", "replicas");
        let lag = self.replicas.iter().map(|replica| replica.lag.as_secs_f64()).fold(0.0, f64::max);
        if lag >= 1.0 {
            line.words += &format!(" · lag {lag:.0} s");
        }
        if let Some(writes) = &self.replication {
            let word = match writes {
                _ if writes.former.is_some() => " · two primaries",
                _ if writes.down => " · no primary",
                _ if writes.fallen.is_some() => " · writes do not wait",
                _ => "",
            };
            line.words += word;
            if writes.lost > 0 {
                line.words += &format!(" · {} lost", writes.lost);
            }
        }
        (!stages.is_empty()).then_some(line)
    }
}
