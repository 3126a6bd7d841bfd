//! Problems of regions and zones, and of what stands in them.

use std::collections::BTreeMap;

use super::{Found, guess, name_of};
use crate::model::geography::{REGIONS, find_region};
use crate::topology::document::{Area, AreaId, AreaKind, Document, FaultTarget, Place, Point};
use crate::topology::format::limits::{POSITION_MAX, SIZE_MAX};

pub(super) fn check(document: &Document, found: &mut Found) {
    off_canvas(document, found);
    let mut drawn: BTreeMap<&str, AreaId> = BTreeMap::new();
    for (id, area) in &document.areas {
        match &area.kind {
            AreaKind::Region { region } => {
                check_region(*id, area, region, found);
                if let Some(twin) = drawn.get(region.as_str()) {
                    found.warn(
                        Place::Area(*id),
                        "region-twice",
                        format!(
                            "{} and {} are both {region}: what stands in them is as near as in one region.",
                            area_name(document, *twin),
                            area_name(document, *id)
                        ),
                        "Choose another region for one of them, or draw zones within one.",
                    );
                } else {
                    drawn.insert(region, *id);
                }
            }
            AreaKind::Zone { within } => check_zone(document, *id, *within, found),
        }
    }
    for (id, node) in &document.nodes {
        if let Some(area) = node.area.filter(|area| !document.areas.contains_key(area)) {
            found.error(
                Place::Node(*id),
                "missing-area",
                format!("{} stands in area {}, which does not exist.", name_of(document, *id), area.0),
                "Draw a region and move it there, or let it stand nowhere.",
            );
        }
    }
    for (index, scheduled) in document.faults.iter().enumerate() {
        let FaultTarget::Area(area) = scheduled.fault.target else { continue };
        let empty = !document.nodes.values().any(|node| document.stands_in(node, area));
        if empty && document.areas.contains_key(&area) {
            found.warn(
                Place::Fault(index),
                "outage-of-nothing",
                format!("Nothing stands in {}: its outage hits nothing.", area_name(document, area)),
                "Move a station into it, or remove the fault.",
            );
        }
    }
}

fn check_region(id: AreaId, area: &Area, region: &str, found: &mut Found) {
    if find_region(region).is_none() {
        let known: Vec<&str> = REGIONS.iter().map(|region| region.id).collect();
        found.error(
            Place::Area(id),
            "unknown-region",
            format!("{}: there is no region \"{region}\".{}", area.label, guess(region, &known)),
            format!("Choose one of: {}.", known.join(", ")),
        );
    }
}

fn check_zone(document: &Document, id: AreaId, within: AreaId, found: &mut Found) {
    let what = match document.areas.get(&within).map(|area| &area.kind) {
        Some(AreaKind::Region { .. }) => return,
        Some(AreaKind::Zone { .. }) => format!("lies within {}, which is a zone itself", area_name(document, within)),
        None => format!("lies within area {}, which does not exist", within.0),
    };
    found.error(
        Place::Area(id),
        "zone-outside",
        format!("{} {what}.", area_name(document, id)),
        "Move it into a region, or remove it.",
    );
}

/// Places beyond the canvas: no file can hold them, and nobody finds what stands there.
fn off_canvas(document: &Document, found: &mut Found) {
    let beyond = |point: Point, max: f64| !(point.x.abs() <= max && point.y.abs() <= max);
    let mut tell = |place: Place, name: String, at: Point| {
        found.warn(
            place,
            "off-canvas",
            format!("{name} stands at {:e}, {:e}: the canvas ends at {POSITION_MAX} either way.", at.x, at.y),
            "Tidy the drawing, or move it back.",
        );
    };
    for (id, node) in document.nodes.iter().filter(|(_, node)| beyond(node.at, POSITION_MAX)) {
        tell(Place::Node(*id), name_of(document, *id), node.at);
    }
    for (id, area) in &document.areas {
        if beyond(area.at, POSITION_MAX) || beyond(area.size, SIZE_MAX) {
            tell(Place::Area(*id), area_name(document, *id), area.at);
        }
    }
}

/// An area as sentences call it.
pub(super) fn area_name(document: &Document, id: AreaId) -> String {
    match document.areas.get(&id) {
        Some(area) if !area.label.trim().is_empty() => area.label.clone(),
        _ => format!("area {}", id.0),
    }
}
