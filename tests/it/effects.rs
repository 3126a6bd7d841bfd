//! Every parameter does something: changing it moves a figure of a run's report, and always the same way.
//!
//! `tests/effects.json` has a row for each parameter of each registry (stations, connections, faults, and all that can be
//! chosen in them): which document, from which value to which, which figure of the report, and whether it rises or falls.
//! A parameter that is neither there nor on the list of open ones fails, and so does one whose figure stands still or goes
//! the other way. `tests/effects-open.txt` lists those that have no row yet; a new parameter needs one.
//!
//! The documents are one small shop under different strain, see [`Base`]; a row sets what it needs beside. For a parameter
//! without a row, and for a row whose figure is "?", `HEADROOM_EXPLORE=1` prints one that would do: take it only if its
//! direction is what the words promise.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use headroom::model::edge::EDGE_ENTRY;
use headroom::model::fault::{self, Targets};
use headroom::model::params::{Entry, ParamKind, ParamSpec, Params, Value, Variant};
use headroom::model::station::{self, Category};
use headroom::runner::simulate;
use headroom::topology::document::{Area, AreaKind, Document, Edge, Fault, FaultTarget, Node, Point, ScheduledFault};
use serde::{Deserialize, Serialize};

use crate::fixture::{add, constant, exponential, variant, wire};

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
    /// What else is set: `A.slots`, `L>A.retries`, `run.warm_up_secs`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<String, Value>,
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

/// The shop: clients S, a balancer L, a service A of three replicas, its cache C, its database D, a broker B, and a service
/// W that consumes. S, L, A and D stand in one region, W in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Base {
    /// Nothing is wrong.
    Calm,
    /// Slow, failing, dead replicas and a flash crowd, one after the other.
    Strained,
    /// Twice as much as A can do.
    Overloaded,
    /// Five times as much from 60 s on, and a new version at 200 s; few requests, long ones, on machines that cost.
    Growing,
}

impl Base {
    const ALL: [Self; 4] = [Self::Calm, Self::Strained, Self::Overloaded, Self::Growing];

    fn document(self, kind_of_l: &str) -> Document {
        let growing = self == Self::Growing;
        let mut document = Document {
            seed: 11,
            run_length_secs: if growing { 400.0 } else { 30.0 },
            day_secs: Some(200.0),
            transfer_costs: true,
            ..Document::default()
        };
        let region = |document: &mut Document, region: &str| {
            let kind = AreaKind::Region { region: region.to_owned() };
            document.add_area(Area {
                kind,
                label: region.to_owned(),
                at: Point::default(),
                size: Point { x: 800.0, y: 600.0 },
            })
        };
        let here = region(&mut document, "us-east-1");
        let there = region(&mut document, "eu-west-1");
        let profile = match self {
            Self::Growing => variant("step", &[("before", 6.0), ("after", 30.0), ("at", 60.0)]),
            Self::Overloaded => variant("constant", &[("rate", 500.0)]),
            Self::Calm | Self::Strained => variant("constant", &[("rate", 120.0)]),
        };
        let shares = Value::from(0.2);
        let source = [
            ("profile", profile),
            ("keys", Value::from(1_000.0)),
            ("write_share", shares.clone()),
            ("static_share", Value::from(0.1)),
        ];
        let s = add(&mut document, "source", "S", &source);
        let l = add(&mut document, kind_of_l, "L", &[]);
        let time = if growing { 0.2 } else { 0.02 };
        let service = [
            ("replicas", Value::from(3.0)),
            ("slots", Value::from(if growing { 1.0 } else { 3.0 })),
            ("service_time", exponential(time)),
            ("queue_limit", Value::from(50.0)),
        ];
        let a = add(&mut document, "service", "A", &service);
        let c = add(&mut document, "cache", "C", &[("capacity", Value::from(200.0)), ("price", Value::from(0.1))]);
        let store = [("connections", Value::from(4.0)), ("price", Value::from(0.2)), ("read_time", exponential(0.01))];
        let d = add(&mut document, "database", "D", &store);
        let b = add(&mut document, "broker", "B", &[]);
        let w = add(&mut document, "service", "W", &[("service_time", exponential(0.02)), ("slots", Value::from(2.0))]);
        for (label, params) in [
            ("S>L", vec![("timeout", Value::from(2.0)), ("latency", constant(0.001))]),
            ("L>A", vec![("latency", constant(0.001))]),
            ("A>C", vec![]),
            ("A>D", vec![]),
            ("A>B", vec![("probability", Value::from(0.4))]),
            ("B>W", vec![("timeout", Value::from(5.0))]),
        ] {
            let end = |label: &str| match label {
                "S" => s,
                "L" => l,
                "A" => a,
                "C" => c,
                "D" => d,
                "B" => b,
                _ => w,
            };
            let (from, to) = label.split_once('>').unwrap();
            wire(&mut document, end(from), end(to), &params);
        }
        for (label, area) in [("S", here), ("L", here), ("A", here), ("D", here), ("W", there)] {
            change(&mut document, label, |node| node.area = Some(area));
        }
        let mut plan = |kind: &str, target: FaultTarget, at_secs: f64, for_secs: f64, params: &[(&str, f64)]| {
            let params = params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value));
            let fault = Fault { kind: kind.to_owned(), target, params };
            document.faults.push(ScheduledFault { at_secs, for_secs: Some(for_secs), fault });
        };
        match self {
            Self::Calm | Self::Overloaded => {}
            Self::Strained => {
                plan("slow", FaultTarget::Replica(a, 0), 4.0, 6.0, &[("factor", 20.0)]);
                plan("error-rate", FaultTarget::Replica(a, 1), 6.0, 8.0, &[("share", 0.6)]);
                plan("kill", FaultTarget::Node(w), 8.0, 3.0, &[]);
                plan("kill", FaultTarget::Replica(a, 2), 14.0, 4.0, &[]);
                plan("error-rate", FaultTarget::Node(d), 18.0, 3.0, &[("share", 0.5)]);
                plan("traffic", FaultTarget::Node(s), 22.0, 4.0, &[("factor", 5.0)]);
            }
            Self::Growing => {
                let fault =
                    Fault { kind: "new-version".to_owned(), target: FaultTarget::Node(a), params: Params::new() };
                document.faults.push(ScheduledFault { at_secs: 200.0, for_secs: None, fault });
            }
        }
        document
    }
}

