//! A balancer's inside: belief beside truth, scores, what comes next, where keys go, what it remembers.

use yew::prelude::*;

use super::names::Marks;
use super::{Shown, drawing, memory};
use crate::facet::balancer::strategy::Strategy;
use crate::facet::balancer::{Backend, Balancer};
use crate::model::balancer::Score;
use crate::model::rotation::OutOfRotation;
use crate::model::system::exemplars::Choice;
use crate::ui::client::worker_client::Simulation;
use crate::ui::kit::bars::{meter, share_bar};
use crate::ui::kit::facts::{self, column_about, columns};
use crate::ui::kit::format;
use crate::ui::kit::hint::Hint;
use crate::ui::kit::section::{section, section_named};

/// Backends listed one by one; more are summed up.
const LISTED: usize = 64;

pub(super) fn view(balancer: &Balancer, shown: &Shown<'_>) -> Html {
    let marks = Marks::of(&balancer.backends, shown.document);
    let strategy = balancer.strategy.as_ref();
    html! {
        <>
            { table(balancer, &marks, strategy.map_or(&[], |strategy| strategy.scores.as_slice()), shown.now_ns) }
            if let Some(strategy) = strategy {
                if !strategy.rule.is_empty() { <p class="inside-rule">{ &strategy.rule }{ view_words(strategy) }</p> }
                { scores(strategy, &marks) }
                { drawing::next(strategy, &marks) }
                { drawing::picture(strategy, &marks) }
                { drawing::keys(strategy, &marks, shown.now_ns) }
            }
            { memory::section(balancer, &marks) }
            if let Some(strategy) = strategy { { choices(strategy, &marks, shown.simulation) } }
        </>
    }
}

fn view_words(strategy: &Strategy) -> String {
    match strategy.view {
        (_, 0 | 1) => String::new(),
        (which, all) => format!(" Shown is the view of one of {all} choosers (number {which})."),
    }
}

fn table(balancer: &Balancer, marks: &Marks, scores: &[Score], now_ns: u64) -> Html {
    let busy = balancer.backends.iter().any(|backend| backend.utilization.is_finite());
    let total: u64 = balancer.backends.iter().map(|backend| backend.selections).sum();
    let most = balancer
        .backends
        .iter()
        .map(|backend| backend.recent_share)
        .filter(|share| share.is_finite())
        .fold(0.0, f64::max);
    let more = balancer.backends.len().saturating_sub(LISTED);
    let row = |backend: &Backend| {
        let score = scores.iter().find(|score| score.backend == backend.index);
        row(backend, marks, score, total, most, busy, now_ns)
    };
    section(
        "What it believes, and what is true",
        html! {
            <>
                <p class="sub">{ "It chooses by what it knows, which lags behind the truth." }</p>
                if balancer.panic {
                    <p class="callout callout-warn">{ "Panic: so few backends are believed healthy that it uses all of them." }</p>
                }
                { facts::table("backends", "Backends", html! { <>
                    { columns(&["Backend", "Belief", "Truth", "Share"]) }
                    { column_about("Open", "Requests sent there and not answered yet") }
                    { column_about("Time", "Response time, smoothed, as the balancer measured it") }
                </> }, balancer.backends.iter().take(LISTED).map(row).collect()) }
                if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            </>
        },
    )
}

/// Down is bad; out for another reason is worth a look.
fn belief_tone(backend: &Backend) -> &'static str {
    match &backend.out {
        None => "tone-good",
        Some(out) if out.why == OutOfRotation::FailedChecks => "tone-bad",
        Some(_) => "tone-warn",
    }
}

/// Words as a sentence of their own.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{first}{}.", letters.as_str())
}

