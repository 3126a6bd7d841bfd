//! What must hold on any system, drawn, broken or rewired in any way: the ledgers, and Little's law on the sample path.

mod random_faults;

use proptest::prelude::*;

use super::attempt::Phase;
use super::spans::{DRAIN, RUN};
use super::station::Kind;
use super::{LiveFault, System};
use crate::engine::time::SimTime;
use crate::model::balancer::REGISTRY as REGISTRY_OF_STRATEGIES;
use crate::model::discipline::REGISTRY as DISCIPLINES;
use crate::model::ids::{AreaId, EdgeId, FaultTarget, NodeId};
use crate::model::params::{Params, Value, Variant};
use crate::topology::compile::{compile, plan};
use crate::topology::document::{Area, AreaKind, Document, Edge, Node, Point};

/// A random layered system: sources, perhaps a balancer, two layers of stations.
#[derive(Clone, Debug)]
struct Draft {
    rate: f64,
    closed: bool,
    writes: f64,
    /// Strategy, health checks, kind of balancer.
    balancer: Option<(usize, bool, usize)>,
    /// How the balancer looks after its backends, a bit or two for each choice; the upper half: who is let in.
    care: u32,
    front: Vec<Pool>,
    back: Vec<Pool>,
    calls: usize,
    timeout: f64,
    retries: f64,
    latency: f64,
    seed: u64,
    /// For each node in turn: which area it stands in, or none.
    places: Vec<usize>,
    /// How the message broker behind the first service is set, a bit or two for each choice; none if it is absent.
    broker: Option<u16>,
    /// What the connections are told beyond that, some bits for each policy; 0: nothing.
    policies: u32,
}

#[derive(Clone, Debug)]
struct Pool {
    kind: usize,
    replicas: u32,
    slots: u32,
    mean: f64,
    queue_limit: u32,
    shared: bool,
    discipline: usize,
}

fn pool(kinds: std::ops::Range<usize>) -> impl Strategy<Value = Pool> {
    let discipline = 0..DISCIPLINES.len();
    (kinds, 1..4u32, 1..5u32, 0.001..0.05f64, 0..30u32, any::<bool>(), discipline).prop_map(
        |(kind, replicas, slots, mean, queue_limit, shared, discipline)| Pool {
            kind,
            replicas,
            slots,
            mean,
            queue_limit,
            shared,
            discipline,
        },
    )
}

fn draft() -> impl Strategy<Value = Draft> {
    let strategies = REGISTRY_OF_STRATEGIES.len();
    (
        (
            1.0..400.0f64,
            any::<bool>(),
            0.0..0.5f64,
            proptest::option::of((0..strategies, any::<bool>(), 0..5usize)),
            any::<u32>(),
        ),
        (proptest::collection::vec(pool(0..1), 1..4), proptest::collection::vec(pool(0..3), 0..4), 0..3usize),
        (
            prop_oneof![Just(0.0), 0.01..0.5f64],
            prop_oneof![Just(0.0), 1.0..3.0f64],
            prop_oneof![Just(0.0), 0.0..0.02f64],
            any::<u64>(),
            proptest::collection::vec(0..6usize, 4),
            proptest::option::of(any::<u16>()),
            prop_oneof![Just(0), any::<u32>()],
        ),
    )
        .prop_map(
            |(
                (rate, closed, writes, balancer, care),
                (front, back, calls),
                (timeout, retries, latency, seed, places, broker, policies),
            )| {
                Draft {
                    rate,
                    closed,
                    writes,
                    balancer,
                    care,
                    front,
                    back,
                    calls,
                    timeout,
                    retries: retries.floor(),
                    latency,
                    seed,
                    places,
                    broker,
                    policies,
                }
            },
        )
}

fn variant(id: &str, key: &str, value: f64) -> Value {
    Value::Variant(Variant::new(id, Params::new().with(key, value)))
}

fn named(id: &str) -> Value {
    Value::Variant(Variant::new(id, Params::new()))
}

fn chance(draft: &Draft, bit: u32) -> bool {
    draft.care >> bit & 1 == 1
}

