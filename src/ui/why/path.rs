//! The way of the request that is asked about, drawn on the canvas.

use std::collections::{BTreeMap, BTreeSet};

use yew::prelude::*;

use crate::editor::Curve;
use crate::editor::geometry::{CARD_WIDTH, card_height};
use crate::engine::sort;
use crate::model::outcome::Outcome;
use crate::topology::document::{Document, EdgeId, NodeId};
use crate::ui::client::run_view::Answer;
use crate::ui::shared::Shared;
use crate::ui::store::use_asked;

#[derive(Debug, PartialEq, Properties)]
pub struct PathProps {
    pub curves: Shared<BTreeMap<EdgeId, Curve>>,
    /// The document as the stage shows it.
    pub drawn: Shared<Document>,
}

/// Connections that it took and stations that it reached.
#[component]
pub fn Path(props: &PathProps) -> Html {
    let asked = use_asked();
    let Some(asked) = asked else { return Html::default() };
    let Answer::Journey(journey) = &asked.answer else { return Html::default() };
    // A connection over which anything failed is marked so.
    let mut edges: BTreeMap<EdgeId, bool> = BTreeMap::new();
    let mut nodes: BTreeSet<NodeId> = sort::set([journey.source]);
    for one in journey.tries.iter().filter(|one| one.sent.is_some()) {
        let failed = one.heard.is_some_and(|heard| heard.outcome != Outcome::Completed);
        *edges.entry(one.edge).or_default() |= failed;
        if one.reached.is_some() {
            nodes.insert(one.to);
        }
    }
    let frames = nodes.iter().filter_map(|id| {
        let node = props.drawn.nodes.get(id)?;
        let number = |value: f64| format!("{value:.1}");
        Some(html! {
            <rect class="why-node" x={number(node.at.x - 5.0)} y={number(node.at.y - 5.0)} width={number(CARD_WIDTH + 10.0)}
                height={number(card_height(node) + 10.0)} rx="14" />
        })
    });
    let paths = edges.iter().filter_map(|(id, failed)| {
        let curve = props.curves.get(id)?;
        Some(html! { <path class={classes!("why-path", failed.then_some("why-path-bad"))} d={curve.svg_path()} /> })
    });
    html! { <g class="why-way">{ for paths }{ for frames }</g> }
}
