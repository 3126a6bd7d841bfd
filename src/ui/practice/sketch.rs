//! A small drawing of the system that a bet asks about: its stations from the first to the last, side by side.

use yew::prelude::*;

use crate::editor::catalog::setting_line;
use crate::editor::geometry::CARD_WIDTH;
use crate::engine::sort;
use crate::topology::document::{Document, Node};
use crate::ui::kit::icons::{category_class, icon, station_icon};

/// Columns that fit beside each other with names that can be read.
const COLUMNS_MAX: usize = 5;

/// Stations that stand above each other, column by column from the left; nothing where they would not fit.
fn columns(document: &Document) -> Vec<Vec<&Node>> {
    let mut nodes: Vec<&Node> = document.nodes.values().map(|node| &**node).collect();
    sort::few_by_key(&mut nodes, |node| (node.at.x as i64, node.at.y as i64));
    let mut columns: Vec<Vec<&Node>> = Vec::new();
    for node in nodes {
        match columns.last_mut() {
            Some(column) if node.at.x < column[0].at.x + CARD_WIDTH => column.push(node),
            _ => columns.push(vec![node]),
        }
    }
    if columns.len() <= COLUMNS_MAX { columns } else { Vec::new() }
}

/// The drawing.
pub(super) fn sketch(document: &Document) -> Html {
    let columns = columns(document);
    if columns.is_empty() {
        return Html::default();
    }
    let column = |(place, nodes): (usize, Vec<&Node>)| {
        html! {
            <>
                if place > 0 { <li class="sketch-way" aria-hidden="true">{ icon("arrow-right", "icon-s") }</li> }
                <li class="sketch-column">
                    { for nodes.into_iter().map(|node| html! {
                        <div class={classes!("sketch-card", category_class(&node.kind))}>
                            { icon(station_icon(&node.kind), "") }<strong>{ &node.label }</strong><span>{ setting_line(node) }</span>
                        </div>
                    }) }
                </li>
            </>
        }
    };
    html! { <ol class="sketch" aria-label="The system">{ for columns.into_iter().enumerate().map(column) }</ol> }
}
