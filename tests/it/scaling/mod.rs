//! Scalers and forecasts against hand-computed timelines and executed references.

mod forecasts;
mod metrics;
mod unready;

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::model::scaler::Limit;
use headroom::model::scaler::forecast::holt_winters::{Smoothing, State};
use headroom::model::scaler::forecast::{confidence, forecast};
use headroom::model::system::{ScalingLook, Stage, System};
use headroom::topology::document::{Document, NodeId};

use crate::fixture::{add, constant, run_to, system, variant, wire};
use crate::vectors::load;

/// Stations, by what the tests below need of them: regular arrivals, so that every number can be computed by hand.
fn regular(profile: Value, service: &[(&str, Value)], secs: f64) -> (Document, NodeId) {
    let mut document = Document { seed: 1, run_length_secs: secs, ..Document::default() };
    let arrivals = Value::Variant(Variant::new("regular", Params::new()));
    let clients = add(&mut document, "source", "Clients", &[("arrivals", arrivals), ("profile", profile)]);
    let service = add(&mut document, "service", "Service", service);
    wire(&mut document, clients, service, &[("latency", constant(0.0))]);
    (document, service)
}

fn rate(rate: f64) -> Value {
    variant("constant", &[("rate", rate)])
}

fn steps(before: f64, after: f64, at: f64) -> Value {
    variant("step", &[("before", before), ("after", after), ("at", at)])
}

fn at(secs: f64) -> SimTime {
    SimTime::from_secs_f64(secs)
}

/// (when, to how many), of all changes.
fn changes(look: &ScalingLook) -> Vec<(f64, u32)> {
    look.syncs
        .iter()
        .filter(|sync| sync.desired != sync.current)
        .map(|sync| (sync.at.as_secs_f64(), sync.desired))
        .collect()
}

#[test]
fn one_at_a_time_follows_a_hand_computed_timeline() {
    let scaler = variant("horizontal", &[("min", 1.0), ("max", 4.0)]);
    let service = [("scaler", scaler), ("service_time", constant(0.5)), ("slots", Value::from(8.0))];
    // 12 a second for half a second each are 6 slots of 8, 75 %; on two replicas 37.5 %, above half the target; from
    // 120 s on 8 a second are 4 of 16, 25 %, below it.
    let (document, service) = regular(steps(12.0, 8.0, 120.0), &service, 300.0);
    let mut system = system(&document);
    run_to(&mut system, 300.0);
    let look = system.look_at_scaling(service).unwrap();
    assert_eq!(changes(&look), [(30.0, 2), (150.0, 1)]);
    let first = &look.syncs[0];
    assert!(first.why[0].starts_with("Mean CPU of 1 measured: 7"), "{:?}", first.why);
    assert_eq!(look.count(Stage::Ready), 1);
}

/// The course's manifest under forty times the load: 3 → 6 → 12 → 24 → 40, a minute apart.
#[test]
fn the_courses_manifest_climbs_as_its_windows_and_rates_say() {
    let row = |kind: &str, target: f64| Value::List(vec![Value::from(kind), Value::from(target)]);
    let policy = |percent: f64| {
        Value::List(vec![Value::List(vec![Value::from("percent"), Value::from(percent), Value::from(60.0)])])
    };
    let behavior = Params::new()
        .with("up_window", 60.0)
        .with("up_policies", policy(100.0))
        .with("down_window", 300.0)
        .with("down_policies", policy(10.0));
    let metrics = vec![row("cpu_percent", 70.0), row("memory_percent", 80.0), row("pods_requests", 100.0)];
    let hpa = Params::new()
        .with("min", 3.0)
        .with("max", 50.0)
        .with("metrics", Value::List(metrics))
        .with("behavior", Variant::new("rules", behavior));
    let service = [
        ("replicas", Value::from(3.0)),
        ("scaler", Value::Variant(Variant::new("hpa", hpa))),
        ("instance", Value::Variant(Variant::new("container", Params::new()))),
        ("service_time", constant(0.0001)),
    ];
    // 3,990 requests a second at 100 for each replica are 39.9.
    let (document, service) = regular(rate(3_990.0), &service, 420.0);
    let mut system = system(&document);
    run_to(&mut system, 420.0);
    let look = system.look_at_scaling(service).unwrap();
    // The first sync, at 15 s, finds 3 and remembers it for 60 s.
    assert_eq!(changes(&look), [(75.0, 6), (135.0, 12), (195.0, 24), (255.0, 40)]);
    let first = &look.syncs[0];
    assert_eq!((first.proposed, first.stabilized, first.desired), (Some(40), Some(3), 3));
    assert!(first.why.iter().any(|why| why.starts_with("Requests/s per replica, each asked: 13")));
    let limited: Vec<_> = look.syncs.iter().filter(|sync| sync.at == at(75.0)).map(|sync| sync.limit).collect();
    assert_eq!(limited, [Limit::Kubernetes(headroom::model::scaler::hpa::Limit::ScaleUpLimit)]);
    assert_eq!(look.count(Stage::Ready), 40);
    assert_eq!(look.replicas[0].requests.unwrap().at, at(415.0), "measured every 15 s from 10 s on");
}

