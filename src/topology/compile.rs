//! From a document to a plan: checks it, then reads every parameter into its typed form.

use super::check::check;
use super::document::{Change, Diagnostic, Document, Edge, EdgeId, Node, NodeId, Severity};
use crate::engine::dist::Dist;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::admission::{Admission, limit, shed};
use crate::model::broker::{self, Acks, Guarantee};
use crate::model::edge::EDGE_ENTRY;
use crate::model::geography::find_region;
use crate::model::money::Tariff;
use crate::model::params::Value;
use crate::model::policy::PolicyPlan;
use crate::model::policy::backoff::Backoff;
use crate::model::priority::Priority;
use crate::model::profile::Profile;
use crate::model::read::Reader;
use crate::model::scaler::calendar::Calendar;
use crate::model::scaler::{cache_cluster, instance, nodes, read_replicas, rollout, start_up};
use crate::model::station::{self, StationKind};
use crate::model::system::plan::{
    Arrivals, BalancerConfig, CallMode, CallerConfig, Carries, CheckConfig, ConnectionConfig, EdgePlan, Layer,
    NameConfig, Plan, PoolConfig, PoolKind, PriorityShare, RunPlan, ScalingConfig, SourceConfig, Standing,
    StationConfig, StationPlan, WindowPlan,
};
use crate::model::system::{LiveFault, System, TimedFault};
use crate::model::{balancer, discipline, distribution, object_pool, outlier, slow_start};

/// A run ends this long after its length at the latest, even if requests are still in flight.
pub const DRAIN: SimDuration = SimDuration::from_secs(60);

/// A system at time zero, unless an error stands in the way; and all problems found, errors first.
#[must_use]
pub fn compile(document: &Document) -> (Option<System>, Vec<Diagnostic>) {
    let (plan, diagnostics) = plan(document);
    (plan.map(|plan| System::new(&plan, timetable(document), document.seed)), diagnostics)
}

/// The plan alone; see [`compile`].
#[must_use]
pub fn plan(document: &Document) -> (Option<Plan>, Vec<Diagnostic>) {
    let diagnostics = check(document);
    if diagnostics.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, diagnostics);
    }
    let stations: Vec<StationPlan> =
        document.nodes.iter().filter_map(|(id, node)| station_plan(document, *id, node)).collect();
    let edges = document.edges.iter().map(|(id, edge)| edge_plan(*id, edge)).collect();
    let areas = document.areas.iter().map(|(id, area)| (*id, area.label.clone())).collect();
    (Some(Plan { stations, edges, areas, run: run_plan(document) }), diagnostics)
}

/// The faults on the document's timetable.
#[must_use]
pub fn timetable(document: &Document) -> Vec<TimedFault> {
    let fault = |scheduled: &super::document::ScheduledFault| TimedFault {
        at: SimTime::from_secs_f64(scheduled.at_secs),
        lasts: scheduled.for_secs.map(SimDuration::from_secs_f64),
        kind: scheduled.fault.kind.clone(),
        target: scheduled.fault.target,
        params: scheduled.fault.params.clone(),
    };
    document.faults.iter().map(fault).collect()
}

/// A live change as the system takes it; `None` for edits, which go through a new plan.
#[must_use]
pub fn live_fault(change: &Change) -> Option<LiveFault> {
    match change {
        Change::Edit(_) => None,
        Change::Inject(fault) => {
            Some(LiveFault::Start { kind: fault.kind.clone(), target: fault.target, params: fault.params.clone() })
        }
        Change::Lift { kind, target } => Some(LiveFault::End { kind: kind.clone(), target: *target }),
    }
}

fn run_plan(document: &Document) -> RunPlan {
    let secs = SimDuration::from_secs_f64;
    RunPlan {
        run_length: secs(document.run_length_secs),
        warm_up: secs(document.warm_up_secs),
        good_within: document.good_within_secs.map(secs),
        drain: DRAIN,
        windows: document
            .windows
            .iter()
            .map(|window| WindowPlan {
                name: window.name.clone(),
                from: secs(window.from_secs),
                to: secs(window.to_secs),
            })
            .collect(),
        objective: document.objective(),
        transfer: document.transfer_costs,
        calendar: document.day_secs.map_or_else(Calendar::default, Calendar::with_day),
    }
}

