//! A fault in hand: aimed, dropped, let loose by key.

use super::*;
use crate::editor::{Deed, FaultCard};
use crate::model::fault;
use crate::topology::document::FaultTarget;

fn kind(id: &str) -> &'static fault::FaultKind {
    fault::find(id).expect("it is in the registry")
}

/// What the latest deed let loose, and how many deeds there were; or what is aimed and asks for its numbers first.
fn struck(editor: &TestEditor) -> Option<(String, FaultTarget, u32)> {
    let Some((serial, _, Deed::Do(changes))) = editor.state.session.deeds.latest.last() else { return None };
    let [Change::Inject(fault)] = &changes[..] else { panic!("{changes:?}") };
    Some((fault.kind.clone(), fault.target, *serial))
}

fn aimed(editor: &TestEditor) -> Option<(String, FaultTarget)> {
    let Some(FaultCard::Aimed(fault)) = &editor.state.session.fault else { return None };
    Some((fault.kind.clone(), fault.target))
}

#[test]
fn a_fault_is_dropped_on_what_it_can_hit() {
    let editor = TestEditor::new("src -> a").ask(ToolRequest::PlaceFault { kind: kind("hang"), dragged: true });
    let (source, service) = (editor.id("src"), editor.id("a"));
    let (at_source, at_service) = (editor.middle("src"), editor.middle("a"));
    let editor = editor.expect_tool("aiming").moved(at_source.x, at_source.y);
    let may = |editor: &TestEditor, target| editor.state.tool.may_hit(&editor.state.document, target);
    assert_eq!(may(&editor, Target::Node(source)), Some(false), "clients do not hang");
    assert_eq!(may(&editor, Target::Node(service)), Some(true));
    let editor = editor.moved(at_service.x, at_service.y);
    assert!(
        matches!(editor.state.tool, ToolState::PlacingFault { candidate: Some(Target::Node(id)), .. } if id == service)
    );
    let steps = editor.state.history.undo_len();
    let editor = editor.up().expect_tool("idle").expect_selected(&["a"]);
    assert_eq!(struck(&editor), Some(("hang".to_owned(), FaultTarget::Node(service), 1)));
    let editor = editor.expect_undo(Some("a hangs: it takes requests and answers none"), steps + 1);
    assert_eq!(editor.state.tool.may_hit(&editor.state.document, Target::Node(service)), None);
}

#[test]
fn a_fault_dropped_beside_everything_hits_nothing() {
    let editor = TestEditor::new("src -> a")
        .ask(ToolRequest::PlaceFault { kind: kind("kill"), dragged: true })
        .moved(500.0, 500.0)
        .up()
        .expect_tool("idle")
        .expect_notice("Nothing was hit");
    assert_eq!(struck(&editor), None);
}

#[test]
fn the_nearest_connection_is_hit() {
    let editor = TestEditor::new("src -> a").ask(ToolRequest::PlaceFault { kind: kind("loss"), dragged: false });
    let curve = *editor.state.curves.values().next().expect("there is one");
    let at = curve.at(0.5);
    let editor = editor.moved(at.x, at.y + 10.0).click(at.x, at.y + 10.0);
    let edge = *editor.state.document.edges.keys().next().expect("there is one");
    assert_eq!(aimed(&editor), Some(("loss".to_owned(), FaultTarget::Edge(edge))));
    assert_eq!(struck(&editor), None, "how much is lost is said first");
}

