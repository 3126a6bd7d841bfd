//! Points, rectangles, the camera, the cards' sizes and the edges' curves: geometry, never pixels of a browser.
//!
//! Names carry their space: `_world` is the canvas, `_screen` is CSS pixels from the stage's top left corner.

use serde::{Deserialize, Serialize};

use super::catalog;
pub use super::curve::{Curve, curves, loose_curve, loose_start};
use crate::topology::document::{Area, Document, Node, Point};

/// Cards snap to multiples of this [world units]; the drawn dots of the canvas stand twice as wide.
pub const GRID: f64 = 12.0;
/// Width of every card [world units]: seven drawn grid cells.
pub const CARD_WIDTH: f64 = 168.0;
/// A pointer that moved less than this [screen px] has clicked, not dragged.
pub const DRAG_THRESHOLD: f64 = 4.0;
/// The same for a finger, which trembles more.
pub const DRAG_THRESHOLD_TOUCH: f64 = 10.0;
/// Smallest and largest zoom.
pub const ZOOM_MIN: f64 = 0.02;
/// See [`ZOOM_MIN`].
pub const ZOOM_MAX: f64 = 2.5;
/// Free for the buttons in the stage's corner when everything is brought into view [screen pixels].
const BUTTONS: f64 = 52.0;
/// A stage lower than this has them at its side.
const LOW: f64 = 300.0;
/// Free to the left of a drawing that is wider than the stage [screen pixels].
const MARGIN_NARROW: f64 = 14.0;
/// Replica squares in one row of a card.
pub const REPLICAS_PER_ROW: usize = 13;
/// Rows of replica squares at most; more replicas are told as a number.
pub const REPLICA_ROWS_MAX: usize = 2;

/// A width and a height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// An upright rectangle, from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// The rectangle that has `a` and `b` as opposite corners.
    #[must_use]
    pub fn from_corners(a: Point, b: Point) -> Self {
        Self { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
    }

    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    #[must_use]
    pub fn center(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        point.x >= self.x && point.x <= self.right() && point.y >= self.y && point.y <= self.bottom()
    }

    /// Whether the two share any area or edge.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        self.x <= other.right() && other.x <= self.right() && self.y <= other.bottom() && other.y <= self.bottom()
    }

    /// The rectangle grown by `margin` on every side.
    #[must_use]
    pub fn grown(&self, margin: f64) -> Self {
        Self {
            x: self.x - margin,
            y: self.y - margin,
            width: self.width + 2.0 * margin,
            height: self.height + 2.0 * margin,
        }
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, width: self.right().max(other.right()) - x, height: self.bottom().max(other.bottom()) - y }
    }
}

/// `point` moved by (`dx`, `dy`).
#[must_use]
pub fn moved(point: Point, dx: f64, dy: f64) -> Point {
    Point { x: point.x + dx, y: point.y + dy }
}

/// Straight distance between two points.
#[must_use]
pub fn distance(a: Point, b: Point) -> f64 {
    ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).sqrt()
}

/// The nearest point of the grid.
#[must_use]
pub fn snapped(point: Point) -> Point {
    Point { x: (point.x / GRID).round() * GRID, y: (point.y / GRID).round() * GRID }
}

/// What part of the world the stage shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// The world point at the stage's top left corner.
    pub x: f64,
    /// See `x`.
    pub y: f64,
    /// Screen pixels per world unit, [`ZOOM_MIN`] to [`ZOOM_MAX`].
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, zoom: 1.0 }
    }
}

impl Camera {
    #[must_use]
    pub fn world_from_screen(&self, pos_screen: Point) -> Point {
        Point { x: self.x + pos_screen.x / self.zoom, y: self.y + pos_screen.y / self.zoom }
    }

    #[must_use]
    pub fn screen_from_world(&self, pos_world: Point) -> Point {
        Point { x: (pos_world.x - self.x) * self.zoom, y: (pos_world.y - self.y) * self.zoom }
    }

