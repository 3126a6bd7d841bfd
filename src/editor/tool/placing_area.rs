//! A new region's or zone's frame in hand: dropped, or pulled up from corner to corner.

use super::{Input, Step, ToolContext, ToolState, dragged, inside, snaps, world};
use crate::editor::action::Action;
use crate::editor::edit::EditCommand;
use crate::editor::places;
use crate::topology::document::Point;

/// An empty region near the middle of the view; an empty zone in the selected region, wherever that is, or in the one
/// there.
pub(super) fn at_center(zone: bool, cx: &ToolContext<'_>) -> Action {
    let chosen = cx.session.selection.areas.first().and_then(|area| cx.document.region_around(*area));
    let middle = cx.session.view_center();
    let region = chosen.map(|(region, ..)| region).or_else(|| places::region_at(cx.document, middle, None));
    let within = region.filter(|_| zone);
    let frame = places::free_frame(cx.document, within, middle);
    Action::Edit(EditCommand::AddArea { zone, within, frame })
}

pub(super) fn down(zone: bool, input: &Input, cx: &ToolContext<'_>) -> Step {
    let at = Some(world(input, cx));
    (ToolState::PlacingArea { zone, from_world: at, at_world: at, dragged: false }, Vec::new())
}

/// The frame from where the button went down to where it came up; after a mere click, one of the usual size.
pub(super) fn pulled_up(zone: bool, from: Point, input: &Input, cx: &ToolContext<'_>) -> Vec<Action> {
    let pulled = dragged(input, cx.session.camera().screen_from_world(from));
    let at = if pulled { world(input, cx) } else { from };
    let frame = places::frame_between(zone, from, at, snaps(input, cx));
    vec![Action::Edit(EditCommand::AddArea { zone, within: None, frame })]
}

pub(super) fn dropped(zone: bool, at_world: Option<Point>, input: &Input, cx: &ToolContext<'_>) -> Step {
    if inside(input, cx) {
        let frame = places::frame_at(zone, world(input, cx), snaps(input, cx));
        (ToolState::Idle, vec![Action::Edit(EditCommand::AddArea { zone, within: None, frame })])
    } else {
        // Released where it began: a click on the palette. The next press on the stage begins the frame.
        (ToolState::PlacingArea { zone, from_world: None, at_world, dragged: false }, Vec::new())
    }
}
