//! A drawing that another tab edits: it can be looked at, and follows what is saved there.

use super::*;
use crate::editor::READ_ONLY;

/// Goal: every edit of the document is refused in words; looking, selecting and copying go on.
#[test]
fn what_is_edited_elsewhere_can_only_be_looked_at() {
    let editor = TestEditor::new("src -> a");
    let before = editor.state.document.clone();
    let id = editor.id("a");
    let mut state = update(&editor.state, Action::SetReadOnly(true));
    let edits = [
        Action::Edit(EditCommand::SetTitle("Other".into())),
        Action::Drag {
            gesture: GestureId::Move,
            edit: EditCommand::MoveTo([(id, Point { x: 600.0, y: 600.0 })].into()),
        },
        Action::Edit(EditCommand::Delete(Selection::of_nodes([id]))),
        Action::Undo,
        Action::Redo,
    ];
    for edit in edits {
        let words = format!("{edit:?}");
        state = update(&state, edit);
        assert_eq!(state.document, before, "{words}");
        assert_eq!(state.session.notice.text, READ_ONLY, "{words}");
    }
    let said = state.session.notice.serial;
    state = update(&state, Action::Edit(EditCommand::SetTitle("Again".into())));
    assert_eq!(state.session.notice.serial, said, "it is said once, not with every move of the pointer");

    state = update(&state, Action::Session(SessionChange::Select(Selection::of_nodes([id]))));
    state = update(&state, Action::Copy);
    assert!(state.clipboard.is_some());
    state = update(&state, Action::SetReadOnly(false));
    state = update(&state, Action::Edit(EditCommand::SetTitle("Mine".into())));
    assert_eq!(state.document.title, "Mine");
}

/// Goal: a version from elsewhere takes the document's place; camera and selection stay, and undo cannot bring back what
/// the other tab has changed.
#[test]
fn what_is_saved_elsewhere_is_shown() {
    let editor = TestEditor::new("src -> a");
    let id = editor.id("a");
    let mut state = update(&editor.state, Action::Session(SessionChange::Select(Selection::of_nodes([id]))));
    let camera = Camera { x: 40.0, y: 50.0, zoom: 1.5 };
    state = update(&state, Action::Session(SessionChange::SetCamera(camera)));
    let mut newer = (*state.document).clone();
    newer.title = "Newer".into();
    let newer = Rc::new(newer);
    let opened = state.opened;
    state = update(&state, Action::SetReadOnly(true));
    state = update(&state, Action::Follow(newer.clone()));
    assert!(Rc::ptr_eq(&state.document, &newer));
    assert_eq!((state.session.camera(), state.opened), (camera, opened));
    assert_eq!(state.session.selection, Selection::of_nodes([id]));
    assert_eq!((state.history.undo_len(), state.history.redo_len()), (0, 0));

    let mut without = (*newer).clone();
    without.edges.clear();
    without.nodes.remove(&id);
    state = update(&state, Action::Follow(Rc::new(without)));
    assert!(state.session.selection.is_empty(), "what is gone is not selected");
}

/// Goal: the forms of such a drawing are locked as a whole, and say why.
#[test]
fn its_forms_are_locked() {
    let editor = TestEditor::new("src -> a");
    let guard = Guard::whole(&editor.state.document);
    for id in editor.state.document.nodes.keys() {
        assert!(guard.fixes(Target::Node(*id), "slots") && guard.keep_nodes.contains(id));
    }
    assert!(guard.fixed_run && !guard.allows_areas());
    assert_ne!(guard.absence(), Guard::default().absence(), "it is no lesson");
}
