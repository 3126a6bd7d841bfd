//! The top bar: what is open, the run's controls, the clock, the seed, and the way to everything else.

pub mod theme;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::course::{Wait, use_index};
use super::practice::use_progress;
use super::shell::{DialogKind, use_shell};
use super::store::{use_dispatch, use_document, use_guard, use_preferences, use_run, use_simulation};
use crate::editor::{EditCommand, SessionChange, Theme};
use crate::engine::time::SimTime;
use crate::model::scaler::calendar::Calendar;
use crate::protocol::{RunStatus, Speed};
use crate::ui::client::run_view::Health;
use crate::ui::client::speed::SPEEDS;
use crate::ui::drawings::store::Trouble;
use crate::ui::kit::format;
use crate::ui::kit::hint::Hint;
use crate::ui::kit::icons::icon;

/// A drain shorter than this needs no word [s].
const DRAIN_MIN: f64 = 0.1;

#[derive(Debug, PartialEq, Properties)]
pub struct TopBarProps {
    /// Why the learner's work is not being kept; `None` while it is.
    pub unsaved: Option<Trouble>,
}

#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    html! {
        <header class="top">
            <Brand unsaved={props.unsaved} />
            <RunControls />
            <div class="top-end">
                <SeedField />
                <Actions />
            </div>
        </header>
    }
}

/// The name and the document's title, which can be changed in place.
#[component]
fn Brand(props: &TopBarProps) -> Html {
    let document = use_document();
    let guard = use_guard();
    let dispatch = use_dispatch();
    let rename = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        dispatch.edit(EditCommand::SetTitle(input.value()));
    });
    html! {
        <div class="brand">
            <svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
                <rect class="logo-glass" x="3.5" y="3.5" width="17" height="17" rx="5" />
                <path class="logo-fill" d="M4.5 13h15v3.5a3 3 0 0 1-3 3h-9a3 3 0 0 1-3-3z" />
                <path class="logo-line" d="M7 9h10" />
            </svg>
            <h1 class="brand-name">{ "Headroom" }</h1>
            <input class="title-input" type="text" aria-label="Title" value={document.title.clone()} onchange={rename} readonly={guard.read_only}
                maxlength="80" spellcheck="false" size={document.title.chars().count().clamp(8, 34).to_string()} />
            if let Some(reason) = props.unsaved {
                <Hint class="unsaved" card={html! { <><h3 class="hint-title">{ "Your work is not being saved" }</h3><p>{ reason.words() }</p><p>{ reason.remedy() }</p></> }}>
                    { icon("triangle-alert", "icon-s") }{ "not saved" }
                </Hint>
            }
        </div>
    }
}

/// Restart, step, run, clock, speed.
#[component]
fn RunControls() -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let document = use_document();

    let finished = run.frame.status == RunStatus::Finished;
    let replaying = run.frame.status == RunStatus::Replaying;
    let awaited = run.awaited();
    let failed = matches!(run.health, Health::Failed(_));
    let playing = run.playing && !finished && !awaited && !failed;
    let toggle = {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| match (awaited, failed) {
            (true, _) => {}
            (_, true) => simulation.try_again(),
            _ => simulation.toggle(),
        })
    };
    let step = {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| simulation.step())
    };
    let restart = {
        let simulation = simulation.clone();
        // What never got going was still meant to run.
        let play = run.playing && !finished;
        Callback::from(move |_: MouseEvent| simulation.restart(play))
    };
    let set_speed = {
        let simulation = simulation.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            simulation.set_speed(value.parse().map_or(Speed::Max, Speed::Times));
        })
    };
    let words = if awaited {
        "The simulation is loading"
    } else if failed {
        "Try again"
    } else if playing {
        "Pause"
    } else if finished {
        "Run again"
    } else {
        "Run"
    };
    let options = SPEEDS.iter().map(|times| {
        let chosen = run.speed == Speed::Times(*times);
        html! { <option value={times.to_string()} selected={chosen}>{ format::speed(*times) }</option> }
    });
    // Said only where the machine cannot keep up: otherwise it is what was asked for.
    let reached = run.frame.speed_reached;
    let asked = match run.speed {
        Speed::Times(times) => times,
        Speed::Max => f64::INFINITY,
    };
    let slower = playing && reached.is_finite() && reached > 0.0 && (asked.is_infinite() || reached < asked * 0.8);
    let clock = SimTime(run.frame.now_ns).to_string();
    let end = format::clock(document.run_length_secs);
    let calendar = document.day_secs.map(Calendar::with_day);
    let past_end = run.past_end_secs();
    html! {
        <div class="run" role="group" aria-label="Run">
            <button type="button" class="icon-btn" onclick={restart} aria-label="Restart" title="Restart (R)">{ icon("rotate-ccw", "") }</button>
            <button type="button" id="run-toggle" class={classes!("icon-btn", "run-main", playing.then_some("run-on"))} onclick={toggle}
                aria-label={words} title={format!("{words} (Space)")} aria-keyshortcuts="Space" aria-disabled={awaited.then_some("true")}>
                { icon(if awaited { "hourglass" } else if playing { "pause" } else if finished || failed { "rotate-ccw" } else { "play" }, "") }
            </button>
            <button type="button" class="icon-btn" onclick={step} aria-label="Single step" title="Single step (.)">{ icon("step-forward", "") }</button>
            <span class="clock num" role="timer" aria-label="Simulated time">
                <span class="clock-now">{ clock }</span>
                <span class="clock-end">{ format!("/ {end}") }</span>
                if let Some(calendar) = calendar {
                    <span class="clock-day" id="calendar" title={format!("The calendar: one day lasts {}", format::span(calendar.day.as_secs_f64()))}>
                        { calendar.label(SimTime(run.frame.now_ns)) }
                    </span>
                }
            </span>
            if run.outdated {
                <span class="run-note run-note-warn" id="outdated" title="The numbers and charts belong to the design as it was. Run again to see the new one.">
                    { "Design changed. Run again" }
                </span>
            } else if run.needs_restart {
                <span class="run-note" title="Seed, run length and timetable act from the next start.">{ "applies at restart" }</span>
            } else if replaying {
                <span class="run-note">{ "replaying" }</span>
            } else if finished {
                <span class="run-note" title="No request is sent after the end; those under way are still answered.">
                    { if past_end >= DRAIN_MIN { format!("finished, drained {}", format::duration(past_end)) } else { "finished".to_owned() } }
                </span>
            } else if past_end >= DRAIN_MIN {
                <span class="run-note" title="The run is over its length: no request is sent any more, those under way are still answered.">
                    { "draining" }
                </span>
            }
            <label class="speed">
                <span class="visually-hidden">{ "Speed: simulated seconds per second" }</span>
                <select class="speed-select num" onchange={set_speed} title="Simulated seconds per second ([ and ])">
                    { for options }
                    <option value="max" selected={run.speed == Speed::Max}>{ "Max" }</option>
                </select>
                if slower { <span class="speed-reached num" title="Speed reached">{ format::speed(two_figures(reached)) }</span> }
            </label>
        </div>
    }
}

