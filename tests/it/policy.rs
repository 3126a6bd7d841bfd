//! Policies of a connection in a running system: exact timelines, their order, amplification against its formula.

use headroom::engine::time::SimTime;
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{LiveFault, System};
use headroom::runner::simulate;
use headroom::topology::compile::compile;
use headroom::topology::document::{Document, Edge, EdgeId, Fault, FaultTarget, Node, NodeId, Point, ScheduledFault};

pub fn choice(id: &str, pairs: &[(&str, f64)]) -> Value {
    Value::Variant(Variant::new(id, pairs.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value))))
}

fn fixed(secs: f64) -> Value {
    choice("deterministic", &[("mean", secs)])
}

/// A chain of stations, each calling the next, with regular arrivals and 1 ms each way.
struct Chain {
    document: Document,
}

impl Chain {
    /// Requests at `rate`, the first 1/`rate` after the start; the run ends after `secs`.
    fn new(rate: f64, secs: f64) -> Self {
        let mut document = Document { run_length_secs: secs, warm_up_secs: 0.0, ..Document::default() };
        let params = Params::new()
            .with("arrivals", choice("regular", &[]))
            .with("profile", choice("constant", &[("rate", rate)]));
        node(&mut document, "source", params);
        Self { document }
    }

    /// A service that takes `secs` for each request, one at a time, called over a connection that is told this.
    fn then(mut self, secs: f64, slots: f64, edge: Params) -> Self {
        let params = Params::new().with("service_time", fixed(secs)).with("slots", slots).with("replicas", 1.0);
        let to = node(&mut self.document, "service", params);
        let from = NodeId(to.0 - 1);
        let mut params = Params::new().with("latency", fixed(0.001));
        for (key, value) in edge.0 {
            params.set(&key, value);
        }
        self.document.add_edge(Edge { from, to, params });
        self
    }

    fn start(self) -> System {
        let (system, problems) = compile(&self.document);
        system.unwrap_or_else(|| panic!("{problems:#?}"))
    }
}

fn node(document: &mut Document, kind: &str, params: Params) -> NodeId {
    let label = format!("{kind} {}", document.nodes.len());
    document.add_node(Node { kind: kind.to_owned(), label, role: None, area: None, at: Point::default(), params })
}

fn errors(node: u32, share: f64) -> LiveFault {
    let params = Params::new().with("share", share);
    LiveFault::Start { kind: "error-rate".to_owned(), target: FaultTarget::Node(NodeId(node)), params }
}

fn partition(edge: u32) -> LiveFault {
    LiveFault::Start { kind: "partition".to_owned(), target: FaultTarget::Edge(EdgeId(edge)), params: Params::new() }
}

/// How the request with this number ended, and how many ms after its birth.
fn end(system: &System) -> (Outcome, Reason, f64) {
    let journey = system.followed().expect("it was born");
    let end = journey.ended.expect("it has ended");
    (end.outcome, end.reason, (end.at - journey.born) as f64 / 1e6)
}

/// Follows the first request to its end.
fn first(chain: Chain, faults: &[LiveFault]) -> System {
    let mut system = chain.start();
    for fault in faults {
        system.apply_fault(fault);
    }
    system.follow(NodeId(1), 0);
    system.advance(SimTime::NEVER, u64::MAX);
    system
}

/// When the tries over a connection were sent and heard of, in ms after the birth of the followed request.
fn tries(system: &System, edge: u32) -> Vec<(Option<f64>, Option<f64>)> {
    let journey = system.followed().expect("it was born");
    let ms = |at: u64| (at - journey.born) as f64 / 1e6;
    let over = journey.tries.iter().filter(|one| one.edge == EdgeId(edge) && !one.only_wait);
    over.map(|one| (one.sent.map(ms), one.heard.map(|end| ms(end.at)))).collect()
}

