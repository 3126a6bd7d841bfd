//! What must hold in every editor state. Swept after each action in the tests.

use super::EditorState;
use super::geometry::{ZOOM_MAX, ZOOM_MIN, curves};
use super::history::HISTORY_MAX;
use super::places::{self, FRAME_MIN};
use super::tool::ToolState;
use crate::topology::document::{AreaKind, Document, FaultTarget};

/// Checks a state.
///
/// # Errors
/// The first rule that is broken, in words.
pub fn validate_invariants(state: &EditorState) -> Result<(), String> {
    let document = &state.document;
    validate_document(document)?;
    if state.session.selection != state.session.selection.within(document) {
        return Err(format!("selection holds what is gone: {:?}", state.session.selection));
    }
    let ids = state.ids;
    if ids.node < document.next_node_id().0
        || ids.edge < document.next_edge_id().0
        || ids.area < document.next_area_id().0
    {
        return Err(format!("ids {:?} would be given twice", state.ids));
    }
    if state.history.undo_len() > HISTORY_MAX {
        return Err(format!("{} undo steps are kept", state.history.undo_len()));
    }
    if !state.tool.is_sound(document) {
        return Err(format!("tool refers to what is gone: {:?}", state.tool));
    }
    if matches!(state.tool, ToolState::Idle)
        && state
            .history
            .gesture()
            .is_some_and(|open| matches!(open.id, super::GestureId::Move | super::GestureId::Copy))
    {
        return Err("a drag is open though no tool drags".to_owned());
    }
    let camera = state.session.camera();
    if !(camera.x.is_finite() && camera.y.is_finite() && (ZOOM_MIN..=ZOOM_MAX).contains(&camera.zoom)) {
        return Err(format!("camera is out of range: {camera:?}"));
    }
    if *state.curves != curves(&state.drawn, state.is_turned()) {
        return Err("curves are out of step with what is drawn".to_owned());
    }
    Ok(())
}

/// Checks what the editor guarantees of a document that it changed.
///
/// # Errors
/// The first rule that is broken, in words.
pub fn validate_document(document: &Document) -> Result<(), String> {
    for (id, edge) in &document.edges {
        if !document.nodes.contains_key(&edge.from) || !document.nodes.contains_key(&edge.to) {
            return Err(format!("edge {id:?} hangs in the air: {edge:?}"));
        }
        if edge.from == edge.to {
            return Err(format!("edge {id:?} calls its own node"));
        }
    }
    for (id, node) in &document.nodes {
        if !(node.at.x.is_finite() && node.at.y.is_finite()) {
            return Err(format!("node {id:?} stands nowhere: {:?}", node.at));
        }
        if node.label.trim().is_empty() {
            return Err(format!("node {id:?} has no name"));
        }
        if node.area.is_some_and(|area| !document.areas.contains_key(&area)) {
            return Err(format!("node {id:?} stands in what is gone: {:?}", node.area));
        }
    }
    for (id, area) in &document.areas {
        let frame = places::frame(area);
        let sound = [frame.x, frame.y, frame.width, frame.height].iter().all(|v| v.is_finite());
        if !sound || frame.width < FRAME_MIN.width - 1e-6 || frame.height < FRAME_MIN.height - 1e-6 {
            return Err(format!("area {id:?} has no frame that could be held: {frame:?}"));
        }
        if area.label.trim().is_empty() {
            return Err(format!("area {id:?} has no name"));
        }
        if let AreaKind::Zone { within } = &area.kind
            && !matches!(document.areas.get(within).map(|area| &area.kind), Some(AreaKind::Region { .. }))
        {
            return Err(format!("zone {id:?} lies in no region: {area:?}"));
        }
    }
    for planned in &document.faults {
        let there = match planned.fault.target {
            FaultTarget::Node(id) | FaultTarget::Replica(id, _) => document.nodes.contains_key(&id),
            FaultTarget::Edge(id) => document.edges.contains_key(&id),
            FaultTarget::Area(id) => document.areas.contains_key(&id),
        };
        if !there {
            return Err(format!("a fault aims at what is gone: {planned:?}"));
        }
    }
    Ok(())
}
