//! Opening what is asked for by name: its file is fetched first. Until it is here everything stays as it is, a line says
//! what is under way, and a failure names the file and offers to try again.

use std::rc::Rc;

use yew::prelude::*;

use super::course::{self, Missing, Trouble, use_words};
use super::practice;
use super::shared::Shared;
use super::shell::{Opening, Origin, Request, Wanted, use_shell};
use super::storage;
use super::store::{use_dispatch, use_document};
use crate::ui::kit::icons::icon;

/// Fetches what is wanted.
///
/// # Errors
/// There is nothing of that name, or a file did not come.
pub async fn fetch(wanted: &Wanted) -> Result<Opening, Trouble> {
    let id = match wanted {
        Wanted::Lesson(name) => return practice::opening(name).await,
        Wanted::Scenario(id) => Some(id.as_str()),
        Wanted::First => None,
    };
    let (id, run) = course::scenario(id).await?;
    let origin = Origin::Scenario(id);
    Ok(Opening { document: Rc::new(run.document), inputs: run.inputs, origin, play: true, note: None })
}

/// What it is called, as far as that is known yet.
fn title(wanted: &Wanted) -> String {
    let index = course::index_here();
    let found = match (wanted, &index) {
        (Wanted::Lesson(name), Some(index)) => index.lesson(name).map(|lesson| lesson.title.clone()),
        (Wanted::Scenario(id), Some(index)) => index.scenario(id).map(|scene| scene.title.clone()),
        _ => None,
    };
    match (found, wanted) {
        (Some(title), _) => format!("\"{title}\""),
        (None, Wanted::Lesson(name)) => format!("the lesson \"{name}\""),
        (None, Wanted::Scenario(id)) => format!("the scenario \"{id}\""),
        (None, Wanted::First) => "the first scenario".to_owned(),
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct FetchProps {
    pub request: Request,
    /// It has come, but what is drawn is asked about first.
    pub ask: Callback<Shared<Opening>>,
    /// It has come, or is not wanted any more.
    pub done: Callback<()>,
}

/// Fetches, and says so.
#[component]
pub fn Fetch(props: &FetchProps) -> Html {
    let dispatch = use_dispatch();
    let shell = use_shell();
    let document = use_document();
    let words = use_words();
    let trouble = use_state_eq(|| None::<String>);
    let attempt = use_state_eq(|| 0_u32);
    // What was drawn when it was asked for, and what is drawn now: work done meanwhile is asked about.
    let before = use_mut_ref(|| document.clone());
    let now = use_mut_ref(|| document.clone());
    let drawn = !document.nodes.is_empty();
    *now.borrow_mut() = document;
    {
        let (trouble, ask, done) = (trouble.setter(), props.ask.clone(), props.done.clone());
        use_effect_with((props.request.clone(), *attempt), move |(request, _)| {
            let wanted = Rc::new(std::cell::Cell::new(true));
            *before.borrow_mut() = now.borrow().clone();
            let (request, still) = (request.clone(), wanted.clone());
            trouble.set(None);
            wasm_bindgen_futures::spawn_local(async move {
                let outcome = fetch(&request.wanted).await;
                if !still.get() {
                    return;
                }
                match outcome {
                    Ok(opening) => {
                        words.ask_again();
                        done.emit(());
                        let touched = *before.borrow() != *now.borrow();
                        if touched || (request.asks && storage::draft().is_some()) {
                            ask.emit(Shared::new(opening));
                        } else {
                            shell.open(opening);
                        }
                    }
                    Err(Trouble::Unknown(message)) => {
                        done.emit(());
                        dispatch.notify(message);
                    }
                    Err(Trouble::Missing(missing)) => trouble.set(Some(missing.to_string())),
                }
            });
            move || wanted.set(false)
        });
    }
    let cancel = props.done.reform(|_: MouseEvent| ());
    let retry = {
        let attempt = attempt.clone();
        Callback::from(move |_: MouseEvent| attempt.set(*attempt + 1))
    };
    let title = title(&props.request.wanted);
    html! {
        <div class="fetch-area">
            if let Some(trouble) = trouble.as_ref() {
                <div class="fetch fetch-failed" role="alert">
                    { icon("circle-x", "tone-bad") }
                    <p><strong>{ format!("Headroom could not open {title}.") }</strong>{ format!(" {trouble}") }if drawn { { " What you have drawn is as you left it." } }</p>
                    <button type="button" class="btn btn-s btn-primary" id="fetch-retry" onclick={retry}>{ "Retry" }</button>
                    <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={cancel}>{ icon("x", "icon-s") }</button>
                </div>
            } else {
                <div class="fetch fetch-coming" role="status">
                    { icon("clock", "icon-s") }
                    <p>{ format!("Opening {title} …") }</p>
                    <button type="button" class="btn btn-s" id="fetch-cancel" onclick={cancel}>{ "Cancel" }</button>
                </div>
            }
        </div>
    }
}

/// In place of something that is on its way, or did not come: says so, and lets it be asked for again.
pub fn waiting(what: &str, failed: Option<&Missing>, ask: &Callback<()>) -> Html {
    match failed {
        None => html! { <p class="sub" role="status">{ format!("{what} is loading …") }</p> },
        Some(missing) => html! {
            <div class="callout callout-warn callout-action" role="alert">
                <p>{ missing.to_string() }</p>
                <button type="button" class="btn btn-s" onclick={ask.reform(|_: MouseEvent| ())}>{ "Retry" }</button>
            </div>
        },
    }
}
