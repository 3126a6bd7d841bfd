//! Breakers, waits before retries and retry budgets against what the real ones did: `tests/vectors/`.

use headroom::engine::time::{SimDuration, SimTime};
use headroom::model::params::{Params, Variant};
use headroom::model::policy::backoff::Backoff;
use headroom::model::policy::breaker::{
    Breaker, Consecutive, ConsecutiveSettings, LastCalls, LastSeconds, Naive, RateSettings, Rates, State, Window,
};
use headroom::model::policy::budget::{Budget, Concurrent, Tokens};
use serde_json::Value;

use crate::vectors;

const fn millis(at: u64) -> SimTime {
    SimTime(at * 1_000_000)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// What was begun and has not ended: its passes, oldest first.
type Open = std::collections::VecDeque<u64>;

/// One operation of a gobreaker scenario; its result in the words of the vectors.
fn gobreaker_op(breaker: &mut Consecutive, op: &str, open: &mut Open, now: SimTime) -> &'static str {
    let took = SimDuration::ZERO;
    let begin = |breaker: &mut Consecutive| {
        let half_open = breaker.settle(now) == State::HalfOpen;
        breaker.acquire(now).ok_or(if half_open { "rejected_too_many" } else { "rejected_open" })
    };
    match op {
        "peek" => {
            breaker.settle(now);
            "ok"
        }
        "begin" => begin(breaker).map_or_else(
            |refused| refused,
            |pass| {
                open.push_back(pass);
                "ok"
            },
        ),
        "end_ok" | "end_fail" => {
            breaker.result(open.pop_front().unwrap(), op == "end_ok", took, now);
            "ok"
        }
        "exclude" => begin(breaker).map_or_else(
            |refused| refused,
            |pass| {
                breaker.release(pass, now);
                "excluded"
            },
        ),
        _ => begin(breaker).map_or_else(
            |refused| refused,
            |pass| {
                breaker.result(pass, op == "succeed", took, now);
                if op == "succeed" { "ok" } else { "failed" }
            },
        ),
    }
}

#[test]
fn failures_in_a_row_are_counted_as_gobreaker_counts_them() {
    let vectors = vectors::load("breaker_gobreaker.json");
    let mut checked = 0;
    for scenario in list(&vectors["scenarios"]) {
        let config = &scenario["config"];
        let span = |key: &str| Some(number(&config[key])).filter(|ms| *ms > 0).map(SimDuration::from_millis);
        let share = config["trip_failure_ratio_ge"].as_f64();
        let settings = ConsecutiveSettings {
            failures: match (share, config["trip_when_consecutive_failures_gt"].as_u64()) {
                (Some(_), _) => 0,
                (None, more_than) => more_than.unwrap_or(5) as u32 + 1,
            },
            open_for: span("timeout_ms").unwrap_or(SimDuration::from_secs(60)),
            probes: (number(&config["max_requests"]) as u32).max(1),
            clear_every: span("interval_ms"),
            share: share.map(|share| (number(&config["trip_min_requests"]) as u32, share)),
        };
        let (mut breaker, mut open, mut at) = (Consecutive::new(settings, SimTime::ZERO), Open::new(), 0);
        for (op, expected) in list(&scenario["ops"]).iter().zip(list(&scenario["expected"])) {
            at += number(&op["advance_ms"]);
            let result = gobreaker_op(&mut breaker, op["op"].as_str().unwrap(), &mut open, millis(at));
            let state = match breaker.state() {
                State::Closed => "closed",
                State::Open => "open",
                State::HalfOpen => "half-open",
            };
            let counts = breaker.counts();
            let counts = [
                counts.requests,
                counts.successes,
                counts.failures,
                counts.excluded,
                counts.successes_in_a_row,
                counts.failures_in_a_row,
            ];
            let ours = serde_json::json!([at, op["op"], result, state, counts]);
            assert_eq!(&ours, expected, "{}", scenario["name"]);
            checked += 1;
        }
    }
    assert_eq!(list(&vectors["scenarios"]).len(), 10);
    assert!(checked > 80, "{checked} rows");
}

