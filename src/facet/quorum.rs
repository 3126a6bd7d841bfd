//! The nodes of a quorum store: who answers, who is silent, what waits for whom.

use serde::{Deserialize, Serialize};

use super::{Look, Show, StateLine, Weight};
use crate::model::system::QuorumLook;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quorum {
    pub look: QuorumLook,
}

impl Quorum {
    /// Whether each read meets the last write: R + W > N.
    #[must_use]
    pub const fn overlaps(&self) -> bool {
        self.look.read_answers + self.look.write_answers > self.look.copies
    }
}

impl Show for Quorum {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let mut seen = look.system.look_at_quorum(look.node())?;
        if !look.whole {
            // What a card does not tell.
            seen.shown.clear();
        }
        Some(Self { look: seen })
    }

    fn state_line(&self) -> Option<StateLine> {
        let nodes = &self.look.nodes;
        let (all, present) = (nodes.len(), nodes.iter().filter(|node| !node.dead && !node.silent).count());
        let mut words = if present < all { format!("{present} of {all} nodes") } else { format!("{all} nodes") };
        if self.look.hints > 0 {
            words.push_str(&format!(" · {} hints wait", self.look.hints));
        }
        Some(StateLine { weight: Weight::Parts, words })
    }
}
