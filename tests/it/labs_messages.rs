//! The labs on messages: what their prose claims, computed or measured. How they are lost and won is in `lessons.rs`.

use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::{Report, Span, StationReport};
use headroom::topology::document::Document;

use crate::lab::{Lab, plain};
use crate::lessons::{node, report};

fn broker(span: &Span) -> &StationReport {
    span.stations.iter().find(|station| station.kind == "broker").expect("it has a broker")
}

/// Of what the broker delivered.
fn counted<const N: usize>(report: &Report, ids: [&str; N]) -> [f64; N] {
    ids.map(|id| broker(&report.whole).get(id).get().expect("a broker has it"))
}

fn number(params: &Params, key: &str) -> f64 {
    plain(params.get(key))
}

fn of(params: &Params, key: &str, inner: &str) -> f64 {
    match params.get(key) {
        Some(Value::Variant(Variant { params, .. })) => number(params, inner),
        other => panic!("{key} is {other:?}"),
    }
}

fn fault<'a>(document: &'a Document, kind: &str) -> &'a headroom::topology::document::ScheduledFault {
    document.faults.iter().find(|fault| fault.fault.kind == kind).expect("it is on the timetable")
}

#[test]
fn the_message_that_nobody_can_read() {
    let mut lab = Lab::open("poison-message");
    let mut start = lab.start.clone();
    let rate = of(&node(&mut start, "shoppers").params, "profile", "rate");
    let queue = node(&mut start, "queue").params.clone();
    let (poison, errors) = (fault(&start, "poison").clone(), fault(&start, "error-rate").clone());
    let (share, transient) = (number(&poison.fault.params, "share"), number(&errors.fault.params, "share"));
    let secs = poison.for_secs.expect("it ends");
    lab.claims("Shoppers send 40 orders a second", 40.0, rate, 1e-9);
    lab.claims("with 3 replicas", 3.0, number(&node(&mut start, "payments").params, "replicas"), 1e-9);
    let partitions = headroom::model::station::broker::KIND.entry.number(&queue, "partitions");
    lab.claims("from 6 [partitions](topic_partition)", 6.0, partitions, 1e-9);
    lab.claims("in 4 % of the deliveries", 0.04, transient, 1e-9);
    let wait = number(&queue, "redelivery_wait");
    lab.claims("waits 200 ms", 0.2, wait, 1e-9);
    lab.claims("for 20 seconds, one message in a hundred", 20.0, secs, 1e-9);
    lab.says("one message in a hundred is malformed", share == 0.01);
    lab.says("98 % of all messages are processed", lab.goal("processed_share.mean", "") == 0.98);
    lab.says(
        "the 99th percentile of the [delivery time](delivery_time) stays within 10 s",
        lab.goal("delivery_time.p99", "poison") == 10.0,
    );
    lab.says("One in a hundred of 40 a second, for 20 seconds", (share, rate, secs) == (0.01, 40.0, 20.0));
    lab.claims("that is about 8 messages", 8.0, rate * secs * share, 1e-9);
    lab.claims("of 3,600 in the whole run", 3_600.0, rate * start.run_length_secs, 1e-9);
    lab.says("The waits double: 0.2 s, 0.4 s, 0.8 s", [wait, 2.0 * wait, 4.0 * wait] == [0.2, 0.4, 0.8]);
    lab.says("about 8 poison messages over 6 partitions", rate * secs * share == 8.0 && partitions == 6.0);
    let solution = lab.solution().clone();
    let tries = number(&node(&mut solution.clone(), "queue").params, "max_deliveries");
    assert!((tries - 4.0).abs() < 1e-9, "the prose speaks of four");
    let unlucky = transient.powi(4) * 1e6;
    lab.says("fewer than 3 messages in a million", (2.0..3.0).contains(&unlucky));
    let held = wait * (1.0 + 2.0 + 4.0) + 4.0 * 0.02;
    lab.claims("hold a partition up for about 1.5 s", 1.5, held, 0.03);
    lab.says("with 4 % of failures that pass", transient == 0.04);
    lab.says("waits that double from 0.2 s", wait == 0.2);
    lab.says("put aside every payment for which the bank was busy: 4 % of all orders", transient == 0.04);
    lab.is_checked();

    let [processed, published] = counted(&report(&start), ["processed", "published"]);
    assert!(processed < published * 0.9, "{processed} of {published}");
    assert_eq!(counted(&report(&start), ["dead_letters", "lost_messages"]), [0.0, 0.0], "they only wait");
    let [processed, dead, published] = counted(&report(&solution), ["processed", "dead_letters", "published"]);
    assert_eq!(processed + dead, published);
    let mut hasty = solution.clone();
    node(&mut hasty, "queue").params.set("max_deliveries", 1.0);
    let [dead, published] = counted(&report(&hasty), ["dead_letters", "published"]);
    let aside = dead / published;
    assert!((0.03..0.055).contains(&aside), "giving up at once puts aside {aside}");
}

