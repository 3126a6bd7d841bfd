//! Shortcuts and the clipboard, for as long as the stage is there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, KeyboardEvent};
use yew::Callback;

use super::input;
use crate::editor::commands::{self, Group};
use crate::editor::{Action, Clip, EditorState, SessionChange, Target, ToolState};
use crate::interop::kubernetes::looks_like_one;
use crate::topology::document::{AreaId, EdgeId, NodeId, Point};
use crate::ui::browser::{self, Listener};
use crate::ui::shared::Shared;
use crate::ui::shell::{DialogKind, Shell};
use crate::ui::store::Dispatch;

/// What the listeners look at; renewed with every change of the editor.
pub type Latest = Rc<RefCell<Shared<EditorState>>>;

/// Where the pointer is on the stage [screen px]; `None` while it is elsewhere.
pub type Hover = Rc<Cell<Option<Point>>>;

/// Listens for the editor's keys and for copy, cut and paste. Dropping the result ends it.
#[must_use]
pub fn listen(dispatch: &Dispatch, latest: &Latest, shell: &Shell, hover: &Hover) -> Vec<Listener> {
    let window = browser::window();
    vec![
        Listener::new(&window, "keydown", on_key_down(dispatch.clone(), latest.clone())),
        Listener::new(&window, "keyup", on_key_up(dispatch.clone())),
        Listener::new(&window, "copy", on_copy(dispatch.clone(), latest.clone(), Action::Copy)),
        Listener::new(&window, "cut", on_copy(dispatch.clone(), latest.clone(), Action::Cut)),
        Listener::new(&window, "paste", on_paste(dispatch.clone(), latest.clone(), shell.clone(), hover.clone())),
    ]
}

fn on_key_down(dispatch: Dispatch, latest: Latest) -> impl FnMut(web_sys::Event) {
    move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if event.default_prevented() || input::typing(event) {
            return;
        }
        let modifiers = input::key_modifiers(event);
        let name = event.key();
        // The browser turns these into copy, cut and paste events, with the right to the clipboard.
        if modifiers.ctrl && matches!(name.to_lowercase().as_str(), "c" | "x" | "v") {
            return;
        }
        // Escape gives up what is under way, and letters are nobody else's, wherever the focus is.
        let named = name.chars().count() > 1 && !matches!(name.as_str(), "Escape" | "F2" | "F10");
        if named && !modifiers.ctrl && !input::near_drawing(event) {
            return;
        }
        if let Some(roam) = roams(event, &name, &latest.borrow()) {
            event.prevent_default();
            dispatch.session(roam);
            return;
        }
        let enabled = {
            let state = latest.borrow();
            commands::for_key(&state.session.kept, &name, modifiers)
                .is_some_and(|command| command.group != Group::Run && (command.enabled)(&state))
        };
        if !enabled {
            return;
        }
        event.prevent_default();
        let deletes = matches!(name.as_str(), "Delete" | "Backspace");
        dispatch.act(Action::Input(input::key(event, true)));
        if deletes {
            // The focused card is about to go; the keyboard shall not fall back to the top of the page.
            browser::focus_id("stage");
        }
    }
}

/// The stage is one stop of the Tab key; within, arrow keys go from one thing to the next. What is selected they move.
fn roams(event: &KeyboardEvent, name: &str, state: &EditorState) -> Option<SessionChange> {
    let (dx, dy) = match name {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        _ => return None,
    };
    if event.shift_key() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let id = input::target(event)?.id();
    let number = |start: &str| id.strip_prefix(start).and_then(|number| number.parse().ok());
    let node = number("node-").map(|id| Target::Node(NodeId(id)));
    let edge = number("edge-").map(|id| Target::Edge(EdgeId(id)));
    let from = node.or(edge).or(number("area-").map(|id| Target::Area(AreaId(id))));
    let selection = &state.session.selection;
    let free = match from {
        Some(target) => !selection.contains(target),
        None => id == "stage" && selection.is_empty(),
    };
    free.then_some(SessionChange::Roam { from, dx, dy })
}

fn on_key_up(dispatch: Dispatch) -> impl FnMut(web_sys::Event) {
    move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if event.key().starts_with("Arrow") && !input::typing(event) {
            dispatch.act(Action::Input(input::key(event, false)));
        }
    }
}

/// Text that someone marked on the page is theirs to copy.
fn text_is_marked() -> bool {
    browser::window()
        .get_selection()
        .ok()
        .flatten()
        .is_some_and(|selection| !selection.is_collapsed() && !String::from(selection.to_string()).is_empty())
}

fn on_copy(dispatch: Dispatch, latest: Latest, action: Action) -> impl FnMut(web_sys::Event) {
    move |event| {
        let Some(event) = event.dyn_ref::<ClipboardEvent>() else { return };
        if event.default_prevented() || input::typing(event) || text_is_marked() {
            return;
        }
        let text = latest.borrow().copy_text();
        let (Some(text), Some(clipboard)) = (text, event.clipboard_data()) else { return };
        if clipboard.set_data("text/plain", &text).is_ok() {
            event.prevent_default();
        }
        dispatch.act(action.clone());
    }
}

fn on_paste(dispatch: Dispatch, latest: Latest, shell: Shell, hover: Hover) -> impl FnMut(web_sys::Event) {
    move |event| {
        let Some(event) = event.dyn_ref::<ClipboardEvent>() else { return };
        if event.default_prevented() || input::typing(event) {
            return;
        }
        let text = event.clipboard_data().and_then(|clipboard| clipboard.get_data("text/plain").ok());
        match text {
            Some(text) if Clip::from_text(&text).is_some() => {
                event.prevent_default();
                let at_world = hover.get().map(|at| latest.borrow().session.camera().world_from_screen(at));
                dispatch.act(Action::PasteText { text, at_world });
            }
            Some(text) if looks_like_one(&text) => {
                event.prevent_default();
                shell.show(DialogKind::Manifest { text, out: false });
            }
            // A browser that gave us no right to write still lets the page's own copy be pasted.
            _ if latest.borrow().clipboard.is_some() => dispatch.act(Action::Command("paste")),
            _ => {}
        }
    }
}

/// Enter or the space bar on a focused card or wire: choose it.
#[must_use]
fn chooses(event: &KeyboardEvent) -> bool {
    matches!(event.key().as_str(), "Enter" | " ") && !event.ctrl_key() && !event.meta_key() && !event.alt_key()
}

/// What a key does on a card, a wire or a frame's name: choose it; Enter on what is chosen goes on to its settings.
#[must_use]
pub fn on_target(dispatch: &Dispatch, target: Target, selected: bool) -> Callback<KeyboardEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        if !chooses(&event) {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        if selected && event.key() == "Enter" {
            browser::focus_id("inspector-panel");
        } else {
            dispatch.act(choose(target));
        }
    })
}

/// What choosing `target` means while `tool` is in hand.
#[must_use]
fn choose(target: Target) -> Action {
    match target {
        Target::Node(id) => Action::Tool(crate::editor::ToolRequest::Pick(id)),
        Target::Edge(_) | Target::Area(_) => Action::Tool(crate::editor::ToolRequest::Choose(target)),
    }
}

/// Whether moves of the pointer matter now.
#[must_use]
pub fn follows_pointer(tool: &ToolState) -> bool {
    !matches!(tool, ToolState::Idle)
}
