//! A region or a zone on the stage: a quiet frame behind the cards, with its name at the top left.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::card::{Problem, aim_class, badge};
use super::keys;
use super::naming::NameInput;
use crate::editor::places::{frame, region_name};
use crate::editor::{Action, SessionChange, Target};
use crate::topology::document::{Area, AreaId, AreaKind, FaultTarget};
use crate::ui::kit::icons::Icon;
use crate::ui::shared::Shared;
use crate::ui::store::{use_active_faults, use_dispatch};

#[derive(Debug, PartialEq, Properties)]
pub struct FrameProps {
    pub id: AreaId,
    pub area: Shared<Area>,
    /// "Zone a of Virginia".
    pub name: AttrValue,
    /// How many stations stand in it.
    pub stations: usize,
    /// Its name is being typed.
    #[prop_or_default]
    pub renaming: bool,
    pub selected: bool,
    /// What is being dragged would stand in it.
    pub lit: bool,
    /// Whether the fault in hand could hit it; `None`: there is none.
    #[prop_or_default]
    pub aim: Option<bool>,
    pub problem: Option<Problem>,
}

/// The icon of an area.
#[must_use]
pub const fn area_icon(kind: &AreaKind) -> &'static str {
    match kind {
        AreaKind::Region { .. } => "globe",
        AreaKind::Zone { .. } => "building-2",
    }
}

#[component]
pub fn Frame(props: &FrameProps) -> Html {
    let dispatch = use_dispatch();
    let struck = use_active_faults();
    let place = use_node_ref();
    let area = &props.area;
    let target = Target::Area(props.id);
    use_effect_with((place.clone(), frame(area)), |(place, frame)| {
        if let Some(element) = place.cast::<HtmlElement>() {
            let style = element.style();
            // Setting a known property cannot fail.
            let _ = style.set_property("transform", &format!("translate({}px, {}px)", frame.x, frame.y));
            let _ = style.set_property("width", &format!("{}px", frame.width));
            let _ = style.set_property("height", &format!("{}px", frame.height));
        }
    });
    let on_key = keys::on_target(&dispatch, target, props.selected);
    let dark = struck.iter().any(|fault| {
        serde_json::from_str::<FaultTarget>(&fault.target_json).is_ok_and(|hit| hit == FaultTarget::Area(props.id))
    });
    // A region bears its id as well, where its name does not say which one it is.
    let (sort, aside) = match &area.kind {
        AreaKind::Region { region } if region_name(region) == area.label => ("Region", Some(region.clone())),
        AreaKind::Region { region } => ("Region", Some(format!("{}, {region}", region_name(region)))),
        AreaKind::Zone { .. } => ("Zone", None),
    };
    let stations = match props.stations {
        0 => "nothing stands in it".to_owned(),
        1 => "1 station stands in it".to_owned(),
        many => format!("{many} stations stand in it"),
    };
    // What is seen is part of what is said: first the sort, then the words on the frame, then who stands in it.
    let before = if sort == "Region" { "Region " } else { "" };
    let mut after = match props.name.strip_prefix(area.label.as_str()) {
        Some(around) if !around.is_empty() => format!("{around}, {stations}."),
        _ => format!(", {stations}."),
    };
    if let Some(problem) = &props.problem {
        after.push(' ');
        after.push_str(&problem.words());
    }
    let zone = matches!(area.kind, AreaKind::Zone { .. });
    let class = classes!(
        "area",
        if zone { "area-zone" } else { "area-region" },
        props.selected.then_some("selected"),
        props.lit.then_some("lit"),
        dark.then_some("area-dark"),
        aim_class(props.aim),
    );
    html! {
        <div {class} ref={place} data-area={props.id.0.to_string()}>
            <div class="area-head" id={format!("area-{}", props.id.0)} role="button" tabindex="-1" aria-pressed={props.selected.to_string()}
                onkeydown={on_key}>
                <Icon name={area_icon(&area.kind)} class="icon-s" />
                <span class="visually-hidden">{ before }</span>
                if props.renaming {
                    <NameInput {target} label={area.label.clone()} />
                } else {
                    <span class="area-name">{ &area.label }</span>{ " " }
                }
                if let Some(aside) = aside {
                    <span class="area-aside">{ aside }</span>
                }
                if dark {
                    { " " }<span class="area-state"><Icon name="moon" class="icon-s" />{ "outage" }</span>
                }
                <span class="visually-hidden">{ after }</span>
            </div>
            { for ["n", "e", "s", "w", "ne", "se", "sw", "nw"].into_iter().map(|side| html! { <i class={classes!("area-side", format!("area-{side}"))} key={side} aria-hidden="true"></i> }) }
            if let Some(problem) = &props.problem {
                { badge(problem, dispatch.callback(move || Action::Session(SessionChange::Reveal(target)))) }
            }
        </div>
    }
}
