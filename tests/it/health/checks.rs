//! Health checks: shallow, deep, and how many are under way at once.

use super::*;

/// Two services over one database; checks every second. The database dies at 4.5 s.
fn database_dies(check: &str) -> (System, Vec<(f64, String)>) {
    let settings = [("check_interval", Value::from(1.0)), ("check", Value::from(check))];
    let mut shop = shop(1.0 / 15.0, &settings, &[]);
    let other = add(&mut shop.document, "service", "Other", &[("service_time", constant(0.001))]);
    let database = add(&mut shop.document, "database", "Database", &[("check_time", Value::from(0.002))]);
    wire(&mut shop.document, shop.balancer, other, &[("latency", constant(0.0))]);
    for service in [shop.service, other] {
        wire(&mut shop.document, service, database, &[("latency", constant(0.01))]);
    }
    let mut system = system(&shop.document);
    run_to(&mut system, 4.5);
    start(&mut system, "kill", FaultTarget::Node(database), &[]);
    log(&mut system);
    run_to(&mut system, 8.5);
    end(&mut system, "kill", FaultTarget::Node(database));
    run_to(&mut system, 20.0);
    assert_eq!(arrivals(&system, database), 1, "what checks ask counts as no arrival: one request, at 15 s");
    let told = log(&mut system);
    (system, told.into_iter().filter(|(_, text)| text.contains("health checks")).collect())
}

#[test]
fn a_shallow_check_knows_nothing_of_what_stands_behind() {
    let (system, told) = database_dies("shallow");
    assert_eq!((told, failed(&system)), (Vec::new(), 0));
}

#[test]
fn a_deep_check_takes_everybody_out_with_the_database() {
    let (_, told) = database_dies("deep");
    // 1 ms of work, 10 ms there, refused, 10 ms back: the third time at 7 s. Then 2 ms of work at the database,
    // the second time at 10 s.
    let wanted = [
        (7.021, "Balancer took Service out: health checks failed 3 times in a row"),
        (7.021, "Balancer took Other out: health checks failed 3 times in a row"),
        (10.023, "Balancer sends to Service again: health checks passed 2 times in a row"),
        (10.023, "Balancer sends to Other again: health checks passed 2 times in a row"),
    ];
    assert_eq!(told, wanted.map(|(at, text)| (at, text.to_owned())));
}

/// Four replicas that answer a check with an error after 0.2 s: when each is believed down.
fn moments(concurrent: f64, interval: f64) -> Vec<(f64, String)> {
    let settings = [
        ("check_interval", Value::from(interval)),
        ("concurrent", Value::from(concurrent)),
        ("fall", Value::from(1.0)),
        ("rise", Value::from(1.0)),
    ];
    let shop = shop(0.01, &settings, &[("replicas", Value::from(4.0)), ("check_time", Value::from(0.2))]);
    let mut system = system(&shop.document);
    start(&mut system, "error-rate", FaultTarget::Node(shop.service), &share(1.0));
    log(&mut system);
    run_to(&mut system, 1.95);
    end(&mut system, "error-rate", FaultTarget::Node(shop.service));
    run_to(&mut system, 3.9);
    let told = log(&mut system).into_iter().filter(|(_, text)| text.contains("health checks"));
    let short = |text: &str| {
        let number = text.split("replica ").nth(1).and_then(|rest| rest.split(' ').next()).expect("it names a replica");
        format!("{number} {}", if text.contains(" took ") { "down" } else { "up" })
    };
    told.map(|(at, text)| (at, short(&text))).collect()
}

#[test]
fn only_so_many_checks_are_under_way_at_once() {
    let of = |wanted: [(f64, &str); 8]| wanted.map(|(at, text)| (at, text.to_owned()));
    let all = [
        (1.2, "1 down"),
        (1.2, "2 down"),
        (1.2, "3 down"),
        (1.2, "4 down"),
        (2.2, "1 up"),
        (2.2, "2 up"),
        (2.2, "3 up"),
        (2.2, "4 up"),
    ];
    assert_eq!(moments(0.0, 1.0), of(all));
    let pairs = [
        (1.2, "1 down"),
        (1.2, "2 down"),
        (1.4, "3 down"),
        (1.4, "4 down"),
        (2.2, "1 up"),
        (2.2, "2 up"),
        (2.4, "3 up"),
        (2.4, "4 up"),
    ];
    assert_eq!(moments(2.0, 1.0), of(pairs));
    let singly = [
        (1.2, "1 down"),
        (1.4, "2 down"),
        (1.6, "3 down"),
        (1.8, "4 down"),
        (2.2, "1 up"),
        (2.4, "2 up"),
        (2.6, "3 up"),
        (2.8, "4 up"),
    ];
    assert_eq!(moments(1.0, 1.0), of(singly));
}

#[test]
fn a_round_that_takes_longer_than_the_interval_is_finished_first() {
    // Rounds of 0.8 s are due every 0.75 s: at 0.75 s, not at 1.5 s, at 2.25 s, not at 3 s.
    let wanted = [
        (0.95, "1 down"),
        (1.15, "2 down"),
        (1.35, "3 down"),
        (1.55, "4 down"),
        (2.45, "1 up"),
        (2.65, "2 up"),
        (2.85, "3 up"),
        (3.05, "4 up"),
    ];
    assert_eq!(moments(1.0, 0.75), wanted.map(|(at, text)| (at, text.to_owned())));
}
