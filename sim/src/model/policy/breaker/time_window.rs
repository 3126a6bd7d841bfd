//! Opens by shares among the calls of the last so many seconds.

use super::rates::{Rates, SOURCE, Window, rates_params};
use super::{Cell, Kind};
use crate::engine::time::{NANOS_PER_SEC, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "time-window",
    name: "Share of the last seconds",
    summary: told("Opens when too large a share of the last seconds' calls failed, or was slow."),
    source: SOURCE,
    params: rates_params!(ParamSpec::number(
        "window",
        "Window",
        Unit::Seconds,
        100.0,
        1.0,
        600.0,
        "Calls that ended within this many whole seconds count, including the current one.",
    )),
    defect: false,
};

pub(super) const KIND: Kind = Kind {
    entry: &ENTRY,
    build: |reader, now| Rates::build(reader, LastSeconds::new(reader.number("window") as u32), now),
};

/// The results of the last so many whole seconds. It moves on with each result, not by itself.
#[derive(Clone, Debug)]
pub struct LastSeconds {
    /// By second modulo their number.
    buckets: Vec<Cell>,
    second: u64,
    sum: Cell,
}

impl LastSeconds {
    #[must_use]
    pub fn new(seconds: u32) -> Self {
        Self { buckets: vec![Cell::default(); seconds.max(1) as usize], second: 0, sum: Cell::default() }
    }

    fn move_to(&mut self, second: u64) {
        let size = self.buckets.len() as u64;
        let steps = second.saturating_sub(self.second).min(size);
        for step in 0..steps {
            let bucket = &mut self.buckets[((second - step) % size) as usize];
            let old = std::mem::take(bucket);
            self.sum.take(old);
        }
        self.second = self.second.max(second);
    }
}

impl Window for LastSeconds {
    fn capacity(&self) -> Option<u32> {
        None
    }

    fn record(&mut self, failed: bool, slow: bool, now: SimTime) {
        self.move_to(now.0 / NANOS_PER_SEC);
        let cell = Cell { calls: 1, failed: u32::from(failed), slow: u32::from(slow) };
        let at = (self.second % self.buckets.len() as u64) as usize;
        self.buckets[at].add(cell);
        self.sum.add(cell);
    }

    fn sum(&self) -> Cell {
        self.sum
    }

    fn cells(&self, now: SimTime) -> Vec<Cell> {
        let mut moved = self.clone();
        moved.move_to(now.0 / NANOS_PER_SEC);
        let size = moved.buckets.len() as u64;
        (1..=size).map(|ahead| moved.buckets[((moved.second + ahead) % size) as usize]).collect()
    }

    fn clear(&mut self) {
        self.buckets.fill(Cell::default());
        self.sum = Cell::default();
    }
}
