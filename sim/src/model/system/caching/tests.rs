//! Timelines of one key, reads and writes at given moments, against reference models.

use serde_json::Value as Json;

use super::super::System;
use super::super::event::Event;
use super::CachingLook;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::params::{Params, Value, Variant};
use crate::model::system::LiveFault;
use crate::model::system::counts::Count;
use crate::topology::compile::compile;
use crate::topology::document::{Document, Edge, Node, Point};

fn cases(kind: &str) -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/cache_timelines.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let vectors: Json = serde_json::from_str(&text).unwrap();
    let found: Vec<Json> =
        vectors["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(found.len() > 2, "{kind}");
    found
}

fn numbers(of: &Json) -> Vec<f64> {
    of.as_array().map_or_else(Vec::new, |of| of.iter().map(|number| number.as_f64().unwrap()).collect())
}

fn number(of: &Json) -> f64 {
    of.as_f64().unwrap()
}

fn constant(secs: f64) -> Value {
    Value::Variant(Variant::new("deterministic", Params::new().with("mean", secs)))
}

fn variant(id: &str, params: &[(&str, f64)]) -> Value {
    let params = params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value));
    Value::Variant(Variant::new(id, params))
}

/// Readers and writers of one key, who send when they are told to, and where they send to.
struct Stage {
    system: System,
    cache: NodeId,
    store: NodeId,
    /// A second service, with readers of its own, that is about to die; without a service: the same as the first.
    doomed: NodeId,
    readers: [u32; 2],
    writers: u32,
}

/// How long a read of the store takes: on the way there, at work, and on the way back.
struct Load {
    way: f64,
    work: f64,
}

impl Stage {
    /// `aside`: a service in front of cache and store; else the cache stands in front of its store.
    fn new(aside: bool, load: &Load, cache: &[(&str, Value)]) -> Self {
        let mut document = Document { run_length_secs: 5_000.0, seed: 3, ..Document::default() };
        let mut add = |kind: &str, params: Params| {
            let label = format!("{kind} {}", document.nodes.len());
            document.add_node(Node {
                kind: kind.to_owned(),
                label,
                role: None,
                at: Point::default(),
                area: None,
                params,
            })
        };
        let clients = |share: f64| {
            Params::new()
                .with("profile", variant("constant", &[("rate", 0.000_001)]))
                .with("arrivals", variant("regular", &[]))
                .with("write_share", share)
                .with("keys", 1.0)
        };
        let sources = [add("source", clients(0.0)), add("source", clients(0.0)), add("source", clients(1.0))];
        let wide = Params::new().with("service_time", constant(0.0)).with("slots", 1_000.0);
        let services = if aside { vec![add("service", wide.clone()), add("service", wide)] } else { Vec::new() };
        let params = Params::new().with("lookup_time", constant(0.0)).with("slots", 1_000.0);
        let params = cache.iter().fold(params, |params, (key, value)| params.with(key, value.clone()));
        let cache = add("cache", params);
        let store = Params::new().with("read_time", constant(load.work)).with("write_time", constant(0.0));
        let store = add("database", store.with("connections", 1_000.0));
        let mut wire = |from: NodeId, to: NodeId, way: f64| {
            let params = Params::new().with("latency", constant(way));
            document.add_edge(Edge { from, to, params });
        };
        for (source, at) in sources.iter().zip([0, 1, 0]) {
            wire(*source, services.get(at).copied().unwrap_or(cache), 0.0);
        }
        for service in &services {
            wire(*service, cache, 0.0);
            wire(*service, store, load.way);
        }
        if !aside {
            wire(cache, store, load.way);
        }
        let (system, problems) = compile(&document);
        let system = system.unwrap_or_else(|| panic!("{problems:#?}"));
        let index = |node: NodeId| system.station_index(node).unwrap();
        let [first, second, writers] = sources.map(index);
        let doomed = services.get(1).copied().unwrap_or(cache);
        Self { system, cache, store, doomed, readers: [first, second], writers }
    }

