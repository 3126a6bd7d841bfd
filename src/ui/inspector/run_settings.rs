//! Nothing is selected: the run as a whole.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::editor::EditCommand;
use crate::model::params::Unit;
use crate::ui::form::number::NumberField;
use crate::ui::hint::Term;
use crate::ui::icons::icon;
use crate::ui::report::ReportCard;
use crate::ui::store::{use_dispatch, use_document, use_guard};
use crate::ui::why::Lately;

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
                <Lately />
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
                        <p class="field-summary">{ "Left out of totals: an " }<Term id="warm_up">{ "empty system" }</Term>{ " is faster than a busy one." }</p>
                    </div>
                    <div class="field">
                        <div class="field-row">
                            { label("good-limit", html! { "Answers can be too late" }) }
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
                    <div class="field">
                        { label("notes", html! { "Notes" }) }
                        <textarea id="notes" class="input textarea" rows="4" maxlength="10000" value={document.notes.clone()} onchange={notes}
                            placeholder="One or two sentences for whoever opens it: what to look at, what to try." />
                    </div>
                </div>
            </div>
        </div>
    }
}
