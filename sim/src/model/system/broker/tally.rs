//! What a broker delivered, by span: copies that were published within it, whenever they ended.

use super::Fate;
use crate::engine::stats::WindowHistogram;
use crate::engine::time::{SimDuration, SimTime};

/// Copies of messages that were published within a span.
#[derive(Clone, Debug)]
pub struct DeliveryTally {
    from: SimTime,
    to: SimTime,
    pub published: u64,
    /// Processed at least once, and how long after they were published.
    pub processed: u64,
    pub times: WindowHistogram,
    /// Times that one was processed beyond the first.
    pub duplicates: u64,
    /// Put aside after too many failed deliveries.
    pub dead: u64,
    /// Gone without having been processed.
    pub lost: u64,
    /// Of those lost: dropped to make room, or with their group.
    pub expired: u64,
    /// Of those lost: the producer had been told that they are safe.
    pub broken_promises: u64,
}

impl DeliveryTally {
    /// Of what is published from `from` on and before `to`.
    pub(super) fn new((from, to): (SimTime, SimTime)) -> Self {
        Self {
            from,
            to,
            published: 0,
            processed: 0,
            times: WindowHistogram::new(),
            duplicates: 0,
            dead: 0,
            lost: 0,
            expired: 0,
            broken_promises: 0,
        }
    }

    pub(super) fn holds(&self, published: SimTime) -> bool {
        published >= self.from && published < self.to
    }

    /// A copy was processed, for the first time or again, so long after it was published.
    pub(super) fn processed(&mut self, again: bool, after: SimDuration) {
        if again {
            self.duplicates += 1;
        } else {
            self.processed += 1;
            self.times.record(after);
        }
    }

    /// A copy ended. Those processed were counted when that happened.
    pub(super) fn ended(&mut self, fate: Fate, told: bool) {
        let lost = matches!(fate, Fate::Lost | Fate::Expired);
        self.dead += u64::from(fate == Fate::Dead);
        self.lost += u64::from(lost);
        self.expired += u64::from(fate == Fate::Expired);
        self.broken_promises += u64::from(fate == Fate::Lost && told);
    }
}