    fn sends(&mut self, source: u32, secs: f64) {
        let generation = self.system.source(source).generation;
        self.system.queue.push(at(secs), Event::Arrive { source, generation });
    }

    fn read(&mut self, secs: f64) {
        self.sends(self.readers[0], secs);
    }

    fn write(&mut self, secs: f64) {
        self.sends(self.writers, secs);
    }

    fn run_to(&mut self, secs: f64) {
        self.system.advance(at(secs), u64::MAX);
    }

    fn look(&self) -> CachingLook {
        self.system.look_at_caching(self.cache).unwrap()
    }

    /// Reads that have an answer, and reads that the store was asked for.
    fn reads(&self) -> (u64, u64) {
        let count = |ix: u32| self.system.stations[ix as usize].meter.whole(self.system.now);
        let ended: u64 = self.readers.iter().map(|ix| count(*ix).by_outcome.iter().sum::<u64>()).sum();
        let store = self.system.station_index(self.store).unwrap();
        (ended, count(store).counts[Count::Arrivals])
    }

    fn fault(&mut self, kind: &str, node: NodeId, params: Params) {
        let (kind, target) = (kind.to_owned(), FaultTarget::Node(node));
        self.system.apply_fault(&LiveFault::Start { kind, target, params });
    }

    fn mend(&mut self, kind: &str, node: NodeId) {
        self.system.apply_fault(&LiveFault::End { kind: kind.to_owned(), target: FaultTarget::Node(node) });
    }

    /// All loads that end between these moments fail.
    fn fails(&mut self, from: f64, to: f64) {
        self.run_to(from);
        self.fault("error-rate", self.store, Params::new().with("share", 1.0));
        self.run_to(to);
        self.mend("error-rate", self.store);
    }

    /// Each answer comes at its moment, beside those from before.
    fn answers_at(&mut self, case: &Json, before: u64, mut moments: Vec<f64>) {
        const EDGE: f64 = 1e-6;
        moments.sort_by(f64::total_cmp);
        for moment in &moments {
            for (when, upto) in [(moment - EDGE, moment - 2.0 * EDGE), (moment + EDGE, moment + 2.0 * EDGE)] {
                if when < self.system.now.as_secs_f64() {
                    continue;
                }
                self.run_to(when);
                let expected = moments.iter().filter(|other| **other < upto).count() as u64;
                assert_eq!(self.reads().0, before + expected, "answered by {when}: {case}");
            }
        }
    }
}

fn at(secs: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(secs)
}

#[test]
fn a_stale_fill_happens_and_a_lease_refuses_it() {
    for case in cases("cache-aside stale fill race") {
        let ms = |of: &Json| number(of) / 1e3;
        let params = &case["params"];
        let (read, snapshot) = (ms(&params["db_read_ms"]), ms(&params["snapshot_at_ms"]));
        let lease = params["mode"] == "lease";
        let cache = [
            ("ttl", Value::from(ms(&params["ttl_ms"]))),
            ("writes", variant("event", &[("delay", ms(&params["invalidation_after_commit_ms"]))])),
            // Readers without a lease would wait; here they take turns so short that the first one loads for them all.
            ("loads", if lease { variant("lease", &[("retry", 0.000_1)]) } else { variant("each", &[]) }),
        ];
        assert!((read - 2.0 * snapshot).abs() < 1e-12, "half of it is the way there");
        let mut stage = Stage::new(true, &Load { way: snapshot, work: 0.0 }, &cache);
        // So that a write can be on its way before the first read.
        let base = 1.0;
        for moment in numbers(&case["inputs"]["write_commit_at_ms"]) {
            stage.write(base + moment / 1e3 - snapshot);
        }
        let reads = case["expect"]["reads"].as_array().unwrap();
        for read in reads {
            stage.read(base + ms(&read["t"]));
        }
        // With several readers at once, who waits for the lease loads later than the reference, in which nobody waits.
        let waits = lease && reads.len() > 3;
        for expected in reads {
            let before = stage.look();
            stage.run_to(base + ms(&expected["t"]) + 1e-7);
            let now = stage.look();
            assert_eq!(now.hits > before.hits, expected["hit"] == true, "{case}");
            assert_eq!(now.stale > before.stale, expected["stale"] == true, "{case}");
        }
        stage.run_to(base + 100.0);
        let sets = case["expect"]["sets"].as_array().unwrap();
        let refused = sets.iter().filter(|set| set[1] == "set refused").count() as u64;
        let look = stage.look();
        if !waits {
            assert_eq!((look.fills, look.refused), (sets.len() as u64 - refused, refused), "{case}");
        }
        let old = sets.iter().any(|set| set[1] == "set" && set[2] == 0)
            && !lease
            && reads.iter().any(|read| read["stale"] == true);
        assert_eq!(look.old_fills > 0 && look.stale > 0, old, "{case}");
    }
}

