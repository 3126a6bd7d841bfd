//! Sharding: placements against independent vectors and theory, and a sharded database at work and on the move.

use headroom::model::ids::FaultTarget;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::sharding::copy::{Next, Rounds};
use headroom::model::sharding::range::{Change, Ranges, Rules};
use headroom::model::sharding::ring::{Hash, Ring, token};
use headroom::model::sharding::{Placement as _, jump, modulo, rendezvous, slots};
use headroom::model::system::{LiveFault, MoveStage, ShardLook, ShardStage, ShardsLook, System};
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, exponential, run_to, set, system, variant, wire};
use crate::vectors;

fn cases(file: &str) -> Vec<serde_json::Value> {
    vectors::load(file)["cases"].as_array().expect("there are cases").clone()
}

fn numbers(count: u64) -> Vec<u32> {
    (0..count as u32).collect()
}

/// Every key's owner by the algorithm of a case; `None`: an algorithm that is not ours.
fn owners(algorithm: &str, count: u64, keys: u64) -> Option<Vec<u32>> {
    let texts = || (0..keys).map(|key| format!("key-{key}"));
    let hashes = || texts().map(|text| Hash::Xxh64.of(text.as_bytes()));
    let shards = count as u32;
    if algorithm == "crc32 mod N" {
        return Some(texts().map(|text| modulo::place(text.as_bytes(), shards)).collect());
    }
    if algorithm.starts_with("jump") {
        return Some(hashes().map(|hash| jump::place(hash, shards)).collect());
    }
    if algorithm.starts_with("rendezvous") {
        let all = rendezvous::Rendezvous::of(&numbers(count));
        return Some(hashes().map(|hash| all.owner_at(hash)).collect());
    }
    let points = algorithm.strip_prefix("ring xxh64 v=")?.parse().expect("a number of points");
    let ring = Ring::of(&numbers(count), points, Hash::Xxh64);
    Some(hashes().map(|hash| ring.owner_at(hash)).collect())
}

