//! Every parameter does something: changing it moves a figure of a run's report, and always the same way.
//!
//! `tests/effects.json` has a row for each parameter of each registry (stations, connections, faults, and all that can be
//! chosen in them): which document, from which value to which, which figure of the report, and whether it rises or falls.
//! A parameter without a row fails, and so does one whose figure stands still or goes the other way. [`TOLD_ONLY`] lists
//! those that change nothing but what is told of a run; their figures are those of its log.
//!
//! The documents are one small shop under different strain, see [`shop`]; a row sets what it needs beside. For a parameter
//! without a row, and for a row whose figure is "?", `HEADROOM_EXPLORE=1` prints one that would do, and how all figures
//! moved (`HEADROOM_EXPLORE=scaler` only those of parameters whose path has "scaler" in it): take it only if its figure and
//! direction are what the words promise.

mod explore;
mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use headroom::engine::time::SimTime;
use headroom::model::edge::EDGE_ENTRY;
use headroom::model::fault::{self, Targets};
use headroom::model::params::{Entry, ParamKind, ParamSpec, Params, Value, Variant};
use headroom::model::station::{self, Category};
use headroom::model::system::LogTone;
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::document::{
    Area, AreaKind, Change, Document, Edge, Edit, Fault, FaultTarget, Node, Point, ScheduledFault,
};
use headroom::topology::format::Run;
use serde::{Deserialize, Serialize};

use self::explore::{complete, explore};
use self::shop::{Base, change, params_of};
use crate::fixture::{add, constant, exponential, on_all_cores, variant, wire};

/// A figure has moved when it is off by at least this share of the larger value.
const MOVED: f64 = 0.01;

/// A row of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The parameter: `service.slots`, `edge.hedging=percentile.extra`, `fault:slow.factor`, `service.scaler=hpa.metrics[target]`.
    param: String,
    base: Base,
    /// The station, the connection (`L>A`) or the fault's target that has it.
    at: String,
    /// What else is set: `A.slots`, `L>A.retries`, `A.area` (a region's name), `run.warm_up_secs`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<String, Value>,
    /// What else happens: fault, target, from second, for so many, and the fault's parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plan: Vec<(String, String, f64, f64, Params)>,
    /// What somebody changes while it runs: when [s], and what (merged with what is chosen there).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<(f64, BTreeMap<String, Value>)>,
    from: Value,
    to: Value,
    figure: String,
    moves: Moves,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Moves {
    Up,
    Down,
}

