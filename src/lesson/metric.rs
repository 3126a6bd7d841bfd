//! What goals can speak of: figures of a report by name.
//!
//! A metric id is `name.statistic`; the name is a term of the glossary. Which there are, and how each is read, say the
//! entries of [`crate::figure`].

use std::sync::LazyLock;

use crate::engine::sort;
use crate::figure::{self, Ask, FIGURES, Goal, Reported};
use crate::model::params::Unit;
use crate::runner::report::{Figure, Span, StationReport};

/// A quantity that can be read from a report.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// snake_case; a term of the glossary.
    pub name: &'static str,
    pub unit: Unit,
    /// What can be asked of it, e.g. `p99`.
    pub statistics: &'static [&'static str],
    /// Exactly how it is measured, over the whole system.
    pub summary: &'static str,
    station: Option<Ask>,
    system: Option<Ask>,
}

/// All metrics, in the order of their names.
pub static REGISTRY: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let metric = |spec: &figure::Spec| {
        let Goal { statistics, summary, station, system } = spec.goal?;
        Some(Metric { name: spec.id, unit: spec.unit, statistics, summary, station, system })
    };
    let mut all: Vec<Metric> = FIGURES.iter().filter_map(metric).collect();
    sort::few_by_key(&mut all, |metric| metric.name);
    all
});

/// The metric and the statistic that an id such as `sojourn_time.p99` names.
///
/// # Errors
/// Says which part is unknown, and what is possible.
pub fn find(id: &str) -> Result<(&'static Metric, &'static str), String> {
    let (name, statistic) = id.split_once('.').unwrap_or((id, ""));
    let Some(metric) = REGISTRY.iter().find(|metric| metric.name == name) else {
        let known: Vec<&str> = REGISTRY.iter().map(|metric| metric.name).collect();
        return Err(format!("there is no metric \"{name}\"; known: {}", known.join(", ")));
    };
    match metric.statistics.iter().find(|known| **known == statistic) {
        Some(statistic) => Ok((metric, statistic)),
        None => Err(format!("\"{name}\" has no statistic \"{statistic}\"; known: {}", metric.statistics.join(", "))),
    }
}

impl Metric {
    /// Whether it can be read at a single station.
    #[must_use]
    pub const fn at_station(&self) -> bool {
        self.station.is_some()
    }

    /// Whether it exists for the system as a whole.
    #[must_use]
    pub const fn at_system(&self) -> bool {
        self.system.is_some()
    }

    /// Its value over `span`: of the system, or of one station in it.
    #[must_use]
    pub fn read(&self, span: &Span, station: Option<&StationReport>, statistic: &str) -> Figure {
        let (ask, report): (_, &dyn Reported) = match station {
            Some(station) => (self.station, station),
            None => (self.system, span),
        };
        ask.map_or(Figure::NONE, |ask| Figure(ask.of(report, self.name, statistic)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_terms_of_the_glossary_in_order() {
        assert!(REGISTRY.is_sorted_by_key(|metric| metric.name));
        for metric in REGISTRY.iter() {
            assert!(crate::glossary::GLOSSARY.find(metric.name).is_some(), "{}", metric.name);
            assert!(metric.at_station() || metric.at_system(), "{}", metric.name);
            assert!(metric.summary.ends_with('.') && !metric.statistics.is_empty(), "{}", metric.name);
        }
    }

    #[test]
    fn ids_name_metric_and_statistic() {
        assert_eq!(
            find("sojourn_time.p99").map(|(metric, statistic)| (metric.name, statistic)),
            Ok(("sojourn_time", "p99"))
        );
        assert!(find("sojourn_time.p98").unwrap_err().contains("p99"));
        assert!(find("latency.p99").unwrap_err().contains("sojourn_time"));
        assert!(find("sojourn_time").is_err());
    }
}