fn two_figures(number: f64) -> f64 {
    if number >= 10.0 { number.round() } else { (number * 10.0).round() / 10.0 }
}

/// The number from which all draws follow.
#[component]
fn SeedField() -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let simulation = use_simulation();
    let set = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            match input.value().trim().parse::<u64>() {
                Ok(seed) => dispatch.edit(EditCommand::SetSeed(seed)),
                Err(_) => dispatch.notify("A seed is a whole number from 0 to 18446744073709551615."),
            }
        })
    };
    let fresh = Callback::from(move |_: MouseEvent| {
        let Ok(seed) = getrandom::u32() else {
            dispatch.notify("The browser gave no random number. Type a seed instead.");
            return;
        };
        simulation.restart_with_next_edit();
        // Six digits can be read out and typed in.
        dispatch.edit(EditCommand::SetSeed(u64::from(seed % 1_000_000)));
    });
    html! {
        <div class="seed">
            <label for="seed" class="seed-label">{ "seed" }</label>
            <input id="seed" class="seed-input num" type="text" inputmode="numeric" autocomplete="off" value={document.seed.to_string()} onchange={set} />
            <button type="button" class="icon-btn" onclick={fresh} aria-label="New seed" title="New seed: another run of the same design">
                { icon("dices", "") }
            </button>
        </div>
    }
}

/// Examples, sharing, help, theme.
#[component]
fn Actions() -> Html {
    let shell = use_shell();
    let dispatch = use_dispatch();
    let preferences = use_preferences();
    let guard = use_guard();
    let show = |kind: DialogKind| {
        let shell = shell.clone();
        Callback::from(move |_: MouseEvent| shell.show(kind.clone()))
    };
    let light = theme::is_light(preferences.0.theme);
    let turn = Callback::from(move |_: MouseEvent| {
        dispatch.session(SessionChange::SetTheme(if light { Theme::Dark } else { Theme::Light }));
    });
    html! {
        <>
            <button type="button" class="btn top-gallery" aria-label="Open" onclick={show(DialogKind::Gallery)}>
                { icon(if guard.fixed_run && !guard.read_only { "graduation-cap" } else { "layout-grid" }, "") }<span class="btn-words">{ "Open" }</span>
            </button>
            <Learn onclick={show(DialogKind::Learn)} />
            <button type="button" class="icon-btn" onclick={show(DialogKind::Share)} aria-label="Share" title="Share this run as a link">{ icon("share-2", "") }</button>
            <button type="button" class="icon-btn" onclick={turn} aria-label={if light { "Dark theme" } else { "Light theme" }}
                title={if light { "Dark theme" } else { "Light theme" }}>
                { icon(if light { "moon" } else { "sun" }, "") }
            </button>
            <button type="button" class="icon-btn" onclick={show(DialogKind::Help)} aria-label="Help and keys" title="Help and keys (?)">
                { icon("circle-help", "") }
            </button>
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct LearnProps {
    onclick: Callback<MouseEvent>,
}

/// The way to the lessons, with how many of them are passed.
#[component]
fn Learn(props: &LearnProps) -> Html {
    let progress = use_progress();
    let (index, _) = use_index();
    let (passed, all) = match &index {
        Wait::Here(index) => {
            let passed = index.lessons.iter().filter(|lesson| progress.of(&lesson.slug).passed.is_some()).count();
            (passed, index.lessons.len())
        }
        _ => (0, 0),
    };
    let arc = format!("{:.1} 100", 100.0 * passed as f64 / all.max(1) as f64);
    html! {
        <button type="button" class="btn top-learn" id="learn" onclick={props.onclick.clone()} title={format!("{passed} of {all} lessons passed")}>
            <svg class="learn-ring" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
                <circle cx="10" cy="10" r="8" />
                <circle class="learn-part" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray={arc} transform="rotate(-90 10 10)" />
            </svg>
            <span>{ "Learn" }</span>{ " " }<span class="learn-count num">{ format!("{passed} of {all}") }</span>
        </button>
    }
}
