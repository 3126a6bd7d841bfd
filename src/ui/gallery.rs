//! The gallery: scenarios, practice, one's own drafts, and files.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::browser;
use super::dialog::Dialog;
use super::icons::icon;
use super::practice::use_progress;
use super::shell::{Opening, Origin, use_shell};
use super::storage;
use crate::lesson::catalog::{LESSONS, SCENARIOS};
use crate::topology::document::Document;
use crate::topology::format::{Run, limits};

#[derive(Debug, PartialEq, Properties)]
pub struct GalleryProps {
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
    let scenarios = SCENARIOS.iter().filter_map(|scenario| scenario.run().ok().map(|run| (scenario.id, run)));
    let cards = scenarios.map(|(id, run)| {
        let onclick = {
            let (open, run) = (open.clone(), run.clone());
            Callback::from(move |_: MouseEvent| {
                open.emit(Opening {
                    document: Rc::new(run.document.clone()),
                    inputs: run.inputs.clone(),
                    origin: Origin::Scenario(id.to_owned()),
                    play: true,
                    note: None,
                });
            })
        };
        card(id, "flask-conical", &run.document.title, &run.document.notes, None, onclick)
    });
    let lessons =
        LESSONS.iter().filter_map(|files| files.lesson().ok().map(|lesson| (files, lesson))).map(|(files, lesson)| {
            let state = progress.of(files.slug);
            let badge = if state.passed.is_some() {
                Some("passed")
            } else if state.version > 0 {
                Some("begun")
            } else {
                None
            };
            let onclick = {
                let open = open.clone();
                Callback::from(move |_: MouseEvent| {
                    if let Some(opening) = super::practice::opening(files.slug) {
                        open.emit(opening);
                    }
                })
            };
            card(
                files.slug,
                "graduation-cap",
                &format!("{} {}", files.number, lesson.title),
                &lesson.summary,
                badge,
                onclick,
            )
        });
    let own = storage::shelf().into_iter().map(|shelved| {
        let onclick = {
            let (open, failed, shelved) = (open.clone(), failed.clone(), shelved.clone());
            Callback::from(move |_: MouseEvent| match read(&shelved.run_json, Origin::Draft) {
                Ok(opening) => open.emit(opening),
                Err(message) => failed.set(Some(message)),
            })
        };
        card("", "history", &shelved.title, "An earlier draft of yours.", None, onclick)
    });
    let blank = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| {
            open.emit(Opening {
                document: Rc::new(Document::default()),
                inputs: Vec::new(),
                origin: Origin::Draft,
                play: false,
                note: None,
            });
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
    let chosen = {
        let (open, failed) = (open.clone(), failed.clone());
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                let (open, failed) = (open.clone(), failed.clone());
                read_file(&file, move |found| match found {
                    Ok(opening) => open.emit(opening),
                    Err(message) => failed.set(Some(message)),
                });
            }
            input.set_value("");
        })
    };
    html! {
        <Dialog title="Open" wide=true onclose={props.onclose.clone()}>
            if let Some(message) = failed.as_ref() { <p class="callout callout-warn" role="alert">{ message }</p> }
            <section>
                <h3>{ "Practice" }</h3>
                <ul class="cards">{ for lessons }</ul>
            </section>
            <section>
                <h3>{ "Scenarios" }</h3>
                <ul class="cards">{ for cards }</ul>
            </section>
            <section>
                <h3>{ "Your own" }</h3>
                <ul class="cards">
                    { card("blank", "plus", "Empty canvas", "Begin from nothing.", None, blank) }
                    { card("file", "folder-open", "Open a file", "A run saved by Headroom; dropping it on the page works too.", None, choose) }
                    { for own }
                </ul>
                <input ref={chooser} type="file" accept=".json,application/json" hidden=true onchange={chosen} id="file-chooser" />
            </section>
            <p class="sub">{ "What you have drawn goes on the shelf above; it is not lost." }</p>
        </Dialog>
    }
}

fn card(
    id: &str,
    sign: &'static str,
    title: &str,
    words: &str,
    badge: Option<&'static str>,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <li>
            <button type="button" class="tile" data-open={id.to_owned()} {onclick}>
                <span class="tile-icon">{ icon(sign, "icon-l") }</span>
                <span class="tile-words">
                    <span class="tile-title">{ title }if let Some(badge) = badge { <span class={classes!("badge", format!("badge-{badge}"))}>{ badge }</span> }</span>
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
    Ok(Opening { document: Rc::new(run.document), inputs: run.inputs, origin, play: false, note })
}

/// The same from a file.
pub fn read_file(file: &web_sys::File, done: impl FnOnce(Result<Opening, String>) + 'static) {
    browser::read_file(file, limits::TEXT_BYTES_MAX as f64, move |text| {
        done(text.and_then(|text| read(&text, Origin::File)))
    });
}
