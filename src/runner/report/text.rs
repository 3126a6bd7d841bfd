//! A report for a terminal, and how numbers read there: three digits, with their unit, and nothing where there is
//! nothing to tell.

use std::fmt::Write as _;

use super::{Figure, Percentiles, Report, Span, StationReport};
use crate::figure as figures;
use crate::model::params::Unit;

/// Three significant digits, as tables show numbers; all digits before the point.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 100.0 || size == 0.0 || !size.is_finite() => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        // A digit more for each zero behind the point; what is smaller than a millionth is shown as nothing.
        _ => (0..6).find(|zeros| size >= 10f64.powi(-zeros - 1)).map_or(0, |zeros| zeros + 3) as usize,
    };
    format!("{value:.decimals$}")
}

/// A length of time given in seconds: in seconds from one on, in milliseconds below.
#[must_use]
pub fn time(secs: f64) -> String {
    if secs == 0.0 {
        "0 s".to_owned()
    } else if secs.abs() >= 1.0 {
        format!("{} s", number(secs))
    } else {
        format!("{} ms", number(secs * 1000.0))
    }
}

/// A share as a percentage: two decimals, three from 99.9 % and below 0.1 % on, where the small rest is what counts.
#[must_use]
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    let text = if (0.1..=99.9).contains(&percent.abs()) { format!("{percent:.2}") } else { format!("{percent:.3}") };
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", if short == "-0" { "0" } else { short })
}

/// A figure with its unit; `None` where there is nothing to tell. An infinite time is one that no answer ended.
#[must_use]
pub fn figure(figure: Figure, unit: Unit) -> Option<String> {
    let value = figure.get()?;
    Some(match unit {
        Unit::Seconds if value.is_infinite() => "unanswered".to_owned(),
        _ if value.is_infinite() => "infinite".to_owned(),
        Unit::Seconds => time(value),
        Unit::Share => share(value),
        Unit::PerSecond => format!("{}/s", number(value)),
        Unit::Factor => format!("{}×", number(value)),
        Unit::Dollars | Unit::Minutes => format!("{} {}", number(value), unit.symbol()),
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count | Unit::Plain => number(value),
    })
}

/// A cell of a table, which cannot be left out.
fn cell(value: Figure, unit: Unit) -> String {
    figure(value, unit).unwrap_or_else(|| "-".to_owned())
}

impl Report {
    /// For a terminal: totals, outcomes by reason, percentiles, cost, stations; then the same for every window.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", self.title);
        let _ = writeln!(
            out,
            "seed {}, {}{}, {} events{}, engine {}",
            self.seed,
            time(self.now_secs),
            if self.finished { "" } else { " (not at its end)" },
            self.events,
            if self.inputs > 0 { format!(", {} changes while it ran", self.inputs) } else { String::new() },
            self.engine
        );
        let _ = writeln!(out, "trace hash {}", self.trace_hash);
        if self.drain_secs > 0.0 {
            let cost = self.drain_cost.get().map_or_else(String::new, |cost| format!(" and ${cost:.5}"));
            let _ = writeln!(
                out,
                "then {}{cost} until the last requests had ended, not counted below",
                time(self.drain_secs)
            );
        }
        if let Some(why) = &self.stopped {
            let _ = writeln!(out, "{why}");
        }
        out.push('\n');
        write_span(&mut out, &self.whole);
        for window in &self.windows {
            let (from, to) = (number(window.from_secs), number(window.to_secs));
            let _ = writeln!(out, "\nwindow \"{}\" ({from} to {to} s)", window.name);
            write_span(&mut out, &window.span);
        }
        out
    }
}

fn write_span(out: &mut String, span: &Span) {
    let counted = |word: &str, count: u64, rate: Figure| match figure(rate, Unit::PerSecond) {
        Some(rate) => format!("{word} {count} ({rate})"),
        None => format!("{word} {count}"),
    };
    let _ = writeln!(
        out,
        "{}, {}, {}, in flight {}",
        counted("offered", span.offered, span.arrival_rate),
        counted("completed", span.outcomes.completed, span.throughput),
        counted("good", span.good, span.goodput),
        span.in_flight
    );
    for (outcome, count) in &span.outcomes.named()[1..] {
        if *count > 0 {
            let _ = writeln!(out, "  {} {count}", outcome.label().to_lowercase());
        }
    }
    for reason in &span.reasons {
        let _ = writeln!(out, "    {} {}", reason.count, reason.label);
    }
    write_percentiles(out, "response time, completed", &span.sojourn_time.percentiles);
    write_percentiles(out, "response time, all offered", &span.sojourn_time_offered);
    if let Some(ratio) = figure(span.hit_ratio, Unit::Share) {
        let _ = writeln!(out, "hit ratio over all cache levels {ratio}");
    }
    if let Some(cost) = figure(span.cost, Unit::Dollars) {
        let _ = write!(out, "cost {cost}");
        for (figure, of) in [(span.cost_per_hour, "an hour"), (span.cost_per_million, "a million completed")] {
            if let Some(figure) = self::figure(figure, Unit::Dollars) {
                let _ = write!(out, ", {figure} {of}");
            }
        }
        out.push('\n');
    }
    if let Some(lost) = figure(span.slo_minutes_lost, Unit::Minutes) {
        let _ = writeln!(out, "objective missed for {lost}");
    }
    if span.stations.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "{:<26} {:>9} {:>11} {:>8} {:>10} {:>10}",
        "station", "calls", "utilization", "waiting", "mean", "p99"
    );
    for station in &span.stations {
        write_station(out, station);
    }
}

