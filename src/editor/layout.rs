//! Tidy layout: cards in columns from left to right along the calls, with few crossings and straight wires.
//!
//! A layered layout after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
//! Structures", IEEE SMC 11(2), 1981: layers by longest path, order by barycenters, places by least squares.
//! Our own, small one: the ready-made crate (`dagre` 0.1.2) works, but adds 100 kB of compressed code to the page,
//! more than the page's framework, and stacks equal backends in reverse.

use std::collections::BTreeMap;

use super::geometry::{CARD_WIDTH, GRID, card_height, snapped};
use crate::topology::document::{Document, NodeId, Point};

/// Room between columns [world units]: enough for a wire to bend and for a badge on it.
const GAP_X: f64 = 8.0 * GRID;
/// Room between cards of a column.
const GAP_Y: f64 = 3.0 * GRID;
/// Height kept free for a wire that passes through a column.
const WIRE_HEIGHT: f64 = GRID;
/// Sweeps over the columns; small drawings settle within three.
const SWEEPS: usize = 12;

/// A card, or the place where a long wire passes through a column.
#[derive(Debug)]
struct Item {
    node: Option<NodeId>,
    column: usize,
    height: f64,
    /// Neighbors in the column before and after.
    before: Vec<usize>,
    after: Vec<usize>,
}

/// A place for every card; the same document always gives the same places.
#[must_use]
pub fn tidy(document: &Document) -> BTreeMap<NodeId, Point> {
    let linked = |id: &NodeId| document.edges.values().any(|edge| edge.from == *id || edge.to == *id);
    let (connected, loose): (Vec<NodeId>, Vec<NodeId>) = document.nodes.keys().copied().partition(|id| linked(id));
    let items = items(document, &connected);
    let columns = order(&items);
    let centers = settle(&items, &columns);
    let mut places = BTreeMap::new();
    let top = items.iter().zip(&centers).map(|(item, center)| center - item.height / 2.0).fold(f64::INFINITY, f64::min);
    let mut bottom = 0.0f64;
    for (item, center) in items.iter().zip(&centers) {
        let Some(id) = item.node else { continue };
        let y = center - item.height / 2.0 - top;
        bottom = bottom.max(y + item.height + GAP_Y);
        places.insert(id, snapped(Point { x: item.column as f64 * (CARD_WIDTH + GAP_X), y }));
    }
    // Cards without wires stand in a row below.
    for (place, id) in loose.iter().enumerate() {
        places.insert(*id, snapped(Point { x: place as f64 * (CARD_WIDTH + 2.0 * GRID), y: bottom }));
    }
    places
}

