//! How a new version replaces the old one: Kubernetes' rolling update, with how many replicas there may be beyond those
//! desired, and how many of them may be missing.
//!
//! Pure: told how many replicas of which version there are, it says how many to start and how many to stop. As in
//! Kubernetes, a replica that drains is no longer counted: it has been stopped.
//!
//! Source: the Deployment controller of Kubernetes (`pkg/controller/deployment/rolling.go`, `util/deployment_util.go`):
//! surge is rounded up, unavailable down, and when both come to nothing one may be missing.

use serde::{Deserialize, Serialize};

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use crate::model::read::Reader;

/// A number of replicas, or a share of those desired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    Replicas(u32),
    Percent(u32),
}

impl Portion {
    const fn is_zero(self) -> bool {
        matches!(self, Self::Replicas(0) | Self::Percent(0))
    }

    const fn rounded(self, desired: u32, up: bool) -> u32 {
        match self {
            Self::Replicas(replicas) => replicas,
            Self::Percent(percent) => {
                let hundredths = desired as u64 * percent as u64;
                (if up { hundredths.div_ceil(100) } else { hundredths / 100 }) as u32
            }
        }
    }
}

/// How a new version comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Rolling {
        max_surge: Portion,
        max_unavailable: Portion,
    },
    /// All old ones first, then the new ones.
    Recreate,
}

/// What a service is told of its new versions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub way: Way,
    /// A new replica counts as available once it has been ready for this long.
    pub min_ready: SimDuration,
    /// Without progress for so long it is said to have failed; nothing is undone for it.
    pub deadline: SimDuration,
}

impl Default for Settings {
    /// Kubernetes' defaults.
    fn default() -> Self {
        let quarter = Portion::Percent(25);
        Self {
            way: Way::Rolling { max_surge: quarter, max_unavailable: quarter },
            min_ready: SimDuration::ZERO,
            deadline: SimDuration::from_secs(600),
        }
    }
}

impl Settings {
    /// How many replicas there may be beyond `desired`, and how many of those may be missing.
    #[must_use]
    pub const fn bounds(&self, desired: u32) -> (u32, u32) {
        let Way::Rolling { max_surge, max_unavailable } = self.way else { return (0, desired) };
        let (surge, missing) = (max_surge.rounded(desired, true), max_unavailable.rounded(desired, false));
        if surge == 0 && missing == 0 { (0, 1) } else { (surge, if missing > desired { desired } else { missing }) }
    }
}

/// Replicas that are neither gone nor draining.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub desired: u32,
    pub old: u32,
    /// Of those, available.
    pub old_available: u32,
    pub new: u32,
    pub new_available: u32,
    /// Old ones that are stopped, but not gone.
    pub old_leaving: u32,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// New ones to start.
    pub start: u32,
    /// New ones to stop: fewer are desired than there are.
    pub stop_new: u32,
    /// Old ones to stop, those that are not available first.
    pub stop_old: u32,
}

impl Counts {
    /// Whether the new version is all there is.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.old == 0 && self.new == self.desired && self.new_available >= self.desired
    }
}

/// The next step of a rollout.
#[must_use]
pub fn step(settings: &Settings, counts: Counts) -> Step {
    let Counts { desired, old, old_available, new, new_available, old_leaving } = counts;
    let mut step = Step { stop_new: new.saturating_sub(desired), ..Step::default() };
    if settings.way == Way::Recreate {
        step.stop_old = old;
        if old + old_leaving == 0 {
            step.start = desired.saturating_sub(new);
        }
        return step;
    }
    let (surge, missing) = settings.bounds(desired);
    let all = old + new;
    step.start = (desired + surge).saturating_sub(all).min(desired.saturating_sub(new));
    // New ones that were just started are not available; they are not stopped for, either.
    let least = desired - missing.min(desired);
    let new_unavailable = new - new_available + step.start;
    let may_stop = (all + step.start).saturating_sub(least + new_unavailable).min(old);
    // Those that serve nobody are no loss; of the others so many that enough are left.
    let dead = (old - old_available).min(may_stop);
    let spare = (old_available + new_available).saturating_sub(least);
    step.stop_old = dead + spare.min(old_available).min(may_stop - dead);
    step
}

const IN: &[(&str, &str)] = &[("percent", "% of those desired"), ("replicas", "replicas")];

