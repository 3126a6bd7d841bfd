//! A database's cache of results (L4): dropped a table at a time by whatever is written to it.
//!
//! It stands beside the store, at each node that takes writes; read replicas have none, since they hear of writes late.

use super::Deed;
use super::memory::{Held, HeldLook};
use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::eviction;
use crate::model::level::query::Settings;
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Verb};
use crate::model::system::counts::Count;
use crate::model::system::plan::{Operation, PoolConfig};
use crate::model::system::slab::NONE;
use crate::model::system::trail::Mark;

/// The results that each node has.
#[derive(Clone, Debug)]
pub struct QueryCache {
    settings: Settings,
    nodes: Ordered<u32, Node>,
    seed: u64,
    station: u32,
    watched: bool,
}

#[derive(Clone, Debug)]
struct Node {
    number: u32,
    held: Held,
    tables: Ordered<u64, Table>,
    /// Results that writes have dropped since the start.
    dropped: u64,
}

#[derive(Clone, Debug, Default)]
struct Table {
    held: Ordered<u64, ()>,
    committed: Option<SimTime>,
}

impl QueryCache {
    fn table(&self, key: u64) -> u64 {
        key % u64::from(self.settings.tables)
    }

    fn node(&mut self, replica: u32, number: u32) -> &mut Node {
        let Self { settings, nodes, seed, station, watched } = self;
        nodes.or_insert_with(replica, || {
            let policy = eviction::Settings::default();
            let mut held = Held::new(&policy, settings.entries, *seed, *station, number).learning(number == 0);
            held.watch(*watched);
            Node { number, held, tables: Ordered::new(), dropped: 0 }
        })
    }

    /// Forgets what a node had, or everything.
    pub(in crate::model::system) fn clear(&mut self, replica: Option<u32>) {
        match replica {
            Some(replica) => drop(self.nodes.remove(&replica)),
            None => self.nodes.clear(),
        }
    }

    pub(in crate::model::system) fn watch(&mut self, on: bool) {
        self.watched = on;
        for node in self.nodes.values_mut() {
            node.held.watch(on);
        }
    }

    pub(in crate::model::system) fn bytes(&self) -> usize {
        self.nodes.values().map(|node| node.held.bytes() + node.held.memory().len() * 48).sum()
    }

    /// Results held.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.nodes.values().map(|node| node.held.memory().len()).sum()
    }

    /// What there is to see of each node.
    #[must_use]
    pub fn look(&self) -> Vec<HeldLook> {
        let look = |node: &Node| HeldLook { dropped: node.dropped, ..node.held.look(node.number) };
        self.nodes.values().map(look).collect()
    }
}

impl Node {
    fn keep(&mut self, key: u64, tables: u64, clock: SimTime) {
        if let Some(evicted) = self.held.fill(key, SimTime::NEVER, clock)
            && let Some(table) = self.tables.get_mut(&(evicted % tables))
        {
            table.held.remove(&evicted);
        }
        self.tables.or_default(key % tables).held.include(key);
    }

    fn commit(&mut self, table: u64, now: SimTime) {
        let table = self.tables.or_default(table);
        table.committed = Some(now);
        for (key, ()) in std::mem::take(&mut table.held).iter() {
            self.held.remove(*key);
            self.dropped += 1;
        }
    }
}

impl System {
    /// What a query would take from the cache: `None`, it has to be executed.
    #[cold]
    pub(in crate::model::system) fn time_from_query_cache(&mut self, ix: u32, replica: u32) -> Option<SimDuration> {
        let now = self.now;
        let request = self.queries(ix, replica)?;
        if self.requests[request].operation == Operation::Write {
            return None;
        }
        let (key, station) = (self.request_key(request), self.attempts[ix].station);
        let number = self.replicas[replica as usize].number;
        let cache = self.pool_mut(station).query_cache.as_deref_mut()?;
        let (table, takes) = (cache.table(key), cache.settings.hit_time);
        let node = cache.node(replica, number);
        let hit = node.held.work(key, Deed::Get, now);
        let committed = node.tables.get(&table).and_then(|table| table.committed);
        let meter = &mut self.stations[station as usize].meter;
        meter.count(Count::Lookups, 1);
        meter.count(Count::Hits, u64::from(hit));
        self.requests[request].cacheable = true;
        self.attempts[ix].found = hit;
        let since = committed.map(|at| now.since(at));
        self.note(ix, Mark::AskedQueryCache { hit, table: table as u32, written: since });
        hit.then_some(takes)
    }

    /// The request of an attempt that a node with a cache of results works on.
    fn queries(&self, ix: u32, replica: u32) -> Option<u32> {
        let Attempt { station, request, verb, .. } = self.attempts[ix];
        let pool = self.stations[station as usize].pool()?;
        pool.query_cache.as_ref()?;
        let late = pool.data.primary().is_some_and(|primary| primary != replica);
        (verb == Verb::Request && request != NONE && !late).then_some(request)
    }

    /// A query has been executed, or a write: its result is kept, or those of its table are dropped.
    #[cold]
    pub(in crate::model::system) fn tell_query_cache(&mut self, ix: u32) {
        let now = self.now;
        let Attempt { station, replica, reached_at, found, .. } = self.attempts[ix];
        let Some(request) = self.queries(ix, replica) else { return };
        let (key, writes) = (self.request_key(request), self.requests[request].operation == Operation::Write);
        let number = self.replicas[replica as usize].number;
        let Some(cache) = self.pool_mut(station).query_cache.as_deref_mut() else { return };
        let (table, tables) = (cache.table(key), u64::from(cache.settings.tables));
        let node = cache.node(replica, number);
        if writes {
            node.commit(table, now);
        } else if !found && node.tables.get(&table).is_none_or(|table| table.committed.is_none_or(|at| at < reached_at))
        {
            node.keep(key, tables, now);
        }
    }
}

/// Begins, changes or ends a database's cache of results.
pub(super) fn settle(system: &mut System, ix: u32, config: &PoolConfig) {
    let (seed, watched, station) = (system.seed, system.watched, system.stations[ix as usize].id.0);
    let Some(pool) = system.stations[ix as usize].pool_mut() else { return };
    let Some(settings) = config.query_cache else {
        pool.query_cache = None;
        return;
    };
    match &mut pool.query_cache {
        // With other tables, what is known of the old ones is worth nothing.
        Some(cache) if cache.settings.tables == settings.tables && cache.settings.entries == settings.entries => {
            cache.settings = settings;
        }
        _ => {
            let nodes = Ordered::new();
            pool.query_cache = Some(Box::new(QueryCache { settings, nodes, seed, station, watched }));
        }
    }
    system.has_query_caches = true;
}