#[test]
fn a_larger_size_is_an_outage_where_one_replica_is_all_there_is() {
    let machine = Params::new()
        .with("size", "m5.large")
        .with("contention", 0.0)
        .with("coherence", 0.0)
        .with("base_memory", 100.0);
    let service = [
        ("scaler", variant("vertical", &[("restart", 30.0)])),
        ("instance", Value::Variant(Variant::new("machine", machine))),
        ("service_time", constant(0.1)),
        ("slots", Value::from(16.0)),
    ];
    // 18 a second at a tenth of a core second are 1.8 of 2 cores, 90 %.
    let (document, service) = regular(rate(18.0), &service, 120.0);
    let mut system = system(&document);
    run_to(&mut system, 59.0);
    let before = system.look_at_scaling(service).unwrap();
    assert_eq!((before.size.as_str(), before.cost_per_hour), ("m5.large", 0.096));
    run_to(&mut system, 75.0);
    let during = system.look_at_scaling(service).unwrap();
    assert_eq!((during.size.as_str(), during.count(Stage::Restarting)), ("m5.xlarge", 1));
    assert_eq!(system.totals().run.good_share().map(|share| share < 0.85), Some(true));
    run_to(&mut system, 119.9);
    let after = system.look_at_scaling(service).unwrap();
    assert_eq!((after.count(Stage::Ready), after.cost_per_hour), (1, 0.192));
    let cpu = after.replicas[0].cpu.unwrap().value;
    assert!((cpu - 1.8).abs() < 0.05, "1.8 cores are used, of 4 now: {cpu}");
    // Down from 60 s to 90 s: 18 a second, and what it held.
    let failed = system.totals().run.by_outcome[headroom::model::outcome::Outcome::Failed.index()];
    assert!((540..=544).contains(&failed), "{failed}");
    // 60 s at the small size, the rest at the large one: the replica that restarts is paid, too.
    let bill = (60.0 * 0.096 + (system.now().as_secs_f64() - 60.0) * 0.192) / 3_600.0;
    assert!((after.cost_total - bill).abs() < 1e-6, "{} of {bill}", after.cost_total);
}

#[test]
fn a_replica_pulls_boots_waits_for_its_probe_and_drains_before_it_goes() {
    let start_up = Params::new().with("pull", constant(5.0)).with("boot", constant(12.0)).with("probe_every", 10.0);
    let service = [
        ("replicas", Value::from(1.0)),
        ("scaler", variant("manual", &[("replicas", 3.0)])),
        ("start_up", Value::Variant(Variant::new("staged", start_up))),
        ("service_time", constant(4.0)),
        ("slots", Value::from(100.0)),
    ];
    let (document, service) = regular(rate(10.0), &service, 100.0);
    let mut system = system(&document);
    let stages = |system: &mut System, secs: f64| {
        run_to(system, secs);
        let look = system.look_at_scaling(service).unwrap();
        look.replicas.iter().map(|replica| replica.stage).collect::<Vec<_>>()
    };
    use Stage::{Booting, Leaving, Pulling, Ready};
    assert_eq!(stages(&mut system, 0.5), [Ready]);
    assert_eq!(stages(&mut system, 1.5), [Ready, Pulling, Pulling]);
    assert_eq!(stages(&mut system, 6.5), [Ready, Booting, Booting]);
    // It answers 12 s after its start; the probe that finds it comes at 20 s.
    assert_eq!(stages(&mut system, 25.9), [Ready, Booting, Booting]);
    assert_eq!(stages(&mut system, 26.1), [Ready, Ready, Ready]);
    let mut fewer = document.clone();
    let node = std::rc::Rc::make_mut(fewer.nodes.get_mut(&service).unwrap());
    node.params.set("scaler", variant("manual", &[("replicas", 1.0)]));
    run_to(&mut system, 50.0);
    system.rebuild(&headroom::topology::compile::plan(&fewer).0.unwrap());
    assert_eq!(stages(&mut system, 51.5), [Ready, Leaving, Leaving]);
    assert_eq!(stages(&mut system, 56.0), [Ready], "their last requests took 4 s");
    run_to(&mut system, 200.0);
    let run = &system.totals().run;
    assert_eq!((run.completed(), run.in_flight()), (run.offered, 0), "nobody noticed");
}

