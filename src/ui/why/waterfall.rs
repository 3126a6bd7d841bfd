//! Where the time went: one bar for the user's wait, and a row for every try beneath.

use yew::prelude::*;

use super::words;
use crate::model::journey::{Asked, Journey, Kind, Span, Try};
use crate::model::outcome::Outcome;
use crate::ui::dock::profile;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;

/// Width of a bar in units of its own.
const WIDTH: f64 = 1_000.0;
/// Rows drawn; a request with more is told of in words.
const ROWS_MAX: usize = 60;
/// What goes on after the user has heard is drawn for at most so many times the user's wait.
const AFTERMATH: u64 = 1;

/// Time on the bars.
#[derive(Clone, Copy)]
struct Scale {
    from: u64,
    to: u64,
}

impl Scale {
    fn of(journey: &Journey) -> Self {
        let end = journey.end().max(journey.born + 1);
        let all =
            (0..journey.tries.len() as u32).filter_map(|of| journey.spans_of(of).last().map(|span| span.to)).max();
        let most = end + (end - journey.born) * AFTERMATH;
        Self { from: journey.born, to: all.unwrap_or(end).clamp(end, most) }
    }

    fn x(self, at: u64) -> f64 {
        let at = at.clamp(self.from, self.to) - self.from;
        at as f64 / (self.to - self.from) as f64 * WIDTH
    }
}

/// The user's wait as one bar, with what it consists of.
pub(super) fn total(journey: &Journey) -> Html {
    let times = journey.times();
    let all: u64 = journey.sojourn();
    let scale = Scale { from: journey.born, to: journey.end().max(journey.born + 1) };
    let words: Vec<String> =
        times.iter().map(|(kind, nanos)| format!("{} {}", kind.label(), span_words(*nanos))).collect();
    html! {
        <section class="why-total" aria-label="Where the time went">
            <h3>{ "Where the time went" }</h3>
            if all > 0 {
                <svg class="why-bar" viewBox={format!("0 0 {WIDTH} 14")} preserveAspectRatio="none" role="img" aria-label={words.join(", ")}>
                    { for journey.critical().iter().map(|span| bar(span, scale, 14.0, false)) }
                </svg>
            }
            <ul class="why-times">
                { for times.iter().map(|(kind, nanos)| html! {
                    <li><span class={classes!("why-key", key(*kind))} aria-hidden="true"></span><span>{ kind.label() }</span>
                        <span class="num">{ span_words(*nanos) }</span>
                        <span class="num why-share">{ format::percent(*nanos as f64 / all.max(1) as f64) }</span></li>
                }) }
                <li class="why-sum"><span></span><span>{ "together" }</span><span class="num">{ span_words(all) }</span><span></span></li>
            </ul>
            if all > 0 { { profile::stations_of(journey) } }
        </section>
    }
}

/// A row for each try, indented under its caller.
pub(super) fn rows(journey: &Journey) -> Html {
    let scale = Scale::of(journey);
    let critical = journey.critical();
    let heard = scale.x(journey.end());
    let aftermath = scale.to > journey.end();
    let left_out = journey.tries.len().saturating_sub(ROWS_MAX);
    html! {
        <section class="why-rows" aria-label="Every try">
            <h3>{ "Every try" }</h3>
            <p class="sub why-critical-words"><svg viewBox="0 0 18 6" width="18" height="6" aria-hidden="true"><rect class="why-critical" y="2" width="18" height="3" /></svg>
                { "the " }<Term id="critical_path" />{ ": at every moment, what the user was waiting for" }</p>
            <ol>{ for (0..).zip(&journey.tries).take(ROWS_MAX).filter(|(_, one)| !one.only_wait).map(|(of, one)| row(journey, of, one, scale, heard, &critical)) }</ol>
            if left_out > 0 { <p class="sub">{ format!("and {left_out} more") }</p> }
            if aftermath {
                <p class="sub">{ "The line marks when the user got the answer; work after it was done for no one, or filled a cache." }</p>
            }
        </section>
    }
}

