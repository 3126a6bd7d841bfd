//! Copies of the whole state that a run keeps, so that going back is quick.
//!
//! The first stands at the beginning, the others a distance apart. When they become too many or take too much memory, every
//! second one goes and the distance doubles: they lie evenly over the run, and the way from one to any moment is at most a
//! fixed share of it.

use crate::engine::time::SimTime;
use crate::model::system::System;
use crate::topology::document::Document;

/// Events between two checkpoints, as long as none had to go.
const EVERY: u64 = 250_000;
/// Most that are kept, and the memory that they may take together [bytes].
const MOST: usize = 48;
const BYTES_MAX: usize = 96 << 20;

/// A copy of the whole state.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub system: System,
    pub document: Document,
    /// Inputs applied before it.
    pub applied: usize,
}

/// Checkpoints by ascending event.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    kept: Vec<Checkpoint>,
    /// Events between two of them, now and at first.
    distance: u64,
    first_distance: u64,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self::every(EVERY)
    }
}

impl Checkpoints {
    /// None yet, and `distance` events between two of them as long as there is room.
    const fn every(distance: u64) -> Self {
        Self { kept: Vec::new(), distance, first_distance: distance }
    }

    /// By ascending event.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Checkpoint> {
        self.kept.iter()
    }

    /// Events that may pass before the next one is looked for.
    pub const fn distance(&self) -> u64 {
        self.distance
    }

    /// Whether the run has come far enough for another.
    pub fn is_due(&self, system: &System) -> bool {
        let Some(last) = self.kept.last() else { return true };
        // One that alone is more than all may take would be made only to be thrown away.
        system.events() >= last.system.events() + self.distance && system.approximate_bytes() <= BYTES_MAX
    }

    /// Keeps one more; where they are too many now, every second one goes.
    pub fn keep(&mut self, checkpoint: Checkpoint) {
        self.kept.push(checkpoint);
        let bytes: usize = self.kept.iter().map(|kept| kept.system.approximate_bytes()).sum();
        if self.kept.len() > MOST || bytes > BYTES_MAX {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.distance *= 2;
        }
    }

    /// What lies ahead of a moment is forgotten: from there the run is another one.
    pub fn forget(&mut self, sound: impl Fn(&Checkpoint) -> bool) {
        self.kept.retain(sound);
        if self.kept.len() <= 1 {
            self.distance = self.first_distance;
        }
    }

    /// The last one that is not after `to`; after `from`, if that is ahead.
    pub fn before(&self, to: SimTime, from: Option<SimTime>) -> Option<&Checkpoint> {
        self.kept.iter().rev().find(|checkpoint| {
            let at = checkpoint.system.now();
            at <= to && from.is_none_or(|from| at > from)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Params;
    use crate::topology::compile::compile;
    use crate::topology::document::{Edge, Node, Point};

    fn document() -> Document {
        let mut document = Document { run_length_secs: 600.0, seed: 5, ..Document::default() };
        let node = |kind: &str| Node {
            kind: kind.to_owned(),
            label: kind.to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        };
        let from = document.add_node(node("source"));
        let to = document.add_node(node("service"));
        document.add_edge(Edge { from, to, params: Params::new() });
        document
    }

    fn kept_after(secs: f64, distance: u64) -> (Checkpoints, u64) {
        let document = document();
        let mut system = compile(&document).0.expect("it runs");
        let mut checkpoints = Checkpoints::every(distance);
        while system.now() < SimTime::from_secs_f64(secs) && !system.finished() {
            if checkpoints.is_due(&system) {
                checkpoints.keep(Checkpoint { system: system.clone(), document: document.clone(), applied: 0 });
            }
            system.advance(SimTime::from_secs_f64(secs), 50);
        }
        (checkpoints, system.events())
    }

    #[test]
    fn they_lie_evenly_over_the_run_however_long_it_is() {
        for secs in [60.0, 150.0, 400.0, 590.0] {
            let (checkpoints, end) = kept_after(secs, 100);
            let mut at: Vec<u64> = checkpoints.iter().map(|kept| kept.system.events()).collect();
            assert_eq!(at[0], 0, "the first stays");
            assert!(at.len() <= MOST);
            at.push(end);
            let widest = at.windows(2).map(|pair| pair[1] - pair[0]).max().expect("two at least");
            // Half of the most that are kept stay at each doubling; a step may lie past its mark by less than a slice.
            assert!(widest <= end / (MOST as u64 / 2 - 1) + 50, "{secs} s: {widest} of {end} events");
        }
    }

    #[test]
    fn the_last_one_before_a_moment_is_found_and_none_behind_where_one_stands() {
        let (checkpoints, _) = kept_after(100.0, 1_000);
        let at = SimTime::from_secs_f64(50.0);
        let before = checkpoints.before(at, None).expect("the first one, at least");
        assert!(before.system.now() <= at);
        assert!(checkpoints.iter().all(|kept| kept.system.now() <= before.system.now() || kept.system.now() > at));
        assert!(checkpoints.before(at, Some(at)).is_none());
    }

    #[test]
    fn a_future_that_is_forgotten_makes_room_for_a_close_one() {
        let (mut checkpoints, _) = kept_after(400.0, 100);
        assert!(checkpoints.distance() > 100);
        checkpoints.forget(|kept| kept.system.events() == 0);
        assert_eq!((checkpoints.iter().count(), checkpoints.distance()), (1, 100));
    }
}
