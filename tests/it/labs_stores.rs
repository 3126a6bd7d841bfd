//! The labs on databases: what their prose claims, computed from their documents or measured by running them.
//! How they are lost and won is in `lessons.rs`, for all lessons alike.

use headroom::runner::report::Report;
use headroom::topology::document::Document;

use crate::fixture::variant;
use crate::lab::{Lab, answered, near, p99, part, station, window};
use crate::labs_data::{choice, with};
use crate::lessons::{node, report};

/// Since when, and for how long, the first fault of a kind.
fn span(lab: &Lab, kind: &str) -> (f64, f64) {
    let fault = lab.fault(kind);
    (fault.at_secs, fault.for_secs.unwrap_or(f64::NAN))
}

fn busy(report: &Report, name: &str, role: &str) -> f64 {
    station(window(report, name), role).get("utilization").0
}

/// Share of the reads of the most popular of `items` with Zipf's exponent `skew`.
fn top_share(items: f64, skew: f64) -> f64 {
    1.0 / (1..=items as u32).map(|rank| f64::from(rank).powf(-skew)).sum::<f64>()
}

const SCHEMES: [&str; 5] = ["modulo", "ring", "jump", "rendezvous", "slots"];

fn sharded(design: &Document, role: &str, scheme: &str, shards: f64) -> Document {
    with(design, &[role], &[("sharding", variant(scheme, &[("shards", shards)]))])
}

#[test]
fn the_drink_of_the_day() {
    let mut lab = Lab::open("drink-of-the-day");
    let world = lab.start.clone();
    let [rate, drinks] = ["profile", "keys"].map(|key| lab.number("customers", key));
    let shards = part(&world, "drinks", "sharding", "ring", "shards");
    let [connections, read] = ["connections", "read_time"].map(|key| lab.number("drinks", key));
    let machines = lab.number("menu", "replicas");
    lab.says("10,000 drinks are shared out to five databases", (drinks, shards) == (10_000.0, 5.0));
    lab.says("Each has 8 connections, and a read takes 20 ms", (connections, read) == (8.0, 0.02));
    lab.says("1,200 reads a second come in", rate == 1_200.0);
    let (from, lasts) = span(&lab, "hot-key");
    let share = lab.fault_number("hot-key", "share");
    lab.says(
        "At 30 seconds one drink becomes famous for 40 seconds: 40 % of all requests",
        (from, lasts, share) == (30.0, 40.0, 0.4),
    );
    lab.says(
        "answer 99 % of all requests, and 99 % within 300 ms",
        lab.goal("answered_share.mean", "famous") == 0.99 && lab.goal("sojourn_time.p99", "famous") == 0.3,
    );
    let budget = lab.lesson.budget.connections.map(f64::from);
    lab.says("You may use 40 connections in all, as now", budget == Some(40.0) && shards * connections == 40.0);
    lab.says("whether the menu's 8 machines", machines == 8.0);
    lab.says("A database has 8 connections", connections == 8.0);
    let hot = rate * share;
    lab.says(
        "480 reads a second for one drink are 9.6 busy connections, and its database has 8",
        hot == 480.0 && near(hot * read, 9.6, 1e-9),
    );
    let needed = (hot + (rate - hot) / shards) * read;
    lab.says("a fifth of all the others: 12.5 in all", near(needed, 12.5, 0.01) && near(lab.truth(), needed, 0.01));
    lab.claims("about 17 % of all requests fail", 0.17, 1.0 - answered(&report(&world), "famous"), 0.1);
    for scheme in SCHEMES {
        assert!(answered(&report(&sharded(&world, "drinks", scheme, shards)), "famous") < 0.9, "{scheme}");
    }
    let ttl = part(lab.solution(), "menu", "local_cache", "on", "ttl");
    lab.says("keeps answers for 1 second", ttl == 1.0);
    lab.says("8 reads in place of 480", near(machines / ttl, 8.0, 1e-9) && hot == 480.0);
    let one = with(&world, &["menu"], &[("local_cache", variant("on", &[("capacity", 1.0), ("ttl", 1.0)]))]);
    lab.says("room for 1 answer alone is too little", answered(&report(&one), "famous") < 0.95);
    let copies =
        lab.solution_where(|design| node(&mut design.clone(), "menu").params.get("local_cache").is_none()).clone();
    lab.says("a primary and 4 read replicas", part(&copies, "drinks", "read_replicas", "fixed", "count") == 4.0);
    lab.says("Let the answers live for 50 ms", ttl > 0.05);
    lab.says("Give writes a share of 30 %", lab.number("customers", "write_share") == 0.0);
    lab.is_checked();
}

