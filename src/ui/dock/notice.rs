//! What a hand has just done to the run, with the ways on and back; and the question before a restart would lose it.

use yew::prelude::*;

use crate::editor::{Action, Deed, EditCommand, FaultCard, SessionChange, faults, timeline};
use crate::topology::document::{Change, Fault};
use crate::ui::browser::{self, Timer};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_editor, use_guard, use_run, use_simulation};

/// It stays long enough to decide [ms].
const STAYS_MS: i32 = 15_000;

/// So near to a moment it is that moment [ns].
const AT_ONCE_NS: u64 = 1_000_000;
/// So often a run is sent back to the moment at which a fault is over; then it is left alone, and the fault in force.
const SENT_BACK_MAX: u32 = 20;

/// Hands what was done on to the run, and tells of it.
#[component]
pub fn RunNotice() -> Html {
    let (editor, run) = (use_editor(), use_run());
    let (dispatch, simulation) = (use_dispatch(), use_simulation());
    let deeds = editor.session.deeds.clone();
    let done = use_mut_ref(|| deeds.serial);
    // The number of the deed that is told of.
    let told = use_state_eq(|| None::<u32>);
    {
        let (simulation, told) = (simulation.clone(), told.setter());
        use_effect_with(deeds.clone(), move |deeds| {
            for (serial, step, deed) in deeds.latest.iter().filter(|(serial, ..)| *serial > *done.borrow()) {
                match deed {
                    Deed::Do(changes) => simulation.act(*step, changes.clone()),
                    Deed::TakeBack => simulation.take_back(*step),
                }
                told.set(matches!(deed, Deed::Do(_)).then_some(*serial));
            }
            *done.borrow_mut() = deeds.serial;
        });
    }
    {
        let dispatch = dispatch.clone();
        use_effect_with(run.runs_begun, move |runs| {
            if *runs > 1 {
                dispatch.session(SessionChange::ForgetDeeds);
            }
        });
    }
    {
        let told = told.clone();
        use_effect_with(*told, move |serial| {
            let timer = serial.map(|_| Timer::once(STAYS_MS, move || told.set(None)));
            move || drop(timer)
        });
    }
    use_lasting(&editor.session.lasting);
    if let Some(play) = run.restart_asked {
        return html! { <RestartQuestion {play} /> };
    }
    let deed = told.and_then(|serial| deeds.latest.iter().find(|(known, ..)| *known == serial));
    let Some((_, step, Deed::Do(changes))) = deed else { return Html::default() };
    let Some(change) = changes.last() else { return Html::default() };
    let close = {
        let told = told.clone();
        Callback::from(move |_: MouseEvent| told.set(None))
    };
    let undo = dispatch.callback(|| Action::Undo);
    let on = match change {
        Change::Inject(fault) if crate::model::fault::find(&fault.kind).is_some_and(|kind| !kind.once) => {
            Some(fault.clone())
        }
        _ => None,
    };
    let ways = on.map(|fault| {
        let adjust = {
            let (dispatch, fault) = (dispatch.clone(), fault.clone());
            Callback::from(move |_: MouseEvent| {
                let card = FaultCard::InForce { kind: fault.kind.clone(), target: fault.target };
                dispatch.session(SessionChange::ShowFault(Some(card)));
            })
        };
        let lift = Callback::from(move |_: MouseEvent| {
            let change = Change::Lift { kind: fault.kind.clone(), target: fault.target };
            dispatch.session(SessionChange::Act(vec![change]));
        });
        html! {
            <>
                <button type="button" class="btn btn-s" id="notice-adjust" onclick={adjust}>{ icon("sliders-horizontal", "icon-s") }{ "Adjust" }</button>
                <button type="button" class="btn btn-s" id="notice-lift" onclick={lift}>{ icon("heart-pulse", "icon-s") }{ "Lift" }</button>
            </>
        }
    });
    let undoable = editor.history.latest_deed() == Some(*step);
    html! {
        <div class="run-notice" role="status">
            <p>{ format!("{}.{}", faults::sentence(&editor.document, change), for_how_long(&editor.session.lasting, change)) }</p>
            <div class="button-row">
                { for ways }
                if undoable {
                    <button type="button" class="btn btn-s" id="notice-undo" title="As if it had never been (Ctrl+Z)" onclick={undo}>{ icon("undo-2", "icon-s") }{ "Undo" }</button>
                }
                <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={close}>{ icon("x", "icon-s") }</button>
            </div>
        </div>
    }
}

