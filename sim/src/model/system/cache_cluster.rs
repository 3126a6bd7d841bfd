//! A cache of several nodes at work: keys on nodes, nodes that join and leave, and what it costs that keys move.
//!
//! Each node has a memory of its own. A key that has moved misses at its new node, whatever the old one still holds; what
//! was held when it moved is remembered, so that each of these misses can be counted as such.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::System;
use super::event::Event;
use super::log::LogTone;
use super::plan::{PoolConfig, PoolKind};
use super::slab::NONE;
use super::station::Kind;
use crate::engine::time::SimTime;
use crate::model::balancer::key_ring::KeyRing;
use crate::model::ids::NodeId;
use crate::model::lru::Lru;
use crate::model::scaler::Decision;
use crate::model::scaler::cache_cluster::{Load, Number, Settings, advise};

/// Looks that are kept.
const SYNCS_MAX: usize = 120;

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NodeStage {
    /// It is ordered, and has no keys yet.
    Joining,
    Serving,
    /// It has no keys any more, and ends what it holds.
    Leaving,
}

#[derive(Clone, Debug)]
struct Node {
    number: u32,
    stage: NodeStage,
    since: SimTime,
    generation: u32,
    /// Index of the replica that it is; [`NONE`]: not yet.
    replica: u32,
    memory: Lru,
    lookups: u64,
    hits: u64,
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
pub struct Cluster {
    config: Settings,
    generation: u32,
    wanted: u32,
    /// By ascending number.
    nodes: Vec<Node>,
    ring: KeyRing,
    /// Keys that were held when they moved and have not been asked for since: until when their entries were valid.
    moved: BTreeMap<u64, SimTime>,
    change: Option<KeysMoved>,
    changes: u32,
    misses: u64,
    syncs: VecDeque<Decision>,
    looked: SimTime,
    idle_since: Option<SimTime>,
}

impl Cluster {
    fn new(config: Settings, now: SimTime) -> Self {
        Self {
            config,
            generation: 0,
            wanted: 1,
            nodes: Vec::new(),
            ring: KeyRing::default(),
            moved: BTreeMap::new(),
            change: None,
            changes: 0,
            misses: 0,
            syncs: VecDeque::new(),
            looked: now,
            idle_since: None,
        }
    }

    /// How many are paid for.
    pub(super) fn paid(&self) -> u32 {
        self.staying().count() as u32
    }

    fn staying(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.stage != NodeStage::Leaving)
    }

    fn serving(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.stage == NodeStage::Serving)
    }

    fn at(&self, number: u32) -> Option<usize> {
        self.nodes.binary_search_by_key(&number, |node| node.number).ok()
    }

    /// Bytes that a checkpoint takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.iter().map(|node| node.memory.len() * 40).sum::<usize>() + self.moved.len() * 32
    }

    /// Entries held by nodes with keys.
    pub fn entries(&self) -> usize {
        self.serving().map(|node| node.memory.len()).sum()
    }

    pub(super) fn clear(&mut self) {
        for node in &mut self.nodes {
            node.memory.clear();
        }
        self.moved.clear();
    }

    /// A node was asked for a key; [`memory_of`] has answered. Tells whether it missed because the key had moved.
    #[cold]
    #[inline(never)]
    pub(super) fn looked_up(&mut self, replica: u32, key: u64, hit: bool, now: SimTime) -> bool {
        if let Some(node) = self.nodes.iter_mut().find(|node| node.replica == replica) {
            node.lookups += 1;
            node.hits += u64::from(hit);
        }
        // Moved or not: from now on it is held where it belongs, or not at all.
        if let Some(valid_until) = self.moved.remove(&key)
            && !hit
            && now <= valid_until
        {
            self.misses += 1;
            if let Some(change) = &mut self.change {
                change.misses += 1;
            }
            return true;
        }
        false
    }

    /// Shares out the keys anew, as the nodes now are.
    fn share_out_keys(&mut self, station: u32, now: SimTime, clock: SimTime) {
        let numbers: Vec<u32> = self.serving().map(|node| node.number).collect();
        let ring = KeyRing::of(station, &numbers);
        let before = std::mem::replace(&mut self.ring, ring);
        let from = before.shares().len() as u32;
        if from == 0 || before == self.ring {
            return;
        }
        let (mut held, mut gone) = (0, 0);
        for node in self.nodes.iter_mut().filter(|node| before.owns(node.number)) {
            let mut moved = Vec::new();
            for (key, valid_until) in node.memory.entries() {
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
    }
}

/// The memory of the node that a replica is; where a cache is one node, its memory. `None`: the node is gone.
pub(super) fn memory_of<'a>(
    cache: &'a mut Option<Lru>,
    cluster: &'a mut Option<Box<Cluster>>,
    replica: u32,
) -> Option<&'a mut Lru> {
    let Some(cluster) = cluster else { return cache.as_mut() };
    let serves = |node: &&mut Node| node.replica == replica && node.stage == NodeStage::Serving;
    cluster.nodes.iter_mut().find(serves).map(|node| &mut node.memory)
}

