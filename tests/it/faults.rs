//! Each fault on a small system, at the moments worked out by hand.

use headroom::engine::time::SimTime;
use headroom::model::ids::{AreaId, EdgeId, FaultTarget};
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{LiveFault, System};
use headroom::topology::document::{Area, AreaKind, Document, Fault, NodeId, Point, ScheduledFault};

use crate::fixture::{add, constant, end, regular, set, start, system, variant, wire};

/// One end of a request: when [s, to a tenth of a millisecond], how, and why.
type End = (f64, Outcome, Reason);

const fn good(at: f64) -> End {
    (at, Outcome::Completed, Reason::None)
}

/// Clients that send every `1/rate` seconds, the first after that time, for one thing.
fn clients(document: &mut Document, rate: f64) -> NodeId {
    let clients = regular(document, rate);
    set(document, clients, "keys", 1.0);
    clients
}

fn document() -> Document {
    Document { seed: 1, run_length_secs: 1_000.0, ..Document::default() }
}

/// Clients, one service of `slots` slots and one waiting place, no latency; a time-out of 0 is none.
fn shop(rate: f64, secs: f64, slots: f64, timeout: f64) -> (Document, NodeId, EdgeId) {
    let mut document = document();
    let clients = clients(&mut document, rate);
    let settings = [("service_time", constant(secs)), ("slots", Value::from(slots)), ("queue_limit", Value::from(1.0))];
    let service = add(&mut document, "service", "Service", &settings);
    let edge = wire(&mut document, clients, service, &[("latency", constant(0.0)), ("timeout", Value::from(timeout))]);
    (document, service, edge)
}

/// Puts a fault on the timetable. (A live one starts at the event before.)
fn plan(
    document: &mut Document,
    kind: &str,
    target: FaultTarget,
    (at_secs, until_secs): (f64, f64),
    params: &[(&str, f64)],
) {
    let mut all = Params::new();
    for (key, value) in params {
        all.set(key, *value);
    }
    let fault = Fault { kind: kind.to_owned(), target, params: all };
    document.faults.push(ScheduledFault { at_secs, for_secs: Some(until_secs - at_secs), fault });
}

/// Every end of a request until `secs`.
fn ends(system: &mut System, secs: f64) -> Vec<End> {
    let mut found = Vec::new();
    let mut before = system.totals().run.clone();
    while system.advance(SimTime::from_secs_f64(secs), 1) > 0 {
        let now = &system.totals().run;
        let at = (system.now().as_secs_f64() * 1e4).round() / 1e4;
        for outcome in Outcome::ALL {
            for _ in before.by_outcome[outcome.index()]..now.by_outcome[outcome.index()] {
                let grew = |reason: &Reason| now.by_reason[reason.index()] > before.by_reason[reason.index()];
                let reason = if outcome == Outcome::Completed {
                    Reason::None
                } else {
                    Reason::ALL.into_iter().skip(1).find(grew).expect("what failed has a reason")
                };
                found.push((at, outcome, reason));
            }
        }
        before = now.clone();
    }
    found
}

mod machine {
    use super::*;

