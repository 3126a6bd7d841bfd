//! A database's read replicas.

use yew::prelude::*;

use super::cache::short;
use super::members::{looks, stage_class};
use crate::facet::member::MemberStage;
use crate::facet::read_replicas::ReadReplicas;
use crate::model::system::{LostWrite, ReadReplicaLook, ReplicationLook};
use crate::ui::kit::bars::meter;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

pub(super) fn view(replicas: &ReadReplicas) -> Html {
    let title = match replicas.replicas.len() {
        0 => "No read replicas".to_owned(),
        1 => "One read replica".to_owned(),
        count => format!("{count} read replicas"),
    };
    let stale = if replicas.reads > 0 { replicas.stale as f64 / replicas.reads as f64 } else { f64::NAN };
    section_named(
        "read-replicas",
        title,
        html! {
            <>
                <ul class="members">{ for replicas.replicas.iter().map(replica) }</ul>
                { facts(html! { <>
                    if replicas.by_rule { { fact("wanted", replicas.wanted) } }
                    { fact("reads answered", format::count(replicas.reads)) }
                    { fact("stale", if replicas.stale == 0 { "none".to_owned() } else { format!("{} ({})", format::count(replicas.stale), format::percent(stale)) }) }
                    if replicas.stale > 0 { { fact("the stalest by", format::duration(replicas.worst.as_secs_f64())) } }
                    if replicas.price > 0.0 { { fact("each costs", format!("${:.3} an hour", replicas.price)) } }
                </> }) }
                if let Some(writes) = &replicas.replication { { written(writes, replicas.primary) } }
                if let Some(sessions) = &replicas.sessions {
                    { facts(html! { <>
                        { fact("missed their own write", format::count(sessions.missed)) }
                        { fact("went back in time", format::count(sessions.back)) }
                        { fact("sent to the primary", format::count(sessions.to_primary)) }
                        { fact("waited for a replica", format::count(sessions.held)) }
                    </> }) }
                    <p class="sub">{ "Reads by client: a read misses its own write when the replica has not applied it, and goes back when the replica lacks what the client has read before." }</p>
                }
                <p class="sub">{ "The primary takes every write. A read is stale when a write to its item, committed before it came, had not reached the replica that answered." }</p>
                { looks("The rule's looks", &replicas.syncs) }
            </>
        },
    )
}

/// What becomes of writes, and who takes them.
/// What people call a server: the one that was the primary at the start has the number 0.
fn server(number: u32) -> String {
    if number == 0 { "the first one".to_owned() } else { format!("replica {number}") }
}

fn written(writes: &ReplicationLook, primary: u32) -> Html {
    let some = |label: &'static str, number: u64| match number {
        0 => Html::default(),
        number => fact(label, format::count(number)),
    };
    let now = match (writes.former, writes.promoting) {
        (Some(former), _) => format!("{}, and {} on its own", server(primary), server(former)),
        (None, Some(next)) => format!("none: replica {next} is to take over"),
        (None, None) if writes.down => "none".to_owned(),
        _ => server(primary),
    };
    html! {
        <>
            { facts(html! { <>
                { fact("primary", now) }
                { some("took over", u64::from(writes.promotions)) }
                if writes.without.0 > 0 { { fact("time without one", format::duration(writes.without.as_secs_f64())) } }
                if writes.fallen.is_some() { { fact("after a time-out", "no write waits") } }
                { some("writes that wait", writes.waiting) }
                { fact("writes acknowledged", format::count(writes.acknowledged)) }
                { fact("stored", format::count(writes.stored)) }
                { fact("superseded", format::count(writes.superseded)) }
                { fact("lost", if writes.lost == 0 { "none".to_owned() } else { format::count(writes.lost) }) }
                { some("unknown to their clients", writes.unknown) }
                { some("only on the old primary", writes.alone) }
                { some("taken beside another primary", writes.twice) }
            </> }) }
            if !writes.last_lost.is_empty() {
                <p class="sub">{ "Lost last: " }{ writes.last_lost.iter().map(lost).collect::<Vec<_>>().join(", ") }</p>
            }
            <p class="sub">{ "An acknowledged write is stored, superseded by a later one of its item, or lost: it had not reached the replica that took over." }</p>
        </>
    }
}

fn lost(write: &LostWrite) -> String {
    format!("key {} of {:.3} s", short(write.key), write.committed.as_secs_f64())
}

fn replica(replica: &ReadReplicaLook) -> Html {
    let stage = MemberStage::of_read_replica(replica);
    let lag = format::duration(replica.lag.as_secs_f64());
    let behind = format::count(replica.behind as u64);
    let place = if replica.region.is_empty() { String::new() } else { format!(" · {}", replica.region) };
    let words = match stage {
        MemberStage::Copying => format!("copying, {} done", format::percent(replica.progress)),
        MemberStage::CatchingUp => {
            format!("catching up: {lag} behind, {behind} writes")
        }
        MemberStage::Serving if replica.behind == 0 => "serving, up to date".to_owned(),
        MemberStage::Serving => {
            format!("serving, {lag} behind ({behind} {})", if replica.behind == 1 { "write" } else { "writes" })
        }
        MemberStage::Dead => format!("dead, {behind} writes behind"),
        stage => stage.word().to_owned(),
    };
    let read = if replica.reads == 0 {
        String::new()
    } else {
        format!("{} reads, {} stale", format::count(replica.reads), format::count(replica.stale))
    };
    html! {
        <li class="member">
            <i class={classes!("life", stage_class(stage))}></i>
            <span class="member-name">{ format!("Replica {}{place}", replica.number) }</span>
            <span class="member-state">{ words }</span>
            if stage == MemberStage::Copying { { meter(replica.progress, "meter-fill", None) } }
            if !read.is_empty() { <span class="member-note num">{ read }</span> }
        </li>
    }
}
