//! Inside: replicas with their slots and queues, a balancer's table of belief beside truth, a cache's fill.

use yew::prelude::*;

use super::TargetProps;
use crate::editor::Target;
use crate::engine::time::SimTime;
use crate::model::station::{self, Category};
use crate::protocol::{BackendFrame, ReplicaFrame, ReplicaState, StationFrame};
use crate::topology::document::{Document, NodeId};
use crate::ui::format;
use crate::ui::hint::Hint;
use crate::ui::store::{use_document, use_run};

/// Replicas listed one by one; more are summed up.
const REPLICAS_SHOWN: usize = 48;

pub(crate) fn has_inside(document: &Document, target: Target) -> bool {
    let Target::Node(id) = target else { return false };
    let kind = document.nodes.get(&id).and_then(|node| station::find(&node.kind));
    kind.is_some_and(|kind| kind.category != Category::Client)
}

#[component]
pub(crate) fn Inside(props: &TargetProps) -> Html {
    let run = use_run();
    let document = use_document();
    let Target::Node(id) = props.target else { return Html::default() };
    let Some(station) = run.station(id) else {
        return html! { <p class="empty">{ "Nothing to look into yet. Press Run: what happens inside shows here." }</p> };
    };
    html! {
        <>
            if !station.backends.is_empty() { { backends(station, &document, run.frame.now_ns) } }
            if !station.replicas.is_empty() { { replicas(station) } }
            { cache(station) }
            if station.backends.is_empty() && station.replicas.is_empty() && station.hit_ratio.is_none() {
                <p class="empty">{ "It has no parts that differ from the whole: see Metrics." }</p>
            }
        </>
    }
}

fn backends(station: &StationFrame, document: &Document, now_ns: u64) -> Html {
    let scored = station.backends.iter().any(|backend| backend.score.is_some());
    let total: u64 = station.backends.iter().map(|backend| backend.selections).sum();
    html! {
        <section class="inside">
            <h3>{ "What it believes of its backends" }</h3>
            <p class="sub">{ "It chooses by what it knows, which lags behind the truth." }</p>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Backends">
            <table class="plain-table backends">
                <thead><tr>
                    <th scope="col">{ "Backend" }</th>
                    <th scope="col">{ "Health" }</th>
                    <th scope="col">{ "Share" }</th>
                    <th scope="col">{ "Open" }</th>
                    <th scope="col">{ "Time" }</th>
                    if scored { <th scope="col">{ "Score" }</th> }
                </tr></thead>
                <tbody>{ for station.backends.iter().map(|backend| backend_row(backend, document, total, scored, now_ns)) }</tbody>
            </table>
            </div>
        </section>
    }
}

fn backend_row(backend: &BackendFrame, document: &Document, total: u64, scored: bool, now_ns: u64) -> Html {
    let label = document.nodes.get(&NodeId(backend.node)).map_or("?", |node| node.label.as_str());
    let since = format::span(now_ns.saturating_sub(backend.since_ns) as f64 / 1e9);
    // The gap between belief and truth is what the learner is here to see.
    let (tone, words) = match (backend.believed_healthy, backend.alive) {
        (true, true) => ("tone-good", "up"),
        (false, false) => ("tone-bad", "down"),
        (true, false) => ("tone-warn", "dead, not noticed"),
        (false, true) => ("tone-warn", "back, not noticed"),
    };
    let share = if total == 0 { f64::NAN } else { backend.selections as f64 / total as f64 };
    let card = html! {
        <>
            <h3 class="hint-title">{ format!("{label}, replica {}", backend.replica + 1) }</h3>
            <p>{ format!("Believed {} for {since}; in truth {}.",
                if backend.believed_healthy { "healthy" } else { "unhealthy" }, if backend.alive { "alive" } else { "dead" }) }</p>
            <p class="num hint-formula">{ format!("{} of {} selections = {}", format::count(backend.selections), format::count(total), format::percent(share)) }</p>
            <p class="num hint-formula">{ format!("errors {} · weight {}", format::percent(backend.error_rate), format::figures(backend.weight)) }</p>
        </>
    };
    html! {
        <tr>
            <th scope="row"><Hint class="cell-hint" {card}>{ format!("{label} {}", backend.replica + 1) }</Hint></th>
            <td class={tone}>{ words }</td>
            <td class="num">{ format::percent(share) }</td>
            <td class="num">{ backend.outstanding }</td>
            <td class="num">{ format::duration(backend.response_time) }</td>
            if scored { <td class="num">{ backend.score.map_or_else(|| format::NOTHING.to_owned(), |score| format!("{score:.3}")) }</td> }
        </tr>
    }
}

fn replicas(station: &StationFrame) -> Html {
    let more = station.replicas.len().saturating_sub(REPLICAS_SHOWN);
    html! {
        <section class="inside">
            <h3>{ if station.replicas.len() == 1 { "Its one replica".to_owned() } else { format!("{} replicas", station.replicas.len()) } }</h3>
            <ul class="replicas">
                { for station.replicas.iter().take(REPLICAS_SHOWN).enumerate().map(|(index, replica)| replica_row(index, replica)) }
            </ul>
            if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
        </section>
    }
}

fn replica_row(index: usize, replica: &ReplicaFrame) -> Html {
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
        notes.push(format!(
            "warming up: {}× as slow, {} more to serve",
            format::figures(warming.factor),
            format::count(warming.left.into())
        ));
    }
    let width = format!("{:.1}", busy * 100.0);
    html! {
        <li class={classes!("replica", format!("replica-{class}"))}>
            <span class="replica-name">{ format!("{}", index + 1) }</span>
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
