//! Metrics of the selected station or connection: numbers now, and over time.

use yew::prelude::*;

use super::TargetProps;
use super::inside::scaling::WhyCount;
use crate::editor::Target;
use crate::model::outcome::Outcome;
use crate::model::station::{self, Category};
use crate::protocol::scaling::LifeStage;
use crate::protocol::{EdgeFrame, StationFrame};
use crate::topology::document::Document;
use crate::ui::dock::charts_of_selected;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run};
use crate::ui::why::Lately;

#[component]
pub(crate) fn Metrics(props: &TargetProps) -> Html {
    let run = use_run();
    let document = use_document();
    let dispatch = use_dispatch();
    let target = props.target;
    let sends = is_source(&document, target);
    let chart = Callback::from(move |_: MouseEvent| charts_of_selected(&dispatch));
    match target {
        Target::Node(id) => match run.station(id) {
            Some(station) => html! {
                <>
                    { station_facts(station) }
                    if let Some(scaling) = &station.scaling {
                        <p class="button-row replicas-why">
                            <span>{ "Replicas: " }<strong class="num">{ format!("{} wanted, {} ready", scaling.wanted,
                                scaling.replicas.iter().filter(|replica| matches!(replica.stage, LifeStage::Ready | LifeStage::Warming)).count()) }</strong></span>
                            if scaling.name != "Off" { <WhyCount {id} wanted={scaling.wanted} /> }
                        </p>
                    }
                    <button type="button" class="btn btn-s" onclick={chart}>{ icon("chart-line", "icon-s") }{ "Over time, in the charts below" }</button>
                    if sends { <Lately source={Some(id)} /> }
                </>
            },
            None => nothing(),
        },
        Target::Area(_) => Html::default(),
        Target::Edge(id) => run.frame.edges.iter().find(|edge| edge.edge == id.0).map_or_else(nothing, edge_facts),
    }
}

fn is_source(document: &Document, target: Target) -> bool {
    let Target::Node(id) = target else { return false };
    let kind = document.nodes.get(&id).and_then(|node| station::find(&node.kind));
    kind.is_some_and(|kind| kind.category == Category::Client)
}

fn nothing() -> Html {
    html! { <p class="empty">{ "No numbers yet. Press Run and they come in." }</p> }
}

fn station_facts(station: &StationFrame) -> Html {
    let places =
        station.queue_capacity.map_or_else(String::new, |places| format!(" of {}", format::count(places.into())));
    html! {
        <dl class="facts">
            <dt><Term id="arrival_rate" /></dt><dd class="num">{ format::rate(station.arrival_rate) }</dd>
            <dt><Term id="throughput" /></dt><dd class="num">{ format::rate(station.throughput) }</dd>
            if station.utilization.is_finite() {
                <dt><Term id="utilization" /></dt><dd class="num">{ format::percent(station.utilization) }</dd>
            }
            if station.slots > 0 {
                <dt>{ "busy " }<Term id="slot">{ "slots" }</Term></dt><dd class="num">{ format!("{} of {}", format::count(station.busy.into()), format::count(station.slots.into())) }</dd>
                <dt><Term id="queue_length">{ "waiting" }</Term></dt><dd class="num">{ format!("{}{places}", format::count(station.queue.into())) }</dd>
            }
            <dt><Term id="p50" /></dt><dd class="num">{ format::duration(station.p50) }</dd>
            <dt><Term id="p99" /></dt><dd class="num">{ format::duration(station.p99) }</dd>
            if let Some(ratio) = station.hit_ratio { <dt><Term id="hit_ratio" /></dt><dd class="num">{ format::percent(ratio) }</dd> }
        </dl>
    }
}

fn edge_facts(edge: &EdgeFrame) -> Html {
    let ended: u64 = edge.by_outcome.iter().sum();
    html! {
        <dl class="facts">
            <dt>{ "attempts per second" }</dt><dd class="num">{ format::rate(edge.rate) }</dd>
            <dt>{ "attempts since the start" }</dt><dd class="num">{ format::count(edge.sent) }</dd>
            { for Outcome::ALL.iter().filter(|outcome| edge.by_outcome[outcome.index()] > 0).map(|outcome| html! {
                <><dt>{ outcome.label() }</dt><dd class="num">{ format!("{} ({})", format::count(edge.by_outcome[outcome.index()]),
                    format::percent(edge.by_outcome[outcome.index()] as f64 / ended.max(1) as f64)) }</dd></>
            }) }
            <dt><Term id="in_flight" /></dt><dd class="num">{ format::count(edge.in_flight) }</dd>
            <dt><Term id="retry">{ "retries" }</Term></dt><dd class="num">{ format::count(edge.retries) }</dd>
            <dt><Term id="amplification">{ "amplification" }</Term></dt><dd class="num">{ if edge.amplification.is_finite() { format!("{}×", format::figures(edge.amplification)) } else { format::NOTHING.to_owned() } }</dd>
            if edge.zombies > 0 { <dt><Term id="zombie">{ "zombies" }</Term></dt><dd class="num">{ format::count(edge.zombies) }</dd> }
            if edge.extra_latency > 0.0 { <dt>{ "added latency" }</dt><dd class="num">{ format::duration(edge.extra_latency) }</dd> }
        </dl>
    }
}
