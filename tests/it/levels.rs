//! Levels of caches: in each replica (L1), at a cache station (L2), at the edges of a CDN (L3), at the database (L4), against
//! closed forms, Che's approximation, and vectors.

use std::rc::Rc;

use headroom::engine::time::SimTime;
use headroom::model::params::Value;
use headroom::model::system::System;
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::compile::plan;
use headroom::topology::document::{Area, AreaKind, Document, Fault, FaultTarget, NodeId, Point, ScheduledFault};
use headroom::topology::format::Run;

use crate::fixture::{add, constant, set, system, variant, wire};
use crate::vectors;

fn row(cells: &[Value]) -> Value {
    Value::List(cells.to_vec())
}

/// Readers of `keys` items with this skew, as a Poisson process.
fn readers(document: &mut Document, rate: f64, keys: f64, skew: f64) -> NodeId {
    let clients = [
        ("profile", variant("constant", &[("rate", rate)])),
        ("keys", keys.into()),
        ("key_skew", skew.into()),
        ("write_share", 0.0.into()),
    ];
    add(document, "source", "Clients", &clients)
}

/// A store that takes no time.
fn store(document: &mut Document, params: &[(&str, Value)]) -> NodeId {
    let quick = [("read_time", constant(0.0)), ("write_time", constant(0.0)), ("connections", 10_000.0.into())];
    add(document, "database", "Store", &[&quick, params].concat())
}

fn cache(document: &mut Document, capacity: f64, ttl: f64) -> NodeId {
    let params = [
        ("capacity", capacity.into()),
        ("ttl", ttl.into()),
        ("lookup_time", constant(0.0)),
        ("slots", 10_000.0.into()),
    ];
    add(document, "cache", "Cache", &params)
}

/// A service that takes no time, whose replicas keep answers.
fn keeping(document: &mut Document, replicas: f64, capacity: f64, ttl: f64) -> NodeId {
    let params = [
        ("replicas", replicas.into()),
        ("slots", 10_000.0.into()),
        ("service_time", constant(0.0)),
        ("local_cache", variant("on", &[("capacity", capacity), ("ttl", ttl)])),
    ];
    add(document, "service", "Service", &params)
}

fn link(document: &mut Document, from: NodeId, to: NodeId) {
    wire(document, from, to, &[("latency", constant(0.0))]);
}

fn run(document: &Document) -> System {
    let mut system = system(document);
    system.advance(SimTime::NEVER, u64::MAX);
    system
}

fn report(document: &Document) -> Report {
    let mut session = Session::open(&Run::new(document.clone())).0.unwrap();
    session.advance(SimTime::NEVER, u64::MAX);
    Report::of(session.system(), session.document(), 0)
}

fn hits(system: &System, node: NodeId) -> f64 {
    system.station_meter(node).unwrap().hit_ratio().unwrap()
}

/// Calls that a station got, from the end of the warm-up to the end of the run.
fn arrivals(system: &System, node: NodeId) -> f64 {
    system.station_meter(node).unwrap().whole(system.now()).arrivals() as f64
}

#[track_caller]
fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found}, expected {expected} within {within}");
}

fn cases(kind: &str) -> Vec<serde_json::Value> {
    let vectors = vectors::load("hit_ratio.json");
    let all = vectors["cases"].as_array().unwrap().clone();
    all.into_iter().filter(|case| case["kind"] == kind).collect()
}

fn number(case: &serde_json::Value, key: &str) -> f64 {
    case[key].as_f64().unwrap_or_else(|| panic!("{key} of {case}"))
}

