//! What a balancer does when it believes few backends healthy.

use super::*;

/// Four replicas; two die at 2.5 s. Checks every second, three must fail: believed down at 5 s.
fn two_of_four_die(threshold: f64) -> (System, NodeId) {
    let settings = [("check_interval", Value::from(1.0)), ("panic_threshold", Value::from(threshold))];
    let shop = shop(40.0, &settings, &[("replicas", Value::from(4.0))]);
    let mut system = system(&shop.document);
    run_to(&mut system, 2.5);
    for replica in [0, 1] {
        start(&mut system, "kill", FaultTarget::Replica(shop.service, replica), &[]);
    }
    run_to(&mut system, 5.01);
    (system, shop.balancer)
}

#[test]
fn with_too_few_believed_well_all_are_used() {
    let (mut system, balancer) = two_of_four_die(0.6);
    let told = log(&mut system);
    let words = "Balancer: fewer than 60 % of its backends are believed healthy, so it uses all";
    assert!(told.contains(&(5.0, words.to_owned())), "{told:?}");
    assert!(frame(&system, balancer).panic);
    let before = failed(&system);
    run_to(&mut system, 15.01);
    assert_eq!(failed(&system) - before, 200, "half of 400");
}

#[test]
fn with_enough_believed_well_only_those_are_used() {
    let (mut system, balancer) = two_of_four_die(0.5);
    assert!(!frame(&system, balancer).panic);
    let before = failed(&system);
    run_to(&mut system, 15.01);
    assert_eq!(failed(&system), before);
}
