//! The editor: document, session, history and tools behind one pure function. No browser, no clock, no storage.
//!
//! ```
//! use headroom::editor::{Action, EditCommand, EditorState, update};
//! use headroom::model::params::Params;
//! use headroom::topology::document::Point;
//!
//! let state = EditorState::default();
//! let add = EditCommand::AddNode {
//!     kind: "service".into(), at: Point { x: 48.0, y: 48.0 }, label: None, params: Params::new(),
//! };
//! let state = update(&state, Action::Edit(add));
//! assert_eq!(state.document.nodes.len(), 1);
//! assert_eq!(update(&state, Action::Undo).document.nodes.len(), 0);
//! ```
//!
//! Tools are an enum with data for each state, fed by plain inputs (`Down`, `Move`, `Wheel`, `KeyDown`, …), so thresholds,
//! snapping and hit tests are decided and tested natively. One gesture is one step to undo: every move starts again from the
//! document at the gesture's beginning, so nothing adds up; Escape puts that document back. History is a stack of whole documents
//! behind `Rc`, capped at 200 steps; nodes and edges are shared between them. Selection, camera and panels are never undone.
//! Everything that the stage can do to the document can also be done in the outline: by touch, keyboard or screen reader.

pub mod action;
pub mod catalog;
pub mod clipboard;
pub mod commands;
pub mod common;
mod curve;
pub mod edit;
pub mod faults;
pub mod gauge;
pub mod geometry;
pub mod happening;
pub mod history;
pub mod hit;
pub mod invariants;
pub mod layout;
mod looking;
pub mod places;
pub mod roam;
pub mod scene;
pub mod search;
pub mod session;
mod stations;
pub mod story;
pub mod timeline;
pub mod tool;
pub mod turned;
pub mod wire;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use crate::lesson::guard::{AREA_KIND, Guard};
pub use action::Action;
pub use clipboard::Clip;
pub use commands::{COMMANDS, Command};
pub use edit::{EditCommand, EditError, Landing};
pub use geometry::{Camera, Curve, Rect, Size};
pub use history::GestureId;
pub use session::{Deed, Deeds, FaultCard, PersistedSession, Selection, Session, SessionChange, Target, Theme};
pub use tool::{Button, Input, InputKind, Modifiers, ToolRequest, ToolState};

use edit::Ids;
use history::{Entry, History};
use tool::ToolContext;

use crate::topology::document::{Change, Document, EdgeId};

/// What is said when a drawing that can only be looked at is changed.
pub const READ_ONLY: &str =
    "This drawing is being edited in another tab. Take it over or make a copy to change it here.";

/// Everything the editor knows. Cheap to clone: what is large stands behind `Rc`.
#[derive(Clone, Debug)]
pub struct EditorState {
    pub document: Rc<Document>,
    /// The document as the stage shows it: itself, or turned for an upright screen ([`turned`]).
    pub drawn: Rc<Document>,
    /// The edges' curves, in step with what is drawn.
    pub curves: Rc<BTreeMap<EdgeId, Curve>>,
    pub session: Session,
    pub history: Rc<History>,
    pub tool: ToolState,
    pub clipboard: Option<Rc<Clip>>,
    /// The last thing that the pointer did on the stage.
    pointer: Option<Input>,
    /// What is dragged in from a panel has been well within the stage: from then on its edge pulls.
    arrived: bool,
    pub guard: Rc<Guard>,
    /// Another tab edits this drawing: it can only be looked at.
    pub read_only: bool,
    /// The next numbers to give.
    pub ids: Ids,
    /// Counts documents opened: tells "another document" from "the same, edited".
    pub opened: u32,
}

impl Default for EditorState {
    fn default() -> Self {
        Self::new(Rc::new(Document::default()))
    }
}

/// Cheap and exact where it matters to views: shared parts are the same only if they are the same `Rc`.
impl PartialEq for EditorState {
    fn eq(&self, other: &Self) -> bool {
        let clip = |state: &Self| state.clipboard.as_ref().map(Rc::as_ptr);
        Rc::ptr_eq(&self.document, &other.document)
            && Rc::ptr_eq(&self.history, &other.history)
            && Rc::ptr_eq(&self.guard, &other.guard)
            && clip(self) == clip(other)
            && self.read_only == other.read_only
            && self.session == other.session
            && matches!((&self.tool, &other.tool), (ToolState::Idle, ToolState::Idle))
    }
}

