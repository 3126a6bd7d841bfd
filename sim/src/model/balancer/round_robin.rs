//! Each eligible backend in turn; weights do not count.
//!
//! Source: the plain form of the oldest scheduling discipline; Kleinrock, "Analysis of a Time-Shared Processor", 1964.

use super::{Descriptor, Explanation, Needs, PickContext, Strategy, anything, listing, nobody};
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "round-robin",
        name: "Round robin",
        summary: told("Each backend in turn."),
        source: told(
            "Kleinrock, \"Analysis of a Time-Shared Processor\", Naval Research Logistics Quarterly 11, 1964.",
        ),
        params: &[],
        defect: false,
    },
    needs: Needs::List { weights: false },
    check: anything,
    build: |_| Box::new(RoundRobin::default()),
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

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let count = cx.backends.len();
        let start = if self.next < count { self.next } else { 0 };
        let mut turns = (start..count).chain(0..start);
        let mut passed = Vec::new();
        let chosen = turns.find(|index| {
            let eligible = cx.backends[*index].eligible;
            if !eligible {
                passed.push(*index as u32);
            }
            eligible
        });
        let steps = match chosen {
            None => nobody(),
            Some(index) => {
                let mut steps = Vec::new();
                if !passed.is_empty() {
                    let names = listing(passed.iter().map(|index| label(*index)));
                    steps.push(format!("The turn is passed on, not being eligible: {names}."));
                }
                steps.push(format!("It is the turn of {}.", label(index as u32)));
                steps
            }
        };
        let chosen = chosen.map(|index| index as u32);
        Explanation { rule: "The next eligible backend in turn.", scores: Vec::new(), steps, chosen }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
