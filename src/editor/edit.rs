//! Every way to change the document, each with the words for its undo step.

mod areas;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use super::catalog;
use super::clipboard::Clip;
use super::geometry::{GRID, Rect, bounds, card_height, free_place, moved, snapped};
use super::layout::Places;
use super::places;
use super::session::{Selection, Target};
use crate::model::params::{Params, Value};
use crate::model::{edge, fault, station};
use crate::topology::document::{
    AreaId, Document, Edge, EdgeId, FaultTarget, Node, NodeId, Point, ScheduledFault, Window,
};
use areas::{add_area, arrange, paste_areas, set_region, stand_in};

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

/// Why a change was refused; the document stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The node, edge or area is no longer there.
    Gone,
    UnknownKind(String),
    SelfCall {
        node: String,
    },
    AlreadyConnected {
        from: String,
        to: String,
    },
    NoInput {
        node: String,
    },
    NoOutput {
        node: String,
    },
    /// A zone where there is no region.
    ZoneOutside,
    UnknownRegion(String),
    EmptyName,
    /// A number out of its range, or not a number.
    Range {
        what: &'static str,
        range: &'static str,
    },
    /// The lesson keeps it as it is.
    Locked {
        what: String,
    },
    /// The lesson does without this kind.
    NotInPalette {
        name: String,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => write!(f, "That is no longer on the canvas."),
            Self::UnknownKind(kind) => write!(f, "There is no station of the kind \"{kind}\"."),
            Self::SelfCall { node } => write!(f, "{node} cannot call itself. Connect it to another station."),
            Self::AlreadyConnected { from, to } => {
                write!(f, "{from} already calls {to}. Select the connection to change it.")
            }
            Self::NoInput { node } => write!(f, "{node} sends requests and takes none. Start the wire there instead."),
            Self::NoOutput { node } => {
                write!(f, "{node} answers by itself and calls nobody. End the wire there instead.")
            }
            Self::ZoneOutside => write!(f, "A zone lies within a region: draw a region first, then the zone in it."),
            Self::UnknownRegion(region) => write!(f, "There is no region \"{region}\"."),
            Self::EmptyName => write!(f, "A name needs at least one letter."),
            Self::Range { what, range } => write!(f, "{what} must be {range}."),
            Self::NotInPalette { name } => write!(f, "This lesson does without: {name}."),
            Self::Locked { what } => write!(f, "{what} belongs to the lesson's world and stays as it is."),
        }
    }
}

impl std::error::Error for EditError {}

/// What a lesson keeps from being changed. Empty = everything may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// May not be deleted.
    pub keep_nodes: BTreeSet<NodeId>,
    /// May not be deleted or re-plugged.
    pub keep_edges: BTreeSet<EdgeId>,
    /// Parameters that may not be set; key `*` = all of the target's.
    pub fixed_params: BTreeSet<(Target, String)>,
    /// Areas that may not be deleted and stay the region that they are.
    pub keep_areas: BTreeSet<AreaId>,
    /// Nodes that stay in the area that they stand in.
    pub keep_places: BTreeSet<NodeId>,
    /// Kinds that may be added, with [`AREA_KIND`] for areas; `None` = all.
    pub kinds: Option<BTreeSet<String>>,
    /// Where only some of a parameter's options may be chosen: their ids.
    pub choices: BTreeMap<(Target, String), BTreeSet<String>>,
    /// Faults, windows, seed, run length, warm-up, "good within" stay.
    pub fixed_run: bool,
}

/// What [`Guard::kinds`] calls regions and zones.
pub const AREA_KIND: &str = "region";

