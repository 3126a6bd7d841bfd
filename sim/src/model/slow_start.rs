//! Slow start: a backend that is new, or was down, gets its full share only little by little, after Envoy.

use super::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use super::read::Reader;
use crate::engine::math;
use crate::engine::time::SimDuration;

/// How a backend's share grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// After this long it has its full share.
    pub window: SimDuration,
    /// 1: evenly; above: fast first, then slowly; below: slowly first. Above 0.
    pub aggression: f64,
    /// It begins with this share of its weight, 0..1.
    pub minimum: f64,
}

impl SlowStart {
    /// Share of its weight that a backend of this age gets: `max((age / window)^(1 / aggression), minimum)`, 1 when the
    /// window is over.
    #[must_use]
    pub fn factor(&self, age: SimDuration) -> f64 {
        if age >= self.window {
            return 1.0;
        }
        let grown = age.0 as f64 / self.window.0 as f64;
        let grown = if self.aggression == 1.0 { grown } else { math::pow(grown, 1.0 / self.aggression) };
        grown.max(self.minimum).min(1.0)
    }
}

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("A backend gets its full share as soon as it is believed healthy."),
    source: "",
    params: &[],
    defect: false,
};

static ON: Entry = Entry {
    id: "on",
    name: "On",
    summary: told("A backend that is new or was down begins with a small share, which grows over the window."),
    source: told(
        "Envoy's slow start: max((age / window)^(1 / aggression), minimum); aggression 1, minimum 10 %. Envoy names no window.",
    ),
    params: &[
        ParamSpec::number(
            "window",
            "Window",
            Unit::Seconds,
            60.0,
            0.1,
            3_600.0,
            "How long it takes until the backend has its full share.",
        ),
        ParamSpec::number(
            "aggression",
            "Aggression",
            Unit::Plain,
            1.0,
            0.1,
            10.0,
            "1: the share grows evenly. Above 1: fast first, then slowly. Below 1: slowly first, then fast.",
        ),
        ParamSpec::number(
            "minimum",
            "Begins with",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Share of its weight that the backend gets at once. Strategies without weights leave it out of the other picks.",
        ),
    ],
    defect: false,
};

/// Off and on, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<SlowStart> {
    (choice.id == ON.id).then(|| of(&choice.params))
}

fn of(params: &Params) -> SlowStart {
    let reader = Reader::new(&ON, params);
    SlowStart {
        window: SimDuration::from_secs_f64(reader.number("window")),
        aggression: reader.number("aggression"),
        minimum: reader.number("minimum"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_grows_as_envoy_says() {
        let even = of(&Params::new());
        let at = |slow: &SlowStart, secs: u64| slow.factor(SimDuration::from_secs(secs));
        assert_eq!(
            [0, 3, 6, 15, 30, 57, 60, 90].map(|secs| (at(&even, secs) * 1e3).round()),
            [100.0, 100.0, 100.0, 250.0, 500.0, 950.0, 1000.0, 1000.0]
        );
        // (15/60)^(1/2) = 0.5, (15/60)^2 = 0.0625, which is below the minimum; (30/60)^2 = 0.25.
        let fast = SlowStart { aggression: 2.0, ..even };
        assert!((at(&fast, 15) - 0.5).abs() < 1e-12);
        let late = SlowStart { aggression: 0.5, ..even };
        assert_eq!((at(&late, 15), (at(&late, 30) * 1e6).round()), (0.1, 250_000.0));
        assert_eq!(at(&SlowStart { minimum: 0.0, ..even }, 0), 0.0);
        assert_eq!(
            (read(&Variant::new("off", Params::new())), read(&Variant::new("on", Params::new()))),
            (None, Some(even))
        );
    }
}
