//! Who is called how often: rates at their peak, calls that one request makes, the time that an answer takes.

use std::collections::BTreeMap;

use crate::engine::sort;
use crate::model::distribution;
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::{Entry, ParamKind, Variant};
use crate::model::profile::Profile;
use crate::model::read::Reader;
use crate::model::station::{self, Category, StationKind, source::CLOSED};
use crate::topology::document::{Document, Edge, NodeId};

/// A user sends again no sooner than this after an answer [s].
const THINK_LEAST: f64 = 1e-6;

/// One connection, as far as traffic goes.
struct Way {
    to: NodeId,
    /// There and back, on average [s].
    secs: f64,
    /// Calls over it for each request at its caller.
    calls: f64,
}

/// What a document says of how often whom is called.
pub(super) struct Traffic<'a> {
    document: &'a Document,
    members: &'a BTreeMap<NodeId, u32>,
    kinds: BTreeMap<NodeId, &'static StationKind>,
    ways: BTreeMap<NodeId, Vec<Way>>,
    /// Callers before those that they call.
    order: Vec<NodeId>,
    /// How long each takes for an answer on average, what it calls included [s].
    answers: BTreeMap<NodeId, f64>,
}

impl<'a> Traffic<'a> {
    /// `None` where requests run in circles.
    pub(super) fn of(document: &'a Document, members: &'a BTreeMap<NodeId, u32>) -> Option<Self> {
        let kinds: BTreeMap<NodeId, &'static StationKind> =
            document.nodes.iter().filter_map(|(id, node)| Some((*id, station::find(&node.kind)?))).collect();
        let mut out: BTreeMap<NodeId, Vec<&Edge>> = BTreeMap::new();
        for edge in document.edges.values().filter(|edge| kinds.contains_key(&edge.from)) {
            out.entry(edge.from).or_default().push(edge);
        }
        let ways = out.iter().map(|(id, edges)| (*id, ways(document, kinds[id], *id, edges))).collect();
        let mut traffic = Self { document, members, kinds, ways, order: Vec::new(), answers: BTreeMap::new() };
        traffic.order = traffic.ordered()?;
        for id in traffic.order.clone().iter().rev() {
            let answer = traffic.answer_of(*id);
            traffic.answers.insert(*id, answer);
        }
        Some(traffic)
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = NodeId> {
        self.kinds.iter().filter(|(_, kind)| kind.category == Category::Client).map(|(id, _)| *id)
    }

    fn ways(&self, id: NodeId) -> &[Way] {
        self.ways.get(&id).map_or(&[], Vec::as_slice)
    }

    fn ordered(&self) -> Option<Vec<NodeId>> {
        let mut callers = sort::map(self.kinds.keys().map(|id| (*id, 0)));
        for way in self.ways.values().flatten() {
            *callers.get_mut(&way.to)? += 1;
        }
        let mut free: Vec<NodeId> = callers.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
        let mut order = Vec::new();
        while let Some(id) = free.pop() {
            order.push(id);
            for way in self.ways(id) {
                let left = callers.get_mut(&way.to)?;
                *left -= 1;
                if *left == 0 {
                    free.push(way.to);
                }
            }
        }
        (order.len() == self.kinds.len()).then_some(order)
    }

    fn reader(&self, id: NodeId) -> Option<Reader<'a>> {
        let (kind, node) = (self.kinds.get(&id)?, self.document.nodes.get(&id)?);
        Some(Reader::new(&kind.entry, &node.params))
    }

    /// How long a station takes by itself [s].
    fn own_secs(&self, id: NodeId) -> f64 {
        let Some(reader) = self.reader(id) else { return 0.0 };
        let times = self.kinds[&id].entry.params.iter().map(|spec| match spec.kind {
            ParamKind::Variant { registry, .. } if is_time(registry) => mean(&reader.variant(spec.key).1),
            ParamKind::Number { .. } if matches!(spec.key, "lookup_time" | "append_time") => reader.number(spec.key),
            _ => 0.0,
        });
        times.fold(0.0, f64::max)
    }

    fn answer_of(&self, id: NodeId) -> f64 {
        let own = self.own_secs(id);
        let kind = self.kinds[&id];
        // A producer does not wait for those who process its message.
        if kind.category == Category::Messaging {
            return own;
        }
        let legs = self.ways(id).iter().map(|way| way.calls * (way.secs + self.answers.get(&way.to).unwrap_or(&0.0)));
        let parallel = has(&kind.entry, "calls") && self.reader(id).is_some_and(|it| it.choice("calls") == "parallel");
        own + if parallel { legs.fold(0.0, f64::max) } else { legs.sum() }
    }

    /// How often each station is called for one request of a source.
    pub(super) fn calls(&self, source: NodeId) -> BTreeMap<NodeId, f64> {
        let mut calls = BTreeMap::from([(source, 1.0)]);
        for id in &self.order {
            let Some(here) = calls.get(id).copied() else { continue };
            for way in self.ways(*id) {
                *calls.entry(way.to).or_default() += here * way.calls;
            }
        }
        calls.remove(&source);
        calls
    }

