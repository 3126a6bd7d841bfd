//! Load profiles: how the offered arrival rate of a source changes over the run.

use super::params::{Entry, ParamSpec, Unit, Value};

const RATE_MAX: f64 = 1_000_000.0;
const TIME_MAX: f64 = 86_400.0;

/// A rate that never changes.
pub const CONSTANT: Entry = Entry {
    id: "constant",
    name: "Constant",
    summary: "The same rate all the time.",
    source: "Stationary Poisson process, any queueing textbook.",
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
    summary: "Climbs (or falls) in a straight line from one rate to another, then stays.",
    source: "Common load-test stage (k6 ramping-arrival-rate).",
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
    summary: "One rate, then another from a given moment on.",
    source: "Step response, control engineering.",
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
    summary: "A base rate, multiplied for a while: Black Friday.",
    source: "Ten times the normal load: the running example's Black Friday.",
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
    summary: "Swings around a mean: day and night.",
    source: "Sinusoidal non-homogeneous Poisson process.",
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
    summary: "Straight lines through points that you give; flat before the first and after the last.",
    source: "Piecewise-linear rate, exact inversion of its integral.",
    params: &[ParamSpec {
        key: "points",
        label: "Points",
        help: "Time and rate of each point, in order of time.",
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