static ROLLING: Entry = Entry {
    id: "rolling",
    name: "Rolling update",
    summary: told("New replicas start and old ones drain in turns, within the limits below."),
    source: told(
        "Kubernetes' RollingUpdate with its defaults: 25 % surge, rounded up, 25 % unavailable, rounded down, 10 minutes until it is said to have failed.",
    ),
    params: &[
        ParamSpec::count(
            "max_surge",
            "Extra replicas (surge)",
            25.0,
            0.0,
            1_000.0,
            "How many replicas there may be beyond those desired, those that drain not counted. Percentages are rounded up.",
        ),
        ParamSpec::choice("max_surge_in", "counted in", IN, "percent", "Percent of the desired number, or replicas."),
        ParamSpec::count(
            "max_unavailable",
            "Unavailable, at most",
            25.0,
            0.0,
            1_000.0,
            "How many of those desired may be missing meanwhile. Percentages are rounded down. This and the number above cannot both be 0.",
        ),
        ParamSpec::choice(
            "max_unavailable_in",
            "counted in",
            IN,
            "percent",
            "Percent of the desired number, or replicas.",
        ),
        MIN_READY,
        DEADLINE,
    ],
    defect: false,
};

static RECREATE: Entry = Entry {
    id: "recreate",
    name: "Recreate",
    summary: told("All old replicas leave, then the new ones start: nothing serves in between."),
    source: told("Kubernetes' Recreate, for what cannot run in two versions at once."),
    params: &[MIN_READY, DEADLINE],
    defect: false,
};

const MIN_READY: ParamSpec = ParamSpec::number(
    "min_ready",
    "Counts after",
    Unit::Seconds,
    0.0,
    0.0,
    3_600.0,
    "A new replica counts as available once it has been ready for this long.",
);

const DEADLINE: ParamSpec = ParamSpec::number(
    "deadline",
    "Failed without progress for",
    Unit::Seconds,
    600.0,
    1.0,
    86_400.0,
    "After this long it is reported as failed. It stays where it is until someone rolls back.",
);

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&ROLLING, &RECREATE]
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    let secs = |reader: &Reader<'_>, key| SimDuration::from_secs_f64(reader.number(key));
    if choice.id == RECREATE.id {
        let reader = Reader::new(&RECREATE, &choice.params);
        return Settings {
            way: Way::Recreate,
            min_ready: secs(&reader, "min_ready"),
            deadline: secs(&reader, "deadline"),
        };
    }
    let reader = Reader::new(&ROLLING, &choice.params);
    let portion = |key: &str, of: &str| {
        let number = reader.count(key);
        if reader.choice(of) == "replicas" { Portion::Replicas(number) } else { Portion::Percent(number) }
    };
    Settings {
        way: Way::Rolling {
            max_surge: portion("max_surge", "max_surge_in"),
            max_unavailable: portion("max_unavailable", "max_unavailable_in"),
        },
        min_ready: secs(&reader, "min_ready"),
        deadline: secs(&reader, "deadline"),
    }
}

/// The choice that says `settings`: the inverse of [`read`].
#[must_use]
pub fn to_variant(settings: &Settings) -> Variant {
    let params = Params::new()
        .with("min_ready", settings.min_ready.as_secs_f64())
        .with("deadline", settings.deadline.as_secs_f64());
    let Way::Rolling { max_surge, max_unavailable } = settings.way else {
        return Variant::new(RECREATE.id, params);
    };
    let with = |params: Params, key: &str, portion: Portion| {
        let (number, of) = match portion {
            Portion::Replicas(replicas) => (replicas, "replicas"),
            Portion::Percent(percent) => (percent, "percent"),
        };
        params.with(key, f64::from(number)).with(&format!("{key}_in"), of)
    };
    let params = with(params, "max_surge", max_surge);
    Variant::new(ROLLING.id, with(params, "max_unavailable", max_unavailable))
}

