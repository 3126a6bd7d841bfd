//! What is drawn over the cards while something is under way: marquee, wire in hand, guide lines, card to place.

use yew::prelude::*;

use crate::editor::edit::corner_for;
use crate::editor::geometry::{CARD_WIDTH, Curve, card_height, loose_curve, loose_start};
use crate::editor::{Camera, EditorState, Rect, Target, ToolState};
use crate::model::params::Params;
use crate::topology::document::{Node, Point};

/// The overlay of `state`, in world coordinates under the camera.
pub fn overlay(state: &EditorState) -> Html {
    let Camera { x, y, zoom } = state.session.camera();
    let transform = format!("scale({zoom}) translate({} {})", -x, -y);
    html! {
        <svg class="stage-overlay" aria-hidden="true">
            <g {transform}>{ content(state) }</g>
        </svg>
    }
}

fn content(state: &EditorState) -> Html {
    let document = &state.drawn;
    match &state.tool {
        ToolState::Brushing { .. } => state.tool.marquee().map(|marquee| rect(marquee, "marquee", 0.0)).unwrap_or_default(),
        ToolState::Translating { guides, .. } => guides
            .iter()
            .map(|guide| {
                let number = |v: f64| format!("{v:.1}");
                html! {
                    <line class="guide" x1={number(guide.from.x)} y1={number(guide.from.y)} x2={number(guide.to.x)} y2={number(guide.to.y)} />
                }
            })
            .collect(),
        ToolState::Connecting { from, current_world, candidate, .. } => {
            document.nodes.get(from).map(|node| wire(node, *current_world, candidate.is_some())).unwrap_or_default()
        }
        ToolState::Reconnecting { edge, target, current_world, candidate, .. } => {
            let curve = document.edges.get(edge).and_then(|wire| {
                let stays = document.nodes.get(if *target { &wire.from } else { &wire.to })?;
                Some(if *target { loose_curve(stays, *current_world) } else { loose_start(*current_world, stays) })
            });
            curve.map(|curve| path(&curve, candidate.is_some())).unwrap_or_default()
        }
        ToolState::Choosing { from, at_world } => {
            document.nodes.get(from).map(|node| wire(node, *at_world, true)).unwrap_or_default()
        }
        ToolState::Idle | ToolState::Pointing { .. } => ends(state),
        ToolState::Picking { from: Some(from), current_world: Some(at), candidate } => {
            document.nodes.get(from).map(|node| wire(node, *at, candidate.is_some())).unwrap_or_default()
        }
        ToolState::PlacingNode { kind, center_world: Some(center), .. } => {
            let ghost = Node {
                kind: kind.clone(),
                label: String::new(),
                role: None, area: None,
                at: corner_for(kind, &Params::new(), *center, state.session.kept.snap),
                params: Params::new(),
            };
            let frame = Rect { x: ghost.at.x, y: ghost.at.y, width: CARD_WIDTH, height: card_height(&ghost) };
            rect(frame, "ghost", 10.0)
        }
        ToolState::PlacingArea { .. } => state
            .tool
            .new_frame(state.session.kept.snap)
            .map(|frame| rect(frame, "ghost ghost-area", 10.0))
            .unwrap_or_default(),
        _ => Html::default(),
    }
}

fn rect(frame: Rect, class: &'static str, corner: f64) -> Html {
    html! {
        <rect {class} x={frame.x.to_string()} y={frame.y.to_string()} width={frame.width.to_string()}
            height={frame.height.to_string()} rx={corner.to_string()} />
    }
}

/// Where a selected wire can be taken hold of.
fn ends(state: &EditorState) -> Html {
    let curve = match state.session.selection.single() {
        Some(Target::Edge(id)) => state.curves.get(&id),
        _ => None,
    };
    curve
        .map(|curve| {
            [curve.p0, curve.p3]
                .into_iter()
                .map(|end| html! { <circle class="wire-end" cx={end.x.to_string()} cy={end.y.to_string()} r="5.5" /> })
                .collect()
        })
        .unwrap_or_default()
}

fn wire(from: &Node, to: Point, lands: bool) -> Html {
    path(&loose_curve(from, to), lands)
}

fn path(curve: &Curve, lands: bool) -> Html {
    html! { <path class={classes!("loose-wire", lands.then_some("lands"))} d={curve.svg_path()} /> }
}
