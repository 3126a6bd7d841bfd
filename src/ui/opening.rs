//! Opening what is asked for by name: its file is fetched first. Until it is here everything stays as it is, a line says
//! what is under way, and a failure names the file and offers to try again.

use std::rc::Rc;

use yew::prelude::*;

use super::browser;
use super::course::{self, Missing, Trouble, use_words};
use super::drawings::library;
use super::practice;
use super::shell::{Opening, Origin, Wanted, use_shell};
use super::store::{use_dispatch, use_document};
use crate::drawings::{Drawing, DrawingId};
use crate::topology::format::Run;
use crate::ui::kit::icons::icon;

/// Fetches what is wanted.
///
/// # Errors
/// There is nothing of that name, or a file did not come.
pub async fn fetch(wanted: &Wanted) -> Result<Opening, Trouble> {
    let (id, run) = match wanted {
        Wanted::Lesson(name) => return practice::opening(name).await,
        Wanted::Scenario(id) => course::scenario(id, |index| index.scenario(id)).await?,
        Wanted::Tour => course::scenario("tour", |index| index.scenarios.first()).await?,
        Wanted::First => course::scenario("first", |index| index.scenarios.get(1)).await?,
        Wanted::Drawing(id) => return drawing(id).await,
    };
    let origin = Origin::Scenario(id);
    // Nothing moves by itself where the person asked for that.
    let play = !browser::matches_media("(prefers-reduced-motion: reduce)");
    Ok(Opening { document: Rc::new(run.document), inputs: run.inputs, origin, play, note: None, kept: None })
}

/// A drawing of one's own, as it was left.
async fn drawing(id: &DrawingId) -> Result<Opening, Trouble> {
    let unknown = |words: &str| Trouble::Unknown(words.to_owned());
    let stored = library::get(id).await.map_err(|trouble| unknown(trouble.words()))?;
    let Some(Drawing { meta, text }) = stored else {
        return Err(unknown(
            "This browser holds no such drawing. Open lists yours; a drawing of another browser comes as a link or a file.",
        ));
    };
    if meta.deleted_ms.is_some() {
        let title = &meta.title;
        return Err(Trouble::Unknown(format!("\"{title}\" was deleted. Open, All drawings brings it back.")));
    }
    let run = Run::from_json(&text).map_err(|error| {
        Trouble::Unknown(format!("\"{}\" cannot be opened: {error}. {}", meta.title, error.remedy()))
    })?;
    let (note, document) = (run.engine_note().filter(|_| !run.inputs.is_empty()), Rc::new(run.document));
    let origin = Origin::Drawing(id.clone());
    Ok(Opening { document, inputs: run.inputs, origin, play: false, note, kept: Some(meta) })
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
        (None, Wanted::Tour) => "the tour".to_owned(),
        (None, Wanted::First) => "the first scenario".to_owned(),
        (None, Wanted::Drawing(_)) => "your drawing".to_owned(),
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct FetchProps {
    pub wanted: Wanted,
    /// It is not wanted any more, or there is no such thing.
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
    let drawn = !document.nodes.is_empty();
    {
        let (trouble, done) = (trouble.setter(), props.done.clone());
        use_effect_with((props.wanted.clone(), *attempt), move |(wanted, _)| {
            let still = Rc::new(std::cell::Cell::new(true));
            let (wanted, is_wanted) = (wanted.clone(), still.clone());
            trouble.set(None);
            wasm_bindgen_futures::spawn_local(async move {
                let outcome = fetch(&wanted).await;
                if !is_wanted.get() {
                    return;
                }
                match outcome {
                    Ok(opening) => {
                        words.ask_again();
                        shell.open(opening);
                    }
                    Err(Trouble::Unknown(message)) => {
                        done.emit(());
                        dispatch.notify(message);
                    }
                    Err(Trouble::Missing(missing)) => trouble.set(Some(missing.to_string())),
                }
            });
            move || still.set(false)
        });
    }
    let cancel = props.done.reform(|_: MouseEvent| ());
    let retry = {
        let attempt = attempt.clone();
        Callback::from(move |_: MouseEvent| attempt.set(*attempt + 1))
    };
    let title = title(&props.wanted);
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
