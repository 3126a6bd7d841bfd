//! The backend with the best score: a weighted sum of response time, outstanding requests, errors and weight.
//!
//! score = a/(1 + response time in s) + b/(1 + outstanding) + c·(1 − error rate) + d·weight/largest weight.
//! A backend that has not answered yet counts as infinitely fast, so that it is tried. Equal scores take turns.
//!
//! Source: the adaptive balancer of the Go Coffee tutorial (0.4, 0.3, 0.2, 0.1), as its text means it: a sum, where its
//! code multiplies.

use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, listing, nobody,
};
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};

const ENTRY: Entry = Entry {
    id: "adaptive",
    name: "Adaptive",
    summary: told("The best score of response time, outstanding requests, errors and weight."),
    source: told("Go Coffee tutorial, intelligent load balancer: 0.4, 0.3, 0.2, 0.1, as a sum."),
    params: &[
        factor("response_time_factor", "Response time counts", 0.4, "How much a short response time counts."),
        factor("outstanding_factor", "Outstanding count", 0.3, "How much few outstanding requests count."),
        factor("error_factor", "Errors count", 0.2, "How much few errors count."),
        factor("weight_factor", "Weight counts", 0.1, "How much a large weight counts."),
    ],
    defect: false,
};

const fn factor(key: &'static str, label: &'static str, default: f64, help: &'static str) -> ParamSpec {
    ParamSpec::number(key, label, Unit::Plain, default, 0.0, 1.0, help)
}

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Answers { weights: true },
    check: anything,
    build: |params| Box::new(Adaptive::new(params)),
};

#[derive(Clone, Copy, Debug)]
struct Adaptive {
    response_time_factor: f64,
    outstanding_factor: f64,
    error_factor: f64,
    weight_factor: f64,
    /// Where the search starts: behind the last choice, so that equal scores take turns.
    next: usize,
}

impl Adaptive {
    fn new(params: &Params) -> Self {
        let number = |key| ENTRY.number(params, key);
        Self {
            response_time_factor: number("response_time_factor"),
            outstanding_factor: number("outstanding_factor"),
            error_factor: number("error_factor"),
            weight_factor: number("weight_factor"),
            next: 0,
        }
    }

    /// The four terms of a backend's score, 0..factor each.
    fn terms(&self, backend: &BackendView, weight_max: u32) -> [f64; 4] {
        let response_time = if backend.response_time.is_nan() { 0.0 } else { backend.response_time.max(0.0) };
        [
            self.response_time_factor / (1.0 + response_time),
            self.outstanding_factor / (1.0 + f64::from(backend.outstanding)),
            self.error_factor * (1.0 - backend.error_rate.clamp(0.0, 1.0)),
            self.weight_factor * f64::from(backend.weight) / f64::from(weight_max),
        ]
    }

    /// The first of the highest scores, from behind the last choice on.
    #[inline]
    fn best(&self, backends: &[BackendView]) -> Option<u32> {
        let weight_max = weight_max(backends);
        let mut best: Option<(usize, f64)> = None;
        let start = if self.next < backends.len() { self.next } else { 0 };
        for index in (start..backends.len()).chain(0..start) {
            let backend = &backends[index];
            if backend.eligible {
                let score = self.terms(backend, weight_max).iter().sum();
                if best.is_none_or(|(_, highest)| score > highest) {
                    best = Some((index, score));
                }
            }
        }
        best.map(|(index, _)| index as u32)
    }
}

fn weight_max(backends: &[BackendView]) -> u32 {
    eligible(backends).map(|(_, backend)| backend.weight).max().unwrap_or(1).max(1)
}

impl Strategy for Adaptive {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let best = self.best(cx.backends)?;
        self.next = best as usize + 1;
        Some(best)
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let weight_max = weight_max(cx.backends);
        let chosen = self.best(cx.backends);
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let terms = self.terms(backend, weight_max);
            let value: f64 = terms.iter().sum();
            let response_time = if backend.response_time.is_nan() { 0.0 } else { backend.response_time };
            let formula = format!(
                "{}/(1 + {response_time:.3} s) + {}/(1 + {}) + {}·(1 − {:.3}) + {}·{}/{weight_max} = {value:.4}",
                self.response_time_factor,
                self.outstanding_factor,
                backend.outstanding,
                self.error_factor,
                backend.error_rate,
                self.weight_factor,
                backend.weight,
            );
            Score { backend: index, value, formula }
        });
        let scores: Vec<Score> = scores.collect();
        let steps = chosen.map_or_else(nobody, |chosen| {
            let highest = scores.iter().find(|score| score.backend == chosen).map_or(0.0, |score| score.value);
            let equal = scores.iter().filter(|score| score.value == highest).map(|score| label(score.backend));
            let equal: Vec<String> = equal.collect();
            let name = label(chosen);
            if equal.len() == 1 {
                return vec![format!("The highest score, {highest:.4}, is that of {name}.")];
            }
            vec![
                format!("The highest score, {highest:.4}, is that of {}.", listing(equal.into_iter())),
                format!("They take turns, from behind the last choice on: {name}."),
            ]
        });
        Explanation { rule: "The highest score; equal scores take turns.", scores, steps, chosen }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(*self)
    }
}
