//! Packs the inside of the balancer that somebody looks into, and remembers what its last change moved.

use crate::engine::time::SimTime;
use crate::model::balancer::Picture as Drawing;
use crate::model::ids::NodeId;
use crate::model::system::System;
use crate::model::system::inside::Inspection;
use crate::protocol::inside::{Choice, Exemplar, Inside, Keys, KeysMoved, Lately, Picture, Sample, Score};

/// Cells of a thinned ring or table.
const CELLS: usize = 360;
/// Steps at which a ring is measured.
const RING_STEPS: usize = 3_600;

/// Owners as they were before and after the last change of the set of backends.
#[derive(Clone, Debug, Default)]
struct Owners {
    now: Vec<u32>,
    before: Option<Vec<u32>>,
}

impl Owners {
    /// Takes the present ones; a change of the set keeps what was there before it.
    fn take(&mut self, owners: Vec<u32>, set_changed: bool) {
        if set_changed && self.now.len() == owners.len() && self.now != owners {
            self.before = Some(std::mem::take(&mut self.now));
        } else if self.now.len() != owners.len() {
            self.before = None;
        }
        self.now = owners;
    }
}

/// See the module's words.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    version: Option<u64>,
    shares: Vec<(u32, f64)>,
    keys: Owners,
    entries: Owners,
    /// When the set last changed, and the least share that had to move.
    changed: Option<(SimTime, f64)>,
}

impl Look {
    /// Notices what a change of the list moved, also while nobody looks.
    pub(super) fn keep_up(&mut self, system: &System, node: NodeId) {
        if system.list_version(node) != self.version
            && let Some(inspection) = system.inspect(node)
        {
            self.follow(&inspection, system.now());
        }
    }

    /// The inside as it is now.
    pub(super) fn build(&mut self, system: &System, node: NodeId) -> Option<Inside> {
        let inspection = system.inspect(node)?;
        self.follow(&inspection, system.now());
        let picture = self.picture(&inspection);
        let Inspection { view, explanation, next, countries, reads, owners, places, .. } = inspection;
        let keys = (!owners.is_empty()).then(|| Keys {
            what: match (reads.key, reads.client) {
                (true, _) => Sample::Items,
                (false, true) => Sample::Clients,
                (false, false) => Sample::Countries,
            },
            names: countries,
            // Within a region backends take turns: who is next there has not moved.
            change: self.changed.filter(|_| reads.key || reads.client).and_then(|(at, ideal)| {
                let before = self.keys.before.clone()?;
                Some(KeysMoved { at_ns: at.0, ideal: ideal * owners.len() as f64, before })
            }),
            owners,
            places,
        });
        let scores = explanation.scores.into_iter();
        Some(Inside {
            node: node.0,
            at_ns: system.now().0,
            rule: explanation.rule.to_owned(),
            view,
            choices: choices(system),
            next,
            scores: scores
                .map(|score| Score { backend: score.backend, value: score.value, formula: score.formula })
                .collect(),
            keys,
            picture,
        })
    }

    /// Notices a change of the set.
    fn follow(&mut self, inspection: &Inspection, now: SimTime) {
        let set_changed = self.shares != inspection.shares && !self.shares.is_empty();
        if set_changed {
            self.changed = Some((now, least_moved(&self.shares, &inspection.shares)));
        }
        self.keys.take(inspection.owners.clone(), set_changed);
        self.entries.take(entries(&inspection.picture), set_changed);
        self.shares.clone_from(&inspection.shares);
        self.version = Some(inspection.version);
    }

    fn picture(&self, inspection: &Inspection) -> Option<Picture> {
        let (ring, size) = match &inspection.picture {
            Drawing::None => return None,
            Drawing::Ring(points) => (true, points.len()),
            Drawing::Table(owners) => (false, owners.len()),
        };
        let entries = &self.entries.now;
        if entries.is_empty() {
            return None;
        }
        let mut shares: Vec<(u32, f64)> = Vec::new();
        let one = 1.0 / entries.len() as f64;
        for &owner in entries {
            match shares.iter_mut().find(|(backend, _)| *backend == owner) {
                Some((_, share)) => *share += one,
                None => shares.push((owner, one)),
            }
        }
        shares.sort_by_key(|(backend, _)| *backend);
        let moved = self.changed.and_then(|(_, ideal)| {
            let before = self.entries.before.as_ref()?;
            let moved = before.iter().zip(entries).filter(|(before, now)| before != now).count();
            Some((moved as f64 * one, ideal))
        });
        let cells = CELLS.min(entries.len());
        let cells = (0..cells).map(|cell| entries[cell * entries.len() / cells]).collect();
        Some(Picture { ring, size: size as u32, cells, shares, moved })
    }
}

