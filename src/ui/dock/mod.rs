//! The dock under the stage: charts, where the time goes, the event log, problems; and the timeline.

pub mod axis;
pub mod charts;
pub mod log;
pub mod monitor;
pub mod notice;
pub mod plot;
pub mod profile;
pub mod report;
pub mod timeline;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use self::axis::{Axis, BackNote, NowLine, use_new_axis};
use self::charts::{ChartCard, use_charted};
use self::log::LogPanel;
use self::monitor::Monitor;
use self::notice::RunNotice;
use self::profile::Profile;
use self::timeline::Timeline;
use super::browser;
use super::jump::{DOCK, LESSON_DOCK, WHOSE};
use super::later::use_later;
use super::store::{use_dispatch, use_document, use_preferences, use_run, use_selection};
use crate::editor::{SessionChange, Target};
use crate::engine::sort;
use crate::figure::{self, Scale};
use crate::topology::check;
use crate::topology::document::{Diagnostic, Document, Place, Severity};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::kit::look_into::use_watch;
use crate::ui::practice::use_practice;
use crate::ui::words::target_words;

/// Where the stored session keeps the height that a hand gave the dock [px]; the least, and what is left of the window.
const HEIGHT: &str = "dock-height";
const HEIGHT_MIN: f64 = 96.0;
const HEIGHT_LEAVES: f64 = 480.0;
/// A step of the arrow keys [px].
const HEIGHT_STEP: f64 = 24.0;

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
    // A lesson begins with the chart of its goal, if there is one, and leaves the choice outside as it is.
    let practice = use_practice();
    let goal = practice.clone().filter(|practice| practice.has_curve());
    let panel = if goal.is_some() { LESSON_DOCK } else { DOCK };
    let chosen = preferences.tab(panel).unwrap_or(if goal.is_some() { "goal" } else { "charts" }).to_owned();
    let choose = |id: &'static str| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetTab { panel: panel.to_owned(), tab: id.to_owned() });
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
    let goal = goal.filter(|_| chosen == "goal");
    html! {
        <ContextProvider<Axis> context={axis.clone()}>
        <section class={classes!("dock", (!open).then_some("dock-closed"), (charts && goal.is_none()).then_some("dock-charts"), goal.is_some().then_some("dock-along"))} ref={axis.dock.clone()} aria-label="Charts, log and problems">
            if open { <Grip height={preferences.tab(HEIGHT).and_then(|height| height.parse().ok())} /> }
            <div class="dock-tabs">
                if panel == LESSON_DOCK { { tab("goal", html! { <>{ icon("target", "icon-s") }{ "Goal" }</> }) } }
                { tab("charts", html! { <>{ icon("chart-line", "icon-s") }{ "Charts" }</> }) }
                { tab("monitor", html! { <>{ icon("activity", "icon-s") }{ "Monitor" }</> }) }
                { tab("profile", html! { <>{ icon("timer", "icon-s") }{ "Where time goes" }</> }) }
                { tab("log", html! { <>{ icon("list", "icon-s") }{ "Log" }</> }) }
                { tab("problems", html! {
                    <>{ icon("triangle-alert", "icon-s") }{ "Problems" }
                    if !problems.is_empty() { <span class={classes!("count", errors.then_some("count-bad"))}>{ problems.len() }</span> }</>
                }) }
                <BackNote />
                if open && goal.is_none() && !matches!(chosen.as_str(), "log" | "problems" | "profile") { <Whose /> }
                if open { <MapKeys /> }
                <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded={open.to_string()} aria-controls="dock-body"
                    aria-label={if open { "Fold the charts away" } else { "Show the charts" }}>
                    { icon(if open { "chevron-down" } else { "chevron-up" }, "icon-s") }
                </button>
            </div>
            <div class="dock-body" id="dock-body" hidden={!open}>
                if open {
                    if let Some(practice) = &goal {
                        { later.show(|later| (later.goal)(practice)) }
                    } else if charts {
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

#[derive(Debug, PartialEq, Properties)]
struct GripProps {
    /// As a hand left it [px]; `None`: as the style sheet says.
    height: Option<f64>,
}

/// The dock's upper edge: pulled, moved by the arrow keys, and put back by a double press.
#[component]
fn Grip(props: &GripProps) -> Html {
    let dispatch = use_dispatch();
    let pulled = use_mut_ref(|| None::<(f64, f64)>);
    use_effect_with(props.height, |height| {
        let Some(root) = browser::document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        // Setting a property of one's own cannot fail.
        let _ = match height {
            Some(height) => root.style().set_property("--dock-pulled", &format!("{height:.0}px")),
            None => root.style().remove_property("--dock-pulled").map(drop),
        };
    });
    let now = || {
        let body = browser::document().get_element_by_id("dock-body");
        body.map_or(0.0, |body| body.get_bounding_client_rect().height())
    };
    let set = move |height: Option<f64>| {
        let most =
            browser::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0) - HEIGHT_LEAVES;
        let tab = height.map_or_else(String::new, |height| format!("{:.0}", height.min(most).max(HEIGHT_MIN)));
        dispatch.session(SessionChange::SetTab { panel: HEIGHT.to_owned(), tab });
    };
    let onpointerdown = {
        let pulled = pulled.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(grip) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
                // Without capture the pull ends at the grip's edge; nothing else goes wrong.
                let _ = grip.set_pointer_capture(event.pointer_id());
            }
            *pulled.borrow_mut() = Some((f64::from(event.client_y()), now()));
        })
    };
    let onpointermove = {
        let (pulled, set) = (pulled.clone(), set.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some((from, height)) = *pulled.borrow() {
                set(Some(height + from - f64::from(event.client_y())));
            }
        })
    };
    let onpointerup = Callback::from(move |_: PointerEvent| *pulled.borrow_mut() = None);
    let onkeydown = {
        let set = set.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowUp" => HEIGHT_STEP,
                "ArrowDown" => -HEIGHT_STEP,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            set(Some(now() + step));
        })
    };
    let ondblclick = Callback::from(move |_: MouseEvent| set(None));
    html! {
        <div class="dock-grip" id="dock-grip" role="separator" tabindex="0" aria-orientation="horizontal" aria-label="Height of the dock"
            aria-valuenow={now().round().to_string()} aria-valuemin={HEIGHT_MIN.to_string()} {onpointerdown} {onpointermove} {onpointerup} {onkeydown} {ondblclick}></div>
    }
}

/// What the colors of the timeline's load mean.
#[component]
fn MapKeys() -> Html {
    let limit = use_document().good_within_secs.map(format::duration);
    let key = |class: &'static str, words: String| {
        html! { <li><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect {class} width="10" height="10" rx="2" /></svg>{ words }</li> }
    };
    html! {
        <ul class="map-keys" aria-label="Load on the timeline">
            { key("map-good", limit.as_ref().map_or_else(|| "answered".to_owned(), |limit| format!("answered within {limit}"))) }
            if limit.is_some() { { key("map-late", "later".to_owned()) } }
            { key("map-bad", "no answer".to_owned()) }
        </ul>
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
