//! A cache: real keys, real evictions. The hit ratio emerges, it never is a parameter.

use super::{Category, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use super::{check_time, dist, positive};
use crate::engine::time::SimDuration;
use crate::model::eviction;
use crate::model::money::{hourly, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::pattern;
use crate::model::read::Reader;
use crate::model::scaler::cache_cluster;
use crate::model::scaler::cache_cluster::Number;
use crate::model::system::plan::{PoolConfig, PoolKind, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "cache",
        name: "Cache",
        summary: told("Remembers answers by key; when it is full, its eviction policy decides which entry leaves."),
        source: told(
            "Cache-aside (the caller asks the store on a miss and fills), or read-through where the cache itself has a store behind it.",
        ),
        params: &[
            ParamSpec::count("capacity", "Entries", 1_000.0, 1.0, 1_000_000.0, "Most entries that it holds."),
            ParamSpec::number(
                "ttl",
                "Time to live",
                Unit::Seconds,
                300.0,
                0.0,
                1_000_000.0,
                "An entry is valid this long after it was filled; 0 = forever.",
            ),
            ParamSpec::variant(
                "eviction",
                "Eviction policy",
                crate::model::eviction::entries,
                "lru",
                "Which entry leaves when the cache is full. If it is changed during a run, the entries stay, but what the old policy knew about them is forgotten.",
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
            pattern::WRITES,
            pattern::FILLS,
            pattern::LOADS,
            pattern::RENEWAL,
            pattern::JITTER,
            pattern::NEGATIVE,
            hourly(prices::CACHE_HELP),
            check_time(0.0002),
        ],
        defect: false,
    },
    category: Category::Cache,
    icon: "zap",
    accepts_input: true,
    outputs: Outputs::Optional,
    members_max,
    member: |_, number| format!("node {}", number + 1),
    concerns,
    spends: &[Spend {
        of: Resource::CacheEntries,
        amount: |reader| members_max(reader).saturating_mul(reader.count("capacity")),
    }],
    groups: &[
        ("", &["capacity", "ttl", "eviction", "lookup_time", "slots"]),
        ("Freshness", &["writes", "fills", "renewal"]),
        ("Herds", &["loads", "ttl_jitter", "negative"]),
        ("Queue", &["queue_limit"]),
        ("Cluster", &["cluster"]),
        ("Health checks", &["check_time"]),
        ("Price", &["price"]),
    ],
};

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    let behind = matches!(pattern::read(&setting.reader).writes, pattern::write::Settings::Behind(_));
    if !behind || setting.calls_on {
        return Vec::new();
    }
    vec![Concern {
        code: "nothing-behind",
        words: "it is to store writes later, but its store stands beside it: it deletes the entry instead.",
        remedy: "Connect it to the store, and the service to the cache alone.",
    }]
}

/// Its nodes.
fn members_max(reader: &Reader<'_>) -> u32 {
    cache_cluster::read(&reader.variant("cluster").1).map_or(1, |cluster| match cluster.number {
        Number::Fixed(nodes) => nodes,
        Number::ByLoad(rule) => rule.max,
    })
}

/// What runs: a pool of one.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let time = dist(reader, "lookup_time");
    let caching = pattern::read(reader);
    let kind = PoolKind::Cache { capacity: reader.count("capacity"), ttl: positive(reader.number("ttl")) };
    StationConfig::Pool(Box::new(PoolConfig {
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        eviction: eviction::read(&reader.variant("eviction").1),
        cache_cluster: cache_cluster::read(&reader.variant("cluster").1),
        caching: (caching != pattern::Settings::default()).then(|| Box::new(caching)),
        price: reader.number("price"),
        ..PoolConfig::new(kind, time.clone(), time)
    }))
}
