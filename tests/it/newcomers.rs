//! What joins a station while it runs begins alike: a service's replica, a read replica, a node of a cache.

use headroom::engine::time::{SimDuration, SimTime};
use headroom::model::heap;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::System;
use headroom::model::system::plan::{Plan, PoolConfig, StationConfig};
use headroom::model::system::pool::replica::Replica;
use headroom::model::system::station::Kind;
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, system, variant, wire};

fn run_to(system: &mut System, secs: f64) {
    system.advance(SimTime::from_secs_f64(secs), u64::MAX);
}

/// A station's replicas, by ascending number.
fn replicas(system: &System, node: NodeId) -> Vec<&Replica> {
    let station = system.station_at(system.station_index(node).unwrap());
    let Some(pool) = station.pool() else { panic!("{} has replicas", station.label) };
    pool.replicas.iter().map(|ix| system.replica_at(*ix).unwrap()).collect()
}

/// The plan of a document in which newcomers of the station are cold for 100 s, and its requests take objects.
fn plan_with_cold_newcomers(document: &Document, node: NodeId) -> Plan {
    let mut plan = plan(document).0.unwrap();
    let choice = |id: &str| Variant::new(id, Params::new());
    let objects = heap::read(&choice("on"), &choice("off"));
    for station in plan.stations.iter_mut().filter(|station| station.id == node) {
        let StationConfig::Pool(config) = &mut station.config else { panic!("{} has replicas", station.label) };
        **config = PoolConfig {
            warm_up: SimDuration::from_secs_f64(100.0),
            warm_up_requests: 1_000_000,
            cold_factor: 3.0,
            objects,
            ..(**config).clone()
        };
    }
    plan
}

/// Clients that send 20 requests a second to a station of a kind, which is told of so many that serve.
fn served_by(kind: &str, count: f64) -> (Document, NodeId) {
    let mut document = Document { seed: 7, run_length_secs: 60.0, ..Document::default() };
    let clients = add(&mut document, "source", "Clients", &[("profile", variant("constant", &[("rate", 20.0)]))]);
    let params = match kind {
        "service" => {
            let start_up =
                Params::new().with("pull", constant(5.0)).with("boot", constant(5.0)).with("probe_every", 1.0);
            let start_up = Value::Variant(Variant::new("staged", start_up));
            vec![("replicas", Value::from(count)), ("start_up", start_up)]
        }
        "database" => {
            let copying = [("count", count - 1.0), ("data", 1.0), ("copy_rate", 100.0)];
            vec![("read_replicas", variant("fixed", &copying))]
        }
        _ => vec![("cluster", variant("fixed", &[("nodes", count), ("join", 10.0)]))],
    };
    let station = add(&mut document, kind, "Station", &params);
    wire(&mut document, clients, station, &[("latency", constant(0.0))]);
    (document, station)
}

/// What is there at the start has served for long; what joins at about 20 s is cold until 120 s. Both have memory.
#[test]
fn a_newcomer_of_any_kind_is_cold_and_has_memory_of_its_own() {
    for kind in ["service", "database", "cache"] {
        let (document, station) = served_by(kind, 1.0);
        let mut system = System::new(&plan_with_cold_newcomers(&document, station), Vec::new(), document.seed);
        run_to(&mut system, 10.0);
        system.rebuild(&plan_with_cold_newcomers(&served_by(kind, 2.0).0, station));
        run_to(&mut system, 19.0);
        assert_eq!(replicas(&system, station).len(), 1, "{kind}: it takes 10 s");
        run_to(&mut system, 40.0);
        let there = replicas(&system, station);
        let cold: Vec<bool> = there.iter().map(|replica| replica.is_cold(system.now())).collect();
        assert_eq!(cold, [false, true], "{kind}");
        let config = match &system.station_at(system.station_index(station).unwrap()).kind {
            Kind::Pool(pool) => &pool.config,
            _ => unreachable!("a pool"),
        };
        // Cold for 80 to 81 % of its time still: 1 + 2 x 0.8, or a little more for the requests that it has not served.
        assert!(there[1].cold_factor(config, system.now()) > 2.6, "{kind}");
        assert!(there.iter().all(|replica| replica.allocator.is_some()), "{kind}: each has memory of its own");
    }
}

/// Messages for a database are handed to it as a whole: its primary writes, and no read replica is asked to.
#[test]
fn a_broker_hands_writes_to_the_primary_alone() {
    let mut document = Document { seed: 7, run_length_secs: 30.0, ..Document::default() };
    let clients = [("profile", variant("constant", &[("rate", 40.0)])), ("write_share", Value::from(1.0))];
    let clients = add(&mut document, "source", "Clients", &clients);
    let broker = add(&mut document, "broker", "Orders", &[]);
    let replicas_of =
        |count: f64| ("read_replicas", variant("fixed", &[("count", count), ("data", 1.0), ("copy_rate", 1_000.0)]));
    let store = [replicas_of(2.0), ("write_time", constant(0.02))];
    let store = add(&mut document, "database", "Store", &store);
    wire(&mut document, clients, broker, &[("latency", constant(0.0))]);
    wire(&mut document, broker, store, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    let mut seen_at_work = 0;
    for step in 1..=280 {
        if step == 100 {
            // One more joins, and is not asked either.
            let mut more = document.clone();
            let (key, value) = replicas_of(3.0);
            std::rc::Rc::make_mut(more.nodes.get_mut(&store).unwrap()).params.set(key, value);
            system.rebuild(&plan(&more).0.unwrap());
        }
        run_to(&mut system, f64::from(step) * 0.1);
        let busy: Vec<u32> = replicas(&system, store).iter().map(|replica| replica.busy).collect();
        assert!(busy[1..].iter().all(|busy| *busy == 0), "{step}: {busy:?}");
        seen_at_work += u32::from(busy[0] > 0);
    }
    assert_eq!(replicas(&system, store).len(), 4);
    assert!(
        seen_at_work > 100,
        "40 writes a second at 20 ms each: at work half of the time, not {seen_at_work} of 280"
    );
}
