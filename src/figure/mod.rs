//! What is measured of a station, or of the whole system, in each bucket of time: **one entry for each figure**.
//!
//! From an entry of [`FIGURES`] come the field of a station in reports (JSON, `headroom help json`, the TypeScript
//! types, the line on a terminal), the goal that lessons and summaries can set, the column that travels to the page,
//! the one in the monitor's files, and the line of a chart. Adding a figure is an entry; where it needs something that
//! is not counted yet, a [`Count`] and the line that counts it; and its term in `www/glossary.toml`.
//!
//! An entry says how a figure is read off a [`Bucket`]. Buckets, windows and whole runs are all one type, and merging them
//! is the meter's business: a figure is read after the merge, so that a ratio is one of sums, never a mean of ratios.
//!
//! Tables of outcomes, percentiles and what brokers deliver have shapes of their own in reports; they are no entries.

pub mod typescript;

use crate::engine::sort;
use crate::model::outcome::Outcome;
use crate::model::params::Unit;
use crate::model::system::counts::Count;
use crate::model::system::meter::{Bucket, Meter};
use crate::model::system::station::Station;

/// How one figure is measured and where it is seen.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// snake_case, unique; goals and the page know it by this name. Where it is a goal, a term of the glossary.
    pub id: &'static str,
    pub unit: Unit,
    /// Its value over a bucket or a span; NaN where there is nothing to tell.
    pub read: fn(&Bucket) -> f64,
    /// Summed up from the start of the run, bucket after bucket.
    pub so_far: bool,
    pub without: Without,
    /// Which of a station's instruments it is read from, over time.
    pub of: Of,
    /// What the whole system shows of it over time.
    pub system: Whole,
    /// Where it stands in a station's report.
    pub field: Option<Field>,
    /// What goals and summaries can ask of it at a station.
    pub goal: Option<Goal>,
    /// Its column in the monitor's files, with the unit.
    pub column: Option<&'static str>,
    pub line: Option<Line>,
}

/// What stands where there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// `null`.
    Null,
    /// Nothing at all.
    Absent,
    /// Nothing at all, where it is zero, too.
    AbsentAtZero,
}

/// Instruments of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Its own.
    Station,
    /// That of its waiting line: what waits at a broker is messages, which are measured apart. Only of what has a line.
    Line,
}

/// How the figures of all stations become one of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The system has an instrument of its own, which counts requests, not calls.
    Own,
    /// The largest of the stations that are there now.
    Most,
    /// The sum over the stations that are there now.
    Sum,
    /// The sum over all stations that ever were there.
    SumOfAll,
}

/// A field of a station's report.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The object that it stands in; `None`: among the station's own fields.
    pub group: Option<&'static Group>,
    pub name: &'static str,
    /// A sentence without its period.
    pub meaning: &'static str,
    /// A whole number.
    pub whole: bool,
    /// What a terminal says before it; empty: nothing is said there.
    pub words: &'static str,
}

/// Fields that belong together, as an object in a station's report.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    /// Name of its TypeScript interface.
    pub interface: &'static str,
    pub meaning: &'static str,
    /// Of the object itself.
    pub summary: &'static str,
    /// Whether a station has it.
    pub at: fn(&Station) -> bool,
}

/// What can be asked of a figure.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub statistics: &'static [&'static str],
    /// Exactly how it is measured.
    pub summary: &'static str,
}

/// A line of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub chart: &'static Chart,
    /// Its place among the lines of the chart, ascending.
    pub place: u8,
    pub label: &'static str,
    /// A design token.
    pub color: &'static str,
    /// Dash and gap [px]; empty = solid. With the color it tells lines apart.
    pub dash: &'static [u8],
}

