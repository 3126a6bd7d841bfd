//! Statistics with bounded memory: histograms, time-weighted averages, confidence intervals.

pub mod confidence;
mod histogram;
mod time_weighted;
mod window_histogram;

pub use confidence::Interval;
pub use histogram::Histogram;
pub use time_weighted::{LevelMark, TimeWeighted};
pub use window_histogram::{OpenBucket, SparseHistogram, WindowHistogram};

/// How many of `count` sorted values lie at or below the percentile `p` (0..100, clamped): at least 1.
///
/// Source: Java HdrHistogram, `AbstractHistogram.getValueAtPercentile`: the percentile is first lowered to the next
/// representable number, so that rounding in the product never asks for one value too many.
#[must_use]
pub fn percentile_rank(p: f64, count: u64) -> u64 {
    let p = p.clamp(0.0, 100.0).next_down().max(0.0);
    ((p * count as f64 / 100.0).ceil() as u64).max(1)
}
