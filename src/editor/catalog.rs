//! How the editor reads the station registry: a kind's face on the canvas, its ports, its setting in one line.
//!
//! Nothing here names a kind, so a new station needs no line in the editor.

pub use crate::facet::words::grouped;
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, find_entry};
use crate::model::read::Reader;
use crate::model::station::{self, Category, Outputs};
use crate::topology::document::{Document, Node, NodeId};

/// Which gauges a card has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauges {
    /// A bar or a number.
    Plain,
    /// A square per replica, and a bar.
    Replicas,
}

/// What a kind of station looks like to the editor.
#[derive(Clone, Copy, Debug)]
pub struct Face {
    pub name: &'static str,
    /// `None`: the registry does not know the kind (a document of a later version).
    pub category: Option<Category>,
    pub accepts_input: bool,
    pub outputs: Outputs,
    pub gauges: Gauges,
}

/// The face of a kind; an unknown kind gets a plain one, so that its card can still be moved and deleted.
#[must_use]
pub fn face(kind: &str) -> Face {
    station::find(kind).map_or(
        Face {
            name: "Unknown station",
            category: None,
            accepts_input: true,
            outputs: Outputs::Optional,
            gauges: Gauges::Plain,
        },
        |found| Face {
            name: found.entry.name,
            category: Some(found.category),
            accepts_input: found.accepts_input,
            outputs: found.outputs,
            gauges: if found.entry.params.iter().any(|spec| spec.key == "replicas") {
                Gauges::Replicas
            } else {
                Gauges::Plain
            },
        },
    )
}

/// Whether wires may start at this kind.
#[must_use]
pub fn makes_calls(kind: &str) -> bool {
    face(kind).outputs != Outputs::None
}

/// Stable lower-case word for a category, for CSS classes and icons.
#[must_use]
pub const fn category_word(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Client) => "client",
        Some(Category::Routing) => "routing",
        Some(Category::Compute) => "compute",
        Some(Category::Cache) => "cache",
        Some(Category::Data) => "data",
        Some(Category::Messaging) => "messaging",
        None => "unknown",
    }
}

/// How many replicas the node is set to have; 1 for kinds without replicas.
#[must_use]
pub fn replicas(node: &Node) -> usize {
    let spec = station::find(&node.kind).and_then(|kind| kind.entry.params.iter().find(|spec| spec.key == "replicas"));
    match spec.map(|spec| node.params.get("replicas").cloned().unwrap_or_else(|| spec.default_value())) {
        // `as` saturates: a count beyond any document's range still gives a card of bounded height.
        Some(Value::Number(count)) => count.max(0.0) as usize,
        _ => 1,
    }
}

/// How many members a station may have that can be hit alone: its replicas as they are set, or the nodes, shards or replicas
/// that its settings let it have.
#[must_use]
pub fn members(node: &Node) -> usize {
    let Some(kind) = station::find(&node.kind) else { return 1 };
    if kind.entry.params.iter().any(|spec| spec.key == "replicas") {
        return replicas(node);
    }
    (kind.members_max)(&Reader::new(&kind.entry, &node.params)) as usize
}

/// What people call a member of a station: "replica 3", "node 2".
#[must_use]
pub fn member_name(node: &Node, number: u32) -> String {
    match station::find(&node.kind) {
        Some(kind) => (kind.member)(&Reader::new(&kind.entry, &node.params), number),
        None => format!("member {}", number + 1),
    }
}

/// What people call a member of one of the document's stations.
#[must_use]
pub fn member_of(document: &Document, id: NodeId, number: u32) -> String {
    document.nodes.get(&id).map_or_else(|| format!("member {}", number + 1), |node| member_name(node, number))
}

/// Letters that fit on a card's second line.
const LINE_MAX: usize = 25;

/// The node's setting in one line: its kind's first two parameters, as far as they fit, e.g. "12 replicas · 8 slots".
#[must_use]
pub fn setting_line(node: &Node) -> String {
    let Some(kind) = station::find(&node.kind) else { return format!("unknown kind: {}", node.kind) };
    let says = kind.entry.params.iter().filter(|spec| !is_off(spec, &node.params));
    let words: Vec<String> = says.take(2).filter_map(|spec| words_for(spec, &node.params)).collect();
    let line = words.join(" · ");
    if line.chars().count() <= LINE_MAX { line } else { words.into_iter().next().unwrap_or_default() }
}

