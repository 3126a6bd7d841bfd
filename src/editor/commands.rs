//! The commands: one list feeds shortcuts, menus, buttons and the help page.

use std::fmt;

use super::EditorState;
use super::action::Action;
use super::edit::{EditCommand, Landing};
use super::geometry::{GRID, snapped};
use super::history::GestureId;
use super::session::{SessionChange, Target};
use super::tool::{Modifiers, ToolRequest, ToolState, ZOOM_STEP};
use super::{layout, places};

/// A key with what must be held. Letters are lower case; `ctrl` is Command on a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// `KeyboardEvent.key`.
    pub key: &'static str,
    pub ctrl: bool,
    /// `None`: shift does not matter (signs that some keyboards type with shift).
    pub shift: Option<bool>,
}

const fn plain(key: &'static str) -> Shortcut {
    Shortcut { key, ctrl: false, shift: Some(false) }
}
const fn sign(key: &'static str) -> Shortcut {
    Shortcut { key, ctrl: false, shift: None }
}
const fn shift(key: &'static str) -> Shortcut {
    Shortcut { key, ctrl: false, shift: Some(true) }
}
const fn ctrl(key: &'static str) -> Shortcut {
    Shortcut { key, ctrl: true, shift: Some(false) }
}
const fn ctrl_shift(key: &'static str) -> Shortcut {
    Shortcut { key, ctrl: true, shift: Some(true) }
}

/// As printed in menus and on the help page, e.g. "Ctrl+Shift+Z".
impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            write!(f, "Ctrl+")?;
        }
        if self.shift == Some(true) {
            write!(f, "Shift+")?;
        }
        match self.key {
            "ArrowLeft" => write!(f, "Left"),
            "ArrowRight" => write!(f, "Right"),
            "ArrowUp" => write!(f, "Up"),
            "ArrowDown" => write!(f, "Down"),
            key if key.chars().count() == 1 => write!(f, "{}", key.to_uppercase()),
            key => write!(f, "{key}"),
        }
    }
}

/// Where a command stands in menus and help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Edit,
    Selection,
    Arrange,
    View,
}

/// Something that can be done, wherever it is offered.
#[derive(Clone, Copy)]
pub struct Command {
    /// kebab-case; stable.
    pub id: &'static str,
    pub label: &'static str,
    /// One sentence for the help page and tooltips.
    pub help: &'static str,
    /// Name of a Lucide icon; empty for none.
    pub icon: &'static str,
    pub group: Group,
    /// The first is the one shown in menus.
    pub shortcuts: &'static [Shortcut],
    pub enabled: fn(&EditorState) -> bool,
    pub run: fn(&EditorState) -> Vec<Action>,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("id", &self.id).finish_non_exhaustive()
    }
}

fn always(_: &EditorState) -> bool {
    true
}
fn any_node(state: &EditorState) -> bool {
    !state.document.nodes.is_empty()
}
fn any_selected(state: &EditorState) -> bool {
    !state.session.selection.is_empty()
}
fn node_selected(state: &EditorState) -> bool {
    !(state.session.selection.nodes.is_empty() && state.session.selection.areas.is_empty())
}
fn session(change: SessionChange) -> Vec<Action> {
    vec![Action::Session(change)]
}

/// Moves the selected cards and frames one way: by a grid step, or by four.
fn nudge(state: &EditorState, dx: f64, dy: f64) -> Vec<Action> {
    let selection = &state.session.selection;
    let (frames, mut nodes) = places::carried(&state.document, &selection.areas, &selection.nodes, (dx, dy));
    if frames.is_empty() && state.session.kept.snap {
        for at in nodes.values_mut() {
            *at = snapped(*at);
        }
    }
    vec![Action::Drag {
        gesture: GestureId::Nudge,
        edit: EditCommand::Arrange { nodes, frames, landing: Landing::AsIs },
    }]
}

/// With nothing selected the arrow keys move the view instead.
fn nudge_or_pan(state: &EditorState, dx: f64, dy: f64) -> Vec<Action> {
    if node_selected(state) {
        nudge(state, dx, dy)
    } else {
        session(SessionChange::PanBy { dx: -dx * 4.0, dy: -dy * 4.0 })
    }
}