/// Goal: a cache station that evicts the least recently used hits as often as a separate simulation says, within its 99.9 %
/// interval and four standard errors of this one; Che's approximation is off by at most 0.01.
#[test]
fn lru_under_zipf_follows_che() {
    let cases = cases("lru zipf irm");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (n, alpha, size) = (number(&case, "catalogue"), number(&case, "alpha"), number(&case, "size"));
        let mut document = Document { seed: 5, run_length_secs: 150.0, warm_up_secs: 50.0, ..Document::default() };
        let clients = readers(&mut document, 1_000.0, n, alpha);
        let (cache, store) = (cache(&mut document, size, 0.0), store(&mut document, &[]));
        link(&mut document, clients, cache);
        link(&mut document, cache, store);
        let ratio = hits(&run(&document), cache);
        let error = 4.0 * (0.25_f64 / 100_000.0).sqrt();
        let [low, high] = [0, 1].map(|at| case["interval"][at].as_f64().unwrap());
        assert!(ratio > low - error && ratio < high + error, "{case}: {ratio}");
        near(ratio, number(&case, "hit_che"), 0.01);
    }
}

/// Goal: with a fixed time to live and room for all, h = LT / (1 + LT) for each key. A cycle of one key lasts T + 1/L on
/// average and spreads by 1/L: four standard errors.
#[test]
fn a_time_to_live_under_poisson_follows_renewal_theory() {
    for case in cases("ttl one key") {
        let (rate, ttl) = (number(&case, "rate_per_s"), number(&case, "ttl_s"));
        let cycles = 400.0;
        let secs = cycles * (ttl + 1.0 / rate);
        // Longer runs show nothing else.
        if rate * secs > 100_000.0 {
            continue;
        }
        let mut document = Document { seed: 3, run_length_secs: secs, ..Document::default() };
        let clients = readers(&mut document, rate, 1.0, 0.0);
        let (cache, store) = (cache(&mut document, 10.0, ttl), store(&mut document, &[]));
        link(&mut document, clients, cache);
        link(&mut document, cache, store);
        let system = run(&document);
        // Loads per second, since hits follow from them; also Poisson where nearly everything misses.
        let loads = arrivals(&system, store) / secs;
        let expected = number(&case, "origin_per_s_fixed");
        let spread = 4.0 * (1.0 / rate) / (ttl + 1.0 / rate) / cycles.sqrt() + 2.0 / cycles;
        near(loads / expected, 1.0, spread);
    }
    for case in cases("ttl zipf, unbounded size").into_iter().take(2) {
        let (n, alpha) = (number(&case, "catalogue"), number(&case, "alpha"));
        let (rate, ttl) = (number(&case, "rate_per_s"), number(&case, "ttl_s"));
        let mut document = Document { seed: 4, run_length_secs: 800.0, warm_up_secs: 100.0, ..Document::default() };
        let clients = readers(&mut document, rate, n, alpha);
        let (cache, store) = (cache(&mut document, 100_000.0, ttl), store(&mut document, &[]));
        link(&mut document, clients, cache);
        link(&mut document, cache, store);
        near(hits(&run(&document), cache), number(&case, "hit_fixed"), 0.01);
    }
}

/// Goal: L1s in replicas over one L2, independent references: each level's hits as a separate simulation says, within its
/// 99.9 % interval and four standard errors of this one; the total is 1 - (1 - h1)(1 - h2).
#[test]
fn two_levels_hit_as_the_reference_does() {
    let cases = cases("two-level lru, irm");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (n, alpha) = (number(&case, "catalogue"), number(&case, "alpha"));
        let mut document = Document { seed: 9, run_length_secs: 150.0, warm_up_secs: 50.0, ..Document::default() };
        let clients = readers(&mut document, 1_000.0, n, alpha);
        let service = keeping(&mut document, number(&case, "l1_caches"), number(&case, "l1_size"), 0.0);
        let (cache, store) = (cache(&mut document, number(&case, "l2_size"), 0.0), store(&mut document, &[]));
        for (from, to) in [(clients, service), (service, cache), (service, store)] {
            link(&mut document, from, to);
        }
        let system = run(&document);
        let (first, second) = (hits(&system, service), hits(&system, cache));
        let total = system.totals().run.hit_ratio().unwrap();
        let error = 4.0 * (0.25_f64 / 100_000.0).sqrt();
        let within = |found: f64, key: &str| {
            let [low, high] = [0, 1].map(|at| case[key][at].as_f64().unwrap());
            assert!(found > low - error && found < high + error, "{case}: {key} {found}");
        };
        within(first, "hit_l1_of_all_interval");
        within(second, "hit_l2_of_its_requests_interval");
        within(total, "hit_total_interval");
        near(total, 1.0 - (1.0 - first) * (1.0 - second), 1e-3);
        // L1 gets independent references whatever stands behind it, so it follows Che.
        near(first, number(&case, "hit_l1_che"), 0.01);
    }
}

