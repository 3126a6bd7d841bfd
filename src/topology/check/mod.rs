//! Problems that can be told before a run: each with its place, what is wrong, and what to do about it.
//!
//! An error stands in the way of a run; a warning says that it will surely not go as meant.

mod admission;
mod areas;
mod backends;
mod brokers;
pub mod cost;
mod kinds;
mod params;
mod paths;
mod routes;

use std::collections::BTreeSet;

pub use params::{ParamProblem, check_params};

use crate::engine::sort;
use crate::model::edge::EDGE_ENTRY;
use crate::model::fault::{self, Effect, Targets};
use crate::model::params::Value;
use crate::model::read::Reader;
use crate::model::station::{self, Category, Outputs, StationKind, source};
use crate::topology::document::{
    Change, Diagnostic, Document, Edge, EdgeId, Fault, FaultTarget, Node, NodeId, Place, Severity,
};
use crate::topology::format::nearest;

/// All problems of `document`, errors first; by place within each severity.
#[must_use]
pub fn check(document: &Document) -> Vec<Diagnostic> {
    let mut found = Found::default();
    whole(document, &mut found);
    for (id, node) in &document.nodes {
        check_node(document, *id, node, &mut found);
    }
    for (id, edge) in &document.edges {
        check_edge(document, *id, edge, &mut found);
    }
    for (index, scheduled) in document.faults.iter().enumerate() {
        let place = Place::Fault(index);
        check_fault(document, place, &scheduled.fault, &mut found);
        if scheduled.at_secs >= document.run_length_secs {
            found.warn(
                place,
                "fault-too-late",
                format!(
                    "\"{}\" starts at {} s, but the run is over after {} s.",
                    scheduled.fault.kind, scheduled.at_secs, document.run_length_secs
                ),
                "Start it earlier, or make the run longer.",
            );
        }
    }
    areas::check(document, &mut found);
    routes::check(document, &mut found);
    kinds::check(document, &mut found);
    backends::check(document, &mut found);
    paths::check(document, &mut found);
    admission::check(document, &mut found);
    brokers::check(document, &mut found);
    // What nothing else stands in the way of: is there a machine that can run it?
    if runs(&found.0) {
        cost::check(document, &mut found);
    }
    found.sorted()
}

/// The problems of a change to the running `document`: those that the document would have after it and does not have now.
#[must_use]
pub fn check_change(document: &Document, change: &Change) -> Vec<Diagnostic> {
    match change {
        Change::Edit(edit) => {
            let before = check(document);
            let mut after = document.clone();
            edit.apply(&mut after);
            check(&after).into_iter().filter(|problem| !before.contains(problem)).collect()
        }
        Change::Inject(fault) => {
            let mut found = Found::default();
            check_fault(document, Place::Document, fault, &mut found);
            found.sorted()
        }
        Change::Lift { .. } => Vec::new(),
    }
}

/// Whether nothing stands in the way of a run.
#[must_use]
pub fn runs(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning)
}

/// A message or a remedy is no longer than this [characters].
const WORDS_CHARS_MAX: usize = 1_200;

/// Problems as they are found.
#[derive(Default)]
struct Found(Vec<Diagnostic>);

impl Found {
    fn error(&mut self, place: Place, code: &str, message: String, remedy: impl Into<String>) {
        self.add(Severity::Error, place, code, message, remedy);
    }

    fn warn(&mut self, place: Place, code: &str, message: String, remedy: impl Into<String>) {
        self.add(Severity::Warning, place, code, message, remedy);
    }

    fn add(&mut self, severity: Severity, place: Place, code: &str, message: String, remedy: impl Into<String>) {
        let remedy = remedy.into();
        self.0.push(Diagnostic { severity, place, param: None, code: code.to_owned(), message, remedy });
    }

    /// What is wrong with the parameters of something called `name`.
    fn params(&mut self, place: Place, name: &str, problems: Vec<ParamProblem>) {
        self.0.extend(problems.into_iter().map(|problem| Diagnostic {
            severity: problem.severity,
            place,
            param: Some(problem.param),
            code: problem.code.to_owned(),
            message: format!("{name}: {}", problem.message),
            remedy: problem.remedy,
        }));
    }