/// One of a registry's entries, by some bits of the draft.
fn one_of(draft: &Draft, bit: u32, entries: &[&'static crate::model::params::Entry], params: Params) -> Value {
    Value::Variant(Variant::new(entries[(draft.care >> bit & 7) as usize % entries.len()].id, params))
}

/// The bit for users who leave.
const PATIENCE: u32 = 11;

/// Priorities by path and by chance, and users who leave.
fn clients(draft: &Draft, mut params: Params) -> Params {
    if chance(draft, 10) {
        let row = |cells: [Value; 2]| Value::List(cells.into());
        let paths = [row([Value::from("/"), Value::Number(2.0)]), row([Value::from("/pay"), Value::Number(1.0)])];
        params.set("paths", Value::List(paths.into()));
        let row = |word: &str, path: &str| Value::List(vec![Value::from(word), Value::Number(1.0), Value::from(path)]);
        let rows = vec![row("normal", ""), row("low", ""), row("high", "/pay")];
        params.set("priorities", Value::List(rows));
    }
    if chance(draft, PATIENCE) {
        params.set("patience", variant("exponential", "mean", 0.05));
    }
    params
}

/// A gateway that is narrow enough to turn some away.
fn gateway(draft: &Draft) -> Params {
    let limit = Params::new()
        .with("rate", draft.rate / 2.0)
        .with("burst", 3.0)
        .with("limit", (draft.rate / 10.0).ceil())
        .with("window", 0.2)
        .with("per", if chance(draft, 12) { "client" } else { "station" });
    let shedding = Params::new().with("limit", 5.0).with("least", 2.0).with("most", 9.0).with("window", 0.1);
    Params::new()
        .with("rate_limit", one_of(draft, 16, &crate::model::admission::limit::entries(), limit))
        .with("shedding", one_of(draft, 19, &crate::model::admission::shed::gateway_entries(), shedding))
}

/// Outlier detection and slow start, quick enough to act within a short run.
fn looked_after(draft: &Draft, mut params: Params) -> Params {
    if chance(draft, 7) {
        let quick = Params::new()
            .with("consecutive_errors", 2.0)
            .with("interval", 0.5)
            .with("base_ejection", 0.4)
            .with("max_ejected_share", 0.7)
            .with("failure_percentage", named("on"));
        params.set("outlier_detection", Variant::new("on", quick));
    }
    if chance(draft, 8) {
        params.set("slow_start", variant("on", "window", 1.0));
    }
    params
}

fn discipline(pool: &Pool) -> Value {
    let quick = Params::new().with("target", 0.001).with("interval", 0.01).with("threshold", 3.0);
    Value::Variant(Variant::new(DISCIPLINES[pool.discipline].entry.id, quick))
}

/// For half of all drafts: replicas that start in stages, need room on nodes, and run out of memory.
fn scaled(draft: &Draft, pool: &Pool, mut params: Params) -> Params {
    let bit = |at: u32| draft.seed >> at & 1 == 1;
    if bit(0) {
        return params;
    }
    params.set("scaler", variant("manual", "replicas", f64::from(pool.replicas)));
    if bit(1) {
        let start_up = Params::new()
            .with("pull", variant("exponential", "mean", 0.1))
            .with("boot", variant("exponential", "mean", 0.2))
            .with("probe_every", 0.1)
            .with("grace", 0.05);
        params.set("start_up", Variant::new("staged", start_up));
    }
    if bit(2) {
        let container = Params::new()
            .with("cpu_limit", 0.7)
            .with("base_memory", 100.0)
            .with("request_memory", if bit(3) { 60.0 } else { 1.0 });
        params.set("instance", Variant::new("container", container));
    }
    if bit(14) {
        let rolling = Params::new()
            .with("max_surge", f64::from(draft.care & 3))
            .with("max_surge_in", "replicas")
            .with("max_unavailable", 1.0)
            .with("max_unavailable_in", "replicas")
            .with("min_ready", 0.1);
        params.set("rollout", if bit(15) { named("recreate") } else { Variant::new("rolling", rolling).into() });
    }
    if bit(4) {
        let nodes = Params::new().with("start", 0.4).with("max", 2.0).with("idle", 1.0).with("below", 1.0);
        params.set("nodes", Variant::new("pool", nodes));
    }
    params
}

/// For half of all drafts: several nodes, that come and go within a short run.
fn nodes(draft: &Draft, count: u32, mut params: Params) -> Params {
    let bit = |at: u32| draft.seed >> at & 1 == 1;
    if bit(5) {
        let of = if bit(6) { "load" } else { "fixed" };
        let quick = Params::new().with("join", 0.3);
        params.set(
            "cluster",
            Variant::new(
                of,
                if bit(6) {
                    quick.with("every", 1.0).with("memory_above", 0.5).with("idle", 1.5).with("max", 4.0)
                } else {
                    quick.with("nodes", f64::from(count))
                },
            ),
        );
    }
    params
}

/// The same with read replicas.
fn replicated(draft: &Draft, count: u32, mut params: Params) -> Params {
    let bit = |at: u32| draft.seed >> at & 1 == 1;
    if bit(7) {
        let quick = Params::new()
            .with("data", 0.1)
            .with("apply_time", if bit(8) { 0.05 } else { 0.001 })
            .with("multi_zone", bit(9))
            .with("failover", 0.4)
            .with("class", if bit(10) { "db.r5.large" } else { "primary" })
            .with("region", ["primary", "reads", "eu-central-1", "ap-south-1"][(draft.seed >> 11 & 3) as usize]);
        let replicas = if bit(13) {
            Variant::new("rule", quick.with("every", 1.0).with("cpu", 0.2).with("connections", 1.0))
        } else {
            Variant::new("fixed", quick.with("count", f64::from(count)))
        };
        params.set("read_replicas", replicas);
    }
    params
}

/// Policies of the connection number `edge`, tight enough to act within a short run: any of them on or off.
fn policies(bits: u32, edge: usize, mut params: Params) -> Params {
    // Connections differ, so that a call can go over some with policies and some without.
    let bits = if bits == 0 { 0 } else { bits.rotate_left(edge as u32 * 7 % 32) };
    let on = |at: u32| bits >> at & 1 == 1;
    let choice = |id: &str, pairs: &[(&str, f64)]| {
        Variant::new(id, pairs.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value)))
    };
    if on(0) {
        params.set("connect_timeout", 0.008);
    }
    if on(1) {
        params.set("overall_timeout", 0.06);
    }
    if on(2) {
        params.set("deadline", 0.05);
    }
    params.set("pass_deadline", on(3));
    params.set("cancel", on(4) || on(20));
    if on(5) {
        let mut breaker = match bits >> 6 & 3 {
            0 => choice("consecutive", &[("failures", 2.0), ("open_for", 0.3), ("probes", 2.0)]),
            1 => choice("count-window", &[("window", 8.0), ("min_calls", 4.0), ("open_for", 0.2), ("probes", 3.0)]),
            2 => choice("time-window", &[("window", 2.0), ("min_calls", 4.0), ("open_for", 0.2), ("probes", 1.0)]),
            _ => choice(
                "consecutive",
                &[("failures", 3.0), ("open_for", 0.1), ("probes", 1_000.0), ("clear_every", 1.0)],
            ),
        };
        breaker.params.set("scope", ["connection", "backend", "caller"][(bits >> 8) as usize % 3]);
        params.set("breaker", breaker);
    }
    match bits >> 10 & 3 {
        0 => params.set("retry_budget", choice("tokens", &[("share", 0.2), ("reserve", 1.0)])),
        1 => params.set("retry_budget", choice("concurrent", &[("least", 1.0)])),
        _ => {}
    }
    match bits >> 12 & 3 {
        0 => params.set("hedging", choice("percentile", &[("percentile", 0.6), ("extra", 3.0)])),
        1 => params.set("hedging", choice("delay", &[("delay", 0.01), ("extra", 2.0)])),
        _ => {}
    }
    match bits >> 14 & 3 {
        0 => params.set("bulkhead", choice("on", &[("limit", 3.0), ("waiting", 2.0), ("longest_wait", 0.02)])),
        1 => {
            let mut pool = choice("pool", &[("limit", 2.0), ("longest_wait", 0.1)]);
            pool.params.set("scope", "connection");
            params.set("bulkhead", pool);
        }
        _ => {}
    }
    if on(16) {
        params.set("sidecar", choice("on", &[]));
    }
    match bits >> 17 & 7 {
        0 => params.set("rate_limit", choice("token-bucket", &[("rate", 60.0)])),
        1 => params.set("rate_limit", choice("leaky-bucket", &[("rate", 60.0)])),
        _ => {}
    }
    params
}