/// Does what is asked. Pure: the same state and action give the same state.
#[must_use]
pub fn update(state: &EditorState, action: Action) -> EditorState {
    let mut next = state.clone();
    next.act(action);
    next.settle(state);
    next
}

impl EditorState {
    #[must_use]
    pub fn new(document: Rc<Document>) -> Self {
        Self {
            curves: Rc::new(geometry::curves(&document, false)),
            ids: Ids::above(&document),
            drawn: document.clone(),
            document,
            session: Session::default(),
            history: Rc::default(),
            tool: ToolState::Idle,
            clipboard: None,
            pointer: None,
            arrived: false,
            guard: Rc::default(),
            read_only: false,
            opened: 0,
        }
    }

    /// The copied part as text, for the system clipboard: what is selected now, if any node is.
    #[must_use]
    pub fn copy_text(&self) -> Option<String> {
        Clip::copy(&self.document, &self.session.selection).map(|clip| clip.to_text())
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Edit(edit) => {
                self.end_gesture();
                self.edit(&edit);
            }
            Action::Drag { gesture, edit } => self.drag(gesture, &edit),
            Action::EndGesture => self.end_gesture(),
            Action::CancelGesture => self.cancel_gesture(),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Session(change) => self.change_session(change),
            Action::Input(input) => self.input(&input),
            Action::Tool(request) => {
                // Dragged in from outside, it has yet to arrive: what was dragged before does not count.
                self.arrived = false;
                let tool = std::mem::take(&mut self.tool);
                let (tool, actions) = tool.on_request(&request, &self.tool_context());
                self.tool = tool;
                self.act_all(actions);
            }
            Action::Command(id) => self.command(id),
            Action::Copy => self.copy(),
            Action::Cut => {
                self.copy();
                let selection = self.session.selection.clone();
                self.act(Action::Edit(EditCommand::Delete(selection)));
            }
            Action::PasteText { text, at_world } => {
                if let Some(clip) = Clip::from_text(&text) {
                    let at = at_world.filter(|at| !clip.lies_under(&self.document, *at));
                    self.act(Action::Edit(EditCommand::Paste { clip, at }));
                    self.change_session(SessionChange::ShowSelected);
                }
            }
            Action::FollowEdge(millis) => self.follow_edge(millis),
            Action::AskMenu(input) => {
                // A finger that rests has begun a press or a pan that went nowhere.
                let rests = match &self.tool {
                    ToolState::Idle | ToolState::Pointing { .. } => true,
                    ToolState::Panning { camera_start, .. } => *camera_start == self.session.camera(),
                    _ => false,
                };
                if rests {
                    self.tool = ToolState::Idle;
                    let actions = tool::ask_menu(&input, &self.tool_context());
                    self.act_all(actions);
                }
            }
            Action::Open(document) => self.open(document),
            Action::SetGuard(guard) => self.guard = guard,
            Action::Follow(document) => self.follow(document),
            Action::SetReadOnly(read_only) => self.read_only = read_only,
        }
    }

    fn act_all(&mut self, actions: Vec<Action>) {
        for action in actions {
            self.act(action);
        }
    }

    /// Brings what hangs on the document back in step with it.
    fn settle(&mut self, before: &Self) {
        if !self.tool.is_sound(&self.document) {
            self.tool = ToolState::Idle;
        }
        if Rc::ptr_eq(&self.document, &before.document) {
            return;
        }
        self.draw();
        self.session.selection = self.session.selection.within(&self.document);
        if self.session.focus.is_some_and(|(target, _)| !target.is_in(&self.document)) {
            self.session.focus = None;
        }
        self.session.renaming = self.session.renaming.filter(|target| target.is_in(&self.document));
    }

    /// Brings what is drawn in step with the document and the stage.
    fn draw(&mut self) {
        self.drawn = turned::drawn(&self.document, self.session.viewport);
        self.curves = Rc::new(geometry::curves(&self.drawn, self.is_turned()));
    }

    /// Whether the stage shows other places than the document has: then none can be changed there.
    #[must_use]
    pub fn is_turned(&self) -> bool {
        !Rc::ptr_eq(&self.drawn, &self.document)
    }

    fn tool_context(&self) -> ToolContext<'_> {
        let Self { drawn, session, curves, guard, ids, .. } = self;
        ToolContext { document: drawn, turned: self.is_turned(), session, curves, guard, ids: *ids }
    }

    fn input(&mut self, input: &Input) {
        self.track_touch(input);
        self.track_pointer(input);
        if let InputKind::KeyDown(key) = &input.kind
            && (key != "Escape" || matches!(self.tool, ToolState::Idle))
        {
            if let Some(command) = commands::for_key(&self.session.kept, key, input.modifiers) {
                self.command(command.id);
            }
            return;
        }
        let tool = std::mem::take(&mut self.tool);
        let (tool, actions) = tool.on_input(input, &self.tool_context());
        self.tool = tool;
        self.act_all(actions);
    }

    fn track_pointer(&mut self, input: &Input) {
        if matches!(input.kind, InputKind::Down(_)) {
            (self.session.menu, self.session.renaming) = (None, None);
        }
        if matches!(input.kind, InputKind::Down(_) | InputKind::Move) {
            self.pointer = Some(input.clone());
            let within = geometry::edge_pull(input.pos_screen, self.session.viewport).is_none();
            self.arrived = !self.tool.is_from_outside() || self.arrived || within;
        }
        if matches!(self.tool, ToolState::Idle) {
            self.arrived = false;
        }
    }

    /// How the view follows what is held at the stage's edge [screen px per ms]; `None` where it stays.
    #[must_use]
    pub fn edge_pull(&self) -> Option<(f64, f64)> {
        let pointer = self.pointer.as_ref().filter(|_| self.tool.pulls_view() && self.arrived)?;
        geometry::edge_pull(pointer.pos_screen, self.session.viewport)
    }

    fn follow_edge(&mut self, millis: f64) {
        let (Some((x, y)), Some(pointer)) = (self.edge_pull(), self.pointer.clone()) else { return };
        let millis = millis.clamp(0.0, 100.0);
        self.change_session(SessionChange::PanBy { dx: -x * millis, dy: -y * millis });
        let here = Input { kind: InputKind::Move, ..pointer };
        let tool = std::mem::take(&mut self.tool);
        let (tool, actions) = tool.on_input(&here, &self.tool_context());
        self.tool = tool;
        self.act_all(actions);
    }

    fn track_touch(&mut self, input: &Input) {
        if !input.touch {
            return;
        }
        let touches = &mut self.session.touches;
        let known = touches.iter().position(|(pointer, _)| *pointer == input.pointer);
        match (&input.kind, known) {
            (InputKind::Down(_) | InputKind::Move, Some(place)) => touches[place].1 = input.pos_screen,
            (InputKind::Down(_), None) => touches.push((input.pointer, input.pos_screen)),
            (InputKind::Up | InputKind::Cancel, Some(place)) => drop(touches.remove(place)),
            _ => {}
        }
    }

    fn command(&mut self, id: &str) {
        if let Some(command) = commands::find(id).filter(|command| (command.enabled)(self)) {
            let actions = (command.run)(self);
            self.act_all(actions);
        }
    }

    fn snapshot(&self, label: String) -> Entry {
        Entry { label, document: self.document.clone(), selection: self.session.selection.clone(), deed: None }
    }

    /// Carries `edit` out. `Some(label)` where the document changed; a refusal is told in the notice.
    fn carry_out(&mut self, edit: &EditCommand) -> Option<String> {
        if self.refuses() {
            return None;
        }
        let mut document = (*self.document).clone();
        let mut ids = self.ids;
        match edit.apply(&mut document, &mut ids, &self.guard) {
            Err(error) => {
                self.notify(error.to_string());
                None
            }
            Ok(applied) => {
                self.ids = ids;
                let changed = document != *self.document;
                if changed {
                    self.document = Rc::new(document);
                    self.draw();
                }
                if let Some(selection) = applied.select {
                    self.session.selection = selection;
                }
                changed.then_some(applied.label)
            }
        }
    }

    /// Whether nothing may be changed; said once.
    fn refuses(&mut self) -> bool {
        if self.read_only && self.session.notice.text != READ_ONLY {
            self.notify(READ_ONLY.to_owned());
        }
        self.read_only
    }

    fn edit(&mut self, edit: &EditCommand) {
        let before = self.snapshot(String::new());
        if let Some(label) = self.carry_out(edit) {
            Rc::make_mut(&mut self.history).push(Entry { label, ..before });
        }
    }

    fn drag(&mut self, gesture: GestureId, edit: &EditCommand) {
        if self.history.gesture().is_none_or(|open| open.id != gesture) {
            self.end_gesture();
        }
        let before = self.snapshot(String::new());
        let Some(label) = self.carry_out(edit) else { return };
        let history = Rc::make_mut(&mut self.history);
        if history.gesture().is_none() {
            history.begin(gesture, before);
            history.relabel(label);
        } else if gesture != GestureId::Copy {
            history.relabel(label);
        }
    }

    fn end_gesture(&mut self) {
        if self.history.gesture().is_none() {
            return;
        }
        let history = Rc::make_mut(&mut self.history);
        if let Some(open) = history.take_gesture()
            && *open.start.document != *self.document
        {
            history.push(open.start);
        }
    }

    fn cancel_gesture(&mut self) {
        if self.history.gesture().is_none() {
            return;
        }
        if let Some(open) = Rc::make_mut(&mut self.history).take_gesture() {
            self.document = open.start.document;
            self.session.selection = open.start.selection;
        }
    }

    /// In the middle of a gesture, undo takes back the gesture and nothing else.
    fn undo(&mut self) {
        if self.history.gesture().is_some() {
            self.tool = ToolState::Idle;
            self.cancel_gesture();
            return;
        }
        self.tool = ToolState::Idle;
        if self.history.undo_len() == 0 || self.refuses() {
            return;
        }
        let entry = Rc::make_mut(&mut self.history).undo(&self.document, &self.session.selection);
        if let Some(deed) = entry.as_ref().and_then(|entry| entry.deed.clone()) {
            self.session.deeds.push(deed.0, Deed::TakeBack);
        }
        self.go_to(entry, "Undone");
    }

    fn redo(&mut self) {
        if self.history.gesture().is_some() || self.history.redo_len() == 0 || self.refuses() {
            return;
        }
        self.tool = ToolState::Idle;
        let entry = Rc::make_mut(&mut self.history).redo(&self.document, &self.session.selection);
        if let Some(deed) = entry.as_ref().and_then(|entry| entry.deed.clone()) {
            self.session.deeds.push(deed.0, Deed::Do(deed.1.clone()));
        }
        self.go_to(entry, "Done again");
    }

    /// Does something to the run under way: the document stays, and the step can be undone like any other.
    fn deed(&mut self, changes: Vec<Change>) {
        self.end_gesture();
        let label = changes.last().map_or_else(String::new, |change| faults::sentence(&self.document, change));
        let step = self.session.deeds.serial.wrapping_add(1);
        let deed = Some(Rc::new((step, changes.clone())));
        let entry = Entry { deed, ..self.snapshot(label) };
        Rc::make_mut(&mut self.history).push(entry);
        self.session.deeds.push(step, Deed::Do(changes));
    }

    fn go_to(&mut self, entry: Option<Entry>, said: &str) {
        if let Some(entry) = entry {
            self.document = entry.document;
            self.session.selection = entry.selection;
            self.notify(format!("{said}: {}.", entry.label));
        }
    }

    fn open(&mut self, document: Rc<Document>) {
        self.ids = Ids::above(&document);
        self.document = document;
        self.draw();
        self.history = Rc::default();
        self.tool = ToolState::Idle;
        self.session.selection = Selection::default();
        self.session.focus = None;
        self.session.fault = None;
        self.opened = self.opened.wrapping_add(1);
        self.change_session(SessionChange::Fit);
    }

    fn follow(&mut self, document: Rc<Document>) {
        self.ids = Ids::above(&document);
        self.document = document;
        self.history = Rc::default();
        self.tool = ToolState::Idle;
        self.session.fault = None;
    }

    fn copy(&mut self) {
        if let Some(clip) = Clip::copy(&self.document, &self.session.selection) {
            let (count, areas) = (clip.nodes.len(), clip.areas.len());
            self.clipboard = Some(Rc::new(clip));
            self.notify(match (count, areas) {
                (1, 0) => "Copied a node.".to_owned(),
                (count, 0) => format!("Copied {count} nodes."),
                (count, areas) => format!("Copied {} items.", count + areas),
            });
        }
    }

    fn notify(&mut self, text: String) {
        let notice = &mut self.session.notice;
        notice.serial = notice.serial.wrapping_add(1);
        notice.text = text;
    }
}
