//! The document: what a person draws, saves and shares. Plain data; positions and labels never change a result.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use crate::model::ids::{AreaId, EdgeId, FaultTarget, NodeId};
use crate::model::objective::Objective;
use crate::model::params::Params;

/// A place on the canvas [world units; one unit is one CSS pixel at zoom 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// A box on the canvas: one station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Id of an entry in the station registry, e.g. `service`.
    pub kind: String,
    pub label: String,
    /// Name by which a lesson speaks of the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The card's top left corner.
    pub at: Point,
    /// The region or zone that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    #[serde(default, skip_serializing_if = "params_empty")]
    pub params: Params,
}

/// A region or a zone: a frame on the canvas that stations stand in.
///
/// Regions lie far apart, zones of one region near each other; what stands in one area fails together when it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub kind: AreaKind,
    pub label: String,
    /// The frame's top left corner.
    pub at: Point,
    /// Width and height of the frame.
    pub size: Point,
}

/// What sort of area it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    /// `region` is an id of [`crate::model::geography::REGIONS`].
    Region { region: String },
    /// A data center of its own within a region.
    Zone { within: AreaId },
}

/// A directed connection: `from` calls `to`, answers come back the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    pub from: NodeId,
    pub to: NodeId,
    #[serde(default, skip_serializing_if = "params_empty")]
    pub params: Params,
}

fn params_empty(params: &Params) -> bool {
    params.0.is_empty()
}

/// A fault: an entry of the fault registry, aimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Id of an entry in the fault registry, e.g. `kill`.
    pub kind: String,
    pub target: FaultTarget,
    #[serde(default, skip_serializing_if = "params_empty")]
    pub params: Params,
}

/// A fault on the timetable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduledFault {
    /// When it starts [s of simulated time].
    pub at_secs: f64,
    /// How long it lasts [s]; none = until the end of the run, or until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_secs: Option<f64>,
    #[serde(flatten)]
    pub fault: Fault,
}

/// A named span of the run that goals and reports speak of; requests belong to it by their arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub name: String,
    pub from_secs: f64,
    pub to_secs: f64,
}

/// Everything that decides a run, but for the inputs given while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub title: String,
    /// One or two sentences for the reader: what to look at, what to try.
    pub notes: String,
    pub nodes: BTreeMap<NodeId, Rc<Node>>,
    pub edges: BTreeMap<EdgeId, Rc<Edge>>,
    pub areas: BTreeMap<AreaId, Rc<Area>>,
    pub faults: Vec<ScheduledFault>,
    pub windows: Vec<Window>,
    pub seed: u64,
    /// How long sources send [s of simulated time]; then the run drains.
    pub run_length_secs: f64,
    /// Time at the start left out of totals and percentiles [s].
    pub warm_up_secs: f64,
    /// An answer later than this is Completed but no goodput [s]; none = every completion is good.
    pub good_within_secs: Option<f64>,
    /// Simulated time that a day on the calendar takes [s]; none = a real day's 86,400. Plans, seasons and history go by
    /// the calendar; seconds of machines stay seconds.
    pub day_secs: Option<f64>,
    /// The service-level objective: p99 at most this [s], 0 = it does not count; none = [`Objective::DEFAULT_P99`], or the
    /// limit for goodput where there is one.
    pub slo_p99_secs: Option<f64>,
    /// And at least this share answered, 0..1, 0 = it does not count; none = [`Objective::DEFAULT_ANSWERED`].
    pub slo_answered_share: Option<f64>,
    /// Whether data between zones, between regions and to clients is paid for.
    pub transfer_costs: bool,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            title: "Untitled".to_owned(),
            notes: String::new(),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            areas: BTreeMap::new(),
            faults: Vec::new(),
            windows: Vec::new(),
            seed: 1,
            run_length_secs: 600.0,
            warm_up_secs: 0.0,
            good_within_secs: None,
            day_secs: None,
            slo_p99_secs: None,
            slo_answered_share: None,
            transfer_costs: false,
        }
    }
}

