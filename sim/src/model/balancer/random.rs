//! Any eligible backend, with a probability in proportion to its weight.
//!
//! Source: nginx, `random` without `two` (`src/http/modules/ngx_http_upstream_random_module.c`).

use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, nobody, places,
};
use crate::engine::rng::Stream;
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "random",
        name: "Random",
        summary: told("Any backend, in proportion to its weight."),
        source: told("nginx, ngx_http_upstream_random_module.c."),
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: true },
    check: anything,
    build: |_| Box::new(Random),
};

#[derive(Clone, Copy, Debug)]
struct Random;

impl Random {
    /// Whose stretch of the weights, laid end to end, a random place falls in: (place, sum of the weights, whose).
    #[inline]
    fn draw(backends: &[BackendView], stream: &mut Stream) -> (u32, u32, Option<u32>) {
        let total: u32 = eligible(backends).map(|(_, backend)| backend.weight).sum();
        let drawn = stream.below(total);
        let mut place = drawn;
        for (index, backend) in eligible(backends) {
            if place < backend.weight {
                return (drawn, total, Some(index));
            }
            place -= backend.weight;
        }
        (drawn, total, None)
    }
}

impl Strategy for Random {
    /// One draw, whatever the number of backends. O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        Self::draw(cx.backends, cx.stream).2
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let (place, total, chosen) = Self::draw(cx.backends, &mut cx.stream.clone());
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let weight = backend.weight;
            let value = f64::from(weight) / f64::from(total);
            Score { backend: index, value, formula: format!("{weight}/{total} = {value:.3}") }
        });
        let steps = chosen.map_or_else(nobody, |chosen| {
            let from: u32 =
                eligible(cx.backends).take_while(|(index, _)| *index < chosen).map(|(_, view)| view.weight).sum();
            let upto = from + cx.backends[chosen as usize].weight - 1;
            vec![
                format!("A place among the weights, 0 to {}, is drawn: {place}.", total - 1),
                places(from.into(), upto.into(), &label(chosen)),
            ]
        });
        Explanation { rule: "Any of them, with this probability.", scores: scores.collect(), steps, chosen }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(*self)
    }
}