/// A step on the way to a parameter: its key, and the entry chosen there, or the column of its table.
#[derive(Clone, Debug)]
enum Step {
    Chosen(&'static str, &'static str),
    Column(&'static str, usize),
    Last(&'static str),
}

/// A parameter of some registry, with the way to it.
#[derive(Clone, Debug)]
struct Known {
    root: String,
    steps: Vec<Step>,
    path: String,
    spec: ParamSpec,
    /// The table that it is a column of.
    table: Option<ParamSpec>,
}

/// All parameters there are: those of every station, connection and fault by themselves, those of a registry that many have
/// (distributions, strategies, breakers …) once.
fn known() -> Vec<Known> {
    let order = ["service", "cache", "database", "broker", "source", "balancer"];
    let mut stations: Vec<&Entry> = station::REGISTRY.iter().map(|kind| &kind.entry).collect();
    stations.sort_by_key(|entry| order.iter().position(|id| *id == entry.id).unwrap_or(usize::MAX));
    let mut roots: Vec<(String, &'static [ParamSpec])> =
        stations.into_iter().map(|entry| (entry.id.to_owned(), entry.params)).collect();
    roots.push(("edge".to_owned(), EDGE_ENTRY.params));
    roots.extend(fault::REGISTRY.iter().map(|kind| (format!("fault:{}", kind.entry.id), kind.entry.params)));
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    // What an eviction policy does is seen best at a cache.
    let cache = station::find("cache").unwrap().entry.params;
    let eviction = cache.iter().position(|spec| spec.key == "eviction").unwrap();
    walk("cache", "cache", &[], &cache[eviction..=eviction], &mut seen, &mut found);
    for (root, params) in roots {
        // What a distribution does is seen best where a service works.
        let (first, rest): (Vec<_>, Vec<_>) = params.iter().partition(|spec| spec.key == "service_time");
        for spec in first.into_iter().chain(rest) {
            walk(&root, &root, &[], std::slice::from_ref(spec), &mut seen, &mut found);
        }
    }
    found
}

fn walk(
    root: &str,
    path: &str,
    steps: &[Step],
    params: &'static [ParamSpec],
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Known>,
) {
    for spec in params {
        let path = format!("{path}.{}", spec.key);
        let with = |step: Step| [steps, &[step]].concat();
        if let ParamKind::Table { columns, .. } = spec.kind {
            for (at, column) in columns.iter().enumerate() {
                found.push(Known {
                    root: root.to_owned(),
                    steps: with(Step::Column(spec.key, at)),
                    path: format!("{path}[{}]", column.key),
                    spec: *column,
                    table: Some(*spec),
                });
            }
            continue;
        }
        let here = Known {
            root: root.to_owned(),
            steps: with(Step::Last(spec.key)),
            path: path.clone(),
            spec: *spec,
            table: None,
        };
        found.push(here);
        if let ParamKind::Variant { registry, .. } = spec.kind {
            let entries = registry();
            // The same entry stands in several registries (with and without "off", say): once is enough.
            for entry in entries {
                let keys: Vec<&str> = entry.params.iter().map(|spec| spec.key).collect();
                if seen.insert(format!("{} {} {keys:?}", entry.id, entry.name)) {
                    let chosen = with(Step::Chosen(spec.key, entry.id));
                    walk(root, &format!("{path}={}", entry.id), &chosen, entry.params, seen, found);
                }
            }
        }
    }
}

/// Sets a parameter, choosing on the way what has to be chosen.
fn put(params: &mut Params, steps: &[Step], table: Option<&ParamSpec>, value: &Value) {
    match &steps[0] {
        Step::Last(key) => params.set(key, value.clone()),
        Step::Chosen(key, id) => {
            let mut chosen = match params.get(key) {
                Some(Value::Variant(chosen)) if chosen.id == *id => chosen.clone(),
                _ => Variant::new(id, Params::new()),
            };
            put(&mut chosen.params, &steps[1..], table, value);
            params.set(key, chosen);
        }
        Step::Column(key, column) => {
            let ParamKind::Table { columns, default, .. } = table.expect("a column is a table's").kind else {
                unreachable!("a column is a table's")
            };
            let Value::List(mut rows) = params.get(key).cloned().unwrap_or_else(default) else {
                panic!("{key} is a table")
            };
            if rows.is_empty() {
                rows.push(Value::List(columns.iter().map(ParamSpec::default_value).collect()));
            }
            let Value::List(row) = &mut rows[0] else { panic!("{key} has rows") };
            while row.len() <= *column {
                row.push(columns[row.len()].default_value());
            }
            row[*column] = value.clone();
            params.set(key, Value::List(rows));
        }
    }
}

/// What a fault is at: a connection `L>A`, a replica `A/1`, a region, a station.
fn target(document: &Document, at: &str) -> FaultTarget {
    let id = |label: &str| document.nodes.iter().find(|(_, node)| node.label == label).map(|(id, _)| *id).unwrap();
    if let Some((from, to)) = at.split_once('>') {
        let (from, to) = (id(from), id(to));
        let edge = document.edges.iter().find(|(_, edge)| (edge.from, edge.to) == (from, to));
        FaultTarget::Edge(*edge.unwrap().0)
    } else if let Some(area) = document.areas.iter().find(|(_, area)| area.label == at) {
        FaultTarget::Area(*area.0)
    } else if let Some((label, replica)) = at.split_once('/') {
        FaultTarget::Replica(id(label), replica.parse().unwrap())
    } else {
        FaultTarget::Node(id(at))
    }
}

/// The document of a row, with this value.
fn document(row: &Row, known: &Known, value: &Value) -> Document {
    let routing = station::find(&known.root).is_some_and(|kind| kind.category == Category::Routing);
    let mut document = row.base.document(if routing { &known.root } else { "balancer" });
    let mut fault = Params::new();
    for (place, value) in &row.set {
        let (at, key) = place.split_once('.').unwrap_or_else(|| panic!("{}: {place} is at nothing", row.param));
        match (at, value) {
            ("run", Value::Number(secs)) if key == "run_length_secs" => document.run_length_secs = *secs,
            ("run", Value::Number(secs)) if key == "warm_up_secs" => document.warm_up_secs = *secs,
            ("run", Value::Number(secs)) if key == "day_secs" => document.day_secs = Some(*secs),
            ("run", _) => panic!("{}: {place}", row.param),
            (_, Value::Text(kind)) if key == "kind" => change(&mut document, at, |node| node.kind.clone_from(kind)),
            (_, Value::Text(region)) if key == "area" => {
                let area = document.areas.iter().find(|(_, area)| area.label == *region).map(|(id, _)| *id);
                change(&mut document, at, |node| node.area = area);
            }
            ("fault", value) => fault.set(key, value.clone()),
            _ => params_of(&mut document, at).set(key, value.clone()),
        }
    }
    for (kind, at, from, secs, params) in &row.plan {
        let target = target(&document, at);
        let once = fault::find(kind).is_some_and(|kind| kind.once);
        let fault = Fault { kind: kind.clone(), target, params: params.clone() };
        document.faults.push(ScheduledFault { at_secs: *from, for_secs: (!once).then_some(*secs), fault });
    }
    if let Some(kind) = known.root.strip_prefix("fault:") {
        put(&mut fault, &known.steps, known.table.as_ref(), value);
        let target = target(&document, &row.at);
        let once = fault::find(kind).is_some_and(|kind| kind.once);
        let long = if row.base == Base::Growing { 150.0 } else { 15.0 };
        document.faults.push(ScheduledFault {
            at_secs: long / 3.0,
            for_secs: (!once).then_some(long),
            fault: Fault { kind: kind.to_owned(), target, params: fault },
        });
    } else {
        put(params_of(&mut document, &row.at), &known.steps, known.table.as_ref(), value);
    }
    document
}

/// All numbers of a report by their way, stations by label; percentiles of nobody are infinite. Of the log of
/// the run: how many lines tell of something bad, and when the last good one came [s].
fn figures(row: &Row, known: &Known, value: &Value) -> Result<BTreeMap<String, f64>, String> {
    let (session, problems) = Session::open(&Run::new(document(row, known, value)));
    let Some(mut session) = session else { return Err(format!("{value:?}: {problems:?}")) };
    if let Some((at_secs, changes)) = &row.later {
        session.advance(SimTime::from_secs_f64(*at_secs), u64::MAX);
        let mut after = session.document().clone();
        for (place, value) in changes {
            let (at, key) = place.split_once('.').unwrap();
            let params = params_of(&mut after, at);
            match (params.get(key).cloned(), value) {
                (Some(Value::Variant(mut old)), Value::Variant(new)) if old.id == new.id => {
                    new.params.0.iter().for_each(|(key, value)| old.params.set(key, value.clone()));
                    params.set(key, old);
                }
                _ => params.set(key, value.clone()),
            }
        }
        let edit = Edit::between(session.document(), &after);
        session.apply(Change::Edit(edit)).map_err(|problems| format!("{value:?}: {problems:?}"))?;
    }
    let mut log = Vec::new();
    for slice in 1..=20 {
        let until = session.document().run_length_secs * f64::from(slice) / 20.0;
        session.advance(SimTime::from_secs_f64(until), u64::MAX);
        log.extend(session.system_mut().take_log());
    }
    session.advance(SimTime::NEVER, u64::MAX);
    let report = Report::of(session.system(), session.document(), session.inputs().len());
    let mut found = BTreeMap::new();
    flatten(&serde_json::to_value(&report).unwrap(), String::new(), &mut found);
    let of = |tone: LogTone| log.iter().filter(move |line| line.tone == tone);
    found.insert("log.bad".to_owned(), of(LogTone::Bad).count() as f64);
    found.insert("log.last_good".to_owned(), of(LogTone::Good).next_back().map_or(0.0, |line| line.at.as_secs_f64()));
    Ok(found)
}

fn flatten(value: &serde_json::Value, way: String, found: &mut BTreeMap<String, f64>) {
    let below = |key: &str| if way.is_empty() { key.to_owned() } else { format!("{way}.{key}") };
    match value {
        serde_json::Value::Number(number) => drop(found.insert(way, number.as_f64().unwrap())),
        serde_json::Value::String(text) if text == "infinite" => drop(found.insert(way, f64::INFINITY)),
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                flatten(value, below(key), found);
            }
        }
        serde_json::Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let name = ["label", "edge", "reason", "name"].into_iter().find_map(|key| match &item[key] {
                    serde_json::Value::String(name) => Some(name.clone()),
                    serde_json::Value::Number(name) => Some(name.to_string()),
                    _ => None,
                });
                flatten(item, below(&name.unwrap_or_else(|| at.to_string())), found);
            }
        }
        _ => {}
    }
}

