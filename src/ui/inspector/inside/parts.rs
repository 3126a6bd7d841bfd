//! The parts of a whole: a database's read replicas, a cache's nodes, and a service's versions while one replaces the other.

use yew::prelude::*;

use super::at;
use super::names::color;
use crate::protocol::StationFrame;
use crate::protocol::parts::{ClusterFrame, CopiesFrame, CopyFrame, MovedFrame, NodeFrame, PartStage};
use crate::protocol::scaling::{RolloutFrame, SyncFrame};
use crate::topology::document::NodeId;
use crate::ui::kit::format;
use crate::ui::store::{use_run, use_simulation};

/// Looks of a rule that are listed.
const LOOKS_SHOWN: usize = 6;

/// A service's versions, while one replaces the other.
pub(super) fn sections(station: &StationFrame) -> Html {
    let rollout = station.scaling.as_deref().and_then(|scaling| scaling.rollout.as_ref());
    rollout.map(versions).unwrap_or_default()
}

#[derive(Debug, PartialEq, Properties)]
pub(super) struct PartsProps {
    pub(super) id: NodeId,
}

/// A database's read replicas, or a cache's nodes.
#[component]
pub(super) fn Parts(props: &PartsProps) -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let id = props.id;
    use_effect_with(id, move |id| {
        simulation.look_into(Some(*id));
        move || simulation.look_into(None)
    });
    let Some(station) = run.station(id) else { return Html::default() };
    html! {
        <>
            if let Some(copies) = station.copies.as_deref() { { read_replicas(copies) } }
            if let Some(cluster) = station.cluster.as_deref() { { nodes(cluster) } }
        </>
    }
}

/// What the rows of its replicas are called, where they are not simply counted.
pub(super) fn names(station: &StationFrame) -> Vec<String> {
    let serves = |stage: PartStage| matches!(stage, PartStage::Serving | PartStage::Dead);
    if let Some(copies) = station.copies.as_deref() {
        let copies = copies.copies.iter().filter(|copy| serves(copy.stage));
        return std::iter::once("P".to_owned()).chain(copies.map(|copy| copy.number.to_string())).collect();
    }
    let nodes = station.cluster.as_deref().map_or(&[][..], |cluster| &cluster.nodes);
    nodes.iter().filter(|node| serves(node.stage)).map(|node| (node.number + 1).to_string()).collect()
}

/// A bar with a share of it filled.
fn bar(share: f64, class: &'static str) -> Html {
    let width = format!("{:.1}", share.clamp(0.0, 1.0) * 100.0);
    html! {
        <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="meter-back" width="100" height="6" rx="2" />
            <rect class={class} width={width} height="6" rx="2" />
        </svg>
    }
}

/// Old and new replicas against the limits of the rollout.
fn versions(rollout: &RolloutFrame) -> Html {
    let all = f64::from(rollout.desired + rollout.surge).max(1.0);
    let title = if rollout.back { "Rolling back" } else { "A new version comes in" };
    let least = rollout.desired.saturating_sub(rollout.missing);
    let ready = rollout.new_available + rollout.old_available;
    let segment = |from: u32, count: u32, class: &'static str| {
        let x = format!("{:.2}", f64::from(from) / all * 100.0);
        let width = format!("{:.2}", f64::from(count) / all * 100.0);
        html! { <rect class={class} x={x} width={width} height="10" /> }
    };
    let starting = rollout.new - rollout.new_available.min(rollout.new);
    let words = format!(
        "{} new ones ready, {starting} new ones starting, {} old ones ready; at least {least} have to serve, at most {} may be there",
        rollout.new_available,
        rollout.old_available,
        rollout.desired + rollout.surge
    );
    let mark = format!("{:.2}", f64::from(least) / all * 100.0);
    html! {
        <section class="inside" id="rollout">
            <h3>{ title }</h3>
            <svg class="rollout-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={words.clone()}>
                <rect class="meter-back" width="100" height="10" />
                { segment(0, rollout.new_available, "rollout-new") }
                { segment(rollout.new_available, rollout.old_available, "rollout-old") }
                { segment(ready, starting, "rollout-starting") }
                <line class="rollout-least" x1={mark.clone()} x2={mark} y1="0" y2="10" vector-effect="non-scaling-stroke" />
            </svg>
            <dl class="facts">
                <dt>{ "new, ready" }</dt><dd class="num">{ format!("{} of {}", rollout.new_available, rollout.desired) }</dd>
                <dt>{ "new, starting" }</dt><dd class="num">{ starting }</dd>
                <dt>{ "old" }</dt><dd class="num">{ rollout.old }</dd>
                <dt>{ "may be there" }</dt><dd class="num">{ format!("{} + {}", rollout.desired, rollout.surge) }</dd>
                <dt>{ "must serve" }</dt><dd class="num">{ format!("{} − {} = {least}", rollout.desired, rollout.missing) }</dd>
                <dt>{ "since" }</dt><dd class="num">{ at(rollout.begun_ns) }</dd>
            </dl>
            if rollout.failed {
                <p class="rollout-failed">{ "It has made no progress for longer than its deadline. Nothing is undone by itself: roll back." }</p>
            } else if starting > 0 && ready <= least {
                <p class="sub">{ "As many as must serve do: it waits for a new one to become ready before another old one leaves." }</p>
            }
            <p class="sub">{ "The line marks how many must serve. Old ones that drain are no longer counted." }</p>
        </section>
    }
}

