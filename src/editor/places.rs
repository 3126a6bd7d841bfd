//! Regions and zones as frames behind the cards: what stands in them, where a card settles, how frames move and grow.
//!
//! The rule: a card stands in the innermost frame that its middle lies in, and lies wholly in it or wholly beside it
//! once it is put down.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::catalog;
pub use super::geometry::frame;
use super::geometry::{CARD_WIDTH, GRID, Rect, Size, bounds, card_rect, moved, snapped};
use crate::engine::sort;
use crate::engine::time::SimDuration;
use crate::model::geography::{self, REGIONS, find_region};
use crate::model::params::Unit;
use crate::topology::document::{Area, AreaId, AreaKind, Document, Edge, Node, NodeId, Point};
use crate::topology::format::limits::{POSITION_MAX, SIZE_MAX};

/// Height of the strip at a frame's top that bears its name [world units]. No card settles there.
pub const HEAD: f64 = 2.0 * GRID;
/// Room kept free along the other sides.
pub const PAD: f64 = GRID;
/// The smallest frame: one card fits in.
pub const FRAME_MIN: Size = Size { width: CARD_WIDTH + 2.0 * PAD, height: 132.0 + HEAD + PAD };
/// A region that is placed by a click.
pub const REGION_SIZE: Size = Size { width: 36.0 * GRID, height: 27.0 * GRID };
/// A zone that is placed by a click.
pub const ZONE_SIZE: Size = Size { width: FRAME_MIN.width, height: 20.0 * GRID };

/// Which side of a frame is held while it is resized; two for a corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grip {
    pub left: bool,
    pub top: bool,
    pub right: bool,
    pub bottom: bool,
}

/// The strip that bears a frame's name: where it is taken hold of.
#[must_use]
pub fn head(frame: &Rect) -> Rect {
    Rect { height: HEAD, ..*frame }
}

/// Where cards and zones lie in a frame.
#[must_use]
pub fn inner(frame: &Rect) -> Rect {
    Rect { x: frame.x + PAD, y: frame.y + HEAD, width: frame.width - 2.0 * PAD, height: frame.height - HEAD - PAD }
}

/// The frame that has `inside` as its inner part.
fn around(inside: &Rect) -> Rect {
    Rect { x: inside.x - PAD, y: inside.y - HEAD, width: inside.width + 2.0 * PAD, height: inside.height + HEAD + PAD }
}

fn is_zone(area: &Area) -> bool {
    matches!(area.kind, AreaKind::Zone { .. })
}

/// The area that a point lies in, zones before regions; `current` wins over others of its sort.
#[must_use]
pub fn innermost(document: &Document, at: Point, current: Option<AreaId>) -> Option<AreaId> {
    let find = |zones: bool| {
        let here =
            |id: &AreaId| document.areas.get(id).is_some_and(|area| is_zone(area) == zones && frame(area).contains(at));
        current.filter(here).or_else(|| document.areas.keys().rev().copied().find(here))
    };
    find(true).or_else(|| find(false))
}

/// The region that a point lies in; `current` wins over others.
#[must_use]
pub fn region_at(document: &Document, at: Point, current: Option<AreaId>) -> Option<AreaId> {
    let here = |id: &AreaId| document.areas.get(id).is_some_and(|area| !is_zone(area) && frame(area).contains(at));
    current.filter(here).or_else(|| document.areas.keys().rev().copied().find(here))
}