/// Edges without those that would close a cycle, found from the callers that nobody calls, by ascending id.
fn forward_edges(document: &Document, nodes: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Open,
        Done,
    }
    fn visit(document: &Document, at: NodeId, marks: &mut BTreeMap<NodeId, Mark>, edges: &mut Vec<(NodeId, NodeId)>) {
        marks.insert(at, Mark::Open);
        for (_, edge) in document.edges_from(at) {
            match marks.get(&edge.to) {
                Some(Mark::Open) => continue,
                Some(Mark::Done) => {}
                None => visit(document, edge.to, marks, edges),
            }
            edges.push((at, edge.to));
        }
        marks.insert(at, Mark::Done);
    }
    let mut marks = BTreeMap::new();
    let mut edges = Vec::new();
    let called = |id: &NodeId| document.edges_to(*id).next().is_some();
    let (inner, roots): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().copied().partition(called);
    for id in roots.into_iter().chain(inner) {
        if !marks.contains_key(&id) {
            visit(document, id, &mut marks, &mut edges);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn items(document: &Document, nodes: &[NodeId]) -> Vec<Item> {
    let edges = forward_edges(document, nodes);
    // Longest path from the left. As many rounds as nodes suffice, since the edges hold no cycle.
    let mut columns: BTreeMap<NodeId, usize> = nodes.iter().map(|id| (*id, 0)).collect();
    for _ in nodes {
        for (from, to) in &edges {
            let next = columns[from] + 1;
            let column = columns.entry(*to).or_default();
            *column = (*column).max(next);
        }
    }
    // A caller that nobody calls stands right before the first that it calls.
    for id in nodes {
        let first = edges.iter().filter(|(from, _)| from == id).map(|(_, to)| columns[to]).min();
        if let (Some(first), false) = (first, edges.iter().any(|(_, to)| to == id)) {
            columns.insert(*id, first - 1);
        }
    }
    let mut items: Vec<Item> = nodes
        .iter()
        .map(|id| Item {
            node: Some(*id),
            column: columns[id],
            height: document.nodes.get(id).map_or(0.0, |node| card_height(node)),
            before: Vec::new(),
            after: Vec::new(),
        })
        .collect();
    let index: BTreeMap<NodeId, usize> = nodes.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for (from, to) in edges {
        let mut last = index[&from];
        for column in columns[&from] + 1..columns[&to] {
            items.push(Item { node: None, column, height: WIRE_HEIGHT, before: vec![last], after: Vec::new() });
            let here = items.len() - 1;
            items[last].after.push(here);
            last = here;
        }
        let end = index[&to];
        items[last].after.push(end);
        items[end].before.push(last);
    }
    items
}

/// Items by column from top to bottom, crossings reduced by barycenters; ties keep the order of ids.
fn order(items: &[Item]) -> Vec<Vec<usize>> {
    let width = items.iter().map(|item| item.column + 1).max().unwrap_or(0);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); width];
    for (place, item) in items.iter().enumerate() {
        columns[item.column].push(place);
    }
    let mut best = columns.clone();
    let mut fewest = crossings(items, &best);
    for sweep in 0..SWEEPS {
        let forth = sweep % 2 == 0;
        let path: Vec<usize> = if forth { (0..width).collect() } else { (0..width).rev().collect() };
        for column in path {
            let rank = ranks(items.len(), &columns);
            let key = |item: usize| {
                let neighbors = if forth { &items[item].before } else { &items[item].after };
                if neighbors.is_empty() {
                    rank[item]
                } else {
                    neighbors.iter().map(|n| rank[*n]).sum::<f64>() / neighbors.len() as f64
                }
            };
            columns[column].sort_by(|a, b| key(*a).total_cmp(&key(*b)));
        }
        let count = crossings(items, &columns);
        if count < fewest {
            fewest = count;
            best.clone_from(&columns);
        }
    }
    best
}

/// Each item's place within its column, as a share of the column, so that columns of different length compare.
fn ranks(count: usize, columns: &[Vec<usize>]) -> Vec<f64> {
    let mut ranks = vec![0.0; count];
    for column in columns {
        for (place, item) in column.iter().enumerate() {
            ranks[*item] = (place as f64 + 0.5) / column.len() as f64;
        }
    }
    ranks
}

fn crossings(items: &[Item], columns: &[Vec<usize>]) -> usize {
    let rank = ranks(items.len(), columns);
    let mut count = 0;
    for column in columns {
        let wires: Vec<(f64, f64)> =
            column.iter().flat_map(|from| items[*from].after.iter().map(|to| (rank[*from], rank[*to]))).collect();
        for (place, a) in wires.iter().enumerate() {
            count += wires[place + 1..].iter().filter(|b| (a.0 - b.0) * (a.1 - b.1) < 0.0).count();
        }
    }
    count
}