    #[test]
    fn what_hangs_takes_requests_until_it_is_full_and_goes_on_where_it_stood() {
        let (mut document, service, _) = shop(1.0, 0.1, 2.0, 0.0);
        plan(&mut document, "hang", FaultTarget::Node(service), (2.5, 6.25), &[]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.1), good(2.1)]);
        // The requests of 3 s and 4 s hold the slots, that of 5 s waits, that of 6 s finds no place.
        assert_eq!(ends(&mut system, 6.25), [(6.0, Outcome::Rejected, Reason::QueueFull)]);
        assert_eq!(ends(&mut system, 7.5), [good(6.35), good(6.35), good(6.45), good(7.1)]);
    }

    #[test]
    fn only_time_outs_free_the_callers_of_what_hangs() {
        let (document, service, _) = shop(1.0, 0.1, 2.0, 0.5);
        let mut system = system(&document);
        start(&mut system, "hang", FaultTarget::Replica(service, 0), &[]);
        let late = |at| (at, Outcome::TimedOut, Reason::TimeOut);
        let full = (4.0, Outcome::Rejected, Reason::QueueFull);
        assert_eq!(ends(&mut system, 4.4), [late(1.5), late(2.5), late(3.5), full]);
        end(&mut system, "hang", FaultTarget::Replica(service, 0));
        // Two zombies until 4.5, the third until 4.6; then it is free again.
        assert_eq!(ends(&mut system, 5.5), [good(5.1)]);
    }

    #[test]
    fn an_answer_waits_for_the_caller_that_hangs() {
        let (mut document, service, _) = shop(1.0, 0.1, 2.0, 0.0);
        let database = add(&mut document, "database", "Database", &[("read_time", constant(0.3))]);
        wire(&mut document, service, database, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 1.2), []);
        start(&mut system, "hang", FaultTarget::Node(service), &[]);
        // The database answers at 1.4.
        assert_eq!(ends(&mut system, 1.9), []);
        end(&mut system, "hang", FaultTarget::Node(service));
        system.advance(SimTime::from_secs_f64(1.9), u64::MAX);
        assert_eq!(system.totals().run.completed(), 1, "it was heard as soon as somebody listened");
        assert_eq!(ends(&mut system, 2.5), [good(2.4)]);
    }

    #[test]
    fn a_pause_stands_still_at_every_multiple_of_its_interval() {
        let (mut document, service, _) = shop(1.0, 0.2, 2.0, 0.0);
        let pauses = [("every", 2.0), ("lasts", 0.5)];
        plan(&mut document, "gc-pause", FaultTarget::Node(service), (0.95, 5.1), &pauses);
        let mut system = system(&document);
        // Paused from 0.95 to 1.45, from 2.95 to 3.45, from 4.95 on.
        assert_eq!(ends(&mut system, 5.0), [good(1.65), good(2.2), good(3.65), good(4.2)]);
        // Lifted at 5.1, in the middle of the third one.
        assert_eq!(ends(&mut system, 8.5), [good(5.3), good(6.2), good(7.2), good(8.2)]);
    }

    #[test]
    fn work_already_begun_waits_out_the_pause() {
        let (mut document, service, _) = shop(0.5, 1.0, 1.0, 0.0);
        let pauses = [("every", 100.0), ("lasts", 0.5)];
        plan(&mut document, "gc-pause", FaultTarget::Node(service), (2.4, 200.0), &pauses);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 3.9), [good(3.5)]);
    }

    #[test]
    fn a_noisy_neighbor_takes_its_share_and_no_more() {
        let slowed = |seed: u64, share: f64| {
            let (mut document, service, _) = shop(0.1, 1.0, 1.0, 0.0);
            document.seed = seed;
            let mut system = system(&document);
            let params = [("share", share), ("burst", 3_600.0), ("calm", 3_600.0)];
            start(&mut system, "noisy-neighbor", FaultTarget::Node(service), &params);
            let took = ends(&mut system, 15.0)[0].0 - 10.0;
            end(&mut system, "noisy-neighbor", FaultTarget::Node(service));
            assert_eq!(ends(&mut system, 21.5), [good(21.0)], "afterwards it is as before");
            took
        };
        // Half of the share up to all of it: 1 / (1 - 0.4) to 1 / (1 - 0.8).
        let took: Vec<f64> = (1..30).map(|seed| slowed(seed, 0.8)).collect();
        // One burst in hundreds ends before the request does.
        assert!(took.iter().filter(|secs| (1.66..=5.0).contains(*secs)).count() >= 28, "{took:?}");
        assert!(took.iter().any(|secs| *secs < 2.5) && took.iter().any(|secs| *secs > 3.0), "{took:?}");
        assert_eq!(slowed(7, 0.8), slowed(7, 0.8), "the same seed, the same bursts");
        assert_eq!(slowed(7, 0.0), 1.0);
    }

    #[test]
    fn an_interrupted_machine_finishes_within_its_notice_and_is_replaced() {
        let (mut document, service, _) = shop(1.0, 0.6, 4.0, 0.0);
        set(&mut document, service, "replicas", 1.0);
        let target = FaultTarget::Replica(service, 0);
        let course = [("notice", 1.0), ("replacement", 2.0)];
        plan(&mut document, "spot-interruption", target, (1.5, 100.0), &course);
        let mut system = system(&document);
        let turned_away = (2.0, Outcome::Rejected, Reason::Draining);
        let refused = |at| (at, Outcome::Failed, Reason::ConnectionRefused);
        // Warned from 1.5, gone from 2.5, replaced at 4.5.
        assert_eq!(ends(&mut system, 6.5), [good(1.6), turned_away, refused(3.0), refused(4.0), good(5.6)]);
    }

    #[test]
    fn what_lasts_longer_than_the_notice_is_lost() {
        let (mut document, service, _) = shop(1.0, 2.0, 4.0, 0.0);
        let target = FaultTarget::Node(service);
        let course = [("notice", 1.0), ("replacement", 60.0)];
        plan(&mut document, "spot-interruption", target, (1.5, 2.7), &course);
        let mut system = system(&document);
        let lost = (2.5, Outcome::Failed, Reason::ReplicaDied);
        assert_eq!(ends(&mut system, 2.6), [(2.0, Outcome::Rejected, Reason::Draining), lost]);
        assert_eq!(ends(&mut system, 5.5), [good(5.0)], "given back at 2.7");
    }

    #[test]
    fn several_faults_on_one_replica_combine_and_lift_on_their_own() {
        let (document, service, _) = shop(0.5, 0.1, 2.0, 0.0);
        let mut system = system(&document);
        let target = FaultTarget::Node(service);
        start(&mut system, "slow", target, &[("factor", 2.0)]);
        start(&mut system, "slow", target, &[("factor", 3.0)]);
        assert_eq!(ends(&mut system, 3.0), [good(2.6)]);
        start(&mut system, "hang", target, &[]);
        end(&mut system, "slow", target);
        assert_eq!(ends(&mut system, 5.0), []);
        end(&mut system, "hang", target);
        assert_eq!(ends(&mut system, 7.0), [good(5.1), good(6.1)]);
    }
}

