//! Cause and effect beside the stations where they happen, while the tour is on.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::editor::geometry::card_rect;
use crate::editor::story::captions::{Caption, captions};
use crate::editor::story::place::{self, Spot};
use crate::editor::{EditorState, Rect, Target, places};
use crate::ui::store::{use_editor, use_run};

/// Room of the stage's buttons and of the scale of dots [screen pixels].
const BUTTONS: Rect = Rect { x: 0.0, y: 0.0, width: 430.0, height: 54.0 };

/// Over the canvas; what finds no room there stands in the tour's own list.
#[component]
pub fn Captions() -> Html {
    let state = use_editor();
    let run = use_run();
    let told = captions(&state.document, &run.frame);
    let anchors: Vec<Rect> = told.iter().map(|caption| on_screen(&state, anchor(&state, caption.at))).collect();
    let heights: Vec<[f64; 2]> = told.iter().map(|caption| place::heights(&caption.title, &caption.text)).collect();
    let view = state.session.viewport;
    // The stage's own buttons stand in its lower right corner.
    let buttons = Rect { x: view.width - BUTTONS.width, y: view.height - BUTTONS.height, ..BUTTONS };
    let cards = state.document.nodes.values().map(|node| on_screen(&state, card_rect(node)));
    let taken: Vec<Rect> = cards.chain([buttons]).collect();
    let spots = place::places(&anchors, &heights, &taken, view);
    let found = told.into_iter().zip(anchors).zip(spots).enumerate();
    html! {
        <div class="captions" aria-hidden="true">
            { for found.filter_map(|(index, ((caption, anchor), spot))| {
                let key = format!("{:?}{}", caption.at, caption.title);
                Some(html! { <Shown {key} number={index + 1} {caption} {anchor} spot={spot?} /> })
            }) }
        </div>
    }
}

/// What a caption speaks of, in world coordinates.
fn anchor(state: &EditorState, target: Target) -> Rect {
    let document = &state.document;
    let found = match target {
        Target::Node(id) => document.nodes.get(&id).map(|node| card_rect(node)),
        Target::Edge(id) => state.curves.get(&id).map(|curve| Rect::from_corners(curve.at(0.5), curve.at(0.5))),
        Target::Area(id) => document.areas.get(&id).map(|area| places::frame(area)),
    };
    found.unwrap_or_default()
}

fn on_screen(state: &EditorState, rect: Rect) -> Rect {
    let camera = state.session.camera();
    let corner = camera.screen_from_world(crate::topology::document::Point { x: rect.x, y: rect.y });
    Rect { x: corner.x, y: corner.y, width: rect.width * camera.zoom, height: rect.height * camera.zoom }
}

#[derive(Debug, PartialEq, Properties)]
struct ShownProps {
    number: usize,
    caption: Caption,
    anchor: Rect,
    spot: Spot,
}

/// One caption, and the dotted line to what it speaks of.
#[component]
fn Shown(props: &ShownProps) -> Html {
    let (words, line) = (use_node_ref(), use_node_ref());
    use_effect_with((words.clone(), line.clone(), props.anchor, props.spot.rect), |(words, line, anchor, spot)| {
        let above = spot.y < anchor.y;
        // The words keep to the side of their station, however high they turn out to be.
        let (x, y) = (spot.x, if above { spot.bottom() } else { spot.y });
        let lift = if above { " translateY(-100%)" } else { "" };
        set(words, &[("transform", &format!("translate({x}px, {y}px){lift}"))]);
        let (top, bottom) = if above { (spot.bottom(), anchor.y) } else { (anchor.bottom(), spot.y) };
        let at = anchor.center().x.clamp(spot.x + 12.0, spot.right() - 12.0);
        let long = format!("{}px", (bottom - top).max(0.0));
        set(line, &[("transform", &format!("translate({at}px, {top}px)")), ("height", &long)]);
    });
    html! {
        <>
            <span class="caption-line" ref={line}></span>
            <div class="caption" ref={words} data-n={props.number.to_string()}><strong>{ &props.caption.title }</strong>if !props.spot.brief { <p>{ &props.caption.text }</p> }</div>
        </>
    }
}

/// Through the CSSOM, since the content security policy forbids style attributes. Setting a known property cannot fail.
fn set(element: &NodeRef, properties: &[(&str, &str)]) {
    if let Some(element) = element.cast::<HtmlElement>() {
        for (name, value) in properties {
            let _ = element.style().set_property(name, value);
        }
    }
}
