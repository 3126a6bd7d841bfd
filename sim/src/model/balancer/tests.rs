use serde_json::Value;

use super::hashing::{Text, crc32, xxh64};
use super::maglev::table_of;
use super::peak_ewma::Estimate;
use super::ring_hash::Ring;
use super::weighted_least_request::{Deadlines, dynamic_weight, least_of_all, least_of_drawn};
use super::{BackendView, key_hash, rendezvous};
use crate::engine::time::SimTime;

/// A file of vectors; each names its source.
macro_rules! vectors {
    ($file:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/", $file)))
            .expect("vectors are JSON")
    };
}

fn text(words: &str) -> Text {
    let mut text = Text::NONE;
    words.bytes().for_each(|byte| text.sign(byte));
    assert_eq!(text.as_str(), words);
    text
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).expect("a whole number")
}

fn numbers(value: &Value) -> Vec<u32> {
    list(value).iter().map(|value| number(value) as u32).collect()
}

/// Hosts with their weights, as tables take them.
fn hosts(case: &Value) -> Vec<(u32, Text, u32)> {
    let weights = numbers(&case["weights"]);
    let names = list(&case["hosts"]).iter().map(|name| text(name.as_str().expect("a name")));
    (0..).zip(names).zip(weights).map(|((index, name), weight)| (index, name, weight)).collect()
}

/// Of each host, how much of `owners` is its.
fn counts(hosts: usize, owners: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut counts = vec![0; hosts];
    owners.for_each(|owner| counts[owner as usize] += 1);
    counts
}

#[test]
fn hashes_are_those_of_the_reference() {
    for case in list(&vectors!("hashing.json")["basic_hashes"]) {
        let key = case["key"].as_str().expect("a key").as_bytes();
        assert_eq!(u64::from(crc32(&[key])), number(&case["crc32_ieee"]));
        assert_eq!(xxh64(0, key), number(&case["xxh64_seed0"]));
        assert_eq!(xxh64(1, key), number(&case["xxh64_seed1"]));
        if let Some((head, tail)) = key.split_at_checked(key.len() / 2) {
            assert_eq!(crc32(&[head, tail]), crc32(&[key]), "in pieces as in one");
        }
    }
}

#[test]
fn numbers_are_hashed_as_people_write_them() {
    let mut written = Text::NONE;
    written.decimal(0);
    written.sign(b'/');
    written.decimal(u64::MAX);
    assert_eq!(written.as_str(), "0/18446744073709551615");
    assert_eq!(Text::of_host(12 << 32 | 7).as_str(), "12:7");
}

#[test]
fn the_key_hash_is_that_of_nginx() {
    for case in list(&vectors!("lb_nginx.json")["hash_key_mod"]) {
        let weights = numbers(&case["weights"]);
        let total: u32 = weights.iter().sum();
        for (key, expected) in case["map"].as_object().expect("a map") {
            let mut place = key_hash::part(0, key.as_bytes()) % total;
            let owner = weights.iter().position(|weight| {
                let here = place < *weight;
                place = place.wrapping_sub(*weight);
                here
            });
            assert_eq!(owner.map(|owner| owner as u64), expected.as_u64(), "{key} among {weights:?}");
        }
    }
}

#[test]
fn rings_are_those_of_envoy() {
    for case in list(&vectors!("lb_envoy.json")["ring_hash"]) {
        let hosts = hosts(case);
        let size = |key: &str| case[key].as_u64().map(|size| size as u32);
        let (min, max) = (size("minimum_ring_size").expect("a size"), size("maximum_ring_size").unwrap_or(8_388_608));
        let ring = Ring::of(&hosts, min, max);
        if let Some(expected) = case["ring"].as_array() {
            let expected: Vec<(u64, u32)> =
                expected.iter().map(|point| (number(&point[0]), number(&point[1]) as u32)).collect();
            assert_eq!(ring.0, expected);
        }
        if let Some(expected) = size("ring_size") {
            assert_eq!(ring.0.len(), expected as usize);
            let per_host = counts(hosts.len(), ring.0.iter().map(|(_, owner)| *owner));
            assert_eq!(per_host, numbers(&case["hashes_per_host"]));
        }
        for lookup in case["lookups"].as_array().into_iter().flatten() {
            assert_eq!(u64::from(ring.0[ring.position(number(&lookup[0]))].1), number(&lookup[1]), "{lookup}");
        }
        for (key, expected) in case["key_map_xxh64"].as_object().into_iter().flatten() {
            let (_, owner) = ring.0[ring.position(xxh64(0, key.as_bytes()))];
            assert_eq!(Some(u64::from(owner)), expected.as_u64(), "{key}");
        }
    }
}

#[test]
fn maglev_tables_are_those_of_envoy() {
    for case in list(&vectors!("lb_envoy.json")["maglev"]) {
        let hosts = hosts(case);
        let table = table_of(&hosts, number(&case["table_size"]) as u32);
        if case["table"].is_array() {
            assert_eq!(table, numbers(&case["table"]));
        }
        if case["first_40"].is_array() {
            assert_eq!(table[..40], numbers(&case["first_40"]));
        }
        if case["counts"].is_array() {
            assert_eq!(counts(hosts.len(), table.iter().copied()), numbers(&case["counts"]));
        }
    }
}

