//! Kubernetes manifests: paste or drop one and get a service with its scaler, or take a service away as one.
//!
//! A program of its own reads and writes them, fetched when this opens: the page has no YAML in it.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{DragEvent, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::editor::edit::{Ids, fresh_label};
use crate::editor::{EditCommand, Target};
use crate::model::params::Params;
use crate::model::station::service;
use crate::protocol::manifest::{
    ManifestAnswer, ManifestAsk, NoteFrame, NoteWeight, Offered, Stations, Understood, Written,
};
use crate::topology::document::{Document, NodeId, Point};
use crate::ui::browser::{self, Listener, Timer};
use crate::ui::client::manifests::{Manifests, Reader};
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::kit::tabs::{self, Tab};
use crate::ui::store::{use_dispatch, use_document, use_guard, use_selection, use_session};

/// Rest after the last key before the text is read [ms].
const READ_AFTER_MS: i32 = 120;
/// Largest file that is taken [bytes]; the reader refuses longer texts.
const FILE_BYTES_MAX: f64 = 512.0 * 1024.0;

/// Something to begin with.
const EXAMPLE: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: shop
        image: shop:1.0
        resources:
          requests: {cpu: 500m, memory: 256Mi}
          limits: {cpu: \"1\", memory: 512Mi}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: shop
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: shop
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource:
      name: cpu
      target: {type: Utilization, averageUtilization: 70}
";

/// In and out.
const WAYS: [Tab; 2] =
    [Tab { id: "manifest-tab-in", label: "From a manifest" }, Tab { id: "manifest-tab-out", label: "To a manifest" }];

#[derive(Debug, PartialEq, Properties)]
pub struct ManifestProps {
    /// What stands in the field at first.
    pub text: String,
    /// Begins with the way out.
    pub out: bool,
    pub onclose: Callback<()>,
}

#[component]
pub fn Manifest(props: &ManifestProps) -> Html {
    let reader = use_state_eq(|| Reader::Loading);
    let manifests = {
        let told = reader.setter();
        use_memo((), |()| Manifests::fetch(Callback::from(move |state| told.set(state))))
    };
    let manifests = (*manifests).clone();
    let out = use_state_eq(|| props.out);
    let text = use_state_eq(|| plain_lines(&props.text));
    let choose = out.setter();
    let choose = Callback::from(move |place: usize| choose.set(place == 1));
    let set_text = {
        let text = text.clone();
        Callback::from(move |new: String| text.set(plain_lines(&new)))
    };
    html! {
        <Dialog title="Kubernetes manifest" wide=true onclose={props.onclose.clone()}>
            { tabs::tabs(Some("manifest-tabs"), "Which way", "manifest-panel", &WAYS, usize::from(*out), &choose) }
            <div id="manifest-panel" role="tabpanel" aria-labelledby={WAYS[usize::from(*out)].id}>
                { failure(&reader, &manifests) }
                if *out {
                    <TakeOut {manifests} reader={(*reader).clone()} />
                } else {
                    <TakeIn {manifests} reader={(*reader).clone()} text={(*text).clone()} {set_text} onclose={props.onclose.clone()} />
                }
            </div>
        </Dialog>
    }
}

/// Why nothing can be read or written at present, with a way to try again.
fn failure(reader: &Reader, manifests: &Manifests) -> Html {
    let Reader::Failed(words) = reader else { return Html::default() };
    let manifests = manifests.clone();
    let retry = Callback::from(move |_: MouseEvent| manifests.retry());
    html! {
        <p class="callout callout-warn manifest-failed" role="alert" id="manifest-failed">
            { words }{ " " }
            <button type="button" class="btn btn-s" id="manifest-retry" onclick={retry}>{ "Retry" }</button>
        </p>
    }
}

/// Text as a text field has it: lines end in one way only.
fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// What the stations are called, for metrics that are of one of them.
fn stations(document: &Document) -> Stations {
    document.nodes.iter().map(|(id, node)| (id.0, node.label.clone())).collect()
}

fn services(document: &Document) -> impl Iterator<Item = (NodeId, &str)> {
    let is_service = |kind: &str| kind == service::KIND.entry.id;
    document.nodes.iter().filter(move |(_, node)| is_service(&node.kind)).map(|(id, node)| (*id, node.label.as_str()))
}

/// The selected service, if one is.
#[hook]
fn use_selected_service() -> Option<NodeId> {
    let (document, selection) = (use_document(), use_selection());
    match selection.single() {
        Some(Target::Node(id)) => services(&document).map(|(id, _)| id).find(|service| *service == id),
        _ => None,
    }
}

#[derive(Debug, PartialEq, Properties)]
struct TakeInProps {
    manifests: Manifests,
    reader: Reader,
    text: String,
    set_text: Callback<String>,
    onclose: Callback<()>,
}

#[component]
fn TakeIn(props: &TakeInProps) -> Html {
    let dispatch = use_dispatch();
    let document = use_document();
    let guard = use_guard();
    let session = use_session();
    let selected = use_selected_service();
    let onto = use_state_eq(|| selected);
    let chosen = use_state_eq(|| 0usize);
    // What was told, and of which text.
    let told = use_state_eq(|| None::<(String, Rc<Understood>)>);
    let trouble = use_state_eq(|| None::<String>);
    let area = use_node_ref();
    let chooser = use_node_ref();
    {
        let (told, trouble, named) = (told.setter(), trouble.setter(), stations(&document));
        let manifests = props.manifests.clone();
        use_effect_with(props.text.clone(), move |text| {
            trouble.set(None);
            let text = text.clone();
            let timer = (!text.trim().is_empty()).then(|| {
                Timer::once(READ_AFTER_MS, move || {
                    let (told, of) = (told.clone(), text.clone());
                    let answer = Callback::from(move |answer| {
                        if let ManifestAnswer::Read(found) = answer {
                            told.set(Some((of.clone(), found.into())));
                        }
                    });
                    manifests.ask(ManifestAsk::Read { text: text.clone(), stations: named.clone() }, answer);
                })
            });
            move || drop(timer)
        });
    }
    let take_file = {
        let (set_text, trouble) = (props.set_text.clone(), trouble.setter());
        Callback::from(move |file: web_sys::File| {
            let (set_text, trouble) = (set_text.clone(), trouble.clone());
            browser::read_file(&file, FILE_BYTES_MAX, move |text| match text {
                Ok(text) => set_text.emit(text),
                Err(message) => trouble.set(Some(message)),
            });
        })
    };
    use_drop(take_file.clone());
    let oninput = {
        let set_text = props.set_text.clone();
        Callback::from(move |event: InputEvent| {
            set_text.emit(event.target_unchecked_into::<HtmlTextAreaElement>().value());
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
    let chosen_file = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take_file.emit(file);
        }
        input.set_value("");
    });
    let example = props.set_text.reform(|_: MouseEvent| EXAMPLE.to_owned());
    let go_to = {
        let (area, text) = (area.clone(), props.text.clone());
        Callback::from(move |line: u32| show_line(&area, &text, line))
    };

    let found = told.as_ref().filter(|(of, _)| *of == props.text).map(|(_, found)| found.clone());
    let offered = found.as_ref().and_then(|found| found.services.get(*chosen).or(found.services.first())).cloned();
    let apply = {
        let (document, guard, onto, trouble) = (document.clone(), guard.clone(), *onto, trouble.clone());
        let (offered, onclose, center) = (offered.clone(), props.onclose.clone(), session.view_center());
        Callback::from(move |_: MouseEvent| {
            let Some(offered) = &offered else { return };
            let edit = edit(offered, onto, &document, center);
            // Tried first: what a lesson keeps is told here, and nothing is lost.
            let mut copy = (*document.0).clone();
            match edit.apply(&mut copy, &mut Ids::above(&document), &guard) {
                Err(error) => trouble.set(Some(error.to_string())),
                Ok(applied) => {
                    dispatch.edit(edit);
                    dispatch.notify(format!("{}: done. Undo takes all of it back.", applied.label));
                    onclose.emit(());
                }
            }
        })
    };
    let sound = found.as_ref().is_some_and(|found| found.sound());
    let set_onto = {
        let onto = onto.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            onto.set(value.parse().ok().map(NodeId));
        })
    };
    html! {
        <>
            <p class="sub">{ "Paste a " }<Term id="manifest" />{ " of a Deployment and its HorizontalPodAutoscaler, YAML or JSON, or drop the file anywhere here. Nothing changes until you press Apply." }</p>
            <div class="manifest-grid">
                <div class="manifest-in">
                    <label class="visually-hidden" for="manifest-text">{ "Manifest" }</label>
                    <textarea id="manifest-text" class="input manifest-text num" ref={area} value={props.text.clone()} {oninput} spellcheck="false"
                        autocomplete="off" autocapitalize="off" wrap="off" placeholder="apiVersion: apps/v1&#10;kind: Deployment&#10;…" />
                    <div class="button-row">
                        <button type="button" class="btn btn-s" onclick={choose}>{ icon("folder-open", "icon-s") }{ "Open a file" }</button>
                        <button type="button" class="btn btn-s" onclick={example}>{ "An example" }</button>
                        <input ref={chooser} type="file" accept=".yaml,.yml,.json,application/yaml,application/json" hidden=true onchange={chosen_file} id="manifest-file" />
                    </div>
                </div>
                <div class="manifest-found" id="manifest-found" aria-live="polite" data-read={found.is_some().to_string()}>
                    if props.text.trim().is_empty() {
                        <p class="empty">{ "What it says shows here, line by line." }</p>
                    } else if let Some(found) = &found {
                        { errors(found) }
                        { offers(found, *chosen, &chosen) }
                        if let Some(offered) = &offered { { facts(offered, &go_to) } }
                        { notes(&found.notes, &go_to) }
                    } else {
                        { waiting(&props.reader, "Reading …") }
                    }
                </div>
            </div>
            if let Some(message) = trouble.as_ref() { <p class="callout callout-warn" role="alert">{ message }</p> }
            <div class="manifest-foot">
                <label for="manifest-onto">{ "Apply to" }</label>
                <select id="manifest-onto" class="input select" onchange={set_onto}>
                    <option value="new" selected={onto.is_none()}>{ "a new service" }</option>
                    { for services(&document).map(|(id, label)| html! {
                        <option value={id.0.to_string()} selected={*onto == Some(id)}>{ label.to_owned() }</option>
                    }) }
                </select>
                <button type="button" id="manifest-apply" class="btn btn-primary" disabled={!sound} onclick={apply}>{ icon("check", "") }{ "Apply" }</button>
            </div>
        </>
    }
}

