//! Writes that a cache takes itself: through to its store in one step, or acknowledged from memory and stored later.

use std::collections::VecDeque;

use super::versions::Version;
use super::{Caching, CachingTurn, Carried, Note};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::{Outcome, Reason};
use crate::model::pattern::buffer::{Buffer, Settings, Taken};
use crate::model::pattern::renewal::Times;
use crate::model::pattern::write;
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Caller, Phase, Request, Stage, Verb};
use crate::model::system::counts::Count;
use crate::model::system::data::Deed;
use crate::model::system::flow::purpose;
use crate::model::system::slab::NONE;
use crate::model::system::timer::Timer;

/// After a failed flush the next one begins no earlier than that.
const RESTS: SimDuration = SimDuration::from_millis(10);

/// The writes that one node has acknowledged and not stored.
#[derive(Clone, Debug)]
pub(super) struct Behind {
    settings: Settings,
    pub(super) buffer: Buffer<Request>,
    /// When somebody looks whether a flush is to begin.
    planned: SimTime,
}

/// A flush under way, as one write to the store.
#[derive(Clone, Debug)]
pub(in crate::model::system) struct Flush {
    station: u32,
    replica: u32,
    keys: Vec<u64>,
    /// Its cache has crashed: the store takes back what it has not committed.
    void: bool,
    /// The store has it: the number of each version.
    committed: Vec<(u64, Version)>,
}

/// The ledger of writes that a cache has acknowledged from memory; acknowledged = stored + superseded + lost + waiting.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ledger {
    pub acknowledged: u64,
    pub stored: u64,
    pub superseded: u64,
    pub lost: u64,
    /// Writes that found no room, and went to the store by themselves.
    pub synchronous: u64,
    pub flushes: u64,
}

impl System {
    /// A write has come to a cache with a store behind it.
    pub(in crate::model::system) fn pass_write(&mut self, ix: u32, store: u32) {
        let station = self.attempts[ix].station;
        match self.caching(station).map(|caching| caching.config.writes) {
            Some(write::Settings::Through) => self.write_through(ix, store),
            Some(write::Settings::Behind(settings)) => self.write_behind(ix, store, settings),
            _ => {
                self.work_on_entry(ix, Deed::Forget);
                self.call(ix, store, Verb::Request, Stage::Writing);
            }
        }
    }

    /// Writers of one key take turns, so that cache and store have them in the same order.
    fn write_through(&mut self, ix: u32, store: u32) {
        let (station, key) = (self.attempts[ix].station, self.request_key(self.attempts[ix].request));
        let Some(caching) = self.caching_mut(station) else { return };
        if caching.writing.contains_key(&key) {
            let attempt = self.wait(ix, Stage::InLine { store });
            if let Some(line) = self.caching_mut(station).and_then(|caching| caching.writing.get_mut(&key)) {
                line.push_back(attempt);
            }
            self.remark(ix, "Write-through", |_| {
                "another write of this item is under way: it waits its turn".to_owned()
            });
            return;
        }
        caching.writing.insert(key, VecDeque::new());
        self.write_now(ix, store);
    }

    fn write_now(&mut self, ix: u32, store: u32) {
        let carried = self.carried(ix);
        self.carry(ix, Carried { leads: true, ..carried });
        self.call(ix, store, Verb::Request, Stage::Writing);
    }

    /// A write through has ended, or its writer has left: the next writer of the key is called. Not at once, or a store
    /// that refuses everything would be asked by one within the other.
    pub(super) fn next_writer(&mut self, ix: u32) {
        let carried = self.carried(ix);
        if !carried.leads {
            return;
        }
        self.carry(ix, Carried { leads: false, ..carried });
        let (station, key) = (self.attempts[ix].station, self.request_key(self.attempts[ix].request));
        let Some(caching) = self.caching_mut(station) else { return };
        if caching.writing.get(&key).is_some_and(VecDeque::is_empty) {
            caching.writing.remove(&key);
        } else {
            self.schedule(self.now, Timer::Caching { station, turn: CachingTurn::Write { key } });
        }
    }

    /// The next writer of a key, if there is one who still waits.
    pub(super) fn write_next(&mut self, station: u32, key: u64) {
        while let Some(caching) = self.caching_mut(station) {
            let Some(next) = caching.writing.get_mut(&key).and_then(VecDeque::pop_front) else {
                caching.writing.remove(&key);
                return;
            };
            if let Some(&Attempt { phase: Phase::Waiting, stage: Stage::InLine { store }, replica, .. }) =
                self.attempts.get(next)
                && !self.replicas[replica as usize].dead
            {
                self.write_now(next.ix, store);
                return;
            }
        }
    }

