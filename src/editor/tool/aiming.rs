//! A fault in hand: it follows the pointer to what it shall hit.

use super::{Input, Step, ToolContext, ToolState, inside, reach, select, world};
use crate::editor::action::Action;
use crate::editor::faults;
use crate::editor::session::{SessionChange, Target};
use crate::model::fault::FaultKind;
use crate::model::params::Params;
use crate::topology::document::Fault;

pub(super) const fn begin(kind: &'static FaultKind, dragged: bool) -> ToolState {
    ToolState::PlacingFault { kind, at_world: None, candidate: None, dragged }
}

fn aimed(kind: &FaultKind, input: &Input, cx: &ToolContext<'_>) -> Option<Target> {
    faults::aimed_at(cx.document, cx.curves, world(input, cx), reach(input, cx), kind)
}

/// Lets a fault loose, and selects what it hits: there it can be made harder, and lifted.
pub(super) fn strike(kind: &FaultKind, target: Target) -> Vec<Action> {
    let fault = Fault { kind: kind.entry.id.to_owned(), target: faults::whole(target), params: Params::new() };
    vec![select(target), Action::Session(SessionChange::Aim(fault))]
}

/// A fault in hand, and something chosen by key: what it cannot hit leaves it in hand.
pub(super) fn aim_at(kind: &'static FaultKind, target: Target, cx: &ToolContext<'_>) -> (ToolState, Vec<Action>) {
    if faults::suits(cx.document, target, kind) {
        (ToolState::Idle, strike(kind, target))
    } else {
        (begin(kind, false), vec![missed(kind)])
    }
}

fn missed(kind: &FaultKind) -> Action {
    let words = format!("{} can hit {}. Nothing was hit.", kind.entry.name, kind.targets.words());
    Action::Session(SessionChange::Notify(words))
}

pub(super) fn down(kind: &'static FaultKind, input: &Input, cx: &ToolContext<'_>) -> Step {
    let actions = aimed(kind, input, cx).map_or_else(|| vec![missed(kind)], |target| strike(kind, target));
    (ToolState::Idle, actions)
}

pub(super) fn moved_to(kind: &'static FaultKind, dragged: bool, input: &Input, cx: &ToolContext<'_>) -> Step {
    let candidate = if inside(input, cx) { aimed(kind, input, cx) } else { None };
    (ToolState::PlacingFault { kind, at_world: Some(world(input, cx)), candidate, dragged }, Vec::new())
}

/// Released outside the stage it stays in hand: that was a click on the tray.
pub(super) fn dropped(kind: &'static FaultKind, input: &Input, cx: &ToolContext<'_>) -> Step {
    if inside(input, cx) { down(kind, input, cx) } else { (begin(kind, false), Vec::new()) }
}
