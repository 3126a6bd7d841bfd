//! Problems of who is let in and who is next: settings that cannot do what they are there for.

use std::collections::BTreeSet;

use super::{Found, kind_of, name_of};
use crate::engine::sort;
use crate::model::admission::shed;
use crate::model::discipline;
use crate::model::params::{Entry, Value};
use crate::model::read::Reader;
use crate::model::station;
use crate::topology::document::{Document, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    let priorities = priorities(document);
    for (id, node) in &document.nodes {
        let Some(kind) = kind_of(document, *id) else { continue };
        let reader = Reader::new(&kind.entry, &node.params);
        let chosen = |key: &str| {
            let offers = kind.entry.params.iter().any(|spec| spec.key == key);
            offers.then(|| reader.variant(key))
        };
        let (place, name) = (Place::Node(*id), name_of(document, *id));
        let line = chosen("discipline").map(|(entry, _)| entry);
        let shedding = chosen("shedding");
        let by_priority = |entry: &Entry| entry.id == "priority" || entry.id == "preemptive-priority";
        let goes_by_priority =
            line.is_some_and(by_priority) || shedding.as_ref().is_some_and(|(entry, _)| by_priority(entry));
        if goes_by_priority && priorities.len() == 1 {
            found.warn(
                place,
                "one-priority",
                format!("{name} goes by priority, but all requests have the same one."),
                "Give clients different priorities, or paths of theirs.",
            );
        }
        let sharing = chosen("discipline").is_some_and(|(_, variant)| discipline::read(&variant).is_sharing());
        if sharing && node.params.get("queue") == Some(&Value::from("shared")) {
            found.warn(
                place,
                "no-queue-to-share",
                format!("{name} shares one queue among its replicas, but with processor sharing nothing waits."),
                "Each replica shares its own slots. Let every replica have a queue of its own, or choose another discipline.",
            );
        }
        if let Some((entry, variant)) = shedding.filter(|(entry, _)| shed::is_kind(entry.id)) {
            let reader = Reader::new(entry, &variant.params);
            if entry.id == "priority" && reader.number("low_until") > reader.number("normal_until") {
                found.warn(
                    place,
                    "priorities-reversed",
                    format!("{name} turns normal priority away before low priority."),
                    "Let normal priority in for longer than low.",
                );
            }
            let has = |key: &str| entry.params.iter().any(|spec| spec.key == key);
            if has("least") && has("most") && reader.number("least") > reader.number("most") {
                found.warn(
                    place,
                    "limits-reversed",
                    format!("{name}: the limit may not fall below what it may not rise above."),
                    "Set \"Never below\" to less than \"Never above\".",
                );
            }
        }
    }
}

/// Priorities that requests can have.
fn priorities(document: &Document) -> BTreeSet<String> {
    let clients = document.nodes.values().filter(|node| node.kind == station::source::KIND.entry.id);
    let rows = clients.flat_map(|node| Reader::new(&station::source::KIND.entry, &node.params).rows("priorities"));
    let named = |row: Vec<Value>| match row.as_slice() {
        [Value::Text(word), Value::Number(weight), ..] if *weight > 0.0 => Some(word.clone()),
        _ => None,
    };
    sort::set(rows.filter_map(named))
}
