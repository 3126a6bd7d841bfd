//! Where data lies: one room for every sort of store.
//!
//! A pool without data has no store; a cache has one memory or several nodes, a database may have read replicas. The rest
//! of the system asks through a few doors and knows no sort by name: where a request goes ([`System::choose_part`] as it is
//! sent, [`System::owner_of`] as it arrives), what working on an entry finds ([`Data::work`]), what follows once work is
//! done ([`System::commit_work`]: its answer leaves now, or is held until others have it), what is forgotten ([`Data::clear`]), and where a replica stands
//! ([`System::standing_of`]).
//!
//! A new sort is a folder with a [`Store`], its `mod` here, and an entry in [`SORTS`].

pub mod cache_cluster;
mod edge_caches;
mod held;
mod local;
pub mod memory;
pub mod query_cache;
pub mod quorum;
pub mod read_replicas;
pub mod shards;
mod told;

use std::any::Any;

pub(super) use edge_caches::EdgeTurn;
pub(super) use told::told;

use super::System;
use super::attempt::Verb;
use super::counts::Count;
use super::fleet::Kin;
use super::flow::purpose;
use super::plan::{Operation, PoolConfig, Standing};
use super::pool::replica::Replica;
use super::slab::NONE;
use super::spots::{NOWHERE, Spots};
use super::trail::Mark;
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::Effect;
use crate::model::fault::harm::Harm;
use crate::model::geography::Region;
use crate::model::ids::FaultTarget;
use crate::model::money::Item;
use crate::model::outcome::Reason;
use crate::model::scaler::read_replicas::Where;

/// Begins, changes or ends a sort of store after a pool was fitted to a plan, each where the plan asks for it.
type Settle = fn(&mut System, u32, &PoolConfig);

/// All sorts.
const SORTS: &[Settle] = &[
    memory::settle,
    local::settle,
    edge_caches::settle,
    query_cache::settle,
    read_replicas::settle,
    cache_cluster::settle,
    shards::settle,
    quorum::settle,
];

/// Whether parts of a pool's store may stand elsewhere than the pool.
pub(super) fn may_stand_elsewhere(config: &PoolConfig) -> bool {
    config.read_replicas.as_ref().is_some_and(|replicas| replicas.place != Where::Primary)
}

/// What a store may know of the system around it.
struct Site<'a> {
    now: SimTime,
    /// Where the station stands.
    spot: u8,
    spots: &'a Spots,
    replicas: &'a [Replica],
}

/// A request that is being sent to a store.
struct Ask {
    writes: bool,
    /// Where it comes from.
    from: u8,
    draws: DrawKey,
    /// Whose request it is, where the store asks that.
    session: u64,
}

/// Work that a store has done, and is about to answer.
struct Done {
    writes: bool,
    key: u64,
    /// When it was asked for, and by which replica it was done.
    asked: SimTime,
    replica: u32,
    draws: DrawKey,
    session: u64,
}

/// What there is to tell of work that is done, and when it may be answered.
#[derive(Debug, Default)]
struct Commit {
    mark: Option<Mark>,
    answer: Answer,
}

#[derive(Debug, Default)]
enum Answer {
    #[default]
    Now,
    /// Once others have it, too.
    HeldUntil(Quorum),
    /// It waits, in the order of commits, until its store lets it go.
    InLine(u64),
    /// A read waits for what its client has written or read: when there may be enough, and for how long at most.
    Later(SimTime, SimTime),
    /// It is not done after all.
    Refused(Reason),
}

/// What becomes of the answer to work that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Answer,
    /// It waits for others first, and the attempt keeps its slot until then.
    Held,
    Refused(Reason),
}

/// How many others have to say that they have a write before it is answered.
#[derive(Debug)]
struct Quorum {
    needed: u32,
    /// Members that were asked, by number, and when the word of each is here.
    words: Vec<(u32, SimTime)>,
    /// It is answered after so long, whatever they say.
    at_most: SimDuration,
}

/// What is done with an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Get,
    /// Keeps it, valid until then.
    Fill(SimTime),
    Forget,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// It is there, and valid; of what is forgotten: it was there.
    pub hit: bool,
    /// It is not, because its key was held elsewhere when it moved.
    pub moved: bool,
}

crate::model::registry::told_by_name!(Store);

/// One sort of place for data.
trait Store: Any {
    fn box_clone(&self) -> Box<dyn Store>;

    /// Memory that a checkpoint takes [bytes], roughly.
    fn bytes(&self) -> usize;

    /// Callers know one address: the store itself knows which of its parts is to answer.
    fn is_one_address(&self) -> bool;

    /// Entries held, where it counts them.
    fn entries(&self) -> Option<usize> {
        None
    }

    /// Whose life is led here.
    fn kin(&self) -> Option<Kin> {
        None
    }

