//! Random systems: what is drawn, and the document of it.

use super::*;

/// A random layered system: sources, perhaps a balancer, two layers of stations.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) rate: f64,
    pub(super) closed: bool,
    pub(super) writes: f64,
    /// Strategy, health checks, kind of balancer.
    pub(super) balancer: Option<(usize, bool, usize)>,
    /// How the balancer looks after its backends, a bit or two for each choice; the upper half: who is let in.
    pub(super) care: u32,
    pub(super) front: Vec<Pool>,
    pub(super) back: Vec<Pool>,
    pub(super) calls: usize,
    pub(super) timeout: f64,
    pub(super) retries: f64,
    pub(super) latency: f64,
    pub(super) seed: u64,
    /// For each node in turn: which area it stands in, or none.
    pub(super) places: Vec<usize>,
    /// How the message broker behind the first service is set, a bit or two for each choice; none if it is absent.
    pub(super) broker: Option<u16>,
    /// What the connections are told beyond that, some bits for each policy; 0: nothing.
    pub(super) policies: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) kind: usize,
    pub(super) replicas: u32,
    pub(super) slots: u32,
    pub(super) mean: f64,
    pub(super) queue_limit: u32,
    pub(super) shared: bool,
    pub(super) discipline: usize,
}

pub(super) fn pool(kinds: std::ops::Range<usize>) -> impl Strategy<Value = Pool> {
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

pub(super) fn draft() -> impl Strategy<Value = Draft> {
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

pub(super) fn variant(id: &str, key: &str, value: f64) -> Value {
    Value::Variant(Variant::new(id, Params::new().with(key, value)))
}

pub(super) fn named(id: &str) -> Value {
    Value::Variant(Variant::new(id, Params::new()))
}

pub(super) fn chance(draft: &Draft, bit: u32) -> bool {
    draft.care >> bit & 1 == 1
}

/// One of a registry's entries, by some bits of the draft.
pub(super) fn one_of(
    draft: &Draft,
    bit: u32,
    entries: &[&'static crate::model::params::Entry],
    params: Params,
) -> Value {
    Value::Variant(Variant::new(entries[(draft.care >> bit & 7) as usize % entries.len()].id, params))
}

/// The bit for users who leave.
pub(super) const PATIENCE: u32 = 11;

/// Priorities by path and by chance, and users who leave.
pub(super) fn clients(draft: &Draft, mut params: Params) -> Params {
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
pub(super) fn gateway(draft: &Draft) -> Params {
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
pub(super) fn looked_after(draft: &Draft, mut params: Params) -> Params {
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

pub(super) fn discipline(pool: &Pool) -> Value {
    let quick = Params::new().with("target", 0.001).with("interval", 0.01).with("threshold", 3.0);
    Value::Variant(Variant::new(DISCIPLINES[pool.discipline].entry.id, quick))
}

/// For half of all drafts: replicas that start in stages, need room on nodes, and run out of memory.
pub(super) fn scaled(draft: &Draft, pool: &Pool, mut params: Params) -> Params {
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
pub(super) fn nodes(draft: &Draft, count: u32, mut params: Params) -> Params {
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

/// A policy of eviction that is not the plain one, for half of all drafts.
pub(super) fn evicting(draft: &Draft, mut params: Params) -> Params {
    if draft.seed >> 16 & 1 == 1 {
        params.set("eviction", named(EVICTIONS[(draft.seed >> 17) as usize % EVICTIONS.len()].entry.id));
    }
    params
}

/// The same with read replicas.
pub(super) fn replicated(draft: &Draft, count: u32, mut params: Params) -> Params {
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
        let ways = crate::model::replication::entries();
        let quick = Params::new()
            .with("ship", if bit(40) { 0.02 } else { 0.0 })
            .with("spread", if bit(41) { "exponential" } else { "fixed" })
            .with("replicas", if bit(42) { 2.0 } else { 1.0 })
            .with("timeout", 0.05);
        params.set("replication", Variant::new(ways[(draft.seed >> 43 & 3) as usize].id, quick));
        let quick = Params::new()
            .with("every", 0.1)
            .with("misses", 2.0)
            .with("timeout", 0.05)
            .with("promotion", 0.1)
            .with("lease", 0.5)
            .with("fencing", ["none", "lease", "number"][(draft.seed >> 46) as usize % 3]);
        let guarantees = Params::new()
            .with("monotonic", ["none", "sticky", "token"][(draft.seed >> 50) as usize % 3])
            .with("timeout", 0.02);
        let ways = crate::model::replication::sessions::entries();
        params.set("sessions", Variant::new(ways[(draft.seed >> 53 & 3) as usize].id, guarantees));
        params.set("failover", Variant::new(if bit(45) { "automatic" } else { "off" }, quick));
    }
    params
}

/// Policies of the connection number `edge`, tight enough to act within a short run: any of them on or off.
pub(super) fn policies(bits: u32, edge: usize, mut params: Params) -> Params {
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

pub(super) fn add(document: &mut Document, kind: &str, params: Params) -> NodeId {
    let label = format!("{kind} {}", document.nodes.len());
    document.add_node(Node { kind: kind.to_owned(), label, role: None, area: None, at: Point::default(), params })
}

pub(super) fn document(draft: &Draft) -> Document {
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
            add(document, "cache", evicting(draft, nodes(draft, pool.replicas, params)))
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
pub(super) fn settle(document: &mut Document, places: &[usize]) {
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
