//! Read replicas at work: ordered, copying, catching up, serving; where a read goes, and whether its answer is stale.
//!
//! The primary is the first replica of its pool and stays so. A read replica joins the pool when it serves; until then, and
//! for what it has not applied yet, it is a [`Copy`] here. [`System::settle_data`] is where a write is committed, before it
//! is answered: whoever wants it held until a replica has it holds it there.

mod look;

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

pub use look::{CopiesLook, CopyLook};

use serde::{Deserialize, Serialize};

use super::System;
use super::attempt::Verb;
use super::event::Event;
use super::flow::purpose;
use super::log::LogTone;
use super::plan::{Operation, PoolConfig, Standing};
use super::scaling::Body;
use super::slab::NONE;
use super::spots::{NOWHERE, Spots};
use super::station::Kind;
use super::trail::Mark;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::Effect;
use crate::model::fault::harm::Harm;
use crate::model::geography::{REGIONS, Region};
use crate::model::ids::FaultTarget;
use crate::model::replication::{Follower, Write};
use crate::model::scaler::read_replicas::{self, Load, Number, ReadReplicas, Where};
use crate::model::scaler::{Decision, Limit};

/// Looks that are kept.
const SYNCS_MAX: usize = 120;
/// A copy that is no further behind than this serves.
const CAUGHT_UP: SimDuration = SimDuration::from_secs(1);
/// How often one that catches up is looked at.
const LOOKS_EVERY: SimDuration = SimDuration::from_secs(1);

/// Where a read replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CopyStage {
    /// It copies the data.
    Copying,
    /// It applies what was written meanwhile.
    CatchingUp,
    Serving,
    /// It takes nothing new, and ends what it holds.
    Leaving,
}

/// A read replica from its order to its end.
#[derive(Clone, Debug)]
pub struct Copy {
    number: u32,
    stage: CopyStage,
    since: SimTime,
    /// Index of the replica that it is; [`NONE`]: not yet.
    replica: u32,
    generation: u32,
    /// `None`: where its primary is.
    region: Option<Region>,
    follower: Follower,
    reads: u64,
    stale: u64,
    /// CPU used when it was last asked [core x ns].
    used: f64,
    /// Dead: when its standby takes over.
    back: Option<SimTime>,
}

impl Copy {
    /// Where it stands: [`NOWHERE`] means where its primary is.
    fn spot(&self) -> u8 {
        self.region.map_or(NOWHERE, Spots::of_region)
    }
}

/// The read replicas of a database.
#[derive(Clone, Debug)]
pub struct Copies {
    pub(super) config: ReadReplicas,
    generation: u32,
    wanted: u32,
    /// By ascending number.
    list: Vec<Copy>,
    syncs: VecDeque<Decision>,
    /// Since the last look: reads, writes, and where the reads came from.
    looked: SimTime,
    reads: u64,
    writes: u64,
    reads_from: BTreeMap<u8, u64>,
    /// CPU that the primary had used at the last look [core x ns].
    used: f64,
    /// Numbers that the rule asked for, while they still count.
    asked: VecDeque<(SimTime, u32)>,
    /// Reads answered since the start, by whomever; how many of them were stale, and how stale the worst one was.
    answered: u64,
    stale: u64,
    worst: SimDuration,
}

impl Copies {
    fn new(config: &ReadReplicas, now: SimTime) -> Self {
        Self {
            config: config.clone(),
            generation: 0,
            wanted: 0,
            list: Vec::new(),
            syncs: VecDeque::new(),
            looked: now,
            reads: 0,
            writes: 0,
            reads_from: BTreeMap::new(),
            used: 0.0,
            asked: VecDeque::new(),
            answered: 0,
            stale: 0,
            worst: SimDuration::ZERO,
        }
    }

    /// How many are paid for.
    pub(super) fn paid(&self) -> u32 {
        self.staying().count() as u32
    }

    fn staying(&self) -> impl Iterator<Item = &Copy> {
        self.list.iter().filter(|copy| copy.stage != CopyStage::Leaving)
    }

