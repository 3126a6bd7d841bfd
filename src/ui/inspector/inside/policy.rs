//! Inside a connection: its breaker with window and countdown, open calls, budget, limit, hedges, and what was refused.

use yew::prelude::*;

use super::at;
use crate::engine::time::{SimDuration, SimTime};
use crate::facet::policy::{Breaker, Gate, Policies};
use crate::model::policy::breaker::{Cell, State};
use crate::protocol::EdgeFrame;
use crate::topology::document::EdgeId;
use crate::ui::kit::bars;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::kit::section::section;
use crate::ui::store::use_run;

#[derive(Debug, PartialEq, Properties)]
pub(super) struct ConnectionProps {
    pub(super) id: EdgeId,
}

#[component]
pub(super) fn Connection(props: &ConnectionProps) -> Html {
    let run = use_run();
    let Some(edge) = run.frame.edges.iter().find(|edge| edge.edge == props.id.0) else {
        return html! { <p class="empty">{ "Nothing to look into yet. Press Run: what its policies do shows here." }</p> };
    };
    let Some(policy) = edge.policy.as_deref() else {
        return html! { <p class="empty">{ "It has no policies beyond its time-out and retries. Breaker, limits, budget and hedging are set under Settings." }</p> };
    };
    html! {
        <>
            { for policy.breakers.iter().map(breaker) }
            if policy.breakers_all as usize > policy.breakers.len() {
                <p class="sub">{ format!("and {} more breakers", policy.breakers_all as usize - policy.breakers.len()) }</p>
            }
            if let Some(one) = &policy.gate { { gate(one) } }
            if let Some(limit) = &policy.limit {
                { section(format!("Rate limit: {}", limit.name.to_lowercase()), html! {
                    <>
                        { level(limit.used, limit.of) }
                        <p class="sub">{ &limit.words }</p>
                    </>
                }) }
            }
            if let Some((left, of)) = policy.budget {
                { section(html! { <Term id="retry_budget">{ "Retry budget" }</Term> }, html! {
                    <>
                        { level(of - left, of) }
                        <p class="sub">{ format!("It would pay for {} more tries now.", format::figures(left)) }</p>
                    </>
                }) }
            }
            { counts(edge, policy) }
        </>
    }
}

/// How much of how much.
fn level(used: f64, of: f64) -> Html {
    bars::level(used, of, of <= 0.0 || used >= of, Html::default())
}

fn breaker(one: &Breaker) -> Html {
    let look = &one.look;
    let secs = |span: SimDuration| format::duration(span.as_secs_f64());
    let (sign, class) = match look.state {
        State::Closed => ("circle-check", "breaker-closed"),
        State::HalfOpen => ("circle-help", "breaker-half-open"),
        State::Open => ("circle-x", "breaker-open"),
    };
    let state = match (look.state, one.left) {
        (State::Open, Some(left)) => format!("open, probes in {}", secs(left)),
        (state, _) => state.word().to_owned(),
    };
    let title = if one.whose.is_empty() { "Circuit breaker".to_owned() } else { one.whose.clone() };
    html! {
        <section class={classes!("inside", "breaker", class)}>
            <h3><Term id="circuit_breaker">{ title }</Term></h3>
            <p class="breaker-state">{ icon(sign, "icon-s") }<strong>{ state }</strong></p>
            if let Some((left, lasts)) = one.left.zip(look.until.map(|until| until.since(look.since))) {
                { bars::meter(left.0 as f64 / lasts.0.max(1) as f64, "meter-fill", Some(format!("{} of {} left", secs(left), secs(lasts)))) }
            }
            if look.since > SimTime::ZERO { <p class="sub">{ format!("Since {}: {}.", at(look.since), look.why) }</p> }
            { cells(one) }
            { facts(html! { <>
                if let Some((bad, of)) = look.in_a_row { { fact("failures in a row", format!("{} of {}", format::count(bad.into()), format::count(of.into()))) } }
                if let Some((failures, slow, from)) = look.shares {
                    { fact("failed", share(look.sum.failed, look.sum.calls, from, failures)) }
                    if let Some(limit) = slow { { fact("slow", share(look.sum.slow, look.sum.calls, from, limit)) } }
                }
                if let Some((used, of)) = look.probes { { fact("probes begun", format!("{} of {}", format::count(used.into()), format::count(of.into()))) } }
            </> }) }
        </section>
    }
}

