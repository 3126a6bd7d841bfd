//! The entries of the registry of figures, with the charts and groups that they stand in.

use super::caches;
use super::{Ask, Chart, Field, Goal, Group, Line, Measured, Of, Read, Reported, Scale, Shown, Spec, Whole, Without};
use crate::model::outcome::Outcome;
use crate::model::params::{Unit, told};
use crate::model::system::broker::DeliveryTally;
use crate::model::system::counts::Count;
use crate::model::system::meter::Bucket;

fn per_second(count: u64, bucket: &Bucket) -> f64 {
    ratio(count as f64, bucket.secs())
}

pub(super) fn ratio(part: f64, of: f64) -> f64 {
    if of > 0.0 { part / of } else { f64::NAN }
}

fn ended(bucket: &Bucket, outcome: Outcome) -> f64 {
    per_second(bucket.by_outcome[outcome.index()], bucket)
}

/// Mean number waiting.
fn queue_length(bucket: &Bucket) -> f64 {
    ratio(bucket.queue_secs, bucket.secs())
}

/// Of what came, per second.
fn arrival_rate(bucket: &Bucket) -> f64 {
    per_second(bucket.arrivals(), bucket)
}

/// Of what was completed, per second.
fn throughput(bucket: &Bucket) -> f64 {
    ended(bucket, Outcome::Completed)
}

static DELIVERY: Group = Group {
    name: "delivery",
    interface: "DeliveryReport",
    meaning: "what a message broker delivered; absent elsewhere",
    summary: "messages published to a broker, in copies: a message counts once for each group that it is owed to",
    at: |station| station.broker().is_some(),
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
pub(super) const fn field(name: &'static str, meaning: &'static str) -> Field {
    Field { group: None, name, meaning: told(meaning), read: Read::Spec, whole: false, place: USUAL_PLACE, words: "" }
}

/// A number that is no average.
const fn count(name: &'static str, meaning: &'static str, read: fn(&Measured<'_>) -> f64) -> Field {
    Field { read: Read::Number(read), whole: true, ..field(name, meaning) }
}

/// A whole number of what a broker delivered.
const fn delivered(name: &'static str, meaning: &'static str, read: fn(&Measured<'_>) -> f64) -> Field {
    Field { group: Some(&DELIVERY), ..count(name, meaning, read) }
}

fn of_broker(measured: &Measured<'_>, read: impl Fn(&DeliveryTally) -> u64) -> f64 {
    measured.broker.map_or(f64::NAN, |(_, tally)| read(tally) as f64)
}

/// Messages that wait at a broker or are being processed, on average.
fn lag(measured: &Measured<'_>) -> f64 {
    measured.broker.map_or(f64::NAN, |(levels, _)| ratio(levels.queue_secs + levels.busy_secs, levels.secs()))
}

/// What a figure says of a pool: nothing else has slots, or a line of its own.
fn of_pool(measured: &Measured<'_>, read: fn(&Bucket) -> f64) -> f64 {
    measured.station.pool().map_or(f64::NAN, |_| read(&measured.sum.bucket))
}

/// The place of most fields in a report.
const USUAL_PLACE: u8 = 3;

/// A goal for stations, which their report has as a field.
pub(super) const fn goal(statistics: &'static [&'static str], summary: &'static str) -> Goal {
    Goal { statistics, summary: told(summary), station: Some(Ask::Field), system: None }
}

/// A goal for the system, which the report has as a field of that name.
const fn system_goal(statistics: &'static [&'static str], summary: &'static str) -> Goal {
    Goal { statistics, summary: told(summary), station: None, system: Some(Ask::Field) }
}

/// A goal for both, which both have as a field of that name.
const fn common_goal(statistics: &'static [&'static str], summary: &'static str) -> Goal {
    Goal { system: Some(Ask::Field), ..goal(statistics, summary) }
}

