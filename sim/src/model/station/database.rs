//! A database: a fixed number of connections, with different times for reads and writes; perhaps replicas that answer reads.

use super::dist;
use super::{Category, DISCIPLINE, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use crate::engine::time::SimDuration;
use crate::model::discipline;
use crate::model::money::{hourly, per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit};
use crate::model::read::Reader;
use crate::model::scaler::read_replicas;
use crate::model::scaler::read_replicas::Where;
use crate::model::system::plan::{PoolConfig, PoolKind, StationConfig};

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
            ParamSpec::number(
                "missing",
                "Missing items",
                Unit::Share,
                0.0,
                0.0,
                1.0,
                "Share of the items that do not exist until they are written. A read finds nothing there, and a cache keeps nothing unless it caches negatively.",
            ),
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
    members_max,
    concerns,
    groups: &[
        ("", &["connections", "read_time", "write_time", "queue_limit"]),
        ("Queue", &["discipline"]),
        ("Items", &["missing"]),
        ("Read replicas", &["read_replicas"]),
        ("Health checks", &["check_time"]),
        ("Price", &["price", "request_price"]),
    ],
    spends: &[Spend {
        of: Resource::Connections,
        amount: |reader| members_max(reader).saturating_mul(reader.count("connections")),
    }],
};

/// Its primary and its read replicas.
fn members_max(reader: &Reader<'_>) -> u32 {
    1 + read_replicas::read(&reader.variant("read_replicas").1).map_or(0, |replicas| replicas.most())
}

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    let replicas = read_replicas::read(&setting.reader.variant("read_replicas").1);
    let far = replicas.is_some_and(|replicas| matches!(replicas.place, Where::In(_)));
    if !far || setting.in_region {
        return Vec::new();
    }
    vec![Concern {
        code: "primary-nowhere",
        words: "its read replicas stand in a region, but it stands in none, so writes reach them at once.",
        remedy: "Put it into a region, or its replicas beside it.",
    }]
}

/// What runs: a pool of one, its primary.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    StationConfig::Pool(PoolConfig {
        slots: reader.count("connections"),
        queue_limit: reader.count("queue_limit"),
        discipline: discipline::read(&reader.variant("discipline").1),
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        read_replicas: read_replicas::read(&reader.variant("read_replicas").1).map(Box::new),
        missing: reader.number("missing"),
        price: reader.number("price"),
        ..PoolConfig::new(PoolKind::Database, dist(reader, "read_time"), dist(reader, "write_time"))
    })
}
