//! What a builder expects of an editor: each task in as few actions as elsewhere.

use super::*;
use crate::editor::geometry::{GRID, card_rect, fit};
use crate::topology::document::EdgeId;

fn at(state: &EditorState, edge: u32, end: bool) -> Point {
    let curve = state.curves[&EdgeId(edge)];
    if end { curve.p3 } else { curve.p0 }
}

fn ends(editor: &TestEditor, edge: u32) -> String {
    edit::target_name(&editor.state.document, Target::Edge(EdgeId(edge)))
}

#[test]
fn a_wires_end_moves_to_another_station_and_keeps_its_settings() {
    let editor = TestEditor::new("src -> a; b; db");
    let edge = Target::Edge(EdgeId(1));
    let set = EditCommand::SetParam { target: edge, key: "timeout".to_owned(), value: Some(Value::Number(2.0)) };
    let editor = editor.edit(set);
    let (end, goal) = (at(&editor.state, 1, true), editor.middle("b"));
    let editor = editor
        .down(end.x - 4.0, end.y)
        .expect_tool("reconnecting")
        .moved(goal.x, goal.y)
        .up()
        .expect_tool("idle")
        .expect_undo(Some("Reconnect src to b"), 2);
    assert_eq!(ends(&editor, 1), "src to b");
    assert_eq!(editor.state.document.edges[&EdgeId(1)].params.get("timeout"), Some(&Value::Number(2.0)));
    // Let go over nothing, the end goes back; a station that takes no calls is refused with its reason.
    let (end, source) = (at(&editor.state, 1, true), editor.middle("src"));
    let editor = editor.down(end.x - 4.0, end.y).moved(500.0, 700.0).up().expect_undo(Some("Reconnect src to b"), 2);
    let editor = editor.down(end.x - 4.0, end.y).moved(source.x, source.y).up().expect_notice("cannot call itself");
    // The start of a selected wire lies over the port.
    let (start, other) = (at(&editor.state, 1, false), editor.middle("a"));
    let editor = editor.down(start.x, start.y).expect_tool("reconnecting").moved(other.x, other.y).up();
    assert_eq!(ends(&editor, 1), "a to b");
}

#[test]
fn a_press_on_a_wires_end_that_goes_nowhere_selects_it() {
    let editor = TestEditor::new("src -> a");
    let end = at(&editor.state, 1, true);
    editor.click(end.x - 4.0, end.y).expect_tool("idle").expect_edge_selected("src", "a").expect_undo(None, 0);
}

#[test]
fn a_station_dropped_on_a_wire_goes_into_it_as_one_step_and_what_follows_makes_room() {
    let editor = TestEditor::new("src -> a; a -> db");
    let curve = editor.state.curves[&EdgeId(1)];
    let middle = curve.at(0.5);
    let editor =
        editor.ask(ToolRequest::Place { kind: "balancer".to_owned(), dragged: true }).moved(middle.x, middle.y + 10.0);
    assert_eq!(
        editor.state.tool.candidate(&editor.state.document, &editor.state.curves),
        Some(Target::Edge(EdgeId(1)))
    );
    let editor = editor.up().expect_undo(Some("Put Balancer between src and a"), 1).expect_selected(&["Balancer"]);
    assert_eq!((ends(&editor, 1), ends(&editor, 3)), ("src to Balancer".to_owned(), "Balancer to a".to_owned()));
    let rects: Vec<Rect> = editor.state.document.nodes.values().map(|node| card_rect(node)).collect();
    for (place, a) in rects.iter().enumerate() {
        assert!(rects[place + 1..].iter().all(|b| !a.touches(b)), "cards overlap: {rects:?}");
    }
    let editor = editor.ctrl("z");
    assert_eq!((editor.state.document.nodes.len(), editor.state.document.edges.len()), (3, 2));
    // A card that is there, and not wired yet, goes in as well; a client cannot.
    let editor = TestEditor::new("src -> a; b").holding(ALT);
    let (b, middle) = (editor.middle("b"), editor.state.curves[&EdgeId(1)].at(0.5));
    let editor = editor.holding(CTRL).down(b.x, b.y);
    let editor = editor.holding(Modifiers::default()).moved(middle.x, middle.y).up();
    assert_eq!(editor.state.history.undo_label(), Some("Put b between src and a"));
    let editor = TestEditor::new("src -> a").ask(ToolRequest::Place { kind: "source".to_owned(), dragged: true });
    editor.moved(middle.x, middle.y).up().expect_undo(Some("Add Clients"), 1);
}

