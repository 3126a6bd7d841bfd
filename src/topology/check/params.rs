//! Checks parameters against the entry that declares them: name, type, range.

use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant, find_entry};
use crate::model::{balancer, distribution, scaler};
use crate::topology::document::Severity;
use crate::topology::format::nearest;

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamProblem {
    pub severity: Severity,
    /// Its key, inside a variant with the variant's key in front: `service_time.mean`.
    pub param: String,
    /// A stable kebab-case name of the kind of problem.
    pub code: &'static str,
    pub message: String,
    pub remedy: String,
}

/// All problems of `params`, in the order in which `entry` declares them, unknown ones last.
#[must_use]
pub fn check_params(entry: &Entry, params: &Params) -> Vec<ParamProblem> {
    let mut found = Vec::new();
    within(entry.params, params, "", "", &mut found);
    found
}

/// `key` and `label` lead to where `params` stand, each with its separator; empty at the top.
fn within(specs: &[ParamSpec], params: &Params, key: &str, label: &str, found: &mut Vec<ParamProblem>) {
    for spec in specs {
        if let Some(value) = params.get(spec.key) {
            one(spec, value, &format!("{key}{}", spec.key), &format!("{label}{}", spec.label), found);
        }
    }
    let known: Vec<&str> = specs.iter().map(|spec| spec.key).collect();
    for unknown in params.0.keys().filter(|key| !known.contains(&key.as_str())) {
        let meant = nearest(unknown, &known).map_or_else(
            || if known.is_empty() { String::new() } else { format!(" Known here: {}.", known.join(", ")) },
            |meant| format!(" Did you mean \"{meant}\"?"),
        );
        found.push(ParamProblem {
            severity: Severity::Warning,
            param: format!("{key}{unknown}"),
            code: "unknown-parameter",
            message: format!("there is no parameter \"{key}{unknown}\", so it does nothing."),
            remedy: format!("Remove it.{meant}"),
        });
    }
}

fn one(spec: &ParamSpec, value: &Value, key: &str, label: &str, found: &mut Vec<ParamProblem>) {
    let mut error = |code: &'static str, message: String, remedy: String| {
        found.push(ParamProblem { severity: Severity::Error, param: key.to_owned(), code, message, remedy });
    };
    match (spec.kind, value) {
        (ParamKind::Number { unit, min, max, .. }, Value::Number(number)) => {
            if !(min..=max).contains(number) {
                error(
                    "out-of-range",
                    format!(
                        "{label} is {}, but must lie between {} and {}.",
                        quantity(*number, unit),
                        plain(min),
                        quantity(max, unit)
                    ),
                    format!("Set it to a value between {} and {}.", plain(min), quantity(max, unit)),
                );
            } else if unit == Unit::Count && number.fract() != 0.0 {
                error(
                    "not-whole",
                    format!("{label} is {}, but must be a whole number.", plain(*number)),
                    format!("Set it to {} or {}.", plain(number.floor()), plain(number.ceil())),
                );
            }
        }
        (ParamKind::Station, Value::Number(number)) => {
            if !(0.0..=f64::from(u32::MAX)).contains(number) || number.fract() != 0.0 {
                error(
                    "out-of-range",
                    format!("{label} is {}, which is no station's number.", plain(*number)),
                    "Choose a station.".to_owned(),
                );
            }
        }
        (ParamKind::Bool { .. }, Value::Bool(_)) | (ParamKind::Text { .. }, Value::Text(_)) => {}
        (ParamKind::Choice { options, .. }, Value::Text(text)) => {
            let known: Vec<&str> = options.iter().map(|(id, _)| *id).collect();
            if !known.contains(&text.as_str()) {
                error("unknown-option", format!("{label} cannot be \"{text}\"."), one_of(text, &known));
            }
        }
        (ParamKind::Variant { registry, .. }, Value::Variant(variant)) => {
            let entries = registry();
            match find_entry(&entries, &variant.id) {
                Some(entry) => {
                    let before = found.len();
                    within(entry.params, &variant.params, &format!("{key}."), &format!("{label}, "), found);
                    // Values that are each possible may still exclude each other.
                    if found.len() == before
                        && let Some((param, message)) = excluded(entry, variant)
                    {
                        found.push(ParamProblem {
                            severity: Severity::Error,
                            param: format!("{key}.{param}"),
                            code: "out-of-range",
                            message: format!("{label}: {message}."),
                            remedy: "Change it, or choose another entry.".to_owned(),
                        });
                    }
                }
                None => {
                    let known: Vec<&str> = entries.iter().map(|entry| entry.id).collect();
                    error(
                        "unknown-option",
                        format!("{label} cannot be \"{}\".", variant.id),
                        one_of(&variant.id, &known),
                    );
                }
            }
        }
        (ParamKind::Table { columns, rows_max, .. }, Value::List(rows)) => {
            if rows.is_empty() || rows.len() > rows_max {
                error(
                    "out-of-range",
                    format!("{label} has {} rows, but must have between 1 and {rows_max}.", rows.len()),
                    "Add or remove rows.".to_owned(),
                );
            }
            for (index, row) in rows.iter().enumerate() {
                let (key, label) = (format!("{key}[{index}]"), format!("{label}, row {}", index + 1));
                match row {
                    Value::List(cells) if (least_cells(columns)..=columns.len()).contains(&cells.len()) => {
                        for (column, cell) in columns.iter().zip(cells) {
                            one(
                                column,
                                cell,
                                &format!("{key}.{}", column.key),
                                &format!("{label}, {}", column.label),
                                found,
                            );
                        }
                    }
                    _ => {
                        let names: Vec<&str> = columns.iter().map(|column| column.label).collect();
                        found.push(ParamProblem {
                            severity: Severity::Error,
                            param: key,
                            code: "wrong-type",
                            message: format!("{label} must have {} cells: {}.", columns.len(), names.join(", ")),
                            remedy: "Complete the row, or remove it.".to_owned(),
                        });
                    }
                }
            }
        }
        (kind, value) => error(
            "wrong-type",
            format!("{label} must be {}, not {}.", wanted(kind), given(value)),
            "Remove it to get the default, or give it a value of the right type.".to_owned(),
        ),
    }
}

