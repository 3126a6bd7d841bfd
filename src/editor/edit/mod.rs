//! Every way to change the document, each with the words for its undo step.

mod areas;
mod error;
mod paste;
mod run;
mod wired;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::catalog;
use super::clipboard::Clip;
use super::geometry::{Rect, card_height, free_place, moved, snapped};
use super::layout::Places;
use super::places;
use super::session::{Selection, Target};
use crate::engine::sort;
use crate::lesson::guard::Guard;
use crate::model::params::{Params, Value};
use crate::model::{edge, station};
use crate::topology::document::{
    AreaId, Document, Edge, EdgeId, FaultTarget, Node, NodeId, Point, ScheduledFault, Window,
};
use crate::topology::format::limits::POSITION_MAX;
use areas::{add_area, arrange, set_region, stand_in};
pub use error::EditError;
use paste::{Spot, paste};
pub use wired::Wired;

/// A change that a person makes to the document.
#[derive(Clone, Debug, PartialEq)]
pub enum EditCommand {
    /// A new card; `at` is its top left corner. It moves aside where another card already lies there.
    AddNode {
        kind: String,
        at: Point,
        label: Option<String>,
        params: Params,
    },
    /// A new card that is wired as it is put down; `at` as for `AddNode`.
    AddWired {
        kind: String,
        at: Point,
        wired: Wired,
    },
    /// Puts a card that is there into a wire: the wire ends at it and keeps its settings, a new one leads on.
    Insert {
        node: NodeId,
        edge: EdgeId,
    },
    /// A new edge: `from` calls `to`.
    Connect {
        from: NodeId,
        to: NodeId,
    },
    /// Moves an edge's end.
    Reconnect {
        edge: EdgeId,
        from: NodeId,
        to: NodeId,
    },
    /// One parameter of a node or an edge; `None` (or the default itself) goes back to the default.
    SetParam {
        target: Target,
        key: String,
        value: Option<Value>,
    },
    /// Several parameters of a node or an edge at once; `label`: the words for the undo step.
    SetParams {
        target: Target,
        params: Params,
        label: String,
    },
    /// One parameter of several nodes or several edges.
    SetParamOfAll {
        targets: Vec<Target>,
        key: String,
        value: Value,
    },
    Rename {
        node: NodeId,
        label: String,
    },
    /// Cards' top left corners; where they stand is decided when they are put down, see `Arrange`.
    MoveTo(BTreeMap<NodeId, Point>),
    /// Cards and frames go to their places.
    Arrange {
        nodes: BTreeMap<NodeId, Point>,
        frames: BTreeMap<AreaId, Rect>,
        landing: Landing,
    },
    /// An area's frame; cards stay where they are.
    ResizeArea {
        area: AreaId,
        frame: Rect,
        landing: Landing,
    },
    /// A new region, or a zone of the region under it; it takes in the cards that lie in its frame.
    AddArea {
        zone: bool,
        /// For a zone: its region, which then grows around it; `None`: the region that it is drawn in.
        within: Option<AreaId>,
        frame: Rect,
    },
    RenameArea {
        area: AreaId,
        label: String,
    },
    /// Which region of the world a region is, by its id.
    SetRegion {
        area: AreaId,
        region: String,
    },
    /// Takes a card to a free place in an area, or out of all areas.
    StandIn {
        node: NodeId,
        area: Option<AreaId>,
    },
    /// Places for all cards, and frames around what they hold.
    TidyLayout(Places),
    /// Nodes with the edges at them, edges, and areas: what stood in those stays. Faults planned for them go too.
    Delete(Selection),
    /// A copy beside the original.
    Duplicate(Selection),
    /// A copy right over the original, to be dragged away from there.
    CopyInPlace(Selection),
    /// Puts a clip, centered on `at`, or a little beside where it was copied.
    Paste {
        clip: Clip,
        at: Option<Point>,
    },
    SetTitle(String),
    SetNotes(String),
    SetSeed(u64),
    /// [s], above 0.
    SetRunLength(f64),
    /// [s], at least 0.
    SetWarmUp(f64),
    /// [s]; `None`: every completion is good.
    SetGoodWithin(Option<f64>),
    /// Simulated time that a day on the calendar takes [s]; `None`: a real day's.
    SetDay(Option<f64>),
    /// The service-level objective; see [`Document::slo_p99_secs`] and [`Document::slo_answered_share`].
    SetObjective {
        p99_secs: Option<f64>,
        answered_share: Option<f64>,
    },
    /// Whether data that crosses a border is paid for.
    SetTransferCosts(bool),
    AddFault(ScheduledFault),
    SetFault {
        index: usize,
        fault: ScheduledFault,
    },
    RemoveFault(usize),
    /// Several faults at once, as one step.
    AddFaults(Vec<ScheduledFault>),
    SetWindows(Vec<Window>),
    /// Another document in this one's place, as one step that can be undone.
    ReplaceDocument {
        document: Rc<Document>,
        label: String,
    },
}

