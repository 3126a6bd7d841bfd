//! What goals can speak of: figures of a report by name.
//!
//! A metric id is `name.statistic`; the name is a term of the glossary. What is measured of a
//! station is a goal by its entry in [`crate::figure`]; what is read from more than that has a line in `OF_REPORTS`.

use std::sync::LazyLock;

use crate::engine::sort;
use crate::figure::{FIGURES, Goal};
use crate::model::params::Unit;
use crate::runner::report::{DeliveryReport, Figure, Percentiles, Span, StationReport};

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
}

const PERCENTILES: &[&str] = &["p50", "p90", "p95", "p99", "p999"];
const MEAN: &[&str] = &["mean"];
const COUNT: &[&str] = &["count"];
const TOTAL: &[&str] = &["total"];

/// All metrics, in the order of their names.
pub static REGISTRY: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let figures = FIGURES.iter().filter_map(|spec| {
        let Goal { statistics, summary } = spec.goal?;
        let (at_station, at_system) = (true, false);
        let read = Read::Figure(spec.id);
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
            Some(station) if station.arrivals > 0 => {
                Figure(station.outcomes.completed as f64 / station.arrivals as f64)
            }
            Some(_) => Figure::NONE,
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
        read: Read::Report(|span, station, _| station.map_or(span.arrival_rate, |station| station.arrival_rate)),
    },
    Metric {
        name: "cost",
        unit: Unit::Dollars,
        statistics: &["total", "per_million"],
        summary: "What all that ran cost: in total, or for a million completed requests; at a station, what ran there.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, statistic| match (station, statistic) {
            (Some(station), "total") => station.figures.get("cost"),
            (Some(station), _) if station.outcomes.completed > 0 => {
                Figure(station.figures.get("cost").0 * 1e6 / station.outcomes.completed as f64)
            }
            (Some(_), _) => Figure::NONE,
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
            station.map_or(span.cost_per_hour, |station| station.figures.get("cost_per_hour"))
        }),
    },
    Metric {
        name: "dead_letters",
        unit: Unit::Count,
        statistics: COUNT,
        summary: "Messages that a broker put aside after too many failed deliveries.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| delivered(station, |delivery| Figure(delivery.dead_letters as f64))),
    },
    Metric {
        name: "delivery_time",
        unit: Unit::Seconds,
        statistics: PERCENTILES,
        summary: "From a message's arrival at the broker to its having been processed, over all published: those not processed count as having waited for ever.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, statistic| {
            delivered(station, |delivery| percentile(&delivery.time_of_all, statistic))
        }),
    },
    Metric {
        name: "duplicates",
        unit: Unit::Count,
        statistics: COUNT,
        summary: "Times that a message was processed beyond the first.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| delivered(station, |delivery| Figure(delivery.duplicates as f64))),
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
        name: "lag",
        unit: Unit::Count,
        statistics: MEAN,
        summary: "Messages that wait at the broker or are being processed, averaged over time.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| delivered(station, |delivery| delivery.lag)),
    },
    Metric {
        name: "lost_messages",
        unit: Unit::Count,
        statistics: COUNT,
        summary: "Messages that are gone without having been processed, dropped from a full partition included; dead letters are not.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| delivered(station, |delivery| Figure(delivery.lost as f64))),
    },
    Metric {
        name: "processed_share",
        unit: Unit::Share,
        statistics: MEAN,
        summary: "Messages processed over messages published.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| {
            delivered(station, |delivery| {
                let published = delivery.published as f64;
                if published > 0.0 { Figure(delivery.processed as f64 / published) } else { Figure::NONE }
            })
        }),
    },
    Metric {
        name: "queue_length",
        unit: Unit::Count,
        statistics: MEAN,
        summary: "Requests waiting at the station, averaged over time.",
        at_station: true,
        at_system: false,
        read: Read::Report(|_, station, _| station.map_or(Figure::NONE, |station| station.queue_length)),
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
            let percentiles = station.map_or(&span.sojourn_time_offered, |station| &station.sojourn_time.percentiles);
            percentile(percentiles, statistic)
        }),
    },
    Metric {
        name: "throughput",
        unit: Unit::PerSecond,
        statistics: MEAN,
        summary: "Requests completed per second, late ones included; at a station, calls.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| station.map_or(span.throughput, |station| station.throughput)),
    },
    Metric {
        name: "utilization",
        unit: Unit::Share,
        statistics: MEAN,
        summary: "Busy share of the station's slots; of the system: its busiest station's.",
        at_station: true,
        at_system: true,
        read: Read::Report(|span, station, _| match station {
            Some(station) => station.utilization,
            None => {
                let busiest =
                    span.stations.iter().filter_map(|station| station.utilization.get()).max_by(f64::total_cmp);
                busiest.into()
            }
        }),
    },
];

fn percentile(percentiles: &Percentiles, statistic: &str) -> Figure {
    match statistic {
        "p50" => percentiles.p50,
        "p90" => percentiles.p90,
        "p95" => percentiles.p95,
        "p99" => percentiles.p99,
        "p999" => percentiles.p999,
        _ => Figure::NONE,
    }
}

/// A figure of what a broker delivered; none elsewhere.
fn delivered(station: Option<&StationReport>, read: impl Fn(&DeliveryReport) -> Figure) -> Figure {
    station.and_then(|station| station.delivery.as_ref()).map_or(Figure::NONE, read)
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
            Read::Figure(id) => station.map_or(Figure::NONE, |station| station.figures.get(id)),
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
