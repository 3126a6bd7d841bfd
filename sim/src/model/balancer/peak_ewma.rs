//! Two random backends are compared by their response time, times those that wait there already; the cheaper wins.
//!
//! The response time is a moving average that is quick to believe the worst: a slower answer replaces it at once, a faster
//! one pulls it down by how long ago the last news was, d = exp(−elapsed/decay). While nobody asks and nobody answers, it
//! decays, so that a backend that was slow once is tried again. Cost = estimate · (outstanding + 1).
//!
//! Source: tower-rs/tower, `tower/src/load/peak_ewma.rs`, with its `p2c` balancer, as linkerd2-proxy uses them (first
//! estimate 30 ms, decay 10 s); the idea: Twitter Finagle. Vectors from the executed crate in
//! `tests/vectors/peak_ewma.json`.

use super::power_of_d_choices::draw;
use super::{
    Answer, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, listing, nobody,
};
use crate::engine::math;
use crate::engine::time::SimTime;
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "peak-ewma",
    name: "Peak EWMA",
    summary: told(
        "Compares two random backends by response time, believing peaks at once and recovery slowly, times those waiting.",
    ),
    source: told("tower and linkerd2-proxy: first estimate 30 ms, decay 10 s; the idea: Twitter Finagle."),
    params: &[
        ParamSpec::number(
            "default_rtt",
            "First estimate",
            Unit::Seconds,
            0.03,
            0.0,
            60.0,
            "The response time assumed of a backend before its first answer.",
        ),
        ParamSpec::number(
            "decay",
            "Decay",
            Unit::Seconds,
            10.0,
            0.001,
            3_600.0,
            "How slowly a slow answer is forgotten: after this time without news the estimate has fallen to 37 %.",
        ),
    ],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Answers { weights: false },
    check: anything,
    build: |params| Box::new(PeakEwma::new(params)),
};

/// What is believed of a backend's response time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// [s]
    pub(super) secs: f64,
    /// Of when that is.
    pub(super) at: SimTime,
}

impl Estimate {
    /// The estimate after an answer that took `secs`, or after a look at it, which counts as one that took no time.
    /// `decay` [s] > 0.
    #[inline]
    pub(super) fn after(self, secs: f64, now: SimTime, decay: f64) -> Self {
        let next = if self.secs < secs {
            secs
        } else {
            let kept = math::exp(-now.since(self.at).as_secs_f64() / decay);
            self.secs * kept + secs * (1.0 - kept)
        };
        Self { secs: next, at: now }
    }
}

#[derive(Clone, Debug)]
struct PeakEwma {
    /// [s]
    default_rtt: f64,
    /// [s]
    decay: f64,
    /// By index; those never looked at are missing at the end.
    estimates: Vec<Option<Estimate>>,
    /// Scratch: eligible backends, those drawn in front.
    drawn: Vec<u32>,
}

impl PeakEwma {
    fn new(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        Self {
            default_rtt: reader.number("default_rtt"),
            decay: reader.number("decay"),
            estimates: Vec::new(),
            drawn: Vec::new(),
        }
    }

    fn estimate(&self, backend: u32, now: SimTime) -> Estimate {
        let known = self.estimates.get(backend as usize).copied().flatten();
        known.unwrap_or(Estimate { secs: self.default_rtt, at: now })
    }

    fn remember(&mut self, backend: u32, estimate: Estimate) {
        let place = backend as usize;
        if self.estimates.len() <= place {
            self.estimates.resize(place + 1, None);
        }
        self.estimates[place] = Some(estimate);
    }

    /// What it would cost to send one more there: the estimate as it is when looked at, times those waiting.
    #[inline]
    fn look(&self, backend: u32, cx: &PickContext<'_>) -> (Estimate, f64) {
        let estimate = self.estimate(backend, cx.now).after(0.0, cx.now, self.decay);
        (estimate, estimate.secs * (f64::from(cx.backends[backend as usize].outstanding) + 1.0))
    }
}

impl Strategy for PeakEwma {
    /// The first drawn of equals. O(n) to list who is eligible, O(1) to choose.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let looked_at = draw(cx.backends, 2, cx.stream, &mut self.drawn);
        let &[first, second] = &self.drawn[..looked_at] else { return self.drawn[..looked_at].first().copied() };
        let (first_estimate, first_cost) = self.look(first, cx);
        let (second_estimate, second_cost) = self.look(second, cx);
        // A look decays, as in tower: what is remembered is of now.
        self.remember(first, first_estimate);
        self.remember(second, second_estimate);
        Some(if first_cost <= second_cost { first } else { second })
    }

    fn answered(&mut self, answer: &Answer) {
        let Answer { backend, took, now, .. } = *answer;
        let estimate = self.estimate(backend, now).after(took.as_secs_f64(), now, self.decay);
        self.remember(backend, estimate);
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let cost = |index: u32| self.look(index, cx).1;
        let formula = |index: u32| {
            let (estimate, cost) = self.look(index, cx);
            let open = cx.backends[index as usize].outstanding;
            format!("{:.2} ms × ({open} + 1) = {:.2} ms", estimate.secs * 1e3, cost * 1e3)
        };
        let scores = eligible(cx.backends).map(|(index, _)| Score {
            backend: index,
            value: cost(index),
            formula: formula(index),
        });
        let mut drawn = Vec::new();
        let looked_at = draw(cx.backends, 2, &mut cx.stream.clone(), &mut drawn);
        let (chosen, steps) = match drawn[..looked_at] {
            [] => (None, nobody()),
            [only] => (Some(only), vec![format!("{} is the only one.", label(only))]),
            [first, second, ..] => {
                let (one, other) = (cost(first), cost(second));
                let chosen = if one <= other { first } else { second };
                let name = label(chosen);
                let costs =
                    listing([first, second].iter().map(|index| format!("{}: {}", label(*index), formula(*index))));
                let last = if one == other {
                    format!("Both cost the same; {name} was drawn first.")
                } else {
                    format!("{name} costs less.")
                };
                (Some(chosen), vec![format!("Drawn, in this order: {costs}."), last])
            }
        };
        Explanation {
            rule: "The lower cost of two drawn at random, response time × (outstanding + 1); a tie goes to the one drawn first.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
