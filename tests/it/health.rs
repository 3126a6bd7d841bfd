//! Cold replicas, health checks, outliers, slow start, draining: through a document, at the moments worked out by hand.

use headroom::engine::time::SimTime;
use headroom::facet::balancer::Balancer;
use headroom::model::ids::FaultTarget;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::rotation::OutOfRotation;
use headroom::model::system::{LogTone, System};
use headroom::protocol::{RunId, RunStatus, StationFrame};
use headroom::runner::frame::{FrameBuilder, Pace};
use headroom::topology::compile::plan;
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, end, regular, run_to, set, start, system, variant, wire};

/// The moment at which the next request completes, to a tenth of a millisecond.
fn next_completion(system: &mut System) -> f64 {
    let before = system.totals().run.completed();
    loop {
        let now = system.now().as_secs_f64();
        assert!(!system.finished(), "nothing completed until {now} s");
        system.advance(SimTime::NEVER, 1);
        if system.totals().run.completed() > before {
            return (system.now().as_secs_f64() * 1e4).round() / 1e4;
        }
    }
}

mod cold {
    use super::*;

    /// One request a second, 0.1 s of work, cold for four requests at five times the work.
    fn document() -> (Document, NodeId) {
        let mut document = Document { seed: 1, run_length_secs: 30.0, ..Document::default() };
        let clients = regular(&mut document, 1.0);
        let service = add(
            &mut document,
            "service",
            "Service",
            &[
                ("service_time", constant(0.1)),
                ("slots", Value::from(1.0)),
                ("warm_up_requests", Value::from(4.0)),
                ("cold_factor", Value::from(5.0)),
            ],
        );
        wire(&mut document, clients, service, &[("latency", constant(0.0))]);
        (document, service)
    }

    #[test]
    fn a_revived_replica_warms_up_request_by_request() {
        let (document, service) = document();
        let mut system = system(&document);
        assert_eq!(next_completion(&mut system), 1.1, "who is there at the start is warm");
        assert_eq!(next_completion(&mut system), 2.1);
        start(&mut system, "kill", FaultTarget::Node(service), &[]);
        end(&mut system, "kill", FaultTarget::Node(service));
        let moments: Vec<f64> = (0..6).map(|_| next_completion(&mut system)).collect();
        assert_eq!(moments, [3.5, 4.4, 5.3, 6.2, 7.1, 8.1]);
    }

    #[test]
    fn an_added_replica_is_cold_and_the_old_one_stays_warm() {
        let (mut document, service) = document();
        let mut system = system(&document);
        run_to(&mut system, 1.5);
        set(&mut document, service, "replicas", 2.0);
        system.rebuild(&plan(&document).0.expect("it can run"));
        // Without a balancer each request goes to either replica.
        let took: Vec<f64> =
            (2..=21).map(|at| ((next_completion(&mut system) - f64::from(at)) * 10.0).round()).collect();
        let slow: Vec<f64> = took.iter().copied().filter(|took| *took > 1.0).collect();
        assert_eq!(slow, [5.0, 4.0, 3.0, 2.0], "tenths of a second: {took:?}");
    }