/// How far `inside` must move to lie within `outer`; zero along a side where it does not fit.
fn into(inside: &Rect, outer: &Rect) -> (f64, f64) {
    let along = |from: f64, span: f64, low: f64, room: f64| {
        // Not `clamp`: where it just fits, rounding may turn the bounds round.
        if span > room { 0.0 } else { from.min(low + room - span).max(low) - from }
    };
    (along(inside.x, inside.width, outer.x, outer.width), along(inside.y, inside.height, outer.y, outer.height))
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

/// The shortest way of `card` off `obstacle`.
fn off(card: &Rect, obstacle: &Rect) -> (f64, f64) {
    let ways = [
        (obstacle.x - card.right(), 0.0),
        (obstacle.right() - card.x, 0.0),
        (0.0, obstacle.y - card.bottom()),
        (0.0, obstacle.bottom() - card.y),
    ];
    let far = |way: &(f64, f64)| way.0.abs() + way.1.abs();
    ways.into_iter().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or_default()
}

/// Where a card that was let go at `card` comes to rest, given the area that its middle lies in: on no frame's line.
fn rest(document: &Document, card: Rect, area: Option<AreaId>) -> Point {
    let around: BTreeSet<AreaId> = sort::set(
        area.into_iter().chain(area.and_then(|area| document.region_around(area)).map(|(region, ..)| region)),
    );
    let bounds = area.and_then(|area| document.areas.get(&area)).map(|area| inner(&frame(area)));
    let mut card = card;
    if let Some(bounds) = &bounds {
        let (dx, dy) = into(&card, bounds);
        (card.x, card.y) = (card.x + dx, card.y + dy);
    }
    for (id, other) in &document.areas {
        let obstacle = frame(other);
        if around.contains(id) || !overlap(&card, &obstacle) {
            continue;
        }
        let (dx, dy) = off(&card, &obstacle);
        let goal = Rect { x: card.x + dx, y: card.y + dy, ..card };
        // Between a zone and its region's line there may be no room: then it stays.
        if bounds.as_ref().is_none_or(|bounds| into(&goal, bounds) == (0.0, 0.0)) {
            card = goal;
        }
    }
    Point { x: card.x, y: card.y }
}

/// Lets a card stand in the innermost area that its middle lies in.
pub(super) fn stand(document: &mut Document, id: NodeId) {
    let Some(node) = document.nodes.get(&id) else { return };
    let area = innermost(document, card_rect(node).center(), node.area);
    if node.area != area {
        set_area(document, id, area);
    }
}

fn set_area(document: &mut Document, id: NodeId, area: Option<AreaId>) {
    if let Some(node) = document.nodes.get_mut(&id) {
        Rc::make_mut(node).area = area;
    }
}

/// Puts a card down: it stands where its middle lies, and off the lines.
pub(super) fn put_down(document: &mut Document, id: NodeId) {
    stand(document, id);
    let Some(node) = document.nodes.get(&id) else { return };
    let at = rest(document, card_rect(node), node.area);
    if node.at != at {
        move_card(document, id, at);
    }
}

fn move_card(document: &mut Document, id: NodeId, at: Point) {
    if let Some(node) = document.nodes.get_mut(&id) {
        Rc::make_mut(node).at = at;
    }
}

/// The frame, as much of it as the canvas holds.
fn on_canvas(frame: Rect) -> Rect {
    let place = |at: f64| at.clamp(-POSITION_MAX, POSITION_MAX);
    let span = |size: f64| size.clamp(-SIZE_MAX, SIZE_MAX);
    Rect { x: place(frame.x), y: place(frame.y), width: span(frame.width), height: span(frame.height) }
}

/// Sets an area's frame.
pub(super) fn set_frame(document: &mut Document, id: AreaId, frame: Rect) {
    if let Some(area) = document.areas.get_mut(&id)
        && self::frame(area) != frame
    {
        let area = Rc::make_mut(area);
        let frame = on_canvas(frame);
        area.at = Point { x: frame.x, y: frame.y };
        area.size = Point { x: frame.width, y: frame.height };
    }
}

/// Brings areas whose frames changed, and what stands in or under them, back in step: zones lie in the region under
/// them, stations stand in the innermost frame, and frames reach around all that they hold.
pub(super) fn settle(document: &mut Document, changed: &BTreeSet<AreaId>, stays: impl Fn(NodeId) -> bool) {
    for id in changed {
        let Some(area) = document.areas.get(id) else { continue };
        if let AreaKind::Zone { within } = area.kind
            && let Some(region) = region_at(document, frame(area).center(), Some(within))
            && region != within
            && let Some(area) = document.areas.get_mut(id)
        {
            Rc::make_mut(area).kind = AreaKind::Zone { within: region };
        }
    }
    let frames: Vec<Rect> = changed.iter().filter_map(|id| document.areas.get(id)).map(|area| frame(area)).collect();
    let touched: Vec<NodeId> = document
        .nodes
        .iter()
        .filter(|(id, _)| !stays(**id))
        .filter(|(_, node)| {
            let middle = card_rect(node).center();
            node.area.is_some_and(|area| changed.contains(&area)) || frames.iter().any(|frame| frame.contains(middle))
        })
        .map(|(id, _)| *id)
        .collect();
    for id in touched {
        stand(document, id);
    }
    let zones = |id: &&AreaId| document.areas.get(*id).is_some_and(|area| is_zone(area));
    let order: Vec<AreaId> = changed.iter().filter(zones).chain(changed).copied().collect();
    for id in order {
        grow(document, id);
    }
}

/// Makes a frame reach around what stands in it, and the region's frame around a zone's.
pub(super) fn grow(document: &mut Document, id: AreaId) {
    let Some(area) = document.areas.get(&id) else { return };
    let cards = document.nodes.values().filter(|node| node.area == Some(id)).map(|node| card_rect(node));
    let zones = document.zones_of(id).filter_map(|zone| document.areas.get(&zone)).map(|zone| self::frame(zone));
    let frame = frame(area);
    // What lies within changes nothing, not even the last digit.
    let out = |rect: &Rect| {
        rect.x < frame.x || rect.y < frame.y || rect.right() > frame.right() || rect.bottom() > frame.bottom()
    };
    let reach = cards.chain(zones).map(|rect| around(&rect)).filter(out).fold(frame, |a, b| a.union(&b));
    let within = match area.kind {
        AreaKind::Zone { within } => Some(within),
        AreaKind::Region { .. } => None,
    };
    set_frame(document, id, reach);
    if let Some(region) = within {
        grow(document, region);
    }
}

/// A frame as large as a frame must be, with sound numbers.
pub(super) fn tamed(frame: Rect) -> Rect {
    let number = |v: f64, low: f64, high: f64| if v.is_finite() { v.clamp(low, high) } else { low.max(0.0) };
    Rect {
        x: number(frame.x, -1e6, 1e6),
        y: number(frame.y, -1e6, 1e6),
        width: number(frame.width, FRAME_MIN.width, 1e6),
        height: number(frame.height, FRAME_MIN.height, 1e6),
    }
}

/// A frame of the size that a click gives, around `center`.
#[must_use]
pub fn frame_at(zone: bool, center: Point, snap: bool) -> Rect {
    let Size { width, height } = if zone { ZONE_SIZE } else { REGION_SIZE };
    let corner = moved(center, -width / 2.0, -height / 2.0);
    let Point { x, y } = if snap { snapped(corner) } else { corner };
    Rect { x, y, width, height }
}

/// Where a new frame takes nothing in: around `center` if nothing lies there, else beside everything. A zone goes into
/// `region`, below what lies there.
#[must_use]
pub fn free_frame(document: &Document, region: Option<AreaId>, center: Point) -> Rect {
    if let Some((id, around)) = region.and_then(|id| document.areas.get(&id).map(|area| (id, inner(&frame(area))))) {
        let cards = held(document, id).map(|(_, node)| card_rect(node).bottom());
        let zones = document.zones_of(id).filter_map(|zone| document.areas.get(&zone)).map(|zone| frame(zone).bottom());
        let low = cards.chain(zones).map(|bottom| bottom + GRID).fold(around.y, f64::max);
        return Rect { x: around.x, y: low, width: ZONE_SIZE.width, height: ZONE_SIZE.height };
    }
    let free = frame_at(false, center, true);
    let taken = document.nodes.values().any(|node| overlap(&card_rect(node), &free))
        || document.areas.values().any(|area| overlap(&frame(area), &free));
    match bounds(document).filter(|_| taken) {
        Some(all) => Rect { x: ((all.right() + 2.0 * GRID) / GRID).ceil() * GRID, ..free },
        None => free,
    }
}

/// The frame that is pulled up between two points; one that a click gives where they are the same.
#[must_use]
pub fn frame_between(zone: bool, from: Point, to: Point, snap: bool) -> Rect {
    if from == to {
        return frame_at(zone, from, snap);
    }
    let grid = |point: Point| if snap { snapped(point) } else { point };
    let (from, to) = (grid(from), grid(to));
    let drawn = Rect::from_corners(from, to);
    let (width, height) = (drawn.width.max(FRAME_MIN.width), drawn.height.max(FRAME_MIN.height));
    // Too small a frame grows away from where it was begun.
    Rect {
        x: if to.x < from.x { from.x - width } else { from.x },
        y: if to.y < from.y { from.y - height } else { from.y },
        width,
        height,
    }
}

/// A zone's frame brought into its region's, smaller if need be.
pub(super) fn fitted(zone: Rect, region: &Rect) -> Rect {
    let room = inner(region);
    let zone = Rect {
        width: zone.width.min(room.width).max(FRAME_MIN.width),
        height: zone.height.min(room.height).max(FRAME_MIN.height),
        ..zone
    };
    let (dx, dy) = into(&zone, &room);
    Rect { x: zone.x + dx, y: zone.y + dy, ..zone }
}

/// Where frames and cards go when `areas` and `nodes` are moved by `by`: what stands in an area goes with it, zones go
/// with their region, and a zone alone stays within some region.
#[must_use]
pub fn carried(
    start: &Document,
    areas: &BTreeSet<AreaId>,
    nodes: &BTreeSet<NodeId>,
    by: (f64, f64),
) -> (BTreeMap<AreaId, Rect>, BTreeMap<NodeId, Point>) {
    let mut ways: BTreeMap<AreaId, (f64, f64)> = BTreeMap::new();
    for (id, area) in &start.areas {
        match area.kind {
            AreaKind::Region { .. } if areas.contains(id) => drop(ways.insert(*id, by)),
            AreaKind::Zone { within } if areas.contains(&within) => drop(ways.insert(*id, by)),
            AreaKind::Zone { within } if areas.contains(id) => {
                let frame = frame(area);
                let goal = Rect { x: frame.x + by.0, y: frame.y + by.1, ..frame };
                let region = region_at(start, goal.center(), Some(within)).unwrap_or(within);
                let room = start.areas.get(&region).map_or(goal, |region| inner(&self::frame(region)));
                let (dx, dy) = into(&goal, &room);
                ways.insert(*id, (by.0 + dx, by.1 + dy));
            }
            _ => {}
        }
    }
    let frames = ways.iter().filter_map(|(id, (dx, dy))| {
        let frame = frame(start.areas.get(id)?);
        Some((*id, Rect { x: frame.x + dx, y: frame.y + dy, ..frame }))
    });
    let places = start.nodes.iter().filter_map(|(id, node)| {
        let way = node.area.and_then(|area| ways.get(&area)).copied();
        let (dx, dy) = way.or_else(|| nodes.contains(id).then_some(by))?;
        Some((*id, moved(node.at, dx, dy)))
    });
    (sort::map(frames), sort::map(places))
}

/// A frame after the held sides moved by `by`: never smaller than a card needs or than its zones reach, and a zone
/// never beyond its region.
#[must_use]
pub fn resized(start: &Document, id: AreaId, grip: Grip, by: (f64, f64), snap: bool) -> Option<Rect> {
    let area = start.areas.get(&id)?;
    let frame = frame(area);
    let grid = |v: f64| if snap { (v / GRID).round() * GRID } else { v };
    let least = start
        .zones_of(id)
        .filter_map(|zone| start.areas.get(&zone))
        .map(|zone| around(&self::frame(zone)))
        .reduce(|a, b| a.union(&b));
    let most = match area.kind {
        AreaKind::Zone { within } => start.areas.get(&within).map(|region| inner(&self::frame(region))),
        AreaKind::Region { .. } => None,
    };
    let (mut left, mut top, mut right, mut bottom) = (frame.x, frame.y, frame.right(), frame.bottom());
    if grip.left {
        left = grid(left + by.0).min(right - FRAME_MIN.width);
        left = least.map_or(left, |least| left.min(least.x));
        left = most.map_or(left, |most| left.max(most.x.min(frame.x)));
    }
    if grip.right {
        right = grid(right + by.0).max(left + FRAME_MIN.width);
        right = least.map_or(right, |least| right.max(least.right()));
        right = most.map_or(right, |most| right.min(most.right().max(frame.right())));
    }
    if grip.top {
        top = grid(top + by.1).min(bottom - FRAME_MIN.height);
        top = least.map_or(top, |least| top.min(least.y));
        top = most.map_or(top, |most| top.max(most.y.min(frame.y)));
    }
    if grip.bottom {
        bottom = grid(bottom + by.1).max(top + FRAME_MIN.height);
        bottom = least.map_or(bottom, |least| bottom.max(least.bottom()));
        bottom = most.map_or(bottom, |most| bottom.min(most.bottom().max(frame.bottom())));
    }
    Some(Rect { x: left, y: top, width: right - left, height: bottom - top })
}

/// Takes a card into an area by itself, to the first free place there (the frame grows where there is none); or out of
/// all areas, to the right of its region.
pub(super) fn take_in(document: &mut Document, id: NodeId, area: Option<AreaId>) {
    let Some(node) = document.nodes.get(&id).cloned() else { return };
    let card = card_rect(&node);
    let free = |document: &Document, rect: &Rect, frames: bool| {
        let near = rect.grown(GRID);
        let hits_card = document.nodes.iter().any(|(other, node)| *other != id && overlap(&near, &card_rect(node)));
        let hits_frame = frames && document.areas.values().any(|area| overlap(&near, &frame(area)));
        !hits_card && !hits_frame
    };
    let Some(goal) = area else {
        let region =
            node.area.and_then(|area| document.region_around(area)).map_or(node.area, |(region, ..)| Some(region));
        let beside = region.and_then(|region| document.areas.get(&region)).map_or(card, |region| {
            let frame = frame(region);
            Rect { x: frame.right() + 2.0 * GRID, ..card }
        });
        let columns = (0..).map(|step| Rect { x: beside.x + f64::from(step) * 2.0 * GRID, ..beside });
        // There are finitely many cards and frames, so some column is free.
        let place = columns.take(10_000).find(|rect| free(document, rect, true)).unwrap_or(beside);
        set_area(document, id, None);
        move_card(document, id, Point { x: place.x, y: place.y });
        return;
    };
    let Some(frame) = document.areas.get(&goal).map(|area| frame(area)) else { return };
    set_area(document, id, area);
    let room = inner(&frame);
    let zones: Vec<Rect> =
        document.zones_of(goal).filter_map(|zone| document.areas.get(&zone)).map(|zone| self::frame(zone)).collect();
    let clear = |rect: &Rect| free(document, rect, false) && !zones.iter().any(|zone| overlap(rect, zone));
    let (columns, rows) = (room.width - card.width, room.height - card.height);
    let spots = (0..)
        .map(|row| f64::from(row) * GRID)
        .take_while(|y| *y <= rows)
        .flat_map(|y| (0..).map(|column| f64::from(column) * GRID).take_while(|x| *x <= columns).map(move |x| (x, y)));
    let spot = spots.map(|(x, y)| Rect { x: room.x + x, y: room.y + y, ..card }).find(clear);
    // Full: below everything, and the frame grows.
    let spot = spot.unwrap_or_else(|| {
        let cards = document.nodes.iter().filter(|(other, node)| **other != id && node.area == area);
        let low = cards.map(|(_, node)| card_rect(node).bottom()).chain(zones.iter().map(Rect::bottom));
        Rect { x: room.x, y: low.fold(room.y, |a, b| a.max(b + GRID)), ..card }
    });
    move_card(document, id, Point { x: spot.x, y: spot.y });
    grow(document, goal);
}

/// The region that a new frame shall be: the first of a tour around the world that is not drawn yet.
#[must_use]
pub fn fresh_region(document: &Document) -> &'static str {
    const TOUR: [&str; 10] = [
        "us-east-1",
        "eu-west-1",
        "ap-northeast-1",
        "ap-southeast-2",
        "eu-central-1",
        "sa-east-1",
        "ap-south-1",
        "us-west-2",
        "ap-southeast-1",
        "af-south-1",
    ];
    let drawn = |id: &str| {
        document.areas.values().any(|area| matches!(&area.kind, AreaKind::Region { region } if region == id))
    };
    TOUR.into_iter().find(|id| !drawn(id)).unwrap_or(TOUR[0])
}