fn add(document: &mut Document, kind: &str, params: Params) -> NodeId {
    let label = format!("{kind} {}", document.nodes.len());
    document.add_node(Node { kind: kind.to_owned(), label, role: None, area: None, at: Point::default(), params })
}

fn document(draft: &Draft) -> Document {
    let mut document = Document { seed: draft.seed, run_length_secs: 6.0, ..Document::default() };
    let mut source = Params::new()
        .with("profile", variant("constant", "rate", draft.rate))
        .with("write_share", draft.writes)
        .with("keys", 500.0);
    source = clients(draft, source);
    if draft.closed {
        source.set("arrivals", variant("closed", "users", (draft.rate / 10.0).ceil()));
    }
    let source = add(&mut document, "source", source);
    let edge = || {
        Params::new()
            .with("latency", variant("deterministic", "mean", draft.latency))
            .with("timeout", draft.timeout)
            .with("retries", draft.retries)
    };
    let root = draft.balancer.map(|(strategy, checks, kind)| {
        let kind = ["balancer", "l4-balancer", "dns", "client-balancer", "gateway"][kind];
        let blind = crate::model::balancer::blind_entries();
        let strategy =
            if kind == "dns" { blind[strategy % blind.len()].id } else { REGISTRY_OF_STRATEGIES[strategy].entry.id };
        let short = match kind {
            "l4-balancer" => Params::new().with("connections", 3.0).with("lifetime", 0.9).with("idle_timeout", 0.2),
            "dns" => Params::new().with("ttl", 0.7),
            "gateway" => gateway(draft),
            "client-balancer" => Params::new().with("refresh", 0.4).with("subset", 2.0).with("callers", 3.0),
            _ => Params::new(),
        };
        let params = short
            .with("strategy", named(strategy))
            .with("health_checks", checks)
            .with("check_interval", 0.5)
            .with("check_timeout", 0.2)
            .with("check", if chance(draft, 2) { "deep" } else { "shallow" })
            .with("concurrent", f64::from(draft.care & 3))
            .with("panic_mode", chance(draft, 5))
            .with("panic_threshold", if chance(draft, 6) { 0.6 } else { 0.0 });
        let params = if kind == "dns" { params } else { looked_after(draft, params) };
        let balancer = add(&mut document, kind, params);
        document.add_edge(Edge { from: source, to: balancer, params: edge() });
        balancer
    });
    let put = |document: &mut Document, pool: &Pool| match pool.kind {
        0 => {
            let queue = if pool.shared { "shared" } else { "per_replica" };
            let calls = ["sequence", "parallel", "one_of"][draft.calls];
            let params = Params::new()
                .with("replicas", f64::from(pool.replicas))
                .with("slots", f64::from(pool.slots))
                .with("queue_limit", f64::from(pool.queue_limit))
                .with("service_time", variant("exponential", "mean", pool.mean))
                .with("calls", calls)
                .with("warm_up_requests", if chance(draft, 9) { 20.0 } else { 0.0 })
                .with("queue", queue)
                .with("discipline", discipline(pool))
                .with("shedding", one_of(draft, 22, &crate::model::admission::shed::entries(), Params::new()));
            add(document, "service", scaled(draft, pool, params))
        }
        1 => {
            let params = Params::new().with("capacity", 50.0).with("slots", f64::from(pool.slots));
            add(document, "cache", nodes(draft, pool.replicas, params))
        }
        _ => {
            let params = Params::new()
                .with("connections", f64::from(pool.slots))
                .with("queue_limit", f64::from(pool.queue_limit))
                .with("discipline", discipline(pool));
            add(document, "database", replicated(draft, pool.replicas, params))
        }
    };
    let front: Vec<NodeId> = draft.front.iter().map(|pool| put(&mut document, pool)).collect();
    let back: Vec<NodeId> = draft.back.iter().map(|pool| put(&mut document, pool)).collect();
    for (ix, node) in front.iter().enumerate() {
        if ix == 0 || root.is_some() {
            document.add_edge(Edge { from: root.unwrap_or(source), to: *node, params: edge() });
        } else {
            document.add_edge(Edge { from: front[ix - 1], to: *node, params: edge() });
        }
        for target in &back {
            document.add_edge(Edge { from: *node, to: *target, params: edge() });
        }
    }
    if let Some(care) = draft.broker {
        let bit = |at: u32| care >> at & 1 == 1;
        let params = Params::new()
            .with("partitions", f64::from(1 + (care & 3)))
            .with("guarantee", ["at_most_once", "at_least_once", "effectively_once"][usize::from(care >> 2 & 3) % 3])
            .with("acks", ["none", "memory", "flushed"][usize::from(care >> 4 & 3) % 3])
            .with("capacity", if bit(6) { 5.0 } else { 1_000.0 })
            .with("when_full", if bit(7) { "drop_oldest" } else { "refuse" })
            .with("ordered", bit(8))
            .with("prefetch", if bit(9) { 1.0 } else { 4.0 })
            .with("commit_interval", if bit(10) { 0.3 } else { 0.0 })
            .with("session_timeout", if bit(11) { 0.0 } else { 0.4 })
            .with("rebalance_time", if bit(12) { 0.0 } else { 0.3 })
            .with("rebalance", if bit(13) { "eager" } else { "cooperative" })
            .with("max_deliveries", if bit(14) { 3.0 } else { 0.0 })
            .with("partition_by", if bit(15) { "key" } else { "turn" })
            .with("redelivery_wait", 0.05)
            .with("append_time", 0.002)
            .with("flush_interval", 0.2);
        let broker = add(&mut document, "broker", params);
        document.add_edge(Edge { from: front[0], to: broker, params: edge() });
        for _ in 0..=care & 1 {
            let worker = Params::new().with("replicas", 3.0).with("slots", 2.0).with("queue_limit", 2.0);
            let worker = add(&mut document, "service", worker);
            document.add_edge(Edge { from: broker, to: worker, params: edge() });
        }
    }
    if draft.policies != 0 {
        for (ix, edge) in document.edges.values_mut().enumerate() {
            let edge = std::rc::Rc::make_mut(edge);
            edge.params = policies(draft.policies, ix, edge.params.clone());
        }
    }
    settle(&mut document, &draft.places);
    document
}

