//! Reads the saved form, field by field, so that every error names its place and nothing is dropped.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::fields::{Fields, Path, clip, flag, id, list, name, number, secs, seed, text, type_name, whole};
use super::limits::{
    AREAS_MAX, DEPTH_MAX, EDGES_MAX, FAULTS_MAX, ID_MAX, INPUTS_MAX, LIST_MAX, NAME_CHARS_MAX, NODES_MAX, PARAMS_MAX,
    POSITION_MAX, SIZE_MAX, TEXT_BYTES_MAX, WINDOWS_MAX,
};
use super::sniff::sniff;
use super::{FORMAT, LoadError, Run, SAFE_INTEGER_MAX};
use crate::model::params::{Params, Value, Variant};
use crate::topology::document::{
    Area, AreaId, AreaKind, Change, Document, Edge, EdgeId, Edit, Fault, FaultTarget, Input, Node, NodeId, Point,
    ScheduledFault, Window,
};

/// From the form `index + 1` to the one after it. Append only: a saved form never dies.
pub(super) const MIGRATIONS: &[Migration] = &[
    // 2 adds areas, and the area that a node stands in: a document without them says what it said before.
    |_| Ok(()),
];

pub(super) type Migration = fn(&mut Map<String, Json>) -> Result<(), LoadError>;

const _: () = assert!(MIGRATIONS.len() + 1 == FORMAT as usize, "every older form has its step forward");

pub(super) fn run(text: &str) -> Result<Run, LoadError> {
    let json = parse(text)?;
    let mut map = match json {
        Json::Object(map) if map.contains_key("format") => map,
        Json::Object(_) => return Err(LoadError::NotARun { found: "JSON without \"format\"" }),
        other => return Err(LoadError::NotARun { found: type_name(&other) }),
    };
    migrate(&mut map, FORMAT, MIGRATIONS)?;

    let mut fields = Fields::new(Path::Root, map);
    let _ = fields.take("format");
    let engine = name(Path::Field(&Path::Root, "engine"), fields.need("engine")?)?;
    let document = document(Path::Field(&Path::Root, "document"), fields.need("document")?)?;
    let inputs = match fields.take("inputs") {
        Some(json) => list(Path::Field(&Path::Root, "inputs"), json, INPUTS_MAX, input)?,
        None => Vec::new(),
    };
    fields.finish()?;
    for (index, pair) in inputs.windows(2).enumerate() {
        if pair[1].at_event < pair[0].at_event {
            let place = format!("inputs[{}].at_event", index + 1);
            return Err(LoadError::OutOfRange { place, message: "earlier than the input before it".to_owned() });
        }
    }
    Ok(Run { engine, document, inputs })
}

pub(super) fn change_text(text: &str) -> Result<Change, LoadError> {
    change(Path::Root, parse(text)?)
}

pub(super) fn input_text(text: &str) -> Result<Input, LoadError> {
    input(Path::Root, parse(text)?)
}

/// Brings an older form up to `format`, step by step.
pub(super) fn migrate(map: &mut Map<String, Json>, format: u32, chain: &[Migration]) -> Result<(), LoadError> {
    let place = || "format".to_owned();
    let found = match map.get("format") {
        Some(Json::Number(number)) => number.as_u64().filter(|found| *found >= 1),
        _ => None,
    };
    let Some(found) = found else {
        return Err(LoadError::OutOfRange {
            place: place(),
            message: format!("must be a whole number from 1 to {format}"),
        });
    };
    if found > u64::from(format) {
        return Err(LoadError::NewerFormat { found, known: format });
    }
    for step in &chain[found as usize - 1..] {
        step(map)?;
    }
    map.insert("format".to_owned(), Json::from(format));
    Ok(())
}

fn parse(text: &str) -> Result<Json, LoadError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(LoadError::TooLong { bytes: text.len(), bytes_max: TEXT_BYTES_MAX });
    }
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(json)) => Ok(json),
        Err(error) => {
            if let Some(found) = sniff(text) {
                return Err(LoadError::NotARun { found });
            }
            let message = error.to_string();
            // serde_json appends " at line 1 column 2"; the place is told apart from the message here.
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
            Err(LoadError::Syntax { line: error.line(), column: error.column(), message })
        }
    }
}

/// Any JSON, but no key twice: serde_json alone would keep the last and drop the first.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::from(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from(value))
    }
    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the field \"{key}\" stands there twice")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Json::Object(map))
    }
}

