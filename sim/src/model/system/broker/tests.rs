//! What a broker promises: the ledger at every moment, each guarantee under crashes, and timelines worked out by hand.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::attempt::Caller;
use super::super::spans::{DRAIN, RUN};
use super::super::{LiveFault, System};
use super::Broker;
use crate::engine::time::SimTime;
use crate::model::broker::lane::Levels;
use crate::model::ids::{EdgeId, FaultTarget, NodeId};
use crate::model::params::{Params, Value, Variant};
use crate::topology::compile::{compile, plan};
use crate::topology::document::{Document, Edge, Node, Point};

/// Every ledger of every broker, counted anew from what is really there.
pub(in crate::model::system) fn check_brokers(system: &System) {
    for (ix, station) in system.stations.iter().enumerate() {
        let Some(broker) = station.broker() else { continue };
        let mut sum = Levels::default();
        for (at, group) in broker.groups.iter().enumerate() {
            let mut levels = Levels::default();
            for lane in &group.lanes {
                let counted = |wanted: fn(&crate::model::broker::lane::State) -> bool| {
                    lane.queue.entries().filter(|entry| wanted(&entry.state)).count() as u32
                };
                use crate::model::broker::lane::State;
                let own = Levels {
                    waiting: counted(|state| matches!(state, State::Waiting | State::Deferred(_))),
                    in_flight: counted(|state| matches!(state, State::InFlight)),
                    done: counted(|state| matches!(state, State::Done)),
                };
                assert_eq!(own, lane.queue.levels(), "{}", station.label);
                levels.waiting += own.waiting;
                levels.in_flight += own.in_flight;
                levels.done += own.done;
            }
            levels.in_flight += group.loose.values().filter(|loose| loose.else_fate.is_some()).count() as u32;
            assert_eq!(levels, group.levels, "group {at} of {}", station.label);
            let ledger = &group.ledger;
            assert_eq!(
                ledger.published,
                ledger.processed
                    + ledger.dead
                    + ledger.lost
                    + u64::from(levels.waiting)
                    + u64::from(levels.in_flight)
                    + u64::from(levels.done),
                "messages of group {at} of {}: {ledger:?}",
                station.label
            );
            let mine = || {
                let all = system.deliveries.indices().map(|ix| &system.deliveries[ix]);
                all.filter(|delivery| (delivery.station as usize, delivery.group as usize) == (ix, at))
            };
            let open = mine().filter(|delivery| !delivery.over).count() as u64;
            assert_eq!(
                ledger.deliveries,
                ledger.acknowledged + ledger.failed + ledger.cut + open,
                "deliveries of group {at} of {}: {ledger:?}",
                station.label
            );
            for member in &group.members {
                let held = mine().filter(|delivery| !delivery.over && delivery.replica == member.replica).count();
                assert!(member.in_flight as usize <= held, "{} of {held}", member.in_flight);
            }
            for (partition, lane) in group.lanes.iter().enumerate() {
                for entry in lane.queue.entries() {
                    let held =
                        mine().filter(|one| (one.partition as usize, one.offset) == (partition, entry.offset)).count();
                    assert_eq!(held, entry.under_way as usize, "deliveries of offset {}", entry.offset);
                }
            }
            sum.waiting += levels.waiting;
            sum.in_flight += levels.in_flight;
        }
        assert_eq!((broker.deliveries.queue(), broker.deliveries.busy()), (sum.waiting, sum.in_flight));
    }
    let attempts = system.attempts.indices().filter(|ix| matches!(system.attempts[*ix].caller, Caller::Delivery(_)));
    assert_eq!(attempts.count(), system.deliveries.len(), "each delivery lives as long as its attempt");
}

fn constant(secs: f64) -> Value {
    Value::Variant(Variant::new("deterministic", Params::new().with("mean", secs)))
}

fn regular() -> Value {
    Value::Variant(Variant::new("regular", Params::new()))
}

fn rate(per_second: f64) -> Value {
    Value::Variant(Variant::new("constant", Params::new().with("rate", per_second)))
}

/// Clients that publish `per_second` at even distances, a broker, and `workers` replicas that take `work` each.
struct Setup {
    document: Document,
}

const BROKER: NodeId = NodeId(2);
const WORKER: NodeId = NodeId(3);

