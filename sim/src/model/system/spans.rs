//! The spans that a run is measured over: the run itself from the end of its warm-up to its length, the drain after it,
//! and the named windows.
//!
//! What is measured by time (stations, bills) is cut at their ends to the nanosecond. Events at the very moment of a cut
//! come after it. What is counted by arrival (requests, attempts, messages) belongs to the spans that hold its arrival,
//! whenever it ends.

use super::plan::RunPlan;
use super::slab::NONE;
use super::{Station, System};
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::outcome::Outcome;

/// Index of the run among the spans, and of its drain; the windows follow in the document's order.
pub const RUN: usize = 0;
pub const DRAIN: usize = 1;
pub const WINDOWS: usize = 2;

/// A moment at which a span begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    at: SimTime,
    span: usize,
    opens: bool,
}

/// Which spans there are, which are open, and what comes next.
#[derive(Clone, Debug)]
pub struct Spans {
    /// Those to come, latest first.
    cuts: Vec<Cut>,
    /// By span.
    open: Vec<bool>,
    /// From when to when something has to arrive to count: in the run, then in each window.
    arrivals: Vec<(SimTime, SimTime)>,
}

impl Spans {
    pub(super) fn new(run: &RunPlan) -> Self {
        let windows = run.windows.iter().map(|window| (SimTime::ZERO + window.from, SimTime::ZERO + window.to));
        Self::of(SimTime::ZERO + run.run_length, SimTime::ZERO + run.warm_up, windows)
    }

    fn of(length: SimTime, warm_up: SimTime, windows: impl Iterator<Item = (SimTime, SimTime)>) -> Self {
        let mut cuts = vec![Cut { at: length, span: RUN, opens: false }, Cut { at: length, span: DRAIN, opens: true }];
        let mut arrivals = vec![(warm_up, SimTime::NEVER)];
        for (index, (from, to)) in windows.enumerate() {
            arrivals.push((from, to));
            if from < to.min(length) {
                let span = WINDOWS + index;
                cuts.push(Cut { at: from, span, opens: true });
                cuts.push(Cut { at: to.min(length), span, opens: false });
            }
        }
        sort::few_by_key(&mut cuts, |cut| std::cmp::Reverse(cut.at));
        let mut open = vec![false; WINDOWS + arrivals.len() - 1];
        // The warm-up is measured until it is over, and then forgotten.
        open[RUN] = true;
        Self { cuts, open, arrivals }
    }

    /// Whether each span is open.
    pub(super) fn open(&self) -> &[bool] {
        &self.open
    }

    /// When the next span begins or ends.
    pub(super) fn next(&self) -> SimTime {
        self.cuts.last().map_or(SimTime::NEVER, |cut| cut.at)
    }

    /// Whether there is more to tell apart than the whole run.
    pub(super) fn divided(&self) -> bool {
        self.arrivals.len() > 1 || self.arrivals[0].0 > SimTime::ZERO
    }

    /// From when to when something has to arrive to count: in the run, then in each window.
    pub(super) fn arrivals(&self) -> &[(SimTime, SimTime)] {
        &self.arrivals
    }

    /// Those in which something counts that arrives at `at`: 0 is the run, the windows follow.
    pub(super) fn holding(&self, at: SimTime) -> impl Iterator<Item = usize> + '_ {
        let holds = move |(_, (from, to)): &(usize, &(SimTime, SimTime))| at >= *from && at < *to;
        self.arrivals.iter().enumerate().filter(holds).map(|(index, _)| index)
    }
}

/// Attempts over one edge whose requests arrived within a span; what belongs to no request counts when it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeTally {
    pub sent: u64,
    pub by_outcome: [u64; 6],
    /// Of those sent, how many were not the first try.
    pub retries: u64,
}

impl EdgeTally {
    /// Not ended yet.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.sent - self.by_outcome.iter().sum::<u64>()
    }
}

