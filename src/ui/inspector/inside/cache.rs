//! How often a cache has helped so far, what it holds, and which entries left for others and why.

use std::cmp::Reverse;

use yew::prelude::*;

use super::at;
use crate::engine::sort;
use crate::facet::cache::{Cache, Level};
use crate::model::eviction::Candidate;
use crate::model::system::{HeldLook, Victim};
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

/// A key in few letters: the first six digits of its hash.
fn short(key: u64) -> String {
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