/// All commands, in the order of menus and help.
pub static COMMANDS: &[Command] = &[
    Command {
        id: "undo",
        label: "Undo",
        help: "Takes back the last change.",
        icon: "undo-2",
        group: Group::Edit,
        shortcuts: &[ctrl("z")],
        enabled: |state| state.history.undo_label().is_some(),
        run: |_| vec![Action::Undo],
    },
    Command {
        id: "redo",
        label: "Redo",
        help: "Does again what was taken back.",
        icon: "redo-2",
        group: Group::Edit,
        shortcuts: &[ctrl("y"), ctrl_shift("z")],
        enabled: |state| state.history.redo_len() > 0,
        run: |_| vec![Action::Redo],
    },
    Command {
        id: "cut",
        label: "Cut",
        help: "Copies the selected nodes and deletes them.",
        icon: "scissors",
        group: Group::Edit,
        shortcuts: &[ctrl("x")],
        enabled: node_selected,
        run: |_| vec![Action::Cut],
    },
    Command {
        id: "copy",
        label: "Copy",
        help: "Copies the selected nodes and the connections between them, and regions with what stands in them.",
        icon: "copy",
        group: Group::Edit,
        shortcuts: &[ctrl("c")],
        enabled: node_selected,
        run: |_| vec![Action::Copy],
    },
    Command {
        id: "paste",
        label: "Paste",
        help: "Puts what was copied onto the canvas.",
        icon: "clipboard-paste",
        group: Group::Edit,
        shortcuts: &[ctrl("v")],
        enabled: |state| state.clipboard.is_some(),
        run: |state| {
            state
                .clipboard
                .iter()
                .map(|clip| Action::Edit(EditCommand::Paste { clip: (**clip).clone(), at: None }))
                .collect()
        },
    },
    Command {
        id: "duplicate",
        label: "Duplicate",
        help: "Puts a copy of the selected nodes beside them.",
        icon: "copy-plus",
        group: Group::Edit,
        shortcuts: &[ctrl("d")],
        enabled: node_selected,
        run: |state| vec![Action::Edit(EditCommand::Duplicate(state.session.selection.clone()))],
    },
    Command {
        id: "delete",
        label: "Delete",
        help: "Deletes what is selected; nodes take their connections with them, what stood in a region stays.",
        icon: "trash-2",
        group: Group::Edit,
        shortcuts: &[plain("Delete"), plain("Backspace")],
        enabled: any_selected,
        run: |state| vec![Action::Edit(EditCommand::Delete(state.session.selection.clone()))],
    },
    Command {
        id: "connect",
        label: "Connect",
        help: "Choose where the calls start, then what is called. A selected node is the start.",
        icon: "cable",
        group: Group::Edit,
        shortcuts: &[plain("c")],
        enabled: |state| state.document.nodes.len() >= 2,
        run: |state| {
            let from = match state.session.selection.single() {
                Some(Target::Node(id)) => Some(id),
                _ => None,
            };
            vec![Action::Tool(ToolRequest::Connect { from })]
        },
    },
    Command {
        id: "select-all",
        label: "Select all",
        help: "Selects every node, connection, region and zone.",
        icon: "square-dashed-mouse-pointer",
        group: Group::Selection,
        shortcuts: &[ctrl("a")],
        enabled: any_node,
        run: |_| session(SessionChange::SelectAll),
    },
    Command {
        id: "deselect",
        label: "Deselect",
        help: "Selects nothing; gives up what is under way.",
        icon: "",
        group: Group::Selection,
        shortcuts: &[plain("Escape")],
        enabled: |state| any_selected(state) || !matches!(state.tool, ToolState::Idle),
        run: |state| {
            if matches!(state.tool, ToolState::Idle) {
                session(SessionChange::ClearSelection)
            } else {
                vec![Action::Tool(ToolRequest::Cancel)]
            }
        },
    },
    Command {
        id: "tidy-layout",
        label: "Tidy layout",
        help: "Lines the cards up from left to right along the calls.",
        icon: "layout-grid",
        group: Group::Arrange,
        shortcuts: &[shift("l")],
        enabled: any_node,
        run: |state| {
            vec![
                Action::Edit(EditCommand::TidyLayout(layout::tidy(&state.document))),
                Action::Session(SessionChange::Fit),
            ]
        },
    },
    Command {
        id: "toggle-snap",
        label: "Snap to grid",
        help: "Cards settle on the grid and line up with each other; hold Alt to place freely.",
        icon: "magnet",
        group: Group::Arrange,
        shortcuts: &[plain("g")],
        enabled: always,
        run: |state| session(SessionChange::SetSnap(!state.session.kept.snap)),
    },
    Command {
        id: "nudge-left",
        label: "Move left",
        help: "Moves the selected nodes left; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[plain("ArrowLeft")],
        enabled: always,
        run: |state| nudge_or_pan(state, -GRID, 0.0),
    },
    Command {
        id: "nudge-right",
        label: "Move right",
        help: "Moves the selected nodes right; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[plain("ArrowRight")],
        enabled: always,
        run: |state| nudge_or_pan(state, GRID, 0.0),
    },
    Command {
        id: "nudge-up",
        label: "Move up",
        help: "Moves the selected nodes up; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[plain("ArrowUp")],
        enabled: always,
        run: |state| nudge_or_pan(state, 0.0, -GRID),
    },
    Command {
        id: "nudge-down",
        label: "Move down",
        help: "Moves the selected nodes down; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[plain("ArrowDown")],
        enabled: always,
        run: |state| nudge_or_pan(state, 0.0, GRID),
    },
    Command {
        id: "nudge-far-left",
        label: "Move far left",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[shift("ArrowLeft")],
        enabled: node_selected,
        run: |state| nudge(state, -4.0 * GRID, 0.0),
    },
    Command {
        id: "nudge-far-right",
        label: "Move far right",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[shift("ArrowRight")],
        enabled: node_selected,
        run: |state| nudge(state, 4.0 * GRID, 0.0),
    },
    Command {
        id: "nudge-far-up",
        label: "Move far up",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[shift("ArrowUp")],
        enabled: node_selected,
        run: |state| nudge(state, 0.0, -4.0 * GRID),
    },
    Command {
        id: "nudge-far-down",
        label: "Move far down",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        shortcuts: &[shift("ArrowDown")],
        enabled: node_selected,
        run: |state| nudge(state, 0.0, 4.0 * GRID),
    },
    Command {
        id: "zoom-in",
        label: "Zoom in",
        help: "Shows less, larger. The mouse wheel zooms too.",
        icon: "zoom-in",
        group: Group::View,
        shortcuts: &[sign("+"), sign("=")],
        enabled: always,
        run: |_| session(SessionChange::ZoomBy { factor: ZOOM_STEP, at_screen: None }),
    },
    Command {
        id: "zoom-out",
        label: "Zoom out",
        help: "Shows more, smaller.",
        icon: "zoom-out",
        group: Group::View,
        shortcuts: &[sign("-"), sign("_")],
        enabled: always,
        run: |_| session(SessionChange::ZoomBy { factor: 1.0 / ZOOM_STEP, at_screen: None }),
    },
    Command {
        id: "zoom-reset",
        label: "Actual size",
        help: "Zoom 100 %.",
        icon: "",
        group: Group::View,
        shortcuts: &[plain("0")],
        enabled: always,
        run: |_| session(SessionChange::ZoomReset),
    },
    Command {
        id: "fit",
        label: "Fit",
        help: "Brings every node into view.",
        icon: "maximize",
        group: Group::View,
        shortcuts: &[plain("f")],
        enabled: any_node,
        run: |_| session(SessionChange::Fit),
    },
];