/// "12 % (opens at 50 %)", or how many calls are missing.
fn share(part: u32, calls: u32, from: u32, limit: f64) -> String {
    if calls < from {
        return format!("{part} of {calls}; counts from {} calls on", format::count(from.into()));
    }
    format!("{} (opens at {})", format::percent(f64::from(part) / f64::from(calls.max(1))), format::percent(limit))
}

/// What it goes by, one cell for each call or second: the fill is the share that failed, a dot marks slow ones.
fn cells(one: &Breaker) -> Html {
    let look = &one.look;
    if look.cells.is_empty() {
        return Html::default();
    }
    let words = format!(
        "The last {}: {} calls, {} failed, {} slow",
        if one.by_second { "seconds" } else { "calls" },
        look.sum.calls,
        look.sum.failed,
        look.sum.slow
    );
    let per_row = 20;
    let rows = look.cells.len().div_ceil(per_row);
    let cell = |(place, Cell { calls, failed, slow }): (usize, &Cell)| {
        let (x, y) = ((place % per_row) as f64 * 12.0 + 1.0, (place / per_row) as f64 * 14.0 + 1.0);
        let bad = if *calls == 0 { 0.0 } else { f64::from(*failed) / f64::from(*calls) };
        let height = 10.0 * bad;
        let class = if *calls == 0 { "cell-empty" } else { "cell-good" };
        html! {
            <g key={place.to_string()}>
                <rect {class} x={format!("{x:.0}")} y={format!("{y:.0}")} width="10" height="10" rx="2" />
                if height > 0.0 { <rect class="cell-bad" x={format!("{x:.0}")} y={format!("{:.1}", y + 10.0 - height)} width="10" height={format!("{height:.1}")} rx="2" /> }
                if bad >= 0.5 { <path class="cell-cross" d={format!("M{:.0} {:.0}l4 4m0 -4l-4 4", x + 3.0, y + 3.0)} /> }
                if *slow > 0 { <circle class="cell-slow" cx={format!("{:.0}", x + 5.0)} cy={format!("{:.0}", y + 12.0)} r="1.2" /> }
            </g>
        }
    };
    html! {
        <svg class="breaker-cells" viewBox={format!("0 0 {} {}", per_row * 12, rows * 14 + 2)} role="img" aria-label={words}>
            { for look.cells.iter().enumerate().map(cell) }
        </svg>
    }
}

fn gate(one: &Gate) -> Html {
    section(
        html! { <Term id="bulkhead">{ "Open calls" }</Term> },
        html! {
            <>
                { level(f64::from(one.open), f64::from(one.limit)) }
                <p class="sub">
                    { if one.places > 0 { format!("{} wait, of {} places.", format::count(one.waiting.into()), format::count(one.places.into())) } else { "Nobody may wait.".to_owned() } }
                    if let Some(each) = one.each { { format!(" Each caller has its own; shown is the fullest of {}.", format::count(each.into())) } }
                </p>
            </>
        },
    )
}

fn counts(edge: &EdgeFrame, policy: &Policies) -> Html {
    let row = |name: &'static str, count: u64| {
        if count > 0 { fact(name, format::count(count)) } else { Html::default() }
    };
    section(
        "Since the start",
        html! {
            <>
                { facts(html! { <>
                    { fact("calls", format::count(policy.calls)) }
                    { fact("calls open", format::count(policy.open_calls.into())) }
                    if policy.hedging {
                        { fact(html! { <Term id="hedging">{ "hedges sent" }</Term> }, format!("{}, {} won", format::count(policy.hedges), format::count(policy.hedges_won))) }
                        { fact("hedged after", policy.hedge_after.map_or_else(|| "too few answers yet".to_owned(), format::duration)) }
                    }
                    { row("over the rate limit", policy.rate_limited) }
                    { row("past the deadline", policy.past_deadline) }
                    { row("breaker open", policy.circuit_open) }
                    { row("no free place", policy.bulkhead_full) }
                    { row("no retry budget", policy.unpaid) }
                    { row("cancelled", policy.cancels) }
                    if edge.zombies > 0 { { fact(html! { <Term id="zombie">{ "zombies" }</Term> }, format::count(edge.zombies)) } }
                </> }) }
            </>
        },
    )
}
