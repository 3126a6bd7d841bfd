//! Plain weighted round robin: a counter walks over the weights laid end to end.
//!
//! Right in proportion, but bursty: weights 5, 1, 1 give a a a a a b c where the smooth variant gives a a b a c a a.
//! Kept because its bursts teach. A change of health or weight re-maps the running counter.
//!
//! Source: the running example's gateway (cumulative weights); Linux IPVS `wrr` behaves alike.

use super::{Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, nobody, places};
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "weighted-round-robin",
        name: "Weighted round robin, plain",
        summary: told(
            "As many requests in a row as a backend's weight says, then the next: right on average, in bursts.",
        ),
        source: told("Cumulative weights, as in the running example's gateway."),
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: true },
    check: anything,
    build: |_| Box::new(WeightedRoundRobin::default()),
};

#[derive(Clone, Copy, Debug, Default)]
struct WeightedRoundRobin {
    /// Requests sent so far.
    counter: u64,
}

impl WeightedRoundRobin {
    fn next(self, cx: &PickContext<'_>) -> Option<u32> {
        let total: u64 = eligible(cx.backends).map(|(_, backend)| u64::from(backend.weight)).sum();
        let mut place = self.counter.checked_rem(total)?;
        for (index, backend) in eligible(cx.backends) {
            if place < u64::from(backend.weight) {
                return Some(index);
            }
            place -= u64::from(backend.weight);
        }
        None
    }
}

impl Strategy for WeightedRoundRobin {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let picked = self.next(cx)?;
        self.counter += 1;
        Some(picked)
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let next = self.next(cx);
        let total: u64 = eligible(cx.backends).map(|(_, backend)| u64::from(backend.weight)).sum();
        let steps = match next {
            None => nobody(),
            Some(next) => {
                let from: u64 = eligible(cx.backends)
                    .take_while(|(index, _)| *index < next)
                    .map(|(_, backend)| u64::from(backend.weight))
                    .sum();
                let upto = from + u64::from(cx.backends[next as usize].weight) - 1;
                let (counter, place) = (self.counter, self.counter % total);
                vec![
                    format!(
                        "The counter stands at {counter}; modulo the sum of the weights, {total}, that is {place}."
                    ),
                    places(from, upto, &label(next)),
                ]
            }
        };
        let scores = eligible(cx.backends).map(|(index, backend)| Score {
            backend: index,
            value: f64::from(u8::from(Some(index) == next)),
            formula: format!("weight {}", backend.weight),
        });
        Explanation {
            rule: "The counter's place among the weights laid end to end decides.",
            scores: scores.collect(),
            steps,
            chosen: next,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;
    use crate::engine::time::SimTime;
    use crate::model::balancer::{BackendView, RequestView};

    /// Picks that the running example's own gateway code made when it was run, bursts and all.
    #[test]
    fn bursts_as_the_running_example_does() {
        for (weights, expected) in [
            ([5, 1, 1], [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 2]),
            ([3, 2, 1], [0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 1, 2, 0, 0]),
            ([1, 1, 1], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]),
            ([0, 2, 1], [1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1]),
        ] {
            let backends = weights.map(|weight| BackendView { weight, eligible: weight > 0, ..BackendView::default() });
            let mut strategy = WeightedRoundRobin::default();
            let mut stream = Stream::new(1, 1);
            let picks = expected.map(|_| {
                let request = RequestView::default();
                let mut cx =
                    PickContext { backends: &backends, version: 0, request, now: SimTime::ZERO, stream: &mut stream };
                strategy.pick(&mut cx).expect("somebody has a weight")
            });
            assert_eq!(picks, expected, "{weights:?}");
        }
    }
}