#[test]
fn by_key_it_hits_what_is_selected_or_what_is_chosen_next() {
    let editor = TestEditor::new("src -> a; b");
    let (a, b) = (editor.id("a"), editor.id("b"));
    let editor = editor.select(&["a"]).ask(ToolRequest::PlaceFaultAtSelection { kind: kind("kill") });
    assert_eq!(struck(&editor), Some(("kill".to_owned(), FaultTarget::Node(a), 1)));
    let editor = editor
        .select(&["src"])
        .ask(ToolRequest::PlaceFaultAtSelection { kind: kind("kill") })
        .expect_tool("aiming")
        .ask(ToolRequest::Pick(editor_source()))
        .expect_tool("aiming")
        .expect_notice("Nothing was hit")
        .ask(ToolRequest::Pick(b));
    assert_eq!(struck(&editor), Some(("kill".to_owned(), FaultTarget::Node(b), 2)));
    let editor = editor.ask(ToolRequest::PlaceFault { kind: kind("loss"), dragged: false });
    let edge = *editor.state.document.edges.keys().next().expect("there is one");
    let editor = editor.ask(ToolRequest::Choose(Target::Edge(edge)));
    assert_eq!(aimed(&editor), Some(("loss".to_owned(), FaultTarget::Edge(edge))));
    let editor = editor.ask(ToolRequest::PlaceFault { kind: kind("loss"), dragged: false }).key("Escape");
    assert_eq!((editor.state.tool.word(), struck(&editor).map(|strike| strike.2)), ("idle", Some(2)));
}

/// The clients of a drawing that begins with them.
fn editor_source() -> NodeId {
    NodeId(1)
}

#[test]
fn an_outage_hits_the_innermost_place() {
    let mut document = crate::editor::testing::document("a");
    super::areas::add_region_with_zone(&mut document);
    let aimed = |x, y| {
        crate::editor::faults::aimed_at(
            &document,
            &std::collections::BTreeMap::new(),
            Point { x, y },
            1.0,
            kind("outage"),
        )
    };
    assert_eq!(aimed(500.0, 500.0), Some(Target::Area(AreaId(2))), "the zone");
    assert_eq!(aimed(1_000.0, 260.0), Some(Target::Area(AreaId(1))), "the region around it");
    assert_eq!(aimed(0.0, 0.0), None);
}

#[test]
fn several_faults_are_planned_in_one_step() {
    let editor = TestEditor::new("src -> a");
    let a = editor.id("a");
    let planned = |at_secs| ScheduledFault {
        at_secs,
        for_secs: Some(1.0),
        fault: Fault { kind: "kill".to_owned(), target: FaultTarget::Node(a), params: Params::new() },
    };
    let steps = editor.state.history.undo_len();
    let editor = editor.edit(EditCommand::AddFaults(vec![planned(1.0), planned(3.0)]));
    assert_eq!(editor.state.document.faults.len(), 2);
    let editor = editor.expect_undo(Some("Plan 2 faults"), steps + 1).act(Action::Undo);
    assert!(editor.state.document.faults.is_empty());
}

#[test]
fn one_of_several_replicas_is_asked_for_and_nothing_where_there_is_nothing_to_ask() {
    let document = crate::editor::testing::document("src -> a");
    let asks = |id: &str, replicas: f64, target| {
        let mut document = document.clone();
        let mut node = (*document.nodes[&NodeId(2)]).clone();
        node.params.set("replicas", replicas);
        document.nodes.insert(NodeId(2), node.into());
        let fault = Fault { kind: id.to_owned(), target, params: Params::new() };
        crate::editor::faults::asks(&document, &fault)
    };
    let whole = FaultTarget::Node(NodeId(2));
    assert!(asks("kill", 3.0, whole) && !asks("kill", 1.0, whole));
    assert!(asks("slow", 1.0, whole), "how much slower");
}

/// A deed stands in the history between steps of the drawing, in order; the run hears of each way back.
#[test]
fn what_a_hand_did_to_the_run_is_undone_in_its_turn() {
    let editor = TestEditor::new("src -> a");
    let a = editor.id("a");
    let fault = |kind: &str| Fault { kind: kind.to_owned(), target: FaultTarget::Node(a), params: Params::new() };
    let act = |editor: TestEditor, change: Change| editor.act(Action::Session(SessionChange::Act(vec![change])));
    let rename = EditCommand::Rename { node: a, label: "Shop".to_owned() };
    let editor = act(editor, Change::Inject(fault("kill"))).edit(rename);
    let steps = editor.state.history.undo_len();
    assert_eq!(editor.state.history.latest_deed(), None);
    let editor = editor.act(Action::Undo);
    assert_eq!(editor.state.session.deeds.latest.len(), 1, "the name alone is undone");
    assert_eq!(editor.state.history.latest_deed(), Some(1));
    let editor = editor.act(Action::Undo).expect_notice("Undone: a was killed.");
    let latest = |editor: &TestEditor| editor.state.session.deeds.latest.last().cloned();
    assert_eq!(latest(&editor), Some((2, 1, Deed::TakeBack)));
    let editor = editor.act(Action::Redo);
    assert!(matches!(latest(&editor), Some((3, 1, Deed::Do(_)))));
    let editor = editor.act(Action::Redo);
    assert_eq!(editor.state.history.undo_len(), steps);
    let editor = editor.act(Action::Session(SessionChange::ForgetDeeds));
    assert_eq!(editor.state.history.undo_len(), steps - 1, "another run has begun");
    assert_eq!(&*editor.state.document.nodes[&a].label, "Shop");
}