/// What happens to moved cards and frames when they have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// Nothing: the movement goes on.
    None,
    /// Stations stand in the frames that they lie in now.
    AsIs,
    /// The same, and no card is left across a frame's line.
    OffLines,
}

/// The next numbers to give: never one that this document had before, even if it was deleted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    pub node: u32,
    pub edge: u32,
    pub area: u32,
}

impl Ids {
    /// The smallest numbers above all that `document` uses.
    #[must_use]
    pub fn above(document: &Document) -> Self {
        Self { node: document.next_node_id().0, edge: document.next_edge_id().0, area: document.next_area_id().0 }
    }

    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { node: self.node.max(other.node), edge: self.edge.max(other.edge), area: self.area.max(other.area) }
    }

    fn next_node(&mut self) -> NodeId {
        let id = NodeId(self.node);
        self.node = self.node.saturating_add(1);
        id
    }

    fn next_edge(&mut self) -> EdgeId {
        let id = EdgeId(self.edge);
        self.edge = self.edge.saturating_add(1);
        id
    }

    fn next_area(&mut self) -> AreaId {
        let id = AreaId(self.area);
        self.area = self.area.saturating_add(1);
        id
    }
}

/// What carrying out a change left to know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Words for the undo step.
    pub label: String,
    /// What to select now; `None` = as before.
    pub select: Option<Selection>,
}

impl Applied {
    fn said(label: impl Into<String>) -> Self {
        Self { label: label.into(), select: None }
    }

    fn selecting(mut self, selection: Selection) -> Self {
        self.select = Some(selection);
        self
    }
}

const NAME_MAX: usize = 80;