#[test]
fn a_wire_let_go_over_empty_canvas_asks_for_a_kind() {
    let editor = TestEditor::new("src");
    let port = editor.port("src");
    let editor = editor
        .down(port.x, port.y)
        .moved(500.0, 300.0)
        .up()
        .expect_tool("choosing")
        .ask(ToolRequest::Take { kind: "service".to_owned() })
        .expect_tool("idle")
        .expect_undo(Some("Add and connect src to Service"), 1)
        .expect_selected(&["Service"]);
    assert_eq!(ends(&editor, 1), "src to Service");
    let card = card_rect(&editor.state.document.nodes[&editor.id("Service")]);
    assert!((card.x - 500.0).abs() <= GRID && (card.center().y - 300.0).abs() <= GRID, "it stands at the wire's end");
    let port = editor.port("src");
    editor
        .down(port.x, port.y)
        .moved(300.0, 600.0)
        .up()
        .key("Escape")
        .expect_tool("idle")
        .expect_undo(Some("Add and connect src to Service"), 1);
}

#[test]
fn a_double_press_and_f2_open_the_name() {
    let editor = TestEditor::new("a; b");
    let target = Target::Node(editor.id("b"));
    let editor = editor.double_click(260.0, 20.0).expect_selected(&["b"]);
    assert_eq!(editor.state.session.renaming, Some(target));
    let editor = editor.click(700.0, 700.0);
    assert_eq!(editor.state.session.renaming, None, "a press elsewhere ends it");
    let editor = editor.click(260.0, 20.0).key("F2");
    assert_eq!(editor.state.session.renaming, Some(target));
    assert_eq!(editor.key("Delete").state.session.renaming, None);
}

#[test]
fn one_value_is_set_on_many_as_one_step() {
    let editor = TestEditor::new("a; b; c; d");
    let targets: Vec<Target> = ["a", "b", "c", "d"].map(|name| Target::Node(editor.id(name))).to_vec();
    let (key, value) = ("replicas".to_owned(), Value::Number(3.0));
    let editor = editor
        .edit(EditCommand::SetParamOfAll { targets, key, value: value.clone() })
        .expect_undo(Some("Change replicas of 4"), 1);
    assert!(editor.state.document.nodes.values().all(|node| node.params.get("replicas") == Some(&value)));
}

