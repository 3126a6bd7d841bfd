//! The bet: predict before the first run. It cannot be changed; later it stands beside the truth.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::sketch::sketch;
use super::{Practice, PracticeCardProps, use_progress};
use crate::engine::sort;
use crate::lesson::prediction::{Choice, Number, Prediction};
use crate::lesson::progress::Bet;
use crate::topology::document::Document;
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;

/// Longest option that a menu shows well; with longer ones they stand one below the other [characters].
const MENU_WORDS_MAX: usize = 24;

/// A bet that is being made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    chosen: UseStateHandle<Option<String>>,
    number: UseStateHandle<Option<f64>>,
}

/// Nothing is chosen at first: a bet that can be placed untouched is none.
#[hook]
pub(super) fn use_draft(slug: AttrValue) -> Draft {
    let (chosen, number) = (use_state_eq(|| None::<String>), use_state_eq(|| None::<f64>));
    {
        let (chosen, number) = (chosen.setter(), number.setter());
        use_effect_with(slug, move |_| {
            chosen.set(None);
            number.set(None);
        });
    }
    Draft { chosen, number }
}

impl Draft {
    /// The bet, once all that is asked is answered.
    pub(super) fn bet(&self, prediction: &Prediction, start: &Document) -> Option<Bet> {
        let (chosen, number) = (self.chosen.as_deref(), *self.number);
        let whole =
            (prediction.choice.is_none() || chosen.is_some()) && (prediction.number.is_none() || number.is_some());
        whole.then(|| prediction.judge(start, chosen, prediction.number.as_ref().and(number)))
    }
}

#[derive(Debug, PartialEq, Properties)]
pub(super) struct BetFormProps {
    pub practice: Shared<Practice>,
    pub draft: Draft,
}

/// What is asked; the button that places the bet stands in the card's foot.
#[component]
pub(super) fn BetForm(props: &BetFormProps) -> Html {
    let store = use_progress();
    let BetFormProps { practice, draft } = props;
    let Some(prediction) = &practice.lesson.prediction else { return Html::default() };
    if let Some(bet) = store.of(&practice.slug).bet {
        return html! {
            <p class="callout">{ icon("lock", "icon-s") }
                <span>{ format!("Your bet: {}. You will see the answer after the run.", words(prediction, &bet)) }</span>
            </p>
        };
    }
    let choose = {
        let chosen = draft.chosen.setter();
        Callback::from(move |option: String| chosen.set(Some(option)))
    };
    let onnumber = {
        let number = draft.number.setter();
        Callback::from(move |value: f64| number.set(Some(value)))
    };
    html! {
        <div class="form bet-form">
            if let Some(choice) = &prediction.choice {
                if choice.station.is_some() { { sketch(&practice.start) } }
                { choice_field(choice, &options(choice, practice), draft.chosen.as_deref(), &choose) }
            }
            if let Some(asked) = &prediction.number {
                <div class="field">
                    <label for="bet-number">{ &asked.question }</label>
                    <NumberField id="bet-number" name="Your bet" unit={asked.unit} min={asked.min} max={asked.max} value={draft.number.unwrap_or_else(|| beginning(asked))}
                        mixed={draft.number.is_none()} unset="your bet" slider=true onchange={onnumber} onend={Callback::noop()} />
                </div>
            }
        </div>
    }
}

/// The answers in an order that tells nothing, the same at every visit.
fn options(choice: &Choice, practice: &Practice) -> Vec<String> {
    let mut options = choice.options(&practice.start);
    if choice.station.is_none() {
        // FNV-1a over the lesson's name and the answer.
        let place = |option: &String| {
            let bytes = practice.slug.bytes().chain(option.bytes());
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        };
        sort::few_by_key(&mut options, place);
    }
    options
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
