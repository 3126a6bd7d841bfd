//! Turns in proportion to weights, spread as evenly as can be: weights 5, 1, 1 give a a b a c a a.
//!
//! Source: nginx, `src/http/ngx_http_upstream_round_robin.c`; vectors from the real program in
//! `tests/vectors/lb_nginx.json`.

use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, signed};
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "smooth-weighted-round-robin",
        name: "Smooth weighted round robin",
        summary: told("Turns in proportion to weights, evenly spread."),
        source: told("nginx, ngx_http_upstream_round_robin.c."),
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: true },
    check: anything,
    build: |_| Box::new(SmoothWeightedRoundRobin::default()),
};

#[derive(Clone, Debug, Default)]
struct SmoothWeightedRoundRobin {
    turns: SmoothWeighted,
}

impl Strategy for SmoothWeightedRoundRobin {
    /// Ties go to the first backend. O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        self.turns.step(cx.backends, |_, backend| backend.eligible)
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let (current, weight) = (self.turns.current(index), backend.weight);
            let value = current + i64::from(weight);
            Score {
                backend: index,
                value: value as f64,
                formula: format!("{} + {weight} = {}", signed(current), signed(value)),
            }
        });
        let gain = |_, backend: &BackendView| backend.eligible.then(|| i64::from(backend.weight));
        let (chosen, steps) = self.turns.foretell(cx.backends, gain, label);
        Explanation {
            rule: "Each gains its weight; the first of the highest is chosen and pays the sum of all weights.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
