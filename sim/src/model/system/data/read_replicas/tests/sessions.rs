//! What one client misses, read by read, against closed forms.

use super::super::{ReadReplicas, SessionsLook};
use crate::engine::time::SimTime;
use crate::model::geography::find_region;
use crate::model::ids::NodeId;
use crate::model::params::{Params, Value, Variant};
use crate::model::system::System;
use crate::model::system::event::Event;
use crate::topology::compile::compile;
use crate::topology::document::{Area, AreaKind, Document, Edge, Node, Point};

fn variant(id: &str, params: &[(&str, f64)]) -> Variant {
    Variant::new(id, params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value)))
}

/// One client and one item, straight to a database in Virginia; it writes and reads when it is told to.
struct Client {
    system: System,
    database: NodeId,
    source: u32,
}

impl Client {
    fn new(replicas: f64, params: Params) -> Self {
        let mut document = Document { run_length_secs: 1e6, seed: 3, ..Document::default() };
        let area = AreaKind::Region { region: "us-east-1".to_owned() };
        let area = Area { kind: area, label: "Virginia".into(), at: Point::default(), size: Point::default() };
        let area = Some(document.add_area(area));
        let mut add = |kind: &str, area, params: Params| {
            let (kind, label) = (kind.to_owned(), kind.to_owned());
            document.add_node(Node { kind, label, role: None, at: Point::default(), area, params })
        };
        let nothing = || Value::Variant(variant("deterministic", &[("mean", 0.0)]));
        let clients = Params::new()
            .with("profile", variant("constant", &[("rate", 0.000_000_1)]))
            .with("arrivals", variant("regular", &[]))
            .with("clients", 1.0)
            // From nowhere in particular: no way of its own hides how far a replica is behind.
            .with("countries", Value::List(vec![Value::List(vec![Value::from("ZZ"), Value::from(1.0)])]))
            .with("keys", 1.0);
        let copies = Params::new().with("count", replicas).with("apply_time", 0.0).with("reads", "any");
        let store = Params(
            params
                .0
                .into_iter()
                .chain(
                    Params::new()
                        .with("read_time", nothing())
                        .with("write_time", nothing())
                        .with("read_replicas", Variant::new("fixed", copies))
                        .0,
                )
                .collect(),
        );
        let (from, database) = (add("source", None, clients), add("database", area, store));
        document.add_edge(Edge { from, to: database, params: Params::new().with("latency", nothing()) });
        let (system, problems) = compile(&document);
        let system = system.unwrap_or_else(|| panic!("{problems:#?}"));
        let source = system.station_index(from).unwrap();
        Self { system, database, source }
    }

    fn sends(&mut self, secs: f64, writes: bool) {
        self.system.advance(SimTime::from_secs_f64(secs), u64::MAX);
        let source = self.system.stations[self.source as usize].source_mut().unwrap();
        source.config.write_share = if writes { 1.0 } else { 0.0 };
        let generation = source.generation;
        let at = SimTime::from_secs_f64(secs);
        self.system.queue.push(at, Event::Arrive { source: self.source, generation });
        self.system.advance(at, u64::MAX);
    }

    fn look(&self) -> SessionsLook {
        self.system.look_at_read_replicas(self.database).unwrap().sessions.unwrap()
    }

    fn store(&mut self) -> &mut ReadReplicas {
        let database = self.system.station_index(self.database).unwrap();
        self.system.store::<ReadReplicas>(database).unwrap()
    }
}

fn shipped(mean: f64, spread: &str) -> Variant {
    let params = Params::new().with("ship", mean).with("spread", spread);
    Variant::new("asynchronous", params)
}

/// Exponential lag of mean d, a read t after the own write: a replica misses it with exp(-t/d), and two of three reads go to
/// one. A fixed lag misses it if t is shorter.
#[test]
fn own_writes_are_missed_as_often_as_the_closed_form_says() {
    let (d, n) = (0.1, 4_000);
    for (t, spread) in
        [(0.02, "exponential"), (0.1, "exponential"), (0.25, "exponential"), (0.099, "fixed"), (0.101, "fixed")]
    {
        let params = Params::new().with("replication", shipped(d, spread)).with("sessions", variant("none", &[]));
        let mut client = Client::new(2.0, params);
        for pair in 0..n {
            let at = f64::from(pair) * 5.0 + 1.0;
            client.sends(at, true);
            client.sends(at + t, false);
        }
        let missed = client.look().missed as f64 / f64::from(n);
        let misses = if spread == "fixed" { f64::from(u8::from(t < d)) } else { crate::engine::math::exp(-t / d) };
        let p = 2.0 / 3.0 * misses;
        let slack = 4.0 * (p * (1.0 - p) / f64::from(n)).sqrt();
        assert!((missed - p).abs() <= slack, "{spread}, {t} s after: {missed}, not {p} +- {slack}");
    }
}

