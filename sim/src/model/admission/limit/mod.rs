//! Rate limits: pure machines that are asked for every request and know no clock. One file and one line in the registry
//! each.

mod fixed_window;
mod leaky_bucket;
mod sliding_counter;
mod sliding_log;
#[cfg(test)]
mod tests;
mod token_bucket;

use crate::engine::ordered::Ordered;
use crate::engine::time::{NANOS_PER_SEC, SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::registry::registry;

/// What a limiter says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Go,
    /// It may go, but only after this long.
    Wait(SimDuration),
    /// It is refused. Asked again after this long, and nobody else in between, it would be let in.
    Refused {
        retry_after: SimDuration,
    },
}

impl Permit {
    /// Whether it may go, now or later.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

/// What there is to see of a limiter.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What is used up, in requests, and how much there is.
    pub used: f64,
    pub limit: f64,
    /// A request that came now would be refused.
    pub full: bool,
    /// The state with its numbers, in words: "0.3 of 20 tokens left, the next in 35 ms".
    pub words: String,
}

crate::model::registry::told_by_name!(Limiter);

/// One limit, for all requests alike.
///
/// Times never go back from call to call.
pub trait Limiter {
    /// Asks for one request.
    fn permit(&mut self, now: SimTime) -> Permit;

    /// What it holds at `now`; asking changes nothing.
    fn reading(&self, now: SimTime) -> Reading;

    /// It remembers nothing of requests before `now`: a fresh one would decide alike.
    fn is_idle(&self, now: SimTime) -> bool;

    /// Takes new parameters; what was used up stays so.
    fn retune(&mut self, params: &Reader<'_>);

    fn boxed(&self) -> Box<dyn Limiter>;
}

impl Clone for Box<dyn Limiter> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// One kind of limiter.
#[derive(Clone, Copy, Debug)]
pub struct LimiterKind {
    pub entry: Entry,
    /// A fresh one.
    pub build: fn(&Reader<'_>) -> Box<dyn Limiter>,
}

impl LimiterKind {
    const fn words(&self) -> Entry {
        self.entry
    }
}

registry! {
    /// All kinds, in the order of the menu.
    pub static REGISTRY: [LimiterKind];
    static ENTRIES: [Entry] = LimiterKind::words;
    token_bucket::KIND,
    leaky_bucket::KIND,
    fixed_window::KIND,
    sliding_log::KIND,
    sliding_counter::KIND,
}

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Every request is let in, however many there are."),
    source: "",
    params: &[],
    defect: false,
};

/// Off and all kinds, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    std::iter::once(&OFF).chain(ENTRIES).collect()
}

/// All limiters have it: whether requests share one limit.
const PER: ParamSpec = ParamSpec::choice(
    "per",
    "Counts",
    &[("station", "all requests together"), ("client", "each client's address alone")],
    "station",
    "One limit for all protects the station; one for each client keeps a greedy client from using up what is there for the others.",
);

const RATE: ParamSpec = ParamSpec::number(
    "rate",
    "Rate",
    Unit::PerSecond,
    100.0,
    0.01,
    1_000_000.0,
    "Requests let in per second in the long run.",
);

const LIMIT: ParamSpec =
    ParamSpec::count("limit", "Limit", 100.0, 1.0, 100_000.0, "Requests let in within one window.");

const WINDOW: ParamSpec = ParamSpec::number(
    "window",
    "Window",
    Unit::Seconds,
    1.0,
    0.001,
    86_400.0,
    "The time over which requests are counted.",
);

/// A limit as the choice says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    variant: Variant,
    per_client: bool,
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = ENTRIES.iter().find(|entry| entry.id == choice.id)?;
    let per_client = Reader::new(entry, &choice.params).choice("per") == "client";
    Some(Settings { variant: choice.clone(), per_client })
}

/// Finds a kind by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static LimiterKind> {
    REGISTRY.iter().find(|kind| kind.entry.id == id)
}

