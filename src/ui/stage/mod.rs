//! The middle of the page: the lesson's card beside, what to try and the totals above, the canvas in the rest.
//! Nothing here ever lies over the canvas.

pub mod canvas;
mod captions;
mod news;
mod outcome;
pub mod outline;
mod pace;
pub mod strip;

use yew::prelude::*;

use self::canvas::Stage;
use self::captions::Captions;
use self::news::News;
use self::outcome::Outcome;
use self::pace::Pace;
use self::strip::{Dots, Strip};
use super::browser::Timer;
use super::later::use_later;
use super::mobile::{MobileTab, SelectionBar};
use super::practice::Practice;
use super::shared::Shared;
use super::store::{use_asked, use_dispatch, use_document, use_preferences, use_run, use_simulation};
use crate::editor::SessionChange;
use crate::protocol::RunStatus;
use crate::ui::client::run_view::Health;
use crate::ui::drawings::Access;
use crate::ui::drawings::keeper::use_keeper_state;
use crate::ui::kit::icons::icon;
use crate::ui::rail::tray::TRAY;

/// Time that the layout needs to settle before the drawing is fitted into it [ms].
const SETTLE_MS: i32 = 80;
/// Names of panels in the stored session.
const NOTES: &str = "notes";
pub const OUTLINE: &str = "outline";

#[derive(Debug, PartialEq, Properties)]
pub struct StageAreaProps {
    pub practice: Option<Shared<Practice>>,
    /// A newcomer is being shown around.
    pub touring: bool,
    pub tab: MobileTab,
    /// Shows another panel on a small screen.
    pub choose: Callback<MobileTab>,
}

#[component]
pub fn StageArea(props: &StageAreaProps) -> Html {
    let later = use_later();
    let preferences = use_preferences();
    let outlined = preferences.panel_open(OUTLINE, false) || props.tab == MobileTab::Outline;
    let trayed = preferences.panel_open(TRAY, false);
    // When the canvas becomes another size for good, the drawing is brought back into view.
    let shape = (
        props.practice.as_ref().map(|practice| practice.slug.clone()),
        preferences.panel_open("lesson", true),
        (outlined, trayed),
        props.tab,
        use_asked().is_some(),
        (use_keeper_state().access != Access::Here, props.touring),
    );
    let dispatch = use_dispatch();
    let first = use_mut_ref(|| true);
    use_effect_with(shape, move |_| {
        let timer =
            (!first.replace(false)).then(|| Timer::once(SETTLE_MS, move || dispatch.session(SessionChange::Fit)));
        move || drop(timer)
    });
    html! {
        <main class="stage-area">
            if let Some(practice) = &props.practice { { later.show_over(|later| (later.practice)(practice)) } }
            <div class="stage-main">
                if props.practice.is_none() && !props.touring { <Notes /> }
                <Strip />
                <Banners />
                <News />
                <Pace />
                <div class="stage-split">
                    if trayed && !outlined { { later.show(|later| (later.tray)()) } }
                    if outlined { <div class="outline-pane">{ later.show(|later| (later.outline)()) }</div> }
                    <div class="canvas-box">
                        <Stage />
                        <Dots />
                        if props.touring { <Captions /> }
                    </div>
                </div>
                <Outcome touring={props.touring} />
                <SelectionBar choose={props.choose.clone()} />
            </div>
        </main>
    }
}

/// The document's own words: what to look at, what to try.
#[component]
fn Notes() -> Html {
    let document = use_document();
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let open = preferences.panel_open(NOTES, true);
    if document.notes.trim().is_empty() {
        return Html::default();
    }
    let fold = Callback::from(move |_: MouseEvent| {
        dispatch.session(SessionChange::SetPanel { panel: NOTES.to_owned(), open: !open });
    });
    html! {
        <div class={classes!("notes", (!open).then_some("notes-folded"))}>
            { icon("lightbulb", "") }
            if open { <p id="notes-text">{ &document.notes }</p> } else { <p class="sub">{ "What to try" }</p> }
            <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded={open.to_string()}
                aria-label={if open { "Fold the notes away" } else { "Show the notes" }}>
                { icon(if open { "chevron-up" } else { "chevron-down" }, "icon-s") }
            </button>
        </div>
    }
}

/// What the learner must know about the simulation itself.
#[component]
fn Banners() -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let dismiss = {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| simulation.dismiss_note())
    };
    let try_again = Callback::from(move |_: MouseEvent| simulation.try_again());
    html! {
        <>
            if let Health::Failed(message) = &run.health {
                <div class="banner banner-bad" role="alert" id="failure">
                    { icon("triangle-alert", "") }<p>{ message }</p>
                    <button type="button" class="btn btn-s" onclick={try_again}>{ icon("rotate-ccw", "icon-s") }{ "Try again" }</button>
                </div>
            }
            if let Some(note) = &run.note {
                <div class="banner banner-info" role="status" id="recovery-note">
                    { icon("refresh-cw", "") }
                    <div class="banner-words">
                        <p>{ &note.words }{ if run.frame.status == RunStatus::Replaying { " Replaying …" } else { "" } }</p>
                        <details><summary>{ "What happened" }</summary><p class="num">{ &note.detail }</p></details>
                    </div>
                    <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={dismiss}>{ icon("x", "icon-s") }</button>
                </div>
            }
        </>
    }
}