#[test]
fn a_way_that_swallows_everything_ends_after_the_connect_time_out() {
    let edge = Params::new().with("connect_timeout", 0.05).with("timeout", 0.2).with("retries", 1.0);
    let system = first(Chain::new(1.0, 1.5).then(0.01, 1.0, edge), &[partition(1)]);
    // Two tries of 50 ms, 100 ms between them.
    assert_eq!(end(&system), (Outcome::TimedOut, Reason::ConnectTimeOut, 200.0));
    // Nothing is lost: then only the time-out for the answer counts.
    let edge = Params::new().with("connect_timeout", 0.05).with("timeout", 0.2);
    let system = first(Chain::new(1.0, 1.5).then(0.5, 1.0, edge), &[]);
    assert_eq!(end(&system), (Outcome::TimedOut, Reason::TimeOut, 200.0));
}

#[test]
fn the_overall_time_out_spans_all_tries_and_the_waits_between_them() {
    // Tries of 100 ms, 50 ms and 100 ms of waiting between them: the third would begin at 350 ms.
    let edge = Params::new()
        .with("timeout", 0.1)
        .with("retries", 5.0)
        .with("backoff", choice("linear", &[("base", 0.05), ("cap", 5.0)]))
        .with("overall_timeout", 0.3);
    let system = first(Chain::new(1.0, 1.5).then(1.0, 8.0, edge), &[]);
    assert_eq!(end(&system), (Outcome::TimedOut, Reason::TimeOut, 300.0));
    assert_eq!(
        tries(&system, 1)[..2],
        [(Some(0.0), Some(100.0)), (Some(150.0), Some(250.0))],
        "the third never went out"
    );
}

#[test]
fn a_deadline_travels_with_the_call_and_no_work_is_done_after_it() {
    // 1 ms, 20 ms of work at the first, 1 ms, 1 slot at the second: at 22 ms it is there, at 30 ms the deadline comes.
    let first_edge = || Params::new().with("deadline", 0.03);
    let run = |passes: bool| {
        let second = Params::new().with("pass_deadline", passes);
        first(Chain::new(1.0, 1.5).then(0.02, 1.0, first_edge()).then(0.1, 1.0, second), &[])
    };
    for passes in [false, true] {
        let system = run(passes);
        assert_eq!(end(&system), (Outcome::TimedOut, Reason::DeadlinePassed, 30.0), "the caller gives up in any case");
    }
    let journey = run(true).followed().expect("it was born");
    let heard = journey.tries[1].heard.expect("the first station gives up, too");
    assert_eq!((heard.outcome, heard.reason), (Outcome::TimedOut, Reason::DeadlinePassed));
    assert_eq!(heard.at - journey.born, 30_000_000);
    // Without passing it on, the first station waits for the answer: at 1 + 20 + 1 + 100 + 1 ms.
    let heard = run(false).followed().expect("it was born").tries[1].heard.expect("an answer");
    assert_eq!((heard.outcome, heard.at - journey.born), (Outcome::Completed, 123_000_000));
}

#[test]
fn what_waits_past_its_deadline_is_dropped_before_any_work() {
    // Two requests 10 ms apart, work of 60 ms, one slot: the second comes to its turn after its deadline.
    let edge = Params::new().with("deadline", 0.05);
    let mut system = Chain::new(100.0, 0.2).then(0.06, 1.0, edge).start();
    system.follow(NodeId(1), 1);
    system.advance(SimTime::NEVER, u64::MAX);
    let journey = system.followed().expect("it was born");
    let one = &journey.tries[0];
    let answered = one.answered.expect("the station says no");
    assert_eq!((one.started, answered.reason), (None, Reason::DeadlinePassed));
    assert_eq!(answered.at, 71_000_000, "when the first was done: 10 + 1 + 60 ms");
    assert_eq!(end(&system).2, 50.0, "its caller has long given up");
}

