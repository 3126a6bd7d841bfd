//! A cache of several nodes at work: keys on nodes, nodes that join and leave, and what it costs that keys move.
//!
//! Each node has a memory of its own. A key that has moved misses at its new node even if the old one still holds it;
//! what was held when it moved is remembered, so that each of these misses can be counted as such.

mod look;

pub use look::{CacheClusterLook, CacheNodeLook};
use serde::{Deserialize, Serialize};

use super::memory::{Held, HeldLook};
use super::{Deed, Found, Store};
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::balancer::key_ring::KeyRing;
use crate::model::money::Item;
use crate::model::scaler::cache_cluster::{ByLoad, Number, Settings};
use crate::model::scaler::{Decision, Scaler, StoreSeen};
use crate::model::system::System;
use crate::model::system::fleet::{Fleet, Kin, Member, Next, Upbringing};
use crate::model::system::log::LogTone;
use crate::model::system::plan::{PoolConfig, PoolKind};
use crate::model::system::pool::state::Pool;
use crate::model::system::scaling::Body;

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CacheNodeStage {
    /// It is ordered, and has no keys yet.
    Joining,
    Serving,
    /// It has no keys any more, and ends what it holds.
    Leaving,
}

/// What only a node of a cache has.
#[derive(Clone, Debug)]
pub struct CacheNode {
    memory: Held,
    lookups: u64,
    hits: u64,
}

impl CacheNode {
    const fn new(memory: Held) -> Self {
        Self { memory, lookups: 0, hits: 0 }
    }
}

/// What a change of the nodes moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeysMoved {
    pub at: SimTime,
    /// Nodes with keys before and after.
    pub from: u32,
    pub to: u32,
    /// Share of the ring that changed its owner, and what theory says: 1/n of the larger number of nodes; 0..1.
    pub share: f64,
    pub ideal: f64,
    /// Entries that were held, and those of them whose keys moved.
    pub held: u64,
    pub moved: u64,
    /// Look-ups that have missed for it since: each is a read more for what stands behind.
    pub misses: u64,
}

/// The nodes of a cache.
#[derive(Clone, Debug)]
pub struct CacheCluster {
    config: Settings,
    nodes: Fleet<CacheNode>,
    /// What decides how many there are; it is kept while a fixed number is asked for.
    rule: Option<ByLoad>,
    ring: KeyRing,
    /// Keys that were held when they moved and have not been asked for since: until when their entries were valid.
    moved: Ordered<u64, SimTime>,
    change: Option<KeysMoved>,
    changes: u32,
    misses: u64,
}

impl CacheCluster {
    fn new(config: Settings, now: SimTime) -> Self {
        Self {
            config,
            nodes: Fleet::new(1, now),
            rule: None,
            ring: KeyRing::default(),
            moved: Ordered::new(),
            change: None,
            changes: 0,
            misses: 0,
        }
    }

    /// A node was asked for a key, and has answered. Tells whether it missed because the key had moved.
    fn looked_up(&mut self, replica: u32, key: u64, hit: bool, clock: SimTime) -> bool {
        if let Some(node) = self.nodes.of_replica(replica) {
            node.lookups += 1;
            node.hits += u64::from(hit);
        }
        // Moved or not: from now on it is held where it belongs, or not at all.
        if let Some(valid_until) = self.moved.remove(&key)
            && !hit
            && clock <= valid_until
        {
            self.misses += 1;
            if let Some(change) = &mut self.change {
                change.misses += 1;
            }
            return true;
        }
        false
    }

    /// Shares out the keys anew, as the nodes now are; tells whether any have moved.
    fn share_out_keys(&mut self, station: u32, now: SimTime, clock: SimTime) -> bool {
        let numbers: Vec<u32> = self.nodes.serving().map(|node| node.number).collect();
        let ring = KeyRing::of(station, &numbers);
        let before = std::mem::replace(&mut self.ring, ring);
        let from = before.shares().len() as u32;
        if from == 0 || before == self.ring {
            return false;
        }
        let (mut held, mut gone) = (0, 0);
        for node in self.nodes.iter_mut().filter(|node| before.owns(node.number)) {
            let mut moved = Vec::new();
            for (key, valid_until) in node.memory.memory().entries() {
                let valid = valid_until >= clock;
                held += u64::from(valid);
                if self.ring.owner(key) != Some(node.number) {
                    gone += u64::from(valid);
                    moved.push((key, valid_until));
                }
            }
            // Nobody will ask for them here any more; should they come back one day, they would be out of date.
            for (key, valid_until) in moved {
                node.memory.remove(key);
                self.moved.insert(key, valid_until);
            }
        }
        let to = numbers.len() as u32;
        self.changes += 1;
        self.change = Some(KeysMoved {
            at: now,
            from,
            to,
            share: before.moved(&self.ring),
            ideal: f64::from(from.abs_diff(to)) / f64::from(from.max(to)),
            held,
            moved: gone,
            misses: 0,
        });
        true
    }
}

