//! Goals: what a run must show, as data.

use serde::{Deserialize, Serialize};

use super::metric;
use crate::model::params::Unit;
use crate::runner::report::{Figure, Report};

/// One thing that a run must show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// `name.statistic`, see [`metric::REGISTRY`].
    pub metric: String,
    /// Role or label of a node, or `system`.
    #[serde(default = "system")]
    pub at: String,
    /// Name of a window of the document; absent: the whole run after its warm-up.
    pub during: Option<String>,
    pub op: Op,
    pub value: f64,
    /// The goal in words.
    pub label: String,
}

fn system() -> String {
    "system".to_owned()
}

/// How a figure is compared with a goal's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
}

impl Op {
    /// As written in `lesson.toml`.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
        }
    }
}

/// How a run did on one goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoalResult {
    pub label: String,
    pub metric: String,
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<String>,
    pub op: Op,
    /// What was asked for.
    pub value: f64,
    /// What the run showed; `null`: there was nothing to measure, which fails.
    pub measured: Figure,
    /// Where that is infinite: the share of the requests that got no answer, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<f64>,
    pub passed: bool,
    /// How far inside the limit, as a share of it; negative = outside. See [`margin`].
    pub margin: Figure,
}

impl Goal {
    /// What is wrong with the goal itself, in words.
    ///
    /// # Errors
    /// An unknown metric or statistic, a place where it cannot be read, a value that is no number.
    pub fn check(&self) -> Result<(), String> {
        let (metric, _) = metric::find(&self.metric)?;
        let possible = if self.at == "system" { metric.at_system() } else { metric.at_station() };
        if !possible {
            return Err(format!("\"{}\" cannot be read at \"{}\"", metric.name, self.at));
        }
        if !self.value.is_finite() {
            return Err(format!("\"{}\" has no value to compare with", self.label));
        }
        Ok(())
    }

    /// Reads the goal's figure from `report` and compares.
    #[must_use]
    pub fn evaluate(&self, report: &Report) -> GoalResult {
        let measured = self.measure(report);
        let passed = match (measured.get(), self.op) {
            (Some(measured), Op::AtMost) => measured <= self.value,
            (Some(measured), Op::AtLeast) => measured >= self.value,
            (None, _) => false,
        };
        GoalResult {
            label: self.label.clone(),
            metric: self.metric.clone(),
            at: self.at.clone(),
            during: self.during.clone(),
            op: self.op,
            value: self.value,
            measured,
            unanswered: measured.get().filter(|value| value.is_infinite()).and_then(|_| self.unanswered(report)),
            passed,
            margin: margin(self, measured),
        }
    }

    /// The share of the requests that got no answer, where and when the goal looks.
    fn unanswered(&self, report: &Report) -> Option<f64> {
        let answered = Self { metric: "answered_share.mean".to_owned(), ..self.clone() }.measure(report);
        answered.get().map(|share| 1.0 - share)
    }

    fn measure(&self, report: &Report) -> Figure {
        let Ok((metric, statistic)) = metric::find(&self.metric) else { return Figure::NONE };
        let span = match &self.during {
            None => Some(&report.whole),
            Some(name) => report.window(name),
        };
        let Some(span) = span else { return Figure::NONE };
        if self.at == "system" {
            return metric.read(span, None, statistic);
        }
        let station = span.stations.iter().find(|station| station.role.as_deref() == Some(&self.at));
        let station = station.or_else(|| span.stations.iter().find(|station| station.label == self.at));
        station.map_or(Figure::NONE, |station| metric.read(span, Some(station), statistic))
    }
}

