//! Each limiter against traces worked out by hand, and against its definition done the slow way on random arrivals.

use std::collections::BTreeMap;

use super::{Permit, REGISTRY, RateLimit, in_words, read};
use crate::engine::rng::DrawKey;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Params, Variant};

fn limit(id: &str, params: &[(&str, f64)]) -> RateLimit {
    let params = params.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value));
    RateLimit::new(&read(&Variant::new(id, params)).expect("it is on"))
}

fn leaky(rate: f64, burst: f64, excess: &str) -> RateLimit {
    let params = Params::new().with("rate", rate).with("burst", burst).with("excess", excess);
    RateLimit::new(&read(&Variant::new("leaky-bucket", params)).expect("it is on"))
}

const fn millis(at: u64) -> SimTime {
    SimTime(at * 1_000_000)
}

fn wait(millis: u64) -> Permit {
    Permit::Wait(SimDuration::from_millis(millis))
}

fn refused(millis: u64) -> Permit {
    Permit::Refused { retry_after: SimDuration::from_millis(millis) }
}

#[track_caller]
fn follows(mut limit: RateLimit, trace: &[(u64, Permit)]) {
    for (step, (at, expected)) in trace.iter().enumerate() {
        assert_eq!(limit.permit(millis(*at), 0), *expected, "step {step} at {at} ms");
    }
}

/// 10 tokens a second, 3 at most: 100 ms each.
#[test]
fn token_bucket_by_hand() {
    let bucket = limit("token-bucket", &[("rate", 10.0), ("burst", 3.0)]);
    follows(
        bucket,
        &[
            (0, Permit::Go),
            (0, Permit::Go),
            (0, Permit::Go),
            (0, refused(100)),
            (40, refused(60)),
            (100, Permit::Go),
            (150, refused(50)),
            // A second later it holds 3, not 10.
            (1_150, Permit::Go),
            (1_150, Permit::Go),
            (1_150, Permit::Go),
            (1_150, refused(100)),
        ],
    );
}

/// nginx with rate=10r/s burst=2: the excess after each request, in requests, is 0, 1, 2, then over.
#[test]
fn leaky_bucket_as_a_shaper_by_hand() {
    follows(
        leaky(10.0, 2.0, "wait"),
        &[
            (0, Permit::Go),
            (0, wait(100)),
            (0, wait(200)),
            (0, refused(100)),
            (50, refused(50)),
            (100, wait(200)),
            // Excess 2 − 3.5 + 1 is below 0: it counts as nothing.
            (450, Permit::Go),
            (500, wait(50)),
        ],
    );
}

/// The same with nodelay.
#[test]
fn leaky_bucket_as_a_meter_by_hand() {
    let trace = [(0, Permit::Go), (0, Permit::Go), (0, Permit::Go), (0, refused(100)), (100, Permit::Go)];
    follows(leaky(10.0, 2.0, "pass"), &trace);
    // Without a burst each keeps its distance.
    follows(leaky(10.0, 0.0, "wait"), &[(0, Permit::Go), (60, refused(40)), (100, Permit::Go), (199, refused(1))]);
}

/// 10 per second: around the tick at 1 s, 20 pass within 20 ms.
#[test]
fn fixed_window_lets_twice_the_limit_pass_around_a_tick() {
    let mut window = limit("fixed-window", &[("limit", 10.0), ("window", 1.0)]);
    let mut passed = |at| (0..30).filter(|_| window.permit(millis(at), 0).is_granted()).count();
    assert_eq!((passed(990), passed(1_010)), (10, 10));
    assert_eq!(passed(1_999), 0);
    follows(
        limit("fixed-window", &[("limit", 2.0), ("window", 1.0)]),
        &[(300, Permit::Go), (400, Permit::Go), (500, refused(500)), (1_000, Permit::Go)],
    );
    // The other two know better.
    for id in ["sliding-log", "sliding-counter"] {
        let mut window = limit(id, &[("limit", 10.0), ("window", 1.0)]);
        let mut passed = |at| (0..30).filter(|_| window.permit(millis(at), 0).is_granted()).count();
        assert_eq!((passed(990), passed(1_010)), (10, 0), "{id}");
    }
}

