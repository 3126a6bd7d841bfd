//! A scaler's evaluations, and the life of every replica.

use yew::prelude::*;

use super::at;
use crate::protocol::StationFrame;
use crate::protocol::scaling::{LifeFrame, LifeStage, MeasuredFrame, ScalingFrame, SyncFrame};
use crate::ui::format;

/// Evaluations listed with their reasons.
const SYNCS_SHOWN: usize = 8;
/// Squares drawn; more are only counted.
const SQUARES_SHOWN: usize = 200;

/// Everything there is to see of what scales a station.
pub(super) fn sections(station: &StationFrame) -> Html {
    let Some(scaling) = station.scaling.as_deref() else { return Html::default() };
    html! {
        <>
            { lives(scaling) }
            if !scaling.syncs.is_empty() { { evaluations(scaling) } }
        </>
    }
}

/// A square for each replica, colored by where it is in its life.
fn lives(scaling: &ScalingFrame) -> Html {
    let count = |stage: LifeStage| scaling.replicas.iter().filter(|replica| replica.stage == stage).count();
    let stages: Vec<(LifeStage, usize)> =
        LifeStage::ALL.into_iter().map(|stage| (stage, count(stage))).filter(|(_, count)| *count > 0).collect();
    let words: Vec<String> = stages.iter().map(|(stage, count)| format!("{count} {}", stage.word())).collect();
    let more = scaling.replicas.len().saturating_sub(SQUARES_SHOWN);
    html! {
        <section class="inside scaling">
            <h3>{ format!("Replicas: {} wanted", scaling.wanted) }</h3>
            <ul class="lives" aria-label="Replicas by where they are in their life">
                { for scaling.replicas.iter().take(SQUARES_SHOWN).map(square) }
            </ul>
            if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            <p class="lives-words">
                { for stages.iter().zip(&words).map(|((stage, _), words)| html! {
                    <span class="lives-word"><i class={classes!("life", format!("life-{}", stage.word()))}></i>{ words.clone() }</span>
                }) }
            </p>
            <dl class="facts">
                if let Some(rate) = scaling.rate { <dt>{ "requests, measured" }</dt><dd class="num">{ format!("{} ({})", format::rate(rate.value), at(rate.at_ns)) }</dd> }
                if !scaling.size.is_empty() { <dt>{ "size" }</dt><dd>{ &scaling.size }</dd> }
                if !scaling.nodes.is_empty() { <dt>{ "nodes" }</dt><dd class="num">{ scaling.nodes.len() }</dd> }
                if scaling.cost_total > 0.0 {
                    <dt>{ "costs now" }</dt><dd class="num">{ format!("${:.3} an hour, ${:.2} a day", scaling.cost_per_hour, scaling.cost_per_hour * 24.0) }</dd>
                    <dt>{ "cost so far" }</dt><dd class="num">{ format!("${:.4}", scaling.cost_total) }</dd>
                }
            </dl>
        </section>
    }
}

fn square(replica: &LifeFrame) -> Html {
    let mut words = format!("Replica {}: {} since {}", replica.number + 1, replica.stage.word(), at(replica.since_ns));
    let mut add = |name: &str, measured: Option<MeasuredFrame>, value: fn(f64) -> String| {
        if let Some(measured) = measured {
            words += &format!("; {name} {} at {}", value(measured.value), at(measured.at_ns));
        }
    };
    add("CPU", replica.cpu, |cores| format!("{} cores", format::figures(cores)));
    add("memory", replica.memory, |bytes| format!("{} MiB", format::figures(bytes / 1_048_576.0)));
    add("requests", replica.requests, format::rate);
    if replica.is_new {
        words += "; new version";
    }
    if let Some(node) = replica.node {
        words += &format!("; on node {}", node + 1);
    }
    if replica.restarts > 0 {
        words += &format!("; restarts: {}", replica.restarts);
    }
    html! { <li class={classes!("life", format!("life-{}", replica.stage.word()), replica.is_new.then_some("life-new"))} title={words.clone()} aria-label={words}></li> }
}

fn evaluations(scaling: &ScalingFrame) -> Html {
    html! {
        <section class="inside scaling">
            <h3>{ format!("Scaler: {}", scaling.name) }</h3>
            { course(&scaling.syncs) }
            <ol class="syncs">
                { for scaling.syncs.iter().rev().take(SYNCS_SHOWN).map(sync) }
            </ol>
            if !scaling.window.is_empty() {
                <p class="sub">{ format!("Earlier numbers that still count: {}.", numbers(&scaling.window)) }</p>
            }
        </section>
    }
}

/// Runs of equal numbers: "3 × 4, 6".
fn numbers(window: &[(u32, u64)]) -> String {
    let mut runs: Vec<(u32, usize)> = Vec::new();
    for (number, _) in window {
        match runs.last_mut() {
            Some((last, times)) if last == number => *times += 1,
            _ => runs.push((*number, 1)),
        }
    }
    let words = runs.into_iter().map(
        |(number, times)| {
            if times == 1 { number.to_string() } else { format!("{number} ({times} times)") }
        },
    );
    words.collect::<Vec<_>>().join(", ")
}

/// What was asked for and what was set, over time.
fn course(syncs: &[SyncFrame]) -> Html {
    let (Some(first), Some(last)) = (syncs.first(), syncs.last()) else { return Html::default() };
    let most = syncs.iter().map(|sync| sync.desired.max(sync.proposed.unwrap_or(0))).max().unwrap_or(1).max(1);
    let span = last.at_ns.saturating_sub(first.at_ns).max(1) as f64;
    let line = |value: fn(&SyncFrame) -> u32| -> String {
        let mut points = String::new();
        let mut before = None;
        for sync in syncs {
            let x = sync.at_ns.saturating_sub(first.at_ns) as f64 / span * 100.0;
            let y = 30.0 - f64::from(value(sync)) / f64::from(most) * 28.0;
            if let Some(before) = before {
                points += &format!("{x:.2},{before:.2} ");
            }
            points += &format!("{x:.2},{y:.2} ");
            before = Some(y);
        }
        points
    };
    let words =
        format!("From {} to {}: asked for (thin) and set (thick), at most {most}", at(first.at_ns), at(last.at_ns));
    html! {
        <figure class="door-trend">
            <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={words.clone()}>
                <polyline class="sync-asked" points={line(|sync| sync.proposed.unwrap_or(sync.desired))} vector-effect="non-scaling-stroke" />
                <polyline class="sync-set" points={line(|sync| sync.desired)} vector-effect="non-scaling-stroke" />
            </svg>
            <figcaption class="sub">{ words }</figcaption>
        </figure>
    }
}

fn sync(sync: &SyncFrame) -> Html {
    let mut steps = vec![format!("{} now", sync.current)];
    if let Some(proposed) = sync.proposed {
        steps.push(format!("{proposed} asked for"));
    }
    if let Some(stabilized) = sync.stabilized.filter(|stabilized| Some(*stabilized) != sync.proposed) {
        steps.push(format!("{stabilized} after looking back"));
    }
    steps.push(format!("{} set", sync.desired));
    html! {
        <li class={classes!("sync", (sync.desired != sync.current).then_some("sync-moved"))}>
            <span class="num sync-at">{ at(sync.at_ns) }</span>
            <span>{ steps.join(" → ") }</span>
            if !sync.limit.is_empty() { <span class="sub">{ format!("limited by {}", sync.limit) }</span> }
            if !sync.why.is_empty() { <p class="sub">{ sync.why.join(" ") }</p> }
        </li>
    }
}