impl Setup {
    fn new(per_second: f64, broker: Params, workers: f64, work: f64) -> Self {
        let mut document = Document { run_length_secs: 10.001, warm_up_secs: 0.0, seed: 7, ..Document::default() };
        let mut add = |kind: &str, params: Params| {
            let label = kind.to_owned();
            document.add_node(Node { kind: label.clone(), label, role: None, at: Point::default(), area: None, params })
        };
        let source = add("source", Params::new().with("arrivals", regular()).with("profile", rate(per_second)));
        let broker = add("broker", Params::new().with("append_time", 0.0).with("partitions", 1.0).over(broker));
        let service = Params::new().with("replicas", workers).with("slots", 1.0).with("service_time", constant(work));
        let worker = add("service", service);
        assert_eq!((broker, worker), (BROKER, WORKER));
        for (from, to) in [(source, broker), (broker, worker)] {
            document.add_edge(Edge { from, to, params: Params::new().with("latency", constant(0.0)) });
        }
        Self { document }
    }

    /// A little longer: who arrives at the very end still comes.
    fn run_length(mut self, secs: f64) -> Self {
        self.document.run_length_secs = secs + 0.001;
        self
    }

    fn edge(mut self, edge: u32, key: &str, value: f64) -> Self {
        let mut edge_of = (*self.document.edges[&EdgeId(edge)]).clone();
        edge_of.params.set(key, value);
        self.document.edges.insert(EdgeId(edge), edge_of.into());
        self
    }

    fn build(&self) -> System {
        let (system, problems) = compile(&self.document);
        system.unwrap_or_else(|| panic!("{problems:#?}"))
    }
}

