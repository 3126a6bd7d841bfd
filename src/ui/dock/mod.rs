//! The dock under the stage: charts, where the time goes, the event log, problems; and the timeline.

pub mod axis;
pub mod charts;
pub mod log;
pub mod monitor;
pub mod notice;
pub mod profile;
pub mod report;
pub mod timeline;

use yew::prelude::*;

use self::axis::{Axis, BackNote, NowLine, use_new_axis};
use self::charts::{ChartCard, use_charted};
use self::log::LogPanel;
use self::monitor::Monitor;
use self::notice::RunNotice;
use self::profile::Profile;
use self::timeline::Timeline;
use super::jump::{DOCK, WHOSE};
use super::later::use_later;
use super::store::{use_dispatch, use_document, use_preferences, use_run, use_selection};
use crate::editor::{SessionChange, Target};
use crate::engine::sort;
use crate::figure::{self, Scale};
use crate::topology::check;
use crate::topology::document::{Diagnostic, Document, Place, Severity};
use crate::ui::kit::icons::icon;
use crate::ui::kit::look_into::use_watch;
use crate::ui::words::target_words;

/// What stands behind a tab of the dock, charts apart. `problems`: those of the document.
pub(crate) fn draw(tab: &str, problems: &[Diagnostic]) -> Html {
    match tab {
        "log" => html! { <LogPanel /> },
        "monitor" => html! { <Monitor /> },
        "profile" => html! { <Profile /> },
        _ => html! { <Problems problems={problems.to_vec()} /> },
    }
}

#[component]
pub fn Dock() -> Html {
    let later = use_later();
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let document = use_document();
    let open = preferences.panel_open(DOCK, true);
    let problems = use_memo(document.clone(), |document| check::check(document));
    let chosen = preferences.tab(DOCK).unwrap_or("charts").to_owned();
    let choose = |id: &'static str| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetTab { panel: DOCK.to_owned(), tab: id.to_owned() });
            dispatch.session(SessionChange::SetPanel { panel: DOCK.to_owned(), open: true });
        })
    };
    let fold = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetPanel { panel: DOCK.to_owned(), open: !open });
        })
    };
    let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    let tab = |id: &'static str, words: Html| {
        let on = open && chosen == id;
        html! {
            <button type="button" class="tab" aria-expanded={on.to_string()} aria-controls="dock-body" onclick={choose(id)}>{ words }</button>
        }
    };
    let axis = use_new_axis();
    let charts = open && !matches!(chosen.as_str(), "log" | "problems" | "profile" | "monitor");
    html! {
        <ContextProvider<Axis> context={axis.clone()}>
        <section class={classes!("dock", (!open).then_some("dock-closed"), charts.then_some("dock-charts"))} ref={axis.dock.clone()} aria-label="Charts, log and problems">
            <div class="dock-tabs">
                { tab("charts", html! { <>{ icon("chart-line", "icon-s") }{ "Charts" }</> }) }
                { tab("monitor", html! { <>{ icon("activity", "icon-s") }{ "Monitor" }</> }) }
                { tab("profile", html! { <>{ icon("timer", "icon-s") }{ "Where time goes" }</> }) }
                { tab("log", html! { <>{ icon("list", "icon-s") }{ "Log" }</> }) }
                { tab("problems", html! {
                    <>{ icon("triangle-alert", "icon-s") }{ "Problems" }
                    if !problems.is_empty() { <span class={classes!("count", errors.then_some("count-bad"))}>{ problems.len() }</span> }</>
                }) }
                <BackNote />
                if open && !matches!(chosen.as_str(), "log" | "problems" | "profile") { <Whose /> }
                <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded={open.to_string()} aria-controls="dock-body"
                    aria-label={if open { "Fold the charts away" } else { "Show the charts" }}>
                    { icon(if open { "chevron-down" } else { "chevron-up" }, "icon-s") }
                </button>
            </div>
            <div class="dock-body" id="dock-body" hidden={!open}>
                if open {
                    if charts {
                        <Charts />
                    } else {
                        { later.show(|later| (later.dock)(&chosen, &problems)) }
                    }
                }
            </div>
            <Timeline />
            <NowLine />
            <div class="dock-hover" aria-hidden="true"></div>
            <RunNotice />
        </section>
        </ContextProvider<Axis>>
    }
}

/// The whole system or the selected station: whose series the charts show.
#[component]
fn Whose() -> Html {
    let dispatch = use_dispatch();
    let document = use_document();
    let node = use_charted();
    let selected = use_selection().single();
    let Some(Target::Node(id)) = selected else { return Html::default() };
    let choose = |tab: &'static str| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetTab { panel: WHOSE.to_owned(), tab: tab.to_owned() });
        })
    };
    html! {
        <div class="segments" role="group" aria-label="Whose charts">
            <button type="button" aria-pressed={node.is_none().to_string()} onclick={choose("system")}>{ "Whole system" }</button>
            <button type="button" aria-pressed={node.is_some().to_string()} onclick={choose("selected")}>{ target_words(&document, Target::Node(id)) }</button>
        </div>
    }
}

/// The charts of the whole system or of one station.
#[component]
pub fn Charts() -> Html {
    let node = use_charted();
    use_watch(node);
    // Where nothing has a price there is nothing to draw.
    let run = use_run();
    let priced = run.series_of(node).is_some_and(|series| !series.column("cost_per_hour").is_empty());
    let mut charts = figure::charts();
    charts.retain(|chart| chart.panel.is_some() && (priced || chart.scale != Scale::Dollars));
    sort::few_by_key(&mut charts, |chart| chart.panel);
    html! {
        <div class="charts">
            { for charts.into_iter().map(|chart| html! { <ChartCard {chart} {node} key={chart.title} /> }) }
        </div>
    }
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
        return html! { <p class="empty">{ icon("circle-check", "") }{ "No problems: it can run." }</p> };
    }
    let rows = props.problems.iter().map(|problem| {
        let target = match problem.place {
            Place::Node(id) => Some(Target::Node(id)),
            Place::Edge(id) => Some(Target::Edge(id)),
            Place::Area(id) => Some(Target::Area(id)),
            Place::Document | Place::Fault(_) => None,
        };
        let jump = target.map(|target| {
            let dispatch = dispatch.clone();
            Callback::from(move |_: MouseEvent| dispatch.session(SessionChange::Reveal(target)))
        });
        let error = problem.severity == Severity::Error;
        html! {
            <li class={classes!("issue", error.then_some("issue-error"))}>
                { icon(if error { "circle-x" } else { "triangle-alert" }, "") }
                <div>
                    <p><span class="visually-hidden">{ if error { "Error: " } else { "Warning: " } }</span>{ &problem.message }</p>
                    <p class="sub">{ &problem.remedy }</p>
                </div>
                if let Some(onclick) = jump {
                    <button type="button" class="btn btn-s" {onclick}>{ icon("crosshair", "icon-s") }{ place_words(&document, problem.place) }</button>
                }
            </li>
        }
    });
    html! { <ul class="issues" aria-label="Problems">{ for rows }</ul> }
}

fn place_words(document: &Document, place: Place) -> String {
    match place {
        Place::Node(id) => target_words(document, Target::Node(id)),
        Place::Edge(id) => target_words(document, Target::Edge(id)),
        Place::Area(id) => target_words(document, Target::Area(id)),
        Place::Document | Place::Fault(_) => "the run".to_owned(),
    }
}
