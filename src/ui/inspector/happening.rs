//! What happens now: who is busiest, and what fails and why, each with the way there.

use yew::prelude::*;

use crate::editor::happening::{busiest, failing};
use crate::editor::{Action, SessionChange, Target};
use crate::ui::kit::format;
use crate::ui::store::{use_dispatch, use_document, use_run, use_simulation};

/// Nothing before the run has begun.
#[component]
pub(super) fn Happening() -> Html {
    let (run, document) = (use_run(), use_document());
    let (dispatch, simulation) = (use_dispatch(), use_simulation());
    if !run.begun() {
        return Html::default();
    }
    let busy = busiest(&document, &run.frame).into_iter().map(|busy| {
        let target = Target::Node(busy.node);
        let onclick = dispatch.callback(move || Action::Session(SessionChange::Reveal(target)));
        html! {
            <li key={busy.node.0}>
                <button type="button" class="happening-row" {onclick}>
                    <span class="happening-name">{ busy.name }</span>
                    <span class={classes!("num", format!("level-{}", busy.level.word()))}>{ busy.words }</span>
                </button>
            </li>
        }
    });
    let fails = failing(&run.frame.totals, &run.exemplars).into_iter().map(|one| {
        let ask = one.latest.map(|(_, source, ordinal)| {
            let simulation = simulation.clone();
            let onclick = Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal));
            html! { <button type="button" class="btn btn-s" aria-label={format!("Why? The latest that {}", one.outcome.label())} {onclick}>{ "Why?" }</button> }
        });
        html! {
            <li key={one.outcome.label()} class="happening-fails">
                <span class="happening-name">
                    { format!("{} {}, {}", format::count(one.count), one.outcome.label(), format::percent(one.share)) }
                    if let Some((reason, ..)) = one.latest { <span class="sub">{ format!("Latest: {}", reason.label()) }</span> }
                </span>
                { ask }
            </li>
        }
    });
    let (busy, fails): (Vec<Html>, Vec<Html>) = (busy.collect(), fails.collect());
    html! {
        <section class="happening" id="happening" aria-label="What happens now">
            if !busy.is_empty() {
                <h3>{ "Busiest" }</h3>
                <ul>{ busy }</ul>
            }
            if !fails.is_empty() {
                <h3>{ "What fails" }</h3>
                <ul>{ fails }</ul>
            }
        </section>
    }
}