/// What there is to see of a cache's nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterLook {
    pub by_rule: bool,
    pub wanted: u32,
    pub nodes: Vec<NodeLook>,
    pub change: Option<KeysMoved>,
    /// Changes so far, and look-ups that have missed because a key had moved.
    pub changes: u32,
    pub misses: u64,
    /// Looks of the rule, newest last.
    pub syncs: Vec<Decision>,
    /// What each node costs [USD/h].
    pub price: f64,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeLook {
    pub number: u32,
    pub stage: NodeStage,
    pub since: SimTime,
    /// Joining: how far it is, 0..1.
    pub progress: f64,
    pub dead: bool,
    /// Of the keys, 0..1.
    pub share: f64,
    pub entries: usize,
    pub capacity: usize,
    pub lookups: u64,
    pub hits: u64,
}

impl System {
    fn cluster(&mut self, station: u32) -> Option<&mut Cluster> {
        match &mut self.stations[station as usize].kind {
            Kind::Pool(pool) => pool.cluster.as_deref_mut(),
            _ => None,
        }
    }

    /// Begins, changes or ends the sharing out of keys, after the pool was fitted to a plan.
    pub(super) fn settle_cluster(&mut self, ix: u32, config: &PoolConfig) {
        let now = self.now;
        let PoolKind::Cache { capacity, .. } = config.kind else { return };
        let Kind::Pool(pool) = &mut self.stations[ix as usize].kind else { return };
        let Some(wished) = config.cluster else {
            self.end_cluster(ix);
            return;
        };
        let fresh = pool.cluster.is_none();
        let first = pool.replicas.first().copied();
        let cluster = pool.cluster.get_or_insert_with(|| Box::new(Cluster::new(wished, now)));
        if let (true, Some(replica)) = (fresh, first) {
            // The one that was all there is keeps what it has.
            let memory = pool.cache.replace(Lru::new(1)).unwrap_or_else(|| Lru::new(capacity as usize));
            let number = self.replicas[replica as usize].number;
            let (stage, since) = (NodeStage::Serving, now);
            cluster.nodes.push(Node { number, stage, since, generation: 0, replica, memory, lookups: 0, hits: 0 });
            let id = self.stations[ix as usize].id.0;
            let Some(cluster) = self.cluster(ix) else { return };
            cluster.ring = KeyRing::of(id, &[number]);
        }
        let Some(cluster) = self.cluster(ix) else { return };
        let before = std::mem::replace(&mut cluster.config, wished);
        for node in &mut cluster.nodes {
            node.memory.set_capacity(capacity as usize);
        }
        let wanted = match wished.number {
            Number::Fixed(nodes) => {
                cluster.generation = cluster.generation.wrapping_add(1);
                nodes
            }
            Number::ByLoad(rule) => {
                let anew = match before.number {
                    Number::ByLoad(earlier) => fresh || earlier.every != rule.every,
                    Number::Fixed(_) => true,
                };
                if anew {
                    cluster.generation = cluster.generation.wrapping_add(1);
                    cluster.looked = now;
                    let generation = cluster.generation;
                    self.queue.push(now + rule.every, Event::Parts { station: ix, generation });
                }
                self.cluster(ix).map_or(1, |cluster| cluster.wanted).clamp(rule.min, rule.max)
            }
        };
        self.scale_cluster(ix, wanted);
    }

    /// The cache is one node again: the first one.
    fn end_cluster(&mut self, ix: u32) {
        if self.cluster(ix).is_none() {
            return;
        }
        self.scale_cluster(ix, 1);
        let Kind::Pool(pool) = &mut self.stations[ix as usize].kind else { return };
        let Some(cluster) = pool.cluster.take() else { return };
        let PoolKind::Cache { capacity, .. } = pool.config.kind else { return };
        let first = cluster.nodes.into_iter().find(|node| node.stage == NodeStage::Serving);
        pool.cache = Some(first.map_or_else(|| Lru::new(capacity as usize), |node| node.memory));
    }

