//! What comes with Headroom: its lessons and its gallery. Adding one: its files under `www/`, a line here.

use super::text::{Section, sections};
use super::{Lesson, LessonError};
use crate::topology::document::Document;
use crate::topology::format::{ENGINE, LoadError, Run};

/// A lesson's files, embedded.
#[derive(Clone, Copy, Debug)]
pub struct LessonFiles {
    /// As the course counts it, e.g. `5.1`.
    pub number: &'static str,
    /// The same as in `lesson.toml`.
    pub slug: &'static str,
    /// `lesson.toml` as JSON.
    pub json: &'static str,
    pub text: &'static str,
    pub start: &'static str,
}

/// Lessons that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// kebab-case, stable: what `lesson.toml` names.
    pub id: &'static str,
    pub title: &'static str,
    /// One line for the list of lessons.
    pub summary: &'static str,
    /// What one of its lessons is called, before its number.
    pub lesson: &'static str,
}

/// All chapters, in the order of the course.
pub static CHAPTERS: &[Chapter] = &[
    Chapter {
        id: "practice",
        title: "Practice questions",
        summary: "A whole question, as in an interview: predict, build, be examined.",
        lesson: "Practice",
    },
    Chapter {
        id: "balancing",
        title: "Load balancing",
        summary: "Labs of five to ten minutes: one idea each, and a system that fails until you have it.",
        lesson: "Lab",
    },
    Chapter {
        id: "resilience",
        title: "Resilience and failure",
        summary: "Labs of five to ten minutes: what fails, what that does to the rest, and what keeps it small.",
        lesson: "Lab",
    },
    Chapter {
        id: "performance",
        title: "Performance",
        summary: "Where the time goes within a machine, and what memory costs.",
        lesson: "Lab",
    },
];

/// A scenario of the gallery: a saved document that runs as it is.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// kebab-case, stable: names the scenario in links and on the command line.
    pub id: &'static str,
    pub json: &'static str,
}

/// A lesson's files in `www/lessons/FOLDER`.
macro_rules! lesson {
    ($number:literal, $slug:literal, $folder:literal) => {
        LessonFiles {
            number: $number,
            slug: $slug,
            json: include_str!(concat!(env!("OUT_DIR"), "/", $folder, ".json")),
            text: include_str!(concat!("../../www/lessons/", $folder, "/text.md")),
            start: include_str!(concat!("../../www/lessons/", $folder, "/start.json")),
        }
    };
}

/// A lesson's stored solutions: the first, then others that differ from it, as (name, file).
macro_rules! solutions {
    ($slug:literal, $folder:literal, [$(($name:literal, $file:literal)),+ $(,)?]) => {
        ($slug, &[$(($name, include_str!(concat!("../../www/lessons/", $folder, "/", $file, ".json")))),+])
    };
}

/// All lessons, in the order of the course.
pub static LESSONS: &[LessonFiles] = &[
    lesson!("5.1", "black-friday", "01-black-friday"),
    lesson!("5.2", "flash-sale", "28-flash-sale"),
    lesson!("1", "slow-backend", "02-slow-backend"),
    lesson!("2", "smooth-weights", "03-smooth-weights"),
    lesson!("3", "two-choices", "04-two-choices"),
    lesson!("4", "flapping-checks", "05-flapping-checks"),
    lesson!("5", "one-proxy", "06-one-proxy"),
    lesson!("6", "hash-and-leave", "07-hash-and-leave"),
    lesson!("7", "pinned-connections", "08-pinned-connections"),
    lesson!("8", "dns-failover", "09-dns-failover"),
    lesson!("9", "cold-backend", "10-cold-backend"),
    lesson!("10", "neighbor-region", "11-neighbor-region"),
    lesson!("11", "retry-storm", "12-retry-storm"),
    lesson!("12", "breaker", "13-breaker"),
    lesson!("13", "half-open", "14-half-open"),
    lesson!("14", "hedging", "15-hedging"),
    lesson!("15", "newest-first", "16-newest-first"),
    lesson!("16", "standing-queue", "17-standing-queue"),
    lesson!("17", "two-buckets", "18-two-buckets"),
    lesson!("18", "save-the-checkout", "19-save-the-checkout"),
    lesson!("19", "poison-message", "20-poison-message"),
    lesson!("20", "charged-twice", "21-charged-twice"),
    lesson!("22", "metastable-failure", "23-metastable"),
    lesson!("23", "bulkhead", "24-bulkhead"),
    lesson!("24", "pass-the-deadline", "25-pass-the-deadline"),
    lesson!("25", "shorter-downstream", "26-shorter-downstream"),
    lesson!("26", "object-pool", "27-object-pool"),
];

