//! Balancing strategies against what real balancers picked. What holds for all of them: `strategy_contracts.rs`.

use headroom::engine::rng::Stream;
use headroom::engine::time::SimTime;
use headroom::model::balancer::{self, BackendView, PickContext, RequestView, Strategy};
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
