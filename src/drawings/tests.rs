use std::rc::Rc;

use super::list::{copy_title, deleted, is_spent, shown};
use super::picture::{HEIGHT, Picture, WIDTH};
use super::record::{Arrival, Drawing, DrawingId, Meta, Source, arrive, may_follow};
use super::reserve::{Entry, Replay, replay};
use super::{Address, bundle, earlier};
use crate::lesson::catalog::SCENARIOS;
use crate::topology::document::{Document, Edge, EdgeId, Node, NodeId, Point};
use crate::topology::format::Run;

fn document(title: &str, stations: u32) -> Document {
    let mut document = Document { title: title.to_owned(), ..Document::default() };
    for place in 0..stations {
        let node = Node {
            kind: "service".into(),
            label: format!("Station {place}"),
            at: Point { x: f64::from(place) * 240.0, y: 96.0 },
            role: None,
            area: None,
            params: crate::model::params::Params::new(),
        };
        document.nodes.insert(NodeId(place + 1), Rc::new(node));
    }
    if stations > 1 {
        let edge = Edge { from: NodeId(1), to: NodeId(2), params: crate::model::params::Params::new() };
        document.edges.insert(EdgeId(1), Rc::new(edge));
    }
    document
}

fn run(title: &str) -> Run {
    Run::new(document(title, 2))
}

fn drawing(id: &str, title: &str, now_ms: u64) -> Drawing {
    Drawing::new(DrawingId::parse(id).expect("a sound id"), Source::Blank, &run(title), now_ms, "tab-1")
}

/// Goal: what is stored comes back as it was, also from a record of an older page that lacks the newer fields.
#[test]
fn a_record_comes_back() {
    let stored = drawing("abc", "Shop", 5);
    let text = serde_json::to_string(&stored.meta).expect("plain data");
    assert_eq!(serde_json::from_str::<Meta>(&text).expect("it was just written"), stored.meta);
    let least = r#"{"id":"abc","title":"Shop","created_ms":1,"changed_ms":2,"revision":3}"#;
    let meta: Meta = serde_json::from_str(least).expect("the rest has defaults");
    assert_eq!((meta.source, meta.deleted_ms, meta.revision), (Source::Blank, None, 3));
}

