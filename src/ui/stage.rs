//! The middle of the page: the lesson's card beside, what to try and the totals above, the canvas in the rest.
//! Nothing here ever lies over the canvas.

use yew::prelude::*;

use super::canvas::Stage;
use super::icons::Icon;
use super::mobile::MobileTab;
use super::outline::Outline;
use super::practice::{Practice, PracticeCard};
use super::run_view::Health;
use super::shared::Shared;
use super::store::{use_dispatch, use_document, use_preferences, use_run, use_simulation};
use super::strip::Strip;
use crate::editor::SessionChange;
use crate::protocol::RunStatus;

/// Names of panels in the stored session.
const NOTES: &str = "notes";
pub const OUTLINE: &str = "outline";

#[derive(Debug, PartialEq, Properties)]
pub struct StageAreaProps {
    pub practice: Option<Shared<Practice>>,
    pub tab: MobileTab,
}

#[component]
pub fn StageArea(props: &StageAreaProps) -> Html {
    let preferences = use_preferences();
    let outlined = preferences.panel_open(OUTLINE, false) || props.tab == MobileTab::Outline;
    html! {
        <main class="stage-area">
            if let Some(practice) = props.practice.clone() { <PracticeCard {practice} /> }
            <div class="stage-main">
                if props.practice.is_none() { <Notes /> }
                <Strip />
                <Banners />
                <div class="stage-split">
                    if outlined { <div class="outline-pane"><Outline /></div> }
                    <div class="canvas-box"><Stage /></div>
                </div>
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
            <Icon name="lightbulb" />
            if open { <p id="notes-text">{ &document.notes }</p> } else { <p class="sub">{ "What to try" }</p> }
            <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded={open.to_string()}
                aria-label={if open { "Fold the notes away" } else { "Show the notes" }}>
                <Icon name={if open { "chevron-up" } else { "chevron-down" }} class="icon-s" />
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
    let restart = Callback::from(move |_: MouseEvent| simulation.restart(true));
    html! {
        <>
            if let Health::Failed(message) = &run.health {
                <div class="banner banner-bad" role="alert">
                    <Icon name="triangle-alert" /><p>{ message }</p>
                    <button type="button" class="btn btn-s" onclick={restart}><Icon name="rotate-ccw" class="icon-s" />{ "Restart" }</button>
                </div>
            }
            if let Some(note) = &run.note {
                <div class="banner banner-info" role="status" id="recovery-note">
                    <Icon name="refresh-cw" />
                    <p>{ note }{ if run.frame.status == RunStatus::Replaying { " Replaying …" } else { "" } }</p>
                    <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={dismiss}><Icon name="x" class="icon-s" /></button>
                </div>
            }
        </>
    }
}
