//! Tidy layout: cards in columns from left to right along the calls.

use std::collections::BTreeMap;

use super::geometry::{CARD_WIDTH, GRID, card_height, snapped};
use crate::topology::document::{Document, NodeId, Point};

/// Room between columns, and between cards of a column [world units].
const GAP_X: f64 = 8.0 * GRID;
const GAP_Y: f64 = 3.0 * GRID;

/// A place for every card.
#[must_use]
pub fn tidy(document: &Document) -> BTreeMap<NodeId, Point> {
    columns(document)
        .iter()
        .enumerate()
        .flat_map(|(column, ids)| {
            let x = column as f64 * (CARD_WIDTH + GAP_X);
            let mut y = 0.0;
            ids.iter()
                .map(|id| {
                    let at = snapped(Point { x, y });
                    y += document.nodes.get(id).map_or(0.0, |node| card_height(node)) + GAP_Y;
                    (*id, at)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn columns(document: &Document) -> Vec<Vec<NodeId>> {
    vec![document.nodes.keys().copied().collect()]
}
