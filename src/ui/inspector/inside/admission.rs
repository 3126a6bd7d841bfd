//! Who is let in: the rate limit, and what sheds load.

use yew::prelude::*;

use super::members::sentence;
use crate::facet::admission::{Admission, RateLimit, Shedding};
use crate::ui::kit::bars;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_in;

pub(super) fn view(admission: &Admission) -> Html {
    html! {
        <>
            if let Some(limit) = &admission.limit { { rate_limit(limit) } }
            if let Some(shedding) = &admission.shedding { { load_shedding(shedding) } }
        </>
    }
}

/// A bar, how full it is, and what the numbers say.
fn level(used: f64, of: f64, full: bool, words: &str) -> Html {
    bars::level(used, of, full, html! { <p class="inside-words">{ sentence(words) }</p> })
}

fn rate_limit(limit: &RateLimit) -> Html {
    section_in(
        "admission",
        format!("Rate limit: {}", limit.name.to_lowercase()),
        html! {
            <>
                { level(limit.used, limit.of, limit.full, &limit.words) }
                if let Some(clients) = limit.clients {
                    <p class="sub">{ format!("Each client has its own; shown is the one that used up most of {} remembered.", format::count(clients.into())) }</p>
                }
                { facts(html! { <>
                    { fact("let in", format::count(limit.admitted)) }
                    { fact("refused", format::count(limit.refused)) }
                    if limit.shaped > 0 { { fact("waiting their turn", format::count(limit.shaped.into())) } }
                </> }) }
            </>
        },
    )
}

fn load_shedding(shedding: &Shedding) -> Html {
    let [limit, priority, delay] = shedding.refused;
    section_in(
        "admission",
        format!("Load shedding: {}", shedding.name.to_lowercase()),
        html! {
            <>
                if let Some(most) = shedding.limit {
                    { level(f64::from(shedding.inside), most, shedding.sheds, &shedding.words) }
                } else {
                    <p class="inside-words">{ sentence(&shedding.words) }</p>
                }
                { trend(shedding) }
                { facts(html! { <>
                    { for shedding.numbers.iter().map(|(name, value)| fact(name, value)) }
                    if limit > 0 { { fact("turned away at the limit", format::count(limit)) } }
                    if priority > 0 { { fact("turned away for their priority", format::count(priority)) } }
                    if delay > 0 { { fact("turned away for the wait", format::count(delay)) } }
                </> }) }
            </>
        },
    )
}

/// The limit over time, where it moves.
fn trend(shedding: &Shedding) -> Html {
    let least = shedding.trend.iter().copied().fold(f32::INFINITY, f32::min);
    let most = shedding.trend.iter().copied().fold(0.0, f32::max);
    if shedding.trend.len() < 2 || least >= most {
        return Html::default();
    }
    let secs = format::duration(shedding.trend_secs * (shedding.trend.len() - 1) as f64);
    let words = format!("The limit over the last {secs}: between {least:.0} and {most:.0}");
    bars::sparkline(shedding.trend.iter().map(|limit| f64::from(limit / most)), words)
}
