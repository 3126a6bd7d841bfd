//! As it was a season ago.

use super::Forecasted;
use crate::model::params::{Entry, Params, told};

pub static ENTRY: Entry = Entry {
    id: "seasonal-naive",
    name: "As yesterday",
    summary: told("What came at the same time of the last day."),
    source: told(
        "The seasonal naive method, the usual baseline: Hyndman and Athanasopoulos, \"Forecasting: Principles and Practice\".",
    ),
    params: &[],
    defect: false,
};

pub(super) fn forecast(_: &Params, series: &[f64], period: usize, ahead: usize) -> Option<Forecasted> {
    // The newest value that lies a whole number of seasons before what is asked for.
    let seasons = ahead.div_ceil(period);
    let back = seasons * period;
    let value = *series.get((series.len() + ahead).checked_sub(1 + back)?)?;
    let tested = (back..series.len()).map(|at| (at, series[at - back])).collect();
    Some(Forecasted { value: value.max(0.0), tested })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_repeats_the_last_season() {
        let series = [3.0, 5.0, 9.0, 4.0, 3.0, 6.0, 10.0, 4.0];
        let ask = |ahead| forecast(&Params::new(), &series, 4, ahead).map(|said| said.value);
        let said: Vec<_> = (1..=6).map(ask).collect();
        assert_eq!(said, [3.0, 6.0, 10.0, 4.0, 3.0, 6.0].map(Some));
        let tested = forecast(&Params::new(), &series, 4, 2).expect("two seasons").tested;
        assert_eq!(tested, [(4, 3.0), (5, 5.0), (6, 9.0), (7, 4.0)]);
        assert_eq!(forecast(&Params::new(), &series[..3], 4, 1), None, "less than a season");
    }
}
