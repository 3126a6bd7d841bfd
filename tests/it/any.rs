//! Anything that a person could draw, from the registries alone: a new station, parameter, choice or fault joins by
//! itself.

use headroom::model::edge::EDGE_ENTRY;
use headroom::model::fault;
use headroom::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant};
use headroom::model::station;
use headroom::topology::check;
use headroom::topology::document::{
    Area, AreaId, AreaKind, Document, Edge, EdgeId, Fault, FaultTarget, Node, NodeId, Place, Point, ScheduledFault,
    Severity,
};
use proptest::prelude::*;

/// Values for a parameter: its default, both ends of its range, something between, now and then something it cannot be.
fn any_value(spec: &'static ParamSpec, depth: u32) -> BoxedStrategy<Value> {
    let wrong = prop_oneof![Just(Value::Bool(true)), Just(Value::Number(-1.0)), Just(Value::from("?"))];
    let right = match spec.kind {
        ParamKind::Number { unit, min, max, default } => {
            // Large worlds cost time and teach nothing here: ends beyond 10,000 are tried rarely.
            let most = max.min(10_000.0);
            let whole = move |number: f64| if unit == Unit::Count { number.round() } else { number };
            prop_oneof![
                4 => Just(default),
                4 => Just(min),
                4 => Just(most),
                1 => Just(max),
                8 => (min..=most).prop_map(whole),
                4 => (0.0..=1.0f64).prop_map(move |share| whole((min + share * (most - min) * 0.001).clamp(min, max))),
            ]
            .prop_map(Value::Number)
            .boxed()
        }
        // Some of them are there, some are not.
        ParamKind::Station => (0u32..12).prop_map(|id| Value::Number(f64::from(id))).boxed(),
        ParamKind::Bool { .. } => any::<bool>().prop_map(Value::Bool).boxed(),
        ParamKind::Text { .. } => "[A-Z]{2}".prop_map(Value::Text).boxed(),
        ParamKind::Choice { options, .. } => {
            proptest::sample::select(options).prop_map(|(id, _)| Value::from(id)).boxed()
        }
        ParamKind::Variant { registry, .. } => proptest::sample::select(registry())
            .prop_flat_map(move |entry| {
                let params = if depth == 0 { Just(Params::new()).boxed() } else { any_params(entry, depth - 1) };
                params.prop_map(move |params| Value::Variant(Variant::new(entry.id, params)))
            })
            .boxed(),
        ParamKind::Table { columns, .. } => {
            let row = columns.iter().map(|column| any_value(column, depth)).collect::<Vec<_>>().prop_map(Value::List);
            proptest::collection::vec(row, 1..4).prop_map(Value::List).boxed()
        }
    };
    prop_oneof![60 => right, 1 => wrong].boxed()
}

/// What makes replicas and nodes come and go.
pub const SCALING: [&str; 7] = ["scaler", "instance", "start_up", "rollout", "nodes", "read_replicas", "cluster"];

/// About every third parameter set, the rest at their defaults; of what scales, more.
fn any_params(entry: &'static Entry, depth: u32) -> BoxedStrategy<Params> {
    let set = |key: &str| match key {
        "eviction" => 0.8,
        "writes" | "loads" | "renewal" => 0.6,
        _ if SCALING.contains(&key) => 0.6,
        _ => 0.35,
    };
    let specs: Vec<_> = entry
        .params
        .iter()
        .map(|spec| {
            proptest::option::weighted(set(spec.key), any_value(spec, depth)).prop_map(|value| (spec.key, value))
        })
        .collect();
    specs
        .prop_map(|pairs| {
            let mut params = Params::new();
            for (key, value) in pairs {
                if let Some(value) = value {
                    params.0.insert(key.to_owned(), value);
                }
            }
            params
        })
        .boxed()
}

fn any_node() -> impl Strategy<Value = Node> {
    let kinds: Vec<&'static station::StationKind> = station::REGISTRY.iter().collect();
    proptest::sample::select(kinds).prop_flat_map(|kind| {
        any_params(&kind.entry, 2).prop_map(|params| Node {
            kind: kind.entry.id.to_owned(),
            label: kind.entry.name.to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params,
        })
    })
}

pub fn any_fault() -> impl Strategy<Value = Fault> {
    let target = prop_oneof![
        (1u32..7).prop_map(|id| FaultTarget::Node(NodeId(id))),
        (1u32..7, 0u32..3).prop_map(|(id, replica)| FaultTarget::Replica(NodeId(id), replica)),
        (1u32..9).prop_map(|id| FaultTarget::Edge(EdgeId(id))),
        (1u32..5).prop_map(|id| FaultTarget::Area(AreaId(id))),
    ];
    proptest::sample::select(fault::entries()).prop_flat_map(move |entry| {
        (any_params(entry, 1), target.clone()).prop_map(move |(params, target)| Fault {
            kind: entry.id.to_owned(),
            target,
            params,
        })
    })
}