fn change(document: &mut Document, label: &str, to: impl FnOnce(&mut Node)) {
    let node = document.nodes.values_mut().find(|node| node.label == label);
    to(Rc::make_mut(node.unwrap_or_else(|| panic!("the shop has no {label}"))));
}

/// The parameters of a station, or of a connection `L>A`.
fn params_of<'a>(document: &'a mut Document, at: &str) -> &'a mut Params {
    if let Some((from, to)) = at.split_once('>') {
        let id = |label: &str| document.nodes.iter().find(|(_, node)| node.label == label).map(|(id, _)| *id);
        let (from, to) = (id(from), id(to));
        let edge = document.edges.values_mut().find(|edge| (Some(edge.from), Some(edge.to)) == (from, to));
        let edge: &mut Rc<Edge> = edge.unwrap_or_else(|| panic!("the shop has no {at}"));
        return &mut Rc::make_mut(edge).params;
    }
    let node = document.nodes.values_mut().find(|node| node.label == at);
    &mut Rc::make_mut(node.unwrap_or_else(|| panic!("the shop has no {at}"))).params
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
    let mut roots: Vec<(String, &[ParamSpec])> =
        stations.into_iter().map(|entry| (entry.id.to_owned(), entry.params)).collect();
    roots.push(("edge".to_owned(), EDGE_ENTRY.params));
    roots.extend(fault::REGISTRY.iter().map(|kind| (format!("fault:{}", kind.entry.id), kind.entry.params)));
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (root, params) in roots {
        walk(&root, &root, &[], params, &mut seen, &mut found);
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
            ("run", _) => panic!("{}: {place}", row.param),
            ("fault", value) => fault.set(key, value.clone()),
            _ => params_of(&mut document, at).set(key, value.clone()),
        }
    }
    if let Some(kind) = known.root.strip_prefix("fault:") {
        put(&mut fault, &known.steps, known.table.as_ref(), value);
        let id = |label: &str| document.nodes.iter().find(|(_, node)| node.label == label).map(|(id, _)| *id).unwrap();
        let target = if let Some((from, to)) = row.at.split_once('>') {
            let (from, to) = (id(from), id(to));
            let edge = document.edges.iter().find(|(_, edge)| (edge.from, edge.to) == (from, to));
            FaultTarget::Edge(*edge.unwrap().0)
        } else if let Some(area) = document.areas.iter().find(|(_, area)| area.label == row.at) {
            FaultTarget::Area(*area.0)
        } else if let Some((label, replica)) = row.at.split_once('/') {
            FaultTarget::Replica(id(label), replica.parse().unwrap())
        } else {
            FaultTarget::Node(id(&row.at))
        };
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

/// All numbers of a report by their way, stations by label; percentiles of nobody are infinite.
fn figures(document: &Document) -> Result<BTreeMap<String, f64>, String> {
    let report = simulate(document).map_err(|problems| format!("{problems:?}"))?;
    let report = serde_json::to_value(&report).unwrap();
    let mut found = BTreeMap::new();
    flatten(&report, String::new(), &mut found);
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
    let of = |value: &Value| figures(&document(row, known, value)).map_err(|problem| format!("{value:?}: {problem}"));
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

/// Does all of it on every core.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, Into::into);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(at) else { break done };
                        done.push((at, work(item)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn beside(name: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    std::fs::read_to_string(file).expect("the tables stand beside the tests")
}

/// Parameters of which nothing is shown yet; the list may only become shorter.
fn open() -> BTreeSet<String> {
    beside("effects-open.txt").lines().map(str::to_owned).collect()
}

fn table() -> Vec<Row> {
    serde_json::from_str(&beside("effects.json")).expect("the table has rows as they are described here")
}

#[test]
fn every_parameter_moves_a_figure() {
    let known: BTreeMap<String, Known> = known().into_iter().map(|known| (known.path.clone(), known)).collect();
    let rows = table();
    let explores = std::env::var_os("HEADROOM_EXPLORE").is_some();
    let mut problems = Vec::new();
    for row in &rows {
        if !known.contains_key(&row.param) {
            problems.push(format!("{}: there is no such parameter", row.param));
        }
    }
    let told: BTreeSet<&str> = rows.iter().map(|row| row.param.as_str()).collect();
    let open = open();
    for path in &open {
        if !known.contains_key(path) || told.contains(path.as_str()) {
            problems.push(format!("{path}: it is not open any more, so it does not belong on the list"));
        }
    }
    let missing: Vec<&Known> = known
        .values()
        .filter(|known| !told.contains(known.path.as_str()) && (explores || !open.contains(&known.path)))
        .collect();
    let missing = on_all_cores(&missing, |known| {
        let would_do = if explores { explore(known) } else { String::new() };
        format!("{}: no row says what it does\n{would_do}", known.path)
    });
    problems.extend(missing);
    if explores {
        let asked: Vec<&Row> = rows.iter().filter(|row| row.figure == "?" && known.contains_key(&row.param)).collect();
        problems.extend(on_all_cores(&asked, |row| complete(row, &known[&row.param])));
    }
    let rows: Vec<&Row> = rows.iter().filter(|row| known.contains_key(&row.param)).collect();
    let found = on_all_cores(&rows, |row| wrong(row, &known[&row.param]).map(|why| format!("{}: {why}", row.param)));
    problems.extend(found.into_iter().flatten());
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), known.len(), problems.join("\n"));
}

/// Values that might make a difference.
fn candidates(spec: &ParamSpec) -> Vec<(Value, Value)> {
    let default = spec.default_value();
    match spec.kind {
        ParamKind::Number { min, max, default, .. } => {
            let mut to = vec![default * 2.0, default / 2.0, default * 10.0, default / 10.0];
            if default == 0.0 {
                to = vec![1.0, 0.05, 0.5, 5.0, 20.0, 0.005, 100.0];
            }
            to.extend([min, max.min(1e4)]);
            if matches!(spec.kind, ParamKind::Number { unit: headroom::model::params::Unit::Count, .. }) {
                to.iter_mut().for_each(|to| *to = to.ceil());
            }
            let fits = |to: &f64| *to != default && (min..=max).contains(to);
            to.into_iter().filter(fits).map(|to| (Value::Number(default), Value::Number(to))).collect()
        }
        ParamKind::Bool { default } => vec![(Value::Bool(default), Value::Bool(!default))],
        ParamKind::Choice { options, default: id } => {
            let others = options.iter().filter(|(other, _)| *other != id);
            others.map(|(other, _)| (default.clone(), Value::from(*other))).collect()
        }
        ParamKind::Variant { registry, default: id } => {
            let others: Vec<_> = registry().into_iter().filter(|entry| entry.id != id).collect();
            others
                .into_iter()
                .map(|entry| (default.clone(), Value::Variant(Variant::new(entry.id, Params::new()))))
                .collect()
        }
        ParamKind::Text { .. } | ParamKind::Station | ParamKind::Table { .. } => Vec::new(),
    }
}

/// Where a parameter may stand in the shop.
fn places(root: &str) -> Vec<&'static str> {
    if let Some(kind) = root.strip_prefix("fault:").and_then(fault::find) {
        return match kind.targets {
            Targets::Stations | Targets::Servers | Targets::Services => vec!["A", "W"],
            Targets::Caches => vec!["C"],
            Targets::Databases => vec!["D"],
            Targets::Clocks => vec!["C"],
            Targets::Edges => vec!["L>A", "A>D"],
            Targets::Sources => vec!["S"],
            Targets::Areas => vec!["us-east-1"],
            Targets::Brokers => vec!["B"],
        };
    }
    match root {
        "service" => vec!["A", "W"],
        "cache" => vec!["C"],
        "database" => vec!["D"],
        "broker" => vec!["B"],
        "source" => vec!["S"],
        "edge" => vec!["L>A", "A>D", "A>B", "S>L", "B>W"],
        _ => vec!["L"],
    }
}

/// A row that would do for a parameter, as JSON; the reason why there is none, otherwise.
fn explore(known: &Known) -> String {
    const ENOUGH: f64 = 0.1;
    let mut best: Option<(f64, Row)> = None;
    let mut problem = String::new();
    let tried = Base::ALL.into_iter().flat_map(|base| places(&known.root).into_iter().map(move |at| (base, at)));
    for (base, at) in tried {
        let mut known_before: Option<(Value, BTreeMap<String, f64>)> = None;
        for (from, to) in candidates(&known.spec) {
            if best.as_ref().is_some_and(|(score, _)| *score >= ENOUGH) {
                break;
            }
            let row = Row {
                param: known.path.clone(),
                base,
                at: at.to_owned(),
                set: BTreeMap::new(),
                from,
                to,
                figure: String::new(),
                moves: Moves::Up,
            };
            let of = |value: &Value| figures(&document(&row, known, value));
            if known_before.as_ref().is_none_or(|(from, _)| *from != row.from) {
                match of(&row.from) {
                    Ok(before) => known_before = Some((row.from.clone(), before)),
                    Err(why) => {
                        problem = why;
                        continue;
                    }
                }
            }
            let after = match of(&row.to) {
                Ok(after) => after,
                Err(why) => {
                    problem = why;
                    continue;
                }
            };
            let Some((_, before)) = &known_before else { continue };
            let (score, figure, moves) = loudest(before, &after);
            if score > best.as_ref().map_or(MOVED * 2.0, |(best, _)| *best) {
                best = Some((score, Row { figure, moves, ..row }));
            }
        }
    }
    match best {
        Some((_, row)) => serde_json::to_string(&row).expect("a row is plain data") + ",",
        None => format!("# {}: nothing moved. {}", known.path, problem.chars().take(200).collect::<String>()),
    }
}

/// A row with the figure that says most.
fn complete(row: &Row, known: &Known) -> String {
    let of = |value: &Value| figures(&document(row, known, value));
    match (of(&row.from), of(&row.to)) {
        (Ok(before), Ok(after)) => match loudest(&before, &after) {
            (score, figure, moves) if score >= MOVED => {
                serde_json::to_string(&Row { figure, moves, ..row.clone() }).expect("a row is plain data") + ","
            }
            _ => format!("# {}: nothing moved as it is asked", row.param),
        },
        (Err(why), _) | (_, Err(why)) => format!("# {}: {}", row.param, why.chars().take(300).collect::<String>()),
    }
}

/// The figure that has moved most: by how much of it (at most 0.3), and where to.
fn loudest(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> (f64, String, Moves) {
    let mut best = (0.0, String::new(), Moves::Up);
    for figure in before.keys().chain(after.keys()) {
        // The fewer requests a figure hangs on, the less it says.
        let noise = ["events", "secs", "p999", "max", "slo_", "p90", "p95", "edges", "reasons", "in_flight"];
        if noise.iter().any(|word| figure.contains(word)) {
            continue;
        }
        let value = |of: &BTreeMap<String, f64>| of.get(figure).copied().unwrap_or(0.0);
        let share = moved(value(before), value(after));
        let score = share.abs().min(0.3);
        if score > best.0 {
            best = (score, figure.clone(), if share > 0.0 { Moves::Up } else { Moves::Down });
        }
    }
    best
}