    /// A write through has been answered by the store.
    pub(super) fn wrote_through(&mut self, ix: u32, good: bool) {
        if good {
            let until = self.expiry(self.attempts[ix].station);
            self.work_on_entry(ix, Deed::Fill(until));
        } else {
            self.work_on_entry(ix, Deed::Forget);
        }
        self.next_writer(ix);
    }

    fn write_behind(&mut self, ix: u32, store: u32, settings: Settings) {
        let Attempt { station, replica, request, .. } = self.attempts[ix];
        let (key, now, value) = (self.request_key(request), self.now, self.requests[request].clone());
        let Some(caching) = self.caching_mut(station) else { return };
        let fresh = || Behind { settings, buffer: Buffer::default(), planned: SimTime::NEVER };
        let behind = caching.behind.or_insert_with(replica, fresh);
        behind.settings = settings;
        let taken = behind.buffer.write(key, value, now, settings);
        if taken == Taken::Full {
            caching.ledger.synchronous += 1;
            self.remark(ix, "Write-behind", |_| "no room in memory: the write goes to the store by itself".to_owned());
            self.call(ix, store, Verb::Request, Stage::Writing);
            return;
        }
        self.book(station, Count::WritesAcknowledged);
        if taken == Taken::Replaces {
            self.book(station, Count::WritesSuperseded);
        }
        let until = self.expiry(station);
        self.work_on_entry(ix, Deed::Fill(until));
        self.remark(ix, "Write-behind", |_| "acknowledged from memory: it is stored later".to_owned());
        self.plan_flush(station, replica);
        self.finish_work(ix, Outcome::Completed, Reason::None);
    }

    /// A write that found no room has been answered by the store.
    pub(super) fn wrote_beside(&mut self, ix: u32, good: bool) {
        if good {
            let station = self.attempts[ix].station;
            self.book(station, Count::WritesAcknowledged);
            self.book(station, Count::WritesStored);
            let until = self.expiry(station);
            self.work_on_entry(ix, Deed::Fill(until));
        }
    }

    /// One more in the ledger of writes.
    fn book(&mut self, station: u32, count: Count) {
        self.stations[station as usize].meter.count(count, 1);
        let Some(caching) = self.caching_mut(station) else { return };
        let ledger = &mut caching.ledger;
        match count {
            Count::WritesAcknowledged => ledger.acknowledged += 1,
            Count::WritesStored => ledger.stored += 1,
            Count::WritesSuperseded => ledger.superseded += 1,
            Count::WritesLost => ledger.lost += 1,
            _ => {}
        }
    }

    fn behind_mut(&mut self, station: u32, replica: u32) -> Option<&mut Behind> {
        self.caching_mut(station)?.behind.get_mut(&replica)
    }

    /// Somebody looks when the next flush is due.
    fn plan_flush(&mut self, station: u32, replica: u32) {
        let now = self.now;
        let Some(behind) = self.behind_mut(station, replica) else { return };
        let Some(due) = behind.buffer.due(behind.settings).map(|due| due.max(now)) else { return };
        if due < behind.planned {
            behind.planned = due;
            self.schedule(due, Timer::Caching { station, turn: CachingTurn::Flush { replica } });
        }
    }

    /// A flush may be due.
    pub(super) fn flush_due(&mut self, station: u32, replica: u32) {
        let now = self.now;
        let store = self.stations[station as usize].out.first().copied();
        let frozen = self.replicas[replica as usize].frozen;
        let Some(behind) = self.behind_mut(station, replica) else {
            self.quiet = true;
            return;
        };
        behind.planned = SimTime::NEVER;
        let Some(store) = store.filter(|_| !frozen) else {
            // It cannot: somebody looks again.
            behind.planned = now + SimDuration::from_millis(100);
            let turn = CachingTurn::Flush { replica };
            self.schedule(now + SimDuration::from_millis(100), Timer::Caching { station, turn });
            return;
        };
        let batch = behind.buffer.begin(now, behind.settings);
        let keys: Vec<u64> = batch.iter().map(|one| one.key).collect();
        let Some(first) = batch.first().map(|one| one.value.clone()) else {
            self.plan_flush(station, replica);
            return;
        };
        if let Some(caching) = self.caching_mut(station) {
            caching.ledger.flushes += 1;
        }
        self.send_flush(station, replica, store, keys, first);
    }

