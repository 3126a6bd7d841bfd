//! Tools: what a pointer, a finger or a key does next, as a state machine that is consumed and returned.
//!
//! The page only turns DOM events into [`Input`]; thresholds, snapping and hit tests are decided here. What is under way
//! is a [`ToolState`]; how it goes on stands in the file named after it, what it shows meanwhile in `showing.rs`.

mod aiming;
mod brushing;
mod camera;
mod connecting;
mod idle;
pub mod input;
mod placing;
mod placing_area;
mod reconnecting;
pub mod request;
mod resizing;
mod showing;
mod translating;

use std::collections::BTreeMap;
use std::rc::Rc;

pub(in crate::editor) use self::idle::ask_menu;
pub use self::input::{Button, Input, InputKind, Modifiers};
pub use self::request::ToolRequest;
use super::action::Action;
use super::edit::Ids;
use super::faults;
use super::geometry::{Camera, Curve, DRAG_THRESHOLD, DRAG_THRESHOLD_TOUCH, Rect, distance};
use super::hit::{self, TOUCH_REACH_FACTOR};
use super::places::Grip;
use super::session::{Selection, Session, SessionChange, Target};
use crate::lesson::guard::Guard;
use crate::model::fault::FaultKind;
use crate::topology::document::{AreaId, Document, EdgeId, NodeId, Point};

/// The next state, and what follows.
type Step = (ToolState, Vec<Action>);

