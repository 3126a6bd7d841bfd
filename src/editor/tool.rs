//! Tools: what a pointer, a finger or a key does next, as a state machine that is consumed and returned.
//!
//! The page only turns DOM events into [`Input`]; thresholds, snapping and hit tests are decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::action::Action;
use super::catalog;
use super::edit::{EditCommand, EditError, Landing, check_connection, corner_for, target_name};
use super::faults;
use super::geometry::{Camera, Curve, DRAG_THRESHOLD, DRAG_THRESHOLD_TOUCH, Rect, card_rect, distance, moved, snapped};
use super::history::GestureId;
use super::hit::{self, Hit, TOUCH_REACH_FACTOR};
use super::places::{self, Grip};
use super::session::{Selection, Session, SessionChange, Target};
use crate::model::fault::FaultKind;
use crate::model::params::Params;
use crate::topology::document::{AreaId, Document, EdgeId, NodeId, Point};

/// Keys held while something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub shift: bool,
    /// Control, or Command on a Mac.
    pub ctrl: bool,
    /// Turns snapping off.
    pub alt: bool,
    /// The space bar: drag pans.
    pub space: bool,
}

/// Which button went down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Button {
    #[default]
    Primary,
    Middle,
    Secondary,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    Down(Button),
    Move,
    Up,
    /// The browser took the pointer away.
    Cancel,
    DoubleClick,
    /// [screen px]; positive `dy` scrolls down. `pinch`: a trackpad's pinch.
    Wheel {
        dx: f64,
        dy: f64,
        pinch: bool,
    },
    /// `KeyboardEvent.key`, e.g. `ArrowLeft`, `a`, `Escape`.
    KeyDown(String),
    KeyUp(String),
}

/// One input, in the stage's own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub kind: InputKind,
    /// From the stage's top left corner [CSS px].
    pub pos_screen: Point,
    pub modifiers: Modifiers,
    /// `PointerEvent.pointerId`; tells fingers apart.
    pub pointer: u32,
    pub touch: bool,
}

/// What a tool may read.
#[derive(Debug)]
pub struct ToolContext<'a> {
    pub document: &'a Rc<Document>,
    pub session: &'a Session,
    pub curves: &'a BTreeMap<EdgeId, Curve>,
}

/// A line that shows two cards to be aligned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guide {
    pub from: Point,
    pub to: Point,
}

/// What is under way, with what it needs to know.
#[derive(Clone, Debug, Default)]
pub enum ToolState {
    #[default]
    Idle,
    /// Pressed on a card or a frame's name, not yet moved far enough to be a drag.
    Pointing {
        target: Target,
        origin_screen: Point,
        additive: bool,
        was_selected: bool,
    },
    /// Dragging the selected cards and frames. Each move starts again from `start`, so that nothing adds up.
    Translating {
        start: Rc<Document>,
        held: Rc<Selection>,
        anchor: Target,
        origin_world: Point,
        guides: Vec<Guide>,
    },
    /// Dragging a side or a corner of a frame.
    Resizing {
        start: Rc<Document>,
        area: AreaId,
        grip: Grip,
        origin_world: Point,
    },
    /// A new frame follows the pointer, or is pulled up from where the button went down (`from_world`); `dragged` while
    /// the button is still held from the palette.
    PlacingArea {
        zone: bool,
        from_world: Option<Point>,
        at_world: Option<Point>,
        dragged: bool,
    },
    /// Pulling up a marquee; `before` is what was selected when it began (kept with shift).
    Brushing {
        origin_world: Point,
        current_world: Point,
        before: Selection,
    },
    /// Drawing a wire with the button held.
    Connecting {
        from: NodeId,
        origin_screen: Point,
        current_world: Point,
        candidate: Option<NodeId>,
    },
    /// Choosing source, then target, by one click, tap or Enter each.
    Picking {
        from: Option<NodeId>,
        current_world: Option<Point>,
        candidate: Option<NodeId>,
    },
    Panning {
        origin_screen: Point,
        camera_start: Camera,
        touch: bool,
    },
    /// Two fingers: pan and zoom at once.
    Pinching {
        start: (Point, Point),
        camera_start: Camera,
    },
    /// A fault follows the pointer to what it shall hit.
    PlacingFault {
        kind: &'static FaultKind,
        at_world: Option<Point>,
        candidate: Option<Target>,
        dragged: bool,
    },
    /// A new card follows the pointer; `dragged` while the button is still held from the palette.
    PlacingNode {
        kind: String,
        center_world: Option<Point>,
        dragged: bool,
    },
}

