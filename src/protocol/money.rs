//! What is sent of costs, and of the objective.

use serde::{Deserialize, Serialize};

/// What everything has cost since the warm-up, and how the objective was kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MoneyFrame {
    /// [USD/h], over the last few seconds.
    pub per_hour: f64,
    /// [USD/h], on average.
    pub mean_per_hour: f64,
    /// [USD]
    pub total: f64,
    /// [USD] for a million completed requests; NaN while none is.
    pub per_million: f64,
    /// What it is made of; empty where nothing has a price.
    pub lines: Vec<MoneyLine>,
    /// Time in which the objective was missed, and time that was judged [s].
    pub missed_secs: f64,
    pub judged_secs: f64,
    /// When it was missed: from and to [s], in order.
    pub missed: Vec<(f64, f64)>,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoneyKind {
    OnDemand,
    Reserved,
    Spot,
    /// A station as a whole, by the hour.
    Station,
    Requests,
    Zones,
    Regions,
    Internet,
}

impl MoneyKind {
    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::OnDemand => "machines on demand",
            Self::Reserved => "machines reserved",
            Self::Spot => "spot machines",
            Self::Station => "by the hour",
            Self::Requests => "by the request",
            Self::Zones => "data between zones",
            Self::Regions => "data between regions",
            Self::Internet => "data to clients",
        }
    }

    /// What the quantity counts.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::OnDemand | Self::Reserved | Self::Spot => "machine-hours",
            Self::Station => "h",
            Self::Requests => "million requests",
            Self::Zones | Self::Regions | Self::Internet => "GB",
        }
    }

    /// Where the price comes from.
    #[must_use]
    pub const fn source(self) -> &'static str {
        use crate::model::money::{SOURCE, STATION_SOURCE, TRANSFER_SOURCE};
        match self {
            Self::OnDemand | Self::Reserved | Self::Spot => SOURCE,
            Self::Station | Self::Requests => STATION_SOURCE,
            Self::Zones | Self::Regions | Self::Internet => TRANSFER_SOURCE,
        }
    }
}

/// One line of a bill: `quantity` times `price` is `cost`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoneyLine {
    pub node: u32,
    pub kind: MoneyKind,
    /// Size of the machines; empty otherwise.
    pub size: String,
    /// Machines that run now.
    pub running: u32,
    /// In the kind's unit.
    pub quantity: f64,
    /// [USD] for one of it.
    pub price: f64,
    /// [USD]
    pub cost: f64,
}
