//! How often a cache has helped so far, what it holds, and which entries left for others and why.

use std::cmp::Reverse;

use yew::prelude::*;

use super::at;
use crate::engine::sort;
use crate::facet::cache::{Cache, Level};
use crate::model::eviction::Candidate;
use crate::model::system::{HeldLook, SizesLook, Victim};
use crate::ui::kit::facts::{columns, fact, fact_words, facts, table};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::section::{section, section_named};

pub(super) fn view(cache: &Cache) -> Html {
    let evictions: u64 = cache.memories.iter().map(|memory| memory.evictions).sum();
    let policy = cache.memories.first().map(|memory| memory.policy.clone());
    let mut lately: Vec<(&HeldLook, &Victim)> =
        cache.memories.iter().flat_map(|memory| memory.victims.iter().map(move |victim| (memory, victim))).collect();
    sort::few_by_key(&mut lately, |(_, victim)| Reverse(victim.at));
    html! {
        <>
            if let Some(ratio) = cache.hit_ratio {
                { section(title(cache.level), facts(html! { <>
                    { fact("hit ratio since the start", format::percent(ratio)) }
                    { fact("entries", format::count(cache.entries.into())) }
                    if cache.level == Level::Results { { fact("results dropped by writes", format::count(cache.memories.iter().map(|memory| memory.dropped).sum())) } }
                    if let Some(policy) = policy {
                        { fact_words(html! { <Term id="eviction">{ "eviction policy" }</Term> }, policy) }
                        { fact("evictions since the start", format::count(evictions)) }
                    }
                </> })) }
            }
            if cache.level != Level::Shared && cache.memories.len() > 1 { { parts(cache) } }
            if let Some((memory, sizes)) = learned(cache) { { other_sizes(cache, memory, sizes) } }
            if let Some((_, victim)) = lately.first() { { why(victim) } }
            if lately.len() > 1 { { latest(cache, &lately) } }
        </>
    }
}

/// One row for each of the latest evictions; with several parts, where it happened.
fn latest(cache: &Cache, lately: &[(&HeldLook, &Victim)]) -> Html {
    let several = cache.memories.len() > 1;
    let head = columns(if several { &["At", "Key evicted", "For", "Where"] } else { &["At", "Key evicted", "For"] });
    let rows = lately.iter().map(|(memory, victim)| row(cache.level, memory, victim, several));
    table("victims", "Latest evictions", head, rows.collect())
}

fn title(level: Level) -> &'static str {
    match level {
        Level::Local => "Local caches (L1)",
        Level::Shared => "Memory",
        Level::Edge => "Edge caches (L3)",
        Level::Results => "Query cache (L4)",
    }
}

/// What people call a part of a cache.
fn name(level: Level, memory: &HeldLook) -> String {
    match level {
        Level::Local => format!("Replica {}", memory.number + 1),
        _ if !memory.place.is_empty() => memory.place.clone(),
        _ => format!("Node {}", memory.number + 1),
    }
}

/// What each replica, edge or node holds.
fn parts(cache: &Cache) -> Html {
    let rows = cache.memories.iter().map(|memory| {
        html! {
            <tr>
                <th scope="row">{ name(cache.level, memory) }</th>
                <td class="num">{ format!("{} of {}", format::count(memory.entries as u64), format::count(memory.capacity as u64)) }</td>
                <td class="num">{ format::count(memory.evictions) }</td>
                if cache.level == Level::Edge { <td class="num">{ format::count(memory.errors as u64) }</td> }
            </tr>
        }
    });
    let head = if cache.level == Level::Edge {
        columns(&["Where", "Entries", "Evicted", "Cached errors"])
    } else {
        columns(&["Where", "Entries", "Evicted"])
    };
    table("cache-parts", "What each part holds", head, rows.collect())
}

/// The memory that learns what other sizes would miss.
fn learned(cache: &Cache) -> Option<(&HeldLook, &SizesLook)> {
    cache.memories.iter().find_map(|memory| memory.sizes.as_ref().map(|sizes| (memory, sizes)))
}

