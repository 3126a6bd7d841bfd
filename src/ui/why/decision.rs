//! A balancer's choice, opened: who could be chosen, who could not and since when, the scores with their numbers.

use yew::prelude::*;

use super::waterfall::span_words;
use super::words;
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::journey::{Among, Candidate, Decision};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;

/// Candidates listed at once; the others fold out.
const LISTED: usize = 10;

pub(super) fn section(decision: &Decision, born: u64, open: bool) -> Html {
    let winner = decision.winner();
    let misled = winner.is_some_and(|winner| !winner.truth.alive);
    let out = decision.candidates.iter().filter(|candidate| candidate.barred.is_some()).count();
    let eligible = decision.candidates.len() - out;
    let among = match decision.among {
        Among::Eligible if out == 0 => format!("All {} backends were believed healthy.", decision.candidates.len()),
        Among::Eligible => format!("Among {eligible} of {}: {out} left out.", decision.candidates.len()),
        Among::Untried => "A retry goes elsewhere: among those not tried yet.".to_owned(),
        Among::InTurn => {
            format!("Among {eligible} of {}: backends in slow start sit out some picks.", decision.candidates.len())
        }
        Among::All => "Panic: too few are believed healthy, so it chooses among all of them.".to_owned(),
    };
    let title = words::choice(decision);
    let chosen = decision.chosen.map(|place| place as usize);
    // The chosen one first, then the others as the balancer lists them.
    let mut order: Vec<usize> = (0..decision.candidates.len()).collect();
    sort::few_by_key(&mut order, |place| (Some(*place) != chosen, *place));
    let row = |place: &usize| candidate(&decision.candidates[*place], Some(*place) == chosen, decision);
    html! {
        <details class="why-choice" {open}>
            <summary>
                <span class="why-choice-title">{ &title }</span>
                <span class="sub num">{ format!("+{}", span_words(decision.at - born)) }{ if decision.number > 0 { format!(", try {}", decision.number + 1) } else { String::new() } }</span>
            </summary>
            if misled {
                <p class="why-misled">{ icon("triangle-alert", "icon-s") }{ "It believed this backend was healthy; in fact it could not answer. Belief lags behind the truth." }</p>
            }
            if decision.kept.is_none() {
                <p class="why-rule"><strong>{ &decision.strategy }</strong>{ ": " }{ &decision.rule }</p>
                <p class="sub">{ among }</p>
                if !decision.steps.is_empty() {
                    <ol class="why-steps">{ for decision.steps.iter().map(|step| html! { <li>{ step }</li> }) }</ol>
                }
            }
            <ul class="why-candidates">{ for order.iter().take(LISTED).map(row) }</ul>
            if order.len() > LISTED {
                <details class="why-more">
                    <summary>{ format!("{} more", order.len() - LISTED) }</summary>
                    <ul class="why-candidates">{ for order.iter().skip(LISTED).map(row) }</ul>
                </details>
            }
        </details>
    }
}

fn candidate(one: &Candidate, chosen: bool, decision: &Decision) -> Html {
    let (class, sign, word) = match (chosen, &one.barred) {
        (true, _) => ("why-chosen", "circle-check", "chosen"),
        (false, Some(_)) => ("why-out", "ban", "left out"),
        (false, None) => ("", "circle", ""),
    };
    let mut believed = vec![format!("{} open", format::count(one.outstanding.into()))];
    if let Some(secs) = one.response_time {
        believed.push(format::duration(secs));
    }
    if one.error_rate > 0.0005 {
        believed.push(format!("{} errors", format::percent(one.error_rate)));
    }
    if let Some(share) = one.utilization {
        believed.push(format!("{} busy", format::percent(share)));
    }
    believed.push(format!("weight {}", one.weight));
    let mut truth = one.truth.notes.clone();
    if truth.is_empty() && !one.truth.alive {
        truth.push("cannot answer".to_owned());
    }
    if one.truth.alive {
        truth.push(format!("{} of {} slots busy", one.truth.busy, one.truth.slots));
        if one.truth.queue > 0 {
            truth.push(format!("{} waiting", format::count(one.truth.queue.into())));
        }
    }
    html! {
        <li class={classes!("why-candidate", class)}>
            <div class="why-candidate-head">
                { icon(sign, "icon-s") }
                <span class="why-candidate-name">{ &one.name }</span>
                <span class="why-candidate-word">{ word }</span>
                if let Some(score) = one.score { <span class="num why-score">{ format::figures(score) }</span> }
            </div>
            if let Some(formula) = &one.formula { <p class="num why-formula">{ formula }</p> }
            if let Some(barred) = &one.barred {
                <p class="why-barred">{ sentence(&barred.why) }
                    if let Some(since) = barred.since {
                        { format!(" Since {}, {} before this choice.", SimTime(since), span_words(decision.at.saturating_sub(since))) }
                    }
                </p>
            }
            <dl class="why-sides">
                <dt>{ "believed" }</dt><dd class="num">{ believed.join(" · ") }</dd>
                <dt>{ "in truth" }</dt><dd class={classes!("num", (!one.truth.alive).then_some("tone-bad"))}>{ truth.join(" · ") }</dd>
            </dl>
        </li>
    }
}

fn sentence(words: &str) -> String {
    format!("{}.", crate::ui::kit::hint::capital(words))
}
