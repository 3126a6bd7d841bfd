//! What the first picture does without: the second part of the page's program, fetched once the page lives.
//!
//! [`Later`] lists its rooms. Nothing else may name them, or the linker would put them into the first part again: a built
//! page is cut at [`fetch`], and code that only that function reaches goes into a file of its own (`cargo xtask build`).
//! In a quick build both parts are one file, and nothing has to be fetched.

use yew::prelude::*;

use super::dialogs;
use super::dialogs::share::Exported;
use super::dock::{self, timeline::card};
use super::inspector;
use super::practice::{self, Practice, Was};
use super::rail::tray;
use super::shared::Shared;
use super::shell::DialogKind;
use super::stage::{canvas::menu, outline};
use super::store::Dispatch;
use super::why;
use crate::editor::{EditorState, FaultCard};
use crate::topology::document::Diagnostic;
use crate::ui::kit::icons::icon;

/// The rooms of the second part, each as a function that draws it.
#[derive(Debug)]
pub struct Later {
    pub(crate) inspector: fn() -> Html,
    pub(crate) dock: fn(&str, &[Diagnostic]) -> Html,
    pub(crate) tray: fn() -> Html,
    pub(crate) outline: fn() -> Html,
    pub(crate) fault_card: fn(&FaultCard) -> Html,
    pub(crate) menu: fn(&EditorState, &Dispatch) -> Html,
    pub(crate) why: fn() -> Html,
    pub(crate) practice: fn(&Shared<Practice>) -> Html,
    pub(crate) goal: fn(&Shared<Practice>) -> Html,
    pub(crate) was: fn(&Was) -> Html,
    pub(crate) dialog: fn(DialogKind, Option<Exported>, Callback<()>) -> Html,
}

static LATER: Later = Later {
    inspector: inspector::draw,
    dock: dock::draw,
    tray: tray::draw,
    outline: outline::draw,
    fault_card: card::draw,
    menu: menu::draw,
    why: why::draw,
    practice: practice::draw,
    goal: practice::draw_goal,
    was: practice::draw_was,
    dialog: dialogs::draw,
};

/// It did not come.
#[derive(Debug)]
struct NotHere;

#[cfg(apart)]
impl From<wasm_split_helpers::SplitLoaderError> for NotHere {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// Where the program is cut in two.
#[cfg(apart)]
#[wasm_split_helpers::wasm_split(later, fallible)]
fn fetch() -> Result<&'static Later, NotHere> {
    Ok(&LATER)
}

#[cfg(not(apart))]
async fn fetch() -> Result<&'static Later, NotHere> {
    Ok(&LATER)
}

/// How far it is, as a context: any component may ask for it.
#[derive(Clone, Debug)]
pub struct Parts {
    here: Option<&'static Later>,
    failed: bool,
    ask: Callback<()>,
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        (self.here.is_some(), self.failed) == (other.here.is_some(), other.failed)
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct ProviderProps {
    pub children: Html,
}

/// Fetches the second part once the page stands, and lets everything within know.
#[component]
pub fn LaterProvider(props: &ProviderProps) -> Html {
    let here = use_state_eq(|| (false, false));
    let found = use_mut_ref(|| None::<&'static Later>);
    let ask = {
        let (here, found) = (here.setter(), found.clone());
        use_callback((), move |(), ()| {
            let (here, found) = (here.clone(), found.clone());
            here.set((false, false));
            wasm_bindgen_futures::spawn_local(async move {
                let came = fetch().await.ok();
                *found.borrow_mut() = came;
                here.set((came.is_some(), came.is_none()));
            });
        })
    };
    {
        let ask = ask.clone();
        use_effect_with((), move |()| ask.emit(()));
    }
    let parts = Parts { here: *found.borrow(), failed: here.1, ask };
    html! { <ContextProvider<Parts> context={parts}>{ props.children.clone() }</ContextProvider<Parts>> }
}

#[hook]
pub(crate) fn use_later() -> Parts {
    use_context().expect("every component of the page stands inside the providers")
}

impl Parts {
    pub(crate) fn is_here(&self) -> bool {
        self.here.is_some()
    }

    /// As [`Parts::show`], for what nobody asks for before it has come.
    pub(crate) fn show_when_here(&self, draw: impl FnOnce(&Later) -> Html) -> Html {
        self.here.map(draw).unwrap_or_default()
    }

    /// As [`Parts::show`], for what is no part of a panel: until it has come, a line at the edge of the page says so.
    pub(crate) fn show_over(&self, draw: impl FnOnce(&Later) -> Html) -> Html {
        let (shown, coming) = (self.show(draw), !self.failed);
        if self.is_here() {
            return shown;
        }
        html! { <div class="fetch-area"><div class={classes!("fetch", coming.then_some("fetch-coming"))}>{ shown }</div></div> }
    }

    /// What `draw` makes with the second part; before it has come, that it is coming, and how to ask again if it failed.
    pub(crate) fn show(&self, draw: impl FnOnce(&Later) -> Html) -> Html {
        match self.here {
            Some(later) => draw(later),
            None if self.failed => {
                let again = self.ask.reform(|_: MouseEvent| ());
                html! {
                    <div class="callout callout-warn callout-action" role="alert">
                        { icon("triangle-alert", "icon-s") }
                        <p>{ "This part of the page did not load. Check the connection, then try again." }</p>
                        <button type="button" class="btn btn-s" onclick={again}>{ "Retry" }</button>
                    </div>
                }
            }
            None => html! { <p class="sub" role="status">{ "Loading …" }</p> },
        }
    }
}
