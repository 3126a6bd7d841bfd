//! Nothing under way: what a press begins depends on what lies under it.

use super::{Input, Step, ToolContext, ToolState, camera, reach, reconnecting, select, translating, world};
use crate::editor::action::Action;
use crate::editor::hit::{self, Hit};
use crate::editor::session::{Selection, SessionChange, Target};

pub(super) fn press(input: &Input, cx: &ToolContext<'_>) -> Step {
    let at_world = world(input, cx);
    let additive = input.modifiers.shift || input.modifiers.ctrl;
    let reach = reach(input, cx);
    if let Some((edge, target)) = hit::selected_end(&cx.session.selection, cx.curves, at_world, reach) {
        return (reconnecting::begin(edge, target, input, cx), Vec::new());
    }
    match hit::hit(cx.document, cx.curves, at_world, reach) {
        Hit::Port(from) => {
            let origin_screen = input.pos_screen;
            (ToolState::Connecting { from, origin_screen, current_world: at_world, candidate: None }, Vec::new())
        }
        Hit::Node(node) => translating::point(Target::Node(node), additive, input, cx),
        Hit::Head(area) => translating::point(Target::Area(area), additive, input, cx),
        Hit::Side(area, _) if cx.turned => translating::point(Target::Area(area), additive, input, cx),
        Hit::Side(area, grip) => {
            let start = cx.document.clone();
            (ToolState::Resizing { start, area, grip, origin_world: at_world }, vec![select(Target::Area(area))])
        }
        Hit::Edge(edge) => {
            let target = Target::Edge(edge);
            let action = if additive { Action::Session(SessionChange::Toggle(target)) } else { select(target) };
            let end = cx.curves.get(&edge).and_then(|curve| hit::end_near(curve, at_world, reach));
            let next = match end {
                Some(end) if !additive => reconnecting::begin(edge, end, input, cx),
                _ => ToolState::Idle,
            };
            (next, vec![action])
        }
        Hit::Canvas if input.touch => (camera::pan(input, cx), Vec::new()),
        Hit::Canvas => {
            let before = if additive { cx.session.selection.clone() } else { Selection::default() };
            (ToolState::Brushing { origin_world: at_world, current_world: at_world, before }, Vec::new())
        }
    }
}

/// A double press on a card or a frame's name opens its name for typing.
pub(super) fn rename(input: &Input, cx: &ToolContext<'_>) -> Vec<Action> {
    let target = match hit::hit(cx.document, cx.curves, world(input, cx), reach(input, cx)) {
        Hit::Node(node) => Target::Node(node),
        Hit::Head(area) => Target::Area(area),
        _ => return Vec::new(),
    };
    vec![select(target), Action::Session(SessionChange::Rename(Some(target)))]
}

/// What a secondary press or a long one is about: selected, unless it is among what is selected already.
pub(in crate::editor) fn ask_menu(input: &Input, cx: &ToolContext<'_>) -> Vec<Action> {
    let target = match hit::hit(cx.document, cx.curves, world(input, cx), reach(input, cx)) {
        Hit::Port(node) | Hit::Node(node) => Some(Target::Node(node)),
        Hit::Head(area) | Hit::Side(area, _) => Some(Target::Area(area)),
        Hit::Edge(edge) => Some(Target::Edge(edge)),
        Hit::Canvas => None,
    };
    let choose = match target {
        Some(target) if cx.session.selection.contains(target) => None,
        Some(target) => Some(select(target)),
        None => Some(Action::Session(SessionChange::ClearSelection)),
    };
    choose.into_iter().chain([Action::Session(SessionChange::Menu(Some(input.pos_screen)))]).collect()
}
