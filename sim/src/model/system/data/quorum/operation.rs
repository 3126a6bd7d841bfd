//! What a coordinator has under way: whom it has asked, what for, and what came of it.

use super::QuorumStore;
use super::rows::{Hint, Row, Stamp};
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::pool::replica::Replica;
use crate::model::system::slab::{Key, NONE};

/// Hints that are on their way to one node at a time.
const HANDED_AT_ONCE: usize = 8;

/// A turn of a quorum store.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) enum Turn {
    /// What an operation asks is at the node at this place among those that it asks.
    Arrives {
        operation: Key,
        at: u8,
    },
    /// What that one says is at the coordinator: it has done it, or has not.
    Says {
        operation: Key,
        at: u8,
        done: bool,
    },
    TimeOut {
        operation: Key,
    },
    /// Those who keep hints look whether the nodes are back.
    Hints,
}

/// What a node was asked has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    OnItsWay,
    /// The node has it, and has not answered yet.
    There,
    Done,
    /// The node refused, or broke.
    Failed,
    Lost,
}

/// A node that is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) node: u32,
    /// It stands in for that one.
    pub(super) stands_in_for: Option<u32>,
    pub(super) word: Word,
    /// What a read found there.
    pub(super) found: Option<Stamp>,
    /// When the word was heard.
    pub(super) heard: SimTime,
}

/// Whom an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Somebody who waits for its answer.
    Client(Key),
    /// A client, who has an answer.
    Nobody,
    /// A repair, for which a read may wait.
    Repair(Option<Key>),
    Hint(u64),
}

/// Where an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Asking,
    /// Its answer waits for so many repairs.
    Repairing(u32),
    Over,
}

/// Something that a coordinator has asked of nodes.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) whom: For,
    pub(super) writes: bool,
    pub(super) key: u64,
    /// What is written; of reads, the newest acknowledged write as it began.
    pub(super) stamp: Option<Stamp>,
    pub(super) coordinator: u32,
    /// Index of the replica that it is.
    pub(super) replica: u32,
    /// The coordinator has crashed.
    pub(super) orphan: bool,
    pub(super) state: State,
    pub(super) needed: u32,
    pub(super) asked: Vec<Asked>,
    pub(super) began: SimTime,
    /// When its client was answered, and how.
    pub(super) ended: Option<(SimTime, Outcome)>,
    /// How long the answer had been old.
    pub(super) stale: Option<SimDuration>,
    /// Nodes that its read repaired.
    pub(super) repaired: u32,
    /// It has given up those that have not answered.
    pub(super) given_up: bool,
    pub(super) edge: u32,
    pub(super) draws: DrawKey,
}

impl Operation {
    pub(super) fn count(&self, matches: impl Fn(Word) -> bool) -> u32 {
        self.asked.iter().filter(|asked| matches(asked.word)).count() as u32
    }

    /// Whether it may still bring this write to a node.
    pub(super) fn brings(&self, key: u64, stamp: Stamp) -> bool {
        let under_way = |word| matches!(word, Word::OnItsWay | Word::There);
        self.writes && self.key == key && self.stamp >= Some(stamp) && self.count(under_way) > 0
    }

    /// The newest that those who have answered a read have.
    pub(super) fn newest(&self) -> Option<Stamp> {
        let done = self.asked.iter().filter(|asked| asked.word == Word::Done);
        done.filter_map(|asked| asked.found).max()
    }

    /// Nodes that have answered a read with less than the newest.
    pub(super) fn outdated(&self) -> Vec<u32> {
        let newest = self.newest();
        let old = self.asked.iter().filter(|asked| asked.word == Word::Done && asked.found < newest);
        old.map(|asked| asked.node).collect()
    }
}

