//! The palette: what can be placed. Drag it, click it and click the stage, or press Enter for the middle of the view.

use yew::prelude::*;

use super::tray::TrayToggle;
use crate::editor::{AREA_KIND, Action, SessionChange, ToolRequest, ToolState, commands};
use crate::model::station::{self, Category, StationKind};
use crate::ui::kit::icons::{category_class, icon, station_icon};
use crate::ui::kit::placer::{Placer, Way, use_placer};
use crate::ui::stage::OUTLINE;
use crate::ui::store::{use_dispatch, use_editor, use_guard, use_in_hand, use_preferences};

/// The groups of stations, in the order of the rail.
const GROUPS: [&str; 4] = ["Clients", "Routing", "Compute", "Data"];

const fn group_of(category: Category) -> &'static str {
    match category {
        Category::Client => "Clients",
        Category::Routing => "Routing",
        Category::Compute => "Compute",
        Category::Cache | Category::Data | Category::Messaging => "Data",
    }
}

#[component]
pub fn Palette() -> Html {
    let guard = use_guard();
    // A lesson shows what it allows and nothing else.
    let offered = |kind: &str| guard.read_only || guard.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind));
    let stations = GROUPS.into_iter().filter_map(|name| {
        let belongs = |kind: &&station::StationKind| {
            group_of(kind.category) == name && !kind.entry.defect && offered(kind.entry.id)
        };
        let kinds: Vec<_> = station::REGISTRY.iter().filter(belongs).collect();
        (!kinds.is_empty()).then(|| {
            html! {
                <Group key={name} {name} alone={kinds.len() == 1}>
                    { for kinds.into_iter().map(|kind| html! { <PaletteItem {kind} key={kind.entry.id} /> }) }
                </Group>
            }
        })
    });
    html! {
        <nav class="rail" aria-label="Palette and tools">
            { for stations }
            if offered(AREA_KIND) {
                <Group name="Places" alone={false}>
                    <PlaceItem zone={false} />
                    <PlaceItem zone={true} />
                </Group>
            }
            <TrayToggle />
            <div class="rail-tools" role="group" aria-label="Tools">
                <OutlineToggle />
                { for ["connect", "undo", "redo", "tidy-layout"].into_iter().filter_map(commands::find).map(|command| html! { <CommandButton id={command.id} key={command.id} /> }) }
            </div>
        </nav>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct GroupProps {
    name: &'static str,
    /// It holds one entry alone, which then takes both columns.
    alone: bool,
    children: Html,
}

/// A group of the palette: its name folds it away and brings it back.
#[component]
fn Group(props: &GroupProps) -> Html {
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let GroupProps { name, alone, children } = props;
    let panel = format!("palette-{}", name.to_lowercase());
    let open = preferences.panel_open(&panel, true);
    let fold =
        dispatch.callback(move || Action::Session(SessionChange::SetPanel { panel: panel.clone(), open: !open }));
    html! {
        <section class={classes!("rail-group", alone.then_some("rail-alone"))} aria-label={*name}>
            <button type="button" class="rail-name" aria-expanded={open.to_string()} onclick={fold}>
                <span>{ *name }</span>{ icon(if open { "chevron-down" } else { "chevron-right" }, "icon-s") }
            </button>
            if open { <div class="rail-items">{ children.clone() }</div> }
        </section>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct PlaceItemProps {
    zone: bool,
}

#[component]
fn PlaceItem(props: &PlaceItemProps) -> Html {
    let guard = use_guard();
    let zone = props.zone;
    let allowed = guard.allows_areas();
    let placing = use_in_hand() == Some(if zone { "zone" } else { "region" });
    let place = Callback::from(move |way: Way| match way {
        Way::Keyboard => ToolRequest::PlaceAreaAtCenter { zone },
        Way::Dragged | Way::Clicked => ToolRequest::PlaceArea { zone, dragged: way == Way::Dragged },
    });
    let Placer { onpointerdown, onpointerleave, onclick } = use_placer(allowed, placing, place);
    let (name, sign, about) = if zone {
        (
            "Zone",
            "building-2",
            "One of several data centers of a region. Click here, then draw its frame within a region.",
        )
    } else {
        (
            "Region",
            "globe",
            "A place in the world, far from the others. Click here, then draw its frame around what stands there.",
        )
    };
    let title = if allowed { about } else { guard.absence() };
    html! {
        <button type="button" class={classes!("palette-item", "cat-edge", placing.then_some("palette-on"))} disabled={!allowed}
            aria-pressed={placing.to_string()} {title} data-kind={name.to_lowercase()} {onpointerdown} {onpointerleave} {onclick}>
            { icon(sign, "icon-l") }
            <span>{ name }</span>
            if !allowed { { icon("lock", "icon-s palette-lock") } }
        </button>
    }
}

/// Shows the drawing as a list beside the canvas: the text alternative, and the keyboard's quickest way.
#[component]
fn OutlineToggle() -> Html {
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let open = preferences.panel_open(OUTLINE, false);
    let toggle =
        dispatch.callback(move || Action::Session(SessionChange::SetPanel { panel: OUTLINE.to_owned(), open: !open }));
    html! {
        <button type="button" class={classes!("icon-btn", open.then_some("icon-btn-on"))} aria-pressed={open.to_string()}
            aria-label="Outline" title="Outline: everything as a list" onclick={toggle}>
            { icon("list-tree", "") }
        </button>
    }
}

#[derive(Properties)]
struct PaletteItemProps {
    kind: &'static StationKind,
}

impl PartialEq for PaletteItemProps {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.kind, other.kind)
    }
}

#[component]
fn PaletteItem(props: &PaletteItemProps) -> Html {
    let guard = use_guard();
    let PaletteItemProps { kind } = *props;
    let id = kind.entry.id;
    let allowed = guard.kinds.as_ref().is_none_or(|kinds| kinds.contains(id));
    let placing = use_in_hand() == Some(id);
    let place = Callback::from(move |way: Way| {
        let kind = id.to_owned();
        match way {
            Way::Keyboard => ToolRequest::PlaceAtCenter { kind },
            Way::Dragged | Way::Clicked => ToolRequest::Place { kind, dragged: way == Way::Dragged },
        }
    });
    let Placer { onpointerdown, onpointerleave, onclick } = use_placer(allowed, placing, place);
    let title = if allowed {
        format!("{} Drag it onto the stage, or click here and then there.", kind.entry.summary)
    } else {
        guard.absence().to_owned()
    };
    html! {
        <button type="button" class={classes!("palette-item", category_class(id), placing.then_some("palette-on"))} disabled={!allowed}
            aria-pressed={placing.to_string()} {title} data-kind={id} {onpointerdown} {onpointerleave} {onclick}>
            { icon(station_icon(id), "icon-l") }
            <span>{ kind.entry.name }</span>
            if !allowed { { icon("lock", "icon-s palette-lock") } }
        </button>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct CommandButtonProps {
    pub id: &'static str,
    /// With its name beside the icon.
    #[prop_or_default]
    pub words: bool,
}

/// A button for one of the editor's commands; its icon, words and key come from the registry.
#[component]
pub fn CommandButton(props: &CommandButtonProps) -> Html {
    let dispatch = use_dispatch();
    let editor = use_editor();
    let Some(command) = commands::find(props.id) else { return Html::default() };
    let id = command.id;
    let enabled = (command.enabled)(&editor);
    let on = id == "connect" && matches!(editor.tool, ToolState::Picking { .. });
    let onclick = dispatch.callback(move || Action::Command(id));
    html! {
        <button type="button" class={classes!("icon-btn", props.words.then_some("icon-btn-words"), on.then_some("icon-btn-on"))} disabled={!enabled}
            aria-label={command.label} title={commands::words(&editor.session.kept, command)} {onclick} data-command={id}>
            { icon(command.icon, "") }
            if props.words { <span>{ command.label }</span> }
        </button>
    }
}