#[test]
fn charged_twice() {
    let mut lab = Lab::open("charged-twice");
    let mut start = lab.start.clone();
    let rate = of(&node(&mut start, "shoppers").params, "profile", "rate");
    let queue = node(&mut start, "queue").params.clone();
    let payments = node(&mut start, "payments").params.clone();
    let (kill, slow) = (fault(&start, "kill").clone(), fault(&start, "slow").clone());
    let replicas = number(&payments, "replicas");
    let commit = number(&queue, "commit_interval");
    lab.claims("Shoppers send 60 orders a second", 60.0, rate, 1e-9);
    lab.claims("3 replicas", 3.0, replicas, 1e-9);
    lab.claims("120 ms of work per order", 0.12, of(&payments, "service_time", "mean"), 1e-9);
    lab.claims("every 5 seconds", 5.0, commit, 1e-9);
    let patience = start.edges.values().filter_map(|edge| edge.params.get("timeout").cloned()).next_back();
    lab.says("waits 1 s for an acknowledgment", patience == Some(Value::Number(1.0)));
    let kills = start.faults.iter().filter(|fault| fault.fault.kind == "kill").count();
    assert_eq!(kills as f64, replicas, "each dies once");
    lab.claims("for 8 seconds each", 8.0, kill.for_secs.expect("it ends"), 1e-9);
    lab.says(
        "8 times as slow for 10 seconds",
        number(&slow.fault.params, "factor") == 8.0 && slow.for_secs == Some(10.0),
    );
    lab.says("Between two commits lie 5 seconds", commit == 5.0);
    lab.claims("a machine charges about 100 cards", 100.0, rate / replicas * commit, 1e-9);
    // A second before the first death.
    lab.says("at 19 seconds", kill.at_secs == 20.0);
    let is_over = |at: f64| {
        let mut kills = start.faults.iter().filter(|fault| fault.fault.kind == "kill");
        kills.all(|fault| fault.at_secs + fault.for_secs.unwrap_or(f64::INFINITY) <= at)
    };
    lab.says("From 65 seconds on no machine dies", is_over(65.0) && slow.at_secs == 65.0);
    lab.is_checked();

    let [duplicates, lost] = counted(&report(&start), ["duplicates", "lost_messages"]);
    assert!(duplicates > 100.0 && lost == 0.0, "{duplicates}, {lost}");
    for (name, design) in &lab.solutions {
        let once = counted(&report(design), ["duplicates", "lost_messages", "processed", "published"]);
        assert_eq!(once[..3], [0.0, 0.0, once[3]], "{name}");
    }
    // The slow machine alone makes duplicates, too.
    let mut slow = start.clone();
    slow.faults.retain(|fault| fault.fault.kind == "slow");
    assert!(counted(&report(&slow), ["duplicates"])[0] > 10.0);
    // Acknowledging before the work never repeats, and loses what the dead hold.
    let mut once = start.clone();
    node(&mut once, "queue").params.set("guarantee", "at_most_once");
    let [duplicates, lost] = counted(&report(&once), ["duplicates", "lost_messages"]);
    assert!(duplicates == 0.0 && lost > 0.0, "{duplicates}, {lost}");
}

/// What the notes of the gallery's scenario promise.
#[test]
fn orders_by_message() {
    let entry = headroom::lesson::catalog::SCENARIOS.iter().find(|scenario| scenario.id == "orders-by-message");
    let document = headroom::topology::format::Run::from_json(entry.expect("it is in the gallery").json);
    let document = document.expect("it is sound").document;
    let report = report(&document);
    let during = |name: &str| {
        let span = report.window(name).expect("the scenario has it");
        (span, broker(span))
    };
    let ((before, quiet), (sale, busy)) = (during("before"), during("sale"));
    assert!((sale.answered_share.0 - 1.0).abs() < 1e-9, "everybody is answered");
    assert!(sale.sojourn_time_offered.p99.0 < 1.5 * before.sojourn_time_offered.p99.0, "and nobody waits longer");
    let lag = |broker: &StationReport| broker.get("lag").0;
    assert!(lag(busy) > 50.0 * lag(quiet), "the queue absorbs it: {} after {}", lag(busy), lag(quiet));
    let (_, dead) = during("a machine dead");
    assert!(lag(dead) > 10.0 * lag(quiet) && dead.times("processing_time").max.0 > 5.0, "partitions stand still");
    let (_, poison) = during("poison");
    assert!(poison.get("dead_letters").0 > 0.0 && lag(poison) < 5.0 * lag(quiet), "dead letters hold up little");
    let [processed, dead, published] = counted(&report, ["processed", "dead_letters", "published"]);
    assert_eq!(processed + dead, published);
}