    /// Moves what is shown by screen pixels: positive values push the drawing right and down.
    #[must_use]
    pub fn panned(&self, dx_screen: f64, dy_screen: f64) -> Self {
        Self { x: self.x - dx_screen / self.zoom, y: self.y - dy_screen / self.zoom, zoom: self.zoom }
    }

    /// Zooms to `zoom` (clamped) and keeps the world point under `at_screen` where it is.
    #[must_use]
    pub fn zoomed_to(&self, zoom: f64, at_screen: Point) -> Self {
        let zoom = if zoom.is_finite() { zoom.clamp(ZOOM_MIN, ZOOM_MAX) } else { self.zoom };
        let at_world = self.world_from_screen(at_screen);
        Self { x: at_world.x - at_screen.x / zoom, y: at_world.y - at_screen.y / zoom, zoom }
    }

    /// How far the drawing lies from the stage's corner, in whole pixels: what is moved by parts of one becomes blurred.
    #[must_use]
    pub fn offset(&self) -> (f64, f64) {
        ((-self.x * self.zoom).round(), (-self.y * self.zoom).round())
    }

    /// The same zoom, moved just so far that `rect` is in view; in its middle where it is too large.
    #[must_use]
    pub fn showing(&self, rect: Rect, viewport: Size) -> Self {
        let along = |at: f64, begins: f64, long: f64, room: f64| {
            let (room, margin) = (room / self.zoom, 2.0 * GRID);
            if room <= 0.0 || (begins >= at && begins + long <= at + room) {
                at
            } else if long + 2.0 * margin > room {
                begins + (long - room) / 2.0
            } else {
                at.clamp(begins + long + margin - room, begins - margin)
            }
        };
        Self {
            x: along(self.x, rect.x, rect.width, viewport.width),
            y: along(self.y, rect.y, rect.height, viewport.height),
            zoom: self.zoom,
        }
    }

    /// Shows all of `bounds` in the middle of the viewport, with a margin; never larger than life. What then has no room
    /// at the smallest zoom is cut off at the right and below.
    #[must_use]
    pub fn fitting(bounds: Rect, viewport: Size) -> Self {
        // Room around, less of it on a small screen.
        let room = |span: f64| (span - 2.0 * (span * 0.06).clamp(14.0, 56.0)).max(1.0);
        let zoom = (room(viewport.width) / bounds.width.max(1.0))
            .min(room(viewport.height) / bounds.height.max(1.0))
            .clamp(ZOOM_MIN, 1.0);
        // In the middle, or from its beginning where it is too large.
        let origin = |from: f64, span: f64, room: f64| {
            let spare = room / zoom - span;
            if spare >= 0.0 { from - spare / 2.0 } else { from - MARGIN_NARROW / zoom }
        };
        Self {
            x: origin(bounds.x, bounds.width, viewport.width),
            y: origin(bounds.y, bounds.height, viewport.height),
            zoom,
        }
    }
}

/// Height of the smallest letters that can be read [screen pixels].
const TYPE_MIN: f64 = 11.0;

/// How much of a card can be read at a zoom: a class for the style sheet, `None` for all of it, and how high letters must
/// be there [world units].
#[must_use]
pub fn detail(zoom: f64) -> (Option<&'static str>, f64) {
    let class = match zoom {
        0.88.. => None,
        0.7.. => Some("scale-name scale-value"),
        0.55.. => Some("scale-name"),
        0.36.. => Some("scale-short"),
        0.12.. => Some("scale-number"),
        _ => Some("scale-far"),
    };
    (class, TYPE_MIN / zoom)
}

/// Whether cards are too small at a zoom for more than a mark and their state.
#[must_use]
pub fn is_far(zoom: f64) -> bool {
    zoom < 0.36
}

/// Drawings of more stations than this are drawn only as far as they are near the view.
const DRAWN_WHOLE_MAX: usize = 60;
/// How far beyond the view things are drawn [screen px].
const WINDOW_MARGIN: f64 = 240.0;

