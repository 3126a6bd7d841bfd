//! The backend with the fewest outstanding requests for its weight.
//!
//! Ties are resolved by a step of smooth weighted round robin among the tied, so that idle backends take turns by weight.
//! (HAProxy instead rotates idle servers one by one whatever their weights.)
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_least_conn_module.c`; vectors from the real program in
//! `tests/vectors/lb_nginx.json`.

use super::smooth_weighted::SmoothWeighted;
use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, listing, nobody,
};
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "least-connections",
        name: "Least connections",
        summary: told("The backend with the fewest outstanding requests for its weight."),
        source: told("nginx, ngx_http_upstream_least_conn_module.c."),
        params: &[],
        defect: false,
    },
    needs: Needs::Answers { weights: true },
    check: anything,
    build: |_| Box::new(LeastConnections::default()),
};

#[derive(Clone, Debug, Default)]
struct LeastConnections {
    turns: SmoothWeighted,
}

/// Compares outstanding per weight without dividing: `a` has less than, as much as, or more than `b`.
fn compare(a: &BackendView, b: &BackendView) -> std::cmp::Ordering {
    let crossed = |a: &BackendView, b: &BackendView| u64::from(a.outstanding) * u64::from(b.weight);
    crossed(a, b).cmp(&crossed(b, a))
}

impl Strategy for LeastConnections {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let mut candidates = eligible(cx.backends);
        let (mut best, mut least) = candidates.next()?;
        let mut tied = false;
        for (index, backend) in candidates {
            match compare(backend, least) {
                std::cmp::Ordering::Less => (best, least, tied) = (index, backend, false),
                std::cmp::Ordering::Equal => tied = true,
                std::cmp::Ordering::Greater => {}
            }
        }
        if !tied {
            return Some(best); // and nobody's turn moves on, as in nginx
        }
        let least = *least;
        self.turns.step(cx.backends, |_, backend| backend.eligible && compare(backend, &least).is_eq())
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let BackendView { outstanding, weight, .. } = *backend;
            let value = f64::from(outstanding) / f64::from(weight);
            Score { backend: index, value, formula: format!("{outstanding}/{weight} = {value:.2}") }
        });
        let least = eligible(cx.backends).map(|(_, backend)| *backend).min_by(compare);
        let tied: Vec<u32> = eligible(cx.backends)
            .filter(|(_, backend)| least.is_some_and(|least| compare(backend, &least).is_eq()))
            .map(|(index, _)| index)
            .collect();
        let (chosen, steps) = match *tied.as_slice() {
            [] => (None, nobody()),
            [only] => {
                let BackendView { outstanding, weight, .. } = cx.backends[only as usize];
                let name = label(only);
                (Some(only), vec![format!("{outstanding} outstanding for a weight of {weight} is the least: {name}.")])
            }
            _ => {
                let gain = |index: usize, backend: &BackendView| {
                    tied.contains(&(index as u32)).then(|| i64::from(backend.weight))
                };
                let (chosen, turn) = self.turns.foretell(cx.backends, gain, label);
                let names = listing(tied.iter().map(|index| label(*index)));
                let mut steps = vec![format!("{names} are tied for the fewest open requests, so they take turns.")];
                steps.extend(turn);
                (chosen, steps)
            }
        };
        Explanation {
            rule: "Picks the backend with the fewest open requests per unit of weight; ties take turns.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
