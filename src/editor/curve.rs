//! The curves that connections are drawn as: from one card's edge to another's, apart where several share a side.

use std::collections::BTreeMap;

use super::geometry::{GRID, Rect, card_rect, distance, moved, output_port};
use crate::engine::sort;
use crate::topology::document::{Document, EdgeId, Node, NodeId, Point};

/// A cubic Bézier curve: start, two controls, end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    pub p0: Point,
    pub p1: Point,
    pub p2: Point,
    pub p3: Point,
}

impl Curve {
    /// A rectangle around all of it.
    #[must_use]
    pub fn around(&self) -> Rect {
        Rect::from_corners(self.p0, self.p3).union(&Rect::from_corners(self.p1, self.p2))
    }

    /// The point at `t` in 0..=1.
    #[must_use]
    pub fn at(&self, t: f64) -> Point {
        let u = 1.0 - t;
        let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
        Point {
            x: a * self.p0.x + b * self.p1.x + c * self.p2.x + d * self.p3.x,
            y: a * self.p0.y + b * self.p1.y + c * self.p2.y + d * self.p3.y,
        }
    }

    /// The direction of travel at `t`, of length 1 (or zero where the curve stands still).
    #[must_use]
    pub fn direction(&self, t: f64) -> Point {
        let u = 1.0 - t;
        let (a, b, c) = (3.0 * u * u, 6.0 * u * t, 3.0 * t * t);
        let x = a * (self.p1.x - self.p0.x) + b * (self.p2.x - self.p1.x) + c * (self.p3.x - self.p2.x);
        let y = a * (self.p1.y - self.p0.y) + b * (self.p2.y - self.p1.y) + c * (self.p3.y - self.p2.y);
        let length = (x * x + y * y).sqrt();
        if length > 0.0 { Point { x: x / length, y: y / length } } else { Point::default() }
    }

    /// Distance from `point` to the curve, to within a fraction of a unit.
    #[must_use]
    pub fn distance_to(&self, point: Point) -> f64 {
        const PIECES: usize = 32;
        let mut best = f64::INFINITY;
        let mut before = self.p0;
        for i in 1..=PIECES {
            let here = self.at(i as f64 / PIECES as f64);
            best = best.min(distance_to_segment(point, before, here));
            before = here;
        }
        best
    }

    /// The arrow head at the end, as SVG path data: a triangle whose tip touches the card.
    #[must_use]
    pub fn arrow_path(&self) -> String {
        let along = self.direction(0.98);
        let (length, half) = (9.0, 4.5);
        let base = moved(self.p3, -along.x * length, -along.y * length);
        let (a, b) = (moved(base, -along.y * half, along.x * half), moved(base, along.y * half, -along.x * half));
        format!("M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}z", self.p3.x, self.p3.y, a.x, a.y, b.x, b.y)
    }

    /// The `d` attribute of an SVG path.
    #[must_use]
    pub fn svg_path(&self) -> String {
        let Self { p0, p1, p2, p3 } = self;
        let number = |v: f64| (v * 10.0).round() / 10.0;
        format!(
            "M{} {}C{} {} {} {} {} {}",
            number(p0.x),
            number(p0.y),
            number(p1.x),
            number(p1.y),
            number(p2.x),
            number(p2.y),
            number(p3.x),
            number(p3.y)
        )
    }
}

