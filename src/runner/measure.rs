//! Reads a report out of a running or finished system.

use std::collections::BTreeMap;

use super::report::{
    EdgeReport, Figure, Figures, Outcomes, Percentiles, ReasonCount, Report, Span, StationReport, Times, VERSION,
    WindowReport,
};
use super::slo;
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::figure::Measured;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::meter::Meter;
use crate::model::system::spans::{DRAIN, RUN, WINDOWS};
use crate::model::system::station::Station;
use crate::model::system::{System, Tally};
use crate::topology::document::Document;
use crate::topology::format::ENGINE;

impl Report {
    /// The report of `system` now; `document` is the one it runs now, `inputs` how many changes it took.
    ///
    /// Requests, attempts and messages are attributed by their arrival, whenever they ended. Stations are measured by
    /// time: from the first to the last nanosecond of the span, and never beyond the run's length.
    #[must_use]
    pub fn of(system: &System, document: &Document, inputs: usize) -> Self {
        let totals = system.totals();
        let run = system.run_plan();
        let length = SimTime::ZERO + run.run_length;
        let warm_up = SimTime::ZERO + run.warm_up;
        let slices = slo::slices(system);
        let read = |tally, which, from, to| {
            let (lost, judged) = slo::lost(&slices, from, to);
            let missed = if judged.0 > 0 { Figure(lost.as_secs_f64() / 60.0) } else { Figure::NONE };
            let mut span = span(tally, passed(system, from, to), stations(system, document, which));
            span.slo_minutes_lost = missed;
            span.edges = edges(system, which);
            span
        };
        let windows = totals.windows.iter().enumerate().map(|(index, (window, tally))| {
            let (from, to) = (SimTime(window.from.0), SimTime(window.to.0).min(length));
            WindowReport {
                name: window.name.clone(),
                from_secs: window.from.as_secs_f64(),
                to_secs: window.to.as_secs_f64(),
                span: read(tally, Which { index: 1 + index, measured: WINDOWS + index }, from, to),
            }
        });
        Self {
            report: VERSION,
            engine: ENGINE.to_owned(),
            title: document.title.clone(),
            seed: document.seed.to_string(),
            trace_hash: format!("{:016x}", system.trace_hash()),
            run_length_secs: run.run_length.as_secs_f64(),
            warm_up_secs: run.warm_up.as_secs_f64(),
            now_secs: system.now().as_secs_f64(),
            finished: system.finished() && system.stopped().is_none(),
            stopped: system.stopped().map(|why| why.words()),
            events: system.events(),
            inputs: inputs as u64,
            drain_secs: system.now().since(length).as_secs_f64(),
            drain_cost: drain_cost(system),
            whole: read(&totals.run, Which { index: 0, measured: RUN }, warm_up, length),
            windows: windows.collect(),
        }
    }
}

/// A span of the run: its index among those that count arrivals, and among those that are measured by time.
#[derive(Clone, Copy)]
struct Which {
    index: usize,
    measured: usize,
}

/// What all stations cost after the run's length, while requests in flight were waited for.
fn drain_cost(system: &System) -> Figure {
    let drains = system.all_stations().iter().filter_map(|station| station.meter.span(DRAIN, system.now()));
    let cost: f64 = drains.map(|sum| sum.bucket.cost).sum();
    if cost > 0.0 { Figure(cost) } else { Figure::NONE }
}

/// How much of a span has been simulated.
fn passed(system: &System, from: SimTime, to: SimTime) -> SimDuration {
    to.min(system.now()).since(from)
}

fn ratio(part: f64, of: f64) -> Figure {
    if of > 0.0 { Figure(part / of) } else { Figure::NONE }
}