impl Params {
    fn over(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

fn to(system: &mut System, secs: f64) {
    system.advance(SimTime::from_secs_f64(secs), u64::MAX);
    check_brokers(system);
}

fn end(system: &mut System) {
    system.advance(SimTime::NEVER, u64::MAX);
    check_brokers(system);
}

fn broker(system: &System) -> &Broker {
    let ix = system.station_index(BROKER).expect("it stands there");
    system.broker(ix)
}

fn fault(system: &mut System, kind: &str, target: FaultTarget, params: Params) {
    system.apply_fault(&LiveFault::Start { kind: kind.to_owned(), target, params });
}

fn lift(system: &mut System, kind: &str, target: FaultTarget) {
    system.apply_fault(&LiveFault::End { kind: kind.to_owned(), target });
}

/// Ledger of the only group.
fn ledger(system: &System) -> super::groups::Ledger {
    broker(system).groups[0].ledger
}

fn levels(system: &System) -> (u32, u32, u32) {
    let levels = broker(system).groups[0].levels;
    (levels.waiting, levels.in_flight, levels.done)
}

#[test]
fn users_are_answered_at_once_and_the_lag_grows_by_what_consumers_cannot_do() {
    // 10 a second come in at 0.1, 0.2 …; one consumer does 4 a second.
    let mut system = Setup::new(10.0, Params::new(), 1.0, 0.25).build();
    to(&mut system, 2.01);
    assert_eq!(system.totals().run.offered, 20);
    assert_eq!(system.totals().run.by_outcome[0], 20, "users do not wait for the work");
    assert_eq!(system.totals().run.times.max(), 0, "all that a publication costs here is no time at all");
    // The first begins at 0.1: 7 are done by 1.85, the eighth is under way.
    assert_eq!((ledger(&system).processed, levels(&system)), (7, (12, 1, 0)));
    to(&mut system, 10.0);
    assert_eq!(ledger(&system).processed, 39);
    end(&mut system);
    assert_eq!((ledger(&system).processed, levels(&system)), (100, (0, 0, 0)), "the run drains its messages, too");
    // The last was published at 10 and done at 0.1 + 100 x 0.25.
    assert_eq!(system.now(), SimTime::from_secs_f64(25.1));
    let whole = &broker(&system).tallies[0];
    // Histograms are precise to 0.1 %.
    assert!((whole.times.percentile(100.0).unwrap() - 15.1).abs() < 0.0151, "{:?}", whole.times.percentile(100.0));
}

#[test]
fn a_failed_delivery_is_repeated_after_doubling_waits_and_then_put_aside() {
    let params = Params::new().with("redelivery_wait", 1.0).with("max_deliveries", 3.0).with("ordered", true);
    let mut system = Setup::new(1.0, params, 1.0, 0.1).run_length(2.0).build();
    fault(&mut system, "poison", FaultTarget::Node(BROKER), Params::new().with("share", 1.0));
    to(&mut system, 1.5);
    lift(&mut system, "poison", FaultTarget::Node(BROKER));
    // Published at 1; fails at 1.1, 2.2 (after 1 s) and 4.3 (after 2 s): put aside. The next, of 2 s, waits behind it.
    to(&mut system, 4.29);
    assert_eq!((ledger(&system).failed, ledger(&system).dead, ledger(&system).processed), (2, 0, 0));
    to(&mut system, 4.31);
    assert_eq!((ledger(&system).failed, ledger(&system).dead, ledger(&system).processed), (3, 1, 0));
    to(&mut system, 4.41);
    assert_eq!(ledger(&system).processed, 1, "order is kept, and the way is free");
    let letter = broker(&system).dead_letters[0];
    assert_eq!((letter.offset, letter.failures), (0, 3));
    assert_eq!(letter.reason, crate::model::outcome::Reason::Poison);
    end(&mut system);
    assert_eq!(system.now(), SimTime::from_secs_f64(4.4));
}

#[test]
fn without_order_a_poison_message_holds_up_nobody() {
    let params = Params::new().with("ordered", false);
    let mut system = Setup::new(1.0, params, 1.0, 0.1).run_length(2.0).build();
    fault(&mut system, "poison", FaultTarget::Node(BROKER), Params::new().with("share", 1.0));
    to(&mut system, 1.5);
    lift(&mut system, "poison", FaultTarget::Node(BROKER));
    to(&mut system, 2.11);
    assert_eq!(ledger(&system).processed, 1, "the second, while the first waits for its redelivery");
}

#[test]
fn a_dead_members_partitions_move_after_its_session_and_the_rebalance() {
    // Two members, two partitions in turn, ten messages a second, each partition five; work of 10 ms.
    let params = Params::new()
        .with("partitions", 2.0)
        .with("partition_by", "turn")
        .with("session_timeout", 2.0)
        .with("rebalance_time", 1.0);
    let setup = Setup::new(10.0, params, 2.0, 0.01);
    let mut system = setup.build();
    to(&mut system, 1.05);
    assert_eq!(ledger(&system).processed, 10);
    fault(&mut system, "kill", FaultTarget::Replica(WORKER, 0), Params::new());
    to(&mut system, 3.0);
    // Nobody knows yet: every other message lies there. 20 more were published, half of them done.
    assert_eq!((ledger(&system).processed, levels(&system).0), (20 - 1, 10));
    to(&mut system, 3.06);
    assert!(broker(&system).groups[0].rebalanced_at.is_some(), "its session was over 2 s after the last event before");
    to(&mut system, 4.005);
    assert_eq!(levels(&system).0, 10 + 10, "all of the group stands still for a second");
    to(&mut system, 5.0);
    assert_eq!(levels(&system).0, 0, "the other one has both partitions, and caught up");
    assert_eq!(ledger(&system).rebalances, 1);
    lift(&mut system, "kill", FaultTarget::Replica(WORKER, 0));
    to(&mut system, 5.95);
    assert!(levels(&system).0 > 0, "joining costs a rebalance as well");
    end(&mut system);
    assert_eq!((ledger(&system).processed, ledger(&system).rebalances), (100, 2));
}

#[test]
fn a_cooperative_rebalance_stops_only_what_moves() {
    let params = Params::new()
        .with("partitions", 2.0)
        .with("partition_by", "turn")
        .with("session_timeout", 0.0)
        .with("rebalance", "cooperative")
        .with("rebalance_time", 2.0);
    let mut system = Setup::new(10.0, params, 2.0, 0.01).build();
    to(&mut system, 1.05);
    fault(&mut system, "kill", FaultTarget::Replica(WORKER, 0), Params::new());
    to(&mut system, 3.0);
    assert_eq!(levels(&system).0, 10, "only the dead one's partition waits");
    to(&mut system, 3.5);
    assert_eq!(levels(&system).0, 0);
}

#[test]
fn a_full_partition_refuses_or_drops_its_oldest() {
    let params = Params::new().with("capacity", 5.0);
    let mut system = Setup::new(10.0, params.clone(), 1.0, 100.0).run_length(1.0).build();
    to(&mut system, 1.0);
    // One of the five is being processed.
    assert_eq!(levels(&system), (4, 1, 0));
    let run = &system.totals().run;
    assert_eq!(run.by_outcome[crate::model::outcome::Outcome::Rejected as usize], 5);
    assert_eq!(run.by_reason[crate::model::outcome::Reason::BrokerFull as usize], 5);

    let mut system = Setup::new(10.0, params.with("when_full", "drop_oldest"), 1.0, 100.0).run_length(1.0).build();
    to(&mut system, 1.0);
    assert_eq!(system.totals().run.by_outcome[0], 10, "every producer is told that its message is safe");
    // The very first is being processed: what consumers have is not dropped.
    assert_eq!((levels(&system), ledger(&system).expired), ((4, 1, 0), 5));
}

#[test]
fn what_is_not_flushed_is_gone_in_a_crash_and_acknowledged_losses_are_counted() {
    let lost = |acks: &str| {
        let params = Params::new().with("acks", acks).with("flush_interval", 1.0).with("flush_time", 0.01);
        let mut system = Setup::new(10.0, params, 1.0, 100.0).run_length(2.0).build();
        to(&mut system, 1.55);
        fault(&mut system, "kill", FaultTarget::Node(BROKER), Params::new());
        check_brokers(&system);
        let ledger = ledger(&system);
        (ledger.published, ledger.lost, ledger.broken_promises)
    };
    // 15 published by then; the flush at 1 s comes before the tenth message, which arrives at the same moment.
    let (published, gone, promised) = lost("memory");
    assert_eq!(published, 15);
    assert!((5..=6).contains(&gone) && promised == gone, "{gone} lost, {promised} of them promised");
    assert_eq!(lost("flushed"), (15, 0, 0));
}

#[test]
fn a_consumer_that_dies_before_its_commit_makes_duplicates() {
    let params = Params::new().with("commit_interval", 2.0).with("session_timeout", 0.0).with("rebalance_time", 0.0);
    let setup = Setup::new(10.0, params, 1.0, 0.01).run_length(4.0);
    let mut system = setup.build();
    to(&mut system, 3.55);
    assert_eq!((levels(&system).2, ledger(&system).processed), (16, 19), "those since the commit at 2 s");
    fault(&mut system, "kill", FaultTarget::Replica(WORKER, 0), Params::new());
    lift(&mut system, "kill", FaultTarget::Replica(WORKER, 0));
    end(&mut system);
    let ledger = ledger(&system);
    assert_eq!((ledger.duplicates, ledger.effects), (16, 56), "{ledger:?}");
}

#[test]
fn an_acknowledgement_that_comes_too_late_makes_a_duplicate() {
    // The broker waits 0.3 s, the work takes 0.5 s: each delivery is given up while the work goes on.
    let params = Params::new().with("redelivery_wait", 0.3).with("max_deliveries", 2.0);
    let mut system = Setup::new(1.0, params, 2.0, 0.5).run_length(1.0).edge(2, "timeout", 0.3).build();
    end(&mut system);
    system.advance(SimTime::from_secs_f64(5.0), u64::MAX);
    let ledger = ledger(&system);
    assert_eq!((ledger.failed, ledger.dead), (2, 1));
    assert!(ledger.effects <= 2);
}

#[test]
fn keys_stay_in_their_partition_and_in_order() {
    let params = Params::new().with("partitions", 4.0);
    let mut system = Setup::new(100.0, params, 3.0, 0.02).build();
    end(&mut system);
    let mut last: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, _, partition, offset) in &system.effects {
        assert!(last.insert(*partition, *offset).is_none_or(|before| before < *offset));
    }
    assert_eq!(system.effects.len(), 1_000);
}

#[test]
fn groups_get_every_message_and_partitions_only_one_member() {
    let mut setup = Setup::new(20.0, Params::new().with("partitions", 3.0), 2.0, 0.01);
    let second = Node {
        kind: "service".into(),
        label: "mail".into(),
        role: None,
        at: Point::default(),
        area: None,
        params: Params::new().with("replicas", 5.0),
    };
    let second = setup.document.add_node(second);
    setup.document.add_edge(Edge { from: BROKER, to: second, params: Params::new() });
    let mut system = setup.build();
    end(&mut system);
    for group in &broker(&system).groups {
        assert_eq!(group.ledger.processed, 200);
    }
    let owners: BTreeSet<u32> = broker(&system).groups[1].lanes.iter().filter_map(|lane| lane.owner).collect();
    assert_eq!(owners.len(), 3, "two of five stand idle: there are three partitions");
}

#[test]
fn littles_law_holds_for_messages() {
    let mut system = Setup::new(50.0, Params::new().with("partitions", 4.0), 2.0, 0.03).build();
    end(&mut system);
    let (broker, now) = (broker(&system), system.now());
    let stays = broker.tallies[0].times.mean().unwrap() * broker.tallies[0].times.count() as f64;
    let spans = [RUN, DRAIN].map(|span| broker.deliveries.span(span, now).unwrap().bucket);
    let integral: f64 = spans.iter().map(|bucket| bucket.busy_secs + bucket.queue_secs).sum();
    assert!((stays - integral).abs() < 1e-6 * integral, "{stays} against {integral}");
}

#[test]
fn one_partition_appends_one_after_the_other() {
    // 100 a second, 20 ms each, one partition: half of them wait for ever longer.
    let params = Params::new().with("append_time", 0.02);
    let mut system = Setup::new(100.0, params, 4.0, 0.001).run_length(1.0).build();
    end(&mut system);
    // The last comes at 1 s and is the hundredth of 20 ms each, from 0.01 s on.
    let worst = system.totals().run.times.max() as f64 / 1e9;
    assert!((worst - (0.01 + 100.0 * 0.02 - 1.0)).abs() < 0.011, "{worst}");
}

#[test]
fn a_repeated_publication_is_recognized() {
    // The producer gives up after 5 ms of the 8 that an append takes, and tries once more.
    let publish = |guarantee: &str| {
        let params = Params::new().with("guarantee", guarantee).with("append_time", 0.008);
        let setup = Setup::new(10.0, params, 1.0, 0.001).edge(1, "timeout", 0.005).edge(1, "retries", 1.0);
        let mut system = setup.build();
        end(&mut system);
        (ledger(&system).published, broker(&system).recognized)
    };
    assert_eq!(publish("at_least_once"), (200, 0));
    assert_eq!(publish("effectively_once"), (100, 100));
}

#[test]
fn partitions_and_consumers_come_and_go_while_it_runs() {
    let mut setup = Setup::new(20.0, Params::new().with("partitions", 2.0), 1.0, 0.01);
    let mut system = setup.build();
    let change = |setup: &mut Setup, system: &mut System, node: NodeId, key: &str, value: f64| {
        let mut changed = (*setup.document.nodes[&node]).clone();
        changed.params.set(key, value);
        setup.document.nodes.insert(node, changed.into());
        system.rebuild(&plan(&setup.document).0.expect("it runs"));
        check_brokers(system);
    };
    to(&mut system, 1.0);
    change(&mut setup, &mut system, BROKER, "partitions", 5.0);
    to(&mut system, 2.0);
    assert_eq!(broker(&system).partitions.len(), 5);
    change(&mut setup, &mut system, WORKER, "replicas", 3.0);
    to(&mut system, 2.5);
    assert!(broker(&system).groups[0].rebalanced_at.is_some());
    change(&mut setup, &mut system, BROKER, "partitions", 1.0);
    to(&mut system, 7.0);
    assert_eq!(broker(&system).partitions.iter().filter(|partition| !partition.closed).count(), 1);
    change(&mut setup, &mut system, WORKER, "replicas", 1.0);
    setup.document.remove_node(BROKER);
    // A source needs somewhere to go.
    setup.document.add_edge(Edge { from: NodeId(1), to: WORKER, params: Params::new() });
    system.rebuild(&plan(&setup.document).0.expect("it runs"));
    check_brokers(&system);
    end(&mut system);
}

/// What happens to whom and when [ms].
#[derive(Clone, Copy, Debug)]
enum Crash {
    Worker(u32),
    Broker,
}

fn crashes() -> impl Strategy<Value = Vec<(u32, u32, Crash)>> {
    let crash = prop_oneof![3 => (0..3u32).prop_map(Crash::Worker), 1 => Just(Crash::Broker)];
    proptest::collection::vec((0..6_000u32, 1..3_000u32, crash), 1..6)
}

/// Runs with the crashes; gives the system at its end.
fn crash_through(
    guarantee: &str,
    acks: &str,
    commit: f64,
    ordered: bool,
    seed: u64,
    crashes: &[(u32, u32, Crash)],
) -> System {
    let params = Params::new()
        .with("partitions", 4.0)
        .with("guarantee", guarantee)
        .with("acks", acks)
        .with("commit_interval", commit)
        .with("ordered", ordered)
        .with("prefetch", 3.0)
        .with("session_timeout", 0.5)
        .with("rebalance_time", 0.2)
        .with("redelivery_wait", 0.05)
        .with("flush_interval", 0.3);
    let mut setup = Setup::new(60.0, params, 3.0, 0.02).run_length(6.0);
    setup.document.seed = seed;
    let mut system = setup.build();
    let mut moments: Vec<(u32, bool, Crash)> =
        crashes.iter().flat_map(|(at, lasts, crash)| [(*at, true, *crash), (at + lasts, false, *crash)]).collect();
    moments.sort_by_key(|(at, starts, _)| (*at, *starts));
    for (at, starts, crash) in moments {
        to(&mut system, f64::from(at) / 1_000.0);
        let target = match crash {
            Crash::Worker(number) => FaultTarget::Replica(WORKER, number),
            Crash::Broker => FaultTarget::Node(BROKER),
        };
        if starts {
            fault(&mut system, "kill", target, Params::new());
        } else {
            lift(&mut system, "kill", target);
        }
        check_brokers(&system);
    }
    end(&mut system);
    system
}

/// How often each message was processed.
fn times(system: &System) -> BTreeMap<u64, u32> {
    let mut times = BTreeMap::new();
    for (_, message, ..) in &system.effects {
        *times.entry(*message).or_default() += 1;
    }
    times
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("HEADROOM_FULL").is_some() { 1_000 } else { 150 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_most_once_never_repeats(seed in any::<u64>(), ordered in any::<bool>(), crashes in crashes()) {
        let system = crash_through("at_most_once", "memory", 0.0, ordered, seed, &crashes);
        let ledger = ledger(&system);
        prop_assert!(times(&system).values().all(|times| *times == 1));
        prop_assert_eq!((ledger.duplicates, ledger.redeliveries), (0, 0));
        prop_assert_eq!(ledger.published, times(&system).len() as u64 + ledger.lost);
    }

    #[test]
    fn at_least_once_loses_nothing_that_is_on_disk(
        seed in any::<u64>(), ordered in any::<bool>(), commits in any::<bool>(), crashes in crashes(),
    ) {
        let commit = if commits { 0.4 } else { 0.0 };
        let system = crash_through("at_least_once", "flushed", commit, ordered, seed, &crashes);
        let ledger = ledger(&system);
        prop_assert_eq!((ledger.lost, ledger.broken_promises), (0, 0));
        let times = times(&system);
        prop_assert_eq!(times.len() as u64, ledger.published, "each at least once");
        let again: u32 = times.values().map(|times| times - 1).sum();
        prop_assert_eq!(u64::from(again), ledger.duplicates);
        // A producer that was told its message is safe was told the truth.
        prop_assert!(ledger.published >= system.totals().run.by_outcome[0]);
    }

    #[test]
    fn effectively_once_processes_each_exactly_once(
        seed in any::<u64>(), ordered in any::<bool>(), commits in any::<bool>(), crashes in crashes(),
    ) {
        let commit = if commits { 0.4 } else { 0.0 };
        let system = crash_through("effectively_once", "flushed", commit, ordered, seed, &crashes);
        let ledger = ledger(&system);
        prop_assert_eq!((ledger.lost, ledger.duplicates), (0, 0));
        prop_assert!(times(&system).values().all(|times| *times == 1));
        prop_assert_eq!(times(&system).len() as u64, ledger.published);
    }

    #[test]
    fn in_memory_a_crash_of_the_broker_breaks_promises_but_only_that(
        seed in any::<u64>(), crashes in crashes(),
    ) {
        let system = crash_through("at_least_once", "memory", 0.0, true, seed, &crashes);
        let broken = crashes.iter().any(|(_, _, crash)| matches!(crash, Crash::Broker));
        let ledger = ledger(&system);
        prop_assert!(broken || ledger.lost == 0);
        prop_assert_eq!(ledger.lost, ledger.broken_promises);
        prop_assert_eq!(times(&system).len() as u64 + ledger.lost, ledger.published);
    }

    /// First effects within a partition come in order, through all crashes, as long as order is kept.
    #[test]
    fn order_is_kept_under_crashes(seed in any::<u64>(), crashes in crashes()) {
        let system = crash_through("at_least_once", "flushed", 0.0, true, seed, &crashes);
        let mut last: BTreeMap<u32, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (_, message, partition, offset) in &system.effects {
            if seen.insert(*message) {
                let before = last.insert(*partition, *offset);
                prop_assert!(before.is_none_or(|before| before < *offset), "{before:?} before {offset}");
            }
        }
    }
}