#[test]
fn without_a_lease_readers_wait_or_take_the_deleted_value() {
    for case in cases("lease, waiting or stale copy") {
        let params = &case["params"];
        let lease =
            [("interval", number(&params["token_interval_ms"]) / 1e3), ("retry", number(&params["retry_ms"]) / 1e3)];
        let mut lease =
            Variant::new("lease", lease.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value)));
        lease.params.set("stale", params["stale_allowed"].as_bool().unwrap());
        let cache = [("ttl", Value::from(60.0)), ("loads", lease.into())];
        let work = number(&params["store_read_ms"]) / 1e3;
        let mut stage = Stage::new(true, &Load { way: 0.0, work }, &cache);
        // The key is there, and is deleted.
        stage.read(0.1);
        stage.write(0.5);
        let base = 1.0;
        let crashes = !numbers(&case["inputs"]["holder_crashes"]).is_empty();
        let moments = numbers(&case["inputs"]["read_at_ms"]);
        for (at, moment) in moments.iter().enumerate() {
            let source = stage.readers[usize::from(at == 0 && crashes)];
            stage.sends(source, base + moment / 1e3);
        }
        stage.run_to(base + 0.000_01);
        let loads = stage.reads().1;
        let mut before = 1;
        if crashes {
            stage.fault("kill", stage.doomed, Params::new());
            before += 1;
        }
        let reads = case["expect"]["reads"].as_array().unwrap();
        let answered = reads.iter().filter_map(|read| read["answered"].as_f64()).map(|ms| base + ms / 1e3).collect();
        stage.answers_at(&case, before, answered);
        let stale = reads.iter().filter(|read| read["source"] == "stale copy").count() as u64;
        let waits: u64 = reads.iter().map(|read| read["waits"].as_u64().unwrap()).sum();
        let look = stage.look();
        assert_eq!((look.took_deleted, look.waits), (stale, waits), "{case}");
        assert_eq!(stage.reads().1 - loads + 1, case["expect"]["store_reads"].as_u64().unwrap(), "{case}");
    }
}

#[test]
fn one_flight_is_shared_with_its_answer_or_its_error() {
    for case in cases("single-flight and negative caching") {
        if number(&case["params"]["negative_ttl_ms"]) > 0.0 {
            continue;
        }
        let cache =
            [("ttl", Value::from(number(&case["params"]["ttl_ms"]) / 1e3)), ("loads", variant("single-flight", &[]))];
        let work = number(&case["params"]["load_ms"]) / 1e3;
        let mut stage = Stage::new(false, &Load { way: 0.0, work }, &cache);
        let base = 1.0;
        for moment in numbers(&case["inputs"]["read_at_ms"]) {
            stage.read(base + moment / 1e3);
        }
        if !numbers(&case["inputs"]["failing_loads"]).is_empty() {
            stage.fails(base - 0.1, base + work + 1e-7);
        }
        let reads = case["expect"]["reads"].as_array().unwrap();
        stage.answers_at(&case, 0, reads.iter().map(|read| base + number(&read["answered"]) / 1e3).collect());
        let failed = stage.system.totals().run.by_outcome[crate::model::outcome::Outcome::Failed.index()];
        let expected = reads.iter().filter(|read| read["outcome"].as_str().unwrap().starts_with("error")).count();
        assert_eq!(failed, expected as u64, "{case}");
        assert_eq!(stage.reads().1, case["expect"]["loads"].as_u64().unwrap(), "{case}");
    }
}

