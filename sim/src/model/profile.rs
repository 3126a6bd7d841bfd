//! Load profiles: how the offered arrival rate of a source changes over the run.

use super::params::{Entry, ParamSpec, Unit, Value, told};
use super::read::Reader;
use crate::engine::math;
use crate::engine::sort;
use crate::engine::time::SimTime;

const RATE_MAX: f64 = 1_000_000.0;
const TIME_MAX: f64 = 86_400.0;

/// A rate that never changes.
pub const CONSTANT: Entry = Entry {
    id: "constant",
    name: "Constant",
    summary: told("The same rate all the time."),
    source: told("Stationary Poisson process, any queueing textbook."),
    params: &[ParamSpec::number(
        "rate",
        "Arrival rate",
        Unit::PerSecond,
        100.0,
        0.0,
        RATE_MAX,
        "Requests per second, on average.",
    )],
    defect: false,
};

/// A straight line from one rate to another.
pub const RAMP: Entry = Entry {
    id: "ramp",
    name: "Ramp",
    summary: told("Climbs (or falls) in a straight line from one rate to another, then stays."),
    source: told("Common load-test stage (k6 ramping-arrival-rate)."),
    params: &[
        ParamSpec::number("from", "From", Unit::PerSecond, 10.0, 0.0, RATE_MAX, "Rate before the ramp."),
        ParamSpec::number("to", "To", Unit::PerSecond, 200.0, 0.0, RATE_MAX, "Rate after the ramp."),
        ParamSpec::number("start", "Starts at", Unit::Seconds, 0.0, 0.0, TIME_MAX, "When the ramp begins."),
        ParamSpec::number("end", "Ends at", Unit::Seconds, 120.0, 0.0, TIME_MAX, "When the ramp ends."),
    ],
    defect: false,
};

/// One jump.
pub const STEP: Entry = Entry {
    id: "step",
    name: "Step",
    summary: told("One rate, then another from a given moment on."),
    source: told("Step response, control engineering."),
    params: &[
        ParamSpec::number("before", "Before", Unit::PerSecond, 100.0, 0.0, RATE_MAX, "Rate before the step."),
        ParamSpec::number("after", "After", Unit::PerSecond, 200.0, 0.0, RATE_MAX, "Rate after the step."),
        ParamSpec::number("at", "At", Unit::Seconds, 60.0, 0.0, TIME_MAX, "When the rate changes."),
    ],
    defect: false,
};

/// A multiple of the base rate for a while: Black Friday.
pub const SPIKE: Entry = Entry {
    id: "spike",
    name: "Spike",
    summary: told("A base rate, multiplied for a while: Black Friday."),
    source: told("Ten times the normal load: the running example's Black Friday."),
    params: &[
        ParamSpec::number("base", "Base rate", Unit::PerSecond, 100.0, 0.0, RATE_MAX, "Rate outside the spike."),
        ParamSpec::number("factor", "Times", Unit::Factor, 10.0, 0.0, 1_000.0, "What the base is multiplied by."),
        ParamSpec::number("start", "Starts at", Unit::Seconds, 60.0, 0.0, TIME_MAX, "When the spike begins."),
        ParamSpec::number("end", "Ends at", Unit::Seconds, 180.0, 0.0, TIME_MAX, "When the spike ends."),
    ],
    defect: false,
};

/// A day in waves.
pub const SINE: Entry = Entry {
    id: "sine",
    name: "Wave",
    summary: told("Swings around a mean: day and night."),
    source: told("Sinusoidal non-homogeneous Poisson process."),
    params: &[
        ParamSpec::number("mean", "Mean rate", Unit::PerSecond, 100.0, 0.0, RATE_MAX, "Rate around which it swings."),
        ParamSpec::number(
            "amplitude",
            "Swing",
            Unit::Share,
            0.5,
            0.0,
            1.0,
            "How far it swings, as a share of the mean.",
        ),
        ParamSpec::number("period", "Period", Unit::Seconds, 300.0, 1.0, TIME_MAX, "Time from peak to peak."),
    ],
    defect: false,
};

fn default_points() -> Value {
    let row = |secs: f64, rate: f64| Value::List(vec![Value::Number(secs), Value::Number(rate)]);
    Value::List(vec![row(0.0, 50.0), row(60.0, 200.0), row(120.0, 50.0)])
}

