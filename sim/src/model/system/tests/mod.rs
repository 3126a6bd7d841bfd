//! What must hold on any system, drawn, broken or rewired in any way: the ledgers, and Little's law on the sample path.

pub(in crate::model::system) mod check;
mod draft;
mod random_faults;
mod stop;

use proptest::prelude::*;

use self::check::{check_admission, check_ledgers, check_profile};
use self::draft::*;
use super::attempt::Phase;
use super::spans::{DRAIN, RUN};
use super::{LiveFault, System};
use crate::engine::time::SimTime;
use crate::model::balancer::REGISTRY as REGISTRY_OF_STRATEGIES;
use crate::model::discipline::REGISTRY as DISCIPLINES;
use crate::model::eviction::REGISTRY as EVICTIONS;
use crate::model::ids::{AreaId, EdgeId, FaultTarget, NodeId};
use crate::model::params::{Params, Value, Variant};
use crate::topology::compile::{compile, plan};
use crate::topology::document::{Area, AreaKind, Document, Edge, Node, Point};

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
                node.params.set("eviction", named(EVICTIONS[replicas as usize * 3 % EVICTIONS.len()].entry.id));
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
            if station.pool().is_none() || whole.by_outcome[1..].iter().any(|count| *count > 0) {
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
