//! A pool of nodes: pods are put where they fit first; where they fit nowhere they wait for a new node.

use crate::engine::time::{SimDuration, SimTime};
use crate::model::money::{self, Purchase};
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::scaler::instance::MIB;

static OFF: Entry = Entry {
    id: "off",
    name: "As many as it takes",
    summary: told("There is room for every replica at once."),
    source: "",
    params: &[],
    defect: false,
};

static POOL: Entry = Entry {
    id: "pool",
    name: "Node pool",
    summary: told("Replicas need room on a node; where there is none they are Pending until a new node has started."),
    source: told(
        "Kubernetes' cluster autoscaler: a node that is used by less than 50 % for 10 minutes goes if its pods fit elsewhere.",
    ),
    params: &[
        ParamSpec::choice(
            "size",
            "Node",
            money::SIZE_OPTIONS,
            "m5.large",
            "Cores and memory of a node, and its price.",
        ),
        ParamSpec::choice("purchase", "Paid", money::PURCHASE_OPTIONS, "on_demand", money::PURCHASE_HELP),
        ParamSpec::count("min", "At least", 1.0, 0.0, 1_000.0, "There are always this many nodes."),
        ParamSpec::count("max", "At most", 10.0, 1.0, 1_000.0, "Never more nodes than this."),
        ParamSpec::number(
            "start",
            "A node starts in",
            Unit::Seconds,
            60.0,
            0.0,
            3_600.0,
            "From its order until replicas can be put there.",
        ),
        ParamSpec::number(
            "idle",
            "Goes when idle for",
            Unit::Seconds,
            600.0,
            0.0,
            86_400.0,
            "A node that is little used for this long is removed.",
        ),
        ParamSpec::number(
            "below",
            "Little used: below",
            Unit::Share,
            0.5,
            0.0,
            1.0,
            "Share of it that its replicas request.",
        ),
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &POOL]
}

/// What the choice says, with the size of the nodes and how they are paid; `None`: there is always room.
#[must_use]
pub fn read(choice: &Variant) -> Option<(Settings, (usize, Purchase))> {
    if choice.id != POOL.id {
        return None;
    }
    let reader = Reader::new(&POOL, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let at = money::size_index(reader.choice("size")).unwrap_or(0);
    let size = money::SIZES[at];
    let min = reader.count("min");
    let settings = Settings {
        node: Amount { cpu: size.vcpu, memory: size.memory_gib * 1_024.0 * MIB },
        min,
        max: reader.count("max").max(min),
        start: secs("start"),
        idle: secs("idle"),
        below: reader.number("below"),
    };
    Some((settings, (at, Purchase::of(reader.choice("purchase")))))
}

/// CPU and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount {
    /// [cores]
    pub cpu: f64,
    /// [bytes]
    pub memory: f64,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What pods can have of a node.
    pub node: Amount,
    /// There are always this many.
    pub min: u32,
    pub max: u32,
    /// From the order of a node until pods can be put there.
    pub start: SimDuration,
    /// A node of which pods request less than `below` for so long goes, if its pods fit elsewhere. 10 min and 50 % are
    /// the Kubernetes cluster autoscaler's defaults.
    pub idle: SimDuration,
    pub below: f64,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Counted from 0, never used twice.
    pub number: u32,
    /// Pods can be put there from then on.
    pub ready: SimTime,
    /// (pod, what it requests), in the order in which they came.
    pub pods: Vec<(u32, Amount)>,
    /// Since when less than the settings' share of it is requested.
    pub idle_since: Option<SimTime>,
}

impl Node {
    fn requested(&self) -> Amount {
        let sum = |of: fn(&Amount) -> f64| self.pods.iter().map(|(_, amount)| of(amount)).sum();
        Amount { cpu: sum(|amount| amount.cpu), memory: sum(|amount| amount.memory) }
    }

    /// Requested share of what is scarcer, 0..1.
    fn share(&self, of: Amount) -> f64 {
        let requested = self.requested();
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        share(requested.cpu, of.cpu).max(share(requested.memory, of.memory))
    }

    fn fits(&self, pod: Amount, of: Amount) -> bool {
        let requested = self.requested();
        // Sums of decimal fractions are a little off: ten times 0.1 core fit on one core.
        let fits = |part: f64, more: f64, whole: f64| part + more <= whole * (1.0 + 1e-9);
        fits(requested.cpu, pod.cpu, of.cpu) && fits(requested.memory, pod.memory, of.memory)
    }
}

/// Where a pod goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a node (by number), from this moment on: now, or when the node is there.
    On { node: u32, from: SimTime },
    /// Nowhere: no node has room, and there may be no more of them; or it is larger than any node.
    Nowhere,
}

/// The pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    settings: Settings,
    nodes: Vec<Node>,
    next: u32,
}

impl Nodes {
    /// A pool with its least number of nodes, all there.
    #[must_use]
    pub fn new(settings: Settings, now: SimTime) -> Self {
        let mut pool = Self { settings, nodes: Vec::new(), next: 0 };
        pool.fill(now);
        pool
    }

    /// By ascending number.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Goes by other settings from now on; what stands, stands.
    pub fn set(&mut self, settings: Settings, now: SimTime) {
        self.settings = settings;
        self.fill(now);
    }