mod routing {
    use super::*;

    fn behind(kind: &str, settings: &[(&str, Value)]) -> (Document, NodeId) {
        let mut document = document();
        let clients = clients(&mut document, 1.0);
        let balancer = add(&mut document, kind, "Front", settings);
        let service = add(&mut document, "service", "Service", &[("service_time", constant(0.6))]);
        wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
        wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
        (document, balancer)
    }

    #[test]
    fn a_balancer_dies_with_all_that_it_passes_on() {
        let (document, balancer) = behind("balancer", &[]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.6)]);
        start(&mut system, "kill", FaultTarget::Node(balancer), &[]);
        assert_eq!(ends(&mut system, 3.5), [(3.0, Outcome::Failed, Reason::ConnectionRefused)]);
        assert_eq!(system.totals().run.by_reason[Reason::ReplicaDied.index()], 1, "the one of 2 s");
        end(&mut system, "kill", FaultTarget::Node(balancer));
        assert_eq!(ends(&mut system, 4.9), [good(4.6)]);
    }

    #[test]
    fn resolvers_go_on_with_the_answers_of_a_dead_dns_server() {
        let (mut document, dns) = behind(
            "dns",
            &[("ttl", Value::from(2.5)), ("lookup_time", Value::from(0.05)), ("health_checks", Value::from(false))],
        );
        set(&mut document, NodeId(1), "resolvers", 1.0);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 1.7), [good(1.65)], "it was looked up first");
        start(&mut system, "kill", FaultTarget::Node(dns), &[]);
        // The answer came at 1.05 and holds until 3.55.
        let refused = (4.0, Outcome::Failed, Reason::ConnectionRefused);
        assert_eq!(ends(&mut system, 4.5), [good(2.6), good(3.6), refused]);
        end(&mut system, "kill", FaultTarget::Node(dns));
        assert_eq!(ends(&mut system, 5.9), [good(5.65)]);
    }

    #[test]
    fn callers_that_choose_themselves_need_no_registry() {
        let (document, registry) =
            behind("client-balancer", &[("refresh", Value::from(0.5)), ("callers", Value::from(1.0))]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 1.7), [good(1.6)]);
        start(&mut system, "kill", FaultTarget::Node(registry), &[]);
        assert_eq!(ends(&mut system, 3.7), [good(2.6), good(3.6)]);
    }
}

mod network {
    use super::*;

    fn choice(system: &mut System, target: FaultTarget, lost: &str) {
        let params = Params::new().with("lost", lost);
        system.apply_fault(&LiveFault::Start { kind: "partition".to_owned(), target, params });
    }

