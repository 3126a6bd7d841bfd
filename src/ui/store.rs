//! The editor's state in Yew: the only `Reducible`, around the pure [`editor::update`], and contexts split by rate,
//! so that a pan of the canvas renders no form and a form's key stroke renders no chart.
//!
//! The only `Reducible` stands here, around `editor::update`, and gives its state out in contexts split by rate: the dispatcher
//! (never renders anybody), document, selection, preferences, the lesson's locks, the session, everything. A pan of the canvas
//! renders no form, and a key stroke in a form renders no chart. No component renders for a frame: components see a `RunView`,
//! renewed at most ten times a second (at once for news that cannot wait, such as a changed status).

use std::rc::Rc;

use yew::prelude::*;

use super::shared::Shared;
use crate::editor::{
    self, Action, EditCommand, EditorState, FaultCard, Guard, PersistedSession, Selection, Session, SessionChange,
};
use crate::protocol::ActiveFault;
use crate::topology::document::Document;
use crate::ui::client::run_view::{Inquiry, RunView};
use crate::ui::client::worker_client::Simulation;

/// The editor's state as Yew keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct EditorStore(pub Rc<EditorState>);

impl Reducible for EditorStore {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(Self(Rc::new(editor::update(&self.0, action))))
    }
}

/// The way in: holds no state, so a component that uses only this never renders again.
#[derive(Clone, PartialEq)]
pub struct Dispatch(UseReducerDispatcher<EditorStore>);

impl std::fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatch").finish_non_exhaustive()
    }
}

impl Dispatch {
    pub fn act(&self, action: Action) {
        self.0.dispatch(action);
    }

    pub fn edit(&self, edit: EditCommand) {
        self.act(Action::Edit(edit));
    }

    pub fn session(&self, change: SessionChange) {
        self.act(Action::Session(change));
    }

    /// Says a sentence to the person at the screen.
    pub fn notify(&self, text: impl Into<String>) {
        self.session(SessionChange::Notify(text.into()));
    }

    /// A callback that always asks for the same.
    pub fn callback<E>(&self, action: impl Fn() -> Action + 'static) -> Callback<E> {
        let dispatch = self.clone();
        Callback::from(move |_| dispatch.act(action()))
    }
}

/// Panels, tabs, theme: what outlives a visit, without the camera, which changes far more often.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences(pub PersistedSession);

impl Preferences {
    #[must_use]
    pub fn panel_open(&self, name: &str, by_default: bool) -> bool {
        self.0.panels.get(name).copied().unwrap_or(by_default)
    }

    #[must_use]
    pub fn tab(&self, panel: &str) -> Option<&str> {
        self.0.tabs.get(panel).map(String::as_str)
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct StoreProps {
    /// What the editor begins with.
    pub initial: Shared<EditorState>,
    pub children: Html,
}

/// What a panel has given into the hand: the id of a kind of station or fault, `region` or `zone`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct InHand(Option<&'static str>);

/// The fault whose card is open.
#[derive(Clone, Debug, PartialEq)]
struct ShownFault(Option<FaultCard>);

/// Holds the editor's state and gives it out by rate.
#[component]
pub fn StoreProvider(props: &StoreProps) -> Html {
    let initial = props.initial.clone();
    let store = use_reducer_eq(move || EditorStore(initial.0));
    let state = &store.0;
    // What can only be looked at shows its forms locked.
    let guard =
        use_memo((state.guard.clone(), state.read_only.then(|| Shared(state.document.clone()))), |(guard, shown)| {
            Shared(shown.as_ref().map_or_else(|| guard.clone(), |document| Rc::new(Guard::whole(document))))
        });
    let mut kept = state.session.kept.clone();
    kept.camera = editor::Camera::default();
    html! {
        <ContextProvider<Dispatch> context={Dispatch(store.dispatcher())}>
        <ContextProvider<Shared<Guard>> context={(*guard).clone()}>
        <ContextProvider<Preferences> context={Preferences(kept)}>
        <ContextProvider<Shared<Document>> context={Shared(state.document.clone())}>
        <ContextProvider<Selection> context={state.session.selection.clone()}>
        <ContextProvider<InHand> context={InHand(state.tool.in_hand())}>
        <ContextProvider<ShownFault> context={ShownFault(state.session.fault.clone())}>
        <ContextProvider<Session> context={state.session.clone()}>
        <ContextProvider<Shared<EditorState>> context={Shared(state.clone())}>
            { props.children.clone() }
        </ContextProvider<Shared<EditorState>>>
        </ContextProvider<Session>>
        </ContextProvider<ShownFault>>
        </ContextProvider<InHand>>
        </ContextProvider<Selection>>
        </ContextProvider<Shared<Document>>>
        </ContextProvider<Preferences>>
        </ContextProvider<Shared<Guard>>>
        </ContextProvider<Dispatch>>
    }
}

fn provided<T>(found: Option<T>) -> T {
    found.expect("every component of the page stands inside the providers")
}

/// The way in; never a cause to render.
#[hook]
pub fn use_dispatch() -> Dispatch {
    provided(use_context())
}

/// Renders when the document changed.
#[hook]
pub fn use_document() -> Shared<Document> {
    provided(use_context())
}

/// Renders when the selection changed.
#[hook]
pub fn use_selection() -> Selection {
    provided(use_context())
}

/// The fault whose card is open.
#[hook]
pub fn use_shown_fault() -> Option<FaultCard> {
    provided(use_context::<ShownFault>()).0
}

/// What a panel has given into the hand: the id of a kind of station or fault, `region` or `zone`.
#[hook]
pub fn use_in_hand() -> Option<&'static str> {
    provided(use_context::<InHand>()).0
}

/// Renders when the theme, a panel, a tab changed.
#[hook]
pub fn use_preferences() -> Preferences {
    provided(use_context())
}

/// Renders when the lesson's locks changed.
#[hook]
pub fn use_guard() -> Shared<Guard> {
    provided(use_context())
}

/// Renders on every change of the session, each step of a pan included.
#[hook]
pub fn use_session() -> Session {
    provided(use_context())
}

/// Renders on every change of anything: for the stage, and for buttons that ask whether a command is enabled.
#[hook]
pub fn use_editor() -> Shared<EditorState> {
    provided(use_context())
}

/// Renders at most ten times a second while a run goes on.
#[hook]
pub fn use_run() -> RunView {
    provided(use_context())
}

/// The faults in force.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveFaults(pub Vec<ActiveFault>);

/// Renders when a fault starts or ends.
#[hook]
pub fn use_active_faults() -> Vec<ActiveFault> {
    provided(use_context::<ActiveFaults>()).0
}

/// The request that somebody asks about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked(pub Option<Shared<Inquiry>>);

/// Renders when a question was asked or answered.
#[hook]
pub fn use_asked() -> Option<Shared<Inquiry>> {
    provided(use_context::<Asked>()).0
}

/// The running simulation; never a cause to render.
#[hook]
pub fn use_simulation() -> Simulation {
    provided(use_context())
}