#[test]
fn sliding_log_by_hand() {
    follows(
        limit("sliding-log", &[("limit", 2.0), ("window", 1.0)]),
        &[
            (0, Permit::Go),
            (600, Permit::Go),
            (700, refused(300)),
            (999, refused(1)),
            (1_000, Permit::Go),
            (1_001, refused(599)),
        ],
    );
}

/// Cloudflare's example: 42 in the previous minute, 18 in this one, 15 s old: 42 × 0.75 + 18 = 49.5.
#[test]
fn sliding_counter_by_the_example() {
    let mut counter = limit("sliding-counter", &[("limit", 50.0), ("window", 60.0)]);
    for _ in 0..42 {
        assert_eq!(counter.permit(millis(30_000), 0), Permit::Go);
    }
    for _ in 0..18 {
        assert_eq!(counter.permit(millis(75_000), 0), Permit::Go);
    }
    assert!((counter.reading(millis(75_000), 0).used - 49.5).abs() < 1e-9);
    // Room for one more is when 42 × (1 − t/60) is 50 − 19: at t = 60 × 11/42 = 15.714285… s.
    let Permit::Refused { retry_after } = counter.permit(millis(75_000), 0) else { panic!("over the limit") };
    assert_eq!(retry_after, SimDuration(714_285_715));
    // Within this window alone, 50 are too many; the next one must be 60 × 1/50 = 1.2 s old.
    let mut counter = limit("sliding-counter", &[("limit", 50.0), ("window", 60.0)]);
    for _ in 0..50 {
        assert_eq!(counter.permit(millis(10_000), 0), Permit::Go);
    }
    assert_eq!(counter.permit(millis(10_000), 0), refused(51_200));
}

/// Arrivals in ns: crowds, lone ones, pauses; never on a round number twice.
fn arrivals(seed: u64, mean_ns: f64) -> Vec<SimTime> {
    let mut draws = DrawKey::new(seed).sequence();
    let mut at = 0;
    (0..3_000)
        .map(|_| {
            let (kind, u) = (draws.next_unit(), draws.next_unit());
            let scale = if kind < 0.6 {
                0.2
            } else if kind < 0.98 {
                1.5
            } else {
                30.0
            };
            at += (u * scale * 2.0 * mean_ns) as u64;
            SimTime(at)
        })
        .collect()
}

const NANOS: i128 = 1_000_000_000;

/// Tokens in billionths, in whole numbers: the rate is so many of them per ns.
#[test]
fn token_bucket_is_its_definition() {
    for (rate, burst) in [(50, 1), (50, 7), (1_000, 100), (3, 2)] {
        let mut bucket = limit("token-bucket", &[("rate", rate as f64), ("burst", burst as f64)]);
        let (mut tokens, mut last) = (burst * NANOS, 0);
        for at in arrivals(11, 0.4e9 / rate as f64) {
            tokens = (tokens + i128::from(at.0 - last) * rate).min(burst * NANOS);
            last = at.0;
            let granted = tokens >= NANOS;
            tokens -= if granted { NANOS } else { 0 };
            assert_eq!(bucket.permit(at, 0).is_granted(), granted, "rate {rate}, burst {burst} at {at:?}");
        }
        let (admitted, refused) = bucket.counts();
        assert!(admitted > 100 && refused > 100, "both happen: {admitted}, {refused}");
    }
}