/// The same backends in another order: the same table, but for what the indices are.
#[test]
fn the_order_of_the_list_does_not_matter_to_maglev() {
    let one: Vec<_> = (0..5).map(|n| (n, Text::of_host(u64::from(n) + 7), n + 1)).collect();
    let mut other = one.clone();
    other.reverse();
    assert_eq!(table_of(&one, 101), table_of(&other, 101));
}

#[test]
fn rendezvous_picks_are_those_of_the_reference() {
    let vectors = &vectors!("hashing.json")["rendezvous"];
    let nodes: Vec<u64> =
        list(&vectors["nodes"]).iter().map(|name| xxh64(0, name.as_str().expect("a name").as_bytes())).collect();
    for row in list(&vectors["rows"]) {
        let key = xxh64(0, row["key"].as_str().expect("a key").as_bytes());
        let best = |score: &dyn Fn(usize) -> f64, count: usize| {
            (0..count).reduce(|best, n| if score(n) > score(best) { n } else { best }).map(|n| n as u64)
        };
        for count in 3..=6 {
            // In whole numbers as unweighted ones are compared, and by score.
            let drawn = |n: &usize| rendezvous::draw(key, nodes[*n]);
            let expected = row[format!("n{count}")].as_u64();
            assert_eq!((0..count).max_by_key(drawn).map(|n| n as u64), expected, "{row}");
            assert_eq!(best(&|n| rendezvous::score(drawn(&n), 1), count), expected, "{row}");
        }
        let weights = [5, 1, 1];
        let by_weight = |n: usize| rendezvous::score(rendezvous::draw(key, nodes[n]), weights[n]);
        assert_eq!(best(&by_weight, 3), row["weighted_5_1_1"].as_u64(), "{row}");
    }
}

/// Backends with these weights and outstanding requests.
fn views(weights: &[u32], outstanding: &[u32]) -> Vec<BackendView> {
    let view = |(weight, outstanding): (&u32, &u32)| BackendView {
        weight: *weight,
        outstanding: *outstanding,
        ..BackendView::default()
    };
    weights.iter().zip(outstanding).map(view).collect()
}

#[test]
fn turns_by_deadline_are_those_of_envoy() {
    for case in list(&vectors!("lb_envoy.json")["edf_wrr"]) {
        let weights = numbers(&case["weights"]);
        let backends = views(&weights, &vec![0; weights.len()]);
        let mut turns = Deadlines::default();
        for expected in numbers(&case["picks"]) {
            let weight = |backend: &BackendView| f64::from(backend.weight);
            assert_eq!(turns.pick(&backends, weight), Some(expected), "{case}");
        }
    }
}

#[test]
fn busyness_lowers_weights_as_in_envoy() {
    for case in list(&vectors!("lb_envoy.json")["least_request_weighted_dynamic_weight"]) {
        let bias = case["active_request_bias"].as_f64().expect("a number");
        let backends = views(&numbers(&case["weights"]), &numbers(&case["active"]));
        for (backend, expected) in backends.iter().zip(list(&case["dynamic_weight"])) {
            let weight = dynamic_weight(backend, bias);
            assert!((weight - expected.as_f64().expect("a number")).abs() < 1e-12, "{case}: {weight}");
        }
    }
}

#[test]
fn draws_are_compared_as_in_envoy() {
    let vectors = vectors!("lb_envoy.json");
    for (key, values, all) in [
        ("least_request_n_choices", "random_values", false),
        ("least_request_full_scan", "random_values_for_ties", true),
    ] {
        for case in list(&vectors[key]) {
            let outstanding = numbers(&case["active"]);
            let backends = views(&vec![1; outstanding.len()], &outstanding);
            let candidates: Vec<u32> = (0..backends.len() as u32).collect();
            let mut values = numbers(&case[values]).into_iter();
            let draw = |n: u32| values.next().expect("as many as are drawn") % n;
            let picked = if all {
                least_of_all(&backends, &candidates, draw)
            } else {
                least_of_drawn(&backends, &candidates, number(&case["choice_count"]) as u32, draw)
            };
            assert_eq!(picked.map(u64::from), case["pick"].as_u64(), "{case}");
        }
    }
}

#[test]
fn peak_ewma_costs_are_those_of_tower() {
    for case in list(&vectors!("peak_ewma.json")["tower"]) {
        let decay = case["decay_ms"].as_f64().expect("a number") / 1e3;
        let mut estimate = Estimate { secs: number(&case["default_rtt_ms"]) as f64 / 1e3, at: SimTime::ZERO };
        let (mut sent, mut pending) = (Vec::new(), 0.0);
        for row in list(&case["rows"]) {
            let now = SimTime(number(&row[0]) * 1_000_000);
            match row[1].as_str().expect("a word") {
                "start" => {
                    sent.push(now);
                    pending += 1.0;
                }
                "end" => {
                    let began = sent[number(&row[2]) as usize];
                    estimate = estimate.after(now.since(began).as_secs_f64(), now, decay);
                    pending -= 1.0;
                }
                _ => {
                    estimate = estimate.after(0.0, now, decay);
                    let (cost, expected) = (estimate.secs * (pending + 1.0), row[3].as_f64().expect("a cost") / 1e3);
                    assert!((cost - expected).abs() < 1e-9 * expected.max(1e-9), "{row}: {cost}");
                }
            }
        }
    }
}
