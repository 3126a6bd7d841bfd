//! The inspector: everything about what is selected, or about the run when nothing is.

mod faults;
pub(crate) mod inside;
mod metrics;
pub(crate) mod places;
mod run_settings;
mod settings;

use yew::prelude::*;

pub use faults::{fault_target_words, fault_words};

use super::store::{Dispatch, use_dispatch, use_document, use_preferences, use_selection};
use crate::editor::edit::target_name;
use crate::editor::{Action, SessionChange, Target, catalog};
use crate::model::edge::EDGE_ENTRY;
use crate::model::station;
use crate::topology::document::{AreaKind, Document};
use crate::ui::kit::icons::{category_class, icon, station_icon};

/// Name of the panel in the stored session.
const PANEL: &str = "inspector";

/// One view of the selected thing.
#[derive(Clone, Copy, PartialEq)]
enum Tab {
    Settings,
    Inside,
    Metrics,
    Break,
}

impl Tab {
    const fn id(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Inside => "inside",
            Self::Metrics => "metrics",
            Self::Break => "break",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Inside => "Inside",
            Self::Metrics => "Metrics",
            Self::Break => "Break it",
        }
    }
}

/// Shows the inside of what is selected.
pub(crate) fn show_inside(dispatch: &Dispatch) {
    dispatch.session(SessionChange::SetTab { panel: PANEL.to_owned(), tab: Tab::Inside.id().to_owned() });
}

#[component]
pub fn Inspector() -> Html {
    let document = use_document();
    let selection = use_selection();
    let body = match selection.single() {
        Some(target) if target.is_in(&document) => html! { <TargetPanel {target} key={format!("{target:?}")} /> },
        _ if selection.len() > 1 => html! { <Several /> },
        _ => html! { <run_settings::RunSettings /> },
    };
    html! { <aside class="inspector" id="inspector" aria-label="Inspector">{ body }</aside> }
}

#[derive(Debug, PartialEq, Properties)]
pub(crate) struct TargetProps {
    pub(crate) target: Target,
}

/// Several things are selected: what can be done with all of them.
#[component]
fn Several() -> Html {
    let selection = use_selection();
    let dispatch = use_dispatch();
    let command = |id: &'static str| dispatch.callback(move || Action::Command(id));
    let (nodes, edges, areas) = (selection.nodes.len(), selection.edges.len(), selection.areas.len());
    let mut words = Vec::new();
    if nodes > 0 {
        words.push(format!("{nodes} station{}", if nodes == 1 { "" } else { "s" }));
    }
    if edges > 0 {
        words.push(format!("{edges} connection{}", if edges == 1 { "" } else { "s" }));
    }
    if areas > 0 {
        words.push(format!("{areas} region{0} or zone{0}", if areas == 1 { "" } else { "s" }));
    }
    html! {
        <div class="panel-body">
            <h2>{ format!("{} selected", selection.len()) }</h2>
            <p class="sub">{ words.join(" and ") }</p>
            <div class="button-row">
                if nodes + areas > 0 {
                    <button type="button" class="btn" onclick={command("duplicate")}>{ icon("copy-plus", "") }{ "Duplicate" }</button>
                }
                <button type="button" class="btn btn-danger" onclick={command("delete")}>{ icon("trash-2", "") }{ "Delete" }</button>
            </div>
        </div>
    }
}