/// By how much of the larger value a figure has moved; below 0: it fell.
fn moved(before: f64, after: f64) -> f64 {
    if before == after {
        0.0
    } else if before.is_infinite() || after.is_infinite() {
        if after.is_infinite() { 1.0 } else { -1.0 }
    } else {
        (after - before) / before.abs().max(after.abs())
    }
}

/// What is wrong with a row; `None`: nothing.
fn wrong(row: &Row, known: &Known) -> Option<String> {
    let of = |value: &Value| figures(row, known, value);
    let (before, after) = match (of(&row.from), of(&row.to)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(problem), _) | (_, Err(problem)) => return Some(problem),
    };
    // A reason that nobody had, a station that nobody reached: none.
    let figure = |of: &BTreeMap<String, f64>| of.get(&row.figure).copied().unwrap_or(0.0);
    let (before, after) = (figure(&before), figure(&after));
    let share = moved(before, after) * if row.moves == Moves::Up { 1.0 } else { -1.0 };
    (share < MOVED).then(|| format!("{} goes from {before} to {after}, not {:?}", row.figure, row.moves))
}

fn beside(name: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    std::fs::read_to_string(file).expect("the tables stand beside the tests")
}

/// Parameters that decide only what is told of a run, and why that is all they do. Their figures are those of the log.
const TOLD_ONLY: &[(&str, &str)] = &[
    (
        "service.rollout=rolling.deadline",
        "As in Kubernetes, a rollout past its deadline is reported as failed and stays where it is: nobody rolls back.",
    ),
    ("service.rollout=recreate.deadline", "As above."),
    (
        "service.rollout=recreate.min_ready",
        "All new replicas start at once, so nothing waits for them to count as available but the end of the rollout.",
    ),
];

