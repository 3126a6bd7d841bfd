//! Outlier detection: who is ejected, when, and for how long.

use super::*;

const NO_CHECKS: (&str, Value) = ("health_checks", Value::Bool(false));

/// Twelve replicas, 120 requests a second: each gets ten, in turn. Replica 4 answers half of its own with errors.
#[test]
fn one_of_twelve_is_ejected_at_its_fifth_error_in_a_row() {
    let shop = shop(120.0, &[NO_CHECKS, ("outlier_detection", on(&[]))], &[("replicas", Value::from(12.0))]);
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 3), &share(0.5));
    log(&mut system);
    // Requests are answered 1 ms after they come, one after the other: watch every twelfth, beginning with the fourth.
    let (mut in_a_row, mut errors) = (0, 0);
    let mut number = 3;
    let ejected_at = loop {
        let sent = f64::from(number + 1) / 120.0;
        let before = failed(&system);
        run_to(&mut system, sent + 0.0011);
        let bad = failed(&system) > before;
        errors += u64::from(bad);
        in_a_row = if bad { in_a_row + 1 } else { 0 };
        if in_a_row == 5 {
            break sent + 0.001;
        }
        assert!(log(&mut system).is_empty(), "nobody is out before that");
        number += 12;
    };
    assert_eq!(failed(&system), errors, "nobody else fails");
    let told = log(&mut system);
    assert_eq!(told.len(), 1);
    assert!((told[0].0 - ejected_at).abs() < 1e-6, "{told:?} at {ejected_at}");
    assert_eq!(told[0].1, "Balancer ejected Service replica 4 for 30 s after 5 errors in a row");
    // 30 s later, at the next full ten seconds, it is back; until then nothing fails.
    let back = ((ejected_at + 30.0) / 10.0).ceil() * 10.0;
    run_to(&mut system, back - 0.001);
    assert_eq!((failed(&system), log(&mut system)), (errors, Vec::new()));
    run_to(&mut system, back + 0.01);
    assert_eq!(
        log(&mut system),
        [(back, "Balancer sends to Service replica 4 again: its ejection is over".to_owned())]
    );
}

#[test]
fn of_four_backends_ten_percent_are_nobody() {
    let shop = shop(40.0, &[NO_CHECKS, ("outlier_detection", on(&[]))], &[("replicas", Value::from(4.0))]);
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
    log(&mut system);
    run_to(&mut system, 30.05);
    // Every fourth request fails, to the end.
    assert_eq!(failed(&system), 301);
    // Its fifth: the 17th request, at 0.425 s.
    let why = "the maximum ejected share of 10 % of 4 backends ejects none";
    let told = format!("Balancer would eject Service replica 1 after 5 errors in a row, but {why}");
    assert_eq!(log(&mut system), [(0.426, told)]);
    let backend = &frame(&system, shop.balancer).backends[0];
    assert_eq!(backend.out, None);
    assert_eq!(backend.note, Some(format!("would be ejected after 5 errors in a row, but {why}")));
}

/// Ejected at 0.425 s, healed at 2 s; a check at 5 s finds it well.
#[test]
fn a_good_check_ends_an_ejection_only_where_told_so() {
    for told in [false, true] {
        let mut detection = Params::new().with("max_ejected_share", 0.5);
        detection.set("good_check_returns", told);
        let detection = Value::Variant(Variant::new("on", detection));
        let shop = shop(40.0, &[("outlier_detection", detection)], &[("replicas", Value::from(4.0))]);
        let mut system = system(&shop.document);
        start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
        run_to(&mut system, 2.0);
        end(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0));
        assert_eq!(failed(&system), 5);
        log(&mut system);
        run_to(&mut system, 45.0);
        // 0.426 s and 30 s more: at the sweep at 40 s.
        let at = if told { 5.001 } else { 40.0 };
        assert_eq!(
            log(&mut system),
            [(at, "Balancer sends to Service replica 1 again: its ejection is over".to_owned())]
        );
    }
}

