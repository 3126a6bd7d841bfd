//! By priority: who matters more is served first, and within a class who came first. Preemptive, work on one that matters less
//! is interrupted and goes on later where it stopped.

use std::collections::VecDeque;

use super::{Discipline, DisciplineKind, FULL, Item, Reading, Way, take};
use crate::engine::time::SimTime;
use crate::model::params::{Entry, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;

pub(super) const KIND: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "priority",
        name: "By priority",
        summary: told(
            "The request that matters most is next; work that has begun is finished. Low priority may wait forever.",
        ),
        source: told(
            "Head of the line, non-preemptive: Cobham, \"Priority Assignment in Waiting Line Problems\", Operations Research 2(1), 1954.",
        ),
        params: &[FULL],
        defect: false,
    },
    way: Way::Ordered { build, preempts: false },
};

pub(super) const PREEMPTIVE: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "preemptive-priority",
        name: "By priority, preemptive",
        summary: told(
            "A request that matters more is served at once: work on one that matters less is interrupted and resumed later.",
        ),
        source: told(
            "Preemptive resume (Kleinrock, \"Queueing Systems, Volume 2\", 1976, section 3.6). Only work can be interrupted, not the wait for a call; who was interrupted keeps a place beyond the limit.",
        ),
        params: &[FULL],
        defect: false,
    },
    way: Way::Ordered { build, preempts: true },
};

fn build(params: &Reader<'_>) -> Box<dyn Discipline> {
    let mut queue = ByPriority { classes: Default::default(), displaces: false };
    queue.retune(params);
    Box::new(queue)
}

#[derive(Clone, Debug)]
struct ByPriority {
    /// The most important class first; oldest first in each.
    classes: [VecDeque<Item>; 3],
    displaces: bool,
}

impl Discipline for ByPriority {
    fn push(&mut self, item: Item) {
        self.classes[item.priority.index()].push_back(item);
    }

    fn put_back(&mut self, item: Item) {
        // It was the newest of those in service, so it came before everybody who waits.
        self.classes[item.priority.index()].push_front(item);
    }

    fn pop(&mut self, _now: SimTime, _given_up: &mut Vec<u32>) -> Option<u32> {
        self.classes.iter_mut().find_map(VecDeque::pop_front).map(|item| item.ticket)
    }

    fn len(&self) -> usize {
        self.classes.iter().map(VecDeque::len).sum()
    }

    fn displaced_by(&mut self, newcomer: &Item) -> Option<u32> {
        if !self.displaces {
            return None;
        }
        let less = &mut self.classes[newcomer.priority.index() + 1..];
        less.iter_mut().rev().find_map(VecDeque::pop_back).map(|item| item.ticket)
    }

    fn remove(&mut self, ticket: u32) -> bool {
        self.classes.iter_mut().any(|class| take(class, |item| item.ticket == ticket).is_some())
    }

    fn items(&self) -> Vec<Item> {
        self.classes.iter().flatten().copied().collect()
    }

    fn reading(&self, _now: SimTime) -> Reading {
        let waiting = |priority: Priority| self.classes[priority.index()].len();
        let [high, normal, low] = Priority::ALL.map(waiting);
        let words = format!("waiting: {high} of high, {normal} of normal, {low} of low priority");
        Reading { active: self.len() > 0, words, numbers: Vec::new() }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.displaces = params.choice("full") == "displace";
    }

    fn boxed(&self) -> Box<dyn Discipline> {
        Box::new(self.clone())
    }
}
