//! Read replicas at work: ordered, copying, catching up, serving; where a read goes, and whether its answer is stale.
//!
//! The primary is the first replica of its pool and stays so. A read replica joins the pool when it serves; until then, and
//! for what it has not applied yet, it is a [`ReadReplica`] here. A write is committed as its work is settled, before
//! it is answered. When it is answered is told in `commit`, who takes over from a dead primary in `failover`.

mod commit;
mod failover;
mod look;
mod sessions;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use commit::Guarded;
pub(in crate::model::system) use commit::Turn;
pub use look::{LostWrite, ReadReplicaLook, ReadReplicasLook, ReplicationLook};
use serde::{Deserialize, Serialize};
use sessions::Sessions;
pub use sessions::SessionsLook;

use super::{Answer, Ask, Commit, Done, Site, Store};
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::Effect;
use crate::model::fault::harm::Harm;
use crate::model::geography::{REGIONS, Region};
use crate::model::money::Item;
use crate::model::outcome::Reason;
use crate::model::replication::{Follower, Mode};
use crate::model::scaler::instance::Instance;
use crate::model::scaler::read_replicas::{self, ByReads, Number, Settings, Where};
use crate::model::scaler::{Decision, Scaler, StoreSeen};
use crate::model::system::System;
use crate::model::system::fleet::{Fleet, Kin, Member, Next, Upbringing};
use crate::model::system::log::LogTone;
use crate::model::system::plan::PoolConfig;
use crate::model::system::pool::replica::Replica;
use crate::model::system::pool::state::Pool;
use crate::model::system::scaling::Body;
use crate::model::system::slab::NONE;
use crate::model::system::spots::{NOWHERE, Spots};
use crate::model::system::trail::Mark;

/// A read replica that is no further behind than this serves.
const CAUGHT_UP: SimDuration = SimDuration::from_secs(1);
/// How often one that catches up is looked at.
const LOOKS_EVERY: SimDuration = SimDuration::from_secs(1);

/// Where a read replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReadReplicaStage {
    /// It copies the data.
    Copying,
    /// It applies what was written meanwhile.
    CatchingUp,
    Serving,
    /// It takes nothing new, and ends what it holds.
    Leaving,
}

/// What only a read replica has.
#[derive(Clone, Debug)]
pub struct ReadReplica {
    /// `None`: where its primary is.
    region: Option<Region>,
    follower: Follower,
    reads: u64,
    stale: u64,
    /// CPU used when it was last asked [core x ns].
    used: f64,
    /// Dead: when its standby takes over.
    back: Option<SimTime>,
    /// What the primary sends gets here; see [`failover`].
    linked: bool,
    /// A primary that has been replaced, and is not back yet.
    out: bool,
    /// How far it says it is (writes from the first on), by when its word is at the primary; and what the primary has heard.
    words: VecDeque<(u64, SimTime)>,
    heard: u64,
    /// When its next word is looked for; never: nobody waits for one.
    word_at: SimTime,
}

impl ReadReplica {
    /// One that has the first `position` writes.
    fn new(region: Option<Region>, now: SimTime, position: u64) -> Self {
        Self {
            region,
            follower: Follower::at(now, position),
            reads: 0,
            stale: 0,
            used: 0.0,
            back: None,
            linked: true,
            out: false,
            words: VecDeque::new(),
            heard: 0,
            word_at: SimTime::NEVER,
        }
    }

    /// Where it stands: [`NOWHERE`] means where its primary is.
    fn spot(&self) -> u8 {
        self.region.map_or(NOWHERE, Spots::of_region)
    }
}

/// The read replicas of a database.
#[derive(Clone, Debug)]
pub struct ReadReplicas {
    config: Settings,
    list: Fleet<ReadReplica>,
    /// What decides how many there are; it is kept while a fixed number is asked for.
    rule: Option<ByReads>,
    /// Since the last look: reads, writes, and where the reads came from.
    reads: u64,
    writes: u64,
    reads_from: Ordered<u8, u64>,
    /// CPU that the primary had used at the last look [core x ns].
    used: f64,
    /// Reads answered since the start, by whomever; how many of them were stale, and how stale the worst one was.
    answered: u64,
    stale: u64,
    worst: SimDuration,
    /// The primary: its replica, its number, and its region where that is not the station's.
    primary: u32,
    primary_number: u32,
    primary_region: Option<Region>,
    /// Writes committed so far.
    position: u64,
    /// What is known where writes wait for replicas, or one of them may take over.
    guarded: Option<Box<Guarded>>,
    /// What is known of clients; `None`: nobody asks.
    sessions: Option<Box<Sessions>>,
}

