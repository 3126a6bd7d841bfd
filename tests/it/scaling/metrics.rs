//! What metrics of Kubernetes' HPA measure: of which station, and over which window.

use super::*;

fn metrics(rows: &[(&str, f64, NodeId)], more: &[(&str, f64)]) -> Value {
    let row = |(kind, target, of): &(&str, f64, NodeId)| {
        Value::List(vec![Value::from(*kind), Value::from(*target), Value::from(f64::from(of.0))])
    };
    let mut params = Params::new().with("metrics", Value::List(rows.iter().map(row).collect())).with("max", 50.0);
    for (key, value) in more {
        params.set(key, *value);
    }
    Value::Variant(Variant::new("hpa", params))
}

/// An Object metric of the clients: 100 a second at 30 for each replica are 4, independent of what the service itself
/// sees.
#[test]
fn an_object_metric_is_of_the_station_that_it_names() {
    let (mut document, service) = regular(rate(100.0), &[("service_time", constant(0.001))], 60.0);
    let clients = NodeId(1);
    let node = std::rc::Rc::make_mut(document.nodes.get_mut(&service).unwrap());
    node.params.set("scaler", metrics(&[("object_requests_average", 30.0, clients)], &[]));
    let mut system = system(&document);
    run_to(&mut system, 16.0);
    let look = system.look_at_scaling(service).unwrap();
    let sync = &look.syncs[0];
    assert_eq!((sync.proposed, sync.desired), (Some(4), 4), "{:?}", sync.why);
    assert!(
        sync.why[0].starts_with("Requests/s in total, shared out (Object) of Clients: 99.90 over 30.00 = 3.330;"),
        "{:?}",
        sync.why
    );
    // Looked at at 10 s, so 5 s old when it is used.
    let [metric] = sync.metrics.as_slice() else { panic!("{:?}", sync.metrics) };
    assert_eq!(metric.measured.map(|(when, _)| when), Some(at(10.0)));
    assert_eq!((metric.target, metric.asks), (30.0, Some(4)));
}

/// What waits at a broker, for this consumer alone; and a station that is gone says nothing.
#[test]
fn an_external_metric_counts_the_messages_that_wait_for_this_service() {
    let mut document = Document { seed: 1, run_length_secs: 60.0, ..Document::default() };
    let arrivals = Value::Variant(Variant::new("regular", Params::new()));
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", rate(20.0))]);
    let broker = add(&mut document, "broker", "Orders", &[]);
    let scaler = metrics(&[("external_waiting_average", 40.0, broker)], &[]);
    let slow = [("service_time", constant(1.0)), ("slots", Value::from(1.0)), ("scaler", scaler)];
    let workers = add(&mut document, "service", "Workers", &slow);
    let quick = add(&mut document, "service", "Quick", &[("service_time", constant(0.001))]);
    wire(&mut document, clients, broker, &[]);
    wire(&mut document, broker, workers, &[]);
    wire(&mut document, broker, quick, &[]);
    let mut system = system(&document);
    run_to(&mut system, 16.0);
    let look = system.look_at_scaling(workers).unwrap();
    let sync = &look.syncs[0];
    assert!(sync.why[0].contains("(External) of Orders"), "{:?}", sync.why);
    // 20 a second for 10 s, of which one a second was worked on and some are being delivered; a value per pod.
    let waiting = sync.metrics[0].value.unwrap();
    assert!((150.0..195.0).contains(&waiting), "{waiting}");
    assert_eq!(sync.proposed, Some((waiting / 40.0).ceil() as u32), "{:?}", sync.why);

    let mut gone = document.clone();
    let node = std::rc::Rc::make_mut(gone.nodes.get_mut(&workers).unwrap());
    node.params.set("scaler", metrics(&[("external_waiting_average", 40.0, NodeId(99))], &[]));
    let problems = headroom::topology::check::check(&gone);
    assert!(problems.iter().any(|problem| problem.code == "metric-of-nothing"), "{problems:#?}");
    let mut system = crate::fixture::system(&gone);
    run_to(&mut system, 16.0);
    let sync = &system.look_at_scaling(workers).unwrap().syncs[0];
    assert_eq!((sync.proposed, sync.desired), (None, 1));
    assert!(sync.why[0].contains("of a station that is gone: no measurements"), "{:?}", sync.why);
}

/// 10 a second for 60 s, then 100: over the last 30 s that is 100, over two minutes (as far back as there are any) 46.
#[test]
fn requests_per_second_are_taken_over_their_window() {
    let measured = |window: f64| {
        let scaler = metrics(&[("pods_requests", 1_000.0, NodeId(0))], &[("pods_window", window)]);
        let service = [("service_time", constant(0.0001)), ("scaler", scaler)];
        let (document, service) = regular(steps(10.0, 100.0, 60.0), &service, 120.0);
        let mut system = system(&document);
        run_to(&mut system, 101.0);
        system.look_at_scaling(service).unwrap().replicas[0].requests.unwrap()
    };
    let (short, long) = (measured(30.0), measured(120.0));
    assert!((short.value - 100.0).abs() < 0.1, "{short:?}");
    assert_eq!((short.at, short.window.as_secs_f64()), (at(100.0), 30.0));
    assert!((long.value - (60.0 * 10.0 + 40.0 * 100.0) / 100.0).abs() < 0.1, "{long:?}");
}
