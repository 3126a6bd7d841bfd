//! On a small screen: one panel at a time, chosen at the bottom. The canvas stays as the view, the outline edits.

use yew::prelude::*;

use super::icons::icon;

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
