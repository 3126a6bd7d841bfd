//! The page: providers around, panels within, and the few effects that tie editor, simulation and storage together.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use super::address;
use super::browser::{self, Listener, Timer};
use super::commands::{self, Means};
use super::course::{self, WordsProvider};
use super::dock::Dock;
use super::drawings::banner::KeepBanner;
use super::drawings::{Access, Keeper, KeeperState};
use super::inspector::Inspector;
use super::jump;
use super::keeping::{Question, use_address, use_keeping};
use super::later::{LaterProvider, use_later};
use super::mobile::{MobileTab, TabBar};
use super::opening::Fetch;
use super::practice::{InPractice, ProgressProvider};
use super::shared::Shared;
use super::shell::{DialogKind, Origin, Shell};
use super::stage::StageArea;
use super::start::{self, Start};
use super::storage;
use super::store::{
    ActiveFaults, Asked, StoreProvider, use_asked, use_dispatch, use_document, use_preferences, use_session,
    use_simulation,
};
use super::topbar::TopBar;
use super::tour::{Tour, use_tour};
use crate::editor::{Action, EditCommand, EditorState, SessionChange};
use crate::protocol::Speed;
use crate::topology::document::{Change, Diagnostic};
use crate::topology::format::Run;
use crate::ui::client::frames::FrameCell;
use crate::ui::client::run_view::RunView;
use crate::ui::client::worker_client::{Listeners, Simulation};
use crate::ui::dialogs::drawings;
use crate::ui::dialogs::gallery;
use crate::ui::dialogs::gallery::Found;
use crate::ui::dialogs::share::Exported;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::rail::palette::Palette;
use crate::ui::topbar::theme;

/// Rest after the last change before panels and camera are kept [ms].
const KEEP_AFTER_MS: i32 = 400;

