//! When a value is loaded anew before, or while, it is no longer fresh.

use super::{Way, chosen, secs, words};
use crate::engine::math;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

const OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("A value is loaded once it is missing or has expired."),
    source: "",
    params: &[],
    defect: false,
};

const EARLY: Entry = Entry {
    id: "early",
    name: "Early, by chance",
    summary: told(
        "The nearer the end of an entry, the likelier a reader loads it anew, while the others still get the value.",
    ),
    source: told(
        "XFetch: Vattani, Chierichetti and Lowenstein, VLDB 2015. A reader loads if -d β ln(u) is at least the time left, d being the time of the last load. Several may load within one d; at few reads a second it often does not fire.",
    ),
    params: &[ParamSpec::number(
        "beta",
        "Beta",
        Unit::Factor,
        1.0,
        0.01,
        100.0,
        "Above 1 loads begin earlier, below 1 later.",
    )],
    defect: false,
};

const AHEAD: Entry = Entry {
    id: "ahead",
    name: "Refresh ahead",
    summary: told("The first read after this age starts one load in the background, and gets the value that is there."),
    source: told(
        "Caffeine's refreshAfterWrite beside expireAfterWrite: a load that fails leaves the value and its age; without reads it expires.",
    ),
    params: &[ParamSpec::number(
        "after",
        "Refresh after",
        Unit::Seconds,
        60.0,
        0.001,
        1_000_000.0,
        "Age above which a read starts a load. At or above the time to live it never does.",
    )],
    defect: false,
};

const STALE: Entry = Entry {
    id: "stale",
    name: "Serve stale",
    summary: told(
        "After its time to live a value is still answered for a while, with one load in the background; later, only if the load fails.",
    ),
    source: told(
        "RFC 5861, stale-while-revalidate and stale-if-error; both windows count from the end of the time to live.",
    ),
    params: &[
        ParamSpec::number(
            "revalidate",
            "While it is loaded",
            Unit::Seconds,
            30.0,
            0.0,
            1_000_000.0,
            "For so long after its time to live a value is answered while it is loaded anew.",
        ),
        ParamSpec::number(
            "on_error",
            "If the load fails",
            Unit::Seconds,
            0.0,
            0.0,
            1_000_000.0,
            "For so long after its time to live a value is answered if the load fails. It hides that the store is down: see the stale answers in Inside.",
        ),
    ],
    defect: false,
};

/// All ways: a new one is a line here.
static WAYS: &[Way<Settings>] = &[
    Way { entry: OFF, read: |_| Settings::Off },
    Way { entry: EARLY, read: |reader| Settings::Early { beta: reader.number("beta") } },
    Way { entry: AHEAD, read: |reader| Settings::Ahead { after: secs(reader, "after") } },
    Way { entry: STALE, read: read_stale },
];

/// All of them, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    words(WAYS)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Settings {
    Off,
    Early { beta: f64 },
    Ahead { after: SimDuration },
    Stale { revalidate: SimDuration, on_error: SimDuration },
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    chosen(WAYS, choice)
}

fn read_stale(reader: &Reader<'_>) -> Settings {
    Settings::Stale { revalidate: secs(reader, "revalidate"), on_error: secs(reader, "on_error") }
}

/// An entry's times, by the cache's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub filled: SimTime,
    /// The last moment at which it is fresh.
    pub fresh_until: SimTime,
    /// How long it took to load.
    pub took: SimDuration,
}

/// What a reader makes of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// There is none that could be used: it has to be loaded.
    #[default]
    Load,
    /// It is answered.
    Take,
    /// It is answered, and a load in the background begins.
    Renew,
    /// It has to be loaded; if that fails until then, it is answered all the same.
    LoadOrTake { until: SimTime },
    /// Another reader loads it: look again later.
    Wait,
}

impl Settings {
    /// How long an entry is kept beyond its time to live.
    #[must_use]
    pub fn kept_longer(self) -> SimDuration {
        if let Self::Stale { revalidate, on_error } = self { revalidate.max(on_error) } else { SimDuration::ZERO }
    }

    /// What a reader makes of an entry that is held; `u`: its draw, 0..1.
    #[must_use]
    pub fn sight(self, times: Times, now: SimTime, u: f64) -> Sight {
        let Times { filled, fresh_until, took } = times;
        match self {
            Self::Off => Sight::Take,
            Self::Early { beta } if recomputes(fresh_until.since(now), took, beta, u) => Sight::Load,
            Self::Ahead { after } if now.since(filled) > after => Sight::Renew,
            Self::Early { .. } | Self::Ahead { .. } => Sight::Take,
            Self::Stale { .. } if now <= fresh_until => Sight::Take,
            Self::Stale { revalidate, .. } if now <= fresh_until + revalidate => Sight::Renew,
            Self::Stale { on_error, .. } if now <= fresh_until + on_error => {
                Sight::LoadOrTake { until: fresh_until + on_error }
            }
            Self::Stale { .. } => Sight::Load,
        }
    }
}

/// Whether a reader with the draw `u` (0..1) loads a value anew that is still fresh for `left`: with probability
/// exp(-left/(took beta)).
#[must_use]
pub fn recomputes(left: SimDuration, took: SimDuration, beta: f64, u: f64) -> bool {
    // ln(0) is never drawn as such: then it surely loads.
    u <= 0.0 || -took.as_secs_f64() * beta * math::ln(u) >= left.as_secs_f64()
}
