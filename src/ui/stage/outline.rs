//! The whole drawing as a list: stations, what they call, what they are set to, how they are doing.
//!
//! The text alternative of the stage, and the editor on a small screen: everything that the stage can do to the
//! document can be done here, by touch, keyboard or screen reader.

use std::collections::BTreeSet;

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::editor::edit::{check_connection, target_name};
use crate::editor::wire;
use crate::editor::{Action, EditCommand, Selection, SessionChange, Target, ToolRequest, catalog, gauge, places};
use crate::facet::cache::Cache;
use crate::facet::scaling::Scaling;
use crate::model::outcome::Outcome;
use crate::model::station;
use crate::topology::check::check;
use crate::topology::document::Place as At;
use crate::topology::document::{AreaId, AreaKind, Diagnostic, Document, EdgeId, Node, NodeId, Severity};
use crate::ui::inspector::places as inspector_places;
use crate::ui::jump::WhyCount;
use crate::ui::kit::format;
use crate::ui::kit::icons::{Icon, category_class, station_icon};
use crate::ui::shared::Shared;
use crate::ui::stage::canvas::area::area_icon;
use crate::ui::store::{use_dispatch, use_document, use_guard, use_run, use_selection};

/// The outline with its forms elsewhere.
pub(crate) fn draw() -> Html {
    html! { <Outline /> }
}

#[derive(Debug, PartialEq, Properties)]
pub struct OutlineProps {
    /// Gives the form of a selected station or connection, to stand under it; `None`: the form stands elsewhere.
    #[prop_or_default]
    pub form: Option<Callback<Target, Html>>,
}

