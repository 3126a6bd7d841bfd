//! Connections and rows that are waited for: pools of connections and row locks against M/M/c queues with patience, and
//! what slow queries and indexes cost.

use headroom::engine::time::SimDuration;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::Value;
use headroom::model::policy::bulkhead::{Entered, Gate, Settings};
use headroom::model::system::System;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, exponential, run, variant, wire};
use crate::vectors;

fn cases(file: &str) -> Vec<serde_json::Value> {
    vectors::load(file)["cases"].as_array().expect("there are cases").clone()
}

/// Clients straight to a database, over a connection with these parameters.
fn database(rate: f64, writes: f64, secs: f64, params: &[(&str, Value)], edge: &[(&str, Value)]) -> (Document, NodeId) {
    let mut document = Document { seed: 3, run_length_secs: secs, ..Document::default() };
    let clients = [
        ("profile", variant("constant", &[("rate", rate)])),
        ("write_share", Value::from(writes)),
        ("keys", Value::from(1.0)),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let database = add(&mut document, "database", "Database", params);
    let mut over = vec![("latency", constant(0.0))];
    over.extend(edge.iter().cloned());
    wire(&mut document, clients, database, &over);
    (document, database)
}

/// Share of the requests that ended so.
fn share(system: &System, outcome: Outcome, reason: Reason) -> f64 {
    let run = &system.totals().run;
    assert_eq!(run.by_outcome[outcome.index()], run.by_reason[reason.index()], "{reason:?}");
    run.by_reason[reason.index()] as f64 / run.offered as f64
}

/// A share p of n requests that wait for each other: counted as if only a tenth of them told something new, four errors.
fn tolerance(p: f64, n: f64) -> f64 {
    4.0 * (p * (1.0 - p) / (n / 10.0)).sqrt()
}

/// A pool of c connections whose waiters leave with an error after a while: the queue M/M/c with patience.
#[test]
fn a_pool_of_connections_times_out_as_often_as_theory_says() {
    for case in cases("pool_timeout.json") {
        let number = |key: &str| case[key].as_f64().unwrap();
        let (arrivals, hold) = (number("arrivals_per_s"), 1.0 / number("hold_rate_per_s"));
        let (connections, patience) = (number("connections"), number("wait_timeout_s"));
        let pool = variant("pool", &[("limit", connections), ("longest_wait", patience)]);
        let params = [("connections", Value::from(1_000.0)), ("read_time", exponential(hold))];
        let n = 100_000.0;
        let (document, _) = database(arrivals, 0.0, n / arrivals, &params, &[("bulkhead", pool)]);
        let found = share(&run(&document), Outcome::Rejected, Reason::BulkheadFull);
        let expected = number("p_timeout");
        assert!((found - expected).abs() < tolerance(expected, n), "{found} of {expected} in {case}");
    }
}

/// Writes of one row: the same with one server, each held from the lock to the commit. They hold connections meanwhile.
#[test]
fn writes_of_one_row_wait_as_theory_says_and_hold_connections() {
    for case in cases("pool_timeout.json") {
        let number = |key: &str| case[key].as_f64().unwrap();
        // Scaled so that the row alone is as loaded as the pool: one server.
        let (load, patience) = (number("arrivals_per_s") / number("hold_rate_per_s") / number("connections"), 3.0);
        let (hold, n) = (0.01, 60_000.0);
        let rate = load / hold;
        let locks = variant("rows", &[("longest_wait", patience * hold)]);
        let params = [("connections", Value::from(1_000.0)), ("write_time", exponential(hold)), ("locks", locks)];
        let (document, node) = database(rate, 1.0, n / rate, &params, &[]);
        let system = run(&document);
        let found = share(&system, Outcome::Failed, Reason::LockTimeOut);
        // M/M/1+D: the density of the virtual wait is L p0 exp(-(m-L)x) below tau, then falls as exp(-m x).
        let (l, m, tau) = (rate, 1.0 / hold, patience * hold);
        let below = if (m - l).abs() < 1e-9 { l * tau } else { l * (1.0 - (-(m - l) * tau).exp()) / (m - l) };
        let beyond = l * (-(m - l) * tau).exp() / m;
        let expected = beyond / (1.0 + below + beyond);
        assert!((found - expected).abs() < tolerance(expected, n), "{load}: {found} of {expected}");
        let look = system.look_at_rows(node).unwrap();
        assert_eq!((look.locked, look.waiting, look.longest), (0, 0, None), "all have been answered");
        assert_eq!(look.given_up, system.totals().run.by_reason[Reason::LockTimeOut.index()]);
        // Little: connections in use are the writes that hold or want the row.
        let busy = system.station_meter(node).unwrap().whole(system.now()).busy_secs;
        assert!(busy > n * hold * (1.0 - expected) * 0.97, "{busy}");
    }
}

/// A hot row is written once at a time, however many connections there are; without locks it is not.
#[test]
fn a_hot_row_bounds_the_throughput_of_its_writes() {
    let completed = |locks: &str, keys: f64| {
        let params = [
            ("connections", Value::from(50.0)),
            ("write_time", constant(0.02)),
            ("locks", variant(locks, &[])),
            ("queue_limit", Value::from(0.0)),
        ];
        let (mut document, _) = database(200.0, 1.0, 60.0, &params, &[]);
        for node in document.nodes.values_mut().filter(|node| node.kind == "source") {
            std::rc::Rc::make_mut(node).params.set("keys", keys);
            std::rc::Rc::make_mut(node).params.set("key_skew", 0.0);
        }
        run(&document).totals().run.completed() as f64
    };
    // 50 a second, and what 50 connections still hold at the end.
    assert!((completed("rows", 1.0) - 3_000.0).abs() <= 51.0, "{}", completed("rows", 1.0));
    for free in [completed("off", 1.0), completed("rows", 10_000.0)] {
        assert!(free > 11_500.0, "{free}");
    }
}

/// 1 % of the reads search a million rows for a second: they alone keep two of the connections busy.
#[test]
fn slow_queries_hold_connections_and_indexes_cost_writes() {
    let busy = |writes: f64, queries: &[(&str, f64)]| {
        let params = [
            ("connections", Value::from(1_000.0)),
            ("read_time", constant(0.001)),
            ("write_time", constant(0.001)),
            ("queries", variant("indexes", queries)),
        ];
        let (document, node) = database(200.0, writes, 500.0, &params, &[]);
        let system = run(&document);
        let whole = system.station_meter(node).unwrap().whole(system.now());
        whole.busy_secs / whole.arrivals() as f64 * 200.0
    };
    assert!((busy(0.0, &[("unindexed", 0.0)]) - 0.2).abs() < 1e-6);
    // 1,000 of 100,000: a relative standard error of 3 %; four of them.
    assert!((busy(0.0, &[("unindexed", 0.01)]) - 2.2).abs() < 0.26);
    assert!((busy(0.0, &[("unindexed", 1.0), ("rows", 10_000.0)]) - 2.2).abs() < 1e-6);
    assert!((busy(1.0, &[("indexes", 5.0)]) - 0.3).abs() < 1e-6);
}

/// The line for a connection, moment by moment: a release comes before a request, and a request before a time-out.
#[test]
fn who_waits_for_a_connection_follows_the_reference() {
    let mut seen = 0;
    for case in cases("timelines.json").iter().filter(|case| case["kind"] == "connection pool queue") {
        let number = |key: &str| case["params"][key].as_f64().unwrap();
        let patience = number("wait_timeout_ms");
        let settings = Settings {
            limit: number("connections") as u32,
            waiting: u32::MAX,
            longest_wait: SimDuration::from_secs_f64(patience / 1e3),
            per_caller: false,
        };
        let requests: Vec<[f64; 2]> = serde_json::from_value(case["inputs"]["request_at_and_hold_ms"].clone()).unwrap();
        let mut gate = Gate::default();
        let mut got = vec![None; requests.len()];
        // What happens, by moment and rank: a release, a request, a time-out.
        let mut events: Vec<(f64, u8, usize)> = (0..requests.len()).map(|at| (requests[at][0], 1, at)).collect();
        while !events.is_empty() {
            events.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(b.2.cmp(&a.2)));
            let (now, what, who) = events.pop().unwrap();
            let mut enters = Vec::new();
            match what {
                0 => {
                    gate.leave();
                    enters.extend(gate.next(settings.limit));
                }
                1 => match gate.enter(who, &settings) {
                    Entered::In => enters.push(who),
                    Entered::Waits(_) => events.push((now + patience, 2, who)),
                    Entered::Full => panic!("any number may wait"),
                },
                _ => {
                    gate.give_up(&who);
                }
            }
            for one in enters {
                got[one] = Some(now);
                events.push((now + requests[one][1], 0, one));
            }
        }
        for (request, got) in case["expect"]["requests"].as_array().unwrap().iter().zip(&got) {
            assert_eq!(request["got"].as_f64(), *got, "{case}");
        }
        seen += 1;
    }
    assert!(seen > 3, "{seen}");
}
