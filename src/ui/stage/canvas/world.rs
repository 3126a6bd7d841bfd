//! What stands on the stage: frames, wires, cards and what is said at them, of a large drawing as much as is near the view.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::area::Frame;
use super::card::{self, Card, Problem};
use super::tags;
use super::wire::{Wire, WireLabel};
use crate::editor::edit::target_name;
use crate::editor::geometry::{Curve, card_rect};
use crate::editor::wire::{edge_marks_within, edge_words, has_breaker};
use crate::editor::{Action, EditorState, Rect, Selection, SessionChange, Target, ToolState, faults, places};
use crate::model::fault::FaultKind;
use crate::topology::document::{Area, AreaId, AreaKind, Diagnostic, Document, EdgeId, Place};
use crate::ui::shared::Shared;
use crate::ui::store::use_dispatch;

/// The part of the world that is drawn; `None`: all of it.
pub(super) type Drawn = Rc<Cell<Option<Rect>>>;
/// The worst problem of each place on the canvas.
pub(super) type Problems = BTreeMap<Target, Problem>;

/// What the tool under way changes in how things look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hand {
    candidate: Option<Target>,
    landing: BTreeSet<AreaId>,
    aiming: Option<&'static FaultKind>,
    /// The wire whose end is in hand.
    loose: Option<EdgeId>,
}

impl Hand {
    pub(super) fn of(state: &EditorState) -> Self {
        let EditorState { tool, drawn: document, curves, .. } = state;
        Self {
            candidate: tool.candidate(document, curves),
            landing: tool.landing(document),
            aiming: if let ToolState::PlacingFault { kind, .. } = tool { Some(kind) } else { None },
            loose: if let ToolState::Reconnecting { edge, .. } = tool { Some(*edge) } else { None },
        }
    }

    fn aim(&self, document: &Document, target: Target) -> Option<bool> {
        self.aiming.map(|kind| faults::suits(document, target, kind))
    }
}

/// Something that is drawn, compared by identity.
#[derive(Debug, PartialEq, Properties)]
pub(super) struct KeptProps {
    pub(super) content: Shared<Html>,
}

/// Draws it; the same content is not looked into again.
#[component]
pub(super) fn Kept(props: &KeptProps) -> Html {
    (*props.content).clone()
}

#[derive(Clone)]
pub(super) struct World {
    /// Frames of regions and zones, behind everything.
    pub(super) places: Shared<Html>,
    pub(super) wires: Shared<Html>,
    pub(super) labels: Shared<Html>,
    pub(super) cards: Shared<Html>,
    /// Problems of wires, over the cards.
    pub(super) badges: Shared<Html>,
    /// Faults that hit wires.
    pub(super) tags: Shared<Html>,
}