/// Goes through the rows of a resilience4j scenario.
fn resilience4j_rows<W: Window + 'static>(name: &Value, mut breaker: Rates<W>, rows: &[Value]) {
    for row in rows {
        let (now, op) = (millis(number(&row[0])), row[1].as_str().unwrap());
        let took = SimDuration::from_millis(number(&row[2]));
        let mut permission = "";
        if op.starts_with("call") || op == "acquire" {
            permission = if breaker.acquire(now).is_some() { "permitted" } else { "rejected" };
        }
        if op == "release" {
            breaker.release(0, now);
        } else if op != "acquire" && permission != "rejected" {
            breaker.result(0, op.ends_with("ok"), took, now);
        }
        let state = match breaker.state() {
            State::Closed => "CLOSED",
            State::Open => "OPEN",
            State::HalfOpen => "HALF_OPEN",
        };
        let (sum, shares) = breaker.shares();
        assert_eq!((permission, state), (row[3].as_str().unwrap(), row[4].as_str().unwrap()), "{name}: {row}");
        let (failed, slow) = shares.map_or((-1.0, -1.0), |(failed, slow)| (failed * 100.0, slow * 100.0));
        assert!((failed - row[5].as_f64().unwrap()).abs() < 1e-4, "{name}: {failed} against {row}");
        assert!((slow - row[6].as_f64().unwrap()).abs() < 1e-4, "{name}: {slow} against {row}");
        let counted = [u64::from(sum.calls), u64::from(sum.failed), breaker.refused()];
        assert_eq!(counted, [number(&row[7]), number(&row[8]), number(&row[9])], "{name}: {row}");
    }
}

#[test]
fn windows_decide_as_resilience4j_does() {
    let vectors = vectors::load("breaker_resilience4j.json");
    let scenarios = list(&vectors["scenarios"]);
    assert_eq!(scenarios.len(), 13);
    for scenario in scenarios {
        let config = &scenario["config"];
        let settings = RateSettings {
            min_calls: number(&config["min_calls"]) as u32,
            failure_share: config["failure_pct"].as_f64().unwrap() / 100.0,
            slow_after: SimDuration::from_millis(number(&config["slow_ms"])),
            slow_share: config["slow_pct"].as_f64().unwrap() / 100.0,
            open_for: SimDuration::from_millis(number(&config["wait_open_ms"])),
            open_factor: config["wait_multiplier"].as_f64().unwrap_or(1.0),
            probes: number(&config["half_open_calls"]) as u32,
        };
        let (size, probes) = (number(&config["size"]) as u32, LastCalls::new(settings.probes));
        let rows = list(&scenario["rows"]);
        if config["window"] == "count" {
            let breaker = Rates::new(settings, LastCalls::new(size), probes, SimTime::ZERO);
            resilience4j_rows(&scenario["name"], breaker, rows);
        } else {
            let breaker = Rates::new(settings, LastSeconds::new(size), probes, SimTime::ZERO);
            resilience4j_rows(&scenario["name"], breaker, rows);
        }
    }
}

fn running_example(function: &str) -> Vec<Value> {
    let vectors = vectors::load("running_example.json");
    list(&vectors["cases"]).iter().filter(|case| case["fn"] == function).cloned().collect()
}