/// Whether a read replica says that it has received a write: it serves, and lives.
fn receives(member: &Member<ReadReplica>, replicas: &[Replica]) -> bool {
    let alive = |replica: &Replica| !replica.dead && !replica.frozen;
    member.stage == ReadReplicaStage::Serving && replicas.get(member.replica as usize).is_some_and(alive)
}

/// How long a read replica takes to apply a write now, `apply` being its usual time; `None`: it applies nothing.
fn applies_in(apply: SimDuration, member: &Member<ReadReplica>, replicas: &[Replica]) -> Option<SimDuration> {
    match member.stage {
        ReadReplicaStage::Copying | ReadReplicaStage::Leaving => None,
        ReadReplicaStage::CatchingUp => Some(apply),
        ReadReplicaStage::Serving => {
            let replica = &replicas[member.replica as usize];
            let applies = !replica.dead && !replica.frozen;
            applies.then(|| SimDuration::from_secs_f64(apply.as_secs_f64() * replica.slow))
        }
    }
}

impl ReadReplicas {
    fn new(config: &Settings, now: SimTime) -> Self {
        Self {
            config: config.clone(),
            list: Fleet::new(0, now),
            rule: None,
            reads: 0,
            writes: 0,
            reads_from: Ordered::new(),
            used: 0.0,
            answered: 0,
            stale: 0,
            worst: SimDuration::ZERO,
            primary: NONE,
            primary_number: 0,
            primary_region: None,
            position: 0,
            guarded: None,
            sessions: None,
        }
    }

    /// Where the primary stands, if its station stands there.
    fn primary_spot(&self, own: u8) -> u8 {
        self.primary_region.map_or(own, Spots::of_region)
    }

    /// One way from the primary to a replica.
    fn way_to(&self, member: &ReadReplica, site: &Site<'_>) -> SimDuration {
        if member.region == self.primary_region {
            return SimDuration::ZERO;
        }
        let there = member.region.map_or(site.spot, Spots::of_region);
        site.spots.way(self.primary_spot(site.spot), there)
    }

    /// The region of the next read replica, whose primary stands in `own`; `None`: where the primary is.
    fn place_of_next(&self, own: Option<Region>, spot: u8, spots: &Spots) -> Option<Region> {
        let region = match self.config.place {
            Where::Primary => None,
            Where::In(region) => Some(region),
            Where::Reads => {
                let reads: Vec<(u8, u64)> = self.reads_from.iter().map(|(from, count)| (*from, *count)).collect();
                let candidates: Vec<u8> = (0..REGIONS.len() as u8).map(|at| Spots::of_region(Region(at))).collect();
                let nearest = |from: u8| {
                    let here = spots.way(from, spot);
                    let store = self.list.staying().filter(|member| member.region.is_some());
                    store.map(|member| spots.way(from, member.spot())).fold(here, SimDuration::min)
                };
                let place = read_replicas::best_place(&reads, &candidates, nearest, |from, to| spots.way(from, to));
                place.map(|spot| Region(spot - Spots::of_region(Region(0))))
            }
        };
        region.filter(|region| own != Some(*region))
    }
}

