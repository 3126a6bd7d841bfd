//! A small picture of a drawing: outlines as SVG path data, made once when it is stored, so that a list of hundreds reads no
//! document.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::editor::geometry::{self, Rect};
use crate::topology::document::{Document, Point};

/// Width of the picture [units of its view box].
pub const WIDTH: f64 = 120.0;
/// Height [units of its view box].
pub const HEIGHT: f64 = 72.0;
/// Room around the drawing [units].
const MARGIN: f64 = 5.0;
/// Least room that a drawing is given [world units]: one station alone does not fill the picture.
const WORLD_MIN: f64 = 500.0;
/// Stations, connections and areas shown at most: more cannot be told apart.
const PARTS_MAX: usize = 150;
/// Smallest side of a station [units].
const SIDE_MIN: f64 = 2.0;

/// Path data (the `d` of an SVG path) in a view box of [`WIDTH`] × [`HEIGHT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Regions and zones.
    #[serde(default)]
    pub frames: String,
    /// Connections.
    #[serde(default)]
    pub lines: String,
    /// Stations.
    #[serde(default)]
    pub boxes: String,
}

impl Picture {
    /// Draws the document, scaled to fit.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let frames = document.areas.values().take(PARTS_MAX).map(|area| geometry::frame(area));
        let Some(bounds) = geometry::bounds(document) else { return Self::default() };
        let center = bounds.center();
        let (width, height) = (bounds.width.max(WORLD_MIN), bounds.height.max(WORLD_MIN * HEIGHT / WIDTH));
        let scale = ((WIDTH - 2.0 * MARGIN) / width).min((HEIGHT - 2.0 * MARGIN) / height);
        let place =
            |point: Point| ((point.x - center.x) * scale + WIDTH / 2.0, (point.y - center.y) * scale + HEIGHT / 2.0);
        let outline = |path: &mut String, rect: Rect, side_min: f64| {
            let (x, y) = place(Point { x: rect.x, y: rect.y });
            let (width, height) = ((rect.width * scale).max(side_min), (rect.height * scale).max(side_min));
            // Writing to a string cannot fail.
            let _ = write!(path, "M{x:.0} {y:.0}h{width:.0}v{height:.0}h-{width:.0}z");
        };
        let mut picture = Self::default();
        for frame in frames {
            outline(&mut picture.frames, frame, SIDE_MIN);
        }
        for node in document.nodes.values().take(PARTS_MAX) {
            outline(&mut picture.boxes, geometry::card_rect(node), SIDE_MIN);
        }
        for edge in document.edges.values().take(PARTS_MAX) {
            let ends = document.nodes.get(&edge.from).zip(document.nodes.get(&edge.to));
            let Some((from, to)) = ends else { continue };
            let (from, to) = (geometry::card_rect(from), geometry::card_rect(to));
            let ((x0, y0), (x1, y1)) = (place(from.center()), place(to.center()));
            let _ = write!(picture.lines, "M{x0:.0} {y0:.0}L{x1:.0} {y1:.0}");
        }
        picture
    }
}