#[component]
pub fn Outline(props: &OutlineProps) -> Html {
    let document = use_document();
    let selection = use_selection();
    let diagnostics = use_memo(document.clone(), |document| check(document));
    html! {
        <section class="outline" data-keys="" aria-label="Outline">
            <Problems diagnostics={Shared(diagnostics)} document={document.clone()} />
            <AddStation />
            <h2 id="outline-stations">{ "Stations" }</h2>
            if document.nodes.is_empty() {
                <p class="outline-setting">{ "None yet. Add clients first, then something that they call." }</p>
            }
            <ul class="outline-list" aria-labelledby="outline-stations">
                { for document.nodes.iter().map(|(id, node)| {
                    let selected = selection.nodes.contains(id);
                    let form = props.form.as_ref().filter(|_| selection.single() == Some(Target::Node(*id)));
                    html! {
                        <li key={id.0}>
                            <Station id={*id} node={Shared(node.clone())} document={document.clone()} {selected}
                                edges={selection.edges.clone()} edge_form={props.form.clone()} />
                            { form.map(|form| form.emit(Target::Node(*id))).unwrap_or_default() }
                        </li>
                    }
                }) }
            </ul>
            <Places form={props.form.clone()} />
        </section>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct ProblemsProps {
    diagnostics: Shared<Vec<Diagnostic>>,
    document: Shared<Document>,
}

/// All problems with their remedies; each leads to its place.
#[component]
fn Problems(props: &ProblemsProps) -> Html {
    let dispatch = use_dispatch();
    if props.diagnostics.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h2 id="outline-problems">{ "Problems" }</h2>
            <ul class="outline-calls" aria-labelledby="outline-problems">
                { for props.diagnostics.iter().map(|diagnostic| {
                    let target = match diagnostic.place {
                        At::Node(id) => Some(Target::Node(id)),
                        At::Edge(id) => Some(Target::Edge(id)),
                        At::Area(id) => Some(Target::Area(id)),
                        At::Document | At::Fault(_) => None,
                    };
                    let (icon, class) = match diagnostic.severity {
                        Severity::Error => ("circle-x", "outline-problem place-error"),
                        Severity::Warning => ("triangle-alert", "outline-problem place-warning"),
                    };
                    let place = target.map(|target| format!("{}: ", target_name(&props.document, target)));
                    let words = format!("{}{} {}", place.unwrap_or_default(), diagnostic.message, diagnostic.remedy);
                    match target {
                        Some(target) => html! {
                            <li><button type="button" {class} onclick={dispatch.callback(move || Action::Session(SessionChange::Reveal(target)))}>
                                <Icon name={icon} /><span>{ words }</span>
                            </button></li>
                        },
                        None => html! { <li><p {class}><Icon name={icon} /><span>{ words }</span></p></li> },
                    }
                }) }
            </ul>
        </>
    }
}

/// Chooses a kind and adds it.
#[component]
fn AddStation() -> Html {
    let dispatch = use_dispatch();
    let guard = use_guard();
    let choice = use_node_ref();
    let add = {
        let choice = choice.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(select) = choice.cast::<HtmlSelectElement>() {
                dispatch.act(Action::Tool(ToolRequest::PlaceAtCenter { kind: select.value() }));
            }
        })
    };
    let kinds = station::REGISTRY
        .iter()
        .filter(|kind| !kind.entry.defect && guard.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind.entry.id)));
    html! {
        <div class="outline-bar">
            <label class="outline-field">
                { "New station" }
                <select ref={choice}>
                    { for kinds.enumerate().map(|(place, kind)| html! { <option value={kind.entry.id} selected={place == 0}>{ kind.entry.name }</option> }) }
                </select>
            </label>
            <button type="button" class="outline-button" onclick={add}><Icon name="plus" />{ "Add" }</button>
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct StationProps {
    id: NodeId,
    node: Shared<Node>,
    document: Shared<Document>,
    selected: bool,
    edges: BTreeSet<EdgeId>,
    edge_form: Option<Callback<Target, Html>>,
}

/// One station: name, setting, live values, calls.
#[component]
fn Station(props: &StationProps) -> Html {
    let dispatch = use_dispatch();
    let (id, node, document) = (props.id, &props.node, &props.document);
    let target = Target::Node(id);
    let label = node.label.clone();
    let select = dispatch.callback(move || Action::Session(SessionChange::Select(Selection::of(target))));
    let delete = dispatch.callback(move || Action::Edit(EditCommand::Delete(Selection::of(target))));
    let duplicate = dispatch.callback(move || Action::Edit(EditCommand::Duplicate(Selection::of(target))));
    let rename = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(field) = field {
                dispatch.edit(EditCommand::Rename { node: id, label: field.value() });
            }
        })
    };
    html! {
        <div class={classes!("outline-node", category_class(&node.kind), props.selected.then_some("selected"))} id={format!("outline-node-{}", id.0)}>
            <div class="outline-head">
                <button type="button" class="outline-choose" aria-pressed={props.selected.to_string()} onclick={select}>
                    <span class="station-mark"><Icon name={station_icon(&node.kind)} /></span>
                    <span class="outline-number" title="Its number, where the canvas has no room for names">{ id.0 }</span>
                    <span><span class="outline-name">{ &label }</span>{ " " }<span class="outline-kind">{ catalog::face(&node.kind).name }</span></span>
                </button>
                <button type="button" class="outline-button icon-only" aria-label={format!("Duplicate {label}")} title="Duplicate" onclick={duplicate}>
                    <Icon name="copy-plus" />
                </button>
                <button type="button" class="outline-button icon-only" aria-label={format!("Delete {label}")} title="Delete" onclick={delete}>
                    <Icon name="trash-2" />
                </button>
            </div>
            if props.selected {
                <label class="outline-field">
                    { "Name" }
                    <input type="text" value={label.clone()} maxlength="80" onchange={rename} />
                </label>
            }
            <p class="outline-setting">{ catalog::setting_line(node) }</p>
            <StandsIn {id} node={node.clone()} document={document.clone()} />
            <StationValues {id} node={node.clone()} />
            if catalog::makes_calls(&node.kind) {
                <ul class="outline-calls" aria-label={format!("What {label} calls")}>
                    { for document.edges_from(id).map(|(edge, _)| html! {
                        <li key={edge.0}>
                            <Call id={edge} document={document.clone()} selected={props.edges.contains(&edge)} />
                        </li>
                    }) }
                </ul>
                { for document.edges_from(id).filter(|(edge, _)| props.edges.len() == 1 && props.edges.contains(edge))
                    .filter_map(|(edge, _)| props.edge_form.as_ref().map(|form| form.emit(Target::Edge(edge)))) }
                <Connect from={id} document={document.clone()} />
            }
        </div>
    }
}