/// The miss-ratio curve: what a memory of each size would miss, with the size that is set and what was missed in fact.
fn other_sizes(cache: &Cache, memory: &HeldLook, sizes: &SizesLook) -> Html {
    let [half, set, twice] = sizes.at.map(format::percent);
    let (x, y) = (|size: f64| 300.0 * size / sizes.most as f64, |misses: f64| 4.0 + 72.0 * (1.0 - misses));
    let step = sizes.most as f64 / (sizes.misses.len() - 1).max(1) as f64;
    let points: Vec<String> = sizes
        .misses
        .iter()
        .enumerate()
        .map(|(at, misses)| format!("{:.1},{:.1}", x(at as f64 * step), y(*misses)))
        .collect();
    let missed = sizes.missed as f64 / sizes.asked.max(1) as f64;
    let at = x(memory.capacity as f64);
    let whose = if cache.memories.len() > 1 {
        format!(" ({})", name(cache.level, memory).to_lowercase())
    } else {
        String::new()
    };
    let words = format!(
        "Misses by size, from 0 to {} entries: {half} at half the size, {set} as set, {twice} at twice the size.",
        format::count(sizes.most as u64)
    );
    section_named(
        "sizes",
        html! { <>{ "Would another size help?" }{ whose }</> },
        html! {
            <>
                <p class="sizes-axis num"><span>{ "100 % missed" }</span></p>
                <svg class="sizes" viewBox="0 0 300 80" preserveAspectRatio="none" role="img" aria-label={words}>
                    <line class="sizes-line" x1="0" x2="300" y1={y(0.0).to_string()} y2={y(0.0).to_string()} />
                    <polyline class="sizes-curve" points={points.join(" ")} />
                    <line class="sizes-set" x1={format!("{at:.1}")} x2={format!("{at:.1}")} y1="0" y2="80" />
                    <line class="sizes-fact" x1={format!("{:.1}", at - 5.0)} x2={format!("{:.1}", at + 5.0)} y1={format!("{:.1}", y(missed))} y2={format!("{:.1}", y(missed))} />
                </svg>
                <p class="sizes-axis num"><span>{ "0" }</span><span>{ format!("{} entries", format::count(sizes.most as u64)) }</span></p>
                { facts(html! { <>
                    { fact("misses at half the size", half) }
                    { fact(html! { <>{ "as set, " }{ format::count(memory.capacity as u64) }{ " entries" }</> }, set) }
                    { fact("at twice the size", twice) }
                    { fact("missed in fact", format::percent(missed)) }
                </> }) }
                <p class="sub">
                    { "The " }<Term id="miss_ratio_curve" />
                    { format!(" of least recently used, by {} look-ups since you have watched, of about {} keys. What was missed in fact also counts entries that had expired or been deleted, and first look-ups of a cold cache.",
                        format::count(sizes.asked), format::count(sizes.keys as u64)) }
                </p>
            </>
        },
    )
}

/// A key in few letters: the first six digits of its hash.
pub(super) fn short(key: u64) -> String {
    format!("{:06x}", key >> 40)
}

/// The latest eviction: who left, and how its nearest competitors stood.
fn why(victim: &Victim) -> Html {
    let candidates = &victim.account.candidates;
    let stand = |(place, candidate): (usize, &Candidate)| {
        let words = if place == 0 { format!("{} (evicted)", candidate.words) } else { candidate.words.clone() };
        fact_words(format!("key {}", short(candidate.key)), words)
    };
    section_named(
        "eviction",
        format!("Key {} was evicted", short(victim.key)),
        html! {
            <>
                <p class="sub">{ format!("At {}, to make room for key {}. {}", at(victim.at), short(victim.incoming), victim.account.rule) }</p>
                if !candidates.is_empty() { { facts(candidates.iter().enumerate().map(stand).collect()) } }
            </>
        },
    )
}

fn row(level: Level, memory: &HeldLook, victim: &Victim, several: bool) -> Html {
    html! {
        <tr>
            <th scope="row" class="num">{ at(victim.at) }</th>
            <td class="num">{ short(victim.key) }</td>
            <td class="num">{ short(victim.incoming) }</td>
            if several { <td>{ name(level, memory) }</td> }
        </tr>
    }
}
