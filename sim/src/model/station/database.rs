//! A database: a fixed number of connections, with different times for reads and writes; perhaps replicas that answer reads.

use super::{Category, DISCIPLINE, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use super::{check_time, dist, queries};
use crate::engine::time::SimDuration;
use crate::model::discipline;
use crate::model::level;
use crate::model::money::{hourly, per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::replication;
use crate::model::scaler::read_replicas;
use crate::model::scaler::read_replicas::Where;
use crate::model::sharding;
use crate::model::system::plan::{PoolConfig, PoolKind, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "database",
        name: "Database",
        summary: told("Answers reads and writes over a fixed number of connections."),
        source: told("Connection pool as a multi-server queue."),
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
            ParamSpec::variant(
                "replication",
                "Replication",
                crate::model::replication::entries,
                "asynchronous",
                "When a write is answered: what it waits for, and what a crash of the primary may lose.",
            ),
            ParamSpec::variant(
                "failover",
                "Failover",
                crate::model::replication::failover::entries,
                "off",
                "Who takes over when the primary dies or is cut off.",
            ),
            ParamSpec::variant(
                "sessions",
                "Session guarantees",
                crate::model::replication::sessions::entries,
                "off",
                "What a client may count on that has written or read, when a replica answers its reads; and whether misses are counted.",
            ),
            ParamSpec::variant(
                "sharding",
                "Sharding",
                crate::model::sharding::entries,
                "off",
                "Shares the keys out to several databases; each request goes to the one that has its key.",
            ),
            ParamSpec::variant(
                "resharding",
                "When shards change",
                crate::model::sharding::copy::entries,
                "live",
                "How keys get to other shards when the number of shards, or the scheme, is changed while it runs.",
            ),
            ParamSpec::number(
                "scatter",
                "Reads that ask all shards",
                Unit::Share,
                0.0,
                0.0,
                1.0,
                "Share of the reads that look for something else than the key, so every shard works on them (scatter-gather). The slowest shard decides. Without shards it changes nothing.",
            ),
            ParamSpec::count(
                "scatter_answers",
                "Answers waited for",
                0.0,
                0.0,
                64.0,
                "A read that asks all shards is answered in part, once this many have answered; so many others may fail. 0 = all of them.",
            ),
            ParamSpec::variant(
                "locks",
                "Locks",
                super::queries::lock_entries,
                "off",
                "Whether writes of one row wait for each other.",
            ),
            ParamSpec::variant(
                "queries",
                "Queries",
                super::queries::entries,
                "plain",
                "Whether reads may lack an index, and what indexes cost writes.",
            ),
            ParamSpec::variant(
                "query_cache",
                "Query cache",
                crate::model::level::query::entries,
                "off",
                "Results kept by statement (L4); a write drops all results of its table.",
            ),
            hourly(prices::DATABASE_HELP),
            per_million(prices::DATABASE_REQUESTS_HELP),
            check_time(0.0005),
        ],
        defect: false,
    },
    category: Category::Data,
    icon: "database",
    accepts_input: true,
    outputs: Outputs::None,
    members_max,
    member,
    concerns,
    groups: &[
        ("", &["connections", "read_time", "write_time", "queue_limit"]),
        ("Queue", &["discipline"]),
        ("Items", &["missing"]),
        ("Read replicas", &["read_replicas", "replication", "failover", "sessions"]),
        ("Queries and locks", &["queries", "locks"]),
        ("Sharding", &["sharding", "resharding", "scatter", "scatter_answers"]),
        ("Query cache", &["query_cache"]),
        ("Health checks", &["check_time"]),
        ("Price", &["price", "request_price"]),
    ],
    spends: &[Spend {
        of: Resource::Connections,
        amount: |reader| members_max(reader).saturating_mul(reader.count("connections")),
    }],
};

/// Its shards.
fn shards(reader: &Reader<'_>) -> Option<sharding::Settings> {
    sharding::read(&reader.variant("sharding").1, &reader.variant("resharding").1)
}

/// Its primary and its read replicas, or its shards.
fn members_max(reader: &Reader<'_>) -> u32 {
    if let Some(sharding) = shards(reader) {
        return sharding.shards;
    }
    1 + read_replicas::read(&reader.variant("read_replicas").1).map_or(0, |replicas| replicas.most())
}

fn member(reader: &Reader<'_>, number: u32) -> String {
    match (shards(reader), number) {
        (Some(_), _) => format!("shard {}", number + 1),
        (None, 0) => "primary".to_owned(),
        (None, _) => format!("replica {number}"),
    }
}

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    let replicas = read_replicas::read(&setting.reader.variant("read_replicas").1);
    if replicas.is_some() && shards(&setting.reader).is_some() {
        return vec![Concern {
            code: "shards-without-replicas",
            words: "it is sharded, and shards have no read replicas here: those that are set are left out.",
            remedy: "Switch either its sharding or its read replicas off.",
        }];
    }
    let copies = replicas.as_ref().map_or(0, |replicas| replicas.most());
    let replication = replication::read(&setting.reader.variant("replication").1);
    if replication.waits() && copies < replication.needed {
        return vec![Concern {
            code: "too-few-replicas",
            words: "its writes wait for more read replicas than it has.",
            remedy: "Give it more read replicas, or let its replication wait for fewer.",
        }];
    }
    if copies == 0 && replication::failover::read(&setting.reader.variant("failover").1).is_some() {
        return vec![Concern {
            code: "nobody-takes-over",
            words: "it fails over, but has no read replica that could take over.",
            remedy: "Give it a read replica, or switch its failover off.",
        }];
    }
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
    let sharding = shards(reader).map(Box::new);
    let read_replicas = read_replicas::read(&reader.variant("read_replicas").1).map(|settings| {
        Box::new(read_replicas::Settings {
            replication: replication::read(&reader.variant("replication").1),
            failover: replication::failover::read(&reader.variant("failover").1),
            sessions: replication::sessions::read(&reader.variant("sessions").1),
            ..settings
        })
    });
    let scatter = Some(sharding::Scatter { share: reader.number("scatter"), answers: reader.count("scatter_answers") });
    StationConfig::Pool(Box::new(PoolConfig {
        slots: reader.count("connections"),
        queue_limit: reader.count("queue_limit"),
        discipline: discipline::read(&reader.variant("discipline").1),
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        query_cache: level::query::read(&reader.variant("query_cache").1),
        missing: reader.number("missing"),
        read_replicas: read_replicas.filter(|_| sharding.is_none()),
        row_locks: queries::read_locks(&reader.variant("locks").1),
        queries: queries::read(&reader.variant("queries").1, sharding.as_ref().map_or(1, |sharding| sharding.shards)),
        scatter: scatter.filter(|scatter| sharding.is_some() && scatter.share > 0.0),
        sharding,
        price: reader.number("price"),
        ..PoolConfig::new(PoolKind::Database, dist(reader, "read_time"), dist(reader, "write_time"))
    }))
}
