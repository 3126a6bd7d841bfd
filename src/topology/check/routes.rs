//! Problems of the drawing as a whole: where requests come from, where they can get to, and where they run in circles.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, kind_of, name_of};
use crate::engine::sort;
use crate::topology::document::{Document, EdgeId, NodeId, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    let is_source = |id: &NodeId| kind_of(document, *id).is_some_and(|kind| !kind.accepts_input);
    let sources: Vec<NodeId> = document.nodes.keys().copied().filter(|id| is_source(id)).collect();
    if sources.is_empty() {
        found.error(
            Place::Document,
            "no-source",
            if document.nodes.is_empty() {
                "The canvas is empty.".to_owned()
            } else {
                "Nothing sends requests: there are no clients.".to_owned()
            },
            "Place clients and connect them to the station that should answer.",
        );
    }
    let calls = calls(document);
    unreached(document, &sources, &calls, found);
    cycles(document, &calls, found);
}

/// Who calls whom, over which edge, by ascending edge.
type Calls = BTreeMap<NodeId, Vec<(EdgeId, NodeId)>>;

fn calls(document: &Document) -> Calls {
    let mut calls = Calls::new();
    for (id, edge) in &document.edges {
        if document.nodes.contains_key(&edge.from) && document.nodes.contains_key(&edge.to) {
            calls.entry(edge.from).or_default().push((*id, edge.to));
        }
    }
    calls
}

fn unreached(document: &Document, sources: &[NodeId], calls: &Calls, found: &mut Found) {
    // Without clients everything is unreached; that one problem has been named.
    if sources.is_empty() {
        return;
    }
    let mut reached: BTreeSet<NodeId> = sort::set(sources.iter().copied());
    let mut open = sources.to_vec();
    while let Some(node) = open.pop() {
        for (_, to) in calls.get(&node).into_iter().flatten() {
            if reached.insert(*to) {
                open.push(*to);
            }
        }
    }
    for id in document.nodes.keys().filter(|id| !reached.contains(id)) {
        let name = name_of(document, *id);
        found.warn(
            Place::Node(*id),
            "no-path",
            format!("No request can reach {name}: no path leads there from any clients."),
            format!("Draw a connection to {name}, or remove it."),
        );
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Open,
    Done,
}

/// One problem for each edge that closes a cycle, at that edge.
fn cycles(document: &Document, calls: &Calls, found: &mut Found) {
    let mut marks: BTreeMap<NodeId, Mark> = BTreeMap::new();
    for root in document.nodes.keys() {
        if marks.contains_key(root) {
            continue;
        }
        // Depth first with an explicit path: (node, next call to follow).
        let mut path: Vec<(NodeId, usize)> = vec![(*root, 0)];
        marks.insert(*root, Mark::Open);
        while let Some((node, next)) = path.last_mut() {
            let Some((edge, to)) = calls.get(node).and_then(|calls| calls.get(*next)).copied() else {
                marks.insert(*node, Mark::Done);
                path.pop();
                continue;
            };
            *next += 1;
            match marks.get(&to) {
                None => {
                    marks.insert(to, Mark::Open);
                    path.push((to, 0));
                }
                Some(Mark::Done) => {}
                Some(Mark::Open) => {
                    let start = path.iter().position(|(node, _)| *node == to).expect("open nodes stand on the path");
                    let mut names: Vec<String> =
                        path[start..].iter().map(|(node, _)| name_of(document, *node)).collect();
                    names.push(name_of(document, to));
                    found.error(
                        Place::Edge(edge),
                        "cycle",
                        format!("Requests run in a circle: {}.", names.join(" → ")),
                        "Remove one of these connections: a call must come to an end.",
                    );
                }
            }
        }
    }
}
