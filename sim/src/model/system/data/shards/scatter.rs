//! Reads that ask all shards (scatter-gather): each shard works on its part, and the slowest of those that are waited for
//! decides when the read is answered.

use super::Shards;
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Caller, Phase, Stage, Verb};
use crate::model::system::flow::purpose;
use crate::model::system::plan::Operation;
use crate::model::system::trail::Mark;

impl System {
    /// A request has come to a sharded database; `true`: it asks all shards, and waits for them without a slot.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn scatters(&mut self, ix: u32) -> bool {
        let Attempt { station, request, verb, draws, edge, .. } = self.attempts[ix];
        let pool = self.pool(station);
        let (Some(scatter), Some(store)) = (pool.config.scatter, pool.data.of::<Shards>()) else { return false };
        if verb != Verb::Request
            || self.requests[request].operation == Operation::Write
            || draws.child(purpose::SCATTER).unit(0) >= scatter.share
        {
            return false;
        }
        let shards: Vec<u32> = store.list.serving().map(|shard| shard.replica).collect();
        let (all, first) = (shards.len() as u16, shards[0]);
        let needed = if scatter.answers == 0 { all } else { all.min(scatter.answers as u16) };
        let attempt = &mut self.attempts[ix];
        (attempt.phase, attempt.stage) = (Phase::Waiting, Stage::Coordinating);
        // Answers that it waits for, and shards that may fail.
        (attempt.pending, attempt.step) = (needed, all - needed);
        let parent = self.attempts.key(ix);
        self.note(ix, Mark::Started { replica: first, demand: SimDuration::ZERO });
        self.note(ix, Mark::Worked);
        self.remark(ix, "Scatter-gather", |_| {
            format!("the read asks all {all} shards, and is answered once {needed} of them have answered")
        });
        self.requests[request].loaded = true;
        if self.values.is_some() {
            self.take_snapshot(ix);
        }
        for (at, shard) in (0..).zip(shards) {
            let draws = draws.child(purpose::SCATTER).child(at);
            let part =
                self.new_attempt(crate::model::system::slab::NONE, edge, Caller::Scatter(parent), Verb::Part, draws);
            self.attempts[part].replica = shard;
            self.admit(part);
        }
        true
    }

    /// A shard has done its part of a read, or has not.
    pub(in crate::model::system) fn gathered(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let Attempt { station, caller, replica, .. } = self.attempts[ix];
        self.free(ix);
        let Caller::Scatter(parent) = caller else { return };
        let (now, good) = (self.now, outcome == Outcome::Completed);
        if good
            && let Some(store) = self.store::<Shards>(station)
            && let Some(shard) = store.list.of_replica(replica)
        {
            shard.recent.count(now);
            shard.reads += 1;
        }
        let waits = |read: &&Attempt| read.phase == Phase::Waiting && read.stage == Stage::Coordinating;
        if self.attempts.get(parent).filter(waits).is_none() {
            return;
        }
        let read = &mut self.attempts[parent.ix];
        if good {
            read.pending -= 1;
        } else if read.step > 0 {
            read.step -= 1;
            return;
        }
        if good && read.pending > 0 {
            return;
        }
        let (reached, number) = (read.reached_at, self.replicas[replica as usize].number + 1);
        self.remark(parent.ix, "Scatter-gather", |_| {
            let ms = now.since(reached).as_secs_f64() * 1e3;
            let what = if good { "was the last that it waited for" } else { "failed" };
            format!("shard {number} {what}, after {ms:.1} ms")
        });
        self.respond(parent.ix, outcome, reason);
    }
}
