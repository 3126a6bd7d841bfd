//! The commands of editor and page: one list feeds keys, menus, buttons, search, the help page and docs/commands.md.
//!
//! A key is written as it is printed, with what must be held in front: `Ctrl+Shift+Z`, `Delete`, `?`. Signs carry no
//! `Shift`, since some keyboards type them with it; `Ctrl` is Command on a Mac.

use super::EditorState;
use super::action::Action;
use super::edit::{EditCommand, Landing};
use super::geometry::{GRID, card_rect, snapped};
use super::history::GestureId;
use super::session::{PersistedSession, SessionChange, Target};
use super::tool::{Modifiers, ToolRequest, ToolState, ZOOM_STEP};
use super::{layout, places};
use crate::topology::document::Point;

/// Where a command stands in menus and help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Edit,
    Selection,
    Arrange,
    View,
    /// The run and the page around the canvas: the page carries these out.
    Run,
}

/// The groups in the order of the help page, with their titles.
pub const GROUPS: [(Group, &str); 5] = [
    (Group::Run, "The run and the page"),
    (Group::Edit, "Editing"),
    (Group::Selection, "Selecting"),
    (Group::Arrange, "Arranging"),
    (Group::View, "The view"),
];

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
    pub keys: &'static [&'static str],
    pub enabled: fn(&EditorState) -> bool,
    pub run: fn(&EditorState) -> Vec<Action>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// The one selected thing that has a name of its own.
fn named(state: &EditorState) -> Option<Target> {
    state.session.selection.single().filter(|target| !matches!(target, Target::Edge(_)))
}

