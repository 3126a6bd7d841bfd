//! Slow start: the weight of new backends grows.

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
    let up = log(&mut system)
        .into_iter()
        .find(|(_, text)| text == "Balancer sends to Other again: health checks passed 2 times in a row");
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