impl Store for ReadReplicas {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        let guarded = self.guarded.as_ref().map_or(0, |guarded| guarded.bytes());
        let sessions = self.sessions.as_ref().map_or(0, |sessions| sessions.bytes());
        guarded + sessions + self.list.iter().map(|member| member.follower.behind() * 80).sum::<usize>()
    }

    fn is_one_address(&self) -> bool {
        true
    }

    fn kin(&self) -> Option<Kin> {
        Some(Kin::of::<ReadReplica>())
    }

    /// Reads go to any of those that serve, or to the nearest; writes go to the primary.
    fn route(&mut self, site: &Site<'_>, ask: &Ask) -> Option<(u32, u8)> {
        let stands = if site.spot == NOWHERE { ask.from } else { site.spot };
        let own = self.primary_spot(stands);
        if ask.writes {
            self.writes += 1;
            return Some((NONE, own));
        }
        if self.sessions.is_some() && self.goes_to_primary(ask.session, site.now) {
            self.reads += 1;
            return Some((NONE, own));
        }
        let place = if self.is_sticky() { failover::place_of(ask.session) } else { ask.draws.unit(0) };
        let split = self.is_split();
        let apart = split && self.is_apart(site.replicas, ask.session);
        let of = |spot: u8, replica: u32| (site.spots.way(ask.from, spot), replica, spot);
        let serving = || {
            let serves = |member: &&Member<ReadReplica>| {
                let replica = &site.replicas[member.replica as usize];
                !replica.drained && !member.out && (!split || replica.cut.is_some() == apart)
            };
            self.list.serving().filter(serves).map(|member| {
                let spot = if member.region.is_some() { member.spot() } else { stands };
                of(spot, member.replica)
            })
        };
        // Who finds no primary on their side of a partition reads from replicas, if there is one.
        let primary = !split || self.primary_at(site, ask.session).is_ok();
        let all = || primary.then(|| of(own, NONE)).into_iter().chain(serving());
        let least = if self.config.nearest { all().map(|(way, ..)| way).min() } else { None };
        let among = || all().filter(|(way, ..)| least.is_none_or(|least| *way == least));
        let count = among().count();
        let at = (place * count as f64) as usize;
        let (_, replica, spot) = among().nth(at.min(count.saturating_sub(1))).unwrap_or(of(own, NONE));
        self.reads += 1;
        *self.reads_from.or_default(ask.from) += 1;
        Some((replica, spot))
    }

    fn primary(&self, site: &Site<'_>, session: u64) -> Option<Result<u32, Reason>> {
        Some(self.primary_at(site, session))
    }

    fn asks_who(&self) -> bool {
        self.is_split() || self.sessions.is_some()
    }

    /// A write is committed, a read has found what its replica had.
    fn commit(&mut self, site: &Site<'_>, done: &Done) -> Commit {
        self.keep_up(site);
        let now = site.now;
        if done.writes {
            let commit = self.commit_write(site, done);
            self.remember_write(site, done, &commit);
            return commit;
        }
        if self.sessions.is_some() {
            if let Some((enough, at_most)) = self.waits_for(site, done) {
                return Commit { mark: None, answer: Answer::Later(enough, at_most) };
            }
            self.answered_to(site, done);
        }
        self.answered += 1;
        let Some(member) = self.list.of_replica(done.replica) else { return Commit::default() };
        member.reads += 1;
        let lacks = member.follower.lacks(done.key, done.asked, now);
        if let Some(age) = lacks {
            member.stale += 1;
            self.stale += 1;
            self.worst = self.worst.max(age);
        }
        Commit { mark: Some(Mark::FromReadReplica { lacks }), answer: Answer::Now }
    }

    fn lacking(&self, replica: u32, key: u64) -> Option<(u32, SimTime)> {
        self.list.iter().find(|member| member.replica == replica)?.follower.lacking(key)
    }

    fn has_received(&self, number: u32, replicas: &[Replica]) -> bool {
        self.list.numbered(number).is_some_and(|member| receives(member, replicas))
    }

    /// Read replicas apply what they can until now.
    fn keep_up(&mut self, site: &Site<'_>) {
        for member in self.list.iter_mut() {
            let apply = applies_in(self.config.apply, member, site.replicas);
            let before = member.follower.applied();
            member.follower.catch_up(site.now, apply);
            if self.config.replication.mode == Mode::RemoteApply && member.linked && member.follower.applied() > before
            {
                let (applied, settings) = (member.follower.applied(), &self.config.replication);
                let back = if member.region == self.primary_region {
                    SimDuration::ZERO
                } else {
                    let there = member.region.map_or(site.spot, Spots::of_region);
                    site.spots.way(there, self.primary_region.map_or(site.spot, Spots::of_region))
                };
                member.words.push_back((applied, site.now + settings.ship + back));
            }
        }
    }

    fn region(&self, number: u32) -> Option<Region> {
        if number == self.primary_number { self.primary_region } else { self.list.numbered(number)?.region }
    }

    /// What fails over is the primary.
    fn spares(&self, number: u32, effect: Effect) -> bool {
        matches!(effect, Effect::Failover { .. }) && self.config.failover.is_none() && number != self.primary_number
    }

    /// A read replica with a standby is back some time after it died, however long its fault lasts; a lost region takes
    /// both.
    fn bear(&mut self, now: SimTime, number: u32, harm: &mut Harm, lost: bool) -> Option<SimDuration> {
        let standby = self.config.standby;
        let member = self.list.numbered_mut(number)?;
        let (Some(takes), true, false) = (standby, harm.down, lost) else {
            member.back = None;
            return None;
        };
        match member.back {
            Some(back) if back <= now => harm.down = false,
            Some(_) => {}
            None => {
                member.back = Some(now + takes);
                return Some(takes);
            }
        }
        None
    }

    fn bill(&self, price: f64, items: &mut Vec<(Item, u32)>) -> Option<u32> {
        items.push((Item::Station(self.config.price(price)), self.list.staying().count() as u32));
        None
    }
}