impl EditCommand {
    /// Carries the change out.
    ///
    /// # Errors
    /// [`EditError`]; `document` may then be half changed, so callers pass a copy.
    pub fn apply(&self, document: &mut Document, ids: &mut Ids, guard: &Guard) -> Result<Applied, EditError> {
        match self {
            Self::AddNode { kind, at, label, params } => {
                let found = station::find(kind).ok_or_else(|| EditError::UnknownKind(kind.clone()))?;
                if guard.kinds.as_ref().is_some_and(|kinds| !kinds.contains(kind)) {
                    return Err(EditError::NotInPalette { name: found.entry.name.to_owned() });
                }
                let label = match label {
                    Some(label) => clean_name(label)?,
                    None => fresh_label(document, found.entry.name),
                };
                let words = format!("Add {label}");
                let at = free_place(document, finite(*at));
                let id = ids.next_node();
                let node = Node { kind: kind.clone(), label, role: None, area: None, at, params: params.clone() };
                document.nodes.insert(id, Rc::new(node));
                places::put_down(document, id);
                Ok(Applied::said(words).selecting(Selection::of_nodes([id])))
            }
            Self::AddWired { kind, at, wired } => wired::add(document, ids, guard, kind, *at, *wired),
            Self::Insert { node, edge } => wired::insert(document, ids, guard, *node, *edge),
            Self::Connect { from, to } => {
                let words = check_connection(document, *from, *to, None)?;
                let id = ids.next_edge();
                document.edges.insert(id, Rc::new(Edge { from: *from, to: *to, params: Params::new() }));
                Ok(Applied::said(format!("Connect {words}")).selecting(Selection::of(Target::Edge(id))))
            }
            Self::Reconnect { edge, from, to } => {
                let before = document.edges.get(edge).ok_or(EditError::Gone)?.clone();
                if guard.keep_edges.contains(edge) {
                    return Err(EditError::Locked { what: "This connection".to_owned() });
                }
                let words = check_connection(document, *from, *to, Some(*edge))?;
                document.edges.insert(*edge, Rc::new(Edge { from: *from, to: *to, params: before.params.clone() }));
                Ok(Applied::said(format!("Reconnect {words}")))
            }
            Self::SetParam { target, key, value } => set_param(document, guard, *target, key, value.as_ref()),
            Self::SetParams { target, params, label } => {
                for (key, value) in &params.0 {
                    set_param(document, guard, *target, key, Some(value))?;
                }
                Ok(Applied::said(label.clone()).selecting(Selection::of(*target)))
            }
            Self::SetParamOfAll { targets, key, value } => {
                let mut words = String::new();
                for target in targets {
                    words = set_param(document, guard, *target, key, Some(value))?.label;
                }
                if let (Some((change, _)), true) = (words.rsplit_once(" of "), targets.len() > 1) {
                    words = format!("{change} of {}", targets.len());
                }
                Ok(Applied::said(words))
            }
            Self::Rename { node, label } => {
                let label = clean_name(label)?;
                let node = document.nodes.get_mut(node).ok_or(EditError::Gone)?;
                let words = format!("Rename {} to {label}", node.label);
                if node.label != label {
                    Rc::make_mut(node).label = label;
                }
                Ok(Applied::said(words))
            }
            Self::MoveTo(places) => {
                place(document, places)?;
                Ok(Applied::said(format!("Move {}", names(document, places.keys(), 0))))
            }
            Self::Arrange { nodes, frames, landing } => arrange(document, guard, nodes, frames, *landing),
            Self::ResizeArea { area, frame, landing } => {
                let words = format!("Resize {}", target_name(document, Target::Area(*area)));
                arrange(document, guard, &BTreeMap::new(), &[(*area, *frame)].into(), *landing)?;
                Ok(Applied::said(words))
            }
            Self::AddArea { zone, within, frame } => add_area(document, ids, guard, *zone, *within, *frame),
            Self::RenameArea { area, label } => {
                let label = clean_name(label)?;
                let area = document.areas.get_mut(area).ok_or(EditError::Gone)?;
                let words = format!("Rename {} to {label}", area.label);
                if area.label != label {
                    Rc::make_mut(area).label = label;
                }
                Ok(Applied::said(words))
            }
            Self::SetRegion { area, region } => set_region(document, guard, *area, region),
            Self::StandIn { node, area } => stand_in(document, guard, *node, *area),
            Self::TidyLayout(Places { nodes, frames }) => {
                place(document, nodes)?;
                for (id, frame) in frames {
                    places::set_frame(document, *id, places::tamed(*frame));
                }
                Ok(Applied::said("Tidy layout"))
            }
            Self::Delete(selection) => delete(document, guard, selection),
            Self::Duplicate(selection) => duplicate(document, ids, guard, selection, Spot::Beside),
            Self::CopyInPlace(selection) => duplicate(document, ids, guard, selection, Spot::Same),
            Self::Paste { clip, at } => {
                let pasted = paste(document, ids, guard, clip, at.map_or(Spot::Beside, Spot::Around))?;
                let words = format!("Paste {}", names(document, pasted.nodes.iter(), 0));
                Ok(Applied::said(words).selecting(pasted))
            }
            Self::SetTitle(title) => {
                document.title = clean_name(title)?;
                Ok(Applied::said("Change the title"))
            }
            Self::SetNotes(notes) => {
                document.notes.clone_from(notes);
                Ok(Applied::said("Change the notes"))
            }
            Self::SetSeed(_)
            | Self::SetRunLength(_)
            | Self::SetWarmUp(_)
            | Self::SetGoodWithin(_)
            | Self::SetDay(_)
            | Self::SetObjective { .. }
            | Self::SetTransferCosts(_)
            | Self::AddFault(_)
            | Self::SetFault { .. }
            | Self::RemoveFault(_)
            | Self::AddFaults(_)
            | Self::SetWindows(_) => run::apply(self, document, guard),
            Self::ReplaceDocument { document: other, label } => {
                *ids = ids.max(Ids::above(other));
                *document = (**other).clone();
                Ok(Applied::said(label.clone()).selecting(Selection::default()))
            }
        }
    }
}