#[test]
fn pods_without_room_wait_for_a_node() {
    let container = Params::new().with("cpu_request", 1.0).with("cpu_limit", 1.0);
    let service = [
        ("replicas", Value::from(2.0)),
        ("scaler", variant("manual", &[("replicas", 4.0)])),
        ("instance", Value::Variant(Variant::new("container", container))),
        ("nodes", variant("pool", &[("start", 60.0), ("max", 2.0)])),
        ("service_time", constant(0.01)),
    ];
    let (document, service) = regular(rate(1.0), &service, 200.0);
    let mut system = system(&document);
    run_to(&mut system, 30.0);
    let look = system.look_at_scaling(service).unwrap();
    // Two cores of a node hold two of them; the node for the others was ordered at 1 s.
    assert_eq!((look.count(Stage::Ready), look.count(Stage::Pending)), (2, 2));
    assert_eq!(look.nodes, [(0, at(0.0)), (1, at(61.0))]);
    run_to(&mut system, 61.5);
    let look = system.look_at_scaling(service).unwrap();
    assert_eq!(look.count(Stage::Ready), 4);
    assert_eq!(look.cost_per_hour, 2.0 * 0.096, "nodes are paid, not what is on them");
}

#[test]
fn a_container_over_its_memory_is_killed_and_starts_again_ever_later() {
    // 128 MiB and 10 for each request: the 39th is one too many for 512.
    let container = Params::new().with("request_memory", 10.0).with("cpu_limit", 100.0);
    let service = [
        ("scaler", variant("manual", &[("replicas", 1.0)])),
        ("instance", Value::Variant(Variant::new("container", container))),
        ("service_time", constant(10.0)),
        ("slots", Value::from(100.0)),
    ];
    let (document, service) = regular(rate(20.0), &service, 60.0);
    let mut system = system(&document);
    let mut kills = Vec::new();
    for tenth in 1..600 {
        run_to(&mut system, f64::from(tenth) / 10.0);
        kills.extend(system.take_log().into_iter().filter(|entry| entry.text.contains("out of memory")));
    }
    let times: Vec<f64> = kills.iter().map(|kill| kill.at.as_secs_f64()).collect();
    // 39 arrivals at 20 a second take 1.95 s. The first restart is at once, the next ones wait 10 s and 20 s.
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((1.9..2.0).contains(&times[0]), "{times:?}");
    for (gap, expected) in gaps.iter().zip([1.95, 11.95, 21.95]) {
        assert!((gap - expected).abs() < 0.06, "{times:?}");
    }
    assert_eq!(times.len(), 4);
    assert_eq!(system.look_at_scaling(service).unwrap().replicas[0].restarts, 4);
}

/// More work than a container's CPU limit admits makes everybody slower: processor sharing at the limit.
#[test]
fn work_is_throttled_at_the_limit() {
    let container = Params::new().with("cpu_request", 0.5).with("cpu_limit", 0.5).with("memory_limit", 100_000.0);
    let service = [
        ("scaler", variant("manual", &[("replicas", 1.0)])),
        ("instance", Value::Variant(Variant::new("container", container))),
        ("service_time", constant(0.1)),
        ("slots", Value::from(100.0)),
    ];
    // 4 a second at 0.1 s of CPU are 0.4 cores of half a core: each alone takes 0.2 s, and none meets another.
    let (document, service) = regular(rate(4.0), &service, 60.0);
    let mut system = system(&document);
    run_to(&mut system, 100.0);
    let run = &system.totals().run;
    let median = run.percentile_offered(50.0).unwrap();
    assert!((median - 0.2).abs() < 0.002, "{median}");
    let cpu = system.look_at_scaling(service).unwrap().replicas[0].cpu.unwrap().value;
    assert!((cpu - 0.4).abs() < 0.02, "{cpu}");
}