/// What panels and keys ask of the tools.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolRequest {
    /// Start placing a card: `dragged` when the palette entry is being dragged, else click-then-click.
    Place { kind: String, dragged: bool },
    /// Start placing a region or a zone, in the same two ways.
    PlaceArea { zone: bool, dragged: bool },
    /// Put an empty region near the middle of the view, or an empty zone into the selected region (or the one there).
    PlaceAreaAtCenter { zone: bool },
    /// Start aiming a fault, in the same two ways.
    PlaceFault { kind: &'static FaultKind, dragged: bool },
    /// Let a fault loose on what is selected, if it suits; else start aiming it (Enter on an entry of the fault tray).
    PlaceFaultAtSelection { kind: &'static FaultKind },
    /// Put a card into the middle of the view at once (Enter on a palette entry).
    PlaceAtCenter { kind: String },
    /// Choose a source (or start from this one), then a target.
    Connect { from: Option<NodeId> },
    /// Choose this node: source first, then target (Enter on a focused card).
    Pick(NodeId),
    /// Choose this connection or frame (Enter on it).
    Choose(Target),
    /// Give up what is under way.
    Cancel,
}

/// Factor of one zoom step by key or button.
pub const ZOOM_STEP: f64 = 1.25;

impl ToolState {
    /// Stable word, for tests and the stage's CSS class.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pointing { .. } => "pointing",
            Self::Resizing { .. } => "resizing",
            Self::Translating { .. } => "translating",
            Self::Brushing { .. } => "brushing",
            Self::Connecting { .. } => "connecting",
            Self::Picking { .. } => "picking",
            Self::Panning { .. } => "panning",
            Self::Pinching { .. } => "pinching",
            Self::PlacingNode { .. } | Self::PlacingArea { .. } => "placing",
            Self::PlacingFault { .. } => "aiming",
        }
    }

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
                "{}: choose {} that it shall hit, or the timeline to plan it. Escape puts it back.",
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

    /// The areas in which things would stand if the button were released now.
    #[must_use]
    pub fn landing(&self, document: &Document) -> BTreeSet<AreaId> {
        match self {
            Self::Translating { held, .. } => held
                .nodes
                .iter()
                .filter_map(|id| document.nodes.get(id))
                .filter_map(|node| places::innermost(document, card_rect(node).center(), node.area))
                .filter(|area| !held.areas.contains(area))
                .collect(),
            Self::PlacingNode { center_world: Some(center), .. } => {
                places::innermost(document, *center, None).into_iter().collect()
            }
            Self::PlacingArea { zone: true, at_world: Some(at), .. } => {
                places::region_at(document, *at, None).into_iter().collect()
            }
            Self::PlacingFault { candidate: Some(Target::Area(area)), .. } => [*area].into(),
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

    /// The next state and what follows from the input.
    #[must_use]
    pub fn on_input(self, input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        match &input.kind {
            InputKind::Wheel { dx, dy, pinch } => {
                let actions = wheel(*dx, *dy, *pinch, input);
                (self, actions)
            }
            InputKind::Cancel => self.cancel(),
            InputKind::KeyDown(key) if key == "Escape" && !matches!(self, Self::Idle) => self.cancel(),
            InputKind::KeyDown(_) => (self, Vec::new()),
            InputKind::KeyUp(key) => {
                // Holding an arrow key down is one movement, and one step to undo.
                let actions = if key.starts_with("Arrow") { vec![Action::EndGesture] } else { Vec::new() };
                (self, actions)
            }
            InputKind::Down(_) if input.touch && cx.session.touches.len() >= 2 => self.pinch(cx),
            InputKind::Down(button) => self.down(*button, input, cx),
            InputKind::Move => self.moved(input, cx),
            InputKind::Up => self.up(input, cx),
            InputKind::DoubleClick => (self, Vec::new()),
        }
    }

    /// The next state after a request.
    #[must_use]
    pub fn on_request(self, request: &ToolRequest, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let (_, mut actions) = match (&self, request) {
            (Self::Picking { .. }, ToolRequest::Pick(_)) => (Self::Idle, Vec::new()),
            _ => self.clone().cancel(),
        };
        let next = match request {
            ToolRequest::Cancel => Self::Idle,
            ToolRequest::Place { kind, dragged } => {
                Self::PlacingNode { kind: kind.clone(), center_world: None, dragged: *dragged }
            }
            ToolRequest::PlaceArea { zone, dragged } => {
                Self::PlacingArea { zone: *zone, from_world: None, at_world: None, dragged: *dragged }
            }
            ToolRequest::PlaceAreaAtCenter { zone } => {
                // A zone goes into the selected region, wherever that is.
                let chosen = cx.session.selection.areas.first().and_then(|area| cx.document.region_around(*area));
                let middle = cx.session.view_center();
                let region = chosen.map(|(region, ..)| region).or_else(|| places::region_at(cx.document, middle, None));
                let region = region.filter(|_| *zone);
                let frame = places::free_frame(cx.document, region, middle);
                actions.push(Action::Edit(EditCommand::AddArea { zone: *zone, within: region, frame }));
                Self::Idle
            }
            ToolRequest::PlaceFault { kind, dragged } => aiming(kind, *dragged),
            ToolRequest::PlaceFaultAtSelection { kind } => match cx.session.selection.single() {
                Some(target) if faults::suits(cx.document, target, kind) => {
                    actions.extend(strike(kind, target, cx));
                    Self::Idle
                }
                _ => aiming(kind, false),
            },
            ToolRequest::Choose(target) => match self {
                Self::PlacingFault { kind, .. } => {
                    let (next, more) = aim_at(kind, *target, cx);
                    actions.extend(more);
                    next
                }
                _ => {
                    actions.push(select(*target));
                    Self::Idle
                }
            },
            ToolRequest::PlaceAtCenter { kind } => {
                actions.push(place(kind, cx.session.view_center(), cx.session.kept.snap));
                Self::Idle
            }
            ToolRequest::Connect { from } => Self::Picking { from: *from, current_world: None, candidate: None },
            ToolRequest::Pick(node) => match self {
                Self::Picking { from, .. } => {
                    let (next, more) = pick(from, *node, cx);
                    actions.extend(more);
                    next
                }
                Self::PlacingFault { kind, .. } => {
                    let (next, more) = aim_at(kind, Target::Node(*node), cx);
                    actions.extend(more);
                    next
                }
                _ => {
                    actions.push(select(Target::Node(*node)));
                    Self::Idle
                }
            },
        };
        (next, actions)
    }

    /// Gives up what is under way; a drag goes back to where it began.
    fn cancel(self) -> (Self, Vec<Action>) {
        let actions = match self {
            Self::Translating { .. } | Self::Resizing { .. } => vec![Action::CancelGesture],
            Self::Brushing { before, .. } => vec![Action::Session(SessionChange::Select(before))],
            _ => Vec::new(),
        };
        (Self::Idle, actions)
    }

    fn pinch(self, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let (_, actions) = self.cancel();
        match cx.session.touches.as_slice() {
            [first, second, ..] => {
                (Self::Pinching { start: (first.1, second.1), camera_start: cx.session.camera() }, actions)
            }
            _ => (Self::Idle, actions),
        }
    }

    fn down(self, button: Button, input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let camera = cx.session.camera();
        if button == Button::Middle || (button == Button::Primary && input.modifiers.space) {
            let (_, actions) = self.cancel();
            return (
                Self::Panning { origin_screen: input.pos_screen, camera_start: camera, touch: input.touch },
                actions,
            );
        }
        if button == Button::Secondary {
            return (self, Vec::new());
        }
        let at_world = camera.world_from_screen(input.pos_screen);
        match self {
            Self::PlacingNode { kind, dragged: false, .. } => {
                let action = place(&kind, at_world, snaps(input, cx));
                // With shift held the next click places another one.
                let next = if input.modifiers.shift {
                    Self::PlacingNode { kind, center_world: Some(at_world), dragged: false }
                } else {
                    Self::Idle
                };
                (next, vec![action])
            }
            Self::PlacingFault { kind, dragged: false, .. } => match aimed(kind, input, cx) {
                Some(target) => (Self::Idle, strike(kind, target, cx)),
                None => (Self::Idle, vec![missed(kind)]),
            },
            Self::PlacingArea { zone, dragged: false, .. } => {
                let (from_world, at_world) = (Some(at_world), Some(at_world));
                (Self::PlacingArea { zone, from_world, at_world, dragged: false }, Vec::new())
            }
            Self::Picking { from, .. } => match node_near(input, cx) {
                Some(node) => pick(from, node, cx),
                None => (Self::Idle, Vec::new()),
            },
            Self::Idle => Self::press(input, cx),
            // A second button or a lost release: the state under way goes on.
            other => (other, Vec::new()),
        }
    }

    fn press(input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let camera = cx.session.camera();
        let at_world = camera.world_from_screen(input.pos_screen);
        let additive = input.modifiers.shift || input.modifiers.ctrl;
        match hit::hit(cx.document, cx.curves, at_world, reach(input, cx)) {
            Hit::Port(from) => (
                Self::Connecting { from, origin_screen: input.pos_screen, current_world: at_world, candidate: None },
                Vec::new(),
            ),
            Hit::Node(node) => Self::point(Target::Node(node), additive, input, cx),
            Hit::Head(area) => Self::point(Target::Area(area), additive, input, cx),
            Hit::Side(area, grip) => {
                let start = cx.document.clone();
                (Self::Resizing { start, area, grip, origin_world: at_world }, vec![select(Target::Area(area))])
            }
            Hit::Edge(edge) => {
                let action = if additive {
                    Action::Session(SessionChange::Toggle(Target::Edge(edge)))
                } else {
                    select(Target::Edge(edge))
                };
                (Self::Idle, vec![action])
            }
            Hit::Canvas if input.touch => {
                (Self::Panning { origin_screen: input.pos_screen, camera_start: camera, touch: true }, Vec::new())
            }
            Hit::Canvas => {
                let before = if additive { cx.session.selection.clone() } else { Selection::default() };
                (Self::Brushing { origin_world: at_world, current_world: at_world, before }, Vec::new())
            }
        }
    }

    fn point(target: Target, additive: bool, input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let was_selected = cx.session.selection.contains(target);
        let actions = match (additive, was_selected) {
            (true, false) => vec![Action::Session(SessionChange::Toggle(target))],
            (false, false) => vec![select(target)],
            // Deselecting, or narrowing to this one, waits for the release: it may become a drag.
            (_, true) => Vec::new(),
        };
        (Self::Pointing { target, origin_screen: input.pos_screen, additive, was_selected }, actions)
    }

    fn moved(self, input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        let camera = cx.session.camera();
        let at_world = camera.world_from_screen(input.pos_screen);
        match self {
            Self::Pointing { target, origin_screen, .. } if dragged(input, origin_screen) => {
                let held = Selection { edges: BTreeSet::new(), ..cx.session.selection.clone() };
                if held.is_empty() {
                    return (Self::Idle, Vec::new());
                }
                let origin_world = camera.world_from_screen(origin_screen);
                let (start, held) = (cx.document.clone(), Rc::new(held));
                Self::Translating { start, held, anchor: target, origin_world, guides: Vec::new() }.moved(input, cx)
            }
            Self::Translating { start, held, anchor, origin_world, .. } => {
                let by = (at_world.x - origin_world.x, at_world.y - origin_world.y);
                let (edit, guides) = translated(&start, &held, anchor, by, snaps(input, cx), Landing::None);
                let drag = Action::Drag { gesture: GestureId::Move, edit };
                (Self::Translating { start, held, anchor, origin_world, guides }, vec![drag])
            }
            Self::Resizing { start, area, grip, origin_world } => {
                let by = (at_world.x - origin_world.x, at_world.y - origin_world.y);
                let edit = resized(&start, area, grip, by, snaps(input, cx), Landing::None);
                let drag = edit.map(|edit| Action::Drag { gesture: GestureId::Move, edit });
                (Self::Resizing { start, area, grip, origin_world }, drag.into_iter().collect())
            }
            Self::PlacingArea { zone, from_world, dragged, .. } => {
                (Self::PlacingArea { zone, from_world, at_world: Some(at_world), dragged }, Vec::new())
            }
            Self::Brushing { origin_world, before, .. } => {
                let mut selection = hit::caught(cx.document, cx.curves, Rect::from_corners(origin_world, at_world));
                selection.nodes.extend(before.nodes.iter().copied());
                selection.edges.extend(before.edges.iter().copied());
                selection.areas.extend(before.areas.iter().copied());
                let next = Self::Brushing { origin_world, current_world: at_world, before };
                (next, vec![Action::Session(SessionChange::Select(selection))])
            }
            Self::Connecting { from, origin_screen, .. } => {
                let candidate =
                    node_near(input, cx).filter(|to| check_connection(cx.document, from, *to, None).is_ok());
                (Self::Connecting { from, origin_screen, current_world: at_world, candidate }, Vec::new())
            }
            Self::Picking { from, .. } => {
                let candidate = node_near(input, cx).filter(|node| match from {
                    Some(from) => check_connection(cx.document, from, *node, None).is_ok(),
                    None => true,
                });
                (Self::Picking { from, current_world: Some(at_world), candidate }, Vec::new())
            }
            Self::Panning { origin_screen, camera_start, touch } => {
                let (dx, dy) = (input.pos_screen.x - origin_screen.x, input.pos_screen.y - origin_screen.y);
                let camera = camera_start.panned(dx, dy);
                (
                    Self::Panning { origin_screen, camera_start, touch },
                    vec![Action::Session(SessionChange::SetCamera(camera))],
                )
            }
            Self::Pinching { start, camera_start } => {
                let actions = match cx.session.touches.as_slice() {
                    [first, second, ..] => {
                        let camera = pinched(start, (first.1, second.1), camera_start);
                        vec![Action::Session(SessionChange::SetCamera(camera))]
                    }
                    _ => Vec::new(),
                };
                (Self::Pinching { start, camera_start }, actions)
            }
            Self::PlacingFault { kind, dragged, .. } => {
                let candidate = if inside(input, cx) { aimed(kind, input, cx) } else { None };
                (Self::PlacingFault { kind, at_world: Some(at_world), candidate, dragged }, Vec::new())
            }
            Self::PlacingNode { kind, dragged, .. } => {
                (Self::PlacingNode { kind, center_world: Some(at_world), dragged }, Vec::new())
            }
            other => (other, Vec::new()),
        }
    }

    fn up(self, input: &Input, cx: &ToolContext<'_>) -> (Self, Vec<Action>) {
        match self {
            Self::Pointing { target, additive, was_selected, .. } => {
                let actions = match (additive, was_selected) {
                    (true, true) => vec![Action::Session(SessionChange::Toggle(target))],
                    (false, true) => vec![select(target)],
                    _ => Vec::new(),
                };
                (Self::Idle, actions)
            }
            Self::Translating { start, held, anchor, origin_world, .. } => {
                let at = cx.session.camera().world_from_screen(input.pos_screen);
                let by = (at.x - origin_world.x, at.y - origin_world.y);
                let (edit, _) = translated(&start, &held, anchor, by, snaps(input, cx), Landing::OffLines);
                (Self::Idle, vec![Action::Drag { gesture: GestureId::Move, edit }, Action::EndGesture])
            }
            Self::Resizing { start, area, grip, origin_world } => {
                let at = cx.session.camera().world_from_screen(input.pos_screen);
                let by = (at.x - origin_world.x, at.y - origin_world.y);
                // A press on the line alone selects, and moves nothing.
                let edit = (by != (0.0, 0.0))
                    .then(|| resized(&start, area, grip, by, snaps(input, cx), Landing::AsIs))
                    .flatten();
                let drag = edit.map(|edit| Action::Drag { gesture: GestureId::Move, edit });
                (Self::Idle, drag.into_iter().chain([Action::EndGesture]).collect())
            }
            Self::PlacingArea { zone, from_world: Some(from), .. } => {
                let at = cx.session.camera().world_from_screen(input.pos_screen);
                let at = if dragged(input, cx.session.camera().screen_from_world(from)) { at } else { from };
                let frame = places::frame_between(zone, from, at, snaps(input, cx));
                (Self::Idle, vec![Action::Edit(EditCommand::AddArea { zone, within: None, frame })])
            }
            Self::PlacingArea { zone, dragged: true, at_world, from_world } => {
                if inside(input, cx) {
                    let center = cx.session.camera().world_from_screen(input.pos_screen);
                    let frame = places::frame_at(zone, center, snaps(input, cx));
                    (Self::Idle, vec![Action::Edit(EditCommand::AddArea { zone, within: None, frame })])
                } else {
                    (Self::PlacingArea { zone, from_world, at_world, dragged: false }, Vec::new())
                }
            }
            Self::Brushing { origin_world, current_world, before } => {
                // A click on a frame's ground is a click on the frame.
                let actions = match (origin_world == current_world, places::innermost(cx.document, origin_world, None))
                {
                    (true, Some(area)) if before.is_empty() => vec![select(Target::Area(area))],
                    (true, _) => vec![Action::Session(SessionChange::Select(before))],
                    (false, _) => Vec::new(),
                };
                (Self::Idle, actions)
            }
            Self::Connecting { from, origin_screen, .. } => {
                if !dragged(input, origin_screen) {
                    // A click on the port: the target is chosen by the next click.
                    return (Self::Picking { from: Some(from), current_world: None, candidate: None }, Vec::new());
                }
                // Even a wrong target is tried, so that the refusal tells why.
                let actions = match node_near(input, cx) {
                    Some(to) if to != from => vec![Action::Edit(EditCommand::Connect { from, to })],
                    _ => Vec::new(),
                };
                (Self::Idle, actions)
            }
            Self::Panning { origin_screen, touch, .. } => {
                // A tap on the canvas deselects, as a click does.
                let tapped = touch && !dragged(input, origin_screen);
                let at = cx.session.camera().world_from_screen(input.pos_screen);
                let actions = match (tapped, places::innermost(cx.document, at, None)) {
                    (true, Some(area)) => vec![select(Target::Area(area))],
                    (true, None) => vec![Action::Session(SessionChange::ClearSelection)],
                    (false, _) => Vec::new(),
                };
                (Self::Idle, actions)
            }
            Self::Pinching { start, camera_start } => {
                if cx.session.touches.len() < 2 {
                    (Self::Idle, Vec::new())
                } else {
                    (Self::Pinching { start, camera_start }, Vec::new())
                }
            }
            Self::PlacingFault { kind, dragged: true, .. } => match aimed(kind, input, cx) {
                _ if !inside(input, cx) => (aiming(kind, false), Vec::new()),
                Some(target) => (Self::Idle, strike(kind, target, cx)),
                None => (Self::Idle, vec![missed(kind)]),
            },
            Self::PlacingNode { kind, dragged: true, center_world } => {
                if inside(input, cx) {
                    let center = cx.session.camera().world_from_screen(input.pos_screen);
                    (Self::Idle, vec![place(&kind, center, snaps(input, cx))])
                } else {
                    // Released where it began: a click on the palette. The next click on the stage places it.
                    (Self::PlacingNode { kind, center_world, dragged: false }, Vec::new())
                }
            }
            other => (other, Vec::new()),
        }
    }
}

const fn aiming(kind: &'static FaultKind, dragged: bool) -> ToolState {
    ToolState::PlacingFault { kind, at_world: None, candidate: None, dragged }
}

fn aimed(kind: &FaultKind, input: &Input, cx: &ToolContext<'_>) -> Option<Target> {
    let at_world = cx.session.camera().world_from_screen(input.pos_screen);
    faults::aimed_at(cx.document, cx.curves, at_world, reach(input, cx), kind)
}

/// Lets a fault loose, and selects what it hits: there it can be made harder, and lifted.
fn strike(kind: &FaultKind, target: Target, cx: &ToolContext<'_>) -> Vec<Action> {
    let words = format!("{}: {}.", kind.entry.name, target_name(cx.document, target));
    vec![
        select(target),
        Action::Session(SessionChange::Strike { kind: kind.entry.id.to_owned(), target: faults::whole(target) }),
        Action::Session(SessionChange::Notify(words)),
    ]
}

/// A fault in hand, and something chosen by key: what it cannot hit leaves it in hand.
fn aim_at(kind: &'static FaultKind, target: Target, cx: &ToolContext<'_>) -> (ToolState, Vec<Action>) {
    if faults::suits(cx.document, target, kind) {
        (ToolState::Idle, strike(kind, target, cx))
    } else {
        (aiming(kind, false), vec![missed(kind)])
    }
}

fn missed(kind: &FaultKind) -> Action {
    let words = format!("{} can hit {}. Nothing was hit.", kind.entry.name, kind.targets.words());
    Action::Session(SessionChange::Notify(words))
}

fn select(target: Target) -> Action {
    Action::Session(SessionChange::Select(Selection::of(target)))
}

fn place(kind: &str, center_world: Point, snap: bool) -> Action {
    let at = corner_for(kind, &Params::new(), center_world, snap);
    Action::Edit(EditCommand::AddNode { kind: kind.to_owned(), at, label: None, params: Params::new() })
}

/// One choice of source-then-target. A refused target leaves the source chosen, so that another can be tried.
fn pick(from: Option<NodeId>, node: NodeId, cx: &ToolContext<'_>) -> (ToolState, Vec<Action>) {
    match from {
        None if cx.document.nodes.get(&node).is_some_and(|node| !catalog::makes_calls(&node.kind)) => {
            let refusal = EditError::NoOutput { node: target_name(cx.document, Target::Node(node)) };
            let next = ToolState::Picking { from: None, current_world: None, candidate: None };
            (next, vec![Action::Session(SessionChange::Notify(refusal.to_string()))])
        }
        None => {
            let next = ToolState::Picking { from: Some(node), current_world: None, candidate: None };
            (next, vec![select(Target::Node(node))])
        }
        Some(from) => {
            let works = check_connection(cx.document, from, node, None).is_ok();
            let next = if works {
                ToolState::Idle
            } else {
                ToolState::Picking { from: Some(from), current_world: None, candidate: None }
            };
            (next, vec![Action::Edit(EditCommand::Connect { from, to: node })])
        }
    }
}

fn reach(input: &Input, cx: &ToolContext<'_>) -> f64 {
    let finger = if input.touch { TOUCH_REACH_FACTOR } else { 1.0 };
    finger / cx.session.camera().zoom
}

fn node_near(input: &Input, cx: &ToolContext<'_>) -> Option<NodeId> {
    hit::node_at(cx.document, cx.session.camera().world_from_screen(input.pos_screen))
}

fn dragged(input: &Input, origin_screen: Point) -> bool {
    let threshold = if input.touch { DRAG_THRESHOLD_TOUCH } else { DRAG_THRESHOLD };
    distance(input.pos_screen, origin_screen) > threshold
}

/// Whether the pointer is over the stage.
fn inside(input: &Input, cx: &ToolContext<'_>) -> bool {
    let size = cx.session.viewport;
    Rect { x: 0.0, y: 0.0, width: size.width, height: size.height }.contains(input.pos_screen)
}

fn snaps(input: &Input, cx: &ToolContext<'_>) -> bool {
    cx.session.kept.snap && !input.modifiers.alt
}

fn wheel(dx: f64, dy: f64, pinch: bool, input: &Input) -> Vec<Action> {
    let change = if !pinch && !input.modifiers.ctrl && (dx != 0.0 || input.modifiers.shift) {
        // A trackpad's two fingers, or shift: move sideways.
        let (dx, dy) = if dx == 0.0 { (dy, 0.0) } else { (dx, dy) };
        SessionChange::PanBy { dx: -dx, dy: -dy }
    } else {
        // A notch of a mouse wheel is about 100 px and shall zoom by a fifth; a pinch sends small steps.
        let rate = if pinch { 0.01 } else { 0.0018 };
        SessionChange::ZoomBy { factor: (-dy.clamp(-400.0, 400.0) * rate).exp(), at_screen: Some(input.pos_screen) }
    };
    vec![Action::Session(change)]
}

/// The camera after two fingers went from `start` to `now`: their middle stays on the same world point.
fn pinched(start: (Point, Point), now: (Point, Point), camera_start: Camera) -> Camera {
    let middle = |(a, b): (Point, Point)| Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 };
    let spread = distance(start.0, start.1).max(1.0);
    let (from, to) = (middle(start), middle(now));
    camera_start
        .zoomed_to(camera_start.zoom * distance(now.0, now.1) / spread, from)
        .panned(to.x - from.x, to.y - from.y)
}