impl Upbringing for ReadReplica {
    type Stage = ReadReplicaStage;
    const ORDERED: ReadReplicaStage = ReadReplicaStage::Copying;
    const SERVES: ReadReplicaStage = ReadReplicaStage::Serving;
    const LEAVES: ReadReplicaStage = ReadReplicaStage::Leaving;
    const NOUN: &'static str = "read replicas";

    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>> {
        pool.data.of_mut::<ReadReplicas>().map(|store| &mut store.list)
    }

    /// Those that do not serve yet go first.
    fn class(stage: ReadReplicaStage) -> u8 {
        stage as u8
    }

    fn ordered(system: &mut System, station: u32) -> Option<Self> {
        let entry = &system.stations[station as usize];
        let pool = entry.pool()?;
        let own = entry.stands.map(|stands| stands.region);
        let region = pool.data.of::<ReadReplicas>()?.place_of_next(own, entry.spot, &system.spots);
        let position = pool.data.of::<ReadReplicas>()?.position;
        Some(Self::new(region, system.now, position))
    }

    fn begin(system: &mut System, station: u32, number: u32) {
        let Some(takes) = system.store::<ReadReplicas>(station).map(|store| store.config.copying) else { return };
        if system.now == SimTime::ZERO {
            // What is there when the run begins has copied long ago.
            system.serve::<Self>(station, number);
        } else {
            system.later::<Self>(station, number, takes);
        }
    }

    fn next(system: &mut System, station: u32, number: u32) -> Next {
        let now = system.now;
        system.keep_up(station);
        let Some(member) = system.member::<Self>(station, number) else { return Next::Nothing };
        match member.stage {
            // Only now can it begin with what was written meanwhile.
            ReadReplicaStage::Copying => member.enter(ReadReplicaStage::CatchingUp, now),
            ReadReplicaStage::CatchingUp => {}
            ReadReplicaStage::Serving => {
                // Its standby takes over.
                system.apply_effects();
                return Next::Nothing;
            }
            ReadReplicaStage::Leaving => return Next::Nothing,
        }
        if member.follower.lag(now) <= CAUGHT_UP { Next::Serve } else { Next::After(LOOKS_EVERY) }
    }

    fn entered(&mut self, stage: ReadReplicaStage, now: SimTime) {
        if stage == ReadReplicaStage::Leaving {
            self.follower = Follower::new(now);
            (self.words, self.heard) = (VecDeque::new(), 0);
        }
    }

    fn body(system: &mut System, station: u32, _number: u32) -> Option<Box<Body>> {
        let now = system.now;
        let config = &system.store::<ReadReplicas>(station)?.config;
        config.size.is_some().then(|| Box::new(Body::new(config.instance(), now)))
    }

    fn joined(system: &mut System, station: u32, number: u32) {
        if system.now > SimTime::ZERO {
            let entry = &system.stations[station as usize];
            let (id, text) = (entry.id, format!("{} has read replica {number} serving", entry.label));
            system.log(LogTone::Info, Some(id), text);
        }
    }

    fn look(system: &mut System, station: u32) -> Option<(Decision, SimDuration)> {
        let (now, calendar) = (system.now, system.run.calendar);
        system.keep_up(station);
        let secs = now.since(system.fleet::<Self>(station)?.looked).as_secs_f64();
        let recent = system.stations[station as usize].meter.recent(now, secs);
        let cpu = cpu_in_use(system, station, secs).unwrap_or_else(|| recent.utilization());
        let serving = system.pool(station).replicas.len().max(1) as u32;
        let store = system.store::<ReadReplicas>(station)?;
        let seen = StoreSeen {
            reads: store.reads as f64 / secs,
            writes: store.writes as f64 / secs,
            connections: recent.busy_secs / recent.secs().max(1e-9) / f64::from(serving),
            cpu: if cpu.is_finite() { cpu } else { 0.0 },
            serving,
            ..StoreSeen::default()
        };
        (store.reads, store.writes) = (0, 0);
        let current = store.list.wanted;
        let rule = store.rule.as_mut()?;
        Some((rule.decide(&seen.seen(now, calendar, current)), rule.interval()))
    }

