//! What is shown of a quorum store. Looking decides nothing.

use serde::{Deserialize, Serialize};

use super::QuorumStore;
use super::operation::{Operation, Word};
use super::rows::Row;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::outcome::Outcome;
use crate::model::system::System;

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum QuorumNodeStage {
    /// It is ordered: at once, since no copying is modeled.
    Joining,
    Serving,
    /// It has no items any more, and ends what it holds.
    Leaving,
}

/// What there is to see of a quorum store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuorumLook {
    /// N, W and R as they act.
    pub copies: u32,
    pub write_answers: u32,
    pub read_answers: u32,
    pub sloppy: bool,
    pub nodes: Vec<NodeLook>,
    /// Items that have been written.
    pub items: usize,
    /// Writes: acknowledged = stored + superseded + lost; unknown ones have no answer.
    pub acknowledged: u64,
    pub stored: u64,
    pub superseded: u64,
    /// Of the lost ones: no node has it any more, and overtaken by a clock that was ahead.
    pub vanished: u64,
    pub outrun: u64,
    pub unknown: u64,
    /// Requests refused because too few nodes were alive.
    pub unavailable: u64,
    /// Reads answered, how many were stale, and for how long the worst.
    pub reads: u64,
    pub stale: u64,
    pub worst: SimDuration,
    /// Copies that reads have repaired.
    pub repaired: u64,
    /// Hints that wait, the oldest, those handed over, not kept in time, and lost in crashes.
    pub hints: usize,
    pub oldest_hint: Option<SimDuration>,
    pub handed: u64,
    pub late: u64,
    pub hints_lost: u64,
    /// The last that clients asked for, newest last.
    pub shown: Vec<OperationLook>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeLook {
    pub number: u32,
    pub stage: QuorumNodeStage,
    pub dead: bool,
    /// It hangs, or nothing gets through to it.
    pub silent: bool,
    /// The others do not ask it.
    pub given_up: bool,
    pub items: u64,
    pub reads: u64,
    pub writes: u64,
    /// Hints that it keeps for others, and that others keep for it.
    pub keeps: usize,
    pub awaits: usize,
    pub busy: u32,
    pub slots: u32,
    pub waiting: u32,
}

/// What a coordinator asked, and heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationLook {
    pub writes: bool,
    pub key: u64,
    pub coordinator: u32,
    pub needed: u32,
    pub began: SimTime,
    /// How long its client waited; `None`: its coordinator has crashed.
    pub took: Option<SimDuration>,
    pub completed: bool,
    pub stale: Option<SimDuration>,
    pub repaired: u32,
    pub words: Vec<WordLook>,
}

/// What one node said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordLook {
    pub node: u32,
    pub stands_in_for: Option<u32>,
    pub heard: Heard,
    /// After how long; and of reads, the time of the write that it has, by its coordinator's clock.
    pub after: SimDuration,
    pub found: Option<SimTime>,
}

/// What was heard of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    InTime,
    /// After the client was answered.
    Late,
    Refused,
    Nothing,
}

impl OperationLook {
    fn of(operation: &Operation) -> Self {
        let ended = operation.ended.map(|(at, _)| at);
        let words = operation.asked.iter().map(|asked| WordLook {
            node: asked.node,
            stands_in_for: asked.stands_in_for,
            heard: match asked.word {
                Word::Done if ended.is_some_and(|ended| asked.heard > ended) => Heard::Late,
                Word::Done => Heard::InTime,
                Word::Failed => Heard::Refused,
                Word::OnItsWay | Word::There | Word::Lost => Heard::Nothing,
            },
            after: asked.heard.since(operation.began),
            found: asked.found.map(|stamp| SimTime(stamp.clock)),
        });
        Self {
            writes: operation.writes,
            key: operation.key,
            coordinator: operation.coordinator,
            needed: operation.needed,
            began: operation.began,
            took: ended.map(|ended| ended.since(operation.began)),
            completed: operation.ended.is_some_and(|(_, outcome)| outcome == Outcome::Completed),
            stale: operation.stale,
            repaired: operation.repaired,
            words: words.collect(),
        }
    }
}

impl System {
    /// Looks into a quorum store; `None`: it is none.
    #[must_use]
    pub fn look_at_quorum(&self, node: NodeId) -> Option<QuorumLook> {
        let now = self.now;
        let store = self.stations[self.station_index(node)? as usize].pool()?.data.of::<QuorumStore>()?;
        let mut items = vec![0; store.nodes.len()];
        for number in store.rows.iter().flat_map(|(_, row)| row.nodes()) {
            if let Some(at) = store.nodes.at(number) {
                items[at] += 1;
            }
        }
        let nodes = store.nodes.iter().zip(items).map(|(node, items)| {
            let replica = self.replicas.get(node.replica as usize);
            NodeLook {
                number: node.number,
                stage: node.stage,
                dead: replica.is_some_and(|replica| replica.dead),
                silent: node.cut.is_some() || replica.is_some_and(|replica| replica.frozen),
                given_up: !store.seems_alive(node.number, now, &self.replicas),
                items,
                reads: node.reads,
                writes: node.writes,
                keeps: store.hints.iter().filter(|hint| hint.holder == node.number).count(),
                awaits: store.hints.iter().filter(|hint| hint.target == node.number).count(),
                busy: replica.map_or(0, |replica| replica.busy),
                slots: replica.map_or(0, |replica| replica.slots),
                waiting: replica.map_or(0, |replica| replica.queue.len() as u32),
            }
        });
        let (config, ledger) = (&store.config, &store.ledger);
        Some(QuorumLook {
            copies: config.copies,
            write_answers: config.write_answers,
            read_answers: config.read_answers,
            sloppy: config.sloppy,
            nodes: nodes.collect(),
            items: store.rows.len(),
            acknowledged: ledger.acknowledged,
            stored: store.rows.iter().filter(|(_, row)| Row::is_stored(row)).count() as u64,
            superseded: ledger.superseded,
            vanished: ledger.vanished,
            outrun: ledger.outrun,
            unknown: ledger.unknown,
            unavailable: ledger.unavailable,
            reads: ledger.reads,
            stale: ledger.stale,
            worst: ledger.worst,
            repaired: ledger.repaired,
            hints: store.hints.len(),
            oldest_hint: store.hints.iter().map(|hint| now.since(hint.since)).max(),
            handed: ledger.handed,
            late: ledger.late,
            hints_lost: ledger.hints_lost,
            shown: store.shown.iter().map(OperationLook::of).collect(),
        })
    }
}