fn station_plan(document: &Document, id: NodeId, node: &Node) -> Option<StationPlan> {
    let kind = station::find(&node.kind)?;
    let reader = Reader::new(&kind.entry, &node.params);
    let config = match kind.entry.id {
        "source" => StationConfig::Source(source_config(&reader)),
        kind @ ("gateway" | "balancer" | "l4-balancer" | "dns" | "client-balancer") => {
            StationConfig::Balancer(balancer_config(&reader, layer(kind, &reader)))
        }
        "cache" => StationConfig::Pool(cache_config(&reader)),
        "database" => StationConfig::Pool(database_config(&reader)),
        "service" => StationConfig::Pool(service_config(&reader)),
        "broker" => StationConfig::Broker(broker_config(&reader)),
        _ => return None,
    };
    let admission = admission_of(kind, &reader);
    let tariff = Tariff::read(&kind.entry, &reader);
    Some(StationPlan { id, label: node.label.clone(), stands: standing(document, node), admission, tariff, config })
}

/// What stands in front of a station of this kind: what it can be told.
fn admission_of(kind: &StationKind, reader: &Reader<'_>) -> Admission {
    let has = |key: &str| kind.entry.params.iter().any(|spec| spec.key == key);
    Admission {
        rate_limit: has("rate_limit").then(|| limit::read(&reader.variant("rate_limit").1)).flatten(),
        shedding: has("shedding").then(|| shed::read(&reader.variant("shedding").1)).flatten(),
    }
}

/// Where a node stands; `None` for one in no area. (An area that is nowhere has been refused by `check`.)
fn standing(document: &Document, node: &Node) -> Option<Standing> {
    let (region_area, region, zone) = document.region_around(node.area?)?;
    Some(Standing { region: find_region(region)?, region_area, zone })
}

fn dist(reader: &Reader<'_>, key: &str) -> Dist {
    let (_, variant) = reader.variant(key);
    distribution::build(&variant).expect("check() refuses parameters that make no distribution")
}

fn optional(secs: f64) -> Option<SimDuration> {
    (secs > 0.0).then(|| SimDuration::from_secs_f64(secs))
}

fn source_config(reader: &Reader<'_>) -> SourceConfig {
    let profile = || {
        let (entry, variant) = reader.variant("profile");
        Profile::build(entry, &variant.params)
    };
    let (entry, variant) = reader.variant("arrivals");
    let arrivals = match entry.id {
        "closed" => {
            let closed = Reader::new(entry, &variant.params);
            Arrivals::Closed { users: closed.count("users"), think_time: dist(&closed, "think_time") }
        }
        "regular" => Arrivals::Regular(profile()),
        _ => Arrivals::Poisson(profile()),
    };
    SourceConfig {
        arrivals,
        write_share: reader.number("write_share"),
        static_share: reader.number("static_share"),
        keys: reader.count("keys"),
        key_skew: reader.number("key_skew"),
        clients: reader.count("clients"),
        proxies: reader.count("proxies"),
        resolvers: reader.count("resolvers"),
        paths: shares(reader, "paths"),
        countries: shares(reader, "countries"),
        request_kilobytes: reader.number("request_kilobytes"),
        answer_kilobytes: reader.number("answer_kilobytes"),
        priorities: priorities(reader),
        patience: (reader.variant("patience").0.id != "endless").then(|| dist(reader, "patience")),
    }
}

/// Rows (priority, weight, path) of the table.
fn priorities(reader: &Reader<'_>) -> Vec<PriorityShare> {
    let row = |row: Vec<Value>| match row.as_slice() {
        [Value::Text(word), Value::Number(weight), Value::Text(path)] => {
            let priority = Priority::of(word).unwrap_or_default();
            Some(PriorityShare { priority, weight: weight.max(0.0), path: path.clone() })
        }
        _ => None,
    };
    reader.rows("priorities").into_iter().filter_map(row).collect()
}