impl Store for CacheCluster {
    fn box_clone(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }

    fn bytes(&self) -> usize {
        self.nodes.iter().map(|node| node.memory.bytes()).sum::<usize>() + self.moved.len() * 32
    }

    fn is_one_address(&self) -> bool {
        true
    }

    /// Entries held by nodes with keys.
    fn entries(&self) -> Option<usize> {
        Some(self.nodes.serving().map(|node| node.memory.memory().len()).sum())
    }

    fn kin(&self) -> Option<Kin> {
        Some(Kin::of::<CacheNode>())
    }

    fn owner(&self, key: u64, _writes: bool) -> Option<u32> {
        self.nodes.numbered(self.ring.owner(key)?).map(|node| node.replica)
    }

    fn work(&mut self, replica: u32, key: u64, deed: Deed, clock: SimTime) -> Found {
        // A node that leaves while it is asked has forgotten everything.
        let node = self.nodes.of_replica(replica).filter(|node| node.stage == CacheNodeStage::Serving);
        let hit = node.is_some_and(|node| node.memory.work(key, deed, clock));
        let moved = matches!(deed, Deed::Get) && self.looked_up(replica, key, hit, clock);
        Found { hit, moved }
    }

    fn valid_until(&self, replica: u32, key: u64) -> Option<SimTime> {
        self.nodes.iter().find(|node| node.replica == replica)?.memory.memory().valid_until(key)
    }

    fn clear(&mut self, replica: Option<u32>) {
        match replica {
            Some(replica) => {
                if let Some(node) = self.nodes.of_replica(replica).filter(|node| node.stage == CacheNodeStage::Serving)
                {
                    node.memory.clear();
                }
            }
            None => {
                for node in self.nodes.iter_mut() {
                    node.memory.clear();
                }
                self.moved.clear();
            }
        }
    }

    fn watch(&mut self, on: bool) {
        for node in self.nodes.iter_mut() {
            node.memory.watch(on);
        }
    }

    fn look_at_memory(&self) -> Vec<HeldLook> {
        self.nodes.serving().map(|node| node.memory.look(node.number)).collect()
    }

    /// Each costs what the cache costs.
    fn bill(&self, _price: f64, _items: &mut Vec<(Item, u32)>) -> Option<u32> {
        Some(self.nodes.staying().count() as u32)
    }
}

impl Upbringing for CacheNode {
    type Stage = CacheNodeStage;
    const ORDERED: CacheNodeStage = CacheNodeStage::Joining;
    const SERVES: CacheNodeStage = CacheNodeStage::Serving;
    const LEAVES: CacheNodeStage = CacheNodeStage::Leaving;
    const NOUN: &'static str = "nodes";

    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>> {
        pool.data.of_mut::<CacheCluster>().map(|cluster| &mut cluster.nodes)
    }

    /// Those without keys go first.
    fn class(stage: CacheNodeStage) -> u8 {
        u8::from(stage == CacheNodeStage::Serving)
    }

    fn ordered(system: &mut System, station: u32) -> Option<Self> {
        let (id, pool) = (system.stations[station as usize].id.0, system.pool(station));
        let PoolKind::Cache { capacity, .. } = pool.config.kind else { return None };
        let number = pool.next_number;
        let mut memory = Held::new(&pool.config.eviction, capacity, system.seed, id, number).learning(number == 0);
        memory.watch(system.watched);
        Some(Self::new(memory))
    }

    fn begin(system: &mut System, station: u32, number: u32) {
        let Some(join) = system.store::<CacheCluster>(station).map(|cluster| cluster.config.join) else { return };
        if system.now == SimTime::ZERO {
            // What is there when the run begins has joined long ago.
            system.serve::<Self>(station, number);
        } else {
            system.later::<Self>(station, number, join);
        }
    }

    fn next(system: &mut System, station: u32, number: u32) -> Next {
        let joins = system.member::<Self>(station, number).is_some_and(|node| node.stage == CacheNodeStage::Joining);
        if joins { Next::Serve } else { Next::Nothing }
    }

    fn body(_system: &mut System, _station: u32, _number: u32) -> Option<Box<Body>> {
        None
    }

    fn joined(system: &mut System, station: u32, _number: u32) {
        share_out_keys(system, station, "joins");
    }

    fn leaving(system: &mut System, station: u32) {
        share_out_keys(system, station, "leaves");
    }

