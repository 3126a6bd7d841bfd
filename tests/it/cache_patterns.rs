//! How caches are used, against closed forms: what is stale after a write, and what cures it.

use headroom::model::params::Value;
use headroom::model::system::counts::Count;
use headroom::model::system::{CachingLook, System};
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, run_to, system, variant, wire};

/// Readers and writers of some items, all equally popular, a service, its cache and its database; nothing takes time but
/// what a test gives it.
struct Shop {
    document: Document,
    cache: NodeId,
    store: NodeId,
}

/// Rates per item [1/s].
fn shop(items: f64, reads: f64, writes: f64, load_secs: f64, cache: &[(&str, Value)], secs: f64) -> Shop {
    let mut document = Document { seed: 5, run_length_secs: secs, ..Document::default() };
    let clients = |document: &mut Document, label: &str, rate: f64, share: f64| {
        let params = [
            ("profile", variant("constant", &[("rate", rate * items)])),
            ("write_share", Value::from(share)),
            ("keys", Value::from(items)),
            ("key_skew", Value::from(0.0)),
        ];
        add(document, "source", label, &params)
    };
    let readers = clients(&mut document, "Readers", reads, 0.0);
    let writers = clients(&mut document, "Writers", writes, 1.0);
    let service = [("service_time", constant(0.0)), ("slots", Value::from(10_000.0))];
    let service = add(&mut document, "service", "Service", &service);
    let usual = [("lookup_time", constant(0.0)), ("slots", Value::from(10_000.0)), ("ttl", Value::from(0.0))];
    let cache = add(&mut document, "cache", "Cache", &[&usual, cache].concat());
    let store =
        [("read_time", constant(load_secs)), ("write_time", constant(0.001)), ("connections", Value::from(10_000.0))];
    let store = add(&mut document, "database", "Database", &store);
    for (from, to) in [(readers, service), (writers, service), (service, cache), (service, store)] {
        wire(&mut document, from, to, &[("latency", constant(0.0))]);
    }
    Shop { document, cache, store }
}

impl Shop {
    fn lived(&self) -> (System, CachingLook) {
        let mut system = system(&self.document);
        run_to(&mut system, self.document.run_length_secs);
        let look = system.look_at_caching(self.cache).expect("there are writes");
        (system, look)
    }
}

fn share(part: u64, of: u64) -> f64 {
    part as f64 / of as f64
}

/// Of the hits on an entry that lives for T, 1 - (1 - exp(-mT))/(mT) are stale; of all reads LT/(1 + LT) hit.
#[test]
fn with_a_time_to_live_alone_hits_are_stale_as_often_as_the_closed_form_says() {
    let vectors = crate::vectors::load("staleness.json");
    let case = vectors["cases"].as_array().unwrap().iter().find(|case| case["id"] == "stale|0.1|1|10").unwrap();
    let of = |key: &str| case[key].as_f64().unwrap();
    let (writes, reads, ttl) = (of("write_rate_per_s"), of("read_rate_per_s"), of("ttl_s"));
    let cache = [("writes", variant("expire", &[])), ("ttl", Value::from(ttl))];
    let (_, look) = shop(200.0, reads, writes, 0.0, &cache, 400.0).lived();
    let expected = of("stale_share_of_hits");
    // 7,300 lives of entries; of each, a share with a standard deviation below 0.45: an error of 0.0053, four of them.
    let found = share(look.stale, look.hits);
    assert!((found - expected).abs() < 0.021, "{found} {look:?}");
    assert!(look.worst.as_secs_f64() < 10.0, "no value is stale for longer than it lives: {look:?}");
    let (_, without) = shop(200.0, 1.0, 0.1, 0.0, &[("ttl", Value::from(10.0))], 400.0).lived();
    assert_eq!(without.stale, 0, "deleted at the commit, and loads take no time: {without:?}");
}

