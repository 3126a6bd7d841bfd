//! Nothing is selected: the run as a whole.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::happening::Happening;
use crate::editor::{EditCommand, SessionChange};
use crate::model::params::Unit;
use crate::ui::dialogs::money::lost_words;
use crate::ui::dialogs::what_if::objective_words;
use crate::ui::dock::report::ReportCard;
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_guard, use_preferences, use_run};
use crate::ui::why::Exemplars;

/// Name of the settings' panel in the stored session.
const GROUP: &str = "group run";
/// The longest run that can be asked for [s].
const RUN_LENGTH_MAX: f64 = 1e7;

#[component]
pub(crate) fn RunSettings() -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let edit = |make: fn(f64) -> EditCommand| {
        let dispatch = dispatch.clone();
        Callback::from(move |number: f64| dispatch.edit(make(number)))
    };
    let notes = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            dispatch.edit(EditCommand::SetNotes(event.target_unchecked_into::<HtmlTextAreaElement>().value()));
        })
    };
    let limited = document.good_within_secs;
    let limit_switch = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: Event| {
            dispatch.edit(EditCommand::SetGoodWithin(if limited.is_some() { None } else { Some(0.1) }))
        })
    };
    let day = document.day_secs;
    let day_switch = {
        let dispatch = dispatch.clone();
        // A minute for an hour is the usual choice.
        Callback::from(move |_: Event| dispatch.edit(EditCommand::SetDay(day.is_none().then_some(1_440.0))))
    };
    let open = use_preferences().panel_open(GROUP, false);
    let ontoggle = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let now = event.target_unchecked_into::<web_sys::Element>().has_attribute("open");
            if now != open {
                dispatch.session(SessionChange::SetPanel { panel: GROUP.to_owned(), open: now });
            }
        })
    };
    let mut state =
        format!("{} long, warm-up {}", format::span(document.run_length_secs), format::span(document.warm_up_secs));
    if let Some(limit) = limited {
        state.push_str(&format!(", good within {}", format::duration(limit)));
    }
    let transfer = document.transfer_costs;
    let transfer_switch = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: Event| dispatch.edit(EditCommand::SetTransferCosts(!transfer)))
    };
    let label =
        |id: &'static str, words: Html| html! { <div class="field-label"><label for={id}>{ words }</label></div> };
    html! {
        <div class="panel">
            <header class="panel-head">
                <span class="kind-badge cat-edge">{ icon("sliders-horizontal", "") }</span>
                <div class="panel-title">
                    <h2>{ "This run" }</h2>
                    <p class="sub">{ "Select a station or a connection to set it, look inside, or break it." }</p>
                </div>
            </header>
            <div class="panel-body">
                <ReportCard />
                <Happening />
                <Exemplars />
                <details class="form-group" id="run-settings" open={open} {ontoggle}>
                <summary><span class="form-group-title">{ "Settings of the run" }</span><span class="form-group-set">{ state }</span></summary>
                <div class="form">
                    <div class="field">
                        <NumberField id="run-length" name="Run length" unit={Unit::Seconds} min={0.001} max={RUN_LENGTH_MAX}
                            value={document.run_length_secs} disabled={guard.fixed_run} onchange={edit(EditCommand::SetRunLength)}
                            onend={Callback::noop()} label={label("run-length", html! { "Run length" })} />
                    </div>
                    <div class="field">
                        <NumberField id="warm-up" name="Warm-up" unit={Unit::Seconds} min={0.0} max={RUN_LENGTH_MAX}
                            value={document.warm_up_secs} disabled={guard.fixed_run} onchange={edit(EditCommand::SetWarmUp)}
                            onend={Callback::noop()} label={label("warm-up", html! { "Warm-up" })} />
                        <p class="field-summary">{ "Excluded from totals, because a " }<Term id="warm_up">{ "system that starts empty" }</Term>{ " is faster." }</p>
                    </div>
                    <div class="field">
                        <div class="field-row">
                            { label("good-limit", html! { "Count late answers as failures" }) }
                            <input id="good-limit" class="switch" type="checkbox" role="switch" checked={limited.is_some()}
                                disabled={guard.fixed_run} onchange={limit_switch} />
                        </div>
                        if let Some(limit) = limited {
                            <NumberField id="good-within" name="Good within" unit={Unit::Seconds} min={1e-6} max={RUN_LENGTH_MAX}
                                value={limit} disabled={guard.fixed_run}
                                onchange={edit(|secs| EditCommand::SetGoodWithin(Some(secs)))} onend={Callback::noop()}
                                label={label("good-within", html! { "Good within" })} />
                        }
                        <p class="field-summary">{ "Decides what counts as " }<Term id="goodput" />{ "." }</p>
                    </div>
                    <Objective />
                    <div class="field">
                        <div class="field-row">
                            { label("day-switch", html! { <Term id="compressed_day">{ "Compress the day" }</Term> }) }
                            <input id="day-switch" class="switch" type="checkbox" role="switch" checked={document.day_secs.is_some()}
                                disabled={guard.fixed_run} onchange={day_switch} />
                        </div>
                        if let Some(secs) = document.day_secs {
                            <NumberField id="day-secs" name="A day lasts" unit={Unit::Seconds} min={1.0} max={86_400.0}
                                value={secs} disabled={guard.fixed_run}
                                onchange={edit(|secs| EditCommand::SetDay(Some(secs)))} onend={Callback::noop()}
                                label={label("day-secs", html! { "A day lasts" })} />
                            <p class="field-summary" id="day-words">{ day_words(secs) }</p>
                        }
                    </div>
                    <div class="field">
                        <div class="field-row">
                            { label("transfer-costs", html! { <Term id="data_transfer">{ "Charge for data transfer" }</Term> }) }
                            <input id="transfer-costs" class="switch" type="checkbox" role="switch" checked={document.transfer_costs}
                                disabled={guard.fixed_run} onchange={transfer_switch} />
                        </div>
                        <p class="field-summary">{ "Between zones, between regions, and to clients. Sizes are set at the clients." }</p>
                    </div>
                    <div class="field">
                        { label("notes", html! { "Notes" }) }
                        <textarea id="notes" class="input textarea" rows="4" maxlength="10000" value={document.notes.clone()} onchange={notes}
                            placeholder="One or two sentences for the reader: what to look at, what to try." />
                    </div>
                </div>
                </details>
            </div>
        </div>
    }
}

