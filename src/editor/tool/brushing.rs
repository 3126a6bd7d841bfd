//! The marquee, and clicks on empty ground.

use super::{Input, Step, ToolContext, ToolState, select, world};
use crate::editor::action::Action;
use crate::editor::geometry::Rect;
use crate::editor::hit;
use crate::editor::places;
use crate::editor::session::{Selection, SessionChange, Target};
use crate::topology::document::Point;

pub(super) fn moved_to(origin_world: Point, before: Selection, input: &Input, cx: &ToolContext<'_>) -> Step {
    let at_world = world(input, cx);
    let mut selection = hit::caught(cx.document, cx.curves, Rect::from_corners(origin_world, at_world));
    selection.nodes.extend(before.nodes.iter().copied());
    selection.edges.extend(before.edges.iter().copied());
    selection.areas.extend(before.areas.iter().copied());
    let next = ToolState::Brushing { origin_world, current_world: at_world, before };
    (next, vec![Action::Session(SessionChange::Select(selection))])
}

/// A click on a frame's ground is a click on the frame.
pub(super) fn let_go(origin: Point, current: Point, before: Selection, cx: &ToolContext<'_>) -> Vec<Action> {
    match (origin == current, places::innermost(cx.document, origin, None)) {
        (true, Some(area)) if before.is_empty() => vec![select(Target::Area(area))],
        (true, _) => vec![Action::Session(SessionChange::Select(before))],
        (false, _) => Vec::new(),
    }
}
