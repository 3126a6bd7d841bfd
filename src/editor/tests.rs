//! Scripts of a person at work.

mod any_script;
mod areas;
mod faults;
mod read_only;
mod tasks;

use std::rc::Rc;

use expect_test::expect;
use proptest::prelude::*;

use super::invariants::validate_invariants;
use super::testing::{TestEditor, document};
use super::*;
use crate::model::params::{Params, Value};
use crate::topology::document::{AreaId, EdgeId, Fault, FaultTarget, NodeId, Point, ScheduledFault};

const SHIFT: Modifiers = Modifiers { shift: true, ctrl: false, alt: false, space: false };
const CTRL: Modifiers = Modifiers { shift: false, ctrl: true, alt: false, space: false };
const ALT: Modifiers = Modifiers { shift: false, ctrl: false, alt: true, space: false };

#[test]
fn dragging_a_card_is_one_step_to_undo_and_snaps_to_the_grid() {
    TestEditor::new("src -> a")
        .down(300.0, 20.0)
        .expect_tool("pointing")
        .expect_selected(&["a"])
        .moved(302.0, 22.0)
        .expect_tool("pointing")
        .moved(320.0, 130.0)
        .expect_tool("translating")
        .moved(349.0, 163.0)
        .up()
        .expect_tool("idle")
        .expect_outline(expect![[r#"
            src 0,0
            a 288,144
            src -> a"#]])
        .expect_undo(Some("Move a"), 1)
        .ctrl("z")
        .expect_outline(expect![[r#"
            src 0,0
            a 240,0
            src -> a"#]])
        .ctrl("y")
        .expect_undo(Some("Move a"), 1);
}

#[test]
fn escape_takes_a_drag_back_and_leaves_no_step() {
    TestEditor::new("src -> a")
        .down(300.0, 20.0)
        .moved(500.0, 300.0)
        .expect_tool("translating")
        .key("Escape")
        .expect_tool("idle")
        .expect_outline(expect![[r#"
            src 0,0
            a 240,0
            src -> a"#]])
        .expect_undo(None, 0);
}

#[test]
fn undo_in_the_middle_of_a_drag_takes_back_the_drag_only() {
    TestEditor::new("src -> a")
        .edit(EditCommand::SetSeed(7))
        .down(300.0, 20.0)
        .moved(500.0, 300.0)
        .ctrl("z")
        .expect_tool("idle")
        .expect_undo(Some("Set the seed to 7"), 1)
        .up()
        .expect_undo(Some("Set the seed to 7"), 1);
}

#[test]
fn a_drag_that_ends_where_it_began_is_no_step() {
    TestEditor::new("a").down(20.0, 20.0).moved(200.0, 200.0).moved(20.0, 20.0).up().expect_undo(None, 0);
}

#[test]
fn several_cards_move_together_and_ctrl_turns_snapping_off() {
    TestEditor::new("a; b; c")
        .click(20.0, 20.0)
        .holding(SHIFT)
        .click(260.0, 20.0)
        .expect_selected(&["a", "b"])
        .down(260.0, 20.0)
        .holding(CTRL)
        .moved(265.5, 331.0)
        .up()
        .expect_undo(Some("Move 2 nodes"), 1)
        .expect_outline(expect![[r#"
            a 5.5,311
            b 245.5,311
            c 480,0"#]]);
}

#[test]
fn a_click_on_one_of_several_narrows_the_selection_and_shift_toggles() {
    TestEditor::new("a; b")
        .ctrl("a")
        .expect_selected(&["a", "b"])
        .click(20.0, 20.0)
        .expect_selected(&["a"])
        .holding(SHIFT)
        .click(20.0, 20.0)
        .expect_selected(&[]);
}

#[test]
fn a_card_settles_in_line_with_its_neighbor() {
    // b's middle comes within reach of a's middle: they line up though the grid would not do it.
    let editor = TestEditor::new("src; a").down(300.0, 20.0).moved(310.0, 8.0);
    match &editor.state.tool {
        ToolState::Translating { guides, .. } => assert_eq!(guides.len(), 1, "one guide line: the row"),
        other => panic!("{other:?}"),
    }
    let editor = editor.up();
    assert_eq!(editor.middle("src").y, editor.middle("a").y);
}

#[test]
fn the_marquee_selects_what_it_touches_and_escape_restores() {
    TestEditor::new("a -> b; c")
        .down(420.0, 300.0)
        .expect_tool("brushing")
        .moved(200.0, 40.0)
        .expect_selected(&["b"])
        .moved(100.0, 40.0)
        .expect_selected(&["a", "b"])
        .key("Escape")
        .expect_selected(&[])
        .click(20.0, 20.0)
        .holding(SHIFT)
        .down(420.0, 300.0)
        .moved(300.0, 40.0)
        .up()
        .expect_selected(&["a", "b"])
        .holding(Modifiers::default())
        .click(600.0, 600.0)
        .expect_selected(&[]);
}

#[test]
fn a_wire_is_drawn_from_the_port_to_a_card() {
    let editor = TestEditor::new("src; a");
    let (port, goal) = (editor.port("src"), editor.middle("a"));
    editor
        .down(port.x, port.y)
        .expect_tool("connecting")
        .moved(goal.x, goal.y)
        .up()
        .expect_undo(Some("Connect src to a"), 1)
        .expect_edge_selected("src", "a")
        .key("Delete")
        .expect_undo(Some("Disconnect src to a"), 2);
}

#[test]
fn wires_that_make_no_sense_are_refused_with_a_reason() {
    let editor = TestEditor::new("src -> a; db");
    let (source, database) = (editor.middle("src"), editor.middle("db"));
    let port = editor.port("a");
    let editor = editor
        .down(port.x, port.y)
        .moved(source.x, source.y)
        .up()
        .expect_notice("src sends requests and takes none")
        .expect_undo(None, 0);
    let (from, to) = (editor.id("src"), editor.id("a"));
    let editor = editor
        .edit(EditCommand::Connect { from, to })
        .expect_notice("src already calls a")
        .edit(EditCommand::Connect { from: to, to })
        .expect_notice("cannot call itself")
        .expect_undo(None, 0);
    // A database calls nobody: its right side is no port.
    let at = editor.port("db");
    editor.down(at.x - 1.0, at.y).expect_tool("pointing").moved(database.x, database.y + 90.0).up();
}

#[test]
fn source_then_target_by_clicks_by_fingers_and_by_keys() {
    let editor = TestEditor::new("src; a; b; db");
    let (a, b) = (editor.middle("a"), editor.middle("b"));
    let (id_b, id_db) = (editor.id("b"), editor.id("db"));
    editor
        .click(20.0, 20.0)
        .key("c")
        .expect_tool("picking")
        .click(a.x, a.y)
        .expect_edge_selected("src", "a")
        .expect_tool("idle")
        .ask(ToolRequest::Connect { from: None })
        .finger(4)
        .click(a.x, a.y)
        .click(b.x, b.y)
        .expect_edge_selected("a", "b")
        .ask(ToolRequest::Connect { from: None })
        .ask(ToolRequest::Pick(id_b))
        .ask(ToolRequest::Pick(id_db))
        .expect_edge_selected("b", "db")
        .ask(ToolRequest::Connect { from: Some(id_b) })
        .key("Escape")
        .expect_tool("idle");
}

#[test]
fn a_click_on_a_port_waits_for_the_target() {
    let editor = TestEditor::new("src; a");
    let (port, goal) = (editor.port("src"), editor.middle("a"));
    editor
        .click(port.x, port.y)
        .expect_tool("picking")
        .moved(goal.x, goal.y)
        .click(goal.x, goal.y)
        .expect_edge_selected("src", "a");
}

#[test]
fn a_card_is_placed_by_drag_by_clicks_and_by_key() {
    TestEditor::new("")
        .ask(ToolRequest::Place { kind: "service".to_owned(), dragged: true })
        .moved(400.0, 300.0)
        .up()
        .expect_tool("idle")
        .ask(ToolRequest::Place { kind: "database".to_owned(), dragged: true })
        .moved(-40.0, 300.0)
        .up()
        .expect_tool("placing")
        .click(700.0, 300.0)
        .expect_tool("idle")
        .ask(ToolRequest::PlaceAtCenter { kind: "service".to_owned() })
        .ask(ToolRequest::PlaceAtCenter { kind: "service".to_owned() })
        .expect_selected(&["Service 3"])
        .expect_undo(Some("Add Service 3"), 4)
        .ask(ToolRequest::Place { kind: "cache".to_owned(), dragged: false })
        .key("Escape")
        .expect_tool("idle")
        .expect_outline(expect![[r#"
            Service 312,252
            Database 612,264
            Service 2 516,348
            Service 3 540,372"#]]);
}

#[test]
fn the_view_pans_and_zooms_without_touching_document_or_history() {
    let editor = TestEditor::new("a")
        .middle_down(500.0, 500.0)
        .expect_tool("panning")
        .moved(540.0, 510.0)
        .up()
        .wheel(0.0, -100.0)
        .key("-")
        .key("0")
        .expect_undo(None, 0);
    assert_eq!(editor.state.session.camera().zoom, 1.0);
    let editor = editor.key("f");
    let middle = editor.middle("a");
    assert!((middle.x - 600.0).abs() < 1e-9 && (middle.y - 374.0).abs() < 1e-9);
    let space = Modifiers { space: true, ..Modifiers::default() };
    editor.holding(space).down(600.0, 400.0).expect_tool("panning");
}

#[test]
fn two_fingers_pinch_and_one_finger_pans_or_taps() {
    let editor = TestEditor::new("a")
        .click(20.0, 20.0)
        .finger(1)
        .down(400.0, 400.0)
        .expect_tool("panning")
        .finger(2)
        .down(600.0, 400.0)
        .expect_tool("pinching")
        .moved(800.0, 400.0)
        .up()
        .finger(1)
        .up()
        .expect_tool("idle");
    assert!((editor.state.session.camera().zoom - 2.0).abs() < 1e-9);
    assert!(editor.state.session.touches.is_empty());
    editor.expect_selected(&["a"]).finger(3).click(900.0, 700.0).expect_selected(&[]);
}

#[test]
fn copies_get_fresh_ids_keep_their_wires_and_never_bury_each_other() {
    TestEditor::new("src -> a; a -> db")
        .select(&["a", "db"])
        .ctrl("c")
        .ctrl("v")
        .expect_selected(&["a 2", "db 2"])
        .ctrl("v")
        .expect_undo(Some("Paste 2 nodes"), 2)
        .expect_outline(expect![[r#"
            src 0,0
            a 240,0
            db 480,0
            a 2 264,24
            db 2 504,24
            a 3 288,48
            db 3 528,48
            src -> a
            a -> db
            a 2 -> db 2
            a 3 -> db 3"#]])
        .select(&["a 2"])
        .ctrl("d")
        .expect_undo(Some("Duplicate a 2"), 3)
        .expect_selected(&["a 4"]);
}

#[test]
fn a_clip_travels_as_text_and_other_text_is_ignored() {
    let editor = TestEditor::new("a -> b").ctrl("a");
    let text = editor.state.copy_text().expect("nodes are selected");
    TestEditor::new("")
        .act(Action::PasteText { text, at_world: None })
        .expect_selected(&["a", "b"])
        .expect_undo(Some("Paste 2 nodes"), 1)
        .act(Action::PasteText { text: "a shopping list".to_owned(), at_world: None })
        .act(Action::PasteText { text: "{\"headroom_clip\":1,\"nodes\":{}}".to_owned(), at_world: None })
        .expect_undo(Some("Paste 2 nodes"), 1);
}

#[test]
fn deleting_takes_wires_and_planned_faults_along_and_undo_brings_them_back() {
    let editor = TestEditor::new("src -> a; a -> db");
    let fault = ScheduledFault {
        at_secs: 10.0,
        for_secs: None,
        fault: Fault { kind: "kill".to_owned(), target: FaultTarget::Node(editor.id("a")), params: Params::new() },
    };
    let editor = editor.edit(EditCommand::AddFault(fault)).select(&["a"]).key("Delete");
    assert!(editor.state.document.edges.is_empty() && editor.state.document.faults.is_empty());
    let editor = editor.ctrl("z").expect_selected(&["a"]);
    assert_eq!((editor.state.document.edges.len(), editor.state.document.faults.len()), (2, 1));
}

#[test]
fn ids_are_never_given_twice() {
    let editor = TestEditor::new("a; b").select(&["b"]).key("Delete");
    let editor = editor.ask(ToolRequest::PlaceAtCenter { kind: "service".to_owned() });
    assert_eq!(editor.id("Service"), NodeId(3));
}

#[test]
fn a_slider_drag_is_one_step_and_the_default_is_not_written() {
    let editor = TestEditor::new("a");
    let target = Target::Node(editor.id("a"));
    let set = |value: Option<f64>| EditCommand::SetParam {
        target,
        key: "replicas".to_owned(),
        value: value.map(Value::Number),
    };
    let gesture = GestureId::Param(target, "replicas".to_owned());
    let drag = |value: f64| Action::Drag { gesture: gesture.clone(), edit: set(Some(value)) };
    let editor = editor
        .act(drag(2.0))
        .act(drag(3.0))
        .act(drag(4.0))
        .act(Action::EndGesture)
        .expect_undo(Some("Change replicas of a"), 1)
        .edit(set(Some(4.0)))
        .expect_undo(Some("Change replicas of a"), 1)
        .edit(set(Some(1.0)))
        .expect_undo(Some("Change replicas of a"), 2);
    assert!(editor.state.document.nodes[&NodeId(1)].params.0.is_empty());
}

#[test]
fn arrows_move_cards_as_one_step_while_held_and_the_view_when_nothing_is_selected() {
    let press = |key: &str| {
        Action::Input(Input {
            kind: InputKind::KeyDown(key.to_owned()),
            pos_screen: Point::default(),
            modifiers: Modifiers::default(),
            pointer: 1,
            touch: false,
        })
    };
    TestEditor::new("a; b")
        .click(20.0, 20.0)
        .act(press("ArrowDown"))
        .act(press("ArrowDown"))
        .key("ArrowDown")
        .expect_undo(Some("Move a"), 1)
        .key("ArrowRight")
        .expect_undo(Some("Move a"), 2)
        .expect_outline(expect![[r#"
            a 12,36
            b 240,0"#]])
        .key("Escape")
        .key("ArrowRight")
        .expect_undo(Some("Move a"), 2);
}

#[test]
fn selecting_and_looking_never_clear_redo() {
    let editor = TestEditor::new("a").edit(EditCommand::SetSeed(5)).ctrl("z").ctrl("a").key("f").wheel(0.0, 50.0);
    assert_eq!(editor.state.history.redo_len(), 1);
    let editor = editor.ctrl("y");
    assert_eq!(editor.state.document.seed, 5);
    let editor = editor.ctrl("z").edit(EditCommand::SetSeed(9));
    assert_eq!(editor.state.history.redo_len(), 0);
}

#[test]
fn a_lesson_keeps_its_world() {
    let editor = TestEditor::new("src -> a");
    let (source, service) = (editor.id("src"), editor.id("a"));
    let guard = Guard {
        keep_nodes: [source].into(),
        fixed_params: [(Target::Node(source), "*".to_owned())].into(),
        kinds: Some(["service".to_owned()].into()),
        fixed_run: true,
        ..Guard::default()
    };
    let set = |target| EditCommand::SetParam {
        target: Target::Node(target),
        key: "slots".to_owned(),
        value: Some(Value::Number(3.0)),
    };
    editor
        .act(Action::SetGuard(Rc::new(guard)))
        .edit(set(source))
        .expect_notice("belongs to the lesson's world")
        .edit(set(service))
        .expect_undo(Some("Change slots per replica of a"), 1)
        .ctrl("a")
        .key("Delete")
        .expect_notice("src belongs to the lesson's world")
        .ask(ToolRequest::PlaceAtCenter { kind: "cache".to_owned() })
        .expect_notice("does without: Cache")
        .edit(EditCommand::SetRunLength(5.0))
        .expect_notice("belongs to the lesson's world")
        .edit(EditCommand::SetSeed(3))
        .expect_undo(Some("Set the seed to 3"), 2);
}

#[test]
fn opening_another_document_starts_anew_and_shows_all_of_it() {
    let editor = TestEditor::new("a").edit(EditCommand::SetSeed(5)).ctrl("a");
    let other = Rc::new(document("src -> b; b -> db"));
    let editor = editor.act(Action::Open(other)).expect_undo(None, 0).expect_selected(&[]);
    assert_eq!(editor.state.opened, 1);
    for label in ["src", "b", "db"] {
        let middle = editor.middle(label);
        assert!((0.0..=1200.0).contains(&middle.x) && (0.0..=800.0).contains(&middle.y));
    }
}

#[test]
fn revealing_selects_focuses_and_brings_into_view() {
    let editor = TestEditor::new("a -> b");
    let id = editor.id("b");
    let far = EditCommand::MoveTo([(id, Point { x: 5_000.0, y: 5_000.0 })].into());
    let editor = editor.edit(far).act(Action::Session(SessionChange::Reveal(Target::Node(id)))).expect_selected(&["b"]);
    let middle = editor.middle("b");
    assert!((0.0..=1200.0).contains(&middle.x) && (0.0..=800.0).contains(&middle.y));
    assert_eq!(editor.state.session.focus.map(|(target, _)| target), Some(Target::Node(id)));
}

#[test]
fn history_is_capped() {
    let mut state = EditorState::default();
    for seed in 0..300 {
        state = update(&state, Action::Edit(EditCommand::SetSeed(seed + 2)));
    }
    assert_eq!(state.history.undo_len(), history::HISTORY_MAX);
}
