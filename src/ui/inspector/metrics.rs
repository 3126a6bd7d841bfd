//! Metrics of the selected station or connection: numbers now, and over time.

use yew::prelude::*;

use super::TargetProps;
use crate::editor::Target;
use crate::facet::cache::Cache;
use crate::facet::scaling::Scaling;
use crate::model::outcome::Outcome;
use crate::model::station::{self, Category};
use crate::protocol::{EdgeFrame, StationFrame};
use crate::topology::document::Document;
use crate::ui::jump::{WhyCount, charts_of_selected};
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run};
use crate::ui::why::Exemplars;

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
                    if let Some(scaling) = station.facet::<Scaling>() {
                        <p class="button-row replicas-why">
                            <span>{ "Replicas: " }<strong class="num">{ format!("{} wanted, {} ready", scaling.look.wanted, scaling.ready()) }</strong></span>
                            if scaling.name != "Off" { <WhyCount {id} wanted={scaling.look.wanted} /> }
                        </p>
                    }
                    <button type="button" class="btn btn-s" onclick={chart}>{ icon("chart-line", "icon-s") }{ "Over time, in the charts below" }</button>
                    if sends { <Exemplars source={Some(id)} /> }
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
    let of = |part: u32, whole: u32| format!("{} of {}", format::count(part.into()), format::count(whole.into()));
    facts(html! {
        <>
            { fact(term("arrival_rate"), format::rate(station.arrival_rate)) }
            { fact(term("throughput"), format::rate(station.throughput)) }
            if station.utilization.is_finite() { { fact(term("utilization"), format::percent(station.utilization)) } }
            if station.slots > 0 {
                { fact(html! { <>{ "busy " }{ named("slot", "slots") }</> }, of(station.busy, station.slots)) }
                { fact(named("queue_length", "waiting"), format!("{}{places}", format::count(station.queue.into()))) }
            }
            { fact(term("p50"), format::duration(station.p50)) }
            { fact(term("p99"), format::duration(station.p99)) }
            if let Some(ratio) = station.facet::<Cache>().and_then(|cache| cache.hit_ratio) { { fact(term("hit_ratio"), format::percent(ratio)) } }
        </>
    })
}

/// A word of the glossary, by its own name or by another.
fn term(id: &'static str) -> Html {
    html! { <Term {id} /> }
}

fn named(id: &'static str, words: &'static str) -> Html {
    html! { <Term {id}>{ words }</Term> }
}

fn edge_facts(edge: &EdgeFrame) -> Html {
    let ended: u64 = edge.by_outcome.iter().sum();
    let amplification = if edge.amplification.is_finite() {
        format!("{}×", format::figures(edge.amplification))
    } else {
        format::NOTHING.to_owned()
    };
    let outcomes = Outcome::ALL.iter().map(|outcome| (outcome, edge.by_outcome[outcome.index()]));
    let outcomes = outcomes.filter(|(_, count)| *count > 0).map(|(outcome, count)| {
        let share = format::percent(count as f64 / ended.max(1) as f64);
        fact(outcome.label(), format!("{} ({share})", format::count(count)))
    });
    facts(html! {
        <>
            { fact("attempts per second", format::rate(edge.rate)) }
            { fact("attempts since the start", format::count(edge.sent)) }
            { for outcomes }
            { fact(term("in_flight"), format::count(edge.in_flight)) }
            { fact(named("retry", "retries"), format::count(edge.retries)) }
            { fact(named("amplification", "amplification"), amplification) }
            if edge.zombies > 0 { { fact(named("zombie", "zombies"), format::count(edge.zombies)) } }
            if edge.extra_latency > 0.0 { { fact("added latency", format::duration(edge.extra_latency)) } }
        </>
    })
}