fn row(
    backend: &Backend,
    marks: &Marks,
    score: Option<&Score>,
    total: u64,
    most: f64,
    busy: bool,
    now_ns: u64,
) -> Html {
    let name = marks.name(backend.index);
    let since = format::span(now_ns.saturating_sub(backend.since_ns) as f64 / 1e9);
    // The gap between belief and truth is what the learner is here to see.
    let gap = backend.believed_healthy != backend.alive;
    let believed = match (&backend.out, backend.eligible) {
        (Some(out), _) if out.why == OutOfRotation::FailedChecks => "down",
        (Some(out), _) => out.why.label(),
        (None, _) if backend.slow_start.is_some() => "up, slow start",
        (None, true) => "up",
        (None, false) => "up, left out",
    };
    // Why it is out, or what speaks against it, a sentence each.
    let mut notes: Vec<String> = backend.out.iter().map(|out| out.words.clone()).chain(backend.note.clone()).collect();
    notes.extend(backend.slow_start.map(|share| format!("slow start: {} of its share by now", format::percent(share))));
    let of_all = if total == 0 { f64::NAN } else { backend.selections as f64 / total as f64 };
    let card = html! {
        <>
            <h3 class="hint-title">{ &name }</h3>
            <p>{ format!("Believed {} for {since}; in truth {}.",
                if backend.believed_healthy { "up" } else { "down" }, if backend.alive { "it could answer" } else { "it cannot answer" }) }</p>
            { for notes.iter().map(|note| html! { <p>{ sentence(note) }</p> }) }
            <p class="num hint-formula">{ format!("{} of {} selections = {}, {} now", format::count(backend.selections), format::count(total), format::percent(of_all), format::rate(backend.selection_rate)) }</p>
            if let Some(score) = score { <p class="num hint-formula">{ &score.formula }</p> }
        </>
    };
    let mut more = vec![
        format!("weight {}", format::figures(backend.weight)),
        format!("errors {}", format::percent(backend.error_rate)),
    ];
    if busy {
        more.push(format!("slots busy {}", format::percent(backend.utilization)));
    }
    let share = if most > 0.0 && backend.recent_share.is_finite() { backend.recent_share / most } else { 0.0 };
    html! {
        <>
        <tr class={classes!(gap.then_some("row-gap"))}>
            <th scope="row">{ marks.badge(backend.index) }<Hint class="cell-hint" {card}>{ name }</Hint></th>
            <td class={belief_tone(backend)}>{ believed }</td>
            <td class={if backend.alive { "tone-good" } else { "tone-bad" }}>{ if backend.alive { "alive" } else { "dead" } }
                if gap { <span class="gap-mark">{ if backend.alive { " back, not noticed" } else { " not noticed" } }</span> }</td>
            <td class="num share-cell">
                { share_bar(share, classes!("back-fill", marks.class(backend.index))) }
                { format::percent(backend.recent_share) }
            </td>
            <td class="num">{ backend.outstanding }</td>
            <td class="num">{ format::duration(backend.response_time) }</td>
        </tr>
        <tr class="backend-more"><td colspan="6" class="num">{ more.join(" · ") }</td></tr>
        </>
    }
}

/// A bar for each backend's score, with the formula in its card.
fn scores(strategy: &Strategy, marks: &Marks) -> Html {
    let most =
        strategy.scores.iter().map(|score| score.value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    if strategy.scores.is_empty() {
        return Html::default();
    }
    let bar = |score: &Score| {
        let share = if most > 0.0 && score.value.is_finite() { score.value.abs() / most } else { 0.0 };
        let card = html! {
            <>
                <h3 class="hint-title">{ marks.name(score.backend) }</h3>
                <p class="num hint-formula">{ &score.formula }</p>
            </>
        };
        html! {
            <li class="score">
                { marks.badge(score.backend) }
                <Hint class="cell-hint" {card}>{ marks.name(score.backend) }</Hint>
                { meter(share, classes!("back-fill", marks.class(score.backend)), None) }
                <span class="num">{ format::figures(score.value) }</span>
            </li>
        }
    };
    section(
        "Scores now",
        html! {
            <>
                <ul class="scores">{ for strategy.scores.iter().take(LISTED).map(bar) }</ul>
            </>
        },
    )
}

/// The latest choices, each with its question.
fn choices(strategy: &Strategy, marks: &Marks, simulation: &Simulation) -> Html {
    let row = |choice: &Choice| {
        let (source, ordinal) = (choice.source, choice.ordinal);
        let number = format::count(ordinal + 1);
        let simulation = simulation.clone();
        let onclick = Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal));
        html! {
            <li key={format!("{}-{}-{ordinal}", choice.at.0, source.0)}>
                <span class="num choice-at">{ choice.at.to_string() }</span>
                <span class="num">{ &number }</span>
                <span class="choice-to">{ marks.badge(choice.backend) }{ marks.name(choice.backend) }
                    if choice.try_no > 0 { <span class="sub">{ format!(" try {}", choice.try_no + 1) }</span> }
                </span>
                <button type="button" class="btn btn-s" aria-label={format!("Why? Request {number}")} {onclick}>{ "Why?" }</button>
            </li>
        }
    };
    section_named(
        "latest-choices",
        "Latest choices",
        html! {
            <>
                if strategy.choices.is_empty() {
                    <p class="sub">{ "No choices yet since you opened this. Press Run." }</p>
                } else {
                    <p class="sub">{ "Time, request and who got it. Pause to take your time; every one can be asked." }</p>
                    <ul class="choices">{ for strategy.choices.iter().map(row) }</ul>
                }
            </>
        },
    )
}
