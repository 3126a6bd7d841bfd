//! A service: replicas with slots and a queue; its handler computes, then calls further stations while the slot is held.

use super::{Category, DISCIPLINE, Outputs, StationKind};
use crate::model::params::{Entry, ParamSpec, Unit};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "service",
        name: "Service",
        summary: "Replicas that do the work, each with slots and a queue.",
        source: "Multi-server queue; a slot is a worker thread or connection held for the whole call.",
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
                "Requests that may wait per replica (in all, if the queue is shared); more are rejected.",
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
                "Who is turned away on purpose, before the queue is full. Health checks never are.",
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
            ParamSpec::count(
                "warm_up_requests",
                "Cold for",
                0.0,
                0.0,
                1_000_000.0,
                "A replica that is added or revived serves this many requests more slowly: empty caches, code not compiled yet. 0 = it is at full speed at once. Those there when the run starts are warm.",
            ),
            ParamSpec::number(
                "cold_factor",
                "Times as slow when cold",
                Unit::Factor,
                5.0,
                1.0,
                1_000.0,
                "How much longer the very first request takes; it falls evenly to 1 over the requests above. Health checks warm nothing.",
            ),
        ],
        defect: false,
    },
    category: Category::Compute,
    icon: "server",
    accepts_input: true,
    outputs: Outputs::Optional,
};