/// An event comes `delay` after the commit. After a fill the entry is fresh for 1/m on the average, then stale for `delay`,
/// then gone: of its hits, delay/(1/m + delay) are stale.
#[test]
fn events_leave_a_hit_stale_for_as_long_as_they_travel() {
    let with = |params: &[(&str, f64)]| {
        let cache = [("writes", variant("event", params))];
        shop(100.0, 4.0, 0.1, 0.0, &cache, 400.0).lived().1
    };
    let look = with(&[("delay", 2.0)]);
    // 3,300 spells of 2 s after an exponential one: an error of the share of 0.0025; four of them.
    let found = share(look.stale, look.hits);
    assert!((found - 2.0 / 12.0).abs() < 0.01, "{found} {look:?}");
    assert!((look.worst.as_secs_f64() - 2.0).abs() < 0.02, "{look:?}");
    let lossy = with(&[("delay", 2.0), ("loss", 0.25)]);
    let sent = 4_000.0;
    assert!((lossy.lost_events as f64 - 0.25 * sent).abs() < 4.0 * (sent * 0.1875_f64).sqrt() + 64.0, "{lossy:?}");
    // One in four spells goes on to the next write, 10 s later on the average.
    assert!(share(lossy.stale, lossy.hits) > 1.8 * found, "{lossy:?}");
}

/// Cache-aside: a load of `w` brings an old value with probability 1 - exp(-m w), and without a time to live it stays until
/// the next write. Comparing versions refuses exactly such values; a second delete takes them out again.
#[test]
fn a_load_that_overlaps_a_write_puts_an_old_value_in() {
    let with = |cache: &[(&str, Value)]| shop(50.0, 20.0, 5.0, 0.02, cache, 60.0).lived().1;
    let plain = with(&[]);
    let expected = 1.0 - f64::exp(-0.1);
    let old = share(plain.old_fills, plain.fills);
    let error = (expected * (1.0 - expected) / plain.fills as f64).sqrt();
    assert!((old - expected).abs() < 4.0 * error, "{old} instead of {expected}: {plain:?}");
    assert!(share(plain.stale, plain.hits) > 0.05, "{plain:?}");

    let newer = with(&[("fills", variant("newer", &[]))]);
    let refused = share(newer.refused, newer.fills + newer.refused);
    assert!((refused - expected).abs() < 4.0 * error, "{refused}: {newer:?}");
    assert_eq!((newer.stale, newer.old_fills), (0, 0), "{newer:?}");

    let twice = with(&[("writes", variant("twice", &[("after", 0.03)]))]);
    assert!(twice.old_fills > 0 && share(twice.stale, twice.hits) < share(plain.stale, plain.hits) / 2.0, "{twice:?}");
    assert!(twice.worst.as_secs_f64() <= 0.03, "{twice:?}");
}

/// A thousand items are filled in the first second and live for ten: without a spread nothing is loaded until then, with one
/// of a half every life between 5 and 15 s is as likely.
#[test]
fn a_spread_of_the_time_to_live_pulls_apart_what_was_filled_together() {
    let loads = |spread: f64| {
        let cache = [("ttl", Value::from(10.0)), ("ttl_jitter", Value::from(spread))];
        let shop = shop(1_000.0, 5.0, 0.000_01, 0.0, &cache, 9.9);
        let mut system = system(&shop.document);
        let arrivals = |system: &System| system.station_meter(shop.store).unwrap().whole(system.now()).arrivals();
        run_to(&mut system, 4.9);
        let before = arrivals(&system);
        run_to(&mut system, 9.9);
        arrivals(&system) - before
    };
    assert_eq!(loads(0.0), 0);
    // Filled on the average 0.2 s after the start and asked for again as long after their end: 45 % of 1,000 lives are over.
    let spread = loads(0.5) as f64;
    assert!((spread - 450.0).abs() < 4.0 * (1_000.0 * 0.45 * 0.55_f64).sqrt(), "{spread}");
}

