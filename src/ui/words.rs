//! What a person would call things: stations and connections, faults and what they hit.

use super::kit::format;
use crate::editor::Target;
use crate::editor::catalog::member_of;
use crate::editor::edit::target_name;
use crate::model::fault;
use crate::model::params::{ParamKind, Params, Value};
use crate::topology::document::{Document, FaultTarget};

/// What a person would call it.
#[must_use]
pub fn target_words(document: &Document, target: Target) -> String {
    match target {
        Target::Node(id) => document.nodes.get(&id).map_or_else(|| "a station".to_owned(), |node| node.label.clone()),
        Target::Edge(id) => document.edges.get(&id).map_or_else(
            || "a connection".to_owned(),
            |edge| {
                let label = |id| document.nodes.get(id).map_or("?", |node| node.label.as_str());
                format!("{} → {}", label(&edge.from), label(&edge.to))
            },
        ),
        Target::Area(_) => target_name(document, target),
    }
}

/// What a fault hits, in words.
#[must_use]
pub fn fault_target_words(document: &Document, target: FaultTarget) -> String {
    match target {
        FaultTarget::Node(id) => target_words(document, Target::Node(id)),
        FaultTarget::Replica(id, replica) => {
            format!("{}, {}", target_words(document, Target::Node(id)), member_of(document, id, replica))
        }
        FaultTarget::Edge(id) => target_words(document, Target::Edge(id)),
        FaultTarget::Area(id) => target_words(document, Target::Area(id)),
    }
}

/// A fault in words: "Kill Orders C", "Slow down Orders DB, 4×".
#[must_use]
pub fn fault_words(document: &Document, kind: &str, target: FaultTarget, params: &Params) -> String {
    let entry = fault::find(kind).map(|kind| &kind.entry);
    let name = entry.map_or(kind, |entry| entry.name);
    let on = fault_target_words(document, target);
    let value = entry.and_then(|entry| entry.params.first()).and_then(|spec| {
        let ParamKind::Number { unit, .. } = spec.kind else { return None };
        match params.get(spec.key).cloned().unwrap_or_else(|| spec.default_value()) {
            Value::Number(number) => Some(format::with_unit(number, unit)),
            _ => None,
        }
    });
    match value {
        Some(value) => format!("{name}: {on}, {value}"),
        None => format!("{name}: {on}"),
    }
}

/// The id of what shows a target on the stage; with a key behind it that of its field.
#[must_use]
pub fn element_id(target: Target) -> String {
    match target {
        Target::Node(id) => format!("node-{}", id.0),
        Target::Edge(id) => format!("edge-{}", id.0),
        Target::Area(id) => format!("area-{}", id.0),
    }
}
