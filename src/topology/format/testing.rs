//! Random runs for property tests: everything that the saved form can hold.

use std::rc::Rc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::limits::{POSITION_MAX, SECS_MAX};
use super::{Run, SAFE_INTEGER_MAX};
use crate::model::params::{Params, Value, Variant};
use crate::topology::document::{
    Area, AreaId, AreaKind, Change, Document, Edge, EdgeId, Edit, Fault, FaultTarget, Input, Node, NodeId, Point,
    ScheduledFault, Window,
};

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        -1e3..1e3,
        (-50i32..50).prop_map(f64::from)
    ]
}

fn any_secs() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..SECS_MAX, (0u32..1000).prop_map(f64::from)]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_-]{0,12}", "\\PC{0,12}"]
}

fn any_params() -> impl Strategy<Value = Params> {
    let leaf = prop_oneof![
        any_number().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
        any_text().prop_map(Value::Text)
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::List),
            // "id" is the variant's own; every other key is free.
            ("[a-z-]{1,8}", btree_map("[a-z]{3,6}", inner, 0..3))
                .prop_map(|(id, params)| Value::Variant(Variant { id, params: Params(params) })),
        ]
    });
    btree_map("[a-z_]{3,8}", value, 0..4).prop_map(Params)
}

fn any_node() -> impl Strategy<Value = Rc<Node>> {
    let area = option::of((0u32..99).prop_map(AreaId));
    (any_text(), any_text(), option::of(any_text()), area, any_point(), any_params())
        .prop_map(|(kind, label, role, area, at, params)| Rc::new(Node { kind, label, role, area, at, params }))
}

fn any_point() -> impl Strategy<Value = Point> {
    let number = || any_number().prop_map(|number| number.clamp(-POSITION_MAX, POSITION_MAX));
    (number(), number()).prop_map(|(x, y)| Point { x, y })
}

fn any_area() -> impl Strategy<Value = Rc<Area>> {
    let kind = prop_oneof![
        any_text().prop_map(|region| AreaKind::Region { region }),
        (0u32..99).prop_map(|within| AreaKind::Zone { within: AreaId(within) }),
    ];
    (kind, any_text(), any_point(), any_point())
        .prop_map(|(kind, label, at, size)| Rc::new(Area { kind, label, at, size }))
}

fn any_target() -> impl Strategy<Value = FaultTarget> {
    prop_oneof![
        (0u32..99).prop_map(|id| FaultTarget::Node(NodeId(id))),
        (0u32..99, 0u32..9).prop_map(|(id, index)| FaultTarget::Replica(NodeId(id), index)),
        (0u32..99).prop_map(|id| FaultTarget::Edge(EdgeId(id))),
        (0u32..99).prop_map(|id| FaultTarget::Area(AreaId(id))),
    ]
}

fn any_fault() -> impl Strategy<Value = Fault> {
    (any_text(), any_target(), any_params()).prop_map(|(kind, target, params)| Fault { kind, target, params })
}

fn any_change() -> impl Strategy<Value = Change> {
    let edge = (0u32..9, 0u32..9, any_params())
        .prop_map(|(from, to, params)| Rc::new(Edge { from: NodeId(from), to: NodeId(to), params }));
    let nodes = btree_map((0u32..9).prop_map(NodeId), option::of(any_node()), 0..3);
    let edges = btree_map((0u32..9).prop_map(EdgeId), option::of(edge), 0..3);
    let areas = btree_map((0u32..9).prop_map(AreaId), option::of(any_area()), 0..3);
    prop_oneof![
        (nodes, edges, areas).prop_map(|(nodes, edges, areas)| Change::Edit(Edit { nodes, edges, areas })),
        any_fault().prop_map(Change::Inject),
        (any_text(), any_target()).prop_map(|(kind, target)| Change::Lift { kind, target }),
    ]
}

prop_compose! {
    fn any_document()(
        (title, notes) in (any_text(), any_text()),
        nodes in btree_map((0u32..1000).prop_map(NodeId), any_node(), 1..5),
        wires in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_params()), 0..6),
        areas in btree_map((0u32..1000).prop_map(AreaId), any_area(), 0..3),
        faults in vec((any_secs(), option::of(any_secs()), any_fault()), 0..3),
        windows in vec((any_text(), any_secs(), any_secs()), 0..3),
        seed in prop_oneof![any::<u64>(), 0..=SAFE_INTEGER_MAX],
        (run_length_secs, warm_up_secs, good_within_secs) in (any_secs(), any_secs(), option::of(any_secs())),
        (day_secs, slo_p99_secs) in (option::of(any_secs()), option::of(any_secs())),
        (slo_answered_share, transfer_costs) in (option::of(0.0..=1.0), any::<bool>()),
    ) -> Document {
        let ids: Vec<NodeId> = nodes.keys().copied().collect();
        let edges = wires.into_iter().enumerate().map(|(index, (from, to, params))| {
            (EdgeId(index as u32 * 3), Rc::new(Edge { from: *from.get(&ids), to: *to.get(&ids), params }))
        });
        Document {
            title, notes, edges: edges.collect(), nodes, areas, seed, run_length_secs, warm_up_secs, good_within_secs, day_secs,
            slo_p99_secs, slo_answered_share, transfer_costs,
            faults: faults.into_iter().map(|(at_secs, for_secs, fault)| ScheduledFault { at_secs, for_secs, fault }).collect(),
            windows: windows.into_iter().map(|(name, from_secs, to_secs)| Window { name, from_secs, to_secs }).collect(),
        }
    }
}

prop_compose! {
    /// A run with every kind of entry in it; edges join nodes that exist, inputs are in order.
    pub(crate) fn any_run()(
        engine in "[0-9]\\.[0-9]\\.[0-9]",
        document in any_document(),
        changes in vec((0u64..1000, any_change()), 0..4),
    ) -> Run {
        let mut at_event = 0;
        let inputs = changes.into_iter().map(|(gap, change)| { at_event += gap; Input { at_event, change } }).collect();
        Run { engine, document, inputs }
    }
}
