//! What several selected stations, or several wires, have in common: set once, it is set on all of them.

use super::session::{Selection, Target};
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::{ParamKind, ParamSpec, Params};
use crate::model::station::{self, Groups};
use crate::topology::document::Document;

/// The common settings of several things.
#[derive(Debug)]
pub struct Common {
    pub targets: Vec<Target>,
    /// Of the first of them; the others have those of `keys` as well.
    pub specs: &'static [ParamSpec],
    /// How the first one's form groups them.
    pub groups: Groups,
    pub keys: Vec<&'static str>,
    /// The values of the first.
    pub params: Params,
    /// Keys that are not set to the same everywhere.
    pub differ: Vec<&'static str>,
}

/// The common settings of what is selected: of its stations, or of its wires if there are no two stations. `None` where
/// there are fewer than two, or nothing in common.
#[must_use]
pub fn common(document: &Document, selection: &Selection) -> Option<Common> {
    type Set<'a> = (Target, &'static [ParamSpec], Groups, &'a Params);
    let nodes: Vec<Set<'_>> = selection
        .nodes
        .iter()
        .filter_map(|id| {
            let node = document.nodes.get(id)?;
            let kind = station::find(&node.kind)?;
            Some((Target::Node(*id), kind.entry.params, kind.groups, &node.params))
        })
        .collect();
    let edges = selection.edges.iter().filter_map(|id| {
        let edge = document.edges.get(id)?;
        Some((Target::Edge(*id), EDGE_ENTRY.params, crate::model::edge::GROUPS, &edge.params))
    });
    let things = if nodes.len() > 1 { nodes } else { edges.collect() };
    let [(_, specs, groups, params), others @ ..] = things.as_slice() else { return None };
    if others.is_empty() {
        return None;
    }
    let twin = |spec: &ParamSpec, specs: &'static [ParamSpec]| {
        specs.iter().find(|other| other.key == spec.key && other.label == spec.label && same(&spec.kind, &other.kind))
    };
    let shared: Vec<&ParamSpec> =
        specs.iter().filter(|spec| others.iter().all(|(_, specs, ..)| twin(spec, specs).is_some())).collect();
    let value = |specs: &'static [ParamSpec], params: &Params, spec: &ParamSpec| {
        params.get(spec.key).cloned().or_else(|| twin(spec, specs).map(ParamSpec::default_value))
    };
    let differs = |spec: &&&ParamSpec| {
        let first = value(specs, params, spec);
        others.iter().any(|(_, specs, _, params)| value(specs, params, spec) != first)
    };
    let differ = shared.iter().filter(differs).map(|spec| spec.key).collect();
    let keys: Vec<&'static str> = shared.iter().map(|spec| spec.key).collect();
    let targets = things.iter().map(|(target, ..)| *target).collect();
    (!keys.is_empty()).then(|| Common { targets, specs, groups, keys, params: (*params).clone(), differ })
}

/// Whether two parameters take the same values.
fn same(a: &ParamKind, b: &ParamKind) -> bool {
    match (a, b) {
        (ParamKind::Number { unit, min, max, .. }, ParamKind::Number { unit: unit_b, min: min_b, max: max_b, .. }) => {
            unit == unit_b && min == min_b && max == max_b
        }
        (ParamKind::Bool { .. }, ParamKind::Bool { .. }) => true,
        (ParamKind::Text { .. }, ParamKind::Text { .. }) => true,
        (ParamKind::Choice { options, .. }, ParamKind::Choice { options: options_b, .. }) => options == options_b,
        (ParamKind::Variant { registry, .. }, ParamKind::Variant { registry: registry_b, .. }) => {
            let ids = |entries: Vec<&crate::model::params::Entry>| entries.into_iter().map(|entry| entry.id).collect();
            let (a, b): (Vec<&str>, Vec<&str>) = (ids(registry()), ids(registry_b()));
            a == b
        }
        (ParamKind::Station, ParamKind::Station) => true,
        (ParamKind::Table { columns, .. }, ParamKind::Table { columns: columns_b, .. }) => {
            std::ptr::eq(*columns, *columns_b)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::testing::document;
    use crate::model::params::Value;
    use std::rc::Rc;

    #[test]
    fn stations_of_one_kind_have_all_in_common_and_say_what_differs() {
        let mut document = document("a; b; c");
        let id = *document.nodes.keys().next_back().expect("three services");
        Rc::make_mut(document.nodes.get_mut(&id).expect("there")).params.set("replicas", Value::Number(4.0));
        let all = common(&document, &Selection::all(&document)).expect("three services");
        assert_eq!((all.targets.len(), all.keys.len()), (3, all.specs.len()));
        assert_eq!(all.differ, ["replicas"]);
    }

    #[test]
    fn stations_of_two_kinds_share_what_means_the_same_and_wires_come_after_stations() {
        let document = document("src -> db; src -> cache");
        let two = Selection::of_nodes(document.nodes.keys().copied().skip(1));
        let shared = common(&document, &two).expect("a database and a cache");
        assert!(shared.keys.contains(&"queue_limit") && !shared.keys.contains(&"ttl"), "{:?}", shared.keys);
        let wires = Selection { edges: document.edges.keys().copied().collect(), ..Selection::default() };
        assert!(common(&document, &wires).is_some_and(|wires| wires.keys.contains(&"timeout")));
        assert!(common(&document, &Selection::default()).is_none());
    }
}
