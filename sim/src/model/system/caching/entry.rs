//! What is done with a cache's entries, and what is known of them beside.

use super::versions::Version;
use super::{Caching, Carried, Note};
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::pattern::renewal::{self, Sight, Times};
use crate::model::pattern::{fill, load, write};
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Verb};
use crate::model::system::counts::Count;
use crate::model::system::data::{Deed, Found};
use crate::model::system::flow::purpose;
use crate::model::system::plan::{Operation, PoolKind};
use crate::model::system::slab::NONE;
use crate::model::system::trail::Mark;

/// Who does something with an entry, and what for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hand {
    /// The cache, and its node.
    station: u32,
    replica: u32,
    key: u64,
    /// The request came to the cache itself, on its way to the store; it is a write.
    passes: bool,
    writes: bool,
    draws: DrawKey,
    carried: Carried,
}

impl System {
    /// Who does something with an entry for an attempt that stands at a cache.
    fn hand_of(&self, ix: u32) -> Hand {
        let Attempt { station, replica, verb, draws, request, .. } = self.attempts[ix];
        Hand {
            station,
            replica,
            key: self.request_key(request),

            passes: verb == Verb::Request,
            writes: self.requests[request].operation == Operation::Write,
            draws,
            carried: self.carried(ix),
        }
    }

    /// Until when a value that is put into a cache now is valid, by the cache's clock.
    pub(in crate::model::system) fn expiry(&self, station: u32) -> SimTime {
        let clock = self.clock(station, self.now);
        match self.pool(station).config.kind {
            PoolKind::Cache { ttl: Some(ttl), .. } => clock + ttl,
            _ => SimTime::NEVER,
        }
    }

