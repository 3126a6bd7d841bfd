//! What a learner changed against the lesson's start: a pencil and the old value, on the stage and beside each setting.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::Practice;
use crate::editor::{SessionChange, Target, catalog};
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::{ParamSpec, Params};
use crate::model::station;
use crate::topology::document::Document;
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::store::{use_dispatch, use_document};

/// Where a tag stands: on the target, of what lesson, at which place in world coordinates (`None`: where the style sheet says).
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct Was {
    pub practice: Shared<Practice>,
    pub target: Target,
    pub at: Option<(f64, f64)>,
}

/// What `target` was set to at the start; `None` where the start had no such thing.
#[must_use]
pub(crate) fn params_at_the_start<'a>(start: &'a Document, document: &Document, target: Target) -> Option<&'a Params> {
    match target {
        Target::Node(id) => {
            let kind = &document.nodes.get(&id)?.kind;
            start.nodes.get(&id).filter(|was| was.kind == *kind).map(|was| &was.params)
        }
        // The same connection drawn anew is the same connection.
        Target::Edge(id) => {
            let now = document.edges.get(&id)?;
            start.edges.values().find(|was| (was.from, was.to) == (now.from, now.to)).map(|was| &was.params)
        }
        Target::Area(_) => None,
    }
}

/// What differs: the setting, what it was, what it is.
fn changes(start: &Document, document: &Document, target: Target) -> Vec<(&'static str, String, String)> {
    let Some(was) = params_at_the_start(start, document, target) else { return Vec::new() };
    let (specs, now): (&[ParamSpec], _) = match target {
        Target::Node(id) => {
            let Some(node) = document.nodes.get(&id) else { return Vec::new() };
            (station::find(&node.kind).map_or(&[], |kind| kind.entry.params), &node.params)
        }
        Target::Edge(id) => match document.edges.get(&id) {
            Some(edge) => (EDGE_ENTRY.params, &edge.params),
            None => return Vec::new(),
        },
        Target::Area(_) => return Vec::new(),
    };
    let differs = |spec: &&ParamSpec| catalog::value(spec, was) != catalog::value(spec, now);
    let words = |spec: &ParamSpec| (spec.label, catalog::value_words(spec, was), catalog::value_words(spec, now));
    specs.iter().filter(differs).map(words).collect()
}

/// The tag of a target that was changed; nothing on any other.
pub(super) fn tag(was: &Was) -> Html {
    html! { <Tag ..was.clone() /> }
}

#[component]
fn Tag(props: &Was) -> Html {
    let (document, dispatch) = (use_document(), use_dispatch());
    let place = use_node_ref();
    let changed = changes(&props.practice.start, &document, props.target);
    use_effect_with((place.clone(), props.at, changed.is_empty()), |(place, at, _)| {
        if let (Some((x, y)), Some(element)) = (at, place.cast::<HtmlElement>()) {
            // Setting a known property cannot fail.
            let _ = element.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        }
    });
    let Some((_, first, _)) = changed.first() else { return Html::default() };
    let more = changed.len() - 1;
    let told: Vec<String> = changed.iter().map(|(label, was, now)| format!("{label}: {now}, was {was}")).collect();
    let target = props.target;
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        dispatch.session(SessionChange::Reveal(target));
    });
    let keep = Callback::from(|event: PointerEvent| event.stop_propagation());
    let words = if more > 0 { format!("was {first} +{more}") } else { format!("was {first}") };
    html! {
        <div class="was-place" ref={place}>
            <button type="button" class="was-tag" data-over-stage="" title={told.join("\n")} aria-label={format!("{words} ({})", told.join("; "))} {onclick} onpointerdown={keep}>
                { icon("pencil", "icon-s") }<span>{ words }</span>
            </button>
        </div>
    }
}