#[test]
fn cancelled_work_stops_and_frees_its_slot_zombie_work_goes_on() {
    // Work of 100 ms on one slot, a time-out of 30 ms, requests every 50 ms.
    let run = |cancel: bool| {
        let edge = Params::new().with("timeout", 0.03).with("cancel", cancel);
        let mut system = Chain::new(20.0, 0.5).then(0.1, 1.0, edge).start();
        system.follow(NodeId(1), 1);
        system.advance(SimTime::NEVER, u64::MAX);
        system.followed().expect("it was born").tries[0].clone()
    };
    let second = run(true);
    // The first was sent at 50 ms and cancelled at 80 + 1 ms: the second finds the slot free at 101 ms.
    assert_eq!((second.queued_behind, second.started), (None, Some(101_000_000)));
    let answered = second.answered.expect("its own work was stopped");
    assert_eq!((answered.outcome, answered.reason, answered.at), (Outcome::Abandoned, Reason::Cancelled, 131_000_000));
    // Otherwise it waits for a zombie until 151 ms, and becomes one itself.
    let second = run(false);
    assert_eq!((second.queued_behind, second.started), (Some(0), Some(151_000_000)));
    assert_eq!(second.answered.expect("for nobody").at, 251_000_000);
}

#[test]
fn a_cancellation_runs_down_the_chain() {
    let edge = || Params::new().with("cancel", true);
    let top = edge().with("timeout", 0.05);
    let system = first(Chain::new(1.0, 1.5).then(0.01, 1.0, top).then(0.2, 1.0, edge()), &[]);
    let journey = system.followed().expect("it was born");
    let below = journey.tries[1].answered.expect("it was stopped");
    // Given up at 50 ms, heard by the first station at 51 ms, by the second at 52 ms.
    assert_eq!((below.outcome, below.reason), (Outcome::Abandoned, Reason::Cancelled));
    assert_eq!(below.at - journey.born, 52_000_000);
}

/// The source's: five failures open it, and it is asked before each try. Two calls of four tries each would be eight.
#[test]
fn the_breaker_opens_in_the_middle_of_a_calls_tries() {
    let edge = Params::new().with("retries", 3.0).with("breaker", choice("consecutive", &[]));
    let mut system = Chain::new(1.0, 2.5).then(0.048, 1.0, edge).start();
    system.apply_fault(&errors(2, 1.0));
    system.follow(NodeId(1), 1);
    system.advance(SimTime::NEVER, u64::MAX);
    // The first call: tries of 50 ms and waits of 100, 200, 300 ms. The second: its first try is the fifth failure in
    // a row; the retry 100 ms later is refused, and ends the call.
    assert_eq!(end(&system), (Outcome::Rejected, Reason::CircuitOpen, 150.0));
    assert_eq!(tries(&system, 1), [(Some(0.0), Some(50.0)), (None, Some(150.0))]);
    let log = system.take_log();
    let opened = log.iter().find(|entry| entry.text.starts_with("The circuit breaker")).expect("it is told");
    assert_eq!(opened.text, "The circuit breaker source 0 → service 1 opened: 5 failures in a row");
    assert_eq!(opened.at, SimTime(2_050_000_000));
}

#[test]
fn half_open_one_probe_decides_and_its_own_refusals_count_for_nothing() {
    let breaker = choice("consecutive", &[("failures", 1.0), ("open_for", 1.0)]);
    let edge = Params::new().with("breaker", breaker);
    // A request every 100 ms; errors until 2.55 s.
    let mut system = Chain::new(10.0, 5.0).then(0.008, 1.0, edge).start();
    system.apply_fault(&errors(2, 1.0));
    system.advance(SimTime::from_secs_f64(2.55), u64::MAX);
    system.apply_fault(&LiveFault::End { kind: "error-rate".to_owned(), target: FaultTarget::Node(NodeId(2)) });
    system.advance(SimTime::NEVER, u64::MAX);
    let log = system.take_log();
    let turns: Vec<(u64, &str)> = log
        .iter()
        .filter_map(|entry| {
            Some((entry.at.0 / 1_000_000, entry.text.strip_prefix("The circuit breaker source 0 → service 1 ")?))
        })
        .collect();
    assert_eq!(
        turns,
        [
            (110, "opened: 1 failure"),
            (1_200, "is half-open: the wait is over"),
            (1_210, "opened: a probe failed"),
            (2_300, "is half-open: the wait is over"),
            (2_310, "opened: a probe failed"),
            (3_400, "is half-open: the wait is over"),
            (3_410, "closed: 1 probe went well"),
        ]
    );
    let totals = system.totals();
    // Sent were the requests at 0.1, 1.2, 2.3 and, good, from 3.4 on: 16 before 5.0.
    let run = &totals.run;
    assert_eq!(run.by_outcome[Outcome::Failed.index()], 3);
    assert_eq!(run.by_outcome[Outcome::Completed.index()] + run.by_outcome[Outcome::Rejected.index()], run.offered - 3);
    assert_eq!(run.by_outcome[Outcome::Completed.index()], 16);
}

