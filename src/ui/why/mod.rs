//! Why a request went as it did: a panel with its waterfall and its choices, and the ways to ask.

mod decision;
mod exemplars;
pub mod path;
mod waterfall;
mod words;

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

pub use exemplars::{AskNumber, Exemplars};

use super::store::{use_asked, use_simulation};
use crate::engine::time::SimTime;
use crate::model::journey::Journey;
use crate::model::outcome::Outcome;
use crate::ui::client::run_view::Answer;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;

/// The panel that is open while somebody asks.
pub(crate) fn draw() -> Html {
    html! { <Why /> }
}

#[component]
fn Why() -> Html {
    let asked = use_asked();
    let simulation = use_simulation();
    let panel = use_node_ref();
    let which = asked.as_ref().map(|asked| (asked.source, asked.ordinal));
    // The focus comes along, and goes back to where the question was asked.
    let back_to = use_mut_ref(|| None::<HtmlElement>);
    {
        let (panel, back_to) = (panel.clone(), back_to);
        use_effect_with(which, move |which| {
            let active = super::browser::document().active_element();
            let active = active.and_then(|element| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element).ok());
            if which.is_some() {
                let mut back_to = back_to.borrow_mut();
                if back_to.is_none() {
                    *back_to = active;
                }
                if let Some(panel) = panel.cast::<HtmlElement>() {
                    // Focusing fails only for elements outside the page.
                    let _ = panel.focus();
                }
            } else if let Some(element) = back_to.borrow_mut().take() {
                if element.is_connected() {
                    let _ = element.focus();
                } else {
                    super::browser::focus_id("stage");
                }
            }
        });
    }
    let Some(asked) = asked else { return Html::default() };
    let close = {
        let simulation = simulation.clone();
        move || simulation.forget_explain()
    };
    let onclick = {
        let close = close.clone();
        Callback::from(move |_: MouseEvent| close())
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
    });
    let title = format!("Request {}", format::count(asked.ordinal + 1));
    html! {
        <aside class="why" id="why" ref={panel} tabindex="-1" aria-label={title.clone()} {onkeydown}>
            <header class="panel-head why-head">
                <span class="kind-badge cat-source">{ icon("circle-help", "") }</span>
                <div class="panel-title">
                    <h2>{ title }</h2>
                    { head_words(&asked.answer) }
                </div>
                <button type="button" class="icon-btn" id="why-close" aria-label="Close the answer" title="Close (Escape)" {onclick}>{ icon("x", "") }</button>
            </header>
            <div class="panel-body">
                { match &asked.answer {
                    Answer::Waiting(share) => waiting(*share),
                    Answer::None(words) => html! { <p class="empty" role="status">{ words }</p> },
                    Answer::Journey(journey) => answer(journey),
                } }
                <AskNumber source={asked.source} />
            </div>
        </aside>
    }
}

fn head_words(answer: &Answer) -> Html {
    match answer {
        Answer::Journey(journey) => {
            html! { <p class="sub">{ format!("{} · {} · sent at {}", journey.source_name, journey.operation, SimTime(journey.born)) }</p> }
        }
        Answer::Waiting(_) => html! { <p class="sub">{ "Going back in the run to watch it …" }</p> },
        Answer::None(_) => Html::default(),
    }
}

fn waiting(share: f64) -> Html {
    html! {
        <div class="why-waiting" role="status">
            <progress class="why-progress" max="1" value={format!("{share:.3}")} aria-label="How far the replay is"></progress>
            <p class="sub">{ "The run is deterministic: it is replayed from an earlier moment, and this one request is followed." }</p>
        </div>
    }
}

fn answer(journey: &Rc<Journey>) -> Html {
    let (tone, words) = match journey.ended {
        Some(ended) if ended.outcome == Outcome::Completed => {
            ("why-good", format!("Completed after {}", waterfall::span_words(journey.sojourn())))
        }
        Some(ended) => (
            "why-bad",
            format!(
                "{} after {}",
                crate::ui::kit::hint::capital(&words::fate(ended.outcome, ended.reason)),
                waterfall::span_words(journey.sojourn())
            ),
        ),
        None => ("why-open", format!("Under way for {} so far", waterfall::span_words(journey.sojourn()))),
    };
    let count = journey.decisions.len();
    // With many choices the last one is what decided.
    let open = |place: usize| count <= 2 || place + 1 == count;
    html! {
        <>
            <p class={classes!("why-fate", tone)} id="why-fate">{ words }</p>
            { waterfall::total(journey) }
            if !journey.decisions.is_empty() {
                <section class="why-choices" aria-label="Choices">
                    <h3>{ if count == 1 { "The choice".to_owned() } else { format!("{count} choices") } }</h3>
                    { for journey.decisions.iter().enumerate().map(|(place, decision)| decision::section(decision, journey.born, open(place))) }
                </section>
            }
            { waterfall::rows(journey) }
            <details class="why-story">
                <summary>{ "Step by step" }</summary>
                <ol class="why-lines">
                    { for words::lines(journey).into_iter().map(|line| html! {
                        <li class={classes!(line.bad.then_some("why-line-bad"))}>
                            <span class="num why-at">{ format!("+{}", waterfall::span_words(line.at - journey.born)) }</span>
                            <span>{ line.words }</span>
                        </li>
                    }) }
                </ol>
            </details>
        </>
    }
}
