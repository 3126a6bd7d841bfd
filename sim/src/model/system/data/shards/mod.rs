//! A sharded database at work: each shard is a member with connections and a queue of its own, and has the keys that the
//! placement gives it. How keys move to other shards while it runs is told in `moving`.
//!
//! A request goes to the shard of its key as it arrives. What a shard answers is counted as its work is done, so the shares
//! of the load are those of what was answered.

mod look;
mod moving;
mod scatter;

pub use look::{MoveLook, MoveStage, ShardLook, ShardsLook};
use moving::Moving;
pub use moving::ShardsMoved;
use serde::{Deserialize, Serialize};

use super::{Commit, Done, Site, Store};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::harm::Harm;
use crate::model::money::Item;
use crate::model::outcome::Reason;
use crate::model::scaler::Decision;
use crate::model::sharding::{Placement, Settings};
use crate::model::system::System;
use crate::model::system::fleet::{Fleet, Kin, Member, Next, Upbringing};
use crate::model::system::log::LogTone;
use crate::model::system::plan::PoolConfig;
use crate::model::system::pool::state::Pool;
use crate::model::system::scaling::Body;
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// Rates are those of the last two windows of this length.
const WINDOW: SimDuration = SimDuration::from_secs(5);

/// How often a placement that changes by itself is looked after.
const SECOND: SimDuration = SimDuration::from_secs(1);

/// A turn of a sharded database.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) enum Turn {
    /// A round of copying is over; stale when `generation` is not the database's.
    Round { generation: u32 },
    /// So is a second; stale when the database was sharded anew since.
    Second { born: u32 },
}

/// Where a shard is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ShardStage {
    /// It is ordered, and its keys are being copied.
    Copying,
    Serving,
    /// It has no keys any more, and ends what it holds.
    Leaving,
}

/// What only a shard has.
#[derive(Clone, Debug, Default)]
pub struct Shard {
    reads: u64,
    writes: u64,
    recent: Recent,
}

/// Answers in this window and in the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    window: u64,
    now: u32,
    before: u32,
}

impl Recent {
    fn turn(&mut self, now: SimTime) {
        let window = now.0 / WINDOW.0;
        if window != self.window {
            self.before = if window == self.window + 1 { self.now } else { 0 };
            (self.window, self.now) = (window, 0);
        }
    }

    fn count(&mut self, now: SimTime) {
        self.turn(now);
        self.now += 1;
    }

    /// Answers per second.
    fn rate(mut self, now: SimTime) -> f64 {
        self.turn(now);
        let passed = SimDuration(now.0 % WINDOW.0).as_secs_f64();
        let before = if self.window == 0 { 0.0 } else { WINDOW.as_secs_f64() };
        let secs = passed + before;
        if secs > 0.0 { f64::from(self.now + self.before) / secs } else { 0.0 }
    }
}

/// The shards of a database.
#[derive(Clone, Debug)]
pub struct Shards {
    config: Settings,
    list: Fleet<Shard>,
    placement: Box<dyn Placement>,
    /// Keys that are on their way to other shards.
    moving: Option<Moving>,
    /// The last move that is over, and how many there have been.
    moved: Option<ShardsMoved>,
    moves: u32,
    /// Counts the plans of moves; what was planned for an earlier one is stale.
    generation: u32,
    /// Tells its turns from those of an earlier sharding of the same database.
    born: u32,
    /// What the placement has changed by itself, newest last, until it is told.
    told: Vec<String>,
    /// Changes that the placement has made by itself.
    changes: u64,
    /// Answered writes that a cut-over left behind.
    lost: u64,
}

impl Shards {
    /// Numbers of the shards that have keys, or are to have some once there are `wanted`: the oldest of those there are.
    fn numbers_of(&self, wanted: u32) -> Vec<u32> {
        self.list.staying().take(wanted as usize).map(|shard| shard.number).collect()
    }

    fn serving(&self) -> usize {
        self.list.serving().count()
    }
}

impl Store for Shards {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        self.list.len() * 128 + self.placement.bytes()
    }

    fn is_one_address(&self) -> bool {
        true
    }

    fn kin(&self) -> Option<Kin> {
        Some(Kin::of::<Shard>())
    }

    fn owner(&self, key: u64, writes: bool) -> Option<u32> {
        let number = if writes { self.placement.owner_of_write(key) } else { self.placement.owner(key) };
        self.list.numbered(number).map(|shard| shard.replica)
    }

    fn refuses(&self, key: u64, writes: bool) -> Option<Reason> {
        let stops = writes && self.moving.as_ref().is_some_and(|moving| moving.stops(&*self.placement, key));
        stops.then_some(Reason::WritesStopped)
    }

    fn commit(&mut self, site: &Site<'_>, done: &Done) -> Commit {
        let Some(shard) = self.list.of_replica(done.replica) else { return Commit::default() };
        shard.recent.count(site.now);
        if self.moving.is_none() {
            self.placement.asked(done.key, done.writes, site.now.0 / SECOND.0, &mut self.told);
        }
        if !done.writes {
            shard.reads += 1;
            return Commit { mark: Some(Mark::FromShard), ..Commit::default() };
        }
        shard.writes += 1;
        let here = shard.number;
        if let Some(moving) = &mut self.moving {
            moving.written(here, done.key);
        }
        Commit { mark: Some(Mark::FromShard), ..Commit::default() }
    }

    /// A copy takes its part of the disks.
    fn bear(&mut self, _now: SimTime, number: u32, harm: &mut Harm, _lost: bool) -> Option<SimDuration> {
        let serves = self.list.numbered(number).is_some_and(|shard| shard.stage == ShardStage::Serving);
        if let (true, Some(moving)) = (serves, &self.moving) {
            harm.slow /= 1.0 - moving.disk_share;
        }
        None
    }

    /// Each costs what the database costs.
    fn bill(&self, _price: f64, _items: &mut Vec<(Item, u32)>) -> Option<u32> {
        Some(self.list.staying().count() as u32)
    }

    fn explain(&self, key: u64) -> Option<String> {
        let shard = self.placement.owner(key) + 1;
        Some(format!("{}: shard {shard}", self.placement.explain(key)))
    }
}

