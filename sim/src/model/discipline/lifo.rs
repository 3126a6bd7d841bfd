//! Last come, first served: who comes now is served soon, who has waited long waits longer.

use std::collections::VecDeque;

use super::{Discipline, DisciplineKind, FULL, Item, Reading, Way, take};
use crate::engine::time::SimTime;
use crate::model::params::{Entry, told};
use crate::model::read::Reader;

pub(super) const KIND: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "lifo",
        name: "Last come, first served",
        summary: told(
            "The newest is served next. Under overload some are served at once, and the others never in time.",
        ),
        source: told(
            "Mean wait as with first come, first served; the variance is larger (Kleinrock, \"Queueing Systems, Volume 2\", 1976, section 3.4).",
        ),
        params: &[FULL],
        defect: false,
    },
    way: Way::Ordered {
        build: |params| Box::new(Lifo { stack: VecDeque::new(), displaces: displaces(params) }),
        preempts: false,
    },
};

fn displaces(params: &Reader<'_>) -> bool {
    params.choice("full") == "displace"
}

#[derive(Clone, Debug)]
struct Lifo {
    /// Oldest first.
    stack: VecDeque<Item>,
    displaces: bool,
}

impl Discipline for Lifo {
    fn push(&mut self, item: Item) {
        self.stack.push_back(item);
    }

    fn pop(&mut self, _now: SimTime, _given_up: &mut Vec<u32>) -> Option<u32> {
        self.stack.pop_back().map(|item| item.ticket)
    }

    fn len(&self) -> usize {
        self.stack.len()
    }

    fn displaced_by(&mut self, _newcomer: &Item) -> Option<u32> {
        if self.displaces { self.stack.pop_front().map(|item| item.ticket) } else { None }
    }

    fn remove(&mut self, ticket: u32) -> bool {
        take(&mut self.stack, |item| item.ticket == ticket).is_some()
    }

    fn items(&self) -> Vec<Item> {
        self.stack.iter().copied().collect()
    }

    fn reading(&self, now: SimTime) -> Reading {
        let words = match (self.stack.front(), self.stack.back()) {
            (Some(oldest), Some(newest)) => format!(
                "the newest has waited {}, the oldest {}",
                super::millis(now.since(newest.since)),
                super::millis(now.since(oldest.since))
            ),
            _ => "nobody waits".to_owned(),
        };
        Reading { active: self.stack.len() > 1, words, numbers: Vec::new() }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.displaces = displaces(params);
    }

    fn boxed(&self) -> Box<dyn Discipline> {
        Box::new(self.clone())
    }
}
