//! What comes with Headroom, on a phone: everything in view, no card on another, and as large as it can be.

use std::rc::Rc;

use headroom::editor::geometry::{Rect, Size, bounds, card_rect, detail, fit, frame};
use headroom::editor::turned::drawn;
use headroom::lesson::catalog::{LESSONS, SCENARIOS};
use headroom::topology::document::Document;
use headroom::topology::format::Run;

/// The stage of a phone, upright and lying.
const UPRIGHT: Size = Size { width: 390.0, height: 430.0 };
const LYING: Size = Size { width: 780.0, height: 209.0 };

/// All scenarios and all lessons' starts, with their names.
fn all() -> Vec<(String, Document)> {
    let scenarios = SCENARIOS.iter().map(|one| (one.id.to_owned(), Run::from_json(one.json).unwrap().document));
    let lessons = LESSONS.iter().map(|one| (one.slug.to_owned(), one.start().unwrap()));
    scenarios.chain(lessons).collect()
}

fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

#[test]
fn a_phone_shows_every_system_whole() {
    let mut small = Vec::new();
    for (name, document) in all() {
        let document = Rc::new(document);
        for stage in [UPRIGHT, LYING] {
            let shown = drawn(&document, stage);
            let camera = fit(&shown, stage).unwrap();
            let all = bounds(&shown).unwrap();
            let view =
                Rect { x: camera.x, y: camera.y, width: stage.width / camera.zoom, height: stage.height / camera.zoom };
            let inside =
                all.x >= view.x && all.y >= view.y && all.right() <= view.right() && all.bottom() <= view.bottom();
            assert!(inside, "{name} on {stage:?}: {all:?} in {view:?}");
            let cards: Vec<Rect> = shown.nodes.values().map(|node| card_rect(node)).collect();
            let pair = (0..cards.len())
                .flat_map(|a| (0..a).map(move |b| (a, b)))
                .find(|(a, b)| overlaps(&cards[*a], &cards[*b]));
            assert_eq!(pair, None, "{name} on {stage:?}: {cards:?}");
            // Lying, what stands in four rows or more is told by numbers, with the outline as their list.
            if stage == UPRIGHT && detail(camera.zoom).0 == Some("scale-number") {
                small.push(name.clone());
            }
        }
        // Frames go around what stands in them, turned or not.
        let shown = drawn(&document, UPRIGHT);
        for node in shown.nodes.values() {
            let Some(area) = node.area.and_then(|id| shown.areas.get(&id)) else { continue };
            assert_eq!(frame(area).union(&card_rect(node)), frame(area), "{name}: {}", node.label);
        }
    }
    assert_eq!(small, Vec::<String>::new(), "names are drawn as numbers");
}

#[test]
fn turning_changes_what_is_shown_and_not_the_document() {
    let document = Rc::new(all().remove(0).1);
    let turned = drawn(&document, UPRIGHT);
    assert!(!Rc::ptr_eq(&document, &turned));
    assert_eq!(document.edges, turned.edges);
    assert!(Rc::ptr_eq(&document, &drawn(&document, LYING)), "a wide stage shows it as it was drawn");
}
