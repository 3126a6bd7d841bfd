//! Faults in force, on what they hit: an icon and a name, never a color alone.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::editor::{FaultCard, SessionChange, Target};
use crate::model::fault;
use crate::protocol::ActiveFault;
use crate::topology::document::{Document, FaultTarget};
use crate::ui::kit::icons::icon;
use crate::ui::later::use_later;
use crate::ui::practice::{Was, use_practice};
use crate::ui::store::{use_active_faults, use_dispatch, use_document};

/// What a fault in force hits.
fn target_of(active: &ActiveFault) -> Option<FaultTarget> {
    serde_json::from_str(&active.target_json).ok()
}

/// The faults in force that hit something: its own, and of a station those of the places where it stands.
fn hitting(document: &Document, target: Target, struck: &[ActiveFault]) -> Vec<(&'static str, String, FaultCard)> {
    let hit = |active: &ActiveFault| match (target_of(active)?, target) {
        (FaultTarget::Node(hit), Target::Node(id)) if hit == id => Some(String::new()),
        (FaultTarget::Replica(hit, number), Target::Node(id)) if hit == id => {
            let several = document.nodes.get(&id).is_some_and(|node| crate::editor::catalog::members(node) > 1);
            Some(if several { format!(" {}", number + 1) } else { String::new() })
        }
        (FaultTarget::Edge(hit), Target::Edge(id)) if hit == id => Some(String::new()),
        (FaultTarget::Area(hit), Target::Area(id)) if hit == id => Some(String::new()),
        (FaultTarget::Area(hit), Target::Node(id)) => {
            document.nodes.get(&id).filter(|node| document.stands_in(node, hit)).map(|_| String::new())
        }
        _ => None,
    };
    struck
        .iter()
        .filter_map(|active| {
            let kind = fault::find(&active.kind)?;
            let card = FaultCard::InForce { kind: active.kind.clone(), target: target_of(active)? };
            hit(active).map(|of| (kind.icon, format!("{}{of}", kind.entry.name), card))
        })
        .collect()
}

#[derive(Debug, PartialEq, Properties)]
pub struct TagsProps {
    pub target: Target,
    /// Where they stand, in world coordinates; `None`: where the style sheet puts them.
    #[prop_or_default]
    pub at: Option<(f64, f64)>,
}

/// All tags of one thing.
#[component]
pub fn TagsOf(props: &TagsProps) -> Html {
    let TagsProps { target, at } = *props;
    html! { <><Tags {target} {at} /><WasTag {target} {at} /></> }
}

/// What a lesson's learner changed on it.
#[component]
fn WasTag(props: &TagsProps) -> Html {
    let (later, practice) = (use_later(), use_practice());
    let TagsProps { target, at } = *props;
    practice
        .map_or_else(Html::default, |practice| later.show_when_here(|later| (later.was)(&Was { practice, target, at })))
}

/// Tags shown at one place; more are counted.
const SHOWN_MAX: usize = 3;

/// The tags of one thing on the canvas; nothing where it is whole.
#[component]
fn Tags(props: &TagsProps) -> Html {
    let (document, dispatch) = (use_document(), use_dispatch());
    let struck = use_active_faults();
    let place = use_node_ref();
    let found = hitting(&document, props.target, &struck);
    use_effect_with((place.clone(), props.at, found.is_empty()), |(place, at, _)| {
        if let (Some((x, y)), Some(element)) = (at, place.cast::<HtmlElement>()) {
            // Setting a known property cannot fail.
            let _ = element.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        }
    });
    if found.is_empty() {
        return Html::default();
    }
    // The canvas does not take the press for its own.
    let keep = Callback::from(|event: PointerEvent| event.stop_propagation());
    let more = found.len().saturating_sub(SHOWN_MAX);
    html! {
        <div class="fault-tags" ref={place}>
            { for found.iter().take(SHOWN_MAX).map(|(sign, words, card)| {
                let open = {
                    let (dispatch, card) = (dispatch.clone(), card.clone());
                    Callback::from(move |event: MouseEvent| {
                        event.stop_propagation();
                        dispatch.session(SessionChange::ShowFault(Some(card.clone())));
                    })
                };
                html! {
                    <button type="button" class="fault-tag" title={format!("{words}: adjust or lift")} onclick={open} onpointerdown={keep.clone()}>{ icon(sign, "icon-s") }{ words }</button>
                }
            }) }
            if more > 0 { <span class="fault-tag num">{ format!("+{more}") }</span> }
        </div>
    }
}
