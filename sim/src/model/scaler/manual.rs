//! By hand: the number that somebody sets, also while it runs.

use super::{Decision, Scaler, Seen};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Params, told};
use crate::model::read::Reader;

pub static ENTRY: Entry = Entry {
    id: "manual",
    name: "By hand",
    summary: told("You set the number while it runs; replicas start and drain as with any other scaler."),
    source: told("kubectl scale."),
    params: &[ParamSpec::count("replicas", "Replicas", 3.0, 0.0, 1_000.0, "Number of replicas from now on.")],
    defect: false,
};

#[derive(Clone, Debug)]
struct Manual {
    replicas: u32,
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(Manual { replicas: Reader::new(&ENTRY, params).count("replicas") })
}

impl Scaler for Manual {
    fn interval(&self) -> SimDuration {
        SimDuration::from_secs(1)
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let mut decision = Decision::keep(seen);
        (decision.proposed, decision.desired) = (Some(self.replicas), self.replicas);
        decision.why.push(format!("Set to {} by hand.", self.replicas));
        decision
    }

    fn adopt(&mut self, params: &Params) {
        self.replicas = Reader::new(&ENTRY, params).count("replicas");
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}