    fn fill(&mut self, ready: SimTime) {
        while self.nodes.len() < self.settings.min as usize {
            self.order(ready);
        }
    }

    fn order(&mut self, ready: SimTime) -> &mut Node {
        self.nodes.push(Node { number: self.next, ready, pods: Vec::new(), idle_since: None });
        self.next += 1;
        let last = self.nodes.len() - 1;
        &mut self.nodes[last]
    }

    /// Puts a pod on the first node on which it fits; else orders a node for it.
    pub fn put(&mut self, pod: u32, amount: Amount, now: SimTime) -> Place {
        let settings = self.settings;
        let full = self.nodes.len() as u32 >= settings.max;
        if let Some(node) = self.nodes.iter_mut().find(|node| node.fits(amount, settings.node)) {
            node.pods.push((pod, amount));
            return Place::On { node: node.number, from: node.ready.max(now) };
        }
        if full || amount.cpu > settings.node.cpu || amount.memory > settings.node.memory {
            return Place::Nowhere;
        }
        let node = self.order(now + settings.start);
        node.pods.push((pod, amount));
        Place::On { node: node.number, from: node.ready }
    }

    /// A pod is gone.
    pub fn take(&mut self, pod: u32) {
        for node in &mut self.nodes {
            node.pods.retain(|(other, _)| *other != pod);
        }
    }

    /// Gives up at most one node that has been idle for long and whose pods fit elsewhere; tells its number and the pods
    /// that must move.
    pub fn sweep(&mut self, now: SimTime) -> Option<(u32, Vec<(u32, Amount)>)> {
        let settings = self.settings;
        for node in &mut self.nodes {
            let idle = node.ready <= now && node.share(settings.node) < settings.below;
            node.idle_since = if idle { node.idle_since.or(Some(now)) } else { None };
        }
        if self.nodes.len() as u32 <= settings.min {
            return None;
        }
        // The newest first: it was ordered for a peak.
        let at = (0..self.nodes.len()).rev().find(|at| {
            self.nodes[*at].idle_since.is_some_and(|since| now.since(since) >= settings.idle)
                && self.fit_elsewhere(*at, now)
        })?;
        let node = self.nodes.remove(at);
        Some((node.number, node.pods))
    }

    fn fit_elsewhere(&self, at: usize, now: SimTime) -> bool {
        let mut others: Vec<Node> = self.nodes.iter().filter(|node| node.ready <= now).cloned().collect();
        others.retain(|node| node.number != self.nodes[at].number);
        self.nodes[at].pods.iter().all(|(pod, amount)| {
            let room = others.iter_mut().find(|node| node.fits(*amount, self.settings.node));
            room.map(|node| node.pods.push((*pod, *amount))).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        node: Amount { cpu: 2.0, memory: 8e9 },
        min: 1,
        max: 3,
        start: SimDuration::from_secs(60),
        idle: SimDuration::from_secs(600),
        below: 0.5,
    };

    fn secs(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn pod(cpu: f64) -> Amount {
        Amount { cpu, memory: 1e9 }
    }

    #[test]
    fn pods_go_where_they_fit_first_and_wait_for_nodes() {
        let mut pool = Nodes::new(SETTINGS, SimTime::ZERO);
        let on = |node, from| Place::On { node, from: secs(from) };
        assert_eq!(pool.put(0, pod(0.75), secs(10)), on(0, 10));
        assert_eq!(pool.put(1, pod(0.75), secs(10)), on(0, 10));
        assert_eq!(pool.put(2, pod(0.75), secs(10)), on(1, 70), "a node is ordered");
        assert_eq!(pool.put(3, pod(0.5), secs(11)), on(0, 11), "a small one still fits");
        assert_eq!(pool.put(4, pod(0.75), secs(20)), on(1, 70), "on the node that is on its way");
        assert_eq!(pool.put(5, pod(2.0), secs(20)), on(2, 80));
        assert_eq!(pool.put(6, pod(1.0), secs(20)), Place::Nowhere, "no more nodes are allowed");
        pool.take(5);
        assert_eq!(pool.put(6, pod(1.0), secs(90)), on(2, 90));
        assert_eq!(pool.put(7, pod(2.1), secs(90)), Place::Nowhere, "larger than a node");
    }

    #[test]
    fn a_node_that_is_idle_for_long_goes_if_its_pods_fit_elsewhere() {
        let mut pool = Nodes::new(SETTINGS, SimTime::ZERO);
        for (number, cpu) in [(0, 1.0), (1, 0.5), (2, 0.6)] {
            pool.put(number, pod(cpu), SimTime::ZERO);
        }
        assert_eq!(pool.nodes().len(), 2);
        assert_eq!(pool.sweep(secs(60)), None, "it is idle from now on");
        assert_eq!(pool.sweep(secs(659)), None);
        assert_eq!(pool.sweep(secs(660)), None, "0.6 do not fit beside 1.5");
        pool.take(1);
        assert_eq!(pool.sweep(secs(661)), Some((1, vec![(2, pod(0.6))])));
        assert_eq!(pool.sweep(secs(5_000)), None, "the least number stays");
    }
}