    /// Sends a flush: a write of its own, for which no user waits.
    fn send_flush(&mut self, station: u32, replica: u32, store: u32, keys: Vec<u64>, first: Request) {
        let draws = first.draws;
        let request = Request {
            user: NONE,
            born: self.now,
            visited: 0,
            refs: 0,
            done: true,
            poison: false,
            attempt: NONE,
            counted: false,
            profiled: false,
            ..first
        };
        let request = self.requests.insert(request).ix;
        let Some(values) = &mut self.values else { return };
        let flush = Flush { station, replica, keys, void: false, committed: Vec::new() };
        values.flushes.insert(request, flush);
        let edge_id = u64::from(self.edges[store as usize].plan.id.0);
        let base = draws.child(purpose::FLUSH).child(edge_id);
        let call = self.new_attempt(request, store, Caller::Flush, Verb::Request, base);
        let from = self.stations[station as usize].spot;
        (self.attempts[call].from_spot, self.attempts[call].spot) = (from, self.spot_or(store, from));
        self.send(call);
    }

    /// The store commits a write that may be a flush: `None`, it is none; else all its keys, or none if its cache has
    /// crashed meanwhile.
    pub(super) fn flush_of(&self, request: u32) -> Option<Vec<u64>> {
        let flush = self.values.as_deref()?.flushes.get(&request)?;
        Some(if flush.void { Vec::new() } else { flush.keys.clone() })
    }

    /// The store has committed a key of a flush.
    pub(super) fn flush_committed(&mut self, request: u32, key: u64, version: Version) {
        if let Some(flush) = self.values.as_deref_mut().and_then(|values| values.flushes.get_mut(&request)) {
            flush.committed.retain(|(known, _)| *known != key);
            flush.committed.push((key, version));
        }
    }

    /// A flush has ended.
    #[cold]
    pub(in crate::model::system) fn flushed(&mut self, request: u32, outcome: Outcome) {
        let Some(flush) = self.values.as_deref_mut().and_then(|values| values.flushes.remove(&request)) else { return };
        let Flush { station, replica, void, committed, .. } = flush;
        if void {
            return;
        }
        let now = self.now;
        let Some(behind) = self.behind_mut(station, replica) else { return };
        let good = outcome == Outcome::Completed && !committed.is_empty();
        let (ended, count) = if good {
            (behind.buffer.stored(), Count::WritesStored)
        } else {
            let rests = behind.settings.delay.max(RESTS);
            (behind.buffer.failed(now + rests), Count::WritesSuperseded)
        };
        for _ in &ended {
            self.book(station, count);
        }
        if let (true, Some(caching)) = (good, self.caching_mut(station)) {
            caching.learn(replica, &committed);
        }
        self.plan_flush(station, replica);
    }

    /// A node loses its memory, and with it what it has not stored.
    pub(in crate::model::system) fn lose_writes(&mut self, station: u32, replica: u32) {
        let lost = self.caching_mut(station).and_then(|caching| caching.behind.remove(&replica));
        let Some(mut behind) = lost else { return };
        let (waiting, flushing) = behind.buffer.crash();
        let mut stored = 0;
        let values = self.values.as_deref_mut();
        for flush in values.into_iter().flat_map(|values| values.flushes.values_mut()) {
            if (flush.station, flush.replica) == (station, replica) && !flush.void {
                flush.void = true;
                // What the store has committed is kept, though nobody was told.
                stored = flush.committed.len();
            }
        }
        for _ in 0..stored {
            self.book(station, Count::WritesStored);
        }
        for _ in 0..waiting.len() + flushing.len() - stored {
            self.book(station, Count::WritesLost);
        }
    }

    /// All nodes of a cache lose what they have not stored.
    pub(in crate::model::system) fn lose_all_writes(&mut self, station: u32) {
        let nodes: Vec<u32> =
            self.caching(station).map_or_else(Vec::new, |caching| caching.behind.keys().copied().collect());
        for replica in nodes {
            self.lose_writes(station, replica);
        }
    }
}

impl Caching {
    /// Whether a node has a write of the key that is not stored.
    pub(super) fn is_ahead(&self, replica: u32, key: u64) -> bool {
        self.behind.get(&replica).is_some_and(|behind| behind.buffer.holds(key))
    }

    /// What a flush has stored has versions now.
    fn learn(&mut self, replica: u32, committed: &[(u64, Version)]) {
        for &(key, version) in committed {
            let newer = self.behind.get(&replica).is_some_and(|behind| behind.buffer.waits(key));
            if newer {
                continue;
            }
            let times = Times { filled: SimTime::ZERO, fresh_until: SimTime::NEVER, took: SimDuration::ZERO };
            let note = self.notes.or_insert_with(key, || Note { value: None, times });
            if note.value.is_none() {
                note.value = Some(version);
            }
        }
    }
}