#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What it begins with.
    pub start: Shared<Start>,
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let start = props.start.clone();
    let frames = use_memo((), |()| Rc::new(FrameCell::default()));
    let simulation = use_memo((), |()| Simulation::start((*frames).clone()));
    let run = use_state(RunView::default);
    let initial = use_memo((), |()| {
        let mut state = EditorState::new(start.opening.document.clone());
        if let Some(kept) = storage::session() {
            state.session.kept = kept;
        }
        theme::apply(state.session.kept.theme);
        // The tour has its own ways to break something.
        if start::to_break() && storage::toured() {
            start::reach_faults(&mut state);
        }
        Shared::new(state)
    });
    let told = {
        let run = run.setter();
        use_callback((), move |view, ()| run.set(view))
    };
    html! {
        <StoreProvider initial={(*initial).clone()}>
        <ContextProvider<Simulation> context={(*simulation).clone()}>
        <ContextProvider<Asked> context={Asked(run.inquiry.clone())}>
        <ContextProvider<ActiveFaults> context={ActiveFaults(run.frame.faults.clone())}>
        <ContextProvider<RunView> context={(*run).clone()}>
        <WordsProvider>
        <ProgressProvider>
            <LaterProvider><Page {start} {told} /></LaterProvider>
        </ProgressProvider>
        </WordsProvider>
        </ContextProvider<RunView>>
        </ContextProvider<ActiveFaults>>
        </ContextProvider<Asked>>
        </ContextProvider<Simulation>>
        </StoreProvider>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct PageProps {
    start: Shared<Start>,
    /// Gives news of the run to the context.
    told: Callback<RunView>,
}

/// Dialogs, openings, keys, storage.
#[component]
fn Page(props: &PageProps) -> Html {
    let simulation = use_simulation();
    let dispatch = use_dispatch();
    let document = use_document();
    let dialog = use_state_eq(|| None::<DialogKind>);
    let exported = use_state_eq(|| None::<Exported>);
    let lesson = use_mut_ref(|| Origin::New);
    let wanted = use_state_eq(|| props.start.wanted.clone());
    let keeping = use_keeping(&props.start, wanted.setter());
    let reaching = start::to_break() && storage::toured();
    let tab = use_state_eq(|| if reaching { MobileTab::Settings } else { MobileTab::default() });
    let (touring, tour) = use_tour(&keeping.origin, wanted.setter());
    let dropping = use_state_eq(|| false);
    let asking = use_asked().is_some();
    let later = use_later();
    let newest = use_mut_ref(|| document.0.clone());
    *newest.borrow_mut() = document.0.clone();

    // The simulation's news.
    {
        let (simulation, told, exported, dispatch, newest) =
            (simulation.clone(), props.told.clone(), exported.setter(), dispatch.clone(), newest.clone());
        let (shown, told_of, keeper) = (newest.clone(), dispatch.clone(), keeping.keeper.clone());
        let told_cut = dispatch.clone();
        use_effect_with((), move |()| {
            simulation.listen(Listeners {
                view: told,
                recorded: Callback::from(move |change| {
                    if let Change::Edit(edit) = change {
                        let mut document = (**newest.borrow()).clone();
                        edit.apply(&mut document);
                        let document = Rc::new(document);
                        keeper.replayed(&document);
                        if keeper.state().access == Access::Here {
                            let label = "Recorded change".to_owned();
                            dispatch.edit(EditCommand::ReplaceDocument { document, label });
                        } else {
                            dispatch.act(Action::Follow(document));
                        }
                    }
                }),
                exported: Callback::from(move |(run_json, trace_hash): (String, String)| {
                    let run_json = match Run::from_json(&run_json) {
                        Ok(run) => run.relabeled(&shown.borrow()).to_json(),
                        Err(_) => run_json,
                    };
                    exported.set(Some(Exported { run_json, trace_hash: Some(trace_hash) }));
                }),
                cut: Callback::from(move |(at_ns, until_ns): (u64, u64)| {
                    let secs = |ns: u64| format::moment(ns as f64 / 1e9);
                    told_cut.notify(format!(
                        "The run is a new one from {} on. What had been played up to {} is gone.",
                        secs(at_ns),
                        secs(until_ns)
                    ));
                }),
                obstacle: Callback::from(move |problem: Diagnostic| {
                    told_of.notify(format!("Nothing to run yet: {}", problem.message));
                    jump::show_problems(&told_of);
                }),
            });
            if browser::has_query("test") {
                test_hook(&simulation);
            }
        });
    }

    // A document came into the editor, or changed there.
    {
        let (simulation, pending, lesson) = (simulation.clone(), keeping.pending.clone(), lesson.clone());
        use_effect_with(document.clone(), move |document| {
            let opened = pending.borrow_mut().take_if(|opening| Rc::ptr_eq(&opening.document, &document.0));
            match opened {
                Some(opening) => {
                    // Within one lesson the chosen speed stays; anything else begins at a pace one can follow.
                    let same = matches!(opening.origin, Origin::Lesson(_)) && *lesson.borrow() == opening.origin;
                    *lesson.borrow_mut() = opening.origin.clone();
                    if !same {
                        simulation.set_speed(Speed::Times(1.0));
                    }
                    simulation.open(document.0.clone(), opening.inputs.clone(), opening.play);
                }
                None => simulation.edited(document.0.clone()),
            }
        });
    }
    use_keep_session();

    let shell = {
        let (dialog, exported, wanted, simulation) =
            (dialog.setter(), exported.setter(), wanted.setter(), simulation.clone());
        let open = keeping.open.clone();
        use_memo((), move |()| Shell {
            dialog: Callback::from(move |kind: Option<DialogKind>| {
                if kind == Some(DialogKind::Share) {
                    exported.set(None);
                    simulation.export();
                }
                dialog.set(kind);
            }),
            fetch: Callback::from(move |asked| wanted.set(Some(asked))),
            open,
            tour,
        })
    };

    {
        let (shell, busy) = (shell.clone(), dialog.is_some() || keeping.asked.is_some());
        use_keys(simulation.clone(), (*shell).clone(), busy);
    }
    use_address((*shell).clone());

    // What could not be opened at the start is told once.
    {
        let (dispatch, trouble) = (dispatch.clone(), props.start.trouble.clone());
        use_effect_with((), move |()| {
            if let Some(trouble) = trouble {
                dispatch.notify(trouble);
            }
        });
    }

    // On a small screen a lesson begins with its words; without one there is no such tab.
    {
        let tab = tab.clone();
        use_effect_with(keeping.origin.clone(), move |origin| match origin {
            Origin::Lesson(_) => tab.set(MobileTab::Lesson),
            _ if *tab == MobileTab::Lesson => tab.set(MobileTab::Stage),
            _ => {}
        });
    }

    let practice = {
        let origin = keeping.origin.clone();
        use_memo(origin, |origin| match origin {
            Origin::Lesson(slug) => course::lesson_here(slug),
            _ => None,
        })
    };
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |()| dialog.set(None))
    };
    let choose_tab = {
        let tab = tab.clone();
        Callback::from(move |chosen| tab.set(chosen))
    };
    let not_wanted = {
        let wanted = wanted.setter();
        use_callback((), move |(), ()| {
            wanted.set(None);
            address::show_again();
        })
    };
    let drop = drop_handlers(&shell, &dispatch, &dropping);
    let skip = Callback::from(|event: MouseEvent| {
        // The address belongs to what is open.
        event.prevent_default();
        browser::focus_id("stage");
    });
    html! {
        <ContextProvider<Shell> context={(*shell).clone()}>
        <ContextProvider<Keeper> context={keeping.keeper.clone()}>
        <ContextProvider<KeeperState> context={keeping.state.clone()}>
        <ContextProvider<InPractice> context={InPractice((*practice).clone())}>
            <div class={classes!("app", format!("show-{}", tab.id()), practice.is_some().then_some("in-practice"), touring.then_some("in-tour"), asking.then_some("has-why"))}
                ondragover={drop.0} ondragleave={drop.1} ondrop={drop.2}>
                <a class="skip-link" href="#stage" onclick={skip}>{ "Skip to the stage" }</a>
                <TopBar unsaved={keeping.state.trouble} />
                <KeepBanner />
                if touring { <Tour /> } else { <Palette /> }
                <StageArea practice={(*practice).clone()} {touring} tab={*tab} choose={choose_tab.clone()} />
                if !touring { <Inspector /> }
                if asking || later.is_here() { { later.show_over(|later| (later.why)()) } }
                <Dock />
                <TabBar chosen={*tab} choose={choose_tab} practice={practice.is_some()} />
                <Notice />
                if let Some(wanted) = (*wanted).clone() { <Fetch {wanted} done={not_wanted} /> }
                if *dropping { <div class="drop-here" aria-hidden="true"><p>{ "Drop the file to open it" }</p></div> }
            </div>
            if let Some(kind) = (*dialog).clone() { { later.show_over(|later| (later.dialog)(kind, (*exported).clone(), close)) } }
            if let Some(opening) = keeping.asked.clone() { <Question {opening} state={keeping.state.clone()} answer={keeping.answer.clone()} /> }
        </ContextProvider<InPractice>>
        </ContextProvider<KeeperState>>
        </ContextProvider<Keeper>>
        </ContextProvider<Shell>>
    }
}