/// Readers that all ask for items that nobody has loaded yet: without protection 1 + L d loads for each of them, with one
/// flight or a lease exactly one.
#[test]
fn a_stampede_costs_a_load_for_every_reader_and_is_cured() {
    let vectors = crate::vectors::load("caches.json");
    let items = 200.0;
    let loads = |rate: f64, load: f64, replicas: f64, cache: &[(&str, Value)]| {
        let secs = 12.0 / rate + load;
        let mut shop = shop(items, rate, 0.000_1, load, cache, secs);
        for node in shop.document.nodes.values_mut().filter(|node| node.kind == "service") {
            std::rc::Rc::make_mut(node).params.set("replicas", replicas);
        }
        let (system, _) = shop.lived();
        let loads = system.station_meter(shop.store).unwrap().whole(system.now()).arrivals() as f64;
        let writes = items * 0.000_1 * secs;
        assert!(writes < 1.0, "hardly any load is a write");
        loads
    };
    for case in vectors["stampede"].as_array().unwrap() {
        let of = |key: &str| case[key].as_f64().unwrap();
        let (rate, load) = (of("rate_per_s"), of("recompute_s"));
        if rate * load > 20.0 {
            continue;
        }
        let expected = items * of("expected_concurrent_recomputes_without_protection");
        let found = loads(rate, load, 1.0, &[("loads", variant("each", &[]))]);
        let error = (items * rate * load).sqrt() + 1.0;
        assert!((found - expected).abs() < 4.0 * error, "{found} loads, {expected} expected: {case}");
    }
    for cure in [variant("single-flight", &[]), variant("lease", &[("retry", 0.005)])] {
        let found = loads(100.0, 0.1, 1.0, &[("loads", cure)]);
        assert!((items..=items + 1.0).contains(&found), "{found}");
    }
    // Three replicas send a load each, unless they share one.
    let mut flight = headroom::model::params::Variant::new("single-flight", headroom::model::params::Params::new());
    let each = loads(100.0, 0.1, 3.0, &[("loads", flight.clone().into())]);
    assert!(each > 2.8 * items && each <= 3.0 * items + 1.0, "{each}");
    flight.params.set("scope", "cache");
    let shared = loads(100.0, 0.1, 3.0, &[("loads", flight.into())]);
    assert!((items..=items + 1.0).contains(&shared), "{shared}");
}

#[test]
fn early_loads_are_as_likely_as_xfetch_has_them() {
    use headroom::engine::time::SimDuration;
    use headroom::model::pattern::renewal::recomputes;
    let vectors = crate::vectors::load("xfetch.json");
    let cases = vectors["cases"].as_array().unwrap();
    let mut checked = 0;
    for case in cases.iter().filter(|case| case["kind"] == "probability") {
        let of = |key: &str| case[key].as_f64().unwrap();
        let secs = |key: &str| SimDuration::from_secs_f64(of(key));
        let loads = |u: f64| recomputes(secs("time_to_expiry_s"), secs("delta_s"), of("beta"), u);
        // A reader loads exactly if its draw is at most that probability.
        assert!(
            loads(of("p") * (1.0 - 1e-9)) && (of("p") == 1.0 || !loads((of("p") * (1.0 + 1e-9)).min(1.0))),
            "{case}"
        );
        checked += 1;
    }
    assert!(checked > 20);
    // One read a second of each item, one second to load, a minute to live: 37 % of the lives end without an early load.
    let case = cases.iter().find(|case| case["id"] == "poisson|1|1|1|60").unwrap();
    let expected = case["p_no_early_recompute"].as_f64().unwrap();
    let cache = [
        ("ttl", Value::from(60.0)),
        ("loads", variant("single-flight", &[])),
        ("renewal", variant("early", &[("beta", 1.0)])),
    ];
    let shop = shop(300.0, 1.0, 0.000_001, 1.0, &cache, 600.0);
    let (system, look) = shop.lived();
    let loads = system.station_meter(shop.store).unwrap().whole(system.now()).arrivals() - 300;
    let none = 1.0 - share(look.early, loads);
    // 2,850 lives; four standard errors, and the items whose life is not over yet.
    assert!(
        (none - expected).abs() < 4.0 * (expected * (1.0 - expected) / loads as f64).sqrt() + 0.01,
        "{none} {look:?}"
    );
}

