//! A newcomer's first minute: what this is, two doors, and how far the story is. What happens is told by
//! [`crate::editor::story`]; which system runs is the first scenario of the gallery.

use yew::prelude::*;

use super::course;
use super::shell::{Opening, Origin, Wanted, use_shell};
use super::start;
use super::storage;
use super::store::{use_dispatch, use_document, use_run, use_simulation};
use crate::editor::SessionChange;
use crate::editor::story::captions::captions;
use crate::editor::story::repair::breaks;
use crate::editor::story::step;
use crate::topology::document::Change;
use crate::ui::kit::icons::icon;

const STEPS: [&str; 4] = ["Watch it run", "Something breaks", "Fix it with one press", "Choose what comes next"];

/// Whether the tour is on, and the way to start it again (`true`) or to end it for good.
#[hook]
pub fn use_tour(origin: &Origin, wanted: UseStateSetter<Option<Wanted>>) -> (bool, Callback<bool>) {
    let wish = use_state_eq(|| !storage::toured());
    let here = match origin {
        Origin::Scenario(id) => {
            course::index_here().and_then(|index| index.scenarios.first().map(|scene| scene.id == *id)).unwrap_or(false)
        }
        _ => false,
    };
    // What is changed during the tour becomes a drawing, and the tour goes on.
    let began = use_mut_ref(|| false);
    *began.borrow_mut() |= here;
    let on = *wish && (here || (*began.borrow() && matches!(origin, Origin::Drawing(_))));
    let tour = {
        let (wish, began) = (wish.setter(), began.clone());
        use_callback((), move |again: bool, ()| {
            *began.borrow_mut() = false;
            wish.set(again);
            if again {
                wanted.set(Some(Wanted::Tour));
            } else {
                storage::keep_toured();
            }
        })
    };
    {
        let (tour, left) = (tour.clone(), *began.borrow() && !on);
        use_effect_with(left, move |left| {
            if *left {
                tour.emit(false);
            }
        });
    }
    (on, tour)
}

/// The column at the left.
#[component]
pub fn Tour() -> Html {
    let shell = use_shell();
    let document = use_document();
    let run = use_run();
    let (simulation, dispatch) = (use_simulation(), use_dispatch());
    let breaking = use_state_eq(start::to_break);
    let lesson = course::index_here().and_then(|index| index.lessons.first().cloned());

    let now = step(&run.frame);
    let end = |then: Option<Wanted>| {
        let shell = shell.clone();
        Callback::from(move |_: MouseEvent| {
            shell.tour.emit(false);
            if let Some(wanted) = then.clone() {
                shell.fetch(wanted);
            }
        })
    };
    let learn = end(lesson.as_ref().map(|lesson| Wanted::Lesson(lesson.slug.clone())));
    let draw = {
        let shell = shell.clone();
        Callback::from(move |_: MouseEvent| {
            shell.tour.emit(false);
            shell.open(Opening::blank());
        })
    };
    let unfold = {
        let breaking = breaking.clone();
        Callback::from(move |_: MouseEvent| breaking.set(!*breaking))
    };
    let ways = breaks(&document, &run.frame).into_iter().map(|way| {
        let (simulation, dispatch) = (simulation.clone(), dispatch.clone());
        let (fault, over) = (way.fault.clone(), run.finished());
        let onclick = Callback::from(move |_: MouseEvent| {
            if over {
                simulation.restart_now(true);
            } else {
                simulation.play();
            }
            dispatch.session(SessionChange::Act(vec![Change::Inject(fault.clone())]));
        });
        html! { <button type="button" class="btn" data-break={way.fault.kind.clone()} {onclick}>{ icon(way.icon, "icon-s") }{ way.label }</button> }
    });
    let about = lesson
        .as_ref()
        .map(|lesson| format!("{}: predict, build, get graded. About {} minutes.", lesson.title, lesson.minutes));
    html! {
        <section class={classes!("tour", "shell-about", (now == 2 || now == 3).then_some("tour-broken"))} aria-label="Your first minute">
            <h2 class="shell-lead">{ "Headroom is a playground where you learn how systems scale by breaking them." }</h2>
            if now < 4 { <p class="tour-words">{ &document.notes }</p> }
            <div class="shell-doors">
                <button type="button" class={classes!("shell-door", (now < 4).then_some("shell-door-first"))} id="tour-break" aria-expanded={breaking.to_string()} onclick={unfold}>
                    <span class="door-sign">{ icon("hammer", "icon-l") }</span>
                    <strong>{ "Break something now" }</strong><span>{ "Kill a machine, slow a connection, or send ten times the traffic." }</span>
                </button>
                if *breaking { <div class="tour-ways" role="group" aria-label="Break something now">{ for ways }</div> }
                <button type="button" class={classes!("shell-door", (now == 4).then_some("shell-door-first"))} id="tour-lesson" onclick={learn}>
                    <span class="door-sign">{ icon("graduation-cap", "icon-l") }</span>
                    <strong>{ "Start lesson 1" }</strong><span>{ about.unwrap_or_default() }</span>
                </button>
                if now == 4 {
                    <button type="button" class="shell-door" id="tour-draw" onclick={draw}>
                        <span class="door-sign">{ icon("pencil", "icon-l") }</span>
                        <strong>{ "Draw a system of your own" }</strong><span>{ "Start with an empty canvas: place stations, connect them, press Run." }</span>
                    </button>
                }
            </div>
            <div class="tour-head"><h3>{ "Your first minute" }</h3><span class="sub">{ format!("Step {now} of {}", STEPS.len()) }</span></div>
            <ol class="tour-steps">
                { for STEPS.iter().zip(1..).map(|(words, number)| html! {
                    <li class={classes!((number < now).then_some("done"), (number == now).then_some("on"))} aria-current={(number == now).then_some("step")}>
                        <span class="tour-number" aria-hidden="true">{ if number < now { icon("check", "icon-s") } else { html! { number } } }</span>
                        { *words }if number < now { <span class="visually-hidden">{ ": done" }</span> }
                    </li>
                }) }
            </ol>
            // What stands on the canvas, for small screens and screen readers; spoken when a title changes, not with each number.
            <ol class="tour-captions">
                { for captions(&document, &run.frame).into_iter().map(|caption| html! { <li><strong>{ caption.title }</strong>{ " " }{ caption.text }</li> }) }
            </ol>
            <footer class="tour-foot">
                <p class="sub">{ "You can replay this tour from Help." }</p>
                <button type="button" class="btn btn-s" id="tour-skip" onclick={end(None)}>{ if now < 4 { "Skip the tour" } else { "Close the tour" } }{ icon("x", "icon-s") }</button>
            </footer>
        </section>
    }
}