/// The bill against a spreadsheet: how many machines there were in every millisecond, times the price.
#[test]
fn the_bill_is_machines_times_time_times_price() {
    let machine = || Value::Variant(Variant::new("machine", Params::new()));
    let with = |replicas: f64| variant("manual", &[("replicas", replicas)]);
    let service = [
        ("replicas", Value::from(2.0)),
        ("scaler", with(5.0)),
        ("instance", machine()),
        ("service_time", constant(3.0)),
        ("slots", Value::from(100.0)),
    ];
    let (mut document, service) = regular(rate(0.5), &service, 60.0);
    let cache = add(&mut document, "database", "Database", &[("price", Value::from(0.24))]);
    wire(&mut document, service, cache, &[("latency", constant(0.0))]);
    let mut system = system(&document);
    let mut fewer = document.clone();
    std::rc::Rc::make_mut(fewer.nodes.get_mut(&service).unwrap()).params.set("scaler", with(1.0));
    let mut machine_secs = 0.0;
    let mut seen = vec![2];
    for milli in 0..70_000 {
        let before = system.now().as_secs_f64();
        let machines = seen[seen.len() - 1];
        run_to(&mut system, f64::from(milli) / 1e3);
        if milli == 30_000 {
            system.rebuild(&headroom::topology::compile::plan(&fewer).0.unwrap());
        }
        // The drain is on nobody's bill.
        machine_secs += machines as f64 * (system.now().as_secs_f64().min(60.0) - before.min(60.0));
        let now = system.look_at_scaling(service).unwrap().replicas.len();
        if machines != now {
            seen.push(now);
        }
    }
    assert_eq!((seen[0], seen[1], *seen.last().unwrap()), (2, 5, 1), "{seen:?}");
    let report = headroom::runner::report::Report::of(&system, &fewer, 0);
    let secs = system.now().as_secs_f64().min(60.0);
    let machines = machine_secs * 0.096 / 3_600.0;
    let database = secs * 0.24 / 3_600.0;
    let cost = report.whole.cost.get().unwrap();
    // A millisecond of up to four machines is left open at each change.
    assert!((cost - machines - database).abs() < 6.0 * 0.001 * 0.4 / 3_600.0, "{cost} of {machines} + {database}");
    let per_million = report.whole.cost_per_million.get().unwrap();
    let completed = system.totals().run.completed() as f64;
    assert!((per_million - cost * 1e6 / completed).abs() < 1e-9 * per_million);
    let per_hour = report.whole.cost_per_hour.get().unwrap();
    assert!((per_hour - cost * 3_600.0 / secs).abs() < 1e-9, "{per_hour}");
}

#[test]
fn what_has_no_price_has_no_cost() {
    let (document, _) = regular(rate(1.0), &[], 5.0);
    let report = headroom::runner::report::Report::of(&crate::fixture::run(&document), &document, 0);
    assert_eq!(report.whole.cost.get(), None);
    assert!(!serde_json::to_string(&report).unwrap().contains("cost"));
}

/// A day of 24 minutes with its rush at noon: who foresees it has replicas before it comes, who reacts has them after.
#[test]
fn a_forecast_scales_before_the_rush_of_a_short_day() {
    let point = |at: f64, rate: f64| Value::List(vec![Value::from(at), Value::from(rate)]);
    // Noon is at 720 s: a minute stands for an hour.
    let points =
        vec![point(0.0, 100.0), point(700.0, 100.0), point(720.0, 900.0), point(780.0, 900.0), point(800.0, 100.0)];
    let profile =
        || Value::Variant(Variant::new("piecewise", Params::new().with("points", Value::List(points.clone()))));
    let run = |look_ahead: f64, history: f64| {
        let scaler =
            Params::new().with("look_ahead", look_ahead).with("history", history).with("margin", 0.0).with("min", 1.0);
        let service = [
            ("replicas", Value::from(1.0)),
            ("scaler", Value::Variant(Variant::new("predictive", scaler))),
            ("service_time", constant(0.001)),
        ];
        let (mut document, service) = regular(profile(), &service, 760.0);
        document.day_secs = Some(1_440.0);
        let mut system = system(&document);
        run_to(&mut system, 760.0);
        let look = system.look_at_scaling(service).unwrap();
        look.syncs.iter().find(|sync| sync.desired >= 9).map(|sync| (sync.at.as_secs_f64(), sync.why[0].clone()))
    };
    let (foreseen, why) = run(60.0, 3.0).unwrap();
    // Steps of 15 s: the one from 720 s on is the first at full load, and lies 60 s ahead at 660 s.
    assert_eq!(foreseen, 660.0, "{why}");
    assert!(why.contains("900.0 requests a second are expected"), "{why}");
    let (reacted, why) = run(60.0, 0.0).unwrap();
    assert!(reacted > 720.0 && why.starts_with("No forecast"), "{reacted}: {why}");
}