    /// A cache does something with an entry for an attempt that stands there.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn work_on_entry(&mut self, ix: u32, deed: Deed) -> Found {
        let hand = self.hand_of(ix);
        let mut found = self.work_by(hand, deed);
        if let Deed::Get = deed {
            let (hit, carried) = self.see(&hand, found.hit);
            found.hit = hit;
            self.carry(ix, carried);
            if hit {
                self.answered_with(ix, carried.value);
            }
        }
        found
    }

    /// The same, whoever wants it done; of a look-up, whether there is an entry.
    pub(super) fn work_by(&mut self, hand: Hand, deed: Deed) -> Found {
        let Hand { station, replica, key, .. } = hand;
        let clock = self.clock(station, self.now);
        let Some(deed) = self.weigh_deed(&hand, deed, clock) else { return Found::default() };
        let kept_longer =
            self.caching(station).map_or(SimDuration::ZERO, |caching| caching.config.renewal.kept_longer());
        if let Deed::Fill(_) = deed
            && let Some(beyond) = self.beyond_share(&hand)
        {
            self.pool_mut(station).data.work(replica, beyond, Deed::Forget, clock);
        }
        let done = match deed {
            Deed::Fill(until) if until != SimTime::NEVER => Deed::Fill(until + kept_longer),
            deed => deed,
        };
        let found = self.pool_mut(station).data.work(replica, key, done, clock);
        self.did_deed(&hand, deed, found.hit, clock);
        found
    }

    /// What is really done; `None`: nothing.
    fn weigh_deed(&mut self, hand: &Hand, deed: Deed, clock: SimTime) -> Option<Deed> {
        let now = self.now;
        let caching = self.caching_mut(hand.station)?;
        match deed {
            Deed::Get => Some(deed),
            Deed::Forget => {
                let stays = matches!(caching.config.writes, write::Settings::Expire | write::Settings::Event { .. });
                (!hand.passes || !stays).then_some(deed)
            }
            Deed::Fill(until) => {
                if caching.refuses(hand, now) {
                    caching.tally.refused += 1;
                    return None;
                }
                if hand.carried.value.is_some_and(|value| value.absent) {
                    return caching.config.negative.map(|negative| Deed::Fill(clock + negative.ttl));
                }
                let jitter = caching.config.jitter;
                if jitter == 0.0 || until == SimTime::NEVER {
                    return Some(deed);
                }
                let spread = 1.0 + jitter * (2.0 * hand.draws.child(purpose::LIFETIME).unit(0) - 1.0);
                Some(Deed::Fill(clock + SimDuration::from_secs_f64(until.since(clock).as_secs_f64() * spread)))
            }
        }
    }

    /// Nothing is there under a key, and that is about to be remembered: which one of those is forgotten for it, if they
    /// are too many.
    fn beyond_share(&mut self, hand: &Hand) -> Option<u64> {
        let PoolKind::Cache { capacity, .. } = self.pool(hand.station).config.kind else { return None };
        let caching = self.caching_mut(hand.station)?;
        let share = caching.config.negative.filter(|_| hand.carried.value.is_some_and(|value| value.absent))?.share;
        let (line, inside) = caching.negative.or_default(hand.replica);
        if inside.insert(hand.key, ()).is_none() {
            line.push_back(hand.key);
        }
        let most = (share * f64::from(capacity)).max(1.0) as usize;
        let beyond = if line.len() > most { line.pop_front() } else { None };
        let beyond = beyond?;
        inside.remove(beyond);
        // It may have been written since: then it is an entry like any other.
        let absent = caching.notes.get(beyond).and_then(|note| note.value).is_some_and(|value| value.absent);
        absent.then(|| {
            caching.notes.remove(beyond);
            beyond
        })
    }

    /// It is done: what is known of the entry changes.
    fn did_deed(&mut self, hand: &Hand, deed: Deed, held: bool, clock: SimTime) {
        let now = self.now;
        let Some(values) = self.values.as_deref() else { return };
        let pool = self.stations[hand.station as usize].pool_mut();
        let Some(caching) = pool.and_then(|pool| pool.caching.as_deref_mut()) else { return };
        match deed {
            Deed::Get => {}
            Deed::Forget => {
                let number = hand.carried.value.map_or(0, |value| value.number);
                caching.forget(hand.key, number, held, now);
            }
            Deed::Fill(fresh_until) => {
                let value = hand.carried.value;
                let old = value.is_some_and(|value| values.versions.replaced_at(value, hand.key).is_some());
                caching.tally.fills += 1;
                caching.tally.old_fills += u64::from(old);
                let times = Times { filled: clock, fresh_until, took: hand.carried.took };
                caching.put(hand.key, Note { value, times });
            }
        }
    }

    /// What a reader makes of an entry, or of its absence: whether it is answered with it, and what it takes along.
    fn see(&mut self, hand: &Hand, held: bool) -> (bool, Carried) {
        let (now, clock) = (self.now, self.clock(hand.station, self.now));
        let mut carried = hand.carried;
        (carried.sight, carried.early) = (Sight::Load, false);
        let Some(caching) = self.caching_mut(hand.station) else { return (held, carried) };
        if caching.is_ahead(hand.replica, hand.key) {
            // What is not stored yet is in memory, also when its entry has left the cache.
            (carried.sight, carried.value) = (Sight::Take, None);
            return (true, carried);
        }
        let note = caching.notes.get(hand.key).copied().filter(|_| held);
        if held {
            let u = match caching.config.renewal {
                renewal::Settings::Early { .. } => hand.draws.child(purpose::EARLY).unit(0),
                _ => 1.0,
            };
            carried.sight = note.map_or(Sight::Take, |note| caching.config.renewal.sight(note.times, clock, u));
            carried.value = note.and_then(|note| note.value);
            carried.early = carried.sight == Sight::Load;
        }
        if let load::Settings::Lease { interval, stale, .. } = caching.config.loads
            && !matches!(carried.sight, Sight::Take)
        {
            match (caching.leases.miss(hand.key, interval, now), carried.sight) {
                (Some(token), _) => carried.token = token,
                // Another reader loads it: what is fresh, or may be answered meanwhile, is.
                (None, Sight::Renew) => carried.sight = Sight::Take,
                (None, Sight::Load) if held => carried.sight = Sight::Take,
                (None, _) => {
                    let deleted = caching.deleted.get(hand.key).filter(|(_, until)| stale && now <= *until);
                    if let Some((note, _)) = deleted {
                        (carried.sight, carried.value) = (Sight::Take, note.value);
                        caching.tally.took_deleted += 1;
                    } else {
                        carried.sight = Sight::Wait;
                    }
                }
            }
        }
        (matches!(carried.sight, Sight::Take | Sight::Renew), carried)
    }

    /// A read is answered with what a cache held.
    fn answered_with(&mut self, ix: u32, value: Option<Version>) {
        let station = self.attempts[ix].station;
        if let Some(caching) = self.caching_mut(station) {
            caching.tally.hits += 1;
            caching.tally.nothing += u64::from(value.is_some_and(|value| value.absent));
        }
        self.note_if_stale(ix, station, value);
    }

    /// A read is answered with a value that a cache held: was there a newer one before it came?
    pub(super) fn note_if_stale(&mut self, ix: u32, station: u32, value: Option<Version>) {
        let (key, asked, now) = (self.request_key(self.attempts[ix].request), self.attempts[ix].reached_at, self.now);
        let replaced = value.and_then(|value| self.values.as_deref()?.versions.replaced_at(value, key));
        let Some(since) = replaced.filter(|since| *since < asked) else { return };
        let age = now.since(since);
        let Some(caching) = self.caching_mut(station) else { return };
        caching.tally.stale += 1;
        caching.tally.worst = caching.tally.worst.max(age);
        self.stations[station as usize].meter.count(Count::StaleHits, 1);
        self.note(ix, Mark::StaleHit { age });
    }

    /// A cache deletes an entry by itself, on account of the write with this version number.
    pub(super) fn forget_entry(&mut self, station: u32, key: u64, version: u32) {
        let (now, clock) = (self.now, self.clock(station, self.now));
        let Some(pool) = self.stations[station as usize].pool_mut() else { return };
        let mut held = false;
        for at in 0..pool.replicas.len() {
            held |= pool.data.work(pool.replicas[at], key, Deed::Forget, clock).hit;
        }
        if let Some(caching) = &mut pool.caching {
            caching.forget(key, version, held, now);
        }
    }

    /// Keeps a value that was loaded in the background.
    pub(super) fn keep(&mut self, station: u32, replica: u32, key: u64, ix: u32) {
        if replica != NONE && self.replicas[replica as usize].open() {
            let (carried, draws) = (self.carried(ix), self.attempts[ix].draws);
            let hand = Hand { station, replica, key, passes: false, writes: false, draws, carried };
            self.work_by(hand, Deed::Fill(self.expiry(station)));
        }
    }
}

