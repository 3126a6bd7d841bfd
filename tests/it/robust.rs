//! Whatever a person can draw either is refused in words or runs: no parameters, no wiring and no change while it runs
//! make the engine panic or lose a request.

use headroom::engine::time::SimTime;
use headroom::model::edge::EDGE_ENTRY;
use headroom::model::fault;
use headroom::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant};
use headroom::model::station;
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::check;
use headroom::topology::document::{
    Area, AreaId, AreaKind, Change, Document, Edge, EdgeId, Edit, Fault, FaultTarget, Node, NodeId, Point,
    ScheduledFault,
};
use headroom::topology::format::Run;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Values for a parameter: its default, both ends of its range, something between, now and then something it cannot be.
fn any_value(spec: &'static ParamSpec, depth: u32) -> BoxedStrategy<Value> {
    let wrong = prop_oneof![Just(Value::Bool(true)), Just(Value::Number(-1.0)), Just(Value::from("?"))];
    let right = match spec.kind {
        ParamKind::Number { unit, min, max, default } => {
            // Large worlds cost time and teach nothing here: ends beyond 10,000 are tried rarely.
            let most = max.min(10_000.0);
            let whole = move |number: f64| if unit == Unit::Count { number.round() } else { number };
            prop_oneof![
                4 => Just(default),
                4 => Just(min),
                4 => Just(most),
                1 => Just(max),
                8 => (min..=most).prop_map(whole),
                4 => (0.0..=1.0f64).prop_map(move |share| whole((min + share * (most - min) * 0.001).clamp(min, max))),
            ]
            .prop_map(Value::Number)
            .boxed()
        }
        ParamKind::Bool { .. } => any::<bool>().prop_map(Value::Bool).boxed(),
        ParamKind::Text { .. } => "[A-Z]{2}".prop_map(Value::Text).boxed(),
        ParamKind::Choice { options, .. } => {
            proptest::sample::select(options).prop_map(|(id, _)| Value::from(id)).boxed()
        }
        ParamKind::Variant { registry, .. } => proptest::sample::select(registry())
            .prop_flat_map(move |entry| {
                let params = if depth == 0 { Just(Params::new()).boxed() } else { any_params(entry, depth - 1) };
                params.prop_map(move |params| Value::Variant(Variant::new(entry.id, params)))
            })
            .boxed(),
        ParamKind::Table { columns, .. } => {
            let row = columns.iter().map(|column| any_value(column, depth)).collect::<Vec<_>>().prop_map(Value::List);
            proptest::collection::vec(row, 1..4).prop_map(Value::List).boxed()
        }
    };
    prop_oneof![60 => right, 1 => wrong].boxed()
}

/// About every third parameter set, the rest at their defaults.
fn any_params(entry: &'static Entry, depth: u32) -> BoxedStrategy<Params> {
    let specs: Vec<_> = entry
        .params
        .iter()
        .map(|spec| proptest::option::weighted(0.35, any_value(spec, depth)).prop_map(|value| (spec.key, value)))
        .collect();
    specs
        .prop_map(|pairs| {
            let mut params = Params::new();
            for (key, value) in pairs {
                if let Some(value) = value {
                    params.0.insert(key.to_owned(), value);
                }
            }
            params
        })
        .boxed()
}

fn any_node() -> impl Strategy<Value = Node> {
    let kinds: Vec<&'static station::StationKind> = station::REGISTRY.iter().collect();
    proptest::sample::select(kinds).prop_flat_map(|kind| {
        any_params(&kind.entry, 2).prop_map(|params| Node {
            kind: kind.entry.id.to_owned(),
            label: kind.entry.name.to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params,
        })
    })
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let target = prop_oneof![
        (1u32..7).prop_map(|id| FaultTarget::Node(NodeId(id))),
        (1u32..7, 0u32..3).prop_map(|(id, replica)| FaultTarget::Replica(NodeId(id), replica)),
        (1u32..9).prop_map(|id| FaultTarget::Edge(EdgeId(id))),
        (1u32..5).prop_map(|id| FaultTarget::Area(AreaId(id))),
    ];
    proptest::sample::select(fault::entries()).prop_flat_map(move |entry| {
        (any_params(entry, 1), target.clone()).prop_map(move |(params, target)| Fault {
            kind: entry.id.to_owned(),
            target,
            params,
        })
    })
}

