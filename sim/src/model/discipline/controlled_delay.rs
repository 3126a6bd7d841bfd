//! Controlled delay: a request that joins a queue that has not been empty for long gets little time, any other plenty.

use std::collections::VecDeque;

use super::{Discipline, DisciplineKind, Item, Reading, Way, millis, take};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;

pub(super) const KIND: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "controlled-delay",
        name: "Controlled delay",
        summary: told(
            "First come, first served; while the queue does not run empty, a newcomer may wait only a few milliseconds.",
        ),
        source: told(
            "Maurer, \"Fail at Scale\", ACM Queue 13(8), 2015 (Facebook): 5 ms when the queue was not empty for 100 ms, else 100 ms.",
        ),
        params: &[
            ParamSpec::number(
                "short",
                "Short wait",
                Unit::Seconds,
                0.005,
                0.0001,
                60.0,
                "The longest wait for a request that joins a standing queue.",
            ),
            ParamSpec::number(
                "long",
                "Long wait",
                Unit::Seconds,
                0.1,
                0.001,
                600.0,
                "The longest wait for everyone else; and a queue is standing once it has not been empty for this long.",
            ),
        ],
        defect: false,
    },
    way: Way::Ordered { build: |params| Box::new(ControlledDelay::new(params)), preempts: false },
};

#[derive(Clone, Debug)]
struct ControlledDelay {
    /// With the longest wait of each.
    queue: VecDeque<(Item, SimDuration)>,
    short: SimDuration,
    long: SimDuration,
    /// When it was empty last, as far as is known; while it is empty: always now.
    empty_at: SimTime,
    dropped: u64,
}

impl ControlledDelay {
    fn new(params: &Reader<'_>) -> Self {
        let mut fresh = Self {
            queue: VecDeque::new(),
            short: SimDuration::ZERO,
            long: SimDuration::ZERO,
            empty_at: SimTime::ZERO,
            dropped: 0,
        };
        fresh.retune(params);
        fresh
    }

    fn stands(&self, now: SimTime) -> bool {
        !self.queue.is_empty() && now.since(self.empty_at) > self.long
    }
}

impl Discipline for ControlledDelay {
    fn push(&mut self, item: Item) {
        if self.queue.is_empty() {
            self.empty_at = item.since;
        }
        let patience = if self.stands(item.since) { self.short } else { self.long };
        self.queue.push_back((item, patience));
    }

    fn pop(&mut self, now: SimTime, given_up: &mut Vec<u32>) -> Option<u32> {
        while let Some((item, patience)) = self.queue.pop_front() {
            if now.since(item.since) <= patience {
                return Some(item.ticket);
            }
            self.dropped += 1;
            given_up.push(item.ticket);
        }
        None
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn remove(&mut self, ticket: u32) -> bool {
        take(&mut self.queue, |(item, _)| item.ticket == ticket).is_some()
    }

    fn items(&self) -> Vec<Item> {
        self.queue.iter().map(|(item, _)| *item).collect()
    }

    fn reading(&self, now: SimTime) -> Reading {
        let words = if self.stands(now) {
            let since = millis(now.since(self.empty_at));
            format!("not empty for {since}: a newcomer may wait {}", millis(self.short))
        } else {
            format!("runs empty now and then: a newcomer may wait {}", millis(self.long))
        };
        Reading { active: self.stands(now), words, numbers: vec![("dropped", self.dropped.to_string())] }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.short = SimDuration::from_secs_f64(params.number("short"));
        self.long = SimDuration::from_secs_f64(params.number("long"));
    }

    fn boxed(&self) -> Box<dyn Discipline> {
        Box::new(self.clone())
    }
}