    fn at(&self, number: u32) -> Option<usize> {
        self.list.binary_search_by_key(&number, |copy| copy.number).ok()
    }

    /// Bytes that a checkpoint takes for what is not applied yet, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.list.iter().map(|copy| copy.follower.behind() * 80).sum()
    }
}

fn copies_of(kind: &mut Kind) -> Option<&mut Copies> {
    match kind {
        Kind::Pool(pool) => pool.copies.as_deref_mut(),
        _ => None,
    }
}

fn copies_in(kind: &Kind) -> Option<&Copies> {
    match kind {
        Kind::Pool(pool) => pool.copies.as_deref(),
        _ => None,
    }
}

impl System {
    fn copies(&mut self, station: u32) -> Option<&mut Copies> {
        copies_of(&mut self.stations[station as usize].kind)
    }

    /// Begins, changes or ends a database's read replicas, after its pool was fitted to a plan.
    pub(super) fn settle_copies(&mut self, ix: u32, config: &PoolConfig) {
        let now = self.now;
        self.keep_up_copies(ix);
        let Kind::Pool(pool) = &mut self.stations[ix as usize].kind else { return };
        let primary = pool.replicas.first().copied();
        let Some(wished) = &config.read_replicas else {
            if pool.copies.is_some() {
                self.scale_copies(ix, 0);
                let Kind::Pool(pool) = &mut self.stations[ix as usize].kind else { return };
                pool.copies = None;
                if let Some(primary) = primary {
                    self.dress(primary, false, None);
                }
            }
            return;
        };
        self.has_copies = true;
        let fresh = pool.copies.is_none();
        let copies = pool.copies.get_or_insert_with(|| Box::new(Copies::new(wished.as_ref(), now)));
        let before = std::mem::replace(&mut copies.config, wished.as_ref().clone());
        let anew = match (&wished.number, &before.number) {
            (Number::Rule { .. }, Number::Fixed(_)) => true,
            (Number::Rule { every, .. }, Number::Rule { every: earlier, .. }) => fresh || every != earlier,
            (Number::Fixed(_), _) => false,
        };
        if anew || matches!(wished.number, Number::Fixed(_)) {
            copies.generation = copies.generation.wrapping_add(1);
        }
        let generation = copies.generation;
        let wanted = match wished.number {
            Number::Fixed(count) => count,
            Number::Rule { every, .. } => {
                if anew {
                    copies.looked = now;
                    self.queue.push(now + every, Event::Parts { station: ix, generation });
                }
                self.copies(ix).map_or(0, |copies| copies.wanted)
            }
        };
        if fresh || before.size != wished.size {
            let served: Vec<u32> = self.copies(ix).map_or_else(Vec::new, |copies| {
                copies.list.iter().map(|copy| copy.replica).filter(|replica| *replica != NONE).collect()
            });
            // How busy the primary is has to be known beside cores.
            if let Some(primary) = primary {
                self.dress(primary, wished.size.is_some(), None);
            }
            for replica in served {
                self.dress(replica, wished.size.is_some(), wished.instance());
            }
        }
        self.scale_copies(ix, wanted);
        self.rebill(ix);
    }

