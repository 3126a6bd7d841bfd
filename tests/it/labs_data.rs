//! The lessons on caches and data: what their prose claims, computed from their documents or measured by running them.
//! How they are lost and won is in `lessons.rs`, for all lessons alike.

use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::Report;
use headroom::topology::document::Document;

use crate::fixture::variant;
use crate::lab::{Lab, arrivals, near, p99, part, setting, station, window};
use crate::lessons::{node, report};

/// The design with settings of some stations, named by their roles, changed.
pub fn with(design: &Document, roles: &[&str], settings: &[(&str, Value)]) -> Document {
    let mut design = design.clone();
    for role in roles {
        for (key, value) in settings {
            node(&mut design, role).params.set(key, value.clone());
        }
    }
    design
}

pub fn choice(id: &str) -> Value {
    Value::Variant(Variant::new(id, Params::new()))
}

/// A choice with a part that is a word.
pub fn worded(id: &str, key: &str, word: &str) -> Value {
    Value::Variant(Variant::new(id, Params::new().with(key, word)))
}

/// A figure of the station with a role, in a window.
fn figure(report: &Report, name: &str, role: &str, id: &str) -> f64 {
    station(window(report, name), role).get(id).0
}

fn p90_of(report: &Report, name: &str, role: &str) -> f64 {
    station(window(report, name), role).times("sojourn_time").percentiles.p90.0
}

/// What writes cost that were confirmed, over the whole run.
fn lost(report: &Report, role: &str) -> f64 {
    station(&report.whole, role).get("writes_lost").0
}

const FAR: [&str; 4] = ["cache-sao-paulo", "cache-frankfurt", "cache-mumbai", "cache-tokyo"];

/// The nodes of a cache.
fn nodes(design: &Document, role: &str) -> f64 {
    let single = node(&mut design.clone(), role).params.get("cluster").is_none();
    if single { 1.0 } else { part(design, role, "cluster", "fixed", "nodes") }
}

