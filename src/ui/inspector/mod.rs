//! The inspector: everything about what is selected, or about the run when nothing is.

mod changeable;
pub(crate) mod faults;
mod happening;
pub(crate) mod inside;
mod metrics;
pub(crate) mod places;
mod run_settings;
pub(crate) mod settings;

use yew::prelude::*;

use super::browser;
use super::jump::{INSIDE, INSPECTOR};
use super::later::use_later;
use super::store::{use_dispatch, use_document, use_guard, use_preferences, use_selection};
use crate::editor::common::{Common, common};
use crate::editor::{Action, EditCommand, GestureId, SessionChange, Target};
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::Value;
use crate::model::station;
use crate::ui::kit::form::{GroupedForm, ParamFormProps, Specs};
use crate::ui::kit::icons::{category_class, icon, station_icon};
use crate::ui::kit::tabs;
use crate::ui::words::{element_id, target_words};

/// One view of the selected thing.
#[derive(Clone, Copy, PartialEq)]
enum Tab {
    Settings,
    Inside,
    Metrics,
    Break,
}

/// The tabs with their ids on the page.
const TABS: [(Tab, tabs::Tab); 4] = [
    (Tab::Settings, tabs::Tab { id: "tab-settings", label: "Settings" }),
    (Tab::Inside, tabs::Tab { id: "tab-inside", label: "Inside" }),
    (Tab::Metrics, tabs::Tab { id: "tab-metrics", label: "Metrics" }),
    (Tab::Break, tabs::Tab { id: "tab-break", label: "Break it" }),
];

impl Tab {
    /// What the stored session calls it.
    const fn id(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Inside => INSIDE,
            Self::Metrics => "metrics",
            Self::Break => "break",
        }
    }
}

#[component]
pub fn Inspector() -> Html {
    let later = use_later();
    // Back to where the keyboard came from.
    let back = use_selection().single();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let (Some(target), "Escape") = (back, event.key().as_str())
            && !event.default_prevented()
        {
            event.prevent_default();
            event.stop_propagation();
            browser::focus_id(&element_id(target));
        }
    });
    html! {
        <aside class="inspector" id="inspector" aria-label="Inspector" {onkeydown}>
            { later.show(|later| (later.inspector)()) }
        </aside>
    }
}

/// What stands in it.
pub(crate) fn draw() -> Html {
    html! { <Body /> }
}

#[component]
fn Body() -> Html {
    let document = use_document();
    let selection = use_selection();
    let guard = use_guard();
    match selection.single() {
        Some(target) if target.is_in(&document) => html! { <TargetPanel {target} key={format!("{target:?}")} /> },
        _ if selection.len() > 1 => html! { <Several /> },
        // A lesson keeps the run as it is.
        _ if guard.fixed_run && !guard.read_only => html! { <changeable::Changeable /> },
        _ => html! { <run_settings::RunSettings /> },
    }
}

#[derive(Debug, PartialEq, Properties)]
pub(crate) struct TargetProps {
    pub(crate) target: Target,
}

/// Several things are selected: what can be done with all of them.
#[component]
fn Several() -> Html {
    let selection = use_selection();
    let document = use_document();
    let guard = use_guard();
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
    let fields = common(&document, &selection).map(|shared| {
        let Common { targets, specs, groups, keys, params, differ } = shared;
        let any_fixed = |key: &str| targets.iter().any(|target| guard.fixes(*target, key));
        let fixed = keys.iter().filter(|key| any_fixed(key)).map(|key| (*key).to_owned()).collect();
        let onchange = {
            let (dispatch, targets) = (dispatch.clone(), targets.clone());
            Callback::from(move |(key, value): (String, Value)| {
                let gesture = GestureId::Named(format!("all {key}"));
                let edit = EditCommand::SetParamOfAll { targets: targets.clone(), key, value };
                dispatch.act(Action::Drag { gesture, edit });
            })
        };
        let onend = dispatch.callback(|| Action::EndGesture);
        let form = ParamFormProps {
            specs: Specs(specs),
            only: Some(keys.into()),
            free: false,
            differ,
            params,
            was: None,
            prefix: "all".into(),
            fixed,
            held_back: Vec::new(),
            problems: Vec::new(),
            onchange,
            onend,
        };
        html! { <GroupedForm {groups} {form} /> }
    });
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
            if let Some(fields) = fields {
                <p class="sub">{ "What is set here is set on all of them." }</p>
                { fields }
            }
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
    let there = TABS.into_iter().filter(|(tab, _)| match tab {
        Tab::Inside => inside::has_inside(&document, target),
        Tab::Break => faults::any_for(&document, target),
        Tab::Metrics => !matches!(target, Target::Area(_)),
        Tab::Settings => true,
    });
    let (tabs, faces): (Vec<Tab>, Vec<tabs::Tab>) = there.unzip();
    let stored = preferences.tab(INSPECTOR);
    let place = tabs.iter().position(|tab| stored == Some(tab.id())).unwrap_or(0);
    let chosen = tabs[place];
    let choose = {
        let tabs = tabs.clone();
        Callback::from(move |place: usize| {
            let tab = tabs[place].id().to_owned();
            dispatch.session(SessionChange::SetTab { panel: INSPECTOR.to_owned(), tab });
        })
    };
    let body = match chosen {
        Tab::Settings => html! { <settings::Settings {target} /> },
        Tab::Inside => inside::draw(&TargetProps { target }),
        Tab::Metrics => html! { <metrics::Metrics {target} /> },
        Tab::Break => html! { <faults::Faults {target} /> },
    };
    html! {
        <div class="panel">
            <Head {target} />
            { tabs::tabs(None, "About the selection", "inspector-panel", &faces, place, &choose) }
            <div class="panel-body" role="tabpanel" id="inspector-panel" aria-labelledby={faces[place].id} tabindex="-1">
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
