//! Keys on their way to other shards: rounds of copying, the cut-over, and what it leaves behind.
//!
//! New shards are ordered as the move begins and serve once it cuts over; shards that are no longer wanted leave then. A
//! copy takes its part of the disk of every shard that serves, whose work takes longer by as much.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{Shard, ShardStage, Shards, Turn};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::sharding::copy::{self, Live, Rounds};
use crate::model::sharding::{self, Placement};
use crate::model::system::System;
use crate::model::system::attempt::Verb;
use crate::model::system::log::LogTone;
use crate::model::system::plan::Operation;
use crate::model::system::slab::NONE;
use crate::model::system::timer::Timer;

/// How often a cut-over looks whether the last writes from before it are done.
const DRAINS_EVERY: SimDuration = SimDuration::from_millis(10);

/// How often a round that waits for a dead shard looks again [s].
const WAITS: f64 = 1.0;

/// A move under way.
#[derive(Clone, Debug)]
pub(super) struct Moving {
    pub(super) to: Box<dyn Placement>,
    /// Shards before and after.
    pub(super) counts: (u32, u32),
    pub(super) since: SimTime,
    /// Share of the keys that moves, and what theory expects, 0..1; NaN: it expects nothing.
    pub(super) share: f64,
    pub(super) expected: f64,
    pub(super) live: Live,
    /// What is copied [MB/s], and the share of each disk that this takes, 0..1.
    pub(super) rate: f64,
    pub(super) disk_share: f64,
    pub(super) rounds: Rounds,
    /// When this round began, and when it will be over.
    pub(super) round: (SimTime, SimTime),
    /// Writes behind what has changed since this round began.
    pub(super) writes_behind: u64,
    /// A shard is dead: the round goes on once it is back.
    pub(super) waits: bool,
    /// It cuts over: writes to what moves stand still.
    pub(super) stopped: Option<SimTime>,
}

/// A move that is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardsMoved {
    pub at: SimTime,
    /// Shards before and after.
    pub from: u32,
    pub to: u32,
    /// Share of the keys that changed hands, and what theory expects, 0..1; NaN: it expects nothing.
    pub share: f64,
    pub expected: f64,
    /// Copied in all [MB], in so many rounds.
    pub copied: f64,
    pub rounds: u32,
    pub took: SimDuration,
    pub stopped: SimDuration,
    /// Answered writes that were left behind.
    pub lost: u64,
}

impl Moving {
    /// Whether a write to a key is refused for the cut-over.
    pub(super) fn stops(&self, now: &dyn Placement, key: u64) -> bool {
        self.stopped.is_some() && self.live.stop_writes && self.moves(now, key)
    }

    fn moves(&self, now: &dyn Placement, key: u64) -> bool {
        now.owner_of_write(key) != self.to.owner_of_write(key)
    }

    /// A shard has done a write.
    pub(super) fn written(&mut self, shard: u32, key: u64) {
        if self.to.owner_of_write(key) != shard {
            self.rounds.change(self.live.row);
            self.writes_behind += 1;
        }
    }
}

/// Sets out for the shards that are wanted, unless they are there or on their way.
pub(super) fn aim(system: &mut System, ix: u32, other_scheme: bool) {
    let now = system.now;
    let Some(store) = system.store::<Shards>(ix) else { return };
    let (wanted, here) = (store.config.shards, store.placement.numbers().len() as u32);
    if now == SimTime::ZERO {
        system.scale::<Shard>(ix, wanted, &[]);
        if let Some(store) = system.store::<Shards>(ix) {
            store.placement = store.config.build(&store.numbers_of(wanted));
            (store.moved, store.moves) = (None, 0);
        }
        return;
    }
    if let Some(moving) = &store.moving
        && moving.counts.1 == wanted
        && !other_scheme
    {
        retune(system, ix);
        return;
    }
    let gives_up = store.moving.take().is_some();
    store.generation = store.generation.wrapping_add(1);
    if wanted == here && !other_scheme {
        if gives_up {
            system.scale::<Shard>(ix, here, &[]);
            system.apply_effects();
        }
        return;
    }
    system.scale::<Shard>(ix, wanted.max(here), &[]);
    begin(system, ix, (here, wanted), other_scheme);
}

