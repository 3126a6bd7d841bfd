//! What a read sees of writes, and what a write does to caches.

use super::versions::Version;
use super::{CachingTurn, Carried};
use crate::engine::rng::DrawKey;
use crate::engine::time::SimDuration;
use crate::model::pattern::{Settings, fill, write};
use crate::model::system::System;
use crate::model::system::attempt::{Stage, Verb};
use crate::model::system::flow::purpose;
use crate::model::system::plan::{Operation, PoolKind};
use crate::model::system::slab::NONE;
use crate::model::system::timer::Timer;

impl System {
    /// The key that an attempt reads or writes at a database where it stands; `None`: it does neither.
    fn stored_key(&self, ix: u32, operation: Operation) -> Option<u64> {
        let attempt = &self.attempts[ix];
        let (request, station) = (attempt.request, attempt.station);
        if attempt.verb != Verb::Request || request == NONE || self.pool(station).config.kind != PoolKind::Database {
            return None;
        }
        let writes = self.requests[request].operation == Operation::Write;
        (writes == (operation == Operation::Write)).then(|| self.request_key(request))
    }

    /// A database begins to work on it: a read sees what was committed until now.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn take_snapshot(&mut self, ix: u32) {
        let Some(key) = self.stored_key(ix, Operation::Read) else { return };
        let (station, replica) = (self.attempts[ix].station, self.attempts[ix].replica);
        let behind = self.behind(station, replica, key);
        let Some(values) = &mut self.values else { return };
        let number = match behind {
            Some((commits, since)) => values.versions.read_behind(station, key, commits, since),
            None => values.versions.read(station, key),
        };
        let absent = number == 0 && self.is_missing(station, key);
        let value = Some(Version { authority: station, number, absent });
        self.carry(ix, Carried { value, ..Carried::default() });
    }

    /// Whether an item does not exist at a database before it is written.
    fn is_missing(&self, station: u32, key: u64) -> bool {
        let entry = &self.stations[station as usize];
        let missing = self.pool(station).config.missing;
        missing > 0.0
            && DrawKey::new(self.seed).child(purpose::MISSING).child(u64::from(entry.id.0)).unit(key) < missing
    }

    /// A database is done with a write.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn commit_version(&mut self, ix: u32) {
        let Some(key) = self.stored_key(ix, Operation::Write) else { return };
        let request = self.attempts[ix].request;
        match self.flush_of(request) {
            None => drop(self.commit_key(ix, key)),
            Some(keys) => {
                for key in keys {
                    if let Some(version) = self.commit_key(ix, key) {
                        self.flush_committed(request, key, version);
                    }
                }
            }
        }
    }

    fn commit_key(&mut self, ix: u32, key: u64) -> Option<Version> {
        let (station, draws, now) = (self.attempts[ix].station, self.attempts[ix].draws, self.now);
        let values = self.values.as_deref_mut()?;
        let number = values.versions.commit(station, key, now);
        let version = Version { authority: station, number, absent: false };
        let value = Some(version);
        self.carry(ix, Carried { value, ..Carried::default() });
        for cache in 0..self.stations.len() as u32 {
            let Some(caching) = self.caching_mut(cache) else { continue };
            let write::Settings::Event { delay, loss } = caching.config.writes else { continue };
            if loss > 0.0 && draws.child(purpose::EVENT).unit(u64::from(cache)) < loss {
                caching.tally.lost_events += 1;
            } else {
                let turn = CachingTurn::Event { key, version };
                self.schedule(now + delay, Timer::Caching { station: cache, turn });
            }
        }
        Some(version)
    }

    /// A cache hears of a commit.
    pub(super) fn heard_of(&mut self, station: u32, key: u64, version: Version) {
        let Some(caching) = self.caching(station) else { return };
        // Newer values, and those of another store, are none of its business.
        let held = caching.notes.get(key).and_then(|note| note.value);
        let newer = |held: Version| held.authority != version.authority || held.number >= version.number;
        if !held.is_some_and(newer) {
            self.forget_entry(station, key, version.number);
        }
    }

    /// A service's write is committed: what it does about its cache. Tells whether it waits for the cache.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn stored(&mut self, ix: u32, cache: u32) -> bool {
        let station = self.edges[cache as usize].to;
        match self.caching(station).map(|caching| caching.config.writes) {
            Some(write::Settings::Expire | write::Settings::Event { .. }) => {}
            Some(write::Settings::Twice { after }) => {
                self.follow_up(ix, cache, Verb::Invalidate);
                self.delete_again(ix, station, after);
            }
            Some(write::Settings::Through) => {
                self.call(ix, cache, Verb::Fill, Stage::Keeping);
                return true;
            }
            // What is stored already has nothing to wait for.
            Some(write::Settings::Delete | write::Settings::Behind(_)) | None => {
                self.follow_up(ix, cache, Verb::Invalidate);
            }
        }
        false
    }

    /// A cache's store has answered a write that passed through the cache.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn wrote(&mut self, ix: u32, good: bool) {
        let station = self.attempts[ix].station;
        let Some(caching) = self.caching(station) else { return };
        let Settings { writes, fills, .. } = caching.config;
        match writes {
            write::Settings::Twice { after } => self.delete_again(ix, station, after),
            write::Settings::Through => self.wrote_through(ix, good),
            write::Settings::Behind(_) => self.wrote_beside(ix, good),
            write::Settings::Delete | write::Settings::Expire | write::Settings::Event { .. } => {}
        }
        // How it is used may have changed since the write passed.
        self.next_writer(ix);
        let deletes = matches!(writes, write::Settings::Delete | write::Settings::Twice { .. });
        if let (true, fill::Settings::Newer, Some(value)) = (deletes, fills, self.carried(ix).value) {
            // Now that it knows the version, what was put in since the write passed goes, if it is older.
            let key = self.request_key(self.attempts[ix].request);
            self.heard_of(station, key, value);
        }
    }

    fn delete_again(&mut self, ix: u32, cache: u32, after: SimDuration) {
        let key = self.request_key(self.attempts[ix].request);
        self.schedule(self.now + after, Timer::Caching { station: cache, turn: CachingTurn::Again { key } });
    }
}
