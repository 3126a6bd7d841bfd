//! A content delivery network (L3): an edge cache in each region, near the clients, in front of an origin.

use super::{Category, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use super::{check_time, dist, positive};
use crate::engine::time::SimDuration;
use crate::model::eviction;
use crate::model::geography::{REGIONS, Region};
use crate::model::money::{hourly, per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::system::plan::{EdgeCaches, PoolConfig, PoolKind, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "cdn",
        name: "CDN",
        summary: told(
            "Edge caches near the clients, one in each region; what they do not have they fetch from the origin behind.",
        ),
        source: told(
            "After Amazon CloudFront: static content is cached, concurrent misses of one object in an edge cache become one fetch, errors are cached for 10 s, an origin shield is one more cache between all edges and the origin. An object's age is passed on, so its copies expire together.",
        ),
        params: &[
            ParamSpec::count(
                "capacity",
                "Entries per edge",
                10_000.0,
                1.0,
                1_000_000.0,
                "Most objects that each edge cache holds, and the origin shield.",
            ),
            ParamSpec::number(
                "ttl",
                "Time to live",
                Unit::Seconds,
                3_600.0,
                0.0,
                1_000_000.0,
                "An object is valid this long after the origin sent it; 0 = forever.",
            ),
            ParamSpec::variant(
                "eviction",
                "Eviction policy",
                crate::model::eviction::entries,
                "lru",
                "Which object leaves when an edge cache is full.",
            ),
            ParamSpec::choice(
                "content",
                "Content",
                &[("static", "static content only"), ("reads", "all reads")],
                "static",
                "What is cached. Everything else passes through to the origin.",
            ),
            ParamSpec::variant(
                "shield",
                "Origin shield",
                shields,
                "off",
                "One more cache that all edges ask before the origin is asked.",
            ),
            ParamSpec::number(
                "error_ttl",
                "Errors cached for",
                Unit::Seconds,
                10.0,
                0.0,
                100_000.0,
                "After the origin failed for an object, an edge answers requests for it with the error for so long, without asking again. 0 = never.",
            ),
            ParamSpec::variant(
                "lookup_time",
                "Look-up time",
                crate::model::distribution_entries,
                "deterministic",
                "Work for one request at an edge.",
            ),
            ParamSpec::count(
                "slots",
                "Slots",
                10_000.0,
                1.0,
                10_000.0,
                "Requests at the same time, all edges together, those that wait for the origin included.",
            ),
            ParamSpec::count(
                "queue_limit",
                "Waiting places",
                10_000.0,
                0.0,
                1_000_000.0,
                "Requests that may wait; more are rejected.",
            ),
            hourly(prices::CACHE_HELP),
            per_million(prices::CDN_REQUESTS_HELP),
            check_time(0.0002),
        ],
        defect: false,
    },
    category: Category::Cache,
    icon: "globe",
    outputs: Outputs::Required,
    concerns,
    spends: &[Spend { of: Resource::CacheEntries, amount: |reader| reader.count("capacity") }],
    groups: &[
        ("", &["capacity", "ttl", "eviction", "content"]),
        ("Origin", &["shield", "error_ttl"]),
        ("Requests", &["lookup_time", "slots", "queue_limit"]),
        ("Health checks", &["check_time"]),
        ("Price", &["price", "request_price"]),
    ],
    ..StationKind::PLAIN
};

static NO_SHIELD: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Each edge cache asks the origin by itself."),
    source: "",
    params: &[],
    defect: false,
};

static SHIELD: Entry = Entry {
    id: "on",
    name: "In one region",
    summary: told(
        "All edge caches ask the shield, and it alone asks the origin: concurrent misses of one object in all regions become one fetch.",
    ),
    source: told("CloudFront Origin Shield. The way to it takes the time between the two regions."),
    params: &[ParamSpec::choice(
        "region",
        "Region",
        crate::model::scaler::read_replicas::REGION_OPTIONS.split_at(2).1,
        "us-east-1",
        "Where the shield stands: best near the origin.",
    )],
    defect: false,
};

/// Whether there is an origin shield, as a choice for parameters.
#[must_use]
pub fn shields() -> Vec<&'static Entry> {
    vec![&NO_SHIELD, &SHIELD]
}

/// Where the shield stands; `None`: there is none.
fn shield(choice: &Variant) -> Option<Region> {
    if choice.id != SHIELD.id {
        return None;
    }
    let id = Reader::new(&SHIELD, &choice.params).choice("region");
    REGIONS.iter().position(|region| region.id == id).map(|at| Region(at as u8))
}

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    if !setting.in_region {
        return Vec::new();
    }
    vec![Concern {
        code: "cdn-in-region",
        words: "it stands in a region, so it has one edge cache, there.",
        remedy: "Take it out of the region: then there is an edge cache in each region that asks.",
    }]
}

/// What runs: a pool of one, whose memory is that of its edges.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let time = dist(reader, "lookup_time");
    let kind = PoolKind::Cache { capacity: reader.count("capacity"), ttl: positive(reader.number("ttl")) };
    StationConfig::Pool(Box::new(PoolConfig {
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        eviction: eviction::read(&reader.variant("eviction").1),
        edge_caches: Some(Box::new(EdgeCaches {
            all_reads: reader.choice("content") == "reads",
            shield: shield(&reader.variant("shield").1),
            error_ttl: positive(reader.number("error_ttl")),
        })),
        price: reader.number("price"),
        ..PoolConfig::new(kind, time.clone(), time)
    }))
}