#[test]
fn a_hundred_thousand_reads_a_second() {
    let mut lab = Lab::open("worldwide-reads");
    let [rate, pages, skew, writes] =
        ["profile", "keys", "key_skew", "write_share"].map(|key| lab.number("customers", key));
    lab.says("at 100,000 requests a second, worldwide", rate == 100_000.0);
    lab.says("There are 20,000 pages", pages == 20_000.0);
    lab.says("asked for twice as often as the second. One request in 5,000", skew == 1.0 && writes * 5_000.0 == 1.0);
    let shares: Vec<(Value, f64)> = crate::lab::rows(&lab.start, 1, "countries")
        .iter()
        .map(|row| match row {
            Value::List(cells) => (cells[0].clone(), crate::lab::plain(cells.get(1))),
            other => panic!("no row: {other:?}"),
        })
        .collect();
    let of = |country: &str| shares.iter().find(|(code, _)| *code == Value::from(country)).map(|(_, share)| *share);
    lab.says(
        "The United States send 35 % of the requests, Germany 25 %, and India 20 %",
        ["US", "DE", "IN", "BR", "JP"].map(of) == [35.0, 25.0, 20.0, 10.0, 10.0].map(Some) && shares.len() == 5,
    );
    let caches = || FAR.iter().copied().chain(["cache-virginia", "home"]);
    let (room, price) = (lab.number("home", "capacity"), lab.number("home", "price"));
    assert!(caches().all(|role| (lab.number(role, "capacity"), lab.number(role, "price")) == (room, price)));
    lab.says("each holds 2,000 pages and costs $0.034 an hour", (room, price) == (2_000.0, 0.034));
    lab.says("The database costs $0.24", lab.number("database", "price") == 0.24);
    lab.says("so that 99 % of all reads are hits", lab.goal("hit_ratio.mean", "measured") == 0.99);
    lab.says("90 % of all requests are answered within 30 ms", lab.goal("sojourn_time.p90", "measured") == 0.03);
    lab.says("At most 10 % of any cache's hits", lab.goal("stale_hit_share.mean", "measured") == 0.1);
    let limit = lab.goal("cost_per_hour.mean", "measured");
    lab.says("costs at most $1.45 an hour", limit == 1.45);
    lab.says(
        "8 seconds. All caches begin empty and fill with real traffic for 5 seconds",
        (lab.start.run_length_secs, lab.start.windows[0].from_secs, lab.start.windows[0].to_secs) == (8.0, 5.0, 8.0),
    );
    lab.says(
        "each region's cache has 1 node, and home has 10",
        caches().all(|role| nodes(&lab.start, role) == if role == "home" { 10.0 } else { 1.0 }) && room * 10.0 == pages,
    );
    // Of a hundred reads that the database got one, it gets three.
    assert!(near(lab.truth(), (1.0 - 0.97) / (1.0 - lab.goal("hit_ratio.mean", "measured")), 1e-9));

    let event = || ("writes", variant("event", &[("delay", 0.1)]));
    let delay = part(lab.solution(), "home", "writes", "event", "delay");
    lab.says("Word of a write, where a cache listens for it, takes 100 ms", delay == 0.1);
    let fixed = |nodes: f64| ("cluster", variant("fixed", &[("nodes", nodes)]));
    let all: Vec<&str> = caches().collect();
    let regions: Vec<&str> = caches().filter(|role| *role != "home").collect();
    let listening = with(&lab.start, &all, &[event()]);
    let designs = [
        lab.start.clone(),
        lab.solution().clone(),
        with(&listening, &["home"], &[fixed(26.0)]),
        with(&with(&listening, &regions, &[fixed(6.0)]), &["home"], &[fixed(1.0)]),
        with(&listening, &all, &[fixed(10.0)]),
        with(lab.solution(), &all, &[("ttl", 1.0.into())]),
    ];
    let [start, solved, one, split, everything, short] = designs.each_ref().map(report);
    let whole = |report: &Report| window(report, "measured").clone();
    let hits = |report: &Report| whole(report).hit_ratio.0;
    let cost = |report: &Report| whole(report).cost_per_hour.0;
    let p90 = |report: &Report| whole(report).sojourn_time_offered.p90.0;
    let stalest = |report: &Report| {
        all.iter().map(|role| figure(report, "measured", role, "stale_hit_share")).fold(0.0, f64::max)
    };
    assert!(
        hits(&start) > 0.99 && cost(&start) < limit && p90(&start) > 0.03 && stalest(&start) > 0.1,
        "the bet's answer: the hit ratio and the cost"
    );
    lab.says("With 26 nodes at home and one in each region, nearly all reads are hits", hits(&one) > 0.997);
    lab.says("the 90th percentile is over 100 ms", p90(&one) > 0.1);
    lab.says("Six nodes in each of the five and one at home", nodes(&designs[3], "cache-tokyo") == 6.0);
    lab.claims("about 93 % are hits", 0.93, hits(&split), 0.01);
    lab.says(
        "nearly seven times as many reads at the database as 99 % would be",
        near((1.0 - hits(&split)) / 0.01, 6.7, 0.05),
    );
    let dear = 6.0 * 10.0 * price + lab.number("database", "price");
    lab.says(
        "10 nodes in all six caches reach every goal but one: they cost $2.28 an hour",
        near(dear, 2.28, 1e-9)
            && near(cost(&everything), dear, 1e-3)
            && hits(&everything) > 0.99
            && p90(&everything) < 0.03
            && stalest(&everything) < 0.1,
    );
    lab.says("If pages live for 1 second", setting(&designs[5], "home", "ttl") == 1.0);
    lab.claims("hits fall to about 89 %", 0.89, hits(&short), 0.01);
    lab.says("with 5 nodes, half of all pages", 2.0 * room * nodes(lab.solution(), "cache-frankfurt") == pages);
    lab.claims("answers about 87 % of", 0.87, figure(&solved, "measured", "cache-frankfurt", "hit_ratio"), 0.01);
    assert!(stalest(&start) > 0.4, "{}", stalest(&start));
    lab.claims("that falls to about 5 %", 0.05, stalest(&solved), 0.15);
    lab.is_checked();
}

