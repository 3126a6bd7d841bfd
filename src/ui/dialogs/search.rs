//! Search: stations, commands, settings and words by name, from the keyboard.

use std::rc::Rc;

use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::editor::commands::{Group, keys_of};
use crate::editor::search::{Found, search};
use crate::editor::{Action, SessionChange};
use crate::ui::browser;
use crate::ui::commands::{self, Means};
use crate::ui::course::use_words;
use crate::ui::jump;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::icons::icon;
use crate::ui::shell::use_shell;
use crate::ui::store::{use_dispatch, use_editor, use_run, use_simulation};
use crate::ui::words::element_id;

#[derive(Debug, PartialEq, Properties)]
pub struct SearchProps {
    pub onclose: Callback<()>,
}

#[component]
pub fn Search(props: &SearchProps) -> Html {
    let (state, words, run) = (use_editor(), use_words(), use_run());
    let (dispatch, shell, simulation) = (use_dispatch(), use_shell(), use_simulation());
    let query = use_state_eq(String::new);
    let active = use_state_eq(|| 0_usize);
    let field = use_node_ref();
    use_effect_with(field.clone(), |field| {
        if let Some(field) = field.cast::<HtmlInputElement>() {
            // Focusing cannot fail on an element that is in the page.
            let _ = field.focus();
        }
    });
    let results = search(&state, &words.glossary, &query);
    let at = (*active).min(results.len().saturating_sub(1));
    let row_id = |place: usize| format!("found-{place}");
    use_effect_with((at, query.clone()), move |(at, _)| {
        if let Some(row) = browser::document().get_element_by_id(&row_id(*at)) {
            row.scroll_into_view_with_bool(false);
        }
    });
    // What each result does; a word of the glossary is read here.
    let choose: Vec<Option<Callback<()>>> = results
        .iter()
        .map(|result| {
            let (dispatch, onclose) = (dispatch.clone(), props.onclose.clone());
            let act: Rc<dyn Fn()> = match result.found {
                Found::Term(_) => return None,
                Found::Place(target) => Rc::new(move || dispatch.session(SessionChange::Reveal(target))),
                Found::Setting(target, spec) => {
                    let field = format!("{}-{}", element_id(target), spec.key);
                    Rc::new(move || jump::to_setting(&dispatch, target, &field))
                }
                Found::Command(command) if command.group == Group::Run => {
                    let (shell, simulation) = (shell.clone(), simulation.clone());
                    let (speed, playing) = (run.speed, run.playing);
                    Rc::new(move || {
                        commands::run(command.id, &Means { simulation: &simulation, shell: &shell, speed, playing });
                    })
                }
                Found::Command(command) => Rc::new(move || dispatch.act(Action::Command(command.id))),
            };
            Some(Callback::from(move |()| {
                // The dialog gives the focus back first; then what was chosen may take it.
                onclose.emit(());
                let act = act.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    browser::within(0, std::future::pending::<()>()).await;
                    act();
                });
            }))
        })
        .collect();
    let oninput = {
        let (query, active) = (query.clone(), active.clone());
        Callback::from(move |event: InputEvent| {
            query.set(event.target_unchecked_into::<HtmlInputElement>().value());
            active.set(0);
        })
    };
    let onkeydown = {
        let (active, count, chosen) = (active.clone(), results.len(), choose.get(at).cloned().flatten());
        Callback::from(move |event: KeyboardEvent| {
            let next = match event.key().as_str() {
                "ArrowDown" => (at + 1).min(count.saturating_sub(1)),
                "ArrowUp" => at.saturating_sub(1),
                "Enter" => {
                    event.prevent_default();
                    if let Some(chosen) = &chosen {
                        chosen.emit(());
                    }
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            active.set(next);
        })
    };
    let kept = &state.session.kept;
    let rows = results.iter().zip(&choose).enumerate().map(|(place, (result, choose))| {
        let sign = match result.found {
            Found::Place(_) => "crosshair",
            Found::Command(command) if command.icon.is_empty() => "keyboard",
            Found::Command(command) => command.icon,
            Found::Setting(..) => "sliders-horizontal",
            Found::Term(_) => "book-open",
        };
        let key = match result.found {
            Found::Command(command) => keys_of(kept, command).first().map(|key| html! { <kbd>{ (*key).to_owned() }</kbd> }),
            _ => None,
        };
        let onclick = {
            let (choose, active) = (choose.clone(), active.clone());
            Callback::from(move |_: MouseEvent| match &choose {
                Some(choose) => choose.emit(()),
                None => active.set(place),
            })
        };
        html! {
            <li id={row_id(place)} role="option" class={classes!("found", (place == at).then_some("found-on"))} aria-selected={(place == at).to_string()} {onclick}>
                { icon(sign, "icon-s") }
                <span class="found-name">{ &result.name }</span>
                <span class="found-aside">{ &result.aside }</span>
                { key }
            </li>
        }
    });
    html! {
        <Dialog title="Search" onclose={props.onclose.clone()}>
            <div class="search">
                <input ref={field} id="search-field" class="input" type="text" role="combobox" autocomplete="off" spellcheck="false" value={(*query).clone()}
                    placeholder="A station, a command, a setting, a word" aria-label="Search for" aria-expanded="true" aria-controls="found"
                    aria-activedescendant={(!results.is_empty()).then(|| row_id(at))} {oninput} {onkeydown} />
                if results.is_empty() {
                    <p class="sub" role="status">{ "Nothing has that name." }</p>
                }
                <ul id="found" class="found-list" role="listbox" aria-label="Results">{ for rows }</ul>
            </div>
        </Dialog>
    }
}