    fn sorted(self) -> Vec<Diagnostic> {
        let mut list = self.0;
        for diagnostic in &mut list {
            clip(&mut diagnostic.message);
            clip(&mut diagnostic.remedy);
        }
        let place = |place: &Place| match place {
            Place::Document => (0, 0),
            Place::Node(id) => (1, u64::from(id.0)),
            Place::Edge(id) => (2, u64::from(id.0)),
            Place::Area(id) => (3, u64::from(id.0)),
            Place::Fault(index) => (4, *index as u64),
        };
        // Stable: within a place in the order of discovery, which is the order of the parameters in their entry.
        sort::few_by_key(&mut list, |diagnostic| (std::cmp::Reverse(diagnostic.severity), place(&diagnostic.place)));
        list
    }
}

/// Words that somebody can read: what a document says may be thousands of characters long.
fn clip(words: &mut String) {
    if let Some((at, _)) = words.char_indices().nth(WORDS_CHARS_MAX) {
        words.truncate(at);
        words.push('…');
    }
}

/// The kind of a node, where it is known.
fn kind_of(document: &Document, id: NodeId) -> Option<&'static StationKind> {
    document.nodes.get(&id).and_then(|node| station::find(&node.kind))
}

/// A node as sentences call it.
fn name_of(document: &Document, id: NodeId) -> String {
    match document.nodes.get(&id) {
        Some(node) if !node.label.trim().is_empty() => node.label.clone(),
        _ => format!("node {}", id.0),
    }
}

/// An edge as sentences call it.
fn edge_name(document: &Document, edge: &Edge) -> String {
    format!("{} → {}", name_of(document, edge.from), name_of(document, edge.to))
}

/// " (did you mean "x"?)" where one of `known` is close to `word`.
fn guess(word: &str, known: &[&str]) -> String {
    nearest(word, known).map_or_else(String::new, |meant| format!(" Did you mean \"{meant}\"?"))
}

fn whole(document: &Document, found: &mut Found) {
    let length = document.run_length_secs;
    if !(length.is_finite() && length > 0.0) {
        found.error(
            Place::Document,
            "run-length",
            format!("The run lasts {length} s."),
            "Set a run length above 0 seconds.",
        );
    } else if !(document.warm_up_secs >= 0.0 && document.warm_up_secs < length) {
        found.error(
            Place::Document,
            "warm-up",
            format!("The warm-up of {} s leaves nothing of a run of {length} s to measure.", document.warm_up_secs),
            "Make the warm-up shorter than the run.",
        );
    }
    if document.good_within_secs.is_some_and(|secs| !(secs.is_finite() && secs > 0.0)) {
        found.error(
            Place::Document,
            "good-within",
            "No answer can come within the time set for goodput.".to_owned(),
            "Set it above 0 seconds, or leave it out: then every answer is good.",
        );
    }
    if document.day_secs.is_some_and(|secs| !(1.0..=86_400.0).contains(&secs)) {
        found.error(
            Place::Document,
            "day-length",
            "A day on the calendar lasts between 1 and 86,400 simulated seconds.".to_owned(),
            "Set it to 1440, so that a minute stands for an hour, or leave it out: then days are real.",
        );
    }
    let share = document.slo_answered_share.is_some_and(|share| !(0.0..=1.0).contains(&share));
    if share || document.slo_p99_secs.is_some_and(|secs| !(secs.is_finite() && secs >= 0.0)) {
        found.error(
            Place::Document,
            "objective",
            "The objective asks for a share between 0 and 100 % and a time of 0 seconds or more.".to_owned(),
            "Set it within those, or leave it out: then the usual one counts.",
        );
    }
    let mut names = BTreeSet::new();
    for window in &document.windows {
        if !names.insert(window.name.as_str()) {
            found.warn(
                Place::Document,
                "window-twice",
                format!("Two windows are called \"{}\".", window.name),
                "Give each window a name of its own.",
            );
        }
        if !(window.from_secs < window.to_secs && window.from_secs < length) {
            found.warn(
                Place::Document,
                "window-empty",
                format!(
                    "No request can belong to the window \"{}\" ({} s to {} s of {length} s).",
                    window.name, window.from_secs, window.to_secs
                ),
                "Let it begin before its end and before the end of the run.",
            );
        }
    }
}

