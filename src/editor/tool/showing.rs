//! What a tool shows while it is under way: words, a marquee, a new frame, where things would land.

use std::collections::{BTreeMap, BTreeSet};

use super::ToolState;
use crate::editor::faults;
use crate::editor::geometry::{Curve, Rect, card_rect};
use crate::editor::hit;
use crate::editor::places;
use crate::editor::session::Target;
use crate::engine::sort;
use crate::model::station;
use crate::topology::document::{AreaId, Document, EdgeId, NodeId};

impl ToolState {
    /// What to do next, in words; `None` where nothing waits for the person.
    #[must_use]
    pub fn hint(&self, document: &Document) -> Option<String> {
        let label = |id: &NodeId| document.nodes.get(id).map_or("", |node| node.label.as_str());
        match self {
            Self::Picking { from: None, .. } => {
                Some("Choose where the calls start. Escape ends connecting.".to_owned())
            }
            Self::Picking { from: Some(from), .. } => {
                Some(format!("Choose what {} calls. Escape ends connecting.", label(from)))
            }
            Self::PlacingFault { kind, .. } => Some(format!(
                "{}: choose {} to hit, or the timeline to plan it. Escape puts it back.",
                kind.entry.name,
                kind.targets.words()
            )),
            Self::PlacingNode { dragged: false, .. } => {
                Some("Click where it shall stand. Escape puts it back.".to_owned())
            }
            Self::PlacingArea { zone: false, dragged: false, .. } => {
                Some("Drag a frame around what shall stand in the region, or click. Escape puts it back.".to_owned())
            }
            Self::PlacingArea { zone: true, dragged: false, .. } => {
                Some("Drag a frame within a region, or click there. Escape puts it back.".to_owned())
            }
            _ => None,
        }
    }

    /// What a panel has given into the hand: the id of a kind of station or fault, `region` or `zone`.
    #[must_use]
    pub fn in_hand(&self) -> Option<&'static str> {
        match self {
            Self::PlacingNode { kind, .. } => station::find(kind).map(|kind| kind.entry.id),
            Self::PlacingFault { kind, .. } => Some(kind.entry.id),
            Self::PlacingArea { zone, .. } => Some(if *zone { "zone" } else { "region" }),
            _ => None,
        }
    }

    /// What the hand would hit, wire to, or put a card into if the button were released now.
    #[must_use]
    pub fn candidate(&self, document: &Document, curves: &BTreeMap<EdgeId, Curve>) -> Option<Target> {
        let into = |kind: &str, center, me| hit::takes_in(document, curves, kind, center, me).map(Target::Edge);
        match self {
            Self::Connecting { candidate, .. }
            | Self::Picking { candidate, .. }
            | Self::Reconnecting { candidate, .. } => candidate.map(Target::Node),
            Self::PlacingFault { candidate, .. } => *candidate,
            Self::PlacingNode { kind, center_world: Some(center), .. } => into(kind, *center, None),
            Self::Translating { held, copied: false, .. } => match held.single()? {
                Target::Node(id) => {
                    let node = document.nodes.get(&id)?;
                    into(&node.kind, card_rect(node).center(), Some(id))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The areas in which things would stand if the button were released now.
    #[must_use]
    pub fn landing(&self, document: &Document) -> BTreeSet<AreaId> {
        match self {
            Self::Translating { held, .. } => {
                let nodes = held.nodes.iter().filter_map(|id| document.nodes.get(id));
                let areas = nodes.filter_map(|node| places::innermost(document, card_rect(node).center(), node.area));
                sort::set(areas.filter(|area| !held.areas.contains(area)))
            }
            Self::PlacingNode { center_world: Some(center), .. } => {
                sort::set(places::innermost(document, *center, None))
            }
            Self::PlacingArea { zone: true, at_world: Some(at), .. } => {
                sort::set(places::region_at(document, *at, None))
            }
            Self::PlacingFault { candidate: Some(Target::Area(area)), .. } => sort::set([*area]),
            _ => BTreeSet::new(),
        }
    }

    /// The frame that is being placed.
    #[must_use]
    pub fn new_frame(&self, snap: bool) -> Option<Rect> {
        match self {
            Self::PlacingArea { zone, from_world, at_world: Some(at), .. } => {
                Some(places::frame_between(*zone, from_world.unwrap_or(*at), *at, snap))
            }
            _ => None,
        }
    }

    /// Whether the fault in hand could hit this; `None`: there is none in hand.
    #[must_use]
    pub fn may_hit(&self, document: &Document, target: Target) -> Option<bool> {
        match self {
            Self::PlacingFault { kind, .. } => Some(faults::suits(document, target, kind)),
            _ => None,
        }
    }

    /// Whether what it refers to still exists.
    #[must_use]
    pub fn is_sound(&self, document: &Document) -> bool {
        let has = |id: &NodeId| document.nodes.contains_key(id);
        match self {
            Self::Pointing { target, .. } => target.is_in(document),
            Self::Translating { held, .. } => **held == held.within(document),
            Self::Resizing { area, .. } => document.areas.contains_key(area),
            Self::Connecting { from, candidate, .. } => has(from) && candidate.as_ref().is_none_or(has),
            Self::Reconnecting { edge, candidate, .. } => {
                document.edges.contains_key(edge) && candidate.as_ref().is_none_or(has)
            }
            Self::Choosing { from, .. } => has(from),
            Self::Picking { from, candidate, .. } => {
                from.as_ref().is_none_or(has) && candidate.as_ref().is_none_or(has)
            }
            _ => true,
        }
    }

    /// The marquee, while one is drawn.
    #[must_use]
    pub fn marquee(&self) -> Option<Rect> {
        match self {
            Self::Brushing { origin_world, current_world, .. } if origin_world != current_world => {
                Some(Rect::from_corners(*origin_world, *current_world))
            }
            _ => None,
        }
    }
}
