//! How a drawing stands on an upright stage: from top to bottom, where that shows it larger than from left to right.
//!
//! The document keeps its places: only what is shown is turned, and comes back as it was on a wider stage.

use std::rc::Rc;

use super::geometry::{self, Camera, Size};
use super::layout;
use crate::topology::document::{Document, Point};

/// A stage as wide as this, or wider, shows a drawing as it was drawn [screen pixels].
const NARROW: f64 = 600.0;
/// Turning must gain this much.
const GAIN: f64 = 1.15;

/// `document` as a stage of that size shows it: itself, or with other places.
#[must_use]
pub fn drawn(document: &Rc<Document>, viewport: Size) -> Rc<Document> {
    let upright = viewport.width > 0.0 && viewport.width < NARROW && viewport.height > viewport.width * 0.6;
    if !upright {
        return document.clone();
    }
    let mut turned = (**document).clone();
    let places = layout::tidy_down(document);
    for (id, node) in &mut turned.nodes {
        if let Some(at) = places.nodes.get(id) {
            Rc::make_mut(node).at = *at;
        }
    }
    for (id, area) in &mut turned.areas {
        if let Some(frame) = places.frames.get(id) {
            let area = Rc::make_mut(area);
            area.at = Point { x: frame.x, y: frame.y };
            area.size = Point { x: frame.width, y: frame.height };
        }
    }
    let zoom = |shown: &Document| geometry::bounds(shown).map_or(1.0, |all| Camera::fitting(all, viewport).zoom);
    if zoom(&turned) > zoom(document) * GAIN { Rc::new(turned) } else { document.clone() }
}
