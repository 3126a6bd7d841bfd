//! Everything that can be chosen, as plain data: for `headroom list`, for programs and for documents.
//!
//! ```json
//! [{"id":"service","name":"Service","summary":"…","source":"…","category":"compute","accepts_input":true,
//!   "outputs":"optional","params":[{"key":"slots","label":"Slots per replica","help":"…","type":"number","unit":"",
//!   "min":1,"max":10000,"default":8,"whole":true}]}]
//! ```

use serde::Serialize;

use crate::model::params::{Entry, ParamKind, ParamSpec, Unit, Value};
use crate::model::{balancer, distribution, edge, profile};

mod kinds;

pub use kinds::{KINDS, Kind};

/// One entry of a registry; fields that its kind does not have are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub summary: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Stations: `client`, `routing`, `compute`, `cache`, `data`, `messaging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// Stations: whether others can call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts_input: Option<bool>,
    /// Stations: whether it calls others: `none`, `optional`, `required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<&'static str>,
    /// Faults: what it can be aimed at: `stations`, `connections`, `clients`, `areas`, `brokers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<&'static str>,
    /// Metrics: its unit and what can be asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<&'static str>,
    /// Prices, machines, regions: what is known of it, in numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<ListedFigure>,
    /// Kept for "spot the bug": wrong on purpose.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub defect: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<ListedParam>,
}

/// A number that belongs to an entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedFigure {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
}

/// One parameter; fields that its type does not have are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedParam {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// `number`, `bool`, `text`, `choice`, `variant` (an object with the id of an entry), `table` (a list of rows).
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Numbers: `s`, `/s`, `×` or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Numbers: no fractions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    pub default: Value,
    /// Choices: what may be chosen. Variants: ids of the entries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<&'static str>,
    /// Variants: the [`Kind`] that lists those entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<&'static str>,
    /// Variants: those entries in full, unless they are strategies, distributions, profiles or back-offs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Listed>,
    /// Tables: the cells of a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ListedParam>,
    /// Tables: most rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_max: Option<usize>,
}

fn listed(entry: &'static Entry) -> Listed {
    Listed {
        id: entry.id.to_owned(),
        name: entry.name.to_owned(),
        summary: entry.summary.to_owned(),
        source: entry.source.to_owned(),
        defect: entry.defect,
        params: entry.params.iter().map(param).collect(),
        ..Listed::default()
    }
}

