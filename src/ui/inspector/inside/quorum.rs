//! The nodes of a quorum store: who answers, what the last requests met, what became of the writes.

use yew::prelude::*;

use super::at;
use super::cache::short;
use super::members::stage_class;
use crate::facet::member::MemberStage;
use crate::facet::quorum::Quorum;
use crate::model::system::{Heard, NodeLook, OperationLook, QuorumNodeStage, WordLook};
use crate::ui::kit::bars::meter;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

pub(super) fn view(quorum: &Quorum) -> Html {
    let look = &quorum.look;
    let share = |part: u64, of: u64| {
        if part == 0 {
            "none".to_owned()
        } else {
            format!("{} ({})", format::count(part), format::percent(part as f64 / of as f64))
        }
    };
    let title = format!("N = {}, W = {}, R = {}", look.copies, look.write_answers, look.read_answers);
    let meets = if !quorum.overlaps() {
        "R + W is not above N: a read may miss the last write, until the other copies have it."
    } else if look.sloppy {
        "R + W > N, but the quorum is sloppy: a node that stood in may have the last write, and a read may miss it."
    } else {
        "R + W > N, strict: each read meets a node that has the last acknowledged write."
    };
    section_named(
        "quorum",
        title,
        html! {
            <>
                <p class="sub">{ meets }</p>
                <ul class="members">{ for look.nodes.iter().map(node) }</ul>
                if !look.shown.is_empty() {
                    <h4>{ "The last requests" }</h4>
                    <ol class="syncs">{ for look.shown.iter().rev().map(operation) }</ol>
                }
                <h4>{ "Reads" }</h4>
                { facts(html! { <>
                    { fact("answered", format::count(look.reads)) }
                    { fact("stale", share(look.stale, look.reads)) }
                    if look.stale > 0 { { fact("the stalest by", format::duration(look.worst.as_secs_f64())) } }
                    { fact("copies repaired", format::count(look.repaired)) }
                </> }) }
                <h4>{ "Writes" }</h4>
                { facts(html! { <>
                    { fact("acknowledged", format::count(look.acknowledged)) }
                    { fact("stored", format::count(look.stored)) }
                    { fact("superseded", format::count(look.superseded)) }
                    { fact("lost: on no node", share(look.vanished, look.acknowledged)) }
                    { fact("lost: overtaken by a clock", share(look.outrun, look.acknowledged)) }
                    { fact("unknown", format::count(look.unknown)) }
                    if look.unavailable > 0 { { fact("unavailable", format::count(look.unavailable)) } }
                </> }) }
                <p class="sub">{ "Acknowledged = stored + superseded + lost. An unknown write had no answer: it is kept, or it is not." }</p>
                if look.hints + look.handed as usize > 0 || look.late + look.hints_lost > 0 {
                    <h4>{ "Hints" }</h4>
                    { facts(html! { <>
                        { fact("waiting", format::count(look.hints as u64)) }
                        if let Some(age) = look.oldest_hint { { fact("the oldest", format::duration(age.as_secs_f64())) } }
                        { fact("handed over", format::count(look.handed)) }
                        if look.late > 0 { { fact("too late to keep", format::count(look.late)) } }
                        if look.hints_lost > 0 { { fact("lost in crashes", format::count(look.hints_lost)) } }
                    </> }) }
                }
                <p class="sub">{ "Approximate: when the number of nodes or copies changes, items are on their new nodes at once, and clients always find a coordinator that answers." }</p>
            </>
        },
    )
}

fn node(node: &NodeLook) -> Html {
    let stage = match node.stage {
        _ if node.dead => MemberStage::Dead,
        QuorumNodeStage::Joining => MemberStage::Joining,
        QuorumNodeStage::Serving => MemberStage::Serving,
        QuorumNodeStage::Leaving => MemberStage::Leaving,
    };
    let words = match stage {
        MemberStage::Serving if node.silent && node.given_up => "silent, taken for dead".to_owned(),
        MemberStage::Serving if node.silent => "silent, still asked".to_owned(),
        stage => stage.word().to_owned(),
    };
    let mut note = format!(
        "{} items, {} reads, {} writes",
        format::count(node.items),
        format::count(node.reads),
        format::count(node.writes)
    );
    for (count, what) in [(node.waiting as usize, "waiting"), (node.keeps, "hints kept"), (node.awaits, "hints for it")]
    {
        if count > 0 {
            note.push_str(&format!(", {} {what}", format::count(count as u64)));
        }
    }
    html! {
        <li class="member">
            <i class={classes!("life", stage_class(if node.silent { MemberStage::Dead } else { stage }))}></i>
            <span class="member-name">{ format!("Node {}", node.number + 1) }</span>
            <span class="member-state">{ words }</span>
            { meter(f64::from(node.busy) / f64::from(node.slots.max(1)), "meter-fill", None) }
            <span class="member-note num">{ note }</span>
        </li>
    }
}

/// What a coordinator asked, and who said what.
fn operation(one: &OperationLook) -> Html {
    let what = if one.writes { "Write" } else { "Read" };
    let took =
        one.took.map_or_else(|| "its coordinator crashed".to_owned(), |took| format::duration(took.as_secs_f64()));
    let end = if one.completed || one.took.is_none() { "" } else { ", without success" };
    let mut more = String::new();
    if let Some(age) = one.stale {
        more.push_str(&format!(
            " Stale: a newer write had been acknowledged {} before the answer.",
            format::duration(age.as_secs_f64())
        ));
    }
    if one.repaired > 0 {
        more.push_str(&format!(" {} repaired.", format::count(one.repaired.into())));
    }
    html! {
        <li class={classes!("sync", one.stale.map(|_| "sync-moved"))}>
            <span class="num sync-at">{ at(one.began) }</span>
            <span>{ format!("{what} of item {} through node {}: {took}{end}", short(one.key), one.coordinator + 1) }</span>
            <p class="sub">{ for one.words.iter().map(|said| html! { <>{ word(said, one.writes) }<br/></> }) }{ more }</p>
        </li>
    }
}

fn word(said: &WordLook, writes: bool) -> String {
    let mut words = format!("Node {}", said.node + 1);
    if let Some(away) = said.stands_in_for {
        words.push_str(&format!(" (for node {})", away + 1));
    }
    let after = format::duration(said.after.as_secs_f64());
    match said.heard {
        Heard::Nothing => words.push_str(": no answer"),
        Heard::Refused => words.push_str(&format!(": refused after {after}")),
        Heard::InTime | Heard::Late => {
            let found = match said.found {
                _ if writes => "has it".to_owned(),
                Some(stamp) => format!("write of {}", at(stamp)),
                None => "no write".to_owned(),
            };
            let late = if said.heard == Heard::Late { ", late" } else { "" };
            words.push_str(&format!(": {found}, after {after}{late}"));
        }
    }
    words
}