/// The breaker as first written, and where ours parts from it: the same until it opens; half-open, only one probe.
#[test]
fn the_running_examples_breaker_is_kept_with_its_defects_beside_the_corrected_one() {
    let cases = running_example("CircuitBreaker");
    assert_eq!(cases.len(), 5);
    let mut parted = 0;
    for case in &cases {
        let (threshold, open_for) =
            (number(&case["threshold"]) as u32, SimDuration::from_millis(number(&case["timeout_ms"])));
        let mut naive = Naive::new(threshold, open_for, SimTime::ZERO);
        let settings = ConsecutiveSettings { failures: threshold, open_for, ..ConsecutiveSettings::default() };
        let mut ours = Consecutive::new(settings, SimTime::ZERO);
        let (mut half_open, mut pass) = (false, 0);
        for row in list(&case["rows"]) {
            let (now, op) = (millis(number(&row[0])), row[1].as_str().unwrap());
            if op == "can" {
                let allowed = naive.acquire(now).is_some();
                assert_eq!(Value::Bool(allowed), row[2], "{row}");
                let corrected = ours.acquire(now);
                // A second probe at the same time: it lets everybody through, we do not.
                let second = half_open && row[3] == "half-open";
                assert_eq!(corrected.is_some(), allowed && !second, "{}: {row}", case["name"]);
                parted += u32::from(second);
                half_open = row[3] == "half-open";
                pass = corrected.unwrap_or(pass);
            } else {
                naive.result(0, op == "ok", SimDuration::ZERO, now);
                if !half_open {
                    pass = ours.acquire(now).unwrap_or(pass);
                }
                ours.result(pass, op == "ok", SimDuration::ZERO, now);
                half_open = false;
            }
            let state = match naive.state() {
                State::Closed => "closed",
                State::Open => "open",
                State::HalfOpen => "half-open",
            };
            assert_eq!((state, u64::from(naive.failures())), (row[3].as_str().unwrap(), number(&row[4])), "{row}");
            assert_eq!(ours.state(), naive.state(), "{}: {row}", case["name"]);
        }
    }
    assert_eq!(parted, 4);
}

/// A success of a call that began before the trip closes the one as first written at once; ours ignores it.
#[test]
fn a_late_success_does_not_close_an_open_breaker() {
    let (mut naive, mut ours) = (
        Naive::new(5, SimDuration::from_secs(30), SimTime::ZERO),
        Consecutive::new(ConsecutiveSettings::default(), SimTime::ZERO),
    );
    for breaker in [&mut naive as &mut dyn Breaker, &mut ours] {
        let early = breaker.acquire(SimTime::ZERO).unwrap();
        for _ in 0..5 {
            let pass = breaker.acquire(millis(1)).unwrap();
            breaker.result(pass, false, SimDuration::ZERO, millis(1));
        }
        assert_eq!(breaker.state(), State::Open);
        breaker.result(early, true, SimDuration::ZERO, millis(2));
    }
    assert_eq!((naive.state(), ours.state()), (State::Closed, State::Open));
}

fn backoff(id: &str, base: f64, cap: f64) -> Backoff {
    Backoff::read(&Variant::new(id, Params::new().with("base", base).with("cap", cap)))
}

fn close(ours: f64, theirs: f64, what: &Value) {
    assert!((ours - theirs).abs() < 1e-9 * theirs.max(1.0), "{ours} against {theirs}: {what}");
}

