//! What a lesson keeps as it is and what may be spent: the same rules for the editor (which refuses the change) and for
//! grading (which refuses the design, however it was made).

use std::collections::BTreeSet;

use super::guard::{AREA_KIND, Guard};
use super::{Ablation, Lesson};
use crate::engine::sort;
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Value};
use crate::model::read::Reader;
use crate::model::station::{self, Resource};
use crate::topology::document::{Diagnostic, Document, EdgeId, Node, NodeId, Place, Severity, Target};

/// Every way in which `design` breaks the lesson's rules; `start` is the lesson's start document.
#[must_use]
pub fn check(lesson: &Lesson, start: &Document, design: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    world(lesson, start, design, &mut found);
    params(lesson, start, design, &mut found);
    allowed(lesson, start, design, &mut found);
    paths(lesson, design, &mut found);
    for (spent, what) in spending(lesson, design) {
        if let Some(limit) = what.limit
            && spent > limit
        {
            tell(
                &mut found,
                Place::Document,
                "over-budget",
                format!("The design uses {spent} {}; the budget is {limit}.", what.name),
                format!("Do with {limit} or fewer."),
            );
        }
    }
    found
}

/// One line of the budget, for the page: what is spent of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    /// In words, plural.
    pub name: &'static str,
    pub limit: Option<u32>,
}

/// What `design` spends of each thing that the lesson limits: (spent, line).
#[must_use]
pub fn spending(lesson: &Lesson, design: &Document) -> Vec<(u32, BudgetLine)> {
    let total = |of: Resource| -> u32 {
        let mut total: u32 = 0;
        for node in design.nodes.values() {
            let Some(kind) = station::find(&node.kind) else { continue };
            let reader = Reader::new(&kind.entry, &node.params);
            for spend in kind.spends.iter().filter(|spend| spend.of == of) {
                total = total.saturating_add((spend.amount)(&reader));
            }
        }
        total
    };
    let budget = lesson.budget;
    [
        (budget.slots, "slots (replicas × slots per replica, over all services)", total(Resource::Slots)),
        (budget.replicas, "replicas (over all services)", total(Resource::Replicas)),
        (budget.cache_entries, "cache entries (over all nodes)", total(Resource::CacheEntries)),
        (budget.connections, "database connections (read replicas included)", total(Resource::Connections)),
    ]
    .into_iter()
    .filter(|(limit, ..)| limit.is_some())
    .map(|(limit, name, spent)| (spent, BudgetLine { name, limit }))
    .collect()
}

/// The same rules as far as the editor can refuse a change before it happens. Made anew whenever nodes or edges come and go.
#[must_use]
pub fn guard(lesson: &Lesson, start: &Document, current: &Document) -> Guard {
    let mut guard = Guard {
        fixed_run: lesson.lock.run || lesson.lock.faults,
        keep_areas: sort::set(start.areas.keys().copied()),
        ..Guard::default()
    };
    for (id, node) in &start.nodes {
        let source = is_source(&node.kind);
        if (source && lesson.lock.traffic) || node.role.as_ref().is_some_and(|role| lesson.lock.keep.contains(role)) {
            guard.keep_nodes.insert(*id);
        }
    }
    for (id, node) in &current.nodes {
        if is_source(&node.kind) && lesson.lock.traffic {
            guard.fixed_params.insert((Target::Node(*id), "*".to_owned()));
            guard.keep_places.insert(*id);
        }
        if lesson.lock.places && start.nodes.contains_key(id) {
            guard.keep_places.insert(*id);
        }
        for key in locked_keys(lesson, &node.kind) {
            guard.fixed_params.insert((Target::Node(*id), key.to_owned()));
        }
        for key in choosable(lesson, &node.kind) {
            if let Some(choices) = may_choose(lesson, start, *id, node, key) {
                guard.choices.insert((Target::Node(*id), key.to_owned()), choices);
            }
        }
    }
    for id in current.edges.keys() {
        for key in locked_keys(lesson, "edge") {
            guard.fixed_params.insert((Target::Edge(*id), key.to_owned()));
        }
    }
    let kinds = station::REGISTRY
        .iter()
        .map(|kind| kind.entry.id)
        .chain([AREA_KIND])
        .filter(|kind| lesson.allow.is_empty() || lesson.allow.iter().any(|allowed| allowed == kind))
        .filter(|kind| !(lesson.lock.traffic && is_source(kind)))
        .map(str::to_owned);
    guard.kinds = Some(sort::set(kinds));
    guard
}