/// How near two cards' lines must be to snap together [world units].
const ALIGN_REACH: f64 = 6.0;

/// Where the dragged cards and frames go, and the lines that show an alignment with a card that stays.
fn translated(
    start: &Document,
    held: &Selection,
    anchor: Target,
    by: (f64, f64),
    snap: bool,
    landing: Landing,
) -> (EditCommand, Vec<Guide>) {
    let (mut dx, mut dy) = by;
    let mut guides = Vec::new();
    let (card, area) = match anchor {
        Target::Node(id) => (start.nodes.get(&id), None),
        Target::Area(id) => (None, start.areas.get(&id)),
        Target::Edge(_) => (None, None),
    };
    if let (true, Some(area)) = (snap, area) {
        let corner = snapped(moved(area.at, dx, dy));
        (dx, dy) = (corner.x - area.at.x, corner.y - area.at.y);
    }
    if let (true, Some(node)) = (snap, card) {
        let goal = moved(node.at, dx, dy);
        let corner = snapped(goal);
        let free = card_rect(node);
        let rect = Rect { x: goal.x, y: goal.y, ..free };
        let resting: Vec<Rect> =
            start.nodes.iter().filter(|(id, _)| !held.nodes.contains(id)).map(|(_, node)| card_rect(node)).collect();
        // Cards have one width, so left edges tell alignment; their heights differ, so their middles do.
        let nearest = |along: fn(&Rect) -> f64| {
            resting
                .iter()
                .filter(|other| (along(other) - along(&rect)).abs() <= ALIGN_REACH)
                .min_by(|a, b| (along(a) - along(&rect)).abs().total_cmp(&(along(b) - along(&rect)).abs()))
        };
        let column = nearest(|rect| rect.x);
        let row = nearest(|rect| rect.center().y);
        let x = column.map_or(corner.x, |other| other.x);
        let y = row.map_or(corner.y, |other| other.center().y - rect.height / 2.0);
        let settled = Rect { x, y, ..rect };
        if let Some(other) = column {
            let both = settled.union(other);
            guides.push(Guide { from: Point { x, y: both.y }, to: Point { x, y: both.bottom() } });
        }
        if let Some(other) = row {
            let both = settled.union(other);
            let middle = settled.center().y;
            guides.push(Guide { from: Point { x: both.x, y: middle }, to: Point { x: both.right(), y: middle } });
        }
        (dx, dy) = (x - node.at.x, y - node.at.y);
    }
    let (frames, nodes) = places::carried(start, &held.areas, &held.nodes, (dx, dy));
    (EditCommand::Arrange { nodes, frames, landing }, guides)
}

/// What pulling at a frame's line does.
fn resized(
    start: &Document,
    area: AreaId,
    grip: Grip,
    by: (f64, f64),
    snap: bool,
    landing: Landing,
) -> Option<EditCommand> {
    let frame = places::resized(start, area, grip, by, snap)?;
    Some(EditCommand::ResizeArea { area, frame, landing })
}