/// Files dropped anywhere while this is open; the browser would open them in the page's place.
#[hook]
fn use_drop(take: Callback<web_sys::File>) {
    use_effect_with((), move |()| {
        let over = Listener::new(&browser::window(), "dragover", |event| event.prevent_default());
        let drop_here = Listener::new(&browser::window(), "drop", move |event| {
            event.prevent_default();
            let files = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer).and_then(|data| data.files());
            if let Some(file) = files.and_then(|files| files.get(0)) {
                take.emit(file);
            }
        });
        move || drop((over, drop_here))
    });
}

/// One step to undo.
fn edit(offered: &Offered, onto: Option<NodeId>, document: &Document, center: Point) -> EditCommand {
    // The program that read the text packed them.
    let params: Params = serde_json::from_str(&offered.params_json).unwrap_or_default();
    match onto.and_then(|id| document.nodes.get(&id).map(|node| (id, node.label.clone()))) {
        Some((id, label)) => EditCommand::SetParams {
            target: Target::Node(id),
            params,
            label: format!("Apply the manifest {} to {label}", offered.name),
        },
        None => EditCommand::AddNode {
            kind: service::KIND.entry.id.to_owned(),
            at: Point { x: (center.x - 96.0).round(), y: (center.y - 48.0).round() },
            label: Some(fresh_label(document, &offered.name)),
            params,
        },
    }
}

