//! Money: what machines cost, and how a bill adds up.

mod ledger;
pub mod prices;
mod tariff;

pub use ledger::{Item, Ledger, Line};
pub use prices::{
    DATABASE_SIZES, DATABASE_SOURCE, PURCHASE_HELP, PURCHASE_OPTIONS, SIZE_OPTIONS, SIZES, SOURCE, STATION_SOURCE,
    TRANSFER, TRANSFER_SOURCE,
};
pub use tariff::{HOURLY, PER_MILLION, Tariff, hourly, per_million};

use crate::engine::time::{SimDuration, SimTime};

/// A size of machine on the price list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizePrice {
    pub name: &'static str,
    pub vcpu: f64,
    pub memory_gib: f64,
    /// On demand [USD/h].
    pub per_hour: f64,
}

/// A border that data crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From one zone of a region to another.
    Zones,
    /// From one region to another.
    Regions,
    /// From a station to the clients.
    Internet,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::Zones, Self::Regions, Self::Internet];

    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Zones => "data between zones",
            Self::Regions => "data between regions",
            Self::Internet => "data to clients",
        }
    }

    /// [USD] for a GB, of 1,000,000,000 bytes.
    #[must_use]
    pub const fn per_gb(self) -> f64 {
        TRANSFER[self as usize].per_gb
    }
}

/// A price for data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferPrice {
    pub way: Way,
    /// [USD] for a GB, of 1,000,000,000 bytes.
    pub per_gb: f64,
}

/// What so many bytes over each way cost [USD].
#[must_use]
pub fn transfer_cost(bytes: [u64; 3]) -> f64 {
    Way::ALL.iter().zip(bytes).map(|(way, bytes)| bytes as f64 / 1e9 * way.per_gb()).sum()
}

/// How a machine is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purchase {
    /// By the second while it runs.
    #[default]
    OnDemand,
    /// For a year ahead, whether it runs or not: as many as are drawn. What runs beyond them is paid on demand.
    Reserved,
    /// Spare capacity, cheap, taken away at short notice.
    Spot,
}

impl Purchase {
    /// By its id in parameters.
    #[must_use]
    pub fn of(id: &str) -> Self {
        match id {
            "reserved" => Self::Reserved,
            "spot" => Self::Spot,
            _ => Self::OnDemand,
        }
    }

    /// What is paid of the price on demand, 0..1.
    #[must_use]
    pub const fn share(self) -> f64 {
        match self {
            Self::OnDemand => 1.0,
            Self::Reserved => prices::RESERVED,
            Self::Spot => prices::SPOT,
        }
    }
}

/// Index of a size by its name.
#[must_use]
pub fn size_index(name: &str) -> Option<usize> {
    SIZES.iter().position(|size| size.name == name)
}

/// Price of one machine [USD/h].
#[must_use]
pub fn per_hour(size: usize, purchase: Purchase) -> f64 {
    SIZES.get(size).map_or(0.0, |size| size.per_hour * purchase.share())
}

/// A running bill: a price that changes in steps, summed over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bill {
    /// [USD/h] from `since` on.
    rate: f64,
    since: SimTime,
    /// [USD] until `since`.
    total: f64,
}

impl Bill {
    /// From now on it costs `rate` [USD/h].
    pub fn set(&mut self, rate: f64, now: SimTime) {
        self.total = self.total(now);
        (self.rate, self.since) = (rate, now);
    }

    /// [USD/h] now.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    /// [USD] so far.
    #[must_use]
    pub fn total(&self, now: SimTime) -> f64 {
        self.total + self.rate * hours(now.since(self.since))
    }

    /// Forgets what has been paid so far.
    pub fn restart(&mut self, now: SimTime) {
        (self.total, self.since) = (0.0, now);
    }
}

fn hours(span: SimDuration) -> f64 {
    span.as_secs_f64() / 3_600.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_adds_up() {
        let at = |hours: f64| SimTime::from_secs_f64(hours * 3_600.0);
        let mut bill = Bill::default();
        bill.set(2.0, at(1.0));
        bill.set(0.5, at(1.5));
        assert_eq!((bill.rate(), bill.total(at(1.5)), bill.total(at(3.5))), (0.5, 1.0, 2.0));
        bill.restart(at(3.5));
        assert_eq!(bill.total(at(5.5)), 1.0);
    }

    #[test]
    fn what_is_said_of_shares_is_what_is_counted() {
        for purchase in [Purchase::Reserved, Purchase::Spot] {
            assert!(PURCHASE_HELP.contains(&format!("{:.0} %", purchase.share() * 100.0)), "{purchase:?}");
        }
    }

    #[test]
    fn data_is_priced_by_the_border_that_it_crosses() {
        for (index, price) in TRANSFER.iter().enumerate() {
            assert_eq!((price.way as usize, price.way), (index, Way::ALL[index]));
            assert!(TRANSFER_SOURCE.contains(&format!("${} a GB", price.per_gb)) || price.way == Way::Zones);
        }
        assert!((transfer_cost([1_000_000_000, 2_000_000_000, 500_000_000]) - (0.02 + 0.04 + 0.045)).abs() < 1e-12);
    }

    #[test]
    fn sizes_are_listed_once_smallest_first() {
        for pair in SIZES.windows(2) {
            assert!(pair[0].vcpu < pair[1].vcpu && pair[0].per_hour < pair[1].per_hour, "{pair:?}");
        }
        assert_eq!(SIZE_OPTIONS.len(), SIZES.len());
        for ((id, label), size) in SIZE_OPTIONS.iter().zip(SIZES) {
            assert_eq!(*id, size.name);
            let words = format!("{} · {} vCPU, {} GiB, ${}/h", size.name, size.vcpu, size.memory_gib, size.per_hour);
            assert_eq!(*label, words);
        }
        assert_eq!(per_hour(0, Purchase::OnDemand), SIZES[0].per_hour);
        assert!(per_hour(0, Purchase::Spot) < per_hour(0, Purchase::Reserved));
        assert_eq!(size_index("m5.xlarge").map(|at| SIZES[at].vcpu), Some(4.0));
    }
}
