//! What a station costs apart from its replicas: by the hour, and by the request.

use crate::model::params::{Entry, ParamSpec, Unit};
use crate::model::read::Reader;

/// Keys of the parameters.
pub const HOURLY: &str = "price";
pub const PER_MILLION: &str = "request_price";

/// The price of an hour, as a parameter.
#[must_use]
pub const fn hourly(help: &'static str) -> ParamSpec {
    ParamSpec::number(HOURLY, "Price an hour", Unit::Dollars, 0.0, 0.0, 10_000.0, help)
}

/// The price of a million requests, as a parameter.
#[must_use]
pub const fn per_million(help: &'static str) -> ParamSpec {
    ParamSpec::number(PER_MILLION, "Price of a million requests", Unit::Dollars, 0.0, 0.0, 10_000.0, help)
}

/// What a station costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tariff {
    /// [USD/h], where nothing is said of its machines.
    pub per_hour: f64,
    /// [USD] for a million requests.
    pub per_million: f64,
}

impl Tariff {
    /// What a kind of station can be told; 0 where it cannot.
    #[must_use]
    pub fn read(entry: &Entry, reader: &Reader<'_>) -> Self {
        let price = |key: &str| {
            let known = entry.params.iter().any(|spec| spec.key == key);
            if known { reader.number(key) } else { 0.0 }
        };
        Self { per_hour: price(HOURLY), per_million: price(PER_MILLION) }
    }
}
