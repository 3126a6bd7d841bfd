//! Everything a person can draw either is refused in words or runs: no parameters, no wiring and no change while it
//! runs make the engine panic or lose a request.

use headroom::engine::time::SimTime;
use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::document::{Change, Document, Edit, Fault, FaultTarget, NodeId, ScheduledFault};
use headroom::topology::format::Run;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::any::{any_document, any_fault, hastened, mended};

fn conserved(session: &Session) {
    let report = Report::of(session.system(), session.document(), session.inputs().len());
    let whole = &report.whole;
    assert_eq!(whole.offered, whole.outcomes.ended() + whole.in_flight, "requests");
    for edge in &report.whole.edges {
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
        if let Some(later) = mended(hastened(later)) {
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

/// A source that turns from schedule to users and back keeps going, with users and requests under way at the time.
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
