//! "Break it": faults on the selected thing, now or on the timetable.

use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::TargetProps;
use crate::editor::faults::{suits, whole};
use crate::editor::{EditCommand, FaultCard, SessionChange, Target, timeline};
use crate::engine::time::SimTime;
use crate::model::fault::{self, Group};
use crate::model::params::{Params, Unit, Value};
use crate::protocol::ActiveFault;
use crate::topology::document::{Change, Document, Fault, FaultTarget};
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::form::{ParamForm, Specs};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_guard, use_run};

pub(crate) fn any_for(document: &Document, target: Target) -> bool {
    fault::REGISTRY.iter().any(|kind| suits(document, target, kind))
}

#[component]
pub(crate) fn Faults(props: &TargetProps) -> Html {
    let document = use_document();
    let target = props.target;
    let members = match target {
        Target::Node(id) => document.nodes.get(&id).map_or(1, |node| crate::editor::catalog::members(node)),
        Target::Edge(_) | Target::Area(_) => 1,
    };
    let name = |number: u32| match target {
        Target::Node(id) => crate::editor::catalog::member_of(&document, id, number),
        Target::Edge(_) | Target::Area(_) => String::new(),
    };
    let hit = use_state_eq(|| None::<u32>);
    let choose = {
        let hit = hit.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
            hit.set(value.parse().ok());
        })
    };
    let aim = match (target, *hit) {
        (Target::Node(id), Some(replica)) if (replica as usize) < members => FaultTarget::Replica(id, replica),
        _ => whole(target),
    };
    html! {
        <>
            if members > 1 && matches!(target, Target::Node(_)) {
                <div class="field-row">
                    <div class="field-label"><label for="fault-aim">{ "What to hit" }</label></div>
                    <select id="fault-aim" class="input select" onchange={choose}>
                        <option value="all" selected={hit.is_none()}>{ "all of it" }</option>
                        { for (0..members.min(200)).map(|replica| html! {
                            <option value={replica.to_string()} selected={*hit == Some(replica as u32)}>{ format!("{} alone", name(replica as u32)) }</option>
                        }) }
                    </select>
                </div>
            }
            { for Group::ALL.into_iter().map(|group| group_of(&document, target, aim, group)) }
            <p class="sub">{ "Faults act at once, also while the run is paused. They are part of the run that you share." }</p>
        </>
    }
}

/// The faults of one sort that can hit the target, under their heading.
fn group_of(document: &Document, target: Target, aim: FaultTarget, group: Group) -> Html {
    let alone = matches!(aim, FaultTarget::Replica(..));
    let kinds: Vec<_> = fault::REGISTRY
        .iter()
        .filter(|kind| kind.group == group && suits(document, target, kind) && (!alone || kind.one_replica))
        .collect();
    if kinds.is_empty() {
        return Html::default();
    }
    html! {
        <section class="fault-group" aria-label={group.label()}>
            <h3 class="fault-group-name">{ group.label() }</h3>
            <ul class="fault-list">
                { for kinds.into_iter().map(|kind| html! {
                    <FaultRow kind={kind.entry.id} {aim} key={format!("{}-{aim:?}", kind.entry.id)} />
                }) }
            </ul>
        </section>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct FaultRowProps {
    kind: AttrValue,
    aim: FaultTarget,
}

/// No run is longer [s].
const LASTS_MAX: f64 = 1e7;

/// How long a fault lasts that is let loose now.
pub(crate) fn lasts_field(id: String, lasts: &UseStateHandle<f64>) -> Html {
    let label = html! { <div class="field-label"><label for={id.clone()}>{ "Lasts (0: for good)" }</label></div> };
    let onchange = {
        let lasts = lasts.setter();
        Callback::from(move |secs: f64| lasts.set(secs))
    };
    html! {
        <div class="field">
            <NumberField {id} name="Lasts" unit={Unit::Seconds} min={0.0} max={LASTS_MAX} value={**lasts} {onchange} onend={Callback::noop()} {label} />
        </div>
    }
}

/// Whether it is Enter in a field that holds a good number.
pub(crate) fn strikes(event: &KeyboardEvent) -> bool {
    let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    event.key() == "Enter" && input.is_some_and(|input| input.get_attribute("aria-invalid").as_deref() == Some("false"))
}

/// Whether this very fault is in force.
fn in_force<'a>(active: &'a [ActiveFault], kind: &str, aim: FaultTarget) -> Option<&'a ActiveFault> {
    active.iter().find(|fault| {
        fault.kind == kind && serde_json::from_str::<FaultTarget>(&fault.target_json).is_ok_and(|target| target == aim)
    })
}

