//! Read replicas and caches of several nodes, against timelines and numbers computed by hand.

use headroom::engine::time::SimTime;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::Outcome;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::scaler::Limit;
use headroom::model::system::{CacheNodeStage, LiveFault, ReadReplicaStage, ReadReplicasLook, System};
use headroom::topology::compile::plan;
use headroom::topology::document::{Area, AreaKind, Document, EdgeId, NodeId, Point};

use crate::fixture::{add, constant, run_to, system, variant, wire};

fn at(secs: f64) -> SimTime {
    SimTime::from_secs_f64(secs)
}

/// Regular arrivals with a share of writes, straight to a database.
fn database(rate: f64, writes: f64, secs: f64, params: &[(&str, Value)]) -> (Document, NodeId) {
    let mut document = Document { seed: 7, run_length_secs: secs, ..Document::default() };
    let clients = [
        ("arrivals", variant("regular", &[])),
        ("profile", variant("constant", &[("rate", rate)])),
        ("write_share", Value::from(writes)),
        ("keys", Value::from(1_000.0)),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let database = add(&mut document, "database", "Database", params);
    wire(&mut document, clients, database, &[("latency", constant(0.0))]);
    (document, database)
}

fn read_replicas(system: &System, database: NodeId) -> ReadReplicasLook {
    system.look_at_read_replicas(database).unwrap()
}

fn stages(system: &System, database: NodeId) -> Vec<ReadReplicaStage> {
    read_replicas(system, database).replicas.iter().map(|replica| replica.stage).collect()
}

#[test]
fn reads_are_shared_by_all_and_writes_go_to_the_primary_alone() {
    let params = [
        ("read_replicas", variant("fixed", &[("count", 3.0)])),
        ("read_time", constant(0.001)),
        ("write_time", constant(0.001)),
        ("price", Value::from(0.24)),
    ];
    let (document, database) = database(200.0, 0.25, 100.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 200.0);
    let look = read_replicas(&system, database);
    let (run, reads) = (&system.totals().run, look.reads as f64);
    assert_eq!(run.completed(), run.offered);
    // 20,000 requests, three quarters of them reads: a standard error of 61; four of them.
    assert!((reads - 15_000.0).abs() < 245.0, "{reads}");
    for replica in &look.replicas {
        // A quarter each, the primary being the fourth: a standard error of 53.
        assert!((replica.reads as f64 - reads / 4.0).abs() < 212.0, "{}", replica.reads);
        assert_eq!((replica.behind, replica.stage), (0, ReadReplicaStage::Serving));
    }
    // Each costs what the primary costs.
    let cost = system.station_meter(database).unwrap().cost_per_hour();
    assert!((cost - 0.96).abs() < 1e-12, "{cost}");
}

/// All ask for one item, which is written every 200 ms: a replica lacks the newest write for as long as it takes to apply,
/// so that is the share of its reads that are stale, whenever they come.
#[test]
fn the_share_of_stale_reads_is_the_time_to_apply_over_the_time_between_writes() {
    for (apply, share) in [(0.0, 0.0), (0.05, 0.25), (0.1, 0.5)] {
        let replicas = variant("fixed", &[("count", 2.0), ("apply_time", apply)]);
        let params = [("read_replicas", replicas), ("read_time", constant(0.0)), ("write_time", constant(0.0))];
        let (mut document, database) = database(5.0, 1.0, 100.0, &params);
        for node in document.nodes.values_mut().filter(|node| node.kind == "source") {
            std::rc::Rc::make_mut(node).params.set("keys", 1.0);
        }
        let readers = [("profile", variant("constant", &[("rate", 300.0)])), ("keys", Value::from(1.0))];
        let readers = add(&mut document, "source", "Readers", &readers);
        wire(&mut document, readers, database, &[("latency", constant(0.0))]);
        document.warm_up_secs = 10.0;
        let report = crate::lessons::report(&document);
        let station = report.whole.stations.iter().find(|station| station.node == database).unwrap();
        let [reads, stale] = ["read_replica_reads", "stale_reads"].map(|id| station.get(id).0);
        // Two of three of 27,000 reads: a standard error of 73 reads, and of at most 0.0037 of the share; four of them.
        assert!((reads - 18_000.0).abs() < 500.0, "{reads}");
        let found = headroom::lesson::metric::find("stale_share.mean").unwrap();
        let found = found.0.read(&report.whole, Some(station), found.1).get().unwrap();
        assert!((found - share).abs() < 0.015, "{apply}: {found}");
        assert_eq!(stale / reads, found);
    }
}

/// 8 reads for each write and a second: the rule wants 2, at 60 s, and each copies 10 GB at 200 MB/s for 50 s.
#[test]
fn the_rule_follows_a_hand_computed_timeline() {
    let rule = variant("rule", &[("wait", 0.0)]);
    let params = [("read_replicas", rule), ("read_time", constant(0.001)), ("write_time", constant(0.001))];
    let (mut document, database) = database(100.0, 0.0, 400.0, &params);
    // 100 reads and 11.5 writes a second: 100 / 12.5 = 8. Writes come from clients of their own, so that it is exact.
    let writers = [
        ("arrivals", variant("regular", &[])),
        ("profile", variant("step", &[("before", 11.5), ("after", 99.0), ("at", 180.0)])),
        ("write_share", Value::from(1.0)),
    ];
    let writers = add(&mut document, "source", "Writers", &writers);
    wire(&mut document, writers, database, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 59.9);
    assert!(stages(&system, database).is_empty());
    run_to(&mut system, 85.0);
    use ReadReplicaStage::{Copying, Serving};
    assert_eq!(stages(&system, database), [Copying, Copying]);
    let look = read_replicas(&system, database);
    assert!((look.replicas[0].progress - 0.5).abs() < 1e-9, "25 s of 50: {}", look.replicas[0].progress);
    assert!(look.syncs[0].why[0].ends_with("is 8.0: 2 to begin with (2 above 5, 3 above 10)."), "{:?}", look.syncs[0]);
    run_to(&mut system, 109.9);
    assert_eq!(stages(&system, database), [Copying, Copying]);
    // What was written meanwhile is applied at 2 ms each: 575 writes take 1.15 s, and below 1 s of lag it serves.
    run_to(&mut system, 113.0);
    assert_eq!(stages(&system, database), [Serving, Serving]);
    // From 180 s on 100 reads meet 99 writes: 1 is enough. The newest one goes.
    run_to(&mut system, 241.0);
    let look = read_replicas(&system, database);
    assert_eq!((stages(&system, database), look.wanted), (vec![Serving], 1));
    let numbers: Vec<(f64, u32)> = look.syncs.iter().map(|sync| (sync.at.as_secs_f64(), sync.desired)).collect();
    assert_eq!(numbers, [(60.0, 2), (120.0, 2), (180.0, 2), (240.0, 1)]);
}

#[test]
fn a_number_that_was_asked_for_is_kept_for_a_while() {
    let rule = variant("rule", &[("wait", 150.0), ("two_above", 0.0), ("three_above", 1_000.0), ("cpu", 0.01)]);
    let params = [("read_replicas", rule), ("read_time", constant(0.01)), ("connections", Value::from(10.0))];
    let (mut document, database) = database(1.0, 0.0, 400.0, &params);
    // 40 reads a second at 10 ms each are 4 % of 10 connections, above 1 %; from 100 s on they are a tenth of a percent.
    let more = [
        ("arrivals", variant("regular", &[])),
        ("profile", variant("step", &[("before", 39.0), ("after", 0.0), ("at", 100.0)])),
        ("write_share", Value::from(0.0)),
    ];
    let more = add(&mut document, "source", "More", &more);
    wire(&mut document, more, database, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 400.0);
    let syncs = read_replicas(&system, database).syncs;
    let numbers: Vec<(f64, u32)> = syncs.iter().map(|sync| (sync.at.as_secs_f64(), sync.desired)).collect();
    // 3 at 60 s and, with 40 s of load in the minute, at 120 s; 150 s later the last of these no longer counts.
    assert_eq!(numbers, [(60.0, 3), (120.0, 3), (180.0, 3), (240.0, 3), (300.0, 2), (360.0, 2)]);
    assert_eq!((syncs[2].proposed, syncs[2].stabilized, syncs[2].limit), (Some(2), Some(3), Limit::Wait));
}

/// One write, then reads of the same item every 10 ms: those that go to the replica before it has applied the write are
/// stale, and no others.
#[test]
fn reads_are_stale_until_the_write_is_applied() {
    let replicas = variant("fixed", &[("count", 1.0), ("apply_time", 0.5)]);
    let params = [("read_replicas", replicas), ("read_time", constant(0.001)), ("write_time", constant(0.001))];
    let (mut document, database) = database(100.0, 0.0, 20.0, &params);
    let clients = std::rc::Rc::make_mut(document.nodes.get_mut(&NodeId(1)).unwrap());
    clients.params.set("keys", 1.0);
    let writer = [
        ("arrivals", variant("regular", &[])),
        ("profile", variant("constant", &[("rate", 0.1)])),
        ("write_share", Value::from(1.0)),
        ("keys", Value::from(1.0)),
    ];
    let writer = add(&mut document, "source", "Writer", &writer);
    wire(&mut document, writer, database, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    run_to(&mut system, 10.2);
    let look = read_replicas(&system, database);
    // The write comes at 10 s, or at 5 s: once within the run so far, and is committed a millisecond later.
    let behind: Vec<usize> = look.replicas.iter().map(|replica| replica.behind).collect();
    run_to(&mut system, 30.0);
    let look = read_replicas(&system, database);
    let writes = system.station_meter(database).unwrap().whole(system.now()).arrivals() - look.reads;
    // Half of 50 reads for each write: a standard error of 3.5 for each; four of them.
    let expected = 25.0 * writes as f64;
    assert!(writes >= 1 && (look.stale as f64 - expected).abs() < 14.0 * (writes as f64).sqrt(), "{look:?} {writes}");
    assert!(look.worst.as_secs_f64() < 0.5 && look.worst.as_secs_f64() > 0.4, "{:?}", look.worst);
    assert_eq!(look.replicas[0].stale, look.stale);
    assert_eq!(look.replicas[0].behind, 0);
    assert!(behind[0] <= 1);
}

/// 600 writes a second at 2 ms each are more than one thread applies: after 30 s it is 5 s behind.
#[test]
fn more_writes_than_one_thread_applies_let_it_fall_behind() {
    let replicas = variant("fixed", &[("count", 1.0), ("apply_time", 0.002)]);
    let params = [("read_replicas", replicas), ("read_time", constant(0.0001)), ("write_time", constant(0.0001))];
    let (document, database) = database(600.0, 1.0, 60.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 30.0);
    let replica = read_replicas(&system, database).replicas[0].clone();
    // 18,000 committed, 15,000 applied: the first that is missing was committed at 25 s.
    assert!((replica.behind as f64 - 3_000.0).abs() < 5.0, "{}", replica.behind);
    assert!((replica.lag.as_secs_f64() - 5.0).abs() < 0.02, "{:?}", replica.lag);
}

#[test]
fn a_failover_of_the_primary_leaves_reads_to_the_replicas() {
    let params = [
        ("read_replicas", variant("fixed", &[("count", 3.0)])),
        ("read_time", constant(0.001)),
        ("write_time", constant(0.001)),
    ];
    let (document, database) = database(100.0, 0.2, 100.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 20.0);
    system.apply_fault(&LiveFault::Start {
        kind: "failover".to_owned(),
        target: FaultTarget::Node(database),
        params: Params::new().with("detection", 10.0).with("promotion", 10.0),
    });
    run_to(&mut system, 200.0);
    let run = &system.totals().run;
    let failed = run.by_outcome[Outcome::Failed.index()] as f64;
    // Within 20 s all of 400 writes, and a quarter of 1,600 reads, fail: 800, with a standard error of 25.
    assert!((failed - 800.0).abs() < 100.0, "{failed}");
}

#[test]
fn a_replica_in_several_zones_is_back_by_itself_and_costs_twice_as_much() {
    for (multi_zone, serves, cost) in [(true, true, 0.72), (false, false, 0.48)] {
        let mut replicas = Params::new().with("count", 1.0).with("failover", 30.0);
        replicas.set("multi_zone", multi_zone);
        let params = [
            ("read_replicas", Value::Variant(Variant::new("fixed", replicas))),
            ("read_time", constant(0.001)),
            ("price", Value::from(0.24)),
        ];
        let (document, database) = database(50.0, 0.0, 100.0, &params);
        let mut system = system(&document);
        run_to(&mut system, 10.0);
        let number = read_replicas(&system, database).replicas[0].number;
        system.apply_fault(&LiveFault::Start {
            kind: "kill".to_owned(),
            target: FaultTarget::Replica(database, number),
            params: Params::new(),
        });
        run_to(&mut system, 39.9);
        assert!(read_replicas(&system, database).replicas[0].dead);
        run_to(&mut system, 40.1);
        assert_eq!(!read_replicas(&system, database).replicas[0].dead, serves);
        let bill = system.station_meter(database).unwrap().cost_per_hour();
        assert!((bill - cost).abs() < 1e-12, "{bill}");
    }
}

/// Clients in India, a primary in Virginia: a replica in Mumbai answers their reads at once; their writes still travel.
#[test]
fn a_replica_near_its_readers_saves_their_way() {
    let median = |region: &str| {
        let replicas = Params::new().with("count", 1.0).with("region", region);
        let params = [
            ("read_replicas", Value::Variant(Variant::new("fixed", replicas))),
            ("read_time", constant(0.001)),
            ("write_time", constant(0.001)),
        ];
        let (mut document, database) = database(50.0, 0.1, 30.0, &params);
        let area = AreaKind::Region { region: "us-east-1".to_owned() };
        let area = Area { kind: area, label: "Virginia".into(), at: Point::default(), size: Point::default() };
        let area = document.add_area(area);
        std::rc::Rc::make_mut(document.nodes.get_mut(&database).unwrap()).area = Some(area);
        let row = Value::List(vec![Value::from("IN"), Value::Number(1.0)]);
        let clients = std::rc::Rc::make_mut(document.nodes.get_mut(&NodeId(1)).unwrap());
        clients.params.set("countries", Value::List(vec![row]));
        let mut system = system(&document);
        run_to(&mut system, 100.0);
        let run = &system.totals().run;
        (run.percentile_offered(50.0).unwrap(), run.percentile_offered(99.0).unwrap())
    };
    // Virginia and Mumbai are 191.1 ms apart and back; within a region it is 0.09 ms.
    let (at_home, far) = (median("primary"), median("ap-south-1"));
    assert!((at_home.0 - 0.1921).abs() < 0.002, "{at_home:?}");
    assert!((far.0 - 0.0011).abs() < 0.0005 && (far.1 - 0.1921).abs() < 0.002, "{far:?}");
}

/// Virginia and Mumbai are 191.1 ms apart and back, a write takes 1 ms: one that waits for the replica in Mumbai is answered
/// after 192.1 ms, one that waits for more replicas than there are when its wait is over, and each holds its connection
/// until then.
#[test]
fn a_write_is_held_until_as_many_replicas_as_asked_have_received_it() {
    let run = |wait_for: f64, rate: f64, connections: f64, killed: bool| {
        let replicas = [("count", 1.0), ("wait_for", wait_for), ("wait_at_most", 0.5)]
            .into_iter()
            .fold(Params::new(), |all, (key, value)| all.with(key, value));
        let params = [
            ("read_replicas", Value::Variant(Variant::new("fixed", replicas.with("region", "ap-south-1")))),
            ("read_time", constant(0.001)),
            ("write_time", constant(0.001)),
            ("connections", Value::from(connections)),
            ("queue_limit", Value::from(10_000.0)),
        ];
        let (mut document, database) = database(rate, 1.0, 50.0, &params);
        let area = AreaKind::Region { region: "us-east-1".to_owned() };
        let area = Area { kind: area, label: "Virginia".into(), at: Point::default(), size: Point::default() };
        let area = document.add_area(area);
        for node in document.nodes.values_mut() {
            std::rc::Rc::make_mut(node).area = Some(area);
        }
        let mut system = system(&document);
        if killed {
            let target = FaultTarget::Replica(database, 1);
            system.apply_fault(&LiveFault::Start { kind: "kill".to_owned(), target, params: Params::new() });
        }
        run_to(&mut system, 50.0);
        let run = &system.totals().run;
        (run.percentile_offered(1.0).unwrap(), run.times.percentile(99.0).unwrap_or(f64::NAN), run.completed())
    };
    let near = |told: (f64, f64, u64), secs: f64| {
        assert!((told.0 - secs).abs() < 0.002 && (told.1 - secs).abs() < 0.002, "{told:?}, not {secs}");
    };
    near(run(0.0, 4.0, 50.0, false), 0.001);
    near(run(1.0, 4.0, 50.0, false), 0.1921);
    near(run(2.0, 4.0, 50.0, false), 0.501);
    near(run(1.0, 4.0, 50.0, true), 0.501);
    // One connection: 1 / 0.1921 s = 5.2 writes a second, whatever comes.
    let (.., completed) = run(1.0, 20.0, 1.0, false);
    assert!(completed.abs_diff(260) <= 2, "{completed}");
}

/// A class with two cores: ten reads at a time take five times as long each.
#[test]
fn reads_beyond_the_cores_of_a_class_slow_each_other_down() {
    let with = |class: &str| {
        let replicas = Params::new().with("count", 1.0).with("class", class);
        let params = [
            ("read_replicas", Value::Variant(Variant::new("fixed", replicas))),
            ("read_time", constant(0.1)),
            ("price", Value::from(1.0)),
        ];
        let (document, database) = database(40.0, 0.0, 60.0, &params);
        let mut system = system(&document);
        run_to(&mut system, 59.0);
        let cost = system.station_meter(database).unwrap().cost_per_hour();
        (system.totals().run.percentile_offered(95.0).unwrap(), cost)
    };
    // 20 reads a second for 0.1 s keep two cores busy: reads that go there wait; four cores are enough.
    let (like, small, large) = (with("primary"), with("db.r5.large"), with("db.r5.4xlarge"));
    assert!((like.0 - 0.1).abs() < 0.001 && (large.0 - 0.1).abs() < 0.001, "{like:?} {large:?}");
    assert!(small.0 > 0.2, "{small:?}");
    assert_eq!((like.1, small.1, large.1), (2.0, 1.24, 2.92));
}

/// Clients, a service that asks a cache of several nodes first, and a database behind it.
fn aside(cache: &[(&str, Value)], rate: f64, keys: f64, secs: f64) -> (Document, NodeId, NodeId) {
    let mut document = Document { seed: 11, run_length_secs: secs, ..Document::default() };
    let clients = [
        ("profile", variant("constant", &[("rate", rate)])),
        ("write_share", Value::from(0.0)),
        ("keys", Value::from(keys)),
        ("key_skew", Value::from(0.0)),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let service = [("service_time", constant(0.0001)), ("slots", Value::from(1_000.0))];
    let service = add(&mut document, "service", "Service", &service);
    let cache = add(&mut document, "cache", "Cache", cache);
    let store = [("read_time", constant(0.001)), ("connections", Value::from(1_000.0))];
    let store = add(&mut document, "database", "Database", &store);
    for (from, to) in [(clients, service), (service, cache), (service, store)] {
        wire(&mut document, from, to, &[("latency", constant(0.0))]);
    }
    (document, cache, store)
}

/// Three nodes become four while everything is held: about a quarter of the entries move, each of them misses once, and
/// the database has exactly as many reads more.
#[test]
fn a_node_more_moves_one_key_in_four_and_each_of_them_misses_once() {
    let nodes = |count: f64| variant("fixed", &[("nodes", count), ("join", 20.0)]);
    let cache = [
        ("cluster", nodes(3.0)),
        ("capacity", Value::from(2_000.0)),
        ("ttl", Value::from(0.0)),
        ("price", Value::from(0.2)),
    ];
    let (document, cache, store) = aside(&cache, 400.0, 1_000.0, 120.0);
    let mut system = system(&document);
    run_to(&mut system, 40.0);
    let look = system.look_at_cache_cluster(cache).unwrap();
    assert_eq!((look.nodes.len(), look.changes, look.change), (3, 0, None), "that is how it began");
    assert!((look.nodes.iter().map(|node| node.share).sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(look.nodes.iter().map(|node| node.entries).sum::<usize>(), 1_000, "16 look-ups for each key");
    let reads = |system: &System| system.station_meter(store).unwrap().whole(system.now()).arrivals();
    let before = reads(&system);
    let mut more = document.clone();
    std::rc::Rc::make_mut(more.nodes.get_mut(&cache).unwrap()).params.set("cluster", nodes(4.0));
    system.rebuild(&plan(&more).0.unwrap());
    run_to(&mut system, 50.0);
    let look = system.look_at_cache_cluster(cache).unwrap();
    assert_eq!((look.nodes[3].stage, look.nodes[3].share), (CacheNodeStage::Joining, 0.0));
    assert!((look.nodes[3].progress - 0.5).abs() < 1e-9);
    assert_eq!(reads(&system), before, "nothing moves before it has joined");
    let cost = system.station_meter(cache).unwrap().cost_per_hour();
    assert!((cost - 0.8).abs() < 1e-12, "it is paid from its order on: {cost}");
    run_to(&mut system, 120.0);
    let look = system.look_at_cache_cluster(cache).unwrap();
    let change = look.change.unwrap();
    assert_eq!((change.at, change.from, change.to, change.held), (at(60.0), 3, 4, 1_000));
    assert!((change.ideal - 0.25).abs() < 1e-12 && (change.share - 0.25).abs() < 0.08, "{change:?}");
    // A binomial share of 1,000 keys: a standard error of 14; four of them.
    assert!((change.moved as f64 - change.share * 1_000.0).abs() < 56.0, "{change:?}");
    assert_eq!((change.misses, look.misses), (change.moved, change.moved), "every key has been asked for since");
    assert_eq!(reads(&system) - before, change.misses, "each is a read more for the database");
    assert!((look.nodes[3].share - change.share).abs() < 1e-9);
}

/// A cache too small for its keys grows until they fit, and shrinks when the load is gone and entries have expired.
#[test]
fn nodes_come_under_pressure_and_go_when_idle() {
    let rule = variant(
        "load",
        &[("every", 10.0), ("join", 15.0), ("idle", 60.0), ("max", 5.0), ("cpu_above", 1.0), ("memory_above", 0.8)],
    );
    let cache = [("cluster", rule), ("capacity", Value::from(300.0)), ("ttl", Value::from(60.0))];
    let (mut document, cache, _) = aside(&cache, 300.0, 700.0, 600.0);
    let clients = std::rc::Rc::make_mut(document.nodes.get_mut(&NodeId(1)).unwrap());
    clients.params.set("profile", variant("step", &[("before", 300.0), ("after", 1.0), ("at", 200.0)]));
    let mut system = system(&document);
    let serving = |system: &System| {
        let look = system.look_at_cache_cluster(cache).unwrap();
        look.nodes.iter().filter(|node| node.stage == CacheNodeStage::Serving).count()
    };
    run_to(&mut system, 24.9);
    assert_eq!(serving(&system), 1);
    // Full at the first look, at 10 s: the second node is there at 25 s, the third at 45 s; 700 keys are 78 % of 900.
    run_to(&mut system, 25.1);
    assert_eq!(serving(&system), 2);
    run_to(&mut system, 190.0);
    assert_eq!(serving(&system), 3);
    run_to(&mut system, 600.0);
    assert_eq!(serving(&system), 1);
    let look = system.look_at_cache_cluster(cache).unwrap();
    let moves: Vec<(f64, u32)> = look
        .syncs
        .iter()
        .filter(|sync| sync.desired != sync.current)
        .map(|sync| (sync.at.as_secs_f64(), sync.desired))
        .collect();
    assert_eq!(moves[..2], [(10.0, 2), (30.0, 3)]);
    assert_eq!(moves[2..].iter().map(|(_, desired)| *desired).collect::<Vec<_>>(), [2, 1]);
    assert!(moves[3].0 - moves[2].0 >= 60.0, "{moves:?}");
}

#[test]
fn a_dead_node_takes_its_own_keys_with_it_and_no_others() {
    let cache = [("cluster", variant("fixed", &[("nodes", 4.0)])), ("capacity", Value::from(1_000.0))];
    let (document, cache, store) = aside(&cache, 400.0, 400.0, 60.0);
    let mut system = system(&document);
    run_to(&mut system, 30.0);
    let look = system.look_at_cache_cluster(cache).unwrap();
    let victim = &look.nodes[1];
    let reads = |system: &System| system.station_meter(store).unwrap().whole(system.now()).arrivals() as f64;
    let before = reads(&system);
    system.apply_fault(&LiveFault::Start {
        kind: "kill".to_owned(),
        target: FaultTarget::Replica(cache, victim.number),
        params: Params::new(),
    });
    run_to(&mut system, 60.0);
    let look = system.look_at_cache_cluster(cache).unwrap();
    assert_eq!((look.nodes[1].dead, look.nodes[1].entries), (true, 0));
    // For 30 s at 400 a second its share of the keys misses; all is answered all the same.
    let share = (reads(&system) - before) / 12_000.0;
    assert!((share - victim.share).abs() < 0.06, "{share} of {}", victim.share);
    run_to(&mut system, 100.0);
    let run = &system.totals().run;
    assert_eq!(run.completed(), run.offered);
}

/// Switched on and off while it runs, nothing is lost and everything is answered.
#[test]
fn replicas_and_nodes_can_be_changed_while_it_runs() {
    let (document, cache, store) = aside(&[("capacity", Value::from(1_000.0))], 300.0, 400.0, 120.0);
    let mut system = system(&document);
    let changes: [(f64, NodeId, &str, Value); 8] = [
        (10.0, cache, "cluster", variant("fixed", &[("nodes", 3.0), ("join", 5.0)])),
        (12.0, store, "read_replicas", variant("fixed", &[("count", 2.0), ("data", 1.0)])),
        (30.0, cache, "cluster", variant("fixed", &[("nodes", 2.0), ("join", 5.0)])),
        (31.0, cache, "capacity", Value::from(50.0)),
        (40.0, store, "read_replicas", variant("rule", &[("every", 5.0), ("data", 0.1)])),
        (60.0, store, "connections", Value::from(20.0)),
        (70.0, cache, "cluster", variant("off", &[])),
        (80.0, store, "read_replicas", variant("off", &[])),
    ];
    let mut document = document;
    for (secs, node, key, value) in changes {
        run_to(&mut system, secs);
        std::rc::Rc::make_mut(document.nodes.get_mut(&node).unwrap()).params.set(key, value);
        system.rebuild(&plan(&document).0.unwrap());
    }
    assert!(system.look_at_read_replicas(store).is_none() && system.look_at_cache_cluster(cache).is_none());
    run_to(&mut system, 300.0);
    let run = &system.totals().run;
    assert_eq!((run.completed(), run.in_flight()), (run.offered, 0));
    assert_eq!(system.station_meter(store).unwrap().slot_count(), 20);
    assert_eq!(system.station_meter(cache).unwrap().slot_count(), 64);
    let edge = EdgeId(1);
    assert!(document.edges.contains_key(&edge));
}
