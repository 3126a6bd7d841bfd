//! Faults of a machine: hanging, pausing, noisy neighbors, notice, and several at once.

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