    /// Gives a replica cores, or takes them from it.
    fn dress(&mut self, replica_ix: u32, embodied: bool, instance: Option<crate::model::scaler::instance::Instance>) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        replica.body = embodied.then(|| Box::new(Body::new(instance, now)));
        if !replica.dead {
            self.share_out(replica_ix);
        }
    }

    /// Orders read replicas, or lets some go.
    fn scale_copies(&mut self, station: u32, wanted: u32) {
        let replicas = &self.replicas;
        let Some(copies) = copies_of(&mut self.stations[station as usize].kind) else { return };
        copies.list.retain(|copy| {
            copy.stage != CopyStage::Leaving || replicas.get(copy.replica as usize).is_some_and(|own| !own.removed)
        });
        copies.wanted = wanted;
        let staying = copies.staying().count() as u32;
        for _ in staying..wanted {
            self.order_copy(station);
        }
        if wanted < staying {
            let Some(copies) = self.copies(station) else { return };
            // Those that do not serve yet go first, then the newest.
            let mut order: Vec<_> = copies.staying().map(|copy| (copy.stage, Reverse(copy.number))).collect();
            order.sort_unstable();
            let leaving: Vec<u32> =
                order.into_iter().take((staying - wanted) as usize).map(|(_, number)| number.0).collect();
            for number in leaving {
                self.retire_copy(station, number);
            }
            self.farewell(station);
        }
        self.rebill(station);
    }

    fn order_copy(&mut self, station: u32) {
        let now = self.now;
        let region = self.place_of_next(station);
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else { return };
        let number = pool.next_number;
        let Some(copies) = &mut pool.copies else { return };
        pool.next_number += 1;
        copies.list.push(Copy {
            number,
            stage: CopyStage::Copying,
            since: now,
            replica: NONE,
            generation: 0,
            region,
            follower: Follower::new(now),
            reads: 0,
            stale: 0,
            used: 0.0,
            back: None,
        });
        let takes = copies.config.copies_for;
        if now == SimTime::ZERO {
            // Who is there when the run begins has copied long ago.
            self.serve_copy(station, number);
        } else {
            self.queue.push(now + takes, Event::Part { station, number, generation: 0 });
        }
    }

    /// The region of the next read replica; `None`: where the primary is.
    fn place_of_next(&self, station: u32) -> Option<Region> {
        let entry = &self.stations[station as usize];
        let own = entry.stands.map(|stands| stands.region);
        let copies = copies_in(&entry.kind)?;
        let region = match copies.config.place {
            Where::Primary => None,
            Where::In(region) => Some(region),
            Where::Reads => {
                let reads: Vec<(u8, u64)> = copies.reads_from.iter().map(|(from, count)| (*from, *count)).collect();
                let candidates: Vec<u8> = (0..REGIONS.len() as u8).map(|at| Spots::of_region(Region(at))).collect();
                let nearest = |from: u8| {
                    let here = self.spots.way(from, entry.spot);
                    let copies = copies.staying().filter(|copy| copy.region.is_some());
                    copies.map(|copy| self.spots.way(from, copy.spot())).fold(here, SimDuration::min)
                };
                let place =
                    read_replicas::best_place(&reads, &candidates, nearest, |from, to| self.spots.way(from, to));
                place.map(|spot| Region(spot - Spots::of_region(Region(0))))
            }
        };
        region.filter(|region| own != Some(*region))
    }

    /// A stage of a read replica's life is over; stale when `generation` is not its own.
    pub(super) fn copy_due(&mut self, station: u32, number: u32, generation: u32) {
        let now = self.now;
        self.keep_up_copies(station);
        let Some(copies) = self.copies(station) else { return };
        let Some(at) = copies.at(number).filter(|at| copies.list[*at].generation == generation) else {
            self.quiet = true;
            return;
        };
        let apply = copies.config.apply;
        let copy = &mut copies.list[at];
        match copy.stage {
            CopyStage::Copying => {
                // Only now can it begin with what was written meanwhile.
                copy.follower.catch_up(now, None);
                (copy.stage, copy.since) = (CopyStage::CatchingUp, now);
            }
            CopyStage::CatchingUp => copy.follower.catch_up(now, Some(apply)),
            CopyStage::Serving => {
                // Its standby takes over.
                self.apply_effects();
                return;
            }
            CopyStage::Leaving => return,
        }
        if copy.follower.lag(now) <= CAUGHT_UP {
            self.serve_copy(station, number);
        } else {
            self.queue.push(now + LOOKS_EVERY, Event::Part { station, number, generation });
        }
    }

    /// A read replica has the data: from now on reads may go there.
    fn serve_copy(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Some(copies) = self.copies(station) else { return };
        let sized = copies.config.size.is_some();
        let body = sized.then(|| Box::new(Body::new(copies.config.instance(), now)));
        let replica_ix = self.join_pool(station, number, body);
        let Some(copies) = self.copies(station) else { return };
        let Some(at) = copies.at(number) else { return };
        let copy = &mut copies.list[at];
        (copy.stage, copy.since, copy.replica) = (CopyStage::Serving, now, replica_ix);
        let entry = &self.stations[station as usize];
        let (id, text) = (entry.id, format!("{}: read replica {number} serves", entry.label));
        if now > SimTime::ZERO {
            self.log(LogTone::Info, Some(id), text);
            self.welcome(station, replica_ix);
        }
    }

    /// A read replica leaves: what it holds it may finish.
    fn retire_copy(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else { return };
        let Some(copies) = &mut pool.copies else { return };
        let Some(at) = copies.at(number) else { return };
        let replica_ix = copies.list[at].replica;
        if replica_ix == NONE {
            copies.list.remove(at);
            return;
        }
        let copy = &mut copies.list[at];
        (copy.stage, copy.since, copy.follower) = (CopyStage::Leaving, now, Follower::new(now));
        self.dismiss_replica(replica_ix);
    }

    /// Chooses who answers a read, as it is sent; writes and checks go to the primary.
    #[cold]
    #[inline(never)]
    pub(super) fn choose_copy(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station_ix, request, from, draws) = (attempt.station, attempt.request, attempt.from_spot, attempt.draws);
        if attempt.verb != Verb::Request || request == NONE || attempt.replica != NONE {
            return;
        }
        let writes = self.requests[request].operation == Operation::Write;
        let entry = &self.stations[station_ix as usize];
        let Some(copies) = copies_in(&entry.kind) else { return };
        let own = if entry.spot == NOWHERE { from } else { entry.spot };
        let mut chosen = (SimDuration::ZERO, NONE, own);
        if !writes {
            let of = |spot: u8, replica: u32| (self.spots.way(from, spot), replica, spot);
            let serving = || {
                let serves =
                    |copy: &&Copy| copy.stage == CopyStage::Serving && !self.replicas[copy.replica as usize].drained;
                copies.list.iter().filter(serves).map(|copy| {
                    let spot = if copy.region.is_some() { copy.spot() } else { own };
                    of(spot, copy.replica)
                })
            };
            let all = || std::iter::once(of(own, NONE)).chain(serving());
            let least = if copies.config.nearest { all().map(|(way, ..)| way).min() } else { None };
            let among = || all().filter(|(way, ..)| least.is_none_or(|least| *way == least));
            let count = among().count();
            let at = (draws.child(purpose::COPY).unit(0) * count as f64) as usize;
            chosen = among().nth(at.min(count - 1)).unwrap_or(chosen);
        }
        let (_, replica, spot) = chosen;
        let attempt = &mut self.attempts[ix];
        (attempt.replica, attempt.spot) = (replica, spot);
        let Some(copies) = self.copies(station_ix) else { return };
        if writes {
            copies.writes += 1;
        } else {
            copies.reads += 1;
            *copies.reads_from.entry(from).or_default() += 1;
        }
    }

    /// How long a read replica takes to apply a write now; `None`: it applies nothing.
    fn applies_in(&self, config: &ReadReplicas, copy: &Copy) -> Option<SimDuration> {
        match copy.stage {
            CopyStage::Copying | CopyStage::Leaving => None,
            CopyStage::CatchingUp => Some(config.apply),
            CopyStage::Serving => {
                let replica = &self.replicas[copy.replica as usize];
                let applies = !replica.dead && !replica.frozen;
                applies.then(|| SimDuration::from_secs_f64(config.apply.as_secs_f64() * replica.slow))
            }
        }
    }

    /// Read replicas apply what they can until now.
    fn keep_up_copies(&mut self, station: u32) {
        let now = self.now;
        let Some(copies) = copies_in(&self.stations[station as usize].kind) else { return };
        let applies: Vec<Option<SimDuration>> =
            copies.list.iter().map(|copy| self.applies_in(&copies.config, copy)).collect();
        let Some(copies) = self.copies(station) else { return };
        for (copy, apply) in copies.list.iter_mut().zip(applies) {
            copy.follower.catch_up(now, apply);
        }
    }

    /// A replica is about to change its speed, to die or to live again.
    #[cold]
    pub(super) fn before_pace(&mut self, replica_ix: u32) {
        if self.has_copies {
            self.keep_up_copies(self.replicas[replica_ix as usize].station);
        }
    }

    /// A database has done what it was asked, and is about to say so: a write is committed, a read has found what its
    /// replica had.
    #[cold]
    #[inline(never)]
    pub(super) fn settle_data(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, replica, request, asked) =
            (attempt.station, attempt.replica, attempt.request, attempt.reached_at);
        let entry = &self.stations[station as usize];
        if attempt.verb != Verb::Request || request == NONE || copies_in(&entry.kind).is_none() {
            return;
        }
        let own = entry.spot;
        let writes = self.requests[request].operation == Operation::Write;
        let key = self.request_key(request);
        self.keep_up_copies(station);
        let spots = &self.spots;
        let Some(copies) = copies_of(&mut self.stations[station as usize].kind) else { return };
        if writes {
            for copy in copies.list.iter_mut().filter(|copy| copy.stage != CopyStage::Leaving) {
                let way = if copy.region.is_some() { spots.way(own, copy.spot()) } else { SimDuration::ZERO };
                copy.follower.take(Write { committed: now, arrives: now + way, key });
            }
            return;
        }
        copies.answered += 1;
        let Some(copy) = copies.list.iter_mut().find(|copy| copy.replica == replica) else { return };
        copy.reads += 1;
        let lacks = copy.follower.lacks(key, asked, now);
        if let Some(age) = lacks {
            copy.stale += 1;
            copies.stale += 1;
            copies.worst = copies.worst.max(age);
        }
        self.stations[station as usize].meter.read_from_copy(lacks.is_some());
        self.note(ix, Mark::FromCopy { lacks });
    }

    /// The rule looks, and its number is followed.
    pub(super) fn look_at_load(&mut self, station: u32, generation: u32) {
        let now = self.now;
        self.keep_up_copies(station);
        let removed = self.stations[station as usize].removed;
        let Some(copies) = self.copies(station).filter(|copies| copies.generation == generation && !removed) else {
            self.quiet = true;
            return;
        };
        let Number::Rule { settings, every, wait } = copies.config.number.clone() else { return };
        let secs = now.since(copies.looked).as_secs_f64();
        let (reads, writes) = (copies.reads as f64 / secs, copies.writes as f64 / secs);
        let recent = self.stations[station as usize].meter.recent(now, secs);
        let nodes = match &self.stations[station as usize].kind {
            Kind::Pool(pool) => pool.replicas.len().max(1) as f64,
            _ => 1.0,
        };
        let cpu = self.cpu_of_copies(station, secs).unwrap_or_else(|| recent.utilization());
        let connections = recent.busy_secs / recent.secs().max(1e-9) / nodes;
        let load = Load { reads, writes, connections, cpu: if cpu.is_finite() { cpu } else { 0.0 } };
        let advice = read_replicas::advise(&settings, load);
        let Some(copies) = self.copies(station) else { return };
        (copies.looked, copies.reads, copies.writes) = (now, 0, 0);
        let current = copies.wanted;
        copies.asked.push_back((now, advice.replicas));
        while copies.asked.len() > 1 && now.since(copies.asked[0].0) >= wait {
            copies.asked.pop_front();
        }
        let kept = copies.asked.iter().map(|(_, number)| *number).max().unwrap_or(0).min(settings.max);
        let desired = if advice.replicas < current { kept.min(current) } else { advice.replicas };
        let (mut limit, mut why) = (advice.limit, advice.why);
        if desired > advice.replicas {
            limit = Limit::Wait;
            why.push(format!("{desired} were asked for within the last {:.0} s: kept.", wait.as_secs_f64()));
        }
        let stabilized = (wait > SimDuration::ZERO).then_some(desired);
        if copies.syncs.len() == SYNCS_MAX {
            copies.syncs.pop_front();
        }
        let line = why.join(" ");
        copies.syncs.push_back(Decision {
            at: now,
            current,
            proposed: Some(advice.replicas),
            stabilized,
            desired,
            limit,
            why,
            metrics: Vec::new(),
            size: None,
            leaves_first: Vec::new(),
        });
        self.queue.push(now + every, Event::Parts { station, generation });
        self.quiet = desired == current;
        if desired != current {
            let entry = &self.stations[station as usize];
            let (id, text) = (entry.id, format!("{}: {current} → {desired} read replicas. {line}", entry.label));
            self.log(LogTone::Info, Some(id), text);
            self.scale_copies(station, desired);
        }
        // Where the next one goes is decided by the reads of the last look.
        if let Some(copies) = self.copies(station) {
            copies.reads_from.clear();
        }
    }

    /// Mean share of CPU in use since the last look, where cores are told of.
    fn cpu_of_copies(&mut self, station: u32, secs: f64) -> Option<f64> {
        let now = self.now;
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else { return None };
        let (Some(copies), members) = (&mut pool.copies, &pool.replicas) else { return None };
        let vcpu = copies.config.instance()?.vcpu;
        let (mut sum, mut count) = (0.0, 0.0);
        for &member in members {
            let replica = &mut self.replicas[member as usize];
            replica.sync(now);
            let (number, slots) = (replica.number, f64::from(replica.slots));
            let Some(used) = replica.body.as_ref().map(|body| body.used()) else { continue };
            let copy = copies.list.iter_mut().find(|copy| copy.number == number);
            let (before, cores) = match copy {
                Some(copy) => (&mut copy.used, vcpu),
                None => (&mut copies.used, slots),
            };
            sum += (used - std::mem::replace(before, used)) / 1e9 / secs / cores;
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    }

    /// Where a replica stands that may be a read replica elsewhere than its primary.
    pub(super) fn standing_of(&self, replica_ix: u32, station: Option<Standing>) -> Option<Standing> {
        let Some(region) = self.copy_at(replica_ix).and_then(|copy| copy.region) else { return station };
        let there = self.stations.iter().filter(|other| !other.removed).filter_map(|other| other.stands);
        there.filter(|stands| stands.region == region).map(|stands| Standing { zone: None, ..stands }).next()
    }

    fn copy_at(&self, replica_ix: u32) -> Option<&Copy> {
        let replica = &self.replicas[replica_ix as usize];
        let copies = copies_in(&self.stations[replica.station as usize].kind)?;
        copies.at(replica.number).map(|at| &copies.list[at])
    }

    /// Whether a fault's effect is none of a read replica's business: what fails over is the primary.
    pub(super) fn spares(&self, replica_ix: u32, effect: Effect) -> bool {
        matches!(effect, Effect::Failover { .. }) && self.copy_at(replica_ix).is_some()
    }

    /// A read replica with a standby is back some time after it died, whatever keeps it down; a lost region takes both.
    pub(super) fn stand_in(&mut self, replica_ix: u32, stands: Option<Standing>, harm: &mut Harm) {
        let now = self.now;
        let station = self.replicas[replica_ix as usize].station;
        let number = self.replicas[replica_ix as usize].number;
        let lost = self.active.iter().any(|active| {
            let area = stands.map(|stands| FaultTarget::Area(stands.region_area));
            active.effect == Effect::Down && Some(active.target) == area
        });
        let Some(copies) = self.copies(station) else { return };
        let standby = copies.config.standby;
        let Some(at) = copies.at(number) else { return };
        let copy = &mut copies.list[at];
        let (Some(takes), true, false) = (standby, harm.down, lost) else {
            copy.back = None;
            return;
        };
        match copy.back {
            Some(back) if back <= now => harm.down = false,
            Some(_) => {}
            None => {
                copy.back = Some(now + takes);
                let generation = copy.generation;
                self.queue.push(now + takes, Event::Part { station, number, generation });
            }
        }
    }
}