/// Names and their cumulative shares 0..1, from the rows (name, weight) of a table.
fn shares(reader: &Reader<'_>, key: &str) -> Vec<(String, f64)> {
    let rows: Vec<(String, f64)> = reader
        .rows(key)
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Value::Text(name), Value::Number(weight)] => Some((name.clone(), weight.max(0.0))),
            _ => None,
        })
        .collect();
    let total: f64 = rows.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    rows.into_iter()
        .map(|(name, weight)| {
            sum += weight / total;
            (name, sum)
        })
        .collect()
}

fn balancer_config(reader: &Reader<'_>, layer: Layer) -> BalancerConfig {
    let (_, strategy) = reader.variant("strategy");
    let names = matches!(layer, Layer::Names(_));
    BalancerConfig {
        layer,
        // A strategy that cannot be built is an error of the document; see `check`.
        strategy: if balancer::check(&strategy).is_ok() { strategy } else { balancer::default_variant() },
        checks: reader.flag("health_checks").then(|| CheckConfig {
            interval: SimDuration::from_secs_f64(reader.number("check_interval")),
            timeout: SimDuration::from_secs_f64(reader.number("check_timeout")),
            rise: reader.count("rise"),
            fall: reader.count("fall"),
            deep: reader.choice("check") == "deep",
            concurrent: reader.count("concurrent"),
        }),
        // DNS hears of no answer and shares out no requests.
        outliers: (!names).then(|| outlier::read(&reader.variant("outlier_detection").1)).flatten(),
        slow_start: (!names).then(|| slow_start::read(&reader.variant("slow_start").1)).flatten(),
        panic_mode: reader.flag("panic_mode"),
        panic_threshold: reader.number("panic_threshold"),
    }
}

/// L4, DNS, client-side: what is chosen for, with its parameters.
fn layer(kind: &str, reader: &Reader<'_>) -> Layer {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    match kind {
        "l4-balancer" => Layer::Connections(ConnectionConfig {
            per_caller: reader.count("connections"),
            lifetime: optional(reader.number("lifetime")),
            idle: optional(reader.number("idle_timeout")),
            requests: reader.count("requests_per_connection"),
            cut_when_down: reader.flag("cut_when_down"),
        }),
        "dns" => Layer::Names(NameConfig { ttl: secs("ttl"), lookup: secs("lookup_time") }),
        "client-balancer" => Layer::Callers(CallerConfig {
            clients: reader.count("callers"),
            refresh: secs("refresh"),
            subset: reader.count("subset"),
        }),
        _ => Layer::Requests { elsewhere: reader.flag("retry_elsewhere") },
    }
}

