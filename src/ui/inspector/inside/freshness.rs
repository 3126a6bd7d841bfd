//! How old a cache's answers are, and what is done about it.

use yew::prelude::*;

use crate::facet::freshness::Freshness;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section;

pub(super) fn view(freshness: &Freshness) -> Html {
    let count = |part: u64, of: u64| match (part, of) {
        (0, _) | (_, 0) => "none".to_owned(),
        _ => format!("{} ({})", format::count(part), format::percent(part as f64 / of as f64)),
    };
    let some = |label: &'static str, number: u64| match number {
        0 => Html::default(),
        number => fact(label, format::count(number)),
    };
    section(
        "Freshness",
        html! {
            <>
                { facts(html! { <>
                    { fact("hits", format::count(freshness.hits)) }
                    { fact("stale", count(freshness.stale, freshness.hits)) }
                    if freshness.stale > 0 { { fact("the stalest by", format::duration(freshness.worst.as_secs_f64())) } }
                    { some("no such item, remembered", freshness.nothing) }
                    { fact("values put in", format::count(freshness.fills)) }
                    { fact("old as they came", count(freshness.old_fills, freshness.fills)) }
                    { some("fills refused", freshness.refused) }
                    { some("events lost", freshness.lost_events) }
                    { some("waited for another's load", freshness.joined) }
                    { some("loads under way", freshness.loading as u64) }
                    { some("leases out", freshness.leases as u64) }
                    { some("looks without a lease", freshness.waits) }
                    { some("took the deleted value", freshness.took_deleted) }
                    { some("loaded early", freshness.early) }
                    { some("loads in the background", freshness.renewals) }
                    { some("old value, because a load failed", freshness.on_error) }
                </> }) }
                if let Some(writes) = &freshness.writes {
                    { facts(html! { <>
                        { fact("writes acknowledged", format::count(writes.acknowledged)) }
                        { fact("stored", format::count(writes.stored)) }
                        { fact("superseded", format::count(writes.superseded)) }
                        { fact("lost", if writes.lost == 0 { "none".to_owned() } else { format::count(writes.lost) }) }
                        { fact("keys that wait to be stored", format::count(writes.waiting)) }
                        if writes.waiting > 0 { { fact("the oldest for", format::duration(writes.oldest.as_secs_f64())) } }
                        { some("no room, stored at once", writes.synchronous) }
                        { fact("flushes", format::count(writes.flushes)) }
                    </> }) }
                    <p class="sub">{ "A write is acknowledged from memory and stored later. A later write of its key supersedes it; a crash of the cache loses what waits." }</p>
                }
                <p class="sub">{ "A hit is stale when a newer value had been committed before the read came. A value is old as it comes when its key was written while it was loaded." }</p>
            </>
        },
    )
}