    #[test]
    fn a_partition_one_way_loses_requests_or_answers() {
        for (lost, reach) in [("requests", 0), ("answers", 3), ("both", 0)] {
            let (document, service, edge) = shop(1.0, 0.1, 4.0, 0.3);
            let mut system = system(&document);
            choice(&mut system, FaultTarget::Edge(edge), lost);
            let late = |at| (at, Outcome::TimedOut, Reason::TimeOut);
            assert_eq!(ends(&mut system, 3.5), [late(1.3), late(2.3), late(3.3)], "{lost}");
            let meter = system.station_meter(service).expect("it is there");
            assert_eq!(meter.recent(system.now(), 10.0).arrivals(), reach, "{lost}");
            end(&mut system, "partition", FaultTarget::Edge(edge));
            assert_eq!(ends(&mut system, 4.5), [good(4.1)]);
        }
    }

    #[test]
    fn a_lost_answer_without_a_time_out_ends_when_the_network_gives_up() {
        let (document, _, edge) = shop(1.0, 0.1, 4.0, 0.0);
        let mut system = system(&document);
        choice(&mut system, FaultTarget::Edge(edge), "answers");
        assert_eq!(ends(&mut system, 128.5), [(128.1, Outcome::TimedOut, Reason::Unreachable)]);
    }

    #[test]
    fn losses_of_several_faults_are_independent() {
        let (mut document, _, edge) = shop(100.0, 0.001, 4.0, 0.5);
        document.run_length_secs = 100.0;
        let mut system = system(&document);
        let target = FaultTarget::Edge(edge);
        start(&mut system, "loss", target, &[("requests", 0.3), ("answers", 0.2)]);
        start(&mut system, "loss", target, &[("requests", 0.5), ("answers", 0.0)]);
        system.advance(SimTime::NEVER, u64::MAX);
        let tally = &system.totals().run;
        // 0.7 x 0.8 x 0.5 = 0.28 get through; the standard error of 10,000 is 0.45 %, four of them.
        let through = tally.completed() as f64 / tally.offered as f64;
        assert!((through - 0.28).abs() < 0.018, "{through}");
        assert_eq!(tally.completed() + tally.by_outcome[Outcome::TimedOut.index()], tally.offered);
    }

    #[test]
    fn loss_leaves_the_draws_of_everybody_else_alone() {
        let times = |loses: bool| {
            let (mut document, service, edge) = shop(2.0, 0.1, 50.0, 0.45);
            set(&mut document, service, "service_time", variant("exponential", &[("mean", 0.05)]));
            set(&mut document, NodeId(1), "arrivals", variant("poisson", &[]));
            let mut system = system(&document);
            if loses {
                start(&mut system, "loss", FaultTarget::Edge(edge), &[("requests", 0.3), ("answers", 0.3)]);
            }
            ends(&mut system, 200.0).into_iter().filter(|end| end.1 == Outcome::Completed).collect::<Vec<_>>()
        };
        let (all, some) = (times(false), times(true));
        assert!(some.len() > 100 && some.len() < all.len() * 6 / 10, "{} of {}", some.len(), all.len());
        assert!(some.iter().all(|end| all.contains(end)), "who gets through takes as long as without the fault");
    }

    #[test]
    fn a_thin_link_sends_one_message_after_the_other() {
        let (mut document, _, edge) = shop(2.0, 0.002, 4.0, 0.0);
        set(&mut document, NodeId(1), "answer_kilobytes", 100.0);
        plan(&mut document, "bandwidth", FaultTarget::Edge(edge), (0.0, 3.0), &[("mbit", 1.0)]);
        let mut system = system(&document);
        // 1 kB takes 8 ms, 100 kB take 800 ms. The requests of 0.5, 1.0 and 1.5 s: out by 0.508, worked by 0.510, back by
        // 1.310; the next answer follows at once, and so on.
        assert_eq!(ends(&mut system, 3.0), [good(1.31), good(2.11), good(2.91)]);
        // The fourth and the fifth answer went onto the link before it was whole again; the sixth request did not.
        assert_eq!(
            ends(&mut system, 4.52),
            [good(3.002), good(3.502), good(3.71), good(4.002), good(4.502), good(4.51)]
        );
    }

    #[test]
    fn of_two_cuts_the_thinner_one_counts() {
        let (document, _, edge) = shop(1.0, 0.0, 4.0, 0.0);
        let mut system = system(&document);
        let target = FaultTarget::Edge(edge);
        start(&mut system, "bandwidth", target, &[("mbit", 100.0)]);
        start(&mut system, "bandwidth", target, &[("mbit", 0.8)]);
        // 1 kB out and 10 kB back at 100 kB/s.
        assert_eq!(ends(&mut system, 1.9), [good(1.11)]);
    }

