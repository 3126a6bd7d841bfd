//! A ledger: what ran, for how long, at which price; and what was counted.

use super::{Purchase, SIZES, per_hour};
use crate::engine::time::SimTime;

/// Something that is paid by the hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// A machine: its index on the price list, and how it is paid.
    Machine(usize, Purchase),
    /// A station as a whole, at a price of its own [USD/h].
    Station(f64),
}

impl Item {
    /// [USD/h]
    #[must_use]
    pub fn price(self) -> f64 {
        match self {
            Self::Machine(size, purchase) => per_hour(size, purchase),
            Self::Station(price) => price,
        }
    }

    /// Name of the machine's size; empty for a station.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Machine(size, _) => SIZES.get(size).map_or("", |size| size.name),
            Self::Station(_) => "",
        }
    }
}

/// One line: so many hours of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub item: Item,
    /// How many run now.
    pub running: u32,
    /// [h], of all of them together.
    pub hours: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    item: Item,
    count: u32,
    since: SimTime,
    /// Whole numbers: the sum does not depend on when somebody looks.
    unit_ns: u128,
}

impl Row {
    fn unit_ns(&self, now: SimTime) -> u128 {
        self.unit_ns + u128::from(self.count) * u128::from(now.since(self.since).0)
    }
}

/// What a station has to pay for, line by line. Empty, it takes no memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    rows: Vec<Row>,
    /// [USD] for a million requests, from `counted_from` on.
    per_million: f64,
    counted_from: u64,
    /// Requests at earlier prices.
    counted: Vec<(f64, u64)>,
    /// When the run's length had passed, and how many requests had come by then: what is after it is not on the bill.
    closed: Option<(SimTime, u64)>,
}

impl Ledger {
    /// From now on these run, and nothing else.
    pub fn set(&mut self, items: &[(Item, u32)], now: SimTime) {
        let until = self.until(now);
        for row in &mut self.rows {
            row.unit_ns = row.unit_ns(until);
            (row.since, row.count) = (now, 0);
        }
        for (item, count) in items {
            match self.rows.iter_mut().find(|row| row.item == *item) {
                Some(row) => row.count += count,
                None => self.rows.push(Row { item: *item, count: *count, since: now, unit_ns: 0 }),
            }
        }
    }

    /// From the request with this number on, a million cost so much [USD].
    pub fn set_per_million(&mut self, price: f64, requests: u64) {
        if price == self.per_million {
            return;
        }
        let before = self.requests_until(requests).saturating_sub(self.counted_from);
        if self.per_million > 0.0 && before > 0 {
            self.counted.push((self.per_million, before));
        }
        (self.per_million, self.counted_from) = (price, requests);
    }

    /// The bill is complete: what runs from now on is not on it. `requests`: how many have come by now.
    pub fn close(&mut self, now: SimTime, requests: u64) {
        self.closed = Some((now, requests));
    }

    fn until(&self, now: SimTime) -> SimTime {
        self.closed.map_or(now, |(closed, _)| closed.min(now))
    }

    fn requests_until(&self, requests: u64) -> u64 {
        self.closed.map_or(requests, |(_, closed)| closed.min(requests))
    }

    /// What all that runs costs now [USD/h].
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rows.iter().map(|row| f64::from(row.count) * row.item.price()).sum()
    }

    /// What was run, in the order in which it first ran.
    pub fn lines(&self, now: SimTime) -> impl Iterator<Item = Line> {
        let until = self.until(now);
        self.rows.iter().map(move |row| Line {
            item: row.item,
            running: row.count,
            hours: row.unit_ns(until) as f64 / 3.6e12,
        })
    }

    /// Requests that were paid for, by price [USD for a million]; `requests`: how many have come by now.
    pub fn requests(&self, requests: u64) -> impl Iterator<Item = (f64, u64)> {
        let current = (self.per_million, self.requests_until(requests).saturating_sub(self.counted_from));
        self.counted.iter().copied().chain(std::iter::once(current)).filter(|(price, count)| *price > 0.0 && *count > 0)
    }

    /// What it all comes to [USD], but for data.
    #[must_use]
    pub fn total(&self, now: SimTime, requests: u64) -> f64 {
        let hours: f64 = self.lines(now).map(|line| line.hours * line.item.price()).sum();
        let calls: f64 = self.requests(requests).map(|(price, count)| price * count as f64 / 1e6).sum();
        hours + calls
    }

    /// Forgets what has been so far; requests are counted from 0 again.
    pub fn restart(&mut self, now: SimTime) {
        self.rows.retain(|row| row.count > 0);
        for row in &mut self.rows {
            (row.unit_ns, row.since) = (0, now);
        }
        self.counted.clear();
        self.counted_from = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: f64) -> SimTime {
        SimTime::from_secs_f64(hours * 3_600.0)
    }

    const LARGE: Item = Item::Machine(0, Purchase::OnDemand);
    const SPOT: Item = Item::Machine(0, Purchase::Spot);

    #[test]
    fn machine_hours_add_up_line_by_line() {
        let mut ledger = Ledger::default();
        ledger.set(&[(LARGE, 2)], at(0.0));
        ledger.set(&[(LARGE, 3), (SPOT, 1)], at(1.0));
        ledger.set(&[(SPOT, 2)], at(3.0));
        let lines: Vec<(Item, u32, f64)> =
            ledger.lines(at(4.0)).map(|line| (line.item, line.running, line.hours)).collect();
        assert_eq!(lines, [(LARGE, 0, 2.0 + 6.0), (SPOT, 2, 2.0 + 2.0)]);
        assert!((ledger.rate() - 2.0 * 0.096 * 0.35).abs() < 1e-12);
        assert!((ledger.total(at(4.0), 0) - (8.0 * 0.096 + 4.0 * 0.096 * 0.35)).abs() < 1e-12);
        ledger.restart(at(4.0));
        assert!((ledger.total(at(5.0), 0) - 2.0 * 0.096 * 0.35).abs() < 1e-12, "only what still runs");
        assert_eq!(ledger.lines(at(5.0)).count(), 1);
    }

    #[test]
    fn a_closed_bill_stays_as_it_is() {
        let mut ledger = Ledger::default();
        ledger.set(&[(LARGE, 2)], at(0.0));
        ledger.set_per_million(1.0, 0);
        ledger.close(at(1.0), 1_000_000);
        let bill = 2.0 * 0.096 + 1.0;
        assert!((ledger.total(at(3.0), 5_000_000) - bill).abs() < 1e-12, "nothing more is counted");
        // A replica less and one of another kind, a new price: all of it is the drain's.
        ledger.set(&[(LARGE, 1), (SPOT, 1)], at(2.0));
        ledger.set_per_million(9.0, 2_000_000);
        assert!((ledger.total(at(4.0), 5_000_000) - bill).abs() < 1e-12, "{}", ledger.total(at(4.0), 5_000_000));
        assert!((ledger.rate() - 1.35 * 0.096).abs() < 1e-12, "what runs costs what it costs");
    }

    #[test]
    fn requests_are_paid_at_the_price_of_their_time() {
        let mut ledger = Ledger::default();
        ledger.set_per_million(1.0, 0);
        ledger.set_per_million(0.25, 2_000_000);
        assert_eq!(ledger.requests(6_000_000).collect::<Vec<_>>(), [(1.0, 2_000_000), (0.25, 4_000_000)]);
        assert_eq!(ledger.total(at(1.0), 6_000_000), 3.0);
        ledger.restart(at(1.0));
        assert_eq!(ledger.total(at(2.0), 4_000_000), 1.0);
    }
}