/// An entry says what differs from this.
pub(super) const USUAL: Spec = Spec {
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

/// In total, or for a million completed requests.
fn cost(report: &dyn Reported, statistic: &str) -> f64 {
    let total = report.number("cost");
    if statistic == "total" { total } else { ratio(total * 1e6, report.number("completed")) }
}

pub(super) const MEAN: &[&str] = &["mean"];
pub(super) const COUNT: &[&str] = &["count"];
/// What can be asked of times.
pub const PERCENTILES: &[&str] = &["p50", "p90", "p95", "p99", "p999"];

/// All figures, in the order of a report's fields and of the monitor's columns and charts.
pub static FIGURES: &[Spec] = TABLE;

/// Constant, so that the types for TypeScript can be written while the program is compiled.
pub(super) const TABLE: &[Spec] = &[
    Spec {
        id: "arrivals",
        unit: Unit::Count,
        field: Some(Field {
            place: 0,
            ..count(
                "arrivals",
                "calls that reached it, or requests that a source sent; without health checks",
                |measured| measured.sum.bucket.arrivals() as f64,
            )
        }),
        ..USUAL
    },
    Spec {
        id: "outcomes",
        unit: Unit::Count,
        field: Some(Field { read: Read::Outcomes, place: 0, ..field("outcomes", "how they ended") }),
        ..USUAL
    },
    Spec {
        id: "answered_share",
        unit: Unit::Share,
        goal: Some(Goal {
            station: Some(Ask::Of(|report, _| ratio(report.number("completed"), report.number("arrivals")))),
            ..common_goal(
                MEAN,
                "Completed requests over offered ones; at a station, completed calls over calls that reached it.",
            )
        }),
        ..USUAL
    },
    Spec {
        id: "error_share",
        unit: Unit::Share,
        goal: Some(system_goal(MEAN, "Requests that ended otherwise than completed, over all that ended.")),
        ..USUAL
    },
    Spec {
        id: "goodput",
        unit: Unit::PerSecond,
        read: |bucket| per_second(bucket.counts[Count::Good], bucket),
        // Only clients know what was in time.
        without: Without::AbsentAtZero,
        column: Some("good_per_sec"),
        goal: Some(system_goal(MEAN, "Requests completed in time, per second.")),
        ..USUAL
    },
    Spec {
        id: "slo_minutes_lost",
        unit: Unit::Minutes,
        goal: Some(system_goal(
            &["total"],
            "Minutes of the run in which the service-level objective was missed; judged over slices of 8 s, in runs of more than 80 minutes wider ones.",
        )),
        ..USUAL
    },
    Spec {
        id: "arrival_rate",
        unit: Unit::PerSecond,
        read: arrival_rate,
        field: Some(Field { place: 0, ..field("arrival_rate", "arrivals per second") }),
        goal: Some(common_goal(MEAN, "Requests offered per second; at a station, calls that reached it.")),
        column: Some("arrivals_per_sec"),
        line: Some(line(&THROUGHPUT, 1, "arriving", "--out-pending", &[2, 3])),
        ..USUAL
    },
    Spec {
        id: "throughput",
        unit: Unit::PerSecond,
        read: throughput,
        field: Some(Field { place: 0, ..field("throughput", "completed per second") }),
        goal: Some(common_goal(MEAN, "Requests completed per second, late ones included; at a station, calls.")),
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
        field: Some(Field {
            read: Read::Number(
                |measured| {
                    if measured.broker.is_some() { lag(measured) } else { of_pool(measured, queue_length) }
                },
            ),
            place: 2,
            ..field("queue_length", "waiting, averaged over time; of a broker, its lag")
        }),
        goal: Some(goal(MEAN, "Requests waiting at the station, averaged over time.")),
        system: Whole::Sum,
        column: Some("queue_length"),
        line: Some(line(&QUEUE, 0, "waiting", "--teal", &[])),
        ..USUAL
    },
    Spec {
        id: "utilization",
        unit: Unit::Share,
        read: Bucket::utilization,
        field: Some(Field {
            read: Read::Number(|measured| of_pool(measured, Bucket::utilization)),
            place: 1,
            ..field(
                "utilization",
                "busy share of its slots, health checks and zombie work included; null without slots",
            )
        }),
        goal: Some(Goal {
            system: Some(Ask::Of(|report, _| report.most("utilization"))),
            ..goal(MEAN, "Busy share of the station's slots; of the system: its busiest station's.")
        }),
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
        id: "sojourn_time",
        unit: Unit::Seconds,
        field: Some(Field {
            read: Read::Times(|measured| Some(&measured.sum.times)),
            ..field("sojourn_time", "from a call's arrival to its answer, over completed calls")
        }),
        goal: Some(Goal {
            system: Some(Ask::Of(|report, statistic| report.statistic("sojourn_time_offered", statistic))),
            ..goal(
                PERCENTILES,
                "Response time over all offered requests: one without an answer counts as infinite; at a station, over completed calls.",
            )
        }),
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
        goal: Some(common_goal(
            MEAN,
            "Look-ups that found their key, over all look-ups; for the system, requests that no database had to read for, over all that were looked up in a cache.",
        )),
        ..USUAL
    },
    caches::STALE_HITS,
    caches::STALE_HIT_SHARE,
    caches::WRITES_ACKNOWLEDGED,
    caches::WRITES_STORED,
    caches::WRITES_SUPERSEDED,
    caches::WRITES_LOST,
    caches::WRITES_UNKNOWN,
    caches::OWN_WRITES_MISSED,
    caches::READS_GONE_BACK,
    caches::READS_TO_PRIMARY,
    caches::READS_HELD,
    caches::READ_REPLICA_READS,
    caches::STALE_READS,
    caches::STALE_SHARE,
    Spec {
        id: "cost",
        unit: Unit::Dollars,
        read: |bucket| bucket.cost,
        without: Without::AbsentAtZero,
        field: Some(Field { words: "cost", ..field("cost", "what it cost; absent where it has no price") }),
        goal: Some(Goal {
            statistics: &["total", "per_million"],
            summary: "What all that ran cost: in total, or for a million completed requests; at a station, what ran there.",
            station: Some(Ask::Of(cost)),
            system: Some(Ask::Of(cost)),
        }),
        ..USUAL
    },
    Spec {
        id: "cost_per_hour",
        unit: Unit::Dollars,
        read: |bucket| ratio(bucket.cost * 3_600.0, bucket.secs()),
        without: Without::AbsentAtZero,
        system: Whole::SumOfAll,
        field: Some(field("cost_per_hour", "an hour of it, averaged over time; absent where it has no price")),
        goal: Some(common_goal(
            MEAN,
            "What all that ran cost an hour, averaged over time; at a station, what ran there.",
        )),
        line: Some(line(&COST, 0, "an hour", "--cost", &[8, 2])),
        ..USUAL
    },
    Spec {
        id: "published",
        unit: Unit::Count,
        field: Some(delivered("published", "taken from producers", |measured| {
            of_broker(measured, |tally| tally.published)
        })),
        ..USUAL
    },
    Spec {
        id: "processed",
        unit: Unit::Count,
        field: Some(delivered("processed", "processed at least once", |measured| {
            of_broker(measured, |tally| tally.processed)
        })),
        ..USUAL
    },
    Spec {
        id: "processed_share",
        unit: Unit::Share,
        goal: Some(Goal {
            station: Some(Ask::Of(|report, _| ratio(report.number("processed"), report.number("published")))),
            ..goal(MEAN, "Messages processed over messages published.")
        }),
        ..USUAL
    },
    Spec {
        id: "duplicates",
        unit: Unit::Count,
        field: Some(delivered("duplicates", "times that one was processed beyond the first", |measured| {
            of_broker(measured, |tally| tally.duplicates)
        })),
        goal: Some(goal(COUNT, "Times that a message was processed beyond the first.")),
        ..USUAL
    },
    Spec {
        id: "dead_letters",
        unit: Unit::Count,
        field: Some(delivered("dead_letters", "set aside after too many failed deliveries", |measured| {
            of_broker(measured, |tally| tally.dead)
        })),
        goal: Some(goal(COUNT, "Messages that a broker set aside after too many failed deliveries.")),
        ..USUAL
    },
    Spec {
        id: "lost_messages",
        unit: Unit::Count,
        field: Some(delivered("lost", "gone without having been processed", |measured| {
            of_broker(measured, |tally| tally.lost)
        })),
        goal: Some(goal(
            COUNT,
            "Messages that are gone without having been processed, dropped from a full partition included; dead letters are not.",
        )),
        ..USUAL
    },
    Spec {
        id: "lost_though_acknowledged",
        unit: Unit::Count,
        field: Some(delivered(
            "lost_though_acknowledged",
            "of those lost: the producer had been told that they are safe",
            |measured| of_broker(measured, |tally| tally.broken_promises),
        )),
        ..USUAL
    },
    Spec {
        id: "expired",
        unit: Unit::Count,
        field: Some(delivered(
            "expired",
            "of those lost: dropped from a full partition, or with their group",
            |measured| of_broker(measured, |tally| tally.expired),
        )),
        ..USUAL
    },
    Spec {
        id: "lag",
        unit: Unit::Count,
        field: Some(Field {
            group: Some(&DELIVERY),
            read: Read::Number(lag),
            ..field("lag", "waiting or being processed, averaged over time")
        }),
        goal: Some(goal(MEAN, "Messages that wait at the broker or are being processed, averaged over time.")),
        ..USUAL
    },
    Spec {
        id: "processing_time",
        unit: Unit::Seconds,
        field: Some(Field {
            group: Some(&DELIVERY),
            read: Read::Times(|measured| measured.broker.map(|(_, tally)| &tally.times)),
            ..field("time", "from reaching the broker to having been processed, over those processed")
        }),
        ..USUAL
    },
    Spec {
        id: "delivery_time",
        unit: Unit::Seconds,
        field: Some(Field {
            group: Some(&DELIVERY),
            read: Read::Percentiles(|measured| {
                measured.broker.map(|(_, tally)| (&tally.times, tally.published - tally.processed))
            }),
            ..field("time_of_all", "the same over all published; one that was not processed counts as infinite")
        }),
        goal: Some(goal(
            PERCENTILES,
            "From a message's arrival at the broker to its having been processed, over all published: those not processed count as having waited forever.",
        )),
        ..USUAL
    },
];