    #[test]
    fn latency_is_added_each_way_and_varies_within_its_jitter() {
        let (document, _, edge) = shop(10.0, 0.0, 100.0, 0.0);
        let mut system = system(&document);
        let target = FaultTarget::Edge(edge);
        start(&mut system, "latency", target, &[("extra", 0.1), ("jitter", 0.05)]);
        system.advance(SimTime::from_secs_f64(500.0), u64::MAX);
        let times = &system.totals().run.times;
        let percentile = |p: f64| times.percentile(p).expect("some completed");
        let (low, middle, high) = (percentile(0.01), percentile(50.0), percentile(100.0));
        assert!((0.1..0.12).contains(&low) && (0.28..=0.3005).contains(&high), "{low} to {high}");
        // The sum of two uniform ones: triangular about 0.2, standard error of the median of 5,000 below 1 ms.
        assert!((middle - 0.2).abs() < 0.004, "{middle}");
    }
}

mod traffic {
    use super::*;

    /// Each user's turn takes a second: 0.9 s of thought and 0.1 s of work, with a slot for everybody.
    #[test]
    fn in_a_closed_loop_more_traffic_is_more_users() {
        let mut document = document();
        let think = Params::new().with("users", 50.0).with("think_time", constant(0.9));
        let arrivals = Value::Variant(Variant::new("closed", think));
        let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals)]);
        let service = [("slots", Value::from(1_000.0)), ("service_time", constant(0.1))];
        let service = add(&mut document, "service", "Service", &service);
        wire(&mut document, clients, service, &[("latency", constant(0.0))]);
        document.run_length_secs = 100.0;
        let mut system = system(&document);
        let mut in_ten_seconds = |from: f64, factor: Option<f64>| {
            match factor {
                Some(factor) => start(&mut system, "traffic", FaultTarget::Node(clients), &[("factor", factor)]),
                None => end(&mut system, "traffic", FaultTarget::Node(clients)),
            }
            system.advance(SimTime::from_secs_f64(from + 2.5), u64::MAX);
            let before = system.totals().run.offered;
            system.advance(SimTime::from_secs_f64(from + 12.5), u64::MAX);
            system.totals().run.offered - before
        };
        assert_eq!(in_ten_seconds(0.0, Some(1.0)), 500);
        assert_eq!(in_ten_seconds(13.0, Some(3.0)), 1_500);
        assert_eq!(in_ten_seconds(26.0, None), 500);
        assert_eq!(in_ten_seconds(39.0, Some(0.5)), 250);
        assert_eq!(in_ten_seconds(52.0, Some(0.0)), 0);
        assert_eq!(in_ten_seconds(65.0, None), 500);
    }

    #[test]
    fn a_hot_key_is_one_that_nobody_asked_for_before() {
        let mut document = document();
        let clients = clients(&mut document, 1.0);
        set(&mut document, clients, "keys", 1_000_000.0);
        set(&mut document, clients, "key_skew", 0.0);
        let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0))]);
        let store = add(&mut document, "database", "Store", &[("read_time", constant(0.5))]);
        wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
        wire(&mut document, cache, store, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.7), [good(1.5), good(2.5)]);
        start(&mut system, "hot-key", FaultTarget::Node(clients), &[("share", 1.0)]);
        assert_eq!(ends(&mut system, 5.2), [good(3.5), good(4.0), good(5.0)], "one miss, then hits");
        end(&mut system, "hot-key", FaultTarget::Node(clients));
        assert_eq!(ends(&mut system, 6.7), [good(6.5)]);
    }

    #[test]
    fn a_share_of_the_requests_is_hot() {
        let mut document = document();
        let clients = clients(&mut document, 100.0);
        set(&mut document, clients, "keys", 1_000_000.0);
        set(&mut document, clients, "key_skew", 0.0);
        let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0))]);
        let store = add(&mut document, "database", "Store", &[("read_time", constant(0.001))]);
        wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
        wire(&mut document, cache, store, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        start(&mut system, "hot-key", FaultTarget::Node(clients), &[("share", 0.3)]);
        system.advance(SimTime::from_secs_f64(100.0), u64::MAX);
        let to_store = system.station_meter(store).expect("it is there").recent(system.now(), 1_000.0).arrivals();
        // Of 10,000, 30 % hit but for the first one; the standard error is 0.46 %, four of them.
        assert!((to_store as f64 / 10_000.0 - 0.7).abs() < 0.019, "{to_store}");
    }
}