    #[test]
    fn checks_warm_nothing() {
        let (mut document, service) = document();
        let clients = *document.nodes.keys().next().expect("a source");
        document.edges.clear();
        let balancer = add(&mut document, "balancer", "Balancer", &[("check_interval", Value::from(0.1))]);
        wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
        wire(&mut document, balancer, service, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        run_to(&mut system, 0.05);
        start(&mut system, "kill", FaultTarget::Node(service), &[]);
        end(&mut system, "kill", FaultTarget::Node(service));
        // The request at 1 s waits for the check that came at the same moment: 1 ms of work.
        let first = next_completion(&mut system);
        assert!((1.5..1.503).contains(&first), "{first}");
    }
}

/// A balancer with round robin over one service, no latency anywhere; constant work of 1 ms unless told otherwise.
struct Shop {
    document: Document,
    balancer: NodeId,
    service: NodeId,
}

fn shop(rate: f64, balancer: &[(&str, Value)], service: &[(&str, Value)]) -> Shop {
    let mut document = Document { seed: 4, run_length_secs: 100.0, ..Document::default() };
    let clients = regular(&mut document, rate);
    let balancer = add(&mut document, "balancer", "Balancer", balancer);
    let node = add(&mut document, "service", "Service", &[("service_time", constant(0.001))]);
    for (key, value) in service {
        set(&mut document, node, key, value.clone());
    }
    wire(&mut document, clients, balancer, &[("latency", constant(0.0))]);
    wire(&mut document, balancer, node, &[("latency", constant(0.0))]);
    Shop { document, balancer, service: node }
}

fn share(value: f64) -> [(&'static str, f64); 1] {
    [("share", value)]
}

/// What the log says since it was last asked, with the moments in seconds.
fn log(system: &mut System) -> Vec<(f64, String)> {
    system.take_log().into_iter().map(|entry| (entry.at.as_secs_f64(), entry.text)).collect()
}

fn failed(system: &System) -> u64 {
    system.totals().run.by_outcome[Outcome::Failed.index()]
}

fn arrivals(system: &System, node: NodeId) -> u64 {
    system.station_meter(node).expect("it is there").whole(system.now()).arrivals()
}

/// `{"id":"on", …}` of outlier detection or slow start.
fn on(params: &[(&str, f64)]) -> Value {
    variant("on", params)
}

mod outliers {
    use super::*;

    const NO_CHECKS: (&str, Value) = ("health_checks", Value::Bool(false));

    /// Twelve replicas, 120 requests a second: each gets ten, in turn. Replica 4 answers half of its own with errors.
    #[test]
    fn one_of_twelve_is_ejected_at_its_fifth_error_in_a_row() {
        let shop = shop(120.0, &[NO_CHECKS, ("outlier_detection", on(&[]))], &[("replicas", Value::from(12.0))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 3), &share(0.5));
        log(&mut system);
        // Requests are answered 1 ms after they come, one after the other: watch every twelfth, beginning with the fourth.
        let (mut in_a_row, mut errors) = (0, 0);
        let mut number = 3;
        let ejected_at = loop {
            let sent = f64::from(number + 1) / 120.0;
            let before = failed(&system);
            run_to(&mut system, sent + 0.0011);
            let bad = failed(&system) > before;
            errors += u64::from(bad);
            in_a_row = if bad { in_a_row + 1 } else { 0 };
            if in_a_row == 5 {
                break sent + 0.001;
            }
            assert!(log(&mut system).is_empty(), "nobody is out before that");
            number += 12;
        };
        assert_eq!(failed(&system), errors, "nobody else fails");
        let told = log(&mut system);
        assert_eq!(told.len(), 1);
        assert!((told[0].0 - ejected_at).abs() < 1e-6, "{told:?} at {ejected_at}");
        assert_eq!(told[0].1, "outlier detection: Service replica 4 ejected for 30 s after 5 errors in a row");
        // 30 s later, at the next full ten seconds, it is back; until then nothing fails.
        let back = ((ejected_at + 30.0) / 10.0).ceil() * 10.0;
        run_to(&mut system, back - 0.001);
        assert_eq!((failed(&system), log(&mut system)), (errors, Vec::new()));
        run_to(&mut system, back + 0.01);
        assert_eq!(log(&mut system), [(back, "outlier detection: Service replica 4 returns".to_owned())]);
    }

    #[test]
    fn of_four_backends_ten_percent_are_nobody() {
        let shop = shop(40.0, &[NO_CHECKS, ("outlier_detection", on(&[]))], &[("replicas", Value::from(4.0))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
        log(&mut system);
        run_to(&mut system, 30.05);
        // Every fourth request fails, to the end.
        assert_eq!(failed(&system), 301);
        // Its fifth: the 17th request, at 0.425 s.
        let why = "the maximum ejected share of 10 % of 4 backends ejects nobody";
        let told = format!("outlier detection: Service replica 1 would be ejected after 5 errors in a row, but {why}");
        assert_eq!(log(&mut system), [(0.426, told)]);
        let backend = &frame(&system, shop.balancer).backends[0];
        assert_eq!(backend.out, None);
        assert_eq!(backend.note, Some(format!("would be ejected after 5 errors in a row, but {why}")));
    }

    /// Ejected at 0.425 s, healed at 2 s; a check at 5 s finds it well.
    #[test]
    fn a_good_check_ends_an_ejection_only_where_told_so() {
        for told in [false, true] {
            let mut detection = Params::new().with("max_ejected_share", 0.5);
            detection.set("good_check_returns", told);
            let detection = Value::Variant(Variant::new("on", detection));
            let shop = shop(40.0, &[("outlier_detection", detection)], &[("replicas", Value::from(4.0))]);
            let mut system = system(&shop.document);
            start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
            run_to(&mut system, 2.0);
            end(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0));
            assert_eq!(failed(&system), 5);
            log(&mut system);
            run_to(&mut system, 45.0);
            // 0.426 s and 30 s more: at the sweep at 40 s.
            let at = if told { 5.001 } else { 40.0 };
            assert_eq!(log(&mut system), [(at, "outlier detection: Service replica 1 returns".to_owned())]);
        }
    }

    #[test]
    fn selections_per_second_are_those_of_the_last_three() {
        let shop = shop(40.0, &[NO_CHECKS], &[("replicas", Value::from(4.0))]);
        let mut system = system(&shop.document);
        let mut looks = FrameBuilder::default();
        for at in [5.05, 6.05, 7.05, 8.05] {
            run_to(&mut system, at);
            let frame = looks.build(&mut system.clone(), pace(&system));
            let station = frame.stations.into_iter().find(|station| station.node == shop.balancer.0);
            for backend in station.expect("it is there").backends() {
                let rate = backend.selection_rate;
                assert!(if at == 5.05 { rate.is_nan() } else { (rate - 10.0).abs() < 0.2 }, "{rate} at {at} s");
            }
        }
    }

    #[test]
    fn who_succeeds_less_often_than_the_others_is_out_at_the_sweep() {
        let detection = on(&[("consecutive_errors", 0.0)]);
        let shop = shop(150.0, &[NO_CHECKS, ("outlier_detection", detection)], &[("replicas", Value::from(10.0))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 6), &share(0.3));
        log(&mut system);
        run_to(&mut system, 10.001);
        // 149 or 150 requests each by then; only the seventh fails some.
        let rate = 1.0 - failed(&system) as f64 / 150.0;
        let mean = (9.0 + rate) / 10.0;
        let deviation = ((9.0 * (1.0 - mean).powi(2) + (rate - mean).powi(2)) / 10.0).sqrt();
        let words = format!(
            "a success rate of {:.1} % where the others put the limit at {:.1} %",
            rate * 100.0,
            (mean - 1.9 * deviation) * 100.0
        );
        assert_eq!(
            log(&mut system),
            [(10.0, format!("outlier detection: Service replica 7 ejected for 30 s after {words}"))]
        );
        let out = frame(&system, shop.balancer).backends[6].out.clone().expect("it is out");
        assert_eq!((out.why, out.since_ns), (OutOfRotation::Ejected, Some(10_000_000_000)));
        assert_eq!(
            out.words,
            format!("ejected for 30 s after {words}; back at {}, at the next sweep", SimTime(40_000_000_000))
        );
    }

    #[test]
    fn switching_it_off_brings_everybody_back() {
        let detection = on(&[("max_ejected_share", 1.0)]);
        let mut shop = shop(40.0, &[NO_CHECKS, ("outlier_detection", detection)], &[("replicas", Value::from(4.0))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
        run_to(&mut system, 5.01);
        assert_eq!(failed(&system), 5);
        set(&mut shop.document, shop.balancer, "outlier_detection", variant("off", &[]));
        system.rebuild(&plan(&shop.document).0.expect("it can run"));
        run_to(&mut system, 7.01);
        assert!(failed(&system) >= 24, "every fourth of eighty fails again: {}", failed(&system));
    }

    #[test]
    fn a_caller_that_balances_for_itself_ejects_for_itself() {
        let mut shop = shop(40.0, &[], &[("replicas", Value::from(4.0))]);
        let mut node = (*shop.document.nodes[&shop.balancer]).clone();
        node.kind = "client-balancer".to_owned();
        shop.document.nodes.insert(shop.balancer, node.into());
        let detection = on(&[("max_ejected_share", 0.5)]);
        for (key, value) in [("outlier_detection", detection), ("callers", Value::from(1.0)), NO_CHECKS] {
            set(&mut shop.document, shop.balancer, key, value);
        }
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
        run_to(&mut system, 20.0);
        assert_eq!(failed(&system), 5, "its one caller learns from its own five");
        let backend = &frame(&system, shop.balancer).backends[0];
        assert_eq!((backend.out.clone(), backend.note.as_deref()), (None, Some("ejected by 1 of 1 callers")));
    }
}

mod panic {
    use super::*;

    /// Four replicas; two die at 2.5 s. Checks every second, three must fail: believed down at 5 s.
    fn two_of_four_die(threshold: f64) -> (System, NodeId) {
        let settings = [("check_interval", Value::from(1.0)), ("panic_threshold", Value::from(threshold))];
        let shop = shop(40.0, &settings, &[("replicas", Value::from(4.0))]);
        let mut system = system(&shop.document);
        run_to(&mut system, 2.5);
        for replica in [0, 1] {
            start(&mut system, "kill", FaultTarget::Replica(shop.service, replica), &[]);
        }
        run_to(&mut system, 5.01);
        (system, shop.balancer)
    }

    #[test]
    fn with_too_few_believed_well_all_are_used() {
        let (mut system, balancer) = two_of_four_die(0.6);
        let told = log(&mut system);
        let words = "Balancer: fewer than 60 % of its backends are believed well, so it uses all";
        assert!(told.contains(&(5.0, words.to_owned())), "{told:?}");
        assert!(frame(&system, balancer).panic);
        let before = failed(&system);
        run_to(&mut system, 15.01);
        assert_eq!(failed(&system) - before, 200, "half of 400");
    }

    #[test]
    fn with_enough_believed_well_only_those_are_used() {
        let (mut system, balancer) = two_of_four_die(0.5);
        assert!(!frame(&system, balancer).panic);
        let before = failed(&system);
        run_to(&mut system, 15.01);
        assert_eq!(failed(&system), before);
    }
}

mod slow {
    use super::*;

    /// 100 requests a second over two services; the second is believed well again from about 20 s on.
    fn arrivals_while_it_rises(strategy: &str) -> [u64; 2] {
        let settings = [
            ("check_interval", Value::from(1.0)),
            ("strategy", variant(strategy, &[])),
            ("slow_start", on(&[("window", 20.0)])),
        ];
        let mut shop = shop(100.0, &settings, &[]);
        let other = add(&mut shop.document, "service", "Other", &[("service_time", constant(0.001))]);
        wire(&mut shop.document, shop.balancer, other, &[("latency", constant(0.0))]);
        let mut system = system(&shop.document);
        run_to(&mut system, 10.0);
        assert!(arrivals(&system, other).abs_diff(500) <= 1, "who is there at the start has its share");
        start(&mut system, "kill", FaultTarget::Node(other), &[]);
        run_to(&mut system, 18.5);
        end(&mut system, "kill", FaultTarget::Node(other));
        // Good checks at 19 and 20 s, of 1 ms each.
        run_to(&mut system, 20.0015);
        let up = log(&mut system).into_iter().find(|(_, text)| text == "health check: Other up after 2 good answers");
        assert_eq!(up.map(|(at, _)| at), Some(20.001));
        assert_eq!(frame(&system, shop.balancer).backends[1].slow_start, Some(0.1));
        let before = arrivals(&system, other);
        run_to(&mut system, 40.002);
        let rising = arrivals(&system, other) - before;
        assert_eq!(frame(&system, shop.balancer).backends[1].slow_start, None);
        run_to(&mut system, 60.002);
        [rising, arrivals(&system, other) - before - rising]
    }

    // With the other's weight 1 and its own f it gets f/(1+f) of the picks, where f = max(t/20 s, 0.1): over the window
    // 2·0.1/1.1 + (18 − 20·ln(2/1.1)) = 6.2251 s of 20 s, so 622.5 of 2000.

    #[test]
    fn weights_grow_over_the_window() {
        let [rising, after] = arrivals_while_it_rises("smooth-weighted-round-robin");
        // Levels of 1 %, taken down, cost at most one hundredth of the window's picks.
        assert!((602..=624).contains(&rising), "{rising}");
        assert!(after.abs_diff(1_000) <= 1, "{after}");
    }

    #[test]
    fn a_strategy_without_weights_lets_it_take_part_in_its_share_of_the_picks() {
        let [rising, after] = arrivals_while_it_rises("round-robin");
        // A sum of independent draws with mean 622.5 and standard deviation below 21: within 3.3 of those.
        assert!(rising.abs_diff(622) <= 70, "{rising}");
        assert!(after.abs_diff(1_000) <= 1, "{after}");
    }
}

mod draining {
    use super::*;

    /// Two replicas with requests of 0.55 s, ten a second.
    #[test]
    fn a_drained_replica_finishes_what_it_has_and_gets_nothing_new() {
        let service = [("replicas", Value::from(2.0)), ("service_time", constant(0.55))];
        let shop = shop(10.0, &[], &service);
        let mut system = system(&shop.document);
        run_to(&mut system, 3.05);
        let target = FaultTarget::Replica(shop.service, 0);
        start(&mut system, "drain", target, &[]);
        let told = system.take_log().pop().expect("it is told");
        assert_eq!((told.tone, told.text.as_str()), (LogTone::Info, "Service replica 1: Drain"));
        let busy = |system: &System| -> Vec<u32> {
            station(system, shop.service).replicas.iter().map(|replica| replica.busy).collect()
        };
        // The five of the last 0.55 s, every other one of them.
        assert_eq!(busy(&system), [2, 3]);
        let before = frame(&system, shop.balancer).backends;
        assert_eq!(
            before[0].out.as_ref().map(|out| (out.why, out.since_ns)),
            Some((OutOfRotation::Draining, Some(3_050_000_000)))
        );
        assert!(before[0].believed_healthy);
        run_to(&mut system, 3.65);
        assert_eq!(busy(&system), [0, 5]);
        run_to(&mut system, 8.05);
        let after = frame(&system, shop.balancer).backends;
        assert_eq!(after[0].selections, before[0].selections);
        assert_eq!(after[1].selections, before[1].selections + 50);
        assert_eq!(failed(&system), 0);
        end(&mut system, "drain", target);
        run_to(&mut system, 9.05);
        assert_eq!(frame(&system, shop.balancer).backends[0].selections, before[0].selections + 5);
        run_to(&mut system, 40.0);
        assert_eq!(system.totals().run.by_outcome[1..].iter().sum::<u64>(), 0, "nothing was lost");
    }

    #[test]
    fn a_service_drained_as_a_whole_takes_nothing_new_from_its_direct_callers() {
        let mut document = Document { seed: 1, run_length_secs: 10.0, ..Document::default() };
        let clients = regular(&mut document, 1.0);
        let service = add(&mut document, "service", "Service", &[("replicas", Value::from(3.0))]);
        wire(&mut document, clients, service, &[("latency", constant(0.0))]);
        let mut system = system(&document);
        run_to(&mut system, 2.5);
        // One alone is simply not chosen.
        start(&mut system, "drain", FaultTarget::Replica(service, 1), &[]);
        run_to(&mut system, 6.5);
        assert_eq!(system.totals().run.completed(), 6);
        start(&mut system, "drain", FaultTarget::Node(service), &[]);
        run_to(&mut system, 8.5);
        assert_eq!(system.totals().run.by_outcome[Outcome::Rejected.index()], 2);
        assert_eq!(system.totals().run.by_reason[Reason::Draining.index()], 2);
    }

    /// A connection that is open goes on as long as it lasts, here 5 s; the next one leads elsewhere.
    #[test]
    fn what_comes_over_open_connections_still_reaches_the_drained() {
        let mut shop = shop(10.0, &[], &[("replicas", Value::from(2.0))]);
        let mut node = (*shop.document.nodes[&shop.balancer]).clone();
        node.kind = "l4-balancer".to_owned();
        shop.document.nodes.insert(shop.balancer, node.into());
        for (key, value) in [("connections", 1.0), ("lifetime", 5.0)] {
            set(&mut shop.document, shop.balancer, key, value);
        }
        let mut system = system(&shop.document);
        run_to(&mut system, 2.05);
        start(&mut system, "drain", FaultTarget::Replica(shop.service, 0), &[]);
        let selections = |system: &System| -> Vec<u64> {
            frame(system, shop.balancer).backends.iter().map(|backend| backend.selections).collect()
        };
        run_to(&mut system, 5.05);
        assert_eq!(selections(&system), [50, 0]);
        run_to(&mut system, 10.05);
        assert_eq!((selections(&system), failed(&system)), (vec![50, 50], 0));
    }

    /// Panic is for the suspected: who was taken out on purpose stays out.
    #[test]
    fn panic_does_not_bring_the_drained_back() {
        let shop = shop(10.0, &[("panic_mode", Value::Bool(true))], &[("replicas", Value::from(2.0))]);
        let mut system = system(&shop.document);
        run_to(&mut system, 2.05);
        start(&mut system, "drain", FaultTarget::Node(shop.service), &[]);
        run_to(&mut system, 4.05);
        assert_eq!(failed(&system), 20);
    }
}

mod checks {
    use super::*;

    /// Two services over one database; checks every second. The database dies at 4.5 s.
    fn database_dies(check: &str) -> (System, Vec<(f64, String)>) {
        let settings = [("check_interval", Value::from(1.0)), ("check", Value::from(check))];
        let mut shop = shop(1.0 / 15.0, &settings, &[]);
        let other = add(&mut shop.document, "service", "Other", &[("service_time", constant(0.001))]);
        let database = add(&mut shop.document, "database", "Database", &[("check_time", Value::from(0.002))]);
        wire(&mut shop.document, shop.balancer, other, &[("latency", constant(0.0))]);
        for service in [shop.service, other] {
            wire(&mut shop.document, service, database, &[("latency", constant(0.01))]);
        }
        let mut system = system(&shop.document);
        run_to(&mut system, 4.5);
        start(&mut system, "kill", FaultTarget::Node(database), &[]);
        log(&mut system);
        run_to(&mut system, 8.5);
        end(&mut system, "kill", FaultTarget::Node(database));
        run_to(&mut system, 20.0);
        assert_eq!(arrivals(&system, database), 1, "what checks ask counts as no arrival: one request, at 15 s");
        let told = log(&mut system);
        (system, told.into_iter().filter(|(_, text)| text.starts_with("health check")).collect())
    }

    #[test]
    fn a_shallow_check_knows_nothing_of_what_stands_behind() {
        let (system, told) = database_dies("shallow");
        assert_eq!((told, failed(&system)), (Vec::new(), 0));
    }

    #[test]
    fn a_deep_check_takes_everybody_out_with_the_database() {
        let (_, told) = database_dies("deep");
        // 1 ms of work, 10 ms there, refused, 10 ms back: the third time at 7 s. Then 2 ms of work at the database,
        // the second time at 10 s.
        let wanted = [
            (7.021, "health check: Service down after 3 failures"),
            (7.021, "health check: Other down after 3 failures"),
            (10.023, "health check: Service up after 2 good answers"),
            (10.023, "health check: Other up after 2 good answers"),
        ];
        assert_eq!(told, wanted.map(|(at, text)| (at, text.to_owned())));
    }

    /// Four replicas that answer a check with an error after 0.2 s: when each is believed down.
    fn moments(concurrent: f64, interval: f64) -> Vec<(f64, String)> {
        let settings = [
            ("check_interval", Value::from(interval)),
            ("concurrent", Value::from(concurrent)),
            ("fall", Value::from(1.0)),
            ("rise", Value::from(1.0)),
        ];
        let shop = shop(0.01, &settings, &[("replicas", Value::from(4.0)), ("check_time", Value::from(0.2))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Node(shop.service), &share(1.0));
        log(&mut system);
        run_to(&mut system, 1.95);
        end(&mut system, "error-rate", FaultTarget::Node(shop.service));
        run_to(&mut system, 3.9);
        let told = log(&mut system).into_iter().filter(|(_, text)| text.starts_with("health check"));
        told.map(|(at, text)| (at, text.split(' ').skip(4).take(2).collect::<Vec<_>>().join(" "))).collect()
    }

    #[test]
    fn only_so_many_checks_are_under_way_at_once() {
        let of = |wanted: [(f64, &str); 8]| wanted.map(|(at, text)| (at, text.to_owned()));
        let all = [
            (1.2, "1 down"),
            (1.2, "2 down"),
            (1.2, "3 down"),
            (1.2, "4 down"),
            (2.2, "1 up"),
            (2.2, "2 up"),
            (2.2, "3 up"),
            (2.2, "4 up"),
        ];
        assert_eq!(moments(0.0, 1.0), of(all));
        let pairs = [
            (1.2, "1 down"),
            (1.2, "2 down"),
            (1.4, "3 down"),
            (1.4, "4 down"),
            (2.2, "1 up"),
            (2.2, "2 up"),
            (2.4, "3 up"),
            (2.4, "4 up"),
        ];
        assert_eq!(moments(2.0, 1.0), of(pairs));
        let singly = [
            (1.2, "1 down"),
            (1.4, "2 down"),
            (1.6, "3 down"),
            (1.8, "4 down"),
            (2.2, "1 up"),
            (2.4, "2 up"),
            (2.6, "3 up"),
            (2.8, "4 up"),
        ];
        assert_eq!(moments(1.0, 1.0), of(singly));
    }

    #[test]
    fn a_round_that_takes_longer_than_the_interval_is_finished_first() {
        // Rounds of 0.8 s are due every 0.75 s: at 0.75 s, not at 1.5 s, at 2.25 s, not at 3 s.
        let wanted = [
            (0.95, "1 down"),
            (1.15, "2 down"),
            (1.35, "3 down"),
            (1.55, "4 down"),
            (2.45, "1 up"),
            (2.65, "2 up"),
            (2.85, "3 up"),
            (3.05, "4 up"),
        ];
        assert_eq!(moments(1.0, 0.75), wanted.map(|(at, text)| (at, text.to_owned())));
    }
}

fn pace(system: &System) -> Pace {
    Pace { run: RunId(1), status: RunStatus::Paused, speed: 1.0, speed_reached: 1.0, clock: system.now(), wall_ms: 0.0 }
}

/// What the page would see of a station.
fn station(system: &System, node: NodeId) -> StationFrame {
    // Looking takes the log and the hops away: from a copy.
    let frame = FrameBuilder::default().build(&mut system.clone(), pace(system));
    frame.stations.into_iter().find(|station| station.node == node.0).expect("it is there")
}

/// What the page would see of a balancer.
fn frame(system: &System, node: NodeId) -> Balancer {
    station(system, node).facet::<Balancer>().expect("it has backends").clone()
}
