//! Calls pay in, retries pay out, and what was paid in lasts for a while.

use super::{Balance, Budget, Kind};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "tokens",
    name: "Share of the calls",
    summary: told("Retries may be at most a share of the calls of the last seconds, plus a small reserve."),
    source: told(
        "Finagle's RetryBudget as in the Rust crate tower 0.5 (TpsBudget): 20 %, 10 a second, 10 s. A share is rounded to one in a whole number: 30 % acts as 33 %.",
    ),
    params: &[
        ParamSpec::number("share", "Share of calls", Unit::Share, 0.2, 0.0, 10.0, "Retries for each call."),
        ParamSpec::count(
            "reserve",
            "Reserve per second",
            10.0,
            0.0,
            10_000.0,
            "This many retries for each second of the lifetime are always available: for connections with few calls, and for the start.",
        ),
        ParamSpec::number(
            "lifetime",
            "Lifetime",
            Unit::Seconds,
            10.0,
            1.0,
            60.0,
            "How long what a call paid in lasts, and for how long a retry is held against the budget.",
        ),
    ],
    defect: false,
};

pub(super) const KIND: Kind = Kind {
    entry: &ENTRY,
    build: |reader, now| {
        let lifetime = SimDuration::from_secs_f64(reader.number("lifetime"));
        Box::new(Tokens::new(reader.number("share"), reader.count("reserve"), lifetime, now))
    },
};

/// Spans that the lifetime is cut into.
const SLOTS: usize = 10;

/// A balance over a sliding span of time: each span that ends leaves with what was paid in and out during it.
#[derive(Clone, Debug)]
pub struct Tokens {
    deposit: i64,
    withdrawal: i64,
    reserve: i64,
    span: SimDuration,
    slots: [i64; SLOTS],
    at: usize,
    since: SimTime,
    current: i64,
}

impl Tokens {
    #[must_use]
    pub fn new(share: f64, reserve_per_sec: u32, lifetime: SimDuration, now: SimTime) -> Self {
        let (deposit, withdrawal) = if share == 0.0 {
            (0, 1)
        } else if share <= 1.0 {
            (1, (1.0 / share) as i64)
        } else {
            (1_000, (1_000.0 / share) as i64)
        };
        let seconds = (lifetime.as_secs_f64() as i64).max(1);
        Self {
            deposit,
            withdrawal,
            reserve: i64::from(reserve_per_sec) * seconds * withdrawal,
            span: SimDuration(lifetime.0 / SLOTS as u64),
            slots: [0; SLOTS],
            at: 0,
            since: now,
            current: 0,
        }
    }

    fn settle(&mut self, now: SimTime) {
        let mut passed = now.since(self.since);
        if passed < self.span {
            return;
        }
        self.slots[self.at] = std::mem::take(&mut self.current);
        self.at = (self.at + 1) % SLOTS;
        let mut steps = 0;
        while passed > self.span && steps < SLOTS {
            self.slots[self.at] = 0;
            passed = SimDuration(passed.0 - self.span.0);
            self.at = (self.at + 1) % SLOTS;
            steps += 1;
        }
        self.since = now;
    }

    fn sum(&self) -> i64 {
        self.current + self.slots.iter().sum::<i64>() + self.reserve
    }
}

impl Budget for Tokens {
    fn call(&mut self, now: SimTime) {
        self.settle(now);
        self.current += self.deposit;
    }

    fn withdraw(&mut self, _open: u32, now: SimTime) -> bool {
        self.settle(now);
        let covered = self.sum() >= self.withdrawal;
        if covered {
            self.current -= self.withdrawal;
        }
        covered
    }

    fn returned(&mut self) {}

    fn balance(&self, _open: u32, now: SimTime) -> Balance {
        let mut settled = self.clone();
        settled.settle(now);
        let paid_in: i64 = settled.slots.iter().copied().chain([settled.current]).filter(|sum| *sum > 0).sum();
        let (left, of) = (settled.sum().max(0), (paid_in + self.reserve).max(1));
        let retries = |tokens: i64| (tokens / self.withdrawal) as f64;
        Balance { left: retries(left), of: retries(of) }
    }

    fn box_clone(&self) -> Box<dyn Budget> {
        Box::new(self.clone())
    }
}