/// Copying begins.
fn begin(system: &mut System, ix: u32, (from, to): (u32, u32), other_scheme: bool) {
    let now = system.now;
    let Some(store) = system.store::<Shards>(ix) else { return };
    let numbers = store.numbers_of(to);
    let after = if other_scheme { store.config.build(&numbers) } else { store.placement.with(&numbers) };
    let share = sharding::moved(&*store.placement, &*after);
    let expected = if other_scheme { f64::NAN } else { store.placement.expected_to_move(from, to) };
    let none = Live { data: 0.0, rate: 1.0, disk: 1.0, row: 0.0, cut_over: 0.0, stop_writes: true };
    let live = store.config.moves.unwrap_or(none);
    let serving = store.serving();
    let rounds = Rounds::new(live.data * share);
    store.moving = Some(Moving {
        to: after,
        counts: (from, to),
        since: now,
        share,
        expected,
        live,
        rate: live.pace(serving),
        disk_share: if store.config.moves.is_some() { live.disk_share(serving) } else { 0.0 },
        rounds,
        round: (now, now),
        writes_behind: 0,
        waits: false,
        stopped: None,
    });
    if store.config.moves.is_none() {
        cut_over(system, ix);
        return;
    }
    let text = format!(
        "{from} → {to} shards: {:.0} % of the keys move, {:.0} MB are copied",
        share * 100.0,
        live.data * share
    );
    tell(system, ix, LogTone::Info, &text);
    system.apply_effects();
    let takes = rounds.size / live.pace(serving);
    plan(system, ix, takes);
}

/// The copy gets other numbers while it goes on: what is left of this round goes at the new rate.
fn retune(system: &mut System, ix: u32) {
    let now = system.now;
    let Some(store) = system.store::<Shards>(ix) else { return };
    let serving = store.serving();
    let Some(moving) = &mut store.moving else { return };
    let Some(live) = store.config.moves else {
        cut_over(system, ix);
        return;
    };
    if moving.live == live || moving.stopped.is_some() {
        return;
    }
    let left = moving.round.1.since(now).as_secs_f64() * moving.rate;
    (moving.live, moving.rate, moving.disk_share) = (live, live.pace(serving), live.disk_share(serving));
    let takes = left / moving.rate;
    store.generation = store.generation.wrapping_add(1);
    plan(system, ix, takes);
    system.apply_effects();
}

/// Has the present round end so many seconds from now.
fn plan(system: &mut System, ix: u32, secs: f64) {
    let now = system.now;
    let after = SimDuration::from_secs_f64(secs);
    let Some(store) = system.store::<Shards>(ix) else { return };
    let turn = Turn::Round { generation: store.generation };
    if let Some(moving) = &mut store.moving {
        moving.round = (now, now + after);
    }
    system.schedule(now + after, Timer::Shards { station: ix, turn });
}

impl System {
    /// A round of a move is over, or its cut-over looks again.
    pub(super) fn move_due(&mut self, station: u32, generation: u32) {
        let now = self.now;
        let removed = self.stations[station as usize].removed;
        let Some(store) = self.store::<Shards>(station).filter(|_| !removed) else {
            self.quiet = true;
            return;
        };
        let serving: Vec<u32> = store.list.serving().map(|shard| shard.replica).collect();
        let waits = serving.iter().any(|replica| self.replicas[*replica as usize].dead);
        let Some(store) = self.store::<Shards>(station) else { return };
        let Some(moving) = store.moving.as_mut().filter(|_| store.generation == generation) else {
            self.quiet = true;
            return;
        };
        // What a dead shard has cannot be copied.
        moving.waits = waits;
        if waits {
            plan(self, station, WAITS);
            return;
        }
        if moving.stopped.is_some() {
            if writes_under_way(self, station) > 0 {
                plan(self, station, DRAINS_EVERY.as_secs_f64());
            } else {
                finish(self, station);
            }
            return;
        }
        match moving.rounds.end(moving.rate, moving.live.cut_over) {
            copy::Next::Round(secs) => {
                moving.writes_behind = 0;
                if moving.rounds.diverges() && moving.rounds.round == 1 {
                    let text = "more changes to the keys that move than is copied: this move never ends. Copy faster, or write less.";
                    tell(self, station, LogTone::Bad, text);
                }
                plan(self, station, secs);
            }
            copy::Next::CutOver(secs) => {
                moving.stopped = Some(now);
                if moving.live.stop_writes {
                    moving.writes_behind = 0;
                    plan(self, station, secs);
                } else {
                    finish(self, station);
                }
            }
        }
    }
}

