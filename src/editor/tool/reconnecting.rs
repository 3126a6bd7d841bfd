//! A wire's end in hand: put down on another station, the wire leads there and keeps its settings.

use super::{Input, ToolContext, ToolState, dragged, node_near, world};
use crate::editor::action::Action;
use crate::editor::edit::{EditCommand, check_connection};
use crate::topology::document::{EdgeId, NodeId, Point};

/// The wire's two stations if the end in hand were at `node`.
fn ends(edge: EdgeId, target: bool, node: NodeId, cx: &ToolContext<'_>) -> Option<(NodeId, NodeId)> {
    let wire = cx.document.edges.get(&edge)?;
    Some(if target { (wire.from, node) } else { (node, wire.to) })
}

pub(super) fn begin(edge: EdgeId, target: bool, input: &Input, cx: &ToolContext<'_>) -> ToolState {
    let (origin_screen, current_world) = (input.pos_screen, world(input, cx));
    ToolState::Reconnecting { edge, target, origin_screen, current_world, candidate: None }
}

pub(super) fn moved_to(
    edge: EdgeId,
    target: bool,
    origin_screen: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> ToolState {
    let candidate = node_near(input, cx).filter(|node| {
        ends(edge, target, *node, cx)
            .is_some_and(|(from, to)| check_connection(cx.document, from, to, Some(edge)).is_ok())
    });
    ToolState::Reconnecting { edge, target, origin_screen, current_world: world(input, cx), candidate }
}

/// Over no station, or where it was, the end goes back; a wrong station is tried, so that the refusal tells why.
pub(super) fn let_go(
    edge: EdgeId,
    target: bool,
    origin_screen: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> Vec<Action> {
    if !dragged(input, origin_screen) {
        return Vec::new();
    }
    let ends = node_near(input, cx).and_then(|node| ends(edge, target, node, cx));
    ends.map(|(from, to)| Action::Edit(EditCommand::Reconnect { edge, from, to })).into_iter().collect()
}
