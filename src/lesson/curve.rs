//! The curve of a goal: which of a run's figures over time shows whether it is met, and what they come to so far.
//!
//! A percentile over all offered requests cannot be read off buckets, but whether it holds can: "p99 within 100 ms" means that
//! 99 % are answered within 100 ms, which is counted where 100 ms is the document's own limit. Goals that count single things
//! (lost messages, dollars in total) have no curve.

use super::goal::{Goal, Op};
use crate::figure;
use crate::model::params::Unit;
use crate::protocol::Series;
use crate::topology::document::{Document, NodeId};

/// What shows how a goal fares.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Whose series: `None` = the whole system's.
    pub node: Option<NodeId>,
    pub read: Read,
    pub unit: Unit,
    pub op: Op,
    /// What is asked for, in the curve's unit.
    pub asked: f64,
    /// When it counts: from and to [s].
    pub during: (f64, f64),
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Read {
    /// Of the requests that ended, the share that was answered within so many seconds.
    InTime(f64),
    /// Of the requests that ended, the share that was answered.
    Answered,
    /// A column as it is, by its figure's id.
    Column(&'static str),
    /// A percentile over the answered ones, by its figure's id; infinite where more than this share got no answer.
    Percentile(&'static str, f64),
}

/// Limits that differ by less are the same [s].
const SAME_SECS: f64 = 1e-9;

/// A column's value in a row; 0 where nothing of it was counted.
fn counted(column: &[f32], row: usize) -> f64 {
    column.get(row).copied().filter(|value| value.is_finite()).map_or(0.0, f64::from)
}

impl Curve {
    /// The curve of `goal` in runs of `document`; `None`: nothing that is drawn over time shows it.
    #[must_use]
    pub fn of(goal: &Goal, document: &Document) -> Option<Self> {
        let labelled = |at: &str| document.nodes.iter().find(|(_, node)| node.label == at).map(|(id, _)| *id);
        let node = match goal.at.as_str() {
            "system" => None,
            at => Some(document.node_by_role(at).or_else(|| labelled(at))?),
        };
        let during = match &goal.during {
            None => (document.warm_up_secs, document.run_length_secs),
            Some(name) => {
                let window = document.windows.iter().find(|window| window.name == *name)?;
                (window.from_secs, window.to_secs)
            }
        };
        let (name, statistic) = goal.metric.split_once('.')?;
        let charted = |id: &str| figure::charted().find(|spec| spec.id == id);
        let (read, unit, op, asked) = match name {
            "answered_share" => (Read::Answered, Unit::Share, goal.op, goal.value),
            "sojourn_time" if goal.op == Op::AtMost => {
                let share: f64 = format!("0.{}", statistic.strip_prefix('p')?).parse().ok()?;
                if document.good_within_secs.is_some_and(|within| (within - goal.value).abs() < SAME_SECS) {
                    (Read::InTime(goal.value), Unit::Share, Op::AtLeast, share)
                } else {
                    let read = Read::Percentile(charted(statistic)?.id, 1.0 - share);
                    (read, Unit::Seconds, goal.op, goal.value)
                }
            }
            _ if statistic == "mean" => {
                let spec = charted(name)?;
                (Read::Column(spec.id), spec.unit, goal.op, goal.value)
            }
            _ => return None,
        };
        Some(Self { node, read, unit, op, asked, during })
    }

    /// Its value in each row; NaN where there is nothing to tell.
    #[must_use]
    pub fn values(&self, series: &Series) -> Vec<f64> {
        let (answered, errors) = (series.column("throughput"), series.column("errors"));
        let good = series.column("goodput");
        let value = |row: usize| {
            let (answered, errors) = (counted(answered, row), counted(errors, row));
            match self.read {
                Read::InTime(_) => counted(good, row) / (answered + errors),
                Read::Answered => answered / (answered + errors),
                Read::Column(id) => series.column(id).get(row).map_or(f64::NAN, |value| f64::from(*value)),
                Read::Percentile(_, most) if errors > most * (answered + errors) => f64::INFINITY,
                Read::Percentile(id, _) => series.column(id).get(row).map_or(f64::NAN, |value| f64::from(*value)),
            }
        };
        (0..series.at_secs.len()).map(value).collect()
    }

    /// What it comes to over that part of [`Curve::during`] which has been played; `None` where nothing has, and for a
    /// percentile, which is no sum. Buckets count by how much of them lies within.
    #[must_use]
    pub fn so_far(&self, series: &Series) -> Option<f64> {
        let (from, to) = self.during;
        let (mut part, mut whole) = (0.0, 0.0);
        for (row, at) in series.at_secs.iter().enumerate() {
            let within = (at + series.bucket_secs).min(to) - at.max(from);
            if within <= 0.0 {
                continue;
            }
            let of = |id: &str| counted(series.column(id), row) * within;
            let (more, of_all) = match self.read {
                Read::InTime(_) => (of("goodput"), of("throughput") + of("errors")),
                Read::Answered => (of("throughput"), of("throughput") + of("errors")),
                Read::Column(id) => (of(id), within),
                Read::Percentile(..) => return None,
            };
            part += more;
            whole += of_all;
        }
        (whole > 0.0).then(|| part / whole)
    }

    /// Whether this value is what was asked for.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.op {
            Op::AtMost => value <= self.asked,
            Op::AtLeast => value >= self.asked,
        }
    }

    /// Whether both draw the same: then one chart shows both goals.
    #[must_use]
    pub fn draws_as(&self, other: &Self) -> bool {
        (self.node, self.read, self.op) == (other.node, other.read, other.op) && self.asked == other.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::document::{Node, Point, Window};

    fn document() -> Document {
        let mut document = Document { good_within_secs: Some(0.1), run_length_secs: 60.0, ..Document::default() };
        document.windows.push(Window { name: "spike".to_owned(), from_secs: 2.0, to_secs: 5.0 });
        document.nodes.insert(
            NodeId(7),
            Node {
                kind: "source".to_owned(),
                label: "Partners".to_owned(),
                role: Some("partners".to_owned()),
                area: None,
                at: Point::default(),
                params: crate::model::params::Params::new(),
            }
            .into(),
        );
        document
    }

    fn goal(metric: &str, at: &str, op: Op, value: f64) -> Goal {
        let (metric, at, label) = (metric.to_owned(), at.to_owned(), "a goal".to_owned());
        Goal { metric, at, during: Some("spike".to_owned()), op, value, label }
    }

    /// Four buckets of two seconds: all well, half late, half failed, nothing ended.
    fn series() -> Series {
        let column = |id: &str| match id {
            "throughput" => vec![10.0, 10.0, 5.0, 0.0],
            "goodput" => vec![10.0, 5.0, 5.0, 0.0],
            "errors" => vec![0.0, 0.0, 5.0, 0.0],
            "p99" => vec![0.05, 0.2, 0.05, f32::NAN],
            _ => Vec::new(),
        };
        let columns = figure::charted().map(|spec| column(spec.id)).collect();
        Series { node: None, bucket_secs: 2.0, at_secs: vec![0.0, 2.0, 4.0, 6.0], columns }
    }

    #[test]
    fn a_percentile_within_the_documents_limit_is_a_share_and_any_other_is_a_time() {
        let drawn = |metric: &str, at: &str, op, value| Curve::of(&goal(metric, at, op, value), &document());
        let within = drawn("sojourn_time.p99", "system", Op::AtMost, 0.1).unwrap();
        assert_eq!((within.read, within.unit, within.asked), (Read::InTime(0.1), Unit::Share, 0.99));
        assert_eq!((within.op, within.during), (Op::AtLeast, (2.0, 5.0)));
        let time = drawn("sojourn_time.p99", "system", Op::AtMost, 0.2).unwrap();
        assert_eq!((time.unit, time.asked, time.op), (Unit::Seconds, 0.2, Op::AtMost));
        assert_eq!(drawn("answered_share.mean", "partners", Op::AtLeast, 0.9).unwrap().node, Some(NodeId(7)));
        assert_eq!(drawn("goodput.mean", "system", Op::AtLeast, 5.0).unwrap().read, Read::Column("goodput"));
        assert_eq!(drawn("lost_messages.count", "system", Op::AtMost, 0.0), None);
        assert_eq!(drawn("cost.total", "system", Op::AtMost, 1.0), None);
    }

    #[test]
    fn shares_and_rates_are_read_bucket_by_bucket_and_over_the_window() {
        let of = |metric: &str, op, value| Curve::of(&goal(metric, "system", op, value), &document()).unwrap();
        let within = of("sojourn_time.p99", Op::AtMost, 0.1);
        let values = within.values(&series());
        assert_eq!(values[..3], [1.0, 0.5, 0.5]);
        assert!(values[3].is_nan(), "nothing ended there");
        // From 2 s to 5 s: half of 20, and half of what ended in one second of the third bucket.
        assert_eq!(within.so_far(&series()), Some(15.0 / 30.0));
        assert!(!within.holds(0.5) && within.holds(0.99));
        assert_eq!(of("answered_share.mean", Op::AtLeast, 0.9).so_far(&series()), Some(25.0 / 30.0));
        assert_eq!(of("goodput.mean", Op::AtLeast, 9.0).so_far(&series()), Some(5.0));
        let empty = Series { at_secs: vec![], ..series() };
        assert_eq!(within.so_far(&empty), None);
    }

    #[test]
    fn a_percentile_is_infinite_where_too_many_got_no_answer() {
        let time = Curve::of(&goal("sojourn_time.p99", "system", Op::AtMost, 0.2), &document()).unwrap();
        let values = time.values(&series());
        assert_eq!(values[..3], [f64::from(0.05_f32), f64::from(0.2_f32), f64::INFINITY]);
        assert_eq!(time.so_far(&series()), None);
    }

    #[test]
    fn goals_that_draw_the_same_share_a_chart() {
        let of = |during: Option<&str>| {
            let goal = goal("sojourn_time.p99", "system", Op::AtMost, 0.1);
            Curve::of(&Goal { during: during.map(str::to_owned), ..goal }, &document()).unwrap()
        };
        assert!(of(None).draws_as(&of(Some("spike"))));
    }
}