/// What the twins have in common; the load in connections, and what one database has.
fn twins(lab: &mut Lab) -> (f64, f64, f64) {
    let rate = lab.number("customers", "profile");
    let [connections, read, write] = ["connections", "read_time", "write_time"].map(|key| lab.number("database", key));
    lab.says(
        "A read or a write takes 20 ms, and a database has 10 connections",
        (read, write, connections) == (0.02, 0.02, 10.0),
    );
    lab.says(
        "Answer 99 % of all requests, and 99 % within 300 ms",
        lab.goal("answered_share.mean", "measured") == 0.99 && lab.goal("sojourn_time.p99", "measured") == 0.3,
    );
    let budget = lab.lesson.budget.connections.map(f64::from);
    lab.says("You may use 50 connections", budget == Some(50.0));
    lab.says("1,500 requests of 20 ms are 30 busy connections. There are fifty", near(rate * read, 30.0, 1e-9));
    lab.says("A database has 10 connections", connections == 10.0);
    lab.says("How full are 30 connections when 30 are needed", 3.0 * connections == 30.0);
    (rate, read, connections)
}

fn replicated(design: &Document, count: f64) -> Document {
    with(design, &["database"], &[("read_replicas", variant("fixed", &[("count", count), ("data", 0.1)]))])
}

#[test]
fn the_menu_outgrows_its_database() {
    let mut lab = Lab::open("outgrown-menu");
    let world = lab.start.clone();
    let (rate, work, connections) = twins(&mut lab);
    let [dishes, skew, writes] = ["keys", "key_skew", "write_share"].map(|key| lab.number("customers", key));
    lab.says(
        "1,500 requests a second ask for 10,000 dishes; 5 % of them write",
        (rate, dishes, writes) == (1_500.0, 10_000.0, 0.05),
    );
    let top = top_share(dishes, skew);
    assert!(near(top, 1.0 / 3.0, 0.05), "about a third: {top}");
    lab.says("share the dishes out to 5 shards", 5.0 * connections == 50.0);
    let primary = rate * writes;
    lab.says("75 a second, 1.5 busy connections", near(primary, 75.0, 1e-9) && near(primary * work, 1.5, 1e-9));
    lab.says(
        "With 4 read replicas all five",
        part(lab.solution(), "database", "read_replicas", "fixed", "count") == 4.0,
    );
    lab.says("28.5 busy connections spread over 50", near((rate - primary) * work, 28.5, 1e-9));
    let hot = rate * work * (top + (1.0 - top) / 5.0);
    lab.claims("about 13 busy connections, and it has 10", 13.0, hot, 0.1);
    let failing: Vec<f64> = SCHEMES
        .iter()
        .chain(&["range"])
        .map(|scheme| 1.0 - answered(&report(&sharded(&world, "database", scheme, 5.0)), "measured"))
        .collect();
    lab.says(
        "Between 3 % and a third of all requests fail",
        failing.iter().all(|share| (0.03..0.34).contains(share)) && failing.iter().any(|share| *share > 0.32),
    );
    lab.says("At 75 writes a second that is little", near(primary, 75.0, 1e-9));
    lab.says("Use 2 read replicas", answered(&report(&replicated(&world, 2.0)), "measured") < 0.99);
    lab.is_checked();
}