fn table() -> Vec<Row> {
    serde_json::from_str(&beside("effects.json")).expect("the table has rows as they are described here")
}

#[test]
fn every_parameter_moves_a_figure() {
    let known: BTreeMap<String, Known> = known().into_iter().map(|known| (known.path.clone(), known)).collect();
    let rows = table();
    let explored = std::env::var("HEADROOM_EXPLORE").ok();
    let explores = explored.is_some();
    let explored = |path: &str| explored.as_deref().is_some_and(|part| part == "1" || path.contains(part));
    let mut problems = Vec::new();
    for row in &rows {
        if !known.contains_key(&row.param) {
            problems.push(format!("{}: there is no such parameter", row.param));
        }
    }
    let told: BTreeSet<&str> = rows.iter().map(|row| row.param.as_str()).collect();
    for row in &rows {
        let only_told = TOLD_ONLY.iter().any(|(param, _)| *param == row.param);
        if only_told != row.figure.starts_with("log.") {
            problems.push(format!("{}: figures of the log are for what is only told, and for nothing else", row.param));
        }
    }
    for (param, _) in TOLD_ONLY.iter().filter(|(param, _)| !told.contains(param)) {
        problems.push(format!("{param}: it is only told, but no row shows that it is"));
    }
    let missing: Vec<&Known> = known
        .values()
        .filter(|known| !told.contains(known.path.as_str()) && (!explores || explored(&known.path)))
        .collect();
    let missing = on_all_cores(&missing, |known| {
        let would_do = if explores { explore(known) } else { String::new() };
        format!("{}: no row says what it does\n{would_do}", known.path)
    });
    problems.extend(missing);
    if explores {
        let asked: Vec<&Row> = rows
            .iter()
            .filter(|row| row.figure == "?" && known.contains_key(&row.param) && explored(&row.param))
            .collect();
        problems.extend(on_all_cores(&asked, |row| complete(row, &known[&row.param])));
        panic!("what would do:\n{}", problems.join("\n"));
    }
    let rows: Vec<&Row> = rows.iter().filter(|row| known.contains_key(&row.param)).collect();
    let found = on_all_cores(&rows, |row| wrong(row, &known[&row.param]).map(|why| format!("{}: {why}", row.param)));
    problems.extend(found.into_iter().flatten());
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), known.len(), problems.join("\n"));
}
