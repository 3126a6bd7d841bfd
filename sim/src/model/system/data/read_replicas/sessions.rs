//! What clients remember of a database: what they have written and read, and by it where their reads go, and what they miss.
//!
//! A read misses its client's own write if that was committed before the read came and the replica has not applied it. It
//! goes back if an earlier read of the client, that had ended by then, has seen a write to the item that the replica has not
//! applied. What every replica has applied is forgotten.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::commit::Turn;
use super::{ReadReplicas, applies_in};
use crate::engine::key_map::KeyMap;
use crate::engine::rng::mix;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::replication::sessions::{Monotonic, OwnWrites, Settings};
use crate::model::system::System;
use crate::model::system::attempt::Phase;
use crate::model::system::counts::Count;
use crate::model::system::data::{Answer, Commit, Done, Site, Verdict};
use crate::model::system::slab::Key;
use crate::model::system::timer::Timer;

/// How far somebody has written and read, in writes from the first on, and since when.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    written: u64,
    written_at: SimTime,
    read: u64,
    read_at: SimTime,
}

/// What is counted: in the order of [`TOLD`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsLook {
    /// Reads that did not find their client's own write, and that found something older than a read before.
    pub missed: u64,
    pub back: u64,
    /// Reads that the primary answered for the sake of a guarantee, and that waited for a replica.
    pub to_primary: u64,
    pub held: u64,
}

const TOLD: [Count; 4] = [Count::OwnWritesMissed, Count::ReadsGoneBack, Count::ReadsToPrimary, Count::ReadsHeld];

impl SessionsLook {
    const fn sums(self) -> [u64; 4] {
        [self.missed, self.back, self.to_primary, self.held]
    }
}

/// What is known of clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    /// By client, and by client and item.
    of: KeyMap<Known>,
    of_item: KeyMap<Known>,
    /// What may be forgotten once all have so many writes: client, client and item.
    due: VecDeque<(u64, u64, u64)>,
    pub sums: SessionsLook,
    told: SessionsLook,
}

fn item(session: u64, key: u64) -> u64 {
    mix(session ^ key.rotate_left(32))
}

impl Sessions {
    pub(super) fn bytes(&self) -> usize {
        self.of.bytes() + self.of_item.bytes() + self.due.len() * 24
    }

    fn known(&mut self, session: u64, key: u64, position: u64, change: impl Fn(&mut Known)) {
        let item = item(session, key);
        change(self.of.or_insert_with(session, Known::default));
        change(self.of_item.or_insert_with(item, Known::default));
        self.due.push_back((session, item, position));
    }

    /// A client's write is committed, the last of so many.
    pub(super) fn wrote(&mut self, session: u64, key: u64, position: u64, now: SimTime) {
        self.known(session, key, position, |known| (known.written, known.written_at) = (position, now));
    }

    /// Nobody needs what all have applied; within the window after a write, that there was one is still asked.
    pub(super) fn forget(&mut self, floor: u64, settings: Settings, now: SimTime) {
        let window = if let OwnWrites::Window(window) = settings.own { window } else { SimDuration::ZERO };
        while let Some(&(session, item, position)) = self.due.front() {
            let old = |known: &Known| known.written.max(known.read) <= floor && known.written_at + window <= now;
            if position > floor || self.of.get(session).is_some_and(|known| known.written_at + window > now) {
                return;
            }
            self.due.pop_front();
            for (map, at) in [(&mut self.of, session), (&mut self.of_item, item)] {
                if map.get(at).is_some_and(old) {
                    map.remove(at);
                }
            }
        }
    }
}

impl ReadReplicas {
    pub(in crate::model::system) const fn knows_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// A client's write is done, unless it was refused, or is a former primary's.
    pub(super) fn remember_write(&mut self, site: &Site<'_>, done: &Done, commit: &Commit) {
        let (Some(sessions), Some(settings)) = (&mut self.sessions, self.config.sessions) else { return };
        if done.replica == self.primary && !matches!(commit.answer, Answer::Refused(_)) {
            sessions.wrote(done.session, done.key, self.position, site.now);
        }
        let floor = self.list.staying().map(|member| member.follower.applied()).min().unwrap_or(u64::MAX);
        sessions.forget(floor, settings, site.now);
    }

    /// Whether the primary has to answer a client's read, for what it has written.
    pub(super) fn goes_to_primary(&mut self, session: u64, now: SimTime) -> bool {
        let (Some(sessions), Some(settings)) = (&mut self.sessions, self.config.sessions) else { return false };
        let OwnWrites::Window(window) = settings.own else { return false };
        let recent = sessions.of.get(session).is_some_and(|known| known.written > 0 && known.written_at + window > now);
        sessions.sums.to_primary += u64::from(recent);
        recent
    }