#[test]
fn every_ten_seconds() {
    let mut lab = Lab::open("ten-second-pages");
    let (before, after, at) =
        ["before", "after", "at"].map(|key| part(&lab.start, "customers", "profile", "step", key)).into();
    let [pages, skew] = ["keys", "key_skew"].map(|key| lab.number("customers", key));
    let (ttl, load, connections) =
        (lab.number("cache", "ttl"), lab.number("database", "read_time"), lab.number("database", "connections"));
    let machines = lab.number("shop", "replicas");
    assert!(before < after && skew == 0.0, "all pages alike, and fewer at first");
    lab.says(
        "There are 20, and from second 15 on they get 600 reads a second",
        (pages, at, after) == (20.0, 15.0, 600.0),
    );
    lab.says("A page lives for 10 seconds", ttl == 10.0);
    lab.says("which takes 0.4 seconds on average", load == 0.4);
    lab.says(
        "20 pages every 10 seconds are 2 reads a second. It has ten connections",
        pages / ttl == 2.0 && connections == 10.0,
    );
    lab.says(
        "Answer 99 % of all requests within 1.2 seconds, and send the database at most 4 reads a second",
        lab.goal("sojourn_time.p99", "measured") == 1.2 && lab.goal("arrival_rate.mean", "measured") == 4.0,
    );
    lab.says("The shop has 4 machines", machines == 4.0);
    let each = after / pages;
    lab.says("A page gets 30 reads a second. While it is loaded, 12 more come", each == 30.0 && each * load == 12.0);
    lab.says("13 loads in place of one", 1.0 + each * load == lab.truth());
    let loads = pages / ttl * lab.truth();
    lab.says(
        "For 20 pages that makes 26 reads a second, more than the 25 that the database can do",
        loads == 26.0 && near(connections / load, 25.0, 1e-9),
    );
    let run = |design: &Document| report(design);
    assert!(arrivals(&run(&lab.start), "measured", "database") > 30.0, "it feeds itself");
    lab.says("4 machines make up to 4 loads of a page", machines == 4.0);
    let single = |scope: &str| with(&lab.start, &["cache"], &[("loads", worded("single-flight", "scope", scope))]);
    let process = arrivals(&run(&single("process")), "measured", "database");
    assert!(process > 4.0 && process <= machines * pages / ttl, "{process}");
    let one = run(lab.solution());
    lab.claims("For the whole cache it is about 2 reads a second", 2.0, arrivals(&one, "measured", "database"), 0.1);
    lab.claims("a 99th percentile of about 0.7 seconds", 0.7, p99(&one, "measured"), 0.1);
    let ahead = lab.solution_where(|design| node(&mut design.clone(), "cache").params.get("loads").is_none()).clone();
    lab.claims("the percentile is about 13 ms", 0.0135, p99(&run(&ahead), "measured"), 0.05);
    lab.is_checked();
}