/// Clients who only write, or only read, a few items, a cache, and its database behind it.
fn behind(items: f64, writes: f64, reads: f64, cache: &[(&str, Value)], secs: f64) -> Shop {
    let mut document = Document { seed: 9, run_length_secs: secs, ..Document::default() };
    let clients = |document: &mut Document, label: &str, rate: f64, share: f64| {
        let params = [
            ("profile", variant("constant", &[("rate", rate * items)])),
            ("write_share", Value::from(share)),
            ("keys", Value::from(items)),
            ("key_skew", Value::from(0.0)),
        ];
        add(document, "source", label, &params)
    };
    let writers = clients(&mut document, "Writers", writes, 1.0);
    let readers = clients(&mut document, "Readers", reads, 0.0);
    let usual = [("lookup_time", constant(0.001)), ("slots", Value::from(10_000.0)), ("ttl", Value::from(0.0))];
    let cache = add(&mut document, "cache", "Cache", &[&usual, cache].concat());
    let store =
        [("read_time", constant(0.002)), ("write_time", constant(0.01)), ("connections", Value::from(10_000.0))];
    let store = add(&mut document, "database", "Database", &store);
    for (from, to) in [(writers, cache), (readers, cache), (cache, store)] {
        wire(&mut document, from, to, &[("latency", constant(0.0))]);
    }
    Shop { document, cache, store }
}

fn write_behind(batch: f64, delay: f64, room: f64) -> Value {
    variant("behind", &[("batch", batch), ("delay", delay), ("room", room)])
}

/// One item, written 5 times a second: a flush carries what came in the second after its first write, so the store gets
/// m/(1 + m delay) = 5/6 writes a second, and the rest is superseded.
#[test]
fn write_behind_stores_as_seldom_as_coalescing_allows() {
    let cache = [("writes", write_behind(1_000.0, 1.0, 1_000.0))];
    let shop = behind(1.0, 5.0, 0.001, &cache, 600.0);
    let (system, look) = shop.lived();
    let writes = look.writes.unwrap();
    let expected = 600.0 * 5.0 / 6.0;
    // Spells of 1 s and an exponential wait of 0.2 s: a standard error of 3.8 of them.
    assert!((writes.stored as f64 - expected).abs() < 4.0 * 3.8, "{writes:?}");
    assert_eq!(writes.acknowledged, writes.stored + writes.superseded + writes.waiting, "{writes:?}");
    assert_eq!((writes.lost, writes.synchronous, look.stale), (0, 0, 0));
    let arrivals = system.station_meter(shop.store).unwrap().whole(system.now()).arrivals();
    assert!(arrivals.abs_diff(writes.flushes) <= 3, "{arrivals} {writes:?}");
    // A write takes the cache's millisecond, not the store's ten.
    let writers = system.station_meter(shop.cache).unwrap();
    assert!(writers.busy() <= 1, "it does not wait for the store");
}

/// A crash loses what is not stored, at most what came in during the delay and the store's work, and nothing else; without
/// room writes go to the store by themselves and are not lost.
#[test]
fn a_crash_loses_what_waits_and_the_ledger_says_so() {
    use headroom::model::ids::FaultTarget;
    let crashed = |room: f64| {
        let cache = [("writes", write_behind(50.0, 0.5, room))];
        let shop = behind(100.0, 1.0, 2.0, &cache, 30.0);
        let mut system = system(&shop.document);
        run_to(&mut system, 20.0);
        let before = system.look_at_caching(shop.cache).unwrap().writes.unwrap();
        let target = FaultTarget::Node(shop.cache);
        crate::fixture::start(&mut system, "kill", target, &[]);
        let after = system.look_at_caching(shop.cache).unwrap().writes.unwrap();
        assert_eq!((after.waiting, after.acknowledged), (0, before.acknowledged));
        assert_eq!(after.acknowledged, after.stored + after.superseded + after.lost, "{after:?}");
        run_to(&mut system, 30.0);
        let later = system.look_at_caching(shop.cache).unwrap().writes.unwrap();
        assert_eq!((later.lost, later.stored), (after.lost, after.stored), "what was under way is taken back");
        (before, after)
    };
    let (before, after) = crashed(1_000.0);
    assert_eq!(after.lost, before.waiting, "{before:?} {after:?}");
    // 100 writes a second for half a second and a hundredth: 51 on the average, four standard deviations more.
    assert!(after.lost > 0 && after.lost < 51 + 4 * 8, "{after:?}");
    assert_eq!(before.synchronous, 0);
    let (narrow, after) = crashed(10.0);
    assert!(narrow.synchronous > 500 && after.lost <= 10, "{narrow:?} {after:?}");
}

