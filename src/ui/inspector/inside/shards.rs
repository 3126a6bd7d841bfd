//! A database's shards: who has which share of the keys and of the load, and keys on their way.

use yew::prelude::*;

use super::at;
use super::members::stage_class;
use super::names::color;
use crate::facet::member::MemberStage;
use crate::facet::shards::{HOT, Shards};
use crate::model::system::{MoveLook, MoveStage, ShardLook, ShardsMoved};
use crate::ui::kit::bars::{meter, stacked};
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

pub(super) fn view(shards: &Shards) -> Html {
    let look = &shards.look;
    let keys: Vec<&ShardLook> = look.shards.iter().filter(|shard| shard.share > 0.0).collect();
    let title = match (keys.len(), look.shards.len()) {
        (1, 1) => "One shard".to_owned(),
        (with, all) if with < all => format!("{with} of {all} shards have keys"),
        (_, all) => format!("{all} shards share the keys"),
    };
    let place = |number: u32| keys.iter().position(|shard| shard.number == number);
    let shares = keys.iter().enumerate().map(|(at, shard)| (classes!("share-part", color(at)), shard.share));
    let words: Vec<String> =
        keys.iter().map(|shard| format!("shard {} {}", shard.number + 1, format::percent(shard.share))).collect();
    section_named(
        "shards",
        title,
        html! {
            <>
                { stacked("rollout-bar", 14, shares, Some(words.join(", "))) }
                <ul class="members">{ for look.shards.iter().map(|one| shard(one, place(one.number))) }</ul>
                if let Some((shard, times)) = shards.hottest().filter(|(_, times)| *times >= HOT) { { hot(shard, times) } }
                if let Some(moving) = &look.moving { { on_the_way(moving) } }
                else if let Some(moved) = &look.moved { { last(moved) } }
                { facts(html! { <>
                    { fact("keys by", look.scheme.clone()) }
                    { fact("moves so far", look.moves) }
                    if look.changes > 0 { { fact("ranges changed", format::count(look.changes)) } }
                    if look.lost > 0 { { fact("answered writes lost", format::count(look.lost)) } }
                    if look.price > 0.0 { { fact("each costs", format!("${:.3} an hour", look.price)) } }
                </> }) }
            </>
        },
    )
}

fn shard(shard: &ShardLook, place: Option<usize>) -> Html {
    let stage = MemberStage::of_shard(shard);
    let words = match stage {
        MemberStage::Serving if shard.share == 0.0 => "no keys yet".to_owned(),
        MemberStage::Serving => {
            format!("{} of the keys, {} of the load", format::percent(shard.share), format::percent(shard.load))
        }
        MemberStage::Dead => format!("dead: {} of the keys fail", format::percent(shard.share)),
        stage => stage.word().to_owned(),
    };
    let busy = f64::from(shard.busy) / f64::from(shard.connections.max(1));
    let waiting =
        if shard.waiting > 0 { format!(", {} waiting", format::count(shard.waiting.into())) } else { String::new() };
    let ranges = shard.parts.map_or_else(String::new, |parts| match parts {
        1 => "1 range, ".to_owned(),
        parts => format!("{parts} ranges, "),
    });
    let note = format!("{ranges}{:.0}/s, {} of {} connections{waiting}", shard.rate, shard.busy, shard.connections);
    html! {
        <li class="member">
            if let Some(place) = place { <span class={classes!("back-badge", color(place))} aria-hidden="true">{ shard.number + 1 }</span> }
            else { <i class={classes!("life", stage_class(stage))}></i> }
            <span class="member-name">{ format!("Shard {}", shard.number + 1) }</span>
            <span class="member-state">{ words }</span>
            { meter(busy, "meter-fill", None) }
            if stage != MemberStage::Copying { <span class="member-note num">{ note }</span> }
        </li>
    }
}

/// One shard gets far more than its even part.
fn hot(shard: &ShardLook, times: f64) -> Html {
    html! {
        <p class="keys-moved">
            <strong>{ format!("Shard {} is hot", shard.number + 1) }</strong>
            { format!(
                ": it gets {times:.1} times its even part of the load, with {} of the keys. More shards help if many keys are popular; a single hot key stays on one shard.",
                format::percent(shard.share)
            ) }
        </p>
    }
}

fn theory(expected: f64) -> String {
    if expected.is_nan() { String::new() } else { format!("; theory says {}", format::percent(expected)) }
}

/// Keys are on their way.
fn on_the_way(moving: &MoveLook) -> Html {
    let title = match moving.stage {
        MoveStage::Copying => "Copying what moves",
        MoveStage::CatchingUp => "Catching up with what changed",
        MoveStage::CuttingOver => "Cutting over: writes to what moves stand still",
    };
    let progress = format::percent(moving.progress);
    html! {
        <>
            <p class="keys-moved">
                <strong>{ format!("{} → {} shards: {title}", moving.from, moving.to) }</strong>
                { format!(
                    " ({progress} of {:.0} MB at {:.0} MB/s). {} of the keys move{}. The copy takes {} of each disk.",
                    moving.size, moving.rate, format::percent(moving.share), theory(moving.expected),
                    format::percent(moving.disk_share)
                ) }
            </p>
            { meter(moving.progress, "meter-fill", Some(progress)) }
            { facts(html! { <>
                { fact("round", moving.round + 1) }
                { fact("behind by", format::duration(moving.lag.as_secs_f64())) }
                { fact("since", at(moving.since)) }
            </> }) }
            if moving.waits {
                <p class="keys-moved">{ "A shard is dead, and what it has cannot be copied: the move goes on once it is back." }</p>
            }
            if moving.diverges {
                <p class="keys-moved">{ "More changes come in than are copied: as it is, this move never ends. Copy faster, or write less." }</p>
            }
        </>
    }
}

/// What the last move did.
fn last(moved: &ShardsMoved) -> Html {
    let stopped = moved.stopped.as_secs_f64();
    html! {
        <p class="keys-moved">
            <strong>{ format!("{} shards became {}", moved.from, moved.to) }</strong>
            { format!(" at {}: {} of the keys moved{}.", at(moved.at), format::percent(moved.share), theory(moved.expected)) }
            if moved.copied > 0.0 {
                { format!(
                    " {:.0} MB were copied in {}, the last of it while writes to those keys stood still for {}.",
                    moved.copied, format::duration(moved.took.as_secs_f64()), format::duration(stopped)
                ) }
            }
            if moved.lost > 0 {
                { format!(" {} answered writes were left behind and are lost.", format::count(moved.lost)) }
            }
        </p>
    }
}
