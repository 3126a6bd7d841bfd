//! What is shown of a database's shards. Looking decides nothing.

use serde::{Deserialize, Serialize};

use super::moving::{Moving, ShardsMoved};
use super::{ShardStage, Shards};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::system::System;

/// What there is to see of a database's shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardsLook {
    /// What the scheme is called.
    pub scheme: String,
    pub shards: Vec<ShardLook>,
    pub moving: Option<MoveLook>,
    /// The last move that is over, and how many there have been.
    pub moved: Option<ShardsMoved>,
    pub moves: u32,
    /// What the placement has changed by itself: ranges that split, merged, or moved.
    pub changes: u64,
    /// Answered writes that were lost in moves.
    pub lost: u64,
    /// What each costs [USD/h].
    pub price: f64,
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardLook {
    pub number: u32,
    pub stage: ShardStage,
    pub dead: bool,
    /// Parts that its keys lie in, where the placement has parts.
    pub parts: Option<u32>,
    /// Of the keys, and of what was answered lately, 0..1.
    pub share: f64,
    pub load: f64,
    /// Answers per second lately.
    pub rate: f64,
    pub reads: u64,
    pub writes: u64,
    /// Connections in use, and how many there are.
    pub busy: u32,
    pub connections: u32,
    pub waiting: u32,
}

/// Where a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStage {
    /// Everything that moves is copied.
    Copying,
    /// What has changed meanwhile is copied.
    CatchingUp,
    /// Writes to what moves stand still.
    CuttingOver,
}

/// A move under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveLook {
    pub stage: MoveStage,
    /// Shards before and after.
    pub from: u32,
    pub to: u32,
    pub since: SimTime,
    /// Share of the keys that moves, and what theory expects, 0..1; NaN: it expects nothing.
    pub share: f64,
    pub expected: f64,
    /// Rounds that are over, and how far this one is, 0..1.
    pub round: u32,
    pub progress: f64,
    /// What this round copies [MB], and the rate [MB/s].
    pub size: f64,
    pub rate: f64,
    /// Share of each disk that it takes, 0..1.
    pub disk_share: f64,
    /// What has changed since the round began, as time to copy it.
    pub lag: SimDuration,
    /// A shard is dead, and what it has cannot be copied: the round goes on once it is back.
    pub waits: bool,
    /// The latest round was no smaller than the one before.
    pub diverges: bool,
}

impl MoveLook {
    fn of(moving: &Moving, now: SimTime) -> Self {
        let (began, ends) = moving.round;
        let (passed, whole) = (now.since(began).as_secs_f64(), ends.since(began).as_secs_f64());
        let stage = match moving.stopped {
            Some(_) => MoveStage::CuttingOver,
            None if moving.rounds.round == 0 => MoveStage::Copying,
            None => MoveStage::CatchingUp,
        };
        Self {
            stage,
            from: moving.counts.0,
            to: moving.counts.1,
            since: moving.since,
            share: moving.share,
            expected: moving.expected,
            round: moving.rounds.round,
            progress: if whole > 0.0 { (passed / whole).min(1.0) } else { 1.0 },
            size: moving.rounds.size,
            rate: moving.rate,
            disk_share: moving.disk_share,
            lag: SimDuration::from_secs_f64(moving.rounds.lag(moving.rate)),
            waits: moving.waits,
            diverges: moving.rounds.diverges(),
        }
    }
}

impl System {
    /// Looks into the shards of a database; `None`: it has none.
    #[must_use]
    pub fn look_at_shards(&self, node: NodeId) -> Option<ShardsLook> {
        let now = self.now;
        let pool = self.stations[self.station_index(node)? as usize].pool()?;
        let store = pool.data.of::<Shards>()?;
        let (shares, parts) = (store.placement.shares(), store.placement.parts());
        let total: f64 = store.list.iter().map(|shard| shard.recent.rate(now)).sum();
        let seen = store.list.iter().map(|shard| {
            let replica = self.replicas.get(shard.replica as usize);
            let rate = shard.recent.rate(now);
            ShardLook {
                number: shard.number,
                stage: shard.stage,
                dead: replica.is_some_and(|replica| replica.dead),
                share: shares.iter().find(|(number, _)| *number == shard.number).map_or(0.0, |(_, share)| *share),
                parts: parts.as_ref().map(|parts| {
                    parts.iter().find(|(number, _)| *number == shard.number).map_or(0, |(_, count)| *count)
                }),
                load: if total > 0.0 { rate / total } else { 0.0 },
                rate,
                reads: shard.reads,
                writes: shard.writes,
                busy: replica.map_or(0, |replica| replica.busy),
                connections: replica.map_or(0, |replica| replica.slots),
                waiting: replica.map_or(0, |replica| replica.queue.len() as u32),
            }
        });
        Some(ShardsLook {
            scheme: store.config.name().to_owned(),
            shards: seen.collect(),
            moving: store.moving.as_ref().map(|moving| MoveLook::of(moving, now)),
            moved: store.moved,
            moves: store.moves,
            changes: store.changes,
            lost: store.lost,
            price: pool.config.price,
        })
    }
}