/// A region's place in plain words; the id itself for one that this version does not know.
#[must_use]
pub fn region_name(id: &str) -> &str {
    find_region(id).map_or(id, |region| REGIONS[usize::from(region.0)].name)
}

/// `base`, or `base 2`, `base 3` …: the first that no area has.
#[must_use]
pub fn fresh_area_label(document: &Document, base: &str) -> String {
    let taken = |label: &str| document.areas.values().any(|area| area.label == label);
    if !taken(base) {
        return base.to_owned();
    }
    (2..).map(|n| format!("{base} {n}")).find(|label| !taken(label)).expect("numbers do not run out")
}

/// The name of a new zone of a region: "Zone a", "Zone b", …
#[must_use]
pub fn fresh_zone_label(document: &Document, region: AreaId) -> String {
    let taken = |label: &str| {
        document.zones_of(region).any(|zone| document.areas.get(&zone).is_some_and(|area| area.label == label))
    };
    let letters = ('a'..='z').map(|letter| format!("Zone {letter}"));
    letters.chain((27..).map(|n| format!("Zone {n}"))).find(|label| !taken(label)).expect("numbers do not run out")
}

/// An area in words with the region around it: "Zone a of Ireland", "Ireland".
#[must_use]
pub fn area_words(document: &Document, id: AreaId) -> String {
    let label = |id: &AreaId| document.areas.get(id).map_or("an area", |area| area.label.as_str());
    match document.areas.get(&id).map(|area| &area.kind) {
        Some(AreaKind::Zone { within }) => format!("{} of {}", label(&id), label(within)),
        _ => label(&id).to_owned(),
    }
}

