//! The final report in words, once the run has ended.

use yew::prelude::*;

use crate::model::outcome::Outcome;
use crate::protocol::RunStatus;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::use_run;

/// Totals of the finished run; nothing before.
#[component]
pub fn ReportCard() -> Html {
    let run = use_run();
    if run.frame.status != RunStatus::Finished {
        return Html::default();
    }
    let totals = &run.frame.totals;
    let share = |number: u64| {
        format::percent(if totals.offered == 0 { f64::NAN } else { number as f64 / totals.offered as f64 })
    };
    html! {
        <section class="report" aria-label="Report">
            <h3>{ icon("flag", "icon-s") }{ "The run is over" }</h3>
            <table class="plain-table">
                <tbody>
                    <tr><th scope="row">{ "offered" }</th><td class="num">{ format::count(totals.offered) }</td><td></td></tr>
                    { for Outcome::ALL.iter().map(|outcome| (outcome, totals.by_outcome[outcome.index()])).filter(|(_, count)| *count > 0).map(|(outcome, count)| html! {
                        <tr><th scope="row">{ outcome.label() }</th><td class="num">{ format::count(count) }</td><td class="num">{ share(count) }</td></tr>
                    }) }
                    if totals.in_flight > 0 {
                        <tr><th scope="row">{ "unanswered at the end" }</th><td class="num">{ format::count(totals.in_flight) }</td><td class="num">{ share(totals.in_flight) }</td></tr>
                    }
                    <tr><th scope="row">{ "p50, completed" }</th><td class="num">{ format::duration(totals.sojourn_p50) }</td><td></td></tr>
                    <tr><th scope="row">{ "p99, completed" }</th><td class="num">{ format::duration(totals.sojourn_p99) }</td><td></td></tr>
                    if run.money.judged_secs > 0.0 {
                        <tr><th scope="row">{ "objective missed for" }</th><td class="num">{ format::duration(run.money.missed_secs) }</td><td></td></tr>
                    }
                    if !run.money.lines.is_empty() {
                        <tr><th scope="row">{ "cost" }</th><td class="num">{ format::dollars(run.money.total) }</td><td class="num">{ format!("{}/h", format::dollars(run.money.mean_per_hour)) }</td></tr>
                    }
                </tbody>
            </table>
            if run.outdated { <p class="sub">{ "The design has changed since. These are the results of the earlier one; run again for the new ones." }</p> }
            if let Some(ending) = &run.ending {
                <p class="sub">{ "Trace hash " }<code class="num" id="trace-hash">{ &ending.trace_hash }</code></p>
            }
        </section>
    }
}