    fn look(system: &mut System, station: u32) -> Option<(Decision, SimDuration)> {
        let now = system.now;
        let (clock, calendar) = (system.clock(station, now), system.run.calendar);
        let looked = system.fleet::<Self>(station)?.looked;
        let cpu = system.stations[station as usize].meter.recent(now, now.since(looked).as_secs_f64()).utilization();
        let cluster = system.store::<CacheCluster>(station)?;
        let valid = |node: &Member<Self>| node.memory.memory().entries().filter(|(_, until)| *until >= clock).count();
        let room: usize = cluster.nodes.serving().map(|node| node.memory.memory().capacity()).sum();
        let store = StoreSeen {
            serving: cluster.nodes.serving().count() as u32,
            memory: cluster.nodes.serving().map(valid).sum::<usize>() as f64 / room.max(1) as f64,
            cpu: if cpu.is_finite() { cpu } else { 0.0 },
            ..StoreSeen::default()
        };
        let current = cluster.nodes.wanted;
        let rule = cluster.rule.as_mut()?;
        Some((rule.decide(&store.seen(now, calendar, current)), rule.interval()))
    }
}

/// Shares out the keys anew after a node has come, or as some leave, and tells of it.
fn share_out_keys(system: &mut System, station: u32, what: &str) {
    let (now, clock) = (system.now, system.clock(station, system.now));
    let (id, label) = {
        let entry = &system.stations[station as usize];
        (entry.id, entry.label.clone())
    };
    let Some(cluster) = system.store::<CacheCluster>(station) else { return };
    let moves = cluster.share_out_keys(id.0, now, clock);
    if now == SimTime::ZERO {
        // Nothing has moved: that is how it begins.
        (cluster.change, cluster.changes) = (None, 0);
    }
    let Some(KeysMoved { moved, held, share, .. }) = cluster.change.filter(|_| moves) else { return };
    let text = format!("{label}: a node {what}, {moved} of {held} entries move ({:.0} % of the keys)", share * 100.0);
    system.log(LogTone::Info, Some(id), text);
}

/// Begins, changes or ends the sharing out of keys.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let now = system.now;
    let PoolKind::Cache { capacity, .. } = config.kind else { return };
    let Some(wished) = config.cache_cluster else {
        end(system, ix, config, capacity);
        return;
    };
    let (id, seed) = (system.stations[ix as usize].id.0, system.seed);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let fresh = pool.data.of::<CacheCluster>().is_none();
    if fresh {
        let mut cluster = CacheCluster::new(wished, now);
        if let Some(&replica) = pool.replicas.first() {
            // The one that was all there is keeps what it has.
            let memory = pool.data.take::<Held>();
            let number = system.replicas[replica as usize].number;
            let memory =
                memory.map_or_else(|| Held::new(&config.eviction, capacity, seed, id, number), |memory| *memory);
            let mut node = Member::new(number, CacheNode::new(memory), now);
            (node.stage, node.replica) = (CacheNodeStage::Serving, replica);
            cluster.nodes.adopt(node);
            cluster.ring = KeyRing::of(id, &[number]);
        }
        pool.data.set(cluster);
    }
    let Some(cluster) = system.store::<CacheCluster>(ix) else { return };
    let before = std::mem::replace(&mut cluster.config, wished);
    for node in cluster.nodes.iter_mut() {
        let number = node.number;
        node.memory.fit(&config.eviction, capacity, seed, id, number);
    }
    let wanted = match wished.number {
        Number::Fixed(nodes) => {
            cluster.nodes.generation = cluster.nodes.generation.wrapping_add(1);
            nodes
        }
        Number::ByLoad(rule) => {
            cluster.rule.get_or_insert_with(|| ByLoad::new(rule)).set(rule);
            let current = cluster.nodes.wanted;
            let goes_on = matches!(before.number, Number::ByLoad(earlier) if !fresh && earlier.every == rule.every);
            if !goes_on {
                system.begin_looks::<CacheNode>(ix, rule.every);
            }
            current.clamp(rule.min, rule.max)
        }
    };
    system.scale::<CacheNode>(ix, wanted, &[]);
}

/// The cache is one node again: the first one.
fn end(system: &mut System, ix: u32, config: &PoolConfig, capacity: u32) {
    if system.store::<CacheCluster>(ix).is_none() {
        return;
    }
    system.scale::<CacheNode>(ix, 1, &[]);
    let (id, seed) = (system.stations[ix as usize].id.0, system.seed);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let Some(cluster) = pool.data.take::<CacheCluster>() else { return };
    let first = cluster.nodes.serving().next();
    let mut held = first.map_or_else(|| Held::new(&config.eviction, capacity, seed, id, 0), |node| node.memory.clone());
    held.fit(&config.eviction, capacity, seed, id, 0);
    pool.data.set(held);
}
