//! A press on a card or a frame's name: a click, or dragging all that is selected. Each move starts again from the
//! beginning, so that nothing adds up.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Guide, Input, Step, ToolContext, ToolState, select, snaps, world};
use crate::editor::action::Action;
use crate::editor::edit::{EditCommand, Landing};
use crate::editor::geometry::{Rect, card_rect, moved, snapped};
use crate::editor::history::GestureId;
use crate::editor::hit;
use crate::editor::places;
use crate::editor::session::{Selection, SessionChange, Target};
use crate::topology::document::{Document, EdgeId, NodeId, Point};

pub(super) fn point(target: Target, additive: bool, input: &Input, cx: &ToolContext<'_>) -> Step {
    let was_selected = cx.session.selection.contains(target);
    let actions = match (additive, was_selected) {
        (true, false) => vec![Action::Session(SessionChange::Toggle(target))],
        (false, false) => vec![select(target)],
        // Deselecting, or narrowing to this one, waits for the release: it may become a drag.
        (_, true) => Vec::new(),
    };
    (ToolState::Pointing { target, origin_screen: input.pos_screen, additive, was_selected }, actions)
}

/// What the release of a press that moved nothing does.
pub(super) fn clicked(target: Target, additive: bool, was_selected: bool) -> Vec<Action> {
    match (additive, was_selected) {
        (true, true) => vec![Action::Session(SessionChange::Toggle(target))],
        (false, true) => vec![select(target)],
        _ => Vec::new(),
    }
}

/// The press has moved far enough to be a drag.
pub(super) fn begin(anchor: Target, origin_screen: Point, input: &Input, cx: &ToolContext<'_>) -> Step {
    let held = Selection { edges: BTreeSet::new(), ..cx.session.selection.clone() };
    if held.is_empty() {
        return (ToolState::Idle, Vec::new());
    }
    let origin_world = cx.session.camera().world_from_screen(origin_screen);
    let copy = if input.modifiers.alt { copied(&held, anchor, cx) } else { None };
    let Some((document, held, anchor, first)) = copy else {
        return moved_to(cx.document.clone(), Rc::new(held), (anchor, false), origin_world, input, cx);
    };
    let (next, actions) = moved_to(Rc::new(document), Rc::new(held), (anchor, true), origin_world, input, cx);
    (next, first.into_iter().chain(actions).collect())
}

/// The document with a copy right over what is held, the copy, the card or frame of it under the hand, and the action
/// that makes it.
fn copied(
    held: &Selection,
    anchor: Target,
    cx: &ToolContext<'_>,
) -> Option<(Document, Selection, Target, Vec<Action>)> {
    let edit = EditCommand::CopyInPlace(held.clone());
    let (mut document, mut ids) = ((**cx.document).clone(), cx.ids);
    let copies = edit.apply(&mut document, &mut ids, cx.guard).ok()?.select?;
    let place = |document: &Document, target: Target| match target {
        Target::Node(id) => document.nodes.get(&id).map(|node| node.at),
        Target::Area(id) => document.areas.get(&id).map(|area| area.at),
        Target::Edge(_) => None,
    };
    let at = place(&document, anchor);
    let nodes = copies.nodes.iter().map(|id| Target::Node(*id));
    let areas = copies.areas.iter().map(|id| Target::Area(*id));
    let same = |target: &Target| {
        matches!((target, anchor), (Target::Node(_), Target::Node(_)) | (Target::Area(_), Target::Area(_)))
    };
    let hand = nodes.chain(areas).find(|target| same(target) && place(&document, *target) == at)?;
    Some((document, copies, hand, vec![Action::Drag { gesture: GestureId::Copy, edit }]))
}