/// Two regions, the first with two zones; the nodes stand in them as `places` says, or nowhere.
fn settle(document: &mut Document, places: &[usize]) {
    let area = |kind: AreaKind| Area { kind, label: "Area".to_owned(), at: Point::default(), size: Point::default() };
    let near = document.add_area(area(AreaKind::Region { region: "eu-west-1".to_owned() }));
    document.add_area(area(AreaKind::Region { region: "eu-central-1".to_owned() }));
    for _ in 0..2 {
        document.add_area(area(AreaKind::Zone { within: near }));
    }
    for (node, place) in document.nodes.values_mut().zip(places.iter().cycle()) {
        let area = AreaId(*place as u32);
        std::rc::Rc::make_mut(node).area = document.areas.contains_key(&area).then_some(area);
    }
}

/// Something done to the running system.
#[derive(Clone, Debug)]
enum Blow {
    Start(usize, usize, u32),
    /// Ends the oldest fault in force.
    End,
    Resize(usize, u32, u32),
    Unplug(usize),
    /// A scaler wants another number.
    Scale(usize, u32),
    /// Another discipline takes over at a service.
    Reorder(usize, usize),
    /// A node goes to another place.
    Settle(usize, usize),
    /// A connection gets other policies, or with 0 none.
    Replan(usize, u32),
}

