//! Additive increase, multiplicative decrease: one more at a time while it goes well, a tenth fewer at every drop.

use super::{LEAST, Load, MOST, Reading, Sample, Shedder, ShedderKind};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Reason;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;

pub(super) const KIND: ShedderKind = ShedderKind {
    entry: Entry {
        id: "aimd",
        name: "AIMD limit",
        summary: told(
            "Finds out how many requests fit: one more with each good answer, a tenth fewer with each that is late or dropped.",
        ),
        source: told(
            "AIMDLimit of Netflix concurrency-limits: back-off ratio 0.9, time-out 5 s. A good answer raises the limit only if at least half of it was in use. Least, most and start are those of its other limits: 20, 200, 20.",
        ),
        params: &[
            LEAST,
            MOST,
            ParamSpec::number(
                "timeout",
                "Late after",
                Unit::Seconds,
                5.0,
                0.001,
                600.0,
                "An answer that takes longer counts as dropped.",
            ),
            ParamSpec::number(
                "backoff",
                "Keeps",
                Unit::Share,
                0.9,
                0.5,
                0.99,
                "What is left of the limit after a drop.",
            ),
        ],
        defect: false,
    },
    build: |params| {
        let mut limit = Aimd { limit: 0, raised: 0, lowered: 0, tuning: tuning(params) };
        limit.limit = limit.tuning.least;
        Box::new(limit)
    },
    needs_queue: false,
};

#[derive(Clone, Copy, Debug)]
struct Tuning {
    timeout: SimDuration,
    backoff: f64,
    least: u32,
    most: u32,
}

fn tuning(params: &Reader<'_>) -> Tuning {
    let least = params.count("least");
    Tuning {
        timeout: SimDuration::from_secs_f64(params.number("timeout")),
        backoff: params.number("backoff"),
        least,
        most: params.count("most").max(least),
    }
}

#[derive(Clone, Debug)]
struct Aimd {
    limit: u32,
    raised: u64,
    lowered: u64,
    tuning: Tuning,
}

impl Shedder for Aimd {
    fn refuses(&mut self, _now: SimTime, _priority: Priority, load: Load) -> Option<Reason> {
        (load.inside >= self.limit).then_some(Reason::ConcurrencyLimit)
    }

    fn answered(&mut self, sample: &Sample) {
        let Tuning { timeout, backoff, least, most } = self.tuning;
        if sample.dropped || sample.took > timeout {
            let lower = (f64::from(self.limit) * backoff) as u32;
            self.limit = lower.min(self.limit.saturating_sub(1));
            self.lowered += 1;
        } else if sample.inside * 2 >= self.limit {
            self.limit += 1;
            self.raised += 1;
        }
        self.limit = self.limit.clamp(least, most);
    }

    fn reading(&self, _now: SimTime, load: Load) -> Reading {
        Reading {
            limit: Some(f64::from(self.limit)),
            sheds: load.inside >= self.limit,
            words: format!("{} inside, the limit is {}", load.inside, self.limit),
            numbers: vec![("raised", self.raised.to_string()), ("lowered", self.lowered.to_string())],
        }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.tuning = tuning(params);
        self.limit = self.limit.clamp(self.tuning.least, self.tuning.most);
    }

    fn boxed(&self) -> Box<dyn Shedder> {
        Box::new(self.clone())
    }
}
