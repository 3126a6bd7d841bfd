//! What is shown of a database's read replicas. Looking decides nothing and applies nothing.

use serde::{Deserialize, Serialize};

use super::{ReadReplicaStage, ReadReplicas, applies_in};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::scaler::Decision;
use crate::model::scaler::read_replicas::Number;
use crate::model::system::System;

/// What there is to see of a database's read replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadReplicasLook {
    pub by_rule: bool,
    pub wanted: u32,
    pub replicas: Vec<ReadReplicaLook>,
    /// Looks of the rule, newest last.
    pub syncs: Vec<Decision>,
    /// Reads answered since the start, how many of them were stale, and how stale the worst one was.
    pub reads: u64,
    pub stale: u64,
    pub worst: SimDuration,
    /// What each costs [USD/h].
    pub price: f64,
}

/// One read replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadReplicaLook {
    pub number: u32,
    pub stage: ReadReplicaStage,
    pub since: SimTime,
    /// Copying: how far it is, 0..1.
    pub progress: f64,
    pub dead: bool,
    /// Id of the region; empty: where its primary is.
    pub region: String,
    pub lag: SimDuration,
    /// Writes that it has not applied yet.
    pub behind: usize,
    pub reads: u64,
    pub stale: u64,
}

impl System {
    /// Looks into the read replicas of a database; `None`: it is told of none.
    #[must_use]
    pub fn look_at_read_replicas(&self, node: NodeId) -> Option<ReadReplicasLook> {
        let now = self.now;
        let pool = self.stations[self.station_index(node)? as usize].pool()?;
        let store = pool.data.of::<ReadReplicas>()?;
        let seen = store.list.iter().map(|member| {
            let (lag, behind) = member.follower.seen(now, applies_in(store.config.apply, member, &self.replicas));
            let takes = store.config.copying.as_secs_f64();
            let passed = now.since(member.since).as_secs_f64();
            ReadReplicaLook {
                number: member.number,
                stage: member.stage,
                since: member.since,
                progress: if member.stage == ReadReplicaStage::Copying && takes > 0.0 {
                    (passed / takes).min(1.0)
                } else {
                    1.0
                },
                dead: self.replicas.get(member.replica as usize).is_some_and(|replica| replica.dead),
                region: member.region.map_or_else(String::new, |region| region.info().id.to_owned()),
                lag,
                behind,
                reads: member.reads,
                stale: member.stale,
            }
        });
        Some(ReadReplicasLook {
            by_rule: matches!(store.config.number, Number::Rule { .. }),
            wanted: store.list.wanted,
            replicas: seen.collect(),
            syncs: store.list.decisions.iter().cloned().collect(),
            reads: store.answered,
            stale: store.stale,
            worst: store.worst,
            price: store.config.price(pool.config.price),
        })
    }
}
