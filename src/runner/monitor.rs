//! The performance monitor's figures as a file: one row for each statistics bucket, as CSV or JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::figure;
use crate::protocol::Series;

/// The names of all columns, with their units: the moment, then the figures that have one, in the registry's order.
/// Rates are means over the bucket; what is "at the end" is as the bucket closed.
pub fn columns() -> impl Iterator<Item = &'static str> {
    ["at_secs", "bucket_secs"].into_iter().chain(figure::charted().filter_map(|spec| spec.column))
}

/// The cells of a row, in the order of [`columns`]; NaN where there is nothing to tell.
fn cells(series: &Series, row: usize) -> impl Iterator<Item = f64> + '_ {
    let at = series.at_secs.get(row).copied().unwrap_or(f64::NAN);
    let figures = figure::charted().zip(&series.columns).filter(|(spec, _)| spec.column.is_some());
    let figures = figures.map(move |(_, values)| values.get(row).map_or(f64::NAN, |value| f64::from(*value)));
    [at, series.bucket_secs].into_iter().chain(figures)
}

/// Shortest digits that mean the same number as it was measured.
fn digits(value: f64) -> f64 {
    // Most columns travel as `f32`: the digits beyond are noise.
    let short = value as f32;
    short.to_string().parse().unwrap_or(value)
}

/// The rows that have any width: the warm-up may end in the moment in which a bucket begins.
fn rows(series: &Series) -> impl Iterator<Item = usize> + '_ {
    let came = series.column("arrival_rate");
    (0..series.at_secs.len()).filter(|row| came.get(*row).is_some_and(|rate| rate.is_finite()))
}

/// With a line of names first; an empty cell where there is nothing to tell.
#[must_use]
pub fn csv(series: &Series) -> String {
    let mut text = columns().collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in rows(series) {
        for (place, value) in cells(series, row).enumerate() {
            if place > 0 {
                text.push(',');
            }
            if value.is_finite() {
                write!(text, "{}", digits(value)).expect("a string takes everything");
            }
        }
        text.push('\n');
    }
    text
}

/// A list of objects, one for each row; null where there is nothing to tell.
#[must_use]
pub fn json(series: &Series) -> String {
    let row = |row: usize| {
        let mut object = Map::new();
        for (name, value) in columns().zip(cells(series, row)) {
            let value = if value.is_finite() { Value::from(digits(value)) } else { Value::Null };
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    };
    let rows: Vec<Value> = rows(series).map(row).collect();
    serde_json::to_string_pretty(&rows).expect("numbers and names are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that programs read by name: they stay.
    const KNOWN: [&str; 16] = [
        "at_secs",
        "bucket_secs",
        "arrivals_per_sec",
        "completed_per_sec",
        "errors_per_sec",
        "p50_secs",
        "p99_secs",
        "in_flight_at_end",
        "queue_length",
        "utilization",
        "memory_used_bytes_at_end",
        "memory_reserved_bytes_at_end",
        "allocated_bytes_per_sec",
        "allocated_bytes_total",
        "collections_per_sec",
        "collector_pause_secs_per_sec",
    ];

    fn series() -> Series {
        let column = |id: &str| match id {
            "arrival_rate" => vec![100.0, 90.5, f32::NAN],
            "throughput" => vec![0.0, 0.0],
            "errors" => vec![15.0, 0.0],
            "p50" => vec![0.01, f32::NAN],
            "p99" => vec![0.1, f32::NAN],
            "utilization" => vec![0.3, 0.0],
            "queue_length" => vec![2.0, 0.0],
            "in_flight" => vec![7.0, 0.0],
            "memory_used" => vec![5e7, 6e7],
            "memory_reserved" => vec![8e7, 8e7],
            "allocation_rate" => vec![1e6, 2e6],
            "allocated" => vec![1e6, 3e6],
            "collections" => vec![0.0, 1.0],
            "paused" => vec![0.0, 0.012],
            _ => Vec::new(),
        };
        Series {
            bucket_secs: 1.0,
            // The last one has no width.
            at_secs: vec![0.0, 1.0, 2.0],
            columns: figure::charted().map(|spec| column(spec.id)).collect(),
            ..Series::default()
        }
    }

    #[test]
    fn a_row_for_each_bucket_and_a_cell_for_each_column() {
        let csv = csv(&series());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.split(',').count() == columns().count()), "{csv}");
        // What is measured some day stands beside these under a name of its own.
        let cells = |line: &str| {
            let named: Vec<(&str, String)> = columns().zip(line.split(',').map(str::to_owned)).collect();
            let known = |name: &str| named.iter().find(|(column, _)| *column == name).map(|(_, cell)| cell.clone());
            KNOWN.map(|name| known(name).unwrap_or_else(|| panic!("no column {name}"))).join(",")
        };
        assert_eq!(cells(lines[1]), "0,1,100,0,15,0.01,0.1,7,2,0.3,50000000,80000000,1000000,1000000,0,0");
        assert_eq!(cells(lines[2]), "1,1,90.5,0,0,,,0,0,0,60000000,80000000,2000000,3000000,1,0.012");
    }

    #[test]
    fn json_says_the_same() {
        let rows: Vec<Map<String, Value>> = serde_json::from_str(&json(&series())).expect("it is JSON");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["p99_secs"], 0.1);
        assert_eq!(rows[1]["p99_secs"], Value::Null);
        assert_eq!(rows[1]["arrivals_per_sec"], 90.5);
        assert_eq!(rows[0]["errors_per_sec"], 15.0);
    }
}
