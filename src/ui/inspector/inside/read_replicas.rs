//! A database's read replicas.

use yew::prelude::*;

use super::parts::{looks, stage_class};
use crate::facet::member::MemberStage;
use crate::facet::read_replicas::ReadReplicas;
use crate::model::system::CopyLook;
use crate::ui::kit::bars::meter;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;

pub(super) fn view(copies: &ReadReplicas) -> Html {
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
            { facts(html! { <>
                if copies.by_rule { { fact("wanted", copies.wanted) } }
                { fact("reads answered", format::count(copies.reads)) }
                { fact("stale", if copies.stale == 0 { "none".to_owned() } else { format!("{} ({})", format::count(copies.stale), format::percent(stale)) }) }
                if copies.stale > 0 { { fact("the stalest by", format::duration(copies.worst.as_secs_f64())) } }
                if copies.price > 0.0 { { fact("each costs", format!("${:.3} an hour", copies.price)) } }
            </> }) }
            <p class="sub">{ "The primary takes every write. A read is stale when a write to its item, committed before it came, had not reached the replica that answered." }</p>
            { looks("The rule's looks", &copies.syncs) }
        </section>
    }
}

fn copy(copy: &CopyLook) -> Html {
    let stage = MemberStage::of_copy(copy);
    let lag = format::duration(copy.lag.as_secs_f64());
    let behind = format::count(copy.behind as u64);
    let place = if copy.region.is_empty() { String::new() } else { format!(" · {}", copy.region) };
    let words = match stage {
        MemberStage::Copying => format!("copying, {} done", format::percent(copy.progress)),
        MemberStage::CatchingUp => {
            format!("catching up: {lag} behind, {behind} writes")
        }
        MemberStage::Serving if copy.behind == 0 => "serving, up to date".to_owned(),
        MemberStage::Serving => {
            format!("serving, {lag} behind ({behind} writes)")
        }
        MemberStage::Dead => format!("dead, {behind} writes behind"),
        stage => stage.word().to_owned(),
    };
    let read = if copy.reads == 0 {
        String::new()
    } else {
        format!("{} reads, {} stale", format::count(copy.reads), format::count(copy.stale))
    };
    html! {
        <li class="part">
            <i class={classes!("life", stage_class(stage))}></i>
            <span class="part-name">{ format!("Replica {}{place}", copy.number) }</span>
            <span class="part-state">{ words }</span>
            if stage == MemberStage::Copying { { meter(copy.progress, "meter-fill", None) } }
            if !read.is_empty() { <span class="part-note num">{ read }</span> }
        </li>
    }
}
