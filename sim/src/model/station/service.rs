//! A service: replicas with slots and a queue; its handler computes, then calls further stations while the slot is held.

use super::dist;
use super::{Category, DISCIPLINE, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use crate::engine::time::SimDuration;
use crate::model::ids::NodeId;
use crate::model::money::{per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::scaler::{self, kubernetes};
use crate::model::scaler::{instance, nodes, rollout, start_up};
use crate::model::system::plan::{CallMode, PoolConfig, PoolKind, ScalingConfig, StationConfig};
use crate::model::{discipline, heap, level};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "service",
        name: "Service",
        summary: told("Replicas that do the work, each with slots and a queue."),
        source: told("Multi-server queue; a slot is a worker thread or connection held for the whole call."),
        params: &[
            ParamSpec::count(
                "replicas",
                "Replicas",
                1.0,
                0.0,
                1_000.0,
                "Copies of the service, each with its own slots and queue.",
            ),
            ParamSpec::count(
                "slots",
                "Slots per replica",
                8.0,
                1.0,
                10_000.0,
                "Requests that one replica works on at the same time.",
            ),
            ParamSpec::variant(
                "scaler",
                "Scaler",
                crate::model::scaler::entries,
                "off",
                "What decides how many replicas there are. A scaler starts with the number above, and changing that number overrules it.",
            ),
            ParamSpec::variant(
                "instance",
                "Replica size",
                crate::model::scaler::instance::entries,
                "none",
                "Cores and memory of a replica, and what it costs.",
            ),
            ParamSpec::variant(
                "start_up",
                "Start",
                crate::model::scaler::start_up::entries,
                "instant",
                "What happens between the order of a replica and its first request.",
            ),
            ParamSpec::variant(
                "rollout",
                "New versions",
                crate::model::scaler::rollout::entries,
                "rolling",
                "How a new version replaces the old one. New versions come by hand or on the timeline, among the operations.",
            ),
            ParamSpec::variant(
                "nodes",
                "Nodes",
                crate::model::scaler::nodes::entries,
                "off",
                "The machines on which replicas are put.",
            ),
            ParamSpec::variant(
                "service_time",
                "Service time",
                crate::model::distribution_entries,
                "exponential",
                "CPU demand of one request at normal speed.",
            ),
            ParamSpec::count(
                "queue_limit",
                "Waiting places",
                1_000.0,
                0.0,
                1_000_000.0,
                "Requests that may wait per replica (in total, if the queue is shared); more are rejected.",
            ),
            ParamSpec::choice(
                "queue",
                "Queue",
                &[("per_replica", "one per replica"), ("shared", "one shared by all")],
                "per_replica",
                "A shared queue is the textbook's M/M/c; real replicas have their own.",
            ),
            DISCIPLINE,
            ParamSpec::variant(
                "shedding",
                "Load shedding",
                crate::model::admission::shed::entries,
                "off",
                "Which requests are turned away on purpose, before the queue is full. Health checks never are.",
            ),
            ParamSpec::choice(
                "calls",
                "Calls",
                &[("sequence", "one after the other"), ("parallel", "all at once"), ("one_of", "one of them")],
                "sequence",
                "How the handler calls the stations behind it. With a cache and a store behind it: the cache first, the store on a miss.",
            ),
            ParamSpec::number(
                "check_time",
                "Health check's work",
                Unit::Seconds,
                0.001,
                0.0,
                60.0,
                "CPU demand of answering one health check.",
            ),
            ParamSpec::variant(
                "objects",
                "Objects in memory",
                crate::model::heap::entries,
                "off",
                "How much memory a request takes, and the garbage collector that stops the replica to reclaim it.",
            ),
            ParamSpec::variant(
                "local_cache",
                "Local cache",
                crate::model::level::local::entries,
                "off",
                "A cache in each replica's own memory (L1), asked before the cache or the store behind the service.",
            ),
            ParamSpec::variant(
                "object_pool",
                "Object pool",
                crate::model::heap::pool_entries,
                "off",
                "Objects that a replica keeps to use again; acts where objects are modelled.",
            ),
            ParamSpec::count(
                "warm_up_requests",
                "Cold for",
                0.0,
                0.0,
                1_000_000.0,
                "A replica that is added or revived serves this many requests more slowly: empty caches, code not compiled yet. 0 = it is at full speed at once. Those there when the run starts are warm.",
            ),
            ParamSpec::number(
                "warm_up_time",
                "Stays cold for at least",
                Unit::Seconds,
                0.0,
                0.0,
                3_600.0,
                "The same by the clock: for this long after it began to serve, however many requests it gets.",
            ),
            ParamSpec::number(
                "cold_factor",
                "Times as slow when cold",
                Unit::Factor,
                5.0,
                1.0,
                1_000.0,
                "How much longer the very first request takes; it falls evenly to 1 over the requests, and over the time, above: whichever is slower counts. Health checks warm nothing.",
            ),
            per_million(prices::SERVICE_REQUESTS_HELP),
        ],
        defect: false,
    },
    category: Category::Compute,
    icon: "server",
    accepts_input: true,
    outputs: Outputs::Optional,
    members_max,
    member: StationKind::PLAIN.member,
    concerns,
    groups: &[
        ("", &["replicas", "slots", "service_time", "queue_limit"]),
        ("Scaling", &["scaler", "nodes", "instance"]),
        ("Queue and overload", &["queue", "discipline", "shedding"]),
        ("Calls", &["calls", "check_time"]),
        ("Starts and roll-outs", &["start_up", "rollout", "warm_up_requests", "warm_up_time", "cold_factor"]),
        ("Memory", &["local_cache", "objects", "object_pool"]),
        ("Price", &["request_price"]),
    ],
    spends: &[
        Spend { of: Resource::Slots, amount: |reader| members_max(reader).saturating_mul(reader.count("slots")) },
        Spend { of: Resource::Replicas, amount: members_max },
    ],
};