/// What a lesson holds back by its list of what may be added: this parameter of a balancer chooses a strategy.
const STRATEGY: &str = "strategy";

/// The parameters of `kind` of which the lesson may hold choices back.
fn choosable<'a>(lesson: &'a Lesson, kind: &str) -> BTreeSet<&'a str> {
    let named = lesson.lock.choices.keys().filter_map(|param| param.split_once('.'));
    sort::set(named.filter(|(named, _)| *named == kind).map(|(_, key)| key).chain([STRATEGY]))
}

/// What may be chosen for `key` at `node`: what the lesson allows, and what was there at the start; `None`: anything.
fn may_choose(lesson: &Lesson, start: &Document, id: NodeId, node: &Node, key: &str) -> Option<BTreeSet<String>> {
    let choice_at = |node: &Node| match value(entry(&node.kind), &node.params, key) {
        Some(Value::Variant(choice)) => Some(choice.id),
        _ => None,
    };
    choice_at(node)?;
    let allowed = match lesson.lock.choices.get(&format!("{}.{key}", node.kind)) {
        Some(allowed) => allowed,
        None if key == STRATEGY && !lesson.allow.is_empty() => &lesson.allow,
        None => return None,
    };
    let had = start.nodes.get(&id).filter(|was| was.kind == node.kind).and_then(|was| choice_at(was));
    Some(sort::set(allowed.iter().cloned().chain(had)))
}

/// The design with one thing taken away.
#[must_use]
pub fn ablate(design: &Document, ablation: &Ablation) -> Document {
    let (kind, key) = ablation.param.split_once('.').unwrap_or((&ablation.param, ""));
    let mut ablated = design.clone();
    for node in ablated.nodes.values_mut().filter(|node| node.kind == kind) {
        std::rc::Rc::make_mut(node).params.set(key, ablation.value.clone());
    }
    for edge in ablated.edges.values_mut().filter(|_| kind == "edge") {
        std::rc::Rc::make_mut(edge).params.set(key, ablation.value.clone());
    }
    ablated
}

/// Whether `kind.key` names a parameter of a station or, with `edge`, of a connection; `kind.*` all of them,
/// `kind.key.part` one of something that can be chosen there.
#[must_use]
pub fn param_exists(param: &str) -> bool {
    let Some((kind, key)) = param.split_once('.') else { return false };
    let (key, part) = key.split_once('.').map_or((key, None), |(key, part)| (key, Some(part)));
    let has = |entry: &Entry, key: &str| entry.params.iter().any(|spec| spec.key == key);
    entry(kind).is_some_and(|entry| match part {
        None => key == "*" || has(entry, key),
        Some(part) => {
            let spec = entry.params.iter().find(|spec| spec.key == key);
            spec.is_some_and(|spec| registry_of(spec).iter().any(|entry| has(entry, part)))
        }
    })
}

/// Whether some registry has an entry of that id.
#[must_use]
pub fn id_exists(id: &str) -> bool {
    station::find(id).is_some() || id == AREA_KIND || choices().contains(&id)
}

/// Ids of all entries that stations can choose (strategies, distributions, …).
fn choices() -> BTreeSet<&'static str> {
    let entries = station::REGISTRY.iter().map(|kind| &kind.entry).chain([&EDGE_ENTRY]);
    sort::set(entries.flat_map(|entry| entry.params).flat_map(registry_of).map(|entry| entry.id))
}

fn registry_of(spec: &ParamSpec) -> Vec<&'static Entry> {
    match spec.kind {
        ParamKind::Variant { registry, .. } => registry(),
        _ => Vec::new(),
    }
}

fn entry(kind: &str) -> Option<&'static Entry> {
    if kind == "edge" { Some(&EDGE_ENTRY) } else { station::find(kind).map(|kind| &kind.entry) }
}

fn is_source(kind: &str) -> bool {
    station::find(kind).is_some_and(|kind| !kind.accepts_input)
}

/// The keys of `kind` that the lesson locks.
fn locked_keys<'a>(lesson: &'a Lesson, kind: &str) -> Vec<&'a str> {
    let locked = lesson.lock.params.iter().filter_map(|param| param.split_once('.'));
    locked.filter(|(locked, _)| *locked == kind).map(|(_, key)| key).collect()
}

/// Number of replicas of a node; 0 where it has none to speak of.
#[must_use]
pub fn replicas(node: &Node) -> u32 {
    count(node, "replicas")
}