#[test]
fn a_window_and_a_token_keep_own_writes_in_sight_and_cost_what_they_say() {
    let (lag, n) = (0.1, 1_000);
    let run = |sessions: Variant, t: f64| {
        let params = Params::new().with("replication", shipped(lag, "fixed")).with("sessions", sessions);
        let mut client = Client::new(2.0, params);
        for pair in 0..n {
            let at = f64::from(pair) * 5.0 + 1.0;
            client.sends(at, true);
            client.sends(at + t, false);
        }
        client.system.advance(SimTime::from_secs_f64(1e5), u64::MAX);
        client.look()
    };
    let all = n as u64;
    let long = run(variant("window", &[("window", 0.2)]), 0.05);
    assert_eq!((long.missed, long.to_primary), (0, all));
    // Shorter than the lag: it is missed all the same.
    let short = run(variant("window", &[("window", 0.04)]), 0.05);
    assert!(short.missed > 500 && short.to_primary == 0, "{short:?}");
    let token = run(variant("token", &[]), 0.05);
    assert!(token.missed == 0 && token.held > 500 && token.to_primary == 0, "{token:?}");
    // Too little patience for the 50 ms that are left.
    let hasty = run(variant("token", &[("timeout", 0.03)]), 0.05);
    assert_eq!((hasty.missed, hasty.held), (0, hasty.to_primary));
    assert_eq!(hasty.held, token.held);
}

/// Two reads at a time, each from the primary or from a replica with a lag of a or of b, written m times a second: back in
/// time with (1 - exp(-m x)) / 9 for each of the three pairs whose lags differ by x.
#[test]
fn reads_go_back_as_often_as_the_closed_form_says() {
    let run = |monotonic: &str, pairs: u32| {
        let sessions = Variant::new("none", Params::new().with("monotonic", monotonic));
        let mut client = Client::new(2.0, Params::new().with("sessions", sessions));
        let far = ["eu-west-1", "ap-south-1"].map(|region| find_region(region).unwrap());
        for (member, region) in client.store().list.iter_mut().zip(far) {
            member.region = Some(region);
        }
        let [a, b] = far.map(|region| {
            let here = find_region("us-east-1").unwrap();
            let spot = crate::model::system::spots::Spots::of_region;
            client.system.spots.way(spot(here), spot(region)).as_secs_f64()
        });
        // Poisson writes, and pairs of reads at regular moments between them.
        let (m, every) = (5.0, 0.5);
        let draws = crate::engine::rng::DrawKey::new(9);
        let (mut next, mut nth) = (0.0, 0);
        for pair in 0..pairs {
            let at = f64::from(pair + 1) * every;
            loop {
                if next > at {
                    break;
                }
                if next > 0.0 {
                    client.sends(next, true);
                }
                nth += 1;
                next += crate::engine::math::standard_exponential(draws.unit(nth)) / m;
            }
            client.sends(at, false);
            client.sends(at + 1e-6, false);
            next = f64::max(next, at + 2e-6);
        }
        client.system.advance(SimTime::from_secs_f64(f64::from(pairs + 10) * every), u64::MAX);
        let gone = |x: f64| 1.0 - crate::engine::math::exp(-m * x);
        ((gone(a) + gone(b) + gone(b - a)) / 9.0, client.look())
    };
    let pairs = 20_000;
    let (p, look) = run("none", pairs);
    let found = look.back as f64 / f64::from(pairs);
    let slack = 4.0 * (p * (1.0 - p) / f64::from(pairs)).sqrt();
    assert!((found - p).abs() < slack, "{found}, not {p} +- {slack}");
    for monotonic in ["sticky", "token"] {
        let (_, look) = run(monotonic, 2_000);
        assert_eq!((look.back, look.held > 0), (0, monotonic == "token"), "{monotonic}: {look:?}");
    }
}