impl Upbringing for Shard {
    type Stage = ShardStage;
    const ORDERED: ShardStage = ShardStage::Copying;
    const SERVES: ShardStage = ShardStage::Serving;
    const LEAVES: ShardStage = ShardStage::Leaving;
    const NOUN: &'static str = "shards";

    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>> {
        pool.data.of_mut::<Shards>().map(|store| &mut store.list)
    }

    /// Those that do not serve yet go first.
    fn class(stage: ShardStage) -> u8 {
        stage as u8
    }

    fn ordered(_system: &mut System, _station: u32) -> Option<Self> {
        Some(Self::default())
    }

    /// What is there when the run begins has its keys; others get them with a cut-over.
    fn begin(system: &mut System, station: u32, number: u32) {
        if system.now == SimTime::ZERO {
            system.serve::<Self>(station, number);
        }
    }

    fn next(_system: &mut System, _station: u32, _number: u32) -> Next {
        Next::Nothing
    }

    fn body(_system: &mut System, _station: u32, _number: u32) -> Option<Box<Body>> {
        None
    }

    fn look(_system: &mut System, _station: u32) -> Option<(Decision, SimDuration)> {
        None
    }
}

/// Begins, changes or ends the sharding of a database.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let now = system.now;
    let Some(wished) = config.sharding.as_deref() else {
        end(system, ix);
        return;
    };
    system.has_spread_data = true;
    system.has_parts |= config.scatter.is_some();
    system.plain = false;
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let before = pool.data.of::<Shards>().map(|store| store.config.clone());
    if before.is_none() {
        let mut list = Fleet::new(1, now);
        let mut first = 0;
        if let Some(&replica) = pool.replicas.first() {
            // The one that was all there is has all keys.
            first = system.replicas[replica as usize].number;
            let mut shard = Member::new(first, Shard::default(), now);
            (shard.stage, shard.replica) = (ShardStage::Serving, replica);
            list.adopt(shard);
        }
        let (config, placement) = (wished.clone(), wished.build(&[first]));
        let (moving, moved, told) = (None, None, Vec::new());
        let born = (now.0 >> 10) as u32;
        let (moves, generation, lost, changes) = (0, born, 0, 0);
        pool.data.set(Shards { config, list, placement, moving, moved, moves, generation, born, told, changes, lost });
    }
    let Some(store) = system.store::<Shards>(ix) else { return };
    store.config = wished.clone();
    let other_scheme = before.as_ref().is_some_and(|before| before.differs(wished));
    moving::aim(system, ix, other_scheme);
    if before.is_none() {
        let turn = Turn::Second { born: (now.0 >> 10) as u32 };
        system.schedule(now + SECOND, Timer::Shards { station: ix, turn });
    }
    system.rebill(ix);
}

impl System {
    /// A second is over: the placement may change by itself. While keys move to other shards it stands still.
    fn second_over(&mut self, station: u32, born: u32) {
        let now = self.now;
        let removed = self.stations[station as usize].removed;
        self.quiet = true;
        let store = self.store::<Shards>(station).filter(|store| store.born == born && !removed);
        let Some(store) = store else { return };
        let mut told = std::mem::take(&mut store.told);
        if store.moving.is_none()
            && let Some(changes) = store.placement.second(now.0 / SECOND.0)
        {
            told.extend(changes);
        }
        store.changes += told.len() as u64;
        for text in &told {
            self.quiet = false;
            moving::tell(self, station, LogTone::Info, text);
        }
        self.schedule(now + SECOND, Timer::Shards { station, turn: Turn::Second { born } });
    }

    /// A turn of a sharded database.
    pub(in crate::model::system) fn shards_due(&mut self, station: u32, turn: Turn) {
        match turn {
            Turn::Round { generation } => self.move_due(station, generation),
            Turn::Second { born } => self.second_over(station, born),
        }
    }
}

/// All keys go to the first shard at once.
fn end(system: &mut System, ix: u32) {
    if system.store::<Shards>(ix).is_none() {
        return;
    }
    system.scale::<Shard>(ix, 1, &[]);
    if let Some(pool) = system.stations[ix as usize].pool_mut() {
        pool.data = super::Data::default();
    }
    system.apply_effects();
    system.rebill(ix);
}
