//! When writes are answered, who takes over, and what is lost: against timelines of a reference model.

mod sessions;

use serde_json::Value as Json;

use super::ReplicationLook;
use super::failover::place_of;
use crate::engine::time::SimTime;
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::outcome::Outcome;
use crate::model::params::{Params, Value, Variant};
use crate::model::system::System;
use crate::model::system::event::Event;
use crate::topology::compile::compile;
use crate::topology::document::{Document, Edge, Fault, Node, Point, ScheduledFault};

fn cases(kind: &str) -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/timelines.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let vectors: Json = serde_json::from_str(&text).unwrap();
    let found: Vec<Json> =
        vectors["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(found.len() > 2, "{kind}");
    found
}

fn secs(of: &Json) -> f64 {
    of.as_f64().unwrap() / 1e3
}

fn variant(id: &str, params: &[(&str, f64)]) -> Variant {
    Variant::new(id, params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value)))
}

/// Enough after a moment for what happens at it to be over, and enough before it.
const MOMENT: f64 = 1e-6;

/// Clients of their own for each write, straight to a database with one replica that applies at once.
struct Stage {
    system: System,
    database: NodeId,
    writers: Vec<u32>,
}

impl Stage {
    fn new(writers: usize, replication: Variant, failover: Variant, faults: &[(&str, Option<u32>, f64, f64)]) -> Self {
        let mut document = Document { run_length_secs: 1_000.0, seed: 3, ..Document::default() };
        let mut add = |kind: &str, params: Params| {
            let label = format!("{kind} {}", document.nodes.len());
            let kind = kind.to_owned();
            document.add_node(Node { kind, label, role: None, at: Point::default(), area: None, params })
        };
        let nothing = || Value::Variant(Variant::new("deterministic", Params::new().with("mean", 0.0)));
        let clients = Params::new()
            .with("profile", variant("constant", &[("rate", 0.000_001)]))
            .with("arrivals", variant("regular", &[]))
            .with("clients", 1.0)
            .with("write_share", 1.0);
        let sources: Vec<NodeId> = (0..writers).map(|_| add("source", clients.clone())).collect();
        let store = Params::new()
            .with("write_time", nothing())
            .with("read_replicas", variant("fixed", &[("count", 1.0), ("apply_time", 0.0)]))
            .with("replication", replication)
            .with("failover", failover);
        let database = add("database", store);
        for &from in &sources {
            document.add_edge(Edge { from, to: database, params: Params::new().with("latency", nothing()) });
        }
        for &(kind, replica, from, to) in faults {
            let target = replica.map_or(FaultTarget::Node(database), |replica| FaultTarget::Replica(database, replica));
            // Half of the clients go with a primary that is cut off, none with a replica.
            let params = match kind {
                "kill" => Params::new(),
                _ => Params::new().with("clients", if replica.is_none() { 0.5 } else { 0.0 }),
            };
            let fault = Fault { kind: kind.to_owned(), target, params };
            document.faults.push(ScheduledFault { at_secs: from, for_secs: Some(to - from), fault });
        }
        let (system, problems) = compile(&document);
        let system = system.unwrap_or_else(|| panic!("{problems:#?}"));
        let writers = sources.into_iter().map(|source| system.station_index(source).unwrap()).collect();
        Self { system, database, writers }
    }

    fn write(&mut self, writer: usize, secs: f64) {
        let source = self.writers[writer];
        let generation = self.system.source(source).generation;
        self.system.queue.push(SimTime::from_secs_f64(secs), Event::Arrive { source, generation });
    }

    fn run_to(&mut self, secs: f64) {
        self.system.advance(SimTime::from_secs_f64(secs), u64::MAX);
    }

    fn look(&self) -> ReplicationLook {
        *self.system.look_at_read_replicas(self.database).unwrap().replication.unwrap()
    }

    /// How a write has ended so far.
    fn outcome(&self, writer: usize) -> Option<Outcome> {
        let ended = self.system.stations[self.writers[writer] as usize].meter.whole(self.system.now).by_outcome;
        Outcome::ALL.into_iter().find(|outcome| ended[outcome.index()] > 0)
    }

    /// Writes that the replica has received.
    fn received(&mut self) -> u64 {
        let (database, now) = (self.system.station_index(self.database).unwrap(), self.system.now);
        let member = &self.system.store::<super::ReadReplicas>(database).unwrap().list[0];
        member.follower.received(now)
    }

    /// Whether a write is on the cut side of a partition with half of the clients.
    fn is_apart(&self, writer: usize) -> bool {
        let id = self.system.stations[self.writers[writer] as usize].id;
        place_of(crate::engine::rng::mix(u64::from(id.0) << 32)) < 0.5
    }
}