/// The part of the world that is drawn; `None`: all of it. `kept`, the part drawn before, stays while the view lies
/// within it and is not much smaller: so a pan draws something new only now and then.
#[must_use]
pub fn window(kept: Option<Rect>, camera: Camera, viewport: Size, stations: usize) -> Option<Rect> {
    if stations <= DRAWN_WHOLE_MAX || viewport.width <= 0.0 {
        return None;
    }
    let size = |length: f64| length / camera.zoom;
    let view = Rect { x: camera.x, y: camera.y, width: size(viewport.width), height: size(viewport.height) };
    let near = view.grown(size(WINDOW_MARGIN));
    let fits = |kept: &Rect| kept.union(&view) == *kept && kept.width <= 2.0 * near.width;
    Some(kept.filter(fits).unwrap_or(near))
}

/// How near to the stage's edge the view begins to follow what is held [screen px].
const EDGE_BAND: f64 = 28.0;
/// How fast it follows at most [screen px per ms].
const EDGE_SPEED: f64 = 0.9;

/// How the view follows what is held at `at_screen` [screen px per ms]: the deeper in the edge's band, the faster; `None`
/// where it stays.
#[must_use]
pub fn edge_pull(at_screen: Point, viewport: Size) -> Option<(f64, f64)> {
    let along = |at: f64, long: f64| {
        let band = EDGE_BAND.min(long / 4.0);
        let deep = if at < band { at - band } else { (at - (long - band)).max(0.0) };
        (deep / band.max(1.0)).clamp(-1.0, 1.0) * EDGE_SPEED
    };
    if viewport.width <= 0.0 {
        return None;
    }
    let pull = (along(at_screen.x, viewport.width), along(at_screen.y, viewport.height));
    (pull != (0.0, 0.0)).then_some(pull)
}

/// Height of a node's card [world units]: by kind, and one row more where many replicas are shown.
#[must_use]
pub fn card_height(node: &Node) -> f64 {
    let face = catalog::face(&node.kind);
    let rows = match face.gauges {
        catalog::Gauges::Plain => return 72.0,
        catalog::Gauges::Replicas => catalog::replicas(node).div_ceil(REPLICAS_PER_ROW).clamp(1, REPLICA_ROWS_MAX),
    };
    84.0 + 12.0 * rows as f64
}

/// The rectangle of a node's card in the world.
#[must_use]
pub fn card_rect(node: &Node) -> Rect {
    Rect { x: node.at.x, y: node.at.y, width: CARD_WIDTH, height: card_height(node) }
}

/// The smallest rectangle around all cards and frames; `None` for an empty document.
#[must_use]
pub fn bounds(document: &Document) -> Option<Rect> {
    let cards = document.nodes.values().map(|node| card_rect(node));
    let frames = document.areas.values().map(|area| frame(area));
    cards.chain(frames).reduce(|a, b| a.union(&b))
}

/// The camera that shows all of a document; where that is too large, at least the place where most stations stand.
/// `None` for an empty document.
#[must_use]
pub fn fit(document: &Document, viewport: Size) -> Option<Camera> {
    let viewport = if viewport.height < LOW {
        Size { width: viewport.width - BUTTONS, ..viewport }
    } else {
        Size { height: viewport.height - BUTTONS, ..viewport }
    };
    let camera = Camera::fitting(bounds(document)?, viewport);
    let seen = |camera: &Camera| Rect {
        x: camera.x,
        y: camera.y,
        width: viewport.width / camera.zoom,
        height: viewport.height / camera.zoom,
    };
    let view = seen(&camera);
    let cards: Vec<Rect> = document.nodes.values().map(|node| card_rect(node)).collect();
    if cards.is_empty() || cards.iter().any(|card| view.contains(card.center())) {
        return Some(camera);
    }
    // What can be seen at once to the right of and below a card, for the card that most others stand beside.
    let beside = |card: &Rect| {
        let around = Rect { x: card.x, y: card.y, ..view };
        cards.iter().copied().filter(|other| around.contains(other.center())).collect::<Vec<_>>()
    };
    let most = cards.iter().map(beside).rev().max_by_key(Vec::len)?;
    Some(Camera::fitting(most.into_iter().reduce(|a, b| a.union(&b))?, viewport))
}