/// A chart over time.
#[derive(Debug, PartialEq, Eq)]
pub struct Chart {
    /// Unique.
    pub title: &'static str,
    /// A term of the glossary.
    pub term: &'static str,
    pub scale: Scale,
    /// Its place in the panel "Charts", ascending; `None`: it stands in the monitor alone.
    pub panel: Option<u8>,
    pub monitor: Shown,
    /// What else there is to know, of the whole system and of a single station; may be empty.
    pub note: [&'static str; 2],
}

/// When the performance monitor has a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    /// Where memory is modelled.
    WithMemory,
    Never,
}

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Number,
    PerSecond,
    Seconds,
    Share,
    /// A share of time that may be more than all of it.
    Times,
    Dollars,
    Bytes,
    BytesPerSecond,
}

fn per_second(count: u64, bucket: &Bucket) -> f64 {
    ratio(count as f64, bucket.secs())
}

fn ratio(part: f64, of: f64) -> f64 {
    if of > 0.0 { part / of } else { f64::NAN }
}

fn ended(bucket: &Bucket, outcome: Outcome) -> f64 {
    per_second(bucket.by_outcome[outcome.index()], bucket)
}

/// Mean number waiting.
#[must_use]
pub fn queue_length(bucket: &Bucket) -> f64 {
    ratio(bucket.queue_secs, bucket.secs())
}

/// Of what came, per second.
#[must_use]
pub fn arrival_rate(bucket: &Bucket) -> f64 {
    per_second(bucket.arrivals(), bucket)
}

/// Of what was completed, per second.
#[must_use]
pub fn throughput(bucket: &Bucket) -> f64 {
    ended(bucket, Outcome::Completed)
}

static REPLICATED: Group = Group {
    name: "replicated",
    interface: "ReplicatedReport",
    meaning: "what read replicas of a database answered; absent elsewhere",
    summary: "reads that read replicas of a database answered",
    at: Station::is_replicated,
};

const fn chart(title: &'static str, term: &'static str, scale: Scale, panel: Option<u8>, monitor: Shown) -> Chart {
    Chart { title, term, scale, panel, monitor, note: ["", ""] }
}

static THROUGHPUT: Chart = chart("Throughput", "throughput", Scale::PerSecond, Some(0), Shown::Always);
static TIMES: Chart = chart("Time in system", "sojourn_time", Scale::Seconds, Some(1), Shown::Always);
static COST: Chart = chart("Cost", "cost_per_hour", Scale::Dollars, Some(2), Shown::Never);
static UTILIZATION: Chart = Chart {
    note: ["The line shows the busiest station.", ""],
    ..chart("Utilization", "utilization", Scale::Share, Some(3), Shown::Always)
};
static QUEUE: Chart = chart("Queue length", "queue_length", Scale::Number, Some(4), Shown::Always);
static IN_FLIGHT: Chart = chart("In flight", "in_flight", Scale::Number, None, Shown::Always);
static MEMORY: Chart = chart("Memory", "heap", Scale::Bytes, None, Shown::WithMemory);
static ALLOCATION: Chart = chart("Allocation rate", "allocation", Scale::BytesPerSecond, None, Shown::WithMemory);
static ALLOCATED: Chart = chart("Allocated in all", "allocation", Scale::Bytes, None, Shown::WithMemory);
static COLLECTIONS: Chart = chart("Collections", "collections", Scale::PerSecond, None, Shown::WithMemory);
static PAUSED: Chart = Chart {
    note: ["Seconds for which replicas stood still, in each second, all replicas together."; 2],
    ..chart("Collector pauses", "garbage_collection", Scale::Times, None, Shown::WithMemory)
};

const fn line(chart: &'static Chart, place: u8, label: &'static str, color: &'static str, dash: &'static [u8]) -> Line {
    Line { chart, place, label, color, dash }
}
const fn field(name: &'static str, meaning: &'static str) -> Field {
    Field { group: None, name, meaning, whole: false, words: "" }
}

/// An entry says what differs from this.
const USUAL: Spec = Spec {
    id: "",
    unit: Unit::Plain,
    read: |_| f64::NAN,
    so_far: false,
    without: Without::Null,
    of: Of::Station,
    system: Whole::Own,
    field: None,
    goal: None,
    column: None,
    line: None,
};

