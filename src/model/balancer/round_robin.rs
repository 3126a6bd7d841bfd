//! Each eligible backend in turn, whatever its weight.
//!
//! Source: the plain form of the oldest scheduling discipline; Kleinrock, "Analysis of a Time-Shared Processor", 1964.

use super::{Descriptor, Explanation, Needs, PickContext, Strategy};
use crate::model::params::Entry;

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "round-robin",
        name: "Round robin",
        summary: "Each backend in turn.",
        source: "Kleinrock, \"Analysis of a Time-Shared Processor\", Naval Research Logistics Quarterly 11, 1964.",
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: false },
    build: |_| Ok(Box::new(RoundRobin::default())),
};

#[derive(Clone, Debug, Default)]
struct RoundRobin {
    /// Whose turn it is, if that one is eligible.
    next: usize,
}

impl Strategy for RoundRobin {
    /// O(1) while all are eligible, else O(n).
    #[inline]
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let count = cx.backends.len();
        let mut candidate = self.next;
        for _ in 0..count {
            if candidate >= count {
                candidate = 0;
            }
            if cx.backends[candidate].eligible {
                self.next = candidate + 1;
                return Some(candidate as u32);
            }
            candidate += 1;
        }
        None
    }

    fn explain(&self, _: &PickContext<'_>, _: &dyn Fn(u32) -> String) -> Explanation {
        Explanation { rule: "The next eligible backend in turn.", scores: Vec::new(), ..Explanation::default() }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