/// Whether a parameter chooses an entry that stands for nothing at all.
fn is_off(spec: &ParamSpec, params: &Params) -> bool {
    match (spec.kind, params.get(spec.key)) {
        (ParamKind::Variant { .. }, Some(Value::Variant(chosen))) => chosen.id == "off",
        (ParamKind::Variant { default, .. }, _) => default == "off",
        _ => false,
    }
}

/// A parameter's value in words; `None` where there is nothing to say (a flag that is off).
#[must_use]
pub fn words_for(spec: &ParamSpec, params: &Params) -> Option<String> {
    let label = spec.label.to_lowercase();
    match (spec.kind, value(spec, params)) {
        (ParamKind::Number { unit: Unit::Count, .. }, Value::Number(count)) => {
            let noun = label.split(" per ").next().unwrap_or(&label);
            let noun = if count == 1.0 { singular(noun) } else { noun.to_owned() };
            Some(format!("{} {noun}", grouped(count)))
        }
        (ParamKind::Number { unit, .. }, Value::Number(number)) => Some(format!("{label} {}", quantity(number, unit))),
        (ParamKind::Bool { .. }, Value::Bool(on)) => on.then_some(label),
        (ParamKind::Choice { options, .. }, Value::Text(id)) => {
            options.iter().find(|(option, _)| *option == id).map(|(_, words)| (*words).to_owned())
        }
        (ParamKind::Variant { registry, .. }, Value::Variant(chosen)) => {
            let Some(entry) = find_entry(&registry(), &chosen.id) else { return Some(chosen.id) };
            Some(variant_words(entry, &chosen.params))
        }
        (ParamKind::Text { .. }, Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// What a parameter is set to, or its default.
#[must_use]
pub fn value(spec: &ParamSpec, params: &Params) -> Value {
    params.get(spec.key).cloned().unwrap_or_else(|| spec.default_value())
}

/// A parameter's value alone, short: "3", "20 ms", "Round robin", "off".
#[must_use]
pub fn value_words(spec: &ParamSpec, params: &Params) -> String {
    match (spec.kind, value(spec, params)) {
        (ParamKind::Number { unit, .. }, Value::Number(number)) => quantity(number, unit),
        (_, Value::Bool(on)) => if on { "on" } else { "off" }.to_owned(),
        (ParamKind::Variant { registry, .. }, Value::Variant(chosen)) => find_entry(&registry(), &chosen.id)
            .map_or(chosen.id, |entry| entry.name.split(" (").next().unwrap_or(entry.name).to_lowercase()),
        (ParamKind::Choice { options, .. }, Value::Text(id)) => {
            options.iter().find(|(option, _)| *option == id).map_or(id, |(_, words)| (*words).to_owned())
        }
        (_, Value::Text(text)) => text,
        _ => "different".to_owned(),
    }
}

/// What is set among some parameters, in one line: "3 retries, deadline 2 s"; "off" or "default" where nothing is.
#[must_use]
pub fn state_line(specs: &[ParamSpec], keys: &[&str], params: &Params) -> String {
    let of = |key: &&str| specs.iter().find(|spec| spec.key == *key);
    let set = |spec: &&ParamSpec| params.get(spec.key).is_some_and(|value| *value != spec.default_value());
    let told: Vec<String> = keys
        .iter()
        .filter_map(of)
        .filter(|spec| set(spec) && !is_off(spec, params))
        .map(|spec| words_for(spec, params).unwrap_or_else(|| spec.label.to_owned()))
        .collect();
    match keys.iter().filter_map(of).next() {
        _ if !told.is_empty() => told.join(", "),
        Some(first) if is_off(first, params) => "off".to_owned(),
        _ => "default".to_owned(),
    }
}

/// The entry's short name and its first number, e.g. "Constant 100/s".
fn variant_words(entry: &Entry, params: &Params) -> String {
    let name = entry.name.split(" (").next().unwrap_or(entry.name);
    let first = entry.params.first().and_then(|spec| match spec.kind {
        ParamKind::Number { unit, .. } => match params.get(spec.key).cloned().unwrap_or_else(|| spec.default_value()) {
            Value::Number(number) => Some(quantity(number, unit)),
            _ => None,
        },
        _ => None,
    });
    first.map_or_else(|| name.to_owned(), |number| format!("{name} {number}"))
}

/// A number with its unit, short: 0.02 s is "20 ms", a share is in percent.
#[must_use]
pub fn quantity(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if number == 0.0 => "0 s".to_owned(),
        Unit::Seconds if number.abs() < 0.001 => format!("{} µs", grouped(number * 1e6)),
        Unit::Seconds if number.abs() < 1.0 => format!("{} ms", grouped(number * 1e3)),
        Unit::Seconds => format!("{} s", grouped(number)),
        Unit::PerSecond => format!("{}/s", grouped(number)),
        Unit::Share => format!("{} %", grouped(number * 100.0)),
        Unit::Factor => format!("×{}", grouped(number)),
        Unit::Dollars => dollars(number),
        Unit::Minutes => format!("{} min", grouped(number)),
        Unit::Count | Unit::Plain => grouped(number),
    }
}

/// An amount of money: `$0.24`, `$12.3`; three figures however small it is.
#[must_use]
pub fn dollars(number: f64) -> String {
    let size = number.abs();
    let sign = if number < 0.0 { "−" } else { "" };
    if size == 0.0 || size >= 0.0995 || !size.is_finite() {
        return format!("{sign}${}", grouped(size));
    }
    // Small amounts are what single requests cost: three figures, however many zeros stand before them.
    let decimals = (3..12).find(|decimals| size * 10_f64.powi(*decimals - 2) >= 0.995).unwrap_or(12) as usize;
    let text = format!("{size:.decimals$}");
    format!("{sign}${}", text.trim_end_matches('0'))
}

fn singular(noun: &str) -> String {
    match noun.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => noun.strip_suffix('s').unwrap_or(noun).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::document::Point;

    #[test]
    fn the_setting_line_tells_the_first_two_parameters() {
        let mut node = Node {
            kind: "service".to_owned(),
            label: "Orders".to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new().with("replicas", 12.0),
        };
        assert_eq!(setting_line(&node), "12 replicas · 8 slots");
        node.params = Params::new();
        assert_eq!(setting_line(&node), "1 replica · 8 slots");
        node.kind = "source".to_owned();
        assert_eq!(setting_line(&node), "Poisson · Constant 100/s");
        node.kind = "database".to_owned();
        node.params.set("connections", 1.0);
        assert!(setting_line(&node).starts_with("1 connection"));
    }

    #[test]
    fn a_value_alone_is_short() {
        let said = |kind: &str, key: &str, params: &Params| {
            let spec = station::find(kind).unwrap().entry.params.iter().find(|spec| spec.key == key).unwrap();
            value_words(spec, params)
        };
        assert_eq!(said("service", "replicas", &Params::new().with("replicas", 3.0)), "3");
        assert_eq!(said("balancer", "strategy", &Params::new()), "round robin");
        assert_eq!(said("service", "scaler", &Params::new()), "off");
    }

    #[test]
    fn money_keeps_three_figures() {
        let amounts = [0.24, 12.345, 0.0, 0.000_123_4, 0.0451, 1_234.6, f64::NAN].map(dollars);
        assert_eq!(amounts, ["$0.24", "$12.3", "$0", "$0.000123", "$0.0451", "$1\u{202f}235", "$–"]);
        assert_eq!(dollars(-0.02), "−$0.02");
    }

    #[test]
    fn quantities_are_short() {
        assert_eq!(quantity(0.02, Unit::Seconds), "20 ms");
        assert_eq!(quantity(0.0005, Unit::Seconds), "500 µs");
        assert_eq!(quantity(0.25, Unit::Share), "25 %");
        assert_eq!([1.2345, 12.345, 99.96, 0.1234].map(grouped), ["1.23", "12.3", "100", "0.123"]);
        assert_eq!(quantity(10_000.0, Unit::PerSecond), "10\u{202f}000/s");
        assert_eq!(quantity(-3.5, Unit::Plain), "−3.5");
    }
}