impl Guard {
    /// Whether regions and zones may be added.
    #[must_use]
    pub fn allows_areas(&self) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(AREA_KIND))
    }

    /// Whether a parameter may not be set.
    #[must_use]
    pub fn fixes(&self, target: Target, key: &str) -> bool {
        ["*", key].iter().any(|key| self.fixed_params.contains(&(target, (*key).to_owned())))
    }

    /// Whether an option of a parameter is held back.
    #[must_use]
    pub fn holds_back(&self, target: Target, key: &str, option: &str) -> bool {
        self.choices.get(&(target, key.to_owned())).is_some_and(|allowed| !allowed.contains(option))
    }
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
            Self::Duplicate(selection) => {
                let clip = Clip::copy(document, selection).ok_or(EditError::Gone)?;
                let pasted = paste(document, ids, guard, &clip, None)?;
                Ok(Applied::said(format!("Duplicate {}", names(document, selection.nodes.iter(), 0))).selecting(pasted))
            }
            Self::Paste { clip, at } => {
                let pasted = paste(document, ids, guard, clip, *at)?;
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
            | Self::SetWindows(_) => self.apply_to_run(document, guard),
            Self::ReplaceDocument { document: other, label } => {
                *ids = ids.max(Ids::above(other));
                *document = (**other).clone();
                Ok(Applied::said(label.clone()).selecting(Selection::default()))
            }
        }
    }

    /// What decides the run as a whole.
    fn apply_to_run(&self, document: &mut Document, guard: &Guard) -> Result<Applied, EditError> {
        // A seed is the learner's to choose in any lesson: grading uses its own.
        if guard.fixed_run && !matches!(self, Self::SetSeed(_)) {
            return Err(EditError::Locked { what: "The course of the run".to_owned() });
        }
        match self {
            Self::SetSeed(seed) => {
                document.seed = *seed;
                Ok(Applied::said(format!("Set the seed to {seed}")))
            }
            Self::SetRunLength(secs) => {
                document.run_length_secs = in_range(*secs, 0.001, 1e7, "The run's length", "above 0 s")?;
                Ok(Applied::said("Change the run's length"))
            }
            Self::SetWarmUp(secs) => {
                document.warm_up_secs = in_range(*secs, 0.0, 1e7, "The warm-up", "0 s or more")?;
                Ok(Applied::said("Change the warm-up"))
            }
            Self::SetGoodWithin(secs) => {
                if let Some(secs) = secs {
                    in_range(*secs, 1e-9, 1e7, "The limit of a good answer", "above 0 s")?;
                }
                document.good_within_secs = *secs;
                Ok(Applied::said("Change what counts as a good answer"))
            }
            Self::SetDay(secs) => {
                if let Some(secs) = secs {
                    in_range(*secs, 1.0, 86_400.0, "A day", "1 s to 24 h")?;
                }
                document.day_secs = *secs;
                Ok(Applied::said("Change how long a day lasts"))
            }
            Self::SetObjective { p99_secs, answered_share } => {
                in_range(p99_secs.unwrap_or(0.0), 0.0, 1e7, "The objective's p99", "0 s or more")?;
                in_range(answered_share.unwrap_or(0.0), 0.0, 1.0, "The objective's answered share", "0 to 100 %")?;
                (document.slo_p99_secs, document.slo_answered_share) = (*p99_secs, *answered_share);
                Ok(Applied::said("Change the objective"))
            }
            Self::SetTransferCosts(on) => {
                document.transfer_costs = *on;
                Ok(Applied::said(if *on { "Count the price of data" } else { "Leave out the price of data" }))
            }
            Self::AddFault(planned) => {
                let words = check_fault(document, planned)?;
                document.faults.push(planned.clone());
                Ok(Applied::said(format!("Plan {words}")))
            }
            Self::SetFault { index, fault } => {
                let words = check_fault(document, fault)?;
                *document.faults.get_mut(*index).ok_or(EditError::Gone)? = fault.clone();
                Ok(Applied::said(format!("Change {words}")))
            }
            Self::RemoveFault(index) => {
                if *index >= document.faults.len() {
                    return Err(EditError::Gone);
                }
                document.faults.remove(*index);
                Ok(Applied::said("Remove a planned fault"))
            }
            Self::AddFaults(planned) => {
                for fault in planned {
                    check_fault(document, fault)?;
                }
                document.faults.extend(planned.iter().cloned());
                Ok(Applied::said(match planned.len() {
                    1 => "Plan a fault".to_owned(),
                    count => format!("Plan {count} faults"),
                }))
            }
            Self::SetWindows(windows) => {
                let sound = |window: &Window| {
                    window.from_secs.is_finite() && window.to_secs.is_finite() && window.from_secs < window.to_secs
                };
                if !windows.iter().all(sound) {
                    return Err(EditError::Range { what: "A window", range: "from an earlier to a later time" });
                }
                document.windows.clone_from(windows);
                Ok(Applied::said("Change the windows"))
            }
            _ => Err(EditError::Gone),
        }
    }
}

/// A name without blanks around it, cut to a bearable length.
fn clean_name(name: &str) -> Result<String, EditError> {
    let name = name.trim();
    if name.is_empty() { Err(EditError::EmptyName) } else { Ok(name.chars().take(NAME_MAX).collect()) }
}

/// `base`, or `base 2`, `base 3` … : the first that no node has.
#[must_use]
pub fn fresh_label(document: &Document, base: &str) -> String {
    let taken: BTreeSet<&str> = document.nodes.values().map(|node| node.label.as_str()).collect();
    if !taken.contains(base) {
        return base.to_owned();
    }
    (2..).map(|n| format!("{base} {n}")).find(|label| !taken.contains(label.as_str())).expect("numbers do not run out")
}

