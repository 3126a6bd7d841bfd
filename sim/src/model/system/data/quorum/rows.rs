//! What nodes have of an item, hints, and the ledger of writes.
//!
//! A write is **acknowledged** once enough nodes have said that they have it. From then on it is stored, superseded (by a
//! write with a newer timestamp), or lost: no node and no hint has it any more, or a write that was acknowledged before it
//! began has a newer timestamp, from a clock that was ahead. A write that ends without an answer is unknown, and counts
//! apart. Lost writes make no read stale.

use super::QuorumStore;
use crate::engine::time::{SimDuration, SimTime};

/// Commits of an item that are remembered: enough to say how long an answer has been old.
const COMMITS: usize = 8;

/// A write's time by its coordinator's clock [ns]; of equal ones the later write wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) clock: u64,
    pub(super) write: u64,
}

/// What a node has of an item.
#[derive(Clone, Copy, Debug)]
struct Copied {
    node: u32,
    stamp: Stamp,
    /// When it came, and what was on the node's disk then.
    at: SimTime,
    disk: Option<Stamp>,
}

/// An item that has been written.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    copies: Vec<Copied>,
    /// Acknowledged writes that were the newest one when they were acknowledged, oldest first.
    commits: Vec<(Stamp, SimTime)>,
}

impl Row {
    pub(super) fn at(&self, node: u32) -> Option<Stamp> {
        self.copies.iter().find(|copy| copy.node == node).map(|copy| copy.stamp)
    }

    /// The newest acknowledged write.
    pub(super) fn newest(&self) -> Option<Stamp> {
        self.commits.last().map(|(stamp, _)| *stamp)
    }

    /// A node takes a write, if it is newer than what it has; whether it is.
    pub(super) fn take(&mut self, node: u32, stamp: Stamp, now: SimTime, flush: Option<SimDuration>) -> bool {
        let Some(copy) = self.copies.iter_mut().find(|copy| copy.node == node) else {
            self.copies.push(Copied { node, stamp, at: now, disk: flush.is_none().then_some(stamp) });
            return true;
        };
        if copy.stamp >= stamp {
            return false;
        }
        if flush.is_none_or(|every| span(copy.at, every) != span(now, every)) {
            copy.disk = Some(if flush.is_none() { stamp } else { copy.stamp });
        }
        (copy.stamp, copy.at) = (stamp, now);
        true
    }

    /// A node loses what it took since its last flush; whether that is something.
    fn lose(&mut self, node: u32, now: SimTime, flush: SimDuration) -> bool {
        let Some(at) = self.copies.iter().position(|copy| copy.node == node) else { return false };
        let copy = &mut self.copies[at];
        if span(copy.at, flush) != span(now, flush) {
            return false;
        }
        match copy.disk {
            Some(disk) if disk == copy.stamp => return false,
            Some(disk) => copy.stamp = disk,
            None => drop(self.copies.swap_remove(at)),
        }
        true
    }

    /// These nodes have the newest that any had, and no other has it.
    pub(super) fn place(&mut self, owners: &[u32], now: SimTime) {
        let Some(newest) = self.copies.iter().map(|copy| copy.stamp).max() else { return };
        self.copies.retain(|copy| owners.contains(&copy.node));
        for &node in owners {
            self.take(node, newest, now, None);
        }
    }

    pub(super) fn forget(&mut self, node: u32) {
        self.copies.retain(|copy| copy.node != node);
    }

    /// How many acknowledged writes an answer lacks, and when the first of them was.
    pub(super) fn lacks(&self, answer: Option<Stamp>) -> Option<(u32, SimTime)> {
        let mut lacking = self.commits.iter().filter(|(stamp, _)| Some(*stamp) > answer);
        let (_, first) = lacking.next()?;
        Some((1 + lacking.count() as u32, *first))
    }

    /// Nodes with a copy.
    pub(super) fn nodes(&self) -> impl Iterator<Item = u32> + '_ {
        self.copies.iter().map(|copy| copy.node)
    }

    pub(super) fn is_stored(&self) -> bool {
        !self.commits.is_empty()
    }
}