/// Cells that a row must have: stations at its end may be left out.
fn least_cells(columns: &[ParamSpec]) -> usize {
    let free = columns.iter().rev().take_while(|column| matches!(column.kind, ParamKind::Station));
    columns.len() - free.count()
}

/// What a distribution or a strategy itself says against its parameters: the parameter and why.
fn excluded(entry: &'static Entry, variant: &Variant) -> Option<(&'static str, String)> {
    let among = |entries: Vec<&'static Entry>| entries.iter().any(|known| std::ptr::eq(*known, entry));
    if among(distribution::entries()) {
        return distribution::build(variant).err().map(|error| (error.param, error.to_string()));
    }
    if among(balancer::entries()) {
        return balancer::check(variant).err().map(|message| ("id", message));
    }
    if scaler::is_entry(entry) {
        return scaler::check(variant);
    }
    scaler::check_entry(entry, &variant.params)
}

fn one_of(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(meant) => format!("Did you mean \"{meant}\"? Possible: {}.", known.join(", ")),
        None => format!("Choose one of: {}.", known.join(", ")),
    }
}

fn wanted(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Number { .. } => "a number",
        ParamKind::Station => "the number of a station",
        ParamKind::Bool { .. } => "true or false",
        ParamKind::Text { .. } | ParamKind::Choice { .. } => "a text",
        ParamKind::Variant { .. } => "an object with an \"id\"",
        ParamKind::Table { .. } => "a list of rows",
    }
}

fn given(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Variant(_) => "an object",
    }
}

/// A number as a person writes it: thousands apart, nothing behind the point that is not there.
pub(super) fn plain(number: f64) -> String {
    let text = number.to_string();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-').len();
    if digits <= 4 || !number.is_finite() {
        return text;
    }
    let mut grouped = String::new();
    for (index, character) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(character);
    }
    grouped + rest
}

fn quantity(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("{} s", plain(number)),
        Unit::PerSecond => format!("{}/s", plain(number)),
        Unit::Dollars => format!("{} USD", plain(number)),
        Unit::Minutes => format!("{} min", plain(number)),
        _ => plain(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, text) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (-3.5, "-3.5"),
            (1_000.0, "1000"),
            (10_000.0, "10,000"),
            (-1_234_567.25, "-1,234,567.25"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(plain(number), text);
        }
    }
}