/// Panels, theme and camera outlive the visit.
#[hook]
fn use_keep_session() {
    let session = use_session();
    let preferences = use_preferences();
    use_effect_with(preferences.0.theme, |theme| theme::apply(*theme));
    use_effect_with(session.kept, |kept| {
        let kept = kept.clone();
        let timer = Timer::once(KEEP_AFTER_MS, move || storage::keep_session(&kept));
        move || drop(timer)
    });
}

/// Keys that belong to the page, wherever the focus is; text fields and dialogs keep theirs.
#[hook]
fn use_keys(simulation: Simulation, shell: Shell, busy: bool) {
    let run = super::store::use_run();
    let preferences = use_preferences();
    let state = use_mut_ref(|| (run.speed, run.playing, preferences.clone()));
    *state.borrow_mut() = (run.speed, run.playing, preferences);
    use_effect_with(busy, move |busy| {
        let busy = *busy;
        // The space bar also pans: it runs or pauses only if it comes up again without a drag.
        let space = Rc::new(std::cell::Cell::new(false));
        let down = {
            let (space, simulation, shell, state) = (space.clone(), simulation.clone(), shell, state.clone());
            Listener::new(&browser::window(), "keydown", move |event| {
                let event: KeyboardEvent = event.unchecked_into();
                if busy || event.default_prevented() || takes_keys(&event) {
                    return;
                }
                let (speed, playing, preferences) = state.borrow().clone();
                if let Some(command) = commands::for_key(&preferences.0, &event) {
                    if event.key() == " " {
                        if !event.repeat() {
                            space.set(true);
                        }
                        event.prevent_default();
                        return;
                    }
                    event.prevent_default();
                    commands::run(command.id, &Means { simulation: &simulation, shell: &shell, speed, playing });
                }
            })
        };
        let up = {
            let (space, simulation) = (space.clone(), simulation);
            Listener::new(&browser::window(), "keyup", move |event| {
                let event: KeyboardEvent = event.unchecked_into();
                if event.key() == " " && space.take() && !busy {
                    simulation.toggle();
                }
            })
        };
        let pointer = Listener::new(&browser::window(), "pointerdown", move |_| space.set(false));
        move || drop((down, up, pointer))
    });
}

