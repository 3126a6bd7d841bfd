//! What goals can speak of: figures of a report by name.
//!
//! A metric id is `name.statistic`; the name is a term of the glossary. What is measured of a
//! station is a goal by its entry in [`crate::figure`]; what is read from more than that has a line in `OF_REPORTS`.

use std::sync::LazyLock;

use crate::engine::sort;
use crate::figure::{FIGURES, Goal, PERCENTILES};
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
    /// Whether it can be read at a single station too.
    pub at_station: bool,
    /// Whether it exists for the system as a whole.
    pub at_system: bool,
    read: Read,
}

#[derive(Clone, Copy, Debug)]
enum Read {
    /// From a report's own fields.
    Report(fn(&Span, Option<&StationReport>, &str) -> Figure),
    /// A figure of a station, by its id.
    Figure(&'static str),
    /// One figure of a station over another.
    Share(&'static str, &'static str),
}

const MEAN: &[&str] = &["mean"];
const TOTAL: &[&str] = &["total"];

/// All metrics, in the order of their names.
pub static REGISTRY: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let figures = FIGURES.iter().filter_map(|spec| {
        let Goal { statistics, summary, share } = spec.goal?;
        let (at_station, at_system) = (true, false);
        let read = share.map_or(Read::Figure(spec.id), |(part, of)| Read::Share(part, of));
        Some(Metric { name: spec.id, unit: spec.unit, statistics, summary, at_station, at_system, read })
    });
    let mut all: Vec<Metric> = OF_REPORTS.iter().copied().chain(figures).collect();
    sort::few_by_key(&mut all, |metric| metric.name);
    all
});

/// Those that are read from more than a station's figure.
static OF_REPORTS: &[Metric] = &[
    Metric {
        name: "answered_share",
        unit: Unit::Share,
        statistics: MEAN,
        summary: "Completed requests over offered ones; at a station, completed calls over calls that reached it.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| match station {
            Some(station) => ratio(station.outcomes().completed as f64, station.get("arrivals").0),
            None => span.answered_share,
        }),
    },
    Metric {
        name: "arrival_rate",
        unit: Unit::PerSecond,
        statistics: MEAN,
        summary: "Requests offered per second; at a station, calls that reached it.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| station.map_or(span.arrival_rate, |station| station.get("arrival_rate"))),
    },
    Metric {
        name: "cost",
        unit: Unit::Dollars,
        statistics: &["total", "per_million"],
        summary: "What all that ran cost: in total, or for a million completed requests; at a station, what ran there.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, statistic| match (station, statistic) {
            (Some(station), "total") => station.get("cost"),
            (Some(station), _) => ratio(station.get("cost").0 * 1e6, station.outcomes().completed as f64),
            (None, "total") => span.cost,
            (None, _) => span.cost_per_million,
        }),
    },
    Metric {
        name: "cost_per_hour",
        unit: Unit::Dollars,
        statistics: MEAN,
        summary: "What all that ran cost an hour, averaged over time; at a station, what ran there.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| {
            station.map_or(span.cost_per_hour, |station| station.get("cost_per_hour"))
        }),
    },
    Metric {
        name: "error_share",
        unit: Unit::Share,
        statistics: MEAN,
        summary: "Requests that ended otherwise than completed, over all that ended.",
        at_station: false,
        at_system: true,
        read: Read::Report(|span, _, _| span.error_share),
    },
    Metric {
        name: "goodput",
        unit: Unit::PerSecond,
        statistics: MEAN,
        summary: "Requests completed in time, per second.",
        at_station: false,
        at_system: true,
        read: Read::Report(|span, _, _| span.goodput),
    },
    Metric {
        name: "slo_minutes_lost",
        unit: Unit::Minutes,
        statistics: TOTAL,
        summary: "Minutes of the run in which the service-level objective was missed; judged over slices of 8 s, in runs of more than 80 minutes wider ones.",
        at_station: false,
        at_system: true,
        read: Read::Report(|span, _, _| span.slo_minutes_lost),
    },
    Metric {
        name: "sojourn_time",
        unit: Unit::Seconds,
        statistics: PERCENTILES,
        summary: "Response time over all offered requests: one without an answer counts as infinite; at a station, over completed calls.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, statistic| {
            station.map_or_else(
                || span.sojourn_time_offered.named(statistic),
                |station| station.figures.statistic("sojourn_time", statistic),
            )
        }),
    },
    Metric {
        name: "throughput",
        unit: Unit::PerSecond,
        statistics: MEAN,
        summary: "Requests completed per second, late ones included; at a station, calls.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| station.map_or(span.throughput, |station| station.get("throughput"))),
    },
    Metric {
        name: "utilization",
        unit: Unit::Share,
        statistics: MEAN,
        summary: "Busy share of the station's slots; of the system: its busiest station's.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| match station {
            Some(station) => station.get("utilization"),
            None => {
                let busiest =
                    span.stations.iter().filter_map(|station| station.get("utilization").get()).max_by(f64::total_cmp);
                busiest.into()
            }
        }),
    },
];

/// None where nothing was counted.
fn ratio(part: f64, of: f64) -> Figure {
    if of > 0.0 { Figure(part / of) } else { Figure::NONE }
}

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
    /// Its value over `span`: of the system, or of one station in it.
    #[must_use]
    pub fn read(&self, span: &Span, station: Option<&StationReport>, statistic: &str) -> Figure {
        match self.read {
            Read::Report(read) => read(span, station, statistic),
            Read::Figure(id) => station.map_or(Figure::NONE, |station| station.figures.statistic(id, statistic)),
            Read::Share(part, of) => {
                station.map_or(Figure::NONE, |station| ratio(station.get(part).0, station.get(of).0))
            }
        }
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
            assert!(metric.at_station || metric.at_system, "{}", metric.name);
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