fn read_replicas(copies: &CopiesFrame) -> Html {
    let title = match copies.copies.len() {
        0 => "No read replicas".to_owned(),
        1 => "One read replica".to_owned(),
        count => format!("{count} read replicas"),
    };
    let stale = if copies.reads > 0 { copies.stale as f64 / copies.reads as f64 } else { f64::NAN };
    html! {
        <section class="inside" id="read-replicas">
            <h3>{ title }</h3>
            <ul class="parts">{ for copies.copies.iter().map(copy) }</ul>
            <dl class="facts">
                if copies.by_rule { <dt>{ "wanted" }</dt><dd class="num">{ copies.wanted }</dd> }
                <dt>{ "reads answered" }</dt><dd class="num">{ format::count(copies.reads) }</dd>
                <dt>{ "stale" }</dt><dd class="num">{ if copies.stale == 0 { "none".to_owned() } else { format!("{} ({})", format::count(copies.stale), format::percent(stale)) } }</dd>
                if copies.stale > 0 { <dt>{ "the stalest by" }</dt><dd class="num">{ format::duration(copies.worst_secs) }</dd> }
                if copies.price > 0.0 { <dt>{ "each costs" }</dt><dd class="num">{ format!("${:.3} an hour", copies.price) }</dd> }
            </dl>
            <p class="sub">{ "The primary takes every write. A read is stale when a write to its item, committed before it came, had not reached the replica that answered." }</p>
            { looks("The rule's looks", &copies.syncs) }
        </section>
    }
}

fn copy(copy: &CopyFrame) -> Html {
    let place = if copy.region.is_empty() { String::new() } else { format!(" · {}", copy.region) };
    let words = match copy.stage {
        PartStage::Copying => format!("copying, {} done", format::percent(copy.progress)),
        PartStage::CatchingUp => {
            format!("catching up: {} behind, {} writes", format::duration(copy.lag_secs), format::count(copy.behind))
        }
        PartStage::Serving if copy.behind == 0 => "serving, up to date".to_owned(),
        PartStage::Serving => {
            format!("serving, {} behind ({} writes)", format::duration(copy.lag_secs), format::count(copy.behind))
        }
        PartStage::Dead => format!("dead, {} writes behind", format::count(copy.behind)),
        stage => stage.word().to_owned(),
    };
    let read = if copy.reads == 0 {
        String::new()
    } else {
        format!("{} reads, {} stale", format::count(copy.reads), format::count(copy.stale))
    };
    html! {
        <li class="part">
            <i class={classes!("life", copy.stage.class())}></i>
            <span class="part-name">{ format!("Replica {}{place}", copy.number) }</span>
            <span class="part-state">{ words }</span>
            if copy.stage == PartStage::Copying { { bar(copy.progress, "meter-fill") } }
            if !read.is_empty() { <span class="part-note num">{ read }</span> }
        </li>
    }
}

fn nodes(cluster: &ClusterFrame) -> Html {
    let keys: Vec<&NodeFrame> = cluster.nodes.iter().filter(|node| node.share > 0.0).collect();
    let title = if keys.len() == 1 { "One node".to_owned() } else { format!("{} nodes share the keys", keys.len()) };
    let place = |number: u32| keys.iter().position(|node| node.number == number);
    let mut from = 0.0;
    let segments: Html = keys
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let (x, width) = (format!("{:.2}", from * 100.0), format!("{:.2}", node.share * 100.0));
            from += node.share;
            html! { <rect class={classes!("share-part", color(at))} x={x} width={width} height="10" /> }
        })
        .collect();
    let words: Vec<String> =
        keys.iter().map(|node| format!("node {} {}", node.number + 1, format::percent(node.share))).collect();
    html! {
        <section class="inside" id="cache-nodes">
            <h3>{ title }</h3>
            <svg class="rollout-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={words.join(", ")}>{ segments }</svg>
            <ul class="parts">{ for cluster.nodes.iter().map(|one| node(one, place(one.number))) }</ul>
            if let Some(change) = &cluster.change { { moved(change) } }
            <dl class="facts">
                if cluster.by_rule { <dt>{ "wanted" }</dt><dd class="num">{ cluster.wanted }</dd> }
                <dt>{ "changes so far" }</dt><dd class="num">{ cluster.changes }</dd>
                <dt>{ "missed for moving" }</dt><dd class="num">{ format::count(cluster.misses) }</dd>
                if cluster.price > 0.0 { <dt>{ "each costs" }</dt><dd class="num">{ format!("${:.3} an hour", cluster.price) }</dd> }
            </dl>
            { hits(cluster) }
            { looks("The scaler's looks", &cluster.syncs) }
        </section>
    }
}

