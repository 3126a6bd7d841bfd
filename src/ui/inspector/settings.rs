//! Settings: the parameters, generated from their descriptions; they act while the run goes on.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::TargetProps;
use super::places::{AreaSettings, EdgeWay, StandsIn};
use crate::editor::{Action, EditCommand, GestureId, Guard, Target};
use crate::model::edge::{EDGE_ENTRY, GROUPS};
use crate::model::params::{ParamKind, Params, Value};
use crate::model::station::{self, Groups, service};
use crate::topology::check;
use crate::topology::document::{Document, Place};
use crate::ui::jump;
use crate::ui::kit::form::{GroupedForm, ParamFormProps, Specs};
use crate::ui::kit::icons::icon;
use crate::ui::practice::{Practice, params_at_the_start, use_practice};
use crate::ui::shell::{DialogKind, use_shell};
use crate::ui::store::{Dispatch, use_dispatch, use_document, use_guard, use_run};
use crate::ui::words::element_id;

#[component]
pub(crate) fn Settings(props: &TargetProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let shell = use_shell();
    let practice = use_practice();
    let target = props.target;
    use_effect_with(target, |_| jump::arrive());
    if let Target::Area(id) = target {
        return html! { <><AreaSettings {id} /><Refused /></> };
    }
    let Some(form) = form(&document, &guard, &dispatch, target, practice.as_deref()) else {
        return html! { <p class="empty">{ "This version knows no settings for it. It can be moved and deleted." }</p> };
    };
    let specs = form.specs;
    let delete = dispatch.callback(|| Action::Command("delete"));
    let races = shell.clone();
    let what_if = match target {
        // A station that can be told who scales it can be asked what another scaler would do.
        Target::Node(id) if specs.0.iter().any(|spec| spec.key == "scaler") => {
            let onclick = Callback::from(move |_: MouseEvent| races.show(DialogKind::WhatIf(id)));
            html! { <button type="button" class="btn btn-s" id="what-if" {onclick}>{ icon("flask-conical", "icon-s") }{ "What if another scaler …" }</button> }
        }
        _ => Html::default(),
    };
    let manifest =
        Callback::from(move |_: MouseEvent| shell.show(DialogKind::Manifest { text: String::new(), out: false }));
    let is_service = matches!(target, Target::Node(id) if document.nodes.get(&id).is_some_and(|node| node.kind == service::KIND.entry.id));
    html! {
        <>
            if let Target::Node(id) = target { <NameField {target} label={document.nodes.get(&id).map_or(String::new(), |node| node.label.clone())} /> }
            if let Target::Node(id) = target { <StandsIn {id} /> }
            if let Target::Edge(id) = target { <EdgeWay {id} /> }
            <GroupedForm groups={groups(&document, target)} {form} />
            <Refused />
            <div class="panel-foot">
                { what_if }
                if is_service {
                    <button type="button" class="btn btn-s" id="open-manifest" onclick={manifest}>{ icon("file-code", "icon-s") }{ "Kubernetes manifest" }</button>
                }
                <button type="button" class="btn btn-s btn-quiet-danger" onclick={delete}>{ icon("trash-2", "icon-s") }{ "Delete" }</button>
            </div>
        </>
    }
}

/// The form of a target: what it is told, what the lesson keeps, what is wrong, and what a change does.
pub(super) fn form(
    document: &Document,
    guard: &Guard,
    dispatch: &Dispatch,
    target: Target,
    practice: Option<&Practice>,
) -> Option<ParamFormProps> {
    let (specs, params) = described(document, target)?;
    let fixed = specs.0.iter().filter(|spec| guard.fixes(target, spec.key)).map(|spec| spec.key.to_owned()).collect();
    let options = specs.0.iter().flat_map(|spec| match spec.kind {
        ParamKind::Variant { registry, .. } => registry().into_iter().map(|entry| (spec.key, entry.id)).collect(),
        _ => Vec::new(),
    });
    let held_back = options
        .filter(|(key, option)| guard.holds_back(target, key, option))
        .map(|(key, option)| (key.to_owned(), option.to_owned()))
        .collect();
    let onchange = {
        let dispatch = dispatch.clone();
        Callback::from(move |(key, value): (String, Value)| {
            dispatch.act(Action::Drag {
                gesture: GestureId::Param(target, key.clone()),
                edit: EditCommand::SetParam { target, key, value: Some(value) },
            });
        })
    };
    let (prefix, problems) = (element_id(target).into(), problems(document, target));
    let onend = dispatch.callback(|| Action::EndGesture);
    Some(ParamFormProps {
        specs,
        only: None,
        free: false,
        differ: Vec::new(),
        was: practice.and_then(|practice| params_at_the_start(&practice.start, document, target)).cloned(),
        params,
        prefix,
        fixed,
        held_back,
        problems,
        onchange,
        onend,
    })
}

/// What the target can be told, and what it is told.
fn described(document: &Document, target: Target) -> Option<(Specs, Params)> {
    match target {
        Target::Node(id) => {
            let node = document.nodes.get(&id)?;
            Some((Specs(station::find(&node.kind)?.entry.params), node.params.clone()))
        }
        Target::Edge(id) => Some((Specs(EDGE_ENTRY.params), document.edges.get(&id)?.params.clone())),
        Target::Area(_) => None,
    }
}

/// How the form of a target groups what it can be told.
fn groups(document: &Document, target: Target) -> Groups {
    match target {
        Target::Node(id) => {
            let kind = document.nodes.get(&id).and_then(|node| station::find(&node.kind));
            kind.map_or(&[], |kind| kind.groups)
        }
        Target::Edge(_) => GROUPS,
        Target::Area(_) => &[],
    }
}

/// Problems of this target that name a parameter.
fn problems(document: &Document, target: Target) -> Vec<(String, String)> {
    let here = |place: Place| match (place, target) {
        (Place::Node(a), Target::Node(b)) => a == b,
        (Place::Edge(a), Target::Edge(b)) => a == b,
        _ => false,
    };
    check::check(document)
        .into_iter()
        .filter(|problem| here(problem.place))
        .filter_map(|problem| problem.param.map(|param| (param, format!("{} {}", problem.message, problem.remedy))))
        .collect()
}

/// Why the last change did not reach the running system.
#[component]
fn Refused() -> Html {
    let run = use_run();
    if run.refused.is_empty() {
        return Html::default();
    }
    html! {
        <div class="callout callout-warn" role="alert">
            <p><strong>{ "The running system goes on as it was." }</strong></p>
            { for run.refused.iter().map(|problem| html! { <p>{ format!("{} {}", problem.message, problem.remedy) }</p> }) }
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct NameFieldProps {
    target: Target,
    label: String,
}

#[component]
fn NameField(props: &NameFieldProps) -> Html {
    let dispatch = use_dispatch();
    let Target::Node(node) = props.target else { return Html::default() };
    let rename = Callback::from(move |event: Event| {
        let label = event.target_unchecked_into::<HtmlInputElement>().value();
        dispatch.edit(EditCommand::Rename { node, label });
    });
    html! {
        <div class="field">
            <div class="field-row">
                <div class="field-label"><label for="node-name">{ "Name" }</label></div>
                <input id="node-name" class="input" type="text" value={props.label.clone()} maxlength="80" onchange={rename} />
            </div>
        </div>
    }
}