mod data {
    use super::*;

    /// A cache in front of a store that takes half a second; one key, so that only the first request misses.
    fn cached(ttl: f64) -> (Document, NodeId, NodeId) {
        let mut document = document();
        let clients = clients(&mut document, 1.0);
        let cache = add(&mut document, "cache", "Cache", &[("lookup_time", constant(0.0)), ("ttl", Value::from(ttl))]);
        let store = add(&mut document, "database", "Store", &[("read_time", constant(0.5))]);
        wire(&mut document, clients, cache, &[("latency", constant(0.0))]);
        wire(&mut document, cache, store, &[("latency", constant(0.0))]);
        (document, cache, store)
    }

    #[test]
    fn a_flush_forgets_everything_once() {
        let (document, cache, _) = cached(0.0);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
        start(&mut system, "cache-flush", FaultTarget::Node(cache), &[]);
        assert_eq!(ends(&mut system, 5.2), [good(3.5), good(4.0), good(5.0)]);
    }

    #[test]
    fn entries_expire_by_the_clock_that_jumped() {
        let (document, cache, _) = cached(10.0);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
        let target = FaultTarget::Node(cache);
        start(&mut system, "clock-jump", target, &[("ahead", 20.0)]);
        assert_eq!(ends(&mut system, 4.5), [good(3.5), good(4.0)], "too early");
        end(&mut system, "clock-jump", target);
        // Filled at 3.5 by a clock that showed 23.5, so it holds until that clock shows 33.5.
        let missed: Vec<f64> =
            ends(&mut system, 36.2).into_iter().map(|end| end.0).filter(|at| at.fract() != 0.0).collect();
        assert_eq!(missed, [34.5], "twenty seconds too long");
    }

    #[test]
    fn a_clock_that_is_behind_keeps_what_is_stale() {
        let (document, cache, _) = cached(2.5);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.5), good(2.0)]);
        start(&mut system, "clock-jump", FaultTarget::Node(cache), &[("ahead", -100.0)]);
        let missed = |system: &mut System, secs: f64| {
            ends(system, secs).into_iter().map(|end| end.0).filter(|at| at.fract() != 0.0).collect::<Vec<f64>>()
        };
        // Filled at 1.5 for 2.5 s, and a hundred more.
        assert_eq!(missed(&mut system, 106.2), [105.5]);
    }

    #[test]
    fn resolvers_judge_answers_by_the_clock_that_jumped() {
        let mut document = document();
        let clients = clients(&mut document, 1.0);
        set(&mut document, clients, "resolvers", 1.0);
        let dns = add(
            &mut document,
            "dns",
            "DNS",
            &[("ttl", Value::from(60.0)), ("lookup_time", Value::from(0.05)), ("health_checks", Value::from(false))],
        );
        let service = add(&mut document, "service", "Service", &[("service_time", constant(0.1))]);
        wire(&mut document, clients, dns, &[("latency", constant(0.0))]);
        wire(&mut document, dns, service, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        assert_eq!(ends(&mut system, 2.5), [good(1.15), good(2.1)]);
        start(&mut system, "clock-jump", FaultTarget::Node(dns), &[("ahead", 3_600.0)]);
        assert_eq!(ends(&mut system, 4.5), [good(3.15), good(4.1)], "one more look-up");
    }

    #[test]
    fn a_standby_takes_over_once_the_failure_is_noticed() {
        let mut document = document();
        let clients = clients(&mut document, 1.0);
        let database = add(&mut document, "database", "Database", &[("read_time", constant(0.7))]);
        wire(&mut document, clients, database, &[("latency", constant(0.0))]);
        let target = FaultTarget::Node(database);
        plan(&mut document, "failover", target, (1.5, 4.8), &[("detection", 1.0), ("promotion", 1.0)]);
        plan(&mut document, "failover", target, (4.9, 6.5), &[("detection", 100.0)]);
        let mut system = system(&document);
        let died = (1.5, Outcome::Failed, Reason::ReplicaDied);
        let nobody = |at| (at, Outcome::Failed, Reason::NoPrimary);
        assert_eq!(ends(&mut system, 4.9), [died, nobody(2.0), nobody(3.0), good(4.7)]);
        assert_eq!(ends(&mut system, 6.5), [nobody(5.0), nobody(6.0)]);
        assert_eq!(ends(&mut system, 7.9), [good(7.7)], "the old primary came back before anybody took over");
    }
}

