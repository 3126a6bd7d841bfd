//! Parameters as data: what a station, a strategy, a distribution, a fault can be told.
//!
//! One [`ParamSpec`] feeds the property form, the save format, the range check and `headroom list`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A parameter's value as a saved document has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Number(f64),
    Text(String),
    /// Rows of a table; each row is itself a list.
    List(Vec<Value>),
    /// One entry of a registry with its own parameters, e.g. `{"id":"exponential","mean":0.02}`.
    Variant(Variant),
}

/// An entry of a registry, chosen by id, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub id: String,
    #[serde(flatten)]
    pub params: Params,
}

/// Parameters by key. A missing key means the default of its [`ParamSpec`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(pub BTreeMap<String, Value>);

impl Params {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Builder form of [`Params::set`].
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }
}

impl Variant {
    #[must_use]
    pub fn new(id: &str, params: Params) -> Self {
        Self { id: id.to_owned(), params }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<Variant> for Value {
    fn from(value: Variant) -> Self {
        Self::Variant(value)
    }
}

/// What a number counts; decides its label and how the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// [s]; the page may show milliseconds.
    Seconds,
    /// [1/s]
    PerSecond,
    /// A whole number of things.
    Count,
    /// 0..1; the page shows percent.
    Share,
    /// A multiplier.
    Factor,
    /// [USD]
    Dollars,
    /// [min], of the run.
    Minutes,
    /// A plain number.
    Plain,
}

impl Unit {
    /// The unit's sign as printed behind a number; empty where there is none.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::PerSecond => "/s",
            Self::Factor => "×",
            Self::Dollars => "USD",
            Self::Minutes => "min",
            Self::Count | Self::Share | Self::Plain => "",
        }
    }
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum ParamKind {
    /// A number within `min..=max`; whole where `unit` is [`Unit::Count`].
    Number {
        unit: Unit,
        min: f64,
        max: f64,
        default: f64,
    },
    Bool {
        default: bool,
    },
    Text {
        default: &'static str,
    },
    /// One of `options`: (id, label).
    Choice {
        options: &'static [(&'static str, &'static str)],
        default: &'static str,
    },
    /// One entry of a registry; `default` is its id (with that entry's own defaults).
    Variant {
        registry: fn() -> Vec<&'static Entry>,
        default: &'static str,
    },
    /// A station of the drawing, by the number of its node; 0: none other.
    Station,
    /// Rows of cells; every row has one cell per column. A cell of [`ParamKind::Station`] at its end may be left out.
    Table {
        columns: &'static [ParamSpec],
        default: fn() -> Value,
        rows_max: usize,
    },
}

/// A text that only menus and forms show: the worker's program, which shows none, leaves it out (feature `terse`).
#[must_use]
pub const fn told(text: &'static str) -> &'static str {
    if cfg!(feature = "terse") { "" } else { text }
}

/// One parameter: its key in saved files, its words on the page, its range.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// snake_case; stable: appears in files, links and lessons.
    pub key: &'static str,
    pub label: &'static str,
    /// One or two plain sentences shown beside the field.
    pub help: &'static str,
    pub kind: ParamKind,
}

impl ParamSpec {
    #[must_use]
    pub const fn number(
        key: &'static str,
        label: &'static str,
        unit: Unit,
        default: f64,
        min: f64,
        max: f64,
        help: &'static str,
    ) -> Self {
        Self { key, label, help: told(help), kind: ParamKind::Number { unit, min, max, default } }
    }
    #[must_use]
    pub const fn count(
        key: &'static str,
        label: &'static str,
        default: f64,
        min: f64,
        max: f64,
        help: &'static str,
    ) -> Self {
        Self::number(key, label, Unit::Count, default, min, max, help)
    }
    #[must_use]
    pub const fn flag(key: &'static str, label: &'static str, default: bool, help: &'static str) -> Self {
        Self { key, label, help: told(help), kind: ParamKind::Bool { default } }
    }
    #[must_use]
    pub const fn choice(
        key: &'static str,
        label: &'static str,
        options: &'static [(&'static str, &'static str)],
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self { key, label, help: told(help), kind: ParamKind::Choice { options, default } }
    }
    #[must_use]
    pub const fn variant(
        key: &'static str,
        label: &'static str,
        registry: fn() -> Vec<&'static Entry>,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self { key, label, help: told(help), kind: ParamKind::Variant { registry, default } }
    }

    #[must_use]
    pub const fn station(key: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { key, label, help: told(help), kind: ParamKind::Station }
    }

    /// The value that a missing key stands for.
    #[must_use]
    pub fn default_value(&self) -> Value {
        match self.kind {
            ParamKind::Number { default, .. } => Value::Number(default),
            ParamKind::Station => Value::Number(0.0),
            ParamKind::Bool { default } => Value::Bool(default),
            ParamKind::Text { default } | ParamKind::Choice { default, .. } => Value::from(default),
            ParamKind::Variant { default, .. } => Value::Variant(Variant::new(default, Params::new())),
            ParamKind::Table { default, .. } => default(),
        }
    }
}

/// What every registry says of each of its entries.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// kebab-case; stable: appears in files, links and lessons.
    pub id: &'static str,
    pub name: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// Where the behavior or its defaults come from.
    pub source: &'static str,
    pub params: &'static [ParamSpec],
    /// A defect kept on purpose for "spot the bug": hidden from the palette.
    pub defect: bool,
}

impl Entry {
    /// A number among `params`; its default where it is missing or not a number (which the document's checks report).
    ///
    /// # Panics
    /// If the entry has no number of that key: a parameter that is read is declared.
    #[must_use]
    pub fn number(&self, params: &Params, key: &str) -> f64 {
        let spec = self.params.iter().find(|spec| spec.key == key);
        match (params.get(key), spec.map(|spec| spec.kind)) {
            (Some(Value::Number(number)), Some(_)) => *number,
            (_, Some(ParamKind::Number { default, .. })) => default,
            _ => panic!("{} declares no number {key}", self.id),
        }
    }
}

/// Finds an entry by id.
#[must_use]
pub fn find_entry(entries: &[&'static Entry], id: &str) -> Option<&'static Entry> {
    entries.iter().find(|entry| entry.id == id).copied()
}