/// What is waited for; a failure is told above.
fn waiting(reader: &Reader, doing: &'static str) -> Html {
    match reader {
        Reader::Loading => html! { <p class="empty">{ "Loading the manifest reader …" }</p> },
        Reader::Ready => html! { <p class="empty">{ doing }</p> },
        Reader::Failed(_) => Html::default(),
    }
}

fn errors(found: &Understood) -> Html {
    match found.errors() {
        0 => Html::default(),
        count => html! {
            <p class="callout callout-warn" role="alert" id="manifest-errors">
                { icon("triangle-alert", "icon-s") }
                { format!("{} keep{} this from being applied, as a cluster would refuse it, too. Nothing was changed.",
                    if count == 1 { "One error".to_owned() } else { format!("{count} errors") }, if count == 1 { "s" } else { "" }) }
            </p>
        },
    }
}

/// Which of several services is meant.
fn offers(found: &Understood, at: usize, chosen: &UseStateHandle<usize>) -> Html {
    if found.services.len() < 2 {
        return Html::default();
    }
    let option = |index: usize, offered: &Offered| {
        let chosen = chosen.clone();
        let onchange = Callback::from(move |_: Event| chosen.set(index));
        html! {
            <label class="manifest-offer"><input type="radio" name="manifest-offer" checked={index == at.min(found.services.len() - 1)} {onchange} />{ &offered.name }</label>
        }
    };
    html! {
        <fieldset class="manifest-offers">
            <legend class="sub">{ "Several are in it. One at a time:" }</legend>
            { for found.services.iter().enumerate().map(|(index, offered)| option(index, offered)) }
        </fieldset>
    }
}

