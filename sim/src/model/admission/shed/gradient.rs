//! Gradient: compares how long answers take now with how long they have taken for long; slower now means a queue somewhere,
//! so fewer are let in.

use super::{LEAST, Load, MOST, Reading, Sample, Shedder, ShedderKind};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Reason;
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;

pub(super) const KIND: ShedderKind = ShedderKind {
    entry: Entry {
        id: "gradient",
        name: "Gradient limit",
        summary: told(
            "Finds out how many requests fit by the response time alone: once it rises above its long-term mean, fewer are let in.",
        ),
        source: told(
            "Gradient2Limit of Netflix concurrency-limits in a WindowedLimit, with their defaults: windows of 1 s with at least 10 answers, their mean against an exponential mean over 600 windows, tolerance 1.5, smoothing 0.2, headroom 4, limit 20 to 200.",
        ),
        params: &[
            LEAST,
            MOST,
            ParamSpec::number(
                "window",
                "Window",
                Unit::Seconds,
                1.0,
                0.01,
                60.0,
                "Answers are averaged over this long before the limit is adjusted.",
            ),
            ParamSpec::count(
                "long_window",
                "Remembers",
                600.0,
                10.0,
                100_000.0,
                "Windows that the long-term mean reaches back over.",
            ),
            ParamSpec::number(
                "tolerance",
                "Tolerance",
                Unit::Factor,
                1.5,
                1.0,
                10.0,
                "How much slower than in the long term answers may be before the limit falls.",
            ),
            ParamSpec::number(
                "smoothing",
                "Smoothing",
                Unit::Share,
                0.2,
                0.01,
                1.0,
                "How much of the step towards the new limit is made at once.",
            ),
            ParamSpec::count(
                "headroom",
                "Headroom",
                4.0,
                0.0,
                1_000.0,
                "Added at every step, so that the limit grows while nothing gets slower.",
            ),
        ],
        defect: false,
    },
    build: |params| Box::new(Gradient::new(params)),
    needs_queue: false,
};

/// A window with fewer answers says nothing.
const ANSWERS: u32 = 10;
/// So many windows are averaged plainly before the mean becomes an exponential one.
const FIRST: u32 = 10;

#[derive(Clone, Copy, Debug)]
struct Tuning {
    window: SimDuration,
    long_window: f64,
    tolerance: f64,
    smoothing: f64,
    headroom: f64,
    least: f64,
    most: f64,
}

fn tuning(params: &Reader<'_>) -> Tuning {
    let least = params.number("least").floor();
    Tuning {
        window: SimDuration::from_secs_f64(params.number("window")),
        long_window: params.number("long_window"),
        tolerance: params.number("tolerance"),
        smoothing: params.number("smoothing"),
        headroom: params.number("headroom").floor(),
        least,
        most: params.number("most").floor().max(least),
    }
}

#[derive(Clone, Debug)]
struct Gradient {
    tuning: Tuning,
    limit: f64,
    /// The open window: answers, their times [s], most inside; when it closes.
    answers: u32,
    sum: f64,
    inside: u32,
    closes: SimTime,
    /// Means of response times [s], and windows in the long one.
    short: f64,
    long: f64,
    windows: u32,
    gradient: f64,
}

impl Gradient {
    fn new(params: &Reader<'_>) -> Self {
        let tuning = tuning(params);
        Self {
            limit: tuning.least,
            tuning,
            answers: 0,
            sum: 0.0,
            inside: 0,
            closes: SimTime::ZERO,
            short: 0.0,
            long: 0.0,
            windows: 0,
            gradient: 1.0,
        }
    }

    /// A window is over: moves the limit.
    fn update(&mut self, short: f64, inside: u32) {
        let Tuning { long_window, tolerance, smoothing, headroom, least, most, .. } = self.tuning;
        self.short = short;
        if self.windows < FIRST {
            self.windows += 1;
            self.long += (short - self.long) / f64::from(self.windows);
        } else {
            self.long += (short - self.long) * 2.0 / (long_window + 1.0);
        }
        let long = self.long;
        if long / short > 2.0 {
            // It was slow for long and no longer is: the mean follows faster than it would.
            self.long *= 0.95;
        }
        if f64::from(inside) < self.limit / 2.0 {
            // So few were inside that the limit did not matter.
            return;
        }
        self.gradient = (tolerance * long / short).clamp(0.5, 1.0);
        let next = self.limit * self.gradient + headroom;
        self.limit = (self.limit * (1.0 - smoothing) + next * smoothing).min(most).max(least);
    }
}

impl Shedder for Gradient {
    fn refuses(&mut self, _now: SimTime, _priority: Priority, load: Load) -> Option<Reason> {
        (f64::from(load.inside) >= self.limit.floor()).then_some(Reason::ConcurrencyLimit)
    }

    fn answered(&mut self, sample: &Sample) {
        self.answers += 1;
        self.sum += sample.took.as_secs_f64();
        self.inside = self.inside.max(sample.inside);
        if sample.now > self.closes {
            let (answers, mean, inside) = (self.answers, self.sum / f64::from(self.answers), self.inside);
            (self.answers, self.sum, self.inside) = (0, 0.0, 0);
            self.closes = sample.now + self.tuning.window;
            if answers >= ANSWERS && mean > 0.0 {
                self.update(mean, inside);
            }
        }
    }

    fn reading(&self, _now: SimTime, load: Load) -> Reading {
        let limit = self.limit.floor();
        let mut words = format!("{} inside, the limit is {limit}", load.inside);
        if self.windows > 0 {
            words += &format!(
                "; gradient {:.2} from {:.1} × {:.1} ms in the long term and {:.1} ms lately",
                self.gradient,
                self.tuning.tolerance,
                self.long * 1e3,
                self.short * 1e3
            );
        }
        Reading {
            limit: Some(limit),
            sheds: f64::from(load.inside) >= limit,
            words,
            numbers: vec![
                ("gradient", format!("{:.2}", self.gradient)),
                ("lately", format!("{:.1} ms", self.short * 1e3)),
                ("in the long term", format!("{:.1} ms", self.long * 1e3)),
            ],
        }
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.tuning = tuning(params);
        self.limit = self.limit.min(self.tuning.most).max(self.tuning.least);
    }

    fn boxed(&self) -> Box<dyn Shedder> {
        Box::new(self.clone())
    }
}
