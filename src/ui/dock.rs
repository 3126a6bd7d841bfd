//! The dock under the stage: charts, the event log, problems; and the timeline.

use yew::prelude::*;

use super::charts::{ChartCard, ChartKind};
use super::icons::Icon;
use super::inspector::target_words;
use super::store::{use_dispatch, use_document, use_preferences, use_run};
use super::timeline::Timeline;
use crate::editor::{SessionChange, Target};
use crate::engine::time::SimTime;
use crate::protocol::LogLevel;
use crate::topology::check;
use crate::topology::document::{Diagnostic, Document, Place, Severity};

/// Name of the panel in the stored session.
const PANEL: &str = "dock";

#[component]
pub fn Dock() -> Html {
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let document = use_document();
    let open = preferences.panel_open(PANEL, true);
    let problems = use_memo(document.clone(), |document| check::check(document));
    let chosen = preferences.tab(PANEL).unwrap_or("charts").to_owned();
    let choose = |id: &'static str| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetTab { panel: PANEL.to_owned(), tab: id.to_owned() });
            dispatch.session(SessionChange::SetPanel { panel: PANEL.to_owned(), open: true });
        })
    };
    let fold = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetPanel { panel: PANEL.to_owned(), open: !open });
        })
    };
    let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    let tab = |id: &'static str, words: Html| {
        let on = open && chosen == id;
        html! {
            <button type="button" class="tab" aria-expanded={on.to_string()} aria-controls="dock-body" onclick={choose(id)}>{ words }</button>
        }
    };
    html! {
        <section class={classes!("dock", (!open).then_some("dock-closed"))} aria-label="Charts, log and problems">
            <div class="dock-tabs">
                { tab("charts", html! { <><Icon name="chart-line" class="icon-s" />{ "Charts" }</> }) }
                { tab("log", html! { <><Icon name="list" class="icon-s" />{ "Log" }</> }) }
                { tab("problems", html! {
                    <><Icon name="triangle-alert" class="icon-s" />{ "Problems" }
                    if !problems.is_empty() { <span class={classes!("count", errors.then_some("count-bad"))}>{ problems.len() }</span> }</>
                }) }
                <span class="dock-space"></span>
                <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded={open.to_string()} aria-controls="dock-body"
                    aria-label={if open { "Fold the charts away" } else { "Show the charts" }}>
                    <Icon name={if open { "chevron-down" } else { "chevron-up" }} class="icon-s" />
                </button>
            </div>
            <div class="dock-body" id="dock-body" hidden={!open}>
                if open {
                    { match chosen.as_str() {
                        "log" => html! { <LogPanel /> },
                        "problems" => html! { <Problems problems={(*problems).clone()} /> },
                        _ => html! { <Charts /> },
                    } }
                }
            </div>
            <Timeline />
        </section>
    }
}

/// The system's charts.
#[component]
pub fn Charts() -> Html {
    html! {
        <div class="charts">
            { for [ChartKind::Throughput, ChartKind::Times, ChartKind::Utilization, ChartKind::Queue].into_iter().map(|kind| html! { <ChartCard {kind} /> }) }
        </div>
    }
}

/// What happened, newest first.
#[component]
pub fn LogPanel() -> Html {
    let run = use_run();
    let dispatch = use_dispatch();
    if run.log.is_empty() {
        return html! { <p class="empty">{ "Nothing to report yet. Deaths, health checks and faults are written down here." }</p> };
    }
    let lines = run.log.iter().rev().map(|line| {
        let (class, icon) = match line.level {
            LogLevel::Info => ("log-info", "info"),
            LogLevel::Good => ("log-good", "circle-check"),
            LogLevel::Bad => ("log-bad", "triangle-alert"),
        };
        let jump = line.node.map(|node| {
            let dispatch = dispatch.clone();
            Callback::from(move |_: MouseEvent| dispatch.session(SessionChange::Reveal(Target::Node(node))))
        });
        html! {
            <li class={classes!("log-line", class)}>
                <span class="num log-at">{ SimTime(line.at_ns).to_string() }</span>
                <Icon name={icon} class="icon-s" />
                if let Some(onclick) = jump {
                    <button type="button" class="link-btn" {onclick}>{ &line.text }</button>
                } else {
                    <span>{ &line.text }</span>
                }
            </li>
        }
    });
    html! { <ul class="log" tabindex="0" aria-label="Event log, newest first">{ for lines }</ul> }
}

#[derive(Debug, PartialEq, Properties)]
pub struct ProblemsProps {
    pub problems: Vec<Diagnostic>,
}

/// What stands in the way of a run, or will surely not go as meant.
#[component]
pub fn Problems(props: &ProblemsProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    if props.problems.is_empty() {
        return html! { <p class="empty"><Icon name="circle-check" />{ "No problems: it can run." }</p> };
    }
    let rows = props.problems.iter().map(|problem| {
        let target = match problem.place {
            Place::Node(id) => Some(Target::Node(id)),
            Place::Edge(id) => Some(Target::Edge(id)),
            Place::Document | Place::Fault(_) => None,
        };
        let jump = target.map(|target| {
            let dispatch = dispatch.clone();
            Callback::from(move |_: MouseEvent| dispatch.session(SessionChange::Reveal(target)))
        });
        let error = problem.severity == Severity::Error;
        html! {
            <li class={classes!("problem", error.then_some("problem-error"))}>
                <Icon name={if error { "circle-x" } else { "triangle-alert" }} />
                <div>
                    <p><span class="visually-hidden">{ if error { "Error: " } else { "Warning: " } }</span>{ &problem.message }</p>
                    <p class="sub">{ &problem.remedy }</p>
                </div>
                if let Some(onclick) = jump {
                    <button type="button" class="btn btn-s" {onclick}><Icon name="crosshair" class="icon-s" />{ place_words(&document, problem.place) }</button>
                }
            </li>
        }
    });
    html! { <ul class="problems" aria-label="Problems">{ for rows }</ul> }
}

fn place_words(document: &Document, place: Place) -> String {
    match place {
        Place::Node(id) => target_words(document, Target::Node(id)),
        Place::Edge(id) => target_words(document, Target::Edge(id)),
        Place::Document | Place::Fault(_) => "the run".to_owned(),
    }
}
