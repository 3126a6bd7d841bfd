//! What is drawn over the cards while something is under way: marquee, wire in hand, guide lines, card to place.

use yew::prelude::*;

use crate::editor::edit::corner_for;
use crate::editor::geometry::{CARD_WIDTH, card_height, loose_curve};
use crate::editor::{Camera, EditorState, Rect, ToolState};
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

fn wire(from: &Node, to: Point, lands: bool) -> Html {
    let curve = loose_curve(from, to);
    html! { <path class={classes!("loose-wire", lands.then_some("lands"))} d={curve.svg_path()} /> }
}
