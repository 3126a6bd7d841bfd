//! The run under way and the one before it, as far as a lesson's goals need them: what was changed shows in the difference.

use std::collections::BTreeMap;

use yew::prelude::*;

use super::PracticeCardProps;
use crate::protocol::Series;
use crate::topology::document::{Document, NodeId};
use crate::ui::client::run_view::RunView;
use crate::ui::shared::Shared;
use crate::ui::store::{use_document, use_run};

/// A run shorter than this share of its length shows nothing worth comparing with.
const WORTH: f64 = 0.1;

/// What is kept of a run.
#[derive(Clone, Debug)]
pub struct Kept {
    series: BTreeMap<Option<NodeId>, Shared<Series>>,
    /// How much of it was played, 0..1.
    played: f64,
    /// Whether it was that of the system as the lesson gives it.
    pub of_the_start: bool,
}

impl Kept {
    /// Its series of a station or of the whole system.
    #[must_use]
    pub fn of(&self, node: Option<NodeId>) -> Option<&Shared<Series>> {
        self.series.get(&node)
    }

    /// What it is called beside the run under way.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        if self.of_the_start { "the start" } else { "the run before" }
    }
}

/// The runs of a lesson.
#[derive(Debug, Default)]
pub struct Runs {
    number: u32,
    now: Option<Kept>,
    /// The one before.
    pub before: Option<Kept>,
}

impl Runs {
    fn note(&mut self, run: &RunView, untouched: bool) {
        if self.number != run.runs_begun {
            self.number = run.runs_begun;
            if let Some(kept) = self.now.take().filter(|kept| kept.played >= WORTH) {
                self.before = Some(kept);
            }
        }
        if run.series.is_empty() || !run.begun() {
            return;
        }
        let played = run.known_ns as f64 / 1e9 / run.length_secs.max(1e-9);
        // What is drawn after a run is over is no part of it.
        let before = self.now.as_ref().map(|kept| kept.of_the_start);
        let of_the_start = match before {
            Some(before) if run.ending.is_some() => before,
            Some(before) => before && untouched,
            None => untouched,
        };
        self.now = Some(Kept { series: run.series.clone(), played, of_the_start });
    }
}

/// Whether the system is still that of the start: moved and renamed stations are the same system.
#[must_use]
pub(super) fn untouched(document: &Document, start: &Document) -> bool {
    document.edges == start.edges
        && document.nodes.len() == start.nodes.len()
        && document.nodes.iter().all(|(id, node)| {
            start.nodes.get(id).is_some_and(|given| given.kind == node.kind && given.params == node.params)
        })
}

/// Shows nothing; keeps the runs. Apart from the card, since the run's news come ten times a second.
#[component]
pub(super) fn RunsKeeper(props: &PracticeCardProps) -> Html {
    let (run, document) = (use_run(), use_document());
    props.practice.runs.borrow_mut().note(&run, untouched(&document, &props.practice.start));
    Html::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u32, played: f64) -> RunView {
        let mut run =
            RunView { runs_begun: number, known_ns: (played * 100e9) as u64, length_secs: 100.0, ..RunView::default() };
        run.series.insert(None, Shared::default());
        run.frame = Shared::new(crate::protocol::Frame { events: 1, ..crate::protocol::Frame::default() });
        run
    }

    #[test]
    fn the_run_before_is_the_last_one_that_went_far_enough() {
        let mut runs = Runs::default();
        runs.note(&run(1, 0.9), true);
        assert!(runs.before.is_none());
        runs.note(&run(2, 0.05), false);
        assert!(runs.before.as_ref().is_some_and(|kept| kept.of_the_start));
        // The second was given up at once: the first stays.
        runs.note(&run(3, 0.5), false);
        assert!(runs.before.as_ref().is_some_and(|kept| kept.of_the_start && kept.played == 0.9));
        runs.note(&run(4, 0.0), false);
        assert!(runs.before.as_ref().is_some_and(|kept| !kept.of_the_start && kept.played == 0.5));
    }

    #[test]
    fn what_is_changed_after_a_run_does_not_make_it_another() {
        let mut runs = Runs::default();
        let mut over = run(1, 1.0);
        runs.note(&over, true);
        over.ending = Some(Shared::default());
        runs.note(&over, false);
        runs.note(&run(2, 0.0), false);
        assert!(runs.before.is_some_and(|kept| kept.of_the_start));
    }
}