/// Spot machines go when the seed says; another one is ordered at once, and the notice is time enough to finish.
#[test]
fn spot_machines_are_taken_away_with_notice_and_replaced() {
    let machine = Params::new().with("purchase", "spot").with("spot_life", 300.0).with("spot_notice", 20.0);
    let start_up = Params::new().with("boot", constant(10.0)).with("probe_every", 1.0);
    let service = [
        ("replicas", Value::from(4.0)),
        ("instance", Value::Variant(Variant::new("machine", machine))),
        ("start_up", Value::Variant(Variant::new("staged", start_up))),
        ("service_time", constant(0.05)),
    ];
    let (document, service) = regular(rate(20.0), &service, 1_200.0);
    let taken = |seed: u64| {
        let mut document = document.clone();
        document.seed = seed;
        let mut system = system(&document);
        let mut taken = Vec::new();
        for second in 1..1_300 {
            run_to(&mut system, f64::from(second));
            let log = system.take_log();
            taken.extend(log.iter().filter(|line| line.text.contains("loses its spot machine")).map(|line| line.at.0));
        }
        let run = &system.totals().run;
        assert_eq!(run.completed(), run.offered, "20 s are enough to finish and to start another one");
        let look = system.look_at_scaling(service).unwrap();
        assert_eq!(look.wanted, 4);
        assert!((look.cost_per_hour / 0.096 / 0.35 - look.replicas.len() as f64).abs() < 1e-9);
        taken
    };
    let first = taken(1);
    // Four machines for 20 min at one interruption in 5 min each: 16, give or take four standard deviations.
    assert!((2..=32).contains(&first.len()), "{}", first.len());
    assert_eq!(taken(1), first);
    assert_ne!(taken(2), first);
}

/// What the scenario of five scalers says of them.
#[test]
fn five_scalers_race_as_their_scenario_says() {
    let run = headroom::lesson::catalog::scenario("scalers").unwrap().run().unwrap();
    let report = headroom::runner::report::Report::of(&crate::fixture::run(&run.document), &run.document, 0);
    let services: Vec<_> = report.whole.stations.iter().filter(|station| station.kind == "service").collect();
    let answered = |at: usize| services[at].outcomes().completed as f64 / services[at].get("arrivals").0;
    let cost = |at: usize| services[at].get("cost").get().unwrap();
    let [reactive, hpa, plan, forecast, hand] = [0, 1, 2, 3, 4];
    assert_eq!(services.len(), 5);
    for late in [reactive, hpa] {
        assert!(answered(late) < 0.95, "{}: {}", services[late].label, answered(late));
    }
    for ready in [plan, forecast, hand] {
        assert!(answered(ready) > 0.999, "{}: {}", services[ready].label, answered(ready));
        let p99 = services[ready].times("sojourn_time").percentiles.p99.get().unwrap();
        assert!(p99 < 0.5, "{}: {p99}", services[ready].label);
    }
    for cheaper in [plan, forecast] {
        assert!(cost(cheaper) * 1.3 < cost(hand), "{}: {}", services[cheaper].label, cost(cheaper));
    }
}

/// What waits in a queue that all replicas share lies in their memory, in equal parts, and is gone when it is done.
#[test]
fn a_shared_queue_lies_in_the_memory_of_its_replicas() {
    let instance = |limit: f64| {
        let container = Params::new().with("memory_limit", limit).with("cpu_limit", 8.0);
        Value::Variant(Variant::new("container", container))
    };
    let document = |limit: f64| {
        let service = [
            ("replicas", Value::from(2.0)),
            ("slots", Value::from(1.0)),
            ("service_time", constant(1.0)),
            ("queue", Value::from("shared")),
            ("instance", instance(limit)),
        ];
        regular(steps(10.0, 0.01, 12.0), &service, 120.0)
    };
    let (roomy, service) = document(512.0);
    let mut system = system(&roomy);
    let memory = |system: &mut System, secs: f64| {
        run_to(system, secs);
        let look = system.look_at_scaling(service).unwrap();
        look.replicas.iter().map(|replica| replica.memory.unwrap().value / 1_048_576.0).collect::<Vec<_>>()
    };
    // After 10 s: 100 came, 18 are done, 2 are in work; 80 wait, 40 for each. 128 MiB idle, 1 for each request.
    for used in memory(&mut system, 10.5) {
        assert!((used - 169.0).abs() <= 2.0, "{used}");
    }
    for used in memory(&mut system, 110.0) {
        assert!(used <= 129.0, "{used}");
    }
    // With less room than that, what waits kills them.
    let (tight, _) = document(150.0);
    let mut system = crate::fixture::system(&tight);
    run_to(&mut system, 12.0);
    assert!(system.take_log().iter().any(|line| line.text.contains("out of memory")));
}
