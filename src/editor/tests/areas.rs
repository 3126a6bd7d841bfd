//! Regions and zones: drawn, filled, moved, resized, taken away.

use super::*;
use crate::editor::geometry::card_rect;
use crate::editor::places::{FRAME_MIN, REGION_SIZE, frame};
use crate::topology::document::{Area, AreaKind, Document};

/// A region over the right half of the first rows, and a zone in its lower part.
pub(super) fn add_region_with_zone(document: &mut Document) {
    let area = |kind: AreaKind, x: f64, y: f64, width: f64, height: f64| Area {
        kind,
        label: "Ireland".to_owned(),
        at: Point { x, y },
        size: Point { x: width, y: height },
    };
    let kind = AreaKind::Region { region: "eu-west-1".to_owned() };
    let region = document.add_area(area(kind, 456.0, 240.0, 600.0, 480.0));
    document.add_area(area(AreaKind::Zone { within: region }, 480.0, 456.0, 240.0, 240.0));
}

fn area_of(editor: &TestEditor, label: &str) -> Option<u32> {
    editor.state.document.nodes[&editor.id(label)].area.map(|area| area.0)
}

fn frame_of(editor: &TestEditor, id: u32) -> Rect {
    frame(&editor.state.document.areas[&AreaId(id)])
}

fn labels(editor: &TestEditor) -> Vec<&str> {
    editor.state.document.areas.values().map(|area| area.label.as_str()).collect()
}

/// Cards a (0,0), b (240,0), c (480,0), d (720,0), each 168 wide; a region pulled up around b and c.
fn with_region() -> TestEditor {
    TestEditor::new("a; b; c; d")
        .ask(ToolRequest::PlaceArea { zone: false, dragged: false })
        .expect_tool("placing")
        .down(228.0, -48.0)
        .moved(400.0, 100.0)
        .moved(672.0, 240.0)
        .up()
        .expect_tool("idle")
        .expect_undo(Some("Add Virginia"), 1)
}

#[test]
fn a_region_takes_in_what_its_frame_is_drawn_around() {
    let editor = with_region();
    assert_eq!(["a", "b", "c", "d"].map(|label| area_of(&editor, label)), [None, Some(1), Some(1), None]);
    assert_eq!(frame_of(&editor, 1), Rect { x: 228.0, y: -48.0, width: 444.0, height: 288.0 });
    assert_eq!(editor.state.session.selection.single(), Some(Target::Area(AreaId(1))));
    let editor = editor.ctrl("z");
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [None, None]);
    let editor = editor.ctrl("y");
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [Some(1), Some(1)]);
}

#[test]
fn a_click_places_a_region_of_the_usual_size_and_escape_none() {
    let editor = TestEditor::new("a")
        .ask(ToolRequest::PlaceArea { zone: false, dragged: false })
        .key("Escape")
        .expect_tool("idle")
        .click(600.0, 400.0);
    assert!(editor.state.document.areas.is_empty());
    let editor = editor.ask(ToolRequest::PlaceArea { zone: false, dragged: false }).click(600.0, 400.0);
    let frame = frame_of(&editor, 1);
    assert_eq!((frame.width, frame.height), (REGION_SIZE.width, REGION_SIZE.height));
}

#[test]
fn dropped_into_a_frame_a_card_stands_in_it_and_dragged_out_it_does_not() {
    let editor = with_region().down(20.0, 20.0).moved(100.0, 100.0);
    // On the way nothing changes but the light on the frame.
    assert_eq!(area_of(&editor, "a"), None);
    assert!(editor.state.tool.landing(&editor.state.document).is_empty());
    let editor = editor.moved(300.0, 180.0);
    assert_eq!(editor.state.tool.landing(&editor.state.document), [AreaId(1)].into());
    let editor = editor.up().expect_undo(Some("Move a into Virginia"), 2);
    assert_eq!(area_of(&editor, "a"), Some(1));
    let at = editor.middle("a");
    let editor = editor.down(at.x, at.y).moved(at.x, at.y + 300.0).up().expect_undo(Some("Move a out of Virginia"), 3);
    assert_eq!(area_of(&editor, "a"), None);
    let editor = editor.ctrl("z");
    assert_eq!(area_of(&editor, "a"), Some(1));
}

