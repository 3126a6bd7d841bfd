//! Replicas with their slots and queues, one by one.

use yew::prelude::*;

use super::Shown;
use crate::facet::replicas::Replicas;
use crate::protocol::{ReplicaFrame, ReplicaState};
use crate::ui::kit::bars;
use crate::ui::kit::format;
use crate::ui::kit::section::section;

/// Replicas listed one by one; more are summed up.
const REPLICAS_SHOWN: usize = 48;

pub(super) fn view(replicas: &Replicas, shown: &Shown<'_>) -> Html {
    let station = shown.station;
    let more = station.replicas.len().saturating_sub(REPLICAS_SHOWN);
    let name = |index: usize| replicas.names.get(index).cloned().unwrap_or_else(|| (index + 1).to_string());
    section(
        replicas.title.clone(),
        html! {
            <>
                <ul class="replicas">
                    { for station.replicas.iter().take(REPLICAS_SHOWN).enumerate().map(|(index, replica)| replica_row(name(index), replica)) }
                </ul>
                if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            </>
        },
    )
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
    html! {
        <li class={classes!("replica", format!("replica-{class}"))}>
            <span class="replica-name">{ name }</span>
            { bars::meter(busy, bars::fill(busy >= 0.95), Some(format!("{} of {} slots busy", replica.busy, replica.slots))) }
            <span class="num replica-busy">{ format!("{}/{}", replica.busy, replica.slots) }</span>
            <span class="num replica-queue">{ if replica.queue > 0 { format!("+{} waiting", format::count(replica.queue.into())) } else { String::new() } }</span>
            if !notes.is_empty() { <span class="replica-notes">{ notes.join(", ") }</span> }
        </li>
    }
}