#[test]
fn selections_per_second_are_those_of_the_last_three() {
    let shop = shop(40.0, &[NO_CHECKS], &[("replicas", Value::from(4.0))]);
    let mut system = system(&shop.document);
    let mut looks = FrameBuilder::default();
    for at in [5.05, 6.05, 7.05, 8.05] {
        run_to(&mut system, at);
        let frame = looks.build(&mut system.clone(), pace(&system));
        let station = frame.stations.into_iter().find(|station| station.node == shop.balancer.0);
        for backend in station.expect("it is there").backends() {
            let rate = backend.selection_rate;
            assert!(if at == 5.05 { rate.is_nan() } else { (rate - 10.0).abs() < 0.2 }, "{rate} at {at} s");
        }
    }
}

#[test]
fn who_succeeds_less_often_than_the_others_is_out_at_the_sweep() {
    let detection = on(&[("consecutive_errors", 0.0)]);
    let shop = shop(150.0, &[NO_CHECKS, ("outlier_detection", detection)], &[("replicas", Value::from(10.0))]);
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 6), &share(0.3));
    log(&mut system);
    run_to(&mut system, 10.001);
    // 149 or 150 requests each by then; only the seventh fails some.
    let rate = 1.0 - failed(&system) as f64 / 150.0;
    let mean = (9.0 + rate) / 10.0;
    let deviation = ((9.0 * (1.0 - mean).powi(2) + (rate - mean).powi(2)) / 10.0).sqrt();
    let words = format!(
        "a success rate of {:.1} % where the others put the limit at {:.1} %",
        rate * 100.0,
        (mean - 1.9 * deviation) * 100.0
    );
    assert_eq!(log(&mut system), [(10.0, format!("Balancer ejected Service replica 7 for 30 s after {words}"))]);
    let out = frame(&system, shop.balancer).backends[6].out.clone().expect("it is out");
    assert_eq!((out.why, out.since_ns), (OutOfRotation::Ejected, Some(10_000_000_000)));
    assert_eq!(
        out.words,
        format!("ejected for 30 s after {words}; back at {}, at the next sweep", SimTime(40_000_000_000))
    );
}

#[test]
fn switching_it_off_brings_everybody_back() {
    let detection = on(&[("max_ejected_share", 1.0)]);
    let mut shop = shop(40.0, &[NO_CHECKS, ("outlier_detection", detection)], &[("replicas", Value::from(4.0))]);
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
    run_to(&mut system, 5.01);
    assert_eq!(failed(&system), 5);
    set(&mut shop.document, shop.balancer, "outlier_detection", variant("off", &[]));
    system.rebuild(&plan(&shop.document).0.expect("it can run"));
    run_to(&mut system, 7.01);
    assert!(failed(&system) >= 24, "every fourth of eighty fails again: {}", failed(&system));
}

#[test]
fn a_caller_that_balances_for_itself_ejects_for_itself() {
    let mut shop = shop(40.0, &[], &[("replicas", Value::from(4.0))]);
    let mut node = (*shop.document.nodes[&shop.balancer]).clone();
    node.kind = "client-balancer".to_owned();
    shop.document.nodes.insert(shop.balancer, node.into());
    let detection = on(&[("max_ejected_share", 0.5)]);
    for (key, value) in [("outlier_detection", detection), ("callers", Value::from(1.0)), NO_CHECKS] {
        set(&mut shop.document, shop.balancer, key, value);
    }
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Replica(shop.service, 0), &share(1.0));
    run_to(&mut system, 20.0);
    assert_eq!(failed(&system), 5, "its one caller learns from its own five");
    let backend = &frame(&system, shop.balancer).backends[0];
    assert_eq!((backend.out.clone(), backend.note.as_deref()), (None, Some("ejected by 1 of 1 callers")));
}