/// (name, saved run)
type Solutions = &'static [(&'static str, &'static str)];

/// The stored solutions by the lesson's slug. Apart from the lessons: the page has no use for them and leaves them out.
static SOLUTIONS: &[(&str, Solutions)] = &[
    solutions!(
        "black-friday",
        "01-black-friday",
        [
            ("least connections", "solution"),
            ("adaptive, few large replicas", "solution-adaptive"),
            ("round robin, strict checks", "solution-strict-checks"),
            ("round robin, time-outs", "solution-time-outs"),
        ]
    ),
    solutions!(
        "flash-sale",
        "28-flash-sale",
        [
            ("by plan", "solution"),
            ("by forecast", "solution-forecast"),
            ("spot for the quiet hours", "solution-spot-floor")
        ]
    ),
    solutions!(
        "slow-backend",
        "02-slow-backend",
        [
            ("least connections", "solution"),
            ("least connections, small machines", "solution-small-machines"),
            ("adaptive", "solution-adaptive"),
        ]
    ),
    solutions!(
        "smooth-weights",
        "03-smooth-weights",
        [
            ("smooth turns", "solution"),
            ("plain turns, small weights", "solution-small-weights"),
            ("smooth turns, more to the large machine", "solution-more-to-the-large"),
        ]
    ),
    solutions!("two-choices", "04-two-choices", [("two looks", "solution"), ("three looks", "solution-three")]),
    solutions!(
        "flapping-checks",
        "05-flapping-checks",
        [
            ("patient, one failure", "solution"),
            ("patient, two failures", "solution-two-failures"),
            ("patient, three quick checks", "solution-three-quick-checks"),
        ]
    ),
    solutions!(
        "one-proxy",
        "06-one-proxy",
        [("round robin", "solution"), ("least connections", "solution-least-connections")]
    ),
    solutions!(
        "hash-and-leave",
        "07-hash-and-leave",
        [("ring hash", "solution"), ("Maglev", "solution-maglev"), ("rendezvous", "solution-rendezvous")]
    ),
    solutions!(
        "pinned-connections",
        "08-pinned-connections",
        [
            ("a longest life", "solution"),
            ("so many orders per connection", "solution-count"),
            ("a balancer of requests", "solution-requests"),
        ]
    ),
    solutions!(
        "dns-failover",
        "09-dns-failover",
        [
            ("short time to live, quick checks", "solution"),
            ("shorter time to live", "solution-shorter"),
            ("one failure is enough", "solution-one-failure"),
        ]
    ),
    solutions!(
        "cold-backend",
        "10-cold-backend",
        [
            ("slow start", "solution"),
            ("a longer slow start", "solution-longer"),
            ("least connections", "solution-least"),
        ]
    ),
    solutions!(
        "neighbor-region",
        "11-neighbor-region",
        [
            ("room in Ireland", "solution"),
            ("more room, less in Virginia", "solution-more"),
            ("room in Ireland, small machines", "solution-small-machines"),
        ]
    ),
    solutions!(
        "retry-storm",
        "12-retry-storm",
        [("a budget on each layer", "solution"), ("retries on one layer", "solution-one-layer")]
    ),
    solutions!(
        "breaker",
        "13-breaker",
        [("failures in a row", "solution"), ("share of the last calls", "solution-window")]
    ),
    solutions!(
        "half-open",
        "14-half-open",
        [("ten probes", "solution"), ("twenty, more rarely", "solution-more-probes")]
    ),
    solutions!("hedging", "15-hedging", [("after a percentile", "solution"), ("after a fixed time", "solution-delay")]),
    solutions!(
        "newest-first",
        "16-newest-first",
        [("the newest first", "solution"), ("adaptive", "solution-adaptive"), ("CoDel", "solution-codel")]
    ),
    solutions!(
        "standing-queue",
        "17-standing-queue",
        [("CoDel", "solution"), ("controlled delay", "solution-controlled-delay")]
    ),
    solutions!(
        "two-buckets",
        "18-two-buckets",
        [("shaper and tokens", "solution"), ("shaper and meter", "solution-meter")]
    ),
    solutions!(
        "save-the-checkout",
        "19-save-the-checkout",
        [("full at 40", "solution"), ("full at 60", "solution-wider")]
    ),
    solutions!(
        "poison-message",
        "20-poison-message",
        [
            ("four deliveries", "solution"),
            ("three deliveries", "solution-three-deliveries"),
            ("many quick ones", "solution-many-quick"),
        ]
    ),
    solutions!(
        "charged-twice",
        "21-charged-twice",
        [
            ("repeats are recognized", "solution"),
            ("single acknowledgements, patience", "solution-single-acknowledgements"),
        ]
    ),
    solutions!(
        "metastable-failure",
        "23-metastable",
        [("a budget", "solution"), ("a short queue", "solution-short-queue")]
    ),
    solutions!(
        "bulkhead",
        "24-bulkhead",
        [("four open calls", "solution"), ("two", "solution-narrower"), ("a breaker", "solution-breaker")]
    ),
    solutions!(
        "pass-the-deadline",
        "25-pass-the-deadline",
        [("passed on", "solution"), ("a shorter one", "solution-tighter"), ("cancelling", "solution-cancel")]
    ),
    solutions!(
        "shorter-downstream",
        "26-shorter-downstream",
        [("three tries in time", "solution"), ("many quick tries", "solution-many-tries")]
    ),
    solutions!(
        "object-pool",
        "27-object-pool",
        [("as many as can be in use", "solution"), ("with room to spare", "solution-roomy")]
    ),
];