    /// Who answers a request, by replica, and where that one stands; [`NONE`]: decided as it arrives.
    fn route(&mut self, _site: &Site<'_>, _ask: &Ask) -> Option<(u32, u8)> {
        None
    }

    /// The replica that takes what only the primary does, from this session, or why none does; `None`: there is no such thing.
    fn primary(&self, _site: &Site<'_>, _session: u64) -> Option<Result<u32, Reason>> {
        None
    }

    /// Whether it matters whose a request is.
    fn asks_who(&self) -> bool {
        false
    }

    /// The replica that has a key; `None`: the first one.
    fn owner(&self, _key: u64, _writes: bool) -> Option<u32> {
        None
    }

    /// Why nobody takes a request for a key now; `None`: its owner does.
    fn refuses(&self, _key: u64, _writes: bool) -> Option<Reason> {
        None
    }

    /// How a key finds its owner, in words.
    fn explain(&self, _key: u64) -> Option<String> {
        None
    }

    /// A replica does something with an entry.
    fn work(&mut self, _replica: u32, _key: u64, _deed: Deed, _clock: SimTime) -> Found {
        Found::default()
    }

    /// Work is done, and is about to be answered.
    fn commit(&mut self, _site: &Site<'_>, _done: &Done) -> Commit {
        Commit::default()
    }

    /// Whether a member has what was sent to it, as far as it can say now.
    fn has_received(&self, _number: u32, _replicas: &[Replica]) -> bool {
        false
    }

    /// How many commits of a key a replica lacks, and when the first of them was.
    fn lacking(&self, _replica: u32, _key: u64) -> Option<(u32, SimTime)> {
        None
    }

    /// The last moment at which an entry is valid, by the store's own clock.
    fn valid_until(&self, _replica: u32, _key: u64) -> Option<SimTime> {
        None
    }

    /// All is forgotten, or what one replica had.
    fn clear(&mut self, _replica: Option<u32>) {}

    /// Somebody watches from now on, or nobody.
    fn watch(&mut self, _on: bool) {}

    /// What there is to see of memories of entries.
    fn look_at_memory(&self) -> Vec<memory::HeldLook> {
        Vec::new()
    }

    /// What goes on by itself goes on until now: a replica is about to change its speed, to die, or to live again.
    fn keep_up(&mut self, _site: &Site<'_>) {}

    /// Where a replica is that may stand elsewhere than its station.
    fn region(&self, _number: u32) -> Option<Region> {
        None
    }

    /// Whether a fault's effect on the station is none of a replica's business.
    fn spares(&self, _number: u32, _effect: Effect) -> bool {
        false
    }

    /// May bear a replica's harm, unless its region is lost; when that has to be looked at again.
    fn bear(&mut self, _now: SimTime, _number: u32, _harm: &mut Harm, _lost: bool) -> Option<SimDuration> {
        None
    }

    /// Adds what it costs to what the station with a price pays; how often that price itself is paid, where not once.
    fn bill(&self, _price: f64, _items: &mut Vec<(Item, u32)>) -> Option<u32> {
        None
    }
}

/// Where a pool's data lies; nothing: it has none.
#[derive(Debug, Default)]
pub struct Data(Option<Box<dyn Store>>);

impl Clone for Data {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|store| store.box_clone()))
    }
}

impl Data {
    fn set(&mut self, store: impl Store) {
        self.0 = Some(Box::new(store));
    }

    /// The store, if it is of a sort.
    fn of<T: Store>(&self) -> Option<&T> {
        let store: &dyn Any = self.0.as_deref()?;
        store.downcast_ref()
    }

    fn of_mut<T: Store>(&mut self) -> Option<&mut T> {
        let store: &mut dyn Any = self.0.as_deref_mut()?;
        store.downcast_mut()
    }

    /// Takes the store out, if it is of a sort.
    fn take<T: Store>(&mut self) -> Option<Box<T>> {
        self.of::<T>()?;
        let store: Box<dyn Any> = self.0.take()?;
        store.downcast().ok()
    }

    /// Callers know one address: the pool's members are hidden behind it.
    #[inline]
    pub(super) fn is_one_address(&self) -> bool {
        self.0.as_ref().is_some_and(|store| store.is_one_address())
    }

    /// Entries held, where they are counted.
    #[must_use]
    pub fn entries(&self) -> Option<usize> {
        self.0.as_ref()?.entries()
    }

    /// Whether replicas answer reads beside a primary, each a little late.
    #[must_use]
    pub fn is_replicated(&self) -> bool {
        self.of::<read_replicas::ReadReplicas>().is_some() || self.is_quorum()
    }

    /// Whether nodes vote on it.
    #[must_use]
    pub fn is_quorum(&self) -> bool {
        self.of::<quorum::QuorumStore>().is_some()
    }