/// Where the menu opens when no pointer says where: at what is selected, else in the middle of the stage.
fn menu_place(state: &EditorState) -> Point {
    let world = match state.session.selection.single() {
        Some(Target::Node(id)) => state.drawn.nodes.get(&id).map(|node| card_rect(node).center()),
        Some(Target::Edge(id)) => state.curves.get(&id).map(|curve| curve.at(0.5)),
        Some(Target::Area(id)) => state.drawn.areas.get(&id).map(|area| area.at),
        None => None,
    };
    state.session.camera().screen_from_world(world.unwrap_or_else(|| state.session.view_center()))
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
        keys: &["Ctrl+Z"],
        enabled: |state| state.history.undo_label().is_some(),
        run: |_| vec![Action::Undo],
    },
    Command {
        id: "redo",
        label: "Redo",
        help: "Does again what was taken back.",
        icon: "redo-2",
        group: Group::Edit,
        keys: &["Ctrl+Y", "Ctrl+Shift+Z"],
        enabled: |state| state.history.redo_len() > 0,
        run: |_| vec![Action::Redo],
    },
    Command {
        id: "cut",
        label: "Cut",
        help: "Copies the selected nodes and deletes them.",
        icon: "scissors",
        group: Group::Edit,
        keys: &["Ctrl+X"],
        enabled: node_selected,
        run: |_| vec![Action::Cut],
    },
    Command {
        id: "copy",
        label: "Copy",
        help: "Copies the selected nodes and the connections between them, and regions with what stands in them.",
        icon: "copy",
        group: Group::Edit,
        keys: &["Ctrl+C"],
        enabled: node_selected,
        run: |_| vec![Action::Copy],
    },
    Command {
        id: "paste",
        label: "Paste",
        help: "Puts what was copied onto the canvas.",
        icon: "clipboard-paste",
        group: Group::Edit,
        keys: &["Ctrl+V"],
        enabled: |state| state.clipboard.is_some(),
        run: |state| {
            state
                .clipboard
                .iter()
                .map(|clip| {
                    // From the menu it goes where that is open.
                    let at = state.session.menu.map(|at| state.session.camera().world_from_screen(at));
                    Action::Edit(EditCommand::Paste { clip: (**clip).clone(), at })
                })
                .chain(session(SessionChange::ShowSelected))
                .collect()
        },
    },
    Command {
        id: "duplicate",
        label: "Duplicate",
        help: "Puts a copy of the selected nodes beside them.",
        icon: "copy-plus",
        group: Group::Edit,
        keys: &["Ctrl+D"],
        enabled: node_selected,
        run: |state| vec![Action::Edit(EditCommand::Duplicate(state.session.selection.clone()))],
    },
    Command {
        id: "delete",
        label: "Delete",
        help: "Deletes what is selected; nodes take their connections with them, what stood in a region stays.",
        icon: "trash-2",
        group: Group::Edit,
        keys: &["Delete", "Backspace"],
        enabled: any_selected,
        run: |state| vec![Action::Edit(EditCommand::Delete(state.session.selection.clone()))],
    },
    Command {
        id: "rename",
        label: "Rename",
        help: "Opens the name of the selected station, region or zone for typing. A double press does too.",
        icon: "pencil",
        group: Group::Edit,
        keys: &["F2"],
        enabled: |state| !state.read_only && named(state).is_some(),
        run: |state| session(SessionChange::Rename(named(state))),
    },
    Command {
        id: "menu",
        label: "Menu",
        help: "What can be done with what is selected. A right click and a long press open it too.",
        icon: "",
        group: Group::Edit,
        keys: &["Shift+F10", "ContextMenu"],
        enabled: always,
        run: |state| session(SessionChange::Menu(Some(menu_place(state)))),
    },
    Command {
        id: "connect",
        label: "Connect",
        help: "Choose where the calls start, then what is called. A selected node is the start.",
        icon: "cable",
        group: Group::Edit,
        keys: &["C"],
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
        keys: &["Ctrl+A"],
        enabled: any_node,
        run: |_| session(SessionChange::SelectAll),
    },
    Command {
        id: "deselect",
        label: "Deselect",
        help: "Selects nothing; gives up what is under way.",
        icon: "",
        group: Group::Selection,
        keys: &["Escape"],
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
        keys: &["Shift+L"],
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
        help: "Cards settle on the grid and line up with each other; hold Ctrl to place freely.",
        icon: "magnet",
        group: Group::Arrange,
        keys: &["G"],
        enabled: always,
        run: |state| session(SessionChange::SetSnap(!state.session.kept.snap)),
    },
    Command {
        id: "nudge-left",
        label: "Move left",
        help: "Moves the selected nodes left; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        keys: &["Left"],
        enabled: always,
        run: |state| nudge_or_pan(state, -GRID, 0.0),
    },
    Command {
        id: "nudge-right",
        label: "Move right",
        help: "Moves the selected nodes right; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        keys: &["Right"],
        enabled: always,
        run: |state| nudge_or_pan(state, GRID, 0.0),
    },
    Command {
        id: "nudge-up",
        label: "Move up",
        help: "Moves the selected nodes up; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        keys: &["Up"],
        enabled: always,
        run: |state| nudge_or_pan(state, 0.0, -GRID),
    },
    Command {
        id: "nudge-down",
        label: "Move down",
        help: "Moves the selected nodes down; with nothing selected, the view.",
        icon: "",
        group: Group::Arrange,
        keys: &["Down"],
        enabled: always,
        run: |state| nudge_or_pan(state, 0.0, GRID),
    },
    Command {
        id: "nudge-far-left",
        label: "Move far left",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        keys: &["Shift+Left"],
        enabled: node_selected,
        run: |state| nudge(state, -4.0 * GRID, 0.0),
    },
    Command {
        id: "nudge-far-right",
        label: "Move far right",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        keys: &["Shift+Right"],
        enabled: node_selected,
        run: |state| nudge(state, 4.0 * GRID, 0.0),
    },
    Command {
        id: "nudge-far-up",
        label: "Move far up",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        keys: &["Shift+Up"],
        enabled: node_selected,
        run: |state| nudge(state, 0.0, -4.0 * GRID),
    },
    Command {
        id: "nudge-far-down",
        label: "Move far down",
        help: "Four steps at once.",
        icon: "",
        group: Group::Arrange,
        keys: &["Shift+Down"],
        enabled: node_selected,
        run: |state| nudge(state, 0.0, 4.0 * GRID),
    },
    Command {
        id: "zoom-in",
        label: "Zoom in",
        help: "Shows less, larger. The mouse wheel zooms too.",
        icon: "zoom-in",
        group: Group::View,
        keys: &["+", "="],
        enabled: always,
        run: |_| session(SessionChange::ZoomBy { factor: ZOOM_STEP, at_screen: None }),
    },
    Command {
        id: "zoom-out",
        label: "Zoom out",
        help: "Shows more, smaller.",
        icon: "zoom-out",
        group: Group::View,
        keys: &["-", "_"],
        enabled: always,
        run: |_| session(SessionChange::ZoomBy { factor: 1.0 / ZOOM_STEP, at_screen: None }),
    },
    Command {
        id: "zoom-reset",
        label: "Actual size",
        help: "Zoom 100 %.",
        icon: "",
        group: Group::View,
        keys: &["0"],
        enabled: always,
        run: |_| session(SessionChange::ZoomReset),
    },
    Command {
        id: "fit",
        label: "Fit",
        help: "Brings every node into view.",
        icon: "maximize",
        group: Group::View,
        keys: &["F"],
        enabled: any_node,
        run: |_| session(SessionChange::Fit),
    },
    Command {
        id: "outline",
        label: "Outline",
        help: "Shows or hides the drawing as a list beside the canvas.",
        icon: "list-tree",
        group: Group::View,
        keys: &[],
        enabled: always,
        run: |state| {
            let open = !state.session.panel_open("outline", false);
            session(SessionChange::SetPanel { panel: "outline".to_owned(), open })
        },
    },
    page("run", "Run or pause", "Starts the simulation, or holds it where it is.", &["Space"]),
    page("step", "Single step", "Carries out one event while paused.", &["."]),
    page("restart", "Restart", "Begins the run again with the same seed.", &["R"]),
    page("slower", "Slower", "Fewer simulated seconds per second.", &["["]),
    page("faster", "Faster", "More simulated seconds per second, up to as fast as possible.", &["]"]),
    page("search", "Search", "Finds stations, commands, settings and words.", &["Ctrl+K"]),
    page("open", "Open", "Lessons, scenarios, files and your own drawings.", &[]),
    page("share", "Share", "A link or a file of this drawing and its run.", &[]),
    page("help", "Help", "Shows what the keys do, and lets you change them.", &["?"]),
];