/// One fault: what it does, how hard, now or later, and the way back.
#[component]
fn FaultRow(props: &FaultRowProps) -> Html {
    let run = use_run();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let document = use_document();
    let params = use_state_eq(Params::new);
    let lasts = use_state_eq(|| 0.0_f64);
    let Some(kind) = fault::find(&props.kind) else { return Html::default() };
    let aim = props.aim;
    let members = match aim {
        FaultTarget::Node(id) => document.nodes.get(&id).map_or(1, |node| crate::editor::catalog::members(node)),
        FaultTarget::Replica(..) | FaultTarget::Edge(_) | FaultTarget::Area(_) => 1,
    };
    let summary = if members > 1 { kind.summary_of_all } else { None }.unwrap_or(kind.entry.summary);
    let active = in_force(&run.frame.faults, kind.entry.id, aim);
    let fault = Fault { kind: kind.entry.id.to_owned(), target: aim, params: (*params).clone() };
    let strike = {
        let (dispatch, fault, lasts_secs) = (dispatch.clone(), fault.clone(), *lasts);
        Callback::from(move |()| dispatch.session(SessionChange::Strike { fault: fault.clone(), lasts_secs }))
    };
    let lift = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            let change = Change::Lift { kind: kind.entry.id.to_owned(), target: aim };
            dispatch.session(SessionChange::Act(vec![change]));
        })
    };
    let plan = {
        let (dispatch, now_secs) = (dispatch.clone(), run.frame.now_ns as f64 / 1e9);
        let (document, fault, begun) = (document.clone(), fault.clone(), run.begun());
        Callback::from(move |_: MouseEvent| {
            let planned = timeline::soon(&document, kind, fault.clone(), now_secs);
            let (at_secs, next) = (planned.at_secs, document.faults.len());
            dispatch.edit(EditCommand::AddFault(planned));
            dispatch.session(SessionChange::ShowFault(Some(FaultCard::Planned(next))));
            let at = format::clock(at_secs);
            dispatch.notify(if begun {
                format!("Planned at {at}. It acts from the next start: press Restart (R).")
            } else {
                format!("Planned at {at}. Move it on the timeline.")
            });
        })
    };
    let onchange = {
        let params = params.clone();
        Callback::from(move |(key, value): (String, Value)| {
            let mut next = (*params).clone();
            next.set(&key, value);
            params.set(next);
        })
    };
    // Enter in a field says all of it, and strikes.
    let onkeydown = {
        let (strike, free) = (strike.clone(), active.is_none());
        Callback::from(move |event: KeyboardEvent| {
            if free && strikes(&event) {
                strike.emit(());
            }
        })
    };
    html! {
        <li {onkeydown} class={classes!("fault", active.is_some().then_some("fault-active"))}>
            <div class="fault-head">
                { icon(kind.icon, "") }
                <div>
                    <h4>{ kind.entry.name }</h4>
                    <p class="sub">{ summary }</p>
                </div>
            </div>
            if !kind.entry.params.is_empty() && active.is_none() {
                <ParamForm specs={Specs(kind.entry.params)} params={(*params).clone()} prefix={format!("fault-{}", kind.entry.id)}
                    {onchange} onend={Callback::noop()} />
            }
            if !kind.once && active.is_none() { { lasts_field(format!("fault-{}-lasts", kind.entry.id), &lasts) } }
            <div class="button-row">
                if let Some(active) = active {
                    <button type="button" class="btn btn-s btn-ok" onclick={lift} data-fault={format!("lift-{}", kind.entry.id)}>
                        { icon("heart-pulse", "icon-s") }{ kind.lift_label }
                    </button>
                    <span class="fault-since num">{ format!("since {}", super::inside::at(SimTime(active.since_ns))) }</span>
                } else {
                    <button type="button" class="btn btn-s btn-danger" onclick={strike.reform(|_: MouseEvent| ())} data-fault={kind.entry.id}>
                        { icon(kind.icon, "icon-s") }{ format!("{} now", kind.entry.name) }
                    </button>
                    <button type="button" class="btn btn-s" onclick={plan} disabled={guard.fixed_run}>
                        { icon("clock", "icon-s") }{ "Plan" }
                    </button>
                }
            </div>
        </li>
    }
}