/// How long what was just done lasts, where that was said.
fn for_how_long(lasting: &[(Fault, f64)], change: &Change) -> String {
    let said = lasting.iter().find(|(known, _)| matches!(change, Change::Inject(fault) if faults::same(known, fault)));
    said.map_or_else(String::new, |(_, secs)| format!(" It lasts {}.", format::duration(*secs)))
}

/// Lifts what a hand let loose for a time, at the very moment at which that is over: a run that has gone on goes back there.
#[hook]
fn use_lasting(lasting: &[(Fault, f64)]) {
    let (run, dispatch, simulation) = (use_run(), use_dispatch(), use_simulation());
    // While it is on its way back there: whether it shall play on then, and how often it was sent. And what was asked to
    // be lifted.
    let back = use_mut_ref(|| None::<(bool, u32)>);
    let asked = use_mut_ref(|| None::<Fault>);
    let now_ns = run.frame.now_ns;
    let due = lasting.iter().filter(|_| run.jumping.is_none()).find_map(|(fault, secs)| {
        let at_ns = faults::over_at(&run.hands, fault, *secs)?;
        let lifted = faults::lifted(&run.hands, fault);
        (lifted || at_ns <= now_ns + AT_ONCE_NS).then(|| (fault.clone(), at_ns, lifted))
    });
    let plays = run.playing || run.finished();
    use_effect_with((due, now_ns), move |(due, now_ns)| {
        let Some((fault, at_ns, lifted)) = due.clone() else { return };
        let late = *now_ns > at_ns + AT_ONCE_NS;
        let (plays, sent) = back.borrow().unwrap_or((plays, 0));
        if lifted || (late && sent == SENT_BACK_MAX) {
            asked.borrow_mut().take();
            dispatch.session(SessionChange::Lasted(fault));
            if back.borrow_mut().take().is_some_and(|(plays, _)| plays) {
                simulation.play();
            }
        } else if late {
            // A frame from before it was sent may still come: it is sent again.
            *back.borrow_mut() = Some((plays, sent + 1));
            simulation.pause();
            simulation.seek(at_ns);
        } else if asked.replace(Some(fault.clone())).as_ref() != Some(&fault) {
            dispatch.session(SessionChange::Act(vec![Change::Lift { kind: fault.kind, target: fault.target }]));
        }
    });
}

#[derive(Debug, PartialEq, Properties)]
struct QuestionProps {
    /// Whether it shall play then.
    play: bool,
}

/// Begin anew: with what a hand let loose, or without?
#[component]
fn RestartQuestion(props: &QuestionProps) -> Html {
    let (dispatch, simulation, guard, editor) = (use_dispatch(), use_simulation(), use_guard(), use_editor());
    let play = props.play;
    let loose = simulation.loose();
    let planned = timeline::replanned(&loose);
    use_effect_with((), |()| browser::focus_id("restart-without"));
    let without = {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| simulation.restart_now(play))
    };
    let again = {
        let (simulation, planned, dispatch) = (simulation.clone(), planned.clone(), dispatch.clone());
        Callback::from(move |_: MouseEvent| {
            simulation.restart_with_next_edit();
            dispatch.edit(EditCommand::AddFaults(planned.clone()));
        })
    };
    let go_on = {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| simulation.keep_running())
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            simulation.keep_running();
        }
    });
    let what: Vec<String> = planned
        .iter()
        .map(|planned| {
            let fault = &planned.fault;
            format!(
                "{} at {}",
                faults::struck(&editor.document, &fault.kind, fault.target, &fault.params),
                format::clock(planned.at_secs)
            )
        })
        .collect();
    html! {
        <div class="run-notice" role="alertdialog" aria-label="Start again" {onkeydown}>
            <p><strong>{ "Start again?" }</strong>{ format!(" By hand: {}.", what.join("; ")) }</p>
            <div class="button-row">
                if !guard.fixed_run {
                    <button type="button" class="btn btn-s" id="restart-with" onclick={again}>{ "With the same faults" }</button>
                }
                <button type="button" class="btn btn-s" id="restart-without" onclick={without}>{ "Without them" }</button>
                <button type="button" class="btn btn-s" onclick={go_on}>{ "Cancel" }</button>
            </div>
        </div>
    }
}
