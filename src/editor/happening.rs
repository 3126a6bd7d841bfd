//! What happens in the running system, in a few lines: who is busiest, and what fails and why.

use super::catalog;
use super::gauge::{self, Condition, Level};
use crate::engine::sort;
use crate::facet::words::percent;
use crate::model::ids::NodeId;
use crate::model::outcome::{Outcome, Reason};
use crate::protocol::{Exemplars, Frame, RunStatus, Totals};
use crate::topology::document::Document;

/// Stations told at most.
const BUSIEST_MAX: usize = 3;

/// A station that is busy, or not in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Busy {
    pub node: NodeId,
    pub name: String,
    /// "97 % busy, 42 waiting", or what is out of the ordinary.
    pub words: String,
    pub level: Level,
}

/// The stations that deserve a look: those that are not in order first, then the busiest.
#[must_use]
pub fn busiest(document: &Document, frame: &Frame) -> Vec<Busy> {
    let finished = frame.status == RunStatus::Finished;
    let mut found: Vec<(Condition, f64, Busy)> = frame
        .stations
        .iter()
        .filter_map(|station| {
            let node = NodeId(station.node);
            let drawn = document.nodes.get(&node)?;
            let told = gauge::gauge(drawn, station, finished);
            let share = if station.utilization.is_finite() { station.utilization } else { 0.0 };
            // A station that is changing does as it was told.
            let condition = if told.condition == Condition::Changing { Condition::Normal } else { told.condition };
            if condition == Condition::Normal && share <= 0.0 && station.queue == 0 {
                return None;
            }
            let mut words = format!("{} busy", percent(share));
            if station.queue > 0 {
                words.push_str(&format!(", {} waiting", catalog::grouped(f64::from(station.queue))));
            }
            let words = told.state_line.filter(|_| condition != Condition::Normal).unwrap_or(words);
            let level = if condition < Condition::Slow { Level::Full } else { Level::of_utilization(share) };
            Some((condition, -share, Busy { node, name: drawn.label.clone(), words, level }))
        })
        .collect();
    sort::few_by(&mut found, |a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    found.truncate(BUSIEST_MAX);
    found.into_iter().map(|(_, _, busy)| busy).collect()
}

/// One way to fail, and how often requests went it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    pub outcome: Outcome,
    pub count: u64,
    /// Of all that ended, 0..1.
    pub share: f64,
    /// Why the latest of them did, and which that was: its source and its number from 0.
    pub latest: Option<(Reason, NodeId, u64)>,
}

/// What fails since the start, the most frequent first.
#[must_use]
pub fn failing(totals: &Totals, exemplars: &Exemplars) -> Vec<Failing> {
    let ended: u64 = totals.by_outcome.iter().sum();
    let of = |outcome: &Outcome| {
        let count = totals.by_outcome[outcome.index()];
        let latest = exemplars.failed.iter().find(|one| one.outcome == *outcome);
        let latest = latest.map(|one| (one.reason, one.source, one.ordinal));
        (count > 0).then(|| Failing { outcome: *outcome, count, share: count as f64 / ended as f64, latest })
    };
    let mut found: Vec<Failing> =
        Outcome::ALL.iter().filter(|one| **one != Outcome::Completed).filter_map(of).collect();
    sort::few_by(&mut found, |a, b| b.count.cmp(&a.count));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::testing::document;
    use crate::engine::time::{SimDuration, SimTime};
    use crate::model::system::exemplars::Exemplar;
    use crate::protocol::{ReplicaFrame, ReplicaState, StationFrame};

    #[test]
    fn what_is_broken_comes_before_what_is_busy() {
        let document = document("src -> a; a -> b; b -> c");
        let replica = |state| ReplicaFrame { state, slots: 4, slow_factor: 1.0, ..ReplicaFrame::default() };
        let station = |node, utilization, queue, state| StationFrame {
            node,
            utilization,
            queue,
            slots: 4,
            replicas: vec![replica(state)],
            ..StationFrame::default()
        };
        let stations = vec![
            station(2, 0.4, 0, ReplicaState::Ready),
            station(3, 0.97, 42, ReplicaState::Ready),
            station(4, 0.0, 0, ReplicaState::Dead),
        ];
        let found = busiest(&document, &Frame { stations, status: RunStatus::Running, ..Frame::default() });
        let names: Vec<&str> = found.iter().map(|busy| busy.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        assert_eq!((found[1].words.as_str(), found[1].level), ("97.0 % busy, 42 waiting", Level::Full));
    }

    #[test]
    fn failures_are_grouped_with_the_latest_reason() {
        let (timed_out, rejected) = (Outcome::TimedOut.index(), Outcome::Rejected.index());
        let mut totals = Totals::default();
        (totals.by_outcome[0], totals.by_outcome[timed_out], totals.by_outcome[rejected]) = (90, 2, 8);
        let one = |ordinal, outcome, reason| Exemplar {
            source: NodeId(1),
            ordinal,
            at: SimTime::ZERO,
            took: SimDuration::ZERO,
            outcome,
            reason,
        };
        let failed = vec![one(9, Outcome::Rejected, Reason::QueueFull), one(7, Outcome::Rejected, Reason::QueueFull)];
        let found = failing(&totals, &Exemplars { slow: Vec::new(), failed });
        assert_eq!(
            found.iter().map(|one| (one.outcome, one.count)).collect::<Vec<_>>(),
            [(Outcome::Rejected, 8), (Outcome::TimedOut, 2)]
        );
        assert_eq!(found[0].latest, Some((Reason::QueueFull, NodeId(1), 9)));
        assert!((found[0].share - 0.08).abs() < 1e-12);
    }
}
