//! The journey of a request: complete to the nanosecond, true to what was chosen, and no part of what happens.

use headroom::engine::time::SimTime;
use headroom::model::balancer;
use headroom::model::ids::NodeId;
use headroom::model::journey::{Journey, Kind};
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::runner::session::Session;
use headroom::runner::why::Inquiry;
use headroom::topology::document::{Change, Document, Fault, FaultTarget};
use headroom::topology::format::Run;

use crate::fixture::{add, constant, exponential, source, variant, wire};

const SCENARIOS: &[(&str, &str)] = &[
    ("balancers", include_str!("../../www/scenarios/balancers.json")),
    ("black friday", include_str!("../../www/scenarios/black-friday.json")),
    ("one queue", include_str!("../../www/scenarios/one-queue.json")),
    ("retry storm", include_str!("../../www/scenarios/retry-storm.json")),
    ("golden", include_str!("../golden/run.json")),
    ("lesson", include_str!("../../www/lessons/black-friday/start.json")),
];

fn played(run: &Run, secs: f64) -> Session {
    let (session, problems) = Session::open(run);
    let mut session = session.unwrap_or_else(|| panic!("{problems:#?}")).with_checkpoints();
    session.advance(SimTime::from_secs_f64(secs), u64::MAX);
    session
}

#[track_caller]
fn journey(session: &Session, source: NodeId, ordinal: u64) -> Journey {
    let mut inquiry = Inquiry::open(session, source, ordinal).unwrap();
    loop {
        if let Some(journey) = inquiry.advance(10_000) {
            return journey;
        }
    }
}

fn sources(document: &Document) -> Vec<NodeId> {
    document.nodes.iter().filter(|(_, node)| node.kind == "source").map(|(id, _)| *id).collect()
}

/// Every moment of the user's wait has one cause, and every choice names where the try went.
#[track_caller]
fn check(journey: &Journey, about: &str) {
    let critical = journey.critical();
    let mut at = journey.born;
    for span in &critical {
        assert_eq!(span.from, at, "{about}: a gap or an overlap in {critical:?} of {journey:#?}");
        assert!(span.to > span.from);
        assert_ne!(span.kind, Kind::Calls, "{about}: a wait without a cause in {journey:#?}");
        at = span.to;
    }
    assert_eq!(at, journey.end(), "{about}: {critical:?} of {journey:#?}");
    assert_eq!(journey.times().iter().map(|(_, nanos)| nanos).sum::<u64>(), journey.sojourn(), "{about}");
    for place in 0..journey.tries.len() as u32 {
        let spans = journey.spans_of(place);
        assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from), "{about}: {spans:?}");
    }
    for decision in &journey.decisions {
        let Some(winner) = decision.winner() else {
            assert!(decision.candidates.iter().all(|candidate| !candidate.eligible), "{about}: {decision:#?}");
            continue;
        };
        assert!(winner.eligible, "{about}: {decision:#?}");
        let sent = &journey.tries[decision.sent.unwrap() as usize];
        assert_eq!(sent.to, winner.node, "{about}: {decision:#?}");
        assert_eq!(sent.parent, Some(decision.standing));
        if winner.replica.is_some() {
            assert_eq!(sent.replica, winner.replica, "{about}: {decision:#?}");
        }
        for candidate in &decision.candidates {
            assert_eq!(candidate.eligible, candidate.barred.is_none(), "{about}: {candidate:#?}");
            assert!(candidate.barred.iter().all(|barred| barred.since.is_none_or(|since| since <= decision.at)));
        }
        assert!(!decision.rule.is_empty(), "{about}");
    }
}

/// Some of a run's requests, from the first to the last, those still under way included.
fn some(session: &Session, source: NodeId, count: u64) -> Vec<u64> {
    let sent = session.system().next_ordinal(source).unwrap();
    let mut chosen: Vec<u64> = (0..count).map(|step| sent.saturating_sub(1) * step / count.max(2)).collect();
    chosen.extend(sent.saturating_sub(5)..sent);
    chosen.dedup();
    chosen
}

#[test]
fn journeys_of_every_scenario_are_complete_and_true() {
    for (name, text) in SCENARIOS {
        let run = Run::from_json(text).unwrap();
        let session = played(&run, 40.0);
        let mut ended = 0;
        for source in sources(&run.document) {
            for ordinal in some(&session, source, 25) {
                let journey = journey(&session, source, ordinal);
                assert_eq!((journey.source, journey.ordinal), (source, ordinal));
                check(&journey, &format!("{name}, request {ordinal}"));
                ended += usize::from(journey.ended.is_some());
                assert!(journey.until <= session.system().now().0);
            }
        }
        assert!(ended >= 20, "{name}: {ended}");
    }
}

/// A balanced system under a strategy, with health checks, retries and things that break.
fn balanced(strategy: &str) -> Document {
    let mut document = Document { seed: 11, run_length_secs: 60.0, ..Document::default() };
    let clients = source(&mut document, 120.0);
    let strategy = Value::Variant(Variant::new(strategy, Params::new()));
    let checks = [("strategy", strategy), ("health_checks", Value::Bool(true)), ("check_interval", Value::Number(1.0))];
    let balancer = add(&mut document, "balancer", "Balancer", &checks);
    let params = [("service_time", exponential(0.02)), ("slots", Value::Number(2.0)), ("replicas", Value::Number(3.0))];
    let service = add(&mut document, "service", "Shop", &params);
    let store = add(&mut document, "database", "Store", &[]);
    let retries = [
        ("timeout", Value::Number(0.3)),
        ("retries", Value::Number(2.0)),
        ("backoff", variant("exponential", &[("base", 0.05), ("cap", 1.0)])),
        ("latency", constant(0.001)),
    ];
    wire(&mut document, clients, balancer, &[("latency", constant(0.005))]);
    wire(&mut document, balancer, service, &retries);
    wire(&mut document, service, store, &[("latency", exponential(0.001))]);
    document
}