    /// Where the next one goes is decided by the reads of the last look.
    fn followed(system: &mut System, station: u32) {
        if let Some(store) = system.store::<ReadReplicas>(station) {
            store.reads_from.clear();
        }
    }
}

/// Begins, changes or ends a database's read replicas.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let now = system.now;
    system.keep_up(ix);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let first = pool.replicas.first().copied();
    let primary = pool.data.of::<ReadReplicas>().map(|store| store.primary).or(first);
    let before = pool.data.of::<ReadReplicas>().map(|store| store.config.clone());
    let Some(wished) = config.read_replicas.as_deref() else {
        if before.is_some() {
            system.answer_all(ix);
            system.scale::<ReadReplica>(ix, 0, &[]);
            system.pool_mut(ix).data = super::Data::default();
            if let Some(primary) = primary {
                embody(system, primary, false, None);
            }
        }
        return;
    };
    system.has_spread_data = true;
    system.plain = false;
    if before.is_none() {
        pool.data.set(ReadReplicas { primary: primary.unwrap_or(NONE), ..ReadReplicas::new(wished, now) });
    }
    let Some(store) = system.store::<ReadReplicas>(ix) else { return };
    store.config = wished.clone();
    if wished.sessions.is_none() {
        store.sessions = None;
    } else {
        store.sessions.get_or_insert_default();
    }
    system.guard(ix, before.as_ref());
    let Some(store) = system.store::<ReadReplicas>(ix) else { return };
    let wanted = match &wished.number {
        Number::Fixed(count) => {
            store.list.generation = store.list.generation.wrapping_add(1);
            *count
        }
        Number::Rule { settings, every, wait } => {
            let rule = ByReads::new(*settings, *every, *wait);
            store.rule.get_or_insert_with(|| rule.clone()).set(&rule);
            let current = store.list.wanted;
            let goes_on = before.as_ref().is_some_and(
                |before| matches!(&before.number, Number::Rule { every: earlier, .. } if earlier == every),
            );
            if !goes_on {
                system.begin_looks::<ReadReplica>(ix, *every);
            }
            current
        }
    };
    if before.is_none_or(|before| before.size != wished.size) {
        // How busy the primary is has to be known beside cores.
        if let Some(primary) = primary {
            embody(system, primary, wished.size.is_some(), None);
        }
        let served = |store: &mut ReadReplicas| store.list.iter().map(|member| member.replica).collect();
        let served: Vec<u32> = system.store::<ReadReplicas>(ix).map_or_else(Vec::new, served);
        for replica in served.into_iter().filter(|replica| *replica != NONE) {
            embody(system, replica, wished.size.is_some(), wished.instance());
        }
    }
    system.scale::<ReadReplica>(ix, wanted, &[]);
    system.rebill(ix);
}

/// Gives a replica cores, or takes them from it.
fn embody(system: &mut System, replica_ix: u32, embodied: bool, instance: Option<Instance>) {
    let now = system.now;
    let replica = &mut system.replicas[replica_ix as usize];
    replica.sync(now);
    replica.body = embodied.then(|| Box::new(Body::new(instance, now)));
    if !replica.dead {
        system.share_out(replica_ix);
    }
}

/// Mean share of CPU in use since the last look, where cores are told of.
fn cpu_in_use(system: &mut System, station: u32, secs: f64) -> Option<f64> {
    let now = system.now;
    let pool = system.stations[station as usize].pool_mut()?;
    let store = pool.data.of_mut::<ReadReplicas>()?;
    let vcpu = store.config.instance()?.vcpu;
    let (mut sum, mut count) = (0.0, 0.0);
    for &member in &pool.replicas {
        let replica = &mut system.replicas[member as usize];
        replica.sync(now);
        let (number, slots) = (replica.number, f64::from(replica.slots));
        let Some(used) = replica.body.as_ref().map(|body| body.used()) else { continue };
        let (before, cores) = match store.list.numbered_mut(number) {
            Some(member) => (&mut member.used, vcpu),
            None => (&mut store.used, slots),
        };
        sum += (used - std::mem::replace(before, used)) / 1e9 / secs / cores;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}