/// Regions and zones, and a way to add them.
#[component]
fn Places(props: &OutlineProps) -> Html {
    let document = use_document();
    let selection = use_selection();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let allowed = guard.allows_areas();
    let add = dispatch.callback(|| Action::Tool(ToolRequest::PlaceAreaAtCenter { zone: false }));
    html! {
        <>
            <h2 id="outline-places">{ "Regions and zones" }</h2>
            if document.areas.is_empty() {
                <p class="outline-setting">{ "None: everything stands in one place." }</p>
            }
            <ul class="outline-list" aria-labelledby="outline-places">
                { for inspector_places::places(&document).into_iter().map(|(id, words)| {
                    let target = Target::Area(id);
                    let form = props.form.as_ref().filter(|_| selection.single() == Some(target));
                    html! {
                        <li key={id.0}>
                            <Place {id} {words} document={document.clone()} selected={selection.contains(target)} {allowed} />
                            { form.map(|form| form.emit(target)).unwrap_or_default() }
                        </li>
                    }
                }) }
            </ul>
            <button type="button" class="outline-button" disabled={!allowed} onclick={add}><Icon name="plus" />{ "Add a region" }</button>
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct PlaceProps {
    id: AreaId,
    words: String,
    document: Shared<Document>,
    selected: bool,
    allowed: bool,
}

/// One region or zone: name, what it is, who stands in it.
#[component]
fn Place(props: &PlaceProps) -> Html {
    let dispatch = use_dispatch();
    let (id, document) = (props.id, &props.document);
    let Some(area) = document.areas.get(&id) else { return Html::default() };
    let select = dispatch.callback(move || inspector_places::choose_area(id));
    let delete = dispatch.callback(move || Action::Edit(EditCommand::Delete(Selection::of(Target::Area(id)))));
    let zone = {
        let frame = places::free_frame(document, Some(id), places::frame(area).center());
        dispatch.callback(move || Action::Edit(EditCommand::AddArea { zone: true, within: Some(id), frame }))
    };
    let region = match &area.kind {
        AreaKind::Region { region } => Some(region.clone()),
        AreaKind::Zone { .. } => None,
    };
    let held: Vec<&str> = places::held(document, id).map(|(_, node)| node.label.as_str()).collect();
    let held = if held.is_empty() { "nothing stands in it".to_owned() } else { format!("here: {}", held.join(", ")) };
    let words = &props.words;
    html! {
        <div class={classes!("outline-node", "cat-edge", props.selected.then_some("selected"))} id={format!("outline-area-{}", id.0)}>
            <div class="outline-head">
                <button type="button" class="outline-choose" aria-pressed={props.selected.to_string()} onclick={select}>
                    <span class="station-mark"><Icon name={area_icon(&area.kind)} /></span>
                    <span><span class="outline-name">{ words }</span>{ " " }<span class="outline-kind">{ region.clone().unwrap_or_else(|| "zone".to_owned()) }</span></span>
                </button>
                if region.is_some() && props.allowed {
                    <button type="button" class="outline-button icon-only" aria-label={format!("Add a zone to {words}")} title="Add a zone" onclick={zone}>
                        <Icon name="building-2" />
                    </button>
                }
                <button type="button" class="outline-button icon-only" aria-label={format!("Delete {words}")} title="Delete; what stands in it stays" onclick={delete}>
                    <Icon name="trash-2" />
                </button>
            </div>
            <p class="outline-setting">{ held }</p>
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct StandsInProps {
    id: NodeId,
    node: Shared<Node>,
    document: Shared<Document>,
}

/// Where a station stands, where there are areas at all.
#[component]
fn StandsIn(props: &StandsInProps) -> Html {
    let dispatch = use_dispatch();
    if props.document.areas.is_empty() {
        return Html::default();
    }
    let (node, now) = (props.id, props.node.area);
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) {
            dispatch.edit(EditCommand::StandIn { node, area: select.value().parse().ok().map(AreaId) });
        }
    });
    html! {
        <label class="outline-field">
            { format!("{} stands in", props.node.label) }
            <select {onchange}>
                <option value="" selected={now.is_none()}>{ "nowhere in particular" }</option>
                { for inspector_places::places(&props.document).into_iter().map(|(id, words)| html! {
                    <option key={id.0} value={id.0.to_string()} selected={now == Some(id)}>{ words }</option>
                }) }
            </select>
        </label>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct StationValuesProps {
    id: NodeId,
    node: Shared<Node>,
}

/// A station's numbers, renewed with the run's view.
#[component]
fn StationValues(props: &StationValuesProps) -> Html {
    let run = use_run();
    let Some(station) = run.station(props.id) else { return Html::default() };
    let told = gauge::gauge(&props.node, station, run.frame.status == crate::protocol::RunStatus::Finished);
    let value = |name: &'static str, value: String| {
        html! { <div key={name}><dt>{ name }</dt><dd class="num">{ value }</dd></div> }
    };
    html! {
        <dl class="outline-values">
            if let Some(state) = told.state_line {
                { value("state", state) }
            }
            if let Some(scaling) = station.facet::<Scaling>().filter(|scaling| scaling.scales()) {
                <div key="why"><dt class="visually-hidden">{ "why" }</dt><dd><WhyCount id={props.id} wanted={scaling.look.wanted} /></dd></div>
            }
            { value("arrivals", format::rate(station.arrival_rate)) }
            { value("throughput", format::rate(station.throughput)) }
            if station.utilization.is_finite() {
                { value("utilization", format::percent(station.utilization)) }
            }
            if station.slots > 0 {
                { value("busy slots", format!("{} of {}", station.busy, station.slots)) }
                { value("queue", format::count(u64::from(station.queue))) }
            }
            if let Some(hits) = station.facet::<Cache>().and_then(|cache| cache.hit_ratio) {
                { value("hit ratio", format::percent(hits)) }
            }
            if station.p99.is_finite() {
                { value("p99", format::duration(station.p99)) }
            }
        </dl>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct CallProps {
    id: EdgeId,
    document: Shared<Document>,
    selected: bool,
}

/// One connection, under the station that calls.
#[component]
fn Call(props: &CallProps) -> Html {
    let dispatch = use_dispatch();
    let run = use_run();
    let id = props.id;
    let target = Target::Edge(id);
    let Some(edge) = props.document.edges.get(&id) else { return Html::default() };
    let to = target_name(&props.document, Target::Node(edge.to));
    let name = target_name(&props.document, target);
    let frame = run.frame.edges.iter().find(|frame| frame.edge == id.0);
    let live = frame.map(|frame| {
        let told = wire::edge_gauge(frame, false);
        let failed: u64 = Outcome::ALL
            .iter()
            .filter(|outcome| **outcome != Outcome::Completed)
            .map(|outcome| frame.by_outcome[outcome.index()])
            .sum();
        let mut words = vec![told.rate];
        words.extend(told.badge);
        words.extend(told.breaker.map(|(_, words)| format!("breaker {words}")));
        if failed > 0 {
            words.push(format!("{} of {} not completed", format::count(failed), format::count(frame.sent)));
        }
        if frame.retries > 0 {
            words.push(format!("{} retries", format::count(frame.retries)));
        }
        words.join(" · ")
    });
    let select = dispatch.callback(move || Action::Session(SessionChange::Select(Selection::of(target))));
    let delete = dispatch.callback(move || Action::Edit(EditCommand::Delete(Selection::of(target))));
    html! {
        <>
            <button type="button" class={classes!("outline-call", props.selected.then_some("selected"))} onclick={select}
                aria-pressed={props.selected.to_string()}>
                <Icon name="arrow-right" class="icon-s" />
                <span>{ "calls " }<strong>{ to }</strong></span>
                if let Some(words) = wire::edge_words(edge) { <span class="outline-setting">{ words }</span> }
                if let Some(live) = live { <span class="num">{ live }</span> }
            </button>
            <button type="button" class="outline-button icon-only" aria-label={format!("Disconnect {name}")} title="Disconnect" onclick={delete}>
                <Icon name="unplug" />
            </button>
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct ConnectProps {
    from: NodeId,
    document: Shared<Document>,
}

/// Connects a station to one of those that it may call.
#[component]
fn Connect(props: &ConnectProps) -> Html {
    let dispatch = use_dispatch();
    let from = props.from;
    let choices: Vec<(NodeId, String)> = props
        .document
        .nodes
        .iter()
        .filter(|(to, _)| check_connection(&props.document, from, **to, None).is_ok())
        .map(|(to, node)| (*to, node.label.clone()))
        .collect();
    if choices.is_empty() {
        return Html::default();
    }
    let name = target_name(&props.document, Target::Node(from));
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) else {
            return;
        };
        if let Ok(to) = select.value().parse() {
            dispatch.edit(EditCommand::Connect { from, to: NodeId(to) });
        }
        // Back to the prompt: the choice is done, and the next one starts afresh.
        select.set_value("");
    });
    html! {
        <label class="outline-field">
            { format!("{name} shall call") }
            <select {onchange}>
                <option value="" selected=true>{ "Choose a station" }</option>
                { for choices.into_iter().map(|(to, label)| html! { <option key={to.0} value={to.0.to_string()}>{ label }</option> }) }
            </select>
        </label>
    }
}
