//! What happened in a run that is over and why, in one sentence with numbers, and the ways to it.

use super::{clock, secs, share};
use crate::editor::catalog::quantity;
use crate::editor::session::Target;
use crate::facet::words::grouped;
use crate::model::params::Unit;
use crate::protocol::{Ending, LogLevel, LogLine, Totals};
use crate::topology::document::{Document, NodeId};

/// What began this long before users suffered may have caused it [s].
const CAUSE_BEFORE_SECS: f64 = 10.0;

/// The slice of time in which users began to suffer is about so wide [s].
const TROUBLE_SECS: f64 = 1.5;
/// Slices of time that an objective is judged by are at least so wide [s]: one that ended so long ago is followed by one that
/// was judged better.
const SLICE_SECS: f64 = 8.0;

/// What came out of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Whether users had nothing to suffer.
    pub good: bool,
    pub sentence: String,
    /// Why; empty where nothing went wrong.
    pub why: String,
    /// When it began [ns].
    pub at_ns: Option<u64>,
    /// Where.
    pub station: Option<Target>,
    /// A request that it happened to: its source, and its number from 0.
    pub request: Option<(NodeId, u64)>,
}

/// What came out: `log` is the run's, `missed_secs` the time in which the objective was missed [s].
#[must_use]
pub fn finding(document: &Document, totals: &Totals, ending: &Ending, log: &[LogLine], missed_secs: f64) -> Finding {
    let failed: u64 = totals.by_outcome[1..].iter().sum::<u64>() + totals.in_flight;
    let late = totals.by_outcome[0].saturating_sub(totals.good);
    let offered = totals.offered as f64;
    let of_all = |count: u64| format!("{} of {}", grouped(count as f64), grouped(offered));
    let limit = document.good_within_secs.map_or_else(String::new, |limit| quantity(limit, Unit::Seconds));
    let sentence = if totals.offered == 0 {
        "No request was sent.".to_owned()
    } else if failed == 0 && late == 0 {
        format!("All {} requests were answered{}.", grouped(offered), if limit.is_empty() { "" } else { " in time" })
    } else if failed >= late {
        format!("{} of requests got no answer: {}.", share(failed as f64 / offered), of_all(failed))
    } else {
        format!(
            "{} of requests were answered too late (after {limit}): {}.",
            share(late as f64 / offered),
            of_all(late)
        )
    };
    let Some(trouble) = ending.trouble else {
        let good = ending.stopped.is_none();
        return Finding { good, sentence, why: String::new(), at_ns: None, station: None, request: None };
    };
    let began = cause(log, trouble.from_secs, TROUBLE_SECS);
    let mut why = match began {
        Some(line) => format!("It began at {}, when {}", clock(secs(line.at_ns)), line.text),
        None => format!("It began at {}", clock(trouble.from_secs)),
    };
    if trouble.to_secs < document.run_length_secs {
        why.push_str(&format!(", and was over at {}", clock(trouble.to_secs)));
    }
    why.push('.');
    if let Some((reason, count)) = ending.reason.filter(|_| failed >= late) {
        let most =
            if count == failed { "All of them".to_owned() } else { format!("{} of them", grouped(count as f64)) };
        why.push_str(&format!(" {most}: {}.", reason.label()));
    }
    if missed_secs > 0.0 {
        why.push_str(&format!(" The objective was missed for {}.", quantity(missed_secs, Unit::Seconds)));
    }
    Finding {
        good: false,
        sentence,
        why,
        at_ns: Some(began.map_or((trouble.from_secs * 1e9) as u64, |line| line.at_ns)),
        station: began.and_then(|line| line.node).or(ending.busiest.map(|(node, _)| node)).map(Target::Node),
        request: ending.first_failed.map(|one| (one.source, one.ordinal)),
    }
}

/// The objective is missed while a run goes on: one sentence with the cause, and the moment [ns]. `missed`: from and to [s], in
/// order; of several the latest is told. `None`: it was never missed.
#[must_use]
pub fn miss(document: &Document, missed: &[(f64, f64)], now_secs: f64, log: &[LogLine]) -> Option<(String, u64)> {
    let (from, to) = *missed.last()?;
    let objective = document.objective();
    let late = objective.p99_secs.map(|limit| format!("p99 within {}", quantity(limit, Unit::Seconds)));
    let lost = objective.answered_share.map(|least| format!("{} answered", share(least)));
    let what: Vec<String> = late.into_iter().chain(lost).collect();
    // Judged by slices: as long as the last one reaches the present moment, nothing says that it is over.
    let over = to + SLICE_SECS < now_secs;
    let when = if over { format!("from {} to {}", clock(from), clock(to)) } else { format!("since {}", clock(from)) };
    let told = if over { "was missed" } else { "has been missed" };
    let began = cause(log, from, SLICE_SECS);
    let why = began.map_or_else(String::new, |line| format!(": at {}, {}", clock(secs(line.at_ns)), line.text));
    let at_ns = began.map_or((from * 1e9) as u64, |line| line.at_ns);
    Some((format!("The objective ({}) {told} {when}{why}.", what.join(", ")), at_ns))
}

/// The failure that the log tells of shortly before users suffered.
fn cause(log: &[LogLine], from_secs: f64, slice_secs: f64) -> Option<&LogLine> {
    // It may have happened within the slice of time in which it began.
    let near = |line: &&LogLine| (-slice_secs..CAUSE_BEFORE_SECS).contains(&(from_secs - secs(line.at_ns)));
    log.iter().filter(|line| line.level == LogLevel::Bad).find(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at_secs: f64, level: LogLevel, text: &str) -> LogLine {
        LogLine { at_ns: (at_secs * 1e9) as u64, level, node: None, text: text.to_owned() }
    }

    #[test]
    fn a_missed_objective_is_told_with_its_cause_and_its_moment_as_long_as_it_lasts_and_after() {
        let document = Document { good_within_secs: Some(0.1), ..Document::default() };
        let log = [line(58.0, LogLevel::Info, "Shop scaled"), line(62.0, LogLevel::Bad, "Orders replica 3 was killed")];
        assert_eq!(miss(&document, &[], 64.0, &log), None);
        let told = |now: f64, log: &[LogLine]| miss(&document, &[(8.0, 16.0), (64.0, 72.0)], now, log).unwrap();
        assert_eq!(
            told(73.0, &log),
            (
                "The objective (p99 within 100 ms, 99 % answered) has been missed since 1:04: at 1:02, Orders replica 3 was killed.".to_owned(),
                62_000_000_000
            )
        );
        let (over, at_ns) = told(90.0, &[]);
        assert_eq!(over, "The objective (p99 within 100 ms, 99 % answered) was missed from 1:04 to 1:12.");
        assert_eq!(at_ns, 64_000_000_000);
    }
}