/// What a tool may read.
#[derive(Debug)]
pub struct ToolContext<'a> {
    /// As the stage shows it.
    pub document: &'a Rc<Document>,
    /// It shows other places than the document has: cards and frames stay where they are.
    pub turned: bool,
    pub session: &'a Session,
    pub curves: &'a BTreeMap<EdgeId, Curve>,
    pub guard: &'a Guard,
    /// The next numbers to give.
    pub ids: Ids,
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
        /// What is dragged is a copy.
        copied: bool,
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
    /// Dragging a wire's end to another station; `target`: the end with the arrow.
    Reconnecting {
        edge: EdgeId,
        target: bool,
        origin_screen: Point,
        current_world: Point,
        candidate: Option<NodeId>,
    },
    /// A wire was let go over empty canvas: which kind of station shall stand there?
    Choosing {
        from: NodeId,
        at_world: Point,
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
            Self::Reconnecting { .. } => "reconnecting",
            Self::Choosing { .. } => "choosing",
            Self::Picking { .. } => "picking",
            Self::Panning { .. } => "panning",
            Self::Pinching { .. } => "pinching",
            Self::PlacingNode { .. } | Self::PlacingArea { .. } => "placing",
            Self::PlacingFault { .. } => "aiming",
        }
    }

    /// Whether the view follows when what is held reaches the stage's edge.
    #[must_use]
    pub const fn pulls_view(&self) -> bool {
        matches!(
            self,
            Self::Translating { .. }
                | Self::Resizing { .. }
                | Self::Brushing { .. }
                | Self::Connecting { .. }
                | Self::Reconnecting { .. }
        ) || self.is_from_outside()
    }

    /// Whether something is being dragged in from a panel.
    #[must_use]
    pub const fn is_from_outside(&self) -> bool {
        matches!(
            self,
            Self::PlacingNode { dragged: true, .. }
                | Self::PlacingArea { dragged: true, .. }
                | Self::PlacingFault { dragged: true, .. }
        )
    }

    /// The next state and what follows from the input.
    #[must_use]
    pub fn on_input(self, input: &Input, cx: &ToolContext<'_>) -> Step {
        match &input.kind {
            InputKind::Wheel { dx, dy, pinch } => {
                let actions = camera::wheel(*dx, *dy, *pinch, input);
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
            InputKind::Down(_) if input.touch && cx.session.touches.len() >= 2 => {
                let (_, actions) = self.cancel();
                (camera::pinch(cx), actions)
            }
            InputKind::Down(button) => self.down(*button, input, cx),
            InputKind::Move => self.moved(input, cx),
            InputKind::Up => self.up(input, cx),
            InputKind::DoubleClick => (Self::Idle, idle::rename(input, cx)),
        }
    }

    /// The next state after a request.
    #[must_use]
    pub fn on_request(self, request: &ToolRequest, cx: &ToolContext<'_>) -> Step {
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
                actions.push(placing_area::at_center(*zone, cx));
                Self::Idle
            }
            ToolRequest::PlaceFault { kind, dragged } => aiming::begin(kind, *dragged),
            ToolRequest::PlaceFaultAtSelection { kind } => match cx.session.selection.single() {
                Some(target) if faults::suits(cx.document, target, kind) => {
                    actions.extend(aiming::strike(kind, target));
                    Self::Idle
                }
                _ => aiming::begin(kind, false),
            },
            ToolRequest::Choose(target) => match self {
                Self::PlacingFault { kind, .. } => {
                    let (next, more) = aiming::aim_at(kind, *target, cx);
                    actions.extend(more);
                    next
                }
                _ => {
                    actions.push(select(*target));
                    Self::Idle
                }
            },
            ToolRequest::PlaceAtCenter { kind } => {
                actions.push(placing::place(kind, cx.session.view_center(), cx.session.kept.snap));
                Self::Idle
            }
            ToolRequest::Take { kind } => {
                if let Self::Choosing { from, at_world } = self {
                    actions.push(placing::called(kind, from, at_world, cx.session.kept.snap));
                }
                Self::Idle
            }
            ToolRequest::Connect { from } => Self::Picking { from: *from, current_world: None, candidate: None },
            ToolRequest::Pick(node) => match self {
                Self::Picking { from, .. } => {
                    let (next, more) = connecting::pick(from, *node, cx);
                    actions.extend(more);
                    next
                }
                Self::PlacingFault { kind, .. } => {
                    let (next, more) = aiming::aim_at(kind, Target::Node(*node), cx);
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
    fn cancel(self) -> Step {
        let actions = match self {
            Self::Translating { .. } | Self::Resizing { .. } => vec![Action::CancelGesture],
            Self::Brushing { before, .. } => vec![Action::Session(SessionChange::Select(before))],
            _ => Vec::new(),
        };
        (Self::Idle, actions)
    }

    fn down(self, button: Button, input: &Input, cx: &ToolContext<'_>) -> Step {
        if button == Button::Middle || (button == Button::Primary && input.modifiers.space) {
            let (_, actions) = self.cancel();
            return (camera::pan(input, cx), actions);
        }
        if button == Button::Secondary {
            return (self, Vec::new());
        }
        match self {
            Self::PlacingNode { kind, dragged: false, .. } => placing::down(kind, input, cx),
            Self::PlacingFault { kind, dragged: false, .. } => aiming::down(kind, input, cx),
            Self::PlacingArea { zone, dragged: false, .. } => placing_area::down(zone, input, cx),
            Self::Picking { from, .. } => connecting::choose(from, input, cx),
            Self::Idle | Self::Choosing { .. } => idle::press(input, cx),
            // A second button or a lost release: the state under way goes on.
            other => (other, Vec::new()),
        }
    }

    fn moved(self, input: &Input, cx: &ToolContext<'_>) -> Step {
        let at_world = world(input, cx);
        match self {
            Self::Pointing { origin_screen, .. } if dragged(input, origin_screen) && cx.turned => {
                camera::panned_to(origin_screen, cx.session.camera(), input.touch, input)
            }
            Self::Pointing { target, origin_screen, .. } if dragged(input, origin_screen) => {
                translating::begin(target, origin_screen, input, cx)
            }
            Self::Translating { start, held, anchor, origin_world, copied, .. } => {
                translating::moved_to(start, held, (anchor, copied), origin_world, input, cx)
            }
            Self::Resizing { start, area, grip, origin_world } => {
                resizing::moved_to(start, area, grip, origin_world, input, cx)
            }
            Self::PlacingArea { zone, from_world, dragged, .. } => {
                (Self::PlacingArea { zone, from_world, at_world: Some(at_world), dragged }, Vec::new())
            }
            Self::Brushing { origin_world, before, .. } => brushing::moved_to(origin_world, before, input, cx),
            Self::Connecting { from, origin_screen, .. } => connecting::moved_to(from, origin_screen, input, cx),
            Self::Reconnecting { edge, target, origin_screen, .. } => {
                (reconnecting::moved_to(edge, target, origin_screen, input, cx), Vec::new())
            }
            Self::Picking { from, .. } => connecting::sought(from, input, cx),
            Self::Panning { origin_screen, camera_start, touch } => {
                camera::panned_to(origin_screen, camera_start, touch, input)
            }
            Self::Pinching { start, camera_start } => camera::pinched_to(start, camera_start, cx),
            Self::PlacingFault { kind, dragged, .. } => aiming::moved_to(kind, dragged, input, cx),
            Self::PlacingNode { kind, dragged, .. } => {
                (Self::PlacingNode { kind, center_world: Some(at_world), dragged }, Vec::new())
            }
            other => (other, Vec::new()),
        }
    }

    fn up(self, input: &Input, cx: &ToolContext<'_>) -> Step {
        match self {
            Self::Pointing { target, additive, was_selected, .. } => {
                (Self::Idle, translating::clicked(target, additive, was_selected))
            }
            Self::Translating { start, held, anchor, origin_world, copied, .. } => {
                (Self::Idle, translating::let_go(&start, &held, (anchor, copied), origin_world, input, cx))
            }
            Self::Resizing { start, area, grip, origin_world } => {
                (Self::Idle, resizing::let_go(&start, area, grip, origin_world, input, cx))
            }
            Self::PlacingArea { zone, from_world: Some(from), .. } => {
                (Self::Idle, placing_area::pulled_up(zone, from, input, cx))
            }
            Self::PlacingArea { zone, dragged: true, at_world, .. } => placing_area::dropped(zone, at_world, input, cx),
            Self::Brushing { origin_world, current_world, before } => {
                (Self::Idle, brushing::let_go(origin_world, current_world, before, cx))
            }
            Self::Connecting { from, origin_screen, .. } => connecting::let_go(from, origin_screen, input, cx),
            Self::Reconnecting { edge, target, origin_screen, .. } => {
                (Self::Idle, reconnecting::let_go(edge, target, origin_screen, input, cx))
            }
            Self::Panning { origin_screen, touch, .. } => {
                (Self::Idle, camera::pan_ended(origin_screen, touch, input, cx))
            }
            Self::Pinching { .. } if cx.session.touches.len() < 2 => (Self::Idle, Vec::new()),
            Self::PlacingFault { kind, dragged: true, .. } => aiming::dropped(kind, input, cx),
            Self::PlacingNode { kind, dragged: true, center_world } => placing::dropped(kind, center_world, input, cx),
            other => (other, Vec::new()),
        }
    }
}

fn select(target: Target) -> Action {
    Action::Session(SessionChange::Select(Selection::of(target)))
}

fn reach(input: &Input, cx: &ToolContext<'_>) -> f64 {
    let finger = if input.touch { TOUCH_REACH_FACTOR } else { 1.0 };
    finger / cx.session.camera().zoom
}

fn node_near(input: &Input, cx: &ToolContext<'_>) -> Option<NodeId> {
    hit::node_at(cx.document, world(input, cx))
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
    cx.session.kept.snap && !input.modifiers.ctrl
}

/// Where the pointer is in the drawing.
fn world(input: &Input, cx: &ToolContext<'_>) -> Point {
    cx.session.camera().world_from_screen(input.pos_screen)
}