impl QuorumStore {
    /// A client's request begins; why not, where too few nodes are alive.
    pub(super) fn begin(&mut self, replicas: &[Replica], now: SimTime, new: Operation) -> Result<Operation, Reason> {
        let Operation { key, writes, draws, .. } = new;
        let first = self.nodes.serving().next().map(|node| node.number);
        let side = draws.unit(u64::MAX);
        let able = self.nodes.serving().filter(|node| self.serves_clients(node, replicas, side));
        let able: Vec<(u32, u32)> = able.map(|node| (node.number, node.replica)).collect();
        let Some(&(coordinator, replica)) = able.get((draws.unit(0) * able.len() as f64) as usize) else {
            self.ledger.unavailable += 1;
            return Err(Reason::Unavailable);
        };
        let mut ranking = self.ranking(key);
        let others = ranking.split_off(ranking.len().min(self.config.copies as usize));
        let alive = |number: &u32| self.seems_alive(*number, now, replicas);
        let (mut asked, missing): (Vec<u32>, Vec<u32>) = ranking.into_iter().partition(alive);
        let standing_in: Vec<u32> =
            others.into_iter().filter(alive).take(if self.config.sloppy { missing.len() } else { 0 }).collect();
        asked.extend(&standing_in);
        let needed = if writes { self.config.write_answers } else { self.config.read_answers };
        if asked.len() < needed as usize {
            self.ledger.unavailable += 1;
            return Err(Reason::Unavailable);
        }
        // In random order: of answers that come at one moment, none is preferred.
        for at in (1..asked.len()).rev() {
            asked.swap(at, (draws.unit(at as u64) * (at + 1) as f64) as usize);
        }
        if !writes && !self.config.asks_all {
            asked.truncate(needed as usize);
        }
        let stamp = if writes {
            self.serial += 1;
            let ahead = if first == Some(coordinator) { self.config.clock_ahead } else { 0 };
            let stamp = Stamp { clock: now.0 + ahead, write: self.serial };
            for &node in missing.iter().skip(standing_in.len()) {
                self.keep_hint(coordinator, node, key, stamp, now);
            }
            Some(stamp)
        } else {
            self.rows.get(key).and_then(Row::newest)
        };
        let asked = asked.into_iter().map(|node| Asked {
            node,
            stands_in_for: standing_in.iter().position(|other| *other == node).map(|at| missing[at]),
            word: Word::OnItsWay,
            found: None,
            heard: now,
        });
        Ok(Operation { coordinator, replica, stamp, needed, asked: asked.collect(), ..new })
    }

    /// Keeps a write for a node that has missed it, unless that one has been away for too long.
    pub(super) fn keep_hint(&mut self, holder: u32, target: u32, key: u64, stamp: Stamp, now: SimTime) {
        let Some(window) = self.config.hint_window else { return };
        let away = self.node(target).and_then(|node| node.away);
        if away.is_some_and(|since| now.since(since) > window) {
            self.ledger.late += 1;
            return;
        }
        self.serial += 1;
        self.hints.push(Hint { id: self.serial, holder, target, key, stamp, since: now, sent: false });
    }

    /// An operation of the store's own: a write to one node.
    pub(super) fn own(
        &mut self,
        whom: For,
        coordinator: u32,
        target: u32,
        key: u64,
        stamp: Stamp,
        now: SimTime,
    ) -> Option<Key> {
        let replica = self.node(coordinator)?.replica;
        self.serial += 1;
        let asked = Asked { node: target, stands_in_for: None, word: Word::OnItsWay, found: None, heard: now };
        let draws = self.draws.child(self.serial);
        let operation = Operation {
            asked: vec![asked],
            coordinator,
            replica,
            stamp: Some(stamp),
            needed: 1,
            ..Operation::new(whom, true, key, NONE, draws, now)
        };
        Some(self.operations.insert(operation))
    }

    /// The next hints that can go to nodes that are back: at most so many to each.
    pub(super) fn next_hints(&mut self, replicas: &[Replica]) -> Vec<Hint> {
        let mut under_way: Vec<(u32, usize)> = Vec::new();
        let present = |number: u32| self.node(number).is_some_and(|node| self.is_present(node, replicas));
        let mut going = Vec::new();
        for (at, hint) in self.hints.iter().enumerate() {
            let seen = under_way.iter().position(|(target, _)| *target == hint.target);
            let place = seen.unwrap_or_else(|| {
                under_way.push((hint.target, 0));
                under_way.len() - 1
            });
            let goes =
                hint.sent || (under_way[place].1 < HANDED_AT_ONCE && present(hint.holder) && present(hint.target));
            under_way[place].1 += usize::from(goes);
            if goes && !hint.sent {
                going.push(at);
            }
        }
        let hints = &mut self.hints;
        let send = |at: usize| {
            hints[at].sent = true;
            hints[at]
        };
        going.into_iter().map(send).collect()
    }

    /// A hint has been handed over; where its keeper stood in, it keeps the item no longer.
    pub(super) fn handed(&mut self, id: u64) {
        let Some(at) = self.hints.iter().position(|hint| hint.id == id) else { return };
        let hint = self.hints.swap_remove(at);
        self.ledger.handed += 1;
        let more = |other: &Hint| other.holder == hint.holder && other.key == hint.key;
        if !self.hints.iter().any(more)
            && !self.owners(hint.key).contains(&hint.holder)
            && let Some(row) = self.rows.get_mut(hint.key)
        {
            row.forget(hint.holder);
        }
    }
}

impl Operation {
    pub(super) fn new(whom: For, writes: bool, key: u64, edge: u32, draws: DrawKey, now: SimTime) -> Self {
        Self {
            whom,
            writes,
            key,
            stamp: None,
            coordinator: NONE,
            replica: NONE,
            orphan: false,
            state: State::Asking,
            needed: 0,
            asked: Vec::new(),
            began: now,
            ended: None,
            stale: None,
            repaired: 0,
            given_up: false,
            edge,
            draws,
        }
    }
}
