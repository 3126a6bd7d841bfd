//! A station's memory: what is in use, what lies in the pool, what waits for the collector.

use yew::prelude::*;

use crate::facet::heap::{Heap, ReplicaHeap};
use crate::ui::kit::bars::stacked;
use crate::ui::kit::facts::{fact, fact_marked, facts};
use crate::ui::kit::format::{self, bytes};
use crate::ui::kit::hint::Term;
use crate::ui::kit::section::section_in;

/// Replicas drawn; more are only counted.
const REPLICAS_SHOWN: usize = 12;

pub(super) fn view(heap: &Heap) -> Html {
    let asked = heap.hits + heap.misses;
    let widest = heap.replicas.iter().map(|one| total(one).max(one.reserved)).max().unwrap_or(1).max(1);
    let more = heap.replicas.len().saturating_sub(REPLICAS_SHOWN);
    let found = match asked {
        0 => "–".to_owned(),
        _ => format!(
            "{} of {} ({})",
            format::count(heap.hits),
            format::count(asked),
            format::percent(heap.hits as f64 / asked as f64)
        ),
    };
    let pauses = || {
        let mean = format::duration(heap.paused / heap.collections as f64);
        format!("{}, mean {mean}, longest {}", format::duration(heap.paused), format::duration(heap.longest_pause))
    };
    section_in(
        "heap",
        html! { <Term id="object_pool">{ "Objects and memory" }</Term> },
        html! {
            <>
                { facts(html! { <>
                    if heap.pool > 0 { { fact("found in the pool", found) } }
                    { fact("allocated anew", format::count(heap.misses)) }
                    { fact("discarded", format::count(heap.discards)) }
                    { fact("allocated so far", bytes(heap.allocated as f64)) }
                    { fact_marked("collections", html! { <Term id="garbage_collection">{ "collections" }</Term> }, format::count(heap.collections)) }
                    if heap.collections > 0 { { fact("stood still", pauses()) } }
                </> }) }
                <ul class="heap-replicas">{ for heap.replicas.iter().take(REPLICAS_SHOWN).map(|one| row(heap, one, widest)) }</ul>
                if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
                <p class="heap-keys">
                    <span><i class="heap-key heap-base"></i>{ "the program" }</span>
                    <span><i class="heap-key heap-used"></i>{ "in requests" }</span>
                    <span><i class="heap-key heap-pooled"></i>{ "in the pool" }</span>
                    <span><i class="heap-key heap-garbage"></i>{ format!("garbage (collected at {})", bytes(heap.threshold as f64)) }</span>
                </p>
            </>
        },
    )
}

const fn total(one: &ReplicaHeap) -> u64 {
    one.base + one.in_use + one.pooled + one.garbage
}

fn row(heap: &Heap, one: &ReplicaHeap, widest: u64) -> Html {
    let parts = [
        ("heap-base", one.base),
        ("heap-used", one.in_use),
        ("heap-pooled", one.pooled),
        ("heap-garbage", one.garbage),
    ];
    let words = format!(
        "Replica {}: {} the program, {} in requests, {} in the pool, {} garbage; {} reserved",
        one.number + 1,
        bytes(one.base as f64),
        bytes(one.in_use as f64),
        bytes(one.pooled as f64),
        bytes(one.garbage as f64),
        bytes(one.reserved as f64),
    );
    let parts = parts.map(|(class, part)| (classes!(class), part as f64 / widest as f64));
    let state = if one.collecting { "collecting" } else { "" };
    html! {
        <li class={classes!("heap-replica", one.collecting.then_some("heap-collecting"))} title={words.clone()}>
            if heap.replicas.len() > 1 { <span class="replica-name">{ one.number + 1 }</span> }
            { stacked("heap-bar", 10, parts, Some(words)) }
            <span class="num">{ bytes(total(one) as f64) }</span>
            <span class="heap-state">{ state }</span>
        </li>
    }
}
