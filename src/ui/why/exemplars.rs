//! Requests worth asking about: the slowest and the failed of the last moments, or any by its number.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::model::outcome::Outcome;
use crate::model::station::{self, Category};
use crate::model::system::exemplars::Exemplar;
use crate::topology::document::{Document, NodeId};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run, use_simulation};

#[derive(Debug, PartialEq, Properties)]
pub struct LatelyProps {
    /// Only those of this source.
    #[prop_or_default]
    pub source: Option<NodeId>,
}

/// The slowest and the failed of the last moments, each with its question.
#[component]
pub fn Exemplars(props: &LatelyProps) -> Html {
    let run = use_run();
    let simulation = use_simulation();
    if !run.begun() {
        return Html::default();
    }
    let of_ours = |one: &&Exemplar| props.source.is_none_or(|source| source == one.source);
    let row = |one: &Exemplar, failed: bool| {
        let (source, ordinal) = (one.source, one.ordinal);
        let simulation = simulation.clone();
        let onclick = Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal));
        let (outcome, reason) = (one.outcome, one.reason);
        let number = format::count(ordinal + 1);
        html! {
            <li key={format!("{}-{ordinal}", source.0)}>
                <span class="num exemplars-number" title={one.at.to_string()}>{ &number }</span>
                <span class="num">{ format::duration(one.took.as_secs_f64()) }</span>
                <span class={classes!("exemplars-words", (outcome != Outcome::Completed).then_some("tone-bad"))}
                    title={reason.label()}>{ if failed { reason.label() } else { outcome.label() } }</span>
                <button type="button" class="btn btn-s" aria-label={format!("Why? Request {number}")} {onclick}>{ "Why?" }</button>
            </li>
        }
    };
    let failed: Vec<Html> = run.exemplars.failed.iter().filter(of_ours).map(|one| row(one, true)).collect();
    let slow: Vec<Html> = run.exemplars.slow.iter().filter(of_ours).map(|one| row(one, false)).collect();
    html! {
        <section class="exemplars" id="exemplars" aria-label="Requests worth asking about">
            <h3>{ "Slowest lately" }</h3>
            if slow.is_empty() { <p class="sub">{ "No request has ended yet." }</p> } else { <ul class="exemplars-list">{ slow }</ul> }
            // Of everybody, failures are told by group elsewhere.
            if !failed.is_empty() && props.source.is_some() {
                <h3>{ "Failed lately" }</h3>
                <ul class="exemplars-list">{ failed }</ul>
            }
            <AskNumber source={props.source} />
        </section>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct AskNumberProps {
    /// Whose requests; the first clients of the document otherwise.
    #[prop_or_default]
    pub source: Option<NodeId>,
}

/// Asks for any request by its number.
#[component]
pub fn AskNumber(props: &AskNumberProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let simulation = use_simulation();
    let sources = sources(&document);
    let chosen = use_state_eq(|| props.source);
    let source = (*chosen).filter(|id| sources.contains(id)).or(props.source).or(sources.first().copied());
    let text = use_state_eq(String::new);
    let Some(source) = source else { return Html::default() };
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let onchange = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
            chosen.set(value.parse().ok().map(NodeId));
        })
    };
    let onsubmit = {
        let text = text.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            match digits.parse::<u64>().ok().and_then(|number| number.checked_sub(1)) {
                Some(ordinal) => simulation.explain(source, ordinal),
                None => dispatch.notify("Requests are counted from 1: type a number."),
            }
        })
    };
    html! {
        <form class="ask-number" {onsubmit}>
            <label>{ "Explain request no." }
                <input class="input num" name="request" inputmode="numeric" autocomplete="off" placeholder="1" value={(*text).clone()} {oninput} />
            </label>
            if sources.len() > 1 {
                <label class="ask-whose">{ "of" }
                    <select class="input" {onchange}>
                        { for sources.iter().map(|id| html! {
                            <option value={id.0.to_string()} selected={*id == source}>{ document.nodes.get(id).map_or("?", |node| node.label.as_str()) }</option>
                        }) }
                    </select>
                </label>
            }
            <button type="submit" class="btn btn-s">{ icon("circle-help", "icon-s") }{ "Explain" }</button>
        </form>
    }
}

fn sources(document: &Document) -> Vec<NodeId> {
    let of_clients = |kind: &str| station::find(kind).is_some_and(|kind| kind.category == Category::Client);
    document.nodes.iter().filter(|(_, node)| of_clients(&node.kind)).map(|(id, _)| *id).collect()
}