    /// Whether a client's reads go to one replica.
    pub(super) fn is_sticky(&self) -> bool {
        self.config.sessions.is_some_and(|settings| settings.monotonic == Monotonic::Sticky)
    }

    /// Until when a replica has to wait with the answer to a read: when it may have enough, and for how long at most.
    pub(super) fn waits_for(&self, site: &Site<'_>, done: &Done) -> Option<(SimTime, SimTime)> {
        let (sessions, settings) = (self.sessions.as_ref()?, self.config.sessions?);
        let member = self.list.iter().find(|member| member.replica == done.replica)?;
        let known = sessions.of.get(done.session)?;
        let written = if settings.own == OwnWrites::Token { known.written } else { 0 };
        let read = if settings.monotonic == Monotonic::Token { known.read } else { 0 };
        let needed = written.max(read).min(self.position);
        if member.follower.applied() >= needed {
            return None;
        }
        let apply = applies_in(self.config.apply, member, site.replicas);
        let enough = apply.and_then(|apply| member.follower.applied_at(needed, apply)).unwrap_or(SimTime::NEVER);
        Some((enough, site.now + settings.timeout))
    }

    /// A read is answered: what its client misses, and what it has seen.
    pub(super) fn answered_to(&mut self, site: &Site<'_>, done: &Done) {
        let position = self.position;
        let member = self.list.iter().find(|member| member.replica == done.replica);
        // Of the item's writes it has all up to there, and of all writes.
        let first = member.and_then(|member| member.follower.first_lacking(done.key)).unwrap_or(position);
        let applied = member.map_or(position, |member| member.follower.applied());
        let Some(sessions) = &mut self.sessions else { return };
        let known = sessions.of_item.get(item(done.session, done.key)).copied().unwrap_or_default();
        sessions.sums.missed += u64::from(first < known.written && known.written_at < done.asked);
        sessions.sums.back += u64::from(first < known.read && known.read_at <= done.asked);
        let now = site.now;
        sessions.known(done.session, done.key, position, |known| {
            // Of the client as a whole it is told what all its reads have seen together.
            known.read_at = now;
        });
        let token = sessions.of.or_insert_with(done.session, Known::default);
        token.read = token.read.max(applied);
        let seen = sessions.of_item.or_insert_with(item(done.session, done.key), Known::default);
        seen.read = seen.read.max(first);
    }
}

impl System {
    /// A replica has not applied enough to answer a read: it waits, and holds its connection.
    pub(in crate::model::system::data) fn hold_read(&mut self, ix: u32, enough: SimTime, at_most: SimTime) -> Verdict {
        let station = self.attempts[ix].station;
        let attempt = self.attempts.key(ix);
        if self.attempts[ix].phase != Phase::Waiting {
            if let Some(sessions) = self.store::<ReadReplicas>(station).and_then(|store| store.sessions.as_mut()) {
                sessions.sums.held += 1;
            }
            self.remark(ix, "Session guarantees", |_| {
                "the replica waits until it has applied what the client has written or read".to_owned()
            });
        }
        self.attempts[ix].phase = Phase::Waiting;
        let turn = Turn::Read { attempt, at_most };
        self.schedule(enough.min(at_most), Timer::Replication { station, turn });
        Verdict::Held
    }

    /// A read may be answered now, or by the primary.
    pub(super) fn read_due(&mut self, station: u32, attempt: Key, at_most: SimTime) {
        if self.attempts.get(attempt).is_none_or(|attempt| attempt.phase != Phase::Waiting) {
            self.quiet = true;
            return;
        }
        let ix = attempt.ix;
        self.keep_up(station);
        if self.now < at_most {
            if self.commit_work(ix) == Verdict::Answer {
                self.finish_held(ix);
            }
            return;
        }
        let found = self.replicated(station, |store, site| {
            if let Some(sessions) = &mut store.sessions {
                sessions.sums.to_primary += 1;
            }
            (store.primary, store.primary_spot(site.spot))
        });
        let Some((primary, spot)) = found else { return };
        self.remark(ix, "Session guarantees", |_| "the replica took too long: the primary answers".to_owned());
        self.withdraw_from_station(ix);
        let attempt = &mut self.attempts[ix];
        attempt.replica = primary;
        if spot != crate::model::system::spots::NOWHERE {
            attempt.spot = spot;
        }
        self.admit(ix);
    }

    /// What is counted of clients is told.
    pub(in crate::model::system::data) fn tell_sessions(&mut self, station: u32) {
        let store = self.store::<ReadReplicas>(station);
        let Some(sessions) = store.and_then(|store| store.sessions.as_mut()) else { return };
        let (sums, told) = (sessions.sums.sums(), sessions.told.sums());
        sessions.told = sessions.sums;
        for (at, count) in TOLD.into_iter().enumerate().filter(|(at, _)| sums[*at] != told[*at]) {
            self.stations[station as usize].meter.count(count, sums[at] - told[at]);
        }
    }
}
