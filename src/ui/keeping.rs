//! What ties openings, drawings and the address together: nothing takes the place of what is drawn before that is stored, or
//! the person has said so.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::address;
use super::browser::{self, Listener};
use super::drawings::keeper::Told;
use super::drawings::{Access, Keeper, KeeperState};
use super::shared::Shared;
use super::shell::{Opening, Origin, Shell, Wanted};
use super::start::{self, Leads, Start};
use super::store::{use_dispatch, use_document};
use crate::editor::Action;
use crate::topology::format::Run;
use crate::ui::dialogs::share::file_name;
use crate::ui::kit::dialog::Dialog;

/// What [`use_keeping`] gives.
#[derive(Clone, Debug)]
pub struct Keeping {
    pub keeper: Keeper,
    pub state: KeeperState,
    /// Where what is open comes from.
    pub origin: Origin,
    /// What was opened last, until the editor shows it.
    pub pending: Rc<RefCell<Option<Opening>>>,
    /// What shall be opened, although what is drawn is not stored.
    pub asked: Option<Shared<Opening>>,
    /// Opens something, after what is drawn was stored.
    pub open: Callback<Rc<Opening>>,
    /// The answer to the question.
    pub answer: Callback<bool>,
}

/// Keeps what is drawn, and opens.
#[hook]
pub fn use_keeping(start: &Shared<Start>, wanted: UseStateSetter<Option<Wanted>>) -> Keeping {
    let dispatch = use_dispatch();
    let document = use_document();
    let keeper = use_memo((), |()| Keeper::new(&start.opening));
    let state = use_state_eq(|| keeper.state());
    let origin = use_state_eq(|| start.opening.origin.clone());
    let pending = use_mut_ref(|| Some(start.opening.clone()));
    let asked = use_state_eq(|| None::<Shared<Opening>>);

    {
        let (keeper, state, origin, dispatch) = (keeper.clone(), state.setter(), origin.setter(), dispatch.clone());
        let start = start.clone();
        use_effect_with((), move |()| {
            if start.wanted.is_none() {
                address::show(&start.opening.origin.address());
            }
            keeper.listen(Callback::from(move |told| match told {
                Told::State(now) => {
                    dispatch.act(Action::SetReadOnly(now.access != Access::Here));
                    state.set(now);
                }
                Told::Say(words) => dispatch.notify(words),
                Told::Show(document) => dispatch.act(Action::Follow(document)),
                Told::Became(id) => {
                    let became = Origin::Drawing(id);
                    address::show(&became.address());
                    dispatch.act(Action::SetGuard(Rc::default()));
                    origin.set(became);
                }
            }));
        });
    }
    {
        let keeper = keeper.clone();
        use_effect_with(document.clone(), move |document| keeper.changed(&document.0));
    }
    use_effect_with(document.title.clone(), |title| {
        let title = title.trim();
        let whole = if title.is_empty() { "Headroom".to_owned() } else { format!("{title} · Headroom") };
        browser::document().set_title(&whole);
    });
    use_farewell(&keeper);

    // Opens at once, even if the work cannot be stored.
    let enter = {
        let (keeper, origin, pending, dispatch, asked) =
            (keeper.clone(), origin.setter(), pending.clone(), dispatch.clone(), asked.setter());
        use_callback((), move |opening: Rc<Opening>, ()| {
            asked.set(None);
            // A lesson's card sets its own locks.
            if !matches!(opening.origin, Origin::Lesson(_)) {
                dispatch.act(Action::SetGuard(Rc::default()));
            }
            origin.set(opening.origin.clone());
            if opening.origin != Origin::File {
                address::show(&opening.origin.address());
            }
            keeper.begin(&opening);
            *pending.borrow_mut() = Some((*opening).clone());
            dispatch.act(Action::Open(opening.document.clone()));
            if let Some(note) = &opening.note {
                dispatch.notify(note.clone());
            }
        })
    };
    let open = {
        let (keeper, asked, enter) = (keeper.clone(), asked.setter(), enter.clone());
        // Of several that are opened at once the last one counts.
        let newest = use_mut_ref(|| 0_u32);
        use_callback((), move |opening: Rc<Opening>, ()| {
            // Anything still being fetched is no longer wanted.
            wanted.set(None);
            *newest.borrow_mut() += 1;
            let (turn, newest) = (*newest.borrow(), newest.clone());
            if !keeper.is_unsaved() {
                enter.emit(opening);
                return;
            }
            let (keeper, asked, enter) = (keeper.clone(), asked.clone(), enter.clone());
            spawn_local(async move {
                let settled = keeper.settle().await;
                if *newest.borrow() != turn {
                    return;
                }
                match settled {
                    Ok(()) => enter.emit(opening),
                    Err(_) => asked.set(Some(Shared(opening))),
                }
            });
        })
    };
    let answer = {
        let (asked, enter) = (asked.clone(), enter);
        Callback::from(move |yes: bool| {
            let opening = asked.as_ref().map(|opening| opening.0.clone());
            asked.set(None);
            match opening.filter(|_| yes) {
                Some(opening) => enter.emit(opening),
                None => address::show_again(),
            }
        })
    };
    Keeping {
        keeper: (*keeper).clone(),
        state: (*state).clone(),
        origin: (*origin).clone(),
        pending,
        asked: (*asked).clone(),
        open,
        answer,
    }
}