    /// Whether it is known what becomes of each write.
    #[must_use]
    pub fn keeps_ledger(&self) -> bool {
        self.is_quorum()
            || self.of::<read_replicas::ReadReplicas>().is_some_and(read_replicas::ReadReplicas::keeps_ledger)
    }

    /// Whether it is known what clients have written and read.
    #[must_use]
    pub fn knows_sessions(&self) -> bool {
        self.of::<read_replicas::ReadReplicas>().is_some_and(read_replicas::ReadReplicas::knows_sessions)
    }

    /// The replica that takes writes, where others follow it.
    pub(super) fn primary(&self) -> Option<u32> {
        self.of::<read_replicas::ReadReplicas>().map(read_replicas::ReadReplicas::primary_replica)
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |store| store.bytes())
    }

    pub(super) fn kin(&self) -> Option<Kin> {
        self.0.as_ref()?.kin()
    }

    /// A replica does something with an entry.
    pub(super) fn work(&mut self, replica: u32, key: u64, deed: Deed, clock: SimTime) -> Found {
        self.0.as_mut().map_or_else(Found::default, |store| store.work(replica, key, deed, clock))
    }

    /// The last moment at which an entry is valid, by the store's own clock.
    pub(super) fn valid_until(&self, replica: u32, key: u64) -> Option<SimTime> {
        self.0.as_ref()?.valid_until(replica, key)
    }

    /// All is forgotten, or what one replica had.
    pub(super) fn clear(&mut self, replica: Option<u32>) {
        if let Some(store) = &mut self.0 {
            store.clear(replica);
        }
    }

    /// Somebody watches from now on, or nobody.
    pub(super) fn watch(&mut self, on: bool) {
        if let Some(store) = &mut self.0 {
            store.watch(on);
        }
    }

    /// See [`Store::bill`].
    pub(super) fn bill(&self, price: f64, items: &mut Vec<(Item, u32)>) -> Option<u32> {
        self.0.as_ref()?.bill(price, items)
    }
}

impl System {
    fn data(&self, station: u32) -> Option<&dyn Store> {
        self.stations[station as usize].pool().and_then(|pool| pool.data.0.as_deref())
    }

    /// A station's store, if it is of a sort.
    fn store<T: Store>(&mut self, station: u32) -> Option<&mut T> {
        self.stations[station as usize].pool_mut()?.data.of_mut()
    }

    /// Asks a station's store, if it has one.
    fn with_store<T>(&mut self, station: u32, ask: impl FnOnce(&mut dyn Store, &Site<'_>) -> T) -> Option<T> {
        let now = self.now;
        let entry = &mut self.stations[station as usize];
        let spot = entry.spot;
        let store = entry.pool_mut()?.data.0.as_deref_mut()?;
        Some(ask(store, &Site { now, spot, spots: &self.spots, replicas: &self.replicas }))
    }

    /// Begins, changes or ends where a pool's data lies, after it was fitted to a plan.
    pub(super) fn settle_data(&mut self, ix: u32, config: &PoolConfig) {
        for settle in SORTS {
            settle(self, ix, config);
        }
    }

    /// The station is gone with all parts of its store.
    pub(super) fn end_data(&mut self, station: u32) {
        if let Some(pool) = self.stations[station as usize].pool_mut()
            && pool.data.is_one_address()
        {
            pool.data = Data::default();
        }
    }

    /// Who answers a request is chosen as it is sent, where a store chooses so early; checks go to the station.
    #[cold]
    #[inline(never)]
    pub(super) fn choose_part(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station, request) = (attempt.station, attempt.request);
        if attempt.verb != Verb::Request || request == NONE || attempt.replica != NONE {
            return;
        }
        let writes = self.requests[request].operation == Operation::Write;
        let (from, draws) = (attempt.from_spot, attempt.draws.child(purpose::COPY));
        let ask = Ask { writes, from, draws, session: self.session_for(station, request) };
        if let Some((replica, spot)) = self.with_store(station, |store, site| store.route(site, &ask)).flatten() {
            let attempt = &mut self.attempts[ix];
            (attempt.replica, attempt.spot) = (replica, spot);
        }
    }

    /// The replica that has the key; the first one where no key is asked for, or no part has it. Or why nobody takes it.
    #[cold]
    #[inline(never)]
    pub(super) fn owner_of(&self, ix: u32, station: u32) -> Result<u32, Reason> {
        let request = self.attempts[ix].request;
        let first = self.pool(station).replicas[0];
        let Some(store) = self.data(station).filter(|_| request != NONE) else { return Ok(first) };
        let site = Site { now: self.now, spot: NOWHERE, spots: &self.spots, replicas: &self.replicas };
        if let Some(found) = store.primary(&site, self.session_for(station, request)) {
            return found;
        }
        let (key, writes) = (self.request_key(request), self.requests[request].operation == Operation::Write);
        match store.refuses(key, writes) {
            Some(reason) => Err(reason),
            None => Ok(store.owner(key, writes).unwrap_or(first)),
        }
    }