/// A command of the page around the canvas, which carries it out.
const fn page(id: &'static str, label: &'static str, help: &'static str, keys: &'static [&'static str]) -> Command {
    Command { id, label, help, icon: "", group: Group::Run, keys, enabled: always, run: |_| Vec::new() }
}

/// Finds a command by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id == id)
}

/// A key with what is held, as it is printed; `key`: `KeyboardEvent.key`.
#[must_use]
pub fn chord(key: &str, modifiers: Modifiers) -> String {
    let letter = key.chars().count() == 1;
    let key = match key {
        " " => "Space".to_owned(),
        // With caps lock or shift, letters arrive in upper case.
        key if letter => key.to_uppercase(),
        key => key.strip_prefix("Arrow").unwrap_or(key).to_owned(),
    };
    let sign = letter && !key.chars().all(char::is_alphanumeric);
    let held = [("Ctrl+", modifiers.ctrl), ("Alt+", modifiers.alt), ("Shift+", modifiers.shift && !sign)];
    held.into_iter().filter(|(_, held)| *held).map(|(name, _)| name).collect::<String>() + &key
}

/// The keys of a command as this visitor has set them; the first is shown in menus.
#[must_use]
pub fn keys_of<'a>(kept: &'a PersistedSession, command: &'a Command) -> Vec<&'a str> {
    let keys = match kept.keys.get(command.id) {
        Some(key) => vec![key.as_str()],
        None => command.keys.to_vec(),
    };
    // A lone sign or letter is easily pressed unawares, and speech input types them: they can be switched off.
    let plain = |key: &str| key.chars().count() == 1;
    keys.into_iter().filter(|key| !key.is_empty() && (kept.plain_keys || !plain(key))).collect()
}

/// A command's name with its key, for tooltips: "Undo (Ctrl+Z)".
#[must_use]
pub fn words(kept: &PersistedSession, command: &Command) -> String {
    match keys_of(kept, command).first() {
        Some(key) => format!("{} ({key})", command.label),
        None => command.label.to_owned(),
    }
}