/// All scenarios, in the order of the gallery; the first is what a first visit shows.
pub static SCENARIOS: &[Scenario] = &[
    Scenario { id: "black-friday", json: include_str!("../../www/scenarios/black-friday.json") },
    Scenario { id: "one-queue", json: include_str!("../../www/scenarios/one-queue.json") },
    Scenario { id: "balancers", json: include_str!("../../www/scenarios/balancers.json") },
    Scenario { id: "kinds-of-balancer", json: include_str!("../../www/scenarios/kinds-of-balancer.json") },
    Scenario { id: "orders-by-message", json: include_str!("../../www/scenarios/orders-by-message.json") },
    Scenario { id: "retry-storm", json: include_str!("../../www/scenarios/retry-storm.json") },
    Scenario { id: "three-regions", json: include_str!("../../www/scenarios/three-regions.json") },
    Scenario { id: "scalers", json: include_str!("../../www/scenarios/scalers.json") },
    Scenario { id: "every-tier", json: include_str!("../../www/scenarios/every-tier.json") },
    Scenario { id: "scaler-race", json: include_str!("../../www/scenarios/scaler-race.json") },
];

/// Finds a lesson by slug.
#[must_use]
pub fn lesson(slug: &str) -> Option<&'static LessonFiles> {
    LESSONS.iter().find(|lesson| lesson.slug == slug)
}

/// Finds a chapter by id.
#[must_use]
pub fn chapter(id: &str) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|chapter| chapter.id == id)
}

/// Finds a scenario by id.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.id == id)
}

/// A built-in run belongs to whatever engine it comes with.
fn run(json: &str) -> Result<Run, LoadError> {
    Run::from_json(json).map(|run| Run { engine: ENGINE.to_owned(), ..run })
}

impl Scenario {
    /// Reads the scenario. Built-in ones always can be read (a test opens each of them).
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn run(&self) -> Result<Run, LoadError> {
        run(self.json)
    }
}

impl LessonFiles {
    /// Reads `lesson.toml`. Built-in ones always can be read (a test opens each of them).
    ///
    /// # Errors
    /// As [`Lesson::from_json`].
    pub fn lesson(&self) -> Result<Lesson, LessonError> {
        Lesson::from_json(self.json)
    }

    /// The prose, by sections.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        sections(self.text)
    }

    /// The system that fails.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn start(&self) -> Result<Document, LoadError> {
        run(self.start).map(|run| run.document)
    }

    /// The stored solutions as saved: the first, then others that differ from it, as (name, saved run).
    #[must_use]
    pub fn stored(&self) -> Solutions {
        SOLUTIONS.iter().find(|(slug, _)| *slug == self.slug).map_or(&[], |(_, stored)| *stored)
    }

    /// The stored solutions, by name.
    ///
    /// # Errors
    /// As [`Run::from_json`].
    pub fn solutions(&self) -> Result<Vec<(&'static str, Document)>, LoadError> {
        self.stored().iter().map(|(name, json)| run(json).map(|run| (*name, run.document))).collect()
    }
}
