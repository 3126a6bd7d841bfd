//! Any eligible backend, with a probability in proportion to its weight.
//!
//! Source: nginx, `random` without `two` (`src/http/modules/ngx_http_upstream_random_module.c`).

use super::{Descriptor, Explanation, Needs, PickContext, Score, Strategy, eligible};
use crate::model::params::Entry;

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "random",
        name: "Random",
        summary: "Any backend, in proportion to its weight.",
        source: "nginx, ngx_http_upstream_random_module.c.",
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: true },
    build: |_| Ok(Box::new(Random)),
};

#[derive(Clone, Copy, Debug)]
struct Random;

impl Strategy for Random {
    /// One draw, whatever the number of backends. O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let total: u32 = eligible(cx.backends).map(|(_, backend)| backend.weight).sum();
        let mut place = cx.stream.below(total);
        for (index, backend) in eligible(cx.backends) {
            if place < backend.weight {
                return Some(index);
            }
            place -= backend.weight;
        }
        None
    }

    fn explain(&self, cx: &PickContext<'_>, _: &dyn Fn(u32) -> String) -> Explanation {
        let total: u32 = eligible(cx.backends).map(|(_, backend)| backend.weight).sum();
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let weight = backend.weight;
            let value = f64::from(weight) / f64::from(total);
            Score { backend: index, value, formula: format!("{weight}/{total} = {value:.3}") }
        });
        Explanation { rule: "Any of them, with this probability.", scores: scores.collect(), ..Explanation::default() }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(*self)
    }
}