/// Goal: an id that stands in an address is never anything but letters, digits and dashes, and random ones differ.
#[test]
fn ids_are_plain_and_differ() {
    for text in ["", "a b", "a/b", "é", "<x>", &"a".repeat(81)] {
        assert_eq!(DrawingId::parse(text), None, "{text:?}");
    }
    let ids: std::collections::BTreeSet<DrawingId> =
        (0..1_000_u64).map(|n| DrawingId::from_bits(n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    assert_eq!(ids.len(), 1_000);
    for id in ids {
        assert_eq!(DrawingId::parse(id.as_str()), Some(id));
    }
}

/// Goal: a next version counts up, keeps its birthday, and never becomes older, even if the clock is set back.
#[test]
fn a_next_version_follows_its_predecessor() {
    let mut first = drawing("abc", "Shop", 1_000);
    first.meta.deleted_ms = Some(1_500);
    let next = Drawing::after(&first.meta, &document("Shop 2", 3), 900, "tab-2");
    let Meta { title, created_ms, changed_ms, revision, writer, deleted_ms, stations, .. } = next.meta;
    assert_eq!((title.as_str(), created_ms, changed_ms, revision), ("Shop 2", 1_000, 1_000, 2));
    assert_eq!((writer.as_str(), deleted_ms, stations), ("tab-2", None, 3), "what is drawn on is no longer deleted");
    assert!(next.text.contains("Shop 2"));
}

/// Goal: a version takes a place only if it builds on what is there.
#[test]
fn a_version_builds_on_what_is_stored() {
    let stored = Drawing::after(&drawing("abc", "Shop", 1).meta, &document("Shop", 1), 2, "tab-1").meta;
    assert!(may_follow(None, 0));
    assert!(may_follow(Some(&stored), 2));
    assert!(!may_follow(Some(&stored), 1), "another tab has written since");
    assert!(!may_follow(Some(&stored), 0), "a new drawing takes nobody's id");
}

/// Goal: what a closed page left behind is stored exactly once, and never over what another tab wrote.
#[test]
fn the_reserve_is_replayed_once_and_over_nobody() {
    let first = drawing("abc", "Shop", 1);
    let next = Drawing::after(&first.meta, &document("Shop, changed", 3), 2, "tab-1");
    let entry = Entry { based_on: 1, drawing: next.clone() };
    let entry = Entry::from_json(&entry.to_json()).expect("it was just written");

    assert_eq!(replay(entry.clone(), None), Replay::Write(Box::new(next.clone())));
    assert_eq!(replay(entry.clone(), Some(&first.meta)), Replay::Write(Box::new(next.clone())));
    assert_eq!(replay(entry.clone(), Some(&next.meta)), Replay::Drop, "the second time there is nothing to do");
    let later = Drawing::after(&next.meta, &document("Later", 3), 3, "tab-1");
    assert_eq!(replay(entry.clone(), Some(&later.meta)), Replay::Drop, "the same tab went on");

    let other = Drawing::after(&first.meta, &document("Other", 1), 3, "tab-2");
    let Replay::Apart(apart) = replay(entry.clone(), Some(&other.meta)) else { panic!("it stands apart") };
    assert_ne!(apart.meta.id, other.meta.id);
    assert_eq!(apart.meta.title, "Shop, changed (recovered)");
    assert_eq!(Run::from_json(&apart.text).expect("it can be read").document.nodes.len(), 3);
    let Replay::Apart(again) = replay(entry, Some(&other.meta)) else { panic!("it stands apart") };
    assert_eq!(again.meta.id, apart.meta.id, "repeated after an interruption it is the same drawing");
    assert_eq!(Entry::from_json("{"), None);
}

/// Stores what an older Headroom kept, as the page does, and tells how many drawings there are then.
fn moved_in(store: &mut Vec<Drawing>, old: &[(&str, String)]) -> usize {
    for (key, text) in old {
        for incoming in earlier::drawings(key, text, 1_000).expect("the text can be read") {
            let stored = store.iter().find(|drawing| drawing.meta.id == incoming.meta.id).cloned();
            let known = |id: &DrawingId| store.iter().any(|drawing| drawing.meta.id == *id);
            if let Arrival::Add(drawing) = arrive(incoming, stored.as_ref(), known) {
                store.push(*drawing);
            }
        }
    }
    store.len()
}

/// Goal: draft, shelf and designs of lessons all move in, with any content; moving them again adds nothing.
#[test]
fn an_older_headrooms_drafts_move_in_once() {
    let shelved = |title: &str| serde_json::json!({"title": title, "run_json": run(title).to_json()});
    let damaged = serde_json::json!({"title": "Damaged", "run_json": "{\"format\":99}"});
    let shelf = serde_json::json!([shelved("One"), shelved("Two"), damaged, shelved("Draft itself")]).to_string();
    let old = [
        (earlier::DRAFT, run("Draft itself").to_json()),
        (earlier::SHELF, shelf),
        ("headroom.lesson.hedging", run("Hedged").to_json()),
    ];
    let mut store = Vec::new();
    assert_eq!(moved_in(&mut store, &old), 5, "a draft that also lies on the shelf is one drawing");
    assert_eq!(moved_in(&mut store, &old[..2]), 5, "interrupted and repeated");
    assert_eq!(moved_in(&mut store, &old), 5);

    let by_title = |title: &str| store.iter().find(|drawing| drawing.meta.title == title).expect(title);
    assert_eq!(by_title("Damaged").text, "{\"format\":99}", "what cannot be read is kept letter by letter");
    assert_eq!(by_title("Hedged").meta.id, DrawingId::of_lesson("hedging"));
    let metas: Vec<Meta> = store.iter().map(|drawing| drawing.meta.clone()).collect();
    let titles: Vec<&str> = shown(&metas, "").iter().map(|meta| meta.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Draft itself", "One", "Two", "Damaged"],
        "the order of the shelf; the lesson has its own place"
    );

    // An older page in another tab went on in the lesson after the move.
    let other = [("headroom.lesson.hedging", run("Hedged differently").to_json())];
    assert_eq!(moved_in(&mut store, &other), 6, "neither design is lost");
    assert_eq!(earlier::drawings(earlier::SHELF, "no list", 1), None, "then it stays where it is");
    assert_eq!(earlier::drawings(earlier::DRAFT, &Run::new(Document::default()).to_json(), 1), Some(Vec::new()));
}

/// Goal: the list shows the latest change first and finds by words; deleted ones stand apart and go after their time.
#[test]
fn the_list_is_ordered_and_searched() {
    let mut metas: Vec<Meta> = [("a", "Coffee shop", 1), ("b", "Coffee queue", 3), ("c", "Lab", 2), ("d", "Gone", 9)]
        .map(|(id, title, now_ms)| drawing(id, title, now_ms).meta)
        .to_vec();
    metas[3].deleted_ms = Some(10);
    let ids = |found: Vec<&Meta>| found.iter().map(|meta| meta.id.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(shown(&metas, "")), ["b", "c", "a"]);
    assert_eq!(ids(shown(&metas, " QUEUE cof ")), ["b"]);
    assert_eq!(ids(shown(&metas, "tea")), Vec::<String>::new());
    assert_eq!(ids(deleted(&metas)), ["d"]);
    assert!(!is_spent(&metas[3], 10 + super::list::KEPT_DELETED_MS));
    assert!(is_spent(&metas[3], 11 + super::list::KEPT_DELETED_MS));
    assert!(!is_spent(&metas[0], u64::MAX));
}

#[test]
fn copies_get_titles_of_their_own() {
    let mut metas = vec![drawing("a", "Shop", 1).meta];
    for expected in ["Shop (copy)", "Shop (copy 2)", "Shop (copy 3)"] {
        let last = metas.last().expect("there is one").title.clone();
        let title = copy_title(&last, &metas);
        assert_eq!(title, expected);
        metas.push(drawing("b", &title, 1).meta);
    }
    let copy = drawing("a", "Shop", 1).copied(DrawingId::of_text("x"), "Shop (copy)".into(), 7);
    assert_eq!(Run::from_json(&copy.text).expect("readable").document.title, "Shop (copy)");
    assert_eq!(copy.meta.source, Source::Copy("Shop".into()));
}

#[test]
fn a_new_title_reaches_list_and_document() {
    let first = drawing("a", "Shop", 5);
    let next = first.renamed("Store", 4, "tab-2");
    assert_eq!(next.meta.title, "Store");
    assert_eq!(next.meta.revision, 2);
    assert_eq!(Run::from_json(&next.text).expect("readable").document.title, "Store");
}

/// Goal: all drawings go through one file and come back letter by letter; a second import adds nothing.
#[test]
fn one_file_holds_all_drawings() {
    let mut unreadable = Drawing::of_text("{\"format\":99}".into(), "From tomorrow", Source::File, 8);
    unreadable.meta.created_ms = 3;
    let mut gone = drawing("gone", "Gone", 1);
    gone.meta.deleted_ms = Some(2);
    let kept = [drawing("a", "Shop", 5), unreadable];
    let file = bundle::write(&[kept[0].clone(), gone, kept[1].clone()]);
    assert!(bundle::looks_like_one(&file));
    assert!(!bundle::looks_like_one(&run("Shop").to_json()), "a run is another kind of file");

    let back = bundle::read(&file).expect("it was just written");
    let essence = |drawing: &Drawing| {
        let meta = &drawing.meta;
        (meta.id.clone(), meta.title.clone(), meta.created_ms, meta.changed_ms, drawing.text.clone())
    };
    assert_eq!(back.iter().map(essence).collect::<Vec<_>>(), kept.iter().map(essence).collect::<Vec<_>>());
    for incoming in back {
        let stored = kept.iter().find(|drawing| drawing.meta.id == incoming.meta.id);
        assert_eq!(arrive(incoming, stored, |_| false), Arrival::Known);
    }

    let error =
        bundle::read("{\"headroom_drawings\":1,\"drawings\":[{\"id\":\"a\"}]}").expect_err("a title is missing");
    assert!(error.contains("title") && error.contains("line 1"), "{error}");
    let error = bundle::read("{\"headroom_drawings\":2,\"drawings\":[]}").expect_err("newer");
    assert!(error.contains("newer Headroom"), "{error}");
}

/// Goal: a file never writes over a drawing that has gone on since; a deleted one comes back.
#[test]
fn what_comes_in_takes_nobodys_place() {
    let old = drawing("a", "Shop", 5);
    let now = Drawing::after(&old.meta, &document("Shop, later", 4), 6, "tab-1");
    let Arrival::Add(added) = arrive(old.clone(), Some(&now), |_| false) else { panic!("it is another version") };
    assert_ne!(added.meta.id, now.meta.id);
    assert_eq!(added.text, old.text);
    let id = added.meta.id.clone();
    assert_eq!(arrive(old.clone(), Some(&now), |known| *known == id), Arrival::Known, "imported twice");

    let mut gone = old.clone();
    gone.meta.deleted_ms = Some(9);
    let Arrival::Add(back) = arrive(old.clone(), Some(&gone), |_| false) else { panic!("it comes back") };
    assert_eq!((back.meta.id, back.meta.deleted_ms, back.meta.revision), (old.meta.id, None, 2));
}

/// Numbers of a path: those at which it begins to draw.
fn corners(path: &str) -> Vec<(f64, f64)> {
    let begins = path.split('M').skip(1).map(|part| {
        let end = part.find(['h', 'L', 'v']).unwrap_or(part.len());
        let (x, y) = part[..end].split_once(' ').expect("two numbers");
        (x.parse().expect("a number"), y.parse().expect("a number"))
    });
    begins.collect()
}

/// Goal: every document has a picture that lies within its frame; the scenarios show all their stations.
#[test]
fn a_picture_fits_its_frame() {
    assert_eq!(Picture::of(&Document::default()), Picture::default());
    for scenario in SCENARIOS.iter() {
        let document = scenario.run().expect("a scenario can be read").document;
        let picture = Picture::of(&document);
        assert_eq!(corners(&picture.boxes).len(), document.nodes.len(), "{}", scenario.id);
        for (x, y) in [picture.boxes, picture.lines, picture.frames].iter().flat_map(|path| corners(path)) {
            assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y), "{}: {x} {y}", scenario.id);
        }
    }
}

/// Goal: every address leads back to itself, and what is unknown is said with what would be known.
#[test]
fn addresses_are_read_and_written() {
    let same = ["", "new", "drawing=abc", "lesson=hedging", "scenario=one-queue", "s=1.abc", "s%3D1.abc", "foo=bar"];
    for fragment in same {
        assert_eq!(Address::parse(fragment).to_string(), fragment);
    }
    assert_eq!(Address::parse("lesson=hedging"), Address::Lesson("hedging".into()));
    assert_eq!(Address::parse("s%3D1.abc"), Address::Link("s%3D1.abc".into()));
    for unknown in ["foo=bar", "drawing=<x>", "drawing=", "stage"] {
        assert_eq!(Address::parse(unknown), Address::Unknown(unknown.into()));
    }
    assert!(Address::complaint("foo=bar").contains("#foo=bar\""));
    assert!(Address::complaint(&"x".repeat(99)).contains("xxx…\""));
    assert!(Address::Lesson("x".into()).is_a_place() && !Address::Scenario("x".into()).is_a_place());
}