const MEAN: &[&str] = &["mean"];
const COUNT: &[&str] = &["count"];

/// All figures, in the order of a report's fields and of the monitor's columns and charts.
pub static FIGURES: &[Spec] = TABLE;

/// Constant, so that the types for TypeScript can be written while the program is compiled.
const TABLE: &[Spec] = &[
    Spec {
        id: "arrival_rate",
        unit: Unit::PerSecond,
        read: arrival_rate,
        column: Some("arrivals_per_sec"),
        line: Some(line(&THROUGHPUT, 1, "arriving", "--out-pending", &[2, 3])),
        ..USUAL
    },
    Spec {
        id: "throughput",
        unit: Unit::PerSecond,
        read: throughput,
        column: Some("completed_per_sec"),
        line: Some(line(&THROUGHPUT, 0, "completed", "--out-completed", &[])),
        ..USUAL
    },
    Spec {
        id: "errors",
        unit: Unit::PerSecond,
        // The sum of what is drawn, to the last digit.
        read: |bucket| {
            let others = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Completed);
            others.map(|outcome| f64::from(ended(bucket, outcome) as f32)).sum()
        },
        column: Some("errors_per_sec"),
        ..USUAL
    },
    Spec {
        id: "timed_out",
        unit: Unit::PerSecond,
        read: |bucket| ended(bucket, Outcome::TimedOut),
        line: Some(line(&THROUGHPUT, 2, "timed out", "--out-timed-out", &[6, 3])),
        ..USUAL
    },
    Spec {
        id: "rejected",
        unit: Unit::PerSecond,
        read: |bucket| ended(bucket, Outcome::Rejected),
        line: Some(line(&THROUGHPUT, 3, "rejected", "--out-rejected", &[8, 3, 2, 3])),
        ..USUAL
    },
    Spec {
        id: "failed",
        unit: Unit::PerSecond,
        read: |bucket| ended(bucket, Outcome::Failed),
        line: Some(line(&THROUGHPUT, 4, "failed", "--out-failed", &[3, 2])),
        ..USUAL
    },
    Spec {
        id: "shed",
        unit: Unit::PerSecond,
        read: |bucket| ended(bucket, Outcome::Shed),
        line: Some(line(&THROUGHPUT, 5, "shed", "--out-shed", &[10, 4])),
        ..USUAL
    },
    Spec {
        id: "abandoned",
        unit: Unit::PerSecond,
        read: |bucket| ended(bucket, Outcome::Abandoned),
        line: Some(line(&THROUGHPUT, 6, "abandoned", "--out-abandoned", &[1, 3])),
        ..USUAL
    },
    Spec {
        id: "p50",
        unit: Unit::Seconds,
        read: |bucket| bucket.times.percentile(50.0).unwrap_or(f64::NAN),
        column: Some("p50_secs"),
        line: Some(line(&TIMES, 0, "p50", "--info", &[])),
        ..USUAL
    },
    Spec {
        id: "p99",
        unit: Unit::Seconds,
        read: |bucket| bucket.times.percentile(99.0).unwrap_or(f64::NAN),
        column: Some("p99_secs"),
        line: Some(line(&TIMES, 1, "p99", "--accent-text", &[5, 3])),
        ..USUAL
    },
    Spec {
        id: "in_flight",
        unit: Unit::Count,
        read: |bucket| bucket.in_flight as f64,
        column: Some("in_flight_at_end"),
        line: Some(line(&IN_FLIGHT, 0, "in flight", "--info", &[])),
        ..USUAL
    },
    Spec {
        id: "queue_length",
        unit: Unit::Count,
        read: queue_length,
        of: Of::Line,
        system: Whole::Sum,
        column: Some("queue_length"),
        line: Some(line(&QUEUE, 0, "waiting", "--teal", &[])),
        ..USUAL
    },
    Spec {
        id: "utilization",
        unit: Unit::Share,
        read: Bucket::utilization,
        system: Whole::Most,
        column: Some("utilization"),
        line: Some(line(&UTILIZATION, 0, "busy", "--violet", &[])),
        ..USUAL
    },
    Spec {
        id: "memory_used",
        read: |bucket| bucket.memory.used as f64,
        column: Some("memory_used_bytes_at_end"),
        line: Some(line(&MEMORY, 0, "in use", "--teal", &[])),
        ..USUAL
    },
    Spec {
        id: "memory_reserved",
        read: |bucket| bucket.memory.reserved as f64,
        column: Some("memory_reserved_bytes_at_end"),
        line: Some(line(&MEMORY, 1, "reserved", "--out-pending", &[6, 3])),
        ..USUAL
    },
    Spec {
        id: "allocation_rate",
        read: |bucket| per_second(bucket.memory.allocated, bucket),
        column: Some("allocated_bytes_per_sec"),
        line: Some(line(&ALLOCATION, 0, "allocated", "--accent-text", &[])),
        ..USUAL
    },
    Spec {
        id: "allocated",
        read: |bucket| bucket.memory.allocated as f64,
        so_far: true,
        column: Some("allocated_bytes_total"),
        line: Some(line(&ALLOCATED, 0, "so far", "--accent-text", &[])),
        ..USUAL
    },
    Spec {
        id: "collections",
        unit: Unit::PerSecond,
        read: |bucket| per_second(bucket.memory.collections, bucket),
        column: Some("collections_per_sec"),
        line: Some(line(&COLLECTIONS, 0, "collections", "--violet", &[])),
        ..USUAL
    },
    Spec {
        id: "paused",
        read: |bucket| ratio(bucket.memory.paused_ns as f64 / 1e9, bucket.secs()),
        column: Some("collector_pause_secs_per_sec"),
        line: Some(line(&PAUSED, 0, "stood still", "--out-failed", &[])),
        ..USUAL
    },
    Spec {
        id: "hit_ratio",
        unit: Unit::Share,
        read: |bucket| ratio(bucket.counts[Count::Hits] as f64, bucket.counts[Count::Lookups] as f64),
        without: Without::Absent,
        field: Some(Field {
            words: "hit ratio",
            ..field("hit_ratio", "look-ups that found their key; absent where nothing is looked up")
        }),
        goal: Some(Goal { statistics: MEAN, summary: "Look-ups that found their key, over all look-ups." }),
        ..USUAL
    },
    Spec {
        id: "read_replica_reads",
        unit: Unit::Count,
        read: |bucket| bucket.counts[Count::CopyReads] as f64,
        field: Some(Field { group: Some(&REPLICATED), whole: true, ..field("reads", "all of them") }),
        ..USUAL
    },
    Spec {
        id: "stale_reads",
        unit: Unit::Count,
        read: |bucket| bucket.counts[Count::StaleReads] as f64,
        field: Some(Field {
            group: Some(&REPLICATED),
            whole: true,
            ..field(
                "stale",
                "of those: a write had been committed before the read came, which the replica did not have yet",
            )
        }),
        goal: Some(Goal {
            statistics: COUNT,
            summary: "Reads that a read replica answered without a write to the item that had been committed before they came.",
        }),
        ..USUAL
    },
    Spec {
        id: "stale_share",
        unit: Unit::Share,
        read: |bucket| ratio(bucket.counts[Count::StaleReads] as f64, bucket.counts[Count::CopyReads] as f64),
        field: Some(Field { group: Some(&REPLICATED), ..field("stale_share", "stale, of all") }),
        goal: Some(Goal { statistics: MEAN, summary: "Stale reads over all reads that read replicas answered." }),
        ..USUAL
    },
    Spec {
        id: "cost",
        unit: Unit::Dollars,
        read: |bucket| bucket.cost,
        without: Without::AbsentAtZero,
        field: Some(Field { words: "cost", ..field("cost", "what it cost; absent where it has no price") }),
        ..USUAL
    },
    Spec {
        id: "cost_per_hour",
        unit: Unit::Dollars,
        read: |bucket| ratio(bucket.cost * 3_600.0, bucket.secs()),
        without: Without::AbsentAtZero,
        system: Whole::SumOfAll,
        field: Some(field("cost_per_hour", "an hour of it, averaged over time; absent where it has no price")),
        line: Some(line(&COST, 0, "an hour", "--cost", &[8, 2])),
        ..USUAL
    },
];

