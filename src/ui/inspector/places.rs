//! Where things stand: an area's own settings, the area that a station stands in, the way that a connection goes.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::editor::places::{self as editor_places, area_words, held, region_name};
use crate::editor::{Action, EditCommand, Selection, SessionChange, Target};
use crate::model::edge::EDGE_ENTRY;
use crate::model::geography::{self, LATENCY_SOURCE, Nearness, REGIONS, Region, ZONE_SOURCE, find_region};
use crate::model::ids::NodeId;
use crate::model::read::Reader;
use crate::model::{distribution, station};
use crate::topology::document::{AreaId, AreaKind, Document, EdgeId};
use crate::ui::kit::facts::{columns, number_columns, table};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::{icon, station_icon};
use crate::ui::stage::canvas::area::area_icon;
use crate::ui::store::{use_dispatch, use_document, use_guard};

#[derive(Debug, PartialEq, Properties)]
pub(crate) struct AreaProps {
    pub(crate) id: AreaId,
}

/// Name, place in the world, what stands in it, and how far the other regions are.
#[component]
pub(crate) fn AreaSettings(props: &AreaProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let id = props.id;
    let Some(area) = document.areas.get(&id) else { return Html::default() };
    let rename = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let label = event.target_unchecked_into::<HtmlInputElement>().value();
            dispatch.edit(EditCommand::RenameArea { area: id, label });
        })
    };
    let delete = dispatch.callback(|| Action::Command("delete"));
    let kept = guard.keep_areas.contains(&id);
    let about = match &area.kind {
        AreaKind::Region { region } => html! { <RegionChoice {id} region={region.clone()} fixed={kept} /> },
        AreaKind::Zone { within } => {
            let region = *within;
            let select = dispatch.callback(move || Action::Session(SessionChange::Reveal(Target::Area(region))));
            html! {
                <p class="sub area-about">
                    { "A " }<Term id="zone" />{ " of " }
                    <button type="button" class="link-btn" onclick={select}>{ area_words(&document, region) }</button>
                    { format!(", {} one way from its other zones.", format::duration(geography::within_region(Nearness::OtherZone).as_secs_f64())) }
                </p>
            }
        }
    };
    let stations: Vec<(NodeId, String, &'static str)> =
        held(&document, id).map(|(id, node)| (id, node.label.clone(), station_icon(&node.kind))).collect();
    html! {
        <>
            <div class="field">
                <div class="field-row">
                    <div class="field-label"><label for="area-name">{ "Name" }</label></div>
                    <input id="area-name" class="input" type="text" value={area.label.clone()} maxlength="80" onchange={rename} />
                </div>
            </div>
            { about }
            <h3 class="area-title">{ "What stands in it" }</h3>
            if stations.is_empty() {
                <p class="empty">{ "Nothing yet. Drag a station into the frame, or choose it in the station's own settings." }</p>
            } else {
                <ul class="area-list">
                    { for stations.into_iter().map(|(id, label, sign)| {
                        let select = dispatch.callback(move || Action::Session(SessionChange::Reveal(Target::Node(id))));
                        html! { <li key={id.0}><button type="button" class="link-btn" onclick={select}>{ icon(sign, "icon-s") }{ label }</button></li> }
                    }) }
                </ul>
            }
            <Distances {id} />
            <div class="panel-foot">
                <button type="button" class="btn btn-s btn-quiet-danger" disabled={kept} onclick={delete}>{ icon("trash-2", "icon-s") }{ "Delete the frame" }</button>
                <p class="sub">{ "What stands in it stays." }</p>
            </div>
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct RegionChoiceProps {
    id: AreaId,
    region: String,
    fixed: bool,
}

/// Which of the world's regions it is.
#[component]
fn RegionChoice(props: &RegionChoiceProps) -> Html {
    let dispatch = use_dispatch();
    let area = props.id;
    let choose = Callback::from(move |event: Event| {
        let region = event.target_unchecked_into::<HtmlSelectElement>().value();
        dispatch.edit(EditCommand::SetRegion { area, region });
    });
    html! {
        <div class="field">
            <div class="field-row">
                <div class="field-label"><label for="area-region"><Term id="region">{ "Region" }</Term></label></div>
                <select id="area-region" class="input select" disabled={props.fixed} onchange={choose}>
                    if find_region(&props.region).is_none() {
                        <option value={props.region.clone()} selected={true}>{ format!("unknown: {}", props.region) }</option>
                    }
                    { for REGIONS.iter().map(|region| html! {
                        <option value={region.id} selected={region.id == props.region} key={region.id}>{ format!("{} ({})", region.name, region.id) }</option>
                    }) }
                </select>
            </div>
        </div>
    }
}

/// How long the way to the other regions of the drawing takes.
#[component]
fn Distances(props: &AreaProps) -> Html {
    let document = use_document();
    let Some((own, region, _)) = document.region_around(props.id) else { return Html::default() };
    let Some(from) = find_region(region) else { return Html::default() };
    let others: Vec<(AreaId, String, Region)> = document
        .areas
        .iter()
        .filter(|(id, _)| **id != own)
        .filter_map(|(id, area)| match &area.kind {
            AreaKind::Region { region } => Some((*id, area.label.clone(), find_region(region)?)),
            AreaKind::Zone { .. } => None,
        })
        .collect();
    if others.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3 class="area-title">{ "How far the other regions are" }</h3>
            { table("", "How far the other regions are", html! { <>{ columns(&["Region"]) }{ number_columns(&["one way", "there and back"]) }</> },
                    others.into_iter().map(|(id, label, to)| {
                        let way = if to == from { geography::within_region(Nearness::SameZone) } else { geography::one_way(from, to) }.as_secs_f64();
                        html! {
                            <tr key={id.0}><th scope="row">{ label }</th><td class="num">{ format::duration(way) }</td><td class="num">{ format::duration(2.0 * way) }</td></tr>
                        }
                    }).collect()) }
            <p class="sub">{ LATENCY_SOURCE }</p>
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub(crate) struct StandsInProps {
    pub(crate) id: NodeId,
}

/// The area that a station stands in; nothing where the drawing has none.
#[component]
pub(crate) fn StandsIn(props: &StandsInProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let node = props.id;
    if document.areas.is_empty() {
        return Html::default();
    }
    let now = document.nodes.get(&node).and_then(|node| node.area);
    let choose = Callback::from(move |event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        dispatch.edit(EditCommand::StandIn { node, area: value.parse().ok().map(AreaId) });
    });
    let source =
        document.nodes.get(&node).is_some_and(|node| station::find(&node.kind).is_some_and(|kind| !kind.accepts_input));
    let meaning = match now {
        Some(_) => "It goes dark with what it stands in.",
        None if source => "Its requests start in the region nearest to each client's country.",
        None => "It stands where its caller stands: no way is added.",
    };
    html! {
        <div class="field">
            <div class="field-row">
                <div class="field-label"><label for="node-area">{ "Stands in" }</label></div>
                <select id="node-area" class="input select" disabled={guard.keep_places.contains(&node)} onchange={choose}>
                    <option value="" selected={now.is_none()}>{ "nowhere in particular" }</option>
                    { for places(&document).into_iter().map(|(id, words)| html! {
                        <option value={id.0.to_string()} selected={now == Some(id)} key={id.0}>{ words }</option>
                    }) }
                </select>
            </div>
            <p class="field-summary">{ meaning }</p>
        </div>
    }
}

/// All areas in words, zones after their region.
#[must_use]
pub(crate) fn places(document: &Document) -> Vec<(AreaId, String)> {
    let regions = document.areas.iter().filter(|(_, area)| matches!(area.kind, AreaKind::Region { .. }));
    regions
        .flat_map(|(id, _)| std::iter::once(*id).chain(document.zones_of(*id)))
        .map(|id| (id, area_words(document, id)))
        .collect()
}

#[derive(Debug, PartialEq, Properties)]
pub(crate) struct EdgeWayProps {
    pub(crate) id: EdgeId,
}

/// For a connection between places: what its own latency and the way between them come to.
#[component]
pub(crate) fn EdgeWay(props: &EdgeWayProps) -> Html {
    let document = use_document();
    let Some(words) = way_words(&document, props.id) else { return Html::default() };
    html! {
        <div class="callout way" id="edge-way">
            <p>{ words.0 }</p>
            <p class="sub">{ words.1 }</p>
        </div>
    }
}

/// The sum in words, and where the way's length comes from; `None` where no end stands anywhere.
fn way_words(document: &Document, id: EdgeId) -> Option<(String, &'static str)> {
    let edge = document.edges.get(&id)?;
    let node = |id: NodeId| document.nodes.get(&id);
    let Some((from, to, way)) = editor_places::way(document, edge) else {
        let nowhere = [edge.from, edge.to].into_iter().filter_map(node).filter(|node| node.area.is_none());
        let labels: Vec<&str> = nowhere.map(|node| node.label.as_str()).collect();
        // Where neither stands anywhere there is nothing to say.
        let [label] = labels.as_slice() else { return None };
        let words = format!(
            "{label} stands nowhere in particular, that is, where its caller stands. Put it into a region to see what the way costs."
        );
        return Some((words, ""));
    };
    let (_, latency) = Reader::new(&EDGE_ENTRY, &edge.params).variant("latency");
    let (own, way) = (distribution::build(&latency).ok()?.mean(), way.as_secs_f64());
    let name = |area: AreaId| area_words(document, area);
    let between = if from == to {
        format!("the way within {}", name(from))
    } else {
        format!("the way between {} and {}", name(from), name(to))
    };
    let region = |area: AreaId| document.region_around(area).map(|(_, region, _)| region);
    let words = format!(
        "{} of its own + {} for {between} = {} one way, on average.",
        format::duration(own),
        format::duration(way),
        format::duration(own + way)
    );
    Some((words, if region(from) == region(to) { ZONE_SOURCE } else { LATENCY_SOURCE }))
}

/// What an area is, for the head of its panel: icon and one sentence.
#[must_use]
pub(crate) fn area_summary(document: &Document, id: AreaId) -> (&'static str, String) {
    match document.areas.get(&id).map(|area| &area.kind) {
        Some(kind @ AreaKind::Region { region }) => (
            area_icon(kind),
            format!("The region {region}, in {}. What stands in it fails with it.", region_name(region)),
        ),
        Some(kind @ AreaKind::Zone { .. }) => {
            (area_icon(kind), "One of several data centers of its region. What stands in it fails with it.".to_owned())
        }
        None => ("globe", String::new()),
    }
}

/// Selects an area.
#[must_use]
pub(crate) fn choose_area(id: AreaId) -> Action {
    Action::Session(SessionChange::Select(Selection::of(Target::Area(id))))
}
