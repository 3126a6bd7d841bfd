//! The gallery: one's own drawings, files, practice and scenarios.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::drawings::import;
use crate::drawings::bundle;
use crate::interop::kubernetes::looks_like_one;
use crate::lesson::catalog::{Index, Listing};
use crate::lesson::progress::LessonProgress;
use crate::topology::format::{Run, limits};
use crate::ui::browser;
use crate::ui::course::{Wait, use_index};
use crate::ui::drawings::list::DrawingList;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::icons::icon;
use crate::ui::opening::waiting;
use crate::ui::practice::{ProgressStore, use_progress};
use crate::ui::shell::{DialogKind, Opening, Origin, Wanted, use_shell};

/// Drawings shown above everything else.
const FEW: usize = 4;
/// Of a file [bytes]: hundreds of the largest drawings.
const FILE_BYTES_MAX: f64 = 32.0 * limits::TEXT_BYTES_MAX as f64;

#[derive(Debug, PartialEq, Properties)]
pub struct GalleryProps {
    /// Lessons alone.
    #[prop_or_default]
    pub lessons: bool,
    pub onclose: Callback<()>,
}

#[component]
pub fn Gallery(props: &GalleryProps) -> Html {
    let shell = use_shell();
    let progress = use_progress();
    let failed = use_state_eq(|| None::<String>);
    let chooser = use_node_ref();

    let open = {
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |opening: Opening| {
            onclose.emit(());
            shell.open(opening);
        })
    };
    let fetch = {
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |wanted: Wanted| {
            onclose.emit(());
            shell.fetch(wanted);
        })
    };
    let (index, ask) = use_index();
    let index = match &index {
        Wait::Here(index) => listed(index, &progress, &fetch, !props.lessons),
        Wait::Coming => waiting("The list of lessons and scenarios", None, &ask),
        Wait::Failed(missing) => waiting("", Some(missing), &ask),
    };
    let blank = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| {
            open.emit(Opening::blank());
        })
    };
    let choose = {
        let chooser = chooser.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(chooser) = chooser.cast::<HtmlInputElement>() {
                chooser.click();
            }
        })
    };
    let manifest = {
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            shell.show(DialogKind::Manifest { text: String::new(), out: false });
        })
    };
    let chosen = {
        let (open, failed) = (open.clone(), failed.clone());
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                let (open, failed) = (open.clone(), failed.clone());
                let (shell, onclose) = (shell.clone(), onclose.clone());
                read_file(&file, move |found| match found {
                    Ok(Found::Run(opening)) => open.emit(*opening),
                    Ok(Found::Manifest(text)) => {
                        onclose.emit(());
                        shell.show(DialogKind::Manifest { text, out: false });
                    }
                    Ok(Found::Drawings(text)) => spawn_local(async move {
                        match import(&text).await {
                            Ok(_) => shell.show(DialogKind::Drawings),
                            Err(message) => failed.set(Some(message)),
                        }
                    }),
                    Err(message) => failed.set(Some(message)),
                });
            }
            input.set_value("");
        })
    };
    let all_of = {
        let shell = shell.clone();
        Callback::from(move |()| shell.show(DialogKind::Drawings))
    };
    let all = all_of.reform(|_: MouseEvent| ());
    let opened = {
        let onclose = props.onclose.clone();
        Callback::from(move |()| onclose.emit(()))
    };
    html! {
        <Dialog title={if props.lessons { "Learn" } else { "Open" }} wide=true onclose={props.onclose.clone()}>
            if let Some(message) = failed.as_ref() { <p class="callout callout-warn" role="alert">{ message }</p> }
            if !props.lessons { <section class="own">
                <header class="chapter">
                    <h3>{ "Your drawings" }</h3>
                    <button type="button" class="btn btn-s" id="manage-drawings" onclick={all.clone()}>{ "All drawings" }</button>
                </header>
                <div class="button-row own-ways">
                    <button type="button" class="btn btn-primary" data-open="blank" onclick={blank}>{ icon("plus", "") }{ "New drawing" }</button>
                    <button type="button" class="btn" data-open="file" onclick={choose} title="A run or a file of drawings saved by Headroom; dropping it on the page works too">{ icon("folder-open", "") }{ "Open a file" }</button>
                    <button type="button" class="btn" data-open="manifest" onclick={manifest} title="A Deployment with its autoscaler becomes a service; a service becomes a manifest">{ icon("file-code", "") }{ "Kubernetes manifest" }</button>
                </div>
                <input ref={chooser} type="file" accept=".json,.yaml,.yml,application/json,application/yaml" hidden=true onchange={chosen} id="file-chooser" />
                <DrawingList few={Some(FEW)} onall={all_of} onopen={opened} />
            </section> }
            { index }
        </Dialog>
    }
}