#[test]
fn alt_drags_a_copy_and_the_original_stays() {
    let editor = TestEditor::new("a -> b").ctrl("a");
    let editor = editor
        .holding(ALT)
        .down(20.0, 20.0)
        .moved(20.0, 200.0)
        .moved(20.0, 308.0)
        .up()
        .expect_undo(Some("Duplicate 2 nodes"), 1)
        .expect_selected(&["a 2", "b 2"])
        .expect_outline(expect![[r#"
            a 0,0
            b 240,0
            a 2 0,288
            b 2 240,288
            a -> b
            a 2 -> b 2"#]]);
    editor.holding(Modifiers::default()).ctrl("z").expect_outline(expect![[r#"
        a 0,0
        b 240,0
        a -> b"#]]);
    // Escape puts everything back.
    TestEditor::new("a").holding(ALT).down(20.0, 20.0).moved(300.0, 300.0).key("Escape").expect_undo(None, 0);
}

#[test]
fn the_view_follows_what_is_dragged_to_the_edge() {
    let editor = TestEditor::new("a").down(20.0, 20.0).moved(600.0, 400.0);
    assert_eq!(editor.state.edge_pull(), None);
    let editor = editor.moved(1_195.0, 400.0);
    let before = editor.middle("a");
    assert!(editor.state.edge_pull().is_some_and(|(x, y)| x > 0.0 && y == 0.0));
    let editor = editor.act(Action::FollowEdge(50.0)).act(Action::FollowEdge(50.0));
    assert!(editor.state.session.camera().x > 40.0, "the view went along");
    assert!((editor.middle("a").x - before.x).abs() <= GRID, "and the card stays under the hand");
    assert_eq!(editor.up().state.edge_pull(), None);
    // What is dragged in from the palette passes the edge first.
    let editor = TestEditor::new("").ask(ToolRequest::Place { kind: "service".to_owned(), dragged: true });
    let editor = editor.moved(5.0, 300.0);
    assert_eq!(editor.state.edge_pull(), None);
    assert!(editor.moved(300.0, 300.0).moved(5.0, 300.0).state.edge_pull().is_some());
    // So does what is dragged in right after something else.
    let editor = TestEditor::new("a").down(20.0, 20.0).moved(300.0, 300.0).up();
    let editor = editor.ask(ToolRequest::Place { kind: "service".to_owned(), dragged: true }).moved(5.0, 300.0);
    assert_eq!(editor.state.edge_pull(), None);
}

#[test]
fn a_card_let_go_outside_the_stage_is_brought_into_view() {
    let editor = TestEditor::new("a").down(20.0, 20.0).moved(-300.0, 300.0).up();
    let middle = editor.middle("a");
    assert!((0.0..=1200.0).contains(&middle.x), "{middle:?}");
}

#[test]
fn a_paste_goes_to_the_pointer_and_stays_in_view() {
    let editor = TestEditor::new("a").select(&["a"]);
    let text = editor.state.copy_text().expect("a node is selected");
    let paste = |at_world| Action::PasteText { text: text.clone(), at_world };
    let editor = editor.act(paste(Some(Point { x: 700.0, y: 500.0 })));
    let middle = editor.middle("a 2");
    assert!((middle.x - 700.0).abs() <= GRID && (middle.y - 500.0).abs() <= GRID);
    // Over what was copied it would only cover it.
    let editor = editor.act(paste(Some(Point { x: 40.0, y: 40.0 })));
    assert_eq!(editor.state.document.nodes[&editor.id("a 3")].at, Point { x: 24.0, y: 24.0 });
    let editor = editor.act(Action::Session(SessionChange::PanBy { dx: -3_000.0, dy: 0.0 })).act(paste(None));
    let middle = editor.middle("a 4");
    assert!((0.0..=1200.0).contains(&middle.x), "{middle:?}");
}

#[test]
fn a_secondary_press_selects_and_opens_the_menu_and_the_next_press_closes_it() {
    let ids = |editor: &TestEditor| commands::menu(&editor.state).iter().map(|command| command.id).collect::<Vec<_>>();
    let editor = TestEditor::new("a; b").right_click(260.0, 20.0).expect_selected(&["b"]);
    assert_eq!(editor.state.session.menu, Some(Point { x: 260.0, y: 20.0 }));
    assert_eq!(ids(&editor), ["rename", "connect", "duplicate", "copy", "cut", "delete"]);
    let editor = editor.ctrl("a").right_click(20.0, 20.0).expect_selected(&["a", "b"]);
    let editor = editor.right_click(700.0, 700.0).expect_selected(&[]);
    assert_eq!(ids(&editor), ["select-all", "fit", "tidy-layout", "toggle-snap"]);
    let editor = editor.click(20.0, 20.0);
    assert_eq!(editor.state.session.menu, None);
    assert_eq!(editor.holding(SHIFT).key("F10").state.session.menu.map(|at| at.x), Some(84.0));
}

#[test]
fn fitting_five_hundred_stations_shows_all_of_them() {
    let mut document = Document::default();
    for place in 0..500 {
        let at = Point { x: f64::from(place % 10) * 264.0, y: f64::from(place / 10) * 144.0 };
        let (kind, label) = ("service".to_owned(), String::new());
        let params = Params::new();
        document.add_node(crate::topology::document::Node { kind, label, role: None, area: None, at, params });
    }
    let camera = fit(&document, Size { width: 900.0, height: 600.0 }).expect("there are stations");
    for node in document.nodes.values() {
        let rect = card_rect(node);
        let near = camera.screen_from_world(Point { x: rect.x, y: rect.y });
        let far = camera.screen_from_world(Point { x: rect.right(), y: rect.bottom() });
        assert!(near.x >= 0.0 && near.y >= 0.0 && far.x <= 900.0 && far.y <= 600.0, "{rect:?}");
    }
}