fn facts(offered: &Offered, go_to: &Callback<u32>) -> Html {
    html! {
        <table class="manifest-facts">
            <caption>{ "Understood: " }<strong>{ &offered.name }</strong></caption>
            <tbody>
                { for offered.facts.iter().map(|fact| html! {
                    <tr>
                        <th scope="row">{ &fact.what }</th>
                        <td>{ &fact.value }</td>
                        <td class="manifest-line">if fact.line > 0 { { line_button(fact.line, go_to) } }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

fn line_button(line: u32, go_to: &Callback<u32>) -> Html {
    let onclick = go_to.reform(move |_: MouseEvent| line);
    html! { <button type="button" class="link-btn num" title="Show it in the text" {onclick}>{ format!("line {line}") }</button> }
}

/// What was left out or is wrong, each by its line.
fn notes(notes: &[NoteFrame], go_to: &Callback<u32>) -> Html {
    if notes.is_empty() {
        return Html::default();
    }
    let row = |note: &NoteFrame| {
        let (sign, class, word) = match note.weight {
            NoteWeight::Error => ("circle-x", "note-error", "Error"),
            NoteWeight::Warning => ("triangle-alert", "note-warning", "Mind"),
            NoteWeight::Info => ("info", "note-info", "Left out"),
        };
        html! {
            <li class={classes!("manifest-note", class)}>
                { icon(sign, "icon-s") }<span class="visually-hidden">{ word }</span>
                <div>
                    { line_button(note.line, go_to) }
                    if !note.path.is_empty() { <code class="num">{ short(&note.path) }</code> }
                    <span>{ &note.text }</span>
                </div>
            </li>
        }
    };
    html! {
        <>
            <h3>{ "Left out, taken otherwise, or wrong" }</h3>
            <ul class="manifest-notes" id="manifest-notes">{ for notes.iter().map(row) }</ul>
        </>
    }
}

/// The last two steps of a path: the line says where the rest is.
fn short(path: &str) -> String {
    let steps: Vec<&str> = path.split('.').collect();
    steps[steps.len().saturating_sub(2)..].join(".")
}

/// Marks a line of the text and brings it into view.
fn show_line(area: &NodeRef, text: &str, line: u32) {
    let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
    let wide = |text: &str| text.encode_utf16().count() as u32;
    let before = line.saturating_sub(1) as usize;
    let start: u32 = text.split_inclusive('\n').take(before).map(wide).sum();
    let length = text.lines().nth(before).map_or(0, wide);
    // Neither fails on a field that is in the page.
    let _ = area.focus();
    let _ = area.set_selection_range(start, start + length);
    let lines = text.lines().count().max(1) as f64;
    let at = before as f64 / lines * f64::from(area.scroll_height()) - f64::from(area.client_height()) / 2.0;
    area.set_scroll_top(at.max(0.0) as i32);
}

#[derive(Debug, PartialEq, Properties)]
struct TakeOutProps {
    manifests: Manifests,
    reader: Reader,
}

#[component]
fn TakeOut(props: &TakeOutProps) -> Html {
    let document = use_document();
    let selected = use_selected_service();
    let chosen = use_state_eq(|| selected.or_else(|| services(&document).next().map(|(id, _)| id)));
    let written = use_state_eq(|| None::<Rc<Written>>);
    let copied = use_state_eq(|| None::<bool>);
    let node = chosen.and_then(|id| document.nodes.get(&id)).map(|node| (node.label.clone(), node.params.clone()));
    {
        let (written, copied, named) = (written.setter(), copied.setter(), document.clone());
        let manifests = props.manifests.clone();
        use_effect_with(node.clone(), move |node| {
            copied.set(None);
            if let Some((label, params)) = node {
                let params_json = serde_json::to_string(params).expect("parameters are plain data");
                let answer = Callback::from(move |answer| {
                    if let ManifestAnswer::Written(found) = answer {
                        written.set(Some(Rc::new(found)));
                    }
                });
                let stations = stations(&named);
                manifests.ask(ManifestAsk::Write { label: label.clone(), params_json, stations }, answer);
            }
        });
    }
    let Some((label, _)) = node else {
        return html! { <p class="empty">{ "There is no service on the canvas to write down." }</p> };
    };
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            chosen.set(event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok().map(NodeId));
        })
    };
    let text = written.as_ref().map_or_else(String::new, |written| written.text.clone());
    let copy = {
        let (text, copied) = (text.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            browser::copy_text(&text, move |done| copied.set(Some(done)));
        })
    };
    let save = {
        let (text, name) = (text.clone(), file_name(&label));
        Callback::from(move |_: MouseEvent| {
            // The browser tells the learner itself where a download fails.
            let _ = browser::save_file(&name, "application/yaml", &text);
        })
    };
    let unwritten = written.is_none();
    html! {
        <>
            <div class="manifest-foot manifest-head">
                <label for="manifest-of">{ "Of the service" }</label>
                <select id="manifest-of" class="input select" onchange={choose}>
                    { for services(&document).map(|(id, label)| html! { <option value={id.0.to_string()} selected={*chosen == Some(id)}>{ label.to_owned() }</option> }) }
                </select>
            </div>
            <div class="manifest-grid">
                <div class="manifest-in">
                    <label class="visually-hidden" for="manifest-out">{ "The manifest" }</label>
                    <textarea id="manifest-out" class="input manifest-text num" readonly=true value={text} wrap="off" spellcheck="false" />
                    <div class="button-row">
                        <button type="button" id="manifest-copy" class="btn btn-primary" disabled={unwritten} onclick={copy}>
                            { icon(if *copied == Some(true) { "check" } else { "copy" }, "") }{ if *copied == Some(true) { "Copied" } else { "Copy" } }
                        </button>
                        <button type="button" id="manifest-save" class="btn" disabled={unwritten} onclick={save}>{ icon("file-down", "") }{ "Save as a file" }</button>
                    </div>
                    <div aria-live="polite">
                        if *copied == Some(false) { <p class="callout callout-warn">{ "The browser did not let the page copy. Select the text and copy it by hand." }</p> }
                    </div>
                </div>
                <div class="manifest-found">
                    <p>{ "kubectl apply -f takes it unchanged. An autoscaled Deployment states no number of replicas: applying one would reset it." }</p>
                    if let Some(written) = written.as_ref() {
                        <h3>{ "What a manifest cannot say" }</h3>
                        <ul class="manifest-notes">
                            { for written.notes.iter().map(|note| html! { <li class="manifest-note note-info">{ icon("info", "icon-s") }<div>{ note.clone() }</div></li> }) }
                        </ul>
                    } else {
                        { waiting(&props.reader, "Writing …") }
                    }
                </div>
            </div>
        </>
    }
}

/// A file's name from a label: letters, digits and dashes.
fn file_name(label: &str) -> String {
    let plain: String = label.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    format!("{}.yaml", if plain.is_empty() { "service" } else { plain })
}