/// Regions and zones, now and then one that cannot be: an unknown region, a zone in a zone or in nothing.
fn any_area() -> impl Strategy<Value = Area> {
    let region = proptest::sample::select(vec!["eu-west-1", "us-east-1", "ap-south-1", "mars"]);
    let kind = prop_oneof![
        region.prop_map(|region| AreaKind::Region { region: region.to_owned() }),
        (1u32..5).prop_map(|within| AreaKind::Zone { within: AreaId(within) }),
    ];
    kind.prop_map(|kind| Area { kind, label: "Area".into(), at: Point::default(), size: Point::default() })
}

prop_compose! {
    /// Clients in front, then anything; wires lead from earlier to later nodes, so that most drawings have no cycle.
    fn any_document()(
        clients in any_params(&station::source::KIND.entry, 2),
        others in proptest::collection::vec(any_node(), 1..6),
        wires in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_params(&EDGE_ENTRY, 2)), 1..9),
        areas in proptest::collection::vec(any_area(), 0..4),
        places in proptest::collection::vec(0u32..6, 7),
        faults in proptest::collection::vec((0.0..20.0f64, proptest::option::of(0.0..10.0f64), any_fault()), 0..4),
        seed in any::<u64>(),
        good_within_secs in proptest::option::of(0.001..1.0f64),
    ) -> Document {
        let mut document = Document { seed, good_within_secs, run_length_secs: 20.0, ..Document::default() };
        document.add_node(Node { kind: "source".into(), label: "Clients".into(), role: None, area: None, at: Point::default(), params: clients });
        for node in others {
            document.add_node(node);
        }
        let last = document.nodes.len() as u32;
        // Everybody is called by somebody before them; the rest as it comes.
        for to in 2..=last {
            document.add_edge(Edge { from: NodeId(1 + (to - 2) / 2), to: NodeId(to), params: Params::new() });
        }
        for (from, to, params) in wires {
            let (a, b) = (1 + from.index(last as usize) as u32, 1 + to.index(last as usize) as u32);
            document.add_edge(Edge { from: NodeId(a.min(b)), to: NodeId(a.max(b)), params });
        }
        for area in areas {
            document.add_area(area);
        }
        for (node, place) in document.nodes.values_mut().zip(places) {
            // Five is no area: a node that stands in none that exists.
            let area = Some(AreaId(place)).filter(|area| place == 5 || document.areas.contains_key(area));
            std::rc::Rc::make_mut(node).area = area;
        }
        document.faults = faults.into_iter().map(|(at_secs, for_secs, fault)| ScheduledFault { at_secs, for_secs, fault }).collect();
        document
    }
}

/// Takes away what `check` calls an error, as a person would: the node, the wire, the fault, or its parameters.
fn mended(mut document: Document) -> Option<Document> {
    use headroom::topology::document::{Place, Severity};
    for _ in 0..60 {
        let problems = check::check(&document);
        let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) else {
            return Some(document);
        };
        match problem.place {
            Place::Document => return None,
            Place::Fault(index) => drop(document.faults.remove(index)),
            Place::Area(id) => document.remove_area(id),
            Place::Edge(id) if problem.param.is_none() => drop(document.edges.remove(&id)),
            Place::Edge(id) => {
                std::rc::Rc::make_mut(document.edges.get_mut(&id).expect("a problem's place exists")).params =
                    Params::new();
            }
            Place::Node(id) if problem.code == "missing-area" => {
                std::rc::Rc::make_mut(document.nodes.get_mut(&id).expect("a problem's place exists")).area = None;
            }
            Place::Node(id) if problem.param.is_none() => document.remove_node(id),
            Place::Node(id) => {
                std::rc::Rc::make_mut(document.nodes.get_mut(&id).expect("a problem's place exists")).params =
                    Params::new();
            }
        }
    }
    panic!("what check() names could not be taken away")
}

fn conserved(session: &Session) {
    let report = Report::of(session.system(), session.document(), session.inputs().len());
    let whole = &report.whole;
    assert_eq!(whole.offered, whole.outcomes.ended() + whole.in_flight, "requests");
    for edge in &report.edges {
        assert_eq!(edge.sent, edge.outcomes.ended() + edge.in_flight, "attempts over connection {}", edge.edge.0);
    }
    let json = report.to_json();
    assert_eq!(serde_json::from_str::<Report>(&json).map(|back| back.to_json()).ok(), Some(json));
}