/// The page may go when it is hidden; where nothing can be stored the browser asks before it is left.
#[hook]
fn use_farewell(keeper: &Rc<Keeper>) {
    let keeper = keeper.clone();
    use_effect_with((), move |()| {
        let flush = |keeper: &Rc<Keeper>| {
            let keeper = keeper.clone();
            move |_: web_sys::Event| keeper.flush()
        };
        let hide = Listener::new(&browser::window(), "pagehide", flush(&keeper));
        let sleep = Listener::new(&browser::document(), "visibilitychange", flush(&keeper));
        let leave = Listener::new(&browser::window(), "beforeunload", move |event| {
            if keeper.is_unsaved() && keeper.state().trouble.is_some() {
                event.prevent_default();
            }
        });
        move || drop((hide, sleep, leave))
    });
}

/// Another address came into the bar: a link was pasted, or somebody went back or forward.
#[hook]
pub fn use_address(shell: Shell) {
    let dispatch = use_dispatch();
    use_effect_with((), move |()| {
        let listener = Listener::new(&browser::window(), "hashchange", move |_| {
            let Some(asked) = address::asked_for() else { return };
            match start::follow(asked) {
                Leads::To(opening) => shell.open(*opening),
                Leads::Far(wanted) => shell.fetch(wanted),
                Leads::Nowhere => address::show_again(),
                Leads::Wrong(message) => {
                    address::show_again();
                    dispatch.notify(message);
                }
            }
        });
        move || drop(listener)
    });
}

#[derive(Debug, PartialEq, Properties)]
pub struct QuestionProps {
    pub opening: Shared<Opening>,
    pub state: KeeperState,
    /// Whether to open it.
    pub answer: Callback<bool>,
}

/// Asks before something takes the place of a drawing that could not be stored.
#[component]
pub fn Question(props: &QuestionProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let say = |yes: bool| props.answer.reform(move |_: MouseEvent| yes);
    let title = document.title.clone();
    let why = props.state.trouble.map_or("", |trouble| trouble.words());
    let save = {
        let answer = props.answer.clone();
        Callback::from(move |_: MouseEvent| {
            let text = Run::new((*document.0).clone()).to_json_pretty();
            match browser::save_file(&file_name(&document.title), "application/json", &text) {
                Ok(()) => answer.emit(true),
                Err(_) => dispatch.notify("The browser did not let the page save a file."),
            }
        })
    };
    html! {
        <Dialog title={format!("Open \"{}\"?", props.opening.document.title)} onclose={props.answer.reform(|()| false)}>
            <p>{ format!("\"{title}\" is not saved. {why} What you have drawn would be lost.") }</p>
            <div class="button-row">
                <button type="button" class="btn btn-primary" id="save-and-open" onclick={save}>{ "Save it as a file and open" }</button>
                <button type="button" class="btn" id="open-anyway" onclick={say(true)}>{ "Open without saving" }</button>
                <button type="button" class="btn" id="stay-here" onclick={say(false)}>{ "Stay here" }</button>
            </div>
        </Dialog>
    }
}
