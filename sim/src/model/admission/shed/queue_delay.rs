//! Sheds by queue delay: while those who get their turn have waited too long, nobody new joins the queue.

use super::{Load, Reading, Sample, Shedder, ShedderKind, millis};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Reason;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;

pub(super) const KIND: ShedderKind = ShedderKind {
    entry: Entry {
        id: "queue-delay",
        name: "By queue delay",
        summary: told("Turns newcomers away while those who get a turn have waited longer than the target."),
        source: told(
            "Waiting time as the sign of overload: Zhou et al., \"Overload Control for Scaling WeChat Microservices\", SoCC 2018 (there the mean over 1 s against 20 ms).",
        ),
        params: &[ParamSpec::number(
            "target",
            "Target",
            Unit::Seconds,
            0.02,
            0.0001,
            600.0,
            "The longest wait that is still accepted; with an empty queue everything is let in.",
        )],
        defect: false,
    },
    build: |params| Box::new(QueueDelay { target: target(params), last: SimDuration::ZERO }),
    needs_queue: true,
};

fn target(params: &Reader<'_>) -> SimDuration {
    SimDuration::from_secs_f64(params.number("target"))
}

#[derive(Clone, Debug)]
struct QueueDelay {
    target: SimDuration,
    /// How long the one who got a turn last had waited.
    last: SimDuration,
}

impl QueueDelay {
    fn is_over(&self, load: Load) -> bool {
        load.waiting > 0 && self.last > self.target
    }
}

impl Shedder for QueueDelay {
    fn refuses(&mut self, _now: SimTime, _priority: Priority, load: Load) -> Option<Reason> {
        self.is_over(load).then_some(Reason::WaitedTooLong)
    }

    fn answered(&mut self, _sample: &Sample) {}

    fn waited(&mut self, _now: SimTime, wait: SimDuration) {
        self.last = wait;
    }

    fn reading(&self, _now: SimTime, load: Load) -> Reading {
        let words = if load.waiting == 0 {
            format!("nothing waits; the target is {}", millis(self.target))
        } else {
            format!("the last request served had waited {}; the target is {}", millis(self.last), millis(self.target))
        };
        Reading { sheds: self.is_over(load), words, ..Reading::default() }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.target = target(params);
    }

    fn boxed(&self) -> Box<dyn Shedder> {
        Box::new(self.clone())
    }
}