/// The wait point is AFTER_SYNC: what is answered is seen at that very moment.
#[test]
fn semi_synchronous_writes_wait_fall_back_and_wait_again_as_in_the_reference_model() {
    let after_sync = |case: &&Json| case["params"]["wait_point"] == "AFTER_SYNC";
    for case in cases("semi-synchronous fallback").iter().filter(after_sync) {
        let one_way = secs(&case["params"]["ack_round_trip_ms"]) / 2.0;
        let timeout = secs(&case["params"]["timeout_ms"]);
        let windows: Vec<_> = case["inputs"]["replica_unreachable_ms"].as_array().unwrap().clone();
        let faults: Vec<_> =
            windows.iter().map(|window| ("isolate", Some(1), secs(&window[0]), secs(&window[1]))).collect();
        let writes = case["expect"]["writes"].as_array().unwrap();
        let mode = variant("semi-synchronous", &[("ship", one_way), ("timeout", timeout)]);
        let mut stage = Stage::new(writes.len(), mode, variant("off", &[]), &faults);
        // What is to be seen when: by moment, a question and its answer just before and just after.
        let mut moments: Vec<f64> = Vec::new();
        for (at, write) in writes.iter().enumerate() {
            stage.write(at, secs(&write["t"]));
            moments.extend([secs(&write["answered"]), secs(&write["on_replica_at"]) - one_way]);
        }
        let switches = case["expect"]["switches"].as_array().unwrap();
        moments.extend(switches.iter().map(|switch| secs(&switch[0])));
        moments.sort_by(f64::total_cmp);
        moments.dedup();
        for now in moments.into_iter().flat_map(|moment| [moment - MOMENT, moment + MOMENT]) {
            stage.run_to(now);
            stage.system.now = SimTime::from_secs_f64(now);
            for (at, write) in writes.iter().enumerate() {
                let answered = stage.outcome(at) == Some(Outcome::Completed);
                assert_eq!(answered, secs(&write["answered"]) < now, "write {at} at {now} s: {case}");
            }
            let received = writes.iter().filter(|write| secs(&write["on_replica_at"]) - one_way < now).count() as u64;
            assert_eq!(stage.received(), received, "received at {now} s: {case}");
            let fallen = switches.iter().rfind(|switch| secs(&switch[0]) < now);
            let fallen = fallen.is_some_and(|switch| switch[1] == "time-out: asynchronous");
            assert_eq!(stage.look().fallen.is_some(), fallen, "asynchronous at {now} s: {case}");
        }
        let look = stage.look();
        assert_eq!((look.acknowledged, look.lost, look.waiting), (writes.len() as u64, 0, 0), "{case}");
    }
}

#[test]
fn a_failover_keeps_what_was_received_and_loses_what_was_not() {
    for case in cases("failover, lost writes") {
        let params = &case["params"];
        let (delay, detection) = (secs(&params["one_way_delay_ms"]), secs(&params["detection_ms"]));
        let (promotion, crash) = (secs(&params["promotion_ms"]), secs(&case["inputs"]["crash_at_ms"]));
        let sync = params["mode"] == "sync";
        let way = if sync { "synchronous" } else { "asynchronous" };
        let pairs: &[(&str, f64)] = &[("ship", delay), ("flush", 0.0)];
        let mode = variant(way, &pairs[..if sync { 2 } else { 1 }]);
        // The first probe after the crash comes 1 ms after it.
        let failover =
            [("every", crash + 0.001), ("misses", 1.0), ("timeout", detection - 0.001), ("promotion", promotion)];
        let promoted = secs(&case["expect"]["new_primary_at"]);
        // The old primary follows soon after, so that synchronous writes have somebody to wait for.
        // A word that comes at that very moment still comes.
        let faults = [("kill", Some(0), crash + MOMENT, promoted + 0.5)];
        let writes = case["expect"]["writes"].as_array().unwrap();
        let mut stage = Stage::new(writes.len(), mode, variant("automatic", &failover), &faults);
        for (at, write) in writes.iter().enumerate() {
            stage.write(at, secs(&write["t"]));
        }
        stage.run_to(promoted - MOMENT);
        assert_eq!(stage.look().promotions, 0, "{case}");
        stage.run_to(promoted + MOMENT);
        let look = stage.look();
        assert_eq!(look.promotions, 1, "{case}");
        let without = look.without.as_secs_f64();
        assert!((without - secs(&case["expect"]["unavailable_ms"])).abs() < 2.0 * MOMENT, "{without}: {case}");
        stage.run_to(200.0);
        for (at, write) in writes.iter().enumerate() {
            let expected = if write["outcome"] == "acknowledged" { Outcome::Completed } else { Outcome::Failed };
            assert_eq!(stage.outcome(at), Some(expected), "write {at}: {case}");
        }
        let look = stage.look();
        let count = |outcome: &str, after: &str| {
            let of = |write: &&Json| write["outcome"] == outcome && write["after_failover"] == after;
            writes.iter().filter(of).count() as u64
        };
        assert_eq!(look.acknowledged, case["expect"]["acknowledged"].as_u64().unwrap(), "{case}");
        assert_eq!(look.lost, case["expect"]["acknowledged_and_lost"].as_u64().unwrap(), "{case}");
        let unknown = "unknown to the client";
        assert_eq!(look.unknown, count(unknown, "kept") + count(unknown, "lost"), "{case}");
        let database = stage.system.station_index(stage.database).unwrap();
        let position = stage.system.store::<super::ReadReplicas>(database).unwrap().position;
        assert_eq!(position, count(unknown, "kept") + count("acknowledged", "kept"), "what is there: {case}");
        let lost: Vec<f64> = look.last_lost.iter().map(|write| write.committed.as_secs_f64() * 1e3).collect();
        let expected =
            writes.iter().filter(|write| write["outcome"] == "acknowledged" && write["after_failover"] == "lost");
        let expected: Vec<f64> = expected.map(|write| write["t"].as_f64().unwrap()).collect();
        assert_eq!(lost, expected[expected.len() - lost.len()..], "{case}");
    }
}

