//! Changes of regions and zones, and of what stands in them.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Applied, EditError, Ids, Landing, names, place, stem};
use crate::editor::clipboard::Clip;
use crate::editor::geometry::Rect;
use crate::editor::places;
use crate::editor::session::{Selection, Target};
use crate::engine::sort;
use crate::lesson::guard::Guard;
use crate::model::geography;
use crate::topology::document::{Area, AreaId, AreaKind, Document, NodeId, Point};

/// Moves cards and frames; where they are let go, everything stands where it lies.
pub(super) fn arrange(
    document: &mut Document,
    guard: &Guard,
    nodes: &BTreeMap<NodeId, Point>,
    frames: &BTreeMap<AreaId, Rect>,
    landing: Landing,
) -> Result<Applied, EditError> {
    for (id, frame) in frames {
        if !document.areas.contains_key(id) {
            return Err(EditError::Gone);
        }
        places::set_frame(document, *id, places::tamed(*frame));
    }
    place(document, nodes)?;
    let stood: BTreeMap<NodeId, Option<AreaId>> =
        sort::map(nodes.keys().filter_map(|id| document.nodes.get(id).map(|node| (*id, node.area))));
    if landing != Landing::None {
        let carried = |id: &NodeId| stood.get(id).copied().flatten().is_some_and(|area| frames.contains_key(&area));
        for id in nodes.keys().filter(|id| !guard.keep_places.contains(id) && !carried(id)) {
            match landing {
                Landing::OffLines => places::put_down(document, *id),
                _ => places::stand(document, *id),
            }
        }
        let changed = sort::set(frames.keys().copied());
        places::settle(document, &changed, |id| guard.keep_places.contains(&id));
    }
    let what = match (frames.len(), frames.keys().next()) {
        (0, _) => names(document, nodes.keys(), 0),
        (1, Some(area)) => places::area_words(document, *area),
        _ => {
            // A region goes with its zones: one thing, as a person sees it.
            let inside = |id: &AreaId| {
                document.region_around(*id).is_some_and(|(region, ..)| region != *id && frames.contains_key(&region))
            };
            let outer: Vec<&AreaId> = frames.keys().filter(|id| !inside(id)).collect();
            match outer.as_slice() {
                [one] => places::area_words(document, **one),
                many => format!("{} areas", many.len()),
            }
        }
    };
    let change = match (frames.is_empty(), stood.len(), stood.iter().next()) {
        (true, 1, Some((id, before))) => {
            let now = document.nodes.get(id).and_then(|node| node.area);
            match (before, now) {
                (before, now) if *before == now => String::new(),
                (_, Some(now)) => format!(" into {}", places::area_words(document, now)),
                (Some(before), None) => format!(" out of {}", places::area_words(document, *before)),
                (None, None) => String::new(),
            }
        }
        _ => String::new(),
    };
    Ok(Applied::said(format!("Move {what}{change}")))
}

pub(super) fn add_area(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    zone: bool,
    within: Option<AreaId>,
    frame: Rect,
) -> Result<Applied, EditError> {
    if !guard.allows_areas() {
        return Err(EditError::NotInPalette { name: "regions and zones".to_owned() });
    }
    let mut frame = places::tamed(frame);
    let (kind, label) = if zone {
        let region = within.or_else(|| places::region_at(document, frame.center(), None));
        let region = region.ok_or(EditError::ZoneOutside)?;
        let around = document.areas.get(&region).ok_or(EditError::Gone)?;
        match (&around.kind, within) {
            (AreaKind::Zone { .. }, _) => return Err(EditError::ZoneOutside),
            // Drawn into it, the zone keeps to the region's frame; asked for, the region makes room.
            (AreaKind::Region { .. }, None) => frame = places::fitted(frame, &places::frame(around)),
            (AreaKind::Region { .. }, Some(_)) => {}
        }
        (AreaKind::Zone { within: region }, places::fresh_zone_label(document, region))
    } else {
        let region = places::fresh_region(document);
        let label = places::fresh_area_label(document, places::region_name(region));
        (AreaKind::Region { region: region.to_owned() }, label)
    };
    let id = ids.next_area();
    let (at, size) = (Point { x: frame.x, y: frame.y }, Point { x: frame.width, y: frame.height });
    document.areas.insert(id, Rc::new(Area { kind, label, at, size }));
    places::settle(document, &sort::set([id]), |node| guard.keep_places.contains(&node));
    Ok(Applied::said(format!("Add {}", places::area_words(document, id))).selecting(Selection::of(Target::Area(id))))
}