/// How far `measured` is inside the goal's limit, as a share of the limit (of what is left to 1 for shares that must be
/// high: 99.5 % against at least 99 % is half the allowed 1 %, so the margin is 0.5).
fn margin(goal: &Goal, measured: Figure) -> Figure {
    let Some(measured) = measured.get() else { return Figure::NONE };
    let share = metric::find(&goal.metric).is_ok_and(|(metric, _)| metric.unit == Unit::Share);
    let (distance, of) = match goal.op {
        Op::AtMost => (goal.value - measured, goal.value),
        Op::AtLeast if share => (measured - goal.value, 1.0 - goal.value),
        Op::AtLeast => (measured - goal.value, goal.value),
    };
    if of > 0.0 { Figure(distance / of) } else { Figure::NONE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::report::{Figures, Span, StationReport, Told, WindowReport};

    fn goal(metric: &str, at: &str, during: Option<&str>, op: Op, value: f64) -> Goal {
        Goal { metric: metric.into(), at: at.into(), during: during.map(Into::into), op, value, label: "a goal".into() }
    }

    fn report() -> Report {
        let station = StationReport {
            node: crate::model::ids::NodeId(2),
            kind: "service".into(),
            label: "Orders".into(),
            role: Some("orders".into()),
            figures: [("arrivals", 90.0), ("arrival_rate", 9.0), ("utilization", 0.75), ("queue_length", 1.5)]
                .into_iter()
                .fold(Figures::default(), |figures, (id, value)| figures.with(id, Told::Number(Figure(value)))),
        };
        let mut spike = Span { answered_share: Figure(0.995), stations: vec![station], ..Span::default() };
        spike.sojourn_time_offered.p99 = Figure(0.08);
        spike.sojourn_time_offered.p999 = Figure(f64::INFINITY);
        Report {
            report: 1,
            engine: "0.1.0".into(),
            title: "t".into(),
            seed: "1".into(),
            trace_hash: "0".repeat(16),
            run_length_secs: 10.0,
            warm_up_secs: 0.0,
            now_secs: 10.0,
            finished: true,
            stopped: None,
            events: 100,
            inputs: 0,
            drain_secs: 0.0,
            drain_cost: Figure::NONE,
            whole: Span { answered_share: Figure(0.5), ..Span::default() },
            windows: vec![WindowReport { name: "spike".into(), from_secs: 2.0, to_secs: 5.0, span: spike }],
        }
    }

    #[track_caller]
    fn check(goal: Goal, measured: Option<f64>, passed: bool, margin: Option<f64>) {
        goal.check().unwrap();
        let result = goal.evaluate(&report());
        assert_eq!((result.measured.get(), result.passed), (measured, passed));
        match (result.margin.get(), margin) {
            (Some(found), Some(margin)) => assert!(found == margin || (found - margin).abs() < 1e-9, "{found}"),
            (found, margin) => assert_eq!(found, margin),
        }
    }

    #[test]
    fn goals_read_the_system_a_window_and_a_station() {
        let spike = Some("spike");
        check(goal("answered_share.mean", "system", None, Op::AtLeast, 0.99), Some(0.5), false, Some(-49.0));
        check(goal("answered_share.mean", "system", spike, Op::AtLeast, 0.99), Some(0.995), true, Some(0.5));
        check(goal("sojourn_time.p99", "system", spike, Op::AtMost, 0.1), Some(0.08), true, Some(0.2));
        check(goal("utilization.mean", "orders", spike, Op::AtMost, 0.5), Some(0.75), false, Some(-0.5));
        check(goal("utilization.mean", "Orders", spike, Op::AtLeast, 0.5), Some(0.75), true, Some(0.5));
        check(goal("utilization.mean", "system", spike, Op::AtMost, 0.8), Some(0.75), true, Some(0.0625));
    }

    #[test]
    fn the_unanswered_count_as_infinitely_late_and_nothing_measured_fails() {
        let late = goal("sojourn_time.p999", "system", Some("spike"), Op::AtMost, 0.1);
        let share = late.evaluate(&report()).unanswered;
        assert!(share.is_some_and(|share| (share - 0.005).abs() < 1e-12), "{share:?}");
        check(late, Some(f64::INFINITY), false, Some(f64::NEG_INFINITY));
        check(goal("sojourn_time.p99", "system", None, Op::AtMost, 0.1), None, false, None);
        check(goal("sojourn_time.p99", "system", Some("night"), Op::AtMost, 0.1), None, false, None);
        check(goal("utilization.mean", "payments", Some("spike"), Op::AtMost, 0.1), None, false, None);
    }

    #[test]
    fn goals_that_cannot_be_are_named() {
        assert!(goal("latency.p99", "system", None, Op::AtMost, 1.0).check().is_err());
        assert!(goal("hit_ratio.p99", "system", None, Op::AtMost, 1.0).check().is_err());
        assert!(goal("error_share.mean", "orders", None, Op::AtMost, 1.0).check().is_err());
        assert!(goal("utilization.mean", "system", None, Op::AtMost, f64::NAN).check().is_err());
    }

    #[test]
    fn reports_come_back_from_json_as_they_went() {
        let back: Report = serde_json::from_str(&report().to_json()).unwrap();
        assert_eq!(back, report());
    }
}