fn finite(at: Point) -> Point {
    let tame = |v: f64| if v.is_finite() { v.clamp(-1e6, 1e6) } else { 0.0 };
    Point { x: tame(at.x), y: tame(at.y) }
}

fn in_range(value: f64, min: f64, max: f64, what: &'static str, range: &'static str) -> Result<f64, EditError> {
    // Written so that NaN is refused too.
    if value >= min && value <= max { Ok(value) } else { Err(EditError::Range { what, range }) }
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

fn check_fault(document: &Document, planned: &ScheduledFault) -> Result<String, EditError> {
    in_range(planned.at_secs, 0.0, 1e7, "The start of a fault", "0 s or later")?;
    if let Some(secs) = planned.for_secs {
        in_range(secs, 1e-9, 1e7, "The length of a fault", "above 0 s")?;
    }
    let kind = fault::find(&planned.fault.kind).ok_or_else(|| EditError::UnknownKind(planned.fault.kind.clone()))?;
    let at = match planned.fault.target {
        FaultTarget::Node(id) | FaultTarget::Replica(id, _) => Target::Node(id),
        FaultTarget::Edge(id) => Target::Edge(id),
        FaultTarget::Area(id) => Target::Area(id),
    };
    if !at.is_in(document) {
        return Err(EditError::Gone);
    }
    Ok(format!("\"{}\" for {}", kind.entry.name, target_name(document, at)))
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

/// Puts the clip under fresh ids; gives what was put.
fn paste(
    document: &mut Document,
    ids: &mut Ids,
    guard: &Guard,
    clip: &Clip,
    at: Option<Point>,
) -> Result<Selection, EditError> {
    if let Some(kinds) = &guard.kinds
        && let Some(node) = clip.nodes.values().find(|node| !kinds.contains(&node.kind))
    {
        return Err(EditError::NotInPalette { name: node.label.clone() });
    }
    if !(clip.areas.is_empty() || guard.allows_areas()) {
        return Err(EditError::NotInPalette { name: "regions and zones".to_owned() });
    }
    let nodes = clip.nodes.iter().map(|(id, node)| (*id, Rc::new(node.clone()))).collect();
    let areas = clip.areas.iter().map(|(id, area)| (*id, Rc::new(area.clone()))).collect();
    let shape = Document { nodes, areas, ..Document::default() };
    let frame = bounds(&shape).ok_or(EditError::Gone)?;
    let (mut dx, mut dy) = match at {
        Some(at) => {
            let corner = snapped(Point { x: at.x - frame.width / 2.0, y: at.y - frame.height / 2.0 });
            (corner.x - frame.x, corner.y - frame.y)
        }
        // A frame goes beside everything, not over what it was copied from.
        None if !clip.areas.is_empty() => (bounds(document).map_or(0.0, |all| all.right() + 2.0 * GRID - frame.x), 0.0),
        None => (2.0 * GRID, 2.0 * GRID),
    };
    // Pasting again must not bury the first copy: step aside until no corner meets another.
    let buried = |document: &Document, dx: f64, dy: f64| {
        clip.nodes.values().any(|node| {
            let corner = moved(node.at, dx, dy);
            document
                .nodes
                .values()
                .any(|other| (other.at.x - corner.x).abs() < GRID && (other.at.y - corner.y).abs() < GRID)
        })
    };
    for _ in 0..=document.nodes.len() * clip.nodes.len() {
        if !buried(document, dx, dy) {
            break;
        }
        dx += 2.0 * GRID;
        dy += 2.0 * GRID;
    }
    let fresh_areas = paste_areas(document, ids, clip, (dx, dy));
    let mut fresh: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for (old, node) in &clip.nodes {
        let id = ids.next_node();
        fresh.insert(*old, id);
        // A lesson's role names one node; the copy is another.
        let area = node.area.and_then(|area| fresh_areas.get(&area)).copied();
        let mut node = Node { role: None, area, at: finite(moved(node.at, dx, dy)), ..node.clone() };
        node.label = fresh_label(document, stem(&node.label));
        document.nodes.insert(id, Rc::new(node));
        places::stand(document, id);
    }
    for id in fresh.values() {
        if let Some(node) = document.nodes.get_mut(id)
            && let Some(kind) = station::find(&node.kind)
        {
            super::stations::renumber(kind.entry.params, &mut Rc::make_mut(node).params, &fresh);
        }
    }
    for edge in clip.edges.values() {
        let (Some(from), Some(to)) = (fresh.get(&edge.from), fresh.get(&edge.to)) else { continue };
        document.edges.insert(ids.next_edge(), Rc::new(Edge { from: *from, to: *to, params: edge.params.clone() }));
    }
    let areas = fresh_areas.into_values().collect();
    Ok(Selection { areas, ..Selection::of_nodes(fresh.into_values()) })
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
