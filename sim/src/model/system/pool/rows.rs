//! Rows that writes lock: who holds a row, who waits for it in line, and slow reads that search all rows.
//!
//! A write asks for its row once it has a connection, and keeps that while it waits. The lock is held until the answer
//! leaves, so also while other members of the database have to confirm the write first. One that has waited too long fails;
//! a row that is freed at that very moment still serves it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::engine::ordered::Ordered;
use crate::engine::time::SimDuration;
use crate::model::ids::NodeId;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::System;
use crate::model::system::attempt::{Phase, Verb};
use crate::model::system::flow::purpose;
use crate::model::system::plan::Operation;
use crate::model::system::slab::{Key, NONE};
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// All rows that are locked.
#[derive(Clone, Debug, Default)]
pub(in crate::model::system) struct Rows {
    /// By station and key: who holds it, then who waits for it.
    lines: Ordered<(u32, u64), VecDeque<u32>>,
    /// Demands of those who wait.
    waiting: Ordered<u32, SimDuration>,
    /// Writes that waited too long, by station.
    given_up: Ordered<u32, u64>,
}

/// What there is to see of a database's row locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsLook {
    /// Rows that are locked, and writes that wait for one.
    pub locked: u32,
    pub waiting: u32,
    /// The row with the longest line, and how many wait there.
    pub longest: Option<(u64, u32)>,
    /// Writes that waited too long, since the start.
    pub given_up: u64,
}

impl System {
    /// The row that an attempt writes at its station; `None`: it writes none.
    fn row_of(&self, ix: u32) -> Option<(u32, u64)> {
        let attempt = &self.attempts[ix];
        let writes = attempt.verb == Verb::Request
            && attempt.request != NONE
            && self.requests[attempt.request].operation == Operation::Write;
        writes.then(|| (attempt.station, self.request_key(attempt.request)))
    }

    /// An attempt has a slot: whether it has to wait for its row first. Then it holds the slot, and its demand waits, too.
    #[cold]
    pub(super) fn waits_for_row(&mut self, ix: u32, demand: SimDuration) -> bool {
        let Some(longest) = self.pool(self.attempts[ix].station).config.row_locks else { return false };
        let Some(row) = self.row_of(ix) else { return false };
        let line = self.rows.lines.or_default(row);
        if line.front().is_none_or(|holder| *holder == ix) {
            if line.is_empty() {
                line.push_back(ix);
            }
            return false;
        }
        line.push_back(ix);
        let behind = line.len() as u32 - 1;
        self.rows.waiting.insert(ix, demand);
        let attempt = self.attempts.key(ix);
        self.attempts[ix].phase = Phase::Waiting;
        self.note(ix, Mark::Queued { behind });
        self.remark(ix, "Row lock", |_| {
            format!("{behind} other writes of key {} hold or want its row: it waits, and keeps its connection", row.1)
        });
        self.schedule(self.now + longest, Timer::Row { attempt, again: false });
        true
    }

    /// An attempt is about to be answered: its row goes to the next in line.
    #[cold]
    pub(in crate::model::system) fn unlock(&mut self, ix: u32) {
        if self.rows.lines.is_empty() {
            return;
        }
        let Some(row) = self.row_of(ix) else { return };
        let Some(line) = self.rows.lines.get_mut(&row) else { return };
        let Some(at) = line.iter().position(|other| *other == ix) else { return };
        line.remove(at);
        let next = line.front().copied().filter(|_| at == 0);
        if line.is_empty() {
            self.rows.lines.remove(&row);
        }
        self.rows.waiting.remove(&ix);
        let Some((next, demand)) = next.and_then(|next| Some((next, self.rows.waiting.remove(&next)?))) else { return };
        let replica_ix = self.attempts[next].replica;
        // One that has just died is answered on its own.
        if !self.replicas[replica_ix as usize].dead {
            self.begin_work(next, replica_ix, demand);
        }
    }

    /// A write has waited long for its row. What happens at the same moment comes first.
    pub(in crate::model::system) fn row_due(&mut self, attempt: Key, again: bool) {
        let waits = self.attempts.get(attempt).is_some() && self.rows.waiting.contains_key(&attempt.ix);
        if !waits || !again {
            self.quiet = true;
            if waits {
                self.schedule(self.now, Timer::Row { attempt, again: true });
            }
            return;
        }
        let station = self.attempts[attempt.ix].station;
        *self.rows.given_up.or_default(station) += 1;
        self.withdraw_from_station(attempt.ix);
        self.respond(attempt.ix, Outcome::Failed, Reason::LockTimeOut);
    }

    /// What a query's plain time becomes with the rows and indexes of its database [s].
    #[cold]
    pub(super) fn query_time(&self, ix: u32, secs: f64) -> f64 {
        let attempt = &self.attempts[ix];
        let Some(queries) = &self.pool(attempt.station).config.queries else { return secs };
        if self.requests[attempt.request].operation == Operation::Write {
            secs * queries.upkeep
        } else if self.searches(ix, queries.unindexed) {
            secs + queries.search
        } else {
            secs
        }
    }

    fn searches(&self, ix: u32, unindexed: f64) -> bool {
        unindexed > 0.0 && self.attempts[ix].draws.child(purpose::SEARCH).unit(0) < unindexed
    }

    /// Tells of a read that searches all rows.
    pub(super) fn tell_query(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        if attempt.verb != Verb::Request || attempt.request == NONE {
            return;
        }
        let Some(queries) = self.pool(attempt.station).config.queries else { return };
        let reads = self.requests[attempt.request].operation != Operation::Write;
        if reads && self.searches(ix, queries.unindexed) {
            let ms = queries.search * 1e3;
            self.remark(ix, "No index", |_| {
                format!("the read has no index to go by and searches all rows: {ms:.1} ms more")
            });
        }
    }

    /// Looks into the row locks of a database; `None`: it has none.
    #[must_use]
    pub fn look_at_rows(&self, node: NodeId) -> Option<RowsLook> {
        let ix = self.station_index(node)?;
        self.stations[ix as usize].pool()?.config.row_locks?;
        let lines =
            || self.rows.lines.range((ix, 0)..=(ix, u64::MAX)).map(|((_, key), line)| (*key, line.len() as u32 - 1));
        Some(RowsLook {
            locked: lines().count() as u32,
            waiting: lines().map(|(_, waiting)| waiting).sum(),
            longest: lines()
                .max_by_key(|(key, waiting)| (*waiting, std::cmp::Reverse(*key)))
                .filter(|(_, waiting)| *waiting > 0),
            given_up: self.rows.given_up.get(&ix).copied().unwrap_or(0),
        })
    }

    /// Everybody in a line stands at its station, and who waits there waits.
    #[cfg(test)]
    pub(in crate::model::system) fn check_rows(&self) {
        for ((station, _), line) in self.rows.lines.iter() {
            assert!(!line.is_empty());
            for (at, ix) in line.iter().enumerate() {
                let attempt = &self.attempts[*ix];
                let waits = self.rows.waiting.contains_key(ix);
                assert_eq!((attempt.station, waits), (*station, at > 0), "place {at} in line");
                assert!(!waits || attempt.phase == Phase::Waiting, "{:?}", attempt.phase);
            }
        }
    }
}