/// The last of it is through: what was written since goes in one more step, then the others take over.
fn finish(system: &mut System, ix: u32) {
    let Some(store) = system.store::<Shards>(ix) else { return };
    let Some(moving) = &mut store.moving else { return };
    if moving.live.stop_writes && moving.rounds.changed > 0.0 {
        let (copy::Next::Round(secs) | copy::Next::CutOver(secs)) = moving.rounds.end(moving.rate, 0.0);
        moving.writes_behind = 0;
        plan(system, ix, secs);
        return;
    }
    cut_over(system, ix);
}

/// Writes to keys that move which are still somewhere in the database.
fn writes_under_way(system: &System, ix: u32) -> u64 {
    let Some(store) = system.pool(ix).data.of::<Shards>() else { return 0 };
    let Some(moving) = &store.moving else { return 0 };
    let held = system.held_by(|attempt| {
        attempt.station == ix && attempt.verb == Verb::Request && attempt.request != NONE && attempt.replica != NONE
    });
    let moves = held.into_iter().filter(|attempt| {
        let request = system.attempts[*attempt].request;
        let writes = system.requests[request].operation == Operation::Write;
        writes && moving.moves(&*store.placement, system.request_key(request))
    });
    moves.count() as u64
}

/// From now on keys are where they were moved to.
fn cut_over(system: &mut System, ix: u32) {
    let now = system.now;
    let under_way = writes_under_way(system, ix);
    let Some(store) = system.store::<Shards>(ix) else { return };
    let new = store.list.iter().filter(|shard| shard.stage == ShardStage::Copying).map(|shard| shard.number);
    let new: Vec<u32> = new.collect();
    let Some(moving) = store.moving.take() else { return };
    store.generation = store.generation.wrapping_add(1);
    for number in new {
        system.serve::<Shard>(ix, number);
    }
    let Some(store) = system.store::<Shards>(ix) else { return };
    let (left, last) = match moving.stopped {
        Some(_) if moving.live.stop_writes => (0, moving.rounds.size),
        Some(_) => (moving.writes_behind + under_way, 0.0),
        None => (0, 0.0),
    };
    store.lost += left;
    store.moves += 1;
    let moved = ShardsMoved {
        at: now,
        from: moving.counts.0,
        to: moving.counts.1,
        share: moving.share,
        expected: moving.expected,
        copied: moving.rounds.copied + last,
        rounds: moving.rounds.round,
        took: now.since(moving.since),
        stopped: moving.stopped.map_or(SimDuration::ZERO, |stopped| now.since(stopped)),
        lost: left,
    };
    store.moved = Some(moved);
    store.placement = moving.to;
    system.scale::<Shard>(ix, moving.counts.1, &[]);
    system.apply_effects();
    system.rebill(ix);
    let mut text = format!("{} → {} shards: cut over", moved.from, moved.to);
    if system.now > moving.since {
        let _ = write!(text, " after {:.1} s, {:.0} MB copied", moved.took.as_secs_f64(), moved.copied);
    }
    if left > 0 {
        let _ = write!(text, "; {left} answered writes were left behind and are lost");
    }
    tell(system, ix, if left > 0 { LogTone::Bad } else { LogTone::Info }, &text);
}

/// A line of the log.
pub(super) fn tell(system: &mut System, ix: u32, tone: LogTone, text: &str) {
    let entry = &system.stations[ix as usize];
    let (id, text) = (entry.id, format!("{}: {text}", entry.label));
    system.log(tone, Some(id), text);
}