/// The ends of a connection and one way between them, where both stand somewhere: (from, to, way).
#[must_use]
pub fn way(document: &Document, edge: &Edge) -> Option<(AreaId, AreaId, SimDuration)> {
    let place = |node: NodeId| {
        let area = document.nodes.get(&node)?.area?;
        let (_, region, zone) = document.region_around(area)?;
        Some((area, (find_region(region)?, zone)))
    };
    let (from, to) = (place(edge.from)?, place(edge.to)?);
    Some((from.0, to.0, geography::way(from.1, to.1)))
}

/// What a wire bears of the way between two regions, e.g. "+34.9 ms", and the same in words; `None` within one region.
#[must_use]
pub fn way_mark(document: &Document, edge: &Edge) -> Option<(String, String)> {
    let (from, to, way) = way(document, edge)?;
    let region = |area: AreaId| document.region_around(area).map(|(region, ..)| region);
    let time = catalog::quantity(way.as_secs_f64(), Unit::Seconds);
    (region(from) != region(to))
        .then(|| (format!("+{time}"), format!("{time} more for the way to {}", area_words(document, to))))
}

/// The nodes that stand in an area, or in a zone of it, by ascending id.
pub fn held(document: &Document, area: AreaId) -> impl Iterator<Item = (NodeId, &Rc<Node>)> {
    document.nodes.iter().filter(move |(_, node)| document.stands_in(node, area)).map(|(id, node)| (*id, node))
}
