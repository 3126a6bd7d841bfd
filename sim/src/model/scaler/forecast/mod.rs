//! Forecasts of a load that repeats. Pure: a series in equal steps goes in, what comes next goes out, with an error that
//! was measured on the series itself.
//!
//! A new one is a file here and a line in [`REGISTRY`].

pub mod holt_winters;
pub mod seasonal_naive;

use crate::model::params::{Entry, Params, Variant};
use crate::model::registry::registry;

/// Says what comes `ahead` steps (at least 1) after the end of a series whose season has `period` steps; `None`: the
/// series is too short. And how it would have done so far: for each step of the series for which that is known, the
/// number and what it would have said `ahead` steps before.
pub type Forecast = fn(&Params, series: &[f64], period: usize, ahead: usize) -> Option<Forecasted>;

/// What a forecast says.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecasted {
    /// Never negative.
    pub value: f64,
    /// (index in the series, what was forecast for it).
    pub tested: Vec<(usize, f64)>,
}

/// A way to forecast.
#[derive(Debug)]
pub struct Descriptor {
    pub entry: &'static Entry,
    pub forecast: Forecast,
}

impl Descriptor {
    const fn words(&self) -> &'static Entry {
        self.entry
    }
}

registry! {
    /// All ways to forecast.
    pub static REGISTRY: [Descriptor];
    static ENTRIES: [&Entry] = Descriptor::words;
    Descriptor { entry: &seasonal_naive::ENTRY, forecast: seasonal_naive::forecast },
    Descriptor { entry: &holt_winters::ENTRY, forecast: holt_winters::forecast },
}

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    ENTRIES.to_vec()
}

/// The forecast of the way that is chosen.
#[must_use]
pub fn forecast(choice: &Variant, series: &[f64], period: usize, ahead: usize) -> Option<Forecasted> {
    let descriptor = REGISTRY.iter().find(|descriptor| descriptor.entry.id == choice.id)?;
    (descriptor.forecast)(&choice.params, series, period.max(1), ahead.max(1))
}

/// How far a forecast can be trusted, 0..1: 1 − WAPE of what it would have said, where WAPE is the sum of all absolute
/// errors over the sum of all values. `None`: nothing to test it on.
#[must_use]
pub fn confidence(series: &[f64], tested: &[(usize, f64)]) -> Option<f64> {
    let (mut wrong, mut all) = (0.0, 0.0);
    for (at, said) in tested {
        wrong += (series[*at] - said).abs();
        all += series[*at].abs();
    }
    (all > 0.0).then(|| (1.0 - wrong / all).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_one_less_the_weighted_error() {
        // Errors 10 and 30 of 100 and 100.
        assert_eq!(confidence(&[0.0, 100.0, 100.0], &[(1, 110.0), (2, 70.0)]), Some(0.8));
        assert_eq!(confidence(&[10.0], &[(0, 100.0)]), Some(0.0), "never below 0");
        assert_eq!(confidence(&[0.0], &[(0, 0.0)]), None);
        assert_eq!(confidence(&[1.0], &[]), None);
    }
}