/// Goal: N cold L1s over one L2 with a common expiry read the store as one cache would: L / (1 + L T), L over all of them.
/// Full times to live in place of what is left would add up.
#[test]
fn many_local_caches_over_one_cache_read_the_store_as_one() {
    let (rate, ttl, secs) = (2.0, 10.0, 4_200.0);
    let mut document = Document { seed: 8, run_length_secs: secs, ..Document::default() };
    let clients = readers(&mut document, rate, 1.0, 0.0);
    let service = keeping(&mut document, 5.0, 10.0, ttl);
    let (cache, store) = (cache(&mut document, 10.0, ttl), store(&mut document, &[]));
    for (from, to) in [(clients, service), (service, cache), (service, store)] {
        link(&mut document, from, to);
    }
    let system = run(&document);
    // 400 cycles of 10.5 s, each with a standard deviation of 0.5 s: one more or fewer in all.
    near(arrivals(&system, store), secs * rate / (1.0 + rate * ttl), 4.0);
    assert!(hits(&system, service) > 0.7, "{}", hits(&system, service));
}

/// Reads of one item at these moments [s], half a millisecond early or late.
fn at_times(document: &mut Document, times: &[f64]) -> NodeId {
    // Each pulse brings one request, in its middle: half of one is already due when it begins.
    let mut points = vec![row(&[0.0.into(), 500.0.into()]), row(&[0.001.into(), 500.0.into()])];
    points.push(row(&[0.001_000_1.into(), 0.0.into()]));
    for at in times {
        let (from, to) = (at + 0.010, at + 0.011);
        points.push(row(&[(from - 1e-7).into(), 0.0.into()]));
        points.push(row(&[from.into(), 1_000.0.into()]));
        points.push(row(&[to.into(), 1_000.0.into()]));
        points.push(row(&[(to + 1e-7).into(), 0.0.into()]));
    }
    let clients = readers(document, 1.0, 1.0, 0.0);
    set(document, clients, "arrivals", variant("regular", &[]));
    let mut profile = headroom::model::params::Params::new();
    profile.set("points", Value::List(points));
    set(document, clients, "profile", headroom::model::params::Variant::new("piecewise", profile));
    clients
}