fn service_config(reader: &Reader<'_>) -> PoolConfig {
    let time = dist(reader, "service_time");
    let discipline = discipline::read(&reader.variant("discipline").1);
    PoolConfig {
        kind: PoolKind::Service,
        replicas: reader.count("replicas"),
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        // Where nobody waits there is no queue to share.
        shared_queue: reader.choice("queue") == "shared" && !discipline.is_sharing(),
        discipline,
        read_time: time.clone(),
        write_time: time,
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
        objects: object_pool::read(&reader.variant("objects").1, &reader.variant("object_pool").1),
        rollout: rollout::read(&reader.variant("rollout").1),
        read_replicas: None,
        cluster: None,
        price: 0.0,
    }
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

fn cache_config(reader: &Reader<'_>) -> PoolConfig {
    let time = dist(reader, "lookup_time");
    PoolConfig {
        kind: PoolKind::Cache { capacity: reader.count("capacity"), ttl: optional(reader.number("ttl")) },
        replicas: 1,
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        shared_queue: false,
        discipline: discipline::Settings::default(),
        read_time: time.clone(),
        write_time: time,
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        calls: CallMode::Sequence,
        warm_up_requests: 0,
        warm_up: SimDuration::ZERO,
        cold_factor: 1.0,
        scaling: None,
        objects: None,
        rollout: rollout::Settings::default(),
        read_replicas: None,
        cluster: cache_cluster::read(&reader.variant("cluster").1),
        price: reader.number("price"),
    }
}

fn database_config(reader: &Reader<'_>) -> PoolConfig {
    PoolConfig {
        kind: PoolKind::Database,
        replicas: 1,
        slots: reader.count("connections"),
        queue_limit: reader.count("queue_limit"),
        shared_queue: false,
        discipline: discipline::read(&reader.variant("discipline").1),
        read_time: dist(reader, "read_time"),
        write_time: dist(reader, "write_time"),
        check_time: SimDuration::from_secs_f64(reader.number("check_time")),
        calls: CallMode::Sequence,
        warm_up_requests: 0,
        warm_up: SimDuration::ZERO,
        cold_factor: 1.0,
        scaling: None,
        objects: None,
        rollout: rollout::Settings::default(),
        read_replicas: read_replicas::read(&reader.variant("read_replicas").1).map(Box::new),
        cluster: None,
        price: reader.number("price"),
    }
}

fn broker_config(reader: &Reader<'_>) -> broker::Settings {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let gives_up = reader.count("max_deliveries");
    broker::Settings {
        partitions: reader.count("partitions"),
        by_key: reader.choice("partition_by") == "key",
        capacity: reader.count("capacity"),
        drop_oldest: reader.choice("when_full") == "drop_oldest",
        acks: match reader.choice("acks") {
            "none" => Acks::None,
            "flushed" => Acks::Flushed,
            _ => Acks::Memory,
        },
        append: secs("append_time"),
        flush: secs("flush_time"),
        flush_every: secs("flush_interval"),
        guarantee: match reader.choice("guarantee") {
            "at_most_once" => Guarantee::AtMostOnce,
            "effectively_once" => Guarantee::EffectivelyOnce,
            _ => Guarantee::AtLeastOnce,
        },
        ordered: reader.flag("ordered"),
        prefetch: reader.count("prefetch"),
        commit_every: optional(reader.number("commit_interval")),
        session: secs("session_timeout"),
        rebalance: secs("rebalance_time"),
        cooperative: reader.choice("rebalance") == "cooperative",
        redelivery: secs("redelivery_wait"),
        deliveries_max: (gives_up > 0).then_some(gives_up),
        recognize: secs("dedup_time"),
        remember: secs("dedup_window"),
    }
}

fn edge_plan(id: EdgeId, edge: &Edge) -> EdgePlan {
    let reader = Reader::new(&EDGE_ENTRY, &edge.params);
    EdgePlan {
        id,
        from: edge.from,
        to: edge.to,
        latency: dist(&reader, "latency"),
        timeout: optional(reader.number("timeout")),
        retries: reader.count("retries") as u8,
        backoff: Backoff::read(&reader.variant("backoff").1),
        weight: reader.count("weight"),
        carries: match reader.choice("operations") {
            "reads" => Carries::Reads,
            "writes" => Carries::Writes,
            "static" => Carries::Static,
            _ => Carries::All,
        },
        path: reader.text("path"),
        probability: reader.number("probability"),
        policy: PolicyPlan::read(&reader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::AreaId;
    use crate::model::params::Params;
    use crate::topology::document::{Area, AreaKind, Point};

    #[test]
    fn a_station_stands_in_its_region_and_perhaps_in_a_zone_of_it() {
        let mut document = Document::default();
        let area = |kind: AreaKind| Area { kind, label: String::new(), at: Point::default(), size: Point::default() };
        let region = document.add_area(area(AreaKind::Region { region: "ap-south-1".to_owned() }));
        let zone = document.add_area(area(AreaKind::Zone { within: region }));
        for (kind, stands) in [("source", None), ("service", Some(region)), ("service", Some(zone))] {
            let label = kind.to_owned();
            let (at, params) = (Point::default(), Params::new());
            document.add_node(Node { kind: label.clone(), label, role: None, at, area: stands, params });
        }
        for to in [2, 3] {
            document.add_edge(Edge { from: NodeId(1), to: NodeId(to), params: Params::new() });
        }
        let (plan, problems) = plan(&document);
        let plan = plan.unwrap_or_else(|| panic!("{problems:#?}"));
        let stands: Vec<_> = plan.stations.iter().map(|station| station.stands).collect();
        let mumbai = find_region("ap-south-1").expect("a region of the table");
        let standing = |zone: Option<AreaId>| Some(Standing { region: mumbai, region_area: region, zone });
        assert_eq!(stands, [None, standing(None), standing(Some(zone))]);
        assert_eq!(plan.areas.len(), 2);
    }
}
