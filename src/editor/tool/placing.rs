//! A new card in hand.

use super::{Input, Step, ToolContext, ToolState, inside, snaps, world};
use crate::editor::action::Action;
use crate::editor::edit::{EditCommand, Wired, corner_for};
use crate::editor::geometry::{CARD_WIDTH, moved};
use crate::editor::hit;
use crate::model::params::Params;
use crate::topology::document::{NodeId, Point};

pub(super) fn place(kind: &str, center_world: Point, snap: bool) -> Action {
    let at = corner_for(kind, &Params::new(), center_world, snap);
    Action::Edit(EditCommand::AddNode { kind: kind.to_owned(), at, label: None, params: Params::new() })
}

/// The same by pointer: over a wire it goes into that.
fn put(kind: &str, input: &Input, cx: &ToolContext<'_>) -> Action {
    let (center, snap) = (world(input, cx), snaps(input, cx));
    match hit::takes_in(cx.document, cx.curves, kind, center, None) {
        Some(edge) => wired(kind, center, Wired::Into(edge), snap),
        None => place(kind, center, snap),
    }
}

fn wired(kind: &str, center_world: Point, wired: Wired, snap: bool) -> Action {
    let at = corner_for(kind, &Params::new(), center_world, snap);
    Action::Edit(EditCommand::AddWired { kind: kind.to_owned(), at, wired })
}

/// A new card with the middle of its left side at the loose end of a wire.
pub(super) fn called(kind: &str, from: NodeId, end_world: Point, snap: bool) -> Action {
    wired(kind, moved(end_world, CARD_WIDTH / 2.0, 0.0), Wired::CalledBy(from), snap)
}

pub(super) fn down(kind: String, input: &Input, cx: &ToolContext<'_>) -> Step {
    let at_world = world(input, cx);
    let action = put(&kind, input, cx);
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
        (ToolState::Idle, vec![put(&kind, input, cx)])
    } else {
        // Released where it began: a click on the palette. The next click on the stage places it.
        (ToolState::PlacingNode { kind, center_world, dragged: false }, Vec::new())
    }
}
