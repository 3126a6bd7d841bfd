//! Probes `d` different backends at random and picks the one with the fewest outstanding requests.
//!
//! Two choices already take the longest queue from about log n to log log n.
//! Draws are without replacement, as in nginx, Finagle and tower; Envoy draws with replacement.
//!
//! Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.

use super::{Descriptor, Explanation, Needs, PickContext, Score, Strategy, eligible};
use crate::model::params::{Entry, ParamSpec};

const ENTRY: Entry = Entry {
    id: "power-of-d-choices",
    name: "Power of d choices",
    summary: "Looks at d random backends and picks the least busy of them.",
    source: "Mitzenmacher, IEEE TPDS 12(10), 2001. Default 2: nginx, Envoy, HAProxy.",
    params: &[ParamSpec::count("d", "Choices", 2.0, 1.0, 64.0, "How many backends are looked at for each request.")],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Answers { weights: false },
    build: |params| Ok(Box::new(PowerOfDChoices { d: ENTRY.number(params, "d") as usize, drawn: Vec::new() })),
};

#[derive(Clone, Debug)]
struct PowerOfDChoices {
    d: usize,
    /// Scratch: eligible backends, those drawn in front.
    drawn: Vec<u32>,
}

impl Strategy for PowerOfDChoices {
    /// Ties go to the backend that was drawn first. O(n) to list who is eligible, O(d) to choose.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        self.drawn.clear();
        self.drawn.extend(eligible(cx.backends).map(|(index, _)| index));
        let mut best: Option<u32> = None;
        for place in 0..self.d.min(self.drawn.len()) {
            // A partial shuffle: every backend is drawn at most once.
            let other = place + cx.stream.below((self.drawn.len() - place) as u32) as usize;
            self.drawn.swap(place, other);
            let candidate = self.drawn[place];
            let open = |index: u32| cx.backends[index as usize].outstanding;
            if best.is_none_or(|best| open(candidate) < open(best)) {
                best = Some(candidate);
            }
        }
        best
    }

    fn explain(&self, cx: &PickContext<'_>, _: &dyn Fn(u32) -> String) -> Explanation {
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let open = backend.outstanding;
            Score { backend: index, value: f64::from(open), formula: format!("{open} outstanding") }
        });
        Explanation {
            rule: "The fewest outstanding requests among a few drawn at random; the tied: whoever was drawn first.",
            scores: scores.collect(),
            ..Explanation::default()
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;
    use crate::engine::time::SimTime;
    use crate::model::balancer::{BackendView, RequestView};

    fn picks(d: usize, outstanding: &[u32], times: u32) -> Vec<u32> {
        let backends: Vec<BackendView> =
            outstanding.iter().map(|open| BackendView { outstanding: *open, ..BackendView::default() }).collect();
        let mut strategy = PowerOfDChoices { d, drawn: Vec::new() };
        let mut stream = Stream::new(7, 1);
        let mut counts = vec![0; backends.len()];
        for _ in 0..times {
            let request = RequestView::default();
            let mut cx =
                PickContext { backends: &backends, version: 0, request, now: SimTime::ZERO, stream: &mut stream };
            counts[strategy.pick(&mut cx).expect("all are eligible") as usize] += 1;
        }
        counts
    }

    /// With as many choices as backends it is the least busy one, always.
    #[test]
    fn looking_at_all_finds_the_least_busy() {
        assert_eq!(picks(4, &[3, 1, 2, 5], 200), [0, 200, 0, 0]);
    }

    /// With two different draws of three, the busiest never wins, and the least busy wins unless it is not drawn:
    /// 2 of 3 pairs hold it. 30,000 picks: five standard deviations are 408.
    #[test]
    fn two_different_choices_never_pick_the_busiest() {
        let counts = picks(2, &[0, 1, 2], 30_000);
        assert_eq!(counts[2], 0);
        assert!(counts[0].abs_diff(20_000) < 408, "{counts:?}");
    }
}