/// Values that are each possible may still be nonsense: the parameter, and why.
pub(super) fn check(entry: &'static Entry, params: &Params) -> Option<(&'static str, String)> {
    if !std::ptr::eq(entry, &ROLLING) {
        return None;
    }
    let Way::Rolling { max_surge, max_unavailable } = read(&Variant::new(ROLLING.id, params.clone())).way else {
        return None;
    };
    let stuck = max_surge.is_zero() && max_unavailable.is_zero();
    stuck.then(|| {
        let why = "none more than desired and none missing: nothing could ever be replaced";
        ("max_unavailable", why.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolling(max_surge: Portion, max_unavailable: Portion) -> Settings {
        Settings { way: Way::Rolling { max_surge, max_unavailable }, ..Settings::default() }
    }

    /// Surge up, unavailable down: 25 % of 3 are 1 and 0, of 10 they are 3 and 2; 1 % and 1 % of 10 would be 1 and 0.
    #[test]
    fn percents_round_as_in_kubernetes() {
        let quarter = Settings::default();
        assert_eq!([1, 3, 4, 10].map(|desired| quarter.bounds(desired)), [(1, 0), (1, 0), (1, 1), (3, 2)]);
        let none = rolling(Portion::Percent(0), Portion::Percent(1));
        assert_eq!(none.bounds(10), (0, 1), "one may be missing, or nothing would ever happen");
        assert_eq!(rolling(Portion::Replicas(2), Portion::Replicas(9)).bounds(4), (2, 4));
    }

    #[test]
    fn both_zero_is_refused() {
        let params = |surge: f64, missing: f64| Params::new().with("max_surge", surge).with("max_unavailable", missing);
        assert!(check(&ROLLING, &params(0.0, 0.0)).is_some());
        assert!(check(&ROLLING, &params(0.0, 1.0)).is_none() && check(&ROLLING, &params(1.0, 0.0)).is_none());
        assert!(check(&RECREATE, &Params::new()).is_none());
    }

    #[test]
    fn a_choice_becomes_what_it_says_and_back() {
        assert_eq!(read(&Variant::new("rolling", Params::new())), Settings::default());
        let half = rolling(Portion::Replicas(2), Portion::Percent(50));
        assert_eq!(read(&to_variant(&half)), half);
        let recreate = Settings { way: Way::Recreate, ..Settings::default() };
        assert_eq!(read(&to_variant(&recreate)), recreate);
    }

    /// Ten replicas, 3 more and 2 missing, as the controller does it: 3 start and 2 old ones stop at once; whenever the
    /// new ones come, as many old ones go, and others start in their place.
    #[test]
    fn ten_replicas_by_hand() {
        let settings = Settings::default();
        let counts = |old, new, new_available| Counts {
            desired: 10,
            old,
            old_available: old,
            new,
            new_available,
            old_leaving: 0,
        };
        let cases = [
            // There are 10 of 13; 8 have to serve.
            (counts(10, 0, 0), Step { start: 3, stop_old: 2, ..Step::default() }),
            // 8 old, 3 that start: two more fit.
            (counts(8, 3, 0), Step { start: 2, ..Step::default() }),
            // Nothing happens until one is ready.
            (counts(8, 5, 0), Step::default()),
            (counts(8, 5, 2), Step { stop_old: 2, ..Step::default() }),
            (counts(6, 5, 2), Step { start: 2, ..Step::default() }),
            (counts(1, 10, 8), Step { stop_old: 1, ..Step::default() }),
            (counts(0, 10, 10), Step::default()),
        ];
        for (counts, expected) in cases {
            assert_eq!(step(&settings, counts), expected, "{counts:?}");
        }
        assert!(counts(0, 10, 10).complete() && !counts(0, 10, 9).complete() && !counts(1, 10, 10).complete());
    }

    #[test]
    fn a_version_that_never_gets_ready_stalls_with_enough_old_ones_left() {
        let settings = Settings::default();
        let mut counts = Counts { desired: 10, old: 10, old_available: 10, ..Counts::default() };
        for _ in 0..20 {
            let step = step(&settings, counts);
            (counts.new, counts.old) = (counts.new + step.start - step.stop_new, counts.old - step.stop_old);
            counts.old_available = counts.old;
        }
        assert_eq!((counts.old, counts.new), (8, 5));
    }

    #[test]
    fn old_ones_that_are_dead_go_first_and_recreate_waits_for_the_last() {
        let one = rolling(Portion::Replicas(0), Portion::Replicas(1));
        let counts = Counts { desired: 4, old: 4, old_available: 3, ..Counts::default() };
        assert_eq!(step(&one, counts), Step { stop_old: 1, ..Step::default() });
        let recreate = Settings { way: Way::Recreate, ..Settings::default() };
        let counts =
            |old, old_leaving| Counts { desired: 2, old, old_available: old, old_leaving, ..Counts::default() };
        assert_eq!(step(&recreate, counts(2, 0)), Step { stop_old: 2, ..Step::default() });
        assert_eq!(step(&recreate, counts(0, 1)), Step::default());
        assert_eq!(step(&recreate, counts(0, 0)), Step { start: 2, ..Step::default() });
    }

    /// In any order of becoming ready: never too many, never too few, and it ends.
    #[test]
    fn bounds_hold_in_every_order() {
        for desired in 1..=12 {
            for (surge, missing) in [(0, 1), (1, 0), (1, 1), (3, 2), (12, 0), (0, 12)] {
                for pattern in 0..8_u32 {
                    let settings = rolling(Portion::Replicas(surge), Portion::Replicas(missing));
                    let mut counts = Counts { desired, old: desired, old_available: desired, ..Counts::default() };
                    let mut turns = 0;
                    while !counts.complete() {
                        let step = step(&settings, counts);
                        counts.new += step.start;
                        assert!(counts.old + counts.new <= desired + surge, "{settings:?} {counts:?}");
                        counts.old -= step.stop_old;
                        counts.old_available = counts.old;
                        assert!(counts.old_available + counts.new_available + missing.min(desired) >= desired);
                        let waiting = counts.new - counts.new_available;
                        counts.new_available += waiting.min(pattern + 1);
                        turns += 1;
                        assert!(turns < 100, "it ends: {settings:?} {counts:?}");
                    }
                }
            }
        }
    }
}
