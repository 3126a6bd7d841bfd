//! Everything that can be chosen, as plain data: for `headroom list`, for programs and for documents.
//!
//! ```json
//! [{"id":"service","name":"Service","summary":"…","source":"…","category":"compute","accepts_input":true,
//!   "outputs":"optional","params":[{"key":"slots","label":"Slots per replica","help":"…","type":"number","unit":"",
//!   "min":1,"max":10000,"default":8,"whole":true}]}]
//! ```

use serde::Serialize;

use crate::lesson::catalog::{LESSONS, SCENARIOS};
use crate::lesson::metric;
use crate::model::fault::{self, Targets};
use crate::model::params::{Entry, ParamKind, ParamSpec, Unit, Value};
use crate::model::station::{self, Category, Outputs};
use crate::model::{balancer, distribution, edge, profile};

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Stations,
    Connections,
    Strategies,
    Distributions,
    Profiles,
    Backoffs,
    Faults,
    Metrics,
    Scenarios,
    Lessons,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Stations,
        Self::Connections,
        Self::Strategies,
        Self::Distributions,
        Self::Profiles,
        Self::Backoffs,
        Self::Faults,
        Self::Metrics,
        Self::Scenarios,
        Self::Lessons,
    ];

    /// The word for it on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stations => "stations",
            Self::Connections => "connections",
            Self::Strategies => "strategies",
            Self::Distributions => "distributions",
            Self::Profiles => "profiles",
            Self::Backoffs => "backoffs",
            Self::Faults => "faults",
            Self::Metrics => "metrics",
            Self::Scenarios => "scenarios",
            Self::Lessons => "lessons",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

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
    /// Kept for "spot the bug": wrong on purpose.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub defect: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<ListedParam>,
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
    /// Variants: those entries in full, unless they have a list of their own (strategies, distributions, profiles,
    /// back-offs).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Listed>,
    /// Tables: the cells of a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ListedParam>,
    /// Tables: most rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_max: Option<usize>,
}

/// Everything of one kind, in the order of its registry.
#[must_use]
pub fn list(kind: Kind) -> Vec<Listed> {
    let entries = |entries: Vec<&'static Entry>| entries.into_iter().map(listed).collect();
    match kind {
        Kind::Stations => station::REGISTRY.iter().map(listed_station).collect(),
        Kind::Connections => entries(vec![&edge::EDGE_ENTRY]),
        Kind::Strategies => entries(balancer::entries()),
        Kind::Distributions => entries(distribution::entries()),
        Kind::Profiles => entries(profile::entries()),
        Kind::Backoffs => entries(edge::backoffs()),
        Kind::Faults => fault::REGISTRY.iter().map(listed_fault).collect(),
        Kind::Metrics => metric::REGISTRY.iter().map(listed_metric).collect(),
        Kind::Scenarios => SCENARIOS.iter().filter_map(listed_scenario).collect(),
        Kind::Lessons => LESSONS.iter().filter_map(listed_lesson).collect(),
    }
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

fn listed_station(kind: &'static station::StationKind) -> Listed {
    Listed {
        category: Some(match kind.category {
            Category::Client => "client",
            Category::Routing => "routing",
            Category::Compute => "compute",
            Category::Cache => "cache",
            Category::Data => "data",
            Category::Messaging => "messaging",
        }),
        accepts_input: Some(kind.accepts_input),
        outputs: Some(match kind.outputs {
            Outputs::None => "none",
            Outputs::Optional => "optional",
            Outputs::Required => "required",
        }),
        ..listed(&kind.entry)
    }
}

fn listed_fault(kind: &'static fault::FaultKind) -> Listed {
    Listed {
        targets: Some(match kind.targets {
            Targets::Stations => "stations",
            Targets::Servers => "stations, balancers too",
            Targets::Services => "services",
            Targets::Caches => "caches",
            Targets::Databases => "databases",
            Targets::Clocks => "caches and DNS",
            Targets::Edges => "connections",
            Targets::Sources => "clients",
            Targets::Areas => "areas",
            Targets::Brokers => "brokers",
        }),
        ..listed(kind.entry)
    }
}

fn listed_metric(metric: &'static metric::Metric) -> Listed {
    let name = crate::glossary::find(metric.name).map_or(metric.name, |term| term.name);
    Listed {
        id: metric.name.to_owned(),
        name: name.to_owned(),
        summary: metric.summary.to_owned(),
        unit: Some(metric.unit.symbol()),
        statistics: metric.statistics.to_vec(),
        ..Listed::default()
    }
}

fn listed_scenario(scenario: &crate::lesson::catalog::Scenario) -> Option<Listed> {
    let document = scenario.run().ok()?.document;
    Some(Listed { id: scenario.id.to_owned(), name: document.title, summary: document.notes, ..Listed::default() })
}

fn listed_lesson(files: &crate::lesson::catalog::LessonFiles) -> Option<Listed> {
    let lesson = files.lesson().ok()?;
    Some(Listed {
        id: lesson.slug,
        name: format!("{} {}", files.number, lesson.title),
        summary: lesson.summary,
        source: lesson.source,
        ..Listed::default()
    })
}

/// Whether all of these stand in a list of their own.
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

    #[test]
    fn every_kind_lists_entries_with_names_ids_and_ranges() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.word()), Some(kind));
            let entries = list(kind);
            assert!(!entries.is_empty(), "{}", kind.word());
            let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
            assert_eq!(ids.len(), entries.len(), "{}: ids are unique", kind.word());
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
        let stations = text(&list(Kind::Stations));
        for inner in ["max_ejected_share", "base_ejection", "users"] {
            assert!(stations.contains(inner), "what a variant can be told is listed, too: {inner}");
        }
        assert_eq!(list(Kind::Lessons).len(), LESSONS.len(), "every lesson can be read");
        assert_eq!(list(Kind::Scenarios).len(), SCENARIOS.len(), "every scenario can be read");
    }
}