/// Through: a write takes the cache's 1 ms and the store's 10 ms, and what is read after it is never old, unless a load was
/// under way. Writers of one item take turns.
#[test]
fn a_write_through_takes_the_time_of_both_and_leaves_nothing_old() {
    let cache = [("writes", variant("through", &[])), ("fills", variant("newer", &[]))];
    let shop = behind(50.0, 1.0, 10.0, &cache, 60.0);
    let report = crate::lessons::report(&shop.document);
    let station = |label: &str| report.whole.stations.iter().find(|station| station.label == label).unwrap();
    let shortest = station("Writers").times("sojourn_time").percentiles.p50.0;
    assert!((shortest - 0.011).abs() < 0.001, "{shortest}");
    let (_, look) = shop.lived();
    assert_eq!((look.stale, look.old_fills), (0, 0), "{look:?}");
    assert!(look.hits > 25_000, "what was written is there: {look:?}");
    // One item, 200 writes a second, 10 ms each: more than one at a time cannot keep up with.
    let crowded = behind(1.0, 200.0, 0.001, &cache, 10.0);
    let (system, _) = crowded.lived();
    let stored = system.station_meter(crowded.store).unwrap().whole(system.now()).by_outcome[0];
    assert!((950..=1_000).contains(&stored), "100 a second: {stored}");
}

/// A client that stops waiting does not know whether its write is kept.
#[test]
fn writes_without_an_answer_are_unknown() {
    let mut shop = behind(10.0, 2.0, 0.001, &[("writes", variant("through", &[]))], 20.0);
    for edge in shop.document.edges.values_mut().filter(|edge| edge.to == shop.cache) {
        std::rc::Rc::make_mut(edge).params.set("timeout", 0.005);
    }
    let report = crate::lessons::report(&shop.document);
    let writers = report.whole.stations.iter().find(|station| station.label == "Writers").unwrap();
    let (unknown, arrivals) = (writers.get("writes_unknown").0, writers.get("arrivals").0);
    assert!(unknown > 300.0 && (unknown - arrivals).abs() <= 1.0, "the store takes 10 ms: {unknown} of {arrivals}");
    let store = report.whole.stations.iter().find(|station| station.label == "Database").unwrap();
    assert!(store.outcomes().completed > 300, "and yet they are kept");
}

/// No item exists. Without negative caching every read goes to the store; with it each item costs L/(1 + LT) loads a second,
/// and as many entries as its share allows say so.
#[test]
fn what_does_not_exist_is_loaded_seldom_if_that_is_remembered() {
    let loads = |missing: f64, cache: &[(&str, Value)]| {
        let mut shop = shop(60.0, 1.0, 0.000_001, 0.0, cache, 300.0);
        for node in shop.document.nodes.values_mut().filter(|node| node.kind == "database") {
            std::rc::Rc::make_mut(node).params.set("missing", missing);
        }
        let (system, look) = shop.lived();
        let meter = |node: NodeId| system.station_meter(node).unwrap().whole(system.now());
        (meter(shop.store).arrivals() as f64, meter(shop.cache).counts[Count::Lookups] as f64, look)
    };
    let (each, reads, look) = loads(1.0, &[]);
    assert_eq!((each, look.hits, look.fills), (reads, 0, 0), "nothing is kept");
    let on = variant("on", &[("ttl", 10.0), ("share", 1.0)]);
    let (seldom, _, look) = loads(1.0, &[("negative", on)]);
    let expected = 60.0 * 300.0 / 11.0;
    // 27 lives of each item with an exponential wait in between: a standard error of 2.5 % for one, 0.35 % for all.
    assert!((seldom - expected).abs() < 4.0 * 0.0035 * expected + 60.0, "{seldom} instead of {expected}");
    assert_eq!(look.nothing, look.hits);
    // Half of them exist and stay; of the 30 that do not, two are remembered at a time.
    let narrow = variant("on", &[("ttl", 10.0), ("share", 0.05)]);
    let (half, _, look) = loads(0.5, &[("negative", narrow), ("capacity", Value::from(40.0))]);
    assert!(look.nothing > 100 && look.nothing < look.hits / 5 && half < each / 2.0 + 2_500.0, "{half} {look:?}");
}