/// Straight lines through given points.
pub const PIECEWISE: Entry = Entry {
    id: "piecewise",
    name: "Points",
    summary: told("Straight lines through points that you give; flat before the first and after the last."),
    source: told("Piecewise-linear rate, exact inversion of its integral."),
    params: &[ParamSpec {
        key: "points",
        label: "Points",
        help: told("Time and rate of each point, in order of time."),
        kind: super::params::ParamKind::Table {
            columns: &[
                ParamSpec::number("at", "At", Unit::Seconds, 0.0, 0.0, TIME_MAX, "When."),
                ParamSpec::number("rate", "Rate", Unit::PerSecond, 100.0, 0.0, RATE_MAX, "Arrival rate at that time."),
            ],
            default: default_points,
            rows_max: 100,
        },
    }],
    defect: false,
};

/// All profiles.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&CONSTANT, &RAMP, &STEP, &SPIKE, &SINE, &PIECEWISE]
}

/// A load profile ready to use: the rate over time and the exact inverse of its integral.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Corners (time [s], rate [1/s]), by time; flat before the first and after the last; two corners at one time make a jump.
    Linear(Vec<(f64, f64)>),
    Sine {
        mean: f64,
        amplitude: f64,
        period: f64,
    },
}

impl Profile {
    /// Builds from a registry entry and its parameters.
    #[must_use]
    pub fn build(entry: &'static Entry, params: &super::params::Params) -> Self {
        let reader = Reader::new(entry, params);
        let number = |key| reader.number(key);
        let corners = match entry.id {
            "ramp" => {
                let (start, end) = (number("start"), number("end").max(number("start")));
                vec![(start, number("from")), (end, number("to"))]
            }
            "step" => vec![(number("at"), number("before")), (number("at"), number("after"))],
            "spike" => {
                let (base, high) = (number("base"), number("base") * number("factor"));
                let (start, end) = (number("start"), number("end").max(number("start")));
                vec![(start, base), (start, high), (end, high), (end, base)]
            }
            "piecewise" => {
                let mut points: Vec<(f64, f64)> = reader
                    .rows("points")
                    .iter()
                    .filter_map(|row| match row.as_slice() {
                        [Value::Number(at), Value::Number(rate)] if at.is_finite() && rate.is_finite() => {
                            Some((at.max(0.0), rate.clamp(0.0, RATE_MAX)))
                        }
                        _ => None,
                    })
                    .collect();
                sort::few_by(&mut points, |a, b| a.0.total_cmp(&b.0));
                points
            }
            "sine" => {
                let shape =
                    Shape::Sine { mean: number("mean"), amplitude: number("amplitude"), period: number("period") };
                return Self { shape };
            }
            _ => vec![(0.0, number("rate"))],
        };
        Self { shape: Shape::Linear(corners) }
    }

    /// Arrival rate [1/s] at `at` [s].
    #[must_use]
    pub fn rate(&self, at: f64) -> f64 {
        match &self.shape {
            Shape::Linear(corners) => {
                let after = corners.partition_point(|(time, _)| *time <= at);
                match (after.checked_sub(1).map(|i| corners[i]), corners.get(after)) {
                    (Some((t0, r0)), Some((t1, r1))) => r0 + (r1 - r0) * (at - t0) / (t1 - t0),
                    (Some((_, rate)), None) => rate,
                    (None, Some((_, rate))) => *rate,
                    (None, None) => 0.0,
                }
            }
            Shape::Sine { mean, amplitude, period } => mean * (1.0 + amplitude * math::sin(TAU * at / period)),
        }
    }

    /// Highest rate it reaches [1/s].
    #[must_use]
    pub fn peak(&self) -> f64 {
        match &self.shape {
            Shape::Linear(corners) => corners.iter().map(|corner| corner.1).fold(0.0, f64::max),
            Shape::Sine { mean, amplitude, .. } => mean * (1.0 + amplitude),
        }
    }

    /// Expected arrivals between `from` and `to` [s].
    #[must_use]
    pub fn arrivals_between(&self, from: f64, to: f64) -> f64 {
        match &self.shape {
            Shape::Linear(corners) => {
                let mut sum = 0.0;
                let mut at = from;
                while at < to {
                    let (end, rate_start, rate_end) = linear_piece(corners, at, self);
                    let stop = end.min(to);
                    let rate_stop = if stop < end { self.rate(stop) } else { rate_end };
                    sum += (rate_start + rate_stop) / 2.0 * (stop - at);
                    at = stop;
                }
                sum
            }
            Shape::Sine { .. } => self.sine_integral(to) - self.sine_integral(from),
        }
    }