#[test]
fn acknowledged_orders() {
    let mut lab = Lab::open("acknowledged");
    let rate = lab.number("customers", "profile");
    let (write, connections) = (lab.number("database", "write_time"), lab.number("database", "connections"));
    assert_eq!(lab.number("customers", "write_share"), 1.0, "orders alone");
    lab.says("400 orders come in every second", rate == 400.0);
    lab.says("takes 20 ms, and it has 4 connections", (write, connections) == (0.02, 4.0));
    let alone = connections / write;
    lab.says("one at a time, it could store 200 a second", alone == 200.0);
    let kills: Vec<_> = lab.start.faults.iter().filter(|fault| fault.fault.kind == "kill").collect();
    let restarts = kills.len() as f64;
    lab.says(
        "restarts 6 times, and is back after 2 seconds",
        restarts == 6.0 && lab.start.faults.iter().all(|fault| fault.for_secs == Some(2.0)),
    );
    lab.says("99 % of all orders are confirmed within 50 ms", lab.goal("sojourn_time.p99", "before") == 0.05);
    lab.says("at most 30 writes a second", lab.goal("arrival_rate.mean", "before") == 30.0);
    lab.says("At most 190 confirmed orders", lab.goal("writes_lost.count", "") == 190.0);
    let delay = part(&lab.start, "memory", "writes", "behind", "delay");
    lab.says("waits up to 10 seconds", delay == 10.0);
    assert_eq!(lab.truth(), rate * delay);
    let world = lab.start.clone();
    let behind = |key: &str, value: f64| with(&world, &["memory"], &[("writes", variant("behind", &[(key, value)]))]);
    let designs = [
        lab.start.clone(),
        lab.solutions[0].1.clone(),
        lab.solutions[1].1.clone(),
        behind("batch", 5.0),
        behind("delay", 0.03),
    ];
    let [start, soon, batches, small, shorter] = designs.each_ref().map(report);
    lab.claims("at the start, about 2,700 each time", 2_700.0, lost(&start, "memory") / restarts, 0.05);
    lab.says("It can store 200 a second and is offered 400", (alone, rate) == (200.0, 400.0));
    for other in ["through", "delete", "expire"] {
        assert!(p99(&report(&with(&lab.start, &["memory"], &[("writes", choice(other))])), "before") > 0.05, "{other}");
    }
    let wait = part(lab.solution(), "memory", "writes", "behind", "delay");
    lab.says("With a wait of 50 ms that is 28 orders", wait == 0.05 && near(rate * (wait + write), 28.0, 1e-9));
    let writes = |report: &Report| arrivals(report, "before", "database");
    lab.claims("the database gets about 19 writes a second", 19.0, writes(&soon), 0.03);
    lab.says("As soon as 15 orders wait", part(&lab.solutions[1].1, "memory", "writes", "behind", "batch") == 15.0);
    lab.claims("about 26 writes a second, and fewer orders lost", 26.0, writes(&batches), 0.03);
    assert!(lost(&batches, "memory") < lost(&soon, "memory"));
    lab.says("Below about 30 ms", writes(&shorter) > 30.0 && writes(&shorter) < 31.5);
    lab.says(
        "In batches of 5 the memory stores 250 orders a second and confirms 400",
        near(5.0 / write, 250.0, 1e-9) && lost(&small, "memory") > 10_000.0,
    );
    let room = report(&behind("room", 10.0));
    lab.says("Leave room for 10 orders only", p99(&room, "before") > 0.05);
    lab.is_checked();
}

