//! A database's shards, where it has some.

use serde::{Deserialize, Serialize};

use super::member::{self, MemberStage};
use super::{Look, Show, StateLine, Weight};
use crate::model::system::{MoveStage, ShardLook, ShardsLook};

/// A shard that gets this many times its even part of the load is hot.
pub const HOT: f64 = 1.5;
/// With fewer answers per second than this, chance alone makes one of them look hot.
const ENOUGH: f64 = 10.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shards {
    pub look: ShardsLook,
}

impl Shards {
    /// The shard with the most load, and how many times its even part that is; `None`: there is too little load to tell, or one shard.
    #[must_use]
    pub fn hottest(&self) -> Option<(&ShardLook, f64)> {
        let serving = || self.look.shards.iter().filter(|shard| MemberStage::of_shard(shard) != MemberStage::Copying);
        let count = serving().count();
        let most =
            serving().max_by(|a, b| a.load.total_cmp(&b.load)).filter(|shard| count > 1 && shard.rate >= ENOUGH)?;
        Some((most, most.load * count as f64))
    }
}

impl Show for Shards {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        look.system.look_at_shards(look.node()).map(|look| Self { look })
    }

    fn state_line(&self) -> Option<StateLine> {
        let serving = self.look.shards.iter().filter(|shard| MemberStage::of_shard(shard) == MemberStage::Serving);
        let words = match &self.look.moving {
            Some(moving) => {
                let what = match moving.stage {
                    MoveStage::Copying => "copying",
                    MoveStage::CatchingUp => "catching up",
                    MoveStage::CuttingOver => "cutting over",
                };
                format!("{} shards → {} · {what}", serving.count(), moving.to)
            }
            None => match self.hottest().filter(|(_, times)| *times >= HOT) {
                Some((shard, times)) => {
                    format!("{} shards · shard {} hot ({times:.1}×)", serving.count(), shard.number + 1)
                }
                None => {
                    let stages: Vec<MemberStage> = self.look.shards.iter().map(MemberStage::of_shard).collect();
                    return Some(member::line(&stages, "shard", "shards"));
                }
            },
        };
        Some(StateLine { weight: Weight::Parts, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::system::ShardStage;

    fn shards(loads: &[f64]) -> Shards {
        let shard = |(number, load): (u32, &f64)| ShardLook {
            number,
            stage: ShardStage::Serving,
            dead: false,
            parts: None,
            share: 0.25,
            load: *load,
            rate: *load * 400.0,
            reads: 0,
            writes: 0,
            busy: 0,
            connections: 50,
            waiting: 0,
        };
        let look = ShardsLook {
            scheme: String::new(),
            shards: (0..).zip(loads).map(shard).collect(),
            moving: None,
            moved: None,
            moves: 0,
            changes: 0,
            lost: 0,
            price: 0.0,
        };
        Shards { look }
    }

    #[test]
    fn a_card_names_the_shard_that_is_hot() {
        let line = |loads: &[f64]| shards(loads).state_line().expect("shards say something").words;
        assert_eq!(line(&[0.25; 4]), "4 shards");
        assert_eq!(line(&[0.2, 0.55, 0.15, 0.1]), "4 shards · shard 2 hot (2.2×)");
        assert_eq!(line(&[1.0]), "1 shard", "one alone is no hotter than others");
        assert_eq!(line(&[0.0, 0.02]), "2 shards", "too few answers to tell");
    }
}