mod deploy {
    use super::*;

    #[test]
    fn a_bad_version_spreads_from_replica_to_replica_until_it_is_rolled_back() {
        let mut document = document();
        let clients = clients(&mut document, 2.0);
        let balancer = add(&mut document, "balancer", "Balancer", &[("strategy", variant("round-robin", &[]))]);
        let service = add(
            &mut document,
            "service",
            "Service",
            &[("service_time", constant(0.1)), ("replicas", Value::from(2.0))],
        );
        wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
        wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
        set(&mut document, balancer, "health_checks", false);
        let mut system = system(&document);
        system.advance(SimTime::from_secs_f64(0.9), u64::MAX);
        let target = FaultTarget::Node(service);
        let course = [("drain", 1.0), ("restart", 2.0), ("soak", 1.0), ("errors", 1.0)];
        start(&mut system, "rolling-deploy", target, &course);
        // The first replica is away from 0.9 to 3.9; the second one serves all.
        assert!(ends(&mut system, 3.9).iter().all(|end| end.1 == Outcome::Completed));
        // Both serve from 3.9 to 4.9, and the first one is bad.
        let mixed: Vec<Outcome> = ends(&mut system, 4.7).into_iter().map(|end| end.1).collect();
        assert_eq!(mixed.len(), 2);
        assert!(mixed.contains(&Outcome::Failed) && mixed.contains(&Outcome::Completed), "{mixed:?}");
        // Then the second one is away until 7.9, and afterwards both are bad.
        let bad = |end: &End| (end.1, end.2) == (Outcome::Failed, Reason::BadVersion);
        let after = ends(&mut system, 9.0);
        assert!(after.len() == 8 && after.iter().all(bad), "{after:?}");
        end(&mut system, "rolling-deploy", target);
        assert!(ends(&mut system, 11.2).iter().skip(1).all(|end| end.1 == Outcome::Completed));
    }

    #[test]
    fn rolled_back_in_the_middle_nothing_of_it_is_left() {
        let (mut document, service, _) = shop(1.0, 0.1, 4.0, 0.0);
        set(&mut document, service, "replicas", 1.0);
        let mut system = system(&document);
        let target = FaultTarget::Node(service);
        start(&mut system, "rolling-deploy", target, &[("drain", 1.5), ("restart", 10.0), ("errors", 1.0)]);
        let turned_away = (1.0, Outcome::Rejected, Reason::Draining);
        let refused = (2.0, Outcome::Failed, Reason::ConnectionRefused);
        assert_eq!(ends(&mut system, 2.5), [turned_away, refused]);
        end(&mut system, "rolling-deploy", target);
        assert_eq!(ends(&mut system, 30.05).len(), 27);
        assert_eq!(system.totals().run.completed(), 27, "no later step of it comes");
    }
}

mod place {
    use super::*;

    fn area(kind: AreaKind) -> Area {
        Area { kind, label: "Area".to_owned(), at: Point::default(), size: Point::default() }
    }

    #[test]
    fn an_outage_takes_a_zone_or_a_whole_region() {
        let served = |area: AreaId| {
            let (mut document, service, _) = shop(1.0, 0.1, 4.0, 0.0);
            let region = document.add_area(super::place::area(AreaKind::Region { region: "eu-west-1".to_owned() }));
            let zone = document.add_area(super::place::area(AreaKind::Zone { within: region }));
            std::rc::Rc::make_mut(document.nodes.get_mut(&service).expect("it is there")).area = Some(zone);
            let other = document.add_area(super::place::area(AreaKind::Zone { within: region }));
            assert_eq!((region, zone, other), (AreaId(1), AreaId(2), AreaId(3)));
            let mut system = system(&document);
            start(&mut system, "outage", FaultTarget::Area(area), &[]);
            system.advance(SimTime::from_secs_f64(3.5), u64::MAX);
            system.totals().run.completed()
        };
        assert_eq!([1, 2, 3].map(|area| served(AreaId(area))), [0, 0, 3], "the region, its zone, the other zone");
    }
}