/// Regions and zones, now and then one that cannot be: an unknown region, a zone in a zone or in nothing.
fn any_area() -> impl Strategy<Value = Area> {
    let region = proptest::sample::select(vec!["eu-west-1", "us-east-1", "ap-south-1", "mars"]);
    let kind = prop_oneof![
        region.prop_map(|region| AreaKind::Region { region: region.to_owned() }),
        (1u32..5).prop_map(|within| AreaKind::Zone { within: AreaId(within) }),
    ];
    kind.prop_map(|kind| Area { kind, label: "Area".into(), at: Point::default(), size: Point::default() })
}

prop_compose! {
    /// Clients in front, then anything; wires lead from earlier to later nodes, so that most drawings have no cycle.
    pub fn any_document()(
        clients in any_params(&station::source::KIND.entry, 2),
        others in proptest::collection::vec(any_node(), 1..6),
        wires in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_params(&EDGE_ENTRY, 2)), 1..9),
        areas in proptest::collection::vec(any_area(), 0..4),
        places in proptest::collection::vec(0u32..6, 7),
        faults in proptest::collection::vec((0.0..20.0f64, proptest::option::of(0.0..10.0f64), any_fault()), 0..4),
        seed in any::<u64>(),
        good_within_secs in proptest::option::of(0.001..1.0f64),
    ) -> Document {
        let mut document = Document { seed, good_within_secs, run_length_secs: 20.0, ..Document::default() };
        document.add_node(Node { kind: "source".into(), label: "Clients".into(), role: None, area: None, at: Point::default(), params: clients });
        for node in others {
            document.add_node(node);
        }
        let last = document.nodes.len() as u32;
        // Everybody is called by somebody before them; the rest as it comes.
        for to in 2..=last {
            document.add_edge(Edge { from: NodeId(1 + (to - 2) / 2), to: NodeId(to), params: Params::new() });
        }
        for (from, to, params) in wires {
            let (a, b) = (1 + from.index(last as usize) as u32, 1 + to.index(last as usize) as u32);
            document.add_edge(Edge { from: NodeId(a.min(b)), to: NodeId(a.max(b)), params });
        }
        for area in areas {
            document.add_area(area);
        }
        for (node, place) in document.nodes.values_mut().zip(places) {
            // Five is no area: a node that stands in none that exists.
            let area = Some(AreaId(place)).filter(|area| place == 5 || document.areas.contains_key(area));
            std::rc::Rc::make_mut(node).area = area;
        }
        document.faults = faults.into_iter().map(|(at_secs, for_secs, fault)| ScheduledFault { at_secs, for_secs, fault }).collect();
        document
    }
}

/// Takes away what `check` calls an error, as a person would: the node, the wire, the fault, or its parameters.
pub fn mended(mut document: Document) -> Option<Document> {
    for _ in 0..60 {
        let problems = check::check(&document);
        let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) else {
            return Some(document);
        };
        match problem.place {
            Place::Document => return None,
            Place::Fault(index) => drop(document.faults.remove(index)),
            Place::Area(id) => document.remove_area(id),
            Place::Edge(id) if problem.param.is_none() => drop(document.edges.remove(&id)),
            Place::Edge(id) => {
                std::rc::Rc::make_mut(document.edges.get_mut(&id).expect("a problem's place exists")).params =
                    Params::new();
            }
            Place::Node(id) if problem.code == "missing-area" => {
                std::rc::Rc::make_mut(document.nodes.get_mut(&id).expect("a problem's place exists")).area = None;
            }
            Place::Node(id) if problem.param.is_none() => document.remove_node(id),
            Place::Node(id) => {
                std::rc::Rc::make_mut(document.nodes.get_mut(&id).expect("a problem's place exists")).params =
                    Params::new();
            }
        }
    }
    panic!("what check() names could not be taken away")
}

/// What scales, sixty times as fast as it was drawn: so that replicas, nodes and copies come and go within a short run.
pub fn hastened(mut document: Document) -> Document {
    for node in document.nodes.values_mut() {
        let Some(kind) = station::find(&node.kind) else { continue };
        let node = std::rc::Rc::make_mut(node);
        for spec in kind.entry.params.iter().filter(|spec| SCALING.contains(&spec.key)) {
            let ParamKind::Variant { registry, default } = spec.kind else { continue };
            let drawn = node.params.get(spec.key).cloned();
            let mut chosen = match drawn {
                Some(Value::Variant(variant)) => variant,
                _ => Variant::new(default, Params::new()),
            };
            let Some(entry) = registry().into_iter().find(|entry| entry.id == chosen.id) else { continue };
            for inner in entry.params {
                let ParamKind::Number { unit, min, default, .. } = inner.kind else { continue };
                let drawn = match chosen.params.get(inner.key) {
                    Some(Value::Number(number)) => *number,
                    _ => default,
                };
                match unit {
                    Unit::Seconds => chosen.params.set(inner.key, (drawn / 60.0).max(min)),
                    _ if inner.key == "data" => chosen.params.set(inner.key, drawn / 60.0),
                    _ => {}
                }
            }
            if !entry.params.is_empty() {
                node.params.set(spec.key, chosen);
            }
        }
    }
    document
}