impl System {
    /// Begins and ends the spans that are due before an event at `at`.
    #[cold]
    pub(super) fn cut_spans(&mut self, at: SimTime) {
        while let Some(cut) = self.spans.cuts.pop_if(|cut| cut.at <= at) {
            self.spans.open[cut.span] = cut.opens;
            for meter in self.stations.iter_mut().flat_map(Station::meters) {
                if cut.opens {
                    meter.open_span(cut.span, cut.at);
                } else {
                    meter.close_span(cut.span, cut.at);
                }
            }
            if cut.span == RUN {
                for station in &mut self.stations {
                    station.close_books(cut.at);
                }
            }
        }
    }

    /// When what an attempt is for arrived.
    fn arrived_at(&self, ix: u32) -> SimTime {
        let attempt = &self.attempts[ix];
        if attempt.request == NONE { attempt.sent_at } else { self.requests[attempt.request].born }
    }

    /// Counts an attempt that is put on the wire in the spans that it belongs to.
    #[cold]
    pub(super) fn book_sent(&mut self, ix: u32, again: bool) {
        let (at, edge) = (self.arrived_at(ix), self.attempts[ix].edge);
        for span in self.spans.holding(at) {
            let tally = &mut self.edges[edge as usize].tallies[span];
            tally.sent += 1;
            tally.retries += u64::from(again);
        }
    }

    /// An attempt over an edge has ended as its caller sees it.
    #[inline]
    pub(super) fn book_end(&mut self, ix: u32, outcome: Outcome) {
        let edge = &mut self.edges[self.attempts[ix].edge as usize];
        edge.by_outcome[outcome.index()] += 1;
        edge.in_flight -= 1;
        if !self.plain && self.spans.divided() {
            self.book_end_in_spans(ix, outcome);
        }
    }

    #[cold]
    fn book_end_in_spans(&mut self, ix: u32, outcome: Outcome) {
        let (at, edge) = (self.arrived_at(ix), self.attempts[ix].edge);
        for span in self.spans.holding(at) {
            self.edges[edge as usize].tallies[span].by_outcome[outcome.index()] += 1;
        }
    }

    /// Attempts over an edge that belong to a span: 0 is the run after its warm-up, the windows follow.
    #[must_use]
    pub fn edge_tally(&self, edge: u32, span: usize) -> EdgeTally {
        let edge = &self.edges[edge as usize];
        let whole = EdgeTally { sent: edge.sent, by_outcome: edge.by_outcome, retries: edge.retries };
        edge.tallies.get(span).copied().unwrap_or(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_moment_belongs_to_what_begins_with_it() {
        let windows = [(0.0, 5.0), (5.0, 200.0), (70.0, 80.0)];
        let windows = windows.map(|(from, to)| (SimTime::from_secs_f64(from), SimTime::from_secs_f64(to)));
        let (length, warm_up) = (SimTime::from_secs_f64(60.0), SimTime::from_secs_f64(10.0));
        let spans = Spans::of(length, warm_up, windows.into_iter());
        let holding = |secs: f64| spans.holding(SimTime::from_secs_f64(secs)).collect::<Vec<_>>();
        assert_eq!([0.0, 4.999, 5.0, 10.0].map(holding), [vec![1], vec![1], vec![2], vec![0, 2]]);
        // The window behind the run's end never opens, the one across it ends with the run.
        let cuts: Vec<(f64, usize, bool)> =
            spans.cuts.iter().rev().map(|cut| (cut.at.as_secs_f64(), cut.span, cut.opens)).collect();
        let mut ends: Vec<_> = cuts.iter().filter(|cut| cut.0 == 60.0).map(|cut| (cut.1, cut.2)).collect();
        ends.sort_unstable();
        assert_eq!(ends, [(RUN, false), (DRAIN, true), (WINDOWS + 1, false)]);
        assert_eq!(cuts.len(), 6);
        assert!(spans.divided());
    }
}