fn check_node(document: &Document, id: NodeId, node: &Node, found: &mut Found) {
    let place = Place::Node(id);
    let name = name_of(document, id);
    let Some(kind) = station::find(&node.kind) else {
        let known: Vec<&str> = station::REGISTRY.iter().map(|kind| kind.entry.id).collect();
        found.error(
            place,
            "unknown-station",
            format!("{name}: there is no station of the kind \"{}\".{}", node.kind, guess(&node.kind, &known)),
            format!("Replace it by one of: {}.", known.join(", ")),
        );
        return;
    };
    found.params(place, &name, check_params(&kind.entry, &node.params));

    if kind.outputs == Outputs::Required && document.edges_from(id).next().is_none() {
        if kind.accepts_input {
            found.error(
                place,
                "no-backend",
                format!("{name} has no backend: every request that reaches it fails."),
                format!("Draw a connection from {name} to a service."),
            );
        } else {
            found.error(
                place,
                "no-output",
                format!("{name} is connected to nothing: its requests have nowhere to go."),
                format!("Draw a connection from {name} to a balancer or a service."),
            );
        }
    }
    let scaled = matches!(node.params.get("scaler"), Some(Value::Variant(scaler)) if scaler.id != "off");
    if kind.accepts_input && !scaled && kinds::members_max(document, id) == 0 {
        found.warn(
            place,
            "no-capacity",
            format!("{name} has no replica: every request that reaches it is refused."),
            "Give it at least one replica.",
        );
    }
}

fn check_edge(document: &Document, id: EdgeId, edge: &Edge, found: &mut Found) {
    let place = Place::Edge(id);
    let name = edge_name(document, edge);
    for end in [edge.from, edge.to] {
        if !document.nodes.contains_key(&end) {
            found.error(
                place,
                "missing-node",
                format!("A connection ends at node {}, which does not exist.", end.0),
                "Remove the connection.",
            );
            return;
        }
    }
    if kind_of(document, edge.to).is_some_and(|kind| !kind.accepts_input) {
        found.error(
            place,
            "edge-into-source",
            format!("{name}: {} sends requests, it takes none.", name_of(document, edge.to)),
            "Remove the connection, or draw it the other way round.",
        );
    }
    if kind_of(document, edge.from).is_some_and(|kind| kind.outputs == Outputs::None) {
        found.error(
            place,
            "edge-out",
            format!("{name}: {} answers by itself; it calls nothing.", name_of(document, edge.from)),
            "Remove the connection, or draw it the other way round.",
        );
    }
    let carries = |edge: &Edge| (edge.params.get("operations").cloned(), edge.params.get("path").cloned());
    let twin = document
        .edges_from(edge.from)
        .find(|(other, twin)| *other < id && twin.to == edge.to && carries(twin) == carries(edge));
    if twin.is_some() {
        found.warn(
            place,
            "duplicate-edge",
            format!(
                "{name}: the same connection stands there twice, so {} is called twice.",
                name_of(document, edge.to)
            ),
            "Remove one of the two; to send more traffic one way, raise its weight instead.",
        );
    }
    found.params(place, &name, check_params(&EDGE_ENTRY, &edge.params));

    let waits_for_ever = matches!(edge.params.get("timeout"), None | Some(Value::Number(0.0)));
    let silenced = document.faults.iter().find_map(|scheduled| silenced(id, edge, &scheduled.fault));
    if let (true, Some((what, until))) = (waits_for_ever, silenced) {
        found.warn(
            place,
            "no-time-out",
            format!("{name} will {what}, and its caller has no time-out: it waits until {until}."),
            "Set a time-out on the connection.",
        );
    }
}

/// What a planned fault does that only a time-out of this connection can end, and how long it takes without.
fn silenced(id: EdgeId, edge: &Edge, fault: &Fault) -> Option<(&'static str, &'static str)> {
    let effect = fault::find(&fault.kind).map(|kind| (kind.effect)(&fault.params))?;
    let here = match fault.target {
        FaultTarget::Edge(hit) => hit == id,
        FaultTarget::Node(node) | FaultTarget::Replica(node, _) => node == edge.to,
        FaultTarget::Area(_) => false,
    };
    match effect {
        _ if !here => None,
        Effect::Loss { out, back } if out >= 1.0 || back >= 1.0 => Some(("be partitioned", "the network gives up")),
        Effect::Loss { out, back } if out > 0.0 || back > 0.0 => Some(("lose messages", "the network gives up")),
        Effect::Hang => Some(("lead to a process that hangs", "that goes on")),
        _ => None,
    }
}

