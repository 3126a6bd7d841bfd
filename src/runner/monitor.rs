//! The performance monitor's figures as a file: one row for each statistics bucket, as CSV or JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::model::outcome::Outcome;
use crate::protocol::Series;

/// A column: its name with the unit, and how it is read from a row of the series.
type Column = (&'static str, fn(&Series, usize) -> f64);

fn at(values: &[f32], row: usize) -> f64 {
    values.get(row).map_or(f64::NAN, |value| f64::from(*value))
}

fn ended(series: &Series, row: usize, outcome: Outcome) -> f64 {
    at(&series.by_outcome[outcome.index()], row)
}

/// All columns, in their order. Rates are means over the bucket; what is "at the end" is as the bucket closed.
pub const COLUMNS: &[Column] = &[
    ("at_secs", |series, row| series.at_secs.get(row).copied().unwrap_or(f64::NAN)),
    ("bucket_secs", |series, _| series.bucket_secs),
    ("arrivals_per_sec", |series, row| at(&series.arrival_rate, row)),
    ("completed_per_sec", |series, row| ended(series, row, Outcome::Completed)),
    ("errors_per_sec", |series, row| {
        Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Completed).map(|it| ended(series, row, it)).sum()
    }),
    ("p50_secs", |series, row| at(&series.p50, row)),
    ("p99_secs", |series, row| at(&series.p99, row)),
    ("in_flight_at_end", |series, row| at(&series.in_flight, row)),
    ("queue_length", |series, row| at(&series.queue_length, row)),
    ("utilization", |series, row| at(&series.utilization, row)),
    ("memory_used_bytes_at_end", |series, row| at(&series.memory, row)),
    ("memory_reserved_bytes_at_end", |series, row| at(&series.reserved, row)),
    ("allocated_bytes_per_sec", |series, row| at(&series.allocation_rate, row)),
    ("allocated_bytes_total", |series, row| at(&series.allocated, row)),
    ("collections_per_sec", |series, row| at(&series.collections, row)),
    ("collector_pause_secs_per_sec", |series, row| at(&series.paused, row)),
];

/// Shortest digits that mean the same number as it was measured.
fn digits(value: f64) -> f64 {
    // Most columns travel as `f32`: the digits beyond are noise.
    let short = value as f32;
    short.to_string().parse().unwrap_or(value)
}

/// The rows that have any width: the warm-up may end in the moment in which a bucket begins.
fn rows(series: &Series) -> impl Iterator<Item = usize> {
    (0..series.at_secs.len()).filter(|row| at(&series.arrival_rate, *row).is_finite())
}

/// With a line of names first; an empty cell where there is nothing to tell.
#[must_use]
pub fn csv(series: &Series) -> String {
    let mut text = COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in rows(series) {
        for (place, (_, read)) in COLUMNS.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            let value = read(series, row);
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
        let cells = COLUMNS.iter().map(|(name, read)| {
            let value = read(series, row);
            ((*name).to_owned(), if value.is_finite() { Value::from(digits(value)) } else { Value::Null })
        });
        Value::Object(cells.collect::<Map<_, _>>())
    };
    let rows: Vec<Value> = rows(series).map(row).collect();
    serde_json::to_string_pretty(&rows).expect("numbers and names are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        let mut series = Series {
            bucket_secs: 1.0,
            // The last one has no width.
            at_secs: vec![0.0, 1.0, 2.0],
            arrival_rate: vec![100.0, 90.5, f32::NAN],
            p50: vec![0.01, f32::NAN],
            p99: vec![0.1, f32::NAN],
            utilization: vec![0.3, 0.0],
            queue_length: vec![2.0, 0.0],
            in_flight: vec![7.0, 0.0],
            memory: vec![5e7, 6e7],
            reserved: vec![8e7, 8e7],
            allocation_rate: vec![1e6, 2e6],
            allocated: vec![1e6, 3e6],
            collections: vec![0.0, 1.0],
            paused: vec![0.0, 0.012],
            ..Series::default()
        };
        for (place, column) in series.by_outcome.iter_mut().enumerate() {
            *column = vec![place as f32, 0.0];
        }
        series
    }

    #[test]
    fn a_row_for_each_bucket_and_a_cell_for_each_column() {
        let csv = csv(&series());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.split(',').count() == COLUMNS.len()), "{csv}");
        assert_eq!(lines[1], "0,1,100,0,15,0.01,0.1,7,2,0.3,50000000,80000000,1000000,1000000,0,0");
        assert_eq!(lines[2], "1,1,90.5,0,0,,,0,0,0,60000000,80000000,2000000,3000000,1,0.012");
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