    fn closed(&self, source: NodeId) -> Option<(u32, f64)> {
        let (arrivals, chosen) = self.reader(source)?.variant("arrivals");
        if arrivals.id != CLOSED.id {
            return None;
        }
        let reader = Reader::new(arrivals, &chosen.params);
        Some((reader.count("users"), mean(&reader.variant("think_time").1)))
    }

    /// Where nothing takes any time for the users of a source: the last station on their way.
    pub(super) fn stands_still(&self, source: NodeId) -> Option<NodeId> {
        let (_, think) = self.closed(source)?;
        // What stands somewhere is away from something else; a sidecar takes its time.
        let beside = self.document.areas.is_empty()
            && self
                .document
                .edges
                .values()
                .all(|edge| Reader::new(&EDGE_ENTRY, &edge.params).variant("sidecar").0.id == "off");
        let still = beside && think == 0.0 && self.answers.get(&source) == Some(&0.0);
        let last = || self.order.iter().rev().find(|id| self.calls(source).contains_key(*id)).copied();
        if still { last() } else { None }
    }

    /// Requests that a source sends at its peak [1/s]; its users, if it is a closed loop.
    pub(super) fn rate(&self, source: NodeId) -> (f64, Option<u32>) {
        let Some(reader) = self.reader(source) else { return (0.0, None) };
        let Some((users, think)) = self.closed(source) else {
            let (entry, chosen) = reader.variant("profile");
            return (Profile::build(entry, &chosen.params).peak(), None);
        };
        let turn = (think + self.answers.get(&source).unwrap_or(&0.0)).max(THINK_LEAST);
        let mut rate = f64::from(users) / turn;
        // Users who have to wait ask less often; those who are turned away do not wait.
        for (id, calls) in self.calls(source) {
            if let Some((most, room)) = self.capacity(id)
                && calls > 0.0
                && room >= f64::from(users) * calls
            {
                rate = rate.min(most / calls);
            }
        }
        (rate, Some(users))
    }

    /// What a station can answer [1/s], and how many it holds before it turns anybody away. `None`: no end is known.
    fn capacity(&self, id: NodeId) -> Option<(f64, f64)> {
        let (kind, reader) = (self.kinds.get(&id)?, self.reader(id)?);
        let slots = ["slots", "connections"].into_iter().find(|key| has(&kind.entry, key));
        let slots = slots.filter(|_| has(&kind.entry, "queue_limit"))?;
        let turned_away = |key: &str| has(&kind.entry, key) && reader.variant(key).0.id != "off";
        let secs = self.own_secs(id);
        if secs <= 0.0 || turned_away("rate_limit") || turned_away("shedding") || turned_away("scaler") {
            return None;
        }
        let members = f64::from(*self.members.get(&id)?);
        let slots = f64::from(reader.count(slots));
        Some((members * slots / secs, members * (slots + f64::from(reader.count("queue_limit")))))
    }
}

fn has(entry: &Entry, key: &str) -> bool {
    entry.params.iter().any(|spec| spec.key == key)
}

fn is_time(registry: fn() -> Vec<&'static Entry>) -> bool {
    let first = |entries: Vec<&'static Entry>| entries.first().copied();
    first(registry()).zip(first(distribution::entries())).is_some_and(|(a, b)| std::ptr::eq(a, b))
}

/// The mean of a time that is chosen [s].
fn mean(chosen: &Variant) -> f64 {
    distribution::build(chosen).map_or(0.0, |dist| dist.mean())
}

/// The connections that leave a station. Clients and balancers take one of them for a request, by weight; services call
/// all of them or one of them.
fn ways(document: &Document, kind: &StationKind, id: NodeId, edges: &[&Edge]) -> Vec<Way> {
    let node = &document.nodes[&id];
    let one_of = has(&kind.entry, "calls") && Reader::new(&kind.entry, &node.params).choice("calls") == "one_of";
    let chooses = one_of || matches!(kind.category, Category::Client | Category::Routing);
    let known = edges.iter().filter(|edge| document.nodes.contains_key(&edge.to));
    let readers: Vec<(NodeId, Reader<'_>)> =
        known.map(|edge| (edge.to, Reader::new(&EDGE_ENTRY, &edge.params))).collect();
    let whole: f64 = readers.iter().map(|(_, edge)| edge.number("weight")).sum();
    // Between places that are apart a message takes a millisecond at the very least.
    let apart = if document.areas.is_empty() { 0.0 } else { 0.001 };
    let way = |(to, edge): &(NodeId, Reader<'_>)| {
        let share = if chooses { edge.number("weight") / whole.max(1e-9) } else { edge.number("probability") };
        Way { to: *to, secs: 2.0 * (mean(&edge.variant("latency").1) + apart), calls: share }
    };
    readers.iter().map(way).collect()
}