#[test]
fn a_bulkhead_lets_a_few_in_and_a_few_wait() {
    // Work of 100 ms with slots for all; at most 2 open, 1 waits for at most 30 ms. Requests every 10 ms.
    let bulkhead = choice("on", &[("limit", 2.0), ("waiting", 1.0), ("longest_wait", 0.03)]);
    let ends: Vec<_> = (0..12)
        .map(|ordinal| {
            let edge = Params::new().with("bulkhead", bulkhead.clone());
            let mut system = Chain::new(100.0, 0.125).then(0.1, 50.0, edge).start();
            system.follow(NodeId(1), ordinal);
            system.advance(SimTime::NEVER, u64::MAX);
            end(&system)
        })
        .collect();
    let full = |ms: f64| (Outcome::Rejected, Reason::BulkheadFull, ms);
    let good = |ms: f64| (Outcome::Completed, Reason::None, ms);
    // The first two are in until 112 and 122 ms; the third waits from 30 to 60 ms, the sixth from 60 to 90, the ninth
    // from 90 to 112, when the first leaves.
    assert_eq!(ends[..2], [good(102.0); 2]);
    assert_eq!(ends[2..5], [full(30.0), full(0.0), full(0.0)]);
    assert_eq!(ends[5..8], [full(30.0), full(0.0), full(0.0)]);
    assert_eq!(ends[8], good(22.0 + 102.0));
    assert_eq!(ends[9..11], [full(0.0); 2]);
    assert_eq!(ends[11], good(2.0 + 102.0), "it waits from 120 ms until the second leaves");
}

#[test]
fn a_hedge_goes_out_after_its_wait_and_the_first_good_answer_counts() {
    // Of the 50 ms that the try takes; the hedge goes out once it has taken longer than 20 ms and takes as long, so it comes too late.
    let edge = |cancel: bool| Params::new().with("hedging", choice("delay", &[("delay", 0.02)])).with("cancel", cancel);
    let system = first(Chain::new(1.0, 1.5).then(0.05, 8.0, edge(true)), &[]);
    assert_eq!(end(&system), (Outcome::Completed, Reason::None, 52.0));
    assert_eq!(tries(&system, 1), [(Some(0.0), Some(52.0)), (Some(20.000_001), Some(52.0))]);
    let journey = system.followed().expect("it was born");
    assert_eq!([journey.tries[0].hedge, journey.tries[1].hedge], [false, true]);
    let loser = journey.tries[1].answered.expect("it was stopped");
    assert_eq!((loser.reason, loser.at - journey.born), (Reason::Cancelled, 53_000_000));
    // Not cancelled, it works to the end.
    let system = first(Chain::new(1.0, 1.5).then(0.05, 8.0, edge(false)), &[]);
    let journey = system.followed().expect("it was born");
    assert_eq!(journey.tries[1].answered.expect("for nobody").at - journey.born, 71_000_001);
}

#[test]
fn proxies_cost_latency_each_way_and_work_at_the_callee() {
    let edge = Params::new().with("sidecar", choice("on", &[("latency", 0.002), ("cpu", 0.003)]));
    let system = first(Chain::new(1.0, 1.5).then(0.01, 1.0, edge), &[]);
    assert_eq!(end(&system), (Outcome::Completed, Reason::None, 2.0 * 3.0 + 13.0));
}