impl Caching {
    /// Whether a value may not be put in.
    fn refuses(&mut self, hand: &Hand, now: SimTime) -> bool {
        if hand.writes {
            // It is the newest there is, and nobody's load is needed any more.
            self.leases.void(hand.key);
            return false;
        }
        if self.is_ahead(hand.replica, hand.key) {
            return true;
        }
        if matches!(self.config.loads, load::Settings::Lease { .. })
            && !self.leases.redeem(hand.key, hand.carried.token)
        {
            return true;
        }
        let (fill::Settings::Newer, Some(value)) = (self.config.fills, hand.carried.value) else { return false };
        let held = self.notes.get(hand.key).and_then(|note| note.value);
        let held = held.filter(|held| held.authority == value.authority).map_or(0, |held| held.number);
        value.number < held.max(self.tombstones.known(hand.key, now).unwrap_or(0))
    }

    /// An entry is put in.
    fn put(&mut self, key: u64, note: Note) {
        self.deleted.remove(key);
        // Of what was there before the run, with no times that matter, there is nothing to know.
        if note.value.is_none_or(|value| value.number == 0) && self.config.renewal == renewal::Settings::Off {
            match note.value {
                Some(_) => drop(self.notes.insert(key, note)),
                None => drop(self.notes.remove(key)),
            }
            return;
        }
        self.notes.insert(key, note);
    }

    /// An entry is deleted, if it was there, on account of the write with this version number.
    fn forget(&mut self, key: u64, version: u32, held: bool, now: SimTime) {
        let note = self.notes.remove(key);
        if self.config.fills == fill::Settings::Newer {
            self.tombstones.put(key, version, now);
        }
        if let load::Settings::Lease { interval, stale, .. } = self.config.loads {
            self.leases.void(key);
            if let (true, true, Some(note)) = (stale, held, note) {
                self.deleted.insert(key, (note, now + interval));
            }
        }
    }
}