/// What compressed days do, and what they leave alone.
fn day_words(secs: f64) -> String {
    format!(
        "One day lasts {}, so an hour passes in {}. Load over the day, plans, seasons and history go by the calendar; service times, time-outs, starts and how often a scaler looks stay seconds. Set how far a forecast looks ahead in seconds.",
        format::span(secs),
        format::duration(secs / 24.0)
    )
}

/// What the service is meant to keep, and how long it did not.
#[component]
fn Objective() -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let run = use_run();
    let (p99_secs, answered_share) = (document.slo_p99_secs, document.slo_answered_share);
    let set_p99 = {
        let dispatch = dispatch.clone();
        Callback::from(move |secs: f64| {
            dispatch.edit(EditCommand::SetObjective { p99_secs: Some(secs), answered_share });
        })
    };
    let set_share = Callback::from(move |share: f64| {
        dispatch.edit(EditCommand::SetObjective { p99_secs, answered_share: Some(share) });
    });
    let objective = document.objective();
    html! {
        <div class="field" role="group" aria-labelledby="objective-title">
            <p class="field-label" id="objective-title"><Term id="service_level_objective">{ "Objective" }</Term></p>
            <NumberField id="slo-p99" name="p99 within" unit={Unit::Seconds} min={0.0} max={RUN_LENGTH_MAX}
                value={objective.p99_secs.unwrap_or(0.0)} disabled={guard.fixed_run} onchange={set_p99} onend={Callback::noop()}
                label={html! { <div class="field-label"><label for="slo-p99">{ "p99 within" }</label></div> }} />
            <NumberField id="slo-answered" name="Answered, at least" unit={Unit::Share} min={0.0} max={1.0}
                value={objective.answered_share.unwrap_or(0.0)} disabled={guard.fixed_run} onchange={set_share} onend={Callback::noop()}
                label={html! { <div class="field-label"><label for="slo-answered">{ "Answered, at least" }</label></div> }} />
            <p class="field-summary">{ "0 = no limit. " }{ objective_words(&document) }{ " " }
                <span id="slo-lost">{ lost_words(&run.money, &document) }</span></p>
        </div>
    }
}