/// Its replicas, or as many as its scaler may bring about.
fn members_max(reader: &Reader<'_>) -> u32 {
    reader.count("replicas").max(scaler::most(&reader.variant("scaler").1).unwrap_or(0))
}

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    let reader = setting.reader;
    let mut found = Vec::new();
    let mut warn = |code, words, remedy| found.push(Concern { code, words, remedy });
    let (scaler, choice) = reader.variant("scaler");
    let instance = instance::read(&reader.variant("instance").1);
    let sized = instance.is_some_and(|instance| instance.size.is_some());
    if scaler.id == "vertical" && !sized {
        warn(
            "no-sizes",
            "a vertical scaler chooses among sizes, but its replicas have none.",
            "Choose a virtual machine as the replica size.",
        );
    }
    if scaler.id == kubernetes::ENTRY.id {
        for row in kubernetes::rows(&choice.params) {
            if row.of > 0 && !setting.stations.contains(&NodeId(row.of)) {
                warn(
                    "metric-of-nothing",
                    "its scaler measures a station that is no longer there.",
                    "Choose another station for the metric, or take the metric out.",
                );
            }
        }
        let memory = kubernetes::kinds_of(&choice.params).iter().any(|kind| kind.starts_with("memory"));
        if memory && instance.is_none() {
            warn(
                "no-memory",
                "its scaler looks at memory, but its replicas have no memory set.",
                "Choose a container or a virtual machine as the replica size, or take the metric out.",
            );
        }
    }
    if reader.variant("objects").0.id == "off" && reader.variant("object_pool").0.id != "off" {
        warn(
            "pool-of-nothing",
            "it has an object pool, but nothing is said of objects, so the pool does nothing.",
            "Choose what its requests take of memory, or no pool.",
        );
    }
    let Some((pool, _)) = nodes::read(&reader.variant("nodes").1) else { return found };
    if sized {
        warn(
            "machine-on-a-node",
            "its replicas are machines, and stand on nodes besides; only the nodes are paid.",
            "Choose a container as the replica size, or no nodes.",
        );
    }
    let larger = instance
        .is_some_and(|instance| instance.cpu_request > pool.node.cpu || instance.memory_request > pool.node.memory);
    if larger {
        warn(
            "larger-than-a-node",
            "a replica requests more than a whole node has, so it stays Pending forever.",
            "Choose larger nodes, or a smaller request.",
        );
    }
    found
}

/// What runs: a pool of replicas.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let time = dist(reader, "service_time");
    let discipline = discipline::read(&reader.variant("discipline").1);
    StationConfig::Pool(Box::new(PoolConfig {
        replicas: reader.count("replicas"),
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        // Where nobody waits there is no queue to share.
        shared_queue: reader.choice("queue") == "shared" && !discipline.is_sharing(),
        discipline,
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        calls: match reader.choice("calls") {
            "parallel" => CallMode::Parallel,
            "one_of" => CallMode::OneOf,
            _ => CallMode::Sequence,
        },
        warm_up_requests: reader.count("warm_up_requests"),
        warm_up: SimDuration::from_secs_f64(reader.number("warm_up_time")),
        cold_factor: reader.number("cold_factor"),
        scaling: scaling_config(reader),
        objects: heap::read(&reader.variant("objects").1, &reader.variant("object_pool").1),
        local_cache: level::local::read(&reader.variant("local_cache").1).map(Box::new),
        rollout: rollout::read(&reader.variant("rollout").1),
        ..PoolConfig::new(PoolKind::Service, time.clone(), time)
    }))
}

/// `None` where nobody scales, and nobody asks what replicas use.
fn scaling_config(reader: &Reader<'_>) -> Option<Box<ScalingConfig>> {
    let choice = |key| reader.variant(key).1;
    let (nodes, node_size) = nodes::read(&choice("nodes")).unzip();
    let config = ScalingConfig {
        scaler: choice("scaler"),
        instance: instance::read(&choice("instance")),
        start_up: start_up::read(&choice("start_up")),
        nodes,
        node_size,
    };
    let plain = config.scaler.id == "off" && config.instance.is_none() && nodes.is_none() && config.start_up.is_none();
    (!plain).then(|| Box::new(config))
}