fn count(node: &Node, key: &str) -> u32 {
    match value(entry(&node.kind), &node.params, key) {
        // Rounded up: a fraction of a replica is not free.
        Some(Value::Number(number)) => number.ceil() as u32,
        _ => 0,
    }
}

/// A parameter's value, its default where it is not given.
fn value(entry: Option<&Entry>, params: &Params, key: &str) -> Option<Value> {
    let spec = entry?.params.iter().find(|spec| spec.key == key)?;
    Some(full(spec, params.get(key)))
}

/// With every default filled in, so that equal settings compare equal however they are written.
fn full(spec: &ParamSpec, value: Option<&Value>) -> Value {
    let value = value.cloned().unwrap_or_else(|| spec.default_value());
    let Value::Variant(mut variant) = value else { return value };
    let entries = registry_of(spec);
    if let Some(entry) = crate::model::params::find_entry(&entries, &variant.id) {
        for spec in entry.params {
            let filled = full(spec, variant.params.get(spec.key));
            variant.params.set(spec.key, filled);
        }
    }
    Value::Variant(variant)
}

fn tell(found: &mut Vec<Diagnostic>, place: Place, code: &str, message: String, remedy: impl Into<String>) {
    let remedy = remedy.into();
    found.push(Diagnostic { severity: Severity::Error, place, param: None, code: code.to_owned(), message, remedy });
}

fn world(lesson: &Lesson, start: &Document, design: &Document, found: &mut Vec<Diagnostic>) {
    let lock = &lesson.lock;
    if lock.traffic {
        let sources = |document: &Document| -> Vec<NodeId> {
            document.nodes.iter().filter(|(_, node)| is_source(&node.kind)).map(|(id, _)| *id).collect()
        };
        if sources(start) != sources(design) {
            tell(
                found,
                Place::Document,
                "locked-traffic",
                "The clients are not those of the lesson.".to_owned(),
                "Keep the lesson's clients, and add none.",
            );
        }
    }
    for (id, area) in &start.areas {
        if design.areas.get(id).is_none_or(|now| now.kind != area.kind) {
            tell(
                found,
                Place::Document,
                "locked-area",
                format!("{} belongs to the lesson and was changed or removed.", area.label),
                "Put it back: undo its change, or start the lesson anew.",
            );
        }
    }
    for (id, node) in design.nodes.iter().filter(|(_, node)| lock.places || lock.traffic && is_source(&node.kind)) {
        if start.nodes.get(id).is_some_and(|was| was.area != node.area) {
            let message = format!("{}: not where the lesson put it.", node.label);
            tell(found, Place::Node(*id), "locked-place", message, "Move it back to where it stood.");
        }
    }
    for role in &lock.keep {
        let kind = |document: &Document| document.node_by_role(role).map(|id| document.nodes[&id].kind.clone());
        if kind(start) != kind(design) {
            tell(
                found,
                Place::Document,
                "locked-station",
                format!("\"{role}\" belongs to the lesson and is missing."),
                "Put it back: undo its removal, or start the lesson anew.",
            );
        }
    }
    if lock.faults && start.faults != design.faults {
        tell(
            found,
            Place::Document,
            "locked-faults",
            "The timetable of faults is not the lesson's.".to_owned(),
            "Leave the faults as they were: they will happen.",
        );
    }
    let run = |document: &Document| {
        (
            document.run_length_secs,
            document.warm_up_secs,
            document.good_within_secs,
            document.day_secs,
            document.objective(),
            document.transfer_costs,
            document.windows.clone(),
        )
    };
    if lock.run && run(start) != run(design) {
        tell(
            found,
            Place::Document,
            "locked-run",
            "Run length, warm-up, the limit for goodput, the objective, the prices of data or the windows are not the lesson's.".to_owned(),
            "Leave the course of the run as it was.",
        );
    }
}