/// Finds a command by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id == id)
}

/// The command that a key asks for.
#[must_use]
pub fn for_key(key: &str, modifiers: Modifiers) -> Option<&'static Command> {
    // With caps lock or shift, letters arrive in upper case.
    let key = if key.chars().count() == 1 { key.to_lowercase() } else { key.to_owned() };
    COMMANDS.iter().find(|command| {
        command.shortcuts.iter().any(|shortcut| {
            shortcut.key == key
                && shortcut.ctrl == modifiers.ctrl
                && shortcut.shift.is_none_or(|shift| shift == modifiers.shift)
                && !modifiers.alt
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_shortcuts_are_unique_and_every_command_explains_itself() {
        let mut ids = BTreeSet::new();
        let mut shortcuts = BTreeSet::new();
        for command in COMMANDS {
            assert!(ids.insert(command.id), "{} stands twice", command.id);
            assert!(command.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", command.id);
            assert!(!command.label.is_empty() && command.help.ends_with('.'), "{}", command.id);
            for shortcut in command.shortcuts {
                assert!(shortcuts.insert(shortcut.to_string()), "{shortcut} stands twice");
            }
        }
    }

    #[test]
    fn keys_find_their_command_whatever_the_case() {
        let none = Modifiers::default();
        let control = Modifiers { ctrl: true, ..none };
        let found = |key, modifiers| for_key(key, modifiers).map(|command| command.id);
        assert_eq!(found("Z", control), Some("undo"));
        assert_eq!(found("Z", Modifiers { shift: true, ..control }), Some("redo"));
        assert_eq!(found("c", none), Some("connect"));
        assert_eq!(found("c", control), Some("copy"));
        assert_eq!(found("+", Modifiers { shift: true, ..none }), Some("zoom-in"));
        assert_eq!(found("q", none), None);
    }
}