/// Whether these had a list of their own from the first version on, so that their ids are enough.
fn listed_elsewhere(entries: &[&'static Entry]) -> bool {
    let lists = [balancer::entries(), distribution::entries(), profile::entries(), edge::backoffs()];
    lists.iter().any(|list| entries.iter().all(|entry| list.iter().any(|other| other.id == entry.id)))
}

fn param(spec: &ParamSpec) -> ListedParam {
    let blank = ListedParam {
        key: spec.key,
        label: spec.label,
        help: spec.help,
        kind: "text",
        unit: None,
        min: None,
        max: None,
        whole: false,
        default: spec.default_value(),
        options: Vec::new(),
        list: None,
        entries: Vec::new(),
        columns: Vec::new(),
        rows_max: None,
    };
    match spec.kind {
        ParamKind::Number { unit, min, max, .. } => ListedParam {
            kind: "number",
            unit: Some(unit.symbol()),
            min: Some(min),
            max: Some(max),
            whole: unit == Unit::Count,
            ..blank
        },
        ParamKind::Station => ListedParam { kind: "station", ..blank },
        ParamKind::Bool { .. } => ListedParam { kind: "bool", ..blank },
        ParamKind::Text { .. } => blank,
        ParamKind::Choice { options, .. } => {
            ListedParam { kind: "choice", options: options.iter().map(|(id, _)| *id).collect(), ..blank }
        }
        ParamKind::Variant { registry, .. } => ListedParam {
            kind: "variant",
            options: registry().iter().map(|entry| entry.id).collect(),
            list: Kind::holding(&registry()).map(|kind| kind.word),
            entries: if listed_elsewhere(&registry()) {
                Vec::new()
            } else {
                registry().into_iter().map(listed).collect()
            },
            ..blank
        },
        ParamKind::Table { columns, rows_max, .. } => ListedParam {
            kind: "table",
            columns: columns.iter().map(param).collect(),
            rows_max: Some(rows_max),
            ..blank
        },
    }
}

/// For a terminal: a block for each entry, a line for each parameter.
#[must_use]
pub fn text(entries: &[Listed]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for entry in entries {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}  {}", entry.id, entry.name);
        let _ = writeln!(out, "    {}", entry.summary);
        if !entry.statistics.is_empty() {
            let _ = writeln!(out, "    statistics: {}", entry.statistics.join(", "));
        }
        for figure in &entry.figures {
            let line = format!("    {:<16} {} {}", figure.name, figure.value, figure.unit);
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if entry.defect {
            let _ = writeln!(out, "    wrong on purpose, to be found");
        }
        if let Some(targets) = entry.targets {
            let _ = writeln!(out, "    aimed at: {targets}");
        }
        for param in &entry.params {
            param_text(&mut out, param, 4);
        }
        if !entry.source.is_empty() {
            let _ = writeln!(out, "    source: {}", entry.source);
        }
        out.push('\n');
    }
    out
}

/// A parameter, and what its variants can be told in turn, each a step further in.
fn param_text(out: &mut String, param: &ListedParam, depth: usize) {
    use std::fmt::Write as _;
    let default = crate::topology::format::value_to_json(&param.default);
    let range = match (param.min, param.max) {
        (Some(min), Some(max)) => format!("{min} to {max} {}", param.unit.unwrap_or_default()),
        _ if !param.options.is_empty() => param.options.join(" | "),
        _ => param.kind.to_owned(),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:depth$}{:<16} {:<44} default {default}", "", param.key, range.trim_end());
    let _ = writeln!(out, "{:depth$}{:<16} {}: {}", "", "", param.label, param.help);
    for entry in param.entries.iter().filter(|entry| !entry.params.is_empty()) {
        let _ = writeln!(out, "{:depth$}    {}: {}", "", entry.id, entry.summary);
        for param in &entry.params {
            param_text(out, param, depth + 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lesson::catalog::{LESSONS, SCENARIOS};

    fn of(word: &str) -> Vec<Listed> {
        Kind::of(word).expect("it is a kind").list()
    }

    #[test]
    fn every_kind_lists_entries_with_names_ids_and_ranges() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.word == kind.word).count(), 1, "{}", kind.word);
            assert!(!kind.about.is_empty() && !kind.about.ends_with('.'), "{}", kind.word);
            let entries = kind.list();
            assert!(!entries.is_empty(), "{}", kind.word);
            let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
            assert_eq!(ids.len(), entries.len(), "{}: ids are unique", kind.word);
            for entry in &entries {
                assert!(!entry.name.is_empty() && !entry.summary.is_empty(), "{}", entry.id);
                for param in entry.params.iter().filter(|param| param.kind == "number") {
                    let Value::Number(default) = param.default else {
                        panic!("{}: {} is a number", entry.id, param.key)
                    };
                    assert!(
                        param.min.unwrap() <= default && default <= param.max.unwrap(),
                        "{} {}",
                        entry.id,
                        param.key
                    );
                }
            }
            assert!(text(&entries).contains(&entries[0].id));
        }
        let stations = text(&of("stations"));
        for inner in ["max_ejected_share", "base_ejection", "users"] {
            assert!(stations.contains(inner), "what a variant can be told is listed, too: {inner}");
        }
        assert_eq!(of("lessons").len(), LESSONS.len(), "every lesson can be read");
        assert_eq!(of("scenarios").len(), SCENARIOS.len(), "every scenario can be read");
    }

    /// Adds what `params` can be told, and what that can be told in turn.
    fn reach(params: &[ListedParam], found: &mut Vec<(String, Option<&'static str>)>) {
        for param in params {
            if param.kind == "variant" {
                found.push((format!("{} ({})", param.key, param.options.join(", ")), param.list));
            }
            reach(&param.columns, found);
            for entry in &param.entries {
                reach(&entry.params, found);
            }
        }
    }

    #[test]
    fn whatever_a_parameter_chooses_from_has_a_list() {
        let mut found = Vec::new();
        for kind in KINDS {
            for entry in kind.list() {
                reach(&entry.params, &mut found);
            }
        }
        let without: Vec<&String> = found.iter().filter(|(_, list)| list.is_none()).map(|(param, _)| param).collect();
        assert!(without.is_empty(), "in no list of src/registry/kinds.rs: {without:?}");
        let lists: BTreeSet<&str> = found.iter().filter_map(|(_, list)| *list).collect();
        for word in ["limits", "shedders", "breakers", "budgets", "scalers", "forecasts", "disciplines", "arrivals"] {
            assert!(lists.contains(word), "{word}: {lists:?}");
        }
    }
}
