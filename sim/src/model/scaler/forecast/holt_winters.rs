//! Holt-Winters' additive method: a level, a trend and a season, each smoothed exponentially.
//!
//! Source: Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", 1960, in the form that statsmodels
//! computes: l = α(y − s) + (1 − α)(l + b); b = β(l − l′) + (1 − β)b; s = γ(y − l′ − b′) + (1 − γ)s.

use super::Forecasted;
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};
use crate::model::read::Reader;

pub static ENTRY: Entry = Entry {
    id: "holt-winters",
    name: "Holt-Winters",
    summary: told("A level, a trend and a daily season, each smoothed: follows growth that \"as yesterday\" misses."),
    source: told("Winters, 1960, additive season. It starts from the means of the first two days."),
    params: &[
        ParamSpec::number(
            "alpha",
            "Level follows",
            Unit::Share,
            0.3,
            0.0,
            1.0,
            "How fast the level follows what comes.",
        ),
        ParamSpec::number(
            "beta",
            "Trend follows",
            Unit::Share,
            0.05,
            0.0,
            1.0,
            "How fast the trend follows the level.",
        ),
        ParamSpec::number(
            "gamma",
            "Season follows",
            Unit::Share,
            0.3,
            0.0,
            1.0,
            "How fast the shape of the day follows what comes.",
        ),
    ],
    defect: false,
};

/// How fast each part follows, 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    pub alpha: f64,
    pub beta: f64,
    pub gamma: f64,
}

/// What is known after a number of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub level: f64,
    pub trend: f64,
    /// The newest term of each phase; the phase of the next step is `steps % seasonal.len()`.
    pub seasonal: Vec<f64>,
    pub steps: usize,
}

impl State {
    /// The start that the first two seasons give: level and season from the first, trend from one to the other.
    #[must_use]
    pub fn from_two_seasons(series: &[f64], period: usize) -> Option<Self> {
        let mean = |season: &[f64]| season.iter().sum::<f64>() / period as f64;
        let (first, second) = (series.get(..period)?, series.get(period..2 * period)?);
        let level = mean(first);
        Some(Self {
            level,
            trend: (mean(second) - level) / period as f64,
            seasonal: first.iter().map(|value| value - level).collect(),
            steps: 0,
        })
    }

    /// What it says comes `ahead` steps from now, at least 1.
    #[must_use]
    pub fn ahead(&self, ahead: usize) -> f64 {
        let phase = (self.steps + ahead - 1) % self.seasonal.len();
        self.level + ahead as f64 * self.trend + self.seasonal[phase]
    }

    /// Takes in the next value.
    pub fn take(&mut self, value: f64, by: Smoothing) {
        let phase = self.steps % self.seasonal.len();
        let (level, trend, season) = (self.level, self.trend, self.seasonal[phase]);
        self.level = by.alpha * (value - season) + (1.0 - by.alpha) * (level + trend);
        self.trend = by.beta * (self.level - level) + (1.0 - by.beta) * trend;
        self.seasonal[phase] = by.gamma * (value - level - trend) + (1.0 - by.gamma) * season;
        self.steps += 1;
    }
}

pub(super) fn forecast(params: &Params, series: &[f64], period: usize, ahead: usize) -> Option<Forecasted> {
    let reader = Reader::new(&ENTRY, params);
    let by = Smoothing { alpha: reader.number("alpha"), beta: reader.number("beta"), gamma: reader.number("gamma") };
    let mut state = State::from_two_seasons(series, period)?;
    let mut tested = Vec::new();
    for (at, value) in series.iter().enumerate() {
        state.take(*value, by);
        // The first two seasons made the start: what it says of them proves nothing.
        if at + ahead < series.len() && at + 1 >= 2 * period {
            tested.push((at + ahead, state.ahead(ahead).max(0.0)));
        }
    }
    Some(Forecasted { value: state.ahead(ahead).max(0.0), tested })
}