fn blows() -> impl Strategy<Value = Vec<(u32, Blow)>> {
    let blow = prop_oneof![
        3 => (0..crate::model::fault::REGISTRY.len(), 0..12usize, 0..4u32).prop_map(|(kind, target, replica)| Blow::Start(kind, target, replica)),
        2 => Just(Blow::End),
        1 => (0..12usize, 0..4u32, 1..6u32).prop_map(|(node, replicas, slots)| Blow::Resize(node, replicas, slots)),
        3 => (0..12usize, 0..6u32).prop_map(|(node, replicas)| Blow::Scale(node, replicas)),
        1 => (0..12usize).prop_map(Blow::Unplug),
        1 => (0..12usize, 0..DISCIPLINES.len()).prop_map(|(node, kind)| Blow::Reorder(node, kind)),
        1 => (0..12usize, 0..6usize).prop_map(|(node, area)| Blow::Settle(node, area)),
        2 => (0..12usize, prop_oneof![Just(0), any::<u32>()]).prop_map(|(edge, bits)| Blow::Replan(edge, bits)),
    ];
    proptest::collection::vec((0..6_000u32, blow), 0..8)
}

fn strike(system: &mut System, document: &mut Document, blow: &Blow) {
    let nodes: Vec<NodeId> = document.nodes.keys().copied().collect();
    let edges: Vec<EdgeId> = document.edges.keys().copied().collect();
    match *blow {
        Blow::Start(kind, target, replica) => {
            use crate::model::fault::{REGISTRY, Targets};
            let kind = REGISTRY[kind % REGISTRY.len()];
            let node = nodes[target % nodes.len()];
            let target = match kind.targets {
                Targets::Sources => FaultTarget::Node(nodes[0]),
                Targets::Edges if edges.is_empty() => return,
                Targets::Areas => FaultTarget::Area(AreaId(target as u32 % 5)),
                Targets::Brokers => FaultTarget::Node(node),
                Targets::Edges => FaultTarget::Edge(edges[target % edges.len()]),
                _ if replica < 3 && kind.one_replica => FaultTarget::Replica(node, replica),
                _ => FaultTarget::Node(node),
            };
            let params =
                if kind.targets == Targets::Sources { Params::new().with("factor", 3.0) } else { Params::new() };
            system.apply_fault(&LiveFault::Start { kind: kind.entry.id.to_owned(), target, params });
        }
        Blow::End => {
            if let Some(active) = system.active.first().cloned() {
                system.apply_fault(&LiveFault::End { kind: active.kind.entry.id.to_owned(), target: active.target });
            }
        }
        Blow::Resize(node, replicas, slots) => {
            let id = nodes[node % nodes.len()];
            let mut node = (*document.nodes[&id]).clone();
            if node.kind == "broker" {
                node.params.set("partitions", f64::from(replicas + 1));
                node.params.set("commit_interval", if slots > 3 { 0.2 } else { 0.0 });
                document.nodes.insert(id, node.into());
            } else if node.kind == "service" {
                node.params.set("replicas", f64::from(replicas.max(1)));
                node.params.set("slots", f64::from(slots));
                document.nodes.insert(id, node.into());
            }
        }
        Blow::Scale(node, replicas) => {
            let id = nodes[node % nodes.len()];
            let mut node = (*document.nodes[&id]).clone();
            let turned = if replicas == 0 { "off" } else { "fixed" };
            let parts = |key: &str| Variant::new(turned, Params::new().with(key, f64::from(replicas)));
            if node.kind == "cache" {
                node.params.set("cluster", parts("nodes"));
                document.nodes.insert(id, node.into());
            } else if node.kind == "database" {
                node.params.set("read_replicas", parts("count"));
                document.nodes.insert(id, node.into());
            } else if node.kind == "service" && node.params.get("scaler").is_some() {
                node.params.set("scaler", variant("manual", "replicas", f64::from(replicas)));
                document.nodes.insert(id, node.into());
            }
        }
        Blow::Reorder(node, kind) => {
            let id = nodes[node % nodes.len()];
            let mut node = (*document.nodes[&id]).clone();
            if node.kind == "service" {
                node.params.set("discipline", named(DISCIPLINES[kind].entry.id));
                document.nodes.insert(id, node.into());
            }
        }
        Blow::Settle(node, area) => {
            let area = AreaId(area as u32);
            let place = document.areas.contains_key(&area).then_some(area);
            let node = document.nodes.get_mut(&nodes[node % nodes.len()]).expect("one of its nodes");
            std::rc::Rc::make_mut(node).area = place;
        }
        Blow::Replan(_, _) if edges.is_empty() => return,
        Blow::Replan(edge, bits) => {
            let edge = document.edges.get_mut(&edges[edge % edges.len()]).expect("one of its edges");
            let edge = std::rc::Rc::make_mut(edge);
            let plain = ["latency", "timeout", "retries"];
            let kept = edge.params.0.iter().filter(|(key, _)| plain.contains(&key.as_str()));
            let kept = Params(kept.map(|(key, value)| (key.clone(), value.clone())).collect());
            edge.params = if bits == 0 { kept } else { policies(bits, 0, kept) };
        }
        Blow::Unplug(node) => {
            // The first three carry the way in; without them there would be nothing to run.
            if node >= 3 && node < nodes.len() {
                document.remove_node(nodes[node]);
            }
        }
    }
    if let (Some(plan), _) = plan(document) {
        system.rebuild(&plan);
    }
}