    /// Orders nodes, or lets some go.
    fn scale_cluster(&mut self, station: u32, wanted: u32) {
        let now = self.now;
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else { return };
        let replicas = &self.replicas;
        let PoolKind::Cache { capacity, .. } = pool.config.kind else { return };
        let Some(cluster) = &mut pool.cluster else { return };
        cluster.nodes.retain(|node| {
            node.stage != NodeStage::Leaving
                || replicas.get(node.replica as usize).is_some_and(|replica| !replica.removed)
        });
        cluster.wanted = wanted;
        let staying = cluster.staying().count() as u32;
        let mut ordered = Vec::new();
        for _ in staying..wanted {
            let number = pool.next_number;
            pool.next_number += 1;
            cluster.nodes.push(Node {
                number,
                stage: NodeStage::Joining,
                since: now,
                generation: 0,
                replica: NONE,
                memory: Lru::new(capacity as usize),
                lookups: 0,
                hits: 0,
            });
            ordered.push(number);
        }
        let join = cluster.config.join;
        // Those without keys go first, then the newest; the very first stays to the end.
        let mut order: Vec<_> = cluster.staying().map(|node| (node.stage, Reverse(node.number))).collect();
        order.sort_unstable();
        let leaving: Vec<u32> =
            order.into_iter().take(staying.saturating_sub(wanted) as usize).map(|(_, number)| number.0).collect();
        for number in ordered {
            if now == SimTime::ZERO {
                // Who is there when the run begins has joined long ago.
                self.join_node(station, number);
            } else {
                self.queue.push(now + join, Event::Part { station, number, generation: 0 });
            }
        }
        for number in &leaving {
            self.retire_node(station, *number);
        }
        if !leaving.is_empty() {
            self.share_out_keys(station);
            self.farewell(station);
        }
        self.rebill(station);
    }

    fn share_out_keys(&mut self, station: u32) {
        let (now, clock) = (self.now, self.clock(station, self.now));
        let id = self.stations[station as usize].id.0;
        let Some(cluster) = self.cluster(station) else { return };
        cluster.share_out_keys(id, now, clock);
        if now == SimTime::ZERO {
            // Nothing has moved: that is how it begins.
            (cluster.change, cluster.changes) = (None, 0);
        }
    }

    /// A node has joined, unless it is stale: then `generation` is not its own.
    pub(super) fn node_due(&mut self, station: u32, number: u32, generation: u32) {
        let joins = self.cluster(station).is_some_and(|cluster| {
            let node = cluster.at(number).map(|at| &cluster.nodes[at]);
            node.is_some_and(|node| node.generation == generation && node.stage == NodeStage::Joining)
        });
        if joins && !self.stations[station as usize].removed {
            self.join_node(station, number);
        } else {
            self.quiet = true;
        }
    }

    fn join_node(&mut self, station: u32, number: u32) {
        let now = self.now;
        let replica_ix = self.join_pool(station, number, None);
        let Some(cluster) = self.cluster(station) else { return };
        let Some(at) = cluster.at(number) else { return };
        let node = &mut cluster.nodes[at];
        (node.stage, node.since, node.replica) = (NodeStage::Serving, now, replica_ix);
        self.share_out_keys(station);
        if now > SimTime::ZERO {
            self.log_move(station, "joins");
            self.welcome(station, replica_ix);
        }
    }

    fn log_move(&mut self, station: u32, what: &str) {
        let Some(change) = self.cluster(station).and_then(|cluster| cluster.change) else { return };
        let entry = &self.stations[station as usize];
        let text = format!(
            "{}: a node {what}, {} of {} entries move ({:.0} % of the keys)",
            entry.label,
            change.moved,
            change.held,
            change.share * 100.0
        );
        let id = entry.id;
        self.log(LogTone::Info, Some(id), text);
    }

    /// A node leaves: what it holds it may finish; its keys are shared out by whoever calls.
    fn retire_node(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else { return };
        let Some(cluster) = &mut pool.cluster else { return };
        let Some(at) = cluster.at(number) else { return };
        let replica_ix = cluster.nodes[at].replica;
        if replica_ix == NONE {
            cluster.nodes.remove(at);
            return;
        }
        let node = &mut cluster.nodes[at];
        (node.stage, node.since) = (NodeStage::Leaving, now);
        self.dismiss_replica(replica_ix);
    }

    /// The replica whose key is asked for; the first one for whoever asks for none, or as long as no node has keys.
    #[cold]
    #[inline(never)]
    pub(super) fn node_of(&self, ix: u32, station: u32) -> u32 {
        let request = self.attempts[ix].request;
        let Kind::Pool(pool) = &self.stations[station as usize].kind else { return NONE };
        let owner = || {
            let cluster = pool.cluster.as_ref()?;
            let number = cluster.ring.owner(self.request_key(request))?;
            cluster.at(number).map(|at| cluster.nodes[at].replica)
        };
        let owner = if request == NONE { None } else { owner() };
        owner.unwrap_or(pool.replicas[0])
    }