/// One thing of a document that can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Node(NodeId),
    Edge(EdgeId),
    /// A region or zone.
    Area(AreaId),
}

impl Target {
    /// Whether the document has it.
    #[must_use]
    pub fn is_in(self, document: &Document) -> bool {
        match self {
            Self::Node(id) => document.nodes.contains_key(&id),
            Self::Edge(id) => document.edges.contains_key(&id),
            Self::Area(id) => document.areas.contains_key(&id),
        }
    }
}

impl Document {
    /// Whether both agree in what stands beside nodes, edges and areas and decides a run.
    #[must_use]
    pub fn same_settings(&self, other: &Self) -> bool {
        self.seed == other.seed
            && self.run_length_secs == other.run_length_secs
            && self.warm_up_secs == other.warm_up_secs
            && self.good_within_secs == other.good_within_secs
            && self.day_secs == other.day_secs
            && self.objective() == other.objective()
            && self.transfer_costs == other.transfer_costs
            && self.windows == other.windows
            && self.faults == other.faults
    }

    /// The smallest id above all ids that stand in the document.
    #[must_use]
    pub fn next_node_id(&self) -> NodeId {
        NodeId(self.nodes.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// See [`Document::next_node_id`].
    #[must_use]
    pub fn next_edge_id(&self) -> EdgeId {
        EdgeId(self.edges.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// See [`Document::next_node_id`].
    #[must_use]
    pub fn next_area_id(&self) -> AreaId {
        AreaId(self.areas.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// What the service is meant to keep.
    #[must_use]
    pub fn objective(&self) -> Objective {
        let p99 = self.slo_p99_secs.or(self.good_within_secs).unwrap_or(Objective::DEFAULT_P99);
        let answered = self.slo_answered_share.unwrap_or(Objective::DEFAULT_ANSWERED);
        Objective { p99_secs: (p99 > 0.0).then_some(p99), answered_share: (answered > 0.0).then_some(answered) }
    }

    /// Adds a node under a fresh id.
    pub fn add_node(&mut self, node: Node) -> NodeId {
        let id = self.next_node_id();
        self.nodes.insert(id, Rc::new(node));
        id
    }

    /// Adds an edge under a fresh id.
    pub fn add_edge(&mut self, edge: Edge) -> EdgeId {
        let id = self.next_edge_id();
        self.edges.insert(id, Rc::new(edge));
        id
    }

    /// Adds a region or zone under a fresh id.
    pub fn add_area(&mut self, area: Area) -> AreaId {
        let id = self.next_area_id();
        self.areas.insert(id, Rc::new(area));
        id
    }

    /// Removes a node and the edges that touch it.
    pub fn remove_node(&mut self, id: NodeId) {
        self.nodes.remove(&id);
        self.edges.retain(|_, edge| edge.from != id && edge.to != id);
    }

    /// Removes a region or a zone; what stood in it stays.
    ///
    /// What stood in a zone then stands in the zone's region. With a region its zones go, since a zone lies within a
    /// region, and what stood in any of them stands nowhere in particular.
    pub fn remove_area(&mut self, id: AreaId) {
        let Some(area) = self.areas.remove(&id) else { return };
        let around = match &area.kind {
            AreaKind::Region { .. } => None,
            AreaKind::Zone { within } => Some(*within),
        };
        for node in self.nodes.values_mut().filter(|node| node.area == Some(id)) {
            Rc::make_mut(node).area = around.filter(|around| self.areas.contains_key(around));
        }
        let zones: Vec<AreaId> = self.zones_of(id).collect();
        for zone in zones {
            self.remove_area(zone);
        }
    }

    /// The zones within a region, by ascending id.
    pub fn zones_of(&self, region: AreaId) -> impl Iterator<Item = AreaId> {
        let lies = move |area: &Area| matches!(area.kind, AreaKind::Zone { within } if within == region);
        self.areas.iter().filter(move |(_, area)| lies(area)).map(|(id, _)| *id)
    }

    /// Where an area is: the region's area (the area itself, or the one that its zone lies within), the id of that
    /// region, and the zone. `None` for an area that is not there, or lies in none.
    #[must_use]
    pub fn region_around(&self, area: AreaId) -> Option<(AreaId, &str, Option<AreaId>)> {
        match &self.areas.get(&area)?.kind {
            AreaKind::Region { region } => Some((area, region, None)),
            AreaKind::Zone { within } => match &self.areas.get(within)?.kind {
                AreaKind::Region { region } => Some((*within, region, Some(area))),
                AreaKind::Zone { .. } => None,
            },
        }
    }

    /// Whether `node` stands in `area`, or in a zone of it.
    #[must_use]
    pub fn stands_in(&self, node: &Node, area: AreaId) -> bool {
        node.area.is_some_and(|stands| {
            stands == area || self.region_around(stands).is_some_and(|(region, ..)| region == area)
        })
    }

    /// The node that a lesson calls `role`, else the one labelled so.
    #[must_use]
    pub fn node_by_role(&self, role: &str) -> Option<NodeId> {
        let by = |matches: fn(&Node, &str) -> bool| {
            self.nodes.iter().find(|(_, node)| matches(node, role)).map(|(id, _)| *id)
        };
        by(|node, role| node.role.as_deref() == Some(role)).or_else(|| by(|node, role| node.label == role))
    }

    /// Edges that leave `node`, by ascending id: the order in which a handler calls.
    pub fn edges_from(&self, node: NodeId) -> impl Iterator<Item = (EdgeId, &Rc<Edge>)> {
        self.edges.iter().filter(move |(_, edge)| edge.from == node).map(|(id, edge)| (*id, edge))
    }

    /// Edges that end at `node`, by ascending id.
    pub fn edges_to(&self, node: NodeId) -> impl Iterator<Item = (EdgeId, &Rc<Edge>)> {
        self.edges.iter().filter(move |(_, edge)| edge.to == node).map(|(id, edge)| (*id, edge))
    }
}

/// A change to the running system; with the event ordinal at which it was applied it makes the input log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nodes and edges to put (new or replaced) or to take away.
    Edit(Edit),
    /// A fault starts now.
    Inject(Fault),
    /// Faults of this kind on this target end now.
    Lift { kind: String, target: FaultTarget },
}

/// The difference between two documents, as far as results are concerned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<NodeId, Option<Rc<Node>>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edges: BTreeMap<EdgeId, Option<Rc<Edge>>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub areas: BTreeMap<AreaId, Option<Rc<Area>>>,
}

/// A change and when it was applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Number of events processed before the change.
    pub at_event: u64,
    pub change: Change,
}

impl Edit {
    /// What leads from `old` to `new`. Nodes moved or renamed alone, and frames moved, resized or renamed alone, give an
    /// empty edit: they change no result.
    #[must_use]
    pub fn between(old: &Document, new: &Document) -> Self {
        let same = |a: &Node, b: &Node| a.kind == b.kind && a.params == b.params && a.area == b.area;
        let mut edit = Self::default();
        for (id, node) in &new.nodes {
            if !old.nodes.get(id).is_some_and(|before| Rc::ptr_eq(before, node) || same(before, node)) {
                edit.nodes.insert(*id, Some(node.clone()));
            }
        }
        for id in old.nodes.keys().filter(|id| !new.nodes.contains_key(id)) {
            edit.nodes.insert(*id, None);
        }
        for (id, edge) in &new.edges {
            if old.edges.get(id) != Some(edge) {
                edit.edges.insert(*id, Some(edge.clone()));
            }
        }
        for id in old.edges.keys().filter(|id| !new.edges.contains_key(id)) {
            edit.edges.insert(*id, None);
        }
        for (id, area) in &new.areas {
            if !old.areas.get(id).is_some_and(|before| before.kind == area.kind) {
                edit.areas.insert(*id, Some(area.clone()));
            }
        }
        for id in old.areas.keys().filter(|id| !new.areas.contains_key(id)) {
            edit.areas.insert(*id, None);
        }
        edit
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty() && self.areas.is_empty()
    }

    /// Carries the edit out on `document`.
    pub fn apply(&self, document: &mut Document) {
        // Areas first: what a removed one lets go of is told by the nodes that follow, where it matters.
        for (id, area) in &self.areas {
            match area {
                Some(area) => drop(document.areas.insert(*id, area.clone())),
                None => document.remove_area(*id),
            }
        }
        for (id, node) in &self.nodes {
            match node {
                Some(node) => drop(document.nodes.insert(*id, node.clone())),
                None => document.remove_node(*id),
            }
        }
        for (id, edge) in &self.edges {
            match edge {
                Some(edge) => drop(document.edges.insert(*id, edge.clone())),
                None => drop(document.edges.remove(id)),
            }
        }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It runs, but surely not as meant.
    Warning,
    /// It cannot run.
    Error,
}

/// Where a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Document,
    Node(NodeId),
    Edge(EdgeId),
    Area(AreaId),
    /// Index into [`Document::faults`].
    Fault(usize),
}

/// A problem with a document: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub place: Place,
    /// The parameter's key, where one is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// A stable kebab-case name of the kind of problem, e.g. `no-path`.
    pub code: String,
    pub message: String,
    pub remedy: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(kind: AreaKind) -> Area {
        Area { kind, label: "Area".to_owned(), at: Point::default(), size: Point { x: 480.0, y: 240.0 } }
    }

    /// A service in zone 2 of region 1, another in region 1, one in region 3.
    fn three() -> Document {
        let mut document = Document::default();
        let region = document.add_area(area(AreaKind::Region { region: "eu-west-1".to_owned() }));
        let zone = document.add_area(area(AreaKind::Zone { within: region }));
        let other = document.add_area(area(AreaKind::Region { region: "us-east-1".to_owned() }));
        for stands in [zone, region, other] {
            let (kind, at) = ("service".to_owned(), Point::default());
            document.add_node(Node {
                label: kind.clone(),
                kind,
                role: None,
                at,
                area: Some(stands),
                params: Params::new(),
            });
        }
        document
    }

    fn areas(document: &Document) -> Vec<Option<u32>> {
        document.nodes.values().map(|node| node.area.map(|area| area.0)).collect()
    }

    #[test]
    fn with_a_zone_gone_its_stations_stand_in_the_region_and_with_the_region_nowhere() {
        let mut document = three();
        document.remove_area(AreaId(2));
        assert_eq!(areas(&document), [Some(1), Some(1), Some(3)]);
        let mut document = three();
        document.remove_area(AreaId(1));
        assert_eq!(areas(&document), [None, None, Some(3)]);
        assert_eq!(document.areas.keys().copied().collect::<Vec<_>>(), [AreaId(3)], "its zone went too");
    }

    #[test]
    fn an_edit_tells_of_places_but_not_of_frames() {
        let before = three();
        let mut after = before.clone();
        let frame = Rc::make_mut(after.areas.get_mut(&AreaId(1)).expect("is there"));
        frame.label = "Europe".to_owned();
        frame.at.x = 96.0;
        frame.size.y = 960.0;
        assert!(Edit::between(&before, &after).is_empty(), "moved, resized, renamed");

        Rc::make_mut(after.nodes.get_mut(&NodeId(3)).expect("is there")).area = Some(AreaId(2));
        after.remove_area(AreaId(3));
        let kind = AreaKind::Region { region: "sa-east-1".to_owned() };
        Rc::make_mut(after.areas.get_mut(&AreaId(1)).expect("is there")).kind = kind;
        let edit = Edit::between(&before, &after);
        assert_eq!(edit.nodes.keys().copied().collect::<Vec<_>>(), [NodeId(3)]);
        assert_eq!(edit.areas.keys().copied().collect::<Vec<_>>(), [AreaId(1), AreaId(3)]);
        let mut again = before;
        edit.apply(&mut again);
        assert_eq!(again, after);
    }
}