#[test]
fn waits_before_retries_are_those_of_the_published_formulas() {
    let vectors = vectors::load("retries.json");
    let linear = backoff("linear", 0.1, 5.0);
    let example = &running_example("RetryPolicy.linear")[0];
    for (retry, delay) in (1..).zip(list(&example["delays_ms_by_attempt"])) {
        close(linear.wait(retry, |_| 0.5) * 1e3, delay.as_f64().unwrap(), delay);
    }
    let aws = &vectors["aws"];
    let (base, cap) = (aws["base_ms"].as_f64().unwrap() / 1e3, aws["cap_ms"].as_f64().unwrap() / 1e3);
    for (id, key) in [("exponential", "full_jitter"), ("equal-jitter", "equal_jitter")] {
        for row in list(&aws["rows"]) {
            for (unit, wait) in row[key].as_object().unwrap() {
                let ours = backoff(id, base, cap).wait(number(&row["n"]) as u32 + 1, |_| unit.parse().unwrap());
                close(ours * 1e3, wait.as_f64().unwrap(), row);
            }
        }
    }
    for row in list(&aws["decorrelated"]["rows"]) {
        let draws: Vec<f64> = list(&row["draws"]).iter().map(|unit| unit.as_f64().unwrap()).collect();
        for (retry, sleep) in (1..).zip(list(&row["sleeps"])) {
            let ours = backoff("decorrelated-jitter", base, cap).wait(retry, |at| draws[at as usize - 1]);
            close(ours * 1e3, sleep.as_f64().unwrap(), row);
        }
    }
    // Envoy draws from 0 to the interval: full jitter whose upper end doubles, until it is above half of the longest.
    for row in list(&vectors["envoy_backoff"]["rows"]) {
        let (base, max) = (row["base_ms"].as_f64().unwrap() / 1e3, row["max_ms"].as_f64().unwrap() / 1e3);
        for (retry, interval) in (1..).zip(list(&row["interval_ms_by_retry"])) {
            close(backoff("exponential", base, max).wait(retry, |_| 1.0) * 1e3, interval.as_f64().unwrap(), row);
        }
    }
    assert_eq!(Backoff::NONE.wait(3, |_| 0.9), 0.0);
}

#[test]
fn token_budgets_grant_what_towers_does() {
    let vectors = vectors::load("retries.json");
    let rows = list(&vectors["tower_tps_budget"]["rows"]);
    assert_eq!(rows.len(), 8);
    for case in rows {
        let lifetime = SimDuration::from_secs(number(&case["ttl_s"]));
        let share = case["retry_percent"].as_f64().unwrap();
        let mut budget = Tokens::new(share, number(&case["min_per_sec"]) as u32, lifetime, SimTime::ZERO);
        for row in list(&case["rows"]) {
            let (now, count) = (millis(number(&row[0])), number(&row[2]));
            if row[1] == "deposit" {
                (0..count).for_each(|_| budget.call(now));
                continue;
            }
            let shown = budget.balance(0, now).left;
            let granted = (0..count).filter(|_| budget.withdraw(0, now)).count() as u64;
            assert_eq!(granted, number(&row[3]), "{}: {row}", case["name"]);
            assert_eq!(granted, count.min(shown as u64), "what is shown is what there is: {row}");
        }
    }
    for row in list(&vectors["finagle_retry_budget"]["rows"]) {
        let share = row["percent_can_retry"].as_f64().unwrap();
        if share == 0.3 {
            // Finagle counts in thousandths and grants 300 of 1,000; tower, and we, one in three.
            continue;
        }
        let lifetime = SimDuration::from_secs(number(&row["ttl_s"]));
        let mut budget = Tokens::new(share, number(&row["min_retries_per_sec"]) as u32, lifetime, SimTime::ZERO);
        let granted = |budget: &mut Tokens| (0..10_000).filter(|_| budget.withdraw(0, SimTime::ZERO)).count() as u64;
        assert_eq!(granted(&mut budget.clone()), number(&row["retries_from_reserve"]), "{row}");
        (0..1_000).for_each(|_| budget.call(SimTime::ZERO));
        assert_eq!(granted(&mut budget), number(&row["retries_after_1000_deposits_within_ttl"]), "{row}");
    }
}

#[test]
fn concurrent_budgets_grant_what_envoys_does() {
    for row in list(&vectors::load("retries.json")["envoy_retry_budget"]["rows"]) {
        let share = row["budget_percent"].as_f64().unwrap() / 100.0;
        let (open, most) = (number(&row["active_plus_pending"]) as u32, number(&row["max_concurrent_retries"]));
        let mut budget = Concurrent::new(share, number(&row["min_retry_concurrency"]) as u32);
        let granted = (0..1_000).filter(|_| budget.withdraw(open, SimTime::ZERO)).count() as u64;
        assert_eq!(granted, most, "{row}");
        budget.returned();
        assert!(budget.withdraw(open, SimTime::ZERO) && !budget.withdraw(open, SimTime::ZERO));
    }
}
