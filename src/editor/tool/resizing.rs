//! Pulling at a side or a corner of a frame. Each move starts again from the beginning, so that nothing adds up.

use std::rc::Rc;

use super::{Input, Step, ToolContext, ToolState, snaps, world};
use crate::editor::action::Action;
use crate::editor::edit::{EditCommand, Landing};
use crate::editor::history::GestureId;
use crate::editor::places::{self, Grip};
use crate::topology::document::{AreaId, Document, Point};

pub(super) fn moved_to(
    start: Rc<Document>,
    area: AreaId,
    grip: Grip,
    origin_world: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> Step {
    let at = world(input, cx);
    let by = (at.x - origin_world.x, at.y - origin_world.y);
    let edit = resized(&start, area, grip, by, snaps(input, cx), Landing::None);
    let drag = edit.map(|edit| Action::Drag { gesture: GestureId::Move, edit });
    (ToolState::Resizing { start, area, grip, origin_world }, drag.into_iter().collect())
}

/// A press on the line alone selects, and moves nothing.
pub(super) fn let_go(
    start: &Document,
    area: AreaId,
    grip: Grip,
    origin_world: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> Vec<Action> {
    let at = world(input, cx);
    let by = (at.x - origin_world.x, at.y - origin_world.y);
    let edit = (by != (0.0, 0.0)).then(|| resized(start, area, grip, by, snaps(input, cx), Landing::AsIs)).flatten();
    let drag = edit.map(|edit| Action::Drag { gesture: GestureId::Move, edit });
    drag.into_iter().chain([Action::EndGesture]).collect()
}

/// What pulling at a frame's line does.
fn resized(
    start: &Document,
    area: AreaId,
    grip: Grip,
    by: (f64, f64),
    snap: bool,
    landing: Landing,
) -> Option<EditCommand> {
    let frame = places::resized(start, area, grip, by, snap)?;
    Some(EditCommand::ResizeArea { area, frame, landing })
}
