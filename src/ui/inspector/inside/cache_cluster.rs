//! A cache's nodes: who has which share of the keys, and what the last change of them moved.

use yew::prelude::*;

use super::at;
use super::members::{looks, stage_class};
use super::names::color;
use crate::facet::cache_cluster::CacheCluster;
use crate::facet::member::MemberStage;
use crate::model::system::{CacheNodeLook, KeysMoved};
use crate::ui::kit::bars::{meter, sparkline, stacked};
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

pub(super) fn view(nodes: &CacheCluster) -> Html {
    let cluster = &nodes.look;
    let keys: Vec<&CacheNodeLook> = cluster.nodes.iter().filter(|node| node.share > 0.0).collect();
    let title = if keys.len() == 1 { "One node".to_owned() } else { format!("{} nodes share the keys", keys.len()) };
    let place = |number: u32| keys.iter().position(|node| node.number == number);
    let shares = keys.iter().enumerate().map(|(at, node)| (classes!("share-part", color(at)), node.share));
    let words: Vec<String> =
        keys.iter().map(|node| format!("node {} {}", node.number + 1, format::percent(node.share))).collect();
    section_named(
        "cache-nodes",
        title,
        html! {
            <>
                { stacked("rollout-bar", 14, shares, Some(words.join(", "))) }
                <ul class="members">{ for cluster.nodes.iter().map(|one| node(one, place(one.number))) }</ul>
                if let Some(change) = &cluster.change { { moved(change) } }
                { facts(html! { <>
                    if cluster.by_rule { { fact("wanted", cluster.wanted) } }
                    { fact("changes so far", cluster.changes) }
                    { fact("missed for moving", format::count(cluster.misses)) }
                    if cluster.price > 0.0 { { fact("each costs", format!("${:.3} an hour", cluster.price)) } }
                </> }) }
                { hits(nodes) }
                { looks("The scaler's looks", &cluster.syncs) }
            </>
        },
    )
}

fn node(node: &CacheNodeLook, place: Option<usize>) -> Html {
    let stage = MemberStage::of_node(node);
    let full = if node.capacity > 0 { node.entries as f64 / node.capacity as f64 } else { 0.0 };
    let ratio = if node.lookups > 0 { node.hits as f64 / node.lookups as f64 } else { f64::NAN };
    let words = match stage {
        MemberStage::Joining => format!("joining, {} done", format::percent(node.progress)),
        MemberStage::Serving => format!("{} of the keys", format::percent(node.share)),
        MemberStage::Dead => format!("dead: {} of the keys miss", format::percent(node.share)),
        stage => stage.word().to_owned(),
    };
    let held = format!(
        "{} of {} entries{}",
        format::count(node.entries as u64),
        format::count(node.capacity as u64),
        if node.lookups > 0 { format!(", {} hit", format::percent(ratio)) } else { String::new() }
    );
    html! {
        <li class="member">
            if let Some(place) = place { <span class={classes!("back-badge", color(place))} aria-hidden="true">{ node.number + 1 }</span> }
            else { <i class={classes!("life", stage_class(stage))}></i> }
            <span class="member-name">{ format!("Node {}", node.number + 1) }</span>
            <span class="member-state">{ words }</span>
            { meter(if stage == MemberStage::Joining { node.progress } else { full }, "meter-fill", None) }
            if stage != MemberStage::Joining { <span class="member-note num">{ held }</span> }
        </li>
    }
}

/// What the last change moved, against theory.
fn moved(change: &KeysMoved) -> Html {
    let held = if change.held > 0 { change.moved as f64 / change.held as f64 } else { 0.0 };
    html! {
        <p class="keys-moved">
            <strong>{ format!("{} of {} entries moved", format::count(change.moved), format::count(change.held)) }</strong>
            { format!(
                " ({}) when {} nodes became {}, at {}. {} of the ring changed hands; theory says {}. {} look-ups have missed for it since, each a read more behind the cache.",
                format::percent(held), change.from, change.to, at(change.at), format::percent(change.share),
                format::percent(change.ideal), format::count(change.misses)
            ) }
        </p>
    }
}

/// The hit ratio over the last buckets.
fn hits(cluster: &CacheCluster) -> Html {
    let least = cluster.hits.iter().copied().filter(|ratio| ratio.is_finite()).fold(1.0_f32, f32::min);
    let span = cluster.hits.len() as f64 * cluster.bucket_secs;
    let words = format!("Hit ratio over the last {}; lowest {}", format::duration(span), format::percent(least.into()));
    sparkline(cluster.hits.iter().map(|ratio| f64::from(*ratio)), words)
}
