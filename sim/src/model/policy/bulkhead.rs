//! Bulkheads and connection pools: at most so many calls open at a time, a few more may wait.

use std::collections::VecDeque;

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Any number of calls may be open."),
    source: "",
    params: &[],
    defect: false,
};

const SCOPE: ParamSpec = ParamSpec::choice(
    "scope",
    "One limit for",
    &[("caller", "each replica of the caller"), ("connection", "the whole connection")],
    "caller",
    "What shares it. All clients of a source count as one caller.",
);

static ON: Entry = Entry {
    id: "on",
    name: "Bulkhead",
    summary: told("A limit on open calls: one slow station cannot take all of the caller's slots."),
    source: told("resilience4j's semaphore bulkhead: 25 calls, no waiting."),
    params: &[
        ParamSpec::count("limit", "Open calls", 25.0, 1.0, 100_000.0, "How many calls may be open at a time."),
        ParamSpec::count(
            "waiting",
            "Waiting places",
            0.0,
            0.0,
            100_000.0,
            "How many more may wait; others are refused.",
        ),
        ParamSpec::number(
            "longest_wait",
            "Longest wait",
            Unit::Seconds,
            1.0,
            0.001,
            3_600.0,
            "A call that has waited this long is refused, too.",
        ),
        SCOPE,
    ],
    defect: false,
};

static POOL: Entry = Entry {
    id: "pool",
    name: "Pool of connections",
    summary: told("A call needs one of a few connections for as long as it lasts, and waits for one in line."),
    source: told("HikariCP's defaults: 10 connections, 30 s of waiting, any number may wait."),
    params: &[
        ParamSpec::count("limit", "Connections", 10.0, 1.0, 100_000.0, "How many calls may be open at a time."),
        ParamSpec::count(
            "waiting",
            "Waiting places",
            100_000.0,
            0.0,
            100_000.0,
            "How many may wait for a connection; others are refused.",
        ),
        ParamSpec::number(
            "longest_wait",
            "Longest wait",
            Unit::Seconds,
            30.0,
            0.001,
            3_600.0,
            "A call that has waited this long is refused.",
        ),
        SCOPE,
    ],
    defect: false,
};

/// Off and both forms, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON, &POOL]
}

/// How many, how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Open calls, at least 1.
    pub limit: u32,
    pub waiting: u32,
    pub longest_wait: SimDuration,
    /// Each replica of the caller has a limit of its own.
    pub per_caller: bool,
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = [&ON, &POOL].into_iter().find(|entry| entry.id == choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    Some(Settings {
        limit: reader.count("limit"),
        waiting: reader.count("waiting"),
        longest_wait: SimDuration::from_secs_f64(reader.number("longest_wait")),
        per_caller: reader.choice("scope") == "caller",
    })
}

/// What somebody finds at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    In,
    /// So many wait before it.
    Waits(u32),
    Full,
}

/// One limit: who is in, who waits, in order.
#[derive(Clone, Debug)]
pub struct Gate<T> {
    pub open: u32,
    pub waiting: VecDeque<T>,
}

impl<T> Default for Gate<T> {
    fn default() -> Self {
        Self { open: 0, waiting: VecDeque::new() }
    }
}

impl<T: PartialEq> Gate<T> {
    /// Goes in, or in line.
    pub fn enter(&mut self, one: T, settings: &Settings) -> Entered {
        if self.open < settings.limit && self.waiting.is_empty() {
            self.open += 1;
            Entered::In
        } else if self.waiting.len() < settings.waiting as usize {
            self.waiting.push_back(one);
            Entered::Waits(self.waiting.len() as u32 - 1)
        } else {
            Entered::Full
        }
    }

    /// One goes out.
    pub const fn leave(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Leaves the line; whether it stood there.
    pub fn give_up(&mut self, one: &T) -> bool {
        let at = self.waiting.iter().position(|other| other == one);
        at.is_some_and(|at| self.waiting.remove(at).is_some())
    }

    /// Who may go in now, first come, first served. It counts as in.
    pub fn next(&mut self, limit: u32) -> Option<T> {
        if self.open >= limit {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.open += 1;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_the_line_is_in_order() {
        let settings = Settings { limit: 2, waiting: 2, longest_wait: SimDuration::from_secs(1), per_caller: true };
        let mut gate = Gate::default();
        let found: Vec<Entered> = (0..5).map(|one| gate.enter(one, &settings)).collect();
        assert_eq!(found, [Entered::In, Entered::In, Entered::Waits(0), Entered::Waits(1), Entered::Full]);
        assert_eq!(gate.next(2), None);
        gate.leave();
        assert!(gate.give_up(&2) && !gate.give_up(&2));
        assert_eq!((gate.next(2), gate.next(2), gate.open), (Some(3), None, 2));
        // A smaller limit lets those who are in finish.
        gate.leave();
        assert_eq!(gate.next(1), None);
    }
}