/// Both numbers at most `max`, either way.
fn point_within(path: Path<'_>, json: Json, max: f64) -> Result<Point, LoadError> {
    let mut fields = Fields::open(path, json)?;
    let within = |path: Path<'_>, json: Json| {
        let given = number(path, json)?;
        if given.abs() <= max {
            Ok(given)
        } else {
            path.out_of_range(format!("{given:e} is not within -{max} to {max}, where the canvas ends"))
        }
    };
    let point = Point { x: fields.required("x", within)?, y: fields.required("y", within)? };
    fields.finish()?;
    Ok(point)
}

fn place(path: Path<'_>, json: Json) -> Result<Point, LoadError> {
    point_within(path, json, POSITION_MAX)
}

fn size(path: Path<'_>, json: Json) -> Result<Point, LoadError> {
    point_within(path, json, SIZE_MAX)
}

fn value(path: Path<'_>, json: Json, depth: usize) -> Result<Value, LoadError> {
    if depth > DEPTH_MAX {
        return path.out_of_range(format!("nested more than {DEPTH_MAX} deep"));
    }
    Ok(match json {
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(_) => Value::Number(number(path, json)?),
        Json::String(_) => Value::Text(text(path, json)?),
        Json::Array(_) => Value::List(list(path, json, LIST_MAX, |path, item| value(path, item, depth + 1))?),
        Json::Object(mut map) => {
            let Some(entry) = map.remove("id") else {
                return Err(LoadError::Missing { place: path.name(), field: "id" });
            };
            let entry = name(Path::Field(&path, "id"), entry)?;
            Value::Variant(Variant { id: entry, params: params_at(path, Json::Object(map), depth + 1)? })
        }
        Json::Null => return path.wrong("a value", &json),
    })
}

fn params_at(path: Path<'_>, json: Json, depth: usize) -> Result<Params, LoadError> {
    let Json::Object(map) = json else {
        return path.wrong("an object", &json);
    };
    if map.len() > PARAMS_MAX {
        return Err(LoadError::TooMany { place: path.name(), count: map.len(), count_max: PARAMS_MAX });
    }
    let mut params = Params::new();
    for (key, json) in map {
        if key.chars().count() > NAME_CHARS_MAX {
            return path.out_of_range(format!("the key \"{}\" is longer than {NAME_CHARS_MAX} characters", clip(&key)));
        }
        let value = value(Path::Field(&path, &key), json, depth)?;
        params.0.insert(key, value);
    }
    Ok(params)
}

fn params(path: Path<'_>, json: Json) -> Result<Params, LoadError> {
    params_at(path, json, 0)
}

fn node_fields(fields: &mut Fields<'_>) -> Result<Rc<Node>, LoadError> {
    Ok(Rc::new(Node {
        kind: fields.required("kind", name)?,
        label: fields.required("label", name)?,
        role: fields.optional("role", name)?,
        area: fields.optional("area", id)?.map(AreaId),
        at: fields.required("at", place)?,
        params: fields.optional("params", params)?.unwrap_or_default(),
    }))
}

fn edge_fields(fields: &mut Fields<'_>) -> Result<Rc<Edge>, LoadError> {
    Ok(Rc::new(Edge {
        from: NodeId(fields.required("from", id)?),
        to: NodeId(fields.required("to", id)?),
        params: fields.optional("params", params)?.unwrap_or_default(),
    }))
}

/// `{"region": {"region": "eu-west-1"}}` or `{"zone": {"within": 1}}`.
fn area_kind(path: Path<'_>, json: Json) -> Result<AreaKind, LoadError> {
    const EXPECTED: &str = "one of {\"region\": {\"region\": \"eu-west-1\"}} and {\"zone\": {\"within\": area id}}";
    let Json::Object(map) = json else {
        return path.wrong(EXPECTED, &json);
    };
    let mut entries = map.into_iter();
    let (Some((key, json)), None) = (entries.next(), entries.next()) else {
        return Err(LoadError::WrongType { place: path.name(), expected: EXPECTED, found: "another number of fields" });
    };
    let here = Path::Field(&path, &key);
    let mut fields = match key.as_str() {
        "region" | "zone" => Fields::open(here, json)?,
        _ => {
            let known = vec!["region", "zone"];
            return Err(LoadError::UnknownField { place: path.name(), field: clip(&key), known });
        }
    };
    let kind = if key == "region" {
        AreaKind::Region { region: fields.required("region", name)? }
    } else {
        AreaKind::Zone { within: AreaId(fields.required("within", id)?) }
    };
    fields.finish()?;
    Ok(kind)
}