fn duplicate(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    selection: &Selection,
    spot: Spot,
) -> Result<Applied, EditError> {
    let clip = Clip::copy(document, selection).ok_or(EditError::Gone)?;
    let pasted = paste(document, ids, guard, &clip, spot)?;
    Ok(Applied::said(format!("Duplicate {}", names(document, selection.nodes.iter(), 0))).selecting(pasted))
}

/// A name without blanks around it, cut to a bearable length.
fn clean_name(name: &str) -> Result<String, EditError> {
    let name = name.trim();
    if name.is_empty() { Err(EditError::EmptyName) } else { Ok(name.chars().take(NAME_MAX).collect()) }
}

/// `base`, or `base 2`, `base 3` … : the first that no node has.
#[must_use]
pub fn fresh_label(document: &Document, base: &str) -> String {
    let taken: BTreeSet<&str> = sort::set(document.nodes.values().map(|node| node.label.as_str()));
    if !taken.contains(base) {
        return base.to_owned();
    }
    (2..).map(|n| format!("{base} {n}")).find(|label| !taken.contains(label.as_str())).expect("numbers do not run out")
}

fn finite(at: Point) -> Point {
    let tame = |v: f64| if v.is_finite() { v.clamp(-POSITION_MAX, POSITION_MAX) } else { 0.0 };
    Point { x: tame(at.x), y: tame(at.y) }
}

/// Whether an edge may lead so, as words "A to B"; `except` is the edge that would be replaced.
///
/// # Errors
/// The reason why not.
pub fn check_connection(
    document: &Document,
    from: NodeId,
    to: NodeId,
    except: Option<EdgeId>,
) -> Result<String, EditError> {
    let source = document.nodes.get(&from).ok_or(EditError::Gone)?;
    let target = document.nodes.get(&to).ok_or(EditError::Gone)?;
    if from == to {
        return Err(EditError::SelfCall { node: source.label.clone() });
    }
    if !catalog::makes_calls(&source.kind) {
        return Err(EditError::NoOutput { node: source.label.clone() });
    }
    if !catalog::face(&target.kind).accepts_input {
        return Err(EditError::NoInput { node: target.label.clone() });
    }
    if document.edges_from(from).any(|(id, edge)| edge.to == to && Some(id) != except) {
        return Err(EditError::AlreadyConnected { from: source.label.clone(), to: target.label.clone() });
    }
    Ok(format!("{} to {}", source.label, target.label))
}

/// The name by which undo steps and labels speak of a target.
#[must_use]
pub fn target_name(document: &Document, target: Target) -> String {
    let label = |id: &NodeId| document.nodes.get(id).map_or("a missing node", |node| node.label.as_str());
    match target {
        Target::Node(id) => label(&id).to_owned(),
        Target::Edge(id) => document.edges.get(&id).map_or_else(
            || "a missing connection".to_owned(),
            |edge| format!("{} to {}", label(&edge.from), label(&edge.to)),
        ),
        Target::Area(id) => places::area_words(document, id),
    }
}

/// "Orders A", "3 nodes", "2 items": what stands for a set of nodes and a number of edges.
fn names<'a>(document: &Document, nodes: impl Iterator<Item = &'a NodeId>, edges: usize) -> String {
    let nodes: Vec<&NodeId> = nodes.collect();
    match (nodes.as_slice(), edges) {
        ([one], 0) => target_name(document, Target::Node(**one)),
        (many, 0) => format!("{} nodes", many.len()),
        ([], 1) => "a connection".to_owned(),
        ([], many) => format!("{many} connections"),
        (nodes, edges) => format!("{} items", nodes.len() + edges),
    }
}

fn place(document: &mut Document, places: &BTreeMap<NodeId, Point>) -> Result<(), EditError> {
    for (id, at) in places {
        let node = document.nodes.get_mut(id).ok_or(EditError::Gone)?;
        let at = finite(*at);
        if node.at != at {
            Rc::make_mut(node).at = at;
        }
    }
    Ok(())
}

