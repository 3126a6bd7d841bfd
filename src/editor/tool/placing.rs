//! A new card in hand.

use super::{Input, Step, ToolContext, ToolState, inside, snaps, world};
use crate::editor::action::Action;
use crate::editor::edit::{EditCommand, corner_for};
use crate::model::params::Params;
use crate::topology::document::Point;

pub(super) fn place(kind: &str, center_world: Point, snap: bool) -> Action {
    let at = corner_for(kind, &Params::new(), center_world, snap);
    Action::Edit(EditCommand::AddNode { kind: kind.to_owned(), at, label: None, params: Params::new() })
}

pub(super) fn down(kind: String, input: &Input, cx: &ToolContext<'_>) -> Step {
    let at_world = world(input, cx);
    let action = place(&kind, at_world, snaps(input, cx));
    // With shift held the next click places another one.
    let next = if input.modifiers.shift {
        ToolState::PlacingNode { kind, center_world: Some(at_world), dragged: false }
    } else {
        ToolState::Idle
    };
    (next, vec![action])
}

pub(super) fn dropped(kind: String, center_world: Option<Point>, input: &Input, cx: &ToolContext<'_>) -> Step {
    if inside(input, cx) {
        (ToolState::Idle, vec![place(&kind, world(input, cx), snaps(input, cx))])
    } else {
        // Released where it began: a click on the palette. The next click on the stage places it.
        (ToolState::PlacingNode { kind, center_world, dragged: false }, Vec::new())
    }
}