    /// As [`Profile::delay_until`] from a moment of a run. Out of line only where the rate changes.
    #[inline]
    #[must_use]
    pub fn delay_from(&self, from: SimTime, amount: f64) -> Option<f64> {
        if let Shape::Linear(corners) = &self.shape
            && let [(_, rate)] = corners.as_slice()
        {
            return (*rate > 0.0).then(|| amount / rate);
        }
        self.delay_until(from.as_secs_f64(), amount)
    }

    /// The delay [s] after `from` in which `amount` arrivals are expected; `None` if that never happens.
    ///
    /// Exact for straight lines (a quadratic), to a nanosecond for waves (bisection).
    #[inline(never)]
    #[must_use]
    pub fn delay_until(&self, from: f64, amount: f64) -> Option<f64> {
        match &self.shape {
            Shape::Linear(corners) => {
                if let [(_, rate)] = corners.as_slice() {
                    return (*rate > 0.0).then(|| amount / rate);
                }
                let mut left = amount;
                let mut at = from;
                loop {
                    let (end, r0, r1) = linear_piece(corners, at, self);
                    let span = end - at;
                    let area = if span.is_finite() {
                        (r0 + r1) / 2.0 * span
                    } else if r0 > 0.0 {
                        f64::INFINITY
                    } else {
                        0.0
                    };
                    if area >= left {
                        let slope = if span.is_finite() { (r1 - r0) / span } else { 0.0 };
                        // r0 x + slope x²/2 = left, in the form that loses no digits when the slope is small.
                        let x = 2.0 * left / (r0 + (r0 * r0 + 2.0 * slope * left).max(0.0).sqrt());
                        return Some(at - from + x.min(span));
                    }
                    if !span.is_finite() {
                        return None;
                    }
                    left -= area;
                    at = end;
                }
            }
            Shape::Sine { mean, period, .. } => {
                if *mean <= 0.0 {
                    return None;
                }
                let target = self.sine_integral(from) + amount;
                // The integral differs from its mean line by less than one period's worth.
                let (mut low, mut high) = (0.0, amount / mean + 2.0 * period);
                while high - low > 5e-10 * (1.0 + low) {
                    let middle = (low + high) / 2.0;
                    if self.sine_integral(from + middle) < target {
                        low = middle;
                    } else {
                        high = middle;
                    }
                    if middle == low && middle == high {
                        break;
                    }
                }
                Some(high)
            }
        }
    }

    fn sine_integral(&self, to: f64) -> f64 {
        let Shape::Sine { mean, amplitude, period } = &self.shape else { return 0.0 };
        mean * (to + amplitude * period / TAU * (1.0 - math::cos(TAU * to / period)))
    }
}

const TAU: f64 = std::f64::consts::TAU;

/// The straight piece that starts at `at`: its end (infinite for the last), its rates at `at` and at the end.
fn linear_piece(corners: &[(f64, f64)], at: f64, profile: &Profile) -> (f64, f64, f64) {
    let after = corners.partition_point(|(time, _)| *time <= at);
    let rate = profile.rate(at);
    match corners.get(after) {
        Some((end, _)) if after == 0 => (*end, rate, rate),
        Some((end, end_rate)) => (*end, rate, *end_rate),
        None => (f64::INFINITY, rate, rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Params;

    fn all() -> Vec<Profile> {
        entries().into_iter().map(|entry| Profile::build(entry, &Params::new())).collect()
    }

    /// The delay is the inverse of the integral, wherever it starts.
    #[test]
    fn delay_inverts_the_integral() {
        for profile in all() {
            for from in [0.0, 0.3, 59.9, 60.0, 61.0, 179.0, 500.0] {
                for amount in [0.01, 1.0, 700.0, 20_000.0] {
                    let delay = profile.delay_until(from, amount).expect("the defaults never fall to zero for good");
                    let back = profile.arrivals_between(from, from + delay);
                    assert!(
                        (back - amount).abs() <= 1e-6 * amount.max(1.0),
                        "{profile:?} {from} {amount}: {delay} gives {back}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_spike_multiplies_between_its_ends() {
        let profile = Profile::build(&SPIKE, &Params::new());
        assert_eq!([0.0, 59.0, 60.0, 179.0, 180.0].map(|at| profile.rate(at)), [100.0, 100.0, 1000.0, 1000.0, 100.0]);
        assert_eq!(profile.peak(), 1000.0);
    }

    #[test]
    fn nothing_arrives_at_rate_zero() {
        let profile = Profile::build(&CONSTANT, &Params::new().with("rate", 0.0));
        assert_eq!(profile.delay_until(3.0, 1.0), None);
    }
}
