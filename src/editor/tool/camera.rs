//! The view: panned by one pointer, pinched by two fingers, moved and zoomed by a wheel.

use super::{Input, Step, ToolContext, ToolState, dragged, select, world};
use crate::editor::action::Action;
use crate::editor::geometry::{Camera, distance};
use crate::editor::places;
use crate::editor::session::{SessionChange, Target};
use crate::topology::document::Point;

pub(super) fn pan(input: &Input, cx: &ToolContext<'_>) -> ToolState {
    ToolState::Panning { origin_screen: input.pos_screen, camera_start: cx.session.camera(), touch: input.touch }
}

pub(super) fn panned_to(origin_screen: Point, camera_start: Camera, touch: bool, input: &Input) -> Step {
    let camera = camera_start.panned(input.pos_screen.x - origin_screen.x, input.pos_screen.y - origin_screen.y);
    let next = ToolState::Panning { origin_screen, camera_start, touch };
    (next, vec![Action::Session(SessionChange::SetCamera(camera))])
}

/// A tap on the canvas deselects, as a click does.
pub(super) fn pan_ended(origin_screen: Point, touch: bool, input: &Input, cx: &ToolContext<'_>) -> Vec<Action> {
    let tapped = touch && !dragged(input, origin_screen);
    match (tapped, places::innermost(cx.document, world(input, cx), None)) {
        (true, Some(area)) => vec![select(Target::Area(area))],
        (true, None) => vec![Action::Session(SessionChange::ClearSelection)],
        (false, _) => Vec::new(),
    }
}

pub(super) fn pinch(cx: &ToolContext<'_>) -> ToolState {
    match cx.session.touches.as_slice() {
        [first, second, ..] => ToolState::Pinching { start: (first.1, second.1), camera_start: cx.session.camera() },
        _ => ToolState::Idle,
    }
}

pub(super) fn pinched_to(start: (Point, Point), camera_start: Camera, cx: &ToolContext<'_>) -> Step {
    let actions = match cx.session.touches.as_slice() {
        [first, second, ..] => {
            let camera = pinched(start, (first.1, second.1), camera_start);
            vec![Action::Session(SessionChange::SetCamera(camera))]
        }
        _ => Vec::new(),
    };
    (ToolState::Pinching { start, camera_start }, actions)
}

/// The camera after two fingers went from `start` to `now`: their middle stays on the same world point.
fn pinched(start: (Point, Point), now: (Point, Point), camera_start: Camera) -> Camera {
    let middle = |(a, b): (Point, Point)| Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 };
    let spread = distance(start.0, start.1).max(1.0);
    let (from, to) = (middle(start), middle(now));
    camera_start
        .zoomed_to(camera_start.zoom * distance(now.0, now.1) / spread, from)
        .panned(to.x - from.x, to.y - from.y)
}

pub(super) fn wheel(dx: f64, dy: f64, pinch: bool, input: &Input) -> Vec<Action> {
    let change = if !pinch && !input.modifiers.ctrl && (dx != 0.0 || input.modifiers.shift) {
        // A trackpad's two fingers, or shift: move sideways.
        let (dx, dy) = if dx == 0.0 { (dy, 0.0) } else { (dx, dy) };
        SessionChange::PanBy { dx: -dx, dy: -dy }
    } else {
        // A notch of a mouse wheel is about 100 px and shall zoom by a fifth; a pinch sends small steps.
        let rate = if pinch { 0.01 } else { 0.0018 };
        SessionChange::ZoomBy { factor: (-dy.clamp(-400.0, 400.0) * rate).exp(), at_screen: Some(input.pos_screen) }
    };
    vec![Action::Session(change)]
}