/// A stage on which a value was put in after `load` seconds, and what follows from then on.
fn filled(cache: &[(&str, Value)], load: f64, case: &Json) -> Stage {
    let usual = [("loads", variant("single-flight", &[("longest_wait", 0.0)]))];
    let mut stage = Stage::new(false, &Load { way: 0.0, work: load }, &[cache, &usual].concat());
    stage.read(0.0);
    for moment in numbers(&case["inputs"]["read_at_s"]) {
        stage.read(load + moment);
    }
    stage
}

#[test]
fn refresh_ahead_answers_and_loads_in_the_background() {
    for case in cases("refresh-ahead") {
        let params = &case["params"];
        let load = number(&params["load_s"]);
        let cache = [
            ("ttl", params["ttl_s"].as_f64().unwrap().into()),
            ("renewal", variant("ahead", &[("after", number(&params["refresh_after_s"]))])),
        ];
        let mut stage = filled(&cache, load, &case);
        let failing = numbers(&case["inputs"]["failing_loads"]);
        let reads = case["expect"]["reads"].as_array().unwrap();
        let answered: Vec<f64> = reads.iter().map(|read| load + number(&read["answered"])).collect();
        if failing.is_empty() {
            stage.answers_at(&case, 1, answered);
        } else {
            // The first load begins with the read at 61 s, the second one at 80 s; both take 5 s.
            let until = if failing.len() == 1 { 67.0 } else { 86.0 };
            stage.fails(load + 60.0, load + until);
            stage.answers_at(
                &case,
                reads.iter().filter(|read| number(&read["answered"]) < until).count() as u64 + 1,
                answered.into_iter().filter(|moment| *moment > load + until).collect(),
            );
        }
        stage.run_to(load + 400.0);
        assert_eq!(stage.reads(), (reads.len() as u64 + 1, case["expect"]["loads"].as_u64().unwrap() + 1), "{case}");
        let waited = reads.iter().filter(|read| number(&read["age"]) == 0.0).count() as u64;
        assert_eq!(stage.look().hits, reads.len() as u64 - waited, "{case}");
    }
}

#[test]
fn stale_values_are_answered_while_they_are_loaded_or_if_that_fails() {
    for case in cases("stale-while-revalidate, stale-if-error") {
        let params = &case["params"];
        let load = number(&params["load_s"]);
        let renewal = [
            ("revalidate", number(&params["stale_while_revalidate_s"])),
            ("on_error", number(&params["stale_if_error_s"])),
        ];
        let cache = [("ttl", params["max_age_s"].as_f64().unwrap().into()), ("renewal", variant("stale", &renewal))];
        let mut stage = filled(&cache, load, &case);
        for span in case["inputs"]["origin_down_s"].as_array().unwrap() {
            stage.fails(load + number(&span[0]), load + number(&span[1]));
        }
        let reads = case["expect"]["reads"].as_array().unwrap();
        let now = stage.system.now.as_secs_f64();
        let answered = reads.iter().map(|read| load + number(&read["answered"]));
        let (earlier, later): (Vec<f64>, Vec<f64>) = answered.partition(|moment| *moment <= now);
        stage.answers_at(&case, 1 + earlier.len() as u64, later);
        stage.run_to(load + 2_000.0);
        assert_eq!(stage.reads(), (reads.len() as u64 + 1, case["expect"]["loads"].as_u64().unwrap() + 1), "{case}");
        let on_error = reads.iter().filter(|read| read["outcome"] == "stale on error").count() as u64;
        let hits =
            reads.iter().filter(|read| read["outcome"] == "fresh" || read["outcome"] == "stale while revalidating");
        assert_eq!((stage.look().on_error, stage.look().hits), (on_error, hits.count() as u64), "{case}");
    }
}