#[test]
fn the_order_book_outgrows_its_database() {
    let mut lab = Lab::open("outgrown-order-book");
    let world = lab.start.clone();
    let (rate, work, connections) = twins(&mut lab);
    let [orders, writes] = ["keys", "write_share"].map(|key| lab.number("customers", key));
    lab.says(
        "1,500 requests a second ask for 10,000 orders; 40 % of them write",
        (rate, orders, writes) == (1_500.0, 10_000.0, 0.4),
    );
    let four = report(&replicated(&world, 4.0));
    lab.says("Then add 4 read replicas", answered(&four, "measured") < 0.99);
    let primary = rate * writes;
    lab.says(
        "600 a second are 12 busy connections, and it has 10",
        near(primary, 600.0, 1e-9) && near(primary * work, 12.0, 1e-9) && connections == 10.0,
    );
    lab.says(
        "With 4 of them nearly a fifth of all requests still fail",
        near(1.0 - answered(&four, "measured"), 0.19, 0.05),
    );
    let solved = report(lab.solution());
    lab.says(
        "about 6 busy connections of 10",
        near(rate * work / 5.0, 6.0, 1e-9) && near(busy(&solved, "measured", "database"), 0.6, 0.1),
    );
    assert!(answered(&report(&sharded(&world, "database", "range", 5.0)), "measured") < 0.99, "one range at the start");
    lab.says("Use 3 shards", p99(&report(&sharded(&world, "database", "ring", 3.0)), "measured") > 0.2);
    lab.is_checked();
}

#[test]
fn one_row() {
    let mut lab = Lab::open("one-row");
    let world = lab.start.clone();
    let [rate, items, writes] = ["profile", "keys", "write_share"].map(|key| lab.number("customers", key));
    let [connections, read, write] = ["connections", "read_time", "write_time"].map(|key| lab.number("stock", key));
    lab.says("400 requests a second come to a stock of 5,000 items", (rate, items, writes) == (400.0, 5_000.0, 0.5));
    lab.says(
        "Half of them read, which takes 10 ms; half write, which takes twice as long",
        read == 0.01 && write == 2.0 * read,
    );
    let needed = rate * (writes * write + (1.0 - writes) * read);
    lab.says("has 30 connections, and needs 6 of them", connections == 30.0 && near(needed, 6.0, 1e-9));
    let share = lab.fault_number("hot-key", "share");
    lab.says(
        "At 30 seconds a sale begins, and for 40 seconds 30 % of all requests",
        span(&lab, "hot-key") == (30.0, 40.0) && share == 0.3,
    );
    let patience = lab.edge(1, "timeout");
    lab.says("Customers give up after three seconds", patience == 3.0);
    lab.says(
        "answer 94 % of all requests, and 90 % within 300 ms",
        lab.goal("answered_share.mean", "rush") == 0.94 && lab.goal("sojourn_time.p90", "rush") == 0.3,
    );
    let wanted = rate * writes * share;
    lab.says("But 60 writes a second", near(wanted, 60.0, 1e-9));
    let budget = lab.lesson.budget.connections;
    lab.says("You may use up to 100 connections", budget == Some(100));
    let commits = 1.0 / write;
    lab.says(
        "The row lets 50 writes a second commit, and 60 come. So 10 more",
        near(commits, lab.truth(), 1e-9) && near(wanted - commits, 10.0, 1e-9),
    );
    lab.says("After 3 seconds all 30 are taken", near(connections / (wanted - commits), 3.0, 1e-9));
    lab.says("which would take 10 ms", read == 0.01);
    let start = report(&world);
    assert!(answered(&start, "rush") < 0.55 && busy(&start, "rush", "stock") > 0.95, "most give up, and all are taken");
    let many = with(&world, &["stock"], &[("connections", 100.0.into())]);
    lab.says("With 100 connections", answered(&report(&many), "rush") < 0.6);
    lab.says(
        "With all 30 connections before the row, no write waits for more than 0.6 seconds",
        near(connections * write, 0.6, 1e-9),
    );
    let wait = |secs: f64| with(&world, &["stock"], &[("locks", variant("rows", &[("longest_wait", secs)]))]);
    assert!(
        near(answered(&report(&wait(1.0)), "rush"), answered(&start, "rush"), 0.05),
        "a longer limit changes nothing"
    );
    let longest = part(lab.solution(), "stock", "locks", "rows", "longest_wait");
    lab.says(
        "With 100 ms, waiting writes hold at most about 6 connections",
        longest == 0.1 && near(wanted * longest, 6.0, 1e-9),
    );
    let solved = report(lab.solution());
    lab.claims("about 96 % of all requests are answered", 0.96, answered(&solved, "rush"), 0.01);
    lab.says("at 5 ms writes give up", answered(&report(&wait(0.005)), "rush") < 0.94);
    let few = report(&with(&world, &["stock"], &[("queue_limit", 20.0.into())]));
    lab.says(
        "Let 20 requests wait for a connection in place of 1,000",
        lab.number("stock", "queue_limit") == 1_000.0 && answered(&few, "rush") < 0.9,
    );
    lab.is_checked();
}

