//! Probes `d` different backends at random and picks the one with the fewest outstanding requests.
//!
//! Two choices already take the longest queue from about log n to log log n.
//! Draws are without replacement, as in nginx, Finagle and tower; Envoy draws with replacement.
//!
//! Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.

use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, listing, nobody,
};
use crate::engine::rng::Stream;
use crate::model::params::{Entry, ParamSpec, told};

const ENTRY: Entry = Entry {
    id: "power-of-d-choices",
    name: "Power of d choices",
    summary: told("Looks at d random backends and picks the least busy of them."),
    source: told("Mitzenmacher, IEEE TPDS 12(10), 2001. Default 2: nginx, Envoy, HAProxy."),
    params: &[ParamSpec::count("d", "Choices", 2.0, 1.0, 64.0, "How many backends are looked at for each request.")],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Answers { weights: false },
    check: anything,
    build: |params| Box::new(PowerOfDChoices { d: ENTRY.number(params, "d") as usize, drawn: Vec::new() }),
};

#[derive(Clone, Debug)]
struct PowerOfDChoices {
    d: usize,
    /// Scratch: eligible backends, those drawn in front.
    drawn: Vec<u32>,
}

/// Puts up to `d` different eligible backends at the front of `drawn`, in the order in which they were drawn; returns how
/// many.
#[inline]
pub(super) fn draw(backends: &[BackendView], d: usize, stream: &mut Stream, drawn: &mut Vec<u32>) -> usize {
    drawn.clear();
    drawn.extend(eligible(backends).map(|(index, _)| index));
    let looked_at = d.min(drawn.len());
    for place in 0..looked_at {
        // A partial shuffle: every backend is drawn at most once.
        let other = place + stream.below((drawn.len() - place) as u32) as usize;
        drawn.swap(place, other);
    }
    looked_at
}

impl Strategy for PowerOfDChoices {
    /// Ties go to the backend that was drawn first. O(n) to list who is eligible, O(d) to choose.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let looked_at = draw(cx.backends, self.d, cx.stream, &mut self.drawn);
        // `min_by_key` keeps the first of equals.
        self.drawn[..looked_at].iter().copied().min_by_key(|index| cx.backends[*index as usize].outstanding)
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let open = backend.outstanding;
            Score { backend: index, value: f64::from(open), formula: format!("{open} outstanding") }
        });
        let (mut stream, mut drawn) = (cx.stream.clone(), Vec::new());
        let looked_at = draw(cx.backends, self.d, &mut stream, &mut drawn);
        let drawn = &drawn[..looked_at];
        let open = |index: &u32| cx.backends[*index as usize].outstanding;
        let least = drawn.iter().map(open).min();
        let chosen = drawn.iter().find(|index| Some(open(index)) == least).copied();
        let steps = chosen.map_or_else(nobody, |chosen| {
            let tied = drawn.iter().filter(|index| Some(open(index)) == least).count();
            let looks =
                listing(drawn.iter().map(|index| format!("{} with {} outstanding", label(*index), open(index))));
            let name = label(chosen);
            let last = match (drawn.len(), tied) {
                (1, _) => format!("{name} is the only one to look at."),
                (_, 1) => format!("{name} has the fewest."),
                (2, _) => format!("Both have as few; {name} was drawn first."),
                (_, tied) => format!("{tied} of them have the fewest; {name} was drawn first."),
            };
            vec![format!("Drawn, in this order: {looks}."), last]
        });
        Explanation {
            rule: "The fewest outstanding requests among a few drawn at random; a tie goes to the one drawn first.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::SimTime;
    use crate::model::balancer::RequestView;

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