fn broken(session: &mut Session) {
    let service = session.document().nodes.iter().find(|(_, node)| node.label == "Shop").map(|(id, _)| *id).unwrap();
    let fault = |kind: &str, replica| {
        let target = FaultTarget::Replica(service, replica);
        Change::Inject(Fault { kind: kind.to_owned(), target, params: Params::new() })
    };
    session.advance(SimTime::from_secs_f64(10.0), u64::MAX);
    session.apply(fault("kill", 1)).unwrap();
    session.advance(SimTime::from_secs_f64(20.0), u64::MAX);
    session.apply(fault("slow", 2)).unwrap();
    session.advance(SimTime::from_secs_f64(40.0), u64::MAX);
}

#[test]
fn journeys_under_every_strategy_name_the_backend_that_was_used() {
    for descriptor in balancer::REGISTRY {
        let id = descriptor.entry.id;
        let document = balanced(id);
        let mut session = played(&Run::new(document.clone()), 0.0);
        broken(&mut session);
        let (mut decided, mut barred, mut retried) = (0, 0, 0);
        let clients = sources(&document)[0];
        // Around the death as well, where answers go missing and retries go elsewhere.
        let sent = session.system().next_ordinal(clients).unwrap();
        let around: Vec<u64> = (sent / 4..sent / 4 + 60).step_by(3).collect();
        for ordinal in some(&session, clients, 30).into_iter().chain(around) {
            let journey = journey(&session, clients, ordinal);
            check(&journey, &format!("{id}, request {ordinal}"));
            decided += journey.decisions.len();
            retried += usize::from(journey.decisions.len() > 1);
            let filtered = journey.decisions.iter().flat_map(|decision| &decision.candidates);
            barred += filtered.filter(|candidate| candidate.barred.is_some()).count();
        }
        assert!(decided >= 50, "{id}: {decided} choices");
        assert!(barred > 0, "{id}: the dead replica is left out at last");
        assert!(retried > 0, "{id}: somebody tried again");
    }
}

#[test]
fn following_changes_nothing() {
    for (name, text) in SCENARIOS {
        let run = Run::from_json(text).unwrap();
        let open = || Session::open(&run).0.unwrap();
        let until = SimTime::from_secs_f64(30.0);
        let (mut plain, mut followed) = (open(), open());
        followed.system_mut().follow(sources(&run.document)[0], 40);
        plain.advance(until, u64::MAX);
        followed.advance(until, u64::MAX);
        assert!(followed.system().followed().is_some(), "{name}");
        assert_eq!(plain.system().trace_hash(), followed.system().trace_hash(), "{name}");
        assert_eq!(plain.system().events(), followed.system().events(), "{name}");
    }
}

#[test]
fn a_request_after_changes_is_replayed_with_them_and_one_under_way_is_shown_as_far_as_it_got() {
    let document = balanced("round-robin");
    let mut session = played(&Run::new(document.clone()), 0.0);
    broken(&mut session);
    let clients = sources(&document)[0];
    let sent = session.system().next_ordinal(clients).unwrap();
    let last = journey(&session, clients, sent - 1);
    check(&last, "the last one");
    let slowed = (sent * 6 / 10..sent).map(|ordinal| journey(&session, clients, ordinal)).take(40);
    let slow = slowed.flat_map(|journey| journey.decisions).flat_map(|decision| decision.candidates);
    assert!(slow.into_iter().any(|candidate| candidate.truth.notes.iter().any(|note| note.ends_with("as slow"))));
    // One event after its birth it is on its way.
    let mut young = played(&Run::new(document), 5.0);
    let next = young.system().next_ordinal(clients).unwrap();
    while young.system().next_ordinal(clients).unwrap() == next {
        young.advance(SimTime::NEVER, 1);
    }
    let begun = journey(&young, clients, next);
    assert_eq!((begun.ended, begun.until), (None, young.system().now().0));
    assert!(Inquiry::open(&young, clients, next + 1).is_err_and(|words| words.contains("have been sent yet")));
    assert!(Inquiry::open(&young, NodeId(99), 0).is_err());
}

#[test]
fn a_request_that_times_out_tells_what_its_work_did_afterwards() {
    let mut document = Document { seed: 3, run_length_secs: 30.0, ..Document::default() };
    let clients = source(&mut document, 2.0);
    let service =
        add(&mut document, "service", "Slow", &[("service_time", constant(1.0)), ("slots", Value::Number(50.0))]);
    wire(&mut document, clients, service, &[("timeout", Value::Number(0.25)), ("latency", constant(0.01))]);
    let session = played(&Run::new(document), 20.0);
    let journey = journey(&session, clients, 4);
    check(&journey, "a time-out");
    let ended = journey.ended.unwrap();
    assert_eq!((ended.outcome, ended.reason), (Outcome::TimedOut, Reason::TimeOut));
    assert_eq!(journey.sojourn(), 250_000_000);
    assert_eq!(journey.times(), [(Kind::Work, 240_000_000), (Kind::Network, 10_000_000)]);
    assert!(journey.tries[0].given_up());
    let after: u64 =
        journey.spans_of(0).iter().filter(|span| span.kind == Kind::Work).map(|span| span.to - span.from).sum();
    assert_eq!(after, 1_000_000_000, "the work went on to its end");
}