    /// Whoever decides how many nodes there are looks.
    pub(super) fn look_at_nodes(&mut self, station: u32, generation: u32) {
        let now = self.now;
        let clock = self.clock(station, now);
        let removed = self.stations[station as usize].removed;
        let Some(cluster) = self.cluster(station).filter(|cluster| cluster.generation == generation && !removed) else {
            self.quiet = true;
            return;
        };
        let Number::ByLoad(rule) = cluster.config.number else { return };
        let secs = now.since(std::mem::replace(&mut cluster.looked, now)).as_secs_f64();
        self.queue.push(now + rule.every, Event::Parts { station, generation });
        let cpu = self.stations[station as usize].meter.recent(now, secs).utilization();
        let Some(cluster) = self.cluster(station) else { return };
        let valid: usize = cluster
            .serving()
            .map(|node| node.memory.entries().filter(|(_, valid_until)| *valid_until >= clock).count())
            .sum();
        let room: usize = cluster.serving().map(|node| node.memory.capacity()).sum();
        let nodes = cluster.serving().count() as u32;
        let current = cluster.wanted;
        let load =
            Load { nodes, memory: valid as f64 / room.max(1) as f64, cpu: if cpu.is_finite() { cpu } else { 0.0 } };
        let mut advice = advise(&rule, load, cluster.idle_since, now);
        if nodes < current {
            // One joins: what it will take over is not known yet.
            advice.nodes = current;
            advice.idle_since = None;
            advice.why.push(format!("{} still joining: nothing is decided.", current - nodes));
        }
        cluster.idle_since = advice.idle_since;
        if cluster.syncs.len() == SYNCS_MAX {
            cluster.syncs.pop_front();
        }
        let line = advice.why.join(" ");
        let desired = advice.nodes;
        cluster.syncs.push_back(Decision {
            at: now,
            current,
            proposed: Some(desired),
            stabilized: None,
            desired,
            limit: advice.limit,
            why: advice.why,
            metrics: Vec::new(),
            size: None,
            leaves_first: Vec::new(),
        });
        self.quiet = desired == current;
        if desired != current {
            let entry = &self.stations[station as usize];
            let (id, text) = (entry.id, format!("{}: {current} → {desired} nodes. {line}", entry.label));
            self.log(LogTone::Info, Some(id), text);
            self.scale_cluster(station, desired);
            if desired < current {
                self.log_move(station, "leaves");
            }
        }
    }

    /// A stage of the life of a read replica, or of a cache's node, is over.
    pub(super) fn part_due(&mut self, station: u32, number: u32, generation: u32) {
        if self.cluster(station).is_some() {
            self.node_due(station, number, generation);
        } else {
            self.copy_due(station, number, generation);
        }
    }

    /// Whoever decides how many of them there are looks.
    pub(super) fn look_at_parts(&mut self, station: u32, generation: u32) {
        if self.cluster(station).is_some() {
            self.look_at_nodes(station, generation);
        } else {
            self.look_at_load(station, generation);
        }
    }

    /// The station is gone with all its parts.
    pub(super) fn end_parts(&mut self, station: u32) {
        if let Kind::Pool(pool) = &mut self.stations[station as usize].kind {
            (pool.copies, pool.cluster) = (None, None);
        }
    }

    /// Looks into the nodes of a cache; `None`: it is one.
    #[must_use]
    pub fn look_at_cluster(&self, node: NodeId) -> Option<ClusterLook> {
        let now = self.now;
        let Kind::Pool(pool) = &self.stations[self.station_index(node)? as usize].kind else { return None };
        let cluster = pool.cluster.as_deref()?;
        let shares = cluster.ring.shares();
        let join = cluster.config.join.as_secs_f64();
        let gone = |node: &&Node| {
            node.stage == NodeStage::Leaving
                && self.replicas.get(node.replica as usize).is_none_or(|replica| replica.removed)
        };
        let seen = cluster.nodes.iter().filter(|node| !gone(node)).map(|node| NodeLook {
            number: node.number,
            stage: node.stage,
            since: node.since,
            progress: if node.stage == NodeStage::Joining && join > 0.0 {
                (now.since(node.since).as_secs_f64() / join).min(1.0)
            } else {
                1.0
            },
            dead: self.replicas.get(node.replica as usize).is_some_and(|replica| replica.dead),
            share: shares.iter().find(|(number, _)| *number == node.number).map_or(0.0, |(_, share)| *share),
            entries: node.memory.len(),
            capacity: node.memory.capacity(),
            lookups: node.lookups,
            hits: node.hits,
        });
        Some(ClusterLook {
            by_rule: matches!(cluster.config.number, Number::ByLoad(_)),
            wanted: cluster.wanted,
            nodes: seen.collect(),
            change: cluster.change,
            changes: cluster.changes,
            misses: cluster.misses,
            syncs: cluster.syncs.iter().cloned().collect(),
            price: pool.config.price,
        })
    }
}
