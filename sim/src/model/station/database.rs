//! A database: a fixed number of connections, with different times for reads and writes; perhaps replicas that answer reads.

use super::{Category, DISCIPLINE, Outputs, StationKind};
use crate::model::money::{hourly, per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "database",
        name: "Database",
        summary: "Answers reads and writes over a fixed number of connections.",
        source: "Connection pool as a multi-server queue.",
        params: &[
            ParamSpec::count("connections", "Connections", 50.0, 1.0, 10_000.0, "Queries at the same time."),
            ParamSpec::variant(
                "read_time",
                "Read time",
                crate::model::distribution_entries,
                "exponential",
                "Work of one read.",
            ),
            ParamSpec::variant(
                "write_time",
                "Write time",
                crate::model::distribution_entries,
                "exponential",
                "Work of one write.",
            ),
            ParamSpec::count(
                "queue_limit",
                "Waiting places",
                1_000.0,
                0.0,
                1_000_000.0,
                "Queries that may wait for a connection; more are rejected.",
            ),
            DISCIPLINE,
            ParamSpec::variant(
                "read_replicas",
                "Read replicas",
                crate::model::scaler::read_replicas::entries,
                "off",
                "Copies of the data that answer reads beside it. They hear of a write a little later: an answer may be stale.",
            ),
            hourly(prices::DATABASE_HELP),
            per_million(prices::DATABASE_REQUESTS_HELP),
            ParamSpec::number(
                "check_time",
                "Health check's work",
                Unit::Seconds,
                0.0005,
                0.0,
                60.0,
                "Work of answering one health check.",
            ),
        ],
        defect: false,
    },
    category: Category::Data,
    icon: "database",
    accepts_input: true,
    outputs: Outputs::None,
};