/// In a closed loop more traffic is more users, and there is an end to those.
fn check_users(document: &Document, place: Place, node: NodeId, factor: f64, found: &mut Found) {
    let (Some(station), Some(drawn)) = (kind_of(document, node), document.nodes.get(&node)) else { return };
    let (arrivals, chosen) = Reader::new(&station.entry, &drawn.params).variant("arrivals");
    if arrivals.id != source::CLOSED.id {
        return;
    }
    let users = Reader::new(arrivals, &chosen.params).number("users");
    if users * factor > source::USERS_MAX {
        found.error(
            place,
            "too-many-users",
            format!(
                "{} has {users} users: {factor} times as many are more than the {} that can be simulated.",
                name_of(document, node),
                source::USERS_MAX
            ),
            format!("Set \"Times\" to at most {}, or begin with fewer users.", (source::USERS_MAX / users).floor()),
        );
    }
}

fn check_fault(document: &Document, place: Place, fault: &Fault, found: &mut Found) {
    let Some(kind) = fault::find(&fault.kind) else {
        let known: Vec<&str> = fault::REGISTRY.iter().map(|kind| kind.entry.id).collect();
        found.error(
            place,
            "unknown-fault",
            format!("There is no fault of the kind \"{}\".{}", fault.kind, guess(&fault.kind, &known)),
            format!("Replace it by one of: {}.", known.join(", ")),
        );
        return;
    };
    let name = kind.entry.name;
    found.params(place, name, check_params(kind.entry, &fault.params));

    let (exists, words) = match fault.target {
        FaultTarget::Node(node) | FaultTarget::Replica(node, _) => {
            (document.nodes.contains_key(&node), format!("node {}", node.0))
        }
        FaultTarget::Edge(edge) => (document.edges.contains_key(&edge), format!("connection {}", edge.0)),
        FaultTarget::Area(area) => (document.areas.contains_key(&area), format!("area {}", area.0)),
    };
    if !exists {
        // On the timetable it simply does nothing: removing a node while it runs is not refused for it.
        let severity = if matches!(place, Place::Fault(_)) { Severity::Warning } else { Severity::Error };
        let message = format!("{name} is aimed at {words}, which does not exist.");
        let remedy = "Aim it at something that exists, or remove it.";
        found.add(severity, place, "fault-target-missing", message, remedy);
        return;
    }
    let hits = match fault.target {
        FaultTarget::Edge(_) => kind.targets == Targets::Edges,
        FaultTarget::Area(_) => kind.targets == Targets::Areas,
        FaultTarget::Node(node) | FaultTarget::Replica(node, _) => {
            kind_of(document, node).is_some_and(|station| kind.targets.include(station))
        }
    };
    if !hits {
        let aim = kind.targets.words();
        found.error(
            place,
            "fault-target-kind",
            format!("{name} can hit {aim}, but it is aimed at {}.", target_name(document, fault.target)),
            format!("Aim it at {aim}."),
        );
        return;
    }
    if let (Effect::Traffic { factor }, FaultTarget::Node(node)) = ((kind.effect)(&fault.params), fault.target) {
        check_users(document, place, node, factor, found);
    }
    if let FaultTarget::Replica(node, _) = fault.target {
        // What only passes on has no replicas that could fail.
        let passes = kind_of(document, node).is_some_and(|station| station.category == Category::Routing);
        if passes || !kind.one_replica {
            found.error(
                place,
                "fault-whole",
                format!(
                    "{name} hits a station as a whole, but it is aimed at one replica of {}.",
                    name_of(document, node)
                ),
                "Aim it at the whole station.",
            );
            return;
        }
    }
    if let FaultTarget::Replica(node, index) = fault.target {
        let replicas = kinds::members_max(document, node);
        if index >= replicas {
            found.warn(
                place,
                "fault-replica-missing",
                format!(
                    "{name} is aimed at replica {index} of {}, which has {replicas}, counted from 0.",
                    name_of(document, node)
                ),
                "Aim it at a replica that exists.",
            );
        }
    }
}

fn target_name(document: &Document, target: FaultTarget) -> String {
    match target {
        FaultTarget::Node(node) => name_of(document, node),
        FaultTarget::Replica(node, index) => format!("replica {index} of {}", name_of(document, node)),
        FaultTarget::Edge(edge) => document.edges.get(&edge).map_or_else(String::new, |edge| edge_name(document, edge)),
        FaultTarget::Area(area) => areas::area_name(document, area),
    }
}

#[cfg(test)]
mod tests;
