//! What `index.html` shows until the page lives is what a first visit then finds: words, places, the first lesson.

use std::fs;
use std::path::PathBuf;

use headroom::editor::geometry::{bounds, card_rect};
use headroom::lesson::catalog::LESSONS;
use headroom::topology::document::Document;
use headroom::topology::format::Run;

fn read(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a visit opens: the first of the gallery while the tour is new, then the second.
fn scenario(place: usize) -> Document {
    let order: toml::Table = toml::from_str(&read("www/scenarios/order.toml")).expect("the order is TOML");
    let id = order["order"][place].as_str().expect("ids are text").to_owned();
    Run::from_json(&read(&format!("www/scenarios/{id}.json"))).expect("it can be read").document
}

#[test]
fn the_shell_has_the_words_of_what_comes() {
    let index = read("index.html");
    for (place, tag) in [(0, "<p class=\"tour-words\">"), (1, "<p>")] {
        let notes = scenario(place).notes;
        assert!(notes.len() > 40 && index.contains(&format!("{tag}{notes}</p>")), "notes in index.html: {notes}");
    }
}

#[test]
fn the_shell_outlines_the_stations_of_the_first_scenario() {
    let (index, document) = (read("index.html"), scenario(0));
    assert_eq!(bounds(&document), bounds(&scenario(1)), "one outline serves both");
    let all = bounds(&document).expect("it has stations");
    let view = format!("viewBox=\"{} {} {} {}\"", all.x, all.y, all.width, all.height);
    assert!(index.contains(&view), "index.html has {view}");
    let cards: Vec<String> = document
        .nodes
        .values()
        .map(|node| card_rect(node))
        .map(|card| format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", card.x, card.y, card.width, card.height))
        .collect();
    assert_eq!(index.matches("class=\"shell-card\"").count(), cards.len());
    for card in cards {
        assert!(index.contains(&format!("class=\"shell-card\" {card}")), "index.html has a card at {card}");
    }
    // As the style sheet fits them: never larger than life.
    let style = read("www/css/shell.css");
    assert!(
        style.contains(&format!("min({}px, 100cqw", all.width))
            && style.contains(&format!("min({}px, 100cqh", all.height))
    );
}

#[test]
fn the_shell_leads_to_the_first_lesson() {
    let first = LESSONS.first().expect("there are lessons");
    let (index, lesson) = (read("index.html"), first.listing);
    assert!(index.contains(&format!("href=\"#lesson={}\"", first.slug)), "index.html leads to {}", first.slug);
    let about = format!("{}: predict, build, get graded. About {} minutes.", lesson.title, lesson.minutes);
    assert!(index.contains(&format!("<span>{about}</span>")), "index.html says: {about}");
}
