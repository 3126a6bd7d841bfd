//! Nothing under way: what a press begins depends on what lies under it.

use super::{Input, Step, ToolContext, ToolState, camera, reach, select, translating, world};
use crate::editor::action::Action;
use crate::editor::hit::{self, Hit};
use crate::editor::session::{Selection, SessionChange, Target};

pub(super) fn press(input: &Input, cx: &ToolContext<'_>) -> Step {
    let at_world = world(input, cx);
    let additive = input.modifiers.shift || input.modifiers.ctrl;
    match hit::hit(cx.document, cx.curves, at_world, reach(input, cx)) {
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
            (ToolState::Idle, vec![action])
        }
        Hit::Canvas if input.touch => (camera::pan(input, cx), Vec::new()),
        Hit::Canvas => {
            let before = if additive { cx.session.selection.clone() } else { Selection::default() };
            (ToolState::Brushing { origin_world: at_world, current_world: at_world, before }, Vec::new())
        }
    }
}