#[test]
fn a_split_brain_throws_away_what_the_old_primary_took_unless_it_is_fenced() {
    for case in cases("split brain") {
        let (lease, partition) = (secs(&case["params"]["leader_lease_ms"]), secs(&case["inputs"]["partition_at_ms"]));
        // The lease is renewed just before the partition; the next probe is lost, and noticed when the lease ends.
        let failover = [
            ("every", partition),
            ("misses", 1.0),
            ("timeout", lease - partition),
            ("promotion", 0.0),
            ("lease", lease),
        ];
        let mut failover = variant("automatic", &failover);
        failover.params.set("fencing", case["params"]["fence"].as_str().unwrap());
        let faults = [("isolate", None, partition + MOMENT, 100.0)];
        let writes = case["expect"]["writes"].as_array().unwrap();
        let mut stage = Stage::new(60, variant("asynchronous", &[]), failover, &faults);
        let (apart, together): (Vec<usize>, Vec<usize>) = (0..60).partition(|writer| stage.is_apart(*writer));
        let (mut apart, mut together) = (apart.into_iter(), together.into_iter());
        let mut writers = Vec::new();
        for write in writes {
            let side = if write["side"] == "minority" { &mut apart } else { &mut together };
            let writer = side.next().unwrap();
            writers.push(writer);
            stage.write(writer, secs(&write["t"]) + 2.0 * MOMENT);
        }
        let promoted = secs(&case["expect"]["promoted_at"]);
        stage.run_to(promoted - MOMENT);
        assert_eq!(stage.look().promotions, 0, "{case}");
        stage.run_to(promoted + MOMENT);
        assert_eq!(stage.look().promotions, 1, "{case}");
        stage.run_to(99.0);
        let look = stage.look();
        let thrown = case["expect"]["accepted_then_thrown_away"].as_u64().unwrap();
        assert_eq!((look.alone, look.lost, look.former), (thrown, 0, Some(0)), "{case}");
        stage.run_to(200.0);
        for (write, writer) in writes.iter().zip(writers) {
            let accepted = !write["accepted_by"].is_null();
            assert_eq!(stage.outcome(writer) == Some(Outcome::Completed), accepted, "{write}: {case}");
        }
        let look = stage.look();
        assert_eq!((look.lost, look.alone, look.former), (thrown, 0, None), "{case}");
        assert_eq!(look.twice, case["expect"]["accepted_by_two_primaries_at_once"].as_u64().unwrap(), "{case}");
    }
}

/// With a fencing number the old primary goes on until there is a new one, and is refused from then on.
#[test]
fn a_fencing_number_refuses_the_old_primary_once_there_is_a_new_one() {
    let mut failover = variant("automatic", &[("every", 1.0), ("misses", 2.0), ("timeout", 0.5), ("promotion", 0.5)]);
    failover.params.set("fencing", "number");
    let faults = [("isolate", None, 0.5, 20.0)];
    let mut stage = Stage::new(20, variant("asynchronous", &[]), failover, &faults);
    let writer: Vec<usize> = (0..20).filter(|writer| stage.is_apart(*writer)).collect();
    // Probes at 1 and 2 s are lost, noticed at 2.5 s, and the next primary is there at 3 s.
    for (writer, at) in writer.iter().zip([2.999, 3.001]) {
        stage.write(*writer, at);
    }
    stage.run_to(10.0);
    assert_eq!(stage.outcome(writer[0]), Some(Outcome::Completed));
    assert_eq!(stage.outcome(writer[1]), Some(Outcome::Rejected));
    let look = stage.look();
    assert_eq!((look.twice, look.alone, look.without.as_secs_f64()), (0, 1, 2.5));
}
