//! A quorum store at work: nodes that each keep some of the items, and what its coordinators have under way.
//!
//! Any node may coordinate a request: it asks the nodes of the item (rendezvous hashing), counts their answers, and answers
//! with the newest timestamp. How that goes is told in `coordinate`, what it has under way in `operation`, what lies where in
//! `rows`. Work at a node is an attempt
//! of its own there, with a slot and a queue, so all that can befall a replica befalls it, too.
//!
//! **Strict and connected, R + W > N never reads stale**: each read meets a node that has the last acknowledged write.
//! Approximations: items are on their new nodes at once when the nodes change; callers find a coordinator on their side that answers;
//! what is on its way from a coordinator that crashes is lost.

mod coordinate;
mod look;
mod operation;
mod rows;
#[cfg(test)]
mod tests;

pub use look::{Heard, NodeLook, OperationLook, QuorumLook, QuorumNodeStage, WordLook};
pub(in crate::model::system) use operation::Turn;

use self::operation::Operation;
use self::rows::{Hint, Ledger, Row};
use super::Store;
use crate::engine::key_map::KeyMap;
use crate::engine::rng::{DrawKey, mix};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::hashing::xxh64;
use crate::model::fault::harm::Harm;
use crate::model::money::Item;
use crate::model::scaler::Decision;
use crate::model::station::quorum::Settings;
use crate::model::system::System;
use crate::model::system::fleet::{Fleet, Kin, Member, Next, Upbringing};
use crate::model::system::plan::PoolConfig;
use crate::model::system::pool::replica::Replica;
use crate::model::system::pool::state::Pool;
use crate::model::system::scaling::Body;
use crate::model::system::slab::{Key, Slab};

/// Operations that are kept to be shown.
const SHOWN: usize = 4;

/// What only a node has.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuorumNode {
    /// No other node reaches it, but this share of the clients, 0..1.
    cut: Option<f64>,
    /// Since when it is dead or silent.
    away: Option<SimTime>,
    reads: u64,
    writes: u64,
}

/// The nodes of a store, what they have, and what is under way.
#[derive(Clone, Debug)]
pub struct QuorumStore {
    config: Settings,
    nodes: Fleet<QuorumNode>,
    rows: KeyMap<Row>,
    hints: Vec<Hint>,
    operations: Slab<Operation>,
    ledger: Ledger,
    draws: DrawKey,
    /// Writes, and operations of the store's own, so far.
    serial: u64,
    /// A look at the hints is planned.
    looks: bool,
    /// How many commits the answer that is being given lacks, and when the first of them was.
    lacks: Option<(u32, SimTime)>,
    watched: bool,
    /// The last that clients asked for, newest last; kept while somebody watches.
    shown: Vec<Operation>,
}

impl QuorumStore {
    /// Numbers of the nodes for a key, its own first.
    fn ranking(&self, key: u64) -> Vec<u32> {
        let hash = xxh64(0, &key.to_le_bytes());
        let mut nodes: Vec<(u64, u32)> =
            self.nodes.serving().map(|node| (mix(hash ^ mix(u64::from(node.number) + 1)), node.number)).collect();
        sort::few(&mut nodes);
        nodes.into_iter().map(|(_, number)| number).collect()
    }

    fn owners(&self, key: u64) -> Vec<u32> {
        let mut nodes = self.ranking(key);
        nodes.truncate(self.config.copies as usize);
        nodes
    }

    fn node(&self, number: u32) -> Option<&Member<QuorumNode>> {
        self.nodes.numbered(number)
    }

    /// Whether messages get to a node and from it.
    fn is_cut(&self, number: u32) -> bool {
        self.node(number).is_some_and(|node| node.cut.is_some())
    }

    /// Whether a node takes part: messages reach it, and it goes on.
    fn is_present(&self, node: &Member<QuorumNode>, replicas: &[Replica]) -> bool {
        let replica = &replicas[node.replica as usize];
        replica.open() && !replica.frozen && node.cut.is_none()
    }

    /// Whether a client may have its requests coordinated there, by which side it is on.
    fn serves_clients(&self, node: &Member<QuorumNode>, replicas: &[Replica], side: f64) -> bool {
        let replica = &replicas[node.replica as usize];
        let share = self.nodes.serving().filter_map(|node| node.cut).fold(0.0, f64::max);
        replica.takes_new() && !replica.frozen && node.cut.is_some() == (side < share)
    }

    /// Whether the others take a node for alive: one that falls silent they ask for a while.
    fn seems_alive(&self, number: u32, now: SimTime, replicas: &[Replica]) -> bool {
        self.node(number).is_some_and(|node| {
            let patient = |since| self.config.detection.is_none_or(|detection| now.since(since) < detection);
            replicas[node.replica as usize].open() && node.away.is_none_or(patient)
        })
    }

    /// Items go to the nodes that they belong to now, each with the newest that any node has.
    fn place_anew(&mut self, now: SimTime) {
        let keys: Vec<u64> = self.rows.iter().map(|(key, _)| key).collect();
        for key in keys {
            let owners = self.owners(key);
            if let Some(row) = self.rows.get_mut(key) {
                row.place(&owners, now);
            }
        }
        let serves = |number: u32| self.nodes.serving().any(|node| node.number == number);
        let mut hints = std::mem::take(&mut self.hints);
        hints.retain(|hint| serves(hint.holder) && serves(hint.target));
        self.hints = hints;
    }
}

