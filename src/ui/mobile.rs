//! On a small screen: one panel at a time, chosen at the bottom. The canvas stays as the view, the outline edits.

use yew::prelude::*;

use super::store::{use_document, use_selection};
use crate::editor::Target;
use crate::editor::edit::target_name;
use crate::ui::kit::icons::icon;

/// What a small screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MobileTab {
    #[default]
    Stage,
    Outline,
    Settings,
    Charts,
    Lesson,
}

impl MobileTab {
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Outline => "outline",
            Self::Settings => "settings",
            Self::Charts => "charts",
            Self::Lesson => "lesson",
        }
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct TabBarProps {
    pub chosen: MobileTab,
    pub choose: Callback<MobileTab>,
    /// Whether a lesson is open.
    pub practice: bool,
}

#[component]
pub fn TabBar(props: &TabBarProps) -> Html {
    let tabs = [
        (MobileTab::Stage, "eye", "View"),
        (MobileTab::Outline, "list-tree", "Edit"),
        (MobileTab::Settings, "sliders-horizontal", "Settings"),
        (MobileTab::Charts, "chart-line", "Charts"),
        (MobileTab::Lesson, "graduation-cap", "Lesson"),
    ];
    html! {
        <nav class="tabbar" aria-label="Panels">
            { for tabs.into_iter().filter(|(tab, ..)| props.practice || *tab != MobileTab::Lesson).map(|(tab, sign, words)| {
                let onclick = props.choose.reform(move |_: MouseEvent| tab);
                html! {
                    <button type="button" aria-current={(tab == props.chosen).then_some("page")} data-tab={tab.id()} {onclick}>
                        { icon(sign, "icon-l") }<span>{ words }</span>
                    </button>
                }
            }) }
        </nav>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct SelectionBarProps {
    pub choose: Callback<MobileTab>,
}

/// Under the canvas of a small screen: the way from what was tapped to its settings. The style sheet hides it elsewhere.
#[component]
pub fn SelectionBar(props: &SelectionBarProps) -> Html {
    let document = use_document();
    let selection = use_selection();
    let Some(target) = selection.single().filter(|target| target.is_in(&document)) else { return Html::default() };
    let name = match target {
        Target::Node(id) => document.nodes.get(&id).map_or_else(String::new, |node| node.label.clone()),
        Target::Edge(_) | Target::Area(_) => target_name(&document, target),
    };
    let onclick = props.choose.reform(|_: MouseEvent| MobileTab::Settings);
    html! {
        <div class="selection-bar">
            <button type="button" class="btn" {onclick}>{ icon("sliders-horizontal", "") }<span>{ format!("Settings of {name}") }</span></button>
        </div>
    }
}