/// One station or connection, by tabs; a tab without anything to show is not there.
#[component]
fn TargetPanel(props: &TargetProps) -> Html {
    let document = use_document();
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let target = props.target;
    let tabs: Vec<Tab> = [Tab::Settings, Tab::Inside, Tab::Metrics, Tab::Break]
        .into_iter()
        .filter(|tab| match tab {
            Tab::Inside => inside::has_inside(&document, target),
            Tab::Break => faults::any_for(&document, target),
            Tab::Metrics => !matches!(target, Target::Area(_)),
            Tab::Settings => true,
        })
        .collect();
    let chosen =
        preferences.tab(PANEL).and_then(|id| tabs.iter().copied().find(|tab| tab.id() == id)).unwrap_or(Tab::Settings);
    let choose = {
        let dispatch = dispatch.clone();
        Callback::from(move |tab: Tab| {
            dispatch.session(SessionChange::SetTab { panel: PANEL.to_owned(), tab: tab.id().to_owned() });
        })
    };
    // Arrow keys walk through the tabs, as the tab pattern has it.
    let onkeydown = {
        let (tabs, choose) = (tabs.clone(), choose.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowRight" => 1,
                "ArrowLeft" => tabs.len() - 1,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let at = tabs.iter().position(|tab| *tab == chosen).unwrap_or(0);
            let next = tabs[(at + step) % tabs.len()];
            choose.emit(next);
            super::browser::focus_id(&format!("tab-{}", next.id()));
        })
    };
    let buttons = tabs.iter().map(|tab| {
        let tab = *tab;
        let onclick = choose.reform(move |_: MouseEvent| tab);
        html! {
            <button type="button" role="tab" id={format!("tab-{}", tab.id())} class="tab" aria-selected={(tab == chosen).to_string()}
                aria-controls="inspector-panel" tabindex={if tab == chosen { "0" } else { "-1" }} {onclick} key={tab.id()}>
                { tab.label() }
            </button>
        }
    });
    let body = match chosen {
        Tab::Settings => html! { <settings::Settings {target} /> },
        Tab::Inside => html! { <inside::Inside {target} /> },
        Tab::Metrics => html! { <metrics::Metrics {target} /> },
        Tab::Break => html! { <faults::Faults {target} /> },
    };
    html! {
        <div class="panel">
            <Head {target} />
            <div class="tabs" role="tablist" aria-label="About the selection" {onkeydown}>{ for buttons }</div>
            <div class="panel-body" role="tabpanel" id="inspector-panel" aria-labelledby={format!("tab-{}", chosen.id())} tabindex="-1">
                { body }
            </div>
        </div>
    }
}

/// What it is called and what it is.
#[component]
fn Head(props: &TargetProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let close = dispatch.callback(|| Action::Session(SessionChange::ClearSelection));
    let (sign, tint, summary) = match props.target {
        Target::Node(id) => {
            let kind = document.nodes.get(&id).map_or("", |node| node.kind.as_str());
            let summary = station::find(kind)
                .map_or("This version does not know this kind of station.", |kind| kind.entry.summary);
            (station_icon(kind), category_class(kind), summary.to_owned())
        }
        Target::Edge(_) => ("cable", "cat-edge", EDGE_ENTRY.summary.to_owned()),
        Target::Area(id) => {
            let (sign, summary) = places::area_summary(&document, id);
            (sign, "cat-edge", summary)
        }
    };
    html! {
        <header class="panel-head">
            <span class={classes!("kind-badge", tint)}>{ icon(sign, "") }</span>
            <div class="panel-title">
                <h2>{ target_words(&document, props.target) }</h2>
                <p class="sub">{ summary }</p>
            </div>
            <button type="button" class="icon-btn" aria-label="Close: nothing selected" title="Nothing selected (Escape)" onclick={close}>{ icon("x", "") }</button>
        </header>
    }
}

/// What a person would call it.
#[must_use]
pub fn target_words(document: &Document, target: Target) -> String {
    match target {
        Target::Node(id) => document.nodes.get(&id).map_or_else(|| "a station".to_owned(), |node| node.label.clone()),
        Target::Edge(id) => document.edges.get(&id).map_or_else(
            || "a connection".to_owned(),
            |edge| {
                let label = |id| document.nodes.get(id).map_or("?", |node| node.label.as_str());
                format!("{} → {}", label(&edge.from), label(&edge.to))
            },
        ),
        Target::Area(_) => target_name(document, target),
    }
}

/// The name of the kind, for labels.
#[must_use]
pub fn kind_words(document: &Document, target: Target) -> &'static str {
    match target {
        Target::Node(id) => document.nodes.get(&id).map_or("Station", |node| catalog::face(&node.kind).name),
        Target::Edge(_) => EDGE_ENTRY.name,
        Target::Area(id) => match document.areas.get(&id).map(|area| &area.kind) {
            Some(AreaKind::Zone { .. }) => "Zone",
            _ => "Region",
        },
    }
}
