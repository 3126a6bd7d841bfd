//! What is shown of a database's read replicas. Looking decides nothing and applies nothing.

use serde::{Deserialize, Serialize};

use super::{ReadReplicaStage, ReadReplicas, SessionsLook, applies_in};
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
    /// Number of the primary.
    pub primary: u32,
    /// What becomes of writes; `None`: nobody asks.
    pub replication: Option<Box<ReplicationLook>>,
    /// What clients have missed; `None`: nobody looks.
    pub sessions: Option<SessionsLook>,
}

/// What becomes of a database's writes, and who is its primary. Acknowledged = stored + superseded + lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicationLook {
    pub acknowledged: u64,
    pub stored: u64,
    /// Replaced by a later acknowledged write of their key.
    pub superseded: u64,
    pub lost: u64,
    /// Committed as the primary died, and not answered: kept or not.
    pub unknown: u64,
    /// Acknowledged writes that an old primary alone has: lost when it is back.
    pub alone: u64,
    /// Number of the primary that goes on alone.
    pub former: Option<u32>,
    /// Acknowledged while there were two primaries.
    pub twice: u64,
    /// Writes that wait for replicas now.
    pub waiting: u64,
    /// Since when nothing waits, after a time-out.
    pub fallen: Option<SimTime>,
    /// Primaries so far, but the first; time without one.
    pub promotions: u32,
    pub without: SimDuration,
    /// It is without one now; who is to take over.
    pub down: bool,
    pub promoting: Option<u32>,
    /// Writes that were lost last, newest last.
    pub last_lost: Vec<LostWrite>,
}

/// An acknowledged write that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LostWrite {
    pub key: u64,
    pub committed: SimTime,
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
            primary: store.primary_number,
            replication: store.look_at_replication(now),
            sessions: store.sessions.as_ref().map(|sessions| sessions.sums),
        })
    }
}

impl ReadReplicas {
    fn look_at_replication(&self, now: SimTime) -> Option<Box<ReplicationLook>> {
        let guarded = self.guarded.as_deref()?;
        let (ledger, watch) = (&guarded.ledger, &guarded.watch);
        let [acknowledged, stored, superseded, lost, unknown] = ledger.sums;
        let alone = watch.former.iter().flat_map(|former| &former.alone).filter(|write| write.acknowledged);
        let told = ledger.last_lost.iter().map(|write| LostWrite { key: write.key, committed: write.at });
        Some(Box::new(ReplicationLook {
            acknowledged,
            stored,
            superseded,
            lost,
            unknown,
            alone: alone.count() as u64,
            former: watch.former.as_ref().map(|former| former.number),
            twice: watch.twice,
            waiting: guarded.waiting.len() as u64,
            fallen: guarded.fallen,
            promotions: watch.epoch,
            without: watch.was_down + watch.down.map_or(SimDuration::ZERO, |since| now.since(since)),
            down: watch.down.is_some(),
            promoting: watch.promoting,
            last_lost: told.collect(),
        }))
    }
}