/// Goal: an entry promoted from L2 lives for the least of its cap and what is left there, as the timelines say. The
/// store's own lifetimes are longer than both caps; of the cases with a shorter one, there is nothing to set here.
#[test]
fn lifetimes_travel_with_answers() {
    let vectors = vectors::load("timelines.json");
    let all = vectors["cases"].as_array().unwrap();
    let mut checked = 0;
    for case in all.iter().filter(|case| case["kind"] == "two levels, lifetime left") {
        if number(&case["inputs"], "value_lifetime_s") < number(&case["params"], "l2_cap_s") {
            continue;
        }
        let times: Vec<f64> =
            case["inputs"]["read_at_s"].as_array().unwrap().iter().map(|at| at.as_f64().unwrap()).collect();
        let mut document = Document { run_length_secs: times[times.len() - 1] + 10.0, ..Document::default() };
        let clients = at_times(&mut document, &times);
        let service = keeping(&mut document, 1.0, 10.0, number(&case["params"], "l1_cap_s"));
        let cache = cache(&mut document, 10.0, number(&case["params"], "l2_cap_s"));
        let store = store(&mut document, &[]);
        for (from, to) in [(clients, service), (service, cache), (service, store)] {
            link(&mut document, from, to);
        }
        let mut system = system(&document);
        let mut before = [0.0; 3];
        for read in case["expect"]["reads"].as_array().unwrap() {
            system.advance(SimTime::from_secs_f64(number(read, "t") + 0.5), u64::MAX);
            let now = [service, cache, store].map(|node| arrivals(&system, node));
            let came = [0, 1, 2].map(|at| now[at] - before[at]);
            assert_eq!(came[0], 1.0, "{case}: one read at {read}");
            let served = if came[2] > 0.0 {
                "store"
            } else if came[1] > 0.0 {
                "L2"
            } else {
                "L1"
            };
            assert_eq!(read["served_by"], served, "{case}: {read}");
            before = now;
        }
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// Goal: what a write clears is the entry of the replica that made it. One key on one replica: h = L / (L + M).
#[test]
fn a_write_clears_the_entry_of_its_own_replica() {
    let mut document = Document { seed: 2, run_length_secs: 400.0, ..Document::default() };
    let clients = readers(&mut document, 100.0, 1.0, 0.0);
    set(&mut document, clients, "write_share", 0.2);
    let (service, store) = (keeping(&mut document, 1.0, 10.0, 0.0), store(&mut document, &[]));
    link(&mut document, clients, service);
    link(&mut document, service, store);
    // 32,000 reads: a standard error of 0.0022.
    near(hits(&run(&document), service), 0.8, 0.01);
}

/// Goal: a local cache is lost with its replica, and takes of its memory.
#[test]
fn a_local_cache_dies_with_its_replica_and_takes_its_memory() {
    let mut document = Document { run_length_secs: 60.0, ..Document::default() };
    let clients = readers(&mut document, 500.0, 100.0, 0.0);
    let (service, store) = (keeping(&mut document, 1.0, 1_000.0, 0.0), store(&mut document, &[]));
    link(&mut document, clients, service);
    link(&mut document, service, store);
    let objects = variant("on", &[("per_request", 0.0), ("scratch_kb", 0.0), ("base_mb", 10.0)]);
    set(&mut document, service, "objects", objects);
    let kill = Fault { kind: "kill".into(), target: FaultTarget::Replica(service, 0), params: Default::default() };
    document.faults.push(ScheduledFault { at_secs: 30.0, for_secs: Some(1.0), fault: kill });
    let mut system = system(&document);
    let memory = |system: &System| system.heaps(1)[0].1.heap.alive();
    system.advance(SimTime::from_secs_f64(29.0), u64::MAX);
    assert_eq!(system.look_at_cache(service)[0].entries, 100);
    assert_eq!(memory(&system), 10_000_000 + 100 * 1_000, "100 entries of 1 kB beside what is there anyway");
    let loads = arrivals(&system, store);
    assert_eq!(loads, 100.0, "each key once");
    system.advance(SimTime::from_secs_f64(30.5), u64::MAX);
    assert!(system.look_at_cache(service).is_empty());
    assert_eq!(memory(&system), 10_000_000);
    system.advance(SimTime::NEVER, u64::MAX);
    assert_eq!(arrivals(&system, store), 200.0, "each key once more");
}

/// A CDN with clients in so many regions, in front of an origin in Virginia that takes a second for each object.
fn cdn(params: &[(&str, Value)], rate: f64, secs: f64) -> (Document, NodeId, NodeId) {
    let mut document = Document { seed: 6, run_length_secs: secs, ..Document::default() };
    let clients = readers(&mut document, rate, 1.0, 0.0);
    set(&mut document, clients, "static_share", 1.0);
    let country = |code: &str| row(&[code.into(), 1.0.into()]);
    set(&mut document, clients, "countries", row(&[country("US"), country("IE"), country("IN"), country("JP")]));
    let cdn = add(&mut document, "cdn", "CDN", &[&[("lookup_time", constant(0.0))], params].concat());
    let origin = [("slots", 10_000.0.into()), ("service_time", constant(1.0))];
    let origin = add(&mut document, "service", "Origin", &origin);
    let kind = AreaKind::Region { region: "us-east-1".to_owned() };
    let size = Point { x: 800.0, y: 600.0 };
    let area = document.add_area(Area { kind, label: "Virginia".into(), at: Point::default(), size });
    Rc::make_mut(document.nodes.get_mut(&origin).unwrap()).area = Some(area);
    link(&mut document, clients, cdn);
    link(&mut document, cdn, origin);
    (document, cdn, origin)
}

/// Goal: an object that is cold everywhere is fetched once for each region, however many ask meanwhile; once in all with a
/// shield. The edges that asked are those that the inside shows.
#[test]
fn a_cold_object_is_fetched_once_for_each_edge_or_once_with_a_shield() {
    let (document, cdn_node, origin) = cdn(&[], 400.0, 20.0);
    let system = run(&document);
    let edges = system.look_at_cache(cdn_node);
    assert!(edges.len() >= 3, "{edges:?}");
    assert_eq!(arrivals(&system, origin), edges.len() as f64);
    assert_eq!(system.totals().run.completed(), system.totals().run.offered);
    let (document, cdn_node, origin) = cdn(&[("shield", variant("on", &[]))], 400.0, 20.0);
    let system = run(&document);
    assert_eq!(arrivals(&system, origin), 1.0);
    assert_eq!(system.totals().run.completed(), system.totals().run.offered);
    let looks = system.look_at_cache(cdn_node);
    assert_eq!(looks.len(), edges.len() + 1);
    assert!(looks.iter().all(|look| look.entries == 1), "{looks:?}");
}

/// Goal: with a time to live T, each of E edges fetches l / (1 + l T) times a second; with a shield, whose age is passed
/// on, all together L / (1 + L T), and a fetch takes a second and the way.
#[test]
fn fetches_follow_the_time_to_live() {
    let (ttl, secs, rate) = (10.0, 3_000.0, 8.0);
    let (document, cdn_node, origin) = cdn(&[("ttl", ttl.into())], rate, secs);
    let system = run(&document);
    let edges = system.look_at_cache(cdn_node).len() as f64;
    let fetches = arrivals(&system, origin);
    // A cycle: the time to live, the wait for the next request, and the fetch of 1.0 to 1.25 s, as the way is.
    let cycles = |rate: f64, fetch: f64| secs / (ttl + 1.0 / rate + fetch);
    let most = edges * cycles(rate / edges, 1.0) + 8.0;
    let least = edges * cycles(rate / edges, 1.3) - 8.0;
    assert!(fetches > least && fetches < most, "{fetches} of {least} to {most}");
    let (document, _, origin) = cdn(&[("ttl", ttl.into()), ("shield", variant("on", &[]))], rate, secs);
    let fetches = arrivals(&run(&document), origin);
    assert!(fetches > cycles(rate, 1.5) - 4.0 && fetches < cycles(rate, 1.0) + 4.0, "{fetches}");
}

/// Goal: after a failure of the origin an edge answers with the error for ten seconds, without asking again.
#[test]
fn errors_are_cached_and_content_that_is_not_static_passes_through() {
    let failing = |params: &[(&str, Value)]| {
        let (mut document, cdn_node, origin) = cdn(params, 20.0, 60.0);
        let clients = *document.nodes.keys().next().unwrap();
        set(&mut document, clients, "countries", row(&[row(&["US".into(), 1.0.into()])]));
        let params = headroom::model::params::Params::new().with("share", 1.0);
        let fault = Fault { kind: "error-rate".into(), target: FaultTarget::Node(origin), params };
        document.faults.push(ScheduledFault { at_secs: 0.0, for_secs: None, fault });
        (document, cdn_node, origin)
    };
    let (document, _, origin) = failing(&[]);
    let system = run(&document);
    // A fetch of a second, then ten of the cached error: every eleven seconds.
    near(arrivals(&system, origin), 6.0, 1.0);
    assert_eq!(system.totals().run.completed(), 0);
    let (document, _, origin) = failing(&[("error_ttl", 0.0.into())]);
    // One fetch after the other, each for all who came meanwhile.
    near(arrivals(&run(&document), origin), 57.0, 4.0);
    let (mut document, cdn_node, origin) = cdn(&[], 20.0, 60.0);
    let clients = *document.nodes.keys().next().unwrap();
    set(&mut document, clients, "static_share", 0.0);
    let system = run(&document);
    near(arrivals(&system, origin), arrivals(&system, cdn_node), 5.0);
    set(&mut document, cdn_node, "content", "reads");
    assert!(arrivals(&run(&document), origin) < 10.0, "unless it is told so");
}

/// Goal: any write to a table drops all its results: h = L / (L + M) for a query of rate L on a table with writes of rate M.
#[test]
fn a_query_cache_hits_as_writes_let_it() {
    for tables in [1.0, 10.0] {
        let mut document = Document { seed: 12, run_length_secs: 400.0, ..Document::default() };
        let clients = readers(&mut document, 1_000.0, 1_000.0, 0.0);
        set(&mut document, clients, "write_share", 0.05);
        let results = variant("on", &[("entries", 10_000.0), ("tables", tables), ("hit_time", 0.0)]);
        let store = store(&mut document, &[("query_cache", results)]);
        link(&mut document, clients, store);
        let (reads, writes) = (0.95 / 1_000.0, 0.05 / tables);
        let system = run(&document);
        // 380,000 reads; between two writes to a table hits are not independent: ten standard errors.
        near(hits(&system, store), reads / (reads + writes), 0.004);
        let whole = report(&document).whole;
        near(whole.hit_ratio.0, hits(&system, store), 1e-9);
    }
}

/// Goal: who left and why is told where somebody watches, and watching changes nothing; another policy keeps the entries.
#[test]
fn a_watched_cache_tells_who_left_and_why() {
    let mut document = Document { run_length_secs: 20.0, ..Document::default() };
    let clients = readers(&mut document, 500.0, 1_000.0, 0.8);
    let (cache, store) = (cache(&mut document, 50.0, 0.0), store(&mut document, &[]));
    set(&mut document, cache, "eviction", variant("lfu", &[]));
    link(&mut document, clients, cache);
    link(&mut document, cache, store);
    let plain = run(&document);
    let mut watched = system(&document);
    watched.watch(Some(1));
    watched.advance(SimTime::from_secs_f64(10.0), u64::MAX);
    let look = &watched.look_at_cache(cache)[0];
    assert_eq!((look.policy.as_str(), look.entries, look.victims.len()), ("Least frequently used", 50, 12));
    for victim in &look.victims {
        assert_eq!(victim.account.candidates[0].key, victim.key);
        assert!(victim.account.candidates[0].words.starts_with("asked for"), "{victim:?}");
        assert_eq!(victim.account.candidates.len(), 5);
        assert!(victim.at <= watched.now(), "told by the time of the run: {victim:?}");
    }
    let mut turned = watched.clone();
    watched.advance(SimTime::NEVER, u64::MAX);
    assert_eq!(watched.trace_hash(), plain.trace_hash());
    assert!(plain.look_at_cache(cache)[0].victims.is_empty(), "nobody watched");
    set(&mut document, cache, "eviction", variant("sieve", &[]));
    turned.rebuild(&plan(&document).0.unwrap());
    let look = &turned.look_at_cache(cache)[0];
    assert_eq!((look.policy.as_str(), look.entries), ("SIEVE", 50));
}