fn params(lesson: &Lesson, start: &Document, design: &Document, found: &mut Vec<Diagnostic>) {
    let mut compare = |place: Place, kind: &str, name: &str, was: Option<&Params>, is: &Params| {
        let Some(entry) = entry(kind) else { return };
        let all = lesson.lock.traffic && is_source(kind);
        let keys = locked_keys(lesson, kind);
        let mut changed = |key: &str, label: &str| {
            found.push(Diagnostic {
                severity: Severity::Error,
                place,
                param: Some(key.to_owned()),
                code: "locked-parameter".to_owned(),
                message: format!("{name}: \"{label}\" belongs to the lesson's world and was changed."),
                remedy: "Set it back to what it was: here the question is how to cope with it.".to_owned(),
            });
        };
        // What is new has no past: there the default is the lesson's.
        for spec in entry.params.iter().filter(|spec| all || keys.contains(&"*") || keys.contains(&spec.key)) {
            if full(spec, is.get(spec.key)) != full(spec, was.and_then(|was| was.get(spec.key))) {
                changed(spec.key, spec.label);
            }
        }
        for (key, part) in keys.iter().filter_map(|key| key.split_once('.')) {
            let Some(spec) = entry.params.iter().find(|spec| spec.key == key) else { continue };
            let Value::Variant(is) = full(spec, is.get(key)) else { continue };
            let chosen = registry_of(spec).into_iter().find(|entry| entry.id == is.id);
            let Some(part) = chosen.and_then(|chosen| chosen.params.iter().find(|spec| spec.key == part)) else {
                continue;
            };
            let had = match was.map(|was| full(spec, was.get(key))) {
                Some(Value::Variant(had)) if had.id == is.id => had.params.get(part.key).cloned(),
                _ => None,
            };
            if full(part, is.params.get(part.key)) != full(part, had.as_ref()) {
                changed(key, part.label);
            }
        }
    };
    for (id, node) in &design.nodes {
        let was = start.nodes.get(id).filter(|was| was.kind == node.kind).map(|was| &was.params);
        compare(Place::Node(*id), &node.kind, &node.label, was, &node.params);
    }
    for (id, edge) in &design.edges {
        let same = |id: &EdgeId| start.edges.get(id).filter(|was| (was.from, was.to) == (edge.from, edge.to));
        // The same connection drawn anew is the same connection.
        let was = same(id).or_else(|| start.edges.values().find(|was| (was.from, was.to) == (edge.from, edge.to)));
        let label = |id: NodeId| design.nodes.get(&id).map_or_else(String::new, |node| node.label.clone());
        let name = format!("{} → {}", label(edge.from), label(edge.to));
        compare(Place::Edge(*id), "edge", &name, was.map(|was| &was.params), &edge.params);
    }
}

fn allowed(lesson: &Lesson, start: &Document, design: &Document, found: &mut Vec<Diagnostic>) {
    let allowed = |id: &str| lesson.allow.is_empty() || lesson.allow.iter().any(|allowed| allowed == id);
    for (id, area) in design.areas.iter().filter(|(id, _)| !allowed(AREA_KIND) && !start.areas.contains_key(id)) {
        let message = format!("{}: regions and zones cannot be added in this lesson.", area.label);
        tell(found, Place::Area(*id), "not-allowed", message, "Remove it: this lesson does without.");
    }
    for (id, node) in &design.nodes {
        let was = start.nodes.get(id).filter(|was| was.kind == node.kind);
        if was.is_none() && !allowed(&node.kind) {
            let remedy = "Remove it: this lesson does without.";
            let message = format!("{}: a {} cannot be added in this lesson.", node.label, node.kind);
            tell(found, Place::Node(*id), "not-allowed", message, remedy);
        }
        for key in choosable(lesson, &node.kind) {
            let Some(Value::Variant(choice)) = value(entry(&node.kind), &node.params, key) else { continue };
            let Some(allowed) = may_choose(lesson, start, *id, node, key) else { continue };
            if !allowed.contains(&choice.id) {
                let message = format!("{}: the {key} \"{}\" is not available in this lesson.", node.label, choice.id);
                let remedy = format!("Choose another {key}.");
                tell(found, Place::Node(*id), "not-allowed", message, remedy);
            }
        }
    }
}

fn paths(lesson: &Lesson, design: &Document, found: &mut Vec<Diagnostic>) {
    for [from, to] in &lesson.lock.paths {
        let (Some(start), Some(goal)) = (design.node_by_role(from), design.node_by_role(to)) else { continue };
        let mut reached = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for (_, edge) in design.edges_from(node) {
                if reached.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        if !reached.contains(&goal) {
            let label = |id: NodeId| design.nodes.get(&id).map_or_else(String::new, |node| node.label.clone());
            tell(
                found,
                Place::Node(start),
                "locked-path",
                format!("{} no longer reaches {}: the work would not be done.", label(start), label(goal)),
                "Connect them again, directly or through other stations.",
            );
        }
    }
}