/// The figure of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Spec> {
    FIGURES.iter().find(|spec| spec.id == id)
}

/// The fields of a station's report, in their order.
pub fn fields() -> impl Iterator<Item = (&'static Spec, &'static Field)> {
    FIGURES.iter().filter_map(|spec| Some((spec, spec.field.as_ref()?)))
}

/// What travels to the page bucket by bucket, in the order of the columns of its series.
pub fn charted() -> impl Iterator<Item = &'static Spec> {
    FIGURES.iter().filter(|spec| spec.column.is_some() || spec.line.is_some())
}

/// All charts, in the monitor's order.
#[must_use]
pub fn charts() -> Vec<&'static Chart> {
    let mut charts: Vec<&Chart> = Vec::new();
    for line in FIGURES.iter().filter_map(|spec| spec.line) {
        if charts.iter().all(|chart| chart.title != line.chart.title) {
            charts.push(line.chart);
        }
    }
    charts
}

impl Chart {
    /// Its lines with the figures that they draw.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static Spec, Line)> {
        let lines = FIGURES.iter().filter_map(|spec| Some((spec, spec.line?)));
        let mut lines: Vec<_> = lines.filter(|(_, line)| line.chart.title == self.title).collect();
        sort::few_by_key(&mut lines, |(_, line)| line.place);
        lines
    }
}

