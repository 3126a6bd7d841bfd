//! How a balancer's strategy decides, and what the last change of its backends moved.

use serde::{Deserialize, Serialize};

use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::balancer::{Picture as Drawing, Score};
use crate::model::ids::NodeId;
use crate::model::system::System;
use crate::model::system::exemplars::Choice;
use crate::model::system::inside::Inspection;

/// Cells of a thinned ring or table.
const CELLS: usize = 360;
/// Steps at which a ring is measured.
const RING_STEPS: usize = 3_600;

/// No backend.
pub const NOBODY: u32 = u32::MAX;

/// A strategy at work. Backends are named by [`super::Backend::index`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// The strategy's rule in a sentence.
    pub rule: String,
    /// Whose view is shown where there are several (routes, callers): which of how many; else (1, 1).
    pub view: (u32, u32),
    /// Newest first.
    pub choices: Vec<Choice>,
    /// Whom it would choose next if nothing else changed; empty for strategies that depend on more than their list.
    pub next: Vec<u32>,
    /// One per backend that could be chosen; empty where the rule needs none or they depend on the request.
    pub scores: Vec<Score>,
    pub keys: Option<Keys>,
    pub picture: Option<Picture>,
}

/// What a strategy goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sample {
    Items,
    Clients,
    Countries,
}

/// Where some sample keys go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    pub what: Sample,
    /// What each of them is called; empty for those without a name.
    pub names: Vec<String>,
    /// Backend of each key; [`NOBODY`]: none.
    pub owners: Vec<u32>,
    /// Their places on the ring, 0..1; empty where there is none.
    pub places: Vec<f32>,
    pub change: Option<KeysMoved>,
}

/// What the last change of the set of backends did to the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeysMoved {
    pub at_ns: u64,
    /// Backend of each key before.
    pub before: Vec<u32>,
    /// How many had to move for the new shares to be fair.
    pub ideal: f64,
}

/// A strategy's ring or table, thinned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub ring: bool,
    /// Points on the ring, or entries of the table.
    pub size: u32,
    /// Owners at equal steps.
    pub cells: Vec<u32>,
    /// (backend, share of ring or table 0..1).
    pub shares: Vec<(u32, f64)>,
    /// Share that changed its owner with the last change of the set of backends, and the least that had to; 0..1.
    pub moved: Option<(f64, f64)>,
}

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

/// What is remembered of one strategy.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    version: Option<u64>,
    shares: Vec<(u32, f64)>,
    keys: Owners,
    entries: Owners,
    /// When the set last changed, and the least share that had to move.
    changed: Option<(SimTime, f64)>,
}

impl Follower {
    /// Notices what a change of the list moved, also while nobody looks.
    pub(super) fn keep_up(&mut self, system: &System, node: NodeId) {
        if system.list_version(node) != self.version
            && let Some(inspection) = system.inspect(node)
        {
            self.follow(&inspection, system.now());
        }
    }

    /// The strategy as it is now.
    pub(super) fn read(&mut self, system: &System, node: NodeId) -> Option<Strategy> {
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
        Some(Strategy {
            rule: explanation.rule.to_owned(),
            view,
            choices: system.latest_choices(node).copied().collect(),
            next,
            scores: explanation.scores,
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
        sort::few_by_key(&mut shares, |(backend, _)| *backend);
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

#[cfg(test)]
mod tests {
    use super::*;

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
