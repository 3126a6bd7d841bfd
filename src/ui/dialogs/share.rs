//! Sharing: the whole run as a link or a file. Nothing is stored anywhere: the link is the run.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::topology::document::Document;
use crate::topology::format::Run;
use crate::topology::link::{self, FILE_CHARS, WARN_CHARS};
use crate::ui::browser;
use crate::ui::client::run_view::Health;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_document, use_run};

/// A run on its way out: as the worker tells it, or the bare document where there is no worker to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub run_json: String,
    pub trace_hash: Option<String>,
}

/// The run as the page alone knows it.
#[must_use]
pub fn without_worker(document: &Document) -> Exported {
    Exported { run_json: Run::new(document.clone()).to_json(), trace_hash: None }
}

#[derive(Debug, PartialEq, Properties)]
pub struct ShareProps {
    /// `None` while the worker is still asked.
    pub exported: Option<Exported>,
    pub onclose: Callback<()>,
}

#[component]
pub fn Share(props: &ShareProps) -> Html {
    let document = use_document();
    let run = use_run();
    let copied = use_state_eq(|| None::<bool>);
    // A worker that is gone answers nobody: the document at least can be shared.
    let exported = props.exported.clone().or_else(|| (run.health != Health::Well).then(|| without_worker(&document)));
    // Packing takes a while: once per run told, not ten times a second.
    let packed = use_memo(exported.clone(), |exported| exported.as_ref().map(|exported| pack(&exported.run_json)));
    let (Some(exported), Some(packed)) = (exported, packed.as_ref()) else {
        return html! { <Dialog title="Share this run" onclose={props.onclose.clone()}><p class="empty">{ "Packing the run …" }</p></Dialog> };
    };
    let (inputs, link) = (packed.inputs, packed.link.clone());
    let save = {
        let (name, text) = (file_name(&document.title), packed.file.clone());
        Callback::from(move |_: MouseEvent| {
            // The browser tells the learner itself where a download fails.
            let _ = browser::save_file(&name, "application/json", &text);
        })
    };
    let file_button = |primary: bool| {
        html! {
            <button type="button" class={classes!("btn", primary.then_some("btn-primary"))} onclick={save.clone()} id="save-file">
                { icon("file-down", "") }{ "Save as a file" }
            </button>
        }
    };
    let body = match link {
        Ok(link) => {
            let length = link.chars().count();
            let long = length > FILE_CHARS;
            let copy = {
                let (link, copied) = (link.clone(), copied.clone());
                Callback::from(move |_: MouseEvent| {
                    let copied = copied.clone();
                    browser::copy_text(&link, move |worked| copied.set(Some(worked)));
                })
            };
            let select = Callback::from(|event: FocusEvent| event.target_unchecked_into::<HtmlInputElement>().select());
            html! {
                <>
                    <label class="visually-hidden" for="share-link">{ "Link" }</label>
                    <div class="share-row">
                        <input id="share-link" class="input num" type="text" readonly=true value={link} onfocus={select} />
                        <button type="button" id="copy-link" class={classes!("btn", (!long).then_some("btn-primary"))} onclick={copy}>
                            { icon(if *copied == Some(true) { "check" } else { "copy" }, "") }{ if *copied == Some(true) { "Copied" } else { "Copy link" } }
                        </button>
                    </div>
                    <div aria-live="polite">
                        if *copied == Some(false) { <p class="callout callout-warn">{ "The browser did not let the page copy. Select the link and copy it by hand." }</p> }
                    </div>
                    if long {
                        <p class="callout callout-warn">{ format!("This link has {} characters. Many programs cut links that long: send a file instead.", format::count(length as u64)) }</p>
                    } else if length > WARN_CHARS {
                        <p class="callout">{ format!("This link has {} characters. Some chat and mail programs cut links beyond 2 000; a file is safer.", format::count(length as u64)) }</p>
                    }
                    <div class="button-row">{ file_button(long) }</div>
                </>
            }
        }
        Err(message) => html! {
            <>
                <p class="callout callout-warn" role="alert">{ message }</p>
                <div class="button-row">{ file_button(true) }</div>
            </>
        },
    };
    html! {
        <Dialog title="Share this run" onclose={props.onclose.clone()}>
            <p>{ "Anyone who opens it sees the same run, request by request: the design, the traffic, the faults, the seed" }
                { if inputs > 0 { format!(", and the {inputs} change{} made while it ran.", if inputs == 1 { "" } else { "s" }) } else { ".".to_owned() } }
                { " Nothing is stored anywhere: the link is the run." }</p>
            { body }
            if let Some(hash) = exported.trace_hash.filter(|hash| !hash.is_empty()) {
                <p class="sub">{ "Trace hash so far " }<code class="num">{ hash }</code></p>
            }
        </Dialog>
    }
}

/// A run as a link and as a file.
struct Packed {
    /// Changes recorded while it ran.
    inputs: usize,
    /// The whole address, or why there is none.
    link: Result<String, String>,
    file: String,
}

fn pack(run_json: &str) -> Packed {
    match Run::from_json(run_json) {
        Ok(run) => Packed {
            inputs: run.inputs.len(),
            link: link::encode(&run)
                .map(|fragment| address(&fragment))
                .map_err(|error| format!("{error}. {}", error.remedy())),
            file: run.to_json_pretty(),
        },
        Err(error) => Packed { inputs: 0, link: Err(error.to_string()), file: run_json.to_owned() },
    }
}

/// The page's address with the run behind it. `fragment` may begin with `#`.
fn address(fragment: &str) -> String {
    format!("{}#{}", browser::page_address(), fragment.trim_start_matches('#'))
}

/// A file's name from a title.
pub fn file_name(title: &str) -> String {
    format!("{}.headroom.json", slug(title))
}

/// Letters, digits and dashes; never empty.
pub fn slug(title: &str) -> String {
    let mut name = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "run" } else { name }.to_owned()
}
