//! The bet: predict before the first run. It cannot be changed; later it stands beside the truth.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{PracticeCardProps, use_progress};
use crate::lesson::prediction::{Choice, Number, Prediction};
use crate::lesson::progress::{Bet, Event};
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;

/// Longest option that a menu shows well; with longer ones they stand one below the other [characters].
const MENU_WORDS_MAX: usize = 24;

#[component]
pub(super) fn BetForm(props: &PracticeCardProps) -> Html {
    let store = use_progress();
    let practice = props.practice.clone();
    let slug = practice.slug.clone();
    let chosen = use_state_eq(|| None::<String>);
    let Some(prediction) = &practice.lesson.prediction else { return Html::default() };
    let number = use_state_eq(|| prediction.number.as_ref().map_or(0.0, beginning));
    if let Some(bet) = store.of(&slug).bet {
        return html! {
            <p class="callout">{ icon("lock", "icon-s") }
                <span>{ format!("Your bet: {}. You will see the answer after the run.", words(prediction, &bet)) }</span>
            </p>
        };
    }
    let options = prediction.choice.as_ref().map_or_else(Vec::new, |choice| choice.options(&practice.start));
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |option: String| chosen.set(Some(option)))
    };
    let place = {
        let (store, practice, chosen, number) = (store.clone(), practice.clone(), chosen.clone(), *number);
        Callback::from(move |_: MouseEvent| {
            if let Some(prediction) = &practice.lesson.prediction {
                let number = prediction.number.is_some().then_some(number);
                let bet = prediction.judge(&practice.start, chosen.as_deref(), number);
                store.record(&slug, Event::BetPlaced(bet));
            }
        })
    };
    let onnumber = {
        let number = number.clone();
        Callback::from(move |value: f64| number.set(value))
    };
    let open = prediction.choice.is_some() && chosen.is_none();
    html! {
        <div class="form bet-form">
            if let Some(choice) = &prediction.choice { { choice_field(choice, &options, chosen.as_deref(), &choose) } }
            if let Some(asked) = &prediction.number {
                <div class="field">
                    <label for="bet-number">{ &asked.question }</label>
                    <NumberField id="bet-number" name="Your bet" unit={asked.unit} min={asked.min} max={asked.max} value={*number} slider=true onchange={onnumber} onend={Callback::noop()} />
                </div>
            }
            <button type="button" class="btn btn-primary" id="bet-place" disabled={open} onclick={place}>{ icon("target", "") }{ "Place the bet" }</button>
        </div>
    }
}

/// Where the number begins: far from telling the truth.
fn beginning(asked: &Number) -> f64 {
    if asked.min > 0.0 && asked.max / asked.min > 1_000.0 { asked.min * 100.0 } else { asked.min }
}

fn choice_field(choice: &Choice, options: &[String], chosen: Option<&str>, choose: &Callback<String>) -> Html {
    if options.iter().all(|option| option.chars().count() <= MENU_WORDS_MAX) {
        let onchange =
            choose.reform(|event: yew::prelude::Event| event.target_unchecked_into::<HtmlSelectElement>().value());
        return html! {
            <div class="field">
                <label for="bet-choice">{ &choice.question }</label>
                <select id="bet-choice" class="input select" {onchange}>
                    <option value="" selected={chosen.is_none()} disabled=true>{ "choose …" }</option>
                    { for options.iter().map(|option| html! { <option value={option.clone()} selected={chosen == Some(option)}>{ option }</option> }) }
                </select>
            </div>
        };
    }
    let onchange =
        choose.reform(|event: yew::prelude::Event| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <fieldset class="bet-options" id="bet-choice">
            <legend>{ &choice.question }</legend>
            { for options.iter().map(|option| html! {
                <label class="bet-option" key={option.clone()}>
                    <input type="radio" name="bet-choice" value={option.clone()} checked={chosen == Some(option)} onchange={onchange.clone()} />
                    <span>{ option }</span>
                </label>
            }) }
        </fieldset>
    }
}

/// A bet in one line.
fn words(prediction: &Prediction, bet: &Bet) -> String {
    let number = number_words(prediction, bet.number);
    match (&bet.choice, number) {
        (Some(choice), Some(number)) => format!("{choice}, {number}"),
        (Some(choice), None) => choice.clone(),
        (None, number) => number.unwrap_or_default(),
    }
}

fn number_words(prediction: &Prediction, number: Option<f64>) -> Option<String> {
    let unit = prediction.number.as_ref()?.unit;
    number.map(|number| format::with_unit(number, unit))
}

/// The bet beside the truth.
#[component]
pub(super) fn BetTruth(props: &PracticeCardProps) -> Html {
    let store = use_progress();
    let practice = &props.practice;
    let (Some(bet), Some(prediction)) = (store.of(&practice.slug).bet, practice.lesson.prediction.as_ref()) else {
        return Html::default();
    };
    let mark = |right: bool| {
        if right {
            html! { { icon("circle-check", "icon-s tone-good") } }
        } else {
            html! { { icon("circle-x", "icon-s tone-bad") } }
        }
    };
    let row = |question: &str, class: &'static str, right: bool, bet: String, truth: String| {
        html! {
            <tbody>
                <tr><th scope="rowgroup" colspan="2" class="bet-question">{ question.to_owned() }</th></tr>
                <tr><td {class}>{ mark(right) }{ bet }</td><td {class}>{ truth }</td></tr>
            </tbody>
        }
    };
    let choice = prediction.choice.as_ref().map(|asked| {
        let truth = asked.right(&practice.start).unwrap_or_default();
        row(&asked.question, "", bet.choice_right, bet.choice.clone().unwrap_or_default(), truth)
    });
    let number = prediction.number.as_ref().map(|asked| {
        let told = number_words(prediction, bet.number).unwrap_or_default();
        row(&asked.question, "num", bet.number_right, told, format::with_unit(asked.truth, asked.unit))
    });
    html! {
        <table class="plain-table bet">
            <caption>{ "Your bet and the result" }</caption>
            <thead><tr><th scope="col">{ "bet" }</th><th scope="col">{ "truth" }</th></tr></thead>
            { choice.unwrap_or_default() }
            { number.unwrap_or_default() }
        </table>
    }
}