/// A server that lets one go every 1/rate, and a queue with as many places as the bucket.
#[test]
fn leaky_bucket_is_a_queue_with_an_even_server() {
    for (rate, burst) in [(50_u64, 1), (50, 7), (1_000, 100), (4, 0)] {
        let step = 1_000_000_000 / rate;
        let (mut shaper, mut meter) =
            (leaky(rate as f64, burst as f64, "wait"), leaky(rate as f64, burst as f64, "pass"));
        let mut twin = limit("token-bucket", &[("rate", rate as f64), ("burst", burst as f64 + 1.0)]);
        let mut free_at = 0;
        let mut seen = [false; 3];
        for at in arrivals(12, step as f64) {
            let goes = free_at.max(at.0);
            let expected = if goes - at.0 > burst * step {
                seen[0] = true;
                None
            } else {
                free_at = goes + step;
                seen[if goes > at.0 { 1 } else { 2 }] = true;
                Some(goes - at.0)
            };
            let told = match shaper.permit(at, 0) {
                Permit::Go => Some(0),
                Permit::Wait(wait) => Some(wait.0),
                Permit::Refused { .. } => None,
            };
            assert!(
                told.is_some() == expected.is_some() && told.unwrap_or(0).abs_diff(expected.unwrap_or(0)) <= 1,
                "rate {rate}, burst {burst} at {at:?}: {told:?}, not {expected:?}"
            );
            assert_eq!(meter.permit(at, 0).is_granted(), expected.is_some());
            assert_eq!(twin.permit(at, 0).is_granted(), expected.is_some(), "a bucket of one token more decides alike");
        }
        assert!(seen[0] && seen[2] && (seen[1] || burst == 0), "all happen");
    }
}

#[test]
fn windows_are_their_definitions() {
    for (count, window) in [(1, 0.1), (10, 0.1), (40, 1.0)] {
        let nanos = (window * 1e9) as u64;
        for (id, seed) in [("fixed-window", 21), ("sliding-log", 22), ("sliding-counter", 23)] {
            let mut machine = limit(id, &[("limit", count as f64), ("window", window)]);
            let mut let_in: Vec<u64> = Vec::new();
            let mut by_window: BTreeMap<u64, u64> = BTreeMap::new();
            for at in arrivals(seed, nanos as f64 / count as f64) {
                let number = at.0 / nanos;
                let of = |number: u64| by_window.get(&number).copied().unwrap_or(0);
                let granted = match id {
                    "fixed-window" => of(number) < count,
                    "sliding-log" => (let_in.iter().filter(|then| at.0 - **then < nanos).count() as u64) < count,
                    _ => {
                        // previous × (window − elapsed)/window + this + 1 <= limit, in whole numbers
                        let before = if number == 0 { 0 } else { of(number - 1) };
                        let fading = before * (nanos - at.0 % nanos);
                        fading + (of(number) + 1) * nanos <= count * nanos
                    }
                };
                assert_eq!(machine.permit(at, 0).is_granted(), granted, "{id}, {count} in {window} s at {at:?}");
                if granted {
                    let_in.push(at.0);
                    *by_window.entry(number).or_default() += 1;
                }
            }
            let (admitted, refused) = machine.counts();
            assert!(admitted > 100 && refused > 100, "both happen: {admitted}, {refused}");
            let most =
                let_in.iter().map(|from| let_in.iter().filter(|at| **at >= *from && **at - from < nanos).count());
            let bound = if id == "sliding-log" { count } else { 2 * count };
            assert!(most.max().unwrap() as u64 <= bound, "{id}: never more than {bound} within {window} s");
        }
    }
}

/// A request that waits as told is let in, one that asks just before is not, and asking in vain costs nothing.
#[test]
fn retry_after_means_what_it_says() {
    for kind in REGISTRY {
        let settings = read(&Variant::new(kind.entry.id, Params::new())).expect("it is on");
        let mut machine = RateLimit::new(&settings);
        let mut checked = 0;
        for at in arrivals(31, 2e6) {
            let full = machine.reading(at, 0).full;
            let permit = machine.permit(at, 0);
            assert_eq!(permit.is_granted(), !full, "{}: the reading says so", kind.entry.id);
            if let Permit::Refused { retry_after } = permit {
                let mut other = machine.clone();
                if let Some(before) = retry_after.0.checked_sub(retry_after.0 / 1_000 + 100) {
                    assert!(!other.permit(at + SimDuration(before), 0).is_granted(), "{}: not yet", kind.entry.id);
                }
                assert!(other.permit(at + retry_after, 0).is_granted(), "{}: now", kind.entry.id);
                checked += 1;
            }
        }
        assert!(checked > 20, "{}: refuses at times", kind.entry.id);
    }
}