/// Where a new wire starts: the middle of the card's right side.
#[must_use]
pub fn output_port(node: &Node) -> Point {
    let rect = card_rect(node);
    Point { x: rect.right(), y: rect.center().y }
}

/// An area's frame.
#[must_use]
pub fn frame(area: &Area) -> Rect {
    Rect { x: area.at.x, y: area.at.y, width: area.size.x, height: area.size.y }
}

/// The nearest place for a card at or below right of `at` that lies on no other card's corner.
#[must_use]
pub fn free_place(document: &Document, at: Point) -> Point {
    let mut at = at;
    // As many tries as there are cards suffice: each try leaves one more behind.
    for _ in 0..=document.nodes.len() {
        let taken =
            document.nodes.values().any(|node| (node.at.x - at.x).abs() < GRID && (node.at.y - at.y).abs() < GRID);
        if !taken {
            break;
        }
        at = moved(at, 2.0 * GRID, 2.0 * GRID);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let camera = Camera { x: 30.0, y: -20.0, zoom: 0.8 };
        let at = Point { x: 200.0, y: 100.0 };
        let before = camera.world_from_screen(at);
        let after = camera.zoomed_to(1.7, at).world_from_screen(at);
        assert!(distance(before, after) < 1e-9);
    }

    #[test]
    fn fitting_shows_everything() {
        let bounds = Rect { x: -500.0, y: 40.0, width: 3000.0, height: 900.0 };
        let viewport = Size { width: 900.0, height: 600.0 };
        let camera = Camera::fitting(bounds, viewport);
        let top_left = camera.screen_from_world(Point { x: bounds.x, y: bounds.y });
        let bottom_right = camera.screen_from_world(Point { x: bounds.right(), y: bounds.bottom() });
        assert!(top_left.x >= 0.0 && top_left.y >= 0.0);
        assert!(bottom_right.x <= viewport.width && bottom_right.y <= viewport.height);
    }

    #[test]
    fn fitting_what_is_too_large_shows_where_most_stations_stand() {
        let viewport = Size { width: 1_200.0, height: 700.0 };
        for far in [1e6, 1e9, 1e308] {
            let mut document = Document::default();
            for (x, y) in [(0.0, far), (far, 0.0), (far, 300.0), (far / 2.0, far / 3.0)] {
                let at = Point { x, y };
                let params = crate::model::params::Params::new();
                let (kind, label) = ("service".to_owned(), String::new());
                document.add_node(Node { kind, label, role: None, area: None, at, params });
            }
            let camera = fit(&document, viewport).expect("there are stations");
            let view = Rect {
                x: camera.x,
                y: camera.y,
                width: viewport.width / camera.zoom,
                height: viewport.height / camera.zoom,
            };
            let seen = document.nodes.values().filter(|node| view.contains(card_rect(node).center())).count();
            assert_eq!(seen, 2, "at {far}: {camera:?}");
        }
    }

    #[test]
    fn what_no_zoom_shows_whole_begins_at_its_left() {
        let bounds = Rect { x: -500.0, y: 40.0, width: 3e6, height: 200.0 };
        let camera = Camera::fitting(bounds, Size { width: 390.0, height: 600.0 });
        assert_eq!(camera.zoom, ZOOM_MIN);
        let corner = camera.screen_from_world(Point { x: bounds.x, y: bounds.y });
        assert!((corner.x - MARGIN_NARROW).abs() < 1e-6, "{corner:?}");
    }
}
