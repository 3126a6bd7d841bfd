//! The card of a fault: what it hits, how hard, when; before it strikes, while it is planned, and while it is in force.

use yew::prelude::*;

use super::super::axis::playhead;
use crate::editor::faults::{hit_words, members, struck, targets, whole};
use crate::editor::{Action, EditCommand, FaultCard, GestureId, SessionChange, timeline};
use crate::model::fault;
use crate::model::params::{Params, Unit, Value};
use crate::topology::document::{Change, Document, Fault, FaultTarget, ScheduledFault};
use crate::ui::browser;
use crate::ui::client::run_view::RunView;
use crate::ui::inspector::faults::{lasts_field, strikes};
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::form::{ParamForm, Specs};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_guard, use_run};

/// Replicas that can be chosen one by one.
const REPLICAS_MAX: usize = 200;

/// The card of `card`.
pub(crate) fn draw(card: &FaultCard) -> Html {
    html! { <Card card={card.clone()} /> }
}

#[derive(Debug, PartialEq, Properties)]
struct CardProps {
    pub card: FaultCard,
}

/// The fault in force as it was let loose or planned, with its numbers.
fn in_force(document: &Document, run: &RunView, kind: &str, target: FaultTarget) -> Fault {
    let same = |fault: &Fault| fault.kind == kind && fault.target == target;
    let by_hand =
        run.hands.iter().rev().filter(|hand| hand.at_ns.is_some()).find_map(|hand| match &hand.input.change {
            Change::Inject(fault) if same(fault) => Some(fault.clone()),
            _ => None,
        });
    let planned = || document.faults.iter().map(|planned| &planned.fault).find(|fault| same(fault)).cloned();
    by_hand.or_else(planned).unwrap_or_else(|| Fault { kind: kind.to_owned(), target, params: Params::new() })
}