pub(super) fn set_region(
    document: &mut Document,
    guard: &Guard,
    id: AreaId,
    region: &str,
) -> Result<Applied, EditError> {
    if geography::find_region(region).is_none() {
        return Err(EditError::UnknownRegion(region.to_owned()));
    }
    let area = document.areas.get(&id).ok_or(EditError::Gone)?.clone();
    if guard.keep_areas.contains(&id) {
        return Err(EditError::Locked { what: area.label.clone() });
    }
    let AreaKind::Region { region: before } = &area.kind else { return Err(EditError::ZoneOutside) };
    let name = places::region_name(region);
    // A frame that bears its region's name goes on doing so; one with a name of its own keeps it.
    let named = area.label == places::region_name(before);
    let label = if named { places::fresh_area_label(document, name) } else { area.label.clone() };
    let words = format!("Make {} {name}", area.label);
    if before != region {
        let kind = AreaKind::Region { region: region.to_owned() };
        document.areas.insert(id, Rc::new(Area { kind, label, ..(*area).clone() }));
    }
    Ok(Applied::said(words))
}

pub(super) fn stand_in(
    document: &mut Document,
    guard: &Guard,
    id: NodeId,
    area: Option<AreaId>,
) -> Result<Applied, EditError> {
    let node = document.nodes.get(&id).ok_or(EditError::Gone)?.clone();
    if area.is_some_and(|area| !document.areas.contains_key(&area)) {
        return Err(EditError::Gone);
    }
    if guard.keep_places.contains(&id) {
        return Err(EditError::Locked { what: node.label.clone() });
    }
    let words = match (area, node.area) {
        (Some(area), _) => format!("Move {} into {}", node.label, places::area_words(document, area)),
        (None, Some(area)) => format!("Move {} out of {}", node.label, places::area_words(document, area)),
        (None, None) => format!("Move {}", node.label),
    };
    if node.area != area {
        places::take_in(document, id, area);
    }
    Ok(Applied::said(words))
}

/// Puts a clip's frames under fresh ids, regions first; gives the ids by those in the clip. A zone copied without its
/// region lies in the region where it comes to lie, or is left out where there is none.
pub(super) fn paste_areas(
    document: &mut Document,
    ids: &mut Ids,
    clip: &Clip,
    (dx, dy): (f64, f64),
) -> BTreeMap<AreaId, AreaId> {
    let mut fresh: BTreeMap<AreaId, AreaId> = BTreeMap::new();
    let zone = |area: &Area| matches!(area.kind, AreaKind::Zone { .. });
    let regions = clip.areas.iter().filter(|(_, area)| !zone(area));
    for (old, area) in regions.chain(clip.areas.iter().filter(|(_, area)| zone(area))) {
        let frame = places::frame(area);
        let frame = places::tamed(Rect { x: frame.x + dx, y: frame.y + dy, ..frame });
        let (kind, label) = match &area.kind {
            AreaKind::Region { region } => {
                // Two frames of one region say nothing: the copy is another place.
                let other = places::fresh_region(document);
                let named = places::region_name(region) == area.label;
                let base = if named { places::region_name(other) } else { stem(&area.label) };
                let label = places::fresh_area_label(document, base);
                (AreaKind::Region { region: other.to_owned() }, label)
            }
            AreaKind::Zone { within } => {
                let here = fresh.get(within).copied();
                let Some(within) = here.or_else(|| places::region_at(document, frame.center(), None)) else { continue };
                let label =
                    if here.is_some() { area.label.clone() } else { places::fresh_zone_label(document, within) };
                (AreaKind::Zone { within }, label)
            }
        };
        let id = ids.next_area();
        let area =
            Area { kind, label, at: Point { x: frame.x, y: frame.y }, size: Point { x: frame.width, y: frame.height } };
        document.areas.insert(id, Rc::new(area));
        fresh.insert(*old, id);
    }
    fresh
}