/// Every ledger, counted anew from what is really there.
fn check_ledgers(system: &System) {
    let run = &system.totals.run;
    assert_eq!(run.offered, run.by_outcome.iter().sum::<u64>() + run.in_flight());
    super::broker::tests::check_brokers(system);
    super::scaling::tests::check_scaling(system);
    let live: Vec<_> = system.requests.indices().filter(|ix| !system.requests[*ix].done).collect();
    assert_eq!(live.len() as u64, system.in_flight(), "requests in flight");
    for (ix, edge) in system.edges.iter().enumerate() {
        let ended: u64 = edge.by_outcome.iter().sum();
        assert_eq!(edge.sent, ended + edge.in_flight, "edge {:?}", edge.plan.id);
        let under_way = system.attempts.indices().filter(|attempt| {
            let attempt = &system.attempts[*attempt];
            attempt.edge as usize == ix
                && !attempt.detached
                && !matches!(attempt.phase, Phase::Backoff | Phase::Held)
                && attempt.verb != super::attempt::Verb::Probe
        });
        assert_eq!(under_way.count() as u64, edge.in_flight, "attempts on edge {:?}", edge.plan.id);
    }
    check_policies(system);
    for (ix, replica) in system.replicas.iter().enumerate() {
        let at = |phase: fn(Phase) -> bool| {
            let held = system.attempts.indices().map(|attempt| &system.attempts[attempt]);
            held.filter(|attempt| {
                attempt.replica as usize == ix && attempt.station == replica.station && phase(attempt.phase)
            })
            .count()
        };
        assert_eq!(at(|phase| phase == Phase::Queued), replica.queue.len(), "queue of replica {ix}");
        assert_eq!(
            at(|phase| matches!(phase, Phase::Working | Phase::Waiting)),
            replica.busy as usize,
            "slots of {ix}"
        );
        assert!(!(replica.dead && replica.busy > 0), "a dead replica holds nothing");
    }
    for (ix, station) in system.stations.iter().enumerate() {
        let Kind::Balancer(balancer) = &station.kind else { continue };
        let attempts = || system.attempts.indices().map(|attempt| &system.attempts[attempt]);
        let asked = attempts().filter(|attempt| {
            !attempt.detached
                && matches!(attempt.caller, super::attempt::Caller::Probe { balancer, .. } if balancer as usize == ix)
        });
        assert_eq!(asked.count() as u32, balancer.checks_out, "health checks of {}", station.label);
        for (at, backend) in balancer.backends.iter().enumerate() {
            let sent = attempts().filter(|attempt| {
                attempt.backend as usize == at
                    && system.edges[attempt.edge as usize].from as usize == ix
                    && !attempt.detached
                    && attempt.phase != Phase::Backoff
            });
            assert_eq!(sent.count() as u32, backend.in_flight, "requests at backend {at} of {}", station.label);
            let hears = !matches!(balancer.memory, super::balancer::state::Memory::Callers(_));
            for picker in balancer.pickers.iter().filter(|_| hears) {
                let eligible = picker.views[at].eligible;
                assert!(!eligible || backend.usable(), "{} believes in backend {at} that is out", station.label);
            }
        }
    }
    for (ix, station) in system.stations.iter().enumerate() {
        let Kind::Pool(pool) = &station.kind else { continue };
        let own = || system.replicas.iter().filter(|replica| replica.station as usize == ix);
        let busy: u32 = own().map(|replica| replica.busy).sum();
        let waiting: usize = own().map(|replica| replica.queue.len()).sum();
        let beyond: u32 = own().map(|replica| replica.beyond).sum();
        assert_eq!(station.meter.busy(), busy - beyond, "busy slots of {}", station.label);
        let waiting = waiting + pool.shared.len() + beyond as usize;
        assert_eq!(station.meter.queue() as usize, waiting, "queue of {}", station.label);
        let slots: u32 = own().filter(|replica| replica.open()).map(|replica| replica.slots).sum();
        assert_eq!(station.meter.slot_count(), slots, "slots of {}", station.label);
        check_parts(station.id, pool, system);
    }
}