#[test]
fn everything_is_gone() {
    let mut lab = Lab::open("everything-is-gone");
    let world = lab.start.clone();
    let items = lab.number("customers", "keys");
    let rate = part(&world, "customers", "profile", "step", "after");
    let [connections, read, room] = ["connections", "read_time", "queue_limit"].map(|key| lab.number("database", key));
    lab.says("holds all 5,000 items", items == 5_000.0 && lab.number("cache", "capacity") == items);
    lab.says("it has 10 connections, and a read takes 50 ms", (connections, read) == (10.0, 0.05));
    let (patience, retries) = (lab.edge(1, "timeout"), lab.edge(1, "retries"));
    lab.says(
        "1,000 reads a second come in. Customers give up after 1 second, and try up to 3 times more",
        (rate, patience, retries) == (1_000.0, 1.0, 3.0),
    );
    lab.says("At 40 seconds the cache is flushed", lab.fault("cache-flush").at_secs == 40.0);
    let seconds = world.windows[0].to_secs - world.windows[0].from_secs;
    lab.says(
        "Answer 86 % of all requests in the 20 seconds after it",
        lab.goal("answered_share.mean", "after") == 0.86 && seconds == 20.0,
    );
    let served = connections / read;
    lab.says(
        "The database can do 200 reads a second and gets 1,000",
        near(served, 200.0, 1e-9) && near(rate / served, lab.truth(), 1e-9),
    );
    lab.says(
        "But 1,000 reads may wait at the database, and the last of them waits for 5 seconds",
        room == 1_000.0 && near(room / served, 5.0, 1e-9),
    );
    lab.says("has left after 1 second", patience == 1.0);
    let start = report(&world);
    lab.says(
        "about a third of all requests are answered in the 20 seconds after the flush",
        near(answered(&start, "after"), 0.33, 0.1),
    );
    let few = setting_of(lab.solution(), "queue_limit");
    lab.says(
        "If only 20 may wait, a read takes at most about 150 ms",
        few == 20.0 && near(few / served + read, 0.15, 1e-9),
    );
    lab.claims("about 91 % are answered", 0.91, answered(&report(lab.solution()), "after"), 0.01);
    let single = with(&world, &["cache"], &[("loads", crate::labs_data::worded("single-flight", "scope", "cache"))]);
    assert!(answered(&report(&single), "after") < 0.86, "by itself it is not enough");
    let levels =
        lab.solution_where(|design| node(&mut design.clone(), "menu").params.get("local_cache").is_some()).clone();
    lab.says("keeps the 2,000 items", part(&levels, "menu", "local_cache", "on", "capacity") == 2_000.0);
    assert!(answered(&report(&levels), "after") > 0.99 && lab.number("menu", "replicas") == 4.0, "one cache of five");
    assert!(answered(&report(&with(&world, &["database"], &[("discipline", choice("lifo"))])), "after") < 0.86);
    lab.is_checked();
}

fn setting_of(design: &Document, key: &str) -> f64 {
    crate::lab::setting(design, "database", key)
}
