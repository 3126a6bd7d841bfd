//! Ways from one panel to another: which of them opens, on which of its tabs. So no panel has to know another.

use std::cell::RefCell;

use yew::prelude::*;

use super::browser;
use super::client::worker_client::Simulation;
use super::store::{Dispatch, use_dispatch, use_simulation};
use crate::editor::{Selection, SessionChange, Target};
use crate::topology::document::NodeId;

/// Names of panels and choices in the stored session.
pub const INSPECTOR: &str = "inspector";
pub const DOCK: &str = "dock";
/// The dock while a lesson is open, which has one tab more.
pub const LESSON_DOCK: &str = "lesson-dock";
/// Whose series the charts show: of the whole system, or of what is selected.
pub const WHOSE: &str = "charts";
/// The inspector's tab of what happens inside.
pub const INSIDE: &str = "inside";

fn tab(dispatch: &Dispatch, panel: &str, tab: &str) {
    dispatch.session(SessionChange::SetTab { panel: panel.to_owned(), tab: tab.to_owned() });
}

thread_local! {
    /// The field that shall have the focus once its form is there.
    static WANTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Opens the settings of a station or a wire at one field.
pub fn to_setting(dispatch: &Dispatch, target: Target, field: &str) {
    dispatch.session(SessionChange::Select(Selection::of(target)));
    dispatch.session(SessionChange::ShowSelected);
    tab(dispatch, INSPECTOR, "settings");
    WANTED.set(Some(field.to_owned()));
    arrive();
}

/// Gives the wanted field the focus if its form is there, with the group that it stands in open.
pub fn arrive() {
    let here = WANTED.with_borrow(|id| browser::document().get_element_by_id(id.as_deref()?));
    if let Some(field) = here {
        if let Some(group) = field.closest("details").ok().flatten() {
            // Setting an attribute cannot fail.
            let _ = group.set_attribute("open", "");
        }
        browser::focus_id(&WANTED.take().unwrap_or_default());
    }
}

fn open_dock(dispatch: &Dispatch, on: &str) {
    tab(dispatch, DOCK, on);
    tab(dispatch, LESSON_DOCK, on);
    dispatch.session(SessionChange::SetPanel { panel: DOCK.to_owned(), open: true });
}

/// Lets the charts show the selected station, with the dock open on them.
pub fn charts_of_selected(dispatch: &Dispatch) {
    tab(dispatch, WHOSE, "selected");
    open_dock(dispatch, "charts");
}

/// Opens the dock on what stands in the way of a run.
pub fn show_problems(dispatch: &Dispatch) {
    open_dock(dispatch, "problems");
}

/// Selects a service and opens its inside at the evaluation that made its number of replicas (or the one of a moment [ns]).
pub fn ask_count(dispatch: &Dispatch, simulation: &Simulation, node: NodeId, at_ns: Option<u64>) {
    dispatch.session(SessionChange::Select(Selection::of(Target::Node(node))));
    tab(dispatch, INSPECTOR, INSIDE);
    simulation.ask_count(node, at_ns);
}

#[derive(Debug, PartialEq, Properties)]
pub struct WhyCountProps {
    pub id: NodeId,
    /// The number in question.
    pub wanted: u32,
}

/// A button that leads from a number of replicas to the evaluation that made it.
#[component]
pub fn WhyCount(props: &WhyCountProps) -> Html {
    let (dispatch, simulation) = (use_dispatch(), use_simulation());
    let id = props.id;
    let onclick = Callback::from(move |_: MouseEvent| ask_count(&dispatch, &simulation, id, None));
    html! { <button type="button" class="btn btn-s why-count" {onclick}>{ format!("Why {}?", props.wanted) }</button> }
}
