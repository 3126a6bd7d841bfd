//! Empirical: measured values with their weights, each drawn in proportion to its weight.

use std::rc::Rc;

use super::{DistError, check};
use crate::engine::rng::DrawSeq;
use crate::engine::sort;

/// A finite table of values; shared, so that a clone costs nothing.
#[derive(Clone, Debug)]
pub struct Empirical {
    rows: Rc<[Row]>,
    mean: f64,
    scv: f64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// Share of all weight that stands in this row and those before it.
    share_up_to: f64,
    value: f64,
}

impl Empirical {
    /// `rows` of (value >= 0, weight >= 0) with at least one weight above 0; sorted here by value.
    ///
    /// # Errors
    /// If there is no weight at all, or a value or weight is negative or not finite.
    pub fn new(rows: &[(f64, f64)]) -> Result<Self, DistError> {
        if rows.is_empty() {
            return Err(DistError { param: "values", value: 0.0, must: "must be at least one" });
        }
        let mut sorted = rows.to_vec();
        for (value, weight) in &sorted {
            check("value", *value, *value >= 0.0, "must be finite and not negative")?;
            check("weight", *weight, *weight >= 0.0, "must be finite and not negative")?;
        }
        sort::few_by(&mut sorted, |a, b| a.0.total_cmp(&b.0));
        let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        check("weight", total, total > 0.0, "must add up to a finite number above 0")?;
        let mean = sorted.iter().map(|(value, weight)| value * weight / total).sum();
        let variance: f64 = sorted.iter().map(|(value, weight)| (value - mean) * (value - mean) * weight / total).sum();
        let mut running = 0.0;
        let rows = sorted.iter().filter(|(_, weight)| *weight > 0.0).map(|(value, weight)| {
            running += weight;
            Row { share_up_to: running / total, value: *value }
        });
        Ok(Self { rows: rows.collect(), mean, scv: if mean > 0.0 { variance / (mean * mean) } else { 0.0 } })
    }

    /// One draw; O(log n) in the number of rows.
    #[inline]
    #[must_use]
    pub fn sample(&self, draws: &mut DrawSeq) -> f64 {
        let u = draws.next_unit();
        let index = self.rows.partition_point(|row| row.share_up_to <= u);
        // Rounding may leave the last share a hair below 1.
        self.rows[index.min(self.rows.len() - 1)].value
    }

    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub const fn scv(&self) -> f64 {
        self.scv
    }
}
