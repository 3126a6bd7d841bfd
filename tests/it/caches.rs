//! The cache's memory against hit counts of a reference cache simulator on recorded request traces.

use headroom::engine::time::SimTime;
use headroom::model::lru::{Lookup, Lru};

use crate::vectors;

/// One request: a look-up, and on a miss a fill.
fn hit(cache: &mut Lru, key: u64) -> bool {
    let hit = cache.get(key, SimTime::ZERO) == Lookup::Hit;
    if !hit {
        cache.insert(key, SimTime::NEVER);
    }
    hit
}

#[test]
fn small_traces_hit_and_evict_request_by_request_as_the_reference_does() {
    let vectors = vectors::load("caches.json");
    let mut checked = 0;
    for case in vectors["small_traces"].as_array().expect("cases").iter().filter(|case| case["algorithm"] == "LRU") {
        let mut cache = Lru::new(case["size"].as_u64().expect("size") as usize);
        let name_of = |word: &str| word.bytes().fold(0, |key, byte| key << 8 | u64::from(byte));
        let words: Vec<&str> = case["requests"].as_str().expect("requests").split(' ').collect();
        let outcome: String = words.iter().map(|word| if hit(&mut cache, name_of(word)) { 'H' } else { 'm' }).collect();
        assert_eq!(outcome, case["outcome"].as_str().expect("outcome"), "{case}");
        let order = case["final_evict_order_first_to_last"].as_array().expect("order");
        assert!(cache.keys_oldest_first().eq(order.iter().map(|word| name_of(word.as_str().expect("name")))), "{case}");
        checked += 1;
    }
    assert!(checked >= 4, "{checked} cases");
}

#[test]
fn long_traces_have_the_reference_number_of_hits() {
    let vectors = vectors::load("caches.json");
    let mut checked = 0;
    for name in ["zipf10_n1000", "loop_120", "one_hit_wonders_40pct"] {
        let trace = &vectors["big_traces"][name];
        let path = format!("{}/tests/vectors/traces/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let keys: Vec<u64> = text.lines().map(|line| line.trim().parse().expect("a key")).collect();
        assert_eq!(keys.len() as u64, trace["requests"].as_u64().expect("count"));
        for case in trace["results"].as_array().expect("results").iter().filter(|case| case["algorithm"] == "LRU") {
            let mut cache = Lru::new(case["size"].as_u64().expect("size") as usize);
            let hits = keys.iter().filter(|key| hit(&mut cache, **key)).count();
            assert_eq!(hits as u64, case["hits"].as_u64().expect("hits"), "{name}, {case}");
            checked += 1;
        }
    }
    assert!(checked >= 6, "{checked} cases");
}
