//! Everything that can be asked of the editor.

use std::rc::Rc;

use super::edit::EditCommand;
use super::history::GestureId;
use super::session::SessionChange;
use super::tool::input::Input;
use super::tool::request::ToolRequest;
use crate::lesson::guard::Guard;
use crate::topology::document::{Document, Point};

/// One request to [`super::update`].
#[derive(Clone, Debug)]
pub enum Action {
    /// A change that is one step to undo.
    Edit(EditCommand),
    /// A change within a gesture: all changes with the same id up to [`Action::EndGesture`] are one step.
    Drag {
        gesture: GestureId,
        edit: EditCommand,
    },
    /// The slider was released, the pointer went up: the gesture becomes a step.
    EndGesture,
    /// The gesture is taken back.
    CancelGesture,
    Undo,
    Redo,
    Session(SessionChange),
    Input(Input),
    Tool(ToolRequest),
    /// A command of [`super::commands::COMMANDS`] by id; an unknown or disabled one does nothing.
    Command(&'static str),
    Copy,
    Cut,
    /// Pastes text of the system clipboard, where the pointer is if it is over the stage; other text than a clip is
    /// ignored.
    PasteText {
        text: String,
        at_world: Option<Point>,
    },
    /// So many milliseconds went by while something is held at the stage's edge: the view follows.
    FollowEdge(f64),
    /// A secondary or long press: selects what is there and opens the menu.
    AskMenu(Input),
    /// Another document: history, selection and tool start anew.
    Open(Rc<Document>),
    /// What the lesson keeps from being changed.
    SetGuard(Rc<Guard>),
    /// The same drawing as another tab has changed it: the view stays, steps to undo are forgotten.
    Follow(Rc<Document>),
    /// Whether the drawing can only be looked at: another tab edits it.
    SetReadOnly(bool),
}