fn area_fields(fields: &mut Fields<'_>) -> Result<Rc<Area>, LoadError> {
    Ok(Rc::new(Area {
        kind: fields.required("kind", area_kind)?,
        label: fields.required("label", name)?,
        at: fields.required("at", place)?,
        size: fields.required("size", size)?,
    }))
}

fn target(path: Path<'_>, json: Json) -> Result<FaultTarget, LoadError> {
    const EXPECTED: &str = "one of {\"node\": id}, {\"replica\": [node id, index]}, {\"edge\": id} and {\"area\": id}";
    let Json::Object(map) = json else {
        return path.wrong(EXPECTED, &json);
    };
    let mut entries = map.into_iter();
    let (Some((key, json)), None) = (entries.next(), entries.next()) else {
        return Err(LoadError::WrongType { place: path.name(), expected: EXPECTED, found: "another number of fields" });
    };
    let here = Path::Field(&path, &key);
    match key.as_str() {
        "node" => Ok(FaultTarget::Node(NodeId(id(here, json)?))),
        "edge" => Ok(FaultTarget::Edge(EdgeId(id(here, json)?))),
        "area" => Ok(FaultTarget::Area(AreaId(id(here, json)?))),
        "replica" => match list(here, json, 2, id)?[..] {
            [node, index] => Ok(FaultTarget::Replica(NodeId(node), index)),
            _ => {
                Err(LoadError::WrongType { place: here.name(), expected: EXPECTED, found: "another number of entries" })
            }
        },
        _ => Err(LoadError::UnknownField {
            place: path.name(),
            field: clip(&key),
            known: vec!["node", "replica", "edge", "area"],
        }),
    }
}

fn fault_fields(fields: &mut Fields<'_>) -> Result<Fault, LoadError> {
    Ok(Fault {
        kind: fields.required("kind", name)?,
        target: fields.required("target", target)?,
        params: fields.optional("params", params)?.unwrap_or_default(),
    })
}

fn scheduled_fault(path: Path<'_>, json: Json) -> Result<ScheduledFault, LoadError> {
    let mut fields = Fields::open(path, json)?;
    let fault = ScheduledFault {
        at_secs: fields.required("at_secs", secs)?,
        for_secs: fields.optional("for_secs", secs)?,
        fault: fault_fields(&mut fields)?,
    };
    fields.finish()?;
    Ok(fault)
}

fn window(path: Path<'_>, json: Json) -> Result<Window, LoadError> {
    let mut fields = Fields::open(path, json)?;
    let window = Window {
        name: fields.required("name", name)?,
        from_secs: fields.required("from_secs", secs)?,
        to_secs: fields.required("to_secs", secs)?,
    };
    fields.finish()?;
    Ok(window)
}

fn document(path: Path<'_>, json: Json) -> Result<Document, LoadError> {
    let default = Document::default();
    let mut fields = Fields::open(path, json)?;
    let title = fields.optional("title", name)?.unwrap_or(default.title);
    let notes = fields.optional("notes", text)?.unwrap_or_default();
    let nodes = fields.required("nodes", |path, json| {
        let nodes = list(path, json, NODES_MAX, |path, json| {
            let mut fields = Fields::open(path, json)?;
            let node = (NodeId(fields.required("id", id)?), node_fields(&mut fields)?);
            fields.finish()?;
            Ok(node)
        })?;
        by_id(path, nodes, |id| format!("the node id {}", id.0))
    })?;
    let edges = fields.required("edges", |path, json| {
        let edges = list(path, json, EDGES_MAX, |path, json| {
            let mut fields = Fields::open(path, json)?;
            let edge = (EdgeId(fields.required("id", id)?), edge_fields(&mut fields)?);
            for (end, node) in [("from", edge.1.from), ("to", edge.1.to)] {
                if !nodes.contains_key(&node) {
                    let place = Path::Field(&path, end).name();
                    return Err(LoadError::Dangling { place, what: format!("node {}", node.0) });
                }
            }
            fields.finish()?;
            Ok(edge)
        })?;
        by_id(path, edges, |id| format!("the edge id {}", id.0))
    })?;
    let areas = fields
        .optional("areas", |path, json| {
            let areas = list(path, json, AREAS_MAX, |path, json| {
                let mut fields = Fields::open(path, json)?;
                let area = (AreaId(fields.required("id", id)?), area_fields(&mut fields)?);
                fields.finish()?;
                Ok(area)
            })?;
            by_id(path, areas, |id| format!("the area id {}", id.0))
        })?
        .unwrap_or_default();
    let document = Document {
        title,
        notes,
        nodes,
        edges,
        areas,
        faults: fields
            .optional("faults", |path, json| list(path, json, FAULTS_MAX, scheduled_fault))?
            .unwrap_or_default(),
        windows: fields.optional("windows", |path, json| list(path, json, WINDOWS_MAX, window))?.unwrap_or_default(),
        seed: fields.optional("seed", seed)?.unwrap_or(default.seed),
        run_length_secs: fields.optional("run_length_secs", secs)?.unwrap_or(default.run_length_secs),
        warm_up_secs: fields.optional("warm_up_secs", secs)?.unwrap_or(default.warm_up_secs),
        good_within_secs: fields.optional("good_within_secs", secs)?,
        day_secs: fields.optional("day_secs", secs)?,
        slo_p99_secs: fields.optional("slo_p99_secs", secs)?,
        slo_answered_share: fields.optional("slo_answered_share", secs)?,
        transfer_costs: fields.optional("transfer_costs", flag)?.unwrap_or_default(),
    };
    fields.finish()?;
    Ok(document)
}

