//! Adaptive LIFO: first come, first served while the queue is short; the newest first once it is long.

use std::collections::VecDeque;

use super::{Discipline, DisciplineKind, FULL, Item, Reading, Way, take};
use crate::engine::time::SimTime;
use crate::model::params::{Entry, ParamSpec, told};
use crate::model::read::Reader;

pub(super) const KIND: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "adaptive-lifo",
        name: "Adaptive LIFO",
        summary: told(
            "Fair while the queue is short; once it is long, the newest go first: their clients are the ones still listening.",
        ),
        source: told(
            "Maurer, \"Fail at Scale\", ACM Queue 13(8), 2015 (Facebook). It does not say where it switches; 10 is our choice.",
        ),
        params: &[
            ParamSpec::count(
                "threshold",
                "Newest first above",
                10.0,
                0.0,
                1_000_000.0,
                "While more than this many wait, the newest is served next.",
            ),
            FULL,
        ],
        defect: false,
    },
    way: Way::Ordered { build: |params| Box::new(AdaptiveLifo::new(params)), preempts: false },
};

#[derive(Clone, Debug)]
struct AdaptiveLifo {
    /// Oldest first.
    queue: VecDeque<Item>,
    threshold: usize,
    displaces: bool,
}

impl AdaptiveLifo {
    fn new(params: &Reader<'_>) -> Self {
        let mut fresh = Self { queue: VecDeque::new(), threshold: 0, displaces: false };
        fresh.retune(params);
        fresh
    }

    fn newest_first(&self) -> bool {
        self.queue.len() > self.threshold
    }
}

impl Discipline for AdaptiveLifo {
    fn push(&mut self, item: Item) {
        self.queue.push_back(item);
    }

    fn pop(&mut self, _now: SimTime, _given_up: &mut Vec<u32>) -> Option<u32> {
        let next = if self.newest_first() { self.queue.pop_back() } else { self.queue.pop_front() };
        next.map(|item| item.ticket)
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn displaced_by(&mut self, _newcomer: &Item) -> Option<u32> {
        // While it is first come, first served, the newcomer is the one who would be served last.
        if self.displaces && self.newest_first() { self.queue.pop_front().map(|item| item.ticket) } else { None }
    }

    fn remove(&mut self, ticket: u32) -> bool {
        take(&mut self.queue, |item| item.ticket == ticket).is_some()
    }

    fn items(&self) -> Vec<Item> {
        self.queue.iter().copied().collect()
    }

    fn reading(&self, _now: SimTime) -> Reading {
        let (order, sign) = if self.newest_first() { ("newest", ">") } else { ("oldest", "≤") };
        let words = format!("{order} first: {} waiting {sign} {}", self.queue.len(), self.threshold);
        Reading { active: self.newest_first(), words, numbers: Vec::new() }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.threshold = params.count("threshold") as usize;
        self.displaces = params.choice("full") == "displace";
    }

    fn boxed(&self) -> Box<dyn Discipline> {
        Box::new(self.clone())
    }
}