fn node(node: &NodeFrame, place: Option<usize>) -> Html {
    let full = if node.capacity > 0 { node.entries as f64 / node.capacity as f64 } else { 0.0 };
    let ratio = if node.lookups > 0 { node.hits as f64 / node.lookups as f64 } else { f64::NAN };
    let words = match node.stage {
        PartStage::Joining => format!("joining, {} done", format::percent(node.progress)),
        PartStage::Serving => format!("{} of the keys", format::percent(node.share)),
        PartStage::Dead => format!("dead: {} of the keys miss", format::percent(node.share)),
        stage => stage.word().to_owned(),
    };
    let held = format!(
        "{} of {} entries{}",
        format::count(node.entries),
        format::count(node.capacity),
        if node.lookups > 0 { format!(", {} hit", format::percent(ratio)) } else { String::new() }
    );
    html! {
        <li class="part">
            if let Some(place) = place { <span class={classes!("back-badge", color(place))} aria-hidden="true">{ node.number + 1 }</span> }
            else { <i class={classes!("life", node.stage.class())}></i> }
            <span class="part-name">{ format!("Node {}", node.number + 1) }</span>
            <span class="part-state">{ words }</span>
            { bar(if node.stage == PartStage::Joining { node.progress } else { full }, "meter-fill") }
            if node.stage != PartStage::Joining { <span class="part-note num">{ held }</span> }
        </li>
    }
}

/// What the last change moved, against theory.
fn moved(change: &MovedFrame) -> Html {
    let held = if change.held > 0 { change.moved as f64 / change.held as f64 } else { 0.0 };
    html! {
        <p class="keys-moved">
            <strong>{ format!("{} of {} entries moved", format::count(change.moved), format::count(change.held)) }</strong>
            { format!(
                " ({}) when {} nodes became {}, at {}. {} of the ring changed hands; theory says {}. {} look-ups have missed for it since, each a read more behind the cache.",
                format::percent(held), change.from, change.to, at(change.at_ns), format::percent(change.share),
                format::percent(change.ideal), format::count(change.misses)
            ) }
        </p>
    }
}

/// The hit ratio over the last buckets.
fn hits(cluster: &ClusterFrame) -> Html {
    if cluster.hits.len() < 2 {
        return Html::default();
    }
    let step = 100.0 / (cluster.hits.len() - 1) as f64;
    let mut points = String::new();
    for (at, ratio) in cluster.hits.iter().enumerate().filter(|(_, ratio)| ratio.is_finite()) {
        points += &format!("{:.2},{:.2} ", at as f64 * step, 29.0 - f64::from(*ratio) * 28.0);
    }
    let least = cluster.hits.iter().copied().filter(|ratio| ratio.is_finite()).fold(1.0_f32, f32::min);
    let span = cluster.hits.len() as f64 * cluster.bucket_secs;
    let words = format!("Hit ratio over the last {}; lowest {}", format::duration(span), format::percent(least.into()));
    html! {
        <figure class="door-trend">
            <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={words.clone()}>
                <polyline class="sync-set" points={points} vector-effect="non-scaling-stroke" />
            </svg>
            <figcaption class="sub">{ words }</figcaption>
        </figure>
    }
}

fn looks(title: &'static str, syncs: &[SyncFrame]) -> Html {
    if syncs.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h4>{ title }</h4>
            <ol class="syncs">
                { for syncs.iter().rev().take(LOOKS_SHOWN).map(|look| html! {
                    <li class={classes!("sync", (look.desired != look.current).then_some("sync-moved"))}>
                        <span class="num sync-at">{ at(look.at_ns) }</span>
                        <span>{ format!("{} → {}", look.current, look.desired) }</span>
                        if !look.limit.is_empty() { <span class="sub">{ format!("limited by {}", look.limit) }</span> }
                        if !look.why.is_empty() { <p class="sub">{ look.why.join(" ") }</p> }
                    </li>
                }) }
            </ol>
        </>
    }
}
