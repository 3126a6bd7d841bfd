//! A service's new version on its way in.

use super::{Look, Show, StateLine, Weight};
pub use crate::model::system::RolloutLook as Rollout;

impl Show for Rollout {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        look.system.look_at_rollout(look.node())
    }

    fn state_line(&self) -> Option<StateLine> {
        let what = if self.failed { "stalled" } else { "new" };
        let words = format!("{} of {} {what}", self.counts.new_available, self.counts.desired);
        Some(StateLine { weight: Weight::Parts, words })
    }
}
