//! The histogram's percentiles and buckets against what the Java HdrHistogram answers.

use headroom::engine::stats::{Histogram, percentile_rank};
use headroom::engine::time::SimDuration;
use serde_json::Value;

use crate::vectors;

/// The values behind a case of the vectors; the long ones are described by name. With an expected interval, the
/// correction for coordinated omission adds the values that a stalled client failed to send.
fn values_of(case: &Value) -> Vec<u64> {
    let raw: Vec<u64> = match case["name"].as_str().expect("name") {
        "1..100" => (1..=100).collect(),
        name if name.starts_with("1000,2000,..") => (1..=1_000).map(|n| n * 1_000).collect(),
        name if name.starts_with("upstream") => std::iter::repeat_n(1_000, 10_000).chain([100_000_000]).collect(),
        _ => case["values"].as_array().expect("values").iter().map(|v| v.as_u64().expect("whole number")).collect(),
    };
    let interval = case["expected_interval"].as_u64().expect("interval");
    let mut values = Vec::new();
    for value in raw {
        values.push(value);
        let mut missing = value.saturating_sub(interval);
        while interval > 0 && missing >= interval {
            values.push(missing);
            missing -= interval;
        }
    }
    values
}

#[test]
fn percentiles_are_those_of_the_java_histogram() {
    let vectors = vectors::load("hdr_histogram.json");
    let mut three_digit_cases = 0;
    for case in vectors["histograms"].as_array().expect("histograms") {
        let mut values = values_of(case);
        assert_eq!(values.len() as u64, case["count"].as_u64().expect("count"));
        let mut histogram = Histogram::new();
        for value in &values {
            histogram.record(SimDuration(*value));
        }
        values.sort_unstable();
        for (p, expected) in case["percentiles"].as_object().expect("percentiles") {
            let (p, expected): (f64, u64) = (p.parse().expect("number"), expected.as_u64().expect("whole number"));
            if case["significant_digits"] == 3 {
                assert_eq!(histogram.value_at(p), expected, "{} p{p}", case["name"]);
            } else {
                // Ours always keeps three digits: only the rank can be compared, within the other's coarser bucket.
                let exact = values[percentile_rank(p, values.len() as u64) as usize - 1];
                assert!((exact as f64 - expected as f64).abs() <= 0.01 * exact as f64, "{} p{p}", case["name"]);
            }
        }
        if case["significant_digits"] == 3 {
            three_digit_cases += 1;
            assert_eq!(histogram.max(), case["max"].as_u64().expect("max"));
            // The Java mean takes each value for the middle of its bucket; ours is exact.
            let (ours, theirs) = (histogram.mean().expect("values") * 1e9, case["mean"].as_f64().expect("mean"));
            assert!((ours - theirs).abs() <= 0.001 * theirs, "{}: mean {ours}, theirs {theirs}", case["name"]);
        }
    }
    assert_eq!(three_digit_cases, 7);
}

#[test]
fn buckets_are_those_of_the_java_histogram() {
    let vectors = vectors::load("hdr_histogram.json");
    let mut checked = 0;
    for row in vectors["equivalence"].as_array().expect("rows") {
        let cell = |n: usize| row[n].as_u64().expect("whole number");
        if cell(0) == 3 {
            let mut histogram = Histogram::new();
            histogram.record(SimDuration(cell(1)));
            assert_eq!((histogram.value_at(0.0), histogram.value_at(50.0)), (cell(2), cell(3)), "{row}");
            checked += 1;
        }
    }
    assert!(checked > 10);
}