/// Owners of a table's entries, or of a ring at equal steps.
fn entries(picture: &Drawing) -> Vec<u32> {
    match picture {
        Drawing::None => Vec::new(),
        Drawing::Table(owners) => owners.clone(),
        Drawing::Ring(points) => {
            let Some((_, first)) = points.first() else { return Vec::new() };
            let owner = |step: usize| {
                let place = step as f64 / RING_STEPS as f64;
                let at = points.partition_point(|(point, _)| *point < place);
                points.get(at).map_or(*first, |(_, backend)| *backend)
            };
            (0..RING_STEPS).map(owner).collect()
        }
    }
}

/// The least share that must change hands for `before` to become `now`.
fn least_moved(before: &[(u32, f64)], now: &[(u32, f64)]) -> f64 {
    let share_now = |backend: u32| now.iter().find(|(other, _)| *other == backend).map_or(0.0, |(_, share)| *share);
    before.iter().map(|(backend, share)| (share - share_now(*backend)).max(0.0)).sum()
}

fn choices(system: &System) -> Vec<Choice> {
    let choices = system.lately.choices.iter().rev();
    choices
        .map(|choice| Choice {
            at_ns: choice.at.0,
            source: choice.source.0,
            ordinal: choice.ordinal,
            backend: choice.backend,
            try_no: choice.try_no,
        })
        .collect()
}

/// Requests worth asking about.
pub(super) fn lately(system: &System) -> Lately {
    let told = |one: &crate::model::system::lately::Exemplar| Exemplar {
        source: one.source.0,
        ordinal: one.ordinal,
        at_ns: one.at.0,
        took_ns: one.took.0,
        outcome: one.outcome as u8,
        reason: one.reason as u8,
    };
    Lately {
        slow: system.lately.slowest().iter().map(told).collect(),
        failed: system.lately.failed.iter().rev().map(told).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::inside::NOBODY;

    #[test]
    fn one_of_four_leaving_must_move_a_quarter_and_no_more() {
        let four: Vec<(u32, f64)> = (0..4).map(|backend| (backend, 0.25)).collect();
        let three: Vec<(u32, f64)> = (1..4).map(|backend| (backend, 1.0 / 3.0)).collect();
        assert!((least_moved(&four, &three) - 0.25).abs() < 1e-12);
        assert!((least_moved(&three, &four) - 0.25).abs() < 1e-12);
        assert_eq!(least_moved(&four, &four), 0.0);
    }

    #[test]
    fn what_stood_before_a_change_is_kept_until_the_next_one() {
        let mut owners = Owners::default();
        owners.take(vec![1, 2, 3], false);
        owners.take(vec![1, 2, 1], true);
        assert_eq!(owners.before, Some(vec![1, 2, 3]));
        owners.take(vec![1, 2, 1], false);
        assert_eq!(owners.before, Some(vec![1, 2, 3]));
        owners.take(vec![2, 2, 1], true);
        assert_eq!(owners.before, Some(vec![1, 2, 1]));
        owners.take(vec![NOBODY; 2], true);
        assert_eq!(owners.before, None, "another size: nothing to compare");
    }

    #[test]
    fn a_ring_is_owned_up_to_each_point_and_wraps_around() {
        let entries = entries(&Drawing::Ring(vec![(0.25, 7), (0.75, 9)]));
        let share = |backend| entries.iter().filter(|owner| **owner == backend).count() as f64 / RING_STEPS as f64;
        assert!((share(7) - 0.5).abs() < 1e-3, "{}", share(7));
        assert_eq!((entries[0], entries[RING_STEPS / 2], entries[RING_STEPS - 1]), (7, 9, 7));
    }
}