fn row(journey: &Journey, of: u32, one: &Try, scale: Scale, heard: f64, critical: &[Span]) -> Html {
    let mut spans = journey.spans_of(of);
    // A balancer's wait before this try stands in this row.
    let waits = (0..).zip(&journey.tries).filter(|(_, wait)| wait.only_wait && wait.parent == one.parent);
    let mut drawn_here = vec![of];
    for (place, wait) in waits.filter(|(_, wait)| wait.heard.is_some_and(|end| end.at == one.made)) {
        spans.insert(0, Span { kind: Kind::Backoff, of, from: wait.made, to: one.made });
        drawn_here.push(place);
    }
    let critical = critical.iter().filter(|span| drawn_here.contains(&span.of));
    let depth = depth(journey, one).min(6);
    let given_up = one.heard.filter(|_| one.given_up()).map(|end| end.at);
    let mut label: Vec<String> =
        spans.iter().map(|span| format!("{} {}", span.kind.label(), span_words(span.to - span.from))).collect();
    if label.is_empty() {
        label.push("no time yet".to_owned());
    }
    let (tone, verdict) = verdict(one);
    let name = match one.asked {
        Asked::Request | Asked::Get => words::place(one),
        Asked::Fill => format!("{} (filled)", words::place(one)),
        Asked::Invalidate => format!("{} (cleared)", words::place(one)),
        Asked::Message => format!("{} (message)", words::place(one)),
    };
    html! {
        <li class={format!("why-row depth-{depth}")}>
            <div class="why-row-head">
                <span class="why-row-name">{ name }{ if one.number > 0 { format!(", try {}", one.number + 1) } else { String::new() } }</span>
                <span class={classes!("why-verdict", tone)}>{ verdict }</span>
            </div>
            <svg class="why-bar why-bar-try" viewBox={format!("0 0 {WIDTH} 14")} preserveAspectRatio="none" role="img" aria-label={label.join(", ")}>
                <rect class="why-back" width={WIDTH.to_string()} height="10" />
                { for spans.iter().map(|span| bar(span, scale, 10.0, given_up.is_some_and(|at| span.from >= at))) }
                { for critical.map(|span| {
                    let (from, to) = (scale.x(span.from), scale.x(span.to));
                    html! { <rect class="why-critical" x={x(from)} width={x((to - from).max(2.0))} y="11" height="3" /> }
                }) }
                if heard < WIDTH - 1.0 { <line class="why-heard" x1={x(heard)} x2={x(heard)} y1="0" y2="10" /> }
            </svg>
        </li>
    }
}

fn depth(journey: &Journey, one: &Try) -> usize {
    let mut depth = 0;
    let mut parent = one.parent;
    while let Some(above) = parent.and_then(|parent| journey.tries.get(parent as usize)) {
        depth += 1;
        parent = above.parent;
    }
    depth
}

/// How a try came out, in a word, with a class.
fn verdict(one: &Try) -> (&'static str, String) {
    let took = |at: u64| one.sent.map_or_else(String::new, |sent| format!(" {}", span_words(at - sent)));
    match (one.heard, one.answered) {
        (Some(heard), _) if heard.outcome == Outcome::Completed => ("tone-good", format!("✓{}", took(heard.at))),
        (Some(heard), _) => ("tone-bad", format!("{}{}", heard.outcome.label(), took(heard.at))),
        (None, Some(answered)) if !one.asked.is_awaited() => ("", format!("done{}", took(answered.at))),
        _ => ("tone-warn", "under way".to_owned()),
    }
}

fn bar(span: &Span, scale: Scale, height: f64, unheard: bool) -> Html {
    let (from, to) = (scale.x(span.from), scale.x(span.to));
    // What took time at all is to be seen.
    let width = (to - from).max(2.0);
    html! {
        <rect class={classes!("why-span", key(span.kind), unheard.then_some("why-unheard"))} x={x(from)} width={x(width)} height={height.to_string()} />
    }
}

const fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Network => "kind-network",
        Kind::Queue => "kind-queue",
        Kind::Work => "kind-work",
        Kind::Paused => "kind-paused",
        Kind::Backoff => "kind-backoff",
        Kind::Held => "kind-held",
        Kind::Lookup => "kind-lookup",
        Kind::Lost => "kind-lost",
        Kind::Calls => "kind-calls",
    }
}

fn x(value: f64) -> String {
    format!("{value:.1}")
}

pub(super) fn span_words(nanos: u64) -> String {
    format::duration(nanos as f64 / 1e9)
}