#[test]
fn as_many_keys_move_as_in_the_reference() {
    let mut seen = 0;
    for case in cases("moved_fractions.json") {
        let (algorithm, keys) = (case["algorithm"].as_str().unwrap(), case["keys"].as_u64().unwrap());
        let [from, to] = ["n_from", "n_to"].map(|key| case[key].as_u64().unwrap());
        let (Some(before), Some(after)) = (owners(algorithm, from, keys), owners(algorithm, to, keys)) else {
            continue;
        };
        let moved = || before.iter().zip(&after).filter(|(before, after)| before != after);
        assert_eq!(moved().count() as u64, case["moved"].as_u64().unwrap(), "{case}");
        let between = moved().filter(|(_, after)| u64::from(**after) < from).count() as u64;
        assert_eq!(between, case["moved_between_old_nodes"].as_u64().unwrap(), "{case}");
        if algorithm == "crc32 mod N" {
            let theory = case["theory_mean"].as_f64().unwrap();
            assert!((modulo::expected_to_move(from as u32, to as u32) - theory).abs() < 1e-12, "{case}");
        } else {
            assert_eq!(between, 0, "a consistent scheme moves nothing between shards that stay");
        }
        let mut loads = vec![0_u32; to as usize];
        after.iter().for_each(|owner| loads[*owner as usize] += 1);
        let mean = keys as f64 / to as f64;
        let most = f64::from(*loads.iter().max().unwrap()) / mean;
        assert!((most - case["max_over_mean_load_after"].as_f64().unwrap()).abs() < 1e-4, "{case}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn keys_fall_into_the_slots_of_redis_cluster() {
    for case in cases("redis_slots.json") {
        let slot = slots::slot(case["key"].as_str().unwrap().as_bytes());
        assert_eq!(u64::from(slot), case["slot"].as_u64().unwrap(), "{case}");
    }
}

#[test]
fn keys_have_the_tokens_of_cassandra() {
    for case in cases("cassandra_tokens.json") {
        let hex = case["key_hex"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let key: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        assert_eq!(token(&key).to_string(), case["token"].as_str().unwrap(), "{case}");
    }
}

/// With v points each, the relative standard deviation of a share is sqrt((n-1)/(vn+1)).
#[test]
fn a_ring_is_as_uneven_as_theory_says() {
    for (shards, points) in [(10_u32, 100_u32), (4, 16), (8, 1)] {
        let mut sum = 0.0;
        let rings = 400;
        for ring in 0..rings {
            let numbers: Vec<u32> = (ring * shards..(ring + 1) * shards).collect();
            let shares = Ring::of(&numbers, points, Hash::Xxh64).shares();
            // A shard with one short stretch is there all the same.
            let square = |(_, share): &(u32, f64)| (share * f64::from(shards) - 1.0).powi(2);
            sum += shares.iter().map(square).sum::<f64>();
            sum += (shards as usize - shares.len()) as f64;
        }
        let measured = (sum / f64::from(rings * shards)).sqrt();
        let theory = (f64::from(shards - 1) / f64::from(points * shards + 1)).sqrt();
        // 400 rings: the deviation itself is known to about 3 %; four of that.
        assert!((measured / theory - 1.0).abs() < 0.12, "{shards} x {points}: {measured} of {theory}");
    }
}

#[test]
fn rounds_of_copying_follow_the_reference() {
    let mut seen = 0;
    for case in cases("timelines.json").into_iter().filter(|case| case["kind"] == "copy, catch up, cut over") {
        let input = |key: &str| case["inputs"][key].as_f64().unwrap();
        let (rate, change) = (input("copy_mb_per_s"), input("change_mb_per_s"));
        let mut rounds = Rounds::new(input("data_mb"));
        let mut total = 0.0;
        for phase in case["expect"]["phases"].as_array().unwrap() {
            let near = |key: &str, actual: f64| {
                let expected = phase[key].as_f64().unwrap();
                assert!(
                    (actual - expected).abs() < 1e-5 * expected.max(1.0),
                    "{key}: {actual} of {expected} in {phase}"
                );
            };
            let takes = rounds.size / rate;
            near("copied_mb", rounds.size);
            near("took_s", takes);
            rounds.change(change * takes);
            near("backlog_mb", rounds.changed);
            near("lag_s", rounds.lag(rate));
            total += takes;
            match rounds.end(rate, input("cut_over_when_lag_s")) {
                Next::Round(_) => {}
                Next::CutOver(stopped) => {
                    let expect = |key: &str| case["expect"][key].as_f64().unwrap();
                    assert!((stopped - expect("writes_stopped_s")).abs() < 1e-5 * stopped.max(1.0), "{case}");
                    assert!((total + stopped - expect("total_s")).abs() < 1e-5 * total, "{case}");
                    seen += 1;
                    break;
                }
            }
        }
        if case["expect"]["converges"] == false {
            assert!(rounds.diverges(), "{case}");
            seen += 1;
        }
    }
    assert!(seen > 3, "{seen}");
}

/// What happens to ranges, second by second, and where it leads.
#[test]
fn ranges_split_merge_and_move_as_in_the_reference() {
    for case in cases("range_split.json") {
        let params = &case["params"];
        let number = |key: &str| params[key].as_u64().unwrap();
        let rules = Rules {
            split_above: number("split_above_keys") as usize,
            merge_at_or_below: number("merge_at_or_below_keys") as usize,
            merge_wait: number("merge_wait_s"),
            load_above: params["load_split_above_qps"].as_u64(),
            hold: number("load_split_hold_s") as u32,
            difference: number("move_at_difference") as usize,
        };
        let mut ranges = Ranges::new(rules, &numbers(number("nodes")), &[0]);
        let mut course = Vec::new();
        for second in 0..=case["end_s"].as_u64().unwrap() {
            let mut told = Vec::new();
            for op in case["ops"].as_array().unwrap().iter().filter(|op| op[0] == second) {
                let key = op[2].as_u64().unwrap();
                if op[1] == "put" { ranges.put(key, second, &mut told) } else { ranges.delete(key) }
            }
            let mut loads = headroom::engine::ordered::Ordered::new();
            for load in case["loads"].as_array().into_iter().flatten() {
                let [from, to] = [0, 1].map(|at| load[at].as_u64().unwrap());
                if (from..to).contains(&second) {
                    let own = load[2].as_object().unwrap().iter();
                    loads.extend(own.map(|(key, load)| (key.parse::<u64>().unwrap(), load.as_u64().unwrap())));
                }
            }
            ranges.second(second, &loads, &mut told);
            course.extend(told.into_iter().map(|change| match change {
                Change::Split { by_load, left, right, at } => {
                    serde_json::json!([second, "split", if by_load { "load" } else { "size" }, left, right, at])
                }
                Change::Merge { left, right } => serde_json::json!([second, "merge", left, right]),
                Change::Move { range, from, to, before_merge } => {
                    let what = if before_merge { "move before merge" } else { "move" };
                    serde_json::json!([second, what, range, from, to])
                }
            }));
        }
        assert_eq!(serde_json::Value::from(course), case["events"], "{}", case["id"]);
        let begins = ranges.ranges.iter().map(|range| range.from).skip(1).chain([number("key_space")]);
        let all = ranges.ranges.iter().zip(begins);
        let all = all.map(|(range, to)| serde_json::json!([range.id, range.from, to, range.node, range.rows]));
        assert_eq!(all.collect::<serde_json::Value>(), case["ranges"], "{}", case["id"]);
    }
}

/// Clients straight to a database.
fn database(rate: f64, writes: f64, secs: f64, params: &[(&str, Value)]) -> (Document, NodeId) {
    let mut document = Document { seed: 7, run_length_secs: secs, ..Document::default() };
    let clients = [
        ("profile", variant("constant", &[("rate", rate)])),
        ("write_share", Value::from(writes)),
        ("keys", Value::from(10_000.0)),
        ("key_skew", Value::from(0.0)),
    ];
    let clients = add(&mut document, "source", "Clients", &clients);
    let database = add(&mut document, "database", "Database", params);
    wire(&mut document, clients, database, &[("latency", constant(0.0))]);
    (document, database)
}

fn shards(system: &System, database: NodeId) -> ShardsLook {
    system.look_at_shards(database).unwrap()
}

fn change(system: &mut System, document: &mut Document, node: NodeId, key: &str, value: Value) {
    set(document, node, key, value);
    system.rebuild(&plan(document).0.unwrap());
}

/// Each scheme sends every key to one shard, and each shard answers its share; every shard costs what the database costs.
#[test]
fn every_scheme_shares_out_the_load() {
    for scheme in ["modulo", "ring", "jump", "rendezvous", "slots", "range"] {
        let params = [("sharding", variant(scheme, &[("shards", 4.0)])), ("price", Value::from(0.5))];
        let (document, database) = database(1_000.0, 0.2, 30.0, &params);
        let mut system = system(&document);
        run_to(&mut system, 60.0);
        let look = shards(&system, database);
        let run = &system.totals().run;
        assert_eq!(run.completed(), run.offered);
        let answered: u64 = look.shards.iter().map(|shard| shard.reads + shard.writes).sum();
        assert_eq!(answered, run.offered);
        for shard in &look.shards {
            let load = (shard.reads + shard.writes) as f64 / answered as f64;
            // 10,000 keys: a standard error of 0.45 % of the keys, and of 0.25 % of the requests; four of them.
            assert!((load - shard.share).abs() < 0.021, "{scheme}: {load} of {}", shard.share);
        }
        let cost = system.station_meter(database).unwrap().cost_per_hour();
        assert!((cost - 2.0).abs() < 1e-12, "{cost}");
    }
}

/// While one of four shards is dead its keys fail, and only they.
#[test]
fn a_dead_shard_takes_its_keys_with_it_and_no_others() {
    let params = [("sharding", variant("modulo", &[("shards", 4.0)]))];
    let (document, database) = database(1_000.0, 0.0, 60.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 20.0);
    system.apply_fault(&LiveFault::Start {
        kind: "kill".to_owned(),
        target: FaultTarget::Replica(database, 2),
        params: Params::new(),
    });
    run_to(&mut system, 40.0);
    let look = shards(&system, database);
    assert!(look.shards[2].dead);
    let run = &system.totals().run;
    let failed = run.by_outcome[Outcome::Failed.index()] as f64 / 20_000.0;
    assert!((failed - 0.25).abs() < 0.021, "{failed}");
    assert_eq!(run.by_outcome[Outcome::Failed.index()] + run.completed() + run.in_flight(), run.offered);
}

/// A skewed catalog makes the shard of the most popular key hot: more shards do not help it.
#[test]
fn the_shard_of_a_hot_key_stays_hot_with_more_shards() {
    let hottest = |count: f64| {
        let params = [("sharding", variant("rendezvous", &[("shards", count)]))];
        let (mut document, database) = database(1_000.0, 0.0, 30.0, &params);
        for node in document.nodes.values_mut().filter(|node| node.kind == "source") {
            std::rc::Rc::make_mut(node).params.set("key_skew", 1.4);
        }
        let mut system = system(&document);
        run_to(&mut system, 30.0);
        shards(&system, database).shards.iter().map(|shard| shard.load).fold(0.0, f64::max)
    };
    // The first of 10,000 keys with a skew of 1.4 gets 1/H = 1/2.99 of the requests; a standard error of 0.5 %.
    let share = 1.0 / (1..=10_000).map(|rank| f64::from(rank).powf(-1.4)).sum::<f64>();
    for count in [4.0, 16.0, 64.0] {
        assert!(hottest(count) > share - 0.02, "{count}: {} of {share}", hottest(count));
    }
}

/// Rows that ascend go to the last range: one shard gets all writes, and leaves ranges behind that nobody fills.
#[test]
fn ascending_rows_keep_the_last_range_hot() {
    let writes = |ascending: bool, full: f64| {
        let range = Params::new().with("split_above", full).with("merge_below", 0.0).with("ascending", ascending);
        let range = Value::Variant(Variant::new("range", range));
        let (document, database) = database(200.0, 1.0, 60.0, &[("sharding", range)]);
        let mut system = system(&document);
        run_to(&mut system, 60.0);
        shards(&system, database)
    };
    let spread = writes(false, 500.0);
    assert!(spread.shards.iter().all(|shard| (shard.load - 0.25).abs() < 0.1), "{spread:?}");
    let tail = writes(true, 500.0);
    // 12,000 rows in halves of 500, and four ranges to begin with.
    let ranges: u32 = tail.shards.iter().filter_map(|shard| shard.parts).sum();
    assert!(tail.changes > 40 && (46..=52).contains(&ranges), "{tail:?}");
    // Without splits there is one shard that gets all of it.
    let last = writes(true, 1_000_000.0);
    let load = |shard: &ShardLook| (shard.number, shard.load);
    assert_eq!(last.shards.iter().map(load).collect::<Vec<_>>(), [(0, 0.0), (1, 0.0), (2, 0.0), (3, 1.0)]);
}

/// A busy range splits where its load balances, after ten seconds; a single hot key cannot be split.
#[test]
fn a_busy_range_splits_after_ten_seconds_unless_one_key_is_busy() {
    let ranges = |keys: f64| {
        let range = variant("range", &[("shards", 2.0), ("load_above", 100.0), ("merge_wait", 1_000.0)]);
        let (mut document, database) = database(1_000.0, 0.0, 30.0, &[("sharding", range)]);
        for node in document.nodes.values_mut().filter(|node| node.kind == "source") {
            std::rc::Rc::make_mut(node).params.set("keys", keys);
        }
        let mut system = system(&document);
        run_to(&mut system, 9.9);
        assert_eq!(shards(&system, database).changes, 0);
        run_to(&mut system, 10.1);
        shards(&system, database)
    };
    let split = ranges(10_000.0);
    assert_eq!(split.shards.iter().filter_map(|shard| shard.parts).sum::<u32>(), 4, "{split:?}");
    assert_eq!(ranges(1.0).changes, 0);
}

/// 4 become 8 by modulo: half of 10 GB is copied at 100 MB/s in 50 s; 100 writes a second change 10 KB each, half of them
/// what moves: 25 MB, which takes 0.25 s more, while writes to those keys are refused.
#[test]
fn a_move_follows_a_hand_computed_timeline() {
    let params = [
        ("sharding", variant("modulo", &[("shards", 4.0)])),
        ("read_time", constant(0.001)),
        ("write_time", constant(0.001)),
    ];
    let (mut document, database) = database(1_000.0, 0.1, 120.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 20.0);
    change(&mut system, &mut document, database, "sharding", variant("modulo", &[("shards", 8.0)]));
    run_to(&mut system, 45.0);
    let look = shards(&system, database);
    let moving = look.moving.clone().unwrap();
    assert_eq!((moving.stage, moving.from, moving.to, moving.round), (MoveStage::Copying, 4, 8, 0));
    assert!((moving.expected - 0.5).abs() < 1e-12 && (moving.share - 0.5).abs() < 0.016, "{moving:?}");
    assert!((moving.size - 10_000.0 * moving.share).abs() < 1e-6);
    let takes = moving.size / 100.0;
    assert!((moving.progress - 25.0 / takes).abs() < 1e-9, "{moving:?}");
    // 100 MB/s of four disks of 400.
    assert!((moving.disk_share - 0.0625).abs() < 1e-12);
    assert_eq!(look.shards.iter().filter(|shard| shard.stage == ShardStage::Copying).count(), 4);
    assert!(look.shards[4..].iter().all(|shard| shard.reads == 0 && shard.share == 0.0));
    run_to(&mut system, 20.0 + takes + 0.1);
    let refused = |system: &System| system.totals().run.by_outcome[Outcome::Rejected.index()];
    let look = shards(&system, database);
    assert_eq!(look.moving.as_ref().unwrap().stage, MoveStage::CuttingOver, "{look:?}");
    assert!(refused(&system) > 0, "writes to what moves are refused");
    run_to(&mut system, 90.0);
    let look = shards(&system, database);
    let moved = look.moved.unwrap();
    assert!(look.moving.is_none());
    assert_eq!((moved.from, moved.to, moved.rounds, moved.lost, look.moves), (4, 8, 1, 0, 1));
    // 2,500 writes on the way: a standard error of 50, so of 0.005 s; four of them. Draining takes 10 ms at most.
    let stopped = moved.stopped.as_secs_f64();
    assert!((stopped - takes * 0.05 * moved.share / 0.5 * 0.1).abs() < 0.03, "{moved:?}");
    assert!((moved.took.as_secs_f64() - takes - stopped).abs() < 1e-6, "{moved:?}");
    let after = refused(&system);
    run_to(&mut system, 200.0);
    let run = &system.totals().run;
    assert_eq!(refused(&system), after, "once it is over, nothing is refused");
    assert_eq!(run.completed() + after, run.offered);
    let stopped = run.by_reason[Reason::WritesStopped.index()];
    assert_eq!(stopped, after);
}

/// The same without stopping writes: nothing is refused, and what was written during the last round is lost.
#[test]
fn without_stopping_writes_the_last_round_is_lost() {
    let live = Value::Variant(Variant::new("live", Params::new().with("stop_writes", false)));
    let params = [("sharding", variant("modulo", &[("shards", 4.0)])), ("resharding", live)];
    let (mut document, database) = database(1_000.0, 0.1, 120.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 20.0);
    change(&mut system, &mut document, database, "sharding", variant("modulo", &[("shards", 8.0)]));
    run_to(&mut system, 300.0);
    let look = shards(&system, database);
    let run = &system.totals().run;
    assert_eq!(run.completed(), run.offered);
    // Half of 100 writes a second for 50 s, none of them lost before: a standard error of 50; four of them.
    assert!((look.moved.unwrap().lost as f64 - 2_500.0).abs() < 200.0, "{:?}", look.moved);
    assert!(look.lost >= look.moved.unwrap().lost);
}

/// A copy slower than the changes never ends; made faster, it does.
#[test]
fn a_copy_that_is_too_slow_never_ends() {
    let live = |rate: f64| variant("live", &[("data", 1.0), ("copy_rate", rate), ("row", 100.0)]);
    let params = [
        ("sharding", variant("modulo", &[("shards", 4.0)])),
        ("resharding", live(20.0)),
        ("write_time", constant(0.001)),
    ];
    // 500 writes a second of 100 KB, half of them to what moves: 25 MB/s.
    let (mut document, database) = database(1_000.0, 0.5, 400.0, &params);
    let mut system = system(&document);
    run_to(&mut system, 10.0);
    change(&mut system, &mut document, database, "sharding", variant("modulo", &[("shards", 8.0)]));
    run_to(&mut system, 200.0);
    let moving = shards(&system, database).moving.unwrap();
    assert!(moving.diverges && moving.round >= 3 && moving.size > 500.0, "{moving:?}");
    change(&mut system, &mut document, database, "resharding", live(200.0));
    run_to(&mut system, 260.0);
    let look = shards(&system, database);
    assert!(look.moving.is_none() && look.moved.unwrap().lost == 0, "{look:?}");
}

/// A copy that takes a half of each disk leaves a half of the speed: a queue at 40 % is one at 80 %.
#[test]
fn a_copy_that_is_too_fast_makes_queries_wait() {
    let live = variant("live", &[("data", 100_000.0), ("copy_rate", 100.0), ("disk", 100.0)]);
    let params = [
        ("sharding", variant("modulo", &[("shards", 2.0)])),
        ("resharding", live),
        ("connections", Value::from(1.0)),
        ("read_time", exponential(0.01)),
    ];
    let (mut document, database) = database(80.0, 0.0, 4_000.0, &params);
    let mut system = system(&document);
    // Little: who is there over who comes.
    let sojourn = |system: &System, secs: f64| {
        let recent = system.station_meter(database).unwrap().recent(system.now(), secs);
        (recent.busy_secs + recent.queue_secs) / recent.arrivals() as f64
    };
    run_to(&mut system, 1_000.0);
    let before = sojourn(&system, 900.0);
    // M/M/1 at each shard: 1/(100-40), and a little more as one of them has more keys than the other.
    assert!((before - 1.0 / 60.0).abs() < 0.001, "{before}");
    change(&mut system, &mut document, database, "sharding", variant("modulo", &[("shards", 4.0)]));
    run_to(&mut system, 4_000.0);
    let during = sojourn(&system, 2_900.0);
    let look = shards(&system, database);
    assert!((look.moving.unwrap().disk_share - 0.5).abs() < 1e-12);
    // The same with half the speed: 1/(50-40) = 0.1 s, weighted by what each of the two really gets.
    let [first, second] = [0, 1].map(|at| (look.shards[at].reads + look.shards[at].writes) as f64);
    let rates = [first, second].map(|count| count / (first + second) * 80.0);
    let theory: f64 = rates.iter().map(|rate| rate / 80.0 / (50.0 - rate)).sum();
    // The mean of 230,000 sojourn times at 80 %: a relative standard error of about 1.5 %; four of them.
    assert!((during / theory - 1.0).abs() < 0.06, "{during} of {theory}");
}

/// Schemes, shards and the way to move change while it runs: everything is answered, or refused by a cut-over.
#[test]
fn sharding_can_be_changed_while_it_runs() {
    let (mut document, database) = database(300.0, 0.3, 200.0, &[]);
    let mut system = system(&document);
    let quick = |rate: f64| variant("live", &[("data", 1.0), ("copy_rate", rate)]);
    let changes = [
        (5.0, "resharding", quick(100.0)),
        (10.0, "sharding", variant("ring", &[("shards", 3.0)])),
        (12.0, "resharding", quick(1_000.0)),
        (20.0, "sharding", variant("jump", &[("shards", 5.0)])),
        (20.5, "sharding", variant("jump", &[("shards", 2.0)])),
        (40.0, "connections", Value::from(20.0)),
        (50.0, "sharding", variant("slots", &[("shards", 2.0)])),
        (60.0, "resharding", variant("at-once", &[])),
        (61.0, "sharding", variant("slots", &[("shards", 6.0)])),
        (62.0, "sharding", variant("slots", &[("shards", 3.0)])),
        (80.0, "sharding", variant("off", &[])),
    ];
    for (secs, key, value) in changes {
        run_to(&mut system, secs);
        change(&mut system, &mut document, database, key, value);
        if secs == 62.0 {
            let look = shards(&system, database);
            let serving = look.shards.iter().filter(|shard| shard.stage == ShardStage::Serving);
            assert_eq!((serving.count(), look.moving), (3, None), "at once means at once");
        }
    }
    assert!(system.look_at_shards(database).is_none());
    run_to(&mut system, 400.0);
    let run = &system.totals().run;
    assert_eq!(run.completed() + run.by_reason[Reason::WritesStopped.index()], run.offered);
    assert_eq!(system.station_meter(database).unwrap().slot_count(), 20);
}

/// Reads that all ask every shard of `count`, whose work is slow in one of `odds`; the share of slow reads, and the mean.
fn scattered(count: f64, params: &[(&str, Value)], secs: f64) -> (System, NodeId, NodeId) {
    let mut document = Document { seed: 21, run_length_secs: secs, ..Document::default() };
    let clients = [("profile", variant("constant", &[("rate", 100.0)])), ("write_share", 0.0.into())];
    let clients = add(&mut document, "source", "Clients", &clients);
    let sharded = [
        ("sharding", variant("modulo", &[("shards", count)])),
        ("scatter", 1.0.into()),
        ("connections", 10_000.0.into()),
    ];
    let database = add(&mut document, "database", "Database", &[&sharded, params].concat());
    wire(&mut document, clients, database, &[("latency", constant(0.0))]);
    (system(&document), clients, database)
}

/// Goal: a read that asks n shards is slow with probability 1 − (1 − p)^n; of exponential times the k-th of n takes
/// d (H(n) − H(n − k)) on average. Four standard errors of 20,000 reads.
#[test]
fn a_read_that_asks_all_shards_waits_for_the_slowest_and_in_part_for_the_kth() {
    let row = |value: f64, weight: f64| Value::List(vec![value.into(), weight.into()]);
    let values = Value::List(vec![row(0.001, 0.95), row(0.1, 0.05)]);
    let mut params = Params::new();
    params.set("values", values);
    let sometimes = Value::Variant(Variant::new("empirical", params));
    for count in [1.0, 4.0, 16.0] {
        let (mut system, _, database) = scattered(count, &[("read_time", sometimes.clone())], 200.0);
        run_to(&mut system, 300.0);
        let whole = system.station_meter(database).unwrap().whole(system.now());
        let reads = whole.arrivals() as f64;
        let mean = whole.times.mean().unwrap();
        let slow = 1.0 - 0.95_f64.powf(count);
        let (expected, error) = (0.001 + 0.099 * slow, 0.099 * 4.0 * (slow * (1.0 - slow) / reads).sqrt());
        assert!((mean - expected).abs() < error + 1e-4, "{count}: {mean} of {expected}");
    }
    let harmonic = |n: u32| (1..=n).map(|n| 1.0 / f64::from(n)).sum::<f64>();
    for (answers, k) in [(0.0, 8), (6.0, 6), (1.0, 1)] {
        let params = [("read_time", exponential(0.01)), ("scatter_answers", answers.into())];
        let (mut system, _, database) = scattered(8.0, &params, 200.0);
        run_to(&mut system, 300.0);
        let whole = system.station_meter(database).unwrap().whole(system.now());
        let expected = 0.01 * (harmonic(8) - harmonic(8 - k));
        let spread = (0..k).map(|at| (0.01 / f64::from(8 - at)).powi(2)).sum::<f64>().sqrt();
        let error = 4.0 * spread / (whole.arrivals() as f64).sqrt();
        let mean = whole.times.mean().unwrap();
        assert!((mean - expected).abs() < error + 1e-5, "{k} of 8: {mean} of {expected}");
    }
}

/// Goal: with a shard dead, a read that needs all fails; one that is content with three of four does not.
#[test]
fn partial_answers_outlive_a_shard() {
    for (answers, fails) in [(0.0, true), (3.0, false), (4.0, true)] {
        let (mut system, clients, database) = scattered(4.0, &[("scatter_answers", answers.into())], 20.0);
        run_to(&mut system, 1.0);
        let (kind, target) = ("kill".to_owned(), FaultTarget::Replica(database, 2));
        system.apply_fault(&LiveFault::Start { kind, target, params: Params::new() });
        run_to(&mut system, 30.0);
        let ends = system.station_meter(clients).unwrap().whole(system.now()).by_outcome;
        let failed = ends[Outcome::Failed.index()];
        assert_eq!(failed > 1_000, fails, "{answers}: {ends:?}");
        assert_eq!(failed > 20, fails, "{answers}: only what was under way may fail: {ends:?}");
    }
}