const EVENTS: u64 = 20_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 400, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    /// Goal: what is drawn is refused or runs, also after changes while it runs; its ledgers stay whole; its log replays.
    #[test]
    fn whatever_is_drawn_is_refused_or_runs(
        document in any_document(),
        later in any_document(),
        faults in proptest::collection::vec(any_fault(), 0..3),
    ) {
        let Some(document) = mended(document) else { return Ok(()) };
        let (session, problems) = Session::open(&Run::new(document.clone()));
        let mut session = session.unwrap_or_else(|| panic!("{problems:#?}"));
        session.advance(SimTime::from_secs_f64(10.0), EVENTS);
        conserved(&session);
        for fault in faults {
            // Refused where it makes no sense; that is an answer too.
            let _ = session.apply(Change::Inject(fault));
            session.advance(SimTime::NEVER, EVENTS / 4);
        }
        if let Some(later) = mended(later) {
            let _ = session.apply(Change::Edit(Edit::between(session.document(), &later)));
        }
        session.advance(SimTime::NEVER, EVENTS);
        conserved(&session);

        let (again, problems) = Session::open(&session.export());
        let mut again = again.unwrap_or_else(|| panic!("{problems:#?}"));
        again.advance(SimTime::NEVER, session.system().events());
        prop_assert_eq!(again.system().trace_hash(), session.system().trace_hash());
    }
}

/// Two layers of balancers: the outer one's health checks reach the inner one, which answers for what stands behind it.
#[test]
fn a_balancer_answers_health_checks_for_its_backends() {
    let mut document = Document { run_length_secs: 60.0, ..Document::default() };
    let clients = crate::fixture::source(&mut document, 50.0);
    let quick = [("check_interval", Value::from(1.0)), ("fall", Value::from(1.0)), ("rise", Value::from(1.0))];
    let outer = crate::fixture::add(&mut document, "balancer", "Outer", &quick);
    let inner: Vec<NodeId> =
        ["Left", "Right"].map(|label| crate::fixture::add(&mut document, "balancer", label, &quick)).to_vec();
    crate::fixture::wire(&mut document, clients, outer, &[]);
    let mut shops = Vec::new();
    for balancer in &inner {
        crate::fixture::wire(&mut document, outer, *balancer, &[]);
        let shop = crate::fixture::add(&mut document, "service", "Shop", &[]);
        crate::fixture::wire(&mut document, *balancer, shop, &[]);
        shops.push(shop);
    }
    let fault = Fault { kind: "kill".into(), target: FaultTarget::Node(shops[0]), params: Params::new() };
    document.faults.push(ScheduledFault { at_secs: 20.0, for_secs: None, fault });
    let report = headroom::runner::simulate(&document).expect("two layers can run");
    let failed = report.whole.outcomes.failed;
    // Half of 50/s, for at most the two seconds that both layers together need to notice, and some to spare; not for the
    // forty seconds that the shop is dead.
    assert!((10..150).contains(&failed), "{failed} failed");
}

/// A source that turns from schedule to users and back keeps going, whoever was under way at the time.
#[test]
fn a_source_turns_from_open_to_closed_loop_and_back() {
    let mut document = Document { run_length_secs: 60.0, ..Document::default() };
    let clients = crate::fixture::source(&mut document, 50.0);
    let shop = crate::fixture::add(&mut document, "service", "Shop", &[]);
    crate::fixture::wire(&mut document, clients, shop, &[]);
    let (session, problems) = Session::open(&Run::new(document));
    let mut session = session.unwrap_or_else(|| panic!("{problems:#?}"));
    let closed = Variant::new("closed", Params::new().with("users", 20.0));
    let mut offered = 0;
    for (secs, arrivals) in [(10.0, closed.clone()), (20.0, Variant::new("poisson", Params::new())), (30.0, closed)] {
        session.advance(SimTime::from_secs_f64(secs), u64::MAX);
        let so_far = session.system().totals().run.offered;
        assert!(so_far > offered + 100, "requests kept coming until {secs} s");
        offered = so_far;
        let mut after = session.document().clone();
        let node = std::rc::Rc::make_mut(after.nodes.get_mut(&clients).expect("the clients are there"));
        node.params.set("arrivals", arrivals);
        session.apply(Change::Edit(Edit::between(session.document(), &after))).expect("both are possible");
    }
    session.advance(SimTime::NEVER, u64::MAX);
    assert!(session.system().totals().run.offered > offered + 100, "and after the last change");
    conserved(&session);
}
