//! CoDel, controlled delay: drops when even the shortest wait has been too long for a while, and then faster and faster until
//! waits are short again.

use std::collections::VecDeque;

use super::{Discipline, DisciplineKind, Item, Reading, Way, millis, take};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;

pub(super) const KIND: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "codel",
        name: "CoDel",
        summary: told(
            "First come, first served; once waits have stayed above the target for an interval, drops some, more and more often.",
        ),
        source: told(
            "Nichols, Jacobson, RFC 8289 (2018), whose defaults are 5 ms and 100 ms. The law is the RFC's, with requests in place of packets: a drop each interval/√count.",
        ),
        params: &[
            ParamSpec::number("target", "Target", Unit::Seconds, 0.005, 0.0001, 60.0, "A wait up to this is fine."),
            ParamSpec::number(
                "interval",
                "Interval",
                Unit::Seconds,
                0.1,
                0.001,
                600.0,
                "Only waits that stay above the target for this long count: bursts are left alone.",
            ),
        ],
        defect: false,
    },
    way: Way::Ordered { build: |params| Box::new(CoDel::new(params)), preempts: false },
};

#[derive(Clone, Debug)]
struct CoDel {
    queue: VecDeque<Item>,
    target: SimDuration,
    interval: SimDuration,
    /// When waits will have been above the target for an interval; `None`: the last was not above it.
    first_above: Option<SimTime>,
    dropping: bool,
    drop_next: SimTime,
    /// Drops since it began to drop, and that number when it began last.
    count: u32,
    last_count: u32,
    dropped: u64,
    /// The wait of the one that came out last.
    last_wait: SimDuration,
}

impl CoDel {
    fn new(params: &Reader<'_>) -> Self {
        let mut fresh = Self {
            queue: VecDeque::new(),
            target: SimDuration::ZERO,
            interval: SimDuration::ZERO,
            first_above: None,
            dropping: false,
            drop_next: SimTime::ZERO,
            count: 0,
            last_count: 0,
            dropped: 0,
            last_wait: SimDuration::ZERO,
        };
        fresh.retune(params);
        fresh
    }

    /// The oldest, and whether it may be dropped.
    fn dequeue(&mut self, now: SimTime) -> (Option<u32>, bool) {
        let Some(item) = self.queue.pop_front() else {
            self.first_above = None;
            return (None, false);
        };
        self.last_wait = now.since(item.since);
        // With one left behind there is no standing queue, as with one packet in the RFC.
        if self.last_wait < self.target || self.queue.len() <= 1 {
            self.first_above = None;
            return (Some(item.ticket), false);
        }
        let ripe = match self.first_above {
            None => {
                self.first_above = Some(now + self.interval);
                false
            }
            Some(at) => now >= at,
        };
        (Some(item.ticket), ripe)
    }

    /// When the next drop is due, so many after the one before.
    fn control_law(&self, from: SimTime, count: u32) -> SimTime {
        from + SimDuration((self.interval.0 as f64 / f64::from(count).sqrt()) as u64)
    }

    fn drop(&mut self, ticket: Option<u32>, given_up: &mut Vec<u32>) {
        self.dropped += u64::from(ticket.is_some());
        given_up.extend(ticket);
    }
}

impl Discipline for CoDel {
    fn push(&mut self, item: Item) {
        self.queue.push_back(item);
    }

    fn pop(&mut self, now: SimTime, given_up: &mut Vec<u32>) -> Option<u32> {
        let (mut next, mut ripe) = self.dequeue(now);
        if self.dropping {
            self.dropping = ripe;
            while self.dropping && now >= self.drop_next {
                self.drop(next, given_up);
                self.count += 1;
                (next, ripe) = self.dequeue(now);
                if ripe {
                    self.drop_next = self.control_law(self.drop_next, self.count);
                } else {
                    self.dropping = false;
                }
            }
        } else if ripe {
            self.drop(next, given_up);
            (next, _) = self.dequeue(now);
            self.dropping = true;
            // It dropped not long ago: it goes on about where it stopped.
            let recently = now.since(self.drop_next).0 < 16 * self.interval.0;
            let before = self.count - self.last_count;
            self.count = if before > 1 && recently { before } else { 1 };
            self.drop_next = self.control_law(now, self.count);
            self.last_count = self.count;
        }
        next
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn remove(&mut self, ticket: u32) -> bool {
        take(&mut self.queue, |item| item.ticket == ticket).is_some()
    }

    fn items(&self) -> Vec<Item> {
        self.queue.iter().copied().collect()
    }

    fn reading(&self, now: SimTime) -> Reading {
        let wait = millis(self.last_wait);
        let words = if self.dropping {
            let next = millis(self.drop_next.since(now));
            format!(
                "dropping: the last wait was {wait}, the next drop is due in {next}, one every {} / √{}",
                millis(self.interval),
                self.count
            )
        } else if let Some(at) = self.first_above {
            format!(
                "the last wait was {wait}, above {}; it drops unless that ends within {}",
                millis(self.target),
                millis(at.since(now))
            )
        } else {
            format!("the last wait was {wait}, the target is {}", millis(self.target))
        };
        let numbers = vec![("count", self.count.to_string()), ("dropped", self.dropped.to_string())];
        Reading { active: self.dropping, words, numbers }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.target = SimDuration::from_secs_f64(params.number("target"));
        self.interval = SimDuration::from_secs_f64(params.number("interval"));
    }

    fn boxed(&self) -> Box<dyn Discipline> {
        Box::new(self.clone())
    }
}