fn distance_to_segment(point: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 { (((point.x - a.x) * dx + (point.y - a.y) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    distance(point, Point { x: a.x + t * dx, y: a.y + t * dy })
}

/// The side of a card at which an edge docks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// An edge's end at a card: where its other end lies along the side, which edge, whether it leaves here.
type End = (f64, EdgeId, bool);

fn sides(from: &Rect, to: &Rect, down: bool) -> (Side, Side) {
    if down && to.y >= from.bottom() + GRID {
        (Side::Bottom, Side::Top)
    } else if to.x >= from.right() - GRID {
        (Side::Right, Side::Left)
    } else if to.y >= from.bottom() + GRID {
        (Side::Bottom, Side::Top)
    } else if from.y >= to.bottom() + GRID {
        (Side::Top, Side::Bottom)
    } else {
        (Side::Right, Side::Left)
    }
}

fn dock(rect: &Rect, side: Side, offset: f64) -> Point {
    let center = rect.center();
    match side {
        Side::Left => Point { x: rect.x, y: center.y + offset },
        Side::Right => Point { x: rect.right(), y: center.y + offset },
        Side::Top => Point { x: center.x + offset, y: rect.y },
        Side::Bottom => Point { x: center.x + offset, y: rect.bottom() },
    }
}

fn outward(side: Side) -> Point {
    match side {
        Side::Left => Point { x: -1.0, y: 0.0 },
        Side::Right => Point { x: 1.0, y: 0.0 },
        Side::Top => Point { x: 0.0, y: -1.0 },
        Side::Bottom => Point { x: 0.0, y: 1.0 },
    }
}

fn curve_between(start: Point, start_side: Side, end: Point, end_side: Side) -> Curve {
    let (out, into) = (outward(start_side), outward(end_side));
    let horizontal = out.x != 0.0;
    let ahead = if horizontal { (end.x - start.x) * out.x } else { (end.y - start.y) * out.y };
    // Half the way forward; where the target lies behind, an arm long enough to see the wire go round.
    let arm = if ahead > 0.0 { (ahead * 0.5).max(24.0) } else { (-ahead * 0.5).clamp(72.0, 240.0) };
    Curve { p0: start, p1: moved(start, out.x * arm, out.y * arm), p2: moved(end, into.x * arm, into.y * arm), p3: end }
}

/// The curve of a wire that is being drawn from a node's output to a free point.
#[must_use]
pub fn loose_curve(from: &Node, to_world: Point) -> Curve {
    curve_between(output_port(from), Side::Right, to_world, Side::Left)
}

/// The same, from a free point to a node's input.
#[must_use]
pub fn loose_start(from_world: Point, to: &Node) -> Curve {
    let rect = card_rect(to);
    curve_between(from_world, Side::Right, Point { x: rect.x, y: rect.center().y }, Side::Left)
}

/// The curves of all edges. Edges that share a side of a card fan out along it, in the order of where they lead.
/// The curves of all edges. Edges that share a side of a card fan out along it, in the order of where they lead. `down`:
/// the drawing runs from top to bottom, so what is lower is reached through the bottom.
#[must_use]
pub fn curves(document: &Document, down: bool) -> BTreeMap<EdgeId, Curve> {
    let rects: BTreeMap<NodeId, Rect> = sort::map(document.nodes.iter().map(|(id, node)| (*id, card_rect(node))));
    // Per side of a card: the edges' ends there.
    let mut docks: BTreeMap<(NodeId, Side), Vec<End>> = BTreeMap::new();
    let mut chosen: BTreeMap<EdgeId, (Side, Side)> = BTreeMap::new();
    for (id, edge) in &document.edges {
        let (Some(from), Some(to)) = (rects.get(&edge.from), rects.get(&edge.to)) else { continue };
        let (out_side, in_side) = sides(from, to, down);
        chosen.insert(*id, (out_side, in_side));
        let across = |side: Side, point: Point| match side {
            Side::Left | Side::Right => point.y,
            Side::Top | Side::Bottom => point.x,
        };
        docks.entry((edge.from, out_side)).or_default().push((across(out_side, to.center()), *id, true));
        docks.entry((edge.to, in_side)).or_default().push((across(in_side, from.center()), *id, false));
    }
    let mut offsets: BTreeMap<(EdgeId, bool), f64> = BTreeMap::new();
    for ((node, side), mut ends) in docks {
        sort::few_by(&mut ends, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rect = rects.get(&node).copied().unwrap_or_default();
        let span = match side {
            Side::Left | Side::Right => rect.height - 32.0,
            Side::Top | Side::Bottom => rect.width - 48.0,
        };
        let gaps = (ends.len() - 1) as f64;
        let step = if gaps > 0.0 { (span / gaps).min(GRID) } else { 0.0 };
        for (place, (_, edge, outgoing)) in ends.iter().enumerate() {
            offsets.insert((*edge, *outgoing), (place as f64 - gaps / 2.0) * step);
        }
    }
    sort::map(chosen.into_iter().filter_map(|(id, (out_side, in_side))| {
        let edge = document.edges.get(&id)?;
        let start = dock(rects.get(&edge.from)?, out_side, offsets.get(&(id, true)).copied().unwrap_or(0.0));
        let end = dock(rects.get(&edge.to)?, in_side, offsets.get(&(id, false)).copied().unwrap_or(0.0));
        Some((id, curve_between(start, out_side, end, in_side)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_starts_and_ends_at_its_docks() {
        let curve = curve_between(Point { x: 0.0, y: 0.0 }, Side::Right, Point { x: 100.0, y: 50.0 }, Side::Left);
        assert_eq!(curve.at(0.0), curve.p0);
        assert_eq!(curve.at(1.0), curve.p3);
        assert!(curve.distance_to(curve.at(0.37)) < 0.2);
    }
}
