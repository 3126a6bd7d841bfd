//! Sheds by priority: the fuller it gets, the more a request must matter to be let in.

use super::{Load, Reading, Sample, Shedder, ShedderKind};
use crate::engine::time::SimTime;
use crate::model::outcome::Reason;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;

pub(super) const KIND: ShedderKind = ShedderKind {
    entry: Entry {
        id: "priority",
        name: "By priority",
        summary: told("A fixed number of requests at a time; the last places are kept for those that matter more."),
        source: told(
            "Prioritized load shedding as at Netflix (2020) and criticality in Beyer et al., \"Site Reliability Engineering\", ch. 21; the thresholds are ours.",
        ),
        params: &[
            ParamSpec::count(
                "limit",
                "Full at",
                100.0,
                1.0,
                100_000.0,
                "Requests at a time, from being let in to the answer. Beyond it even those of high priority are turned away.",
            ),
            ParamSpec::number(
                "low_until",
                "Low priority until",
                Unit::Share,
                0.6,
                0.0,
                1.0,
                "Requests of low priority are turned away once it is this full.",
            ),
            ParamSpec::number(
                "normal_until",
                "Normal priority until",
                Unit::Share,
                0.85,
                0.0,
                1.0,
                "Requests of normal priority are turned away once it is this full.",
            ),
        ],
        defect: false,
    },
    build: |params| Box::new(ByPriority::new(params)),
    needs_queue: false,
};

#[derive(Clone, Debug)]
struct ByPriority {
    /// So many may be inside when one of the class comes, by class.
    below: [f64; 3],
}

impl ByPriority {
    fn new(params: &Reader<'_>) -> Self {
        let limit = params.number("limit").floor();
        Self { below: [limit, limit * params.number("normal_until"), limit * params.number("low_until")] }
    }

    fn is_full_for(&self, priority: Priority, load: Load) -> bool {
        f64::from(load.inside) >= self.below[priority.index()]
    }
}

impl Shedder for ByPriority {
    fn refuses(&mut self, _now: SimTime, priority: Priority, load: Load) -> Option<Reason> {
        if self.is_full_for(Priority::High, load) {
            Some(Reason::ConcurrencyLimit)
        } else {
            self.is_full_for(priority, load).then_some(Reason::LowPriority)
        }
    }

    fn answered(&mut self, _sample: &Sample) {}

    fn reading(&self, _now: SimTime, load: Load) -> Reading {
        let [high, normal, low] = self.below;
        let words = format!(
            "{} inside; low priority is let in below {low:.0}, normal below {normal:.0}, high below {high:.0}",
            load.inside
        );
        let sheds = Priority::ALL.iter().any(|priority| self.is_full_for(*priority, load));
        Reading { limit: Some(high), sheds, words, numbers: Vec::new() }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        *self = Self::new(params);
    }

    fn boxed(&self) -> Box<dyn Shedder> {
        Box::new(self.clone())
    }
}