pub(super) fn world(
    document: &Document,
    curves: &BTreeMap<EdgeId, Curve>,
    problems: &Problems,
    selection: &Selection,
    renaming: Option<Target>,
    hand: &Hand,
    drawn: Option<Rect>,
) -> World {
    let candidate = hand.candidate;
    let near = |rect: Rect| drawn.is_none_or(|drawn| drawn.touches(&rect));
    // Zones lie in regions, so they come after them.
    let zone = |area: &Area| matches!(area.kind, AreaKind::Zone { .. });
    let order = document.areas.iter().filter(|(_, area)| !zone(area));
    let places = order
        .chain(document.areas.iter().filter(|(_, area)| zone(area)))
        .map(|(id, area)| {
            let target = Target::Area(*id);
            let name: AttrValue = target_name(document, target).into();
            html! {
                <Frame key={id.0} id={*id} area={Shared(area.clone())} {name} stations={places::held(document, *id).count()} renaming={renaming == Some(target)}
                    selected={selection.contains(target)} lit={hand.landing.contains(id)} aim={hand.aim(document, target)} problem={problems.get(&target).cloned()} />
            }
        })
        .collect();
    let edges: Vec<_> = document
        .edges
        .iter()
        .filter_map(|(id, edge)| Some((*id, edge, *curves.get(id)?)))
        .filter(|(id, _, curve)| near(curve.around()) || selection.edges.contains(id))
        .collect();
    let wires = edges
        .iter()
        .map(|(id, edge, curve)| {
            let target = Target::Edge(*id);
            let name: AttrValue = target_name(document, target).into();
            let way = places::way_mark(document, edge).map(|(_, words)| words);
            let words: Vec<String> = edge_words(edge).into_iter().chain(way).collect();
            let words = (!words.is_empty()).then(|| AttrValue::from(words.join(" · ")));
            let problem = problems.get(&target).cloned();
            html! {
                <Wire key={id.0} id={*id} curve={*curve} selected={selection.contains(target)} {name} {words} {problem} loose={hand.loose == Some(*id)}
                    aim={hand.aim(document, target)} candidate={candidate == Some(target)} />
            }
        })
        .collect();
    let cards = document
        .nodes
        .iter()
        .filter(|(id, node)| near(card_rect(node)) || selection.nodes.contains(id))
        .map(|(id, node)| {
            let target = Target::Node(*id);
            html! {
                <Card key={id.0} id={*id} node={Shared(node.clone())} selected={selection.nodes.contains(id)} renaming={renaming == Some(target)}
                    candidate={candidate == Some(target)} aim={hand.aim(document, target)} problem={problems.get(&target).cloned()} />
            }
        })
        .collect();
    let badges = edges
        .iter()
        .filter_map(|(id, _, curve)| {
            let problem = problems.get(&Target::Edge(*id))?.clone();
            let at = curve.at(0.5);
            Some(html! { <WireBadge key={id.0} target={Target::Edge(*id)} at={(at.x, at.y)} {problem} /> })
        })
        .collect();
    let labels = edges
        .iter()
        .map(|(id, edge, curve)| {
            let at = curve.at(0.5);
            // Between two cards side by side there is only the gap; elsewhere the words may be longer than the wire is wide.
            let beside = (curve.p3.y - curve.p0.y).abs() < 48.0;
            let room = if beside { (curve.p3.x - curve.p0.x).abs() - 24.0 } else { f64::INFINITY };
            let selected = selection.edges.contains(id);
            let way = places::way_mark(document, edge).map(|(mark, _)| mark);
            let marks = edge_marks_within(edge, way, room).map(AttrValue::from);
            let breaker = has_breaker(edge);
            html! { <WireLabel key={id.0} id={*id} at={(at.x, at.y)} {selected} {marks} {breaker} /> }
        })
        .collect();
    let tags = edges
        .iter()
        .map(|(id, _, curve)| {
            let at = curve.at(0.5);
            let (target, at) = (Target::Edge(*id), Some((at.x, at.y)));
            html! { <tags::TagsOf key={id.0} {target} {at} /> }
        })
        .collect();
    let [places, wires, labels, cards, badges, tags] =
        [places, wires, labels, cards, badges, tags].map(|content: Html| Shared::new(content));
    World { places, wires, labels, cards, badges, tags }
}

#[derive(Debug, PartialEq, Properties)]
struct WireBadgeProps {
    target: Target,
    at: (f64, f64),
    problem: Problem,
}

/// A wire's problem stands at its middle.
#[component]
fn WireBadge(props: &WireBadgeProps) -> Html {
    let dispatch = use_dispatch();
    let place = use_node_ref();
    use_effect_with((place.clone(), props.at), |(place, (x, y))| {
        if let Some(element) = place.cast::<HtmlElement>() {
            // Setting a known property cannot fail.
            let _ = element.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        }
    });
    let target = props.target;
    let onclick = dispatch.callback(move || Action::Session(SessionChange::Reveal(target)));
    html! { <div class="wire-problem" ref={place}>{ card::badge(&props.problem, onclick) }</div> }
}

/// The worst problem of each place on the canvas. Problems come errors first, so the first of a place is its worst.
pub(super) fn problems(diagnostics: &[Diagnostic]) -> Problems {
    let mut found = Problems::new();
    for diagnostic in diagnostics {
        let target = match diagnostic.place {
            Place::Node(id) => Target::Node(id),
            Place::Edge(id) => Target::Edge(id),
            Place::Area(id) => Target::Area(id),
            // Told in the list of problems: they have no place on the canvas.
            Place::Document | Place::Fault(_) => continue,
        };
        found.entry(target).and_modify(|problem| problem.count += 1).or_insert_with(|| Problem {
            severity: diagnostic.severity,
            message: diagnostic.message.clone().into(),
            remedy: diagnostic.remedy.clone().into(),
            count: 1,
        });
    }
    found
}