#[test]
fn no_card_is_left_across_a_frames_line() {
    for (x, y) in [(200.0, 60.0), (120.0, 60.0), (300.0, -40.0), (300.0, -100.0), (640.0, 200.0), (500.0, 250.0)] {
        let editor = with_region().down(20.0, 20.0).moved(20.0 + x, 20.0 + y).up();
        let (card, frame) = (card_rect(&editor.state.document.nodes[&editor.id("a")]), frame_of(&editor, 1));
        let inside = frame.union(&card) == frame;
        let beside =
            card.x >= frame.right() || card.right() <= frame.x || card.y >= frame.bottom() || card.bottom() <= frame.y;
        assert!(inside || beside, "dropped at {x} {y}: {card:?}");
        assert_eq!(inside, area_of(&editor, "a") == Some(1), "dropped at {x} {y}");
        assert!(!inside || card.y >= frame.y + places::HEAD, "the name stays free");
    }
}

#[test]
fn a_frame_moves_with_what_stands_in_it_and_escape_takes_it_back() {
    let editor = with_region().down(400.0, -36.0).expect_tool("pointing").moved(400.0, 60.0).expect_tool("translating");
    assert_eq!(editor.state.document.nodes[&editor.id("b")].at, Point { x: 240.0, y: 96.0 });
    let editor = editor.key("Escape").expect_undo(Some("Add Virginia"), 1);
    assert_eq!(editor.state.document.nodes[&editor.id("b")].at, Point { x: 240.0, y: 0.0 });
    let editor = editor.down(400.0, -36.0).moved(400.0, 252.0).up().expect_undo(Some("Move Virginia"), 2);
    editor
        .expect_outline(expect![[r#"
            a 0,0
            b 240,288
            c 480,288
            d 720,0"#]])
        .ctrl("z")
        .expect_outline(expect![[r#"
            a 0,0
            b 240,0
            c 480,0
            d 720,0"#]]);
}

#[test]
fn pulled_at_its_side_a_frame_lets_cards_go_and_takes_others_in() {
    // The right side, from 672 to 470: c's middle (564) lies outside now.
    let editor = with_region().down(672.0, 120.0).expect_tool("resizing").moved(470.0, 120.0).up();
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [Some(1), None]);
    let editor = editor.expect_undo(Some("Resize Virginia"), 2);
    // The corner, far out: d comes in.
    let frame = frame_of(&editor, 1);
    let editor = editor.down(frame.right(), frame.bottom()).moved(960.0, 400.0).up();
    assert_eq!(["b", "c", "d"].map(|label| area_of(&editor, label)), [Some(1), Some(1), Some(1)]);
    // Never smaller than a card needs.
    let frame = frame_of(&editor, 1);
    let editor = editor.down(frame.right(), frame.bottom()).moved(-900.0, -900.0).moved(-950.0, -950.0);
    let smallest = frame_of(&editor, 1);
    assert_eq!((smallest.width, smallest.height), (FRAME_MIN.width, FRAME_MIN.height));
    let _ = editor.key("Escape");
}

#[test]
fn a_zone_lies_in_a_region_and_nowhere_else() {
    let editor = with_region()
        .ask(ToolRequest::PlaceArea { zone: true, dragged: false })
        .click(1000.0, 600.0)
        .expect_notice("draw a region first")
        .expect_undo(Some("Add Virginia"), 1)
        .ask(ToolRequest::PlaceArea { zone: true, dragged: false })
        .click(330.0, 60.0);
    assert_eq!(labels(&editor), ["Virginia", "Zone a"]);
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [Some(2), Some(1)]);
    let (region, zone) = (frame_of(&editor, 1), frame_of(&editor, 2));
    assert_eq!(region.union(&zone), region);
    // Dragged out, it stays within; its card comes along.
    let editor = editor.down(zone.x + 20.0, zone.y + 12.0).moved(zone.x + 900.0, zone.y + 612.0).up();
    let (region, zone) = (frame_of(&editor, 1), frame_of(&editor, 2));
    assert_eq!(region.union(&zone), region);
    assert_eq!(area_of(&editor, "b"), Some(2));
    // The region does not shrink below it.
    let editor = editor.down(region.right(), region.y + 60.0).moved(region.x + 30.0, region.y + 60.0).up();
    assert_eq!(frame_of(&editor, 1).union(&frame_of(&editor, 2)), frame_of(&editor, 1));
}

#[test]
fn what_stood_in_an_area_stays_when_it_is_deleted() {
    let editor = with_region().ask(ToolRequest::PlaceArea { zone: true, dragged: false }).click(330.0, 60.0);
    let fault = Fault { kind: "outage".into(), target: FaultTarget::Area(AreaId(2)), params: Params::new() };
    let planned = EditCommand::AddFault(ScheduledFault { at_secs: 1.0, for_secs: None, fault });
    let editor = editor.edit(planned).expect_undo(Some("Plan \"Outage\" for Zone a of Virginia"), 3);
    let editor = editor.key("Delete").expect_undo(Some("Delete Zone a of Virginia"), 4);
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [Some(1), Some(1)]);
    assert!(editor.state.document.faults.is_empty());
    let editor = editor.ctrl("z").click(600.0, 200.0);
    assert_eq!(editor.state.session.selection.single(), Some(Target::Area(AreaId(1))), "a click on its ground");
    let editor = editor.key("Delete");
    assert!(editor.state.document.areas.is_empty());
    assert_eq!(editor.state.document.nodes.len(), 4);
    let editor = editor.ctrl("z");
    assert_eq!(["b", "c"].map(|label| area_of(&editor, label)), [Some(2), Some(1)]);
    assert_eq!(editor.state.document.faults.len(), 1);
}

#[test]
fn a_copied_region_is_another_place_with_the_same_stations() {
    let editor = with_region().ctrl("c").expect_notice("Copied 3 items").ctrl("v");
    assert_eq!(labels(&editor), ["Virginia", "Ireland"]);
    let stands: Vec<Option<u32>> = editor.state.document.nodes.values().map(|node| node.area.map(|a| a.0)).collect();
    assert_eq!(stands, [None, Some(1), Some(1), None, Some(2), Some(2)]);
    let (one, other) = (frame_of(&editor, 1), frame_of(&editor, 2));
    assert!(!one.touches(&other));
    // A copied card stands where the copy comes to lie.
    let editor = editor.select(&["b"]).ctrl("d");
    let copy = editor.state.session.selection.nodes.first().copied().expect("the copy is selected");
    assert_eq!(editor.state.document.nodes[&copy].area, Some(AreaId(1)));
}

#[test]
fn from_the_outline_a_station_goes_into_an_area_and_out_again() {
    let editor = with_region();
    let node = editor.id("a");
    let editor = editor.edit(EditCommand::StandIn { node, area: Some(AreaId(1)) });
    let editor = editor.expect_undo(Some("Move a into Virginia"), 2);
    let (card, frame) = (card_rect(&editor.state.document.nodes[&node]), frame_of(&editor, 1));
    assert_eq!(frame.union(&card), frame);
    for (other, place) in &editor.state.document.nodes {
        assert!(*other == node || !card_rect(place).touches(&card), "it hides nobody");
    }
    let editor = editor.edit(EditCommand::StandIn { node, area: None });
    let card = card_rect(&editor.state.document.nodes[&node]);
    assert!(!card.touches(&frame_of(&editor, 1)) && area_of(&editor, "a").is_none());
}

#[test]
fn arrow_keys_carry_cards_over_a_line_and_frames_with_their_cards() {
    let editor = with_region().select(&["a"]);
    let editor = (0..14).fold(editor, |editor, _| editor.key("ArrowRight"));
    assert_eq!(area_of(&editor, "a"), Some(1));
    let editor = (0..14).fold(editor, |editor, _| editor.key("ArrowLeft"));
    assert_eq!(area_of(&editor, "a"), None);
    let editor = editor.act(Action::Session(SessionChange::Select(Selection::of(Target::Area(AreaId(1))))));
    let editor = editor.key("ArrowDown");
    assert_eq!(editor.state.document.nodes[&editor.id("b")].at, Point { x: 240.0, y: 12.0 });
    assert_eq!(frame_of(&editor, 1).y, -36.0);
}

#[test]
fn a_region_becomes_another_and_takes_its_name() {
    let area = AreaId(1);
    let editor = with_region()
        .edit(EditCommand::SetRegion { area, region: "ap-northeast-1".to_owned() })
        .expect_undo(Some("Make Virginia Tokyo"), 2);
    assert_eq!(labels(&editor), ["Tokyo"]);
    let editor = editor
        .edit(EditCommand::RenameArea { area, label: "Asia".to_owned() })
        .edit(EditCommand::SetRegion { area, region: "ap-southeast-1".to_owned() })
        .edit(EditCommand::SetRegion { area, region: "moon".to_owned() })
        .expect_notice("no region \"moon\"");
    assert_eq!(labels(&editor), ["Asia"]);
}

#[test]
fn a_lesson_keeps_its_places() {
    let editor = with_region();
    let (b, area) = (editor.id("b"), AreaId(1));
    let guard = Guard {
        keep_areas: [area].into(),
        keep_places: [b].into(),
        kinds: Some(["service".to_owned()].into()),
        ..Guard::default()
    };
    let editor = editor
        .act(Action::SetGuard(Rc::new(guard)))
        .key("Delete")
        .expect_notice("belongs to the lesson")
        .edit(EditCommand::SetRegion { area, region: "sa-east-1".to_owned() })
        .expect_notice("belongs to the lesson")
        .edit(EditCommand::StandIn { node: b, area: None })
        .expect_notice("belongs to the lesson")
        .ask(ToolRequest::PlaceAreaAtCenter { zone: false })
        .expect_notice("does without")
        .expect_undo(Some("Add Virginia"), 1);
    let at = editor.middle("b");
    let editor = editor.down(at.x, at.y).moved(at.x, at.y + 500.0).up();
    assert_eq!(area_of(&editor, "b"), Some(1), "moved on the canvas, it still stands in its region");
}

#[test]
fn fitting_shows_frames_and_a_marquee_catches_what_lies_inside_as_a_whole() {
    let editor = with_region().down(-300.0, -300.0).moved(700.0, 300.0).up();
    assert!(editor.state.session.selection.areas.contains(&AreaId(1)));
    let editor = editor.down(-300.0, -300.0).moved(600.0, 300.0).up();
    assert!(editor.state.session.selection.areas.is_empty());
    let bounds = geometry::bounds(&editor.state.document).expect("there is something");
    assert_eq!((bounds.y, bounds.bottom()), (-48.0, 240.0));
}

#[test]
fn a_wire_between_regions_bears_the_way_and_one_within_a_region_does_not() {
    let place = ToolRequest::PlaceArea { zone: false, dragged: false };
    // Two regions, around a and around b and c.
    let editor =
        TestEditor::new("a -> b; b -> c; c -> d").ask(place.clone()).down(-36.0, -48.0).moved(192.0, 180.0).up();
    let editor = editor.ask(place).down(228.0, -48.0).moved(672.0, 240.0).up();
    assert_eq!(labels(&editor), ["Virginia", "Ireland"]);
    let document = &editor.state.document;
    let mark = |edge: u32| places::way_mark(document, &document.edges[&crate::topology::document::EdgeId(edge)]);
    let (mark_out, words) = mark(1).expect("from Virginia to Ireland");
    assert_eq!((mark_out.as_str(), words.as_str()), ("+34.9 ms", "34.9 ms more for the way to Ireland"));
    assert_eq!(mark(2), None, "within Ireland");
    assert_eq!(mark(3), None, "d stands nowhere");
}

#[test]
fn asked_for_by_key_or_in_the_outline_an_area_comes_empty() {
    let editor = TestEditor::new("a; b; c").act(Action::Session(SessionChange::Fit));
    let editor = editor.ask(ToolRequest::PlaceAreaAtCenter { zone: false });
    assert_eq!(["a", "b", "c"].map(|label| area_of(&editor, label)), [None, None, None]);
    let node = editor.id("a");
    let editor = editor.edit(EditCommand::StandIn { node, area: Some(AreaId(1)) });
    // The selected region makes room for a zone below what stands in it.
    let select = SessionChange::Select(Selection::of(Target::Area(AreaId(1))));
    let editor = editor.act(Action::Session(select)).ask(ToolRequest::PlaceAreaAtCenter { zone: true });
    assert_eq!(labels(&editor), ["Virginia", "Zone a"]);
    assert_eq!(area_of(&editor, "a"), Some(1));
    assert_eq!(frame_of(&editor, 1).union(&frame_of(&editor, 2)), frame_of(&editor, 1));
    assert!(!frame_of(&editor, 2).touches(&card_rect(&editor.state.document.nodes[&node])));
}