/// The command that a printed key asks for.
#[must_use]
pub fn for_chord(kept: &PersistedSession, chord: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| keys_of(kept, command).contains(&chord))
}

/// The command that a key asks for.
#[must_use]
pub fn for_key(kept: &PersistedSession, key: &str, modifiers: Modifiers) -> Option<&'static Command> {
    for_chord(kept, &chord(key, modifiers))
}

/// What the menu on the canvas offers: for what is selected, or for the drawing when nothing is.
#[must_use]
pub fn menu(state: &EditorState) -> Vec<&'static Command> {
    let ids: &[&str] = if any_selected(state) {
        &["rename", "connect", "duplicate", "copy", "cut", "paste", "delete"]
    } else {
        &["paste", "select-all", "undo", "redo", "fit", "tidy-layout", "toggle-snap"]
    };
    ids.iter().filter_map(|id| find(id)).filter(|command| (command.enabled)(state)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_keys_are_unique_and_every_command_explains_itself() {
        let mut ids = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for command in COMMANDS {
            assert!(ids.insert(command.id), "{} stands twice", command.id);
            assert!(command.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", command.id);
            assert!(!command.label.is_empty() && command.help.ends_with('.'), "{}", command.id);
            for key in command.keys {
                assert!(keys.insert(*key), "{key} stands twice");
            }
        }
    }

    #[test]
    fn keys_find_their_command_whatever_the_case() {
        let none = Modifiers::default();
        let control = Modifiers { ctrl: true, ..none };
        let kept = PersistedSession::default();
        let found = |key, modifiers| for_key(&kept, key, modifiers).map(|command| command.id);
        assert_eq!(found("Z", control), Some("undo"));
        assert_eq!(found("Z", Modifiers { shift: true, ..control }), Some("redo"));
        assert_eq!(found("c", none), Some("connect"));
        assert_eq!(found("c", control), Some("copy"));
        assert_eq!(found("+", Modifiers { shift: true, ..none }), Some("zoom-in"));
        assert_eq!(found("ArrowLeft", Modifiers { shift: true, ..none }), Some("nudge-far-left"));
        assert_eq!(found(" ", none), Some("run"));
        assert_eq!(found("q", none), None);
    }

    #[test]
    fn a_key_can_be_changed_switched_off_and_given_back() {
        let state = EditorState::default();
        let set = |state: &EditorState, id: &str, key: Option<&str>| {
            let change = SessionChange::SetKey { id: id.to_owned(), key: key.map(str::to_owned) };
            crate::editor::update(state, Action::Session(change))
        };
        let found = |state: &EditorState, key: &str| for_chord(&state.session.kept, key).map(|command| command.id);
        let changed = set(&state, "restart", Some("F"));
        assert_eq!((found(&changed, "R"), found(&changed, "F")), (None, Some("restart")), "fit has lost it");
        let off = set(&state, "restart", Some(""));
        assert_eq!(found(&off, "R"), None);
        assert_eq!(found(&set(&off, "restart", None), "R"), Some("restart"));
        let quiet = crate::editor::update(&state, Action::Session(SessionChange::SetPlainKeys(false)));
        assert_eq!((found(&quiet, "R"), found(&quiet, "Delete")), (None, Some("delete")));
    }
    /// The document is made from the list: `UPDATE_EXPECT=1 cargo test --lib commands` writes it anew.
    #[test]
    fn the_document_of_commands_is_that_of_the_list() {
        let mut text = "# Commands and keys\n\nMade from the list in `src/editor/commands.rs`. Help (`?`) shows the same and lets you change each key; search (`Ctrl+K`) finds them by name. `Ctrl` is Command on a Mac.\n".to_owned();
        for (group, title) in GROUPS {
            text += &format!("\n## {title}\n\n| command | id | keys | what it does |\n| --- | --- | --- | --- |\n");
            for Command { id, label, help, keys, .. } in COMMANDS.iter().filter(|command| command.group == group) {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                text += &format!("| {label} | `{id}` | {} | {help} |\n", keys.join(" "));
            }
        }
        expect_test::expect_file!["../../docs/commands.md"].assert_eq(&text);
    }
}