#[test]
fn the_old_price() {
    let mut lab = Lab::open("old-price");
    let [rate, prices, writes] = ["profile", "keys", "write_share"].map(|key| lab.number("customers", key));
    lab.says("800 requests a second read 2,000 prices; 2 % of them", (rate, prices, writes) == (800.0, 2_000.0, 0.02));
    let ttl = lab.number("cache", "ttl");
    lab.says("for up to 120 seconds", ttl == 120.0 && lab.number("cache", "capacity") == prices);
    let (read, connections) = (lab.number("database", "read_time"), lab.number("database", "connections"));
    lab.says("takes 150 ms on average, and it has 30 connections", (read, connections) == (0.15, 30.0));
    lab.says(
        "At most 0.2 % of the cache's hits may show an old price, and 99 % of all requests are to be answered within 400 ms",
        lab.goal("stale_hit_share.mean", "measured") == 0.002 && lab.goal("sojourn_time.p99", "measured") == 0.4,
    );
    let delete = |writes: &str| with(&lab.start, &["cache"], &[("writes", choice(writes))]);
    let listening = with(&lab.start, &["cache"], &[("writes", variant("event", &[("delay", 0.1)]))]);
    let defaults = delete("event");
    let designs = [
        lab.start.clone(),
        with(&lab.start, &["cache"], &[("ttl", 5.0.into())]),
        delete("delete"),
        lab.solution().clone(),
        listening,
        defaults,
    ];
    let [start, short, deleted, newer, told, default] = designs.each_ref().map(report);
    let stale = |report: &Report| figure(report, "measured", "cache", "stale_hit_share");
    lab.says("Word of a commit, where the cache listens for it, takes 100 ms", told.trace_hash == default.trace_hash);
    lab.says("With 120 seconds more than half of the hits are old", ttl == 120.0 && stale(&start) > 0.5);
    lab.says(
        "With 5 seconds it is still over 10 %, and by then the database gets more reads than it can do",
        stale(&short) > 0.1 && figure(&short, "measured", "database", "utilization") > 0.99,
    );
    lab.claims("leaves about 1 %", 0.01, stale(&deleted), 0.2);
    lab.says("at 800 requests a second", rate == 800.0);
    lab.claims("With the first about 0.02 % are left", 0.0002, stale(&newer), 0.25);
    lab.says("is late by 100 ms", told.trace_hash == default.trace_hash);
    lab.claims("many times in that: about 2 %", 0.02, stale(&told), 0.15);
    lab.is_checked();
}

#[test]
fn the_nightly_report() {
    let mut lab = Lab::open("nightly-report");
    let [rate, items] = ["profile", "keys"].map(|key| lab.number("customers", key));
    lab.says("Customers send 300 reads a second for 4,000 items", (rate, items) == (300.0, 4_000.0));
    let [reads, all] = ["profile", "keys"].map(|key| lab.number("report", key));
    lab.says("A report sends 250 a second for any of 100,000 items", (reads, all) == (250.0, 100_000.0));
    let room = lab.number("cache", "capacity");
    lab.says("which holds 1,000", room == 1_000.0);
    let (read, connections) = (lab.number("database", "read_time"), lab.number("database", "connections"));
    lab.says("a database with 20 connections and 50 ms of work", (connections, read) == (20.0, 0.05));
    let limit = lab.goal("sojourn_time.p90", "report");
    lab.says("Answer 90 % of the customers' requests within 110 ms", limit == 0.11);
    let under = |policy: &str| with(&lab.start, &["cache"], &[("eviction", choice(policy))]);
    let quiet = with(&lab.start, &["report"], &[("profile", variant("constant", &[("rate", 0.001)]))]);
    let designs = [lab.start.clone(), quiet, under("fifo"), under("s3-fifo"), under("sieve"), under("arc")];
    let reports = designs.each_ref().map(report);
    let slow = |at: usize| p90_of(&reports[at], "report", "customers");
    lab.claims("90 % of the customers' requests take at most about 70 ms", 0.07, slow(1), 0.05);
    assert!(slow(0) > 2.0 * slow(1), "the bet's answer");
    // Of its items, at most one in a hundred is in the cache.
    let misses = reads * (1.0 - room / all);
    lab.says("The report misses about 250 times a second, so it replaces a quarter", near(misses / room, 0.25, 0.05));
    lab.claims("The customers' 90th percentile is about 170 ms", 0.17, slow(0), 0.05);
    lab.says("there the database is full, and it is seconds", slow(2) > 1.0);
    for better in &reports[3..] {
        let slow = p90_of(better, "report", "customers");
        assert!(near(slow, 0.07, 0.1), "{slow}");
        assert!(near(figure(better, "report", "cache", "hit_ratio"), 0.4, 0.05));
    }
    lab.says("the percentile is about 70 ms, as if there were no report", near(slow(1), 0.07, 0.05));
    lab.says("Hits are still few, about 40 %", lab.solutions.len() == 3);
    lab.says("Let the report read 2,000 items in place of 100,000", all == 100_000.0);
    lab.is_checked();
}
