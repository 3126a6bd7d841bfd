//! Help: what the keys do and how to change them, and the glossary.

use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::editor::commands::{self, COMMANDS, Command, GROUPS};
use crate::editor::{Action, SessionChange};
use crate::engine::sort;
use crate::glossary::Term;
use crate::ui::course::use_words;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::hint::capital;
use crate::ui::kit::icons::icon;
use crate::ui::opening::waiting;
use crate::ui::shell::use_shell;
use crate::ui::stage::canvas::input::key_modifiers;
use crate::ui::store::{use_dispatch, use_preferences};

/// The words that fit what is sought, by the names that they are shown with; those whose name fits come first.
fn defined<'a>(terms: &'a [Term], sought: &str) -> Vec<&'a Term> {
    let sought = sought.trim().to_lowercase();
    let named = |term: &Term| term.name.to_lowercase().contains(&sought);
    let mut found: Vec<&Term> =
        terms.iter().filter(|term| named(term) || term.definition.to_lowercase().contains(&sought)).collect();
    sort::few_by_key(&mut found, |term| (!named(term), term.name.to_lowercase()));
    found
}

#[derive(Debug, PartialEq, Properties)]
pub struct HelpProps {
    pub onclose: Callback<()>,
}

#[component]
pub fn Help(props: &HelpProps) -> Html {
    let words = use_words();
    let shell = use_shell();
    let tour = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            shell.tour.emit(true);
        })
    };
    let dispatch = use_dispatch();
    let preferences = use_preferences();
    // The command whose next key is awaited.
    let awaited = use_state_eq(|| None::<&'static str>);
    let plain_keys = preferences.0.plain_keys;
    let sought = use_state_eq(String::new);
    let onsought = {
        let sought = sought.clone();
        Callback::from(move |event: InputEvent| sought.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let found = defined(words.glossary.terms(), &sought);
    let set_key = {
        let (dispatch, awaited) = (dispatch.clone(), awaited.clone());
        move |id: &str, key: Option<String>| {
            dispatch.session(SessionChange::SetKey { id: id.to_owned(), key });
            awaited.set(None);
        }
    };
    let row = |command: &'static Command| {
        let id = command.id;
        let asking = *awaited == Some(id);
        let keys = commands::keys_of(&preferences.0, command);
        let onclick = {
            let awaited = awaited.clone();
            Callback::from(move |_: MouseEvent| awaited.set((!asking).then_some(id)))
        };
        let onkeydown = {
            let (awaited, set_key) = (awaited.clone(), set_key.clone());
            Callback::from(move |event: KeyboardEvent| {
                if !asking || matches!(event.key().as_str(), "Control" | "Shift" | "Alt" | "Meta" | "Tab") {
                    return;
                }
                event.prevent_default();
                event.stop_propagation();
                match event.key().as_str() {
                    "Escape" => awaited.set(None),
                    "Backspace" => set_key(id, Some(String::new())),
                    key => set_key(id, Some(commands::chord(key, key_modifiers(&event)))),
                }
            })
        };
        let set_back = set_key.clone();
        let changed = preferences.0.keys.contains_key(id);
        let name = format!(
            "Key of {}: {}. Change it",
            command.label,
            if keys.is_empty() { "none".to_owned() } else { keys.join(" ") }
        );
        html! {
            <><dt>
                <button type="button" class="key-button" data-key-of={id} aria-label={name} aria-pressed={asking.to_string()} {onclick} {onkeydown}>
                    if asking {
                        { "Press a key" }
                    } else if keys.is_empty() {
                        { "none" }
                    } else {
                        { for keys.iter().map(|key| html! { <><kbd>{ (*key).to_owned() }</kbd>{ " " }</> }) }
                    }
                </button>
            </dt>
            <dd><strong>{ command.label }</strong>{ " " }{ command.help }
                if changed {
                    <button type="button" class="icon-btn icon-btn-s" aria-label={format!("Give {} its own key back", command.label)}
                        onclick={Callback::from(move |_: MouseEvent| set_back(id, None))}>{ icon("rotate-ccw", "icon-s") }</button>
                }
            </dd></>
        }
    };
    let toggle = dispatch.callback(move || Action::Session(SessionChange::SetPlainKeys(!plain_keys)));
    html! {
        <Dialog title="Help" wide=true onclose={props.onclose.clone()}>
            <div class="help">
                <section>
                    <h3>{ "How it works" }</h3>
                    <p>{ "Place stations from the left, wire them, press Run. Every request is simulated one by one; the dots are those requests. Select anything to change it while it runs, or to break it." }</p>
                    <p>{ "By keyboard: Tab to the canvas, then arrow keys go from one station or connection to the next. Enter selects, Enter again opens the settings, and Escape comes back." }</p>
                    <button type="button" class="btn btn-s" id="tour-again" onclick={tour}>{ icon("play", "icon-s") }{ "Replay the first minute" }</button>
                    <p class="sub">{ "To change a key, press it here, then the new one. Backspace leaves the command without a key." }</p>
                    <div class="field-row">
                        <div class="field-label"><label for="plain-keys">{ "Single letters and signs are keys" }</label></div>
                        <input id="plain-keys" class="switch" type="checkbox" role="switch" checked={plain_keys} onchange={toggle} />
                    </div>
                </section>
                { for GROUPS.into_iter().map(|(group, title)| html! {
                    <section key={title}>
                        <h3>{ title }</h3>
                        <dl class="keys">{ for COMMANDS.iter().filter(|command| command.group == group).map(row) }</dl>
                    </section>
                }) }
                <section class="help-words">
                    <h3>{ "Words" }</h3>
                    if !words.glossary.terms().is_empty() {
                        <input id="glossary-search" class="input" type="search" placeholder="Search the glossary" aria-label="Search the glossary" aria-describedby="glossary-found"
                            value={(*sought).clone()} oninput={onsought} />
                        <p class="sub" id="glossary-found" role="status">{ match found.len() {
                            0 => format!("No word fits “{}”.", sought.trim()),
                            1 => "1 word".to_owned(),
                            count => format!("{count} words"),
                        } }</p>
                    }
                    <dl class="words">
                        { for found.iter().map(|term| html! {
                            <><dt>{ capital(&term.name) }if !term.symbol.is_empty() { <span class="num">{ format!(" {}", term.symbol) }</span> }</dt>
                            <dd>{ &term.definition }if !term.formula.is_empty() { <span class="num word-formula">{ &term.formula }</span> }</dd></>
                        }) }
                    </dl>
                    if words.glossary.terms().is_empty() { { waiting("The glossary", words.failed.as_ref(), &words.ask) } }
                </section>
            </div>
        </Dialog>
    }
}