impl Spec {
    /// The instrument of `station` that it is read from.
    #[must_use]
    pub fn meter<'a>(&self, station: &'a Station) -> Option<&'a Meter> {
        match self.of {
            Of::Station => Some(&station.meter),
            Of::Line => station.line(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_entry_is_whole_and_its_names_are_its_own() {
        let ids: BTreeSet<&str> = FIGURES.iter().map(|spec| spec.id).collect();
        assert_eq!(ids.len(), FIGURES.len());
        let columns: Vec<&str> = FIGURES.iter().filter_map(|spec| spec.column).collect();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
        for spec in FIGURES {
            assert!(spec.field.is_some() || spec.column.is_some() || spec.line.is_some(), "{}: seen nowhere", spec.id);
            if let Some(goal) = spec.goal {
                assert!(crate::glossary::GLOSSARY.find(spec.id).is_some(), "{} is no term", spec.id);
                assert!(spec.field.is_some(), "{}: a goal is read from a report", spec.id);
                assert!(goal.summary.ends_with('.') && !goal.statistics.is_empty(), "{}", spec.id);
            }
            if let Some(field) = spec.field {
                assert!(!field.meaning.is_empty() && !field.meaning.ends_with('.'), "{}", spec.id);
            }
        }
    }

    #[test]
    fn a_group_of_fields_stands_together() {
        let groups: Vec<&str> = fields().map(|(_, field)| field.group.map_or("", |group| group.name)).collect();
        let runs: Vec<&str> = groups.chunk_by(|one, two| one == two).map(|run| run[0]).collect();
        let named: Vec<&str> = runs.into_iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{groups:?}");
    }

    #[test]
    fn every_chart_has_a_term_and_lines_that_differ() {
        for chart in charts() {
            assert!(crate::glossary::GLOSSARY.find(chart.term).is_some(), "{}", chart.title);
            let lines = chart.lines();
            let places: BTreeSet<u8> = lines.iter().map(|(_, line)| line.place).collect();
            let looks: BTreeSet<_> = lines.iter().map(|(_, line)| (line.color, line.dash)).collect();
            assert_eq!((places.len(), looks.len()), (lines.len(), lines.len()), "{}", chart.title);
        }
    }
}