/// Who serves beside a primary, or among the nodes of a cache, is one of the pool's replicas, and nobody else is.
fn check_parts(node: NodeId, pool: &super::pool::state::Pool, system: &System) {
    if system.stations.iter().any(|station| station.id == node && station.removed) {
        return;
    }
    let numbers: Vec<u32> = pool.replicas.iter().map(|ix| system.replicas[*ix as usize].number).collect();
    if let Some(look) = system.look_at_read_replicas(node) {
        let serving = look.replicas.iter().filter(|copy| copy.stage == super::ReadReplicaStage::Serving);
        let serving: Vec<u32> = serving.map(|copy| copy.number).collect();
        assert_eq!(numbers[1..], serving, "read replicas of {node:?}");
        let staying = look.replicas.iter().filter(|copy| copy.stage != super::ReadReplicaStage::Leaving).count();
        assert_eq!(staying as u32, look.wanted, "{node:?} has the read replicas that are wanted");
        assert!(look.stale <= look.reads && look.replicas.iter().all(|copy| copy.stale <= copy.reads));
    }
    if let Some(look) = system.look_at_cache_cluster(node) {
        let serving = || look.nodes.iter().filter(|node| node.stage == super::CacheNodeStage::Serving);
        assert_eq!(numbers, serving().map(|node| node.number).collect::<Vec<_>>(), "nodes of {node:?}");
        let share: f64 = serving().map(|node| node.share).sum();
        assert!((share - 1.0).abs() < 1e-9, "the keys of {node:?} are all somebody's: {share}");
        let staying = look.nodes.iter().filter(|node| node.stage != super::CacheNodeStage::Leaving).count();
        assert_eq!(staying as u32, look.wanted, "{node:?} has the nodes that are wanted");
        assert!(look.nodes.iter().all(|node| node.entries <= node.capacity && node.hits <= node.lookups));
    }
}

/// Every moment of every request's wait is some station's, by some part; nobody's is told twice.
fn check_profile(system: &System) {
    let profile = system.profile().expect("it was asked for");
    let ended = system.totals.run.by_outcome.iter().sum::<u64>();
    assert_eq!(profile.looked_at + profile.left_out, ended, "all of them are looked at");
    assert_eq!(profile.unaccounted, 0, "{profile:#?}");
    let own: f64 = profile.stations.values().map(|station| station.own.total()).sum();
    let parts = profile.stations.values().flat_map(|station| &station.parts);
    let parts: f64 = parts.map(crate::model::profiler::Spread::total).sum();
    let whole = profile.sojourn.total();
    assert!((own - whole).abs() <= 1e-9 * whole && (parts - whole).abs() <= 1e-9 * whole, "{own}, {parts} of {whole}");
}

/// Every attempt that admission control counts stands at its station, and nobody is forgotten; interrupted work belongs
/// to who waits.
fn check_admission(system: &System) {
    let standing = |station: usize, phases: &[Phase]| {
        let here = system.attempts.indices().map(|ix| &system.attempts[ix]).filter(|attempt| {
            attempt.station as usize == station
                && attempt.verb != super::attempt::Verb::Probe
                && phases.contains(&attempt.phase)
        });
        here.count() as u32
    };
    for (ix, station) in system.stations.iter().enumerate() {
        let Some(admission) = &station.admission else { continue };
        let (inside, shaped) = admission.counts();
        let all = standing(ix, &[Phase::Queued, Phase::Working, Phase::Waiting]);
        // Who came before there was admission control, it does not count.
        assert!(inside + shaped <= all, "{}: {inside} inside, {shaped} in front, {all} there", station.label);
        assert_eq!(inside + shaped, all, "{}", station.label);
        if matches!(station.kind, Kind::Balancer(_)) {
            assert_eq!(station.meter.queue(), shaped, "in front of {}", station.label);
        }
    }
    for ix in system.interrupted.keys() {
        let phase = system.attempts[*ix].phase;
        assert!(matches!(phase, Phase::Queued | Phase::Back | Phase::Lost), "interrupted work waits: {phase:?}");
    }
}

