//! A look into a database's read replicas, for whoever watches: nothing is decided, nothing applied.

use serde::{Deserialize, Serialize};

use super::{Copies, CopyStage, applies_in};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::scaler::Decision;
use crate::model::scaler::read_replicas::Number;
use crate::model::system::System;
use crate::model::system::station::Kind;

/// What there is to see of a database's read replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopiesLook {
    pub by_rule: bool,
    pub wanted: u32,
    pub copies: Vec<CopyLook>,
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
pub struct CopyLook {
    pub number: u32,
    pub stage: CopyStage,
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
    pub fn look_at_copies(&self, node: NodeId) -> Option<CopiesLook> {
        let now = self.now;
        let Kind::Pool(pool) = &self.stations[self.station_index(node)? as usize].kind else { return None };
        let copies = pool.data.of::<Copies>()?;
        let seen = copies.list.iter().map(|copy| {
            let (lag, behind) = copy.follower.seen(now, applies_in(copies.config.apply, copy, &self.replicas));
            let takes = copies.config.copies_for.as_secs_f64();
            let passed = now.since(copy.since).as_secs_f64();
            CopyLook {
                number: copy.number,
                stage: copy.stage,
                since: copy.since,
                progress: if copy.stage == CopyStage::Copying && takes > 0.0 { (passed / takes).min(1.0) } else { 1.0 },
                dead: self.replicas.get(copy.replica as usize).is_some_and(|replica| replica.dead),
                region: copy.region.map_or_else(String::new, |region| region.info().id.to_owned()),
                lag,
                behind,
                reads: copy.reads,
                stale: copy.stale,
            }
        });
        Some(CopiesLook {
            by_rule: matches!(copies.config.number, Number::Rule { .. }),
            wanted: copies.list.wanted,
            copies: seen.collect(),
            syncs: copies.list.decisions.iter().cloned().collect(),
            reads: copies.answered,
            stale: copies.stale,
            worst: copies.worst,
            price: copies.config.price(pool.config.price),
        })
    }
}