    /// Whose a request is, where a store asks that.
    fn session_for(&self, station: u32, request: u32) -> u64 {
        let asks = self.data(station).is_some_and(Store::asks_who);
        if asks { self.request_session(request) } else { 0 }
    }

    /// How the key of an attempt finds its owner, in words.
    pub(super) fn explain_owner(&self, ix: u32) -> Option<String> {
        let attempt = &self.attempts[ix];
        self.data(attempt.station)?.explain(self.request_key(attempt.request))
    }

    /// A store has done what it was asked, and is about to say so.
    #[cold]
    #[inline(never)]
    pub(super) fn commit_work(&mut self, ix: u32) -> Verdict {
        let attempt = &self.attempts[ix];
        let (station, replica, request, asked) =
            (attempt.station, attempt.replica, attempt.request, attempt.reached_at);
        if attempt.verb != Verb::Request || request == NONE || self.data(station).is_none() {
            return Verdict::Answer;
        }
        let (draws, session) = (attempt.draws, self.session_for(station, request));
        let writes = self.requests[request].operation == Operation::Write;
        let done = Done { writes, key: self.request_key(request), asked, replica, draws, session };
        let Commit { mark, answer } =
            self.with_store(station, |store, site| store.commit(site, &done)).unwrap_or_default();
        if let Some(mark) = mark {
            if let Mark::FromReadReplica { lacks } = mark {
                let meter = &mut self.stations[station as usize].meter;
                meter.count(Count::CopyReads, 1);
                meter.count(Count::StaleReads, u64::from(lacks.is_some()));
            }
            self.note(ix, mark);
            if let Mark::Written { .. } = mark {
                self.listen(station);
            }
        }
        if session != 0 {
            self.tell_sessions(station);
        }
        match answer {
            Answer::Later(enough, at_most) => self.hold_read(ix, enough, at_most),
            Answer::Now => Verdict::Answer,
            Answer::HeldUntil(quorum) if self.hold(ix, &quorum) => Verdict::Held,
            Answer::HeldUntil(_) => Verdict::Answer,
            Answer::InLine(number) => self.hold_in_line(ix, number),
            Answer::Refused(reason) => Verdict::Refused(reason),
        }
    }

    /// A replica is about to change its speed, to die or to live again.
    #[cold]
    pub(super) fn before_pace(&mut self, replica_ix: u32) {
        if self.has_spread_data {
            self.keep_up(self.replicas[replica_ix as usize].station);
        }
    }

    /// It has.
    #[cold]
    pub(super) fn after_pace(&mut self, replica_ix: u32) {
        if self.has_spread_data {
            self.relink(self.replicas[replica_ix as usize].station);
        }
    }

    /// How many commits of a key a replica lacks now, and when the first of them was; `None`: it has them all.
    pub(super) fn behind(&mut self, station: u32, replica: u32, key: u64) -> Option<(u32, SimTime)> {
        if !self.has_spread_data {
            return None;
        }
        self.keep_up(station);
        self.data(station)?.lacking(replica, key)
    }

    fn keep_up(&mut self, station: u32) {
        self.with_store(station, |store, site| store.keep_up(site));
    }

    /// Where a replica stands that may be elsewhere than its station.
    pub(super) fn standing_of(&self, replica_ix: u32, station: Option<Standing>) -> Option<Standing> {
        let Replica { station: ix, number, .. } = self.replicas[replica_ix as usize];
        let Some(region) = self.data(ix).and_then(|store| store.region(number)) else { return station };
        let there = self.stations.iter().filter(|other| !other.removed).filter_map(|other| other.stands);
        there.filter(|stands| stands.region == region).map(|stands| Standing { zone: None, ..stands }).next()
    }

    /// Whether a fault's effect is none of a replica's business.
    pub(super) fn spares(&self, replica_ix: u32, effect: Effect) -> bool {
        let Replica { station, number, .. } = self.replicas[replica_ix as usize];
        self.data(station).is_some_and(|store| store.spares(number, effect))
    }

    /// A store may bear a replica's harm, unless a lost region takes everything.
    pub(super) fn bear(&mut self, replica_ix: u32, stands: Option<Standing>, harm: &mut Harm) {
        let now = self.now;
        let Replica { station, number, .. } = self.replicas[replica_ix as usize];
        let lost = self.active.iter().any(|active| {
            let area = stands.map(|stands| FaultTarget::Area(stands.region_area));
            active.effect == Effect::Down && Some(active.target) == area
        });
        if let Some(after) = self.with_store(station, |store, _| store.bear(now, number, harm, lost)).flatten() {
            self.stage_later(station, number, after);
        }
    }
}
