//! Wires: drawn with the button held, or chosen end by end.

use super::{Input, Step, ToolContext, ToolState, dragged, inside, node_near, select, world};
use crate::editor::action::Action;
use crate::editor::catalog;
use crate::editor::edit::{EditCommand, EditError, check_connection, target_name};
use crate::editor::session::{SessionChange, Target};
use crate::topology::document::{NodeId, Point};

/// One choice of source-then-target. A refused target leaves the source chosen, so that another can be tried.
pub(super) fn pick(from: Option<NodeId>, node: NodeId, cx: &ToolContext<'_>) -> (ToolState, Vec<Action>) {
    match from {
        None if cx.document.nodes.get(&node).is_some_and(|node| !catalog::makes_calls(&node.kind)) => {
            let refusal = EditError::NoOutput { node: target_name(cx.document, Target::Node(node)) };
            let next = ToolState::Picking { from: None, current_world: None, candidate: None };
            (next, vec![Action::Session(SessionChange::Notify(refusal.to_string()))])
        }
        None => {
            let next = ToolState::Picking { from: Some(node), current_world: None, candidate: None };
            (next, vec![select(Target::Node(node))])
        }
        Some(from) => {
            let works = check_connection(cx.document, from, node, None).is_ok();
            let next = if works {
                ToolState::Idle
            } else {
                ToolState::Picking { from: Some(from), current_world: None, candidate: None }
            };
            (next, vec![Action::Edit(EditCommand::Connect { from, to: node })])
        }
    }
}

/// A click while an end is being chosen.
pub(super) fn choose(from: Option<NodeId>, input: &Input, cx: &ToolContext<'_>) -> Step {
    node_near(input, cx).map_or((ToolState::Idle, Vec::new()), |node| pick(from, node, cx))
}

pub(super) fn sought(from: Option<NodeId>, input: &Input, cx: &ToolContext<'_>) -> Step {
    let candidate = node_near(input, cx).filter(|node| match from {
        Some(from) => check_connection(cx.document, from, *node, None).is_ok(),
        None => true,
    });
    (ToolState::Picking { from, current_world: Some(world(input, cx)), candidate }, Vec::new())
}

pub(super) fn moved_to(from: NodeId, origin_screen: Point, input: &Input, cx: &ToolContext<'_>) -> Step {
    let candidate = node_near(input, cx).filter(|to| check_connection(cx.document, from, *to, None).is_ok());
    (ToolState::Connecting { from, origin_screen, current_world: world(input, cx), candidate }, Vec::new())
}

pub(super) fn let_go(from: NodeId, origin_screen: Point, input: &Input, cx: &ToolContext<'_>) -> Step {
    if !dragged(input, origin_screen) {
        // A click on the port: the target is chosen by the next click.
        return (ToolState::Picking { from: Some(from), current_world: None, candidate: None }, Vec::new());
    }
    // Even a wrong target is tried, so that the refusal tells why.
    match node_near(input, cx) {
        Some(to) if to != from => (ToolState::Idle, vec![Action::Edit(EditCommand::Connect { from, to })]),
        None if inside(input, cx) => (ToolState::Choosing { from, at_world: world(input, cx) }, Vec::new()),
        _ => (ToolState::Idle, Vec::new()),
    }
}