/// The height of every item's middle: near the middle of what it is wired to, in order and without overlap.
fn settle(items: &[Item], columns: &[Vec<usize>]) -> Vec<f64> {
    let mut centers = vec![0.0; items.len()];
    for column in columns {
        let goals = vec![0.0; column.len()];
        place_column(items, column, &goals, &mut centers);
    }
    for sweep in 0..SWEEPS {
        let path: Vec<usize> =
            if sweep % 2 == 0 { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
        for column in path {
            let goals: Vec<f64> = columns[column]
                .iter()
                .map(|item| {
                    let neighbors: Vec<usize> =
                        items[*item].before.iter().chain(&items[*item].after).copied().collect();
                    neighbors.iter().map(|n| centers[*n]).sum::<f64>() / (neighbors.len().max(1)) as f64
                })
                .collect();
            place_column(items, &columns[column], &goals, &mut centers);
        }
    }
    centers
}

/// Puts a column as near to its goals as order and gaps allow: least squares by pooling adjacent violators.
fn place_column(items: &[Item], column: &[usize], goals: &[f64], centers: &mut [f64]) {
    // Measured without the room that the items above take, the places need only not descend.
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (place, item) in column.iter().enumerate() {
        if place > 0 {
            offset += (items[column[place - 1]].height + items[*item].height) / 2.0 + GAP_Y;
        }
        offsets.push(offset);
    }
    // Pools of neighbors that share one place: (sum of goals, how many).
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (goal, offset) in goals.iter().zip(&offsets) {
        pools.push((goal - offset, 1));
        while let [.., (sum_a, count_a), (sum_b, count_b)] = pools.as_slice()
            && sum_a / *count_a as f64 > sum_b / *count_b as f64
        {
            let merged = (sum_a + sum_b, count_a + count_b);
            pools.truncate(pools.len() - 2);
            pools.push(merged);
        }
    }
    let flat = pools.iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / *count as f64, *count));
    for ((item, offset), place) in column.iter().zip(&offsets).zip(flat) {
        centers[*item] = place + offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::geometry::card_rect;
    use crate::editor::testing::document;

    fn laid_out(text: &str) -> Document {
        let mut document = document(text);
        for (id, at) in tidy(&document) {
            let node = document.nodes.get_mut(&id).expect("tidy places nodes of the document");
            std::rc::Rc::make_mut(node).at = at;
        }
        document
    }

    fn at(document: &Document, label: &str) -> Point {
        document.nodes.values().find(|node| node.label == label).expect(label).at
    }

    #[test]
    fn calls_lead_to_the_right_and_equal_backends_stack_in_order() {
        let document = laid_out("src -> lb; lb -> a; lb -> b; lb -> c; a -> db; b -> db; c -> db");
        for edge in document.edges.values() {
            assert!(document.nodes[&edge.from].at.x < document.nodes[&edge.to].at.x);
        }
        assert!(at(&document, "a").y < at(&document, "b").y);
        assert!(at(&document, "b").y < at(&document, "c").y);
        // What stands alone in its column lines up with the middle of the backends.
        let middle = |label| {
            let node = document.nodes.values().find(|node| node.label == label).expect("is there");
            card_rect(node).center().y
        };
        assert!((middle("lb") - middle("b")).abs() <= GRID);
        assert!((middle("db") - middle("b")).abs() <= GRID);
    }

    #[test]
    fn no_two_cards_overlap_even_with_cycles_and_loose_cards() {
        let document = laid_out("src -> a; a -> b; b -> a; a -> c; src -> c; b -> d; c -> d; d -> a; e; f");
        let rects: Vec<_> = document.nodes.values().map(|node| card_rect(node)).collect();
        for (place, a) in rects.iter().enumerate() {
            for b in &rects[place + 1..] {
                assert!(!a.touches(b), "{a:?} {b:?}");
            }
        }
        assert_eq!(rects.len(), 7);
    }

    #[test]
    fn crossed_wires_are_uncrossed() {
        // Drawn in the order of ids, a-d and b-c would cross.
        let document = laid_out("src -> a; src -> b; c; d; a -> d; b -> c");
        let order = |one, other| at(&document, one).y < at(&document, other).y;
        assert_eq!(order("a", "b"), order("d", "c"));
    }
}
