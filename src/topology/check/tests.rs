use expect_test::{Expect, expect};

use super::*;
use crate::model::params::{Params, Value, Variant};
use crate::topology::document::{Area, AreaId, AreaKind, Edit, Point, ScheduledFault, Window};

/// Nodes `a`, `b`, … of the given kinds and edges between them by index, e.g. `(&["source", "service"], &[(0, 1)])`.
fn drawing(kinds: &[&str], edges: &[(u32, u32)]) -> Document {
    let mut document = Document::default();
    for (index, kind) in kinds.iter().enumerate() {
        let label = format!("{}{}", kind[..1].to_uppercase(), index);
        document.add_node(Node {
            kind: (*kind).to_owned(),
            label,
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        });
    }
    for (from, to) in edges {
        document.add_edge(Edge { from: NodeId(from + 1), to: NodeId(to + 1), params: Params::new() });
    }
    document
}

fn with_params(mut document: Document, node: u32, params: Params) -> Document {
    let id = NodeId(node + 1);
    let mut changed = Node::clone(&document.nodes[&id]);
    changed.params = params;
    document.nodes.insert(id, changed.into());
    document
}

fn lines(problems: &[Diagnostic]) -> String {
    let line = |problem: &Diagnostic| {
        let place = match problem.place {
            Place::Document => "document".to_owned(),
            Place::Node(id) => format!("node {}", id.0),
            Place::Edge(id) => format!("edge {}", id.0),
            Place::Area(id) => format!("area {}", id.0),
            Place::Fault(index) => format!("fault {index}"),
        };
        let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
        let param = problem.param.as_ref().map_or_else(String::new, |param| format!(" {param}"));
        format!("{severity} {} at {place}{param}: {} | {}\n", problem.code, problem.message, problem.remedy)
    };
    problems.iter().map(line).collect()
}

#[track_caller]
fn check_tells(document: &Document, expect: &Expect) {
    let problems = check(document);
    expect.assert_eq(&lines(&problems));
    assert_eq!(runs(&problems), problems.iter().all(|problem| problem.severity == Severity::Warning));
}

#[test]
fn sound_drawings_have_no_problems() {
    for document in [
        drawing(&["source", "service"], &[(0, 1)]),
        drawing(&["source", "balancer", "service", "service", "database"], &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]),
        drawing(&["source", "service", "cache", "database"], &[(0, 1), (1, 2), (1, 3)]),
    ] {
        check_tells(&document, &expect![""]);
    }
}

