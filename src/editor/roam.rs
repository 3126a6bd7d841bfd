//! The keyboard's way over the stage: an arrow key goes from what has the focus to what lies nearest that way.

use super::EditorState;
use super::geometry::{Rect, card_rect, frame};
use super::places;
use super::session::Target;
use crate::topology::document::Point;

/// How much farther something seems for lying aside of the way.
const ASIDE: f64 = 2.5;

/// What lies nearest to `from` in the direction of (`dx`, `dy`), of stations, the middles of connections and the names of
/// frames; from nowhere the first station. `None`: nothing lies there.
#[must_use]
pub fn next(state: &EditorState, from: Option<Target>, (dx, dy): (f64, f64)) -> Option<Target> {
    let drawn = &state.drawn;
    let stations = drawn.nodes.iter().map(|(id, node)| (Target::Node(*id), card_rect(node).center()));
    let wires = state.curves.iter().map(|(id, curve)| (Target::Edge(*id), curve.at(0.5)));
    let name = |area: Rect| places::head(&area).center();
    let frames = drawn.areas.iter().map(|(id, area)| (Target::Area(*id), name(frame(area))));
    let all: Vec<(Target, Point)> = stations.chain(wires).chain(frames).collect();
    let Some((_, at)) = all.iter().find(|(target, _)| Some(*target) == from) else { return Some(all.first()?.0) };
    let far = |to: Point| {
        let (x, y) = (to.x - at.x, to.y - at.y);
        let (along, aside) = (x * dx + y * dy, (x * dy - y * dx).abs());
        (along > 1.0).then_some(along + ASIDE * aside)
    };
    let found = all.iter().filter_map(|(target, to)| Some((*target, far(*to)?)));
    found.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::editor::{Action, EditCommand, SessionChange, update};
    use crate::model::params::Params;
    use crate::topology::document::{Document, EdgeId, NodeId};

    fn row() -> EditorState {
        let state = EditorState::new(Rc::new(Document::default()));
        let add = |state: &EditorState, kind: &str, x: f64| {
            let (at, params) = (Point { x, y: 0.0 }, Params::new());
            update(state, Action::Edit(EditCommand::AddNode { kind: kind.into(), at, label: None, params }))
        };
        let state = add(&add(&state, "source", 0.0), "service", 300.0);
        let state = update(&state, Action::Edit(EditCommand::Connect { from: NodeId(1), to: NodeId(2) }));
        update(&state, Action::Session(SessionChange::ClearSelection))
    }

    #[test]
    fn arrows_go_from_station_to_wire_to_station_and_stop_at_the_end() {
        let state = row();
        let (first, wire, second) = (Target::Node(NodeId(1)), Target::Edge(EdgeId(1)), Target::Node(NodeId(2)));
        assert_eq!(next(&state, None, (1.0, 0.0)), Some(first));
        assert_eq!(next(&state, Some(first), (1.0, 0.0)), Some(wire));
        assert_eq!(next(&state, Some(wire), (1.0, 0.0)), Some(second));
        assert_eq!(next(&state, Some(second), (1.0, 0.0)), None);
        assert_eq!(next(&state, Some(second), (-1.0, 0.0)), Some(wire));
    }

    #[test]
    fn roaming_asks_for_the_focus_and_selects_nothing() {
        let state = row();
        let roam = SessionChange::Roam { from: None, dx: 1.0, dy: 0.0 };
        let state = update(&state, Action::Session(roam));
        assert_eq!(state.session.focus.map(|(target, _)| target), Some(Target::Node(NodeId(1))));
        assert!(state.session.selection.is_empty());
    }
}
