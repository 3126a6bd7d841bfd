//! Help: what the keys do, and the glossary.

use yew::prelude::*;

use crate::editor::COMMANDS;
use crate::editor::commands::Group;
use crate::ui::commands::PAGE_COMMANDS;
use crate::ui::course::use_words;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::hint::capital;
use crate::ui::kit::icons::icon;
use crate::ui::opening::waiting;
use crate::ui::shell::use_shell;

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
    let group = |title: &'static str, group: Group| {
        let rows = COMMANDS.iter().filter(move |command| command.group == group && !command.shortcuts.is_empty());
        html! {
            <section>
                <h3>{ title }</h3>
                <dl class="keys">
                    { for rows.map(|command| html! {
                        <><dt>{ keys(command.shortcuts.iter().map(ToString::to_string)) }</dt>
                        <dd><strong>{ command.label }</strong>{ " " }{ command.help }</dd></>
                    }) }
                </dl>
            </section>
        }
    };
    html! {
        <Dialog title="Help" wide=true onclose={props.onclose.clone()}>
            <div class="help">
                <section>
                    <h3>{ "How it works" }</h3>
                    <p>{ "Place stations from the left, wire them, press Run. Every request is simulated one by one; the dots are those requests. Select anything to change it while it runs, or to break it." }</p>
                    <p>{ "By keyboard: Tab to the canvas, then arrow keys go from one station or connection to the next. Enter selects, Enter again opens the settings, and Escape comes back." }</p>
                    <button type="button" class="btn btn-s" id="tour-again" onclick={tour}>{ icon("play", "icon-s") }{ "Replay the first minute" }</button>
                </section>
                <section>
                    <h3>{ "The run" }</h3>
                    <dl class="keys">
                        { for PAGE_COMMANDS.iter().map(|command| html! {
                            <><dt>{ keys(std::iter::once(command.key_label.to_owned())) }</dt><dd><strong>{ command.label }</strong>{ " " }{ command.help }</dd></>
                        }) }
                    </dl>
                </section>
                { group("Editing", Group::Edit) }
                { group("Selecting", Group::Selection) }
                { group("Arranging", Group::Arrange) }
                { group("The view", Group::View) }
                <section class="help-words">
                    <h3>{ "Words" }</h3>
                    <dl class="words">
                        { for words.glossary.terms().iter().map(|term| html! {
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

fn keys(keys: impl Iterator<Item = String>) -> Html {
    let keys: Vec<Html> = keys.map(|key| html! { <kbd>{ key }</kbd> }).collect();
    html! { { for keys } }
}