#[test]
fn an_empty_canvas_and_missing_clients() {
    check_tells(
        &Document::default(),
        &expect![[r#"
        error no-source at document: The canvas is empty. | Place clients and connect them to the station that should answer.
    "#]],
    );
    check_tells(
        &drawing(&["service"], &[]),
        &expect![[r#"
        error no-source at document: Nothing sends requests: there are no clients. | Place clients and connect them to the station that should answer.
    "#]],
    );
}

#[test]
fn loose_ends() {
    check_tells(
        &drawing(&["source", "balancer", "service"], &[]),
        &expect![[r#"
        error no-output at node 1: S0 is connected to nothing: its requests have nowhere to go. | Draw a connection from S0 to a balancer or a service.
        error no-backend at node 2: B1 has no backend: every request that reaches it fails. | Draw a connection from B1 to a service.
        warning no-path at node 2: No request can reach B1: no path leads there from any clients. | Draw a connection to B1, or remove it.
        warning no-path at node 3: No request can reach S2: no path leads there from any clients. | Draw a connection to S2, or remove it.
    "#]],
    );
    check_tells(
        &drawing(&["source", "balancer"], &[(0, 1)]),
        &expect![[r#"
        error no-backend at node 2: B1 has no backend: every request that reaches it fails. | Draw a connection from B1 to a service.
    "#]],
    );
}

#[test]
fn edges_that_cannot_be() {
    check_tells(
        &drawing(&["source", "service", "source"], &[(0, 1), (1, 2), (2, 1)]),
        &expect![[r#"
        error edge-into-source at edge 2: S1 → S2: S2 sends requests, it takes none. | Remove the connection, or draw it the other way round.
        error cycle at edge 3: Requests run in a circle: S1 → S2 → S1. | Remove one of these connections: a call must come to an end.
    "#]],
    );
    check_tells(
        &drawing(&["source", "database", "service"], &[(0, 1), (1, 2)]),
        &expect![[r#"
        error edge-out at edge 2: D1 → S2: D1 answers by itself; it calls nothing. | Remove the connection, or draw it the other way round.
    "#]],
    );
    check_tells(
        &drawing(&["source", "service"], &[(0, 1), (0, 1)]),
        &expect![[r#"
        warning duplicate-edge at edge 2: S0 → S1: the same connection stands there twice, so S1 is called twice. | Remove one of the two; to send more traffic one way, raise its weight instead.
    "#]],
    );
}

#[test]
fn cycles_name_their_nodes() {
    check_tells(
        &drawing(&["source", "service", "service", "service"], &[(0, 1), (1, 2), (2, 3), (3, 1)]),
        &expect![[r#"
        error cycle at edge 4: Requests run in a circle: S1 → S2 → S3 → S1. | Remove one of these connections: a call must come to an end.
    "#]],
    );
    check_tells(
        &drawing(&["source", "service"], &[(0, 1), (1, 1)]),
        &expect![[r#"
        error cycle at edge 2: Requests run in a circle: S1 → S1. | Remove one of these connections: a call must come to an end.
    "#]],
    );
    // A diamond is no cycle.
    check_tells(
        &drawing(&["source", "service", "service", "service", "database"], &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]),
        &expect![""],
    );
}

#[test]
fn unknown_kinds() {
    check_tells(
        &drawing(&["source", "servise"], &[(0, 1)]),
        &expect![[r#"
            error unknown-station at node 2: S1: there is no station of the kind "servise". Did you mean "service"? | Replace it by one of: source, gateway, balancer, l4-balancer, dns, client-balancer, service, cache, cdn, database, quorum, broker.
        "#]],
    );
    check_tells(
        &drawing(&["source", "toaster"], &[(0, 1)]),
        &expect![[r#"
            error unknown-station at node 2: T1: there is no station of the kind "toaster". | Replace it by one of: source, gateway, balancer, l4-balancer, dns, client-balancer, service, cache, cdn, database, quorum, broker.
        "#]],
    );
}

#[test]
fn parameters_by_name_type_and_range() {
    let document = drawing(&["source", "service"], &[(0, 1)]);
    let variant = |id: &str, params: Params| Value::Variant(Variant::new(id, params));
    check_tells(
        &with_params(
            document.clone(),
            1,
            Params::new().with("slots", 0.0).with("replicas", 1.5).with("queue_limit", 2e6).with("solts", 3.0),
        ),
        &expect![[r#"
            error not-whole at node 2 replicas: S1: Replicas is 1.5, but must be a whole number. | Set it to 1 or 2.
            error out-of-range at node 2 slots: S1: Slots per replica is 0, but must lie between 1 and 10,000. | Set it to a value between 1 and 10,000.
            error out-of-range at node 2 queue_limit: S1: Waiting places is 2,000,000, but must lie between 0 and 1,000,000. | Set it to a value between 0 and 1,000,000.
            warning unknown-parameter at node 2 solts: S1: there is no parameter "solts", so it does nothing. | Remove it. Did you mean "slots"?
        "#]],
    );
    check_tells(
        &with_params(
            document.clone(),
            1,
            Params::new().with("slots", "many").with("queue", "shard").with("replicas", 0.0),
        ),
        &expect![[r#"
            error wrong-type at node 2 slots: S1: Slots per replica must be a number, not a text. | Remove it to get the default, or give it a value of the right type.
            error unknown-option at node 2 queue: S1: Queue cannot be "shard". | Did you mean "shared"? Possible: per_replica, shared.
            warning no-capacity at node 2: S1 has no replica: every request that reaches it is refused. | Give it at least one replica.
        "#]],
    );
    let row = |cells: Vec<Value>| Value::List(cells);
    let mut source = Params::new().with("arrivals", variant("closed", Params::new().with("users", 0.0)));
    source.set("profile", variant("spikes", Params::new()));
    source.set("write_share", f64::NAN);
    source.set(
        "countries",
        Value::List(vec![
            row(vec!["DE".into(), 1.0.into()]),
            row(vec!["FR".into()]),
            row(vec![7.0.into(), (-1.0).into()]),
        ]),
    );
    check_tells(
        &with_params(document, 0, source),
        &expect![[r#"
        error out-of-range at node 1 arrivals.users: S0: Arrivals, Users is 0, but must lie between 1 and 100,000. | Set it to a value between 1 and 100,000.
        error unknown-option at node 1 profile: S0: Load profile cannot be "spikes". | Did you mean "spike"? Possible: constant, ramp, step, spike, sine, piecewise.
        error out-of-range at node 1 write_share: S0: Writes is NaN, but must lie between 0 and 1. | Set it to a value between 0 and 1.
        error wrong-type at node 1 countries[1]: S0: Countries, row 2 must have 2 cells: Country, Weight. | Complete the row, or remove it.
        error wrong-type at node 1 countries[2].country: S0: Countries, row 3, Country must be a text, not a number. | Remove it to get the default, or give it a value of the right type.
        error out-of-range at node 1 countries[2].weight: S0: Countries, row 3, Weight is -1, but must lie between 0 and 1,000,000. | Set it to a value between 0 and 1,000,000.
    "#]],
    );
}

#[test]
fn parameters_that_exclude_each_other() {
    let document = drawing(&["source", "service"], &[(0, 1)]);
    let time = |variant: Variant| Params::new().with("service_time", variant);
    let exponential = Variant::new("exponential", Params::new().with("mean", 0.0));
    check_tells(&with_params(document.clone(), 1, time(exponential)), &expect![]);
    let row = |value: f64, weight: f64| Value::List(vec![value.into(), weight.into()]);
    let rows = Value::List(vec![row(0.1, 0.0), row(0.2, 0.0)]);
    let mut empirical = Params::new();
    empirical.0.insert("values".to_owned(), rows);
    check_tells(
        &with_params(document, 1, time(Variant::new("empirical", empirical))),
        &expect![[r#"
            error out-of-range at node 2 service_time.weight: S1: Service time: weight is 0 but must add up to a finite number above 0. | Change it, or choose another entry.
        "#]],
    );
}

fn with_fault(kind: &str, target: FaultTarget, params: Params, at_secs: f64) -> Document {
    let mut document = drawing(&["source", "balancer", "service"], &[(0, 1), (1, 2)]);
    let fault = Fault { kind: kind.to_owned(), target, params };
    document.faults.push(ScheduledFault { at_secs, for_secs: None, fault });
    document
}

#[test]
fn faults_that_hit_nothing() {
    let none = Params::new;
    check_tells(&with_fault("kill", FaultTarget::Node(NodeId(3)), none(), 1.0), &expect![""]);
    check_tells(
        &with_fault("kill", FaultTarget::Node(NodeId(9)), none(), 1.0),
        &expect![[r#"
            warning fault-target-missing at fault 0: Kill is aimed at node 9, which does not exist. | Aim it at something that exists, or remove it.
        "#]],
    );
    check_tells(
        &with_fault("kill", FaultTarget::Edge(EdgeId(9)), none(), 1.0),
        &expect![[r#"
            warning fault-target-missing at fault 0: Kill is aimed at connection 9, which does not exist. | Aim it at something that exists, or remove it.
        "#]],
    );
    check_tells(
        &with_fault("kill", FaultTarget::Edge(EdgeId(1)), none(), 1.0),
        &expect![[r#"
        error fault-target-kind at fault 0: Kill can hit a station that takes requests, but it is aimed at S0 → B1. | Aim it at a station that takes requests.
    "#]],
    );
    check_tells(
        &with_fault("slow", FaultTarget::Node(NodeId(2)), none(), 1.0),
        &expect![[r#"
            error fault-target-kind at fault 0: Slow down can hit a service, a cache or a database, but it is aimed at B1. | Aim it at a service, a cache or a database.
        "#]],
    );
    check_tells(
        &with_fault("kill", FaultTarget::Replica(NodeId(3), 4), none(), 1.0),
        &expect![[r#"
        warning fault-replica-missing at fault 0: Kill is aimed at replica 4 of S2, which has 1, counted from 0. | Aim it at a replica that exists.
    "#]],
    );
    check_tells(
        &with_fault("traffic", FaultTarget::Node(NodeId(3)), none(), 1.0),
        &expect![[r#"
        error fault-target-kind at fault 0: Traffic × k can hit clients, but it is aimed at S2. | Aim it at clients.
    "#]],
    );
    check_tells(
        &with_fault("traffic", FaultTarget::Node(NodeId(1)), none().with("factor", -1.0), 900.0),
        &expect![[r#"
        error out-of-range at fault 0 factor: Traffic × k: Times is -1, but must lie between 0 and 1000. | Set it to a value between 0 and 1000.
        warning fault-too-late at fault 0: "traffic" starts at 900 s, but the run is over after 600 s. | Start it earlier, or make the run longer.
    "#]],
    );
    check_tells(
        &with_fault("earthquake", FaultTarget::Node(NodeId(3)), none(), 1.0),
        &expect![[r#"
            error unknown-fault at fault 0: There is no fault of the kind "earthquake". | Replace it by one of: kill, hang, slow, error-rate, gc-pause, noisy-neighbor, spot-interruption, latency, loss, bandwidth, partition, traffic, hot-key, cache-flush, failover, isolate, clock-jump, drain, rolling-deploy, new-version, poison, outage, spot-shortage.
        "#]],
    );
    check_tells(
        &with_fault("partition", FaultTarget::Edge(EdgeId(2)), none(), 1.0),
        &expect![[r#"
        warning no-time-out at edge 2: B1 → S2 will be partitioned, and its caller has no time-out: it waits until the network gives up. | Set a time-out on the connection.
    "#]],
    );
}

#[test]
fn the_run_itself() {
    let mut document = drawing(&["source", "service"], &[(0, 1)]);
    document.warm_up_secs = 600.0;
    document.good_within_secs = Some(0.0);
    document.windows = vec![
        Window { name: "spike".into(), from_secs: 20.0, to_secs: 10.0 },
        Window { name: "spike".into(), from_secs: 20.0, to_secs: 30.0 },
    ];
    check_tells(
        &document,
        &expect![[r#"
        error warm-up at document: The warm-up of 600 s leaves nothing of a run of 600 s to measure. | Make the warm-up shorter than the run.
        error good-within at document: No answer can come within the time set for goodput. | Set it above 0 seconds, or leave it out: then every answer is good.
        warning window-empty at document: No request can belong to the window "spike" (20 s to 10 s of 600 s). | Let it begin before its end and before the end of the run.
        warning window-twice at document: Two windows are called "spike". | Give each window a name of its own.
    "#]],
    );
    document = drawing(&["source", "service"], &[(0, 1)]);
    document.run_length_secs = 0.0;
    check_tells(
        &document,
        &expect![[r#"
        error run-length at document: The run lasts 0 s. | Set a run length above 0 seconds.
    "#]],
    );
}

#[test]
fn a_change_answers_for_its_own_problems_only() {
    // The balancer without a backend was there before.
    let document = drawing(&["source", "service", "balancer"], &[(0, 1)]);
    assert!(!runs(&check(&document)));
    let mut better = document.clone();
    better.add_edge(Edge { from: NodeId(2), to: NodeId(3), params: Params::new() });
    let tell = |after: &Document| lines(&check_change(&document, &Change::Edit(Edit::between(&document, after))));
    expect![""].assert_eq(&tell(&better));
    let worse = with_params(document.clone(), 1, Params::new().with("slots", -1.0));
    expect![[r#"
        error out-of-range at node 2 slots: S1: Slots per replica is -1, but must lie between 1 and 10,000. | Set it to a value between 1 and 10,000.
    "#]].assert_eq(&tell(&worse));
    let inject =
        Change::Inject(Fault { kind: "kill".into(), target: FaultTarget::Node(NodeId(7)), params: Params::new() });
    expect![[r#"
        error fault-target-missing at document: Kill is aimed at node 7, which does not exist. | Aim it at something that exists, or remove it.
    "#]].assert_eq(&lines(&check_change(&document, &inject)));
}

fn area(kind: AreaKind, label: &str) -> Area {
    Area { kind, label: label.to_owned(), at: Point::default(), size: Point { x: 480.0, y: 240.0 } }
}

fn region(id: &str, label: &str) -> Area {
    area(AreaKind::Region { region: id.to_owned() }, label)
}

fn stands(document: &mut Document, node: u32, area: u32) {
    let node = document.nodes.get_mut(&NodeId(node + 1)).expect("a node of the drawing");
    std::rc::Rc::make_mut(node).area = Some(AreaId(area));
}

#[test]
fn regions_zones_and_what_stands_in_them() {
    let mut document = drawing(&["source", "service"], &[(0, 1)]);
    let europe = document.add_area(region("eu-west-1", "Europe"));
    document.add_area(area(AreaKind::Zone { within: europe }, "Zone a"));
    stands(&mut document, 0, 1);
    stands(&mut document, 1, 2);
    check_tells(&document, &expect![""]);

    document.add_area(region("eu-wset-1", "Ireland"));
    document.add_area(area(AreaKind::Zone { within: AreaId(2) }, "Room"));
    document.add_area(area(AreaKind::Zone { within: AreaId(9) }, ""));
    document.add_area(region("eu-west-1", "Dublin"));
    stands(&mut document, 1, 8);
    let outage = |area: u32| ScheduledFault {
        at_secs: 1.0,
        for_secs: None,
        fault: Fault { kind: "outage".to_owned(), target: FaultTarget::Area(AreaId(area)), params: Params::new() },
    };
    document.faults = vec![outage(1), outage(2), outage(12)];
    check_tells(
        &document,
        &expect![[r#"
        error missing-area at node 2: S1 stands in area 8, which does not exist. | Draw a region and move it there, or let it stand nowhere.
        error unknown-region at area 3: Ireland: there is no region "eu-wset-1". Did you mean "eu-west-1"? | Choose one of: us-east-1, us-west-2, sa-east-1, eu-west-1, eu-central-1, af-south-1, ap-south-1, ap-southeast-1, ap-southeast-2, ap-northeast-1.
        error zone-outside at area 4: Room lies within Zone a, which is a zone itself. | Move it into a region, or remove it.
        error zone-outside at area 5: area 5 lies within area 9, which does not exist. | Move it into a region, or remove it.
        warning region-twice at area 6: Europe and Dublin are both eu-west-1: what stands in them is as near as in one region. | Choose another region for one of them, or draw zones within one.
        warning outage-of-nothing at fault 1: Nothing stands in Zone a: its outage hits nothing. | Move a station into it, or remove the fault.
        warning fault-target-missing at fault 2: Outage is aimed at area 12, which does not exist. | Aim it at something that exists, or remove it.
    "#]],
    );
}

#[test]
fn an_outage_hits_areas_and_nothing_else_does() {
    let mut document = drawing(&["source", "service"], &[(0, 1)]);
    let europe = document.add_area(region("eu-west-1", "Europe"));
    stands(&mut document, 1, 1);
    let fault = |kind: &str, target: FaultTarget| ScheduledFault {
        at_secs: 1.0,
        for_secs: None,
        fault: Fault { kind: kind.to_owned(), target, params: Params::new() },
    };
    document.faults = vec![fault("kill", FaultTarget::Area(europe)), fault("outage", FaultTarget::Node(NodeId(2)))];
    check_tells(
        &document,
        &expect![[r#"
        error fault-target-kind at fault 0: Kill can hit a station that takes requests, but it is aimed at Europe. | Aim it at a station that takes requests.
        error fault-target-kind at fault 1: Outage can hit a region or a zone, but it is aimed at S1. | Aim it at a region or a zone.
    "#]],
    );
}

#[test]
fn paths_that_nobody_asks_for() {
    let mut document = drawing(&["source", "balancer", "service", "service"], &[(0, 1), (1, 2), (1, 3)]);
    let (first, second) = (EdgeId(2), EdgeId(3));
    std::rc::Rc::make_mut(document.edges.get_mut(&first).expect("drawn")).params.set("path", "orders");
    std::rc::Rc::make_mut(document.edges.get_mut(&second).expect("drawn")).params.set("path", "/");
    expect![[r#"
        warning unasked-path at edge 2: B1 → S2 carries only paths that begin with "orders", but no clients ask for such. | Clients ask for: /. Change one of the two.
    "#]]
    .assert_eq(&lines(&check(&document)));
}

#[test]
fn outlier_detection_that_may_eject_nobody() {
    let mut document = drawing(&["source", "balancer", "service"], &[(0, 1), (1, 2)]);
    let detection = |params: Params| crate::model::params::Variant::new("on", params);
    let mut set = |replicas: f64, params: Params| {
        let (balancer, service) = (NodeId(2), NodeId(3));
        std::rc::Rc::make_mut(document.nodes.get_mut(&balancer).expect("drawn"))
            .params
            .set("outlier_detection", crate::model::params::Value::Variant(detection(params)));
        std::rc::Rc::make_mut(document.nodes.get_mut(&service).expect("drawn")).params.set("replicas", replicas);
        lines(&check(&document))
    };
    expect![[r#"
        warning ejects-nobody at node 2: B1 never ejects anybody: one of 9 backends is more than 10 % of them. | Raise "At most ejected", switch on "One in any case", or add backends.
    "#]].assert_eq(&set(9.0, Params::new()));
    assert_eq!(set(10.0, Params::new()), "");
    assert_eq!(set(3.0, Params::new().with("max_ejected_share", 0.34)), "");
    assert_eq!(set(1.0, Params::new().with("always_eject_one", true)), "");
}

/// Going by priority needs several priorities; nobody can share a queue where nobody waits.
#[test]
fn lines_that_cannot_do_their_work() {
    let chosen = |id: &str, params: Params| Value::Variant(Variant::new(id, params));
    let of = |document: &Document| lines(&check(document));
    let service = |params: Params| with_params(drawing(&["source", "service"], &[(0, 1)]), 1, params);
    let by_priority = service(Params::new().with("discipline", chosen("priority", Params::new())));
    expect![[r#"
        warning one-priority at node 2: S1 goes by priority, but all requests have the same one. | Give clients different priorities, or paths of theirs.
    "#]]
    .assert_eq(&of(&by_priority));
    let row = |word: &str| Value::List(vec![Value::from(word), Value::Number(1.0), Value::from("")]);
    let mixed = Params::new().with("priorities", Value::List(vec![row("high"), row("low")]));
    assert_eq!(of(&with_params(by_priority, 0, mixed.clone())), "");
    let shared = Params::new().with("queue", "shared").with("discipline", chosen("processor-sharing", Params::new()));
    expect![[r#"
        warning no-queue-to-share at node 2: S1 shares one queue among its replicas, but with processor sharing nothing waits. | Each replica shares its own slots. Let every replica have a queue of its own, or choose another discipline.
    "#]]
    .assert_eq(&of(&service(shared)));
    let reversed = Params::new().with("low_until", 0.9).with("normal_until", 0.5);
    let reversed = service(Params::new().with("shedding", chosen("priority", reversed)));
    expect![[r#"
        warning priorities-reversed at node 2: S1 turns normal priority away before low priority. | Let normal priority in for longer than low.
    "#]]
    .assert_eq(&of(&with_params(reversed, 0, mixed)));
    let crossed = Params::new().with("least", 50.0).with("most", 20.0);
    expect![[r#"
        warning limits-reversed at node 2: S1: the limit may not fall below what it may not rise above. | Set "Never below" to less than "Never above".
    "#]]
    .assert_eq(&of(&service(Params::new().with("shedding", chosen("gradient", crossed)))));
}
