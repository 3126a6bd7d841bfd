//! Nothing is selected in a lesson: all that may be changed, and nothing else, station by station.

use yew::prelude::*;

use super::settings::form;
use crate::editor::{Action, SessionChange, Target};
use crate::ui::dock::report::ReportCard;
use crate::ui::kit::form::{ParamForm, ParamFormProps};
use crate::ui::practice::use_practice;
use crate::ui::store::{use_dispatch, use_document, use_guard};
use crate::ui::why::Exemplars;
use crate::ui::words::target_words;

#[component]
pub(super) fn Changeable() -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let practice = use_practice();
    let nodes = document.nodes.keys().map(|id| Target::Node(*id));
    let targets = nodes.chain(document.edges.keys().map(|id| Target::Edge(*id)));
    let open = targets.filter_map(|target| {
        let form = form(&document, &guard, &dispatch, target, practice.as_deref()).filter(|form| form.fixed.len() < form.specs.0.len())?;
        let choose = dispatch.callback(move || Action::Session(SessionChange::Reveal(target)));
        Some(html! {
            <section class="changeable" key={form.prefix.to_string()}>
                <h3><button type="button" class="link-btn" onclick={choose}>{ target_words(&document, target) }</button></h3>
                <ParamForm ..ParamFormProps { free: true, ..form } />
            </section>
        })
    });
    html! {
        <div class="panel">
            <header class="panel-head">
                <div class="panel-title"><h2>{ "What you may change" }</h2></div>
            </header>
            <div class="panel-body">
                <div>{ for open }</div>
                <ReportCard />
                <Exemplars />
            </div>
        </div>
    }
}