fn span(tally: &Tally, passed: SimDuration, stations: Vec<StationReport>) -> Span {
    let secs = passed.as_secs_f64();
    let outcomes = Outcomes::of(tally.by_outcome);
    let ended = outcomes.ended();
    let mut reasons: Vec<ReasonCount> = Reason::ALL
        .into_iter()
        .filter(|reason| *reason != Reason::None && tally.by_reason[reason.index()] > 0)
        .map(|reason| ReasonCount {
            reason: name_of(reason),
            label: reason.label().to_owned(),
            count: tally.by_reason[reason.index()],
        })
        .collect();
    // Stable: equal counts stay in the order of the reasons.
    sort::few_by_key(&mut reasons, |reason| std::cmp::Reverse(reason.count));
    // Over the stations that have a price; by ascending id, so that it is the same sum everywhere.
    let sum = |id: &str| -> Figure {
        stations.iter().filter_map(|station| station.get(id).get()).reduce(|sum, one| sum + one).into()
    };
    Span {
        secs,
        offered: tally.offered,
        outcomes,
        good: tally.good,
        in_flight: tally.in_flight(),
        answered_share: tally.answered_share().into(),
        error_share: ratio((ended - outcomes.completed) as f64, ended as f64),
        arrival_rate: ratio(tally.offered as f64, secs),
        throughput: ratio(outcomes.completed as f64, secs),
        goodput: ratio(tally.good as f64, secs),
        hit_ratio: tally.hit_ratio().into(),
        sojourn_time: Times {
            mean: tally.times.mean().into(),
            percentiles: Percentiles::ask(|p| tally.times.percentile(p)),
            max: tally.times.percentile(100.0).into(),
        },
        sojourn_time_offered: Percentiles::ask(|p| tally.percentile_offered(p)),
        cost: sum("cost"),
        cost_per_hour: sum("cost_per_hour"),
        cost_per_million: sum("cost").get().map_or(Figure::NONE, |cost| ratio(cost * 1e6, outcomes.completed as f64)),
        slo_minutes_lost: Figure::NONE,
        reasons,
        stations,
        edges: Vec::new(),
    }
}

/// The stable name under which a reason is written.
fn name_of(reason: Reason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(name)) => name,
        _ => unreachable!("a reason is written as its name"),
    }
}

fn stations(system: &System, document: &Document, which: Which) -> Vec<StationReport> {
    let by_node: BTreeMap<_, &Station> = sort::map(system.all_stations().iter().map(|station| (station.id, station)));
    let sum = |meter: &Meter| meter.span(which.measured, system.now()).unwrap_or_default();
    let one = |station: &Station| {
        let own = sum(&station.meter);
        let broker = station.broker().map(|broker| (sum(&broker.deliveries).bucket, &broker.tallies[which.index]));
        let broker = broker.as_ref().map(|(levels, tally)| (levels, *tally));
        station_report(document, &Measured { station, sum: &own, broker })
    };
    by_node.into_values().map(one).collect()
}

fn station_report(document: &Document, measured: &Measured<'_>) -> StationReport {
    let station = measured.station;
    // A removed station's node is gone; what it did still counts.
    let node = document.nodes.get(&station.id);
    let kind = node.map_or("removed", |node| node.kind.as_str());
    StationReport {
        node: station.id,
        kind: kind.to_owned(),
        label: node.map_or_else(|| station.label.clone(), |node| node.label.clone()),
        role: node.and_then(|node| node.role.clone()),
        figures: Figures::of(measured),
    }
}

fn edges(system: &System, which: Which) -> Vec<EdgeReport> {
    let mut edges: Vec<EdgeReport> = system
        .all_edges()
        .iter()
        .enumerate()
        .map(|(ix, edge)| {
            let tally = system.edge_tally(ix as u32, which.index);
            EdgeReport {
                edge: edge.plan.id,
                from: edge.plan.from,
                to: edge.plan.to,
                sent: tally.sent,
                outcomes: Outcomes::of(tally.by_outcome),
                in_flight: tally.in_flight(),
                retries: tally.retries,
            }
        })
        .collect();
    sort::few_by_key(&mut edges, |edge| edge.edge);
    edges
}

/// The counters' order is the outcomes' order; checked here once for all that rely on it.
const _: () = assert!(Outcome::Completed as usize == 0 && Outcome::Failed as usize == 5);
