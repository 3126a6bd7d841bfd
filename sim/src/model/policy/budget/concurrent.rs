//! Retries under way may be at most a share of the calls under way.

use super::{Balance, Budget, Kind};
use crate::engine::time::SimTime;
use crate::model::params::{Entry, ParamSpec, Unit, told};

static ENTRY: Entry = Entry {
    id: "concurrent",
    name: "Share of what is open",
    summary: told("Retries under way may be at most a share of the calls under way, but always a few."),
    source: told("Envoy's retry budget: 20 % of active and pending requests, at least 3."),
    params: &[
        ParamSpec::number("share", "Share of open calls", Unit::Share, 0.2, 0.0, 1.0, "Retries for each open call."),
        ParamSpec::count("least", "Always", 3.0, 0.0, 1_000.0, "This many retries may be under way in any case."),
    ],
    defect: false,
};

pub(super) const KIND: Kind =
    Kind { entry: &ENTRY, build: |reader, _| Box::new(Concurrent::new(reader.number("share"), reader.count("least"))) };

/// Counts the retries under way.
#[derive(Clone, Copy, Debug)]
pub struct Concurrent {
    share: f64,
    least: u32,
    open: u32,
}

impl Concurrent {
    #[must_use]
    pub const fn new(share: f64, least: u32) -> Self {
        Self { share, least, open: 0 }
    }

    /// Retries that may be under way while `open` calls are.
    #[must_use]
    pub fn limit(&self, open: u32) -> u32 {
        // The slack takes what a share in binary loses.
        ((self.share * f64::from(open) + 1e-9) as u32).max(self.least)
    }
}

impl Budget for Concurrent {
    fn call(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, open: u32, _now: SimTime) -> bool {
        let room = self.open < self.limit(open);
        self.open += u32::from(room);
        room
    }

    fn returned(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    fn balance(&self, open: u32, _now: SimTime) -> Balance {
        let limit = self.limit(open);
        Balance { left: f64::from(limit.saturating_sub(self.open)), of: f64::from(limit) }
    }

    fn box_clone(&self) -> Box<dyn Budget> {
        Box::new(*self)
    }
}
