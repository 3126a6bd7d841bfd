//! The same document on many seeds: one run is an anecdote, the mean over many with its interval is a result.

use serde::Serialize;

use super::report::{Figure, Report};
use super::simulate;
use crate::engine::stats::Interval;
use crate::lesson::metric;
use crate::topology::document::{Diagnostic, Document};

/// Mean of one figure over replications.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// How many replications had the figure.
    pub replications: u32,
    /// In how many of those it was infinite: a percentile that falls on an unanswered request.
    pub infinite: u32,
    /// How many had none: those are not in the mean.
    pub left_out: u32,
    /// Infinite if it was in any replication: the mean of the finite ones alone would reward a design that answers nobody.
    pub mean: Figure,
    /// The true mean lies within `mean ± half_width` with the confidence asked for; `null` below two replications, and
    /// where the mean is infinite.
    pub half_width: Figure,
}

/// Runs `document` once for each of `seeds` and hands every report to `each`.
///
/// # Errors
/// The problems that stand in the way, errors first; they are the same for every seed.
pub fn replicate(document: &Document, seeds: &[u64], mut each: impl FnMut(Report)) -> Result<(), Vec<Diagnostic>> {
    for seed in seeds {
        each(simulate(&Document { seed: *seed, ..document.clone() })?);
    }
    Ok(())
}

/// Confidence of the intervals that [`summary`] gives, for each figure alone.
pub const CONFIDENCE: f64 = 0.95;

/// One figure of the whole system over replications.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `name.statistic`, see [`metric::REGISTRY`].
    pub metric: String,
    /// Its unit's sign; empty for shares and counts.
    pub unit: &'static str,
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// What [`rows`] estimates: every metric of the whole system with each of its statistics.
fn asked() -> impl Iterator<Item = (&'static metric::Metric, &'static str)> {
    let metrics = metric::REGISTRY.iter().filter(|metric| metric.at_system());
    metrics.flat_map(|metric| metric.statistics.iter().map(move |statistic| (metric, *statistic)))
}

/// What one replication has to say to [`rows`].
#[must_use]
pub fn figures(report: &Report) -> Vec<Figure> {
    asked().map(|(metric, statistic)| metric.read(&report.whole, None, statistic)).collect()
}

/// Every metric of the whole system, estimated over replications; each of them as [`figures`] gives it.
#[must_use]
pub fn rows(replications: &[Vec<Figure>]) -> Vec<Row> {
    let row = |(index, (metric, statistic)): (usize, (&metric::Metric, &str))| {
        let figures: Vec<Figure> = replications.iter().map(|figures| figures[index]).collect();
        Row {
            metric: format!("{}.{statistic}", metric.name),
            unit: metric.unit.symbol(),
            estimate: estimate(&figures, CONFIDENCE),
        }
    };
    asked().enumerate().map(row).collect()
}

/// Runs `document` on each of `seeds`, one after the other, and estimates every metric of the whole system.
///
/// # Errors
/// The problems that stand in the way, errors first.
pub fn summary(document: &Document, seeds: &[u64]) -> Result<Vec<Row>, Vec<Diagnostic>> {
    let mut replications = Vec::with_capacity(seeds.len());
    replicate(document, seeds, |report| replications.push(figures(&report)))?;
    Ok(rows(&replications))
}

/// The mean of `figures`, one per replication, with an interval of the given `confidence` (0..1).
#[must_use]
pub fn estimate(figures: &[Figure], confidence: f64) -> Estimate {
    let values: Vec<f64> = figures.iter().filter_map(|figure| figure.get()).collect();
    let infinite = values.iter().filter(|value| value.is_infinite()).count();
    let mean = if values.is_empty() { Figure::NONE } else { Figure(values.iter().sum::<f64>() / values.len() as f64) };
    let interval = if infinite == 0 { Interval::of_mean(&values, confidence, 1) } else { None };
    Estimate {
        replications: values.len() as u32,
        infinite: infinite as u32,
        left_out: (figures.len() - values.len()) as u32,
        mean,
        half_width: interval.map(|interval| interval.half_width).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_figures_are_left_out_and_an_infinite_one_is_the_mean() {
        let figures = [1.0, 2.0, 3.0, f64::NAN].map(Figure);
        let found = estimate(&figures, 0.95);
        assert_eq!((found.replications, found.infinite, found.left_out, found.mean), (3, 0, 1, Figure(2.0)));
        // Student's t for two degrees of freedom at 97.5 % is 4.3027; the standard error is 1/sqrt(3).
        let half_width = found.half_width.get().unwrap();
        assert!((half_width - 4.302_65 / 3f64.sqrt()).abs() < 1e-4, "{half_width}");
        // Half of eight runs answer too few for a p99: no mean of the others is told.
        let figures = [0.5, f64::INFINITY].repeat(4).into_iter().map(Figure).collect::<Vec<_>>();
        let found = estimate(&figures, 0.95);
        assert_eq!((found.replications, found.infinite, found.left_out), (8, 4, 0));
        assert_eq!((found.mean, found.half_width), (Figure(f64::INFINITY), Figure::NONE));
        assert_eq!(estimate(&figures[..1], 0.95).half_width, Figure::NONE);
        assert_eq!(estimate(&[], 0.95).mean, Figure::NONE);
    }
}