/// Whether what has the focus makes use of keys itself.
fn takes_keys(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let tag = element.tag_name().to_lowercase();
    if matches!(tag.as_str(), "input" | "textarea" | "select") {
        // A slider and a switch make use of few keys only, yet those must not run anything.
        return true;
    }
    let presses = matches!(event.key().as_str(), " " | "Enter");
    presses
        && (matches!(tag.as_str(), "button" | "a" | "summary")
            || element.get_attribute("role").as_deref() == Some("button"))
}

/// For the test that kills the worker: only with `?test` in the address.
fn test_hook(simulation: &Simulation) {
    let simulation = simulation.clone();
    let crash = wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || simulation.crash());
    // Fails only where the page forbids itself to set a property.
    let _ = js_sys::Reflect::set(&browser::window(), &JsValue::from_str("headroomCrashWorker"), crash.as_ref());
    crash.forget();
}

/// Takes a dropped file of drawings in, and shows them.
fn take_in(shell: &Rc<Shell>, dispatch: &super::store::Dispatch, text: String) {
    let (shell, dispatch) = (shell.clone(), dispatch.clone());
    wasm_bindgen_futures::spawn_local(async move {
        match drawings::import(&text).await {
            Ok(words) => {
                dispatch.notify(words);
                shell.show(DialogKind::Drawings);
            }
            Err(message) => dispatch.notify(message),
        }
    });
}

type DragCallbacks = (Callback<DragEvent>, Callback<DragEvent>, Callback<DragEvent>);

/// A saved run, or a manifest, can be dropped anywhere on the page.
fn drop_handlers(
    shell: &Rc<Shell>,
    dispatch: &super::store::Dispatch,
    dropping: &UseStateHandle<bool>,
) -> DragCallbacks {
    let file_of =
        |event: &DragEvent| event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
    let over = {
        let dropping = dropping.clone();
        Callback::from(move |event: DragEvent| {
            let files = event.data_transfer().is_some_and(|data| data.types().includes(&JsValue::from_str("Files"), 0));
            if files {
                event.prevent_default();
                dropping.set(true);
            }
        })
    };
    let leave = {
        let dropping = dropping.clone();
        Callback::from(move |_: DragEvent| dropping.set(false))
    };
    let drop = {
        let (dropping, shell, dispatch) = (dropping.clone(), shell.clone(), dispatch.clone());
        Callback::from(move |event: DragEvent| {
            dropping.set(false);
            let Some(file) = file_of(&event) else { return };
            event.prevent_default();
            let (shell, dispatch) = (shell.clone(), dispatch.clone());
            let others = gallery::others_dropped(&event);
            gallery::read_file(&file, move |found| {
                let mut said = others;
                match found {
                    Ok(Found::Run(opening)) => shell.open(*opening),
                    Ok(Found::Manifest(text)) => shell.show(DialogKind::Manifest { text, out: false }),
                    Ok(Found::Drawings(text)) => take_in(&shell, &dispatch, text),
                    Err(message) => said = Some(said.map_or(message.clone(), |others| format!("{others} {message}"))),
                }
                if let Some(said) = said {
                    dispatch.notify(said);
                }
            });
        })
    };
    (over, leave, drop)
}

/// The last thing said, shown for a while and read aloud.
#[component]
fn Notice() -> Html {
    let session = use_session();
    let dispatch = use_dispatch();
    let notice = session.notice;
    let text = notice.text.clone();
    {
        let dispatch = dispatch.clone();
        use_effect_with(notice.serial, move |_| {
            // Long enough to be read: about 15 characters a second, and never less than four seconds.
            let millis = 4_000.max(text.chars().count() as i32 * 65);
            let timer =
                (!text.is_empty()).then(|| Timer::once(millis, move || dispatch.session(SessionChange::DismissNotice)));
            move || drop(timer)
        });
    }
    let dismiss = dispatch.callback(|| Action::Session(SessionChange::DismissNotice));
    html! {
        <div class="notice-area" role="status" aria-live="polite">
            if !notice.text.is_empty() {
                <div class="notice" key={notice.serial}>
                    <span>{ notice.text }</span>
                    <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={dismiss}>{ icon("x", "icon-s") }</button>
                </div>
            }
        </div>
    }
}