fn by_id<K: Ord + Copy, T>(
    path: Path<'_>,
    entries: Vec<(K, T)>,
    words: impl Fn(K) -> String,
) -> Result<BTreeMap<K, T>, LoadError> {
    let mut map = BTreeMap::new();
    for (index, (id, entry)) in entries.into_iter().enumerate() {
        if map.insert(id, entry).is_some() {
            return Err(LoadError::Duplicate { place: Path::Index(&path, index).name(), what: words(id) });
        }
    }
    Ok(map)
}

fn change(path: Path<'_>, json: Json) -> Result<Change, LoadError> {
    const EXPECTED: &str = "one of {\"edit\": …}, {\"inject\": …} and {\"lift\": …}";
    let Json::Object(map) = json else {
        return path.wrong(EXPECTED, &json);
    };
    let mut entries = map.into_iter();
    let (Some((key, json)), None) = (entries.next(), entries.next()) else {
        return Err(LoadError::WrongType { place: path.name(), expected: EXPECTED, found: "another number of fields" });
    };
    let here = Path::Field(&path, &key);
    let known = vec!["edit", "inject", "lift"];
    if !known.contains(&key.as_str()) {
        return Err(LoadError::UnknownField { place: path.name(), field: clip(&key), known });
    }
    let mut fields = Fields::open(here, json)?;
    let change = match key.as_str() {
        "edit" => Change::Edit(Edit {
            nodes: fields
                .optional("nodes", |path, json| edited(path, json, NODES_MAX, NodeId, node_fields))?
                .unwrap_or_default(),
            edges: fields
                .optional("edges", |path, json| edited(path, json, EDGES_MAX, EdgeId, edge_fields))?
                .unwrap_or_default(),
            areas: fields
                .optional("areas", |path, json| edited(path, json, AREAS_MAX, AreaId, area_fields))?
                .unwrap_or_default(),
        }),
        "inject" => Change::Inject(fault_fields(&mut fields)?),
        _ => Change::Lift { kind: fields.required("kind", name)?, target: fields.required("target", target)? },
    };
    fields.finish()?;
    Ok(change)
}

/// `{"7": {…}, "8": null}`: put 7, take 8 away.
fn edited<K: Ord, T>(
    path: Path<'_>,
    json: Json,
    count_max: usize,
    id_of: fn(u32) -> K,
    read: impl Fn(&mut Fields<'_>) -> Result<T, LoadError>,
) -> Result<BTreeMap<K, Option<T>>, LoadError> {
    let Json::Object(map) = json else {
        return path.wrong("an object", &json);
    };
    if map.len() > count_max {
        return Err(LoadError::TooMany { place: path.name(), count: map.len(), count_max });
    }
    let mut edited = BTreeMap::new();
    for (key, json) in map {
        let id = match key.parse::<u32>() {
            Ok(id) if id <= ID_MAX && id.to_string() == key => id,
            _ => return path.out_of_range(format!("\"{}\" is not an id from 0 to {ID_MAX}", clip(&key))),
        };
        let entry = if json.is_null() {
            None
        } else {
            let here = Path::Field(&path, &key);
            let mut fields = Fields::open(here, json)?;
            let entry = read(&mut fields)?;
            fields.finish()?;
            Some(entry)
        };
        edited.insert(id_of(id), entry);
    }
    Ok(edited)
}

fn input(path: Path<'_>, json: Json) -> Result<Input, LoadError> {
    let mut fields = Fields::open(path, json)?;
    let input = Input {
        at_event: fields.required("at_event", |path, json| whole(path, json, SAFE_INTEGER_MAX))?,
        change: fields.required("change", change)?,
    };
    fields.finish()?;
    Ok(input)
}
