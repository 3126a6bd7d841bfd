//! Inside: replicas with their slots and queues, a balancer's belief beside the truth and what it goes by, a cache's fill,
//! a broker's partitions.

mod balancer;
mod broker;
mod connection;
mod course;
mod door;
mod drawing;
mod heap;
mod memory;
mod names;
mod parts;
pub(crate) mod scaling;

use yew::prelude::*;

use super::TargetProps;
use crate::editor::Target;
use crate::engine::time::SimTime;
use crate::model::edge::EDGE_ENTRY;
use crate::model::policy::PolicyPlan;
use crate::model::read::Reader;
use crate::model::station::{self, Category};
use crate::protocol::{ReplicaFrame, ReplicaState, StationFrame};
use crate::topology::document::Document;
use crate::ui::kit::format;
use crate::ui::store::use_run;

/// Replicas listed one by one; more are summed up.
const REPLICAS_SHOWN: usize = 48;

pub(crate) fn has_inside(document: &Document, target: Target) -> bool {
    if let Target::Edge(id) = target {
        let reader = document.edges.get(&id).map(|edge| Reader::new(&EDGE_ENTRY, &edge.params));
        return reader.is_some_and(|reader| PolicyPlan::read(&reader).is_some());
    }
    let Target::Node(id) = target else { return false };
    let kind = document.nodes.get(&id).and_then(|node| station::find(&node.kind));
    kind.is_some_and(|kind| kind.category != Category::Client)
}

#[component]
pub(crate) fn Inside(props: &TargetProps) -> Html {
    let run = use_run();
    if let Target::Edge(id) = props.target {
        return html! { <connection::Connection {id} /> };
    }
    let Target::Node(id) = props.target else { return Html::default() };
    let Some(station) = run.station(id) else {
        return html! { <p class="empty">{ "Nothing to look into yet. Press Run: what happens inside shows here." }</p> };
    };
    html! {
        <>
            { door::sections(station) }
            { parts::sections(station) }
            if scaling::scales(station) { <scaling::Scaling {id} key={id.0} /> }
            if station.copies.is_some() || station.cluster.is_some() { <parts::Parts {id} /> }
            if !station.backends.is_empty() { <balancer::Backends {id} /> }
            if station.broker.is_some() { <broker::Messages {id} /> }
            if !station.replicas.is_empty() && station.broker.is_none() { { replicas(station) } }
            { heap::sections(station) }
            { cache(station) }
            if station.backends.is_empty() && station.replicas.is_empty() && station.hit_ratio.is_none() {
                <p class="empty">{ "It has no parts that differ from the whole: see Metrics." }</p>
            }
        </>
    }
}

fn replicas(station: &StationFrame) -> Html {
    let more = station.replicas.len().saturating_sub(REPLICAS_SHOWN);
    let count = station.replicas.len();
    let title = match (&station.copies, &station.cluster) {
        (Some(_), _) if count > 1 => "The primary (P) and who serves beside it".to_owned(),
        (None, Some(_)) if count > 1 => format!("{count} nodes"),
        _ if count == 1 => "Its one replica".to_owned(),
        _ => format!("{count} replicas"),
    };
    let names = parts::names(station);
    let name = |index: usize| names.get(index).cloned().unwrap_or_else(|| (index + 1).to_string());
    html! {
        <section class="inside">
            <h3>{ title }</h3>
            <ul class="replicas">
                { for station.replicas.iter().take(REPLICAS_SHOWN).enumerate().map(|(index, replica)| replica_row(name(index), replica)) }
            </ul>
            if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
        </section>
    }
}

fn replica_row(name: String, replica: &ReplicaFrame) -> Html {
    let (class, words) = match replica.state {
        ReplicaState::Ready => ("ready", ""),
        ReplicaState::Starting => ("starting", "starting"),
        ReplicaState::Draining => ("draining", "draining"),
        ReplicaState::Dead => ("dead", "dead"),
    };
    let busy = if replica.slots == 0 { 0.0 } else { f64::from(replica.busy) / f64::from(replica.slots) };
    let mut notes = Vec::new();
    if !words.is_empty() {
        notes.push(words.to_owned());
    }
    if replica.slow_factor > 1.0 {
        notes.push(format!("{}× as slow", format::figures(replica.slow_factor)));
    }
    if replica.error_rate > 0.0 {
        notes.push(format!("{} errors", format::percent(replica.error_rate)));
    }
    if let Some(warming) = &replica.warming {
        let mut words = format!("warming up: {}× as slow", format::figures(warming.factor));
        if warming.left > 0 {
            words += &format!(", {} more to serve", format::count(warming.left.into()));
        }
        if warming.secs > 0.0 {
            words += &format!(", for {}", format::duration(warming.secs));
        }
        notes.push(words);
    }
    let width = format!("{:.1}", busy * 100.0);
    html! {
        <li class={classes!("replica", format!("replica-{class}"))}>
            <span class="replica-name">{ name }</span>
            <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" role="img"
                aria-label={format!("{} of {} slots busy", replica.busy, replica.slots)}>
                <rect class="meter-back" width="100" height="6" rx="2" />
                <rect class={classes!("meter-fill", (busy >= 0.95).then_some("meter-full"))} width={width} height="6" rx="2" />
            </svg>
            <span class="num replica-busy">{ format!("{}/{}", replica.busy, replica.slots) }</span>
            <span class="num replica-queue">{ if replica.queue > 0 { format!("+{} waiting", format::count(replica.queue.into())) } else { String::new() } }</span>
            if !notes.is_empty() { <span class="replica-notes">{ notes.join(", ") }</span> }
        </li>
    }
}

fn cache(station: &StationFrame) -> Html {
    let Some(ratio) = station.hit_ratio else { return Html::default() };
    html! {
        <section class="inside">
            <h3>{ "Memory" }</h3>
            <dl class="facts">
                <dt>{ "hit ratio since the start" }</dt><dd class="num">{ format::percent(ratio) }</dd>
                if let Some(entries) = station.entries { <dt>{ "entries" }</dt><dd class="num">{ format::count(entries.into()) }</dd> }
            </dl>
        </section>
    }
}

/// A moment of the run, for labels.
#[must_use]
pub(crate) fn at(ns: u64) -> String {
    SimTime(ns).to_string()
}