/// Clients have limits of their own; those that came long ago are forgotten.
#[test]
fn clients_do_not_share() {
    for kind in REGISTRY {
        let params = Params::new().with("per", "client").with("burst", 1.0).with("limit", 1.0).with("excess", "pass");
        let mut own = RateLimit::new(&read(&Variant::new(kind.entry.id, params.clone())).expect("it is on"));
        let mut all =
            RateLimit::new(&read(&Variant::new(kind.entry.id, params.with("per", "station"))).expect("it is on"));
        let of =
            |machine: &mut RateLimit| (0..20).filter(|client| machine.permit(millis(1), *client).is_granted()).count();
        assert_eq!(of(&mut own), 20, "{}", kind.entry.id);
        assert!(of(&mut all) <= 2, "{}", kind.entry.id);
        for client in 0..20_000_u64 {
            own.permit(millis(2 + 50 * client), client);
        }
        assert!(own.clients() < 10_000, "{}: {} remembered", kind.entry.id, own.clients());
    }
}

/// New parameters keep what was used up; another kind begins afresh.
#[test]
fn a_limit_that_is_changed_remembers() {
    let mut bucket = limit("token-bucket", &[("rate", 10.0), ("burst", 3.0)]);
    for _ in 0..3 {
        assert_eq!(bucket.permit(millis(0), 0), Permit::Go);
    }
    let params = Params::new().with("rate", 20.0).with("burst", 5.0);
    bucket.reconfigure(&read(&Variant::new("token-bucket", params)).expect("it is on"));
    assert_eq!(bucket.permit(millis(0), 0), refused(50));
    bucket.reconfigure(&read(&Variant::new("sliding-log", Params::new())).expect("it is on"));
    assert_eq!(bucket.permit(millis(0), 0), Permit::Go);
    assert_eq!(read(&Variant::new("off", Params::new())), None);
}

#[test]
fn readings_say_the_numbers() {
    let mut bucket = limit("token-bucket", &[("rate", 20.0), ("burst", 1.0)]);
    bucket.permit(millis(0), 0);
    assert_eq!(bucket.reading(millis(15), 0).words, "bucket empty: 0.3 of 1 token, the next in 35.0 ms");
    let mut bucket = leaky(10.0, 2.0, "wait");
    for _ in 0..3 {
        bucket.permit(millis(0), 0);
    }
    let words = "bucket full: 1.5 of 2 places taken, the next one free in 50.0 ms";
    assert_eq!(bucket.reading(millis(50), 0).words, words);
    let mut window = limit("fixed-window", &[("limit", 5.0), ("window", 2.0)]);
    window.permit(millis(500), 0);
    assert_eq!(window.reading(millis(500), 0).words, "1 of 5 in this window, the next window in 1.5 s");
    let mut log = limit("sliding-log", &[("limit", 1.0), ("window", 2.0)]);
    log.permit(millis(500), 0);
    assert_eq!(log.reading(millis(700), 0).words, "1 of 1 in the last 2.0 s, the oldest of them leaves in 1.8 s");
    let mut counter = limit("sliding-counter", &[("limit", 5.0), ("window", 2.0)]);
    counter.permit(millis(500), 0);
    assert_eq!(counter.reading(millis(2_500), 0).words, "1 × 75 % + 0 = 0.8 of 5 in the last window, as estimated");
    assert_eq!(in_words(SimDuration(123_400_000)), "123 ms");
    assert_eq!(in_words(SimDuration(1_400)), "1 µs");
}

/// With limits for each client, the page shows the one that is used up most.
#[test]
fn the_fullest_is_found() {
    let params = Params::new().with("per", "client").with("burst", 5.0).with("rate", 1.0);
    let mut own = RateLimit::new(&read(&Variant::new("token-bucket", params)).expect("it is on"));
    assert_eq!(own.fullest(millis(0)).1.used, 0.0);
    for (client, requests) in [(7, 1), (8, 4), (9, 2)] {
        for _ in 0..requests {
            own.permit(millis(1), client);
        }
    }
    let (client, reading) = own.fullest(millis(1));
    assert_eq!((client, reading.used), (8, 4.0));
    assert_eq!(own.reading(millis(1), 9).used, 2.0);
}