/// The number of the span between two flushes.
fn span(at: SimTime, every: SimDuration) -> u64 {
    at.0 / every.0.max(1)
}

/// A write that a node has missed, as another one keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hint {
    pub(super) id: u64,
    pub(super) holder: u32,
    pub(super) target: u32,
    pub(super) key: u64,
    pub(super) stamp: Stamp,
    pub(super) since: SimTime,
    /// It is on its way.
    pub(super) sent: bool,
}

/// What became of writes and reads, since the start.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) acknowledged: u64,
    pub(super) superseded: u64,
    /// Lost because no node has it any more, and to a clock that was ahead.
    pub(super) vanished: u64,
    pub(super) outrun: u64,
    /// Ended without an answer.
    pub(super) unknown: u64,
    /// Refused, because too few nodes were alive.
    pub(super) unavailable: u64,
    pub(super) reads: u64,
    pub(super) stale: u64,
    pub(super) worst: SimDuration,
    pub(super) repaired: u64,
    pub(super) handed: u64,
    /// Hints that were not kept, because their node had been away for too long; and that a crash took.
    pub(super) late: u64,
    pub(super) hints_lost: u64,
}

/// What an acknowledged write has become.
pub(super) enum Fate {
    /// It is the first that is stored of its item.
    Stored,
    /// One was superseded: the one before, or it itself.
    Superseded,
    Lost,
}

impl QuorumStore {
    /// A write is acknowledged, having begun then.
    pub(super) fn acknowledge(&mut self, key: u64, stamp: Stamp, began: SimTime, now: SimTime) -> Fate {
        let row = self.rows.or_insert_with(key, Row::default);
        self.ledger.acknowledged += 1;
        match row.commits.last() {
            Some((newest, committed)) if *newest > stamp => {
                if *committed <= began {
                    self.ledger.outrun += 1;
                    return Fate::Lost;
                }
                self.ledger.superseded += 1;
                Fate::Superseded
            }
            newest => {
                let fate = if newest.is_some() { Fate::Superseded } else { Fate::Stored };
                self.ledger.superseded += u64::from(newest.is_some());
                if row.commits.len() == COMMITS {
                    row.commits.remove(0);
                }
                row.commits.push((stamp, now));
                fate
            }
        }
    }

    /// Something that had a write of this item is gone: whether its newest acknowledged one is lost with it.
    pub(super) fn is_lost(&mut self, key: u64) -> bool {
        let Some(row) = self.rows.get(key) else { return false };
        let Some(newest) = row.newest() else { return false };
        let kept = row.copies.iter().any(|copy| copy.stamp >= newest)
            || self.hints.iter().any(|hint| hint.key == key && hint.stamp >= newest)
            || self.operations.indices().any(|ix| self.operations[ix].brings(key, newest));
        if !kept && let Some(row) = self.rows.get_mut(key) {
            row.commits.clear();
            self.ledger.vanished += 1;
        }
        !kept
    }

    /// A node has crashed: what it had not on disk is gone. Tells how many acknowledged writes are lost with it.
    pub(super) fn crash(&mut self, node: u32, now: SimTime) -> u64 {
        let Some(flush) = self.config.flush_interval else { return 0 };
        let mut keys: Vec<u64> = self.rows.iter().map(|(key, _)| key).collect();
        keys.retain(|key| self.rows.get_mut(*key).is_some_and(|row| row.lose(node, now, flush)));
        let hints = &mut self.hints;
        let before = hints.len();
        hints.retain(|hint| {
            let gone = hint.holder == node && span(hint.since, flush) == span(now, flush);
            if gone {
                keys.push(hint.key);
            }
            !gone
        });
        self.ledger.hints_lost += (before - self.hints.len()) as u64;
        keys.into_iter().filter(|key| self.is_lost(*key)).count() as u64
    }
}