impl Store for QuorumStore {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        self.rows.bytes()
            + self.rows.len() * 32 * (self.config.copies as usize + 1)
            + self.hints.len() * size_of::<Hint>()
            + self.operations.capacity_bytes()
    }

    fn is_one_address(&self) -> bool {
        true
    }

    fn kin(&self) -> Option<Kin> {
        Some(Kin::of::<QuorumNode>())
    }

    /// Of the answer that is being given.
    fn lacking(&self, _replica: u32, _key: u64) -> Option<(u32, SimTime)> {
        self.lacks
    }

    fn watch(&mut self, on: bool) {
        self.watched = on;
        self.shown.clear();
    }

    /// What a fault does to a node's links, and since when it is away.
    fn bear(&mut self, now: SimTime, number: u32, harm: &mut Harm, _lost: bool) -> Option<SimDuration> {
        let node = self.nodes.numbered_mut(number)?;
        node.cut = harm.cut;
        node.away = (harm.cut.is_some() || harm.frozen || harm.down).then(|| node.away.unwrap_or(now));
        None
    }

    /// Each costs what the station says.
    fn bill(&self, _price: f64, _items: &mut Vec<(Item, u32)>) -> Option<u32> {
        Some(self.nodes.staying().count() as u32)
    }
}

impl Upbringing for QuorumNode {
    type Stage = QuorumNodeStage;
    const ORDERED: QuorumNodeStage = QuorumNodeStage::Joining;
    const SERVES: QuorumNodeStage = QuorumNodeStage::Serving;
    const LEAVES: QuorumNodeStage = QuorumNodeStage::Leaving;
    const NOUN: &'static str = "nodes";

    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>> {
        pool.data.of_mut::<QuorumStore>().map(|store| &mut store.nodes)
    }

    fn class(stage: QuorumNodeStage) -> u8 {
        stage as u8
    }

    fn ordered(_system: &mut System, _station: u32) -> Option<Self> {
        Some(Self::default())
    }

    fn begin(system: &mut System, station: u32, number: u32) {
        system.serve::<Self>(station, number);
    }

    fn next(_system: &mut System, _station: u32, _number: u32) -> Next {
        Next::Nothing
    }

    fn body(_system: &mut System, _station: u32, _number: u32) -> Option<Box<Body>> {
        None
    }

    fn joined(system: &mut System, station: u32, _number: u32) {
        share_out(system, station);
    }

    fn leaving(system: &mut System, station: u32) {
        share_out(system, station);
    }

    fn look(_system: &mut System, _station: u32) -> Option<(Decision, SimDuration)> {
        None
    }

    fn died(system: &mut System, station: u32, number: u32) {
        system.quorum_node_died(station, number);
    }
}

fn share_out(system: &mut System, station: u32) {
    let now = system.now;
    if let Some(store) = system.store::<QuorumStore>(station) {
        store.place_anew(now);
    }
}

/// Begins a quorum store, or changes it.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let Some(wished) = config.quorum.as_deref() else { return };
    let (now, watched) = (system.now, system.watched);
    let draws = DrawKey::new(system.seed).child(crate::model::system::flow::purpose::QUORUM);
    let draws = draws.child(u64::from(system.stations[ix as usize].id.0));
    (system.has_spread_data, system.has_parts, system.plain) = (true, true, false);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    if let Some(store) = pool.data.of_mut::<QuorumStore>() {
        let copies = std::mem::replace(&mut store.config, wished.clone()).copies;
        if copies != wished.copies {
            store.place_anew(now);
        }
    } else {
        let mut nodes = Fleet::new(1, now);
        if let Some(&replica) = pool.replicas.first() {
            let number = system.replicas[replica as usize].number;
            let mut node = Member::new(number, QuorumNode::default(), now);
            (node.stage, node.replica) = (QuorumNodeStage::Serving, replica);
            nodes.adopt(node);
        }
        pool.data.set(QuorumStore {
            config: wished.clone(),
            nodes,
            rows: KeyMap::default(),
            hints: Vec::new(),
            operations: Slab::new(),
            ledger: Ledger::default(),
            draws,
            serial: 0,
            looks: false,
            lacks: None,
            watched,
            shown: Vec::new(),
        });
    }
    system.scale::<QuorumNode>(ix, wished.nodes, &[]);
}

impl System {
    /// A quorum store, and the replicas that its nodes are.
    fn quorum_store(&mut self, station: u32) -> Option<(&mut QuorumStore, &[Replica])> {
        let Self { stations, replicas, .. } = self;
        let store = stations[station as usize].pool_mut()?.data.of_mut::<QuorumStore>()?;
        Some((store, replicas))
    }

    /// An operation that is still under way.
    fn operation(&mut self, station: u32, key: Key) -> Option<&mut Operation> {
        let store = self.store::<QuorumStore>(station)?;
        store.operations.get(key)?;
        Some(&mut store.operations[key.ix])
    }
}