#[test]
fn a_change_is_told_as_a_sentence() {
    let document = crate::editor::testing::document("src -> a; a -> b");
    let told = |change: &Change| crate::editor::faults::sentence(&document, change);
    let kill = Fault { kind: "kill".to_owned(), target: FaultTarget::Replica(NodeId(2), 2), params: Params::new() };
    assert_eq!(told(&Change::Inject(kill)), "a replica 3 was killed");
    let lift = Change::Lift { kind: "loss".to_owned(), target: FaultTarget::Edge(EdgeId(1)) };
    assert_eq!(told(&lift), "src → a delivers everything again");
    let mut after = document.clone();
    for id in [NodeId(2), NodeId(3)] {
        let mut node = (*after.nodes[&id]).clone();
        node.params.set("slots", 7.0);
        after.nodes.insert(id, node.into());
    }
    let edit = crate::topology::document::Edit::between(&document, &after);
    assert_eq!(told(&Change::Edit(edit)), "a and 1 more were changed");
}

#[test]
fn a_fault_that_lasts_is_over_so_long_after_a_hand_let_it_loose() {
    use crate::conversation::Hand;
    use crate::editor::faults::{lifted, over_at};
    use crate::topology::document::Input;
    let editor = TestEditor::new("src -> a; b");
    let fault = |name: &str| Fault {
        kind: "kill".to_owned(),
        target: FaultTarget::Node(editor.id(name)),
        params: Params::new(),
    };
    let (a, b) = (fault("a"), fault("b"));
    let hand = |at_ns: Option<u64>, fault: &Fault| Hand {
        input: Input { at_event: 1, change: Change::Inject(fault.clone()) },
        at_ns,
    };
    let hands = [hand(Some(1_000_000_000), &a), hand(Some(3_000_000_000), &a), hand(None, &b)];
    assert_eq!(over_at(&hands, &a, 2.5), Some(5_500_000_000), "the latest counts");
    assert_eq!(over_at(&hands, &b, 2.5), None, "it was not played yet");
    let lift = Change::Lift { kind: "kill".to_owned(), target: a.target };
    let lift = Hand { input: Input { at_event: 2, change: lift }, at_ns: Some(4_000_000_000) };
    assert!(!lifted(&hands, &a) && lifted(&[hands.to_vec(), vec![lift.clone()]].concat(), &a));
    assert!(!lifted(&[vec![lift], hands.to_vec()].concat(), &a), "it was let loose again");
    let strike = |editor: TestEditor, fault: &Fault, lasts_secs: f64| {
        editor.act(Action::Session(SessionChange::Strike { fault: fault.clone(), lasts_secs }))
    };
    let editor = strike(strike(editor, &a, 2.5), &b, 0.0);
    assert_eq!(editor.state.session.lasting, [(a.clone(), 2.5)], "for good: nothing lifts it");
    assert_eq!(struck(&editor), Some(("kill".to_owned(), b.target, 2)));
    let editor = strike(editor, &a, 1.0);
    assert_eq!(editor.state.session.lasting, [(a.clone(), 1.0)]);
    let editor = editor.act(Action::Session(SessionChange::Lasted(a)));
    assert!(editor.state.session.lasting.is_empty());
}