/// Nothing where nobody was there to wait.
fn write_percentiles(out: &mut String, name: &str, percentiles: &Percentiles) {
    let Percentiles { p50, p90, p99, p999, .. } = *percentiles;
    if p50.get().is_some() {
        let [p50, p90, p99, p999] = [p50, p90, p99, p999].map(|at| cell(at, Unit::Seconds));
        let _ = writeln!(out, "{name:<26} p50 {p50:<10} p90 {p90:<10} p99 {p99:<10} p99.9 {p999}");
    }
}

fn write_station(out: &mut String, station: &StationReport) {
    let times = station.times("sojourn_time");
    let _ = write!(
        out,
        "{:<26} {:>9} {:>11} {:>8} {:>10} {:>10}",
        format!("{} ({})", station.label, station.kind),
        cell(station.get("arrival_rate"), Unit::PerSecond),
        cell(station.get("utilization"), Unit::Share),
        cell(station.get("queue_length"), Unit::Count),
        cell(times.mean, Unit::Seconds),
        cell(times.percentiles.p99, Unit::Seconds),
    );
    for (spec, field) in figures::fields().filter(|(_, field)| !field.words.is_empty()) {
        if let Some(value) = figure(station.get(spec.id), spec.unit) {
            let _ = write!(out, "  {} {value}", field.words);
        }
    }
    out.push('\n');
    if let (Some(reads), Some(stale)) = (station.get("read_replica_reads").get(), station.get("stale_reads").get()) {
        let _ = write!(out, "  {reads} reads from copies, {stale} of them stale");
        let share = figure(station.get("stale_share"), Unit::Share);
        let _ = writeln!(out, "{}", share.map_or_else(String::new, |share| format!(" ({share})")));
    }
    if station.get("published").get().is_some() {
        write_delivery(out, station);
    }
}

fn write_delivery(out: &mut String, broker: &StationReport) {
    let count = |id: &str| broker.get(id).0;
    let _ = write!(
        out,
        "  delivered {} of {}, {} again; {} dead letters, {} lost ({} of them acknowledged, {} expired)",
        count("processed"),
        count("published"),
        count("duplicates"),
        count("dead_letters"),
        count("lost_messages"),
        count("lost_though_acknowledged"),
        count("expired"),
    );
    let p99 = broker.times("processing_time").percentiles.p99;
    for (value, unit, name) in [(broker.get("lag"), Unit::Count, "; lag"), (p99, Unit::Seconds, ", p99")] {
        if let Some(value) = figure(value, unit) {
            let _ = write!(out, "{name} {value}");
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [1234.6, 56.78, 9.876, 0.5, 0.0123, 0.000_456_7, 0.000_000_1, 0.0, -2.5].map(number);
        assert_eq!(shown, ["1235", "56.8", "9.88", "0.500", "0.0123", "0.000457", "0", "0", "-2.50"]);
    }

    #[test]
    fn figures_carry_their_unit_and_absent_ones_are_left_out() {
        assert_eq!([0.0456, 2.5, 0.0, 90.0].map(time), ["45.6 ms", "2.50 s", "0 s", "90.0 s"]);
        assert_eq!(
            [0.5, 0.123_45, 0.999_95, 0.000_12, 1.0, 0.0].map(share),
            ["50 %", "12.35 %", "99.995 %", "0.012 %", "100 %", "0 %"]
        );
        let shown = |value, unit| figure(Figure(value), unit);
        assert_eq!(shown(f64::INFINITY, Unit::Seconds).as_deref(), Some("unanswered"));
        assert_eq!(shown(32.08, Unit::PerSecond).as_deref(), Some("32.1/s"));
        assert_eq!(shown(0.0421, Unit::Dollars).as_deref(), Some("0.0421 USD"));
        assert_eq!(shown(9.0, Unit::Count).as_deref(), Some("9"), "a count of things");
        assert_eq!(shown(9.0625, Unit::Count).as_deref(), Some("9.06"), "a count averaged over time");
        assert_eq!(shown(f64::NAN, Unit::Share), None);
    }

    #[test]
    fn a_span_without_requests_has_no_line_of_percentiles_or_cost() {
        let mut out = String::new();
        write_span(&mut out, &Span::default());
        assert_eq!(out, "offered 0, completed 0, good 0, in flight 0\n");
    }
}