#[component]
fn Card(props: &CardProps) -> Html {
    let (document, dispatch, run, guard) = (use_document(), use_dispatch(), use_run(), use_guard());
    // Of one in force: numbers that are set and do not act yet.
    let draft = use_state_eq(|| None::<Params>);
    // Of one that strikes now.
    let lasts = use_state_eq(|| 0.0_f64);
    let scheduled = match &props.card {
        FaultCard::Planned(index) => document.faults.get(*index).cloned(),
        _ => None,
    };
    let fault = match (&props.card, &scheduled) {
        (FaultCard::Aimed(fault), _) => fault.clone(),
        (FaultCard::InForce { kind, target }, _) => {
            let fault = in_force(&document, &run, kind, *target);
            Fault { params: (*draft).clone().unwrap_or_else(|| fault.params.clone()), ..fault }
        }
        (FaultCard::Planned(_), Some(scheduled)) => scheduled.fault.clone(),
        (FaultCard::Planned(_), None) => return Html::default(),
    };
    let Some(kind) = fault::find(&fault.kind) else { return Html::default() };
    let fixed = guard.fixed_run && scheduled.is_some();
    let over = run.finished();
    let close = dispatch.callback(|| Action::Session(SessionChange::ShowFault(None)));

    // A change of the planned fault, of the one in hand, or of what is to act in place of the one in force.
    let set = {
        let (dispatch, card, scheduled, draft) =
            (dispatch.clone(), props.card.clone(), scheduled.clone(), draft.clone());
        move |fault: Fault, at: Option<f64>, lasts: Option<f64>| match (&card, &scheduled) {
            (FaultCard::Planned(index), Some(scheduled)) => {
                let (at_secs, for_secs) = (at.unwrap_or(scheduled.at_secs), lasts.or(scheduled.for_secs));
                let edit = EditCommand::SetFault { index: *index, fault: ScheduledFault { at_secs, for_secs, fault } };
                dispatch.act(Action::Drag { gesture: GestureId::Named(format!("fault-{index}")), edit });
            }
            (FaultCard::Aimed(_), _) => dispatch.session(SessionChange::ShowFault(Some(FaultCard::Aimed(fault)))),
            _ => draft.set(Some(fault.params)),
        }
    };
    let end: Callback<()> = dispatch.callback(|| Action::EndGesture);
    let set_param = {
        let (set, fault) = (set.clone(), fault.clone());
        Callback::from(move |(key, value): (String, Value)| {
            let mut fault = fault.clone();
            fault.params.set(&key, value);
            set(fault, None, None);
        })
    };
    let set_time = |begins: bool| {
        let (set, fault) = (set.clone(), fault.clone());
        Callback::from(move |secs: f64| set(fault.clone(), begins.then_some(secs), (!begins).then_some(secs)))
    };
    let aim = {
        let (set, fault, end) = (set.clone(), fault.clone(), end.clone());
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
            if let Ok(target) = serde_json::from_str(&value) {
                set(Fault { target, ..fault.clone() }, None, None);
                end.emit(());
            }
        })
    };
    let act = |changes: Vec<Change>| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::ShowFault(None));
            dispatch.session(SessionChange::Act(changes.clone()));
        })
    };
    let lift = Change::Lift { kind: fault.kind.clone(), target: fault.target };
    let plan = {
        let (dispatch, document, fault, now) = (dispatch.clone(), document.clone(), fault.clone(), playhead(&run));
        let begun = run.begun();
        Callback::from(move |_: MouseEvent| {
            let planned = timeline::soon(&document, kind, fault.clone(), now);
            let (at, next) = (format::clock(planned.at_secs), document.faults.len());
            dispatch.edit(EditCommand::AddFault(planned));
            dispatch.session(SessionChange::ShowFault(Some(FaultCard::Planned(next))));
            dispatch.notify(if begun {
                format!("Planned at {at}. It acts from the next start.")
            } else {
                format!("Planned at {at}.")
            });
        })
    };
    let remove = {
        let (dispatch, card) = (dispatch.clone(), props.card.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::ShowFault(None));
            if let FaultCard::Planned(index) = card {
                dispatch.edit(EditCommand::RemoveFault(index));
            }
        })
    };

    // What it could hit, each as a whole and where there are several by replica, and what it is aimed at now.
    let mut aims: Vec<FaultTarget> = match &props.card {
        FaultCard::InForce { .. } => Vec::new(),
        _ => targets(&document, kind).into_iter().map(whole).collect(),
    };
    if let FaultTarget::Node(id) | FaultTarget::Replica(id, _) = fault.target
        && kind.one_replica
        && let Some(at) = aims.iter().position(|aim| *aim == FaultTarget::Node(id))
    {
        let several = Some(members(&document, fault.target)).filter(|count| *count > 1).unwrap_or(0).min(REPLICAS_MAX);
        aims.splice(at + 1..at + 1, (0..several).map(|replica| FaultTarget::Replica(id, replica as u32)));
    }
    if !aims.is_empty() && !aims.contains(&fault.target) {
        aims.insert(0, fault.target);
    }
    let aimed = matches!(props.card, FaultCard::Aimed(_));
    let in_force = matches!(props.card, FaultCard::InForce { .. });
    let length = document.run_length_secs;
    let label = |id: &'static str, words: &'static str| html! { <div class="field-label"><label for={id}>{ words }</label></div> };
    // By the keyboard one goes on where the question is.
    use_effect_with(aimed, |aimed| {
        if *aimed {
            browser::focus_id("fault-strike");
        }
    });
    let strike = {
        let (dispatch, fault, lasts_secs) = (dispatch.clone(), fault.clone(), *lasts);
        Callback::from(move |()| {
            dispatch.session(SessionChange::ShowFault(None));
            dispatch.session(SessionChange::Strike { fault: fault.clone(), lasts_secs });
        })
    };
    let onkeydown = {
        let (dispatch, strike, ready) = (dispatch.clone(), strike.clone(), aimed && !over);
        Callback::from(move |event: KeyboardEvent| {
            if ready && strikes(&event) {
                event.stop_propagation();
                strike.emit(());
            } else if event.key() == "Escape" {
                event.stop_propagation();
                dispatch.session(SessionChange::ShowFault(None));
                browser::focus_id("stage");
            }
        })
    };
    let title = struck(&document, &fault.kind, fault.target, &fault.params);
    let what = if aimed {
        "New fault"
    } else if in_force {
        "Fault in force"
    } else {
        "Planned fault"
    };
    let again = Change::Inject(fault.clone());
    html! {
        <div class="fault-card" role="group" aria-label={what} {onkeydown}>
            <header class="fault-card-head">
                { icon(kind.icon, "") }
                <h3>{ format!("{}: {}", kind.entry.name, hit_words(&document, fault.target)) }</h3>
                <button type="button" class="icon-btn icon-btn-s" aria-label="Close" onclick={close}>{ icon("x", "icon-s") }</button>
            </header>
            <p class="sub">{ if aimed { kind.entry.summary.to_owned() } else { format!("{title}.") } }</p>
            if let Some(scheduled) = &scheduled {
                <div class="field">
                    <NumberField id="fault-at" name="Starts at" unit={Unit::Seconds} min={0.0} max={length} value={scheduled.at_secs} disabled={fixed}
                        onchange={set_time(true)} onend={end.clone()} label={label("fault-at", "Starts at")} />
                </div>
            }
            if !aims.is_empty() {
                <div class="field-row">
                    { label("fault-hits", "Hits") }
                    <select id="fault-hits" class="input select" disabled={fixed} onchange={aim}>
                        { for aims.iter().map(|target| {
                            let all = matches!(target, FaultTarget::Node(_)) && kind.one_replica && members(&document, *target) > 1;
                            html! {
                                <option value={serde_json::to_string(target).unwrap_or_default()} selected={*target == fault.target}>
                                    { hit_words(&document, *target) }{ if all { ", all of it" } else { "" } }
                                </option>
                            }
                        }) }
                    </select>
                </div>
            }
            if let Some(scheduled) = scheduled.as_ref().filter(|_| !kind.once) {
                <div class="field">
                    <NumberField id="fault-for" name="Lasts" unit={Unit::Seconds} min={0.001} max={length} value={scheduled.for_secs.unwrap_or(length - scheduled.at_secs)} disabled={fixed}
                        onchange={set_time(false)} onend={end.clone()} label={label("fault-for", "Lasts")} />
                </div>
            }
            if !kind.entry.params.is_empty() {
                <ParamForm specs={Specs(kind.entry.params)} params={fault.params.clone()} prefix="planned"
                    fixed={if fixed { vec!["*".to_owned()] } else { Vec::new() }} onchange={set_param} onend={end} />
            }
            if aimed && !kind.once { { lasts_field("fault-lasts".to_owned(), &lasts) } }
            <div class="button-row">
                if aimed {
                    <button type="button" class="btn btn-s btn-danger" id="fault-strike" disabled={over} onclick={strike.reform(|_: MouseEvent| ())}>
                        { icon(kind.icon, "icon-s") }{ format!("{} now", kind.entry.name) }
                    </button>
                    <button type="button" class="btn btn-s" id="fault-plan" disabled={guard.fixed_run} onclick={plan}>{ icon("clock", "icon-s") }{ "Plan it" }</button>
                } else if in_force {
                    if draft.is_some() {
                        <button type="button" class="btn btn-s btn-danger" id="fault-adjust" disabled={over} onclick={act(vec![lift.clone(), again.clone()])}>{ "Apply from now on" }</button>
                    }
                    <button type="button" class="btn btn-s btn-ok" id="fault-lift" disabled={over} onclick={act(vec![lift.clone()])}>{ icon("heart-pulse", "icon-s") }{ kind.lift_label }</button>
                } else if !fixed {
                    <button type="button" class="btn btn-s btn-quiet-danger" onclick={remove}>{ icon("trash-2", "icon-s") }{ "Remove from the timetable" }</button>
                }
            </div>
            if over && (aimed || in_force) {
                <p class="sub">{ "This run is over. Go back on the timeline to change what happens." }</p>
            } else if scheduled.is_some() && run.begun() && !fixed {
                <p class="sub">{ "The timetable acts from the next start." }</p>
            }
        </div>
    }
}