/// What policies count, counted anew.
fn check_policies(system: &System) {
    let attempts = || system.attempts.indices().map(|ix| (ix, &system.attempts[ix]));
    for (ix, edge) in system.edges.iter().enumerate() {
        let zombies = attempts().filter(|(_, attempt)| {
            attempt.edge as usize == ix && attempt.detached && attempt.verb != super::attempt::Verb::Probe
        });
        assert_eq!(zombies.count() as u64, edge.zombies, "zombies of edge {:?}", edge.plan.id);
    }
    super::policy::check(system);
    let tickets = attempts().filter(|(_, attempt)| attempt.policy != super::slab::NONE).count();
    assert_eq!(system.tickets.len(), tickets, "a ticket belongs to an attempt that lives");
}

/// Runs to the end, with the ledgers checked after every blow.
fn run_under(draft: &Draft, blows: &[(u32, Blow)]) {
    let mut document = document(draft);
    let (system, problems) = compile(&document);
    let mut system = system.unwrap_or_else(|| panic!("{problems:#?}"));
    system.start_profile(f64::INFINITY);
    for (at, blow) in blows {
        system.advance(SimTime(u64::from(*at) * 1_000_000), u64::MAX);
        strike(&mut system, &mut document, blow);
        check_ledgers(&system);
        check_admission(&system);
    }
    system.advance(SimTime::NEVER, u64::MAX);
    check_ledgers(&system);
    check_admission(&system);
    check_profile(&system);
}

/// Replicas and stations killed and revived.
fn kills_and_revivals() -> impl Strategy<Value = Vec<(u32, Blow)>> {
    let kill = crate::model::fault::REGISTRY.iter().position(|kind| kind.entry.id == "kill").expect("it exists");
    let blow = prop_oneof![
        3 => (2..12usize, 0..4u32).prop_map(move |(target, replica)| Blow::Start(kill, target, replica)),
        2 => Just(Blow::End),
    ];
    proptest::collection::vec((0..6_000u32, blow), 4..14)
}

fn cases() -> u32 {
    if std::env::var_os("HEADROOM_FULL").is_some() { 2_000 } else { 300 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Faults, resizing and unplugging while it runs: no request and no attempt is lost or counted twice.
    #[test]
    fn ledgers_are_conserved_under_faults_and_edits(draft in draft(), mut blows in blows()) {
        blows.sort_by_key(|(at, _)| *at);
        run_under(&draft, &blows);
    }

    /// Little's law holds on every sample path: the integral of the number at a station is the sum of the stays there.
    #[test]
    fn littles_law_holds_at_every_station(mut draft in draft()) {
        // Zombies and errors stay, too, but their stays are not in the histogram of good answers.
        (draft.timeout, draft.retries, draft.policies) = (0.0, 0.0, 0);
        draft.care &= !(1 << PATIENCE);
        draft.balancer = draft.balancer.map(|(strategy, _, kind)| (strategy, false, kind));
        for pool in draft.front.iter_mut().chain(&mut draft.back) {
            pool.queue_limit = 1_000_000;
        }
        let (system, problems) = compile(&document(&draft));
        let mut system = system.unwrap_or_else(|| panic!("{problems:#?}"));
        system.advance(SimTime::NEVER, u64::MAX);
        // Overloaded beyond the drain limit: somebody is still there.
        prop_assume!(system.in_flight() == 0 && !system.messages_open());
        let now = system.now();
        for (ix, station) in system.stations.iter().enumerate() {
            let [mut whole, drain] = [RUN, DRAIN].map(|span| station.meter.span(span, now).unwrap());
            whole.add(&drain);
            let (whole, times) = (whole.bucket, whole.times);
            if !matches!(station.kind, Kind::Pool(_)) || whole.by_outcome[1..].iter().any(|count| *count > 0) {
                continue;
            }
            // Work for nobody, and what fills a cache, may go on when the run ends: those stays are as long as they are.
            let open = system.held_by(|attempt| attempt.station as usize == ix).into_iter();
            let open: f64 = open.map(|held| now.since(system.attempts[held].reached_at).as_secs_f64()).sum();
            let stays = times.mean().unwrap_or(0.0) * times.count() as f64 + open;
            let integral = whole.busy_secs + whole.queue_secs;
            let slack = 1e-6 * integral.max(1.0);
            prop_assert!((stays - integral).abs() <= slack, "{}: {stays} against {integral}", station.label);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 15, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same system with each strategy in turn, while replicas die and come back: nothing is lost or counted twice.
    #[test]
    fn every_strategy_conserves_requests_under_kills_and_revivals(
        mut draft in draft(),
        (checks, kind) in (any::<bool>(), 0..5usize),
        mut blows in kills_and_revivals(),
    ) {
        blows.sort_by_key(|(at, _)| *at);
        for strategy in 0..REGISTRY_OF_STRATEGIES.len() {
            draft.balancer = Some((strategy, checks, kind));
            run_under(&draft, &blows);
        }
    }
}
