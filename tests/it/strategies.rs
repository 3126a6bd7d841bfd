//! Balancing strategies against what real balancers picked. What holds for all of them: `strategy_contracts.rs`.

use headroom::engine::rng::Stream;
use headroom::engine::time::SimTime;
use headroom::model::balancer::{self, BackendView, PickContext, RequestView, Strategy};
use headroom::model::geography::{self, Country};
use headroom::model::params::{Params, Variant};
use serde_json::Value;

use crate::vectors;

fn strategy(id: &str) -> Box<dyn Strategy> {
    balancer::build(&Variant::new(id, Params::new())).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Backends of these weights, all idle and eligible.
fn backends(weights: &Value) -> Vec<BackendView> {
    let weight = |w: &Value| u32::try_from(w.as_u64().expect("whole number")).expect("small");
    let view = |w| BackendView { weight: weight(w), ..BackendView::default() };
    weights.as_array().expect("weights").iter().map(view).collect()
}

fn pick_for(
    strategy: &mut dyn Strategy,
    backends: &[BackendView],
    client_ipv4: u32,
    stream: &mut Stream,
) -> Option<u32> {
    let request = RequestView { client_ipv4, ..RequestView::default() };
    strategy.pick(&mut PickContext { backends, version: 0, request, now: SimTime::ZERO, stream })
}

fn pick(strategy: &mut dyn Strategy, backends: &[BackendView]) -> Option<u32> {
    pick_for(strategy, backends, 0x7f00_0001, &mut Stream::new(1, 1))
}

/// As many picks as the vector holds; with `kept`, every picked connection stays open.
#[track_caller]
fn check_picks(id: &str, backends: &mut [BackendView], picks: &Value, kept: bool) {
    let mut strategy = strategy(id);
    for (n, expected) in picks.as_array().expect("picks").iter().enumerate() {
        let picked = pick(strategy.as_mut(), backends).expect("some are eligible");
        assert_eq!(u64::from(picked), expected.as_u64().expect("index"), "{id}, pick {n} of {picks}");
        backends[picked as usize].outstanding += u32::from(kept);
    }
}

#[test]
fn smooth_weighted_round_robin_picks_as_nginx_does() {
    let vectors = vectors::load("lb_nginx.json");
    for case in vectors["smooth_wrr"].as_array().expect("cases") {
        check_picks("smooth-weighted-round-robin", &mut backends(&case["weights"]), &case["picks"], false);
    }
    let case = &vectors["rr_down"];
    let mut some_down = backends(&case["weights"]);
    for index in case["down"].as_array().expect("indices") {
        some_down[index.as_u64().expect("index") as usize].eligible = false;
    }
    check_picks("smooth-weighted-round-robin", &mut some_down, &case["picks"], false);
}

#[test]
fn plain_round_robin_is_the_smooth_one_for_equal_weights() {
    check_picks(
        "round-robin",
        &mut backends(&serde_json::json!([1, 1, 1])),
        &serde_json::json!([0, 1, 2, 0, 1, 2]),
        false,
    );
    // It ignores weights.
    check_picks("round-robin", &mut backends(&serde_json::json!([5, 1])), &serde_json::json!([0, 1, 0, 1]), false);
}

#[test]
fn least_connections_picks_as_nginx_does() {
    let vectors = vectors::load("lb_nginx.json");
    for case in vectors["least_conn_all_idle"].as_array().expect("cases") {
        check_picks("least-connections", &mut backends(&case["weights"]), &case["picks"], false);
    }
    for case in vectors["least_conn_model"].as_array().expect("cases") {
        let mut busy = backends(&case["weights"]);
        for (backend, outstanding) in busy.iter_mut().zip(case["initial_conns"].as_array().expect("counts")) {
            backend.outstanding = u32::try_from(outstanding.as_u64().expect("count")).expect("small");
        }
        check_picks("least-connections", &mut busy, &case["next_6_picks_connections_kept"], true);
        let counts: Vec<u32> = busy.iter().map(|backend| backend.outstanding).collect();
        assert_eq!(serde_json::json!(counts), case["final_conns"]);
    }
}

#[test]
fn ip_hash_picks_as_nginx_does() {
    let vectors = vectors::load("lb_nginx.json");
    for case in vectors["ip_hash"].as_array().expect("cases") {
        let backends = backends(&case["weights"]);
        for (address, expected) in case["map"].as_object().expect("map") {
            let ipv4: std::net::Ipv4Addr = address.parse().expect("address");
            let picked = pick_for(strategy("ip-hash").as_mut(), &backends, ipv4.into(), &mut Stream::new(1, 1));
            assert_eq!(picked.map(u64::from), expected.as_u64(), "{address}");
        }
    }
}

/// Clients of one /24 network stay together; when their backend fails they move, the others stay where they are.
#[test]
fn ip_hash_moves_only_the_clients_of_the_failed_backend() {
    let mut backends = vec![BackendView::default(); 5];
    let mut strategy = strategy("ip-hash");
    let mut stream = Stream::new(1, 1);
    let mut homes = Vec::new();
    for network in 0..500_u32 {
        let home = pick_for(strategy.as_mut(), &backends, network << 8 | 1, &mut stream);
        assert_eq!(home, pick_for(strategy.as_mut(), &backends, network << 8 | 200, &mut stream));
        homes.push(home);
    }
    (backends[2].listed, backends[2].eligible) = (false, false);
    let mut moved = 0;
    for (network, home) in (0..500_u32).zip(homes) {
        let now = pick_for(strategy.as_mut(), &backends, network << 8 | 1, &mut stream);
        assert_ne!(now, Some(2));
        if home == Some(2) {
            moved += 1;
        } else {
            assert_eq!(now, home);
        }
    }
    assert!(moved > 0);
}

/// Chi-squared of 60,000 picks against the weights: 3 degrees of freedom, 99.99 % quantile 21.1.
#[test]
fn random_picks_in_proportion_to_weights() {
    for weights in [serde_json::json!([1, 1, 1, 1]), serde_json::json!([5, 1, 3, 1])] {
        let backends = backends(&weights);
        let (mut strategy, mut stream) = (strategy("random"), Stream::new(20, 3));
        let mut counts = vec![0_u32; backends.len()];
        for _ in 0..60_000 {
            counts[pick_for(strategy.as_mut(), &backends, 1, &mut stream).expect("eligible") as usize] += 1;
        }
        let total: u32 = backends.iter().map(|backend| backend.weight).sum();
        let chi_squared: f64 = counts
            .iter()
            .zip(&backends)
            .map(|(count, backend)| {
                let expected = 60_000.0 * f64::from(backend.weight) / f64::from(total);
                (f64::from(*count) - expected).powi(2) / expected
            })
            .sum();
        assert!(chi_squared < 21.1, "weights {weights}: {counts:?}, chi-squared {chi_squared}");
    }
}

/// Hand-computed scores: 0.4/(1 + rt) + 0.3/(1 + outstanding) + 0.2(1 − errors) + 0.1·weight/largest.
#[test]
fn adaptive_takes_the_highest_sum_and_shows_its_numbers() {
    let view = |response_time, outstanding, error_rate, weight| BackendView {
        response_time,
        outstanding,
        error_rate,
        weight,
        ..BackendView::default()
    };
    let backends = [view(1.0, 2, 0.0, 1), view(0.25, 5, 0.5, 2), view(0.0, 0, 1.5, 1)];
    let expected = [0.2 + 0.1 + 0.2 + 0.05, 0.32 + 0.05 + 0.1 + 0.1, 0.4 + 0.3 + 0.0 + 0.05];
    let mut adaptive = strategy("adaptive");
    let mut stream = Stream::new(1, 1);
    let cx = PickContext {
        backends: &backends,
        version: 0,
        request: RequestView::default(),
        now: SimTime::ZERO,
        stream: &mut stream,
    };
    let scores = adaptive.explain(&cx, &|backend| backend.to_string()).scores;
    for (score, expected) in scores.iter().zip(expected) {
        assert!((score.value - expected).abs() < 1e-12, "{}", score.formula);
    }
    assert_eq!(scores[0].formula, "0.4/(1 + 1.000 s) + 0.3/(1 + 2) + 0.2·(1 − 0.000) + 0.1·1/2 = 0.5500");
    assert_eq!(pick(adaptive.as_mut(), &backends), Some(2));
    // Equal scores take turns, and a backend that has not answered yet is preferred to one that has.
    let fresh = [BackendView::default(); 3];
    let turns: Vec<_> = (0..6).map(|_| pick(adaptive.as_mut(), &fresh)).collect();
    assert_eq!(turns, [Some(0), Some(1), Some(2), Some(0), Some(1), Some(2)]);
    assert_eq!(pick(adaptive.as_mut(), &[view(0.1, 0, 0.0, 1), BackendView::default()]), Some(1));
}

/// Of 60,000 picks among backends with 0, 1, 2, … outstanding requests, how many fell on each.
fn draws(id: &str, count: u32) -> Vec<u32> {
    let backends: Vec<BackendView> =
        (0..count).map(|outstanding| BackendView { outstanding, ..BackendView::default() }).collect();
    let (mut strategy, mut stream) = (strategy(id), Stream::new(21, 3));
    let mut counts = vec![0; backends.len()];
    for _ in 0..60_000 {
        counts[pick_for(strategy.as_mut(), &backends, 1, &mut stream).expect("eligible") as usize] += 1;
    }
    counts
}

/// Chi-squared of the counts against these shares; cells that must stay empty do.
#[track_caller]
fn check_shares(id: &str, counts: &[u32], shares: impl Iterator<Item = f64>, quantile: f64) {
    let total = f64::from(counts.iter().sum::<u32>());
    let mut chi_squared = 0.0;
    for (count, share) in counts.iter().zip(shares) {
        if share == 0.0 {
            assert_eq!(*count, 0, "{id}: {counts:?}");
        } else {
            chi_squared += (f64::from(*count) - total * share).powi(2) / (total * share);
        }
    }
    assert!(chi_squared < quantile, "{id}: {counts:?}, chi-squared {chi_squared}");
}

/// Six backends, the i-th with i outstanding. It wins if it is drawn and no less busy one is: of two different draws in
/// 2(5 − i) of 30 cases; of two draws with replacement in (6 − i)² − (5 − i)² of 36. 99.99 % quantiles of chi-squared:
/// 23.5 for the 4 degrees of freedom of five cells, 25.7 for 5.
#[test]
fn two_choices_fall_as_the_counting_says() {
    let apart = |i: u32| 2.0 * f64::from(5 - i) / 30.0;
    for id in ["power-of-d-choices", "peak-ewma"] {
        check_shares(id, &draws(id, 6), (0..6).map(apart), 23.5);
    }
    let replaced = |i: u32| f64::from((6 - i).pow(2) - (5 - i).pow(2)) / 36.0;
    check_shares("weighted-least-request", &draws("weighted-least-request", 6), (0..6).map(replaced), 25.7);
}

/// Among equals every draw is as good as any other: 3 degrees of freedom, 99.99 % quantile 21.1.
#[test]
fn among_equals_every_strategy_that_draws_draws_evenly() {
    for (id, key, value) in [
        ("power-of-d-choices", "d", headroom::model::params::Value::from(2.0)),
        ("peak-ewma", "decay", 10.0.into()),
        ("weighted-least-request", "selection", "choices".into()),
        ("weighted-least-request", "selection", "all".into()),
    ] {
        let mut strategy = balancer::build(&Variant::new(id, Params::new().with(key, value))).expect("it exists");
        let (backends, mut stream) = (vec![BackendView::default(); 4], Stream::new(22, 3));
        let mut counts = vec![0; 4];
        for _ in 0..60_000 {
            counts[pick_for(strategy.as_mut(), &backends, 1, &mut stream).expect("eligible") as usize] += 1;
        }
        check_shares(id, &counts, [0.25; 4].into_iter(), 21.1);
    }
}

/// Weights 5, 1, 1 and nobody busy: turns in proportion. A backend with nine outstanding has a tenth of its weight.
#[test]
fn weighted_least_request_takes_turns_by_weight_over_busyness() {
    let count = |outstanding: [u32; 3]| {
        let views = [5, 1, 1].into_iter().zip(outstanding);
        let backends: Vec<BackendView> =
            views.map(|(weight, outstanding)| BackendView { weight, outstanding, ..BackendView::default() }).collect();
        let mut strategy = strategy("weighted-least-request");
        let mut counts = [0_u32; 3];
        for _ in 0..700 {
            counts[pick(strategy.as_mut(), &backends).expect("eligible") as usize] += 1;
        }
        counts
    };
    assert_eq!(count([0, 0, 0]), [500, 100, 100]);
    // Weights 0.5, 1, 1: one fifth, within the last turn.
    let busy = count([9, 0, 0]);
    assert!(busy.iter().zip([140, 280, 280]).all(|(count, share)| count.abs_diff(share) <= 1), "{busy:?}");
}

/// One slow answer is believed at once, and forgotten slowly; a backend that never answered counts as 30 ms.
#[test]
fn peak_ewma_shuns_a_backend_after_one_slow_answer_until_it_is_forgotten() {
    let backends = [BackendView::default(); 2];
    let mut strategy = strategy("peak-ewma");
    let mut stream = Stream::new(1, 1);
    let at = |ms: u64| SimTime(ms * 1_000_000);
    let answer = |strategy: &mut dyn Strategy, backend: u32, ms: u64, now: u64| {
        let took = headroom::engine::time::SimDuration(ms * 1_000_000);
        strategy.answered(&balancer::Answer { backend, took, good: true, now: at(now) });
    };
    let mut to_first = |strategy: &mut dyn Strategy, now: u64| {
        let pick = |_| {
            let request = RequestView::default();
            let mut cx = PickContext { backends: &backends, version: 0, request, now: at(now), stream: &mut stream };
            strategy.pick(&mut cx) == Some(0)
        };
        (0..100).map(pick).filter(|first| *first).count()
    };
    let even = to_first(strategy.as_mut(), 0);
    assert!((25..75).contains(&even), "equal costs: the one drawn first, {even} of 100");
    answer(strategy.as_mut(), 0, 2_000, 2_000);
    assert_eq!(to_first(strategy.as_mut(), 2_001), 0);
    // A good answer barely helps: d = exp(−1 s/10 s) of two seconds is left.
    answer(strategy.as_mut(), 0, 10, 3_001);
    assert_eq!(to_first(strategy.as_mut(), 3_002), 0);
    // Meanwhile the other one answers in 30 ms; a minute later, 2 s have decayed to less than that.
    answer(strategy.as_mut(), 1, 30, 62_000);
    assert_eq!(to_first(strategy.as_mut(), 62_000), 100);
}

/// Clients go to the nearest region where somebody is eligible, from Tokyo first to Singapore; and take turns there.
#[test]
fn geographic_goes_to_the_nearest_region_that_has_somebody() {
    let region = |id| geography::find_region(id);
    let view = |region, weight| BackendView { region, weight, ..BackendView::default() };
    let mut backends = [
        view(region("us-east-1"), 1),
        view(region("eu-west-1"), 2),
        view(region("eu-west-1"), 1),
        view(region("ap-southeast-1"), 1),
        view(region("ap-northeast-1"), 1),
        view(None, 1),
    ];
    let mut geographic = strategy("geographic");
    let mut go = |backends: &[BackendView], country| {
        let request = RequestView { country: Country::from_code(country), ..RequestView::default() };
        let mut stream = Stream::new(1, 1);
        let mut cx = PickContext { backends, version: 0, request, now: SimTime::ZERO, stream: &mut stream };
        geographic.pick(&mut cx)
    };
    assert_eq!(go(&backends, "JP"), Some(4));
    assert_eq!(["GB"; 6].map(|country| go(&backends, country)), [1, 2, 1, 1, 2, 1].map(Some), "by weight");
    assert_eq!(go(&backends, ""), Some(0), "unknown: the default region, Virginia");
    backends[4].eligible = false;
    assert_eq!(go(&backends, "JP"), Some(3), "the nearest other one");
    for backend in &mut backends[..4] {
        backend.eligible = false;
    }
    assert_eq!(go(&backends, "JP"), Some(5), "who stands nowhere comes last");
}

/// Idle shares 0.8, 0.4 and silence, which counts as their mean, 0.6: 8 to 4 to 6.
#[test]
fn cpu_weighted_shares_by_what_is_idle() {
    let view = |utilization| BackendView { utilization, ..BackendView::default() };
    let backends = [view(0.2), view(0.6), view(f64::NAN)];
    let mut strategy = strategy("cpu-weighted");
    let mut counts = [0; 3];
    for _ in 0..1_800 {
        counts[pick(strategy.as_mut(), &backends).expect("eligible") as usize] += 1;
    }
    assert_eq!(counts, [800, 400, 600]);
    // Who is full keeps a hundredth, or it would never report again.
    let backends = [view(0.0), view(1.0)];
    let picks = (0..101).map(|_| pick(strategy.as_mut(), &backends));
    assert_eq!(picks.filter(|picked| *picked == Some(1)).count(), 1);
}