/// Rate limit before breaker, breaker before bulkhead: what is refused further out never reaches what stands further in.
#[test]
fn policies_are_asked_in_their_order() {
    let edge = || {
        Params::new()
            .with("rate_limit", choice("token-bucket", &[("rate", 0.01), ("burst", 2.0)]))
            .with("breaker", choice("consecutive", &[("failures", 1.0)]))
            .with("bulkhead", choice("on", &[("limit", 1.0)]))
    };
    // Errors after 500 ms of work, a request every 100 ms: the second finds the bulkhead full, the third is over the
    // limit; the sixth still is, although the breaker has opened meanwhile.
    let reason = |ordinal: u64, edge: Params| {
        let mut system = Chain::new(10.0, 1.05).then(0.5, 9.0, edge).start();
        system.apply_fault(&errors(2, 1.0));
        system.follow(NodeId(1), ordinal);
        system.advance(SimTime::NEVER, u64::MAX);
        end(&system).1
    };
    assert_eq!(reason(0, edge()), Reason::InjectedError);
    assert_eq!(reason(1, edge()), Reason::BulkheadFull);
    assert_eq!(reason(2, edge()), Reason::RateLimited);
    assert_eq!(reason(7, edge()), Reason::RateLimited);
    let mut without_limit = edge();
    without_limit.0.remove("rate_limit");
    assert_eq!(reason(2, without_limit.clone()), Reason::BulkheadFull);
    assert_eq!(reason(7, without_limit), Reason::CircuitOpen, "the breaker is asked before the bulkhead");
}

/// A chain whose last station fails this share of its calls; attempts per request over each connection.
fn attempts_per_request(layers: usize, share: f64, secs: f64, edge: &Params) -> (Vec<f64>, f64) {
    let mut chain = Chain::new(200.0, secs);
    for _ in 0..layers {
        chain = chain.then(0.0001, 1_000.0, edge.clone());
    }
    let params = Params::new().with("share", share);
    let target = FaultTarget::Node(NodeId(layers as u32 + 1));
    let fault = Fault { kind: "error-rate".to_owned(), target, params };
    chain.document.faults.push(ScheduledFault { at_secs: 0.0, for_secs: None, fault });
    let report = simulate(&chain.document).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let offered = report.whole.offered as f64;
    (report.whole.edges.iter().map(|one| one.sent as f64 / offered).collect(), offered)
}

/// Mean attempts (1 − p^(k+1)) / (1 − p), where each fails with probability p on its own. 20,000 calls each; at 3.9
/// standard errors, four cases together are off by chance in fewer than one of a thousand.
#[test]
fn attempts_per_call_are_those_of_the_formula() {
    for (share, retries) in [(0.1, 3), (0.5, 3), (0.5, 1), (0.8, 2)] {
        let edge = Params::new().with("retries", f64::from(retries)).with("backoff", choice("none", &[]));
        let (attempts, offered) = attempts_per_request(1, share, 100.0, &edge);
        let power = |exponent: i32| (0..exponent).map(|_| share).product::<f64>();
        let mean = (1.0 - power(retries + 1)) / (1.0 - share);
        let square: f64 = (1..=retries + 1)
            .map(|tries| {
                let likely = if tries <= retries { power(tries - 1) * (1.0 - share) } else { power(retries) };
                f64::from(tries * tries) * likely
            })
            .sum();
        let error = 3.9 * ((square - mean * mean) / offered).sqrt();
        assert!(error / mean < 0.02, "the interval is narrow enough");
        assert!((attempts[0] - mean).abs() < error, "{} against {mean} ± {error}", attempts[0]);
    }
}

/// Three layers with two retries each: a station that always fails gets 27 attempts for each request. With a budget of
/// 20 % for each layer there are at most 1.2³ = 1.728.
#[test]
fn retries_multiply_over_layers_and_a_budget_bounds_them() {
    let edge = || Params::new().with("retries", 2.0).with("backoff", choice("none", &[]));
    let (attempts, _) = attempts_per_request(3, 1.0, 5.0, &edge());
    assert_eq!(attempts, [3.0, 9.0, 27.0]);
    let budget = choice("tokens", &[("share", 0.2), ("reserve", 0.0)]);
    let (attempts, _) = attempts_per_request(3, 1.0, 5.0, &edge().with("retry_budget", budget));
    for (layer, attempts) in (1..).zip(attempts) {
        let bound = (0..layer).map(|_| 1.2).product::<f64>();
        assert!(attempts <= bound && attempts > 0.97 * bound, "layer {layer}: {attempts} against {bound}");
    }
}
