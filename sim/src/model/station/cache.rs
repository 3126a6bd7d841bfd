//! A cache: real keys, real evictions. The hit ratio emerges, it never is a parameter.

use super::{Category, Outputs, StationKind};
use crate::model::money::{hourly, prices};
use crate::model::params::{Entry, ParamSpec, Unit};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "cache",
        name: "Cache",
        summary: "Remembers answers by key; the least recently used leaves first.",
        source: "Cache-aside (the caller asks the store on a miss and fills), or read-through where the cache itself has a store behind it.",
        params: &[
            ParamSpec::count("capacity", "Entries", 1_000.0, 1.0, 1_000_000.0, "Most entries that it holds."),
            ParamSpec::number(
                "ttl",
                "Time to live",
                Unit::Seconds,
                300.0,
                0.0,
                1_000_000.0,
                "An entry is valid this long after it was filled; 0 = for ever.",
            ),
            ParamSpec::variant(
                "lookup_time",
                "Look-up time",
                crate::model::distribution_entries,
                "deterministic",
                "Work for one look-up or fill.",
            ),
            ParamSpec::count("slots", "Slots", 64.0, 1.0, 10_000.0, "Look-ups at the same time."),
            ParamSpec::count(
                "queue_limit",
                "Waiting places",
                10_000.0,
                0.0,
                1_000_000.0,
                "Look-ups that may wait; more are rejected.",
            ),
            ParamSpec::variant(
                "cluster",
                "Nodes",
                crate::model::scaler::cache_cluster::entries,
                "off",
                "With several, keys are shared out by consistent hashing; entries, slots, waiting places and price are those of each node.",
            ),
            hourly(prices::CACHE_HELP),
            ParamSpec::number(
                "check_time",
                "Health check's work",
                Unit::Seconds,
                0.0002,
                0.0,
                60.0,
                "Work of answering one health check.",
            ),
        ],
        defect: false,
    },
    category: Category::Cache,
    icon: "zap",
    accepts_input: true,
    outputs: Outputs::Optional,
};