impl Settings {
    fn kind(&self) -> &'static LimiterKind {
        find(&self.variant.id).expect("read() makes settings of known kinds only")
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.kind().entry, &self.variant.params)
    }

    /// Whether each client has a limit of its own.
    #[must_use]
    pub const fn per_client(&self) -> bool {
        self.per_client
    }
}

/// Clients remembered before the idle ones are looked for and forgotten.
const CLIENTS: usize = 4_096;

/// A limit with what it counts by: one limiter for all, or one for each client.
#[derive(Clone, Debug)]
pub struct RateLimit {
    settings: Settings,
    /// For all together it holds one, under 0.
    limiters: Ordered<u64, Box<dyn Limiter>>,
    /// With more clients than this, those that are idle are forgotten.
    sweep_at: usize,
    admitted: u64,
    refused: u64,
}

impl RateLimit {
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let settings = settings.clone();
        Self { settings, limiters: Ordered::new(), sweep_at: CLIENTS, admitted: 0, refused: 0 }
    }

    /// Asks for a request of the client `client`, any number that tells clients apart.
    pub fn permit(&mut self, now: SimTime, client: u64) -> Permit {
        let key = self.key(client);
        if self.limiters.len() > self.sweep_at {
            self.limiters.retain(|_, limiter| !limiter.is_idle(now));
            self.sweep_at = CLIENTS.max(self.limiters.len() * 2);
        }
        let settings = &self.settings;
        let limiter = self.limiters.or_insert_with(key, || (settings.kind().build)(&settings.reader()));
        let permit = limiter.permit(now);
        if permit.is_granted() {
            self.admitted += 1;
        } else {
            self.refused += 1;
        }
        permit
    }

    const fn key(&self, client: u64) -> u64 {
        if self.settings.per_client { client } else { 0 }
    }

    /// What there is to see of the limit that holds for a client.
    #[must_use]
    pub fn reading(&self, now: SimTime, client: u64) -> Reading {
        match self.limiters.get(&self.key(client)) {
            Some(limiter) => limiter.reading(now),
            None => (self.settings.kind().build)(&self.settings.reader()).reading(now),
        }
    }

    /// The client whose limit is used up most, and what there is to see of it.
    #[must_use]
    pub fn fullest(&self, now: SimTime) -> (u64, Reading) {
        let readings = self.limiters.iter().map(|(client, limiter)| (*client, limiter.reading(now)));
        // Of equals, the first: the order of clients is theirs, not that of a draw.
        let fullest = readings.reduce(|best, other| if other.1.used > best.1.used { other } else { best });
        fullest.unwrap_or_else(|| (0, self.reading(now, 0)))
    }

    /// Takes new settings; what was used up stays so where the kind of limit stays.
    pub fn reconfigure(&mut self, settings: &Settings) {
        if self.settings == *settings {
            return;
        }
        let same = self.settings.variant.id == settings.variant.id && self.settings.per_client == settings.per_client;
        self.settings = settings.clone();
        if same {
            for limiter in self.limiters.values_mut() {
                limiter.retune(&settings.reader());
            }
        } else {
            self.limiters.clear();
        }
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its kind in words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.settings.kind().entry.name
    }

    /// Requests let in, and refused, since it was made.
    #[must_use]
    pub const fn counts(&self) -> (u64, u64) {
        (self.admitted, self.refused)
    }

    /// Clients that it remembers.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.limiters.len()
    }
}

/// A time in words: as many digits as help.
fn in_words(time: SimDuration) -> String {
    let secs = time.as_secs_f64();
    if secs < 0.001 {
        format!("{:.0} µs", secs * 1e6)
    } else if secs < 0.0995 {
        format!("{:.1} ms", secs * 1e3)
    } else if secs < 1.0 {
        format!("{:.0} ms", secs * 1e3)
    } else {
        format!("{secs:.1} s")
    }
}

/// Seconds as a duration, rounded up: after waiting so long one has waited long enough.
fn at_least(secs: f64) -> SimDuration {
    // A hair less than the next nanosecond is that nanosecond.
    SimDuration((secs * NANOS_PER_SEC as f64 - 1e-3).ceil().max(0.0) as u64)
}