pub(super) fn moved_to(
    start: Rc<Document>,
    held: Rc<Selection>,
    (anchor, copied): (Target, bool),
    origin_world: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> Step {
    let at = world(input, cx);
    let by = (at.x - origin_world.x, at.y - origin_world.y);
    let (edit, guides) = translated(&start, &held, anchor, by, snaps(input, cx), Landing::None);
    let drag = Action::Drag { gesture: gesture(copied), edit };
    (ToolState::Translating { start, held, anchor, origin_world, guides, copied }, vec![drag])
}

const fn gesture(copied: bool) -> GestureId {
    if copied { GestureId::Copy } else { GestureId::Move }
}

pub(super) fn let_go(
    start: &Document,
    held: &Selection,
    (anchor, copied): (Target, bool),
    origin_world: Point,
    input: &Input,
    cx: &ToolContext<'_>,
) -> Vec<Action> {
    let at = world(input, cx);
    let by = (at.x - origin_world.x, at.y - origin_world.y);
    let (edit, _) = translated(start, held, anchor, by, snaps(input, cx), Landing::OffLines);
    let mut actions = vec![Action::Drag { gesture: gesture(copied), edit }];
    // A single card that is not wired yet goes into the wire that it is put down on.
    if let (Some(Target::Node(id)), false) = (held.single(), copied)
        && let Some(edge) = put_into(cx, id)
    {
        actions.push(Action::Drag { gesture: gesture(copied), edit: EditCommand::Insert { node: id, edge } });
    }
    actions.extend([Action::EndGesture, Action::Session(SessionChange::ShowSelected)]);
    actions
}

/// The wire that a card would go into where it is now.
fn put_into(cx: &ToolContext<'_>, id: NodeId) -> Option<EdgeId> {
    let node = cx.document.nodes.get(&id)?;
    hit::takes_in(cx.document, cx.curves, &node.kind, card_rect(node).center(), Some(id))
}

/// How near two cards' lines must be to snap together [world units].
const ALIGN_REACH: f64 = 6.0;

/// Where the dragged cards and frames go, and the lines that show an alignment with a card that stays.
fn translated(
    start: &Document,
    held: &Selection,
    anchor: Target,
    by: (f64, f64),
    snap: bool,
    landing: Landing,
) -> (EditCommand, Vec<Guide>) {
    let (mut dx, mut dy) = by;
    let mut guides = Vec::new();
    let (card, area) = match anchor {
        Target::Node(id) => (start.nodes.get(&id), None),
        Target::Area(id) => (None, start.areas.get(&id)),
        Target::Edge(_) => (None, None),
    };
    if let (true, Some(area)) = (snap, area) {
        let corner = snapped(moved(area.at, dx, dy));
        (dx, dy) = (corner.x - area.at.x, corner.y - area.at.y);
    }
    if let (true, Some(node)) = (snap, card) {
        let goal = moved(node.at, dx, dy);
        let corner = snapped(goal);
        let free = card_rect(node);
        let rect = Rect { x: goal.x, y: goal.y, ..free };
        let resting: Vec<Rect> =
            start.nodes.iter().filter(|(id, _)| !held.nodes.contains(id)).map(|(_, node)| card_rect(node)).collect();
        // Cards have one width, so left edges tell alignment; their heights differ, so their middles do.
        let nearest = |along: fn(&Rect) -> f64| {
            resting
                .iter()
                .filter(|other| (along(other) - along(&rect)).abs() <= ALIGN_REACH)
                .min_by(|a, b| (along(a) - along(&rect)).abs().total_cmp(&(along(b) - along(&rect)).abs()))
        };
        let column = nearest(|rect| rect.x);
        let row = nearest(|rect| rect.center().y);
        let x = column.map_or(corner.x, |other| other.x);
        let y = row.map_or(corner.y, |other| other.center().y - rect.height / 2.0);
        let settled = Rect { x, y, ..rect };
        if let Some(other) = column {
            let both = settled.union(other);
            guides.push(Guide { from: Point { x, y: both.y }, to: Point { x, y: both.bottom() } });
        }
        if let Some(other) = row {
            let both = settled.union(other);
            let middle = settled.center().y;
            guides.push(Guide { from: Point { x: both.x, y: middle }, to: Point { x: both.right(), y: middle } });
        }
        (dx, dy) = (x - node.at.x, y - node.at.y);
    }
    let (frames, nodes) = places::carried(start, &held.areas, &held.nodes, (dx, dy));
    (EditCommand::Arrange { nodes, frames, landing }, guides)
}