/// Lessons by chapters, then the scenarios.
fn listed(index: &Index, progress: &ProgressStore, fetch: &Callback<Wanted>, scenarios_too: bool) -> Html {
    let chapters = index.chapters.iter().map(|chapter| {
        let here: Vec<_> = index.lessons.iter().filter(|lesson| lesson.chapter == chapter.id).collect();
        let passed = here.iter().filter(|lesson| progress.of(&lesson.slug).passed.is_some()).count();
        let tiles = here.iter().map(|lesson| lesson_tile(lesson, &progress.of(&lesson.slug), fetch));
        html! {
            <section key={chapter.id.as_str()}>
                <header class="chapter">
                    <h3>{ &chapter.title }</h3>
                    if here.len() > 1 { <span class="chapter-passed num">{ format!("{passed} of {} passed", here.len()) }</span> }
                    <p>{ &chapter.summary }</p>
                </header>
                <ul class={classes!("cards", (here.len() > 1).then_some("cards-small"))}>{ for tiles }</ul>
            </section>
        }
    });
    let scenarios = index.scenarios.iter().map(|scene| {
        let wanted = Wanted::Scenario(scene.id.clone());
        let onclick = fetch.reform(move |_: MouseEvent| wanted.clone());
        card(&scene.id, "flask-conical", &scene.title, &scene.notes, onclick)
    });
    html! {
        <>
            { for chapters }
            if scenarios_too { <section>
                <header class="chapter">
                    <h3>{ "Scenarios" }</h3>
                    <p>{ "Systems that run as they are: look, change, break." }</p>
                </header>
                <ul class="cards">{ for scenarios }</ul>
            </section> }
        </>
    }
}

/// A lesson in its chapter: what it asks, how long it takes, how far the learner is.
fn lesson_tile(lesson: &Listing, progress: &LessonProgress, fetch: &Callback<Wanted>) -> Html {
    let state = if progress.passed.is_some() {
        Some("passed")
    } else if progress.version > 0 {
        Some("begun")
    } else {
        None
    };
    let wanted = Wanted::Lesson(lesson.slug.clone());
    let onclick = fetch.reform(move |_: MouseEvent| wanted.clone());
    html! {
        <li>
            <button type="button" class="tile" data-open={lesson.slug.clone()} {onclick}>
                <span class={classes!("tile-icon", "tile-number", "num", state.map(|state| format!("tile-{state}")))} aria-hidden="true">
                    if state == Some("passed") { { icon("circle-check", "icon-l") } } else { { &lesson.number } }
                </span>
                <span class="tile-words">
                    <span class="tile-title"><span class="visually-hidden">{ format!("{}. ", lesson.number) }</span>{ &lesson.title }</span>
                    <span class="tile-text">{ &lesson.summary }</span>
                    <span class="tile-facts">
                        { icon("clock", "icon-s") }{ format!("{} min", lesson.minutes) }
                        if let Some(state) = state { <span class={classes!("badge", format!("badge-{state}"))}>{ state }</span> }
                    </span>
                </span>
            </button>
        </li>
    }
}

fn card(id: &str, sign: &'static str, title: &str, words: &str, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <li>
            <button type="button" class="tile" data-open={id.to_owned()} {onclick}>
                <span class="tile-icon">{ icon(sign, "icon-l") }</span>
                <span class="tile-words">
                    <span class="tile-title">{ title }</span>
                    <span class="tile-text">{ words }</span>
                </span>
            </button>
        </li>
    }
}

/// A saved run as text, ready to open; `Err` in plain words.
pub fn read(text: &str, origin: Origin) -> Result<Opening, String> {
    let run = Run::from_json(text).map_err(|error| format!("It cannot be opened: {error}. {}", error.remedy()))?;
    let note = run.engine_note();
    Ok(Opening { document: Rc::new(run.document), inputs: run.inputs, origin, play: false, note, kept: None })
}

/// What a file holds.
#[derive(Debug)]
pub enum Found {
    Run(Box<Opening>),
    /// The text of a Kubernetes manifest.
    Manifest(String),
    /// The text of a file of drawings.
    Drawings(String),
}

/// Where more than one file was dropped: which of them is read, in words.
pub fn others_dropped(event: &web_sys::DragEvent) -> Option<String> {
    let files = event.data_transfer()?.files()?;
    let first = files.get(0)?.name();
    (files.length() > 1).then(|| format!("Of {} files only \"{first}\" was read: drop one at a time.", files.length()))
}

/// The same from a file, which may also be a manifest.
pub fn read_file(file: &web_sys::File, done: impl FnOnce(Result<Found, String>) + 'static) {
    let named = file.name().to_lowercase();
    browser::read_file(file, FILE_BYTES_MAX, move |text| {
        done(text.and_then(|text| {
            if bundle::looks_like_one(&text) {
                return Ok(Found::Drawings(text));
            }
            if named.ends_with(".yaml") || named.ends_with(".yml") {
                return Ok(Found::Manifest(text));
            }
            match read(&text, Origin::File) {
                Err(_) if looks_like_one(&text) => Ok(Found::Manifest(text)),
                found => found.map(|opening| Found::Run(Box::new(opening))),
            }
        }))
    });
}