fn set_param(
    document: &mut Document,
    guard: &Guard,
    target: Target,
    key: &str,
    value: Option<&Value>,
) -> Result<Applied, EditError> {
    if !target.is_in(document) {
        return Err(EditError::Gone);
    }
    let name = target_name(document, target);
    let specs = match target {
        Target::Node(id) => {
            document.nodes.get(&id).and_then(|node| station::find(&node.kind)).map(|kind| kind.entry.params)
        }
        Target::Edge(_) => Some(edge::EDGE_ENTRY.params),
        Target::Area(_) => None,
    };
    let spec = specs.and_then(|specs| specs.iter().find(|spec| spec.key == key));
    let label = spec.map_or_else(|| key.to_owned(), |spec| spec.label.to_lowercase());
    if guard.fixes(target, key) {
        return Err(EditError::Locked { what: format!("{name}: {label}") });
    }
    if let Some(Value::Variant(variant)) = value
        && guard.holds_back(target, key, &variant.id)
    {
        return Err(EditError::NotInPalette { name: variant.id.clone() });
    }
    // The default is not written down, so that a document says only what someone chose.
    let value = value.filter(|value| spec.is_none_or(|spec| spec.default_value() != **value));
    let write = |params: &mut Params| match value {
        Some(value) => params.set(key, value.clone()),
        None => drop(params.0.remove(key)),
    };
    match target {
        Target::Node(id) => {
            let node = document.nodes.get_mut(&id).ok_or(EditError::Gone)?;
            if node.params.get(key) != value {
                write(&mut Rc::make_mut(node).params);
            }
        }
        Target::Edge(id) => {
            let edge = document.edges.get_mut(&id).ok_or(EditError::Gone)?;
            if edge.params.get(key) != value {
                write(&mut Rc::make_mut(edge).params);
            }
        }
        // An area has no parameters; what it is has changes of its own.
        Target::Area(_) => return Err(EditError::Gone),
    }
    Ok(Applied::said(format!("Change {label} of {name}")))
}

fn delete(document: &mut Document, guard: &Guard, selection: &Selection) -> Result<Applied, EditError> {
    let selection = selection.within(document);
    if selection.is_empty() {
        return Err(EditError::Gone);
    }
    if let Some(kept) = selection.nodes.iter().find(|id| guard.keep_nodes.contains(id)) {
        return Err(EditError::Locked { what: target_name(document, Target::Node(*kept)) });
    }
    if let Some(kept) = selection.edges.iter().find(|id| guard.keep_edges.contains(id)) {
        return Err(EditError::Locked { what: target_name(document, Target::Edge(*kept)) });
    }
    if let Some(kept) = selection.areas.iter().find(|id| guard.keep_areas.contains(id)) {
        return Err(EditError::Locked { what: target_name(document, Target::Area(*kept)) });
    }
    let words = match selection.single() {
        Some(Target::Edge(id)) => format!("Disconnect {}", target_name(document, Target::Edge(id))),
        Some(Target::Area(id)) => format!("Delete {}", target_name(document, Target::Area(id))),
        _ if !selection.areas.is_empty() => format!("Delete {} items", selection.len()),
        _ => format!("Delete {}", names(document, selection.nodes.iter(), selection.edges.len())),
    };
    for id in &selection.nodes {
        document.remove_node(*id);
    }
    for id in &selection.edges {
        document.edges.remove(id);
    }
    for id in &selection.areas {
        document.remove_area(*id);
    }
    let (nodes, edges, areas) = (&document.nodes, &document.edges, &document.areas);
    document.faults.retain(|planned| match planned.fault.target {
        FaultTarget::Node(id) | FaultTarget::Replica(id, _) => nodes.contains_key(&id),
        FaultTarget::Edge(id) => edges.contains_key(&id),
        FaultTarget::Area(id) => areas.contains_key(&id),
    });
    Ok(Applied::said(words).selecting(Selection::default()))
}

/// "Orders 2" copied shall give "Orders 3", not "Orders 2 2".
fn stem(label: &str) -> &str {
    match label.rsplit_once(' ') {
        Some((stem, number)) if !stem.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => stem,
        _ => label,
    }
}

/// Top left corner of a card of `kind` whose middle is `center`, on the grid.
#[must_use]
pub fn corner_for(kind: &str, params: &Params, center: Point, snap: bool) -> Point {
    let probe = Node {
        kind: kind.to_owned(),
        label: String::new(),
        role: None,
        area: None,
        at: Point::default(),
        params: params.clone(),
    };
    let corner = moved(center, -super::geometry::CARD_WIDTH / 2.0, -card_height(&probe) / 2.0);
    if snap { snapped(corner) } else { corner }
}
