//! A station's memory: what is in use, what lies in the pool, what waits for the collector.

use yew::prelude::*;

use crate::facet::heap::{Heap, ReplicaHeap};
use crate::ui::kit::bars::stacked;
use crate::ui::kit::format::{self, bytes};
use crate::ui::kit::hint::Term;

/// Replicas drawn; more are only counted.
const REPLICAS_SHOWN: usize = 12;

pub(super) fn view(heap: &Heap) -> Html {
    let asked = heap.hits + heap.misses;
    let widest = heap.replicas.iter().map(|one| total(one).max(one.reserved)).max().unwrap_or(1).max(1);
    let more = heap.replicas.len().saturating_sub(REPLICAS_SHOWN);
    html! {
        <section class="inside heap" data-heap="">
            <h3><Term id="object_pool">{ "Objects and memory" }</Term></h3>
            <dl class="facts">
                if heap.pool > 0 {
                    <dt>{ "found in the pool" }</dt><dd class="num" data-fact="hits">{ if asked > 0 { format!("{} of {} ({})", format::count(heap.hits), format::count(asked), format::percent(heap.hits as f64 / asked as f64)) } else { "–".to_owned() } }</dd>
                }
                <dt>{ "allocated anew" }</dt><dd class="num" data-fact="misses">{ format::count(heap.misses) }</dd>
                <dt>{ "discarded" }</dt><dd class="num" data-fact="discards">{ format::count(heap.discards) }</dd>
                <dt>{ "allocated so far" }</dt><dd class="num">{ bytes(heap.allocated as f64) }</dd>
                <dt><Term id="garbage_collection">{ "collections" }</Term></dt><dd class="num" data-fact="collections">{ format::count(heap.collections) }</dd>
                if heap.collections > 0 {
                    <dt>{ "stood still" }</dt><dd class="num">{ format!("{}, mean {}, longest {}", format::duration(heap.paused), format::duration(heap.paused / heap.collections as f64), format::duration(heap.longest_pause)) }</dd>
                }
            </dl>
            <ul class="heap-replicas">{ for heap.replicas.iter().take(REPLICAS_SHOWN).map(|one| row(heap, one, widest)) }</ul>
            if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            <p class="heap-keys">
                <span><i class="heap-key heap-base"></i>{ "the program" }</span>
                <span><i class="heap-key heap-used"></i>{ "in requests" }</span>
                <span><i class="heap-key heap-pooled"></i>{ "in the pool" }</span>
                <span><i class="heap-key heap-garbage"></i>{ format!("garbage (collected at {})", bytes(heap.threshold as f64)) }</span>
            </p>
        </section>
    }
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
