//! Faults of connections: partitions, loss, thin links, latency.

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
    assert_eq!(ends(&mut system, 4.52), [good(3.002), good(3.502), good(3.71), good(4.002), good(4.502), good(4.51)]);
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
